package person

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The consistency convention: could both names denote one person? The surname
// must be the same; given names may be initials, short forms or left out, in
// their order; nothing may contradict and no typing error is forgiven, except
// two neighbouring letters exchanged in a long word, which makes no other name.

// givenPart is one given name or initial.
type givenPart struct {
	text    string // A-Z
	letters []rune
	initial bool
}

// orderedName is a name read in the order given names, surname.
type orderedName struct {
	given      []givenPart
	surname    []surnamePart
	generation int // 1 senior, 2 junior or II, 3 III, 4 IV; 0 unmarked
}

// surnamePart is one part of a hyphenated surname: VAN DEN BERG.
type surnamePart struct {
	whole string // particles and core written as one
	core  string
	alone bool // has no particle
}

var generations = map[string]int{"SR": 1, "SENIOR": 1, "JR": 2, "JUNIOR": 2, "II": 2, "III": 3, "IV": 4}

// nameToken is a word of the printed name with what the printing tells.
type nameToken struct {
	part      givenPart
	hyphen    bool // joined to the token before it
	lowercase bool
}

func readOrdered(s string) orderedName {
	var n orderedName
	s = norm.NFC.String(s)
	if last, first, ok := strings.Cut(s, ","); ok && !strings.Contains(first, ",") && len(splitNameComponents(first)) > 0 {
		if _, suffix := generations[bareUpper(first)]; !suffix && !nameSuffixes[bareUpper(first)] {
			s = first + " " + last
		}
	}
	mixedCase := strings.IndexFunc(s, unicode.IsLower) >= 0
	var tokens []nameToken
	fields := strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == '<' })
	for at, f := range fields {
		bare := bareUpper(f)
		if g := generations[bare]; g > 0 && at > 0 && at >= len(fields)-2 {
			n.generation = g
			continue
		}
		if at > 0 && at == len(fields)-1 && nameSuffixes[bare] || at == 0 && len(fields) > 1 && nameTitles[bare] {
			continue
		}
		if letters := splitInitials(f, mixedCase && at < len(fields)-1); letters != nil {
			for _, r := range letters {
				tokens = append(tokens, makeToken([]rune{r}, false))
			}
			continue
		}
		for i, c := range splitNameComponents(f) {
			t := makeToken(c, i > 0)
			if t.part.text != "" {
				tokens = append(tokens, t)
			}
		}
	}
	if len(tokens) > maxNameWords {
		tokens = tokens[len(tokens)-maxNameWords:]
	}
	n.divide(tokens)
	return n
}

func bareUpper(s string) string {
	return strings.ToUpper(strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }))
}

func makeToken(letters []rune, hyphen bool) nameToken {
	letters = letters[:min(len(letters), 2*maxWordSounds)]
	text := transliterateComponent(letters, "")
	return nameToken{
		part:      givenPart{text, letters, len(letters) == 1},
		hyphen:    hyphen,
		lowercase: unicode.IsLower(letters[0]),
	}
}

// splitInitials returns the letters of a token that is a row of initials: letters
// with points (H.M.T.), or two or three capitals where the rest of the name has
// lower case (MT). It returns nil for any other token.
func splitInitials(field string, capitals bool) []rune {
	var letters []rune
	points := 0
	for _, r := range field {
		switch {
		case unicode.IsUpper(r):
			letters = append(letters, r)
		case r == '.':
			points++
		default:
			return nil
		}
	}
	if len(letters) < 2 || len(letters) > 4 {
		return nil
	}
	if points >= len(letters)-1 || capitals && len(letters) <= 3 {
		return letters
	}
	return nil
}

// divide finds the surname: the last word with what is joined to it by hyphens
// and the particles before.
func (n *orderedName) divide(tokens []nameToken) {
	start := len(tokens) - 1
	for start > 1 && (tokens[start].hyphen || isNameParticle(tokens[start-1].part.text) || tokens[start-1].lowercase && !tokens[0].lowercase) {
		start--
	}
	if start < 0 {
		return
	}
	var whole, core strings.Builder
	alone := true
	flush := func() {
		if whole.Len() > 0 {
			n.surname = append(n.surname, surnamePart{whole.String(), core.String(), alone})
		}
		whole.Reset()
		core.Reset()
		alone = true
	}
	for k, t := range tokens[start:] {
		if k > 0 && t.hyphen {
			flush()
		}
		whole.WriteString(t.part.text)
		if isNameParticle(t.part.text) && start+k < len(tokens)-1 {
			alone = false
		} else {
			core.WriteString(t.part.text)
		}
	}
	flush()
	for _, t := range tokens[:start] {
		n.given = append(n.given, t.part)
	}
}

