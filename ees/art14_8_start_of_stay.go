package ees

import (
	"slices"

	"limen/access"
	"limen/law"
	"limen/person"
)

// StayStarted is the kind of amendment that a start without a crossing leaves.
const StayStarted AmendmentKind = "stay_started"

// StartRequest asks for a short stay that follows a residence permit or a
// long-stay visa without a crossing in between.
type StartRequest struct {
	File   FileRef    `json:"file,omitempty" maxLength:"40" doc:"The person's file, when there is one."`
	Person *Newcomer  `json:"person,omitempty" doc:"The person, when there is none."`
	Start  law.Date   `json:"start" format:"date" doc:"First day of the short stay: the day after the permit."`
	Permit Permit     `json:"permit" doc:"The permit or long-stay visa that ended. Its days do not count."`
	Visa   *VisaInput `json:"visa,omitempty" doc:"The short-stay visa, for nationals who need one."`
}

// StartStay records the start of a short stay that directly follows a permit
// (art 14(8), EES-029): a record with the first day instead of the entry and the
// authority instead of the crossing point, in a file that is made if there is
// none. The permit's days are kept, because they do not count (EES-019). Where a
// stay is open that began before the permit ended, that stay goes on and gets
// its permit.
func (r *Register) StartStay(p access.Pass, version int64, req StartRequest) (StayDecision, error) {
	const cite = law.Citation("2017/2226 art 14(8)")
	a, kept, err := r.either(p, req.File, version, req.Person)
	if err != nil {
		return StayDecision{}, err
	}
	if err := req.Permit.sound(); err != nil {
		return StayDecision{}, err
	}
	k := a.known
	switch {
	case req.Start != req.Permit.Until+1:
		return StayDecision{}, law.BadField("start", "not_directly_after", cite,
			"The short stay begins on the day after the permit. For a later day, show by what right the person was there in between.",
			"start", orNone(req.Start), "permit_until", req.Permit.Until.String())
	case req.Start > a.begun:
		return StayDecision{}, law.BadField("start", "date_in_the_future", cite, "The permit still holds. The short stay begins when it has ended.", "start", req.Start.String())
	case k.file.FamilyMember:
		return StayDecision{}, law.Refuse(law.NotPermitted, "stay_not_computed", "2017/2226 art 2(4)",
			"The stay of a family member of a Union citizen is not computed: nothing has to start.")
	}
	visa, err := readVisa(req.Visa)
	if err != nil {
		return StayDecision{}, err
	}
	if k.file.VisaRequired && visa == nil {
		return StayDecision{}, law.BadField("visa", "visa_missing", "2018/1806 art 3(1)", "This person needs a visa for a short stay. Give the one that was issued.")
	}
	if !k.file.VisaRequired {
		visa = nil
	}
	k.file.Permits = append(slices.Clone(k.file.Permits), req.Permit)
	findings := []law.Reason{{Code: "permit_days_left_out", Cite: "2016/399 art 6(2)", Message: "The days under the permit are not days of short stay.",
		Facts: law.Facts("kind", req.Permit.Kind, "from", req.Permit.From.String(), "until", req.Permit.Until.String())}}
	if i := slices.IndexFunc(k.records, func(rec record) bool {
		return rec.open() && rec.hasEntry() && rec.Entry.On <= req.Permit.Until
	}); i >= 0 {
		n := k.records[i].N
		a.did(amendment{kind: StayStarted, record: n, cite: cite, note: "a stay is open: it goes on after the permit", body: req.Permit})
		findings = append(findings, law.Reason{Code: "stay_goes_on", Cite: cite, Message: "A stay is open that began before the permit ended: it goes on, and its days after the permit count."})
		return a.answer(n, findings)
	}
	for i := range k.records {
		if rec := &k.records[i]; rec.Entry.On >= req.Start || rec.Exit.On >= req.Start {
			return StayDecision{}, law.Refuse(law.Conflict, "crossed_since", cite,
				"A crossing on or after that day is recorded: the person did not stay on after the permit without one. Read the file again.", "record", recordID(rec.Ref, rec.N))
		}
	}
	n := k.nextRecord()
	rec := record{Ref: k.file.Ref, N: n, Entry: event{On: req.Start, Authority: p.Principal().Authority.Name}, StartOfStay: true, Origin: Online,
		Responsible: a.responsibleState(), Incomplete: incompleteBetween(req.Start), Visa: visa}
	k.put(rec)
	if kept != nil {
		k.file.LastEventOn = req.Start
	}
	a.did(amendment{kind: StayStarted, record: n, cite: cite, note: "starts after a permit", body: req.Permit})
	findings = append(findings, law.Reason{Code: "start_without_crossing", Cite: cite,
		Message: "The record has the first day instead of an entry, and the authority instead of a crossing point.", Facts: law.Facts("start", req.Start.String())})
	return a.answer(n, findings)
}

// sound refuses a permit that cannot be one.
func (t *Permit) sound() error {
	const cite = law.Citation("2016/399 art 6(2)")
	switch {
	case t.Kind != "residence_permit" && t.Kind != "long_stay_visa":
		return law.BadField("permit.kind", "unknown_permit", cite, "Say residence_permit or long_stay_visa.")
	case t.From == 0 || t.Until == 0:
		return law.BadField("permit.from", "permit_dates_missing", cite, "Give the first and the last day of the permit.")
	case t.Until < t.From:
		return law.BadField("permit.until", "permit_contradiction", cite, "The permit ends before it begins.", "from", t.From.String(), "until", t.Until.String())
	}
	state, err := person.ParseState(string(t.Issuer))
	if err != nil {
		return at("permit.issuer", err)
	}
	if !law.AppliesAcquis(string(state), t.Until) && !law.OperatesEES(string(state), t.Until) {
		return law.BadField("permit.issuer", "permit_of_elsewhere", cite, "Only permits and long-stay visas of the states of the common area leave days out.", "issuer", string(state))
	}
	t.Issuer = state
	return nil
}
