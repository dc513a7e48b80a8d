package desk

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"limen/access"
	"limen/carrier"
	"limen/law"
	"limen/person"
	"limen/web"
)

// The pages of carriers: a question about one passenger, a list of passengers in
// one call, the answer with its receipt, the own registration, and the request for
// one. What they do goes by the same methods as the API.

// carrierViews are the pages of carriers and of the administrator who decides on
// them.
type carrierViews struct {
	ask           *web.View[askPage]
	list          *web.View[listPage]
	answer        *web.View[answerPage]
	apply         *web.View[applyPage]
	own           *web.View[ownPage]
	notices       *web.View[noticesPage]
	registrations *web.View[registrationsPage]
	registration  *web.View[registrationPage]
}

func (d *Desk) carrierPages(m *web.Mux, t *web.Templates) {
	d.views = carrierViews{
		ask: web.NewView[askPage](t, "ask.html"), list: web.NewView[listPage](t, "list.html"), answer: web.NewView[answerPage](t, "answer.html"),
		apply: web.NewView[applyPage](t, "apply.html"), own: web.NewView[ownPage](t, "own.html"), notices: web.NewView[noticesPage](t, "notices.html"),
		registrations: web.NewView[registrationsPage](t, "registrations.html"), registration: web.NewView[registrationPage](t, "registration.html"),
	}
	m.Page("GET /carriers/ask", func(w http.ResponseWriter, r *http.Request) error { return d.showAsk(w, r, nil) })
	m.Page("POST /carriers/ask", d.askOne)
	m.Page("GET /carriers/list", func(w http.ResponseWriter, r *http.Request) error { return d.showList(w, r, nil) })
	m.Page("POST /carriers/list", d.askList)
	m.Page("POST /carriers/receipt", d.saveReceipt)
	m.Page("GET /carriers/own", d.showOwn)
	m.OpenPage("GET /carriers/apply", func(w http.ResponseWriter, r *http.Request) error { return d.showApply(w, r, nil, nil) })
	m.OpenPage("POST /carriers/apply", d.applyFor)
	d.noticePages(m)
	d.adminPages(m)
	carriers := []access.Kind{access.Carrier}
	m.Nav(
		web.NavItem{Href: "/carriers/ask", Label: "One passenger", About: "Verify one passenger's visa", Kinds: carriers},
		web.NavItem{Href: "/carriers/list", Label: "List of passengers", About: "Verify a whole transport from a file: JSON, XML or EDIFACT", Kinds: carriers},
		web.NavItem{Href: "/carriers/registrations", Label: "Carriers", About: "Decide on registrations; accounts and certificates of carriers", Kinds: []access.Kind{access.Administrator}},
		web.NavItem{Href: "/carriers/notices", Label: "Could not ask", About: "Failures, and what carriers told of them", Kinds: []access.Kind{access.Carrier, access.Administrator}},
		web.NavItem{Href: "/carriers/own", Label: "Registration", About: "How your registration stands, its accounts and certificates", Kinds: carriers},
	)
}

// askPage is the question about one passenger.
type askPage struct {
	Problem   *web.Problem
	Journey   []web.Field
	Zone      string
	ZoneError string
	ByHand    bool
	Document  []web.Field
	Identity  []web.Field
	Declared  []web.Field
	Failing   []carrier.Notice
	Times     map[string]bool // of the checkboxes that are set
}

// offsets are the differences from UTC that clocks show.
var offsets = []string{"-12:00", "-11:00", "-10:00", "-09:30", "-09:00", "-08:00", "-07:00", "-06:00", "-05:00", "-04:00", "-03:30", "-03:00", "-02:00", "-01:00", "+00:00",
	"+01:00", "+02:00", "+03:00", "+03:30", "+04:00", "+04:30", "+05:00", "+05:30", "+05:45", "+06:00", "+06:30", "+07:00", "+08:00", "+08:45", "+09:00", "+09:30", "+10:00",
	"+10:30", "+11:00", "+12:00", "+12:45", "+13:00", "+14:00"}

func typed(r *http.Request, name string) string { return strings.TrimSpace(r.PostFormValue(name)) }

func input(r *http.Request, name, label, hint string, most int, required bool) web.Field {
	return web.Field{Name: name, Label: label, Hint: hint, Value: typed(r, name), MaxLength: most, Required: required}
}

