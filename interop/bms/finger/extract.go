package finger

import (
	"errors"
	"fmt"
	"math"
)

// Image is one finger in grey: 8 bits a pixel, row by row from the upper left,
// no padding between rows, 0 black (ridge) to 255 white (background).
type Image struct {
	Pix           []uint8 // Width*Height samples
	Width, Height int     // pixels
	PPI           float64 // pixels per inch, the same both ways
	// NFIQ2 is the NFIQ 2 value (0 to 100) that the capture device or another
	// program gave this image, nil when none did. It is passed on, not judged.
	NFIQ2 *uint8
}

// Limits of what Extract takes. They bound its memory, about 50 bytes a pixel
// at 500 per inch, and its time.
const (
	// MinPPI and MaxPPI are the resolutions in pixels per inch. Below 250 a
	// ridge and its valley have fewer than five pixels; above 2000 no sensor of
	// fingers is known.
	MinPPI, MaxPPI = 250, 2000
	// MaxPixels is the most pixels of an image as handed in.
	MaxPixels = 16 << 20
	// MaxWorkPixels is the most pixels after scaling to 500 per inch. A rolled
	// finger has 800 x 750; a slap of four fingers is cut up by the caller.
	MaxWorkPixels = 3 << 19
	// MinWorkSide is the shortest side in pixels of 500 per inch: 2.4 mm.
	MinWorkSide = 48
)

// What Extract refuses. The errors it returns wrap one of these and say the
// figures; ask with errors.Is.
var (
	ErrImageShape      = errors.New("finger: number of pixels is not width times height")
	ErrImageResolution = errors.New("finger: image resolution out of range")
	ErrImageSize       = errors.New("finger: image too small or too large")
	ErrImageNFIQ2      = errors.New("finger: an NFIQ 2 value is 0 to 100")
)

const (
	workPPI = 500.0
	samePPI = 0.01 // share by which the resolution may differ without scaling
)

// check says by what the image is to be scaled to 500 pixels per inch.
func (m Image) check() (scale float64, err error) {
	if m.Width <= 0 || m.Height <= 0 || m.Width > MaxPixels/m.Height {
		return 0, fmt.Errorf("%w: %d x %d pixels", ErrImageSize, m.Width, m.Height)
	}
	if len(m.Pix) != m.Width*m.Height {
		return 0, fmt.Errorf("%w: %d for %d x %d", ErrImageShape, len(m.Pix), m.Width, m.Height)
	}
	if !(m.PPI >= MinPPI && m.PPI <= MaxPPI) { // so that a NaN is refused
		return 0, fmt.Errorf("%w: %g per inch, want %d to %d", ErrImageResolution, m.PPI, MinPPI, MaxPPI)
	}
	if m.NFIQ2 != nil && *m.NFIQ2 > 100 {
		return 0, fmt.Errorf("%w, not %d", ErrImageNFIQ2, *m.NFIQ2)
	}
	scale = workPPI / m.PPI
	if math.Abs(scale-1) <= samePPI {
		scale = 1
	}
	w, h := scaledSides(m, scale)
	if w < MinWorkSide || h < MinWorkSide || w > MaxWorkPixels/h {
		return 0, fmt.Errorf("%w: %d x %d pixels at %g per inch", ErrImageSize, m.Width, m.Height, m.PPI)
	}
	return scale, nil
}

func scaledSides(m Image, scale float64) (w, h int) {
	return int(math.Round(float64(m.Width) * scale)), int(math.Round(float64(m.Height) * scale))
}

// Extractor turns images of fingers into templates. It keeps its buffers from
// image to image, so each goroutine needs its own. The zero value is ready.
//
// All its planes are at 500 pixels per inch. Positions are pixels, x to the
// right and y downwards from the upper left; orientations and directions inside
// are radians or steps in that frame, so clockwise as seen, and are turned to
// the template's sense only at the end.
type Extractor struct {
	w, h   int // pixels
	stride int // of the padded planes
	gw, gh int // cells in a row, rows of cells

	grey   []uint8   // the image
	sum    []uint32  // integral of grey, one row and column more
	square []uint64  // integral of its squares
	norm   []float32 // padded: even contrast, ridges positive
	line   []float32 // padded: norm smoothed along the ridges
	re, im []float32 // padded: the complex ridge signal

	mask    []bool    // cells: holds ridges
	orient  []uint8   // cells: along the ridges, in steps of a half turn
	wave    []uint8   // cells: the ridge period, by its number
	clarity []float32 // cells: share of the contrast that is ridges, 0 to 1
	cells   [5][]float32
	queue   []int32
	label   []int32

	taps  tapOffsets
	found []singularity
}

