package person

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Convention says what counts as one name. The conventions contradict each other
// by design: a search wants to find what a comparison of two records must keep
// apart.
type Convention string

const (
	// ByScreening searches a register: typing errors, order, spelling and
	// transliteration are tolerated. It is the convention of a lookup at the
	// border (2019/327 art 2) and the default.
	ByScreening Convention = "screening"
	// ByConsistency asks whether both could denote one person: initials, omitted
	// middle names and short forms may be, typing errors may not.
	ByConsistency Convention = "consistency"
	// ByTransliteration compares a name in two scripts.
	ByTransliteration Convention = "transliteration"
	// ByICAO compares the visual zone of a document with its MRZ.
	ByICAO Convention = "icao"
)

// Conventions lists them all.
var Conventions = []Convention{ByScreening, ByConsistency, ByTransliteration, ByICAO}

// Match is the outcome of comparing two names.
type Match struct {
	Verdict Verdict  `json:"verdict"`
	Score   float64  `json:"score"` // 0..1; at or above MatchThreshold the verdict is similar or same
	Why     []string `json:"why"`   // reasons in words, for people
}

// Compare compares two names by the convention; an unknown convention is
// ByScreening. It is symmetric, gives 1 to a name compared with itself, and does
// bounded work on any input: longer names are compared by their beginning.
func (c Convention) Compare(a, b string) Match {
	a, b = clipName(a), clipName(b)
	if a > b {
		a, b = b, a
	}
	if a == b && a != "" {
		return Match{Same, 1, []string{"equal character by character"}}
	}
	x, y := readName(a), readName(b)
	if len(x.components) == 0 || len(y.components) == 0 {
		return Match{Different, 0, []string{"no letters to compare"}}
	}
	if x.unreadable || y.unreadable {
		return compareCodePoints(a, b, x, y)
	}
	switch c {
	case ByConsistency:
		return compareConsistency(a, b, x, y)
	case ByTransliteration:
		return compareScripts(x, y)
	case ByICAO:
		return compareZones(a, b, x, y)
	}
	return compareScreening(x, y)
}

// compareCodePoints compares names of which one has letters that no table
// romanises: only what is written alike can be told to be alike.
func compareCodePoints(a, b string, x, y readableName) Match {
	if m, ok := compareEqual(x, y); ok {
		return m
	}
	a, b = norm.NFC.String(a), norm.NFC.String(b)
	n := max(utf8.RuneCountInString(a), utf8.RuneCountInString(b))
	return matchOf(1-float64(Levenshtein(a, b))/float64(n), []string{"compared character by character: no romanisation is known"})
}

// maxNameRead bounds what is compared of one name, in code points.
const maxNameRead = 256

func clipName(s string) string {
	if len(s) <= maxNameRead {
		return s
	}
	n := 0
	for i := range s {
		if n == maxNameRead {
			return s[:i]
		}
		n++
	}
	return s
}

// readableName is a name taken apart for comparison, in any script.
type readableName struct {
	printed    [][]rune // letters and marks of each component, NFC
	components [][]rune // the same, as read: without forms of address, with letters for digits
	foreign    bool     // a letter of a script other than Latin
	abjad      bool     // a script that writes no vowels, or writes syllables
	greek      bool
	unreadable bool // a letter that no table romanises
}

// readName takes a printed name apart. Forms of address and marks of generation
// are left out; a digit or sign inside a word is read as the letter it looks like.
func readName(s string) readableName {
	var n readableName
	s = norm.NFC.String(s)
	n.printed = boundedComponents(splitNameComponents(s))
	n.components = boundedComponents(withoutTitles(splitNameComponents(lettersForDigits(s))))
	for _, w := range n.components {
		for _, r := range w {
			if !unicode.IsLetter(r) || unicode.In(r, unicode.Latin, unicode.Common) {
				continue
			}
			n.foreign = true
			n.unreadable = n.unreadable || !readableLetter(r)
			switch {
			case unicode.Is(unicode.Greek, r):
				n.greek = true
			case !unicode.In(r, unicode.Cyrillic, unicode.Georgian, unicode.Armenian):
				n.abjad = true
			}
		}
	}
	return n
}

