package ees

import (
	"slices"
	"testing"

	"limen/law"
	"pgregory.net/rapid"
)

// plainCount is the conventions of testdata/stay/README.md written down as they
// read, day by day over a map, as slow as that is.
func plainCount(stays []Stay, visa *Visa, ref law.Date) Count {
	const limit, period = 90, 180
	type numbered struct{ first, last, entry, exit law.Date }
	var list []numbered
	for _, s := range stays {
		if s.Entry > ref {
			continue
		}
		last := ref
		if s.Exit != 0 && s.Exit < ref {
			last = s.Exit
		}
		list = append(list, numbered{s.Entry, last, s.Entry, last})
	}
	// Stays that used an entry, by date.
	slices.SortStableFunc(list, func(a, b numbered) int {
		if a.entry != b.entry {
			return int(a.entry - b.entry)
		}
		return int(a.exit - b.exit)
	})
	present := map[law.Date]bool{}
	allowedEntry := map[law.Date]bool{}
	entries := 0
	for _, s := range list {
		ok := true
		if visa != nil && s.entry >= visa.ValidFrom && s.entry <= visa.ValidUntil {
			entries++
			ok = visa.Entries == 0 || entries <= visa.Entries
		}
		for d := s.first; d <= s.last; d++ {
			present[d] = true
			if ok {
				allowedEntry[d] = true
			}
		}
	}
	recorded := func(d law.Date) bool { return present[d] }
	n := func(d law.Date, here func(law.Date) bool) (n int) {
		for x := d - period + 1; x <= d; x++ {
			if here(x) {
				n++
			}
		}
		return n
	}
	spent := func(d law.Date, here func(law.Date) bool) (n int) {
		for x := visa.ValidFrom; x <= min(d, visa.ValidUntil); x++ {
			if here(x) {
				n++
			}
		}
		return n
	}
	visaAllows := func(d law.Date, here func(law.Date) bool) bool {
		return d <= visa.ValidUntil && (visa.Days >= limit || spent(d, here) <= visa.Days)
	}

	c := Count{DaysUsed: n(ref, recorded)}
	c.DaysUnused = max(0, limit-c.DaysUsed)
	if visa != nil && visa.Days < limit {
		c.DaysUnused = max(0, min(limit-c.DaysUsed, visa.Days-spent(ref, recorded)))
	}
	for d := ref - period + 1; d <= ref; d++ {
		if !present[d] {
			continue
		}
		bad := n(d, recorded) > limit
		if visa != nil && d >= visa.ValidFrom {
			bad = bad || !visaAllows(d, recorded) || !allowedEntry[d]
		}
		if bad {
			c.OverstayDays++
		}
	}
	staying := func(d law.Date) bool { return present[d] || d >= ref }
	entryLeft := visa == nil || visa.Entries == 0 || present[ref] && allowedEntry[ref] || !present[ref] && entries < visa.Entries
	for d := ref; ; d++ {
		if n(d, staying) > limit || visa != nil && (ref < visa.ValidFrom || !entryLeft || !visaAllows(d, staying)) {
			break
		}
		c.LastDay = d
	}
	return c
}

// drawStays draws a history around ref: dense or sparse, in any order, with
// overlaps, open stays, stays after ref and stays longer than the period. Half
// of them are laid out to meet the limits to the day.
func drawStays(t *rapid.T, ref law.Date) (stays []Stay) {
	if rapid.Bool().Draw(t, "to the day") {
		back := ref - law.Date(rapid.SampledFrom([]int{-1, 0, 0, 1, 2, 10, 89, 90}).Draw(t, "ended before"))
		lengths := rapid.SampledFrom([]int{1, 1, 2, 15, 29, 30, 31, 44, 45, 46, 88, 89, 90, 91})
		gaps := rapid.SampledFrom([]int{-3, -1, 0, 1, 1, 2, 44, 45, 46, 87, 88, 89, 90, 91, 134, 178, 179, 180})
		for range rapid.IntRange(1, 8).Draw(t, "number") {
			s := Stay{Entry: back - law.Date(lengths.Draw(t, "length")) + 1, Exit: back}
			stays = append(stays, s)
			if rapid.IntRange(0, 5).Draw(t, "same entry") == 0 {
				stays = append(stays, Stay{Entry: s.Entry, Exit: s.Entry + law.Date(rapid.IntRange(0, 5).Draw(t, "length"))})
			}
			back = s.Entry - 1 - law.Date(gaps.Draw(t, "gap"))
		}
		return rapid.Permutation(stays).Draw(t, "stays")
	}
	length := rapid.SampledFrom([]int{1, 3, 12, 40, 120, 300}).Draw(t, "longest")
	reach := rapid.SampledFrom([]int{60, 200, 400, 1200}).Draw(t, "reach")
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Stay {
		entry := ref - law.Date(rapid.IntRange(-20, reach).Draw(t, "before"))
		s := Stay{Entry: entry, Exit: entry + law.Date(rapid.IntRange(0, length).Draw(t, "length"))}
		if rapid.IntRange(0, 11).Draw(t, "open") == 0 {
			s.Exit = 0
		}
		return s
	}), 0, 24).Draw(t, "stays")
}

