package ees

import (
	"cmp"
	"slices"
	"time"

	"limen/law"
	"limen/person"
)

// builtHistory is a calculator's history with the visas it was built from.
type builtHistory struct {
	History
	keys []string
	book *law.Book // nil for the law in force
}

// history turns the records of a file into what the calculator reads, with the
// stamps shown now beside those shown before. A stay that a later entry followed
// without an exit lasts, as the law presumes (2016/399 art 12), until that
// entry: whoever can show otherwise rebuts it, and the record gets its exit.
func (k *known) history(stamps []StampInput) *builtHistory { return k.historyUnder(nil, stamps) }

// historyUnder is history as the states were under a book of law: which of them
// belonged to the common area, and which applied the acquis in part.
func (k *known) historyUnder(book *law.Book, stamps []StampInput) *builtHistory {
	h := &builtHistory{book: book}
	if k == nil {
		h.stamps(nil, stamps)
		return h
	}
	h.Stays = make([]Stay, 0, len(k.records)+1)
	for i := range k.records {
		r := &k.records[i]
		s := Stay{Entry: r.Entry.On, Exit: r.Exit.On, Family: r.FamilyMember, Transit: r.Transit, Partial: r.Partial}
		if s.Entry == 0 {
			s.Entry = s.Exit // an exit whose entry is not known counts for its own day
		}
		if r.EndedOn != 0 && s.Exit == 0 {
			s.Exit = max(s.Entry, r.EndedOn)
		}
		if r.Visa != nil {
			s.Visa = h.visa(r.Visa)
		}
		if r.ExitVisa != nil {
			h.visa(r.ExitVisa)
		}
		for j := range r.Changes {
			s.Changes = append(s.Changes, r.Changes[j].change())
		}
		if book.Territory() {
			s.placeUnder(book, r)
		}
		h.Stays = append(h.Stays, s)
	}
	for _, p := range k.file.Permits {
		h.Permits = append(h.Permits, Span{p.From, p.Until})
	}
	h.stamps(k.records, stamps)
	return h
}

// placeUnder says of a recorded stay what its state was under a book. A crossing
// is recorded by states that operate the System, so that the law in force has
// nothing to add to the record.
func (s *Stay) placeUnder(book *law.Book, r *record) {
	state := string(r.Responsible)
	if point, err := person.ParseCrossingPoint(cmp.Or(r.Entry.BCP, r.Exit.BCP)); err == nil {
		state = string(point.State)
	}
	from, ok := law.StaysCountFromUnder(book, state)
	if !ok {
		from = Never
	}
	s.CountsFrom, s.Partial = from, law.PartialStateUnder(book, state, s.Entry)
}

// change is a decision as the calculator reads it.
func (c *StayChange) change() Change {
	ch := Change{Status: c.Status, Decided: c.Decided, From: c.From, End: c.End, Ground: c.Ground, Bilateral: c.Bilateral}
	if c.Bilateral || c.OnlyHere {
		ch.State = string(c.State)
	}
	return ch
}

// stamps adds the stays that stamps showed, each once: what was seen last of a
// stamped entry is what holds, because its exit may have been stamped since.
func (h *builtHistory) stamps(records []record, now []StampInput) {
	place := map[law.Date]int{}
	add := func(s StampInput) {
		stay := Stay{Entry: s.Entry, Exit: s.Exit, CountsFrom: s.countsFrom(h.book)}
		if i, ok := place[s.Entry]; ok {
			h.Stamps[i] = stay
			return
		}
		place[s.Entry] = len(h.Stamps)
		h.Stamps = append(h.Stamps, stay)
	}
	for i := range records {
		for _, s := range records[i].Stamps {
			if s.Exit == 0 {
				s.Exit = max(s.Entry, records[i].sawStamps(s.Entry))
			}
			add(s)
		}
	}
	for _, s := range now {
		add(s)
	}
}

// sawStamps is the day of the crossing at which a stamped entry without an exit
// was shown: what came of that stay afterwards is in the records and not in the
// stamp.
func (r *record) sawStamps(entry law.Date) law.Date {
	if r.Entry.On >= entry {
		return r.Entry.On
	}
	return r.Exit.On
}

// countsFrom is the day from which stays in the state of the stamp belong to the
// common period; zero when the state was not read.
func (s StampInput) countsFrom(book *law.Book) law.Date {
	if s.State == "" {
		return 0
	}
	from, ok := law.StaysCountFromUnder(book, string(s.State))
	if !ok {
		return Never
	}
	return from
}

// visa returns the place of a visa in the history, counted from 1, adding it
// when it is new. Only the first record on a visa holds its days and entries
// (EES-009).
func (h *builtHistory) visa(v *VisaOnRecord) int32 {
	key := v.key()
	for i, k := range h.keys {
		if k == key {
			return int32(i + 1)
		}
	}
	c := Visa{ValidFrom: v.ValidFrom, ValidUntil: v.ValidTo, Days: max(1, v.Days), Entries: v.Entries, Limited: v.Type == person.VisaLTV,
		States: joinStates(v.LTVStates)}
	h.Visas = append(h.Visas, c)
	h.keys = append(h.keys, key)
	return int32(len(h.Visas))
}

