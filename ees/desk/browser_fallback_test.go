package desk_test

import (
	"strings"
	"testing"

	"limen/access"
)

// A guard enters what was written by hand, line by line, with the keyboard: a slip
// is told at its field, a line is recorded once, and a line that only a person can
// tell waits in second line, where it is settled (art 21; EES-041, EES-042).
func TestFallback_WithTheKeyboardAlone(t *testing.T) {
	d := browse(t, "guard", access.BorderGuard, "Police aux frontières", "FRCDG")
	b := d.Browser
	d.goTo("/ees/fallback", "#sheet")
	b.Focused("#sheet")
	labelled(t, b, "fallback")
	enter := func(fields map[string]string) {
		t.Helper()
		b.Focused("#sheet")
		for name, value := range fields {
			if name != "identity.sex" && name != "sheet" {
				b.Fill(`[name="`+name+`"]`, value)
			}
		}
		b.Eval(`document.querySelector('[name="identity.sex"]').value = "F", ""`)
		b.Fill(`[name="sheet"]`, fields["sheet"])
		b.Type("\r")
	}
	line := map[string]string{"sheet": "12-1", "date": "2026-11-01", "time": "25:10", "officer": "agent 7", "document.type": "P", "document.number": "CA8844110", "document.issuer": "CAN", "document.expiry": "2033-01-01",
		"identity.surname": "PELLETIER", "identity.first_names": "ANNA", "identity.birth_date": "1988-02-11", "identity.nationalities": "CAN"}
	enter(line)
	b.Wait("#time-error")
	shot(b, "fallback-slip")
	b.Complaints() // that it was refused with 422
	b.Fill("#time", "07:10")
	b.Type("\r")
	b.Wait(`.verdict [role="status"], .verdict.admit`)
	labelled(t, b, "fallback recorded")
	shot(b, "fallback-recorded")
	if text := b.Text(".verdict"); !strings.Contains(text, "Recorded") || !strings.Contains(text, "paper.FRCDG.2026-11-01.12-1") || !strings.Contains(text, "No outage was declared") {
		t.Fatalf("the page says %q", text)
	}
	// The same line again adds nothing.
	line["time"] = "07:10"
	enter(line)
	b.Until(`document.body.innerText.includes("nothing was added")`)
	// Somebody with a like name and another document: a person has to look.
	line["sheet"], line["time"], line["identity.surname"], line["document.number"] = "12-2", "07:15", "PELETIER", "CB1122334"
	enter(line)
	b.Until(`document.body.innerText.includes("Waits for second line")`)
	shot(b, "fallback-second-line")

	b.Click(".verdict a")
	b.Focused("table a")
	labelled(t, b, "second line")
	shot(b, "second-line")
	b.Type("\r")
	b.Focused("#file")
	labelled(t, b, "settle")
	shot(b, "settle")
	if text := b.Text("main"); !strings.Contains(text, "PELETIER") || !strings.Contains(text, "agent 7") {
		t.Fatalf("the page says %q", text)
	}
	b.Type("\r") // without saying whose file it is
	b.Wait("#file-error")
	shot(b, "settle-slip")
	b.Complaints()
	b.Fill("#file", "new")
	b.Type("\r")
	b.Until(`document.body.innerText.includes("Nothing waits")`)
	shot(b, "second-line-settled")
	if complaints := b.Complaints(); len(complaints) > 0 {
		t.Fatalf("the browser complained: %v", complaints)
	}
}
