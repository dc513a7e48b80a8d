package desk_test

import (
	"testing"

	"limen/access"
)

// EES-023, EES-025, EES-030: the decisions on a stay over the API, each on the
// version that was read, once, with what it changed.
func TestAPI_DecisionsOnAStay(t *testing.T) {
	o := open(t)
	check := o.want(201, access.BorderGuard, "POST", "/api/ees/v1/checks", `{"direction":"entry","crossing_point":"FRCDG","mrz":`+zone+`}`)
	record := o.want(201, access.BorderGuard, "POST", "/api/ees/v1/crossings", map[string]any{"check_id": check["check_id"]})
	id, ref := record["record_id"].(string), record["file"].(string)
	changes := "/api/ees/v1/records/" + id + "/changes"
	extend := map[string]any{"status": "extended", "ground": "exceptional_circumstances", "decided": "2026-11-02", "place": "Paris", "end": "2027-03-31"}
	if a := o.want(422, access.ImmigrationOfficer, "POST", changes, extend); a["code"] != "version_missing" || a["field"] != "If-Match" {
		t.Fatalf("%v", a)
	}
	o.want(409, access.ImmigrationOfficer, "POST", changes, extend, "If-Match", `"7"`)
	o.want(403, access.BorderGuard, "POST", changes, extend, "If-Match", `"1"`)
	o.want(422, access.VisaOfficer, "POST", changes, extend, "If-Match", `"1"`) // no case
	done := o.want(201, access.ImmigrationOfficer, "POST", changes, extend, "If-Match", `"1"`, "Idempotency-Key", "e1")
	again := o.want(201, access.ImmigrationOfficer, "POST", changes, extend, "If-Match", `"1"`, "Idempotency-Key", "e1")
	if done["version"] != 2.0 || again["version"] != 2.0 || done["record"].(map[string]any)["stay_end"] != "2027-03-31" || len(done["differences"].([]any)) != 1 {
		t.Fatalf("%v", done)
	}
	revoke := map[string]any{"status": "revoked", "ground": "RD", "decided": "2026-11-02", "place": "Paris"}
	done = o.want(201, access.VisaOfficer, "POST", changes, revoke, "If-Match", `"2"`, "Limen-Case", "V-1")
	if done["record"].(map[string]any)["stay_end"] != "2026-11-02" {
		t.Fatalf("%v", done)
	}
	o.want(422, access.BorderGuard, "POST", "/api/ees/v1/rebuttals", map[string]any{"record_id": id, "kind": "transport_ticket", "exit": map[string]any{"on": "2026-11-02"}})
	done = o.want(201, access.BorderGuard, "POST", "/api/ees/v1/rebuttals", map[string]any{"record_id": id, "kind": "transport_ticket", "exit": map[string]any{"on": "2026-11-02"}}, "If-Match", "3")
	if done["record"].(map[string]any)["state"] != "CLOSED" {
		t.Fatalf("%v", done)
	}
	if a := o.want(409, access.ImmigrationOfficer, "POST", "/api/ees/v1/records/"+id+"/excuses", map[string]any{"ground": "error", "note": "no overstay"}, "If-Match", "4"); a["code"] != "not_listed" {
		t.Fatalf("%v", a)
	}
	made := o.want(201, access.ImmigrationOfficer, "POST", "/api/ees/v1/starts-of-stay", `{"start":"2026-11-01","permit":{"kind":"residence_permit","issuer":"FRA","from":"2024-11-01","until":"2026-10-31"},
		"person":{"document":{"number":"C3","issuer":"CAN","expiry":"2033-01-01"},"identity":{"surname":"POE","birth_date":"1966-03-05","sex":"F","nationalities":["CAN"]}}}`)
	if r := made["record"].(map[string]any); r["stay_end"] != "2027-01-29" || r["entry"].(map[string]any)["at"] != nil {
		t.Fatalf("%v", made)
	}
	member := o.want(201, access.BorderGuard, "POST", "/api/ees/v1/files/"+ref+"/programmes", `{"name":"Parafe","state":"FRA","from":"2026-11-02","until":"2027-11-02"}`, "If-Match", "4")
	if len(member["programmes"].([]any)) != 1 {
		t.Fatalf("%v", member)
	}
}
