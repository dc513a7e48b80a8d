package desk

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"limen/access"
	"limen/ees"
	"limen/law"
	"limen/person"
	"limen/web"
)

// fallbackPage is the form for what was written by hand (art 21(2)).
type fallbackPage struct {
	Problem *web.Problem
	Form    boothPage // direction, place, document, identity, visa
	Sheet   web.Field
	Date    web.Field
	Time    web.Field
	Officer web.Field
	Despite web.Field
	Refused bool
	Reasons []reasonBox
	Done    *ees.BackfillResult // what became of the line that was sent last
}

// secondLinePage is the work list of second line.
type secondLinePage struct {
	Work    ees.BackfillWork
	Settled *ees.BackfillResult
}

// settlePage is one event of the list.
type settlePage struct {
	Problem   *web.Problem
	Open      ees.BackfillOpen
	File      web.Field
	Despite   web.Field
	Why       web.Field
	Corrected []web.Field // what could not be read, to be typed anew
	Purpose   access.Purpose
}

func (d *Desk) fallbackPages(m *web.Mux) {
	m.Page("GET /ees/fallback", d.showFallback)
	m.Page("POST /ees/fallback", d.sendFallback)
	m.Page("GET /ees/second-line", d.secondLinePage)
	m.Page("GET /ees/second-line/event", d.settlePage)
	m.Page("POST /ees/second-line/event", d.settleEvent)
	border := []access.Kind{access.Border}
	m.Nav(
		web.NavItem{Href: "/ees/fallback", Label: "By hand", About: "Enter what was written by hand while nothing worked", Kinds: border},
		web.NavItem{Href: "/ees/second-line", Label: "Second line", About: "Crossings of an outage that somebody has to look at", Kinds: border},
	)
}

func fallbackForm(r *http.Request) fallbackPage {
	v := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	p := fallbackPage{Form: form(r), Refused: v("decision") == "refused",
		Sheet:   web.Field{Name: "sheet", Label: "Sheet and line", Hint: "As numbered on paper, such as 12-3: a line is entered once", Value: v("sheet"), MaxLength: 40, Required: true, Autofocus: true},
		Date:    web.Field{Name: "date", Label: "Date", Hint: "YYYY-MM-DD", Value: v("date"), MaxLength: 10, Required: true},
		Time:    web.Field{Name: "time", Label: "Time", Hint: "HH:MM, the clock at the crossing point", Value: v("time"), MaxLength: 5, Required: true},
		Officer: web.Field{Name: "officer", Label: "Who decided", Value: v("officer"), MaxLength: 128, Required: true},
		Despite: web.Field{Name: "despite", Label: "Why admitted although something spoke against it", Value: v("despite"), MaxLength: 500}}
	if account, ok := web.AccountFrom(r.Context()); ok && p.Officer.Value == "" {
		p.Officer.Value = account.User
	}
	for _, row := range ees.RefusalReasons {
		box := reasonBox{ReasonRow: row}
		for _, l := range r.PostForm["reasons"] {
			box.Proposed = box.Proposed || l == string(row.Letter)
		}
		p.Reasons = append(p.Reasons, box)
	}
	return p
}

func (p *fallbackPage) tell(problem *web.Problem) {
	p.Form.tell(problem)
	p.Problem, p.Form.Problem = problem, nil
	web.Mark(problem, &p.Sheet, &p.Date, &p.Time, &p.Officer, &p.Despite)
	if problem != nil && problem.Field == "at" {
		p.Time.Error = problem.Detail
	}
}

func (d *Desk) showFallback(w http.ResponseWriter, r *http.Request) error {
	return d.pages.fallback.Render(w, r, fallbackForm(r))
}

