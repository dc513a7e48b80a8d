package person

import (
	"strings"
	"unicode/utf8"
)

// CleanMRZ makes lines for ParseMRZ out of what a document reader that acts as
// a keyboard, or a tired guard, put into a text field. It drops blanks, control
// characters and invisible marks, parts the text at line ends, leaves out empty
// lines, writes capitals, and takes the signs « ‹ ＜ ≪ for the fillers that
// they look like. One line of 90, 72 or 88 characters is parted into 3 of 30, 2
// of 36 or 2 of 44.
//
// It corrects nothing else: a letter O that should be the digit 0 stays, since
// a guess that satisfies the check digit is still a guess.
func CleanMRZ(text string) []string {
	var lines []string
	var line strings.Builder
	end := func() {
		if line.Len() > 0 {
			lines = append(lines, line.String())
			line.Reset()
		}
	}
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z':
			line.WriteByte(byte(r - 'a' + 'A'))
		case r == '\u00ab' || r == '\u226a': // « ≪
			line.WriteString("<<")
		case r == '\u2039' || r == '\uff1c': // ‹ ＜
			line.WriteByte(filler)
		case r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			end()
		case r <= ' ' || r >= 0x7f && r <= '\u00a0' || r == '\u00ad' || r == '\u202f' || r == '\u205f' || r == '\u3000' || r == '\ufeff' ||
			r >= '\u2000' && r <= '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2060' && r <= '\u2064':
		default:
			line.WriteRune(r)
		}
	}
	end()
	if len(lines) == 1 {
		return wholeZone(lines[0])
	}
	return lines
}

// wholeZone parts a line that holds a whole zone, counted in characters.
func wholeZone(s string) []string {
	var width int
	switch utf8.RuneCountInString(s) {
	case 90:
		width = 30
	case 88:
		width = 44
	case 72:
		width = 36
	default:
		return []string{s}
	}
	var lines []string
	start, n := 0, 0
	for i := range s {
		if n > 0 && n%width == 0 {
			lines = append(lines, s[start:i])
			start = i
		}
		n++
	}
	return append(lines, s[start:])
}
