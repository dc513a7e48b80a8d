package person

import (
	"fmt"
	"strings"

	"limen/law"
)

// ExpiryYearsAhead says how far ahead of the day of reading an expiry date may
// lie: a year's last two digits are read as the year from 99 years before that
// limit up to it. With 50, and read in 2026, 76 is 2076 and 77 is 1977.
var ExpiryYearsAhead = law.Param[int]{
	Name: "person.mrz_expiry_years_ahead", Unit: "years",
	Rows: []law.Row[int]{{
		From: law.MustDate("1980-01-01"), Value: 50, Cite: "9303-3 s 4.8", Unconfirmed: true,
		Note: "Doc 9303 prints two digits of the year and no rule for the century. The middle is chosen: passports run for ten years or " +
			"less and a few cards for some decades, so a valid document is never read as expired, and a document that expired up to 49 " +
			"years ago, which a guard may still be shown, is never read as valid. The row begins with the first edition of Doc 9303.",
	}},
}

// BirthDate reads the date of birth, with on as the day of reading: in the
// latest century that does not put the birth after that day. Somebody of 100
// years or more is therefore read as a child, which only a person can see and
// correct.
//
// Where the month is printed as unknown, the day is left out even when printed.
// The error is a *law.Refusal of field mrz.birth_date: when the six characters or
// their check digit are wrong, or when the year is printed as unknown (code
// mrz_birth_year_unknown).
func (m MRZ) BirthDate(on law.Date) (PartialDate, error) {
	if err := m.unreadable(FaultBirthDate, FaultCheckBirth); err != nil {
		return PartialDate{}, err
	}
	s := m.Fields.BirthDate
	year, _ := datePart(s[0:2], true)
	month, _ := datePart(s[2:4], true)
	day, _ := datePart(s[4:6], true)
	if year == unknownPart {
		return PartialDate{}, law.BadField("mrz.birth_date", "mrz_birth_year_unknown", "9303-3 s 4.8",
			"The document says that the year of birth is not known. Type the year that its holder has in other papers.")
	}
	if month == unknownPart {
		month = 0
	}
	if day == unknownPart || month == 0 {
		day = 0
	}
	nowYear, _, _ := on.YMD()
	latest := nowYear / 100 * 100
	for _, century := range [2]int{latest, latest - 100} {
		if p := MakePartialDate(century+year, month, day); !p.IsZero() && p.First() <= on {
			return p, nil
		}
	}
	return PartialDate{}, m.refusal(FaultBirthDate)
}

// ExpiryDate reads the last day of validity, with on as the day of reading and
// the century chosen by ExpiryYearsAhead. The error is a *law.Refusal of field
// mrz.expiry_date, or a *law.NoLawError for a day before the parameter begins.
func (m MRZ) ExpiryDate(on law.Date) (law.Date, error) {
	if err := m.unreadable(FaultExpiryDate, FaultCheckExpiry); err != nil {
		return 0, err
	}
	ahead, err := ExpiryYearsAhead.On(on)
	if err != nil {
		return 0, err
	}
	s := m.Fields.ExpiryDate
	year, _ := datePart(s[0:2], false)
	month, _ := datePart(s[2:4], false)
	day, _ := datePart(s[4:6], false)
	nowYear, _, _ := on.YMD()
	latest := nowYear + ahead
	year += latest / 100 * 100
	if year > latest {
		year -= 100
	}
	if d := law.MakeDate(year, month, day); d != 0 {
		return d, nil
	}
	return 0, m.refusal(FaultExpiryDate)
}

// Sex reads the sex; the filler is X. The error is a *law.Refusal.
func (m MRZ) Sex() (Sex, error) {
	if err := m.unreadable(FaultSex); err != nil {
		return "", err
	}
	if m.Fields.Sex == "<" {
		return Unspecified, nil
	}
	return Sex(m.Fields.Sex), nil
}

// Document reads the travel document, with on as the day of reading. It refuses
// a zone that is not valid, a visa's, and an issuer of an unknown code.
func (m MRZ) Document(on law.Date) (Document, error) {
	if m.Format.Visa() {
		return Document{}, law.BadField("mrz", "mrz_is_visa", m.cite(), "This is the zone of a visa sticker, which is no travel document. Read the passport's own data page.")
	}
	number, issuer, expiry, err := m.numbered(on)
	if err != nil {
		return Document{}, err
	}
	return Document{Type: DocumentType(m.Fields.DocumentCode), Number: number, Issuer: issuer, Expiry: expiry}, nil
}

// VisaSticker reads a visa sticker, with on as the day of reading. The type is
// the second letter of the document code where that is A, C or D, and "" where
// the issuer does not print it. A visa of limited territorial validity is
// printed as C: only the visible part of the sticker tells.
func (m MRZ) VisaSticker(on law.Date) (VisaSticker, error) {
	if m.Readable && !m.Format.Visa() {
		return VisaSticker{}, law.BadField("mrz", "mrz_is_no_visa", m.cite(), "This is the zone of a travel document. Read the zone of the visa sticker.")
	}
	number, issuer, expiry, err := m.numbered(on)
	if err != nil {
		return VisaSticker{}, err
	}
	v := VisaSticker{Number: number, Issuer: issuer, ValidUntil: expiry}
	switch m.Fields.DocumentCode {
	case "VA":
		v.Type = VisaA
	case "VC":
		v.Type = VisaC
	case "VD":
		v.Type = VisaD
	}
	return v, nil
}

