package house

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"limen/access"
	"limen/carrier"
	carrierdesk "limen/carrier/desk"
	"limen/db"
	"limen/ees"
	"limen/ledger"
	ledgerdesk "limen/ledger/desk"
	"limen/person"
	"limen/web"
)

// CarrierHouse is the house of the copy that carriers and travellers ask
// (2017/2226 art 13(5)): its own store, its own log, its own accounts, its own
// door, its own network address. It has no way to the register, whose house feeds
// it by [House.FeedCarriers].
type CarrierHouse struct {
	Store      *db.Store
	Log        *ledger.Log
	Door       *access.Door
	Identities *access.Identities
	Copy       *carrier.Copy

	slog *slog.Logger
}

// CarrierSchemas returns the tables of the copy's house.
func CarrierSchemas() []db.Schema {
	return []db.Schema{ledger.Schema(), access.Schema(), carrier.Schema()}
}

// OpenCarrier opens the house of the copy. Store and Data must be other places
// than the register's; a store that holds a register is refused.
func OpenCarrier(ctx context.Context, o Options) (*CarrierHouse, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Origin == "" {
		o.Origin = "limen.local/carriers"
	}
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	store, err := db.Open(ctx, o.Store, db.Options{Clock: o.Clock, Log: o.Log, MaxBytes: o.Limit, ReserveBytes: o.Reserve})
	if err != nil {
		return nil, err
	}
	// A table of the register answers in the register's store alone.
	if store.Read(ctx, func(tx *db.Tx) error {
		var n int64
		return tx.Row(`SELECT count(*) FROM (SELECT ref FROM ees_file LIMIT 1) f`).Scan(&n)
	}) == nil {
		return nil, errors.Join(errors.New("this store holds a register: the copy that carriers and travellers ask has a store of its own"), store.Close())
	}
	c := &CarrierHouse{Store: store, slog: o.Log}
	if err := c.furnish(ctx, o); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return c, nil
}

func (c *CarrierHouse) furnish(ctx context.Context, o Options) error {
	if err := c.Store.Migrate(ctx, CarrierSchemas()); err != nil {
		return err
	}
	// The key's origin keeps the logs apart: one that belongs to the register's
	// log does not open here.
	key, err := ledger.OpenKey(filepath.Join(o.Data, "ledger.key"), o.Origin)
	if err != nil {
		return err
	}
	if c.Log, err = ledger.Open(ctx, c.Store, key, ledger.Options{}); err != nil {
		return err
	}
	operations := append(access.Operations(), carrier.Operations()...)
	grants := append(access.Grants(), carrier.Grants()...)
	if c.Door, err = access.NewDoor(c.Store, c.Log, operations, grants); err != nil {
		return err
	}
	secret, err := secretFile(filepath.Join(o.Data, "identities.key"))
	if err != nil {
		return err
	}
	c.Identities, err = access.OpenIdentities(c.Store, c.Log, access.IdentityOptions{Issuer: "Limen carriers", Secret: secret,
		Demo: o.Demo, RPID: o.RPID, Origins: o.Origins})
	if err != nil {
		return err
	}
	if secret, err = secretFile(filepath.Join(o.Data, "copy.key")); err != nil {
		return err
	}
	receipts, err := carrier.OpenReceiptKeys(ReceiptKeyFile(o.Data), c.Store.Now())
	if err != nil {
		return err
	}
	c.Copy, err = carrier.New(carrier.Options{Secret: secret, Judge: judge, Receipts: receipts, Specimens: person.Specimens(o.Demo)})
	return err
}

// ReceiptKeyFile is where the keys of receipts are in a data directory.
func ReceiptKeyFile(data string) string { return filepath.Join(data, "receipt.key") }

// Close closes the store.
func (c *CarrierHouse) Close() error { return c.Store.Close() }

