package ees_test

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"limen/access"
	"limen/ees"
	"limen/interop/bms"
	"limen/interop/bms/face"
	"limen/interop/bms/finger"
	"limen/interop/bms/synthetic"
)

// connect gives the register a matching service whose galleries are whole.
func (b *border) connect() *bms.Service {
	b.Helper()
	seal, err := bms.NewSeal(bytes.Repeat([]byte{3}, 32))
	if err != nil {
		b.Fatal(err)
	}
	s := bms.Open(b.store, seal, bms.NewEngine(finger.Calibration{Soft: 0.05, Intercept: 1, Slope: 2.5, Low: -1.5, High: 8},
		map[face.Model]bms.FaceLine{synthetic.FaceModel: {Intercept: -6, Slope: 24, Low: -4, High: 12}}), true)
	b.Cleanup(s.Close)
	ops, grants := append(ees.Operations(), bms.Operations()...), append(ees.Grants(), bms.Grants()...)
	ops = append(ops, access.Operation{Op: "test.enrol", System: "bms", Title: "enrol", Cite: "2019/817 art 13", Writes: true})
	grants = append(grants, access.Grant{Kind: access.Border, Purpose: access.BorderCheck, Op: "test.enrol", Cite: "2019/817 art 13"})
	if b.door, err = access.NewDoor(b.store, b.log, append(ops, access.Operations()...), append(grants, access.Grants()...)); err != nil {
		b.Fatal(err)
	}
	if err := s.Fill(b.Context(), b.door, nil); err != nil {
		b.Fatal(err)
	}
	m := ees.Matching{Service: s}
	b.register.Biometrics, b.register.Identifier = m, m
	return s
}

// person is an invented person with the four fingers of the right hand.
func invented(n uint64) *synthetic.Person { return synthetic.NewPerson(11, n, synthetic.RightHand) }

func (b *border) printsOf(n, occasion uint64) []byte {
	b.Helper()
	record, err := finger.WriteISO(invented(n).Prints(occasion))
	if err != nil {
		b.Fatal(err)
	}
	return record
}

func (b *border) faceOf(n, occasion uint64) []byte {
	b.Helper()
	v := invented(n).Face(occasion, 0.9)
	record, err := v.MarshalBinary()
	if err != nil {
		b.Fatal(err)
	}
	return record
}

// enrol keeps the templates of a sample of a file, taken before.
func (b *border) enrol(s *bms.Service, ref ees.FileRef, n int, m bms.Modality, data []byte) {
	b.Helper()
	sample, err := s.Read(m, data, "sample", "2019/817 art 13")
	if err != nil {
		b.Fatal(err)
	}
	pass, _, err := sample.Gate(day("2026-05-01"), true)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := run(b, guard, "test.enrol", func(p access.Pass) (bool, error) {
		return true, bms.Enrol(p, s.Seal(), bms.EES, bms.RecordRef(ref), n, pass)
	}); err != nil {
		b.Fatal(err)
	}
}

// EES-035, EES-036: the matching service verifies by face and by fingerprints, and
// whoever is connected to it cannot be talked round. Of a file of which it holds
// nothing the guard says what came of comparing by eye.
func TestArt23_2_TheServiceVerifies(t *testing.T) {
	onBoth(t, func(b *border) {
		ref := b.enrolled()
		s := b.connect()
		c := b.check(anna())
		if c.Progress.State != ees.StateVerifyFace || c.Progress.Next.Connected {
			b.Fatalf("nothing is enrolled: %+v", c.Progress.Next)
		}
		_, err := b.tryStep(c.CheckID, 0, ees.StepRequest{Step: "verify_face", Face: b.faceOf(1, 1)})
		refused(b.T, err, "no_templates")
		b.step(c.Progress, ees.StepRequest{Outcome: "face_match"}, "verified")

		b.enrol(s, ref, 1, bms.Face, b.faceOf(1, 1))
		c = b.check(anna())
		if !c.Progress.Next.Connected {
			b.Fatalf("%+v", c.Progress.Next)
		}
		_, err = b.tryStep(c.CheckID, 0, ees.StepRequest{Step: "verify_face", Outcome: "face_match"})
		refused(b.T, err, "sample_needed")
		b.step(c.Progress, ees.StepRequest{Face: b.faceOf(1, 2)}, "verified")
		// Another's face; the fingerprints are not enrolled, so those are by eye.
		c = b.check(anna())
		p := b.step(c.Progress, ees.StepRequest{Face: b.faceOf(2, 2)}, "verify_fingers")
		if p.Next.Connected {
			b.Fatalf("%+v", p.Next)
		}
		b.enrol(s, ref, 2, bms.Finger, b.printsOf(1, 1))
		_, err = b.tryStep(c.CheckID, 0, ees.StepRequest{Step: "verify_fingers", Outcome: "fingers_match"})
		refused(b.T, err, "sample_needed")
		_, err = b.tryStep(c.CheckID, 0, ees.StepRequest{Step: "verify_fingers", Fingerprints: []byte("no print")})
		if r := refused(b.T, err, "image_format_unknown"); r.Field != "fingerprints" {
			b.Errorf("%+v", r)
		}
		left := invented(1).Prints(2)
		for i := range left {
			left[i].Position += 5
		}
		other, err := finger.WriteISO(left)
		if err != nil {
			b.Fatal(err)
		}
		_, err = b.tryStep(c.CheckID, 0, ees.StepRequest{Step: "verify_fingers", Fingerprints: other})
		refused(b.T, err, "nothing_in_common")
		b.step(p, ees.StepRequest{Fingerprints: b.printsOf(1, 2)}, "verified")
		// At a gate, where the passage writes: the sample was read before.
		gate := ees.GateRequest{CheckRequest: anna(), Chip: goodChip, Verified: "face", Sample: b.faceOf(2, 3)}
		res, err := b.tryGate(gate)
		b.referred(res, err, "not_verified_at_gate")
		gate.Sample = b.faceOf(1, 3)
		if res, err := b.tryGate(gate); err != nil || !res.Passed || res.Record.File != ref {
			b.Fatalf("%+v, %v", res, err)
		}
	})
}

