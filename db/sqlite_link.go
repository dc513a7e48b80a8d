package db

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"unsafe"

	"modernc.org/libc"
	_ "modernc.org/sqlite" // sets the library up, and is the migrations' driver
	capi "modernc.org/sqlite/lib"
)

// link is one connection to SQLite, through the library's C interface instead
// of database/sql: a point read costs half as much, since nothing is locked,
// watched, boxed or named again for every statement, and the writer can ask
// whether a transaction is still open. One goroutine uses a link at a time.
//
// This file holds all there is of unsafe code.
type link struct {
	tls     *libc.TLS
	db      uintptr
	slot    uintptr // C memory for two out-parameters
	stmts   map[string]*prepared
	current *prepared // the statement of the open result set
}

// openLink opens the file and applies the settings that are the connection's
// own, one statement each.
func openLink(path string, settings ...string) (*link, error) {
	l := &link{tls: libc.NewTLS(), stmts: make(map[string]*prepared)}
	l.slot = l.malloc(16)
	name, err := libc.CString(path)
	if err != nil || l.slot == 0 {
		l.close()
		return nil, errors.Join(errors.New("db: out of memory"), err)
	}
	defer libc.Xfree(l.tls, name)
	// Each link is used by one goroutine at a time, so SQLite need not lock it.
	const flags = capi.SQLITE_OPEN_READWRITE | capi.SQLITE_OPEN_CREATE | capi.SQLITE_OPEN_NOMUTEX
	rc := capi.Xsqlite3_open_v2(l.tls, name, l.slot, flags, 0)
	l.db = l.out(0)
	if rc != capi.SQLITE_OK {
		err := l.fault(rc, "open "+path)
		l.close()
		return nil, err
	}
	capi.Xsqlite3_extended_result_codes(l.tls, l.db, 1)
	// A mistyped "column" is an error and not a string, as on PostgreSQL.
	l.configure(capi.SQLITE_DBCONFIG_DQS_DML, 0)
	l.configure(capi.SQLITE_DBCONFIG_DQS_DDL, 0)
	for _, q := range settings {
		if err := l.run(q); err != nil {
			l.close()
			return nil, err
		}
	}
	l.forget() // the settings are not asked for again
	return l, nil
}

func (l *link) configure(option, on int32) {
	list := l.malloc(16) // two variadic arguments of eight bytes
	if list == 0 {
		return
	}
	defer l.free(list)
	capi.Xsqlite3_db_config(l.tls, l.db, option, libc.VaList(list, on, uintptr(0)))
}

// close may be called on a half-open link.
func (l *link) close() error {
	l.forget()
	var err error
	if l.db != 0 {
		if rc := capi.Xsqlite3_close(l.tls, l.db); rc != capi.SQLITE_OK {
			err = l.fault(rc, "close")
		}
		l.db = 0
	}
	if l.slot != 0 {
		l.free(l.slot)
		l.slot = 0
	}
	if l.tls != nil {
		l.tls.Close()
		l.tls = nil
	}
	return err
}

// trim bounds the prepared statements. It is called between transactions, when
// none is in use.
func (l *link) trim() {
	if len(l.stmts) > maxPrepared {
		l.forget()
	}
}

// forget drops every prepared statement.
func (l *link) forget() {
	for q, st := range l.stmts {
		capi.Xsqlite3_finalize(l.tls, st.p)
		l.free(st.buf)
		delete(l.stmts, q)
	}
}

// out reads the out-parameter that the library left at an offset of the slot.
func (l *link) out(offset uintptr) uintptr {
	return *(*uintptr)(unsafe.Pointer(&memory(l.slot+offset, 8)[0]))
}

func (l *link) malloc(n int) uintptr { return capi.Xsqlite3_malloc64(l.tls, uint64(n)) }

func (l *link) free(p uintptr) { capi.Xsqlite3_free(l.tls, p) }

// memory views n bytes of C memory at p.
func memory(p uintptr, n int) []byte { return unsafe.Slice(*(**byte)(unsafe.Pointer(&p)), n) }

// fault describes the result code rc of the last call.
func (l *link) fault(rc int32, query string) error {
	message := libc.GoString(capi.Xsqlite3_errstr(l.tls, rc))
	f := &fault{query: query}
	if l.db != 0 {
		if extended := capi.Xsqlite3_extended_errcode(l.tls, l.db); extended&0xff == rc&0xff {
			rc = extended
			message = libc.GoString(capi.Xsqlite3_errmsg(l.tls, l.db))
		}
	}
	f.code, f.message = strconv.Itoa(int(rc)), message
	switch rc & 0xff {
	case capi.SQLITE_BUSY, capi.SQLITE_LOCKED:
		f.trouble = troubleConflict
	case capi.SQLITE_FULL:
		f.trouble = troubleFull
	case capi.SQLITE_READONLY:
		f.trouble = troubleReadOnly
	case capi.SQLITE_INTERRUPT:
		f.trouble = troubleInterrupted
	case capi.SQLITE_IOERR:
		if diskFull(int(capi.Xsqlite3_system_errno(l.tls, l.db))) {
			f.trouble = troubleFull
		}
	case capi.SQLITE_CONSTRAINT:
		if rc == capi.SQLITE_CONSTRAINT_UNIQUE || rc == capi.SQLITE_CONSTRAINT_PRIMARYKEY {
			f.trouble = troubleUnique
			f.table = l.violated(message)
		}
	}
	return f
}

// violated finds the table of a unique violation. SQLite names it nowhere but
// in its message: "… failed: table.column, table.column", or "… failed: index
// 'name'" for an index on an expression.
func (l *link) violated(message string) string {
	_, what, _ := strings.Cut(message, "failed: ")
	if name, ok := strings.CutPrefix(what, "index '"); ok {
		var table string
		err := l.row(context.Background(), `SELECT tbl_name FROM sqlite_master WHERE type = 'index' AND name = $1`,
			[]any{strings.TrimSuffix(name, "'")}, []any{&table})
		if err != nil {
			return ""
		}
		return table
	}
	table, _, _ := strings.Cut(what, ".")
	return table
}

// inTransaction reports whether a transaction is open; some failures, a full
// disk among them, make SQLite roll back all of it and not one statement.
func (l *link) inTransaction() bool { return capi.Xsqlite3_get_autocommit(l.tls, l.db) == 0 }

// interruptWith ends the statement under way when ctx ends. The returned
// function must be called before the link serves anybody else.
func (l *link) interruptWith(ctx context.Context) (release func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	over := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(over)
		tls := libc.NewTLS() // the link's own may be in use
		defer tls.Close()
		capi.Xsqlite3_interrupt(tls, l.db)
	})
	return func() {
		if !stop() {
			<-over
		}
	}
}
