package person

import (
	"strings"
	"unicode/utf8"

	"limen/law"
)

// DocumentType is the document code of the machine readable zone without its
// filler: P, PD, PS, PO, ID, AC, VC. The first letter is the kind, the second
// the issuer's own distinction.
type DocumentType string

// DocumentKind sorts documents by what they are good for.
type DocumentKind string

// Kinds of document (Doc 9303-4 to 9303-7).
const (
	Passport        DocumentKind = "passport"         // P and anything
	IdentityCard    DocumentKind = "identity_card"    // A, C, I and anything except AC
	CrewCertificate DocumentKind = "crew_certificate" // AC
	Visa            DocumentKind = "visa"             // V and anything; no travel document
)

// ParseDocumentType reads a document code of one or two letters, in capitals or
// not, with or without a filler after it. The error is a *law.Refusal.
func ParseDocumentType(s string) (DocumentType, error) {
	if len(s) <= 8 {
		code := strings.ToUpper(strings.TrimRight(strings.TrimSpace(s), "<"))
		if t := DocumentType(code); t.Kind() != "" {
			return t, nil
		}
	}
	return "", law.BadField("type", "document_type", "9303-4 s 4.2.2",
		"The document type is one or two letters, as printed at the start of the machine readable zone: P for a passport, I, A or C for a card, V for a visa.")
}

// Kind returns what the document is, or "" for a code of no known kind.
func (t DocumentType) Kind() DocumentKind {
	if len(t) < 1 || len(t) > 2 || len(t) == 2 && (t[1] < 'A' || t[1] > 'Z') {
		return ""
	}
	switch {
	case t == "AC":
		return CrewCertificate
	case t[0] == 'P':
		return Passport
	case t[0] == 'V':
		return Visa
	case t[0] == 'A' || t[0] == 'C' || t[0] == 'I':
		return IdentityCard
	}
	return ""
}

// DocumentNumber is the number of a document in the one form in which numbers
// are stored and compared: letters A-Z and digits, 1 to 20 of them.
//
// The printed number may hold spaces and marks, where the machine readable zone
// has fillers (Doc 9303-4 section 4.2.2). Without both the two forms are equal.
type DocumentNumber string

// MaxDocumentNumber is the size of the data type, in characters. It is this
// project's choice and no rule of Doc 9303, which has room for 9 in a passport's
// zone, 14 in a TD2 card's and 22 in a TD1 card's.
const MaxDocumentNumber = 20

// ParseDocumentNumber reads a number as printed, typed or taken from a zone: it
// drops blanks, fillers and punctuation and writes capitals. The error is a
// *law.Refusal that does not repeat the number.
func ParseDocumentNumber(s string) (DocumentNumber, error) {
	bad := func(code law.Code, message string) (DocumentNumber, error) {
		return "", law.BadField("number", code, "9303-4 s 4.2.2", message)
	}
	b := make([]byte, 0, MaxDocumentNumber)
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z':
			r -= 'a' - 'A'
		case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
		case r > ' ' && r < utf8.RuneSelf && r != 0x7f || strings.ContainsRune(numberMarks, r):
			continue
		default:
			return bad("document_number_characters", "The document number holds a character that no document number has. Type its letters A to Z and digits only.")
		}
		if len(b) == MaxDocumentNumber {
			return bad("document_number_length", "The document number is longer than 20 letters and digits. Type the number of the document itself, without what is printed beside it.")
		}
		b = append(b, byte(r))
	}
	if len(b) == 0 {
		return bad("document_number_missing", "The document number is missing. Type it as printed on the document.")
	}
	return DocumentNumber(b), nil
}

// numberMarks are the blanks and dashes beyond ASCII that are dropped from a
// number, with the ASCII blanks.
const numberMarks = " \t\u00a0\u2007\u2009\u202f\u2010\u2011\u2012\u2013\u2014\u2212\u00ab\u00bb\u00b7"

