package law

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Date is a civil day of the Gregorian calendar, without time or zone, counted
// from 1 = 0001-01-01. The zero value is "no date". Days are the unit of
// Article 6 of Regulation (EU) 2016/399: "90 days in any 180-day period".
//
// Arithmetic on Dates is plain integer arithmetic: d+1 is the next day and
// b-a the number of days from a to b.
type Date int32

// Bounds of the dates that can be read and printed, four-digit years.
const (
	MinDate Date = 1       // 0001-01-01
	MaxDate Date = 3652059 // 9999-12-31
)

// MakeDate returns the civil day year-month-day. It returns the zero Date when
// no such day exists, as for 2026-02-29.
func MakeDate(year, month, day int) Date {
	if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, month) {
		return 0
	}
	return civilDay(year, month, day)
}

// civilDay counts days with the year taken to begin in March, so that the leap
// day falls at the end (Hinnant, "chrono-compatible low-level date algorithms").
func civilDay(year, month, day int) Date {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	yearOfEra := year - era*400
	dayOfYear := (153*(month-3)+2)/5 + day - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return Date(era*146097 + dayOfEra - 305)
}

// YMD returns the year, the month (1..12) and the day (1..31) of d.
// For the zero Date it returns zeros.
func (d Date) YMD() (year, month, day int) {
	if d == 0 {
		return 0, 0, 0
	}
	z := int(d) + 305
	era := z / 146097
	dayOfEra := z - era*146097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	shifted := (5*dayOfYear + 2) / 153
	day = dayOfYear - (153*shifted+2)/5 + 1
	month = shifted + 3
	year = yearOfEra + era*400
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

// DaysInMonth returns 28..31 for the month 1..12 of the year.
func DaysInMonth(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// ParseDate reads YYYY-MM-DD, the calendar date of ISO 8601 in its extended
// form, and nothing else.
func ParseDate(s string) (Date, error) {
	if len(s) == 10 && s[4] == '-' && s[7] == '-' {
		y, okY := digits(s[0:4])
		m, okM := digits(s[5:7])
		d, okD := digits(s[8:10])
		if okY && okM && okD {
			if date := MakeDate(y, m, d); date != 0 {
				return date, nil
			}
			return 0, fmt.Errorf("%q is not a day of the calendar", s)
		}
	}
	return 0, fmt.Errorf("%q is not a date in the form YYYY-MM-DD", clip(s))
}

// MustDate is ParseDate for dates written in the source. It panics on a bad one.
func MustDate(s string) Date {
	d, err := ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// DateIn returns the civil day at the instant t in the zone loc: the day on
// which somebody standing there then says that it happens (2017/2226 spec 4.1).
func DateIn(t time.Time, loc *time.Location) Date {
	y, m, d := t.In(loc).Date()
	return MakeDate(y, int(m), d)
}

// Start returns the first instant of d in the zone loc. That is not always
// midnight: in the Azores summer time skips the first hour of the day.
func (d Date) Start(loc *time.Location) time.Time {
	y, m, day := d.YMD()
	t := time.Date(y, time.Month(m), day, 0, 0, 0, 0, loc)
	for DateIn(t, loc) < d {
		t = t.Add(time.Hour)
	}
	return t
}

// Weekday returns the day of the week of d.
func (d Date) Weekday() time.Weekday { return time.Weekday(int(d) % 7) }

// IsZero tells whether d is "no date".
func (d Date) IsZero() bool { return d == 0 }

// String prints YYYY-MM-DD; "" for the zero Date.
func (d Date) String() string {
	if d == 0 {
		return ""
	}
	return string(d.AppendText10(make([]byte, 0, 10)))
}

// AppendText10 appends the ten characters YYYY-MM-DD to b.
func (d Date) AppendText10(b []byte) []byte {
	y, m, day := d.YMD()
	return append(b,
		byte('0'+y/1000), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10), '-',
		byte('0'+m/10), byte('0'+m%10), '-', byte('0'+day/10), byte('0'+day%10))
}

// MarshalText implements encoding.TextMarshaler; the zero Date is "".
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; "" is the zero Date.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = 0
		return nil
	}
	v, err := ParseDate(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// Value stores a Date as TEXT YYYY-MM-DD, which sorts by day on every engine;
// the zero Date is stored as NULL.
func (d Date) Value() (driver.Value, error) {
	if d == 0 {
		return nil, nil
	}
	return d.String(), nil
}

// Scan reads what Value stored.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = 0
		return nil
	case string:
		return d.UnmarshalText([]byte(v))
	case []byte:
		return d.UnmarshalText(v)
	}
	return fmt.Errorf("law.Date: cannot read a %T", src)
}

func digits(s string) (int, bool) {
	n := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// clip shortens hostile input before it is repeated in a message.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