// key tells visas apart, by issuer and sticker.
func (v *VisaOnRecord) key() string { return string(v.Issuer) + "|" + string(v.Sticker) }

// judgeFrom works out anew what the calculator says of the records from the
// i-th on, in the order of time: each on what came before it. Whatever changed
// the history calls it, so that no record rests on what no longer stands
// (EES-030). now decides whether a flag on an open stay still holds.
//
// The values behind a record's pointers are replaced and never written through:
// k.before shares them.
func (k *known) judgeFrom(i int, now time.Time) error {
	k.settleVisas()
	for i = max(i, 0); i < len(k.records); i++ {
		if err := k.judge(i, now); err != nil {
			return err
		}
	}
	return nil
}

func (k *known) judge(i int, now time.Time) error {
	r := &k.records[i]
	was := r.Overstay
	r.Overstay, r.OverstayFrom = "", 0
	if r.FamilyMember || r.Entry.On == 0 {
		r.StayEnd, r.EndsAt = 0, time.Time{}
		return nil
	}
	before := known{file: k.file, records: k.records[:i+1]}
	q := Question{On: k.judgedOn(r), At: r.Exit.At, EnteredAt: r.enteredAt()}
	a, err := Calculate(&before.history(nil).History, q)
	if err != nil {
		return err
	}
	r.StayEnd, r.EndsAt = 0, a.EndsAt.UTC().Truncate(time.Microsecond)
	if a.End != 0 {
		r.StayEnd = max(a.End, r.Entry.On-1)
	}
	switch {
	case r.ExitVisa != nil:
		v := *r.ExitVisa
		v.StayEnd, r.ExitVisa = a.VisaEnd, &v
		if err := k.judgeVisaOfEntry(i); err != nil {
			return err
		}
	case r.Visa != nil:
		v := *r.Visa
		v.StayEnd, r.Visa = a.VisaEnd, &v
	}
	if r.Excused == nil && r.overstayed(was, now) {
		r.Overstay, r.OverstayFrom = Exceeded, r.StayEnd+1
		if r.open() {
			r.Overstay = NoExit
		}
		if r.Transit {
			r.OverstayFrom = r.StayEnd // the hours ran out on this day
		}
	}
	return nil
}

// judgedOn is the day on which a stay is judged: that of its exit, or of its
// entry; for a stay that began under a permit the day after it, because the time
// under it has no end to work out.
func (k *known) judgedOn(r *record) law.Date {
	on := max(r.Entry.On, r.Exit.On)
	if r.Exit.On != 0 {
		return on
	}
	for moved := true; moved; {
		moved = false
		for _, p := range k.file.Permits {
			if p.From <= on && on <= p.Until && p.Until < law.MaxDate {
				on, moved = p.Until+1, true
			}
		}
	}
	return on
}

// judgeVisaOfEntry works out what the visa shown at entry allowed, of a record
// whose exit was on another one: as it was at the entry, whether or not the exit
// was known when the entry was told (art 16(2)(d)).
func (k *known) judgeVisaOfEntry(i int) error {
	r := &k.records[i]
	if r.Visa == nil {
		return nil
	}
	before := known{file: k.file, records: slices.Clone(k.records[:i+1])}
	last := &before.records[i]
	last.Exit, last.ExitVisa = event{}, nil
	a, err := Calculate(&before.history(nil).History, Question{On: r.Entry.On, EnteredAt: r.enteredAt()})
	if err != nil {
		return err
	}
	v := *r.Visa
	v.StayEnd, r.Visa = a.VisaEnd, &v
	return nil
}

// overstayed tells whether the stay lasted longer than it might. An open stay is
// flagged by the duty of art 12(1) and by nothing else; here its flag is kept or
// lost. A stay that ended while that paragraph was suspended is never flagged: the
// mechanism that identifies it was not there (2025/1534 art 5).
func (r *record) overstayed(was OverstayClass, now time.Time) bool {
	switch {
	case r.StayEnd == 0:
		return false
	case r.open() && was != NoExit:
		return false
	case r.Transit && r.open():
		return now.After(r.EndsAt)
	case r.Transit && !r.Exit.At.IsZero():
		_, suspended := law.Suspended("2017/2226 art 12(1)", r.Exit.On)
		return r.Exit.At.After(r.EndsAt) && !suspended
	case r.open():
		return law.DateIn(now, person.WesternmostZone()) > r.StayEnd
	}
	ended := cmp.Or(r.Exit.On, r.EndedOn)
	_, suspended := law.Suspended("2017/2226 art 12(1)", ended)
	return ended > r.StayEnd && !suspended
}

// enteredAt is the instant of entry in the zone of the crossing point.
func (r *record) enteredAt() time.Time {
	if point, err := person.ParseCrossingPoint(r.Entry.BCP); err == nil && !r.Entry.At.IsZero() {
		return r.Entry.At.In(point.Location())
	}
	return r.Entry.At
}
