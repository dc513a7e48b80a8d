package ees

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"limen/law"
)

// MaxCaseLine is the longest line of a case file. With MaxStays it keeps the
// work on one case bounded; dates may be any of the years 0001 to 9999, which
// costs nothing more.
const MaxCaseLine = 1 << 20 // bytes

// CaseOptions says what RunStayCases writes.
type CaseOptions struct {
	Explain bool // add "reasons" and "days", the table of the 180 days, to each answer
	Check   bool // compare with "expect" and write the mismatches and a summary instead of the answers
}

// RunStayCases answers a file of cases in the format of
// testdata/stay/README.md, one JSON object a line, by CountDays. It writes one
// JSON line for each case, with its id and the four members days_used,
// days_remaining (90 less the days used, Count.DaysUnused), last_day (null when
// the day is not allowed) and overstay_days. With Check it writes a line for
// each mismatch and at the end "N cases, M mismatches".
//
// A line that cannot be read is answered by a line with its number and the
// refusal; the others are still answered, and the error returned says how many
// there were. cases counts the cases answered.
func RunStayCases(in io.Reader, out io.Writer, opt CaseOptions) (cases, mismatches int, err error) {
	lines := bufio.NewReaderSize(in, 64<<10)
	w := bufio.NewWriter(out)
	bad, number := 0, 0
	var first error
	for {
		line, readErr := readLine(lines)
		if readErr != nil && readErr != io.EOF && !errors.Is(readErr, errLineTooLong) {
			return cases, mismatches, errors.Join(fmt.Errorf("line %d: %w", number+1, readErr), w.Flush())
		}
		number++
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		var c stayCase
		var refusal *law.Refusal
		switch {
		case errors.Is(readErr, errLineTooLong):
			refusal = lineTooLong()
		case len(bytes.TrimSpace(line)) == 0:
			if readErr == io.EOF {
				number--
			}
		default:
			refusal = c.read(line, opt.Check)
			if refusal == nil {
				cases++
				if !c.answer(w, opt) {
					mismatches++
				}
			}
		}
		if refusal != nil {
			bad++
			if first == nil {
				first = fmt.Errorf("line %d: %w", number, refusal)
			}
			writeBadLine(w, number, c.id, refusal, opt)
		}
		// Whoever sends a case and waits for its answer gets it.
		if lines.Buffered() == 0 {
			if err := w.Flush(); err != nil {
				return cases, mismatches, err
			}
		}
		if readErr == io.EOF {
			break
		}
	}
	if opt.Check {
		fmt.Fprintf(w, "%d cases, %d mismatches\n", cases, mismatches)
	}
	if err := w.Flush(); err != nil {
		return cases, mismatches, err
	}
	if bad > 0 {
		return cases, mismatches, fmt.Errorf("%d of %d lines could not be read, first %w", bad, number, first)
	}
	return cases, mismatches, nil
}

func lineTooLong() *law.Refusal {
	return law.Refuse(law.TooMuch, "line_too_long", "", fmt.Sprintf("The line is longer than %d bytes. Split the file into one case a line.", MaxCaseLine))
}

var errLineTooLong = errors.New("line too long")

// readLine returns the next line without its end. A line that is too long is
// read to its end and answered with errLineTooLong, so that the next is whole.
func readLine(r *bufio.Reader) (line []byte, err error) {
	long := false
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > MaxCaseLine+1 {
			long, line = true, nil
		}
		if !long {
			line = append(line, part...)
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if long && (err == nil || err == io.EOF) {
			return nil, errLineTooLong
		}
		return line, err
	}
}

// stayCase is one case as read.
type stayCase struct {
	id     string
	stays  []Stay
	day    law.Date
	enters bool // the day is that of an intended entry
	visa   *Visa
	expect *caseAnswer
}

// caseAnswer is the four members of "expect", in the order of the format.
type caseAnswer struct {
	DaysUsed      int     `json:"days_used"`
	DaysRemaining int     `json:"days_remaining"`
	LastDay       *string `json:"last_day"`
	OverstayDays  int     `json:"overstay_days"`
}

func newCaseAnswer(c Count) caseAnswer {
	a := caseAnswer{DaysUsed: c.DaysUsed, DaysRemaining: c.DaysUnused, OverstayDays: c.OverstayDays}
	if c.LastDay != 0 {
		last := c.LastDay.String()
		a.LastDay = &last
	}
	return a
}

func (a caseAnswer) lastDay() string {
	if a.LastDay == nil {
		return "null"
	}
	return *a.LastDay
}