func compareConsistency(a, b string, x, y readableName) Match {
	if sameWritings(x.printed, y.printed) {
		return Match{Same, 1, []string{sameReason}}
	}
	p, q := readOrdered(a), readOrdered(b)
	why, ok := p.consistentWith(q)
	if !ok {
		if moved, changed := q.surnameFirst(); changed {
			if w, fits := p.consistentWith(moved); fits {
				why, ok = append(w, "order of names reversed"), true
			}
		}
	}
	if !ok {
		if moved, changed := p.surnameFirst(); changed {
			if w, fits := moved.consistentWith(q); fits {
				why, ok = append(w, "order of names reversed"), true
			}
		}
	}
	score, _ := bestMatch(x.renderings(), y.renderings())
	if ok {
		return Match{Similar, min(0.99, max(score, 0.85)), why}
	}
	return Match{Different, min(score, contradicted), why}
}

// surnameFirst reads the name again with its first word as the surname.
func (n orderedName) surnameFirst() (orderedName, bool) {
	if len(n.given) == 0 || len(n.surname) != 1 || !n.surname[0].alone || n.given[0].initial {
		return n, false
	}
	first, last := n.given[0].text, n.surname[0].whole
	moved := orderedName{generation: n.generation, surname: []surnamePart{{first, first, true}}}
	moved.given = append(slices.Clone(n.given[1:]), givenPart{text: last, letters: []rune(last), initial: len(last) == 1})
	return moved, true
}

// consistentWith tells whether nothing contradicts, and why.
func (n orderedName) consistentWith(o orderedName) (why []string, ok bool) {
	if n.generation != 0 && o.generation != 0 && n.generation != o.generation {
		return []string{"marks of different generations"}, false
	}
	// One word alone may be a given name or a surname.
	if len(n.given) == 0 && len(o.given) == 0 && len(n.surname) == 1 && len(o.surname) == 1 {
		a, b := n.surname[0].whole, o.surname[0].whole
		if k := givenAlike(wordPart(a), wordPart(b)); k != "" {
			return []string{fmt.Sprintf("%s and %s: %s", a, b, k)}, true
		}
	}
	sw, ok := surnamesAlike(n.surname, o.surname)
	if !ok {
		return []string{fmt.Sprintf("surname %s against %s", surnameText(n.surname), surnameText(o.surname))}, false
	}
	gw, ok := givenNamesAlike(n.given, o.given)
	return append([]string{sw}, gw...), ok
}

func wordPart(w string) givenPart { return givenPart{w, []rune(w), len(w) == 1} }

func surnameText(parts []surnamePart) string {
	var s []string
	for _, p := range parts {
		s = append(s, p.whole)
	}
	return strings.Join(s, "-")
}

