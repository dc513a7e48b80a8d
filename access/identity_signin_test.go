package access

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"limen/db"
	"limen/law"
)

// TestArt43_2_SignInTakesBothFactors: the password alone opens nothing, both
// together do, and each step is logged under the person's name.
func TestArt43_2_SignInTakesBothFactors(t *testing.T) {
	eachGate(t, func(g *gate) {
		g.account("anna", BorderGuard)
		pending, err := g.ids.CheckPassword(g.ctx, " Anna ", gatePassword, desk)
		g.must(err)
		totp, passkeys, err := g.ids.SecondFactors(g.ctx, pending)
		if !totp || passkeys != 0 || err != nil {
			t.Errorf("second factors %v %d %v", totp, passkeys, err)
		}
		_, err = g.ids.FinishTOTP(g.ctx, pending, "12 34 56")
		g.refused(err, "second_factor_refused")
		code, err := g.ids.DemoCode(g.ctx, "anna")
		g.must(err)
		a, err := g.ids.FinishTOTP(g.ctx, pending, code[:3]+" "+code[3:])
		g.must(err)
		if a.User != "anna" || a.Authority.Kind != Border {
			t.Errorf("signed in as %+v", a)
		}
		_, err = g.ids.FinishTOTP(g.ctx, pending, code)
		g.refused(err, "sign_in_expired")
		g.must(g.ids.SignOut(g.ctx, "anna"))

		got := map[string]int{}
		for _, op := range []Op{OpCheckPassword, OpSignIn, OpSignOut} {
			for _, r := range g.entries(op) {
				e := r.Entry
				got[fmt.Sprint(e.Operation, " ", e.Outcome, " ", e.Refusal, " ", e.Officer)]++
				if e.System != "access" || len(e.Subjects) != 0 || len(e.Sent) != 0 {
					t.Errorf("entry %+v", e)
				}
			}
		}
		for want, n := range map[string]int{"access.check_password done  anna": 1, "access.sign_in done  anna": 1,
			"access.sign_in refused second_factor_refused anna": 1, "access.sign_in refused sign_in_expired unknown": 1,
			"access.sign_out done  anna": 1} {
			if got[want] != n {
				t.Errorf("%d entries %q, want %d; all: %v", got[want], want, n, got)
			}
		}
	})
}

// TestArt43_2_NobodyLearnsWhoHasAnAccount: an unknown user, a wrong password
// and a disabled account get the same bytes after the same work.
func TestArt43_2_NobodyLearnsWhoHasAnAccount(t *testing.T) {
	eachGate(t, func(g *gate) {
		g.ids.hasher = newHasher(presentCost)
		g.account("anna", BorderGuard)
		g.account("closed", BorderGuard)
		g.must(g.ids.Disable(g.ctx, "closed"))
		cases := []struct{ user, password string }{{"anna", "a wrong password"}, {"nobody", gatePassword}, {"closed", gatePassword},
			{"", ""}, {"not a name\x00", "x"}}
		// The least time of several rounds is compared: a busy machine only
		// adds, so rounds go on until the noise is out.
		hash := time.Hour
		took := make([]time.Duration, len(cases))
		first := ""
		alike := false
		for round := 0; !alike && round < 30; round++ {
			start := time.Now()
			presentCost.hash(gatePassword)
			hash = min(hash, time.Since(start))
			alike = round >= 2
			for n, c := range cases {
				start := time.Now()
				_, err := g.ids.CheckPassword(g.ctx, c.user, c.password, fmt.Sprintf("192.0.2.%d", round))
				if d := time.Since(start); round == 0 || d < took[n] {
					took[n] = d
				}
				text := fmt.Sprintf("%#v", *g.refused(err, "sign_in_refused"))
				if first == "" {
					first = text
				}
				if text != first {
					t.Errorf("%q answers %s instead of %s", c.user, text, first)
				}
				alike = alike && took[n] > hash/2 && took[n] < 2*hash
			}
		}
		if !alike {
			t.Errorf("%v take %v, and one hash %v", cases, took, hash)
		}
		// The lockout does not tell either.
		held := map[string]string{}
		for _, user := range []string{"anna", "nobody"} {
			for range failuresOfPair {
				g.ids.CheckPassword(g.ctx, user, "a wrong password", "198.51.100.4")
			}
			_, err := g.ids.CheckPassword(g.ctx, user, gatePassword, "198.51.100.4")
			held[user] = fmt.Sprintf("%#v", *g.refused(err, "too_many_attempts"))
		}
		if held["anna"] != held["nobody"] {
			t.Errorf("held back: %s and %s", held["anna"], held["nobody"])
		}
	})
}

