package house

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"limen/law"
)

// provision asks for one provision as JSON.
func provision(t *testing.T, cite string) (p ProvisionAnswer) {
	t.Helper()
	var b bytes.Buffer
	var answers []ActAnswer
	if err := LawJSON(&b, cite, ""); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b.Bytes(), &answers); err != nil || len(answers) != 1 {
		t.Fatalf("%s: %d acts, %v", cite, len(answers), err)
	}
	i := slices.IndexFunc(answers[0].Provisions, func(p ProvisionAnswer) bool { return string(p.Provision) == cite })
	if i < 0 {
		t.Fatalf("%s is not answered", cite)
	}
	return answers[0].Provisions[i]
}

// Each paragraph names its files and functions with what they answer, its
// requirements in words with their tests, and its own tests; points stand under
// their paragraph.
func TestLawAnswersByParagraph(t *testing.T) {
	p := provision(t, "2017/2226 art 11(2)")
	code := func(file, function string) *CodeAnswer {
		i := slices.IndexFunc(p.Code, func(c CodeAnswer) bool { return c.File == file && c.Function == function })
		if i < 0 {
			t.Errorf("%s of %s is not there", function, file)
			return &CodeAnswer{}
		}
		return &p.Code[i]
	}
	if c := code("ees/art11_calculator.go", "calculation.scan"); !slices.Contains(c.Codes, "no_day") || len(c.Lines) == 0 || c.Cite != "2017/2226 art 11(2)" {
		t.Errorf("%+v", c)
	}
	if c := code("ees/art23_findings.go", "checking.weighVisa"); c.Cite != "2017/2226 art 11(2)(a)" || !slices.Contains(c.Codes, "entries_exhausted") {
		t.Errorf("a point under its paragraph: %+v", c)
	}
	if i := slices.IndexFunc(p.Requirements, func(r RequirementAnswer) bool { return r.Number == "EES-026" }); i < 0 || p.Requirements[i].Text == "" ||
		!slices.ContainsFunc(p.Requirements[i].Tests, func(x TestAnswer) bool { return x.Name == "TestArt11_E25_EntriesUsedUp" && x.Line > 0 }) {
		t.Errorf("%+v", p.Requirements)
	}
	if !slices.ContainsFunc(p.Tests, func(x TestAnswer) bool { return x.Name == "TestArt11_2_a_VisaEntriesAndDays" }) || p.State != Done {
		t.Errorf("%s, %+v", p.State, p.Tests)
	}
	var b bytes.Buffer
	if err := Law(&b, "EES", "11(2)"); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"  requirement  EES-026  ", "checking.weighVisa: entries_exhausted  (a)", "TestArt11_E25_EntriesUsedUp", "  state        done\n"} {
		if !strings.Contains(b.String(), line) {
			t.Errorf("the answer lacks %q:\n%s", line, b.String())
		}
	}
}

// What is not implemented, or in part, says why; an article is not done of which
// a paragraph is not.
func TestLawSaysWhatIsNotDoneAndWhy(t *testing.T) {
	rows, err := readIndex()
	if err != nil {
		t.Fatal(err)
	}
	articles := map[string]string{}
	for _, r := range rows {
		if r.kind == "need" {
			articles[r.key], _, _ = strings.Cut(r.name, ";")
		}
	}
	for _, r := range rows {
		if r.kind != "gap" {
			continue
		}
		cite := cmp.Or(articles[r.key], r.key)
		var b bytes.Buffer
		if err := Law(&b, cite, ""); err != nil {
			t.Errorf("%s: %v", cite, err)
			continue
		}
		if !strings.Contains(b.String(), r.note) {
			t.Errorf("law %s does not say of %s: %s", cite, r.key, r.note)
		}
		pin, err := law.Citation(cite).Parse()
		if err != nil {
			t.Fatal(err)
		}
		if state := provision(t, string(paragraphOf(pin.Act, pin))).State; state == Done {
			t.Errorf("%s is told as done, and %s is not: %s", cite, r.key, r.note)
		}
		var whole []ActAnswer
		b.Reset()
		if err := LawJSON(&b, pin.Act, pin.Number); err == nil && json.Unmarshal(b.Bytes(), &whole) == nil && pin.Kind == "art" {
			if first := whole[0].Provisions[0]; string(first.Provision) == pin.Act+" art "+pin.Number && first.State == Done {
				t.Errorf("%s is told as done, and %s of it is not", first.Provision, r.key)
			}
		}
	}
}

// An article has every paragraph up to the last that anything cites: one that
// nothing speaks of is shown and says so, and a question about one paragraph
// shows no other.
func TestLawShowsParagraphsThatNothingNames(t *testing.T) {
	cited := func(path ...string) pinned {
		cite := "2017/2226 art 99"
		for _, p := range path {
			cite += "(" + p + ")"
		}
		return pinned{entry: entry{cite: law.Citation(cite), kind: "test", where: "a_test.go:1", what: "TestA"}}
	}
	var all []entry
	for _, p := range []pinned{cited(), cited("2"), cited("2a"), cited("5", "b"), cited("5")} {
		all = append(all, p.entry)
	}
	act, _ := law.ActByNumber("2017/2226")
	for asked, want := range map[string]string{
		"99":    "art 99, art 99(1)?, art 99(2), art 99(2a), art 99(3)?, art 99(4)?, art 99(5)",
		"99(5)": "art 99(5)",
	} {
		answers, err := lookUp(all, []law.Act{act}, asked)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range answers[0].Provisions {
			mark := ""
			if p.State == NotNamed {
				mark = "?"
			}
			got = append(got, p.heading(act.Number)+mark)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %s, want %s", asked, strings.Join(got, ", "), want)
		}
	}
}

// As JSON the acts, an act, a requirement are answered as well, and what is
// unknown is refused in the same way.
func TestLawAnswersAsJSON(t *testing.T) {
	for _, asked := range [][2]string{{"", ""}, {"EES", ""}, {"SBC", "6"}, {"6", ""}, {"all", ""}, {"EES-028", ""}, {"2017/2226 art 12(1)", ""}} {
		var b bytes.Buffer
		if err := LawJSON(&b, asked[0], asked[1]); err != nil || !json.Valid(b.Bytes()) {
			t.Errorf("law --json %s: %v", asked, err)
		}
	}
	var b bytes.Buffer
	var r RequirementAnswer
	if err := LawJSON(&b, "ees-028", ""); err != nil || json.Unmarshal(b.Bytes(), &r) != nil || r.Number != "EES-028" || len(r.Tests) == 0 || len(r.Article) == 0 {
		t.Errorf("%+v, %v", r, err)
	}
	for _, bad := range [][2]string{{"2099/1", ""}, {"EES", "999"}, {"EES-999", ""}} {
		var refusal *law.Refusal
		if err := LawJSON(&b, bad[0], bad[1]); !errors.As(err, &refusal) {
			t.Errorf("law --json %s: %v", bad, err)
		}
	}
}
