package person

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"limen/law"
)

// MaxNameLength is the greatest length of a surname or of first names, in
// characters (code points in NFC). [D]: the law gives no length; this one holds
// three name fields of the longest machine readable zone.
const MaxNameLength = 128

// Name is what 2017/2226 art 16(1)(a) and art 17(1)(a) call "surname (family
// name); first name or names (given names)", in Unicode NFC. FirstNames is empty
// when the document has none: a person with one name only has it as surname, as
// in the machine readable zone (9303-3 s 4.6).
type Name struct {
	Surname    string `json:"surname" doc:"Surname (family name), as in the visual zone of the document."`
	FirstNames string `json:"firstNames" doc:"First name or names (given names); empty when the document has none."`
}

// Refusals of NewName.
const (
	CodeNameMissing   law.Code = "name_missing"
	CodeNameTooLong   law.Code = "name_too_long"
	CodeNameCharacter law.Code = "name_character"
	CodeNameEncoding  law.Code = "name_encoding"
)

const citeName law.Citation = "2017/2226 art 16(1)(a)"

// NewName brings both parts to NFC, trims them and writes every run of white
// space as one space, then checks them. The error is a *law.Refusal whose Field
// is "surname" or "firstNames"; with both at fault it is that of the surname.
func NewName(surname, firstNames string) (Name, error) {
	s, refusal := nameField("surname", surname, true)
	if refusal != nil {
		return Name{}, refusal
	}
	f, refusal := nameField("firstNames", firstNames, false)
	if refusal != nil {
		return Name{}, refusal
	}
	return Name{s, f}, nil
}

func nameField(field, s string, required bool) (string, *law.Refusal) {
	if !utf8.ValidString(s) {
		return "", law.BadField(field, CodeNameEncoding, citeName, "The name is not valid Unicode text.")
	}
	if len(s) > 16*MaxNameLength {
		return "", tooLong(field)
	}
	s = strings.Join(strings.Fields(norm.NFC.String(s)), " ")
	if s == "" {
		if required {
			return "", law.BadField(field, CodeNameMissing, citeName,
				"The surname is missing. A person with one name only has it as surname.")
		}
		return "", nil
	}
	if utf8.RuneCountInString(s) > MaxNameLength {
		return "", tooLong(field)
	}
	letters := false
	for i, r := range s {
		letters = letters || unicode.IsLetter(r)
		if !allowedInName(r) || i == 0 && unicode.IsMark(r) {
			return "", law.BadField(field, CodeNameCharacter, citeName,
				"A name holds letters, spaces, hyphens, apostrophes, full stops, commas and middle dots only.",
				"character", "U+"+strings.ToUpper(strconv.FormatInt(int64(r)+0x100000, 16)[1:]))
		}
	}
	if !letters {
		return "", law.BadField(field, CodeNameCharacter, citeName, "A name holds at least one letter.")
	}
	return s, nil
}

func tooLong(field string) *law.Refusal {
	return law.BadField(field, CodeNameTooLong, citeName, "The name is too long.",
		"greatest_length", strconv.Itoa(MaxNameLength))
}

// allowedInName admits letters and marks of every script, the space, and the
// punctuation that printed names carry. The two joiners are part of Persian and
// Indic spelling.
func allowedInName(r rune) bool {
	switch r {
	case ' ', '\'', '’', '‘', '`', '´', 'ʼ', 'ʻ', 'ʹ', '′', '.', ',', '·', '・', '･', '،', '\u200C', '\u200D':
		return true
	}
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.Is(unicode.Pd, r)
}

// String prints "Surname, First Names".
func (n Name) String() string {
	if n.FirstNames == "" {
		return n.Surname
	}
	return n.Surname + ", " + n.FirstNames
}

// Normal is the form in which names are stored for search and compared with
// CompareNormal: the MRZ letters A to Z of every component, surname first,
// separated by single spaces. It is "" when no letter can be transliterated.
func (n Name) Normal() string {
	return strings.Join(append(MRZComponents(n.Surname, ""), MRZComponents(n.FirstNames, "")...), " ")
}

// MRZ composes the name field of the machine readable zone, see MRZNameField.
func (n Name) MRZ(language string, width int) (field string, truncated bool) {
	return MRZNameField(n.Surname, n.FirstNames, language, width)
}

// Compare compares two names by the convention.
func (n Name) Compare(o Name, c Convention) Match {
	// A comma inside the surname would read as the end of it.
	plain := func(n Name) string {
		return Name{strings.ReplaceAll(n.Surname, ",", " "), strings.ReplaceAll(n.FirstNames, ",", " ")}.String()
	}
	return c.Compare(plain(n), plain(o))
}