// TestArt43_2_FailuresHoldBackAndTheHoldEnds: five failures close the door for
// a minute, a sixth for two, and the right password opens it again after that.
func TestArt43_2_FailuresHoldBackAndTheHoldEnds(t *testing.T) {
	eachGate(t, func(g *gate) {
		g.account("anna", BorderGuard)
		fail := func(code law.Code) *law.Refusal {
			t.Helper()
			_, err := g.ids.CheckPassword(g.ctx, "anna", "a wrong password", desk)
			return g.refused(err, code)
		}
		for range failuresOfPair {
			fail("sign_in_refused")
		}
		_, err := g.ids.CheckPassword(g.ctx, "anna", gatePassword, desk)
		r := g.refused(err, "too_many_attempts")
		if r.Kind != law.TooMuch || len(r.Facts) != 1 || r.Facts[0] != (law.Fact{Name: "retry_after_seconds", Value: "60"}) {
			t.Errorf("refusal %+v", r)
		}
		if list := g.entries(OpLockOut); len(list) != 1 || list[0].Entry.Officer != "anna" || list[0].Entry.Outcome != "refused" {
			t.Errorf("lockouts %+v", list)
		}
		// The same person elsewhere, and somebody else here, are not held.
		_, err = g.ids.CheckPassword(g.ctx, "anna", gatePassword, "203.0.113.9")
		g.must(err)
		g.clock.Advance(61 * time.Second)
		fail("sign_in_refused")
		if r := fail("too_many_attempts"); r.Facts[0].Value != "120" {
			t.Errorf("second hold is %s seconds", r.Facts[0].Value)
		}
		g.clock.Advance(2 * time.Minute)
		_, err = g.ids.CheckPassword(g.ctx, "anna", gatePassword, desk)
		g.must(err)
		// Success forgets the failures.
		for range failuresOfPair - 1 {
			fail("sign_in_refused")
		}
		_, err = g.ids.CheckPassword(g.ctx, "anna", gatePassword, desk)
		g.must(err)
	})
}

// TestArt43_2_SignInsUnderWayEnd: after five minutes, after five failures,
// with the account, and with a new password.
func TestArt43_2_SignInsUnderWayEnd(t *testing.T) {
	eachGate(t, func(g *gate) {
		g.account("anna", BorderGuard)
		begin := func() Pending {
			t.Helper()
			p, err := g.ids.CheckPassword(g.ctx, "anna", gatePassword, desk)
			g.must(err)
			return p
		}
		finish := func(p Pending) error {
			t.Helper()
			code, err := g.ids.DemoCode(g.ctx, "anna")
			g.must(err)
			_, err = g.ids.FinishTOTP(g.ctx, p, code)
			return err
		}
		p := begin()
		g.clock.Advance(pendingFor)
		g.refused(finish(p), "sign_in_expired")

		p = begin()
		for range pendingAttempts {
			_, err := g.ids.FinishTOTP(g.ctx, p, "abc")
			g.refused(err, "second_factor_refused")
		}
		g.refused(finish(p), "sign_in_expired")

		p = begin()
		g.must(g.ids.Disable(g.ctx, "anna"))
		g.must(g.ids.Enable(g.ctx, "anna"))
		g.refused(finish(p), "sign_in_expired")

		p = begin()
		g.must(g.ids.SetPassword(g.ctx, "anna", gatePassword))
		g.refused(finish(p), "sign_in_expired")

		for _, p := range []Pending{"", "x", string(make([]byte, 1<<16))} {
			g.refused(finish(p), "sign_in_expired")
		}
		g.must(finish(begin()))
	})
}

