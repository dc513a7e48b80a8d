package ledger

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"limen/db"
	"limen/db/dbtest"
)

// sealedOnce checks that each of the entries has exactly one leaf and no pending
// row, and that all verifies.
func sealedOnce(t *testing.T, l *Log, receipts []Receipt) {
	t.Helper()
	var r Report
	for try := 0; ; try++ {
		integrateAll(t, l)
		var err error
		if r, err = l.Verify(context.Background(), VerifyOptions{Receipts: receipts}); err != nil {
			t.Fatal(err)
		}
		if r.Pending == 0 || try == 20 {
			break
		}
		time.Sleep(50 * time.Millisecond) // the server may still commit for a process that was killed
	}
	if r.Pending != 0 || r.Entries != r.Leaves || r.Size != r.Leaves || r.Receipts != len(receipts) {
		t.Fatalf("%+v", r)
	}
	err := l.store.Read(context.Background(), func(tx *db.Tx) error {
		var leaves, ids int64
		if err := tx.Row(`SELECT count(*), count(DISTINCT id) FROM ledger_leaf`).Scan(&leaves, &ids); err != nil {
			return err
		}
		if leaves != ids || leaves < int64(len(receipts)) {
			return fmt.Errorf("%d leaves for %d entries, %d acknowledged", leaves, ids, len(receipts))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Wherever the integrator stops, the next start seals each entry exactly once.
func TestStopAtEveryPointOfIntegration(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, s *db.Store) {
		var receipts []Receipt
		key := testKey(t, origin)
		stopped := errors.New("stopped")
		for _, point := range []string{"gathered", "leaves written", "committed"} {
			l, err := Open(context.Background(), s, key, Options{Batch: 60})
			if err != nil {
				t.Fatal(err)
			}
			receipts = append(receipts, fill(t, l, 150)...)
			if n, err := l.Integrate(context.Background()); n != 60 || err != nil {
				t.Fatalf("%d, %v", n, err)
			}
			before := len(receipts)
			l.stop = func(at string) error {
				if at == point {
					return stopped
				}
				return nil
			}
			if _, err := l.Integrate(context.Background()); !errors.Is(err, stopped) {
				t.Fatalf("%s: %v", point, err)
			}
			again, err := Open(context.Background(), s, key, Options{})
			if err != nil {
				t.Fatal(err)
			}
			c, err := again.Checkpoint(context.Background())
			if want := int64(before - 90); point != "committed" && c.Size != want || point == "committed" && c.Size != want+60 {
				t.Fatalf("stopped when %s: size %d (%v)", point, c.Size, err)
			}
			sealedOnce(t, again, receipts)
		}
	})
}

// Two integrators at the same time, and writers under them, make one tree.
func TestTwoIntegratorsMakeOneTree(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, s *db.Store) {
		ctx := context.Background()
		key := testKey(t, origin)
		var logs [2]*Log
		for i := range logs {
			var err error
			if logs[i], err = Open(ctx, s, key, Options{Batch: 16}); err != nil {
				t.Fatal(err)
			}
		}
		var mu sync.Mutex
		var receipts []Receipt
		var writers, integrators sync.WaitGroup
		var done atomic.Bool
		for i := range 4 {
			writers.Go(func() {
				for j := range 60 {
					var r Receipt
					through := s.Write
					if j%2 == 0 {
						through = s.Observe
					}
					err := through(ctx, func(tx *db.Tx) (err error) {
						r, err = logs[i%2].Append(tx, crossing(i*100+j))
						return err
					})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					receipts = append(receipts, r)
					mu.Unlock()
				}
			})
		}
		var rounds [2]int
		for i := range logs {
			integrators.Go(func() {
				for !done.Load() {
					n, err := logs[i].Integrate(ctx)
					if err != nil {
						t.Error(err)
						return
					}
					if n > 0 {
						rounds[i]++
					}
				}
			})
		}
		writers.Wait()
		done.Store(true)
		integrators.Wait()
		sealedOnce(t, logs[0], receipts)
		if len(receipts) != 240 || rounds[0]+rounds[1] == 0 {
			t.Fatalf("%d receipts, rounds %v", len(receipts), rounds)
		}
	})
}

// A log that is written, sealed and erased while it is exported verifies.
func TestExportUnderLoad(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, s *db.Store) {
		ctx, stop := context.WithCancel(context.Background())
		l := open(t, s, Options{Batch: 37})
		receipts := fill(t, l, 1500)
		integrateAll(t, l)
		var busy sync.WaitGroup
		busy.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				err := s.Write(context.Background(), func(tx *db.Tx) error { _, err := l.Append(tx, crossing(i)); return err })
				if err == nil && i%5 == 0 {
					_, err = l.Integrate(context.Background())
				}
				if err == nil && i%11 == 0 && i < len(receipts) {
					err = s.Reclaim(context.Background(), func(tx *db.Tx) error {
						_, err := l.Erase(tx, Erasure{By: eraser, IDs: []string{receipts[i].ID, receipts[len(receipts)-1-i].ID}})
						return err
					})
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
		defer func() { stop(); busy.Wait() }()
		for range 8 {
			if r, err := l.Verify(context.Background(), VerifyOptions{Receipts: receipts}); err != nil {
				t.Fatalf("%v\n%+v", err, r.Findings)
			}
		}
	})
}

