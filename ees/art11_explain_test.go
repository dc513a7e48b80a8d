package ees

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"limen/law"
	"pgregory.net/rapid"
)

// stays that cover it allowed it.
func TestArt11_TableJudgesEachDayByItsStays(t *testing.T) {
	h := staysOf("2026-05-01", "2026-05-20", "2026-05-15", "2026-05-20")
	h.Stays[0].Changes = []Change{{Status: Revoked, Decided: civil("2026-05-10"), Ground: "ND"}}
	_, _, table, err := Explain(h, Question{On: civil("2026-05-20")})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range table {
		want := DayVerdict{Day: line.Day, Lawful: true, Why: WhyAbsent, Cite: "2016/399 art 6(1)", Used: line.Used}
		if line.Day >= civil("2026-05-01") {
			want = DayVerdict{Day: line.Day, Stay: 1, Counted: true, Lawful: true, Why: WhyCounted, Cite: "2016/399 art 6(2)", Used: int(line.Day-civil("2026-05-01")) + 1}
		}
		if line.Day > civil("2026-05-10") && line.Day < civil("2026-05-15") {
			want.Lawful, want.Why, want.Cite = false, WhyDecision, "2017/2226 art 19(1)"
		}
		if line != want {
			t.Errorf("%+v, want %+v", line, want)
		}
	}
}

// What contradicts itself is refused with its field, and never a panic.
func TestArt11_RefusesContradictions(t *testing.T) {
	ask := Question{On: civil("2026-05-01")}
	for field, c := range map[string]struct {
		h *History
		q Question
	}{
		"on":                 {&History{}, Question{}},
		"stays[1].exit":      {staysOf("2026-01-01", "2026-01-02", "2026-02-02", "2026-02-01"), ask},
		"stays[0].entry":     {&History{Stays: []Stay{{Exit: 5}}}, ask},
		"stays[0].visa":      {&History{Stays: []Stay{{Entry: 5, Visa: 1}}}, ask},
		"stays[0].changes":   {&History{Stays: []Stay{{Entry: 5, Changes: []Change{{Status: Extended, End: 9}}}}}, ask},
		"stamps[0].exit":     {&History{Stamps: []Stay{{Entry: 5, Exit: 4}}}, ask},
		"intended.visa":      {&History{}, Question{On: ask.On, Intended: Stay{Entry: ask.On, Visa: 1}}},
		"intended.exit":      {&History{}, Question{On: ask.On, Intended: Stay{Entry: ask.On, Exit: ask.On - 1}}},
		"visas[0]":           {&History{Visas: []Visa{{ValidFrom: 9, ValidUntil: 8, Days: 3}}}, ask},
		"permits[0]":         {&History{Permits: []Span{{From: 9, Until: 8}}}, ask},
		"stays[0].changes ":  {&History{Stays: []Stay{{Entry: 5, Changes: []Change{{Status: "moved", End: 9}}}}}, ask},
		"stays[0].changes  ": {&History{Stays: []Stay{{Entry: 5, Changes: []Change{{Status: Revoked}}}}}, ask},
	} {
		_, err := Calculate(c.h, c.q)
		var refusal *law.Refusal
		if !errors.As(err, &refusal) || refusal.Field != strings.TrimSpace(field) || refusal.Kind != law.BadInput || refusal.Code == "" {
			t.Errorf("%s: %v", field, err)
			continue
		}
		if _, err := refusal.Cite.Parse(); err != nil {
			t.Error(err)
		}
	}
	var noLaw *law.NoLawError
	if _, err := Calculate(&History{}, Question{On: civil("2013-10-17")}); !errors.As(err, &noLaw) {
		t.Errorf("before the rule was law: %v", err)
	}
	if _, err := FirstEntry(staysOf("2026-01-01", ""), Stay{Entry: civil("2026-05-01")}, 1); err == nil {
		t.Error("a return of somebody who is still present")
	}
}

