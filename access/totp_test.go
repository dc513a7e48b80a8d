package access

import (
	"bytes"
	"encoding/hex"
	"errors"
	"limen/db"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestCodesFollowTheStandard: the vectors of RFC 6238 appendix B for SHA-1,
// their last six digits.
func TestCodesFollowTheStandard(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471",
		1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got, err := totpCode(secret, at/totpPeriod); got != want || err != nil {
			t.Errorf("at %d: %s %v, want %s", at, got, err, want)
		}
	}
}

// TestArt43_2_ACodeWorksOnce: within one step of the clock, once, and never an
// earlier one after a later one.
func TestArt43_2_ACodeWorksOnce(t *testing.T) {
	eachGate(t, func(g *gate) {
		_, shown, err := g.ids.Create(g.ctx, NewAccount{User: "anna", Role: BorderGuard, Password: gatePassword,
			Authority: Authority{State: "POL", Name: "Medyka"}})
		g.must(err)
		secret, err := totpEncoding.DecodeString(shown.Secret)
		g.must(err)
		if len(secret) != totpBytes {
			t.Errorf("the secret has %d bytes", len(secret))
		}
		u, err := url.Parse(shown.URL)
		g.must(err)
		if q := u.Query(); u.Path != "/Limen:anna" || q.Get("secret") != shown.Secret || q.Get("issuer") != "Limen" || q.Get("digits") != "6" {
			t.Errorf("URL %s", shown.URL)
		}
		step := g.clock.Now().Unix() / totpPeriod
		real := g.open(IdentityOptions{Secret: gateSecret}) // a demonstration accepts codes further ahead
		try := func(offset int64) error {
			t.Helper()
			p, err := real.CheckPassword(g.ctx, "anna", gatePassword, desk)
			g.must(err)
			code, err := totpCode(secret, step+offset)
			g.must(err)
			_, err = real.FinishTOTP(g.ctx, p, code)
			return err
		}
		g.refused(try(-2), "second_factor_refused")
		g.refused(try(2), "second_factor_refused")
		g.must(try(0))
		g.refused(try(0), "second_factor_refused")
		g.refused(try(-1), "second_factor_refused")
		g.must(try(1))
		g.refused(try(1), "second_factor_refused")
		g.clock.Advance(2 * totpPeriod * time.Second)
		g.must(try(2))
	})
}

// TestDemoCodesAreForDemonstrations: only there, and each works.
func TestDemoCodesAreForDemonstrations(t *testing.T) {
	eachGate(t, func(g *gate) {
		g.account("anna", BorderGuard)
		if _, err := g.open(IdentityOptions{Secret: gateSecret}).DemoCode(g.ctx, "anna"); !errors.Is(err, ErrNoDemo) {
			t.Errorf("got %v", err)
		}
		for range 3 {
			g.signIn("anna")
		}
		g.must(g.store.Write(g.ctx, func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE access_account SET totp_step = $1", g.clock.Now().Unix()/totpPeriod+demoAhead)
			return err
		}))
		_, err := g.ids.DemoCode(g.ctx, "anna")
		g.refused(err, "demo_code_used")
		g.clock.Advance(totpPeriod * time.Second)
		g.signIn("anna")
		_, err = g.ids.DemoCode(g.ctx, "nobody")
		g.refused(err, "account_unknown")
	})
}

// TestArt43_2_ANewDeviceReplacesTheOld: codes and passkeys of the old one end,
// and so do the sessions.
func TestArt43_2_ANewDeviceReplacesTheOld(t *testing.T) {
	eachGate(t, func(g *gate) {
		before := g.account("anna", BorderGuard)
		g.register("anna")
		old, err := g.ids.DemoCode(g.ctx, "anna")
		g.must(err)
		g.clock.Advance(time.Second)
		p, err := g.ids.CheckPassword(g.ctx, "anna", gatePassword, desk)
		g.must(err)
		_, err = g.ids.EnrolTOTP(g.ctx, "anna")
		g.must(err)
		_, err = g.ids.FinishTOTP(g.ctx, p, old)
		g.refused(err, "sign_in_expired")
		p, err = g.ids.CheckPassword(g.ctx, "anna", gatePassword, desk)
		g.must(err)
		if current, err := g.ids.DemoCode(g.ctx, "anna"); err != nil || current == old {
			t.Errorf("the codes go on: %v", err)
		}
		_, err = g.ids.FinishTOTP(g.ctx, p, old)
		g.refused(err, "second_factor_refused")
		after := g.signIn("anna")
		if after.Passkeys != 0 || !after.SecretsAt.After(before.SecretsAt) {
			t.Errorf("account %+v", after)
		}
		_, err = g.ids.EnrolTOTP(g.ctx, "nobody")
		g.refused(err, "account_unknown")
	})
}

// TestSealedSecretsAreBound: to the key and to the account.
func TestSealedSecretsAreBound(t *testing.T) {
	s, err := newSealer(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	secret := []byte("12345678901234567890")
	sealed := s.close(secret, "anna")
	if bytes.Contains(sealed, secret) || bytes.Equal(sealed, s.close(secret, "anna")) {
		t.Error("sealed in clear, or twice with one nonce")
	}
	if got, err := s.open(sealed, "anna"); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("opened %x, %v", got, err)
	}
	if _, err := s.open(sealed, "ola"); err == nil {
		t.Error("opens for another account")
	}
	for n := range sealed {
		sealed[n] ^= 1
		if _, err := s.open(sealed, "anna"); err == nil {
			t.Errorf("opens with byte %d changed", n)
		} else if strings.Contains(err.Error(), hex.EncodeToString(secret)) {
			t.Error("the error has the secret")
		}
		sealed[n] ^= 1
	}
	other, err := newSealer(bytes.Repeat([]byte{2}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.open(sealed, "anna"); err == nil {
		t.Error("opens with another key")
	}
	if _, err := s.open(nil, "anna"); err == nil {
		t.Error("nothing opens")
	}
}