// EES-037, EES-038: somebody with another name is found by fingerprints, alone and
// with the face; the log has the key once, by the sample's digest, and what
// 2019/817 art 16 asks for. Nobody else is found.
func TestArt27_1_TheServiceIdentifies(t *testing.T) {
	onBoth(t, func(b *border) {
		ref := b.enrolled()
		s := b.connect()
		b.enrol(s, ref, 1, bms.Face, b.faceOf(1, 1))
		b.enrol(s, ref, 2, bms.Finger, b.printsOf(1, 1))
		other := traveller("MARTIN", "ANNA", "1988-02-11", "F", "CAN", "CB5")
		for _, sent := range []ees.StepRequest{{Fingerprints: b.printsOf(1, 2)}, {Fingerprints: b.printsOf(1, 2), Face: b.faceOf(1, 2)}} {
			p := b.step(b.check(other).Progress, sent, "identified")
			if len(p.Candidates) != 1 || p.Candidates[0].Ref != ref {
				b.Fatalf("%+v", p.Candidates)
			}
			b.at("2026-11-02 09:00")
		}
		entries := (&police{b, ""}).logged(ees.OpIdentify)
		keys := []string{}
		for _, e := range entries {
			for _, k := range e.Entry.Searched {
				keys = append(keys, k.Category)
			}
			facts := map[string]string{}
			for _, f := range e.Entry.Facts {
				facts[f.Name] = f.Value
			}
			if facts["biometric_scope"] != "EES" || facts["biometric_candidates"] != "1" || facts["biometric_task"] != "identification" {
				b.Errorf("%v", facts)
			}
		}
		slices.Sort(keys)
		if !slices.Equal(keys, []string{"fingerprints", "fingerprints_and_face"}) {
			b.Errorf("%v", keys)
		}
		p := b.step(b.check(other).Progress, ees.StepRequest{Fingerprints: b.printsOf(3, 1)}, "unknown")
		if len(p.Candidates) != 0 {
			b.Fatalf("%+v", p.Candidates)
		}
	})
}

// EES-054: a search for law enforcement by latent prints, by the face, and by both
// finds the file, whether it was made before the operation or in it; and a request
// that may not be searched is not searched before.
func TestArt32_4_TheServiceSearches(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		ref := b.border.enter("2026-05-01 09:00", anna()).File
		s := b.connect()
		b.enrol(s, ref, 1, bms.Face, b.faceOf(1, 1))
		b.enrol(s, ref, 2, bms.Finger, b.printsOf(1, 1))
		b.purpose = access.LawEnforcementIdentify
		b.at("2026-06-01 10:00")
		prints := invented(1).Prints(1)[2:3]
		prints[0].Position = finger.UnknownFinger
		latentPrint, err := finger.WriteISO(prints)
		if err != nil {
			b.Fatal(err)
		}
		fingers, portrait := &ees.FingerprintKey{Sample: latentPrint, Latent: true}, &ees.FaceKey{Sample: b.faceOf(1, 2)}
		for name, c := range map[string]struct {
			search ees.LawEnforcementSearch
			hits   int
		}{
			"latent":         {ees.LawEnforcementSearch{Fingerprints: fingers}, 1},
			"face":           {ees.LawEnforcementSearch{Face: portrait}, 1},
			"both":           {ees.LawEnforcementSearch{Fingerprints: fingers, Face: portrait}, 1},
			"another's face": {ees.LawEnforcementSearch{Fingerprints: fingers, Face: &ees.FaceKey{Sample: b.faceOf(2, 2)}}, 0},
		} {
			for _, ahead := range []bool{false, true} {
				in := latent(b)
				in.Search = c.search
				r := b.submit(unit, in)
				look := func() func(context.Context) context.Context {
					f, err := access.Run(b.Context(), b.door, access.Request{Principal: point, Op: ees.OpReadRequest, Purpose: b.purpose},
						func(p access.Pass) (func(context.Context) context.Context, error) {
							return b.register.AheadOfSearch(p, r.RequestID)
						})
					if err != nil {
						refused(b.T, err, "wrong_status")
					}
					return f
				}
				if look() != nil {
					b.Fatal("searched before it was approved")
				}
				b.approve(r.RequestID)
				ctx := b.Context()
				if ahead {
					ctx = look()(ctx)
				}
				got, err := access.Run(ctx, b.door, access.Request{Principal: point, Op: ees.OpSearchForRequest, Purpose: b.purpose},
					func(p access.Pass) (ees.RequestReceipt, error) { return b.register.SearchForRequest(p, r.RequestID, 0) })
				if err != nil || *got.Hits != c.hits {
					b.Errorf("%s, ahead %v: %+v, %v", name, ahead, got, err)
				}
			}
		}
	})
}
