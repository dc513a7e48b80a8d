package ees_test

import (
	"slices"
	"testing"

	"limen/access"
	"limen/ees"
)

// EES-039: a kiosk that goes on with a pre-enrolment after a guard has decided on
// it is told so, and does not make it one that can be used again.
func TestSBC8a_4_KioskCannotReopenWhatWasUsed(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-11-01 08:00")
		v, err := b.tryPreEnrol(ees.PreEnrolRequest{CheckRequest: anna(), Kiosk: "k", Chip: goodChip})
		if err != nil {
			b.Fatal(err)
		}
		c, err := b.tryTakeOver(v.Code)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID, Confirmed: &ees.Confirmed{Document: true}, Biometrics: &ees.Biometrics{Face: "captured", Fingerprints: "captured"}}); err != nil {
			b.Fatal(err)
		}
		_, err = b.tryKiosk(v.Code, 0, ees.KioskStepRequest{Finish: true})
		refused(b.T, err, "pre_enrolment_used")
		_, err = b.tryTakeOver(v.Code)
		refused(b.T, err, "pre_enrolment_used")
	})
}

// What the kiosk took and what it found go along through every step of the
// guard's check: nothing is taken twice, and an alert does not vanish.
func TestSBC8a_4_StepsKeepWhatTheKioskSaid(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enrolled()
		who := anna()
		who.Document.Number = "NEW1" // a new document asks for a new face
		v, err := b.tryPreEnrol(ees.PreEnrolRequest{CheckRequest: who, Kiosk: "k", Chip: goodChip})
		if err != nil {
			b.Fatal(err)
		}
		if v, err = b.tryKiosk(v.Code, 0, ees.KioskStepRequest{Biometrics: &ees.Biometrics{Face: "captured", ChipMatched: "matched"}, Answers: allAnswers, Alert: true, Finish: true}); err != nil {
			b.Fatal(err)
		}
		c, err := b.tryTakeOver(v.Code)
		if err != nil {
			b.Fatal(err)
		}
		if len(c.ToTake) != 0 || !found(c, "alert") || c.Proposal != ees.SecondLine || c.Progress.State != ees.StateVerifyFace {
			b.Fatalf("taken over: %v, %s, %s, %+v", c.ToTake, c.Proposal, c.Progress.State, c.Findings)
		}
		b.step(c.Progress, ees.StepRequest{Outcome: ees.EventFaceMatch}, ees.StateVerified)
		after := b.readCheck(c.CheckID)
		if len(after.ToTake) != 0 || !found(after, "alert") || after.Proposal != ees.SecondLine {
			b.Fatalf("after a step: %v, %s, %+v", after.ToTake, after.Proposal, after.Findings)
		}
	})
}

// A kiosk, at which a traveller stands alone, has the operations of a kiosk and
// no other, and sees nothing of stays, nor why a guard must look (least rights,
// art 43(2)). EES-050.
func TestSBC8a_KioskHasTheRightsOfAKiosk(t *testing.T) {
	onBoth(t, func(b *border) {
		ref := b.enrolled()
		b.enter("2026-11-01 08:00", anna())
		b.at("2026-11-03 08:00") // she is inside: a second entry is for a guard to look at
		req := anna()
		req.CrossingPoint = "FRCDG"
		v, err := run(b, kiosk, ees.OpPreEnrol, func(p access.Pass) (ees.KioskView, error) {
			return b.register.PreEnrol(p, ees.PreEnrolRequest{CheckRequest: req, Kiosk: "k", Chip: goodChip})
		})
		if err != nil || len(v.Reasons) != 0 || v.File == nil || v.File.Inside || v.File.LastEntry != nil || v.File.Ref != "" || v.File.Surname != "" {
			b.Fatalf("the kiosk sees %+v, %+v, %v", v.File, v.Reasons, err)
		}
		full, err := b.asGuard(v, nil)
		if err != nil || len(full.Reasons) == 0 || full.File.Ref != ref || !full.File.Inside {
			b.Fatalf("the guard sees %+v, %+v, %v", full.File, full.Reasons, err)
		}
		have := map[access.Op]bool{}
		for _, g := range ees.Grants() {
			if g.Kind == access.Kiosk {
				have[g.Op] = true
				if g.Purpose != access.BorderCheck || slices.Contains(g.Returns, access.StayResult) || slices.Contains(g.Returns, access.EntryRecords) {
					b.Errorf("%+v", g)
				}
			}
			if g.Op == ees.OpPreEnrol && g.Kind != access.Kiosk {
				b.Errorf("a %s pre-enrols", g.Kind)
			}
		}
		if len(have) != 2 || !have[ees.OpPreEnrol] || !have[ees.OpReadPreEnrol] {
			b.Fatalf("a kiosk may %v", have)
		}
		_, err = run(b, kiosk, ees.OpTakeOver, func(p access.Pass) (ees.Check, error) { return b.register.TakeOver(p, v.Code, "FRCDG") })
		refused(b.T, err, "not_granted")
		_, err = run(b, kiosk, ees.OpConfirmPreEnrol, func(p access.Pass) (ees.KioskView, error) {
			return b.register.ConfirmPreEnrolment(p, v.Code, 0, ees.Confirmed{Document: true, Face: true, Fingerprints: true})
		})
		refused(b.T, err, "not_granted")
	})
}
