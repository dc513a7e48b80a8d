package person

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
)

// Specimen zones of Doc 9303, one for each format, with the long number and the
// name that fills its field among them.
var specimens = map[MRZFormat][]string{
	TD1:  {"I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"},
	TD2:  {"I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"},
	TD3:  {"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"},
	MRVA: {"V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L8988901C4XXX4009078F96121096ZE184226B<<<<<<"},
	MRVB: {"V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109ZE184226"},
}

var longNumberTD1 = []string{"I<UTOD23145890<7349<<<<<<<<<<<", "3407127M9507122UTO<<<<<<<<<<<2", "STEVENSON<<PETER<JOHN<<<<<<<<<"}

// The cases of public specimens and test suites and the synthetic ones, each
// compared in every member that counts.
func TestMRZCases(t *testing.T) {
	in, err := os.Open("testdata/mrz/cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out bytes.Buffer
	cases, mismatches, err := RunMRZCases(in, &out, true)
	if err != nil || mismatches != 0 || cases != 174 {
		t.Fatalf("%d cases, %d mismatches, %v\n%s", cases, mismatches, err, out.String())
	}
}

// mrzWith returns a copy of lines in which the text at line and column, both from
// 0, is replaced.
func mrzWith(lines []string, line, column int, text string) []string {
	c := slices.Clone(lines)
	c[line] = c[line][:column] + text + c[line][column+len(text):]
	return c
}

// Number and length of the lines come before the characters, and characters
// before everything else (9303-3 s 4.2, s 4.3).
func TestMRZLinesAndCharacters(t *testing.T) {
	td3 := specimens[TD3]
	td1 := specimens[TD1]
	for _, c := range []struct {
		name   string
		lines  []string
		format MRZFormat
		want   MRZFault
	}{
		{"nothing", nil, "", FaultLines},
		{"empty list", []string{}, "", FaultLines},
		{"empty line", []string{""}, "", FaultLines},
		{"two empty lines", []string{"", ""}, "", FaultLines},
		{"three empty lines", []string{"", "", ""}, "", FaultLines},
		{"one line of 44", td3[:1], "", FaultLines},
		{"one line of 88", []string{td3[0] + td3[1]}, "", FaultLines},
		{"three lines of 44", []string{td3[0], td3[1], td3[1]}, "", FaultLines},
		{"two lines of 30", td1[:2], "", FaultLines},
		{"four lines of 30", append(slices.Clone(td1), td1[0]), "", FaultLines},
		{"44 and 36", []string{td3[0], specimens[TD2][1]}, "", FaultLines},
		{"45 and 44", []string{td3[0] + "<", td3[1]}, "", FaultLines},
		{"43 and 44", []string{td3[0][1:], td3[1]}, "", FaultLines},
		{"blank at the end", []string{td3[0] + " ", td3[1] + " "}, "", FaultLines},
		{"line end left on", []string{td3[0] + "\n", td3[1]}, "", FaultLines},
		{"wrong length and wrong character", []string{td3[0] + "é", td3[1]}, "", FaultLines},
		{"44 bytes but 43 characters", []string{td3[0][:42] + "É", td3[1]}, "", FaultLines},
		{"long and hostile", []string{strings.Repeat("é", 1<<20), td3[1]}, "", FaultLines},
		{"44 characters but 45 bytes", []string{td3[0][:43] + "É", td3[1]}, TD3, FaultCharset},
		{"lower case", mrzWith(td3, 0, 5, "e"), TD3, FaultCharset},
		{"lower case first letter", mrzWith(specimens[MRVA], 0, 0, "v"), TD3, FaultCharset},
		{"blank instead of filler", mrzWith(td3, 0, 1, " "), TD3, FaultCharset},
		{"NUL", mrzWith(td1, 1, 20, "\x00"), TD1, FaultCharset},
		{"broken UTF-8", mrzWith(td1, 1, 20, "\xff"), TD1, FaultCharset},
		{"character and sex wrong", mrzWith(mrzWith(specimens[MRVB], 0, 9, "."), 1, 20, "7"), MRVB, FaultCharset},
	} {
		m := ParseMRZ(c.lines)
		if m.Format != c.format || m.Valid || m.Readable || !slices.Equal(m.Errors, []MRZFault{c.want}) || m.Warnings != nil ||
			m.Fields != (MRZFields{}) || m.Checks != (MRZChecks{}) {
			t.Errorf("%s: %+v", c.name, m)
		}
	}
}

// 9303-4 to 9303-7: the first letters of each format. The second letter is the
// issuer's.
func TestMRZDocumentCode(t *testing.T) {
	allowed := map[MRZFormat]string{TD1: "ACI", TD2: "ACIP", TD3: "P", MRVA: "V", MRVB: "V"}
	for format, lines := range specimens {
		for c := 'A'; c <= 'Z'; c++ {
			if c == 'V' || format.Visa() {
				continue // the letter that decides the format
			}
			m := ParseMRZ(mrzWith(lines, 0, 0, string(c)+"C"))
			if right := strings.ContainsRune(allowed[format], c); m.Has(FaultDocumentCode) == right || m.Format != format {
				t.Errorf("%s with %cC: %v", format, c, m.Errors)
			}
		}
		for _, code := range []string{"<<", "<P", "9<"} {
			if m := ParseMRZ(mrzWith(lines, 0, 0, code)); !m.Has(FaultDocumentCode) {
				t.Errorf("%s with %s: %v", format, code, m.Errors)
			}
		}
	}
	for from, to := range map[MRZFormat]MRZFormat{TD1: TD1, TD2: MRVB, TD3: MRVA} {
		m := ParseMRZ(mrzWith(specimens[from], 0, 0, "V"))
		if m.Format != to || m.Has(FaultDocumentCode) != (to == TD1) {
			t.Errorf("%s with V: %s %v", from, m.Format, m.Errors)
		}
	}
	if m := ParseMRZ(mrzWith(specimens[TD1], 0, 0, "AC")); !m.Valid || m.Fields.DocumentCode != "AC" {
		t.Errorf("crew certificate: %+v", m)
	}
}

// 9303-3 s 4.6: what a name field may look like, and how it is parted.
func TestMRZName(t *testing.T) {
	for _, c := range []struct {
		field              string // without the fillers at the end
		ok                 bool
		primary, secondary string
	}{
		{"ERIKSSON<<ANNA<MARIA", true, "ERIKSSON", "ANNA MARIA"},
		{"VAN<DER<MUELLEN<<MARTIN", true, "VAN DER MUELLEN", "MARTIN"},
		{"ARKFREITH", true, "ARKFREITH", ""},
		{"SATRIYA<SUDARPA", true, "SATRIYA SUDARPA", ""},
		{"O<<A", true, "O", "A"},
		{"O<<<A", true, "O", "A"},     // three fillers hold `<<` once
		{"O<<<<A", false, "O", "A"},   // four hold it twice
		{"O<<A<<B", false, "O", "A "}, // parted twice
		{"O<<A<B<<C", false, "", ""},
		{"<ERIKSSON<<ANNA", false, "", ""},
		{"<<ANNA<MARIA", false, "", ""},
		{"", false, "", ""},
		{"ERIK5SON<<ANNA", false, "", ""},
		{"ERIKSSON<<ANN4", false, "", ""},
		{"ERIKSSON<<ANNA<<<<<<<<<7", false, "", ""},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZABCD", true, "ABCDEFGHIJKLMNOPQRSTUVWXYZABCD", ""},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZAB<<", true, "ABCDEFGHIJKLMNOPQRSTUVWXYZAB", ""},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZA<<B", true, "ABCDEFGHIJKLMNOPQRSTUVWXYZA", "B"},
	} {
		field := c.field + strings.Repeat("<", 30-len(c.field))
		m := ParseMRZ([]string{specimens[TD1][0], specimens[TD1][1], field})
		if m.Has(FaultName) == c.ok {
			t.Errorf("%q: %v", c.field, m.Errors)
		}
		if c.ok && (m.Fields.PrimaryIdentifier != c.primary || m.Fields.SecondaryIdentifier != c.secondary ||
			m.Fields.NameFillsField != !strings.HasSuffix(field, "<")) {
			t.Errorf("%q: %+v", c.field, m.Fields)
		}
	}
}