// sendFallback enters one line. Whether it can be read is said at its field, before
// anything is told: who types can still look at the paper.
func (d *Desk) sendFallback(w http.ResponseWriter, r *http.Request) error {
	p := fallbackForm(r)
	e, err := p.event(r)
	if err == nil {
		err = d.Register.Readable(e)
	}
	var report ees.BackfillReport
	if err == nil {
		var req access.Request
		if req, err = (web.Ground{}).Request(r.Context(), ees.OpBackfill); err == nil {
			report, err = d.Register.BackfillAll(r.Context(), d.Door, req, []ees.BackfillEvent{e})
		}
	}
	if err != nil {
		problem := web.Told(r, err)
		if problem == nil {
			return err
		}
		p.tell(problem)
		return d.pages.fallback.RenderStatus(w, r, problem.Status, p)
	}
	// The next line: of the same day, place and officer, most likely.
	bare := r.WithContext(r.Context())
	bare.PostForm = url.Values{}
	for _, stays := range []string{"direction", "date", "officer", "crossing_point"} {
		bare.PostForm[stays] = r.PostForm[stays]
	}
	next := fallbackForm(bare)
	next.Done = &report.Results[0]
	return d.pages.fallback.Render(w, r, next)
}

// event is the line of paper as an event of an outage.
func (p *fallbackPage) event(r *http.Request) (ees.BackfillEvent, error) {
	e := ees.BackfillEvent{Decision: "crossed", Officer: p.Officer.Value, Despite: p.Despite.Value}
	var err error
	if e.CheckRequest, err = p.Form.request(r); err != nil {
		return e, err
	}
	e.Origin, e.Biometrics = ees.Manual, nil
	if p.Refused {
		e.Decision = "refused"
		for _, l := range r.PostForm["reasons"] {
			e.Reasons = append(e.Reasons, ees.RefusalReason(l))
		}
		if len(e.Reasons) == 0 {
			return e, law.BadField("reasons", "reason_missing", "2017/2226 art 18(6)(d)", "Say why entry was refused: tick the letters of the form.")
		}
	}
	if e.Officer == "" {
		return e, law.BadField("officer", "officer_missing", "2017/2226 art 21(1)", "Say who decided.")
	}
	sheet := strings.ReplaceAll(p.Sheet.Value, " ", "-")
	if sheet == "" || strings.ContainsFunc(sheet, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return e, law.BadField("sheet", "event_key_missing", "2017/2226 art 21(1)", "Give the sheet and the line as numbered on paper, in letters and digits: by it the line is recognised when it is sent again.")
	}
	point, err := person.ParseCrossingPoint(e.CrossingPoint)
	if err != nil {
		return e, law.BadField("crossing_point", "unknown_crossing_point", "2017/2226 art 16(2)(b)", "Choose the crossing point.")
	}
	at, err := momentAt(point, p.Date.Value, p.Time.Value)
	if err != nil {
		return e, err
	}
	e.At = &at
	e.Key = "paper." + point.Code + "." + p.Date.Value + "." + sheet
	return e, nil
}

