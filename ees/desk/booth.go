package desk

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"limen/access"
	"limen/ees"
	"limen/law"
	"limen/person"
	"limen/web"
)

//go:embed pages static
var files embed.FS

// pages are the desk's pages with their types.
type pages struct {
	booth   *web.View[boothPage]
	check   *web.View[checkPage]
	done    *web.View[donePage]
	search  *web.View[searchPage]
	file    *web.View[filePage]
	overdue *web.View[overstayersPage]
	cases   *web.View[casesPage]
	oneCase *web.View[casePage]
	waiting *web.View[waitingPage]
	kiosk   *web.View[kioskPage]

	fallback   *web.View[fallbackPage]
	secondLine *web.View[secondLinePage]
	settle     *web.View[settlePage]
}

// Pages registers the desk's pages: the booth, the search, the file and the list
// of overstayers.
func (d *Desk) Pages(m *web.Mux) error {
	if err := m.Assets(files, "static"); err != nil {
		return err
	}
	t, err := m.Templates(files, "pages", template.FuncMap{
		"days": func(n int) string {
			if n == 1 {
				return "1 day"
			}
			return strconv.Itoa(n) + " days"
		},
		"event":    func(e ees.CheckEvent) string { return eventWords[e] },
		"state":    func(s ees.CheckState) string { return stateWords[s] },
		"caseword": caseWord,
		"words":    func(s any) string { return strings.ReplaceAll(fmt.Sprint(s), "_", " ") },
		"states":   stateNames,
		"face":     func(s ees.FaceState) string { return faceWords[s] },
		"fingers":  func(s ees.FingersState) string { return fingerWords[s] },
	})
	if err != nil {
		return err
	}
	d.pages = pages{
		booth:   web.NewView[boothPage](t, "booth.html"),
		check:   web.NewView[checkPage](t, "check.html"),
		done:    web.NewView[donePage](t, "done.html"),
		search:  web.NewView[searchPage](t, "search.html"),
		file:    web.NewView[filePage](t, "file.html"),
		overdue: web.NewView[overstayersPage](t, "overstayers.html"),
		cases:   web.NewView[casesPage](t, "cases.html"),
		oneCase: web.NewView[casePage](t, "case.html"),
		waiting: web.NewView[waitingPage](t, "waiting.html"),
		kiosk:   web.NewView[kioskPage](t, "kiosk.html"),

		fallback:   web.NewView[fallbackPage](t, "fallback.html"),
		secondLine: web.NewView[secondLinePage](t, "second_line.html"),
		settle:     web.NewView[settlePage](t, "settle.html"),
	}
	m.Page("GET /ees/booth", d.showBooth)
	m.Page("POST /ees/booth", d.checkAtBooth)
	m.Page("POST /ees/booth/cross", d.crossAtBooth)
	m.Page("POST /ees/booth/refuse", d.refuseAtBooth)
	d.conversationPages(m)
	d.kioskPages(m)
	m.Page("GET /ees/files", d.searchPage)
	m.Page("POST /ees/files", d.searchPage)
	m.Page("GET /ees/files/{ref}", d.filePage)
	m.Page("GET /ees/overstayers", d.overstayersPage)
	m.Page("GET /ees/cases", d.casesPage)
	m.Page("POST /ees/cases", d.openCase)
	m.Page("GET /ees/cases/{id}", d.casePage)
	m.Page("POST /ees/cases/{id}", d.stepCase)
	records := []access.Kind{access.Border, access.Immigration, access.Visa, access.Facilitation}
	m.Nav(
		web.NavItem{Href: "/ees/booth", Label: "Booth", About: "Check a traveller and record entry, exit or refusal", Kinds: []access.Kind{access.Border}},
		web.NavItem{Href: "/ees/waiting", Label: "Waiting", About: "Travellers who were at a kiosk and wait for a guard", Kinds: []access.Kind{access.Border}},
		web.NavItem{Href: "/ees/kiosk", Label: "Kiosk", About: "Self-service for travellers at a kiosk", Kinds: []access.Kind{access.Kiosk}},
		web.NavItem{Href: "/ees/files", Label: "Files", About: "Find an individual file by document or name", Kinds: records},
		web.NavItem{Href: "/ees/overstayers", Label: "Overstayers", About: "Stays that ended without an exit, and exits that came too late",
			Kinds: []access.Kind{access.Border, access.Immigration, access.Visa}},
		web.NavItem{Href: "/ees/cases", Label: "Cases", About: "Requests of persons about their data, corrections and early erasures, by when they are due",
			Kinds: []access.Kind{access.Immigration}},
	)
	d.fallbackPages(m)
	d.hangPolicePages(m, t)
	return nil
}

