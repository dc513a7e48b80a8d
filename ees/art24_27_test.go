package ees_test

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"limen/access"
	"limen/ees"
	"limen/law"
)

func office(kind access.Kind) access.Principal {
	return access.Principal{Officer: "officer", Channel: "token", Authority: access.Authority{Kind: kind, State: "FRA", Name: "Office"}}
}

// asking runs an operation for a purpose, with a case.
func asking[T any](b *border, kind access.Kind, purpose access.Purpose, op access.Op, fn func(access.Pass) (T, error)) (T, error) {
	return access.Run(context.Background(), b.door, access.Request{Principal: office(kind), Op: op, Purpose: purpose, Case: "2026/1"}, fn)
}

// holds tells whether a type has a place, at any depth, for a value of another.
func holds(in, what reflect.Type) bool {
	switch in.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return in == what || holds(in.Elem(), what)
	case reflect.Struct:
		if in == what {
			return true
		}
		for i := range in.NumField() {
			if holds(in.Field(i).Type, what) {
				return true
			}
		}
	}
	return in == what
}

// EES-050: what an authority receives is a type of its own, and a type has no
// place for data that the access rules do not give to its purpose: the
// calculator for identification, programmes and the ETIAS National Units, and
// anything of the person for the answers of yes or no.
func TestArt24_27_TypesHoldNoMoreThanTheRulesGive(t *testing.T) {
	stay, intended := reflect.TypeFor[ees.StayView](), reflect.TypeFor[ees.IntendedView]()
	record, refusal, identity := reflect.TypeFor[ees.RecordView](), reflect.TypeFor[ees.RefusalView](), reflect.TypeFor[ees.TravellerName]()
	for _, c := range []struct {
		answer                    reflect.Type
		calculator, records, file bool
	}{
		{reflect.TypeFor[ees.FileView](), true, true, true},
		{reflect.TypeFor[ees.InlandFile](), true, true, true},
		{reflect.TypeFor[ees.VisaFile](), true, true, true},
		{reflect.TypeFor[ees.IdentifiedFile](), false, true, true},
		{reflect.TypeFor[ees.ProgrammeFile](), false, true, true},
		{reflect.TypeFor[ees.EtiasNationalFile](), false, true, true},
		{reflect.TypeFor[ees.EtiasFacts](), false, false, false},
		{reflect.TypeFor[ees.ScreeningFacts](), false, false, false},
	} {
		for what, has := range map[reflect.Type]bool{stay: c.calculator, record: c.records, refusal: c.records, identity: c.file} {
			if holds(c.answer, what) != has {
				t.Errorf("%s has a place for %s: %v, want %v", c.answer, what, !has, has)
			}
		}
		if holds(c.answer, intended) && !c.calculator {
			t.Errorf("%s has a place for intended stays", c.answer)
		}
	}
	for i := range reflect.TypeFor[ees.EtiasFacts]().NumField() {
		if f := reflect.TypeFor[ees.EtiasFacts]().Field(i); f.Type.Kind() != reflect.Bool {
			t.Errorf("EtiasFacts.%s is a %s and not a yes or no", f.Name, f.Type)
		}
	}
}

