package house

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"limen/law"
)

var update = flag.Bool("update", false, "write house/articles.tsv and docs/articles.md instead of comparing them")

// need is a row of testdata/requirements.tsv.
type need struct{ Number, Article, Text string }

// gap is a row of testdata/not_implemented.tsv.
type gap struct{ What, State, Because string }

// actOf says which act the tests of a folder speak of, when they name none.
var actOf = map[string]string{"interop": "2019/817", "vis": "767/2008"}

const eesAct = "2017/2226"

var (
	articleFile  = regexp.MustCompile(`(?:^|/)art0*([0-9]+[a-z]{0,2})_([a-z0-9_]+?)(?:_test)?\.go$`)
	articleTest  = regexp.MustCompile(`^(?:Test|Fuzz)Art([0-9]+[a-z]{0,2})((?:_(?:[0-9]+[a-z]{0,2}|[a-z]))*)(?:_|$)`)
	standardTest = regexp.MustCompile(`^(?:Test|Fuzz)Doc9303_([0-9]+)_s([0-9]+)(?:_|$)`)
	numbered     = regexp.MustCompile(`\b(EES|IOP|VIS)-([0-9]{3})(?:(?: to |, ?\.\.|\.\.)(?:EES|IOP|VIS)-([0-9]{3}))?\b`)
	inProse      = regexp.MustCompile(`\b([0-9]{1,4}/[0-9]{2,4}|CISA) art ([0-9]+[a-z]{0,2})`)
)