// faceWords and fingerWords say the state of a file's biometrics to a guard.
var (
	faceWords = map[ees.FaceState]string{
		ees.FacePresent: "face on file",
		ees.FaceMissing: "no face on file yet",
	}
	fingerWords = map[ees.FingersState]string{
		ees.FingersPresent:         "fingerprints on file",
		ees.FingersMissing:         "no fingerprints on file yet",
		ees.FingersNotForVisa:      "fingerprints with the visa",
		ees.FingersUnderTwelve:     "no fingerprints under twelve",
		ees.FingersNever:           "fingerprints impossible for good",
		ees.FingersTemporarilyNone: "fingerprints were impossible for the time being",
	}
)

// stateNames writes nationalities for people.
func stateNames(states []person.State) string {
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = s.Name()
	}
	return strings.Join(names, ", ")
}

// boothPage is the form that a guard begins with.
type boothPage struct {
	Problem   *web.Problem
	Exit      bool
	Post      string // crossing point of the guard; "" asks for one
	MRZ       string
	MRZError  string
	ByHand    bool // the fields are open
	ShowVisa  bool
	AskPlace  bool
	Place     web.Field
	Document  []web.Field
	Identity  []web.Field
	Visa      []web.Field
	Days      web.Field
	Family    bool
	Waived    bool // no visa is needed, the guard found
	Paperless bool // no travel document
	Exemption web.Field
	Face      web.Field
	Fingers   web.Field
	Chip      []web.Field // how the image of a chip came to be used
	Code      web.Field   // of a pre-enrolment
}

