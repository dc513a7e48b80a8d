package finger

import "fmt"

// Resolution500 is 500 pixels per inch in the unit of templates: pixels per
// centimetre, rounded as ISO/IEC 19794-2 records it. Every length in the
// matchers' parameters is in pixels of this resolution.
const Resolution500 = 197

// MaxMinutiae is the most minutiae that a template carries: the count of a
// finger view is one byte in both record formats.
const MaxMinutiae = 255

// Kind is the kind of a minutia. The values are those of ISO/IEC 19794-2:2005,
// 7.5.1.1, and of ANSI INCITS 378-2004.
type Kind uint8

// The kinds of minutiae.
const (
	Other       Kind = 0
	Ending      Kind = 1
	Bifurcation Kind = 2
)

// Minutia is one point where a ridge ends or forks.
type Minutia struct {
	// X grows to the right and Y downwards, from the upper left corner of the
	// image, in pixels of the template's resolution. Both are below 16384: the
	// records have 14 bits.
	X, Y uint16
	// Angle is in 256ths of a turn, counter-clockwise as seen, from the axis to
	// the right: 64 points up, to smaller Y. At an ending it points from the end
	// back along the ridge; at a bifurcation into the valley between the two
	// branches, so that swapping ridges and valleys keeps it.
	Angle uint8
	Kind  Kind
	// Quality is 1 (worst) to 100 (best), or 0 when nothing was said of it.
	Quality uint8
}

// Position is the finger position code of ISO/IEC 19794-2:2005, table 5: 0
// unknown, 1 to 5 the right hand from thumb to little finger, 6 to 10 the left
// hand in the same order.
type Position uint8

// The positions.
const (
	UnknownFinger Position = iota
	RightThumb
	RightIndex
	RightMiddle
	RightRing
	RightLittle
	LeftThumb
	LeftIndex
	LeftMiddle
	LeftRing
	LeftLittle
)

// Known says whether the code names one finger or says that none is known.
func (p Position) Known() bool { return p <= LeftLittle }

// Impression is how the print was taken, by the codes of ISO/IEC 19794-2:2005,
// table 6.
type Impression uint8

// The impressions that border desks take. Others keep their number.
const (
	LivePlain     Impression = 0
	LiveRolled    Impression = 1
	NonLivePlain  Impression = 2
	NonLiveRolled Impression = 3
	Latent        Impression = 7
	LiveSwipe     Impression = 8
)

// Template is one print of one finger as its minutiae.
type Template struct {
	// Width and Height of the image in pixels; every minutia lies inside.
	Width, Height uint16
	// ResX and ResY are in pixels per centimetre: 197 at 500 per inch.
	ResX, ResY uint16
	Position   Position
	Impression Impression
	// Quality of the whole print, 0 (worst) to 100 (best), as NFIQ 2 counts.
	Quality uint8
	// Minutiae are at most MaxMinutiae, in no order that means anything.
	Minutiae []Minutia
}

// Check says what makes t no template: nil when every limit stated at its
// fields holds. The matchers call it of nobody's templates; whoever lets a
// template in does.
func (t *Template) Check() error {
	switch {
	case t.ResX < 50 || t.ResX > 1000 || t.ResY < 50 || t.ResY > 1000:
		return fmt.Errorf("finger: resolution %d x %d pixels per cm, want 50 to 1000", t.ResX, t.ResY)
	case t.Width == 0 || t.Height == 0 || t.Width > 16384 || t.Height > 16384:
		return fmt.Errorf("finger: image of %d x %d pixels", t.Width, t.Height)
	case !t.Position.Known():
		return fmt.Errorf("finger: no finger has position %d", t.Position)
	case t.Quality > 100:
		return fmt.Errorf("finger: quality %d is above 100", t.Quality)
	case len(t.Minutiae) > MaxMinutiae:
		return fmt.Errorf("finger: %d minutiae, at most %d", len(t.Minutiae), MaxMinutiae)
	}
	for i, m := range t.Minutiae {
		switch {
		case m.X >= t.Width || m.Y >= t.Height:
			return fmt.Errorf("finger: minutia %d at %d,%d lies outside %d x %d", i, m.X, m.Y, t.Width, t.Height)
		case m.Kind > Bifurcation:
			return fmt.Errorf("finger: minutia %d is of kind %d", i, m.Kind)
		case m.Quality > 100:
			return fmt.Errorf("finger: minutia %d has quality %d", i, m.Quality)
		}
	}
	return nil
}
