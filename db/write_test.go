package db_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"limen/db"
	"limen/db/dbtest"
)

// Of many callers at once, those that fail leave nothing, those that panic
// panic in their own goroutine, and all others are whole.
func TestJobsOfOneGroupDoNotHarmEachOther(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		ctx := context.Background()
		const callers = 60
		wrong := errors.New("wrong")
		var wg sync.WaitGroup
		var panics, exits, refusals atomic.Int64
		for i := range callers {
			wg.Go(func() {
				returned := false
				defer func() {
					if r := recover(); r != nil {
						if !strings.Contains(fmt.Sprint(r), "boom") {
							t.Errorf("panic %v", r)
						}
						panics.Add(1)
					} else if !returned {
						exits.Add(1)
					}
				}()
				err := s.Write(ctx, func(tx *db.Tx) error {
					pid := fmt.Sprint("p", i)
					for n := range 3 {
						if err := insert(tx, pid, n); err != nil {
							return err
						}
						switch {
						case i%5 == 1 && n == 1:
							return wrong
						case i%5 == 2 && n == 1:
							panic("boom")
						case i%5 == 3 && n == 1:
							runtime.Goexit()
						}
					}
					if i%5 == 4 {
						tx.Later(`INSERT INTO person (pid, n, alive) VALUES ($1, 0, TRUE)`, pid)
					}
					return nil
				})
				returned = true
				_, unique := db.UniqueViolation(err)
				switch {
				case i%5 == 0 && err != nil, i%5 == 1 && err != wrong, i%5 == 4 && !unique:
					t.Errorf("job %d: %v", i, err)
				case err != nil:
					refusals.Add(1)
				}
			})
		}
		wg.Wait()
		if panics.Load() != callers/5 || exits.Load() != callers/5 || refusals.Load() != 2*callers/5 {
			t.Errorf("%d panics, %d exits, %d refusals", panics.Load(), exits.Load(), refusals.Load())
		}
		if n := count(t, s, "person"); n != 3*callers/5 {
			t.Errorf("%d rows, want %d", n, 3*callers/5)
		}
		if err := s.Write(ctx, func(tx *db.Tx) error { return insert(tx, "after", 1) }); err != nil {
			t.Errorf("the store did not survive: %v", err)
		}
	})
}