// The work on one history is bounded.
func TestArt11_RefusesTooManyStays(t *testing.T) {
	h := &History{Stays: make([]Stay, MaxStays)}
	for i := range h.Stays {
		h.Stays[i] = Stay{Entry: civil("2026-05-01"), Exit: civil("2026-05-02")}
	}
	var refusal *law.Refusal
	if _, err := Calculate(h, Question{On: civil("2026-05-02")}); err != nil {
		t.Error(err)
	}
	if _, _, _, err := Explain(h, Question{On: civil("2026-05-02")}); !errors.As(err, &refusal) || refusal.Kind != law.TooMuch {
		t.Errorf("explained: %v", err)
	}
	h.Stays = append(h.Stays, Stay{Entry: 5})
	if _, err := Calculate(h, Question{On: civil("2026-05-02")}); !errors.As(err, &refusal) || refusal.Kind != law.TooMuch {
		t.Errorf("calculated: %v", err)
	}
	h = &History{Permits: make([]Span, 1001)}
	if _, err := Calculate(h, Question{On: civil("2026-05-02")}); !errors.As(err, &refusal) || refusal.Kind != law.TooMuch {
		t.Errorf("permits: %v", err)
	}
}

// Any history whatever is answered or refused, in bounded time.
func TestArt11_HostileHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		anyDate := rapid.OneOf(rapid.Int32(), rapid.Int32Range(0, 20), rapid.Int32Range(int32(law.MaxDate)-20, int32(law.MaxDate)+3), rapid.Int32Range(739000, 741000))
		date := func() law.Date { return law.Date(anyDate.Draw(t, "date")) }
		stay := func() Stay {
			s := Stay{Entry: date(), Exit: date(), CountsFrom: date(), Visa: int32(rapid.IntRange(-1, 3).Draw(t, "visa")),
				Family: rapid.Bool().Draw(t, "family"), Partial: rapid.Bool().Draw(t, "partial")}
			if rapid.Bool().Draw(t, "changed") {
				s.Changes = []Change{{Status: rapid.SampledFrom([]ChangeStatus{Revoked, Extended, ""}).Draw(t, "status"), Decided: date(), From: date(), End: date()}}
			}
			return s
		}
		h := &History{}
		for range rapid.IntRange(0, 5).Draw(t, "stays") {
			h.Stays = append(h.Stays, stay())
		}
		for range rapid.IntRange(0, 3).Draw(t, "visas") {
			h.Visas = append(h.Visas, Visa{ValidFrom: date(), ValidUntil: date(), Days: rapid.IntRange(0, 90).Draw(t, "days"), Entries: rapid.IntRange(0, 2).Draw(t, "entries"), Limited: rapid.Bool().Draw(t, "limited")})
		}
		for range rapid.IntRange(0, 3).Draw(t, "permits") {
			h.Permits = append(h.Permits, Span{date(), date()})
		}
		q := Question{On: date()}
		if rapid.Bool().Draw(t, "intended") {
			q.Intended = stay()
		}
		a, err := Calculate(h, q)
		if err == nil && (a.DaysUsed < 0 || a.DaysUsed > 180 || a.MaximumStay < 0 || a.Remaining < 0 || a.OverstayDays < 0 || a.End > law.MaxDate) {
			t.Fatalf("%+v", a)
		}
		if _, _, _, explainErr := Explain(h, q); (err == nil) != (explainErr == nil) {
			t.Fatalf("calculated %v, explained %v", err, explainErr)
		}
		if q.On > 0 && q.On < 4_000_000 {
			CountDays(h.Stays, nil, q.On)
		}
	})
}

