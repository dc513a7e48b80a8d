package person

import "strings"

// Widths of the name field of the MRZ, in characters.
const (
	MRZNameWidthTD1  = 30 // 9303-5 s 4.2
	MRZNameWidthTD2  = 31 // 9303-6 s 4.2
	MRZNameWidthTD3  = 39 // 9303-4 s 4.2
	MRZNameWidthMRVA = 39 // 9303-7 s 4.2
	MRZNameWidthMRVB = 31 // 9303-7 s 4.2
)

// MRZNameField composes the name field of a machine readable zone: the primary
// identifier, two fillers, the secondary identifier, fillers to the width. A
// person with one name only has it as primary identifier. The language selects
// exceptions of transliteration, as in MRZComponents.
//
// A name that does not fit is shortened so that the last position holds a
// letter, which tells a reader that something may be missing (9303-4 s 4.2).
// The standard leaves the manner to the issuer. Here components are cut from the
// end towards the beginning, the secondary identifier first, and none below its
// initial; when not even the initials fit, the last components are left out.
// The beginning of the name, which people are filed by, survives longest.
func MRZNameField(primary, secondary, language string, width int) (field string, truncated bool) {
	if width <= 0 {
		return "", false
	}
	p, s := MRZComponents(primary, language), MRZComponents(secondary, language)
	if len(p) == 0 {
		p, s = s, nil
	}
	if len(p) == 0 {
		return strings.Repeat("<", width), false
	}
	if fieldLength(p, s) > width {
		truncated = true
		p, s = shortenName(p, s, width)
	}
	field = strings.Join(p, "<")
	if len(s) > 0 {
		field += "<<" + strings.Join(s, "<")
	}
	return field + strings.Repeat("<", width-len(field)), truncated
}

func fieldLength(primary, secondary []string) int {
	n := len(primary) - 1
	for _, c := range primary {
		n += len(c)
	}
	if len(secondary) > 0 {
		n += 1 + len(secondary)
		for _, c := range secondary {
			n += len(c)
		}
	}
	return n
}

// shortenName cuts a name that is too long to the width. Every component that
// is kept begins as its initial; the room left goes to the components from the
// beginning on.
func shortenName(primary, secondary []string, width int) (p, s []string) {
	np, ns := len(primary), len(secondary)
	least := func() int {
		if ns == 0 {
			return 2*np - 1
		}
		return 2*np + 2*ns
	}
	for least() > width && ns > 1 {
		ns--
	}
	for least() > width && np > 1 {
		np--
	}
	if least() > width {
		ns = 0
	}
	room := width - least()
	cut := func(components []string) []string {
		out := make([]string, len(components))
		for i, c := range components {
			n := 1 + min(room, len(c)-1)
			room -= n - 1
			out[i] = c[:n]
		}
		return out
	}
	return cut(primary[:np]), cut(secondary[:ns])
}
