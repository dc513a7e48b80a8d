package web

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"limen/access"
	"limen/db"
	"limen/db/dbtest"
	"limen/law"
	"limen/ledger"
)

// testHouse is a server with a small desk of its own, over SQLite.
type testHouse struct {
	t      testing.TB
	store  *db.Store
	ledger *ledger.Log
	door   *access.Door
	ids    *access.Identities
	mux    *Mux
	base   string // "https://localhost:port"
	cert   Certificate
	log    *lockedBuffer
	token  string        // of the border guard
	slow   chan struct{} // closed lets /api/test/v1/slow answer
	slowIn chan struct{} // receives when it was reached
	stop   context.CancelFunc
	done   chan error
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const (
	testPassword = "copper kettle by the harbour"
	opRecord     = access.Op("test.record")
	opRefused    = access.Op("test.refused")
)

var testSecret = bytes.Repeat([]byte{7}, 32)

// setup changes what a test house is made of.
type setup struct {
	clock     func() time.Time
	options   func(*Options)
	serving   func(*Serving)
	identity  func(*access.IdentityOptions)
	desk      func(*testHouse)
	plainHTTP bool // no server: the mux only
}

func newHouse(t testing.TB, s setup) *testHouse {
	t.Helper()
	ctx := context.Background()
	h := &testHouse{t: t, log: &lockedBuffer{}, slow: make(chan struct{}), slowIn: make(chan struct{}, 1)}
	h.store = dbtest.Open(t, db.SQLite, []db.Schema{ledger.Schema(), access.Schema()}, db.Options{Clock: s.clock})
	key, err := ledger.NewKey("limen.example/test")
	must(t, err)
	h.ledger, err = ledger.Open(ctx, h.store, key, ledger.Options{})
	must(t, err)
	h.door, err = access.NewDoor(h.store, h.ledger, []access.Operation{
		{Op: opRecord, System: "test", Title: "record something", Cite: "2017/2226 art 14", Writes: true},
		{Op: opRefused, System: "test", Title: "do what is refused", Cite: "2017/2226 art 14", Writes: true},
	}, []access.Grant{
		{Kind: access.Border, Purpose: access.BorderCheck, Op: opRecord, Cite: "2017/2226 art 14"},
		{Kind: access.Border, Purpose: access.BorderCheck, Op: opRefused, Cite: "2017/2226 art 14"},
	})
	must(t, err)
	io := access.IdentityOptions{Secret: testSecret, Demo: true, RPID: "localhost", Origins: []string{"https://localhost"}}
	if s.identity != nil {
		s.identity(&io)
	}
	h.ids, err = access.OpenIdentities(h.store, h.ledger, io)
	must(t, err)
	h.account("guard", access.BorderGuard)
	h.token, _, err = h.ids.NewToken(ctx, "guard", []access.Op{opRecord, opRefused}, time.Hour, "test")
	must(t, err)

	o := Options{Title: "Limen", Version: "1.2.3", Identities: h.ids, Clock: h.store.Now, Checks: StoreChecks(h.store),
		Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	if s.options != nil {
		s.options(&o)
	}
	h.mux, err = NewMux(o)
	must(t, err)
	h.desk()
	if s.desk != nil {
		s.desk(h)
	}
	must(t, h.mux.Seal())
	if !s.plainHTTP {
		h.serve(s)
	}
	return h
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *testHouse) account(user string, role access.Role) {
	h.t.Helper()
	_, _, err := h.ids.Create(context.Background(), access.NewAccount{User: user, Role: role, Password: testPassword,
		Authority: access.Authority{State: "D", Name: "Bundespolizei, Flughafen Frankfurt"}})
	must(h.t, err)
}

func (h *testHouse) serve(s setup) {
	h.t.Helper()
	var err error
	h.cert, err = OwnCertificate(h.t.TempDir(), nil, time.Now())
	must(h.t, err)
	o := Serving{Address: "127.0.0.1:0", Certificate: h.cert.TLS, Handler: h.mux, Log: h.mux.log}
	if s.serving != nil {
		s.serving(&o)
	}
	server, err := Listen(o)
	must(h.t, err)
	_, port, _ := strings.Cut(server.Address(), ":")
	h.base = "https://localhost:" + port
	ctx, stop := context.WithCancel(context.Background())
	h.stop, h.done = stop, make(chan error, 1)
	go func() { h.done <- server.Run(ctx) }()
	h.t.Cleanup(func() {
		stop()
		if err := <-h.done; err != nil && !h.t.Failed() {
			h.t.Errorf("server: %v", err)
		}
	})
}

// ended takes the server's result before the cleanup does.
func (h *testHouse) ended() error {
	err := <-h.done
	h.done <- nil
	return err
}

// client returns a client that trusts the server's own authority and nothing else.
func (h *testHouse) client() *http.Client {
	h.t.Helper()
	transport := &http.Transport{TLSClientConfig: h.tls(), ForceAttemptHTTP2: true}
	h.t.Cleanup(transport.CloseIdleConnections) // before the server drains
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       10 * time.Second,
	}
}

func (h *testHouse) tls() *tls.Config {
	ca, err := os.ReadFile(h.cert.CA)
	must(h.t, err)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		h.t.Fatal("ca.pem holds no certificate")
	}
	return &tls.Config{RootCAs: pool}
}

