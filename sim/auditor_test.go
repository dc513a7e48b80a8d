package sim

import (
	"slices"
	"testing"

	"limen/ees"
	"limen/law"
)

// TestAuditorSeesWrongAnswers gives the auditor answers with one thing wrong.
func TestAuditorSeesWrongAnswers(t *testing.T) {
	p := mustPlan(t, 1, len(scripts))
	traveller := &p.Travellers[1] // visa-exempt, inside for 76 days
	day := p.Today
	right := func() (expectation, *ees.Check) {
		last := day + 14
		return expectation{found: true, inside: true, computed: true, lastDay: last, remaining: 15, used: 76, proposal: ees.Admit},
			&ees.Check{File: &ees.FileSummary{Inside: true}, Proposal: ees.Admit,
				Stay: ees.StayView{LastDay: &last, DaysRemaining: 15, DaysUsed: 76, Computed: true}}
	}
	a := newAuditor(len(p.Travellers))
	e, c := right()
	if a.compare(traveller, until, e, c); len(a.mismatches) != 0 {
		t.Fatalf("a right answer: %v", a.mismatches)
	}
	for field, spoil := range map[string]func(*ees.Check){
		"file found":        func(c *ees.Check) { c.File = nil },
		"inside":            func(c *ees.Check) { c.File.Inside = false },
		"proposal":          func(c *ees.Check) { c.Proposal = ees.Refuse },
		"proposed reasons":  func(c *ees.Check) { c.ProposedReasons = []ees.RefusalReason{"F"} },
		"days used":         func(c *ees.Check) { c.Stay.DaysUsed-- },
		"days remaining":    func(c *ees.Check) { c.Stay.DaysRemaining++ },
		"last day":          func(c *ees.Check) { c.Stay.LastDay = nil },
		"overstay days":     func(c *ees.Check) { c.Stay.OverstayDays = 1 },
		"entries exhausted": func(c *ees.Check) { c.Stay.EntriesExhausted = true },
		"computed":          func(c *ees.Check) { c.Stay.Computed = false },
	} {
		a := newAuditor(len(p.Travellers))
		e, c := right()
		spoil(c)
		a.compare(traveller, until, e, c)
		if !slices.ContainsFunc(a.mismatches, func(m Mismatch) bool { return m.Field == field }) {
			t.Errorf("a wrong answer about %q was not seen: %v", field, a.mismatches)
		}
	}
}

// TestAuditorPredictsExamples gives the auditor worked examples of the stay
// calculation: E06, E07, E11, E13 of the specification (EES-017).
func TestAuditorPredictsExamples(t *testing.T) {
	d := law.MustDate
	for _, c := range []struct {
		enter, leave, entry law.Date
		remaining           int
	}{
		{d("2026-01-01"), d("2026-03-31"), d("2026-06-30"), 90},
		{d("2026-01-01"), d("2026-03-31"), d("2026-06-29"), 0},
		{d("2026-01-01"), d("2026-01-30"), d("2026-06-29"), 90},
		{d("2026-01-10"), d("2026-03-10"), d("2026-06-15"), 90},
		{d("2026-01-10"), d("2026-03-10"), d("2026-06-01"), 30},
	} {
		passport := Passport{}
		passport.Document.Expiry = d("2030-01-01")
		e := expectation{proposal: ees.Admit}
		e.entry(&book{stays: []bookStay{{span: span{enter: c.enter, leave: c.leave}}}}, asked{direction: ees.Entry, on: c.entry, passport: &passport})
		refused := e.proposal == ees.Refuse && slices.Equal(e.reasons, []ees.RefusalReason{"F"})
		if e.remaining != c.remaining || refused != (c.remaining == 0) {
			t.Errorf("%s..%s, entry %s: %d days, %s %v", c.enter, c.leave, c.entry, e.remaining, e.proposal, e.reasons)
		}
	}
}
