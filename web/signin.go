package web

import (
	"html/template"
	"net/http"

	"limen/access"
	"limen/law"
)

// Demo makes the server a demonstration: marked on every page, its accounts
// listed on the sign-in page, its one-time codes filled in. The identities must
// have been opened for a demonstration too.
type Demo struct {
	Accounts []DemoAccount
}

// DemoAccount is one account that visitors may use.
type DemoAccount struct {
	Role     string // in words: "Border guard, Frankfurt Airport"
	User     string
	Password string
}

// ownViews are the toolkit's own pages.
type ownViews struct {
	layout    *template.Template
	failed    *View[failedPage]
	home      *View[homePage]
	signIn    *View[signInPage]
	code      *View[codePage]
	post      *View[postPage]
	passkeys  *View[passkeysPage]
	reference *View[referencePage]
}

type failedPage struct {
	Problem                          Problem
	SignedIn, Fault, Unauthenticated bool
}

type homePage struct {
	Items    []NavItem
	PostOpen bool
}

type signInPage struct {
	Problem        *Problem
	Next           string
	User, Password Field
	Accounts       []DemoAccount
}

type codePage struct {
	Problem  *Problem
	Code     Field
	Demo     bool // the code is filled in
	TOTP     bool
	Passkeys bool
}

func (m *Mux) ownPages() error {
	t, err := m.Templates(ownFiles, "pages", nil)
	if err != nil {
		return err
	}
	m.own.layout = t.pages["failed.html"].Lookup("layout")
	m.own.failed = NewView[failedPage](t, "failed.html")
	m.own.home = NewView[homePage](t, "home.html")
	m.own.signIn = NewView[signInPage](t, "sign_in.html")
	m.own.code = NewView[codePage](t, "code.html")
	m.own.post = NewView[postPage](t, "post.html")
	m.own.passkeys = NewView[passkeysPage](t, "passkeys.html")
	m.own.reference = NewView[referencePage](t, "reference.html")

	m.Page("GET /{$}", m.homePage)
	m.OpenPage("GET /sign-in", m.signInPage)
	m.OpenPage("POST /sign-in", m.checkPassword)
	m.OpenPage("GET /sign-in/code", m.codePage)
	m.OpenPage("POST /sign-in/code", m.finishCode)
	m.OpenPage("POST /sign-in/passkey/begin", m.beginPasskey)
	m.OpenPage("POST /sign-in/passkey/finish", m.finishPasskey)
	m.OpenPage("POST /sign-out", m.signOut)
	m.Page("GET /post", m.postPage)
	m.Page("POST /post", m.choosePost)
	m.Page("GET /account/passkeys", m.passkeysPage)
	m.Page("POST /account/passkeys/begin", m.beginRegistration)
	m.Page("POST /account/passkeys/finish", m.finishRegistration)
	m.Page("POST /account/passkeys/remove", m.removePasskey)
	m.OpenPage("GET /docs", m.docsPage)
	m.handle(route{pattern: "GET /openapi.json"}, http.HandlerFunc(m.serveJSONDocument))
	m.handle(route{pattern: "GET /openapi.yaml"}, http.HandlerFunc(m.serveYAMLDocument))
	return nil
}

func (m *Mux) homePage(w http.ResponseWriter, r *http.Request) error {
	p, _ := PrincipalFrom(r.Context())
	return m.own.home.Render(w, r, homePage{Items: m.navFor(p), PostOpen: len(m.posts(p)) > 0})
}

// The first step: user and password.

func (m *Mux) signInForm(next string, p *Problem) signInPage {
	page := signInPage{
		Problem: p,
		Next:    localPath(next),
		User: Field{Name: "user", Label: "User name", Required: true, Autofocus: true,
			Autocomplete: "username", MaxLength: 64},
		Password: Field{Name: "password", Label: "Password", Type: "password", Required: true,
			Autocomplete: "current-password", MaxLength: 1024},
	}
	if m.options.Demo != nil {
		page.Accounts = m.options.Demo.Accounts
	}
	return page
}

func (m *Mux) signInPage(w http.ResponseWriter, r *http.Request) error {
	if _, ok := AccountFrom(r.Context()); ok {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	}
	return m.own.signIn.Render(w, r, m.signInForm(r.URL.Query().Get("next"), nil))
}

func (m *Mux) checkPassword(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	user, next := r.PostForm.Get("user"), localPath(r.PostForm.Get("next"))
	pending, err := m.options.Identities.CheckPassword(ctx, user, r.PostForm.Get("password"), remoteName(r))
	if err != nil {
		return m.signInAgain(w, r, next, err)
	}
	if err := m.newSession(ctx); err != nil {
		return err
	}
	m.sessions.Put(ctx, pendingKey, pending)
	m.sessions.Put(ctx, pendingUserKey, user)
	m.sessions.Put(ctx, nextKey, next)
	http.Redirect(w, r, "/sign-in/code", http.StatusSeeOther)
	return nil
}

