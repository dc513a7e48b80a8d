package main

import (
	"fmt"
	"io"
	"os"

	"limen/ees"
	"limen/person"
)

// caseFile is the file that a command reads cases from.
type caseFile struct {
	File  string `arg:"" optional:"" type:"existingfile" help:"File to read; standard input when left out."`
	Check bool   `help:"Compare with the expected answers, print every mismatch and end with a count."`
}

func (c caseFile) run(s streams, fn func(in io.Reader, out io.Writer) (cases, mismatches int, err error)) error {
	in := s.in
	if c.File != "" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	_, mismatches, err := fn(in, s.out)
	if err != nil {
		return err
	}
	if mismatches > 0 {
		return errSaid
	}
	return nil
}

type stayCmd struct {
	caseFile
	Explain bool `help:"Add the reasons and the day-by-day count."`
}

// Help is the command's long help.
func (stayCmd) Help() string {
	return `Each line is {"id", "stays": [{"entry", "exit"}], "on", "intended_entry"?, "visa"?}.
Each answer has id, days_used, days_remaining (90 less the days used), last_day and overstay_days.`
}

// Run counts stays.
func (c *stayCmd) Run(s streams) error {
	return c.run(s, func(in io.Reader, out io.Writer) (int, int, error) {
		return ees.RunStayCases(in, out, ees.CaseOptions{Explain: c.Explain, Check: c.Check})
	})
}

type mrzCmd struct{ caseFile }

// Help is the command's long help.
func (mrzCmd) Help() string {
	return `Each line is {"id", "lines": [...]}: the zone as read, top to bottom.
Each answer has id, format, valid, checks, fields, errors and warnings.`
}

// Run reads machine readable zones.
func (c *mrzCmd) Run(s streams) error {
	return c.run(s, func(in io.Reader, out io.Writer) (int, int, error) { return person.RunMRZCases(in, out, c.Check) })
}

type namesCmd struct{ caseFile }

// Help is the command's long help.
func (namesCmd) Help() string {
	return `Reads tab-separated files, told apart by the names in their header line: printed names (id, source,
primary, secondary, language, format, mrz_name, …), pairs of names (id, left, right, label, convention, …)
and transliteration tables, as in person/testdata/names.`
}

// Run writes and compares names.
func (c *namesCmd) Run(s streams) error {
	return c.run(s, func(in io.Reader, out io.Writer) (int, int, error) { return person.RunNameCases(in, out, c.Check) })
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(s streams) error {
	_, err := fmt.Fprintln(s.out, "limen", version())
	return err
}
