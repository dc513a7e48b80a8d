package finger

import (
	"fmt"
	"math"
	"slices"
)

// FVCPairs are the pairs of the Fingerprint Verification Competition (D. Maio
// and others, "FVC2002", ICPR 2002): every two impressions of a finger once, and
// the first impressions of every two fingers once. finger names the finger of
// each print. With all, every two prints of different fingers are compared.
func FVCPairs(finger []string, all bool) (mated, nonMated [][2]int) {
	first := map[string]int{}
	for i, f := range finger {
		if _, known := first[f]; !known {
			first[f] = i
		}
	}
	for i := range finger {
		for j := i + 1; j < len(finger); j++ {
			switch {
			case finger[i] == finger[j]:
				mated = append(mated, [2]int{i, j})
			case all || first[finger[i]] == i && first[finger[j]] == j:
				nonMated = append(nonMated, [2]int{i, j})
			}
		}
	}
	return mated, nonMated
}

// FewestErrors is how many errors must have been seen for a rate to be stated;
// below it a report states the bound that was shown (rule of 30: G. Doddington
// and others, Speech Communication 31, 2000).
const FewestErrors = 30

// Share is a part of trials with its two-sided 95 % interval after C. Clopper
// and E. Pearson, Biometrika 26, 1934. Trials are taken for independent, which
// comparisons that share prints are not: true intervals are wider.
type Share struct {
	Errors int     `json:"errors"`
	Trials int     `json:"trials"`
	Rate   float64 `json:"rate"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// ShareOf is the share of errors in trials.
func ShareOf(errors, trials int) Share {
	s := Share{Errors: errors, Trials: trials, High: 1}
	if trials == 0 {
		return s
	}
	s.Rate = float64(errors) / float64(trials)
	s.Low, s.High = clopperPearson(errors, trials, 0.025)
	return s
}

// Established says whether there were errors enough to state the rate.
func (s Share) Established() bool { return s.Errors >= FewestErrors }

// String is the rate in percent, or the bound that was shown at 95 %.
func (s Share) String() string {
	if s.Trials == 0 {
		return "not measured"
	}
	if !s.Established() {
		_, bound := clopperPearson(s.Errors, s.Trials, 0.05)
		return fmt.Sprintf("%d of %d, under %.3g %%", s.Errors, s.Trials, 100*bound)
	}
	return fmt.Sprintf("%.3g %% (%.3g to %.3g)", 100*s.Rate, 100*s.Low, 100*s.High)
}

// OperatingPoint is the threshold at which no more than the asked part of
// non-mated comparisons match, and what it costs.
type OperatingPoint struct {
	FMR       float64 `json:"fmr_asked"`
	Threshold float64 `json:"threshold"` // a score matches from here on
	FalseM    Share   `json:"false_match"`
	FalseNM   Share   `json:"false_non_match"`
	// Bound is set when there are so few non-mated comparisons that the false
	// match rate is known only as an upper bound.
	Bound bool `json:"bound_only"`
}

// Verification is what one set of comparisons one to one shows. It states what
// the data was: a rate of synthetic prints is none of persons.
type Verification struct {
	Data     string           `json:"data"`
	Mated    int              `json:"mated"`
	NonMated int              `json:"non_mated"`
	FTE      Share            `json:"failure_to_enrol"`
	EER      float64          `json:"equal_error_rate"`
	Points   []OperatingPoint `json:"points"`
	DET      []DETPoint       `json:"det"`
}

// DETPoint is one step of the detection error trade-off.
type DETPoint struct {
	FMR  float64 `json:"fmr"`
	FNMR float64 `json:"fnmr"`
}

// MatchRates are the false match rates at which reports state what is missed.
var MatchRates = []float64{0.01, 0.001, 0.0005, 0.0001}

// Verify works out the rates of scores of mated and of non-mated comparisons.
// failed of enrolled prints gave no template; their comparisons must be among
// the mated with score 0, as prints that could not be compared.
func Verify(data string, mated, nonMated []float64, failed, enrolled int) Verification {
	mated, nonMated = slices.Clone(mated), slices.Clone(nonMated)
	slices.Sort(mated)
	slices.Sort(nonMated)
	v := Verification{Data: data, Mated: len(mated), NonMated: len(nonMated), FTE: ShareOf(failed, enrolled)}
	if len(mated) == 0 || len(nonMated) == 0 {
		return v
	}
	for _, rate := range MatchRates {
		t := threshold(nonMated, rate)
		p := OperatingPoint{
			FMR: rate, Threshold: t,
			FalseM:  ShareOf(len(nonMated)-below(nonMated, t), len(nonMated)),
			FalseNM: ShareOf(below(mated, t), len(mated)),
		}
		p.Bound = !p.FalseM.Established()
		v.Points = append(v.Points, p)
	}
	v.DET = tradeOff(mated, nonMated)
	v.EER = equalError(v.DET)
	return v
}

// below is how many of the sorted scores are under the threshold.
func below(sorted []float64, threshold float64) int {
	n, _ := slices.BinarySearch(sorted, threshold)
	return n
}

// threshold is the lowest at which at most the part of sorted scores match.
func threshold(sorted []float64, part float64) float64 {
	allowed := int(part * float64(len(sorted)))
	if allowed >= len(sorted) {
		return math.Inf(-1)
	}
	return math.Nextafter(sorted[len(sorted)-1-allowed], math.Inf(1))
}

// tradeOff has a step for every threshold at which either rate changes.
func tradeOff(mated, nonMated []float64) []DETPoint {
	var out []DETPoint
	i, j := 0, 0
	for i < len(mated) || j < len(nonMated) {
		out = append(out, DETPoint{
			FMR:  float64(len(nonMated)-j) / float64(len(nonMated)),
			FNMR: float64(i) / float64(len(mated)),
		})
		var at float64
		switch {
		case i == len(mated):
			at = nonMated[j]
		case j == len(nonMated):
			at = mated[i]
		default:
			at = min(mated[i], nonMated[j])
		}
		for i < len(mated) && mated[i] <= at {
			i++
		}
		for j < len(nonMated) && nonMated[j] <= at {
			j++
		}
	}
	return append(out, DETPoint{FMR: 0, FNMR: 1})
}

// equalError is where the two rates cross, half way between the steps around.
func equalError(det []DETPoint) float64 {
	for i, p := range det {
		if p.FNMR >= p.FMR {
			if i == 0 || p.FNMR == p.FMR {
				return p.FNMR
			}
			q := det[i-1]
			return (max(q.FNMR, p.FMR) + min(q.FMR, p.FNMR)) / 2
		}
	}
	return 1
}
