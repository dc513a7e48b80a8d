package house

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	"limen/access"
	"limen/law"
)

// The index of the source by article: which file, declaration and test speaks
// of which pinpoint, and what the requirements are. A binary answers from it
// without the source. It is made from the code, as docs/articles.md is, and a
// test fails when either is stale.
//
//go:generate go test -run ^Test(Articles|Divergences)AreGenerated$ -count 1 . -update
//go:embed articles.tsv
var articlesTSV string

// indexRow is one line of the index. What its members hold depends on the kind:
//
//	kind   key          place            name              note
//	file   citation     file             topic             -
//	code   citation     file:line        declaration       code of the refusal or finding
//	test   citation     file:line        test              -
//	need   requirement  -                citations         wording
//	does   requirement  file:line        declaration       -
//	proof  requirement  file:line        test              -
//	gap    either       -                "no" or "part"    why
type indexRow struct{ kind, key, place, name, note string }

// writeIndex is the form of articles.tsv.
func writeIndex(rows []indexRow) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(strings.Join([]string{r.kind, r.key, r.place, r.name, r.note}, "\t") + "\n")
	}
	return b.String()
}

var readIndex = sync.OnceValues(func() ([]indexRow, error) {
	var rows []indexRow
	for line := range strings.Lines(articlesTSV) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cells) != 5 {
			return nil, fmt.Errorf("house: index of articles: %d cells in %q", len(cells), line)
		}
		rows = append(rows, indexRow{cells[0], cells[1], cells[2], cells[3], cells[4]})
	}
	return rows, nil
})

// entry is one thing that stands in the house at a pinpoint.
type entry struct {
	cite  law.Citation
	kind  string // "rules in", "code", "refusal", "operation", "grant", "parameter", "duty", "test", "requirement", "not done"
	where string
	what  string
}

// kindsInOrder is the order of the entries of one pinpoint.
var kindsInOrder = []string{"rules in", "operation", "grant", "duty", "parameter", "code", "outcome", "test", "requirement", "not done"}

// entries collects what the index, the grants, the operations, the parameters
// and the duties say, by citation.
func entries() ([]entry, error) {
	rows, err := readIndex()
	if err != nil {
		return nil, err
	}
	var all []entry
	add := func(cite law.Citation, kind, where, what string) { all = append(all, entry{cite, kind, where, what}) }
	gaps := map[string]string{}
	for _, r := range rows {
		if r.kind == "gap" {
			gaps[r.key] = gapWords(r)
		}
	}
	for _, r := range rows {
		switch r.kind {
		case "file":
			add(law.Citation(r.key), "rules in", r.place, r.name)
		case "code":
			if r.note == "" {
				add(law.Citation(r.key), "code", r.place, r.name)
			} else {
				add(law.Citation(r.key), "outcome", r.place, r.note)
			}
		case "test":
			add(law.Citation(r.key), "test", r.place, r.name)
		case "need":
			for cite := range strings.SplitSeq(r.name, "; ") {
				add(law.Citation(cite), "requirement", r.key, r.note)
				if gaps[r.key] != "" {
					add(law.Citation(cite), "not done", r.key, gaps[r.key])
				}
			}
		case "gap":
			if _, err := law.Citation(r.key).Parse(); err == nil {
				add(law.Citation(r.key), "not done", "", gaps[r.key])
			}
		}
	}
	for _, o := range Operations() {
		add(o.Cite, "operation", string(o.Op), o.Title)
	}
	for _, g := range Grants() {
		add(g.Cite, "grant", string(g.Op), grantWords(g))
	}
	for _, d := range (&House{}).Duties() {
		add(d.Cite, "duty", d.Name, d.Title)
	}
	for _, p := range Params() {
		info := p.Describe()
		for _, row := range info.Rows {
			what := "from " + row.From.String() + ": " + row.Value
			if info.Unit != "" {
				what += " " + info.Unit
			}
			if row.Unconfirmed {
				what += " (unconfirmed: " + row.Note + ")"
			}
			add(row.Cite, "parameter", info.Name, what)
		}
	}
	return all, nil
}

func gapWords(r indexRow) string {
	if r.name == "part" {
		return "In part: " + r.note
	}
	return "Not implemented: " + r.note
}

func grantWords(g access.Grant) string {
	s := string(g.Kind) + " for " + string(g.Purpose)
	if len(g.Keys) > 0 {
		s += ", searching by " + joined(g.Keys)
	}
	if len(g.Returns) > 0 {
		s += ", receiving " + joined(g.Returns)
	}
	if g.Case {
		s += ", with a case reference"
	}
	return s
}

func joined[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return strings.Join(words, ", ")
}

var (
	bareArticle = regexp.MustCompile(`^[0-9]+[a-z]{0,2}(\([0-9a-z]+\))*$`)
	requirement = regexp.MustCompile(`^[A-Z]{3}-[0-9]{3}$`)
)

