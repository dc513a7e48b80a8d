package person

import "strings"

// MRZ is what a machine readable zone says, and what is wrong with it. Its
// strings are slices of the lines it was read from.
type MRZ struct {
	Format   MRZFormat // "" when number or length of the lines fit none
	Readable bool      // Checks and Fields are filled
	Valid    bool      // Errors is empty
	Checks   MRZChecks
	Fields   MRZFields
	Errors   []MRZFault // in the order of the constants
	Warnings []MRZFault // "issuing_state", "nationality": a code that nobody has
}

// MRZCheck is the result of one check digit.
type MRZCheck uint8

// Results of a check digit.
const (
	NoCheck    MRZCheck = iota // the format has no such digit
	CheckRight                 // the digit printed is the digit computed
	CheckWrong
)

// MRZChecks are the results of the check digits of a zone.
type MRZChecks struct {
	DocumentNumber, BirthDate, ExpiryDate MRZCheck
	Optional                              MRZCheck // personal number, TD3 only
	Composite                             MRZCheck // not on visas
}

// MRZFields are the fields of a zone as printed, without the fillers at their
// ends. Fillers inside a number stay; fillers inside a name are spaces.
type MRZFields struct {
	DocumentCode        string `json:"document_code" doc:"One or two characters: P, PD, ID, AC, VC."`
	IssuingState        string `json:"issuing_state" doc:"Code as printed; Germany is D."`
	PrimaryIdentifier   string `json:"primary_identifier" doc:"Surname, in the letters of the zone."`
	SecondaryIdentifier string `json:"secondary_identifier" doc:"First names, in the letters of the zone; may be empty."`
	NameFillsField      bool   `json:"name_fills_field" doc:"No filler stands at the end: the name must be assumed to be cut off."`
	DocumentNumber      string `json:"document_number" doc:"Whole number, also when it goes on in the optional data."`
	Nationality         string `json:"nationality" doc:"Code as printed; Germany is D."`
	BirthDate           string `json:"birth_date" doc:"Six characters YYMMDD; unknown parts are <<."`
	Sex                 string `json:"sex" doc:"M, F or <."`
	ExpiryDate          string `json:"expiry_date" doc:"Six digits YYMMDD."`
	Optional1           string `json:"optional_1" doc:"Optional data or personal number."`
	Optional2           string `json:"optional_2" doc:"Second optional data, TD1 only."`
}

// MRZFault names something wrong with a zone.
type MRZFault string

// Faults in the order in which they are reported.
const (
	FaultLines          MRZFault = "lines"         // number or length of the lines fit no format
	FaultCharset        MRZFault = "charset"       // a character other than A-Z, 0-9 and the filler
	FaultDocumentCode   MRZFault = "document_code" // first letter that the format does not have
	FaultName           MRZFault = "name"          // a digit, a filler in front, no primary identifier, parted twice
	FaultBirthDate      MRZFault = "birth_date"    // no day of the calendar
	FaultExpiryDate     MRZFault = "expiry_date"   // no day of the calendar
	FaultSex            MRZFault = "sex"           // neither M nor F nor the filler
	FaultCheckNumber    MRZFault = "check:document_number"
	FaultCheckBirth     MRZFault = "check:birth_date"
	FaultCheckExpiry    MRZFault = "check:expiry_date"
	FaultCheckOptional  MRZFault = "check:optional"
	FaultCheckComposite MRZFault = "check:composite"

	// Warnings: they leave the zone valid.
	UnknownIssuingState MRZFault = "issuing_state"
	UnknownNationality  MRZFault = "nationality"
)

// Has tells whether the fault is among the errors.
func (m MRZ) Has(fault MRZFault) bool {
	for _, f := range m.Errors {
		if f == fault {
			return true
		}
	}
	return false
}

// ParseMRZ reads a machine readable zone of Doc 9303 parts 3 to 7: the lines
// from top to bottom, without line ends. It is strict: nothing is trimmed,
// turned into capitals or corrected (CleanMRZ does the first two). It always
// answers; what cannot be accepted stands in Errors.
//
// A zone with faults other than wrong check digits may have another layout
// altogether, as older national identity cards do: its Fields mean nothing.
func ParseMRZ(lines []string) MRZ {
	l := layoutOf(lines)
	if l == nil {
		return MRZ{Errors: []MRZFault{FaultLines}}
	}
	m := MRZ{Format: l.format}
	for _, line := range lines {
		for i := 0; i < len(line); i++ {
			if mrzValues[line[i]] < 0 {
				m.Errors = []MRZFault{FaultCharset}
				return m
			}
		}
	}
	m.Readable = true
	readFields(&m, l, lines)
	readChecks(&m, l, lines)
	findFaults(&m, l, l.name.in(lines))
	return m
}

func readFields(m *MRZ, l *mrzLayout, lines []string) {
	f := &m.Fields
	f.DocumentCode = unfilled(l.code.in(lines))
	f.IssuingState = unfilled(l.state.in(lines))
	f.Nationality = unfilled(l.nationality.in(lines))
	f.BirthDate = l.birth.in(lines)
	f.Sex = l.sex.in(lines)
	f.ExpiryDate = l.expiry.in(lines)
	if !l.optional2.absent() {
		f.Optional2 = unfilled(l.optional2.in(lines))
	}
	field := l.name.in(lines)
	f.NameFillsField = field[len(field)-1] != filler
	f.PrimaryIdentifier, f.SecondaryIdentifier = identifiers(field)
}

