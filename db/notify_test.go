package db_test

import (
	"context"
	"errors"
	"testing"

	"limen/db"
	"limen/db/dbtest"
)

// What a transaction has to say is said once, when others see its rows, and never
// for one that failed or was tried again.
func TestNotifyFollowsTheCommitAlone(t *testing.T) {
	dbtest.Each(t, nil, func(t *testing.T, s *db.Store) {
		ctx := context.Background()
		if err := s.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`CREATE TABLE told (n BIGINT NOT NULL PRIMARY KEY)`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		heard, other := []any{}, 0
		stop := s.Listen("numbers", func(n any) {
			heard = append(heard, n)
			var rows int
			if err := s.Read(ctx, func(tx *db.Tx) error { return tx.Row(`SELECT COUNT(*) FROM told`).Scan(&rows) }); err != nil || rows == 0 {
				t.Errorf("told before the commit: %d rows, %v", rows, err)
			}
		})
		s.Listen("letters", func(any) { other++ })
		put := func(n int, fails error) error {
			return s.WriteByKey(ctx, func(tx *db.Tx) error {
				tx.Notify("numbers", n)
				if _, err := tx.Exec(`INSERT INTO told (n) VALUES ($1)`, n); err != nil {
					return err
				}
				return fails
			})
		}
		gone := errors.New("gone")
		if err := put(1, gone); !errors.Is(err, gone) || len(heard) != 0 {
			t.Fatalf("after a failure: %v, heard %v", err, heard)
		}
		if err := put(1, nil); err != nil || len(heard) != 1 || heard[0] != 1 {
			t.Fatalf("after the commit: %v, heard %v", err, heard)
		}
		// The key is taken: the transaction runs several times and never commits.
		if err := put(1, nil); err == nil || len(heard) != 1 {
			t.Fatalf("after a taken key: %v, heard %v", err, heard)
		}
		stop()
		if err := put(2, nil); err != nil || len(heard) != 1 || other != 0 {
			t.Fatalf("after stopping: %v, heard %v, other topics %d", err, heard, other)
		}
	})
}
