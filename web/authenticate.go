package web

import (
	"errors"
	"net/http"
	"strings"

	"limen/access"
	"limen/law"
)

// authenticate learns who sent the request.
//
// Programs say it by an Authorization header or else by a client certificate;
// an answer is never given on a weaker proof than the one offered, so a bad
// token is refused even beside a good session. People have a session, which
// the API takes as well: its cookie is never sent from another site, and
// Mux.admit has refused requests that change anything from there.
func (m *Mux) authenticate(w *recorder, r *http.Request, v *visit) (*http.Request, error) {
	ctx := r.Context()
	var err error
	if v.route.api {
		if header := r.Header["Authorization"]; len(header) > 0 {
			token, isBearer := strings.CutPrefix(header[0], "Bearer ")
			if len(header) != 1 || !isBearer || token == "" {
				return r, law.Refuse(law.Unauthenticated, "authorization_unreadable", "",
					"The header Authorization must be the word Bearer, a space and one token.")
			}
			v.principal, err = m.options.Identities.ByToken(ctx, token)
			v.known = err == nil
			return r, err
		}
		if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
			v.principal, err = m.options.Identities.ByCertificate(ctx, r.TLS.VerifiedChains[0][0])
			v.known = err == nil
			return r, err
		}
		if _, err := r.Cookie(sessionCookie); err != nil {
			return r, nil
		}
	}

	r, err = m.loadSession(w, r)
	if err != nil {
		return r, err
	}
	ctx = r.Context()
	user := m.sessions.GetString(ctx, userKey)
	if user == "" {
		return r, nil
	}
	v.principal, v.account, err = m.options.Identities.PrincipalOf(ctx, user)
	var refusal *law.Refusal
	if errors.As(err, &refusal) || err == nil && m.since(ctx).Before(v.account.SecretsAt) {
		// The account was closed, or its password or second factor replaced,
		// since: the session ends with that.
		v.principal, v.account = access.Principal{}, access.Account{}
		return r, m.sessions.Destroy(ctx)
	}
	v.known = err == nil
	return r, err
}
