package web

import (
	"encoding/json"
	"io"
	"net/http"

	"limen/access"
)

// Passkeys are a second factor after the password, beside one-time codes. They
// are the only pages with script; what the script sends and gets is JSON.

type passkeysPage struct {
	List []access.Passkey
}

func writeAnswer(w http.ResponseWriter, body []byte) error {
	w.Header().Set("Content-Type", "application/json")
	_, err := w.Write(body)
	return err
}

func writeNext(w http.ResponseWriter, next string) error {
	body, err := json.Marshal(map[string]string{"next": next})
	if err != nil {
		return err
	}
	return writeAnswer(w, body)
}

func (m *Mux) beginPasskey(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	options, err := m.options.Identities.BeginPasskeySignIn(ctx, m.sessions.GetString(ctx, pendingKey))
	if err != nil {
		return err
	}
	return writeAnswer(w, options)
}

func (m *Mux) finishPasskey(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	account, err := m.options.Identities.FinishPasskeySignIn(ctx, m.sessions.GetString(ctx, pendingKey), body)
	if err != nil {
		return err
	}
	next, err := m.signedIn(ctx, account.User)
	if err != nil {
		return err
	}
	return writeNext(w, next)
}

func (m *Mux) passkeysPage(w http.ResponseWriter, r *http.Request) error {
	account, ok := AccountFrom(r.Context())
	if !ok {
		return notSignedIn()
	}
	list, err := m.options.Identities.Passkeys(r.Context(), account.User)
	if err != nil {
		return err
	}
	return m.own.passkeys.Render(w, r, passkeysPage{List: list})
}

func (m *Mux) beginRegistration(w http.ResponseWriter, r *http.Request) error {
	account, ok := AccountFrom(r.Context())
	if !ok {
		return notSignedIn()
	}
	options, err := m.options.Identities.BeginPasskeyRegistration(r.Context(), account.User)
	if err != nil {
		return err
	}
	return writeAnswer(w, options)
}

func (m *Mux) finishRegistration(w http.ResponseWriter, r *http.Request) error {
	account, ok := AccountFrom(r.Context())
	if !ok {
		return notSignedIn()
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if err := m.options.Identities.FinishPasskeyRegistration(r.Context(), account.User, body); err != nil {
		return err
	}
	return writeNext(w, "/account/passkeys")
}

func (m *Mux) removePasskey(w http.ResponseWriter, r *http.Request) error {
	account, ok := AccountFrom(r.Context())
	if !ok {
		return notSignedIn()
	}
	if err := m.options.Identities.RemovePasskey(r.Context(), account.User, r.PostForm.Get("id")); err != nil {
		return err
	}
	http.Redirect(w, r, "/account/passkeys", http.StatusSeeOther)
	return nil
}
