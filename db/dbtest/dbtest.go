// Package dbtest opens stores for tests, on both engines. It never skips one:
// where PostgreSQL is missing, the test fails and says what to install.
package dbtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"limen/db"
	"limen/db/pgtemp"
)

// Each runs fn once on each engine, as a subtest, on a fresh store migrated to
// the schemas.
func Each(t *testing.T, schemas []db.Schema, fn func(t *testing.T, s *db.Store)) {
	t.Helper()
	EachWith(t, schemas, db.Options{}, fn)
}

// EachWith is Each with options. MaxBytes and ReserveBytes go to SQLite alone,
// which alone has them.
func EachWith(t *testing.T, schemas []db.Schema, o db.Options, fn func(t *testing.T, s *db.Store)) {
	t.Helper()
	for _, engine := range Engines {
		t.Run(string(engine), func(t *testing.T) { fn(t, Open(t, engine, schemas, o)) })
	}
}

// Engines are those that every store test runs on.
var Engines = []db.Engine{db.SQLite, db.Postgres}

// Open opens a fresh store migrated to the schemas, and closes it with the test.
// The migrations run once for a set of schemas; each store is a copy.
func Open(tb testing.TB, engine db.Engine, schemas []db.Schema, o db.Options) *db.Store {
	tb.Helper()
	if engine == db.SQLite {
		return open(tb, copyOfFile(tb, schemas), o)
	}
	o.MaxBytes, o.ReserveBytes = 0, 0
	if !cluster(tb).Ours() {
		return OpenAt(tb, create(tb, ""), schemas, o) // a model would stay behind on somebody's server
	}
	return open(tb, copyOfDatabase(tb, schemas), o)
}

// OpenAt opens the store at address, migrates it to the schemas, and closes it
// with the test.
func OpenAt(tb testing.TB, address string, schemas []db.Schema, o db.Options) *db.Store {
	tb.Helper()
	s := open(tb, address, o)
	if err := s.Migrate(context.Background(), schemas); err != nil {
		tb.Fatal(err)
	}
	return s
}

func open(tb testing.TB, address string, o db.Options) *db.Store {
	tb.Helper()
	s, err := db.Open(context.Background(), address, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return s
}

// server is shared by all tests of the process and ends with it.
var server = sync.OnceValues(func() (*pgtemp.Cluster, error) {
	return pgtemp.Start(context.Background(), false)
})

func cluster(tb testing.TB) *pgtemp.Cluster {
	tb.Helper()
	c, err := server()
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// Postgres returns the address of a fresh, empty PostgreSQL database, which is
// dropped with the test.
func Postgres(tb testing.TB) (url string) {
	tb.Helper()
	return create(tb, "")
}

func create(tb testing.TB, template string) string {
	tb.Helper()
	c := cluster(tb)
	name := "limen_test_" + rand.Text()
	address, err := c.Create(context.Background(), name, template)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Drop(context.Background(), name); err != nil {
			tb.Errorf("drop the test's database: %v", err)
		}
	})
	return address
}

// models holds what was migrated for a set of schemas, to be copied: the content
// of a file, and the name of a database.
var models struct {
	sync.Mutex
	files     map[string][]byte
	databases map[string]string
}

// copyOfFile returns the address of a copy of the migrated file of the schemas.
func copyOfFile(tb testing.TB, schemas []db.Schema) string {
	tb.Helper()
	models.Lock()
	defer models.Unlock()
	key := digest(tb, schemas)
	content, ok := models.files[key]
	if !ok {
		path := filepath.Join(tb.TempDir(), "model.db")
		migrate(tb, "sqlite:"+path, schemas)
		var err error
		if content, err = os.ReadFile(path); err != nil {
			tb.Fatal(err)
		}
		if models.files == nil {
			models.files = make(map[string][]byte)
		}
		models.files[key] = content
	}
	path := filepath.Join(tb.TempDir(), "limen.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		tb.Fatal(err)
	}
	return "sqlite:" + path
}

// copyOfDatabase returns the address of a copy of the migrated database of the
// schemas.
func copyOfDatabase(tb testing.TB, schemas []db.Schema) string {
	tb.Helper()
	models.Lock()
	defer models.Unlock()
	key := digest(tb, schemas)
	name, ok := models.databases[key]
	if !ok {
		name = "limen_model_" + rand.Text()
		address, err := cluster(tb).Create(context.Background(), name, "")
		if err != nil {
			tb.Fatal(err)
		}
		migrate(tb, address, schemas)
		if models.databases == nil {
			models.databases = make(map[string]string)
		}
		models.databases[key] = name
	}
	return create(tb, name)
}

// migrate makes a model and closes it, so that it can be copied.
func migrate(tb testing.TB, address string, schemas []db.Schema) {
	tb.Helper()
	ctx := context.Background()
	s, err := db.Open(ctx, address, db.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	err = s.Migrate(ctx, schemas)
	if err := errors.Join(err, s.Close()); err != nil {
		tb.Fatal(err)
	}
}

// digest identifies what the schemas would create.
func digest(tb testing.TB, schemas []db.Schema) string {
	tb.Helper()
	h := sha256.New()
	for _, s := range schemas {
		h.Write([]byte(s.Room + "\x00"))
		err := fs.WalkDir(s.Files, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := fs.ReadFile(s.Files, path)
			h.Write([]byte(path + "\x00"))
			h.Write(b)
			return err
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Clock is a clock that stands still until it is moved. It is safe for
// concurrent use; its Now goes into db.Options.Clock.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows t.
func NewClock(t time.Time) *Clock { return &Clock{now: t} }

// Now returns what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set moves the clock to t, which may lie in its past.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// Advance moves the clock forward by d.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
