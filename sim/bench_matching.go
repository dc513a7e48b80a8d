package sim

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"text/tabwriter"

	"limen/interop/bms"
	"limen/interop/bms/face"
	"limen/interop/bms/finger"
	"limen/interop/bms/synthetic"
	"limen/law"
)

// MatchingOptions of BenchMatching. Zero values take what stands beside them.
type MatchingOptions struct {
	BenchOptions
	Persons int    // in the gallery searched one to many: 100 000; fewer than 0 leaves the searches out
	Probes  int    // searches of each way: 100
	Curves  bool   // print how the scores of mates and of others are distributed
	Prints  string // folder of public sets to stand beside; "" for none

	small bool // galleries that measure nothing, to try the measurement itself
}

// size is that of a gallery, a hundredth of it where nothing is measured.
func (o MatchingOptions) size(n int) int {
	if o.small {
		return n / 100
	}
	return n
}

// MatchingReport is how fast templates are compared and searched, and whom
// searches lose. All templates are synthetic but for the curves of public sets.
type MatchingReport struct {
	Machine   Machine      `json:"machine"`
	Seed      uint64       `json:"seed"`
	Generator string       `json:"generator"`
	Speed     []SpeedRow   `json:"speed"`
	Filter    []FilterRow  `json:"filter"`
	Search    *SearchTable `json:"search,omitempty"`
	Curves    []Curve      `json:"curves,omitempty"`
}

// strangers is the number of the first invented person whom no gallery holds.
const strangers = uint64(1) << 40

// Occasions on which invented persons are captured.
const (
	enrolled = 100
	probed   = 101
)

// The line of the invented faces: chosen, not fitted. Two persons reach a cosine of
// 0.25 once in two thousand times, and no ratio above 1 is told below it.
var syntheticFaces = map[face.Model]bms.FaceLine{synthetic.FaceModel: {Intercept: -6, Slope: 24, Low: -4, High: 12}}

// BenchMatching measures the matching service.
func BenchMatching(ctx context.Context, w io.Writer, o MatchingOptions) (report MatchingReport, err error) {
	if o.Persons == 0 {
		o.Persons = 100_000
	}
	if o.Probes <= 0 {
		o.Probes = 100
	}
	report = MatchingReport{Machine: ThisMachine(), Seed: o.Seed, Generator: synthetic.Generator}
	o.tell("calibrating with SYNTHETIC prints\n")
	own := syntheticPrints(o.Seed, max(16, o.size(curveFingers)))
	mated, nonMated, err := own.scores(ctx, stream(o.Seed, streamBench, 201), o.size(curvePairs))
	if err != nil {
		return report, err
	}
	line, err := finger.FitCalibration(mated, nonMated)
	if err != nil {
		return report, err
	}
	if o.Curves {
		report.Curves = append(report.Curves, own.curve(mated, nonMated))
		public, err := publicPrints(o.Prints)
		if err != nil {
			return report, err
		}
		for _, p := range public {
			m, n, err := p.scores(ctx, stream(o.Seed, streamBench, 202), o.size(curvePairs))
			if err != nil {
				return report, err
			}
			report.Curves = append(report.Curves, p.curve(m, n))
		}
	}
	o.tell("speed\n")
	if report.Speed, err = o.speed(ctx, own); err != nil {
		return report, err
	}
	o.tell("filter\n")
	if report.Filter, err = o.filter(ctx, line); err != nil {
		return report, err
	}
	if o.Persons > 0 {
		table, err := o.searches(ctx, line)
		if err != nil {
			return report, err
		}
		report.Search = &table
	}
	return report, printed(w, o.BenchOptions, report, report.text)
}

