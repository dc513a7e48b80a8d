package ees

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// leRequest is a row of ees_le_request.
type leRequest struct {
	State       person.State
	ID          string
	Version     int64
	Status      RequestStatus
	Purpose     access.Purpose
	Offence     string
	SearchedBy  string // kinds of keys, with spaces between
	Urgent      bool
	Waived      string // "", "urgency", "futile"
	Unit        string
	SubmittedAt time.Time
	SubmittedOn law.Date
	AnsweredAt  time.Time
	Hits        int
	Restricted  int // files that agree and are withheld, as their processing is restricted
	VerifyBy    law.Date
	VerifiedAt  time.Time
	Justified   *bool
	AccessPoint string
	Note        string
	FileNumber  string
	SubmittedBy string
	Body        *ReasonedRequest // nil once erased; its Search is empty once that is erased
	CaseWhy     string
	KeepUntil   law.Date
	ErasedOn    law.Date
}

const requestColumns = `state, id, version, status, purpose, offence, searched_by, urgent, waived, unit, submitted_at, submitted_on, ` +
	`answered_at, hits, restricted, verify_by, verified_at, justified, access_point, note, file_number, submitted_by, grounds, search, case_why, keep_until, erased_on`

var insertRequestRow = `INSERT INTO ees_le_request (` + requestColumns + `) VALUES (` + marks(requestColumns) + `)`

func (q *leRequest) values() ([]any, error) {
	var grounds, search, justified any
	if q.Body != nil {
		body := *q.Body
		body.Search = LawEnforcementSearch{}
		var err error
		if grounds, err = column(body, true); err != nil {
			return nil, err
		}
		if search, err = column(q.Body.Search, !q.Body.Search.empty()); err != nil {
			return nil, err
		}
	}
	if q.Justified != nil {
		justified = *q.Justified
	}
	var hits any
	if !q.AnsweredAt.IsZero() {
		hits = q.Hits
	}
	return []any{string(q.State), q.ID, q.Version, string(q.Status), string(q.Purpose), q.Offence, q.SearchedBy, q.Urgent, q.Waived, q.Unit,
		q.SubmittedAt.UnixMicro(), q.SubmittedOn, micros(q.AnsweredAt), hits, q.Restricted, q.VerifyBy, micros(q.VerifiedAt), justified,
		nullable(q.AccessPoint), nullable(q.Note), nullable(q.FileNumber), nullable(q.SubmittedBy), grounds, search, nullable(q.CaseWhy), q.KeepUntil, q.ErasedOn}, nil
}

func (q *leRequest) insert(tx *db.Tx) error {
	values, err := q.values()
	if err != nil {
		return err
	}
	_, err = tx.Exec(insertRequestRow, values...)
	return err
}

// save writes the request's next version. Whoever decided on it meanwhile makes
// this a conflict.
func (q *leRequest) save(tx *db.Tx) error {
	seen := q.Version
	q.Version++
	values, err := q.values()
	if err != nil {
		return err
	}
	n, err := tx.Exec(updateRequestRow, append(values, seen)...)
	if err == nil && n != 1 {
		err = requestChanged(seen, 0)
	}
	return err
}

// updateRequestRow takes the version seen behind the columns.
var updateRequestRow = `UPDATE ees_le_request SET ` + settings(requestColumns, 2) + ` WHERE state = $1 AND id = $2 AND version = $` +
	strconv.Itoa(strings.Count(requestColumns, ",")+2)

