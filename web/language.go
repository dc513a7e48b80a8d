package web

import "net/http"

// Language is a language that a page may be written in, with the words of the
// frame around it.
type Language struct {
	Tag         string // as in BCP 47: "fr"
	Name        string // in the language itself: "français"
	RightToLeft bool
	Skip        string // link to the content
	Demo        string // word and warning of a demonstration
	DemoWarning string
	Notice      string // legal note; "" takes the options' own
	Request     string // before the request's number
	Reference   string // link to the API's reference
}

// English is the language of pages that say nothing else.
var English = Language{Tag: "en", Name: "English", Skip: "Skip to the content", Demo: "Demonstration.",
	DemoWarning: "Every traveller, officer and document here is invented. Nothing you do has any effect elsewhere.",
	Request:     "Request", Reference: "API reference"}

// Dir is the direction of writing, as HTML names it.
func (l Language) Dir() string {
	if l.RightToLeft {
		return "rtl"
	}
	return "ltr"
}

// RenderIn is RenderStatus in another language than English: of the frame. The
// page's own words come with its data.
func (v *View[T]) RenderIn(w http.ResponseWriter, r *http.Request, status int, l Language, data T) error {
	title, main, err := v.parts(data)
	if err != nil {
		return err
	}
	visit := visitOf(r.Context())
	w.Header().Set("Content-Language", l.Tag)
	return visit.mux.frame(w, r, visit, status, l, title, main)
}
