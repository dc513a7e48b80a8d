package ees

import (
	"context"
	"errors"
	"iter"
	"strconv"

	"limen/law"
)

// MaxReplayed is how many stays of one person are decided again: each is judged
// by all before it, so the work grows with the square.
const MaxReplayed = 500

// Replayed is one stay, or one entry asked about, decided twice: under the law
// in force on its day, and under a book of law.
type Replayed struct {
	RecordID string     `json:"record_id,omitempty" doc:"The entry/exit record, where the stay has one."`
	Stay     int        `json:"stay" doc:"Number of the stay in order of entry, from 1; 0 for an entry that was only asked about."`
	Entry    law.Date   `json:"entry" format:"date"`
	Exit     *law.Date  `json:"exit" format:"date" doc:"Null while the person is present or no exit is recorded."`
	Recorded *law.Date  `json:"recorded_last_day,omitempty" format:"date" doc:"The last day as it stands in the record; absent where the record has none."`
	Then     Decided    `json:"then" doc:"Decided under the law in force on the day judged."`
	Under    Decided    `json:"under" doc:"Decided under the law asked about."`
	Same     bool       `json:"same" doc:"Whether both decisions are the same."`
	Gained   int        `json:"days_gained" doc:"Days by which the authorised stay ends later under the law asked about; negative where earlier."`
	Changed  []law.Code `json:"changed" nullable:"false" doc:"What differs: last_day, days_used, overstay_days, entries_exhausted, rule, bound, decides, refused."`
}

// Decided is what the calculator decides on a stay, on its last day or on the
// day of the question.
type Decided struct {
	On               law.Date     `json:"on" format:"date" doc:"The day judged."`
	LastDay          *law.Date    `json:"last_day" format:"date" doc:"Last day of the authorised stay; null when none is possible or none is computed."`
	DaysUsed         int          `json:"days_used"`
	OverstayDays     int          `json:"overstay_days"`
	EntriesExhausted bool         `json:"entries_exhausted"`
	Rule             law.Code     `json:"rule,omitempty"`
	Bound            law.Code     `json:"bound,omitempty" doc:"What set the last day."`
	Decides          bool         `json:"decides" doc:"false where the calculator runs and is to be disregarded (2025/1534 art 5)."`
	Refused          law.Code     `json:"refused,omitempty" doc:"Why nothing could be decided; the reasons say more."`
	Reasons          []law.Reason `json:"reasons" nullable:"false"`

	end law.Date // Answer.End: the day before the start when no day is possible; zero when the rule sets no end
}

// Effect counts what a book of law changes.
type Effect struct {
	Files         int64 `json:"files" doc:"Persons looked at: individual files, or cases."`
	Stays         int64 `json:"stays" doc:"Stays and entries decided twice."`
	FilesChanged  int64 `json:"files_changed"`
	StaysChanged  int64 `json:"stays_changed"`
	DaysGained    int64 `json:"days_gained" doc:"Days by which authorised stays end later, added up."`
	DaysLost      int64 `json:"days_lost" doc:"Days by which authorised stays end earlier, added up."`
	NewOverstays  int64 `json:"new_overstays" doc:"Stays that would be an overstay and are none."`
	EndedOverstay int64 `json:"ended_overstays" doc:"Stays that are an overstay and would be none."`
	Undecided     int64 `json:"undecided" doc:"Stays on which one of the two laws decides nothing."`
	Skipped       int64 `json:"skipped" doc:"Persons who could not be decided again, as their history contradicts itself or is too long."`
}

// Add adds another effect, of other persons.
func (e *Effect) Add(o Effect) {
	e.Files += o.Files
	e.Stays += o.Stays
	e.FilesChanged += o.FilesChanged
	e.StaysChanged += o.StaysChanged
	e.DaysGained += o.DaysGained
	e.DaysLost += o.DaysLost
	e.NewOverstays += o.NewOverstays
	e.EndedOverstay += o.EndedOverstay
	e.Undecided += o.Undecided
	e.Skipped += o.Skipped
}

// count adds the stays of one person.
func (e *Effect) count(stays []Replayed) {
	e.Files++
	changed := false
	for i := range stays {
		r := &stays[i]
		e.Stays++
		e.DaysGained += int64(max(0, r.Gained))
		e.DaysLost += int64(max(0, -r.Gained))
		if (r.Then.Refused == "") != (r.Under.Refused == "") {
			e.Undecided++
		} else if then, under := r.Then.OverstayDays > 0, r.Under.OverstayDays > 0; under && !then {
			e.NewOverstays++
		} else if then && !under {
			e.EndedOverstay++
		}
		if !r.Same {
			e.StaysChanged++
			changed = true
		}
	}
	if changed {
		e.FilesChanged++
	}
}

