// Package db is the only door to SQL: one transaction, one moment. A room writes
// one portable text for each statement, and it runs on SQLite, embedded, or on a
// PostgreSQL server, which may be a Citus cluster.
//
// # Portable SQL
//
// Placeholders are $1, $2 …. Types are BIGINT, BOOLEAN, BYTEA, DOUBLE PRECISION
// and TEXT. An instant is a BIGINT of microseconds UTC, a calendar date TEXT
// YYYY-MM-DD, JSON is TEXT. Upserts (ON CONFLICT), RETURNING, UPDATE … FROM,
// common table expressions, window functions, row-value comparisons, FILTER,
// NULLS LAST, IS NOT DISTINCT FROM, partial and expression indexes work alike on
// both engines. FOR UPDATE, = ANY($1), INCLUDE, MERGE, GREATEST and writing
// common table expressions do not work on SQLite; ->> on TEXT, max(a, b) and a
// bare $1 IS NULL do not work on PostgreSQL. Every store test runs on both.
//
// # Durability
//
// Write and Observe return nil only when what they wrote is on the disk. On
// SQLite concurrent transactions share one flush, each still atomic; on
// PostgreSQL the server does the same. See sqlite_writer.go and postgres.go for
// what the next start finds after a stop at each point.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Engine names what stands under a Store.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Options of Open. The zero value is usable.
type Options struct {
	// Clock gives the present moment; nil is the wall clock.
	Clock func() time.Time
	// Log receives what an operator must know; nil discards it.
	Log *slog.Logger
	// MaxBytes limits the SQLite file (not its write-ahead log); 0 is no limit.
	// A PostgreSQL server has its own limits, and Open refuses the option there.
	MaxBytes int64
	// ReserveBytes is room that Write may not use, so that Observe can still
	// write the log entries of reads and Reclaim can still erase when the disk
	// is full. It counts against MaxBytes and against the file system's free
	// room, which is looked up at most once a second. SQLite only.
	ReserveBytes int64
}

// Store is one database. It is safe for concurrent use.
type Store struct {
	clock  func() time.Time
	log    *slog.Logger
	moment atomic.Int64 // last one given out, microseconds
	engine engine
	name   Engine
	stats  counters

	mu     sync.RWMutex // guards closed against active
	closed bool
	active sync.WaitGroup
}

// engine is one of the two ways to run a transaction. transact runs fn once in
// a transaction of its own and has committed durably when it returns nil.
type engine interface {
	transact(ctx context.Context, kind kind, fn func(*Tx) error) error
	// forMigration locks others out and returns the database as goose speaks to it.
	forMigration(ctx context.Context) (conn *sql.DB, release func(), err error)
	close() error
}

// kind says what a transaction may do.
type kind int

const (
	kindWrite   kind = iota // read and write
	kindReclaim             // read and write, into the reserve
	kindKeyed               // read and write; conflicts show at keys
	kindObserve             // read a snapshot, then append through Later
	kindRead                // read a snapshot
	kindScrub               // no transaction: empties the write-ahead log
	kindCarry               // no transaction: brings the rest of the log into the file
)

// Open opens the database at url, "sqlite:PATH" or "postgres://…", and creates
// the SQLite file if there is none. It does not migrate.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	s := &Store{clock: o.Clock, log: o.Log}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if o.MaxBytes < 0 || o.ReserveBytes < 0 {
		return nil, errors.New("db: MaxBytes and ReserveBytes cannot be negative")
	}
	var err error
	path, isSQLite := strings.CutPrefix(url, "sqlite:")
	switch {
	case isSQLite:
		s.name = SQLite
		s.engine, err = openSQLite(ctx, s, path, o)
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		s.name = Postgres
		s.engine, err = openPostgres(ctx, s, url, o)
	default:
		scheme, _, _ := strings.Cut(url, ":")
		err = fmt.Errorf("db: %q is neither sqlite:PATH nor postgres://", scheme)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Close waits for the transactions under way, which still commit, and closes
// the database. Later calls of the store's methods return ErrClosed.
func (s *Store) Close() error {
	s.mu.Lock()
	was := s.closed
	s.closed = true
	s.mu.Unlock()
	if was {
		return nil
	}
	s.active.Wait()
	return s.engine.close()
}

// enter holds the store open until leave.
func (s *Store) enter() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return ErrClosed
	}
	s.active.Add(1)
	return nil
}

func (s *Store) leave() { s.active.Done() }

// Engine says which engine the store runs on. Rooms do not ask; operators do.
func (s *Store) Engine() Engine { return s.name }

// Now returns the present moment, UTC, in whole microseconds. The moments of
// one open Store never run backwards: if the clock steps back, the last moment
// is given again until the clock has caught up. Between processes, and after a
// restart, they are as good as the machines' clocks.
func (s *Store) Now() time.Time {
	now := s.clock().UnixMicro()
	for {
		last := s.moment.Load()
		if now <= last {
			return time.UnixMicro(last).UTC()
		}
		if s.moment.CompareAndSwap(last, now) {
			return time.UnixMicro(now).UTC()
		}
	}
}

