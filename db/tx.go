package db

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Tx is one transaction: one moment, one snapshot, all or nothing. It belongs
// to the function that was handed it: not to another goroutine, and not after
// the function has returned (ErrClosed).
//
// A statement that fails ends the transaction on both engines: every later
// statement returns the same error and nothing is committed.
type Tx struct {
	store   *Store
	ctx     context.Context
	now     time.Time
	began   time.Time // by the wall clock
	kind    kind
	session session
	later   []statement
	notices []notice
	scratch []any // arguments of the statement under way
	open    *Rows // the one result set that may be open
	failed  error
	done    bool
}

// session is a transaction on an engine's connection. Arguments have been
// through value.
type session interface {
	exec(ctx context.Context, q string, args []any) (int64, error)
	query(ctx context.Context, q string, args []any) (cursor, error)
	row(ctx context.Context, q string, args []any, dest []any) error
	bulk(ctx context.Context, table string, cols []string, rows [][]any) error
}

// cursor is an open result set of an engine.
type cursor interface {
	next() (bool, error)
	scan(dest []any) error
	close() error
}

// statement is one queued by Later.
type statement struct {
	query string
	args  []any
}

func newTx(ctx context.Context, s *Store, k kind, on session) *Tx {
	return &Tx{store: s, ctx: ctx, now: s.Now(), began: time.Now(), kind: k, session: on}
}

// call runs fn and leaves the Tx unusable. It does not return normally if fn
// panics or exits its goroutine.
func (tx *Tx) call(fn func(*Tx) error) error {
	defer tx.finish()
	if err := fn(tx); err != nil {
		return tx.verdict(err)
	}
	tx.finish()
	return tx.verdict(tx.failed)
}

// finish closes what fn left open.
func (tx *Tx) finish() {
	if tx.open != nil {
		tx.open.Close()
	}
	tx.done = true
}

// verdict marks err if the engine gave the transaction up to another one.
func (tx *Tx) verdict(err error) error {
	if err != nil && again(tx.failed) {
		return &aborted{tx.failed}
	}
	return err
}

// Now returns the transaction's one moment, UTC, in whole microseconds.
func (tx *Tx) Now() time.Time { return tx.now }

// Context returns the context of the call that opened the transaction. A
// transaction opened with it is refused: on SQLite it would wait for this one,
// and on both engines it would not see what this one has done.
func (tx *Tx) Context() context.Context { return context.WithValue(tx.ctx, insideTx{}, true) }

// insideTx marks the context of a transaction.
type insideTx struct{}

// ready checks that a statement may run, and converts its arguments.
func (tx *Tx) ready(args []any) error {
	switch {
	case tx.done:
		return ErrClosed
	case tx.failed != nil:
		return tx.failed
	case tx.open != nil:
		return tx.fail(errors.New("db: close the open Rows before the next statement"))
	}
	if err := tx.ctx.Err(); err != nil {
		return tx.fail(err)
	}
	var err error
	if tx.scratch, err = values(tx.scratch, args); err != nil {
		return tx.fail(err)
	}
	return nil
}

// fail ends the transaction.
func (tx *Tx) fail(err error) error {
	if err != nil && tx.failed == nil {
		var f *fault
		if errors.As(err, &f) && f.trouble == troubleInterrupted && tx.ctx.Err() != nil {
			err = tx.ctx.Err()
		}
		tx.failed = err
	}
	return err
}

func (tx *Tx) writes() bool {
	return tx.kind == kindWrite || tx.kind == kindKeyed || tx.kind == kindReclaim
}

// Exec runs one statement and returns how many rows it inserted, updated or
// deleted. In Observe and Read it is refused with ErrReadOnly.
func (tx *Tx) Exec(q string, args ...any) (rows int64, err error) {
	if !tx.writes() && !tx.done {
		return 0, tx.fail(ErrReadOnly)
	}
	if err := tx.ready(args); err != nil {
		return 0, err
	}
	rows, err = tx.session.exec(tx.ctx, q, tx.scratch)
	return rows, tx.fail(err)
}

