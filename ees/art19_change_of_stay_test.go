package ees_test

import (
	"context"
	"slices"
	"testing"

	"limen/access"
	"limen/ees"
	"limen/law"
)

// officer is an immigration officer of a state; visaOfficer one of a consulate.
func officer(state string) access.Principal {
	return access.Principal{Officer: "officer", Channel: "session", Authority: access.Authority{Kind: access.Immigration, State: state, Name: "Préfecture de police"}}
}

var visaOfficer = access.Principal{Officer: "consul", Channel: "session", Authority: access.Authority{Kind: access.Visa, State: "FRA", Name: "Consulat général"}}

func (b *border) tryChange(who access.Principal, id string, version int64, req ees.ChangeRequest) (ees.StayDecision, error) {
	if req.Place == "" {
		req.Place = "Paris"
	}
	return access.Run(context.Background(), b.door, access.Request{Principal: who, Op: ees.OpChangeStay, Case: "1"},
		func(p access.Pass) (ees.StayDecision, error) { return b.register.ChangeStay(p, id, version, req) })
}

func (b *border) change(who access.Principal, id string, req ees.ChangeRequest) ees.StayDecision {
	b.Helper()
	done, err := b.tryChange(who, id, 0, req)
	if err != nil {
		b.Fatal(err)
	}
	return done
}

func told(reasons []law.Reason, code law.Code) bool {
	return slices.ContainsFunc(reasons, func(r law.Reason) bool { return r.Code == code })
}

// differs tells whether a decision changed a field in this way.
func differs(d ees.StayDecision, field, before, after string) bool {
	return slices.ContainsFunc(d.Differences, func(x ees.Difference) bool { return x.Field == field && x.Before == before && x.After == after })
}

// EES-023: an extension replaces the authorised end, records its ground and lifts
// the flag of a stay that had ended.
func TestArt19_1_ExtensionReplacesTheEnd(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2026-05-01 08:00", anna()) // until 2026-07-29
		if n := b.at("2026-08-03 08:00").flag(); n != 1 {
			b.Fatalf("flagged %d", n)
		}
		done := b.change(officer("FRA"), entry.RecordID, ees.ChangeRequest{Status: ees.Extended, Ground: ees.GroundExceptional, Decided: day("2026-08-03"), End: day("2026-08-31")})
		if *done.Record.StayEnd != day("2026-08-31") || done.Record.OverstayClass != "" || done.Record.State != "OPEN" || !told(done.Findings, "stay_had_ended") || !told(done.Findings, "extension_holds_here_only") {
			b.Fatalf("%+v", done)
		}
		if !differs(done, "stay_end", "2026-07-29", "2026-08-31") || !differs(done, "overstay_class", "NO_EXIT", "") {
			b.Fatalf("%+v", done.Differences)
		}
		ch := b.file(entry.File).Records[0].Changes
		if len(ch) != 1 || ch[0].Ground != ees.GroundExceptional || ch[0].Place != "Paris" || ch[0].Authority != "Préfecture de police" || ch[0].From != day("2026-07-30") || !ch[0].OnlyHere || ch[0].Bilateral {
			b.Fatalf("%+v", ch)
		}
		if l := b.overstayers(ees.OverstayerQuery{}); len(l.Overstayers) != 0 {
			b.Fatalf("still listed: %+v", l)
		}
		if n := b.at("2026-08-31 08:00").flag(); n != 0 {
			b.Fatalf("flagged %d on the last day of the extension", n)
		}
		if n := b.at("2026-09-01 08:00").flag(); n != 1 {
			b.Fatalf("flagged %d after the extension", n)
		}
		if out := b.leave("2026-09-02 08:00", anna()); out.OverstayDays != 2 || out.OverstayClass != ees.Exceeded {
			b.Fatalf("%+v", out)
		}
	})
}

