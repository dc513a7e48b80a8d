package nui

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"limen/db"
	"limen/law"
)

// patience is how long a guard waits for the Central System before the interface
// answers what it can say itself; tryAgain is how long a line that did not answer
// is left alone by those who wait in front of a guard.
const (
	patience = 5 * time.Second
	tryAgain = 5 * time.Second
)

// answerOf is what the Central System answered, to be handed on as it is.
type answerOf struct {
	status            int
	contentType, etag string
	body              []byte
}

// passedOn are the headers of a booth that go on to the Central System.
var passedOn = []string{"Idempotency-Key", "If-Match", "Limen-Purpose", "Limen-Case"}

// passes registers what goes through to the Central System while the line is up:
// a check, its steps, and the decision on it. What cannot go through is answered
// here: a check with what the document says, everything else with what to do.
func (n *Interface) passes(m *http.ServeMux, secret string) {
	m.HandleFunc("POST /api/nui/v1/checks", n.passing(secret, n.check))
	m.HandleFunc("GET /api/nui/v1/checks/{id}", n.passing(secret, n.toCheck("")))
	m.HandleFunc("POST /api/nui/v1/checks/{id}/steps", n.passing(secret, n.toCheck("/steps")))
	m.HandleFunc("POST /api/nui/v1/checks/{id}/crossing", n.passing(secret, n.decision("/api/ees/v1/crossings")))
	m.HandleFunc("POST /api/nui/v1/checks/{id}/refusal", n.passing(secret, n.decision("/api/ees/v1/refusals")))
}

// passing lets a booth of the state in and hands on what fn brings.
func (n *Interface) passing(secret string, fn func(*http.Request, []byte) (answerOf, error)) http.HandlerFunc {
	return n.door(secret, func(r *http.Request) (int, any, error) {
		b, err := body(r)
		if err != nil {
			return 0, nil, err
		}
		a, err := fn(r, b)
		return 0, a, err
	})
}

// officer is who of the state acts: the Central System knows the interface, and
// the state knows its officers.
func officer(r *http.Request) (string, error) {
	name := strings.TrimSpace(r.Header.Get("Limen-Officer"))
	if name == "" || len(name) > 128 || strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c > '~' }) {
		return "", law.BadField("Limen-Officer", "officer_missing", "2017/2226 art 46(1)", "Say who asks, in the header Limen-Officer: the state keeps a record of it.")
	}
	return name, nil
}

// check asks the Central System and, where it cannot be reached, says what can be
// said here. It keeps nothing of the traveller.
func (n *Interface) check(r *http.Request, b []byte) (answerOf, error) {
	who, err := officer(r)
	if err != nil {
		return answerOf{}, err
	}
	e, now, err := n.readCheck(b)
	if err != nil {
		return answerOf{}, err
	}
	a, err := n.pass(r, who, "check", http.MethodPost, "/api/ees/v1/checks", b)
	var down *errLine
	switch {
	case err == nil && a.status < 300:
		a.body, err = json.Marshal(map[string]any{"check": json.RawMessage(a.body), "line": n.lineNow()})
		return a, err
	case !errors.As(err, &down):
		return a, err
	}
	text, err := json.Marshal(map[string]any{"local": local(e, now), "line": n.lineNow()})
	return answerOf{status: http.StatusOK, contentType: "application/json", body: text}, err
}

// readCheck reads what the interface must know of a check.
func (n *Interface) readCheck(b []byte) (*event, time.Time, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil || members == nil {
		return nil, time.Time{}, law.BadField("body", "not_json", "2017/2226 art 23", "The check is not a JSON object.")
	}
	members["decision"], members["officer"] = json.RawMessage(`"crossed"`), json.RawMessage(`"check"`)
	b, err := json.Marshal(members)
	if err != nil {
		return nil, time.Time{}, err
	}
	now := n.o.Store.Now()
	e, err := n.read("check", b, false, now)
	return e, now, err
}

// toCheck goes on with a check that the Central System has begun.
func (n *Interface) toCheck(rest string) func(*http.Request, []byte) (answerOf, error) {
	return func(r *http.Request, b []byte) (answerOf, error) {
		who, err := officer(r)
		if err != nil {
			return answerOf{}, err
		}
		return n.orWhatToDo(n.pass(r, who, "step", r.Method, "/api/ees/v1/checks/"+url.PathEscape(r.PathValue("id"))+rest, b))
	}
}