// showAsk shows the form, with what was typed and what is wrong with it.
func (d *Desk) showAsk(w http.ResponseWriter, r *http.Request, problem *web.Problem) error {
	zone := web.Field{Name: "offset", Label: "Its clock", Hint: "Difference from UTC at the place of departure", Required: true}
	chosen := or(typed(r, "offset"), "+00:00")
	for _, o := range offsets {
		zone.Options = append(zone.Options, web.Option{Value: o, Label: "UTC" + o, Selected: o == chosen})
	}
	departure := input(r, "departure", "Departure", "At most 48 hours from now", 0, true)
	departure.Type = "datetime-local"
	arrival := input(r, "arrival", "Day of arrival", "", 0, true)
	arrival.Type = "date"
	names := statesIn("en", law.DateIn(d.Now(), time.UTC))
	state := web.Field{Name: "entry.state", Label: "State of entry", Required: true,
		Options: append([]web.Option{{Label: "Choose"}}, names.options(names.operating(law.DateIn(d.Now(), time.UTC)), typed(r, "entry.state"))...)}
	sex := web.Field{Name: "sex", Label: "Sex", Required: true, Options: []web.Option{{Label: "Choose"}}}
	for _, o := range [][2]string{{"F", "Female"}, {"M", "Male"}, {"X", "Not stated"}} {
		sex.Options = append(sex.Options, web.Option{Value: o[0], Label: o[1], Selected: typed(r, "sex") == o[0]})
	}
	p := askPage{Problem: problem, Zone: r.PostFormValue("mrz"), Times: map[string]bool{},
		Journey: []web.Field{input(r, "transport", "Flight, voyage or line", "Such as LM123", 35, true), departure, zone, state, arrival},
		Document: []web.Field{input(r, "document.type", "Document code", "P for a passport", 2, true), input(r, "document.number", "Document number", "", 40, true),
			input(r, "document.issuer", "Issuing state", "Code as printed: TUR, D", 3, true), input(r, "document.expiry", "Valid until", "YYYY-MM-DD", 10, true)},
		Identity: []web.Field{input(r, "surname", "Surname", "", 128, true), input(r, "first_names", "First names", "", 128, false),
			input(r, "birth_date", "Birth date", "YYYY-MM-DD; YYYY if only the year is known", 10, true), sex, input(r, "nationality", "Nationality", "Code as printed: TUR, D", 3, true)},
		Declared: []web.Field{input(r, "visa", "Number of the visa sticker", "If you have it", 40, false)},
	}
	p.Journey[0].Autofocus = problem == nil
	for _, name := range []string{"exempt", "airport_transit", "two_entries"} {
		p.Times[name] = typed(r, name) != ""
	}
	status := http.StatusOK
	if problem != nil {
		status = problem.Status
		problem.Field = strings.TrimPrefix(problem.Field, "passengers[0].")
		for _, group := range [][]web.Field{p.Journey, p.Document, p.Identity, p.Declared} {
			for i := range group {
				web.Mark(problem, &group[i])
			}
		}
		if strings.HasPrefix(problem.Field, "mrz") {
			p.ZoneError = problem.Detail
		}
	}
	p.ByHand = strings.TrimSpace(p.Zone) == "" && problem != nil
	if problem == nil {
		var err error
		if p.Failing, err = d.Notices(r.Context(), web.Ground{}, carrier.NoticeQuery{Lasting: true, Limit: 20}); err != nil {
			return err
		}
	}
	return d.views.ask.RenderStatus(w, r, status, p)
}

// askOne answers the form.
func (d *Desk) askOne(w http.ResponseWriter, r *http.Request) error {
	f, err := d.typedFlight(r)
	if err == nil {
		var out carrier.FlightAnswer
		if out, err = d.Flight(r.Context(), web.Ground{}, f); err == nil {
			return d.showAnswer(w, r, &f, &out)
		}
	}
	problem := web.Told(r, err)
	if problem == nil {
		return err
	}
	return d.showAsk(w, r, problem)
}

