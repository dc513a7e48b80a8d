package ees_test

import (
	"slices"
	"strings"
	"testing"

	"limen/access"
	"limen/db"
	"limen/ees"
	"limen/law"
)

func (b *border) tryPreEnrol(req ees.PreEnrolRequest) (ees.KioskView, error) {
	if req.CrossingPoint == "" {
		req.CrossingPoint = "FRCDG"
	}
	v, err := run(b, kiosk, ees.OpPreEnrol, func(p access.Pass) (ees.KioskView, error) { return b.register.PreEnrol(p, req) })
	return b.asGuard(v, err)
}

func (b *border) tryKiosk(code string, version int64, req ees.KioskStepRequest) (ees.KioskView, error) {
	v, err := run(b, kiosk, ees.OpPreEnrol, func(p access.Pass) (ees.KioskView, error) {
		return b.register.ContinuePreEnrolment(p, code, version, req)
	})
	return b.asGuard(v, err)
}

// kiosk is a kiosk at Paris Charles de Gaulle.
var kiosk = access.Principal{Officer: "kiosk 7", Channel: "token", Authority: access.Authority{Kind: access.Kiosk, State: "FRA", Name: "Police aux frontières"}}

// asGuard is what a guard sees of a pre-enrolment that a kiosk has just answered.
func (b *border) asGuard(v ees.KioskView, err error) (ees.KioskView, error) {
	if err != nil {
		return v, err
	}
	return run(b, guard, ees.OpReadPreEnrol, func(p access.Pass) (ees.KioskView, error) { return b.register.ReadPreEnrolment(p, v.Code) })
}

func (b *border) tryTakeOver(code string) (ees.Check, error) {
	b.guard = guard
	return run(b, guard, ees.OpTakeOver, func(p access.Pass) (ees.Check, error) { return b.register.TakeOver(p, code, "FRCDG") })
}

func (b *border) tryGate(req ees.GateRequest) (ees.GateResult, error) {
	req.CrossingPoint, req.Gate = "FRCDG", "gate 3"
	return run(b, guard, ees.OpPassGate, func(p access.Pass) (ees.GateResult, error) { return b.register.PassGate(p, req) })
}

var goodChip = &ees.Chip{Certificates: "valid", FaceRead: true}

var allAnswers = []ees.KioskAnswer{{Question: "purpose", Answer: "tourism"}, {Question: "accommodation", Answer: "hotel"},
	{Question: "means", Answer: "card"}, {Question: "return_journey", Answer: "flight in a week"}}

// atKiosk carries anna through the kiosk to its end.
func (b *border) atKiosk(req ees.CheckRequest) ees.KioskView {
	b.Helper()
	v, err := b.tryPreEnrol(ees.PreEnrolRequest{CheckRequest: req, Kiosk: "kiosk 7", Chip: goodChip})
	if err != nil {
		b.Fatal(err)
	}
	for _, step := range []ees.KioskStepRequest{
		{Biometrics: &ees.Biometrics{Face: "captured", ChipMatched: "matched"}, Samples: []ees.SampleRef{{Kind: ees.FaceSample, Ref: "k7/1/face", TakenAt: b.clock.Now()}}},
		{Biometrics: &ees.Biometrics{Fingerprints: "captured"}, Samples: []ees.SampleRef{{Kind: ees.FingersSample, Ref: "k7/1/fingers", TakenAt: b.clock.Now()}}},
		{Answers: allAnswers, Days: 7},
		{Finish: true},
	} {
		if v, err = b.tryKiosk(v.Code, v.Version, step); err != nil {
			b.Fatal(err)
		}
	}
	return v
}

// 2016/399 art 8a(1): a kiosk serves nobody without an authentic chip with a
// face, and no children; the refusal says to go to a guard.
func TestSBC8a_1_WhoMayUseAKiosk(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-11-01 08:00")
		child := traveller("PELLETIER", "LEO", "2015-02-11", "M", "CAN", "CC1")
		late := anna()
		moment := b.clock.Now()
		late.At, late.Origin = &moment, ees.LocalBuffer
		for _, w := range []struct {
			req  ees.CheckRequest
			chip *ees.Chip
			code law.Code
		}{
			{anna(), nil, "chip_needed"},
			{anna(), &ees.Chip{Certificates: "invalid", FaceRead: true}, "chip_not_authentic"},
			{anna(), &ees.Chip{FaceRead: true}, "chip_not_authentic"},
			{anna(), &ees.Chip{Certificates: "valid"}, "chip_face_unreadable"},
			{child, goodChip, "self_service_not_for_children"},
			{late, goodChip, "kiosk_is_online"},
		} {
			_, err := b.tryPreEnrol(ees.PreEnrolRequest{CheckRequest: w.req, Kiosk: "k", Chip: w.chip})
			if r := refused(b.T, err, w.code); !strings.HasPrefix(string(r.Cite), "2016/399 art 8a") {
				b.Errorf("%s cites %s", w.code, r.Cite)
			}
		}
	})
}

