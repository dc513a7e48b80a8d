package ees

import (
	"testing"
	"time"

	"limen/law"
)

// The worked examples E01 to E34, each with its whole question and result.

func civil(s string) law.Date {
	if s == "" {
		return 0
	}
	return law.MustDate(s)
}

// stayOf is a stay; an empty exit means still present.
func stayOf(entry, exit string) Stay { return Stay{Entry: civil(entry), Exit: civil(exit)} }

func staysOf(dates ...string) *History {
	h := &History{}
	for i := 0; i < len(dates); i += 2 {
		h.Stays = append(h.Stays, stayOf(dates[i], dates[i+1]))
	}
	return h
}

func calculate(t *testing.T, h *History, q Question) Answer {
	t.Helper()
	a, err := Calculate(h, q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// checkOn asks about the person present on the day.
func checkOn(t *testing.T, h *History, on string) Answer {
	t.Helper()
	return calculate(t, h, Question{On: civil(on)})
}

// enterOn asks about an entry on the day.
func enterOn(t *testing.T, h *History, on string, visa int32) Answer {
	t.Helper()
	return calculate(t, h, Question{On: civil(on), Intended: Stay{Entry: civil(on), Visa: visa}})
}

// wantStay compares the length and the last day of the authorised stay.
func wantStay(t *testing.T, a Answer, n int, last string) {
	t.Helper()
	if a.MaximumStay != n || a.End != civil(last) {
		t.Errorf("n=%d, last %s (%s, %s); want n=%d, last %s", a.MaximumStay, a.End, a.Rule, a.Bound, n, last)
	}
}

func wantUsed(t *testing.T, a Answer, n int) {
	t.Helper()
	if a.DaysUsed != n {
		t.Errorf("days used %d, want %d", a.DaysUsed, n)
	}
}

func wantOverstay(t *testing.T, a Answer, n int, first string) {
	t.Helper()
	if a.OverstayDays != n || n > 0 && a.FlagDay() != civil(first) {
		t.Errorf("overstay %d from %s, want %d from %s", a.OverstayDays, a.FlagDay(), n, first)
	}
}

func wantFirstEntry(t *testing.T, h *History, from string, days int, want string) {
	t.Helper()
	got, err := FirstEntry(h, Stay{Entry: civil(from)}, days)
	if err != nil || got != civil(want) {
		t.Errorf("first entry for %d days: %s, %v; want %s", days, got, err, want)
	}
}

// EES-026.
func TestArt11_E01_NoHistory(t *testing.T) {
	h := &History{}
	wantStay(t, enterOn(t, h, "2026-05-01", 0), 90, "2026-07-29")
	inside := checkOn(t, staysOf("2026-05-01", ""), "2026-06-14")
	if inside.DaysUsed != 45 || inside.Remaining != 46 || inside.DaysAfter() != 45 {
		t.Errorf("on the 45th day: used %d, remaining %d, after it %d", inside.DaysUsed, inside.Remaining, inside.DaysAfter())
	}
}

// EES-016.
func TestArt11_E02_InAndOutOnOneDay(t *testing.T) {
	wantUsed(t, checkOn(t, staysOf("2026-05-10", "2026-05-10"), "2026-05-10"), 1)
}

// EES-016: twenty minutes over midnight are two civil days.
func TestArt11_E03_OverMidnight(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	s := Stay{Entry: law.DateIn(time.Date(2026, 5, 10, 23, 50, 0, 0, paris), paris), Exit: law.DateIn(time.Date(2026, 5, 11, 0, 10, 0, 0, paris), paris)}
	wantUsed(t, checkOn(t, &History{Stays: []Stay{s}}, "2026-05-11"), 2)
}

// EES-016.
func TestArt11_E04_ExitAndReentryOnOneDay(t *testing.T) {
	wantUsed(t, checkOn(t, staysOf("2026-05-01", "2026-05-10", "2026-05-10", "2026-05-20"), "2026-05-20"), 20)
}

// EES-027.
func TestArt11_E05_NinetyFirstDay(t *testing.T) {
	a := checkOn(t, staysOf("2026-01-01", "2026-04-01"), "2026-04-01")
	wantStay(t, a, 90, "2026-03-31")
	wantOverstay(t, a, 1, "2026-04-01")
	wantOverstay(t, checkOn(t, staysOf("2026-01-01", ""), "2026-03-31"), 0, "")
}

// EES-017.
func TestArt11_E06_NinetyDaysAwayRestoreAll(t *testing.T) {
	h := staysOf("2026-01-01", "2026-03-31")
	wantFirstEntry(t, h, "2026-04-01", 1, "2026-06-30")
	wantStay(t, enterOn(t, h, "2026-06-30", 0), 90, "2026-09-27")
}

// EES-017.
func TestArt11_E07_EightyNineDaysAwayDoNot(t *testing.T) {
	a := enterOn(t, staysOf("2026-01-01", "2026-03-31"), "2026-06-29", 0)
	wantStay(t, a, 0, "2026-06-28")
	if a.Suffices || a.Remaining != 0 {
		t.Errorf("suffices %v, remaining %d", a.Suffices, a.Remaining)
	}
}

// EES-027.
func TestArt11_E08_LeapYearOverstay(t *testing.T) {
	a := checkOn(t, staysOf("2028-01-01", "2028-03-31"), "2028-03-31")
	wantStay(t, a, 90, "2028-03-30")
	wantOverstay(t, a, 1, "2028-03-31")
}

// EES-017.
func TestArt11_E09_LeapYearReentry(t *testing.T) {
	h := staysOf("2028-01-01", "2028-03-30")
	wantFirstEntry(t, h, "2028-03-31", 1, "2028-06-29")
	wantStay(t, enterOn(t, h, "2028-06-29", 0), 90, "2028-09-26")
}

// EES-017.
func TestArt11_E10_LeapDayLeavesThePeriod(t *testing.T) {
	h := staysOf("2028-02-29", "2028-02-29")
	wantUsed(t, checkOn(t, h, "2028-08-26"), 1)
	wantUsed(t, checkOn(t, h, "2028-08-27"), 0)
}

// EES-017.
func TestArt11_E11_OldDaysFallOutOneByOne(t *testing.T) {
	a := enterOn(t, staysOf("2026-01-01", "2026-01-30"), "2026-06-29", 0)
	wantStay(t, a, 90, "2026-09-26")
	if a.DaysUsed != 30 || a.Remaining != 90 {
		t.Errorf("used %d, remaining %d: all thirty days are given back in time", a.DaysUsed, a.Remaining)
	}
}

// EES-017.
func TestArt11_E12_NothingDropsOut(t *testing.T) {
	wantStay(t, enterOn(t, staysOf("2026-01-10", "2026-03-10"), "2026-06-01", 0), 30, "2026-06-30")
}

// EES-017.
func TestArt11_E13_SubtractionIsWrong(t *testing.T) {
	a := enterOn(t, staysOf("2026-01-10", "2026-03-10"), "2026-06-15", 0)
	wantStay(t, a, 90, "2026-09-12")
	wantUsed(t, a, 60)
}

// EES-017.
func TestArt11_E14_TwoBlocks(t *testing.T) {
	h := staysOf("2026-01-01", "2026-02-14", "2026-04-01", "2026-05-15")
	wantFirstEntry(t, h, "2026-05-16", 1, "2026-06-30")
	wantStay(t, enterOn(t, h, "2026-06-30", 0), 45, "2026-08-13")
	wantFirstEntry(t, h, "2026-05-16", 90, "2026-08-14")
}

// EES-017.
func TestArt11_E15_TenDaysAMonth(t *testing.T) {
	h := &History{}
	for month := 1; month <= 9; month++ {
		h.Stays = append(h.Stays, Stay{Entry: law.MakeDate(2026, month, 1), Exit: law.MakeDate(2026, month, 10)})
	}
	a := enterOn(t, h, "2026-10-01", 0)
	wantUsed(t, a, 56)
	wantStay(t, a, 50, "2026-11-19")
}

// EES-017.
func TestArt11_E16_FifteenDaysAMonth(t *testing.T) {
	h := &History{}
	for month := 1; month <= 6; month++ {
		h.Stays = append(h.Stays, Stay{Entry: law.MakeDate(2026, month, 1), Exit: law.MakeDate(2026, month, 15)})
	}
	wantStay(t, enterOn(t, h, "2026-06-20", 0), 0, "2026-06-19")
	wantStay(t, enterOn(t, h, "2026-07-01", 0), 15, "2026-07-15")
}

// EES-027: days of overstay count like others.
func TestArt11_E17_OverstayDaysCount(t *testing.T) {
	h := staysOf("2026-01-01", "2026-04-10")
	wantOverstay(t, checkOn(t, h, "2026-04-10"), 10, "2026-04-01")
	wantFirstEntry(t, h, "2026-04-11", 1, "2026-07-10")
	wantStay(t, enterOn(t, h, "2026-07-10", 0), 90, "2026-10-07")
}

// EES-019, EES-029.
func TestArt11_E18_StartAfterPermit(t *testing.T) {
	h := staysOf("2026-03-01", "")
	h.Permits = []Span{{Until: civil("2026-02-28"), From: civil("2024-03-01")}}
	wantStay(t, checkOn(t, h, "2026-03-01"), 90, "2026-05-29")
}

// EES-019.
func TestArt11_E19_LongStayVisaDaysLeftOut(t *testing.T) {
	h := staysOf("2026-01-01", "2026-06-30")
	h.Permits = []Span{{From: civil("2026-01-01"), Until: civil("2026-04-15")}}
	a := checkOn(t, h, "2026-06-30")
	wantUsed(t, a, 76)
	wantStay(t, a, 90, "2026-07-14")
	if a.Start != civil("2026-04-16") || a.Remaining != 15 {
		t.Errorf("start %s, remaining %d", a.Start, a.Remaining)
	}
}

// EES-018.
func TestArt11_E20_CyprusAndIrelandLeftOut(t *testing.T) {
	h := staysOf("2026-02-01", "2026-03-31", "2026-04-01", "2026-04-20")
	for i := range h.Stays {
		h.Stays[i].CountsFrom = Never
	}
	a := enterOn(t, h, "2026-05-01", 0)
	wantUsed(t, a, 0)
	wantStay(t, a, 90, "2026-07-29")
}

// EES-018: an open stay is counted from the accession day.
func TestArt11_E21_RomaniaJoins(t *testing.T) {
	h := staysOf("2024-02-01", "2024-04-15")
	h.Stays[0].CountsFrom = civil("2024-03-31")
	a := checkOn(t, h, "2024-04-15")
	wantUsed(t, a, 16)
	wantStay(t, a, 90, "2024-06-28")
}

// EES-018.
func TestArt11_E22_CroatiaJoined(t *testing.T) {
	h := staysOf("2022-12-01", "2023-01-20")
	h.Stays[0].CountsFrom = civil("2023-01-01")
	a := enterOn(t, h, "2023-02-01", 0)
	wantUsed(t, a, 20)
	wantStay(t, a, 70, "2023-04-11")
}

// EES-043.
func TestArt11_E23_StampsCountInTheTransition(t *testing.T) {
	h := &History{Stamps: []Stay{stayOf("2026-01-15", "2026-02-28")}}
	a := enterOn(t, h, "2026-04-20", 0)
	wantStay(t, a, 45, "2026-06-03")
	if !a.StampsCounted {
		t.Error("stamps were counted and the answer does not say so")
	}
	h.Stamps = nil
	wantStay(t, enterOn(t, h, "2026-04-20", 0), 90, "2026-07-18")
}

// EES-010, EES-026.
func TestArt11_E24_ValidityBites(t *testing.T) {
	h := &History{Visas: []Visa{{ValidFrom: civil("2026-06-01"), ValidUntil: civil("2026-06-30"), Days: 15, Entries: 1}}}
	a := enterOn(t, h, "2026-06-20", 1)
	wantStay(t, a, 11, "2026-06-30")
	if a.Bound != BoundValidity || a.VisaEnd != civil("2026-06-30") || a.EntriesExhausted {
		t.Errorf("bound %s, visa end %s, exhausted %v", a.Bound, a.VisaEnd, a.EntriesExhausted)
	}
}

// EES-022, EES-026.
func TestArt11_E25_EntriesUsedUp(t *testing.T) {
	h := &History{
		Visas: []Visa{{ValidFrom: civil("2026-05-15"), ValidUntil: civil("2026-08-31"), Days: 30, Entries: 2}},
		Stays: []Stay{{Entry: civil("2026-06-01"), Exit: civil("2026-06-10"), Visa: 1}},
	}
	a := enterOn(t, h, "2026-07-01", 1)
	wantStay(t, a, 20, "2026-07-20")
	if a.EntriesUsed != 1 || a.EntriesExhausted || a.Bound != BoundDays {
		t.Errorf("second entry: used %d, exhausted %v, bound %s", a.EntriesUsed, a.EntriesExhausted, a.Bound)
	}
	h.Stays = append(h.Stays, Stay{Entry: civil("2026-07-01"), Exit: civil("2026-07-05"), Visa: 1})
	a = enterOn(t, h, "2026-07-10", 1)
	wantStay(t, a, 0, "2026-07-09")
	if !a.EntriesExhausted || a.Suffices || a.Bound != BoundEntries {
		t.Errorf("third entry: exhausted %v, suffices %v, bound %s", a.EntriesExhausted, a.Suffices, a.Bound)
	}
}

// EES-017.
func TestArt11_E26_RollingLimitBites(t *testing.T) {
	h := &History{
		Visas: []Visa{
			{ValidFrom: civil("2025-12-01"), ValidUntil: civil("2026-04-30"), Days: 90, Entries: 1},
			{ValidFrom: civil("2026-04-01"), ValidUntil: civil("2026-06-30"), Days: 30, Entries: 1},
		},
		Stays: []Stay{{Entry: civil("2026-01-01"), Exit: civil("2026-03-21"), Visa: 1}},
	}
	a := enterOn(t, h, "2026-05-01", 2)
	wantStay(t, a, 10, "2026-05-10")
	if a.Bound != BoundLimit || a.VisaEnd != civil("2026-05-30") {
		t.Errorf("bound %s, visa end %s", a.Bound, a.VisaEnd)
	}
}

// EES-020.
func TestArt11_E27_LimitedVisaWhateverTheSum(t *testing.T) {
	h := staysOf("2026-01-01", "2026-03-31")
	h.Visas = []Visa{{ValidFrom: civil("2026-04-01"), ValidUntil: civil("2026-04-30"), Days: 15, Entries: 1, Limited: true, States: "FRA"}}
	a := enterOn(t, h, "2026-04-05", 1)
	wantStay(t, a, 15, "2026-04-19")
	if a.Rule != RuleLimited || a.OnlyIn != "FRA" {
		t.Errorf("rule %s, only in %q", a.Rule, a.OnlyIn)
	}
	h.Stays = append(h.Stays, Stay{Entry: civil("2026-04-05"), Visa: 1})
	a = checkOn(t, h, "2026-04-19")
	wantUsed(t, a, 105)
	wantOverstay(t, a, 0, "")
}

// The days pass to the next visa when the first ends.
func TestArt11_E28_OverlappingVisas(t *testing.T) {
	h := &History{Visas: []Visa{
		{ValidFrom: civil("2026-06-01"), ValidUntil: civil("2026-06-30"), Days: 10},
		{ValidFrom: civil("2026-06-25"), ValidUntil: civil("2026-07-31"), Days: 20},
	}}
	wantStay(t, enterOn(t, h, "2026-06-20", 1), 30, "2026-07-19")
	h.Visas = h.Visas[:1]
	wantStay(t, enterOn(t, h, "2026-06-20", 1), 10, "2026-06-29")
}

// EES-023, EES-024.
func TestArt11_E29_BilateralExtension(t *testing.T) {
	h := staysOf("2026-01-01", "2026-06-29")
	h.Stays[0].Changes = []Change{{Status: Extended, Decided: civil("2026-03-20"), From: civil("2026-04-01"), End: civil("2026-06-29"), Bilateral: true, State: "DEU"}}
	a := checkOn(t, h, "2026-06-29")
	wantOverstay(t, a, 0, "")
	if a.Rule != RuleExtended || a.End != civil("2026-06-29") || a.OnlyIn != "DEU" {
		t.Errorf("rule %s, end %s, only in %q", a.Rule, a.End, a.OnlyIn)
	}
	wantFirstEntry(t, h, "2026-06-30", 1, "2026-09-28")
}

// EES-025.
func TestArt11_E30_RevokedStay(t *testing.T) {
	h := staysOf("2026-05-01", "2026-05-20")
	h.Stays[0].Changes = []Change{{Status: Revoked, Decided: civil("2026-05-10"), Ground: "RD"}}
	a := checkOn(t, h, "2026-05-20")
	wantStay(t, a, 10, "2026-05-10")
	wantOverstay(t, a, 10, "2026-05-11")
}

// EES-028.
func TestArt11_E31_NoExit(t *testing.T) {
	a := checkOn(t, staysOf("2026-01-10", ""), "2026-05-01")
	wantStay(t, a, 90, "2026-04-09")
	wantOverstay(t, a, 22, "2026-04-10")
}

// EES-030.
func TestArt11_E32_RebuttalRecalculates(t *testing.T) {
	h := staysOf("2026-01-10", "2026-02-10") // as the proof completes it
	a := enterOn(t, h, "2026-05-01", 0)
	wantUsed(t, a, 32)
	wantStay(t, a, 58, "2026-06-27")
	wantOverstay(t, checkOn(t, h, "2026-02-10"), 0, "")
}

// EES-046: the answer behind NOT OK.
func TestArt11_E33_IntendedStayTooLong(t *testing.T) {
	h := staysOf("2026-01-20", "2026-04-04")
	a := calculate(t, h, Question{On: civil("2026-05-20"), Intended: stayOf("2026-06-01", "2026-06-20")})
	wantStay(t, a, 15, "2026-06-15")
	if a.Suffices {
		t.Error("twenty days suffice where fifteen are possible")
	}
	a = calculate(t, h, Question{On: civil("2026-05-20"), Intended: stayOf("2026-06-01", "2026-06-15")})
	if !a.Suffices {
		t.Error("fifteen days do not suffice")
	}
}

// EES-016: the day is the one of the crossing point.
func TestArt11_E34_LocalDayOfExit(t *testing.T) {
	lisbon, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 7, 31, 23, 30, 0, 0, lisbon)
	s := Stay{Entry: civil("2026-05-03"), Exit: law.DateIn(at, lisbon)}
	if s.Exit != civil("2026-07-31") {
		t.Fatalf("exit %s", s.Exit)
	}
	wantOverstay(t, calculate(t, &History{Stays: []Stay{s}}, Question{On: s.Exit}), 0, "")
	wantUsed(t, calculate(t, &History{Stays: []Stay{s}}, Question{On: s.Exit}), 90)
}
