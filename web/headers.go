package web

import (
	"net"
	"net/http"
	"strings"
)

// contentPolicy lets a page use this server's own files and nothing else:
// no inline style or script, no frame, no plug-in, no other origin.
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; " +
	"form-action 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"

// answerHeaders go with every answer. Answers are not to be stored anywhere,
// because most of them are about somebody; static files say otherwise for
// themselves. The names are in canonical form, and the values are shared by all
// answers: whoever adds to one gets a new slice.
var answerHeaders = map[string][]string{
	"Cache-Control":                {"no-store"},
	"Content-Security-Policy":      {contentPolicy},
	"Cross-Origin-Opener-Policy":   {"same-origin"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
	"Permissions-Policy":           {"camera=(), geolocation=(), microphone=(), payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)"},
	"Referrer-Policy":              {"no-referrer"},
	"X-Content-Type-Options":       {"nosniff"},
	"X-Frame-Options":              {"DENY"},
}

var strictTransport = []string{"max-age=31536000"}

// secure sets the headers that every answer carries.
func secure(h http.Header, r *http.Request) {
	for name, value := range answerHeaders {
		h[name] = value
	}
	// A browser that learned this for localhost would refuse every other
	// program there for a year; addresses are outside RFC 6797 (s 8.1.1) anyway.
	if !isLoopbackName(r.Host) {
		h["Strict-Transport-Security"] = strictTransport
	}
}

func isLoopbackName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost") {
		return true
	}
	return net.ParseIP(strings.Trim(host, "[]")) != nil
}
