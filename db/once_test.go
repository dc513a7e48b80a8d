package db_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"limen/db"
	"limen/db/dbtest"
)

// carryOut is how a room uses an idempotency key.
func carryOut(s *db.Store, o db.Once, do func(tx *db.Tx) (string, error)) (answer string, err error) {
	err = s.Write(context.Background(), func(tx *db.Tx) error {
		kept, found, err := tx.Replay(o)
		if err != nil || found {
			answer = string(kept)
			return err
		}
		if answer, err = do(tx); err != nil {
			return err
		}
		tx.Keep(o, []byte(answer))
		return nil
	})
	return answer, err
}

// A request that is sent many times at once is carried out once, and everybody
// is given the same answer.
func TestOnceAnswersAllAlike(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		o := db.Once{Holder: "POL border", Key: "k1", Digest: sha256.Sum256([]byte("request"))}
		var wg sync.WaitGroup
		var answers sync.Map
		var turn atomic.Int64
		for range 8 {
			wg.Go(func() {
				answer, err := carryOut(s, o, func(tx *db.Tx) (string, error) {
					n := turn.Add(1)
					return fmt.Sprint("answer ", n), insert(tx, "a", int(n))
				})
				if err != nil {
					t.Error(err)
				}
				answers.Store(answer, true)
			})
		}
		wg.Wait()
		different := 0
		answers.Range(func(any, any) bool { different++; return true })
		if different != 1 {
			t.Errorf("%d different answers", different)
		}
		if n := count(t, s, "person"); n != 1 {
			t.Errorf("carried out %d times", n)
		}
	})
}

// The same key is another one for another holder; with another digest it is
// refused; a request that failed may be sent again.
func TestOnceTellsRequestsApart(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		n := 0
		next := func(tx *db.Tx) (string, error) { n++; return fmt.Sprint(n), nil }
		one := db.Once{Holder: "POL", Key: "k", Digest: sha256.Sum256([]byte("one"))}
		other, two := one, one
		other.Holder = "DEU"
		two.Digest = sha256.Sum256([]byte("two"))
		wrong := errors.New("wrong")
		if _, err := carryOut(s, one, func(*db.Tx) (string, error) { return "", wrong }); err != wrong {
			t.Errorf("got %v", err)
		}
		for i, c := range []struct {
			once   db.Once
			answer string
			err    error
		}{{one, "1", nil}, {one, "1", nil}, {two, "", db.ErrOnceMismatch}, {other, "2", nil}, {one, "1", nil}} {
			answer, err := carryOut(s, c.once, next)
			if answer != c.answer || !errors.Is(err, c.err) {
				t.Errorf("%d: %q %v", i, answer, err)
			}
		}
		empty := db.Once{Holder: "POL", Key: "empty"}
		for range 2 {
			if answer, err := carryOut(s, empty, func(*db.Tx) (string, error) { return "", nil }); answer != "" || err != nil {
				t.Errorf("%q %v", answer, err)
			}
		}
	})
}

// A logged reading may carry a key too: on SQLite its answer is kept in a second
// transaction, so two readings at once meet there, and one runs again.
func TestOnceInObserve(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		o := db.Once{Holder: "POL", Key: "k", Digest: sha256.Sum256([]byte("x"))}
		var wg sync.WaitGroup
		var reads atomic.Int64
		met := make(chan bool)
		for range 2 {
			wg.Go(func() {
				first := true
				err := s.Observe(context.Background(), func(tx *db.Tx) error {
					_, found, err := tx.Replay(o)
					if err != nil || found {
						return err
					}
					if first {
						first = false
						select {
						case met <- true:
						case <-met:
						}
					}
					reads.Add(1)
					tx.Keep(o, []byte("answer"))
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if reads.Load() < 2 || s.Stats().Retries == 0 || count(t, s, "db_once") != 1 {
			t.Errorf("%d reads, %d retries", reads.Load(), s.Stats().Retries)
		}
	})
}

// Old answers go in bounded steps, oldest first, and only the old ones.
func TestPurgeOnce(t *testing.T) {
	clock := dbtest.NewClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	dbtest.EachWith(t, register, db.Options{Clock: clock.Now}, func(t *testing.T, s *db.Store) {
		start := clock.Now()
		for i := range 10 {
			clock.Advance(time.Hour)
			o := db.Once{Holder: "POL", Key: fmt.Sprint(i)}
			if _, err := carryOut(s, o, func(*db.Tx) (string, error) { return "x", nil }); err != nil {
				t.Fatal(err)
			}
		}
		ctx := context.Background()
		for _, want := range []int{3, 3, 1, 0} {
			n, err := s.PurgeOnce(ctx, start.Add(8*time.Hour), 3)
			if n != want || err != nil {
				t.Errorf("%d %v, want %d", n, err, want)
			}
		}
		if n := count(t, s, "db_once"); n != 3 {
			t.Errorf("%d left", n)
		}
		if _, err := s.PurgeOnce(ctx, start, 0); err == nil {
			t.Error("a step without bound")
		}
	})
}
