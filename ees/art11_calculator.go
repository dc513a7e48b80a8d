package ees

import (
	"strconv"

	"limen/law"
)

// Calculate answers a question about a history (2017/2226 art 11). It reads no
// clock and no store. It fails with a *law.Refusal on a history that
// contradicts itself, and with a *law.NoLawError on a day for which a parameter
// has no value.
func Calculate(h *History, q Question) (a Answer, err error) {
	var c calculation
	if err = c.answer(h, &q, &a); err != nil {
		a = Answer{}
	}
	return a, err
}

// CalculateUnder is Calculate under a book of law: as the law of another day, or
// other rows of the parameters, would have it. A nil book is the law in force
// on the day judged.
func CalculateUnder(book *law.Book, h *History, q Question) (a Answer, err error) {
	c := calculation{book: book}
	if err = c.answer(h, &q, &a); err != nil {
		a = Answer{}
	}
	return a, err
}

// calculation is the state of one Calculate.
type calculation struct {
	h        *History
	day      law.Date // reference day: later days are ignored
	limit    StayLimit
	longVisa int
	limited  bool // days on limited visas count, and so on
	extended bool
	transit  bool
	family   bool
	stamps   bool
	ordered  bool  // stays come by day of entry
	order    []int // places of the stays by day of entry, when they do not
	place    int   // of the recorded stay that covers the day; -1 when none does
	used     presence
	book     *law.Book // nil for the law in force
}

func (c *calculation) answer(h *History, q *Question, a *Answer) error {
	c.h, c.day = h, q.On
	if q.Intended.Entry != 0 {
		c.day = q.Intended.Entry
	}
	if err := c.scan(q); err != nil {
		return err
	}
	a.Day, a.Rule, a.DaysUsed = c.day, RuleAbsent, c.used.used(heldDays-1, c.limit.Period)
	a.StampsCounted = c.stamps
	if err := c.incomplete(a); err != nil {
		return err
	}
	s, place := &q.Intended, -1
	if s.Entry == 0 {
		if place = c.place; place < 0 {
			return nil
		}
		s = &h.Stays[place]
	}
	d, err := c.decide(s, place, q.EnteredAt)
	if err != nil {
		return err
	}
	if d.rule == RuleFamilyMember {
		*a = Answer{Day: c.day, Rule: d.rule, Start: d.start, Suffices: true}
		return nil
	}
	if d.rule != RuleTransit && c.afterPermits(c.day) != c.day {
		a.Rule, a.Suffices = RulePermit, true
		return nil
	}
	a.Rule, a.Bound, a.Start, a.End, a.EndsAt = d.rule, d.bound, d.start, d.end, d.endsAt
	a.MaximumStay, a.VisaEnd, a.OnlyIn = d.length, d.visaEnd, d.onlyIn
	c.entries(s, a)
	if a.End == 0 {
		a.Suffices = true
		return nil
	}
	a.Remaining = c.outsidePermits(c.day, a.End)
	if place < 0 && d.rule != RuleTransit {
		a.Suffices = a.Remaining > 0 && s.Exit <= a.End
		return nil
	}
	a.OverstayDays = c.outsidePermits(a.End+1, c.day)
	a.Expired = c.day > a.End
	if d.rule == RuleTransit && !q.At.IsZero() {
		a.Expired = q.At.After(a.EndsAt)
	}
	a.Suffices = !a.Expired
	return nil
}

