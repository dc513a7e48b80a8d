package ees_test

import (
	"slices"
	"testing"

	"limen/access"
	"limen/ees"
	"limen/law"
)

func (b *border) inland(state string, ref ees.FileRef) ees.InlandFile {
	b.Helper()
	f, err := run(b, officer(state), ees.OpReadInland, func(p access.Pass) (ees.InlandFile, error) { return b.register.ReadInland(p, ref) })
	if err != nil {
		b.Fatal(err)
	}
	return f
}

// The day inland is that of whoever asks: in the Azores the last day of a stay
// lasts an hour longer than the same day in UTC, in Helsinki it is over two hours
// before. The list follows where the day ends last (art 12(1)).
func TestArt26_TheDayIsThatOfTheAuthority(t *testing.T) {
	onBoth(t, func(b *border) {
		azores := anna()
		azores.CrossingPoint = "PTPDL"
		entry := b.enter("2026-11-01 12:00", azores) // until 2027-01-29
		for _, c := range []struct {
			moment, state   string
			remaining, over int
			record          string
		}{
			{"2027-01-29 21:59", "FIN", 1, 0, "OPEN"}, // 23:59
			{"2027-01-29 22:00", "FIN", 0, 1, "OVERSTAY"},
			{"2027-01-29 22:00", "FRA", 1, 0, "OPEN"}, // 23:00
			{"2027-01-30 00:59", "PRT", 1, 0, "OPEN"}, // in the Azores 23:59 on the 29th
			{"2027-01-30 01:00", "PRT", 0, 1, "OVERSTAY"},
		} {
			f := b.at(c.moment).inland(c.state, entry.File)
			if f.Stay.DaysRemaining != c.remaining || f.Stay.OverstayDays != c.over || f.Records[0].State != c.record || f.Records[0].OverstayDays != c.over {
				b.Errorf("%s UTC in %s: %+v, record %s with %d days over", c.moment, c.state, f.Stay, f.Records[0].State, f.Records[0].OverstayDays)
			}
		}
		if n := b.flag(); n != 1 {
			b.Errorf("flagged %d", n)
		}
	})
}

// An officer may enter what was decided today where he works: after midnight in
// Helsinki it is a decision of the new day, and in France still one of tomorrow.
func TestArt19_1_DecisionOfTodayWhereItIsTaken(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2026-10-20 12:00", anna())
		req := ees.ChangeRequest{Status: ees.Revoked, Ground: ees.GroundReturnDecision, Decided: day("2026-12-02")}
		_, err := b.at("2026-12-01 22:30").tryChange(officer("FRA"), entry.RecordID, 0, req)
		refused(b.T, err, "date_in_the_future")
		if done := b.change(officer("FIN"), entry.RecordID, req); *done.Record.StayEnd != day("2026-12-02") {
			b.Errorf("%+v", done.Record)
		}
	})
}

// The last working day of the stay leaves out the public holidays of the state
// that decides: the fourteenth of July is one in France and none in Germany.
func TestArt60_LastWorkingDayBeforeAHoliday(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2026-04-16 08:00", anna()) // until 2026-07-14, a Tuesday
		req := ees.ChangeRequest{Status: ees.Extended, Ground: ees.GroundBilateral, Decided: day("2026-07-14"), End: day("2026-08-31"), Requested: day("2026-07-14")}
		_, err := b.at("2026-07-14 12:00").tryChange(officer("FRA"), entry.RecordID, 0, req)
		if r := refused(b.T, err, "requested_late"); len(r.Facts) != 2 || r.Facts[1].Value != "2026-07-13" {
			b.Errorf("%+v", r.Facts)
		}
		if done := b.change(officer("D"), entry.RecordID, req); !told(done.Findings, "requested_in_time") {
			b.Errorf("%+v", done.Findings)
		}
	})
	onBoth(t, func(b *border) {
		// A stay from before the table of holidays begins has weekends alone.
		b.at("2026-05-01 08:00")
		done := b.rebut(ees.RebuttalRequest{Person: newcomer(anna()), Kind: ees.ProofStamp, Entry: proved("2025-07-05")}) // until 2025-10-02, a Thursday
		req := ees.ChangeRequest{Status: ees.Extended, Ground: ees.GroundBilateral, Decided: day("2026-05-01"), End: day("2026-06-30"), Requested: day("2025-10-02")}
		if done := b.change(officer("FRA"), done.Record.RecordID, req); !told(done.Findings, "requested_in_time") {
			b.Errorf("%+v", done.Findings)
		}
	})
}

// While article 20 is suspended nothing is presumed, and so nothing is rebutted.
func TestAct2025_1534_5_NothingToRebut(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2025-12-01 08:00", anna())
		req := ees.RebuttalRequest{RecordID: entry.RecordID, Kind: ees.ProofTicket, Exit: proved("2025-12-20")}
		_, err := b.at("2026-04-09 20:00").tryRebut(0, req)
		if r := refused(b.T, err, "article_suspended"); r.Cite != "2025/1534 art 5" {
			b.Errorf("%+v", r)
		}
		if done := b.at("2026-04-10 08:00").rebut(req); done.Record.Exit.On != day("2025-12-20") {
			b.Errorf("%+v", done.Record)
		}
	})
}

// E06, E07: who is a day early is told from which day an entry is possible; who is
// still inside by the records is not, because nobody knows when that stay ends.
func TestArt11_2_FirstPossibleEntryIsTold(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-05-01 08:00", anna())
		b.leave("2026-07-29 08:00", anna())
		c := b.at("2026-10-27 08:00").check(anna())
		f, _ := findingOf(c, "ninety_days_used")
		if c.Proposal != ees.Refuse || !slices.Contains(f.Facts, law.Fact{Name: "first_entry", Value: "2026-10-28"}) {
			b.Errorf("%s: %+v", c.Proposal, f)
		}
		if c := b.at("2026-10-28 08:00").check(anna()); c.Proposal != ees.Admit || c.Stay.DaysRemaining != 90 {
			b.Errorf("on that day: %+v", c.Stay)
		}
		ben := traveller("STONE", "BEN", "1991-01-01", "M", "CAN", "CA2")
		b.enter("2026-10-28 09:00", ben)
		f, _ = findingOf(b.at("2027-01-27 08:00").check(ben), "ninety_days_used")
		if len(f.Facts) != 1 {
			b.Errorf("still inside: %+v", f)
		}
	})
}
