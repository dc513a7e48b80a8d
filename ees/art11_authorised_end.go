package ees

import (
	"slices"
	"strconv"
	"time"

	"limen/law"
)

// decision is the authorised end of one stay and how it was found.
type decision struct {
	rule, bound law.Code
	start, end  law.Date
	length      int
	endsAt      time.Time
	visaEnd     law.Date // last day that the visa allows; zero without a visa
	onlyIn      string
}

// visaUse is what was spent on a visa so far.
type visaUse struct {
	days    int      // distinct days
	last    law.Date // last of them
	entries int
}

// decide finds the authorised end of a stay: the first rule that applies. place
// is that of a recorded stay, -1 for an intended entry.
func (c *calculation) decide(s *Stay, place int, enteredAt time.Time) (decision, error) {
	if s.Family {
		return decision{rule: RuleFamilyMember, start: s.Entry}, nil
	}
	if s.Transit {
		return c.decideTransit(s, enteredAt)
	}
	from := max(s.Entry, s.CountsFrom)
	if from > c.day {
		return decision{rule: RuleElsewhere, start: s.Entry}, nil
	}
	d := decision{start: c.afterPermits(from)}
	visa := (*Visa)(nil)
	if s.Visa > 0 {
		visa = &c.h.Visas[s.Visa-1]
	}
	switch {
	case visa != nil && visa.Limited:
		// The visa alone, whatever the sum of days (art 11(6)).
		d.rule, d.onlyIn = RuleLimited, visa.States
		d.end, d.bound = c.visaEnd(s, place, d.start)
		d.visaEnd = d.end
	case visa != nil && s.Partial:
		// Neither the days nor the entries of the visa are tested (art 11(4), (5)).
		d.rule, d.end, d.bound, d.visaEnd = RulePartial, c.rolling(s, d.start), BoundLimit, visa.ValidUntil
		if visa.ValidUntil < d.end {
			d.end, d.bound = visa.ValidUntil, BoundValidity
		}
		if d.start < visa.ValidFrom {
			d.end, d.bound = d.start-1, BoundNotYet
		}
	case visa != nil:
		d.rule = RuleVisa
		d.end, d.bound = c.visaEnd(s, place, d.start)
		d.visaEnd = d.end
		if rolling := c.rolling(s, d.start); rolling < d.end {
			d.end, d.bound = rolling, BoundLimit
		}
	default:
		d.rule, d.end, d.bound = RuleExempt, c.rolling(s, d.start), BoundLimit
	}
	if err := c.change(s, &d); err != nil {
		return decision{}, err
	}
	d.end = max(d.end, d.start-1)
	if d.visaEnd >= Never {
		d.visaEnd = 0
	}
	if d.end >= Never {
		d.end, d.bound = 0, ""
		return d, nil
	}
	d.length = c.outsidePermits(d.start, d.end)
	return d, nil
}

// FirstEntry returns the first day from intended.Entry on, on which a stay of at
// least the given days is lawful with everything else as intended; the zero
// Date when there is none within the reach of the visa or of the period. Stays
// must have their exits: nobody who is still present can be told when to
// return.
func FirstEntry(h *History, intended Stay, days int) (law.Date, error) {
	for i := range h.Stays {
		if s := &h.Stays[i]; s.Exit == 0 {
			return 0, law.BadField("stays["+strconv.Itoa(i)+"].exit", "still_present", "2017/2226 art 11(2)",
				"The stay has no exit. Give the day on which it ends to ask about a return.", "entry", s.Entry.String())
		}
	}
	c := calculation{h: h}
	if intended.Visa > 0 && int(intended.Visa) <= len(h.Visas) {
		intended.Entry = max(intended.Entry, h.Visas[intended.Visa-1].ValidFrom)
	}
	intended.Exit = 0
	limit, err := ShortStayLimit.On(intended.Entry)
	if err != nil {
		return 0, err
	}
	// After a whole period of absence nothing old is left and waiting longer
	// changes nothing.
	for tries := 0; tries <= 2*limit.Period; tries++ {
		if intended.Entry = c.afterPermits(intended.Entry); intended.Entry >= Never {
			return 0, nil
		}
		a, err := Calculate(h, Question{On: intended.Entry, Intended: intended})
		if err != nil {
			return 0, err
		}
		if a.MaximumStay >= days && a.Suffices {
			return intended.Entry, nil
		}
		intended.Entry++
	}
	return 0, nil
}

