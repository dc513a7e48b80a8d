package person

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones are known on machines that have no zone database

	"limen/law"
)

// CrossingPoint is a border crossing point (2016/399 art 2(8)) of a state that
// operates the Entry/Exit System. Points of different kinds at one place are
// different crossing points with different codes.
type CrossingPoint struct {
	Code       string         // two letters of the country where it stands and three more: "FRCDG"
	State      State          // whose officers check; not always the country where it stands
	Kind       law.BorderKind // railways and rivers are land borders
	Zone       string         // IANA zone of the place: civil days are counted in it
	Name       string         // in English, with the place's own spelling
	CodeSource CodeSource
	Regime     BorderRegime
	Note       string
}

// CodeSource says where the code of a crossing point comes from.
type CodeSource string

// The sources.
const (
	LocodeSource CodeSource = "locode" // UN/LOCODE of the place
	IATASource   CodeSource = "iata"   // country and IATA airport code
	OwnSource    CodeSource = "own"    // of this project, ends in 0
)

// BorderRegime marks crossing points where more than the usual rules apply.
type BorderRegime string

// The regimes.
const (
	UsualRegime  BorderRegime = ""
	Juxtaposed   BorderRegime = "juxtaposed"    // officers check on the territory of a third country, by agreement
	CeutaMelilla BorderRegime = "ceuta_melilla" // special rules stay (2017/2226 art 67)
)

//go:embed crossing_points.tsv
var crossingPointsTSV string

// crossingTable is crossing_points.tsv in its order, which is that of the codes.
type crossingTable struct {
	points []CrossingPoint
	byCode map[string]*CrossingPoint
}

var crossings = readCrossingPoints(crossingPointsTSV)

func readCrossingPoints(tsv string) crossingTable {
	var t crossingTable
	for _, c := range tableRows("crossing_points.tsv", tsv, "code state kind zone name code_source regime note") {
		t.points = append(t.points, CrossingPoint{
			Code: c[0], State: State(c[1]), Kind: law.BorderKind(c[2]), Zone: c[3], Name: c[4],
			CodeSource: CodeSource(c[5]), Regime: BorderRegime(c[6]), Note: c[7],
		})
	}
	t.byCode = make(map[string]*CrossingPoint, len(t.points))
	for i := range t.points {
		t.byCode[t.points[i].Code] = &t.points[i]
	}
	return t
}

// CrossingPoints lists every crossing point in the order of the codes.
func CrossingPoints() []CrossingPoint { return slices.Clone(crossings.points) }

// CrossingPointsOf lists the crossing points where officers of the state check,
// in the order of the codes.
func CrossingPointsOf(state State) []CrossingPoint {
	var of []CrossingPoint
	for _, p := range crossings.points {
		if p.State == state {
			of = append(of, p)
		}
	}
	return of
}

// ParseCrossingPoint finds a crossing point by its code, in capitals or not.
// What it returns belongs to the table and must not be changed. The error is a
// *law.Refusal with code unknown_crossing_point and field "bcp"; its message
// and its fact "nearest" name the codes of the same country that come closest.
func ParseCrossingPoint(code string) (*CrossingPoint, error) {
	key := strings.ToUpper(strings.TrimSpace(code))
	if p := crossings.byCode[key]; p != nil {
		return p, nil
	}
	near := nearestCodes(key)
	message := "No border crossing point has this code."
	if len(near) > 0 {
		message += " Nearest: " + strings.Join(near, ", ") + "."
	}
	return nil, law.BadField("bcp", "unknown_crossing_point", "2017/2226 art 16(2)(b)", message,
		"code", clip(code), "nearest", strings.Join(near, ", "))
}

// nearestCodes returns at most three known codes that begin with the same two
// letters as key, those with the fewest differing letters first.
func nearestCodes(key string) []string {
	if len(key) < 2 || len(key) > 12 {
		return nil
	}
	type candidate struct {
		point *CrossingPoint
		edits int
	}
	var found []candidate
	for i := range crossings.points {
		p := &crossings.points[i]
		if p.Code[:2] == key[:2] {
			found = append(found, candidate{p, edits(key, p.Code)})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return a.edits - b.edits })
	var near []string
	for _, c := range found[:min(3, len(found))] {
		near = append(near, c.point.Code+" ("+c.point.Name+")")
	}
	return near
}

// edits counts the insertions, deletions, replacements and swaps of neighbours
// that turn a into b (optimal string alignment). Both are short.
func edits(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// locations holds every zone of the table, loaded once. A zone that cannot be
// loaded is a bug in the table and stops the program. The machine's own zone
// database is asked first, as time.LoadLocation does; the built-in one follows.
var locations = sync.OnceValue(func() map[string]*time.Location {
	m := map[string]*time.Location{}
	for _, p := range crossings.points {
		if m[p.Zone] == nil {
			loc, err := time.LoadLocation(p.Zone)
			if err != nil {
				panic("crossing_points.tsv: " + p.Code + ": " + err.Error())
			}
			m[p.Zone] = loc
		}
	}
	return m
})

// Location returns the zone of the place.
func (p CrossingPoint) Location() *time.Location { return locations()[p.Zone] }

// LocalDate returns the civil day at the crossing point at the instant t: the
// day of entry or exit that counts as a day of stay (2016/399 art 6(1a)).
func (p CrossingPoint) LocalDate(t time.Time) law.Date { return law.DateIn(t, p.Location()) }

// WesternmostZone returns the zone among those of all crossing points in which
// a civil day ends last, whatever the season. Duties that need a day to be over
// everywhere run after midnight there.
func WesternmostZone() *time.Location { return westernmost() }

var westernmost = sync.OnceValue(func() *time.Location {
	var west *time.Location
	latest := time.Time{}
	for _, p := range crossings.points {
		loc := p.Location()
		// In January no zone of the area has summer time, which only ever
		// brings zones together: the Azores then stand level with Iceland.
		if end := time.Date(2026, 1, 2, 0, 0, 0, 0, loc); west == nil || end.After(latest) {
			west, latest = loc, end
		}
	}
	return west
})
