package ees

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
)

// RequestLine is one request in a list. It tells of the work to be done and of
// no traveller.
type RequestLine struct {
	RequestID   string         `json:"request_id"`
	Version     int64          `json:"version"`
	Status      RequestStatus  `json:"status" enum:"waiting,approved,refused,answered,to_verify,unjustified"`
	Purpose     access.Purpose `json:"purpose"`
	Offence     OffenceRow     `json:"offence"`
	SearchedBy  []string       `json:"searched_by" nullable:"false" doc:"Kinds of data to search with; latent beside fingerprints that were left at a scene."`
	Urgent      bool           `json:"urgent"`
	Unit        string         `json:"unit"`
	FileNumber  string         `json:"national_file_number,omitempty"`
	SubmittedAt time.Time      `json:"submitted_at"`
	AnsweredAt  *time.Time     `json:"answered_at,omitempty"`
	Hits        *int           `json:"hits,omitempty"`
	VerifyBy    law.Date       `json:"verify_by,omitempty" format:"date" doc:"Last day of the verification afterwards."`
	Overdue     bool           `json:"overdue,omitempty" doc:"That day has passed."`
	Unconfirmed []string       `json:"erasure_unconfirmed,omitempty" nullable:"false" doc:"Offices that received data without justification and have not confirmed their erasure."`
	KeepUntil   law.Date       `json:"keep_until,omitempty" format:"date"`
	ErasedOn    law.Date       `json:"erased_on,omitempty" format:"date"`
}

// RequestView is a request with its grounds, for who decides on it and for who
// submitted it.
type RequestView struct {
	RequestLine
	SubmittedBy string           `json:"submitted_by,omitempty"`
	Decision    string           `json:"decision_reasons,omitempty"`
	Justified   *bool            `json:"justified,omitempty" doc:"Verdict of the verification afterwards."`
	CaseWhy     string           `json:"kept_for_case,omitempty" doc:"Why an ongoing case needs the data."`
	Conditions  []ConditionView  `json:"conditions" nullable:"false"`
	Request     *ReasonedRequest `json:"request" doc:"null once erased (2017/2226 art 58(5))."`
}

// RequestQuery is one page of requests asked for.
type RequestQuery struct {
	Open  bool // only those that something is to be done about
	After string
	Limit int // 1..200
}

// RequestList is a page of requests: the oldest first.
type RequestList struct {
	On       law.Date      `json:"on" format:"date"`
	Requests []RequestLine `json:"requests" nullable:"false"`
	Next     string        `json:"next,omitempty" doc:"Give this as 'after' to read on; absent on the last page."`
}

type requestCursor struct {
	At int64  `json:"t"`
	ID string `json:"i"`
}

// ListRequests lists the requests of the office's state, or its own where it is
// a unit: those that wait, with their due days, or all (art 31(1), (2)).
func (r *Register) ListRequests(p access.Pass, q RequestQuery) (RequestList, error) {
	if q.Limit < 1 || q.Limit > 200 {
		if _, err := p.Tx(); err != nil {
			return RequestList{}, err
		}
		return RequestList{}, law.BadField("limit", "page_size", "2017/2226 art 31(1)", "Ask for 1 to 200 requests at a time.")
	}
	o, tx, err := listedOffice(p)
	if err != nil {
		return RequestList{}, err
	}
	var from requestCursor
	if q.After != "" {
		b, err := base64.RawURLEncoding.DecodeString(q.After)
		if err != nil || json.Unmarshal(b, &from) != nil || from.ID == "" {
			return RequestList{}, law.BadField("after", "unknown_page", "2017/2226 art 31(1)", "Use the value of 'next' from the page before.")
		}
	}
	where, args := `state = $1 AND purpose = $2 AND (submitted_at, id) > ($3, $4)`, []any{string(o.state), string(p.Purpose()), from.At, from.ID, q.Limit + 1}
	if q.Open {
		where += ` AND (status IN ('waiting', 'approved', 'to_verify') AND erased_on IS NULL OR status = 'unjustified' AND EXISTS (SELECT 1 FROM ees_le_recipient c
			WHERE c.state = ees_le_request.state AND c.id = ees_le_request.id AND c.erased_at IS NULL))`
	}
	if o.asks() {
		where, args = where+` AND unit = $6`, append(args, o.name)
	}
	found, err := readRequests(tx, `SELECT `+requestColumns+` FROM ees_le_request WHERE `+where+` ORDER BY submitted_at, id LIMIT $5`, args...)
	if err != nil {
		return RequestList{}, err
	}
	list := RequestList{On: o.day, Requests: []RequestLine{}}
	for i, row := range found {
		if i == q.Limit {
			last := found[i-1]
			b, err := json.Marshal(requestCursor{last.SubmittedAt.UnixMicro(), last.ID})
			if err != nil {
				return RequestList{}, err
			}
			list.Next = base64.RawURLEncoding.EncodeToString(b)
			break
		}
		line, err := row.line(tx, o.day)
		if err != nil {
			return RequestList{}, err
		}
		list.Requests = append(list.Requests, line)
	}
	return list, nil
}

// ReadRequest reads one request with its conditions as they stand.
func (r *Register) ReadRequest(p access.Pass, id string) (RequestView, error) {
	q, o, tx, err := r.openRequest(p, id, 0)
	if err != nil {
		return RequestView{}, err
	}
	q.tell(p)
	line, err := q.line(tx, o.day)
	if err != nil {
		return RequestView{}, err
	}
	v := RequestView{RequestLine: line, SubmittedBy: q.SubmittedBy, Decision: q.Note, Justified: q.Justified, CaseWhy: q.CaseWhy, Conditions: []ConditionView{}, Request: q.Body}
	if q.Body != nil {
		v.Conditions, err = q.conditions(q.judgedAt(tx.Now()))
	}
	return v, err
}

func (q *leRequest) line(tx *db.Tx, today law.Date) (RequestLine, error) {
	row, _ := offence(q.Offence)
	l := RequestLine{RequestID: q.ID, Version: q.Version, Status: q.Status, Purpose: q.Purpose, Offence: row, SearchedBy: strings.Fields(q.SearchedBy), Urgent: q.Urgent,
		Unit: q.Unit, FileNumber: q.FileNumber, SubmittedAt: q.SubmittedAt, VerifyBy: q.VerifyBy, KeepUntil: q.KeepUntil, ErasedOn: q.ErasedOn}
	if !q.AnsweredAt.IsZero() {
		at, hits := q.AnsweredAt, q.Hits
		l.AnsweredAt, l.Hits = &at, &hits
	}
	l.Overdue = q.Status == RequestToVerify && today > q.VerifyBy
	if q.Status != RequestUnjustified {
		return l, nil
	}
	rows, err := tx.Query(`SELECT authority FROM ees_le_recipient WHERE state = $1 AND id = $2 AND erased_at IS NULL ORDER BY kind, authority`, string(q.State), q.ID)
	if err != nil {
		return l, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return l, err
		}
		l.Unconfirmed = append(l.Unconfirmed, name)
	}
	return l, rows.Err()
}
