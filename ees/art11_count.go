package ees

import (
	"cmp"
	"slices"

	"limen/law"
)

// Count is the answer of the plain day count of CountDays. Its figures follow
// the conventions of testdata/stay/README.md. For the decision of the law on a
// stay, with every rule that may replace the count, see Calculate.
type Count struct {
	// DaysUsed is n(R): days of recorded stay in the 180 days ending on R.
	DaysUsed int
	// DaysUnused is 90 less DaysUsed, or what is left of a visa's days where
	// that is less; 0 at the least. It is not the length of a possible stay,
	// because old days leave the period while a stay goes on: that is
	// LastDay - R + 1 here, and Answer.Remaining in the law's terms.
	DaysUnused int
	// LastDay is the last day of an unbroken presence from R on every day of
	// which is allowed; the zero Date when R is not.
	LastDay law.Date
	// OverstayDays is the number of recorded days in the 180 days ending on R
	// that were not allowed, each judged by its own period.
	OverstayDays int
}

// CountDays counts 90 days in any 180-day period (2016/399 art 6(1)) on the
// reference day, which is the day of the question or that of an intended entry.
// Days after it are ignored, a stay without exit lasts until it. Stays may come
// in any order and overlap; only their Entry and Exit are read. A visa, if any,
// adds its validity, days and entries.
//
// The limit is that of the present law on every date, also before it was made.
// Days must be dates of the calendar with exits not before entries, as
// RunStayCases checks. CountDays never fails, and allocates only for a visa on a
// history that is not in order of entry.
func CountDays(stays []Stay, visa *Visa, day law.Date) Count {
	var t tally
	return t.count(stays, visa, day)
}

// tally is a count with what explains it.
type tally struct {
	presence
	limit StayLimit
	// Recorded days in the period that were not allowed, by what failed.
	overLimit, expired, visaDays, visaEntries dayset
	spent                                     int // days of stay on the visa, up to the reference day
	entries                                   int // recorded entries on the visa
	refused                                   law.Code
}

func (t *tally) count(stays []Stay, visa *Visa, day law.Date) Count {
	t.ref = day
	t.limit = presentLimit()
	held := t.day(0)
	for i := range stays {
		if last := stays[i].until(day); last >= held && stays[i].Entry <= day {
			t.mark(stays[i].Entry, last)
		}
	}
	const ref = heldDays - 1
	c := Count{DaysUsed: t.used(ref, t.limit.Period)}
	c.DaysUnused = max(0, t.limit.Days-c.DaysUsed)
	t.overLimit = t.over(t.limit)
	last := t.unbroken(t.limit)
	if last < day {
		t.refused = WhyOverLimit
	}
	bad := t.overLimit
	if visa != nil {
		last = t.countVisa(stays, visa, last, &c)
		bad.or(&t.expired)
		bad.or(&t.visaDays)
		bad.or(&t.visaEntries)
	}
	c.OverstayDays = bad.count(ref-t.limit.Period+1, ref)
	if last >= day {
		c.LastDay = last
	}
	return c
}

// countVisa applies the visa and returns the last day, no later than last.
func (t *tally) countVisa(stays []Stay, visa *Visa, last law.Date, c *Count) law.Date {
	const ref = heldDays - 1
	day := t.ref
	end := func(d law.Date, why law.Code) {
		if d < last {
			if last >= day && d < day {
				t.refused = why
			}
			last = d
		}
	}
	if day < visa.ValidFrom {
		end(day-1, WhyNotYetValid)
	}
	end(visa.ValidUntil, WhyExpired)
	t.expired.set(t.at(visa.ValidUntil)+1, ref)
	t.expired.and(&t.days)

	// A duration shorter than the general limit caps the days inside the validity.
	if visa.Days < t.limit.Days {
		from, until := t.at(visa.ValidFrom), t.at(min(visa.ValidUntil, day))
		before := 0
		if from < 0 {
			before = distinctDays(stays, visa.ValidFrom, min(visa.ValidUntil, t.day(-1)))
		}
		t.spent = before + t.days.count(from, until)
		c.DaysUnused = max(0, min(c.DaysUnused, visa.Days-t.spent))
		left := visa.Days - t.spent
		if t.days.has(ref) {
			left++
		}
		end(day+law.Date(left)-1, WhyVisaDays)
		if t.spent > visa.Days {
			t.visaDays.set(t.days.one(max(from, 0), max(visa.Days-before, 0)+1), until)
			t.visaDays.and(&t.days)
		}
	}

	if visa.Entries > 0 {
		t.countEntries(stays, visa)
		refused := t.visaEntries.has(ref)
		if !t.days.has(ref) && t.entries >= visa.Entries {
			refused = true
		}
		if refused {
			end(day-1, WhyVisaEntries)
		}
	}
	return last
}

// countEntries numbers the stays that entered within the validity, by date of
// entry, and finds the days covered only by stays with too high a number.
func (t *tally) countEntries(stays []Stay, visa *Visa) {
	ordered := true
	var entry, exit law.Date
	for i := range stays {
		s := &stays[i]
		if !visa.usedBy(s, t.ref) {
			continue
		}
		t.entries++
		last := s.until(t.ref)
		ordered = ordered && (s.Entry > entry || s.Entry == entry && last >= exit)
		entry, exit = s.Entry, last
	}
	if t.entries <= visa.Entries {
		return
	}
	if !ordered {
		stays = byEntry(stays, t.ref)
	}
	allowed := presence{ref: t.ref}
	number := 0
	for i := range stays {
		s := &stays[i]
		if s.Entry > t.ref {
			continue
		}
		if visa.usedBy(s, t.ref) {
			if number++; number > visa.Entries {
				continue
			}
		}
		allowed.mark(s.Entry, s.until(t.ref))
	}
	t.visaEntries.set(t.at(visa.ValidFrom), t.at(visa.ValidUntil))
	t.visaEntries.and(&t.days)
	t.visaEntries.andNot(&allowed.days)
}

// usedBy tells whether the stay, begun by the reference day, used an entry.
func (v *Visa) usedBy(s *Stay, ref law.Date) bool {
	return s.Entry <= ref && s.Entry >= v.ValidFrom && s.Entry <= v.ValidUntil
}

// until is the last day of the stay that is looked at on day.
func (s *Stay) until(day law.Date) law.Date {
	if s.Exit == 0 || s.Exit > day {
		return day
	}
	return s.Exit
}

// distinctDays counts the days from..until covered by at least one stay.
func distinctDays(stays []Stay, from, until law.Date) (n int) {
	reached, entered := from-1, law.Date(0)
	for i := range stays {
		s := &stays[i]
		if s.Entry > until {
			continue
		}
		if s.Entry < entered {
			return distinctDays(byEntry(stays, until), from, until)
		}
		entered = s.Entry
		if last := s.until(until); last > reached {
			n += int(last - max(reached, s.Entry-1))
			reached = last
		}
	}
	return n
}

// byEntry returns the stays in the order in which entries are numbered: by day
// of entry, and by day of exit, as far as it is looked at, within one day.
func byEntry(stays []Stay, day law.Date) []Stay {
	stays = slices.Clone(stays)
	for i := range stays {
		stays[i].Exit = stays[i].until(day)
	}
	slices.SortStableFunc(stays, func(a, b Stay) int {
		return cmp.Or(cmp.Compare(a.Entry, b.Entry), cmp.Compare(a.Exit, b.Exit))
	})
	return stays
}
