package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"limen/access"
	"limen/law"
)

// Templates is the set of pages of one desk: a folder of HTML files for
// html/template. A page defines two templates, "title" and "main"; files that
// define no "main" hold parts, which every page of the set may use. The
// toolkit's own parts ("field", "problem", "reasons") and functions (asset,
// once, moment) are there as well.
type Templates struct {
	pages map[string]*template.Template
	funcs template.FuncMap
	views []checked
	errs  []error
}

// checked is a View of any type.
type checked interface {
	check(*Templates) error
	file() string
}

// Templates reads the folder's pages. Views give them their types; Seal checks
// them against those.
func (m *Mux) Templates(files fs.FS, folder string, funcs template.FuncMap) (*Templates, error) {
	t := &Templates{pages: map[string]*template.Template{}, funcs: template.FuncMap{
		"asset":  m.assets.href,
		"once":   OnceKey,
		"moment": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
	}}
	for name, fn := range funcs {
		if _, dup := t.funcs[name]; dup {
			return nil, fmt.Errorf("web: the toolkit has a template function %s already", name)
		}
		t.funcs[name] = fn
	}
	parts := template.New("parts").Funcs(t.funcs)
	if _, err := parts.ParseFS(ownFiles, "pages/parts.html", "pages/layout.html"); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	names, err := fs.Glob(files, path.Join(folder, "*.html"))
	if err != nil {
		return nil, fmt.Errorf("web: pages: %w", err)
	}
	var pages []string
	for _, name := range names {
		alone, err := template.New("").Funcs(t.funcs).ParseFS(files, name)
		if err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
		if alone.Lookup("main") != nil {
			pages = append(pages, name)
		} else if _, err := parts.ParseFS(files, name); err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
	}
	for _, name := range pages {
		page, err := parts.Clone()
		if err == nil {
			_, err = page.ParseFS(files, name)
		}
		if err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
		t.pages[path.Base(name)] = page
	}
	m.sets = append(m.sets, t)
	return t, nil
}

// Check reports pages whose templates do not fit their types, and pages
// without a type. Mux.Seal calls it; a desk's test may as well.
func (t *Templates) Check() error {
	errs := slices.Clone(t.errs)
	typed := map[string]bool{}
	for _, v := range t.views {
		typed[v.file()] = true
		if err := v.check(t); err != nil {
			errs = append(errs, err)
		}
	}
	for name := range t.pages {
		if !typed[name] {
			errs = append(errs, fmt.Errorf("page %s has no View and so no type", name))
		}
	}
	return errors.Join(errs...)
}

// View is one page and the type of what it shows.
type View[T any] struct {
	name    string
	page    *template.Template
	samples []T
}

// NewView gives the page called name its type, a struct. Check tries the page
// with the zero value and with the samples; without samples, with one value
// whose every field is filled.
func NewView[T any](t *Templates, name string, samples ...T) *View[T] {
	v := &View[T]{name: name, page: t.pages[name], samples: samples}
	if v.page == nil {
		t.errs = append(t.errs, fmt.Errorf("there is no page %s", name))
	} else {
		t.views = append(t.views, v)
	}
	return v
}

func (v *View[T]) file() string { return v.name }

// Render answers with the page. Nothing is sent before all of it is ready.
func (v *View[T]) Render(w http.ResponseWriter, r *http.Request, data T) error {
	return v.RenderStatus(w, r, http.StatusOK, data)
}

// RenderStatus is Render with another status than 200.
func (v *View[T]) RenderStatus(w http.ResponseWriter, r *http.Request, status int, data T) error {
	title, main, err := v.parts(data)
	if err != nil {
		return err
	}
	visit := visitOf(r.Context())
	return visit.mux.frame(w, r, visit, status, English, title, main)
}

// parts runs the page's two templates.
func (v *View[T]) parts(data T) (title, main template.HTML, err error) {
	var t, b bytes.Buffer
	if err := v.page.ExecuteTemplate(&t, "title", &data); err != nil {
		return "", "", fmt.Errorf("web: %w", err)
	}
	if err := v.page.ExecuteTemplate(&b, "main", &data); err != nil {
		return "", "", fmt.Errorf("web: %w", err)
	}
	return template.HTML(t.String()), template.HTML(b.String()), nil
}