// judge is the register's calculator in the words of the copy: a function of
// what it is given, without a store.
func judge(history []byte, q carrier.StayQuestion) (carrier.StayVerdict, error) {
	ask := ees.ExtractedQuestion{On: q.On, Exit: q.Exit, Present: q.Present, Partial: q.Partial}
	if v := q.Visa; v != nil {
		ask.Visa = &ees.VisaOnRecord{Sticker: v.Number, Issuer: v.Issuer, Type: v.Type, ValidFrom: v.ValidFrom, ValidTo: v.ValidTo,
			Days: v.Days, Entries: v.Entries, LTVStates: v.States, National: v.National}
	}
	verdict, err := ees.JudgeExtracted(history, ask)
	return carrier.StayVerdict(verdict), err
}

// watchEvery is how often the service looks whether it answers.
const watchEvery = 5 * time.Minute

// Duties lists the duties of the copy's house. Its feed is a duty of the
// register's house, see [House.CarrierFeed].
func (c *CarrierHouse) Duties() []Duty {
	return []Duty{
		{IntegrateDuty, "bring log entries under a signed checkpoint", "2017/2226 art 46", integrateEvery,
			func(ctx context.Context, progress func(int)) (int, error) {
				return repeat(progress, func() (int, error) { return c.Log.Integrate(ctx) })
			}},
		{"deregister", "deregister carriers that did not use the service", "2022/1409", time.Hour,
			func(ctx context.Context, progress func(int)) (int, error) {
				return c.Copy.DeregisterUnused(ctx, c.Door)
			}},
		{"watch", "keep notices of times in which carriers could not ask", "2017/2226 art 13a", watchEvery,
			func(ctx context.Context, progress func(int)) (int, error) {
				return c.Copy.Watch(ctx, c.Door)
			}},
		{"logs", "erase logs of carriers and travellers after two years", "2017/2226 art 13(4)", time.Hour,
			func(ctx context.Context, progress func(int)) (int, error) {
				return carrier.EraseLogs(ctx, c.Door, c.Log)
			}},
		{"answers", "erase answers kept for repeated requests", "2016/679 art 5(1)(e)", time.Hour,
			func(ctx context.Context, progress func(int)) (int, error) {
				return repeat(progress, func() (int, error) { return c.Store.PurgeOnce(ctx, c.Store.Now().Add(-answersKept), 500) })
			}},
		{"sessions", "erase sessions and tokens that have ended, and log how many refusals were only counted", "2016/679 art 5(1)(e)", time.Minute,
			func(ctx context.Context, progress func(int)) (int, error) { return c.Identities.Purge(ctx) }},
	}
}

// RunDuty carries out one duty by name.
func (c *CarrierHouse) RunDuty(ctx context.Context, name string, progress func(done int)) (int, error) {
	return runDuty(ctx, c.Duties(), name, progress)
}

// RunDuties carries out every duty at its interval until ctx ends.
func (c *CarrierHouse) RunDuties(ctx context.Context) { runDuties(ctx, c.Duties(), c.Log, c.slog) }

// Mux hangs the desks of the copy's house: carriers and travellers, and the
// supervisors of its log.
func (c *CarrierHouse) Mux(f Facing) (*web.Mux, error) {
	m, err := web.NewMux(web.Options{
		Title: "Limen, carriers and travellers", Version: f.Version,
		Description:         "What carriers and travellers may ask of the Entry/Exit System (Regulation (EU) 2017/2226 art 13), answered from a copy of its own.",
		Identities:          c.Identities,
		Log:                 f.Log,
		Clock:               c.Store.Now,
		Demo:                f.Demo,
		Notice:              "Limen is an independent project and no service of the European Union.",
		Checks:              web.StoreChecks(c.Store),
		AddressRate:         f.Rate,
		PrincipalRate:       f.Rate,
		MetricsFromLoopback: f.MetricsFromLoopback,
	})
	if err != nil {
		return nil, err
	}
	desk := &carrierdesk.Desk{Door: c.Door, Identities: c.Identities, Copy: c.Copy, Now: c.Store.Now}
	desk.API(m)
	if err := desk.Pages(m); err != nil {
		return nil, err
	}
	(&ledgerdesk.Desk{Door: c.Door, Log: c.Log}).API(m)
	m.Metrics().MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "limen_log_pending", Help: "Log entries not yet under a signed checkpoint."},
		func() float64 {
			p, err := c.Log.Pending(context.Background())
			if err != nil {
				return -1
			}
			return float64(p.Entries)
		}))
	return m, m.Seal()
}
