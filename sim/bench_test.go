package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"limen/db"
	"limen/db/dbtest"
)

func quiet(t testing.TB) BenchOptions {
	return BenchOptions{Seed: 9, Progress: io.Discard, Dir: t.TempDir(), JSON: true}
}

func benchStore(t testing.TB, engine db.Engine) string {
	if engine == db.Postgres {
		return dbtest.Postgres(t)
	}
	return SQLiteStore
}

// TestFloorWritesWhatTheRoomsWrite compares, table by table, the rows and bytes
// that border transactions leave with those that the floor leaves: a floor that
// writes less would flatter nobody, one that writes more would flatter the rooms.
func TestFloorWritesWhatTheRoomsWrite(t *testing.T) {
	t.Parallel()
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			o := quiet(t)
			b, err := o.openBench(t.Context(), benchStore(t, engine), 400, 1, true)
			if err != nil {
				t.Fatal(err)
			}
			defer b.close()
			subjects, err := b.subjects(o.Seed, 400)
			if err != nil {
				t.Fatal(err)
			}
			var strangers []*subject
			for i := range 2 * sampled {
				s, err := newcomer(o.Seed, i, b.today)
				if err != nil {
					t.Fatal(err)
				}
				strangers = append(strangers, s)
			}
			f, err := capture(t.Context(), b, subjects[:200], strangers[:sampled])
			if err != nil {
				t.Fatal(err)
			}
			r := stream(o.Seed, streamBench, 1)
			rooms, floors := weigh(t, b.Store, ""), weigh(t, b.Store, floorPrefix)
			for i := range 48 {
				s, first := subjects[200+i], i%4 == 0
				if first {
					s = strangers[sampled+i/4]
				}
				if _, _, err := b.pair(t.Context(), s.request(r), nil, nil); err != nil {
					t.Fatal(err)
				}
				if _, _, err := f.pair(t.Context(), r, s, first); err != nil {
					t.Fatal(err)
				}
			}
			rooms, floors = grown(weigh(t, b.Store, ""), rooms), grown(weigh(t, b.Store, floorPrefix), floors)
			for table, w := range rooms {
				g := floors[table]
				rows, bytes := 0.0, 0.04
				switch {
				case table == "cir_by_name" || table == "cir_biometric":
					rows, bytes = 0.2, 0.2 // as many as the name has words, and the traveller fingers to take
				case strings.HasPrefix(table, "cir_") || table == "ees_record":
					bytes = 0.12 // names of one are longer than of another, and not everybody has a visa
				}
				if !near(w.rows, g.rows, rows) || !near(w.bytes, g.bytes, bytes) {
					t.Errorf("%s: the rooms write %d rows of %d bytes, the floor %d of %d", table, w.rows, w.bytes, g.rows, g.bytes)
				}
			}
		})
	}
}

func near(a, b int, share float64) bool { return math.Abs(float64(a-b)) <= share*float64(a) }

type weight struct{ rows, bytes int }

// weigh sums rows and bytes of the tables that a border transaction writes.
func weigh(t testing.TB, s *db.Store, prefix string) map[string]weight {
	t.Helper()
	out := map[string]weight{}
	err := s.Read(t.Context(), func(tx *db.Tx) error {
		for table, columns := range floorColumns {
			var w weight
			terms := make([]string, len(columns))
			for i, c := range columns {
				terms[i] = "COALESCE(length(CAST(" + c + " AS TEXT)), 0)"
			}
			if err := tx.Row(fmt.Sprintf(`SELECT count(*), COALESCE(CAST(sum(%s) AS BIGINT), 0) FROM %s%s`, strings.Join(terms, " + "), prefix, table)).Scan(&w.rows, &w.bytes); err != nil {
				return err
			}
			out[table] = w
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func grown(after, before map[string]weight) map[string]weight {
	out := map[string]weight{}
	for table, w := range after {
		out[table] = weight{w.rows - before[table].rows, w.bytes - before[table].bytes}
	}
	return out
}

// TestBenchCrossings runs a small measurement on both engines, over HTTPS too.
func TestBenchCrossings(t *testing.T) {
	t.Parallel()
	o := CrossingsOptions{BenchOptions: quiet(t), Stores: []string{benchStore(t, db.SQLite), benchStore(t, db.Postgres)}, Clients: 3,
		Duration: 1200 * time.Millisecond, Rounds: 2, Files: 300, HTTPS: true}
	var out bytes.Buffer
	if _, err := BenchCrossings(t.Context(), &out, o); err != nil {
		t.Fatal(err)
	}
	var r CrossingsReport
	if err := json.Unmarshal(out.Bytes(), &r); err != nil || len(r.Stores) != 2 {
		t.Fatalf("%v: %s", err, out.String())
	}
	for _, s := range r.Stores {
		for i, name := range []string{wayFloor, wayProcess, wayHTTPS} {
			w := s.Ways[i]
			if w.Way != name || w.Errors > 0 || w.Done == 0 || w.PerSecond <= 0 || w.Both.P99 < w.Both.P50 || w.Ratio <= 0 {
				t.Errorf("%s: %+v", s.Store, w)
			}
		}
	}
}

// TestBenchesPrint runs the other measurements, as small as they get.
func TestBenchesPrint(t *testing.T) {
	o := quiet(t)
	o.JSON = false
	var out bytes.Buffer
	growth, err := BenchGrowth(t.Context(), &out, GrowthOptions{Sizes: []int{200, 400},
		CrossingsOptions: CrossingsOptions{BenchOptions: o, Clients: 2, Duration: 400 * time.Millisecond, Rounds: 1}})
	if err != nil || len(growth.Rows) != 4 || growth.Rows[0].Growth != 1 {
		t.Errorf("growth: %+v, %v", growth, err)
	}
	stay, err := BenchStay(t.Context(), &out, StayOptions{BenchOptions: o, Runs: 1, Duration: 5 * time.Millisecond})
	if err != nil || len(stay.Rows) != 6 {
		t.Errorf("stay: %+v, %v", stay, err)
	}
	for _, f := range stay.Rows {
		if f.Allocs > 0.5 {
			t.Errorf("%s of %d stays allocates %.1f times", f.What, f.Stays, f.Allocs)
		}
	}
	names, err := BenchNames(t.Context(), &out, NamesOptions{BenchOptions: o, Files: 300, Queries: 12})
	if err != nil || len(names.Rows) != len(misspellings) {
		t.Errorf("names: %+v, %v", names, err)
	}
	for _, f := range names.Rows {
		if f.Errors > 0 || f.Queries == 0 || f.Kind == "exact" && f.First != 1 || f.Kind == "stranger" && f.Recall > 0.1 {
			t.Errorf("%+v", f)
		}
	}
	for _, must := range []string{"cores", "seed 9", "PER SECOND", "OF FLOOR", "RECALL", "84600"} {
		if !strings.Contains(out.String(), must) {
			t.Errorf("the tables lack %q:\n%s", must, out.String())
		}
	}
}
