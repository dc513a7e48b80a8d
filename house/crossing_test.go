package house

import (
	"testing"
	"time"

	"limen/access"
	"limen/db"
	"limen/ees"
	"limen/law"
)

// Acceptance: a traveller at the border, through the door of a whole house.

// exempt is a traveller who needs no visa, required one who does.
func exempt() ees.CheckRequest {
	return ees.CheckRequest{Direction: ees.Entry, CrossingPoint: "FRCDG",
		Document: &ees.DocumentInput{Type: "P", Number: "CA884411", Issuer: "CAN", Expiry: law.MustDate("2033-01-01")},
		Identity: &ees.IdentityInput{Surname: "PELLETIER", FirstNames: "ANNA", BirthDate: "1988-02-11", Sex: "F", Nationalities: []string{"CAN"}}}
}

func required() ees.CheckRequest {
	return ees.CheckRequest{Direction: ees.Entry, CrossingPoint: "FRCDG",
		Document: &ees.DocumentInput{Type: "P", Number: "U7788990", Issuer: "TUR", Expiry: law.MustDate("2033-01-01")},
		Identity: &ees.IdentityInput{Surname: "YILMAZ", FirstNames: "MEHMET", BirthDate: "1979-10-30", Sex: "M", Nationalities: []string{"TUR"}}}
}

func sticker(number string, days int) *ees.VisaInput {
	return &ees.VisaInput{Number: number, Issuer: "FRA", ValidFrom: law.MustDate("2026-05-01"), ValidUntil: law.MustDate("2026-10-31"), Days: days}
}

// guarded runs fn for a border guard and fails on any refusal.
func guarded[T any](p *play, op access.Op, once *db.Once, fn func(access.Pass) (T, error)) T {
	p.t.Helper()
	v, err := access.Run(p.t.Context(), p.Door, access.Request{Principal: as(access.Border), Op: op, Purpose: access.BorderCheck, Once: once}, fn)
	if err != nil {
		p.t.Fatal(err)
	}
	return v
}

func (p *play) check(req ees.CheckRequest) ees.Check {
	p.t.Helper()
	return guarded(p, ees.OpCheck, nil, func(pass access.Pass) (ees.Check, error) { return p.EES.Check(pass, req) })
}

func (p *play) cross(req ees.CheckRequest) ees.RecordView {
	p.t.Helper()
	c := p.check(req)
	return guarded(p, ees.OpRecordCrossing, nil, func(pass access.Pass) (ees.RecordView, error) {
		return p.EES.RecordCrossing(pass, ees.CrossingRequest{CheckID: c.CheckID})
	})
}

func (p *play) file(ref ees.FileRef) ees.FileView {
	p.t.Helper()
	return guarded(p, ees.OpReadFile, nil, func(pass access.Pass) (ees.FileView, error) { return p.EES.ReadFile(pass, ref) })
}

func (p *play) search(number, issuer string) []ees.FileMatch {
	p.t.Helper()
	return guarded(p, ees.OpSearchFiles, nil, func(pass access.Pass) (ees.FileList, error) {
		return p.EES.SearchFiles(pass, ees.FileQuery{Document: number, Issuer: issuer, On: law.MustDate("2026-05-20")})
	}).Files
}

// What a check has read is nowhere to be found before the guard decides, and
// there once after. EES-039.
func TestArt14_5_NothingIsRecordedBeforeTheDecision(t *testing.T) {
	onBothEngines(t, func(p *play) {
		for range 3 {
			p.check(exempt())
		}
		if found := p.search("CA884411", "CAN"); len(found) != 0 {
			p.t.Errorf("after three checks %d files are found", len(found))
		}
		p.cross(exempt())
		if found := p.search("CA884411", "CAN"); len(found) != 1 || !found[0].Inside {
			p.t.Errorf("after the crossing: %+v", found)
		}
	})
}

