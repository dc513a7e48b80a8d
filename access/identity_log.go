package access

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"limen/db"
	"limen/law"
	"limen/ledger"
)

// event is what the log says about an act in front of the door.
type event struct {
	op      Op
	refusal law.Code  // "" when done
	who     Principal // zero when unknown
	account string    // the account, token or certificate it concerns
	remote  string
	count   int
}

// append writes e in the transaction that carries out what it tells. No file
// is touched, so there is no subject; the account and the place are proven by
// salted digests.
func (i *Identities) append(tx *db.Tx, e event) error {
	if e.who.Officer == "" {
		e.who = Principal{Officer: "unknown", Channel: e.who.Channel}
	}
	entry := ledger.Entry{
		At: tx.Now(), System: "access", Operation: string(e.op), Purpose: string(SystemOperation),
		Authority: e.who.Authority.Name, AuthorityKind: string(e.who.Authority.Kind), State: e.who.Authority.State,
		Officer: string(e.who.Officer), Channel: e.who.Channel,
		Grant: staffCite, Outcome: "done", Results: e.count,
	}
	if e.refusal != "" {
		entry.Outcome, entry.Refusal = "refused", e.refusal
	}
	if e.account != "" {
		entry.Searched = append(entry.Searched, ledger.Searched{Category: string(ByAccount), Value: e.account})
	}
	if e.remote != "" {
		entry.Searched = append(entry.Searched, ledger.Searched{Category: "remote_address", Value: e.remote})
	}
	_, err := i.log.Append(tx, entry)
	return err
}

// refuse logs a refused attempt, or counts it when the place has failed too
// often in this minute, and returns the refusal. If the log cannot be written
// the answer is that fault.
func (i *Identities) refuse(ctx context.Context, refusal *law.Refusal, events ...event) error {
	now := i.store.Now()
	var write []event
	for _, e := range events {
		if i.refusals.admit(e.remote, now) {
			write = append(write, e)
		}
	}
	if len(write) == 0 {
		return refusal
	}
	// The attempt is logged although the caller may have hung up.
	err := i.store.Observe(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		for _, e := range write {
			e.refusal = refusal.Code
			if err := i.append(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("access: refusal could not be logged: %w", err)
	}
	return refusal
}

// appendTallies writes one entry for each place whose refusals were counted.
// If we stop before it, the counts of the last minute are lost; the entries
// that were written one by one stand.
func (i *Identities) appendTallies(ctx context.Context, due []tally) error {
	if len(due) == 0 {
		return nil
	}
	err := i.store.Observe(ctx, func(tx *db.Tx) error {
		for _, t := range due {
			if err := i.append(tx, event{op: OpCountRefusals, refusal: "counted", remote: t.remote, count: t.count}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		i.refusals.giveBack(due)
		return fmt.Errorf("access: counts of refusals: %w", err)
	}
	return nil
}

// How many refusals are logged one by one in a minute: so many of one place
// and so many of all. What is beyond is counted, and Purge writes the counts.
// A flood of attempts thus costs the log at most refusalsOfAll entries a
// minute and one entry a minute for each of refusalRemotes places.
const (
	refusalsOfPlace = 10
	refusalsOfAll   = 300
	refusalRemotes  = 1024
)

// refusals decides which refused attempts are logged one by one.
type refusals struct {
	mu     sync.Mutex
	most   int
	all    minute
	places map[string]*minute
}

type minute struct {
	start   time.Time
	logged  int
	counted int
}

// tally is a number of refusals that were counted for one place; the place is
// "" for those of more places than are told apart.
type tally struct {
	remote string
	count  int
}

func newRefusals(most int) *refusals { return &refusals{most: most, places: map[string]*minute{}} }

// admit reports whether a refusal from remote is logged by itself; else it was
// counted.
func (r *refusals) admit(remote string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.places[remote]
	if m == nil && len(r.places) >= r.most {
		remote = ""
		m = r.places[remote]
	}
	if m == nil {
		m = &minute{}
		r.places[remote] = m
	}
	for _, w := range []*minute{m, &r.all} {
		if now.Sub(w.start) >= time.Minute {
			w.start, w.logged = now, 0
		}
	}
	if m.logged >= refusalsOfPlace || r.all.logged >= refusalsOfAll {
		m.counted++
		return false
	}
	m.logged++
	r.all.logged++
	return true
}

// due takes out the counts of the minutes that are over.
func (r *refusals) due(now time.Time) []tally {
	r.mu.Lock()
	defer r.mu.Unlock()
	var due []tally
	for place, m := range r.places {
		if now.Sub(m.start) < time.Minute {
			continue
		}
		if m.counted > 0 {
			due = append(due, tally{place, m.counted})
		}
		delete(r.places, place)
	}
	return due
}

// giveBack keeps counts that could not be written for the next time.
func (r *refusals) giveBack(due []tally) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range due {
		place := t.remote
		if r.places[place] == nil && len(r.places) >= r.most {
			place = ""
		}
		if r.places[place] == nil {
			r.places[place] = &minute{}
		}
		r.places[place].counted += t.count
	}
}

type remoteKey struct{}

// WithRemote tells the methods of Identities that are not handed one where a
// request comes from, so that refused tokens and certificates are counted by
// place.
func WithRemote(ctx context.Context, remote string) context.Context {
	return context.WithValue(ctx, remoteKey{}, placeOf(remote))
}

func remoteOf(ctx context.Context) string {
	remote, _ := ctx.Value(remoteKey{}).(string)
	return remote
}

// asRefusal returns the refusal that err is, if it is one.
func asRefusal(err error) (*law.Refusal, bool) {
	var r *law.Refusal
	ok := errors.As(err, &r)
	return r, ok
}
