package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"limen/ees"
	"limen/law"
)

// compare holds a check against its expectation.
func (a *Auditor) compare(t *Traveller, at time.Time, e expectation, c *ees.Check) {
	d := a.differences(t, at)
	defer d.done()
	d.check("file found", e.found, c.File != nil)
	d.check("candidates", e.candidates, len(c.Candidates) > 0)
	if c.File != nil {
		d.check("inside", e.inside, c.File.Inside)
	}
	d.check("proposal", e.proposal, c.Proposal)
	slices.Sort(e.reasons)
	answered := slices.Clone(c.ProposedReasons)
	slices.Sort(answered)
	d.check("proposed reasons", joined(e.reasons), joined(answered))
	if e.candidates && !e.found {
		return // whose stay it is, the guard says
	}
	d.check("computed", e.computed, c.Stay.Computed)
	d.check("days used", e.used, c.Stay.DaysUsed)
	d.check("days remaining", e.remaining, c.Stay.DaysRemaining)
	d.check("last day", e.lastDay, orZero(c.Stay.LastDay))
	d.check("overstay days", e.over, c.Stay.OverstayDays)
	d.check("entries exhausted", e.exhausted, c.Stay.EntriesExhausted)
}

// differences collects the mismatches of one reply.
type differences struct {
	auditor *Auditor
	who     string
	at      time.Time
	found   []Mismatch
}

func (a *Auditor) differences(t *Traveller, at time.Time) *differences {
	return &differences{auditor: a, who: t.Name.String() + " (" + string(t.Passports[0].Document.Number) + ")", at: at}
}

func (d *differences) check(field string, expected, answered any) {
	if expected != answered {
		d.found = append(d.found, Mismatch{d.who, d.at, field, fmt.Sprint(expected), fmt.Sprint(answered)})
	}
}

func (d *differences) done() {
	d.auditor.mu.Lock()
	defer d.auditor.mu.Unlock()
	d.auditor.replies++
	d.auditor.mismatches = append(d.auditor.mismatches, d.found...)
}

func joined(letters []ees.RefusalReason) string {
	s := make([]string, len(letters))
	for i, l := range letters {
		s[i] = string(l)
	}
	return strings.Join(s, " ")
}

func orZero(d *law.Date) law.Date {
	if d == nil {
		return 0
	}
	return *d
}

// moved is a crossing or refusal as it took place.
type moved struct {
	asked
	trip  int
	at    time.Time
	point string
}

// register notes that the traveller has a file from now on.
func (a *Auditor) register(t *Traveller, b *book, m *moved) {
	if !b.registered {
		b.registered, b.family = true, m.family
		b.name = t.registered()
		if t.typed && len(b.documents) == 0 {
			b.name = t.Name
		}
		a.mu.Lock()
		a.blocks[blockOf(t)] = append(a.blocks[blockOf(t)], t.Index)
		a.mu.Unlock()
	}
	if n := m.passport.Document.Number; !slices.Contains(b.documents, n) {
		b.documents = append(b.documents, n)
	}
}

// turnedDown enters a refusal into the book.
func (a *Auditor) turnedDown(t *Traveller, m *moved) {
	b := &a.books[t.Index]
	a.register(t, b, m)
	if b.skip == nil {
		b.skip = map[int]bool{}
	}
	b.skip[m.trip] = true
}

// entered enters an entry into the book and says what its record must hold.
func (a *Auditor) entered(t *Traveller, m *moved) *bookStay {
	b := &a.books[t.Index]
	a.register(t, b, m)
	past := b.spans()
	if open := b.open(); open != nil {
		open.presumed = true
		open.exceeded = open.end != 0 && m.on > open.end
	}
	s := bookStay{span: span{enter: m.on}, at: m.at, in: m.point, family: m.family || b.family}
	if m.needsVisa {
		s.visa = m.visa
	}
	if !s.family {
		s.end = max(lastLawful(past, m.visa, m.on), m.on-1)
	}
	b.stays = append(b.stays, s)
	return &b.stays[len(b.stays)-1]
}

// left enters an exit into the book.
func (a *Auditor) left(t *Traveller, m *moved) *bookStay {
	b := &a.books[t.Index]
	a.register(t, b, m)
	s := b.open()
	if s == nil && m.stamped != 0 {
		b.stays = append(b.stays, bookStay{span: span{enter: m.stamped}, stamped: true, family: m.family || b.family})
		s = &b.stays[len(b.stays)-1]
		if !s.family {
			s.end = b.endOf(s)
		}
	}
	if s == nil {
		b.stays = append(b.stays, bookStay{span: span{enter: m.on, leave: m.on}, leftAt: m.at, unknown: true, family: m.family || b.family})
		return &b.stays[len(b.stays)-1]
	}
	end := law.Date(0)
	if !s.family {
		end = b.endOf(s)
	}
	s.leave, s.leftAt = m.on, m.at
	s.exceeded = end != 0 && m.on > end
	return s
}

// compareRecord holds the record of a crossing against the book.
func (a *Auditor) compareRecord(t *Traveller, m *moved, s *bookStay, v *ees.RecordView) {
	d := a.differences(t, m.at)
	d.check("record's entry day", !s.unknown, v.Entry != nil)
	if v.Entry != nil {
		d.check("record's entry", s.enter, v.Entry.On)
		d.check("record's entry moment is known", !s.stamped, v.Entry.At != nil)
		if v.Entry.At != nil {
			d.check("record's entry moment", s.at, *v.Entry.At)
		}
	}
	d.check("record's exit", s.leave != 0, v.Exit != nil)
	if v.Exit != nil {
		d.check("record's exit day", s.leave, v.Exit.On)
	}
	d.check("record's stay end", s.end, orZero(v.StayEnd))
	d.check("record's visa", s.visa != nil, v.Visa != nil)
	class := ees.OverstayClass("")
	// Who left while the list was suspended is not on it (2025/1534 art 5).
	if s.exceeded && s.leave > law.ProgressiveLastDay() {
		class = ees.Exceeded
	}
	d.check("record's overstay class", class, v.OverstayClass)
	origin, first := ees.Online, s.enter
	if s.stamped {
		origin, first = ees.Stamp, s.leave // only the exit was recorded when it took place
	}
	d.check("record's origin", origin, v.Origin)
	d.check("record incomplete", first <= law.ProgressiveLastDay(), v.Incomplete)
	d.done()
}
