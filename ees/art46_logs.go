package ees

import (
	"context"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/ledger"
	"limen/person"
)

// LogHold says that a monitoring procedure needs the log entries about a file,
// which therefore stay although their time is over (art 46(4)).
type LogHold struct {
	File      FileRef `json:"file" minLength:"1" maxLength:"40" doc:"Individual reference number that the log entries name; the file itself may be gone."`
	Procedure string  `json:"procedure" minLength:"1" maxLength:"64" doc:"Reference of the monitoring procedure."`
}

// LogHoldView is a hold as it stands.
type LogHoldView struct {
	LogHold
	Since     time.Time `json:"since" format:"date-time"`
	Authority string    `json:"authority" doc:"The supervisor that holds the entries."`
}

// LogHoldList is every hold there is, up to a thousand.
type LogHoldList struct {
	Holds []LogHoldView `json:"holds" nullable:"false"`
}

func (h LogHold) check() error {
	if h.File == "" || len(h.File) > 40 {
		return law.BadField("file", "file_missing", "2017/2226 art 46(4)", "Give the reference of the file whose log entries are meant.")
	}
	if h.Procedure == "" || len(h.Procedure) > 64 {
		return law.BadField("procedure", "procedure_missing", "2017/2226 art 46(4)", "Give the reference of the monitoring procedure, up to 64 characters.")
	}
	return nil
}

// HoldLogs keeps the log entries about a file while a monitoring procedure that
// has begun needs them (art 46(4)). Holding twice is holding once.
func (r *Register) HoldLogs(p access.Pass, h LogHold) (LogHoldView, error) {
	tx, err := p.Tx()
	if err != nil {
		return LogHoldView{}, err
	}
	if err := h.check(); err != nil {
		return LogHoldView{}, err
	}
	if err := p.Search(access.ByReference, string(h.File)); err != nil {
		return LogHoldView{}, err
	}
	p.Subject(string(h.File))
	v := LogHoldView{LogHold: h, Since: tx.Now(), Authority: p.Principal().Authority.Name}
	_, err = tx.Exec(`INSERT INTO ees_log_hold (ref, procedure, since, authority) VALUES ($1, $2, $3, $4) ON CONFLICT (ref, procedure) DO NOTHING`,
		string(h.File), h.Procedure, tx.Now().UnixMicro(), v.Authority)
	return v, err
}

// ReleaseLogs ends a hold. What was due meanwhile goes at the next turn of the
// duty. A hold that is not there is no_such_hold.
func (r *Register) ReleaseLogs(p access.Pass, h LogHold) (LogHold, error) {
	tx, err := p.Tx()
	if err != nil {
		return LogHold{}, err
	}
	if err := h.check(); err != nil {
		return LogHold{}, err
	}
	if err := p.Search(access.ByReference, string(h.File)); err != nil {
		return LogHold{}, err
	}
	p.Subject(string(h.File))
	n, err := tx.Exec(`DELETE FROM ees_log_hold WHERE ref = $1 AND procedure = $2`, string(h.File), h.Procedure)
	if err == nil && n == 0 {
		err = law.Refuse(law.NotFound, "no_such_hold", "2017/2226 art 46(4)", "No procedure of this reference holds the log entries about this file. Read the list of holds.")
	}
	return h, err
}

// ListLogHolds reads the holds there are, the oldest first.
func (r *Register) ListLogHolds(p access.Pass) (LogHoldList, error) {
	tx, err := p.Tx()
	if err != nil {
		return LogHoldList{}, err
	}
	rows, err := tx.Query(`SELECT ref, procedure, since, authority FROM ees_log_hold ORDER BY since, ref, procedure LIMIT 1000`)
	if err != nil {
		return LogHoldList{}, err
	}
	defer rows.Close()
	list := LogHoldList{Holds: []LogHoldView{}}
	for rows.Next() {
		var v LogHoldView
		var ref string
		var since int64
		if err := rows.Scan(&ref, &v.Procedure, &since, &v.Authority); err != nil {
			return list, err
		}
		v.File, v.Since = FileRef(ref), time.UnixMicro(since).UTC()
		p.Subject(ref)
		list.Holds = append(list.Holds, v)
	}
	if err := rows.Err(); err != nil {
		return list, err
	}
	return list, p.Send(access.LogEntries)
}

// EraseLogs erases the log entries about files that are gone, one year after the
// files went (art 46(4), EES-063), unless a monitoring procedure holds them. An
// entry about several persons goes when the last of them is due. What is left of
// an entry is its place in the log's tree, so the log verifies as before; what is
// left of the file is nothing.
//
// If we stop anywhere, the next start goes on with the files that still have a
// note. It returns how many files' entries are gone.
func (r *Register) EraseLogs(ctx context.Context, door *access.Door, log *ledger.Log, progress func(total int)) (int, error) {
	return access.Steps(ctx, door, access.Request{Principal: access.DutyPrincipal("logs"), Op: OpEraseLogs},
		func(p access.Pass) (int, error) { return eraseLogsOfSome(p, log) }, progress)
}