// Each authority of articles 24 to 27 reads the file by the operation of its
// purpose and by no other one's. EES-050.
func TestArt24_27_EachPurposeReadsItsOwnWay(t *testing.T) {
	onBoth(t, func(b *border) {
		ref := b.enter("2026-05-01 09:00", anna()).File
		reads := map[access.Op]func(access.Pass) (any, error){
			ees.OpReadFile:         func(p access.Pass) (any, error) { return b.register.ReadFile(p, ref) },
			ees.OpReadIdentified:   func(p access.Pass) (any, error) { return b.register.ReadIdentified(p, ref) },
			ees.OpReadInland:       func(p access.Pass) (any, error) { return b.register.ReadInland(p, ref) },
			ees.OpReadForVisa:      func(p access.Pass) (any, error) { return b.register.ReadForVisa(p, ref, ees.IntendedDates{}) },
			ees.OpReadForProgramme: func(p access.Pass) (any, error) { return b.register.ReadForProgramme(p, ref) },
			ees.OpReadForEtias:     func(p access.Pass) (any, error) { return b.register.ReadForEtias(p, ref) },
		}
		for _, c := range []struct {
			kind    access.Kind
			purpose access.Purpose
			op      access.Op
			stay    bool
		}{
			{access.Border, access.BorderCheck, ees.OpReadFile, true},
			{access.Border, access.Identification, ees.OpReadIdentified, false},
			{access.Immigration, access.Identification, ees.OpReadIdentified, false},
			{access.Immigration, access.InlandCheck, ees.OpReadInland, true},
			{access.Visa, access.VisaExamination, ees.OpReadForVisa, true},
			{access.Visa, access.VisaPartialState, ees.OpReadForVisa, true},
			{access.Facilitation, access.FacilitationProgramme, ees.OpReadForProgramme, false},
			{access.EtiasNational, access.EtiasNationalReview, ees.OpReadForEtias, false},
		} {
			for op, read := range reads {
				got, err := asking(b, c.kind, c.purpose, op, read)
				if op != c.op {
					refused(b.T, err, "not_granted")
					continue
				}
				if err != nil {
					b.Fatal(err)
				}
				text, err := json.Marshal(got)
				if err != nil {
					b.Fatal(err)
				}
				if has := strings.Contains(string(text), `"days_remaining"`); has != c.stay || !strings.Contains(string(text), `"records"`) {
					b.Errorf("%s for %s receives the calculator: %v, want %v", c.kind, c.purpose, has, c.stay)
				}
			}
		}
	})
}

// Art 24(2): a visa authority finds a file by the sticker of a visa used, and is
// told the longest stay possible on the dates intended (art 11(2)); nobody else
// has this key. EES-050.
func TestArt24_2_VisaAuthority(t *testing.T) {
	onBoth(t, func(b *border) {
		req := mehmet()
		req.Visa = &ees.VisaInput{Number: "V100", Issuer: "FRA", ValidFrom: day("2026-05-01"), ValidUntil: day("2026-10-30"), Days: 90}
		ref := b.enter("2026-05-01 09:00", req).File
		b.leave("2026-06-14 09:00", req) // 45 days
		query := ees.FileQuery{Visa: "V100", VisaIssuer: "FRA", On: day("2026-06-15")}
		for _, issuer := range []string{"FRA", ""} {
			query.VisaIssuer = issuer
			found, err := asking(b, access.Visa, access.VisaExamination, ees.OpSearchFiles, func(p access.Pass) (ees.FileList, error) { return b.register.SearchFiles(p, query) })
			if err != nil || len(found.Files) != 1 || found.Files[0].Ref != ref {
				b.Fatalf("%+v, %v", found, err)
			}
		}
		query.VisaIssuer = "ESP"
		if other, err := asking(b, access.Visa, access.VisaExamination, ees.OpSearchFiles, func(p access.Pass) (ees.FileList, error) { return b.register.SearchFiles(p, query) }); err != nil || len(other.Files) != 0 {
			b.Fatalf("%+v, %v", other, err)
		}
		_, err := asking(b, access.Facilitation, access.FacilitationProgramme, ees.OpSearchFiles, func(p access.Pass) (ees.FileList, error) { return b.register.SearchFiles(p, query) })
		refused(b.T, err, "key_not_granted")

		read := func(dates ees.IntendedDates) (ees.VisaFile, error) {
			return asking(b, access.Visa, access.VisaExamination, ees.OpReadForVisa, func(p access.Pass) (ees.VisaFile, error) { return b.register.ReadForVisa(p, ref, dates) })
		}
		v, err := read(ees.IntendedDates{Entry: day("2026-07-01"), Exit: day("2026-08-20")})
		if err != nil {
			b.Fatal(err)
		}
		// 45 of 90 days are used; none leaves the period before October.
		if v.Intended == nil || v.Intended.MaximumDays != 45 || v.Intended.LastDay == nil || *v.Intended.LastDay != day("2026-08-14") || v.Intended.Suffices || len(v.Intended.Reasons) == 0 {
			b.Fatalf("%+v", v.Intended)
		}
		_, err = read(ees.IntendedDates{Entry: day("2026-07-01"), Exit: day("2026-06-30")})
		refused(b.T, err, "exit_before_entry")
		_, err = read(ees.IntendedDates{Exit: day("2026-06-30")})
		refused(b.T, err, "no_day")
	})
}