// typedFlight reads the form of one passenger.
func (d *Desk) typedFlight(r *http.Request) (f carrier.Flight, err error) {
	const cite = "2017/2226 art 13(3)"
	code := func(name string) string { return strings.ToUpper(typed(r, name)) }
	day := func(name string) (law.Date, error) {
		date, err := law.ParseDate(typed(r, name))
		if err != nil {
			return 0, law.BadField(name, "day_form", cite, "Give the day as YYYY-MM-DD.")
		}
		return date, nil
	}
	f = carrier.Flight{Transport: typed(r, "transport"), Entry: carrier.Place{State: typed(r, "entry.state")}}
	if f.Transport == "" {
		return f, law.BadField("transport", "transport_missing", cite, "Give the number of the flight, voyage or line.")
	}
	departure := typed(r, "departure")
	if len(departure) == len("2006-01-02T15:04") {
		departure += ":00"
	}
	if f.Departure, err = time.Parse(time.RFC3339, departure+typed(r, "offset")); err != nil {
		return f, law.BadField("departure", "departure_form", cite, "Give day and time of departure, and the difference of its clock from UTC.")
	}
	if f.Arrival, err = day("arrival"); err != nil {
		return f, err
	}
	var p carrier.Passenger
	if zone := r.PostFormValue("mrz"); strings.TrimSpace(zone) != "" {
		if p, err = carrier.FromZone(person.CleanMRZ(zone), law.DateIn(d.Now(), time.UTC)); err != nil {
			return f, err
		}
	} else {
		p = carrier.Passenger{Surname: typed(r, "surname"), FirstNames: typed(r, "first_names"), BirthDate: typed(r, "birth_date"), Sex: typed(r, "sex"), Nationality: code("nationality"),
			Document: carrier.DocumentInput{Type: or(code("document.type"), "P"), Number: typed(r, "document.number"), Issuer: code("document.issuer")}}
		if p.Document.Number == "" && p.Surname == "" {
			return f, law.BadField("mrz", "passenger_missing", cite, "Read the machine readable zone, or type the document and the identity.")
		}
		if p.Document.Expiry, err = day("document.expiry"); err != nil {
			return f, err
		}
	}
	p.Visa = typed(r, "visa")
	p.Exempt, p.Transit, p.TwoEntries = typed(r, "exempt") != "", typed(r, "airport_transit") != "", typed(r, "two_entries") != ""
	f.People = []carrier.Passenger{p}
	return f, nil
}

// listPage is the question about a whole transport.
type listPage struct {
	Problem *web.Problem
	Text    string
	Limit   int
}

func (d *Desk) showList(w http.ResponseWriter, r *http.Request, problem *web.Problem) error {
	most, err := carrier.FlightLimit.On(law.DateIn(d.Now(), time.UTC))
	if err != nil {
		return err
	}
	p, status := listPage{Problem: problem, Text: r.PostFormValue("text"), Limit: most}, http.StatusOK
	if problem != nil {
		status = problem.Status
	}
	return d.views.list.RenderStatus(w, r, status, p)
}

// askList answers a file, or what was pasted: JSON, XML or EDIFACT, told apart by
// how it begins.
func (d *Desk) askList(w http.ResponseWriter, r *http.Request) error {
	body, err := uploaded(r)
	var f carrier.Flight
	if err == nil {
		f, err = carrier.ReadFlight(body, d.Now())
	}
	if err == nil {
		var out carrier.FlightAnswer
		if out, err = d.Flight(r.Context(), web.Ground{}, f); err == nil {
			return d.showAnswer(w, r, &f, &out)
		}
	}
	problem := web.Told(r, err)
	if problem == nil {
		return err
	}
	return d.showList(w, r, problem)
}

func uploaded(r *http.Request) ([]byte, error) {
	if r.MultipartForm != nil {
		for _, part := range r.MultipartForm.File["file"] {
			if part.Size == 0 {
				continue
			}
			file, err := part.Open()
			if err != nil {
				return nil, err
			}
			defer file.Close()
			return io.ReadAll(file) // bounded: the form was read whole already
		}
	}
	if text := r.PostFormValue("text"); strings.TrimSpace(text) != "" {
		return []byte(text), nil
	}
	return nil, law.BadField("file", "file_missing", register, "Choose a file, or paste its text.")
}

// answerPage is the answer at a glance.
type answerPage struct {
	Transport string
	One       *answerRow // of a question about one passenger
	Counts    []answerCount
	Rows      []answerRow
	Asked     time.Time
	AsOf      time.Time
	Saved     string // the answer with its receipt, to be saved
}

type answerCount struct {
	Word  carrier.Answer
	Shade string
	N     int
}

type answerRow struct {
	Place     int
	Reference string
	Name      string // as it was asked
	Word      carrier.Answer
	Shade     string
}

var shades = map[carrier.Answer]string{carrier.OK: "good", carrier.NotOK: "bad", carrier.NotApplicable: "soft"}

func (d *Desk) showAnswer(w http.ResponseWriter, r *http.Request, f *carrier.Flight, out *carrier.FlightAnswer) error {
	saved, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	p := answerPage{Transport: f.Transport, Asked: out.Asked, AsOf: out.AsOf, Saved: string(saved)}
	n := map[carrier.Answer]int{}
	for i, a := range out.Answers {
		n[a.Answer]++
		name := strings.TrimSpace(f.People[i].Surname + " " + f.People[i].FirstNames)
		p.Rows = append(p.Rows, answerRow{i + 1, a.Reference, name, a.Answer, shades[a.Answer]})
	}
	for _, word := range []carrier.Answer{carrier.NotOK, carrier.OK, carrier.NotApplicable} {
		if n[word] > 0 {
			p.Counts = append(p.Counts, answerCount{word, shades[word], n[word]})
		}
	}
	if len(p.Rows) == 1 {
		p.One = &p.Rows[0]
	}
	return d.views.answer.Render(w, r, p)
}

