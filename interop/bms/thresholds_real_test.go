package bms_test

import (
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"limen/interop/bms"
	"limen/interop/bms/finger"
)

// realPrints extracts the prints of one set of the folder that LIMEN_FINGERPRINTS
// names, which is no part of this project: SET/FINGER_IMPRESSION.png, 500 per inch.
func realPrints(t *testing.T, set string) (prints []finger.Print, fingers []string) {
	t.Helper()
	folder := os.Getenv("LIMEN_FINGERPRINTS")
	if folder == "" {
		t.Skip("LIMEN_FINGERPRINTS names no folder of fingerprints: thresholds are not measured")
	}
	files, err := filepath.Glob(filepath.Join(folder, set, "*.png"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no prints of %s in %s: %v", set, folder, err)
	}
	coder := finger.NewCoder(finger.PaperCylinders)
	var x finger.Extractor
	prints = make([]finger.Print, len(files))
	for i, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(name, err)
		}
		grey := image.NewGray(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
		draw.Draw(grey, grey.Bounds(), m, m.Bounds().Min, draw.Src)
		found, _, err := x.Extract(finger.Image{Pix: grey.Pix, Width: grey.Rect.Dx(), Height: grey.Rect.Dy(), PPI: 500})
		if err != nil {
			t.Fatal(name, err)
		}
		coder.Encode(&prints[i], &found)
		who, _, _ := strings.Cut(filepath.Base(name), "_")
		fingers = append(fingers, set+"/"+who)
	}
	return prints, fingers
}

// 2019/329: on real prints the thresholds of a verification let no more false matches
// through than they are meant to, and miss few mates; and what the search of a large
// gallery would miss of mates is told.
func TestRealThresholds(t *testing.T) {
	type set struct {
		prints []finger.Print
		of     [][]int
	}
	c := finger.DevelopmentCalibration
	scratch := finger.NewScratch()
	var sets []set
	var same, other []float64 // scores
	for _, name := range []string{"fvc2002_db1_b", "fvc2004_db4_b"} {
		p, f := realPrints(t, name)
		sets = append(sets, set{p, impressions(f)})
		mated, nonMated := finger.FVCPairs(f, true)
		for _, pair := range mated {
			same = append(same, scratch.Compare(&p[pair[0]], &p[pair[1]]))
		}
		for _, pair := range nonMated {
			other = append(other, scratch.Compare(&p[pair[0]], &p[pair[1]]))
		}
	}
	fitted, err := finger.FitCalibration(same, other)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("fitted here: %+v, cost %.4f bits; the program's: %.4f", fitted, fitted.Cost(same, other), c.Cost(same, other))
	if c.Cost(same, other) > 1.02*fitted.Cost(same, other) {
		t.Error("the program's calibration is not that of its own extractor")
	}
	for fingers, most := range map[int]float64{1: 0.035, 2: 0.005, 3: 0.002, 4: 0.002} {
		var mated, nonMated []float64
		for _, s := range sets {
			a, b := finger.InventedPersons(s.of, fingers, func(a, b int) float64 { return c.LLR(scratch.Compare(&s.prints[a], &s.prints[b])) })
			mated, nonMated = append(mated, a...), append(nonMated, b...)
		}
		least, err := bms.VerificationFingers.On(today)
		if fingers == 1 {
			least, err = bms.VerificationOneFinger.On(today)
		}
		if err != nil {
			t.Fatal(err)
		}
		missed := func(at float64) finger.Share {
			n := 0
			for _, m := range mated {
				if m < at {
					n++
				}
			}
			return finger.ShareOf(n, len(mated))
		}
		falsely := 0
		for _, o := range nonMated {
			if o >= least {
				falsely++
			}
		}
		fnmr, fmr := missed(least), finger.ShareOf(falsely, len(nonMated))
		t.Logf("%d fingers from %.1f: FMR %s, FNMR %s; by theory, from 3.3: %s; highest other %.2f", fingers, least, fmr, fnmr, missed(3.3), slices.Max(nonMated))
		t.Logf("  of a gallery of a thousand, a million, a hundred million: %s, %s, %s mates missed", missed(6), missed(9), missed(11))
		if want, err := bms.VerificationFMR.On(today); err != nil || fmr.Rate > want || fnmr.Rate > most {
			t.Errorf("%d fingers: FMR %s, FNMR %s", fingers, fmr, fnmr)
		}
	}
}

func impressions(fingers []string) (of [][]int) {
	number := map[string]int{}
	for i, f := range fingers {
		n, known := number[f]
		if !known {
			n = len(of)
			number[f], of = n, append(of, nil)
		}
		of[n] = append(of[n], i)
	}
	return of
}
