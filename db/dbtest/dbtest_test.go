package dbtest_test

import (
	"context"
	"testing"
	"testing/fstest"
	"time"

	"limen/db"
	"limen/db/dbtest"
)

var one = []db.Schema{{Room: "one", Files: fstest.MapFS{"0001_one.sql": {Data: []byte("-- +goose Up\nCREATE TABLE one (a TEXT PRIMARY KEY);\n")}}}}

// Both engines run, each on a store of its own that begins empty.
func TestEachRunsBothEnginesOnFreshStores(t *testing.T) {
	seen := map[db.Engine]int{}
	for range 2 {
		dbtest.Each(t, one, func(t *testing.T, s *db.Store) {
			seen[s.Engine()]++
			err := s.Write(context.Background(), func(tx *db.Tx) error {
				_, err := tx.Exec(`INSERT INTO one VALUES ('only')`)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	if seen[db.SQLite] != 2 || seen[db.Postgres] != 2 {
		t.Errorf("ran %v", seen)
	}
}

// The clock moves when it is told to, and the stores follow it.
func TestClock(t *testing.T) {
	start := time.Date(2026, 4, 10, 0, 0, 0, 0, time.UTC)
	clock := dbtest.NewClock(start)
	dbtest.EachWith(t, one, db.Options{Clock: clock.Now}, func(t *testing.T, s *db.Store) {
		before := s.Now()
		clock.Advance(time.Minute)
		if d := s.Now().Sub(before); d != time.Minute {
			t.Errorf("moved by %v", d)
		}
		clock.Set(clock.Now().Add(time.Hour))
		if d := s.Now().Sub(before); d != time.Hour+time.Minute {
			t.Errorf("moved by %v", d)
		}
	})
}
