package ees_test

import (
	"testing"

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
