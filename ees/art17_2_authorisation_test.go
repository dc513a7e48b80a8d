package ees_test

import (
	"context"
	"slices"
	"testing"

	"limen/access"
	"limen/ees"
	"limen/law"
	"limen/person"
)

// authorisations answers for every document alike.
type authorisations struct {
	etias ees.Etias
	found bool
	asked *int
}

func (a authorisations) AuthorisationFor(context.Context, access.Pass, person.Document) (ees.Etias, bool, error) {
	*a.asked++
	return a.etias, a.found, nil
}

func stepOf(c ees.Check, step string) (outcome string) {
	for _, s := range c.Steps {
		if s.Step == step {
			outcome = s.Outcome
		}
	}
	return outcome
}

// EES-012: the record of a visa-exempt traveller keeps the travel authorisation,
// as the guard's system sent it or as the connected system says.
func TestArt17_2_TheRecordKeepsTheAuthorisation(t *testing.T) {
	onBoth(t, func(b *border) {
		who := anna()
		who.Etias = &ees.Etias{Number: "E-1", ValidTo: day("2028-01-01"), LTVStates: []person.State{"FRA"}}
		c := b.at("2026-11-01 08:00").check(who)
		if stepOf(c, "etias") != "not_connected" || c.Proposal != ees.Admit {
			b.Fatalf("%+v", c.Steps)
		}
		entry := b.cross(c)
		if e := b.file(entry.File).Records[0].Etias; e == nil || e.Number != "E-1" || e.ValidTo != day("2028-01-01") || !slices.Equal(e.LTVStates, []person.State{"FRA"}) {
			b.Fatalf("%+v", e)
		}
		who.Direction = ees.Exit
		_, err := b.tryCheck(who)
		refused(b.T, err, "no_authorisation_here")
		who.Direction, who.CrossingPoint = ees.Entry, "DEFRA"
		if c := b.check(who); !found(c, "travel_authorisation_of_other_territory") {
			b.Fatalf("%+v", c.Findings)
		}
		who.Etias.ValidTo, who.CrossingPoint = day("2026-10-31"), ""
		if c := b.check(who); !found(c, "travel_authorisation_expired") || c.Proposal != ees.SecondLine {
			b.Fatalf("%+v", c.Findings)
		}
		for code, e := range map[law.Code]ees.Etias{"authorisation_unnamed": {ValidTo: 1}, "authorisation_date_missing": {Number: "E"}} {
			who.Etias = &e
			_, err := b.tryCheck(who)
			refused(b.T, err, code)
		}
		visa := mehmetOnVisa()
		visa.Etias = &ees.Etias{Number: "E-1", ValidTo: day("2028-01-01")}
		_, err = b.tryCheck(visa)
		refused(b.T, err, "no_authorisation_here")

		n := 0
		b.register.Authorisations = authorisations{ees.Etias{Number: "E-9", ValidTo: day("2029-01-01")}, true, &n}
		ben := traveller("ROE", "BEN", "1980-01-01", "M", "USA", "US1")
		ben.Etias = &ees.Etias{Number: "E-typed", ValidTo: day("2028-01-01")}
		c = b.check(ben)
		if r := b.cross(c); r.Etias.Number != "E-9" || stepOf(c, "etias") != "found" || n != 1 {
			b.Fatalf("%+v, asked %d", r.Etias, n)
		}
		b.register.Authorisations = authorisations{asked: &n}
		ida := traveller("ROE", "IDA", "1981-01-01", "F", "USA", "US2")
		ida.Etias = ben.Etias
		c = b.check(ida)
		if r := b.cross(c); r.Etias != nil || stepOf(c, "etias") != "not_found" {
			b.Fatalf("%+v", r.Etias)
		}
	})
}

