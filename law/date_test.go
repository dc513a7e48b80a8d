package law

import (
	"testing"
	"time"
)

// Every day of eight centuries survives the way through time.Time and back.
func TestDateAgreesWithTheCalendar(t *testing.T) {
	day := time.Date(1600, 1, 1, 0, 0, 0, 0, time.UTC)
	want := MakeDate(1600, 1, 1)
	for i := 0; i < 800*366; i++ {
		y, m, d := day.Date()
		got := MakeDate(y, int(m), d)
		if got != want {
			t.Fatalf("%s: day %d, want %d", day, got, want)
		}
		if gy, gm, gd := got.YMD(); gy != y || gm != int(m) || gd != d {
			t.Fatalf("%s: YMD %d-%d-%d", day, gy, gm, gd)
		}
		if got.Weekday() != day.Weekday() {
			t.Fatalf("%s: %s", day, got.Weekday())
		}
		if got.String() != day.Format("2006-01-02") {
			t.Fatalf("%s prints as %s", day, got)
		}
		day = day.AddDate(0, 0, 1)
		want++
	}
}

func TestDateBounds(t *testing.T) {
	if MakeDate(1, 1, 1) != MinDate || MakeDate(9999, 12, 31) != MaxDate {
		t.Fatalf("bounds are %d and %d", MakeDate(1, 1, 1), MakeDate(9999, 12, 31))
	}
}

func TestParseDateRefusesWhatIsNoDay(t *testing.T) {
	for _, s := range []string{"", "2026", "2026-1-1", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00",
		"2026-01-32", "2026/01/01", "20260101", " 2026-01-01", "2026-01-01T00:00:00Z", "+026-01-01", "0000-01-01"} {
		if d, err := ParseDate(s); err == nil {
			t.Errorf("%q was read as %s", s, d)
		}
	}
	if d, err := ParseDate("2028-02-29"); err != nil || d.String() != "2028-02-29" {
		t.Errorf("a leap day: %s, %v", d, err)
	}
}

// EES-016 and worked example E34: the day is the local one of the crossing point.
func TestDateInIsTheLocalDay(t *testing.T) {
	lisbon, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 7, 31, 22, 30, 0, 0, time.UTC)
	if got := DateIn(at, lisbon); got != MustDate("2026-07-31") {
		t.Errorf("Lisbon: %s", got)
	}
	paris, _ := time.LoadLocation("Europe/Paris")
	if got := DateIn(at, paris); got != MustDate("2026-08-01") {
		t.Errorf("Paris: %s", got)
	}
}

// Every day of the Azores starts on that day, the days without a midnight too.
func TestDateStartWhereMidnightDoesNotExist(t *testing.T) {
	azores, err := time.LoadLocation("Atlantic/Azores")
	if err != nil {
		t.Fatal(err)
	}
	for d := MustDate("2020-01-01"); d < MustDate("2030-01-01"); d++ {
		start := d.Start(azores)
		if DateIn(start, azores) != d || DateIn(start.Add(-time.Nanosecond), azores) != d-1 {
			t.Fatalf("%s starts at %s", d, start)
		}
	}
}

func FuzzParseDate(f *testing.F) {
	f.Add("2026-02-28")
	f.Add("9999-12-31")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate(s)
		if err == nil && d.String() != s {
			t.Fatalf("%q reads as %s", s, d)
		}
	})
}
