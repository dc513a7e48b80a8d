package ees

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"limen/access"
	"limen/law"
)

// ReasonedRequest is what an operating unit submits to its access point (art
// 31(1)): the conditions of article 32 as data, and what is to be searched. Its
// purpose is that of the pass, its national file number the case.
type ReasonedRequest struct {
	Offence         OffenceInput         `json:"offence" doc:"The offence concerned (2017/2226 art 32(1)(a))."`
	Necessity       string               `json:"necessity" maxLength:"2000" doc:"Why access is necessary to prevent, detect or investigate it (2017/2226 art 32(1)(a))."`
	Proportionality string               `json:"proportionality" maxLength:"2000" doc:"Why it is necessary and proportionate in this specific case (2017/2226 art 32(1)(b))."`
	Grounds         string               `json:"grounds" maxLength:"2000" doc:"The evidence or reasonable grounds to consider that it will contribute (2017/2226 art 32(1)(c))."`
	OrderedBy       string               `json:"ordered_by" minLength:"1" maxLength:"128" doc:"The official who ordered the search (2017/2226 art 59(2)(h))."`
	NationalSearch  law.Date             `json:"national_search,omitempty" format:"date" doc:"Day of the prior search in national databases (2017/2226 art 32(2)(a))."`
	Pruem           *PruemSearch         `json:"pruem,omitempty" doc:"The prior search in the fingerprint systems of the other states (2017/2226 art 32(2)(b))."`
	Futile          string               `json:"comparison_futile,omitempty" maxLength:"2000" doc:"Why comparing with the other states would not lead to the identity (2017/2226 art 32(2))."`
	Danger          string               `json:"imminent_danger,omitempty" maxLength:"2000" doc:"Makes the request urgent: the imminent danger to a person's life that must be prevented (2017/2226 art 31(2))."`
	RepositoryHit   string               `json:"repository_hit,omitempty" maxLength:"64" doc:"Reference of the answer of the identity repository that there are data (2019/817 art 22)."`
	Search          LawEnforcementSearch `json:"search"`
}

// OffenceInput is the offence of a request.
type OffenceInput struct {
	Category    string `json:"category" minLength:"1" maxLength:"64" example:"kidnapping" doc:"Code of the category."`
	Description string `json:"description" minLength:"1" maxLength:"500" doc:"The exact offence (2017/2226 art 59(2)(a))."`
	MaxYears    int    `json:"maximum_sentence_years,omitempty" minimum:"0" maximum:"100" doc:"Of a serious criminal offence: the maximum sentence under national law, in years; 100 for life."`
}

// PruemSearch is the search in the automated fingerprint identification systems
// of the other states under Decision 2008/615/JHA.
type PruemSearch struct {
	Launched time.Time  `json:"launched_at" doc:"When it was launched."`
	Finished *time.Time `json:"finished_at,omitempty" doc:"When it was fully conducted; absent while it runs."`
}

// RequestStatus is where a request stands.
type RequestStatus string

// The statuses of a request.
const (
	RequestWaiting     RequestStatus = "waiting"     // for the access point
	RequestApproved    RequestStatus = "approved"    // the search may be made
	RequestRefused     RequestStatus = "refused"     // for good
	RequestAnswered    RequestStatus = "answered"    // the search was made, and nothing is open
	RequestToVerify    RequestStatus = "to_verify"   // answered in urgency; the verification is due (art 31(2))
	RequestUnjustified RequestStatus = "unjustified" // what was accessed must be erased by all (art 31(3))
)

// RequestReceipt is what the writes of this chapter answer. It holds nothing of
// what was asked or found: answers to repeated requests are kept for a day.
type RequestReceipt struct {
	RequestID  string          `json:"request_id"`
	Version    int64           `json:"version"`
	Status     RequestStatus   `json:"status" enum:"waiting,approved,refused,answered,to_verify,unjustified"`
	Urgent     bool            `json:"urgent"`
	Conditions []ConditionView `json:"conditions" nullable:"false" doc:"Each condition of article 32 and whether it is met."`
	Hits       *int            `json:"hits,omitempty" doc:"Files found; absent before the search."`
	Restricted int             `json:"restricted,omitempty" doc:"Files that agree and are not handed out, because their processing is restricted (2016/679 art 18)."`
	VerifyBy   law.Date        `json:"verify_by,omitempty" format:"date" doc:"Last day of the verification afterwards."`
	KeepUntil  law.Date        `json:"keep_until,omitempty" format:"date" doc:"Last day on which the request and what was found are kept."`
}

