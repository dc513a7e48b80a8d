package ees_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"limen/access"
	"limen/ees"
	"limen/interop/cir"
	"limen/law"
	"limen/person"
)

// matching is a matching service: a sample matches when its bytes are those that
// were enrolled.
type matching struct {
	face, fingers map[ees.FileRef][]byte
	broken        bool
}

func (m *matching) Holds(_ access.Pass, ref ees.FileRef, kind ees.SampleKind) (bool, error) {
	if kind == ees.FaceSample {
		return m.face[ref] != nil, nil
	}
	return m.fingers[ref] != nil, nil
}

func (m *matching) Verify(_ context.Context, _ access.Pass, ref ees.FileRef, kind ees.SampleKind, sample []byte) (bool, error) {
	if kind == ees.FaceSample {
		return bytes.Equal(m.face[ref], sample), nil
	}
	return bytes.Equal(m.fingers[ref], sample), nil
}

func (m *matching) Identify(_ context.Context, p access.Pass, fingers, face []byte) ([]ees.FileRef, error) {
	if m.broken {
		return nil, errors.New("no answer")
	}
	key := access.ByFingers
	if face != nil {
		key = access.ByFingersFace
	}
	if err := p.Search(key, string(fingers)); err != nil {
		return nil, err
	}
	var refs []ees.FileRef
	for ref, enrolled := range m.fingers {
		if bytes.Equal(enrolled, fingers) && (face == nil || bytes.Equal(m.face[ref], face)) {
			refs = append(refs, ref)
		}
	}
	slices.Sort(refs)
	return refs, nil
}

func (b *border) tryStep(checkID string, version int, req ees.StepRequest) (ees.Progress, error) {
	if len(req.Step) > 9 && req.Step[:9] == "identify_" {
		return run(b, b.guard, ees.OpIdentify, func(p access.Pass) (ees.Progress, error) { return b.register.Identify(p, checkID, version, req) })
	}
	return run(b, b.guard, ees.OpTakeStep, func(p access.Pass) (ees.Progress, error) { return b.register.TakeStep(p, checkID, version, req) })
}

// readCheck reads a check that is under way.
func (b *border) readCheck(checkID string) ees.Check {
	b.Helper()
	c, err := run(b, b.guard, ees.OpReadCheck, func(p access.Pass) (ees.Check, error) { return b.register.ReadCheck(p, checkID) })
	if err != nil {
		b.Fatal(err)
	}
	return c
}

// step answers the step that the check stands at and wants the state after it.
func (b *border) step(p ees.Progress, req ees.StepRequest, want ees.CheckState) ees.Progress {
	b.Helper()
	req.Step = p.State
	next, err := b.tryStep(p.CheckID, p.Version, req)
	if err != nil {
		b.Fatalf("%s on %s: %v", p.State, req.Outcome, err)
	}
	if next.State != want || next.Version != p.Version+1 {
		b.Fatalf("%s on %q led to %s (version %d), want %s", p.State, req.Outcome, next.State, next.Version, want)
	}
	return next
}

// enrolled is anna's file with face and fingerprints, after a first stay.
func (b *border) enrolled() ees.FileRef {
	b.Helper()
	who := anna()
	who.Biometrics = &ees.Biometrics{Face: "captured", Fingerprints: "captured"}
	ref := b.enter("2026-10-01 08:00", who).File
	b.leave("2026-10-02 08:00", anna())
	b.at("2026-11-01 08:00")
	return ref
}

