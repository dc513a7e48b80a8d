package bms_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"limen/access"
	"limen/db"
	"limen/interop/bms"
	"limen/interop/bms/codec"
	"limen/interop/bms/face"
	"limen/interop/bms/finger"
	"limen/interop/bms/synthetic"
	"limen/law"
	"limen/ledger"
)

// The curves of these tests: steep enough that invented persons are told apart.
var (
	testFingers = finger.Calibration{Soft: 0.05, Intercept: 1, Slope: 2.5, Low: -1.5, High: 8}
	testFaces   = map[face.Model]bms.FaceLine{synthetic.FaceModel: {Intercept: -6, Slope: 24, Low: -4, High: 12}}
	today       = law.MustDate("2026-05-04")
)

func (s service) open() *bms.Service {
	s.Helper()
	seal, err := bms.NewSeal(bytes.Repeat([]byte{3}, 32))
	if err != nil {
		s.Fatal(err)
	}
	b := bms.Open(s.store, seal, bms.NewEngine(testFingers, testFaces), true)
	s.Cleanup(b.Close)
	return b
}

func (s service) fill(b *bms.Service) {
	s.Helper()
	if err := b.Fill(s.Context(), s.door, nil); err != nil {
		s.Fatal(err)
	}
}

func person(n uint64) *synthetic.Person { return synthetic.NewPerson(11, n, synthetic.RightHand) }

func (s service) prints(b *bms.Service, templates []finger.Template) *bms.Sample {
	s.Helper()
	record, err := finger.WriteISO(templates)
	if err != nil {
		s.Fatal(err)
	}
	sample, err := b.Read(bms.Finger, record, "fingerprints", "2017/2226 art 27")
	if err != nil {
		s.Fatal(err)
	}
	return sample
}

func (s service) face(b *bms.Service, v face.Vector) *bms.Sample {
	s.Helper()
	record, err := v.MarshalBinary()
	if err != nil {
		s.Fatal(err)
	}
	sample, err := b.Read(bms.Face, record, "face", "2017/2226 art 23(2)")
	if err != nil {
		s.Fatal(err)
	}
	return sample
}

func (s service) enrol(b *bms.Service, system bms.System, ref bms.RecordRef, n int, sample *bms.Sample) {
	s.Helper()
	pass, again, err := sample.Gate(today, true)
	if err != nil || len(again) > 0 {
		s.Fatalf("%v, to take again: %v", err, again)
	}
	s.do("test.write", func(p access.Pass) error { return bms.Enrol(p, b.Seal(), system, ref, n, pass) })
}

func (s service) look(b *bms.Service, search bms.Search) []bms.Candidate {
	s.Helper()
	search.Day = today
	finding, err := b.Look(s.Context(), search)
	if err != nil {
		s.Fatal(err)
	}
	var all []bms.Candidate
	s.do("test.read", func(p access.Pass) (err error) { all, err = finding.Reveal(p); return err })
	return all
}

func refs(all []bms.Candidate) (list []bms.RecordRef) {
	for _, c := range all {
		list = append(list, c.Ref)
	}
	return list
}

func ref(n int) bms.RecordRef { return bms.RecordRef(fmt.Sprintf("file-%03d", n)) }