// EES-039: what a kiosk took is in no file before the guard's decision, and
// becomes final only with what the guard verifies; nothing is taken twice, and a
// pre-enrolment is used once.
func TestSBC8a_4_FinalOnlyWithTheGuard(t *testing.T) {
	onBoth(t, func(b *border) {
		v := b.at("2026-11-01 08:00").atKiosk(anna())
		if v.Status != ees.PreEnrolled || len(v.Reasons) != 0 || len(v.ToTake) != 0 || !slices.Equal(v.ToConfirm, []string{"document", "face", "fingerprints"}) {
			b.Fatalf("%+v", v)
		}
		if c := b.check(anna()); c.File != nil || len(c.Candidates) != 0 {
			b.Fatal("the kiosk has made a file")
		}
		list, err := run(b, guard, ees.OpListPreEnrol, func(p access.Pass) (ees.WaitingList, error) {
			return b.register.ListPreEnrolments(p, ees.WaitingQuery{CrossingPoint: "FRCDG", Document: "CA884411", Issuer: "CAN"})
		})
		if err != nil || len(list.Waiting) != 1 || list.Waiting[0].Code != v.Code {
			b.Fatalf("%+v, %v", list, err)
		}
		one, err := b.tryTakeOver(strings.ToLower(v.Code))
		if err != nil {
			b.Fatal(err)
		}
		two, err := b.tryTakeOver(v.Code)
		if err != nil {
			b.Fatal(err)
		}
		if len(one.ToTake) != 0 || one.AtKiosk == nil || len(one.AtKiosk.Samples) != 2 || len(one.AtKiosk.Answers) != 4 || one.Proposal != ees.Admit {
			b.Fatalf("%v %+v", one.ToTake, one.AtKiosk)
		}
		for _, said := range []*ees.Confirmed{nil, {Document: true}, {Document: true, Face: true}, {Face: true, Fingerprints: true}} {
			_, err := b.tryCross(ees.CrossingRequest{CheckID: one.CheckID, Confirmed: said})
			if r := refused(b.T, err, "pre_enrolment_unconfirmed"); r.Cite != "2016/399 art 8a(4)" {
				b.Errorf("cites %s", r.Cite)
			}
		}
		all := &ees.Confirmed{Document: true, Face: true, Fingerprints: true}
		r, err := b.tryCross(ees.CrossingRequest{CheckID: one.CheckID, Confirmed: all})
		if err != nil {
			b.Fatal(err)
		}
		if f := b.file(r.File); f.Face != ees.FacePresent || f.Fingers != ees.FingersPresent || f.State != ees.FileActive {
			b.Fatalf("%+v", f.FileSummary)
		}
		_, err = b.tryCross(ees.CrossingRequest{CheckID: two.CheckID, Confirmed: all})
		refused(b.T, err, "pre_enrolment_used")
		_, err = b.tryTakeOver(v.Code)
		refused(b.T, err, "pre_enrolment_used")
	})
}

// Of two booths that decide on one pre-enrolment at once, one does.
func TestSBC8a_4_UsedOnce(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enrolled()
		v := b.atKiosk(anna())
		checks := make([]ees.Check, 6)
		for i := range checks {
			var err error
			if checks[i], err = b.tryTakeOver(v.Code); err != nil {
				b.Fatal(err)
			}
		}
		results := make(chan error)
		for _, c := range checks {
			go func() {
				_, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID, Confirmed: &ees.Confirmed{Document: true, Face: true, Fingerprints: true}})
				results <- err
			}()
		}
		done := 0
		for range checks {
			if err := <-results; err == nil {
				done++
			}
		}
		if done != 1 {
			b.Fatalf("%d crossings on one pre-enrolment", done)
		}
	})
}