// EES-036, both ways round, told by the guard while no matching service is there.
func TestArt23_2_OneKindFailedTheOtherFollows(t *testing.T) {
	onBoth(t, func(b *border) {
		ref := b.enrolled()
		for _, w := range []struct {
			outcomes []ees.CheckEvent
			states   []ees.CheckState
		}{
			{[]ees.CheckEvent{"face_match"}, []ees.CheckState{"verified"}},
			{[]ees.CheckEvent{"face_no_match", "fingers_match"}, []ees.CheckState{"verify_fingers", "verified"}},
			{[]ees.CheckEvent{"fingers_no_match", "face_match"}, []ees.CheckState{"verify_face_instead", "verified"}},
			{[]ees.CheckEvent{"face_impossible", "fingers_match"}, []ees.CheckState{"verify_fingers", "verified"}},
			{[]ees.CheckEvent{"fingers_impossible", "face_match"}, []ees.CheckState{"verify_face_instead", "verified"}},
			// Both failed, nothing else is connected: the holder is somebody else.
			{[]ees.CheckEvent{"face_no_match", "fingers_no_match"}, []ees.CheckState{"verify_fingers", "doubt"}},
			{[]ees.CheckEvent{"fingers_no_match", "face_no_match"}, []ees.CheckState{"verify_face_instead", "doubt"}},
		} {
			c := b.check(anna())
			p := c.Progress
			if p.State != ees.StateVerifyFace || p.Next.Kind != ees.KindAsking || p.Next.Do == "" || p.File == nil || p.File.Ref != ref {
				b.Fatalf("%+v", p)
			}
			for i, o := range w.outcomes {
				p = b.step(p, ees.StepRequest{Outcome: o}, w.states[i])
			}
			crossing := ees.CrossingRequest{CheckID: c.CheckID}
			if p.State == ees.StateDoubt {
				if p.File != nil || len(p.Candidates) != 1 {
					b.Fatalf("a file that did not verify is still the traveller's: %+v", p)
				}
				_, err := b.tryCross(crossing)
				refused(b.T, err, "candidates_undecided")
				continue
			}
			if p.File == nil {
				b.Fatalf("%v: %+v", w.outcomes, p)
			}
		}
		// The last verified check decides.
		c := b.check(anna())
		b.step(c.Progress, ees.StepRequest{Outcome: "face_match"}, "verified")
		if r := b.cross(c); r.File != ref {
			b.Fatalf("%+v", r)
		}
		_, err := b.tryStep(c.CheckID, 0, ees.StepRequest{Step: "verified", Outcome: "doubt_raised"})
		refused(b.T, err, "check_already_decided")
	})
}

// A check is a conversation: a step is answered once, at the step where it
// stands, by the state that made the check.
func TestArt23_AConversationIsKept(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enrolled()
		c := b.check(anna())
		for _, w := range []struct {
			version int
			req     ees.StepRequest
			code    law.Code
		}{
			{0, ees.StepRequest{Step: "verify_fingers", Outcome: "fingers_match"}, "other_step"},
			{0, ees.StepRequest{Step: "verify_face", Outcome: "vis_nothing"}, "no_such_outcome_here"},
			{0, ees.StepRequest{Step: "verify_face", Outcome: "guard_records"}, "decision_is_no_step"},
			{0, ees.StepRequest{Step: "verify_face"}, "outcome_missing"},
			{7, ees.StepRequest{Step: "verify_face", Outcome: "face_match"}, "check_moved_on"},
			{0, ees.StepRequest{Step: "verify_face", Face: []byte("x")}, "not_connected"},
			{0, ees.StepRequest{Step: "identify_fingers", Fingerprints: []byte("x")}, "other_step"},
			{0, ees.StepRequest{Step: "verify_face", Outcome: "file_named", File: "x"}, "no_candidate"},
		} {
			_, err := b.tryStep(c.CheckID, w.version, w.req)
			refused(b.T, err, w.code)
		}
		p := b.step(c.Progress, ees.StepRequest{Outcome: "face_no_match"}, "verify_fingers")
		_, err := b.tryStep(c.CheckID, 0, ees.StepRequest{Step: "verify_face", Outcome: "face_match"})
		refused(b.T, err, "other_step")
		read, err := run(b, b.guard, ees.OpReadCheck, func(p access.Pass) (ees.Check, error) { return b.register.ReadCheck(p, c.CheckID) })
		if err != nil || read.Progress.State != "verify_fingers" || read.Progress.Version != 1 || !found(read, "biometric_mismatch") || read.Stay.DaysRemaining != c.Stay.DaysRemaining {
			b.Fatalf("%+v, %v", read.Progress, err)
		}
		if n := len(p.Path); n != 4 || p.Path[n-1].Cite == "" || p.Path[0].From != ees.StateDocumentRead {
			b.Fatalf("%+v", p.Path)
		}
		stranger := b.guard
		b.guard.Authority.State = "ESP"
		_, err = b.tryStep(c.CheckID, 0, ees.StepRequest{Step: "verify_fingers", Outcome: "fingers_match"})
		refused(b.T, err, "unknown_check")
		b.guard = stranger
		b.at("2026-11-01 09:00")
		_, err = b.tryStep(c.CheckID, 0, ees.StepRequest{Step: "verify_fingers", Outcome: "fingers_match"})
		refused(b.T, err, "check_expired")
		if n, err := b.register.PurgeChecks(t.Context(), b.door); err != nil || n == 0 {
			b.Fatalf("%d, %v", n, err)
		}
		_, err = b.tryStep(c.CheckID, 0, ees.StepRequest{Step: "verify_fingers", Outcome: "fingers_match"})
		refused(b.T, err, "unknown_check")
	})
}