// EES-021, EES-022: with a partial state in the configuration: neither the days
// nor the entries of a visa are tested there, and an entry there uses none up.
func TestArt11_4_PartialState(t *testing.T) {
	rows := law.PartialStates.Rows
	t.Cleanup(func() { law.PartialStates.Rows = rows })
	law.PartialStates.Rows = append(slices.Clone(rows), law.Row[[]string]{From: day("2026-01-01"), Value: []string{"ROU"}, Cite: "2017/2226 art 66(2)"})
	onBoth(t, func(b *border) {
		who := mehmet()
		who.Visa = &ees.VisaInput{Number: "FRA5", Issuer: "FRA", ValidFrom: day("2026-05-01"), ValidUntil: day("2026-08-31"), Days: 10, Entries: 1}
		who.CrossingPoint = "ROOTP"
		first := b.enter("2026-05-01 08:00", who)
		if !first.Partial || *first.StayEnd != day("2026-07-29") { // the rolling limit, not ten days
			b.Fatalf("%+v", first)
		}
		b.leave("2026-05-05 08:00", who)
		again := b.enter("2026-05-06 08:00", who) // no entry test
		if *again.StayEnd != day("2026-07-29") {
			b.Fatalf("%+v", again.StayEnd)
		}
		b.leave("2026-05-07 08:00", who)
		who.CrossingPoint = "FRCDG"
		c := b.at("2026-06-01 08:00").check(who)
		if c.Stay.EntriesExhausted || *c.Stay.LastDay != day("2026-06-10") || c.Proposal != ees.Admit {
			b.Fatalf("%s %+v %+v", c.Proposal, c.Stay, c.Findings)
		}
		b.cross(c)
		b.leave("2026-06-02 08:00", who)
		if c := b.at("2026-06-10 08:00").check(who); !c.Stay.EntriesExhausted || c.Proposal != ees.Refuse {
			b.Fatalf("%s %+v", c.Proposal, c.Stay)
		}
	})
	onBoth(t, func(b *border) {
		who := mehmet()
		who.Visa = &ees.VisaInput{Number: "ROU5", Issuer: "ROU", ValidFrom: day("2026-05-01"), ValidUntil: day("2026-06-15"), Days: 10, Entries: 1, National: true}
		who.CrossingPoint = "ROOTP"
		r := b.enter("2026-05-01 08:00", who)
		if !r.Visa.National || *r.StayEnd != day("2026-06-15") { // validity is tested
			b.Fatalf("%+v %+v", r, r.Visa)
		}
		b.leave("2026-05-02 08:00", who)
		who.CrossingPoint = "FRCDG"
		if c := b.at("2026-05-03 08:00").check(who); c.Proposal != ees.Refuse || !found(c, "national_visa_of_partial_state") || !found(c, "vis_to_be_consulted") {
			b.Fatalf("%s %+v", c.Proposal, c.Findings)
		}
		who.Visa.Issuer = "FRA"
		_, err := b.tryCheck(who)
		refused(b.T, err, "not_a_partial_state")
		who.Visa.Type = "LTV"
		_, err = b.tryCheck(who)
		refused(b.T, err, "national_visa_type")
	})
}

// EES-011: an exit on another visa puts that visa into the record, and the stay
// ends as both allow (E28).
func TestArt16_3_ExitOnAnotherVisa(t *testing.T) {
	onBoth(t, func(b *border) {
		who := mehmet()
		who.Visa = &ees.VisaInput{Number: "A", Issuer: "FRA", ValidFrom: day("2026-06-01"), ValidUntil: day("2026-06-30"), Days: 10}
		entry := b.enter("2026-06-20 08:00", who)
		if *entry.StayEnd != day("2026-06-29") || entry.Visa.StayEnd != day("2026-06-29") {
			b.Fatalf("%+v", entry.StayEnd)
		}
		b.at("2026-07-02 08:00").flag()
		who.Visa = &ees.VisaInput{Number: "B", Issuer: "FRA", ValidFrom: day("2026-06-25"), ValidUntil: day("2026-07-31"), Days: 20}
		r := b.leave("2026-07-19 08:00", who)
		if r.ExitVisa == nil || r.ExitVisa.Sticker != "B" || *r.StayEnd != day("2026-07-19") || r.OverstayClass != "" || r.OverstayDays != 0 {
			b.Fatalf("%+v", r)
		}
	})
}

// EES-009: the days and entries of a visa are read from the record that holds
// them, also when an earlier entry on it is told later.
func TestArt16_2_e_DaysOfAVisaWhateverWasToldFirst(t *testing.T) {
	onBoth(t, func(b *border) {
		who := mehmet()
		who.Visa = &ees.VisaInput{Number: "A", Issuer: "FRA", ValidFrom: day("2026-05-01"), ValidUntil: day("2026-08-31"), Days: 30}
		b.enter("2026-06-10 08:00", who)
		told := who
		moment := b.clock.Now().Add(-9 * 24 * 3600e9)
		told.At, told.Origin = &moment, ees.NUIBuffer
		told.Direction = ees.Entry
		first := b.at("2026-06-11 08:00").cross(b.check(told))
		if first.Visa.Days != 30 || *first.StayEnd != day("2026-06-30") {
			b.Fatalf("the earlier entry, told later: %+v until %s", first.Visa, first.StayEnd)
		}
		if second := b.file(first.File).Records[1]; second.Visa.Days != 0 || *second.StayEnd != day("2026-06-30") {
			b.Fatalf("the later entry: %+v until %s", second.Visa, second.StayEnd)
		}
		b.rebut(ees.RebuttalRequest{RecordID: first.RecordID, Kind: ees.ProofOther, Note: "told by mistake", Remove: true})
		if left := b.file(first.File).Records[0]; left.Visa.Days != 30 || *left.StayEnd != day("2026-07-09") {
			b.Fatalf("taken out with its days: %+v until %s", left.Visa, left.StayEnd)
		}
	})
}
