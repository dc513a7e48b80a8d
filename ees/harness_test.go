package ees_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"limen/access"
	"limen/db"
	"limen/db/dbtest"
	"limen/ees"
	"limen/interop/bms"
	"limen/interop/cir"
	"limen/ledger"
	"limen/person"
)

// border is a small central system on a throw-away store: a door, a register,
// and a clock that the test sets.
type border struct {
	*testing.T
	clock    *dbtest.Clock
	store    *db.Store
	door     *access.Door
	log      *ledger.Log
	register *ees.Register
	guard    access.Principal // who checked last
}

var schemas = []db.Schema{ledger.Schema(), bms.Schema(), cir.Schema(), ees.Schema()}

// onBoth runs a play on both engines.
func onBoth(t *testing.T, play func(b *border)) {
	t.Helper()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			// A clock for each engine: a store's moments never run backwards.
			clock := dbtest.NewClock(time.Date(2025, 10, 12, 0, 0, 0, 0, time.UTC))
			s := dbtest.Open(t, engine, schemas, db.Options{Clock: clock.Now})
			key, err := ledger.OpenKey(filepath.Join(t.TempDir(), "ledger.key"), "limen.test/log")
			if err != nil {
				t.Fatal(err)
			}
			log, err := ledger.Open(t.Context(), s, key, ledger.Options{})
			if err != nil {
				t.Fatal(err)
			}
			door, err := access.NewDoor(s, log, append(ees.Operations(), access.Operations()...), append(ees.Grants(), access.Grants()...))
			if err != nil {
				t.Fatal(err)
			}
			play(&border{T: t, guard: guard, clock: clock, store: s, door: door, log: log, register: &ees.Register{}})
		})
	}
}

// guard is a border guard at Paris Charles de Gaulle.
var guard = access.Principal{Officer: "guard", Channel: "session", Authority: access.Authority{Kind: access.Border, State: "FRA", Name: "Police aux frontières"}}

// at sets the clock: "2026-05-01 09:00" is an instant in UTC.
func (b *border) at(moment string) *border {
	b.Helper()
	t, err := time.Parse("2006-01-02 15:04", moment)
	if err != nil {
		b.Fatal(err)
	}
	b.clock.Set(t)
	return b
}

func run[T any](b *border, who access.Principal, op access.Op, fn func(access.Pass) (T, error)) (T, error) {
	return access.Run(context.Background(), b.door, access.Request{Principal: who, Op: op}, fn)
}

// tryCheck checks a traveller, as a guard of the crossing point's own state, and
// returns what the register answers.
func (b *border) tryCheck(req ees.CheckRequest) (ees.Check, error) {
	if req.CrossingPoint == "" {
		req.CrossingPoint = "FRCDG"
	}
	b.guard = guard
	if point, err := person.ParseCrossingPoint(req.CrossingPoint); err == nil {
		b.guard.Authority.State = string(point.State)
	}
	return run(b, b.guard, ees.OpCheck, func(p access.Pass) (ees.Check, error) { return b.register.Check(p, req) })
}

func (b *border) check(req ees.CheckRequest) ees.Check {
	b.Helper()
	c, err := b.tryCheck(req)
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func (b *border) tryCross(req ees.CrossingRequest) (ees.RecordView, error) {
	return run(b, b.guard, ees.OpRecordCrossing, func(p access.Pass) (ees.RecordView, error) { return b.register.RecordCrossing(p, req) })
}

func (b *border) cross(c ees.Check) ees.RecordView {
	b.Helper()
	r, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func (b *border) tryRefuse(req ees.RefusalRequest) (ees.RefusalView, error) {
	return run(b, b.guard, ees.OpRecordRefusal, func(p access.Pass) (ees.RefusalView, error) { return b.register.RecordRefusal(p, req) })
}

func (b *border) file(ref ees.FileRef) ees.FileView {
	b.Helper()
	f, err := access.Run(context.Background(), b.door, access.Request{Principal: guard, Op: ees.OpReadFile, Purpose: access.BorderCheck},
		func(p access.Pass) (ees.FileView, error) { return b.register.ReadFile(p, ref) })
	if err != nil {
		b.Fatal(err)
	}
	return f
}

// enter and leave are a check and a crossing.
func (b *border) enter(moment string, who ees.CheckRequest) ees.RecordView {
	b.Helper()
	who.Direction = ees.Entry
	return b.at(moment).cross(b.check(who))
}

func (b *border) leave(moment string, who ees.CheckRequest) ees.RecordView {
	b.Helper()
	who.Direction = ees.Exit
	return b.at(moment).cross(b.check(who))
}

// anna is a visa-exempt traveller, mehmet one who needs a visa.
func anna() ees.CheckRequest {
	return traveller("PELLETIER", "ANNA", "1988-02-11", "F", "CAN", "CA884411")
}

func mehmet() ees.CheckRequest {
	return traveller("YILMAZ", "MEHMET", "1979-10-30", "M", "TUR", "U7788990")
}

func traveller(surname, first, birth, sex, nationality, passport string) ees.CheckRequest {
	return ees.CheckRequest{Direction: ees.Entry,
		Document: &ees.DocumentInput{Type: "P", Number: passport, Issuer: nationality, Expiry: day("2033-01-01")},
		Identity: &ees.IdentityInput{Surname: surname, FirstNames: first, BirthDate: birth, Sex: sex, Nationalities: []string{nationality}}}
}
