package ees_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"limen/access"
	"limen/db"
	"limen/ees"
	"limen/law"
	"limen/ledger"
)

var immigration = access.Principal{Officer: "officer", Channel: "session", Authority: access.Authority{Kind: access.Immigration, State: "D", Name: "Ausländerbehörde"}}

// underLaw is a book of another day, or with another limit of stay.
func (b *border) underLaw(asOf, limit string) *law.Book {
	b.Helper()
	var amendments []law.Amendment
	if limit != "" {
		a, err := ees.ShortStayLimit.Draft([]law.DraftRow{{From: law.DraftText{Text: "2013-10-18"}, Value: law.DraftText{Text: limit}, Cite: law.DraftText{Text: "2016/399 art 6(1)"}}})
		if err != nil {
			b.Fatal(err)
		}
		amendments = append(amendments, a)
	}
	var asOfDay law.Date
	if asOf != "" {
		asOfDay = day(asOf)
	}
	book, err := law.NewBook(asOfDay, amendments...)
	if err != nil {
		b.Fatal(err)
	}
	return book
}

func (b *border) replay(ref ees.FileRef, book *law.Book) ees.FileReplay {
	b.Helper()
	again, err := run(b, immigration, ees.OpReplay, func(p access.Pass) (ees.FileReplay, error) { return b.register.ReplayFile(p, ref, book) })
	if err != nil {
		b.Fatal(err)
	}
	return again
}

