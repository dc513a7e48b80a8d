package db

import (
	"context"
	"time"
)

// Long work is done in steps, so that nobody waits for it: each step is a
// transaction that does as much as fits into a bounded time, commit included, and
// between two steps others go first.
const (
	// stepGoal is how long a step may keep others waiting, commit included. What a
	// commit costs is known only afterwards, so the next step is cut to fit.
	stepGoal = 20 * time.Millisecond
	// aloneGoal is the same while nobody else uses the store: the first who comes
	// waits no longer than this.
	aloneGoal = 40 * time.Millisecond
	// stepTime is when a step that is still at work ends by itself.
	stepTime = 15 * time.Millisecond
	// restShare is how many times as long as its step the work rests while others
	// use the store.
	restShare = 3
	longRest  = 150 * time.Millisecond
	// quiet is how many transactions of others may commit during a step before the
	// work counts as being in their way: the log's own sealing is one of them.
	quiet = 2

	firstSize = 16
	leastSize = 4
	mostSize  = 1024
)

// Pace lets long work give way to others. It belongs to one goroutine.
type Pace struct {
	store *Store
	began time.Time
	jobs  int64
	size  int
}

// Pace begins to watch the store for others.
func (s *Store) Pace() *Pace { return &Pace{store: s, jobs: s.stats.jobs.Load(), size: firstSize} }

// Size is how many things the next step is to do at most.
func (p *Pace) Size() int { return p.size }

// Begin is called in the transaction of a step.
func (p *Pace) Begin(tx *Tx) { p.began = tx.began }

// Over tells a step under way that it has held the store for long enough.
func (tx *Tx) Over() bool { return time.Since(tx.began) >= stepTime }

// Rest is called when a step has committed. It cuts the next one to fit, and if
// others have used the store since the last call, or wait for it now, it pauses
// for a multiple of the step; alone, it returns at once.
func (p *Pace) Rest(ctx context.Context) {
	took := time.Since(p.began)
	jobs := p.store.stats.jobs.Load()
	others := jobs - p.jobs - 1
	p.jobs = jobs
	if lite, ok := p.store.engine.(*sqlite); ok {
		others += int64(len(lite.queue))
	}
	goal := stepGoal
	if others <= quiet {
		goal = aloneGoal
	}
	switch {
	case took > goal:
		p.size = max(leastSize, p.size/2)
	case took < goal/8:
		p.size = min(mostSize, 4*p.size)
	case took < goal/2:
		p.size = min(mostSize, p.size+p.size/2)
	}
	if others <= quiet {
		return
	}
	pause := time.NewTimer(min(restShare*took, longRest))
	defer pause.Stop()
	select {
	case <-ctx.Done():
	case <-pause.C:
	}
}