// 2019/817 arts 12 to 14: who is enrolled is found by fingers, by the face, and by
// both, also by a service that started afterwards; who is not, is not.
func TestArt12_EnrolledPersonsAreFound(t *testing.T) {
	onBoth(t, func(s service) {
		b := s.open()
		s.fill(b)
		const people = 12
		for n := range people {
			s.enrol(b, bms.EES, ref(n), 1, s.prints(b, person(uint64(n)).Prints(1)))
			s.enrol(b, bms.EES, ref(n), 2, s.face(b, person(uint64(n)).Face(1, 0.8)))
		}
		again := s.open()
		if _, err := again.Look(s.Context(), bms.Search{Scope: []bms.System{bms.EES}, Day: today}); err == nil {
			t.Error("a gallery that was never filled was searched")
		}
		s.fill(again)
		for name, b := range map[string]*bms.Service{"at once": b, "after filling": again} {
			byFingers, byBoth := 0, 0
			for n := range people {
				who := person(uint64(n))
				fingers, portrait := s.prints(b, who.Prints(2)), s.face(b, who.Face(2, 0.8))
				if found := refs(s.look(b, bms.Search{Scope: []bms.System{bms.EES}, Samples: []*bms.Sample{fingers}})); slices.Contains(found, ref(n)) {
					byFingers++
				}
				for _, faceFirst := range []bool{false, true} {
					found := s.look(b, bms.Search{Scope: []bms.System{bms.EES}, Samples: []*bms.Sample{fingers, portrait}, FaceFirst: faceFirst})
					if len(found) > 0 && found[0].Ref == ref(n) && found[0].Face {
						byBoth++
					}
				}
			}
			if byFingers < people*8/10 || byBoth < 2*people*9/10 {
				t.Errorf("%s: %d of %d found by fingers, %d of %d by both", name, byFingers, people, byBoth, 2*people)
			}
			for n := range 5 {
				stranger := person(uint64(1000 + n))
				if found := s.look(b, bms.Search{Scope: []bms.System{bms.EES}, Samples: []*bms.Sample{s.prints(b, stranger.Prints(2)), s.face(b, stranger.Face(2, 0.8))}}); len(found) > 0 {
					t.Errorf("%s: a stranger is %v", name, found)
				}
			}
		}
	})
}

// 2019/817 art 13(1): templates of one system are not seen by a search of another.
func TestArt13_1_SystemsAreApart(t *testing.T) {
	onBoth(t, func(s service) {
		b := s.open()
		s.fill(b)
		who := person(1)
		s.enrol(b, bms.VIS, "application-1", 1, s.prints(b, who.Prints(1)))
		probe := []*bms.Sample{s.prints(b, who.Prints(1))}
		if found := s.look(b, bms.Search{Scope: []bms.System{bms.EES}, Samples: probe}); len(found) > 0 {
			t.Errorf("found in another system: %v", found)
		}
		if found := s.look(b, bms.Search{Scope: []bms.System{bms.EES, bms.VIS}, Samples: probe}); len(found) != 1 || found[0].System != bms.VIS {
			t.Errorf("in both: %v", found)
		}
		s.do("test.read", func(p access.Pass) error {
			v, err := b.Verify(p, bms.EES, "application-1", probe[0], today)
			if v.Match || v.Fingers > 0 {
				t.Errorf("verified in another system: %+v", v)
			}
			return err
		})
	})
}

// 2017/2226 art 23(2): one to one, by face or by fingers; what is not enrolled is
// not compared, and a finger that is missing adds nothing.
func TestArt23_2_OneToOne(t *testing.T) {
	onBoth(t, func(s service) {
		b := s.open()
		who, other := person(1), person(2)
		s.enrol(b, bms.EES, "a", 1, s.prints(b, who.Prints(1)[:2]))
		s.enrol(b, bms.EES, "a", 2, s.face(b, who.Face(1, 0.9)))
		verify := func(sample *bms.Sample) (v bms.Verdict) {
			s.do("test.read", func(p access.Pass) (err error) { v, err = b.Verify(p, bms.EES, "a", sample, today); return err })
			return v
		}
		if v := verify(s.prints(b, who.Prints(1))); !v.Match || v.Fingers != 2 || v.LLR < v.Least || v.Least != 1 || v.Quality == bms.Unmeasured || !v.Synthetic {
			t.Errorf("the same fingers: %+v", v)
		}
		if v := verify(s.prints(b, who.Prints(1)[:1])); !v.Match || v.Fingers != 1 || v.Least != 0.7 {
			t.Errorf("one finger: %+v", v)
		}
		if v := verify(s.prints(b, who.Prints(1)[2:])); v.Match || v.Fingers != 0 {
			t.Errorf("fingers that are not enrolled: %+v", v)
		}
		if v := verify(s.prints(b, other.Prints(1))); v.Match || v.Fingers != 2 {
			t.Errorf("another's fingers: %+v", v)
		}
		if v := verify(s.face(b, who.Face(2, 0.9))); !v.Match || v.Faces != 1 || v.Least != 3.3 {
			t.Errorf("the same face: %+v", v)
		}
		if v := verify(s.face(b, other.Face(2, 0.9))); v.Match || v.Faces != 1 {
			t.Errorf("another's face: %+v", v)
		}
		stranger, err := face.Quantise("another-model", make512(1))
		if err != nil {
			t.Fatal(err)
		}
		if v := verify(s.face(b, stranger)); v.Match || v.Faces != 0 {
			t.Errorf("a vector of another model: %+v", v)
		}
	})
}