// form reads the booth's form, filled or empty.
func form(r *http.Request) boothPage {
	v := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	field := func(name, label, hint string, max int) web.Field {
		return web.Field{Name: name, Label: label, Hint: hint, Value: v(name), MaxLength: max}
	}
	choice := func(name, label string, options ...string) web.Field {
		f := web.Field{Name: name, Label: label}
		for i := 0; i+1 < len(options); i += 2 {
			f.Options = append(f.Options, web.Option{Value: options[i], Label: options[i+1], Selected: v(name) == options[i]})
		}
		return f
	}
	p := boothPage{Exit: v("direction") == "exit", Post: web.PostFrom(r.Context()), MRZ: r.PostFormValue("mrz"), Family: v("family") != "", Waived: v("visa_exempt") != "", Paperless: v("no_document") != "",
		Document: []web.Field{
			field("document.type", "Document code", "P for a passport", 2), field("document.number", "Document number", "", 20),
			field("document.issuer", "Issuing state", "Code as printed: TUR, D, GBR", 3), field("document.expiry", "Valid until", "YYYY-MM-DD", 10)},
		Identity: []web.Field{
			field("identity.surname", "Surname", "", 128), field("identity.first_names", "First names", "", 128),
			field("identity.birth_date", "Birth date", "YYYY-MM-DD; YYYY if only the year is known", 10),
			choice("identity.sex", "Sex", "", "Choose", "F", "Female", "M", "Male", "X", "Unspecified"),
			field("identity.nationalities", "Nationality", "Code as printed: TUR, D, GBR", 3)},
		Visa: []web.Field{
			field("visa.number", "Sticker number", "", 20), field("visa.issuer", "Issued by", "Code of the state: FRA, D", 3), choice("visa.type", "Type", "C", "C, uniform", "LTV", "Limited territorial validity"),
			field("visa.valid_from", "Valid from", "YYYY-MM-DD", 10), field("visa.valid_until", "Valid until", "YYYY-MM-DD", 10),
			field("visa.duration_days", "Days of stay", "1 to 90", 2), choice("visa.entries", "Entries", "1", "1", "2", "2", "0", "Multiple"),
			field("visa.ltv_states", "Only valid for", "Codes of the states, for limited territorial validity", 120)},
		Days:    field("intended_days", "Days the traveller means to stay", "", 4),
		Face:    choice("biometrics.face", "Facial image", "", "No answer yet", "captured", "Taken now", "chip", "Read from the chip", "verified", "Matches the file", "mismatch", "Does not match", "refused", "Traveller refuses"),
		Fingers: choice("biometrics.fingerprints", "Fingerprints", "", "No answer yet", "captured", "Taken now", "verified", "Match the file", "mismatch", "Do not match", "temporarily_impossible", "Impossible for now", "permanently_impossible", "Impossible for good", "refused", "Traveller refuses"),
	}
	p.Days.InputMode = "numeric"
	p.Chip = []web.Field{choice("biometrics.chip_matched", "Chip compared with the live face", "", "Not done", "matched", "They match", "not_matched", "They do not match"),
		field("biometrics.chip_reason", "Why the chip's image and no live one", "", 200)}
	p.Code = field("code", "Code of a traveller from the kiosk", "", 12)
	exemptions := []string{"", "None"}
	for _, x := range ees.Exemptions {
		exemptions = append(exemptions, string(x.Code), string(x.Code)+" – "+x.Title)
	}
	p.Exemption = choice("exemption", "Exemption", exemptions...)
	if p.Post == "" {
		p.AskPlace, p.Place = true, field("crossing_point", "Crossing point", "Code such as FRCDG. Choose one for the whole shift under “change” above.", 8)
		p.Place.Required = true
	}
	p.ByHand = v("identity.surname") != "" || v("document.number") != ""
	for _, name := range []string{"number", "issuer", "valid_from", "valid_until", "duration_days", "ltv_states"} {
		p.ShowVisa = p.ShowVisa || v("visa."+name) != ""
	}
	return p
}

func (p *boothPage) fields() []*web.Field {
	all := []*web.Field{&p.Place, &p.Days, &p.Exemption, &p.Face, &p.Fingers}
	for _, group := range [][]web.Field{p.Document, p.Identity, p.Visa} {
		for i := range group {
			all = append(all, &group[i])
		}
	}
	return all
}

// tell puts a refusal into the form, at its field.
func (p *boothPage) tell(problem *web.Problem) {
	p.Problem = problem
	web.Mark(problem, p.fields()...)
	if problem != nil && strings.HasPrefix(problem.Field, "mrz") {
		p.MRZError = problem.Detail
	}
	p.ByHand = p.ByHand || problem != nil && (strings.HasPrefix(problem.Field, "identity") || strings.HasPrefix(problem.Field, "document"))
	p.ShowVisa = p.ShowVisa || problem != nil && strings.HasPrefix(problem.Field, "visa")
}

func (d *Desk) showBooth(w http.ResponseWriter, r *http.Request) error {
	p := form(r)
	p.Exit = r.URL.Query().Get("direction") == "exit"
	return d.pages.booth.Render(w, r, p)
}

