package ees_test

import (
	"strings"
	"testing"

	"limen/ees"
	"limen/person"
)

func shows(who ees.CheckRequest, entry, exit string) ees.CheckRequest {
	s := ees.StampInput{State: "FRA", Entry: day(entry)}
	if exit != "" {
		s.Exit = day(exit)
	}
	who.Stamps = append(append([]ees.StampInput{}, who.Stamps...), s)
	return who
}

// EES-043, E23: stamps shown at an entry are kept in its record and counted at
// the crossings after it, as long as stamps count; after the transitional period
// no new ones are taken.
func TestArt22_1_StampsAreKeptAndReadBack(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2026-04-20 08:00", shows(anna(), "2026-01-15", "2026-02-28"))
		if *entry.StayEnd != day("2026-06-03") || len(entry.Stamps) != 1 {
			b.Fatalf("%+v", entry)
		}
		out := anna()
		out.Direction = ees.Exit
		if c := b.at("2026-06-05 08:00").check(out); c.Stay.OverstayDays != 2 {
			b.Fatalf("the exit forgets the stamps: %+v", c.Stay)
		}
		b.leave("2026-06-05 08:00", anna())
		// 47 days in April to June and 28 stamped ones that are still in the period.
		if c := b.at("2026-07-10 08:00").check(anna()); c.Stay.DaysUsed != 47+45 {
			b.Fatalf("%+v", c.Stay)
		}
		_, err := b.at("2026-10-07 08:00").tryCheck(shows(anna(), "2026-08-01", "2026-08-05"))
		refused(b.T, err, "stamps_no_longer_count")
		_, err = b.tryCheck(shows(anna(), "2025-09-01", ""))
		refused(b.T, err, "stamps_no_longer_count") // at entry, not even an old one
	})
}

// An entry stamp without an exit counts until the crossing at which it was shown,
// and not for ever.
func TestArt22_1_StampWithoutAnExitEnds(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-04-20 08:00", shows(anna(), "2026-04-15", ""))
		b.leave("2026-04-21 08:00", anna())
		if c := b.at("2026-07-01 08:00").check(anna()); c.Stay.DaysUsed != 7 {
			b.Fatalf("%+v", c.Stay)
		}
	})
}

// EES-044: entered before the start of operations, leaves after it, at any time:
// a file is made at exit with the stamped day of entry, and the overstay is told.
func TestArt22_2_FileFromTheStampAtExit(t *testing.T) {
	onBoth(t, func(b *border) {
		who := shows(anna(), "2025-09-01", "")
		who.Direction = ees.Exit
		c := b.at("2026-11-10 08:00").check(who)
		if !found(c, ees.StampPrevails) || !found(c, "overstay") || found(c, "no_file_at_exit") || c.Stay.OverstayDays != 346 || len(c.ToTake) != 2 {
			b.Fatalf("%+v %+v %v", c.Findings, c.Stay, c.ToTake)
		}
		r := b.cross(c)
		if r.Origin != ees.Stamp || r.Entry.On != day("2025-09-01") || r.Entry.At != nil || *r.StayEnd != day("2025-11-29") || r.OverstayClass != ees.Exceeded || len(r.Stamps) != 0 || r.ExitOrigin != ees.Online {
			b.Fatalf("%+v", r)
		}
		if f := b.file(r.File); len(f.Records) != 1 || f.Surname != "PELLETIER" {
			b.Fatalf("%+v", f)
		}
		if c := b.at("2026-11-11 08:00").check(anna()); c.Stay.DaysUsed != 180-1 {
			b.Fatalf("the day counts: %+v", c.Stay)
		}
	})
}

// EES-044: the stamp of an entry before the start beats the record; what stood
// there before stays in the file's history.
func TestArt22_2_StampBeatsTheRegister(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2025-10-20 08:00", anna())
		who := shows(anna(), "2025-10-11", "")
		who.Direction = ees.Exit
		r := b.at("2025-12-01 08:00").cross(b.check(who))
		if r.RecordID != entry.RecordID || r.Origin != ees.Stamp || r.Entry.On != day("2025-10-11") || *r.StayEnd != day("2026-01-08") || !r.Incomplete {
			b.Fatalf("%+v", r)
		}
		if lines := b.amendments(r.File); len(lines) != 1 || !strings.HasPrefix(lines[0], "entry_by_stamp") || !strings.Contains(lines[0], "2025-10-20") {
			b.Fatalf("%q", lines)
		}
	})
}

