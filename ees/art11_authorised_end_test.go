package ees

import (
	"strings"
	"testing"

	"limen/law"
)

// EES-021, EES-022.
func TestArt11_4_PartialStateTestsLimitAndValidityOnly(t *testing.T) {
	h := &History{
		Visas: []Visa{{ValidFrom: civil("2026-05-01"), ValidUntil: civil("2026-07-31"), Days: 10, Entries: 1}},
		Stays: []Stay{{Entry: civil("2026-05-01"), Exit: civil("2026-05-10"), Visa: 1}},
	}
	a := calculate(t, h, Question{On: civil("2026-06-01"), Intended: Stay{Entry: civil("2026-06-01"), Visa: 1, Partial: true}})
	wantStay(t, a, 61, "2026-07-31")
	if a.Rule != RulePartial || a.Bound != BoundValidity || a.EntriesAllowed != 0 {
		t.Errorf("%+v", a)
	}
	// The stay there uses neither an entry nor a day of the visa.
	h.Stays = []Stay{{Entry: civil("2026-05-01"), Exit: civil("2026-05-10"), Visa: 1, Partial: true}}
	a = enterOn(t, h, "2026-06-01", 1)
	wantStay(t, a, 10, "2026-06-10")
	if a.EntriesUsed != 0 {
		t.Errorf("entries used %d", a.EntriesUsed)
	}
}

// A multiple-entry visa of long validity with the full duration sums up nothing.
func TestArt11_LongMultipleEntryVisa(t *testing.T) {
	h := &History{Visas: []Visa{{ValidFrom: civil("2026-01-01"), ValidUntil: civil("2028-12-31"), Days: 90}}}
	for _, entry := range []string{"2026-01-01", "2026-07-01"} {
		h.Stays = append(h.Stays, Stay{Entry: civil(entry), Exit: civil(entry) + 89, Visa: 1})
	}
	wantStay(t, enterOn(t, h, "2027-03-01", 1), 90, "2027-05-29")
	setRow(t, &LongMultipleEntryVisa, 0)
	wantStay(t, enterOn(t, h, "2027-03-01", 1), 0, "2027-02-28")
	// 180 days of validity and less: the sum is the same as the period's.
	setRow(t, &LongMultipleEntryVisa, 180)
	h.Visas[0].ValidUntil = h.Visas[0].ValidFrom + 179
	h.Stays = h.Stays[:1]
	wantStay(t, enterOn(t, h, "2026-06-01", 1), 0, "2026-05-31")
}

