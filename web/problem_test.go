package web

import (
	"net/http"
	"strings"
	"testing"

	"limen/access"
)

const goodPerson = `{"name":"Example","born":"1990-02-28","document":{"number":"C01X00T47"}}`

// Every kind of refusal has its status, and the answer says the article.
func TestRefusalsBecomeProblems(t *testing.T) {
	h := newHouse(t, setup{})
	for _, c := range []struct {
		how    string
		status int
		header string
	}{
		{"unauthenticated", 401, "Www-Authenticate"},
		{"not_granted", 403, ""},
		{"too_much", 413, ""},
		{"bad_input", 422, ""},
		{"not_found", 404, ""},
		{"conflict", 409, ""},
		{"not_permitted", 422, ""},
		{"unavailable", 503, "Retry-After"},
	} {
		a := h.api("GET", "/api/test/v1/fail/"+c.how, "")
		p := a.problem(t)
		if a.StatusCode != c.status || p.Kind != c.how || string(p.Code) != "test_"+c.how || p.Article != "2017/2226 art 14" || p.Detail != "It is refused." {
			t.Errorf("%s: %s", c.how, a.text)
		}
		if c.header != "" && a.Header.Get(c.header) == "" {
			t.Errorf("%s: no %s", c.how, c.header)
		}
	}
	for how, code := range map[string]string{"busy": "busy", "full": "storage_full"} {
		a := h.api("GET", "/api/test/v1/fail/"+how, "")
		if p := a.problem(t); p.Status != 503 || string(p.Code) != code || a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %s", how, a.text)
		}
	}
}

// EES-050: a refused attempt is logged, and its answer names the log entry.
func TestArt46_RefusalNamesItsLogEntry(t *testing.T) {
	h := newHouse(t, setup{})
	a := h.api("GET", "/api/test/v1/refused", "")
	p := a.problem(t)
	if p.Code != "stay_exhausted" || p.LogEntry == "" || a.Header.Get("Log-Entry") != p.LogEntry || len(p.Facts) != 1 || p.Facts[0].Value != "90" {
		t.Errorf("%s", a.text)
	}
	ok := h.api("POST", "/api/test/v1/records", goodPerson)
	if ok.StatusCode != 201 || ok.Header.Get("Log-Entry") == "" {
		t.Errorf("%d %s, log entry %q", ok.StatusCode, ok.text, ok.Header.Get("Log-Entry"))
	}
}

// A fault and a bug show nothing but the request's identifier, which the log has.
func TestFaultsShowNothing(t *testing.T) {
	h := newHouse(t, setup{})
	for how, secret := range map[string]string{"panic": "secret-of-the-panic", "fault": "secret-of-the-fault"} {
		a := h.api("GET", "/api/test/v1/fail/"+how, "")
		p := a.problem(t)
		if p.Status != 500 || p.Code != "fault" || strings.Contains(a.text, secret) || len(a.text) > 400 {
			t.Errorf("%s: %s", how, a.text)
		}
		if log := h.log.String(); !strings.Contains(log, secret) || strings.Count(log, p.RequestID) != 2 {
			t.Errorf("%s: the log does not tell request %s once as a defect and once as a request:\n%s", how, p.RequestID, log)
		}
	}
	if !strings.Contains(h.log.String(), "house_test.go") {
		t.Error("the bug's stack is not in the log")
	}
}

// Addresses and methods that nobody registered are answered like everything else.
func TestUnroutedRequests(t *testing.T) {
	h := newHouse(t, setup{})
	a := h.api("GET", "/api/test/v1/nowhere", "")
	if p := a.problem(t); p.Status != 404 || p.Code != "no_such_address" {
		t.Errorf("%s", a.text)
	}
	a = h.api("DELETE", "/api/test/v1/records", "")
	if p := a.problem(t); p.Status != 405 || p.Code != "method_not_allowed" || a.Header.Get("Allow") != "POST" {
		t.Errorf("%s, Allow %q", a.text, a.Header.Get("Allow"))
	}
	a = h.do(h.browser(), "GET", "/nowhere", "")
	if a.StatusCode != 404 || !strings.Contains(a.text, "<h1>Not found</h1>") || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		t.Errorf("%d %s", a.StatusCode, a.text)
	}
	a = h.do(h.browser(), "PUT", "/sign-in", "")
	if a.StatusCode != 405 || !strings.Contains(a.Header.Get("Allow"), "POST") || !strings.Contains(a.text, "Method not allowed") {
		t.Errorf("%d %s", a.StatusCode, a.text)
	}
}