// decision records what the guard decided on a check, as it is decided.
func (n *Interface) decision(path string) func(*http.Request, []byte) (answerOf, error) {
	return func(r *http.Request, b []byte) (answerOf, error) {
		who, err := officer(r)
		if err != nil {
			return answerOf{}, err
		}
		members := map[string]json.RawMessage{}
		if err := json.Unmarshal(b, &members); err != nil {
			return answerOf{}, law.BadField("body", "not_json", "2017/2226 art 14", "The decision is not a JSON object.")
		}
		for member := range members {
			if strings.EqualFold(member, "check_id") {
				delete(members, member)
			}
		}
		if members["check_id"], err = json.Marshal(r.PathValue("id")); err != nil {
			return answerOf{}, err
		}
		if b, err = json.Marshal(members); err != nil {
			return answerOf{}, err
		}
		return n.orWhatToDo(n.pass(r, who, "decision", http.MethodPost, path, b))
	}
}

// orWhatToDo says what to do when the line has gone in the middle of a check.
func (n *Interface) orWhatToDo(a answerOf, err error) (answerOf, error) {
	var down *errLine
	if errors.As(err, &down) {
		return a, law.Refuse(law.Unavailable, "line_down", "2017/2226 art 21(1)",
			"The Central System cannot be reached. Go on by the document and by eye, decide, and send the whole event to /api/nui/v1/crossings: it is kept and told later. If the decision got through before the line went, the event is recognised.")
	}
	return a, err
}

// pass sends a request on, while the line is up or may be up again, and notes who
// asked before anything of the answer is handed on. A line that is down is an
// errLine, at once where that is known.
func (n *Interface) pass(r *http.Request, who, act, method, path string, b []byte) (answerOf, error) {
	if wait, since := n.leftAlone(); wait {
		return answerOf{}, &errLine{since}
	}
	ctx, stop := context.WithTimeout(r.Context(), patience)
	defer stop()
	a, err := n.send(ctx, r, method, path, b)
	var down *errLine
	if errors.As(err, &down) {
		if r.Context().Err() == nil { // the booth waits still: it was the line
			n.setLine(false, err)
		}
		return a, err
	}
	if err != nil {
		return a, err
	}
	n.setLine(true, nil)
	return a, n.note(r.Context(), who, act, strings.TrimPrefix(path, "/api/ees/v1/"), a.status)
}

func (n *Interface) send(ctx context.Context, r *http.Request, method, path string, b []byte) (answerOf, error) {
	req, err := http.NewRequestWithContext(ctx, method, n.o.Central+path, bytes.NewReader(b))
	if err != nil {
		return answerOf{}, err
	}
	if method == http.MethodGet {
		req.Body, req.ContentLength = nil, 0
	} else {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range passedOn {
		if v := r.Header.Get(h); v != "" {
			req.Header.Set(h, v)
		}
	}
	if n.o.Token != "" {
		req.Header.Set("Authorization", "Bearer "+n.o.Token)
	}
	res, err := n.o.Client.Do(req)
	if err != nil {
		return answerOf{}, &errLine{"no connection to the Central System: " + err.Error()}
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	switch {
	case err != nil:
		return answerOf{}, &errLine{"the answer of the Central System broke off: " + err.Error()}
	case res.StatusCode == http.StatusUnauthorized:
		return answerOf{}, &errLine{"the Central System does not know this interface"}
	case res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests || !json.Valid(raw):
		return answerOf{}, &errLine{"the Central System answered " + res.Status}
	}
	return answerOf{res.StatusCode, res.Header.Get("Content-Type"), res.Header.Get("ETag"), raw}, nil
}

// leftAlone tells whether the line was found down so lately that a guard need not
// wait for it again.
func (n *Interface) leftAlone() (bool, string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return !n.line.Up && !n.tried.IsZero() && n.o.Store.Now().Before(n.tried.Add(tryAgain)), n.line.Error
}

func (n *Interface) lineNow() Line {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.line
}

// accessLife is how long the interface remembers who asked (art 46(4)).
const accessLife = 366 * 24 * time.Hour

// note writes down who did what here. It goes on when the store is full: what is
// not noted is not handed out.
func (n *Interface) note(ctx context.Context, who, act, name string, status int) error {
	return n.o.Store.Reclaim(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO nui_access (id, at, officer, act, name, status) VALUES ($1, $2, $3, $4, $5, $6)`,
			uuid.NewString(), tx.Now().UnixMicro(), who, act, name[:min(len(name), 200)], status)
		return err
	})
}

// forgetAccesses erases the notes that are old enough.
func (n *Interface) forgetAccesses(ctx context.Context) error {
	return n.o.Store.Reclaim(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM nui_access WHERE id IN (SELECT id FROM nui_access WHERE at < $1 ORDER BY at, id LIMIT $2)`,
			tx.Now().Add(-accessLife).UnixMicro(), purgeStep)
		return err
	})
}