// 9303-3 s 4.8: real days; only a date of birth may have unknown parts, and only
// whole ones.
func TestMRZDates(t *testing.T) {
	for _, c := range []struct {
		date          string
		birth, expiry bool
	}{
		{"740812", true, true}, {"740101", true, true}, {"741231", true, true},
		{"740430", true, true}, {"740431", false, false}, {"740631", false, false}, {"740931", false, false}, {"741131", false, false},
		{"740131", true, true}, {"740132", false, false}, {"740100", false, false}, {"740012", false, false}, {"741312", false, false},
		{"740230", false, false}, {"740229", false, false}, {"740228", true, true},
		{"720229", true, true}, {"000229", true, true}, {"960229", true, true}, {"720230", false, false}, {"010229", false, false},
		{"7408<<", true, false}, {"74<<<<", true, false}, {"<<<<<<", true, false}, {"74<<12", true, false}, {"<<0812", true, false},
		{"<<08<<", true, false}, {"<<<<12", true, false}, {"<<0229", true, false}, {"<<0230", false, false}, {"74<<31", true, false},
		{"74<<32", false, false}, {"74<<00", false, false}, {"7413<<", false, false}, {"7400<<", false, false}, {"7402<<", true, false},
		{"74081<", false, false}, {"74<812", false, false}, {"7<0812", false, false}, {"740<<1", false, false}, {"<7408<", false, false},
		{"74O812", false, false}, {"BB0911", false, false}, {"7408I2", false, false},
	} {
		m := ParseMRZ(mrzWith(specimens[TD3], 1, 13, c.date))
		if m.Has(FaultBirthDate) == c.birth || m.Has(FaultExpiryDate) {
			t.Errorf("born %s: %v", c.date, m.Errors)
		}
		m = ParseMRZ(mrzWith(specimens[TD3], 1, 21, c.date))
		if m.Has(FaultExpiryDate) == c.expiry || m.Has(FaultBirthDate) {
			t.Errorf("expires %s: %v", c.date, m.Errors)
		}
		if m.Fields.ExpiryDate != c.date {
			t.Errorf("expires %s: printed %s", c.date, m.Fields.ExpiryDate)
		}
	}
}

