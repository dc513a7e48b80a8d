package desk_test

import (
	"strings"
	"testing"
	"time"

	"limen/access"
)

// EES-061 over the API: the states read what was erased, in pages that go on where
// the last one ended, and whoever is not told by article 35(7) reads nothing.
func TestAPI_StatesReadWhatWasErased(t *testing.T) {
	o := open(t)
	guard := access.BorderGuard
	for _, direction := range []string{"entry", "exit"} {
		check := o.want(201, guard, "POST", "/api/ees/v1/checks", `{"direction":"`+direction+`","crossing_point":"FRCDG","mrz":`+zone+`}`)
		o.want(201, guard, "POST", "/api/ees/v1/crossings", map[string]any{"check_id": check["check_id"]})
		o.clock.Advance(2 * time.Hour)
	}
	const list = "/api/ees/v1/announcements"
	if got := o.want(200, guard, "GET", list, nil); len(got["announcements"].([]any)) != 0 || got["more"] != false {
		t.Fatalf("%v", got)
	}
	o.clock.Set(time.Date(2029, 11, 5, 6, 0, 0, 0, time.UTC))
	if n, err := o.house.RunDuty(t.Context(), "retention", nil); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	// Who reads at once may be before whoever commits late: a minute later it is there.
	o.clock.Advance(2 * time.Minute)
	// The tokens of three years ago have ended.
	for role := range o.tokens {
		var only []access.Op
		for _, g := range o.house.Door.Grants() {
			if g.Kind == access.RoleKind(role) {
				only = append(only, g.Op)
			}
		}
		var err error
		if o.tokens[role], _, err = o.house.Identities.NewToken(t.Context(), strings.ReplaceAll(string(role), "_", "-"), only, time.Hour, "later"); err != nil {
			t.Fatal(err)
		}
	}
	first := o.want(200, guard, "GET", list+"?limit=1", nil)
	told := first["announcements"].([]any)
	if len(told) != 1 || told[0].(map[string]any)["kind"] != "file_erased" || told[0].(map[string]any)["ground"] != "retention_over" {
		t.Fatalf("%v", first)
	}
	next := first["next"].(string)
	for _, role := range []access.Role{guard, access.ImmigrationOfficer, access.VisaOfficer} {
		if got := o.want(200, role, "GET", list+"?after="+next, nil); len(got["announcements"].([]any)) != 0 || got["next"] != next {
			t.Fatalf("%s: %v", role, got)
		}
	}
	for _, role := range []access.Role{access.SupervisorOfficer, access.AdministratorRole} {
		o.want(403, role, "GET", list, nil)
	}
	for _, bad := range []string{"?limit=0", "?limit=1001", "?after=%25", "?after=" + strings.Repeat("a", 401)} {
		o.want(422, guard, "GET", list+bad, nil)
	}
	o.want(401, "nobody", "GET", list, nil)
}

// EES-063 over the API: a supervisor holds the log entries about a file, finds the
// hold, and releases it; nobody else does.
func TestAPI_SupervisorHoldsLogEntries(t *testing.T) {
	o := open(t)
	const holds, release = "/api/ees/v1/log-holds", "/api/ees/v1/log-holds/release"
	const hold = `{"file":"0198c7e2-0000-7000-8000-000000000001","procedure":"EDPS 2026/7"}`
	supervisor := access.SupervisorOfficer
	held := o.want(201, supervisor, "POST", holds, hold, "Idempotency-Key", "h1")
	if held["authority"] != "Office" || held["procedure"] != "EDPS 2026/7" || held["since"] == "" {
		t.Fatalf("%v", held)
	}
	if again := o.want(201, supervisor, "POST", holds, hold, "Idempotency-Key", "h1"); again["since"] != held["since"] {
		t.Fatalf("%v", again)
	}
	if list := o.want(200, supervisor, "GET", holds, nil); len(list["holds"].([]any)) != 1 {
		t.Fatalf("%v", list)
	}
	for _, role := range []access.Role{access.BorderGuard, access.ImmigrationOfficer, access.AdministratorRole} {
		for _, call := range [][2]string{{"GET", holds}, {"POST", holds}, {"POST", release}} {
			var body any
			if call[0] == "POST" {
				body = hold
			}
			o.want(403, role, call[0], call[1], body)
		}
	}
	for _, bad := range []string{`{}`, `{"file":"","procedure":"p"}`, `{"file":"f","procedure":""}`, `{"file":"f","procedure":"` + strings.Repeat("p", 65) + `"}`,
		`{"file":"` + strings.Repeat("f", 41) + `","procedure":"p"}`} {
		o.want(422, supervisor, "POST", holds, bad)
		o.want(422, supervisor, "POST", release, bad)
	}
	if got := o.want(404, supervisor, "POST", release, strings.Replace(hold, "/7", "/8", 1)); got["code"] != "no_such_hold" {
		t.Fatalf("%v", got)
	}
	o.want(200, supervisor, "POST", release, hold)
	if list := o.want(200, supervisor, "GET", holds, nil); len(list["holds"].([]any)) != 0 {
		t.Fatalf("%v", list)
	}
	o.want(404, supervisor, "POST", release, hold)
}