// scan reads the history once: it counts the days up to the day judged, finds
// the place of the stay that covers that day (the last to have entered if there
// are several, -1 when none does), and refuses what contradicts itself. A
// history of plain stays needs no more than that; anything else is checked and
// counted again with the rules that concern it.
func (c *calculation) scan(q *Question) error {
	if c.day < law.MinDate || c.day > law.MaxDate {
		return law.BadField("on", "no_day", "2017/2226 art 11(2)", "The question needs a day: the day of the check or of the intended entry.")
	}
	if len(c.h.Stays) > MaxStays || len(c.h.Stamps) > MaxStays {
		return law.Refuse(law.TooMuch, "too_many_stays", "2017/2226 art 11(1)", "A history holds at most "+strconv.Itoa(MaxStays)+" stays and as many stamps.")
	}
	if err := c.readLimit(); err != nil {
		return err
	}
	place := -1
	c.ordered = true
	plain := q.Intended.plain() || q.Intended.Entry == 0
	plain = plain && len(c.h.Permits) == 0 && len(c.h.Stamps) == 0 && len(c.h.Visas) == 0
	c.used.ref = c.day
	held, entered := c.used.day(0), law.Date(0)
	for i := range c.h.Stays {
		s := &c.h.Stays[i]
		plain = plain && s.plain()
		if i > 0 && s.Entry <= entered && byDay(&c.h.Stays[i-1], s) > 0 {
			c.ordered = false
		}
		entered = s.Entry
		last := s.Exit
		if last == 0 || last >= c.day {
			last = c.day
			if s.Entry <= c.day && (place < 0 || byDay(&c.h.Stays[place], s) <= 0) {
				place = i
			}
		}
		if last >= held && s.Entry <= last {
			c.used.mark(s.Entry, last)
		}
	}
	if c.place = place; plain {
		return nil
	}
	if err := c.check(q); err != nil {
		return err
	}
	if err := c.readLaw(); err != nil {
		return err
	}
	c.fill(&c.used, c.day, nil)
	return nil
}

// readLimit takes the limit of stay on the day judged.
func (c *calculation) readLimit() (err error) {
	c.limit, err = ShortStayLimit.Under(c.book, c.day)
	if err == nil && c.book != nil && !c.limit.sound() {
		return law.BadField(ShortStayLimit.Name, "limit_not_countable", "2016/399 art 6(1)", "The calculator cannot count "+c.limit.String()+".")
	}
	return err
}

// byDay orders stays by day of entry, and those of one day by their exit.
func byDay(a, b *Stay) int {
	if a.Entry != b.Entry {
		return int(a.Entry) - int(b.Entry)
	}
	return int(a.ends()) - int(b.ends())
}

// ends is the day of exit, Never while there is none.
func (s *Stay) ends() law.Date {
	if s.Exit == 0 {
		return Never
	}
	return s.Exit
}

// plain tells whether a stay is right in itself and under no special rule.
func (s *Stay) plain() bool {
	return s.Entry >= law.MinDate && s.Entry <= law.MaxDate && s.CountsFrom <= s.Entry &&
		(s.Exit == 0 || s.Exit >= s.Entry && s.Exit <= law.MaxDate) && s.Visa == 0 && !s.Family && !s.Transit && len(s.Changes) == 0
}

// readLaw takes the values of the other parameters on the day judged.
func (c *calculation) readLaw() (err error) {
	if c.limited, err = CountLimitedDays.Under(c.book, c.day); err != nil {
		return err
	}
	if c.extended, err = CountExtensionDays.Under(c.book, c.day); err != nil {
		return err
	}
	if c.transit, err = CountTransitDays.Under(c.book, c.day); err != nil {
		return err
	}
	if c.family, err = CountFamilyDays.Under(c.book, c.day); err != nil {
		return err
	}
	if c.longVisa, err = LongMultipleEntryVisa.Under(c.book, c.day); err != nil {
		return err
	}
	if len(c.h.Stamps) > 0 && c.day >= law.EESStart() {
		if c.stamps, err = law.StampsCount.Under(c.book, c.day); err != nil {
			return err
		}
	}
	return nil
}

// incomplete marks an answer whose period holds days of the progressive start,
// when not every crossing was recorded (EES-045).
func (c *calculation) incomplete(a *Answer) error {
	start, settled := law.EESStartUnder(c.book), law.ProgressiveLastDayUnder(c.book)+1
	if c.day < start || c.day-law.Date(c.limit.Period)+1 >= settled {
		return nil
	}
	doubt, err := ProgressiveDataIncomplete.Under(c.book, c.day)
	a.Incomplete = doubt
	return err
}

