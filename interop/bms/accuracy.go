package bms

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"limen/access"
	"limen/law"
	"limen/person"
)

// Task is what a comparison was for.
type Task string

// The tasks whose accuracy 2019/329 asks to be measured.
const (
	Verification   Task = "verification"   // one to one
	Identification Task = "identification" // one to many
)

// Means is what was compared.
type Means string

// The means.
const (
	ByFingers Means = "fingerprints"
	ByFace    Means = "face"
	ByBoth    Means = "fingerprints_and_face"
)

// Truth is what an officer, or the other modality with a guard's decision after it,
// found of a comparison.
type Truth string

// The findings. What nobody found out is no outcome.
const (
	SamePerson  Truth = "same"
	OtherPerson Truth = "other"
)

// Outcome is one comparison of which the truth came to light.
type Outcome struct {
	Task      Task
	Means     Means
	Said      bool // that they match; or that the person was among the candidates
	Truth     Truth
	Age       int // in years; negative when not known
	Sex       person.Sex
	Quality   int // the worst of the samples compared, 0 to 100; or Unmeasured
	Synthetic bool
}

// Bands of a report. A person's birth date stays where it is.
func ageBand(years int) string {
	switch {
	case years < 0:
		return "unknown"
	case years < 12:
		return "0-11"
	case years < 18:
		return "12-17"
	case years < 30:
		return "18-29"
	case years < 45:
		return "30-44"
	case years < 60:
		return "45-59"
	case years < 75:
		return "60-74"
	}
	return "75+"
}

func qualityBand(q int) string {
	switch {
	case q < 0:
		return "unmeasured"
	case q < 20:
		return "0-19"
	case q < 40:
		return "20-39"
	case q < 60:
		return "40-59"
	case q < 80:
		return "60-79"
	}
	return "80-100"
}

