package nui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"limen/db"
	"limen/law"
	"limen/person"
)

// event is what the interface itself reads of an event; everything else goes to
// the Central System as the booth sent it.
type event struct {
	Key           string           `json:"key"`
	Direction     string           `json:"direction"`
	CrossingPoint string           `json:"crossing_point"`
	At            *time.Time       `json:"at"`
	Decision      string           `json:"decision"`
	Officer       string           `json:"officer"`
	MRZ           []string         `json:"mrz"`
	Document      *documentOfEvent `json:"document"`
	Identity      *identityOfEvent `json:"identity"`
	Biometrics    json.RawMessage  `json:"biometrics"`
	point         *person.CrossingPoint
	members       map[string]json.RawMessage
}

type documentOfEvent struct {
	Issuer string `json:"issuer"`
}

type identityOfEvent struct {
	Nationalities []string `json:"nationalities"`
}

// Kept is the answer to a booth: what became of its event, and what can be said
// here without the Central System.
type Kept struct {
	Key   string      `json:"key"`
	State string      `json:"state"` // waiting; or what has become of it, when it was sent before
	Code  string      `json:"code,omitempty"`
	Line  Line        `json:"line"`
	Local LocalAnswer `json:"local"`
}

const longestEvent = 64 << 10

// Keep takes an event in. It returns when the event is on the disk: if we stop
// before the commit, the booth has no answer, and sends it again under the same
// key; after it, the next start finds the event waiting, once. The same event
// under the same key gets the same answer. manual is what was written by hand.
//
// It refuses a full store: then the event is written by hand (art 21(2)).
func (n *Interface) Keep(ctx context.Context, key string, body []byte, manual bool) (Kept, error) {
	now := n.o.Store.Now()
	e, err := n.read(key, body, manual, now)
	if err != nil {
		return Kept{}, err
	}
	text, err := json.Marshal(e.members)
	if err != nil {
		return Kept{}, err
	}
	kept := Kept{Key: e.Key, State: "waiting", Local: local(e, now)}
	if kept.Local.Scope == OutOfScope {
		// Whom the Regulation does not concern is not kept.
		return Kept{}, &law.Refusal{Kind: law.NotPermitted, Reason: kept.Local.Reasons[0]}
	}
	origin := n.o.Origin
	if manual {
		origin = Manual
	}
	sealed, err := n.seal.close(text, e.Key)
	if err != nil {
		return Kept{}, err
	}
	digest := n.seal.same(body)
	fresh := false
	insert := func(tx *db.Tx) error {
		fresh = false
		var was string
		err := tx.Row(`SELECT digest, state, code FROM nui_event WHERE key = $1`, e.Key).Scan(&was, &kept.State, &kept.Code)
		switch {
		case err == nil && was != digest:
			return law.BadField("Idempotency-Key", "idempotency_key_reused", "2017/2226 art 21(1)", "This key was used before for another event. Give this one a key of its own.")
		case err == nil || !errors.Is(err, db.ErrNoRows):
			return err
		}
		if n.waiting.Load() >= n.o.Limit {
			return full()
		}
		fresh, kept.State, kept.Code = true, "waiting", ""
		_, err = tx.Exec(`INSERT INTO nui_event (key, digest, event_at, received_at, origin, state, code, tries, body) VALUES ($1, $2, $3, $4, $5, 'waiting', '', 0, $6)`,
			e.Key, digest, e.At.UnixMicro(), tx.Now().UnixMicro(), origin, sealed)
		return err
	}
	err = n.o.Store.Write(ctx, insert)
	if errors.Is(err, db.ErrFull) {
		if err = n.makeRoom(ctx); err == nil {
			err = n.o.Store.Write(ctx, insert)
		}
		if errors.Is(err, db.ErrFull) {
			return Kept{}, full()
		}
	}
	if err != nil {
		return Kept{}, err
	}
	if fresh {
		n.waiting.Add(1)
		n.nudge()
	}
	n.mu.Lock()
	kept.Line = n.line
	n.mu.Unlock()
	return kept, nil
}

