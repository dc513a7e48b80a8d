package access

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"limen/db"
	"limen/db/dbtest"
	"limen/law"
	"limen/ledger"
)

// gate is a house with nothing in it but its door and its identities.
type gate struct {
	t     *testing.T
	ctx   context.Context
	clock *dbtest.Clock
	store *db.Store
	log   *ledger.Log
	ids   *Identities
}

var gateSecret = bytes.Repeat([]byte{7}, 32)

var gateOptions = IdentityOptions{Secret: gateSecret, RPID: "limen.example", Origins: []string{"https://limen.example"}, Demo: true}

// eachGate runs fn on both engines, at a moment that stands still.
func eachGate(t *testing.T, fn func(*gate)) {
	t.Helper()
	eachGateLogging(t, nil, fn)
}

func eachGateLogging(t *testing.T, to *slog.Logger, fn func(*gate)) {
	t.Helper()
	clock := dbtest.NewClock(time.Date(2026, 11, 2, 8, 0, 10, 0, time.UTC))
	schemas := []db.Schema{ledger.Schema(), Schema(), noteSchema}
	dbtest.EachWith(t, schemas, db.Options{Clock: clock.Now, Log: to}, func(t *testing.T, s *db.Store) {
		key, err := ledger.NewKey("limen.example/test")
		if err != nil {
			t.Fatal(err)
		}
		log, err := ledger.Open(context.Background(), s, key, ledger.Options{})
		if err != nil {
			t.Fatal(err)
		}
		g := &gate{t: t, ctx: context.Background(), clock: clock, store: s, log: log}
		g.ids = g.open(gateOptions)
		fn(g)
	})
}

func (g *gate) open(o IdentityOptions) *Identities {
	g.t.Helper()
	ids, err := OpenIdentities(g.store, g.log, o)
	if err != nil {
		g.t.Fatal(err)
	}
	ids.hasher = cheapHasher()
	return ids
}

// cheapHasher spares the tests that are not about passwords their cost.
var cheapHasher = sync.OnceValue(func() *hasher { return newHasher(cost{memory: 64, passes: 1, lanes: 1}) })

const gatePassword = "copper kettle by the harbour"

// account makes an account with gatePassword.
func (g *gate) account(user string, role Role) Account {
	g.t.Helper()
	a, _, err := g.ids.Create(g.ctx, NewAccount{User: user, Role: role, Password: gatePassword,
		Authority: Authority{State: "POL", Name: "Straż Graniczna, Medyka"}})
	if err != nil {
		g.t.Fatal(err)
	}
	return a
}

const desk = "192.0.2.7"

// signIn passes both factors.
func (g *gate) signIn(user string) Account {
	g.t.Helper()
	pending, err := g.ids.CheckPassword(g.ctx, user, gatePassword, desk)
	if err != nil {
		g.t.Fatal(err)
	}
	code, err := g.ids.DemoCode(g.ctx, user)
	if err != nil {
		g.t.Fatal(err)
	}
	a, err := g.ids.FinishTOTP(g.ctx, pending, code)
	if err != nil {
		g.t.Fatal(err)
	}
	return a
}

// entries returns the log's entries of one operation, or all for "".
func (g *gate) entries(op Op) []ledger.Record {
	g.t.Helper()
	var page ledger.Page
	err := g.store.Read(g.ctx, func(tx *db.Tx) (err error) {
		page, err = g.log.Entries(tx, ledger.Filter{Operation: string(op), Limit: 1000})
		return err
	})
	if err != nil {
		g.t.Fatal(err)
	}
	return page.Records
}

// refused fails unless err is a refusal with this code.
func (g *gate) refused(err error, code law.Code) *law.Refusal {
	g.t.Helper()
	return refusedWith(g.t, err, code)
}

func refusedWith(t *testing.T, err error, code law.Code) *law.Refusal {
	t.Helper()
	var r *law.Refusal
	if !errors.As(err, &r) || r.Code != code {
		t.Fatalf("got %v, want the refusal %s", err, code)
	}
	if r.Cite != "" {
		if _, err := r.Cite.Parse(); err != nil {
			t.Error(err)
		}
	}
	return r
}

