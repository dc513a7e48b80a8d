package db

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// Schema is what a room keeps in the database: its migrations and the tables
// that come of them.
type Schema struct {
	// Room names the room and, as schema_<room>, the table of its versions.
	Room string
	// Files holds NNNN_name.sql in the form of goose, at its root or in a
	// folder sql, written with PostgreSQL's types. A NNNN_name.pg.sql beside
	// one replaces it on PostgreSQL.
	Files fs.FS
	// Tables declares every table that the files create.
	Tables []Table
}

// Table declares how a table spreads over a cluster's nodes.
type Table struct {
	Name string
	Key  string // the distribution column; "" is a reference table, whole on every node
	Why  string // the reason, for whoever operates the cluster
}

// migrationLock is the key of PostgreSQL's advisory lock: "limen" in ASCII.
const migrationLock = 0x6c696d656e

// Migrate brings the database to the versions of the schemas, db's own first,
// then in the given order. It goes forward only, holds a lock that keeps other
// processes out meanwhile, and changes nothing if any room of the database is
// newer than the program (ErrNewer).
func (s *Store) Migrate(ctx context.Context, schemas []Schema) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	conn, release, err := s.engine.forMigration(ctx)
	if err != nil {
		return err
	}
	defer release()
	var providers []*goose.Provider
	seen := make(map[string]bool)
	for _, schema := range append([]Schema{ownSchema()}, schemas...) {
		if seen[schema.Room] {
			return fmt.Errorf("db: two schemas for room %q", schema.Room)
		}
		seen[schema.Room] = true
		p, err := provider(conn, s.name, schema)
		if err != nil {
			return fmt.Errorf("db: schema of %s: %w", schema.Room, err)
		}
		current, target, err := p.GetVersions(ctx)
		if err != nil {
			return fmt.Errorf("db: schema of %s: %w", schema.Room, err)
		}
		if current > target {
			return fmt.Errorf("%w: %s is at version %d, the program knows %d", ErrNewer, schema.Room, current, target)
		}
		providers = append(providers, p)
	}
	for i, p := range providers {
		reached("before a room's migration")
		// If we stop here, or within Up, the next start finds the rooms before
		// this one done and each migration wholly applied or not at all: its
		// statements and its version commit together.
		results, err := p.Up(ctx)
		if err != nil {
			room := "db"
			if i > 0 {
				room = schemas[i-1].Room
			}
			return fmt.Errorf("db: schema of %s: %w", room, err)
		}
		for _, r := range results {
			s.log.InfoContext(ctx, "migrated", "source", r.Source.Path, "version", r.Source.Version, "took", r.Duration)
		}
	}
	return nil
}

func provider(conn *sql.DB, engine Engine, schema Schema) (*goose.Provider, error) {
	if !plainName(schema.Room) {
		return nil, fmt.Errorf("%q is no name for a room", schema.Room)
	}
	files, err := filesFor(engine, schema.Files)
	if err != nil {
		return nil, err
	}
	dialect := goose.DialectPostgres
	if engine == SQLite {
		dialect = goose.DialectSQLite3
	}
	return goose.NewProvider(dialect, conn, files,
		goose.WithTableName("schema_"+schema.Room),
		goose.WithDisableGlobalRegistry(true),
		goose.WithSlog(slog.New(slog.DiscardHandler)))
}

// plainName reports whether s is a name that needs no quotes in SQL.
func plainName(s string) bool {
	for i, r := range s {
		if r != '_' && (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// forMigration opens the file anew through database/sql, which goose speaks,
// under a lock on a file beside it.
func (e *sqlite) forMigration(ctx context.Context) (*sql.DB, func(), error) {
	unlock, err := lockFile(ctx, e.path+lockSuffix)
	if err != nil {
		return nil, nil, fmt.Errorf("db: lock for the migration: %w", err)
	}
	conn, err := sql.Open("sqlite", e.path+"?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=synchronous(FULL)&_txlock=immediate&_dqs=0")
	if err != nil {
		unlock()
		return nil, nil, err
	}
	return conn, func() { conn.Close(); unlock() }, nil
}

// forMigration holds an advisory lock on a connection of its own. The server
// lets go of it when that connection ends, however it ends.
func (e *postgres) forMigration(ctx context.Context) (*sql.DB, func(), error) {
	holder, err := e.pool.Acquire(ctx)
	if err != nil {
		return nil, nil, e.fault(err, "")
	}
	if _, err := holder.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		holder.Conn().Close(context.WithoutCancel(ctx))
		holder.Release()
		return nil, nil, e.fault(err, "lock for the migration")
	}
	conn := stdlib.OpenDBFromPool(e.pool)
	return conn, func() {
		conn.Close()
		// Closing the connection releases the lock whatever its state.
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
		defer cancel()
		holder.Conn().Close(closing)
		holder.Release()
		e.pool.Reset() // statements prepared before know the old tables
	}, nil
}

// filesFor returns the migrations as the engine reads them, in one flat folder.
func filesFor(engine Engine, from fs.FS) (fs.FS, error) {
	names, err := fs.Glob(from, "*.sql")
	if err == nil && len(names) == 0 {
		names, err = fs.Glob(from, "sql/*.sql")
	}
	if err != nil {
		return nil, err
	}
	files := make(folder)
	for _, name := range names {
		base := path.Base(name)
		twin := strings.HasSuffix(base, ".pg.sql")
		if twin {
			if engine != Postgres {
				continue
			}
			base = strings.TrimSuffix(base, ".pg.sql") + ".sql"
		} else if engine == Postgres && slices.Contains(names, strings.TrimSuffix(name, ".sql")+".pg.sql") {
			continue
		}
		b, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		if engine == SQLite {
			b = []byte(liteSchema(string(b)))
		}
		files[base] = b
	}
	if len(files) == 0 {
		return nil, errors.New("no migrations")
	}
	return files, nil
}

// folder is a flat read-only file system in memory.
type folder map[string][]byte

func (d folder) Open(name string) (fs.File, error) {
	if name == "." {
		return &openFolder{folder: d}, nil
	}
	b, ok := d[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &openFile{Reader: bytes.NewReader(b), stat: entry{name, int64(len(b))}}, nil
}

type openFile struct {
	*bytes.Reader
	stat entry
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.stat, nil }
func (f *openFile) Close() error               { return nil }

type openFolder struct {
	folder folder
	rest   []fs.DirEntry // not yet read
}

func (f *openFolder) Stat() (fs.FileInfo, error) { return entry{".", -1}, nil }
func (f *openFolder) Read([]byte) (int, error)   { return 0, errors.New("is a folder") }
func (f *openFolder) Close() error               { return nil }

func (f *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if f.rest == nil {
		f.rest = []fs.DirEntry{}
		for _, name := range slices.Sorted(maps.Keys(f.folder)) {
			f.rest = append(f.rest, fs.FileInfoToDirEntry(entry{name, int64(len(f.folder[name]))}))
		}
	}
	if n <= 0 {
		n = len(f.rest)
	} else if len(f.rest) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(f.rest))
	list := f.rest[:n]
	f.rest = f.rest[n:]
	return list, nil
}

// entry describes a file, or the folder itself by a negative size.
type entry struct {
	name string
	size int64
}

func (e entry) Name() string       { return e.name }
func (e entry) Size() int64        { return max(e.size, 0) }
func (e entry) IsDir() bool        { return e.size < 0 }
func (e entry) ModTime() time.Time { return time.Time{} }
func (e entry) Sys() any           { return nil }
func (e entry) Mode() fs.FileMode {
	if e.IsDir() {
		return fs.ModeDir | 0o555
	}
	return 0o444
}
