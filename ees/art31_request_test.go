package ees_test

import (
	"strings"
	"testing"

	"limen/access"
	"limen/ees"
	"limen/law"
)

// A unit asks, the access point verifies and searches, the unit reads what was
// found; nobody of another state, unit or purpose sees that there is a request.
// EES-051.
func TestArt31_1_RequestIsVerifiedThenSearched(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		entry := b.border.enter("2026-05-01 09:00", anna())
		b.at("2026-06-01 10:00")
		r := b.submit(unit, history())
		if r.Status != ees.RequestWaiting || r.Version != 1 || r.Hits != nil || r.KeepUntil != day("2026-07-01") {
			t.Fatalf("%+v", r)
		}
		for _, c := range r.Conditions {
			if !c.Met {
				t.Errorf("not met: %+v", c)
			}
		}
		if lines := b.lines(point, ees.RequestQuery{Open: true}); len(lines) != 1 || lines[0].RequestID != r.RequestID || lines[0].FileNumber != "PN-2026-0042" || lines[0].Unit != unit.Authority.Name {
			t.Errorf("the access point sees %+v", lines)
		}
		if lines := b.lines(elsewhere, ees.RequestQuery{}); len(lines) != 0 {
			t.Errorf("another state sees %+v", lines)
		}
		other := staffOf(access.OperatingUnit, "FRA", "Brigade financière", "x")
		b.list(ees.ListedUnit, "FRA", other.Authority.Name, "Police nationale")
		for _, who := range []access.Principal{elsewhere, other} {
			_, err := b.tryRead(who, r.RequestID)
			_, absent := b.tryRead(who, "LE-none")
			if b.refusedAs(err, "no_such_request").Error() != b.refusedAs(absent, "no_such_request").Error() {
				t.Errorf("%s can tell that there is a request", who.Authority.Name)
			}
		}
		b.purpose = access.LawEnforcementIdentify
		_, err := b.tryRead(point, r.RequestID)
		b.refusedAs(err, "no_such_request")
		b.purpose = access.LawEnforcementHistory

		b.approve(r.RequestID)
		done := b.search(r.RequestID)
		if done.Status != ees.RequestAnswered || *done.Hits != 1 || done.VerifyBy != 0 || done.Version != 3 {
			t.Fatalf("%+v", done)
		}
		got := must(b, func() (ees.HistoryOutcome, error) { return b.tryHistory(unit, r.RequestID) })
		if len(got.Found) != 1 || got.Found[0].File != entry.File || got.Found[0].Person.Identities[0].Surname != "PELLETIER" ||
			len(got.Found[0].Records) != 1 || got.Found[0].Records[0].EnteredBy != "FRA" || got.Found[0].Records[0].Entry.CrossingPoint != "FRCDG" {
			t.Errorf("%+v", got)
		}
		if lines := b.lines(point, ees.RequestQuery{Open: true}); len(lines) != 0 {
			t.Errorf("still open: %+v", lines)
		}
		if lines := b.lines(unit, ees.RequestQuery{}); len(lines) != 1 || *lines[0].Hits != 1 {
			t.Errorf("the unit sees %+v", lines)
		}
	})
}

// What was asked and what was found stand in no answer that is kept for a
// repeated request, where erasure would not reach them.
func TestArt31_1_AnswersOfWritesHoldNoData(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		b.border.enter("2026-05-01 09:00", anna())
		b.at("2026-06-01 10:00")
		r := b.answered(history())
		var text strings.Builder
		if err := encode(&text, r); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"PELLETIER", "CA884411", "witness", "minor", "PN-2026"} {
			if strings.Contains(text.String(), secret) {
				t.Errorf("the answer holds %q: %s", secret, text.String())
			}
		}
	})
}

