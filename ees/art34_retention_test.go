package ees_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"limen/access"
	"limen/db"
	"limen/ees"
	"limen/law"
)

func (b *border) retain() int {
	b.Helper()
	n, err := b.register.Retain(context.Background(), b.door, nil)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// tally counts the rows of a table, or of a table with a condition.
func (b *border) tally(of string, args ...any) int {
	b.Helper()
	n := 0
	if err := b.store.Read(context.Background(), func(tx *db.Tx) error { return tx.Row(`SELECT count(*) FROM `+of, args...).Scan(&n) }); err != nil {
		b.Fatal(err)
	}
	return n
}

// whats is what the register holds after the duty has run on a day, just after
// midnight in Lisbon and the Azores: files, records, refusals.
func (b *border) whats(day string) string {
	b.Helper()
	b.at(day + " 01:30").retain()
	return fmt.Sprintf("%d %d %d", b.tally("ees_file"), b.tally("ees_record"), b.tally("ees_refusal"))
}

// holds runs the duty day by day and compares what is left.
func (b *border) holds(days ...string) {
	b.Helper()
	for _, d := range days {
		day, want, _ := strings.Cut(d, " ")
		if got := b.whats(day); got != want {
			b.Errorf("%s: %s files, records, refusals; want %s", day, got, want)
		}
	}
}

// announced lists what the states are told: kinds in the order of time.
func (b *border) announced() []ees.Announcement {
	b.Helper()
	l, err := run(b, guard, ees.OpListAnnouncements, func(p access.Pass) (ees.AnnouncementList, error) {
		return b.register.ListAnnouncements(p, ees.AnnouncementQuery{Limit: 1000})
	})
	if err != nil {
		b.Fatal(err)
	}
	return l.Announcements
}

func (b *border) refuse(moment string, who ees.CheckRequest) ees.RefusalView {
	b.Helper()
	v, err := b.tryRefuse(ees.RefusalRequest{CheckID: b.at(moment).check(who).CheckID, Reasons: []ees.RefusalReason{"E"}})
	if err != nil {
		b.Fatal(err)
	}
	return v
}

// EES-056: a closed record is kept to the day three years after the exit and
// erased on the next; the file stays while a newer record keeps it.
func TestArt34_1_RecordGoesThreeYearsAfterExit(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-05-01 08:00", anna())
		b.leave("2026-05-20 08:00", anna())
		b.enter("2028-01-01 08:00", anna())
		r := b.leave("2028-01-10 08:00", anna())
		b.holds("2029-05-19 1 2 0", "2029-05-20 1 2 0", "2029-05-21 1 1 0", "2029-05-22 1 1 0", "2031-01-10 1 1 0", "2031-01-11 1 1 0", "2031-01-12 0 0 0")
		told := b.at("2031-01-12 03:00").announced()
		if len(told) != 2 || told[1].Kind != ees.FileErased || told[1].File != r.File || told[1].RecordID != "" {
			b.Fatalf("%+v", told)
		}
		if told[0].Kind != ees.RecordErased || told[0].RecordID != string(r.File)+".1" || told[0].Ground != ees.RetentionOver {
			b.Errorf("%+v", told[0])
		}
	})
}

// EES-057, EES-061: a file goes three years and one day after the last exit, with
// its last record, and nothing of it is left in the repository.
func TestArt34_2_FileGoesThreeYearsAndADayAfterLastExit(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-05-01 08:00", anna())
		b.leave("2026-05-20 08:00", anna())
		b.holds("2029-05-20 1 1 0", "2029-05-21 1 1 0")
		for _, table := range []string{"cir_dataset", "cir_identity", "cir_document", "cir_biometric", "cir_file", "cir_by_document", "cir_by_name"} {
			if table != "cir_biometric" && b.tally(table) == 0 {
				b.Errorf("%s was empty before", table)
			}
		}
		b.holds("2029-05-22 0 0 0", "2029-05-23 0 0 0")
		for _, table := range []string{"cir_dataset", "cir_identity", "cir_document", "cir_biometric", "cir_file", "cir_by_document", "cir_by_name", "ees_by_visa", "ees_check", "ees_amendment"} {
			if n := b.tally(table); n != 0 {
				b.Errorf("%d rows are left in %s", n, table)
			}
		}
		if c := b.check(anna()); c.File != nil || len(c.Candidates) != 0 {
			b.Errorf("still found: %+v", c.File)
		}
		if n := b.tally("ees_outbox o WHERE NOT EXISTS (SELECT 1 FROM ees_file f WHERE f.ref = o.ref)"); n == 0 {
			b.Error("the carriers' copy is not told")
		}
	})
}

