package access

import (
	"fmt"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// fail makes one failed attempt, and returns the wait when it was held back.
func (t *throttle) fail(now time.Time, user, remote string) time.Duration {
	a, wait := t.try(now, firstFactor(user, remote))
	if wait == 0 {
		a.failed(now)
	}
	return wait
}

// TestThrottleHoldsPlacesAndUsers: one place may fail a hundred times over all
// users, one user a hundred times over all places.
func TestThrottleHoldsPlacesAndUsers(t *testing.T) {
	th := newThrottle(throttleKeys)
	for n := range failuresOfRemote {
		if wait := th.fail(noon, fmt.Sprint("user", n), "192.0.2.1"); wait != 0 {
			t.Fatalf("attempt %d waits %v", n, wait)
		}
	}
	if wait := th.fail(noon, "another", "192.0.2.1"); wait != firstHold {
		t.Errorf("the place waits %v", wait)
	}
	if wait := th.fail(noon, "another", "192.0.2.2"); wait != 0 {
		t.Errorf("another place waits %v", wait)
	}

	th = newThrottle(throttleKeys)
	a, _ := th.try(noon, firstFactor("anna", "usual desk"))
	a.passed()
	for n := range failuresOfUser {
		if wait := th.fail(noon, "anna", fmt.Sprint("bot", n)); wait != 0 {
			t.Fatalf("attempt %d waits %v", n, wait)
		}
	}
	if wait := th.fail(noon, "anna", "one more bot"); wait != firstHold {
		t.Errorf("the user waits %v", wait)
	}
	if wait := th.fail(noon, "anna", "usual desk"); wait != 0 {
		t.Errorf("strangers lock the officer out of the usual desk for %v", wait)
	}
}

// TestThrottleDoublesAndForgets: holds double up to a quarter of an hour, and
// an hour of rest forgets them.
func TestThrottleDoublesAndForgets(t *testing.T) {
	th := newThrottle(throttleKeys)
	now := noon
	for range failuresOfPair {
		th.fail(now, "anna", "here")
	}
	for _, want := range []time.Duration{1, 2, 4, 8, 15, 15} {
		wait := th.fail(now, "anna", "here")
		if wait != want*time.Minute {
			t.Fatalf("held for %v, want %d minutes", wait, want)
		}
		now = now.Add(wait - time.Microsecond)
		if th.fail(now, "anna", "here") == 0 {
			t.Fatal("the hold ends early")
		}
		now = now.Add(time.Microsecond)
		if wait := th.fail(now, "anna", "here"); wait != 0 {
			t.Fatalf("the hold does not end: %v", wait)
		}
	}
	now = now.Add(longestHold + forgetAfter)
	for n := range failuresOfPair {
		if wait := th.fail(now, "anna", "here"); wait != 0 {
			t.Fatalf("attempt %d after an hour waits %v", n, wait)
		}
	}
}

// TestThrottleCountsWhatIsUnderWay: attempts that have not ended count, and an
// abandoned one does not.
func TestThrottleCountsWhatIsUnderWay(t *testing.T) {
	th := newThrottle(throttleKeys)
	var open []attempt
	for range failuresOfPair {
		a, wait := th.try(noon, firstFactor("anna", "here"))
		if wait != 0 {
			t.Fatal("held too early")
		}
		open = append(open, a)
	}
	if _, wait := th.try(noon, firstFactor("anna", "here")); wait != time.Second {
		t.Errorf("a sixth attempt at once waits %v", wait)
	}
	for _, a := range open {
		a.abandoned()
	}
	if _, wait := th.try(noon, firstFactor("anna", "here")); wait != 0 {
		t.Errorf("after they were abandoned: %v", wait)
	}
}

// TestThrottleIsBounded: a flood of names takes no more room than was set, and
// the entries that hold somebody back go last.
func TestThrottleIsBounded(t *testing.T) {
	th := newThrottle(64)
	for range failuresOfPair {
		th.fail(noon, "anna", "here")
	}
	for n := range 5000 {
		th.fail(noon.Add(time.Duration(n)*time.Millisecond), fmt.Sprint("user", n), fmt.Sprint("place", n))
		if len(th.m) > 64 {
			t.Fatalf("%d entries", len(th.m))
		}
	}
	if wait := th.fail(noon.Add(5*time.Second), "anna", "here"); wait == 0 {
		t.Error("the flood freed a name that was held back")
	}
	th.sweep(noon.Add(2 * forgetAfter))
	if len(th.m) != 0 {
		t.Errorf("%d entries after the sweep", len(th.m))
	}
}

// TestPlaces: what counts as one place.
func TestPlaces(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.7":                "192.0.2.7",
		"192.0.2.7:51000":          "192.0.2.7",
		"::ffff:192.0.2.7":         "192.0.2.7",
		"2001:db8:1:2:3:4:5:6":     "2001:db8:1:2::/64",
		"[2001:db8:1:2:9::1]:443":  "2001:db8:1:2::/64",
		"fe80::1%eth0":             "fe80::/64",
		"":                         "",
		"pipe":                     "pipe",
		string(make([]byte, 1000)): string(make([]byte, 64)),
	} {
		if got := placeOf(remote); got != want {
			t.Errorf("%q is the place %q, want %q", remote, got, want)
		}
	}
}

// TestRefusalsAreBounded: the log takes so many refusals of one place, of all
// places, and no more places than are told apart; no refusal is lost.
func TestRefusalsAreBounded(t *testing.T) {
	r := newRefusals(100)
	logged, total := 0, 0
	for n := range 5000 {
		total++
		if r.admit(fmt.Sprint("place", n%500), noon) {
			logged++
		}
	}
	if logged != refusalsOfAll || len(r.places) > 101 {
		t.Errorf("%d logged, %d places", logged, len(r.places))
	}
	if due := r.due(noon.Add(59 * time.Second)); due != nil {
		t.Errorf("counts before the minute is over: %v", due)
	}
	due := r.due(noon.Add(time.Minute))
	r.giveBack(due)
	again := r.due(noon.Add(time.Minute))
	if sum(due) != total-logged || sum(again) != sum(due) {
		t.Errorf("%d logged and %d counted of %d; %d after giving back", logged, sum(due), total, sum(again))
	}
	if !r.admit("place1", noon.Add(time.Minute)) {
		t.Error("the next minute is not logged")
	}
}

func sum(due []tally) (n int) {
	for _, t := range due {
		n += t.count
	}
	return n
}

// TestCacheIsBoundedAndShort: no more entries than set, none older than a second.
func TestCacheIsBoundedAndShort(t *testing.T) {
	c := newCache[int, int](10)
	for n := range 100 {
		c.put(n, n, noon)
	}
	if len(c.m) > 10 {
		t.Errorf("%d entries", len(c.m))
	}
	c.put(1, 1, noon)
	if _, ok := c.get(1, noon.Add(cacheFor-1)); !ok {
		t.Error("forgotten within the second")
	}
	if _, ok := c.get(1, noon.Add(cacheFor)); ok {
		t.Error("remembered beyond the second")
	}
	c.put(2, 2, noon)
	c.drop(2)
	if _, ok := c.get(2, noon); ok {
		t.Error("dropped and still there")
	}
}
