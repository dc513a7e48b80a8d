package house_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"limen/db"
	"limen/db/dbtest"
	"limen/ees"
	"limen/house"
	"limen/ledger"
)

// later is when everybody of these tests has been gone for long enough: five years
// after stays that nobody ended (art 34(3)), and some days.
func later() time.Time { return time.Now().AddDate(5, 6, 0) }

// TestErasureChild is the process that the next test kills: it erases what is due
// and tells the copy of the carriers, until it is killed. By itself it does nothing.
func TestErasureChild(t *testing.T) {
	store, data := os.Getenv("LIMEN_ERASE_STORE"), os.Getenv("LIMEN_ERASE_DATA")
	if store == "" {
		return
	}
	h, c := registerAndCopy(t, store, os.Getenv("LIMEN_ERASE_COPY"), data, later)
	if _, err := h.RunDuty(t.Context(), "retention", func(int) { fmt.Println("STEP"); feedSome(t, h, c) }); err != nil {
		t.Fatal(err)
	}
	if _, err := h.FeedCarriers(t.Context(), c, nil); err != nil {
		t.Fatal(err)
	}
	fmt.Println("DONE")
}

// feedSome tells the copy of one step, and stops in the middle of the next.
func feedSome(t *testing.T, h *house.House, c *house.CarrierHouse) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	h.FeedCarriers(ctx, c, func(int) { fmt.Println("STEP"); stop() })
}