// Of many who take one step at once, one does.
func TestArt23_OneOfManyTakesTheStep(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enrolled()
		c := b.check(anna())
		results := make(chan error)
		for range 8 {
			go func() {
				_, err := b.tryStep(c.CheckID, 0, ees.StepRequest{Step: "verify_face", Outcome: "face_no_match"})
				results <- err
			}()
		}
		took := 0
		for range 8 {
			if err := <-results; err == nil {
				took++
			} else {
				refused(b.T, err, "other_step")
			}
		}
		if took != 1 {
			b.Fatalf("%d took the step", took)
		}
	})
}

// EES-036, EES-037, EES-038: with a matching service and the Visa Information
// System connected, each search of the order and each branch of it.
func TestArt27_1_IdentificationInTheOrder(t *testing.T) {
	onBoth(t, func(b *border) {
		ref := b.enrolled()
		m := &matching{face: map[ees.FileRef][]byte{ref: []byte("anna")}, fingers: map[ees.FileRef][]byte{ref: []byte("anna's")}}
		b.register.Biometrics = m
		olga := cir.Identity{Name: person.Name{Surname: "KRAVCHENKO", FirstNames: "OLGA"}, Sex: "F", Nationalities: []person.State{"CAN"}}
		b.register.Visas = vis{holder: olga}
		sent := func(face, fingers string) ees.StepRequest {
			return ees.StepRequest{Face: []byte(face), Fingerprints: []byte(fingers)}
		}
		// 1:1, by the service: nobody tells it what it would find.
		c := b.check(anna())
		_, err := b.tryStep(c.CheckID, 0, ees.StepRequest{Step: "verify_face", Outcome: "face_match"})
		refused(b.T, err, "sample_needed")
		b.step(c.Progress, sent("anna", ""), "verified")
		c = b.check(anna())
		p := b.step(c.Progress, sent("", "somebody's"), "verify_face_instead")
		b.step(p, sent("anna", ""), "verified")
		// Both fail; she is identified by fingerprints as nobody, in the register
		// and in the VIS by letters; by fingerprints as somebody else.
		c = b.check(anna())
		p = b.step(c.Progress, sent("olga", ""), "verify_fingers")
		p = b.step(p, sent("", "fingers of KRAVCHENKO"), "identify_fingers")
		if len(p.Next.Forbidden) != 1 || !p.Next.Connected {
			b.Fatalf("%+v", p.Next)
		}
		_, err = b.tryStep(c.CheckID, 0, ees.StepRequest{Step: "identify_fingers", Face: []byte("olga")})
		refused(b.T, err, "face_alone_identifies_nobody")
		_, err = b.tryStep(c.CheckID, 0, ees.StepRequest{Step: "identify_fingers", Outcome: "nobody_identified"})
		refused(b.T, err, "the_register_searches")
		_, err = b.tryStep(c.CheckID, 0, ees.StepRequest{Step: "identify_fingers"})
		refused(b.T, err, "fingerprints_needed")
		p = b.step(p, sent("olga", "fingers of KRAVCHENKO"), "identify_vis")
		p = b.step(p, ees.StepRequest{}, "identify_vis_fingers")
		b.step(p, sent("", "fingers of KRAVCHENKO"), "doubt")

		// Unknown by letters, known by fingerprints: the file is a candidate, and
		// naming it adds the identity.
		other := traveller("MARTIN", "ANNA", "1988-02-11", "F", "CAN", "CB5")
		c = b.check(other)
		if c.Progress.State != ees.StateIdentifyFingers {
			b.Fatalf("%+v", c.Progress)
		}
		p = b.step(c.Progress, sent("", "anna's"), "identified")
		if len(p.Candidates) != 1 || p.Candidates[0].Ref != ref {
			b.Fatalf("%+v", p.Candidates)
		}
		_, err = b.tryCross(ees.CrossingRequest{CheckID: c.CheckID})
		refused(b.T, err, "candidates_undecided")
		if r, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID, File: string(ref)}); err != nil || r.File != ref {
			b.Fatalf("%+v, %v", r, err)
		}

		// The search fails, or fingerprints are impossible: by letters, then the VIS.
		m.broken = true
		stranger := traveller("NOBODY", "NED", "1970-01-01", "M", "CAN", "ZZ1")
		p = b.step(b.check(stranger).Progress, sent("", "x"), "identify_alphanumeric")
		p = b.step(p, ees.StepRequest{Letters: &ees.SomeLetters{Surname: "PELLETIER"}}, "identified")
		if len(p.Candidates) != 1 {
			b.Fatalf("%+v", p.Candidates)
		}
		m.broken = false
		p = b.step(b.check(stranger).Progress, ees.StepRequest{Outcome: "fingers_impossible"}, "identify_alphanumeric")
		p = b.step(p, ees.StepRequest{Letters: &ees.SomeLetters{Surname: "XANTHOPOULOS"}}, "identify_vis")
		p = b.step(p, ees.StepRequest{}, "identify_vis_fingers")
		b.step(p, ees.StepRequest{Outcome: "fingers_impossible"}, "unknown")
	})
}

