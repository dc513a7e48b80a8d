package person

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The textbook measures of string similarity, over code points and on the
// strings as given: no case folding. They serve as a yardstick and as the plain
// baseline; the comparison of names itself is CompareNames.

// Jaro returns the Jaro similarity, 0..1: matches within a window of half the
// longer string less one, and half the matches out of order as transpositions.
// Two empty strings are equal, 1.
func Jaro(a, b string) float64 { return jaro([]rune(a), []rune(b)) }

func jaro(a, b []rune) float64 {
	if len(a) == 0 || len(b) == 0 {
		if len(a) == len(b) {
			return 1
		}
		return 0
	}
	window := max(max(len(a), len(b))/2-1, 0)
	taken := make([]bool, len(b))
	var matched []rune
	for i, r := range a {
		for j := max(0, i-window); j <= min(len(b)-1, i+window); j++ {
			if !taken[j] && b[j] == r {
				taken[j] = true
				matched = append(matched, r)
				break
			}
		}
	}
	if len(matched) == 0 {
		return 0
	}
	outOfOrder, k := 0, 0
	for j, r := range b {
		if taken[j] {
			if matched[k] != r {
				outOfOrder++
			}
			k++
		}
	}
	m := float64(len(matched))
	return (m/float64(len(a)) + m/float64(len(b)) + (m-float64(outOfOrder)/2)/m) / 3
}

// JaroWinkler raises the Jaro similarity by a tenth of the distance to 1 for
// each of at most four equal first letters, without a boost threshold.
func JaroWinkler(a, b string) float64 {
	x, y := []rune(a), []rune(b)
	s := jaro(x, y)
	prefix := 0
	for prefix < min(4, len(x), len(y)) && x[prefix] == y[prefix] {
		prefix++
	}
	return s + float64(prefix)*0.1*(1-s)
}

// Levenshtein counts the insertions, deletions and substitutions between a and
// b. Time grows with the product of the lengths, memory with the shorter.
func Levenshtein(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) < len(y) {
		x, y = y, x
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range y {
			cost := diagonal
			if r != s {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(y)]
}

// DamerauLevenshtein is the unrestricted distance: beside the edits of
// Levenshtein the swap of two neighbours, between which other edits may fall.
// Time and memory grow with the product of the lengths.
func DamerauLevenshtein(a, b string) int {
	x, y := []rune(a), []rune(b)
	far := len(x) + len(y)
	d := make([][]int, len(x)+2)
	for i := range d {
		d[i] = make([]int, len(y)+2)
		d[i][0] = far
		if i > 0 {
			d[i][1] = i - 1
		}
	}
	for j := range y {
		d[0][j+1], d[1][j+2] = far, j+1
	}
	d[0][len(y)+1] = far
	lastRow := map[rune]int{}
	for i, r := range x {
		lastCol := 0
		for j, s := range y {
			swapRow, swapCol, cost := lastRow[s], lastCol, 1
			if r == s {
				cost = 0
				lastCol = j + 1
			}
			d[i+2][j+2] = min(
				d[i+1][j+1]+cost,
				d[i+2][j+1]+1,
				d[i+1][j+2]+1,
				d[swapRow][swapCol]+(i-swapRow)+1+(j-swapCol),
			)
		}
		lastRow[r] = i + 1
	}
	return d[len(x)+1][len(y)+1]
}

// Soundex returns the American code of a name: its first letter and three
// digits. H and W do not part two letters of one class, vowels do. Diacritics
// are dropped; what is no Latin letter is passed over. "" gives "".
func Soundex(s string) string {
	const classes = "01230120022455012623010202" // A..Z
	var code []byte
	last := byte('0')
	for _, r := range norm.NFKD.String(s) {
		r = unicode.ToUpper(r)
		if r < 'A' || r > 'Z' {
			continue
		}
		class := classes[r-'A']
		switch {
		case len(code) == 0:
			code = append(code, byte(r))
		case r == 'H' || r == 'W':
			continue
		case class != '0' && class != last:
			code = append(code, class)
		}
		last = class
		if len(code) == 4 {
			break
		}
	}
	if len(code) == 0 {
		return ""
	}
	return string(code) + strings.Repeat("0", 4-len(code))
}
