package ees_test

import (
	"fmt"
	"slices"
	"testing"

	"limen/ees"
	"limen/law"
)

// EES-032: grounds B, D and H ask for biometrics of somebody who has none on
// file: without them nothing is recorded, unless the booth says why.
func TestArt18_2_BiometricsThatAreAskedFor(t *testing.T) {
	face, both := &ees.Biometrics{Face: "captured"}, &ees.Biometrics{Face: "captured", Fingerprints: "captured"}
	onBoth(t, func(b *border) {
		for i, c := range []struct {
			name    string
			who     ees.CheckRequest
			req     ees.RefusalRequest
			refused law.Code
		}{
			{"B without any", anna(), ees.RefusalRequest{Reasons: []ees.RefusalReason{"B"}}, "face_asked_for"},
			{"D without any", anna(), ees.RefusalRequest{Reasons: []ees.RefusalReason{"D"}}, "face_asked_for"},
			{"H without any", anna(), ees.RefusalRequest{Reasons: []ees.RefusalReason{"H"}}, "face_asked_for"},
			{"C and H without any", anna(), ees.RefusalRequest{Reasons: []ees.RefusalReason{"C", "H"}}, "face_asked_for"},
			{"H, the alert has them", anna(), ees.RefusalRequest{Reasons: []ees.RefusalReason{"H"}, AlertHasThem: true}, ""},
			{"I of internal security", anna(), ees.RefusalRequest{Reasons: []ees.RefusalReason{"I"}, InternalRisk: true}, "face_asked_for"},
			{"I of other kinds", anna(), ees.RefusalRequest{Reasons: []ees.RefusalReason{"I"}}, ""},
			{"A asks for none", anna(), ees.RefusalRequest{Reasons: []ees.RefusalReason{"A"}}, ""},
			{"B and J: none are asked", anna(), ees.RefusalRequest{Reasons: []ees.RefusalReason{"B", "J"}}, ""},
			{"B, face alone", anna(), ees.RefusalRequest{Reasons: []ees.RefusalReason{"B"}, Biometrics: face}, "fingerprints_asked_for"},
			{"B, both", anna(), ees.RefusalRequest{Reasons: []ees.RefusalReason{"B"}, Biometrics: both}, ""},
			{"B, fingers impossible", anna(), ees.RefusalRequest{Reasons: []ees.RefusalReason{"B"}, Biometrics: &ees.Biometrics{Face: "captured", Fingerprints: "permanently_impossible"}}, ""},
			{"B, suspended", anna(), ees.RefusalRequest{Reasons: []ees.RefusalReason{"B"}, WithoutThem: "suspension"}, ""},
			{"B, no such cause", anna(), ees.RefusalRequest{Reasons: []ees.RefusalReason{"B"}, WithoutThem: "late"}, "unknown_cause"},
			{"B, needs a visa", mehmet(), ees.RefusalRequest{Reasons: []ees.RefusalReason{"B"}, Biometrics: face}, ""},
			{"B, needs one, not in VIS", mehmet(), ees.RefusalRequest{Reasons: []ees.RefusalReason{"B"}, Biometrics: face, NotInVIS: true}, "fingerprints_asked_for"},
			{"B, not in VIS, both taken", mehmet(), ees.RefusalRequest{Reasons: []ees.RefusalReason{"B"}, Biometrics: both, NotInVIS: true}, ""},
		} {
			b.Log(c.name)
			who := c.who
			who.Document.Number, who.Identity.BirthDate = fmt.Sprintf("N%d", i), fmt.Sprintf("1960-03-%02d", i+1)
			c.req.CheckID = b.at("2026-11-01 08:00").check(who).CheckID
			r, err := b.tryRefuse(c.req)
			if c.refused != "" {
				refused(b.T, err, c.refused)
				continue
			}
			if err != nil {
				b.Fatalf("%s: %v", c.name, err)
			}
			if f := b.file(r.File); c.name == "B, not in VIS, both taken" && f.Fingers != ees.FingersPresent || c.name == "B, needs a visa" && f.Fingers != ees.FingersNotForVisa {
				b.Fatalf("%s: %+v", c.name, f)
			}
		}
	})
}

