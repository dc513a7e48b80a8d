package ees

import (
	"strings"

	"limen/access"
	"limen/law"
)

// urgentVerification is how many working days after an urgent access it must
// have been verified (art 31(2)).
var urgentVerification = law.Param[int]{Name: "ees.urgent_verification", Unit: "working days", Rows: []law.Row[int]{
	{From: law.EESStart(), Value: 7, Cite: "2017/2226 art 31(2)"}}}

// verifyBy is the last day of the verification, by the working days of the
// access point's state.
func verifyBy(o office) (law.Date, error) {
	days, err := urgentVerification.On(o.day)
	if err != nil {
		return 0, err
	}
	return law.AddWorkingDays(string(o.state), o.day, days)
}

// UrgencyVerdict is the verification after an urgent access (art 31(2)).
type UrgencyVerdict struct {
	Justified bool   `json:"justified" doc:"Whether all conditions were met and the case was urgent."`
	Reasons   string `json:"reasons" minLength:"1" maxLength:"2000" doc:"Why."`
}

// VerifyUrgency records the verification of an urgent access. Where it was not
// justified, what was found is erased here at once, and everybody who received
// it must erase it and say so (art 31(3), EES-052). It may come late: the duty
// does not end with its day.
func (r *Register) VerifyUrgency(p access.Pass, id string, version int64, v UrgencyVerdict) (RequestReceipt, error) {
	q, o, tx, err := r.openRequest(p, id, version)
	if err != nil {
		return RequestReceipt{}, err
	}
	v.Reasons = strings.TrimSpace(v.Reasons)
	switch {
	case q.Status != RequestToVerify:
		return RequestReceipt{}, q.not("verified afterwards", RequestToVerify)
	case v.Reasons == "":
		return RequestReceipt{}, law.BadField("reasons", "reasons_missing", "2017/2226 art 31(2)", "Say why the access was justified, or why not.")
	}
	if err := independent(p, q); err != nil {
		return RequestReceipt{}, err
	}
	q.tell(p)
	p.Tell("verified_afterwards", map[bool]string{true: "justified", false: "not justified"}[v.Justified])
	p.Tell("verification_reasons", v.Reasons)
	if v.Justified {
		if err := q.mustMeet(q.AnsweredAt); err != nil {
			return RequestReceipt{}, err
		}
		q.Status = RequestAnswered
	} else {
		q.Status = RequestUnjustified
		q.eraseResults(tx)
	}
	q.Justified, q.VerifiedAt, q.AccessPoint, q.Note = &v.Justified, tx.Now(), o.name, v.Reasons
	if q.KeepUntil == 0 {
		// The days of art 58(5) ended before the verification did; now nothing
		// holds the grounds any more.
		q.bare(tx, o.day)
	}
	if err := q.save(tx); err != nil {
		return RequestReceipt{}, err
	}
	return q.receipt(tx.Now())
}

// ConfirmErasure records that the office has erased what it received of an
// access that was not justified (art 31(3)).
func (r *Register) ConfirmErasure(p access.Pass, id string) (RequestReceipt, error) {
	q, o, tx, err := r.openRequest(p, id, 0)
	if err != nil {
		return RequestReceipt{}, err
	}
	if q.Status != RequestUnjustified {
		return RequestReceipt{}, q.not("confirmed as erased", RequestUnjustified)
	}
	n, err := tx.Exec(`UPDATE ees_le_recipient SET erased_at = $1 WHERE state = $2 AND id = $3 AND kind = $4 AND authority = $5 AND erased_at IS NULL`,
		tx.Now().UnixMicro(), string(q.State), q.ID, string(o.kind), o.name)
	if err != nil {
		return RequestReceipt{}, err
	}
	if n == 0 {
		return RequestReceipt{}, law.Refuse(law.Conflict, "nothing_to_confirm", "2017/2226 art 31(3)", "Your office received nothing of this request, or has confirmed already.", "request", q.ID)
	}
	q.tell(p)
	p.Tell("erasure", "confirmed")
	return q.receipt(tx.Now())
}
