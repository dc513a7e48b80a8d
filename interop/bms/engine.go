package bms

import (
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

// Engine is what compares. Its parts may be a vendor's; the suite that judges the
// program's own judges them too.
type Engine struct {
	Extract func(finger.Image) (finger.Template, error)
	Embed   FaceEmbedder // nil: vectors are made elsewhere
	Fingers finger.Calibration
	Faces   map[face.Model]FaceLine // a model without a line decides nothing

	coder     *finger.Coder
	scratches sync.Pool
}

// NewEngine returns the program's own engine with a calibration of the finger
// scores, and lines for the facial models in use.
func NewEngine(fingers finger.Calibration, faces map[face.Model]FaceLine) *Engine {
	extractors := sync.Pool{New: func() any { return new(finger.Extractor) }}
	e := &Engine{Fingers: fingers, Faces: faces, coder: finger.NewCoder(finger.PaperCylinders)}
	e.Extract = func(img finger.Image) (finger.Template, error) {
		x := extractors.Get().(*finger.Extractor)
		defer extractors.Put(x)
		return x.Extract(img)
	}
	e.scratches.New = func() any { return finger.NewScratch() }
	return e
}

// Probe is a sample made ready to be compared.
type Probe struct {
	fingers []probeFinger
	face    *face.Vector
}

type probeFinger struct {
	position finger.Position
	print    finger.Print
	coarse   *finger.Probe
}

// probe makes samples of one person ready: fingers, a face, or both.
func (e *Engine) probe(samples ...*Sample) *Probe {
	p := new(Probe)
	for _, s := range samples {
		if s == nil {
			continue
		}
		for i := range s.Prints {
			f := probeFinger{position: s.Prints[i].Template.Position}
			e.coder.Encode(&f.print, &s.Prints[i].Template)
			f.coarse = finger.NewProbe(&f.print)
			p.fingers = append(p.fingers, f)
		}
		if s.Face != nil && s.Face.Vector != nil {
			p.face = s.Face.Vector
		}
	}
	return p
}
