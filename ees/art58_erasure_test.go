package ees_test

import (
	"context"
	"testing"

	"limen/ees"
)

// What was asked and found is kept for thirty days after the search and erased
// on the next; what never was searched for runs from its submission. A bare row
// stays for the report, without anything of a person. EES-055.
func TestArt58_5_ErasedAfterThirtyDays(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		b.border.enter("2026-05-01 09:00", anna())
		b.at("2026-06-01 10:00")
		never := b.submit(unit, history())
		late := b.submit(unit, history())
		b.at("2026-06-10 10:00")
		b.approve(late.RequestID)
		if r := b.search(late.RequestID); r.KeepUntil != day("2026-07-10") {
			t.Errorf("%+v", r)
		}
		must(b, func() (ees.HistoryOutcome, error) { return b.tryHistory(unit, late.RequestID) })
		b.at("2026-07-01 23:59")
		if n := b.erase(); n != 0 {
			t.Errorf("%d erased a day early", n)
		}
		b.at("2026-07-02 00:00")
		if n := b.erase(); n != 1 {
			t.Errorf("%d erased", n)
		}
		_, err := b.tryDecide(point, never.RequestID, 0, ees.RequestDecision{Approve: true})
		b.refusedAs(err, "request_erased")
		_, err = b.trySearch(point, never.RequestID)
		b.refusedAs(err, "request_erased")
		if v := must(b, func() (ees.RequestView, error) { return b.tryRead(point, never.RequestID) }); v.Request != nil || v.ErasedOn != day("2026-07-02") || v.FileNumber != "" {
			t.Errorf("%+v", v)
		}
		b.at("2026-07-10 23:59")
		must(b, func() (ees.HistoryOutcome, error) { return b.tryHistory(unit, late.RequestID) })
		if n := b.erase(); n != 0 {
			t.Errorf("%d erased a day early", n)
		}
		b.at("2026-07-11 00:00")
		if n := b.erase(); n != 1 {
			t.Errorf("%d erased", n)
		}
		_, err = b.tryHistory(unit, late.RequestID)
		b.refusedAs(err, "outcome_erased")
		if n := b.erase(); n != 0 {
			t.Errorf("%d erased twice", n)
		}
		for _, q := range []string{`SELECT COUNT(*) FROM ees_le_result`, `SELECT COUNT(*) FROM ees_le_recipient`,
			`SELECT COUNT(*) FROM ees_le_request WHERE grounds IS NOT NULL OR search IS NOT NULL OR file_number IS NOT NULL OR submitted_by IS NOT NULL OR case_why IS NOT NULL OR note IS NOT NULL`} {
			if n := b.count(q); n != 0 {
				t.Errorf("%s: %d", q, n)
			}
		}
		if n := b.count(`SELECT COUNT(*) FROM ees_le_request`); n != 2 {
			t.Errorf("%d rows for the report", n)
		}
		// The list still tells what became of it, and a waiting one is no work.
		if lines := b.lines(point, ees.RequestQuery{}); len(lines) != 2 {
			t.Errorf("%+v", lines)
		}
		if lines := b.lines(point, ees.RequestQuery{Open: true}); len(lines) != 0 {
			t.Errorf("open: %+v", lines)
		}
	})
}

// An ongoing case keeps the data until the day of its review, which can be moved
// on while the case lasts and never shortens the thirty days. EES-055.
func TestArt58_5_AnOngoingCaseKeepsThem(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		b.border.enter("2026-05-01 09:00", anna())
		b.at("2026-06-01 10:00")
		r := b.answered(history())
		keep := func(review string) ees.RequestReceipt {
			return must(b, func() (ees.RequestReceipt, error) {
				return b.tryKeep(unit, r.RequestID, ees.CaseMark{Reasons: "The trial needs it", Review: day(review)})
			})
		}
		if got := keep("2026-06-10"); got.KeepUntil != day("2026-07-01") {
			t.Errorf("%+v", got)
		}
		keep("2027-06-01") // the longest there is
		if got := keep("2026-09-01"); got.KeepUntil != day("2026-09-01") || got.Status != ees.RequestAnswered {
			t.Errorf("%+v", got)
		}
		b.at("2026-09-01 23:59")
		if b.erase() != 0 {
			t.Error("erased before the review")
		}
		must(b, func() (ees.HistoryOutcome, error) { return b.tryHistory(unit, r.RequestID) })
		if v := must(b, func() (ees.RequestView, error) { return b.tryRead(point, r.RequestID) }); v.CaseWhy != "The trial needs it" {
			t.Errorf("%+v", v)
		}
		b.at("2026-09-02 00:00")
		if b.erase() != 1 {
			t.Error("kept after the review")
		}
		_, err := b.tryKeep(unit, r.RequestID, ees.CaseMark{Reasons: "x", Review: day("2026-10-01")})
		b.refusedAs(err, "outcome_erased")
	})
}

// The verification of an urgent access that is still owed keeps its grounds, and
// neither what was searched with nor what was found; it takes them with it.
func TestArt58_5_AnOwedVerificationKeepsTheGroundsAlone(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		b.border.enter("2026-05-01 09:00", anna())
		b.at("2026-06-01 10:00")
		in := history()
		in.Danger = "A life"
		r := b.answered(in)
		b.at("2026-07-02 00:00")
		if b.erase() != 1 || b.erase() != 0 {
			t.Error("erased otherwise than once")
		}
		if b.count(`SELECT COUNT(*) FROM ees_le_result`) != 0 || b.count(`SELECT COUNT(*) FROM ees_le_request WHERE search IS NOT NULL`) != 0 {
			t.Error("data are left")
		}
		_, err := b.tryHistory(unit, r.RequestID)
		b.refusedAs(err, "outcome_erased")
		if lines := b.lines(point, ees.RequestQuery{Open: true}); len(lines) != 1 || !lines[0].Overdue {
			t.Errorf("%+v", lines)
		}
		got := must(b, func() (ees.RequestReceipt, error) {
			return b.tryVerify(point, r.RequestID, ees.UrgencyVerdict{Justified: true, Reasons: "It was"})
		})
		if got.Status != ees.RequestAnswered || b.count(`SELECT COUNT(*) FROM ees_le_request WHERE grounds IS NOT NULL OR file_number IS NOT NULL`) != 0 {
			t.Errorf("%+v", got)
		}
	})
}

// Many requests are erased in steps, each with its own log entry, and a stop
// between two loses nothing.
func TestArt58_5_ErasesInSteps(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		b.at("2026-06-01 10:00")
		for range 120 {
			b.submit(unit, history())
		}
		b.at("2026-07-02 00:00")
		ctx, stop := context.WithCancel(b.Context())
		_, err := b.register.EraseRequests(ctx, b.door, func(int) { stop() })
		if err == nil {
			t.Error("was not stopped")
		}
		left := b.count(`SELECT COUNT(*) FROM ees_le_request WHERE erased_on IS NULL`)
		if left < 70 || left >= 120 {
			t.Errorf("%d of 120 are left after the first step", left)
		}
		if n := b.erase(); n != left {
			t.Errorf("%d of %d erased", n, left)
		}
		done := 0
		for _, e := range b.logged(ees.OpEraseRequests) {
			if e.Entry.Outcome == "done" {
				done++
			}
		}
		if done < 4 { // at most 50 in each, and the one that finds nothing
			t.Errorf("%d steps", done)
		}
	})
}
