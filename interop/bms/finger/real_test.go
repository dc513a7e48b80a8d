package finger

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// realPrints reads the templates of one set of real or bought prints, which are
// no part of this project: the folder that LIMEN_FINGERPRINTS names holds
// reference/iso19794-2/SET/FINGER_IMPRESSION.iso.
func realPrints(t testing.TB, set string) (prints []Print, fingers []string) {
	t.Helper()
	folder := os.Getenv("LIMEN_FINGERPRINTS")
	if folder == "" {
		t.Skip("LIMEN_FINGERPRINTS names no folder of fingerprint templates: accuracy on real prints is not measured")
	}
	files, err := filepath.Glob(filepath.Join(folder, "reference", "iso19794-2", set, "*.iso"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no templates of %s in %s: %v", set, folder, err)
	}
	coder := NewCoder(PaperCylinders)
	prints = make([]Print, len(files))
	for i, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		views, err := ReadISO(data)
		if err != nil {
			t.Fatal(name, err)
		}
		coder.Encode(&prints[i], &views[0])
		finger, _, _ := strings.Cut(filepath.Base(name), "_")
		fingers = append(fingers, set+"/"+finger)
	}
	return prints, fingers
}

var developmentSets = []string{"fvc2002_db1_b", "fvc2004_db4_b"}

func scores(prints []Print, pairs [][2]int) []float64 {
	s := NewScratch()
	out := make([]float64, len(pairs))
	for i, p := range pairs {
		out[i] = s.Compare(&prints[p[0]], &prints[p[1]])
	}
	return out
}

// On the two development sets the fine comparison misses fewer mates than the
// open matchers that were measured on the same templates.
func TestRealPrintsAreToldApart(t *testing.T) {
	for i, set := range developmentSets {
		prints, fingers := realPrints(t, set)
		mated, nonMated := FVCPairs(fingers, true)
		v := Verify(set, scores(prints, mated), scores(prints, nonMated), 0, len(prints))
		t.Logf("%s: EER %.2f %%", set, 100*v.EER)
		for _, p := range v.Points {
			t.Logf("  FMR %.3g %% (%s): FNMR %.2f %% (%s)", 100*p.FMR, p.FalseM, 100*p.FalseNM.Rate, p.FalseNM)
		}
		if limit := []float64{0.057, 0.075}[i]; v.Points[1].FalseNM.Rate >= limit {
			t.Errorf("%s: FNMR %.2f %% at FMR 0.1 %%, want under %.2f %%", set, 100*v.Points[1].FalseNM.Rate, 100*limit)
		}
	}
}