func (g *gate) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// TestArt43_2_RolesAndGrantsAreWhole: every role has a kind of authority, every
// operation and grant can be hung at a door, and the administrator's grants
// reach neither the log nor travellers. (EES-050)
func TestArt43_2_RolesAndGrantsAreWhole(t *testing.T) {
	for _, role := range Roles {
		if kind := RoleKind(role); !slices.Contains(Kinds, kind) || kind == Duty {
			t.Errorf("role %s belongs to the kind %q", role, kind)
		}
	}
	if RoleKind("emperor") != "" {
		t.Error("an unknown role belongs to a kind of authority")
	}
	d, err := NewDoor(nil, nil, Operations(), Grants())
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range d.Grants() {
		switch g.Kind {
		case Administrator:
			if g.Purpose != SystemOperation || len(g.Returns) != 0 || strings.HasPrefix(string(g.Op), "ledger.") {
				t.Errorf("the administrator has %+v", g)
			}
		case Supervisor:
			if g.Purpose != Oversight || !slices.Equal(g.Returns, []Category{LogEntries}) || !strings.HasPrefix(string(g.Op), "ledger.") {
				t.Errorf("the supervisor has %+v", g)
			}
		default:
			t.Errorf("%s has a grant of this room", g.Kind)
		}
	}
	for _, op := range []Op{OpReadLog, OpVerifyLog, OpExportLog} {
		if _, ok := d.Granted(Supervisor, Oversight, op); !ok {
			t.Errorf("the supervisor may not %s", op)
		}
		if _, ok := d.Granted(Administrator, SystemOperation, op); ok {
			t.Errorf("the administrator may %s", op)
		}
	}
}

// TestArt43_2_AccountsAreUniqueAndKept: an account is made once, closes and
// opens, and its principal follows its role. Each change is logged.
func TestArt43_2_AccountsAreUniqueAndKept(t *testing.T) {
	eachGate(t, func(g *gate) {
		made := g.account("anna.nowak", BorderGuard)
		if !made.HasTOTP || made.Disabled || made.Passkeys != 0 || !made.CreatedAt.Equal(g.clock.Now()) || made.Officer != "anna.nowak" {
			t.Errorf("made %+v", made)
		}
		_, _, err := g.ids.Create(g.ctx, NewAccount{User: " Anna.Nowak ", Role: VisaOfficer, Password: gatePassword,
			Authority: Authority{State: "POL", Name: "Konsulat"}})
		g.refused(err, "account_exists")

		p, a, err := g.ids.PrincipalOf(g.ctx, "anna.nowak")
		g.must(err)
		if p.Authority.Kind != Border || p.Channel != "session" || p.Only != nil || a.User != "anna.nowak" {
			t.Errorf("principal %+v of %+v", p, a)
		}
		g.must(g.ids.ChoosePost(g.ctx, "anna.nowak", "PLMED"))
		if _, a, _ := g.ids.PrincipalOf(g.ctx, "anna.nowak"); a.Post != "PLMED" {
			t.Errorf("post is %q", a.Post)
		}

		g.must(g.ids.Disable(g.ctx, "anna.nowak"))
		_, _, err = g.ids.PrincipalOf(g.ctx, "anna.nowak")
		g.refused(err, "signed_out")
		g.must(g.ids.Enable(g.ctx, "anna.nowak"))
		if _, _, err = g.ids.PrincipalOf(g.ctx, "anna.nowak"); err != nil {
			t.Error(err)
		}
		g.refused(g.ids.Disable(g.ctx, "nobody"), "account_unknown")

		before := made.SecretsAt
		g.clock.Advance(time.Hour)
		g.must(g.ids.SetPassword(g.ctx, "anna.nowak", "a lantern over seven bridges"))
		_, a, err = g.ids.PrincipalOf(g.ctx, "anna.nowak")
		g.must(err)
		if !a.SecretsAt.After(before) {
			t.Error("a new password does not end the sessions before it")
		}
		list, err := g.ids.Accounts(g.ctx)
		g.must(err)
		if len(list) != 1 || list[0].User != "anna.nowak" {
			t.Errorf("accounts %+v", list)
		}
		for op, want := range map[Op]int{OpCreateAccount: 1, OpChoosePost: 1, OpDisableAccount: 1, OpEnableAccount: 1, OpSetPassword: 1} {
			entries := g.entries(op)
			if len(entries) != want {
				t.Errorf("%d entries of %s, want %d", len(entries), op, want)
				continue
			}
			e := entries[0]
			if e.Entry.Outcome != "done" || len(e.Entry.Subjects) != 0 || !e.Proves("account", "anna.nowak") || e.Entry.Grant != staffCite {
				t.Errorf("entry of %s: %+v", op, e.Entry)
			}
		}
	})
}

