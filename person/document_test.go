package person

import (
	"strings"
	"testing"

	"limen/law"
)

func TestDocumentTypeKinds(t *testing.T) {
	for code, want := range map[DocumentType]DocumentKind{
		"P": Passport, "PD": Passport, "PP": Passport, "I": IdentityCard, "ID": IdentityCard, "A": IdentityCard, "C": IdentityCard,
		"AC": CrewCertificate, "CA": IdentityCard, "V": Visa, "VC": Visa, "": "", "X": "", "p": "", "P<": "", "P1": "", "PPP": "", "PÉ": "", "É": "",
	} {
		if got := code.Kind(); got != want {
			t.Errorf("%q: %q, want %q", code, got, want)
		}
	}
	for s, want := range map[string]DocumentType{"P<": "P", " pd ": "PD", "ac": "AC", "V": "V"} {
		if got, err := ParseDocumentType(s); err != nil || got != want {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "<", "X", "PPP", "P1", "passport", strings.Repeat("P", 1<<16)} {
		_, err := ParseDocumentType(s)
		wantBadField(t, err, "type", "document_type")
	}
}

// A number as printed, as typed and as in the zone is one number.
func TestParseDocumentNumber(t *testing.T) {
	for s, want := range map[string]DocumentNumber{
		"L898902C3": "L898902C3", "l898902c3": "L898902C3", "L 898-902.C/3": "L898902C3", "L898902C<": "L898902C", "A<12": "A12",
		"AB–12": "AB12", " 12\u00a034\t": "1234", "0": "0", strings.Repeat("A", 20): DocumentNumber(strings.Repeat("A", 20)), "№"[:0] + "7": "7",
	} {
		if got, err := ParseDocumentNumber(s); err != nil || got != want {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	for s, code := range map[string]law.Code{
		"": "document_number_missing", "<<<": "document_number_missing", " - ": "document_number_missing",
		strings.Repeat("A", 21): "document_number_length", strings.Repeat("<", 1<<16) + strings.Repeat("A", 21): "document_number_length",
		"Ä1": "document_number_characters", "А123": "document_number_characters", "1\n2": "document_number_characters", "1\x7f2": "document_number_characters",
		"1\xff2": "document_number_characters", "１２": "document_number_characters", "1\x002": "document_number_characters",
	} {
		got, err := ParseDocumentNumber(s)
		wantBadField(t, err, "number", code)
		if got != "" {
			t.Errorf("%q: %q", s, got)
		}
	}
}

func FuzzParseDocumentNumber(f *testing.F) {
	f.Add("L 898-902.C/3")
	f.Add("A<12\u00a0")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseDocumentNumber(s)
		if (err == nil) != n.normal() {
			t.Fatalf("%q: %q, %v", s, n, err)
		}
		if err != nil {
			return
		}
		if again, err := ParseDocumentNumber(string(n)); err != nil || again != n {
			t.Fatalf("%q: %q then %q, %v", s, n, again, err)
		}
	})
}

func refusedFields(rs []*law.Refusal) string {
	var fs []string
	for _, r := range rs {
		fs = append(fs, r.Field+" "+string(r.Code))
	}
	return strings.Join(fs, ", ")
}

// EES-001, EES-002: type, number, issuer and expiry of each document, named one
// by one when they cannot stand.
func TestArt16_1_DocumentValidate(t *testing.T) {
	good := Document{Type: "P", Number: "L898902C3", Issuer: "UTO", Expiry: law.MustDate("2030-04-15")}
	for _, c := range []struct {
		path   string
		change func(*Document)
		want   string
	}{
		{"", func(*Document) {}, ""},
		{"documents[1]", func(d *Document) { *d = Document{} }, "documents[1].type document_type, documents[1].number document_number_missing, " +
			"documents[1].issuer issuer_unknown, documents[1].expiry document_expiry_missing"},
		{"", func(d *Document) { d.Type = "VC" }, "type document_is_visa"},
		{"", func(d *Document) { d.Type = "X" }, "type document_type"},
		{"", func(d *Document) { d.Number = "l898902c3" }, "number document_number_form"},
		{"", func(d *Document) { d.Number = "L898 902" }, "number document_number_form"},
		{"", func(d *Document) { d.Number = DocumentNumber(strings.Repeat("A", 21)) }, "number document_number_form"},
		{"", func(d *Document) { d.Issuer = "DEU" }, "issuer issuer_unknown"},
		{"", func(d *Document) { d.Issuer = "XYZ" }, "issuer issuer_unknown"},
		{"", func(d *Document) { d.Expiry = 0 }, "expiry document_expiry_missing"},
		{"", func(d *Document) { d.Expiry = law.MustDate("1999-01-01") }, ""},
	} {
		d := good
		c.change(&d)
		got := d.Validate(c.path)
		if refusedFields(got) != c.want {
			t.Errorf("%+v: %s", d, refusedFields(got))
		}
		for _, r := range got {
			wantBadField(t, r, r.Field, r.Code)
		}
	}
}

// EES-035: documents are found exactly, whatever second letter was typed.
func TestDocumentKey(t *testing.T) {
	d := Document{Type: "P", Number: "L898902C3", Issuer: "UTO", Expiry: law.MustDate("2030-04-15")}
	if d.Key() != "passport:UTO:L898902C3" {
		t.Error(d.Key())
	}
	same := d
	same.Type, same.Expiry = "PP", law.MustDate("2030-04-16")
	if same.Key() != d.Key() {
		t.Error(same.Key())
	}
	for _, change := range []func(*Document){
		func(d *Document) { d.Type = "ID" }, func(d *Document) { d.Type = "AC" }, func(d *Document) { d.Issuer = "FRA" }, func(d *Document) { d.Number = "L898902C4" },
	} {
		other := d
		change(&other)
		if other.Key() == d.Key() {
			t.Errorf("%+v has the key %s", other, other.Key())
		}
	}
}

// 2017/2226 art 16(2)(d): the sticker's fields, named one by one when they cannot stand.
func TestArt16_2d_VisaStickerValidate(t *testing.T) {
	good := VisaSticker{Number: "F00000000", Issuer: "FRA", Type: VisaC, ValidUntil: law.MustDate("2026-08-31")}
	if rs := good.Validate("visa"); rs != nil || good.Key() != "visa:FRA:F00000000" {
		t.Errorf("%s, %s", refusedFields(rs), good.Key())
	}
	want := "visa.number document_number_missing, visa.issuer issuer_unknown, visa.type visa_type, visa.valid_until visa_validity_missing"
	if got := refusedFields(VisaSticker{}.Validate("visa")); got != want {
		t.Error(got)
	}
	for _, kind := range []VisaType{VisaA, VisaD, VisaLTV} {
		good.Type = kind
		if rs := good.Validate(""); rs != nil {
			t.Errorf("%s: %s", kind, refusedFields(rs))
		}
	}
}
