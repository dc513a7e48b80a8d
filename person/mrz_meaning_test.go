package person

import (
	"errors"
	"strings"
	"testing"

	"limen/law"
)

// zoneWith composes a passport's zone with the given dates.
func zoneWith(t *testing.T, birth, expiry string) MRZ {
	t.Helper()
	f := ParseMRZ(specimens[TD3]).Fields
	f.BirthDate, f.ExpiryDate = birth, expiry
	lines, err := ComposeMRZ(TD3, f, "")
	if err != nil {
		t.Fatal(err)
	}
	return ParseMRZ(lines)
}

func wantBadField(t *testing.T, err error, field string, code law.Code) {
	t.Helper()
	var r *law.Refusal
	if !errors.As(err, &r) || r.Field != field || r.Code != code || r.Kind != law.BadInput {
		t.Errorf("got %v; want field %s, code %s", err, field, code)
		return
	}
	if _, err := r.Cite.Parse(); err != nil {
		t.Error(err)
	}
}

// 9303-3 s 4.8 prints two digits of a year: the birth is in the latest century
// that does not put it after the day of reading.
func TestMRZBirthDateCentury(t *testing.T) {
	for _, c := range []struct{ printed, on, want string }{
		{"740812", "2026-05-01", "1974-08-12"},
		{"260501", "2026-05-01", "2026-05-01"},
		{"260502", "2026-05-01", "1926-05-02"},
		{"251231", "2026-05-01", "2025-12-31"},
		{"000229", "2026-05-01", "2000-02-29"},
		{"000229", "2100-06-01", "2000-02-29"}, // 2100 has no 29 February
		{"991231", "2000-01-01", "1999-12-31"},
		{"000101", "2000-01-01", "2000-01-01"},
		{"26<<<<", "2026-05-01", "2026"},
		{"27<<<<", "2026-05-01", "1927"},
		{"2605<<", "2026-05-01", "2026-05"},
		{"2606<<", "2026-05-01", "1926-06"},
		{"74<<12", "2026-05-01", "1974"}, // a day without its month says nothing
		{"740812", "1974-08-12", "1974-08-12"},
		{"740812", "1974-08-11", "1874-08-12"},
	} {
		got, err := zoneWith(t, c.printed, "301231").BirthDate(law.MustDate(c.on))
		if err != nil || got.String() != c.want {
			t.Errorf("%s read on %s: %s, %v; want %s", c.printed, c.on, got, err, c.want)
		}
	}
	for _, printed := range []string{"<<<<<<", "<<0812"} {
		_, err := zoneWith(t, printed, "301231").BirthDate(law.MustDate("2026-05-01"))
		wantBadField(t, err, "mrz.birth_date", "mrz_birth_year_unknown")
	}
	_, err := zoneWith(t, "000229", "301231").BirthDate(law.MustDate("1999-01-01")) // neither 2000 nor 1900 will do
	wantBadField(t, err, "mrz.birth_date", "mrz_birth_date")
}

// The century of an expiry date follows ExpiryYearsAhead: with 50, from 49 years
// before the year of reading to 50 years after it.
func TestMRZExpiryDateCentury(t *testing.T) {
	for _, c := range []struct{ printed, on, want string }{
		{"300415", "2026-05-01", "2030-04-15"},
		{"120415", "2026-05-01", "2012-04-15"},
		{"761231", "2026-05-01", "2076-12-31"},
		{"770101", "2026-05-01", "1977-01-01"},
		{"990101", "2026-05-01", "1999-01-01"},
		{"000229", "2026-05-01", "2000-02-29"},
		{"280229", "2026-05-01", "2028-02-29"},
		{"050101", "1996-05-01", "2005-01-01"},
		{"450101", "1996-05-01", "2045-01-01"},
		{"470101", "1996-05-01", "1947-01-01"},
		{"120101", "2099-05-01", "2112-01-01"},
	} {
		got, err := zoneWith(t, "740812", c.printed).ExpiryDate(law.MustDate(c.on))
		if err != nil || got.String() != c.want {
			t.Errorf("%s read on %s: %s, %v; want %s", c.printed, c.on, got, err, c.want)
		}
	}
	_, err := zoneWith(t, "740812", "000229").ExpiryDate(law.MustDate("2060-01-01")) // 2100 has no 29 February
	wantBadField(t, err, "mrz.expiry_date", "mrz_expiry_date")
	var none *law.NoLawError
	if _, err := zoneWith(t, "740812", "300101").ExpiryDate(law.MustDate("1979-12-31")); !errors.As(err, &none) {
		t.Errorf("before the first row: %v", err)
	}
	if err := law.CheckParam(&ExpiryYearsAhead); err != nil {
		t.Error(err)
	}
}

