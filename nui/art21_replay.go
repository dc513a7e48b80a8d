package nui

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"limen/db"
	"limen/law"
)

// batchSize is how many events are told at once.
const batchSize = 100

// outcome is what the Central System says of one event.
type outcome struct {
	Key       string      `json:"key"`
	Outcome   string      `json:"outcome"`
	Record    string      `json:"record"`
	KeptUntil *law.Date   `json:"kept_until"`
	Problem   *law.Reason `json:"problem"`
}

// queued is an event at the front of the queue.
type queued struct {
	key    string
	sealed []byte
	text   []byte
}

// errLine is a line that is down, or a Central System that does not answer as it
// should: everything stays where it is and is told later.
type errLine struct{ cause string }

func (e *errLine) Error() string { return e.cause }

// Replay tells the Central System what waits, the oldest event first, until
// nothing waits, and returns how many events it took over. An error says why it
// stopped; what was taken over stays so.
//
// If we stop after the Central System has answered and before the marks here are
// on the disk, the next start tells the same events again, and the Central System
// recognises them by their keys: each is in the register once.
func (n *Interface) Replay(ctx context.Context) (int, error) {
	n.turn.Lock()
	defer n.turn.Unlock()
	total := 0
	for {
		batch, more, err := n.front(ctx)
		if err != nil {
			return total, err
		}
		if len(batch) == 0 {
			if more {
				continue // all that was read is damaged, and marked so
			}
			return total, nil
		}
		done, err := n.tell(ctx, batch)
		total += done
		var down *errLine
		switch {
		case errors.As(err, &down):
			n.setLine(false, err)
			return total, err
		case err != nil:
			return total, err
		}
		n.setLine(true, nil)
		if done == 0 {
			return total, &errLine{"the Central System took none of the events: it has no room or time now"}
		}
	}
}