// Days spent on visas, and how they pass from one to the next, counted by hand.
func TestArt11_DaysPassToTheNextVisa(t *testing.T) {
	visa := func(from, until string, days, entries int) Visa {
		return Visa{ValidFrom: civil(from), ValidUntil: civil(until), Days: days, Entries: entries}
	}
	limited := visa("2026-06-11", "2026-08-31", 30, 0)
	limited.Limited = true
	on := func(entry, exit string, visa int32) Stay {
		s := stayOf(entry, exit)
		s.Visa = visa
		return s
	}
	short := visa("2026-06-01", "2026-06-10", 90, 1)
	for _, c := range []struct {
		name   string
		visas  []Visa
		stays  []Stay
		asked  string
		length int
		last   string
		bound  law.Code
	}{
		{"a day of exit and return is spent once", []Visa{visa("2026-06-01", "2026-12-31", 30, 0)},
			[]Stay{on("2026-06-01", "2026-06-10", 1)}, "2026-06-10", 21, "2026-06-30", BoundDays},
		{"the last day can be returned on", []Visa{visa("2026-06-01", "2026-12-31", 10, 0)},
			[]Stay{on("2026-06-01", "2026-06-10", 1)}, "2026-06-10", 1, "2026-06-10", BoundDays},
		{"and not the day after", []Visa{visa("2026-06-01", "2026-12-31", 10, 0)},
			[]Stay{on("2026-06-01", "2026-06-10", 1)}, "2026-06-11", 0, "2026-06-10", BoundDays},
		{"a stay recorded for later spends nothing", []Visa{visa("2026-06-01", "2026-12-31", 10, 1)},
			[]Stay{on("2026-07-01", "2026-07-10", 1)}, "2026-06-11", 10, "2026-06-20", BoundDays},
		{"a stay that began before the validity spends its days inside", []Visa{visa("2026-06-01", "2026-12-31", 10, 0)},
			[]Stay{on("2026-05-28", "2026-06-04", 1)}, "2026-06-11", 6, "2026-06-16", BoundDays},
		{"validity over, none follows", []Visa{short}, nil, "2026-06-05", 6, "2026-06-10", BoundValidity},
		{"the next follows at the end of validity", []Visa{short, visa("2026-06-11", "2026-08-31", 20, 1)}, nil, "2026-06-05", 26, "2026-06-30", BoundDays},
		{"a gap of a day parts them", []Visa{short, visa("2026-06-12", "2026-08-31", 20, 1)}, nil, "2026-06-05", 6, "2026-06-10", BoundValidity},
		{"a limited visa does not follow", []Visa{short, limited}, nil, "2026-06-05", 6, "2026-06-10", BoundValidity},
		{"a visa without an entry left does not follow", []Visa{short, visa("2026-05-01", "2026-08-31", 20, 1)},
			[]Stay{on("2026-05-01", "2026-05-02", 2)}, "2026-06-05", 6, "2026-06-10", BoundValidity},
		{"a visa without days left does not follow", []Visa{short, visa("2026-05-01", "2026-08-31", 2, 0)},
			[]Stay{on("2026-05-01", "2026-05-02", 2)}, "2026-06-05", 6, "2026-06-10", BoundValidity},
		{"a visa partly spent follows with the rest", []Visa{short, visa("2026-05-01", "2026-08-31", 12, 0)},
			[]Stay{on("2026-05-01", "2026-05-02", 2)}, "2026-06-05", 16, "2026-06-20", BoundDays},
		{"the visa valid first follows first, and the other after it", []Visa{short, visa("2026-06-09", "2026-06-30", 10, 0), visa("2026-06-08", "2026-06-15", 30, 0)},
			nil, "2026-06-05", 21, "2026-06-25", BoundDays},
		{"the order of the list is nothing", []Visa{visa("2026-06-01", "2026-12-31", 30, 1)},
			[]Stay{on("2026-07-01", "2026-07-05", 1), on("2026-06-01", "2026-06-10", 1)}, "2026-06-15", 0, "2026-06-14", BoundEntries},
		{"an earlier stay that passed to the next spent its days there", []Visa{visa("2026-05-01", "2026-05-10", 90, 0), visa("2026-05-05", "2026-08-31", 15, 0)},
			[]Stay{on("2026-05-06", "2026-05-15", 1)}, "2026-06-01 second", 10, "2026-06-10", BoundDays},
		{"the general limit ends the succession", []Visa{visa("2026-06-01", "2026-08-31", 90, 0), visa("2026-08-01", "2026-12-31", 90, 0)}, nil, "2026-06-01", 90, "2026-08-29", BoundLimit},
	} {
		h := &History{Visas: c.visas, Stays: c.stays}
		day, second := strings.CutSuffix(c.asked, " second")
		visa := int32(1)
		if second {
			visa = 2
		}
		a := enterOn(t, h, day, visa)
		if a.MaximumStay != c.length || a.End != civil(c.last) || a.Bound != c.bound {
			t.Errorf("%s: %d days to %s (%s), want %d to %s (%s)", c.name, a.MaximumStay, a.End, a.Bound, c.length, c.last, c.bound)
		}
	}
}

