package ees_test

import (
	"context"
	"testing"

	"limen/db"
	"limen/ees"
	"limen/law"
)

// EES-005: the image of a chip is kept only after an electronic comparison with
// the live face, with the reason, and a grey one only from a chip.
func TestArt15_2_ChipImageNeedsAMatch(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-11-01 08:00")
		for _, w := range []struct {
			b    ees.Biometrics
			code law.Code
		}{
			{ees.Biometrics{Face: "chip"}, "chip_not_matched"},
			{ees.Biometrics{Face: "chip", ChipMatched: "not_matched", ChipReason: "camera broken"}, "chip_not_matched"},
			{ees.Biometrics{Face: "chip", ChipMatched: "not_done", ChipReason: "camera broken"}, "chip_not_matched"},
			{ees.Biometrics{Face: "chip", ChipMatched: "matched"}, "chip_reason_missing"},
			{ees.Biometrics{Face: "captured", Grey: true}, "grey_live_image"},
		} {
			who := anna()
			who.Biometrics = &w.b
			_, err := b.tryCheck(who)
			refused(b.T, err, w.code)
			_, err = b.tryCross(ees.CrossingRequest{CheckID: b.check(anna()).CheckID, Biometrics: &w.b})
			refused(b.T, err, w.code)
			_, err = b.tryRefuse(ees.RefusalRequest{CheckID: b.check(anna()).CheckID, Reasons: []ees.RefusalReason{"B"}, Biometrics: &w.b})
			refused(b.T, err, w.code)
		}
		who := anna()
		who.Biometrics = &ees.Biometrics{Face: "chip", ChipMatched: "matched", ChipReason: "the camera of the booth is broken", Grey: true, Fingerprints: "captured"}
		r := b.cross(b.check(who))
		if f := b.file(r.File); f.Face != ees.FacePresent || f.State != ees.FileActive {
			b.Fatalf("%+v", f)
		}
		// The reason stands in the file's own history, where the yearly report
		// (art 15(3)) counts it.
		var kind, note string
		err := b.store.Read(context.Background(), func(tx *db.Tx) error {
			return tx.Row(`SELECT kind, note FROM ees_amendment WHERE ref = $1`, string(r.File)).Scan(&kind, &note)
		})
		if err != nil || kind != "face_from_chip" || note != "the camera of the booth is broken" {
			b.Fatalf("%q %q %v", kind, note, err)
		}
	})
}

// EES-034, art 18(5): for ground J the chip is read without the live face that
// the traveller refuses.
func TestArt18_5_GroundJReadsTheChip(t *testing.T) {
	onBoth(t, func(b *border) {
		who := anna()
		who.Biometrics = &ees.Biometrics{Face: "chip", Fingerprints: "refused"}
		c := b.at("2026-11-01 08:00").check(who)
		r, err := b.tryRefuse(ees.RefusalRequest{CheckID: c.CheckID, Reasons: []ees.RefusalReason{"J"}})
		if err != nil {
			b.Fatal(err)
		}
		if f := b.file(r.File); f.Face != ees.FacePresent || f.Fingers != ees.FingersMissing {
			b.Fatalf("%s %s", f.Face, f.Fingers)
		}
		// At the crossing the same is a refusal to give biometrics.
		_, err = b.tryCross(ees.CrossingRequest{CheckID: b.check(who).CheckID})
		refused(b.T, err, "biometrics_refused")
	})
}

// EES-006: of a new document the face is taken or compared; the image of its
// chip, which has matched the live face, is such a face.
func TestArt14_2_NewDocumentWithTheFaceOfItsChip(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enrolled()
		renewed := anna()
		renewed.Document.Number = "CA999"
		_, err := b.tryCross(ees.CrossingRequest{CheckID: b.check(renewed).CheckID})
		refused(b.T, err, "face_needed")
		renewed.Biometrics = &ees.Biometrics{Face: "chip", ChipMatched: "matched", ChipReason: "camera broken"}
		if _, err := b.tryCross(ees.CrossingRequest{CheckID: b.check(renewed).CheckID}); err != nil {
			b.Fatal(err)
		}
	})
}

// Spec 5: a file that lacks biometrics says so, and stops saying so when they are
// taken; in the first sixty days that is allowed and told.
func TestArt17_StateOfTheFile(t *testing.T) {
	onBoth(t, func(b *border) {
		c := b.at("2025-12-10 08:00").check(anna())
		if !found(c, "biometrics_may_wait") {
			b.Fatalf("%+v", c.Findings)
		}
		ref := b.cross(c).File
		if f := b.file(ref); f.State != ees.FilePending || !f.NoSamples {
			b.Fatalf("%+v", f)
		}
		out := anna()
		out.Direction, out.Biometrics = ees.Exit, &ees.Biometrics{Face: "captured"}
		c = b.at("2025-12-12 08:00").check(out)
		if found(c, "biometrics_may_wait") {
			b.Fatalf("%+v", c.Findings)
		}
		b.cross(c)
		if f := b.file(ref); f.State != ees.FilePending {
			b.Fatalf("the face alone: %s", f.State)
		}
		in := anna()
		in.Biometrics = &ees.Biometrics{Fingerprints: "captured"}
		b.enter("2025-12-14 08:00", in)
		if f := b.file(ref); f.State != ees.FileActive || !f.NoSamples {
			b.Fatalf("%+v", f)
		}
		visa := mehmet()
		visa.Biometrics = &ees.Biometrics{Face: "captured"}
		visa.Visa = &ees.VisaInput{Number: "FRA1", Issuer: "FRA", ValidFrom: day("2025-10-01"), ValidUntil: day("2026-12-31"), Days: 10, Entries: 1}
		if f := b.file(b.enter("2025-12-15 09:00", visa).File); f.State != ees.FileActive {
			b.Fatalf("a visa holder has no fingerprints here: %s", f.State)
		}
	})
}