// Art 23(4): of a visa holder who is not found, the VIS compares the
// fingerprints first, and identifies only after that.
func TestArt23_4_VisaHolderIsVerifiedInTheVIS(t *testing.T) {
	onBoth(t, func(b *border) {
		b.register.Visas = vis{visa: ees.VisaOnRecord{Sticker: "FRA1", Issuer: "FRA", Type: person.VisaC, ValidFrom: day("2026-10-01"), ValidTo: day("2026-11-30"), Days: 7, Entries: 1},
			holder: cir.Identity{Name: person.Name{Surname: "OTHER"}, Sex: "M", Nationalities: []person.State{"TUR"}}}
		who := mehmet()
		who.Visa = &ees.VisaInput{Number: "FRA1", Issuer: "FRA", ValidFrom: day("2026-10-01"), ValidUntil: day("2026-11-30"), Days: 7, Entries: 1}
		p := b.at("2026-11-01 08:00").check(who).Progress
		if p.State != ees.StateIdentifyVIS {
			b.Fatalf("%+v", p)
		}
		_, err := b.tryStep(p.CheckID, 0, ees.StepRequest{Step: "identify_vis"})
		refused(b.T, err, "fingerprints_needed")
		b.step(p, ees.StepRequest{Fingerprints: []byte("fingers of FRA1")}, "unknown")
		p = b.check(who).Progress
		p = b.step(p, ees.StepRequest{Fingerprints: []byte("fingers of OTHER")}, "identify_vis_fingers")
		b.step(p, ees.StepRequest{Fingerprints: []byte("fingers of OTHER")}, "doubt")
	})
}

