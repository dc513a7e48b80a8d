package ees

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"limen/law"
)

// ReplayOptions says what is decided again and what is told of it.
type ReplayOptions struct {
	Book    *law.Book // the law asked about
	All     bool      // tell stays that are decided the same as well
	Explain bool      // tell every step of the reasons, not their articles alone
	JSON    bool      // one JSON object a line, with the reasons of what it tells
	After   int       // lines of the file to pass over
}

// ReplayCases decides the stays of a file of cases again, in the form that
// RunStayCases reads, under the law in force on their days and under the book.
// A case's visa is that of the stays entered within its validity and of the
// intended entry. A case without an intended entry in which nobody is present on
// its day is asked about an entry on that day.
//
// It writes each difference (with All each stay) and returns the sum, with the
// number of the last line read: where it was stopped, by ctx, it may be taken up
// again. A line that cannot be read is told and counted as skipped.
func ReplayCases(ctx context.Context, in io.Reader, out io.Writer, opt ReplayOptions) (sum Effect, line int, err error) {
	lines := bufio.NewReaderSize(in, 64<<10)
	w := bufio.NewWriter(out)
	defer func() { err = errors.Join(err, w.Flush()) }()
	for {
		if err := context.Cause(ctx); err != nil {
			return sum, line, err
		}
		text, readErr := readLine(lines)
		if readErr != nil && readErr != io.EOF && !errors.Is(readErr, errLineTooLong) {
			return sum, line, fmt.Errorf("line %d: %w", line+1, readErr)
		}
		if readErr == io.EOF && len(text) == 0 {
			return sum, line, nil
		}
		line++
		if line == 1 {
			text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
		}
		if line > opt.After && (len(bytes.TrimSpace(text)) > 0 || errors.Is(readErr, errLineTooLong)) {
			effect, err := replayLine(ctx, w, text, readErr, line, opt)
			if err != nil {
				return sum, line - 1, err
			}
			sum.Add(effect)
		}
		if readErr == io.EOF {
			return sum, line, nil
		}
	}
}

func replayLine(ctx context.Context, w *bufio.Writer, text []byte, readErr error, number int, opt ReplayOptions) (sum Effect, err error) {
	var c stayCase
	refusal := lineTooLong()
	if readErr == nil || readErr == io.EOF {
		refusal = c.read(text, false)
	}
	var stays []Replayed
	if refusal == nil {
		tell := tellDifferences
		if opt.All {
			tell = tellAll
		}
		stays, err = replay(ctx, opt.Book, c.again(), tell)
		if err != nil && !errors.As(err, &refusal) {
			return sum, err
		}
	}
	if refusal != nil {
		writeBadLine(w, number, c.id, refusal, CaseOptions{Check: !opt.JSON})
		return Effect{Skipped: 1}, nil
	}
	sum.count(stays)
	for i := range stays {
		if stays[i].Same && !opt.All {
			continue
		}
		if !opt.JSON {
			WriteReplayed(w, c.id, &stays[i], opt.Book, opt.Explain)
			continue
		}
		writeJSON(w, struct {
			ID string `json:"id"`
			*Replayed
		}{c.id, &stays[i]})
	}
	return sum, nil
}

// again are the stays of a case in order of entry, each with those before it,
// and the entry asked about. A stay is judged on its last day, or on the day of
// the case where it goes on.
func (c *stayCase) again() iter.Seq[toReplay] {
	return func(yield func(toReplay) bool) {
		h := History{}
		if c.visa != nil {
			h.Visas = []Visa{*c.visa}
		}
		present := false
		slices.SortStableFunc(c.stays, func(a, b Stay) int { return byDay(&a, &b) })
		for i, s := range c.stays {
			if s.Entry > c.day {
				break
			}
			present = present || s.ends() >= c.day
			if c.visa != nil && s.Entry >= c.visa.ValidFrom && s.Entry <= c.visa.ValidUntil {
				s.Visa = 1
			}
			h.Stays = append(h.Stays, s)
			if !yield(toReplay{Replayed{Stay: i + 1, Entry: s.Entry, Exit: orNull(s.Exit)}, &h, &h, Question{On: s.until(c.day)}}) {
				return
			}
		}
		if c.enters || !present {
			intended := Stay{Entry: c.day}
			if c.visa != nil {
				intended.Visa = 1
			}
			yield(toReplay{Replayed{Entry: c.day}, &h, &h, Question{On: c.day, Intended: intended}})
		}
	}
}

