package db_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"limen/db"
	"limen/db/dbtest"
	"limen/db/pgtemp"
)

const childCallers = 24

// childWrites writes until it is killed, and prints a line for each job that
// was acknowledged, after it was.
func childWrites() {
	ctx := context.Background()
	s, err := db.Open(ctx, os.Getenv("LIMEN_DB_ADDRESS"), db.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
	run := os.Getenv("LIMEN_DB_RUN")
	var out sync.Mutex
	for caller := range childCallers {
		go func() {
			for n := 0; ; n++ {
				pid := fmt.Sprintf("%s-%d-%d", run, caller, n)
				var err error
				if caller%3 == 0 {
					err = s.Observe(ctx, func(tx *db.Tx) error {
						var seen int
						tx.Later(`INSERT INTO person (pid, n, alive) VALUES ($1, 0, TRUE)`, pid)
						tx.Later(`INSERT INTO person (pid, n, alive) VALUES ($1, 1, TRUE)`, pid)
						tx.Later(`INSERT INTO person (pid, n, alive) VALUES ($1, 2, TRUE)`, pid)
						return tx.Row(`SELECT count(*) FROM country`).Scan(&seen)
					})
				} else {
					err = s.Write(ctx, func(tx *db.Tx) error {
						if err := insert(tx, pid, 0); err != nil {
							return err
						}
						tx.Later(`INSERT INTO person (pid, n, alive) VALUES ($1, 2, TRUE)`, pid)
						return insert(tx, pid, 1)
					})
				}
				if err != nil {
					return // the server is gone; this process will be next
				}
				out.Lock()
				fmt.Println(pid)
				out.Unlock()
			}
		}()
	}
	select {}
}

// load runs the child until strike has been called, kills it and returns what
// it was told is written.
func load(t *testing.T, address string, run int, strike func()) map[string]bool {
	t.Helper()
	cmd := child(t, "load", address)
	cmd.Env = append(cmd.Env, fmt.Sprintf("LIMEN_DB_RUN=%d", run))
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	told := make(map[string]bool)
	started := make(chan bool)
	var wg sync.WaitGroup
	wg.Go(func() {
		lines := bufio.NewReader(pipe)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return // a line that was cut is no acknowledgement
			}
			if len(told) == 0 {
				close(started)
			}
			told[strings.TrimSpace(line)] = true
		}
	})
	select {
	case <-started:
	case <-time.After(20 * time.Second):
		t.Error("the child wrote nothing")
	}
	strike()
	if err := cmd.Process.Kill(); err != nil { // SIGKILL
		t.Fatal(err)
	}
	wg.Wait()
	cmd.Wait()
	return told
}

