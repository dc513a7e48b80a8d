package ees_test

import (
	"slices"
	"strings"
	"testing"

	"limen/ees"
	"limen/law"
)

// EES-031: a refusal creates a file if none exists, and a record of its own.
func TestArt18_1_RefusalCreatesFileAndRecord(t *testing.T) {
	onBoth(t, func(b *border) {
		c := b.at("2026-11-01 08:00").check(mehmet())
		if c.Proposal != ees.Refuse || !slices.Equal(c.ProposedReasons, []ees.RefusalReason{"C"}) || !found(c, "visa_missing") {
			b.Fatalf("%s %v %+v", c.Proposal, c.ProposedReasons, c.Findings)
		}
		r, err := b.tryRefuse(ees.RefusalRequest{CheckID: c.CheckID, Reasons: []ees.RefusalReason{"E", "C"}})
		if err != nil {
			b.Fatal(err)
		}
		if len(r.Reasons) != 2 || r.Reasons[0].Letter != "C" || r.On != day("2026-11-01") || !strings.HasSuffix(r.RefusalID, ".R1") {
			b.Fatalf("%+v", r)
		}
		f := b.file(r.File)
		if len(f.Refusals) != 1 || len(f.Records) != 0 || !f.VisaRequired {
			b.Fatalf("%+v", f)
		}
		again := b.at("2026-11-02 08:00").check(mehmet())
		if again.File == nil || again.Stay.DaysUsed != 0 {
			b.Fatalf("a refusal counts no days: %+v", again)
		}
		if _, err := b.tryRefuse(ees.RefusalRequest{CheckID: again.CheckID, Reasons: []ees.RefusalReason{"C"}}); err != nil {
			b.Fatal(err)
		}
		if f := b.file(r.File); len(f.Refusals) != 2 {
			b.Fatalf("%d refusals", len(f.Refusals))
		}
	})
}

func TestArt18_1_ReasonsAreOfTheForm(t *testing.T) {
	onBoth(t, func(b *border) {
		c := b.at("2026-11-01 08:00").check(anna())
		for _, bad := range []struct {
			reasons []ees.RefusalReason
			code    law.Code
			field   string
		}{{nil, "reason_missing", "reasons"}, {[]ees.RefusalReason{"Z"}, "unknown_reason", "reasons[0]"},
			{[]ees.RefusalReason{"A", "A"}, "reason_twice", "reasons[1]"}} {
			_, err := b.tryRefuse(ees.RefusalRequest{CheckID: c.CheckID, Reasons: bad.reasons})
			if r := refused(b.T, err, bad.code); r.Field != bad.field {
				b.Errorf("field %q, want %q", r.Field, bad.field)
			}
		}
		req := anna()
		req.Direction = ees.Exit
		_, err := b.tryRefuse(ees.RefusalRequest{CheckID: b.check(req).CheckID, Reasons: []ees.RefusalReason{"E"}})
		refused(b.T, err, "refusal_at_exit")
	})
}

// EES-032, EES-033, EES-034: which biometrics a ground lets into the file.
func TestArt18_2_OnlyPermittedBiometricsEnter(t *testing.T) {
	taken := &ees.Biometrics{Face: "captured", Fingerprints: "captured"}
	onBoth(t, func(b *border) {
		for i, c := range []struct {
			name string
			req  ees.RefusalRequest
			face ees.FaceState
			want ees.FingersState
		}{
			{"A: none", ees.RefusalRequest{Reasons: []ees.RefusalReason{"A"}}, ees.FaceMissing, ees.FingersMissing},
			{"B: face and fingers", ees.RefusalRequest{Reasons: []ees.RefusalReason{"B"}}, ees.FacePresent, ees.FingersPresent},
			{"H: face and fingers", ees.RefusalRequest{Reasons: []ees.RefusalReason{"H"}}, ees.FacePresent, ees.FingersPresent},
			{"H with the alert's own", ees.RefusalRequest{Reasons: []ees.RefusalReason{"H"}, AlertHasThem: true}, ees.FaceMissing, ees.FingersMissing},
			{"I without internal security", ees.RefusalRequest{Reasons: []ees.RefusalReason{"I"}}, ees.FaceMissing, ees.FingersMissing},
			{"I with internal security", ees.RefusalRequest{Reasons: []ees.RefusalReason{"I"}, InternalRisk: true}, ees.FacePresent, ees.FingersPresent},
			{"J: nothing live", ees.RefusalRequest{Reasons: []ees.RefusalReason{"J"}}, ees.FaceMissing, ees.FingersMissing},
			{"J beside B: nothing live", ees.RefusalRequest{Reasons: []ees.RefusalReason{"B", "J"}}, ees.FaceMissing, ees.FingersMissing},
		} {
			who := anna()
			who.Document.Number = "RF" + string(rune('A'+i))
			who.Identity.Surname = "PERSON" + string(rune('A'+i)) + strings.Repeat(string(rune('K'+i)), 6)
			check := b.at("2026-11-01 08:00").check(who)
			c.req.CheckID, c.req.Biometrics = check.CheckID, taken
			if len(check.Candidates) > 0 {
				c.req.File = "new"
			}
			r, err := b.tryRefuse(c.req)
			if err != nil {
				b.Fatal(err)
			}
			if f := b.file(r.File); f.Face != c.face || f.Fingers != c.want {
				b.Errorf("%s: face %s, fingers %s, want %s and %s", c.name, f.Face, f.Fingers, c.face, c.want)
			}
		}
	})
}

// A traveller who refuses biometrics is refused entry on ground J.
func TestArt18_5_RefusedBiometrics(t *testing.T) {
	onBoth(t, func(b *border) {
		req := anna()
		req.Biometrics = &ees.Biometrics{Face: "refused"}
		c := b.at("2026-11-01 08:00").check(req)
		if c.Proposal != ees.Refuse || !slices.Contains(c.ProposedReasons, "J") {
			b.Fatalf("%s %v", c.Proposal, c.ProposedReasons)
		}
		plain := b.check(anna())
		_, err := b.tryCross(ees.CrossingRequest{CheckID: plain.CheckID, Biometrics: req.Biometrics})
		refused(b.T, err, "biometrics_refused")
	})
}