// readableLetter tells whether a table says how to write the letter, be it as
// nothing.
func readableLetter(r rune) bool {
	if icaoLetters()[r] != nil || unicode.Is(unicode.Hangul, r) || transliterateLetter(r, "", false, false) != "" {
		return true
	}
	_, known := scriptLetters()[unicode.ToLower(r)]
	return known
}

// boundedComponents cuts what is longer than any name.
func boundedComponents(words [][]rune) [][]rune {
	words = words[:min(len(words), maxNameWords)]
	for i, w := range words {
		words[i] = w[:min(len(w), 2*maxWordSounds)]
	}
	return words
}

// lettersForDigits reads 0, 1, 3, 4, 5, 7, 8, 9, @ and $ beside a letter as the
// letters that they are mistaken for.
func lettersForDigits(s string) string {
	if !strings.ContainsAny(s, "01345789@$!") {
		return s
	}
	r := []rune(s)
	for i, c := range r {
		at := strings.IndexRune("01345789@$!", c)
		if at < 0 {
			continue
		}
		before, after := i > 0 && unicode.IsLetter(r[i-1]), i+1 < len(r) && unicode.IsLetter(r[i+1])
		if !before && !after || !unicode.IsDigit(c) && !(before && after) {
			continue
		}
		r[i] = rune("oieastbgasi"[at])
	}
	return string(r)
}

var nameTitles = wordSet("MR MRS MS MISS MISTER DR PROF PROFESSOR SIR LADY LORD DAME PRESIDENT MINISTER SENATOR GENERAL COLONEL CAPTAIN SHEIKH SHAIKH SHEIK KING QUEEN PRINCE PRINCESS HERR FRAU MONSIEUR MADAME MME MLLE SENOR SENORA REV JUDGE CHANCELLOR ING DIPL MAG")

var nameSuffixes = wordSet("JR SR JUNIOR SENIOR II III IV PHD ESQ MD MBA")

