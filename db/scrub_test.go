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

// On a server, what an erasure leaves in the files of a table and of its indexes is
// beyond every query after Scrub, and gone after Rewrite; what was not erased is
// whole. The server's own log is not looked at: it is not in a client's reach.
func TestRewriteLeavesNothingInAServersFiles(t *testing.T) {
	s := dbtest.Open(t, db.Postgres, register, db.Options{})
	ctx := t.Context()
	const people, gone = 2000, 1500
	err := s.Write(ctx, func(tx *db.Tx) error {
		for i := range people {
			if _, err := tx.Exec(`INSERT INTO person (pid, n, photo, alive) VALUES ($1, 0, $2, TRUE)`, fmt.Sprintf("trace-%06d-of", i*7919%people), []byte("some")); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Write(ctx, func(tx *db.Tx) error {
		// The planner's statistics take samples of the values.
		if _, err := tx.Exec(`ANALYZE person`); err != nil {
			return err
		}
		_, err := tx.Exec(`DELETE FROM person WHERE pid < $1`, fmt.Sprintf("trace-%06d", gone))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	sampled := func() (n int) {
		t.Helper()
		if err := s.Read(ctx, func(tx *db.Tx) error {
			return tx.Row(`SELECT count(*) FROM pg_stats WHERE tablename = 'person' AND histogram_bounds::text LIKE '%trace-000000-of%'`).Scan(&n)
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if sampled() == 0 {
		t.Error("no value was in the statistics before: the test proves nothing")
	}
	left := func() (erased, kept int) {
		t.Helper()
		// What the server has in memory goes to its files first.
		if err := s.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(`CHECKPOINT`); return err }); err != nil {
			t.Fatal(err)
		}
		var content []byte
		err := s.Read(ctx, func(tx *db.Tx) error {
			rows, err := tx.Query(`SELECT current_setting('data_directory') || '/' || pg_relation_filepath(c.oid) FROM pg_class c
				WHERE c.relname IN ('person', 'pg_statistic') OR c.oid = (SELECT reltoastrelid FROM pg_class WHERE relname = 'pg_statistic') OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'person'::regclass)`)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var path string
				if err := rows.Scan(&path); err != nil {
					return err
				}
				b, err := os.ReadFile(path)
				if errors.Is(err, os.ErrPermission) {
					t.Skip("the server's files are another user's")
				}
				if err != nil {
					return err
				}
				content = append(content, b...)
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range people {
			switch there := bytes.Contains(content, fmt.Appendf(nil, "trace-%06d-of", i)); {
			case there && i < gone:
				erased++
			case there:
				kept++
			}
		}
		return erased, kept
	}
	if erased, _ := left(); erased == 0 {
		t.Error("nothing was left before: the test proves nothing")
	}
	if err := s.Scrub(ctx, "person"); err != nil {
		t.Fatal(err)
	}
	if sampled() != 0 {
		t.Error("the statistics still have a value that was erased")
	}
	erased, _ := left()
	t.Logf("%d of %d erased rows stand in the files after Scrub", erased, gone)
	if err := s.Rewrite(ctx, "person"); err != nil {
		t.Fatal(err)
	}
	if erased, kept := left(); erased != 0 || kept != people-gone {
		t.Errorf("after Rewrite %d of %d erased rows are in the files, and %d of %d others", erased, gone, kept, people-gone)
	}
	if err := s.Read(ctx, func(tx *db.Tx) error { return s.Rewrite(tx.Context(), "person") }); err == nil {
		t.Error("inside a transaction")
	}
	if err := s.Rewrite(ctx, "nothing"); err == nil {
		t.Error("a table that is not there")
	}
}
