package ees

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"limen/law"
	"pgregory.net/rapid"
)

// plainEnd is the authorised end of a stay by the rolling limit and at most one
// visa, day by day: the last day before the first that fails.
func plainEnd(h *History, s Stay, ref law.Date) (start, end law.Date, length int) {
	permit := func(d law.Date) bool {
		for _, p := range h.Permits {
			if d >= p.From && (p.Until == 0 || d <= p.Until) {
				return true
			}
		}
		return false
	}
	counted, onVisa := map[law.Date]bool{}, map[law.Date]bool{}
	entries := 0
	for _, e := range h.Stays {
		if e.Entry > ref || e.Entry > s.Entry {
			continue
		}
		if e.Visa > 0 && !e.Partial && e.Entry >= e.CountsFrom {
			entries++
		}
		for d := e.Entry; d <= e.until(ref); d++ {
			if permit(d) || d < e.CountsFrom {
				continue
			}
			counted[d] = true
			if e.Visa > 0 && !e.Partial && d >= h.Visas[0].ValidFrom && d <= h.Visas[0].ValidUntil && (len(onVisa) < h.Visas[0].Days || onVisa[d]) {
				onVisa[d] = true
			}
		}
	}
	start = max(s.Entry, s.CountsFrom)
	for permit(start) {
		start++
	}
	end = start - 1
	for d := start; d < start+2000; d++ {
		if permit(d) {
			end = d
			continue
		}
		used := 1
		for x := d - 179; x < d; x++ {
			if counted[x] {
				used++
			}
		}
		if used > 90 {
			break
		}
		if s.Visa > 0 {
			v := h.Visas[0]
			if d < v.ValidFrom || d > v.ValidUntil || !s.Partial && (v.Entries > 0 && entries >= v.Entries || len(onVisa) >= v.Days && !onVisa[d]) {
				break
			}
			onVisa[d] = true
		}
		counted[d] = true
		end = d
		length++
	}
	for end >= start && permit(end) {
		end-- // the answer may end with the permit or before it: the same days
	}
	return start, end, length
}

