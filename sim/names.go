package sim

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"limen/person"
)

//go:embed names.txt
var namesText string

// nameGroup is the names of one language group.
type nameGroup struct {
	name          string
	language      string // picks exceptions of transliteration
	secondGiven   int    // per cent
	secondSurname int    // per cent
	father        bool   // the second given name is the father's
	men, women    []string
	surnames      []string
}

// nameGroups is names.txt by group. A list that cannot be read is a bug and
// stops the program.
var nameGroups = readNames(namesText)

func readNames(text string) map[string]*nameGroup {
	groups := map[string]*nameGroup{}
	var g *nameGroup
	for n, line := range strings.Split(text, "\n") {
		bad := func() string { return fmt.Sprintf("names.txt:%d: cannot be read", n+1) }
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			f := strings.Fields(strings.Trim(line, "[]"))
			if len(f) < 4 {
				panic(bad())
			}
			given, err1 := strconv.Atoi(f[2])
			surname, err2 := strconv.Atoi(f[3])
			if err1 != nil || err2 != nil {
				panic(bad())
			}
			g = &nameGroup{name: f[0], language: f[1], secondGiven: given, secondSurname: surname, father: len(f) == 5}
			groups[g.name] = g
		default:
			names := strings.Fields(line[1:])
			for i := range names {
				names[i] = strings.ReplaceAll(names[i], "_", " ")
			}
			switch {
			case g == nil || len(names) == 0:
				panic(bad())
			case line[0] == 'm':
				g.men = names
			case line[0] == 'f':
				g.women = names
			case line[0] == 's':
				g.surnames = names
			default:
				panic(bad())
			}
		}
	}
	return groups
}

// surname draws the surname of a household, in the form of a man.
func (g *nameGroup) surname(r *rand.Rand) string {
	s := pick(r, g.surnames)
	if chance(r, g.secondSurname) {
		if second := pick(r, g.surnames); second != s {
			s += " " + second
		}
	}
	return s
}

// given draws first names. No two of one person are equal.
func (g *nameGroup) given(r *rand.Rand, sex person.Sex) string {
	own := g.men
	if sex == person.Female {
		own = g.women
	}
	first := pick(r, own)
	if chance(r, g.secondGiven) {
		others := own
		if g.father {
			others = g.men
		}
		if second := pick(r, others); second != first {
			return first + " " + second
		}
	}
	return first
}

// feminine is a surname as a woman of the group bears it, where the language has
// a form of its own.
func (g *nameGroup) feminine(surname string) string {
	for _, e := range feminineEndings[g.name] {
		if stem, ok := strings.CutSuffix(surname, e[0]); ok {
			return stem + e[1]
		}
	}
	return surname
}

var feminineEndings = map[string][][2]string{
	"ru": {{"ов", "ова"}, {"ев", "ева"}, {"ёв", "ёва"}, {"ин", "ина"}, {"ын", "ына"}, {"ский", "ская"}, {"цкий", "цкая"}},
	"kk": {{"ов", "ова"}, {"ев", "ева"}, {"ин", "ина"}},
	"be": {{"оў", "ова"}, {"аў", "ава"}, {"еў", "ева"}, {"ін", "іна"}, {"скі", "ская"}, {"цкі", "цкая"}},
	"uk": {{"ський", "ська"}, {"цький", "цька"}, {"ний", "на"}},
	"az": {{"ov", "ova"}, {"ev", "eva"}},
}

// pick draws one of a list.
func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// chance is true in so many of a hundred cases.
func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

// weighted draws an index in proportion to its weight. weights are cumulative,
// as cumulate returns them.
func weighted(r *rand.Rand, cumulative []float64) int {
	x := r.Float64() * cumulative[len(cumulative)-1]
	for i, c := range cumulative {
		if x < c {
			return i
		}
	}
	return len(cumulative) - 1
}

func cumulate(weights []float64) []float64 {
	sum := 0.0
	out := make([]float64, len(weights))
	for i, w := range weights {
		sum += w
		out[i] = sum
	}
	return out
}