// browser returns a client with cookies that says of itself what browsers say.
func (h *testHouse) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	must(h.t, err)
	c := h.client()
	c.Jar = jar
	c.Transport = browserHeaders{c.Transport}
	return c
}

type browserHeaders struct{ next http.RoundTripper }

func (b browserHeaders) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name, value := range map[string]string{"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Site": "same-origin"} {
		if r.Header.Get(name) == "" {
			r.Header.Set(name, value)
		}
	}
	return b.next.RoundTrip(r)
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	text string
}

func (h *testHouse) do(c *http.Client, method, path, body string, header ...string) answer {
	h.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r, err := http.NewRequest(method, h.base+path, reader)
	must(h.t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := c.Do(r)
	must(h.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(h.t, err)
	return answer{response, string(text)}
}

func (h *testHouse) form(c *http.Client, path string, pairs ...string) answer {
	h.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return h.do(c, "POST", path, values.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// api sends a request with the border guard's token.
func (h *testHouse) api(method, path, body string, header ...string) answer {
	h.t.Helper()
	return h.do(h.client(), method, path, body, append([]string{"Authorization", "Bearer " + h.token}, header...)...)
}

func (a answer) problem(t testing.TB) Problem {
	t.Helper()
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("status %d, content type %q: %s", a.StatusCode, got, a.text)
	}
	var p Problem
	if err := json.Unmarshal([]byte(a.text), &p); err != nil {
		t.Fatalf("%v: %s", err, a.text)
	}
	if p.Status != a.StatusCode || p.Type != "urn:limen:problem:"+string(p.Code) || p.RequestID != a.Header.Get("Request-Id") || p.RequestID == "" {
		t.Fatalf("status %d: %s", a.StatusCode, a.text)
	}
	return p
}

// signIn passes both steps as a person does.
func (h *testHouse) signIn(c *http.Client, user string) {
	h.t.Helper()
	if a := h.form(c, "/sign-in", "user", user, "password", testPassword); a.StatusCode != http.StatusSeeOther {
		h.t.Fatalf("first step: %d %s", a.StatusCode, a.text)
	}
	code, err := h.ids.DemoCode(context.Background(), user)
	must(h.t, err)
	if a := h.form(c, "/sign-in/code", "code", code); a.StatusCode != http.StatusSeeOther {
		h.t.Fatalf("second step: %d %s", a.StatusCode, a.text)
	}
}

func (h *testHouse) cookie(c *http.Client) string {
	u, err := url.Parse(h.base)
	must(h.t, err)
	for _, k := range c.Jar.Cookies(u) {
		if k.Name == sessionCookie {
			return k.Value
		}
	}
	return ""
}

// The desk of the test house.

type person struct {
	Name     string   `json:"name" minLength:"2" maxLength:"40" doc:"Family name." example:"Example"`
	Born     law.Date `json:"born" doc:"Day of birth."`
	Email    string   `json:"email,omitempty" format:"email"`
	Sex      string   `json:"sex,omitempty" enum:"F,M,X"`
	Document struct {
		Number string `json:"number" pattern:"^[A-Z0-9]{1,9}$" example:"C01X00T47"`
	} `json:"document"`
	Notes []string `json:"notes,omitempty" maxItems:"3"`
}

type recordInput struct {
	Ground
	Body person
}

type recorded struct {
	Body struct {
		Reference string       `json:"reference"`
		Known     []law.Reason `json:"reasons"`
	}
}

type nothing struct{}

type viewOfTest struct {
	Heading string
	Field   Field
	Problem *Problem
	List    Reasons
}

const testPage = `{{define "title"}}Test of {{.Heading}}{{end}}{{define "main"}}<h1>{{.Heading}}</h1>{{template "problem" .Problem}}
<form method="post" action="/test/form"><input type="hidden" name="once" value="{{once}}">{{template "field" .Field}}<button>Send</button></form>{{template "reasons" .List}}{{end}}`

func (h *testHouse) desk() {
	m := h.mux
	Register(m, Operation{Method: "POST", Path: "/api/test/v1/records", Op: opRecord, Tag: "Test", Summary: "Record a person",
		Article: "2017/2226 art 14", Status: http.StatusCreated, Once: true},
		func(ctx context.Context, in *recordInput) (*recorded, error) {
			req, err := in.Request(ctx, opRecord)
			if err != nil {
				return nil, err
			}
			ref, err := access.Run(ctx, h.door, req, func(p access.Pass) (string, error) {
				return OnceKey(), nil
			})
			if err != nil {
				return nil, err
			}
			out := &recorded{}
			out.Body.Reference = ref
			out.Body.Known = []law.Reason{}
			return out, nil
		})
	Register(m, Operation{Method: "GET", Path: "/api/test/v1/refused", Op: opRefused, Tag: "Test", Summary: "Be refused behind the door"},
		func(ctx context.Context, in *struct{ Ground }) (*nothing, error) {
			req, err := in.Request(ctx, opRefused)
			if err != nil {
				return nil, err
			}
			_, err = access.Run(ctx, h.door, req, func(p access.Pass) (string, error) {
				return "", law.Refuse(law.NotPermitted, "stay_exhausted", "2016/399 art 6(1)", "The stay is used up.", "days", "90")
			})
			return nil, err
		})
	Register(m, Operation{Method: "GET", Path: "/api/test/v1/fail/{how}", ID: "test.fail", Tag: "Test", Summary: "Fail"},
		func(ctx context.Context, in *struct {
			How   string `path:"how"`
			Limit int    `query:"limit" maximum:"10"`
			On    Day    `query:"on"`
		}) (*nothing, error) {
			switch in.How {
			case "panic":
				panic("kaboom secret-of-the-panic")
			case "fault":
				return nil, errors.New("secret-of-the-fault")
			case "busy":
				return nil, db.ErrBusy
			case "full":
				return nil, db.ErrFull
			case "ok":
				if in.On.Date > law.MustDate("2026-01-01") {
					return nil, law.Refuse(law.NotFound, "nothing_since", "", "Nothing since "+in.On.String()+".")
				}
				return nil, nil
			}
			kinds := map[string]law.Kind{"unauthenticated": law.Unauthenticated, "not_granted": law.NotGranted, "too_much": law.TooMuch,
				"bad_input": law.BadInput, "not_found": law.NotFound, "conflict": law.Conflict, "not_permitted": law.NotPermitted, "unavailable": law.Unavailable}
			return nil, law.Refuse(kinds[in.How], law.Code("test_"+in.How), "2017/2226 art 14", "It is refused.")
		})
	Register(m, Operation{Method: "GET", Path: "/api/test/v1/who", ID: "test.who", Tag: "Test", Summary: "Say who I am"},
		func(ctx context.Context, in *nothing) (*struct {
			Body struct {
				Officer, Kind, Channel string
			}
		}, error) {
			out := &struct {
				Body struct {
					Officer, Kind, Channel string
				}
			}{}
			p, _ := PrincipalFrom(ctx)
			out.Body.Officer, out.Body.Kind, out.Body.Channel = string(p.Officer), string(p.Authority.Kind), p.Channel
			return out, nil
		})
	Register(m, Operation{Method: "GET", Path: "/api/test/v1/slow", ID: "test.slow", Tag: "Test", Summary: "Wait", Open: true},
		func(ctx context.Context, in *nothing) (*nothing, error) {
			h.slowIn <- struct{}{}
			<-h.slow
			return nil, nil
		})
	set, err := m.Templates(fstest.MapFS{"p/test.html": {Data: []byte(testPage)}}, "p", nil)
	must(h.t, err)
	view := NewView[viewOfTest](set, "test.html")
	field := Field{Name: "number", Label: "Number"}
	m.Page("GET /test/form", func(w http.ResponseWriter, r *http.Request) error {
		return view.Render(w, r, viewOfTest{Heading: "Form", Field: field})
	})
	m.Page("POST /test/form", func(w http.ResponseWriter, r *http.Request) error {
		req, err := Ground{}.Request(r.Context(), opRecord)
		if err != nil {
			return err
		}
		ref, err := access.Run(r.Context(), h.door, req, func(access.Pass) (string, error) {
			if r.PostForm.Get("number") == "bad" {
				return "", law.BadField("number", "number_unreadable", "2017/2226 art 16(1)", "The number cannot be read.")
			}
			return OnceKey(), nil
		})
		if p := Told(r, err); p != nil {
			f := field
			Mark(p, &f)
			return view.RenderStatus(w, r, p.Status, viewOfTest{Heading: "Form", Field: f, Problem: p})
		}
		if err != nil {
			return err
		}
		return view.Render(w, r, viewOfTest{Heading: ref, Field: field})
	})
	m.Page("GET /test/panic", func(http.ResponseWriter, *http.Request) error { panic("kaboom secret-of-the-panic") })
	m.Page("GET /test/half", func(w http.ResponseWriter, r *http.Request) error {
		w.Write(bytes.Repeat([]byte("x"), 1<<16))
		panic("kaboom after the first bytes")
	})
	m.Page("GET /test/refused", func(http.ResponseWriter, *http.Request) error {
		return law.Refuse(law.NotPermitted, "stay_exhausted", "2016/399 art 6(1)", "The stay is used up.", "days", "90")
	})
	m.Nav(NavItem{Href: "/test/form", Label: "Test form", About: "For the test", Kinds: []access.Kind{access.Border}},
		NavItem{Href: "/test/other", Label: "For visa officers", Kinds: []access.Kind{access.Visa}})
}
