package house

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"

	"limen/access"
	"limen/carrier"
	"limen/db"
	"limen/db/dbtest"
	"limen/ees"
	"limen/law"
)

// carrierActs are the real functions behind the extraction for the copy.
func (p *play) carrierActs() []act {
	var step ees.ExtractStep
	return []act{
		p.do(ees.OpExtractAgain, access.CarrierCopy, access.Duty, func(pass access.Pass) error {
			_, err := p.EES.ExtractAllAgain(pass, "")
			return err
		}),
		p.do(ees.OpExtract, access.CarrierCopy, access.Duty, func(pass access.Pass) (err error) {
			step, err = p.EES.ExtractForCarriers(pass, "", ees.MaxExtract)
			if err == nil && len(step.Extracts) == 0 {
				err = fmt.Errorf("nothing was extracted")
			}
			return err
		}),
		p.do(ees.OpForgetSent, access.CarrierCopy, access.Duty, func(pass access.Pass) error {
			_, err := p.EES.ForgetExtracted(pass, step.Taken, ees.CopyPosition{Filling: 1, Step: 1})
			return err
		}),
	}
}

// counterPlay is the house of the copy on a throw-away store.
type counterPlay struct {
	*CarrierHouse
	t     *testing.T
	clock *dbtest.Clock
}

// openCarrier opens the house of the copy on an engine, with a clock of its own
// or one that it shares.
func openCarrier(t *testing.T, engine db.Engine, clock *dbtest.Clock) *counterPlay {
	t.Helper()
	address := "sqlite:" + filepath.Join(t.TempDir(), "carriers.db")
	if engine == db.Postgres {
		address = dbtest.Postgres(t)
	}
	c, err := OpenCarrier(t.Context(), Options{Store: address, Data: t.TempDir(), Clock: clock.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return &counterPlay{c, t, clock}
}

// asPlay lends the copy's house to what plays in any house.
func (c *counterPlay) asPlay() *play {
	return &play{&House{Store: c.Store, Log: c.Log, Door: c.Door}, c.t, c.clock}
}

// onBothCounters runs a play in the house of the copy on each engine; its log
// must verify when it is over.
func onBothCounters(t *testing.T, fn func(c *counterPlay)) {
	t.Helper()
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			c := openCarrier(t, engine, dbtest.NewClock(noon))
			fn(c)
			c.asPlay().verifies()
		})
	}
}

// At the copy's own door as at the register's: what an article grants is done,
// everything else is refused and logged. EES-050.
func TestArt13_EveryAttemptAtTheCopyIsDecidedAndLogged(t *testing.T) {
	onBothCounters(t, func(c *counterPlay) {
		p := c.asPlay()
		all := attempts(true)
		before := len(p.entries())
		for _, a := range all {
			if _, err := p.knock(a); err != nil {
				t.Errorf("%s, %s, %s: %v", a.kind, a.purpose, a.op.Op, err)
			}
		}
		if n := len(p.entries()) - before; n != len(all) {
			t.Errorf("%d attempts left %d entries", len(all), n)
		}
		for _, g := range grants(true) {
			for _, key := range allKeys {
				_, err := access.Run(t.Context(), c.Door, access.Request{Principal: as(g.Kind), Op: g.Op, Purpose: g.Purpose, Case: "1"},
					func(pass access.Pass) (int, error) { return 0, pass.Search(key, "value") })
				if granted := slices.Contains(g.Keys, key); granted != (err == nil) {
					t.Errorf("%s, %s by %s: %v", g.Kind, g.Op, key, err)
				}
			}
			for _, category := range allCategories {
				_, err := access.Run(t.Context(), c.Door, access.Request{Principal: as(g.Kind), Op: g.Op, Purpose: g.Purpose, Case: "1"},
					func(pass access.Pass) (int, error) { return 0, pass.Send(category) })
				if granted := slices.Contains(g.Returns, category); granted != (err == nil) {
					t.Errorf("%s, %s returning %s: %v", g.Kind, g.Op, category, err)
				}
			}
		}
	})
}

// The doors are apart: the register's knows no operation of the copy, and the
// copy's none of the register.
func TestArt13_5_TheDoorsAreApart(t *testing.T) {
	onBothEngines(t, func(p *play) {
		for _, o := range p.Door.Operations() {
			if o.System == "carrier" {
				t.Errorf("the register's door knows %s", o.Op)
			}
		}
	})
	c := openCarrier(t, db.SQLite, dbtest.NewClock(noon))
	for _, o := range c.Door.Operations() {
		if o.System == "ees" {
			t.Errorf("the copy's door knows %s", o.Op)
		}
	}
}

