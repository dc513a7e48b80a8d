package ees

import (
	"encoding/json"
	"fmt"

	"limen/law"
)

// copiedHistory is a history as the copy carries it, with days as numbers: short,
// and read by JudgeExtracted alone.
type copiedHistory struct {
	Stays   []copiedStay `json:"s,omitempty"`
	Visas   []copiedVisa `json:"v,omitempty"`
	Permits [][2]int32   `json:"p,omitempty"`
	Stamps  []copiedStay `json:"t,omitempty"`
}

type copiedStay struct {
	Entry      int32          `json:"e"`
	Exit       int32          `json:"x,omitempty"`
	CountsFrom int32          `json:"c,omitempty"`
	Visa       int32          `json:"v,omitempty"`
	Family     bool           `json:"f,omitempty"`
	Transit    bool           `json:"t,omitempty"`
	Partial    bool           `json:"p,omitempty"`
	Changes    []copiedChange `json:"g,omitempty"`
}

type copiedChange struct {
	Status    ChangeStatus `json:"s"`
	Decided   int32        `json:"d,omitempty"`
	From      int32        `json:"f,omitempty"`
	End       int32        `json:"e,omitempty"`
	Bilateral bool         `json:"b,omitempty"`
	State     string       `json:"o,omitempty"`
}

type copiedVisa struct {
	Key     string `json:"k"`
	From    int32  `json:"f"`
	Until   int32  `json:"u"`
	Days    int    `json:"d"`
	Entries int    `json:"e,omitempty"`
	Limited bool   `json:"l,omitempty"`
	States  string `json:"s,omitempty"`
}

// forCopy writes the history; nothing for an empty one.
func (h *builtHistory) forCopy() ([]byte, error) {
	if len(h.Stays)+len(h.Stamps)+len(h.Permits) == 0 {
		return nil, nil
	}
	var c copiedHistory
	for i := range h.Stays {
		c.Stays = append(c.Stays, h.Stays[i].copied())
	}
	for i := range h.Stamps {
		c.Stamps = append(c.Stamps, h.Stamps[i].copied())
	}
	for i, v := range h.Visas {
		c.Visas = append(c.Visas, copiedVisa{h.keys[i], int32(v.ValidFrom), int32(v.ValidUntil), v.Days, v.Entries, v.Limited, v.States})
	}
	for _, p := range h.Permits {
		c.Permits = append(c.Permits, [2]int32{int32(p.From), int32(p.Until)})
	}
	return json.Marshal(&c)
}

func (s *Stay) copied() copiedStay {
	c := copiedStay{Entry: int32(s.Entry), Exit: int32(s.Exit), CountsFrom: int32(s.CountsFrom), Visa: s.Visa, Family: s.Family, Transit: s.Transit, Partial: s.Partial}
	for _, g := range s.Changes {
		c.Changes = append(c.Changes, copiedChange{g.Status, int32(g.Decided), int32(g.From), int32(g.End), g.Bilateral, g.State})
	}
	return c
}

func (c *copiedStay) stay() Stay {
	s := Stay{Entry: law.Date(c.Entry), Exit: law.Date(c.Exit), CountsFrom: law.Date(c.CountsFrom), Visa: c.Visa, Family: c.Family, Transit: c.Transit, Partial: c.Partial}
	for _, g := range c.Changes {
		s.Changes = append(s.Changes, Change{Status: g.Status, Decided: law.Date(g.Decided), From: law.Date(g.From), End: law.Date(g.End), Bilateral: g.Bilateral, State: g.State})
	}
	return s
}

func readCopied(b []byte) (*builtHistory, error) {
	h := new(builtHistory)
	if len(b) == 0 {
		return h, nil
	}
	var c copiedHistory
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("ees: extracted history: %w", err)
	}
	for i := range c.Stays {
		h.Stays = append(h.Stays, c.Stays[i].stay())
	}
	for i := range c.Stamps {
		h.Stamps = append(h.Stamps, c.Stamps[i].stay())
	}
	for _, v := range c.Visas {
		h.keys = append(h.keys, v.Key)
		h.Visas = append(h.Visas, Visa{ValidFrom: law.Date(v.From), ValidUntil: law.Date(v.Until), Days: v.Days, Entries: v.Entries, Limited: v.Limited, States: v.States})
	}
	for _, p := range c.Permits {
		h.Permits = append(h.Permits, Span{law.Date(p[0]), law.Date(p[1])})
	}
	return h, nil
}

// ExtractedQuestion is what the copy asks about an extracted history.
type ExtractedQuestion struct {
	On      law.Date
	Exit    law.Date // intended exit; zero when none was given
	Present bool     // no entry is intended: a stay under way is judged as such
	Visa    *VisaOnRecord
	Partial bool
}

// ExtractedVerdict is the calculator's answer to the copy.
type ExtractedVerdict struct {
	Days     int  // lawful days from the day on, without a break
	Used     int  // recorded days in the period ending on the day
	Suffices bool // the stay may run to the intended exit, or begin where none was given
	Computed bool // false where no short stay is calculated: family members, permits, transit
}

// JudgeExtracted asks the calculator about a history that ExtractForCarriers
// wrote; an empty one is that of somebody who was never recorded. It is a pure
// function: it reaches no register.
func JudgeExtracted(history []byte, q ExtractedQuestion) (ExtractedVerdict, error) {
	h, err := readCopied(history)
	if err != nil {
		return ExtractedVerdict{}, err
	}
	ask := Question{On: q.On, Intended: Stay{Entry: q.On, Exit: q.Exit, Partial: q.Partial}}
	if q.Visa != nil {
		ask.Intended.Visa = h.visa(q.Visa)
	}
	underWay := h.underWay(q.On)
	if q.Present && underWay != nil && !underWay.Transit {
		ask.Intended = Stay{}
	}
	a, err := Calculate(&h.History, ask)
	if err != nil {
		return ExtractedVerdict{}, err
	}
	v := ExtractedVerdict{Days: a.Remaining, Used: a.DaysUsed, Suffices: a.Suffices && a.Remaining > 0, Computed: true}
	if q.Present && underWay != nil && underWay.Transit {
		v.Computed = false // counted in hours, at the border
	}
	switch a.Rule {
	case RuleFamilyMember, RulePermit, RuleElsewhere:
		v.Computed = false
	}
	return v, nil
}

// underWay is the stay without an exit that covers the day; nil when nobody is
// inside.
func (h *builtHistory) underWay(on law.Date) *Stay {
	for i := range h.Stays {
		if h.Stays[i].Exit == 0 && h.Stays[i].Entry <= on {
			return &h.Stays[i]
		}
	}
	return nil
}
