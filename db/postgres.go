package db

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgres is the engine of a PostgreSQL server, or of Citus behind the same
// protocol.
type postgres struct {
	store *Store
	pool  *pgxpool.Pool
}

const (
	oldestPostgres  = 15
	defaultMaxConns = 32
	commitTimeout   = 30 * time.Second
	undoTimeout     = 5 * time.Second // for a ROLLBACK after the caller's context has ended
)

func openPostgres(ctx context.Context, s *Store, url string, o Options) (*postgres, error) {
	if o.MaxBytes != 0 || o.ReserveBytes != 0 {
		return nil, errors.New("db: MaxBytes and ReserveBytes are for SQLite; a PostgreSQL server has its own limits")
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("db: the postgres:// address cannot be read") // the cause repeats the password
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = defaultMaxConns
	}
	params := config.ConnConfig.RuntimeParams
	switch params["synchronous_commit"] {
	case "":
		params["synchronous_commit"] = "on"
	case "on", "remote_apply":
	default:
		return nil, fmt.Errorf("db: synchronous_commit=%s would acknowledge what is not on the disk", params["synchronous_commit"])
	}
	if params["application_name"] == "" {
		params["application_name"] = "limen"
	}
	params["timezone"] = "UTC"
	params["standard_conforming_strings"] = "on"
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("db: %w", err)
	}
	e := &postgres{s, pool}
	var version int
	if err := pool.QueryRow(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		pool.Close()
		return nil, fmt.Errorf("db: connect: %w", e.fault(err, ""))
	}
	if version/10000 < oldestPostgres {
		pool.Close()
		return nil, fmt.Errorf("db: PostgreSQL %d is too old, %d or newer is needed", version/10000, oldestPostgres)
	}
	return e, nil
}

func (e *postgres) close() error {
	e.pool.Close()
	return nil
}

// fault translates an error of the driver. Of the driver's own words only those
// of the network are repeated: the others may quote an argument.
func (e *postgres) fault(err error, query string, args ...any) error {
	var pg *pgconn.PgError
	var network net.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &pg):
		return serverFault(pg, query)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case pgconn.SafeToRetry(err):
		return &fault{trouble: troubleConflict, code: "08006", message: "the connection was gone before anything was sent", query: query}
	case errors.As(err, &network), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("db: connection to the server: %w", err)
	}
	types := make([]string, len(args))
	for i, a := range args {
		types[i] = fmt.Sprintf("%T", a)
	}
	return fmt.Errorf("db: the driver refused (%s) for %q", strings.Join(types, ", "), shorten(query))
}

func serverFault(pg *pgconn.PgError, query string) error {
	f := &fault{code: pg.Code, message: pg.Message, table: pg.TableName, query: query}
	switch pg.Code {
	case "40001", "40P01": // serialization_failure, deadlock_detected
		f.trouble = troubleConflict
	case "53300", "57P03": // too_many_connections, cannot_connect_now
		f.trouble = troubleConflict
	case "0A000": // feature_not_supported, of which one is a table altered meanwhile
		if pg.Routine == "RevalidateCachedQuery" {
			f.trouble = troubleConflict
		}
	case "23505": // unique_violation
		f.trouble = troubleUnique
	case "53100": // disk_full
		f.trouble = troubleFull
	case "25006": // read_only_sql_transaction
		f.trouble = troubleReadOnly
	case "57014": // query_canceled
		f.trouble = troubleInterrupted
	}
	if strings.HasPrefix(pg.Code, "22") { // data_exception: the message quotes the value
		f.message = "a value does not fit"
	}
	return f
}

// How each kind of transaction begins. What decides on what it reads is
// serializable. An observation decides nothing that another writer could upset,
// exactly as on SQLite, where it reads a snapshot; and what reclaims room takes
// rows away by their keys. Were these serializable too, the pages that they
// read would abort the border's own transactions. A snapshot that writes nothing needs no
// more than repeatable read; Observe's queued inserts make it a writer.
var beginnings = map[kind]string{
	kindWrite:   "BEGIN ISOLATION LEVEL SERIALIZABLE",
	kindKeyed:   "BEGIN ISOLATION LEVEL REPEATABLE READ",
	kindReclaim: "BEGIN ISOLATION LEVEL REPEATABLE READ",
	kindObserve: "BEGIN ISOLATION LEVEL REPEATABLE READ",
	kindRead:    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
}

