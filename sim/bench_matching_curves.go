package sim

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"limen/interop/bms/finger"
	"limen/interop/bms/synthetic"
)

// Curve is how the scores of one kind of prints are distributed, one finger
// compared with one. Scores are the fine comparison's.
type Curve struct {
	Data      string    `json:"data"`
	Synthetic bool      `json:"synthetic"`
	Mated     int       `json:"mated"`
	NonMated  int       `json:"non_mated"`
	Minutiae  float64   `json:"minutiae"` // of a print: mean
	Genuine   []float64 `json:"genuine"`  // scores at matedShares
	Impostor  []float64 `json:"impostor"` // scores at nonMatedShares
	EER       float64   `json:"equal_error_rate"`
}

// The shares of comparisons that score at most what a curve states. Of mates the
// low end decides, of others the high one.
var (
	matedShares    = []float64{0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999}
	nonMatedShares = []float64{0.5, 0.9, 0.99, 0.999, 0.9999}
)

// Invented fingers of a curve, and pairs of two fingers that are compared for it at
// most.
const (
	curveFingers = 80
	curvePairs   = 60_000
)

// impressions is how often each finger of a curve is there, as in the sets of the
// Fingerprint Verification Competition.
const impressions = 8

// prints are those that a curve is made of.
type prints struct {
	data      string
	synthetic bool
	coded     []finger.Print
	finger    []string // of each print
	minutiae  int
}

func (p *prints) add(coder *finger.Coder, t *finger.Template, of string) {
	p.coded = append(p.coded, finger.Print{})
	coder.Encode(&p.coded[len(p.coded)-1], t)
	p.finger, p.minutiae = append(p.finger, of), p.minutiae+len(t.Minutiae)
}

// syntheticPrints captures the index fingers of so many invented persons, who are
// in no gallery.
func syntheticPrints(seed uint64, persons int) *prints {
	p := &prints{data: "SYNTHETIC " + synthetic.Generator, synthetic: true}
	coder := finger.NewCoder(finger.PaperCylinders)
	for n := range persons {
		who := synthetic.NewPerson(seed, strangers+uint64(n), synthetic.RightHand[:1])
		for occasion := range uint64(impressions) {
			p.add(coder, &who.Prints(occasion)[0], fmt.Sprint(n))
		}
	}
	return p
}

// publicSets are sets that a folder outside of the project may hold.
var publicSets = []struct{ name, label string }{
	{"fvc2002_db1_b", "FVC2002 DB1_B, an optical sensor"},
	{"fvc2004_db4_b", "FVC2004 DB4_B, drawn by SFinGe"},
}

// publicPrints reads the records of the sets that the folder of LIMEN_FINGERPRINTS
// holds: reference/iso19794-2/SET/FINGER_IMPRESSION.iso. With more than one set the
// last is all of them together.
func publicPrints(folder string) ([]*prints, error) {
	if folder == "" {
		return nil, nil
	}
	coder := finger.NewCoder(finger.PaperCylinders)
	var all []*prints
	both := &prints{data: "both sets together"}
	for _, set := range publicSets {
		files, err := filepath.Glob(filepath.Join(folder, "reference", "iso19794-2", set.name, "*.iso"))
		if err != nil || len(files) == 0 {
			return nil, fmt.Errorf("sim: no minutiae records of %s in the folder that LIMEN_FINGERPRINTS names", set.name)
		}
		p := &prints{data: set.label}
		for _, name := range files {
			record, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			views, err := finger.ReadISO(record)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
			}
			of, _, _ := strings.Cut(filepath.Base(name), "_")
			p.add(coder, &views[0], set.name+"/"+of)
			both.add(coder, &views[0], set.name+"/"+of)
		}
		all = append(all, p)
	}
	return append(all, both), nil
}

// scores compares all mates, and all others or at most so many of them, drawn.
func (p *prints) scores(ctx context.Context, r *rand.Rand, most int) (mated, nonMated []float64, err error) {
	m, n := finger.FVCPairs(p.finger, true)
	if len(n) > most {
		r.Shuffle(len(n), func(i, k int) { n[i], n[k] = n[k], n[i] })
		n = n[:most]
	}
	if mated, err = p.compared(ctx, m); err == nil {
		nonMated, err = p.compared(ctx, n)
	}
	return mated, nonMated, err
}

func (p *prints) compared(ctx context.Context, pairs [][2]int) ([]float64, error) {
	out := make([]float64, len(pairs))
	each(ctx, len(pairs), 256, func(from, to int) {
		s := finger.NewScratch()
		for i := from; i < to; i++ {
			out[i] = s.Compare(&p.coded[pairs[i][0]], &p.coded[pairs[i][1]])
		}
	})
	return out, ctx.Err()
}

// each runs fn over pieces of n, as many at one time as there are cores, until ctx
// ends.
func each(ctx context.Context, n, piece int, fn func(from, to int)) {
	next := make(chan int)
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (n+piece-1)/piece) {
		all.Go(func() {
			for from := range next {
				fn(from, min(from+piece, n))
			}
		})
	}
	for from := 0; from < n && ctx.Err() == nil; from += piece {
		next <- from
	}
	close(next)
	all.Wait()
}

// curve states the distribution of scores.
func (p *prints) curve(mated, nonMated []float64) Curve {
	c := Curve{Data: p.data, Synthetic: p.synthetic, Mated: len(mated), NonMated: len(nonMated), Minutiae: float64(p.minutiae) / float64(max(1, len(p.coded))),
		EER: finger.Verify(p.data, mated, nonMated, 0, 0).EER}
	for _, share := range matedShares {
		c.Genuine = append(c.Genuine, quantile(mated, share))
	}
	for _, share := range nonMatedShares {
		c.Impostor = append(c.Impostor, quantile(nonMated, share))
	}
	return c
}

// quantile is the least score that the share of scores does not pass; 0 of none.
func quantile(scores []float64, share float64) float64 {
	if len(scores) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(scores))
	return s[min(max(int(math.Ceil(share*float64(len(s))))-1, 0), len(s)-1)]
}

func curvesText(t *tabwriter.Writer, curves []Curve, label string) {
	heads := func(shares []float64) (s string) {
		for _, share := range shares {
			s += fmt.Sprintf("\t%.4g %%", 100*share)
		}
		return s
	}
	cells := func(scores []float64) (s string) {
		for _, score := range scores {
			s += fmt.Sprintf("\t%.2f", score)
		}
		return s
	}
	name := func(c Curve) string {
		if c.Synthetic {
			return label
		}
		return c.Data
	}
	fmt.Fprintf(t, "\nSCORES OF MATES, one finger: so many score at most\tPAIRS%s\n", heads(matedShares))
	for _, c := range curves {
		fmt.Fprintf(t, "%s\t%d%s\n", name(c), c.Mated, cells(c.Genuine))
	}
	fmt.Fprintf(t, "\nSCORES OF OTHERS, one finger: so many score at most\tPAIRS%s\tMINUTIAE\n", heads(nonMatedShares))
	for _, c := range curves {
		fmt.Fprintf(t, "%s\t%d%s\t%.1f\n", name(c), c.NonMated, cells(c.Impostor), c.Minutiae)
	}
	fmt.Fprintln(t, "A share that needs more pairs than there are is the highest or lowest score. Public sets are named as they are called; none of them is part of this program.")
}
