package person

import (
	"strings"
	"testing"
)

// EES-035; 9303-3 s 4.6, 9303-4, -5, -6, -7 s 4.2.3: every name of the data file
// that fits gives its name field, and every name that does not is cut.
func TestMRZNameFieldDataFile(t *testing.T) {
	if cases, mismatches := runCaseFile(t, "mrz_names.tsv"); cases != 97 || mismatches != 0 {
		t.Errorf("%d cases, %d mismatches", cases, mismatches)
	}
}

// Truncation by the order that MRZNameField documents. The first eight are the
// forms that the parts of Doc 9303 print for these names and widths.
func TestMRZNameFieldTruncates(t *testing.T) {
	for _, c := range []struct {
		primary, secondary string
		width              int
		want               string
		truncated          bool
	}{
		{"NILAVADHANANANDA", "ARNPOL PETCH CHARONGUANG", 39, "NILAVADHANANANDA<<ARNPOL<PETCH<CHARONGU", true},
		{"NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG KRASUANG", 39, "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K", true},
		{"NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG KRASUANG", 31, "NILAVADHANANANDA<<CHAYAPA<DEJ<K", true},
		{"NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG KRASUANG", 30, "NILAVADHANANANDA<<CHAYAPA<DE<K", true},
		{"VILARCHAO FERNANDEZ", "JOSE RAMON", 30, "VILARCHAO<FERNANDEZ<<JOSE<RAMO", true},
		{"BENNELONG WOOLOOMOOLOO WARRANDYTE WARNAMBOOL", "DINGO POTOROO", 31, "BENNELONG<WOOLOOMOOLOO<W<W<<D<P", true},
		{"PAPANDROPOULOUS", "JONATHON WARREN TREVOR", 39, "PAPANDROPOULOUS<<JONATHON<WARREN<TREVOR", false},
		{"PAPANDROPOULOUS", "JONATHON ALEC", 30, "PAPANDROPOULOUS<<JONATHON<ALEC", false},
		{"", "ANNA", 6, "ANNA<<", false},
		{"", "", 4, "<<<<", false},
		{"ANNA", "", 4, "ANNA", false},
		{"ANNA", "", 3, "ANN", true},
		{"AB", "CD", 5, "AB<<C", true},
		{"AB", "CD", 4, "A<<C", true},
		{"AB", "CD", 3, "AB<", true},
		{"A B C D E", "F G H I", 12, "A<B<C<D<E<<F", true},
		{"A B C D E", "F G H I", 11, "A<B<C<D<<F<", true}, // single letters leave nothing to fill with
		{"ANNA", "EVA", 0, "", false},
		{"ANNA", "EVA", -1, "", false},
	} {
		got, truncated := MRZNameField(c.primary, c.secondary, "", c.width)
		if got != c.want || truncated != c.truncated {
			t.Errorf("%s, %s in %d: %s %v, want %s %v", c.primary, c.secondary, c.width, got, truncated, c.want, c.truncated)
		}
	}
}

func FuzzMRZNameField(f *testing.F) {
	f.Add("VAN DER MÜLLEN", "MARTIN", "", 39)
	f.Add("Щерба", "Юрій", "uk", 7)
	f.Add("", "'", "bg", 30)
	f.Fuzz(func(t *testing.T, primary, secondary, language string, width int) {
		if len(primary)+len(secondary) > 200 {
			return
		}
		if width > 1<<12 {
			width %= 1 << 12
		}
		field, truncated := MRZNameField(primary, secondary, language, width)
		if len(field) != max(width, 0) || strings.Trim(field, asciiUpper+"<") != "" || strings.HasPrefix(field, "<") && strings.Trim(field, "<") != "" {
			t.Fatalf("%q", field)
		}
		whole, _ := MRZNameField(primary, secondary, language, 1<<14) // more than 200 bytes can become
		if name := strings.TrimRight(whole, "<"); !truncated && width > 0 && strings.TrimRight(field, "<") != name {
			t.Fatalf("%q is not marked as cut from %q", field, name)
		}
	})
}
