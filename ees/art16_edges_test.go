package ees_test

import (
	"testing"
	"time"

	"limen/ees"
)

// A crossing told again within the hour is one crossing; exactly an hour later it
// is another, and so is one after a crossing the other way (art 16(2)).
func TestArt16_2_TheSameCrossingWithinAnHour(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-11-01 08:00", anna())
		_, err := b.tryCross(ees.CrossingRequest{CheckID: b.at("2026-11-01 08:59").check(anna()).CheckID})
		refused(b.T, err, "crossing_already_recorded")
		again := b.enter("2026-11-01 09:00", anna())
		if f := b.file(again.File); len(f.Records) != 2 || !f.Records[0].EndedWithoutExit {
			b.Errorf("%+v", f.Records)
		}
		ben := traveller("STONE", "BEN", "1991-01-01", "M", "CAN", "CA2")
		b.enter("2026-11-01 10:00", ben)
		b.leave("2026-11-01 10:20", ben)
		if f := b.file(b.enter("2026-11-01 10:40", ben).File); len(f.Records) != 2 || f.Stay.DaysUsed != 1 {
			b.Errorf("in, out and in again: %+v", f.Records)
		}
	})
}

// An exit at the moment of the entry closes that stay: one day.
func TestArt16_3_ExitAtTheMomentOfTheEntry(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2026-11-01 08:00", anna())
		exit := b.leave("2026-11-01 08:00", anna())
		if f := b.file(entry.File); exit.RecordID != entry.RecordID || len(f.Records) != 1 || f.Inside || f.Stay.DaysUsed != 1 {
			b.Errorf("%+v", f.Records)
		}
	})
}

// The edges of what a decision on a stay may say: the day of entry and today are
// days of decision; an end on the day of the decision, and the end in force, can
// be given to a revocation; an extension lengthens by a day at least.
func TestArt19_1_EdgesOfADecision(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2026-11-01 08:00", anna()) // until 2027-01-29
		b.at("2026-11-01 12:00")
		end := func(decided, end string) ees.ChangeRequest {
			return ees.ChangeRequest{Status: ees.Revoked, Ground: ees.GroundReturnDecision, Decided: day(decided), End: day(end)}
		}
		if done := b.change(officer("FRA"), entry.RecordID, end("2026-11-01", "2027-01-29")); *done.Record.StayEnd != day("2027-01-29") {
			b.Errorf("the end in force: %s", done.Record.StayEnd)
		}
		if done := b.change(officer("FRA"), entry.RecordID, end("2026-11-01", "2026-11-01")); *done.Record.StayEnd != day("2026-11-01") {
			b.Errorf("the day of entry: %s", done.Record.StayEnd)
		}
		longer := ees.ChangeRequest{Status: ees.Extended, Ground: ees.GroundExceptional, Decided: day("2026-11-01"), End: day("2026-11-01")}
		_, err := b.tryChange(officer("FRA"), entry.RecordID, 0, longer)
		refused(b.T, err, "extension_does_not_prolong")
		longer.End = day("2026-11-02")
		if done := b.change(officer("FRA"), entry.RecordID, longer); *done.Record.StayEnd != day("2026-11-02") || done.Record.Changes[2].From != day("2026-11-02") {
			b.Errorf("%+v", done.Record)
		}
	})
}

// An entry and an exit of one moment make one stay, whichever is told first.
func TestArt21_1_CrossingsOfOneMoment(t *testing.T) {
	for _, first := range []ees.Direction{ees.Entry, ees.Exit} {
		onBoth(t, func(b *border) {
			b.at("2026-11-01 07:00").declare(guardOf("FRA"), ees.OutageRequest{Scope: ees.NationalOutage})
			second := map[ees.Direction]ees.Direction{ees.Entry: ees.Exit, ees.Exit: ees.Entry}[first]
			b.at("2026-11-22 08:00")
			file := b.backfill(buffered("1", "2026-11-05 09:00", first, ees.NUIBuffer, anna()))[0].File
			b.wantOutcomes(b.backfill(buffered("2", "2026-11-05 09:00", second, ees.NUIBuffer, anna())), "2 recorded")
			if f := b.file(file); len(f.Records) != 1 || f.Inside || f.Stay.DaysUsed != 1 {
				b.Errorf("%s first: %+v", first, f.Records)
			}
		})
	}
}

