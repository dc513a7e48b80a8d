package access

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"limen/db"
	"limen/db/dbtest"
	"limen/law"
	"limen/ledger"
)

// TestArt43_2_TokensAreScopedAndEnd: a token opens what it names, until it
// expires, is revoked, or its holder's account is closed.
func TestArt43_2_TokensAreScopedAndEnd(t *testing.T) {
	eachGate(t, func(g *gate) {
		g.account("anna", BorderGuard)
		only := []Op{"ees.search", "ees.record_crossing"}
		secret, id, err := g.ids.NewToken(g.ctx, "anna", only, time.Hour, "kiosk 4")
		g.must(err)
		if !strings.HasPrefix(secret, "limen_"+id+"_") || len(secret) != len("limen_")+16+1+52 {
			t.Errorf("token of %d characters with identifier %s", len(secret), id)
		}
		p, err := g.ids.ByToken(g.ctx, secret)
		g.must(err)
		if p.Officer != "anna" || p.Authority.Kind != Border || p.Channel != "token" || !slices.Equal(p.Only, only) {
			t.Errorf("principal %+v", p)
		}
		p.Only[0] = "everything.else"
		if p, _ = g.ids.ByToken(g.ctx, secret); p.Only[0] != "ees.search" {
			t.Error("a caller widened the cached scope")
		}

		list, err := g.ids.Tokens(g.ctx, "anna")
		g.must(err)
		if len(list) != 1 || list[0].ID != id || list[0].Name != "kiosk 4" || !slices.Equal(list[0].Only, only) || !list[0].UsedAt.Equal(g.clock.Now()) {
			t.Errorf("tokens %+v", list)
		}

		g.clock.Advance(time.Hour - time.Microsecond)
		_, err = g.ids.ByToken(g.ctx, secret)
		g.must(err)
		g.clock.Advance(time.Microsecond)
		_, err = g.ids.ByToken(g.ctx, secret)
		g.refused(err, "token_expired") // although it is in the cache

		secret, id, err = g.ids.NewToken(g.ctx, "anna", only, time.Hour, "kiosk 5")
		g.must(err)
		_, err = g.ids.ByToken(g.ctx, secret)
		g.must(err)
		g.account("ola", BorderGuard)
		g.refused(g.ids.RevokeToken(g.ctx, "ola", id), "token_not_found")
		g.must(g.ids.RevokeToken(g.ctx, "anna", id))
		g.must(g.ids.RevokeToken(g.ctx, "anna", id))
		_, err = g.ids.ByToken(g.ctx, secret)
		g.refused(err, "token_revoked")

		secret, _, err = g.ids.NewToken(g.ctx, "anna", only, time.Hour, "kiosk 6")
		g.must(err)
		_, err = g.ids.ByToken(g.ctx, secret)
		g.must(err)
		g.must(g.ids.Disable(g.ctx, "anna"))
		_, err = g.ids.ByToken(g.ctx, secret)
		g.refused(err, "token_revoked")
		_, _, err = g.ids.NewToken(g.ctx, "anna", only, time.Hour, "kiosk 7")
		g.refused(err, "account_disabled")

		refusals := map[string]int{}
		for _, r := range g.entries(OpUseToken) {
			refusals[string(r.Entry.Refusal)+" "+r.Entry.Officer]++
		}
		if refusals["token_expired anna"] != 1 || refusals["token_revoked anna"] != 2 {
			t.Errorf("refusals logged: %v", refusals)
		}
	})
}

// TestArt43_2_TokensAreNotGuessed: whatever is not a token that was handed out
// gets one answer.
func TestArt43_2_TokensAreNotGuessed(t *testing.T) {
	eachGate(t, func(g *gate) {
		g.account("anna", BorderGuard)
		secret, id, err := g.ids.NewToken(g.ctx, "anna", []Op{"ees.search"}, time.Hour, "x")
		g.must(err)
		other := "a"
		if secret[30] == 'a' {
			other = "b"
		}
		first := ""
		for _, bearer := range []string{"", "limen_", secret[:len(secret)-1], secret + "a", strings.ToUpper(secret), secret[1:],
			secret[:30] + other + secret[31:], "limen_" + strings.Repeat("a", 16) + secret[22:], "limen_" + id + "-" + secret[23:],
			strings.Repeat("x", 1<<16)} {
			_, err := g.ids.ByToken(g.ctx, bearer)
			r := fmt.Sprint(*g.refused(err, "token_unknown"))
			if first == "" {
				first = r
			}
			if r != first {
				t.Errorf("%.40q answers %s", bearer, r)
			}
		}
		for _, r := range g.entries(OpUseToken) {
			if r.Entry.Officer != "unknown" {
				t.Errorf("a guess is logged under %s", r.Entry.Officer)
			}
		}
	})
}