func make512(f float32) []float32 {
	v := make([]float32, face.Dimensions)
	v[0] = f
	return v
}

// 2019/817 art 15: what is erased is found by nobody from that moment, also where
// it was found just before; its rows are gone. A record that was taken over is
// found under the other.
func TestArt15_ErasedAndMoved(t *testing.T) {
	onBoth(t, func(s service) {
		b := s.open()
		s.fill(b)
		one, two := person(1), person(2)
		s.enrol(b, bms.EES, "a", 1, s.prints(b, one.Prints(1)))
		s.enrol(b, bms.EES, "b", 1, s.prints(b, two.Prints(1)))
		scope := []bms.System{bms.EES}
		probe := []*bms.Sample{s.prints(b, one.Prints(1))}
		before, err := b.Look(s.Context(), bms.Search{Scope: scope, Samples: probe, Day: today})
		if err != nil {
			t.Fatal(err)
		}
		s.do("test.write", func(p access.Pass) error { return bms.Move(p, bms.EES, "a", 1, "c", 4) })
		if found := refs(s.look(b, bms.Search{Scope: scope, Samples: probe})); !slices.Equal(found, []bms.RecordRef{"c"}) {
			t.Errorf("moved: %v", found)
		}
		s.do("test.read", func(p access.Pass) error {
			found, err := before.Reveal(p)
			if len(found) != 0 {
				t.Errorf("found before the move, told after it: %v", found)
			}
			return err
		})
		var n int64
		s.do("test.write", func(p access.Pass) (err error) { n, err = bms.Erase(p, bms.EES, "", "c"); return err })
		if found := s.look(b, bms.Search{Scope: scope, Samples: probe}); len(found) > 0 || n != 4 {
			t.Errorf("erased %d: %v", n, found)
		}
		if found := refs(s.look(b, bms.Search{Scope: scope, Samples: []*bms.Sample{s.prints(b, two.Prints(1))}})); !slices.Equal(found, []bms.RecordRef{"b"}) {
			t.Errorf("the other: %v", found)
		}
	})
}

// A print whose finger nobody knows is looked for among all fingers, and what is
// likest is told when an examiner asks for it.
func TestArt32_5_LatentPrints(t *testing.T) {
	onBoth(t, func(s service) {
		b := s.open()
		s.fill(b)
		for n := range 30 {
			s.enrol(b, bms.EES, ref(n), 1, s.prints(b, person(uint64(n)).Prints(1)))
		}
		latent := person(7).Prints(1)[2:3]
		latent[0].Position, latent[0].Impression = finger.UnknownFinger, finger.Latent
		found := s.look(b, bms.Search{Scope: []bms.System{bms.EES}, Samples: []*bms.Sample{s.prints(b, latent)}, Explore: true})
		if len(found) == 0 || found[0].Ref != ref(7) || found[0].Fingers != 1 {
			t.Errorf("found %+v", found)
		}
	})
}

