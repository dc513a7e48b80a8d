package ees

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"limen/access"
	"limen/interop/bms"
	"limen/law"
)

// Matching has the shared biometric matching service compare and search (2019/817
// arts 12 to 14). It looks among the templates of the EES and no others.
type Matching struct{ Service *bms.Service }

// Holds tells whether the service has templates of a file to compare with.
func (m Matching) Holds(p access.Pass, ref FileRef, kind SampleKind) (bool, error) {
	return m.Service.Holds(p, bms.EES, bms.RecordRef(ref), kind.modality())
}

// Verify compares a sample with those of one file (2017/2226 art 23(2), EES-035).
// A sample of which the file holds nothing is refused and not a mismatch.
func (m Matching) Verify(ctx context.Context, p access.Pass, ref FileRef, kind SampleKind, data []byte) (bool, error) {
	if _, err := p.Tx(); err != nil {
		return false, err
	}
	sample, err := m.read(ctx, kind, data, "2017/2226 art 23(2)")
	if err != nil {
		return false, err
	}
	v, err := m.Service.Verify(p, bms.EES, bms.RecordRef(ref), sample, dayOf(p))
	if err != nil {
		return false, err
	}
	if v.Fingers+v.Faces == 0 {
		return false, law.BadField(string(kind), "nothing_in_common", "2017/2226 art 23(2)",
			"The file holds nothing that this sample can be compared with: other fingers were taken, or another program read the face. Send the other hand, or say that the comparison is impossible.")
	}
	return v.Match, nil
}

// Identify looks for the files of somebody at the border (art 27(1), EES-037).
func (m Matching) Identify(ctx context.Context, p access.Pass, fingers, face []byte) ([]FileRef, error) {
	if _, err := p.Tx(); err != nil {
		return nil, err
	}
	samples, err := m.samples(ctx, "2017/2226 art 27(1)", fingers, face)
	if err != nil {
		return nil, err
	}
	return m.reveal(ctx, p, bms.Search{Samples: samples})
}

// Search looks for files for law enforcement (art 32(4), (5)). With fingerprints
// and a face it finds the files that both find. Of latent prints it names the
// likeliest files whether or not they reach the threshold: an examiner compares.
func (m Matching) Search(ctx context.Context, p access.Pass, probe BiometricProbe) ([]FileRef, error) {
	if _, err := p.Tx(); err != nil {
		return nil, err
	}
	searches, err := m.searches(ctx, probe)
	if err != nil {
		return nil, err
	}
	var both []FileRef
	for i, s := range searches {
		refs, err := m.reveal(ctx, p, s)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			both = refs
			continue
		}
		both = slices.DeleteFunc(both, func(ref FileRef) bool { return !slices.Contains(refs, ref) })
	}
	return both, nil
}

// searches are one by the fingerprints and one by the face: each is a key of its own.
func (m Matching) searches(ctx context.Context, probe BiometricProbe) (list []bms.Search, err error) {
	const cite = "2017/2226 art 32(4)"
	if len(probe.Fingerprints) > 0 {
		s, err := m.read(ctx, FingersSample, probe.Fingerprints, cite)
		if err != nil {
			return nil, err
		}
		if probe.Latent {
			s.AsLatent()
		}
		list = append(list, bms.Search{Samples: []*bms.Sample{s}, Explore: probe.Latent})
	}
	if len(probe.Face) > 0 {
		s, err := m.read(ctx, FaceSample, probe.Face, cite)
		if err != nil {
			return nil, err
		}
		if s.Face.Vector == nil {
			return nil, noVector()
		}
		list = append(list, bms.Search{Samples: []*bms.Sample{s}})
	}
	return list, nil
}

func noVector() error {
	return law.BadField(string(FaceSample), "face_without_vector", "2019/817 art 13",
		"No program that reads faces runs here, so an image of a face cannot be searched with. Send the face's vector and the name of its model.")
}

// samples reads what somebody is sought by; a face that nothing can be said of is
// left out, since it only supports the fingerprints.
func (m Matching) samples(ctx context.Context, cite law.Citation, fingers, face []byte) ([]*bms.Sample, error) {
	s, err := m.read(ctx, FingersSample, fingers, cite)
	if err != nil || len(face) == 0 {
		return []*bms.Sample{s}, err
	}
	f, err := m.read(ctx, FaceSample, face, cite)
	if err != nil {
		return nil, err
	}
	if f.Face.Vector == nil {
		return []*bms.Sample{s}, nil
	}
	return []*bms.Sample{s, f}, nil
}

