package sim

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"limen/access"
	"limen/db"
	"limen/db/dbtest"
	"limen/ees"
	"limen/house"
	"limen/law"
)

// until is the end of the histories of these tests.
var until = time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)

const testTravellers = 64

func openHouse(t testing.TB, store, data string, clock *Clock) *house.House {
	t.Helper()
	h, err := house.Open(context.Background(), house.Options{Store: store, Data: data, Clock: clock.Now, Demo: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// storeOf is the address of an empty store.
func storeOf(t testing.TB, engine db.Engine) string {
	if engine == db.Postgres {
		return dbtest.Postgres(t)
	}
	return "sqlite:" + filepath.Join(t.TempDir(), "limen.db")
}

func stopped() time.Time { return until }

// contents is what the register holds on each traveller, without what the rooms
// draw at random.
func contents(t *testing.T, h *house.House, plan *Plan) map[string]string {
	t.Helper()
	p := &populating{house: h, plan: plan}
	out := map[string]string{}
	for i := range plan.Travellers {
		tr := &plan.Travellers[i]
		b := &booth{c: &crossing{traveller: i}, t: tr, pass: &tr.Passports[0], who: principal("FRA", 1), moved: moved{asked: asked{on: plan.Today}}}
		b.point = mustPoint(t, "FRCDG")
		view, err := p.file(context.Background(), b)
		if err != nil {
			t.Fatal(err)
		}
		if view == nil {
			continue
		}
		ref := string(view.Ref)
		view.CIRFile, view.CreatedAt = "", time.Time{}
		body, err := json.Marshal(view)
		if err != nil {
			t.Fatal(err)
		}
		out[string(tr.Passports[0].Document.Number)] = strings.ReplaceAll(string(body), ref, "REF")
	}
	return out
}

// TestPopulate writes the same history into both engines and compares what the
// registers hold, every reply with the auditor's prediction, and the telling
// travellers with what they promise. EES-020 to EES-031 as the room has them.
func TestPopulate(t *testing.T) {
	t.Parallel()
	plan, err := MakePlan(7, testTravellers, until)
	if err != nil {
		t.Fatal(err)
	}
	var first map[string]string
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			clock := NewClock(stopped)
			h := openHouse(t, storeOf(t, engine), t.TempDir(), clock)
			defer h.Close()
			var done, total int
			report, err := Populate(t.Context(), h, Options{Seed: 7, Travellers: testTravellers, Until: until, Clock: clock,
				Progress: func(d, n int) { done, total = d, n }})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range report.Mismatches {
				t.Error(m)
			}
			if report.Replies < 2*report.Crossings || report.Crossings < 250 || report.Refusals < 6 || report.Overstayers < 2 {
				t.Errorf("a thin history: %d crossings, %d refusals, %d overstayers, %d replies", report.Crossings, report.Refusals, report.Overstayers, report.Replies)
			}
			if done != total || total < report.Crossings {
				t.Errorf("progress ended at %d of %d", done, total)
			}
			checkLedger(t, h)
			checkSamples(t, h, report.Samples)
			got := contents(t, h, plan)
			if first == nil {
				first = got
			} else if d := cmp.Diff(first, got); d != "" {
				t.Errorf("the engines differ (-%s +%s):\n%s", dbtest.Engines[0], engine, d)
			}
		})
	}
}

