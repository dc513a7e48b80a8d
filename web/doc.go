// Package web is the toolkit of the desks: the HTTPS server, the one path that
// every request takes, sign-in, error answers, the JSON API with its document,
// pages, static files, health and metrics. It knows no system; desks register
// operations and pages with a Mux, and house serves it.
//
// Every request takes the same way, written flat in Mux.ServeHTTP: identifier,
// headers, route, limits, who stands there, handler, answer, one log line. An
// error has one way out (problem.go), to a problem document of RFC 9457 for
// programs and to a page for people. Nothing that a client sent is repeated in
// an error or written to the log, because it may be a traveller's data.
package web
