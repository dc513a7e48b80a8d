package finger

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
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

// anchors are the error rates of other matchers on the same pairs, out of the
// folder's table of their scores.
func anchors(t *testing.T, set string) {
	file, err := os.Open(filepath.Join(os.Getenv("LIMEN_FINGERPRINTS"), "reference", "scores.csv"))
	if err != nil {
		t.Log("no scores of other matchers to stand beside: ", err)
		return
	}
	defer file.Close()
	table, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for column := 4; column < len(table[0]); column++ {
		var mated, nonMated []float64
		for _, row := range table[1:] {
			score, err := strconv.ParseFloat(row[column], 64)
			switch {
			case err != nil:
				t.Fatal(err)
			case row[0] != set && set != "":
			case row[3] == "1":
				mated = append(mated, score)
			default:
				nonMated = append(nonMated, score)
			}
		}
		v := Verify(table[0][column], mated, nonMated, 0, 0)
		t.Logf("  beside it %s: EER %.2f %%, FNMR %.2f %% at FMR 1 %%, %.2f %% at 0.1 %%", v.Data, 100*v.EER,
			100*v.Points[0].FalseNM.Rate, 100*v.Points[1].FalseNM.Rate)
	}
}

func logRates(t *testing.T, v Verification) {
	t.Logf("%s: %d mated, %d non-mated, EER %.2f %%", v.Data, v.Mated, v.NonMated, 100*v.EER)
	for _, p := range v.Points {
		t.Logf("  FMR %.3g %% (%s): FNMR %.2f %%, %.2f to %.2f (%d); from score %.2f, ratio %.2f", 100*p.FMR, p.FalseM, 100*p.FalseNM.Rate,
			100*p.FalseNM.Low, 100*p.FalseNM.High, p.FalseNM.Errors, p.Threshold, DevelopmentCalibration.LLR(p.Threshold))
	}
}

// On the two development sets the fine comparison misses fewer mates than the
// open matchers that were measured on the same templates.
func TestRealPrintsAreToldApart(t *testing.T) {
	var prints []Print
	var fingers []string
	for i, set := range developmentSets {
		p, f := realPrints(t, set)
		prints, fingers = append(prints, p...), append(fingers, f...)
		mated, nonMated := FVCPairs(f, true)
		v := Verify(set, scores(p, mated), scores(p, nonMated), 0, len(p))
		logRates(t, v)
		anchors(t, set)
		if limit := []float64{0.057, 0.075}[i]; v.Points[1].FalseNM.Rate >= limit {
			t.Errorf("%s: FNMR %.2f %% at FMR 0.1 %%, want under %.2f %%", set, 100*v.Points[1].FalseNM.Rate, 100*limit)
		}
	}
	mated, nonMated := FVCPairs(fingers, true)
	logRates(t, Verify("both, and across them", scores(prints, mated), scores(prints, nonMated), 0, len(prints)))
}

// Of mates that the fine comparison would accept at FMR 0.1 %, the coarse one
// keeps nearly all among its best: that is what makes it a filter.
func TestRealMatesPassTheFilter(t *testing.T) {
	var prints []Print
	var fingers []string
	for _, set := range developmentSets {
		p, f := realPrints(t, set)
		prints, fingers = append(prints, p...), append(fingers, f...)
	}
	mated, nonMated := FVCPairs(fingers, true)
	fine := scores(prints, mated)
	accept := Verify("", fine, scores(prints, nonMated), 0, 0).Points[1].Threshold
	blocks := make([]byte, len(prints)*blockBytes)
	for i := range prints {
		setBlock(blocks[i*blockBytes:(i+1)*blockBytes], &prints[i])
	}
	coarse := make([][]uint16, len(prints))
	probe := new(coarseProbe)
	for i := range prints {
		coarse[i] = make([]uint16, len(prints))
		probe.set(&prints[i])
		scan(probe, blocks, coarse[i])
	}
	var kept1, kept2, kept5, accepted int
	for n, pair := range mated {
		if fine[n] < accept {
			continue
		}
		for way := range 2 {
			i, j := pair[way], pair[1-way]
			accepted++
			better, others := 0, 0
			for other := range prints {
				if fingers[other] != fingers[i] {
					others++
					if coarse[i][other] >= coarse[i][j] {
						better++
					}
				}
			}
			if better*100 <= others {
				kept1++
			}
			if better*100 <= 2*others {
				kept2++
			}
			if better*100 <= 5*others {
				kept5++
			}
		}
	}
	t.Logf("of %d accepted mates %.2f %% are in the best 1 %%, %.2f %% in 2 %%, %.2f %% in 5 %%", accepted,
		100*float64(kept1)/float64(accepted), 100*float64(kept2)/float64(accepted), 100*float64(kept5)/float64(accepted))
	var m, o []float64
	for _, p := range mated {
		m = append(m, float64(coarse[p[0]][p[1]]))
	}
	for _, p := range nonMated {
		o = append(o, float64(coarse[p[0]][p[1]]))
	}
	v := Verify("", m, o, 0, 0)
	t.Logf("coarse alone: EER %.2f %%, FNMR %.2f %% at FMR 1 %%, %.2f %% at 0.1 %%", 100*v.EER, 100*v.Points[0].FalseNM.Rate, 100*v.Points[1].FalseNM.Rate)
}