func asked(req ees.CheckRequest) ees.PersonQuery {
	return ees.PersonQuery{Identity: *req.Identity, Document: *req.Document}
}

// Art 25a: the travel authorisation system is told yes or no and nothing else:
// on the list now, an overstay before, a refusal. Somebody unknown gets the same
// answer as somebody of whom nothing speaks. Another person's document does not
// make one an overstayer.
func TestArt25a_FactsOnly(t *testing.T) {
	onBoth(t, func(b *border) {
		facts := func(q ees.PersonQuery) ees.EtiasFacts {
			b.Helper()
			f, err := asking(b, access.EtiasCentral, access.EtiasExamination, ees.OpEtiasFacts, func(p access.Pass) (ees.EtiasFacts, error) { return b.register.EtiasFacts(p, q) })
			if err != nil {
				b.Fatal(err)
			}
			return f
		}
		b.enter("2026-05-01 09:00", anna())
		if f := facts(asked(anna())); f != (ees.EtiasFacts{}) {
			b.Errorf("a lawful stay: %+v", f)
		}
		if f := facts(asked(traveller("NOBODY", "AT ALL", "1970-01-01", "M", "CAN", "ZZ1"))); f != (ees.EtiasFacts{}) {
			b.Errorf("nobody: %+v", f)
		}
		b.at("2026-08-02 09:00")
		if n, err := b.register.FlagOverstayers(context.Background(), b.door, nil); err != nil || n != 1 {
			b.Fatal(n, err)
		}
		if f := facts(asked(anna())); f != (ees.EtiasFacts{Overstayer: true}) {
			b.Errorf("on the list: %+v", f)
		}
		other := asked(anna())
		other.Identity.Surname, other.Identity.BirthDate = "TREMBLAY", "1950-01-01"
		if f := facts(other); f != (ees.EtiasFacts{}) {
			b.Errorf("another person with the document: %+v", f)
		}
		b.leave("2026-08-03 09:00", anna())
		if f := facts(asked(anna())); f != (ees.EtiasFacts{HasOverstayed: true}) {
			b.Errorf("after a late exit: %+v", f)
		}
		if _, err := b.tryRefuse(ees.RefusalRequest{CheckID: b.at("2026-08-04 09:00").check(anna()).CheckID, Reasons: []ees.RefusalReason{"E"}}); err != nil {
			b.Fatal(err)
		}
		if f := facts(asked(anna())); f != (ees.EtiasFacts{HasOverstayed: true, Refused: true}) {
			b.Errorf("after a refusal: %+v", f)
		}
	})
}

// Art 24a: screening authorities may ask from 2026-06-12 on, and are told the
// grounds of security alone.
func TestArt24a_ScreeningFacts(t *testing.T) {
	onBoth(t, func(b *border) {
		ask := func() (ees.ScreeningFacts, error) {
			return asking(b, access.Screening, access.ScreeningCheck, ees.OpScreening, func(p access.Pass) (ees.ScreeningFacts, error) {
				return b.register.ScreeningFacts(p, asked(anna()))
			})
		}
		_, err := func() (ees.ScreeningFacts, error) { b.at("2026-06-11 23:00"); return ask() }()
		if r := refused(b.T, err, "screening_not_yet"); r.Kind != law.NotPermitted {
			b.Errorf("%v", r.Kind)
		}
		b.at("2026-06-12 00:10")
		if f, err := ask(); err != nil || f.Known || f.RefusedOnSecurity {
			b.Fatalf("%+v, %v", f, err)
		}
		for _, refusal := range []struct {
			moment  string
			letters []ees.RefusalReason
		}{{"2026-06-12 08:00", []ees.RefusalReason{"E"}}, {"2026-06-13 08:00", []ees.RefusalReason{"I", "G"}}} {
			req := anna()
			req.Biometrics = &ees.Biometrics{Face: "captured", Fingerprints: "captured"}
			if _, err := b.tryRefuse(ees.RefusalRequest{CheckID: b.at(refusal.moment).check(req).CheckID, Reasons: refusal.letters}); err != nil {
				b.Fatal(err)
			}
		}
		f, err := ask()
		if err != nil || !f.Known || f.Overstayer || !f.RefusedOnSecurity || !slices.Equal(f.Grounds, []ees.RefusalReason{"I"}) {
			b.Fatalf("%+v, %v", f, err)
		}
	})
}
