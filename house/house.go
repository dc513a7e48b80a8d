package house

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"limen/access"
	"limen/db"
	"limen/ees"
	"limen/interop/bms"
	"limen/interop/bms/face"
	"limen/interop/bms/finger"
	"limen/ledger"
	"limen/person"
)

// Options say how to open a house.
type Options struct {
	Store   string // "sqlite:PATH" or "postgres://…"
	Data    string // directory of keys and certificates; made if it is not there
	Origin  string // name of the log, "limen.local/log" when empty
	Clock   func() time.Time
	Log     *slog.Logger
	Demo    bool // specimens are let through, sign-in shows its code
	RPID    string
	Origins []string                    // origins of the pages, for passkeys
	Limit   int64                       // bytes that an embedded store may grow to; 0 is the disk's own limit
	Reserve int64                       // bytes of the room left that only log entries may use
	Faces   map[face.Model]bms.FaceLine // embedders in use, each with its calibration
}

// House is an open house: its store, its log, its door and its rooms.
type House struct {
	Store      *db.Store
	Log        *ledger.Log
	Door       *access.Door
	Identities *access.Identities
	EES        *ees.Register
	Biometrics *bms.Service

	options Options
	slog    *slog.Logger
}

// Open opens the store, brings its tables up to date, makes keys at the first
// start, and hangs the door.
func Open(ctx context.Context, o Options) (*House, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Origin == "" {
		o.Origin = "limen.local/log"
	}
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	store, err := db.Open(ctx, o.Store, db.Options{Clock: o.Clock, Log: o.Log, MaxBytes: o.Limit, ReserveBytes: o.Reserve})
	if err != nil {
		return nil, err
	}
	h := &House{Store: store, options: o, slog: o.Log}
	if err := h.furnish(ctx); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return h, nil
}

func (h *House) furnish(ctx context.Context) error {
	if err := h.Store.Migrate(ctx, Schemas()); err != nil {
		return err
	}
	key, err := ledger.OpenKey(filepath.Join(h.options.Data, "ledger.key"), h.options.Origin)
	if err != nil {
		return err
	}
	if h.Log, err = ledger.Open(ctx, h.Store, key, ledger.Options{}); err != nil {
		return err
	}
	if h.Door, err = access.NewDoor(h.Store, h.Log, operations(false), grants(false)); err != nil {
		return err
	}
	secret, err := secretFile(filepath.Join(h.options.Data, "identities.key"))
	if err != nil {
		return err
	}
	h.Identities, err = access.OpenIdentities(h.Store, h.Log, access.IdentityOptions{Issuer: "Limen", Secret: secret,
		Demo: h.options.Demo, RPID: h.options.RPID, Origins: h.options.Origins})
	if err != nil {
		return err
	}
	samples, err := secretFile(filepath.Join(h.options.Data, "samples.key"))
	if err != nil {
		return err
	}
	seal, err := bms.NewSeal(samples)
	if err != nil {
		return err
	}
	h.Biometrics = bms.Open(h.Store, seal, bms.NewEngine(finger.DevelopmentCalibration, h.options.Faces), h.options.Demo)
	h.EES = &ees.Register{Specimens: person.Specimens(h.options.Demo)}
	return nil
}

// Match lets the register verify and identify by the matching service, and fills
// its galleries beside the requests; until they are whole a search is refused and
// a verification is not. It is called once, before the house serves. What it
// returns is closed when the filling is over, or ctx has ended it.
func (h *House) Match(ctx context.Context) <-chan struct{} {
	m := ees.Matching{Service: h.Biometrics}
	h.EES.Biometrics, h.EES.Identifier = m, m
	over := make(chan struct{})
	go func() {
		defer close(over)
		if err := h.Biometrics.Fill(ctx, h.Door, nil); err != nil && ctx.Err() == nil {
			h.slog.Error("the galleries of the matching service are not whole: nobody is sought by biometrics until the next start", "error", err)
		}
	}()
	return over
}

// Close closes the store.
func (h *House) Close() error {
	if h.Biometrics != nil {
		h.Biometrics.Close()
	}
	return h.Store.Close()
}

// secretFile reads 32 random bytes, made at the first start. The file appears
// whole or not at all: if we stop before the rename, the next start makes another.
func secretFile(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		b = make([]byte, 32)
		if _, err := rand.Read(b); err != nil {
			return nil, err
		}
		fresh := path + ".new"
		if err := writePrivate(fresh, b); err != nil {
			return nil, err
		}
		return b, os.Rename(fresh, path)
	}
	if err == nil && len(b) != 32 {
		return nil, fmt.Errorf("%s: %d bytes instead of 32; restore it from the backup", path, len(b))
	}
	return b, err
}

func writePrivate(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(b); err != nil {
		return errors.Join(err, f.Close())
	}
	return errors.Join(f.Sync(), f.Close())
}
