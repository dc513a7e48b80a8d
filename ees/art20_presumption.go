package ees

import (
	"slices"

	"limen/law"
)

// Presumption is the presumption that a person found in the territory does not
// fulfil, or no longer fulfils, the conditions of the duration of stay
// (2017/2226 art 20(1)).
type Presumption struct {
	Ground law.Code // PresumedNoRecord or PresumedNoExit
	Stay   int      // place of the record without exit in History.Stays; -1 when there is no record
	Answer Answer   // what the calculator said
}

// Grounds of the presumption.
const (
	PresumedNoRecord law.Code = "no_record" // no entry recorded that covers the day
	PresumedNoExit   law.Code = "no_exit"   // the authorised stay is over and no exit is recorded
)

// Presume tells whether a person found in the territory on the day is presumed
// to overstay. It does not apply to family members with free movement nor under
// a residence permit or long-stay visa. The presumption may be rebutted: see
// Rebut.
func Presume(h *History, day law.Date) (Presumption, bool, error) {
	var c calculation
	var a Answer
	if err := c.answer(h, &Question{On: day}, &a); err != nil {
		return Presumption{}, false, err
	}
	switch {
	case a.Rule == RuleAbsent && c.afterPermits(day) == day:
		return Presumption{PresumedNoRecord, -1, a}, true, nil
	case c.place >= 0 && h.Stays[c.place].Exit == 0 && a.Expired:
		return Presumption{PresumedNoExit, c.place, a}, true, nil
	}
	return Presumption{}, false, nil
}

// Proof is credible evidence against the presumption, such as tickets or proof
// of presence abroad (2017/2226 art 20(2)), already believed by an authority.
type Proof struct {
	Stay        int      // place of the record in History.Stays; -1 when there is none and one is created
	Entry, Exit law.Date // as proved; a zero date leaves what is recorded
	Erase       bool     // the record should not be there: the person was outside the scope
}

// Rebut returns the history as the proof makes it: with a record completed,
// created or taken out. The history given is not changed. Everything computed
// from it must be computed again (EES-030).
func Rebut(h *History, p Proof) (History, error) {
	const cite = law.Citation("2017/2226 art 20(2)")
	if p.Stay < -1 || p.Stay >= len(h.Stays) {
		return History{}, law.BadField("stay", "no_such_stay", cite, "The proof names a stay that the history does not hold.")
	}
	out := *h
	out.Stays = slices.Clone(h.Stays)
	if p.Stay < 0 {
		if p.Erase || p.Entry == 0 {
			return History{}, law.BadField("entry", "no_entry", cite, "A stay that is not recorded needs its proved day of entry.")
		}
		out.Stays = append(out.Stays, Stay{})
		p.Stay = len(out.Stays) - 1
	}
	if p.Erase {
		out.Stays = slices.Delete(out.Stays, p.Stay, p.Stay+1)
		return out, nil
	}
	s := &out.Stays[p.Stay]
	if p.Entry != 0 {
		s.Entry = p.Entry
	}
	if p.Exit != 0 {
		s.Exit = p.Exit
	}
	if s.Exit != 0 && s.Exit < s.Entry {
		return History{}, law.BadField("exit", "exit_before_entry", cite, "The proved exit lies before the entry.",
			"entry", s.Entry.String(), "exit", s.Exit.String())
	}
	return out, nil
}