// surnamesAlike compares surnames: written as one, or one of them without some
// of its hyphenated parts, or without its particles.
func surnamesAlike(a, b []surnamePart) (string, bool) {
	wa, wb := strings.ReplaceAll(surnameText(a), "-", ""), strings.ReplaceAll(surnameText(b), "-", "")
	switch {
	case wa == "" || wb == "":
		return "", false
	case wa == wb:
		return "surname " + wa + " in both", true
	case swappedNeighbours(wa, wb):
		return fmt.Sprintf("surname %s and %s with two letters exchanged", wa, wb), true
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	for _, p := range a {
		if !slices.ContainsFunc(b, func(o surnamePart) bool {
			return p.whole == o.whole || p.core != "" && p.core == o.core && (p.alone || o.alone)
		}) {
			return "", false
		}
	}
	return fmt.Sprintf("surname %s within %s", surnameText(a), surnameText(b)), true
}

// givenNamesAlike aligns given names in their order. One side may lack names of
// the other but not both of each other. The first names must meet, unless a
// person goes by a later one: then that one must stand in full on both sides.
func givenNamesAlike(a, b []givenPart) (why []string, ok bool) {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == 0 {
		if len(b) > 0 {
			why = append(why, "given names left out")
		}
		return why, true
	}
	for skip := 0; len(b)-skip >= len(a); skip++ {
		if w, _, fits := alignGiven(a, b[skip:], skip > 0); fits {
			if skip > 0 {
				w = append(w, "first name left out")
			}
			return w, true
		}
	}
	return []string{fmt.Sprintf("given names %s against %s", givenText(a), givenText(b))}, false
}

func givenText(parts []givenPart) string {
	var s []string
	for _, p := range parts {
		s = append(s, p.text)
	}
	return strings.Join(s, " ")
}

// alignGiven matches a[0] with b[0] and the rest of a, in order, with some of the
// rest of b. Two neighbours may be one word on the other side. It also answers
// whether the first two met: then no later start can do better.
func alignGiven(a, b []givenPart, anchored bool) (why []string, met, ok bool) {
	k := givenAlike(a[0], b[0])
	if k != "" && (!anchored || k == givenEqual && len(a[0].text) > 1) {
		met = true
		if rest, fits := alignRest(a[1:], b[1:]); fits {
			return append([]string{fmt.Sprintf("%s and %s: %s", a[0].text, b[0].text, k)}, rest...), met, true
		}
	}
	if len(b) > 1 && !anchored && len(a[0].text) > 2 && a[0].text == b[0].text+b[1].text {
		met = true
		if rest, fits := alignRest(a[1:], b[2:]); fits {
			return append([]string{a[0].text + " written as two"}, rest...), met, true
		}
	}
	if len(a) > 1 && !anchored && len(b[0].text) > 2 && b[0].text == a[0].text+a[1].text {
		met = true
		if rest, fits := alignRest(a[2:], b[1:]); fits {
			return append([]string{b[0].text + " written as two"}, rest...), met, true
		}
	}
	return nil, met, false
}

// alignRest aligns what follows: the shorter row must find every counterpart.
func alignRest(a, b []givenPart) (why []string, ok bool) {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == 0 {
		if len(b) > 0 {
			why = append(why, "left out: "+givenText(b))
		}
		return why, true
	}
	for skip := 0; len(b)-skip >= len(a); skip++ {
		w, met, fits := alignGiven(a, b[skip:], false)
		if fits {
			if skip > 0 {
				w = append(w, "left out: "+givenText(b[:skip]))
			}
			return w, true
		}
		if met {
			break
		}
	}
	return nil, false
}

const givenEqual = "equal"

// givenAlike says how two given names may be one: "equal", "initial", "short
// form", "two letters exchanged"; "" when they may not.
func givenAlike(a, b givenPart) string {
	if a.text == b.text || shareWriting(letterChoices(a.letters), letterChoices(b.letters)) {
		return givenEqual
	}
	if a.text == "" || b.text == "" {
		return ""
	}
	if a.initial || b.initial {
		switch {
		case a.initial == b.initial:
			return ""
		case a.text[0] == b.text[0]:
			return "initial"
		case a.initial && isShortForInitial(b.text, a.text[0]), b.initial && isShortForInitial(a.text, b.text[0]):
			return "initial of the full form"
		}
		return ""
	}
	switch {
	case isShortForm(a.text, b.text), beginsAsShort(a.text, b.text), beginsAsShort(b.text, a.text):
		return "short form"
	case swappedNeighbours(a.text, b.text):
		return "two letters exchanged"
	}
	return ""
}

// beginsAsShort tells whether short is full cut off, or a diminutive of it. A
// patronymic is no longer form of the father's name.
func beginsAsShort(short, full string) bool {
	if isPatronymic(full) {
		return false
	}
	return len(short) >= 3 && len(full) >= len(short)+2 && strings.HasPrefix(full, short) || diminutiveOf(short, full)
}

func isPatronymic(w string) bool {
	for _, ending := range []string{"OVICH", "OVYCH", "EVICH", "EVYCH", "IVNA", "YIVNA", "OVNA", "EVNA", "OVIC", "EVIC", "OVITCH", "EVITCH", "ICHNA", "SON", "SEN", "DOTTIR"} {
		if strings.HasSuffix(w, ending) && len(w) >= len(ending)+3 {
			return true
		}
	}
	return false
}

// swappedNeighbours tells whether two words of six or more letters differ by the
// exchange of two neighbours.
func swappedNeighbours(a, b string) bool {
	if len(a) != len(b) || len(a) < 6 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
