package db_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"limen/db"
	"limen/db/dbtest"
)

// A conflict that comes back every time ends in ErrBusy, and what each attempt
// wrote is undone.
func TestConflictsWithoutEndAreBusy(t *testing.T) {
	t.Parallel()
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		s := dbtest.Open(t, db.Postgres, register, db.Options{})
		ctx := context.Background()
		if err := s.Write(ctx, func(tx *db.Tx) error { return insert(tx, "a", 0) }); err != nil {
			t.Fatal(err)
		}
		touch := func(tx *db.Tx) error { _, err := tx.Exec(`UPDATE person SET score = 1 WHERE pid = 'a'`); return err }
		attempts := 0
		err := s.Write(ctx, func(tx *db.Tx) error {
			attempts++
			if err := insert(tx, "b", 0); err != nil {
				return err
			}
			if err := s.Write(ctx, touch); err != nil {
				t.Error(err)
			}
			if err := touch(tx); err == nil {
				t.Error("no conflict")
			}
			return errors.New("the function's own words do not hide the conflict")
		})
		if !errors.Is(err, db.ErrBusy) || attempts < 3 || s.Stats().Retries != int64(attempts-1) {
			t.Errorf("%d attempts, %d retries: %v", attempts, s.Stats().Retries, err)
		}
		if n := count(t, s, "person"); n != 1 {
			t.Errorf("%d persons", n)
		}
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		address := "sqlite:" + filepath.Join(t.TempDir(), "limen.db")
		holder := dbtest.OpenAt(t, address, register, db.Options{})
		s := dbtest.OpenAt(t, address, register, db.Options{})
		ctx := context.Background()
		err := holder.Write(ctx, func(tx *db.Tx) error {
			if err := insert(tx, "a", 0); err != nil {
				return err
			}
			if n := count(t, s, "person"); n != 0 {
				t.Errorf("%d persons", n)
			}
			err := s.Write(ctx, func(tx *db.Tx) error { return insert(tx, "b", 0) })
			if !errors.Is(err, db.ErrBusy) || s.Stats().Retries < 3 {
				t.Errorf("%d retries: %v", s.Stats().Retries, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Write(ctx, func(tx *db.Tx) error { return insert(tx, "c", 0) }); err != nil {
			t.Error(err)
		}
		if n := count(t, holder, "person"); n != 2 {
			t.Errorf("%d persons", n)
		}
	})
}
