package house

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"limen/law"
)

// ActAnswer is what stands in the program for an act, or for what was asked of it.
type ActAnswer struct {
	Act        string            `json:"act"`
	Name       string            `json:"name"`
	Title      string            `json:"title"`
	Read       string            `json:"text_read"`
	Pending    bool              `json:"text_not_available,omitempty"`
	Provisions []ProvisionAnswer `json:"provisions"`
}

// ProvisionAnswer is what stands in the program for one paragraph, or for an
// article, an annex or a section as a whole. Points stand under their paragraph.
type ProvisionAnswer struct {
	Provision    law.Citation        `json:"provision"`
	State        ProvisionState      `json:"state"`
	Because      []string            `json:"because,omitempty"` // why it is not done, or not all of it
	Code         []CodeAnswer        `json:"code"`
	Requirements []RequirementAnswer `json:"requirements"`
	Tests        []TestAnswer        `json:"tests"`
	Others       []OtherAnswer       `json:"others,omitempty"`
}

// ProvisionState says how far a provision is carried out.
type ProvisionState string

// The states of a provision.
const (
	Done           ProvisionState = "done"            // in the code, and a test names it or a requirement of it
	DoneInPart     ProvisionState = "in part"         // and why
	NotImplemented ProvisionState = "not implemented" // and why
	WithoutTest    ProvisionState = "in the code"     // no test names it
	NamedOnly      ProvisionState = "named"           // by a test, a parameter or a grant; no code cites it
	NotNamed       ProvisionState = "not named"       // nothing speaks of this paragraph by itself
)

// CodeAnswer is a declaration that cites the provision.
type CodeAnswer struct {
	Cite     law.Citation `json:"cites"`
	File     string       `json:"file"`
	Lines    []int        `json:"lines,omitempty"`
	Function string       `json:"function,omitempty"` // "" for a file that holds the rules of the article
	Codes    []string     `json:"codes,omitempty"`    // of refusals, findings and reasons
}

// TestAnswer is a test.
type TestAnswer struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Name string `json:"name"`
}

// RequirementAnswer is a requirement with its code and its tests.
type RequirementAnswer struct {
	Number  string         `json:"number"`
	Text    string         `json:"text"`
	Article []law.Citation `json:"article"`
	State   ProvisionState `json:"state"`
	Because string         `json:"because,omitempty"`
	Code    []CodeAnswer   `json:"code"`
	Tests   []TestAnswer   `json:"tests"`
}

// OtherAnswer is an operation, a grant, a duty or a row of a parameter.
type OtherAnswer struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	What string `json:"what"`
}

// lookUp gathers what the program holds for the acts, as far as the article
// covers it. An act has the paragraphs up to the highest that anything cites:
// one that nothing cites stands there as well, and says so.
func lookUp(all []entry, acts []law.Act, article string) ([]ActAnswer, error) {
	want := parseAsked(article)
	requirements, err := readRequirements()
	if err != nil {
		return nil, err
	}
	answers := []ActAnswer{}
	for _, act := range acts {
		var of []pinned
		for _, e := range all {
			if e.cite.Act() != act.Number {
				continue
			}
			pin, err := e.cite.Parse()
			if err != nil {
				return nil, err
			}
			if want.covers(pin) {
				of = append(of, pinned{e, pin})
			}
		}
		if len(of) == 0 {
			continue
		}
		slices.SortStableFunc(of, byPinpoint)
		a := ActAnswer{Act: act.Number, Name: act.Short, Title: act.Title, Read: act.Read, Pending: act.Pending}
		for _, p := range of {
			cite := paragraphOf(act.Number, p.pin)
			a.fillUpTo(cite, p.pin, want)
			if n := len(a.Provisions); n == 0 || a.Provisions[n-1].Provision != cite {
				a.Provisions = append(a.Provisions, ProvisionAnswer{Provision: cite, Code: []CodeAnswer{}, Requirements: []RequirementAnswer{}, Tests: []TestAnswer{}})
			}
			a.Provisions[len(a.Provisions)-1].add(p.entry, requirements)
		}
		for i := range a.Provisions {
			a.Provisions[i].settle()
		}
		a.wholeByParts()
		answers = append(answers, a)
	}
	switch {
	case len(answers) > 0:
		return answers, nil
	case len(acts) == 1 && article == "":
		return []ActAnswer{{Act: acts[0].Number, Name: acts[0].Short, Title: acts[0].Title, Read: acts[0].Read, Pending: acts[0].Pending, Provisions: []ProvisionAnswer{}}}, nil
	case len(acts) == 1:
		return nil, law.Refuse(law.NotFound, "article_not_cited", "",
			fmt.Sprintf("Nothing in this program cites %q of %s (%s). See what it does cite: limen law %s.", article, acts[0].Number, acts[0].Short, acts[0].Number))
	}
	return nil, law.Refuse(law.NotFound, "article_not_cited", "", fmt.Sprintf("Nothing in this program cites article %q of any act. See the acts: limen law.", article))
}

// paragraphOf is the paragraph that a pinpoint lies in, or the whole article,
// annex or section.
func paragraphOf(act string, p law.Pinpoint) law.Citation {
	if p.Kind == "" {
		return law.Citation(act)
	}
	cite := act + " " + p.Kind + " " + p.Number
	if len(p.Path) > 0 {
		cite += "(" + p.Path[0] + ")"
	}
	if p.Part != "" {
		cite += " part " + p.Part
	}
	return law.Citation(cite)
}

