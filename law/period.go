package law

import (
	"fmt"
	"strings"
)

// Period is a length of time in legal units. Years and months are calendar
// arithmetic, never multiples of days.
type Period struct {
	Years, Months, Days int
}

// After returns the last day of a period that begins to run with an event on
// day d.
//
// Regulation 1182/71 art 3(1) does not count the day of the event, and art
// 3(2)(c) ends a period of months or years with the last hour of the day that
// has the same date as the event's day; where that day does not exist in the
// last month, the period ends with the last day of that month. So three years
// from 2026-05-20 end with 2029-05-20, and from 2028-02-29 with 2031-02-28.
// Days are added after years and months.
//
// Choice recorded: art 3(4), which moves an end on a holiday, Saturday or
// Sunday to the next working day, is not applied here. It protects somebody
// who must act in time; a retention period obliges nobody to act on its last
// day, and keeping data longer because of a weekend would need its own ground.
func (p Period) After(d Date) Date { return p.shift(d, 1) }

// Before returns the day from which a period ending with day d is counted, by
// the same arithmetic backwards: three months before 2031-07-29 is 2031-04-29.
func (p Period) Before(d Date) Date { return p.shift(d, -1) }

func (p Period) shift(d Date, sign int) Date {
	if d == 0 {
		return 0
	}
	y, m, day := d.YMD()
	months := y*12 + (m - 1) + sign*(p.Years*12+p.Months)
	y, m = months/12, months%12+1
	if last := DaysInMonth(y, m); day > last {
		day = last
	}
	return civilDay(y, m, day) + Date(sign*p.Days)
}

// String prints the period in words: "3 years and 1 day".
func (p Period) String() string {
	var parts []string
	add := func(n int, unit string) {
		if n == 1 {
			parts = append(parts, "1 "+unit)
		} else if n != 0 {
			parts = append(parts, fmt.Sprintf("%d %ss", n, unit))
		}
	}
	add(p.Years, "year")
	add(p.Months, "month")
	add(p.Days, "day")
	if len(parts) == 0 {
		return "no time"
	}
	return strings.Join(parts, " and ")
}