// A permit within a stay stops the count, to the day.
func TestArt6_2_PermitWithinAStay(t *testing.T) {
	for _, c := range []struct{ from, until, last, onVisa string }{
		{"2026-04-01", "2026-04-30", "2026-04-30", "2026-04-30"}, // takes over on the 91st day; after it all ninety are still in the period
		{"2026-04-01", "2026-06-30", "2026-09-28", "2026-06-30"}, // after it they leave one by one
		{"2026-04-02", "2026-12-31", "2026-03-31", "2026-03-31"}, // a day too late
		{"2026-03-31", "2026-12-31", "2027-03-31", "2026-12-31"}, // everything has left
		{"2026-04-01", "", "", ""},
	} {
		permits := []Span{{From: civil(c.from), Until: civil(c.until)}}
		if a := enterOn(t, &History{Permits: permits}, "2026-01-01", 0); a.End != civil(c.last) {
			t.Errorf("permit from %s to %s: end %s, want %s", c.from, c.until, a.End, c.last)
		}
		visa := Visa{ValidFrom: civil("2026-01-01"), ValidUntil: civil("2026-03-31"), Days: 90}
		if a := enterOn(t, &History{Permits: permits, Visas: []Visa{visa}}, "2026-01-01", 1); a.End != civil(c.onVisa) {
			t.Errorf("permit from %s to %s on a visa: end %s, want %s", c.from, c.until, a.End, c.onVisa)
		}
	}
}

// Permits may come in any order, follow each other and overlap.
func TestArt6_2_PermitsInAnyOrder(t *testing.T) {
	h := &History{
		Stays:   []Stay{stayOf("2026-05-01", "")},
		Permits: []Span{{civil("2026-06-01"), civil("2026-06-10")}, {civil("2026-05-20"), civil("2026-06-05")}, {civil("2026-05-01"), civil("2026-05-19")}},
	}
	a := checkOn(t, h, "2026-06-20")
	if a.Start != civil("2026-06-11") || a.DaysUsed != 10 || a.End != civil("2026-09-08") || a.Remaining != 81 {
		t.Errorf("%+v", a)
	}
}

// not judged against itself.
func TestArt22_1_StampedStayUsesTheVisa(t *testing.T) {
	h := &History{
		Visas:  []Visa{{ValidFrom: civil("2026-03-01"), ValidUntil: civil("2026-08-31"), Days: 30, Entries: 1}},
		Stamps: []Stay{{Entry: civil("2026-03-10"), Exit: civil("2026-03-20"), Visa: 1}},
	}
	a, _, table, err := Explain(h, Question{Intended: Stay{Entry: civil("2026-05-01"), Visa: 1}})
	if err != nil || a.MaximumStay != 0 || !a.EntriesExhausted || a.EntriesUsed != 1 {
		t.Errorf("%+v, %v", a, err)
	}
	for _, line := range table {
		if !line.Lawful || line.Counted != (line.Stay == 1) {
			t.Errorf("%+v", line)
		}
	}
	// After the transition the stamps are no longer added.
	a = enterOn(t, &History{Visas: []Visa{{ValidFrom: civil("2026-03-01"), ValidUntil: civil("2026-12-31"), Days: 30, Entries: 1}}, Stamps: h.Stamps}, "2026-10-07", 1)
	if a.StampsCounted || a.DaysUsed != 0 || a.MaximumStay != 30 {
		t.Errorf("after the transition: %+v", a)
	}
}