// Steps that the request's status does not allow, stale versions and what cannot
// be read are refused with their code, and leave nothing but the log entry.
func TestArt31_WrongStepsLeaveNothing(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		b.border.enter("2026-05-01 09:00", anna())
		b.at("2026-06-01 10:00")
		yes, no := ees.RequestDecision{Approve: true}, ees.RequestDecision{Reasons: "nothing specific"}
		waiting := b.submit(unit, history()).RequestID
		approved := b.submit(unit, history()).RequestID
		b.approve(approved)
		refused := b.submit(unit, history()).RequestID
		must(b, func() (ees.RequestReceipt, error) { return b.tryDecide(point, refused, 1, no) })
		answered := b.answered(history()).RequestID
		urgent := history()
		urgent.Danger = "A child's life"
		waitingUrgent := b.submit(unit, urgent).RequestID
		toVerify := b.answered(urgent).RequestID
		ok := ees.UrgencyVerdict{Justified: true, Reasons: "it was"}
		for _, c := range []struct {
			name string
			err  func() error
			code law.Code
			kind law.Kind
		}{
			{"search before approval", func() error { _, err := b.trySearch(point, waiting); return err }, "wrong_status", law.Conflict},
			{"search after refusal", func() error { _, err := b.trySearch(point, refused); return err }, "wrong_status", law.Conflict},
			{"search twice", func() error { _, err := b.trySearch(point, answered); return err }, "wrong_status", law.Conflict},
			{"approve twice", func() error { _, err := b.tryDecide(point, approved, 0, yes); return err }, "wrong_status", law.Conflict},
			{"approve what was refused", func() error { _, err := b.tryDecide(point, refused, 0, yes); return err }, "wrong_status", law.Conflict},
			{"refuse what was answered", func() error { _, err := b.tryDecide(point, answered, 0, no); return err }, "wrong_status", law.Conflict},
			{"approve an urgent request", func() error { _, err := b.tryDecide(point, waitingUrgent, 0, yes); return err }, "urgent_request", law.Conflict},
			{"verify a request that was not urgent", func() error { _, err := b.tryVerify(point, answered, ok); return err }, "wrong_status", law.Conflict},
			{"verify an urgent one before its search", func() error { _, err := b.tryVerify(point, waitingUrgent, ok); return err }, "wrong_status", law.Conflict},
			{"verify without reasons", func() error {
				_, err := b.tryVerify(point, toVerify, ees.UrgencyVerdict{Justified: true, Reasons: " "})
				return err
			}, "reasons_missing", law.BadInput},
			{"refuse without reasons", func() error { _, err := b.tryDecide(point, waiting, 0, ees.RequestDecision{}); return err }, "reasons_missing", law.BadInput},
			{"a stale version", func() error { _, err := b.tryDecide(point, waiting, 7, yes); return err }, "request_changed", law.Conflict},
			{"the access point of another state", func() error { _, err := b.tryDecide(elsewhere, waiting, 0, yes); return err }, "no_such_request", law.NotFound},
			{"its search", func() error { _, err := b.trySearch(elsewhere, approved); return err }, "no_such_request", law.NotFound},
			{"its verification", func() error { _, err := b.tryVerify(elsewhere, toVerify, ok); return err }, "no_such_request", law.NotFound},
			{"an outcome before the search", func() error { _, err := b.tryHistory(unit, approved); return err }, "wrong_status", law.Conflict},
			{"an outcome of another type", func() error { _, err := b.tryIdentity(unit, answered); return err }, "other_purpose", law.NotPermitted},
			{"erasure confirmed of a justified access", func() error { _, err := b.tryConfirm(unit, answered); return err }, "wrong_status", law.Conflict},
			{"keeping what was not found", func() error {
				_, err := b.tryKeep(unit, waiting, ees.CaseMark{Reasons: "x", Review: day("2026-09-01")})
				return err
			}, "wrong_status", law.Conflict},
			{"keeping without reasons", func() error { _, err := b.tryKeep(unit, answered, ees.CaseMark{Review: day("2026-09-01")}); return err }, "reasons_missing", law.BadInput},
			{"a review that is past", func() error {
				_, err := b.tryKeep(unit, answered, ees.CaseMark{Reasons: "x", Review: day("2026-06-01")})
				return err
			}, "review_out_of_range", law.BadInput},
			{"a review too far ahead", func() error {
				_, err := b.tryKeep(unit, answered, ees.CaseMark{Reasons: "x", Review: day("2027-06-02")})
				return err
			}, "review_out_of_range", law.BadInput},
			{"the consent of nobody asked", func() error {
				_, err := b.tryConsent(frNational, answered, ees.ConsentDecision{Consent: true})
				return err
			}, "no_such_request", law.NotFound},
			{"a page of no size", func() error {
				_, err := as(b, point, ees.OpListRequests, func(p access.Pass) (ees.RequestList, error) { return b.register.ListRequests(p, ees.RequestQuery{}) })
				return err
			}, "page_size", law.BadInput},
			{"a page that is none", func() error {
				_, err := as(b, point, ees.OpListRequests, func(p access.Pass) (ees.RequestList, error) {
					return b.register.ListRequests(p, ees.RequestQuery{Limit: 1, After: "%"})
				})
				return err
			}, "unknown_page", law.BadInput},
		} {
			before := b.rows()
			if r := b.refusedAs(c.err(), c.code); r.Kind != c.kind {
				t.Errorf("%s: kind %d, want %d", c.name, r.Kind, c.kind)
			}
			if after := b.rows(); after != before {
				t.Errorf("%s left rows: %s, before %s", c.name, after, before)
			}
		}
	})
}

// rows tells how much the tables of this chapter hold and how often their rows
// have changed.
func (b *police) rows() string {
	var s strings.Builder
	for _, q := range []string{`SELECT COUNT(*) FROM ees_le_request`, `SELECT COALESCE(SUM(version), 0) FROM ees_le_request`, `SELECT COUNT(*) FROM ees_le_result`,
		`SELECT COUNT(*) FROM ees_le_recipient`, `SELECT COUNT(*) FROM ees_le_consent`} {
		s.WriteString(" " + itoa(b.count(q)))
	}
	return s.String()
}

