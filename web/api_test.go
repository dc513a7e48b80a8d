package web

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"limen/access"
	"limen/law"
)

// The document is OpenAPI 3.1, hangs together, and is the same every time.
func TestOpenAPIDocument(t *testing.T) {
	h := newHouse(t, setup{plainHTTP: true})
	raw := h.mux.OpenAPI()
	if again := newHouse(t, setup{plainHTTP: true}).mux.OpenAPI(); !bytes.Equal(raw, again) {
		t.Error("two starts describe the same API with different bytes")
	}
	var doc map[string]any
	must(t, json.Unmarshal(raw, &doc))
	if doc["openapi"] != "3.1.0" {
		t.Errorf("openapi is %v", doc["openapi"])
	}
	at := func(path ...string) any {
		var v any = doc
		for _, p := range path {
			m, ok := v.(map[string]any)
			if !ok {
				return nil
			}
			v = m[p]
		}
		return v
	}
	var walk func(where string, v any)
	walk = func(where string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				if at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...) == nil {
					t.Errorf("%s refers to %s, which is not there", where, ref)
				}
			}
			if kinds, ok := v["type"].([]any); ok && kinds[0] == "array" {
				t.Errorf("%s is a list that may be null", where)
			}
			for name, inner := range v {
				if name == "$schema" {
					t.Errorf("%s has a $schema", where)
				}
				walk(where+"/"+name, inner)
			}
		case []any:
			for _, inner := range v {
				walk(where, inner)
			}
		}
	}
	walk("", doc)
	ids := map[string]bool{}
	schemes := at("components", "securitySchemes").(map[string]any)
	variable := regexp.MustCompile(`\{(\w+)\}`)
	for path, item := range at("paths").(map[string]any) {
		for method, operation := range item.(map[string]any) {
			op := operation.(map[string]any)
			id, _ := op["operationId"].(string)
			if id == "" || ids[id] || op["summary"] == "" || len(op["responses"].(map[string]any)) < 2 {
				t.Errorf("%s %s: identifier %q, or no summary, or no error answer", method, path, id)
			}
			ids[id] = true
			security, declared := op["security"].([]any)
			if !declared || id != "test.slow" && len(security) != 3 || id == "test.slow" && len(security) != 0 {
				t.Errorf("%s: security %v", id, op["security"])
			}
			for _, s := range security {
				for name := range s.(map[string]any) {
					if schemes[name] == nil {
						t.Errorf("%s needs the scheme %s, which is not described", id, name)
					}
				}
			}
			for _, m := range variable.FindAllStringSubmatch(path, -1) {
				if p, _ := json.Marshal(op["parameters"]); !strings.Contains(string(p), `"name":"`+m[1]+`"`) {
					t.Errorf("%s does not describe {%s}", id, m[1])
				}
			}
		}
	}
	born, _ := json.Marshal(at("components", "schemas", "Person", "properties", "born"))
	if !strings.Contains(string(born), `"format":"date"`) {
		t.Errorf("a day is described as %s", born)
	}
	if at("paths", "/api/test/v1/records", "post", "x-article") != "2017/2226 art 14" || at("paths", "/api/test/v1/records", "post", "x-operation") != "test.record" {
		t.Error("the operation does not say its article")
	}
	if at("components", "schemas", "law.Reason") == nil {
		t.Errorf("a shared type is not named by its room: %v", at("components", "schemas"))
	}
}

// The reference says everything, from this server alone.
func TestReferencePage(t *testing.T) {
	h := newHouse(t, setup{})
	a := h.do(h.browser(), "GET", "/docs", "")
	for _, want := range []string{"Record a person", "POST /api/test/v1/records", "2017/2226 art 14", "Idempotency-Key", "Limen-Purpose",
		"matches ^[A-Z0-9]{1,9}$", "&#34;number&#34;: &#34;C01X00T47&#34;", `href="#schema-Person"`, `id="schema-Person"`, "not_permitted", "one of F, M, X"} {
		if a.StatusCode != 200 || !strings.Contains(a.text, want) {
			t.Errorf("%d, lacks %s", a.StatusCode, want)
		}
	}
	if external := regexp.MustCompile(`(?i)(src|href|action|url)\s*[=(]\s*["']?(https?:)?//`).FindString(a.text); external != "" || strings.Contains(a.text, "<script") {
		t.Errorf("the page uses something from elsewhere or script: %s", external)
	}
	for _, path := range []string{"/openapi.json", "/openapi.yaml"} {
		if a := h.do(h.client(), "GET", path, ""); a.StatusCode != 200 || !strings.Contains(a.text, "3.1.0") || !strings.Contains(a.Header.Get("Content-Type"), "openapi") {
			t.Errorf("%s: %d %v", path, a.StatusCode, a.Header)
		}
	}
	if links := regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(a.text, -1); len(links) > 5 {
		for _, l := range links {
			if !strings.Contains(a.text, `id="`+l[1]+`"`) {
				t.Errorf("a link leads to #%s, which is not there", l[1])
			}
		}
	} else {
		t.Errorf("%d links", len(links))
	}
}

