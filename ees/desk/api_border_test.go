package desk_test

import (
	"testing"

	"limen/access"
)

// A check as a conversation over the API: asked, answered, stale, read again.
func TestAPI_ACheckIsAConversation(t *testing.T) {
	o := open(t)
	const guard = access.BorderGuard
	first := o.want(201, guard, "POST", "/api/ees/v1/checks", `{"direction":"entry","crossing_point":"FRCDG","mrz":`+zone+`,"biometrics":{"face":"captured","fingerprints":"captured"}}`)
	o.want(201, guard, "POST", "/api/ees/v1/crossings", map[string]any{"check_id": first["check_id"]})
	check := o.want(201, guard, "POST", "/api/ees/v1/checks", `{"direction":"exit","crossing_point":"FRORY","mrz":`+zone+`}`)
	progress := check["progress"].(map[string]any)
	if progress["state"] != "verify_face" || progress["next"].(map[string]any)["do"] == "" {
		t.Fatalf("%v", progress)
	}
	path := "/api/ees/v1/checks/" + check["check_id"].(string)
	step := o.want(200, guard, "POST", path+"/steps", `{"step":"verify_face","outcome":"face_no_match"}`, "If-Match", `"0"`, "Idempotency-Key", "s1")
	same := o.want(200, guard, "POST", path+"/steps", `{"step":"verify_face","outcome":"face_no_match"}`, "If-Match", `"0"`, "Idempotency-Key", "s1")
	if step["state"] != "verify_fingers" || same["version"] != 1.0 {
		t.Fatalf("%v", step)
	}
	if answer := o.want(409, guard, "POST", path+"/steps", `{"step":"verify_face","outcome":"face_match"}`); answer["code"] != "other_step" || answer["article"] == "" {
		t.Fatalf("%v", answer)
	}
	if answer := o.want(409, guard, "POST", path+"/steps", `{"step":"verify_fingers","outcome":"fingers_match"}`, "If-Match", `"7"`); answer["code"] != "check_moved_on" {
		t.Fatalf("%v", answer)
	}
	o.want(422, guard, "POST", path+"/steps", `{"step":"verify_fingers","outcome":"fingers_match"}`, "If-Match", `"yes"`)
	o.want(200, guard, "POST", path+"/steps", `{"step":"verify_fingers","outcome":"fingers_match"}`, "If-Match", `"1"`)
	read := o.want(200, guard, "GET", path, nil)
	if read["progress"].(map[string]any)["state"] != "verified" || read["proposal"] != "admit" {
		t.Fatalf("%v", read)
	}
	o.want(201, guard, "POST", "/api/ees/v1/crossings", map[string]any{"check_id": check["check_id"]})
	o.want(409, guard, "GET", path, nil)
	if answer := o.want(403, access.ImmigrationOfficer, "GET", path, nil); answer["article"] != "2017/2226 art 23" {
		t.Fatalf("%v", answer)
	}
}

// From the kiosk to the booth and to the gate, without a second capture.
func TestAPI_KioskBoothGate(t *testing.T) {
	o := open(t)
	const guard = access.BorderGuard
	begin := `{"direction":"entry","crossing_point":"FRCDG","mrz":` + zone + `,"kiosk":"k7","chip":{"certificates":"valid","face_read":true}}`
	const kiosk = access.KioskMachine
	v := o.want(201, kiosk, "POST", "/api/ees/v1/pre-enrolments", begin, "Idempotency-Key", "b1")
	if again := o.want(201, kiosk, "POST", "/api/ees/v1/pre-enrolments", begin, "Idempotency-Key", "b1"); again["code"] != v["code"] {
		t.Fatal("a repeated request made a second pre-enrolment")
	}
	if answer := o.want(422, kiosk, "POST", "/api/ees/v1/pre-enrolments", `{"direction":"entry","crossing_point":"FRCDG","mrz":`+zone+`,"kiosk":"k7"}`); answer["code"] != "chip_needed" {
		t.Fatalf("%v", answer)
	}
	path := "/api/ees/v1/pre-enrolments/" + v["code"].(string)
	o.want(200, kiosk, "POST", path+"/steps", `{"biometrics":{"face":"captured","chip_matched":"matched","fingerprints":"captured"}}`, "If-Match", `"1"`)
	o.want(409, kiosk, "POST", path+"/steps", `{"finish":true}`, "If-Match", `"1"`)
	v = o.want(200, kiosk, "POST", path+"/steps", `{"answers":[{"question":"purpose","answer":"x"},{"question":"accommodation","answer":"x"},{"question":"means","answer":"x"},{"question":"return_journey","answer":"x"}],"finish":true}`)
	if v["status"] != "PRE_ENROLLED" {
		t.Fatalf("%v", v)
	}
	list := o.want(200, guard, "GET", "/api/ees/v1/pre-enrolments?crossing_point=FRCDG", nil)
	if waiting := list["waiting"].([]any); len(waiting) != 1 {
		t.Fatalf("%v", list)
	}
	check := o.want(201, guard, "POST", path+"/check", `{"crossing_point":"FRCDG"}`)
	if len(check["to_take"].([]any)) != 0 || check["at_kiosk"].(map[string]any)["kiosk"] != "k7" {
		t.Fatalf("%v", check)
	}
	if answer := o.want(422, guard, "POST", "/api/ees/v1/crossings", map[string]any{"check_id": check["check_id"]}); answer["code"] != "pre_enrolment_unconfirmed" {
		t.Fatalf("%v", answer)
	}
	confirmed := map[string]any{"document": true, "face": true, "fingerprints": true}
	o.want(200, guard, "POST", path+"/confirmation", confirmed)
	gate := `{"direction":"entry","crossing_point":"FRCDG","mrz":` + zone + `,"gate":"g1","chip":{"certificates":"valid","face_read":true},"code":"` + v["code"].(string) + `"`
	if answer := o.want(422, guard, "POST", "/api/ees/v1/gates/passages", gate+`}`); answer["code"] != "gate_without_biometrics" || answer["article"] != "2016/399 art 8b(6)" {
		t.Fatalf("%v", answer)
	}
	passed := o.want(201, guard, "POST", "/api/ees/v1/gates/passages", gate+`,"verified":"face"}`)
	if passed["passed"] != true || passed["record"].(map[string]any)["state"] != "OPEN" {
		t.Fatalf("%v", passed)
	}
	o.want(409, guard, "POST", path+"/check", `{}`)
	// A kiosk opens nothing else, and a guard is no kiosk.
	o.want(403, kiosk, "POST", path+"/check", `{}`)
	o.want(403, kiosk, "POST", "/api/ees/v1/checks", `{"direction":"entry","crossing_point":"FRCDG","mrz":`+zone+`}`)
	o.want(403, kiosk, "GET", "/api/ees/v1/pre-enrolments?crossing_point=FRCDG", nil)
	o.want(403, guard, "POST", "/api/ees/v1/pre-enrolments", begin)
}