// A kiosk that fails loses nothing: its system goes on with the code, and the
// booth takes over as far as the traveller got.
func TestSBC8a_KioskThatFails(t *testing.T) {
	onBoth(t, func(b *border) {
		v, err := b.at("2026-11-01 08:00").tryPreEnrol(ees.PreEnrolRequest{CheckRequest: anna(), Kiosk: "k", Chip: goodChip})
		if err != nil || v.Status != ees.KioskStarted || len(v.Questions) != 4 || len(v.ToTake) != 2 {
			b.Fatalf("%+v, %v", v, err)
		}
		face := ees.KioskStepRequest{Biometrics: &ees.Biometrics{Face: "captured", ChipMatched: "matched"}}
		if v, err = b.tryKiosk(v.Code, v.Version, face); err != nil || !slices.Equal(v.ToTake, []string{"fingerprints"}) {
			b.Fatalf("%+v, %v", v, err)
		}
		_, err = b.tryKiosk(v.Code, 1, face)
		refused(b.T, err, "pre_enrolment_changed")
		read, err := run(b, guard, ees.OpReadPreEnrol, func(p access.Pass) (ees.KioskView, error) { return b.register.ReadPreEnrolment(p, v.Code) })
		if err != nil || read.Version != 2 || read.Biometrics.Face != "captured" {
			b.Fatalf("%+v, %v", read, err)
		}
		c, err := b.tryTakeOver(v.Code)
		if err != nil || !slices.Equal(c.ToTake, []string{"fingerprints"}) {
			b.Fatalf("%v, %v", c.ToTake, err)
		}
		r, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID, Biometrics: &ees.Biometrics{Fingerprints: "captured"}, Confirmed: &ees.Confirmed{Document: true, Face: true}})
		if err != nil {
			b.Fatal(err)
		}
		if f := b.file(r.File); f.State != ees.FileActive {
			b.Fatalf("%+v", f.FileSummary)
		}
	})
}

// A pre-enrolment lives for hours, belongs to one state and one crossing point,
// and is erased.
func TestSBC8a_PreEnrolmentExpires(t *testing.T) {
	onBoth(t, func(b *border) {
		v := b.at("2026-11-01 08:00").atKiosk(anna())
		stranger := guard
		stranger.Authority.State = "ESP"
		read := func(p access.Pass) (ees.KioskView, error) { return b.register.ReadPreEnrolment(p, v.Code) }
		_, err := run(b, stranger, ees.OpReadPreEnrol, read)
		refused(b.T, err, "no_such_pre_enrolment")
		_, err = run(b, guard, ees.OpTakeOver, func(p access.Pass) (ees.Check, error) { return b.register.TakeOver(p, v.Code, "FRORY") })
		refused(b.T, err, "other_crossing_point")
		_, err = run(b, guard, ees.OpListPreEnrol, func(p access.Pass) (ees.WaitingList, error) {
			return b.register.ListPreEnrolments(p, ees.WaitingQuery{CrossingPoint: "ESMAD"})
		})
		refused(b.T, err, "foreign_crossing_point")
		b.at("2026-11-01 12:01")
		_, err = run(b, guard, ees.OpReadPreEnrol, read)
		refused(b.T, err, "no_such_pre_enrolment")
		if _, err := b.register.PurgeChecks(t.Context(), b.door); err != nil {
			b.Fatal(err)
		}
		list, err := run(b, guard, ees.OpListPreEnrol, func(p access.Pass) (ees.WaitingList, error) {
			return b.register.ListPreEnrolments(p, ees.WaitingQuery{CrossingPoint: "FRCDG"})
		})
		if err != nil || len(list.Waiting) != 0 {
			b.Fatalf("%+v, %v", list, err)
		}
	})
}

// 2016/399 arts 8a, 8b: conditions that are not met, doubts and threats go to a
// guard, each with its reason.
func TestSBC8a_ReferredToAGuard(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-11-01 08:00")
		face := &ees.Biometrics{Face: "captured", ChipMatched: "matched", Fingerprints: "captured"}
		expired := anna()
		expired.Document.Expiry = day("2026-10-01")
		for _, w := range []struct {
			req  ees.CheckRequest
			step ees.KioskStepRequest
			code law.Code
		}{
			{anna(), ees.KioskStepRequest{Biometrics: face, Answers: allAnswers, Alert: true}, "alert"},
			{anna(), ees.KioskStepRequest{Biometrics: &ees.Biometrics{Face: "captured", ChipMatched: "not_matched", Fingerprints: "captured"}, Answers: allAnswers}, "face_not_of_the_chip"},
			{anna(), ees.KioskStepRequest{Biometrics: face}, "questions_open"},
			{anna(), ees.KioskStepRequest{Biometrics: &ees.Biometrics{Face: "captured", ChipMatched: "matched"}, Answers: allAnswers}, "biometrics_missing"},
			{anna(), ees.KioskStepRequest{Answers: allAnswers}, "face_not_compared"},
			{mehmet(), ees.KioskStepRequest{Biometrics: face, Answers: allAnswers}, "visa_missing"},
			{expired, ees.KioskStepRequest{Biometrics: face, Answers: allAnswers}, "document_expired"},
		} {
			v, err := b.tryPreEnrol(ees.PreEnrolRequest{CheckRequest: w.req, Kiosk: "k", Chip: goodChip})
			if err != nil {
				b.Fatal(err)
			}
			w.step.Finish = true
			if v, err = b.tryKiosk(v.Code, 0, w.step); err != nil {
				b.Fatal(err)
			}
			if v.Status != ees.KioskReferred || !slices.ContainsFunc(v.Reasons, func(r law.Reason) bool { return r.Code == w.code && r.Cite != "" }) {
				b.Errorf("%s: %s %+v", w.code, v.Status, v.Reasons)
			}
			c, err := b.tryTakeOver(v.Code)
			if err != nil || !found(c, w.code) || c.Proposal == ees.Admit {
				b.Errorf("%s at the booth: %s %+v %v", w.code, c.Proposal, c.Findings, err)
			}
			_, err = b.tryKiosk(v.Code, 0, ees.KioskStepRequest{Finish: true})
			refused(b.T, err, "pre_enrolment_finished")
		}
	})
}

