package ees_test

import (
	"slices"
	"strings"
	"testing"

	"limen/ees"
	"limen/law"
)

func findingOf(c ees.Check, code law.Code) (law.Reason, bool) {
	i := slices.IndexFunc(c.Findings, func(f law.Reason) bool { return f.Code == code })
	if i < 0 {
		return law.Reason{}, false
	}
	return c.Findings[i], true
}

// EES-045: on a day of the progressive period the calculator tells what it finds
// and proposes nothing: no refusal on ground F, and the reason names 2025/1534
// art 5. On the first day after it the same history is refused.
func TestArt5_CalculatorProposesNothingInTheProgressivePeriod(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2025-10-12 08:00", anna())
		b.leave("2026-01-20 08:00", anna())

		c := b.at("2026-01-25 08:00").check(anna())
		used, told := findingOf(c, "ninety_days_used")
		why, said := findingOf(c, "calculator_disregarded")
		if c.Proposal != ees.Admit || len(c.ProposedReasons) != 0 || !told || !said || why.Cite != "2025/1534 art 5" || used.Cite != "2016/399 art 6(1)" {
			b.Errorf("%s on %v: %+v", c.Proposal, c.ProposedReasons, c.Findings)
		}
		if !c.Stay.Disregarded || c.Stay.DaysRemaining != 0 || !slices.ContainsFunc(c.Reasons, func(r law.Reason) bool { return r.Code == "calculator_disregarded" }) {
			b.Errorf("%+v %+v", c.Stay, c.Reasons)
		}
		tooLong := traveller("STONE", "AL", "1991-01-01", "M", "CAN", "CA2")
		tooLong.IntendedDays = 120
		if c := b.check(tooLong); c.Proposal != ees.Admit {
			b.Errorf("an intended stay: %s, %+v", c.Proposal, c.Findings)
		}
		// Nothing is left out because nothing is known: who has no history gets no
		// finding about the calculator, but the answer is marked.
		c = b.check(traveller("SMITH", "JO", "1990-01-01", "X", "CAN", "CA1"))
		if _, said := findingOf(c, "calculator_disregarded"); said || !c.Stay.Disregarded {
			b.Errorf("%+v", c)
		}
		late := anna()
		late.Direction = ees.Exit
		b.cross(b.check(anna()))
		c = b.at("2026-02-10 08:00").check(late)
		if _, told := findingOf(c, "overstay"); !told || c.Proposal != ees.Admit {
			b.Errorf("at exit: %s, %+v", c.Proposal, c.Findings)
		}
		b.cross(c)

		c = b.at("2026-04-10 08:00").check(tooLong)
		if c.Proposal != ees.SecondLine || c.Stay.Disregarded {
			b.Errorf("after the period: %s, %+v", c.Proposal, c.Findings)
		}
		c = b.check(anna())
		if _, said := findingOf(c, "calculator_disregarded"); said || !slices.Equal(c.ProposedReasons, []ees.RefusalReason{"F"}) || c.Proposal != ees.Refuse {
			b.Errorf("after the period: %s on %v: %+v", c.Proposal, c.ProposedReasons, c.Findings)
		}
	})
}

// Article 20 is suspended over the progressive period: what the presumption
// rests on is told and presumes nothing. After it, it sends to second line.
func TestArt5_NothingIsPresumedInTheProgressivePeriod(t *testing.T) {
	onBoth(t, func(b *border) {
		unknown := traveller("STONE", "AL", "1991-01-01", "M", "CAN", "CA2")
		unknown.Direction = ees.Exit
		b.enter("2026-03-01 08:00", anna())
		for _, c := range []struct {
			moment   string
			proposal ees.Proposal
			cite     law.Citation
		}{{"2026-04-09 08:00", ees.Admit, "2025/1534 art 5"}, {"2026-04-10 08:00", ees.SecondLine, "2017/2226 art 20"}} {
			b.at(c.moment)
			exit, again := b.check(unknown), b.check(anna())
			for code, check := range map[law.Code]ees.Check{"no_file_at_exit": exit, "entry_still_open": again} {
				f, told := findingOf(check, code)
				if !told || check.Proposal != c.proposal || f.Cite != c.cite || strings.Contains(f.Message, "suspended") != (c.proposal == ees.Admit) {
					b.Errorf("%s: %s proposes %s: %+v", c.moment, code, check.Proposal, f)
				}
			}
		}
	})
}

// Nobody is flagged while article 12(1) is suspended; the list says that it is
// to be disregarded. The day after, what is due is flagged.
func TestArt5_ListIsDisregardedInTheProgressivePeriod(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2025-10-12 08:00", anna())
		if n := b.at("2026-03-01 08:00").flag(); n != 0 {
			b.Errorf("%d flagged in the progressive period", n)
		}
		l := b.overstayers(ees.OverstayerQuery{})
		if l.Disregard == nil || l.Disregard.Cite != "2025/1534 art 5" || l.Disregard.Code != "list_disregarded" || len(l.Overstayers) != 0 {
			b.Errorf("%+v", l)
		}
		if n := b.at("2026-04-09 23:30").flag(); n != 0 {
			b.Errorf("%d flagged while the period lasts in the Azores", n)
		}
		if n := b.at("2026-04-10 08:00").flag(); n != 1 {
			b.Errorf("%d flagged on the day after", n)
		}
		if l := b.overstayers(ees.OverstayerQuery{}); l.Disregard != nil || len(l.Overstayers) != 1 {
			b.Errorf("%+v", l)
		}
	})
}

// A stay that was exceeded and left while article 12(1) was suspended is not put
// on the list, neither at the exit nor when its record is judged anew later; on
// the first day of the mechanism such an exit is. Days are told all the same.
func TestArt5_ExceededInTheProgressivePeriodIsNoFlag(t *testing.T) {
	onBoth(t, func(b *border) {
		anna, ben := anna(), traveller("STONE", "BEN", "1991-01-01", "M", "CAN", "CA2")
		b.enter("2025-12-01 08:00", anna) // until 2026-02-28
		b.enter("2025-12-01 09:00", ben)
		out := b.leave("2026-04-09 20:00", anna)
		if out.OverstayClass != "" || out.OverstayDays != 40 {
			b.Errorf("on the last day of the period: %q, %d days", out.OverstayClass, out.OverstayDays)
		}
		if out := b.leave("2026-04-10 08:00", ben); out.OverstayClass != ees.Exceeded || out.OverstayDays != 41 {
			b.Errorf("on the day after: %q, %d days", out.OverstayClass, out.OverstayDays)
		}
		b.rebut(ees.RebuttalRequest{File: out.File, Kind: ees.ProofTicket, Entry: proved("2025-11-01"), Exit: proved("2025-11-02")})
		if r := b.file(out.File).Records[1]; r.OverstayClass != "" || r.OverstayDays != 42 {
			b.Errorf("judged anew: %q, %d days", r.OverstayClass, r.OverstayDays)
		}
	})
}
