package person

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"time"

	"limen/law"
)

// State is a code of ICAO Doc 9303-3 section 5 as printed in the machine
// readable zone: mostly ISO 3166-1 alpha-3, but "D" for Germany, and beside
// states also territories, statuses (GBD, XXA) and organisations (EUE, UNO).
// The zero value is "no state".
type State string

// Utopia is the state of specimen documents. No living person is its national.
const Utopia State = "UTO"

// StateKind says what stands behind a State.
type StateKind string

// Kinds of State.
const (
	KindState        StateKind = "state"
	KindEntity       StateKind = "entity"       // not recognised as a state by every Member State
	KindTerritory    StateKind = "territory"    // its people hold the nationality of another code, or none
	KindStatus       StateKind = "status"       // what the holder is: a British status, stateless, refugee
	KindOrganisation StateKind = "organisation" // issues documents, has no nationals
	KindWithdrawn    StateKind = "withdrawn"    // stands on old documents only
	KindSpecimen     StateKind = "specimen"     // Utopia
)

// stateRow is one line of states.tsv.
type stateRow struct {
	code          State
	alpha2        string
	alpha3        string
	name          string
	kind          StateKind
	nationalityOf State
	zones         []string
	note          string
}

// stateTable is states.tsv, read once when the program starts. A table that
// cannot be read is a bug and stops the program.
type stateTable struct {
	order  []State
	byCode map[State]*stateRow
	alias  map[string]State // alpha-2, alpha-3 and other codes that are not the printed one
}

//go:embed states.tsv
var statesTSV string

var states = readStates(statesTSV)

func readStates(tsv string) stateTable {
	t := stateTable{byCode: map[State]*stateRow{}, alias: map[string]State{}}
	for _, c := range tableRows("states.tsv", tsv, "code alpha2 alpha3 also name kind nationality_of zones note") {
		r := &stateRow{
			code: State(c[0]), alpha2: c[1], alpha3: c[2], name: c[4], kind: StateKind(c[5]),
			nationalityOf: State(c[6]), zones: strings.Fields(c[7]), note: c[8],
		}
		t.order = append(t.order, r.code)
		t.byCode[r.code] = r
		for _, other := range []string{c[1], c[2], c[3]} {
			if other != "" && other != c[0] {
				t.alias[other] = r.code
			}
		}
	}
	return t
}

// tableRows splits an embedded table: tab-separated columns under a heading
// line, comments beginning with #. It panics when the heading is not the one
// expected or a line has another number of columns.
func tableRows(file, text, heading string) [][]string {
	want := strings.ReplaceAll(heading, " ", "\t")
	columns := strings.Count(want, "\t") + 1
	var rows [][]string
	headed := false
	for n, line := range strings.Split(text, "\n") {
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case !headed:
			if line != want {
				panic(fmt.Sprintf("%s:%d: heading is %q", file, n+1, line))
			}
			headed = true
		default:
			c := strings.Split(line, "\t")
			if len(c) != columns {
				panic(fmt.Sprintf("%s:%d: %d columns instead of %d", file, n+1, len(c), columns))
			}
			rows = append(rows, c)
		}
	}
	return rows
}

// KnownState tells whether code is printed in machine readable zones. It knows
// "D" and "UTO" and does not know "DEU" or "DE": ParseState turns those into "D".
func KnownState(code State) bool { return states.byCode[code] != nil }

// ParseState reads a code in the printed form, and also the ISO 3166-1 alpha-2
// and alpha-3 codes ("DE" and "DEU" become "D"; "XK" and "KS" become "RKS"),
// in capitals or not. Specimen codes are read. The error is a *law.Refusal
// with code unknown_state and field "state"; a caller whose field has another
// name sets it.
func ParseState(s string) (State, error) {
	code := strings.ToUpper(strings.TrimSpace(s))
	if KnownState(State(code)) {
		return State(code), nil
	}
	if printed, ok := states.alias[code]; ok {
		return printed, nil
	}
	return "", law.BadField("state", "unknown_state", "9303-3 s 5",
		"The code is not one that a travel document can carry for a state, territory, status or organisation.",
		"code", clip(s))
}

// clip shortens input from outside before it is repeated in a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 12 {
		return string(r[:12]) + "…"
	}
	return s
}

// States lists every known code in alphabetical order.
func States() []State { return append([]State(nil), states.order...) }

// row returns the line of s; an empty one when s is not known.
func (s State) row() *stateRow {
	if r := states.byCode[s]; r != nil {
		return r
	}
	return &stateRow{}
}

// Name returns the English short name: "Germany", "Stateless person (1954
// Convention)". For an unknown code it returns the code itself.
func (s State) Name() string {
	if r := states.byCode[s]; r != nil {
		return r.name
	}
	return string(s)
}

// Alpha2 returns the two-letter code, that of ISO 3166-1 or of Doc 9303-3
// (KS, UT), or "" when there is none.
func (s State) Alpha2() string { return s.row().alpha2 }

// Alpha3 returns the ISO 3166-1 alpha-3 code ("DEU" for "D"), or "" when ISO
// has none (GBD, RKS, XXA).
func (s State) Alpha3() string { return s.row().alpha3 }

// Kind returns what stands behind the code, or "" for an unknown one.
func (s State) Kind() StateKind { return s.row().kind }

// Note returns what a reader of the code should know, or "".
func (s State) Note() string { return s.row().note }

// Zones returns the IANA time zones of the state's territory. Only the states
// of the Schengen area, Ireland and Cyprus have them here.
func (s State) Zones() []string { return append([]string(nil), s.row().zones...) }

// Locations returns the time zones of Zones.
func (s State) Locations() []*time.Location { return stateLocations()[s] }

// stateLocations holds the zones of every state, loaded once. A zone that cannot
// be loaded is a bug in the table and stops the program.
var stateLocations = sync.OnceValue(func() map[State][]*time.Location {
	m := map[State][]*time.Location{}
	for code, row := range states.byCode {
		for _, zone := range row.zones {
			loc, err := time.LoadLocation(zone)
			if err != nil {
				panic("states.tsv: " + string(code) + ": " + err.Error())
			}
			m[code] = append(m[code], loc)
		}
	}
	return m
})
