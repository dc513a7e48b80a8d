package finger

import (
	"errors"
	"fmt"
	"math"
)

// Image is one finger in grey: 8 bits a pixel, row by row from the top left,
// 0 black (ridge) to 255 white (paper), without padding between rows.
type Image struct {
	Pix           []uint8 // Width*Height samples
	Width, Height int     // pixels
	PPI           float64 // pixels per inch, the same in both directions
}

// Limits of what Extract takes. They bound memory (about 60 bytes a pixel at
// 500 ppi) and time.
const (
	MinPPI       = 250  // below, a ridge period of 9 px at 500 ppi has less than 5 px
	MaxPPI       = 2000 // above, no sensor of fingers is known
	MaxPixels    = 16 << 20
	minSide      = 48      // pixels at 500 ppi: 2.4 mm
	maxScaled    = 3 << 19 // pixels at 500 ppi: one rolled finger is 800 x 750
	workingPPI   = 500.0
	samePPI      = 0.01 // relative difference that is not worth a resampling
	cell         = 4    // pixels: side of a cell of the orientation field
	pad          = 20   // pixels of nothing around the working image
	orientations = 64   // steps of the half turn
)

// What Extract refuses; wrapped with the figures, ask with errors.Is.
var (
	ErrImageShape      = errors.New("finger: the number of pixels is not width times height")
	ErrImageResolution = errors.New("finger: resolution out of range")
	ErrImageSize       = errors.New("finger: image too small or too large")
)

func (m Image) check() (scale float64, err error) {
	if m.Width <= 0 || m.Height <= 0 || m.Width > MaxPixels || m.Height > MaxPixels || m.Width*m.Height > MaxPixels {
		return 0, fmt.Errorf("%w: %d x %d", ErrImageSize, m.Width, m.Height)
	}
	if len(m.Pix) != m.Width*m.Height {
		return 0, fmt.Errorf("%w: %d for %d x %d", ErrImageShape, len(m.Pix), m.Width, m.Height)
	}
	if !(m.PPI >= MinPPI && m.PPI <= MaxPPI) {
		return 0, fmt.Errorf("%w: %g ppi, not %d to %d", ErrImageResolution, m.PPI, MinPPI, MaxPPI)
	}
	scale = workingPPI / m.PPI
	if math.Abs(scale-1) < samePPI {
		scale = 1
	}
	w, h := math.Round(float64(m.Width)*scale), math.Round(float64(m.Height)*scale)
	if w < minSide || h < minSide || w*h > maxScaled {
		return 0, fmt.Errorf("%w: %d x %d at %g ppi", ErrImageSize, m.Width, m.Height, m.PPI)
	}
	return scale, nil
}

// Extractor turns images into templates. It keeps its buffers from image to
// image, so one serves one goroutine at a time; the zero value is ready.
type Extractor struct {
	w, h   int // pixels at 500 ppi
	stride int // floats a row of the padded planes
	gw, gh int // cells a row and a column

	grey   []uint8   // the image at 500 ppi
	sums   []uint32  // integral of grey
	squa   []uint64  // integral of its squares
	norm   []float32 // padded: normalised, ridges positive
	line   []float32 // padded: smoothed along the ridges
	re, im []float32 // padded: the complex ridge signal

	mask              []bool    // cells that hold ridges
	flow              []vec     // cells: orientation as the doubled angle, length the coherence
	orient            []uint8   // cells: orientation in steps
	wave              []uint8   // cells: index of the ridge period
	cs1, cs2          []float32 // cells: scratch
	cs3, cs4          []float32
	alongOff          [orientations][2*alongHalf + 1]int
	acrossOff         [orientations][2*acrossHalf + 1]int
	std, clarity, tmp []float32
	found             []singular
}

type vec struct{ x, y float32 }

// Extract finds the minutiae of a print.
func Extract(img Image) (Template, error) {
	var x Extractor
	return x.Extract(img)
}

// Extract finds the minutiae of a print.
func (x *Extractor) Extract(img Image) (Template, error) {
	scale, err := img.check()
	if err != nil {
		return Template{}, err
	}
	x.load(img, scale)
	x.lay()
	x.normalise()
	x.soften()
	x.gradientFlow(x.line, true)
	clear(x.line)
	x.along()
	if tune("FW", 1) > 0 {
		x.firstWave()
	} else {
		for i := range x.wave {
			x.wave[i] = waveStep(9)
		}
	}
	x.demodulate()
	x.judge(tune("J1", 0.2))
	x.refineFlow()
	x.along()
	x.demodulate()
	x.judge(tune("J2", 0.3))
	x.singularities()
	t := Template{Width: uint16(x.w), Height: uint16(x.h), ResX: Resolution500, ResY: Resolution500}
	t.Minutiae = x.minutiae()
	return t, nil
}
