package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"limen/interop/bms"
	"limen/interop/bms/finger"
)

// mostOfEvaluation bounds the prints of a set: of so many, every pair is 18 million
// comparisons.
const mostOfEvaluation = 6000

type bmsEvaluateCmd struct {
	calibrated
	Dir       string `arg:"" type:"existingdir" help:"Folder of prints named finger_impression.ext, the impression a number: images or minutiae records of one finger each."`
	FVC       bool   `name:"fvc" help:"Of different fingers compare the first impressions alone, as the competitions do; otherwise every two."`
	SVG       string `name:"svg" type:"path" placeholder:"FILE" help:"Draw the trade-off of both errors (DET) here."`
	DET       bool   `name:"det" help:"Print the steps of the trade-off as well."`
	Calibrate bool   `help:"Fit a calibration to the scores and print it; the report serves as --calibration elsewhere."`
	Label     string `placeholder:"TEXT" help:"What the data is, for the report; the folder's name when left out. Say SYNTHETIC of prints without a person behind them."`
}

// Help is the command's long help.
func (bmsEvaluateCmd) Help() string {
	return `Compares by the protocol of the Fingerprint Verification Competitions: every two impressions of a finger, and
impressions of different fingers. Prints JSON: failures to enrol, the equal error rate, and the false non-match
rate (FNMR) at false match rates (FMR) of 1, 0.1, 0.05 and 0.01 %, each with its counts and 95 % interval. Where fewer than 30
false matches were seen, bound_only says that the rate itself is not known. Then searches: the first
impression of every finger is the gallery, every other one is looked for in it, once with and once without
its own finger. A print that gives no template counts as missed in every comparison with its own finger.`
}

// evaluated is the report of evaluate.
type evaluated struct {
	Folder         string                 `json:"folder"`
	Files          int                    `json:"files"`
	Fingers        int                    `json:"fingers"`
	Protocol       string                 `json:"protocol"`
	Others         []string               `json:"other_files,omitempty"` // that are no prints
	Failures       []readFailure          `json:"failures,omitempty"`
	Verification   finger.Verification    `json:"verification"`
	Decision       decisionShares         `json:"decision"`
	Identification *finger.Identification `json:"identification,omitempty"`
	CostBits       float64                `json:"calibration_cost_bits"` // of the calibration used; 0 perfect, 1 tells nothing
	Fitted         *finger.Calibration    `json:"fitted_calibration,omitempty"`
	FittedCostBits *float64               `json:"fitted_cost_bits,omitempty"` // on the set that it was fitted to: it flatters
}

// decisionShares is what 'limen bms match' would have decided of these pairs.
type decisionShares struct {
	FMR           float64      `json:"fmr_asked"`
	Least         float64      `json:"least_log10_likelihood_ratio"`
	FalseMatch    finger.Share `json:"false_match"`
	FalseNonMatch finger.Share `json:"false_non_match"`
}

// trial is a set of prints to be evaluated.
type trial struct {
	fingers []string // of each file
	prints  []finger.Print
	failed  []bool
}

// Run evaluates the folder.
func (c *bmsEvaluateCmd) Run(ctx context.Context, s streams) error {
	err := c.evaluate(ctx, s)
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(s.err, "Stopped: nothing was measured.")
		return errSaid
	}
	return err
}

func (c *bmsEvaluateCmd) evaluate(ctx context.Context, s streams) error {
	calibration, err := c.calibration()
	if err != nil {
		return err
	}
	readers, err := printReaders(c.PPI)
	if err != nil {
		return err
	}
	files, others, err := printFiles(c.Dir, mostOfEvaluation)
	if err != nil {
		return err
	}
	set, err := layout(files)
	if err != nil {
		return err
	}
	views, failures, err := readAll(ctx, s, readers, files)
	if err != nil {
		return err
	}
	for i, v := range views {
		switch len(v) {
		case 0:
			set.failed[i] = true
		case 1:
			set.prints[i] = v[0].print
		default:
			return fmt.Errorf("%s: prints of %d fingers: single fingers are evaluated, a file each", files[i], len(v))
		}
	}
	folder, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	out := evaluated{Folder: filepath.Base(folder), Files: len(files), Others: others, Failures: failures,
		Protocol: "every two impressions of a finger, and every two of different fingers"}
	if c.FVC {
		out.Protocol = "every two impressions of a finger, and the first impressions of every two fingers"
	}
	if c.Label == "" {
		c.Label = out.Folder
	}
	if err := c.measure(ctx, s, set, calibration, &out); err != nil {
		return err
	}
	if c.SVG != "" {
		if err := os.WriteFile(c.SVG, []byte(finger.DETPlot("Fingerprints told apart", out.Verification)), 0o644); err != nil {
			return err
		}
	}
	if !c.DET {
		out.Verification.DET = nil
	}
	e := json.NewEncoder(s.out)
	e.SetIndent("", "  ")
	return e.Encode(out)
}