// numbered reads what document and sticker have in common.
func (m MRZ) numbered(on law.Date) (n DocumentNumber, issuer State, expiry law.Date, err error) {
	if !m.Valid {
		return "", "", 0, m.refusal(m.firstFault())
	}
	if n, err = ParseDocumentNumber(m.Fields.DocumentNumber); err != nil {
		return "", "", 0, inField(err, "mrz.document_number")
	}
	if issuer, err = ParseState(m.Fields.IssuingState); err != nil {
		return "", "", 0, inField(err, "mrz.issuing_state")
	}
	expiry, err = m.ExpiryDate(on)
	return n, issuer, expiry, err
}

// inField gives a refusal the name of the field in the zone.
func inField(err error, field string) error {
	if r, ok := err.(*law.Refusal); ok {
		named := *r
		named.Field = field
		return &named
	}
	return err
}

// firstFault also answers for the zero MRZ, which nothing was read into.
func (m MRZ) firstFault() MRZFault {
	if len(m.Errors) == 0 {
		return FaultLines
	}
	return m.Errors[0]
}

// unreadable returns the refusal that keeps one field from being read.
func (m MRZ) unreadable(faults ...MRZFault) error {
	if !m.Readable {
		return m.refusal(m.firstFault())
	}
	for _, f := range faults {
		if m.Has(f) {
			return m.refusal(f)
		}
	}
	return nil
}

// Refusals turns the errors of a zone into refusals, in the same order: field
// ("mrz.document_number"), code, article and what to do next.
func (m MRZ) Refusals() []*law.Refusal {
	var rs []*law.Refusal
	for _, f := range m.Errors {
		rs = append(rs, m.refusal(f))
	}
	return rs
}

// cite is where the structure of the zone's format stands.
func (m MRZ) cite() law.Citation {
	if l := layoutFor(m.Format); l != nil {
		return l.cite
	}
	return "9303-3 s 4.2"
}

// refusal says what one fault means to the person at the reader. The facts of a
// wrong check digit are places to look at, never what stands there.
func (m MRZ) refusal(fault MRZFault) *law.Refusal {
	switch fault {
	case FaultLines:
		return law.BadField("mrz", "mrz_lines", "9303-3 s 4.2",
			"This is no whole machine readable zone: it has 2 lines of 44 characters (passport), 2 of 36, or 3 of 30 (card). Read the document again from its edge, or type every line with all its fillers.")
	case FaultCharset:
		return law.BadField("mrz", "mrz_characters", "9303-3 s 4.3",
			"The zone holds a character other than A to Z, 0 to 9 and <. Read the document again, or type that character again.")
	case FaultDocumentCode:
		return law.BadField("mrz.document_code", "mrz_document_code", m.cite(),
			"The zone does not begin like a document of its size, so its fields cannot be trusted; some driving licences and older national cards have such lines. Ask for the passport, or type the document's data.")
	case FaultName:
		return law.BadField("mrz.name", "mrz_name", "9303-3 s 4.6",
			"The name in the zone cannot be read: it has a digit, begins with a filler, or is parted more than once. Compare it with the printed name and type that.")
	case FaultBirthDate:
		return law.BadField("mrz.birth_date", "mrz_birth_date", "9303-3 s 4.8",
			"The date of birth in the zone is no day of the calendar. Read the document again, or type the date that is printed above the zone.")
	case FaultExpiryDate:
		return law.BadField("mrz.expiry_date", "mrz_expiry_date", "9303-3 s 4.8",
			"The date of expiry in the zone is no day of the calendar. Read the document again, or type the date that is printed above the zone.")
	case FaultSex:
		return law.BadField("mrz.sex", "mrz_sex", m.cite(),
			"The sex in the zone is neither M nor F nor <. Read the document again, or type it as printed above the zone.")
	}
	return m.digitRefusal(fault)
}

// digitRefusal is the refusal of a wrong check digit.
func (m MRZ) digitRefusal(fault MRZFault) *law.Refusal {
	l := layoutFor(m.Format)
	if l == nil {
		return m.refusal(FaultLines)
	}
	words, at, digit := "", span{}, span{}
	switch fault {
	case FaultCheckNumber:
		words, at, digit = "document number", l.number, l.numberCheck
	case FaultCheckBirth:
		words, at, digit = "date of birth", l.birth, l.birthCheck
	case FaultCheckExpiry:
		words, at, digit = "date of expiry", l.expiry, l.expiryCheck
	case FaultCheckOptional:
		words, at, digit = "personal number", l.optional1, l.optionalCheck
	default:
		return law.BadField("mrz.composite", "mrz_check_digit", "9303-3 s 4.9",
			"The last check digit does not agree with the zone as a whole. Read the document again. If it fails again and every field is as printed, the document was made wrongly or altered: look at it closely.",
			"check_digit", place(l.compositeCheck))
	}
	return law.BadField("mrz."+strings.TrimPrefix(string(fault), "check:"), "mrz_check_digit", "9303-3 s 4.9",
		"The "+words+" and its check digit do not agree. Read the document again. If it fails again, compare each character with the page (0 and O, 1 and I, 2 and Z, 5 and S, 8 and B are easily mistaken); if all are as printed, look at the document closely.",
		"characters", place(at), "check_digit", place(digit))
}

// place says where a span stands, for people: "line 2, characters 1 to 9".
func place(s span) string {
	if s.to-s.from == 1 {
		return fmt.Sprintf("line %d, character %d", s.line+1, s.to)
	}
	return fmt.Sprintf("line %d, characters %d to %d", s.line+1, s.from+1, s.to)
}
