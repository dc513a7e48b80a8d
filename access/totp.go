package access

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp/hotp"

	"limen/db"
	"limen/law"
)

// One-time codes follow RFC 6238 as every authenticator app does: SHA-1, six
// digits, 30 seconds. The code of the step before and after is accepted too,
// because clocks differ (RFC 6238 5.2).
const (
	totpPeriod = 30 // seconds
	totpSkew   = 1  // steps
	totpBytes  = 20 // of secret, the length of a SHA-1 (RFC 4226 4, R6)
)

// TOTPEnrolment is what the account's holder enters or scans into an
// authenticator app. It is shown once: it has no JSON form, so that an answer
// kept under an idempotency key does not keep the secret either.
type TOTPEnrolment struct {
	Secret string `json:"-"` // base32, to be typed
	URL    string `json:"-"` // otpauth://, to be scanned
}

// String hides the secret from logs.
func (TOTPEnrolment) String() string { return "(one-time code secret)" }

// GoString hides the secret from logs.
func (e TOTPEnrolment) GoString() string { return e.String() }

var totpEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// enrol makes a new secret for user: as shown to the holder, and sealed.
func (i *Identities) enrol(user string) (TOTPEnrolment, []byte) {
	secret := make([]byte, totpBytes)
	rand.Read(secret)
	typed := totpEncoding.EncodeToString(secret)
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + i.o.Issuer + ":" + user, RawQuery: url.Values{
		"secret": {typed}, "issuer": {i.o.Issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"},
	}.Encode()}
	// Apps read %20 everywhere; some show "+" as it stands.
	u.RawQuery = strings.ReplaceAll(u.RawQuery, "+", "%20")
	return TOTPEnrolment{Secret: typed, URL: u.String()}, i.seal.close(secret, user)
}

// stepOf returns the step within the skew whose code was given. Whether that
// code was used before is for whoever stores the step.
func (i *Identities) stepOf(r accountRow, code string, now time.Time) (step int64, ok bool, err error) {
	secret, err := i.seal.open(r.totp, r.User)
	if err != nil {
		return 0, false, err
	}
	code = strings.Join(strings.Fields(code), "")
	at := now.Unix() / totpPeriod
	for s := at - totpSkew; s <= at+i.ahead(); s++ {
		want, err := totpCode(secret, s)
		if err != nil {
			return 0, false, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok, nil
}

func totpCode(secret []byte, step int64) (string, error) {
	code, err := hotp.GenerateCode(totpEncoding.EncodeToString(secret), uint64(step))
	if err != nil {
		return "", errors.New("access: one-time code cannot be computed") // the cause could carry the secret
	}
	return code, nil
}

// ErrNoDemo is the answer of DemoCode outside a demonstration.
var ErrNoDemo = errors.New("access: one-time codes are shown in a demonstration only")

// demoAhead is how many steps ahead of the clock a demonstration accepts codes:
// many visitors share one account there, and a code serves one sign-in only.
const demoAhead = 60

// ahead is how many steps ahead of the clock a code is accepted.
func (i *Identities) ahead() int64 {
	if i.o.Demo {
		return demoAhead
	}
	return totpSkew
}

// DemoCode returns a code that FinishTOTP will accept now, for the
// demonstration's sign-in page. Outside a demonstration it answers with
// ErrNoDemo. Sixty sign-ins of one account can follow each other at once; the
// next ones wait for the next 30 seconds, and it refuses with "demo_code_used".
func (i *Identities) DemoCode(ctx context.Context, user string) (string, error) {
	if !i.o.Demo {
		return "", ErrNoDemo
	}
	var r accountRow
	var now time.Time
	err := i.store.Read(ctx, func(tx *db.Tx) (err error) {
		now = tx.Now()
		r, err = existing(tx, userName(user))
		return err
	})
	if err != nil {
		return "", err
	}
	secret, err := i.seal.open(r.totp, r.User)
	if err != nil {
		return "", err
	}
	at := now.Unix() / totpPeriod
	// Not the step before the present one, which may run out on the page.
	step := max(at, r.totpStep+1)
	if step > at+i.ahead() {
		return "", law.Refuse(law.Unavailable, "demo_code_used", staffCite,
			"Every code of this half minute was used. Wait for the next one.", "retry_after_seconds", "30")
	}
	return totpCode(secret, step)
}

// sealer keeps secrets at rest under AES-256-GCM, bound to the account they
// belong to: a row copied to another account does not open.
type sealer struct{ aead cipher.AEAD }

func newSealer(key []byte) (sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, fmt.Errorf("access: sealing key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return sealer{}, fmt.Errorf("access: sealing key: %w", err)
	}
	return sealer{aead}, nil
}

func (s sealer) close(secret []byte, user string) []byte {
	return s.aead.Seal(nil, nil, secret, []byte("totp of "+user))
}

func (s sealer) open(sealed []byte, user string) ([]byte, error) {
	secret, err := s.aead.Open(nil, nil, sealed, []byte("totp of "+user))
	if err != nil {
		return nil, errors.New("access: a one-time code secret does not open: the key file is not the one it was sealed with")
	}
	return secret, nil
}
