package db

import (
	"context"
	"time"
)

// What is committed stands in the write-ahead log first, and is brought into the
// file later (a checkpoint). Done by the writer at a commit, that keeps whoever waits
// for the commit waiting for thousands of pages and a flush of the file. So it is
// done beside the writer, on a link of its own, and the writer is asked for the
// little that has come meanwhile, after which SQLite begins the log anew.
const (
	// carryEvery is how often the log's length is looked at, when something was
	// committed.
	carryEvery = 50 * time.Millisecond
	// carryPages is how many pages must wait in the log to be brought over.
	carryPages = 1000
	// logPages is from which length on the log is to begin anew. The writer's own
	// wal_autocheckpoint is far above it, for readers that stand on old snapshots
	// for long.
	logPages = 4000
)

// carrier brings what the log holds into the file. It belongs to its goroutine.
type carrier struct {
	e      *sqlite
	link   *link
	groups int64 // that had been committed at the last look
}

// carry is the carrier's goroutine. What fails is tried again at the next look,
// and done by the writer should it never succeed.
//
// If we stop anywhere, the log still holds what is not whole in the file.
func (e *sqlite) carry(c *carrier) {
	defer close(e.carried)
	defer c.link.close()
	turn := time.NewTicker(carryEvery)
	defer turn.Stop()
	for {
		select {
		case <-e.ending:
			return
		case <-turn.C:
			if groups := e.store.stats.groups.Load(); groups != c.groups {
				c.groups = groups
				c.look()
			}
		}
	}
}

func (c *carrier) look() {
	c.e.carrying.Lock()
	defer c.e.carrying.Unlock()
	ctx := context.Background()
	var busy, inLog, moved int64
	if c.link.row(ctx, "PRAGMA wal_checkpoint(NOOP)", nil, []any{&busy, &inLog, &moved}) != nil || inLog-moved < carryPages {
		return
	}
	if c.link.row(ctx, "PRAGMA wal_checkpoint(PASSIVE)", nil, []any{&busy, &inLog, &moved}) == nil && inLog >= logPages {
		c.e.submit(ctx, &job{ctx: ctx, kind: kindCarry})
	}
}

// bring brings the rest of the log into the file. The writer is between two groups.
func (e *sqlite) bring() error { return e.writer.run("PRAGMA wal_checkpoint(PASSIVE)") }