// front reads the oldest events. One that cannot be opened is marked and left: it
// must not hold back the others. more says that something was read.
func (n *Interface) front(ctx context.Context) (batch []queued, more bool, err error) {
	err = n.o.Store.Read(ctx, func(tx *db.Tx) error {
		batch = nil
		rows, err := tx.Query(`SELECT key, body FROM nui_event WHERE state = 'waiting' ORDER BY event_at, key LIMIT $1`, batchSize)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var q queued
			if err := rows.Scan(&q.key, &q.sealed); err != nil {
				return err
			}
			batch = append(batch, q)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, false, err
	}
	more = len(batch) > 0
	var whole []queued
	var damaged []outcome
	for _, q := range batch {
		if q.text, err = n.seal.open(q.sealed, q.key); err != nil {
			damaged = append(damaged, outcome{Key: q.key, Outcome: "damaged"})
			n.o.Log.Error("an event that was kept cannot be opened: it stays as it is", "key", q.key)
			continue
		}
		whole = append(whole, q)
	}
	if len(damaged) > 0 {
		if _, err := n.mark(ctx, damaged, nil); err != nil {
			return nil, false, err
		}
	}
	return whole, more, nil
}

// tell sends a batch and marks what became of it. A batch that cannot be read as a
// whole is told event by event, so that one bad event holds back no other.
func (n *Interface) tell(ctx context.Context, batch []queued) (int, error) {
	events := make([]json.RawMessage, len(batch))
	for i, q := range batch {
		events[i] = q.text
	}
	var answer struct {
		Results []outcome `json:"results"`
	}
	status, problem, err := n.ask(ctx, "/api/ees/v1/backfills", map[string]any{"events": events}, &answer)
	switch {
	case err != nil:
		return 0, err
	case status == http.StatusOK:
		return n.mark(ctx, answer.Results, batch)
	case len(batch) == 1:
		return n.mark(ctx, []outcome{{Key: batch[0].key, Outcome: "refused", Problem: problem}}, batch)
	}
	total := 0
	for _, q := range batch {
		done, err := n.tell(ctx, []queued{q})
		total += done
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// ask posts to the Central System. It returns the status when the request itself
// was found wanting (400, 413, 415, 422), with the reason; everything else that is
// no answer is a line that is down.
func (n *Interface) ask(ctx context.Context, path string, question, answer any) (int, *law.Reason, error) {
	body, err := json.Marshal(question)
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.o.Central+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if n.o.Token != "" {
		req.Header.Set("Authorization", "Bearer "+n.o.Token)
	}
	res, err := n.o.Client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return 0, nil, ctx.Err()
		}
		return 0, nil, &errLine{"no connection to the Central System: " + err.Error()}
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return 0, nil, &errLine{"the answer of the Central System broke off: " + err.Error()}
	}
	switch res.StatusCode {
	case http.StatusOK:
		if err := json.Unmarshal(raw, answer); err != nil {
			return 0, nil, &errLine{"the answer of the Central System cannot be read"}
		}
		return res.StatusCode, nil, nil
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		var p struct {
			Code    law.Code     `json:"code"`
			Article law.Citation `json:"article"`
			Detail  string       `json:"detail"`
		}
		_ = json.Unmarshal(raw, &p) // a problem without a code has its status
		if p.Code == "" {
			p.Code = law.Code(fmt.Sprintf("status_%d", res.StatusCode))
		}
		return res.StatusCode, &law.Reason{Code: p.Code, Cite: p.Article, Message: p.Detail}, nil
	}
	return 0, nil, &errLine{fmt.Sprintf("the Central System answered %d", res.StatusCode)}
}

// notKept are the reasons for which nothing may be kept of an event: it concerns
// nobody of whom the Regulation speaks.
var notKept = map[law.Code]bool{"exempt_person": true, "not_a_third_country_national": true}

// mark notes what became of events, and keeps the state's copies. It makes room
// rather than takes it, so it goes on when the store is full. It returns how many
// events it took over.
func (n *Interface) mark(ctx context.Context, results []outcome, batch []queued) (int, error) {
	texts := map[string][]byte{}
	for _, q := range batch {
		texts[q.key] = q.text
	}
	done := 0
	err := n.o.Store.Reclaim(ctx, func(tx *db.Tx) error {
		done = 0
		for _, r := range results {
			state := r.Outcome
			switch r.Outcome {
			case "recorded", "already_recorded":
				state = "recorded"
			case "second_line", "refused", "damaged":
			default: // later, or a word of a newer Central System
				tx.Later(`UPDATE nui_event SET tries = tries + 1 WHERE key = $1 AND state = 'waiting'`, r.Key)
				continue
			}
			var code law.Code
			if r.Problem != nil {
				code = r.Problem.Code
			}
			statement := `UPDATE nui_event SET state = $1, code = $2, settled_at = $3, tries = tries + 1, body = NULL WHERE key = $4 AND state = 'waiting'`
			if state == "damaged" || state == "refused" && !notKept[code] {
				statement = `UPDATE nui_event SET state = $1, code = $2, settled_at = $3, tries = tries + 1 WHERE key = $4 AND state = 'waiting'`
			}
			count, err := tx.Exec(statement, state, string(code), tx.Now().UnixMicro(), r.Key)
			if err != nil {
				return err
			}
			done += int(count)
			if n.o.Copies && state == "recorded" && r.KeptUntil != nil && texts[r.Key] != nil {
				if err := n.copy(tx, r, texts[r.Key]); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	n.waiting.Add(-int64(done))
	return done, nil
}

// Run tells and erases until ctx ends: what comes in is told at once while the
// line is up, and a line that is down is tried again after a pause that doubles.
func (n *Interface) Run(ctx context.Context) {
	pause := n.o.FirstPause
	housekeeping := time.NewTicker(time.Hour)
	defer housekeeping.Stop()
	n.keepHouse(ctx)
	for {
		_, err := n.Replay(ctx)
		if ctx.Err() != nil {
			return
		}
		wait := n.o.LongestPause
		wake := n.wake
		if err != nil {
			n.o.Log.Info("events wait", "waiting", n.waiting.Load(), "error", err)
			// Full jitter, so that all interfaces do not come back at one moment.
			wait = pause/2 + time.Duration(rand.Int64N(int64(pause)/2+1))
			pause = min(2*pause, n.o.LongestPause)
			wake = nil // what comes in meanwhile does not hurry a line that is down
		} else {
			pause = n.o.FirstPause
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-wake:
		case <-housekeeping.C:
			n.keepHouse(ctx)
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

func (n *Interface) keepHouse(ctx context.Context) {
	if _, err := n.Purge(ctx); err != nil && ctx.Err() == nil {
		n.o.Log.Error("copies could not be erased", "error", err)
	}
	if err := n.forgetAccesses(ctx); err != nil && ctx.Err() == nil {
		n.o.Log.Error("old notes of accesses could not be erased", "error", err)
	}
}
