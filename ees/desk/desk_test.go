package desk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"limen/access"
	"limen/db/dbtest"
	"limen/ees"
	"limen/house"
)

// office is a house with its desks behind HTTPS, and a token for each role.
type office struct {
	*testing.T
	house  *house.House
	server *httptest.Server
	clock  *dbtest.Clock
	tokens map[access.Role]string
}

func open(t *testing.T) *office {
	t.Helper()
	dir := t.TempDir()
	clock := dbtest.NewClock(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC))
	h, err := house.Open(t.Context(), house.Options{Store: "sqlite:" + filepath.Join(dir, "limen.db"), Data: dir, Clock: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	o := &office{T: t, house: h, clock: clock, tokens: map[access.Role]string{}}
	for _, role := range []access.Role{access.BorderGuard, access.KioskMachine, access.ImmigrationOfficer, access.VisaOfficer, access.SupervisorOfficer, access.AdministratorRole} {
		kind := access.RoleKind(role)
		user := strings.ReplaceAll(string(role), "_", "-")
		if _, _, err := h.Identities.Create(t.Context(), access.NewAccount{User: user, Role: role, Password: "correct horse battery", Authority: access.Authority{Kind: kind, State: "FRA", Name: "Office"}}); err != nil {
			t.Fatal(err)
		}
		var only []access.Op
		for _, g := range h.Door.Grants() {
			if g.Kind == kind {
				only = append(only, g.Op)
			}
		}
		if o.tokens[role], _, err = h.Identities.NewToken(context.Background(), user, only, 72*time.Hour, "test"); err != nil {
			t.Fatal(err)
		}
	}
	m, err := h.Mux(house.Facing{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	o.server = httptest.NewTLSServer(m)
	t.Cleanup(o.server.Close)
	return o
}

// call sends a request as a role and reads the answer.
func (o *office) call(role access.Role, method, path string, body any, headers ...string) (int, map[string]any) {
	o.Helper()
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		j, err := json.Marshal(b)
		if err != nil {
			o.Fatal(err)
		}
		in = bytes.NewReader(j)
	}
	req, err := http.NewRequest(method, o.server.URL+path, in)
	if err != nil {
		o.Fatal(err)
	}
	if token := o.tokens[role]; token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := o.server.Client().Do(req)
	if err != nil {
		o.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		o.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal(raw, &answer); err != nil {
		o.Fatalf("%s %s answered %d with %.300s", method, path, res.StatusCode, raw)
	}
	return res.StatusCode, answer
}

// want calls and fails unless the status is this one.
func (o *office) want(status int, role access.Role, method, path string, body any, headers ...string) map[string]any {
	o.Helper()
	got, answer := o.call(role, method, path, body, headers...)
	if got != status {
		o.Fatalf("%s %s answered %d, want %d: %v", method, path, got, status, answer)
	}
	return answer
}

const zone = `["P<CANPELLETIER<<ANNA<<<<<<<<<<<<<<<<<<<<<<<<","CA88441104CAN8802118F3301018<<<<<<<<<<<<<<<8"]`

// The whole way over the API: check, crossing, file, search, exit.
func TestAPI_ATravellerAllTheWay(t *testing.T) {
	o := open(t)
	check := o.want(201, access.BorderGuard, "POST", "/api/ees/v1/checks", `{"direction":"entry","crossing_point":"FRCDG","mrz":`+zone+`}`)
	if check["file"] != nil || check["proposal"] != "admit" || check["stay"].(map[string]any)["days_remaining"] != 90.0 {
		t.Fatalf("%v", check)
	}
	record := o.want(201, access.BorderGuard, "POST", "/api/ees/v1/crossings", map[string]any{"check_id": check["check_id"]})
	file := o.want(200, access.BorderGuard, "GET", "/api/ees/v1/files/"+record["file"].(string)+"?purpose=border_check", nil)
	if file["surname"] != "PELLETIER" || len(file["records"].([]any)) != 1 {
		t.Fatalf("%v", file)
	}
	for _, q := range []string{"document=CA8844110&issuer=CAN", "surname=pelletier", "surname=Peletier&first_names=Ana&birth_date=1988-02-11&sex=F&nationality=CAN"} {
		list := o.want(200, access.BorderGuard, "GET", "/api/ees/v1/files?purpose=border_check&"+q, nil)
		if files := list["files"].([]any); len(files) != 1 || files[0].(map[string]any)["ref"] != record["file"] {
			t.Fatalf("%s: %v", q, list)
		}
	}
	o.clock.Advance(26 * time.Hour)
	exit := o.want(201, access.BorderGuard, "POST", "/api/ees/v1/checks", `{"direction":"exit","crossing_point":"FRORY","mrz":`+zone+`}`)
	out := o.want(201, access.BorderGuard, "POST", "/api/ees/v1/crossings", map[string]any{"check_id": exit["check_id"]})
	if out["record_id"] != record["record_id"] || out["state"] != "CLOSED" {
		t.Fatalf("%v", out)
	}
	o.want(200, access.BorderGuard, "GET", "/api/ees/v1/overstayers", nil)
}

// EES-050: purposes outside the matrix are refused with the article, and the
// case reference is asked for where the law does.
func TestAPI_PurposeAndCase(t *testing.T) {
	o := open(t)
	for _, c := range []struct {
		role   access.Role
		method string
		path   string
		body   any
		status int
		code   string
	}{
		{"", "GET", "/api/ees/v1/overstayers", nil, 401, "not_signed_in"},
		{access.AdministratorRole, "GET", "/api/ees/v1/overstayers", nil, 403, ""},
		{access.SupervisorOfficer, "GET", "/api/ees/v1/files?surname=XU", nil, 403, ""},
		{access.BorderGuard, "GET", "/api/ees/v1/files?surname=XU", nil, 422, "purpose_missing"},
		{access.BorderGuard, "GET", "/api/ees/v1/files?surname=XU&purpose=visa_examination", nil, 403, "not_granted"},
		{access.VisaOfficer, "GET", "/api/ees/v1/files?surname=XU&purpose=visa_examination", nil, 422, "case_missing"},
		{access.VisaOfficer, "GET", "/api/ees/v1/files?surname=XU&purpose=visa_examination&case=V-1", nil, 200, ""},
		{access.ImmigrationOfficer, "POST", "/api/ees/v1/crossings", `{"check_id":"a.b"}`, 403, ""},
		{access.BorderGuard, "GET", "/api/ees/v1/files/none?purpose=border_check", nil, 404, "no_such_file"},
		{access.BorderGuard, "POST", "/api/ees/v1/checks", `{"direction":"entry","crossing_point":"FRCDG","colour":"red"}`, 422, ""},
		{access.BorderGuard, "POST", "/api/ees/v1/checks", `{`, 400, ""},
	} {
		status, answer := o.call(c.role, c.method, c.path, c.body)
		if status != c.status || c.code != "" && answer["code"] != c.code {
			t.Errorf("%s %s %s: %d %v, want %d %s", c.role, c.method, c.path, status, answer, c.status, c.code)
		}
		if status == 403 && answer["article"] == "" {
			t.Errorf("%s %s: refused without the article", c.role, c.path)
		}
	}
}

// A wrong check digit names its field, and nothing is recorded.
func TestAPI_WrongCheckDigit(t *testing.T) {
	o := open(t)
	bad := strings.Replace(zone, "CA88441104", "CA88441109", 1)
	answer := o.want(422, access.BorderGuard, "POST", "/api/ees/v1/checks", `{"direction":"entry","crossing_point":"FRCDG","mrz":`+bad+`}`)
	if answer["code"] != "mrz_check_digit" || answer["field"] != "mrz.document_number" || answer["article"] == "" {
		t.Fatalf("%v", answer)
	}
}

// A write sent twice happens once and answers the same; another body under the
// same key is refused.
func TestAPI_IdempotencyKey(t *testing.T) {
	o := open(t)
	check := o.want(201, access.BorderGuard, "POST", "/api/ees/v1/checks", `{"direction":"entry","crossing_point":"FRCDG","mrz":`+zone+`}`, "Idempotency-Key", "k1")
	same := o.want(201, access.BorderGuard, "POST", "/api/ees/v1/checks", `{"direction":"entry","crossing_point":"FRCDG","mrz":`+zone+`}`, "Idempotency-Key", "k1")
	if same["check_id"] != check["check_id"] {
		t.Fatal("the repeated check is another check")
	}
	o.want(422, access.BorderGuard, "POST", "/api/ees/v1/checks", `{"direction":"exit","crossing_point":"FRCDG","mrz":`+zone+`}`, "Idempotency-Key", "k1")
	body := map[string]any{"check_id": check["check_id"]}
	first := o.want(201, access.BorderGuard, "POST", "/api/ees/v1/crossings", body, "Idempotency-Key", "k2")
	again := o.want(201, access.BorderGuard, "POST", "/api/ees/v1/crossings", body, "Idempotency-Key", "k2")
	a, _ := json.Marshal(first)
	b, _ := json.Marshal(again)
	if !bytes.Equal(a, b) {
		t.Fatalf("%s\n%s", a, b)
	}
	o.want(409, access.BorderGuard, "POST", "/api/ees/v1/crossings", body, "Idempotency-Key", "k3")
	var view ees.FileView
	_, file := o.call(access.BorderGuard, "GET", "/api/ees/v1/files/"+first["file"].(string)+"?purpose=border_check", nil)
	j, _ := json.Marshal(file)
	if err := json.Unmarshal(j, &view); err != nil || len(view.Records) != 1 {
		t.Fatalf("%d records, %v", len(view.Records), err)
	}
}

// The log tells the supervisor who did what, and proves it.
func TestAPI_SupervisorReadsTheLog(t *testing.T) {
	o := open(t)
	check := o.want(201, access.BorderGuard, "POST", "/api/ees/v1/checks", `{"direction":"entry","crossing_point":"FRCDG","mrz":`+zone+`}`)
	record := o.want(201, access.BorderGuard, "POST", "/api/ees/v1/crossings", map[string]any{"check_id": check["check_id"]})
	page := o.want(200, access.SupervisorOfficer, "GET", "/api/log/v1/entries?subject="+record["file"].(string), nil)
	entries := page["entries"].([]any)
	if len(entries) != 1 || entries[0].(map[string]any)["operation"] != "ees.record_crossing" || entries[0].(map[string]any)["article"] != "2017/2226 art 14" {
		t.Fatalf("%v", page)
	}
	if _, err := o.house.RunDuty(t.Context(), house.IntegrateDuty, nil); err != nil {
		t.Fatal(err)
	}
	o.want(200, access.SupervisorOfficer, "GET", "/api/log/v1/checkpoint", nil)
	o.want(200, access.SupervisorOfficer, "GET", "/api/log/v1/proofs/"+entries[0].(map[string]any)["id"].(string), nil)
	o.want(403, access.BorderGuard, "GET", "/api/log/v1/entries", nil)
}