// An entry that commits late, under an identifier older than what is sealed
// already, is not skipped.
func TestLateCommitIsSealed(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, s *db.Store) {
		l := open(t, s, Options{})
		fill(t, l, 20)
		integrateAll(t, l)
		var r Receipt
		err := s.Write(context.Background(), func(tx *db.Tx) (err error) {
			e := crossing(1)
			e.At = tx.Now().Add(-time.Hour)
			r, err = l.Append(tx, e)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		sealedOnce(t, l, []Receipt{r})
	})
}

// Run seals within its interval, and at once when a batch is full.
func TestRunKeepsTheWindowShort(t *testing.T) {
	s := dbtest.Open(t, db.SQLite, schemas, db.Options{})
	l := open(t, s, Options{Batch: 50})
	ctx, stop := context.WithCancel(context.Background())
	sealed := make(chan int, 100)
	var running sync.WaitGroup
	running.Go(func() {
		l.Run(ctx, time.Hour, func(n int, err error) {
			if err != nil {
				t.Error(err)
			}
			sealed <- n
		})
	})
	defer func() { stop(); running.Wait() }()
	for written, total := 0, 0; total < 100; written += 10 {
		fill(t, l, 10)
		select {
		case n := <-sealed:
			total += n
		case <-time.After(20 * time.Millisecond):
			if written > 5000 {
				t.Fatalf("full batches wait for the hour: %d sealed of %d", total, written)
			}
		}
	}
}

const childVariable = "LEDGER_TEST_CHILD"

// child is what a process under load is told, and what it says.
type child struct{ URL, Key string }

// TestChildUnderLoad is the process that TestKilledUnderLoad kills.
func TestChildUnderLoad(t *testing.T) {
	told := os.Getenv(childVariable)
	if told == "" {
		t.Skip("run by TestKilledUnderLoad")
	}
	var c child
	if err := json.Unmarshal([]byte(told), &c); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	s, err := db.Open(ctx, c.URL, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	key, err := OpenKey(c.Key, origin)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Open(ctx, s, key, Options{Batch: 32})
	if err != nil {
		t.Fatal(err)
	}
	var out sync.Mutex
	for i := range 6 {
		go func() {
			for j := 0; ; j++ {
				var r Receipt
				if err := s.Write(ctx, func(tx *db.Tx) (err error) { r, err = l.Append(tx, crossing(i*1000+j)); return err }); err != nil {
					panic(err)
				}
				line, _ := json.Marshal(r)
				out.Lock()
				fmt.Printf("receipt %s\n", line)
				out.Unlock()
			}
		}()
	}
	for {
		if _, err := l.Integrate(ctx); err != nil {
			panic(err)
		}
	}
}

// A process that is killed under load has lost nothing that it acknowledged, and
// what it left is sealed exactly once.
func TestKilledUnderLoad(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			folder := t.TempDir()
			url := "sqlite:" + filepath.Join(folder, "limen.db")
			if engine == db.Postgres {
				url = dbtest.Postgres(t)
			}
			path := filepath.Join(folder, "ledger.key")
			s := dbtest.OpenAt(t, url, schemas, db.Options{})
			told, _ := json.Marshal(child{url, path})
			var receipts []Receipt
			for round := range 3 {
				receipts = append(receipts, killChild(t, string(told), 60*(round+1))...)
				key, err := OpenKey(path, origin)
				if err != nil {
					t.Fatal(err)
				}
				l, err := Open(context.Background(), s, key, Options{})
				if err != nil {
					t.Fatal(err)
				}
				sealedOnce(t, l, receipts)
			}
		})
	}
}

// killChild runs the child until it has acknowledged so many entries, and kills it.
func killChild(t *testing.T, told string, entries int) (receipts []Receipt) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChildUnderLoad$", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), childVariable+"="+told)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		text, ok := strings.CutPrefix(lines.Text(), "receipt ")
		if !ok {
			continue
		}
		var r Receipt
		if json.Unmarshal([]byte(text), &r) != nil {
			continue // the last line, cut by the kill
		}
		receipts = append(receipts, r)
		if len(receipts) == entries {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(receipts) < entries {
		t.Fatalf("the child ended by itself after %d entries: %v", len(receipts), err)
	}
	return receipts
}
