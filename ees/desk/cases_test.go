package desk_test

import (
	"strings"
	"testing"

	"limen/access"
)

// A case through the API: a version is needed and checked, a repeat changes
// nothing, the list names nobody, and the answer carries the letter (EES-062).
func TestCases_ThroughTheAPI(t *testing.T) {
	o := open(t)
	const officer = access.ImmigrationOfficer
	req := map[string]any{"kind": "request", "right": "access", "dossier": "D-77", "received_on": "2026-11-02"}
	made := o.want(201, officer, "POST", "/api/ees/v1/cases", req, "Idempotency-Key", "c1")
	if again := o.want(201, officer, "POST", "/api/ees/v1/cases", req, "Idempotency-Key", "c1"); again["case_id"] != made["case_id"] || made["due_on"] != "2026-12-17" {
		t.Errorf("%v, then %v", made, again)
	}
	id := made["case_id"].(string)
	step := map[string]any{"case_id": id, "do": "refuse", "words": "nobody of this name was found"}
	if a := o.want(422, officer, "POST", "/api/ees/v1/cases/steps", step); a["code"] != "version_missing" {
		t.Error(a)
	}
	if a := o.want(409, officer, "POST", "/api/ees/v1/cases/steps", step, "If-Match", `"7"`); a["code"] != "case_changed" {
		t.Error(a)
	}
	done := o.want(200, officer, "POST", "/api/ees/v1/cases/steps", step, "If-Match", `"1"`)
	if letter, _ := done["letter"].([]any); len(letter) != 4 || done["step"] != "decided" {
		t.Errorf("%v", done)
	}
	o.want(409, officer, "POST", "/api/ees/v1/cases/steps", step, "If-Match", `"2"`)
	list := o.want(200, officer, "GET", "/api/ees/v1/cases", nil)
	if cases := list["cases"].([]any); len(cases) != 1 {
		t.Errorf("%v", list)
	}
	o.want(403, access.BorderGuard, "GET", "/api/ees/v1/cases", nil)
	o.want(404, officer, "GET", "/api/ees/v1/cases/nothing", nil)
	if a := o.want(422, officer, "POST", "/api/ees/v1/corrections", map[string]any{"file": "x", "why": "read again", "changes": []any{map[string]any{"of": "record", "n": 1, "field": "entry_at", "old": "a", "new": "b"}}}); a["field"] != "If-Match" {
		t.Error(a)
	}
}

// An officer opens a case, sees it due, and takes its steps with the keyboard
// alone; a slip is told at its field.
func TestCases_WithTheKeyboardAlone(t *testing.T) {
	d := browse(t, "officer", access.ImmigrationOfficer, "Préfecture de police", "")
	b := d.Browser
	d.goTo("/ees/cases", `[name="dossier"]`)
	b.Until(`document.body.innerText.includes("Nothing is due")`)
	for _, c := range []struct{ what, received, dossier string }{{"access", "2026-09-10", "2026/114"}, {"erasure", "2026-10-20", "2026/120"}, {"access", "2026-10-31", "2026/131"}} {
		b.Open("/ees/cases")
		b.Eval(`document.querySelector('[name="what"]').value = "` + c.what + `"`)
		b.Fill(`[name="received_on"]`, c.received)
		b.Fill(`[name="dossier"]`, c.dossier)
		b.Type("\r")
		b.Wait(`[name="do"]`)
	}
	shot(b, "case")
	b.Open("/ees/cases")
	b.Until(`document.querySelectorAll("tbody tr").length === 3`)
	shot(b, "cases")
	if text := b.Text("tbody tr"); !strings.Contains(text, "2026-10-25") || !strings.Contains(text, "Overdue") {
		t.Fatalf("the first line says %q", text)
	}
	b.Click("tbody a")
	b.Focused(`[name="do"]`)
	b.Eval(`document.querySelector('[name="do"]').value = "refuse"`)
	b.Type("\r")
	b.Click(".booth button")
	b.Wait("#words-error")
	shot(b, "case-slip")
	b.Complaints() // that the step was refused with 422
	b.Eval(`document.querySelector('[name="do"]').value = "refuse"`)
	b.Fill(`[name="words"]`, "Nobody of this name and birth date is recorded.")
	b.Type("\r")
	b.Until(`document.body.innerText.includes("Letter to the person")`)
	shot(b, "case-decided")
	if complaints := b.Complaints(); len(complaints) > 0 {
		t.Fatalf("the browser complained: %v", complaints)
	}
}