// SubmitRequest takes a reasoned request (art 31(1)). Conditions that are not
// met yet are listed in the answer and do not turn it away: time may mend them,
// and the access point decides.
func (r *Register) SubmitRequest(p access.Pass, in ReasonedRequest) (RequestReceipt, error) {
	o, tx, err := listedOffice(p)
	if err != nil {
		return RequestReceipt{}, err
	}
	in.trim()
	if err := in.check(tx.Now(), r.Specimens); err != nil {
		return RequestReceipt{}, err
	}
	if in.Danger != "" && o.kind == access.EuropolUnit {
		return RequestReceipt{}, law.BadField("imminent_danger", "urgency_not_for_europol", "2017/2226 art 33(3)",
			"Europol's access point verifies before it searches. In an urgent case ask a Member State.")
	}
	keep, err := keepFrom(o.day)
	if err != nil {
		return RequestReceipt{}, err
	}
	q := &leRequest{State: o.state, ID: "LE-" + uuid.NewString(), Version: 1, Status: RequestWaiting, Purpose: p.Purpose(), Offence: in.Offence.Category,
		SearchedBy: in.Search.kinds(), Urgent: in.Danger != "", Waived: in.waived(), Unit: o.name, SubmittedAt: tx.Now(), SubmittedOn: o.day,
		FileNumber: p.Case(), SubmittedBy: string(p.Principal().Officer), Body: &in, KeepUntil: keep}
	if err := q.insert(tx); err != nil {
		return RequestReceipt{}, err
	}
	q.tell(p)
	return q.receipt(tx.Now())
}

func (in *ReasonedRequest) trim() {
	for _, s := range []*string{&in.Offence.Category, &in.Offence.Description, &in.Necessity, &in.Proportionality, &in.Grounds, &in.OrderedBy, &in.Futile, &in.Danger, &in.RepositoryHit} {
		*s = strings.TrimSpace(*s)
	}
}

// waived says why the searches of article 32(2) need not come first, as the
// yearly report counts it.
func (in *ReasonedRequest) waived() string {
	switch {
	case in.Danger != "":
		return "urgency"
	case in.Futile != "":
		return "futile"
	}
	return ""
}

// RequestDecision is the access point's verification before the search.
type RequestDecision struct {
	Approve bool   `json:"approve" doc:"Whether the conditions are met and the search may be made."`
	Reasons string `json:"reasons,omitempty" maxLength:"2000" doc:"Why; required for a refusal."`
}

// DecideRequest is the verification of article 31(1). An approval needs every
// condition met at this moment.
func (r *Register) DecideRequest(p access.Pass, id string, version int64, d RequestDecision) (RequestReceipt, error) {
	q, o, tx, err := r.openRequest(p, id, version)
	if err != nil {
		return RequestReceipt{}, err
	}
	d.Reasons = strings.TrimSpace(d.Reasons)
	switch {
	case q.ErasedOn != 0:
		return RequestReceipt{}, q.gone()
	case q.Status != RequestWaiting:
		return RequestReceipt{}, q.not("verified", RequestWaiting)
	case q.Urgent && !d.Approve:
		// An urgent request that is not urgent, or lacks a condition, can be
		// turned away like any other before it was processed.
	case q.Urgent:
		return RequestReceipt{}, law.Refuse(law.Conflict, "urgent_request", "2017/2226 art 31(2)",
			"An urgent request is processed at once and verified afterwards. Make the search.", "request", q.ID)
	}
	if !d.Approve && d.Reasons == "" {
		return RequestReceipt{}, law.BadField("reasons", "reasons_missing", "2017/2226 art 31(1)", "Say why the request is refused, so that the unit knows what is missing.")
	}
	if err := independent(p, q); err != nil {
		return RequestReceipt{}, err
	}
	if d.Approve {
		if err := q.mustMeet(tx.Now()); err != nil {
			return RequestReceipt{}, err
		}
		q.Status = RequestApproved
	} else {
		q.Status = RequestRefused
	}
	q.AccessPoint, q.Note = o.name, d.Reasons
	q.tell(p)
	p.Tell("decision", string(q.Status))
	p.Tell("decision_reasons", d.Reasons)
	if err := q.save(tx); err != nil {
		return RequestReceipt{}, err
	}
	return q.receipt(tx.Now())
}

// independent refuses an official who would verify the own request (art 29(3)).
func independent(p access.Pass, q *leRequest) error {
	officer := string(p.Principal().Officer)
	if officer == q.SubmittedBy || q.Body != nil && officer == q.Body.OrderedBy {
		return law.Refuse(law.NotPermitted, "not_independent", "2017/2226 art 29(3)",
			"You submitted or ordered this request. Another official of the access point must verify it.", "request", q.ID)
	}
	return nil
}

// gone is the refusal of a step on a request whose time has ended.
func (q *leRequest) gone() *law.Refusal {
	return law.Refuse(law.NotFound, "request_erased", "2017/2226 art 58(5)", "The request has been erased, for its time had ended. The unit can submit a new one.", "request", q.ID)
}

// not is the refusal of a step that the request's status does not allow.
func (q *leRequest) not(step string, want RequestStatus) *law.Refusal {
	words := map[RequestStatus]string{RequestWaiting: "waits for the access point", RequestApproved: "is approved and not searched yet",
		RequestRefused: "was refused", RequestAnswered: "was answered", RequestToVerify: "was answered in urgency and waits for its verification",
		RequestUnjustified: "was found unjustified"}
	return law.Refuse(law.Conflict, "wrong_status", "2017/2226 art 31",
		"The request "+words[q.Status]+", so it cannot be "+step+" now. Read it again.", "request", q.ID, "status", string(q.Status), "needed", string(want))
}
