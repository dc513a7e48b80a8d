package db

import (
	"errors"
	"fmt"
	"strings"
)

// What callers test for with errors.Is. Every error of this package says which
// statement failed and with which code, and never a value: values are personal
// data and errors end in logs.
var (
	// ErrNoRows: Row.Scan found no row.
	ErrNoRows = errors.New("db: no rows")
	// ErrNewer: the database carries a migration that this program does not know.
	ErrNewer = errors.New("db: the database is newer than this program")
	// ErrFull: no room on the disk, or under the limit or the reserve of Options.
	ErrFull = errors.New("db: no room left")
	// ErrReadOnly: Exec or Bulk inside Observe or Read, or Later inside Read.
	ErrReadOnly = errors.New("db: this transaction does not write")
	// ErrOnceMismatch: the idempotency key was used before for another request.
	ErrOnceMismatch = errors.New("db: idempotency key was used for another request")
	// ErrClosed: the store is closed, or a Tx was used after its function returned.
	ErrClosed = errors.New("db: closed")
	// ErrBusy: conflicts with other transactions outlasted every retry.
	ErrBusy = errors.New("db: too busy, try again")
	// ErrNoCitus: Distribute found no citus extension; nothing was changed.
	ErrNoCitus = errors.New("db: the citus extension is not installed in this database")
)

// trouble sorts the codes of both engines by what can be done about them.
type trouble int

const (
	troubleOther       trouble = iota
	troubleConflict            // serialisation failure, deadlock, lock held: run again
	troubleUnique              // a key exists already
	troubleFull                // no room
	troubleReadOnly            // the connection may not write
	troubleInterrupted         // the caller's context ended
)

// fault is a statement that an engine refused.
type fault struct {
	trouble trouble
	code    string // SQLSTATE, or SQLite's extended result code in decimal
	message string // the engine's words, without values
	table   string // of a unique violation
	query   string // the statement's text, which is a constant of the program
}

func (f *fault) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "db: %s (%s)", f.message, f.code)
	if f.query != "" {
		fmt.Fprintf(&b, " in %q", shorten(f.query))
	}
	return b.String()
}

// Is lets errors.Is find the package's errors behind an engine's code.
func (f *fault) Is(target error) bool {
	switch target {
	case ErrFull:
		return f.trouble == troubleFull
	case ErrReadOnly:
		return f.trouble == troubleReadOnly
	}
	return false
}

// shorten folds a statement's white space and cuts it to a line.
func shorten(q string) string {
	q = strings.Join(strings.Fields(q), " ")
	if len(q) > 160 {
		q = q[:160] + "…"
	}
	return q
}

// UniqueViolation reports whether err is a primary key or unique constraint
// that a statement broke, and of which table. Such a statement has ended its
// transaction: a room that expects the conflict writes ON CONFLICT instead.
func UniqueViolation(err error) (table string, ok bool) {
	var f *fault
	if errors.As(err, &f) && f.trouble == troubleUnique {
		return f.table, true
	}
	return "", false
}

// again reports whether running the whole transaction once more can help: after
// a conflict, or when another transaction has just kept the answer to the same
// idempotency key, which Replay will then find.
func again(err error) bool {
	var f *fault
	if !errors.As(err, &f) {
		return false
	}
	return f.trouble == troubleConflict || f.trouble == troubleUnique && f.table == onceTable
}

// abortable marks err if running the transaction again can help.
func abortable(err error) error {
	if again(err) {
		return &aborted{err}
	}
	return err
}

// aborted marks a transaction that the engine gave up for the sake of another
// one, whatever fn made of the failed statement: it may run again.
type aborted struct{ cause error }

func (a *aborted) Error() string { return a.cause.Error() }
func (a *aborted) Unwrap() error { return a.cause }