// What is wrong with an input is said by field and code, in one order.
func TestBadInputNamesTheField(t *testing.T) {
	h := newHouse(t, setup{})
	for _, c := range []struct {
		name, body  string
		status      int
		code, field string
	}{
		{"unknown field", `{"name":"Example","born":"1990-02-28","document":{"number":"A1","colour":"red"}}`, 422, "field_unknown", "document.colour"},
		{"another spelling", `{"Name":"Example","name":"Example","born":"1990-02-28","document":{"number":"A1"}}`, 422, "field_unknown", "(name withheld)"},
		{"missing", `{"name":"Example","born":"1990-02-28","document":{}}`, 422, "field_missing", "document.number"},
		{"no such day", `{"name":"Example","born":"1990-02-30","document":{"number":"A1"}}`, 422, "field_invalid", "born"},
		{"too short", `{"name":"E","born":"1990-02-28","document":{"number":"A1"}}`, 422, "field_invalid", "name"},
		{"wrong type", `{"name":7,"born":"1990-02-28","document":{"number":"A1"}}`, 422, "field_invalid", "name"},
		{"null", `{"name":null,"born":"1990-02-28","document":{"number":"A1"}}`, 422, "field_invalid", "name"},
		{"not one of", `{"name":"Example","born":"1990-02-28","sex":"Q","document":{"number":"A1"}}`, 422, "field_invalid", "sex"},
		{"not JSON", `{"name":"Exam`, 400, "body_unreadable", ""},
		{"not UTF-8", "{\"name\":\"Ex\xffmple\",\"born\":\"1990-02-28\",\"document\":{\"number\":\"A1\"}}", 400, "body_unreadable", ""},
		{"two values", goodPerson + goodPerson, 400, "body_unreadable", ""},
		{"a list", `[]`, 422, "field_invalid", ""},
	} {
		a := h.api("POST", "/api/test/v1/records", c.body)
		if p := a.problem(t); p.Status != c.status || string(p.Code) != c.code || p.Field != c.field || p.Kind != "bad_input" {
			t.Errorf("%s: %s", c.name, a.text)
		}
	}
	for _, c := range []struct{ method, path, body, contentType, code string }{
		{"POST", "/api/test/v1/records", "", "", "body_missing"},
		{"POST", "/api/test/v1/records", goodPerson, "text/plain", "media_type_unsupported"},
		{"GET", "/api/test/v1/fail/ok?limit=11", "", "", "field_invalid"},
		{"GET", "/api/test/v1/fail/ok?limit=many", "", "", "field_invalid"},
		{"GET", "/api/test/v1/fail/ok?on=2026-02-30", "", "", "field_invalid"},
		{"GET", "/api/test/v1/fail/ok?colour=red", "", "", "field_unknown"},
	} {
		header := []string{}
		if c.contentType != "" {
			header = []string{"Content-Type", c.contentType}
		}
		a := h.api(c.method, c.path, c.body, header...)
		if p := a.problem(t); string(p.Code) != c.code {
			t.Errorf("%s %s: %s", c.method, c.path, a.text)
		}
	}
	if p := h.api("GET", "/api/test/v1/fail/ok?on=2026-04-10", "").problem(t); p.Detail != "Nothing since 2026-04-10." {
		t.Errorf("a day in the query: %+v", p)
	}
	a := h.api("POST", "/api/test/v1/records", `{"zz":1,"aa":2,"name":"E"}`)
	p := a.problem(t)
	var fields []string
	for _, e := range p.Errors {
		fields = append(fields, e.Field)
	}
	if got := strings.Join(fields, " "); got != "aa born document name zz" {
		t.Errorf("fields at fault: %s in %s", got, a.text)
	}
}

