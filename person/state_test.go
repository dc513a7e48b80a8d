package person

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"limen/law"
)

func refusalCode(err error) law.Code {
	var r *law.Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}

// The codes of Doc 9303-3 section 5 that ISO 3166-1 does not have, and those
// where the machine readable zone and ISO part.
func TestDoc9303_3_s5_ReadsEveryForm(t *testing.T) {
	for in, want := range map[string]State{
		"D": "D", "DEU": "D", "DE": "D", "de": "D", " d ": "D", "fra": "FRA", "FR": "FRA", "GB": "GBR",
		"GBD": "GBD", "GBN": "GBN", "GBO": "GBO", "GBP": "GBP", "GBS": "GBS", "RKS": "RKS", "KS": "RKS", "XK": "RKS",
		"XXA": "XXA", "XXB": "XXB", "XXC": "XXC", "XXX": "XXX", "EUE": "EUE", "UNO": "UNO", "UNA": "UNA", "UNK": "UNK",
		"XOM": "XOM", "XPO": "XPO", "UTO": "UTO", "UT": "UTO", "ANT": "ANT", "AX": "ALA",
	} {
		if got, err := ParseState(in); err != nil || got != want {
			t.Errorf("%q reads as %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "EU", "D<<", "ZZZ", "GERMANY", "Ⅾ", "DE U", "UK", "FRA\n1", strings.Repeat("A", 1000)} {
		got, err := ParseState(in)
		if refusalCode(err) != "unknown_state" || got != "" {
			t.Errorf("%q reads as %q, %v", in, got, err)
		}
		if err != nil && len(err.Error()) > 300 {
			t.Errorf("%q: the refusal repeats the input: %d bytes", clip(in), len(err.Error()))
		}
	}
}

func TestKnownStateKnowsOnlyThePrintedCode(t *testing.T) {
	for code, want := range map[State]bool{"D": true, "DEU": false, "DE": false, "UTO": true, "RKS": true, "KS": false, "fra": false, "": false} {
		if KnownState(code) != want {
			t.Errorf("%q: %v", code, !want)
		}
	}
}

func TestStateAttributes(t *testing.T) {
	d := State("D")
	if d.Name() != "Germany" || d.Alpha2() != "DE" || d.Alpha3() != "DEU" || d.Kind() != KindState {
		t.Errorf("Germany: %q %q %q %q", d.Name(), d.Alpha2(), d.Alpha3(), d.Kind())
	}
	if z := State("PRT").Zones(); !slices.Equal(z, []string{"Europe/Lisbon", "Atlantic/Madeira", "Atlantic/Azores"}) {
		t.Errorf("zones of Portugal: %v", z)
	}
	if x := State("XXA"); x.Alpha2() != "" || x.Alpha3() != "" || x.Kind() != KindStatus {
		t.Errorf("stateless: %q %q %q", x.Alpha2(), x.Alpha3(), x.Kind())
	}
	if q := State("QQQ"); q.Name() != "QQQ" || q.Kind() != "" || q.Zones() != nil {
		t.Errorf("an unknown code has attributes: %q %q %v", q.Name(), q.Kind(), q.Zones())
	}
}

// The table: sorted, each code and alias once, kinds of the list, zones that
// load, and each state of the Entry/Exit System with its zones.
func TestStatesTableIsSound(t *testing.T) {
	if !slices.IsSorted(states.order) || len(states.byCode) != len(states.order) || len(states.order) < 270 {
		t.Fatalf("%d codes in order, %d by code", len(states.order), len(states.byCode))
	}
	aliases := 0
	for _, s := range States() {
		r := s.row()
		switch r.kind {
		case KindState, KindEntity, KindTerritory, KindStatus, KindOrganisation, KindWithdrawn, KindSpecimen:
		default:
			t.Errorf("%s is of kind %q", s, r.kind)
		}
		if r.name == "" || strings.TrimSpace(r.name) != r.name {
			t.Errorf("%s is called %q", s, r.name)
		}
		if r.nationalityOf != "" && (!KnownState(r.nationalityOf) || r.kind != KindTerritory) {
			t.Errorf("%s: nationality of %q", s, r.nationalityOf)
		}
		for _, z := range r.zones {
			if _, err := time.LoadLocation(z); err != nil {
				t.Errorf("%s: %v", s, err)
			}
		}
		for _, other := range []string{r.alpha2, r.alpha3} {
			if other == "" {
				continue
			}
			if got, err := ParseState(other); err != nil || got != s {
				t.Errorf("%s: %s reads as %q", s, other, got)
			}
			if other != string(s) {
				aliases++
			}
		}
	}
	if aliases+1 != len(states.alias) { // and XK
		t.Errorf("%d aliases in the table, %d in the index: one stands for two codes", aliases+1, len(states.alias))
	}
	operating, err := law.EESStates.On(law.EESStart())
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range append(operating, "CYP", "IRL") {
		if !KnownState(State(code)) || len(State(code).Zones()) == 0 {
			t.Errorf("law names %s, which has no row or no zones here", code)
		}
	}
}

// A table of the wrong shape stops the program instead of being half read.
func TestTableRowsRefusesAWrongShape(t *testing.T) {
	for _, text := range []string{"a\tb\nx\ty\tz\n", "a\nx\n", "a\tb\nx\n"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q was read", text)
				}
			}()
			tableRows("t.tsv", text, "a b")
		}()
	}
	if rows := tableRows("t.tsv", "# no\n\na\tb\nx\t\n", "a b"); len(rows) != 1 || rows[0][1] != "" {
		t.Errorf("%v", rows)
	}
}

func FuzzParseState(f *testing.F) {
	for _, s := range []string{"D", "DEU", "de", "XK", "UTO", "", "D<<", "\xff\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseState(s)
		if err != nil {
			if refusalCode(err) == "" || got != "" {
				t.Fatalf("%q: %q, %v", s, got, err)
			}
			return
		}
		if !KnownState(got) {
			t.Fatalf("%q reads as %q, which is not known", s, got)
		}
		if again, err := ParseState(string(got)); err != nil || again != got {
			t.Fatalf("%q reads as %q, and that as %q", s, got, again)
		}
		if n, err := ParseNationality(s, RefuseSpecimens); err == nil {
			if r, err := VisaRequirement(n, law.MustDate("2026-01-01")); err != nil || r.Rule == NotNationality {
				t.Fatalf("%q is a nationality %q without a visa rule: %v", s, n, err)
			}
		}
	})
}
