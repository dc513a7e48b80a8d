package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"limen/access"
	"limen/ees"
	"limen/law"
	"limen/web"
)

// policePages are the pages of a central access point.
type policePages struct {
	list    *web.View[requestsPage]
	request *web.View[requestPage]
	outcome *web.View[outcomePage]
}

// requestsPage is what an access point has to do.
type requestsPage struct {
	On       law.Date
	Requests []ees.RequestLine
	More     bool
}

// requestPage is one request, with the one decision that it waits for.
type requestPage struct {
	Problem      *web.Problem
	Done         string // what the step before did
	Request      ees.RequestView
	AllMet       bool
	Keys         []keyShown
	ReasonsError string
	Reasons      string
}

// keyShown is one key of a search as people read it.
type keyShown struct{ Name, Value string }

// outcomePage is what a search found, in the type of its purpose.
type outcomePage struct {
	RequestID  string
	Purpose    access.Purpose
	KeepUntil  law.Date
	Persons    []ees.LawEnforcementIdentity
	Histories  []ees.LawEnforcementHistory
	Withheld   []ees.Withheld
	Restricted int
}

func (d *Desk) hangPolicePages(m *web.Mux, t *web.Templates) {
	d.police = policePages{web.NewView[requestsPage](t, "requests.html"), web.NewView[requestPage](t, "request.html"), web.NewView[outcomePage](t, "outcome.html")}
	m.Page("GET /ees/requests", d.requestsPage)
	m.Page("GET /ees/requests/{id}", d.requestPage)
	m.Page("POST /ees/requests/{id}", d.decideRequest)
	m.Page("GET /ees/requests/{id}/outcome", d.outcomePage)
	m.Nav(web.NavItem{Href: "/ees/requests", Label: "Requests", About: "Verify requests for law-enforcement access, and search for them",
		Kinds: []access.Kind{access.CentralAccessPoint, access.EuropolAccessPoint}})
}

// shownOfEach bounds the requests of each purpose on the page.
const shownOfEach = 100

func (d *Desk) requestsPage(w http.ResponseWriter, r *http.Request) error {
	var p requestsPage
	for _, purpose := range []access.Purpose{access.LawEnforcementIdentify, access.LawEnforcementHistory} {
		list, err := through(r.Context(), d, web.Ground{Purpose: purpose}, ees.OpListRequests, func(pass access.Pass) (ees.RequestList, error) {
			return d.Register.ListRequests(pass, ees.RequestQuery{Open: true, Limit: shownOfEach})
		})
		if err != nil {
			return err
		}
		p.On, p.More = list.Body.On, p.More || list.Body.Next != ""
		p.Requests = append(p.Requests, list.Body.Requests...)
	}
	slices.SortStableFunc(p.Requests, moreUrgent)
	return d.police.list.Render(w, r, p)
}

// moreUrgent orders work: lives first, then what is due, then by age.
func moreUrgent(a, b ees.RequestLine) int {
	rank := func(l ees.RequestLine) int {
		switch {
		case l.Urgent && l.Status == ees.RequestWaiting:
			return 0
		case l.VerifyBy != 0 && l.Status == ees.RequestToVerify:
			return 1
		}
		return 2
	}
	switch {
	case rank(a) != rank(b):
		return rank(a) - rank(b)
	case rank(a) == 1 && a.VerifyBy != b.VerifyBy:
		return int(a.VerifyBy) - int(b.VerifyBy)
	}
	return a.SubmittedAt.Compare(b.SubmittedAt)
}

func (d *Desk) requestPage(w http.ResponseWriter, r *http.Request) error {
	done := map[string]string{"approve": "Approved. Now make the search.", "refuse": "Refused. The unit sees your reasons.",
		"search": "The search was made.", "justified": "Verified: the access was justified.",
		"unjustified": "Verified: not justified. What was found is erased here; each office below must confirm its own erasure.",
		"confirm":     "The erasure of your office is confirmed."}[r.URL.Query().Get("done")]
	return d.showRequest(w, r, access.Purpose(r.URL.Query().Get("purpose")), http.StatusOK, requestPage{Done: done})
}

func (d *Desk) showRequest(w http.ResponseWriter, r *http.Request, purpose access.Purpose, status int, p requestPage) error {
	found, err := through(r.Context(), d, web.Ground{Purpose: purpose}, ees.OpReadRequest, func(pass access.Pass) (ees.RequestView, error) {
		return d.Register.ReadRequest(pass, r.PathValue("id"))
	})
	if err != nil {
		return err
	}
	p.Request, p.AllMet = found.Body, true
	for _, c := range p.Request.Conditions {
		p.AllMet = p.AllMet && c.Met
	}
	if p.Request.Request != nil {
		p.Keys = keysShown(p.Request.Request.Search)
	}
	return d.police.request.RenderStatus(w, r, status, p)
}