// EES-017, EES-018, EES-019, EES-021, EES-022: the authorised end agrees with a
// day-by-day search written apart.
func TestArt11_EndAgreesWithThePlainSearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ref := drawDay(t) + 900
		h := &History{}
		back := ref - law.Date(rapid.IntRange(0, 60).Draw(t, "ended before"))
		for range rapid.IntRange(0, 7).Draw(t, "stays") {
			s := Stay{Exit: back, Entry: back - law.Date(rapid.SampledFrom([]int{0, 1, 9, 30, 45, 89, 90}).Draw(t, "length"))}
			if rapid.IntRange(0, 4).Draw(t, "accession") == 0 {
				s.CountsFrom = s.Entry + law.Date(rapid.IntRange(-5, 50).Draw(t, "counts from"))
			}
			s.Partial = rapid.IntRange(0, 5).Draw(t, "partial") == 0
			h.Stays = append(h.Stays, s)
			back = s.Entry - 1 - law.Date(rapid.SampledFrom([]int{0, 1, 10, 45, 89, 90, 120}).Draw(t, "gap"))
		}
		if rapid.Bool().Draw(t, "permits") {
			from := ref - law.Date(rapid.IntRange(-120, 300).Draw(t, "permit from"))
			h.Permits = []Span{{From: from, Until: from + law.Date(rapid.IntRange(0, 200).Draw(t, "permit length"))}}
		}
		asked := Stay{Entry: ref, Partial: rapid.IntRange(0, 3).Draw(t, "enters partial") == 0}
		if rapid.Bool().Draw(t, "visa") {
			from := ref - law.Date(rapid.IntRange(-2, 170).Draw(t, "valid from"))
			h.Visas = []Visa{{ValidFrom: from, ValidUntil: from + law.Date(rapid.IntRange(0, 179).Draw(t, "validity")),
				Days: rapid.SampledFrom([]int{1, 10, 30, 60, 90}).Draw(t, "days"), Entries: rapid.IntRange(0, 4).Draw(t, "entries")}}
			asked.Visa = 1
			for i := range h.Stays {
				h.Stays[i].Visa = int32(rapid.IntRange(0, 1).Draw(t, "on visa"))
			}
		}
		h.Stays = rapid.Permutation(h.Stays).Draw(t, "order")
		before := slices.Clone(h.Stays)

		a, err := Calculate(h, Question{On: ref, Intended: asked})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(before, h.Stays) {
			t.Fatal("the history given was changed")
		}
		if a.Rule == RulePermit {
			return
		}
		start, end, length := plainEnd(h, asked, ref)
		got := a.End
		for c := (calculation{h: h}); got >= start && c.afterPermits(got) != got; {
			got--
		}
		if a.Start != start || got != end || a.MaximumStay != length || a.Remaining != length {
			t.Fatalf("%+v; the plain search: start %s, end %s, %d days\nhistory %+v\nasked %+v", a, start, end, length, h, asked)
		}
		// The same stay on record, asked about on its first day, ends on the same day.
		recorded := *h
		recorded.Stays = rapid.Permutation(append(slices.Clone(h.Stays), asked)).Draw(t, "order with it")
		b, err := Calculate(&recorded, Question{On: ref})
		if err != nil {
			t.Fatal(err)
		}
		if b.End != a.End || b.MaximumStay != a.MaximumStay || b.Rule != a.Rule || b.Bound != a.Bound {
			t.Fatalf("on record %+v, before %+v", b, a)
		}
		// Asked later it still does, whatever is over by then.
		later := ref + law.Date(rapid.IntRange(1, 300).Draw(t, "later"))
		c, err := Calculate(&recorded, Question{On: later})
		if err != nil {
			t.Fatal(err)
		}
		if c.Rule != RulePermit && c.End != a.End {
			t.Fatalf("on %s the end is %s, on entry it was %s", later, c.End, a.End)
		}
		explained, reasons, table, err := Explain(&recorded, Question{On: later})
		if err != nil || explained != c || len(reasons) < 2 || len(table) != 180 {
			t.Fatalf("explained %+v, %d reasons, %d lines, %v; want %+v", explained, len(reasons), len(table), err, c)
		}
		// An earlier stay that ended on the day of entry makes that day lawful in the table.
		touched := slices.ContainsFunc(h.Stays, func(s Stay) bool { return s.Exit >= c.Start })
		used, over := 0, 0
		for _, line := range table {
			if line.Counted {
				used++
			}
			if !line.Lawful && line.Day > c.End {
				over++
			}
		}
		if used != c.DaysUsed || c.Rule != RulePermit && !touched && c.OverstayDays <= 180 && len(h.Permits) == 0 && over != c.OverstayDays {
			t.Fatalf("the table has %d days used and %d after the end: %+v", used, over, c)
		}
	})
}

// For the visa-exempt the law's answer and the plain count agree on the last day.
func TestArt11_ExemptEndIsTheCountsLastDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ref := drawDay(t)
		stays := drawStays(t, ref)
		a, err := Calculate(&History{Stays: stays}, Question{On: ref, Intended: Stay{Entry: ref}})
		if err != nil {
			t.Fatal(err)
		}
		c := CountDays(stays, nil, ref)
		if a.DaysUsed != c.DaysUsed || c.LastDay == 0 && a.MaximumStay != 0 || c.LastDay != 0 && a.End != c.LastDay {
			t.Fatalf("law %+v, count %+v", a, c)
		}
		if a.Remaining < c.DaysUnused && a.Remaining > 0 {
			t.Fatalf("remaining %d is less than the %d days unused", a.Remaining, c.DaysUnused)
		}
	})
}

