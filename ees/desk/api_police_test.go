package desk_test

import (
	"strings"
	"testing"
	"time"

	"limen/access"
	"limen/ees"
	"limen/house"
)

// enlist makes an account in a named office and a token for it, kept under key.
func enlist(t *testing.T, h *house.House, user string, role access.Role, state, name string) string {
	t.Helper()
	kind := access.RoleKind(role)
	if _, _, err := h.Identities.Create(t.Context(), access.NewAccount{User: user, Role: role, Password: "correct horse battery", Authority: access.Authority{Kind: kind, State: state, Name: name}}); err != nil {
		t.Fatal(err)
	}
	var only []access.Op
	for _, g := range h.Door.Grants() {
		if g.Kind == kind {
			only = append(only, g.Op)
		}
	}
	token, _, err := h.Identities.NewToken(t.Context(), user, only, 72*time.Hour, "test")
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// The offices of the plays below, as keys of their tokens.
const (
	anyUnit  access.Role = "unit"
	anyPoint access.Role = "point"
	foreign  access.Role = "foreign"
)

// openForPolice is an office with a unit and two access points, listed, and a
// traveller who entered.
func openForPolice(t *testing.T) *office {
	o := open(t)
	o.tokens[anyUnit] = enlist(t, o.house, "brigadier", access.UnitOfficer, "FRA", "Brigade criminelle")
	o.tokens[anyPoint] = enlist(t, o.house, "verifier", access.AccessPointOfficer, "FRA", "Point d'accès")
	o.tokens[foreign] = enlist(t, o.house, "pruefer", access.AccessPointOfficer, "D", "Zugangsstelle")
	list := "/api/ees/v1/law-enforcement/designated"
	for _, body := range []string{`{"kind":"designated_authority","state":"FRA","name":"Police nationale","from":"2026-01-01"}`,
		`{"kind":"operating_unit","state":"FRA","name":"Brigade criminelle","authority":"Police nationale","from":"2026-01-01"}`,
		`{"kind":"central_access_point","state":"FRA","name":"Point d'accès","from":"2026-01-01"}`,
		`{"kind":"central_access_point","state":"D","name":"Zugangsstelle","from":"2026-01-01"}`} {
		o.want(200, access.AdministratorRole, "POST", list, body)
	}
	if got := o.want(200, access.AdministratorRole, "GET", list, nil); len(got["listed"].([]any)) != 4 {
		t.Fatalf("%v", got)
	}
	check := o.want(201, access.BorderGuard, "POST", "/api/ees/v1/checks", `{"direction":"entry","crossing_point":"FRCDG","mrz":`+zone+`}`)
	o.want(201, access.BorderGuard, "POST", "/api/ees/v1/crossings", map[string]any{"check_id": check["check_id"]})
	return o
}

const (
	leRequests = "/api/ees/v1/law-enforcement/requests"
	forHistory = `"purpose":"law_enforcement_travel_history"`
	askHistory = `{` + forHistory + `,"case":"PN-7","offence":{"category":"kidnapping","description":"Abduction","maximum_sentence_years":20},"necessity":"n","proportionality":"p","grounds":"g",` +
		`"ordered_by":"chief","search":{"document":{"number":"CA8844110","issuer":"CAN"}}}`
)

var askUrgent = `{"imminent_danger":"a life",` + askHistory[1:]

// The whole way over the API, with versions and idempotency keys. EES-051,
// EES-052.
func TestAPI_LawEnforcementAllTheWay(t *testing.T) {
	o := openForPolice(t)
	r := o.want(201, anyUnit, "POST", leRequests, askHistory, "Idempotency-Key", "s1")
	if again := o.want(201, anyUnit, "POST", leRequests, askHistory, "Idempotency-Key", "s1"); again["request_id"] != r["request_id"] {
		t.Fatalf("%v", again)
	}
	if other := o.want(422, anyUnit, "POST", leRequests, askUrgent, "Idempotency-Key", "s1"); other["code"] != "idempotency_key_reused" {
		t.Errorf("%v", other)
	}
	path := leRequests + "/" + r["request_id"].(string)
	body := `{` + forHistory + `}`
	if got := o.want(409, anyPoint, "POST", path+"/search", body); got["code"] != "wrong_status" {
		t.Errorf("%v", got)
	}
	o.want(200, anyPoint, "GET", path+"?purpose=law_enforcement_travel_history", nil)
	approve := `{"approve":true,` + forHistory + `}`
	if got := o.want(409, anyPoint, "POST", path+"/decision", approve, "If-Match", `"9"`); got["code"] != "request_changed" {
		t.Errorf("%v", got)
	}
	done := o.want(200, anyPoint, "POST", path+"/decision", approve, "If-Match", `"1"`, "Idempotency-Key", "d1")
	if done["status"] != "approved" || done["version"] != 2.0 {
		t.Errorf("%v", done)
	}
	o.want(422, anyPoint, "POST", path+"/decision", `{"approve":false,"reasons":"x",`+forHistory+`}`, "If-Match", `"1"`, "Idempotency-Key", "d1")
	if got := o.want(200, anyPoint, "POST", path+"/search", body, "If-Match", `"2"`); got["hits"] != 1.0 {
		t.Errorf("%v", got)
	}
	got := o.want(200, anyUnit, "GET", path+"/history?purpose=law_enforcement_travel_history", nil)
	found := got["found"].([]any)[0].(map[string]any)
	if found["person"].(map[string]any)["identities"].([]any)[0].(map[string]any)["surname"] != "PELLETIER" || len(found["records"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
	o.want(200, anyUnit, "POST", path+"/case", `{"reasons":"trial","review":"2026-12-24",`+forHistory+`}`)

	u := o.want(201, anyUnit, "POST", leRequests, askUrgent)
	urgent := leRequests + "/" + u["request_id"].(string)
	if got := o.want(200, anyPoint, "POST", urgent+"/search", body); got["status"] != "to_verify" || got["verify_by"] != "2026-11-12" { // the 11th is a holiday
		t.Errorf("%v", got)
	}
	list := o.want(200, anyPoint, "GET", leRequests+"?open=true&purpose=law_enforcement_travel_history", nil)
	if rows := list["requests"].([]any); len(rows) != 1 || rows[0].(map[string]any)["verify_by"] != "2026-11-12" {
		t.Errorf("%v", list)
	}
	o.want(200, anyPoint, "POST", urgent+"/verification", `{"justified":false,"reasons":"nobody was in danger",`+forHistory+`}`)
	o.want(200, anyPoint, "POST", urgent+"/erasure", body)
	if got := o.want(404, anyUnit, "GET", urgent+"/history?purpose=law_enforcement_travel_history", nil); got["code"] != "outcome_erased" {
		t.Errorf("%v", got)
	}
	report := o.want(200, anyPoint, "GET", "/api/ees/v1/law-enforcement/reports/2026", nil)
	if lines := report["lines"].([]any); len(lines) != 2 {
		t.Errorf("%v", report)
	}
	// The supervisor reads what article 59(2) lists.
	page := o.want(200, access.SupervisorOfficer, "GET", "/api/log/v1/entries?operation="+string(ees.OpVerifyUrgency), nil)
	entry := page["entries"].([]any)[0].(map[string]any)
	facts := map[string]any{}
	for _, f := range entry["facts"].([]any) {
		facts[f.(map[string]any)["name"].(string)] = f.(map[string]any)["value"]
	}
	if entry["case"] != "PN-7" || facts["ordered_by"] != "chief" || facts["urgency"] != "a life" || facts["verified_afterwards"] != "not justified" ||
		!strings.Contains(facts["offence"].(string), "kidnapping: Abduction") {
		t.Errorf("%v", entry)
	}
}

// Bad input of each operation is refused with a code, an article where one
// stands behind it, and leaves no request behind. EES-050, EES-051.
func TestAPI_LawEnforcementBadInput(t *testing.T) {
	o := openForPolice(t)
	r := o.want(201, anyUnit, "POST", leRequests, askHistory)
	path := leRequests + "/" + r["request_id"].(string)
	why := `{` + forHistory + `}`
	for _, c := range []struct {
		role   access.Role
		method string
		path   string
		body   any
		status int
		code   string
	}{
		{"", "POST", leRequests, askHistory, 401, "not_signed_in"},
		{access.BorderGuard, "POST", leRequests, askHistory, 403, ""},
		{anyPoint, "POST", leRequests, askHistory, 403, ""},
		{anyUnit, "POST", leRequests, strings.Replace(askHistory, `,"case":"PN-7"`, "", 1), 422, "case_missing"},
		{anyUnit, "POST", leRequests, strings.Replace(askHistory, forHistory+",", "", 1), 422, "purpose_missing"},
		{anyUnit, "POST", leRequests, strings.Replace(askHistory, forHistory, `"purpose":"border_check"`, 1), 403, "not_granted"},
		{anyUnit, "POST", leRequests, `{"colour":"red",` + askHistory[1:], 422, ""},
		{anyUnit, "POST", leRequests, strings.Replace(askHistory, `"number"`, `"no"`, 1), 422, ""},
		{anyUnit, "POST", leRequests, strings.Replace(askHistory, "kidnapping", "theft", 1), 422, "unknown_offence"},
		{anyUnit, "POST", leRequests, strings.Replace(askHistory, `"maximum_sentence_years":20`, `"maximum_sentence_years":"many"`, 1), 422, ""},
		{anyUnit, "POST", leRequests, `{`, 400, ""},
		{anyUnit, "POST", path + "/decision", `{"approve":true,` + forHistory + `}`, 403, ""},
		{anyUnit, "POST", path + "/search", why, 403, ""},
		{anyUnit, "GET", "/api/ees/v1/files?document=CA8844110&purpose=law_enforcement_travel_history", nil, 403, ""},
		{anyPoint, "GET", "/api/ees/v1/files?document=CA8844110&purpose=law_enforcement_travel_history", nil, 403, ""},
		{foreign, "POST", path + "/decision", `{"approve":true,` + forHistory + `}`, 404, "no_such_request"},
		{foreign, "GET", path + "?purpose=law_enforcement_travel_history", nil, 404, "no_such_request"},
		{anyPoint, "GET", path + "?purpose=law_enforcement_identification", nil, 404, "no_such_request"},
		{anyPoint, "GET", path + "?purpose=law_enforcement_travel_history&colour=red", nil, 422, ""},
		{anyPoint, "POST", path + "/decision", `{"approve":true,"by":"me",` + forHistory + `}`, 422, ""},
		{anyPoint, "POST", path + "/decision", `{` + forHistory + `}`, 422, ""},
		{anyPoint, "POST", path + "/decision", `{"approve":false,` + forHistory + `}`, 422, "reasons_missing"},
		{anyPoint, "POST", path + "/search", `{"approve":true,` + forHistory + `}`, 422, ""},
		{anyPoint, "POST", path + "/verification", `{"justified":true,"reasons":"x",` + forHistory + `}`, 409, "wrong_status"},
		{anyPoint, "POST", path + "/verification", `{"justified":true,` + forHistory + `}`, 422, ""},
		{anyPoint, "POST", path + "/erasure", why, 409, "wrong_status"},
		{anyUnit, "POST", path + "/case", `{"reasons":"x","review":"2026-12-24",` + forHistory + `}`, 409, "wrong_status"},
		{anyUnit, "POST", path + "/case", `{"reasons":"x","review":"soon",` + forHistory + `}`, 422, ""},
		{anyUnit, "GET", path + "/history?purpose=law_enforcement_travel_history", nil, 409, "wrong_status"},
		{anyPoint, "GET", leRequests + "?limit=0&purpose=law_enforcement_travel_history", nil, 422, ""},
		{anyPoint, "GET", "/api/ees/v1/law-enforcement/consents?purpose=law_enforcement_travel_history", nil, 403, ""},
		{anyPoint, "POST", "/api/ees/v1/law-enforcement/consents/x", `{"consent":true,` + forHistory + `}`, 403, ""},
		{anyPoint, "GET", "/api/ees/v1/law-enforcement/reports/2024", nil, 422, ""},
		{anyUnit, "GET", "/api/ees/v1/law-enforcement/reports/2026", nil, 403, ""},
		{anyPoint, "POST", "/api/ees/v1/law-enforcement/designated", `{"kind":"operating_unit","state":"FRA","name":"X","from":"2026-01-01"}`, 403, ""},
		{access.AdministratorRole, "POST", "/api/ees/v1/law-enforcement/designated", `{"kind":"operating_unit","state":"FRA","name":"X","from":"2026-01-01"}`, 422, "authority_of_unit"},
		{access.AdministratorRole, "GET", leRequests + "?purpose=law_enforcement_travel_history", nil, 403, ""},
	} {
		status, answer := o.call(c.role, c.method, c.path, c.body)
		if status != c.status || c.code != "" && answer["code"] != c.code {
			t.Errorf("%s %s %s: %d %v, want %d %s", c.role, c.method, c.path, status, answer, c.status, c.code)
		}
		if status == 403 && answer["article"] == "" {
			t.Errorf("%s %s: refused without the article", c.role, c.path)
		}
	}
	status, answer := o.call(anyPoint, "POST", path+"/decision", `{"approve":true,`+forHistory+`}`, "If-Match", "yes")
	if status != 422 || answer["code"] != "no_version" {
		t.Errorf("%d %v", status, answer)
	}
	list := o.want(200, anyPoint, "GET", leRequests+"?purpose=law_enforcement_travel_history", nil)
	if rows := list["requests"].([]any); len(rows) != 1 || rows[0].(map[string]any)["version"] != 1.0 {
		t.Errorf("%v", list)
	}
}
