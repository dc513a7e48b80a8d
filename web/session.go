package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"limen/law"
)

// sessionCookie begins with __Host-, so that a browser takes it only from this
// very host, over TLS, for every path.
const sessionCookie = "__Host-limen"

// What a session remembers.
const (
	userKey        = "user"         // signed in, with both factors
	sinceKey       = "since"        // when that was, in microseconds since 1970
	pendingKey     = "pending"      // password given, second factor not yet
	pendingUserKey = "pending_user" // whose
	nextKey        = "next"         // page to go to after signing in
)

func newSessions(o Options) *scs.SessionManager {
	s := scs.New()
	s.Store = o.Identities.SessionStore()
	s.Codec = sessionCodec{}
	s.HashTokenInStore = true
	s.Lifetime = o.Identities.Lifetime() // the store ends sessions, by this and by IdleTimeout
	s.Cookie.Name = sessionCookie
	s.Cookie.Secure = true
	s.Cookie.HttpOnly = true
	s.Cookie.Path = "/"
	// Strict, not Lax: nobody follows a link from elsewhere into a register, and
	// a link that could would leave a log entry in the officer's name.
	s.Cookie.SameSite = http.SameSiteStrictMode
	s.Cookie.Persist = false
	return s
}

// sessionCodec stores sessions as JSON with texts only.
type sessionCodec struct{}

type storedSession struct {
	Deadline time.Time         `json:"deadline"`
	Values   map[string]string `json:"values"`
}

// Encode implements scs.Codec.
func (sessionCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	s := storedSession{deadline, make(map[string]string, len(values))}
	for name, value := range values {
		text, ok := value.(string)
		if !ok {
			return nil, fmt.Errorf("web: session value %s is no text", name)
		}
		s.Values[name] = text
	}
	return json.Marshal(s)
}

// Decode implements scs.Codec.
func (sessionCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	var s storedSession
	if err := json.Unmarshal(b, &s); err != nil {
		return time.Time{}, nil, fmt.Errorf("web: stored session: %w", err)
	}
	values := make(map[string]any, len(s.Values))
	for name, text := range s.Values {
		values[name] = text
	}
	return s.Deadline, values, nil
}

// sessionLost says that a session could not be stored, so the answer that
// depended on it is not given.
type sessionLost struct{ cause error }

func (e *sessionLost) Error() string { return "web: session not stored: " + e.cause.Error() }

// loadSession reads the session that the cookie names and has its changes
// stored just before the answer's header goes out.
func (m *Mux) loadSession(w *recorder, r *http.Request) (*http.Request, error) {
	token := ""
	if c, err := r.Cookie(sessionCookie); err == nil {
		token = c.Value
	}
	ctx, err := m.sessions.Load(r.Context(), token)
	if err != nil {
		return r, err
	}
	w.Header().Add("Vary", "Cookie")
	w.before = func() {
		switch m.sessions.Status(ctx) {
		case scs.Modified:
			token, expiry, err := m.sessions.Commit(ctx)
			if err != nil {
				panic(&sessionLost{err})
			}
			m.sessions.WriteSessionCookie(ctx, w, token, expiry)
		case scs.Destroyed:
			m.sessions.WriteSessionCookie(ctx, w, "", time.Time{})
		}
	}
	return r.WithContext(ctx), nil
}

// newSession empties the session and puts it under a new token: a token that
// somebody planted before is worth nothing (session fixation).
func (m *Mux) newSession(ctx context.Context) error {
	if err := m.sessions.Clear(ctx); err != nil {
		return err
	}
	return m.sessions.RenewToken(ctx)
}

// signedIn begins the session of user and returns the page to go to.
func (m *Mux) signedIn(ctx context.Context, user string) (next string, err error) {
	next = localPath(m.sessions.GetString(ctx, nextKey))
	if err := m.newSession(ctx); err != nil {
		return "", err
	}
	m.sessions.Put(ctx, userKey, user)
	m.sessions.Put(ctx, sinceKey, strconv.FormatInt(m.now().UnixMicro(), 10))
	return next, nil
}

// since returns when the session's user signed in.
func (m *Mux) since(ctx context.Context) time.Time {
	micro, err := strconv.ParseInt(m.sessions.GetString(ctx, sinceKey), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMicro(micro)
}

// errSignIn sends a person to the sign-in page.
var errSignIn = errors.New("web: sign in first")

func notSignedIn() error {
	return law.Refuse(law.Unauthenticated, "not_signed_in", "2017/2226 art 43(2)",
		"Sign in, or send a valid token or client certificate.")
}

// nextOf names the page asked for, without its query, as a query value.
func nextOf(r *http.Request) string { return url.QueryEscape(r.URL.Path) }

// localPath returns path when it is one of this server, else "/".
func localPath(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		!strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.ContainsAny(u.Path, "\\\r\n\t") ||
		strings.HasPrefix(u.Path, "/sign-") {
		return "/"
	}
	return u.EscapedPath()
}
