package db_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"limen/db"
	"limen/db/dbtest"
)

var photo = bytes.Repeat([]byte{7}, 3000)

func insertPhoto(tx *db.Tx, pid string, n int) error {
	_, err := tx.Exec(`INSERT INTO person (pid, n, photo, alive) VALUES ($1, $2, $3, TRUE)`, pid, n, photo)
	return err
}

// fill writes until the store is full and returns how many writes it took.
func fill(t *testing.T, s *db.Store, pid string) int {
	t.Helper()
	for n := range 10000 {
		err := s.Write(context.Background(), func(tx *db.Tx) error { return insertPhoto(tx, pid, n) })
		if errors.Is(err, db.ErrFull) {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("never full")
	return 0
}

// On a full file nothing acknowledged is lost, readings go on, and with room
// writes go on without a restart.
func TestFullFile(t *testing.T) {
	s := dbtest.Open(t, db.SQLite, register, db.Options{MaxBytes: 1 << 20})
	ctx := context.Background()
	n := fill(t, s, "a")
	if n < 100 {
		t.Fatalf("full after %d writes", n)
	}
	if got := count(t, s, "person"); got != n {
		t.Fatalf("%d persons, want %d", got, n)
	}
	err := s.Observe(ctx, func(tx *db.Tx) error {
		tx.Later(`INSERT INTO person (pid, n, photo, alive) VALUES ('log', 0, $1, TRUE)`, photo)
		return nil
	})
	if !errors.Is(err, db.ErrFull) {
		t.Fatalf("without a reserve the log is full too: %v", err)
	}
	if err := s.Reclaim(ctx, func(tx *db.Tx) error { _, err := tx.Exec(`DELETE FROM person WHERE n < 20`); return err }); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(ctx, func(tx *db.Tx) error { return insertPhoto(tx, "b", 0) }); err != nil {
		t.Fatal(err)
	}
}

// SQLite gives up the whole transaction when the disk is full. The other jobs
// of the group are carried out nevertheless.
func TestFullFileHarmsOnlyWhoNeedsTheRoom(t *testing.T) {
	s := dbtest.Open(t, db.SQLite, register, db.Options{MaxBytes: 1 << 20})
	ctx := context.Background()
	fill(t, s, "a")
	if err := s.Reclaim(ctx, func(tx *db.Tx) error { _, err := tx.Exec(`DELETE FROM person WHERE n < 60`); return err }); err != nil {
		t.Fatal(err)
	}
	inside, goOn := make(chan bool), make(chan bool)
	var wg sync.WaitGroup
	wg.Go(func() {
		first := true
		s.Write(ctx, func(tx *db.Tx) error {
			if first {
				first = false
				inside <- true
				<-goOn
			}
			return nil
		})
	})
	<-inside
	const callers = 20
	runs := make([]int, callers)
	for i := range callers {
		wg.Go(func() {
			err := s.Write(ctx, func(tx *db.Tx) error {
				runs[i]++
				rows := 1
				if i%7 == 3 {
					rows = 300 // more than there is room for
				}
				for n := range rows {
					if err := insertPhoto(tx, fmt.Sprint("p", i), n); err != nil {
						return err
					}
				}
				return nil
			})
			if full := errors.Is(err, db.ErrFull); full != (i%7 == 3) || err != nil && !full {
				t.Errorf("job %d: %v", i, err)
			}
		})
		for s.Stats().QueueLength < int64(i+1) {
		}
	}
	close(goOn)
	wg.Wait()
	if n := count(t, s, `person WHERE pid LIKE 'p%'`); n != callers-3 {
		t.Errorf("%d rows, want %d", n, callers-3)
	}
	again := 0
	for _, n := range runs {
		again += n - 1
	}
	if again == 0 {
		t.Error("no job was run again: the test shows nothing")
	}
}

// Writes stop at the reserve; logged readings and erasure may use it.
func TestReserveIsForTheLogAndForErasure(t *testing.T) {
	var log bytes.Buffer
	o := db.Options{MaxBytes: 1 << 20, ReserveBytes: 200 << 10, Log: slog.New(slog.NewTextHandler(&log, nil))}
	s := dbtest.Open(t, db.SQLite, register, o)
	ctx := context.Background()
	n := fill(t, s, "a")
	for i := range 20 {
		var found int
		err := s.Observe(ctx, func(tx *db.Tx) error {
			tx.Later(`INSERT INTO person (pid, n, photo, alive) VALUES ('log', $1, $2, TRUE)`, i, photo)
			return tx.Row(`SELECT count(*) FROM person WHERE pid = 'a'`).Scan(&found)
		})
		if err != nil || found != n {
			t.Fatalf("reading %d: %v, %d", i, err, found)
		}
	}
	erase := func(tx *db.Tx) error { _, err := tx.Exec(`DELETE FROM person WHERE n < 40`); return err }
	if err := s.Write(ctx, erase); !errors.Is(err, db.ErrFull) {
		t.Errorf("write: %v", err)
	}
	if err := s.Reclaim(ctx, erase); err != nil {
		t.Errorf("reclaim: %v", err)
	}
	if err := s.Write(ctx, func(tx *db.Tx) error { return insertPhoto(tx, "b", 0) }); err != nil {
		t.Errorf("after room was made: %v", err)
	}
	for _, line := range []string{"room is short", "there is room again"} {
		if strings.Count(log.String(), line) != 1 {
			t.Errorf("the log does not say once %q:\n%s", line, log.String())
		}
	}
}

// The reserve counts against the file system too.
func TestReserveOfTheFileSystem(t *testing.T) {
	s := dbtest.Open(t, db.SQLite, register, db.Options{ReserveBytes: 1 << 60})
	ctx := context.Background()
	if err := s.Write(ctx, func(tx *db.Tx) error { return insert(tx, "a", 1) }); !errors.Is(err, db.ErrFull) {
		t.Errorf("write: %v", err)
	}
	err := s.Observe(ctx, func(tx *db.Tx) error {
		tx.Later(`INSERT INTO country (code, name) VALUES ('X', 'x')`)
		return nil
	})
	if err != nil {
		t.Errorf("observe: %v", err)
	}
}

// Limits are SQLite's; a server refuses to be told.
func TestOpenRefuses(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		url string
		o   db.Options
	}{
		{url: ""},
		{url: "sqlite:"},
		{url: "sqlite::memory:"},
		{url: "sqlite:" + filepath.Join(t.TempDir(), "no", "such", "folder", "x.db")},
		{url: "mysql://localhost/x"},
		{url: "sqlite:" + filepath.Join(t.TempDir(), "x.db"), o: db.Options{MaxBytes: -1}},
		{url: dbtest.Postgres(t), o: db.Options{MaxBytes: 1}},
		{url: dbtest.Postgres(t) + "&synchronous_commit=off"},
		{url: "postgres://user:SECRET@%zz/x"},
		{url: "postgres:///x?host=/nonexistent&user=u&password=SECRET"},
	} {
		s, err := db.Open(ctx, c.url, c.o)
		if err == nil {
			s.Close()
			t.Errorf("%s %+v was opened", c.url, c.o)
		} else if strings.Contains(err.Error(), "SECRET") {
			t.Errorf("the password is in the error: %v", err)
		}
	}
}
