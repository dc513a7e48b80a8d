package ees_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"limen/access"
	"limen/ees"
	"limen/law"
)

// passports are one person under three nationalities.
var passports = []ees.CheckRequest{
	traveller("PELLETIER", "ANNA", "1988-02-11", "F", "CAN", "CA884411"),
	traveller("PELLETIER", "ANNA", "1988-02-11", "F", "USA", "US991122"),
	traveller("PELLETIER", "ANNA", "1988-02-11", "F", "AUS", "AU551166"),
}

// threeFiles are a file for each passport, with a stay each.
func (b *border) threeFiles() (refs [3]ees.FileRef) {
	b.Helper()
	for i, stay := range [][2]string{{"2026-10-10 09:00", "2026-10-19 09:00"}, {"2026-11-01 09:00", "2026-11-05 09:00"}, {"2026-11-10 09:00", "2026-11-12 09:00"}} {
		refs[i] = b.enter(stay[0], passports[i]).File
		b.leave(stay[1], passports[i])
	}
	return refs
}

func (b *border) undo(survivor, merged ees.FileRef, later string) {
	b.Helper()
	if _, err := b.tryUndo(survivor, merged, later); err != nil {
		b.Fatalf("undoing %s into %s: %v", merged, survivor, err)
	}
}

// The first file goes into the second and that into the third: the merges are
// undone in the reverse order and in no other, and every file is as it was.
func TestArt35_1_ChainOfMergesIsUndone(t *testing.T) {
	onBoth(t, func(b *border) {
		refs := b.threeFiles()
		b.at("2026-11-20 09:00")
		before := b.rows(refs[:]...)
		b.merge(refs[1], refs[0])
		between := b.rows(refs[:]...)
		b.merge(refs[2], refs[1])
		if f := b.file(refs[2]); len(f.Records) != 3 || len(f.Documents) != 3 || f.Stay.DaysUsed != 18 {
			b.Fatalf("%d records, %d documents, %+v", len(f.Records), len(f.Documents), f.Stay)
		}
		_, err := b.tryUndo(refs[2], refs[0], "")
		refused(b.T, err, "merge_undo_order")
		_, err = b.tryUndo(refs[1], refs[0], "")
		if r := refused(b.T, err, "file_merged"); r.Facts[0].Value != string(refs[2]) {
			b.Errorf("%+v", r)
		}
		b.undo(refs[2], refs[1], "")
		if got := b.rows(refs[:]...); !slices.Equal(got, between) {
			b.Errorf("after the first undoing:\n%q\nwant\n%q", got, between)
		}
		_, err = b.tryUndo(refs[2], refs[1], "")
		refused(b.T, err, "not_merged")
		b.undo(refs[1], refs[0], "")
		if got := b.rows(refs[:]...); !slices.Equal(got, before) {
			b.Errorf("after the second undoing:\n%q\nwant\n%q", got, before)
		}
	})
}

// A crossing after a chain of merges goes, undoing by undoing, to the person whom
// the officer names; the days of the others no longer count in it.
func TestArt35_1_CrossingAfterAChainOfMerges(t *testing.T) {
	onBoth(t, func(b *border) {
		refs := b.threeFiles()
		b.at("2026-11-20 09:00")
		b.merge(refs[1], refs[0])
		b.merge(refs[2], refs[1])
		joined := b.enter("2026-11-21 09:00", passports[0])
		if joined.File != refs[2] || *joined.StayEnd != day("2027-01-31") { // 18 days used before
			b.Fatalf("%+v", joined)
		}
		b.at("2026-11-22 09:00")
		_, err := b.tryUndo(refs[2], refs[1], "")
		refused(b.T, err, "merge_undo_after_crossing")
		b.undo(refs[2], refs[1], "merged")
		if f := b.file(refs[2]); len(f.Records) != 1 || f.Inside {
			b.Errorf("the third: %+v", f.Records)
		}
		if r := b.file(refs[1]).Records; len(r) != 3 || *r[2].StayEnd != day("2027-02-03") { // 15 days used before
			b.Errorf("the second: %+v", r)
		}
		_, err = b.tryUndo(refs[1], refs[0], "")
		refused(b.T, err, "merge_undo_after_crossing")
		b.undo(refs[1], refs[0], "merged")
		if f := b.file(refs[0]); len(f.Records) != 2 || !f.Inside || *f.Records[1].StayEnd != day("2027-02-08") { // 10 days used before
			b.Errorf("the first: %+v", f.Records)
		}
		if f := b.file(refs[1]); len(f.Records) != 1 || f.Inside {
			b.Errorf("the second: %+v", f.Records)
		}
		if out := b.leave("2026-11-25 09:00", passports[0]); out.File != refs[0] || out.Entry.On != day("2026-11-21") {
			b.Errorf("%+v", out)
		}
	})
}

