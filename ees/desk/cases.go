package desk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"limen/access"
	"limen/ees"
	"limen/law"
	"limen/web"
)

// casesPage is the list of work with time limits, and the form that opens a case.
type casesPage struct {
	Problem *web.Problem
	List    ees.CaseList
	Overdue bool
	Fields  []web.Field
}

// casePage is one case with what can be done next.
type casePage struct {
	Problem *web.Problem
	Case    ees.CaseView
	Do      web.Field
	Outcome *web.Field // nil where no step finds anything
	Words   web.Field
}

// caseWords say steps, rights and findings to people.
var caseWords = map[string]string{
	"forward": "Forward to the responsible state", "check": "Checked: say what was found", "confirm": "Confirm: carry out the request", "refuse": "Refuse, with reasons",
	"withdraw": "Withdrawn by the person", "doubt_identity": "Justified doubt about who asks: take fingerprints", "fingerprints_erased": "Fingerprints erased",
	"hand_over_record": "Record made available to the supervisory authority", "contact": "Contact the responsible state", "answer": "Answer: say what was found",
	"corrected": "Corrected by ourselves", "erase": "Erase the file now", "keep": "Keep the file: the proof was wrong",
	"request": "Request", "correction": "Correction", "early_erasure": "Early erasure",
}

func caseWord(s any) string {
	word := string(asText(s))
	if w, ok := caseWords[word]; ok {
		return w
	}
	return strings.ReplaceAll(word, "_", " ")
}

func asText(s any) string {
	switch v := s.(type) {
	case string:
		return v
	case ees.CaseKind:
		return string(v)
	case ees.CaseStep:
		return string(v)
	}
	return ""
}

func (d *Desk) casesPage(w http.ResponseWriter, r *http.Request) error {
	return d.showCases(w, r, nil)
}

// showCases lists the work; problem says why a case was not opened.
func (d *Desk) showCases(w http.ResponseWriter, r *http.Request, problem *web.Problem) error {
	v := r.URL.Query().Get
	list, err := through(r.Context(), d, web.Ground{}, ees.OpListCases, func(p access.Pass) (ees.CaseList, error) {
		return d.Register.ListCases(p, ees.CaseQuery{Overdue: v("overdue") != "", After: v("after"), Limit: 25})
	})
	if err != nil {
		return err
	}
	f := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	field := func(name, label, hint string, max int) web.Field {
		return web.Field{Name: name, Label: label, Hint: hint, Value: f(name), MaxLength: max}
	}
	kind := web.Field{Name: "what", Label: "What came in", Required: true}
	for _, o := range [][2]string{{"access", "Request for access"}, {"rectification", "Request for rectification"}, {"completion", "Request for completion"}, {"erasure", "Request for erasure"},
		{"restriction", "Request for restriction"}, {"correction", "Evidence against another state's data"}} {
		kind.Options = append(kind.Options, web.Option{Value: o[0], Label: o[1], Selected: f("what") == o[0]})
	}
	p := casesPage{Problem: problem, List: list.Body, Overdue: v("overdue") != "", Fields: []web.Field{kind,
		field("file", "Individual reference number", "Left empty when the person has no file", 40),
		field("received_on", "Received on", "YYYY-MM-DD; today when left empty", 10),
		field("dossier", "Your dossier", "It holds the correspondence and the address", 80),
		field("words", "What is asked, or what the evidence is", "Kept with the file, and erased with it", 4000)}}
	p.Fields[3].Required = true
	status := http.StatusOK
	if problem != nil {
		status = problem.Status
		for i := range p.Fields {
			web.Mark(problem, &p.Fields[i])
		}
	}
	return d.pages.cases.RenderStatus(w, r, status, p)
}

func (d *Desk) openCase(w http.ResponseWriter, r *http.Request) error {
	v := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	req := ees.CaseRequest{Kind: ees.PersonsRequest, Right: v("what"), File: ees.FileRef(v("file")), Dossier: v("dossier"), Words: v("words")}
	if req.Right == "correction" {
		req.Kind, req.Right = ees.CorrectionCase, ""
	}
	var err error
	if req.ReceivedOn, err = typedDate("received_on", v("received_on")); err == nil {
		var made *answer[ees.CaseView]
		made, err = through(r.Context(), d, web.Ground{}, ees.OpOpenCase, func(p access.Pass) (ees.CaseView, error) { return d.Register.OpenCase(p, req) })
		if err == nil {
			return d.showCase(w, r, made.Body, nil)
		}
	}
	problem := web.Told(r, err)
	if problem == nil {
		return err
	}
	return d.showCases(w, r, problem)
}

func (d *Desk) casePage(w http.ResponseWriter, r *http.Request) error {
	c, err := d.readCase(r)
	if err != nil {
		return err
	}
	return d.showCase(w, r, c, nil)
}

func (d *Desk) readCase(r *http.Request) (ees.CaseView, error) {
	c, err := through(r.Context(), d, web.Ground{}, ees.OpReadCase, func(p access.Pass) (ees.CaseView, error) { return d.Register.ReadCase(p, r.PathValue("id")) })
	if err != nil {
		return ees.CaseView{}, err
	}
	return c.Body, nil
}

func (d *Desk) showCase(w http.ResponseWriter, r *http.Request, c ees.CaseView, problem *web.Problem) error {
	v := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	p := casePage{Problem: problem, Case: c, Do: web.Field{Name: "do", Label: "Next step", Required: true, Autofocus: true},
		Words: web.Field{Name: "words", Label: "Reasons", Hint: "The person, or the supervisory authority, will read them", Value: v("words"), MaxLength: 4000}}
	if problem == nil {
		p.Words.Value = ""
	}
	for _, do := range c.Next {
		p.Do.Options = append(p.Do.Options, web.Option{Value: do, Label: caseWord(do), Selected: v("do") == do})
	}
	if slices.Contains(c.Next, "check") || slices.Contains(c.Next, "answer") {
		p.Outcome = &web.Field{Name: "outcome", Label: "Found", Options: []web.Option{{Label: "Nothing to find at this step"},
			{Value: "accurate", Label: "Accurate and lawful"}, {Value: "inaccurate", Label: "Inaccurate or incomplete"}, {Value: "unlawful", Label: "Recorded unlawfully"}}}
		web.Mark(problem, p.Outcome)
	}
	web.Mark(problem, &p.Do, &p.Words)
	status := http.StatusOK
	if problem != nil {
		status = problem.Status
	}
	return d.pages.oneCase.RenderStatus(w, r, status, p)
}

func (d *Desk) stepCase(w http.ResponseWriter, r *http.Request) error {
	seen, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return law.BadField("version", "version_missing", "2017/2226 art 52", "Read the case again before the next step.")
	}
	req := ees.CaseStepRequest{CaseID: r.PathValue("id"), Do: r.PostFormValue("do"), Outcome: r.PostFormValue("outcome"), Words: strings.TrimSpace(r.PostFormValue("words"))}
	done, err := through(r.Context(), d, web.Ground{}, ees.OpStepCase, func(p access.Pass) (ees.CaseView, error) { return d.Register.StepCase(p, req, seen) })
	if err == nil {
		return d.showCase(w, r, done.Body, nil)
	}
	problem := web.Told(r, err)
	if problem == nil {
		return err
	}
	c, again := d.readCase(r)
	if again != nil {
		return err
	}
	return d.showCase(w, r, c, problem)
}
