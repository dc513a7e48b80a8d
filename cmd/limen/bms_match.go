package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"limen/interop/bms"
)

type bmsMatchCmd struct {
	calibrated
	A   string  `arg:"" type:"existingfile" help:"Image, minutiae record or ANSI/NIST-ITL file."`
	B   string  `arg:"" type:"existingfile" help:"The other."`
	FMR float64 `name:"fmr" placeholder:"SHARE" help:"False match rate at which to decide, as 0.0005 for 0.05 %; the one in force when left out."`
}

// Help is the command's long help.
func (bmsMatchCmd) Help() string {
	return `Prints JSON: the decision, the likelihood ratio as a decimal logarithm (3 is a thousand times likelier of one
person than of two), the least at which it is a match, and each finger compared with its score.
Records with several fingers are compared finger by finger and the ratios added; where a finger was taken several
times the best counts. A print of which the finger is not known is compared with every finger of the other side.
A match ends with status 0, no match with 3, anything that went wrong with another status.`
}

// matched is what match says.
type matched struct {
	A        string           `json:"a"`
	B        string           `json:"b"`
	Decision string           `json:"decision"` // "match", "no_match"
	LLR      float64          `json:"log10_likelihood_ratio"`
	Least    float64          `json:"least_log10_likelihood_ratio"`
	FMR      float64          `json:"fmr"`
	Fingers  []comparedFinger `json:"fingers"`
}

// Run compares two files.
func (c *bmsMatchCmd) Run(s streams) error {
	fmr, err := rateOr(c.FMR, "--fmr", &bms.VerificationFMR)
	if err != nil {
		return err
	}
	calibration, err := c.calibration()
	if err != nil {
		return err
	}
	readers, err := printReaders(c.PPI)
	if err != nil {
		return err
	}
	r := readers()
	a, err := r.read(c.A)
	if err != nil {
		return fmt.Errorf("%s: %w", c.A, err)
	}
	b, err := r.read(c.B)
	if err != nil {
		return fmt.Errorf("%s: %w", c.B, err)
	}
	out := matched{A: c.A, B: c.B, Decision: "no_match", FMR: fmr, Least: leastRatio(fmr, 1)}
	out.Fingers, out.LLR = compare(r.scratch, calibration, a, b)
	if len(out.Fingers) == 0 {
		return errors.New("no finger in common: the two files say that they hold other fingers ('limen bms decode' shows which)")
	}
	end := errNoMatch
	if out.LLR >= out.Least {
		out.Decision, end = "match", nil
	}
	e := json.NewEncoder(s.out)
	e.SetIndent("", "  ")
	if err := e.Encode(out); err != nil {
		return err
	}
	return end
}