// A traveller's data in the wrong place come back neither in the answer nor in
// the log (2017/2226 art 43).
func TestArt43_NothingThatWasSentIsRepeated(t *testing.T) {
	h := newHouse(t, setup{})
	const secret = "MUSTERMANN"
	for _, body := range []string{
		`{"name":"` + secret + strings.Repeat("x", 50) + `","born":"1990-02-28","document":{"number":"A1"}}`,
		`{"name":"Example","born":"` + secret + `","document":{"number":"A1"}}`,
		`{"name":"Example","born":"1990-02-28","email":"` + secret + `","document":{"number":"A1"}}`,
		`{"name":"Example","born":"1990-02-28","sex":"` + secret + `","document":{"number":"A1"}}`,
		`{"name":"Example","born":"1990-02-28","document":{"number":"` + secret + `-1"}}`,
		`{"name":"Example","born":"1990-02-28","document":"` + secret + `"}`,
		`{"name":"Example","born":"1990-02-28","document":{"number":"A1"},"` + secret + `":1}`,
		`{"name":"` + secret + `","born":"1990-02-28","document":{"number":"A1"},"extra":1}`,
		`{"name":["` + secret + `"],"born":"1990-02-28","document":{"number":"A1"}}`,
		`{"name":"Example","born":"1990-02-28","notes":["` + secret + `","` + secret + `",3,4],"document":{"number":"A1"}}`,
		`{"name":"` + secret + `"`,
		`"` + secret + `"`,
		secret,
	} {
		a := h.api("POST", "/api/test/v1/records", body)
		if a.StatusCode < 400 || a.StatusCode >= 500 || strings.Contains(a.text, secret) {
			t.Errorf("%s\nis answered: %s", body, a.text)
		}
	}
	for _, path := range []string{"/api/test/v1/fail/ok?limit=" + secret, "/api/test/v1/fail/ok?on=" + secret, "/api/test/v1/fail/ok?" + secret + "=1", "/api/test/v1/" + secret, "/" + secret} {
		if a := h.api("GET", path, "", "Limen-Case", secret); strings.Contains(a.text, secret) {
			t.Errorf("%s is answered: %s", path, a.text)
		}
	}
	h.api("POST", "/api/test/v1/records", goodPerson, "Limen-Purpose", secret)
	h.api(secret, "/api/test/v1/records", "")
	h.form(h.browser(), "/sign-in", "user", secret, "password", secret)
	h.do(h.client(), "GET", "/api/test/v1/who", "", "Authorization", "Bearer "+secret)
	if log := h.log.String(); strings.Contains(strings.ToUpper(log), secret) {
		t.Errorf("the log repeats it:\n%s", log)
	}
	if !strings.Contains(h.log.String(), "POST /api/test/v1/records") {
		t.Error("the log names no routes")
	}
}

// An idempotency key sent twice gets one record; with another body it is refused.
func TestIdempotencyKey(t *testing.T) {
	h := newHouse(t, setup{})
	first := h.api("POST", "/api/test/v1/records", goodPerson, "Idempotency-Key", "key-1")
	again := h.api("POST", "/api/test/v1/records", goodPerson, "Idempotency-Key", "key-1")
	if first.StatusCode != 201 || first.text != again.text {
		t.Errorf("first %d %s\nagain %d %s", first.StatusCode, first.text, again.StatusCode, again.text)
	}
	if first.Header.Get("Log-Entry") == again.Header.Get("Log-Entry") {
		t.Error("the second request has no log entry of its own")
	}
	other := h.api("POST", "/api/test/v1/records", strings.Replace(goodPerson, "Example", "Another", 1), "Idempotency-Key", "key-1")
	if p := other.problem(t); p.Code != "idempotency_key_reused" || p.Status != 422 {
		t.Errorf("%s", other.text)
	}
	if next := h.api("POST", "/api/test/v1/records", goodPerson, "Idempotency-Key", "key-2"); next.text == first.text {
		t.Error("another key gets the same record")
	}
	for _, key := range []string{"", "with space", "ümlaut", strings.Repeat("k", 129)} {
		a := h.api("POST", "/api/test/v1/records", goodPerson, "Idempotency-Key", key)
		if p := a.problem(t); p.Code != "idempotency_key_invalid" || p.Field != "Idempotency-Key" {
			t.Errorf("key %q: %s", key, a.text)
		}
	}
}

// A page may carry out two operations under one form's key, and two officers
// may think of the same key.
func TestIdempotencyKeysHoldWithinOneOperationOfOneOfficer(t *testing.T) {
	seen := map[string]bool{}
	for _, officer := range []access.Officer{"a", "b"} {
		for _, op := range []access.Op{"test.record", "test.read"} {
			once, err := Once(access.Principal{Officer: officer, Authority: access.Authority{Kind: access.Border, State: "D"}}, op, "key", [32]byte{1})
			must(t, err)
			if seen[once.Holder] {
				t.Errorf("%s of %s shares its keys", op, officer)
			}
			seen[once.Holder] = true
		}
	}
}

// More than the limit is not read.
func TestBodyLimit(t *testing.T) {
	h := newHouse(t, setup{options: func(o *Options) { o.MaxBody = 1000 }})
	a := h.api("POST", "/api/test/v1/records", strings.Repeat(" ", 1001)+goodPerson)
	if p := a.problem(t); p.Status != 413 || p.Code != "body_too_large" {
		t.Errorf("%s", a.text)
	}
	if a := h.api("POST", "/api/test/v1/records", strings.Repeat(" ", 1000-len(goodPerson))+goodPerson); a.StatusCode != http.StatusCreated {
		t.Errorf("at the limit: %d %s", a.StatusCode, a.text)
	}
	c := h.browser()
	h.signIn(c, "guard")
	if a := h.form(c, "/test/form", "number", strings.Repeat("x", 2000)); a.StatusCode != 413 || !strings.Contains(a.text, "larger than 1000 bytes") {
		t.Errorf("page: %d %s", a.StatusCode, a.text)
	}
}
