package web

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"limen/access"
	"limen/db/dbtest"
)

// The way of a person: the page asked for, both steps, the page, out again.
func TestArt43_2_SignInTakesTwoSteps(t *testing.T) {
	h := newHouse(t, setup{})
	c := h.browser()
	a := h.do(c, "GET", "/test/form?name=Example", "")
	if a.StatusCode != 303 || a.Header.Get("Location") != "/sign-in?next=%2Ftest%2Fform" {
		t.Fatalf("unknown person: %d to %s", a.StatusCode, a.Header.Get("Location"))
	}
	a = h.form(c, "/sign-in", "user", "guard", "password", "wrong", "next", "/test/form")
	if a.StatusCode != 401 || !strings.Contains(a.text, `role="alert"`) || !strings.Contains(a.text, "User name or password is wrong") ||
		!strings.Contains(a.text, `value="/test/form"`) || strings.Contains(a.text, `value="guard"`) {
		t.Errorf("wrong password: %d %s", a.StatusCode, a.text)
	}
	a = h.form(c, "/sign-in", "user", "guard", "password", testPassword, "next", "/test/form")
	if a.StatusCode != 303 || a.Header.Get("Location") != "/sign-in/code" {
		t.Fatalf("first step: %d to %s", a.StatusCode, a.Header.Get("Location"))
	}
	if a = h.do(c, "GET", "/test/form", ""); a.StatusCode != 303 {
		t.Errorf("the password alone opens a page: %d", a.StatusCode)
	}
	if a = h.form(c, "/sign-in/code", "code", "000000"); a.StatusCode != 401 || !strings.Contains(a.text, "second factor was not accepted") {
		t.Errorf("wrong code: %d %s", a.StatusCode, a.text)
	}
	code, err := h.ids.DemoCode(context.Background(), "guard")
	must(t, err)
	a = h.form(c, "/sign-in/code", "code", code)
	if a.StatusCode != 303 || a.Header.Get("Location") != "/test/form" {
		t.Fatalf("second step: %d to %s", a.StatusCode, a.Header.Get("Location"))
	}
	a = h.do(c, "GET", "/test/form", "")
	for _, want := range []string{"<title>Test of Form – Limen</title>", "<strong>guard</strong>, Bundespolizei, Flughafen Frankfurt (D)",
		"Skip to the content", `<html lang="en" dir="ltr">`, `aria-current="page">Test form</a>`, "Sign out"} {
		if !strings.Contains(a.text, want) {
			t.Errorf("the page lacks %s:\n%s", want, a.text)
		}
	}
	if strings.Contains(a.text, "For visa officers") {
		t.Error("the navigation shows what is not for border guards")
	}
	if a = h.do(c, "POST", "/sign-out", ""); a.StatusCode != 303 {
		t.Errorf("out: %d", a.StatusCode)
	}
	if a = h.do(c, "GET", "/test/form", ""); a.StatusCode != 303 {
		t.Errorf("after signing out: %d", a.StatusCode)
	}
}

// The cookie is of this host, of TLS, out of reach of script and of other
// sites, and ends with the browser.
func TestSessionCookie(t *testing.T) {
	h := newHouse(t, setup{})
	a := h.form(h.browser(), "/sign-in", "user", "guard", "password", testPassword)
	var found bool
	for _, k := range a.Cookies() {
		if k.Name == "__Host-limen" {
			found = true
			if !k.Secure || !k.HttpOnly || k.SameSite != http.SameSiteStrictMode || k.Path != "/" || k.Domain != "" || k.MaxAge != 0 || !k.Expires.IsZero() {
				t.Errorf("%s", k.Raw)
			}
		}
	}
	if !found {
		t.Errorf("no cookie: %v", a.Header["Set-Cookie"])
	}
	if a := h.do(h.browser(), "GET", "/sign-in", ""); len(a.Cookies()) > 0 {
		t.Errorf("looking at the sign-in page makes a session: %v", a.Header["Set-Cookie"])
	}
}

// A session's token changes at each step, so that a planted one is worth nothing.
func TestSessionFixation(t *testing.T) {
	h := newHouse(t, setup{})
	c := h.browser()
	if a := h.form(c, "/sign-in", "user", "guard", "password", testPassword); a.StatusCode != 303 {
		t.Fatal(a.StatusCode)
	}
	before := h.cookie(c)
	code, err := h.ids.DemoCode(context.Background(), "guard")
	must(t, err)
	if a := h.form(c, "/sign-in/code", "code", code); a.StatusCode != 303 {
		t.Fatal(a.StatusCode)
	}
	after := h.cookie(c)
	if before == "" || after == "" || before == after {
		t.Fatalf("token before %q, after %q", before, after)
	}
	old := h.do(h.client(), "GET", "/test/form", "", "Cookie", "__Host-limen="+before)
	if old.StatusCode != 303 {
		t.Errorf("the token of before opens a page: %d", old.StatusCode)
	}
	planted := h.do(h.client(), "GET", "/sign-in", "", "Cookie", "__Host-limen=planted")
	if len(planted.Cookies()) > 0 && planted.Cookies()[0].Value == "planted" {
		t.Error("a token that nobody gave out is taken over")
	}
}

