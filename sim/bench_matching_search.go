package sim

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"text/tabwriter"
	"time"

	"limen/interop/bms"
	"limen/interop/bms/finger"
	"limen/interop/bms/synthetic"
	"limen/law"
)

// Faces of the searches: enrolled and probed at so much of the true one, but every
// twentieth probe's face has failed.
const (
	goodFace    = 0.8
	failedFace  = 0.15
	failedEvery = 20
)

// SearchTable is what searches of a gallery gave.
type SearchTable struct {
	Persons   int         `json:"persons"`
	Cores     int         `json:"cores"`
	Enrolled  float64     `json:"enrolled_seconds"`
	Bytes     float64     `json:"bytes_per_person"` // of memory in use, after the gallery was filled
	Threshold float64     `json:"threshold"`        // decimal logarithm of the likelihood ratio
	Load      string      `json:"load"`             // when the searches began
	Rows      []SearchRow `json:"rows"`
}

// SearchRow is one way to search.
type SearchRow struct {
	Way       string       `json:"way"`
	Took      Latency      `json:"took"`
	Prints    float64      `json:"prints_per_second"`
	First     finger.Share `json:"first"`     // mates who were the first candidate
	Found     finger.Share `json:"found"`     // mates among ten candidates that reach the threshold
	Strangers finger.Share `json:"strangers"` // searches for somebody who is not there that named anybody
}

type searchWay struct {
	name            string
	withFace, first bool
}

var searchWays = []searchWay{{"fingers alone", false, false}, {"fingers and face", true, false}, {"face first", true, true}}

// searches fills a gallery and searches it in every way.
func (o MatchingOptions) searches(ctx context.Context, line finger.Calibration) (SearchTable, error) {
	day := law.DateIn(time.Now(), time.UTC)
	table := SearchTable{Persons: o.Persons, Cores: cores()}
	engine := bms.NewEngine(line, syntheticFaces)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	gallery, err := o.crowdOf(ctx, engine, day)
	if err != nil {
		return table, err
	}
	table.Enrolled = time.Since(start).Seconds()
	runtime.GC()
	runtime.ReadMemStats(&after)
	table.Bytes = (float64(after.HeapAlloc) - float64(before.HeapAlloc)) / float64(o.Persons)
	if table.Threshold, err = gallery.Threshold(day); err != nil {
		return table, err
	}
	table.Load = ThisMachine().Load
	for _, way := range searchWays {
		row, err := o.searchRow(ctx, gallery, table.Threshold, way)
		if err != nil {
			return table, err
		}
		table.Rows = append(table.Rows, row)
	}
	o.tell("\n")
	return table, nil
}

// searchRow searches for persons who are there, and for half as many who are not.
func (o MatchingOptions) searchRow(ctx context.Context, gallery *bms.Bare, threshold float64, way searchWay) (SearchRow, error) {
	row := SearchRow{Way: way.name}
	var took []time.Duration
	look := func(n uint64, cosine float64) ([]bms.Candidate, error) {
		samples := samplesOf(synthetic.NewPerson(o.Seed, n, synthetic.RightHand), probed, cosine)
		if !way.withFace {
			samples = samples[:1]
		}
		start := time.Now()
		candidates, err := gallery.Search(ctx, samples, math.Inf(-1), 10, way.first)
		took = append(took, time.Since(start))
		o.tell("\rsearching: %s, %d          ", way.name, len(took))
		return candidates, err
	}
	mates := sample(stream(o.Seed, streamBench, 203), o.Persons, o.Probes)
	first, found, named := 0, 0, 0
	for i, n := range mates {
		cosine := goodFace
		if i%failedEvery == failedEvery-1 {
			cosine = failedFace
		}
		candidates, err := look(uint64(n), cosine)
		if err != nil {
			return row, err
		}
		at := slices.IndexFunc(candidates, func(c bms.Candidate) bool { return c.Ref == reference(n) })
		if at == 0 {
			first++
		}
		if at >= 0 && candidates[at].LLR >= threshold {
			found++
		}
	}
	others := max(1, len(mates)/2)
	for n := range others {
		candidates, err := look(strangers+uint64(n), goodFace)
		if err != nil {
			return row, err
		}
		if len(candidates) > 0 && candidates[0].LLR >= threshold {
			named++
		}
	}
	row.Took = latency(took)
	row.Prints = float64(len(synthetic.RightHand)*o.Persons) / (row.Took.P50 / 1000)
	row.First, row.Found, row.Strangers = finger.ShareOf(first, len(mates)), finger.ShareOf(found, len(mates)), finger.ShareOf(named, others)
	return row, nil
}

