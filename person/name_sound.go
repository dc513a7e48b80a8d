package person

// The distance between two words of names. Both are first written in sounds: a
// small alphabet in which the digraphs of the transliteration tables and of the
// common Latin orthographies are one symbol each and doubled letters are single
// (PH is F, CK is K, W is V, OU is U). Then a weighted edit distance counts what
// separates them, in hundredths of one full typing error: letters that different
// alphabets, languages and clerks exchange for one another cost little (I and Y,
// K and C, SH and CH), vowels less than consonants, a wrong first letter more
// than a later one.

// Symbols beyond A..Z of the sound alphabet.
const (
	soundCH    = 26 + iota // CH, TCH, TSCH
	soundSH                // SH, SCH
	soundZH                // ZH
	soundKH                // KH
	soundTS                // TS, TZ
	soundCount             // 31
)

const (
	maxWordSounds = 32  // a longer word is cut: bounded work on hostile input
	fullEdit      = 100 // cost of one typing error
)

// appendSounds appends the sounds of an upper-case word, at most maxWordSounds.
func appendSounds(dst []byte, word string) []byte {
	start := len(dst)
	at := func(i int) byte {
		if i < len(word) {
			return word[i]
		}
		return 0
	}
	for i := 0; i < len(word) && len(dst)-start < maxWordSounds; {
		c, step := word[i], 1
		if c < 'A' || c > 'Z' {
			i++
			continue
		}
		s := c - 'A'
		n := at(i + 1)
		switch c {
		case 'P':
			if n == 'H' {
				s, step = 'F'-'A', 2
			}
		case 'W':
			s = 'V' - 'A'
		case 'Q':
			s = 'K' - 'A'
		case 'C':
			switch {
			case n == 'H':
				s, step = soundCH, 2
			case n == 'K' && at(i+2) == 'S':
				s, step = 'X'-'A', 3
			case n == 'K':
				s, step = 'K'-'A', 2
			}
		case 'K':
			switch n {
			case 'H':
				s, step = soundKH, 2
			case 'S':
				s, step = 'X'-'A', 2
			}
		case 'S':
			switch {
			case n == 'H':
				s, step = soundSH, 2
			case n == 'C' && at(i+2) == 'H':
				s, step = soundSH, 3
			}
		case 'T':
			switch {
			case n == 'H':
				step = 2
			case n == 'C' && at(i+2) == 'H':
				s, step = soundCH, 3
			case n == 'S' && at(i+2) == 'C' && at(i+3) == 'H':
				s, step = soundCH, 4
			case n == 'S' && at(i+2) != 'H' || n == 'Z':
				s, step = soundTS, 2
			}
		case 'Z':
			if n == 'H' {
				s, step = soundZH, 2
			}
		case 'D':
			switch {
			case n == 'J':
				s, step = 'J'-'A', 2
			case n == 'Z' && at(i+2) == 'H':
				s, step = 'J'-'A', 3
			case n == 'H' && i > 0:
				step = 2
			}
		case 'G':
			if n == 'H' {
				step = 2
			}
		case 'O':
			if n == 'U' || n == 'O' {
				s, step = 'U'-'A', 2
			}
		case 'E':
			if n == 'E' {
				s, step = 'I'-'A', 2
			}
		}
		i += step
		if len(dst) > start && dst[len(dst)-1] == s {
			continue
		}
		dst = append(dst, s)
	}
	return dst
}

// soundPairs lists the exchanges that cost less than a full error.
var soundPairs = []struct {
	a, b string
	cost uint8
}{
	{"I", "Y", 15}, {"Y", "J", 25}, {"I", "J", 25},
	{"A", "E", 40}, {"A", "O", 50}, {"E", "I", 35}, {"O", "U", 35}, {"E", "O", 50}, {"A", "I", 65}, {"A", "U", 65},
	{"E", "U", 50}, {"I", "O", 60}, {"I", "U", 50}, {"A", "Y", 60}, {"E", "Y", 40}, {"O", "Y", 60}, {"U", "Y", 35},
	{"U", "V", 45}, {"F", "V", 40}, {"B", "V", 50}, {"B", "P", 55}, {"F", "P", 60},
	{"C", "K", 20}, {"C", "S", 35}, {"C", "TS", 20}, {"C", "CH", 25}, {"C", "Z", 60}, {"K", "G", 55}, {"K", "CH", 30},
	{"K", "KH", 25}, {"K", "X", 45}, {"KH", "H", 20}, {"KH", "CH", 30}, {"KH", "G", 50}, {"CH", "H", 45},
	{"G", "H", 45}, {"G", "J", 35}, {"J", "ZH", 25}, {"J", "CH", 45}, {"J", "H", 60}, {"J", "Z", 50},
	{"S", "SH", 25}, {"S", "Z", 30}, {"S", "X", 20}, {"S", "CH", 45}, {"S", "TS", 40}, {"S", "ZH", 50},
	{"SH", "CH", 25}, {"SH", "ZH", 30}, {"SH", "X", 20}, {"Z", "ZH", 25}, {"Z", "TS", 35}, {"Z", "X", 55}, {"TS", "T", 45},
	{"TS", "CH", 35}, {"CH", "T", 60}, {"D", "T", 55}, {"L", "R", 75}, {"D", "Z", 65},
}

