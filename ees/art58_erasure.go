package ees

import (
	"context"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
)

// caseReview is how long a case may keep what was found until somebody looks
// whether it still needs it.
var caseReview = law.Param[law.Period]{Name: "ees.case_review", Unit: "period", Rows: []law.Row[law.Period]{
	{From: law.EESStart(), Value: law.Period{Years: 1}, Cite: "2017/2226 art 58(5)", Unconfirmed: true,
		Note: "design choice: the law sets no time for the review of an ongoing case"}}}

// keepFrom is the last day on which a request and what it found are kept, when
// nothing keeps them longer (art 58(5), EES-055).
func keepFrom(day law.Date) (law.Date, error) {
	period, err := law.KeepLawEnforcement.On(day)
	if err != nil {
		return 0, err
	}
	return period.After(day), nil
}

// CaseMark says that an ongoing case needs what was found beyond the days of
// article 58(5).
type CaseMark struct {
	Reasons string   `json:"reasons" minLength:"1" maxLength:"2000" doc:"Why the ongoing investigation needs the data and the record of the search."`
	Review  law.Date `json:"review" format:"date" doc:"Day on which somebody looks whether it still does; the data are erased after it unless the mark is renewed."`
}

// KeepForCase ties a request to the case that needs it (art 58(5)).
func (r *Register) KeepForCase(p access.Pass, id string, version int64, m CaseMark) (RequestReceipt, error) {
	q, o, tx, err := r.openRequest(p, id, version)
	if err != nil {
		return RequestReceipt{}, err
	}
	review, err := caseReview.On(o.day)
	if err != nil {
		return RequestReceipt{}, err
	}
	m.Reasons = strings.TrimSpace(m.Reasons)
	switch {
	case q.Status != RequestAnswered && q.Status != RequestToVerify:
		return RequestReceipt{}, q.not("kept for a case", RequestAnswered)
	case q.ErasedOn != 0 || q.KeepUntil == 0:
		return RequestReceipt{}, law.Refuse(law.NotFound, "outcome_erased", "2017/2226 art 58(5)", "What was found has been erased. If a case needs it, submit a new request.", "request", q.ID)
	case m.Reasons == "":
		return RequestReceipt{}, law.BadField("reasons", "reasons_missing", "2017/2226 art 58(5)", "Say why the ongoing case needs the data.")
	case m.Review <= o.day || m.Review > review.After(o.day):
		return RequestReceipt{}, law.BadField("review", "review_out_of_range", "2017/2226 art 58(5)", "Give a day after today and at most "+review.String()+" ahead.",
			"latest", review.After(o.day).String())
	}
	// A mark never shortens what the days of art 58(5) allow.
	usual, err := keepFrom(law.DateIn(q.AnsweredAt, time.UTC))
	if err != nil {
		return RequestReceipt{}, err
	}
	q.CaseWhy, q.KeepUntil = m.Reasons, max(m.Review, usual)
	q.tell(p)
	p.Tell("kept_for_case", m.Reasons)
	p.Tell("review", m.Review.String())
	if err := q.save(tx); err != nil {
		return RequestReceipt{}, err
	}
	return q.receipt(tx.Now())
}

// EraseRequests erases what law enforcement asked and found, the day after its
// time has ended, the oldest first (art 58(5), EES-055). Each step is one
// transaction with its own log entry; what is erased leaves the index: if we
// stop anywhere, the next start goes on where this one was. What remains is the
// log (art 59) and a row without a person, for the yearly report.
func (r *Register) EraseRequests(ctx context.Context, door *access.Door, progress func(total int)) (int, error) {
	return access.Steps(ctx, door, access.Request{Principal: access.DutyPrincipal("erase_requests"), Op: OpEraseRequests}, eraseSomeRequests, progress)
}

// requestStep is how many requests one step erases at most: each may have many
// results.
const requestStep = 50

func eraseSomeRequests(p access.Pass) (int, error) {
	tx, err := p.Tx()
	if err != nil {
		return 0, err
	}
	today := law.DateIn(tx.Now(), time.UTC)
	due, err := readRequests(tx, `SELECT `+requestColumns+` FROM ees_le_request WHERE keep_until IS NOT NULL AND keep_until < $1
		ORDER BY keep_until, state, id LIMIT $2`, today, min(p.StepSize(), requestStep))
	if err != nil {
		return 0, err
	}
	done := 0
	for _, q := range due {
		q.eraseResults(tx)
		if q.Status == RequestToVerify {
			// The verification of art 31(2) is still owed and needs the grounds:
			// they wait for it, and nothing else does.
			q.KeepUntil = 0
			q.Body.Search = LawEnforcementSearch{}
		} else {
			q.bare(tx, today)
		}
		if err := q.save(tx); err != nil {
			return 0, err
		}
		if done++; p.StepOver() {
			break
		}
	}
	return done, nil
}

// eraseResults erases what the search found, and the consents to its use.
func (q *leRequest) eraseResults(tx *db.Tx) {
	tx.Later(`DELETE FROM ees_le_result WHERE state = $1 AND id = $2`, string(q.State), q.ID)
	tx.Later(`DELETE FROM ees_le_consent WHERE state = $1 AND id = $2`, string(q.State), q.ID)
}

// bare takes from the row everything that may be about a person. Who received
// the data stays known where they must still confirm that they erased them.
func (q *leRequest) bare(tx *db.Tx, on law.Date) {
	if q.Status != RequestUnjustified {
		tx.Later(`DELETE FROM ees_le_recipient WHERE state = $1 AND id = $2`, string(q.State), q.ID)
	}
	q.Body, q.FileNumber, q.SubmittedBy, q.CaseWhy, q.Note = nil, "", "", "", ""
	q.KeepUntil, q.ErasedOn = 0, on
}
