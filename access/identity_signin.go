package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"limen/db"
	"limen/law"
)

// Pending is the handle of a sign-in between the password and the second
// factor: 32 random bytes as text, of which only the hash is stored. It ends
// after five minutes, after one success, or after five failures.
type Pending = string

const (
	pendingFor      = 5 * time.Minute
	pendingAttempts = 5
)

// signInRefused is the one answer to an unknown user, a wrong password and a
// disabled account: the same bytes after the same work, so that nobody learns
// who has an account here.
func signInRefused() *law.Refusal {
	return law.Refuse(law.Unauthenticated, "sign_in_refused", staffCite,
		"User name or password is wrong, or the account is disabled.")
}

// signInExpired is the answer to a handle that is unknown, used or too old.
func signInExpired() *law.Refusal {
	return law.Refuse(law.Unauthenticated, "sign_in_expired", staffCite,
		"This sign-in took too long, failed too often or was finished already. Start again with your password.")
}

// secondFactorRefused is the answer to a wrong or used code, and to a passkey
// that does not verify.
func secondFactorRefused() *law.Refusal {
	return law.Refuse(law.Unauthenticated, "second_factor_refused", staffCite,
		"The second factor was not accepted. A code works once; wait for the next one.")
}

// userName is the form in which user names are kept and compared.
func userName(typed string) string { return strings.ToLower(strings.TrimSpace(typed)) }

// CheckPassword is the first factor: it returns the handle for the second.
//
// Refusals: "sign_in_refused", "too_many_attempts" with retry_after_seconds
// (see throttle for the counts), "sign_in_busy". remote is the address the
// request came from; failures are counted for it and for the user.
func (i *Identities) CheckPassword(ctx context.Context, user, password, remote string) (Pending, error) {
	user, remote = userName(user), placeOf(remote)
	if !validUser(user) {
		user = "" // counted and hashed like any other, and equal for all that cannot exist
	}
	a, wait := i.throttle.try(i.store.Now(), firstFactor(user, remote))
	if wait > 0 {
		return "", i.refuse(ctx, tooMany(wait), event{op: OpSignIn, remote: remote})
	}
	r, ok, stale, err := i.firstFactor(ctx, user, password)
	if err != nil {
		a.abandoned()
		return "", err
	}
	if ok {
		fresh := ""
		if stale {
			if fresh, err = i.hasher.hash(ctx, password); err != nil {
				a.abandoned()
				return "", err
			}
		}
		pending := newPending()
		err := i.begin(ctx, r.User, pending, remote, fresh)
		switch {
		case err == nil:
			a.passed()
			return pending, nil
		case !errors.Is(err, errGone):
			a.abandoned()
			return "", err
		}
	}
	events := []event{{op: OpSignIn, who: r.Principal(""), account: r.User, remote: remote}}
	if a.failed(i.store.Now()) {
		events = append(events, event{op: OpLockOut, who: r.Principal(""), account: r.User, remote: remote})
	}
	return "", i.refuse(ctx, signInRefused(), events...)
}

// firstFactor compares the password; ok is false for a disabled account too.
func (i *Identities) firstFactor(ctx context.Context, user, password string) (r accountRow, ok, stale bool, err error) {
	err = i.store.Read(ctx, func(tx *db.Tx) (err error) {
		r, _, err = accountOf(tx, user)
		return err
	})
	if err != nil {
		return r, false, false, fmt.Errorf("access: account: %w", err)
	}
	ok, stale, err = i.hasher.verify(ctx, password, r.password)
	return r, ok && !r.Disabled, stale, err
}

// errGone: the account was disabled while its password was being compared.
var errGone = errors.New("access: account disabled meanwhile")

// begin stores the handle. fresh replaces a password hash of another cost.
func (i *Identities) begin(ctx context.Context, user, pending, remote, fresh string) error {
	return i.store.Write(ctx, func(tx *db.Tx) error {
		r, found, err := accountOf(tx, user)
		if err != nil {
			return err
		}
		if !found || r.Disabled {
			return errGone
		}
		if fresh != "" {
			if _, err := tx.Exec(`UPDATE access_account SET password = $1 WHERE user_name = $2`, fresh, user); err != nil {
				return err
			}
		}
		_, err = tx.Exec(`INSERT INTO access_pending (hash, user_name, remote, attempts, ceremony, expires_at) VALUES ($1, $2, $3, 0, '', $4)`,
			pendingHash(pending), user, remote, tx.Now().Add(pendingFor).UnixMicro())
		if err != nil {
			return err
		}
		return i.append(tx, event{op: OpCheckPassword, who: r.Principal("session"), account: user, remote: remote})
	})
}

