package ees_test

import (
	"slices"
	"testing"

	"limen/access"
	"limen/ees"
	"limen/law"
)

// referred wants a gate that stays shut, with this reason.
func (b *border) referred(res ees.GateResult, err error, code law.Code) {
	b.Helper()
	if err != nil || res.Passed || !slices.ContainsFunc(res.Reasons, func(r law.Reason) bool { return r.Code == code }) {
		b.Errorf("%s: passed %v, %+v, %v", code, res.Passed, res.Reasons, err)
	}
}

// confirmed is a pre-enrolment that a guard has confirmed for the gate.
func (b *border) confirmed(v ees.KioskView) ees.KioskView {
	b.Helper()
	said := ees.Confirmed{Document: true, Face: true, Fingerprints: true}
	v, err := run(b, guard, ees.OpConfirmPreEnrol, func(p access.Pass) (ees.KioskView, error) {
		return b.register.ConfirmPreEnrolment(p, v.Code, v.Version, said)
	})
	if err != nil {
		b.Fatal(err)
	}
	return v
}

// EES-040: a gate that is one with the kiosk compares nothing again because the
// kiosk has compared. Without the kiosk's pre-enrolment nobody has compared, and
// somebody with another's passport would walk through.
func TestSBC8b_6_GateOfTheKioskNeedsTheKiosk(t *testing.T) {
	onBoth(t, func(b *border) {
		ref := b.enrolled()
		out := ees.GateRequest{CheckRequest: anna(), Chip: goodChip, AtKiosk: true}
		res, err := b.tryGate(out)
		b.referred(res, err, "not_verified_at_gate")
		v, err := b.tryPreEnrol(ees.PreEnrolRequest{CheckRequest: anna(), Kiosk: "k", Chip: goodChip})
		if err != nil {
			b.Fatal(err)
		}
		if v, err = b.tryKiosk(v.Code, 0, ees.KioskStepRequest{Biometrics: &ees.Biometrics{Face: "verified"}, Answers: allAnswers, Finish: true}); err != nil {
			b.Fatal(err)
		}
		out.Code = b.confirmed(v).Code
		if res, err = b.tryGate(out); err != nil || !res.Passed || res.Record.File != ref {
			b.Fatalf("%+v, %v", res, err)
		}
	})
}

// What a guard confirmed holds for the crossing that the traveller announced, and
// a gate verifies what the kiosk took.
func TestSBC8b_GateKeepsToThePreEnrolment(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-11-01 08:00")
		v := b.confirmed(b.atKiosk(anna()))
		back := anna()
		back.Direction = ees.Exit
		res, err := b.tryGate(ees.GateRequest{CheckRequest: back, Chip: goodChip, Verified: "face", Code: v.Code})
		b.referred(res, err, "other_direction")

		// Of somebody who needs a visa the kiosk takes no fingerprints: there are
		// none here that the gate could have compared.
		who := mehmet()
		who.Visa = &ees.VisaInput{Number: "FRA9", Issuer: "FRA", ValidFrom: day("2026-05-01"), ValidUntil: day("2027-04-30"), Days: 90}
		v, err = b.tryPreEnrol(ees.PreEnrolRequest{CheckRequest: who, Kiosk: "k", Chip: goodChip})
		if err != nil {
			b.Fatal(err)
		}
		for _, step := range []ees.KioskStepRequest{{Biometrics: &ees.Biometrics{Face: "captured", ChipMatched: "matched"}}, {Answers: allAnswers, Finish: true}} {
			if v, err = b.tryKiosk(v.Code, v.Version, step); err != nil {
				b.Fatal(err)
			}
		}
		v = b.confirmed(v)
		gate := ees.GateRequest{CheckRequest: who, Chip: goodChip, Verified: "fingerprints", Code: v.Code}
		res, err = b.tryGate(gate)
		b.referred(res, err, "not_verified_at_gate")
		gate.Verified = "face"
		if res, err = b.tryGate(gate); err != nil || !res.Passed {
			b.Fatalf("%+v, %v", res, err)
		}
	})
}