// where nothing comes.
func TestArt11_FirstEntry(t *testing.T) {
	h := staysOf("2026-01-01", "2026-03-31")
	h.Visas = []Visa{{ValidFrom: civil("2026-07-15"), ValidUntil: civil("2026-08-31"), Days: 30, Entries: 1}}
	h.Permits = []Span{{civil("2026-07-20"), civil("2026-07-31")}}
	for _, c := range []struct {
		from string
		visa int32
		days int
		want string
	}{
		{"2026-04-01", 1, 30, "2026-07-15"},
		{"2026-07-21", 1, 10, "2026-08-01"},
		{"2026-07-21", 1, 31, ""}, // the visa has thirty days
		{"2026-09-01", 1, 1, ""},  // and is over
		{"2026-04-01", 0, 90, "2026-06-30"},
		{"2026-04-01", 0, 91, ""},
	} {
		got, err := FirstEntry(h, Stay{Entry: civil(c.from), Visa: c.visa}, c.days)
		if err != nil || got != civil(c.want) {
			t.Errorf("%d days from %s on visa %d: %s, %v; want %s", c.days, c.from, c.visa, got, err, c.want)
		}
	}
	h.Permits = []Span{{From: civil("2026-05-01")}}
	if got, err := FirstEntry(h, Stay{Entry: civil("2026-05-01")}, 1); got != 0 || err != nil {
		t.Errorf("under a permit for ever: %s, %v", got, err)
	}
	if _, err := FirstEntry(h, Stay{Entry: civil("2013-01-01")}, 1); err == nil {
		t.Error("before the rule was law")
	}
	// Many visas are no different from few.
	for range 20 {
		h.Visas = append(h.Visas, h.Visas[0])
	}
	h.Permits = nil
	if got, err := FirstEntry(h, Stay{Entry: civil("2026-04-01"), Visa: 21}, 30); got != civil("2026-07-15") || err != nil {
		t.Errorf("of 21 visas: %s, %v", got, err)
	}
}

// setRow changes the value in force of a parameter for one test.
func setRow[T any](t *testing.T, p *law.Param[T], value T) {
	t.Helper()
	last := &p.Rows[len(p.Rows)-1].Value
	kept := *last
	*last = value
	t.Cleanup(func() { *last = kept })
}

// The last day of a visa's validity is a day of entry; a validity of 180 days
// exactly is not a long one; entries outside the common area are not counted.
func TestArt11_EdgesOfAVisa(t *testing.T) {
	visa := func(until string, days, entries int) *History {
		return &History{Visas: []Visa{{ValidFrom: civil("2026-05-01"), ValidUntil: civil(until), Days: days, Entries: entries}}}
	}
	wantStay(t, enterOn(t, visa("2026-06-30", 30, 1), "2026-06-30", 1), 1, "2026-06-30")
	if a := enterOn(t, visa("2026-06-30", 30, 1), "2026-07-01", 1); a.MaximumStay != 0 || a.Bound != BoundValidity {
		t.Errorf("on the day after: %+v", a)
	}
	if a := enterOn(t, visa("2026-10-27", 90, 0), "2026-05-01", 1); a.Bound != BoundDays { // 180 days
		t.Errorf("valid for 180 days: bound by %s", a.Bound)
	}
	if a := enterOn(t, visa("2026-10-28", 90, 0), "2026-05-01", 1); a.Bound != BoundLimit {
		t.Errorf("valid for 181 days: bound by %s", a.Bound)
	}
	h := visa("2026-10-28", 30, 1)
	h.Stays = []Stay{{Entry: civil("2026-05-01"), CountsFrom: Never, Visa: 1}}
	if a := checkOn(t, h, "2026-05-02"); a.Rule != RuleElsewhere || a.EntriesAllowed != 0 || a.EntriesExhausted {
		t.Errorf("elsewhere: %+v", a)
	}
}

// In a state that applies the acquis in part the entries of a limited visa are
// not tested either (art 11(5)).
func TestArt11_5_LimitedVisaInAPartialState(t *testing.T) {
	h := &History{Visas: []Visa{{ValidFrom: civil("2026-05-01"), ValidUntil: civil("2026-07-31"), Days: 30, Entries: 1, Limited: true}}, Stays: []Stay{stayOf("2026-05-01", "2026-05-10")}}
	h.Stays[0].Visa = 1
	for partial, want := range map[bool]law.Code{true: BoundDays, false: BoundEntries} {
		a, err := Calculate(h, Question{On: civil("2026-06-01"), Intended: Stay{Entry: civil("2026-06-01"), Visa: 1, Partial: partial}})
		if err != nil || a.Bound != want {
			t.Errorf("partial %v: bound by %s, %v", partial, a.Bound, err)
		}
	}
}