// buildIndex makes the index from the source and the tables of testdata.
func buildIndex(t *testing.T) []indexRow {
	t.Helper()
	tree := source(t)
	seen := map[indexRow]bool{}
	var rows []indexRow
	add := func(r indexRow) {
		if !seen[r] {
			seen[r] = true
			rows = append(rows, r)
		}
	}
	citings := tree.citings()
	for _, c := range citings {
		if c.err == nil {
			add(indexRow{"code", string(c.cite), c.file.path + ":" + strconv.Itoa(c.line), c.in, string(c.code)})
		}
	}
	for _, f := range tree.files {
		if m := articleFile.FindStringSubmatch(f.path); m != nil && !f.test {
			cite := defaultAct(f.pkg) + " art " + m[1]
			add(indexRow{"file", cite, f.path, strings.ReplaceAll(m[2], "_", " "), ""})
		}
		for _, d := range f.ast.Decls {
			name, doc := declName(d), comments(f, d)
			fn, isFunc := d.(*ast.FuncDecl)
			isTest := f.test && isFunc && (strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Fuzz"))
			if f.test && !isTest {
				continue
			}
			kind, place := "does", f.at(d.Pos())
			if isTest {
				kind, doc = "proof", fn.Doc.Text()
				if cite := provisionOf(f, name, doc, citings); cite != "" {
					add(indexRow{"test", string(cite), place, name, ""})
				}
			}
			for _, number := range requirementNumbers(doc) {
				add(indexRow{kind, number, place, name, ""})
			}
		}
	}
	for _, n := range tableRows[need](t, "requirements.tsv") {
		add(indexRow{"need", n.Number, "", n.Article, n.Text})
	}
	for _, g := range tableRows[gap](t, "not_implemented.tsv") {
		add(indexRow{"gap", g.What, "", g.State, g.Because})
	}
	slices.SortStableFunc(rows, func(x, y indexRow) int {
		kinds := []string{"file", "code", "test", "need", "does", "proof", "gap"}
		return cmp.Or(cmp.Compare(slices.Index(kinds, x.kind), slices.Index(kinds, y.kind)), cmp.Compare(x.key, y.key),
			comparePlaces(x.place, y.place), cmp.Compare(x.name, y.name), cmp.Compare(x.note, y.note))
	})
	return rows
}

func defaultAct(pkg string) string {
	head, _, _ := strings.Cut(pkg, "/")
	return cmp.Or(actOf[head], eesAct)
}

func declName(d ast.Decl) string {
	if fn, ok := d.(*ast.FuncDecl); ok {
		return funcName(fn)
	}
	if gen, ok := d.(*ast.GenDecl); ok && len(gen.Specs) > 0 {
		return declared(d, gen.Specs[0].Pos())
	}
	return ""
}

// comments returns every comment that stands above or within a declaration.
func comments(f *sourceFile, d ast.Decl) string {
	from := d.Pos()
	if fn, ok := d.(*ast.FuncDecl); ok && fn.Doc != nil {
		from = fn.Doc.Pos()
	}
	if gen, ok := d.(*ast.GenDecl); ok && gen.Doc != nil {
		from = gen.Doc.Pos()
	}
	var b strings.Builder
	for _, group := range f.ast.Comments {
		if group.Pos() >= from && group.End() <= d.End() {
			b.WriteString(group.Text())
		}
	}
	return b.String()
}

// requirementNumbers finds EES-050, and all of EES-032 to EES-034.
func requirementNumbers(text string) []string {
	var list []string
	for _, m := range numbered.FindAllStringSubmatch(text, -1) {
		first, _ := strconv.Atoi(m[2])
		last := first
		if m[3] != "" {
			last, _ = strconv.Atoi(m[3])
		}
		for n := first; n <= last; n++ {
			list = append(list, fmt.Sprintf("%s-%03d", m[1], n))
		}
	}
	return list
}

// provisionOf reads the pinpoint in a test's name. The act is the one that its
// doc comment names with the same article; else the room's own, unless the code
// of the room cites that article of other acts only: then the one it cites most.
func provisionOf(f *sourceFile, name, doc string, citings []citing) law.Citation {
	if m := standardTest.FindStringSubmatch(name); m != nil {
		return law.Citation("9303-" + m[1] + " s " + m[2])
	}
	m := articleTest.FindStringSubmatch(name)
	if m == nil {
		return ""
	}
	act := ""
	for _, prose := range inProse.FindAllStringSubmatch(doc, -1) {
		if prose[2] == m[1] && act == "" && isAct(prose[1]) {
			act = prose[1]
		}
	}
	if act == "" {
		act = defaultAct(f.pkg)
		cited := map[string]int{}
		for _, c := range citings {
			if pin, err := c.cite.Parse(); err == nil && c.file.pkg == f.pkg && pin.Kind == "art" && pin.Number == m[1] {
				cited[pin.Act]++
			}
		}
		if cited[act] == 0 {
			for _, a := range law.Acts {
				if cited[a.Number] > cited[act] {
					act = a.Number
				}
			}
		}
	}
	cite := act + " art " + m[1]
	for part := range strings.SplitSeq(strings.TrimPrefix(m[2], "_"), "_") {
		if part == "" {
			continue
		}
		digits := strings.TrimRight(part, "abcdefghijklmnopqrstuvwxyz")
		letters := part[len(digits):]
		apart := cite + "(" + digits + ")(" + letters + ")"
		// 16_2d is 16(2)(d), but 6_1a is 6(1a): the code's own citations tell.
		if digits != "" && letters != "" && slices.ContainsFunc(citings, func(c citing) bool { return strings.HasPrefix(string(c.cite), apart) }) {
			cite = apart
		} else {
			cite += "(" + part + ")"
		}
	}
	return law.Citation(cite)
}

// docs/articles.md and the index in the binary are made from the code. When
// this test says that they are stale: go generate ./house
func TestArticlesAreGenerated(t *testing.T) {
	rows := buildIndex(t)
	for name, want := range map[string]string{
		"articles.tsv": writeIndex(rows),
		filepath.Join("..", "docs", "articles.md"): articlesPage(rows),
	} {
		if *update {
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		have, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if string(have) != want {
			t.Errorf("%s is stale: run 'go generate ./house'. %s", name, firstDifference(string(have), want))
		}
	}
}

func firstDifference(have, want string) string {
	h, w := strings.Split(have, "\n"), strings.Split(want, "\n")
	for i := 0; i < len(h) && i < len(w); i++ {
		if h[i] != w[i] {
			return fmt.Sprintf("Line %d is %q and would be %q.", i+1, h[i], w[i])
		}
	}
	return fmt.Sprintf("It has %d lines and would have %d.", len(h), len(w))
}

// Every one of the 65 requirements is listed once and has a test, or a reason
// why not; and nothing in the code speaks of a number that does not exist.
func TestRequirementsHaveATestOrAReason(t *testing.T) {
	tested, named := map[string]bool{}, map[string]string{}
	for _, r := range buildIndex(t) {
		switch r.kind {
		case "proof":
			tested[r.key] = true
			fallthrough
		case "does":
			named[r.key] = r.place
		}
	}
	gaps := map[string]gap{}
	for _, g := range tableRows[gap](t, "not_implemented.tsv") {
		if _, twice := gaps[g.What]; twice {
			t.Errorf("not_implemented.tsv: %s stands there twice", g.What)
		}
		if g.State != "no" && g.State != "part" || g.Because == "" {
			t.Errorf("not_implemented.tsv: %s: say no or part, and why", g.What)
		}
		gaps[g.What] = g
	}
	listed := map[string]bool{}
	ees := 0
	for _, n := range tableRows[need](t, "requirements.tsv") {
		listed[n.Number] = true
		if strings.HasPrefix(n.Number, "EES-") {
			if ees++; n.Number != fmt.Sprintf("EES-%03d", ees) {
				t.Errorf("requirements.tsv: %s stands where EES-%03d should", n.Number, ees)
			}
		}
		for cite := range strings.SplitSeq(n.Article, "; ") {
			if _, err := law.Citation(cite).Parse(); err != nil {
				t.Errorf("requirements.tsv: %s: %v", n.Number, err)
			}
		}
		g, isGap := gaps[n.Number]
		switch {
		case !tested[n.Number] && !isGap:
			t.Errorf("%s has no test: name it in a test's doc comment, or say in testdata/not_implemented.tsv why it is not done. (%s)", n.Number, n.Text)
		case tested[n.Number] && isGap && g.State == "no":
			t.Errorf("%s has a test and not_implemented.tsv says that it is not done: take the row out, or say part", n.Number)
		case !tested[n.Number] && isGap && g.State == "part":
			t.Errorf("%s is said to be done in part, and no test shows which", n.Number)
		}
	}
	if ees != 65 {
		t.Errorf("requirements.tsv has %d of the 65 requirements of the Entry/Exit System", ees)
	}
	for number, place := range named {
		if !listed[number] {
			t.Errorf("%s names %s, which is no requirement of testdata/requirements.tsv", place, number)
		}
	}
	for what := range gaps {
		if _, err := law.Citation(what).Parse(); err != nil && !listed[what] {
			t.Errorf("not_implemented.tsv: %s is neither a requirement nor an article", what)
		}
	}
}

// Every article of the Entry/Exit Regulation stands somewhere: in the code, in a
// test, in a requirement, or in the table of what is not implemented.
func TestEveryArticleIsAccountedFor(t *testing.T) {
	known := map[string]bool{}
	for _, r := range buildIndex(t) {
		cites := []string{r.key}
		if r.kind == "need" {
			cites = strings.Split(r.name, "; ")
		}
		for _, cite := range cites {
			if pin, err := law.Citation(cite).Parse(); err == nil && pin.Act == eesAct && pin.Kind == "art" {
				known[pin.Number] = true
			}
		}
	}
	articles := []string{"8a", "8b", "13a", "24a", "25a", "25b"}
	for n := 1; n <= 73; n++ {
		articles = append(articles, strconv.Itoa(n))
	}
	for _, number := range articles {
		if !known[number] {
			t.Errorf("%s art %s stands nowhere: say in testdata/not_implemented.tsv why not", eesAct, number)
		}
	}
}

// Every pinpoint in a test's name is one that can be cited.
func TestTestNamesNameProvisions(t *testing.T) {
	for _, r := range buildIndex(t) {
		if r.kind == "test" || r.kind == "file" {
			if _, err := law.Citation(r.key).Parse(); err != nil {
				t.Errorf("%s %s: %v", r.place, r.name, err)
			}
		}
	}
}

// limen law finds an article by every road: number and name of the act, bare
// article, whole citation, requirement; and says what it knows when asked for
// something else.
func TestLawAnswers(t *testing.T) {
	ask := func(act, article string) string {
		t.Helper()
		var b bytes.Buffer
		if err := Law(&b, act, article); err != nil {
			t.Errorf("law %s %s: %v", act, article, err)
		}
		return b.String()
	}
	all := ask("2017/2226", "")
	for _, want := range []string{"EES Regulation", "\nart 12(1)\n", "ees/art12_overstayers.go", "ees.flag_overstayers", "TestArt43_2_", "EES-028", "retention.file", "crossing_already_recorded"} {
		if !strings.Contains(all, want) {
			t.Errorf("law 2017/2226 does not show %q", want)
		}
	}
	for _, name := range []string{"EES", "ees", "ees regulation"} {
		if ask(name, "") != all {
			t.Errorf("law %s differs from law 2017/2226", name)
		}
	}
	if !strings.HasPrefix(ask("SBC", "6(1)"), "2016/399  Schengen Borders Code") {
		t.Error("SBC is not the Schengen Borders Code")
	}
	if one, wide := ask("EES", "12(1)"), ask("EES", "art 12"); !strings.Contains(wide, "\nart 12\n") || strings.Contains(one, "\nart 12\n") || !strings.Contains(wide, "\nart 12(1)\n") {
		t.Error("12(1) is part of 12 and not the other way round")
	}
	if ask("2017/2226 art 12(1)", "") != ask("EES", "12(1)") {
		t.Error("a whole citation is not read")
	}
	if bare := ask("6", ""); !strings.Contains(bare, "2016/399") {
		t.Error("a bare article is not looked up in every act")
	}
	if got := ask("EES-028", ""); !strings.Contains(got, "FlagOverstayers") {
		t.Errorf("EES-028 does not lead to its code:\n%s", got)
	}
	if list := ask("", ""); strings.Count(list, "\n") < len(law.Acts) {
		t.Errorf("%d lines for %d acts", strings.Count(list, "\n"), len(law.Acts))
	}
	for _, bad := range [][2]string{{"2099/1", ""}, {"EES", "999"}, {"999", ""}, {"EES-999", ""}, {"EES", "((("}, {"\x00", ""}} {
		var refusal *law.Refusal
		var b bytes.Buffer
		if err := Law(&b, bad[0], bad[1]); !errors.As(err, &refusal) || b.Len() > 0 {
			t.Errorf("law %q: %v", bad, err)
		}
	}
	var refusal *law.Refusal
	if err := Law(&bytes.Buffer{}, "2099/1", ""); errors.As(err, &refusal) {
		for _, a := range law.Acts {
			if !strings.Contains(refusal.Message, a.Number) || !strings.Contains(refusal.Message, a.Short) {
				t.Errorf("the refusal of an unknown act does not name %s %s", a.Number, a.Short)
			}
		}
	}
}

// articlesPage renders docs/articles.md.
func articlesPage(rows []indexRow) string {
	var b strings.Builder
	b.WriteString("# Articles\n\nMade by `go generate ./house` from the code, the tests and the tables of `house/testdata`; not written by hand.\n" +
		"For each provision: the code that cites it, and the tests that carry its number. Then the requirements, each with its code\nand tests, or why it is not implemented.\n")
	type cell struct{ code, tests, needs []string }
	put := func(list *[]string, s string) {
		if s != "" && !slices.Contains(*list, s) {
			*list = append(*list, s)
		}
	}
	cells := map[law.Citation]*cell{}
	at := func(cite law.Citation) *cell {
		if cells[cite] == nil {
			cells[cite] = new(cell)
		}
		return cells[cite]
	}
	gaps := map[string]string{}
	for _, r := range rows {
		if r.kind == "gap" {
			gaps[r.key] = gapWords(r)
		}
	}
	for _, r := range rows {
		switch file, _, _ := strings.Cut(r.place, ":"); r.kind {
		case "file":
			put(&at(law.Citation(r.key)).code, "**"+link(r.place)+"**")
		case "code":
			if c := at(law.Citation(r.key)); !slices.Contains(c.code, "**"+link(file)+"**") {
				put(&c.code, link(file))
			}
		case "test":
			put(&at(law.Citation(r.key)).tests, "`"+r.name+"`")
		case "need":
			for cite := range strings.SplitSeq(r.name, "; ") {
				put(&at(law.Citation(cite)).needs, strings.TrimSpace(r.key+". "+gaps[r.key]))
			}
		case "gap":
			if !requirement.MatchString(r.key) {
				put(&at(law.Citation(r.key)).needs, gaps[r.key])
			}
		}
	}
	for _, o := range Operations() {
		put(&at(o.Cite).code, "operation `"+string(o.Op)+"`")
	}
	for _, g := range Grants() {
		put(&at(g.Cite).code, "grant to "+string(g.Kind))
	}
	for _, p := range Params() {
		name := p.Describe().Name
		for _, prefix := range []string{"visa_list.", "acquis."} { // one for each state
			if strings.HasPrefix(name, prefix) {
				name = prefix + "…"
			}
		}
		for _, row := range p.Describe().Rows {
			put(&at(row.Cite).code, "parameter `"+name+"`")
		}
	}
	for _, d := range (&House{}).Duties() {
		put(&at(d.Cite).code, "duty `"+d.Name+"`")
	}
	for _, act := range law.Acts {
		var of []pinned
		for cite := range cells {
			if pin, err := cite.Parse(); err == nil && pin.Act == act.Number {
				of = append(of, pinned{entry{cite: cite}, pin})
			}
		}
		fmt.Fprintf(&b, "\n## %s %s\n\n%s. Text read: %s.\n", act.Number, act.Short, act.Title, act.Read)
		if len(of) == 0 {
			b.WriteString("\nNothing in the code cites it.\n")
			continue
		}
		slices.SortFunc(of, byPinpoint)
		b.WriteString("\n| Provision | Code | Tests | Requirements, and what is not implemented |\n|---|---|---|---|\n")
		for _, p := range of {
			c := cells[p.cite]
			provision := strings.TrimPrefix(strings.TrimPrefix(string(p.cite), act.Number), " ")
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", cmp.Or(provision, "the whole"), strings.Join(c.code, ", "), strings.Join(c.tests, ", "), strings.Join(c.needs, " "))
		}
	}
	requirementsTable(&b, rows)
	return b.String()
}

func requirementsTable(b *strings.Builder, rows []indexRow) {
	b.WriteString("\n## Requirements\n\n| Number | Article | Requirement | Code | Tests, or why not |\n|---|---|---|---|---|\n")
	for _, n := range rows {
		if n.kind != "need" {
			continue
		}
		var code, tests []string
		for _, r := range rows {
			if r.key != n.key {
				continue
			}
			file, _, _ := strings.Cut(r.place, ":")
			switch {
			case r.kind == "does" && !slices.Contains(code, link(file)):
				code = append(code, link(file))
			case r.kind == "proof":
				tests = append(tests, "`"+r.name+"`")
			}
		}
		last := strings.Join(tests, ", ")
		for _, r := range rows {
			switch {
			case r.kind != "gap" || r.key != n.key:
			case last == "":
				last = "Not implemented, because: " + r.note
			default:
				last += ". " + gapWords(r)
			}
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", n.key, n.name, n.note, strings.Join(code, ", "), strings.TrimSpace(last))
	}
}

func link(file string) string { return "[" + strings.TrimSuffix(file, ".go") + "](../" + file + ")" }
