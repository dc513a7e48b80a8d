package desk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"limen/access"
	"limen/carrier"
	"limen/law"
	"limen/web"
)

// The pages of the administrator who decides on carriers, and those of notices,
// which carriers read as well.

func (d *Desk) adminPages(m *web.Mux) {
	m.Page("GET /carriers/registrations", d.showRegistrations)
	m.Page("GET /carriers/registrations/{id}", func(w http.ResponseWriter, r *http.Request) error { return d.showRegistration(w, r, nil, "") })
	m.Page("POST /carriers/registrations/{id}/decision", d.decideOne)
	m.Page("POST /carriers/registrations/{id}/accounts", d.accountOf)
	m.Page("POST /carriers/registrations/{id}/certificates", d.certificateOf)
	m.Page("POST /carriers/registrations/{id}/remove", d.removeCertificate)
}

// registrationsPage lists registrations of one status.
type registrationsPage struct {
	Statuses []web.Option // to choose from
	List     []carrier.Registration
	Status   carrier.Status
	Next     string
}

const pageOf = 50

var statuses = []carrier.Status{carrier.Requested, carrier.Admitted, carrier.Suspended, carrier.Deregistered, carrier.TurnedDown}

func (d *Desk) showRegistrations(w http.ResponseWriter, r *http.Request) error {
	status := carrier.Status(r.URL.Query().Get("status"))
	if !slices.Contains(statuses, status) {
		status = carrier.Requested
	}
	list, err := d.Registrations(r.Context(), web.Ground{}, status, r.URL.Query().Get("after"), pageOf)
	if err != nil {
		return err
	}
	p := registrationsPage{List: list, Status: status}
	for _, s := range statuses {
		p.Statuses = append(p.Statuses, web.Option{Value: string(s), Label: statusWord(s), Selected: s == status})
	}
	if len(list) == pageOf {
		p.Next = list[pageOf-1].ID
	}
	return d.views.registrations.Render(w, r, p)
}

func statusWord(s carrier.Status) string { return strings.ReplaceAll(string(s), "_", " ") }

// registrationPage is one registration with what an administrator may do.
type registrationPage struct {
	Problem      *web.Problem
	At           string // the form that the problem is about
	Enrol        string // address of a new account's second factor, shown once
	Registration carrier.Registration
	Accounts     []access.Account
	Certificates []access.Certificate
	Decision     web.Field
	Reason       web.Field
	User         web.Field
	Password     web.Field
	System       web.Field
	PEM          string
}

// showRegistration shows a registration; problem is about the form named at, and
// enrol is shown once.
func (d *Desk) showRegistration(w http.ResponseWriter, r *http.Request, problem *web.Problem, enrol string) error {
	ctx, id := r.Context(), r.PathValue("id")
	one, err := through(ctx, d, web.Ground{}, carrier.OpList, func(p access.Pass) (carrier.Registration, error) { return d.Copy.One(p, id) })
	if err != nil {
		return err
	}
	p := registrationPage{Problem: problem, Enrol: enrol, Registration: one, At: r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:],
		Decision: web.Field{Name: "status", Label: "Decision", Required: true},
		Reason:   input(r, "reason", "Why", "The carrier is told", 1000, true),
		User:     input(r, "user", "User name", "Small letters, digits, dots and hyphens", 64, true),
		Password: web.Field{Name: "password", Label: "First password", Hint: "At least 12 characters", Type: "password", Autocomplete: "new-password", Required: true, MaxLength: 200},
		System:   input(r, "system", "Name of the system", "As the log will give it", 100, true)}
	if p.Accounts, err = through(ctx, d, web.Ground{}, access.OpListAccounts, func(p access.Pass) ([]access.Account, error) { return d.Identities.AccountsOf(p, one.Authority()) }); err != nil {
		return err
	}
	if p.Certificates, err = through(ctx, d, web.Ground{}, access.OpListCerts, func(p access.Pass) ([]access.Certificate, error) {
		return d.Identities.CertificatesOf(p, one.Authority())
	}); err != nil {
		return err
	}
	for _, s := range carrier.Decisions(one.Status) {
		p.Decision.Options = append(p.Decision.Options, web.Option{Value: string(s), Label: decisionWords[s], Selected: typed(r, "status") == string(s)})
	}
	status := http.StatusOK
	if problem != nil {
		status = problem.Status
		p.PEM = r.PostFormValue("certificate")
		web.Mark(problem, &p.Decision, &p.Reason, &p.User, &p.Password, &p.System)
	} else {
		for _, f := range []*web.Field{&p.Reason, &p.User, &p.System} {
			f.Value = ""
		}
	}
	return d.views.registration.RenderStatus(w, r, status, p)
}

