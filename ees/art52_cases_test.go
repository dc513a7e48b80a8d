package ees_test

import (
	"slices"
	"strings"
	"testing"

	"limen/access"
	"limen/ees"
	"limen/law"
)

func (b *border) tryOpen(who access.Principal, req ees.CaseRequest) (ees.CaseView, error) {
	if req.Dossier == "" {
		req.Dossier = "D-1"
	}
	return run(b, who, ees.OpOpenCase, func(p access.Pass) (ees.CaseView, error) { return b.register.OpenCase(p, req) })
}

func (b *border) openCase(who access.Principal, req ees.CaseRequest) ees.CaseView {
	b.Helper()
	v, err := b.tryOpen(who, req)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func (b *border) tryMove(who access.Principal, req ees.CaseStepRequest) (ees.CaseView, error) {
	return run(b, who, ees.OpStepCase, func(p access.Pass) (ees.CaseView, error) { return b.register.StepCase(p, req, 0) })
}

func (b *border) move(who access.Principal, id, do, outcome, words string) ees.CaseView {
	b.Helper()
	v, err := b.tryMove(who, ees.CaseStepRequest{CaseID: id, Do: do, Outcome: outcome, Words: words})
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func (b *border) cases(who access.Principal, q ees.CaseQuery) ees.CaseList {
	b.Helper()
	if q.Limit == 0 {
		q.Limit = 50
	}
	l, err := run(b, who, ees.OpListCases, func(p access.Pass) (ees.CaseList, error) { return b.register.ListCases(p, q) })
	if err != nil {
		b.Fatal(err)
	}
	return l
}

// due prints the limits of a case.
func due(v ees.CaseView) string {
	day := func(d *law.Date) string {
		if d == nil {
			return "-"
		}
		return d.String()
	}
	return day(v.DueOn) + " " + day(v.LatestOn) + " " + day(v.ReplyBy)
}

// The limits of article 52 to the day, over the ends of months and leap years;
// the working day after them is shown beside them. EES-062.
func TestArt52_LimitsToTheDay(t *testing.T) {
	onBoth(t, func(b *border) {
		own := b.enter("2025-12-10 09:00", anna()).File
		b.at("2028-06-01 09:00")
		for _, c := range []struct {
			who      access.Principal
			right    string
			received string
			want     string // due, latest, reply by
		}{
			{caseworker, "access", "2026-01-31", "2026-03-17 2026-03-17 2026-03-17"},        // 28 days in February
			{caseworker, "access", "2028-01-31", "2028-03-16 2028-03-16 2028-03-16"},        // 29
			{caseworker, "access", "2028-02-29", "2028-04-14 2028-04-14 2028-04-14"},        // from the leap day
			{caseworker, "access", "2026-11-14", "2026-12-29 2026-12-29 2026-12-29"},        //
			{caseworker, "rectification", "2026-01-31", "2026-03-02 2026-03-02 2026-03-17"}, // 30 days to check the own data
			{caseworker, "erasure", "2026-04-03", "2026-05-03 2026-05-04 2026-05-18"},       // a Sunday: the Monday after
			{of("ESP"), "restriction", "2026-01-31", "2026-02-07 2026-02-09 2026-03-17"},    // 7 days to forward; a Saturday
			{of("ESP"), "completion", "2028-02-25", "2028-03-03 2028-03-03 2028-04-10"},     // over the leap day
		} {
			v := b.openCase(c.who, ees.CaseRequest{Kind: ees.PersonsRequest, Right: c.right, File: own, ReceivedOn: day(c.received)})
			if got := due(v); got != c.want {
				b.Errorf("%s received %s by %s: %s, want %s", c.right, c.received, c.who.Authority.State, got, c.want)
			}
		}
	})
}

// A request goes through the responsible state and back: whose turn it is, what
// can be done, each limit from its own day, the words for the person and the
// record for the supervisory authority. EES-062.
func TestArt52_RequestThroughTheResponsibleState(t *testing.T) {
	onBoth(t, func(b *border) {
		file := b.enter("2026-10-10 09:00", anna()).File // made by France
		spain := of("ESP")
		b.at("2026-11-02 09:00")
		c := b.openCase(spain, ees.CaseRequest{Kind: ees.PersonsRequest, Right: "rectification", File: file, Words: "I entered on the 9th."})
		if c.Responsible != "FRA" || c.Desk != "ESP" || due(c) != "2026-11-09 2026-11-09 2026-12-17" || !slices.Contains(c.Next, "forward") {
			b.Errorf("%s %+v", due(c), c)
		}
		_, err := b.tryMove(caseworker, ees.CaseStepRequest{CaseID: c.CaseID, Do: "check", Outcome: "accurate"})
		b.refusedWith(err, "no_such_case") // France does not know of it yet
		_, err = b.tryMove(spain, ees.CaseStepRequest{CaseID: c.CaseID, Do: "confirm"})
		b.refusedWith(err, "step_out_of_order")
		_, err = b.tryMove(spain, ees.CaseStepRequest{CaseID: c.CaseID, Do: "check"})
		b.refusedWith(err, "outcome_missing")

		b.at("2026-11-05 09:00")
		c = b.move(spain, c.CaseID, "forward", "", "")
		if c.Desk != "FRA" || due(c) != "2026-12-05 2026-12-07 2026-12-17" || len(c.Next) != 0 {
			b.Errorf("%s %+v", due(c), c)
		}
		_, err = b.tryMove(spain, ees.CaseStepRequest{CaseID: c.CaseID, Do: "check", Outcome: "accurate"})
		b.refusedWith(err, "not_your_turn")

		b.at("2026-11-20 09:00")
		c = b.move(caseworker, c.CaseID, "check", "inaccurate", "")
		if c.Desk != "ESP" || due(c) != "2026-12-17 2026-12-17 2026-12-17" {
			b.Errorf("%s %+v", due(c), c)
		}
		_, err = b.tryMove(spain, ees.CaseStepRequest{CaseID: c.CaseID, Do: "confirm"})
		b.refusedWith(err, "nothing_corrected_yet")
		b.correct(file, ees.Correction{Of: "record", N: 1, Field: "entry_at", Old: "2026-10-10T09:00:00Z", New: "2026-10-09T09:00:00Z"})
		c = b.move(spain, c.CaseID, "confirm", "", "")
		if due(c) != "2026-11-27 2026-11-27 -" || len(c.Letter) != 2 || !strings.Contains(c.Letter[0], "2026-11-02") || !strings.Contains(c.Letter[1], "corrected") {
			b.Errorf("%s %v", due(c), c.Letter)
		}
		record := strings.Join(c.Record, "\n")
		if !strings.Contains(record, "2026-11-05: forward") || !strings.Contains(record, "check, by Préfecture de police (France): inaccurate") || strings.Contains(record, "9th") {
			b.Errorf("the record: %s", record)
		}
		c = b.move(spain, c.CaseID, "hand_over_record", "", "")
		if c.Step != ees.CaseClosed || due(c) != "- - -" || len(b.cases(spain, ees.CaseQuery{}).Cases) != 0 {
			b.Errorf("%s %+v", due(c), c)
		}
	})
}

// A refusal has reasons and names the remedies; where the person has no file,
// the words are told and not kept.
func TestArt52_RefusalHasReasonsAndRemedies(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-11-02 09:00")
		c := b.openCase(caseworker, ees.CaseRequest{Kind: ees.PersonsRequest, Right: "access", Words: "Jane Doe asks"})
		_, err := b.tryMove(caseworker, ees.CaseStepRequest{CaseID: c.CaseID, Do: "refuse", Words: " no "})
		b.refusedWith(err, "reason_missing")
		c = b.move(caseworker, c.CaseID, "refuse", "", "The identity could not be established.")
		letter := strings.Join(c.Letter, "\n")
		for _, want := range []string{"could not be established", "Article 54", "supervisory authority", "France", "D-1"} {
			if !strings.Contains(letter, want) {
				b.Errorf("the letter does not say %q: %s", want, letter)
			}
		}
		if n := b.count(`SELECT COUNT(*) FROM ees_case WHERE steps LIKE '%established%' OR flags LIKE '%Doe%' OR steps LIKE '%Doe%'`); n != 0 {
			b.Error("words about a person without a file are kept")
		}
	})
}

