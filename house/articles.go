package house

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
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
	in    string // of an outcome: the declaration that it comes from
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
	add := func(cite law.Citation, kind, where, what string) {
		all = append(all, entry{cite, kind, where, what, ""})
	}
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
				all = append(all, entry{law.Citation(r.key), "outcome", r.place, r.note, r.name})
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

// Law writes what stands in this program for an act or an article: for each
// paragraph the code and its functions, the requirements with their tests, the
// tests, and what is not implemented and why; with it the operations, grants,
// duties and parameters that rest on it.
//
// act is a number as in the Official Journal or a name in use ("2017/2226",
// "EES", "SBC"), "all" for every act, a bare article ("23") to look it up in
// every act, a whole citation, or the number of a requirement ("EES-050"); with
// no act at all the acts are listed. article narrows an act: "23", "23(2)",
// "annex V". An unknown act is a law.Refusal that lists the acts.
func Law(w io.Writer, act, article string) error { return answerLaw(w, act, article, false) }

// LawJSON is Law as JSON: a list of ActAnswer, of law.Act where no act is named,
// or one RequirementAnswer.
func LawJSON(w io.Writer, act, article string) error { return answerLaw(w, act, article, true) }

func answerLaw(w io.Writer, act, article string, asJSON bool) error {
	all, err := entries()
	if err != nil {
		return err
	}
	var acts []law.Act
	switch pin, wrong := law.Citation(act).Parse(); {
	case act == "" && asJSON:
		return writeJSON(w, law.Acts)
	case act == "":
		return listActs(w, all)
	case requirement.MatchString(strings.ToUpper(act)):
		return answerRequirement(w, strings.ToUpper(act), asJSON)
	case bareArticle.MatchString(act) && article == "":
		acts, article = law.Acts, act
	case strings.EqualFold(act, "all"):
		acts = law.Acts
	case wrong == nil && pin.Kind != "" && article == "":
		found, _ := law.ActByNumber(pin.Act)
		acts, article = []law.Act{found}, strings.TrimPrefix(act, pin.Act+" ")
	default:
		found, err := findAct(act)
		if err != nil {
			return err
		}
		acts = []law.Act{found}
	}
	answers, err := lookUp(all, acts, article)
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(w, answers)
	}
	return writeAnswers(w, answers, article != "")
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
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

func listActs(w io.Writer, all []entry) error {
	b := new(bytes.Buffer)
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
	_, err := w.Write(b.Bytes())
	return err
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
