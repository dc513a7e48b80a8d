package person

import (
	"strings"

	"limen/law"
)

// ComposeMRZ writes the lines of a machine readable zone, check digits and all.
//
// The fields are those that ParseMRZ returns, with this freedom: the two
// identifiers may be in any script, since MRZNameField transliterates and, where
// they are too long, shortens them; language, as for MRZNameField, may be "".
// NameFillsField is not looked at. A document number of more than nine
// characters goes on in the optional data of TD1 and TD2. An empty personal
// number gets a filler for its check digit. Dates and sex come from
// PartialDate.MRZ and Sex.MRZ.
//
// What was written is valid for ParseMRZ, and apart from the name says what it
// was given. The error is a *law.Refusal that names the field.
func ComposeMRZ(format MRZFormat, f MRZFields, language string) ([]string, error) {
	l := layoutFor(format)
	if l == nil {
		return nil, law.BadField("format", "mrz_format", "9303-3 s 4.2", "The format is TD1, TD2, TD3, MRV-A or MRV-B.")
	}
	w := mrzWriter{layout: l}
	for i := range l.lines {
		w.lines[i] = []byte(strings.Repeat("<", l.width))
	}
	w.put("document_code", l.code, f.DocumentCode)
	w.put("issuing_state", l.state, f.IssuingState)
	w.put("nationality", l.nationality, f.Nationality)
	w.number(f.DocumentNumber, f.Optional1)
	w.put("birth_date", l.birth, f.BirthDate)
	w.put("sex", l.sex, f.Sex)
	w.put("expiry_date", l.expiry, f.ExpiryDate)
	w.put("optional_2", l.optional2, f.Optional2)
	name, _ := MRZNameField(f.PrimaryIdentifier, f.SecondaryIdentifier, language, l.name.to-l.name.from)
	w.put("name", l.name, name)
	if w.err != nil {
		return nil, w.err
	}
	w.digits(f.Optional1 == "")

	lines := make([]string, l.lines)
	for i := range lines {
		lines[i] = string(w.lines[i])
	}
	if m := ParseMRZ(lines); !m.Valid {
		return nil, m.Refusals()[0]
	}
	return lines, nil
}

// mrzWriter fills the lines of one zone and keeps the first refusal.
type mrzWriter struct {
	layout *mrzLayout
	lines  [3][]byte
	err    error
}

func (w *mrzWriter) bytes(s span) []byte { return w.lines[s.line][s.from:s.to] }

// refuse keeps the first refusal.
func (w *mrzWriter) refuse(field, message string) {
	if w.err == nil {
		w.err = law.BadField("mrz."+field, "mrz_compose", w.layout.cite, message)
	}
}

// put writes a value of the zone's characters at the start of its place.
func (w *mrzWriter) put(field string, at span, value string) {
	if len(value) > at.to-at.from {
		w.refuse(field, "The value is longer than its place in the zone.")
		return
	}
	for i := 0; i < len(value); i++ {
		if mrzValues[value[i]] < 0 {
			w.refuse(field, "The zone has the letters A to Z, the digits and the filler < only.")
			return
		}
	}
	if !at.absent() {
		copy(w.bytes(at), value)
	}
}

// number writes the document number and the optional data, which a long number
// shares. The part of a long number that stands there must not hold a filler,
// since the first filler ends it.
func (w *mrzWriter) number(number, optional string) {
	l := w.layout
	if unfilled(number) == "" {
		w.refuse("document_number", "The document number is missing.")
		return
	}
	room := l.number.to - l.number.from
	if len(number) <= room || !l.long {
		w.put("document_number", l.number, number)
		w.put("optional_1", l.optional1, optional)
		w.check(l.numberCheck, number)
		return
	}
	more := number[room:]
	if strings.IndexByte(more, filler) >= 0 {
		w.refuse("document_number", "After its ninth character a document number has letters and digits only.")
		return
	}
	w.put("document_number", l.number, number[:room])
	tail := more + "0<"
	if len(tail) > l.optional1.to-l.optional1.from {
		w.refuse("document_number", "The document number is longer than the zone.")
		return
	}
	w.put("optional_1", l.optional1, tail+optional)
	if w.err == nil {
		w.bytes(l.optional1)[len(more)] = checkDigit(number)
	}
}

// check writes the check digit of a value that stands at the start of a place.
// Fillers after it add nothing to the sum.
func (w *mrzWriter) check(at span, value string) {
	if w.err == nil && !at.absent() {
		w.bytes(at)[0] = checkDigit(value)
	}
}

// digits writes the check digits that depend on whole places.
func (w *mrzWriter) digits(noPersonalNumber bool) {
	l := w.layout
	w.check(l.birthCheck, string(w.bytes(l.birth)))
	w.check(l.expiryCheck, string(w.bytes(l.expiry)))
	if !noPersonalNumber {
		w.check(l.optionalCheck, string(w.bytes(l.optional1)))
	}
	if !l.compositeCheck.absent() {
		var all digitSum
		for _, s := range l.composite {
			all.add(string(w.bytes(s)))
		}
		w.bytes(l.compositeCheck)[0] = all.digit()
	}
}