func wordSet(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

func withoutTitles(words [][]rune) [][]rune {
	isOne := func(w []rune, set map[string]bool) bool {
		return len(w) <= 10 && w[0] < unicode.MaxLatin1 && set[strings.ToUpper(string(w))]
	}
	for len(words) > 1 && isOne(words[0], nameTitles) {
		words = words[1:]
	}
	for last := len(words) - 1; last > 0 && (isOne(words[last], nameSuffixes) || isOne(words[last], nameTitles)); last-- {
		words = words[:last]
	}
	return words
}

// renderings writes the name in normal form in every way worth comparing: as
// the standard recommends, by the exceptions of each language, and with the
// other permitted strings.
func (n readableName) renderings() []string {
	var out []string
	add := func(words []string) {
		if s := strings.Join(words, " "); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	each := func(write func([]rune) string) {
		var words []string
		for _, c := range n.components {
			if w := write(c); w != "" {
				words = append(words, w)
			}
		}
		add(words)
	}
	if n.abjad {
		for _, words := range n.spokenWords() {
			add(words)
		}
	}
	languages := []string{""}
	if n.foreign && !n.abjad && !n.greek {
		languages = []string{"", "uk", "be", "sr", "mk", "bg"}
	}
	for _, l := range languages {
		each(func(c []rune) string { return transliterateComponent(c, l) })
	}
	for option := 1; option <= 2; option++ {
		each(func(c []rune) string { return transliterateOption(c, option) })
	}
	if n.greek {
		each(func(c []rune) string { return withoutGreekEnding(transliterateComponent(c, "")) })
		each(func(c []rune) string {
			return withoutGreekEnding(voicedGreek.Replace(transliterateComponent(c, "")))
		})
	}
	return out
}

// transliterateOption writes each letter by its permitted string of that number,
// the last one when it has fewer.
func transliterateOption(letters []rune, option int) string {
	if s, ok := romaniseComponent(letters); ok {
		return s
	}
	var b strings.Builder
	for i, r := range letters {
		if unicode.IsMark(r) || unicode.Is(unicode.Cyrillic, r) || unicode.Is(unicode.Arabic, r) {
			if !unicode.IsMark(r) {
				b.WriteString(transliterateLetter(r, "", b.Len() == 0, endsComponent(letters[i+1:])))
			}
			continue
		}
		o := letterOptions(r, b.Len() == 0, false)
		b.WriteString(o[min(option, len(o)-1)])
	}
	return b.String()
}

// voicedGreek reads the pairs of letters by which Greek writes the voiced stops
// of foreign names.
var voicedGreek = strings.NewReplacer("MP", "B", "NT", "D", "GK", "G", "TZ", "J", "CH", "H")

// withoutGreekEnding drops the ending of the nominative, which other languages
// leave out of a Greek name.
func withoutGreekEnding(w string) string {
	for _, ending := range []string{"OS", "IS", "AS", "ES"} {
		if s, ok := strings.CutSuffix(w, ending); ok && len(s) >= 4 {
			return s
		}
	}
	return w
}

// compareScreening takes the best of all pairs of renderings.
func compareScreening(x, y readableName) Match {
	if m, ok := compareEqual(x, y); ok {
		return m
	}
	score, why := bestMatch(x.renderings(), y.renderings())
	if x.foreign != y.foreign && score < MatchThreshold {
		return compareScripts(x, y)
	}
	return matchOf(score, why)
}

// compareEqual decides names that are equal as printed, or as read.
func compareEqual(x, y readableName) (Match, bool) {
	if sameWritings(x.printed, y.printed) {
		return Match{Same, 1, []string{sameReason}}, true
	}
	if sameWritings(x.components, y.components) {
		return Match{Similar, 0.98, []string{"equal but for a form of address, a mark of generation or a digit for a letter"}}, true
	}
	return Match{}, false
}

const sameReason = "equal but for case, diacritics, punctuation, order or permitted transliteration"

func matchOf(score float64, why []string) Match {
	score = min(score, 0.99) // Same has been decided before
	if score >= MatchThreshold {
		return Match{Similar, score, why}
	}
	return Match{Different, score, why}
}

// bestMatch returns the highest score of any two renderings and its reasons.
func bestMatch(as, bs []string) (score float64, why []string) {
	var ba, bb string
	for _, a := range as {
		for _, b := range bs {
			if s, _ := CompareNormal(a, b); s > score || ba == "" {
				score, ba, bb = s, a, b
			}
		}
	}
	return score, explain(ba, bb)
}

// explain says in words how two normal forms were compared.
func explain(a, b string) []string {
	if a > b { // as CompareNormal does
		a, b = b, a
	}
	var p, q nameWords
	p.parse(a)
	q.parse(b)
	var m nameMatching
	m.match(&p, &q)
	words := func(n *nameWords, from, to uint8) string {
		return strings.Join(n.word[from:to+1], " ")
	}
	var why []string
	for _, w := range m.pairs[:m.n] {
		x, y := words(&p, w.i, w.iEnd), words(&q, w.j, w.jEnd)
		switch w.kind {
		case pairEqual:
			why = append(why, x+" in both")
		case pairSound:
			why = append(why, fmt.Sprintf("%s and %s are spellings of one sound", x, y))
		case pairEdit:
			why = append(why, fmt.Sprintf("%s and %s differ little (%.2f)", x, y, w.similarity))
		case pairJoined:
			why = append(why, fmt.Sprintf("%s and %s are divided differently", x, y))
		case pairInitial:
			why = append(why, fmt.Sprintf("%s and %s: initial", x, y))
		case pairInitials:
			why = append(why, fmt.Sprintf("%s and %s: initials", x, y))
		case pairShort:
			why = append(why, fmt.Sprintf("%s and %s: short form", x, y))
		}
	}
	left := func(n *nameWords, free uint32) []string {
		var out []string
		for i := range n.n {
			if free>>i&1 != 0 {
				out = append(out, n.word[i])
			}
		}
		return out
	}
	lp, lq := strings.Join(left(&p, m.freeP), " "), strings.Join(left(&q, m.freeQ), " ")
	switch {
	case m.contradicts:
		why = append(why, fmt.Sprintf("%s against %s", lp, lq))
	case lp != "" && lq != "":
		why = append(why, fmt.Sprintf("only in one: %s; %s", lp, lq))
	case lp+lq != "":
		why = append(why, "only in one: "+lp+lq)
	}
	if len(why) == 0 {
		why = []string{"nothing in common"}
	}
	return why
}
