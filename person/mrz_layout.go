package person

import (
	"unicode/utf8"

	"limen/law"
)

// MRZFormat is one of the five layouts of Doc 9303.
type MRZFormat string

// The five layouts.
const (
	TD1  MRZFormat = "TD1"   // card: 3 lines of 30 (Doc 9303-5)
	TD2  MRZFormat = "TD2"   // larger card: 2 lines of 36 (Doc 9303-6)
	TD3  MRZFormat = "TD3"   // passport booklet: 2 lines of 44 (Doc 9303-4)
	MRVA MRZFormat = "MRV-A" // visa of full size: 2 lines of 44 (Doc 9303-7)
	MRVB MRZFormat = "MRV-B" // visa of small size: 2 lines of 36 (Doc 9303-7)
)

// Visa tells whether the format is that of a visa.
func (f MRZFormat) Visa() bool { return f == MRVA || f == MRVB }

// span is a run of characters in one line, counted from 0, to exclusive.
// The zero span is absent from the format.
type span struct{ line, from, to int }

func (s span) absent() bool             { return s.to == 0 }
func (s span) in(lines []string) string { return lines[s.line][s.from:s.to] }

// mrzLayout says where everything stands. Parsing and composing walk the same
// table, so they cannot disagree.
type mrzLayout struct {
	format       MRZFormat
	lines, width int
	first        string       // letters that may begin the document code
	long         bool         // a long document number goes on in the optional data
	cite         law.Citation // data structure of this format

	code, state, name        span
	number, numberCheck      span
	nationality              span
	birth, birthCheck        span
	sex                      span
	expiry, expiryCheck      span
	optional1, optionalCheck span
	optional2                span
	composite                [4]span
	compositeCheck           span
}

var mrzLayouts = [...]mrzLayout{
	{
		format: TD1, lines: 3, width: 30, first: "ACI", long: true, cite: "9303-5 s 4.2.2",
		code: span{0, 0, 2}, state: span{0, 2, 5},
		number: span{0, 5, 14}, numberCheck: span{0, 14, 15}, optional1: span{0, 15, 30},
		birth: span{1, 0, 6}, birthCheck: span{1, 6, 7}, sex: span{1, 7, 8},
		expiry: span{1, 8, 14}, expiryCheck: span{1, 14, 15},
		nationality: span{1, 15, 18}, optional2: span{1, 18, 29}, compositeCheck: span{1, 29, 30},
		composite: [4]span{{0, 5, 30}, {1, 0, 7}, {1, 8, 15}, {1, 18, 29}},
		name:      span{2, 0, 30},
	},
	bookLayout(TD2, 36, "ACIP", true, "9303-6 s 4.2.2", span{1, 28, 35}, span{}, span{1, 35, 36}),
	bookLayout(TD3, 44, "P", false, "9303-4 s 4.2.2", span{1, 28, 42}, span{1, 42, 43}, span{1, 43, 44}),
	bookLayout(MRVA, 44, "V", false, "9303-7 s 4.2.2", span{1, 28, 44}, span{}, span{}),
	bookLayout(MRVB, 36, "V", false, "9303-7 s 7.2.2", span{1, 28, 36}, span{}, span{}),
}

// bookLayout is what the four formats of two lines have in common: they differ
// only in their width and after the expiry date.
func bookLayout(f MRZFormat, width int, first string, long bool, cite law.Citation, optional, optionalCheck, composite span) mrzLayout {
	l := mrzLayout{
		format: f, lines: 2, width: width, first: first, long: long, cite: cite,
		code: span{0, 0, 2}, state: span{0, 2, 5}, name: span{0, 5, width},
		number: span{1, 0, 9}, numberCheck: span{1, 9, 10}, nationality: span{1, 10, 13},
		birth: span{1, 13, 19}, birthCheck: span{1, 19, 20}, sex: span{1, 20, 21},
		expiry: span{1, 21, 27}, expiryCheck: span{1, 27, 28},
		optional1: optional, optionalCheck: optionalCheck, compositeCheck: composite,
	}
	if !composite.absent() {
		l.composite = [4]span{{1, 0, 10}, {1, 13, 20}, {1, 21, composite.from}}
	}
	return l
}

// layoutOf finds the format by number and length of the lines, counted in
// characters, and by the first letter; nil when none fits.
func layoutOf(lines []string) *mrzLayout {
	if len(lines) != 2 && len(lines) != 3 {
		return nil
	}
	width := 0
	for i, line := range lines {
		if len(line) > 44*utf8.UTFMax {
			return nil
		}
		if n := utf8.RuneCountInString(line); i == 0 {
			width = n
		} else if n != width {
			return nil
		}
	}
	for i := range mrzLayouts {
		l := &mrzLayouts[i]
		if l.lines == len(lines) && l.width == width && (l.lines == 3 || l.format.Visa() == (lines[0][0] == 'V')) {
			return l
		}
	}
	return nil
}

// layoutFor finds the table of a format by its name; nil when there is none.
func layoutFor(f MRZFormat) *mrzLayout {
	for i := range mrzLayouts {
		if mrzLayouts[i].format == f {
			return &mrzLayouts[i]
		}
	}
	return nil
}
