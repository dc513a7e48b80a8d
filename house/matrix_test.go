package house

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"limen/access"
	"limen/law"
)

// matrixRow is a line of testdata/access_matrix.tsv: the access rules as the law
// has them, written by hand and never made from the code.
type matrixRow struct{ Kind, Purpose, Article, Right, Keys, Returned, Open, Source string }

// lettersOfKeys and wordsOfCategories translate the table's words.
var (
	lettersOfKeys = map[string]access.Key{"A": access.ByIdentity, "T": access.ByDocument, "V": access.ByVisa, "F": access.ByFingers,
		"FF": access.ByFingersFace, "FA": access.ByFace, "C": access.ByCrossing, "N": access.ByAccount}
	wordsOfCategories = map[string][]access.Category{
		"file":       {access.FileExistence, access.IdentityData, access.DocumentData, access.BiometricData},
		"records":    {access.EntryRecords, access.RefusalRecords},
		"calculator": {access.StayResult},
		"list":       {access.OverstayList},
		"log":        {access.LogEntries},
		"existence":  {access.FileExistence},
		"changes":    {},
		"statistics": {access.AnonymousCounts},
		"references": {access.FileExistence},
		"etias":      {access.EtiasAnswer},
		"screening":  {access.FileExistence, access.ScreeningAnswer},
		"carrier":    {access.CarrierAnswer},
	}
)

func list(cell string) []string {
	var words []string
	for w := range strings.SplitSeq(cell, ",") {
		if w = strings.TrimSpace(w); w != "" {
			words = append(words, w)
		}
	}
	return words
}

func (r matrixRow) keys(t *testing.T) []access.Key {
	t.Helper()
	keys := []access.Key{access.ByReference} // a file found is read by its reference
	for _, letter := range list(r.Keys) {
		if strings.HasPrefix(letter, "1:1 ") {
			continue
		}
		key, ok := lettersOfKeys[letter]
		if !ok {
			t.Fatalf("access_matrix.tsv: %s: unknown search key %q", r.name(), letter)
		}
		keys = append(keys, key)
	}
	return keys
}

func (r matrixRow) categories(t *testing.T) []access.Category {
	t.Helper()
	var all []access.Category
	for _, word := range list(r.Returned) {
		cs, ok := wordsOfCategories[word]
		if !ok {
			t.Fatalf("access_matrix.tsv: %s: unknown data %q", r.name(), word)
		}
		all = append(all, cs...)
	}
	return all
}

// name is how DIVERGENCES.md names a line: "`border` for `border_check`: E".
func (r matrixRow) name() string { return "`" + r.Kind + "` for `" + r.Purpose + "`: " + r.Right }

// covers tells whether a grant may cite its article under this line.
func (r matrixRow) covers(cite law.Citation) bool {
	return slices.ContainsFunc(r.articles(), func(a law.Citation) bool { return a.Article() == cite.Article() })
}

func (r matrixRow) articles() []law.Citation {
	var cites []law.Citation
	for cite := range strings.SplitSeq(strings.ReplaceAll(r.Article, " + ", "; "), "; ") {
		cites = append(cites, law.Citation(cite))
	}
	return cites
}

func rightOf(o access.Operation) string {
	switch {
	case o.Erases:
		return "E"
	case o.Writes:
		return "W"
	}
	return "R"
}

// The grants are the open part of the access rules: every grant stands under an
// open line, with no search key and no data beyond it; every open line has a
// grant; a line that is not open has none and is named in DIVERGENCES.md.
// EES-050, EES-051.
func TestArt9_GrantsAreTheOpenPartOfTheAccessRules(t *testing.T) {
	rows := tableRows[matrixRow](t, "access_matrix.tsv")
	ops := map[access.Op]access.Operation{}
	for _, o := range Operations() {
		ops[o.Op] = o
	}
	served := make([]int, len(rows))
	for _, g := range Grants() {
		right := rightOf(ops[g.Op])
		i := slices.IndexFunc(rows, func(r matrixRow) bool {
			return r.Kind == string(g.Kind) && r.Purpose == string(g.Purpose) && r.Right == right && r.covers(g.Cite)
		})
		if i < 0 {
			t.Errorf("%s is granted to %s for %s by %s (%s): no line of testdata/access_matrix.tsv allows it", g.Op, g.Kind, g.Purpose, g.Cite, right)
			continue
		}
		row := rows[i]
		served[i]++
		if row.Open != "yes" {
			t.Errorf("%s is granted, and access_matrix.tsv says that %s is not open", g.Op, row.name())
		}
		for _, key := range g.Keys {
			if !slices.Contains(row.keys(t), key) {
				t.Errorf("%s, granted to %s for %s, may search by %s: %s allows %s", g.Op, g.Kind, g.Purpose, key, row.Article, row.Keys)
			}
		}
		for _, c := range g.Returns {
			if !slices.Contains(row.categories(t), c) {
				t.Errorf("%s, granted to %s for %s, may receive %s: %s allows %s", g.Op, g.Kind, g.Purpose, c, row.Article, row.Returned)
			}
		}
	}
	divergences, err := os.ReadFile(filepath.Join("..", "DIVERGENCES.md"))
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		named := strings.Contains(string(divergences), row.name())
		switch {
		case row.Open == "yes" && served[i] == 0:
			t.Errorf("%s is said to be open and nothing is granted under it", row.name())
		case row.Open == "no" && !named:
			t.Errorf("DIVERGENCES.md does not name the line that is not open: %s (%s)", row.name(), row.Article)
		case row.Open != "yes" && row.Open != "no":
			t.Errorf("access_matrix.tsv: %s: open is %q", row.name(), row.Open)
		}
	}
}

// The lines of the access rules speak of authorities, purposes and articles
// that exist, and leave no kind of authority out but the carrier, who has a copy
// of its own (art 13).
func TestAccessMatrixIsSound(t *testing.T) {
	rows := tableRows[matrixRow](t, "access_matrix.tsv")
	kinds := map[string]bool{string(access.Carrier): true}
	purposes := map[string]bool{}
	for _, r := range rows {
		kinds[r.Kind], purposes[r.Purpose] = true, true
		r.keys(t)
		r.categories(t)
		for _, cite := range r.articles() {
			if _, err := cite.Parse(); err != nil {
				t.Errorf("access_matrix.tsv: %s: %v", r.name(), err)
			}
		}
		if !slices.Contains([]string{"R", "W", "E"}, r.Right) || !slices.Contains([]string{"rules", "list", "rights", "project"}, r.Source) {
			t.Errorf("access_matrix.tsv: %s: right %q, source %q", r.name(), r.Right, r.Source)
		}
	}
	if have, want := slices.Sorted(maps.Keys(kinds)), sortedStrings(access.Kinds); !slices.Equal(have, want) {
		t.Errorf("kinds of authority in the table: %v\nin package access: %v", have, want)
	}
	if have, want := slices.Sorted(maps.Keys(purposes)), sortedStrings(access.Purposes); !slices.Equal(have, want) {
		t.Errorf("purposes in the table: %v\nin package access: %v", have, want)
	}
}

func sortedStrings[T ~string](list []T) []string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	slices.Sort(words)
	return words
}