func (s SearchTable) text(t *tabwriter.Writer, label string) {
	fmt.Fprintf(t, "\nONE TO MANY (%s): %d persons of four fingers and a face, %.1f kB each; filled in %.0f s; %d cores; load %s; named from a ratio of 10^%.1f on\n",
		label, s.Persons, s.Bytes/1000, s.Enrolled, s.Cores, s.Load, s.Threshold)
	fmt.Fprintln(t, "WAY\tP50 ms\tP95\tP99\tPRINTS A SECOND\tMATE FIRST\tMATE NAMED\tOTHERS NAMED FOR A STRANGER")
	for _, r := range s.Rows {
		fmt.Fprintf(t, "%s\t%s\t%.3g\t%d of %d\t%d of %d\t%s\n", r.Way, r.Took.cells(), r.Prints, r.First.Errors, r.First.Trials, r.Found.Errors, r.Found.Trials, r.Strangers)
	}
	fmt.Fprintf(t, "Faces were drawn at a cosine of %.2f to the true one, every %dth probe's at %.2f: a face that failed.\n", goodFace, failedEvery, failedFace)
}

// FilterRow is what the coarse comparison loses of whom the fine one finds.
type FilterRow struct {
	Fingers int          `json:"fingers"`
	Share   float64      `json:"share"` // of persons that get the fine comparison
	Persons int          `json:"persons"`
	Probes  int          `json:"probes"`
	Found   int          `json:"found"` // first when everybody is compared finely
	Lost    finger.Share `json:"lost"`  // of these, not first with the filter
}

const (
	filterPersons = 1000
	filterProbes  = 200
)

// filter searches a small gallery with the filter and without.
func (o MatchingOptions) filter(ctx context.Context, line finger.Calibration) ([]FilterRow, error) {
	persons, probes := max(100, o.size(filterPersons)), min(filterProbes, 2*o.Probes)
	hands, probing := make([]finger.Hand, persons), make([]finger.Hand, probes)
	coder := finger.NewCoder(finger.PaperCylinders)
	hand := func(into *finger.Hand, n int, occasion uint64) {
		for _, t := range synthetic.NewPerson(o.Seed, 3*strangers+uint64(n), synthetic.RightHand).Prints(occasion) {
			into[t.Position] = new(finger.Print)
			coder.Encode(into[t.Position], &t)
		}
	}
	each(ctx, persons, 10, func(from, to int) {
		for n := from; n < to; n++ {
			hand(&hands[n], n, enrolled)
			if n < probes {
				hand(&probing[n], n, probed)
			}
		}
	})
	shard := finger.NewShard()
	for n := range hands {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := shard.Add(uint64(n), &hands[n]); err != nil {
			return nil, err
		}
	}
	var rows []FilterRow
	for _, fingers := range []int{1, len(synthetic.RightHand)} {
		shares := []float64{1, 0.01, 0.02}
		first := make([][3]bool, min(probes, persons))
		var mu sync.Mutex
		free := []*finger.Searcher{}
		each(ctx, len(first), 5, func(from, to int) {
			mu.Lock()
			if len(free) == 0 {
				free = append(free, finger.NewSearcher())
			}
			w := free[len(free)-1]
			free = free[:len(free)-1]
			mu.Unlock()
			for n := from; n < to; n++ {
				var probe finger.Hand
				for _, f := range synthetic.RightHand[:fingers] {
					probe[f] = probing[n][f]
				}
				for i, share := range shares {
					c := w.Search(shard, &probe, finger.Search{Calibration: line, Fine: share, FineAtLeast: 1, Keep: 1, Least: math.Inf(-1)})
					first[n][i] = len(c) > 0 && c[0].Key == uint64(n)
				}
			}
			mu.Lock()
			free = append(free, w)
			mu.Unlock()
		})
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for i, share := range shares[1:] {
			row := FilterRow{Fingers: fingers, Share: share, Persons: persons, Probes: len(first)}
			lost := 0
			for _, f := range first {
				if f[0] {
					row.Found++
					if !f[i+1] {
						lost++
					}
				}
			}
			row.Lost = finger.ShareOf(lost, row.Found)
			rows = append(rows, row)
		}
	}
	return rows, nil
}
