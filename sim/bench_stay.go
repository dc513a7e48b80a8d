package sim

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"limen/ees"
	"limen/law"
)

// StayOptions of BenchStay. Zero values take what stands beside them.
type StayOptions struct {
	BenchOptions
	Runs     int           // 7
	Duration time.Duration // of one run: 300 ms
}

// StayReport is how fast stays are counted, on one thread.
type StayReport struct {
	Machine Machine      `json:"machine"`
	Seed    uint64       `json:"seed"`
	Runs    int          `json:"runs"`
	Rows    []StayFigure `json:"rows"`
}

// StayFigure is one line of a StayReport.
type StayFigure struct {
	What      string  `json:"what"` // CountDays, or Calculate with the law's rules
	Stays     int     `json:"stays"`
	PerSecond float64 `json:"per_second"` // median of the runs
	Slowest   float64 `json:"slowest_run"`
	Fastest   float64 `json:"fastest_run"`
	Allocs    float64 `json:"allocations"` // per calculation
	Bytes     float64 `json:"bytes"`
	Elsewhere float64 `json:"elsewhere_per_second,omitempty"` // a peer's figure for a history of so many stays
}

// elsewhere are the figures of another open implementation of the 90/180-day
// count, calculations a second for 10, 50 and 200 stays, measured by somebody
// else on another machine: a reference for the order of magnitude, and no
// comparison.
var elsewhere = map[int]float64{10: 84_600, 50: 6_780, 200: 3_890}

// BenchStay counts how many stays a second can be judged, for histories of 10,
// 50 and 200 stays.
func BenchStay(ctx context.Context, w io.Writer, o StayOptions) (StayReport, error) {
	if o.Runs <= 0 {
		o.Runs = 7
	}
	if o.Duration <= 0 {
		o.Duration = 300 * time.Millisecond
	}
	report := StayReport{Machine: ThisMachine(), Seed: o.Seed, Runs: o.Runs}
	day := law.MustDate("2027-06-01")
	for _, n := range []int{10, 50, 200} {
		h := &ees.History{Stays: finishedStays(o.Seed, n, day)}
		q := ees.Question{On: day, Intended: ees.Stay{Entry: day}}
		for _, what := range []struct {
			name string
			do   func() error
		}{
			{"CountDays", func() error { countSink = ees.CountDays(h.Stays, nil, day); return nil }},
			{"Calculate", func() (err error) { answerSink, err = ees.Calculate(h, q); return err }},
		} {
			o.tell("\rstay: %s, %d stays      ", what.name, n)
			f, err := o.measure(ctx, what.do)
			if err != nil {
				return report, err
			}
			f.What, f.Stays = what.name, n
			if what.name == "CountDays" {
				f.Elsewhere = elsewhere[n]
			}
			report.Rows = append(report.Rows, f)
		}
	}
	o.tell("\n")
	return report, printed(w, o.BenchOptions, report, report.text)
}

// The results go where the compiler cannot leave the work out.
var (
	countSink  ees.Count
	answerSink ees.Answer
)

// measure runs a calculation again and again, on this thread alone.
func (o StayOptions) measure(ctx context.Context, do func() error) (StayFigure, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var rates, allocs, bytes []float64
	for range o.Runs {
		if err := ctx.Err(); err != nil {
			return StayFigure{}, err
		}
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		n, start := 0, time.Now()
		for time.Since(start) < o.Duration {
			for range 1000 {
				if err := do(); err != nil {
					return StayFigure{}, err
				}
			}
			n += 1000
		}
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		rates = append(rates, float64(n)/took.Seconds())
		allocs = append(allocs, float64(after.Mallocs-before.Mallocs)/float64(n))
		bytes = append(bytes, float64(after.TotalAlloc-before.TotalAlloc)/float64(n))
	}
	return StayFigure{PerSecond: median(rates), Slowest: slices.Min(rates), Fastest: slices.Max(rates), Allocs: median(allocs), Bytes: median(bytes)}, nil
}

// finishedStays is a history of n stays, in order and apart from each other,
// ending a week before the day.
func finishedStays(seed uint64, n int, day law.Date) []ees.Stay {
	r := stream(seed, streamBench, n)
	stays := make([]ees.Stay, n)
	exit := day - 7
	for i := n - 1; i >= 0; i-- {
		stays[i] = ees.Stay{Entry: exit - law.Date(r.IntN(9)), Exit: exit}
		exit = stays[i].Entry - law.Date(between(r, 4, 20))
	}
	return stays
}

func (r StayReport) text(t *tabwriter.Writer) {
	fmt.Fprintf(t, "Stay calculations a second, one thread, median of %d runs (slowest to fastest); seed %d\n%s\n\n", r.Runs, r.Seed, r.Machine)
	fmt.Fprintln(t, "CALCULATION\tSTAYS\tPER SECOND\tSLOWEST\tFASTEST\tALLOCS\tBYTES\tELSEWHERE")
	for _, f := range r.Rows {
		other := ""
		if f.Elsewhere > 0 {
			other = fmt.Sprintf("%.0f", f.Elsewhere)
		}
		fmt.Fprintf(t, "%s\t%d\t%.0f\t%.0f\t%.0f\t%.2f\t%.0f\t%s\n", f.What, f.Stays, f.PerSecond, f.Slowest, f.Fastest, f.Allocs, f.Bytes, other)
	}
	fmt.Fprintln(t, "\nELSEWHERE: another implementation, measured by others on another machine; an order of magnitude, no comparison.")
}
