package finger

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// The competition's counts: 280 mated and 45 non-mated pairs for ten fingers of
// eight impressions, and 2,880 when all are compared.
func TestFVCPairsAreThoseOfTheCompetition(t *testing.T) {
	var finger []string
	for f := range 10 {
		for range 8 {
			finger = append(finger, string(rune('a'+f)))
		}
	}
	if m, n := FVCPairs(finger, false); len(m) != 280 || len(n) != 45 {
		t.Errorf("%d mated, %d non-mated", len(m), len(n))
	}
	m, n := FVCPairs(finger, true)
	if len(m) != 280 || len(n) != 2880 {
		t.Errorf("all: %d mated, %d non-mated", len(m), len(n))
	}
	for _, p := range n {
		if finger[p[0]] == finger[p[1]] {
			t.Fatalf("%v is a mated pair", p)
		}
	}
}

// Intervals from tables, and the rule of three: no error in 3,000 shows less
// than 0.1 %.
func TestIntervalsAreExact(t *testing.T) {
	for _, c := range []struct {
		errors, trials int
		low, high      float64
	}{
		{0, 10, 0, 0.3085}, {10, 10, 0.6915, 1}, {1, 10, 0.00253, 0.44502}, {5, 10, 0.18709, 0.81291},
		{10, 100, 0.0490, 0.1762}, {4, 280, 0.003905, 0.036178},
	} {
		s := ShareOf(c.errors, c.trials)
		near(t, "low", s.Low, c.low, 6e-5)
		near(t, "high", s.High, c.high, 6e-5)
	}
	_, bound := clopperPearson(0, 3000, 0.05)
	near(t, "rule of three", bound, 1-math.Pow(0.05, 1.0/3000), 1e-12)
	if got := ShareOf(0, 3000).String(); got != "0 of 3000, under 0.0998 %" {
		t.Error(got)
	}
	if got := ShareOf(300, 3000).String(); !strings.HasPrefix(got, "10 % (8.9") {
		t.Error(got)
	}
	if got := ShareOf(0, 0); got.String() != "not measured" || got.High != 1 {
		t.Error(got)
	}
}

// Rates of scores whose rates are known: two normal distributions two apart.
func TestRatesOfKnownDistributions(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 41))
	mated, nonMated := make([]float64, 40_000), make([]float64, 200_000)
	for i := range mated {
		mated[i] = 4 + r.NormFloat64()
	}
	for i := range nonMated {
		nonMated[i] = r.NormFloat64()
	}
	v := Verify("SYNTHETIC normal", mated, nonMated, 3, 100)
	tail := func(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }
	near(t, "EER", v.EER, tail(2), 0.002)
	for i, z := range []float64{2.3263, 3.0902, 3.2905, 3.7190} {
		p := v.Points[i]
		near(t, "threshold", p.Threshold, z, 0.15)
		near(t, "FNMR", p.FalseNM.Rate, tail(4-z), 0.06*(1+tail(4-z)))
		if p.FalseM.Rate > p.FMR || p.Bound != (p.FalseM.Errors < 30) {
			t.Errorf("FMR %v asked, %v had, bound %v", p.FMR, p.FalseM, p.Bound)
		}
	}
	if v.FTE.Errors != 3 || v.Mated != len(mated) || v.NonMated != len(nonMated) {
		t.Errorf("%+v", v.FTE)
	}
	if _, err := json.Marshal(v); err != nil {
		t.Error(err)
	}
}

// Scores that coincide are never split, and a threshold that lets nothing false
// through stands above all of them.
func TestEqualScoresAreNotSplit(t *testing.T) {
	v := Verify("", []float64{1, 2, 2, 3}, []float64{0, 0, 2, 2}, 0, 0)
	for _, p := range v.Points {
		if p.FalseM.Errors != 0 || p.FalseNM.Errors != 3 {
			t.Errorf("%+v", p)
		}
	}
	near(t, "EER", v.EER, 0.375, 1e-12) // between 50 % and 25 %, crossing 75 % and 0
	if v := Verify("", nil, []float64{1}, 0, 0); v.Points != nil {
		t.Error("rates of nothing")
	}
}

