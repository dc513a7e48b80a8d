package ees_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"testing"

	"limen/access"
	"limen/db"
	"limen/ees"
	"limen/interop/bms"
	"limen/interop/bms/finger"
	"limen/interop/cir"
)

func (b *border) trySample(checkID string, version int, req ees.SampleRequest) (ees.SampleTaken, error) {
	ctx := b.register.SampleAhead(b.Context(), req)
	return access.Run(ctx, b.door, access.Request{Principal: b.guard, Op: ees.OpTakeSample},
		func(p access.Pass) (ees.SampleTaken, error) { return b.register.TakeSample(p, checkID, version, req) })
}

// sample takes a sample and wants all of it to pass.
func (b *border) sample(checkID string, req ees.SampleRequest) ees.SampleTaken {
	b.Helper()
	s, err := b.trySample(checkID, 0, req)
	if err != nil || len(s.Again) > 0 {
		b.Fatalf("%+v, %v", s, err)
	}
	return s
}

// portrait is an invented image.
func portrait(t *testing.T) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.SetGray(i%64, i/64, color.Gray{uint8(i * i)})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// liveFace is a face with its image and its vector, as a booth sends it.
func (b *border) liveFace(n, occasion uint64) []byte {
	b.Helper()
	v := invented(n).Face(occasion, 0.9)
	vector := make([]float32, len(v.Q))
	for i, x := range v.Q {
		vector[i] = float32(x)
	}
	body, err := json.Marshal(map[string]any{"face": map[string]any{"image": portrait(b.T), "model": v.Model, "vector": vector, "quality": 70}})
	if err != nil {
		b.Fatal(err)
	}
	return body
}

func (b *border) images(s *bms.Service, ref ees.FileRef, kind string) (all []cir.Image) {
	b.Helper()
	if _, err := run(b, guard, "test.enrol", func(p access.Pass) (bool, error) {
		var err error
		all, err = cir.Images(p, s.Seal(), cir.RecordRef(ref), cir.EES, kind)
		return true, err
	}); err != nil {
		b.Fatal(err)
	}
	return all
}

// EES-008, EES-030: what was taken during the check is in the new file with the
// decision: the images in the repository, the templates in the matching service,
// where they verify and are found at once; nothing waits any more. With the file
// all of it goes.
func TestArt17_1_SamplesEnterTheFileWithTheDecision(t *testing.T) {
	onBoth(t, func(b *border) {
		s := b.connect()
		c := b.at("2026-05-01 08:00").check(anna())
		face := b.liveFace(1, 1)
		taken := b.sample(c.CheckID, ees.SampleRequest{Face: face, Fingerprints: b.printsOf(1, 1)})
		if len(taken.Staged) != 2 || taken.Version != 1 || b.tally("ees_sample") != 2 || b.tally("bms_template") != 0 || b.tally("cir_image") != 0 {
			b.Fatalf("%+v", taken)
		}
		if b.store.Engine() == db.SQLite && (b.inBytes(string(portrait(b.T)[40:60])) || b.inBytes(`"Templates":`)) {
			b.Error("a sample waits in the clear")
		}
		ref := b.cross(c).File
		f := b.file(ref)
		if f.State != ees.FileActive || b.tally("ees_sample") != 0 || b.tally("bms_template") != 5 || b.tally("cir_image") != 1 {
			b.Fatalf("%s: %d wait, %d templates, %d images", f.State, b.tally("ees_sample"), b.tally("bms_template"), b.tally("cir_image"))
		}
		if all := b.images(s, ref, "face"); len(all) != 1 || !bytes.Equal(all[0].Bytes, portrait(b.T)) || all[0].Format != "image/png" || all[0].Quality != 70 {
			b.Errorf("%d images", len(all))
		}
		if b.store.Engine() == db.SQLite && b.inBytes(string(portrait(b.T)[40:60])) {
			b.Error("an image is kept in the clear")
		}
		out := anna()
		out.Direction = ees.Exit
		b.at("2026-05-20 08:00")
		p := b.step(b.check(out).Progress, ees.StepRequest{Face: b.liveFace(1, 2)}, "verified")
		b.step(b.check(traveller("MARTIN", "ANNA", "1988-02-11", "F", "CAN", "CB5")).Progress, ees.StepRequest{Fingerprints: b.printsOf(1, 2)}, "identified")
		if _, err := b.tryCross(ees.CrossingRequest{CheckID: p.CheckID}); err != nil {
			b.Fatal(err)
		}
		b.holds("2029-05-22 0 0 0")
		if b.tally("bms_template") != 0 || b.tally("cir_image") != 0 || b.tally("cir_biometric") != 0 {
			b.Error("something of the file is left")
		}
	})
}