func scanRequest(rows *db.Rows) (*leRequest, error) {
	q := new(leRequest)
	var state, status, purpose string
	var submitted int64
	var answered, hits, verified *int64
	var accessPoint, note, number, by, grounds, search, why *string
	if err := rows.Scan(&state, &q.ID, &q.Version, &status, &purpose, &q.Offence, &q.SearchedBy, &q.Urgent, &q.Waived, &q.Unit, &submitted, &q.SubmittedOn,
		&answered, &hits, &q.Restricted, &q.VerifyBy, &verified, &q.Justified, &accessPoint, &note, &number, &by, &grounds, &search, &why, &q.KeepUntil, &q.ErasedOn); err != nil {
		return nil, err
	}
	q.State, q.Status, q.Purpose = person.State(state), RequestStatus(status), access.Purpose(purpose)
	q.SubmittedAt, q.AnsweredAt, q.VerifiedAt = time.UnixMicro(submitted).UTC(), instant(answered), instant(verified)
	if hits != nil {
		q.Hits = int(*hits)
	}
	q.AccessPoint, q.Note, q.FileNumber, q.SubmittedBy, q.CaseWhy = text(accessPoint), text(note), text(number), text(by), text(why)
	if grounds != nil {
		q.Body = new(ReasonedRequest)
		if err := json.Unmarshal([]byte(*grounds), q.Body); err != nil {
			return nil, fmt.Errorf("ees: request %s: %w", q.ID, err)
		}
		if err := unmarshal(search, &q.Body.Search); err != nil {
			return nil, fmt.Errorf("ees: request %s: %w", q.ID, err)
		}
	}
	return q, nil
}

func readRequests(tx *db.Tx, query string, args ...any) ([]*leRequest, error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []*leRequest
	for rows.Next() {
		q, err := scanRequest(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, q)
	}
	return list, rows.Err()
}

// openRequest finds a request for the office at the door. A unit sees its own,
// an access point those of its state (or of Europol); of all others the answer
// is that there is none. version is what the caller last saw; 0 asks for no
// check.
func (r *Register) openRequest(p access.Pass, id string, version int64) (*leRequest, office, *db.Tx, error) {
	o, tx, err := listedOffice(p)
	if err != nil {
		return nil, o, nil, err
	}
	list, err := readRequests(tx, `SELECT `+requestColumns+` FROM ees_le_request WHERE state = $1 AND id = $2`, string(o.state), id)
	if err != nil {
		return nil, o, nil, err
	}
	if len(list) == 0 || list[0].Purpose != p.Purpose() || o.asks() && list[0].Unit != o.name {
		return nil, o, nil, law.Refuse(law.NotFound, "no_such_request", "2017/2226 art 31(1)",
			"There is no such request for this purpose with your office. Look at the list of requests.")
	}
	q := list[0]
	p.Belongs(q.FileNumber)
	if version != 0 && version != q.Version {
		return nil, o, nil, requestChanged(version, q.Version)
	}
	return q, o, tx, nil
}

func requestChanged(seen, now int64) error {
	return law.Refuse(law.Conflict, "request_changed", "2017/2226 art 31(1)",
		"The request has changed since you read it: somebody else has dealt with it. Read it again and decide on what it says now.",
		"seen", strconv.FormatInt(seen, 10), "now", strconv.FormatInt(now, 10))
}

var errErased = errors.New("ees: request without its grounds")

// receipt is what a write answers of the request.
func (q *leRequest) receipt(now time.Time) (RequestReceipt, error) {
	v := RequestReceipt{RequestID: q.ID, Version: q.Version, Status: q.Status, Urgent: q.Urgent, Conditions: []ConditionView{}, Restricted: q.Restricted, VerifyBy: q.VerifyBy, KeepUntil: q.KeepUntil}
	if !q.AnsweredAt.IsZero() {
		hits := q.Hits
		v.Hits = &hits
	}
	if q.Body == nil {
		return v, nil
	}
	var err error
	v.Conditions, err = q.conditions(q.judgedAt(now))
	return v, err
}

// judgedAt is the moment at which the conditions had to be met: that of the
// search, or now while none was made.
func (q *leRequest) judgedAt(now time.Time) time.Time {
	if !q.AnsweredAt.IsZero() {
		return q.AnsweredAt
	}
	return now
}
