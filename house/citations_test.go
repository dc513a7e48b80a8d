package house

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"limen/ees"
	"limen/law"
)

// Every citation in the code can be read, and its act is one that law.Acts
// knows.
func TestCitationsResolve(t *testing.T) {
	citings := source(t).citings()
	if len(citings) < 100 {
		t.Fatalf("only %d citations found: the search for them is broken", len(citings))
	}
	for _, c := range citings {
		if c.err != nil {
			t.Errorf("%s:%d: %v", c.file.path, c.line, c.err)
		}
	}
}

// What operations, grants, duties, parameters, refusals of entry and exemptions
// cite can be read too.
func TestTablesCiteWhatCanBeRead(t *testing.T) {
	check := func(what string, cite law.Citation) {
		t.Helper()
		pin, err := cite.Parse()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		} else if pin.Kind == "" && !strings.HasPrefix(what, "parameter ") {
			t.Errorf("%s cites %s as a whole: name the article", what, cite)
		}
	}
	for _, o := range Operations() {
		check("operation "+string(o.Op), o.Cite)
	}
	for _, g := range Grants() {
		check("grant of "+string(g.Op), g.Cite)
	}
	for _, d := range (&House{}).Duties() {
		check("duty "+d.Name, d.Cite)
	}
	for _, p := range Params() {
		for _, row := range p.Describe().Rows {
			check("parameter "+p.Describe().Name, row.Cite)
		}
	}
	for _, r := range ees.RefusalReasons {
		check("ground "+string(r.Letter), r.Biometrics.Cite)
	}
	for _, x := range ees.Exemptions {
		check("exemption "+string(x.Code), x.Cite)
	}
}

// Comments, documents, pages and tables cite acts that law.Acts knows.
func TestProseCitesKnownActs(t *testing.T) {
	known := regexp.MustCompile(`\b(\d{1,4}/\d{2,4}) (?:art|arts|annex|s) `)
	err := source(t).walk(func(name string, content []byte) error {
		if strings.HasSuffix(name, "_test.go") || !slices.Contains([]string{".go", ".md", ".html", ".sql"}, filepath.Ext(name)) {
			return nil
		}
		for _, m := range known.FindAllSubmatch(content, -1) {
			if !isAct(string(m[1])) {
				t.Errorf("%s cites %s, which is not in law.Acts", name, m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The glossary has each term once, in order, with the provision that defines it.
func TestGlossaryDefinesEachTermOnce(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("..", "GLOSSARY.md"))
	if err != nil {
		t.Fatal(err)
	}
	last, n := "", 0
	for line := range strings.Lines(string(content)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "| ") || len(cells) != 3 || strings.TrimSpace(cells[0]) == "Term" {
			continue
		}
		n++
		term := strings.ToLower(strings.Trim(strings.TrimSpace(cells[0]), "*"))
		if term <= last {
			t.Errorf("GLOSSARY.md: %q stands after %q", term, last)
		}
		last = term
		source := strings.TrimSpace(cells[2])
		if source == "ours" {
			continue // a word of this project, which no act defines
		}
		for cite := range strings.SplitSeq(source, "; ") {
			if _, err := law.Citation(cite).Parse(); err != nil {
				t.Errorf("GLOSSARY.md: %s: %v", term, err)
			}
		}
	}
	if n < 30 {
		t.Errorf("GLOSSARY.md: only %d terms were read", n)
	}
}