// Several candidates: one is named and verified with its own stay, or none is.
func TestArt27_1_TheGuardNamesACandidate(t *testing.T) {
	onBoth(t, func(b *border) {
		who := anna()
		who.Biometrics = &ees.Biometrics{Face: "captured", Fingerprints: "captured"}
		ref := b.enter("2026-02-01 08:00", who).File
		b.leave("2026-05-01 08:00", anna())
		like := anna()
		like.Identity.Surname, like.Document.Number = "PELETIER", "XX99"
		c := b.at("2026-05-05 08:00").check(like)
		if c.Progress.State != ees.StateSeveralCandidates || c.Proposal != ees.SecondLine {
			b.Fatalf("%+v %s", c.Progress, c.Proposal)
		}
		p := b.step(c.Progress, ees.StepRequest{Outcome: "file_named", File: ref}, "verify_face")
		b.step(p, ees.StepRequest{Outcome: "face_match"}, "verified")
		read, err := run(b, b.guard, ees.OpReadCheck, func(p access.Pass) (ees.Check, error) { return b.register.ReadCheck(p, c.CheckID) })
		if err != nil || read.File == nil || read.Proposal != ees.Refuse || !found(read, "ninety_days_used") {
			b.Fatalf("%v %s %+v", err, read.Proposal, read.Findings)
		}
		_, err = b.tryCross(ees.CrossingRequest{CheckID: c.CheckID})
		refused(b.T, err, "admission_against_findings")
		if r, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID, Despite: "humanitarian grounds"}); err != nil || r.File != ref {
			b.Fatalf("%+v, %v", r, err)
		}
		b.leave("2026-05-06 08:00", anna())
		c = b.at("2026-05-07 08:00").check(func() ees.CheckRequest { l := like; l.Document.Number = "XX98"; return l }())
		p = b.step(c.Progress, ees.StepRequest{Outcome: "none_of_them"}, "unknown")
		if len(p.Candidates) != 0 {
			b.Fatalf("%+v", p.Candidates)
		}
	})
}

// Outcomes that are sent along with a check go through the machine at once.
func TestArt23_OutcomesSentAlong(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enrolled()
		for _, w := range []struct {
			sent  ees.Biometrics
			state ees.CheckState
			code  law.Code
		}{
			{ees.Biometrics{Face: "verified"}, "verified", ""},
			{ees.Biometrics{Fingerprints: "verified"}, "verified", ""},
			{ees.Biometrics{Face: "mismatch"}, "verify_fingers", "biometric_mismatch"},
			{ees.Biometrics{Face: "mismatch", Fingerprints: "verified"}, "verified", "verified_by_the_other_kind"},
			{ees.Biometrics{Face: "verified", Fingerprints: "mismatch"}, "verified", "verified_by_the_other_kind"},
			{ees.Biometrics{Face: "mismatch", Fingerprints: "mismatch"}, "doubt", "not_verified"},
			{ees.Biometrics{Face: "verified", Fingerprints: "temporarily_impossible"}, "verified", ""},
		} {
			who := anna()
			who.Biometrics = &w.sent
			c := b.check(who)
			if c.Progress.State != w.state || w.code != "" && !found(c, w.code) {
				b.Errorf("%+v: %s, %+v", w.sent, c.Progress.State, c.Findings)
			}
			if doubtful := w.state == "doubt"; doubtful != (c.File == nil) {
				b.Errorf("%+v: file %+v", w.sent, c.File)
			}
		}
		byHand := anna()
		moment := b.clock.Now()
		byHand.At, byHand.Origin = &moment, ees.Manual
		if c := b.check(byHand); c.Progress.State != ees.StateByDocument {
			b.Errorf("by hand: %s", c.Progress.State)
		}
		if c := b.check(traveller("PELLETIER", "LEO", "2020-02-11", "M", "CAN", "CC1")); c.Progress.State != ees.StateUnknown || c.Progress.Path[2].Event != ees.EventNoFingers {
			b.Errorf("a child: %+v", c.Progress.Path)
		}
	})
}

