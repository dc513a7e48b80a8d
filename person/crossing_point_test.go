package person

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"limen/law"
)

// The table: at least 200, codes sorted and unique, kinds and regimes of the
// list, zones that load, and a zone of the state whose officers check unless
// they do so abroad.
func TestCrossingPointsAreSound(t *testing.T) {
	points := CrossingPoints()
	if len(points) < 200 {
		t.Fatalf("%d crossing points", len(points))
	}
	for i, p := range points {
		if i > 0 && points[i-1].Code >= p.Code {
			t.Errorf("%s does not come after %s", p.Code, points[i-1].Code)
		}
		if len(p.Code) != 5 || strings.ToUpper(p.Code) != p.Code || p.Name == "" {
			t.Errorf("code %q, name %q", p.Code, p.Name)
		}
		if _, err := law.ParseBorderKind(string(p.Kind)); err != nil {
			t.Errorf("%s: %v", p.Code, err)
		}
		if p.Location() == nil || p.Location().String() != p.Zone {
			t.Errorf("%s: zone %q is %v", p.Code, p.Zone, p.Location())
		}
		abroad := p.Code[:2] != p.State.Alpha2()
		if abroad != (p.Regime == Juxtaposed) {
			t.Errorf("%s: country and regime %q do not agree", p.Code, p.Regime)
		}
		if !abroad && !slices.Contains(p.State.Zones(), p.Zone) {
			t.Errorf("%s: %s is no zone of %s", p.Code, p.Zone, p.State.Name())
		}
		if p.Regime != UsualRegime && p.Note == "" {
			t.Errorf("%s: regime %s without a note", p.Code, p.Regime)
		}
		if own := p.Code[4] == '0'; own != (p.CodeSource == OwnSource) || p.CodeSource == "" {
			t.Errorf("%s comes from %q", p.Code, p.CodeSource)
		}
		if p.Regime == CeutaMelilla != (p.Zone == "Africa/Ceuta") {
			t.Errorf("%s: zone %s and regime %q", p.Code, p.Zone, p.Regime)
		}
	}
}

func TestCrossingPointsOfAll29States(t *testing.T) {
	operating, err := law.EESStates.On(law.EESStart())
	if err != nil || len(operating) != 29 {
		t.Fatalf("%d states, %v", len(operating), err)
	}
	total := 0
	for _, s := range operating {
		of := CrossingPointsOf(State(s))
		if len(of) == 0 {
			t.Errorf("%s has none", s)
		}
		total += len(of)
	}
	if total != len(CrossingPoints()) {
		t.Errorf("%d belong to operating states, %d exist", total, len(CrossingPoints()))
	}
	for _, s := range []State{"CYP", "IRL", "GBR", "USA"} {
		if of := CrossingPointsOf(s); len(of) != 0 {
			t.Errorf("%s has %d", s, len(of))
		}
	}
}

// States without a sea have no sea borders; only states at the outer edge have
// land borders, or a station of the trains through the Channel Tunnel.
func TestCrossingPointKindsFitTheMap(t *testing.T) {
	noSea := []State{"AUT", "CHE", "CZE", "HUN", "LIE", "LUX", "SVK"}
	noLand := []State{"AUT", "CHE", "CZE", "D", "DNK", "ISL", "ITA", "LIE", "LUX", "MLT", "PRT", "SVN", "SWE"}
	for _, p := range CrossingPoints() {
		if p.Kind == law.SeaBorder && slices.Contains(noSea, p.State) {
			t.Errorf("%s: a sea border of %s", p.Code, p.State.Name())
		}
		if p.Kind == law.LandBorder && slices.Contains(noLand, p.State) {
			t.Errorf("%s: a land border of %s", p.Code, p.State.Name())
		}
		if airport := strings.Contains(p.Name, "irport") || strings.Contains(p.Name, "Heliport"); airport != (p.Kind == law.AirBorder) {
			t.Errorf("%s: %q is of kind %s", p.Code, p.Name, p.Kind)
		}
	}
}