// Write runs fn in a serialisable transaction and returns nil only when what it
// wrote is on the disk. An error from fn rolls everything back and is returned
// as it is. fn may run more than once, so it changes nothing outside tx; it
// must not call Write itself. A statement that fails ends the transaction, even
// if fn ignores its error.
//
// Errors: ErrFull, ErrBusy, ErrClosed, the context's error if it ended before
// the commit began, and whatever fn returns.
func (s *Store) Write(ctx context.Context, fn func(*Tx) error) error {
	return s.transact(ctx, kindWrite, fn)
}

// WriteByKey is Write for transactions whose every conflict with another writer
// shows at a key that both write: a version that moves on, a row that only one
// can insert. It need not be serializable, and so is not aborted because of
// neighbours on a page: on PostgreSQL it reads a snapshot, and a transaction that
// meets another one at a key runs again on what that one left. On SQLite it is
// Write.
//
// A row that exists already, by a unique constraint, runs fn again a few times,
// so that fn sees it; if it never does, that is the error.
func (s *Store) WriteByKey(ctx context.Context, fn func(*Tx) error) error {
	return s.transact(ctx, kindKeyed, fn)
}

// keyAttempts is how often a keyed transaction runs that meets a row of another.
const keyAttempts = 4

// Reclaim is Write for transactions that make room: erasure when a retention
// period ends is owed on a full disk too, so it may use the reserve.
func (s *Store) Reclaim(ctx context.Context, fn func(*Tx) error) error {
	return s.transact(ctx, kindReclaim, fn)
}

// Observe runs fn on a snapshot that no writer delays, and returns nil only
// when what fn queued with Later is on the disk: so a caller has the answer
// only if the log has the entry. Exec is refused with ErrReadOnly. fn may run
// more than once: a queued row whose key is taken runs fn again a few times, on a
// snapshot that has the row. On PostgreSQL it is one transaction; on SQLite the
// queued statements are a second one, right after the snapshot's end.
func (s *Store) Observe(ctx context.Context, fn func(*Tx) error) error {
	return s.transact(ctx, kindObserve, fn)
}

// Read runs fn on a snapshot, without any writing.
func (s *Store) Read(ctx context.Context, fn func(*Tx) error) error {
	return s.transact(ctx, kindRead, fn)
}

// How often a transaction runs again after conflicts, and the pauses between.
const (
	maxAttempts = 10
	firstPause  = time.Millisecond
	longestStep = 250 * time.Millisecond
)

func (s *Store) transact(ctx context.Context, kind kind, fn func(*Tx) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if ctx.Value(insideTx{}) != nil {
		return errors.New("db: a transaction inside a transaction")
	}
	pause := firstPause
	for attempt := 1; ; attempt++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := s.engine.transact(ctx, kind, fn)
		var a *aborted
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &a):
			if _, taken := UniqueViolation(err); !taken || kind != kindKeyed && kind != kindObserve || attempt == keyAttempts {
				return err
			}
		case attempt == maxAttempts:
			return fmt.Errorf("%w: %w", ErrBusy, a.cause)
		}
		s.stats.retries.Add(1)
		// Full jitter: two transactions that met once should not meet again.
		timer := time.NewTimer(time.Duration(rand.Int64N(int64(pause))) + pause/2)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		pause = min(2*pause, longestStep)
	}
}

// reached is called at every point where the comments say what the next start
// finds. The tests stop the process there.
var reached = func(point string) {}

// Stats is what a store has done since Open, for metrics.
type Stats struct {
	Groups        int64   // commits; on SQLite each may hold many jobs
	Jobs          int64   // transactions committed
	LargestGroup  int64   // most jobs in one commit
	Retries       int64   // transactions run again after a conflict
	QueueLength   int64   // jobs waiting for SQLite's writer now
	CommitSeconds float64 // time spent in COMMIT, summed
}

type counters struct {
	groups, jobs, largest, retries, commitNanos atomic.Int64
}

// committed counts one commit of n jobs.
func (c *counters) committed(n int64, took time.Duration) {
	c.groups.Add(1)
	c.jobs.Add(n)
	c.commitNanos.Add(int64(took))
	for {
		old := c.largest.Load()
		if n <= old || c.largest.CompareAndSwap(old, n) {
			return
		}
	}
}

// Stats reads the counters.
func (s *Store) Stats() Stats {
	st := Stats{
		Groups:        s.stats.groups.Load(),
		Jobs:          s.stats.jobs.Load(),
		LargestGroup:  s.stats.largest.Load(),
		Retries:       s.stats.retries.Load(),
		CommitSeconds: time.Duration(s.stats.commitNanos.Load()).Seconds(),
	}
	if lite, ok := s.engine.(*sqlite); ok {
		st.QueueLength = int64(len(lite.queue))
	}
	return st
}
