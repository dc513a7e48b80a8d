package person

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// MRZReport is a zone in the form that is written out: every member is there,
// null where the zone or its format has none.
type MRZReport struct {
	Format   *MRZFormat       `json:"format" doc:"TD1, TD2, TD3, MRV-A or MRV-B; null when the lines fit none."`
	Valid    bool             `json:"valid" doc:"Nothing is wrong with the zone."`
	Checks   *MRZReportChecks `json:"checks" doc:"Results of the check digits; null when the zone cannot be read."`
	Fields   *MRZFields       `json:"fields" doc:"Fields as printed; null when the zone cannot be read."`
	Errors   []MRZFault       `json:"errors" nullable:"false" doc:"What is wrong, in a fixed order."`
	Warnings []MRZFault       `json:"warnings" nullable:"false" doc:"Codes of states that nobody has; they leave the zone valid."`
}

// MRZReportChecks are the results of the check digits: null where the format
// has no such digit.
type MRZReportChecks struct {
	DocumentNumber *bool `json:"document_number"`
	BirthDate      *bool `json:"birth_date"`
	ExpiryDate     *bool `json:"expiry_date"`
	Optional       *bool `json:"optional"`
	Composite      *bool `json:"composite"`
}

// Report returns the zone in the form that is written out.
func (m MRZ) Report() MRZReport {
	r := MRZReport{Valid: m.Valid, Errors: append([]MRZFault{}, m.Errors...), Warnings: append([]MRZFault{}, m.Warnings...)}
	if m.Format != "" {
		r.Format = &m.Format
	}
	if m.Readable {
		c := m.Checks
		r.Fields = &m.Fields
		r.Checks = &MRZReportChecks{c.DocumentNumber.ptr(), c.BirthDate.ptr(), c.ExpiryDate.ptr(), c.Optional.ptr(), c.Composite.ptr()}
	}
	return r
}

func (c MRZCheck) ptr() *bool {
	if c == NoCheck {
		return nil
	}
	right := c == CheckRight
	return &right
}

// MaxMRZCaseLine is the longest line that RunMRZCases reads, in bytes.
const MaxMRZCaseLine = 1 << 20

// RunMRZCases reads cases, one JSON object a line, and parses their lines:
//
//	{"id": "…", "lines": ["…", …], "expect": {…}}
//
// Other members and empty lines are left alone. Without check it writes one
// JSON object for each case, the id and the members of MRZReport. With check it
// compares them with the members of expect and writes one line for each that
// differs, and at last "N cases, M mismatches". Where expect has errors other
// than wrong check digits, only format, valid and errors are compared: the
// fields of a zone in a foreign layout mean nothing.
//
// A line that is no case (no JSON object, no lines, too long, with check no
// expect) is reported with its number and counts as a case and as a mismatch;
// the others are still read. err then says how many there were. Any other err
// comes from in or out.
func RunMRZCases(in io.Reader, out io.Writer, check bool) (cases, mismatches int, err error) {
	r, w := bufio.NewReaderSize(in, 64<<10), bufio.NewWriter(out)
	var bad int
	var firstBad string
	for number, last := 1, false; !last; number++ {
		line, size, readErr := readCaseLine(r)
		if last = errors.Is(readErr, io.EOF); readErr != nil && !last {
			return cases, mismatches, errors.Join(fmt.Errorf("line %d: %w", number, readErr), w.Flush())
		}
		if len(line) == 0 {
			continue
		}
		cases++
		text, agrees, caseErr := answerCase(line, size, check)
		if caseErr != nil {
			message := fmt.Sprintf("line %d: %s", number, caseErr)
			if bad++; bad == 1 {
				firstBad = message
			}
			if text = message + "\n"; !check {
				text = oneLine(map[string]string{"error": message}) + "\n"
			}
		}
		if !agrees {
			mismatches++
		}
		if _, err := w.WriteString(text); err != nil {
			return cases, mismatches, err
		}
	}
	if check {
		fmt.Fprintf(w, "%d cases, %d mismatches\n", cases, mismatches)
	}
	if err := w.Flush(); err != nil {
		return cases, mismatches, err
	}
	if bad > 0 {
		return cases, mismatches, fmt.Errorf("%d of %d lines are no cases; the first is %s", bad, cases, firstBad)
	}
	return cases, mismatches, nil
}

// answerCase returns what is written for one line, and whether it agrees with
// what was expected; without check every case does.
func answerCase(line []byte, size int, check bool) (text string, agrees bool, err error) {
	c, err := readCase(line, size, check)
	if err != nil {
		return "", false, err
	}
	got := ParseMRZ(*c.Lines).Report()
	if check {
		text = differences(c.ID, got, *c.Expect)
		return text, text == "", nil
	}
	return oneLine(struct {
		ID string `json:"id"`
		MRZReport
	}{c.ID, got}) + "\n", true, nil
}

// mrzCase is one line of the input.
type mrzCase struct {
	ID     string     `json:"id"`
	Lines  *[]string  `json:"lines"`
	Expect *MRZReport `json:"expect"`
}

// readCaseLine returns the next line without the blanks around it and its size
// in bytes. Of a line that is too long it returns only the beginning.
func readCaseLine(r *bufio.Reader) (line []byte, size int, err error) {
	for {
		part, err := r.ReadSlice('\n')
		size += len(part)
		if size <= MaxMRZCaseLine {
			line = append(line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff"))), size, err
	}
}

func readCase(line []byte, size int, check bool) (*mrzCase, error) {
	if size > MaxMRZCaseLine {
		return nil, fmt.Errorf("the line has %d bytes; at most %d are read", size, MaxMRZCaseLine)
	}
	var c mrzCase
	if err := json.Unmarshal(line, &c); err != nil {
		return nil, fmt.Errorf("not a case in JSON: %w", err)
	}
	if c.Lines == nil {
		return nil, errors.New(`the case has no member "lines"`)
	}
	if check && c.Expect == nil {
		return nil, errors.New(`the case has no member "expect" to compare with`)
	}
	return &c, nil
}

// differences compares what was read with what was expected, member by member.
func differences(id string, got, want MRZReport) string {
	var b strings.Builder
	differ := func(member string, got, want any) {
		if g, w := oneLine(got), oneLine(want); g != w {
			fmt.Fprintf(&b, "%s: %s: got %s, want %s\n", id, member, g, w)
		}
	}
	differ("format", got.Format, want.Format)
	differ("valid", got.Valid, want.Valid)
	differ("errors", got.Errors, append([]MRZFault{}, want.Errors...))
	if !slices.ContainsFunc(want.Errors, func(f MRZFault) bool { return !strings.HasPrefix(string(f), "check:") }) {
		differ("checks", got.Checks, want.Checks)
		differ("fields", got.Fields, want.Fields)
		differ("warnings", got.Warnings, append([]MRZFault{}, want.Warnings...))
	}
	return b.String()
}

// oneLine prints a value as JSON with the fillers as they are.
func oneLine(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err.Error()
	}
	return string(bytes.TrimSpace(b.Bytes()))
}
