package sim

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"limen/access"
	"limen/db"
	"limen/db/dbtest"
	"limen/ees"
	"limen/house"
	"limen/law"
)

func runningHouse(t testing.TB, store string) *house.House {
	clock := NewClock(stopped)
	clock.Hold(until)
	h := openHouse(t, store, t.TempDir(), clock)
	t.Cleanup(func() { h.Close() })
	return h
}

// TestLoadedFilesAreAsRecorded loads a crowd and asks the rooms about every
// member: files loaded past the threshold must be such as the rooms write.
func TestLoadedFilesAreAsRecorded(t *testing.T) {
	t.Parallel()
	today := law.DateIn(until, time.UTC)
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			h := runningHouse(t, storeOf(t, engine))
			if err := Load(t.Context(), h, LoadOptions{Seed: 3, Files: 150, Today: today}); err != nil {
				t.Fatal(err)
			}
			c := &crowd{seed: 3, size: 150, today: today, density: 1}
			inside := 0
			for i := range c.size {
				m, err := c.member(i)
				if err != nil {
					t.Fatal(err)
				}
				q := ees.CheckRequest{Direction: ees.Entry, CrossingPoint: "FRCDG", MRZ: m.Passports[0].MRZ, Visa: m.visa}
				if m.inside() {
					inside++
					q.Direction, q.Visa = ees.Exit, nil
				}
				check, err := access.Run(t.Context(), h.Door, access.Request{Principal: benchGuard, Op: ees.OpCheck, Purpose: access.BorderCheck},
					func(p access.Pass) (ees.Check, error) { return h.EES.Check(p, q) })
				if err != nil {
					t.Fatalf("member %d, %s: %v", i, m.Name, err)
				}
				if check.File == nil || string(check.File.Ref) != m.ref || check.File.Inside != m.inside() || check.Proposal != ees.Admit {
					t.Fatalf("member %d, %s: file %+v, proposal %s, findings %v", i, m.Name, check.File, check.Proposal, codes(check.Findings))
				}
				if m.inside() && orZero(check.Stay.LastDay) != m.ends[len(m.ends)-1] {
					t.Errorf("member %d: stay until %v, loaded with %s", i, check.Stay.LastDay, m.ends[len(m.ends)-1])
				}
			}
			if inside == 0 || inside == c.size {
				t.Errorf("%d of %d inside", inside, c.size)
			}
		})
	}
}

// TestLoadGoesOn stops a load and goes on with it.
func TestLoadGoesOn(t *testing.T) {
	h := runningHouse(t, storeOf(t, db.SQLite))
	o := LoadOptions{Seed: 4, Files: 500, Today: law.DateIn(until, time.UTC), Batch: 100, Floor: true}
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(done, _ int) {
		if done == 300 {
			cancel()
		}
	}
	if err := Load(ctx, h, o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	o.Progress = nil
	if err := Load(t.Context(), h, o); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"ees_file", "floor_ees_file", "cir_by_document", "floor_cir_by_document"} {
		if n := count(t, h.Store, table); n != 500 {
			t.Errorf("%d rows of %s", n, table)
		}
	}
	o.Seed++
	if err := Load(t.Context(), h, o); err == nil {
		t.Error("another crowd was loaded beside the first")
	}
}

func count(t testing.TB, s *db.Store, table string) (n int) {
	t.Helper()
	err := s.Read(t.Context(), func(tx *db.Tx) error { return tx.Row(`SELECT count(*) FROM ` + table).Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestLoadRefusesOtherStores holds that nothing is written past the threshold
// into a store with a history of its own.
func TestLoadRefusesOtherStores(t *testing.T) {
	clock := NewClock(stopped)
	h := openHouse(t, "sqlite:"+filepath.Join(t.TempDir(), "limen.db"), t.TempDir(), clock)
	defer h.Close()
	short := (law.EESStart() + 40).Start(time.UTC)
	if _, err := Populate(t.Context(), h, Options{Seed: 3, Travellers: len(scripts), Until: short, Clock: clock}); err != nil {
		t.Fatal(err)
	}
	before := count(t, h.Store, "ees_file")
	if err := Load(t.Context(), h, LoadOptions{Seed: 1, Files: 10, Today: law.DateIn(short, time.UTC)}); !errors.Is(err, ErrNotBench) {
		t.Errorf("load into a demonstration: %v", err)
	}
	if after := count(t, h.Store, "ees_file"); after != before || before == 0 {
		t.Errorf("%d files before, %d after", before, after)
	}
	if err := h.Store.Read(t.Context(), func(tx *db.Tx) error {
		var n int
		return tx.Row(`SELECT count(*) FROM bench_mark`).Scan(&n)
	}); err == nil {
		t.Error("a demonstration bears the mark")
	}
}
