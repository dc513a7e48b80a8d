package person

import (
	"cmp"
	"database/sql/driver"
	"fmt"

	"limen/law"
)

// PartialDate is a date of birth: a day, or as much of it as is known, "1974",
// "1974-08" or "1974-08-12". The register's dates of birth may lack the day, or
// month and day; the year is always there (2017/2226 art 16(1)(a), Doc 9303-3
// section 4.8). The zero value is "no date". Values compare with ==.
type PartialDate struct {
	year       int16 // 1..9999
	month, day uint8 // 0 when unknown; no day without a month
}

// MakePartialDate builds a date of birth; month and day may be 0 for unknown. It
// returns the zero value when there is no such date, or a day without a month.
func MakePartialDate(year, month, day int) PartialDate {
	switch {
	case month == 0 && day == 0 && year >= 1 && year <= 9999:
	case day == 0 && law.MakeDate(year, month, 1) != 0:
	case law.MakeDate(year, month, day) != 0:
	default:
		return PartialDate{}
	}
	return PartialDate{int16(year), uint8(month), uint8(day)}
}

// BornOn is the date of birth of somebody born on a known day.
func BornOn(d law.Date) PartialDate { return MakePartialDate(d.YMD()) }

// ParsePartialDate reads YYYY, YYYY-MM or YYYY-MM-DD and nothing else. The error
// is a *law.Refusal that does not repeat the input.
func ParsePartialDate(s string) (PartialDate, error) {
	p, ok := PartialDate{}, false
	switch len(s) {
	case 4:
		p, ok = fromFirstDay(s+"-01-01", 4)
	case 7:
		p, ok = fromFirstDay(s+"-01", 7)
	case 10:
		p, ok = fromFirstDay(s, 10)
	}
	if !ok {
		return PartialDate{}, law.BadField("birth_date", "birth_date_form", "9303-3 s 4.8",
			"A date of birth is a day of the calendar as YYYY-MM-DD, or YYYY-MM or YYYY when the day or the month is not known.")
	}
	return p, nil
}

// fromFirstDay reads a whole date and keeps as much of it as was known.
func fromFirstDay(day string, known int) (PartialDate, bool) {
	d, err := law.ParseDate(day)
	if err != nil {
		return PartialDate{}, false
	}
	p := BornOn(d)
	if known < 10 {
		p.day = 0
	}
	if known < 7 {
		p.month = 0
	}
	return p, true
}

// YMD returns year, month and day; 0 for what is not known.
func (p PartialDate) YMD() (year, month, day int) {
	return int(p.year), int(p.month), int(p.day)
}

// IsZero tells whether p is "no date".
func (p PartialDate) IsZero() bool { return p.year == 0 }

// Day returns the day of birth when it is known in full.
func (p PartialDate) Day() (law.Date, bool) {
	if p.day == 0 {
		return 0, false
	}
	return p.First(), true
}

// First returns the earliest day that p can mean; the zero Date for "no date".
func (p PartialDate) First() law.Date {
	return law.MakeDate(int(p.year), max(1, int(p.month)), max(1, int(p.day)))
}

// Last returns the latest day that p can mean; the zero Date for "no date".
func (p PartialDate) Last() law.Date {
	if p.IsZero() {
		return 0
	}
	month, day := int(p.month), int(p.day)
	if month == 0 {
		month = 12
	}
	if day == 0 {
		day = law.DaysInMonth(int(p.year), month)
	}
	return law.MakeDate(int(p.year), month, day)
}

// Compare orders dates of birth by year, month and day, what is not known
// before what is: the order of their text in the database.
func (p PartialDate) Compare(q PartialDate) int {
	return cmp.Or(cmp.Compare(p.year, q.year), cmp.Compare(p.month, q.month), cmp.Compare(p.day, q.day))
}

// Agrees tells whether p and q can mean the same day: 1974 agrees with
// 1974-08-12, and 1974-08 does not agree with 1974-09. "No date" agrees with
// nothing.
func (p PartialDate) Agrees(q PartialDate) bool {
	return !p.IsZero() && !q.IsZero() && p.First() <= q.Last() && q.First() <= p.Last()
}

// Age returns the age in completed years on a day: the youngest and the oldest
// that the person can be, equal when the day of birth is known. An age is
// completed on the day that has the date of the birth; somebody born on
// 29 February completes it in common years on 1 March.
//
// The age is negative before the birth. A partial date whose end lies after on
// gives a youngest age of 0. "No date" and the zero day give 0 and MaxAge.
//
// Choice recorded: no article says which of 28 February and 1 March counts. The
// later one does not ask a child for fingerprints a day early (2017/2226 art
// 17(3)).
func (p PartialDate) Age(on law.Date) (youngest, oldest int) {
	if p.IsZero() || on.IsZero() {
		return 0, MaxAge
	}
	first, last := p.First(), p.Last()
	if first <= on && on < last {
		last = on
	}
	return completedYears(last, on), completedYears(first, on)
}

// MaxAge is the age that nobody exceeds, in years: the oldest age of somebody
// of whose birth nothing is known.
const MaxAge = 150

func completedYears(from, on law.Date) int {
	y1, m1, d1 := from.YMD()
	y2, m2, d2 := on.YMD()
	if m2 < m1 || m2 == m1 && d2 < d1 {
		return y2 - y1 - 1
	}
	return y2 - y1
}

// MRZ returns the six characters of the machine readable zone, fillers for what
// is not known: "740812", "7408<<", "74<<<<", "<<<<<<".
func (p PartialDate) MRZ() string {
	b := []byte("<<<<<<")
	put := func(at, n int) { b[at], b[at+1] = byte('0'+n/10%10), byte('0'+n%10) }
	if p.year != 0 {
		put(0, int(p.year))
	}
	if p.month != 0 {
		put(2, int(p.month))
	}
	if p.day != 0 {
		put(4, int(p.day))
	}
	return string(b)
}

// String prints YYYY, YYYY-MM or YYYY-MM-DD; "" for "no date".
func (p PartialDate) String() string {
	if p.IsZero() {
		return ""
	}
	s := p.First().String()
	switch {
	case p.month == 0:
		return s[:4]
	case p.day == 0:
		return s[:7]
	}
	return s
}

// MarshalText implements encoding.TextMarshaler; "no date" is "".
func (p PartialDate) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; "" is "no date".
func (p *PartialDate) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*p = PartialDate{}
		return nil
	}
	if len(b) > 10 {
		b = b[:11] // no date either, and nothing to copy
	}
	v, err := ParsePartialDate(string(b))
	if err != nil {
		return err
	}
	*p = v
	return nil
}

// Value stores a date of birth as TEXT; "no date" is stored as NULL.
func (p PartialDate) Value() (driver.Value, error) {
	if p.IsZero() {
		return nil, nil
	}
	return p.String(), nil
}

// Scan reads what Value stored.
func (p *PartialDate) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*p = PartialDate{}
		return nil
	case string:
		return p.UnmarshalText([]byte(v))
	case []byte:
		return p.UnmarshalText(v)
	}
	return fmt.Errorf("person.PartialDate: cannot read a %T", src)
}