// WriteReplayed writes one stay decided twice as people read it.
func WriteReplayed(w io.Writer, id string, r *Replayed, book *law.Book, explain bool) {
	what := fmt.Sprintf("stay %d, %s to %s", r.Stay, r.Entry, exitWord(r.Exit))
	if r.Stay == 0 {
		what = "entry asked about"
	}
	verdict := "same"
	if !r.Same {
		words := make([]string, len(r.Changed))
		for i, c := range r.Changed {
			words[i] = strings.ReplaceAll(string(c), "_", " ")
		}
		verdict = "DIFFERENT in " + strings.Join(words, ", ")
		if r.Gained > 0 {
			verdict += ": " + daysWord(r.Gained) + " more"
		} else if r.Gained < 0 {
			verdict += ": " + daysWord(-r.Gained) + " fewer"
		}
	}
	fmt.Fprintf(w, "%s  %s, judged on %s: %s\n", id, what, r.Then.On, verdict)
	if r.Recorded != nil && (r.Then.LastDay == nil || *r.Recorded != *r.Then.LastDay) {
		fmt.Fprintf(w, "    %-18s last day %s\n", "as recorded", r.Recorded)
	}
	r.Then.write(w, "decided then", explain)
	if !r.Same || explain {
		under := "under the changes"
		if d := book.AsOf(); d != 0 {
			under = "law of " + d.String()
		}
		r.Under.write(w, under, explain)
	}
}

func exitWord(d *law.Date) string {
	if d == nil {
		return "no exit"
	}
	return d.String()
}

func (d *Decided) write(w io.Writer, label string, explain bool) {
	if d.Refused != "" {
		fmt.Fprintf(w, "    %-18s nothing: %s%s\n", label, d.Reasons[0].Message, inBrackets(d.Reasons[0].Cite))
		return
	}
	s := "no day is possible"
	switch {
	case d.LastDay != nil:
		s = "last day " + d.LastDay.String()
	case d.end == 0:
		s = "no end is set"
	}
	s += fmt.Sprintf(", %s used", daysWord(d.DaysUsed))
	if d.OverstayDays > 0 {
		s += ", overstay of " + daysWord(d.OverstayDays)
	}
	if d.EntriesExhausted {
		s += ", no entry left"
	}
	if !d.Decides {
		s += ", to be disregarded"
	}
	fmt.Fprintf(w, "    %-18s %s%s\n", label, s, inBrackets(d.cites()))
	if explain {
		for _, r := range d.Reasons {
			fmt.Fprintf(w, "    %-18s   %s%s\n", "", r.Message, inBrackets(r.Cite))
		}
	}
}

// cites names the articles that the decision rests on, each once.
func (d *Decided) cites() law.Citation {
	var list []string
	for _, r := range d.Reasons {
		if s := string(r.Cite); s != "" && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return law.Citation(strings.Join(list, "; "))
}

func inBrackets(c law.Citation) string {
	if c == "" {
		return ""
	}
	return " [" + string(c) + "]"
}

// WriteEffect writes what the book changes, in words or as JSON.
func WriteEffect(w io.Writer, e Effect, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(struct {
			Sum Effect `json:"sum"`
		}{e})
	}
	_, err := fmt.Fprintf(w, "%d persons, %d stays and entries decided twice\n%d persons and %d decisions differ\n%d days gained, %d days lost\n%d new overstays, %d overstays ended\n%d decided by one law only, %d persons skipped\n",
		e.Files, e.Stays, e.FilesChanged, e.StaysChanged, e.DaysGained, e.DaysLost, e.NewOverstays, e.EndedOverstay, e.Undecided, e.Skipped)
	return err
}