// TestArt43_2_TheSecondFactorHoldsBackToo: ten wrong codes close the account's
// second factor, however many handles the password buys.
func TestArt43_2_TheSecondFactorHoldsBackToo(t *testing.T) {
	eachGate(t, func(g *gate) {
		g.account("anna", BorderGuard)
		for n := range failuresOfSecond {
			p, err := g.ids.CheckPassword(g.ctx, "anna", gatePassword, fmt.Sprintf("192.0.2.%d", n))
			g.must(err)
			_, err = g.ids.FinishTOTP(g.ctx, p, "000000")
			g.refused(err, "second_factor_refused")
		}
		if n := len(g.entries(OpLockOut)); n != 1 {
			t.Errorf("%d lockouts", n)
		}
		p, err := g.ids.CheckPassword(g.ctx, "anna", gatePassword, desk)
		g.must(err)
		code, err := g.ids.DemoCode(g.ctx, "anna")
		g.must(err)
		_, err = g.ids.FinishTOTP(g.ctx, p, code)
		g.refused(err, "too_many_attempts")
		g.clock.Advance(firstHold)
		code, err = g.ids.DemoCode(g.ctx, "anna")
		g.must(err)
		_, err = g.ids.FinishTOTP(g.ctx, p, code)
		g.must(err)
	})
}

// TestArt43_2_ManySignInAtOnce: a shift changes; one code serves one of two
// sign-ins, and a burst of guesses gets no further than a row of them.
func TestArt43_2_ManySignInAtOnce(t *testing.T) {
	eachGate(t, func(g *gate) {
		const people = 6
		for n := range people {
			g.account(fmt.Sprintf("guard%d", n), BorderGuard)
		}
		var all sync.WaitGroup
		errs := make([]error, people)
		for n := range people {
			all.Go(func() {
				user := fmt.Sprintf("guard%d", n)
				p, err := g.ids.CheckPassword(g.ctx, user, gatePassword, desk)
				if err == nil {
					var code string
					if code, err = g.ids.DemoCode(g.ctx, user); err == nil {
						_, err = g.ids.FinishTOTP(g.ctx, p, code)
					}
				}
				errs[n] = err
			})
		}
		all.Wait()
		g.must(errors.Join(errs...))

		one, err := g.ids.CheckPassword(g.ctx, "guard0", gatePassword, desk)
		g.must(err)
		two, err := g.ids.CheckPassword(g.ctx, "guard0", gatePassword, desk)
		g.must(err)
		code, err := g.ids.DemoCode(g.ctx, "guard0")
		g.must(err)
		passed := make(chan bool, 2)
		for _, p := range []Pending{one, two} {
			all.Go(func() {
				_, err := g.ids.FinishTOTP(g.ctx, p, code)
				passed <- err == nil
			})
		}
		all.Wait()
		if a, b := <-passed, <-passed; a == b {
			t.Errorf("one code, two sign-ins at once: passed %v and %v", a, b)
		}

		refused := make(chan law.Code, 20)
		for range cap(refused) {
			all.Go(func() {
				_, err := g.ids.CheckPassword(g.ctx, "guard1", "a wrong password", "203.0.113.77")
				var r *law.Refusal
				if errors.As(err, &r) {
					refused <- r.Code
				} else {
					refused <- law.Code(fmt.Sprint(err))
				}
			})
		}
		all.Wait()
		close(refused)
		counts := map[law.Code]int{}
		for code := range refused {
			counts[code]++
		}
		if counts["sign_in_refused"] > failuresOfPair || counts["sign_in_refused"]+counts["too_many_attempts"] != 20 {
			t.Errorf("a burst of 20 guesses: %v", counts)
		}
	})
}