func TestMRZSexIsUnspecifiedForAFiller(t *testing.T) {
	for printed, want := range map[string]Sex{"M": Male, "F": Female, "<": Unspecified} {
		m := ParseMRZ(mrzWith(specimens[TD2], 1, 20, printed))
		if got, err := m.Sex(); err != nil || got != want || got.MRZ() != printed {
			t.Errorf("%s: %s, %v", printed, got, err)
		}
	}
	_, err := ParseMRZ(mrzWith(specimens[TD2], 1, 20, "X")).Sex()
	wantBadField(t, err, "mrz.sex", "mrz_sex")
}

// 2017/2226 art 16(1)(b)-(c): type, number, issuer and expiry of the document.
func TestMRZDocument(t *testing.T) {
	on := law.MustDate("2026-05-01")
	got, err := ParseMRZ(specimens[TD3]).Document(on)
	want := Document{Type: "P", Number: "L898902C3", Issuer: "UTO", Expiry: law.MustDate("2012-04-15")}
	if err != nil || got != want || len(got.Validate("")) != 0 {
		t.Errorf("%+v, %v, %v", got, err, got.Validate(""))
	}
	if got, err := ParseMRZ(longNumberTD1).Document(on); err != nil || got.Number != "D23145890734" || got.Type != "I" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := ParseMRZ([]string{"P<DEU" + specimens[TD3][0][5:], specimens[TD3][1]}).Document(on); err != nil || got.Issuer != "D" {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = ParseMRZ(mrzWith(specimens[TD3], 0, 2, "ASU")).Document(on)
	wantBadField(t, err, "mrz.issuing_state", "unknown_state")
	_, err = ParseMRZ(specimens[MRVA]).Document(on)
	wantBadField(t, err, "mrz", "mrz_is_visa")
	_, err = ParseMRZ(nil).Document(on)
	wantBadField(t, err, "mrz", "mrz_lines")
	_, err = MRZ{}.Document(on)
	wantBadField(t, err, "mrz", "mrz_lines")
	_, err = ParseMRZ(mrzWith(specimens[TD3], 1, 0, "K")).Document(on)
	wantBadField(t, err, "mrz.document_number", "mrz_check_digit")
	f := ParseMRZ(specimens[TD1]).Fields
	f.DocumentNumber = strings.Repeat("A", 21)
	lines, err := ComposeMRZ(TD1, f, "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = ParseMRZ(lines).Document(on)
	wantBadField(t, err, "mrz.document_number", "document_number_length")
}

// 2017/2226 art 16(2)(d): number, issuer, type and end of validity of the visa.
func TestMRZVisaSticker(t *testing.T) {
	on := law.MustDate("2026-05-01")
	lines := []string{"VCFRASPECIMEN<<SPECIMEN<<<<<<<<<<<<<", "F000000005UTO0311063M1401143<M300703"}
	got, err := ParseMRZ(lines).VisaSticker(on)
	want := VisaSticker{Number: "F00000000", Issuer: "FRA", Type: VisaC, ValidUntil: law.MustDate("2014-01-14")}
	if err != nil || got != want || len(got.Validate("")) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	for code, want := range map[string]VisaType{"VA": VisaA, "VD": VisaD, "V<": "", "VB": ""} {
		if got, err := ParseMRZ(mrzWith(lines, 0, 0, code)).VisaSticker(on); err != nil || got.Type != want {
			t.Errorf("%s: %+v, %v", code, got, err)
		}
	}
	_, err = ParseMRZ(specimens[TD3]).VisaSticker(on)
	wantBadField(t, err, "mrz", "mrz_is_no_visa")
	_, err = ParseMRZ(lines[:1]).VisaSticker(on)
	wantBadField(t, err, "mrz", "mrz_lines")
}

// Each fault becomes a refusal with field, code, article and a way on, and no
// refusal repeats what the document says.
func TestMRZRefusals(t *testing.T) {
	m := ParseMRZ([]string{"X<XYZ<ERIK5SON<<ANNA<<MARIA<<<<<<<<<<<<<<<<<", "L898902C3AXYZ7413129X1204319ZE184226B<<<<<77"})
	want := []struct {
		field string
		code  law.Code
	}{
		{"mrz.document_code", "mrz_document_code"}, {"mrz.name", "mrz_name"}, {"mrz.birth_date", "mrz_birth_date"},
		{"mrz.expiry_date", "mrz_expiry_date"}, {"mrz.sex", "mrz_sex"},
		{"mrz.document_number", "mrz_check_digit"}, {"mrz.birth_date", "mrz_check_digit"}, {"mrz.expiry_date", "mrz_check_digit"},
		{"mrz.optional", "mrz_check_digit"}, {"mrz.composite", "mrz_check_digit"},
	}
	got := m.Refusals()
	if len(got) != len(want) {
		t.Fatalf("%d refusals", len(got))
	}
	for i, r := range got {
		wantBadField(t, r, want[i].field, want[i].code)
		for _, printed := range []string{"ERIK", "ANNA", "L898", "XYZ", "7413", "1204", "ZE18"} {
			if strings.Contains(r.Error(), printed) {
				t.Errorf("%s repeats %s", r.Code, printed)
			}
		}
		if r.Code == "mrz_check_digit" && (r.Cite != "9303-3 s 4.9" || !strings.Contains(r.Message, "Read the document again")) {
			t.Errorf("%v", r)
		}
	}
	if f := got[5].Facts; len(f) != 2 || f[0].Value != "line 2, characters 1 to 9" || f[1].Value != "line 2, character 10" {
		t.Errorf("%+v", f)
	}
	wantBadField(t, ParseMRZ(nil).Refusals()[0], "mrz", "mrz_lines")
	wantBadField(t, ParseMRZ(mrzWith(specimens[TD3], 0, 0, "p")).Refusals()[0], "mrz", "mrz_characters")
	if rs := ParseMRZ(specimens[TD1]).Refusals(); rs != nil {
		t.Errorf("%v", rs)
	}
}

// A field is read although another one is wrong, and not when its own digit is.
func TestMRZReadsTheFieldsThatAreRight(t *testing.T) {
	on := law.MustDate("2026-05-01")
	m := ParseMRZ(mrzWith(specimens[TD3], 1, 0, "K"))
	if d, err := m.BirthDate(on); err != nil || d.String() != "1974-08-12" {
		t.Errorf("%s, %v", d, err)
	}
	m = ParseMRZ(mrzWith(specimens[TD3], 1, 19, "7"))
	_, err := m.BirthDate(on)
	wantBadField(t, err, "mrz.birth_date", "mrz_check_digit")
	if d, err := m.ExpiryDate(on); err != nil || d.String() != "2012-04-15" {
		t.Errorf("%s, %v", d, err)
	}
	_, err = ParseMRZ(specimens[TD3][:1]).Sex()
	wantBadField(t, err, "mrz", "mrz_lines")
}
