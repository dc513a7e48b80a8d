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

// Scripts outside the tables of Doc 9303-3, whose romanisation the standard
// leaves to the issuing State. The tables name their sources; Han characters
// without a row in translit_han.go are omitted.

//go:embed translit_scripts.tsv
var scriptTable string

// scriptLetter is one row of translit_scripts.tsv.
type scriptLetter struct {
	roman string
	kind  letterKind
}

type letterKind uint8

const (
	letterPlain     letterKind = iota + 1 // written as it stands
	letterAbjad                           // a consonant of a script that leaves out vowels
	letterConsonant                       // carries the vowel A unless a vowel sign or virama follows
	letterMedial                          // joins the consonant before it and takes over its vowel
	letterVowel                           // vowel sign
	letterPrevowel                        // vowel sign written before its consonant and spoken after it
	letterVirama                          // takes the vowel away
	letterSign                            // nasal, breathing or final consonant
	letterSmall                           // small kana, changes the syllable before
	letterDouble                          // small tsu, doubles the next consonant
	letterMark                            // not written
)

var letterKinds = map[string]letterKind{
	"letter": letterPlain, "abjad": letterAbjad, "consonant": letterConsonant, "medial": letterMedial,
	"vowel": letterVowel, "prevowel": letterPrevowel, "virama": letterVirama, "sign": letterSign,
	"small": letterSmall, "double": letterDouble, "mark": letterMark,
}

var scriptLetters = sync.OnceValue(func() map[rune]scriptLetter {
	m := make(map[rune]scriptLetter, 1700)
	for line := range strings.Lines(scriptTable) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		code, err := strconv.ParseUint(strings.TrimPrefix(f[0], "U+"), 16, 32)
		if err != nil || len(f) != 4 || letterKinds[f[2]] == 0 {
			panic(fmt.Sprintf("person: translit_scripts.tsv: bad row %q", line))
		}
		m[rune(code)] = scriptLetter{f[1], letterKinds[f[2]]}
	}
	return m
})

// romaniseLetter writes one letter that needs no neighbours, or "".
func romaniseLetter(r rune) string {
	if l, ok := scriptLetters()[unicode.ToLower(r)]; ok {
		return l.roman
	}
	if l, ok := scriptLetters()[r]; ok {
		return l.roman
	}
	return hanReading(r)
}

// romaniseComponent writes a component of a script whose letters depend on
// their neighbours. It answers false for the scripts of the ICAO tables and for
// every script that goes letter by letter.
func romaniseComponent(letters []rune) (string, bool) {
	for _, r := range letters {
		if unicode.IsMark(r) {
			continue
		}
		if unicode.Is(unicode.Greek, r) {
			return romaniseGreek(letters), true
		}
		if unicode.Is(unicode.Hangul, r) {
			return strings.Join(hangulSyllables(letters), ""), true
		}
		if l, ok := scriptLetters()[r]; ok {
			switch l.kind {
			case letterConsonant, letterPrevowel, letterSmall, letterDouble:
				return romaniseSyllabic(letters), true
			case letterPlain:
				if unicode.In(r, unicode.Hiragana, unicode.Katakana) || len(letters) > 1 && unicode.IsMark(letters[1]) {
					return romaniseSyllabic(letters), true
				}
				// An independent vowel may begin a word of an Indic script.
				for _, n := range letters {
					if scriptLetters()[n].kind == letterConsonant {
						return romaniseSyllabic(letters), true
					}
				}
			}
		}
		return "", false
	}
	return "", false
}

