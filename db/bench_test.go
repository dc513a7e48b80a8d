package db_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"

	"limen/db"
	"limen/db/dbtest"
	"limen/db/pgtemp"
)

var ledgerLike = []db.Schema{{
	Room: "bench",
	Files: fstest.MapFS{"0001_bench.sql": {Data: []byte(`-- +goose Up
CREATE TABLE file (pid TEXT NOT NULL, n BIGINT NOT NULL, at BIGINT NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (pid, n));
`)}},
	Tables: []db.Table{{Name: "file", Key: "pid"}},
}}

const insertFile = `INSERT INTO file (pid, n, at, body) VALUES ($1, $2, $3, $4)`

var body = func() []byte { b := make([]byte, 250); rand.Read(b); return b }()

// durable opens a store for measuring: on a server that flushes its disk.
func durable(b *testing.B, engine db.Engine) *db.Store {
	b.Helper()
	address := "sqlite:" + filepath.Join(b.TempDir(), "bench.db")
	if engine == db.Postgres {
		c, err := pgtemp.Start(context.Background(), true)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Stop() })
		address = c.URL()
	}
	return dbtest.OpenAt(b, address, ledgerLike, db.Options{})
}

// spread runs b.N calls of fn on so many goroutines.
func spread(b *testing.B, callers int, fn func() error) {
	b.Helper()
	var wg sync.WaitGroup
	left := make(chan struct{}, b.N)
	for range b.N {
		left <- struct{}{}
	}
	close(left)
	b.ResetTimer()
	for range callers {
		wg.Go(func() {
			for range left {
				if err := fn(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
}

// A job is four inserts of about 300 bytes, durable when acknowledged.
func BenchmarkWrite(b *testing.B) {
	for _, engine := range dbtest.Engines {
		for _, callers := range []int{1, 32, 256} {
			b.Run(fmt.Sprintf("%s/%d", engine, callers), func(b *testing.B) {
				s := durable(b, engine)
				spread(b, callers, func() error {
					return s.Write(context.Background(), func(tx *db.Tx) error {
						pid := rand.Text()
						for n := range 4 {
							if _, err := tx.Exec(insertFile, pid, n, tx.Now().UnixMicro(), body); err != nil {
								return err
							}
						}
						return nil
					})
				})
			})
		}
	}
}

// The same with the statements queued, as a crossing of a known traveller does
// whose questions are answered before it writes.
func BenchmarkWriteLater(b *testing.B) {
	for _, engine := range dbtest.Engines {
		for _, callers := range []int{1, 32, 256} {
			b.Run(fmt.Sprintf("%s/%d", engine, callers), func(b *testing.B) {
				s := durable(b, engine)
				spread(b, callers, func() error {
					return s.Write(context.Background(), func(tx *db.Tx) error {
						pid := rand.Text()
						for n := range 4 {
							tx.Later(insertFile, pid, n, tx.Now().UnixMicro(), body)
						}
						return nil
					})
				})
			})
		}
	}
}

// A logged read: one row by key, one log entry, durable before the answer.
func BenchmarkObserve(b *testing.B) {
	for _, engine := range dbtest.Engines {
		for _, callers := range []int{1, 32, 256} {
			b.Run(fmt.Sprintf("%s/%d", engine, callers), func(b *testing.B) {
				s := durable(b, engine)
				ctx := context.Background()
				err := s.Write(ctx, func(tx *db.Tx) error {
					var rows [][]any
					for n := range 1000 {
						rows = append(rows, []any{"known", n, 0, body})
					}
					return tx.Bulk("file", []string{"pid", "n", "at", "body"}, rows)
				})
				if err != nil {
					b.Fatal(err)
				}
				spread(b, callers, func() error {
					return s.Observe(ctx, func(tx *db.Tx) error {
						tx.Later(insertFile, rand.Text(), 0, tx.Now().UnixMicro(), body)
						var found []byte
						return tx.Row(`SELECT body FROM file WHERE pid = $1 AND n = $2`, "known", 7).Scan(&found)
					})
				})
			})
		}
	}
}

// One statement inside a transaction, without its commit.
func BenchmarkStatement(b *testing.B) {
	for _, engine := range dbtest.Engines {
		for _, what := range []string{"insert", "select"} {
			b.Run(fmt.Sprintf("%s/%s", engine, what), func(b *testing.B) {
				s := durable(b, engine)
				err := s.Write(context.Background(), func(tx *db.Tx) error {
					if _, err := tx.Exec(insertFile, "known", 7, 0, body); err != nil {
						return err
					}
					b.ResetTimer()
					b.ReportAllocs()
					for range b.N {
						if what == "insert" {
							if _, err := tx.Exec(insertFile, rand.Text(), 0, 0, body); err != nil {
								return err
							}
							continue
						}
						var pid string
						var at int64
						var found []byte
						if err := tx.Row(`SELECT pid, at, body FROM file WHERE pid = $1 AND n = $2`, "known", 7).Scan(&pid, &at, &found); err != nil {
							return err
						}
					}
					b.StopTimer()
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

// The floor for SQLite: the same four inserts through database/sql with
// prepared statements, one goroutine, so many jobs to a durable commit.
func BenchmarkFloor(b *testing.B) {
	for _, group := range []int{1, 32, 256} {
		b.Run(fmt.Sprint(group), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "floor.db")
			dbtest.OpenAt(b, "sqlite:"+path, ledgerLike, db.Options{}).Close()
			pool, err := sql.Open("sqlite", path+"?_pragma=synchronous(FULL)&_pragma=cache_size(-65536)")
			if err != nil {
				b.Fatal(err)
			}
			defer pool.Close()
			ctx := context.Background()
			conn, err := pool.Conn(ctx)
			if err != nil {
				b.Fatal(err)
			}
			st, err := conn.PrepareContext(ctx, `INSERT INTO file (pid, n, at, body) VALUES (?1, ?2, ?3, ?4)`)
			if err != nil {
				b.Fatal(err)
			}
			run := func(q string) {
				if _, err := conn.ExecContext(ctx, q); err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			for i := range b.N {
				if i%group == 0 {
					run("BEGIN IMMEDIATE")
				}
				pid := rand.Text()
				for n := range 4 {
					if _, err := st.ExecContext(ctx, pid, n, 0, body); err != nil {
						b.Fatal(err)
					}
				}
				if (i+1)%group == 0 || i == b.N-1 {
					run("COMMIT")
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
		})
	}
}