// request reads the form as a program would send it.
func (p *boothPage) request(r *http.Request) (ees.CheckRequest, error) {
	v := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	req := ees.CheckRequest{Direction: ees.Entry, CrossingPoint: p.Post, Exemption: v("exemption"), FamilyMember: p.Family,
		VisaSettled: v("visa_exempt") != "", NoDocument: v("no_document") != ""}
	if p.Exit {
		req.Direction = ees.Exit
	}
	if p.AskPlace {
		req.CrossingPoint = strings.ToUpper(v("crossing_point"))
	}
	var err error
	if strings.TrimSpace(p.MRZ) != "" {
		req.MRZ = person.CleanMRZ(p.MRZ)
	} else if req.NoDocument {
		req.Identity = typedIdentity(r)
	} else {
		req.Document = &ees.DocumentInput{Type: v("document.type"), Number: v("document.number"), Issuer: strings.ToUpper(v("document.issuer"))}
		if req.Document.Number == "" && v("identity.surname") == "" {
			return req, law.BadField("mrz", "document_missing", "2016/399 art 6(1)(a)", "Read the machine readable zone, or type the document and the identity.")
		}
		if req.Document.Expiry, err = typedDate("document.expiry", v("document.expiry")); err != nil {
			return req, err
		}
		req.Identity = typedIdentity(r)
	}
	if p.ShowVisa {
		req.Visa = &ees.VisaInput{Number: v("visa.number"), Issuer: strings.ToUpper(v("visa.issuer")), Type: v("visa.type"),
			LTVStates: strings.Fields(strings.ToUpper(strings.ReplaceAll(v("visa.ltv_states"), ",", " ")))}
		if req.Visa.ValidFrom, err = typedDate("visa.valid_from", v("visa.valid_from")); err != nil {
			return req, err
		}
		if req.Visa.ValidUntil, err = typedDate("visa.valid_until", v("visa.valid_until")); err != nil {
			return req, err
		}
		if req.Visa.Days, err = typedNumber("visa.duration_days", v("visa.duration_days")); err != nil {
			return req, err
		}
		if req.Visa.Entries, err = typedNumber("visa.entries", v("visa.entries")); err != nil {
			return req, err
		}
	}
	if req.IntendedDays, err = typedNumber("intended_days", v("intended_days")); err != nil {
		return req, err
	}
	req.Biometrics = typedBiometrics(r)
	return req, nil
}

func typedIdentity(r *http.Request) *ees.IdentityInput {
	v := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	return &ees.IdentityInput{Surname: v("identity.surname"), FirstNames: v("identity.first_names"), BirthDate: v("identity.birth_date"),
		Sex: v("identity.sex"), Nationalities: []string{strings.ToUpper(v("identity.nationalities"))}}
}

func typedBiometrics(r *http.Request) *ees.Biometrics {
	b := ees.Biometrics{Face: r.PostFormValue("biometrics.face"), Fingerprints: r.PostFormValue("biometrics.fingerprints")}
	if b.Face == "chip" {
		b.ChipMatched, b.ChipReason = r.PostFormValue("biometrics.chip_matched"), strings.TrimSpace(r.PostFormValue("biometrics.chip_reason"))
	}
	if b == (ees.Biometrics{}) {
		return nil
	}
	return &b
}

func typedDate(field, s string) (law.Date, error) {
	if s == "" {
		return 0, nil
	}
	day, err := law.ParseDate(s)
	if err != nil {
		return 0, law.BadField(field, "no_date", "", "Type the date as YYYY-MM-DD, for example 2031-05-20.")
	}
	return day, nil
}

func typedNumber(field, s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, law.BadField(field, "no_number", "", "Type a whole number.")
	}
	return n, nil
}

// checkPage is what a guard sees of a check.
type checkPage struct {
	Problem *web.Problem
	Check   ees.Check
	Exit    bool
	Place   string
	Reasons []reasonBox
	Again   string // where to begin anew
	Face    web.Field
	Fingers web.Field
	Despite web.Field
	// The refusal form has its own, so that each form has its own labels.
	RefusalFace, RefusalFingers, WithoutThem web.Field
	// Step is what the booth can tell of the step that the check stands at.
	Step []ees.CheckEvent
}

// reasonBox is one ground of the refusal form.
type reasonBox struct {
	ees.ReasonRow
	Rule     string
	Proposed bool
}