// On file already, nothing is asked for again; and by hand nothing can be.
func TestArt18_2_NothingIsAskedForTwice(t *testing.T) {
	onBoth(t, func(b *border) {
		who := anna()
		who.Biometrics = &ees.Biometrics{Face: "captured", Fingerprints: "captured"}
		b.enter("2026-11-01 08:00", who)
		b.leave("2026-11-02 08:00", who)
		if _, err := b.tryRefuse(ees.RefusalRequest{CheckID: b.at("2026-11-03 08:00").check(anna()).CheckID, Reasons: []ees.RefusalReason{"H"}}); err != nil {
			b.Fatal(err)
		}
		paper := traveller("ROE", "BEN", "1980-01-01", "M", "USA", "US1")
		moment := b.clock.Now()
		paper.At, paper.Origin = &moment, ees.Manual
		if _, err := b.tryRefuse(ees.RefusalRequest{CheckID: b.check(paper).CheckID, Reasons: []ees.RefusalReason{"B"}}); err != nil {
			b.Fatal(err)
		}
	})
}

// EES-003, EES-004: a child's fingers are taken at the first crossing from the
// twelfth birthday; what was impossible for a time is flagged, asked for at each
// crossing, and the flag goes when they are given.
func TestArt17_4_FingersThatCameLater(t *testing.T) {
	onBoth(t, func(b *border) {
		child := traveller("PELLETIER", "LEA", "2014-11-15", "F", "CAN", "CA77")
		child.Biometrics = &ees.Biometrics{Face: "captured", Fingerprints: "captured"}
		ref := b.enter("2026-11-01 08:00", child).File
		if f := b.file(ref); f.Fingers != ees.FingersUnderTwelve {
			b.Fatalf("%s", f.Fingers)
		}
		child.Direction, child.Biometrics = ees.Exit, nil
		if c := b.at("2026-11-14 08:00").check(child); len(c.ToTake) != 0 || !found(c, "child_without_fingerprints") {
			b.Fatalf("the day before: %v", c.ToTake)
		}
		c := b.at("2026-11-15 08:00").check(child)
		if !slices.Equal(c.ToTake, []string{"fingerprints"}) || found(c, "child_without_fingerprints") {
			b.Fatalf("on the twelfth birthday: %v", c.ToTake)
		}
		for i, step := range []struct {
			given string
			want  ees.FingersState
			take  []string
		}{
			{"temporarily_impossible", ees.FingersTemporarilyNone, []string{"fingerprints"}},
			{"not_taken", ees.FingersTemporarilyNone, []string{"fingerprints"}},
			{"captured", ees.FingersPresent, []string{}},
		} {
			if i > 0 {
				child.Direction = map[bool]ees.Direction{true: ees.Entry, false: ees.Exit}[child.Direction == ees.Exit]
				c = b.at(fmt.Sprintf("2026-11-%d 08:00", 15+i)).check(child)
			}
			if _, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID, Biometrics: &ees.Biometrics{Face: "verified", Fingerprints: step.given}}); err != nil {
				b.Fatal(err)
			}
			if f := b.file(ref); f.Fingers != step.want {
				b.Fatalf("%s: %s, want %s", step.given, f.Fingers, step.want)
			}
			if c := b.check(child); !slices.Equal(c.ToTake, step.take) {
				b.Fatalf("after %s: to take %v", step.given, c.ToTake)
			}
		}
	})
}

// EES-006: a new document on a known person asks for a live image also when the
// face is on file; one from a chip is not live.
func TestArt14_2_NewDocumentForcesALiveImage(t *testing.T) {
	onBoth(t, func(b *border) {
		who := anna()
		who.Biometrics = &ees.Biometrics{Face: "captured", Fingerprints: "captured"}
		b.enter("2026-11-01 08:00", who)
		b.leave("2026-11-02 08:00", who)
		renewed := anna()
		renewed.Document.Number = "CB000001"
		c := b.at("2026-11-05 08:00").check(renewed)
		if !slices.Equal(c.ToTake, []string{"face"}) {
			b.Fatalf("%v", c.ToTake)
		}
		for face, code := range map[string]law.Code{"chip": "chip_not_matched", "not_taken": "face_needed"} {
			_, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID, Biometrics: &ees.Biometrics{Face: face}})
			refused(b.T, err, code)
		}
		if _, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID, Biometrics: &ees.Biometrics{Face: "captured"}}); err != nil {
			b.Fatal(err)
		}
	})
}