// momentAt reads a day and the clock at a crossing point.
func momentAt(point *person.CrossingPoint, date, clock string) (time.Time, error) {
	if _, err := law.ParseDate(date); err != nil {
		return time.Time{}, law.BadField("date", "no_date", "2017/2226 art 16(2)(a)", "Type the date as YYYY-MM-DD, for example 2026-11-02.")
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", date+" "+clock, point.Location())
	if err != nil {
		return time.Time{}, law.BadField("time", "no_time", "2017/2226 art 16(2)(a)", "Type the time as HH:MM, for example 07:45.")
	}
	return at.UTC(), nil
}

func (d *Desk) secondLinePage(w http.ResponseWriter, r *http.Request) error {
	return d.secondLine(w, r, nil)
}

func (d *Desk) secondLine(w http.ResponseWriter, r *http.Request, settled *ees.BackfillResult) error {
	work, err := through(r.Context(), d, web.Ground{}, ees.OpListBackfill, d.Register.ListBackfill)
	if err != nil {
		return err
	}
	return d.pages.secondLine.Render(w, r, secondLinePage{work.Body, settled})
}

// waitingEvent finds an event of the list by its key.
func (d *Desk) waitingEvent(r *http.Request, key string) (settlePage, error) {
	p := settlePage{Purpose: access.BorderCheck,
		File: web.Field{Name: "file", Label: "Whose file", Hint: "The reference of the file, or new", Value: strings.TrimSpace(r.PostFormValue("file")), MaxLength: 40, Autofocus: true},
		Despite: web.Field{Name: "despite", Label: "Why admitted although something spoke against it",
			Value: strings.TrimSpace(r.PostFormValue("despite")), MaxLength: 500},
		Why: web.Field{Name: "why", Label: "Why nothing is to be recorded", Value: strings.TrimSpace(r.PostFormValue("why")), MaxLength: 500, Required: true}}
	work, err := through(r.Context(), d, web.Ground{}, ees.OpListBackfill, d.Register.ListBackfill)
	if err != nil {
		return p, err
	}
	for _, o := range work.Body.Open {
		if o.Key == key {
			p.Open = o
			p.Corrected = correctedFields(r, o.Event)
			return p, nil
		}
	}
	return p, law.Refuse(law.NotFound, "no_such_event", "2017/2226 art 21(1)", "No event with this key waits. Read the list again: somebody may have settled it.")
}

// correctedFields are the document and the identity, as they were told.
func correctedFields(r *http.Request, e ees.BackfillEvent) []web.Field {
	f := form(r)
	fields := append(f.Document, f.Identity...)
	told := map[string]string{}
	if doc := e.Document; doc != nil {
		told["document.type"], told["document.number"], told["document.issuer"] = doc.Type, doc.Number, doc.Issuer
		if doc.Expiry != 0 {
			told["document.expiry"] = doc.Expiry.String()
		}
	}
	if id := e.Identity; id != nil {
		told["identity.surname"], told["identity.first_names"], told["identity.birth_date"] = id.Surname, id.FirstNames, id.BirthDate
		told["identity.sex"], told["identity.nationalities"] = id.Sex, strings.Join(id.Nationalities, " ")
	}
	for i := range fields {
		if fields[i].Value == "" {
			fields[i].Value = told[fields[i].Name]
		}
		for j := range fields[i].Options {
			o := &fields[i].Options[j]
			o.Selected = o.Selected || r.PostFormValue(fields[i].Name) == "" && o.Value == told[fields[i].Name]
		}
	}
	return fields
}

func (d *Desk) settlePage(w http.ResponseWriter, r *http.Request) error {
	p, err := d.waitingEvent(r, r.URL.Query().Get("key"))
	if err != nil {
		return err
	}
	return d.pages.settle.Render(w, r, p)
}

// settleEvent carries out what second line decides of an event.
func (d *Desk) settleEvent(w http.ResponseWriter, r *http.Request) error {
	v := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	req := ees.SettleRequest{Key: v("key"), Action: v("action"), File: v("file"), Despite: v("despite"), Why: v("why")}
	var err error
	if v("corrected") != "" {
		req.Event, err = d.corrected(r, req.Key)
	}
	var done *answer[ees.BackfillResult]
	if err == nil {
		done, err = through(r.Context(), d, web.Ground{}, ees.OpSettleBackfill, func(p access.Pass) (ees.BackfillResult, error) {
			return d.Register.SettleBackfill(p, req)
		})
	}
	if err == nil {
		return d.secondLine(w, r, &done.Body)
	}
	problem := web.Told(r, err)
	if problem == nil {
		return err
	}
	p, gone := d.waitingEvent(r, req.Key)
	if gone != nil {
		return gone
	}
	p.Problem = problem
	web.Mark(problem, &p.File, &p.Despite, &p.Why)
	for i := range p.Corrected {
		web.Mark(problem, &p.Corrected[i])
	}
	return d.pages.settle.RenderStatus(w, r, problem.Status, p)
}

// corrected is the event with the document and the identity typed anew.
func (d *Desk) corrected(r *http.Request, key string) (*ees.BackfillEvent, error) {
	p, err := d.waitingEvent(r, key)
	if err != nil {
		return nil, err
	}
	v := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	e := p.Open.Event
	e.MRZ, e.Identity = nil, typedIdentity(r)
	e.Document = &ees.DocumentInput{Type: v("document.type"), Number: v("document.number"), Issuer: strings.ToUpper(v("document.issuer"))}
	e.Document.Expiry, err = typedDate("document.expiry", v("document.expiry"))
	return &e, err
}
