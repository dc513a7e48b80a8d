package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/db/pgtemp"
	"limen/ees"
	"limen/house"
	"limen/law"
	"limen/person"
)

// benchHouse is a house on a store of its own, with a crowd in it, that is gone
// when it is closed.
type benchHouse struct {
	*house.House
	name  string // "sqlite", "postgres"
	dir   string
	crowd *crowd
	today law.Date
	close func() error
}

// Stores that can be measured, beside the address of a PostgreSQL database.
const (
	SQLiteStore   = "sqlite"   // a file in the folder given
	PostgresStore = "postgres" // a throw-away cluster that flushes its disk
)

// openBench makes a store, opens a house on it and loads a crowd.
func (o BenchOptions) openBench(ctx context.Context, store string, files, density int, floor bool) (b *benchHouse, err error) {
	b = &benchHouse{name: store, close: func() error { return nil }}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	if o.Dir != "" {
		if err := os.MkdirAll(o.Dir, 0o700); err != nil {
			return b, err
		}
	}
	if b.dir, err = os.MkdirTemp(o.Dir, "limen-bench-"); err != nil {
		return b, err
	}
	b.closing(func() error { return os.RemoveAll(b.dir) })
	address := store
	switch store {
	case SQLiteStore:
		address = "sqlite:" + filepath.Join(b.dir, "limen.db")
	case PostgresStore:
		cluster, err := pgtemp.Start(ctx, true)
		if err != nil {
			return b, err
		}
		b.closing(cluster.Stop)
		name := fmt.Sprintf("limen_bench_%d_%d", os.Getpid(), files)
		if address, err = cluster.Create(ctx, name, ""); err != nil {
			return b, err
		}
		b.closing(func() error { return cluster.Drop(context.WithoutCancel(ctx), name) })
	default:
		b.name = PostgresStore
		if !strings.HasPrefix(store, "postgres") {
			return b, fmt.Errorf("sim: %q is no store to measure: say sqlite, postgres or the address of an empty PostgreSQL database", store)
		}
	}
	b.House, err = house.Open(ctx, house.Options{Store: address, Data: filepath.Join(b.dir, "data"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return b, err
	}
	b.closing(b.House.Close)
	b.today = law.DateIn(b.Store.Now(), time.UTC)
	b.crowd = &crowd{seed: o.Seed, size: files, today: b.today, density: max(1, density)}
	return b, Load(ctx, b.House, LoadOptions{Seed: o.Seed, Files: files, Today: b.today, Density: density, Floor: floor,
		Progress: o.loading("loading " + b.name)})
}

// closing adds what is to be done before everything added so far.
func (b *benchHouse) closing(fn func() error) {
	before := b.close
	b.close = func() error { return errors.Join(fn(), before()) }
}

// engine names the store with its version.
func (b *benchHouse) engine(ctx context.Context) string {
	version := ""
	q := `SELECT sqlite_version()`
	if b.Store.Engine() == db.Postgres {
		q = `SELECT current_setting('server_version')`
	}
	if err := b.Store.Read(ctx, func(tx *db.Tx) error { return tx.Row(q).Scan(&version) }); err != nil {
		return b.name
	}
	return b.name + " " + version
}

// benchPoints is where the measured crossings take place: one state's crossing
// points, so that one authority may do all of them.
var benchPoints = []string{"FRCDG", "FRORY", "FRNCE", "FRMRS", "GBDVR", "FRCQF", "FRGN0"}

var benchGuard = access.Principal{Officer: "FRA-bench", Authority: access.Authority{Kind: access.Border, State: "FRA", Name: "Border police France"}, Channel: "token"}

// subject is somebody who crosses again and again while it is measured. Rooms
// and floor keep tables of their own, so the subject is in two places.
type subject struct {
	ref   string
	mrz   []string
	visa  *ees.VisaInput
	rooms whereabouts
	floor whereabouts
}

// whereabouts is what is known of a subject in one set of tables.
type whereabouts struct {
	inside  bool
	stays   int
	version int
}

func (s *subject) request(r *rand.Rand) ees.CheckRequest {
	q := ees.CheckRequest{Direction: ees.Entry, CrossingPoint: pick(r, benchPoints), MRZ: s.mrz, Visa: s.visa}
	if s.rooms.inside {
		q.Direction, q.Visa = ees.Exit, nil
	}
	return q
}

// subjects picks n members of the crowd at random, no one twice.
func (b *benchHouse) subjects(seed uint64, n int) ([]*subject, error) {
	r := stream(seed, streamBench, b.crowd.size)
	step := max(1, b.crowd.size/n)
	var out []*subject
	for i := 0; i+step <= b.crowd.size && len(out) < n; i += step {
		m, err := b.crowd.member(i + r.IntN(step))
		if err != nil {
			return nil, err
		}
		w := whereabouts{inside: m.inside(), stays: len(m.stays), version: 1}
		out = append(out, &subject{ref: m.ref, mrz: m.Passports[0].MRZ, visa: m.visa, rooms: w, floor: w})
	}
	r.Shuffle(len(out), func(i, k int) { out[i], out[k] = out[k], out[i] })
	return out, nil
}

// newcomer is the i-th traveller whom no register knows.
func newcomer(seed uint64, i int, today law.Date) (*subject, error) {
	r := stream(seed, streamBench, 1<<30+i)
	n := &visaExempt[weighted(r, exemptWeights)]
	g := nameGroups[n.group]
	t := Traveller{Nation: n.code, Language: g.language, nation: n, Sex: person.Male, Born: bornAt(r, adultAge(r), today)}
	t.Name = person.Name{Surname: g.surname(r), FirstNames: g.given(r, t.Sex)}
	zone, err := composeZone(&t, person.Document{Type: "P", Number: documentNumber("QX#######", uint64(i)), Issuer: n.code, Expiry: today + 2000})
	return &subject{mrz: zone}, err
}