// TestArt43_2_NewAccountsAreChecked: what an account is made of is looked at
// field by field.
func TestArt43_2_NewAccountsAreChecked(t *testing.T) {
	eachGate(t, func(g *gate) {
		good := NewAccount{User: "ok", Role: BorderGuard, Password: gatePassword, Authority: Authority{State: "D", Name: "Bundespolizei"}}
		for _, c := range []struct {
			code law.Code
			spot func(*NewAccount)
		}{
			{"user_invalid", func(n *NewAccount) { n.User = "x" }},
			{"user_invalid", func(n *NewAccount) { n.User = "two words" }},
			{"user_invalid", func(n *NewAccount) { n.User = strings.Repeat("a", 65) }},
			{"user_invalid", func(n *NewAccount) { n.User = "unknown" }},
			{"user_invalid", func(n *NewAccount) { n.User = "command_line" }},
			{"role_unknown", func(n *NewAccount) { n.Role = "emperor" }},
			{"role_of_other_authority", func(n *NewAccount) { n.Authority.Kind = Supervisor }},
			{"state_invalid", func(n *NewAccount) { n.Authority.State = "Germany" }},
			{"authority_name_invalid", func(n *NewAccount) { n.Authority.Name = "a\x1bb" }},
			{"password_too_short", func(n *NewAccount) { n.Password = "" }},
		} {
			n := good
			c.spot(&n)
			_, _, err := g.ids.Create(g.ctx, n)
			if r := g.refused(err, c.code); r.Field == "" {
				t.Errorf("%s names no field", c.code)
			}
		}
	})
}

// TestArt46_ManagementPassesTheDoor: an administrator's acts take a pass for
// that very act, leave one entry, and carry no secret into a kept answer.
func TestArt46_ManagementPassesTheDoor(t *testing.T) {
	eachGate(t, func(g *gate) {
		d, err := NewDoor(g.store, g.log, Operations(), Grants())
		g.must(err)
		admin := g.account("root.ada", AdministratorRole).Principal("session")
		knock := func(op Op) Request { return Request{Principal: admin, Op: op} }

		var shown TOTPEnrolment
		once := &db.Once{Holder: "root.ada", Key: "k1"}
		req := knock(OpCreateAccount)
		req.Once = once
		n := NewAccount{User: "jan", Role: CarrierAgent, Password: gatePassword, Authority: Authority{State: "POL", Name: "LOT"}}
		n, err = g.ids.Prepare(g.ctx, n)
		g.must(err)
		if n.Password != "" {
			t.Error("a prepared account still carries its password")
		}
		type made struct {
			Account   Account
			Enrolment TOTPEnrolment
		}
		create := func(p Pass) (made, error) {
			a, e, err := g.ids.CreateAccount(p, n)
			shown = e
			return made{a, e}, err
		}
		m, err := Run(g.ctx, d, req, create)
		g.must(err)
		if m.Account.User != "jan" || m.Enrolment.Secret == "" || !strings.HasPrefix(m.Enrolment.URL, "otpauth://totp/Limen:jan?") {
			t.Errorf("made %+v", m.Account)
		}
		again, err := Run(g.ctx, d, req, create)
		g.must(err)
		if again.Account.User != "jan" || again.Enrolment.Secret != "" {
			t.Error("the answer kept under the idempotency key has the secret")
		}
		if fmt.Sprintf("%v %+v %#v", shown, shown, shown) != strings.Repeat("(one-time code secret) ", 3)[:3*23-1] {
			t.Errorf("an enrolment prints as %v %+v %#v", shown, shown, shown)
		}

		// Behind another operation's pass nothing happens.
		_, err = Run(g.ctx, d, knock(OpListAccounts), func(p Pass) (int, error) { return 0, g.ids.DisableAccount(p, "jan") })
		if err == nil || !strings.Contains(err.Error(), "does not serve") {
			t.Errorf("a pass for another operation: %v", err)
		}
		if _, err := g.ids.ListAccounts(Pass{}); !errors.Is(err, ErrNoPass) {
			t.Errorf("an empty pass: %v", err)
		}

		_, err = Run(g.ctx, d, knock(OpDisableAccount), func(p Pass) (int, error) { return 0, g.ids.DisableAccount(p, "root.ada") })
		g.refused(err, "own_account")
		act := func(op Op, fn func(Pass) error) {
			t.Helper()
			_, err := Run(g.ctx, d, knock(op), func(p Pass) (int, error) { return 0, fn(p) })
			g.must(err)
		}
		act(OpDisableAccount, func(p Pass) error { return g.ids.DisableAccount(p, "jan") })
		act(OpEnableAccount, func(p Pass) error { return g.ids.EnableAccount(p, "jan") })
		act(OpSetPassword, func(p Pass) error { return g.ids.SetAccountPassword(p, "jan", "a lantern over seven bridges") })
		var second TOTPEnrolment
		act(OpResetTOTP, func(p Pass) (err error) { second, err = g.ids.ResetTOTP(p, "jan"); return err })
		if second.Secret == shown.Secret || second.Secret == "" {
			t.Error("the new enrolment has the old secret or none")
		}
		var accounts []Account
		act(OpListAccounts, func(p Pass) (err error) { accounts, err = g.ids.ListAccounts(p); return err })
		if len(accounts) != 2 {
			t.Errorf("%d accounts", len(accounts))
		}
		var made2 NewSecret
		act(OpCreateToken, func(p Pass) (err error) {
			made2, err = g.ids.CreateToken(p, "jan", []Op{"carrier.ask"}, time.Hour, "check-in desk")
			return err
		})
		if _, err := g.ids.ByToken(g.ctx, made2.Secret); err != nil {
			t.Error(err)
		}
		var tokens []Token
		act(OpListTokens, func(p Pass) (err error) { tokens, err = g.ids.ListTokens(p, "jan"); return err })
		if len(tokens) != 1 || tokens[0].ID != made2.ID {
			t.Errorf("tokens %+v", tokens)
		}
		act(OpRevokeToken, func(p Pass) error { return g.ids.WithdrawToken(p, "jan", made2.ID) })
		_, err = g.ids.ByToken(g.ctx, made2.Secret)
		g.refused(err, "token_revoked")

		for _, e := range g.entries(OpDisableAccount) {
			if e.Entry.Officer != "root.ada" || e.Entry.Grant != staffCite {
				t.Errorf("entry %+v", e.Entry)
			}
			if e.Entry.Outcome == "done" && !e.Proves("account", "jan") {
				t.Error("the entry does not prove which account was disabled")
			}
		}
		guard := g.account("guard", BorderGuard).Principal("session")
		_, err = Run(g.ctx, d, Request{Principal: guard, Op: OpListAccounts}, func(p Pass) ([]Account, error) { return g.ids.ListAccounts(p) })
		g.refused(err, "not_granted")
	})
}

