package ees_test

import (
	"testing"

	"limen/access"
	"limen/ees"
)

func (b *border) tryProgramme(ref ees.FileRef, req ees.ProgrammeRequest) (ees.Memberships, error) {
	b.guard = guard
	return run(b, b.guard, ees.OpRecordProgramme, func(p access.Pass) (ees.Memberships, error) { return b.register.RecordProgramme(p, ref, 0, req) })
}

func membership(from, until string) ees.ProgrammeRequest {
	return ees.ProgrammeRequest{Programme: ees.Programme{Name: "Parafe", From: day(from), Until: day(until)}}
}

// A first membership lasts a year at most, the next five, and each is reassessed
// every year; one that had ended begins anew.
func TestArt16_6_MembershipOfAProgramme(t *testing.T) {
	onBoth(t, func(b *border) {
		ref := b.enter("2026-05-01 08:00", anna()).File
		b.leave("2026-05-02 08:00", anna())
		_, err := b.tryProgramme(ref, membership("2026-05-02", "2027-05-03"))
		refused(b.T, err, "first_membership_too_long")
		if m, err := b.tryProgramme(ref, membership("2026-05-02", "2027-05-02")); err != nil || len(m.Programmes) != 1 || m.Programmes[0].State != "FRA" {
			b.Fatalf("%+v, %v", m, err)
		}
		if c := b.at("2026-11-01 08:00").check(anna()); !found(c, "programme_member") || c.Proposal != ees.Admit {
			b.Fatalf("%+v", c.Findings)
		}
		other := anna()
		other.CrossingPoint = "DEFRA"
		if c := b.check(other); found(c, "programme_member") {
			b.Fatal("a French membership at a German border")
		}
		b.at("2027-04-01 08:00")
		_, err = b.tryProgramme(ref, membership("2027-05-03", "2032-05-04"))
		refused(b.T, err, "membership_too_long")
		if _, err := b.tryProgramme(ref, membership("2027-05-03", "2032-05-03")); err != nil {
			b.Fatal(err)
		}
		if c := b.at("2028-05-04 08:00").check(anna()); !found(c, "programme_not_reassessed") || c.Proposal != ees.SecondLine {
			b.Fatalf("%+v", c.Findings)
		}
		seen := membership("2027-05-03", "2032-05-03")
		seen.Reassessed = day("2028-05-05")
		_, err = b.tryProgramme(ref, seen)
		refused(b.T, err, "date_in_the_future")
		seen.Reassessed = day("2028-05-04")
		if _, err := b.tryProgramme(ref, seen); err != nil {
			b.Fatal(err)
		}
		if c := b.check(anna()); found(c, "programme_not_reassessed") || !found(c, "programme_member") {
			b.Fatalf("%+v", c.Findings)
		}
		_, err = b.tryProgramme(ref, membership("2032-06-01", "2034-06-01"))
		refused(b.T, err, "first_membership_too_long")
		foreign := membership("2028-05-04", "2028-06-04")
		foreign.State = "D"
		_, err = b.tryProgramme(ref, foreign)
		refused(b.T, err, "programme_of_another_state")
		if m, err := b.tryProgramme(ref, ees.ProgrammeRequest{Programme: ees.Programme{Name: "Parafe"}, Withdraw: true}); err != nil || len(m.Programmes) != 0 {
			b.Fatalf("%+v, %v", m, err)
		}
		_, err = b.tryProgramme(ref, ees.ProgrammeRequest{Programme: ees.Programme{Name: "Parafe"}, Withdraw: true})
		refused(b.T, err, "no_such_membership")
		if lines := b.amendments(ref); len(lines) != 4 {
			b.Fatalf("%q", lines)
		}
	})
}
