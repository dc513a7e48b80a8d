package person

import (
	"slices"
	"strings"
	"testing"
)

func shareKey(a, b string) bool {
	ka := NameKeys(a)
	return slices.ContainsFunc(NameKeys(b), func(k string) bool { return slices.Contains(ka, k) })
}

// EES-035: what a search must find shares a key with what is stored, or the index
// would hide it.
func TestNameKeysOfVariantsMeet(t *testing.T) {
	for _, c := range [][2]string{
		{"PUTIN", "PUTTIN"}, {"PUTIN", "PUTYN"}, {"SHEVCHENKO", "CHEVTCHENKO"}, {"MOHAMMED", "MUHAMAD"}, {"KHALID", "HALED"},
		{"YUSUF", "JUSUF"}, {"YUSUF", "IUSUF"}, {"MUELLER", "MULLER"}, {"OEZDEMIR", "OZDEMIR"}, {"AASEN", "ASEN"}, {"PHILIPP", "FILIP"},
		{"WALTHER", "VALTER"}, {"TCHAIKOVSKY", "CHAIKOVSKIJ"}, {"ALEXANDER", "ALEKSANDR"}, {"POL POT", "POLPOT"},
		{"MACDONALD", "MAC DONALD"}, {"VAN DEN BERG JAN", "VANDENBERG JAN"}, {"KUZNETSOV", "KUSNEZOW"},
		{"GARCIA", "GRACIA"}, {"LUKASHENKO", "LUAKSHENKO"}, {"SOKOLOV", "SOKLOV"}, {"SCHMIDT ANNA", "SCHMITT ANNA"},
	} {
		if !shareKey(c[0], c[1]) {
			t.Errorf("%s %v and %s %v", c[0], NameKeys(c[0]), c[1], NameKeys(c[1]))
		}
	}
	found, lost := map[bool]int{}, map[bool]int{} // by whether every word has an error
	for _, p := range heldOutPairs(11, 500) {
		a, b := Name{Surname: p.a}.Normal(), Name{Surname: p.b}.Normal()
		if _, v := CompareNormal(a, b); v == Different {
			continue
		}
		twice := p.kind == "two typing errors"
		found[twice]++
		if !shareKey(a, b) {
			lost[twice]++
			if !twice {
				t.Logf("%s: %s and %s", p.kind, a, b)
			}
		}
	}
	t.Logf("one error or none: %d matches, %d share no key; two errors: %d and %d", found[false], lost[false], found[true], lost[true])
	if found[false] < 3000 || lost[false]*1000 > found[false] || lost[true]*8 > found[true] {
		t.Errorf("too many matches share no key: %v of %v", lost, found)
	}
}

// Keys tell different names apart: few pairs of strangers share one.
func TestNameKeysSelect(t *testing.T) {
	var pairs, shared, keys, names int
	for _, p := range heldOutPairs(12, 500) {
		n := Name{Surname: p.a}.Normal()
		keys += len(NameKeys(n))
		names++
		if p.kind == "two persons" {
			pairs++
			if shareKey(n, Name{Surname: p.b}.Normal()) {
				shared++
			}
		}
	}
	t.Logf("%.2f keys a name, %.4f of strangers share one", float64(keys)/float64(names), float64(shared)/float64(pairs))
	if shared*50 > pairs {
		t.Errorf("%d of %d pairs of strangers share a key", shared, pairs)
	}
}

func FuzzNameKeys(f *testing.F) {
	f.Add("VAN DEN BERG MARTIN")
	f.Add("A B C")
	f.Add("É")
	f.Fuzz(func(t *testing.T, s string) {
		check := func(normal string) {
			keys := NameKeys(normal)
			for i, k := range keys {
				if k == "" || len(k) > MaxNameKeyLength || !onlyMRZLetters(k) || slices.Contains(keys[:i], k) {
					t.Fatalf("%q: keys %q", normal, keys)
				}
			}
			if len(keys) > MaxNameKeys {
				t.Fatalf("%q: %d keys", normal, len(keys))
			}
			if !slices.Equal(keys, NameKeys(normal)) {
				t.Fatal("keys change")
			}
		}
		check(s)
		normal := strings.Join(MRZComponents(s, ""), " ")
		check(normal)
		if normal != "" && len(NameKeys(normal)) == 0 {
			t.Fatalf("%q has no key", normal)
		}
	})
}
