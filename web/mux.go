package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/danielgtaylor/huma/v2"

	"limen/access"
	"limen/law"
)

// Options say what a Mux needs. Zero values take what stands beside them.
type Options struct {
	Title       string // of the API's document: "Limen"
	Version     string
	Description string
	Identities  *access.Identities
	Log         *slog.Logger     // slog.Default()
	Clock       func() time.Time // the wall clock; house hands in Store.Now, so that sessions and accounts share one clock
	Demo        *Demo            // nil: no demonstration
	Notice      string           // legal note at the foot of every page
	Posts       func(access.Principal) []Post
	Confined    func(access.Principal) string // the only page, with those below it, of a session that stands in the open; "" confines nobody
	Checks      []Check                       // what /healthz asks

	MetricsFromLoopback bool // answer /metrics to this machine without a token; not behind a proxy
	MaxBody             int64
	AddressRate         Rate // per remote address without a client certificate: 100/s, burst 300
	PrincipalRate       Rate // per principal: 500/s, burst 1000
}

// maxRemembered bounds the names that each limit remembers, about 300 bytes each.
const maxRemembered = 20_000

// Mux routes requests to the desks' operations and pages, and does everything
// around them.
type Mux struct {
	options   Options
	log       *slog.Logger
	now       func() time.Time
	routes    *http.ServeMux
	byPattern map[string]route
	api       huma.API
	sessions  *scs.SessionManager
	origin    *http.CrossOriginProtection
	addresses *limiter
	officers  *limiter
	metrics   *metrics
	assets    *assets
	own       ownViews
	sets      []*Templates
	nav       []NavItem
	document  document
	health    health
}

// route is what the toolkit knows about a registered pattern.
type route struct {
	pattern string
	page    bool // answers people: session, HTML
	api     bool // answers programs: token, certificate or session; JSON
	open    bool // also to whom nobody knows
	once    bool // takes an idempotency key
	maxBody int64
}

// PageFunc answers one page. An error becomes an error page.
type PageFunc func(w http.ResponseWriter, r *http.Request) error

// NewMux returns a Mux with the toolkit's own pages: home, sign-in, the API's
// reference, health, metrics, static files.
func NewMux(o Options) (*Mux, error) {
	if o.Identities == nil {
		return nil, errors.New("web: no identities given")
	}
	o.Title = or(o.Title, "Limen")
	o.Version = or(o.Version, "0")
	o.MaxBody = or(o.MaxBody, 1<<20)
	o.AddressRate = or(o.AddressRate, Rate{100, 300})
	o.PrincipalRate = or(o.PrincipalRate, Rate{500, 1000})
	if o.Clock == nil {
		o.Clock = time.Now
	}
	m := &Mux{
		options:   o,
		log:       or(o.Log, slog.Default()),
		now:       o.Clock,
		routes:    http.NewServeMux(),
		byPattern: map[string]route{},
		origin:    http.NewCrossOriginProtection(),
		addresses: newLimiter(o.AddressRate, maxRemembered),
		officers:  newLimiter(o.PrincipalRate, maxRemembered),
	}
	m.sessions = newSessions(o)
	m.metrics = newMetrics()
	m.api = newAPI(m, o.Title, o.Version, o.Description)
	m.assets = newAssets()
	if err := m.Assets(ownFiles, "static"); err != nil {
		return nil, err
	}
	if err := m.ownPages(); err != nil {
		return nil, err
	}
	m.handle(route{pattern: "GET /healthz"}, http.HandlerFunc(m.serveHealth))
	m.handle(route{pattern: "GET /metrics", api: true, open: true}, http.HandlerFunc(m.serveMetrics))
	m.handle(route{pattern: "GET /static/{name}"}, http.HandlerFunc(m.assets.serve))
	return m, nil
}

// Page registers a page for people who are signed in: "GET /ees/search". Forms
// may carry a field "once" (see OnceKey), which Ground.Request takes as the
// idempotency key.
func (m *Mux) Page(pattern string, fn PageFunc) { m.page(route{pattern: pattern, page: true}, fn) }

// OpenPage registers a page that needs no signing in.
func (m *Mux) OpenPage(pattern string, fn PageFunc) {
	m.page(route{pattern: pattern, page: true, open: true}, fn)
}

func (m *Mux) page(rt route, fn PageFunc) {
	m.handle(rt, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := fn(w, r); err != nil {
			m.fail(w.(*recorder), r, visitOf(r.Context()), err)
		}
	}))
}

func (m *Mux) handle(rt route, h http.Handler) {
	rt.maxBody = or(rt.maxBody, m.options.MaxBody)
	m.routes.Handle(rt.pattern, h)
	m.byPattern[rt.pattern] = rt
}

// NavItem is one entry of the navigation, shown to authorities of these kinds;
// no kinds means everybody signed in.
type NavItem struct {
	Href, Label, About string
	Kinds              []access.Kind
}

// Nav adds entries to the navigation and to the home page, in order.
func (m *Mux) Nav(items ...NavItem) { m.nav = append(m.nav, items...) }

// Seal checks every template and writes the API's document. It is called once,
// after the desks registered and before the first request.
func (m *Mux) Seal() error {
	for _, set := range m.sets {
		if err := set.Check(); err != nil {
			return err
		}
	}
	return m.writeDocument()
}