// normal tells whether n is in the form that ParseDocumentNumber writes.
func (n DocumentNumber) normal() bool {
	for i := 0; i < len(n); i++ {
		if c := n[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return len(n) >= 1 && len(n) <= MaxDocumentNumber
}

// Document is a travel document as the register keeps it (2017/2226 art
// 16(1)(b)-(c), 17(1)(a)).
type Document struct {
	Type   DocumentType   `json:"type" doc:"Document code: P, PD, ID."`
	Number DocumentNumber `json:"number" doc:"Letters A-Z and digits only."`
	Issuer State          `json:"issuer" doc:"Code of the issuing state as printed in the machine readable zone; Germany is D."`
	Expiry law.Date       `json:"expiry" doc:"Last day of validity, YYYY-MM-DD."`
}

// Kind returns what the document is.
func (d Document) Kind() DocumentKind { return d.Type.Kind() }

// Validate returns one refusal for each field that cannot stand in a register;
// path is the document's place in the request ("documents[0]"), "" for none. An
// expired document is valid here: what it permits is the room's question.
func (d Document) Validate(path string) []*law.Refusal {
	v := fieldChecks{path: path}
	switch d.Kind() {
	case "":
		v.refuse("type", "document_type", "2017/2226 art 16(1)(b)", "The type of travel document is missing or unknown. Give P for a passport, or the letters at the start of the machine readable zone.")
	case Visa:
		v.refuse("type", "document_is_visa", "2017/2226 art 16(1)(b)", "A visa is no travel document. Give the passport that carries it.")
	}
	v.number(d.Number, "2017/2226 art 16(1)(b)")
	v.issuer(d.Issuer, "2017/2226 art 16(1)(b)")
	if d.Expiry.IsZero() {
		v.refuse("expiry", "document_expiry_missing", "2017/2226 art 16(1)(c)", "The date on which the document's validity ends is missing. Type it as printed on the document.")
	}
	return v.found
}

// Key is what an exact search looks up: kind, issuer and number,
// "passport:UTO:L898902C3". The kind stands for the type because the second
// letter of a code is often left out when a document is typed, and the expiry
// date is left out so that a slip in it does not hide the file. The key finds
// candidates; two documents of one issuer may share it, so the caller compares
// type and expiry date before it says that they are one.
func (d Document) Key() string {
	return string(d.Kind()) + ":" + string(d.Issuer) + ":" + string(d.Number)
}

// VisaType is the type of a visa sticker.
type VisaType string

// Types of visa (810/2009 art 2(2)-(5), art 25).
const (
	VisaC   VisaType = "C"   // short stay, all Member States
	VisaLTV VisaType = "LTV" // short stay, limited territorial validity
	VisaA   VisaType = "A"   // airport transit
	VisaD   VisaType = "D"   // long stay: outside the Entry/Exit System
)

// VisaSticker is a visa as the register cites it (2017/2226 art 16(2)(d)).
type VisaSticker struct {
	Number     DocumentNumber `json:"number" doc:"Sticker number, letters A-Z and digits only."`
	Issuer     State          `json:"issuer" doc:"Code of the issuing state as printed in the machine readable zone; Germany is D."`
	Type       VisaType       `json:"type" enum:"C,LTV,A,D" doc:"C short stay, LTV limited territorial validity, A airport transit, D long stay."`
	ValidUntil law.Date       `json:"valid_until" doc:"Last day of validity, YYYY-MM-DD."`
}

// Validate returns one refusal for each field that cannot stand in a register;
// path is the sticker's place in the request ("visa"), "" for none.
func (s VisaSticker) Validate(path string) []*law.Refusal {
	v := fieldChecks{path: path}
	v.number(s.Number, "2017/2226 art 16(2)(d)")
	v.issuer(s.Issuer, "2017/2226 art 16(2)(d)")
	switch s.Type {
	case VisaA, VisaC, VisaD, VisaLTV:
	default:
		v.refuse("type", "visa_type", "2017/2226 art 16(2)(d)", "The type of visa is C, LTV, A or D. It is printed on the sticker.")
	}
	if s.ValidUntil.IsZero() {
		v.refuse("valid_until", "visa_validity_missing", "2017/2226 art 16(2)(d)", "The last day of the visa's validity is missing. Type it as printed on the sticker.")
	}
	return v.found
}

// Key is what an exact search for a sticker looks up: "visa:FRA:F00000000".
func (s VisaSticker) Key() string {
	return string(Visa) + ":" + string(s.Issuer) + ":" + string(s.Number)
}

// fieldChecks collects the refusals of one structure's fields.
type fieldChecks struct {
	path  string
	found []*law.Refusal
}

func (v *fieldChecks) refuse(field string, code law.Code, cite law.Citation, message string) {
	if v.path != "" {
		field = v.path + "." + field
	}
	v.found = append(v.found, law.BadField(field, code, cite, message))
}

func (v *fieldChecks) number(n DocumentNumber, cite law.Citation) {
	if n == "" {
		v.refuse("number", "document_number_missing", cite, "The number is missing. Type it as printed on the document.")
	} else if !n.normal() {
		v.refuse("number", "document_number_form", cite, "The number must be 1 to 20 capital letters A to Z and digits.")
	}
}

func (v *fieldChecks) issuer(s State, cite law.Citation) {
	if !KnownState(s) {
		v.refuse("issuer", "issuer_unknown", cite, "The issuing state is missing or no code of Doc 9303-3 section 5. Take the three letters after the document code in the machine readable zone.")
	}
}