// telling says for which decisions the reasons are worked out as well.
type telling int

const (
	tellNothing     telling = iota // counts only
	tellDifferences                // where the two decisions differ
	tellAll
)

// toReplay is one stay, or one entry asked about, with what it is decided on.
type toReplay struct {
	Replayed
	h     *History
	under *History // as the states were under the book; h where the book says nothing of them
	q     Question
}

// replay decides again, each under the law in force on its day and under the
// book. It writes nothing and reads no clock.
func replay(ctx context.Context, book *law.Book, stays iter.Seq[toReplay], tell telling) ([]Replayed, error) {
	out := []Replayed{}
	for s := range stays {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if len(out) == MaxReplayed {
			return nil, law.Refuse(law.TooMuch, "too_many_stays", "2017/2226 art 11(1)", "At most "+strconv.Itoa(MaxReplayed)+" stays of one person can be decided again.")
		}
		if err := s.Replayed.decide(book, &s, tell); err != nil {
			return nil, err
		}
		out = append(out, s.Replayed)
	}
	return out, nil
}

// orNull is a day as it is sent, null for none.
func orNull(d law.Date) *law.Date {
	if d == 0 {
		return nil
	}
	return &d
}

func (r *Replayed) decide(book *law.Book, s *toReplay, tell telling) error {
	both := func(explain bool) (err error) {
		if r.Then, err = decideUnder(nil, s.h, s.q, explain); err != nil {
			return err
		}
		r.Under, err = decideUnder(book, s.under, s.q, explain)
		return err
	}
	if err := both(tell == tellAll); err != nil {
		return err
	}
	r.Changed = r.Then.differs(&r.Under)
	r.Same = len(r.Changed) == 0
	if r.Then.end != 0 && r.Under.end != 0 {
		r.Gained = int(r.Under.end - r.Then.end)
	}
	if !r.Same && tell == tellDifferences {
		return both(true)
	}
	return nil
}

// decideUnder turns the calculator's answer into a decision. That nothing can
// be decided, because there was no law or because the history contradicts
// itself, is a decision as well; other errors are faults.
func decideUnder(book *law.Book, h *History, q Question, explain bool) (d Decided, err error) {
	var a Answer
	var reasons []law.Reason
	if explain {
		a, reasons, _, err = ExplainUnder(book, h, q)
	} else {
		a, err = CalculateUnder(book, h, q)
	}
	d = Decided{On: q.On, DaysUsed: a.DaysUsed, OverstayDays: a.OverstayDays, EntriesExhausted: a.EntriesExhausted, Rule: a.Rule, Bound: a.Bound,
		Decides: true, Reasons: reasons, end: a.End}
	var disregarded *law.Reason
	if err == nil {
		disregarded, err = calculatorDisregarded(book, q.On)
	}
	var refusal *law.Refusal
	switch {
	case errors.As(law.AsRefusal(err), &refusal):
		return Decided{On: q.On, Refused: refusal.Code, Reasons: []law.Reason{refusal.Reason}}, nil
	case err != nil:
		return Decided{}, err
	case disregarded != nil:
		d.Decides = false
		d.Reasons = append(d.Reasons, *disregarded)
	}
	if a.End != 0 && a.End >= a.Start {
		d.LastDay = &a.End
	}
	if d.Reasons == nil {
		d.Reasons = []law.Reason{}
	}
	return d, nil
}

// differs names what differs between two decisions, their reasons aside.
func (d *Decided) differs(o *Decided) []law.Code {
	out := []law.Code{}
	for _, m := range []struct {
		code  law.Code
		other bool
	}{
		{"refused", d.Refused != o.Refused},
		{"decides", d.Decides != o.Decides},
		{"rule", d.Rule != o.Rule},
		{"bound", d.Bound != o.Bound},
		{"last_day", d.end != o.end},
		{"days_used", d.DaysUsed != o.DaysUsed},
		{"overstay_days", d.OverstayDays != o.OverstayDays},
		{"entries_exhausted", d.EntriesExhausted != o.EntriesExhausted},
	} {
		if m.other {
			out = append(out, m.code)
		}
	}
	return out
}
