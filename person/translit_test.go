package person

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The embedded table holds the facts of the data file, row by row.
func TestTranslitTableIsTheDataFile(t *testing.T) {
	cases, mismatches := runCaseFile(t, "transliteration.tsv")
	if cases != 376 || mismatches != 0 || len(icaoLetters()) != cases {
		t.Errorf("%d rows, %d mismatches, %d letters embedded", cases, mismatches, len(icaoLetters()))
	}
	// Exceptions are compared here, the case runner compares strings.
	data, err := os.ReadFile("testdata/names/transliteration.tsv")
	if err != nil {
		t.Fatal(err)
	}
	embedded := map[string]string{}
	for line := range strings.Lines(translitTable) {
		if f := strings.Split(strings.TrimRight(line, "\n"), "\t"); len(f) == 5 {
			embedded[f[0]] = f[3] + " " + f[4]
		}
	}
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if f[0] != "codepoint" && embedded[f[0]] != f[6]+" "+f[7] {
			t.Errorf("%s: %q, want %q", f[0], embedded[f[0]], f[6]+" "+f[7])
		}
	}
}

// 9303-3 s 4.6 and s 6: language exceptions, position in the component, marks,
// punctuation, and the fallback for letters without a row.
func TestTransliterate(t *testing.T) {
	for _, c := range []struct{ name, language, want string }{
		{"Юрій Їжакевич", "uk", "YURII<YIZHAKEVYCH"},
		{"Юрій Їжакевич", "uk-UA", "YURII<YIZHAKEVYCH"},
		{"Юрій", "", "IURII"},
		{"Кая'Юрій", "uk", "KAIAIURII"}, // an apostrophe joins: the second part begins no component
		{"Анна-Юлія", "uk", "ANNA<YULIIA"},
		{"Ёлкин", "be", "IOLKIN"},
		{"Щерба", "bg", "SHTERBA"},
		{"Ќосе Ѓорѓи", "mk", "KJOSE<GJORGJI"},
		{"Живко Хаџић", "sr", "ZIVKO<HADZIC"},
		{"Годе", "xx", "GODE"},
		{"جميلة", "ar", "JMYLXAH"},
		{"جميلةً", "ar", "JMYLXAH"}, // a mark behind does not move the letter from the end
		{"تكةب", "ar", "TKXTAB"},
		{"محمّد", "ar", "MXHMMD"},
		{"محمَّد", "ar", "MXHMMD"}, // the vowel stands before the doubling mark in NFC
		{"شّ", "", "XSHXSH"},
		{"مـحـمـد", "", "MXHMD"},
		{"Ö", "", "OE"},
		{"O\u0308", "", "OE"}, // composed before it is looked up
		{"Ǖ", "", "U"},        // no row: the base letter
		{"Nguyễn", "", "NGUYEN"},
		{"ﬁn", "", "FIN"},
		{"ＡＢ", "", "AB"},
		{"D'Arc", "", "DARC"}, {"D’Arc", "", "DARC"}, {"Dʼarc", "", "DARC"},
		{"St. John", "", "ST<JOHN"}, {"J.F.", "", "JF"},
		{"Anna,  Maria", "", "ANNA<MARIA"}, {"Anna–Maria‐Eva", "", "ANNA<MARIA<EVA"},
		{"Gal·la", "", "GALLA"}, {"-Anna-", "", "ANNA"}, {"Louis 14", "", "LOUIS"}, {"R2D", "", "RD"},
		{"Ωνάσης", "", "ONASIS"}, {"Ευάγγελος Μπακογιάννης", "", "EVANGELOS<BAKOGIANNIS"}, {"Μαΐου", "", "MAIOU"},
		{"Θεοδωρακόπουλος Αύγουστος", "", "THEODORAKOPOULOS<AVGOUSTOS"}, {"Ευτυχία", "", "EFTYCHIA"},
		{"შევარდნაძე", "", "SHEVARDNADZE"}, {"Խաչատրյան", "", "KHACHATRYAN"}, {"김정은", "", "GIMJEONGEUN"},
		{"たなか ゆうと", "", "TANAKA<YUUTO"}, {"チャッピー", "", "CHAPPI"}, {"सचिन", "", "SACHIN"}, {"王小明", "", "WANGXIAOMING"},
		{"", "", ""}, {"123 - ,", "", ""}, {"🙂", "", ""},
	} {
		if got := Transliterate(c.name, c.language); got != c.want {
			t.Errorf("%q in %q: %q, want %q", c.name, c.language, got, c.want)
		}
	}
}

// Decomposed text gives the same MRZ as composed text for every letter of the
// table.
func TestTransliterateIgnoresNormalisation(t *testing.T) {
	for r := range icaoLetters() {
		s := "x" + string(r) + "x"
		if a, b := Transliterate(norm.NFC.String(s), ""), Transliterate(norm.NFD.String(s), ""); a != b {
			t.Errorf("U+%04X: %q composed, %q decomposed", r, a, b)
		}
	}
}

// Every table row is A to Z.
func TestRomanisationsAreMRZLetters(t *testing.T) {
	for r, l := range scriptLetters() {
		if !onlyMRZLetters(l.roman) {
			t.Errorf("U+%04X: %q", r, l.roman)
		}
	}
	for r, reading := range hanTable() {
		if !onlyMRZLetters(reading) || reading == "" {
			t.Errorf("%c: %q", r, reading)
		}
	}
}

func onlyMRZLetters(s string) bool {
	return strings.Trim(s, asciiUpper) == ""
}

func FuzzTransliterate(f *testing.F) {
	for _, s := range []string{"Müller-Lüdenscheidt", "محمَّد", "Юрій", "バラク・オバマ", "ប៉ុល ពត", "Ευάγγελος", "김정은", "\xff\u0651", "\u0651\u0651", "ー", "ッ", "ャ", "เ", "్"} {
		f.Add(s, "uk")
	}
	f.Fuzz(func(t *testing.T, name, language string) {
		got := Transliterate(name, language)
		if strings.Trim(got, asciiUpper+"<") != "" || strings.Contains(got, "<<") ||
			strings.HasPrefix(got, "<") || strings.HasSuffix(got, "<") {
			t.Fatalf("%q: %q", name, got)
		}
		if len(got) > 64*len(name)+8 {
			t.Fatalf("%d bytes became %d", len(name), len(got))
		}
		if utf8.ValidString(name) && Transliterate(norm.NFC.String(name), language) != got {
			t.Fatalf("%q: not the same in NFC", name)
		}
	})
}

// runCaseFile runs a data file with check and returns its counts; it logs what
// the run wrote.
func runCaseFile(t *testing.T, name string) (cases, mismatches int) {
	t.Helper()
	data, err := os.ReadFile("testdata/names/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cases, mismatches, err = RunNameCases(bytes.NewReader(data), &out, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + out.String())
	return cases, mismatches
}
