package ees

import (
	"cmp"
	"slices"

	"limen/law"
)

// EntryByStamp is the kind of amendment that a stamp leaves when it replaces a
// recorded entry.
const EntryByStamp AmendmentKind = "entry_by_stamp"

// stampedEntry is what a stamp shown at exit says of the entry of the stay that
// ends. day is zero when no stamp bears on it.
type stampedEntry struct {
	day      law.Date
	record   int      // record whose entry it is about; 0 where none is open
	prevails law.Date // the day that holds; zero when the guard decides
	why      law.Reason
	rest     []StampInput // the other stamps shown
}

// entryByStamp weighs an entry stamp without an exit against the record that the
// exit would close (art 22(2), 2025/1534 art 5(3)). A record that was made in
// full operation is not weighed: everybody was recorded then, so that such a
// stamp is of an earlier stay.
func (k *known) entryByStamp(stamps []StampInput, exit event) stampedEntry {
	at := -1
	for i, s := range stamps {
		if s.Exit == 0 && s.Entry <= exit.On && (at < 0 || s.Entry > stamps[at].Entry) {
			at = i
		}
	}
	if at < 0 {
		return stampedEntry{}
	}
	e := stampedEntry{day: stamps[at].Entry, rest: slices.Delete(slices.Clone(stamps), at, at+1)}
	recorded, biometrics, open := law.Date(0), false, -1
	if k != nil {
		biometrics = k.file.Face == FacePresent || k.file.Fingers == FingersPresent
		if open = k.openAt(exit); open >= 0 {
			recorded, e.record = k.records[open].Entry.On, k.records[open].N
		}
		for i := range k.records {
			// Whoever crossed after the stamp was made ended its stay then.
			if r := &k.records[i]; i != open && (r.Entry.On > e.day || r.Exit.On > e.day) {
				return stampedEntry{}
			}
		}
	}
	if recorded == e.day || recorded > law.ProgressiveLastDay() {
		return stampedEntry{}
	}
	e.prevails, e.why = PrevailingEntry(recorded, e.day, biometrics)
	return e
}

// stamped is the file as it is when the stamp holds, for the calculator; the
// file itself when the record holds, or when that is left to the guard.
func (k *known) stamped(e stampedEntry, visa *VisaOnRecord) *known {
	if e.prevails != e.day {
		return k
	}
	as := new(known)
	if k != nil {
		*as = *k
		as.records = slices.Clone(k.records)
	}
	as.enterByStamp(e, visa)
	return as
}

// enterByStamp gives the open record the stamped day of entry, or makes one. It
// returns the record's number.
func (k *known) enterByStamp(e stampedEntry, visa *VisaOnRecord) int {
	n := e.record
	if n == 0 {
		n = k.nextRecord()
		k.records = append(k.records, record{Ref: k.file.Ref, N: n, Visa: visa})
	}
	r := k.numbered(n)
	r.Entry, r.Origin = event{On: e.day, Authority: r.Entry.Authority}, Stamp
	r.Incomplete = r.Incomplete || incompleteBetween(e.day)
	k.records = inOrder(k.records, k.nextRecord)
	return n
}

// holding is the stamped day, when the stamp holds; zero when the record does.
// Where the law leaves it open, the guard must have said which.
func (e stampedEntry) holding(said string) (law.Date, error) {
	switch {
	case e.day != 0 && e.prevails == 0 && said == "":
		return 0, law.BadField("entry_holds", "entry_undecided", e.why.Cite, e.why.Message+" Say whether the record or the stamp holds.")
	case said != "" && (e.day == 0 || e.prevails != 0):
		return 0, law.BadField("entry_holds", "entry_not_in_doubt", "2025/1534 art 5(3)", "Record and stamp leave nothing to decide here. Leave this member out.")
	case said == "stamp" || e.day != 0 && e.prevails == e.day:
		return e.day, nil
	}
	return 0, nil
}