// An urgent request is answered at once and verified within seven working days
// of the state; the day after, the task is overdue. EES-052.
func TestArt31_2_UrgentAccessIsVerifiedAfterwards(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		b.border.enter("2026-05-01 09:00", anna())
		b.at("2026-05-04 22:30")
		in := history()
		in.Danger = "The child is in danger of death"
		r := b.answered(in)
		// 8 May and Ascension are holidays in France.
		if r.Status != ees.RequestToVerify || *r.Hits != 1 || r.VerifyBy != day("2026-05-15") {
			t.Fatalf("%+v", r)
		}
		must(b, func() (ees.HistoryOutcome, error) { return b.tryHistory(unit, r.RequestID) })
		if lines := b.at("2026-05-15 23:59").lines(point, ees.RequestQuery{Open: true}); len(lines) != 1 || lines[0].Overdue || lines[0].VerifyBy != r.VerifyBy {
			t.Errorf("on the last day: %+v", lines)
		}
		if lines := b.at("2026-05-16 00:00").lines(point, ees.RequestQuery{Open: true}); len(lines) != 1 || !lines[0].Overdue {
			t.Errorf("the day after: %+v", lines)
		}
		// Late is still owed.
		done := must(b, func() (ees.RequestReceipt, error) {
			return b.tryVerify(point, r.RequestID, ees.UrgencyVerdict{Justified: true, Reasons: "All conditions were met"})
		})
		if done.Status != ees.RequestAnswered || len(b.lines(point, ees.RequestQuery{Open: true})) != 0 {
			t.Errorf("%+v", done)
		}
		must(b, func() (ees.HistoryOutcome, error) { return b.tryHistory(unit, r.RequestID) })
	})
}

// An access that lacked a condition cannot be called justified, by the
// conditions as they were at the moment of the search.
func TestArt31_2_AnUnmetConditionIsNotJustified(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		b.border.enter("2026-05-01 09:00", anna())
		b.at("2026-06-01 10:00")
		in := history()
		in.Danger, in.Grounds = "A life", ""
		r := b.answered(in)
		_, err := b.tryVerify(point, r.RequestID, ees.UrgencyVerdict{Justified: true, Reasons: "it was"})
		if no := b.refusedAs(err, "grounds_missing"); no.Cite != "2017/2226 art 32(1)(c)" || no.Field != "grounds" {
			t.Errorf("%+v", no)
		}
		// It can be turned away before it is processed.
		other := b.submit(unit, in)
		if got := must(b, func() (ees.RequestReceipt, error) {
			return b.tryDecide(point, other.RequestID, 0, ees.RequestDecision{Reasons: "no grounds"})
		}); got.Status != ees.RequestRefused {
			t.Errorf("%+v", got)
		}
	})
}

// Where the access was not justified, what was found is erased here at once, and
// each office that received it stays on the list until it has confirmed its own
// erasure. EES-052.
func TestArt31_3_UnjustifiedAccessIsErasedByAll(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		b.border.enter("2026-05-01 09:00", anna())
		b.at("2026-06-01 10:00")
		in := history()
		in.Danger = "A life"
		r := b.answered(in)
		must(b, func() (ees.HistoryOutcome, error) { return b.tryHistory(unit, r.RequestID) })
		if n := b.count(`SELECT COUNT(*) FROM ees_le_result`); n != 1 {
			t.Fatalf("%d results", n)
		}
		done := must(b, func() (ees.RequestReceipt, error) {
			return b.tryVerify(point, r.RequestID, ees.UrgencyVerdict{Reasons: "Nobody was in danger"})
		})
		if done.Status != ees.RequestUnjustified || b.count(`SELECT COUNT(*) FROM ees_le_result`) != 0 {
			t.Errorf("%+v", done)
		}
		for _, who := range []access.Principal{unit, point} {
			_, err := b.tryHistory(who, r.RequestID)
			b.refusedAs(err, "outcome_erased")
		}
		open := func() []string {
			lines := b.lines(point, ees.RequestQuery{Open: true})
			if len(lines) == 0 {
				return nil
			}
			return lines[0].Unconfirmed
		}
		if who := open(); len(who) != 2 || who[0] != point.Authority.Name || who[1] != unit.Authority.Name {
			t.Errorf("unconfirmed: %v", who)
		}
		must(b, func() (ees.RequestReceipt, error) { return b.tryConfirm(unit, r.RequestID) })
		_, err := b.tryConfirm(unit, r.RequestID)
		b.refusedAs(err, "nothing_to_confirm")
		if who := open(); len(who) != 1 || who[0] != point.Authority.Name {
			t.Errorf("unconfirmed: %v", who)
		}
		// The days of art 58(5) take the request away, not the duty to confirm.
		b.at("2026-07-02 00:00")
		if n := b.erase(); n != 1 {
			t.Errorf("%d erased", n)
		}
		if who := open(); len(who) != 1 {
			t.Errorf("unconfirmed: %v", who)
		}
		must(b, func() (ees.RequestReceipt, error) { return b.tryConfirm(point, r.RequestID) })
		if who := open(); who != nil {
			t.Errorf("unconfirmed: %v", who)
		}
	})
}
