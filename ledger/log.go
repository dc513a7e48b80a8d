package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"

	"limen/db"
)

// Errors of the log.
var (
	ErrEntry      = errors.New("ledger: the entry cannot be logged")
	ErrNotFound   = errors.New("ledger: no such entry")
	ErrNotSealed  = errors.New("ledger: the entry is not under a checkpoint yet")
	ErrRolledBack = errors.New("ledger: the database has an older checkpoint than this program has signed: it was put back, or cut")
	ErrTampered   = errors.New("ledger: the log does not verify")
	ErrPending    = errors.New("ledger: pending rows that this log did not write, or that are sealed already")
)

// Options adjust a Log. The zero value is right for production.
type Options struct {
	// Random gives identifiers and salts; nil is the operating system's generator.
	// A simulation hands in a seeded one, to get the same tree twice.
	Random io.Reader
	// Batch is the number of entries that one transaction of the integrator seals
	// at most: 256 when zero. The SQLite writer is held for about 15 µs an entry.
	Batch int
	// Former are the verifier keys that signed the tree before this key.
	Former []string
}

// Log is the log of one store. It may be used by many goroutines, and several
// processes may each have one over the same database.
type Log struct {
	store  *db.Store
	key    *Key
	known  note.Verifiers
	public string
	batch  int
	random func([]byte) error

	appended atomic.Int64
	wake     chan struct{} // enough entries are waiting for a batch

	integrating sync.Mutex
	seen        Checkpoint          // the newest that this process has verified
	strange     map[string]struct{} // pending rows that are not ours, by home and id

	// stop, set by tests, is called at each point where the process may die.
	stop func(point string) error
}