// romaniseGreek follows ISO 843 type 2, the transcription of Greek passports
// (ELOT 743): pairs of vowels before the voiced or voiceless letter, MP as B at
// either end of a word.
func romaniseGreek(letters []rune) string {
	type greek struct {
		base      rune
		separated bool // a diaeresis keeps the vowel out of a pair
	}
	var g []greek
	for _, r := range norm.NFD.String(string(letters)) {
		switch {
		case r == '\u0308' && len(g) > 0:
			g[len(g)-1].separated = true
		case unicode.IsLetter(r):
			g = append(g, greek{base: unicode.ToLower(r)})
		}
	}
	at := func(i int) rune {
		if i < len(g) {
			return g[i].base
		}
		return 0
	}
	var b strings.Builder
	for i := 0; i < len(g); i++ {
		r, n := g[i].base, at(i+1)
		paired := i+1 < len(g) && !g[i+1].separated
		switch {
		case paired && n == 'υ' && (r == 'α' || r == 'ε' || r == 'η'):
			b.WriteString(map[rune]string{'α': "A", 'ε': "E", 'η': "I"}[r])
			if after := at(i + 2); after == 0 || strings.ContainsRune("θκξπσςτφχψ", after) {
				b.WriteString("F")
			} else {
				b.WriteString("V")
			}
			i++
		case paired && n == 'υ' && r == 'ο':
			b.WriteString("OU")
			i++
		case r == 'γ' && (n == 'γ' || n == 'ξ' || n == 'χ'):
			b.WriteString("N")
		case r == 'μ' && n == 'π' && (i == 0 || i+2 == len(g)):
			b.WriteString("B")
			i++
		default:
			b.WriteString(transliterateLetter(r, "", false, false))
		}
	}
	return b.String()
}

// romaniseSyllabic writes the Indic scripts, their relatives and kana.
func romaniseSyllabic(letters []rune) string {
	var b []byte
	pending := ""     // a vowel written before its consonant
	inherent := false // the last consonant still carries its A
	double := false
	for i, r := range letters {
		l := scriptLetters()[r]
		if l.kind == letterConsonant || l.kind == letterPlain {
			if inherent && l.kind == letterConsonant {
				b = append(b, 'A')
			}
			inherent = false
		}
		switch l.kind {
		case letterConsonant:
			b = append(b, l.roman...)
			if pending != "" {
				b = append(b, pending...)
				pending = ""
			} else {
				inherent = true
			}
		case letterPlain:
			if double && l.roman != "" {
				b = append(b, l.roman[0])
			}
			double = false
			b = append(b, l.roman...)
		case letterMedial, letterSign:
			if inherent && l.kind == letterSign {
				b = append(b, 'A')
				inherent = false
			}
			b = append(b, l.roman...)
		case letterVowel:
			inherent = false
			b = append(b, l.roman...)
		case letterPrevowel:
			if inherent && i > 0 {
				b = append(b, 'A')
			}
			inherent = false
			pending = l.roman
		case letterVirama:
			inherent = false
		case letterSmall:
			b = contractKana(b, l.roman)
		case letterDouble:
			double = true
		}
	}
	return string(append(b, pending...))
}

// contractKana joins a small kana to the syllable before it: KI and small YA
// are KYA, SHI and small YA are SHA, FU and small A are FA.
func contractKana(b []byte, small string) []byte {
	if n := len(b); n > 1 && strings.IndexByte("AEIOU", b[n-1]) >= 0 {
		palatal := b[n-1] == 'I' && (b[n-2] == 'J' || n > 2 && b[n-2] == 'H')
		b = b[:n-1]
		if palatal && small[0] == 'Y' {
			small = small[1:]
		}
	}
	return append(b, small...)
}

var (
	hangulInitials = strings.Fields("G KK N D TT R M B PP S SS - J JJ CH K T P H")
	hangulVowels   = strings.Fields("A AE YA YAE EO E YEO YE O WA WAE OE YO U WO WE WI YU EU UI I")
	hangulFinals   = strings.Fields("- K K K N N N T L K M L L L P L M P P T T NG T T K T P T")
)

// hangulSyllables writes each syllable by the Revised Romanization of Korea
// (2000), without assimilation between syllables, as personal names are.
func hangulSyllables(letters []rune) []string {
	var out []string
	for _, r := range letters {
		n := int(r) - 0xAC00
		if n < 0 || n >= 11172 {
			continue
		}
		s := hangulInitials[n/588] + hangulVowels[n/28%21] + hangulFinals[n%28]
		out = append(out, strings.ReplaceAll(s, "-", ""))
	}
	return out
}