// checkSamples tries every telling traveller at the booth.
func checkSamples(t *testing.T, h *house.House, samples []Sample) {
	t.Helper()
	if len(samples) < 40 {
		t.Errorf("only %d samples", len(samples))
	}
	for _, s := range samples {
		point := mustPoint(t, s.Try.CrossingPoint)
		check, err := access.Run(t.Context(), h.Door, access.Request{Principal: principal(string(point.State), 1), Op: ees.OpCheck, Purpose: access.BorderCheck},
			func(p access.Pass) (ees.Check, error) { return h.EES.Check(p, s.Try) })
		if s.Proposal == "" {
			var refusal *law.Refusal
			if s.Look != "" && (!errors.As(err, &refusal) || refusal.Code != s.Look) {
				t.Errorf("%s (%s): got %v, want the refusal %s", s.Name, s.What, err, s.Look)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s (%s): %v", s.Name, s.What, err)
			continue
		}
		found := s.Look == "" || slices.ContainsFunc(check.Findings, func(r law.Reason) bool { return r.Code == s.Look })
		if check.Proposal != s.Proposal || !found {
			t.Errorf("%s (%s): proposal %s, findings %v; want %s with %s", s.Name, s.What, check.Proposal, codes(check.Findings), s.Proposal, s.Look)
		}
	}
}

func codes(reasons []law.Reason) []law.Code {
	var out []law.Code
	for _, r := range reasons {
		out = append(out, r.Code)
	}
	return out
}

// checkLedger looks for what a history must leave in the log: border authorities
// as they worked, moments within the history, nothing left to seal.
func checkLedger(t *testing.T, h *house.House) {
	t.Helper()
	head, err := h.Log.Checkpoint(t.Context())
	if err != nil || head.Size == 0 {
		t.Fatalf("checkpoint %+v, %v", head, err)
	}
	var first, last string
	err = h.Store.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Row(`SELECT min(body), max(body) FROM ledger_entry WHERE operation = 'ees.record_crossing'`).Scan(&first, &last)
	})
	if err != nil || !strings.Contains(first, `"authority":"Border police `) || !strings.Contains(first, `"outcome":"done"`) {
		t.Errorf("log entries %s %s %v", first, last, err)
	}
	if state, err := h.Log.Pending(t.Context()); err != nil || state.Entries > 0 {
		t.Errorf("pending: %+v, %v", state, err)
	}
}

// TestPopulateGoesOn stops a history twice, the second time in the middle of a
// wave, opens the house again each time, and finds the register as if nothing
// had happened.
func TestPopulateGoesOn(t *testing.T) {
	t.Parallel()
	plan, err := MakePlan(7, testTravellers, until)
	if err != nil {
		t.Fatal(err)
	}
	whole := populated(t, plan, nil)
	third := plan.crossings / 3
	broken := populated(t, plan, []int{third, 2 * third})
	if d := cmp.Diff(whole, broken); d != "" {
		t.Errorf("the interrupted history differs (-whole +interrupted):\n%s", d)
	}
}

// populated writes a history with stops after so many crossings and returns the
// register's contents.
func populated(t *testing.T, plan *Plan, stops []int) map[string]string {
	t.Helper()
	dir := t.TempDir()
	store, data := "sqlite:"+filepath.Join(dir, "limen.db"), filepath.Join(dir, "data")
	o := Options{Seed: plan.Seed, Travellers: len(plan.Travellers), Until: plan.Until, State: filepath.Join(data, "history.json")}
	for i := 0; ; i++ {
		o.Clock = NewClock(stopped)
		h := openHouse(t, store, data, o.Clock)
		ctx, cancel := context.WithCancel(t.Context())
		o.Progress = nil
		if i < len(stops) {
			o.Progress = func(done, _ int) {
				if done >= stops[i] {
					// The wave that follows is stopped while it is under way.
					time.AfterFunc(3*time.Millisecond, cancel)
				}
			}
		}
		report, err := Populate(ctx, h, o)
		cancel()
		if i < len(stops) && !errors.Is(err, context.Canceled) {
			t.Fatalf("stop %d: %v", i, err)
		}
		if i == len(stops) {
			if err != nil || len(report.Mismatches) > 0 || report.Resumed != (len(stops) > 0) {
				t.Fatalf("%+v, %v", report, err)
			}
			again, err := Populate(t.Context(), h, o)
			if err != nil || !again.Done || again.Crossings != 0 {
				t.Errorf("a finished history was begun again: %+v, %v", again, err)
			}
			got := contents(t, h, plan)
			h.Close()
			return got
		}
		// Another seed is not taken up while the first history is unfinished.
		o.Seed++
		h.Close()
	}
}

// TestPopulateKeepsOffOtherStores holds that a history is not mixed into files
// of another origin.
func TestPopulateKeepsOffOtherStores(t *testing.T) {
	plan, err := MakePlan(3, len(scripts), (law.EESStart() + 30).Start(time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	clock := NewClock(stopped)
	h := openHouse(t, "sqlite:"+filepath.Join(t.TempDir(), "limen.db"), t.TempDir(), clock)
	defer h.Close()
	o := Options{Seed: 3, Travellers: len(scripts), Until: plan.Until, Clock: clock}
	if _, err := Populate(t.Context(), h, o); err != nil {
		t.Fatal(err)
	}
	if _, err := Populate(t.Context(), h, o); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("second history in one store: %v", err)
	}
}
