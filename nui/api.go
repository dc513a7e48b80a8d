package nui

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"limen/db"
	"limen/law"
)

// longestRequest bounds a batch of hand-written entries.
const longestRequest = 4 << 20

// Handler answers the booths of the state: it takes events in and says how the
// interface stands. A booth shows a client certificate that the server has
// verified, or the secret as a bearer token; with an empty secret, a certificate
// alone will do.
func (n *Interface) Handler(secret string) http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("POST /api/nui/v1/crossings", n.door(secret, n.crossing))
	m.HandleFunc("POST /api/nui/v1/manual", n.door(secret, n.manual))
	n.passes(m, secret)
	m.HandleFunc("GET /api/nui/v1/state", n.door(secret, n.state))
	m.HandleFunc("GET /api/nui/v1/refused", n.door(secret, n.refused))
	m.HandleFunc("POST /api/nui/v1/refused/{key}/discard", n.door(secret, n.discard))
	m.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		if !known(r, secret) && !loopback(r) {
			fail(w, unknownBooth())
			return
		}
		n.page(w, r)
	})
	return m
}

func (n *Interface) door(secret string, fn func(*http.Request) (int, any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !known(r, secret) {
			fail(w, unknownBooth())
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, longestRequest)
		status, answer, err := fn(r)
		if err != nil {
			var refusal *law.Refusal
			if !errors.As(err, &refusal) {
				n.o.Log.Error("a request failed", "path", r.URL.Path, "error", err)
				refusal = law.Refuse(law.Unavailable, "not_now", "2017/2226 art 21(2)", "The interface cannot do this now. If it lasts, write the crossing down by hand and stamp the document.")
			}
			fail(w, refusal)
			return
		}
		if a, passed := answer.(answerOf); passed {
			a.write(w)
			return
		}
		send(w, status, "application/json", answer)
	}
}

// write hands an answer on as it came.
func (a answerOf) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if a.etag != "" {
		w.Header().Set("ETag", a.etag)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // whoever asked has gone
}

func unknownBooth() *law.Refusal {
	return law.Refuse(law.Unauthenticated, "unknown_booth", "2017/2226 art 43(2)", "Show the certificate or the token of your booth.")
}

// known tells whether a booth of the state asks.
func known(r *http.Request, secret string) bool {
	if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		return true
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	have, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(secret))
	return ok && secret != "" && subtle.ConstantTimeCompare(have[:], want[:]) == 1
}

func loopback(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

var statusOf = map[law.Kind]int{law.Unauthenticated: http.StatusUnauthorized, law.NotGranted: http.StatusForbidden, law.TooMuch: http.StatusRequestEntityTooLarge,
	law.BadInput: http.StatusUnprocessableEntity, law.NotFound: http.StatusNotFound, law.Conflict: http.StatusConflict, law.NotPermitted: http.StatusForbidden, law.Unavailable: http.StatusInsufficientStorage}

func fail(w http.ResponseWriter, r *law.Refusal) {
	status := statusOf[r.Kind]
	if r.Kind == law.Unavailable && r.Code != "buffer_full" {
		status = http.StatusServiceUnavailable
	}
	send(w, status, "application/problem+json", map[string]any{"status": status, "code": r.Code, "article": r.Cite, "detail": r.Message, "field": r.Field, "facts": r.Facts})
}

func send(w http.ResponseWriter, status int, contentType string, v any) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // whoever asked has gone
}

func body(r *http.Request) ([]byte, error) {
	b, err := io.ReadAll(r.Body)
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return nil, law.Refuse(law.TooMuch, "event_too_long", "2017/2226 art 21(1)", "The request is too long.")
	}
	return b, err
}

// crossing takes one crossing or refusal in: 202 when it is on the disk here.
func (n *Interface) crossing(r *http.Request) (int, any, error) {
	b, err := body(r)
	if err != nil {
		return 0, nil, err
	}
	kept, err := n.Keep(r.Context(), r.Header.Get("Idempotency-Key"), b, false)
	return http.StatusAccepted, kept, err
}

// manual takes in what was written by hand (art 21(2)): a batch, each entry with
// a key of its own and its own answer.
func (n *Interface) manual(r *http.Request) (int, any, error) {
	b, err := body(r)
	if err != nil {
		return 0, nil, err
	}
	var batch struct {
		Entries []json.RawMessage `json:"entries"`
	}
	if err := json.Unmarshal(b, &batch); err != nil || len(batch.Entries) == 0 || len(batch.Entries) > 500 {
		return 0, nil, law.BadField("entries", "batch_size", "2017/2226 art 21(2)", "Send 1 to 500 entries, each with the member key.")
	}
	type line struct {
		Key     string      `json:"key"`
		Kept    *Kept       `json:"kept,omitempty"`
		Problem *law.Reason `json:"problem,omitempty"`
		Field   string      `json:"field,omitempty"`
	}
	lines := []line{}
	for _, entry := range batch.Entries {
		var named struct {
			Key string `json:"key"`
		}
		l := line{}
		_ = json.Unmarshal(entry, &named) // Keep says what is wrong with it
		l.Key = named.Key
		kept, err := n.Keep(r.Context(), named.Key, bytes.TrimSpace(entry), true)
		var refusal *law.Refusal
		switch {
		case err == nil:
			l.Kept = &kept
		case errors.As(err, &refusal):
			l.Problem, l.Field = &refusal.Reason, refusal.Field
		default:
			return 0, nil, err
		}
		lines = append(lines, l)
	}
	return http.StatusAccepted, map[string]any{"entries": lines}, nil
}