// TestArt43_2_PurgeIsBounded: what has ended goes, what has not stays.
func TestArt43_2_PurgeIsBounded(t *testing.T) {
	eachGate(t, func(g *gate) {
		g.account("anna", BorderGuard)
		_, err := g.ids.CheckPassword(g.ctx, "anna", gatePassword, desk)
		g.must(err)
		_, err = g.ids.BeginPasskeyRegistration(g.ctx, "anna")
		g.must(err)
		g.must(g.ids.SessionStore().CommitCtx(g.ctx, "s1", []byte("x"), time.Time{}))
		_, _, err = g.ids.NewToken(g.ctx, "anna", []Op{"ees.search"}, time.Hour, "short")
		g.must(err)
		_, _, err = g.ids.NewToken(g.ctx, "anna", []Op{"ees.search"}, 365*24*time.Hour, "long")
		g.must(err)
		if n, err := g.ids.Purge(g.ctx); n != 0 || err != nil {
			t.Errorf("purged %d of what has not ended, %v", n, err)
		}
		g.clock.Advance(24 * time.Hour)
		g.must(g.ids.SessionStore().CommitCtx(g.ctx, "s2", []byte("x"), time.Time{}))
		if n, err := g.ids.Purge(g.ctx); n != 3 || err != nil {
			t.Errorf("purged %d instead of the session, the sign-in and the ceremony, %v", n, err)
		}
		g.clock.Advance(100 * 24 * time.Hour)
		if n, err := g.ids.Purge(g.ctx); n != 2 || err != nil {
			t.Errorf("purged %d instead of a session and the short token, %v", n, err)
		}
		g.must(g.store.Write(g.ctx, func(tx *db.Tx) error {
			rows := make([][]any, 0, 1200)
			for n := range 1200 {
				rows = append(rows, []any{fmt.Sprint("old", n), []byte{1}, int64(1), int64(1), int64(1)})
			}
			return tx.Bulk("access_session", []string{"token", "data", "created_at", "touched_at", "expires_at"}, rows)
		}))
		if n, err := g.ids.Purge(g.ctx); n != 1200 || err != nil {
			t.Errorf("purged %d of 1200, %v", n, err)
		}
	})
}