// 2019/817 art 16(1): purpose, scope, threshold and number of candidates stand in
// the log, and no sample does.
func TestArt16_SearchesAreLoggedWithoutTheSample(t *testing.T) {
	onBoth(t, func(s service) {
		b := s.open()
		s.fill(b)
		sample := s.prints(b, person(1).Prints(1))
		s.enrol(b, bms.EES, "a", 1, sample)
		finding, err := b.Look(s.Context(), bms.Search{Scope: []bms.System{bms.EES}, Samples: []*bms.Sample{sample}, Day: today})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.try("test.nothing", func(p access.Pass) error { _, err := finding.Reveal(p); return err }); err == nil {
			t.Error("revealed by an operation that nobody was granted")
		}
		if _, err := finding.Reveal(access.Pass{}); !errors.Is(err, access.ErrNoPass) {
			t.Errorf("revealed without a pass: %v", err)
		}
		s.do("test.read", func(p access.Pass) error { _, err := finding.Reveal(p); return err })
		var entry ledger.Entry
		if err := s.store.Read(t.Context(), func(tx *db.Tx) error {
			page, err := s.log.Entries(tx, ledger.Filter{Operation: "test.read", Officer: string(guard.Officer)})
			if err == nil && len(page.Records) > 0 {
				entry = page.Records[0].Entry
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		facts := map[string]string{}
		for _, f := range entry.Facts {
			facts[f.Name] = f.Value
		}
		for name, want := range map[string]string{"biometric_task": "identification", "biometric_scope": "EES", "biometric_threshold": "3.00",
			"biometric_type": "fingerprints", "biometric_records": "1", "biometric_candidates": "1", "biometric_templates": "SYNTHETIC"} {
			if facts[name] != want {
				t.Errorf("%s is %q, want %q", name, facts[name], want)
			}
		}
		line, err := json.Marshal(entry)
		if err != nil || len(entry.Searched) != 1 || len(line) > 2000 {
			t.Errorf("the entry: %s", line)
		}
	})
}

// Bad samples are refused with the field, and none of them stops the program.
func TestSamplesThatCannotBeRead(t *testing.T) {
	b := bms.NewEngine(testFingers, testFaces)
	s := bms.Reader(b)
	good, err := finger.WriteISO(person(1).Prints(1))
	if err != nil {
		t.Fatal(err)
	}
	bundle := func(v any) []byte { b, _ := json.Marshal(v); return b }
	type m = map[string]any
	for name, c := range map[string]struct {
		modality bms.Modality
		data     []byte
		code     law.Code
	}{
		"nothing":              {bms.Finger, nil, "sample_empty"},
		"too much":             {bms.Finger, make([]byte, 17<<20), "sample_too_large"},
		"noise":                {bms.Finger, []byte("this is no print"), "image_format_unknown"},
		"a cut record":         {bms.Finger, good[:40], "template_unreadable"},
		"a cut image":          {bms.Finger, []byte("\x89PNG\r\n\x1a\n----"), "image_unreadable"},
		"no fingers":           {bms.Finger, bundle(m{"fingers": []m{}}), "no_fingers"},
		"an unknown member":    {bms.Finger, bundle(m{"toes": 1}), "bundle_unreadable"},
		"no such finger":       {bms.Finger, bundle(m{"fingers": []m{{"position": 11, "template": one(t, 1)}}}), "no_such_finger"},
		"an empty finger":      {bms.Finger, bundle(m{"fingers": []m{{"position": 1}}}), "finger_empty"},
		"one twice":            {bms.Finger, bundle(m{"fingers": []m{{"position": 2, "template": one(t, 1)}, {"position": 2, "template": one(t, 2)}}}), "finger_twice"},
		"unnamed ones":         {bms.Finger, bundle(m{"fingers": []m{{"template": one(t, 1)}, {"position": 2, "template": one(t, 2)}}}), "finger_unnamed"},
		"a quality of 200":     {bms.Finger, bundle(m{"fingers": []m{{"position": 2, "nfiq2": 200, "template": one(t, 1)}}}), "nfiq2_out_of_range"},
		"a face as fingers":    {bms.Finger, bundle(m{"face": m{}}), "no_fingers"},
		"a short vector":       {bms.Face, bundle(m{"face": m{"model": "m", "vector": []float32{1, 2}}}), "vector_unusable"},
		"a vector of no model": {bms.Face, bundle(m{"face": m{"vector": make512(1)}}), "vector_unusable"},
		"no face":              {bms.Face, bundle(m{"face": m{}}), "no_face"},
		"fingers as a face":    {bms.Face, good, "image_format_unknown"},
	} {
		_, err := s(c.modality, c.data)
		var r *law.Refusal
		if !errors.As(err, &r) || r.Code != c.code || r.Field == "" {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if sample, err := s(bms.Face, bundle(m{"face": m{"model": "m", "vector": make512(1), "quality": 40}})); err != nil || sample.Face.Vector == nil || sample.Face.Quality != 40 {
		t.Errorf("a good bundle: %v", err)
	}
}

func base(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func one(t *testing.T, n uint64) []byte {
	p := person(n).Prints(1)[:1]
	p[0].Position = 0
	record, err := finger.WriteISO(p)
	if err != nil {
		t.Fatal(err)
	}
	return record
}

func FuzzSample(f *testing.F) {
	good, err := finger.WriteISO(person(1).Prints(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(false, good)
	f.Add(false, []byte(`{"fingers":[{"position":2,"template":"Rk1SAA=="}]}`))
	f.Add(true, []byte(`{"face":{"model":"m","vector":[1,2]}}`))
	file := newITL(f).finger(2, 70, quality("2\x1f61\x1f0101\x1f57")).binary(7, 0, 80, 0, grey(80, 64).Pix).finger(13, 90)
	if err := file.AddFace(4, codec.Capture{Source: "XX", Date: "20261122"}, asJPEG(f, 60, 80)); err != nil {
		f.Fatal(err)
	}
	f.Add(false, file.bytes())
	f.Add(true, file.bytes())
	read := bms.Reader(bms.NewEngine(testFingers, testFaces))
	f.Fuzz(func(t *testing.T, isFace bool, data []byte) {
		m := bms.Finger
		if isFace {
			m = bms.Face
		}
		sample, err := read(m, data)
		var r *law.Refusal
		if err != nil && !errors.As(err, &r) {
			t.Fatalf("no refusal: %v", err)
		}
		if err == nil {
			if _, _, err := sample.Gate(today, true); err != nil {
				t.Fatalf("read, and no template: %v", err)
			}
		}
	})
}

// 2019/817 art 13(3): what does not pass the quality check is no template, and the
// guard is told what to take again.
func TestArt13_3_QualityGate(t *testing.T) {
	read := bms.Reader(bms.NewEngine(testFingers, testFaces))
	poor := person(1).Prints(1)[:1]
	poor[0].Minutiae = poor[0].Minutiae[:5]
	record, _ := finger.WriteISO(poor)
	few, err := read(bms.Finger, record)
	if err != nil {
		t.Fatal(err)
	}
	low, err := read(bms.Finger, []byte(fmt.Sprintf(`{"fingers":[{"position":3,"nfiq2":3,"template":%q},{"position":4,"nfiq2":60,"template":%q}]}`, base(one(t, 1)), base(one(t, 2)))))
	if err != nil {
		t.Fatal(err)
	}
	if pass, again, err := few.Gate(today, false); err != nil || len(pass) != 0 || len(again) != 1 || again[0].Reason.Code != "too_few_minutiae" {
		t.Errorf("few minutiae: %v, %v, %v", pass, again, err)
	}
	pass, again, err := low.Gate(today, false)
	if err != nil || len(pass) != 1 || pass[0].Position != 4 || pass[0].NFIQ2 != 60 || len(again) != 1 || again[0].Position != 3 || again[0].Reason.Code != "nfiq2_too_low" {
		t.Errorf("a low value: %v, %v, %v", pass, again, err)
	}
}

// A search ends when its caller goes.
func TestSearchCanBeStopped(t *testing.T) {
	onBoth(t, func(s service) {
		b := s.open()
		s.fill(b)
		s.enrol(b, bms.EES, "a", 1, s.prints(b, person(1).Prints(1)))
		ctx, cancel := context.WithCancel(s.Context())
		cancel()
		if _, err := b.Look(ctx, bms.Search{Scope: []bms.System{bms.EES}, Samples: []*bms.Sample{s.prints(b, person(1).Prints(1))}, Day: today}); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
}