// fillUpTo adds the paragraphs of an article between the last one there and the
// one that follows: paragraphs are numbered without gaps.
func (a *ActAnswer) fillUpTo(cite law.Citation, pin law.Pinpoint, want asked) {
	if pin.Kind != "art" || len(pin.Path) == 0 || len(want.path) > 0 {
		return
	}
	from := 0
	if n := len(a.Provisions); n > 0 {
		last := a.Provisions[n-1].Provision
		if last == cite {
			return
		}
		if p, err := last.Parse(); err == nil && p.Kind == "art" && p.Number == pin.Number && len(p.Path) > 0 {
			from = leading(p.Path[0])
		}
	}
	for n := from + 1; n < leading(pin.Path[0]) && leading(pin.Path[0]) < 1<<20; n++ {
		a.Provisions = append(a.Provisions, ProvisionAnswer{Provision: law.Citation(a.Act + " art " + pin.Number + "(" + strconv.Itoa(n) + ")"),
			Code: []CodeAnswer{}, Requirements: []RequirementAnswer{}, Tests: []TestAnswer{}})
	}
}

func (p *ProvisionAnswer) add(e entry, requirements map[string]*RequirementAnswer) {
	file, line := splitPlace(e.where)
	switch e.kind {
	case "rules in":
		p.Code = append(p.Code, CodeAnswer{Cite: e.cite, File: e.where})
	case "code":
		p.addCode(e.cite, file, line, e.what, "")
	case "outcome":
		p.addCode(e.cite, file, line, e.in, e.what)
	case "test":
		p.Tests = append(p.Tests, TestAnswer{file, line, e.what})
	case "requirement":
		if r := requirements[e.where]; r != nil && !slices.ContainsFunc(p.Requirements, func(have RequirementAnswer) bool { return have.Number == r.Number }) {
			p.Requirements = append(p.Requirements, *r)
		}
	case "not done":
		if e.where == "" { // of the provision itself; a requirement has its own
			p.Because = append(p.Because, e.what)
		}
	default:
		p.Others = append(p.Others, OtherAnswer{e.kind, e.where, e.what})
	}
}

func (p *ProvisionAnswer) addCode(cite law.Citation, file string, line int, function, code string) {
	i := slices.IndexFunc(p.Code, func(c CodeAnswer) bool { return c.Cite == cite && c.File == file && c.Function == function })
	if i < 0 {
		i = len(p.Code)
		p.Code = append(p.Code, CodeAnswer{Cite: cite, File: file, Function: function})
	}
	c := &p.Code[i]
	if !slices.Contains(c.Lines, line) {
		c.Lines = append(c.Lines, line)
	}
	if code != "" && !slices.Contains(c.Codes, code) {
		c.Codes = append(c.Codes, code)
	}
}

// settle says how far the provision is carried out.
func (p *ProvisionAnswer) settle() {
	tested := len(p.Tests) > 0
	undone, partly := 0, len(p.Because) > 0 && strings.HasPrefix(p.Because[0], "In part")
	for _, r := range p.Requirements {
		tested = tested || len(r.Tests) > 0
		partly = partly || r.State == DoneInPart
		if r.State == NotImplemented {
			undone++
		}
	}
	declared := len(p.Code) > 0
	switch {
	case len(p.Code)+len(p.Requirements)+len(p.Tests)+len(p.Others)+len(p.Because) == 0:
		p.State = NotNamed
	case partly || undone > 0 && (undone < len(p.Requirements) || declared && tested):
		p.State = DoneInPart
	case len(p.Because) > 0 || undone > 0:
		p.State = NotImplemented
	case declared && !tested:
		p.State = WithoutTest
	case tested && (declared || len(p.Requirements) > 0):
		p.State = Done
	default:
		p.State = NamedOnly
	}
}

// wholeByParts lets no article pass for done of which a paragraph is not.
func (a *ActAnswer) wholeByParts() {
	for i := range a.Provisions {
		whole := &a.Provisions[i]
		for k := i + 1; k < len(a.Provisions) && strings.HasPrefix(string(a.Provisions[k].Provision), string(whole.Provision)+"("); k++ {
			if s := a.Provisions[k].State; whole.State == Done && (s == NotImplemented || s == DoneInPart) {
				whole.State = DoneInPart
			}
		}
	}
}

func splitPlace(place string) (file string, line int) {
	file, number, _ := strings.Cut(place, ":")
	line, _ = strconv.Atoi(number)
	return file, line
}

// readRequirements are the requirements of the index, by number.
func readRequirements() (map[string]*RequirementAnswer, error) {
	rows, err := readIndex()
	if err != nil {
		return nil, err
	}
	all := map[string]*RequirementAnswer{}
	for _, r := range rows {
		if r.kind == "need" {
			need := &RequirementAnswer{Number: r.key, Text: r.note, State: Done, Code: []CodeAnswer{}, Tests: []TestAnswer{}}
			for cite := range strings.SplitSeq(r.name, "; ") {
				need.Article = append(need.Article, law.Citation(cite))
			}
			all[r.key] = need
		}
	}
	for _, r := range rows {
		need := all[r.key]
		if need == nil {
			continue
		}
		file, line := splitPlace(r.place)
		switch r.kind {
		case "does":
			need.Code = append(need.Code, CodeAnswer{File: file, Lines: []int{line}, Function: r.name})
		case "proof":
			need.Tests = append(need.Tests, TestAnswer{file, line, r.name})
		case "gap":
			need.Because, need.State = r.note, NotImplemented
			if r.name == "part" {
				need.State = DoneInPart
			}
		}
	}
	return all, nil
}
