package access

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"limen/db"
)

// TestArt43_2_SessionsRoundTripAndEnd: what was stored comes back, until the
// session has rested or lived too long. The manager's wall clock has no say.
func TestArt43_2_SessionsRoundTripAndEnd(t *testing.T) {
	eachGate(t, func(g *gate) {
		store := g.ids.SessionStore()
		find := func(token string) (string, bool) {
			t.Helper()
			b, found, err := store.FindCtx(g.ctx, token)
			g.must(err)
			return string(b), found
		}
		long := strings.Repeat("x", tokenLongest+1)
		for _, token := range []string{"", "none", long} {
			if _, found := find(token); found {
				t.Errorf("found %q", token)
			}
		}
		if store.CommitCtx(g.ctx, long, nil, time.Time{}) == nil || store.CommitCtx(g.ctx, "", nil, time.Time{}) == nil {
			t.Error("stored under a token that no manager makes")
		}
		g.must(store.CommitCtx(g.ctx, "s", []byte("one\x00\xff"), time.Unix(1, 0)))
		g.must(store.CommitCtx(g.ctx, "s", []byte("two\x00\xff"), time.Unix(1, 0)))
		if data, found := find("s"); !found || data != "two\x00\xff" {
			t.Errorf("found %q %v", data, found)
		}
		g.must(store.DeleteCtx(g.ctx, "s"))
		g.must(store.DeleteCtx(g.ctx, "s"))
		if _, found := find("s"); found {
			t.Error("found after its deletion")
		}

		// Rest ends it.
		g.must(store.CommitCtx(g.ctx, "idle", []byte("x"), time.Time{}))
		g.clock.Advance(g.ids.IdleTimeout() - time.Microsecond)
		if _, found := find("idle"); !found {
			t.Error("ended before it had rested long enough")
		}
		g.clock.Advance(g.ids.IdleTimeout() - time.Microsecond)
		if _, found := find("idle"); !found {
			t.Error("looking at it does not count as use")
		}
		g.clock.Advance(g.ids.IdleTimeout())
		if _, found := find("idle"); found {
			t.Error("did not end after resting")
		}

		// Age ends it, however often it is used or stored.
		g.must(store.CommitCtx(g.ctx, "old", []byte("x"), time.Time{}))
		for range 47 {
			g.clock.Advance(15 * time.Minute)
			g.must(store.CommitCtx(g.ctx, "old", []byte("x"), g.clock.Now().Add(1000*time.Hour)))
			if _, found := find("old"); !found {
				t.Fatal("ended while in use")
			}
		}
		g.clock.Advance(15 * time.Minute)
		if _, found := find("old"); found {
			t.Error("outlived its lifetime")
		}
		g.must(store.CommitCtx(g.ctx, "old", []byte("x"), time.Time{}))
		if _, found := find("old"); found {
			t.Error("a late commit revived it")
		}
	})
}

// TestSessionReadsCostNoWrite: a page view within two minutes of the last
// leaves the row alone.
func TestSessionReadsCostNoWrite(t *testing.T) {
	eachGate(t, func(g *gate) {
		store := g.ids.SessionStore()
		g.must(store.CommitCtx(g.ctx, "s", []byte("x"), time.Time{}))
		g.clock.Advance(touchAfter - time.Microsecond)
		before := g.store.Stats().Jobs
		for range 20 {
			_, _, err := store.FindCtx(g.ctx, "s")
			g.must(err)
		}
		touched := func() (at int64) {
			g.must(g.store.Read(g.ctx, func(tx *db.Tx) error {
				return tx.Row(`SELECT touched_at FROM access_session WHERE token = 's'`).Scan(&at)
			}))
			return at
		}
		if at := moment(touched()); !at.Equal(g.clock.Now().Add(-touchAfter + time.Microsecond)) {
			t.Errorf("touched at %v (%d jobs)", at, g.store.Stats().Jobs-before)
		}
		g.clock.Advance(time.Microsecond)
		_, _, err := store.FindCtx(g.ctx, "s")
		g.must(err)
		if at := moment(touched()); !at.Equal(g.clock.Now()) {
			t.Errorf("touched at %v", at)
		}
	})
}

// TestSessionManagerAgrees: the manager of the web toolkit works over the
// store, and its token is not what is stored.
func TestSessionManagerAgrees(t *testing.T) {
	eachGate(t, func(g *gate) {
		m := scs.New()
		m.Store = g.ids.SessionStore()
		m.HashTokenInStore = true
		ctx, err := m.Load(g.ctx, "")
		g.must(err)
		m.Put(ctx, "user", "anna")
		token, _, err := m.Commit(ctx)
		g.must(err)
		again, err := m.Load(context.Background(), token)
		g.must(err)
		if got := m.GetString(again, "user"); got != "anna" {
			t.Errorf("session of %q", got)
		}
		if _, found, _ := g.ids.SessionStore().Find(token); found {
			t.Error("the token stands in the store as it is")
		}
		g.must(m.Destroy(again))
		gone, err := m.Load(context.Background(), token)
		g.must(err)
		if m.GetString(gone, "user") != "" {
			t.Error("the session outlived its destruction")
		}
		g.must(g.ids.SessionStore().Commit("t", []byte("x"), time.Time{}))
		if b, found, err := g.ids.SessionStore().Find("t"); !found || !bytes.Equal(b, []byte("x")) || err != nil {
			t.Errorf("found %q %v %v", b, found, err)
		}
		g.must(g.ids.SessionStore().Delete("t"))
	})
}
