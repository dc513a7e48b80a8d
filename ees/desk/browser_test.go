package desk_test

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"limen/access"
	"limen/db/dbtest"
	"limen/house"
	"limen/web"
	"limen/web/browsertest"
)

// shot keeps a picture of the page where LIMEN_SCREENSHOTS names a folder, for
// eyes; no test depends on it.
func shot(b *browsertest.Browser, name string) {
	if dir := os.Getenv("LIMEN_SCREENSHOTS"); dir != "" {
		b.Screenshot(filepath.Join(dir, name+".png"))
	}
}

// A guard signs in and carries a traveller through, with the keyboard alone.
func TestBooth_WithTheKeyboardAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("the browser takes its time; 'make test' runs it")
	}
	dir := t.TempDir()
	clock := dbtest.NewClock(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC))
	h, err := house.Open(t.Context(), house.Options{Store: "sqlite:" + filepath.Join(dir, "limen.db"), Data: dir, Clock: clock.Now, Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	const password = "correct horse battery"
	if _, _, err := h.Identities.Create(t.Context(), access.NewAccount{User: "guard", Role: access.BorderGuard, Password: password,
		Authority: access.Authority{Kind: access.Border, State: "FRA", Name: "Police aux frontières"}}); err != nil {
		t.Fatal(err)
	}
	if err := h.Identities.ChoosePost(context.Background(), "guard", "FRCDG"); err != nil {
		t.Fatal(err)
	}
	m, err := h.Mux(house.Facing{Version: "test", Demo: &web.Demo{Accounts: []web.DemoAccount{{Role: "border guard", User: "guard", Password: password}}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(m)
	t.Cleanup(server.Close)
	b := browsertest.Start(t, server.URL, server.Certificate())

	b.Open("/ees/booth")
	b.Focused("#user")
	shot(b, "sign-in")
	b.Type("guard\t" + password + "\r")
	b.Focused("#code")
	shot(b, "second-step")
	b.Type("\r")
	b.Wait(".tiles, #mrz")
	b.Open("/ees/booth")
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
	clock.Advance(95 * 24 * time.Hour)
	b.Open("/ees/booth?direction=exit")
	b.Wait("#user, #mrz")
	if b.Path() != "/ees/booth" {
		b.Type("guard\t" + password + "\r")
		b.Focused("#code")
		b.Type("\r")
		b.Wait(".tiles, #mrz")
		b.Open("/ees/booth?direction=exit")
	}
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