// What a booth claims of biometrics along with a check does not stand in for the
// matching service, where one is connected: nobody verifies a traveller by saying
// so. A failed comparison is told all the same.
func TestArt23_2_ConnectedServiceVerifies(t *testing.T) {
	onBoth(t, func(b *border) {
		ref := b.enrolled()
		b.register.Biometrics = &matching{face: map[ees.FileRef][]byte{ref: []byte("anna")}, fingers: map[ees.FileRef][]byte{ref: []byte("anna's")}}
		who := anna()
		for _, sent := range []ees.Biometrics{{Face: "verified"}, {Fingerprints: "verified"}} {
			who.Biometrics = &sent
			if c := b.check(who); c.Progress.State != ees.StateVerifyFace {
				b.Errorf("%+v: %s", sent, c.Progress.State)
			}
		}
		who.Biometrics = &ees.Biometrics{Face: "mismatch"}
		if c := b.check(who); c.Progress.State != ees.StateVerifyFingers {
			b.Errorf("a mismatch that was told: %s", c.Progress.State)
		}
		gate := ees.GateRequest{CheckRequest: anna(), Chip: goodChip, Verified: "face"}
		res, err := b.tryGate(gate)
		b.referred(res, err, "not_verified_at_gate")
		gate.Sample = []byte("olga")
		res, err = b.tryGate(gate)
		b.referred(res, err, "not_verified_at_gate")
		gate.Sample = []byte("anna")
		if res, err := b.tryGate(gate); err != nil || !res.Passed || res.Record.File != ref {
			b.Fatalf("%+v, %v", res, err)
		}
	})
}

// What the guard said and what stamps came to hold through every step of a check.
func TestArt23_StepsKeepWhatWasSaid(t *testing.T) {
	onBoth(t, func(b *border) {
		// A refugee's document: whether a visa is needed depends on it, and the guard
		// found that none is.
		who := traveller("NOSTATE", "NINA", "1980-05-05", "F", "XXB", "RF1")
		who.Document.Issuer, who.VisaSettled = "GBR", true
		c := b.at("2026-11-01 08:00").check(who)
		if c.Proposal != ees.Admit {
			b.Fatalf("%s %+v", c.Proposal, c.Findings)
		}
		b.step(c.Progress, ees.StepRequest{Outcome: ees.EventDoubtRaised}, ees.StateDoubt)
		if after := b.readCheck(c.CheckID); found(after, "visa_to_be_settled") || after.Stay.DaysRemaining != c.Stay.DaysRemaining {
			b.Fatalf("%s %+v", after.Proposal, after.Findings)
		}
	})
	onBoth(t, func(b *border) {
		who := anna()
		who.Biometrics = &ees.Biometrics{Face: "captured", Fingerprints: "captured"}
		b.enter("2026-01-10 08:00", who)
		b.leave("2026-01-20 08:00", anna())
		who = anna()
		who.Stamps = []ees.StampInput{{State: "FRA", Entry: day("2026-01-09"), Exit: day("2026-01-20")}}
		c := b.at("2026-05-01 08:00").check(who)
		if !found(c, ees.RecordPrevails) {
			b.Fatalf("%+v", c.Findings)
		}
		b.step(c.Progress, ees.StepRequest{Outcome: ees.EventFaceMatch}, ees.StateVerified)
		if after := b.readCheck(c.CheckID); !found(after, ees.RecordPrevails) {
			b.Fatalf("%+v", after.Findings)
		}
	})
}

// EES-041: what claims to come from a buffer or from paper says when it happened.
// A check that is made now is made online, and is not rid of biometrics by a word.
func TestArt21_1_AnOriginHasAMoment(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enrolled()
		who := anna()
		for _, origin := range []ees.Origin{ees.Manual, ees.NUIBuffer, ees.LocalBuffer} {
			who.Origin = origin
			_, err := b.tryCheck(who)
			if r := refused(b.T, err, "moment_missing"); r.Field != "at" {
				b.Errorf("%s: %s", origin, r.Field)
			}
		}
	})
}
