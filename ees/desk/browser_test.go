package desk_test

import (
	"strings"
	"testing"
	"time"

	"limen/access"
)

// A guard signs in and carries a traveller through, with the keyboard alone.
func TestBooth_WithTheKeyboardAlone(t *testing.T) {
	d := browse(t, "guard", access.BorderGuard, "Police aux frontières", "FRCDG")
	b := d.Browser
	d.goTo("/ees/booth", "#mrz")
	b.Focused("#mrz")
	shot(b, "booth")

	// A reader types a zone whose check digit is wrong: the field says so.
	b.Type("P<CANPELLETIER<<ANNA<<<<<<<<<<<<<<<<<<<<<<<<\rCA88441109CAN8802118F3301018<<<<<<<<<<<<<<<8")
	b.Wait("#mrz-error")
	shot(b, "booth-check-digit")
	if text := b.Text("#mrz-error"); !strings.Contains(text, "check digit") {
		t.Fatalf("the page says %q", text)
	}
	b.Complaints() // that the zone was refused with 422
	// Read again, it is sent by itself, and Enter records the entry.
	b.Fill("#mrz", "P<CANPELLETIER<<ANNA<<<<<<<<<<<<<<<<<<<<<<<<\rCA88441104CAN8802118F3301018<<<<<<<<<<<<<<<8")
	b.Wait(".verdict.admit")
	shot(b, "check-admit")
	if text := b.Text(".verdict"); !strings.Contains(text, "90") || !strings.Contains(text, "2027-01-30") || !strings.Contains(text, "PELLETIER") {
		t.Fatalf("the page says %q", text)
	}
	b.Focused("section button")
	b.Type("\r")
	b.Until(`document.body.innerText.includes("Entry recorded")`)
	shot(b, "done")
	b.Focused("a.button")
	b.Type("\r")
	b.Focused("#mrz")

	// Ninety-five days later she leaves.
	d.clock.Advance(95 * 24 * time.Hour)
	d.goTo("/ees/booth?direction=exit", "#mrz")
	b.Focused("#mrz")
	b.Type("P<CANPELLETIER<<ANNA<<<<<<<<<<<<<<<<<<<<<<<<\rCA88441104CAN8802118F3301018<<<<<<<<<<<<<<<8")
	b.Wait(".verdict.second_line")
	shot(b, "check-overstay")
	b.Focused("section button")
	b.Type("\r")
	b.Until(`document.body.innerText.includes("Overstay of 6 days")`)
	shot(b, "done-overstay")
	b.Open("/ees/overstayers")
	b.Until(`document.body.innerText.includes("PELLETIER")`)
	shot(b, "overstayers")
	b.Open("/ees/files")
	b.Fill("#surname", "peletier")
	b.Type("\r")
	b.Until(`document.body.innerText.includes("PELLETIER")`)
	shot(b, "search")
	b.Click("table a")
	b.Until(`document.body.innerText.includes("Entry/exit records")`)
	shot(b, "file")

	// Somebody without the visa he needs is refused.
	b.Open("/ees/booth")
	b.Focused("#mrz")
	b.Eval(`document.querySelector("details").open = true`)
	for field, text := range map[string]string{"document.number": "U7788990", "document.issuer": "TUR", "document.expiry": "2033-01-01",
		"identity.surname": "YILMAZ", "identity.first_names": "MEHMET", "identity.birth_date": "1979-10-30", "identity.nationalities": "TUR"} {
		b.Fill(`[name="`+field+`"]`, text)
	}
	b.Click(".booth button")
	b.Wait("[id='identity.sex-error']") // nobody is a woman because nothing was said
	b.Complaints()
	b.Eval(`document.querySelector('[name="identity.sex"]').value = "M", ""`)
	b.Click(".booth button")
	b.Wait(".verdict.refuse")
	shot(b, "check-refuse")
	b.Focused("button.danger")
	b.Type("\r")
	b.Until(`document.body.innerText.includes("Refusal recorded")`)
	shot(b, "done-refusal")
	if complaints := b.Complaints(); len(complaints) > 0 {
		t.Fatalf("the browser complained: %v", complaints)
	}
}
