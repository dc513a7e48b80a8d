package ledger

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"limen/db"
	"limen/db/dbtest"
	"limen/db/pgtemp"
)

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
	return dbtest.OpenAt(b, address, schemas, db.Options{})
}

func productionLog(b *testing.B, s *db.Store) *Log {
	b.Helper()
	l, err := Open(context.Background(), s, testKey(b, origin), Options{})
	if err != nil {
		b.Fatal(err)
	}
	return l
}

// The processor's share of Append: everything but the SQL, which a rollback leaves
// undone.
func BenchmarkAppendProcessor(b *testing.B) {
	s := dbtest.Open(b, db.SQLite, schemas, db.Options{})
	l := productionLog(b, s)
	undo := errors.New("undo")
	e := crossing(1)
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += 1000 {
		err := s.Observe(context.Background(), func(tx *db.Tx) error {
			for range min(1000, b.N-n) {
				if _, err := l.Append(tx, e); err != nil {
					return err
				}
			}
			return undo
		})
		if !errors.Is(err, undo) {
			b.Fatal(err)
		}
	}
}

// An operation that only logs, durable when acknowledged, from 32 callers.
func BenchmarkAppend(b *testing.B) {
	for _, engine := range dbtest.Engines {
		b.Run(string(engine), func(b *testing.B) {
			s := durable(b, engine)
			l := productionLog(b, s)
			var wg sync.WaitGroup
			left := make(chan int, b.N)
			for i := range b.N {
				left <- i
			}
			close(left)
			b.ResetTimer()
			for range 32 {
				wg.Go(func() {
					for i := range left {
						if err := s.Observe(context.Background(), func(tx *db.Tx) error { _, err := l.Append(tx, crossing(i)); return err }); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

// Sealing of a backlog: an operation is one batch of 256.
func BenchmarkIntegrate(b *testing.B) {
	for _, engine := range dbtest.Engines {
		b.Run(string(engine), func(b *testing.B) {
			s := durable(b, engine)
			l := productionLog(b, s)
			var gathered time.Time
			var held time.Duration // from the end of the reading to the commit
			l.stop = func(point string) error {
				switch point {
				case "gathered":
					gathered = time.Now()
				case "committed":
					held += time.Since(gathered)
				}
				return nil
			}
			b.ResetTimer()
			for range b.N {
				b.StopTimer()
				fill(b, l, 256)
				b.StartTimer()
				if n, err := l.Integrate(context.Background()); n != 256 || err != nil {
					b.Fatal(n, err)
				}
			}
			b.ReportMetric(float64(held.Microseconds())/float64(b.N)/1000, "ms-held/batch")
			b.ReportMetric(256*float64(b.N)/b.Elapsed().Seconds(), "leaves/s")
		})
	}
}

// Reading a bundle of 50 000 entries, checkpoint by checkpoint of 256.
func BenchmarkVerifyBundle(b *testing.B) {
	k := testKey(b, origin)
	bundle, _ := handBundle(k, 50000, 256)
	b.SetBytes(int64(len(bundle)))
	b.ResetTimer()
	for range b.N {
		if _, err := VerifyBundle(bytes.NewReader(bundle), k.Public(), VerifyOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(50000*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

// Export of 20 000 entries and verification in one go.
func BenchmarkVerifyLive(b *testing.B) {
	for _, engine := range dbtest.Engines {
		b.Run(string(engine), func(b *testing.B) {
			s := durable(b, engine)
			l := productionLog(b, s)
			fill(b, l, 20000)
			integrateAll(b, l)
			b.ResetTimer()
			for range b.N {
				if _, err := l.Verify(context.Background(), VerifyOptions{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(20000*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}