// verify checks that every acknowledged job is there, and every job that is
// there is there as a whole and once.
func verify(t *testing.T, s *db.Store, told map[string]bool) {
	t.Helper()
	found := make(map[string]int)
	err := s.Read(context.Background(), func(tx *db.Tx) error {
		rows, err := tx.Query(`SELECT pid, n FROM person`)
		if err != nil {
			return err
		}
		for rows.Next() {
			var pid string
			var n int
			if err := rows.Scan(&pid, &n); err != nil {
				return err
			}
			found[pid] += 1 << (2 * n)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	lost, torn := 0, 0
	for pid := range told {
		if found[pid] == 0 {
			lost++
		}
	}
	for _, rows := range found {
		if rows != 0b010101 {
			torn++
		}
	}
	if lost > 0 || torn > 0 || len(told) == 0 {
		t.Errorf("of %d acknowledged jobs %d are lost; of %d found %d are torn", len(told), lost, len(found), torn)
	}
	t.Logf("%d acknowledged, %d found", len(told), len(found))
}

// A process killed under load has lost nothing that it acknowledged, and left
// nothing half done.
func TestKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, engine db.Engine) {
		address := fresh(t, engine)
		s := dbtest.OpenAt(t, address, register, db.Options{})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		told := make(map[string]bool)
		for run := range 2 {
			for pid := range load(t, address, run, func() { time.Sleep(time.Duration(40+70*run) * time.Millisecond) }) {
				told[pid] = true
			}
			again, err := db.Open(context.Background(), address, db.Options{})
			if err != nil {
				t.Fatal(err)
			}
			verify(t, again, told)
			var check string
			if engine == db.SQLite {
				err = again.Read(context.Background(), func(tx *db.Tx) error { return tx.Row(`PRAGMA integrity_check`).Scan(&check) })
				if err != nil || check != "ok" {
					t.Errorf("integrity: %q %v", check, err)
				}
			}
			if err := again.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// The same when the server is killed under load and started again.
func TestKilledServerLosesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c, err := pgtemp.Start(ctx, false) // what the server wrote outlives the server, flushed or not
	if err != nil {
		t.Fatal(err)
	}
	if !c.Ours() {
		t.Log("the server that the environment names is not killed")
		return
	}
	defer c.Stop()
	s := dbtest.OpenAt(t, c.URL(), register, db.Options{})
	told := load(t, c.URL(), 0, func() {
		time.Sleep(100 * time.Millisecond)
		if err := c.Crash(); err != nil {
			t.Error(err)
		}
	})
	if err := c.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	// The same store goes on: its dead connections are found out and replaced.
	verify(t, s, told)
	if err := s.Write(ctx, func(tx *db.Tx) error { return insert(tx, "after", 0) }); err != nil {
		t.Error(err)
	}
}

// stopOnce is the key of the request that is stopped.
var stopOnce = db.Once{Holder: "POL", Key: "stop"}

func childStops() {
	where, passes := os.Getenv("LIMEN_DB_POINT"), 0
	fmt.Sscan(os.Getenv("LIMEN_DB_PASSES"), &passes)
	db.OnReached(func(point string) {
		if point == where {
			if passes--; passes < 0 {
				self, _ := os.FindProcess(os.Getpid())
				self.Kill()
				select {}
			}
		}
	})
	ctx := context.Background()
	s, err := db.Open(ctx, os.Getenv("LIMEN_DB_ADDRESS"), db.Options{})
	if err == nil {
		err = s.Migrate(ctx, append(slow(), register...))
	}
	if err == nil {
		err = s.Write(ctx, func(tx *db.Tx) error {
			tx.Keep(stopOnce, []byte("answer"))
			return insert(tx, "a", 0)
		})
	}
	if err == nil {
		err = s.Observe(ctx, func(tx *db.Tx) error {
			var n int
			tx.Later(`INSERT INTO country (code, name) VALUES ('LOG', 'an entry')`)
			return tx.Row(`SELECT count(*) FROM person`).Scan(&n)
		})
	}
	fmt.Fprintln(os.Stderr, "child: came through:", err)
}

// At each point where the code says what the next start finds, a process is
// stopped, and the next start finds it.
func TestStopAtEveryCommitPoint(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, engine db.Engine) {
		for _, c := range []struct {
			point                         string
			passes, written, kept, logged int
		}{
			{"before a room's migration", 0, 0, 0, 0},
			{"before a room's migration", 2, 0, 0, 0},
			{"before the commit", 0, 0, 0, 0},
			{"after the commit", 0, 1, 1, 0},
			{"before the log", 0, 1, 1, 0},
			{"before the commit", 1, 1, 1, 0},
			{"after the commit", 1, 1, 1, 1},
		} {
			if c.point == "before the log" && engine == db.Postgres {
				continue // reading and log entry are one transaction there
			}
			address := fresh(t, engine)
			cmd := child(t, "stop", address)
			cmd.Env = append(cmd.Env, "LIMEN_DB_POINT="+c.point, fmt.Sprint("LIMEN_DB_PASSES=", c.passes))
			if err := cmd.Run(); err == nil {
				t.Fatalf("%s: the child was not stopped", c.point)
			}
			s := dbtest.OpenAt(t, address, append(slow(), register...), db.Options{})
			if written, kept, logged := count(t, s, "person"), count(t, s, "db_once"), count(t, s, "country"); written != c.written || kept != c.kept || logged != c.logged {
				t.Errorf("%s, pass %d: found %d written, %d kept, %d logged; want %d, %d, %d",
					c.point, c.passes, written, kept, logged, c.written, c.kept, c.logged)
			}
			answer, err := carryOut(s, stopOnce, func(tx *db.Tx) (string, error) { return "answer", insert(tx, "a", 0) })
			if answer != "answer" || err != nil || count(t, s, "person") != 1 {
				t.Errorf("%s: sent again: %q %v", c.point, answer, err)
			}
		}
	})
}
