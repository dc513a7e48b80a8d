package carrier

import (
	"fmt"
	"strings"

	"limen/law"
)

// This file reads and writes the syntax of UN/EDIFACT (ISO 9735): separators,
// release character, segments. What the segments mean stands in paxlst.go and
// cusres.go; docs/edifact.md tells which subset is taken.

// Bounds on an interchange, far above a full flight of 1000 passengers.
const (
	maxInterchange = 2 << 20 // bytes
	maxSegments    = 40_000
	maxElements    = 40 // of one segment
	maxComponents  = 20 // of one element
	maxComponent   = 600
)

// service are the service characters of an interchange.
type service struct {
	component, element, decimal, release, terminator byte
}

// usual are the service characters when no UNA stands in front.
var usual = service{':', '+', '.', '?', '\''}

// segment is one segment: its tag and its elements, each a list of components.
type segment struct {
	tag      string
	elements [][]string
	number   int // place in the interchange, counted from 1
}

// at returns component c of element e, both counted from 0 behind the tag; ""
// where there is none.
func (s *segment) at(e, c int) string {
	if e >= len(s.elements) || c >= len(s.elements[e]) {
		return ""
	}
	return s.elements[e][c]
}

// edifactError is the refusal of an interchange. It names the segment and never
// what it holds.
func edifactError(number int, tag, message string) *law.Refusal {
	if number == 0 {
		return law.Refuse(law.BadInput, "edifact_unreadable", citeRegister, message)
	}
	if !validTag(tag) {
		tag = ""
	}
	return law.Refuse(law.BadInput, "edifact_unreadable", citeRegister, message, "segment", fmt.Sprint(number), "tag", tag)
}

func validTag(tag string) bool {
	if len(tag) != 3 {
		return false
	}
	for i := range 3 {
		if c := tag[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// readSegments takes an interchange apart. White space between segments, as
// files have it, is let through; characters that no EDIFACT character set has are
// not.
func readSegments(b []byte) ([]segment, error) {
	chars := usual
	if len(b) > maxInterchange {
		return nil, law.Refuse(law.TooMuch, "body_too_large", citeRegister, "The interchange is too long. Ask in parts.")
	}
	text := strings.TrimLeft(string(b), " \r\n\t")
	if rest, ok := strings.CutPrefix(text, "UNA"); ok {
		if len(rest) < 6 {
			return nil, edifactError(1, "UNA", "The service string breaks off.")
		}
		chars = service{rest[0], rest[1], rest[2], rest[3], rest[5]}
		if !chars.sound() {
			return nil, edifactError(1, "UNA", "The service characters must differ from one another and be marks, not letters or digits.")
		}
		text = rest[6:]
	}
	var list []segment
	for {
		text = strings.TrimLeft(text, " \r\n\t")
		if text == "" {
			return list, nil
		}
		if len(list) == maxSegments {
			return nil, law.Refuse(law.TooMuch, "edifact_too_long", citeRegister, "The interchange has too many segments. Ask in parts.")
		}
		s := segment{number: len(list) + 1}
		n, err := chars.segment(text, &s)
		if err != nil {
			return nil, err
		}
		text = text[n:]
		list = append(list, s)
	}
}

// sound tells whether the characters can be told apart. The release character
// may be a space: none is used then.
func (c service) sound() bool {
	all := []byte{c.component, c.element, c.terminator}
	if c.release != ' ' {
		all = append(all, c.release)
	}
	for i, a := range all {
		if a <= ' ' || a >= 0x7f || a >= '0' && a <= '9' || a >= 'A' && a <= 'Z' || a >= 'a' && a <= 'z' {
			return false
		}
		for _, b := range all[:i] {
			if a == b {
				return false
			}
		}
	}
	return true
}

// segment reads one segment from the front of text and returns how long it is.
func (c service) segment(text string, s *segment) (int, error) {
	var component strings.Builder
	element := []string{}
	var elements [][]string
	endComponent := func() {
		element = append(element, component.String())
		component.Reset()
	}
	for i := 0; i < len(text); i++ {
		b := text[i]
		switch {
		case b == c.release && c.release != ' ':
			if i++; i == len(text) {
				return 0, edifactError(s.number, s.tag, "The interchange ends behind a release character.")
			}
			component.WriteByte(text[i])
		case b == c.terminator:
			endComponent()
			elements = append(elements, element)
			s.tag, s.elements = elements[0][0], elements[1:]
			if !validTag(s.tag) || s.tag == "UNA" || len(elements[0]) != 1 {
				return 0, edifactError(s.number, s.tag, "A segment begins with a tag of three letters or digits.")
			}
			return i + 1, nil
		case b == c.element:
			endComponent()
			elements = append(elements, element)
			element = []string{}
			if len(elements) > maxElements {
				return 0, edifactError(s.number, "", "The segment has too many elements.")
			}
		case b == c.component:
			endComponent()
			if len(element) >= maxComponents {
				return 0, edifactError(s.number, "", "An element has too many components.")
			}
		case b == '\r' || b == '\n':
			// Lines are folded anywhere in files.
		case b < ' ' || b == 0x7f:
			return 0, edifactError(s.number, "", "The segment holds a control character.")
		default:
			component.WriteByte(b)
		}
		if component.Len() > maxComponent {
			return 0, edifactError(s.number, "", "A component is too long.")
		}
	}
	return 0, edifactError(s.number, "", "The interchange breaks off: the last segment has no terminator.")
}

// writer writes an interchange in the usual service characters.
type writer struct {
	b        strings.Builder
	segments int // of the message under way
}

// put writes a segment. Each element is its components; trailing empty ones are
// left out, as the syntax wants it.
func (w *writer) put(tag string, elements ...[]string) {
	w.segments++
	w.b.WriteString(tag)
	for len(elements) > 0 && blank(elements[len(elements)-1]) {
		elements = elements[:len(elements)-1]
	}
	for _, element := range elements {
		w.b.WriteByte(usual.element)
		for len(element) > 0 && element[len(element)-1] == "" {
			element = element[:len(element)-1]
		}
		for i, component := range element {
			if i > 0 {
				w.b.WriteByte(usual.component)
			}
			w.b.WriteString(escaped(component))
		}
	}
	w.b.WriteByte(usual.terminator)
	w.b.WriteByte('\n')
}

func blank(element []string) bool {
	for _, c := range element {
		if c != "" {
			return false
		}
	}
	return true
}

// escaped puts the release character before service characters and drops what
// no character set of EDIFACT has.
func escaped(s string) string {
	if !strings.ContainsAny(s, ":+?'\r\n\t\x00") && isPrintable(s) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c < ' ' || c == 0x7f:
			continue
		case c == usual.component || c == usual.element || c == usual.release || c == usual.terminator:
			b.WriteByte(usual.release)
		}
		b.WriteByte(c)
	}
	return b.String()
}

func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// el is one element of the components given.
func el(components ...string) []string { return components }
