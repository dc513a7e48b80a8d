package law

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Easter of both calendars, as the churches publish it.
func TestEaster(t *testing.T) {
	for _, c := range []struct{ west, east string }{
		{"2025-04-20", "2025-04-20"}, {"2026-04-05", "2026-04-12"}, {"2027-03-28", "2027-05-02"}, {"2028-04-16", "2028-04-16"},
		{"2029-04-01", "2029-04-08"}, {"2030-04-21", "2030-04-28"}, {"2031-04-13", "2031-04-13"}, {"2024-03-31", "2024-05-05"},
		{"2019-04-21", "2019-04-28"}, {"2038-04-25", "2038-04-25"}, {"1981-04-19", "1981-04-26"}, {"1954-04-18", "1954-04-25"},
	} {
		west := MustDate(c.west)
		year, _, _ := west.YMD()
		if got := Easter(year); got != west {
			t.Errorf("Easter %d is %s, want %s", year, got, c.west)
		}
		if got := OrthodoxEaster(year); got.String() != c.east {
			t.Errorf("Orthodox Easter %d is %s, want %s", year, got, c.east)
		}
	}
	for year := 1900; year < 2100; year++ {
		if Easter(year).Weekday() != 0 || OrthodoxEaster(year).Weekday() != 0 || OrthodoxEaster(year) < Easter(year) {
			t.Errorf("%d: %s and %s", year, Easter(year), OrthodoxEaster(year))
		}
	}
}

// Every state that operates the system has its holidays, every rule can be
// read, and nowhere do they stop a period of working days for long.
func TestPublicHolidaysOfEveryState(t *testing.T) {
	states, err := EESStates.On(EESStart())
	if err != nil {
		t.Fatal(err)
	}
	if len(publicHolidays) != len(states) {
		t.Errorf("%d tables for %d states", len(publicHolidays), len(states))
	}
	for _, s := range states {
		p := holidaysByState[s]
		if p == nil {
			t.Errorf("%s has no public holidays", s)
			continue
		}
		for _, row := range p.Rows {
			for _, rule := range row.Value {
				for year := 2025; year <= 2031; year++ {
					d, _ := holidayRule(rule, year)
					if y, _, _ := d.YMD(); y != year {
						t.Errorf("%s: rule %q gives %q in %d", s, rule, d, year)
					}
				}
			}
		}
		for year := 2026; year <= 2031; year++ {
			days, err := publicHolidaysIn(s, year)
			if err != nil || len(days) < 4 || len(days) > 20 {
				t.Errorf("%s, %d: %d holidays, %v", s, year, len(days), err)
			}
			for _, fixed := range []string{"01-01", "12-25"} {
				if ok, err := WorkingDay(s, MustDate(days[0].String()[:5]+fixed)); ok || err != nil {
					t.Errorf("%s works on %s: %v", s, fixed, err)
				}
			}
			for d := MakeDate(year, 1, 1); d <= MakeDate(year, 12, 31); d++ {
				if end, err := AddWorkingDays(s, d, 5); err != nil || end-d < 5 || end-d > 15 {
					t.Fatalf("%s: five working days from %s end with %s, %v", s, d, end, err)
				}
			}
		}
	}
}

// Days that calendars of the states print, the hard ones: moved holidays, both
// Easters, days that changed with a year.
func TestPublicHolidaysOnKnownDays(t *testing.T) {
	for _, c := range []struct{ state, off, works string }{
		{"FRA", "2026-05-08 2026-05-14 2026-05-25 2026-07-14", "2026-04-03 2026-12-24"},
		{"D", "2026-04-03 2026-10-03 2026-12-26", "2026-11-02 2026-06-04"},
		{"GRC", "2026-02-23 2026-04-10 2026-04-13 2026-06-01 2026-10-28", "2026-04-03 2026-04-06"},
		{"BGR", "2026-04-10 2026-04-13 2026-03-03 2027-05-03 2026-05-25 2026-09-07 2026-12-28 2027-12-27 2027-12-28", "2026-12-29 2026-12-31"},
		{"ROU", "2026-01-06 2026-04-10 2026-04-13 2026-06-01 2026-12-01", "2026-04-06"},
		{"NLD", "2026-04-27 2028-05-05", "2031-04-28 2030-04-26"},
		{"ITA", "2029-10-04 2026-04-06", "2026-04-03"},
		{"ISL", "2026-04-23 2026-08-03 2027-04-22", "2026-04-16"},
		{"SVK", "2027-09-15 2028-05-08", "2026-05-08 2026-09-15 2025-11-17 2026-11-17"},
		{"LVA", "2026-05-04 2030-05-06 2028-11-20", "2026-05-05"},
		{"POL", "2025-12-24 2026-06-04", "2026-05-25"},
		{"SWE", "2026-06-06 2029-06-06", "2026-05-25 2026-06-19"},
		{"DNK", "2026-04-02 2026-05-25", "2026-05-01 2026-06-05"},
		{"CHE", "2026-05-14", "2026-04-06"},
	} {
		for _, d := range strings.Fields(c.off) {
			if ok, err := WorkingDay(c.state, MustDate(d)); ok || err != nil {
				t.Errorf("%s works on %s, %v", c.state, d, err)
			}
		}
		for _, d := range strings.Fields(c.works) {
			if ok, err := WorkingDay(c.state, MustDate(d)); !ok || err != nil {
				t.Errorf("%s does not work on %s, %v", c.state, d, err)
			}
		}
	}
}

