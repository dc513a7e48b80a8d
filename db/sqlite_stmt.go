package db

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"modernc.org/libc"
	capi "modernc.org/sqlite/lib"
)

// prepared is a compiled statement and the C memory that its bound text and
// blobs live in until it is reset.
type prepared struct {
	p        uintptr
	query    string
	params   int
	readOnly bool
	buf      uintptr
	size     int
}

const (
	maxPrepared  = 500       // statements kept per link; the program's texts are fewer
	keptBindings = 64 << 10  // bytes of binding memory a statement keeps between runs
	maxValue     = 512 << 20 // bytes of one value, well under the library's limit
)

// prepare compiles a statement once per link.
func (l *link) prepare(query string) (*prepared, error) {
	if st := l.stmts[query]; st != nil {
		return st, nil
	}
	sql, err := libc.CString(numbered(query))
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(l.tls, sql)
	rc := capi.Xsqlite3_prepare_v3(l.tls, l.db, sql, -1, capi.SQLITE_PREPARE_PERSISTENT, l.slot, l.slot+8)
	if rc != capi.SQLITE_OK {
		return nil, l.fault(rc, query)
	}
	st := &prepared{p: l.out(0), query: query}
	if st.p == 0 {
		return nil, fmt.Errorf("db: empty statement %q", shorten(query))
	}
	tail := l.out(8)
	if rest := strings.TrimSpace(libc.GoString(tail)); rest != "" && rest != ";" {
		capi.Xsqlite3_finalize(l.tls, st.p)
		return nil, fmt.Errorf("db: more than one statement in %q", shorten(query))
	}
	st.params = int(capi.Xsqlite3_bind_parameter_count(l.tls, st.p))
	st.readOnly = capi.Xsqlite3_stmt_readonly(l.tls, st.p) != 0
	l.stmts[query] = st
	return st, nil
}

// bind copies text and blobs into the statement's own memory, where they stay
// until its next run, so that SQLite need not copy them again.
func (l *link) bind(st *prepared, args []any) error {
	if len(args) != st.params {
		return fmt.Errorf("db: %d arguments for %d parameters in %q", len(args), st.params, shorten(st.query))
	}
	need := 1 // so that an empty blob has an address and is not NULL
	for _, a := range args {
		n := 0
		switch v := a.(type) {
		case string:
			n = len(v)
		case []byte:
			n = len(v)
		}
		if n > maxValue {
			return fmt.Errorf("db: a value of %d bytes is too large in %q", n, shorten(st.query))
		}
		need += n
	}
	if need > st.size {
		l.free(st.buf)
		st.size = max(need, 256)
		if st.buf = l.malloc(st.size); st.buf == 0 {
			st.size = 0
			return errors.New("db: out of memory")
		}
	}
	at := st.buf
	rc := int32(capi.SQLITE_OK)
	for i, a := range args {
		n := int32(i + 1)
		switch v := a.(type) {
		case nil:
			rc = capi.Xsqlite3_bind_null(l.tls, st.p, n)
		case int64:
			rc = capi.Xsqlite3_bind_int64(l.tls, st.p, n, v)
		case bool:
			var bit int64
			if v {
				bit = 1
			}
			rc = capi.Xsqlite3_bind_int64(l.tls, st.p, n, bit)
		case float64:
			rc = capi.Xsqlite3_bind_double(l.tls, st.p, n, v)
		case string:
			if len(v) > 0 {
				copy(memory(at, len(v)), v)
			}
			rc = capi.Xsqlite3_bind_text(l.tls, st.p, n, at, int32(len(v)), 0)
			at += uintptr(len(v))
		case []byte:
			if len(v) > 0 {
				copy(memory(at, len(v)), v)
			}
			rc = capi.Xsqlite3_bind_blob(l.tls, st.p, n, at, int32(len(v)), 0)
			at += uintptr(len(v))
		default:
			return fmt.Errorf("db: %T cannot be bound", a)
		}
		if rc != capi.SQLITE_OK {
			return l.fault(rc, st.query)
		}
	}
	return nil
}

// reset ends a run of the statement.
func (l *link) reset(st *prepared) {
	capi.Xsqlite3_reset(l.tls, st.p)
	if st.size > keptBindings {
		capi.Xsqlite3_clear_bindings(l.tls, st.p)
		l.free(st.buf)
		st.buf, st.size = 0, 0
	}
}

// start prepares and binds.
func (l *link) start(q string, args []any) (*prepared, error) {
	st, err := l.prepare(q)
	if err != nil {
		return nil, err
	}
	return st, l.bind(st, args)
}

