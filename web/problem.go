package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"limen/db"
	"limen/law"
)

// Problem is an error answer: a problem document of RFC 9457 for programs, and
// what an error page shows to people. It never repeats what the client sent.
type Problem struct {
	Type    string       `json:"type" format:"uri" doc:"urn:limen:problem: and the code. Stable." example:"urn:limen:problem:not_granted"`
	Title   string       `json:"title" doc:"What kind of problem it is, in words."`
	Status  int          `json:"status" doc:"HTTP status code."`
	Detail  string       `json:"detail" doc:"What happened here and what to do about it."`
	Kind    string       `json:"kind" doc:"What the caller can do about it; see the table of problems."`
	Code    law.Code     `json:"code" doc:"Stable name of the rule's outcome: what a program may compare."`
	Article law.Citation `json:"article,omitempty" doc:"Where the rule stands in the law." example:"2017/2226 art 23(2)"`
	Field   string       `json:"field,omitempty" doc:"JSON path of the field at fault." example:"document.number"`
	Facts   []law.Fact   `json:"facts,omitempty" nullable:"false" doc:"The facts the rule used."`
	Errors  []FieldError `json:"errors,omitempty" nullable:"false" doc:"Every field at fault, when there are several."`

	LogEntry  string `json:"log_entry,omitempty" doc:"Identifier of the log entry that recorded the attempt."`
	RequestID string `json:"request_id" doc:"Names this request when asking the operator."`

	header http.Header
}

// FieldError is one field at fault among several.
type FieldError struct {
	Field  string   `json:"field" doc:"JSON path of the field."`
	Code   law.Code `json:"code" doc:"Stable name of what is wrong."`
	Detail string   `json:"detail" doc:"What is wrong, in words."`
}

// Error implements error.
func (p *Problem) Error() string { return string(p.Code) + ": " + p.Detail }

// GetStatus lets the API library find the status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is the media type of a problem, whatever was asked for.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// kind is one row of the table of errors.
type kind struct {
	Kind   law.Kind
	Name   string
	Status int
	Title  string
	Advice string // for the reference page
}

// kinds is the one table from what went wrong to what the client is told. Its
// order is the precedence of law.Kind.
//
// NotPermitted is 422, not 403: the authority may carry out the operation, and
// the request was understood, but the law forbids what it asks for. Sending it
// with other rights would not help, sending other content would.
var kinds = []kind{
	{law.Unauthenticated, "unauthenticated", http.StatusUnauthorized, "Not signed in", "Sign in, or send a valid token or client certificate."},
	{law.NotGranted, "not_granted", http.StatusForbidden, "Not permitted to this authority", "No article gives this authority this operation for this purpose. Repeating the request will not help."},
	{law.TooMuch, "too_much", http.StatusRequestEntityTooLarge, "Too much", "With status 429, wait as Retry-After says; with 413, send less."},
	{law.BadInput, "bad_input", http.StatusUnprocessableEntity, "Input not accepted", "Correct the field named and send the request again. Status 400 means that the body could not be read at all."},
	{law.NotFound, "not_found", http.StatusNotFound, "Not found", "There is no such thing, or the law withholds whether there is."},
	{law.Conflict, "conflict", http.StatusConflict, "Changed meanwhile", "The register has moved on. Read again and decide again."},
	{law.NotPermitted, "not_permitted", http.StatusUnprocessableEntity, "Forbidden by law", "The request was understood, and the article named forbids the act itself."},
	{law.Unavailable, "unavailable", http.StatusServiceUnavailable, "Unavailable now", "Nothing was recorded. Send the request again as Retry-After says, with the same idempotency key."},
}

// special holds the codes whose status is more precise than their kind's.
var special = map[law.Code]struct {
	status int
	title  string
}{
	"body_unreadable":        {http.StatusBadRequest, "Body not readable"},
	"body_missing":           {http.StatusBadRequest, "Body missing"},
	"body_late":              {http.StatusRequestTimeout, "Body too late"},
	"media_type_unsupported": {http.StatusUnsupportedMediaType, "Media type not supported"},
	"method_not_allowed":     {http.StatusMethodNotAllowed, "Method not allowed"},
}

// fault is the kind of what nobody decided: a bug or a broken machine.
var fault = kind{0, "fault", http.StatusInternalServerError, "Internal error", "A defect. It was recorded under the request identifier; tell the operator that identifier."}