// Later queues a statement that runs just before the commit, in the order of
// the calls; on PostgreSQL all of them and the commit are one round trip.
// Nothing in the transaction sees its effect. Its error is the transaction's.
func (tx *Tx) Later(q string, args ...any) {
	switch {
	case tx.done:
		panic("db: Later on a Tx whose function has returned")
	case tx.failed != nil:
		return
	case tx.kind == kindRead:
		tx.fail(ErrReadOnly)
		return
	}
	v, err := values(make([]any, 0, len(args)), args)
	if err != nil {
		tx.fail(err)
		return
	}
	tx.later = append(tx.later, statement{q, v})
}

// Query runs one statement and returns its rows. Close them before the next
// statement of the transaction; reading to the end closes them too.
func (tx *Tx) Query(q string, args ...any) (*Rows, error) {
	if err := tx.ready(args); err != nil {
		return nil, err
	}
	c, err := tx.session.query(tx.ctx, q, tx.scratch)
	if err != nil {
		return nil, tx.fail(err)
	}
	tx.open = &Rows{tx: tx, cursor: c}
	return tx.open, nil
}

// Row prepares to read the first row of a statement, which runs when the row
// is scanned.
func (tx *Tx) Row(q string, args ...any) *Row { return &Row{tx, q, args} }

// Bulk inserts rows of the named columns, each engine in its fastest way. A row
// that breaks a key ends the transaction.
func (tx *Tx) Bulk(table string, cols []string, rows [][]any) error {
	if !tx.writes() && !tx.done {
		return tx.fail(ErrReadOnly)
	}
	if err := tx.ready(nil); err != nil {
		return err
	}
	for i, row := range rows {
		if len(row) != len(cols) {
			return tx.fail(fmt.Errorf("db: bulk row %d of %s has %d values for %d columns", i, table, len(row), len(cols)))
		}
	}
	if len(rows) == 0 || len(cols) == 0 {
		return nil
	}
	return tx.fail(tx.session.bulk(tx.ctx, table, cols, rows))
}

// Rows is an open result set.
//
//	for rows.Next() { rows.Scan(…) }
//	return rows.Err()
type Rows struct {
	tx     *Tx
	cursor cursor
	err    error
	closed bool
}

// Next moves to the next row. It returns false at the end and on an error, and
// has then closed the Rows.
func (r *Rows) Next() bool {
	if r.closed {
		return false
	}
	ok, err := r.cursor.next()
	if err != nil {
		r.err = r.tx.fail(err)
	}
	if !ok {
		r.Close()
	}
	return ok
}

// Scan stores the columns of the current row where dest point.
func (r *Rows) Scan(dest ...any) error {
	if r.closed {
		return ErrClosed
	}
	return r.tx.fail(r.cursor.scan(dest))
}

// Err returns the error that ended Next, if any.
func (r *Rows) Err() error { return r.err }

// Close ends the reading; a second Close does nothing.
func (r *Rows) Close() error {
	if r.closed {
		return r.err
	}
	r.closed = true
	r.tx.open = nil
	if err := r.cursor.close(); err != nil && r.err == nil {
		r.err = r.tx.fail(err)
	}
	return r.err
}

// Row is one row to be read.
type Row struct {
	tx    *Tx
	query string
	args  []any
}

// Scan runs the statement and stores the columns of its first row where dest
// point. It returns ErrNoRows if there is none, which does not end the
// transaction.
func (r *Row) Scan(dest ...any) error {
	tx := r.tx
	if err := tx.ready(r.args); err != nil {
		return err
	}
	err := tx.session.row(tx.ctx, r.query, tx.scratch, dest)
	if err == ErrNoRows {
		return err
	}
	return tx.fail(err)
}