// Law writes what stands in this program for an act or an article: files,
// operations, grants, parameters, refusals, requirements and tests, pinpoint by
// pinpoint.
//
// act is a number as in the Official Journal or a name in use ("2017/2226",
// "EES", "SBC"), "all" for every act, a bare article ("23") to look it up in
// every act, a whole citation, or the number of a requirement ("EES-050"); with
// no act at all the acts are listed. article narrows an act: "23", "23(2)",
// "annex V". An unknown act is a law.Refusal that lists the acts.
func Law(w io.Writer, act, article string) error {
	all, err := entries()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	switch pin, wrong := law.Citation(act).Parse(); {
	case act == "":
		listActs(&b, all)
	case requirement.MatchString(strings.ToUpper(act)):
		err = writeRequirement(&b, strings.ToUpper(act))
	case bareArticle.MatchString(act) && article == "":
		err = writeActs(&b, all, law.Acts, act)
	case strings.EqualFold(act, "all"):
		err = writeActs(&b, all, law.Acts, article)
	case wrong == nil && pin.Kind != "" && article == "":
		found, _ := law.ActByNumber(pin.Act)
		err = writeActs(&b, all, []law.Act{found}, strings.TrimPrefix(act, pin.Act+" "))
	default:
		var found law.Act
		if found, err = findAct(act); err == nil {
			err = writeActs(&b, all, []law.Act{found}, article)
		}
	}
	if err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// findAct finds an act by its number, its short name, what the name begins with
// before "Regulation", or its initials: SBC is the Schengen Borders Code.
func findAct(name string) (law.Act, error) {
	for _, is := range []func(law.Act) bool{
		func(a law.Act) bool { return strings.EqualFold(a.Number, name) },
		func(a law.Act) bool { return strings.EqualFold(a.Short, name) },
		func(a law.Act) bool { return strings.EqualFold(a.Short, name+" Regulation") },
		func(a law.Act) bool { return strings.EqualFold(initials(a.Short), name) },
	} {
		if i := slices.IndexFunc(law.Acts, is); i >= 0 {
			return law.Acts[i], nil
		}
	}
	lines := make([]string, len(law.Acts))
	for i, a := range law.Acts {
		lines[i] = fmt.Sprintf("  %-10s  %s", a.Number, a.Short)
	}
	return law.Act{}, law.BadField("act", "unknown_act", "",
		fmt.Sprintf("%q is no act that this program cites. Name one of these, by number or name:\n%s", name, strings.Join(lines, "\n")))
}

func initials(name string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(name) {
		b.WriteString(word[:1])
	}
	return b.String()
}

func listActs(b *bytes.Buffer, all []entry) {
	fmt.Fprintf(b, "%-10s  %-36s  %9s  %5s  %s\n", "act", "name", "pinpoints", "tests", "text read")
	for _, a := range law.Acts {
		pins := map[law.Citation]bool{}
		tests := 0
		for _, e := range all {
			if e.cite.Act() != a.Number {
				continue
			}
			pins[e.cite] = true
			if e.kind == "test" {
				tests++
			}
		}
		fmt.Fprintf(b, "%-10s  %-36s  %9d  %5d  %s\n", a.Number, a.Short, len(pins), tests, a.Read)
	}
	b.WriteString("\nAsk for one: limen law 2017/2226, limen law EES 23, limen law SBC 6(1), limen law 23, limen law EES-050.\n")
}

// asked is an article as somebody types it: kind "" leaves open whether it is
// an article, an annex or a section; all is no article at all.
type asked struct {
	all          bool
	kind, number string
	path         []string
}

func parseAsked(s string) asked {
	s = strings.TrimSpace(s)
	a := asked{all: s == ""}
	for prefix, kind := range map[string]string{"article ": "art", "art ": "art", "annex ": "annex", "section ": "s", "s ": "s"} {
		if rest, ok := strings.CutPrefix(strings.ToLower(s), prefix); ok {
			a.kind, s = kind, s[len(s)-len(rest):]
			break
		}
	}
	number, rest, _ := strings.Cut(s, "(")
	a.number, _, _ = strings.Cut(strings.TrimSpace(number), " ")
	if rest != "" {
		a.path = strings.Split(strings.TrimSuffix(rest, ")"), ")(")
	}
	return a
}

func (a asked) covers(p law.Pinpoint) bool {
	if a.all {
		return true
	}
	return (a.kind == "" || a.kind == p.Kind) && strings.EqualFold(a.number, p.Number) &&
		len(p.Path) >= len(a.path) && slices.Equal(a.path, p.Path[:len(a.path)])
}

// pinned is an entry with its citation taken apart.
type pinned struct {
	entry
	pin law.Pinpoint
}

// writeActs writes the pinpoints of the acts that the article covers.
func writeActs(b *bytes.Buffer, all []entry, acts []law.Act, article string) error {
	want := parseAsked(article)
	for _, act := range acts {
		var of []pinned
		for _, e := range all {
			if e.cite.Act() != act.Number {
				continue
			}
			pin, err := e.cite.Parse()
			if err != nil {
				return err
			}
			if want.covers(pin) {
				of = append(of, pinned{e, pin})
			}
		}
		if len(of) > 0 {
			if b.Len() > 0 {
				b.WriteString("\n")
			}
			writeAct(b, act, of)
		}
	}
	switch {
	case b.Len() > 0:
		return nil
	case len(acts) == 1 && article == "":
		fmt.Fprintf(b, "%s %s: named in law.Acts, and nothing in the program cites it.\n", acts[0].Number, acts[0].Short)
		return nil
	case len(acts) == 1:
		return law.Refuse(law.NotFound, "article_not_cited", "",
			fmt.Sprintf("Nothing in this program cites %q of %s (%s). See what it does cite: limen law %s.", article, acts[0].Number, acts[0].Short, acts[0].Number))
	}
	return law.Refuse(law.NotFound, "article_not_cited", "", fmt.Sprintf("Nothing in this program cites article %q of any act. See the acts: limen law.", article))
}

func writeAct(b *bytes.Buffer, act law.Act, of []pinned) {
	fmt.Fprintf(b, "%s  %s\n%s\ntext read: %s\n", act.Number, act.Short, act.Title, act.Read)
	if act.Pending {
		b.WriteString("This text was not available: its duties come from another act.\n")
	}
	slices.SortStableFunc(of, byPinpoint)
	var last law.Citation
	for i := 0; i < len(of); i++ {
		e := of[i]
		if i == 0 || e.cite != last {
			last = e.cite
			heading := strings.TrimPrefix(string(e.cite), act.Number+" ")
			if e.cite == law.Citation(act.Number) {
				heading = "the act as a whole"
			}
			fmt.Fprintf(b, "\n%s\n", heading)
		}
		// A declaration that cites the place several times is one line.
		for ; i+1 < len(of) && sameDeclaration(e.entry, of[i+1].entry); i++ {
			if _, line, ok := strings.Cut(of[i+1].where, ":"); ok && of[i+1].where != of[i].where {
				e.where += "," + line
			}
		}
		if e.where == "" {
			fmt.Fprintf(b, "  %-11s  %s\n", e.kind, e.what)
		} else {
			fmt.Fprintf(b, "  %-11s  %-38s  %s\n", e.kind, e.where, e.what)
		}
	}
}

func sameDeclaration(x, y entry) bool {
	fileX, _, _ := strings.Cut(x.where, ":")
	fileY, _, _ := strings.Cut(y.where, ":")
	return x.cite == y.cite && x.kind == y.kind && x.what == y.what && fileX == fileY
}

// byPinpoint orders as an act does: articles by number, then annexes and
// sections; within a pinpoint by kind of entry.
func byPinpoint(x, y pinned) int {
	place := func(p law.Pinpoint) int { return slices.Index([]string{"", "art", "annex", "s"}, p.Kind) }
	return cmp.Or(
		cmp.Compare(place(x.pin), place(y.pin)),
		cmp.Compare(x.pin.Ordinal, y.pin.Ordinal),
		cmp.Compare(x.pin.Number, y.pin.Number),
		slices.CompareFunc(x.pin.Path, y.pin.Path, numbersFirst),
		cmp.Compare(x.pin.Part, y.pin.Part),
		cmp.Compare(slices.Index(kindsInOrder, x.kind), slices.Index(kindsInOrder, y.kind)),
		comparePlaces(x.where, y.where),
		cmp.Compare(x.what, y.what),
	)
}

// comparePlaces orders "file:line" by file, then by line.
func comparePlaces(x, y string) int {
	fileX, lineX, _ := strings.Cut(x, ":")
	fileY, lineY, _ := strings.Cut(y, ":")
	return cmp.Or(cmp.Compare(fileX, fileY), cmp.Compare(leading(lineX), leading(lineY)))
}

// numbersFirst orders 2 before 10 and both before a letter.
func numbersFirst(x, y string) int {
	return cmp.Or(cmp.Compare(leading(x), leading(y)), cmp.Compare(x, y))
}

func leading(s string) int {
	n, digits := 0, 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		n = n*10 + int(s[digits]-'0')
		digits++
	}
	if digits == 0 {
		return 1 << 20
	}
	return n
}

// writeRequirement writes one requirement with its code and tests.
func writeRequirement(b *bytes.Buffer, number string) error {
	rows, err := readIndex()
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.key != number {
			continue
		}
		switch r.kind {
		case "need":
			fmt.Fprintf(b, "%s  %s\n  %-11s  %s\n", r.key, r.note, "article", r.name)
		case "does":
			fmt.Fprintf(b, "  %-11s  %-38s  %s\n", "code", r.place, r.name)
		case "proof":
			fmt.Fprintf(b, "  %-11s  %-38s  %s\n", "test", r.place, r.name)
		case "gap":
			fmt.Fprintf(b, "  %-11s  %s\n", "not done", gapWords(r))
		}
	}
	if b.Len() == 0 {
		return law.BadField("act", "unknown_requirement", "", number+" is no requirement of this program. Their list stands in docs/articles.md.")
	}
	return nil
}