// 1182/71 art 3(1) and 2(2): the day of the event is not counted, nor Saturdays,
// Sundays and the holidays of the state that acts.
func TestAddWorkingDays(t *testing.T) {
	for _, c := range []struct {
		state, from string
		n           int
		want        string
	}{
		{"FRA", "2026-05-11", 5, "2026-05-19"}, // Ascension lies between
		{"FRA", "2026-05-01", 5, "2026-05-11"}, // a Friday and holiday itself; 8 May
		{"SWE", "2026-05-01", 5, "2026-05-08"}, // 8 May is a working day in Sweden
		{"D", "2026-05-04", 5, "2026-05-11"},
		{"D", "2026-05-08", 1, "2026-05-11"}, // Friday to Monday
		{"D", "2026-05-09", 1, "2026-05-11"}, // Saturday to Monday
		{"D", "2026-05-09", 0, "2026-05-09"},
		{"D", "2025-12-23", 5, "2026-01-02"},   // 25, 26 December, 1 January, a weekend
		{"GRC", "2026-04-02", 7, "2026-04-15"}, // Orthodox Easter
		{"ITA", "2026-04-02", 7, "2026-04-14"}, // Easter Monday alone
	} {
		if got, err := AddWorkingDays(c.state, MustDate(c.from), c.n); err != nil || got.String() != c.want {
			t.Errorf("%s: %d working days from %s end with %s, want %s; %v", c.state, c.n, c.from, got, c.want, err)
		}
	}
	if d, err := AddWorkingDays("USA", MustDate("2026-05-01"), 1); err == nil {
		t.Errorf("a state without a table: %s", d)
	}
	if d, err := AddWorkingDays("D", MustDate("2020-05-01"), 1); err == nil {
		t.Errorf("before the table begins: %s", d)
	}
	if d, err := AddWorkingDays("D", MustDate("2026-05-01"), -1); err == nil {
		t.Errorf("backwards: %s", d)
	}
}

// 1182/71 art 3(4): a last day that is none moves to the next working day.
func TestNextWorkingDay(t *testing.T) {
	for _, c := range []struct{ state, day, want string }{
		{"D", "2026-02-28", "2026-03-02"}, {"D", "2026-03-02", "2026-03-02"}, {"D", "2026-04-03", "2026-04-07"}, {"FRA", "2026-04-03", "2026-04-03"},
	} {
		if got, err := NextWorkingDay(c.state, MustDate(c.day)); err != nil || got.String() != c.want {
			t.Errorf("%s: %s moves to %s, want %s; %v", c.state, c.day, got, c.want, err)
		}
	}
}

// publicHolidaysIn returns the public holidays of the state in a year, in order,
// Saturdays and Sundays among them, with the days off that stand in for those
// that fell on a weekend. Each day is looked up in the table as it holds on that
// day. Holidays before the table begins are left out.
func publicHolidaysIn(state string, year int) ([]Date, error) {
	p := holidaysByState[state]
	if p == nil {
		return nil, fmt.Errorf("law: no public holidays are known for %q", clip(state))
	}
	var days []Date
	for i, row := range p.Rows {
		for _, d := range holidaysOf(row.Value, year) {
			if d >= row.From && (i+1 == len(p.Rows) || d < p.Rows[i+1].From) {
				days = append(days, d)
			}
		}
	}
	slices.Sort(days)
	return slices.Compact(days), nil
}