// TestTokensAreCachedForASecond: requests within a second ask the store once;
// what another process revoked is refused after it.
func TestTokensAreCachedForASecond(t *testing.T) {
	eachGate(t, func(g *gate) {
		g.account("anna", BorderGuard)
		secret, id, err := g.ids.NewToken(g.ctx, "anna", []Op{"ees.search"}, time.Hour, "x")
		g.must(err)
		_, err = g.ids.ByToken(g.ctx, secret)
		g.must(err)
		used := func() time.Time {
			list, err := g.ids.Tokens(g.ctx, "anna")
			g.must(err)
			return list[0].UsedAt
		}
		noted := used()
		for range 59 {
			g.clock.Advance(time.Second)
			_, err = g.ids.ByToken(g.ctx, secret)
			g.must(err)
		}
		if !used().Equal(noted) {
			t.Error("the use was written more often than once a minute")
		}
		g.clock.Advance(time.Second)
		_, err = g.ids.ByToken(g.ctx, secret)
		g.must(err)
		if !used().Equal(g.clock.Now()) {
			t.Error("the use was not written after a minute")
		}

		elsewhere := g.open(gateOptions)
		g.must(elsewhere.RevokeToken(g.ctx, "anna", id))
		g.clock.Advance(cacheFor - time.Microsecond)
		if _, err := g.ids.ByToken(g.ctx, secret); err != nil {
			t.Errorf("the store was asked within the second: %v", err)
		}
		g.clock.Advance(time.Microsecond)
		_, err = g.ids.ByToken(g.ctx, secret)
		g.refused(err, "token_revoked")
	})
}

// TestArt43_2_NewTokensAreChecked: a token without scope, end or purpose is
// not made, nor more than an account can keep an eye on.
func TestArt43_2_NewTokensAreChecked(t *testing.T) {
	eachGate(t, func(g *gate) {
		g.account("anna", BorderGuard)
		ok := []Op{"ees.search"}
		many := make([]Op, 65)
		for n := range many {
			many[n] = Op(fmt.Sprintf("ees.op%d", n))
		}
		for _, c := range []struct {
			code, name string
			only       []Op
			ttl        time.Duration
		}{
			{"scope_invalid", "x", nil, time.Hour},
			{"scope_invalid", "x", []Op{}, time.Hour},
			{"scope_invalid", "x", many, time.Hour},
			{"operation_invalid", "x", []Op{"*"}, time.Hour},
			{"token_lifetime_invalid", "x", ok, 0},
			{"token_lifetime_invalid", "x", ok, -time.Hour},
			{"token_lifetime_invalid", "x", ok, 367 * 24 * time.Hour},
			{"token_name_invalid", "", ok, time.Hour},
			{"token_name_invalid", "a\nb", ok, time.Hour},
		} {
			_, _, err := g.ids.NewToken(g.ctx, "anna", c.only, c.ttl, c.name)
			refusedWith(t, err, law.Code(c.code))
		}
		_, _, err := g.ids.NewToken(g.ctx, "nobody", ok, time.Hour, "x")
		g.refused(err, "account_unknown")
		for range tokensOfAccount {
			_, _, err := g.ids.NewToken(g.ctx, "anna", ok, time.Hour, "x")
			g.must(err)
		}
		_, _, err = g.ids.NewToken(g.ctx, "anna", ok, time.Hour, "x")
		g.refused(err, "too_many_tokens")
		g.clock.Advance(time.Hour)
		_, _, err = g.ids.NewToken(g.ctx, "anna", ok, time.Hour, "x")
		g.must(err)
	})
}

// TestADamagedScopeOpensNothing: a scope that cannot be read is a fault, never
// a token without narrowing.
func TestADamagedScopeOpensNothing(t *testing.T) {
	eachGate(t, func(g *gate) {
		g.account("anna", BorderGuard)
		secret, _, err := g.ids.NewToken(g.ctx, "anna", []Op{"ees.search"}, time.Hour, "x")
		g.must(err)
		for _, scope := range []string{"null", "{}", "[", `["ees.search"`} {
			g.must(g.store.Write(g.ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(`UPDATE access_token SET scope = $1`, scope)
				return err
			}))
			if _, err := g.ids.ByToken(g.ctx, secret); err == nil {
				t.Errorf("scope %s opens", scope)
			}
		}
	})
}

// FuzzToken: whatever comes as a bearer token is read without a panic, and
// what is read is written the same way.
func FuzzToken(f *testing.F) {
	f.Add("limen_aaaaaaaaaaaaaaaa_" + strings.Repeat("a", 52))
	f.Add("limen_")
	f.Add("Bearer x")
	f.Fuzz(func(t *testing.T, bearer string) {
		id, _, ok := parseToken(bearer)
		if ok && (!strings.HasPrefix(bearer, tokenPrefix+id+"_") || len(bearer) != len(tokenPrefix)+tokenIDChars+1+tokenSecretChars) {
			t.Errorf("%q is read as token %q", bearer, id)
		}
	})
}

// BenchmarkByToken is a request of a client that is known to the cache.
func BenchmarkByToken(b *testing.B) {
	store := dbtest.Open(b, db.SQLite, []db.Schema{ledger.Schema(), Schema()}, db.Options{})
	key, err := ledger.NewKey("limen.example/test")
	if err != nil {
		b.Fatal(err)
	}
	log, err := ledger.Open(b.Context(), store, key, ledger.Options{})
	if err != nil {
		b.Fatal(err)
	}
	ids, err := OpenIdentities(store, log, gateOptions)
	if err != nil {
		b.Fatal(err)
	}
	_, _, err = ids.Create(b.Context(), NewAccount{User: "anna", Role: BorderGuard, Password: gatePassword, Authority: Authority{State: "POL", Name: "Medyka"}})
	if err != nil {
		b.Fatal(err)
	}
	secret, _, err := ids.NewToken(b.Context(), "anna", []Op{"ees.search"}, time.Hour, "bench")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ids.ByToken(b.Context(), secret); err != nil {
			b.Fatal(err)
		}
	}
}