// EES-024, E29: a bilateral extension has its own indicator and state; its days
// count for the next entry; it is to be left over a border of that state.
func TestArt19_2_BilateralExtension(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2026-01-01 08:00", anna()) // until 2026-03-31, a Tuesday
		req := ees.ChangeRequest{Status: ees.Extended, Ground: ees.GroundBilateral, Decided: day("2026-03-31"), End: day("2026-06-29")}
		_, err := b.at("2026-03-31 08:00").tryChange(officer("D"), entry.RecordID, 0, req)
		refused(b.T, err, "request_day_missing")
		req.Requested = day("2026-03-31")
		done := b.change(officer("D"), entry.RecordID, req)
		if !told(done.Findings, "requested_in_time") || !done.Record.Changes[0].Bilateral || done.Record.Changes[0].State != "D" {
			b.Fatalf("%+v", done)
		}
		elsewhere := anna()
		elsewhere.Direction = ees.Exit
		if c := b.at("2026-06-29 08:00").check(elsewhere); !found(c, "extension_holds_elsewhere") || c.Proposal != ees.SecondLine {
			b.Fatalf("at a French border: %+v", c.Findings)
		}
		elsewhere.CrossingPoint = "DEFRA"
		c := b.check(elsewhere)
		if found(c, "extension_holds_elsewhere") || c.Stay.OverstayDays != 0 || c.Proposal != ees.Admit {
			b.Fatalf("at a German border: %+v", c.Findings)
		}
		b.cross(c)
		if c := b.at("2026-09-27 08:00").check(anna()); c.Stay.DaysRemaining != 0 {
			b.Fatalf("%+v", c.Stay)
		}
		if c := b.at("2026-09-28 08:00").check(anna()); c.Stay.DaysRemaining != 90 {
			b.Fatalf("%+v", c.Stay)
		}
	})
}

// The last working day: a stay that ends on a Sunday asks for a request by
// Friday; a later one needs a proof, and gets a finding of its own.
func TestArt60_BilateralRequestedByTheLastWorkingDay(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2026-05-05 08:00", anna()) // until 2026-08-02, a Sunday
		req := ees.ChangeRequest{Status: ees.Extended, Ground: ees.GroundBilateral, Decided: day("2026-08-02"), End: day("2026-09-30"), Requested: day("2026-08-01")}
		_, err := b.at("2026-08-02 08:00").tryChange(officer("FRA"), entry.RecordID, 0, req)
		if r := refused(b.T, err, "requested_late"); !slices.Contains(r.Facts, law.Fact{Name: "last_working_day", Value: "2026-07-31"}) {
			b.Fatalf("%+v", r.Facts)
		}
		req.OnlyHere = "rent receipts from Lyon"
		if done := b.change(officer("FRA"), entry.RecordID, req); !told(done.Findings, "late_on_proof") {
			b.Fatalf("%+v", done.Findings)
		}
	})
}

// EES-025, E30: a revocation without a new date ends the stay on the day of the
// decision; the exit is entered in that record (art 19(6)).
func TestArt19_4_RevocationEndsTheStay(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2026-05-01 08:00", anna())
		done := b.at("2026-05-10 08:00").change(officer("FRA"), entry.RecordID, ees.ChangeRequest{Status: ees.Revoked, Ground: ees.GroundReturnDecision, Decided: day("2026-05-10")})
		if *done.Record.StayEnd != day("2026-05-10") || !told(done.Findings, "ends_on_decision") || done.Record.Changes[0].Ground != "RD" {
			b.Fatalf("%+v", done)
		}
		if n := b.at("2026-05-12 08:00").flag(); n != 1 {
			b.Fatalf("flagged %d", n)
		}
		out := anna()
		out.Direction = ees.Exit
		c := b.at("2026-05-20 08:00").check(out)
		if !found(c, "stay_was_ended_by_decision") || c.Stay.OverstayDays != 10 {
			b.Fatalf("%+v %+v", c.Findings, c.Stay)
		}
		if r := b.cross(c); r.RecordID != entry.RecordID || r.OverstayDays != 10 || r.OverstayClass != ees.Exceeded {
			b.Fatalf("%+v", r)
		}
		if c := b.at("2026-11-25 08:00").check(anna()); !found(c, "earlier_stay_ended_by_decision") {
			b.Fatalf("%+v", c.Findings)
		}
	})
}