// decideTransit counts hours from the instant of entry (annex II, EES-015).
func (c *calculation) decideTransit(s *Stay, enteredAt time.Time) (decision, error) {
	if enteredAt.IsZero() {
		return decision{}, law.BadField("entered_at", "no_instant", "2017/2226 annex II",
			"A facilitated transit is counted in hours: give the instant of entry.")
	}
	hours, err := FacilitatedTransitHours.Under(c.book, c.day)
	if err != nil {
		return decision{}, err
	}
	d := decision{rule: RuleTransit, bound: BoundHours, start: s.Entry, endsAt: enteredAt.Add(time.Duration(hours) * time.Hour)}
	d.end = law.DateIn(d.endsAt, enteredAt.Location())
	d.length = int(d.end-d.start) + 1
	return d, nil
}

// change applies the decisions on the stay in their order (2017/2226 art 19).
func (c *calculation) change(s *Stay, d *decision) error {
	for i := range s.Changes {
		ch := &s.Changes[i]
		switch {
		case ch.Status == Extended:
			d.rule, d.end, d.onlyIn = RuleExtended, ch.End, ch.State
		case ch.End != 0:
			d.rule, d.end = RuleRevoked, ch.End
		default:
			onDecision, err := RevocationEndsOnDecision.Under(c.book, c.day)
			if err != nil {
				return err
			}
			if !onDecision {
				return law.BadField("changes["+strconv.Itoa(i)+"].end", "no_new_end", "2017/2226 art 19(1)",
					"A revocation or an annulment needs a new expiry date.")
			}
			// A decision ends a stay and cannot prolong one that had ended before.
			d.rule, d.end = RuleRevoked, min(d.end, ch.Decided)
		}
		d.bound = BoundDecision
	}
	return nil
}

// rolling is the last day within 90 days in the period, of somebody who stays
// without a break from start. Time under a permit interrupts the count but not
// the presence.
func (c *calculation) rolling(s *Stay, start law.Date) law.Date {
	for start < Never {
		p := &c.used
		if start != c.used.ref {
			p = new(presence)
			c.fill(p, start, s)
		}
		last := p.unbroken(c.limit)
		permit := c.nextPermit(start)
		if last < permit-1 || permit == Never {
			return last
		}
		start = c.afterPermits(permit)
	}
	return Never
}

// visaEnd is the last day that the visa of the stay allows, followed by the
// next visa where that ends first, and what sets it.
func (c *calculation) visaEnd(s *Stay, place int, start law.Date) (law.Date, law.Code) {
	var few [8]visaUse
	uses := few[:]
	if len(c.h.Visas) > len(uses) {
		uses = make([]visaUse, len(c.h.Visas))
	}
	if c.stamps {
		for i := range c.h.Stamps {
			if earlier := &c.h.Stamps[i]; earlier != s && earlier.Entry <= s.Entry {
				c.spendStay(uses, earlier)
			}
		}
	}
	c.sortStays()
	for k := range c.h.Stays {
		i := k
		if !c.ordered {
			i = c.order[k]
		}
		earlier := &c.h.Stays[i]
		if i == place || earlier.Entry > s.Entry {
			break
		}
		c.spendStay(uses, earlier)
	}
	visa, use := &c.h.Visas[s.Visa-1], &uses[s.Visa-1]
	switch {
	case start < visa.ValidFrom:
		return start - 1, BoundNotYet
	case start > visa.ValidUntil:
		return start - 1, BoundValidity
	case !s.Partial && visa.Entries > 0 && use.entries >= visa.Entries:
		return start - 1, BoundEntries
	}
	return c.spend(uses, s, start, Never)
}

// spendStay takes an earlier stay off the visas. Days and entries in a state
// that does not apply the acquis in full leave them alone (art 11(4), (5)).
func (c *calculation) spendStay(uses []visaUse, s *Stay) {
	if s.Visa == 0 || s.Partial {
		return
	}
	if s.Entry >= s.CountsFrom {
		uses[s.Visa-1].entries++
	}
	first := max(s.Entry, s.CountsFrom, c.h.Visas[s.Visa-1].ValidFrom)
	c.spend(uses, s, c.afterPermits(first), s.until(c.day))
}

