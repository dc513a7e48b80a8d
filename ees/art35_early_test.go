package ees_test

import (
	"testing"

	"limen/access"
	"limen/ees"
)

func (b *border) tryLeave(who access.Principal, req ees.LeaveRequest) (ees.CaseView, error) {
	if req.Dossier == "" {
		req.Dossier = "N-1"
	}
	return run(b, who, ees.OpLeaveScope, func(p access.Pass) (ees.CaseView, error) { return b.register.LeaveScope(p, req, 0) })
}

func (b *border) leaveScope(who access.Principal, req ees.LeaveRequest) ees.CaseView {
	b.Helper()
	v, err := b.tryLeave(who, req)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

// EES-060: five working days of the state that says so, over its own holidays;
// the file carries the day, and a later crossing does not move it.
func TestArt35_6_FiveWorkingDays(t *testing.T) {
	onBoth(t, func(b *border) {
		file := b.enter("2026-04-10 09:00", anna()).File
		b.at("2026-05-04 09:00")
		v := b.leaveScope(caseworker, ees.LeaveRequest{File: file, Ground: "residence_permit", On: day("2026-05-04")})
		if due(v) != "2026-05-12 2026-05-12 -" { // 8 May is a holiday in France
			b.Error(due(v))
		}
		if n := b.count(`SELECT COUNT(*) FROM ees_file WHERE due_on = '2026-05-12' AND erase_by = '2026-05-12'`); n != 1 {
			b.Error("the file does not carry the day")
		}
		_, err := b.tryLeave(of("SWE"), ees.LeaveRequest{File: file, Ground: "nationality", On: day("2026-05-04")})
		b.refusedWith(err, "erasure_marked_already")
		b.leave("2026-05-05 09:00", anna())
		if n := b.count(`SELECT COUNT(*) FROM ees_file WHERE due_on = '2026-05-12'`); n != 1 {
			b.Error("a crossing moved the day")
		}
		// The proof was wrong: the file stays, with its own clocks.
		_, err = b.tryMove(caseworker, ees.CaseStepRequest{CaseID: v.CaseID, Do: "keep"})
		b.refusedWith(err, "reason_missing")
		b.move(caseworker, v.CaseID, "keep", "", "another person of that name")
		if n := b.count(`SELECT COUNT(*) FROM ees_file WHERE erase_by IS NULL AND due_on > '2029-01-01'`); n != 1 {
			b.Error("the mark was not taken off")
		}
		// Sweden works on 8 May. What is told late has no days left.
		v = b.leaveScope(of("SWE"), ees.LeaveRequest{File: file, Ground: "nationality", On: day("2026-05-04")})
		if due(v) != "2026-05-11 2026-05-11 -" {
			b.Error(due(v))
		}
		b.move(of("SWE"), v.CaseID, "keep", "", "not naturalised after all")
		b.at("2026-08-03 09:00").leaveScope(of("SWE"), ees.LeaveRequest{File: file, Ground: "nationality", On: day("2026-05-04")})
		if n := b.count(`SELECT COUNT(*) FROM ees_file WHERE due_on = '2026-08-03'`); n != 1 {
			b.Error("told late, the file has days left")
		}
	})
}

// A national of San Marino tells the state entered next: the file goes at once.
func TestArt35_6_MicrostatesAtOnce(t *testing.T) {
	onBoth(t, func(b *border) {
		file := b.enter("2026-04-10 09:00", anna()).File
		b.at("2026-05-04 09:00")
		_, err := b.tryLeave(guard, ees.LeaveRequest{File: file, Ground: "microstate", Of: "FRA", On: day("2026-05-01")})
		b.refusedWith(err, "not_a_microstate")
		_, err = b.tryLeave(guard, ees.LeaveRequest{File: file, Ground: "nationality", On: day("2026-05-06")})
		b.refusedWith(err, "date_in_the_future")
		v := b.leaveScope(guard, ees.LeaveRequest{File: file, Ground: "microstate", Of: "SMR", On: day("2026-05-01")})
		if v.Step != ees.CaseClosed || v.File != "" || !v.FileErased || b.count(`SELECT COUNT(*) FROM ees_file`) != 0 {
			b.Errorf("%+v", v)
		}
	})
}
