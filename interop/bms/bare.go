package bms

import (
	"context"
	"errors"

	"limen/law"
)

// Bare is a gallery without a store behind it, to measure how fast searches are and
// whom they lose: the code that searches is the service's own. It takes synthetic
// templates alone, so that nobody's are ever held where no duty erases them.
type Bare struct{ gallery *gallery }

// NewBare returns an empty gallery that compares with an engine.
func NewBare(e *Engine) *Bare { return &Bare{newGallery(e)} }

// errNotSynthetic is what a bare gallery says of a person's template.
var errNotSynthetic = errors.New("bms: a gallery without a store takes synthetic templates alone")

// Enrol puts the templates of a record in, in the place of those that it had. Many
// may enrol at one time.
func (b *Bare) Enrol(ref RecordRef, templates []Template) error {
	for i := range templates {
		if !templates[i].Synthetic {
			return errNotSynthetic
		}
	}
	return b.gallery.put(sampleKey{ref, 1}, templates)
}

// Threshold is the decimal logarithm of the likelihood ratio from which a search of
// a day names a candidate, by how many samples there are.
func (b *Bare) Threshold(day law.Date) (float64, error) {
	fpir, err := IdentificationFPIR.On(day)
	if err != nil {
		return 0, err
	}
	return identifiesAt(fpir, b.gallery.size()), nil
}

// Search looks for the records that the samples of one person may be of: at most k,
// the likeliest first, of those whose ratio reaches least.
func (b *Bare) Search(ctx context.Context, samples []*Sample, least float64, k int, faceFirst bool) ([]Candidate, error) {
	hits, err := b.gallery.search(ctx, b.gallery.engine.probe(samples...), least, k, faceFirst)
	if err != nil {
		return nil, err
	}
	candidates := make([]Candidate, len(hits))
	for i, h := range hits {
		candidates[i] = Candidate{Ref: h.key.ref, LLR: h.llr, Fingers: h.fingers, Face: h.withFace}
	}
	return candidates, nil
}