// A mistake in an operation's description stops the start.
func TestRegisterRefusesMistakes(t *testing.T) {
	h := newHouse(t, setup{plainHTTP: true})
	fn := func(context.Context, *nothing) (*nothing, error) { return nil, nil }
	for name, o := range map[string]Operation{
		"no identifier": {Method: "GET", Path: "/api/x"},
		"no API path":   {Method: "GET", Path: "/x", ID: "x"},
		"no article":    {Method: "GET", Path: "/api/x", ID: "x", Article: "2017/2226 article 1"},
		"twice":         {Method: "GET", Path: "/api/x", ID: "test.fail"},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: it was taken", name)
				}
			}()
			Register(h.mux, o, fn)
		}()
	}
	defer func() {
		if recover() == nil {
			t.Error("a law.Date in the query would be read as a number")
		}
	}()
	Register(h.mux, Operation{Method: "GET", Path: "/api/day", ID: "day"}, func(context.Context, *struct {
		On law.Date `query:"on"`
	}) (*nothing, error) {
		return nil, nil
	})
}

// The test's own document is kept beside it, so that a change is seen.
func TestOpenAPIDocumentIsStable(t *testing.T) {
	h := newHouse(t, setup{plainHTTP: true})
	file := filepath.Join("testdata", "openapi.json")
	if os.Getenv("UPDATE") != "" {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(file, h.mux.OpenAPI(), 0o644))
	}
	want, err := os.ReadFile(file)
	must(t, err)
	if got := h.mux.OpenAPI(); !bytes.Equal(got, want) {
		t.Errorf("the document changed. If that is meant: UPDATE=1 go test ./web -run Stable\n%s", firstDifference(got, want))
	}
}

func firstDifference(got, want []byte) string {
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			return "is " + g[i] + "\nwas " + strings.Join(w[min(i, len(w)):min(i+1, len(w))], "")
		}
	}
	return "shorter than before"
}

// FuzzFieldErrors holds the words for bad input against what was sent.
func FuzzFieldErrors(f *testing.F) {
	f.Add("body.document.colour", "unexpected property", "MUSTERMANN")
	f.Add("body.email", "expected string to be RFC 5322 email: mail: MUSTERMANN", "MUSTERMANN")
	f.Add("query.limit", "invalid value: \"MUSTERMANN\"", "MUSTERMANN")
	f.Fuzz(func(t *testing.T, location, message, value string) {
		p := fieldErrors([]error{&huma.ErrorDetail{Location: location, Message: message, Value: value}})
		body, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		before, _, _ := strings.Cut(message, ": ")
		if len(value) > 12 && strings.Contains(string(body), value) && !strings.Contains(before, value) && !strings.Contains(location, value) {
			t.Fatalf("%s repeats %q", body, value)
		}
	})
}

// FuzzIdempotencyKey: any key gives an answer, and a good one holds to its bounds.
func FuzzIdempotencyKey(f *testing.F) {
	f.Add("0f8fad5b")
	f.Add("")
	f.Add("a b")
	f.Fuzz(func(t *testing.T, key string) {
		once, err := Once(access.Principal{}, "test.record", key, [32]byte{1})
		if err == nil && (len(key) < 1 || len(key) > 128 || once.Key != key || strings.ContainsAny(key, " \t\r\n\x7f")) {
			t.Fatalf("%q was taken", key)
		}
	})
}

// BenchmarkRequest measures what a request costs besides its operation:
// everything of ServeHTTP but the network, with a bearer token and a JSON body.
// The floor is the same handler on the bare router.
func BenchmarkRequest(b *testing.B) {
	h := newHouse(b, setup{plainHTTP: true, options: func(o *Options) { o.AddressRate, o.PrincipalRate = Rate{PerSecond: -1}, Rate{PerSecond: -1} }, desk: func(h *testHouse) {
		Register(h.mux, Operation{Method: "POST", Path: "/api/test/v1/bench", ID: "test.bench", Summary: "Measure"},
			func(ctx context.Context, in *recordInput) (*recorded, error) { return &recorded{}, nil })
	}})
	run := func(b *testing.B, handler http.Handler, path string) {
		b.ReportAllocs()
		for b.Loop() {
			r := httptest.NewRequest("POST", path, strings.NewReader(goodPerson))
			r.Header.Set("Authorization", "Bearer "+h.token)
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				b.Fatalf("%d %s", w.Code, w.Body)
			}
			h.log.b.Reset()
		}
	}
	b.Run("whole", func(b *testing.B) { run(b, h.mux, "/api/test/v1/bench") })
	b.Run("floor", func(b *testing.B) {
		bare := http.NewServeMux()
		bare.HandleFunc("POST /api/test/v1/bench", func(w http.ResponseWriter, r *http.Request) {
			var p person
			if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
				b.Fatal(err)
			}
			json.NewEncoder(w).Encode(recorded{}.Body)
		})
		run(b, bare, "/api/test/v1/bench")
	})
}