// Requests from pages of other sites change nothing, whatever cookie they carry.
func TestRequestsFromOtherSitesAreRefused(t *testing.T) {
	h := newHouse(t, setup{})
	c := h.browser()
	h.signIn(c, "guard")
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}} {
		for _, path := range []string{"/test/form", "/sign-out", "/api/test/v1/records"} {
			a := h.do(c, "POST", path, goodPerson, header...)
			if a.StatusCode != 403 || !strings.Contains(a.text, "another site") {
				t.Errorf("%s %v: %d", path, header, a.StatusCode)
			}
		}
	}
	// A browser that sends Origin only.
	a := h.do(h.client(), "POST", "/test/form", "x=1", "Cookie", "__Host-limen="+h.cookie(c), "Origin", "https://evil.example")
	if a.StatusCode != 403 {
		t.Errorf("by Origin: %d", a.StatusCode)
	}
	if a = h.do(c, "POST", "/api/test/v1/records", goodPerson); a.StatusCode != 201 {
		t.Errorf("the API by session from our own page: %d %s", a.StatusCode, a.text)
	}
}

// The API takes the strongest proof offered and never falls back.
func TestBadTokenIsRefusedBesideAGoodSession(t *testing.T) {
	h := newHouse(t, setup{})
	c := h.browser()
	h.signIn(c, "guard")
	if a := h.do(c, "GET", "/api/test/v1/who", ""); !strings.Contains(a.text, `"Channel":"session"`) {
		t.Errorf("session: %d %s", a.StatusCode, a.text)
	}
	for _, header := range []string{"Bearer limen_unknown", "Basic Zzz=", "Bearer", "bearer x"} {
		a := h.do(c, "GET", "/api/test/v1/who", "", "Authorization", header)
		if p := a.problem(t); p.Status != 401 || a.Header.Get("Www-Authenticate") == "" {
			t.Errorf("%s: %s", header, a.text)
		}
	}
	if a := h.api("GET", "/api/test/v1/who", ""); !strings.Contains(a.text, `"Channel":"token"`) {
		t.Errorf("token: %d %s", a.StatusCode, a.text)
	}
}

// A session ends after rest, after its lifetime, with its account, and when
// the account's password is replaced.
func TestSessionsEnd(t *testing.T) {
	clock := dbtest.NewClock(time.Now().UTC().Truncate(time.Second))
	h := newHouse(t, setup{clock: clock.Now, identity: func(o *access.IdentityOptions) {
		o.IdleTimeout, o.Lifetime = 15*time.Minute, time.Hour
	}})
	open := func(c *http.Client) bool { return h.do(c, "GET", "/test/form", "").StatusCode == 200 }
	c := h.browser()
	h.signIn(c, "guard")
	clock.Advance(14 * time.Minute)
	if !open(c) {
		t.Error("the session ended before 15 minutes of rest")
	}
	clock.Advance(14 * time.Minute)
	if !open(c) {
		t.Error("use does not keep the session")
	}
	clock.Advance(16 * time.Minute)
	if open(c) {
		t.Error("the session outlives 16 minutes of rest")
	}

	h.signIn(c, "guard")
	for range 6 {
		clock.Advance(10 * time.Minute)
		open(c)
	}
	if open(c) {
		t.Error("the session outlives its hour although it was used")
	}

	h.signIn(c, "guard")
	clock.Advance(time.Minute)
	must(t, h.ids.SetPassword(context.Background(), "guard", testPassword+" anew"))
	clock.Advance(2 * time.Second)
	if open(c) {
		t.Error("the session outlives its password")
	}
	must(t, h.ids.SetPassword(context.Background(), "guard", testPassword))
	clock.Advance(time.Minute)
	h.signIn(c, "guard")
	must(t, h.ids.Disable(context.Background(), "guard"))
	if open(c) {
		t.Error("the session outlives its account")
	}
}