// reveal opens a search that was made ahead of the transaction, or makes it now.
// The log gets the key with it, once.
func (m Matching) reveal(ctx context.Context, p access.Pass, s bms.Search) ([]FileRef, error) {
	finding, ahead := madeAhead(ctx).findings[keyOf(s)]
	if !ahead {
		s.Scope, s.Day = []bms.System{bms.EES}, dayOf(p)
		var err error
		if finding, err = m.Service.Look(ctx, s); err != nil {
			return nil, err
		}
	}
	found, err := finding.Reveal(p)
	return fileRefs(found, func(c bms.Candidate) FileRef { return FileRef(c.Ref) }), err
}

func (m Matching) read(ctx context.Context, kind SampleKind, data []byte, cite law.Citation) (*bms.Sample, error) {
	if s, ahead := madeAhead(ctx).samples[digestOf(kind, data)]; ahead {
		return s, nil
	}
	return m.Service.Read(kind.modality(), data, string(kind), cite)
}

func (k SampleKind) modality() bms.Modality {
	if k == FaceSample {
		return bms.Face
	}
	return bms.Finger
}

func dayOf(p access.Pass) law.Date { return law.DateIn(p.Now(), time.UTC) }

// ahead is what was made before a transaction that writes, in which reading images
// and searching would hold up the others. What nobody opens is known to nobody.
type ahead struct {
	samples  map[string]*bms.Sample
	findings map[string]*bms.Finding
}

type aheadKey struct{}

func madeAhead(ctx context.Context) ahead {
	a, _ := ctx.Value(aheadKey{}).(ahead)
	return a
}

func digestOf(kind SampleKind, data []byte) string {
	sum := sha256.Sum256(data)
	return string(kind) + " " + hex.EncodeToString(sum[:])
}

func keyOf(s bms.Search) string {
	key := ""
	if s.Explore {
		key = "explore"
	}
	for _, sample := range s.Samples {
		key += " " + string(sample.Modality) + " " + sample.Digest
	}
	return key
}

// readAhead reads a sample. What cannot be read is refused where it is used.
func (m Matching) readAhead(ctx context.Context, kind SampleKind, data []byte) context.Context {
	s, err := m.read(ctx, kind, data, "2017/2226 art 23(2)")
	if err != nil {
		return ctx
	}
	a := ahead{maps.Clone(madeAhead(ctx).samples), madeAhead(ctx).findings}
	if a.samples == nil {
		a.samples = map[string]*bms.Sample{}
	}
	a.samples[digestOf(kind, data)] = s
	return context.WithValue(ctx, aheadKey{}, a)
}

// lookAhead makes the searches of a probe. What cannot be searched with is refused
// in the operation itself, where the log has it.
func (m Matching) lookAhead(ctx context.Context, probe BiometricProbe, day law.Date) context.Context {
	searches, err := m.searches(ctx, probe)
	if err != nil {
		return ctx
	}
	a := ahead{map[string]*bms.Sample{}, map[string]*bms.Finding{}}
	for _, s := range searches {
		kind, data := FingersSample, probe.Fingerprints
		if s.Samples[0].Modality == bms.Face {
			kind, data = FaceSample, probe.Face
		}
		s.Scope, s.Day = []bms.System{bms.EES}, day
		finding, err := m.Service.Look(ctx, s)
		if err != nil {
			return ctx
		}
		a.samples[digestOf(kind, data)], a.findings[keyOf(s)] = s.Samples[0], finding
	}
	return context.WithValue(ctx, aheadKey{}, a)
}

// ReadAhead reads the sample of a gate before the passage, which writes.
func (r *Register) ReadAhead(ctx context.Context, req GateRequest) context.Context {
	m, ok := r.Biometrics.(Matching)
	if !ok || len(req.Sample) == 0 {
		return ctx
	}
	return m.readAhead(ctx, req.kind(), req.Sample)
}

// AheadOfSearch tells, in reading a request, how to make its search by biometrics
// before the operation that writes what was found; nil when there is nothing to
// make, or the request may not be searched now. Only that operation opens it.
func (r *Register) AheadOfSearch(p access.Pass, id string) (func(context.Context) context.Context, error) {
	if _, err := p.Tx(); err != nil {
		return nil, err
	}
	m, ok := r.Identifier.(Matching)
	if !ok {
		return nil, nil
	}
	q, o, tx, err := r.openRequest(p, id, 0)
	if err != nil {
		return nil, err
	}
	q.tell(p)
	keys, err := r.mayBeSearched(p, q, o, tx)
	if err != nil || keys.fingers == nil && keys.face == nil {
		return nil, err
	}
	day := dayOf(p)
	return func(ctx context.Context) context.Context { return m.lookAhead(ctx, keys.probe(), day) }, nil
}