// signInAgain shows the first step with what went wrong. What was typed is not
// filled in again: it may be a password in the wrong field.
func (m *Mux) signInAgain(w http.ResponseWriter, r *http.Request, next string, err error) error {
	p := Told(r, err)
	if p == nil {
		return err
	}
	p.writeHeader(w.Header())
	return m.own.signIn.RenderStatus(w, r, p.Status, m.signInForm(next, p))
}

// The second step: a one-time code or a passkey.

func (m *Mux) codeForm(r *http.Request, p *Problem) (codePage, error) {
	ctx := r.Context()
	page := codePage{Problem: p, Code: Field{Name: "code", Label: "One-time code", Hint: "Six digits from your authenticator.",
		Required: true, Autofocus: true, Autocomplete: "one-time-code", InputMode: "numeric", MaxLength: 12}}
	totp, passkeys, err := m.options.Identities.SecondFactors(ctx, m.sessions.GetString(ctx, pendingKey))
	if err != nil {
		return page, err
	}
	page.TOTP, page.Passkeys = totp, passkeys > 0
	if m.options.Demo == nil || !totp {
		return page, nil
	}
	page.Code.Value, err = m.options.Identities.DemoCode(ctx, m.sessions.GetString(ctx, pendingUserKey))
	page.Demo = err == nil
	if told := Told(r, err); told != nil {
		page.Problem = or(page.Problem, told)
		err = nil
	}
	return page, err
}

func (m *Mux) codePage(w http.ResponseWriter, r *http.Request) error {
	page, err := m.codeForm(r, nil)
	if p := Told(r, err); p != nil {
		// Nothing is under way, or no longer.
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	return m.own.code.Render(w, r, page)
}

func (m *Mux) finishCode(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	account, err := m.options.Identities.FinishTOTP(ctx, m.sessions.GetString(ctx, pendingKey), r.PostForm.Get("code"))
	if err == nil {
		next, err := m.signedIn(ctx, account.User)
		if err != nil {
			return err
		}
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	p := Told(r, err)
	if p == nil {
		return err
	}
	page, over := m.codeForm(r, p)
	if over != nil {
		return m.signInAgain(w, r, m.sessions.GetString(ctx, nextKey), err)
	}
	p.writeHeader(w.Header())
	return m.own.code.RenderStatus(w, r, p.Status, page)
}

func (m *Mux) signOut(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if a, ok := AccountFrom(ctx); ok {
		if err := m.options.Identities.SignOut(ctx, a.User); err != nil {
			return err
		}
	}
	if m.sessions.Token(ctx) != "" {
		if err := m.sessions.Destroy(ctx); err != nil {
			return err
		}
	}
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}

// Post is a border crossing point or an office to work at.
type Post struct{ Code, Name string }

type postPage struct {
	Problem *Problem
	Post    Field
}

// posts lists where the principal may work.
func (m *Mux) posts(p access.Principal) []Post {
	if m.options.Posts == nil {
		return nil
	}
	return m.options.Posts(p)
}

func nameOfPost(posts []Post, code string) string {
	for _, p := range posts {
		if p.Code == code {
			return p.Name
		}
	}
	return code
}

func (m *Mux) postForm(r *http.Request, p *Problem) postPage {
	principal, _ := PrincipalFrom(r.Context())
	page := postPage{Problem: p, Post: Field{Name: "post", Label: "Crossing point", Required: true, Autofocus: true}}
	for _, post := range m.posts(principal) {
		page.Post.Options = append(page.Post.Options, Option{post.Code, post.Name, post.Code == PostFrom(r.Context())})
	}
	Mark(p, &page.Post)
	return page
}

func (m *Mux) postPage(w http.ResponseWriter, r *http.Request) error {
	return m.own.post.Render(w, r, m.postForm(r, nil))
}

func (m *Mux) choosePost(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	account, ok := AccountFrom(ctx)
	if !ok {
		return notSignedIn()
	}
	code := r.PostForm.Get("post")
	var err error = law.BadField("post", "post_unknown", "", "Choose one of the crossing points of your authority.")
	for _, post := range m.posts(account.Principal("session")) {
		if post.Code == code {
			err = m.options.Identities.ChoosePost(ctx, account.User, code)
		}
	}
	if p := Told(r, err); p != nil {
		return m.own.post.RenderStatus(w, r, p.Status, m.postForm(r, p))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
