package ees

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
)

// BackfillOpen is an event of an outage that waits for somebody.
type BackfillOpen struct {
	Key        string        `json:"key"`
	Event      BackfillEvent `json:"event" doc:"As it was told."`
	Why        law.Reason    `json:"why"`
	ReceivedAt time.Time     `json:"received_at"`
}

// BackfillWork is a page of the work list.
type BackfillWork struct {
	Open []BackfillOpen `json:"open" nullable:"false" doc:"The earliest event first, at most 100."`
	More bool           `json:"more" doc:"There are more: settle these, then read again."`
}

// ListBackfill reads what of the caller's state waits for second line.
func (r *Register) ListBackfill(p access.Pass) (BackfillWork, error) {
	tx, err := p.Tx()
	if err != nil {
		return BackfillWork{}, err
	}
	work := BackfillWork{Open: []BackfillOpen{}}
	rows, err := tx.Query(`SELECT event, received_at, code, cite, message, body FROM ees_backfill_open
		WHERE state = $1 ORDER BY event_at, event LIMIT 101`, p.Principal().Authority.State)
	if err != nil {
		return BackfillWork{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var o BackfillOpen
		var received int64
		var code, cite, body string
		if err := rows.Scan(&o.Key, &received, &code, &cite, &o.Why.Message, &body); err != nil {
			return BackfillWork{}, err
		}
		if len(work.Open) == 100 {
			work.More = true
			break
		}
		o.Why.Code, o.Why.Cite, o.ReceivedAt = law.Code(code), law.Citation(cite), time.UnixMicro(received).UTC()
		if err := json.Unmarshal([]byte(body), &o.Event); err != nil {
			return BackfillWork{}, err
		}
		work.Open = append(work.Open, o)
	}
	if err := rows.Err(); err != nil {
		return BackfillWork{}, err
	}
	return work, p.Send(access.IdentityData, access.DocumentData)
}

// SettleRequest is what second line decides of an event.
type SettleRequest struct {
	Key     string         `json:"-"`
	Action  string         `json:"action" enum:"record,discard" doc:"Record it, or find that nothing is to be recorded."`
	File    string         `json:"file,omitempty" maxLength:"40" doc:"To record it: the reference of the traveller's file, or new, where other files may be the traveller's."`
	Event   *BackfillEvent `json:"event,omitempty" doc:"The event corrected, where a field could not be read. Its key stays."`
	Despite string         `json:"despite,omitempty" maxLength:"500" doc:"Why the traveller was admitted, where the findings speak against it."`
	Why     string         `json:"why,omitempty" maxLength:"500" doc:"To discard it: why."`
}

// SettleBackfill settles an event that waited for somebody. It is recorded once,
// or never: its key is remembered either way, and what was written down of it is
// erased.
func (r *Register) SettleBackfill(p access.Pass, req SettleRequest) (BackfillResult, error) {
	tx, err := p.Tx()
	if err != nil {
		return BackfillResult{}, err
	}
	state := p.Principal().Authority.State
	var body, digest string
	err = tx.Row(`SELECT body, digest FROM ees_backfill_open WHERE state = $1 AND event = $2`, state, req.Key).Scan(&body, &digest)
	if errors.Is(err, db.ErrNoRows) {
		return BackfillResult{}, law.Refuse(law.NotFound, "no_such_event", "2017/2226 art 21(1)", "No event with this key waits. Read the list again: somebody may have settled it.")
	}
	if err != nil {
		return BackfillResult{}, err
	}
	// Whoever settles at the same time waits for this row, and then finds it gone.
	n, err := tx.Exec(`DELETE FROM ees_backfill_open WHERE state = $1 AND event = $2`, state, req.Key)
	if err != nil {
		return BackfillResult{}, err
	}
	if n != 1 {
		return BackfillResult{}, law.Refuse(law.Conflict, "event_settled", "2017/2226 art 21(1)", "Somebody has settled this event meanwhile.")
	}
	switch req.Action {
	case "discard":
		if len(strings.TrimSpace(req.Why)) < shortestWhy {
			return BackfillResult{}, law.BadField("why", "reason_missing", "2017/2226 art 21(1)", "Say why nothing is to be recorded: an event that is left out may turn a stay into an overstay.")
		}
		tx.Later(`INSERT INTO ees_backfill (state, event, at, kind, ref, n, officer, findings, digest) VALUES ($1, $2, $3, 'discarded', '', 0, $4, $5, $6)`,
			state, req.Key, tx.Now().UnixMicro(), string(p.Principal().Officer), strings.TrimSpace(req.Why), digest)
		return BackfillResult{Key: req.Key, Outcome: NotRecorded}, nil
	case "record":
	default:
		return BackfillResult{}, law.BadField("action", "unknown_action", "2017/2226 art 21(1)", "Say record or discard.")
	}
	var e BackfillEvent
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		return BackfillResult{}, err
	}
	if req.Event != nil {
		e = *req.Event
	}
	e.Key = req.Key
	if req.Despite != "" {
		e.Despite = req.Despite
	}
	return r.tell(p, tx, e, digest, req.File, true)
}
