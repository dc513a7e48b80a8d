package law

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
)

func tiers() *Param[int] {
	return &Param[int]{Name: "test.tiers", Unit: "days", Rows: []Row[int]{
		{From: MustDate("2020-01-01"), Value: 1, Cite: "2017/2226 art 11"},
		{From: MustDate("2025-01-01"), Value: 2, Cite: "2025/1534 art 5"},
	}}
}

// Under a book with a day each parameter is read on that day, whatever the day
// of the event; under rows of its own on the day of the event; under both, the
// book's rows on the book's day. The table itself never moves.
func TestBookReplacesTheDayAndTheRows(t *testing.T) {
	p := tiers()
	rows, err := p.Amend(Row[int]{From: MustDate("2019-01-01"), Value: 7, Cite: "2017/2226 art 11"}, Row[int]{From: MustDate("2026-01-01"), Value: 8, Cite: "2017/2226 art 11"})
	if err != nil {
		t.Fatal(err)
	}
	book := func(asOf string, a ...Amendment) *Book {
		t.Helper()
		day := Date(0)
		if asOf != "" {
			day = MustDate(asOf)
		}
		b, err := NewBook(day, a...)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		name string
		book *Book
		on   string
		want int // 0: no law
	}{
		{"the law in force", nil, "2026-05-01", 2},
		{"the law in force, before", nil, "2024-12-31", 1},
		{"the law of an earlier day", book("2024-12-31"), "2026-05-01", 1},
		{"the law of a later day", book("2025-01-01"), "2021-05-01", 2},
		{"the day before the first law", book("2019-12-31"), "2026-05-01", 0},
		{"an event before the first law", book("2020-01-01"), "2010-05-01", 1},
		{"other rows", book("", rows), "2025-06-01", 7},
		{"other rows, later", book("", rows), "2026-01-01", 8},
		{"other rows on another day", book("2026-03-01", rows), "2020-06-01", 8},
		{"before the other rows", book("", rows), "2018-12-31", 0},
	} {
		got, err := p.Under(c.book, MustDate(c.on))
		var none *NoLawError
		if c.want == 0 && !errors.As(err, &none) || c.want != 0 && err != nil || got != c.want {
			t.Errorf("%s: %d, %v; want %d", c.name, got, err, c.want)
		}
		row, rowErr := p.RowUnder(c.book, MustDate(c.on))
		if row.Value != got || (rowErr == nil) != (err == nil) {
			t.Errorf("%s: the row says %d, %v", c.name, row.Value, rowErr)
		}
	}
	if !reflect.DeepEqual(p, tiers()) {
		t.Error("reading under a book changed the table")
	}
	if b := book("2026-03-01", rows); b.AsOf() != MustDate("2026-03-01") || !b.Amends("test.tiers") || b.Amends("test.other") || (*Book)(nil).AsOf() != 0 || (*Book)(nil).Amends("test.tiers") {
		t.Error("a book does not say what it is")
	}
	if _, err := NewBook(0, rows, rows); !isRefusal(err, "amended_twice") {
		t.Errorf("amended twice: %v", err)
	}
	if _, err := NewBook(MaxDate + 1); !isRefusal(err, "no_day") {
		t.Errorf("a day outside the calendar: %v", err)
	}
}

// One process answers under many laws at one time, and nobody sees another's.
func TestBooksAreReadTogether(t *testing.T) {
	p := tiers()
	day := MustDate("2026-01-01")
	var wg sync.WaitGroup
	for n := range 8 {
		a, err := p.Amend(Row[int]{From: MustDate("2020-01-01"), Value: n, Cite: "2017/2226 art 11"})
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewBook(0, a)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for range 1000 {
				if got, err := p.Under(b, day); got != n || err != nil {
					t.Errorf("%d, %v under the book of %d", got, err, n)
					return
				}
				if got, _ := p.On(day); got != 2 {
					t.Errorf("%d in force", got)
					return
				}
			}
		})
	}
	wg.Wait()
}

// That there was no law is told as a refusal with the first day and the place;
// anything else is left as it is.
func TestNoLawIsARefusal(t *testing.T) {
	_, err := tiers().On(MustDate("2019-12-31"))
	var r *Refusal
	if !errors.As(AsRefusal(err), &r) || r.Code != "no_law_on_day" || r.Kind != NotPermitted || r.Cite != "2017/2226 art 11" || !strings.Contains(r.Message, "2020-01-01") {
		t.Errorf("%v", AsRefusal(err))
	}
	if other := errors.New("other"); AsRefusal(other) != other || AsRefusal(nil) != nil {
		t.Error("another error was changed")
	}
}

// The calendar of the start follows the rows of a book.
func TestStartUnderABook(t *testing.T) {
	if EESStartUnder(nil) != EESStart() || ProgressiveLastDayUnder(nil) != ProgressiveLastDay() {
		t.Error("the law in force differs from itself")
	}
	for _, c := range []struct {
		rows        []Row[Phase]
		start, last Date
	}{
		{[]Row[Phase]{{From: MustDate("2026-01-01"), Value: Progressive, Cite: "2025/1534 art 4(1)"}, {From: MustDate("2026-02-01"), Value: Full, Cite: "2017/2226 art 22"}}, MustDate("2026-01-01"), MustDate("2026-01-31")},
		{[]Row[Phase]{{From: MustDate("2026-01-01"), Value: Full, Cite: "2017/2226 art 22"}}, MustDate("2026-01-01"), MustDate("2025-12-31")},
		{[]Row[Phase]{{From: MustDate("2026-01-01"), Value: Progressive, Cite: "2025/1534 art 4(1)"}}, MustDate("2026-01-01"), MaxDate},
	} {
		a, err := EESPhase.Amend(c.rows...)
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewBook(0, a)
		if err != nil {
			t.Fatal(err)
		}
		if start, last := EESStartUnder(b), ProgressiveLastDayUnder(b); start != c.start || last != c.last {
			t.Errorf("%s to %s, want %s to %s", start, last, c.start, c.last)
		}
	}
}

func isRefusal(err error, code Code) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Code == code
}
