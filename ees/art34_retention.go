package ees

import "limen/law"

// clock is one day on which something of a file falls due.
type clock struct {
	on     law.Date
	record int  // number of the record that is to go; 0 for the file, or for its refusals
	notice bool // the states are told that the record will go (art 34(3))
	file   bool // the whole file goes
}

// clocks lists what falls due in a file, in no order: for each record the first
// day after its time (art 34(1), (3), (4)), for a stay without exit the warning
// three months before, for the refusals the first of them to go, and for the
// file the first day on which nothing keeps it any more (art 34(2)).
//
// The periods are those in force on the day of the event that they run from, or
// at the start of operations for what happened before.
func (k *known) clocks() ([]clock, error) {
	var all []clock
	end := law.Date(0) // last day on which the file is kept
	last := k.file.RefusedLast
	for i := range k.records {
		r := &k.records[i]
		until, noExit, err := r.keptUntil()
		if err != nil {
			return nil, err
		}
		last = max(last, r.Exit.On)
		if until == 0 {
			continue
		}
		all = append(all, clock{on: until + 1, record: r.N})
		end = max(end, until)
		if noExit && r.NoticedOn == 0 {
			before, err := periodOn(&law.ErasureNotice, until)
			if err != nil {
				return nil, err
			}
			all = append(all, clock{on: before.Before(until), record: r.N, notice: true})
		}
	}
	if k.file.RefusedFirst != 0 {
		keep, err := periodOn(&law.KeepRefusal, k.file.RefusedFirst)
		if err != nil {
			return nil, err
		}
		all = append(all, clock{on: keep.After(k.file.RefusedFirst) + 1})
	}
	if last != 0 && !k.file.FamilyMember {
		keep, err := periodOn(&law.KeepFile, last)
		if err != nil {
			return nil, err
		}
		end = max(end, keep.After(last))
	}
	if last != 0 && k.file.FamilyMember && k.file.RefusedLast != 0 {
		keep, err := periodOn(&law.KeepRefusal, k.file.RefusedLast)
		if err != nil {
			return nil, err
		}
		end = max(end, keep.After(k.file.RefusedLast))
	}
	if end == 0 {
		end = k.file.LastEventOn // its last record was taken out: nothing keeps the file
	}
	all = append(all, clock{on: end + 1, file: true})
	if k.file.EraseBy != 0 {
		all = append(all, clock{on: k.file.EraseBy, file: true})
	}
	return all, nil
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

// keptUntil is the last day on which a record is kept, and whether it is one
// without an exit, of whose erasure the states are warned.
func (r *record) keptUntil() (until law.Date, noExit bool, err error) {
	from, keep := r.Exit.On, &law.KeepRecord
	switch {
	case r.FamilyMember && r.Exit.On != 0:
		keep = &law.KeepFamily
	case r.FamilyMember:
		from, keep = r.Entry.On, &law.KeepFamilyNoExit
	case r.Exit.On != 0:
	case r.StayEnd != 0:
		from, keep, noExit = max(r.StayEnd, r.Entry.On), &law.KeepNoExit, true
	default:
		from, keep = r.Entry.On, &law.KeepNoExit
	}
	period, err := periodOn(keep, from)
	if err != nil {
		return 0, false, err
	}
	return period.After(from), noExit, nil
}

// periodOn is the period in force on a day, or at the start of operations for a
// day before it.
func periodOn(p *law.Param[law.Period], day law.Date) (law.Period, error) {
	return p.On(max(day, law.EESStart()))
}