// drawVisa draws a visa around ref, which may cut through a stay, or nil.
func drawVisa(t *rapid.T, ref law.Date, stays []Stay) *Visa {
	if rapid.IntRange(0, 3).Draw(t, "exempt") == 0 {
		return nil
	}
	from := ref - law.Date(rapid.IntRange(-5, 700).Draw(t, "from"))
	if len(stays) > 0 && rapid.Bool().Draw(t, "from a stay") {
		from = rapid.SampledFrom(stays).Draw(t, "stay").Entry + law.Date(rapid.IntRange(-1, 2).Draw(t, "off"))
	}
	until := max(from, ref+law.Date(rapid.SampledFrom([]int{-30, -1, 0, 1, 5, 30, 89, 90, 400}).Draw(t, "until")))
	return &Visa{ValidFrom: from, ValidUntil: until,
		Days: rapid.SampledFrom([]int{0, 1, 8, 15, 30, 45, 60, 89, 90, 90, 90, 90}).Draw(t, "days"), Entries: rapid.SampledFrom([]int{0, 0, 1, 2, 3, 5}).Draw(t, "entries")}
}

// drawDay draws a reference day, leap days and year ends included.
func drawDay(t *rapid.T) law.Date {
	return law.MakeDate(2024, 1, 1) + law.Date(rapid.IntRange(0, 1500).Draw(t, "day"))
}

// EES-016, EES-017: the count agrees with a day-by-day count written apart.
func TestArt6_1_CountAgreesWithThePlainCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ref := drawDay(t)
		stays := drawStays(t, ref)
		visa := drawVisa(t, ref, stays)
		given := slices.Clone(stays)
		got, want := CountDays(stays, visa, ref), plainCount(stays, visa, ref)
		if got != want {
			t.Fatalf("on %s: %+v, want %+v\nstays %v\nvisa %+v", ref, got, want, stays, visa)
		}
		if !slices.EqualFunc(stays, given, func(a, b Stay) bool { return a.Entry == b.Entry && a.Exit == b.Exit }) {
			t.Fatal("the stays given were changed")
		}
		explained, reasons, table := ExplainCount(stays, visa, ref)
		if explained != got || len(reasons) == 0 {
			t.Fatalf("explained %+v with %d reasons, counted %+v", explained, len(reasons), got)
		}
		used, unlawful := 0, 0
		for _, line := range table {
			if line.Counted {
				used++
			}
			if !line.Lawful {
				unlawful++
			}
			if line.Counted != (line.Stay > 0) {
				t.Fatalf("%s: counted %v by stay %d", line.Day, line.Counted, line.Stay)
			}
		}
		if used != got.DaysUsed || unlawful != got.OverstayDays || len(table) != 180 {
			t.Fatalf("table of %d lines with %d days used and %d unlawful, counted %+v", len(table), used, unlawful, got)
		}
	})
}

// EES-017: what cannot matter does not, and one more past day never helps.
func TestArt6_1_CountInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ref := drawDay(t)
		stays := drawStays(t, ref)
		visa := drawVisa(t, ref, stays)
		base := CountDays(stays, visa, ref)

		if base.DaysUsed < 0 || base.DaysUsed > 180 || base.OverstayDays < 0 || base.OverstayDays > base.DaysUsed || base.DaysUnused > 90 {
			t.Fatalf("out of bounds: %+v", base)
		}
		if base.LastDay != 0 && (base.LastDay < ref || base.LastDay > ref+89) {
			t.Fatalf("last day %s from %s", base.LastDay, ref)
		}

		// Entries are numbered by date of entry and then of exit, so that the order given is free.
		shuffled := rapid.Permutation(stays).Draw(t, "order")
		if got := CountDays(shuffled, visa, ref); got != base {
			t.Fatalf("in another order %+v, was %+v", got, base)
		}
		// The same history at another time.
		shift := law.Date(rapid.IntRange(-3000, 3000).Draw(t, "shift"))
		moved := slices.Clone(stays)
		for i := range moved {
			moved[i].Entry += shift
			if moved[i].Exit != 0 {
				moved[i].Exit += shift
			}
		}
		var movedVisa *Visa
		if visa != nil {
			v := *visa
			v.ValidFrom, v.ValidUntil = v.ValidFrom+shift, v.ValidUntil+shift
			movedVisa = &v
		}
		want := base
		if want.LastDay != 0 {
			want.LastDay += shift
		}
		if got := CountDays(moved, movedVisa, ref+shift); got != want {
			t.Fatalf("moved by %d: %+v, want %+v", shift, got, want)
		}

		if visa != nil {
			return
		}
		// A stay twice is a stay; what left two periods ago and what comes later is nothing.
		more := append(slices.Clone(stays), stays...)
		old := ref - 359 - law.Date(rapid.IntRange(0, 400).Draw(t, "older"))
		more = append(more, Stay{Entry: max(1, old-100), Exit: old}, Stay{Entry: ref + 1, Exit: ref + 30}, Stay{Entry: ref + 2})
		if got := CountDays(more, nil, ref); got != base {
			t.Fatalf("with repeated, old and later stays %+v, was %+v", got, base)
		}
		// One more past day never makes the last day later.
		extra := ref - law.Date(rapid.IntRange(1, 179).Draw(t, "extra"))
		got := CountDays(append(slices.Clone(stays), Stay{Entry: extra, Exit: extra}), nil, ref)
		if got.LastDay > base.LastDay || got.DaysUsed < base.DaysUsed || got.OverstayDays < base.OverstayDays {
			t.Fatalf("a day on %s more: %+v, was %+v", extra, got, base)
		}
	})
}

