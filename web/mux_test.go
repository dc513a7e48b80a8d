package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"limen/access"
	"limen/db"
)

// Every answer carries the headers, whatever it answers.
func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	h := newHouse(t, setup{})
	c := h.browser()
	h.signIn(c, "guard")
	want := map[string]string{
		"Content-Security-Policy":      contentPolicy,
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Frame-Options":              "DENY",
	}
	for _, directive := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(contentPolicy, directive) {
			t.Errorf("the policy lacks %s", directive)
		}
	}
	if strings.Contains(contentPolicy, "unsafe") || strings.Contains(contentPolicy, "http") {
		t.Errorf("the policy lets in %s", contentPolicy)
	}
	style, err := h.mux.assets.href("limen.css")
	must(t, err)
	for _, path := range []string{"/", "/test/form", "/test/panic", "/nowhere", "/api/test/v1/who", "/api/test/v1/fail/fault", "/api/nowhere",
		"/docs", "/openapi.json", "/openapi.yaml", "/healthz", "/metrics", "/sign-in", style} {
		a := h.do(c, "GET", path, "")
		for name, value := range want {
			if a.Header.Get(name) != value {
				t.Errorf("%s: %s is %q", path, name, a.Header.Get(name))
			}
		}
		if a.Header.Get("Permissions-Policy") == "" || a.Header.Get("Request-Id") == "" {
			t.Errorf("%s lacks headers: %v", path, a.Header)
		}
		if cache := a.Header.Values("Cache-Control"); path != style && !slices.Contains(cache, "no-store") {
			t.Errorf("%s may be stored: %v", path, cache)
		}
		if a.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: localhost is bound to TLS for a year", path)
		}
	}
	if a := h.do(c, "GET", style, ""); a.StatusCode != 200 || !strings.Contains(a.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("stylesheet: %d %v", a.StatusCode, a.Header)
	}
	r := httptest.NewRequest("GET", "https://limen.example/healthz", nil)
	w := httptest.NewRecorder()
	h.mux.ServeHTTP(w, r)
	if got := w.Header().Get("Strict-Transport-Security"); got != "max-age=31536000" {
		t.Errorf("a named host: %q", got)
	}
}

// A page that breaks after its first bytes does not look whole.
func TestHalfAnAnswerIsCutOff(t *testing.T) {
	h := newHouse(t, setup{})
	c := h.browser()
	h.signIn(c, "guard")
	r, err := c.Get(h.base + "/test/half")
	if err == nil {
		buffer := make([]byte, 1<<17)
		for err == nil {
			_, err = r.Body.Read(buffer)
		}
		r.Body.Close()
		if err.Error() == "EOF" {
			t.Error("half a page ends like a whole one")
		}
	}
	if a := h.do(c, "GET", "/test/panic", ""); a.StatusCode != 500 || strings.Contains(a.text, "kaboom") || !strings.Contains(a.text, "Internal error") ||
		!strings.Contains(a.text, a.Header.Get("Request-Id")) {
		t.Errorf("%d %s", a.StatusCode, a.text)
	}
}

// The same table words a refusal for people.
func TestRefusalsBecomePages(t *testing.T) {
	h := newHouse(t, setup{})
	c := h.browser()
	h.signIn(c, "guard")
	a := h.do(c, "GET", "/test/refused", "")
	for _, want := range []string{"<h1>Forbidden by law</h1>", "The stay is used up.", "2016/399 art 6(1)", "<dt>days</dt><dd>90</dd>"} {
		if a.StatusCode != 422 || !strings.Contains(a.text, want) {
			t.Errorf("%d, lacks %s:\n%s", a.StatusCode, want, a.text)
		}
	}
}

// Too many requests are told when to come back, by address and by principal.
func TestRateLimits(t *testing.T) {
	still := time.Now()
	h := newHouse(t, setup{options: func(o *Options) {
		o.AddressRate, o.PrincipalRate = Rate{1, 5}, Rate{0.5, 3}
		o.Clock = func() time.Time { return still }
	}})
	for i := range 4 {
		a := h.api("GET", "/api/test/v1/who", "")
		switch {
		case i < 3 && a.StatusCode != 200:
			t.Fatalf("request %d: %d %s", i, a.StatusCode, a.text)
		case i == 3:
			if p := a.problem(t); p.Status != 429 || p.Code != "too_many_requests" || a.Header.Get("Retry-After") != "3" {
				t.Errorf("by principal: %s, Retry-After %s", a.text, a.Header.Get("Retry-After"))
			}
		}
	}
	h.do(h.client(), "GET", "/api/test/v1/who", "")
	if p := h.do(h.client(), "GET", "/api/test/v1/who", "").problem(t); p.Status != 429 {
		t.Errorf("by address: %+v", p)
	}
	if a := h.do(h.client(), "GET", "/healthz", ""); a.StatusCode != 200 {
		t.Errorf("health is limited: %d", a.StatusCode)
	}
	still = still.Add(3 * time.Second)
	if a := h.api("GET", "/api/test/v1/who", ""); a.StatusCode != 200 {
		t.Errorf("after waiting: %d %s", a.StatusCode, a.text)
	}
}