// A crossing decided on while its file is merged into another: one of them comes
// first and the other is told, and no crossing is lost.
func TestArt35_1_MergeMeetsACrossing(t *testing.T) {
	onBoth(t, func(b *border) {
		merged, crossed := 0, 0
		for n := range 6 {
			one, other := newPerson(passports[0], n), newPerson(passports[1], n)
			at := b.clock.Now()
			moment := func(days int) string { return at.AddDate(0, 0, days).Format("2006-01-02") + " 09:00" }
			first := b.enter(moment(1), one).File
			b.leave(moment(2), one)
			second := b.enter(moment(3), other).File
			other.Direction = ees.Exit
			c := b.at(moment(4)).check(other)
			req := ees.MergeRequest{Survivor: first, Merged: second, Why: "the same face", SurvivorVersion: b.file(first).Version, MergedVersion: b.file(second).Version}
			var both sync.WaitGroup
			var mergeErr, crossErr error
			both.Go(func() {
				_, mergeErr = run(b, caseworker, ees.OpMergeFiles, func(p access.Pass) (ees.MergeView, error) { return b.register.MergeFiles(p, req) })
			})
			both.Go(func() { _, crossErr = b.tryCross(ees.CrossingRequest{CheckID: c.CheckID}) })
			both.Wait()
			switch {
			case mergeErr == nil && refusedAs(crossErr, "file_merged", "file_changed"):
				merged++
				if f := b.file(first); len(f.Records) != 2 || !f.Inside {
					b.Errorf("merged: %+v", f.Records)
				}
			case crossErr == nil && refusedAs(mergeErr, "file_changed"):
				crossed++
				if f := b.file(second); len(f.Records) != 1 || f.Inside || f.Records[0].State != "CLOSED" {
					b.Errorf("crossed: %+v", f.Records)
				}
			default:
				b.Errorf("merge: %v; crossing: %v", mergeErr, crossErr)
			}
		}
		b.Logf("%d merges and %d crossings came first", merged, crossed)
	})
}

func refusedAs(err error, codes ...law.Code) bool {
	var r *law.Refusal
	return errors.As(err, &r) && slices.Contains(codes, r.Code)
}

// newPerson is somebody with a name, a birth date and a document of an own.
func newPerson(who ees.CheckRequest, n int) ees.CheckRequest {
	id, doc := *who.Identity, *who.Document
	id.Surname = []string{"ADAMS", "BRODIE", "CHAPLIN", "DUNCAN", "ELLIOTT", "FRASER"}[n]
	id.BirthDate = fmt.Sprintf("19%d-03-0%d", 60+n, n+1)
	doc.Number += string(rune('A' + n))
	who.Identity, who.Document = &id, &doc
	return who
}

// Who tells two files apart has seen both as they are.
func TestArt35_1_TellingApartChecksBothVersions(t *testing.T) {
	onBoth(t, func(b *border) {
		first, second := b.twoFiles()
		req := ees.ApartRequest{File: first, Other: second, Why: "two faces", FileVersion: b.file(first).Version, OtherVersion: b.file(second).Version}
		tell := func(change func(*ees.ApartRequest)) error {
			r := req
			change(&r)
			_, err := run(b, caseworker, ees.OpTellApart, func(p access.Pass) (ees.ApartView, error) { return b.register.TellApart(p, r) })
			return err
		}
		refused(b.T, tell(func(r *ees.ApartRequest) { r.FileVersion++ }), "file_changed")
		if r := refused(b.T, tell(func(r *ees.ApartRequest) { r.OtherVersion-- }), "file_changed"); r.Field != "other" {
			b.Errorf("%+v", r)
		}
		if err := tell(func(*ees.ApartRequest) {}); err != nil {
			b.Error(err)
		}
	})
}
