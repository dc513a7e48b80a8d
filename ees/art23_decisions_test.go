package ees_test

import (
	"context"
	"slices"
	"testing"

	"limen/access"
	"limen/ees"
	"limen/interop/cir"
	"limen/person"
)

// Naming a candidate weighs that file's stay: ninety days used are not forgotten
// because the name is spelt otherwise on the new passport.
func TestArt23_ANamedCandidateIsWeighed(t *testing.T) {
	onBoth(t, func(b *border) {
		first := b.enter("2026-01-01 08:00", anna())
		b.leave("2026-03-31 08:00", anna())
		other := anna()
		other.Identity.Surname, other.Document.Number = "PELETIER", "XX99"
		c := b.at("2026-04-05 08:00").check(other)
		req := ees.CrossingRequest{CheckID: c.CheckID, File: string(first.File)}
		_, err := b.tryCross(req)
		refused(b.T, err, "admission_against_findings")
		req.Despite = "humanitarian: father in hospital"
		r, err := b.tryCross(req)
		if err != nil || r.Despite != req.Despite || r.Against != "F" {
			b.Fatalf("%+v, %v", r, err)
		}
		f := b.file(first.File)
		if len(f.Identities) != 1 || len(f.Documents) != 2 {
			b.Fatalf("%d identities, %d documents", len(f.Identities), len(f.Documents))
		}
	})
}

// Spec 3.1: several legitimate identities live in one file. A renamed traveller
// is decided once and found the next time.
func TestArt16_1_RenamedTravellerIsKnownTheNextTime(t *testing.T) {
	onBoth(t, func(b *border) {
		first := b.enter("2026-11-01 08:00", anna())
		b.leave("2026-11-02 08:00", anna())
		married := anna()
		married.Identity.Surname = "ZIMMERMANN"
		c := b.at("2026-11-05 08:00").check(married)
		if !found(c, "document_of_another_identity") || c.Proposal != ees.SecondLine {
			b.Fatalf("%+v", c.Findings)
		}
		if _, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID, File: string(first.File)}); err != nil {
			b.Fatal(err)
		}
		married.Direction = ees.Exit
		if c := b.at("2026-11-06 08:00").check(married); c.File == nil || c.File.Ref != first.File || c.Proposal != ees.Admit {
			b.Fatalf("%+v %s", c.File, c.Proposal)
		}
	})
}

// Art 18(1): somebody on another's passport is refused under a file of their own,
// and the rightful owner's file stays clean.
func TestArt18_1_ImpostorHasAFileOfTheirOwn(t *testing.T) {
	onBoth(t, func(b *border) {
		first := b.enter("2026-11-01 08:00", anna())
		b.leave("2026-11-02 08:00", anna())
		impostor := anna()
		impostor.Identity = &ees.IdentityInput{Surname: "KRAVCHENKO", FirstNames: "OLGA", BirthDate: "1991-07-07", Sex: "F", Nationalities: []string{"CAN"}}
		c := b.at("2026-11-05 08:00").check(impostor)
		r, err := b.tryRefuse(ees.RefusalRequest{CheckID: c.CheckID, File: "new", Reasons: []ees.RefusalReason{"B"}, WithoutThem: "impossible"})
		if err != nil || r.File == first.File {
			b.Fatalf("%+v, %v", r, err)
		}
		if f := b.file(first.File); len(f.Refusals) != 0 {
			b.Fatalf("the owner's file has %d refusals", len(f.Refusals))
		}
	})
}

// Two booths, one traveller, one of them with a slip of the key: still one file.
func TestArt14_2_OnePersonOneFileDespiteASlip(t *testing.T) {
	onBoth(t, func(b *border) {
		slip := anna()
		slip.Document.Expiry = day("2033-01-02")
		one, two := b.at("2026-11-03 08:00").check(anna()), b.check(slip)
		b.cross(one)
		_, err := b.tryCross(ees.CrossingRequest{CheckID: two.CheckID})
		refused(b.T, err, "file_found_meanwhile")
	})
}