// EES-056, EES-057, by the other reading (`ees.last_record_with_file` false): the
// last record, or the last refusal, goes three years after it, and the file a day
// later.
func TestArt34_2_LastRecordGoesADayBeforeItsFile(t *testing.T) {
	ees.RecordGoesAlone(t)
	onBoth(t, func(b *border) {
		b.enter("2026-05-01 08:00", anna())
		r := b.leave("2026-05-20 08:00", anna())
		refused := traveller("DOE", "JOHN", "1970-03-04", "M", "USA", "US111")
		b.refuse("2026-05-20 09:00", refused)
		b.holds("2029-05-20 2 1 1", "2029-05-21 2 0 0", "2029-05-22 0 0 0")
		kinds := map[ees.AnnouncementKind]int{}
		for _, a := range b.at("2029-05-22 12:00").announced() {
			kinds[a.Kind]++
			if a.Kind == ees.RecordErased && a.RecordID != string(r.File)+".1" {
				b.Errorf("%+v", a)
			}
		}
		if kinds[ees.RecordErased] != 1 || kinds[ees.RefusalErased] != 1 || kinds[ees.FileErased] != 2 {
			b.Errorf("%v", kinds)
		}
		b.verify()
	})
}

// EES-057: each new entry inside the three years starts the file's time again,
// and the last refusal counts as the last exit does.
func TestArt34_2_EntriesAndRefusalsRestartTheFile(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-05-01 08:00", anna())
		b.leave("2026-05-20 08:00", anna())
		b.refuse("2027-03-01 08:00", anna())
		b.refuse("2028-03-01 08:00", anna())
		b.holds("2029-05-20 1 1 2", "2029-05-21 1 0 2", // the record alone: the file's time runs from a refusal
			"2030-03-01 1 0 2", "2030-03-02 1 0 1", // the first refusal alone
			"2031-03-01 1 0 1", "2031-03-02 1 0 1", "2031-03-03 0 0 0")
		kinds := map[ees.AnnouncementKind]int{}
		for _, a := range b.at("2031-03-03 02:00").announced() {
			kinds[a.Kind]++
		}
		if kinds[ees.RecordErased] != 1 || kinds[ees.RefusalErased] != 1 || kinds[ees.FileErased] != 1 {
			b.Errorf("%v", kinds)
		}
	})
}

// EES-058: data of somebody who never left are kept for five years from the end
// of the stay, without the extra day; the states are warned three months before,
// once. 2026-07-29, 2031-04-29, 2031-07-29.
func TestArt34_3_OverstayerGoesAfterFiveYearsWithNotice(t *testing.T) {
	onBoth(t, func(b *border) {
		r := b.enter("2026-05-01 08:00", anna())
		if *r.StayEnd != day("2026-07-29") {
			b.Fatal(r.StayEnd)
		}
		b.at("2026-07-30 00:30").flag()
		b.holds("2031-04-28 1 1 0")
		if a := b.at("2031-04-28 12:00").announced(); len(a) != 0 {
			b.Errorf("warned too early: %+v", a)
		}
		b.holds("2031-04-29 1 1 0", "2031-04-30 1 1 0")
		a := b.at("2031-04-30 12:00").announced()
		if len(a) != 1 || a[0].Kind != ees.ErasureAhead || a[0].RecordID != string(r.File)+".1" || a[0].Due != day("2031-07-30") {
			b.Errorf("%+v", a)
		}
		b.holds("2031-07-29 1 1 0", "2031-07-30 0 0 0")
		if l := b.overstayers(ees.OverstayerQuery{}); len(l.Overstayers) != 0 {
			b.Errorf("still listed: %+v", l.Overstayers)
		}
	})
}

// EES-058: a late exit moves the data from the five years to the three.
func TestArt34_3_LateExitMovesToThreeYears(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-05-01 08:00", anna())
		b.at("2026-07-30 00:30").flag()
		b.leave("2026-08-02 08:00", anna())
		b.holds("2029-08-02 1 1 0", "2029-08-03 1 1 0", "2029-08-04 0 0 0")
		for _, a := range b.at("2029-08-04 12:00").announced() {
			if a.Kind == ees.ErasureAhead {
				b.Errorf("%+v", a)
			}
		}
	})
}