// The tables of the copy come up on both engines, twice without harm, and are
// laid out as a cluster needs them.
func TestArt13_5_TheCopyMigratesOnBothEngines(t *testing.T) {
	dbtest.Each(t, CarrierSchemas(), func(t *testing.T, s *db.Store) {
		if err := s.Migrate(t.Context(), CarrierSchemas()); err != nil {
			t.Errorf("a second time: %v", err)
		}
		if err := db.CheckKeys(t.Context(), s, CarrierSchemas()); err != nil {
			t.Error(err)
		}
	})
}

// Every duty of the copy's house, and every operation of the copy by its real
// function, leaves entries under the article of its grant.
func TestArt13_RealOperationsOfTheCopyLeaveEntries(t *testing.T) {
	onBothCounters(t, func(c *counterPlay) {
		ctx := context.Background()
		f, err := c.Copy.Begin(ctx, c.Door, must(carrier.NewTokenKey(make([]byte, 32))), carrier.Position{})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.MarkFresh(ctx, c.clock.Now()); err != nil {
			t.Fatal(err)
		}
		r := c.admit()
		if _, err := c.Copy.Ask(ctx, c.Door, access.Request{Principal: c.agent(r), Op: carrier.OpAsk}, aFlight(c.clock.Now())); err != nil {
			t.Error(err)
		}
		if _, err := c.askStay(law.MustDate("2026-11-10")); err != nil {
			t.Error(err)
		}
		if _, err := access.Run(ctx, c.Door, access.Request{Principal: as(access.Administrator), Op: carrier.OpList},
			func(p access.Pass) ([]carrier.Registration, error) { return c.Copy.Registrations(p, "", "", 10) }); err != nil {
			t.Error(err)
		}
		at := func(who access.Principal, op access.Op, fn func(access.Pass) error) {
			if _, err := access.Run(ctx, c.Door, access.Request{Principal: who, Op: op}, func(p access.Pass) (int, error) { return 0, fn(p) }); err != nil {
				t.Errorf("%s: %v", op, err)
			}
		}
		failed := carrier.NoticeReport{Kind: carrier.FailureMet, From: c.clock.Now(), Words: "No answer."}
		at(c.agent(r), carrier.OpOwn, func(p access.Pass) error { _, err := c.Copy.Own(p); return err })
		at(c.agent(r), carrier.OpReport, func(p access.Pass) error { _, err := c.Copy.Report(p, failed); return err })
		at(as(access.Administrator), carrier.OpDeclare, func(p access.Pass) error { _, err := c.Copy.Declare(p, failed); return err })
		for _, who := range []access.Principal{c.agent(r), as(access.Administrator)} {
			at(who, carrier.OpNotices, func(p access.Pass) error {
				_, err := c.Copy.Notices(p, carrier.NoticeQuery{Limit: 10})
				return err
			})
		}
		for _, d := range c.Duties() {
			if _, err := c.RunDuty(ctx, d.Name, nil); err != nil {
				t.Errorf("%s: %v", d.Name, err)
			}
		}
		seen := map[string]bool{}
		for _, e := range c.asPlay().entries() {
			if e.Outcome == "done" && slices.ContainsFunc(carrier.Grants(), func(g access.Grant) bool {
				return string(g.Op) == e.Operation && string(g.Kind) == e.AuthorityKind && g.Cite == e.Grant
			}) {
				seen[e.Operation] = true
			}
		}
		for _, o := range carrier.Operations() {
			if !seen[string(o.Op)] {
				t.Errorf("%s left no entry under its grant", o.Op)
			}
		}
	})
}

// A store that holds a register, and a key of another log, do not become a copy.
func TestArt13_5_TheCopyDoesNotOpenOverARegister(t *testing.T) {
	dir := t.TempDir()
	h, err := Open(t.Context(), Options{Store: "sqlite:" + filepath.Join(dir, "limen.db"), Data: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err := OpenCarrier(t.Context(), Options{Store: "sqlite:" + filepath.Join(dir, "limen.db"), Data: t.TempDir(), Log: slog.New(slog.DiscardHandler)}); err == nil {
		c.Close()
		t.Error("a copy opened in the register's store")
	}
	if c, err := OpenCarrier(t.Context(), Options{Store: "sqlite:" + filepath.Join(t.TempDir(), "c.db"), Data: dir, Log: slog.New(slog.DiscardHandler)}); err == nil {
		c.Close()
		t.Error("a copy opened with the register's keys")
	}
}