// layout reads fingers and impressions out of the names.
func layout(files []string) (*trial, error) {
	set := &trial{prints: make([]finger.Print, len(files)), failed: make([]bool, len(files))}
	seen := map[[2]string]string{}
	for _, path := range files {
		of, impression := personOf(path)
		if impression == "" {
			return nil, fmt.Errorf("%s: is not named finger_impression, as 101_3.png for the third impression of finger 101", path)
		}
		key := [2]string{of, impression}
		if before, twice := seen[key]; twice {
			return nil, fmt.Errorf("%s and %s are the same impression: give each its own folder", before, path)
		}
		seen[key] = path
		set.fingers = append(set.fingers, of)
	}
	return set, nil
}

// measure compares and fills in the rates.
func (c *bmsEvaluateCmd) measure(ctx context.Context, s streams, set *trial, calibration finger.Calibration, out *evaluated) error {
	mates, strangers := finger.FVCPairs(set.fingers, !c.FVC)
	if len(mates) == 0 || len(strangers) == 0 {
		return errors.New("want two fingers at least, and two impressions of one of them")
	}
	firsts := set.firsts()
	out.Fingers = len(firsts)
	pairs := append(mates, strangers...)
	tell := progress(s.err)
	all := make([]float64, len(pairs))
	err := sideBySide(ctx, len(pairs), finger.NewScratch, func(scratch *finger.Scratch, i int) {
		all[i] = scratch.Compare(&set.prints[pairs[i][0]], &set.prints[pairs[i][1]])
	}, func(done int) {
		if done%1000 == 0 {
			tell("%d of %d comparisons", done, len(pairs))
		}
	})
	tell("")
	if err != nil {
		return err
	}
	// A print without a template misses its mates; it says nothing of strangers.
	mated := all[:len(mates)]
	var made, nonMated []float64
	for i, p := range pairs {
		if set.failed[p[0]] || set.failed[p[1]] {
			continue
		}
		if i < len(mates) {
			made = append(made, all[i])
		} else {
			nonMated = append(nonMated, all[i])
		}
	}
	if len(made) == 0 || len(nonMated) == 0 {
		return errors.New("too few prints gave a template to compare any: see 'limen bms extract'")
	}
	failed := 0
	for _, f := range set.failed {
		if f {
			failed++
		}
	}
	out.Verification = finger.Verify(c.Label, mated, nonMated, failed, len(set.prints))
	if out.Decision, err = decide(mated, nonMated, calibration); err != nil {
		return err
	}
	out.CostBits = calibration.Cost(made, nonMated)
	if c.Calibrate {
		fitted, err := finger.FitCalibration(made, nonMated)
		if err != nil {
			return err
		}
		cost := fitted.Cost(made, nonMated)
		out.Fitted, out.FittedCostBits = &fitted, &cost
	}
	out.Identification, err = set.search(ctx, c.Label, firsts)
	return err
}

func decide(mated, nonMated []float64, calibration finger.Calibration) (decisionShares, error) {
	fmr, err := bms.VerificationFMR.On(today())
	if err != nil {
		return decisionShares{}, err
	}
	d := decisionShares{FMR: fmr, Least: leastRatio(fmr, 1)}
	matches := func(scores []float64) (n int) {
		for _, score := range scores {
			if calibration.LLR(score) >= d.Least {
				n++
			}
		}
		return n
	}
	d.FalseMatch = finger.ShareOf(matches(nonMated), len(nonMated))
	d.FalseNonMatch = finger.ShareOf(len(mated)-matches(mated), len(mated))
	return d, nil
}

// firsts are the first impressions of the fingers, in order.
func (t *trial) firsts() (out []int) {
	seen := map[string]bool{}
	for i, f := range t.fingers {
		if !seen[f] {
			seen[f] = true
			out = append(out, i)
		}
	}
	return out
}

// search looks for every impression among the first of each finger, with and without
// its own.
func (t *trial) search(ctx context.Context, label string, firsts []int) (*finger.Identification, error) {
	scratch := finger.NewScratch()
	var outcomes []finger.SearchOutcome
	for i := range t.prints {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		with := finger.SearchOutcome{Mated: true, Mate: math.Inf(-1)}
		own := false
		for _, j := range firsts {
			if i == j {
				own = true
				break
			}
			if t.failed[i] || t.failed[j] {
				continue
			}
			if score := scratch.Compare(&t.prints[i], &t.prints[j]); t.fingers[i] == t.fingers[j] {
				with.Mate = score
			} else {
				with.Others = append(with.Others, score)
			}
		}
		if own {
			continue // it is in the gallery
		}
		outcomes = append(outcomes, with)
		if !t.failed[i] { // who cannot be looked for says nothing of false candidates
			outcomes = append(outcomes, finger.SearchOutcome{Others: with.Others})
		}
	}
	id := finger.Identify(label, len(firsts), outcomes)
	return &id, nil
}
