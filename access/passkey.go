package access

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"limen/db"
	"limen/law"
)

// Passkeys (WebAuthn level 3) are a second factor after the password, in the
// place of the one-time code. The challenge is kept here, never at the
// browser, and serves once.
const (
	ceremonyFor       = 5 * time.Minute
	passkeysOfAccount = 10
	passkeyBody       = 64 << 10 // bytes; a browser's answer has a few thousand
)

// newPasskeys fails on a domain or origin that browsers would not accept.
func newPasskeys(o IdentityOptions) (*webauthn.WebAuthn, error) {
	w, err := webauthn.New(&webauthn.Config{
		RPID: o.RPID, RPDisplayName: o.Issuer, RPOrigins: o.Origins,
		// Which make the authenticator is of makes no difference here, so its
		// attestation is not asked for.
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:      protocol.ResidentKeyRequirementDiscouraged,
			UserVerification: protocol.VerificationPreferred,
		},
		// The library's own time limit reads the wall clock; ours is in the rows.
		Timeouts: webauthn.TimeoutsConfig{
			Login:        webauthn.TimeoutConfig{Timeout: pendingFor, TimeoutUVD: pendingFor},
			Registration: webauthn.TimeoutConfig{Timeout: ceremonyFor, TimeoutUVD: ceremonyFor},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("access: passkeys: %w", err)
	}
	return w, nil
}

// passkeyUser shows an account to the library.
type passkeyUser struct {
	accountRow
	credentials []webauthn.Credential
}

func (u passkeyUser) WebAuthnID() []byte                         { return u.handle }
func (u passkeyUser) WebAuthnName() string                       { return u.User }
func (u passkeyUser) WebAuthnDisplayName() string                { return u.User }
func (u passkeyUser) WebAuthnCredentials() []webauthn.Credential { return u.credentials }

func passkeyUserOf(tx *db.Tx, r accountRow) (passkeyUser, error) {
	u := passkeyUser{accountRow: r}
	rows, err := tx.Query(`SELECT credential FROM access_passkey WHERE user_name = $1 ORDER BY created_at, id`, r.User)
	if err != nil {
		return u, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		var c webauthn.Credential
		if err := rows.Scan(&text); err != nil {
			return u, err
		}
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			return u, errors.New("access: stored passkey cannot be read")
		}
		u.credentials = append(u.credentials, c)
	}
	return u, rows.Err()
}

func passkeysOff() error {
	return law.Refuse(law.Unavailable, "passkeys_off", staffCite, "Passkeys are not set up here. Use the code of your authenticator app.")
}

func passkeyInvalid() *law.Refusal {
	return law.Refuse(law.BadInput, "passkey_invalid", staffCite,
		"The passkey's answer could not be accepted. Start the registration again.")
}

