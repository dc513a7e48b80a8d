package ees

import (
	"slices"
	"time"
)

// exitOf is an exit on its way to the stay it belongs to.
type exitOf struct {
	event
	visa   *VisaOnRecord
	origin Origin
	n      int // record that holds nothing but this exit; 0 when another does
	bare   record
}

// inOrder pairs every entry of a file with the exit that followed it, whatever
// order they were told in: what was kept in a buffer, or proved later, comes
// when it comes (art 21(1), EES-041). What belongs to an entry, its visa, its
// decisions, its stamps, stays with the entry's record; an exit goes to the last
// entry before it. An entry that another follows without an exit ends with that
// one (EndedOn), and an exit without an entry is a record of its own, numbered
// by next when it has none yet.
//
// The result depends on the events alone and not on how they are paired now:
// telling them in any order leads to the same records.
func inOrder(records []record, next func() int) []record {
	var entries []record
	var exits []exitOf
	for _, r := range records {
		if r.Exit.On != 0 {
			e := exitOf{event: r.Exit, visa: r.ExitVisa, origin: r.ExitOrigin}
			if !r.hasEntry() {
				e.n, e.bare = r.N, r
			} else {
				e.bare = record{Ref: r.Ref, FamilyMember: r.FamilyMember, Origin: r.Origin, Incomplete: r.Incomplete, Responsible: r.Responsible}
			}
			exits = append(exits, e)
		}
		if r.hasEntry() {
			r.Exit, r.ExitVisa, r.ExitOrigin, r.EndedOn = event{}, nil, "", 0
			entries = append(entries, r)
		}
	}
	inTime(entries)
	slices.SortStableFunc(exits, func(a, b exitOf) int { return a.when().Compare(b.when()) })
	var paired []record
	for _, e := range exits {
		i := lastBefore(entries, e.event)
		if i >= 0 && entries[i].Exit == (event{}) {
			entries[i].Exit, entries[i].ExitVisa, entries[i].ExitOrigin = e.event, e.visa, e.origin
			if v := entries[i].Visa; v != nil && e.visa != nil && v.key() == e.visa.key() {
				// The visa of the entry is no other visa (art 16(3)).
				one := *v
				one.Days, one.Entries = max(v.Days, e.visa.Days), max(v.Entries, e.visa.Entries)
				entries[i].Visa, entries[i].ExitVisa = &one, nil
			}
			continue
		}
		bare := e.bare
		if bare.N = e.n; bare.N == 0 {
			bare.N, bare.Version = next(), 0
		}
		bare.Exit, bare.ExitVisa, bare.ExitOrigin = e.event, e.visa, e.origin
		paired = append(paired, bare)
	}
	for i := range entries {
		if entries[i].Exit == (event{}) && i+1 < len(entries) {
			entries[i].EndedOn = entries[i+1].Entry.On
		}
	}
	paired = append(paired, entries...)
	inTime(paired)
	return paired
}

func (r *record) hasEntry() bool { return r.Entry.On != 0 }

// when is the instant of an event; of one that is known by its day alone, the
// end of that day, because a day of exit is a day of stay.
func (e event) when() time.Time {
	if e.At.IsZero() {
		return (e.On + 1).Start(time.UTC).Add(-time.Microsecond)
	}
	return e.At
}

// lastBefore is the place of the last entry that is not after the exit; -1 when
// there is none.
func lastBefore(entries []record, exit event) int {
	for i := len(entries) - 1; i >= 0; i-- {
		if !entries[i].began().After(exit.when()) {
			return i
		}
	}
	return -1
}