func TestMRZSex(t *testing.T) {
	for c := 0; c < 256; c++ {
		if mrzValues[c] < 0 {
			continue
		}
		m := ParseMRZ(mrzWith(specimens[TD2], 1, 20, string(rune(c))))
		if want := c == 'M' || c == 'F' || c == '<'; m.Valid != want || m.Has(FaultSex) == want {
			t.Errorf("%c: %v", c, m.Errors)
		}
	}
}

// 9303-5 s 4.2.2 and 9303-6 s 4.2.2: a filler for the check digit sends the
// reader on into the optional data. Where that holds no number, check digit and
// filler, the number is what stands in its field, and its check digit is wrong.
func TestMRZLongDocumentNumber(t *testing.T) {
	td1 := func(check, optional string) []string {
		return []string{"I<UTOD23145890" + check + optional + strings.Repeat("<", 15-len(optional)), specimens[TD1][1], specimens[TD1][2]}
	}
	for _, c := range []struct {
		name     string
		lines    []string
		number   string
		optional string
		right    bool
	}{
		{"three more", td1("<", "7349"), "D23145890734", "", true},
		{"three more and data", td1("<", "7349<AB<C"), "D23145890734", "AB<C", true},
		{"data after a gap", td1("<", "7349<<<AB"), "D23145890734", "<<AB", true},
		{"one more", td1("<", "A"+string(checkDigit("D23145890A"))), "D23145890A", "", true},
		{"thirteen more", td1("<", "0123456788012"+string(checkDigit("D231458900123456788012"))), "D231458900123456788012", "", true},
		{"no room for the filler", td1("<", "01234567880123"+string(checkDigit("D2314589001234567880123"))), "D23145890", "01234567880123" + string(checkDigit("D2314589001234567880123")), false},
		{"wrong digit", td1("<", "7348"), "D23145890734", "", false},
		{"letter for the digit", td1("<", "734I"), "D23145890734", "", false},
		{"check digit alone", td1("<", "7"), "D23145890", "7", false},
		{"nothing", td1("<", ""), "D23145890", "", false},
		{"filler first", td1("<", "<7349"), "D23145890", "<7349", false},
		{"short number", td1("7", "7349"), "D23145890", "7349", true},
		{"letter for the filler", td1("A", "7349"), "D23145890", "7349", false},
		{"TD2", []string{specimens[TD2][0], "D23145890<UTO7408122F12041597349<<<0"}, "D23145890734", "", true},
		{"TD2 full", []string{specimens[TD2][0], "D23145890<UTO7408122F1204159ABCDE" + string(checkDigit("D23145890ABCDE")) + "<0"}, "D23145890ABCDE", "", true},
		{"not in TD3", mrzWith(specimens[TD3], 1, 9, "<"), "L898902C3", "ZE184226B", false},
		{"not in MRV-A", []string{specimens[MRVA][0], "D23145890<UTO7408122F12041597349<<<<<<<<<<<<"}, "D23145890", "7349", false},
		{"not in MRV-B", []string{specimens[MRVB][0], "D23145890<UTO7408122F12041597349<<<<"}, "D23145890", "7349", false},
	} {
		m := ParseMRZ(c.lines)
		if m.Fields.DocumentNumber != c.number || m.Fields.Optional1 != c.optional || (m.Checks.DocumentNumber == CheckRight) != c.right ||
			m.Has(FaultCheckNumber) == c.right {
			t.Errorf("%s: number %q, optional %q, %v", c.name, m.Fields.DocumentNumber, m.Fields.Optional1, m.Errors)
		}
	}
}