func TestIdentificationCountsBothWays(t *testing.T) {
	var s []SearchOutcome
	for i := range 1000 {
		// Nobody is there; ten find somebody of 5 or more.
		top := 1.0
		if i < 10 {
			top = 5
		}
		s = append(s, SearchOutcome{Others: []float64{top, 0.5}})
	}
	for i := range 100 {
		mate := 8.0
		switch {
		case i < 4:
			mate = 3
		case i < 5:
			mate = math.Inf(-1)
		}
		s = append(s, SearchOutcome{Mated: true, Mate: mate, Others: []float64{float64(i % 7)}})
	}
	id := Identify("SYNTHETIC", 500, s)
	if len(id.Points) != 3 || id.Mated != 100 || id.NonMated != 1000 {
		t.Fatalf("%+v", id)
	}
	at1, at01 := id.Points[0], id.Points[2]
	if at1.FalsePositive.Errors != 10 || at1.FalseNegative.Errors != 1 || at1.FalseReturned.Errors != 10+28+14+14+14 {
		t.Errorf("%+v", at1)
	}
	if at01.FalsePositive.Errors != 0 || at01.FalseNegative.Errors != 5 || at01.FalseReturned.Errors != 14 || !at01.Bound {
		t.Errorf("%+v", at01)
	}
}

// Four fingers of ten make persons that share no finger when compared.
func TestInventedPersonsShareNoFinger(t *testing.T) {
	var impressions [][]int
	for f := range 10 {
		impressions = append(impressions, []int{2 * f, 2*f + 1})
	}
	m, n := InventedPersons(impressions, 4, func(a, b int) float64 {
		if a/2 == b/2 {
			return 1
		}
		return -1
	})
	if len(m) != 10 || len(n) != 15*4 {
		t.Errorf("%d mated, %d non-mated", len(m), len(n))
	}
	for _, s := range m {
		near(t, "mate", s, 4, 0)
	}
	for _, s := range n {
		near(t, "other", s, -4, 0)
	}
}

// The picture is well formed whatever its title says, and shows every set.
func TestDETPlotIsAPicture(t *testing.T) {
	a := Verify("a <b> & c", []float64{1, 2, 3}, []float64{0, 0.5, 1.5}, 0, 0)
	picture := DETPlot("<script>", a, Verify("second", []float64{1}, []float64{1}, 0, 0), Verification{Data: "empty"})
	d := xml.NewDecoder(strings.NewReader(picture))
	texts := ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local == "script" {
				t.Error("a title became an element")
			}
		case xml.CharData:
			texts += string(token)
		}
	}
	for _, want := range []string{"a <b> & c", "second", "empty", "false match rate"} {
		if !strings.Contains(texts, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(picture, "NaN") || strings.Contains(picture, "Inf") {
		t.Error("a number that is none")
	}
}

// Ratios of normal scores come out as they are, higher scores never tell less,
// and scores that tell nothing are refused.
func TestCalibrationFindsTheRatio(t *testing.T) {
	r := rand.New(rand.NewPCG(42, 42))
	draw := func(n int, mean float64) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = math.Exp(mean+r.NormFloat64()) - softScore
		}
		return out
	}
	// In ln(score) the two are normal, two apart: the ratio is 2x - 8 natural logs.
	mated, nonMated := draw(20_000, 5), draw(60_000, 3)
	for _, s := range [][]float64{mated, nonMated} {
		for i := range s {
			s[i] = max(s[i], 0)
		}
	}
	c, err := FitCalibration(mated, nonMated)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []float64{3, 4, 5} {
		near(t, "LLR", c.LLR(math.Exp(x)-softScore), (2*x-8)/math.Ln10, 0.06)
	}
	last := math.Inf(-1)
	for s := 0.0; s < 1e6; s = s*1.3 + 0.01 {
		now := c.LLR(s)
		if now < last {
			t.Fatalf("%v tells %v, less than the score before it", s, now)
		}
		last = now
	}
	near(t, "lowest", c.LLR(0), lowestLLR, 0)
	near(t, "highest", c.LLR(1e30), highestLLR, 0)
	if cost := c.Cost(mated, nonMated); cost < 0.3 || cost > 0.6 {
		t.Errorf("costs %v", cost)
	}
	near(t, "the zero calibration costs", Calibration{}.Cost(mated, nonMated), 1, 1e-12)
	if _, err := FitCalibration(nonMated, mated); err == nil {
		t.Error("scores the wrong way round were calibrated")
	}
	if _, err := FitCalibration(mated[:5], nonMated); err == nil {
		t.Error("five scores were calibrated with")
	}
}

// Kinds that do not overlap give a steep curve, not an endless one.
func TestSeparateScoresCalibrate(t *testing.T) {
	var m, n []float64
	for i := range 50 {
		m, n = append(m, 100+float64(i)), append(n, 0.01*float64(i))
	}
	c, err := FitCalibration(m, n)
	if err != nil || c.LLR(100) < 1 || c.LLR(0.3) > -1 || c.Slope > 50 {
		t.Errorf("%+v %v", c, err)
	}
}