// answer writes the answer, or with Check what differs, and returns whether
// the case agrees with what it expects.
func (c *stayCase) answer(w *bufio.Writer, opt CaseOptions) bool {
	out := struct {
		ID string `json:"id"`
		caseAnswer
		Reasons []law.Reason `json:"reasons,omitempty"`
		Days    []DayVerdict `json:"days,omitempty"`
	}{ID: c.id}
	if opt.Explain {
		var count Count
		count, out.Reasons, out.Days = ExplainCount(c.stays, c.visa, c.day)
		out.caseAnswer = newCaseAnswer(count)
	} else {
		out.caseAnswer = newCaseAnswer(CountDays(c.stays, c.visa, c.day))
	}
	if !opt.Check {
		writeJSON(w, out)
		return true
	}
	got, want := out.caseAnswer, *c.expect
	var differs []string
	compare := func(member, got, want string) {
		if got != want {
			differs = append(differs, fmt.Sprintf("%s is %s, expected %s", member, got, want))
		}
	}
	compare("days_used", strconv.Itoa(got.DaysUsed), strconv.Itoa(want.DaysUsed))
	compare("days_remaining", strconv.Itoa(got.DaysRemaining), strconv.Itoa(want.DaysRemaining))
	compare("last_day", got.lastDay(), want.lastDay())
	compare("overstay_days", strconv.Itoa(got.OverstayDays), strconv.Itoa(want.OverstayDays))
	if differs == nil {
		return true
	}
	fmt.Fprintf(w, "%s: %s\n", c.id, strings.Join(differs, "; "))
	for _, r := range out.Reasons {
		fmt.Fprintf(w, "    %s [%s]\n", r.Message, r.Cite)
	}
	return false
}

func writeBadLine(w *bufio.Writer, number int, id string, refusal *law.Refusal, opt CaseOptions) {
	if opt.Check {
		fmt.Fprintf(w, "line %d: %s\n", number, refusal)
		return
	}
	type problem struct {
		Code    law.Code `json:"code"`
		Field   string   `json:"field,omitempty"`
		Message string   `json:"message"`
	}
	writeJSON(w, struct {
		Line  int     `json:"line"`
		ID    string  `json:"id,omitempty"`
		Error problem `json:"error"`
	}{number, id, problem{refusal.Code, refusal.Field, refusal.Message}})
}

func writeJSON(w *bufio.Writer, v any) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // the writer keeps its error for Flush
}

// read takes a line apart. Members that the format does not name are remarks
// and left alone, except inside a stay and a visa, where one that is not
// understood could change the answer.
func (c *stayCase) read(line []byte, check bool) *law.Refusal {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(line, &members); err != nil || members == nil {
		return badCase("", "no_object", "The line is not a JSON object. Write one case a line, as {\"id\":…,\"stays\":[…],\"on\":…}.")
	}
	if json.Unmarshal(members["id"], &c.id) != nil || c.id == "" {
		return badCase("id", "no_id", "The case needs an id: a text that names it in the answer.")
	}
	for name := range members {
		if !slices.Contains(caseMembers, name) && slices.ContainsFunc(caseMembers, func(known string) bool { return sameLetters(name, known) }) {
			return badCase(clipName(name), "unknown_member", "This member is not known and looks like a known one. The members are "+strings.Join(caseMembers, ", ")+".")
		}
	}
	on, refusal := caseDate(members, "on", "on", false)
	if refusal != nil {
		return refusal
	}
	c.day = on
	if intended, refusal := caseDate(members, "intended_entry", "intended_entry", true); refusal != nil {
		return refusal
	} else if intended != 0 {
		if intended < on {
			return badCase("intended_entry", "entry_before_question", "The intended entry lies before the day of the question. Give a day on or after \"on\", or leave it out.")
		}
		c.day, c.enters = intended, true
	}
	if refusal := c.readStays(members["stays"]); refusal != nil {
		return refusal
	}
	if refusal := c.readVisa(members["visa"]); refusal != nil {
		return refusal
	}
	if check {
		return c.readExpect(members["expect"])
	}
	return nil
}

var caseMembers = []string{"id", "source", "stays", "on", "intended_entry", "visa", "expect", "stated", "note", "also"}

// sameLetters tells whether two names differ only in case and punctuation.
func sameLetters(a, b string) bool {
	plain := strings.NewReplacer("_", "", "-", "", " ", "")
	return strings.EqualFold(plain.Replace(a), plain.Replace(b))
}

