package ees_test

import (
	"strings"
	"testing"
	"time"

	"limen/access"
	"limen/ees"
	"limen/law"
)

// Each condition of article 32(1) to (3) is judged by itself: a request that
// lacks one is taken, shows which, and cannot be approved. EES-053.
func TestArt32_1_EachConditionIsJudged(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		b.at("2026-06-01 10:00")
		for _, c := range []struct {
			code    law.Code
			cite    law.Citation
			field   string
			purpose access.Purpose
			change  func(in *ees.ReasonedRequest)
		}{
			{"sentence_too_short", "2017/2226 art 32(1)(a)", "offence.maximum_sentence_years", access.LawEnforcementHistory, func(in *ees.ReasonedRequest) { in.Offence.MaxYears = 2 }},
			{"necessity_missing", "2017/2226 art 32(1)(a)", "necessity", access.LawEnforcementHistory, func(in *ees.ReasonedRequest) { in.Necessity = " " }},
			{"proportionality_missing", "2017/2226 art 32(1)(b)", "proportionality", access.LawEnforcementHistory, func(in *ees.ReasonedRequest) { in.Proportionality = "" }},
			{"grounds_missing", "2017/2226 art 32(1)(c)", "grounds", access.LawEnforcementIdentify, func(in *ees.ReasonedRequest) { in.Grounds = "" }},
			{"key_not_for_identification", "2017/2226 art 32(4)", "search", access.LawEnforcementIdentify, func(in *ees.ReasonedRequest) {
				in.Search.Document = &ees.DocumentKey{Number: "CA884411"}
			}},
			{"national_search_missing", "2017/2226 art 32(2)(a)", "national_search", access.LawEnforcementIdentify, func(in *ees.ReasonedRequest) { in.NationalSearch = 0 }},
			{"pruem_search_missing", "2017/2226 art 32(2)(b)", "pruem", access.LawEnforcementIdentify, func(in *ees.ReasonedRequest) { in.Pruem = nil }},
		} {
			b.purpose = c.purpose
			in := history()
			if c.purpose == access.LawEnforcementIdentify {
				in = latent(b)
			}
			c.change(&in)
			r := b.submit(unit, in)
			for _, v := range r.Conditions {
				if v.Met == (v.Code == c.code) || v.Message == "" {
					t.Errorf("%s: %+v", c.code, v)
				}
			}
			_, err := b.tryDecide(point, r.RequestID, 0, ees.RequestDecision{Approve: true})
			no := b.refusedAs(err, c.code)
			if no.Kind != law.NotPermitted || no.Cite != c.cite || no.Field != c.field || no.Facts[0].Value != string(c.code) {
				t.Errorf("%+v", no)
			}
		}
		// Three years are enough, and a terrorist offence needs none.
		b.purpose = access.LawEnforcementHistory
		for _, offence := range []ees.OffenceInput{{Category: "fraud", Description: "x", MaxYears: 3}, {Category: "terrorist_financing", Description: "x"}} {
			in := history()
			in.Offence = offence
			b.approve(b.submit(unit, in).RequestID)
		}
		// A travel history needs no search elsewhere first (art 32(3)).
		in := history()
		in.Search = ees.LawEnforcementSearch{Fingerprints: &ees.FingerprintKey{Sample: []byte("x")}}
		b.approve(b.submit(unit, in).RequestID)
		// A face needs the national search, and no search of fingerprints.
		b.purpose = access.LawEnforcementIdentify
		in = latent(b)
		in.Pruem, in.Search = nil, ees.LawEnforcementSearch{Face: &ees.FaceKey{Sample: []byte("x")}}
		b.approve(b.submit(unit, in).RequestID)
	})
}

// A search in the other states' systems has run long enough two days after its
// launch, to the minute; one that has finished, a reason why it would lead to
// nothing, and urgency are enough at once. EES-053.
func TestArt32_2_ComparisonWithTheOtherStatesComesFirst(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		b.purpose = access.LawEnforcementIdentify
		b.at("2026-06-01 10:00")
		in := latent(b)
		in.Pruem.Launched = time.Date(2026, 6, 1, 9, 30, 0, 0, time.UTC)
		r := b.submit(unit, in)
		b.at("2026-06-03 09:29")
		_, err := b.tryDecide(point, r.RequestID, 0, ees.RequestDecision{Approve: true})
		b.refusedAs(err, "pruem_search_missing")
		b.at("2026-06-03 09:30").approve(r.RequestID)

		finished := b.clock.Now().Add(-time.Minute)
		in.Pruem = &ees.PruemSearch{Launched: finished.Add(-time.Minute), Finished: &finished}
		b.approve(b.submit(unit, in).RequestID)
		in.Pruem, in.NationalSearch, in.Futile = nil, 0, "The prints of the gang are in no system"
		b.approve(b.submit(unit, in).RequestID)
		in.Futile, in.Danger = "", "A hostage will be killed"
		for _, c := range b.submit(unit, in).Conditions {
			if !c.Met {
				t.Errorf("%+v", c)
			}
		}
	})
}