// step moves to the next row.
func (l *link) step(st *prepared) (row bool, err error) {
	switch rc := capi.Xsqlite3_step(l.tls, st.p); rc {
	case capi.SQLITE_ROW:
		return true, nil
	case capi.SQLITE_DONE:
		return false, nil
	default:
		return false, l.fault(rc, st.query)
	}
}

// run executes a statement without arguments and drops its rows.
func (l *link) run(q string) error {
	_, err := l.exec(context.Background(), q, nil)
	return err
}

func (l *link) exec(_ context.Context, q string, args []any) (int64, error) {
	st, err := l.start(q, args)
	if err != nil {
		return 0, err
	}
	return l.finish(st)
}

// finish steps a statement to its end and says how many rows it changed.
func (l *link) finish(st *prepared) (int64, error) {
	for {
		row, err := l.step(st)
		if err != nil {
			l.reset(st)
			return 0, err
		}
		if !row {
			break
		}
	}
	var changed int64
	if !st.readOnly {
		changed = capi.Xsqlite3_changes64(l.tls, l.db)
	}
	l.reset(st)
	return changed, nil
}

func (l *link) row(_ context.Context, q string, args []any, dest []any) error {
	st, err := l.start(q, args)
	if err != nil {
		return err
	}
	row, err := l.step(st)
	switch {
	case err != nil:
	case !row:
		err = ErrNoRows
	default:
		err = l.scan(st, dest)
	}
	if err == nil && !st.readOnly {
		_, err = l.finish(st) // a RETURNING statement counts when it has ended
		return err
	}
	l.reset(st)
	return err
}

func (l *link) query(_ context.Context, q string, args []any) (cursor, error) {
	st, err := l.start(q, args)
	if err != nil {
		return nil, err
	}
	l.current = st
	return (*liteCursor)(l), nil
}

// bulk prepares one insert and runs it row by row, which is SQLite's fastest
// way: long VALUES lists cost more to parse than they save.
func (l *link) bulk(ctx context.Context, table string, cols []string, rows [][]any) error {
	q := insertInto(table, cols, 1)
	var buf []any
	for _, row := range rows {
		var err error
		if buf, err = values(buf, row); err != nil {
			return err
		}
		if _, err = l.exec(ctx, q, buf); err != nil {
			return err
		}
		if err = ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// liteCursor is the link while a result set is open.
type liteCursor link

func (c *liteCursor) next() (bool, error) { return (*link)(c).step(c.current) }

func (c *liteCursor) scan(dest []any) error { return (*link)(c).scan(c.current, dest) }

func (c *liteCursor) close() error {
	(*link)(c).reset(c.current)
	c.current = nil
	return nil
}

// scan stores the columns of the row the statement stands on.
func (l *link) scan(st *prepared, dest []any) error {
	if n := int(capi.Xsqlite3_column_count(l.tls, st.p)); n != len(dest) {
		return fmt.Errorf("db: %d destinations for %d columns of %q", len(dest), n, shorten(st.query))
	}
	for i, d := range dest {
		if err := l.column(st.p, int32(i), d); err != nil {
			return fmt.Errorf("db: column %d of %q: %w", i+1, shorten(st.query), err)
		}
	}
	return nil
}

// column stores one column. The usual destinations are served without boxing
// the value; the rest go through assign.
func (l *link) column(p uintptr, i int32, dest any) error {
	var v any
	switch capi.Xsqlite3_column_type(l.tls, p, i) {
	case capi.SQLITE_INTEGER:
		n := capi.Xsqlite3_column_int64(l.tls, p, i)
		switch d := dest.(type) {
		case *int64:
			*d = n
			return nil
		case *int:
			*d = int(n)
			return nil
		}
		v = n
	case capi.SQLITE_TEXT:
		s := string(l.bytes(capi.Xsqlite3_column_text(l.tls, p, i), p, i))
		if d, ok := dest.(*string); ok {
			*d = s
			return nil
		}
		v = s
	case capi.SQLITE_BLOB:
		b := append([]byte{}, l.bytes(capi.Xsqlite3_column_blob(l.tls, p, i), p, i)...)
		if d, ok := dest.(*[]byte); ok {
			*d = b
			return nil
		}
		v = b
	case capi.SQLITE_FLOAT:
		v = capi.Xsqlite3_column_double(l.tls, p, i)
	}
	return assign(dest, v)
}

// bytes views a column's text or blob, which lives until the next step.
func (l *link) bytes(at, p uintptr, i int32) []byte {
	n := int(capi.Xsqlite3_column_bytes(l.tls, p, i))
	if at == 0 || n == 0 {
		return nil
	}
	return memory(at, n)
}