// The conventions on visas, one case each, counted by hand.
func TestArt6_1_VisaConventions(t *testing.T) {
	visa := func(from, until string, days, entries int) *Visa {
		return &Visa{ValidFrom: civil(from), ValidUntil: civil(until), Days: days, Entries: entries}
	}
	for _, c := range []struct {
		name  string
		stays *History
		visa  *Visa
		day   string
		want  Count
	}{
		{"of two stays entered on one day the shorter has the first number", staysOf("2026-05-01", "2026-05-10", "2026-05-01", "2026-05-03"),
			visa("2026-04-01", "2026-08-31", 90, 1), "2026-05-20", Count{10, 80, 0, 7}},
		{"an entry on the first day of validity is used, and that day is not allowed", staysOf("2026-04-25", "2026-04-30", "2026-05-01", "2026-05-01", "2026-05-01", "2026-05-02"),
			visa("2026-05-01", "2026-08-31", 90, 1), "2026-05-02", Count{8, 82, 0, 1}},
		{"a stay begun before the validity uses no entry", staysOf("2026-04-25", "2026-05-05"),
			visa("2026-05-01", "2026-08-31", 90, 1), "2026-05-10", Count{11, 79, civil("2026-07-27"), 0}},
		{"a stay after the day of the question uses no entry", staysOf("2026-06-01", "2026-06-05"),
			visa("2026-05-01", "2026-08-31", 30, 1), "2026-05-10", Count{0, 30, civil("2026-06-08"), 0}},
		{"presence within a stay in progress needs no further entry", staysOf("2026-05-08", ""),
			visa("2026-05-01", "2026-08-31", 30, 1), "2026-05-10", Count{3, 27, civil("2026-06-06"), 0}},
		{"returning on the day of exit costs no day but an entry", staysOf("2026-05-08", "2026-05-10", "2026-05-10", ""),
			visa("2026-05-01", "2026-08-31", 30, 2), "2026-05-10", Count{3, 27, civil("2026-06-06"), 0}},
		{"a day before the validity is judged without the visa", staysOf("2026-04-01", "2026-04-20"),
			visa("2026-05-01", "2026-08-31", 10, 1), "2026-04-20", Count{20, 10, 0, 0}},
		{"days after the validity are not allowed and do not use its days", staysOf("2026-05-01", "2026-05-12"),
			visa("2026-05-01", "2026-05-10", 10, 1), "2026-05-12", Count{12, 0, 0, 2}},
		{"days beyond the duration are not allowed", staysOf("2026-05-01", "2026-05-12"),
			visa("2026-05-01", "2026-06-10", 10, 1), "2026-05-12", Count{12, 0, 0, 2}},
		{"days spent two years ago on a long visa stay spent", staysOf("2024-03-01", "2024-03-10", "2024-02-01", "2024-02-05", "2024-02-03", "2024-02-07"),
			visa("2024-01-01", "2028-12-31", 20, 0), "2026-05-01", Count{0, 3, civil("2026-05-03"), 0}},
		{"ninety days on a visa add nothing to the rule", staysOf("2024-01-01", "2024-03-30", "2025-01-01", "2025-03-31"),
			visa("2024-01-01", "2028-12-31", 90, 0), "2026-05-01", Count{0, 90, civil("2026-07-29"), 0}},
	} {
		if got := CountDays(c.stays.Stays, c.visa, civil(c.day)); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		if got := plainCount(c.stays.Stays, c.visa, civil(c.day)); got != c.want {
			t.Errorf("%s: the plain count says %+v", c.name, got)
		}
	}
}

