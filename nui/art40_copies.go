package nui

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"limen/db"
	"limen/law"
)

// copy keeps the state's own copy of what it entered: alphanumeric data alone, and
// no longer than the Central System keeps the record (art 40, EES-064). Every
// event of a record goes when the record goes.
func (n *Interface) copy(tx *db.Tx, r outcome, text []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return err
	}
	delete(members, "biometrics")
	alphanumeric, err := json.Marshal(members)
	if err != nil {
		return err
	}
	sealed, err := n.seal.close(alphanumeric, "copy:"+r.Key)
	if err != nil {
		return err
	}
	tx.Later(`INSERT INTO nui_copy (record, key, kept_until, confirmed_at, body) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (record, key) DO UPDATE SET kept_until = excluded.kept_until, confirmed_at = excluded.confirmed_at`,
		r.Record, r.Key, *r.KeptUntil, tx.Now().UnixMicro(), sealed)
	tx.Later(`UPDATE nui_copy SET kept_until = $1, confirmed_at = $2 WHERE record = $3`, *r.KeptUntil, tx.Now().UnixMicro(), r.Record)
	return nil
}

const (
	purgeStep    = 500
	confirmEvery = 24 * time.Hour      // how often the Central System is asked about each copy
	settledLife  = 30 * 24 * time.Hour // how long a taken-over event's key is remembered
)

// Purge asks the Central System about the copies, and erases those that have to
// go: whose last day is over, whose record has gone, and about which nobody could
// ask for too long. It goes in steps and may stop anywhere. It returns how many
// copies it erased.
func (n *Interface) Purge(ctx context.Context) (int, error) {
	total := 0
	// What is over by what is known goes first: no line is needed for that.
	erased, err := n.purgeOver(ctx)
	total += erased
	if err != nil {
		return total, err
	}
	gone, asked := n.confirm(ctx)
	total += gone
	var down *errLine
	if asked != nil && !errors.As(asked, &down) {
		return total, asked
	}
	erased, err = n.purgeOver(ctx)
	return total + erased, err
}

// purgeOver erases in steps what has to go by what is known here.
func (n *Interface) purgeOver(ctx context.Context) (int, error) {
	total := 0
	for {
		count := 0
		err := n.o.Store.Reclaim(ctx, func(tx *db.Tx) error {
			now := tx.Now()
			today := law.DateIn(now, time.UTC)
			stale, err := copyConfirmed.On(today)
			if err != nil {
				return err
			}
			copies, err := tx.Exec(`DELETE FROM nui_copy WHERE (record, key) IN (SELECT record, key FROM nui_copy WHERE kept_until < $1 OR confirmed_at < $2 LIMIT $3)`,
				today, now.Add(-stale).UnixMicro(), purgeStep)
			if err != nil {
				return err
			}
			// The keys of what was taken over long ago; what was refused stays until
			// somebody has looked at it.
			if _, err := tx.Exec(`DELETE FROM nui_event WHERE key IN (SELECT key FROM nui_event WHERE settled_at < $1 AND state IN ('recorded', 'second_line') LIMIT $2)`,
				now.Add(-settledLife).UnixMicro(), purgeStep); err != nil {
				return err
			}
			count = int(copies)
			return nil
		})
		total += count
		if err != nil || count < purgeStep {
			return total, err
		}
	}
}

// confirm asks about the copies that were not asked about for a day.
func (n *Interface) confirm(ctx context.Context) (int, error) {
	gone := 0
	for {
		var records []string
		err := n.o.Store.Read(ctx, func(tx *db.Tx) error {
			records = nil
			rows, err := tx.Query(`SELECT DISTINCT record FROM nui_copy WHERE confirmed_at < $1 ORDER BY record LIMIT $2`, tx.Now().Add(-confirmEvery).UnixMicro(), purgeStep)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var record string
				if err := rows.Scan(&record); err != nil {
					return err
				}
				records = append(records, record)
			}
			return rows.Err()
		})
		if err != nil || len(records) == 0 {
			return gone, err
		}
		var answer struct {
			Records []struct {
				Record    string    `json:"record"`
				KeptUntil *law.Date `json:"kept_until"`
			} `json:"records"`
		}
		status, problem, err := n.ask(ctx, "/api/ees/v1/kept", map[string]any{"records": records}, &answer)
		if err == nil && (status != http.StatusOK || len(answer.Records) != len(records)) {
			err = &errLine{"the Central System does not say until when it keeps records"}
			if problem != nil {
				err = &errLine{problem.Message}
			}
		}
		if err != nil {
			return gone, err
		}
		count := 0
		err = n.o.Store.Reclaim(ctx, func(tx *db.Tx) error {
			count = 0
			for i, r := range answer.Records {
				if r.Record != records[i] {
					return &errLine{"the Central System answers about other records"}
				}
				if r.KeptUntil == nil {
					erased, err := tx.Exec(`DELETE FROM nui_copy WHERE record = $1`, r.Record)
					if err != nil {
						return err
					}
					count += int(erased)
					continue
				}
				tx.Later(`UPDATE nui_copy SET kept_until = $1, confirmed_at = $2 WHERE record = $3`, *r.KeptUntil, tx.Now().UnixMicro(), r.Record)
			}
			return nil
		})
		gone += count
		if err != nil {
			return gone, err
		}
	}
}