// BeginPasskeyRegistration returns what the page hands to
// navigator.credentials.create, as JSON. It is for an account's holder, who is
// signed in. Refusals: "passkeys_off", "account_unknown", "too_many_passkeys".
func (i *Identities) BeginPasskeyRegistration(ctx context.Context, user string) (options []byte, err error) {
	if i.passkey == nil {
		return nil, passkeysOff()
	}
	err = i.store.Write(ctx, func(tx *db.Tx) error {
		r, err := existing(tx, user)
		if err != nil {
			return err
		}
		u, err := passkeyUserOf(tx, r)
		if err != nil {
			return err
		}
		if len(u.credentials) >= passkeysOfAccount {
			return law.Refuse(law.TooMuch, "too_many_passkeys", staffCite, "This account has 10 passkeys. Remove one first.")
		}
		creation, session, err := i.passkey.BeginRegistration(u,
			webauthn.WithExclusions(webauthn.Credentials(u.credentials).CredentialDescriptors()))
		if err != nil {
			return fmt.Errorf("access: passkey registration: %w", err)
		}
		data, err := json.Marshal(session)
		if err != nil {
			return err
		}
		if options, err = json.Marshal(creation); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO access_ceremony (user_name, data, expires_at) VALUES ($1, $2, $3)
			ON CONFLICT (user_name) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`,
			user, string(data), tx.Now().Add(ceremonyFor).UnixMicro())
		return err
	})
	return options, err
}

// FinishPasskeyRegistration stores the passkey that the browser answered with.
// Refusals: "passkeys_off", "passkey_invalid", "passkey_ceremony_expired",
// "passkey_exists". The challenge is spent by the first answer that can be read.
func (i *Identities) FinishPasskeyRegistration(ctx context.Context, user string, body []byte) error {
	if i.passkey == nil {
		return passkeysOff()
	}
	answer, err := parseCreation(body)
	if err != nil {
		return err
	}
	var refusal *law.Refusal
	err = i.store.Write(ctx, func(tx *db.Tx) error {
		refusal = nil
		r, err := existing(tx, user)
		if err != nil {
			return err
		}
		session, err := takeCeremony(tx, user)
		if err != nil {
			return err
		}
		u, err := passkeyUserOf(tx, r)
		if err != nil {
			return err
		}
		e := event{op: OpAddPasskey, who: r.Principal("session"), account: user}
		credential, err := i.passkey.CreateCredential(u, session, answer)
		switch {
		case err != nil:
			refusal = passkeyInvalid() // the cause repeats the browser's words
		default:
			text, err := json.Marshal(credential)
			if err != nil {
				return err
			}
			now := tx.Now().UnixMicro()
			rows, err := tx.Exec(`INSERT INTO access_passkey (user_name, id, credential, created_at, used_at)
				VALUES ($1, $2, $3, $4, 0) ON CONFLICT DO NOTHING`, user, passkeyID(credential.ID), string(text), now)
			if err != nil {
				return err
			}
			if rows == 0 {
				refusal = law.Refuse(law.Conflict, "passkey_exists", staffCite, "This passkey is registered already.")
			}
		}
		if refusal != nil {
			e.refusal = refusal.Code
		}
		return i.append(tx, e)
	})
	i.forget(user)
	if err == nil && refusal != nil {
		return refusal
	}
	return err
}

// parseCreation reads a browser's answer to navigator.credentials.create.
func parseCreation(body []byte) (*protocol.ParsedCredentialCreationData, error) {
	if len(body) > passkeyBody {
		return nil, passkeyInvalid()
	}
	answer, err := protocol.ParseCredentialCreationResponseBytes(body)
	if err != nil {
		return nil, passkeyInvalid()
	}
	return answer, nil
}

// takeCeremony reads the registration under way and removes it.
func takeCeremony(tx *db.Tx, user string) (session webauthn.SessionData, err error) {
	var data string
	err = tx.Row(`SELECT data FROM access_ceremony WHERE user_name = $1 AND expires_at > $2`, user, tx.Now().UnixMicro()).Scan(&data)
	if errors.Is(err, db.ErrNoRows) {
		return session, law.Refuse(law.Conflict, "passkey_ceremony_expired", staffCite,
			"This registration took too long or was finished already. Start it again.")
	}
	if err != nil {
		return session, err
	}
	if _, err := tx.Exec(`DELETE FROM access_ceremony WHERE user_name = $1`, user); err != nil {
		return session, err
	}
	if err := json.Unmarshal([]byte(data), &session); err != nil {
		return session, errors.New("access: stored passkey ceremony cannot be read")
	}
	return session, nil
}

func passkeyID(id []byte) string { return base64.RawURLEncoding.EncodeToString(id) }

// BeginPasskeySignIn returns what the page hands to navigator.credentials.get,
// as JSON. Refusals: "passkeys_off", "no_passkey", "sign_in_expired",
// "sign_in_refused".
func (i *Identities) BeginPasskeySignIn(ctx context.Context, pending Pending) (options []byte, err error) {
	if i.passkey == nil {
		return nil, passkeysOff()
	}
	err = i.store.Write(ctx, func(tx *db.Tx) error {
		p, r, err := waiting(tx, pending)
		if err != nil {
			return err
		}
		u, err := passkeyUserOf(tx, r)
		if err != nil {
			return err
		}
		if len(u.credentials) == 0 {
			return law.Refuse(law.Conflict, "no_passkey", staffCite, "This account has no passkey. Use the code of your authenticator app.")
		}
		assertion, session, err := i.passkey.BeginLogin(u)
		if err != nil {
			return fmt.Errorf("access: passkey sign-in: %w", err)
		}
		data, err := json.Marshal(session)
		if err != nil {
			return err
		}
		if options, err = json.Marshal(assertion); err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE access_pending SET ceremony = $1 WHERE hash = $2`, string(data), p.hash)
		return err
	})
	return options, err
}