// A new last day given with the decision ends the stay there.
func TestArt19_1_RevocationWithANewEnd(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2026-05-01 08:00", anna())
		req := ees.ChangeRequest{Status: ees.Annulled, Ground: ees.GroundNationalDecision, Decided: day("2026-05-10"), End: day("2026-05-09")}
		b.at("2026-05-10 08:00")
		_, err := b.tryChange(officer("FRA"), entry.RecordID, 0, req)
		refused(b.T, err, "end_before_decision")
		req.End = day("2026-07-30")
		_, err = b.tryChange(officer("FRA"), entry.RecordID, 0, req)
		refused(b.T, err, "revocation_prolongs")
		req.End = day("2026-05-20")
		if done := b.change(officer("FRA"), entry.RecordID, req); *done.Record.StayEnd != day("2026-05-20") || done.Record.Changes[0].Status != ees.Annulled {
			b.Fatalf("%+v", done)
		}
		// A second decision replaces the first.
		done := b.change(officer("FRA"), entry.RecordID, ees.ChangeRequest{Status: ees.Revoked, Ground: ees.GroundReturnDecision, Decided: day("2026-05-10")})
		if *done.Record.StayEnd != day("2026-05-10") || len(done.Record.Changes) != 2 {
			b.Fatalf("%+v", done)
		}
	})
}

// EES-023: the visa authority extends a visa, with a new sticker; the grounds are
// those of the Visa Code, and it holds everywhere.
func TestArt19_1_ExtensionOfAVisa(t *testing.T) {
	onBoth(t, func(b *border) {
		who := mehmet()
		who.Visa = &ees.VisaInput{Number: "FRA1", Issuer: "FRA", ValidFrom: day("2026-05-01"), ValidUntil: day("2026-06-30"), Days: 30, Entries: 1}
		entry := b.enter("2026-06-01 08:00", who)
		req := ees.ChangeRequest{Status: ees.Extended, Ground: ees.GroundExceptional, Decided: day("2026-06-20"), End: day("2026-07-15")}
		_, err := b.at("2026-06-20 08:00").tryChange(visaOfficer, entry.RecordID, 0, req)
		refused(b.T, err, "ground_without_visa")
		req.Ground, req.NewVisa = ees.GroundForceMajeure, &ees.VisaInput{Number: "", Issuer: "FRA", ValidFrom: day("2026-05-01"), ValidUntil: day("2026-07-15"), Days: 45, Entries: 1}
		_, err = b.tryChange(visaOfficer, entry.RecordID, 0, req)
		if r := refused(b.T, err, "visa_unnamed"); r.Field != "new_visa.number" {
			b.Fatalf("field %q", r.Field)
		}
		req.NewVisa.Number = "FRA2"
		done := b.change(visaOfficer, entry.RecordID, req)
		if ch := done.Record.Changes[0]; *done.Record.StayEnd != day("2026-07-15") || ch.NewVisa == nil || ch.NewVisa.Sticker != "FRA2" || ch.OnlyHere {
			b.Fatalf("%+v", done.Record)
		}
		who.Direction, who.Visa = ees.Exit, nil
		if out := b.at("2026-07-15 08:00").cross(b.check(who)); out.OverstayDays != 0 {
			b.Fatalf("%+v", out)
		}
	})
}