// TestArt43_2_OldHashesAreReplaced: a hash of another cost still opens, and is
// made anew at that moment.
func TestArt43_2_OldHashesAreReplaced(t *testing.T) {
	eachGate(t, func(g *gate) {
		g.account("anna", BorderGuard)
		cheap := cost{memory: 128, passes: 1, lanes: 1}.hash(gatePassword)
		stored := func() (s string) {
			g.must(g.store.Read(g.ctx, func(tx *db.Tx) error {
				return tx.Row(`SELECT password FROM access_account WHERE user_name = 'anna'`).Scan(&s)
			}))
			return s
		}
		g.must(g.store.Write(g.ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE access_account SET password = $1`, cheap)
			return err
		}))
		_, err := g.ids.CheckPassword(g.ctx, "anna", "a wrong password", desk)
		g.refused(err, "sign_in_refused")
		if stored() != cheap {
			t.Error("a wrong password replaced the hash")
		}
		g.signIn("anna")
		if c, _, _, err := parseHash(stored()); err != nil || c != g.ids.hasher.cost {
			t.Errorf("the hash is of cost %+v, %v", c, err)
		}
		g.clock.Advance(time.Minute)
		g.signIn("anna")
	})
}

// TestArt43_2_HoldersChangeTheirPassword: with the old one, and not without.
func TestArt43_2_HoldersChangeTheirPassword(t *testing.T) {
	eachGate(t, func(g *gate) {
		g.account("anna", BorderGuard)
		const next = "a lantern over seven bridges"
		g.refused(g.ids.ChangePassword(g.ctx, "anna", "a wrong password", next, desk), "sign_in_refused")
		g.refused(g.ids.ChangePassword(g.ctx, "anna", gatePassword, "short", desk), "password_too_short")
		g.must(g.ids.ChangePassword(g.ctx, "anna", gatePassword, next, desk))
		_, err := g.ids.CheckPassword(g.ctx, "anna", gatePassword, desk)
		g.refused(err, "sign_in_refused")
		_, err = g.ids.CheckPassword(g.ctx, "anna", next, desk)
		g.must(err)
		if n := len(g.entries(OpSetPassword)); n != 2 {
			t.Errorf("%d entries of one change and one refusal", n)
		}
	})
}

// TestArt46_AFloodOfFailuresIsCounted: beyond ten refusals a minute from one
// place the log has one count instead of one entry each.
func TestArt46_AFloodOfFailuresIsCounted(t *testing.T) {
	eachGate(t, func(g *gate) {
		ctx := WithRemote(g.ctx, "198.51.100.1:4711")
		for range 50 {
			_, err := g.ids.ByToken(ctx, "limen_nonsense")
			g.refused(err, "token_unknown")
		}
		if n := len(g.entries(OpUseToken)); n != refusalsOfPlace {
			t.Errorf("%d entries of 50 refusals, want %d", n, refusalsOfPlace)
		}
		if n := len(g.entries(OpCountRefusals)); n != 0 {
			t.Errorf("%d counts before the minute is over", n)
		}
		g.clock.Advance(time.Minute)
		for range 2 {
			_, err := g.ids.Purge(g.ctx)
			g.must(err)
		}
		list := g.entries(OpCountRefusals)
		if len(list) != 1 || list[0].Entry.Results != 50-refusalsOfPlace || !list[0].Proves("remote_address", "198.51.100.1") {
			t.Errorf("counts %+v", list)
		}
	})
}

// TestArt46_AnUnloggedRefusalIsAFault: when the log cannot be written, the
// answer is not the refusal.
func TestArt46_AnUnloggedRefusalIsAFault(t *testing.T) {
	eachGate(t, func(g *gate) {
		ctx, cancel := context.WithCancel(g.ctx)
		cancel()
		// The caller has hung up: logged all the same.
		_, err := g.ids.ByToken(ctx, "limen_nonsense")
		g.refused(err, "token_unknown")
		if n := len(g.entries(OpUseToken)); n != 1 {
			t.Errorf("%d entries", n)
		}
		g.must(g.store.Close())
		_, err = g.ids.ByToken(g.ctx, "limen_nonsense")
		var r *law.Refusal
		if err == nil || errors.As(err, &r) || !errors.Is(err, db.ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
}