func registerAndCopy(t *testing.T, store, copied, data string, clock func() time.Time) (*house.House, *house.CarrierHouse) {
	t.Helper()
	h, err := house.Open(t.Context(), house.Options{Store: store, Data: data, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	c, err := house.OpenCarrier(t.Context(), house.Options{Store: copied, Data: filepath.Join(data, "carriers"), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	return h, c
}

// 2017/2226 art 34(5), EES-061: kill -9 at any moment of an erasure that reaches the
// copy of the carriers. Whatever was begun is whole or not there, the next start
// does the rest, each file is announced once, nothing is left in either store, and
// the log verifies.
func TestArt34_5_KilledErasureGoesOn(t *testing.T) {
	const people = 120
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			data := t.TempDir()
			store, copied := "sqlite:"+filepath.Join(data, "limen.db"), "sqlite:"+filepath.Join(data, "carriers.db")
			if engine == db.Postgres {
				store, copied = dbtest.Postgres(t), dbtest.Postgres(t)
			}
			h, c := registerAndCopy(t, store, copied, data, time.Now)
			var all sync.WaitGroup
			for first := range 8 {
				all.Go(func() {
					for n := first; n < people; n += 8 {
						if _, _, err := admit(t.Context(), h, uint64(n)*2654435761); err != nil {
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
			if n, err := h.FeedCarriers(t.Context(), c, nil); err != nil || n != people {
				t.Fatal(n, err)
			}
			close := func() {
				if err := h.Close(); err != nil {
					t.Fatal(err)
				}
				if err := c.Close(); err != nil {
					t.Fatal(err)
				}
			}
			close()
			kills := 0
			for round := 0; ; round++ {
				ended := eraseAndKill(t, store, copied, data, 1+round, time.Duration(rand.Int64N(int64(8*time.Millisecond))))
				h, c = registerAndCopy(t, store, copied, data, later)
				left := wholeFiles(t, h)
				verifies(t, h)
				if ended {
					if left != 0 {
						t.Errorf("%d files are left", left)
					}
					break
				}
				kills++
				close()
			}
			defer close()
			if kills == 0 {
				t.Error("never killed in the middle: the test proves nothing")
			}
			if n := rowsOf(t, h.Store, "ees_announcement WHERE kind = 'file_erased'"); n != people {
				t.Errorf("%d of %d files announced", n, people)
			}
			if n := rowsOf(t, h.Store, "ees_ended"); n != people {
				t.Errorf("%d of %d files noted as ended", n, people)
			}
			if n := rowsOf(t, c.Store, "carrier_document"); n != 0 {
				t.Errorf("%d documents are left in the copy", n)
			}
			t.Logf("killed %d times", kills)
		})
	}
}

// eraseAndKill runs the child, kills it some time after it has told of so many
// steps, and says whether it was done before.
func eraseAndKill(t *testing.T, store, copied, data string, steps int, wait time.Duration) (ended bool) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestErasureChild$")
	child.Env = append(os.Environ(), "LIMEN_ERASE_STORE="+store, "LIMEN_ERASE_COPY="+copied, "LIMEN_ERASE_DATA="+data)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	stop := time.AfterFunc(40*time.Second, func() { child.Process.Kill() })
	defer stop.Stop()
	seen := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		switch lines.Text() {
		case "DONE":
			ended = true
		case "STEP":
			if seen++; seen == steps {
				time.Sleep(wait)
				child.Process.Kill()
			}
		}
	}
	child.Wait()
	if seen == 0 && !ended {
		t.Fatal("the child did nothing")
	}
	return ended
}

// wholeFiles counts the files, and fails when one is there in part.
func wholeFiles(t *testing.T, h *house.House) int {
	t.Helper()
	for _, part := range []string{"ees_record t WHERE NOT EXISTS (SELECT 1 FROM ees_file f WHERE f.ref = t.ref)",
		"cir_identity t WHERE NOT EXISTS (SELECT 1 FROM ees_file f WHERE f.ref = t.record_ref)",
		"cir_by_document t WHERE NOT EXISTS (SELECT 1 FROM ees_file f WHERE f.ref = t.record_ref)",
		"cir_by_name t WHERE NOT EXISTS (SELECT 1 FROM ees_file f WHERE f.ref = t.record_ref)",
		"ees_file f WHERE NOT EXISTS (SELECT 1 FROM cir_identity t WHERE t.record_ref = f.ref)",
		"ees_ended t WHERE EXISTS (SELECT 1 FROM ees_file f WHERE f.ref = t.ref)"} {
		if n := rowsOf(t, h.Store, part); n != 0 {
			t.Errorf("%d rows of %s", n, part)
		}
	}
	return rowsOf(t, h.Store, "ees_file")
}

func rowsOf(t *testing.T, s *db.Store, of string) (n int) {
	t.Helper()
	if err := s.Read(t.Context(), func(tx *db.Tx) error { return tx.Row(`SELECT COUNT(*) FROM ` + of).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

// EES-061: a store that is full takes no crossing and still erases what is due,
// logged, out of the reserve; and then there is room for crossings again.
func TestArt34_5_AFullStoreErases(t *testing.T) {
	data := t.TempDir()
	clock := dbtest.NewClock(time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC))
	h, err := house.Open(t.Context(), house.Options{Store: "sqlite:" + filepath.Join(data, "limen.db"), Data: data, Limit: 4 << 20, Reserve: 2 << 20, Clock: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	n := uint64(0)
	for ; n < 5000 && err == nil; n++ {
		_, _, err = admit(t.Context(), h, n*2654435761)
	}
	if err == nil || !strings.Contains(err.Error(), db.ErrFull.Error()) {
		t.Fatalf("after %d crossings: %v", n, err)
	}
	had := rowsOf(t, h.Store, "ees_file")
	clock.Set(time.Date(2031, 9, 1, 8, 0, 0, 0, time.UTC))
	if done, err := h.RunDuty(t.Context(), "retention", nil); err != nil || done != had {
		t.Fatalf("erased %d of %d files of a full store: %v", done, had, err)
	}
	if left := wholeFiles(t, h); left != 0 {
		t.Errorf("%d files are left", left)
	}
	err = h.Store.Read(t.Context(), func(tx *db.Tx) error {
		page, err := h.Log.Entries(tx, ledger.Filter{Operation: string(ees.OpEraseDue), Limit: 1000})
		gone := 0
		for _, e := range page.Records {
			gone += len(e.Entry.Destroyed)
		}
		if gone != had {
			t.Errorf("the log tells of %d of %d files", gone, had)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.RunDuty(t.Context(), "checks", nil); err != nil {
		t.Fatal(err)
	}
	var refused error
	if _, _, refused = admit(t.Context(), h, 77); refused != nil {
		t.Errorf("no room after the erasure: %v", refused)
	}
	verifies(t, h)
}
