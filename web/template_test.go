package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"limen/law"
)

type innerOfTest struct {
	Name string
	On   law.Date
}

// Upper is a method for templates.
func (innerOfTest) Upper(n int) string { return "" }

type pageOfTest struct {
	Title string
	Show  bool
	Kind  string
	List  []innerOfTest
	One   *innerOfTest
	Map   map[string]innerOfTest
	When  time.Time
	Any   any
}

// A template that does not fit its type is found before the first request,
// also in a branch that is never taken.
func TestTemplatesAreHeldAgainstTheirTypes(t *testing.T) {
	h := newHouse(t, setup{plainHTTP: true})
	check := func(main string) error {
		set, err := h.mux.Templates(fstest.MapFS{
			"p/page.html":  {Data: []byte(`{{define "title"}}{{.Title}}{{end}}{{define "main"}}` + main + `{{end}}`)},
			"p/parts.html": {Data: []byte(`{{define "row"}}<td>{{.Name}} {{.On}}</td>{{end}}`)},
		}, "p", nil)
		if err != nil {
			return err
		}
		NewView[pageOfTest](set, "page.html")
		return set.Check()
	}
	for _, good := range []string{
		``,
		`{{if .Show}}{{.Kind}}{{else if eq .Kind "x"}}{{.Title}}{{end}}`,
		`{{range $i, $e := .List}}{{$i}} {{$e.Name}} {{$.Title}} {{.On}}{{template "row" .}}{{else}}none{{end}}`,
		`{{with .One}}{{.Name}} {{.Upper 3}} {{.On.String}}{{else}}{{.Title}}{{end}}`,
		`{{range $k, $v := .Map}}{{$k}} {{$v.Name}}{{end}}{{len .List}}`,
		`{{.When.Year}} {{moment .When}} {{.Any}} {{printf "%s" .Title}} {{asset "limen.css"}}`,
		`{{$x := .One}}{{if $x}}{{$x.Name}}{{end}}{{if .List}}{{(index .List 0).Name}}{{end}}`,
		`{{if and .Show .One}}{{.One.Name}}{{end}}`,
	} {
		if err := check(good); err != nil {
			t.Errorf("%s\n%v", good, err)
		}
	}
	for bad, word := range map[string]string{
		`{{.Titel}}`:                                                   "Titel",
		`{{if false}}{{.Titel}}{{end}}`:                                "Titel",
		`{{if eq .Kind "never"}}{{.One.Nam}}{{end}}`:                   "Nam",
		`{{range .List}}{{.Title}}{{end}}`:                             "Title",
		`{{range $e := .List}}{{$e.Nam}}{{end}}`:                       "Nam",
		`{{range .List}}{{$.Titel}}{{end}}`:                            "Titel",
		`{{with .One}}{{.Titel}}{{end}}`:                               "Titel",
		`{{template "row" .}}`:                                         "Name",
		`{{template "rows" .}}`:                                        "rows",
		`{{with .One}}{{.Upper}}{{end}}`:                               "Upper",
		`{{if .Show}}{{else}}{{moment .Title}}{{end}}`:                 "moment",
		`{{.Title.Name}}`:                                              "Name",
		`{{range .Title}}{{end}}`:                                      "range",
		`{{(index .List 0).Nam}}`:                                      "Nam",
		`{{range $k, $v := .Map}}{{$v.Nam}}{{end}}`:                    "Nam",
		`{{if .Show}}{{asset "nothing.css"}}{{end}}`:                   "nothing.css",
		`<a href="{{if .Show}}/x?y={{else}}"{{end}}">`:                 "",
		`{{.nothing}}`:                                                 "",
		`{{if eq .Kind "never"}}{{index .Map 1 2}}{{end}}{{.Unknown}}`: "Unknown",
	} {
		if err := check(bad); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s\ngives %v", bad, err)
		}
	}
}

func TestPagesNeedTypesAndTypesNeedPages(t *testing.T) {
	h := newHouse(t, setup{plainHTTP: true})
	set, err := h.mux.Templates(fstest.MapFS{"p/page.html": {Data: []byte(`{{define "main"}}{{end}}`)}}, "p", nil)
	must(t, err)
	if err := set.Check(); err == nil || !strings.Contains(err.Error(), "no View") {
		t.Errorf("%v", err)
	}
	NewView[pageOfTest](set, "page.html")
	NewView[pageOfTest](set, "other.html")
	err = set.Check()
	for _, want := range []string{"no page other.html", `does not define "title"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %s", err, want)
		}
	}
	if err := h.mux.Seal(); err == nil {
		t.Error("the server starts with a page that has no title")
	}
}

// A template that breaks halfway sends nothing of its page.
func TestNothingIsSentOfABrokenPage(t *testing.T) {
	h := newHouse(t, setup{plainHTTP: true})
	set, err := h.mux.Templates(fstest.MapFS{"p/page.html": {Data: []byte(`{{define "title"}}T{{end}}{{define "main"}}first part {{.Break}}{{end}}`)}}, "p", nil)
	must(t, err)
	view := NewView[breaking](set, "page.html")
	h.mux.OpenPage("GET /broken", func(w http.ResponseWriter, r *http.Request) error { return view.Render(w, r, breaking{}) })
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/broken", nil)
	r.Header.Set("Accept", "text/html")
	h.mux.ServeHTTP(w, r)
	if w.Code != 500 || strings.Contains(w.Body.String(), "first part") || strings.Contains(w.Body.String(), "will not") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

type breaking struct{}

// Break is a method that fails.
func (breaking) Break() (string, error) { return "", fmt.Errorf("will not") }
