package ees

import (
	"time"

	"limen/access"
)

// tell puts into the log entry what article 59(2) asks to be shown of an access
// and its entry does not show by itself: the exact offence, the reasons for not
// comparing with the other states, who asked and ordered, the use of urgency.
// The entry has the rest: the exact purpose, the national file number as its
// case, the time, the data searched with, the official who acts.
func (q *leRequest) tell(p access.Pass) {
	p.Belongs(q.FileNumber)
	p.Tell("request", q.ID)
	p.Tell("requesting_authority", q.Unit)
	p.Tell("requested_by", q.SubmittedBy)
	p.Tell("searched_by", q.SearchedBy)
	p.Tell("verify_by", orEmpty(q.VerifyBy))
	if in := q.Body; in != nil {
		row, _ := offence(in.Offence.Category)
		p.Tell("offence", string(row.Kind)+" "+row.Code+": "+in.Offence.Description)
		p.Tell("ordered_by", in.OrderedBy)
		p.Tell("not_compared_because", in.Futile)
		p.Tell("urgency", in.Danger)
		p.Tell("repository_hit", in.RepositoryHit)
		if in.Pruem != nil {
			p.Tell("compared_since", in.Pruem.Launched.UTC().Format(time.RFC3339))
		}
	}
	if q.Justified != nil && *q.Justified {
		p.Tell("verified_afterwards", "justified")
	} else if q.Justified != nil {
		p.Tell("verified_afterwards", "not justified")
	}
}