var soundNames = map[string]byte{"CH": soundCH, "SH": soundSH, "ZH": soundZH, "KH": soundKH, "TS": soundTS}

// soundCost is the cost of writing one sound for another.
var soundCost = func() (m [32][32]uint8) {
	for i := range m {
		for j := range m[i] {
			if i != j {
				m[i][j] = fullEdit
			}
		}
	}
	symbol := func(s string) byte {
		if b, ok := soundNames[s]; ok {
			return b
		}
		return s[0] - 'A'
	}
	for _, p := range soundPairs {
		a, b := symbol(p.a), symbol(p.b)
		m[a][b], m[b][a] = p.cost, p.cost
	}
	return m
}()

const (
	soundA = 'A' - 'A'
	soundE = 'E' - 'A'
	soundH = 'H' - 'A'
	soundI = 'I' - 'A'
	soundJ = 'J' - 'A'
	soundO = 'O' - 'A'
	soundU = 'U' - 'A'
	soundY = 'Y' - 'A'
)

// vowelSounds has a bit for each of A E I O U Y.
const vowelSounds = 1<<soundA | 1<<soundE | 1<<soundI | 1<<soundO | 1<<soundU | 1<<soundY

func isVowelSound(s byte) bool { return vowelSounds>>s&1 != 0 }

// gapCost is the cost of a sound that one word has and the other lacks; before
// and after are its neighbours in its own word, 0xFF at the ends.
func gapCost(s, before, after byte) uint8 {
	switch {
	case s == soundE && (before == soundA || before == soundO || before == soundU):
		return leastGap // AE, OE, UE for the letters with two dots
	case (s == soundI || s == soundY || s == soundJ) && (before < soundCount && isVowelSound(before) || after < soundCount && isVowelSound(after)):
		return 30 // IA and A, IY and I, EI and E
	case s == soundH:
		return 45
	case isVowelSound(s):
		return 55
	}
	return fullEdit
}

// leastGap is the least that gapCost gives.
const leastGap = 25

// swapCost is the cost of two neighbours changing places.
const swapCost = 70

// soundWord is a word in sounds, with the cost of each being missing.
type soundWord struct {
	sounds []byte
	gaps   []uint8
	counts soundCounts
}

// soundCounts counts the sounds that hardly any exchange makes cheap: M, N and
// the liquids L and R. What one word has of them in excess costs full errors.
type soundCounts struct{ m, n, liquid int8 }

// setGaps fills gaps and counts from the sounds; gaps has the length of sounds.
func (w *soundWord) setGaps() {
	for i, s := range w.sounds {
		switch s {
		case 'M' - 'A':
			w.counts.m++
		case 'N' - 'A':
			w.counts.n++
		case 'L' - 'A', 'R' - 'A':
			w.counts.liquid++
		}
		before, after := byte(0xFF), byte(0xFF)
		if i > 0 {
			before = w.sounds[i-1]
		}
		if i+1 < len(w.sounds) {
			after = w.sounds[i+1]
		}
		c := gapCost(s, before, after)
		if i == 0 {
			c += c / 2
		}
		w.gaps[i] = c
	}
}

// leastDistance is a bound below the distance, from the counts alone: a sound in
// excess is missing or stands for another, and one exchange settles at most one
// excess of each side.
func leastDistance(a, b soundCounts) int32 {
	m, n, l := int32(a.m)-int32(b.m), int32(a.n)-int32(b.n), int32(a.liquid)-int32(b.liquid)
	over := max(m, 0) + max(n, 0) + max(l, 0)
	under := max(-m, 0) + max(-n, 0) + max(-l, 0)
	return fullEdit * max(over, under)
}

// soundDistance returns the weighted distance between two words in sounds, or
// any value above limit once it is certain to exceed it. It is symmetric.
func soundDistance(x, y *soundWord, limit int32) int32 {
	if len(x.sounds) > len(y.sounds) {
		x, y = y, x
	}
	a, b := x.sounds, y.sounds
	if int32(len(b)-len(a))*leastGap > limit || leastDistance(x.counts, y.counts) > limit {
		return limit + 1
	}
	var rows [3][maxWordSounds + 1]int32
	prev2, prev, cur := &rows[0], &rows[1], &rows[2]
	leastBefore := int32(0)
	gapsB := y.gaps[:len(b)]
	for j, g := range gapsB {
		prev[j+1] = prev[j] + int32(g)
	}
	for i, r := range a {
		gapA := int32(x.gaps[i])
		left := prev[0] + gapA
		cur[0] = left
		least := left
		costs := &soundCost[r&31]
		diagonal := prev[0]
		for j, s := range b {
			c := int32(costs[s&31])
			if i|j == 0 {
				c += c / 2
			}
			up := prev[j+1]
			v := min(diagonal+c, up+gapA, left+int32(gapsB[j]))
			if i > 0 && j > 0 && r == b[j-1] && a[i-1] == s && r != s {
				v = min(v, prev2[j-1]+swapCost)
			}
			cur[j+1] = v
			least = min(least, v)
			diagonal, left = up, v
		}
		// A swap may still reach back over one row.
		if least > limit && leastBefore+swapCost > limit {
			return limit + 1
		}
		leastBefore = least
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