// A refusal of entry keeps of a pre-enrolment only what the guard verified.
func TestSBC8a_4_RefusalKeepsWhatWasVerified(t *testing.T) {
	onBoth(t, func(b *border) {
		for i, said := range []*ees.Confirmed{nil, {Document: true, Face: true, Fingerprints: true}} {
			who := traveller("SMITH", "JANE", "1988-02-11", "F", "CAN", "CS"+string(rune('1'+i)))
			who.Identity.BirthDate = "198" + string(rune('1'+i)) + "-02-11"
			c, err := b.at("2026-11-01 08:00").tryTakeOver(b.atKiosk(who).Code)
			if err != nil {
				b.Fatal(err)
			}
			refusal := ees.RefusalRequest{CheckID: c.CheckID, Reasons: []ees.RefusalReason{"B"}, Confirmed: said}
			if said == nil {
				refusal.WithoutThem = "kiosk"
			}
			r, err := b.tryRefuse(refusal)
			if err != nil {
				b.Fatal(err)
			}
			want := ees.FacePresent
			if said == nil {
				want = ees.FaceMissing
			}
			if f := b.file(r.File); f.Face != want {
				b.Errorf("%+v: %s", said, f.Face)
			}
		}
	})
}

// EES-040, 2016/399 art 8b: the gate opens for whom it may, writes and links the
// record, and refers everybody else with the reason.
func TestSBC8b_TheGate(t *testing.T) {
	onBoth(t, func(b *border) {
		ref := b.enrolled()
		out := ees.GateRequest{CheckRequest: anna(), Chip: goodChip}
		_, err := b.tryGate(out)
		if r := refused(b.T, err, "gate_without_biometrics"); r.Cite != "2016/399 art 8b(6)" {
			b.Errorf("cites %s", r.Cite)
		}
		_, err = b.tryGate(ees.GateRequest{CheckRequest: anna(), Verified: "face"})
		refused(b.T, err, "chip_needed")
		out.Verified = "face"
		res, err := b.tryGate(out)
		if err != nil || !res.Passed || res.Record.File != ref || res.Record.Entry == nil {
			b.Fatalf("%+v, %v", res, err)
		}
		if f := b.file(ref); len(f.Records) != 2 || !f.Inside {
			b.Fatalf("%+v", f)
		}
		// A second time: the stay is open, a guard must look.
		b.at("2026-11-02 08:00")
		res, err = b.tryGate(out)
		if err != nil || res.Passed || res.Record != nil || !slices.ContainsFunc(res.Reasons, func(r law.Reason) bool { return r.Code == "entry_still_open" }) {
			b.Fatalf("%+v, %v", res, err)
		}
		if r, err := b.tryCross(ees.CrossingRequest{CheckID: res.CheckID}); err != nil || r.File != ref {
			b.Fatalf("the guard decides on the gate's check: %v", err)
		}
		unknown := func(code law.Code, req ees.GateRequest) {
			b.Helper()
			req.Chip, req.Verified = goodChip, "face"
			res, err := b.tryGate(req)
			if err != nil || res.Passed || !slices.ContainsFunc(res.Reasons, func(r law.Reason) bool { return r.Code == code }) {
				b.Errorf("%s: %+v, %v", code, res, err)
			}
		}
		stranger := traveller("NOBODY", "NED", "1970-01-01", "M", "CAN", "ZZ1")
		unknown("not_enrolled", ees.GateRequest{CheckRequest: stranger})
		unknown("self_service_not_for_children", ees.GateRequest{CheckRequest: traveller("P", "LEO", "2016-02-11", "M", "CAN", "CC1")})
		// Pre-enrolled is not enough; confirmed by a guard it is.
		v := b.atKiosk(stranger)
		unknown("pre_enrolment_unconfirmed", ees.GateRequest{CheckRequest: stranger, Code: v.Code})
		confirm := func(said ees.Confirmed) error {
			_, err := run(b, guard, ees.OpConfirmPreEnrol, func(p access.Pass) (ees.KioskView, error) {
				return b.register.ConfirmPreEnrolment(p, v.Code, v.Version, said)
			})
			return err
		}
		refused(b.T, confirm(ees.Confirmed{Document: true}), "pre_enrolment_unconfirmed")
		if err := confirm(ees.Confirmed{Document: true, Face: true, Fingerprints: true}); err != nil {
			b.Fatal(err)
		}
		unknown("other_document", ees.GateRequest{CheckRequest: traveller("NOBODY", "NED", "1970-01-01", "M", "CAN", "ZZ2"), Code: v.Code})
		res, err = b.tryGate(ees.GateRequest{CheckRequest: stranger, Chip: goodChip, Verified: "fingerprints", Code: v.Code})
		if err != nil || !res.Passed {
			b.Fatalf("%+v, %v", res, err)
		}
		if f := b.file(res.Record.File); f.State != ees.FileActive || len(f.Records) != 1 {
			b.Fatalf("%+v", f.FileSummary)
		}
		_, err = b.tryGate(ees.GateRequest{CheckRequest: stranger, Chip: goodChip, Verified: "face", Code: v.Code})
		refused(b.T, err, "pre_enrolment_used")
	})
}

