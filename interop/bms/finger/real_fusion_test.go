package finger

import (
	"math"
	"slices"
	"testing"
)

// Calibrated on one set, the ratios hold on the other.
func TestRealScoresCalibrateAcrossSets(t *testing.T) {
	type set struct{ mated, nonMated []float64 }
	var sets []set
	for _, name := range developmentSets {
		prints, fingers := realPrints(t, name)
		m, n := FVCPairs(fingers, true)
		sets = append(sets, set{scores(prints, m), scores(prints, n)})
	}
	for i, fitted := range sets {
		c, err := FitCalibration(fitted.mated, fitted.nonMated)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("fitted on %s: %+v", developmentSets[i], c)
		for j, judged := range sets {
			cost := c.Cost(judged.mated, judged.nonMated)
			t.Logf("  Cllr on %s: %.3f", developmentSets[j], cost)
			if cost > 0.3 {
				t.Errorf("fitted on %s, costs %.3f on %s", developmentSets[i], cost, developmentSets[j])
			}
		}
	}
	both, err := FitCalibration(append(sets[0].mated, sets[1].mated...), append(sets[0].nonMated, sets[1].nonMated...))
	t.Logf("fitted on both: %+v %v", both, err)
}

// Four fingers of an invented person are told apart from those of another, with
// ratios that were fitted on the other set.
func TestRealFingersAddUp(t *testing.T) {
	var mated, nonMated []float64
	for _, name := range developmentSets {
		prints, fingers := realPrints(t, name)
		m, n := fourFingers(fingers, fitOnOther(t, name), prints)
		v := Verify(name, m, n, 0, 0)
		t.Logf("%s: %d mated, %d non-mated: EER %.2f %%, %s missed at no false match; lowest mate %.2f, highest other %.2f",
			name, len(m), len(n), 100*v.EER, v.Points[3].FalseNM, slices.Min(m), slices.Max(n))
		mated, nonMated = append(mated, m...), append(nonMated, n...)
	}
	v := Verify("both", mated, nonMated, 0, 0)
	p := v.Points[2]
	t.Logf("both: FMR 0.05 %% (%s): FNMR %.2f %% (%s)", p.FalseM, 100*p.FalseNM.Rate, p.FalseNM)
	if p.FalseNM.Rate > 0.0022 {
		t.Errorf("FNMR %.2f %% at FMR 0.05 %% with four fingers, want at most 0.22 %%", 100*p.FalseNM.Rate)
	}
}

// fitOnOther calibrates on the development set that is not name.
func fitOnOther(t *testing.T, name string) Calibration {
	other := developmentSets[0]
	if other == name {
		other = developmentSets[1]
	}
	prints, fingers := realPrints(t, other)
	m, n := FVCPairs(fingers, true)
	c, err := FitCalibration(scores(prints, m), scores(prints, n))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fourFingers are the sums of ratios of persons of four fingers each, invented
// from the fingers of one set.
func fourFingers(fingers []string, c Calibration, prints []Print) (mated, nonMated []float64) {
	number := map[string]int{}
	var impressions [][]int
	for i, f := range fingers {
		n, known := number[f]
		if !known {
			n = len(impressions)
			number[f], impressions = n, append(impressions, nil)
		}
		impressions[n] = append(impressions[n], i)
	}
	s := NewScratch()
	return InventedPersons(impressions, 4, func(a, b int) float64 { return c.LLR(s.Compare(&prints[a], &prints[b])) })
}

// One finger searched for in 20, and four in 20 invented persons: a bench of the
// bench more than a finding, since so few searches show no low rate.
func TestRealPrintsAreFound(t *testing.T) {
	var prints []Print
	for _, set := range developmentSets {
		p, _ := realPrints(t, set)
		prints = append(prints, p...)
	}
	w := NewSearcher()
	for _, together := range []int{1, 4} {
		// The fingers of a person are those from its number on, of the same set.
		hand := func(person, impression int) *Hand {
			var h Hand
			for f := range together {
				h[int(RightThumb)+f] = &prints[(person/10*10+(person+f)%10)*8+impression]
			}
			return &h
		}
		for _, fine := range []float64{1, 0.1} {
			var outcomes []SearchOutcome
			for impression := range 8 {
				s := NewShard()
				for person := range 20 {
					if err := s.Add(uint64(person), hand(person, impression)); err != nil {
						t.Fatal(err)
					}
				}
				for i := range prints {
					person := i / 8
					if i%8 == impression {
						continue
					}
					want := Search{Calibration: DevelopmentCalibration, Fine: fine, FineAtLeast: 1, Keep: 20, Least: -100}
					for _, mated := range []bool{true, false} {
						// With fingers in common a neighbour would be a mate in part.
						shared := func(other int) bool {
							d := (other%10 - person%10 + 10) % 10
							return other/10 == person/10 && other != person && min(d, 10-d) < together
						}
						o := SearchOutcome{Mated: mated, Mate: math.Inf(-1)}
						if !mated {
							s.Remove(uint64(person))
						}
						for _, c := range w.Search(s, hand(person, i%8), want) {
							switch other := int(c.Key); {
							case other == person:
								o.Mate = c.Score
							case !shared(other):
								o.Others = append(o.Others, c.Score)
							}
						}
						outcomes = append(outcomes, o)
					}
					if err := s.Add(uint64(person), hand(person, impression)); err != nil {
						t.Fatal(err)
					}
				}
			}
			id := Identify("both", 20, outcomes)
			p := id.Points[0]
			t.Logf("%d fingers, best %.0f %% finely: FPIR 1 %% (%s; as the system counts %s): FNIR %.2f %% (%s)", together, 100*fine,
				p.FalsePositive, p.FalseReturned, 100*p.FalseNegative.Rate, p.FalseNegative)
			if together == 4 && fine == 1 && p.FalseNegative.Rate > 0.005 {
				t.Errorf("FNIR %.2f %% with four fingers", 100*p.FalseNegative.Rate)
			}
		}
	}
}
