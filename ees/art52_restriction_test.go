package ees_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"limen/access"
	"limen/ees"
	"limen/law"
)

func (b *border) tryRestrict(req ees.RestrictRequest) (ees.RestrictView, error) {
	return run(b, caseworker, ees.OpRestrict, func(p access.Pass) (ees.RestrictView, error) { return b.register.RestrictFile(p, req, 0) })
}

// A restricted file is stored, shown at the border with the restriction, and
// opened for no other authority; lifting it needs that the person was told.
func TestArt18_RestrictedFileIsStoredOnly(t *testing.T) {
	onBoth(t, func(b *border) {
		rec := b.enter("2026-06-01 09:00", anna())
		b.at("2026-09-20 09:00")
		if _, err := b.register.FlagOverstayers(b.Context(), b.door, nil); err != nil {
			b.Fatal(err)
		}
		for _, lift := range []bool{false, true} {
			if v, err := b.tryRestrict(ees.RestrictRequest{File: rec.File, Lift: lift, Told: lift, Why: "the entry is disputed"}); err != nil || (v.Restriction == nil) != lift {
				b.Errorf("%+v, %v", v, err)
			}
			type reading = func(p access.Pass) error
			for _, c := range []struct {
				kind    access.Kind
				purpose access.Purpose
				op      access.Op
				read    reading
				open    bool
			}{
				{access.Border, access.BorderCheck, ees.OpReadFile, func(p access.Pass) error { _, err := b.register.ReadFile(p, rec.File); return err }, true},
				{access.Border, access.Identification, ees.OpReadIdentified, func(p access.Pass) error { _, err := b.register.ReadIdentified(p, rec.File); return err }, true},
				{access.Immigration, access.RightsRequest, ees.OpExportFile, func(p access.Pass) error { _, err := b.register.ExportFile(p, rec.File); return err }, true},
				{access.Immigration, access.InlandCheck, ees.OpReadInland, func(p access.Pass) error { _, err := b.register.ReadInland(p, rec.File); return err }, false},
				{access.Visa, access.VisaExamination, ees.OpReadForVisa, func(p access.Pass) error {
					_, err := b.register.ReadForVisa(p, rec.File, ees.IntendedDates{})
					return err
				}, false},
				{access.Facilitation, access.FacilitationProgramme, ees.OpReadForProgramme, func(p access.Pass) error { _, err := b.register.ReadForProgramme(p, rec.File); return err }, false},
				{access.EtiasCentral, access.EtiasExamination, ees.OpEtiasFacts, func(p access.Pass) error {
					_, err := b.register.EtiasFacts(p, ees.PersonQuery{Identity: *anna().Identity, Document: *anna().Document})
					return err
				}, false},
			} {
				who := caseworker
				who.Authority.Kind = c.kind
				_, err := access.Run(b.Context(), b.door, access.Request{Principal: who, Op: c.op, Purpose: c.purpose, Case: "1"},
					func(p access.Pass) (int, error) { return 0, c.read(p) })
				if c.open || lift {
					if err != nil {
						b.Errorf("%s, lifted %v: %v", c.purpose, lift, err)
					}
					continue
				}
				b.refusedWith(err, "file_restricted")
			}
			found, err := access.Run(b.Context(), b.door, access.Request{Principal: caseworker, Op: ees.OpSearchFiles, Purpose: access.InlandCheck},
				func(p access.Pass) (ees.FileList, error) {
					return b.register.SearchFiles(p, ees.FileQuery{Document: "CA884411", Issuer: "CAN"})
				})
			if err != nil || len(found.Files) != 1 || found.Files[0].Restricted == lift || (found.Files[0].Surname != "") != lift {
				b.Errorf("lifted %v: the search finds %+v, %v", lift, found, err)
			}
			list, err := access.Run(b.Context(), b.door, access.Request{Principal: caseworker, Op: ees.OpListOverstayers, Purpose: access.InlandCheck},
				func(p access.Pass) (ees.OverstayerList, error) {
					return b.register.ListOverstayers(p, ees.OverstayerQuery{Limit: 10})
				})
			if err != nil || (len(list.Overstayers) == 1) != lift || (list.Restricted == 1) == lift {
				b.Errorf("lifted %v: the list has %+v, %v", lift, list, err)
			}
			leaves := anna()
			leaves.Direction = ees.Exit
			c := b.check(leaves)
			if has := slices.ContainsFunc(c.Findings, func(r law.Reason) bool { return r.Code == "file_restricted" }); has == lift || c.File == nil {
				b.Errorf("lifted %v: the guard is told %v", lift, has)
			}
			_, err = b.tryRestrict(ees.RestrictRequest{File: rec.File, Lift: lift, Told: true, Why: "again, by mistake"})
			b.refusedWith(err, map[bool]law.Code{false: "restricted_already", true: "not_restricted"}[lift])
			if !lift {
				_, err := b.tryRestrict(ees.RestrictRequest{File: rec.File, Lift: true, Why: "the data were right"})
				b.refusedWith(err, "person_not_told")
			}
		}
	})
}

// The copy for the person has everything that is recorded, in words.
func TestArt52_1_CopyOfTheData(t *testing.T) {
	onBoth(t, func(b *border) {
		who := mehmetWithVisa()
		file := b.enter("2026-12-10 09:00", who).File
		b.leave("2027-01-14 09:00", who)
		b.at("2027-01-20 09:00")
		b.correct(file, ees.Correction{Of: "identity", N: 1, Field: "first_names", Old: "MEHMET", New: "MEHMED"})
		c, err := run(b, caseworker, ees.OpExportFile, func(p access.Pass) (ees.PersonCopy, error) { return b.register.ExportFile(p, file) })
		if err != nil {
			b.Fatal(err)
		}
		for _, want := range []string{"YILMAZ, MEHMED", "1979-10-30", "U7788990", "entry 2026-12-10 FRCDG; exit 2027-01-14 FRCDG", "visa V1 of France", "authorised until 2027-01-08",
			"overstay: 6 days", "corrected, by Préfecture de police (France)", "Visa authorities", "Article 54", "Kept until 2030-01-15"} {
			if !strings.Contains(c.Text, want) {
				b.Errorf("the text does not say %q", want)
			}
		}
		if len(c.File.Records) != 1 || len(c.Amendments) != 1 || len(c.Recipients) == 0 || c.KeptUntil == nil {
			b.Errorf("%+v", c)
		}
		if _, err := json.Marshal(c); err != nil {
			b.Error(err)
		}
		if t.Failed() {
			b.Log(c.Text)
		}
	})
}