// Open returns the log of a migrated store. It fails with ErrWrongKey when the
// newest checkpoint was signed with another key, and with ErrSignature when
// its text was changed.
func Open(ctx context.Context, s *db.Store, key *Key, o Options) (*Log, error) {
	public := strings.Join(append([]string{key.public}, o.Former...), "\n")
	known, err := ParseVerifiers(public)
	if err != nil {
		return nil, err
	}
	l := &Log{store: s, key: key, known: known, public: public, batch: o.Batch, wake: make(chan struct{}, 1),
		strange: map[string]struct{}{}}
	if l.batch <= 0 {
		l.batch = 256
	}
	if o.Random == nil {
		l.random = func(b []byte) error { _, err := rand.Read(b); return err }
	} else {
		var mu sync.Mutex
		l.random = func(b []byte) error {
			mu.Lock()
			defer mu.Unlock()
			_, err := io.ReadFull(o.Random, b)
			return err
		}
	}
	err = s.Read(ctx, func(tx *db.Tx) error {
		var err error
		l.seen, err = l.head(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Public returns the verifier keys of the log, one per line, the present one first.
func (l *Log) Public() string { return l.public }

// Append writes the entry into tx. The rows are queued and go out with the
// commit, so it works in Write and in Observe: if we stop before the commit, the
// next start finds neither the operation nor its entry; after it, both.
//
// An entry without operation or outcome, or longer than MaxBody, is ErrEntry: the
// operation must then not take place, for nothing would tell of it.
func (l *Log) Append(tx *db.Tx, e Entry) (Receipt, error) {
	return l.append(tx, e, "")
}

const (
	insertEntry   = `INSERT INTO ledger_entry (home, id, officer, operation, salt, body) VALUES ($1, $2, $3, $4, $5, $6)`
	insertPending = `INSERT INTO ledger_pending (home, id, commitment, code) VALUES ($1, $2, $3, $4)`
	insertSubject = `INSERT INTO ledger_subject (subject, id, home) VALUES ($1, $2, $3)`
)

func (l *Log) append(tx *db.Tx, e Entry, erases string) (Receipt, error) {
	if e.Operation == "" || e.Outcome == "" {
		return Receipt{}, fmt.Errorf("%w: no operation or no outcome", ErrEntry)
	}
	if e.At.IsZero() {
		e.At = tx.Now()
	}
	if e.At.UnixMicro() < 0 {
		return Receipt{}, fmt.Errorf("%w: its moment lies before 1970", ErrEntry)
	}
	var random [saltSize + 10]byte
	if err := l.random(random[:]); err != nil {
		return Receipt{}, fmt.Errorf("ledger: no random numbers: %w", err)
	}
	salt := random[:saltSize:saltSize]
	id := newID(e.At, (*[10]byte)(random[saltSize:]))
	e.Officer, e.Operation = clean(e.Officer), clean(e.Operation)
	e.Subjects = distinct(e.Subjects)
	body := string(e.appendBody(make([]byte, 0, 640), id, salt, erases))
	if len(body) > MaxBody {
		return Receipt{}, fmt.Errorf("%w: %d bytes, %d are allowed", ErrEntry, len(body), MaxBody)
	}
	home := id
	if len(e.Subjects) > 0 {
		home = e.Subjects[0]
	}
	commitment := commit(salt, body)
	leaf := leafHash(id, commitment[:])
	code := pendingCode(l.key, home, id, commitment[:])
	if erases != "" {
		signature, err := l.key.signer.Sign(erasureText(leaf))
		if err != nil {
			return Receipt{}, err
		}
		code = append(code, signature...)
	}
	tx.Later(insertEntry, home, id, e.Officer, e.Operation, salt, body)
	tx.Later(insertPending, home, id, commitment[:], code)
	for i := 1; i < len(e.Subjects); i++ {
		tx.Later(insertSubject, e.Subjects[i], id, home)
	}
	if l.appended.Add(1)%int64(l.batch) == 0 {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
	return Receipt{ID: id, Leaf: leaf.String()}, nil
}

// distinct drops empty and repeated references. It copies only if there are any.
func distinct(refs []string) []string {
	if len(refs) > manySubjects {
		return distinctOfMany(refs)
	}
	for i, r := range refs {
		if r == "" || slices.Contains(refs[:i], r) || clean(r) != r {
			kept := make([]string, 0, len(refs))
			for _, r := range refs {
				if r = clean(r); r != "" && !slices.Contains(kept, r) {
					kept = append(kept, r)
				}
			}
			return kept
		}
	}
	return refs
}

// manySubjects is where comparing each with each becomes slower than a map.
const manySubjects = 32

func distinctOfMany(refs []string) []string {
	seen := make(map[string]bool, len(refs))
	kept := make([]string, 0, len(refs))
	for _, r := range refs {
		if r = clean(r); r != "" && !seen[r] {
			seen[r] = true
			kept = append(kept, r)
		}
	}
	return kept
}

// clean makes text that the search columns can hold and the body repeats: valid
// UTF-8, no NUL, not longer than a body's text may be.
func clean(s string) string {
	if len(s) > maxText || !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
		s = cut(s)
	}
	return s
}

// PendingState is the window in which an entry can still vanish without a trace
// in the database.
type PendingState struct {
	Entries int64
	Oldest  time.Time     // zero when there are none
	Age     time.Duration // of the oldest
}

// Pending reports the entries that no checkpoint covers yet.
func (l *Log) Pending(ctx context.Context) (PendingState, error) {
	var p PendingState
	err := l.store.Read(ctx, func(tx *db.Tx) error {
		p = PendingState{}
		var oldest string
		if err := tx.Row(`SELECT count(*), coalesce(min(id), '') FROM ledger_pending`).Scan(&p.Entries, &oldest); err != nil {
			return err
		}
		if at, ok := idTime(oldest); ok {
			p.Oldest, p.Age = at, max(tx.Now().Sub(at), 0)
		}
		return nil
	})
	return p, err
}

// Checkpoint returns the newest checkpoint: what a supervisor should fetch often
// and keep. Before the first integration its Size is 0 and its Note empty.
func (l *Log) Checkpoint(ctx context.Context) (Checkpoint, error) {
	var c Checkpoint
	err := l.store.Read(ctx, func(tx *db.Tx) (err error) {
		c, err = l.head(tx)
		return err
	})
	return c, err
}

// head reads and verifies the newest checkpoint.
func (l *Log) head(tx *db.Tx) (Checkpoint, error) {
	var size int64
	var text string
	err := tx.Row(`SELECT size, note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1`).Scan(&size, &text)
	if errors.Is(err, db.ErrNoRows) {
		return Checkpoint{Origin: l.key.origin}, nil
	}
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := OpenCheckpoint(text, l.known)
	if err != nil {
		return c, fmt.Errorf("newest checkpoint (size %d): %w", size, err)
	}
	if c.Size != size {
		return c, fmt.Errorf("%w: the newest checkpoint is filed under size %d and signed for %d", ErrTampered, size, c.Size)
	}
	if c.Origin != l.key.origin {
		return c, fmt.Errorf("newest checkpoint: %w: it is of the log %q", ErrWrongKey, c.Origin)
	}
	return c, nil
}
