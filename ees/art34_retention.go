package ees

import "limen/law"

// lastRecordWithFile: the record that the file's own period runs from goes with
// the file, one day later than it would alone.
var lastRecordWithFile = law.Param[bool]{Name: "ees.last_record_with_file", Rows: []law.Row[bool]{
	{From: law.MustDate("2025-10-12"), Value: true, Cite: "2017/2226 art 34(2)", Unconfirmed: true,
		Note: "design choice: the file with its linked records is kept three years and one day (paragraph 2), the record alone three years (paragraph 1); false erases the last record a day before its file"}}}

// clock is one day on which something of a file falls due.
type clock struct {
	on      law.Date
	record  int  // number of the record that is to go; 0 for the file, or for its refusals
	notice  bool // the states are told that the record will go (art 34(3))
	file    bool // the whole file goes
	early   bool // an authority has marked it (arts 35, 52)
	refusal bool // refusals go
	cite    law.Citation
}

// clocks lists what falls due in a file, in no order: for each record the first
// day after its time (art 34(1), (3), (4)), for a stay without exit the warning
// three months before, for the refusals the first of them to go, and for the
// file the first day on which nothing keeps it any more (art 34(2)).
//
// The periods are those in force on the day of the event that they run from, or
// at the start of operations for what happened before.
func (k *known) clocks() ([]clock, error) {
	end, err := k.fileEnd()
	if err != nil {
		return nil, err
	}
	var all []clock
	if end.until != 0 {
		all = append(all, clock{on: end.until + 1, file: true, cite: end.cite})
	}
	if k.file.EraseBy != 0 {
		all = append(all, clock{on: k.file.EraseBy, file: true, early: true, cite: MarkedEarly.Cite()})
	}
	for i := range k.records {
		r := &k.records[i]
		t, err := r.kept()
		if err != nil {
			return nil, err
		}
		if t.until == 0 || end.takes && r.Exit.On == end.last {
			continue
		}
		all = append(all, clock{on: t.until + 1, record: r.N, cite: t.cite})
		if t.noExit && r.NoticedOn == 0 && r.overstays() {
			before, err := periodOn(&law.ErasureNotice, t.until)
			if err != nil {
				return nil, err
			}
			all = append(all, clock{on: before.Before(t.until), record: r.N, notice: true, cite: "2017/2226 art 34(3)"})
		}
	}
	if k.file.RefusedFirst == 0 || end.takes && k.file.RefusedFirst == end.last {
		return all, nil
	}
	keep, err := periodOn(&law.KeepRefusal, k.file.RefusedFirst)
	if err != nil {
		return nil, err
	}
	return append(all, clock{on: keep.After(k.file.RefusedFirst) + 1, refusal: true, cite: "2017/2226 art 34(1)"}), nil
}

// fileEnd is until when a file is kept.
type fileEnd struct {
	until law.Date // last day
	last  law.Date // last exit or refusal, from which the file's own period runs
	takes bool     // the file's own period is what keeps it, and takes the last record with it
	cite  law.Citation
}

// fileEnd finds the last day of a file: three years and a day from its last exit
// or refusal (art 34(2)), or as long as one of its records is kept. A family
// member's file has no day of its own beyond its records (art 34(4)).
func (k *known) fileEnd() (fileEnd, error) {
	e := fileEnd{last: k.file.RefusedLast}
	for i := range k.records {
		t, err := k.records[i].kept()
		if err != nil {
			return e, err
		}
		if t.until > e.until {
			e.until, e.cite = t.until, t.cite
		}
		e.last = max(e.last, k.records[i].Exit.On)
	}
	if e.last == 0 && len(k.records) == 0 {
		e.last = k.file.LastEventOn // its records went before it
	}
	if e.last == 0 {
		return e, nil
	}
	if k.file.FamilyMember {
		err := k.familyEnd(&e)
		return e, err
	}
	keep, err := periodOn(&law.KeepFile, e.last)
	if err != nil {
		return e, err
	}
	if own := keep.After(e.last); own > e.until {
		e.until, e.cite = own, "2017/2226 art 34(2)"
		e.takes, err = lastRecordWithFile.On(max(e.last, law.EESStart()))
	}
	return e, err
}

// familyEnd keeps a family member's file as long as its refusals; one in which
// nothing is left goes at once.
func (k *known) familyEnd(e *fileEnd) error {
	if k.file.RefusedLast != 0 {
		keep, err := periodOn(&law.KeepRefusal, k.file.RefusedLast)
		if err != nil {
			return err
		}
		if until := keep.After(k.file.RefusedLast); until > e.until {
			e.until, e.cite = until, "2017/2226 art 34(1)"
		}
	}
	if e.until == 0 {
		e.until, e.cite = e.last, "2017/2226 art 34(4)"
	}
	return nil
}

// dueOn is the first day on which something of the file falls due; zero when
// nothing ever does.
func (k *known) dueOn() (law.Date, error) {
	all, err := k.clocks()
	if err != nil {
		return 0, err
	}
	due := law.Date(0)
	for _, c := range all {
		if due == 0 || c.on < due {
			due = c.on
		}
	}
	return due, nil
}

// keptUntil is how long a record is kept.
type keptUntil struct {
	until  law.Date // last day
	noExit bool     // it has no exit
	cite   law.Citation
}

// kept finds the last day of a record: three years from the exit; without one,
// five from the end of the authorised stay; of a family member one year from the
// exit, or five from the entry (art 34(1), (3), (4)).
func (r *record) kept() (keptUntil, error) {
	k := keptUntil{cite: "2017/2226 art 34(1)"}
	from, keep := r.Exit.On, &law.KeepRecord
	switch {
	case r.FamilyMember && r.Exit.On != 0:
		keep, k.cite = &law.KeepFamily, "2017/2226 art 34(4)"
	case r.FamilyMember:
		from, keep, k.cite = r.Entry.On, &law.KeepFamilyNoExit, "2017/2226 art 34(4)"
	case r.Exit.On != 0:
	default:
		// A stay that ended before it began, or whose end is not known, counts from
		// its entry.
		from, keep, k.cite, k.noExit = max(r.StayEnd, r.Entry.On), &law.KeepNoExit, "2017/2226 art 34(3)", true
	}
	period, err := periodOn(keep, from)
	k.until = period.After(from)
	return k, err
}

// overstays tells whether the record is an overstayer's, of whose erasure the
// states are warned (art 34(3)): nobody has left on it, and no proof has taken it
// off the list (art 35(5)). A stay that a later entry followed in time is none.
func (r *record) overstays() bool { return r.Excused == nil && (r.open() || r.Overstay != "") }

// periodOn is the period in force on a day, or at the start of operations for a
// day before it.
func periodOn(p *law.Param[law.Period], day law.Date) (law.Period, error) {
	return p.On(max(day, law.EESStart()))
}