// makeRoom forgets the keys of what was taken over: the Central System knows them
// too. What waits, what was refused and what is a copy stays.
func (n *Interface) makeRoom(ctx context.Context) error {
	return n.o.Store.Reclaim(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM nui_event WHERE state IN ('recorded', 'second_line')`)
		return err
	})
}

func full() *law.Refusal {
	return law.Refuse(law.Unavailable, "buffer_full", "2017/2226 art 21(2)",
		"The buffer has no room left. Nothing was kept: write the crossing down by hand, without biometrics, stamp the document, and tell your administration.")
}

// nudge wakes the replay without waiting for it.
func (n *Interface) nudge() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// read checks what the interface must know, and puts in what it adds: the key
// that names the event in the whole state, the moment, and where it was kept.
func (n *Interface) read(key string, body []byte, manual bool, now time.Time) (*event, error) {
	const cite = law.Citation("2017/2226 art 21(1)")
	if len(key) < 1 || len(key) > 80 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, law.BadField("Idempotency-Key", "idempotency_key_invalid", cite, "Send each event with a key of its own: 1 to 80 visible ASCII characters.")
	}
	if len(body) > longestEvent {
		return nil, law.Refuse(law.TooMuch, "event_too_long", cite, fmt.Sprintf("An event has at most %d bytes.", longestEvent))
	}
	e := new(event)
	if err := json.Unmarshal(body, e); err != nil {
		return nil, law.BadField("body", "not_json", cite, "The event is not a JSON object with the members of a check and the guard's decision.")
	}
	if err := json.Unmarshal(body, &e.members); err != nil || e.members == nil {
		return nil, law.BadField("body", "not_json", cite, "The event is not a JSON object.")
	}
	switch {
	case e.Direction != "entry" && e.Direction != "exit":
		return nil, law.BadField("direction", "unknown_direction", cite, "Say entry or exit.")
	case e.Decision != "crossed" && e.Decision != "refused":
		return nil, law.BadField("decision", "unknown_decision", cite, "Say crossed or refused.")
	case strings.TrimSpace(e.Officer) == "":
		return nil, law.BadField("officer", "officer_missing", cite, "Say who decided.")
	case manual && e.At == nil:
		return nil, law.BadField("at", "moment_missing", cite, "Say when it happened: what was written by hand is typed later.")
	case manual && len(e.Biometrics) > 0 && string(e.Biometrics) != "null":
		return nil, law.BadField("biometrics", "manual_without_biometrics", "2017/2226 art 21(2)", "What is written by hand carries no biometrics. Leave them out: the next crossing takes them.")
	}
	point, err := person.ParseCrossingPoint(e.CrossingPoint)
	if err != nil {
		var r *law.Refusal
		if errors.As(err, &r) {
			return nil, law.BadField("crossing_point", r.Code, r.Cite, r.Message, "crossing_point", e.CrossingPoint)
		}
		return nil, err
	}
	if point.State != n.o.State {
		return nil, law.BadField("crossing_point", "foreign_crossing_point", "2017/2226 art 9(2)",
			fmt.Sprintf("%s is a crossing point of %s; this is the interface of %s.", point.Code, point.State.Name(), n.o.State.Name()))
	}
	e.point = point
	if e.At == nil {
		e.At = &now
	}
	if e.At.After(now.Add(2 * time.Minute)) {
		return nil, law.BadField("at", "date_in_the_future", cite, "The moment lies in the future. Check the clock of the booth.", "at", e.At.Format(time.RFC3339), "now", now.Format(time.RFC3339))
	}
	e.Key = n.o.Name + ":" + key
	origin := n.o.Origin
	if manual {
		origin = Manual
	}
	// JSON readers take a member's name in any case: what the booth says of these
	// three goes, in whatever spelling.
	for member := range e.members {
		switch strings.ToLower(member) {
		case "key", "at", "origin":
			delete(e.members, member)
		}
	}
	for member, v := range map[string]any{"key": e.Key, "at": e.At.UTC(), "origin": origin} {
		if e.members[member], err = json.Marshal(v); err != nil {
			return nil, err
		}
	}
	return e, nil
}