func (e *postgres) transact(ctx context.Context, k kind, fn func(*Tx) error) error {
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return abortable(e.fault(err, ""))
	}
	defer conn.Release()
	t := &pgSession{engine: e, conn: conn.Conn(), begin: beginnings[k]}
	defer t.undo(ctx) // nothing is left to undo after a commit
	tx := newTx(ctx, e.store, k, t)
	if err := tx.call(fn); err != nil {
		return err
	}
	return abortable(t.commit(ctx, tx.later))
}

// pgSession is a transaction on one connection. BEGIN travels with the first
// statement and COMMIT with the last ones, so that a transaction costs as few
// round trips as it has questions.
type pgSession struct {
	engine *postgres
	conn   *pgx.Conn
	begin  string // not sent yet
	ending bool   // COMMIT has been sent
}

// fault translates an error of the session. A connection that broke before the
// COMMIT took its transaction with it, which may therefore run again.
func (t *pgSession) fault(err error, query string, args ...any) error {
	err = t.engine.fault(err, query, args...)
	var known *fault
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if !t.ending && t.conn.IsClosed() {
		return &fault{trouble: troubleConflict, code: "08006", message: "the connection broke", query: query}
	}
	return err
}

// send sends BEGIN, if it is still due, and a statement in one round trip. The
// caller closes the results.
func (t *pgSession) send(ctx context.Context, q string, args []any) (pgx.BatchResults, error) {
	var b pgx.Batch
	b.Queue(t.begin)
	b.Queue(q, args...)
	results := t.conn.SendBatch(ctx, &b)
	t.begin = ""
	if _, err := results.Exec(); err != nil {
		results.Close()
		return nil, err
	}
	return results, nil
}

func (t *pgSession) exec(ctx context.Context, q string, args []any) (int64, error) {
	if t.begin == "" {
		tag, err := t.conn.Exec(ctx, q, args...)
		return tag.RowsAffected(), t.fault(err, q, args...)
	}
	results, err := t.send(ctx, q, args)
	if err != nil {
		return 0, t.fault(err, q, args...)
	}
	tag, err := results.Exec()
	if end := results.Close(); err == nil {
		err = end
	}
	return tag.RowsAffected(), t.fault(err, q, args...)
}

func (t *pgSession) query(ctx context.Context, q string, args []any) (cursor, error) {
	c := &pgCursor{session: t, query: q}
	var err error
	if t.begin == "" {
		c.rows, err = t.conn.Query(ctx, q, args...)
	} else if c.batch, err = t.send(ctx, q, args); err == nil {
		c.rows, err = c.batch.Query()
	}
	if err != nil {
		if c.rows != nil || c.batch != nil {
			c.close()
		}
		return nil, t.fault(err, q, args...)
	}
	return c, nil
}

func (t *pgSession) row(ctx context.Context, q string, args []any, dest []any) error {
	c, err := t.query(ctx, q, args)
	if err != nil {
		return err
	}
	found, err := c.next()
	if err == nil && !found {
		err = ErrNoRows
	} else if err == nil {
		err = c.scan(dest)
	}
	if end := c.close(); err == nil {
		err = end
	}
	return err
}

// From how many rows on COPY is faster than a pipeline of inserts.
const copyFrom = 64

func (t *pgSession) bulk(ctx context.Context, table string, cols []string, rows [][]any) error {
	q := insertInto(table, cols, 1)
	if len(rows) < copyFrom {
		var b pgx.Batch
		if t.begin != "" {
			b.Queue(t.begin)
			t.begin = ""
		}
		for _, row := range rows {
			v, err := values(nil, row)
			if err != nil {
				return err
			}
			b.Queue(q, v...)
		}
		return t.fault(t.conn.SendBatch(ctx, &b).Close(), q, rows[0]...)
	}
	if t.begin != "" {
		begin := t.begin
		t.begin = ""
		if _, err := t.conn.Exec(ctx, begin); err != nil {
			return t.fault(err, begin)
		}
	}
	var buf []any
	source := pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		var err error
		buf, err = values(buf, rows[i])
		return buf, err
	})
	_, err := t.conn.CopyFrom(ctx, pgx.Identifier{table}, cols, source)
	return t.fault(err, q, rows[0]...)
}