// A file without the biometrics that this crossing must take is no file for a
// gate.
func TestSBC8b_1_GateNeedsACompleteFile(t *testing.T) {
	onBoth(t, func(b *border) {
		who := anna()
		who.Biometrics = &ees.Biometrics{Face: "captured", Fingerprints: "temporarily_impossible"}
		b.enter("2026-10-01 08:00", who)
		b.leave("2026-10-02 08:00", anna())
		res, err := b.at("2026-11-01 08:00").tryGate(ees.GateRequest{CheckRequest: anna(), Chip: goodChip, Verified: "face"})
		if err != nil || res.Passed || !slices.ContainsFunc(res.Reasons, func(r law.Reason) bool { return r.Code == "biometrics_missing" }) {
			b.Fatalf("%+v, %v", res, err)
		}
	})
}

// A code is read as people say it, and nothing else is a code.
func FuzzParseCode(f *testing.F) {
	f.Add("k7pm-2xq4")
	f.Add("K7PM 2XQ4")
	f.Add("0000-0000")
	f.Fuzz(func(t *testing.T, s string) {
		code, err := ees.ParseCode(s)
		if err != nil {
			return
		}
		again, err := ees.ParseCode(code[:4] + "-" + strings.ToLower(code[4:]))
		if err != nil || again != code || len(code) != 8 || strings.ContainsAny(code, "01IO- ") {
			t.Fatalf("%q reads as %q and then as %q, %v", s, code, again, err)
		}
	})
}

// 2016/399 art 8d: members of a facilitation programme of the state are not asked
// for purpose and means; members of another state's are.
func TestSBC8d_MembersAreAskedLess(t *testing.T) {
	onBoth(t, func(b *border) {
		ref := b.enrolled()
		for _, w := range []struct {
			programme string
			member    bool
		}{
			{`[{"name":"P","state":"FRA","from":"2026-01-01","until":"2026-12-31"}]`, true},
			{`[{"name":"P","state":"ESP","from":"2026-01-01","until":"2026-12-31"}]`, false},
			{`[{"name":"P","state":"FRA","from":"2026-01-01","until":"2026-10-31"}]`, false},
		} {
			if err := b.store.Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(`UPDATE ees_file SET programmes = $1 WHERE ref = $2`, w.programme, string(ref))
				return err
			}); err != nil {
				b.Fatal(err)
			}
			v, err := b.tryPreEnrol(ees.PreEnrolRequest{CheckRequest: anna(), Kiosk: "k", Chip: goodChip})
			if err != nil || v.Member != w.member || (len(v.Questions) == 0) != w.member {
				b.Errorf("%s: member %v, %d questions, %v", w.programme, v.Member, len(v.Questions), err)
			}
		}
	})
}