// A stay that a later entry ended does not grow, and is no overstay by itself.
func TestArt20_EndedStayDoesNotGrow(t *testing.T) {
	onBoth(t, func(b *border) {
		first := b.enter("2026-03-01 08:00", anna())
		b.enter("2026-04-01 08:00", anna())
		b.leave("2026-04-10 08:00", anna())
		b.at("2026-11-22 08:00")
		if r := b.file(first.File).Records[0]; r.State != "CLOSED" || r.OverstayDays != 0 || !r.EndedWithoutExit {
			b.Fatalf("%+v", r)
		}
		if n := b.flag(); n != 0 {
			b.Fatalf("flagged %d", n)
		}
	})
}

// EES-041: an exit that a buffer tells after the next entry closes the stay it
// belongs to, and the presumption goes.
func TestArt21_1_LateExitClosesTheEarlierStay(t *testing.T) {
	onBoth(t, func(b *border) {
		first := b.enter("2026-11-01 08:00", anna())
		b.enter("2026-11-22 08:00", anna())
		exit := anna()
		moment := b.clock.Now().AddDate(0, 0, -17)
		exit.Direction, exit.At, exit.Origin = ees.Exit, &moment, ees.NUIBuffer
		c := b.check(exit)
		if !found(c, "later_entry_recorded") {
			b.Fatalf("%+v", c.Findings)
		}
		r := b.cross(c)
		if r.RecordID != first.RecordID || r.Exit == nil || r.Exit.On != day("2026-11-05") || r.EndedWithoutExit {
			b.Fatalf("%+v", r)
		}
		f := b.file(first.File)
		if f.Stay.DaysUsed != 6 || f.Records[1].State != "OPEN" {
			b.Fatalf("%d days used, %+v", f.Stay.DaysUsed, f.Records[1])
		}
	})
}

// E28, EES-011: a visa that follows another carries the stay on; entries belong to
// the visa of the entry.
func TestArt16_3_VisaThatFollowsAnother(t *testing.T) {
	onBoth(t, func(b *border) {
		who := mehmet()
		who.Visa = &ees.VisaInput{Number: "FRA1", Issuer: "FRA", ValidFrom: day("2026-10-01"), ValidUntil: day("2026-10-31"), Days: 10, Entries: 1}
		b.enter("2026-10-05 08:00", who)
		who.Visa = &ees.VisaInput{Number: "FRA2", Issuer: "FRA", ValidFrom: day("2026-10-10"), ValidUntil: day("2026-12-31"), Days: 30, Entries: 0}
		out := b.leave("2026-10-20 08:00", who)
		if out.OverstayDays != 0 || out.OverstayClass != "" || out.ExitVisa == nil || out.ExitVisa.Sticker != "FRA2" || out.Visa.Sticker != "FRA1" {
			b.Fatalf("%+v", out)
		}
		who.Direction, who.Visa = ees.Entry, &ees.VisaInput{Number: "FRA1", Issuer: "FRA", ValidFrom: day("2026-10-01"), ValidUntil: day("2026-10-31"), Days: 10, Entries: 1}
		if c := b.at("2026-10-22 08:00").check(who); !found(c, "entries_exhausted") {
			b.Fatalf("%+v", c.Findings)
		}
	})
}

// Of a visa-required person outside, only the days used are known.
func TestArt11_NoStayWithoutTheVisa(t *testing.T) {
	onBoth(t, func(b *border) {
		who := mehmet()
		who.Visa = &ees.VisaInput{Number: "FRA1", Issuer: "FRA", ValidFrom: day("2026-10-01"), ValidUntil: day("2026-10-31"), Days: 10, Entries: 1}
		r := b.enter("2026-10-05 08:00", who)
		b.leave("2026-10-07 08:00", who)
		s := b.at("2026-10-09 08:00").file(r.File).Stay
		if s.Computed || s.LastDay != nil || s.DaysRemaining != 0 || s.DaysUsed != 3 {
			b.Fatalf("%+v", s)
		}
	})
}