// commit runs the queued statements and commits, in one round trip.
func (t *pgSession) commit(ctx context.Context, later []statement) error {
	if t.begin != "" && len(later) == 0 {
		return nil // not one statement was run
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	var b pgx.Batch
	queries := make([]string, 0, len(later)+2)
	queue := func(q string, args []any) {
		b.Queue(q, args...)
		queries = append(queries, q)
	}
	if t.begin != "" {
		queue(t.begin, nil)
		t.begin = ""
	}
	for _, st := range later {
		queue(st.query, st.args)
	}
	queue("COMMIT", nil)
	start := time.Now()
	t.ending = true
	reached("before the commit")
	// If we stop here, the server rolls the transaction back when it sees the
	// connection gone: the next start finds nothing of it.
	//
	// Once COMMIT is on its way the outcome is the server's. If the answer is
	// lost, the caller is told of an error though the next start may find the
	// transaction; the same idempotency key then finds the kept answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	results := t.conn.SendBatch(ctx, &b)
	var last pgconn.CommandTag
	for _, q := range queries {
		tag, err := results.Exec()
		if err != nil {
			results.Close()
			return t.fault(err, q)
		}
		last = tag
	}
	if err := results.Close(); err != nil {
		return t.fault(err, "COMMIT")
	}
	if last.String() != "COMMIT" {
		return fmt.Errorf("db: the server answered the commit with %s", last)
	}
	t.engine.store.stats.committed(1, time.Since(start))
	reached("after the commit")
	// If we stop here, the next start finds the transaction, though the caller
	// was not told.
	return nil
}

// undo rolls back what was not committed.
func (t *pgSession) undo(ctx context.Context) {
	if t.conn.IsClosed() || t.conn.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	if _, err := t.conn.Exec(ctx, "ROLLBACK"); err != nil {
		t.conn.Close(ctx) // the pool drops it, and the server rolls back
	}
}

// pgCursor is an open result set.
type pgCursor struct {
	session *pgSession
	rows    pgx.Rows
	batch   pgx.BatchResults // of the first statement, which travelled with BEGIN
	query   string
	boxes   []any
	direct  []any
}

func (c *pgCursor) next() (bool, error) {
	if c.rows.Next() {
		return true, nil
	}
	return false, c.session.fault(c.rows.Err(), c.query)
}

// scan lets the driver store into the usual destinations; the others take the
// column boxed and go through assign, as on SQLite.
func (c *pgCursor) scan(dest []any) error {
	if n := len(c.rows.FieldDescriptions()); n != len(dest) {
		return fmt.Errorf("db: %d destinations for %d columns of %q", len(dest), n, shorten(c.query))
	}
	c.direct = append(c.direct[:0], dest...)
	c.boxes = append(c.boxes[:0], make([]any, len(dest))...)
	boxed := false
	for i, d := range dest {
		if !direct(d, c.rows.FieldDescriptions()[i].DataTypeOID) {
			c.direct[i] = &c.boxes[i]
			boxed = true
		}
	}
	if err := c.rows.Scan(c.direct...); err != nil {
		return fmt.Errorf("db: %w of %q", err, shorten(c.query))
	}
	if !boxed {
		return nil
	}
	for i, d := range dest {
		if c.direct[i] == any(&c.boxes[i]) {
			if err := assign(d, plain(c.boxes[i])); err != nil {
				return fmt.Errorf("db: column %d of %q: %w", i+1, shorten(c.query), err)
			}
		}
	}
	return nil
}

// direct reports whether the driver may store a column of the type into dest
// itself. It would also print numbers as text, which SQLite does not.
func direct(dest any, oid uint32) bool {
	switch dest.(type) {
	case *string:
		return oid == pgtype.TextOID || oid == pgtype.NameOID
	case *[]byte:
		return oid == pgtype.ByteaOID
	case *int64, *int:
		return oid == pgtype.Int8OID || oid == pgtype.Int4OID
	case *bool:
		return oid == pgtype.BoolOID
	}
	return false
}

func (c *pgCursor) close() error {
	var err error
	if c.rows != nil {
		c.rows.Close()
		err = c.rows.Err()
	}
	if c.batch != nil {
		if end := c.batch.Close(); err == nil {
			err = end
		}
	}
	return c.session.fault(err, c.query)
}

// plain reduces what the driver decodes to the six types of value.
func plain(v any) any {
	switch x := v.(type) {
	case int32:
		return int64(x)
	case int16:
		return int64(x)
	case float32:
		return float64(x)
	case pgtype.Numeric:
		if n, err := x.Int64Value(); err == nil && n.Valid {
			return n.Int64
		}
		if f, err := x.Float64Value(); err == nil && f.Valid {
			return f.Float64
		}
	}
	return v
}
