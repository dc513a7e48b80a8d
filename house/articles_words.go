package house

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"limen/law"
)

// answerRequirement writes one requirement with its code and tests.
func answerRequirement(w io.Writer, number string, asJSON bool) error {
	all, err := readRequirements()
	if err != nil {
		return err
	}
	r := all[number]
	if r == nil {
		return law.BadField("act", "unknown_requirement", "", number+" is no requirement of this program. Their list stands in docs/articles.md.")
	}
	if asJSON {
		return writeJSON(w, r)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s  %s\n", r.Number, r.Text)
	for _, c := range r.Article {
		fmt.Fprintf(&b, labelled, "article", c)
	}
	for _, c := range r.Code {
		fmt.Fprintf(&b, labelled, "code", c.words(""))
	}
	for _, t := range r.Tests {
		fmt.Fprintf(&b, labelled, "test", t.words())
	}
	fmt.Fprintf(&b, labelled, "state", stateWords(r.State, r.Because))
	_, err = w.Write(b.Bytes())
	return err
}

// labelled is a line under a provision: what it is, and what it says.
const labelled = "  %-11s  %s\n"

// writeAnswers writes answers as people read them; with overview each act
// begins with one line for each paragraph.
func writeAnswers(w io.Writer, answers []ActAnswer, overview bool) error {
	var b bytes.Buffer
	for i := range answers {
		if i > 0 {
			b.WriteString("\n")
		}
		answers[i].write(&b, overview)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (a *ActAnswer) write(b *bytes.Buffer, overview bool) {
	fmt.Fprintf(b, "%s  %s\n%s\ntext read: %s\n", a.Act, a.Name, a.Title, a.Read)
	if a.Pending {
		b.WriteString("This text was not available: its duties come from another act.\n")
	}
	if len(a.Provisions) == 0 {
		b.WriteString("Named in law.Acts, and nothing in the program cites it.\n")
	}
	if overview && len(a.Provisions) > 1 {
		b.WriteString("\n")
		for i := range a.Provisions {
			p := &a.Provisions[i]
			var numbers []string
			for _, r := range p.Requirements {
				numbers = append(numbers, r.Number)
			}
			line := fmt.Sprintf("  %-12s  %-15s  %3d in code  %3d tests  %s", p.heading(a.Act), p.State, len(p.Code), len(p.allTests()), strings.Join(numbers, " "))
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	for i := range a.Provisions {
		a.Provisions[i].write(b, a.Act)
	}
}

func (p *ProvisionAnswer) heading(act string) string {
	if string(p.Provision) == act {
		return "the act as a whole"
	}
	return strings.TrimPrefix(string(p.Provision), act+" ")
}

// allTests are the tests of the provision and of its requirements, each once.
func (p *ProvisionAnswer) allTests() []TestAnswer {
	all := slices.Clone(p.Tests)
	for _, r := range p.Requirements {
		for _, t := range r.Tests {
			if !slices.Contains(all, t) {
				all = append(all, t)
			}
		}
	}
	return all
}

func (p *ProvisionAnswer) write(b *bytes.Buffer, act string) {
	fmt.Fprintf(b, "\n%s\n", p.heading(act))
	if p.State == NotNamed {
		fmt.Fprintf(b, labelled, "state", stateWords(p.State, ""))
		return
	}
	for _, c := range p.Code {
		label := "code"
		if c.Function == "" {
			label = "rules in"
		}
		fmt.Fprintf(b, labelled, label, c.words(p.Provision))
	}
	for _, o := range p.Others {
		fmt.Fprintf(b, labelled, o.Kind, fmt.Sprintf("%-38s  %s", o.Name, o.What))
	}
	for _, r := range p.Requirements {
		fmt.Fprintf(b, labelled, "requirement", r.Number+"  "+r.Text)
		for _, t := range r.Tests {
			fmt.Fprintf(b, labelled, "", "  "+t.words())
		}
		if r.State != Done {
			fmt.Fprintf(b, labelled, "", "  "+stateWords(r.State, r.Because))
		}
	}
	for _, t := range p.Tests {
		fmt.Fprintf(b, labelled, "test", t.words())
	}
	for _, why := range p.Because {
		fmt.Fprintf(b, labelled, "not done", why)
	}
	if len(p.Because) == 0 {
		fmt.Fprintf(b, labelled, "state", stateWords(p.State, ""))
	}
}

func (t TestAnswer) words() string {
	return fmt.Sprintf("%-38s  %s", t.File+":"+strconv.Itoa(t.Line), t.Name)
}

// words is the declaration with its place, and the point it cites where that is
// narrower than the provision.
func (c CodeAnswer) words(under law.Citation) string {
	if c.Function == "" {
		return c.File
	}
	lines := make([]string, len(c.Lines))
	for i, n := range c.Lines {
		lines[i] = strconv.Itoa(n)
	}
	s := fmt.Sprintf("%-38s  %s", c.File+":"+strings.Join(lines, ","), c.Function)
	if len(c.Codes) > 0 {
		s += ": " + strings.Join(c.Codes, ", ")
	}
	if point := strings.TrimPrefix(string(c.Cite), string(under)); under != "" && point != "" {
		s += "  " + point
	}
	return s
}

func stateWords(s ProvisionState, because string) string {
	switch {
	case s == NotNamed:
		return "nothing here speaks of this paragraph by itself: see the article"
	case s == WithoutTest:
		return "in the code; no test names it"
	case s == NamedOnly:
		return "named here; no code of its own"
	case because != "":
		return string(s) + ", because: " + because
	}
	return string(s)
}