// busy answers store errors that pass by themselves. Seconds are for Retry-After.
var busy = []struct {
	err     error
	code    law.Code
	seconds int
	message string
}{
	{db.ErrBusy, "busy", 1, "The register is busy. Nothing was recorded; send the request again shortly."},
	{db.ErrFull, "storage_full", 300, "The register has no room left for new records. Nothing was recorded; the operator has to give it room."},
	{db.ErrReadOnly, "read_only", 60, "The register takes no changes at present. Nothing was recorded."},
	{db.ErrClosed, "stopping", 5, "The server is stopping. Nothing was recorded; send the request again."},
	{context.DeadlineExceeded, "timeout", 5, "The request took too long and was given up. Nothing was recorded."},
	{context.Canceled, "cancelled", 1, "The client went away. Nothing was recorded."},
}

// problemOf turns any error into what the client is told. Anything that is
// neither a refusal nor a known state of the store is a fault, and shows nothing.
func problemOf(err error) *Problem {
	var p *Problem
	var refusal *law.Refusal
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		copied := *p
		return &copied
	case errors.As(err, &refusal):
		return problemOfRefusal(refusal)
	case errors.As(err, &tooLarge):
		return problemOfRefusal(bodyTooLarge(tooLarge.Limit))
	}
	for _, b := range busy {
		if errors.Is(err, b.err) {
			return problemOfRefusal(law.Refuse(law.Unavailable, b.code, "", b.message, "retry_after_seconds", strconv.Itoa(b.seconds)))
		}
	}
	return &Problem{
		Type: typeOf("fault"), Title: fault.Title, Status: fault.Status, Kind: fault.Name, Code: "fault",
		Detail: "Something is broken on this side. The operator finds the cause under the request identifier.",
	}
}

func problemOfRefusal(r *law.Refusal) *Problem {
	k := fault
	for _, row := range kinds {
		if row.Kind == r.Kind {
			k = row
		}
	}
	p := &Problem{
		Type: typeOf(r.Code), Title: k.Title, Status: k.Status, Detail: r.Message,
		Kind: k.Name, Code: r.Code, Article: r.Cite, Field: r.Field,
		header: http.Header{},
	}
	if s, ok := special[r.Code]; ok {
		p.Status, p.Title = s.status, s.title
	}
	for _, f := range r.Facts {
		switch f.Name {
		case "retry_after_seconds":
			p.header.Set("Retry-After", f.Value)
			if r.Kind == law.TooMuch {
				p.Status, p.Title = http.StatusTooManyRequests, "Too many requests"
			}
		case "allow":
			p.header.Set("Allow", f.Value)
			continue
		}
		p.Facts = append(p.Facts, f)
	}
	switch p.Status {
	case http.StatusUnauthorized:
		p.header.Set("WWW-Authenticate", `Bearer realm="limen"`)
	case http.StatusServiceUnavailable:
		if p.header.Get("Retry-After") == "" {
			p.header.Set("Retry-After", "5")
		}
	}
	return p
}

// writeHeader adds what goes with the status: when to come back, how to
// authenticate, which methods there are.
func (p *Problem) writeHeader(h http.Header) {
	for name, values := range p.header {
		h[name] = values
	}
}

func typeOf(code law.Code) string { return "urn:limen:problem:" + string(code) }

func bodyTooLarge(limit int64) *law.Refusal {
	return law.Refuse(law.TooMuch, "body_too_large", "",
		fmt.Sprintf("The request's body is larger than %d bytes. Send less at once.", limit))
}

// fail answers a request with an error: the only way out for one.
func (m *Mux) fail(w *recorder, r *http.Request, v *visit, err error) {
	p := m.problem(r.Context(), v, err)
	w.restart()
	p.writeHeader(w.Header())
	// The script of a page asks for JSON.
	if v.route.page && !strings.HasPrefix(r.Header.Get("Accept"), "application/json") && m.failPage(w, r, v, p) {
		return
	}
	body, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Errorf("web: problem: %w", err))
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	w.Write(body)
}

// problem completes a problem for one request and records a fault.
func (m *Mux) problem(ctx context.Context, v *visit, err error) *Problem {
	p := problemOf(err)
	p.RequestID = v.id
	p.LogEntry = v.receipt.ID
	if p.Kind == fault.Name && !errors.Is(err, errBug) {
		m.log.ErrorContext(ctx, "fault", "request_id", v.id, "route", v.route.pattern, "error", err)
	}
	return p
}
