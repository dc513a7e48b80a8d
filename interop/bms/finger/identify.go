package finger

import (
	"math"
	"slices"
)

// SearchOutcome is what one search of a gallery gave, over however many shards.
type SearchOutcome struct {
	// Mated says that the person searched for is in the gallery.
	Mated bool
	// Mate is the score of that person; -Inf when the search did not return them.
	Mate float64
	// Others are the scores of everybody else returned, highest first.
	Others []float64
}

// IdentificationPoint is what a threshold costs in searches one to many.
type IdentificationPoint struct {
	FPIR      float64 `json:"fpir_asked"`
	Threshold float64 `json:"threshold"`
	// FalsePositive is by ISO/IEC 19795-1: of searches for persons who are not
	// there, those that returned anybody.
	FalsePositive Share `json:"false_positive"`
	// FalseReturned is as the Entry/Exit System counts: of all searches, those
	// that returned somebody else.
	FalseReturned Share `json:"false_returned"`
	FalseNegative Share `json:"false_negative"`
	// Bound is set when the false positive rate is known only as an upper bound.
	Bound bool `json:"bound_only"`
}

// Identification is what a set of searches shows.
type Identification struct {
	Data     string                `json:"data"`
	Gallery  int                   `json:"gallery"` // persons searched through
	Mated    int                   `json:"mated"`
	NonMated int                   `json:"non_mated"`
	Points   []IdentificationPoint `json:"points"`
}

// PositiveRates are the false positive identification rates at which reports
// state what is missed.
var PositiveRates = []float64{0.01, 0.003, 0.001}

// Identify works out the rates of searches in a gallery of so many persons. A
// mate who was returned at any rank counts as found when the score reaches the
// threshold.
func Identify(data string, gallery int, searches []SearchOutcome) Identification {
	id := Identification{Data: data, Gallery: gallery}
	var mates, tops []float64
	highest := func(s SearchOutcome) float64 {
		if len(s.Others) == 0 {
			return math.Inf(-1)
		}
		return slices.Max(s.Others)
	}
	var anybody []float64
	for _, s := range searches {
		anybody = append(anybody, highest(s))
		if s.Mated {
			mates = append(mates, s.Mate)
		} else {
			tops = append(tops, highest(s))
		}
	}
	id.Mated, id.NonMated = len(mates), len(tops)
	if len(mates) == 0 || len(tops) == 0 {
		return id
	}
	slices.Sort(mates)
	slices.Sort(tops)
	slices.Sort(anybody)
	for _, rate := range PositiveRates {
		t := threshold(tops, rate)
		p := IdentificationPoint{
			FPIR: rate, Threshold: t,
			FalsePositive: ShareOf(len(tops)-below(tops, t), len(tops)),
			FalseReturned: ShareOf(len(anybody)-below(anybody, t), len(anybody)),
			FalseNegative: ShareOf(below(mates, t), len(mates)),
		}
		p.Bound = !p.FalsePositive.Established()
		id.Points = append(id.Points, p)
	}
	return id
}
