package law

import (
	"fmt"
	"slices"
	"time"
)

// WorkingDay tells whether day d is a working day in the state: neither a
// Saturday, a Sunday nor a public holiday there (1182/71 art 2(2)). It fails for
// a state that does not operate the Entry/Exit System and for a day before the
// table of holidays begins.
func WorkingDay(state string, d Date) (bool, error) {
	p := holidaysByState[state]
	if p == nil {
		return false, fmt.Errorf("law: no public holidays are known for %q", clip(state))
	}
	rules, err := p.On(d)
	if err != nil {
		return false, err
	}
	if weekend(d) {
		return false, nil
	}
	year, _, _ := d.YMD()
	return !slices.Contains(holidaysOf(rules, year), d), nil
}

// AddWorkingDays returns the last day of a period of n working days that begins
// to run with an event on day from, which is not counted itself (1182/71 art
// 3(1)): five working days from Friday 2026-05-01 in France end with
// 2026-05-11, for the 8th is a holiday. n = 0 gives the day itself. It fails
// where WorkingDay fails, and on a negative n.
func AddWorkingDays(state string, from Date, n int) (Date, error) {
	if n < 0 {
		return 0, fmt.Errorf("law: %d working days: a period in working days runs forwards", n)
	}
	d := from
	for n > 0 {
		d++
		works, err := WorkingDay(state, d)
		if err != nil {
			return 0, err
		}
		if works {
			n--
		}
	}
	return d, nil
}

// NextWorkingDay returns d if it is a working day in the state, or else the next
// one: the day on which a period for whoever must act ends when its last day is
// none (1182/71 art 3(4)).
func NextWorkingDay(state string, d Date) (Date, error) {
	for {
		works, err := WorkingDay(state, d)
		if works || err != nil {
			return d, err
		}
		d++
	}
}

func weekend(d Date) bool { return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday }

// holidaysOf works out the rules of a state for a year. A rule is
//
//	MM-DD        a day of the year
//	MM-DD+       the same; on a Saturday or Sunday, the next working day is off as well
//	E-2, E+39    days before or after Easter Sunday of the Gregorian calendar
//	O-48, O+50   the same after the Orthodox Easter
//	MM-DD/Thu    the first such day of the week on or after the day of the year
//
// A rule that cannot be read is a fault in the table, which its test finds.
func holidaysOf(rules []string, year int) []Date {
	var days, move []Date
	for _, rule := range rules {
		d, after := holidayRule(rule, year)
		days = append(days, d)
		if after {
			move = append(move, d)
		}
	}
	slices.Sort(move)
	for _, d := range move {
		if !weekend(d) {
			continue
		}
		for weekend(d) || slices.Contains(days, d) {
			d++
		}
		days = append(days, d)
	}
	slices.Sort(days)
	return days
}

// holidayRule works out one rule; after says that a day off stands in for it
// when it falls on a weekend. The zero Date means that the rule cannot be read.
func holidayRule(rule string, year int) (d Date, after bool) {
	switch {
	case len(rule) < 3:
		return 0, false
	case rule[0] == 'E' || rule[0] == 'O':
		n, ok := digits(rule[2:])
		if !ok || rule[1] != '+' && rule[1] != '-' {
			return 0, false
		}
		if rule[1] == '-' {
			n = -n
		}
		if rule[0] == 'E' {
			return Easter(year) + Date(n), false
		}
		return OrthodoxEaster(year) + Date(n), false
	case len(rule) < 5 || rule[2] != '-':
		return 0, false
	}
	m, okM := digits(rule[:2])
	day, okD := digits(rule[3:5])
	if !okM || !okD {
		return 0, false
	}
	d = MakeDate(year, m, day)
	switch how := rule[5:]; {
	case d == 0 || how == "":
		return d, false
	case how == "+":
		return d, true
	case how[0] == '/':
		for range 7 {
			if d.Weekday().String()[:3] == how[1:] {
				return d, false
			}
			d++
		}
	}
	return 0, false
}

// Easter returns Easter Sunday of the Gregorian calendar, by the reckoning of
// golden number, century and epact that the calendar itself prescribes.
func Easter(year int) Date {
	golden := year%19 + 1
	century := year/100 + 1
	skipped := 3*century/4 - 12       // leap years that the reform leaves out
	moon := (8*century+5)/25 - 5      // correction of the moon's course
	sunday := 5*year/4 - skipped - 10 // March ((-sunday) mod 7) is a Sunday
	epact := ((11*golden+20+moon-skipped)%30 + 30) % 30
	if epact == 25 && golden > 11 || epact == 24 {
		epact++
	}
	full := 44 - epact // the full moon, as a day of March
	if full < 21 {
		full += 30
	}
	full += 7 - (sunday+full)%7
	return MakeDate(year, 3, 1) + Date(full-1)
}

// OrthodoxEaster returns Easter Sunday of the Julian calendar as a day of the
// Gregorian one, for the years 1900 to 2099, in which the calendars lie 13 days
// apart.
func OrthodoxEaster(year int) Date {
	moon := (19*(year%19) + 15) % 30
	sunday := (2*(year%4) + 4*(year%7) - moon + 34) % 7
	julian := moon + sunday // days after 22 March of the Julian calendar
	return MakeDate(year, 3, 22) + Date(julian+13)
}