// Record keeps an outcome for the report of the month.
func Record(p access.Pass, o Outcome) error {
	tx, err := p.Tx()
	if err != nil {
		return err
	}
	tx.Later(`INSERT INTO bms_outcome (month, id, task, means, said, truth, age_band, sex, quality_band, synthetic)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, tx.Now().UTC().Format("2006-01"), uuid.NewString(), string(o.Task), string(o.Means),
		o.Said, string(o.Truth), ageBand(o.Age), string(o.Sex), qualityBand(o.Quality), o.Synthetic)
	return nil
}

// Rate is a share of errors with what it was counted from.
type Rate struct {
	Errors int      `json:"errors"`
	Of     int      `json:"of" doc:"Comparisons whose truth came to light."`
	Share  *float64 `json:"share" doc:"Errors of all; null where fewer than 30 comparisons were counted, and where there were none."`
	Low    float64  `json:"low" doc:"Lower end of the 95 % interval (Clopper and Pearson 1934)."`
	High   float64  `json:"high" doc:"Upper end of that interval. With no errors counted it is all that can be said."`
}

// leastCounted is from how many comparisons on a share is printed at all.
const leastCounted = 30

func rate(errors, of int) Rate {
	r := Rate{Errors: errors, Of: of}
	r.Low, r.High = interval(errors, of)
	if of >= leastCounted {
		share := float64(errors) / float64(of)
		r.Share = &share
	}
	return r
}

// AccuracyRow is the accuracy of one task and means, over all or in one band.
type AccuracyRow struct {
	Task  Task   `json:"task" enum:"verification,identification"`
	Means Means  `json:"means" enum:"fingerprints,face,fingerprints_and_face"`
	By    string `json:"by" enum:"all,age,sex,quality"`
	Band  string `json:"band" doc:"The band; all."`
	// Missed is the false non-match rate of verifications, the false negative
	// identification rate of identifications.
	Missed Rate `json:"missed" doc:"Of comparisons of one person, those that failed: FNMR of verifications, FNIR of identifications."`
	// False counts only what an officer contradicted: nobody can count the
	// impostors that nobody noticed.
	False Rate     `json:"false" doc:"Of comparisons whose truth was two persons, those that matched. An impostor whom nobody noticed is in no count."`
	Limit *float64 `json:"limit" doc:"What the law asks the share of missed to stay under; null for bands and where it sets none."`
	Met   string   `json:"met" enum:"met,missed,not_shown," doc:"Whether the whole interval lies under the limit, or over it; not_shown when the count is too small to say."`
}

// AccuracyReport is the measurement of a month (2019/329 annex, point 1.2).
type AccuracyReport struct {
	Month     string        `json:"month" example:"2026-05"`
	Synthetic bool          `json:"synthetic" doc:"These comparisons were of templates without a person behind them: no limit of the law is shown beside them."`
	Rows      []AccuracyRow `json:"rows" nullable:"false"`
	Notes     []string      `json:"notes" nullable:"false"`
}

// Accuracy counts the outcomes of a month, those of synthetic templates apart.
func Accuracy(p access.Pass, month string, synthetic bool) (AccuracyReport, error) {
	tx, err := p.Tx()
	if err != nil {
		return AccuracyReport{}, err
	}
	first, err := time.Parse("2006-01", month)
	if err != nil {
		return AccuracyReport{}, law.BadField("month", "month_unreadable", "2019/329", "Name the month as year and month: 2026-05.")
	}
	if first.After(p.Now()) {
		return AccuracyReport{}, law.BadField("month", "month_not_begun", "2019/329", "That month has not begun.")
	}
	type key struct {
		task  Task
		means Means
		by    string
		band  string
	}
	type count struct{ same, missed, other, matched int }
	counts := map[key]*count{}
	rows, err := tx.Query(`SELECT task, means, said, truth, age_band, sex, quality_band, COUNT(*) FROM bms_outcome
		WHERE month = $1 AND synthetic = $2 GROUP BY task, means, said, truth, age_band, sex, quality_band`, month, synthetic)
	if err != nil {
		return AccuracyReport{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var task, means, truth, age, sex, quality string
		var said bool
		var n int
		if err := rows.Scan(&task, &means, &said, &truth, &age, &sex, &quality, &n); err != nil {
			return AccuracyReport{}, err
		}
		for _, band := range [][2]string{{"all", "all"}, {"age", age}, {"sex", sex}, {"quality", quality}} {
			k := key{Task(task), Means(means), band[0], band[1]}
			if counts[k] == nil {
				counts[k] = new(count)
			}
			c := counts[k]
			switch {
			case Truth(truth) == SamePerson && said:
				c.same += n
			case Truth(truth) == SamePerson:
				c.same, c.missed = c.same+n, c.missed+n
			case said:
				c.other, c.matched = c.other+n, c.matched+n
			default:
				c.other += n
			}
		}
	}
	if err := rows.Err(); err != nil {
		return AccuracyReport{}, err
	}
	if err := p.Send(access.AnonymousCounts); err != nil {
		return AccuracyReport{}, err
	}
	report := AccuracyReport{Month: month, Synthetic: synthetic, Rows: []AccuracyRow{}, Notes: []string{
		"Only comparisons whose truth came to light are counted; a guard's decision after the other modality matched counts as truth.",
		fmt.Sprintf("A share is printed from %d comparisons on; the interval is printed always.", leastCounted)}}
	for k, c := range counts {
		row := AccuracyRow{Task: k.task, Means: k.means, By: k.by, Band: k.band, Missed: rate(c.missed, c.same), False: rate(c.matched, c.other)}
		if k.by == "all" && !synthetic {
			if err := row.judge(law.DateIn(first.AddDate(0, 1, -1), time.UTC)); err != nil {
				return AccuracyReport{}, err
			}
		}
		report.Rows = append(report.Rows, row)
	}
	slices.SortFunc(report.Rows, func(a, b AccuracyRow) int {
		return cmp.Or(cmp.Compare(b.Task, a.Task), cmp.Compare(a.Means, b.Means), cmp.Compare(place(a.By), place(b.By)), cmp.Compare(a.Band, b.Band))
	})
	return report, nil
}

// place puts the whole before its parts.
func place(by string) int { return slices.Index([]string{"all", "age", "sex", "quality"}, by) }

// judge sets the row beside the limit of its day.
func (r *AccuracyRow) judge(day law.Date) error {
	limits := map[Task]map[Means]*law.Param[float64]{
		Verification:   {ByFingers: &FingerFNMRLimit, ByFace: &FaceFNMRLimit},
		Identification: {ByFingers: &FingerFNIRLimit, ByBoth: &BothFNIRLimit},
	}
	param := limits[r.Task][r.Means]
	if param == nil {
		return nil
	}
	limit, err := param.On(day)
	if err != nil {
		return err
	}
	r.Limit, r.Met = &limit, "not_shown"
	switch {
	case r.Missed.High < limit:
		r.Met = "met"
	case r.Missed.Low > limit:
		r.Met = "missed"
	}
	return nil
}

// interval is the exact 95 % interval of a share (C. J. Clopper, E. S. Pearson,
// "The use of confidence or fiducial limits illustrated in the case of the
// binomial", Biometrika 26, 1934), found by halving: the probability of so many
// errors or fewer falls with the share.
//
// From a thousand errors and a thousand successes on it is that of E. B. Wilson
// (JASA 22, 1927), which then agrees with it to three digits and costs nothing.
func interval(errors, of int) (low, high float64) {
	if of == 0 {
		return 0, 1
	}
	if errors >= 1000 && of-errors >= 1000 {
		const z = 1.959964
		n, share := float64(of), float64(errors)/float64(of)
		middle, width := share+z*z/(2*n), z*math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
		return (middle - width) / (1 + z*z/n), (middle + width) / (1 + z*z/n)
	}
	solve := func(k int, want float64) float64 {
		a, b := 0.0, 1.0
		for range 60 {
			mid := (a + b) / 2
			if atMost(k, of, mid) > want {
				a = mid
			} else {
				b = mid
			}
		}
		return a
	}
	high = 1
	if errors < of {
		high = solve(errors, 0.025)
	}
	if errors > 0 {
		low = solve(errors-1, 0.975)
	}
	return low, high
}

// atMost is the probability of k or fewer errors among n at a share.
func atMost(k, n int, share float64) float64 {
	if share <= 0 {
		return 1
	}
	if share >= 1 {
		if k >= n {
			return 1
		}
		return 0
	}
	all, _ := math.Lgamma(float64(n + 1))
	sum := 0.0
	for i := range k + 1 {
		a, _ := math.Lgamma(float64(i + 1))
		b, _ := math.Lgamma(float64(n - i + 1))
		sum += math.Exp(all - a - b + float64(i)*math.Log(share) + float64(n-i)*math.Log1p(-share))
	}
	return min(sum, 1)
}
