package ees_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"limen/access"
	"limen/db"
	"limen/ees"
	"limen/law"
	"limen/ledger"
)

var overseer = access.Principal{Officer: "overseer", Channel: "session", Authority: access.Authority{Kind: access.Supervisor, State: "EUE", Name: "EDPS"}}

// seal brings every entry under a checkpoint.
func (b *border) seal() {
	b.Helper()
	for {
		n, err := b.log.Integrate(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// verify checks the whole log, sealed.
func (b *border) verify() ledger.Report {
	b.Helper()
	b.seal()
	r, err := b.log.Verify(context.Background(), ledger.VerifyOptions{})
	if err != nil {
		b.Fatalf("the log does not verify: %v", err)
	}
	return r
}

func (b *border) eraseLogs(day string) int {
	b.Helper()
	b.seal()
	n, err := b.register.EraseLogs(context.Background(), b.at(day+" 01:30").door, b.log, nil)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// about counts the log entries about a file.
func (b *border) about(ref ees.FileRef) int {
	b.Helper()
	n := 0
	err := b.store.Read(context.Background(), func(tx *db.Tx) error {
		page, err := b.log.Entries(tx, ledger.Filter{Subject: string(ref), Limit: 1000})
		n = len(page.Records)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// EES-063: the log entries about a person go one year after the person's data,
// not a day before; the log verifies as before, and the entry of the erasure, in
// which nobody is named, stays and proves the erasure to whoever has the
// reference.
func TestArt46_4_LogsGoAYearAfterTheData(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-05-01 08:00", anna())
		r := b.leave("2026-05-20 08:00", anna())
		if n := b.eraseLogs("2029-05-21"); n != 0 {
			b.Errorf("erased the entries of %d files that are there", n)
		}
		b.holds("2029-05-22 0 0 0") // kept to 2030-05-22
		had := b.about(r.File)
		if had < 3 {
			b.Fatalf("%d entries about the file", had)
		}
		if n := b.eraseLogs("2030-05-22"); n != 0 || b.about(r.File) != had {
			b.Errorf("erased too early: %d entries of %d left", b.about(r.File), had)
		}
		if n := b.eraseLogs("2030-05-23"); n != 1 || b.about(r.File) != 0 {
			b.Errorf("%d entries are left", b.about(r.File))
		}
		if report := b.verify(); report.Erased != int64(had) {
			b.Errorf("the log knows of %d erased entries, want %d", report.Erased, had)
		}
		if n := b.tally("ees_ended"); n != 0 {
			b.Error("the reference is still noted")
		}
		var proofs []string
		err := b.store.Read(context.Background(), func(tx *db.Tx) error {
			page, err := b.log.Entries(tx, ledger.Filter{Operation: string(ees.OpEraseDue), Limit: 1000})
			for _, e := range page.Records {
				proofs = append(proofs, e.ProvesErasure(string(r.File))...)
				if len(e.ProvesErasure("another file")) != 0 || slices.Contains(e.Entry.Subjects, string(r.File)) {
					b.Errorf("%+v", e.Entry)
				}
			}
			return err
		})
		if err != nil || !slices.Equal(proofs, []string{"file, 2017/2226 art 34(2)"}) {
			b.Errorf("the erasure is proved by %v: %v", proofs, err)
		}
	})
}

// EES-063: an entry about several persons goes when the last of them is due.
func TestArt46_4_EntryOfSeveralGoesWithTheLast(t *testing.T) {
	onBoth(t, func(b *border) {
		first := b.enter("2026-05-01 08:00", anna())
		other := b.enter("2026-05-11 08:00", traveller("DOE", "JOHN", "1970-03-04", "M", "USA", "US111"))
		b.at("2026-09-01 08:00").flag() // one entry about both; kept to 2031-07-29 and 2031-08-08
		b.holds("2031-07-30 1 1 0", "2031-08-09 0 0 0")
		if n := b.eraseLogs("2032-07-31"); n != 1 {
			b.Errorf("%d files", n)
		}
		if n := b.about(first.File); n != 1 {
			b.Errorf("%d entries about the first; the one about both should be left", n)
		}
		b.eraseLogs("2032-08-10")
		if n := b.about(first.File) + b.about(other.File); n != 0 {
			b.Errorf("%d entries are left", n)
		}
		b.verify()
	})
}

// EES-063: what a monitoring procedure needs stays until it is released.
func TestArt46_4_SupervisorHoldsLogs(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-05-01 08:00", anna())
		r := b.leave("2026-05-20 08:00", anna())
		b.holds("2029-05-22 0 0 0")
		hold := ees.LogHold{File: r.File, Procedure: "2029-17"}
		if _, err := run(b, overseer, ees.OpHoldLogs, func(p access.Pass) (ees.LogHoldView, error) { return b.register.HoldLogs(p, hold) }); err != nil {
			b.Fatal(err)
		}
		if n := b.eraseLogs("2031-01-01"); n != 0 || b.about(r.File) == 0 {
			b.Error("held entries were erased")
		}
		l, err := run(b, overseer, ees.OpListLogHolds, func(p access.Pass) (ees.LogHoldList, error) { return b.register.ListLogHolds(p) })
		if err != nil || len(l.Holds) != 1 || l.Holds[0].LogHold != hold {
			b.Errorf("%+v %v", l, err)
		}
		release := func() error {
			_, err := run(b, overseer, ees.OpReleaseLogs, func(p access.Pass) (ees.LogHold, error) { return b.register.ReleaseLogs(p, hold) })
			return err
		}
		if err := release(); err != nil {
			b.Fatal(err)
		}
		var refusal *law.Refusal
		if err := release(); !errors.As(err, &refusal) || refusal.Code != "no_such_hold" {
			b.Errorf("released twice: %v", err)
		}
		if n := b.eraseLogs("2031-01-02"); n != 1 || b.about(r.File) != 0 {
			b.Errorf("%d entries are left", b.about(r.File))
		}
		b.verify()
	})
}

// Announcements name a file for thirty days, then numbers are left.
func TestArt35_7_AnnouncementsForgetTheReference(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-05-01 08:00", anna())
		b.leave("2026-05-20 08:00", anna())
		b.holds("2029-05-22 0 0 0")
		forget := func(day string) {
			if _, err := b.register.ForgetAnnouncements(context.Background(), b.at(day+" 08:00").door, nil); err != nil {
				b.Fatal(err)
			}
		}
		if a := b.announced(); len(a) != 0 {
			b.Errorf("told before everything of the moment has settled: %+v", a)
		}
		forget("2029-06-21")
		if a := b.announced(); len(a) != 1 {
			b.Errorf("%+v", a)
		}
		forget("2029-06-22")
		if a := b.announced(); len(a) != 0 {
			b.Errorf("%+v", a)
		}
		if n := b.tally("ees_erased_count WHERE told_on = '2029-05-22' AND kind = 'file_erased' AND n = 1"); n != 1 {
			b.Error("the erasure is not counted")
		}
	})
}

// EES-061, EES-063: after the erasure of the data and of the log entries nothing
// of the person is left in the database file or its write-ahead log: not in a
// table, not in an index, not in a free page. On a server that is so once the tables
// were written anew; its write-ahead log is its operator's.
func TestArt34_5_NothingIsLeftInTheBytes(t *testing.T) {
	onBoth(t, func(b *border) {
		// Others stay, so that pages are shared.
		for i, number := range []string{"US1", "US2", "US3"} {
			b.enter("2026-04-01 08:00", traveller("STAYER"+string(rune('A'+i)), "JOHN", fmt.Sprintf("197%d-03-04", i), "M", "USA", number))
		}
		b.enter("2026-05-01 08:00", anna())
		r := b.leave("2026-05-20 08:00", anna())
		traces := []string{"PELLETIER", "CA884411", "1988-02-11", string(r.File)}
		for _, trace := range traces {
			if !b.inBytes(trace) {
				b.Fatalf("%q was never in the file", trace)
			}
		}
		b.holds("2029-05-22 3 3 0")
		b.at("2029-07-01 08:00")
		if _, err := b.register.ForgetAnnouncements(context.Background(), b.door, nil); err != nil {
			b.Fatal(err)
		}
		if _, err := b.register.PurgeChecks(context.Background(), b.door); err != nil {
			b.Fatal(err)
		}
		b.eraseLogs("2030-05-23")
		// The carriers' copy has taken its rows.
		if err := b.store.Write(context.Background(), func(tx *db.Tx) error { _, err := tx.Exec(`DELETE FROM ees_outbox`); return err }); err != nil {
			b.Fatal(err)
		}
		b.verify()
		if err := b.store.Rewrite(context.Background(), b.tables()...); err != nil {
			b.Fatal(err)
		}
		for _, trace := range traces {
			if b.inBytes(trace) {
				b.Errorf("%q is still in the file", trace)
			}
		}
		if !b.inBytes("STAYERA") {
			b.Error("the search finds nothing at all")
		}
		b.verify()
	})
}

// tables are all that there are.
func (b *border) tables() (names []string) {
	for _, row := range db.Plan(schemas) {
		names = append(names, row.Table)
	}
	return names
}

// inBytes searches the files of the database for a text: of a server's database all
// that its tables, indexes and statistics are in.
func (b *border) inBytes(text string) bool {
	b.Helper()
	query := `SELECT file FROM pragma_database_list WHERE name = 'main'`
	if b.store.Engine() == db.Postgres {
		query = `SELECT current_setting('data_directory') || '/base/' || oid FROM pg_database WHERE datname = current_database()`
		if err := b.store.Write(context.Background(), func(tx *db.Tx) error { _, err := tx.Exec(`CHECKPOINT`); return err }); err != nil {
			b.Fatal(err)
		}
	}
	path := ""
	if err := b.store.Read(context.Background(), func(tx *db.Tx) error { return tx.Row(query).Scan(&path) }); err != nil {
		b.Fatal(err)
	}
	files := []string{path, path + "-wal"}
	if b.store.Engine() == db.Postgres {
		entries, err := os.ReadDir(path)
		if errors.Is(err, os.ErrPermission) {
			b.Skip("the server's files are another user's")
		}
		if err != nil {
			b.Fatal(err)
		}
		files = nil
		for _, e := range entries {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			b.Fatal(err)
		}
		if bytes.Contains(content, []byte(text)) {
			return true
		}
	}
	return false
}