// leaveByStamp records an exit in a record whose entry is the stamped one: the
// stamp prevails over what is recorded, and without a record one is made from it
// (art 22(2), EES-044). What stood there before stays in the file's history.
func (d *deciding) leaveByStamp(e stampedEntry) (record, error) {
	k := d.known
	if was := k.numbered(e.record); was != nil {
		note := amendment{kind: EntryByStamp, record: was.N, cite: e.why.Cite, note: e.why.Message, body: *was}
		if err := writeNotes(d.pass, d.tx, k.file.Ref, d.where.On, []amendment{note}); err != nil {
			return record{}, err
		}
	}
	n := k.enterByStamp(e, d.kept.visaUsed())
	r := k.numbered(n)
	r.Exit, r.ExitOrigin, r.EndedOn = d.where, d.kept.Origin, 0
	r.Entry.Authority = cmp.Or(r.Entry.Authority, d.where.Authority)
	r.Responsible = cmp.Or(r.Responsible, d.responsible())
	r.FamilyMember = r.FamilyMember || d.kept.Family || k.file.FamilyMember
	r.Stamps = mergeStamps(r.Stamps, e.rest)
	r.Incomplete = r.Incomplete || incompleteBetween(d.where.On)
	if err := k.judgeFrom(0, d.tx.Now()); err != nil {
		return record{}, err
	}
	return *k.numbered(n), nil
}

// weighStamp tells the guard which entry holds and why.
func (c *checking) weighStamp(e stampedEntry) {
	if e.day == 0 {
		return
	}
	weight := Admit
	if e.prevails == 0 {
		weight = SecondLine
	}
	c.finding(weight, "", e.why.Code, e.why.Cite, e.why.Message, "stamped", e.day.String())
}

// settleStamps weighs the stays that stamps show against those recorded in the
// progressive period, when everybody was stamped whether recorded or not
// (2025/1534 art 5(3)). Where the record holds, the stamp shows no other stay and
// is not counted beside it; where the guard must weigh both, both count until
// then.
func (c *checking) settleStamps() error {
	if c.found == nil {
		return nil
	}
	f := &c.found.file
	biometrics := f.Face == FacePresent || f.Fingers == FingersPresent
	var kept []StampInput
	for _, s := range c.kept.Stamps {
		r := c.found.doubled(s)
		if r == nil {
			kept = append(kept, s)
			continue
		}
		prevails, why := PrevailingEntry(r.Entry.On, s.Entry, biometrics)
		if r.Entry.On != s.Entry {
			c.kept.StampsWeighed = append(c.kept.StampsWeighed, why)
		}
		if prevails != r.Entry.On {
			kept = append(kept, s)
		}
	}
	c.kept.Stamps = kept
	return nil
}

// doubled is the record of the progressive period that a stamped stay with both
// its stamps overlaps; nil when there is none.
func (k *known) doubled(s StampInput) *record {
	for i := range k.records {
		r := &k.records[i]
		last := cmp.Or(r.Exit.On, r.EndedOn)
		if s.Exit != 0 && r.hasEntry() && r.Entry.On <= law.ProgressiveLastDay() && s.Exit >= r.Entry.On && (last == 0 || s.Entry <= last) {
			return r
		}
	}
	return nil
}

// weighStamps tells what came of settleStamps.
func (c *checking) weighStamps() {
	for _, why := range c.kept.StampsWeighed {
		weight, message := Admit, why.Message
		if why.Code == CaseByCase {
			weight, message = SecondLine, message+" Leave the stamp out of a new check if the record is."
		}
		c.out.Findings = append(c.out.Findings, law.Reason{Code: why.Code, Cite: why.Cite, Message: message, Facts: why.Facts})
		c.weights = append(c.weights, weight)
		if weight == SecondLine && c.out.Proposal == Admit {
			c.out.Proposal = weight
		}
	}
}

// onlyBeforeTheStart tells whether all stamps are of entries from before the
// start of operations without an exit, shown at exit: these are taken at any time
// (art 22(2)).
func (c *checking) onlyBeforeTheStart() bool {
	return c.req.Direction == Exit && !slices.ContainsFunc(c.req.Stamps, func(s StampInput) bool { return s.Entry >= law.EESStart() || s.Exit != 0 })
}
