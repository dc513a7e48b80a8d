package web

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"limen/access"
	"limen/web/browsertest"
)

// A stranger signs in to the demonstration with the keyboard alone: user,
// password, Enter, Enter. Then, in the same browser: nothing that the policy
// refuses, focus that can be seen, a passkey added and used, out again.
func TestPagesInABrowser(t *testing.T) {
	h := newHouse(t, setup{
		options: func(o *Options) { o.Demo = &Demo{Accounts: []DemoAccount{{"Border guard", "guard", testPassword}}} },
	})
	// Passkeys are bound to the origin, whose port is known only now.
	ids, err := access.OpenIdentities(h.store, h.ledger, access.IdentityOptions{Secret: testSecret, Demo: true, RPID: "localhost", Origins: []string{h.base}})
	must(t, err)
	h.ids, h.mux.options.Identities = ids, ids

	b := browsertest.Start(t, h.base, h.cert.TLS.Leaf)
	b.Open("/test/form")
	if b.Path() != "/sign-in" {
		t.Fatalf("at %s", b.Path())
	}
	b.Focused("#user")
	b.Type("guard\t" + testPassword + "\r")
	b.Focused("#code")
	if value := b.Eval(`document.querySelector("#code").value`); len(value) != 6 {
		t.Errorf("the code filled in is %q", value)
	}
	b.Type("\r")
	b.Wait("nav.rooms, .problem")
	if b.Eval(`document.querySelectorAll(".problem").length`) != "0" {
		// The half minute of the code ended just now; the next code is filled in.
		b.Complaints()
		b.Focused("#code")
		b.Type("\r")
		b.Wait("nav.rooms")
	}
	if b.Path() != "/test/form" || b.Text("h1") != "Form" {
		t.Errorf("at %s: %s", b.Path(), b.Text("h1"))
	}
	b.Open("/test/form")
	b.Type("\t")
	if got := b.Eval(`document.activeElement.className + " " + getComputedStyle(document.activeElement).outlineStyle + " " + (document.activeElement.getBoundingClientRect().left >= 0)`); got != "skip solid true" {
		t.Errorf("the first Tab leads to %s", got)
	}
	b.Type("\r")
	if got := b.Eval(`document.activeElement.id`); got != "main" {
		t.Errorf("the skip link leads to %q", got)
	}
	if small := b.Eval(`[...document.querySelectorAll("button, input:not([type=hidden]), select, nav a, .brand")].filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML).join()`); small != "" {
		t.Errorf("targets below 44 pixels: %s", small)
	}
	if wide := b.Eval(`document.documentElement.scrollWidth <= innerWidth`); wide != "true" {
		t.Error("the page is wider than the window")
	}

	addAuthenticator(t, b)
	b.Open("/account/passkeys")
	b.Click(".passkey button")
	b.Wait("table")
	b.Click(`header form button`)
	b.Focused("#user")
	b.Type("guard\t" + testPassword + "\r")
	b.Wait(".passkey button")
	b.Click(".passkey button")
	b.Wait(".tiles")
	if b.Path() != "/" {
		t.Errorf("signed in by passkey at %s", b.Path())
	}
	if c := b.Complaints(); len(c) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(c, "\n"))
	}
}

// addAuthenticator gives the browser a security key made of software.
func addAuthenticator(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.Context, 5*time.Second)
	defer cancel()
	_, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{})
	must(t, err)
	_, err = chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{Protocol: "ctap2", Transport: "usb",
			HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
	must(t, err)
}