// EES-045, 2025/1534 art 5(3): in the progressive period a file with biometrics
// beats the stamp, and otherwise the guard decides.
func TestArt22_2_RecordAndStampOfTheProgressivePeriod(t *testing.T) {
	onBoth(t, func(b *border) {
		who := shows(anna(), "2025-12-02", "")
		who.Direction = ees.Exit
		entry := b.enter("2025-12-01 08:00", anna())
		c := b.at("2025-12-20 08:00").check(who)
		if !found(c, ees.CaseByCase) || c.Proposal != ees.SecondLine {
			b.Fatalf("%s %+v", c.Proposal, c.Findings)
		}
		_, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID})
		refused(b.T, err, "entry_undecided")
		r, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID, Holds: "stamp"})
		if err != nil || r.RecordID != entry.RecordID || r.Entry.On != day("2025-12-02") || r.Origin != ees.Stamp || !r.Incomplete {
			b.Fatalf("%+v, %v", r, err)
		}

		ben := traveller("ROE", "BEN", "1980-01-01", "M", "USA", "US1")
		ben.Biometrics = &ees.Biometrics{Face: "captured", Fingerprints: "captured"}
		b.enter("2025-12-21 08:00", ben)
		ben = shows(ben, "2025-12-22", "")
		ben.Direction = ees.Exit
		c = b.at("2025-12-23 08:00").check(ben)
		if !found(c, ees.RecordPrevails) || c.Proposal != ees.Admit {
			b.Fatalf("%s %+v", c.Proposal, c.Findings)
		}
		_, err = b.tryCross(ees.CrossingRequest{CheckID: c.CheckID, Holds: "stamp"})
		refused(b.T, err, "entry_not_in_doubt")
		if r := b.cross(c); r.Entry.On != day("2025-12-21") || r.Origin != ees.Online || len(r.Stamps) != 0 {
			b.Fatalf("%+v", r)
		}
	})
}

// A record of full operation is no doubt: the stamp is of an earlier stay. Nor
// does a stamp bear on a stay after a crossing that is recorded later.
func TestArt22_2_WhereAStampSaysNothing(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-05-01 08:00", anna())
		who := shows(anna(), "2025-09-01", "")
		who.Direction = ees.Exit
		c := b.at("2026-05-10 08:00").check(who)
		if found(c, ees.StampPrevails) {
			b.Fatalf("%+v", c.Findings)
		}
		if r := b.cross(c); r.Entry.On != day("2026-05-01") || r.Origin != ees.Online {
			b.Fatalf("%+v", r)
		}
		if r := b.at("2026-06-10 08:00").cross(b.check(who)); r.Entry != nil {
			b.Fatalf("%+v", r)
		}
	})
}

// EES-045, 2025/1534 art 5(3): a stay of the progressive period that is recorded
// and stamped is not counted twice where the record holds; without biometrics
// both count until the guard has weighed them.
func TestArt22_1_StampedAndRecordedInTheProgressivePeriod(t *testing.T) {
	onBoth(t, func(b *border) {
		ben := traveller("ROE", "BEN", "1980-01-01", "M", "USA", "US1")
		ben.Biometrics = &ees.Biometrics{Face: "captured", Fingerprints: "captured"}
		for _, who := range []ees.CheckRequest{anna(), ben} {
			b.enter("2026-02-05 08:00", who)
		}
		for _, who := range []ees.CheckRequest{anna(), ben} {
			b.leave("2026-02-10 08:00", who)
		}
		b.at("2026-05-01 08:00")
		c := b.check(shows(ben, "2026-02-01", "2026-02-10"))
		if !found(c, ees.RecordPrevails) || c.Proposal != ees.Admit || c.Stay.DaysUsed != 6 {
			b.Fatalf("%s %+v %+v", c.Proposal, c.Findings, c.Stay)
		}
		if r := b.cross(c); len(r.Stamps) != 0 {
			b.Fatalf("%+v", r.Stamps)
		}
		c = b.check(shows(anna(), "2026-02-01", "2026-02-10"))
		if !found(c, ees.CaseByCase) || c.Proposal != ees.SecondLine || c.Stay.DaysUsed != 10 {
			b.Fatalf("%s %+v %+v", c.Proposal, c.Findings, c.Stay)
		}
		if c := b.check(shows(anna(), "2026-03-01", "2026-03-02")); c.Stay.DaysUsed != 8 || c.Proposal != ees.Admit {
			b.Fatalf("another stay counts: %+v", c.Stay)
		}
	})
}

// The state of a stamp may be typed as people know it; one that is none is told,
// and days of a state that did not belong to the common area are left out with the
// reason (2016/399 art 6(1a)): a stamp must not cease to count in silence.
func TestArt22_1_StateOfAStamp(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-05-01 08:00")
		with := func(state string, entry, exit string) ees.CheckRequest {
			who := anna()
			who.Stamps = []ees.StampInput{{State: person.State(state), Entry: day(entry), Exit: day(exit)}}
			return who
		}
		for state, used := range map[string]int{"D": 10, "DEU": 10, "de": 10, "": 10, "HRV": 10, "CYP": 0, "IRL": 0, "TUR": 0} {
			c := b.check(with(state, "2026-02-01", "2026-02-10"))
			if c.Stay.DaysUsed != used {
				b.Errorf("%q: %d days used, want %d", state, c.Stay.DaysUsed, used)
			}
			if told(c.Findings, "stay_counted_separately") != (state == "CYP" || state == "IRL") || told(c.Findings, "stay_outside_area") != (state == "TUR") || c.Proposal != ees.Admit {
				b.Errorf("%q: %s, %+v", state, c.Proposal, c.Findings)
			}
		}
		_, err := b.tryCheck(with("GERMANY", "2026-02-01", "2026-02-10"))
		if r := refused(b.T, err, "unknown_state"); r.Field != "stamps[0].state" {
			b.Errorf("%+v", r)
		}
	})
}

// The edges of weighing a stamp against a record: the last day of the progressive
// period is weighed and the day after is not; a stay that touches a recorded one
// may be the same; an earlier crossing on the day of the stamp ends nothing.
func TestArt22_EdgesOfWeighing(t *testing.T) {
	weighed := func(b *border, c ees.Check) bool { return found(c, ees.CaseByCase) }
	for entered, want := range map[string]bool{"2026-04-09": true, "2026-04-10": false} {
		onBoth(t, func(b *border) {
			b.enter(entered+" 08:00", anna())
			out := shows(anna(), "2026-04-05", "")
			out.Direction = ees.Exit
			if c := b.at("2026-05-01 08:00").check(out); weighed(b, c) != want {
				b.Errorf("entered on %s: %+v", entered, c.Findings)
			}
		})
		onBoth(t, func(b *border) {
			b.enter(entered+" 08:00", anna())
			b.leave("2026-04-20 08:00", anna())
			if c := b.at("2026-05-01 08:00").check(shows(anna(), "2026-04-08", "2026-04-20")); weighed(b, c) != want {
				b.Errorf("a whole stay from %s: %+v", entered, c.Findings)
			}
		})
	}
	for stamped, want := range map[[2]string]bool{
		{"2026-02-01", "2026-02-05"}: true, {"2026-02-01", "2026-02-04"}: false,
		{"2026-02-10", "2026-02-12"}: true, {"2026-02-11", "2026-02-12"}: false,
	} {
		onBoth(t, func(b *border) {
			b.enter("2026-02-05 08:00", anna())
			b.leave("2026-02-10 08:00", anna())
			if c := b.at("2026-05-01 08:00").check(shows(anna(), stamped[0], stamped[1])); weighed(b, c) != want {
				b.Errorf("stamps %v: %+v", stamped, c.Findings)
			}
		})
	}
	onBoth(t, func(b *border) {
		b.enter("2026-02-05 08:00", anna())
		b.leave("2026-02-10 08:00", anna())
		out := shows(anna(), "2026-02-10", "") // and in again on that day, which was not recorded
		out.Direction = ees.Exit
		if r := b.at("2026-03-01 08:00").cross(b.check(out)); r.Entry == nil || r.Entry.On != day("2026-02-10") || r.Origin != ees.Stamp {
			b.Errorf("%+v", r)
		}
	})
}

// A stamped entry that is shown again with its exit counts once, until that exit.
func TestArt22_1_StampShownTwice(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-04-20 08:00", shows(anna(), "2026-04-11", ""))
		b.leave("2026-04-21 08:00", anna())
		if c := b.at("2026-05-05 08:00").check(shows(anna(), "2026-04-11", "2026-04-15")); c.Stay.DaysUsed != 7 {
			b.Errorf("%d days used", c.Stay.DaysUsed)
		}
	})
}