// log is every entry of one operation, in no order.
func (b *border) logOf(op access.Op) (list []ledger.Entry) {
	b.Helper()
	err := b.store.Read(context.Background(), func(tx *db.Tx) error {
		list = nil
		page, err := b.log.Entries(tx, ledger.Filter{Limit: 1000})
		for _, r := range page.Records {
			if r.Entry.Operation == string(op) {
				list = append(list, r.Entry)
			}
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return list
}

// What the law in force decides again on a file is what was recorded; another
// limit differs on the stays that it shortens, with both chains of reasons; and
// a law of before the System decides nothing on the System's stays.
func TestArt26_StaysOfAFileDecidedAgain(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-05-01 08:00", anna())
		b.leave("2026-05-20 08:00", anna())
		r := b.enter("2026-08-01 08:00", anna())
		b.leave("2026-09-30 08:00", anna())
		b.enter("2026-10-20 08:00", anna())
		b.at("2026-11-05 12:00")

		same := b.replay(r.File, b.underLaw("2026-11-05", ""))
		if len(same.Stays) != 3 || same.Sum.StaysChanged != 0 || same.On != day("2026-11-05") || same.AsOf != day("2026-11-05") {
			b.Fatalf("%+v", same)
		}
		records := b.file(r.File).Records
		for i, s := range same.Stays {
			if s.RecordID != records[i].RecordID || s.Recorded == nil || s.Then.LastDay == nil || *s.Recorded != *s.Then.LastDay || !s.Same || len(s.Then.Reasons) == 0 {
				b.Errorf("stay %d: %+v, recorded %+v", i, s, records[i])
			}
		}

		less := b.replay(r.File, b.underLaw("", "30 days in any 180"))
		if less.Sum != (ees.Effect{Files: 1, Stays: 3, FilesChanged: 1, StaysChanged: 3, DaysLost: less.Sum.DaysLost, NewOverstays: 2}) {
			b.Errorf("%+v", less.Sum)
		}
		// 20 days used until 2026-05-20, so 10 of 30 are left on 2026-08-01.
		if s := less.Stays[1]; s.Same || s.Gained != int(day("2026-08-10")-*s.Then.LastDay) || *s.Under.LastDay != day("2026-08-10") || s.Under.OverstayDays != 51 || !slices.Equal(s.Changed, []law.Code{"last_day", "overstay_days"}) {
			b.Errorf("%+v", s)
		}

		if none := b.replay(r.File, b.underLaw("2025-10-11", "")); none.Sum.Undecided != 3 || none.Stays[0].Under.Refused != "no_law_on_day" || none.Stays[0].Then.Refused != "" {
			b.Errorf("%+v", none)
		}

		_, err := run(b, guard, ees.OpReplay, func(p access.Pass) (ees.FileReplay, error) { return b.register.ReplayFile(p, r.File, nil) })
		var refusal *law.Refusal
		if !errors.As(err, &refusal) || refusal.Code != "not_granted" {
			b.Errorf("a guard may: %v", err)
		}
		for _, e := range b.logOf(ees.OpReplay) {
			if e.Outcome == "done" && (!slices.Equal(e.Subjects, []string{string(r.File)}) || !slices.Equal(e.Sent, []string{"entry_exit_records", "stay_calculation"}) || len(e.Searched) != 1) {
				b.Errorf("%+v", e)
			}
		}
	})
}

// A rehearsal looks at every file once, in steps that may be stopped and taken
// up, counts what would differ, names records only when asked to, leaves the
// register as it was, and logs every step.
func TestArt63_RehearsalOverAllFiles(t *testing.T) {
	onBoth(t, func(b *border) {
		people := []ees.CheckRequest{anna(), traveller("SMITH", "JO", "1990-01-01", "X", "CAN", "CA1"), traveller("STONE", "AL", "1991-01-01", "M", "CAN", "CA2")}
		var files []ees.RecordView
		for _, who := range people {
			files = append(files, b.enter("2026-05-01 08:00", who))
		}
		b.leave("2026-05-20 08:00", people[0])
		b.leave("2026-06-20 08:00", people[1])
		b.at("2026-07-01 08:00")
		var before []ees.FileView
		for _, f := range files {
			before = append(before, b.file(f.File))
		}
		entered := len(b.logOf(ees.OpReplay))

		book := b.underLaw("", "30 days in any 180")
		steps := 0
		whole, err := b.register.Rehearse(context.Background(), b.door, book, "", false, func(ees.Rehearsal) { steps++ })
		want := ees.Effect{Files: 3, Stays: 3, FilesChanged: 3, StaysChanged: 3, DaysLost: 180, NewOverstays: 2}
		if err != nil || whole.Effect != want || whole.Changed != nil || steps != 1 {
			b.Fatalf("%+v in %d steps, %v; want %+v", whole, steps, err, want)
		}
		entries := b.logOf(ees.OpReplay)
		if len(entries) != entered+2 { // the files, and finding that there are no more
			b.Fatalf("%d entries", len(entries)-entered)
		}
		subjects := 0
		for _, e := range entries {
			subjects += len(e.Subjects)
			if !slices.Equal(e.Sent, []string{"anonymous_counts"}) || e.Purpose != "statistics_report" || e.Grant != "2017/2226 art 63" {
				b.Errorf("%+v", e)
			}
		}
		if subjects != 3 {
			b.Errorf("%d persons in the log", subjects)
		}

		listed, err := b.register.Rehearse(context.Background(), b.door, book, "", true, nil)
		if err != nil || len(listed.Changed) != 3 || !slices.Contains(listed.Changed, files[1].RecordID) {
			b.Errorf("%+v, %v", listed, err)
		}
		if n := len(slices.DeleteFunc(b.logOf(ees.OpReplay), func(e ledger.Entry) bool { return !slices.Contains(e.Sent, "existence_of_a_file") })); n != 1 {
			b.Errorf("%d entries say that references were handed out", n)
		}

		var refs []string
		for _, f := range files {
			refs = append(refs, string(f.File))
		}
		slices.Sort(refs)
		rest, err := b.register.Rehearse(context.Background(), b.door, book, ees.FileRef(refs[0]), false, nil)
		if err != nil || rest.Files != 2 || rest.After != ees.FileRef(refs[2]) {
			b.Errorf("%+v, %v", rest, err)
		}
		stopped, stop := context.WithCancel(context.Background())
		stop()
		if cut, err := b.register.Rehearse(stopped, b.door, book, ees.FileRef(refs[0]), false, nil); err == nil || cut.After != ees.FileRef(refs[0]) || cut.Files != 0 {
			b.Errorf("stopped before it began: %+v, %v", cut, err)
		}
		for i, f := range files {
			if after := b.file(f.File); !reflect.DeepEqual(after, before[i]) {
				b.Errorf("the rehearsal changed\n%+v\nto\n%+v", before[i], after)
			}
		}
	})
}

// Of many files no step reads more than its bound, and all of them are read.
func TestArt63_RehearsalInSteps(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-07-01 08:00")
		err := b.store.Write(context.Background(), func(tx *db.Tx) error {
			for i := range 450 {
				tx.Later(`INSERT INTO ees_file (ref, cir_file, visa_required, family_member, face, fingers, created_at, created_by, responsible, incomplete, version, restricted, last_event_on)
					VALUES ($1, $2, $3, $4, 'MISSING', 'MISSING', $5, 'test', 'FRA', $6, 1, $7, '2026-05-01')`,
					fmt.Sprintf("ref-%04d", i), fmt.Sprintf("cir-%04d", i), false, false, tx.Now().UnixMicro(), false, restriction(i))
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		var seen []int64
		sum, err := b.register.Rehearse(context.Background(), b.door, b.underLaw("2026-05-01", ""), "", false, func(r ees.Rehearsal) { seen = append(seen, r.Files+r.Skipped) })
		if err != nil || !slices.Equal(seen, []int64{200, 400, 450}) || sum.Files != 449 || sum.Skipped != 1 {
			b.Errorf("%v %+v, %v", seen, sum, err)
		}
	})
}

// restriction restricts one file in all.
func restriction(i int) any {
	if i == 7 {
		return `{"on":"2026-06-01","by":"test","state":"FRA","why":"disputed"}`
	}
	return nil
}