// The period is counted to the day: 91 days count as too many exactly as long as
// the oldest of them is in the period of the day judged.
func TestArt6_1_OldestDayOfThePeriod(t *testing.T) {
	ref := civil("2027-06-01")
	block := Stay{Entry: ref - 268, Exit: ref - 180} // 89 days, and the day judged is ref-179
	judged := Stay{Entry: ref - 179, Exit: ref - 179}
	for _, c := range []struct {
		oldest law.Date
		want   int
	}{{ref - 357, 1}, {ref - 358, 1}, {ref - 359, 0}} {
		stays := []Stay{{Entry: c.oldest, Exit: c.oldest}, block, judged}
		if got := CountDays(stays, nil, ref); got.OverstayDays != c.want {
			t.Errorf("oldest day %s: %+v, want %d overstay days", c.oldest, got, c.want)
		}
		if got := plainCount(stays, nil, ref); got.OverstayDays != c.want {
			t.Errorf("the plain count itself: %+v", got)
		}
	}
}

// A stay of any length is one stretch: after 90 days every further day is too
// much, and by the 181st day the first ones leave the period without ending it.
func TestArt6_1_OneUnbrokenStay(t *testing.T) {
	for length := 1; length <= 400; length++ {
		entry := civil("2027-03-01")
		ref := entry + law.Date(length) - 1
		c := CountDays([]Stay{{Entry: entry}}, nil, ref)
		used, over := min(length, 180), max(0, min(length-90, 180))
		if c.DaysUsed != used || c.OverstayDays != over || (c.LastDay == 0) != (length > 90) {
			t.Fatalf("after %d days: %+v", length, c)
		}
		if length <= 90 && c.LastDay != entry+89 {
			t.Fatalf("after %d days the last day is %s", length, c.LastDay)
		}
	}
}

// The first and the last day of the calendar, and stays over all of it, neither
// overflow nor take longer.
func TestArt6_1_EndsOfTheCalendar(t *testing.T) {
	always := []Stay{{Entry: law.MinDate, Exit: law.MaxDate}, {Entry: law.MinDate}}
	for _, ref := range []law.Date{law.MinDate, law.MinDate + 1, civil("2026-02-28"), law.MaxDate - 1, law.MaxDate} {
		for _, visa := range []*Visa{nil, {ValidFrom: law.MinDate, ValidUntil: law.MaxDate, Days: 30, Entries: 1}, {ValidFrom: ref, ValidUntil: ref, Days: 0}} {
			CountDays(always, visa, ref)
			ExplainCount(always, visa, ref)
			c := CountDays(nil, visa, ref)
			if c.LastDay > law.MaxDate || visa == nil && c.LastDay != min(ref+89, law.MaxDate) {
				t.Errorf("nobody there on %s: %+v", ref, c)
			}
		}
		for _, h := range []*History{{Stays: always}, {Stays: always, Permits: []Span{{From: law.MinDate, Until: law.MaxDate}, {From: law.MaxDate}}}} {
			for _, q := range []Question{{On: ref}, {On: ref, Intended: Stay{Entry: ref}}, {On: ref, Intended: Stay{Entry: ref, Exit: law.MaxDate}}} {
				if _, err := Calculate(h, q); err != nil && ref > civil("2013-10-18") {
					t.Errorf("on %s: %v", ref, err)
				}
			}
		}
	}
	if c := CountDays([]Stay{{Entry: law.MinDate}}, nil, law.MinDate+99); c.DaysUsed != 100 || c.OverstayDays != 10 {
		t.Errorf("a hundred days from the first: %+v", c)
	}
}

// Ordinary histories cost no memory.
func TestArt11_CountAllocatesNothing(t *testing.T) {
	visa := &Visa{ValidFrom: benchDay - 700, ValidUntil: benchDay + 20, Days: 60, Entries: 2}
	for _, n := range []int{10, 50, 200} {
		stays := travelHistory(n, benchDay)
		h := &History{Stays: stays}
		onVisa := &History{Stays: slices.Clone(stays), Visas: []Visa{*visa}}
		for i := range onVisa.Stays {
			onVisa.Stays[i].Visa = 1
		}
		for name, run := range map[string]func(){
			"count":      func() { sinkCount = CountDays(stays, nil, benchDay) },
			"count visa": func() { sinkCount = CountDays(stays, visa, benchDay) },
			"calculate":  func() { sinkAnswer, _ = Calculate(h, Question{On: benchDay, Intended: Stay{Entry: benchDay}}) },
			"calculate visa": func() {
				sinkAnswer, _ = Calculate(onVisa, Question{On: benchDay, Intended: Stay{Entry: benchDay, Visa: 1}})
			},
		} {
			if allocs := testing.AllocsPerRun(100, run); allocs != 0 {
				t.Errorf("%s with %d stays: %v allocations", name, n, allocs)
			}
		}
	}
}