// check refuses what contradicts itself.
func (c *calculation) check(q *Question) error {
	for i := range c.h.Stays {
		if wrong := c.wrong(&c.h.Stays[i]); wrong != "" {
			return badStay("stays["+strconv.Itoa(i)+"]."+wrong, &c.h.Stays[i])
		}
	}
	for i := range c.h.Stamps {
		if wrong := c.wrong(&c.h.Stamps[i]); wrong != "" {
			return badStay("stamps["+strconv.Itoa(i)+"]."+wrong, &c.h.Stamps[i])
		}
	}
	if q.Intended.Entry != 0 {
		if wrong := c.wrong(&q.Intended); wrong != "" {
			return badStay("intended."+wrong, &q.Intended)
		}
	}
	for i := range c.h.Visas {
		if v := &c.h.Visas[i]; v.ValidFrom < law.MinDate || v.ValidUntil < v.ValidFrom || v.ValidUntil > law.MaxDate || v.Days < 1 || v.Entries < 0 {
			return law.BadField("visas["+strconv.Itoa(i)+"]", "visa_contradiction", "2017/2226 art 16(2)(d)",
				"A visa needs a first and a last day of validity in order, at least one day of stay, and its number of entries or 0 for multiple.",
				"valid_from", v.ValidFrom.String(), "valid_until", v.ValidUntil.String(), "days", strconv.Itoa(v.Days), "entries", strconv.Itoa(v.Entries))
		}
	}
	if len(c.h.Permits) > 1000 {
		return law.Refuse(law.TooMuch, "too_many_permits", "2016/399 art 6(2)", "A history holds at most 1000 permits and long-stay visas.")
	}
	for i := range c.h.Permits {
		if p := c.h.Permits[i]; p.From < law.MinDate || p.Until != 0 && p.Until < p.From || p.Until > law.MaxDate {
			return law.BadField("permits["+strconv.Itoa(i)+"]", "permit_contradiction", "2016/399 art 6(2)",
				"A permit needs a first day, and a last day not before it if it has one.", "from", p.From.String(), "until", p.Until.String())
		}
	}
	return nil
}

// wrong names the member of a stay that cannot be right, "" when none.
func (c *calculation) wrong(s *Stay) string {
	if s.Entry < law.MinDate || s.Entry > law.MaxDate {
		return "entry"
	}
	if s.Exit != 0 && s.Exit < s.Entry || s.Exit > law.MaxDate {
		return "exit"
	}
	if s.Visa < 0 || int(s.Visa) > len(c.h.Visas) {
		return "visa"
	}
	for i := range s.Changes {
		ch := &s.Changes[i]
		switch ch.Status {
		case Extended:
			if ch.From == 0 || ch.End < ch.From || ch.End > law.MaxDate {
				return "changes"
			}
		case Revoked, Annulled:
			if ch.Decided == 0 && ch.End == 0 || ch.End > law.MaxDate {
				return "changes"
			}
		default:
			return "changes"
		}
	}
	return ""
}

func badStay(field string, s *Stay) error {
	return law.BadField(field, "stay_contradiction", "2017/2226 art 16(2)",
		"A stay needs a day of entry, no exit before it, a visa of the list if any, and changes with their dates: a first and a last day for an extension, a decision or a new end for a revocation.",
		"entry", s.Entry.String(), "exit", s.Exit.String(), "visa", strconv.Itoa(int(s.Visa)))
}

// fill builds the days that count up to ref. A stay given as through is taken
// to last until ref even beyond the day judged.
func (c *calculation) fill(p *presence, ref law.Date, through *Stay) {
	*p = presence{ref: ref}
	held := p.day(0)
	for i := range c.h.Stays {
		s := &c.h.Stays[i]
		if last := s.until(c.day); s.Entry <= c.day && last >= held {
			c.mark(p, s, last)
		}
	}
	if c.stamps {
		for i := range c.h.Stamps {
			if s := &c.h.Stamps[i]; s.Entry <= c.day {
				c.mark(p, s, s.until(c.day))
			}
		}
	}
	if through != nil && through.Entry < ref {
		c.mark(p, through, ref-1)
	}
	for _, permit := range c.h.Permits {
		if permit.Until == 0 {
			permit.Until = Never
		}
		p.clear(permit.From, permit.Until)
	}
}

// mark adds the days of a stay that count in the common period.
func (c *calculation) mark(p *presence, s *Stay, last law.Date) {
	first := max(s.Entry, s.CountsFrom)
	if s.Family && !c.family || s.Transit && !c.transit || !c.limited && s.Visa > 0 && c.h.Visas[s.Visa-1].Limited {
		return
	}
	if !c.extended {
		for i := range s.Changes {
			if ch := &s.Changes[i]; ch.Status == Extended {
				p.mark(first, min(last, ch.From-1))
				first = max(first, ch.End+1)
			}
		}
	}
	p.mark(first, last)
}