// Bounds of one step: files looked at, entries erased.
const (
	filesPerLogStep   = 64
	entriesPerLogStep = 300
)

func eraseLogsOfSome(p access.Pass, log *ledger.Log) (int, error) {
	tx, err := p.Tx()
	if err != nil {
		return 0, err
	}
	e := logEraser{tx: tx, log: log, today: law.DateIn(tx.Now(), person.WesternmostZone()), due: map[string]bool{}, seen: map[string]bool{}}
	refs, err := e.ended()
	if err != nil || len(refs) == 0 {
		return 0, err
	}
	var whole []string
	for _, ref := range refs {
		all, err := e.collect(ref)
		if err != nil {
			return 0, err
		}
		if all {
			whole = append(whole, ref)
		}
		if !all || p.StepOver() {
			break
		}
	}
	out := ledger.Erased{}
	if len(e.ids) > 0 {
		out, err = log.Erase(tx, ledger.Erasure{IDs: e.ids, Intact: true, By: ledger.Entry{System: "ees", Operation: string(OpEraseLogs), Grant: "2017/2226 art 46(4)",
			Purpose: string(access.DataErasure), Officer: string(p.Principal().Officer), Authority: p.Principal().Authority.Name,
			AuthorityKind: string(p.Principal().Authority.Kind), State: p.Principal().Authority.State, Channel: p.Principal().Channel}})
		if err != nil {
			return 0, err
		}
	}
	for _, ref := range whole {
		if out.Pending+out.Damaged > 0 {
			// Some entry is not sealed yet, or is not what was logged and stays as
			// evidence: we look again tomorrow.
			tx.Later(`UPDATE ees_ended SET logs_due_on = $1 WHERE ref = $2`, e.today+1, ref)
			continue
		}
		tx.Later(`DELETE FROM ees_ended WHERE ref = $1`, ref)
	}
	return max(len(whole), min(1, out.Entries)), nil
}

// logEraser gathers the entries that one step erases.
type logEraser struct {
	tx    *db.Tx
	log   *ledger.Log
	today law.Date
	due   map[string]bool // by reference: nothing keeps its entries any more
	seen  map[string]bool // entries in ids
	ids   []string
}

// ended lists files whose entries are due and not held, the longest due first.
func (e *logEraser) ended() ([]string, error) {
	rows, err := e.tx.Query(`SELECT ref FROM ees_ended
		WHERE logs_due_on <= $1 AND NOT EXISTS (SELECT 1 FROM ees_log_hold h WHERE h.ref = ees_ended.ref)
		ORDER BY logs_due_on, ref LIMIT $2`, e.today, filesPerLogStep)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var refs []string
	for rows.Next() {
		var ref string
		if err := rows.Scan(&ref); err != nil {
			return nil, err
		}
		refs, e.due[ref] = append(refs, ref), true
	}
	return refs, rows.Err()
}

// collect adds the entries about one file that are due, and tells whether it came
// to the end of them.
func (e *logEraser) collect(ref string) (all bool, err error) {
	for after := ""; ; {
		page, err := e.log.Entries(e.tx, ledger.Filter{Subject: ref, After: after, Limit: 100})
		if err != nil {
			return false, err
		}
		for _, r := range page.Records {
			if len(e.ids) >= entriesPerLogStep {
				return false, nil
			}
			ok, err := e.lastOfAll(r)
			if err != nil {
				return false, err
			}
			if ok && !e.seen[r.ID] {
				e.seen[r.ID] = true
				e.ids = append(e.ids, r.ID)
			}
		}
		if after = page.Next; after == "" {
			return true, nil
		}
	}
}

// lastOfAll tells whether every person that an entry is about is due.
func (e *logEraser) lastOfAll(r ledger.Record) (bool, error) {
	for _, s := range r.Entry.Subjects {
		due, known := e.due[s]
		if !known {
			var err error
			if due, err = e.isDue(s); err != nil {
				return false, err
			}
			e.due[s] = due
		}
		if !due {
			return false, nil
		}
	}
	return true, nil
}

// isDue tells whether nothing keeps the entries about a file: it is gone, its
// year is over, and no procedure holds them.
func (e *logEraser) isDue(ref string) (bool, error) {
	var keeps int
	err := e.tx.Row(`SELECT (SELECT count(*) FROM ees_file WHERE ref = $1) + (SELECT count(*) FROM ees_log_hold WHERE ref = $1)
		+ (SELECT count(*) FROM ees_by_merged WHERE merged = $1)
		+ (SELECT count(*) FROM ees_ended WHERE ref = $1 AND logs_due_on > $2)`, ref, e.today).Scan(&keeps)
	return keeps == 0, err
}
