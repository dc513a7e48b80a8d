package desk

import (
	"embed"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"limen/carrier"
	"limen/law"
	"limen/person"
	"limen/web"
)

//go:embed pages static
var files embed.FS

// stayPage is the traveller's page: the question, and the answer to it.
type stayPage struct {
	W       phrases
	Others  []web.Language // the languages to change to
	Fault   string         // what to put right
	At      string         // the field that it is about
	Kind    string
	Number  string
	Issuers []web.Option
	Goals   []web.Option
	Entry   string
	Exit    string
	Answer  *carrier.StayAnswer
	Word    string
	Shade   string // class of the word
	Days    string
	Basis   string
}

// Pages registers the traveller's page in every language (art 13(1), 2022/1409
// art 15), which needs no signing in, and the pages of carriers and of the
// administrator who decides on them.
func (d *Desk) Pages(m *web.Mux) error {
	if err := m.Assets(files, "static"); err != nil {
		return err
	}
	t, err := m.Templates(files, "pages", template.FuncMap{
		"status": statusWord,
		"notice": func(k carrier.NoticeKind) string { return noticeWords[k] },
		"minute": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") },
		"day":    func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
	})
	if err != nil {
		return err
	}
	view := web.NewView[stayPage](t, "stay.html")
	tags := make([]language.Tag, len(languages))
	for i := range languages {
		l := &languages[i]
		tags[i] = language.MustParse(l.Tag)
		today := law.DateIn(d.Now(), time.UTC)
		states := statesIn(l.Tag, today)
		goals := states.operating(today)
		show := func(w http.ResponseWriter, r *http.Request, status int, p stayPage) error {
			p.W = *l
			for _, other := range languages {
				if other.Tag != l.Tag {
					p.Others = append(p.Others, other.Language)
				}
			}
			p.Issuers, p.Goals = states.options(states.all, r.PostFormValue("issuer")), states.options(goals, r.PostFormValue("destination"))
			return view.RenderIn(w, r, status, l.Language, p)
		}
		m.OpenPage("GET /"+l.Tag+"/stay", func(w http.ResponseWriter, r *http.Request) error {
			return show(w, r, http.StatusOK, stayPage{Kind: "P"})
		})
		m.OpenPage("POST /"+l.Tag+"/stay", func(w http.ResponseWriter, r *http.Request) error {
			p, status := d.ask(r, l)
			return show(w, r, status, p)
		})
	}
	d.carrierPages(m, t)
	match := language.NewMatcher(tags)
	m.OpenPage("GET /stay", func(w http.ResponseWriter, r *http.Request) error {
		wanted, _, _ := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
		_, i, _ := match.Match(wanted...)
		w.Header().Set("Vary", "Accept-Language")
		http.Redirect(w, r, "/"+languages[i].Tag+"/stay", http.StatusSeeOther)
		return nil
	})
	return nil
}

// ask answers the form.
func (d *Desk) ask(r *http.Request, l *phrases) (stayPage, int) {
	v := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	p := stayPage{Kind: v("type"), Number: v("number"), Entry: v("entry"), Exit: v("exit")}
	q := carrier.Stay{Document: carrier.StayDocument{Type: p.Kind, Number: p.Number, Issuer: v("issuer")}, Destination: v("destination")}
	for _, day := range []struct {
		name, text string
		into       **law.Date
	}{{"entry", p.Entry, &q.Entry}, {"exit", p.Exit, &q.Exit}} {
		if day.text == "" {
			continue
		}
		date, err := law.ParseDate(day.text)
		if err != nil {
			p.Fault, p.At = l.Errors.Day, day.name
			return p, http.StatusUnprocessableEntity
		}
		*day.into = &date
	}
	a, err := d.Stay(r.Context(), web.Ground{}, place(r.RemoteAddr), q)
	if err != nil {
		return l.told(p, err)
	}
	p.Answer, p.Word, p.Shade = &a, l.Unknown, "soft"
	switch a.Answer {
	case carrier.StayOK:
		p.Word, p.Shade = l.Yes, "good"
	case carrier.StayNotOK:
		p.Word, p.Shade = l.No, "bad"
	}
	if a.Days != nil {
		p.Days = strconv.Itoa(*a.Days)
	}
	p.Basis = l.FromEntry
	if a.Basis == carrier.FromQuestion {
		p.Basis = l.FromToday
	}
	return p, http.StatusOK
}

// told turns a refusal into words of the language. A fault of the machine is told
// as one that passes: whoever asks can do nothing about it but ask again.
func (l *phrases) told(p stayPage, err error) (stayPage, int) {
	var refusal *law.Refusal
	if !errors.As(err, &refusal) {
		p.Fault = l.Errors.Unavailable
		return p, http.StatusServiceUnavailable
	}
	p.Fault, p.At = l.Errors.Other, refusal.Field
	switch refusal.Code {
	case "too_many_questions":
		p.Fault = l.Errors.TooMany
		return p, http.StatusTooManyRequests
	case "copy_empty", "copy_too_old":
		p.Fault = l.Errors.Unavailable
		return p, http.StatusServiceUnavailable
	case "entry_past":
		p.Fault = l.Errors.EntryPast
	case "entry_too_far":
		p.Fault = l.Errors.EntryFar
	case "exit_before_entry":
		p.Fault = l.Errors.ExitBefore
	case "exit_too_far":
		p.Fault = l.Errors.ExitFar
	case "destination_elsewhere":
		p.Fault = l.Errors.Elsewhere
	default:
		switch {
		case strings.HasSuffix(refusal.Field, "number"):
			p.Fault, p.At = l.Errors.Number, "number"
		case strings.HasSuffix(refusal.Field, "issuer"):
			p.Fault, p.At = l.Errors.Issuer, "issuer"
		case refusal.Field == "destination":
			p.Fault = l.Errors.Destination
		}
	}
	return p, http.StatusUnprocessableEntity
}

// stateNames are the states by their names in a language, in its order.
type stateNames struct {
	all   []person.State
	name  map[person.State]string
	order *collate.Collator
}

// statesIn names the states that issue documents to third-country nationals, and
// those that operate the system, in a language. A code that stands for no state
// of its own, as those of organisations, keeps its English name.
func statesIn(tag string, on law.Date) stateNames {
	t := language.MustParse(tag)
	regions := display.Regions(t)
	s := stateNames{name: map[person.State]string{}, order: collate.New(t)}
	for _, state := range person.States() {
		s.name[state] = state.Name()
		if string(state) == state.Alpha3() || state == "D" || state == "RKS" {
			if region, err := language.ParseRegion(state.Alpha2()); err == nil && regions.Name(region) != "" {
				s.name[state] = regions.Name(region)
			}
		}
		if rule, err := person.VisaRequirement(state, on); err == nil && rule.Rule != person.FreeMovement {
			s.all = append(s.all, state)
		}
	}
	s.sort(s.all)
	return s
}

func (s stateNames) sort(states []person.State) {
	slices.SortFunc(states, func(a, b person.State) int { return s.order.CompareString(s.name[a], s.name[b]) })
}

// operating are the states that operate the system on a day.
func (s stateNames) operating(on law.Date) []person.State {
	codes, err := law.EESStates.On(max(on, law.EESStart()))
	if err != nil {
		return nil
	}
	var list []person.State
	for _, code := range codes {
		list = append(list, person.State(code))
	}
	s.sort(list)
	return list
}

func (s stateNames) options(states []person.State, chosen string) []web.Option {
	var list []web.Option
	for _, state := range states {
		list = append(list, web.Option{Value: string(state), Label: s.name[state], Selected: string(state) == chosen})
	}
	return list
}
