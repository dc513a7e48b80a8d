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

const browserPassword = "correct horse battery"

// desktop is a house behind HTTPS and a browser in front of it, for somebody of
// one role who is not signed in yet.
type desktop struct {
	*browsertest.Browser
	t     *testing.T
	house *house.House
	clock *dbtest.Clock
	user  string
}

// member adds an account in the state FRA, which works at the post, if one is given.
func (d *desktop) member(user string, role access.Role, office, post string) {
	d.t.Helper()
	if _, _, err := d.house.Identities.Create(d.t.Context(), access.NewAccount{User: user, Role: role, Password: browserPassword,
		Authority: access.Authority{Kind: access.RoleKind(role), State: "FRA", Name: office}}); err != nil {
		d.t.Fatal(err)
	}
	if post != "" {
		if err := d.house.Identities.ChoosePost(context.Background(), user, post); err != nil {
			d.t.Fatal(err)
		}
	}
}

// as signs out whoever is signed in, so that goTo signs this user in.
func (d *desktop) as(user string) {
	d.t.Helper()
	d.user = user
	d.Eval(`fetch("/sign-out", {method: "POST"}).then(() => { document.title = "signed out" }), ""`)
	d.Until(`document.title === "signed out"`)
}

// browse opens a house with one account in the state FRA, which works at the post,
// if one is given.
func browse(t *testing.T, user string, role access.Role, office, post string) *desktop {
	t.Helper()
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
	d := &desktop{t: t, house: h, clock: clock, user: user}
	d.member(user, role, office, post)
	m, err := h.Mux(house.Facing{Version: "test", Demo: &web.Demo{Accounts: []web.DemoAccount{{Role: strings.ReplaceAll(string(role), "_", " "), User: user, Password: browserPassword}}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(m)
	t.Cleanup(server.Close)
	d.Browser = browsertest.Start(t, server.URL, server.Certificate())
	return d
}

// goTo opens a page and signs in where that is asked for; ready is what the page
// shows then.
func (d *desktop) goTo(path, ready string) {
	d.t.Helper()
	d.Open(path)
	d.Wait("#user, " + ready)
	if d.Path() == "/sign-in" {
		d.Focused("#user")
		shot(d.Browser, "sign-in")
		d.Type(d.user + "\t" + browserPassword + "\r")
		d.Focused("#code")
		shot(d.Browser, "second-step")
		d.Type("\r")
		d.Wait(".tiles, " + ready)
		if d.Path() != path { // signing in leads to the page, without its query
			d.Open(path)
		}
	}
	d.Wait(ready)
}

// shot keeps a picture of the page where LIMEN_SCREENSHOTS names a folder, for
// eyes; no test depends on it.
func shot(b *browsertest.Browser, name string) {
	if dir := os.Getenv("LIMEN_SCREENSHOTS"); dir != "" {
		b.Screenshot(filepath.Join(dir, name+".png"))
	}
}
