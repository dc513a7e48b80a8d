package law

import (
	"slices"
	"testing"
)

// The 29 states of the first day, and the two that stay outside.
func TestArt66_OperatingStates(t *testing.T) {
	start := EESStart()
	states, err := EESStates.On(start)
	if err != nil || len(states) != 29 || !slices.IsSorted(states) {
		t.Fatalf("%d states, %v", len(states), err)
	}
	for _, s := range states {
		if !OperatesEES(s, start) || OperatesEES(s, start-1) {
			t.Errorf("%s: not from the first day, or before it", s)
		}
		if !AppliesAcquis(s, start) || PartialState(s, start) {
			t.Errorf("%s does not apply the acquis in full when the system starts", s)
		}
		for _, kind := range []BorderKind{AirBorder, SeaBorder, LandBorder} {
			if !ChecksEnded(s, kind, start) {
				t.Errorf("%s: checks at the %s border have not ended when the system starts", s, kind)
			}
		}
	}
	for _, s := range []string{"CYP", "IRL", "GBR", "DEU", "DE", ""} {
		if OperatesEES(s, start) || AppliesAcquis(s, start) || ChecksEnded(s, AirBorder, start) {
			t.Errorf("%q counts as an operating state", s)
		}
	}
	if len(acquis) != 29 || len(acquisByState) != 29 {
		t.Errorf("%d states apply the acquis", len(acquis))
	}
}

func TestAccessionByKindOfBorder(t *testing.T) {
	for _, c := range []struct {
		state string
		kind  BorderKind
		first string
	}{
		{"BGR", AirBorder, "2024-03-31"}, {"BGR", SeaBorder, "2024-03-31"}, {"BGR", LandBorder, "2025-01-01"},
		{"ROU", AirBorder, "2024-03-31"}, {"ROU", LandBorder, "2025-01-01"},
		{"HRV", LandBorder, "2023-01-01"}, {"HRV", AirBorder, "2023-03-26"},
		{"POL", LandBorder, "2007-12-21"}, {"POL", AirBorder, "2008-03-30"},
		{"CHE", LandBorder, "2008-12-12"}, {"CHE", AirBorder, "2009-03-29"},
		{"AUT", LandBorder, "1998-04-01"}, {"GRC", LandBorder, "2000-03-26"}, {"LIE", LandBorder, "2011-12-19"},
		{"FRA", AirBorder, "1995-03-26"}, {"D", LandBorder, "1995-03-26"}, {"ISL", SeaBorder, "2001-03-25"},
	} {
		day := MustDate(c.first)
		if ChecksEnded(c.state, c.kind, day-1) || !ChecksEnded(c.state, c.kind, day) {
			t.Errorf("%s, %s: checks do not end on %s", c.state, c.kind, c.first)
		}
	}
}

// EES-018, worked examples E20, E21 and E22: Cyprus and Ireland never count,
// Croatia from 2023-01-01, Bulgaria and Romania from 2024-03-31.
func TestArt6_1a_WhichDaysCount(t *testing.T) {
	for _, c := range []struct{ state, first string }{
		{"HRV", "2023-01-01"}, {"BGR", "2024-03-31"}, {"ROU", "2024-03-31"}, {"FRA", "1995-03-26"}, {"D", "1995-03-26"},
		{"LIE", "2011-12-19"}, {"CHE", "2008-12-12"},
	} {
		first := MustDate(c.first)
		if from, ok := StaysCountFrom(c.state); !ok || from != first {
			t.Errorf("%s counts from %s, want %s", c.state, from, first)
		}
		before, why := StaysCount(c.state, first-1)
		if before || why.Code != "stay_before_accession" {
			t.Errorf("%s on the day before: %v, %s", c.state, before, why.Code)
		}
		on, why := StaysCount(c.state, first)
		if !on || why.Code != "stay_counts" {
			t.Errorf("%s on the day: %v, %s", c.state, on, why.Code)
		}
	}
	for _, s := range []string{"CYP", "IRL"} {
		if ok, why := StaysCount(s, MustDate("2026-02-01")); ok || why.Code != "stay_counted_separately" {
			t.Errorf("%s: %v, %s", s, ok, why.Code)
		}
	}
	ok, why := StaysCount("USA", MustDate("2026-02-01"))
	if ok || why.Code != "stay_outside_area" {
		t.Errorf("USA: %v, %s", ok, why.Code)
	}
	if _, err := why.Cite.Parse(); err != nil || len(why.Facts) == 0 || why.Message == "" {
		t.Errorf("the reason is not whole: %+v, %v", why, err)
	}
}

// E21 and E22 in days: 16 of the stay in Romania, 20 of that in Croatia.
func TestArt6_1a_StaySpanningAccession(t *testing.T) {
	for _, c := range []struct {
		state, from, to string
		want            int
	}{
		{"ROU", "2024-02-01", "2024-04-15", 16},
		{"HRV", "2022-12-01", "2023-01-20", 20},
		{"CYP", "2026-02-01", "2026-03-31", 0},
		{"IRL", "2026-04-01", "2026-04-20", 0},
	} {
		n := 0
		for day := MustDate(c.from); day <= MustDate(c.to); day++ {
			if ok, _ := StaysCount(c.state, day); ok {
				n++
			}
		}
		if n != c.want {
			t.Errorf("%s %s..%s: %d days count, want %d", c.state, c.from, c.to, n, c.want)
		}
	}
}

// A state that once counts never stops, and counting starts where its rows do.
func TestStaysCountWalksTheCalendar(t *testing.T) {
	end := MustDate("2035-12-31")
	for state := range acquisByState {
		from, _ := StaysCountFrom(state)
		for day := MustDate("1990-01-01"); day <= end; day++ {
			got, _ := StaysCount(state, day)
			if got != (day >= from) || got != AppliesAcquis(state, day) {
				t.Fatalf("%s on %s: counts %v", state, day, got)
			}
		}
	}
}

func TestParseBorderKind(t *testing.T) {
	for _, k := range []BorderKind{AirBorder, SeaBorder, LandBorder} {
		if got, err := ParseBorderKind(string(k)); got != k || err != nil {
			t.Errorf("%s: %s, %v", k, got, err)
		}
	}
	_, err := ParseBorderKind("AIR")
	if r, ok := err.(*Refusal); !ok || r.Code != "unknown_border_kind" || r.Field == "" {
		t.Errorf("capitals: %v", err)
	}
}
