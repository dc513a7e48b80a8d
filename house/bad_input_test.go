package house

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"limen/access"
	"limen/db"
	"limen/db/dbtest"
	"limen/web"
)

// endpoint is one operation of the API's own document.
type endpoint struct {
	method, path string
	body         map[string]any // schema of the JSON body; nil when it takes none
	required     []string       // query parameters that must be given
}

func endpoints(t *testing.T, document []byte) []endpoint {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, In string
				Required bool
			}
			RequestBody struct {
				Content map[string]struct{ Schema map[string]any }
			}
		}
		Components struct{ Schemas map[string]map[string]any }
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	var all []endpoint
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		for method, op := range doc.Paths[path] {
			e := endpoint{method: strings.ToUpper(method), path: path}
			for _, p := range op.Parameters {
				if p.Required && p.In == "query" {
					e.required = append(e.required, p.Name)
				}
			}
			if c, ok := op.RequestBody.Content["application/json"]; ok {
				e.body = c.Schema
				if ref, ok := c.Schema["$ref"].(string); ok {
					e.body = doc.Components.Schemas[ref[strings.LastIndexByte(ref, '/')+1:]]
				}
			}
			all = append(all, e)
		}
	}
	return all
}

// Every endpoint of the API refuses what it does not know: an unknown field, a
// field of another type, a body that is no JSON, an unknown parameter of the
// query. Each time the answer is a typed problem, and the register is as it was.
func TestEveryEndpointRefusesWhatItDoesNotKnow(t *testing.T) {
	dir := t.TempDir()
	clock := dbtest.NewClock(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC))
	h, err := Open(t.Context(), Options{Store: "sqlite:" + filepath.Join(dir, "limen.db"), Data: dir, Clock: clock.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	if _, _, err := h.Identities.Create(t.Context(), access.NewAccount{User: "guard", Role: access.BorderGuard, Password: "correct horse battery",
		Authority: access.Authority{Kind: access.Border, State: "FRA", Name: "Police aux frontières"}}); err != nil {
		t.Fatal(err)
	}
	token, _, err := h.Identities.NewToken(context.Background(), "guard", []access.Op{"ees.check"}, time.Hour, "test")
	if err != nil {
		t.Fatal(err)
	}
	m, err := h.Mux(Facing{Version: "test", Log: slog.New(slog.DiscardHandler), Rate: web.Rate{PerSecond: 1e6, Burst: 1e6}})
	if err != nil {
		t.Fatal(err)
	}
	before := rowsOfRegister(t, h.Store)
	try := func(e endpoint, query, kind, body string, statuses ...int) {
		t.Helper()
		path := strings.NewReplacer("{ref}", "nobody", "{id}", "1", "{name}", "x").Replace(e.path) + query
		req := httptest.NewRequest(e.method, path, strings.NewReader(body))
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		m.ServeHTTP(w, req)
		var problem struct {
			Type, Code string
			Status     int
		}
		if !slices.Contains(statuses, w.Code) {
			t.Errorf("%s %s with %.60q answered %d: %.200s", e.method, path, body, w.Code, w.Body)
		}
		if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, "application/problem+json") {
			t.Errorf("%s %s with %.60q answered as %s", e.method, path, body, got)
		} else if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || problem.Code == "" || problem.Status != w.Code || problem.Type == "" {
			t.Errorf("%s %s with %.60q answered %.200s", e.method, path, body, w.Body)
		}
		if bytes.Contains(w.Body.Bytes(), []byte("4711-secret")) {
			t.Errorf("%s %s repeats a value that was sent: %.200s", e.method, path, w.Body)
		}
	}
	tried := 0
	for _, e := range endpoints(t, m.OpenAPI()) {
		const unknown, wrong, unreadable = http.StatusUnprocessableEntity, http.StatusUnprocessableEntity, http.StatusBadRequest
		if e.body != nil {
			tried++
			try(e, "", "application/json", `{"no_such_field_of_ours":"4711-secret"}`, unknown)
			try(e, "", "application/json", `["4711-secret"]`, unknown, unreadable)
			try(e, "", "application/json", `{"4711-secret`, unreadable, wrong)
			try(e, "", "text/plain", `4711-secret`, http.StatusUnsupportedMediaType, unreadable, wrong)
			properties, _ := e.body["properties"].(map[string]any)
			for _, name := range slices.Sorted(maps.Keys(properties)) {
				// No field takes both a list of lists and a number.
				try(e, "", "application/json", fmt.Sprintf(`{%q:[[["4711-secret"]]]}`, name), wrong, unreadable)
			}
		}
		if strings.HasPrefix(e.path, "/api/") {
			tried++
			try(e, "?no_such_parameter_of_ours=4711-secret", "application/json", `{}`, unknown)
		}
	}
	if tried < 20 {
		t.Errorf("only %d attempts: the document lists too few endpoints", tried)
	}
	if after := rowsOfRegister(t, h.Store); !maps.Equal(before, after) {
		t.Errorf("rows of the register: %v before, %v after", before, after)
	}
}

// rowsOfRegister counts the rows of every table of the systems, the log's not
// among them.
func rowsOfRegister(t *testing.T, s *db.Store) map[string]int {
	t.Helper()
	counts := map[string]int{}
	err := s.Read(context.Background(), func(tx *db.Tx) error {
		for _, schema := range Schemas() {
			if schema.Room == "ledger" || schema.Room == "access" {
				continue
			}
			for _, table := range schema.Tables {
				var n int
				if err := tx.Row(`SELECT COUNT(*) FROM ` + table.Name).Scan(&n); err != nil {
					return err
				}
				counts[table.Name] = n
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return counts
}
