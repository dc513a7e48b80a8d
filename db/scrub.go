package db

import (
	"context"
	"errors"
	"strings"
)

// Scrub takes what was erased out of where an engine keeps it beside its tables.
// Duties that erase call it when they are done.
//
// On SQLite erased rows are overwritten with zeros as they go (secure_delete).
// Scrub looks for copies that moving rows between pages has left, and overwrites
// them too (see sweep); and it empties the write-ahead log, which still has the
// pages as they were: what is erased is then in no file of the database. It reads
// the whole file, so it is done once in a while. It returns ErrBusy while a reader
// still stands on an old snapshot, or another process uses the file: call it again
// later. Nobody waits for it but whoever comes while the log is being emptied, and
// what is long of it is done before they have to.
//
// On PostgreSQL it vacuums and analyses the tables named. Their dead rows are then
// out of every query's and every index's reach, no longer in the planner's statistics, and their room is used again; until then their
// bytes stand in it. Rewrite takes those away as well.
func (s *Store) Scrub(ctx context.Context, tables ...string) error {
	if ctx.Value(insideTx{}) != nil {
		return errors.New("db: Scrub inside a transaction")
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	switch e := s.engine.(type) {
	case *sqlite:
		if err := s.sweep(ctx); err != nil {
			return err
		}
		return e.scrub(ctx)
	case *postgres:
		return e.vacuum(ctx, "VACUUM (ANALYZE)", tables)
	}
	return nil
}

// Rewrite writes the tables named anew, without the room that erased rows have left,
// where an engine does not overwrite it: on PostgreSQL the files that the tables and
// their indexes had before are gone with what stood in them (VACUUM FULL), and so are
// values of theirs in the planner's statistics. Each table
// is locked against everybody while it is written, and the disk must have room for
// it twice: it is for a quiet hour. What stands in the server's write-ahead log until
// its segments are used again, in archives of it, in replicas and in backups is beyond
// what a client of the server can do. On SQLite it is Scrub.
func (s *Store) Rewrite(ctx context.Context, tables ...string) error {
	e, ok := s.engine.(*postgres)
	if !ok {
		return s.Scrub(ctx, tables...)
	}
	if ctx.Value(insideTx{}) != nil {
		return errors.New("db: Rewrite inside a transaction")
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	// The planner's own statistics hold values of the tables' columns: they are made
	// anew with each, and last written anew themselves.
	return e.vacuum(ctx, "VACUUM (FULL, ANALYZE)", append(tables[:len(tables):len(tables)], "pg_statistic"))
}

// vacuum runs a kind of vacuum on each table. If we stop anywhere, those before it
// are done and the others are as they were.
func (e *postgres) vacuum(ctx context.Context, how string, tables []string) error {
	for _, t := range tables {
		if _, err := e.pool.Exec(ctx, how+` "`+strings.ReplaceAll(t, `"`, ``)+`"`); err != nil {
			return e.fault(err, how)
		}
	}
	return nil
}

// scrub brings what the log holds into the file beside the writer, and then lets
// the writer cut the log, which by then has little left to bring over.
func (e *sqlite) scrub(ctx context.Context) error {
	e.carrying.Lock()
	defer e.carrying.Unlock()
	l, err := openLink(e.path, linkSettings...)
	if err != nil {
		return err
	}
	defer l.close()
	var busy, inLog, moved int64
	if err := l.row(ctx, "PRAGMA wal_checkpoint(PASSIVE)", nil, []any{&busy, &inLog, &moved}); err != nil {
		return err
	}
	return e.submit(ctx, &job{ctx: ctx, kind: kindScrub})
}

// cut empties the write-ahead log. The writer is between two groups.
func (e *sqlite) cut() error {
	ctx := context.Background()
	// A reader on an old snapshot is not waited for.
	if err := e.writer.run("PRAGMA busy_timeout = 0"); err != nil {
		return err
	}
	var busy, inLog, moved int64
	err := e.writer.row(ctx, "PRAGMA wal_checkpoint(TRUNCATE)", nil, []any{&busy, &inLog, &moved})
	if back := e.writer.run(linkSettings[0]); err == nil {
		err = back
	}
	if err == nil && busy != 0 {
		err = ErrBusy
	}
	return err
}