// EES-001, EES-003, EES-042: what may not be stored is not stored.
func TestArt17_3_FingerprintsThatMayNotBeStored(t *testing.T) {
	taken := &ees.Biometrics{Face: "captured", Fingerprints: "captured"}
	onBoth(t, func(b *border) {
		child := traveller("PELLETIER", "LEO", "2018-02-11", "M", "CAN", "CC1")
		child.Biometrics = taken
		if f := b.file(b.enter("2026-11-01 08:00", child).File); f.Face != ees.FacePresent || f.Fingers != ees.FingersUnderTwelve {
			b.Errorf("a child: %s, %s", f.Face, f.Fingers)
		}
		visa := mehmet()
		visa.Biometrics = taken
		visa.Visa = &ees.VisaInput{Number: "FRA1", Issuer: "FRA", ValidFrom: day("2026-10-01"), ValidUntil: day("2026-12-31"), Days: 10, Entries: 1}
		if f := b.file(b.enter("2026-11-01 09:00", visa).File); f.Face != ees.FacePresent || f.Fingers != ees.FingersNotForVisa {
			b.Errorf("a visa holder: %s, %s", f.Face, f.Fingers)
		}
		byHand := anna()
		moment := b.clock.Now()
		byHand.At, byHand.Origin, byHand.Biometrics = &moment, ees.Manual, taken
		if f := b.file(b.cross(b.check(byHand)).File); f.Face != ees.FaceMissing || f.Fingers != ees.FingersMissing {
			b.Errorf("by hand: %s, %s", f.Face, f.Fingers)
		}
	})
}

// Ground A for somebody without any document: the file is made without one.
func TestArt18_1_RefusalWithoutADocument(t *testing.T) {
	onBoth(t, func(b *border) {
		req := anna()
		req.Document, req.NoDocument = nil, true
		c := b.at("2026-11-01 08:00").check(req)
		if c.Proposal != ees.Refuse || !slices.Contains(c.ProposedReasons, "A") || !found(c, "no_document") {
			b.Fatalf("%s %v", c.Proposal, c.ProposedReasons)
		}
		r, err := b.tryRefuse(ees.RefusalRequest{CheckID: c.CheckID, Reasons: []ees.RefusalReason{"A"}})
		if err != nil {
			b.Fatal(err)
		}
		if f := b.file(r.File); len(f.Documents) != 0 || len(f.Refusals) != 1 {
			b.Fatalf("%+v", f)
		}
	})
}

// A search by number alone finds the file, whoever issued the document.
func TestArt23_2_SearchByNumberAlone(t *testing.T) {
	onBoth(t, func(b *border) {
		r := b.enter("2026-11-01 08:00", anna())
		l, err := access.Run(t.Context(), b.door, access.Request{Principal: guard, Op: ees.OpSearchFiles, Purpose: access.BorderCheck},
			func(p access.Pass) (ees.FileList, error) {
				return b.register.SearchFiles(p, ees.FileQuery{Document: "ca884411"})
			})
		if err != nil || len(l.Files) != 1 || l.Files[0].Ref != r.File {
			b.Fatalf("%+v, %v", l, err)
		}
	})
}

// A crossing that was just recorded is seen at the check, not only after it; a
// check that was erased is still known to have decided.
func TestArt16_2_WhatWasRecordedIsTold(t *testing.T) {
	onBoth(t, func(b *border) {
		c := b.at("2026-11-01 08:00").check(anna())
		b.cross(c)
		if again := b.at("2026-11-01 08:02").check(anna()); !found(again, "crossing_already_recorded") || found(again, "entry_still_open") {
			b.Fatalf("%+v", again.Findings)
		}
		b.at("2026-11-01 10:00")
		if n, err := b.register.PurgeChecks(t.Context(), b.door); err != nil || n < 2 {
			b.Fatalf("purged %d, %v", n, err)
		}
		_, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID})
		refused(b.T, err, "check_already_decided")
	})
}

