package desk_test

import (
	"testing"
	"time"

	"limen/access"
)

const late = `"crossing_point":"FRCDG","origin":"NUI_BUFFER","decision":"crossed","officer":"guard 7","mrz":` + zone

// EES-041 over the API: an outage is declared, told of and ended; a batch is
// recorded event by event, again without harm; what nobody can read is settled.
func TestAPI_AnOutageAllTheWay(t *testing.T) {
	o := open(t)
	guard := access.BorderGuard
	outage := o.want(201, guard, "POST", "/api/ees/v1/outages", `{"scope":"national","cause":"line cut"}`)
	if again, p := o.call(guard, "POST", "/api/ees/v1/outages", `{"scope":"national","cause":"line cut"}`); again != 409 || p["code"] != "outage_already_declared" {
		t.Fatalf("%d %v", again, p)
	}
	o.want(403, access.ImmigrationOfficer, "POST", "/api/ees/v1/outages", `{"scope":"national","cause":"line cut"}`)
	id := outage["id"].(string)
	o.clock.Advance(2 * time.Hour)
	o.want(200, guard, "POST", "/api/ees/v1/outages/"+id+"/notices", `{"to":"commission"}`)
	ended := o.want(200, guard, "POST", "/api/ees/v1/outages/"+id+"/end", `{}`)
	if ended["running"] != false || ended["seconds"] != 7200.0 {
		t.Fatalf("%v", ended)
	}
	batch := `{"events":[{"key":"x","direction":"exit","at":"2026-11-02T10:30:00Z",` + late + `},{"key":"e","direction":"entry","at":"2026-11-02T09:30:00Z",` + late + `},
		{"key":"bad","direction":"entry","at":"2026-11-02T10:45:00Z","crossing_point":"FRCDG","origin":"MANUAL","decision":"crossed","officer":"guard 7"}]}`
	outcomes := func(answer map[string]any) (list []any) {
		for _, r := range answer["results"].([]any) {
			list = append(list, r.(map[string]any)["key"], r.(map[string]any)["outcome"])
		}
		return list
	}
	equal := func(got []any, want ...any) {
		t.Helper()
		for i := range want {
			if len(got) != len(want) || got[i] != want[i] {
				t.Fatalf("%v, want %v", got, want)
			}
		}
	}
	first := o.want(200, guard, "POST", "/api/ees/v1/backfills", batch)
	equal(outcomes(first), "e", "recorded", "x", "recorded", "bad", "second_line")
	equal(outcomes(o.want(200, guard, "POST", "/api/ees/v1/backfills", batch)), "e", "already_recorded", "x", "already_recorded", "bad", "second_line")
	o.want(403, access.VisaOfficer, "POST", "/api/ees/v1/backfills", batch)
	o.want(422, guard, "POST", "/api/ees/v1/backfills", `{"events":[]}`)
	work := o.want(200, guard, "GET", "/api/ees/v1/backfills/open", nil)
	if len(work["open"].([]any)) != 1 {
		t.Fatalf("%v", work)
	}
	o.want(422, guard, "POST", "/api/ees/v1/backfills/open/bad", `{"action":"discard"}`)
	o.want(200, guard, "POST", "/api/ees/v1/backfills/open/bad", `{"action":"discard","why":"told twice"}`)
	o.want(404, guard, "POST", "/api/ees/v1/backfills/open/bad", `{"action":"discard","why":"told twice"}`)
	record := first["results"].([]any)[0].(map[string]any)["record"]
	kept := o.want(200, guard, "POST", "/api/ees/v1/kept", map[string]any{"records": []any{record}})
	if k := kept["records"].([]any)[0].(map[string]any); k["kept_until"] != "2029-11-02" {
		t.Fatalf("%v", kept)
	}
	if list := o.want(200, guard, "GET", "/api/ees/v1/outages", nil); len(list["outages"].([]any)) != 1 {
		t.Fatalf("%v", list)
	}
	if status, p := o.call(guard, "POST", "/api/ees/v1/suspensions", `{"crossing_point":"FRCDG","cause":"waiting"}`); status != 422 || p["code"] != "suspension_not_allowed" {
		t.Fatalf("%d %v", status, p)
	}
	o.want(404, guard, "POST", "/api/ees/v1/suspensions/"+id+"/end", `{}`)
}
