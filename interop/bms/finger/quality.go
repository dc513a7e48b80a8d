package finger

import "math"

// Quality says how useful a print is likely to be for comparison.
type Quality struct {
	// Score is 0 (useless) to 100: the geometric mean of three shares, each at
	// most 1: the area with ridges of 180 mm2, the clarity of 0.7, and the
	// worth of the minutiae of 25. So a print scores low that is small or blurred or
	// bare, and none of the three makes up for another. It is a measure of this
	// package, is NOT an NFIQ 2 value and must not be held against a threshold
	// that is meant for one.
	Score uint8
	// Area with ridges, in square millimetres.
	Area float64
	// Clarity is what share of the contrast there is ridges, 0 to 1.
	Clarity float64
	// Worth is the sum of the qualities of the minutiae, one of quality 100
	// counting as 1.
	Worth float64
	// NFIQ2 is the value that came with the image, 0 to 100, nil when none did.
	NFIQ2 *uint8
}

const (
	goodArea   = 180.0 // mm2
	goodWorth  = 25.0
	mmPerPixel = 25.4 / workPPI
)

// quality measures the print whose minutiae were found.
func (x *Extractor) quality(found []Minutia, nfiq2 *uint8) Quality {
	q := Quality{NFIQ2: nfiq2}
	cells, sum := 0, 0.0
	for c, in := range x.mask {
		if in {
			cells++
			sum += float64(x.clarity[c])
		}
	}
	if cells == 0 {
		return q
	}
	q.Area = float64(cells) * (cell * mmPerPixel) * (cell * mmPerPixel)
	q.Clarity = sum / float64(cells)
	for _, m := range found {
		q.Worth += float64(m.Quality) / 100
	}
	q.Score = score(q.Area, q.Clarity, q.Worth)
	return q
}

// score is what Quality.Score says.
func score(area, clarity, worth float64) uint8 {
	shares := min(area/goodArea, 1) * min(clarity/fullClarity, 1) * min(worth/goodWorth, 1)
	return uint8(math.Round(100 * math.Cbrt(shares)))
}