// keysShown are the keys of a search, for people.
func keysShown(s ees.LawEnforcementSearch) []keyShown {
	var keys []keyShown
	add := func(name string, parts ...string) {
		parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
		keys = append(keys, keyShown{name, strings.Join(parts, ", ")})
	}
	size := func(sample []byte) string { return strconv.Itoa((len(sample)+1023)/1024) + " KiB" }
	date := func(prefix string, day law.Date) string {
		if day == 0 {
			return ""
		}
		return prefix + day.String()
	}
	if f := s.Fingerprints; f != nil {
		add("Fingerprints", size(f.Sample), map[bool]string{true: "latent"}[f.Latent])
	}
	if f := s.Face; f != nil {
		add("Facial image", size(f.Sample))
	}
	if i := s.Identity; i != nil {
		add("Identity", i.Surname, i.FirstNames, i.BirthDate, i.Sex, i.Nationality)
	}
	if t := s.Document; t != nil {
		add("Travel document", t.Type, t.Number, t.Issuer, date("valid until ", t.Expiry))
	}
	if v := s.Visa; v != nil {
		add("Visa sticker", v.Number, v.Issuer, date("valid until ", v.ValidUntil))
	}
	for _, c := range []struct {
		name string
		key  *ees.CrossingKey
	}{{"Entry", s.Entry}, {"Exit", s.Exit}} {
		if c.key == nil {
			continue
		}
		at := ""
		if c.key.At != nil {
			at = c.key.At.UTC().Format(time.TimeOnly) + " UTC"
		}
		add(c.name, c.key.On.String(), at, c.key.CrossingPoint, c.key.Authority)
	}
	return keys
}

// decideRequest takes the one decision that the page offers.
func (d *Desk) decideRequest(w http.ResponseWriter, r *http.Request) error {
	v := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	id, purpose, action := r.PathValue("id"), access.Purpose(v("purpose")), v("action")
	version, err := strconv.ParseInt(v("version"), 10, 64)
	if err != nil || version < 1 {
		return law.BadField("version", "version_unreadable", "2017/2226 art 31(1)", "The form is incomplete. Open the request again.")
	}
	steps := map[string]struct {
		op access.Op
		fn func(access.Pass) (ees.RequestReceipt, error)
	}{
		"approve": {ees.OpDecideRequest, func(p access.Pass) (ees.RequestReceipt, error) {
			return d.Register.DecideRequest(p, id, version, ees.RequestDecision{Approve: true})
		}},
		"refuse": {ees.OpDecideRequest, func(p access.Pass) (ees.RequestReceipt, error) {
			return d.Register.DecideRequest(p, id, version, ees.RequestDecision{Reasons: v("reasons")})
		}},
		"search": {ees.OpSearchForRequest, func(p access.Pass) (ees.RequestReceipt, error) {
			return d.Register.SearchForRequest(p, id, version)
		}},
		"justified": {ees.OpVerifyUrgency, func(p access.Pass) (ees.RequestReceipt, error) {
			return d.Register.VerifyUrgency(p, id, version, ees.UrgencyVerdict{Justified: true, Reasons: v("reasons")})
		}},
		"unjustified": {ees.OpVerifyUrgency, func(p access.Pass) (ees.RequestReceipt, error) {
			return d.Register.VerifyUrgency(p, id, version, ees.UrgencyVerdict{Reasons: v("reasons")})
		}},
		"confirm": {ees.OpConfirmErasure, func(p access.Pass) (ees.RequestReceipt, error) { return d.Register.ConfirmErasure(p, id) }},
	}
	step, ok := steps[action]
	if !ok {
		return law.BadField("action", "unknown_action", "2017/2226 art 31(1)", "The form is incomplete. Open the request again.")
	}
	ctx, ground := r.Context(), web.Ground{Purpose: purpose}
	if step.op == ees.OpSearchForRequest {
		ctx = d.aheadOfSearch(ctx, ground, id)
	}
	if _, err := through(ctx, d, ground, step.op, step.fn); err != nil {
		problem := web.Told(r, err)
		if problem == nil {
			return err
		}
		p := requestPage{Problem: problem, Reasons: v("reasons")}
		if problem.Field == "reasons" {
			p.ReasonsError = problem.Detail
		}
		return d.showRequest(w, r, purpose, problem.Status, p)
	}
	http.Redirect(w, r, "/ees/requests/"+url.PathEscape(id)+"?purpose="+url.QueryEscape(string(purpose))+"&done="+action, http.StatusSeeOther)
	return nil
}

func (d *Desk) outcomePage(w http.ResponseWriter, r *http.Request) error {
	id, purpose := r.PathValue("id"), access.Purpose(r.URL.Query().Get("purpose"))
	p := outcomePage{RequestID: id, Purpose: purpose}
	if purpose == access.LawEnforcementIdentify {
		out, err := through(r.Context(), d, web.Ground{Purpose: purpose}, ees.OpReadOutcome, func(pass access.Pass) (ees.IdentityOutcome, error) {
			return d.Register.ReadIdentityOutcome(pass, id)
		})
		if err != nil {
			return err
		}
		p.Persons, p.Withheld, p.Restricted, p.KeepUntil = out.Body.Found, out.Body.Withheld, out.Body.Restricted, out.Body.KeepUntil
		return d.police.outcome.Render(w, r, p)
	}
	out, err := through(r.Context(), d, web.Ground{Purpose: purpose}, ees.OpReadOutcome, func(pass access.Pass) (ees.HistoryOutcome, error) {
		return d.Register.ReadHistoryOutcome(pass, id)
	})
	if err != nil {
		return err
	}
	p.Histories, p.Withheld, p.Restricted, p.KeepUntil = out.Body.Found, out.Body.Withheld, out.Body.Restricted, out.Body.KeepUntil
	return d.police.outcome.Render(w, r, p)
}