// Fingerprints are asked for in justified doubt only, and no case ends before
// they are erased.
func TestArt52_FingerprintsInDoubtAreErased(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-11-02 09:00")
		c := b.openCase(caseworker, ees.CaseRequest{Kind: ees.PersonsRequest, Right: "access"})
		_, err := b.tryMove(caseworker, ees.CaseStepRequest{CaseID: c.CaseID, Do: "doubt_identity"})
		b.refusedWith(err, "reason_missing")
		c = b.move(caseworker, c.CaseID, "doubt_identity", "", "The signature differs from the passport.")
		if !c.FingerprintsHeld || slices.Contains(c.Next, "doubt_identity") {
			b.Errorf("%+v", c)
		}
		c = b.move(caseworker, c.CaseID, "confirm", "", "")
		_, err = b.tryMove(caseworker, ees.CaseStepRequest{CaseID: c.CaseID, Do: "hand_over_record"})
		b.refusedWith(err, "step_out_of_order")
		b.move(caseworker, c.CaseID, "fingerprints_erased", "", "")
		if c = b.move(caseworker, c.CaseID, "hand_over_record", "", ""); c.Step != ees.CaseClosed || c.FingerprintsHeld {
			b.Errorf("%+v", c)
		}
	})
}

// Art 35(2): evidence about another state's data: contact in seven days, answer
// in one month, which from 31 January ends with February.
func TestArt35_2_CorrectionByTheResponsibleState(t *testing.T) {
	onBoth(t, func(b *border) {
		file := b.enter("2026-10-10 09:00", anna()).File
		spain := of("ESP")
		b.at("2027-01-29 09:00")
		_, err := b.tryOpen(caseworker, ees.CaseRequest{Kind: ees.CorrectionCase, File: file})
		b.refusedWith(err, "own_data")
		c := b.openCase(spain, ees.CaseRequest{Kind: ees.CorrectionCase, File: file, Words: "a ticket of the 9th"})
		if due(c) != "2027-02-05 2027-02-05 -" {
			b.Error(due(c))
		}
		b.at("2027-01-31 09:00")
		c = b.move(spain, c.CaseID, "contact", "", "")
		if c.Desk != "FRA" || due(c) != "2027-02-28 2027-03-01 -" { // a Sunday
			b.Errorf("%s %s", c.Desk, due(c))
		}
		_, err = b.tryMove(caseworker, ees.CaseStepRequest{CaseID: c.CaseID, Do: "answer", Outcome: "inaccurate"})
		b.refusedWith(err, "nothing_corrected_yet")
		b.correct(file, ees.Correction{Of: "record", N: 1, Field: "entry_at", Old: "2026-10-10T09:00:00Z", New: "2026-10-09T09:00:00Z"})
		c = b.move(caseworker, c.CaseID, "answer", "inaccurate", "")
		if c.Step != ees.CaseClosed || c.Desk != "ESP" {
			b.Errorf("%+v", c)
		}
		// Spain was contacted by nobody and asks itself: the data were right.
		c = b.openCase(spain, ees.CaseRequest{Kind: ees.CorrectionCase, File: file, Words: "another ticket"})
		_, err = b.tryMove(spain, ees.CaseStepRequest{CaseID: c.CaseID, Do: "answer", Outcome: "accurate"})
		b.refusedWith(err, "step_out_of_order")
		b.move(spain, c.CaseID, "contact", "", "")
		if c = b.move(caseworker, c.CaseID, "answer", "accurate", ""); c.Step != ees.CaseClosed {
			b.Errorf("%+v", c)
		}
	})
}