// 9303-4 s 4.2.2: without a personal number its check digit may be 0 or a
// filler; with one it is the digit.
func TestMRZPersonalNumber(t *testing.T) {
	for _, c := range []struct {
		number, digit string
		right         bool
	}{
		{"<<<<<<<<<<<<<<", "0", true}, {"<<<<<<<<<<<<<<", "<", true}, {"<<<<<<<<<<<<<<", "1", false}, {"<<<<<<<<<<<<<<", "K", false},
		{"ZE184226B<<<<<", "1", true}, {"ZE184226B<<<<<", "<", false}, {"ZE184226B<<<<<", "0", false}, {"ZE184226B<<<<<", "B", false},
		{"0<<<<<<<<<<<<<", "0", true}, {"0<<<<<<<<<<<<<", "<", false}, {"<<<<<<<<<<<<<K", "0", true}, {"<<<<<<<<<<<<<K", "<", false},
	} {
		m := ParseMRZ(mrzWith(specimens[TD3], 1, 28, c.number+c.digit))
		if (m.Checks.Optional == CheckRight) != c.right || m.Has(FaultCheckOptional) == c.right {
			t.Errorf("%s %s: %v", c.number, c.digit, m.Errors)
		}
	}
	for format, lines := range specimens {
		if m := ParseMRZ(lines); (m.Checks.Optional == NoCheck) != (format != TD3) || (m.Checks.Composite == NoCheck) != format.Visa() {
			t.Errorf("%s: %+v", format, m.Checks)
		}
	}
}

// 9303-3 s 5: unknown codes are a warning, in the order issuer, nationality.
func TestMRZWarnings(t *testing.T) {
	codes := func(issuer, national string) []MRZFault {
		m := ParseMRZ(mrzWith(mrzWith(specimens[TD3], 0, 2, issuer), 1, 10, national))
		if !m.Valid {
			t.Errorf("%s %s: %v", issuer, national, m.Errors)
		}
		return m.Warnings
	}
	for _, known := range []string{"D<<", "DEU", "FRA", "UTO", "RKS", "EUE", "UNO", "XXA", "XXX", "GBD", "XOM"} {
		if w := codes(known, known); w != nil {
			t.Errorf("%s: %v", known, w)
		}
	}
	for _, unknown := range []string{"XYZ", "ASU", "YTO", "<<<", "<D<", "D<D", "DE<", "XK<", "FR<", "U10", "000"} {
		if w := codes(unknown, unknown); !slices.Equal(w, []MRZFault{UnknownIssuingState, UnknownNationality}) {
			t.Errorf("%s: %v", unknown, w)
		}
		if w := codes("FRA", unknown); !slices.Equal(w, []MRZFault{UnknownNationality}) {
			t.Errorf("nationality %s: %v", unknown, w)
		}
	}
}

// Every fault at once comes out in the order of the constants.
func TestMRZFaultsInOrder(t *testing.T) {
	m := ParseMRZ([]string{"X<XYZ<ERIK5SON<<ANNA<<MARIA<<<<<<<<<<<<<<<<<", "L898902C3AXYZ7413129X1204319ZE184226B<<<<<77"})
	want := []MRZFault{FaultDocumentCode, FaultName, FaultBirthDate, FaultExpiryDate, FaultSex,
		FaultCheckNumber, FaultCheckBirth, FaultCheckExpiry, FaultCheckOptional, FaultCheckComposite}
	if !slices.Equal(m.Errors, want) || len(m.Warnings) != 2 || m.Valid {
		t.Errorf("%v", m.Errors)
	}
}

func FuzzParseMRZ(f *testing.F) {
	for _, lines := range specimens {
		f.Add(strings.Join(lines, "\n"))
	}
	f.Add(strings.Join(longNumberTD1, "\n"))
	f.Add("\n\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		m := ParseMRZ(lines)
		if m.Valid != (len(m.Errors) == 0) || m.Readable && m.Format == "" {
			t.Fatalf("%+v", m)
		}
		if len(m.Refusals()) != len(m.Errors) {
			t.Fatalf("%v", m.Refusals())
		}
		if m.Readable && m.Fields.DocumentNumber != "" && m.Valid {
			again, err := ComposeMRZ(m.Format, m.Fields, "")
			if err != nil {
				t.Fatalf("%q: %v", lines, err)
			}
			if a := ParseMRZ(again); a.Fields.DocumentNumber != m.Fields.DocumentNumber || a.Fields.Optional1 != m.Fields.Optional1 {
				t.Fatalf("%q became %q", lines, again)
			}
		}
	})
}

var benchmarkMRZ MRZ

func BenchmarkParseMRZ(b *testing.B) {
	for _, c := range []struct {
		name  string
		lines []string
	}{{"TD3", specimens[TD3]}, {"TD1", specimens[TD1]}, {"TD1-long-number", longNumberTD1}, {"MRV-A", specimens[MRVA]}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				benchmarkMRZ = ParseMRZ(c.lines)
			}
			if !benchmarkMRZ.Valid {
				b.Fatal(benchmarkMRZ.Errors)
			}
		})
	}
}
