package ees_test

import (
	"strings"
	"testing"

	"limen/access"
	"limen/ees"
)

// The yearly report counts by purpose, offence and kind of search, from rows
// that hold no person any more (art 72(8)).
func TestArt72_8_YearlyReport(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		b.border.enter("2026-05-01 09:00", anna())
		b.at("2026-06-01 10:00")
		b.answered(history())
		none := history()
		none.Search.Document.Number = "ZZ1"
		b.answered(none)
		refused := b.submit(unit, history())
		must(b, func() (ees.RequestReceipt, error) {
			return b.tryDecide(point, refused.RequestID, 0, ees.RequestDecision{Reasons: "no"})
		})
		urgent := history()
		urgent.Danger, urgent.Offence = "A life", ees.OffenceInput{Category: "terrorist_act", Description: "x"}
		u := b.answered(urgent)
		must(b, func() (ees.RequestReceipt, error) {
			return b.tryVerify(point, u.RequestID, ees.UrgencyVerdict{Reasons: "It was not"})
		})
		b.purpose = access.LawEnforcementIdentify
		b.submit(unit, latent(b))
		b.at("2027-01-15 00:00").erase()
		b.purpose = access.LawEnforcementHistory
		b.answered(history()) // of the next year
		report := func(who access.Principal, year int) (ees.LawEnforcementReport, error) {
			return run(b.border, who, ees.OpReportRequests, func(p access.Pass) (ees.LawEnforcementReport, error) { return b.register.ReportRequests(p, year) })
		}
		got := must(b, func() (ees.LawEnforcementReport, error) { return report(point, 2026) })
		var text strings.Builder
		for _, l := range got.Lines {
			text.WriteString(strings.Join([]string{string(l.Purpose), l.Offence.Code, strings.Join(l.SearchedBy, "+"), l.Waived, itoa(l.Requests), itoa(l.Refused), itoa(l.Answered),
				itoa(l.WithHits), itoa(l.Urgent), itoa(l.Unjustified)}, " ") + "\n")
		}
		want := "law_enforcement_identification kidnapping fingerprints+latent  1 0 0 0 0 0\n" +
			"law_enforcement_travel_history kidnapping travel_document  3 1 2 1 0 0\n" +
			"law_enforcement_travel_history terrorist_act travel_document urgency 1 0 1 1 1 1\n"
		if text.String() != want {
			t.Errorf("%s\nwant\n%s", text.String(), want)
		}
		if got := must(b, func() (ees.LawEnforcementReport, error) { return report(elsewhere, 2026) }); len(got.Lines) != 0 {
			t.Errorf("%+v", got)
		}
		for _, year := range []int{2024, 2028} {
			_, err := report(point, year)
			b.refusedAs(err, "year_out_of_range")
		}
	})
}
