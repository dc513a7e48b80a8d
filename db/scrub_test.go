package db_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"limen/db"
	"limen/db/dbtest"
)

// After erasing, Scrub leaves nothing of an erased row in the file or its log,
// also not in the unused middle of pages that were written anew when rows moved
// between them; what is not erased is whole.
func TestScrubLeavesNothingOfErasedRows(t *testing.T) {
	s := dbtest.Open(t, db.SQLite, register, db.Options{})
	ctx := context.Background()
	r := rand.New(rand.NewPCG(1, 2))
	pids := make([]string, 3000)
	for i := range pids {
		pids[i] = fmt.Sprintf("%016x-%016x", r.Uint64(), r.Uint64())
	}
	write := func(pids []string, q string, args ...any) {
		t.Helper()
		for from := 0; from < len(pids); from += 50 {
			err := s.Write(ctx, func(tx *db.Tx) error {
				for _, pid := range pids[from : from+50] {
					if _, err := tx.Exec(q, append([]any{pid}, args...)...); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	write(pids, `INSERT INTO person (pid, n, photo, alive) VALUES ($1, 0, $2, TRUE)`, []byte("some"))
	gone := pids[:2000]
	write(gone, `DELETE FROM person WHERE pid = $1`)
	var path string
	if err := s.Read(ctx, func(tx *db.Tx) error {
		return tx.Row(`SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&path)
	}); err != nil {
		t.Fatal(err)
	}
	left := func(pids []string) int {
		n := 0
		var content []byte
		for _, suffix := range []string{"", "-wal"} {
			b, err := os.ReadFile(path + suffix)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			content = append(content, b...)
		}
		for _, pid := range pids {
			if bytes.Contains(content, []byte(pid)) {
				n++
			}
		}
		return n
	}
	before := left(gone)
	if before == 0 {
		t.Error("nothing was left before the scrubbing: the test proves nothing")
	}
	if err := s.Scrub(ctx); err != nil {
		t.Fatal(err)
	}
	if n := left(gone); n != 0 {
		t.Errorf("%d of %d erased rows are still in the files; %d were before", n, len(gone), before)
	}
	if n := left(pids[2000:]); n != 1000 {
		t.Errorf("%d of 1000 rows are there", n)
	}
	var verdict string
	if err := s.Read(ctx, func(tx *db.Tx) error {
		return tx.Row(`SELECT integrity_check FROM pragma_integrity_check`).Scan(&verdict)
	}); err != nil || verdict != "ok" {
		t.Errorf("the file is %q: %v", verdict, err)
	}
}

// A reader on an old snapshot keeps the log from being emptied; writers go on.
func TestScrubGivesWayToReaders(t *testing.T) {
	s := dbtest.Open(t, db.SQLite, register, db.Options{})
	ctx := context.Background()
	insert := func(n int) error {
		return s.Write(ctx, func(tx *db.Tx) error { return insertPhoto(tx, "a", n) })
	}
	if err := insert(0); err != nil {
		t.Fatal(err)
	}
	err := s.Read(ctx, func(tx *db.Tx) error {
		var n int
		if err := tx.Row(`SELECT count(*) FROM person`).Scan(&n); err != nil {
			return err
		}
		if err := insert(1); err != nil {
			return err
		}
		if err := s.Scrub(ctx); !errors.Is(err, db.ErrBusy) {
			t.Errorf("with a reader: %v", err)
		}
		return insert(2)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Scrub(ctx); err != nil {
		t.Errorf("without a reader: %v", err)
	}
	if err := s.Read(ctx, func(tx *db.Tx) error { return s.Scrub(tx.Context()) }); err == nil {
		t.Error("inside a transaction")
	}
}

// On a server, Scrub vacuums the tables named.
func TestScrubVacuums(t *testing.T) {
	s := dbtest.Open(t, db.Postgres, register, db.Options{})
	if err := s.Scrub(t.Context(), "person"); err != nil {
		t.Error(err)
	}
	if err := s.Scrub(t.Context(), "nothing"); err == nil {
		t.Error("a table that is not there")
	}
}