// Fingers that cannot be given are marked, asked for at the next crossing, and
// the mark goes when they are given. EES-004.
func TestArt17_4_TemporaryImpossibilityEnds(t *testing.T) {
	onBothEngines(t, func(p *play) {
		req := exempt()
		req.Biometrics = &ees.Biometrics{Face: "captured", Fingerprints: "temporarily_impossible"}
		ref := p.cross(req).File
		if got := p.file(ref).Fingers; got != ees.FingersTemporarilyNone {
			p.t.Fatalf("after an entry with a bandaged hand: %s", got)
		}
		p.clock.Advance(72 * time.Hour)
		req.Direction, req.Biometrics = ees.Exit, nil
		asked := false
		for _, what := range p.check(req).ToTake {
			asked = asked || what == "fingerprints"
		}
		if !asked {
			p.t.Error("the exit does not ask for the fingerprints")
		}
		req.Biometrics = &ees.Biometrics{Fingerprints: "captured"}
		p.cross(req)
		if got := p.file(ref).Fingers; got != ees.FingersPresent {
			p.t.Errorf("after the fingerprints were given: %s", got)
		}
	})
}

// Who leaves on another visa than the one used to enter has that visa in the
// record, with its days and entries. EES-011.
func TestArt16_3_ExitOnAnotherVisa(t *testing.T) {
	onBothEngines(t, func(p *play) {
		req := required()
		req.Visa = sticker("FRA111111", 30)
		entered := p.cross(req)
		if entered.Visa == nil || entered.Visa.Sticker != "FRA111111" {
			p.t.Fatalf("entry on %+v", entered.Visa)
		}
		p.clock.Advance(72 * time.Hour)
		req.Direction, req.Visa = ees.Exit, sticker("FRA222222", 45)
		left := p.cross(req)
		if left.RecordID != entered.RecordID || left.ExitVisa == nil || left.ExitVisa.Sticker != "FRA222222" || left.ExitVisa.Days != 45 || left.Visa.Sticker != "FRA111111" {
			p.t.Errorf("the record after the exit: %+v, visa %+v", left, left.Visa)
		}
	})
}

// A crossing written by hand comes in with its origin, and the file says that
// the biometrics are missing. EES-042.
func TestArt21_3_ManualCrossingLeavesBiometricsMissing(t *testing.T) {
	onBothEngines(t, func(p *play) {
		req := exempt()
		earlier := p.clock.Now().Add(-26 * time.Hour)
		req.At, req.Origin = &earlier, ees.Manual
		record := p.cross(req)
		if record.Origin != ees.Manual || record.Entry == nil || !record.Entry.At.Equal(earlier) {
			p.t.Errorf("the record: %+v", record)
		}
		if got := p.file(record.File).Face; got != ees.FaceMissing {
			p.t.Errorf("biometrics of the file: %s", got)
		}
	})
}

// What the Entry/Exit System creates stands in the identity repository once,
// although the guard's decision is sent twice (2019/817 art 19(1)). IOP-019.
func TestArt19_1_CreationIsMirroredOnce(t *testing.T) {
	onBothEngines(t, func(p *play) {
		c := p.check(exempt())
		once := &db.Once{Holder: "conformance", Key: "crossing-1", Digest: [32]byte{1}}
		var records []ees.RecordView
		for range 2 {
			records = append(records, guarded(p, ees.OpRecordCrossing, once, func(pass access.Pass) (ees.RecordView, error) {
				return p.EES.RecordCrossing(pass, ees.CrossingRequest{CheckID: c.CheckID})
			}))
		}
		if records[0].RecordID != records[1].RecordID {
			p.t.Errorf("the second answer is %s, the first %s", records[1].RecordID, records[0].RecordID)
		}
		for table, want := range map[string]int{"cir_dataset": 1, "cir_file": 1, "cir_identity": 1, "cir_document": 1, "cir_by_document": 1} {
			var n int
			err := p.Store.Read(t.Context(), func(tx *db.Tx) error { return tx.Row(`SELECT COUNT(*) FROM ` + table).Scan(&n) })
			if err != nil || n != want {
				p.t.Errorf("%s has %d rows, want %d (%v)", table, n, want, err)
			}
		}
		if f := p.file(records[0].File); len(f.Identities) != 1 || len(f.Documents) != 1 || f.CIRFile == "" {
			p.t.Errorf("the file: %+v", f)
		}
	})
}
