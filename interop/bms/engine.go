package bms

import (
	"math"
	"sync"

	"limen/interop/bms/face"
	"limen/interop/bms/finger"
)

// FaceLine turns the cosine of two vectors of a model into the decimal logarithm of
// the likelihood ratio: a line between two ends. Whoever runs an embedder fits it to
// scores of people like those whom it will see.
type FaceLine struct {
	Intercept, Slope float64
	Low, High        float64
}

// LLR is the ratio's logarithm. It never falls when the cosine rises.
func (l FaceLine) LLR(cosine float64) float64 {
	return min(max(l.Intercept+l.Slope*cosine, l.Low), l.High)
}

// Extractor finds the minutiae of one finger's image. The program's own is
// finger.Extractor; an engine of a vendor may stand in its place. It is called by
// one goroutine at a time.
type Extractor interface {
	Extract(finger.Image) (finger.Template, finger.Quality, error)
}

// Engine is what compares. Its parts may be a vendor's; the suite that judges the
// program's own judges them too.
type Engine struct {
	Extract func(finger.Image) (finger.Template, error)
	Embed   FaceEmbedder // nil: vectors are made elsewhere
	Fingers finger.Calibration
	Faces   map[face.Model]FaceLine // a model without a line decides nothing

	coder     *finger.Coder
	scratches sync.Pool
	searchers sync.Pool
}

// NewEngine returns the program's own engine with a calibration of the finger
// scores, and lines for the facial models in use.
func NewEngine(fingers finger.Calibration, faces map[face.Model]FaceLine) *Engine {
	extractors := sync.Pool{New: func() any { return Extractor(new(finger.Extractor)) }}
	e := &Engine{Fingers: fingers, Faces: faces, coder: finger.NewCoder(finger.PaperCylinders)}
	e.Extract = func(img finger.Image) (finger.Template, error) {
		x := extractors.Get().(Extractor)
		defer extractors.Put(x)
		t, _, err := x.Extract(img) // the template carries the score
		return t, err
	}
	e.scratches.New = func() any { return finger.NewScratch() }
	e.searchers.New = func() any { return finger.NewSearcher() }
	return e
}

// Probe is a sample made ready to be compared.
type Probe struct {
	// hands are the ways in which the prints may lie on a hand: one where each print
	// says which finger it is; every finger in turn for a print of which nobody knows.
	hands []finger.Hand
	// chances is what having so many of them takes off a likelihood ratio.
	chances float64
	face    *face.Vector // of a model whose cosines say something
}

// asks tells whether a print of the finger is compared with any of the probe's.
func (p *Probe) asks(at finger.Position) bool {
	for i := range p.hands {
		if p.hands[i][at] != nil {
			return true
		}
	}
	return false
}

// probe makes samples of one person ready: fingers, a face, or both.
func (e *Engine) probe(samples ...*Sample) *Probe {
	p := new(Probe)
	for _, s := range samples {
		if s == nil {
			continue
		}
		if len(s.Prints) > 0 {
			p.hands = e.hands(s.Prints)
			p.chances = math.Log10(float64(len(p.hands)))
		}
		if s.Face != nil && s.Face.Vector != nil && e.Faces[s.Face.Vector.Model].Slope > 0 {
			p.face = s.Face.Vector
		}
	}
	return p
}

func (e *Engine) hands(prints []Print) []finger.Hand {
	var hand finger.Hand
	for i := range prints {
		t := &prints[i].Template
		hand[t.Position] = new(finger.Print)
		e.coder.Encode(hand[t.Position], t)
	}
	unknown := hand[finger.UnknownFinger]
	if unknown == nil {
		return []finger.Hand{hand}
	}
	all := []finger.Hand{hand} // with prints of which it was not known either
	for at := finger.RightThumb; at <= finger.LeftLittle; at++ {
		var h finger.Hand
		h[at] = unknown
		all = append(all, h)
	}
	return all
}