var decisionWords = map[carrier.Status]string{carrier.Admitted: "Admit", carrier.TurnedDown: "Turn down", carrier.Suspended: "Suspend, on misuse", carrier.Deregistered: "Deregister"}

// again shows the registration after an attempt: with what went wrong, or as it
// is now.
func (d *Desk) again(w http.ResponseWriter, r *http.Request, enrol string, err error) error {
	problem := web.Told(r, err)
	if err != nil && problem == nil {
		return err
	}
	return d.showRegistration(w, r, problem, enrol)
}

func (d *Desk) decideOne(w http.ResponseWriter, r *http.Request) error {
	seen, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return law.BadField("version", "version_missing", register, "Read the registration again before you decide.")
	}
	_, err = d.Decide(r.Context(), web.Ground{}, r.PathValue("id"), carrier.Decision{Status: carrier.Status(typed(r, "status")), Reason: typed(r, "reason"), Version: seen})
	return d.again(w, r, "", err)
}

func (d *Desk) accountOf(w http.ResponseWriter, r *http.Request) error {
	enrol, err := d.AddAccount(r.Context(), web.Ground{}, r.PathValue("id"), typed(r, "user"), r.PostFormValue("password"))
	return d.again(w, r, enrol, err)
}

func (d *Desk) certificateOf(w http.ResponseWriter, r *http.Request) error {
	_, err := d.AddCertificate(r.Context(), web.Ground{}, r.PathValue("id"), typed(r, "system"), r.PostFormValue("certificate"))
	return d.again(w, r, "", err)
}

func (d *Desk) removeCertificate(w http.ResponseWriter, r *http.Request) error {
	_, err := through(r.Context(), d, web.Ground{}, access.OpRemoveCert, func(p access.Pass) (int, error) {
		return 0, d.Identities.DeregisterCertificate(p, typed(r, "fingerprint"))
	})
	return d.again(w, r, "", err)
}

// noticesPage lists times in which carriers could not ask, and takes new ones.
type noticesPage struct {
	Problem *web.Problem
	Carrier bool // who looks is a carrier
	List    []carrier.Notice
	Next    string
	Kind    web.Field
	Fields  []web.Field
	Lines   string // transports, one on a line
	Words   web.Field
	Now     string
}

func (d *Desk) noticePages(m *web.Mux) {
	m.Page("GET /carriers/notices", func(w http.ResponseWriter, r *http.Request) error { return d.showNotices(w, r, nil) })
	m.Page("POST /carriers/notices", d.tellNotice)
	m.Page("POST /carriers/notices/{id}/end", d.endNotice)
}

// utcForm is a moment as the page's inputs have it.
const utcForm = "2006-01-02T15:04"