// What cannot be read is refused with its field, before anything is stored.
func TestArt32_UnreadableRequestsAreRefused(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		b.at("2026-06-01 10:00")
		late := b.clock.Now().Add(time.Minute)
		early := b.clock.Now().Add(-time.Hour)
		for _, c := range []struct {
			code   law.Code
			field  string
			change func(in *ees.ReasonedRequest)
		}{
			{"unknown_offence", "offence.category", func(in *ees.ReasonedRequest) { in.Offence.Category = "theft" }},
			{"offence_missing", "offence.description", func(in *ees.ReasonedRequest) { in.Offence.Description = " " }},
			{"sentence_not_asked", "offence.maximum_sentence_years", func(in *ees.ReasonedRequest) { in.Offence.Category = "terrorist_act" }},
			{"sentence_out_of_range", "offence.maximum_sentence_years", func(in *ees.ReasonedRequest) { in.Offence.MaxYears = 101 }},
			{"ordering_officer_missing", "ordered_by", func(in *ees.ReasonedRequest) { in.OrderedBy = "" }},
			{"too_long", "grounds", func(in *ees.ReasonedRequest) { in.Grounds = strings.Repeat("é", 2001) }},
			{"date_in_the_future", "national_search", func(in *ees.ReasonedRequest) { in.NationalSearch = day("2026-06-02") }},
			{"date_in_the_future", "pruem.launched_at", func(in *ees.ReasonedRequest) { in.Pruem = &ees.PruemSearch{Launched: late} }},
			{"date_in_the_future", "pruem.launched_at", func(in *ees.ReasonedRequest) { in.Pruem = &ees.PruemSearch{} }},
			{"ends_before_it_begins", "pruem.finished_at", func(in *ees.ReasonedRequest) {
				in.Pruem = &ees.PruemSearch{Launched: early.Add(time.Minute), Finished: &early}
			}},
			{"ends_before_it_begins", "pruem.finished_at", func(in *ees.ReasonedRequest) { in.Pruem = &ees.PruemSearch{Launched: early, Finished: &late} }},
			{"search_missing", "search", func(in *ees.ReasonedRequest) { in.Search = ees.LawEnforcementSearch{} }},
			{"sample_size", "search.fingerprints.sample", func(in *ees.ReasonedRequest) { in.Search.Fingerprints = &ees.FingerprintKey{} }},
			{"sample_size", "search.face.sample", func(in *ees.ReasonedRequest) { in.Search.Face = &ees.FaceKey{Sample: make([]byte, 384<<10+1)} }},
			{"date_missing", "search.entry.on", func(in *ees.ReasonedRequest) { in.Search.Entry = &ees.CrossingKey{CrossingPoint: "FRCDG"} }},
			{"date_in_the_future", "search.entry.on", func(in *ees.ReasonedRequest) {
				in.Search.Entry = &ees.CrossingKey{On: day("2026-06-03"), CrossingPoint: "FRCDG"}
			}},
			{"another_day", "search.entry.at", func(in *ees.ReasonedRequest) {
				in.Search.Entry = &ees.CrossingKey{On: day("2026-05-01"), CrossingPoint: "FRCDG", At: &early}
			}},
			{"key_not_listed", "search.exit.authority", func(in *ees.ReasonedRequest) {
				in.Search.Exit = &ees.CrossingKey{On: day("2026-05-01"), CrossingPoint: "FRCDG", Authority: "x"}
			}},
			{"name_too_short", "search.identity.surname", func(in *ees.ReasonedRequest) { in.Search.Identity = &ees.IdentityKey{Surname: "X"} }},
			{"date_in_the_future", "search.identity.birth_date", func(in *ees.ReasonedRequest) {
				in.Search.Identity = &ees.IdentityKey{Surname: "XU", BirthDate: "2026-06-02"}
			}},
		} {
			in := history()
			c.change(&in)
			_, err := b.trySubmit(unit, in)
			if r := b.refusedAs(err, c.code); r.Kind != law.BadInput || r.Field != c.field {
				t.Errorf("%s: %+v", c.code, r)
			}
		}
		for _, change := range []func(s *ees.LawEnforcementSearch){
			func(s *ees.LawEnforcementSearch) { s.Document.Issuer = "QQQ" },
			func(s *ees.LawEnforcementSearch) { s.Document.Number = "%%" },
			func(s *ees.LawEnforcementSearch) { s.Document.Type = "9" },
			func(s *ees.LawEnforcementSearch) { s.Visa = &ees.VisaKey{Number: "!"} },
			func(s *ees.LawEnforcementSearch) { s.Visa = &ees.VisaKey{Number: "V1", Issuer: "QQQ"} },
			func(s *ees.LawEnforcementSearch) {
				s.Entry = &ees.CrossingKey{On: day("2026-05-01"), CrossingPoint: "XXXXX"}
			},
			func(s *ees.LawEnforcementSearch) { s.Identity = &ees.IdentityKey{Surname: "XU", Sex: "Q"} },
			func(s *ees.LawEnforcementSearch) { s.Identity = &ees.IdentityKey{Surname: "XU", Nationality: "QQQ"} },
			func(s *ees.LawEnforcementSearch) { s.Identity = &ees.IdentityKey{Surname: "XU", BirthDate: "soon"} },
		} {
			in := history()
			change(&in.Search)
			_, err := b.trySubmit(unit, in)
			var r *law.Refusal
			if r, _ = err.(*law.Refusal); r == nil || r.Kind != law.BadInput || !strings.HasPrefix(r.Field, "search.") {
				t.Errorf("%+v answered with %v", in.Search, err)
			}
		}
		if n := b.count(`SELECT COUNT(*) FROM ees_le_request`); n != 0 {
			t.Errorf("%d requests were stored", n)
		}
		// Every refusal is logged with the national file number.
		for _, e := range b.logged(ees.OpSubmitRequest) {
			if e.Entry.Outcome != "refused" || e.Entry.Case != "PN-2026-0042" {
				t.Errorf("%+v", e.Entry)
			}
		}
	})
}