// ServeHTTP answers one request. Everything that happens to a request happens
// here, in this order.
func (m *Mux) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	start := m.now()
	v := &visit{mux: m, id: newID()}
	r = r.WithContext(context.WithValue(access.WithRemote(r.Context(), remoteName(r)), visitKey{}, v))
	w := &recorder{ResponseWriter: rw, visit: v}
	defer m.finish(w, r, v, start)
	secure(w.Header(), r)
	w.Header().Set("Request-Id", v.id)

	err := m.find(r, v)
	if err == nil && (v.route.page || v.route.api) {
		r, err = m.admit(w, r, v, start)
	}
	if errors.Is(err, errConfined) {
		http.Redirect(w, r, m.confinedTo(v), http.StatusSeeOther)
	} else if errors.Is(err, errSignIn) {
		http.Redirect(w, r, "/sign-in?next="+nextOf(r), http.StatusSeeOther)
	} else if err != nil {
		m.fail(w, r, v, err)
	} else {
		m.routes.ServeHTTP(w, r)
	}
	w.send() // an answer without a body
}

// find looks the route up without running it.
func (m *Mux) find(r *http.Request, v *visit) error {
	handler, pattern := m.routes.Handler(r)
	if pattern != "" {
		v.route = m.byPattern[pattern]
		return nil
	}
	v.route = route{
		pattern: "unrouted",
		page:    !strings.HasPrefix(r.URL.Path, "/api/") && strings.Contains(r.Header.Get("Accept"), "text/html"),
		open:    true,
	}
	probe := &refusalProbe{header: http.Header{}}
	handler.ServeHTTP(probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		return law.Refuse(law.BadInput, "method_not_allowed", "",
			"This address does not take this method. The header Allow lists those it takes.", "allow", probe.header.Get("Allow"))
	}
	return unknownAddress()
}

func unknownAddress() error {
	return law.Refuse(law.NotFound, "no_such_address", "", "There is nothing at this address. See /docs for the API and / for the pages.")
}

// refusalProbe learns which refusal the router would send.
type refusalProbe struct {
	header http.Header
	status int
}

func (p *refusalProbe) Header() http.Header         { return p.header }
func (p *refusalProbe) Write(b []byte) (int, error) { return len(b), nil }
func (p *refusalProbe) WriteHeader(status int)      { p.status = cmp.Or(p.status, status) }

// admit limits the request, learns who sent it and prepares its body.
func (m *Mux) admit(w *recorder, r *http.Request, v *visit, now time.Time) (*http.Request, error) {
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
		if wait, ok := m.addresses.take(remoteName(r), now); !ok {
			return r, tooMany(wait)
		}
	}
	if err := m.origin.Check(r); err != nil {
		return r, law.Refuse(law.NotGranted, "cross_origin_request", "",
			"The request was sent by a page of another site. Open this server's own page and repeat it there.")
	}
	r.Body = http.MaxBytesReader(w.ResponseWriter, r.Body, v.route.maxBody)

	r, err := m.authenticate(w, r, v)
	if err != nil {
		return r, err
	}
	if !v.known && !v.route.open {
		if v.route.page && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			return r, errSignIn
		}
		return r, notSignedIn()
	}
	if err := m.confine(v, r); err != nil {
		return r, err
	}
	if v.known {
		name := string(v.principal.Authority.Kind) + "/" + v.principal.Authority.State + "/" + string(v.principal.Officer)
		if wait, ok := m.officers.take(name, now); !ok {
			return r, tooMany(wait)
		}
	}
	return r, m.readKey(r, v)
}

// readKey finds the idempotency key and lets the digest follow the body.
func (m *Mux) readKey(r *http.Request, v *visit) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	if v.route.api {
		if key, sent := r.Header["Idempotency-Key"]; sent && v.route.once {
			v.follow(r, strings.Join(key, ","))
			if v.key == "" {
				_, err := Once(v.principal, "", "", [32]byte{})
				return err
			}
		}
		return nil
	}
	// A page's form is read here, so that the field "once" is known.
	v.follow(r, "")
	err := r.ParseForm()
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err = r.ParseMultipartForm(v.route.maxBody)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return err
	case err != nil:
		return law.Refuse(law.BadInput, "body_unreadable", "", "The form could not be read. Send it again.")
	}
	v.key = r.PostForm.Get("once")
	return nil
}

// errBug marks a panic, which finish has recorded already.
var errBug = errors.New("web: a bug stopped this request")

// finish turns a panic into an answer, closes the answer, and writes the one
// line about the request: no query, no body, no address, no name.
func (m *Mux) finish(w *recorder, r *http.Request, v *visit, start time.Time) {
	ctx := context.WithoutCancel(r.Context())
	if bug := recover(); bug != nil {
		var lost *sessionLost
		if err, ok := bug.(error); ok && errors.As(err, &lost) {
			m.fail(w, r, v, lost.cause)
		} else {
			m.log.ErrorContext(ctx, "bug", "request_id", v.id, "route", v.route.pattern,
				"panic", fmt.Sprint(bug), "stack", string(debug.Stack()))
			if w.sent {
				// Half an answer must not look like a whole one.
				defer panic(http.ErrAbortHandler)
			} else {
				w.before = nil
				m.fail(w, r, v, errBug)
			}
		}
		w.send()
	}
	taken := m.now().Sub(start)
	m.metrics.observe(r.Method, v.route.pattern, w.status, taken)
	m.log.LogAttrs(ctx, slog.LevelInfo, "request",
		slog.String("request_id", v.id),
		slog.String("method", knownMethod(r.Method)),
		slog.String("route", v.route.pattern),
		slog.Int("status", w.status),
		slog.Float64("ms", float64(taken.Microseconds())/1000),
		slog.Int64("bytes", w.bytes),
		slog.String("who", string(v.principal.Authority.Kind)),
		slog.String("channel", v.principal.Channel))
}

// knownMethod keeps words that a client made up out of the log and the metrics.
func knownMethod(method string) string {
	if slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, method) {
		return method
	}
	return "other"
}
