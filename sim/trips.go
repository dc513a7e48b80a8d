package sim

import (
	"fmt"
	"math/rand/v2"

	"limen/ees"
	"limen/law"
	"limen/person"
)

// Trip is one stay of one traveller, or an attempt that the guard turns down.
type Trip struct {
	Enter, Leave law.Date // Leave may lie after the end of the history, or be zero: never left
	In, Out      string   // codes of crossing points
	Visa         *ees.VisaInput
	Intended     int    // days the traveller says at entry; 0 when not asked
	Unseen       bool   // the exit takes place and is not recorded
	TurnedDown   string // letters of the refusal form that the guard finds by himself; "" when there are none
	NoVisaShown  bool   // the visa is not shown, or there is none
}

// habit is a way to travel. Days; both bounds included.
type habit struct {
	name             string
	weight           float64
	gapFrom, gapTo   int
	stayFrom, stayTo int
	solo             bool // not with a household
	near             bool // over land or sea from next door
}

// The ways to travel; a guess, tuned to about six crossings a traveller a year.
var habits = []habit{
	{name: "tourist", weight: 58, gapFrom: 70, gapTo: 300, stayFrom: 4, stayTo: 16},
	{name: "visitor", weight: 18, gapFrom: 50, gapTo: 220, stayFrom: 14, stayTo: 60},
	{name: "business", weight: 12, gapFrom: 14, gapTo: 50, stayFrom: 1, stayTo: 5, solo: true},
	{name: "commuter", weight: 3, gapFrom: 3, gapTo: 14, stayFrom: 1, stayTo: 3, solo: true, near: true},
	{name: "maximiser", weight: 5, gapFrom: 30, gapTo: 120, stayFrom: 75, stayTo: 90},
	{name: "overstayer", weight: 2, gapFrom: 120, gapTo: 320, stayFrom: 80, stayTo: 90},
}

var habitWeights = func() []float64 {
	w := make([]float64, len(habits))
	for i := range habits {
		w[i] = habits[i].weight
	}
	return cumulate(w)
}()

// drawHabit draws a way to travel that fits the household.
func drawHabit(r *rand.Rand, n *nation, size int) *habit {
	for {
		h := &habits[weighted(r, habitWeights)]
		if h.solo && size > 1 || h.near && (len(n.near) == 0 || n.byAir > 80) {
			continue
		}
		return h
	}
}

// season is how much tourists travel in a month, against July; a guess.
var season = [12]int{35, 38, 50, 62, 72, 88, 100, 98, 80, 62, 42, 55}

// refusalEvery is the number of entries for one turned down by the guard: one in
// 1 900 crossings, and an entry is every second one.
const refusalEvery = 950

// lostEvery is the number of stays for one whose exit goes unrecorded; a guess.
const lostEvery = 400

// journey draws the trips of a household between two days. Of the habits only
// the overstayer's breaks the law, and leaves some weeks too late.
type journey struct {
	r        *rand.Rand
	nation   *nation
	habit    *habit
	from, to law.Date
	visas    bool // the nationality needs one
	family   bool
	serial   func() int // next sticker number

	trips []Trip
	past  []span
	visa  *ees.VisaInput
}

func (j *journey) draw() []Trip {
	h := j.habit
	day := j.from + law.Date(j.r.IntN(h.gapTo+1))
	for day <= j.to {
		if (h.name == "tourist" || h.name == "visitor") && !j.inSeason(day) {
			day += law.Date(5 + j.r.IntN(25))
			continue
		}
		length := between(j.r, h.stayFrom, h.stayTo)
		day = j.trip(day, length) + law.Date(between(j.r, h.gapFrom, h.gapTo))
	}
	return j.trips
}

func (j *journey) inSeason(day law.Date) bool {
	_, m, _ := day.YMD()
	return chance(j.r, season[m-1])
}

