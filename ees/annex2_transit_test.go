package ees_test

import (
	"slices"
	"testing"
	"time"

	"limen/ees"
)

// ivan needs a visa and travels on a facilitated transit document.
func ivan() ees.CheckRequest {
	who := traveller("IVANOV", "IVAN", "1985-05-05", "M", "RUS", "RU55")
	who.CrossingPoint = "LTVNO"
	who.Transit = &ees.TransitInput{Number: "LTU123456", Issuer: "LTU", ValidUntil: day("2026-12-31")}
	return who
}

// EES-015: a transit ends 24 hours after the entry, to the minute, and gets the
// data of a visa-exempt traveller; minutes over are an overstay.
func TestAnnexII_TransitIsCountedInHours(t *testing.T) {
	onBoth(t, func(b *border) {
		c := b.at("2026-06-01 08:30").check(ivan())
		if c.Proposal != ees.Admit || !found(c, "facilitated_transit") || found(c, "visa_missing") || !slices.Equal(c.ToTake, []string{"face", "fingerprints"}) ||
			c.Stay.EndsAt == nil || !c.Stay.EndsAt.Equal(time.Date(2026, 6, 2, 8, 30, 0, 0, time.UTC)) {
			b.Fatalf("%s %+v %+v", c.Proposal, c.Findings, c.Stay)
		}
		entry, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID, Biometrics: &ees.Biometrics{Face: "captured", Fingerprints: "captured"}})
		if err != nil || entry.Transit == nil || entry.Transit.Number != "LTU123456" || !entry.EndsAt.Equal(*c.Stay.EndsAt) || entry.Visa != nil {
			b.Fatalf("%+v, %v", entry, err)
		}
		if f := b.file(entry.File); f.Fingers != ees.FingersPresent || !f.VisaRequired {
			b.Fatalf("%+v", f)
		}
		// Forty minutes too late on the day on which it ends.
		out := ivan()
		out.Direction, out.Transit = ees.Exit, nil
		c = b.at("2026-06-02 09:10").check(out)
		if !found(c, "overstay") || c.Proposal != ees.SecondLine {
			b.Fatalf("%s %+v", c.Proposal, c.Findings)
		}
		if r := b.cross(c); r.OverstayClass != ees.Exceeded || r.OverstayDays != 0 {
			b.Fatalf("%+v", r)
		}
		if o := b.overstayers(ees.OverstayerQuery{}).Overstayers; len(o) != 1 || o[0].Since != day("2026-06-02") {
			b.Fatalf("%+v", o)
		}
		// In time the next day, and days enough are no question.
		again := b.enter("2026-06-03 08:30", ivan())
		if r := b.leave("2026-06-04 08:30", out); r.RecordID != again.RecordID || r.OverstayClass != "" {
			b.Fatalf("%+v", r)
		}
	})
}

// X18: a rail document, or a transit by train without getting off, is outside the
// system; and an expired document is no ground to enter.
func TestAnnexII_WhoTravelsOnWhat(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-06-01 08:30")
		rail := ivan()
		rail.Transit.Kind = "FRTD"
		_, err := b.tryCheck(rail)
		if r := refused(b.T, err, "exempt_person"); r.Facts[0].Value != "X18" {
			b.Fatalf("%+v", r.Facts)
		}
		aboard := ivan()
		aboard.Transit.OnBoard = true
		_, err = b.tryCheck(aboard)
		refused(b.T, err, "exempt_person")
		both := ivan()
		both.Visa = mehmetOnVisa().Visa
		_, err = b.tryCheck(both)
		refused(b.T, err, "transit_and_visa")
		undated := ivan()
		undated.Transit.ValidUntil = 0
		_, err = b.tryCheck(undated)
		refused(b.T, err, "transit_date_missing")
		expired := ivan()
		expired.Transit.ValidUntil = day("2026-05-31")
		if c := b.check(expired); c.Proposal != ees.Refuse || !found(c, "transit_document_expired") || !slices.Contains(c.ProposedReasons, "C") {
			b.Fatalf("%s %+v", c.Proposal, c.Findings)
		}
		entry := b.cross(b.check(ivan()))
		_, err = b.tryChange(officer("LTU"), entry.RecordID, 0, ees.ChangeRequest{Status: ees.Extended, Ground: ees.GroundExceptional, Decided: day("2026-06-01"), End: day("2026-06-05")})
		refused(b.T, err, "stay_counted_in_hours")
	})
}
