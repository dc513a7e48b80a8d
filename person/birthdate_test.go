package person

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"limen/law"

	"pgregory.net/rapid"
)

func mustPartial(t testing.TB, s string) PartialDate {
	t.Helper()
	p, err := ParsePartialDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParsePartialDate(t *testing.T) {
	for _, s := range []string{"1974", "1974-08", "1974-08-12", "2000-02-29", "0001", "9999-12-31", "2000-02"} {
		p, err := ParsePartialDate(s)
		if err != nil || p.String() != s || p.IsZero() {
			t.Errorf("%s: %s, %v", s, p, err)
		}
	}
	for _, s := range []string{"", "0000", "974", "74", "19740812", "1974-8", "1974-8-12", "1974-13", "1974-00", "1974-08-00", "1974-08-32",
		"1900-02-29", "1974-", "1974-08-", "1974--12", " 1974", "1974 ", "1974-08-12T", "+974", "197a", "1974/08", "१९७४", "1974-08-12 00:00"} {
		_, err := ParsePartialDate(s)
		wantBadField(t, err, "birth_date", "birth_date_form")
		if s != "" && err != nil && strings.Contains(err.Error(), "\""+s) {
			t.Errorf("%q is repeated: %v", s, err)
		}
	}
}

func TestMakePartialDate(t *testing.T) {
	for _, c := range []struct {
		y, m, d int
		want    string
	}{
		{1974, 8, 12, "1974-08-12"}, {1974, 8, 0, "1974-08"}, {1974, 0, 0, "1974"}, {1974, 0, 12, ""}, {0, 8, 12, ""}, {0, 0, 0, ""},
		{10000, 0, 0, ""}, {-1, 0, 0, ""}, {1974, 13, 0, ""}, {1974, -1, 0, ""}, {1974, 2, 29, ""}, {1974, 8, -1, ""},
	} {
		if got := MakePartialDate(c.y, c.m, c.d); got.String() != c.want {
			t.Errorf("%d-%d-%d: %s", c.y, c.m, c.d, got)
		} else if y, m, d := got.YMD(); c.want != "" && (y != c.y || m != c.m || d != c.d) {
			t.Errorf("%s: %d-%d-%d", got, y, m, d)
		}
	}
	if BornOn(0) != (PartialDate{}) || BornOn(law.MustDate("1974-08-12")) != MakePartialDate(1974, 8, 12) {
		t.Error("BornOn")
	}
}

func TestPartialDateBounds(t *testing.T) {
	for _, c := range []struct{ date, first, last, mrz string }{
		{"1974", "1974-01-01", "1974-12-31", "74<<<<"}, {"1974-02", "1974-02-01", "1974-02-28", "7402<<"}, {"2000-02", "2000-02-01", "2000-02-29", "0002<<"},
		{"1974-12", "1974-12-01", "1974-12-31", "7412<<"}, {"1974-08-12", "1974-08-12", "1974-08-12", "740812"},
	} {
		p := mustPartial(t, c.date)
		if p.First().String() != c.first || p.Last().String() != c.last || p.MRZ() != c.mrz {
			t.Errorf("%s: %s to %s, %s", c.date, p.First(), p.Last(), p.MRZ())
		}
		if day, known := p.Day(); known != (c.first == c.last) || known && day != p.First() {
			t.Errorf("%s: %s, %v", c.date, day, known)
		}
	}
	var none PartialDate
	if none.First() != 0 || none.Last() != 0 || none.String() != "" || none.MRZ() != "<<<<<<" {
		t.Errorf("no date: %s %s %s", none.First(), none.Last(), none.MRZ())
	}
}

// Dates of birth sort as their text does, so that the database agrees.
func TestPartialDateOrder(t *testing.T) {
	texts := []string{"1974-08-12", "1974", "1973-12-31", "1974-08", "1974-08-01", "1975", "1974-01", "0999-12"}
	var dates []PartialDate
	for _, s := range texts {
		dates = append(dates, mustPartial(t, s))
	}
	slices.Sort(texts)
	slices.SortFunc(dates, PartialDate.Compare)
	for i := range texts {
		if dates[i].String() != texts[i] {
			t.Errorf("%d: %s, %s", i, dates[i], texts[i])
		}
	}
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"1974", "1974-08-12", true}, {"1974-08", "1974", true}, {"1974-08", "1974-09", false}, {"1974-08-12", "1974-08-12", true},
		{"1974-08-12", "1974-08-13", false}, {"1974", "1975", false},
	} {
		if a, b := mustPartial(t, c.a), mustPartial(t, c.b); a.Agrees(b) != c.want || b.Agrees(a) != c.want {
			t.Errorf("%s and %s: %v", c.a, c.b, !c.want)
		}
	}
	if (PartialDate{}).Agrees(PartialDate{}) || (PartialDate{}).Agrees(mustPartial(t, "1974")) {
		t.Error("no date agrees with nothing")
	}
}