func (c *stayCase) readStays(raw json.RawMessage) *law.Refusal {
	var stays []map[string]json.RawMessage
	if raw == nil || json.Unmarshal(raw, &stays) != nil || stays == nil {
		return badCase("stays", "no_stays", "The case needs its stays: a list of {\"entry\":date,\"exit\":date or null}, empty if there are none.")
	}
	if len(stays) > MaxStays {
		return law.Refuse(law.TooMuch, "too_many_stays", "", fmt.Sprintf("The case has %d stays; at most %d are read.", len(stays), MaxStays))
	}
	c.stays = make([]Stay, len(stays))
	for i, members := range stays {
		field := "stays[" + strconv.Itoa(i) + "]"
		for name := range members {
			if name != "entry" && name != "exit" {
				return badCase(field+"."+clipName(name), "unknown_member", "A stay has the members entry and exit only.")
			}
		}
		entry, refusal := caseDate(members, "entry", field+".entry", false)
		if refusal != nil {
			return refusal
		}
		if _, given := members["exit"]; !given {
			return badCase(field+".exit", "no_exit", "The stay needs its exit. Write null while the person is still present.")
		}
		exit, refusal := caseDate(members, "exit", field+".exit", true)
		if refusal != nil {
			return refusal
		}
		if exit != 0 && exit < entry {
			return badCase(field+".exit", "exit_before_entry", "The exit lies before the entry. Check the two dates.")
		}
		c.stays[i] = Stay{Entry: entry, Exit: exit}
	}
	return nil
}

func (c *stayCase) readVisa(raw json.RawMessage) *law.Refusal {
	if raw == nil || string(raw) == "null" {
		return nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return badCase("visa", "no_object", "The visa is not an object with valid_from, valid_until, duration_days and entries.")
	}
	for name := range members {
		if !slices.Contains([]string{"valid_from", "valid_until", "duration_days", "entries"}, name) {
			return badCase("visa."+clipName(name), "unknown_member", "A visa has the members valid_from, valid_until, duration_days and entries only.")
		}
	}
	v := &Visa{}
	var refusal *law.Refusal
	if v.ValidFrom, refusal = caseDate(members, "valid_from", "visa.valid_from", false); refusal != nil {
		return refusal
	}
	if v.ValidUntil, refusal = caseDate(members, "valid_until", "visa.valid_until", false); refusal != nil {
		return refusal
	}
	if v.ValidUntil < v.ValidFrom {
		return badCase("visa.valid_until", "validity_reversed", "The visa ends before it begins. Check the two dates.")
	}
	if !caseNumber(members["duration_days"], &v.Days) || v.Days < 0 || v.Days > presentLimit().Days {
		return badCase("visa.duration_days", "bad_duration", fmt.Sprintf("The duration of stay is a whole number of days from 0 to %d. More is a long stay.", presentLimit().Days))
	}
	if !caseNumber(members["entries"], &v.Entries) || v.Entries < 0 {
		return badCase("visa.entries", "bad_entries", "The entries are a whole number; 0 stands for multiple.")
	}
	c.visa = v
	return nil
}

func (c *stayCase) readExpect(raw json.RawMessage) *law.Refusal {
	const need = "Checking needs \"expect\" with days_used, days_remaining, last_day (a date or null) and overstay_days."
	var members map[string]json.RawMessage
	if raw == nil || json.Unmarshal(raw, &members) != nil || members == nil {
		return badCase("expect", "no_expectation", need)
	}
	c.expect = &caseAnswer{}
	for name, into := range map[string]*int{"days_used": &c.expect.DaysUsed, "days_remaining": &c.expect.DaysRemaining, "overstay_days": &c.expect.OverstayDays} {
		if !caseNumber(members[name], into) {
			return badCase("expect."+name, "no_expectation", need)
		}
	}
	if raw := members["last_day"]; raw == nil || json.Unmarshal(raw, &c.expect.LastDay) != nil {
		return badCase("expect.last_day", "no_expectation", need)
	}
	return nil
}

// caseNumber reads a whole number; null is none.
func caseNumber(raw json.RawMessage, into *int) bool {
	return raw != nil && string(raw) != "null" && json.Unmarshal(raw, into) == nil
}

// caseDate reads a date, the zero Date for null or nothing where it may be missing.
func caseDate(members map[string]json.RawMessage, name, field string, optional bool) (law.Date, *law.Refusal) {
	raw := members[name]
	if optional && (raw == nil || string(raw) == "null") {
		return 0, nil
	}
	var text string
	if raw == nil || json.Unmarshal(raw, &text) != nil {
		return 0, badCase(field, "no_date", "A date is needed here, as \"2026-05-01\".")
	}
	d, err := law.ParseDate(text)
	if err != nil {
		return 0, badCase(field, "bad_date", err.Error()+". Write a day of the calendar as YYYY-MM-DD.")
	}
	return d, nil
}

func badCase(field string, code law.Code, message string) *law.Refusal {
	return law.BadField(field, code, "", message)
}

// clipName shortens a hostile name before it is repeated in a message.
func clipName(name string) string {
	if len(name) > 40 {
		return name[:40] + "…"
	}
	return name
}