// Told turns a refusal into what a page shows beside its form, with the log
// entry that recorded it. It is nil for a fault, which a page returns as its
// error, and for no error.
func Told(r *http.Request, err error) *Problem {
	if err == nil {
		return nil
	}
	p := problemOf(err)
	if p.Kind == fault.Name {
		return nil
	}
	if v := visitOf(r.Context()); v != nil {
		p.RequestID, p.LogEntry = v.id, v.receipt.ID
	}
	return p
}

// frame is what stands around every page.
type frame struct {
	Language  Language
	Product   string
	Title     template.HTML
	Main      template.HTML
	SignedIn  bool
	Account   access.Account
	Post      string
	PostOpen  bool // there is a choice of crossing points
	Nav       []navLink
	Demo      bool
	Notice    string
	RequestID string
	LogEntry  string
}

type navLink struct {
	NavItem
	Current bool
}

func (m *Mux) frame(w http.ResponseWriter, r *http.Request, v *visit, status int, l Language, title, main template.HTML) error {
	f := frame{
		Language: l,
		Product:  m.options.Title, Title: title, Main: main,
		SignedIn: v.account.User != "", Account: v.account,
		Demo: m.options.Demo != nil, Notice: or(l.Notice, m.options.Notice),
		RequestID: v.id, LogEntry: v.receipt.ID,
	}
	if f.SignedIn {
		for _, item := range m.navFor(v.principal) {
			f.Nav = append(f.Nav, navLink{item, r.URL.Path == item.Href || strings.HasPrefix(r.URL.Path, item.Href+"/")})
		}
		posts := m.posts(v.principal)
		f.PostOpen = len(posts) > 0
		f.Post = nameOfPost(posts, v.account.Post)
	}
	var page bytes.Buffer
	if err := m.own.layout.Execute(&page, f); err != nil {
		return fmt.Errorf("web: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(page.Bytes())
	return nil
}

// navFor lists the entries that concern the principal's kind of authority.
func (m *Mux) navFor(p access.Principal) []NavItem {
	var items []NavItem
	for _, item := range m.nav {
		if len(item.Kinds) == 0 || slices.Contains(item.Kinds, p.Authority.Kind) {
			items = append(items, item)
		}
	}
	return items
}

// failPage shows an error to a person. It returns false when even that fails,
// and the caller answers as to a program.
func (m *Mux) failPage(w *recorder, r *http.Request, v *visit, p *Problem) bool {
	err := m.own.failed.RenderStatus(w, r, p.Status, failedPage{Problem: *p, SignedIn: v.account.User != "",
		Fault: p.Kind == fault.Name, Unauthenticated: p.Status == http.StatusUnauthorized})
	if err != nil {
		m.log.ErrorContext(r.Context(), "error page", "request_id", v.id, "error", err)
	}
	return err == nil
}

// Field is one input of a form, for {{template "field" .Number}}.
type Field struct {
	ID                       string // of the element; "" takes Name, which must then stand once on the page
	Name, Label, Hint, Value string
	Type                     string // of the input; "" is text
	Autocomplete, InputMode  string
	MaxLength                int // 0: none
	Required, Autofocus      bool
	Options                  []Option // makes it a choice
	Error                    string
}

// Ident is the field's element identifier.
func (f Field) Ident() string { return or(f.ID, f.Name) }

// Option is one choice of a Field.
type Option struct {
	Value, Label string
	Selected     bool
}

// Mark puts a problem's message at the fields it names.
func Mark(p *Problem, fields ...*Field) {
	if p == nil {
		return
	}
	for _, f := range fields {
		if f.Name == p.Field {
			f.Error = p.Detail
		}
		for _, e := range p.Errors {
			if f.Name == e.Field {
				f.Error = e.Detail
			}
		}
	}
}

// Reasons is the chain behind a decision, for {{template "reasons" .Reasons}}.
type Reasons []law.Reason