// EES-003: fingerprints are asked for from the twelfth birthday on, and where
// the day of birth is not known both ends of what is possible are given.
func TestArt17_3_Age(t *testing.T) {
	for _, c := range []struct {
		born, on         string
		youngest, oldest int
	}{
		{"2014-05-01", "2026-04-30", 11, 11}, {"2014-05-01", "2026-05-01", 12, 12}, {"2014-05-01", "2027-04-30", 12, 12},
		{"2012-02-29", "2024-02-28", 11, 11}, {"2012-02-29", "2024-02-29", 12, 12},
		{"2016-02-29", "2027-02-28", 10, 10}, {"2016-02-29", "2027-03-01", 11, 11},
		{"2014", "2026-05-01", 11, 12}, {"2014", "2026-12-31", 12, 12}, {"2014", "2026-01-01", 11, 12}, {"2014", "2025-12-31", 11, 11},
		{"2014-05", "2026-05-01", 11, 12}, {"2014-05", "2026-05-31", 12, 12}, {"2014-05", "2026-04-30", 11, 11}, {"2014-05", "2026-06-01", 12, 12},
		{"2026", "2026-05-01", 0, 0}, {"2026-05-01", "2026-05-01", 0, 0}, {"2026-05-02", "2026-05-01", -1, -1}, {"2028", "2026-05-01", -3, -2},
		{"1920-01-01", "2026-05-01", 106, 106},
	} {
		if lo, hi := mustPartial(t, c.born).Age(law.MustDate(c.on)); lo != c.youngest || hi != c.oldest {
			t.Errorf("born %s, on %s: %d to %d, want %d to %d", c.born, c.on, lo, hi, c.youngest, c.oldest)
		}
	}
	if lo, hi := (PartialDate{}).Age(law.MustDate("2026-05-01")); lo != 0 || hi != MaxAge {
		t.Errorf("no date: %d to %d", lo, hi)
	}
	if lo, hi := mustPartial(t, "1974").Age(0); lo != 0 || hi != MaxAge {
		t.Errorf("no day: %d to %d", lo, hi)
	}
}

// The age of a partial date holds the age of every day that it can mean.
func TestPartialDateAgeHoldsEveryDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := law.Date(rapid.IntRange(int(law.MustDate("1950-01-01")), int(law.MustDate("2026-12-31"))).Draw(t, "born"))
		on := day + law.Date(rapid.IntRange(0, 40000).Draw(t, "later"))
		y, m, _ := day.YMD()
		want, _ := BornOn(day).Age(on)
		for _, p := range []PartialDate{MakePartialDate(y, 0, 0), MakePartialDate(y, m, 0), BornOn(day)} {
			if lo, hi := p.Age(on); lo > want || hi < want || hi-lo > 1 {
				t.Fatalf("born %s (%s) on %s: %d to %d, not %d", p, day, on, lo, hi, want)
			}
		}
	})
}

func TestPartialDateInJSONAndSQL(t *testing.T) {
	for _, s := range []string{"", "1974", "1974-08", "1974-08-12"} {
		var p PartialDate
		if err := json.Unmarshal([]byte(`"`+s+`"`), &p); err != nil {
			t.Fatal(err)
		}
		if b, err := json.Marshal(p); err != nil || string(b) != `"`+s+`"` {
			t.Errorf("%q: %s, %v", s, b, err)
		}
		v, err := p.Value()
		if err != nil || s == "" && v != nil || s != "" && v != s {
			t.Errorf("%q: %v, %v", s, v, err)
		}
		q := mustPartial(t, "2001")
		if err := q.Scan(v); err != nil || q != p {
			t.Errorf("%q: %v, %v", s, q, err)
		}
		if err := q.Scan([]byte(s)); err != nil || q != p {
			t.Errorf("%q: %v, %v", s, q, err)
		}
	}
	var p PartialDate
	if p.Scan(7) == nil || p.Scan("74") == nil || json.Unmarshal([]byte(`"`+strings.Repeat("9", 1<<16)+`"`), &p) == nil {
		t.Error("accepted")
	}
}

func TestSex(t *testing.T) {
	for _, s := range []string{"M", "F", "X"} {
		var x Sex
		if err := json.Unmarshal([]byte(`"`+s+`"`), &x); err != nil || string(x) != s {
			t.Errorf("%s: %s, %v", s, x, err)
		}
	}
	for _, s := range []string{"m", "<", "U", "MF", "", strings.Repeat("M", 99)} {
		_, err := ParseSex(s)
		wantBadField(t, err, "sex", "sex_code")
		var x Sex
		if err := x.UnmarshalText([]byte(s)); (err == nil) != (s == "") {
			t.Errorf("%q: %v", s, err)
		}
	}
	if Sex("").MRZ() != "<" || Unspecified.MRZ() != "<" || Female.MRZ() != "F" {
		t.Error("MRZ")
	}
}

func FuzzParsePartialDate(f *testing.F) {
	f.Add("1974")
	f.Add("1974-08")
	f.Add("2000-02-29")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePartialDate(s)
		if err != nil {
			if p != (PartialDate{}) {
				t.Fatalf("%q: %v and %v", s, p, err)
			}
			return
		}
		if p.String() != s || p.First() > p.Last() || p.First() == 0 {
			t.Fatalf("%q reads as %s", s, p)
		}
	})
}
