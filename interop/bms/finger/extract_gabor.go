package finger

import "math"

const (
	// Ridge periods in pixels that the filters are tuned to: children's to wide
	// adults'.
	leastPeriod, mostPeriod = 5.0, 14.0
	periodsPerPixel         = 2
	periods                 = int(mostPeriod-leastPeriod)*periodsPerPixel + 1
	// The envelope of the filter: deviation in pixels along the ridges, and in
	// periods across them.
	alongSigma, acrossSigma = 4.0, 0.42
	alongHalf, acrossHalf   = 9, 12 // pixels
)

// gabor is a complex Gabor filter in two halves, along the ridges and across
// them, which take 50 products a pixel in place of 500: Hong, Wan and Jain 1998,
// section 2.7, there as one real filter. The along half follows the curve of
// the ridges, because the across half reads pixels that were each smoothed by
// their own orientation.
type gabor struct {
	along [alongHalf + 1]float32
	// even has the mean removed: brightness is no ridge.
	even, odd [periods][acrossHalf + 1]float32
	half      [periods]int
}

var filter = newGabor()

// periodStep is the number of the tuned period nearest to one in pixels.
func periodStep(period float64) uint8 {
	period = min(max(period, leastPeriod), mostPeriod)
	return uint8(math.Round((period - leastPeriod) * periodsPerPixel))
}

// periodOf is the tuned period of a number.
func periodOf(wave uint8) float64 { return leastPeriod + float64(wave)/periodsPerPixel }

func newGabor() *gabor {
	g := new(gabor)
	bell := func(j int, sigma float64) float64 { return math.Exp(-float64(j*j) / (2 * sigma * sigma)) }
	sum := 0.0
	for j := -alongHalf; j <= alongHalf; j++ {
		sum += bell(j, alongSigma)
	}
	for j := range g.along {
		g.along[j] = float32(bell(j, alongSigma) / sum)
	}
	for p := range periods {
		period := periodOf(uint8(p))
		half, sigma := min(int(math.Round(1.2*period)), acrossHalf), acrossSigma*period
		g.half[p] = half
		sum, mean := 0.0, 0.0
		for j := -half; j <= half; j++ {
			sum += bell(j, sigma)
			mean += bell(j, sigma) * math.Cos(2*math.Pi*float64(j)/period)
		}
		for j := 0; j <= half; j++ {
			sin, cos := math.Sincos(2 * math.Pi * float64(j) / period)
			g.even[p][j] = float32(2 * bell(j, sigma) * (cos - mean/sum) / sum)
			g.odd[p][j] = float32(2 * bell(j, sigma) * sin / sum)
		}
	}
	return g
}

// tapOffsets are, for each orientation, the distances in the padded planes from
// a pixel to those along and across the ridges.
type tapOffsets struct {
	stride int
	along  [orientations][alongHalf + 1]int
	across [orientations][acrossHalf + 1]int
}

func (t *tapOffsets) lay(stride int) {
	if t.stride == stride {
		return
	}
	t.stride = stride
	for o := range orientations {
		sin, cos := math.Sincos(math.Pi * float64(o) / orientations)
		for j := range t.along[o] {
			t.along[o][j] = int(math.Round(sin*float64(j)))*stride + int(math.Round(cos*float64(j)))
		}
		for j := range t.across[o] {
			t.across[o][j] = int(math.Round(cos*float64(j)))*stride + int(math.Round(-sin*float64(j)))
		}
	}
}

// alongRidges fills line from norm where the mask is.
func (x *Extractor) alongRidges() {
	clear(x.line)
	weights := &filter.along
	norm := x.norm
	for y := range x.h {
		for cx := range x.gw {
			c := y/cell*x.gw + cx
			if !x.mask[c] {
				continue
			}
			off := &x.taps.along[x.orient[c]]
			p := x.at(cx*cell, y)
			for end := p + min(cell, x.w-cx*cell); p < end; p++ {
				v := weights[0] * norm[p]
				for j := 1; j < len(weights); j++ {
					v += weights[j] * (norm[p+off[j]] + norm[p-off[j]])
				}
				x.line[p] = v
			}
		}
	}
}

// acrossRidges fills re, and im unless only the ridges' picture is wanted, from
// line where the mask is.
func (x *Extractor) acrossRidges(picture bool) {
	clear(x.re)
	clear(x.im)
	for y := range x.h {
		for cx := range x.gw {
			c := y/cell*x.gw + cx
			if !x.mask[c] {
				continue
			}
			p := x.at(cx*cell, y)
			for end := p + min(cell, x.w-cx*cell); p < end; p++ {
				if picture {
					x.re[p] = across(x.line, p, &x.taps.across[x.orient[c]], x.wave[c])
				} else {
					x.re[p], x.im[p] = acrossComplex(x.line, p, &x.taps.across[x.orient[c]], x.wave[c])
				}
			}
		}
	}
}

// across is the real part of acrossComplex.
func across(line []float32, p int, off *[acrossHalf + 1]int, wave uint8) (re float32) {
	even := &filter.even[wave]
	re = even[0] * line[p]
	for j := 1; j <= filter.half[wave] && j < len(off); j++ {
		re += even[j] * (line[p+off[j]] + line[p-off[j]])
	}
	return re
}

// acrossComplex is the ridge signal at index p of the padded planes: its phase
// falls by a turn from ridge to ridge in the sense of the orientation plus a
// quarter turn, and is 0 on a ridge.
func acrossComplex(line []float32, p int, off *[acrossHalf + 1]int, wave uint8) (re, im float32) {
	even, odd := &filter.even[wave], &filter.odd[wave]
	re = even[0] * line[p]
	for j := 1; j <= filter.half[wave] && j < len(off); j++ {
		a, b := line[p+off[j]], line[p-off[j]]
		re += even[j] * (a + b)
		im += odd[j] * (a - b)
	}
	return re, im
}
