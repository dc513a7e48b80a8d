package sim

import (
	"limen/ees"
	"limen/law"
)

// The count of days as a clerk would do it: one day after the other, each with
// the 180 days that end on it. It shares no code with package ees, whose answers
// it is there to predict; it knows plain stays and short-stay visas only.

const (
	stayDays   = 90  // 2016/399 art 6(1)
	stayWindow = 180 // the same
	longVisa   = 180 // days of validity above which the 90 days of a multiple-entry visa are 90 in any 180
)

// span is a stay as it is counted: both ends are days of stay.
type span struct {
	enter, leave law.Date // leave is zero while it lasts
	visa         *ees.VisaInput
}

// days is a set of days of presence.
type days map[law.Date]bool

// presence is the set of days of the stays up to a day, a stay without an end
// lasting until then.
func presence(stays []span, until law.Date) days {
	p := days{}
	for _, s := range stays {
		last := s.leave
		if last == 0 || last > until {
			last = until
		}
		for d := max(s.enter, until-2*stayWindow); d <= last; d++ {
			p[d] = true
		}
	}
	return p
}

// used counts the days of presence in the 180 days that end on a day.
func (p days) used(on law.Date) (n int) {
	for d := on - stayWindow + 1; d <= on; d++ {
		if p[d] {
			n++
		}
	}
	return n
}

// limitEnd is the last day on which somebody who enters on a day and does not
// leave keeps within 90 days in any 180; the day before it when even the first
// is too much.
func limitEnd(earlier []span, enter law.Date) law.Date {
	p := presence(earlier, enter)
	n := p.used(enter - 1)
	for d := enter; ; d++ {
		// The window moves by one day: what falls out at its start was counted.
		n++
		if p[d-stayWindow] {
			n--
		}
		if n > stayDays {
			return d - 1
		}
		p[d] = true
	}
}

// visaBound says what ended a stay on a visa.
type visaBound int

const (
	visaOpen visaBound = iota
	visaNotYet
	visaExpired
	visaEntries
	visaDays
)

// purse is what was spent on one visa.
type purse struct {
	visa    *ees.VisaInput
	spent   days
	entries int
}

func (p *purse) daysLeft() bool { return countsNoDays(p.visa) || len(p.spent) < p.visa.Days }

func (p *purse) validOn(d law.Date) bool { return d >= p.visa.ValidFrom && d <= p.visa.ValidUntil }

// purses is what was spent on the visas of a history, in the order in which they
// were first used.
type purses []*purse

func (ps *purses) of(v *ees.VisaInput) *purse {
	for _, p := range *ps {
		if sameVisa(p.visa, v) {
			return p
		}
	}
	p := &purse{visa: v, spent: days{}}
	*ps = append(*ps, p)
	return p
}

// spend takes the days of a presence off the visas: off the visa used at entry
// as long as it allows, then off the next one valid on the day. It returns the
// last day covered, and what ended the last visa.
func (ps purses) spend(p *purse, from, to law.Date) (law.Date, visaBound) {
	bound := visaDays
	if !p.validOn(from) {
		return from - 1, visaExpired // a visa that was no longer valid at entry hands nothing on
	}
	for d := from; d <= to; d++ {
		if !p.validOn(d) || !p.spent[d] && !p.daysLeft() {
			if bound = visaDays; d > p.visa.ValidUntil {
				bound = visaExpired
			}
			if p = ps.next(d); p == nil {
				return d - 1, bound
			}
		}
		if !countsNoDays(p.visa) {
			p.spent[d] = true
		}
	}
	return to, bound
}

// next is the visa to which days pass without a new entry: the first to have
// become valid of those with a day and an entry left.
func (ps purses) next(d law.Date) (best *purse) {
	for _, p := range ps {
		if !p.validOn(d) || !p.daysLeft() || p.visa.Entries > 0 && p.entries >= p.visa.Entries {
			continue
		}
		if best == nil || p.visa.ValidFrom < best.visa.ValidFrom ||
			p.visa.ValidFrom == best.visa.ValidFrom && p.visa.ValidUntil < best.visa.ValidUntil {
			best = p
		}
	}
	return best
}

// visaEnd is the last day that the visa allows to somebody who enters on a day
// after earlier stays, and what sets it.
func visaEnd(earlier []span, visa *ees.VisaInput, enter law.Date) (law.Date, visaBound) {
	var ps purses
	for _, s := range earlier {
		if s.visa != nil {
			ps.of(s.visa)
		}
	}
	own := ps.of(visa)
	for _, s := range earlier {
		if s.visa == nil {
			continue
		}
		p := ps.of(s.visa)
		p.entries++
		last := s.leave
		if last == 0 || last > enter {
			last = enter
		}
		ps.spend(p, s.enter, last)
	}
	switch {
	case enter < visa.ValidFrom:
		return enter - 1, visaNotYet
	case enter > visa.ValidUntil:
		return enter - 1, visaExpired
	case visa.Entries > 0 && own.entries >= visa.Entries:
		return enter - 1, visaEntries
	}
	return ps.spend(own, enter, enter+stayWindow)
}

// entriesOn counts the entries on a visa.
func entriesOn(stays []span, visa *ees.VisaInput) (n int) {
	for _, s := range stays {
		if sameVisa(s.visa, visa) {
			n++
		}
	}
	return n
}

func sameVisa(a, b *ees.VisaInput) bool {
	return a != nil && b != nil && a.Number == b.Number && a.Issuer == b.Issuer
}

func countsNoDays(v *ees.VisaInput) bool {
	return v.Entries == 0 && v.Days >= stayDays && int(v.ValidUntil-v.ValidFrom)+1 > longVisa
}

// lastLawful is the last day of a lawful stay that begins on a day; the day
// before it when none is.
func lastLawful(earlier []span, visa *ees.VisaInput, enter law.Date) law.Date {
	end := limitEnd(earlier, enter)
	if visa != nil {
		by, _ := visaEnd(earlier, visa, enter)
		end = min(end, by)
	}
	return end
}
