package person

import (
	"math"
	"testing"
)

// The textbook measures on examples beside those of the data file.
func TestMeasures(t *testing.T) {
	near := func(got, want float64) bool { return math.Abs(got-want) < 0.001 }
	for _, c := range []struct {
		a, b                  string
		jaro, winkler         float64
		levenshtein, damerau  int
		soundexOfA, soundexOf string
	}{
		{"", "", 1, 1, 0, 0, "", ""},
		{"", "abc", 0, 0, 3, 3, "", "A120"},
		{"ROBERT", "RUPERT", 0.777, 0.8, 2, 2, "R163", "R163"},
		{"ca", "abc", 0, 0, 3, 2, "C000", "A120"}, // an edit between the swapped letters
		{"МАРІЯ", "МАРИЯ", 0.866, 0.906, 1, 1, "", ""},
		{"Jackson", "Jcakson", 0.952, 0.957, 2, 1, "J250", "J250"},
		{"ab", "ba", 0, 0, 2, 1, "A100", "B000"},
		{"Honeyman", "Çelik", 0, 0, 0, 0, "H555", "C420"},
	} {
		if c.levenshtein == 0 && c.a != c.b {
			if Soundex(c.a) != c.soundexOfA || Soundex(c.b) != c.soundexOf {
				t.Errorf("%s %s", Soundex(c.a), Soundex(c.b))
			}
			continue
		}
		if !near(Jaro(c.a, c.b), c.jaro) || !near(JaroWinkler(c.a, c.b), c.winkler) {
			t.Errorf("%s/%s: Jaro %.4f, Winkler %.4f", c.a, c.b, Jaro(c.a, c.b), JaroWinkler(c.a, c.b))
		}
		if Levenshtein(c.a, c.b) != c.levenshtein || DamerauLevenshtein(c.a, c.b) != c.damerau {
			t.Errorf("%s/%s: %d, %d", c.a, c.b, Levenshtein(c.a, c.b), DamerauLevenshtein(c.a, c.b))
		}
		if Soundex(c.a) != c.soundexOfA || Soundex(c.b) != c.soundexOf {
			t.Errorf("%s %s: %s %s", c.a, c.b, Soundex(c.a), Soundex(c.b))
		}
	}
}

func FuzzMeasures(f *testing.F) {
	f.Add("kitten", "sitting")
	f.Add("МАРІЯ", "МАРИЯ")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a)+len(b) > 400 {
			return
		}
		j, w, l, d := Jaro(a, b), JaroWinkler(a, b), Levenshtein(a, b), DamerauLevenshtein(a, b)
		if j < 0 || w < j || w > 1 || d > l || l < 0 || (l == 0) != (d == 0) {
			t.Fatalf("jaro %v, winkler %v, levenshtein %d, damerau %d", j, w, l, d)
		}
		if l != Levenshtein(b, a) || d != DamerauLevenshtein(b, a) {
			t.Fatal("not symmetric")
		}
		if c := Soundex(a); len(c) != 0 && len(c) != 4 {
			t.Fatalf("soundex %q", c)
		}
	})
}
