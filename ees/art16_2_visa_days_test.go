package ees_test

import (
	"testing"

	"limen/ees"
)

// EES-009: the days of a visa are those told at the first entry on it that was
// recorded. What a later told crossing says otherwise is no correction, also when
// it lies earlier in time; then the days move to the first record on the visa.
func TestArt16_2_DaysOfAVisaAreToldOnce(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-10-09 07:00").declare(guardOf("FRA"), ees.OutageRequest{Scope: ees.NationalOutage})
		visa := func(days int) ees.CheckRequest {
			who := mehmet()
			who.Visa = &ees.VisaInput{Number: "FRA77", Issuer: "FRA", ValidFrom: day("2026-09-01"), ValidUntil: day("2027-02-28"), Days: days, Entries: 2}
			return who
		}
		entry := b.enter("2026-10-20 08:00", visa(30))
		b.wantOutcomes(b.backfill(
			buffered("e", "2026-10-10 09:00", ees.Entry, ees.NUIBuffer, visa(60)),
			buffered("x", "2026-10-12 09:00", ees.Exit, ees.NUIBuffer, visa(60)),
		), "e recorded", "x recorded")
		f := b.file(entry.File)
		if len(f.Records) != 2 {
			b.Fatalf("%+v", f.Records)
		}
		first, second := f.Records[0], f.Records[1]
		if first.Visa.Days != 30 || first.Visa.Entries != 2 || first.ExitVisa != nil || second.Visa.Days != 0 || second.Visa.Entries != 0 {
			b.Errorf("%+v, then %+v", first.Visa, second.Visa)
		}
		if *second.StayEnd != day("2026-11-15") { // 27 of the 30 days are left
			b.Errorf("until %s", second.StayEnd)
		}
	})
}