// The list shows the next due first, page by page, whoever's turn it is, and
// marks what is overdue after the working day and not on it.
func TestArt52_WorkListByDueDate(t *testing.T) {
	onBoth(t, func(b *border) {
		file := b.enter("2026-10-10 09:00", anna()).File
		b.at("2026-12-01 09:00")
		for _, received := range []string{"2026-11-20", "2026-10-22", "2026-11-01"} { // an access request: 45 days
			b.openCase(caseworker, ees.CaseRequest{Kind: ees.PersonsRequest, Right: "access", File: file, ReceivedOn: day(received)})
		}
		spanish := b.openCase(of("ESP"), ees.CaseRequest{Kind: ees.PersonsRequest, Right: "erasure", File: file, ReceivedOn: day("2026-12-01")})
		b.move(of("ESP"), spanish.CaseID, "forward", "", "") // due 2026-12-31, in France
		var seen []string
		for after := ""; ; {
			page := b.cases(caseworker, ees.CaseQuery{Limit: 1, After: after})
			for _, c := range page.Cases {
				seen = append(seen, c.DueOn.String())
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if want := []string{"2026-12-06", "2026-12-16", "2026-12-31", "2027-01-04"}; !slices.Equal(seen, want) {
			b.Errorf("%v, want %v", seen, want)
		}
		if waits := b.cases(of("ESP"), ees.CaseQuery{}).Cases; len(waits) != 1 || waits[0].Desk != "FRA" {
			b.Errorf("Spain waits for %+v", waits)
		}
		// 6 December is a Sunday: overdue from the 8th.
		for i, moment := range []string{"2026-12-06 09:00", "2026-12-07 23:00", "2026-12-08 09:00"} {
			list := b.at(moment).cases(caseworker, ees.CaseQuery{Overdue: true})
			if overdue := i / 2; len(list.Cases) != overdue {
				b.Errorf("%s: %d overdue", moment, len(list.Cases))
			}
		}
		if n := b.count(`SELECT COUNT(*) FROM ees_case WHERE steps LIKE '%` + string(file) + `%' OR dossier LIKE '%` + string(file) + `%'`); n != 0 {
			b.Error("a case names the file outside the table that an erasure clears")
		}
	})
}

// A case outlives the erasure of the file, and says nothing of its person.
func TestArt35_6_CaseOutlivesTheFile(t *testing.T) {
	onBoth(t, func(b *border) {
		file := b.enter("2026-10-10 09:00", anna()).File
		c := b.at("2026-11-02 09:00").openCase(caseworker, ees.CaseRequest{Kind: ees.PersonsRequest, Right: "access", File: file, Words: "my name is Anna"})
		early := b.leaveScope(caseworker, ees.LeaveRequest{File: file, Ground: "nationality", On: day("2026-11-02")})
		b.move(caseworker, early.CaseID, "erase", "", "")
		if left := b.rows(file); len(slices.DeleteFunc(left, func(s string) bool { return strings.HasPrefix(s, "cir_") })) != 0 {
			b.Errorf("left: %v", left)
		}
		read, err := run(b, caseworker, ees.OpReadCase, func(p access.Pass) (ees.CaseView, error) { return b.register.ReadCase(p, c.CaseID) })
		if err != nil || read.File != "" || !read.FileErased || len(read.Words) != 0 || len(read.Steps) != 1 {
			b.Errorf("%+v, %v", read, err)
		}
		if done := b.move(caseworker, c.CaseID, "confirm", "", ""); len(done.Letter) != 2 {
			b.Errorf("%v", done.Letter)
		}
	})
}

// Closed cases go when their time is over, and not while they are open.
func TestArt52_ClosedCasesAreErased(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-11-02 09:00")
		b.openCase(caseworker, ees.CaseRequest{Kind: ees.PersonsRequest, Right: "access"})
		c := b.openCase(caseworker, ees.CaseRequest{Kind: ees.PersonsRequest, Right: "access"})
		b.move(caseworker, c.CaseID, "confirm", "", "")
		b.at("2026-11-04 09:00").move(caseworker, c.CaseID, "hand_over_record", "", "")
		for i, moment := range []string{"2029-11-04 23:00", "2029-11-05 01:00"} {
			b.at(moment)
			if _, err := b.register.PurgeChecks(b.Context(), b.door); err != nil {
				b.Fatal(err)
			}
			if n := b.count(`SELECT COUNT(*) FROM ees_case`); n != 2-i {
				b.Errorf("%s: %d cases", moment, n)
			}
		}
	})
}