// spend attributes the days from start to last to the visa used on entry until
// it ends, then to the next visa valid on the day after. It returns the last
// day so covered, and what ended the last visa. Days already spent on a visa
// are not spent twice, so a return on the day of exit costs nothing new.
func (c *calculation) spend(uses []visaUse, s *Stay, start, last law.Date) (end law.Date, bound law.Code) {
	end, bound = start-1, BoundDays
	day, at := start, int(s.Visa)-1
	for at >= 0 && day <= last {
		visa, use := &c.h.Visas[at], &uses[at]
		if day < visa.ValidFrom || day > visa.ValidUntil {
			return end, BoundValidity
		}
		permit := c.nextPermit(day)
		until := min(last, visa.ValidUntil, permit-1)
		fresh := max(day, use.last+1)
		reach := until
		if !c.countsNoDays(visa) {
			reach = min(until, fresh+law.Date(visa.Days-use.days)-1)
		}
		if reach >= fresh {
			use.days += int(reach-fresh) + 1
			use.last = reach
		}
		if reach >= day {
			end = reach
		}
		switch {
		case reach < until:
			bound = BoundDays
			day = reach + 1
			at = c.nextVisa(uses, day)
		case until == last:
			return end, bound
		case until == permit-1:
			// What follows is not a short stay; the visa may resume after it.
			if day = c.afterPermits(permit); day >= Never {
				return Never, ""
			}
			end = day - 1
			if day > visa.ValidUntil {
				bound = BoundValidity
				at = c.nextVisa(uses, day)
			}
		default:
			bound = BoundValidity
			day = until + 1
			at = c.nextVisa(uses, day)
		}
	}
	return end, bound
}

// nextVisa picks the visa to which days pass on day, without a new entry: valid
// then, with days and an entry left, the earliest to have become valid first.
func (c *calculation) nextVisa(uses []visaUse, day law.Date) int {
	next := -1
	for i := range c.h.Visas {
		v := &c.h.Visas[i]
		if v.Limited || day < v.ValidFrom || day > v.ValidUntil ||
			v.Entries > 0 && uses[i].entries >= v.Entries || !c.countsNoDays(v) && uses[i].days >= v.Days {
			continue
		}
		if next < 0 || v.ValidFrom < c.h.Visas[next].ValidFrom ||
			v.ValidFrom == c.h.Visas[next].ValidFrom && v.ValidUntil < c.h.Visas[next].ValidUntil {
			next = i
		}
	}
	return next
}

// countsNoDays tells whether the days of a visa are only those of the general
// limit: a multiple-entry visa of long validity with the full duration.
func (c *calculation) countsNoDays(v *Visa) bool {
	return c.longVisa > 0 && v.Entries == 0 && v.Days >= c.limit.Days && int(v.ValidUntil-v.ValidFrom)+1 > c.longVisa
}

// entries counts the entries on the visa of the stay (art 11(2)(a), (5)). Only
// entries into states that apply the acquis in full count.
func (c *calculation) entries(s *Stay, a *Answer) {
	if s.Visa == 0 || s.Partial || a.Rule == RuleElsewhere {
		return
	}
	a.EntriesAllowed = c.h.Visas[s.Visa-1].Entries
	for i := range c.h.Stays {
		if c.h.Stays[i].usedEntry(s.Visa, c.day) {
			a.EntriesUsed++
		}
	}
	if c.stamps {
		for i := range c.h.Stamps {
			if c.h.Stamps[i].usedEntry(s.Visa, c.day) {
				a.EntriesUsed++
			}
		}
	}
	a.EntriesExhausted = a.EntriesAllowed > 0 && a.EntriesUsed >= a.EntriesAllowed
}

// usedEntry tells whether the stay used an entry of the visa by the given day.
func (s *Stay) usedEntry(visa int32, by law.Date) bool {
	return s.Visa == visa && s.Entry <= by && !s.Partial && s.Entry >= s.CountsFrom
}

// sortStays orders the places of the stays by day of entry where the history is
// not already in order.
func (c *calculation) sortStays() {
	if c.ordered || c.order != nil {
		return
	}
	c.order = make([]int, len(c.h.Stays))
	for i := range c.order {
		c.order[i] = i
	}
	slices.SortStableFunc(c.order, func(i, j int) int { return byDay(&c.h.Stays[i], &c.h.Stays[j]) })
}

// afterPermits returns the first day from d on that is not under a permit;
// Never when an open permit covers the rest.
func (c *calculation) afterPermits(d law.Date) law.Date {
	for moved := true; moved; {
		moved = false
		for _, p := range c.h.Permits {
			if p.From > d || p.Until != 0 && p.Until < d {
				continue
			}
			if p.Until == 0 {
				return Never
			}
			d, moved = p.Until+1, true
		}
	}
	return d
}

// nextPermit returns the first day after d on which a permit begins; Never when
// none does.
func (c *calculation) nextPermit(d law.Date) law.Date {
	next := Never
	for _, p := range c.h.Permits {
		if p.From > d {
			next = min(next, p.From)
		}
	}
	return next
}

// outsidePermits counts the days first..last that are not under a permit.
func (c *calculation) outsidePermits(first, last law.Date) (n int) {
	last = min(last, law.MaxDate)
	if len(c.h.Permits) == 0 {
		return max(0, int(last-first)+1)
	}
	for first = c.afterPermits(first); first <= last; first = c.afterPermits(first) {
		until := min(last, c.nextPermit(first)-1)
		n += int(until-first) + 1
		first = until + 1
	}
	return n
}
