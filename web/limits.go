package web

import (
	"container/list"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"limen/law"
)

// Rate allows PerSecond requests on average and Burst at once. A zero Rate
// takes the default; a negative PerSecond sets no limit.
type Rate struct {
	PerSecond float64
	Burst     int
}

// limiter counts requests by name (a principal, an address). It remembers a
// bounded number of names and forgets the one unused for longest: a name that
// comes back starts with a full allowance.
type limiter struct {
	rate Rate
	max  int

	mu    sync.Mutex
	names map[string]*list.Element
	order list.List // most recently used first
}

type allowance struct {
	name   string
	bucket *rate.Limiter
}

func newLimiter(r Rate, max int) *limiter {
	return &limiter{rate: r, max: max, names: make(map[string]*list.Element)}
}

// take uses one request of the name's allowance, or says how long to wait.
func (l *limiter) take(name string, now time.Time) (wait time.Duration, ok bool) {
	if l.rate.PerSecond < 0 {
		return 0, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.names[name]
	if e == nil {
		for len(l.names) >= l.max {
			oldest := l.order.Back()
			delete(l.names, l.order.Remove(oldest).(*allowance).name)
		}
		e = l.order.PushFront(&allowance{name, rate.NewLimiter(rate.Limit(l.rate.PerSecond), l.rate.Burst)})
		l.names[name] = e
	} else {
		l.order.MoveToFront(e)
	}
	r := e.Value.(*allowance).bucket.ReserveN(now, 1)
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return wait, false
	}
	return 0, true
}

// tooMany is the refusal of a request beyond the allowance.
func tooMany(wait time.Duration) error {
	seconds := strconv.Itoa(int(wait/time.Second) + 1)
	return law.Refuse(law.TooMuch, "too_many_requests", "",
		"Too many requests. Wait the number of seconds given, then send the request again.", "retry_after_seconds", seconds)
}

// remoteName is the address that a limit counts by. Networks hand out IPv6
// addresses by the 64-bit prefix. No forwarding header is read: any client can
// write one.
func remoteName(r *http.Request) string {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip := a.Addr().Unmap().WithZone("")
	if ip.Is6() {
		p, _ := ip.Prefix(64)
		return p.String()
	}
	return ip.String()
}

func isLoopback(r *http.Request) bool {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && a.Addr().Unmap().IsLoopback()
}