// trip adds one trip, cut to what is lawful, and returns its last day.
func (j *journey) trip(day law.Date, length int) law.Date {
	t := Trip{Enter: day, In: j.crossingPoint()}
	t.Out = t.In
	if chance(j.r, 35) {
		t.Out = j.crossingPoint()
	}
	if j.r.IntN(refusalEvery) == 0 && j.habit.name != "overstayer" && !j.family {
		return j.turnedDown(t, length)
	}
	if j.visas {
		j.visaFor(day, length)
		t.Visa = j.visa
	}
	last := lastLawful(j.past, t.Visa, day)
	if last < day {
		return day
	}
	t.Leave = min(last, day+law.Date(length)-1)
	if chance(j.r, 50) {
		t.Intended = int(t.Leave-day) + 1
	}
	if j.habit.name == "overstayer" {
		t.Leave, t.Intended = last+law.Date(between(j.r, 2, 55)), 0
		if chance(j.r, 25) {
			t.Leave = 0
		}
	}
	t.Unseen = j.r.IntN(lostEvery) == 0
	j.trips = append(j.trips, t)
	j.past = append(j.past, span{t.Enter, t.Leave, t.Visa})
	if t.Leave == 0 {
		return j.to
	}
	return t.Leave
}

// turnedDown is an attempt to enter that ends with a refusal.
func (j *journey) turnedDown(t Trip, length int) law.Date {
	if j.visas && chance(j.r, 50) {
		t.NoVisaShown = true
	} else {
		if j.visas {
			j.visaFor(t.Enter, length)
			t.Visa = j.visa
		}
		t.TurnedDown = pick(j.r, []string{"E", "E", "E", "G", "G", "H", "I", "B", "J"})
	}
	j.trips = append(j.trips, t)
	return t.Enter
}

func (j *journey) crossingPoint() string {
	if j.habit.near {
		return pick(j.r, j.nation.near)
	}
	return j.nation.crossingPoint(j.r)
}

// visaFor makes sure of a visa for the day: the one held, as long as it allows
// any day, otherwise a new one, valid when the last stay is over.
func (j *journey) visaFor(day law.Date, length int) {
	if v := j.visa; v != nil {
		if end, _ := visaEnd(j.past, v, day); end >= day {
			return
		}
	}
	v := &ees.VisaInput{Type: string(person.VisaC), ValidFrom: day - law.Date(between(j.r, 0, 20))}
	if n := len(j.past); n > 0 {
		v.ValidFrom = max(v.ValidFrom, min(day, j.past[n-1].leave+1))
	}
	v.Issuer = string(issuers[weighted(j.r, issuerWeights)].state)
	v.Number = fmt.Sprintf("%s%08d", issuerPrefix(v.Issuer), 10_000_000+j.serial()*7%90_000_000)
	frequent := j.habit.solo || j.habit.name == "maximiser"
	switch {
	case frequent || chance(j.r, 52): // 52 % of the visas of 2024 were for multiple entry
		v.Days = 90
		v.ValidUntil = v.ValidFrom + law.Date(pick(j.r, []int{181, 364, 364, 364, 729, 1094})) // last day: 182 days, a year, two, three
	case chance(j.r, 12):
		v.Entries, v.Days = 2, min(90, max(30, 2*length))
		v.ValidUntil = v.ValidFrom + 179
	default:
		v.Entries, v.Days = 1, min(90, length+j.r.IntN(16))
		v.ValidUntil = day + law.Date(v.Days+14) // 15 days of grace
	}
	j.visa = v
}

// issuers weighs the states by the visas that their consulates issued in 2024,
// in thousands (as visaRequired).
var issuers = []struct {
	state  person.State
	weight float64
}{
	{"FRA", 2549.7}, {"ESP", 1305.2}, {"D", 1292.0}, {"ITA", 1094.2}, {"NLD", 602.2}, {"GRC", 609.6}, {"CHE", 560.5}, {"AUT", 224.7},
	{"BEL", 188.8}, {"HUN", 219.3}, {"PRT", 174.1}, {"SWE", 140.4}, {"CZE", 126.6}, {"NOR", 130.8}, {"DNK", 99.7}, {"BGR", 96.1},
	{"POL", 91.9}, {"FIN", 74.9}, {"MLT", 26.8}, {"HRV", 33.4}, {"ISL", 32.3}, {"ROU", 31.2}, {"LTU", 28.1}, {"SVN", 13.6},
	{"LVA", 15.1}, {"SVK", 12.7}, {"LUX", 11.1}, {"EST", 8.3},
}

var issuerWeights = func() []float64 {
	w := make([]float64, len(issuers))
	for i := range issuers {
		w[i] = issuers[i].weight
	}
	return cumulate(w)
}()

// issuerPrefix is the letters that this project's stickers begin with; real ones
// have forms of their own.
func issuerPrefix(state string) string {
	if state == "D" {
		return "DEU"
	}
	return state
}

// between draws a number, both bounds included.
func between(r *rand.Rand, from, to int) int { return from + r.IntN(to-from+1) }