func (d *Desk) showNotices(w http.ResponseWriter, r *http.Request, problem *web.Problem) error {
	list, err := d.Notices(r.Context(), web.Ground{}, carrier.NoticeQuery{Before: r.URL.Query().Get("before"), Limit: pageOf})
	if err != nil {
		return err
	}
	who, _ := web.PrincipalFrom(r.Context())
	p := noticesPage{Problem: problem, Carrier: who.Authority.Kind == access.Carrier, List: list, Lines: r.PostFormValue("transports"), Now: d.Now().UTC().Format(utcForm),
		Kind: web.Field{Name: "kind", Label: "What happened", Required: true}, Words: input(r, "words", "In words", "No passengers", 1000, true),
		Fields: []web.Field{input(r, "from", "Since when (UTC)", "", 0, true), input(r, "until", "Until when (UTC)", "Empty while it lasts", 0, false)}}
	for _, k := range []carrier.NoticeKind{carrier.FailureMet, carrier.CarrierUnable} {
		p.Kind.Options = append(p.Kind.Options, web.Option{Value: string(k), Label: ownWords[k], Selected: typed(r, "kind") == string(k)})
	}
	for i := range p.Fields {
		p.Fields[i].Type = "datetime-local"
	}
	if len(list) == pageOf {
		p.Next = list[pageOf-1].ID
	}
	status := http.StatusOK
	if problem != nil {
		status = problem.Status
		web.Mark(problem, &p.Kind, &p.Words, &p.Fields[0], &p.Fields[1])
	}
	return d.views.notices.RenderStatus(w, r, status, p)
}

// noticeWords say what a notice is; ownWords are those of the carrier that tells.
var (
	noticeWords = map[carrier.NoticeKind]string{carrier.ServiceFailure: "Failure of the service", carrier.FailureMet: "A carrier met a failure of the service", carrier.CarrierUnable: "A carrier could not ask"}
	ownWords    = map[carrier.NoticeKind]string{carrier.FailureMet: "The service did not answer us", carrier.CarrierUnable: "We could not ask"}
)

func (d *Desk) tellNotice(w http.ResponseWriter, r *http.Request) error {
	in := carrier.NoticeReport{Kind: carrier.NoticeKind(typed(r, "kind")), Words: typed(r, "words")}
	for line := range strings.SplitSeq(r.PostFormValue("transports"), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			in.Transports = append(in.Transports, line)
		}
	}
	var err error
	if in.From, err = typedMoment(r, "from"); err == nil && typed(r, "until") != "" {
		var until time.Time
		until, err = typedMoment(r, "until")
		in.Until = &until
	}
	if err == nil {
		who, _ := web.PrincipalFrom(r.Context())
		if who.Authority.Kind == access.Carrier {
			_, err = d.Report(r.Context(), web.Ground{}, in)
		} else {
			_, err = d.Declare(r.Context(), web.Ground{}, in)
		}
	}
	return d.noticesAgain(w, r, err)
}

func (d *Desk) endNotice(w http.ResponseWriter, r *http.Request) error {
	seen, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return law.BadField("version", "version_missing", "2017/2226 art 13a", "Read the notice again before you end it.")
	}
	op := carrier.OpDeclare
	if who, _ := web.PrincipalFrom(r.Context()); who.Authority.Kind == access.Carrier {
		op = carrier.OpReport
	}
	_, err = d.End(r.Context(), web.Ground{}, op, r.PathValue("id"), carrier.NoticeEnd{Until: d.Now(), Version: seen})
	return d.noticesAgain(w, r, err)
}

// noticesAgain goes back to the list, or shows what went wrong.
func (d *Desk) noticesAgain(w http.ResponseWriter, r *http.Request, err error) error {
	if err == nil {
		http.Redirect(w, r, "/carriers/notices", http.StatusSeeOther)
		return nil
	}
	problem := web.Told(r, err)
	if problem == nil {
		return err
	}
	return d.showNotices(w, r, problem)
}

func typedMoment(r *http.Request, name string) (time.Time, error) {
	text := typed(r, name)
	t, err := time.Parse(utcForm, text[:min(len(text), len(utcForm))])
	if err != nil {
		return t, law.BadField(name, "moment_form", "2017/2226 art 13a", "Give day and time in UTC, as 2026-11-01T09:30.")
	}
	return t, nil
}
