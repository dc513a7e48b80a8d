package ees_test

import (
	"context"
	"slices"
	"testing"

	"limen/access"
	"limen/db"
	"limen/ees"
	"limen/law"
	"limen/person"
)

func (b *border) tryCorrect(who access.Principal, req ees.CorrectionRequest, version int64) (ees.CorrectionView, error) {
	if req.Why == "" {
		req.Why = "boarding pass and stamp"
	}
	return run(b, who, ees.OpCorrect, func(p access.Pass) (ees.CorrectionView, error) { return b.register.Correct(p, req, version) })
}

func (b *border) correct(file ees.FileRef, changes ...ees.Correction) ees.CorrectionView {
	b.Helper()
	v, err := b.tryCorrect(caseworker, ees.CorrectionRequest{File: file, Changes: changes}, 0)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

// A wrong moment is put right, the civil day follows, the stays are judged anew,
// and the file's history tells what stood there.
func TestArt35_1_CorrectedMomentMovesTheStay(t *testing.T) {
	onBoth(t, func(b *border) {
		rec := b.enter("2026-10-10 09:00", anna())
		b.at("2026-10-20 09:00")
		v := b.correct(rec.File, ees.Correction{Of: "record", N: 1, Field: "entry_at", Old: "2026-10-10T09:00:00Z", New: "2026-10-07T23:30:00+02:00"})
		f := b.file(rec.File)
		// 23:30 of the 7th in Paris; ninety days from then.
		if r := f.Records[0]; r.Entry.On.String() != "2026-10-07" || r.StayEnd.String() != "2027-01-04" {
			b.Errorf("entry on %s, stay until %s", r.Entry.On, r.StayEnd)
		}
		if len(v.Differences) != 1 || v.Differences[0].Before != "2027-01-07" || v.Differences[0].After != "2027-01-04" || v.Version != f.Version || v.State != "FRA" {
			b.Errorf("%+v", v)
		}
		if n := b.count(`SELECT COUNT(*) FROM ees_amendment WHERE kind = 'corrected' AND record = 1 AND state = 'FRA' AND body LIKE '%2026-10-10T09:00:00Z%'`); n != 1 {
			b.Errorf("%d lines in the file's history", n)
		}
	})
}

// count asks one number of the store.
func (b *border) count(query string) (n int) {
	b.Helper()
	if err := b.store.Read(context.Background(), func(tx *db.Tx) error { return tx.Row(query).Scan(&n) }); err != nil {
		b.Fatal(err)
	}
	return n
}

// A name and a document are found by what is right afterwards, and no longer by
// what was wrong.
func TestArt35_1_CorrectedIdentityIsFound(t *testing.T) {
	onBoth(t, func(b *border) {
		rec := b.enter("2026-10-10 09:00", traveller("PELLETIER", "ANNA", "1988-02-11", "F", "CAN", "CA884411"))
		b.at("2026-10-20 09:00")
		b.correct(rec.File,
			ees.Correction{Of: "identity", N: 1, Field: "birth_date", Old: "1988-02-11", New: "1988-11-02"},
			ees.Correction{Of: "identity", N: 1, Field: "surname", Old: "PELLETIER", New: "PELLETIÉ"},
			ees.Correction{Of: "document", N: 1, Field: "number", Old: "CA884411", New: "CA884412"},
			ees.Correction{Of: "document", N: 1, Field: "expiry", Old: "2033-01-01", New: "2034-01-01"})
		right := traveller("PELLETIÉ", "ANNA", "1988-11-02", "F", "CAN", "CA884412")
		right.Document.Expiry = day("2034-01-01")
		if c := b.check(right); c.File == nil || c.File.Ref != rec.File || c.Steps[0].Outcome != "found" {
			b.Errorf("%+v, %+v", c.File, c.Steps)
		}
		if c := b.check(traveller("PELLETIER", "ANNA", "1988-02-11", "F", "CAN", "CA884411")); c.File != nil || len(c.Candidates) != 0 {
			b.Errorf("found by what was wrong: %+v, %+v", c.File, c.Candidates)
		}
		f := b.file(rec.File)
		if len(f.Identities) != 1 || f.Identities[0].Surname != "PELLETIÉ" || len(f.Documents) != 1 || f.Documents[0].Expiry.String() != "2034-01-01" {
			b.Errorf("%+v, %+v", f.Identities, f.Documents)
		}
	})
}

// The refusal for lack of days that rested on a wrong exit is listed; so is an
// admission that the right history would not have allowed. Neither changes.
func TestArt35_1_DecisionsOnWrongDataAreListed(t *testing.T) {
	onBoth(t, func(b *border) {
		// Told to have left on 30 December, after 90 days.
		rec := b.enter("2026-10-02 09:00", anna())
		b.leave("2026-12-30 09:00", anna())
		c := b.at("2027-01-10 09:00").check(anna())
		refused, err := b.tryRefuse(ees.RefusalRequest{CheckID: c.CheckID, Reasons: []ees.RefusalReason{"F"}})
		if err != nil {
			b.Fatal(err)
		}
		b.at("2027-01-20 09:00")
		v := b.correct(rec.File, ees.Correction{Of: "record", N: 1, Field: "exit_at", Old: "2026-12-30T09:00:00Z", New: "2026-11-30T09:00:00Z"})
		if len(v.Revisit) != 1 || v.Revisit[0].Decision != refused.RefusalID || v.Revisit[0].Was != "refused" || v.Revisit[0].Reason.Code != "entry_possible_then" {
			b.Errorf("%+v", v.Revisit)
		}
		if f := b.file(rec.File); len(f.Refusals) != 1 {
			b.Error("the refusal changed by itself")
		}
		// The other way: she enters on 21 January, and the exit was right after all.
		entered := b.enter("2027-01-21 09:00", anna())
		b.at("2027-01-22 09:00")
		v = b.correct(rec.File, ees.Correction{Of: "record", N: 1, Field: "exit_at", Old: "2026-11-30T09:00:00Z", New: "2026-12-30T09:00:00Z"})
		if len(v.Revisit) != 1 || v.Revisit[0].Decision != entered.RecordID || v.Revisit[0].Was != "admitted" || v.Revisit[0].Reason.Code != "entry_not_possible_then" {
			b.Errorf("%+v", v.Revisit)
		}
	})
}

// 2016/399 art 14(3): a refusal that an appeal set aside goes, with its reasons;
// a file that held nothing else falls due at once.
func TestArt14_3_AnnulledRefusalGoes(t *testing.T) {
	onBoth(t, func(b *border) {
		c := b.at("2026-10-10 09:00").check(anna())
		refused, err := b.tryRefuse(ees.RefusalRequest{CheckID: c.CheckID, Reasons: []ees.RefusalReason{"E", "G"}})
		if err != nil {
			b.Fatal(err)
		}
		b.at("2026-12-10 09:00")
		b.correct(refused.File, ees.Correction{Of: "refusal", N: 1, Field: "reasons", Old: "E G", New: "G"})
		if f := b.file(refused.File); len(f.Refusals) != 1 || len(f.Refusals[0].Reasons) != 1 || f.Refusals[0].Reasons[0].Letter != "G" {
			b.Errorf("%+v", f.Refusals)
		}
		b.correct(refused.File, ees.Correction{Of: "refusal", N: 1, Field: "annulled", Old: "false", New: "true"})
		if f := b.file(refused.File); len(f.Refusals) != 0 {
			b.Errorf("%+v", f.Refusals)
		}
		if n := b.count(`SELECT COUNT(*) FROM ees_file WHERE due_on = '2026-12-10' AND refused_first IS NULL`); n != 1 {
			b.Error("a file with nothing in it is kept")
		}
		// Together with an entry, the file stays and forgets the day.
		rec := b.enter("2026-12-11 09:00", mehmetWithVisa())
		c = b.at("2027-02-01 09:00").check(mehmetWithVisa())
		if _, err := b.tryRefuse(ees.RefusalRequest{CheckID: c.CheckID, Reasons: []ees.RefusalReason{"E"}}); err != nil {
			b.Fatal(err)
		}
		b.correct(rec.File, ees.Correction{Of: "refusal", N: 1, Field: "annulled", Old: "false", New: "true"})
		if n := b.count(`SELECT COUNT(*) FROM ees_file WHERE refused_last IS NULL AND erase_by IS NULL`); n != 1 {
			b.Errorf("%d files without a refusal", n)
		}
	})
}

func mehmetWithVisa() ees.CheckRequest {
	who := mehmet()
	who.Visa = &ees.VisaInput{Number: "V1", Issuer: "FRA", Type: "C", ValidFrom: day("2026-12-01"), ValidUntil: day("2027-03-31"), Days: 30, Entries: 0}
	return who
}

// Who may correct, and what cannot be corrected (art 35(1) to (3)).
func TestArt35_2_WhatCorrectionIsRefused(t *testing.T) {
	onBoth(t, func(b *border) {
		rec := b.enter("2026-12-10 09:00", mehmetWithVisa())
		b.at("2026-12-20 09:00")
		entry := ees.Correction{Of: "record", N: 1, Field: "entry_at", Old: "2026-12-10T09:00:00Z", New: "2026-12-09T09:00:00Z"}
		with := func(change func(*ees.Correction)) ees.CorrectionRequest {
			c := entry
			change(&c)
			return ees.CorrectionRequest{File: rec.File, Changes: []ees.Correction{c}}
		}
		visa := func(field, old, new string) ees.Correction {
			return ees.Correction{Of: "record", N: 1, Field: field, Old: old, New: new}
		}
		before := b.rows(rec.File)
		for _, c := range []struct {
			code string
			who  access.Principal
			req  ees.CorrectionRequest
		}{
			{"other_state_responsible", of("ESP"), with(func(*ees.Correction) {})},
			{"other_value_stands_there", caseworker, with(func(c *ees.Correction) { c.Old = "2026-12-10T09:00:01Z" })},
			{"nothing_to_correct", caseworker, with(func(c *ees.Correction) { c.New = c.Old })},
			{"date_in_the_future", caseworker, with(func(c *ees.Correction) { c.New = "2026-12-20T09:00:01Z" })},
			{"no_moment", caseworker, with(func(c *ees.Correction) { c.New = "yesterday" })},
			{"before_the_start", caseworker, with(func(c *ees.Correction) { c.New = "2025-10-11T09:00:00Z" })},
			{"no_such_record", caseworker, with(func(c *ees.Correction) { c.N = 2 })},
			{"no_such_field", caseworker, with(func(c *ees.Correction) { c.Field = "stay_end" })},
			{"no_such_field", caseworker, with(func(c *ees.Correction) { c.Field, c.Old = "exit_at", "" })},
			{"no_such_field", caseworker, with(func(c *ees.Correction) { c.Of, c.N, c.Field = "identity", 2, "surname" })},
			{"no_such_field", caseworker, with(func(c *ees.Correction) { c.Of, c.Field = "refusal", "annulled" })},
			{"sex_code", caseworker, with(func(c *ees.Correction) { c.Of, c.Field, c.Old, c.New = "identity", "sex", "M", "Q" })},
			{"visa_not_checked", caseworker, ees.CorrectionRequest{File: rec.File, Changes: []ees.Correction{visa("visa_days", "30", "20")}}},
			{"visa_ends_before_it_begins", caseworker, ees.CorrectionRequest{File: rec.File, VisaChecked: true, Changes: []ees.Correction{visa("visa_valid_until", "2027-03-31", "2026-11-30")}}},
			{"reason_missing", caseworker, ees.CorrectionRequest{File: rec.File, Why: "  ", Changes: []ees.Correction{entry}}},
		} {
			_, err := b.tryCorrect(c.who, c.req, 0)
			b.refusedWith(err, law.Code(c.code))
		}
		if _, err := b.tryCorrect(caseworker, ees.CorrectionRequest{File: rec.File, Changes: []ees.Correction{entry}}, 7); err == nil {
			b.Error("a version that is not the file's")
		}
		if !slices.Equal(before, b.rows(rec.File)) {
			b.Error("a refused correction left something behind")
		}
		// Spain could check the entry without asking, and answers for what it did.
		req := ees.CorrectionRequest{File: rec.File, Changes: []ees.Correction{entry}, WithoutConsulting: true}
		if v, err := b.tryCorrect(of("ESP"), req, 0); err != nil || v.State != "ESP" {
			b.Errorf("%+v, %v", v, err)
		}
		v, err := b.tryCorrect(caseworker, ees.CorrectionRequest{File: rec.File, VisaChecked: true, Changes: []ees.Correction{visa("visa_days", "30", "20")}}, 0)
		if err != nil || len(v.Differences) != 1 || v.Differences[0].After != "2026-12-28" {
			b.Errorf("%+v, %v", v, err)
		}
	})
}

// Art 35(3): where the Visa Information System is connected, it is asked, and
// nothing is corrected to what it does not say.
func TestArt35_3_VisaDataAreCheckedInTheVISFirst(t *testing.T) {
	onBoth(t, func(b *border) {
		rec := b.enter("2026-12-10 09:00", mehmetWithVisa())
		b.at("2026-12-20 09:00")
		b.register.Visas = vis{visa: ees.VisaOnRecord{Sticker: "V1", Issuer: "FRA", Type: person.VisaC, ValidFrom: day("2026-12-01"), ValidTo: day("2027-03-31"), Days: 20}}
		days := func(new string) error {
			_, err := b.tryCorrect(caseworker, ees.CorrectionRequest{File: rec.File, VisaChecked: true, Changes: []ees.Correction{{Of: "record", N: 1, Field: "visa_days", Old: "30", New: new}}}, 0)
			return err
		}
		b.refusedWith(days("25"), "visa_recorded_otherwise")
		_, err := b.tryCorrect(caseworker, ees.CorrectionRequest{File: rec.File, Changes: []ees.Correction{{Of: "record", N: 1, Field: "visa_number", Old: "V1", New: "V2"}}}, 0)
		b.refusedWith(err, "visa_not_found")
		if err := days("20"); err != nil {
			b.Error(err)
		}
	})
}
