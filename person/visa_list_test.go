package person

import (
	"errors"
	"testing"

	"limen/law"
)

// Each nationality's rows pass the same check as any parameter, hold rules of
// the list, and cite the annex that fits the rule.
func TestVisaListIsSound(t *testing.T) {
	annex := map[VisaRule]string{VisaRequired: "annex I ", VisaExempt: "annex II "}
	listed := Params()
	if len(listed) != 1+len(visaList) || // and the reading of expiry dates
		len(listed) < 200 {
		t.Fatalf("%d nationalities listed, %d in the table", len(listed), len(visaList))
	}
	for n, p := range visaList {
		if err := law.CheckParam(p); err != nil {
			t.Error(err)
		}
		if !KnownState(n) {
			t.Errorf("%s has visa rows and no row in states.tsv", n)
		}
		for _, r := range p.Rows {
			switch r.Value {
			case VisaExempt, VisaRequired, VisaDepends, FreeMovement:
			default:
				t.Errorf("%s: rule %q", n, r.Value)
			}
			at, err := r.Cite.Parse()
			if want := annex[r.Value]; err == nil && want != "" && at.Kind == "annex" && "annex "+at.Number+" " != want {
				t.Errorf("%s is %s by %s", n, r.Value, r.Cite)
			}
		}
	}
}

// From the first row on every day has exactly one answer; before it none.
func TestVisaRequirementWalksTheCalendar(t *testing.T) {
	for n, p := range visaList {
		for day := law.MustDate("2010-01-01"); day <= law.MustDate("2032-12-31"); day += 3 {
			r, err := VisaRequirement(n, day)
			var none *law.NoLawError
			switch {
			case day < p.Rows[0].From:
				if !errors.As(err, &none) || none.First != p.Rows[0].From {
					t.Fatalf("%s on %s, before its first row: %v, %v", n, day, r.Rule, err)
				}
			case err != nil || r.From > day || r.Nationality != n:
				t.Fatalf("%s on %s: row of %s, %v", n, day, r.From, err)
			}
		}
	}
}

// Rules that changed, on the days around the change.
func TestVisaList_StatusThatChanged(t *testing.T) {
	for _, c := range []struct {
		n           State
		first       string
		before, now VisaRule
	}{
		{"RKS", "2024-01-01", VisaRequired, VisaExempt},
		{"GBR", "2021-01-01", FreeMovement, VisaExempt},
		{"VUT", "2022-05-04", VisaExempt, VisaDepends},
		{"VUT", "2023-02-04", VisaDepends, VisaRequired},
		{"VUT", "2025-02-04", VisaRequired, VisaRequired},
	} {
		day := law.MustDate(c.first)
		was, err1 := VisaRequirement(c.n, day-1)
		is, err2 := VisaRequirement(c.n, day)
		if err1 != nil || err2 != nil || was.Rule != c.before || is.Rule != c.now || is.From != day {
			t.Errorf("%s around %s: %s (%v), %s (%v)", c.n, c.first, was.Rule, err1, is.Rule, err2)
		}
	}
}

func TestVisaList_TodaysRules(t *testing.T) {
	on := law.MustDate("2026-05-01")
	for n, want := range map[State]VisaRule{
		"USA": VisaExempt, "UKR": VisaExempt, "BRA": VisaExempt, "AND": VisaExempt, "VAT": VisaExempt, "HKG": VisaExempt,
		"TWN": VisaExempt, "GBN": VisaExempt, "GEO": VisaExempt, "IND": VisaRequired, "TUR": VisaRequired, "RUS": VisaRequired,
		"CHN": VisaRequired, "PSE": VisaRequired, "KWT": VisaRequired, "ECU": VisaRequired, "D": FreeMovement, "IRL": FreeMovement,
		"CYP": FreeMovement, "CHE": FreeMovement, "LIE": FreeMovement, "HRV": FreeMovement, "XXA": VisaDepends, "NRU": VisaDepends,
		"UNO": NotNationality, "UTO": NotNationality, "GIB": NotNationality, "ANT": NotNationality, "ATA": NotNationality,
	} {
		r, err := VisaRequirement(n, on)
		if err != nil || r.Rule != want {
			t.Errorf("%s: %s, %v; want %s", n, r.Rule, err, want)
			continue
		}
		why := r.Reason()
		if _, err := why.Cite.Parse(); err != nil || why.Message == "" || why.Code != law.Code("visa_"+want) {
			t.Errorf("%s: %+v, %v", n, why, err)
		}
		if want == NotNationality && r.Note == "" {
			t.Errorf("%s: no note says why", n)
		}
	}
	for _, n := range []State{"QQQ", "", "DEU"} {
		if r, err := VisaRequirement(n, on); refusalCode(err) != "unknown_state" {
			t.Errorf("%q: %v, %v", n, r.Rule, err)
		}
	}
	if n := len(rulesOn(on, FreeMovement)); n != 31 {
		t.Errorf("%d nationalities enjoy free movement, not the 27 of the Union and 4", n)
	}
}

func rulesOn(on law.Date, rule VisaRule) (ns []State) {
	for n := range visaList {
		if r, err := VisaRequirement(n, on); err == nil && r.Rule == rule {
			ns = append(ns, n)
		}
	}
	return ns
}