func (d *Desk) checkAtBooth(w http.ResponseWriter, r *http.Request) error {
	p := form(r)
	if code, err := ees.ParseCode(p.MRZ); err == nil {
		return d.takeOver(w, r, code) // scanned from the traveller's slip
	}
	req, err := p.request(r)
	var check *answer[ees.Check]
	if err == nil {
		check, err = through(r.Context(), d, web.Ground{}, ees.OpCheck, func(pass access.Pass) (ees.Check, error) {
			return d.Register.Check(pass, req)
		})
	}
	if err != nil {
		problem := web.Told(r, err)
		if problem == nil {
			return err
		}
		p.tell(problem)
		return d.pages.booth.RenderStatus(w, r, problem.Status, p)
	}
	return d.pages.check.Render(w, r, checkView(r, check.Body, req.Biometrics))
}

func checkView(r *http.Request, c ees.Check, taken *ees.Biometrics) checkPage {
	f := form(r)
	p := checkPage{Check: c, Exit: c.Direction == ees.Exit, Again: "/ees/booth?direction=" + string(c.Direction), Face: f.Face, Fingers: f.Fingers,
		RefusalFace: f.Face, RefusalFingers: f.Fingers}
	p.Step = told(c.Progress.Next)
	p.RefusalFace.ID, p.RefusalFingers.ID = "refusal-face", "refusal-fingers"
	p.WithoutThem = withoutThem()
	if point, err := person.ParseCrossingPoint(c.CrossingPoint); err == nil {
		p.Place = point.Name
	}
	p.Despite = web.Field{Name: "despite", Label: "Why admit although refusal is proposed", MaxLength: 500,
		Hint: "Humanitarian grounds, national interest or international obligations (Schengen Borders Code, Article 6(5))", Required: true}
	for _, row := range ees.RefusalReasons {
		box := reasonBox{ReasonRow: row}
		for _, l := range c.ProposedReasons {
			box.Proposed = box.Proposed || l == row.Letter
		}
		p.Reasons = append(p.Reasons, box)
	}
	return p
}

// donePage is what a guard sees after the decision.
type donePage struct {
	Problem *web.Problem
	Record  *ees.RecordView
	Refusal *ees.RefusalView
	Kiosk   *ees.KioskView
	Again   string
}

func (d *Desk) crossAtBooth(w http.ResponseWriter, r *http.Request) error {
	req := ees.CrossingRequest{CheckID: r.PostFormValue("check_id"), File: r.PostFormValue("file"),
		Despite: strings.TrimSpace(r.PostFormValue("despite")), Biometrics: typedBiometrics(r), Confirmed: typedConfirmed(r)}
	done, err := through(r.Context(), d, web.Ground{}, ees.OpRecordCrossing, func(pass access.Pass) (ees.RecordView, error) {
		return d.Register.RecordCrossing(pass, req)
	})
	if err != nil {
		return d.notDone(w, r, err)
	}
	return d.pages.done.Render(w, r, donePage{Record: &done.Body, Again: again(r)})
}

func (d *Desk) refuseAtBooth(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return law.BadField("reasons", "unreadable_form", "", "The form could not be read. Send it again.")
	}
	req := ees.RefusalRequest{CheckID: r.PostFormValue("check_id"), File: r.PostFormValue("file"), Biometrics: typedBiometrics(r), Confirmed: typedConfirmed(r),
		WithoutThem:  r.PostFormValue("without_biometrics"),
		InternalRisk: r.PostFormValue("internal_security") != "", AlertHasThem: r.PostFormValue("alert_has_biometrics") != ""}
	for _, l := range r.PostForm["reasons"] {
		req.Reasons = append(req.Reasons, ees.RefusalReason(l))
	}
	done, err := through(r.Context(), d, web.Ground{}, ees.OpRecordRefusal, func(pass access.Pass) (ees.RefusalView, error) {
		return d.Register.RecordRefusal(pass, req)
	})
	if err != nil {
		return d.notDone(w, r, err)
	}
	return d.pages.done.Render(w, r, donePage{Refusal: &done.Body, Again: again(r)})
}

