package person

import (
	"slices"
	"strings"
	"sync"
	"unicode"
)

// Comparison across scripts, and of the visual zone with the MRZ.

// compareScripts compares by the transliteration convention. A name in two
// scripts is never Same: a transliteration can always be of another name
// (Regulation (EU) 2023/333 counts a known transliteration as similar).
func compareScripts(x, y readableName) Match {
	if m, ok := compareEqual(x, y); ok && x.foreign == y.foreign {
		return m
	}
	xs, ys := x.renderings(), y.renderings()
	if len(xs) == 0 || len(ys) == 0 {
		return Match{Different, 0, []string{"a script without a romanisation table"}}
	}
	score, why := bestMatch(xs, ys)
	if x.abjad || y.abjad {
		if s, w := compareSkeletons(xs, ys); s > score {
			score, why = s, w
		}
	}
	if x.foreign != y.foreign {
		why = append(why, "in two scripts")
	}
	return matchOf(score, why)
}

// skeletonTrust is what the agreement of consonants alone is worth.
const skeletonTrust = 0.92

// compareSkeletons compares consonants only, for scripts that leave out vowels
// or write foreign names in syllables of their own.
func compareSkeletons(xs, ys []string) (score float64, why []string) {
	for _, classes := range skeletonClasses {
		sx, sy := skeletons(xs, classes), skeletons(ys, classes)
		for _, a := range sx {
			for _, b := range sy {
				if s, _ := CompareNormal(a, b); s*skeletonTrust > score {
					score = s * skeletonTrust
					why = append(explain(a, b), "consonants compared")
				}
			}
		}
	}
	return score, why
}

// skeletonClasses are the ways to read consonants: as they stand; with the one
// liquid of Japanese, its B for V and its H for F; with the one series of stops
// of Korean; and without the letters that Hebrew and Arabic use for vowels.
var skeletonClasses = []map[byte]byte{
	nil,
	{'L': 'R', 'V': 'B', 'F': 'H', 'C': 'K', 'Q': 'K'},
	{'L': 'R', 'G': 'K', 'D': 'T', 'B': 'P', 'C': 'K', 'Q': 'K'},
	{'V': 0, 'W': 0, 'J': 0, 'H': 0, 'Q': 'K', 'C': 'K', 'F': 'P'},
}

// skeletons writes each normal form by its consonants, without repetition and
// without those of fewer than three, which agree by chance.
func skeletons(normals []string, classes map[byte]byte) []string {
	var out []string
	for _, n := range normals {
		s := skeleton(n, classes)
		if len(s)-strings.Count(s, " ") >= 3 && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// skeleton drops vowels, Y and W inside a word, H at its end, and doubling. A
// letter in classes becomes its class, or nothing when that is 0 and the letter
// does not begin the word.
func skeleton(normal string, classes map[byte]byte) string {
	var words []string
	for _, w := range strings.Fields(normal) {
		var b []byte
		for i := range len(w) {
			c := w[i]
			if strings.IndexByte("AEIOU", c) >= 0 || i > 0 && (c == 'Y' || c == 'W') || i > 0 && i == len(w)-1 && c == 'H' {
				continue
			}
			if to, ok := classes[c]; ok {
				if to == 0 && i > 0 {
					continue
				}
				if to != 0 {
					c = to
				}
			}
			if len(b) == 0 || b[len(b)-1] != c {
				b = append(b, c)
			}
		}
		if len(b) == 0 {
			b = append(b, 'A')
		}
		words = append(words, string(b))
	}
	return strings.Join(words, " ")
}

// spokenWords writes a name of a script without vowels, or of syllables, by
// sound instead of by the escapes of the MRZ, in the ways that Latin spellings
// divide it.
func (n readableName) spokenWords() [][]string {
	var whole, divided, initialLaw []string
	for _, c := range n.components {
		switch first := c[0]; {
		case unicode.Is(unicode.Arabic, first):
			w := spokenArabic(c)
			whole = append(whole, w)
			if rest, ok := strings.CutPrefix(w, "AL"); ok && len(rest) >= 2 {
				divided = append(divided, "AL", rest)
			} else {
				divided = append(divided, w)
			}
		case unicode.Is(unicode.Hangul, first):
			s := hangulSyllables(c)
			for i := range s {
				s[i] = strings.NewReplacer("EO", "O", "EU", "U").Replace(s[i])
			}
			if len(s) == 0 {
				continue
			}
			whole = append(whole, strings.Join(s, ""))
			divided = append(divided, s...)
			// The South drops the liquid of the North and of the older spelling.
			switch s[0][0] {
			case 'I', 'Y':
				initialLaw = append(append(initialLaw, "L"+s[0]), s[1:]...)
			case 'N':
				initialLaw = append(append(initialLaw, "R"+s[0][1:]), s[1:]...)
			}
		case unicode.Is(unicode.Han, first):
			var s []string
			for _, r := range c {
				if reading := hanReading(r); reading != "" {
					s = append(s, strings.ReplaceAll(reading, "LV", "LU"))
				}
			}
			if len(s) != len(c) { // a character without a reading: nothing honest to compare
				return nil
			}
			whole = append(whole, strings.Join(s, ""))
			divided = append(divided, s...)
		default:
			w := transliterateComponent(c, "")
			whole, divided = append(whole, w), append(divided, w)
		}
	}
	return [][]string{whole, divided, initialLaw}
}

// arabicSounds gives the sound of the MRZ strings of table C that do not show it
// once the escaping X and the doubling are taken away.
var arabicSounds = map[string]string{
	"E": "A", "XE": "", "XAA": "A", "XAE": "A", "XXA": "A", "XI": "Y", "U": "W", "XTA": "T", "XAH": "A", "XAY": "A",
	"XDZ": "D", "XC": "CH", "XJ": "ZH", "XYA": "Y", "XYB": "E", "XBE": "E", "XYH": "E", "XDO": "H", "XXG": "H",
	"XGE": "E", "XTG": "A", "XNG": "NG", "XRT": "T", "XDR": "D", "XRX": "ZH", "XXS": "SH", "XXH": "TS", "XKE": "DZ",
	"XF": "V", "XXY": "Y",
}

func soundOfMRZ(s string) string {
	if sound, ok := arabicSounds[s]; ok {
		return sound
	}
	t := strings.TrimLeft(s, "X")
	if t == s {
		return s
	}
	if len(t) == 2 && t[0] == t[1] {
		return t[:1]
	}
	return t
}

func spokenArabic(letters []rune) string {
	var b strings.Builder
	for i, r := range letters {
		if unicode.IsMark(r) {
			continue
		}
		b.WriteString(soundOfMRZ(transliterateLetter(r, "", b.Len() == 0, endsComponent(letters[i+1:]))))
	}
	return b.String()
}

// spokenMRZ reads the escapes of table C in an MRZ component as sounds.
func spokenMRZ(component string) string {
	var b strings.Builder
	for i := 0; i < len(component); {
		if component[i] == 'X' {
			n := min(4, len(component)-i)
			for n > 1 && !arabicEscapes()[component[i:i+n]] {
				n--
			}
			if n > 1 {
				b.WriteString(soundOfMRZ(component[i : i+n]))
				i += n
				continue
			}
		}
		c := component[i : i+1]
		if c == "E" {
			c = "A"
		}
		b.WriteString(c)
		i++
	}
	return b.String()
}

var arabicEscapes = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for r, l := range icaoLetters() {
		if !unicode.Is(unicode.Arabic, r) {
			continue
		}
		m[l.mrz] = true
		for _, e := range l.exceptions {
			m[e.mrz] = true
		}
	}
	return m
})