// EES-014.
func TestArt2_4_FamilyMemberHasNoCalculation(t *testing.T) {
	h := staysOf("2026-01-01", "")
	h.Stays[0].Family = true
	a := checkOn(t, h, "2026-12-01")
	if a != (Answer{Day: civil("2026-12-01"), Rule: RuleFamilyMember, Start: civil("2026-01-01"), Suffices: true}) {
		t.Errorf("%+v", a)
	}
	h.Stays[0].Exit = civil("2026-12-01")
	if a := enterOn(t, h, "2026-12-10", 0); a.DaysUsed != 0 || a.MaximumStay != 90 {
		t.Errorf("a later stay in one's own right: %+v", a)
	}
}

// EES-015.
func TestAnnexII_TransitIsCountedInHours(t *testing.T) {
	vilnius, err := time.LoadLocation("Europe/Vilnius")
	if err != nil {
		t.Fatal(err)
	}
	entered := time.Date(2026, 10, 24, 22, 15, 0, 0, vilnius)
	h := &History{Stays: []Stay{{Entry: law.DateIn(entered, vilnius), Transit: true}}}
	q := Question{On: civil("2026-10-25"), EnteredAt: entered, At: entered.Add(24 * time.Hour)}
	a := calculate(t, h, q)
	// The clocks go back in this night: 24 hours end at 21:15.
	if !a.EndsAt.Equal(entered.Add(24*time.Hour)) || a.End != civil("2026-10-25") || a.Expired || a.Rule != RuleTransit {
		t.Errorf("%+v", a)
	}
	q.At = q.At.Add(time.Second)
	if a = calculate(t, h, q); !a.Expired || a.Suffices {
		t.Errorf("a second late: %+v", a)
	}
	q.EnteredAt = time.Time{}
	var refusal *law.Refusal
	if _, err := Calculate(h, q); !errors.As(err, &refusal) || refusal.Field != "entered_at" {
		t.Errorf("without the instant of entry: %v", err)
	}
}

// The table keeps each stay to its own end: a day is lawful when one of the
// EES-043: a stay known from its stamp uses the visa like a recorded one, and is
// The first possible entry waits for the visa, passes over permits and gives up
// The switches on days whose place in the count no text settles.
func TestArt11_CountingSwitches(t *testing.T) {
	extended := staysOf("2026-01-01", "2026-06-29")
	extended.Stays[0].Changes = []Change{{Status: Extended, Decided: civil("2026-03-20"), From: civil("2026-04-01"), End: civil("2026-06-29")}}
	limited := &History{
		Visas: []Visa{{ValidFrom: civil("2026-05-01"), ValidUntil: civil("2026-06-30"), Days: 20, Limited: true, States: "FRA"}},
		Stays: []Stay{{Entry: civil("2026-05-01"), Exit: civil("2026-05-20"), Visa: 1}},
	}
	family, transit := staysOf("2026-05-01", "2026-05-20"), staysOf("2026-05-01", "2026-05-02")
	family.Stays[0].Family, transit.Stays[0].Transit = true, true
	for _, c := range []struct {
		name    string
		param   *law.Param[bool]
		h       *History
		on, off int
		why     law.Code
	}{
		{"extension", &CountExtensionDays, extended, 179, 89, WhyExtensionDay},
		{"limited visa", &CountLimitedDays, limited, 20, 0, WhyLimitedVisa},
		{"family", &CountFamilyDays, family, 20, 0, WhyFamily},
		{"transit", &CountTransitDays, transit, 2, 0, WhyTransit},
	} {
		for _, on := range []bool{true, false} {
			setRow(t, c.param, on)
			want := c.off
			if on {
				want = c.on
			}
			a, reasons, _, err := Explain(c.h, Question{On: civil("2026-06-30"), Intended: Stay{Entry: civil("2026-06-30")}})
			if err != nil || a.DaysUsed != want {
				t.Errorf("%s counted %v: used %d, want %d (%v)", c.name, on, a.DaysUsed, want, err)
			}
			if told := slices.ContainsFunc(reasons, func(r law.Reason) bool { return r.Code == c.why }); told == on {
				t.Errorf("%s counted %v: the reasons tell of days left out: %v", c.name, on, told)
			}
		}
	}
	setRow(t, &RevocationEndsOnDecision, false)
	h := staysOf("2026-05-01", "")
	h.Stays[0].Changes = []Change{{Status: Annulled, Decided: civil("2026-05-10")}}
	if _, err := Calculate(h, Question{On: civil("2026-05-11")}); err == nil {
		t.Error("a revocation without an end is taken where the switch is off")
	}
}