// notDone says why nothing was recorded, and what to do next.
func (d *Desk) notDone(w http.ResponseWriter, r *http.Request, err error) error {
	problem := web.Told(r, err)
	if problem == nil {
		return err
	}
	return d.pages.done.RenderStatus(w, r, problem.Status, donePage{Problem: problem, Again: again(r)})
}

func again(r *http.Request) string {
	if r.PostFormValue("direction") == "exit" {
		return "/ees/booth?direction=exit"
	}
	return "/ees/booth"
}

// searchPage finds files.
type searchPage struct {
	Problem *web.Problem
	Asked   bool
	Fields  []web.Field
	Found   ees.FileList
	Purpose []web.Option
	Case    web.Field
}

func (d *Desk) searchPage(w http.ResponseWriter, r *http.Request) error {
	// Names and numbers travel in the body: addresses end up in histories and logs.
	v := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	field := func(name, label, hint string) web.Field {
		return web.Field{Name: name, Label: label, Hint: hint, Value: v(name), MaxLength: 128}
	}
	p := searchPage{Fields: []web.Field{field("document", "Document number", ""), field("issuer", "Issuing state", "Code as printed: TUR, D"),
		field("surname", "Surname", ""), field("first_names", "First names", ""), field("birth_date", "Birth date", "YYYY-MM-DD"),
		field("sex", "Sex", "M, F or X"), field("nationality", "Nationality", "Code as printed")},
		Case: field("case", "Case reference", "Where your purpose asks for one"), Purpose: d.purposes(r, ees.OpSearchFiles)}
	q := ees.FileQuery{Document: v("document"), Issuer: v("issuer"), Surname: v("surname"), FirstNames: v("first_names"),
		BirthDate: v("birth_date"), Sex: strings.ToUpper(v("sex")), Nationality: strings.ToUpper(v("nationality"))}
	if p.Asked = q != (ees.FileQuery{}); !p.Asked {
		return d.pages.search.Render(w, r, p)
	}
	found, err := through(r.Context(), d, web.Ground{Purpose: access.Purpose(v("purpose")), Case: v("case")}, ees.OpSearchFiles,
		func(pass access.Pass) (ees.FileList, error) {
			q.On = law.DateIn(pass.Now(), time.UTC)
			return d.Register.SearchFiles(pass, q)
		})
	if err != nil {
		if p.Problem = web.Told(r, err); p.Problem == nil {
			return err
		}
		for i := range p.Fields {
			web.Mark(p.Problem, &p.Fields[i])
		}
		web.Mark(p.Problem, &p.Case)
		return d.pages.search.RenderStatus(w, r, p.Problem.Status, p)
	}
	p.Found = found.Body
	return d.pages.search.Render(w, r, p)
}

// purposes lists the purposes for which the person signed in has an operation.
func (d *Desk) purposes(r *http.Request, op access.Op) []web.Option {
	who, _ := web.PrincipalFrom(r.Context())
	var options []web.Option
	for _, purpose := range access.Purposes {
		if _, ok := d.Door.Granted(who.Authority.Kind, purpose, op); ok {
			options = append(options, web.Option{Value: string(purpose), Label: strings.ReplaceAll(string(purpose), "_", " "),
				Selected: r.PostFormValue("purpose") == string(purpose)})
		}
	}
	return options
}

// overstayersPage shows a page of the list.
type overstayersPage struct {
	List  ees.OverstayerList
	Class string
}

func (d *Desk) overstayersPage(w http.ResponseWriter, r *http.Request) error {
	v := r.URL.Query().Get
	list, err := through(r.Context(), d, web.Ground{}, ees.OpListOverstayers, func(pass access.Pass) (ees.OverstayerList, error) {
		return d.Register.ListOverstayers(pass, ees.OverstayerQuery{Class: ees.OverstayClass(v("class")), After: v("after"), Limit: 25})
	})
	if err != nil {
		return err
	}
	return d.pages.overdue.Render(w, r, overstayersPage{list.Body, v("class")})
}