// The limits' memory is bounded, and the name unused for longest goes first.
func TestLimiterForgetsTheOldest(t *testing.T) {
	l := newLimiter(Rate{0.001, 1}, 3)
	now := time.Now()
	for _, name := range []string{"a", "b", "c", "a", "d", "a"} {
		l.take(name, now)
	}
	if len(l.names) != 3 || l.order.Len() != 3 {
		t.Fatalf("%d names", len(l.names))
	}
	if _, ok := l.take("a", now); ok {
		t.Error("the name just used was forgotten")
	}
	if _, ok := l.take("b", now); !ok {
		t.Error("the name unused for longest was kept")
	}
	unlimited := newLimiter(Rate{PerSecond: -1}, 3)
	for range 1000 {
		if _, ok := unlimited.take("a", now); !ok {
			t.Fatal("no limit limits")
		}
	}
}

func TestRemoteNameTakesNetworksTogether(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.7:4711":             "192.0.2.7",
		"[2001:db8:1:2:3:4:5:6]:443": "2001:db8:1:2::/64",
		"[::ffff:192.0.2.7]:1":       "192.0.2.7",
		"[fe80::1%eth0]:1":           "fe80::/64",
	} {
		if got := remoteName(&http.Request{RemoteAddr: in}); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

// Health tells that, not why; metrics are for administrators or this machine.
func TestHealthAndMetrics(t *testing.T) {
	h := newHouse(t, setup{})
	if a := h.do(h.client(), "GET", "/healthz", ""); a.StatusCode != 200 ||
		a.text != `{"status":"ok","checks":[{"name":"store","ok":true},{"name":"room","ok":true}]}` {
		t.Errorf("%d %s", a.StatusCode, a.text)
	}
	if p := h.do(h.client(), "GET", "/metrics", "").problem(t); p.Status != 401 {
		t.Errorf("nobody: %+v", p)
	}
	if p := h.api("GET", "/metrics", "").problem(t); p.Status != 403 || p.Code != "administrator_only" {
		t.Errorf("a guard: %+v", p)
	}
	h.account("root", access.AdministratorRole)
	token, _, err := h.ids.NewToken(context.Background(), "root", []access.Op{access.OpListAccounts}, time.Hour, "metrics")
	must(t, err)
	h.api("GET", "/api/test/v1/fail/conflict", "")
	a := h.do(h.client(), "GET", "/metrics", "", "Authorization", "Bearer "+token)
	for _, want := range []string{`limen_http_request_duration_seconds_count{method="GET",route="GET /api/test/v1/fail/{how}",status="409"} 1`, "go_goroutines"} {
		if a.StatusCode != 200 || !strings.Contains(a.text, want) {
			t.Errorf("%d, lacks %s:\n%.2000s", a.StatusCode, want, a.text)
		}
	}
	for _, name := range []string{"guard", "root", "conflict"} {
		if strings.Contains(a.text, `"`+name) || strings.Contains(a.text, name+`"`) {
			t.Errorf("metrics name %s", name)
		}
	}

	open := newHouse(t, setup{options: func(o *Options) {
		o.MetricsFromLoopback = true
		o.Checks = []Check{{"store", func(context.Context) error { return db.ErrClosed }}}
	}})
	if a := open.do(open.client(), "GET", "/metrics", ""); a.StatusCode != 200 {
		t.Errorf("from this machine: %d", a.StatusCode)
	}
	if a := open.do(open.client(), "GET", "/healthz", ""); a.StatusCode != 503 || a.text != `{"status":"failing","checks":[{"name":"store","ok":false}]}` {
		t.Errorf("%d %s", a.StatusCode, a.text)
	}
}

// Static files are found by their hashed names only, compressed where asked.
func TestAssets(t *testing.T) {
	h := newHouse(t, setup{})
	href, err := h.mux.assets.href("limen.css")
	must(t, err)
	plain := h.do(h.client(), "GET", href, "", "Accept-Encoding", "identity")
	if plain.StatusCode != 200 || plain.Header.Get("Content-Type") != "text/css; charset=utf-8" || plain.Header.Get("Content-Encoding") != "" || !strings.Contains(plain.text, ":root") {
		t.Errorf("%d %v", plain.StatusCode, plain.Header)
	}
	zipped := h.do(h.client(), "GET", href, "", "Accept-Encoding", "gzip")
	if zipped.Header.Get("Content-Encoding") != "gzip" || len(zipped.text) > len(plain.text)/2 {
		t.Errorf("%d bytes, zipped %d %v", len(plain.text), len(zipped.text), zipped.Header)
	}
	for _, path := range []string{"/static/limen.css", "/static/..%2fmux.go", "/static/"} {
		if a := h.do(h.client(), "GET", path, ""); a.StatusCode != 404 {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
	if _, err := h.mux.assets.href("nothing.css"); err == nil {
		t.Error("a file that is not there has an address")
	}
}