// saveReceipt gives an answer back as a file. The service keeps no answers, so
// the page sends it along; nothing is given back that the service did not sign
// for this carrier.
func (d *Desk) saveReceipt(w http.ResponseWriter, r *http.Request) error {
	var out carrier.FlightAnswer
	err := json.Unmarshal([]byte(r.PostFormValue("answer")), &out)
	var s carrier.Statement
	if err == nil {
		s, err = out.Receipt.Verify(d.Copy.Receipts().Public())
	}
	who, _ := web.PrincipalFrom(r.Context())
	if err != nil || s.Carrier != who.Authority.Name || len(out.Answers) != len(s.Answers) {
		return law.Refuse(law.BadInput, "receipt_unreadable", register, "This is no answer that the service gave to you. Ask again and save the new one.")
	}
	for i := range out.Answers {
		if out.Answers[i].Answer != s.Answers[i] {
			return law.Refuse(law.BadInput, "receipt_unreadable", register, "This is no answer that the service gave to you. Ask again and save the new one.")
		}
	}
	b, err := json.MarshalIndent(&out, "", "  ")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="receipt-%s.json"`, s.Asked.UTC().Format("20060102T150405Z")))
	_, err = w.Write(append(b, '\n'))
	return err
}

// ownPage is what a carrier sees of itself.
type ownPage struct {
	Registration carrier.Registration
	Accounts     []access.Account
	Certificates []access.Certificate
	Again        bool // it may ask anew
}

func (d *Desk) showOwn(w http.ResponseWriter, r *http.Request) error {
	p, err := through(r.Context(), d, web.Ground{}, carrier.OpOwn, func(p access.Pass) (own ownPage, err error) {
		if own.Registration, err = d.Copy.Own(p); err != nil {
			return own, err
		}
		return d.keysOf(p, own)
	})
	if err != nil {
		return err
	}
	p.Again = p.Registration.Status == carrier.Deregistered || p.Registration.Status == carrier.TurnedDown
	return d.views.own.Render(w, r, p)
}

// keysOf reads the accounts and certificates of the carrier itself.
func (d *Desk) keysOf(p access.Pass, own ownPage) (ownPage, error) {
	var err error
	if own.Accounts, err = d.Identities.AccountsOf(p, own.Registration.Authority()); err != nil {
		return own, err
	}
	own.Certificates, err = d.Identities.CertificatesOf(p, own.Registration.Authority())
	return own, err
}

// applyPage is the request for registration, and what became of it.
type applyPage struct {
	Problem *web.Problem
	Fields  []web.Field
	States  []web.Option
	Wrong   bool // no state was chosen, or one that cannot be
	Made    *carrier.Registration
}

func (d *Desk) showApply(w http.ResponseWriter, r *http.Request, problem *web.Problem, made *carrier.Registration) error {
	p := applyPage{Problem: problem, Made: made, Fields: []web.Field{
		input(r, "name", "Name of the carrier", "", 200, true), input(r, "legal_form", "Legal form", "Such as GmbH, SA, Ltd", 100, true),
		input(r, "address", "Postal address of its seat", "", 500, true), input(r, "contact", "Person or office to speak to", "", 200, true),
		input(r, "email", "Address for messages", "", 200, true), input(r, "phone", "Telephone", "Also outside of office hours", 50, true)}}
	p.Fields[4].Type, p.Fields[5].Type = "email", "tel"
	p.Fields[0].Autofocus = problem == nil && made == nil
	today := law.DateIn(d.Now(), time.UTC)
	names := statesIn("en", today)
	chosen := map[string]bool{}
	for _, s := range r.PostForm["states"] {
		chosen[s] = true
	}
	for _, o := range names.options(names.operating(today), "") {
		o.Selected = chosen[o.Value]
		p.States = append(p.States, o)
	}
	status := http.StatusOK
	if made != nil {
		status = http.StatusCreated
	}
	if problem != nil {
		status = problem.Status
		for i := range p.Fields {
			web.Mark(problem, &p.Fields[i])
		}
		p.Wrong = problem.Field == "states"
	}
	return d.views.apply.RenderStatus(w, r, status, p)
}

func (d *Desk) applyFor(w http.ResponseWriter, r *http.Request) error {
	made, err := d.Register(r.Context(), web.Ground{}, place(r.RemoteAddr), carrier.RegistrationRequest{Name: typed(r, "name"), LegalForm: typed(r, "legal_form"),
		Address: typed(r, "address"), Contact: typed(r, "contact"), Email: typed(r, "email"), Phone: typed(r, "phone"), States: r.PostForm["states"]})
	if err == nil {
		return d.showApply(w, r, nil, &made)
	}
	problem := web.Told(r, err)
	if problem == nil {
		return err
	}
	return d.showApply(w, r, problem, nil)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