// EES-031: what the file has is not taken twice; of a child no fingerprints, by hand
// nothing; a poor finger is to be taken again and the last capture of it counts.
// What no decision took goes when the check expires.
func TestArt17_WhatIsNotTaken(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-05-01 08:00")
		_, err := b.trySample(b.check(anna()).CheckID, 0, ees.SampleRequest{Face: []byte("x")})
		refused(b.T, err, "not_connected")
		b.connect()
		c := b.check(anna())
		_, err = b.trySample(c.CheckID, 0, ees.SampleRequest{})
		refused(b.T, err, "sample_empty")
		_, err = b.trySample(c.CheckID, 7, ees.SampleRequest{Face: b.liveFace(1, 1)})
		refused(b.T, err, "check_moved_on")
		_, err = b.trySample(c.CheckID, 0, ees.SampleRequest{Fingerprints: []byte("no print")})
		refused(b.T, err, "image_format_unknown")
		poor := invented(1).Prints(1)
		poor[1].Minutiae = poor[1].Minutiae[:4]
		record, err := finger.WriteISO(poor)
		if err != nil {
			b.Fatal(err)
		}
		s, err := b.trySample(c.CheckID, 0, ees.SampleRequest{Fingerprints: record})
		if err != nil || len(s.Again) != 1 || s.Again[0].Position != poor[1].Position || s.Again[0].Reason.Code != "too_few_minutiae" {
			b.Fatalf("%+v, %v", s, err)
		}
		again, err := finger.WriteISO(invented(1).Prints(2)[1:3])
		if err != nil {
			b.Fatal(err)
		}
		b.sample(c.CheckID, ees.SampleRequest{Fingerprints: again})
		b.sample(c.CheckID, ees.SampleRequest{Face: b.liveFace(1, 1)})
		ref := b.cross(c).File
		if n := b.tally("bms_template"); n != 5 {
			b.Errorf("%d templates", n)
		}
		b.at("2026-05-10 08:00")
		c = b.check(anna())
		for _, req := range []ees.SampleRequest{{Face: b.liveFace(1, 2)}, {Fingerprints: b.printsOf(1, 2)}} {
			_, err = b.trySample(c.CheckID, 0, req)
			refused(b.T, err, "sample_not_needed")
		}
		child := traveller("PELLETIER", "LEO", "2020-02-11", "M", "CAN", "CC1")
		_, err = b.trySample(b.check(child).CheckID, 0, ees.SampleRequest{Fingerprints: b.printsOf(4, 1)})
		refused(b.T, err, "no_fingerprints_of_a_child")
		byHand := mehmet()
		moment := b.clock.Now()
		byHand.At, byHand.Origin = &moment, ees.Manual
		_, err = b.trySample(b.check(byHand).CheckID, 0, ees.SampleRequest{Face: b.liveFace(5, 1)})
		refused(b.T, err, "no_biometrics_by_hand")
		// A visa holder's fingerprints are with the visa: the crossing keeps none.
		visa := mehmet()
		visa.Visa = &ees.VisaInput{Number: "FRA1234567", Issuer: "FRA", ValidFrom: day("2026-04-01"), ValidUntil: day("2026-08-31"), Days: 60, Entries: 0}
		c = b.check(visa)
		b.sample(c.CheckID, ees.SampleRequest{Face: b.liveFace(5, 1), Fingerprints: b.printsOf(5, 1)})
		if other := b.cross(c).File; b.tally("bms_template") != 6 || other == ref || b.tally("ees_sample") != 0 {
			b.Errorf("%d templates, %d wait", b.tally("bms_template"), b.tally("ees_sample"))
		}
		c = b.check(traveller("ROSSI", "LUCIA", "1990-01-01", "F", "CAN", "CD7"))
		b.sample(c.CheckID, ees.SampleRequest{Face: b.liveFace(6, 1)})
		b.at("2026-05-10 09:30")
		if _, err := b.register.PurgeChecks(b.Context(), b.door); err != nil || b.tally("ees_sample") != 0 {
			b.Errorf("%d wait, %v", b.tally("ees_sample"), err)
		}
	})
}
