package db

import (
	"errors"
	"runtime"
	"time"
)

// maxGroup bounds the jobs that share one commit.
const maxGroup = 256

// write is the writer: it takes jobs as they come, runs each in turn on its
// link, and commits all that are waiting at once, so that one flush of the disk
// serves many callers. No job is answered before the commit that holds it, nor
// one that failed before the commit that holds what it saw.
func (e *sqlite) write() {
	defer close(e.stopped)
	for first := range e.queue {
		for next := first; next != nil; {
			next = e.runGroup(next)
		}
	}
}

// runGroup runs first and what is waiting behind it, and commits. A job that is no
// transaction ends the group before it and is returned, to run next.
func (e *sqlite) runGroup(first *job) (next *job) {
	if first.apart() {
		if first.claim() {
			first.end(e.runApart(first))
		}
		return nil
	}
	e.group = e.group[:0]
	for j, n := first, 1; j != nil; n++ {
		if j.apart() {
			next = j
			break
		}
		if j.claim() {
			e.join(j)
		}
		j = nil
		if n < maxGroup {
			j = e.waiting()
		}
	}
	if len(e.group) == 0 {
		return next
	}
	if err := e.commit(); err != nil {
		e.disband(err)
		return next
	}
	reached("after the commit")
	// If we stop here, the next start finds every job of the group, though no
	// caller was told: one that sends its request again with the same
	// idempotency key is given the answer that was kept.
	for _, j := range e.group {
		j.end(j.err)
	}
	return next
}

// apart tells whether the job is no transaction and runs between two groups.
func (j *job) apart() bool { return j.kind == kindScrub || j.kind == kindCarry }

func (e *sqlite) runApart(j *job) error {
	if j.kind == kindCarry {
		return e.bring()
	}
	return e.cut()
}

// waiting takes a job that is already in the queue. Callers who were just
// answered get one chance to come back before the group is closed.
func (e *sqlite) waiting() *job {
	for range 2 {
		select {
		case j := <-e.queue:
			return j
		default:
		}
		runtime.Gosched()
	}
	return nil
}

// join runs one job within the group. It becomes a member, whether it will
// commit or has failed and left no trace; or it is answered at once, when it
// failed and there was nobody before it whose work it could have seen.
func (e *sqlite) join(j *job) {
	alone := len(e.group) == 0
	if alone {
		if err := e.begin(); err != nil {
			e.refuse(j, err)
			return
		}
	} else if e.writer.run("SAVEPOINT job") != nil {
		e.disband(nil, j)
		return
	}
	j.err = e.lend(j)
	if j.err == nil && !alone {
		j.err = e.writer.run("RELEASE job")
	}
	switch {
	case j.err == nil:
		e.group = append(e.group, j)
	case !e.writer.inTransaction():
		// SQLite gave up the whole transaction, as it does on a full disk.
		e.disband(nil)
		j.end(j.err)
	case alone:
		e.rollBack()
		j.end(j.err)
	default:
		if errors.Join(e.writer.run("ROLLBACK TO job"), e.writer.run("RELEASE job")) != nil {
			e.disband(nil)
			j.end(j.err)
		} else if j.err != errUnwound {
			e.group = append(e.group, j)
		}
	}
}

// begin opens a transaction.
func (e *sqlite) begin() error {
	e.writer.trim()
	return abortable(e.writer.run("BEGIN IMMEDIATE"))
}

// refuse ends j and, when another process holds the file, all that wait behind
// it, who would otherwise wait for the same lock one after the other.
func (e *sqlite) refuse(j *job, err error) {
	j.end(err)
	if !again(err) {
		return
	}
	for {
		select {
		case next := <-e.queue:
			if next == nil {
				return
			}
			if next.claim() {
				next.end(err)
			}
		default:
			return
		}
	}
}

func (e *sqlite) rollBack() {
	if e.writer.inTransaction() {
		e.writer.run("ROLLBACK")
	}
}

// lend lets the job use the link and returns what it came to.
func (e *sqlite) lend(j *job) error {
	if j.kind != kindReclaim && j.kind != kindObserve {
		if err := e.room.check(e.writer); err != nil {
			return err
		}
	}
	if j.fn == nil {
		return abortable(e.flush(j.later))
	}
	j.turn <- true
	return <-j.back
}

// commit makes the group durable.
func (e *sqlite) commit() error {
	reached("before the commit")
	// If we stop here, the next start finds nothing of the group: without its
	// commit record the log's tail is not replayed, and nobody was answered.
	start := time.Now()
	if err := e.writer.run("COMMIT"); err != nil {
		return err
	}
	kept := int64(0)
	for _, j := range e.group {
		if j.err == nil {
			kept++
		}
	}
	e.store.stats.committed(kept, time.Since(start))
	return nil
}

// disband is called when the group's transaction is lost for a reason that lies
// in one job or in their number: cause is the error of its commit, or nil. Each
// member runs once more, in a transaction of its own, so that none suffers for
// another.
func (e *sqlite) disband(cause error, more ...*job) {
	e.rollBack()
	jobs := append(append([]*job{}, e.group...), more...)
	e.group = e.group[:0]
	for _, j := range jobs {
		if cause == nil || errors.Is(cause, ErrFull) {
			j.end(e.alone(j))
		} else {
			// After a failed flush of the disk nobody knows, until the next
			// start, whether the commit is there: running again could write
			// twice.
			j.end(abortable(cause))
		}
	}
}

// alone runs one job in one transaction.
func (e *sqlite) alone(j *job) error {
	if err := e.begin(); err != nil {
		return err
	}
	defer e.rollBack() // nothing is left of it after a commit
	if j.err = e.lend(j); j.err != nil {
		return j.err
	}
	e.group = append(e.group[:0], j)
	defer func() { e.group = e.group[:0] }()
	return e.commit()
}
