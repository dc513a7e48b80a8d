package access

import (
	"crypto/sha256"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"limen/law"
)

// How many attempts may fail before the next ones are held back. The holding
// back starts at one minute and doubles with each further failure, up to a
// quarter of an hour; it is forgotten an hour after the last failure.
const (
	failuresOfPair   = 5   // of one user from one place
	failuresOfRemote = 100 // from one place, whatever the user: many officers may share an address
	failuresOfUser   = 100 // of one user from everywhere (NIST SP 800-63B 5.2.2 allows no more)
	failuresOfSecond = 10  // of the second factor: whoever fails here knows the password

	firstHold    = time.Minute
	longestHold  = 15 * time.Minute
	forgetAfter  = time.Hour
	throttleKeys = 10_000
)

// throttle counts failed attempts in memory. It is bounded; when it is full
// the entry that rested longest makes room. Each process counts for itself: n
// processes before one database allow n times the attempts, and a restart
// forgets them. Keeping the counts in the store would let an attacker write to
// it at every attempt.
type throttle struct {
	mu   sync.Mutex
	most int
	m    map[throttleKey]*tries
}

type throttleKey [16]byte

type tries struct {
	failed   int
	inFlight int
	held     time.Time     // until when
	hold     time.Duration // last one
	last     time.Time
	welcome  bool // this user has signed in from this place before
}

func newThrottle(most int) *throttle { return &throttle{most: most, m: map[throttleKey]*tries{}} }

// limit is one count that an attempt falls under.
type limit struct {
	key  throttleKey
	most int
	pair bool // of a user and a place; a welcome one takes the user's own count away
	user bool // of a user from everywhere
	ours bool // success clears it
}

func keyOf(parts ...string) throttleKey {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(strconv.Itoa(len(p)) + ":" + p))
	}
	return throttleKey(h.Sum(nil)[:16])
}

// firstFactor are the limits on passwords.
func firstFactor(user, remote string) []limit {
	return []limit{
		{key: keyOf("pair", user, remote), most: failuresOfPair, pair: true, ours: true},
		{key: keyOf("user", user), most: failuresOfUser, user: true, ours: true},
		{key: keyOf("remote", remote), most: failuresOfRemote},
	}
}

// secondFactor are the limits on codes and passkeys.
func secondFactor(user string) []limit {
	return []limit{{key: keyOf("second", user), most: failuresOfSecond, ours: true}}
}

// attempt is one under way. End it with exactly one of its methods.
type attempt struct {
	throttle *throttle
	limits   []limit
}

// try begins an attempt, or says how long to wait. Attempts under way count as
// failed until they end, so that a burst gets no further than a row of single
// ones.
func (t *throttle) try(now time.Time, limits []limit) (a attempt, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a.throttle = t
	welcome := false
	for _, l := range limits {
		e := t.m[l.key]
		if e != nil && e.inFlight == 0 && now.Sub(e.last) >= forgetAfter && !now.Before(e.held) {
			e.failed, e.hold = 0, 0
		}
		if l.pair && e != nil && e.welcome {
			welcome = true
		}
		if l.user && welcome {
			continue // strangers who fail elsewhere do not lock out the officer at the usual desk
		}
		a.limits = append(a.limits, l)
		switch {
		case e == nil:
		case now.Before(e.held):
			wait = max(wait, e.held.Sub(now))
		case e.failed >= l.most:
			e.failed = l.most - 1 // the hold is over: one more attempt
		}
		if e != nil && wait == 0 && e.failed+e.inFlight >= l.most {
			wait = time.Second
		}
	}
	if wait > 0 {
		return attempt{}, wait
	}
	for _, l := range a.limits {
		e := t.m[l.key]
		if e == nil {
			t.makeRoom(now)
			e = &tries{}
			t.m[l.key] = e
		}
		e.inFlight++
		e.last = now
	}
	return a, 0
}

// failed ends the attempt and reports whether it closed the door for a while.
func (a attempt) failed(now time.Time) (locked bool) {
	a.each(func(l limit, e *tries) {
		e.failed++
		e.last = now
		if e.failed >= l.most {
			e.hold = min(max(firstHold, 2*e.hold), longestHold)
			e.held = now.Add(e.hold)
			locked = true
		}
	})
	return locked
}

// passed ends the attempt and forgets the failures of this user.
func (a attempt) passed() {
	a.each(func(l limit, e *tries) {
		if l.ours {
			e.failed, e.hold, e.held = 0, 0, time.Time{}
			e.welcome = l.pair
		}
	})
}

// abandoned ends an attempt that came to no result.
func (a attempt) abandoned() { a.each(func(limit, *tries) {}) }

func (a attempt) each(fn func(limit, *tries)) {
	a.throttle.mu.Lock()
	defer a.throttle.mu.Unlock()
	for _, l := range a.limits {
		if e := a.throttle.m[l.key]; e != nil {
			e.inFlight--
			fn(l, e)
		}
	}
}

// makeRoom lets the longest rested of a few entries go when the map is full.
func (t *throttle) makeRoom(now time.Time) {
	if len(t.m) < t.most {
		return
	}
	var victim throttleKey
	var oldest *tries
	seen := 0
	for k, e := range t.m { // in random order
		if e.inFlight > 0 {
			continue
		}
		if oldest == nil || now.Before(oldest.held) && !now.Before(e.held) || e.last.Before(oldest.last) && !now.Before(e.held) {
			victim, oldest = k, e
		}
		if seen++; seen >= 16 {
			break
		}
	}
	if oldest != nil {
		delete(t.m, victim)
	}
}

// sweep removes entries that nobody needs any more. Places where a user is
// welcome are remembered for thirty days.
func (t *throttle) sweep(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, e := range t.m {
		rest := now.Sub(e.last)
		if e.inFlight == 0 && rest >= forgetAfter && !now.Before(e.held) && (!e.welcome || rest >= 30*24*time.Hour) {
			delete(t.m, k)
		}
	}
}

// tooMany is the refusal of an attempt that is held back. It is the same for
// every user name, whether there is such an account or not.
func tooMany(wait time.Duration) *law.Refusal {
	seconds := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
	return law.Refuse(law.TooMuch, "too_many_attempts", staffCite,
		"Too many attempts failed. Wait, then try again.", "retry_after_seconds", seconds)
}

// placeOf shortens a remote address to what counts as one place: the address
// without its port, and of IPv6 the network that one customer is given.
func placeOf(remote string) string {
	if p, err := netip.ParseAddrPort(remote); err == nil {
		remote = p.Addr().String()
	}
	a, err := netip.ParseAddr(remote)
	if err != nil {
		return remote[:min(len(remote), 64)]
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
