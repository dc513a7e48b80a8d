package ees_test

import (
	"testing"

	"limen/access"
	"limen/ees"
	"limen/law"
)

func (b *border) tryStart(req ees.StartRequest) (ees.StayDecision, error) {
	return run(b, officer("FRA"), ees.OpStartStay, func(p access.Pass) (ees.StayDecision, error) { return b.register.StartStay(p, 0, req) })
}

func (b *border) start(req ees.StartRequest) ees.StayDecision {
	b.Helper()
	done, err := b.tryStart(req)
	if err != nil {
		b.Fatal(err)
	}
	return done
}

func permit(kind, from, until string) ees.Permit {
	return ees.Permit{Kind: kind, Issuer: "FRA", From: day(from), Until: day(until)}
}

// newcomer is the person of a check for whom a file is made.
func newcomer(who ees.CheckRequest) *ees.Newcomer {
	return &ees.Newcomer{Document: who.Document, Identity: who.Identity}
}

// EES-029, E18: a short stay after a residence permit, without a crossing: the
// record has the first day and the authority instead of entry and crossing point.
func TestArt14_8_StayStartsAfterAPermit(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-03-02 08:00")
		req := ees.StartRequest{Person: newcomer(anna()), Start: day("2026-03-01"), Permit: permit("residence_permit", "2024-03-01", "2026-02-28")}
		done := b.start(req)
		r := done.Record
		if *r.StayEnd != day("2026-05-29") || !r.StartOfStay || r.Entry.At != nil || r.Entry.On != day("2026-03-01") || r.Entry.CrossingPoint != "" || r.Entry.Authority != "Préfecture de police" {
			b.Fatalf("%+v %+v", r, r.Entry)
		}
		f := b.file(r.File)
		if len(f.Permits) != 1 || f.Permits[0].Until != day("2026-02-28") || len(f.Documents) != 1 || f.Surname != "PELLETIER" || f.Face != ees.FaceMissing {
			b.Fatalf("%+v", f)
		}
		_, err := b.tryStart(req)
		refused(b.T, err, "file_found")
		out := anna()
		out.Direction = ees.Exit
		c := b.at("2026-05-30 08:00").check(out)
		if c.File == nil || c.Stay.OverstayDays != 1 || c.File.Ref != r.File {
			b.Fatalf("%+v", c)
		}
		if closed := b.cross(c); closed.RecordID != r.RecordID || closed.OverstayClass != ees.Exceeded {
			b.Fatalf("%+v", closed)
		}
	})
}

// EES-019, E19: the days under a long-stay visa do not count, whether the stay is
// started after it or was open all the time.
func TestArt14_8_DaysUnderAPermitDoNotCount(t *testing.T) {
	onBoth(t, func(b *border) {
		visa := permit("long_stay_visa", "2026-01-01", "2026-04-15")
		b.at("2026-06-30 08:00")
		started := b.start(ees.StartRequest{Person: newcomer(anna()), Start: day("2026-04-16"), Permit: visa})
		if f := b.file(started.Record.File); f.Stay.DaysUsed != 76 || *f.Stay.LastDay != day("2026-07-14") {
			b.Fatalf("%+v", f.Stay)
		}
	})
	onBoth(t, func(b *border) {
		entry := b.enter("2026-01-01 08:00", anna())
		b.at("2026-06-30 08:00")
		if n := b.flag(); n != 1 {
			b.Fatalf("flagged %d", n)
		}
		done := b.start(ees.StartRequest{File: entry.File, Start: day("2026-04-16"), Permit: permit("long_stay_visa", "2026-01-01", "2026-04-15")})
		if !told(done.Findings, "stay_goes_on") || !differs(done, "stay_end", "2026-03-31", "2026-07-14") || !differs(done, "overstay_class", "NO_EXIT", "") {
			b.Fatalf("%+v", done)
		}
		if f := b.file(entry.File); len(f.Records) != 1 || f.Stay.DaysUsed != 76 || *f.Stay.LastDay != day("2026-07-14") {
			b.Fatalf("%+v", f.Stay)
		}
	})
}

// What is no start of a stay is refused.
func TestArt14_8_WhatDoesNotStart(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-03-05 08:00", mehmetOnVisa())
		file := b.leave("2026-03-06 08:00", mehmetOnVisa()).File
		b.at("2026-03-10 08:00")
		ok := ees.StartRequest{Person: newcomer(anna()), Start: day("2026-03-01"), Permit: permit("residence_permit", "2024-03-01", "2026-02-28")}
		with := func(change func(*ees.StartRequest)) ees.StartRequest {
			req := ok
			change(&req)
			return req
		}
		for name, c := range map[string]struct {
			req  ees.StartRequest
			code law.Code
		}{
			"days in between":     {with(func(r *ees.StartRequest) { r.Start = day("2026-03-02") }), "not_directly_after"},
			"the permit holds":    {with(func(r *ees.StartRequest) { r.Start, r.Permit.Until = day("2026-03-11"), day("2026-03-10") }), "date_in_the_future"},
			"nobody":              {with(func(r *ees.StartRequest) { r.Person = nil }), "person_missing"},
			"two":                 {with(func(r *ees.StartRequest) { r.File = file }), "two_persons"},
			"no such file":        {with(func(r *ees.StartRequest) { r.File, r.Person = "nobody", nil }), "no_such_file"},
			"no kind":             {with(func(r *ees.StartRequest) { r.Permit.Kind = "" }), "unknown_permit"},
			"permit of elsewhere": {with(func(r *ees.StartRequest) { r.Permit.Issuer = "USA" }), "permit_of_elsewhere"},
			"permit backwards":    {with(func(r *ees.StartRequest) { r.Permit.From = day("2026-03-01") }), "permit_contradiction"},
			"needs a visa": {with(func(r *ees.StartRequest) {
				r.Person = newcomer(traveller("KAYA", "ALI", "1970-01-01", "M", "TUR", "U1"))
			}), "visa_missing"},
			"crossed since": {with(func(r *ees.StartRequest) { r.File, r.Person, r.Visa = file, nil, mehmetOnVisa().Visa }), "crossed_since"},
			"a citizen": {with(func(r *ees.StartRequest) {
				r.Person = newcomer(traveller("ROUX", "LUC", "1970-01-01", "M", "FRA", "F1"))
			}), "not_a_third_country_national"},
		} {
			b.Log(name)
			_, err := b.tryStart(c.req)
			refused(b.T, err, c.code)
		}
	})
}

func mehmetOnVisa() ees.CheckRequest {
	who := mehmet()
	who.Visa = &ees.VisaInput{Number: "FRA77", Issuer: "FRA", ValidFrom: day("2026-02-01"), ValidUntil: day("2026-07-31"), Days: 60}
	return who
}