// readChecks also settles number and optional data, since only the check
// digit's place tells where the number ends.
func readChecks(m *MRZ, l *mrzLayout, lines []string) {
	number, check, optional := l.number.in(lines), l.numberCheck.in(lines)[0], l.optional1.in(lines)
	var sum digitSum
	sum.add(number)
	if l.long && check == filler {
		if more, digit, rest, ok := longNumber(optional); ok {
			sum.add(more)
			number, check, optional = number+more, digit, rest
		}
	}
	m.Fields.DocumentNumber = unfilled(number)
	m.Fields.Optional1 = unfilled(optional)

	c := &m.Checks
	c.DocumentNumber = verdict(check == sum.digit())
	c.BirthDate = verdict(l.birthCheck.in(lines)[0] == checkDigit(m.Fields.BirthDate))
	c.ExpiryDate = verdict(l.expiryCheck.in(lines)[0] == checkDigit(m.Fields.ExpiryDate))
	if !l.optionalCheck.absent() {
		digit := l.optionalCheck.in(lines)[0]
		c.Optional = verdict(digit == checkDigit(optional) || digit == filler && m.Fields.Optional1 == "")
	}
	if !l.compositeCheck.absent() {
		var all digitSum
		for _, s := range l.composite {
			all.add(s.in(lines))
		}
		c.Composite = verdict(l.compositeCheck.in(lines)[0] == all.digit())
	}
}

// longNumber takes the end of a document number of more than nine characters
// from the optional data: its further characters, its check digit and a filler
// (Doc 9303-5 and 9303-6 section 4.2.2). It is not ok when one of the three is
// missing; the number then ends where its field ends, and a filler is no digit.
func longNumber(optional string) (more string, digit byte, rest string, ok bool) {
	end := strings.IndexByte(optional, filler)
	if end < 2 {
		return "", 0, "", false
	}
	return optional[:end-1], optional[end-1], optional[end+1:], true
}

func findFaults(m *MRZ, l *mrzLayout, name string) {
	f, c := &m.Fields, &m.Checks
	fault := func(wrong bool, name MRZFault) {
		if wrong {
			m.Errors = append(m.Errors, name)
		}
	}
	fault(f.DocumentCode == "" || strings.IndexByte(l.first, f.DocumentCode[0]) < 0, FaultDocumentCode)
	fault(!mrzName(name), FaultName)
	fault(!mrzDate(f.BirthDate, true), FaultBirthDate)
	fault(!mrzDate(f.ExpiryDate, false), FaultExpiryDate)
	fault(f.Sex != "M" && f.Sex != "F" && f.Sex != "<", FaultSex)
	fault(c.DocumentNumber == CheckWrong, FaultCheckNumber)
	fault(c.BirthDate == CheckWrong, FaultCheckBirth)
	fault(c.ExpiryDate == CheckWrong, FaultCheckExpiry)
	fault(c.Optional == CheckWrong, FaultCheckOptional)
	fault(c.Composite == CheckWrong, FaultCheckComposite)
	m.Valid = len(m.Errors) == 0

	if !listedCode(f.IssuingState) {
		m.Warnings = append(m.Warnings, UnknownIssuingState)
	}
	if !listedCode(f.Nationality) {
		m.Warnings = append(m.Warnings, UnknownNationality)
	}
}

// listedCode tells whether a code stands in ISO 3166-1 or Doc 9303-3 section 5.
// DEU stands in the former although no zone should print it.
func listedCode(code string) bool { return KnownState(State(code)) || code == "DEU" }

// mrzName applies Doc 9303-3 section 4.6 to a name field: no digits, a primary
// identifier at its start, at most one division into two identifiers.
func mrzName(field string) bool {
	for i := 0; i < len(field); i++ {
		if field[i] >= '0' && field[i] <= '9' {
			return false
		}
	}
	return field[0] != filler && strings.Count(unfilled(field), "<<") <= 1
}

// identifiers parts a name field at its first two fillers.
func identifiers(field string) (primary, secondary string) {
	field = unfilled(field)
	division := strings.Index(field, "<<")
	spaced := strings.ReplaceAll(field, "<", " ")
	if division < 0 {
		return strings.Trim(spaced, " "), ""
	}
	return strings.Trim(spaced[:division], " "), strings.Trim(spaced[division:], " ")
}

// mrzDate tells whether the six characters YYMMDD can be a day (Doc 9303-3
// section 4.8). Two digits do not say which century, so 29 February stands when
// the year is divisible by 4. Where partial is set, two fillers may stand for an
// unknown year, month or day.
func mrzDate(s string, partial bool) bool {
	year, ok1 := datePart(s[0:2], partial)
	month, ok2 := datePart(s[2:4], partial)
	day, ok3 := datePart(s[4:6], partial)
	if !ok1 || !ok2 || !ok3 || month == 0 || month > 12 || day == 0 {
		return false
	}
	switch {
	case month == 2 && (year == unknownPart || year%4 == 0):
		return day <= 29
	case month == 2:
		return day <= 28
	case month == 4 || month == 6 || month == 9 || month == 11:
		return day <= 30
	}
	return day <= 31
}

// unknownPart is the value of a part of a date that is printed as fillers. Being
// negative it passes as month and as day.
const unknownPart = -1

func datePart(s string, partial bool) (int, bool) {
	if partial && s == "<<" {
		return unknownPart, true
	}
	tens, units := s[0]-'0', s[1]-'0'
	return int(tens)*10 + int(units), tens <= 9 && units <= 9
}

func unfilled(s string) string { return strings.TrimRight(s, "<") }

func verdict(right bool) MRZCheck {
	if right {
		return CheckRight
	}
	return CheckWrong
}