// Extract finds the minutiae of one print.
//
// A print is taken to be an oscillation whose phase grows by one turn from ridge
// to ridge, and a minutia to be a point around which the phase itself turns
// once: K. G. Larkin and P. A. Fletcher, "A coherent framework for fingerprint
// analysis: are fingerprints holograms?", Optics Express 15(14), 2007, pages 8667
// to 8677; J. Feng and A. K. Jain, "Fingerprint reconstruction: from minutiae to
// phase", IEEE PAMI 33(2), 2011. The steps: even contrast, ridge
// orientation and period, a complex Gabor filter tuned to both, its
// singularities, the removal of pairs that undo each other, selection. Nothing
// is binarised or thinned.
//
// The template is at 500 pixels per inch whatever the image was, its position
// unknown and its impression live plain: whoever knows better says so. Its
// quality is the Score of the Quality. A print without ridges gives a template
// without minutiae and quality 0, no error: what failure to enrol is, the
// caller decides.
func (x *Extractor) Extract(img Image) (Template, Quality, error) {
	scale, err := img.check()
	if err != nil {
		return Template{}, Quality{}, err
	}
	x.size(scaledSides(img, scale))
	x.load(img, scale)
	x.evenContrast()
	x.hasContrast()

	// A first look at the whole, then a second with the filter's own picture
	// of the ridges in place of the image.
	x.soften()
	x.orientBy(x.line, firstReach)
	x.alongRidges()
	x.guessPeriods()
	x.picture()
	x.judge(firstClarity)
	x.orientBy(x.re, secondReach)
	x.refinePeriods()
	x.alongRidges()
	x.demodulate()
	x.judge(secondClarity)
	x.dropCrumbs()

	x.findSingularities()
	x.cancelPairs()
	t := Template{
		Width: uint16(x.w), Height: uint16(x.h), ResX: Resolution500, ResY: Resolution500,
		Minutiae: x.selected(),
	}
	q := x.quality(t.Minutiae, img.NFIQ2)
	t.Quality = q.Score
	return t, q, nil
}

const (
	cell = 4  // pixels: side of a cell, in which orientation and period are one
	pad  = 24 // pixels around the planes, so that no filter looks outside
)

// size makes all buffers fit a picture of w by h and clears them.
func (x *Extractor) size(w, h int) {
	x.w, x.h = w, h
	x.stride = w + 2*pad
	x.gw, x.gh = (w+cell-1)/cell, (h+cell-1)/cell
	x.grey = sized(x.grey, w*h)
	x.sum, x.square = sized(x.sum, (w+1)*(h+1)), sized(x.square, (w+1)*(h+1))
	for _, plane := range []*[]float32{&x.norm, &x.line, &x.re, &x.im} {
		*plane = sized(*plane, x.stride*(h+2*pad))
	}
	n := x.gw * x.gh
	x.mask, x.orient, x.wave = sized(x.mask, n), sized(x.orient, n), sized(x.wave, n)
	x.clarity, x.label = sized(x.clarity, n), sized(x.label, n)
	for i := range x.cells {
		x.cells[i] = sized(x.cells[i], n)
	}
	x.queue, x.found = x.queue[:0], x.found[:0]
	x.taps.lay(x.stride)
}

// sized is n zeros, in the old memory when it is enough.
func sized[T any](old []T, n int) []T {
	if cap(old) < n {
		return make([]T, n)
	}
	clear(old[:n])
	return old[:n]
}

// at is where a pixel is in the padded planes.
func (x *Extractor) at(px, py int) int { return (py+pad)*x.stride + px + pad }

// cellOf is the cell of a pixel.
func (x *Extractor) cellOf(px, py int) int { return py/cell*x.gw + px/cell }