// The gravest finding stands first.
func TestArt23_GravestFindingFirst(t *testing.T) {
	onBoth(t, func(b *border) {
		req := anna()
		req.Document.Expiry = day("2026-10-01")
		if c := b.at("2026-11-01 08:00").check(req); c.Findings[0].Code != "document_expired" {
			b.Fatalf("%+v", c.Findings)
		}
	})
}

// Many booths at once, one unknown traveller: one file, and everybody else is told.
func TestArt14_2_ManyBoothsOnePerson(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-11-03 08:00")
		checks := make([]ees.Check, 12)
		for i := range checks {
			checks[i] = b.check(anna())
		}
		results := make(chan error, len(checks))
		for _, c := range checks {
			go func() {
				_, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID})
				results <- err
			}()
		}
		admitted := 0
		for range checks {
			if err := <-results; err == nil {
				admitted++
			} else {
				refused(b.T, err, "file_found_meanwhile")
			}
		}
		if admitted != 1 {
			b.Fatalf("%d entries recorded", admitted)
		}
		known := make([]ees.Check, 12)
		b.leave("2026-11-04 08:00", anna())
		b.at("2026-11-05 08:00")
		for i := range known {
			known[i] = b.check(anna())
		}
		for _, c := range known {
			go func() {
				_, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID})
				results <- err
			}()
		}
		admitted = 0
		for range known {
			if err := <-results; err == nil {
				admitted++
			} else {
				refused(b.T, err, "file_changed")
			}
		}
		if admitted != 1 {
			b.Fatalf("%d entries recorded of a known traveller", admitted)
		}
	})
}

// vis is a Visa Information System of one visa and one person: fingerprints are
// those of a sticker, or of a surname.
type vis struct {
	visa   ees.VisaOnRecord
	holder cir.Identity
}

func (v vis) VisaBySticker(_ context.Context, _ access.Pass, number person.DocumentNumber, issuer person.State) (ees.VisaOnRecord, bool, error) {
	return v.visa, number == v.visa.Sticker && issuer == v.visa.Issuer, nil
}

func (v vis) VerifyFingers(_ context.Context, _ access.Pass, _ person.DocumentNumber, _ person.State, fingers []byte) (bool, error) {
	return string(fingers) == "fingers of "+string(v.visa.Sticker), nil
}

func (v vis) SearchTraveller(_ context.Context, _ access.Pass, id cir.Identity, _ person.Document) (cir.Identity, bool, error) {
	return v.holder, v.holder.Name == id.Name, nil
}

func (v vis) IdentifyFingers(_ context.Context, _ access.Pass, fingers []byte) (cir.Identity, bool, error) {
	return v.holder, string(fingers) == "fingers of "+v.holder.Name.Surname, nil
}

// Art 23(4): where a Visa Information System is connected, it says what the visa
// is, whatever was typed; a visa that it does not know is none.
func TestArt23_4_TheVisaIsWhatTheVISHolds(t *testing.T) {
	onBoth(t, func(b *border) {
		b.register.Visas = vis{visa: ees.VisaOnRecord{Sticker: "FRA1", Issuer: "FRA", Type: person.VisaC, ValidFrom: day("2026-10-01"), ValidTo: day("2026-11-30"), Days: 7, Entries: 1}}
		who := mehmet()
		who.Visa = &ees.VisaInput{Number: "FRA1", Issuer: "FRA", ValidFrom: day("2026-10-01"), ValidUntil: day("2026-12-31"), Days: 90, Entries: 0}
		if c := b.at("2026-11-01 08:00").check(who); c.Stay.DaysRemaining != 7 || c.Proposal != ees.Admit {
			b.Fatalf("%+v %s", c.Stay, c.Proposal)
		}
		who.Visa.Number = "FRA2"
		if c := b.check(who); c.Proposal != ees.Refuse || !found(c, "visa_missing") || c.Stay.DaysRemaining != 0 {
			b.Fatalf("%+v %s", c.Stay, c.Proposal)
		}
	})
}