// sentences.
func TestArt11_ReasonsCiteTheLaw(t *testing.T) {
	visa := []Visa{{ValidFrom: civil("2026-05-01"), ValidUntil: civil("2026-07-31"), Days: 10, Entries: 1}}
	revoked := Stay{Entry: civil("2026-05-01"), Changes: []Change{{Status: Revoked, Decided: civil("2026-05-10"), Ground: "RD"}}}
	extended := Stay{Entry: civil("2026-01-01"), Changes: []Change{{Status: Extended, From: civil("2026-04-01"), End: civil("2026-06-29"), Bilateral: true, State: "DEU"}}}
	onVisa := Stay{Entry: civil("2026-05-01"), Exit: civil("2026-05-05"), Visa: 1}
	for name, c := range map[string]struct {
		h    *History
		q    Question
		want law.Code
	}{
		"exempt":       {&History{}, Question{Intended: Stay{Entry: civil("2027-05-01")}}, "authorised_end"},
		"overstay":     {staysOf("2026-01-01", ""), Question{On: civil("2026-05-01")}, "overstay"},
		"no stay":      {staysOf("2026-01-01", "2026-03-31"), Question{Intended: Stay{Entry: civil("2026-06-01")}}, "no_stay"},
		"not enough":   {staysOf("2026-01-20", "2026-04-04"), Question{Intended: stayOf("2026-06-01", "2026-06-20")}, "not_enough"},
		"revoked":      {&History{Stays: []Stay{revoked}}, Question{On: civil("2026-05-20")}, RuleRevoked},
		"extended":     {&History{Stays: []Stay{extended}}, Question{On: civil("2026-06-20")}, RuleExtended},
		"entries":      {&History{Visas: visa, Stays: []Stay{onVisa}}, Question{Intended: Stay{Entry: civil("2026-06-01"), Visa: 1}}, "entries"},
		"stamps":       {&History{Stamps: []Stay{stayOf("2026-01-15", "2026-02-28")}}, Question{Intended: Stay{Entry: civil("2026-04-20")}}, "stamps_counted"},
		"incomplete":   {&History{}, Question{Intended: Stay{Entry: civil("2026-04-20")}}, "possibly_incomplete"},
		"partial":      {&History{Visas: visa}, Question{Intended: Stay{Entry: civil("2026-06-01"), Visa: 1, Partial: true}}, RulePartial},
		"family":       {&History{}, Question{Intended: Stay{Entry: civil("2026-06-01"), Family: true}}, RuleFamilyMember},
		"transit":      {&History{}, Question{Intended: Stay{Entry: civil("2026-06-01"), Transit: true}, EnteredAt: civil("2026-06-01").Start(time.UTC)}, RuleTransit},
		"permit":       {&History{Permits: []Span{{From: civil("2026-05-01")}}, Stays: []Stay{{Entry: civil("2026-04-01")}}}, Question{On: civil("2026-06-01")}, WhyPermit},
		"elsewhere":    {&History{Stays: []Stay{{Entry: civil("2026-04-01"), CountsFrom: Never}}}, Question{On: civil("2026-06-01")}, WhyElsewhere},
		"limited":      {&History{Visas: []Visa{{ValidFrom: 1, ValidUntil: civil("2026-07-01"), Days: 5, Limited: true, States: "FRA"}}}, Question{Intended: Stay{Entry: civil("2026-06-01"), Visa: 1}}, RuleLimited},
		"late transit": {&History{Stays: []Stay{{Entry: civil("2026-05-01"), Transit: true}}}, Question{On: civil("2026-05-03"), EnteredAt: civil("2026-05-01").Start(time.UTC)}, "overstay"},
		"nobody there": {&History{}, Question{On: civil("2026-06-01")}, RuleAbsent},
	} {
		_, reasons, table, err := Explain(c.h, c.q)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.ContainsFunc(reasons, func(r law.Reason) bool { return r.Code == c.want }) {
			t.Errorf("%s: no reason %s in %+v", name, c.want, reasons)
		}
		for _, r := range reasons {
			if _, err := r.Cite.Parse(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			for _, sentence := range strings.SplitAfter(r.Message, ". ") {
				if words := len(strings.Fields(sentence)); words > 25 || words < 2 {
					t.Errorf("%s: a sentence of %d words: %q", name, words, sentence)
				}
			}
		}
		for _, line := range table {
			if _, err := line.Cite.Parse(); err != nil {
				t.Errorf("%s: %s: %v", name, line.Day, err)
			}
		}
	}
}
