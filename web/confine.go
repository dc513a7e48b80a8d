package web

import (
	"errors"
	"net/http"
	"strings"

	"limen/law"
)

// errConfined sends a confined session to its page.
var errConfined = errors.New("web: this session has one page")

// confinedTo is the page that the session is confined to; "" for a free one, and
// for tokens and certificates, whose operations say what they are for.
func (m *Mux) confinedTo(v *visit) string {
	if m.options.Confined == nil || v.account.User == "" {
		return ""
	}
	return m.options.Confined(v.principal)
}

// confine keeps a session that stands in the open, where whoever comes by may
// type, to its page: it changes no crossing point, registers no passkey and asks
// the API nothing. Signing out stays possible.
func (m *Mux) confine(v *visit, r *http.Request) error {
	page := m.confinedTo(v)
	switch {
	case page == "" || r.URL.Path == page || strings.HasPrefix(r.URL.Path, page+"/"), r.URL.Path == "/sign-out":
		return nil
	case v.route.page && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		return errConfined
	}
	return law.Refuse(law.NotGranted, "confined_session", "2017/2226 art 43(2)", "This account serves one page, and this is another.")
}
