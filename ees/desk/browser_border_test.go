package desk_test

import (
	"strings"
	"testing"

	"limen/access"
	"limen/web/browsertest"
)

// labelled wants every control of the page to have a name that a screen reader
// can say, every identifier once, and exactly one heading of the first rank.
func labelled(t *testing.T, b *browsertest.Browser, page string) {
	t.Helper()
	bad := b.Eval(`(() => {
		const bad = [];
		for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a[href]")) {
			const name = (e.labels && [...e.labels].map((l) => l.textContent).join(" ")) || e.getAttribute("aria-label") || e.textContent || "";
			if (!name.trim() && !e.querySelector("img")) bad.push(e.outerHTML.slice(0, 90));
		}
		const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
		for (const id of new Set(ids)) if (ids.filter((i) => i === id).length > 1) bad.push("twice: " + id);
		for (const e of document.querySelectorAll("[tabindex]")) if (e.tabIndex > 0) bad.push("tabindex " + e.tabIndex);
		if (document.querySelectorAll("h1").length !== 1) bad.push(document.querySelectorAll("h1").length + " headings");
		return bad.join(" | ");
	})()`)
	if bad != "" {
		t.Errorf("%s: %s", page, bad)
	}
}

const annaZone = "P<CANPELLETIER<<ANNA<<<<<<<<<<<<<<<<<<<<<<<<\rCA88441104CAN8802118F3301018<<<<<<<<<<<<<<<8"

// A traveller at the kiosk, in steps of one thing each, and the guard who takes
// it over without a second capture.
func TestKiosk_FromTheKioskToTheBooth(t *testing.T) {
	d := browse(t, "kiosk", access.KioskMachine, "Police aux frontières", "FRCDG")
	d.member("guard", access.BorderGuard, "Police aux frontières", "FRCDG")
	b := d.Browser
	d.goTo("/ees/kiosk", "#mrz")
	// The account has this page and no other: whoever stands here can type.
	for _, elsewhere := range []string{"/", "/ees/booth", "/ees/waiting", "/ees/files", "/post", "/account/passkeys"} {
		b.Open(elsewhere)
		b.Wait("#mrz")
		if b.Path() != "/ees/kiosk" {
			t.Errorf("%s leads to %s", elsewhere, b.Path())
		}
	}
	b.Focused("#mrz")
	labelled(t, b, "kiosk start")
	shot(b, "kiosk-start")
	// Without a chip the traveller is sent to a guard, kindly.
	b.Type(annaZone)
	b.Click("button.big")
	b.Wait(`[data-page="guard"]`)
	labelled(t, b, "kiosk guard")
	shot(b, "kiosk-guard")
	b.Complaints() // that it was refused with 422

	b.Open("/ees/kiosk?lang=fr")
	b.Wait(`[lang="fr"] h1`)
	shot(b, "kiosk-start-fr")
	b.Open("/ees/kiosk?lang=en")
	b.Focused("#mrz")
	device := func(fields, send string) string {
		return `document.dispatchEvent(new CustomEvent("limen:device", {detail: {fields: ` + fields + `, send: ` + send + `}})), ""`
	}
	b.Type(annaZone)
	b.Eval(device(`{"chip.certificates": "valid", "chip.face_read": "yes"}`, "true"))
	b.Wait(`[data-page="face"]`)
	labelled(t, b, "kiosk face")
	shot(b, "kiosk-face")
	b.Eval(device(`{"biometrics.face": "captured", "biometrics.chip_matched": "matched", "sample.face": "k1/face"}`, "true"))
	b.Wait(`[data-page="fingerprints"]`)
	shot(b, "kiosk-fingers")
	b.Eval(device(`{"biometrics.fingerprints": "captured", "sample.fingerprints": "k1/fingers"}`, "true"))
	for range 4 {
		b.Wait(`[data-page="question"]`)
		labelled(t, b, "kiosk question")
		shot(b, "kiosk-question")
		question := b.Text("h1")
		b.Click(".choices button")
		b.Until(`document.querySelector("h1") && document.querySelector("h1").innerText !== ` + quoted(question))
	}
	b.Wait(`[data-page="review"]`)
	shot(b, "kiosk-review")
	b.Focused("button.big")
	b.Type("\r")
	b.Wait(`[data-page="booth"]`)
	labelled(t, b, "kiosk booth")
	shot(b, "kiosk-booth")
	code := strings.TrimSpace(b.Text(".code"))
	b.Wait("svg.square path")

	d.as("guard")
	d.goTo("/ees/waiting", "#code")
	b.Focused("#code")
	labelled(t, b, "waiting")
	shot(b, "waiting")
	if text := b.Text("table"); !strings.Contains(text, code) || !strings.Contains(text, "PELLETIER") {
		t.Fatalf("the list says %q", text)
	}
	b.Type(strings.ToLower(code) + "\r")
	b.Wait("#kiosk")
	labelled(t, b, "check from the kiosk")
	shot(b, "check-kiosk")
	if text := b.Text("main"); !strings.Contains(text, "Not recorded yet") || !strings.Contains(text, "tourism") || strings.Contains(text, "Take now") {
		t.Fatalf("the page says %q", text)
	}
	// Recorded without verifying: the page says what is missing.
	b.Focused(`section button[autofocus]`)
	b.Type("\r")
	b.Until(`document.body.innerText.includes("Nothing was recorded")`)
	shot(b, "kiosk-unconfirmed")
	b.Complaints()
	// A scanner types the code where the document is read, and ends with Enter.
	b.Open("/ees/booth")
	b.Focused("#mrz")
	b.Type(code + "\r")
	b.Wait("#kiosk")
	for _, kind := range []string{"document", "face", "fingerprints"} {
		b.Eval(`document.querySelector('form[action$="cross"] input[name="confirmed.` + kind + `"]').focus(), ""`)
		b.Type(" ")
	}
	shot(b, "check-kiosk-verified")
	b.Eval(`document.querySelector("button[autofocus]").focus(), ""`)
	b.Type("\r")
	b.Until(`document.body.innerText.includes("Entry recorded")`)
	if complaints := b.Complaints(); len(complaints) > 0 {
		t.Fatalf("the browser complained: %v", complaints)
	}

	// She leaves: the face does not match, the fingerprints do.
	b.Open("/ees/booth?direction=exit")
	b.Focused("#mrz")
	labelled(t, b, "booth")
	b.Type(annaZone)
	b.Until(`document.querySelector("#next") && document.querySelector("#next").innerText === "Verify the face"`)
	labelled(t, b, "check")
	shot(b, "check-verify-face")
	b.Click(`button[value="face_no_match"]`)
	b.Until(`document.querySelector("#next") && document.querySelector("#next").innerText === "Verify the fingerprints"`)
	shot(b, "check-verify-fingers")
	b.Click(`button[value="fingers_match"]`)
	b.Until(`document.querySelector("#next") && document.querySelector("#next").innerText === "Verified"`)
	shot(b, "check-verified")
	b.Click(`button[autofocus]`)
	b.Until(`document.body.innerText.includes("Exit recorded")`)
	if complaints := b.Complaints(); len(complaints) > 0 {
		t.Fatalf("the browser complained: %v", complaints)
	}
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }
