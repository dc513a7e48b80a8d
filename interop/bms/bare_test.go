package bms_test

import (
	"fmt"
	"math"
	"testing"

	"limen/interop/bms"
	"limen/interop/bms/finger"
)

// A gallery without a store finds whom it holds, at a threshold that grows with it,
// and takes no person's templates.
func TestBareGalleryFindsAndTakesSyntheticTemplatesAlone(t *testing.T) {
	b := bms.NewBare(bms.NewEngine(testFingers, testFaces))
	sample := func(n, occasion uint64) *bms.Sample {
		s := &bms.Sample{Modality: bms.Finger}
		for _, p := range person(n).Prints(occasion) {
			s.Prints = append(s.Prints, bms.Print{Template: p, NFIQ2: bms.Unmeasured})
		}
		return s
	}
	templates := func(n uint64, synthetic bool) []bms.Template {
		pass, _, err := sample(n, 1).Gate(today, synthetic)
		if err != nil {
			t.Fatal(err)
		}
		return pass
	}
	if err := b.Enrol("somebody", templates(0, false)); err == nil {
		t.Fatal("a template of a person was taken")
	}
	for n := range uint64(100) {
		if err := b.Enrol(bms.RecordRef(fmt.Sprint(n)), templates(n, true)); err != nil {
			t.Fatal(err)
		}
	}
	least, err := b.Threshold(today)
	if err != nil || math.Abs(least-5) > 1e-9 {
		t.Fatalf("threshold %v for 100 records and 0.1 %%, want 5 (%v)", least, err)
	}
	found := 0
	for n := range uint64(100) {
		hits, err := b.Search(t.Context(), []*bms.Sample{sample(n, 2)}, least, 3, false)
		if err != nil {
			t.Fatal(err)
		}
		if len(hits) > 0 && hits[0].Ref == bms.RecordRef(fmt.Sprint(n)) && hits[0].LLR >= least && hits[0].Fingers == 4 {
			found++
		}
	}
	if found < 95 {
		t.Errorf("%d of 100 found", found)
	}
	unknown := &bms.Sample{Modality: bms.Finger, Prints: []bms.Print{{Template: finger.Template{Width: 9, Height: 9, ResX: 197, ResY: 197}}}}
	if hits, err := b.Search(t.Context(), []*bms.Sample{unknown}, least, 3, false); err != nil || len(hits) > 0 {
		t.Errorf("a print of nothing found %v (%v)", hits, err)
	}
}