// TestOpenIdentitiesNeedsItsSecret: no secret, no start.
func TestOpenIdentitiesNeedsItsSecret(t *testing.T) {
	for _, secret := range [][]byte{nil, make([]byte, 16), make([]byte, 33)} {
		if _, err := OpenIdentities(nil, nil, IdentityOptions{Secret: secret}); err == nil {
			t.Errorf("opened with a secret of %d bytes", len(secret))
		}
	}
	if _, err := OpenIdentities(nil, nil, IdentityOptions{Secret: gateSecret, RPID: "https://limen.example"}); err == nil {
		t.Error("opened with an address in the place of a domain")
	}
}

// TestArt43_2_SecretsStayHidden: no password, code, token or key reaches the
// program's own log, an error, the tamper-evident log or a column in clear.
func TestArt43_2_SecretsStayHidden(t *testing.T) {
	var out syncBuffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() { slog.SetDefault(old) })
	eachGateLogging(t, slog.Default(), func(g *gate) {
		var errs []string
		note := func(err error) {
			if err != nil {
				errs = append(errs, err.Error())
			}
		}
		_, shown, err := g.ids.Create(g.ctx, NewAccount{User: "anna", Role: BorderGuard, Password: gatePassword,
			Authority: Authority{State: "POL", Name: "Medyka"}})
		g.must(err)
		const weak, wrong = "zanzibar1", "mountain pass in fog"
		_, _, err = g.ids.Create(g.ctx, NewAccount{User: "ewa", Role: BorderGuard, Password: weak, Authority: Authority{State: "POL", Name: "Medyka"}})
		note(err)
		_, err = g.ids.CheckPassword(g.ctx, "anna", wrong, desk)
		note(err)
		_, err = g.ids.CheckPassword(g.ctx, wrong, wrong, desk) // typed into the wrong field
		note(err)
		pending, err := g.ids.CheckPassword(g.ctx, "anna", gatePassword, desk)
		g.must(err)
		_, err = g.ids.FinishTOTP(g.ctx, pending, "000000")
		note(err)
		_, err = g.ids.FinishPasskeySignIn(g.ctx, pending, []byte(`{"id":"`+shown.Secret+`"}`))
		note(err)
		note(g.ids.FinishPasskeyRegistration(g.ctx, "anna", []byte(shown.Secret)))
		code, err := g.ids.DemoCode(g.ctx, "anna")
		g.must(err)
		_, err = g.ids.FinishTOTP(g.ctx, pending, code)
		g.must(err)
		_, err = g.ids.FinishTOTP(g.ctx, pending, code)
		note(err)
		token, _, err := g.ids.NewToken(g.ctx, "anna", []Op{"ees.search"}, time.Hour, "script")
		g.must(err)
		flipped := token[:len(token)-2] + "aa"
		_, err = g.ids.ByToken(g.ctx, flipped)
		note(err)
		_, err = g.open(IdentityOptions{Secret: bytes.Repeat([]byte{8}, 32), Demo: true}).DemoCode(g.ctx, "anna")
		note(err)
		if len(errs) < 8 {
			t.Fatalf("only %d attempts failed: %q", len(errs), errs)
		}

		var all strings.Builder
		all.WriteString(out.String() + strings.Join(errs, "\n"))
		for _, r := range g.entries("") {
			fmt.Fprintf(&all, "%+v\n", r)
		}
		g.must(g.store.Read(g.ctx, func(tx *db.Tx) error {
			for _, column := range []string{"user_name || password FROM access_account", "totp FROM access_account",
				"hash || user_name || ceremony FROM access_pending", "hash FROM access_token", "scope || name FROM access_token"} {
				rows, err := tx.Query("SELECT " + column)
				if err != nil {
					return err
				}
				for rows.Next() {
					var b []byte
					if err := rows.Scan(&b); err != nil {
						return err
					}
					all.Write(b)
				}
				if err := rows.Err(); err != nil {
					return err
				}
			}
			return nil
		}))
		raw, err := totpEncoding.DecodeString(shown.Secret)
		g.must(err)
		for name, secret := range map[string]string{"password": gatePassword, "weak password": weak, "wrong password": wrong,
			"code secret": shown.Secret, "raw code secret": string(raw), "handle": pending, "token": token,
			"token secret": token[len(token)-tokenSecretChars:], "wrong token": flipped[len(flipped)-tokenSecretChars:]} {
			if strings.Contains(all.String(), secret) {
				t.Errorf("the %s appears", name)
			}
		}
	})
}

// syncBuffer is a buffer that several goroutines may log to.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