// crowdOf fills a gallery with so many invented persons: four fingers and a face
// each.
func (o MatchingOptions) crowdOf(ctx context.Context, engine *bms.Engine, day law.Date) (*bms.Bare, error) {
	gallery := bms.NewBare(engine)
	// What is kept is most of the memory: garbage of the same size beside it would not
	// fit where the gallery does.
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	var done atomic.Int64
	var mu sync.Mutex
	var fault error
	each(ctx, o.Persons, 200, func(from, to int) {
		for n := from; n < to && ctx.Err() == nil; n++ {
			templates, err := o.templates(uint64(n), day)
			if err == nil {
				err = gallery.Enrol(reference(n), templates)
			}
			if err != nil {
				mu.Lock()
				fault = err
				mu.Unlock()
				return
			}
		}
		n := done.Add(int64(to - from))
		mu.Lock()
		defer mu.Unlock()
		o.tell("\renrolling SYNTHETIC persons: %d of %d", n, o.Persons)
	})
	o.tell("\n")
	if fault == nil {
		fault = ctx.Err()
	}
	return gallery, fault
}

func reference(n int) bms.RecordRef { return bms.RecordRef("synthetic-" + strconv.Itoa(n)) }

func (o MatchingOptions) templates(n uint64, day law.Date) ([]bms.Template, error) {
	who := synthetic.NewPerson(o.Seed, n, synthetic.RightHand)
	var all []bms.Template
	for _, s := range samplesOf(who, enrolled, goodFace) {
		pass, _, err := s.Gate(day, true)
		if err != nil {
			return nil, err
		}
		all = append(all, pass...)
	}
	return all, nil
}

// samplesOf captures an invented person: the fingers, then the face.
func samplesOf(who *synthetic.Person, occasion uint64, cosine float64) []*bms.Sample {
	fingers := &bms.Sample{Modality: bms.Finger}
	for _, t := range who.Prints(occasion) {
		fingers.Prints = append(fingers.Prints, bms.Print{Template: t, NFIQ2: bms.Unmeasured})
	}
	v := who.Face(occasion, cosine)
	return []*bms.Sample{fingers, {Modality: bms.Face, Face: &bms.Portrait{Vector: &v, Quality: bms.Unmeasured}}}
}

// sample draws so many of the numbers below n, no one twice.
func sample(r *rand.Rand, n, count int) []int {
	step := max(1, n/max(1, count))
	var out []int
	for i := 0; i+step <= n && len(out) < count; i += step {
		out = append(out, i+r.IntN(step))
	}
	return out
}

func (r MatchingReport) text(t *tabwriter.Writer) {
	label := fmt.Sprintf("SYNTHETIC %s, seed %d", r.Generator, r.Seed)
	fmt.Fprintf(t, "Matching of templates, %s\n%s\nEverything here but curves of sets named otherwise is SYNTHETIC: it tells speed and what a search loses, and nothing of accuracy on people.\n\n", label, r.Machine)
	fmt.Fprintf(t, "SPEED (%s)\tCORES\tA SECOND\tGB/s\tOF THE FLOOR\tFLOOR\n", label)
	for _, row := range r.Speed {
		row.text(t)
	}
	fmt.Fprintf(t, "\nRates are of processor time of one core where CORES is 1, medians of %d rounds in turn. Extraction is measured by: go test ./interop/bms/finger -run xxx -bench Extract\n", speedRounds)
	fmt.Fprintf(t, "\nFILTER (%s)\tPERSONS\tPROBES\tFOUND, ALL FINELY\tOF THESE LOST\n", label)
	for _, row := range r.Filter {
		fmt.Fprintf(t, "%d fingers, the best %.0f %% finely\t%d\t%d\t%d\t%d (%s)\n", row.Fingers, 100*row.Share, row.Persons, row.Probes, row.Found, row.Lost.Errors, row.Lost)
	}
	if r.Search != nil {
		r.Search.text(t, label)
	}
	if len(r.Curves) > 0 {
		curvesText(t, r.Curves, label)
	}
}

// cores is how many cores a search may use.
func cores() int { return runtime.GOMAXPROCS(0) }

// FingerprintFolder is the folder of public sets that the environment names.
func FingerprintFolder() string { return os.Getenv("LIMEN_FINGERPRINTS") }