func newPending() Pending {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func pendingHash(pending Pending) string {
	sum := sha256.Sum256([]byte(pending))
	return hex.EncodeToString(sum[:])
}

// pendingRow is a sign-in under way.
type pendingRow struct {
	hash, user, remote, ceremony string
	attempts                     int64
}

// waiting reads a sign-in under way, with its account. It refuses with
// "sign_in_expired" when there is none and with "sign_in_refused" when the
// account was disabled meanwhile.
func waiting(tx *db.Tx, pending Pending) (p pendingRow, r accountRow, err error) {
	p.hash = pendingHash(pending)
	err = tx.Row(`SELECT user_name, remote, ceremony, attempts FROM access_pending WHERE hash = $1 AND expires_at > $2`,
		p.hash, tx.Now().UnixMicro()).Scan(&p.user, &p.remote, &p.ceremony, &p.attempts)
	if errors.Is(err, db.ErrNoRows) {
		return p, r, signInExpired()
	}
	if err != nil {
		return p, r, err
	}
	r, found, err := accountOf(tx, p.user)
	if err == nil && (!found || r.Disabled) {
		err = signInRefused()
	}
	return p, r, err
}

// SecondFactors tells the sign-in page what the account of a sign-in under way
// can finish with. It refuses with "sign_in_expired".
func (i *Identities) SecondFactors(ctx context.Context, pending Pending) (totp bool, passkeys int, err error) {
	err = i.store.Read(ctx, func(tx *db.Tx) error {
		_, r, err := waiting(tx, pending)
		totp, passkeys = r.HasTOTP, r.Passkeys
		return err
	})
	return totp, passkeys, err
}

// FinishTOTP is the second factor by one-time code; spaces in it do not
// matter. A code is accepted once. Refusals: "second_factor_refused",
// "sign_in_expired", "sign_in_refused", "too_many_attempts".
func (i *Identities) FinishTOTP(ctx context.Context, pending Pending, code string) (Account, error) {
	return i.finish(ctx, pending, func(tx *db.Tx, _ pendingRow, r accountRow) (bool, error) {
		step, ok, err := i.stepOf(r, code, tx.Now())
		if err != nil || !ok {
			return false, err
		}
		// A step later than every one accepted before: no code works twice,
		// and no earlier one after a later one (RFC 6238 5.2).
		n, err := tx.Exec(`UPDATE access_account SET totp_step = $1 WHERE user_name = $2 AND totp_step < $1`, step, r.User)
		return n == 1, err
	})
}

// finish ends a sign-in when proof holds. The handle, the code or counter and
// the log entry change in one transaction: if we stop before its commit, the
// next start finds the sign-in still open and the code unused; after it, the
// sign-in is done and its handle and code are spent.
func (i *Identities) finish(ctx context.Context, pending Pending, proof func(*db.Tx, pendingRow, accountRow) (bool, error)) (Account, error) {
	var p pendingRow
	var r accountRow
	err := i.store.Read(ctx, func(tx *db.Tx) (err error) {
		p, r, err = waiting(tx, pending)
		return err
	})
	if refusal, ok := asRefusal(err); ok {
		remote := p.remote
		if remote == "" {
			remote = remoteOf(ctx)
		}
		return Account{}, i.refuse(ctx, refusal, event{op: OpSignIn, who: r.Principal("session"), account: r.User, remote: remote})
	}
	if err != nil {
		return Account{}, fmt.Errorf("access: sign-in under way: %w", err)
	}
	a, wait := i.throttle.try(i.store.Now(), secondFactor(r.User))
	if wait > 0 {
		return Account{}, i.refuse(ctx, tooMany(wait), event{op: OpSignIn, who: r.Principal("session"), account: r.User, remote: p.remote})
	}

	var refusal *law.Refusal
	err = i.store.Write(ctx, func(tx *db.Tx) (err error) {
		refusal = nil
		p, r, err = waiting(tx, pending)
		if err != nil {
			return err
		}
		ok, err := proof(tx, p, r)
		if err != nil {
			return err
		}
		e := event{op: OpSignIn, who: r.Principal("session"), account: r.User, remote: p.remote}
		if ok || p.attempts+1 >= pendingAttempts {
			_, err = tx.Exec(`DELETE FROM access_pending WHERE hash = $1`, p.hash)
		} else {
			_, err = tx.Exec(`UPDATE access_pending SET attempts = attempts + 1, ceremony = '' WHERE hash = $1`, p.hash)
		}
		if err != nil {
			return err
		}
		if !ok {
			refusal = secondFactorRefused()
			e.refusal = refusal.Code
		}
		return i.append(tx, e)
	})
	if gone, ok := asRefusal(err); ok {
		// Another request finished or disabled it between the two looks.
		a.abandoned()
		return Account{}, i.refuse(ctx, gone, event{op: OpSignIn, account: p.user, remote: p.remote})
	}
	if err != nil {
		a.abandoned()
		return Account{}, fmt.Errorf("access: sign-in: %w", err)
	}
	if refusal == nil {
		a.passed()
		return r.Account, nil
	}
	if a.failed(i.store.Now()) {
		return Account{}, i.refuse(ctx, refusal, event{op: OpLockOut, who: r.Principal("session"), account: r.User, remote: p.remote})
	}
	return Account{}, refusal
}

// SignOut logs that user ended the session; the session itself is deleted by
// whoever holds its token.
func (i *Identities) SignOut(ctx context.Context, user string) error {
	return i.store.Observe(ctx, func(tx *db.Tx) error {
		r, err := existing(tx, user)
		if err != nil {
			return err
		}
		return i.append(tx, event{op: OpSignOut, who: r.Principal("session"), account: user})
	})
}