// EES-023, EES-025: the decisions apply in their order.
func TestArt19_1_LaterDecisionIsTheStatusInForce(t *testing.T) {
	extended := Change{Status: Extended, Decided: civil("2026-03-20"), From: civil("2026-04-01"), End: civil("2026-06-29")}
	for _, c := range []struct {
		name    string
		changes []Change
		want    string
	}{
		{"extended", []Change{extended}, "2026-06-29"},
		{"extended, then revoked", []Change{extended, {Status: Revoked, Decided: civil("2026-05-10")}}, "2026-05-10"},
		{"extended, then revoked with an end", []Change{extended, {Status: Revoked, Decided: civil("2026-05-10"), End: civil("2026-05-20")}}, "2026-05-20"},
		{"revoked, then extended on appeal", []Change{{Status: Revoked, Decided: civil("2026-02-01")}, extended}, "2026-06-29"},
		{"revoked after the end", []Change{{Status: Revoked, Decided: civil("2026-05-10")}}, "2026-03-31"},
		{"annulled before the entry", []Change{{Status: Annulled, Decided: civil("2025-12-01")}}, "2025-12-31"},
	} {
		h := staysOf("2026-01-01", "")
		h.Stays[0].Changes = c.changes
		if a := checkOn(t, h, "2026-06-30"); a.End != civil(c.want) {
			t.Errorf("%s: end %s, want %s", c.name, a.End, c.want)
		}
	}
}

// EES-045.
func TestProgressivePeriodMarksTheAnswer(t *testing.T) {
	for day, want := range map[string]bool{"2025-10-11": false, "2025-10-12": true, "2026-10-05": true, "2026-10-06": false} {
		if a := enterOn(t, &History{}, day, 0); a.Incomplete != want {
			t.Errorf("%s: possibly incomplete %v", day, a.Incomplete)
		}
	}
}

// Nobody present and nothing intended: the days used and nothing else.
func TestArt11_NobodyPresent(t *testing.T) {
	a := checkOn(t, staysOf("2026-05-01", "2026-05-10"), "2026-05-11")
	if a.Rule != RuleAbsent || a.DaysUsed != 10 || a.End != 0 || a.OverstayDays != 0 {
		t.Errorf("%+v", a)
	}
	h := staysOf("2026-05-01", "")
	h.Permits = []Span{{From: civil("2026-06-01")}}
	if a := checkOn(t, h, "2026-12-01"); a.Rule != RulePermit || a.DaysUsed != 0 {
		t.Errorf("under a permit: %+v", a)
	}
	if a := checkOn(t, h, "2026-05-05"); a.End != 0 || !a.Suffices {
		t.Errorf("a permit without end follows: %+v", a)
	}
	h.Stays[0].CountsFrom = Never
	if a := checkOn(t, h, "2026-05-05"); a.Rule != RuleElsewhere || a.DaysUsed != 0 {
		t.Errorf("elsewhere: %+v", a)
	}
}

// Every reason names its rule and an article that can be read, in short
// The parameters of the calculator are well formed, and fit what the count holds.
func TestCalculatorParams(t *testing.T) {
	for _, p := range CalculatorParams() {
		if err := law.CheckParam(p); err != nil {
			t.Error(err)
		}
	}
	for _, r := range ShortStayLimit.Rows {
		if r.Value.Period*2 > heldDays || r.Value.Days < 1 || r.Value.Days >= r.Value.Period {
			t.Errorf("a period of %d days does not fit", r.Value.Period)
		}
	}
}
