package sim

import (
	"sync"
	"time"

	"limen/law"
)

// Clock is the clock of a house that is given a past. It is held at a moment,
// moved forward from crossing to crossing by Populate, and let go when the
// history has reached the present: from then on it runs with the clock it was
// made from.
//
//	clock := sim.NewClock(time.Now)
//	h, err := house.Open(ctx, house.Options{Clock: clock.Now, …})
//	report, err := sim.Populate(ctx, h, sim.Options{Clock: clock, …})
//
// A store's moments never run backwards, so nothing may be written to the house
// before Populate that should not bear the first moment of the history.
type Clock struct {
	mu   sync.Mutex
	wall func() time.Time
	held time.Time     // zero when it runs
	lead time.Duration // how far it runs ahead of wall
	last time.Time
}

// tick is how much time passes between two looks at a held clock, so that log
// entries of one crossing do not bear the same moment.
const tick = 200 * time.Microsecond

// NewClock returns a clock held at the first moment of the Entry/Exit System.
func NewClock(wall func() time.Time) *Clock {
	y, m, d := law.EESStart().YMD()
	return &Clock{wall: wall, held: time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)}
}

// Now returns the clock's present moment.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held.IsZero() {
		c.last = c.wall().Add(c.lead)
		return c.last
	}
	c.held = c.held.Add(tick)
	return c.held
}

// Hold moves the clock to a moment, and holds it there. It does not move back.
func (c *Clock) Hold(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.held
	if now.IsZero() {
		now = c.last
	}
	if at.Before(now) {
		at = now
	}
	c.held = at
}

// Run lets the clock go: with the clock it was made from, or ahead of that one
// when it was held at a later moment.
func (c *Clock) Run() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.held.IsZero() {
		c.lead = max(0, c.held.Sub(c.wall()))
		c.held = time.Time{}
	}
}