func TestParseCrossingPoint(t *testing.T) {
	for code, want := range map[string]struct {
		state State
		kind  law.BorderKind
		zone  string
	}{
		"FRCDG":  {"FRA", law.AirBorder, "Europe/Paris"},
		"defra":  {"D", law.AirBorder, "Europe/Berlin"},
		" PTPDL": {"PRT", law.AirBorder, "Atlantic/Azores"},
		"PTFNC":  {"PRT", law.AirBorder, "Atlantic/Madeira"},
		"ESLPA":  {"ESP", law.AirBorder, "Atlantic/Canary"},
		"ESCEU":  {"ESP", law.SeaBorder, "Africa/Ceuta"},
		"ESALG":  {"ESP", law.SeaBorder, "Europe/Madrid"},
		"PLMED":  {"POL", law.LandBorder, "Europe/Warsaw"},
		"BGKAN":  {"BGR", law.LandBorder, "Europe/Sofia"},
		"ISKEF":  {"ISL", law.AirBorder, "Atlantic/Reykjavik"},
		"GBSP0":  {"FRA", law.LandBorder, "Europe/London"},
		"CHZRH":  {"CHE", law.AirBorder, "Europe/Zurich"},
	} {
		p, err := ParseCrossingPoint(code)
		if err != nil || p.State != want.state || p.Kind != want.kind || p.Zone != want.zone {
			t.Errorf("%q: %+v, %v", code, p, err)
		}
	}
	for code, near := range map[string]string{"PLMDE": "PLMED", "FRCGD": "FRCDG", "ROOTB": "ROOTP", "CYLCA": "", "": "", "F": ""} {
		p, err := ParseCrossingPoint(code)
		var r *law.Refusal
		if p != nil || !errors.As(err, &r) || r.Code != "unknown_crossing_point" || r.Field == "" {
			t.Errorf("%q: %v, %v", code, p, err)
			continue
		}
		if strings.Contains(r.Message, "Nearest") != (near != "") || !strings.Contains(r.Message, near) {
			t.Errorf("%q: %s", code, r.Message)
		}
	}
}

// Worked example E34: exit from Lisbon on 2026-07-31 at 23:30, when it is
// already August in Paris.
func TestE34_TheDayIsThatOfTheCrossingPoint(t *testing.T) {
	at := time.Date(2026, 7, 31, 22, 30, 0, 0, time.UTC)
	for code, want := range map[string]string{
		"PTLIS": "2026-07-31", "PTPDL": "2026-07-31", "ISKEF": "2026-07-31", "FRCDG": "2026-08-01", "FIHEL": "2026-08-01", "GBSP0": "2026-07-31",
	} {
		p, err := ParseCrossingPoint(code)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.LocalDate(at).String(); got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
}

// The Azores: on no day of ten years does a civil day end later at another
// crossing point, nor is it over before dayOver or later than needed.
func TestWesternmostZoneEndsEveryDayLast(t *testing.T) {
	if got := WesternmostZone().String(); got != "Atlantic/Azores" {
		t.Fatalf("westernmost zone %s", got)
	}
	zones := locations()
	for day := law.MustDate("2025-01-01"); day < law.MustDate("2035-01-01"); day++ {
		over := dayOver(day)
		open := false
		for name, zone := range zones {
			if law.DateIn(over, zone) <= day {
				t.Fatalf("%s is not over in %s at %s", day, name, over.UTC())
			}
			open = open || law.DateIn(over.Add(-time.Nanosecond), zone) <= day
		}
		if !open {
			t.Fatalf("%s was over everywhere before %s", day, over.UTC())
		}
	}
}

// On 2026-03-29 the clocks in the Azores go from 00:00 to 01:00.
func TestDayOverWhereMidnightDoesNotExist(t *testing.T) {
	want := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC)
	if got := dayOver(law.MustDate("2026-03-28")); !got.Equal(want) {
		t.Errorf("over at %s, want %s", got.UTC(), want)
	}
}

// dayOver returns the first instant at which the civil day is over at every
// crossing point.
func dayOver(day law.Date) time.Time {
	y, m, d := (day + 1).YMD()
	zone := WesternmostZone()
	over := time.Date(y, time.Month(m), d, 0, 0, 0, 0, zone)
	// In the Azores summer time begins at midnight: that midnight does not
	// exist, and time.Date may answer with the hour before it.
	for law.DateIn(over, zone) <= day {
		over = over.Add(time.Hour)
	}
	return over
}

func FuzzParseCrossingPoint(f *testing.F) {
	for _, s := range []string{"FRCDG", "frcdg", "FRXXX", "", "ÅÄÖ", "FR\x00\xff1", "PTLISPTLISPTLIS"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParseCrossingPoint(s)
		if (p == nil) == (err == nil) {
			t.Fatalf("%q: %v, %v", s, p, err)
		}
		if err != nil && (refusalCode(err) != "unknown_crossing_point" || len(err.Error()) > 500) {
			t.Fatalf("%q: %v", s, err)
		}
		if p != nil && !strings.EqualFold(strings.TrimSpace(s), p.Code) {
			t.Fatalf("%q finds %s", s, p.Code)
		}
	})
}