// Waiting callers share a commit.
func TestGroupCommit(t *testing.T) {
	s := dbtest.Open(t, db.SQLite, register, db.Options{})
	ctx := context.Background()
	before := s.Stats()
	inside, goOn := make(chan bool), make(chan bool)
	var wg sync.WaitGroup
	write := func(pid string, wait bool) {
		wg.Go(func() {
			err := s.Write(ctx, func(tx *db.Tx) error {
				if wait {
					inside <- true
					<-goOn
				}
				return insert(tx, pid, 1)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	write("first", true)
	<-inside
	for i := range 40 {
		write(fmt.Sprint("p", i), false)
	}
	for s.Stats().QueueLength < 40 {
		time.Sleep(time.Millisecond)
	}
	close(goOn)
	wg.Wait()
	after := s.Stats()
	if g, j := after.Groups-before.Groups, after.Jobs-before.Jobs; g != 1 || j != 41 || after.LargestGroup != 41 {
		t.Errorf("%d jobs in %d groups, largest %d", j, g, after.LargestGroup)
	}
}

// A caller who gives up before its turn is told so at once and writes nothing;
// one that is cancelled inside its function stops at the next statement.
func TestCancellation(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := s.Write(ctx, func(tx *db.Tx) error { return insert(tx, "a", 1) }); !errors.Is(err, context.Canceled) {
			t.Errorf("before: %v", err)
		}
		ctx, cancel = context.WithCancel(context.Background())
		err := s.Write(ctx, func(tx *db.Tx) error {
			if err := insert(tx, "b", 1); err != nil {
				return err
			}
			cancel()
			insert(tx, "b", 2)
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("inside: %v", err)
		}
		if n := count(t, s, "person"); n != 0 {
			t.Errorf("%d persons", n)
		}

		// A reading that would take for ever ends with its context, and the
		// connection serves the next one.
		ctx, cancel = context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		err = s.Read(ctx, func(tx *db.Tx) error {
			var n int64
			return tx.Row(`WITH RECURSIVE r (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM r WHERE n < 1000000000000) SELECT count(*) FROM r`).Scan(&n)
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("long reading: %v", err)
		}
		for range 40 {
			count(t, s, "person")
		}
	})
}

// On SQLite a caller waits behind the writer, and may stop waiting.
func TestCancellationInTheQueue(t *testing.T) {
	s := dbtest.Open(t, db.SQLite, register, db.Options{})
	inside, goOn := make(chan bool), make(chan bool)
	var wg sync.WaitGroup
	wg.Go(func() {
		err := s.Write(context.Background(), func(tx *db.Tx) error {
			inside <- true
			<-goOn
			return insert(tx, "first", 1)
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-inside
	ctx, cancel := context.WithCancel(context.Background())
	wg.Go(func() {
		for s.Stats().QueueLength == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	})
	if err := s.Write(ctx, func(tx *db.Tx) error { return insert(tx, "second", 1) }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(goOn)
	wg.Wait()
	if n := count(t, s, "person"); n != 1 {
		t.Errorf("%d persons", n)
	}
}

// A reading neither waits for a writer nor sees what it has not committed, and
// one snapshot answers all its questions.
func TestReadersDoNotWaitAndSeeOneSnapshot(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		ctx := context.Background()
		inside, goOn := make(chan bool), make(chan bool)
		var wg sync.WaitGroup
		wg.Go(func() {
			err := s.Write(ctx, func(tx *db.Tx) error {
				if err := insert(tx, "a", 1); err != nil {
					return err
				}
				inside <- true
				<-goOn
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-inside
		if n := count(t, s, "person"); n != 0 {
			t.Errorf("uncommitted rows are seen: %d", n)
		}
		looked := make(chan bool)
		wg.Go(func() {
			err := s.Observe(ctx, func(tx *db.Tx) error {
				var before, after int
				if err := tx.Row(`SELECT count(*) FROM person`).Scan(&before); err != nil {
					return err
				}
				if before == 0 { // the first run, should there be another
					close(looked)
					for count(t, s, "person") == 0 {
						time.Sleep(time.Millisecond)
					}
				}
				if err := tx.Row(`SELECT count(*) FROM person`).Scan(&after); err != nil {
					return err
				}
				if before != after {
					t.Errorf("the snapshot moved from %d to %d", before, after)
				}
				tx.Later(`INSERT INTO country (code, name) VALUES ('X', 'seen')`)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-looked
		close(goOn)
		wg.Wait()
		if n := count(t, s, "country"); n != 1 {
			t.Errorf("%d entries", n)
		}
	})
}

// Concurrent read-modify-write loses no update, on either engine, by running
// again after conflicts.
func TestNoUpdateIsLost(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		ctx := context.Background()
		if err := s.Write(ctx, func(tx *db.Tx) error { return insert(tx, "a", 0) }); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		const callers, each = 4, 5
		for range callers {
			wg.Go(func() {
				for range each {
					err := s.Write(ctx, func(tx *db.Tx) error {
						var n int
						if err := tx.Row(`SELECT max(n) FROM person WHERE pid = 'a'`).Scan(&n); err != nil {
							return err
						}
						return insert(tx, "a", n+1)
					})
					if table, lost := db.UniqueViolation(err); err != nil && !(lost && table == "person") {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if n := count(t, s, "person"); s.Engine() == db.SQLite && n != callers*each+1 {
			t.Errorf("%d rows", n)
		}
		var last int
		s.Read(ctx, func(tx *db.Tx) error { return tx.Row(`SELECT max(n) FROM person`).Scan(&last) })
		if n := count(t, s, "person"); n != last+1 {
			t.Errorf("%d rows up to number %d", n, last)
		}
	})
}

// Write skew, which snapshot isolation would let through: two transactions each
// see both guards awake and each puts another one to sleep.
func TestTransactionsAreSerialisable(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		ctx := context.Background()
		for round := range 10 {
			pid := fmt.Sprint(round)
			err := s.Write(ctx, func(tx *db.Tx) error { return errors.Join(insert(tx, pid, 0), insert(tx, pid, 1)) })
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			for n := range 2 {
				wg.Go(func() {
					err := s.Write(ctx, func(tx *db.Tx) error {
						var awake int
						if err := tx.Row(`SELECT count(*) FROM person WHERE pid = $1 AND alive`, pid).Scan(&awake); err != nil {
							return err
						}
						runtime.Gosched()
						if awake == 2 {
							tx.Later(`UPDATE person SET alive = FALSE WHERE pid = $1 AND n = $2`, pid, n)
						}
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if n := count(t, s, fmt.Sprintf(`person WHERE pid = '%s' AND alive`, pid)); n != 1 {
				t.Fatalf("%d guards awake", n)
			}
		}
	})
}

// A deadlock is run again by its SQLSTATE and ends well.
func TestDeadlockIsRunAgain(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		ctx := context.Background()
		if err := s.Write(ctx, func(tx *db.Tx) error { return errors.Join(insert(tx, "a", 0), insert(tx, "b", 0)) }); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range 2 {
			wg.Go(func() {
				order := []string{"a", "b"}
				if i == 1 {
					order = []string{"b", "a"}
				}
				for range 3 {
					err := s.Write(ctx, func(tx *db.Tx) error {
						for _, pid := range order {
							if _, err := tx.Exec(`UPDATE person SET score = coalesce(score, 0) + 1 WHERE pid = $1`, pid); err != nil {
								return err
							}
							time.Sleep(2 * time.Millisecond)
						}
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var a, b float64
		s.Read(ctx, func(tx *db.Tx) error {
			return errors.Join(tx.Row(`SELECT score FROM person WHERE pid = 'a'`).Scan(&a), tx.Row(`SELECT score FROM person WHERE pid = 'b'`).Scan(&b))
		})
		if a != 6 || b != 6 {
			t.Errorf("%v %v", a, b)
		}
	})
}

// The moments of a store do not run backwards, are whole microseconds in UTC,
// and one transaction has one of them.
func TestMomentsDoNotRunBackwards(t *testing.T) {
	start := time.Date(2026, 4, 10, 12, 0, 0, 1234, time.FixedZone("", 7200))
	clock := dbtest.NewClock(start)
	dbtest.EachWith(t, register, db.Options{Clock: clock.Now}, func(t *testing.T, s *db.Store) {
		clock.Set(start)
		ctx := context.Background()
		var first, again, later time.Time
		s.Write(ctx, func(tx *db.Tx) error {
			first = tx.Now()
			clock.Advance(time.Hour)
			if tx.Now() != first {
				t.Error("two moments in one transaction")
			}
			return nil
		})
		if want := time.Date(2026, 4, 10, 10, 0, 0, 1000, time.UTC); first != want {
			t.Errorf("%v, want %v", first, want)
		}
		clock.Set(start.Add(-time.Hour))
		s.Observe(ctx, func(tx *db.Tx) error { again = tx.Now(); return nil })
		if again != first {
			t.Errorf("%v after %v", again, first)
		}
		clock.Set(start.Add(time.Second))
		if later = s.Now(); later != first.Add(time.Second) {
			t.Errorf("%v", later)
		}
	})
}