// compareZones compares by the ICAO convention.
func compareZones(a, b string, x, y readableName) Match {
	if sameWritings(x.printed, y.printed) {
		return Match{Same, 1, []string{"one writing is permitted for both (9303-3 section 6)"}}
	}
	if cutShort(a, b, x, y) {
		return Match{Similar, 0.9, []string{"the name field is full and every component begins the other's: a truncated name"}}
	}
	score, why := bestMatch(x.renderings(), y.renderings())
	if s, w := compareEscapes(x, y); s > score {
		score, why = s, w
	}
	return matchOf(score, why)
}

// compareEscapes compares by sound when one side carries the escapes of table C.
func compareEscapes(x, y readableName) (float64, []string) {
	spoken := func(n readableName) (plain, sounds string) {
		var ps, ss []string
		for _, c := range n.components {
			p := transliterateComponent(c, "")
			ps, ss = append(ps, p), append(ss, spokenMRZ(p))
		}
		return strings.Join(ps, " "), strings.Join(ss, " ")
	}
	px, sx := spoken(x)
	py, sy := spoken(y)
	return compareSkeletons([]string{px, sx}, []string{py, sy})
}

// cutShort tells whether one side is a name field cut to its width whose
// components begin those of the other side, in their order. The standard lets
// the issuer leave components out.
func cutShort(a, b string, x, y readableName) bool {
	fa, fb := fullField(a), fullField(b)
	if !fa && !fb {
		return false
	}
	for option := range 3 {
		words := func(n readableName) []string {
			var out []string
			for _, c := range n.components {
				if option == 0 {
					out = append(out, transliterateComponent(c, ""))
				} else {
					out = append(out, transliterateOption(c, option))
				}
			}
			return out
		}
		wx, wy := words(x), words(y)
		if fa && beginsInOrder(wx, wy, fb) || fb && beginsInOrder(wy, wx, fa) {
			return true
		}
	}
	return false
}

// fullField tells whether s is an MRZ name field whose last position is a
// letter, so that something may be missing.
func fullField(s string) bool {
	if !strings.Contains(s, "<") || s[len(s)-1] == '<' {
		return false
	}
	switch len(s) {
	case MRZNameWidthTD1, MRZNameWidthTD2, MRZNameWidthTD3:
		return true
	}
	return false
}

// beginsInOrder tells whether every word of short begins a word of long, in
// order; when both are cut, either may be the shorter.
func beginsInOrder(short, long []string, both bool) bool {
	j := 0
	for _, w := range short {
		for j < len(long) && !strings.HasPrefix(long[j], w) && !(both && strings.HasPrefix(w, long[j])) {
			j++
		}
		if j == len(long) {
			return false
		}
		j++
	}
	return len(short) > 0
}
