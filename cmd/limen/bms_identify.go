package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"limen/interop/bms"
)

// mostOfGallery bounds the files of a gallery: about 2 kB of memory for a print.
const mostOfGallery = 250_000

type bmsIdentifyCmd struct {
	calibrated
	Gallery    string   `required:"" type:"existingdir" placeholder:"DIR" help:"Folder of prints: a file a person, or person_impression.ext with a number for the impression."`
	Probes     []string `arg:"" name:"probe" type:"existingfile" help:"Images, minutiae records or ANSI/NIST-ITL files to look for."`
	FPIR       float64  `name:"fpir" placeholder:"SHARE" help:"Share of searches for strangers that may give anybody, as 0.001 for 0.1 %; the one in force when left out."`
	Candidates int      `default:"0" placeholder:"N" help:"Candidates to print at most; the number in force when left out."`
	Below      bool     `help:"Print the best of those below the threshold as well, marked."`
}

// Help is the command's long help.
func (bmsIdentifyCmd) Help() string {
	return `Compares each probe with everybody in the folder and prints a line of JSON for it: candidates, the likeliest
first. The threshold rises with the number of prints in the folder, since each is a chance to be wrong. Who has
several impressions is one candidate, by the best of them. Progress goes to standard error; Ctrl-C stops, and what
is printed stays good. Ends with status 1 when a probe or a print of the gallery could not be read.`
}

type candidate struct {
	Person  string  `json:"person"`
	File    string  `json:"file"`
	LLR     float64 `json:"log10_likelihood_ratio"`
	Fingers int     `json:"fingers"`
	Below   bool    `json:"below_threshold,omitempty"`
}

// identified is what identify says of a probe, a line each.
type identified struct {
	Probe      string      `json:"probe"`
	Candidates []candidate `json:"candidates"`
	Compared   int         `json:"compared"` // prints of the gallery with a finger in common
	Gallery    int         `json:"gallery"`  // files of the gallery that can be compared
	Least      float64     `json:"least_log10_likelihood_ratio"`
	Error      string      `json:"error,omitempty"`
}

// Run looks for each probe.
func (c *bmsIdentifyCmd) Run(ctx context.Context, s streams) error {
	fpir, err := rateOr(c.FPIR, "--fpir", &bms.IdentificationFPIR)
	if err != nil {
		return err
	}
	most := c.Candidates
	if most == 0 {
		if most, err = bms.MaxCandidates.On(today()); err != nil {
			return err
		}
	}
	if most < 1 {
		return fmt.Errorf("--candidates %d: give 1 or more", most)
	}
	calibration, err := c.calibration()
	if err != nil {
		return err
	}
	readers, err := printReaders(c.PPI)
	if err != nil {
		return err
	}
	files, _, err := printFiles(c.Gallery, mostOfGallery)
	if err != nil {
		return err
	}
	gallery, failures, err := readAll(ctx, s, readers, files)
	if err != nil {
		fmt.Fprintln(s.err, "Stopped while the gallery was read: nothing was looked for.")
		return errSaid
	}
	for i, f := range failures {
		if i == 10 {
			fmt.Fprintf(s.err, "and %d more of the gallery\n", len(failures)-i)
			break
		}
		fmt.Fprintf(s.err, "%s: not in the gallery: %s\n", f.File, f.Error)
	}
	known := len(files) - len(failures)
	failed := len(failures)
	least := leastRatio(fpir, known)
	lines := json.NewEncoder(s.out)
	tell := progress(s.err)
	reader := readers()
	for n, probe := range c.Probes {
		line := identified{Probe: probe, Candidates: []candidate{}, Gallery: known, Least: least}
		views, err := reader.read(probe)
		if err == nil {
			found := make([]candidate, len(files))
			err := sideBySide(ctx, len(files), readers, func(r *printReader, i int) {
				fingers, llr := compare(r.scratch, calibration, views, gallery[i])
				person, _ := personOf(files[i])
				found[i] = candidate{Person: person, File: files[i], LLR: llr, Fingers: len(fingers), Below: llr < least}
			}, func(done int) {
				if done%1000 == 0 || done == len(files) {
					tell("probe %d of %d, %d of %d compared", n+1, len(c.Probes), done, len(files))
				}
			})
			if err != nil {
				tell("")
				fmt.Fprintf(s.err, "Stopped after %d of %d probes.\n", n, len(c.Probes))
				return errSaid
			}
			line.Compared, line.Candidates = best(found, c.Below, most)
		}
		switch {
		case err != nil:
			line.Error = err.Error()
			failed++
		case line.Compared == 0:
			line.Error = "nobody in the gallery has a print of the same finger"
			failed++
		}
		tell("")
		if err := lines.Encode(line); err != nil {
			return err
		}
	}
	if failed > 0 {
		fmt.Fprintf(s.err, "Files that could not be compared: %d.\n", failed)
		return errSaid
	}
	return nil
}

// best keeps each person's best print, those at the threshold (with below all), the
// likeliest first, at most so many; and counts what was compared.
func best(found []candidate, below bool, most int) (compared int, out []candidate) {
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(b.LLR, a.LLR) })
	out = []candidate{}
	seen := map[string]bool{}
	for _, f := range found {
		if f.Fingers == 0 {
			continue
		}
		compared++
		if seen[f.Person] || f.Below && !below || len(out) == most {
			continue
		}
		seen[f.Person] = true
		out = append(out, f)
	}
	return compared, out
}