// A permit that begins or ends today is held today; a crossing after midnight in
// Helsinki may be proved in France, where its day has not begun.
func TestArt20_1_EdgesOfTheDay(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-11-20 12:00")
		for i, held := range []ees.Permit{permit("residence_permit", "2026-01-01", "2026-11-20"), permit("residence_permit", "2026-11-20", "2026-12-31"),
			permit("residence_permit", "2026-01-01", "2026-11-19"), permit("residence_permit", "2026-11-21", "2026-12-31")} {
			who := newcomer(newPerson(passports[0], i))
			first := b.rebut(ees.RebuttalRequest{Person: who, Kind: ees.ProofTicket, Entry: proved("2025-12-01"), Exit: proved("2025-12-02")})
			b.rebut(ees.RebuttalRequest{File: first.Record.File, Kind: ees.ProofPermit, Permit: &held})
			_, err := b.tryRebut(0, ees.RebuttalRequest{File: first.Record.File, Kind: ees.ProofTicket, Entry: proved("2025-11-01"), Exit: proved("2025-11-02")})
			if i < 2 {
				refused(b.T, err, "not_presumed")
			} else if err != nil {
				b.Errorf("%+v: %v", held, err)
			}
		}
	})
	onBoth(t, func(b *border) {
		entry := b.enter("2026-11-01 08:00", anna())
		b.at("2026-12-01 22:45") // 23:45 in Paris
		at := b.clock.Now().Add(-30 * time.Minute)
		done := b.rebut(ees.RebuttalRequest{RecordID: entry.RecordID, Kind: ees.ProofTicket, Exit: &ees.ProvedCrossing{At: &at, CrossingPoint: "FIHEL"}})
		if done.Record.Exit.On != day("2026-12-02") {
			b.Errorf("%+v", done.Record.Exit)
		}
	})
}

// An extension that ends today lifts the flag for today; on its first day already
// it is told at the border of another state.
func TestArt19_1_EdgesOfAnExtension(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2026-05-01 08:00", anna()) // until 2026-07-29
		if n := b.at("2026-07-30 12:00").flag(); n != 1 {
			b.Fatalf("flagged %d", n)
		}
		out := anna()
		out.Direction = ees.Exit
		done := b.change(officer("D"), entry.RecordID, ees.ChangeRequest{Status: ees.Extended, Ground: ees.GroundExceptional, Decided: day("2026-07-30"), End: day("2026-07-30")})
		if done.Record.OverstayClass != "" {
			b.Errorf("still flagged: %+v", done.Record)
		}
		if c := b.check(out); !found(c, "extension_holds_elsewhere") {
			b.Errorf("%+v", c.Findings)
		}
		if n := b.at("2026-07-31 12:00").flag(); n != 1 {
			b.Errorf("flagged %d after it", n)
		}
	})
	onBoth(t, func(b *border) {
		entry := b.enter("2026-05-01 08:00", anna())
		out := anna()
		out.Direction = ees.Exit
		b.at("2026-07-29 12:00").change(officer("D"), entry.RecordID, ees.ChangeRequest{Status: ees.Extended, Ground: ees.GroundExceptional, Decided: day("2026-07-29"), End: day("2026-08-30")})
		if c := b.check(out); found(c, "extension_holds_elsewhere") {
			b.Errorf("before it begins: %+v", c.Findings)
		}
	})
}

// An exit whose entry nobody knows counts for its own day.
func TestArt16_3_ExitAloneIsADayOfStay(t *testing.T) {
	onBoth(t, func(b *border) {
		file := b.leave("2026-11-05 08:00", anna()).File
		if f := b.at("2026-11-20 08:00").file(file); f.Stay.DaysUsed != 1 || f.Inside {
			b.Errorf("%+v", f.Stay)
		}
	})
}

// The stay that a permit took over on its last day goes on; a crossing on the day
// on which the short stay would start is one since.
func TestArt14_8_EdgesOfAStart(t *testing.T) {
	onBoth(t, func(b *border) {
		start := func(ref ees.FileRef) (ees.StayDecision, error) {
			return b.tryStart(ees.StartRequest{File: ref, Start: day("2026-11-11"), Permit: permit("residence_permit", "2026-01-01", "2026-11-10")})
		}
		inside := b.enter("2026-11-10 08:00", anna()).File
		ben := traveller("STONE", "BEN", "1991-01-01", "M", "CAN", "CA2")
		since := b.enter("2026-11-11 08:00", ben).File
		b.at("2026-11-12 08:00")
		if done, err := start(inside); err != nil || !told(done.Findings, "stay_goes_on") {
			b.Errorf("%+v, %v", done.Findings, err)
		}
		_, err := start(since)
		refused(b.T, err, "crossed_since")
		b.leave("2026-11-12 09:00", ben)
		_, err = start(since)
		refused(b.T, err, "crossed_since")
	})
}
