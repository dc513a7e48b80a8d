package person

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Transliteration to the alphabet of the machine readable zone: A to Z, with
// the filler between the components of a name (9303-3 s 6). The facts stand in
// translit.tsv; letters outside the three tables of the standard follow the
// issuing country's own romanisation, in translit_scripts.go.

//go:embed translit.tsv
var translitTable string

// icaoLetter is one row of translit.tsv.
type icaoLetter struct {
	mrz          string
	alternatives []string
	exceptions   []translitException
}

// translitException gives another string in one language ("uk"), at the
// beginning of a name component in Ukrainian ("uk-initial") or at the end of
// one ("final").
type translitException struct{ when, mrz string }

func (l *icaoLetter) exception(when string) (string, bool) {
	for _, e := range l.exceptions {
		if e.when == when {
			return e.mrz, true
		}
	}
	return "", false
}

const (
	arabicShadda  = '\u0651'
	arabicTatweel = '\u0640'
)

var icaoLetters = sync.OnceValue(func() map[rune]*icaoLetter {
	m := make(map[rune]*icaoLetter, 400)
	for line := range strings.Lines(translitTable) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		code, err := strconv.ParseUint(strings.TrimPrefix(f[0], "U+"), 16, 32)
		if err != nil || len(f) != 5 {
			panic(fmt.Sprintf("person: translit.tsv: bad row %q", line))
		}
		l := &icaoLetter{mrz: f[1]}
		if f[2] != "" {
			l.alternatives = strings.Split(f[2], "|")
		}
		if f[3] != "" {
			for _, e := range strings.Split(f[3], "|") {
				when, mrz, _ := strings.Cut(e, "=")
				l.exceptions = append(l.exceptions, translitException{when, mrz})
			}
		}
		m[rune(code)] = l
	}
	return m
})

// MRZComponents transliterates a printed name into its MRZ components, each of
// A to Z only. Hyphen, space and comma divide components; apostrophes join;
// every other mark and every digit is omitted (9303-3 s 4.6). The language is a
// BCP 47 code whose exceptions apply ("uk", "be", "bg", "mk", "sr"), or "".
//
// A letter without a row is decomposed and written as its base letter. A letter
// of a script outside the tables is written by its own country's romanisation
// where translit_scripts.go has one, otherwise omitted.
func MRZComponents(name, language string) []string {
	language = languageOf(language)
	var out []string
	for _, c := range splitNameComponents(name) {
		if s := transliterateComponent(c, language); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Transliterate is MRZComponents joined by the filler: "AL<BASRI".
func Transliterate(name, language string) string {
	return strings.Join(MRZComponents(name, language), "<")
}

func languageOf(code string) string {
	code, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(code)), "-")
	return code
}

// breaksComponent tells whether r divides components: white space, a hyphen or
// dash of any kind, a comma of any script, the MRZ filler, or the middle dot
// that katakana and Chinese put between the parts of a foreign name.
func breaksComponent(r rune) bool {
	switch r {
	case ',', '<', '،', '、', '，', '﹐', '﹑', '・', '･', '·':
		return true
	}
	return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r)
}

// splitNameComponents returns the letters and combining marks of each component
// of a name, in NFC.
func splitNameComponents(name string) [][]rune {
	var out [][]rune
	var cur []rune
	flush := func() {
		if len(cur) > 0 {
			out = append(out, cur)
			cur = nil
		}
	}
	var before rune
	for _, r := range norm.NFC.String(name) {
		switch {
		// Catalan writes a middle dot inside a word: l·l is no break.
		case r == '·' && (before == 'l' || before == 'L'):
		case breaksComponent(r):
			flush()
		case unicode.IsLetter(r) || unicode.IsMark(r):
			cur = append(cur, r)
		}
		before = r
	}
	flush()
	return out
}

// transliterateComponent writes one component in A to Z.
func transliterateComponent(letters []rune, language string) string {
	if s, ok := romaniseComponent(letters); ok {
		return s
	}
	var b strings.Builder
	last := ""
	for i, r := range letters {
		if r == arabicShadda {
			b.WriteString(last)
			continue
		}
		if unicode.IsMark(r) {
			continue
		}
		last = transliterateLetter(r, language, b.Len() == 0, endsComponent(letters[i+1:]))
		b.WriteString(last)
	}
	return b.String()
}

// endsComponent tells whether only marks and stretching follow.
func endsComponent(rest []rune) bool {
	for _, r := range rest {
		if unicode.IsLetter(r) && r != arabicTatweel {
			return false
		}
	}
	return true
}

func transliterateLetter(r rune, language string, initial, final bool) string {
	if 'A' <= r && r <= 'Z' {
		return asciiUpper[r-'A' : r-'A'+1]
	}
	if 'a' <= r && r <= 'z' {
		return asciiUpper[r-'a' : r-'a'+1]
	}
	if l := icaoLetters()[r]; l != nil {
		if initial && language == "uk" {
			if s, ok := l.exception("uk-initial"); ok {
				return s
			}
		}
		if language != "" {
			if s, ok := l.exception(language); ok {
				return s
			}
		}
		if final {
			if s, ok := l.exception("final"); ok {
				return s
			}
		}
		return l.mrz
	}
	if base := decomposed(r); base != nil {
		var s string
		for _, d := range base {
			s += transliterateLetter(d, language, initial && s == "", final)
		}
		return s
	}
	return romaniseLetter(r)
}

const asciiUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// decomposed returns what a letter without a row consists of: its base letter
// by canonical decomposition, the letters of a ligature or presentation form by
// compatibility decomposition, or its upper case; nil when it is atomic.
func decomposed(r rune) []rune {
	keep := func(s string) []rune {
		var out []rune
		for _, d := range s {
			if unicode.IsLetter(d) && d != r {
				out = append(out, d)
			}
		}
		return out
	}
	s := string(r)
	if d := norm.NFD.String(s); d != s {
		// Hangul syllables decompose into jamo, which no table romanises alone.
		if base := keep(d); len(base) > 0 && !unicode.Is(unicode.Hangul, r) {
			return base[:1]
		}
	}
	if d := norm.NFKD.String(s); d != s && !unicode.Is(unicode.Hangul, r) {
		if base := keep(d); len(base) > 0 {
			return base
		}
	}
	if u := unicode.ToUpper(r); u != r {
		if _, ok := icaoLetters()[u]; ok || u < 0x80 {
			return []rune{u}
		}
	}
	return nil
}

// letterOptions lists every string the standard permits for a letter in any
// language, the recommended one first. The bare base letter counts as one: a
// diacritic may be left out in print as well.
func letterOptions(r rune, initial, final bool) []string {
	first := transliterateLetter(r, "", initial, final)
	out := []string{first}
	add := func(s string) {
		for _, o := range out {
			if o == s {
				return
			}
		}
		out = append(out, s)
	}
	if l := icaoLetters()[r]; l != nil {
		for _, a := range l.alternatives {
			add(a)
		}
		for _, e := range l.exceptions {
			if e.when == "uk-initial" && !initial || e.when == "final" && !final {
				continue
			}
			add(e.mrz)
		}
	}
	if unicode.Is(unicode.Latin, r) {
		if base := decomposed(r); len(base) == 1 {
			add(transliterateLetter(base[0], "", initial, final))
		}
	}
	return out
}