// FinishPasskeySignIn is the second factor by passkey. A counter that did not
// advance tells of a copied authenticator, and is refused like a wrong
// signature. Refusals are those of FinishTOTP, and "passkeys_off".
func (i *Identities) FinishPasskeySignIn(ctx context.Context, pending Pending, body []byte) (Account, error) {
	if i.passkey == nil {
		return Account{}, passkeysOff()
	}
	answer := parseAssertion(body)
	return i.finish(ctx, pending, func(tx *db.Tx, p pendingRow, r accountRow) (bool, error) {
		if answer == nil || p.ceremony == "" {
			return false, nil
		}
		var session webauthn.SessionData
		if err := json.Unmarshal([]byte(p.ceremony), &session); err != nil {
			return false, errors.New("access: stored passkey ceremony cannot be read")
		}
		u, err := passkeyUserOf(tx, r)
		if err != nil {
			return false, err
		}
		credential, err := i.passkey.ValidateLogin(u, session, answer)
		if err != nil || credential.Authenticator.CloneWarning {
			return false, nil
		}
		text, err := json.Marshal(credential)
		if err != nil {
			return false, err
		}
		_, err = tx.Exec(`UPDATE access_passkey SET credential = $1, used_at = $2 WHERE user_name = $3 AND id = $4`,
			string(text), tx.Now().UnixMicro(), r.User, passkeyID(credential.ID))
		return err == nil, err
	})
}

// parseAssertion reads a browser's answer to navigator.credentials.get, and
// returns nil for one that cannot be read: it counts as a failed attempt.
func parseAssertion(body []byte) *protocol.ParsedCredentialAssertionData {
	if len(body) > passkeyBody {
		return nil
	}
	answer, err := protocol.ParseCredentialRequestResponseBytes(body)
	if err != nil {
		return nil
	}
	return answer
}

// Passkey describes a passkey to its holder.
type Passkey struct {
	ID        string
	CreatedAt time.Time
	UsedAt    time.Time // zero when never
}

// Passkeys lists the passkeys of user, oldest first.
func (i *Identities) Passkeys(ctx context.Context, user string) (list []Passkey, err error) {
	err = i.store.Read(ctx, func(tx *db.Tx) error {
		list = []Passkey{}
		rows, err := tx.Query(`SELECT id, created_at, used_at FROM access_passkey WHERE user_name = $1 ORDER BY created_at, id`, user)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var p Passkey
			var created, used int64
			if err := rows.Scan(&p.ID, &created, &used); err != nil {
				return err
			}
			p.CreatedAt, p.UsedAt = moment(created), moment(used)
			list = append(list, p)
		}
		return rows.Err()
	})
	return list, err
}

// RemovePasskey removes a passkey of user's, who is signed in. Refusal:
// "passkey_not_found".
func (i *Identities) RemovePasskey(ctx context.Context, user, id string) error {
	defer i.forget(user)
	return i.store.Write(ctx, func(tx *db.Tx) error {
		r, err := existing(tx, user)
		if err != nil {
			return err
		}
		rows, err := tx.Exec(`DELETE FROM access_passkey WHERE user_name = $1 AND id = $2`, user, id)
		if err != nil {
			return err
		}
		if rows == 0 {
			return law.Refuse(law.NotFound, "passkey_not_found", staffCite, "This account has no such passkey.")
		}
		return i.append(tx, event{op: OpRemovePasskey, who: r.Principal("session"), account: user})
	})
}
