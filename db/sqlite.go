package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// sqlite is the engine of one file: one link writes, a few read.
type sqlite struct {
	store   *Store
	path    string
	room    room
	queue   chan *job
	stopped chan struct{} // closed when the writer has ended
	writer  *link
	group   []*job // the writer's: jobs to be answered when the group commits
	readers chan *link

	carrying sync.Mutex    // held while the log is brought into the file
	ending   chan struct{} // closed to end the carrier
	carried  chan struct{} // closed when it has ended
}

const (
	queueLength = 1024 // jobs that may wait for the writer without blocking
	fewestLinks = 4    // readers, on a machine with fewer processors
	lockSuffix  = ".lock"
)

// Settings of every link, and of the writer.
var (
	linkSettings = []string{
		"PRAGMA busy_timeout = 250", // milliseconds; only another process can be in the way
		"PRAGMA foreign_keys = ON",
		"PRAGMA case_sensitive_like = ON", // as on PostgreSQL
		"PRAGMA trusted_schema = OFF",
		"PRAGMA temp_store = MEMORY",
	}
	readerSettings = append(linkSettings[:len(linkSettings):len(linkSettings)],
		"PRAGMA cache_size = -16384", // KiB
		"PRAGMA query_only = ON",
	)
	writerSettings = append(linkSettings[:len(linkSettings):len(linkSettings)],
		"PRAGMA cache_size = -65536",
		"PRAGMA journal_mode = WAL",
		"PRAGMA synchronous = FULL",         // every commit is on the disk
		"PRAGMA secure_delete = ON",         // erased data is overwritten, not only unlinked
		"PRAGMA wal_autocheckpoint = 16000", // pages of 4 KiB; see carry
		"PRAGMA journal_size_limit = 67108864",
	)
)

func openSQLite(ctx context.Context, s *Store, path string, o Options) (*sqlite, error) {
	if path == "" || path == ":memory:" {
		return nil, errors.New("db: sqlite: needs the path of a file")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// The register is nobody else's to read; SQLite gives its log the same mode.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("db: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("db: %w", err)
	}
	e := &sqlite{
		store:   s,
		path:    path,
		queue:   make(chan *job, queueLength),
		stopped: make(chan struct{}),
		readers: make(chan *link, max(fewestLinks, runtime.GOMAXPROCS(0))),
		ending:  make(chan struct{}),
		carried: make(chan struct{}),
	}
	// Of two processes that turn a new file to write-ahead logging at once, one
	// is refused without waiting.
	unlock, err := lockFile(ctx, path+lockSuffix)
	if err != nil {
		return nil, fmt.Errorf("db: %w", err)
	}
	defer unlock()
	if e.writer, err = openLink(path, writerSettings...); err != nil {
		return nil, err
	}
	var mode string
	if err := e.writer.row(ctx, "PRAGMA journal_mode", nil, []any{&mode}); err != nil || mode != "wal" {
		e.writer.close()
		return nil, fmt.Errorf("db: %s: journal mode is %q and not wal (a network file system?): %w", path, mode, err)
	}
	if e.room, err = newRoom(e.writer, path, s.log, o); err != nil {
		e.writer.close()
		return nil, err
	}
	for range cap(e.readers) {
		l, err := openLink(path, readerSettings...)
		if err != nil {
			e.closeReaders()
			e.writer.close()
			return nil, err
		}
		e.readers <- l
	}
	beside, err := openLink(path, linkSettings...)
	if err != nil {
		e.closeReaders()
		e.writer.close()
		return nil, err
	}
	go e.write()
	go e.carry(&carrier{e: e, link: beside})
	return e, nil
}

func (e *sqlite) closeReaders() error {
	var errs []error
	for len(e.readers) > 0 {
		errs = append(errs, (<-e.readers).close())
	}
	return errors.Join(errs...)
}

func (e *sqlite) close() error {
	close(e.ending)
	<-e.carried
	close(e.queue)
	<-e.stopped
	err := e.closeReaders()
	return errors.Join(err, e.writer.close())
}

func (e *sqlite) transact(ctx context.Context, k kind, fn func(*Tx) error) error {
	if k == kindWrite || k == kindKeyed || k == kindReclaim {
		return e.submit(ctx, &job{ctx: ctx, kind: k, fn: fn})
	}
	later, err := e.snapshot(ctx, k, fn)
	if err != nil || len(later) == 0 {
		return err
	}
	reached("before the log")
	// If we stop here, the next start finds nothing of this reading, and the
	// caller has not had the answer: only a nil from submit lets it out.
	return e.submit(ctx, &job{ctx: ctx, kind: k, later: later})
}

// snapshot runs fn on a reader and returns what it queued.
func (e *sqlite) snapshot(ctx context.Context, k kind, fn func(*Tx) error) (later []statement, err error) {
	var l *link
	select {
	case l = <-e.readers:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { e.readers <- l }()
	l.trim()
	if err := l.run("BEGIN"); err != nil {
		return nil, abortable(err)
	}
	defer l.run("ROLLBACK") // it has only read
	defer l.interruptWith(ctx)()
	tx := newTx(ctx, e.store, k, l)
	if err := tx.call(fn); err != nil {
		return nil, err
	}
	return tx.later, nil
}

// job is a transaction that waits for the writer's link.
//
// fn runs on the goroutine of the caller, to which the writer lends its link
// for the while: so a panic unwinds where it belongs, and the writer survives
// it. A job without fn runs the statements of later, on the writer's goroutine.
type job struct {
	ctx   context.Context
	kind  kind
	fn    func(*Tx) error
	later []statement

	turn chan bool  // writer to caller: true, the link is yours; false, err is the outcome
	back chan error // caller to writer: the link is free, and what fn came to
	err  error      // what it came to so far
	mu   sync.Mutex
	gone bool // the caller gave up before its turn
	held bool // the writer took the job up
}

// claim takes the job up, unless its caller has gone.
func (j *job) claim() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.held = !j.gone
	return j.held
}

// abandon gives the job up, unless the writer holds it.
func (j *job) abandon() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.gone = !j.held
	return j.gone
}

// end tells the caller the outcome.
func (j *job) end(err error) {
	j.err = err
	j.turn <- false
}

// submit queues a job and waits for its outcome.
func (e *sqlite) submit(ctx context.Context, j *job) error {
	j.turn = make(chan bool, 1)
	j.back = make(chan error, 1)
	select {
	case e.queue <- j:
	case <-ctx.Done():
		return ctx.Err()
	}
	cancelled := ctx.Done()
	for {
		select {
		case mine := <-j.turn:
			if !mine {
				return j.err
			}
			j.use(e)
		case <-cancelled:
			if j.abandon() {
				return ctx.Err()
			}
			cancelled = nil // too late: see it through
		}
	}
}

// errUnwound tells the writer that fn panicked or ended its goroutine, so that
// nobody waits for an answer.
var errUnwound = errors.New("db: the transaction's function did not return")

// use runs fn on the writer's link and hands the link back, also when fn
// panics or ends its goroutine.
func (j *job) use(e *sqlite) {
	result := errUnwound
	defer func() { j.back <- result }()
	tx := newTx(j.ctx, e.store, j.kind, e.writer)
	if result = tx.call(j.fn); result == nil {
		result = abortable(e.flush(tx.later))
	}
}

// flush runs queued statements on the writer's link.
func (e *sqlite) flush(later []statement) error {
	for _, st := range later {
		if _, err := e.writer.exec(context.Background(), st.query, st.args); err != nil {
			return err
		}
	}
	return nil
}