// EES-059: a family member's record goes one year after the exit, or five years
// after the entry, without a warning.
func TestArt34_4_FamilyMembers(t *testing.T) {
	onBoth(t, func(b *border) {
		req := anna()
		req.FamilyMember = true
		b.enter("2026-05-01 08:00", req)
		other := traveller("DOE", "JOHN", "1970-03-04", "M", "USA", "US111")
		other.FamilyMember = true
		b.enter("2026-05-01 09:00", other)
		b.leave("2026-05-20 08:00", req)
		b.holds("2027-05-20 2 2 0", "2027-05-21 1 1 0", "2031-05-01 1 1 0", "2031-05-02 0 0 0")
		if a := b.at("2031-05-02 12:00").announced(); len(a) != 2 || a[0].Kind != ees.FileErased || a[1].Kind != ees.FileErased {
			b.Errorf("%+v", a)
		}
	})
}

// EES-056, EES-057: three years from 29 February end on 28 February (1182/71 art
// 3(2)(c)).
func TestArt34_1_LeapDay(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2028-02-20 08:00", anna())
		b.leave("2028-02-29 08:00", anna())
		b.enter("2028-03-10 08:00", anna())
		b.leave("2028-03-11 08:00", anna())
		b.holds("2031-02-28 1 2 0", "2031-03-01 1 1 0")
	})
	onBoth(t, func(b *border) {
		b.enter("2028-02-20 08:00", anna())
		b.leave("2028-02-29 08:00", anna())
		b.holds("2031-02-28 1 1 0", "2031-03-01 1 1 0", "2031-03-02 0 0 0")
	})
}

// A day is over when it is over in the westernmost operating zone: the duty
// erases nothing at midnight in Lisbon while the Azores still have the last day.
func TestArt34_DayEndsInTheWesternmostZone(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-01-01 08:00", anna())
		b.leave("2026-01-10 08:00", anna()) // kept to 2029-01-11; winter: the Azores are an hour behind UTC
		b.at("2029-01-12 00:59").retain()
		if n := b.tally("ees_file"); n != 1 {
			b.Error("erased before the day was over in the Azores")
		}
		b.at("2029-01-12 01:00").retain()
		if n := b.tally("ees_file"); n != 0 {
			b.Error("not erased after it")
		}
	})
}

// EES-009: a visa outlives the record it was first used on. Its days and entries
// move to the next record on it, so that the stays that follow are judged by them.
func TestArt34_1_VisaDaysMoveToTheNextRecord(t *testing.T) {
	onBoth(t, func(b *border) {
		req := mehmet()
		req.Visa = &ees.VisaInput{Number: "V12345678", Issuer: "FRA", ValidFrom: day("2026-04-01"), ValidUntil: day("2031-03-31"), Days: 90}
		b.enter("2026-05-01 08:00", req)
		out := mehmet()
		b.leave("2026-05-10 08:00", out)
		b.enter("2028-05-01 08:00", req)
		b.leave("2028-05-10 08:00", out)
		b.holds("2029-05-11 1 1 0")
		if n := b.tally("ees_by_visa"); n != 1 {
			b.Errorf("%d lookups by the visa still in use", n)
		}
		r := b.enter("2029-06-01 08:00", req)
		if *r.StayEnd != day("2029-08-29") {
			b.Errorf("the stay ends on %s; 90 days are allowed", r.StayEnd)
		}
		b.leave("2029-06-02 08:00", out)
		b.holds("2032-06-04 0 0 0")
		if n := b.tally("ees_by_visa"); n != 0 {
			b.Errorf("%d lookups are left", n)
		}
	})
}

// The periods are read from the parameters of the day.
func TestArt34_PeriodsAreThoseOfTheLaw(t *testing.T) {
	for _, c := range []struct {
		param *law.Param[law.Period]
		from  string
		until string
	}{
		{&law.KeepRecord, "2026-05-20", "2029-05-20"}, {&law.KeepRefusal, "2026-05-20", "2029-05-20"},
		{&law.KeepFile, "2026-05-20", "2029-05-21"}, {&law.KeepNoExit, "2026-07-29", "2031-07-29"},
		{&law.KeepFamily, "2026-05-20", "2027-05-20"}, {&law.KeepFamilyNoExit, "2026-05-01", "2031-05-01"},
		{&law.KeepRecord, "2028-02-29", "2031-02-28"},
	} {
		p, err := c.param.On(day(c.from))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.After(day(c.from)); got != day(c.until) {
			t.Errorf("%s from %s ends on %s, want %s", c.param.Name, c.from, got, c.until)
		}
	}
}