// What no decision may do is refused with its own code, and changes nothing.
func TestArt19_WhatIsNotDecided(t *testing.T) {
	onBoth(t, func(b *border) {
		first := b.enter("2026-03-01 08:00", anna())
		b.leave("2026-03-05 08:00", anna())
		entry := b.enter("2026-05-01 08:00", anna()) // until 2026-07-24
		b.at("2026-05-10 08:00")
		extend := ees.ChangeRequest{Status: ees.Extended, Ground: ees.GroundExceptional, Decided: day("2026-05-10"), End: day("2026-08-31")}
		revoke := ees.ChangeRequest{Status: ees.Revoked, Ground: ees.GroundReturnDecision, Decided: day("2026-05-10")}
		with := func(req ees.ChangeRequest, change func(*ees.ChangeRequest)) ees.ChangeRequest {
			change(&req)
			return req
		}
		for name, c := range map[string]struct {
			id      string
			version int64
			req     ees.ChangeRequest
			code    law.Code
		}{
			"an earlier record":           {first.RecordID, 0, extend, "not_the_latest_record"},
			"a record that is not there":  {string(entry.File) + ".9", 0, extend, "no_such_record"},
			"no name of a record":         {"x", 0, extend, "no_such_record"},
			"no such file":                {"x.1", 0, extend, "no_such_file"},
			"a file that moved on":        {entry.RecordID, 1, extend, "file_changed"},
			"the end in force":            {entry.RecordID, 0, with(extend, func(r *ees.ChangeRequest) { r.End = day("2026-07-24") }), "extension_does_not_prolong"},
			"no end":                      {entry.RecordID, 0, with(extend, func(r *ees.ChangeRequest) { r.End = 0 }), "end_missing"},
			"no ground":                   {entry.RecordID, 0, with(revoke, func(r *ees.ChangeRequest) { r.Ground = "" }), "ground_missing"},
			"an unknown ground":           {entry.RecordID, 0, with(revoke, func(r *ees.ChangeRequest) { r.Ground = "X" }), "unknown_ground"},
			"ground to end, to extend":    {entry.RecordID, 0, with(extend, func(r *ees.ChangeRequest) { r.Ground = "RD" }), "ground_of_another_decision"},
			"ground to extend, to revoke": {entry.RecordID, 0, with(revoke, func(r *ees.ChangeRequest) { r.Ground = ees.GroundHumanitarian }), "ground_of_another_decision"},
			"a visa ground without visa":  {entry.RecordID, 0, with(extend, func(r *ees.ChangeRequest) { r.Ground = ees.GroundHumanitarian }), "ground_of_visa_extension"},
			"a sticker without visa": {entry.RecordID, 0, with(extend, func(r *ees.ChangeRequest) {
				r.NewVisa = &ees.VisaInput{Number: "F", Issuer: "FRA", ValidFrom: 1, ValidUntil: 2, Days: 1}
			}), "no_visa_to_extend"},
			"a sticker with a revocation": {entry.RecordID, 0, with(revoke, func(r *ees.ChangeRequest) { r.NewVisa = &ees.VisaInput{} }), "visa_without_extension"},
			"decided tomorrow":            {entry.RecordID, 0, with(revoke, func(r *ees.ChangeRequest) { r.Decided = day("2026-05-11") }), "date_in_the_future"},
			"decided before the entry":    {entry.RecordID, 0, with(revoke, func(r *ees.ChangeRequest) { r.Decided = day("2026-04-30") }), "decision_before_entry"},
			"no day":                      {entry.RecordID, 0, with(revoke, func(r *ees.ChangeRequest) { r.Decided = 0 }), "decision_day_missing"},
			"no place":                    {entry.RecordID, 0, with(revoke, func(r *ees.ChangeRequest) { r.Place = " " }), "place_missing"},
			"no status":                   {entry.RecordID, 0, with(revoke, func(r *ees.ChangeRequest) { r.Status = "" }), "unknown_status"},
		} {
			_, err := b.tryChange(officer("FRA"), c.id, c.version, c.req)
			b.Log(name)
			refused(b.T, err, c.code)
		}
		b.change(officer("FRA"), entry.RecordID, extend)
		_, err := b.tryChange(officer("D"), entry.RecordID, 0, revoke)
		refused(b.T, err, "extended_by_another_state")
		b.leave("2026-05-11 08:00", anna())
		for _, req := range []ees.ChangeRequest{extend, revoke} {
			_, err := b.tryChange(officer("FRA"), entry.RecordID, 0, req)
			refused(b.T, err, "stay_is_over")
		}
		spouse := traveller("ROE", "JANE", "1980-01-01", "F", "USA", "US1")
		spouse.FamilyMember = true
		family := b.enter("2026-05-12 08:00", spouse)
		_, err = b.tryChange(officer("FRA"), family.RecordID, 0, with(extend, func(r *ees.ChangeRequest) { r.Decided = day("2026-05-12") }))
		refused(b.T, err, "stay_not_computed")
	})
}