// After signing in people go to pages of this server only.
func TestLocalPath(t *testing.T) {
	for in, want := range map[string]string{
		"/ees/search":             "/ees/search",
		"":                        "/",
		"/":                       "/",
		"//evil.example":          "/",
		"https://evil.example":    "/",
		"/\\evil.example":         "/",
		"\\/evil.example":         "/",
		"evil":                    "/",
		"/sign-out":               "/",
		"/sign-in/code":           "/",
		"javascript:alert(1)":     "/",
		"/a\r\nSet-Cookie: x=1":   "/",
		"/ees?name=Mustermann":    "/",
		"/%2f/evil.example":       "/",
		"/ees/%5c%5cevil.example": "/",
	} {
		if got := localPath(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func FuzzLocalPath(f *testing.F) {
	f.Add("/ees/search")
	f.Add("//evil.example/x")
	f.Add("/\\evil")
	f.Fuzz(func(t *testing.T, in string) {
		got := localPath(in)
		if !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n") {
			t.Fatalf("%q leads to %q", in, got)
		}
	})
}

// The demonstration says what it is, lists its accounts and fills in the code.
func TestDemonstrationFillsInTheCode(t *testing.T) {
	h := newHouse(t, setup{options: func(o *Options) {
		o.Demo = &Demo{Accounts: []DemoAccount{{"Border guard", "guard", testPassword}}}
	}})
	c := h.browser()
	a := h.do(c, "GET", "/sign-in", "")
	for _, want := range []string{"<strong>Demonstration.</strong>", "Border guard", testPassword} {
		if !strings.Contains(a.text, want) {
			t.Errorf("sign-in page lacks %s", want)
		}
	}
	h.form(c, "/sign-in", "user", "guard", "password", testPassword)
	a = h.do(c, "GET", "/sign-in/code", "")
	_, rest, _ := strings.Cut(a.text, `name="code" type="text" value="`)
	code, _, _ := strings.Cut(rest, `"`)
	if a := h.form(c, "/sign-in/code", "code", code); len(code) != 6 || a.StatusCode != 303 {
		t.Errorf("code %q: %d", code, a.StatusCode)
	}
	quiet := newHouse(t, setup{})
	c = quiet.browser()
	quiet.form(c, "/sign-in", "user", "guard", "password", testPassword)
	if a := quiet.do(c, "GET", "/sign-in/code", ""); strings.Contains(a.text, "Demonstration") || strings.Contains(a.text, `name="code" type="text" value="0`) {
		t.Error("a server that is no demonstration shows its code")
	}
}

// The crossing point is chosen from the authority's own and remembered.
func TestChangeCrossingPoint(t *testing.T) {
	h := newHouse(t, setup{options: func(o *Options) {
		o.Posts = func(p access.Principal) []Post {
			return []Post{{"DEFRA", "Frankfurt Airport"}, {"DEMUC", "Munich Airport"}}
		}
	}})
	c := h.browser()
	h.signIn(c, "guard")
	if a := h.do(c, "GET", "/", ""); !strings.Contains(a.text, "no crossing point chosen") {
		t.Errorf("%s", a.text)
	}
	if a := h.form(c, "/post", "post", "XXXXX"); a.StatusCode != 422 || !strings.Contains(a.text, "Choose one of the crossing points") || !strings.Contains(a.text, `aria-invalid="true"`) {
		t.Errorf("a foreign one: %d %s", a.StatusCode, a.text)
	}
	if a := h.form(c, "/post", "post", "DEMUC"); a.StatusCode != 303 {
		t.Errorf("an own one: %d %s", a.StatusCode, a.text)
	}
	if a := h.do(c, "GET", "/", ""); !strings.Contains(a.text, "at Munich Airport") {
		t.Errorf("%s", a.text)
	}
}

// A refused form says so beside its field, with the article and the log entry;
// a form sent twice is carried out once.
func TestFormsShowRefusalsAndAreCarriedOutOnce(t *testing.T) {
	h := newHouse(t, setup{})
	c := h.browser()
	h.signIn(c, "guard")
	a := h.form(c, "/test/form", "number", "bad", "once", "key-1")
	for _, want := range []string{`role="alert"`, "The number cannot be read.", "2017/2226 art 16(1)", `aria-invalid="true"`, "Log entry <code>"} {
		if a.StatusCode != 422 || !strings.Contains(a.text, want) {
			t.Errorf("%d, lacks %s:\n%s", a.StatusCode, want, a.text)
		}
	}
	heading := func(a answer) string {
		_, rest, _ := strings.Cut(a.text, "<h1>")
		h1, _, _ := strings.Cut(rest, "</h1>")
		return h1
	}
	first, again := h.form(c, "/test/form", "number", "1", "once", "key-2"), h.form(c, "/test/form", "number", "1", "once", "key-2")
	if heading(first) == "" || heading(first) != heading(again) {
		t.Errorf("first %q, again %q", heading(first), heading(again))
	}
	if other := h.form(c, "/test/form", "number", "1", "once", "key-3"); heading(other) == heading(first) {
		t.Error("another form gets the same record")
	}
}