func (n *Interface) state(r *http.Request) (int, any, error) {
	s, err := n.State(r.Context())
	return http.StatusOK, s, err
}

// refusedEvent is an event that the Central System did not take.
type refusedEvent struct {
	Key   string          `json:"key"`
	At    time.Time       `json:"at"`
	Code  string          `json:"code"`
	Event json.RawMessage `json:"event,omitempty"`
}

// refused lists what the Central System did not take, for somebody to look at: it
// is sent anew, corrected, under a key of its own, and discarded here.
func (n *Interface) refused(r *http.Request) (int, any, error) {
	who, err := officer(r)
	if err != nil {
		return 0, nil, err
	}
	list := []refusedEvent{}
	err = n.o.Store.Read(r.Context(), func(tx *db.Tx) error {
		list = list[:0]
		rows, err := tx.Query(`SELECT key, event_at, code, body FROM nui_event WHERE state IN ('refused', 'damaged') ORDER BY event_at, key LIMIT 200`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var e refusedEvent
			var at int64
			var sealed []byte
			if err := rows.Scan(&e.Key, &at, &e.Code, &sealed); err != nil {
				return err
			}
			e.At = time.UnixMicro(at).UTC()
			if text, err := n.seal.open(sealed, e.Key); err == nil {
				e.Event = text
			}
			list = append(list, e)
		}
		return rows.Err()
	})
	if err == nil {
		err = n.note(r.Context(), who, "read_refused", "", len(list))
	}
	return http.StatusOK, map[string]any{"refused": list}, err
}

func (n *Interface) discard(r *http.Request) (int, any, error) {
	who, err := officer(r)
	if err != nil {
		return 0, nil, err
	}
	var count int64
	err = n.o.Store.Reclaim(r.Context(), func(tx *db.Tx) (err error) {
		count, err = tx.Exec(`DELETE FROM nui_event WHERE key = $1 AND state IN ('refused', 'damaged')`, r.PathValue("key"))
		return err
	})
	if err == nil && count == 0 {
		err = law.Refuse(law.NotFound, "no_such_event", "2017/2226 art 21(1)", "No refused event has this key.")
	}
	if err == nil {
		err = n.note(r.Context(), who, "discard", r.PathValue("key"), int(count))
	}
	return http.StatusOK, map[string]any{"discarded": count}, err
}

// page shows how the interface stands to people, without a word about anybody.
func (n *Interface) page(w http.ResponseWriter, r *http.Request) {
	s, err := n.State(r.Context())
	if err != nil {
		fail(w, law.Refuse(law.Unavailable, "not_now", "2017/2226 art 21", "The interface cannot say how it stands now."))
		return
	}
	line, oldest := "down", "nothing waits"
	if s.Line.Up {
		line = "up"
	}
	if s.Line.Since != nil {
		line += ", since " + s.Line.Since.Format(time.RFC3339)
	} else {
		line = "not tried yet"
	}
	if s.Oldest != nil {
		oldest = s.Oldest.Format(time.RFC3339)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	fmt.Fprintf(w, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><meta http-equiv=\"refresh\" content=\"30\">"+
		"<title>National uniform interface %s</title></head>\n<body><main><h1>National uniform interface %s, %s</h1>\n<dl>\n",
		html.EscapeString(s.Name), html.EscapeString(s.Name), html.EscapeString(s.State.Name()))
	for _, row := range [][2]string{{"Line to the Central System", line}, {"Events waiting", fmt.Sprint(s.Buffered)}, {"Oldest event waiting", oldest},
		{"Events in second line", fmt.Sprint(s.SecondLine)}, {"Events refused: somebody has to look", fmt.Sprint(s.Refused)},
		{"Events that cannot be opened", fmt.Sprint(s.Damaged)}, {"National copies", fmt.Sprint(s.Copies)}, {"Last error", s.Line.Error}} {
		fmt.Fprintf(w, "<dt>%s</dt><dd>%s</dd>\n", html.EscapeString(row[0]), html.EscapeString(row[1]))
	}
	fmt.Fprint(w, "</dl></main></body></html>\n")
}
