package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"limen/interop/bms"
	"limen/interop/bms/finger"
	"limen/interop/bms/synthetic"
	"limen/law"
)

// publicFolder is a folder of sets in the form that the program reads, drawn here:
// four fingers of four impressions each.
func publicFolder(t *testing.T) string {
	folder := t.TempDir()
	for n, set := range publicSets {
		at := filepath.Join(folder, "reference", "iso19794-2", set.name)
		if err := os.MkdirAll(at, 0o700); err != nil {
			t.Fatal(err)
		}
		for f := range 4 {
			who := synthetic.NewPerson(77, uint64(10*n+f), synthetic.RightHand[:1])
			for i := range uint64(4) {
				record, err := finger.WriteISO(who.Prints(i))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(at, fmt.Sprintf("%d_%d.iso", f, i)), record, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return folder
}

// The measurement finds invented persons in an invented gallery, in every way of
// searching, and every heading over what is invented says so; no limit of the law
// and no rate that one is stated in stands beside it.
func TestMatchingIsMeasuredAndLabelled(t *testing.T) {
	var out bytes.Buffer
	o := MatchingOptions{BenchOptions: BenchOptions{Seed: 9, Progress: io.Discard}, Persons: 100, Probes: 10, Curves: true, Prints: publicFolder(t), small: true}
	report, err := BenchMatching(t.Context(), &out, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Search.Rows) != 3 {
		t.Fatalf("%d ways to search", len(report.Search.Rows))
	}
	for _, r := range report.Search.Rows {
		if r.First.Trials != 10 || r.First.Errors < 8 || r.Found.Errors < 7 || r.Strangers.Errors > 1 || r.Took.P50 <= 0 {
			t.Errorf("%s: %+v", r.Way, r)
		}
	}
	for _, r := range report.Filter {
		if r.Found < r.Probes*8/10 || r.Lost.Trials != r.Found {
			t.Errorf("filter: %+v", r)
		}
	}
	for _, r := range report.Speed {
		if r.PerSecond <= 0 || r.Floor != "" && r.OfFloor <= 0 {
			t.Errorf("speed: %+v", r)
		}
		if r.Allocations != nil && *r.Allocations > 0.01 {
			t.Errorf("%s: %v allocations each", r.What, *r.Allocations)
		}
	}
	if n := len(report.Curves); n != 4 || report.Curves[3].Mated != report.Curves[1].Mated+report.Curves[2].Mated || report.Curves[1].Mated != 4*6 {
		t.Errorf("%d curves: %+v", n, report.Curves)
	}
	for _, c := range report.Curves {
		if !slices.IsSorted(c.Genuine) || !slices.IsSorted(c.Impostor) || c.Genuine[4] <= c.Impostor[0] {
			t.Errorf("%+v", c)
		}
	}
	text := out.String()
	if got := strings.Count(text, "SYNTHETIC "+synthetic.Generator+", seed 9"); got != 6 {
		t.Errorf("%d headings and lines name generator and seed, want 6:\n%s", got, text)
	}
	for _, word := range []string{"FNMR", "FNIR", "FPIR", "2019/329", "limit"} {
		if strings.Contains(text, word) {
			t.Errorf("%q stands beside synthetic figures", word)
		}
	}
}

// A folder without the sets is said to have none, rather than left out in silence.
func TestMatchingSaysThatAFolderHasNoSets(t *testing.T) {
	if _, err := publicPrints(t.TempDir()); err == nil {
		t.Error("an empty folder was taken")
	}
	if p, err := publicPrints(""); p != nil || err != nil {
		t.Errorf("no folder named: %v, %v", p, err)
	}
}

// It can be stopped while the gallery is filled.
func TestMatchingStops(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	w := writerFunc(func(b []byte) (int, error) {
		if bytes.Contains(b, []byte("enrolling")) {
			stop()
		}
		return len(b), nil
	})
	o := MatchingOptions{BenchOptions: BenchOptions{Seed: 9, Progress: w}, Persons: 1_000_000}
	if _, err := o.crowdOf(ctx, bms.NewEngine(finger.DevelopmentCalibration, syntheticFaces), law.MustDate("2026-05-04")); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestQuantilesOfScores(t *testing.T) {
	scores := make([]float64, 1000)
	for i := range scores {
		scores[i] = float64(1000 - i)
	}
	for share, want := range map[float64]float64{0.0001: 1, 0.001: 1, 0.01: 10, 0.5: 500, 0.99: 990, 0.9999: 1000} {
		if got := quantile(scores, share); got != want {
			t.Errorf("%v: %v, want %v", share, got, want)
		}
	}
	if quantile(nil, 0.5) != 0 {
		t.Error("a quantile of nothing")
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 4, 2, ' ', 0)
	SpeedRow{What: "x", Unit: "prints"}.text(w)
	if w.Flush(); strings.Contains(b.String(), "allocations") {
		t.Error("allocations that nobody counted are told")
	}
}
