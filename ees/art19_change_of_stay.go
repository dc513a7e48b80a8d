package ees

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"limen/access"
	"limen/law"
	"limen/person"
)

// Grounds of a change of stay. RD and ND are those of a revocation or an
// annulment (art 19(4)); the others are those of an extension, whose list the
// law leaves open (art 19(5)).
const (
	GroundReturnDecision   = "RD" // a return decision under Directive 2008/115
	GroundNationalDecision = "ND" // another national decision that leads to return, removal or departure
	GroundForceMajeure     = "force_majeure"
	GroundHumanitarian     = "humanitarian"
	GroundOccupational     = "serious_occupational"
	GroundPersonal         = "serious_personal"
	GroundExceptional      = "exceptional_circumstances" // Schengen Convention art 20(2)(a)
	GroundBilateral        = "bilateral_agreement"       // Schengen Convention art 20(2)(b)
)

// visaGrounds are grounds to extend a visa (810/2009 art 33); the other two are
// grounds to extend the stay of somebody who needs none.
var visaGrounds = []string{GroundForceMajeure, GroundHumanitarian, GroundOccupational, GroundPersonal}

// StayChanged is the kind of amendment that a change of stay leaves.
const StayChanged AmendmentKind = "stay_changed"

// ChangeRequest is a decision to extend, revoke or annul an authorised stay.
type ChangeRequest struct {
	Status    ChangeStatus `json:"status" enum:"revoked,annulled,extended" doc:"What the decision does to the stay."`
	Ground    string       `json:"ground" enum:"RD,ND,force_majeure,humanitarian,serious_occupational,serious_personal,exceptional_circumstances,bilateral_agreement" doc:"RD (return decision) or ND (other national decision) for a revocation or an annulment; any other for an extension."`
	Decided   law.Date     `json:"decided" format:"date" doc:"Day of the decision."`
	Place     string       `json:"place" minLength:"1" maxLength:"128" doc:"Place of the decision."`
	End       law.Date     `json:"end,omitempty" format:"date" doc:"New last day of the authorised stay. Needed for an extension; without it a revocation or an annulment ends the stay on the day of the decision."`
	NewVisa   *VisaInput   `json:"new_visa,omitempty" doc:"The sticker issued with the extension of a visa."`
	Requested law.Date     `json:"requested,omitempty" format:"date" doc:"Day on which an extension under a bilateral agreement was asked for."`
	OnlyHere  string       `json:"presence_proved,omitempty" maxLength:"500" doc:"Where such an extension was asked for too late: the credible proof that the person was in the deciding state alone."`
}

// StayDecision is what a decision on a stay led to.
type StayDecision struct {
	Record      *RecordView  `json:"record" doc:"The record decided on; null when it was taken out."`
	Version     int64        `json:"version" doc:"The file's version now."`
	Findings    []law.Reason `json:"findings" nullable:"false" doc:"What the decision rests on."`
	Differences []Difference `json:"differences" nullable:"false" doc:"What was worked out anew, in this record and in those after it."`
}

// ChangeStay records a decision on an authorised stay in its record (art 19):
// the latest of the file, still open. An extension replaces the authorised end
// and lifts the flag of the stay (EES-023, EES-024); a revocation or an
// annulment ends it on the day given, or on the day of the decision (EES-025).
func (r *Register) ChangeStay(p access.Pass, id string, version int64, req ChangeRequest) (StayDecision, error) {
	ref, n, err := recordOf(id)
	if _, noPass := p.Tx(); noPass != nil {
		return StayDecision{}, noPass
	}
	if err != nil {
		return StayDecision{}, err
	}
	a, err := r.amend(p, ref, version)
	if err != nil {
		return StayDecision{}, err
	}
	rec, err := a.record(n)
	if err != nil {
		return StayDecision{}, err
	}
	who := p.Principal().Authority
	if err := changeable(a, rec, person.State(who.State)); err != nil {
		return StayDecision{}, err
	}
	if err := req.sound(a, rec); err != nil {
		return StayDecision{}, err
	}
	change := StayChange{Status: req.Status, Decided: req.Decided, Authority: who.Name, State: person.State(who.State),
		Place: strings.TrimSpace(req.Place), End: req.End, Ground: req.Ground}
	var findings []law.Reason
	if req.Status == Extended {
		if findings, err = req.extend(&change, rec); err != nil {
			return StayDecision{}, err
		}
	} else if findings, err = req.end(rec); err != nil {
		return StayDecision{}, err
	}
	before := *rec
	rec.Changes = append(slices.Clone(rec.Changes), change)
	a.did(amendment{kind: StayChanged, record: n, cite: "2017/2226 art 19(1)", note: string(req.Status) + ": " + req.Ground,
		body: struct {
			Before  record
			Request ChangeRequest
		}{before, req}})
	if change.NewVisa != nil {
		findByVisa(a.tx, ref, change.NewVisa)
	}
	return a.answer(n, findings)
}

// answer commits a decision and says what came of it.
func (a *amending) answer(n int, findings []law.Reason) (StayDecision, error) {
	differences, err := a.commit()
	if err != nil {
		return StayDecision{}, err
	}
	d := StayDecision{Version: a.known.file.Version, Findings: findings, Differences: differences}
	if d.Findings == nil {
		d.Findings = []law.Reason{}
	}
	if rec := a.known.numbered(n); rec != nil {
		v := rec.view(a.today)
		d.Record = &v
	}
	return d, a.pass.Send(access.EntryRecords)
}

// changeable refuses a decision on a stay that no such decision may touch.
func changeable(a *amending, rec *record, state person.State) error {
	latest := a.known.last()
	switch {
	case latest.N != rec.N:
		return law.Refuse(law.NotPermitted, "not_the_latest_record", "2017/2226 art 19(1)",
			"A change of stay is entered in the latest record of the file, and this is an earlier one.", "latest", recordID(latest.Ref, latest.N))
	case !rec.open():
		return law.Refuse(law.NotPermitted, "stay_is_over", "2017/2226 art 19(1)",
			"The traveller has left: a stay that is over is neither extended nor revoked. What was recorded wrongly is corrected (art 35).",
			"exit", orNone(rec.Exit.On))
	case rec.FamilyMember || a.known.file.FamilyMember:
		return law.Refuse(law.NotPermitted, "stay_not_computed", "2017/2226 art 2(4)",
			"The stay of a family member of a Union citizen is not computed: there is no end to change.")
	case rec.Transit:
		return law.Refuse(law.NotPermitted, "stay_counted_in_hours", "2017/2226 annex II",
			"A facilitated transit ends with its hours. It is neither extended nor revoked; decide on return by national law.")
	}
	if held := rec.heldBy(); held != "" && held != state {
		return law.Refuse(law.NotPermitted, "extended_by_another_state", "2017/2226 art 19(1)",
			fmt.Sprintf("%s has extended this stay for its own territory. Only its authorities decide on it.", held.Name()), "state", string(held))
	}
	return nil
}

// heldBy is the state in which alone the extension in force holds; "" when there
// is none.
func (r *record) heldBy() person.State {
	if len(r.Changes) == 0 {
		return ""
	}
	if c := &r.Changes[len(r.Changes)-1]; c.Status == Extended && (c.Bilateral || c.OnlyHere) {
		return c.State
	}
	return ""
}

// sound refuses what no decision can be.
func (req *ChangeRequest) sound(a *amending, rec *record) error {
	const cite = law.Citation("2017/2226 art 19(1)")
	extension := req.Status == Extended
	if !extension && req.Status != Revoked && req.Status != Annulled {
		return law.BadField("status", "unknown_status", cite, "Say revoked, annulled or extended.")
	}
	ending := req.Ground == GroundReturnDecision || req.Ground == GroundNationalDecision
	known := ending || slices.Contains(visaGrounds, req.Ground) || req.Ground == GroundExceptional || req.Ground == GroundBilateral
	switch {
	case req.Ground == "":
		return law.BadField("ground", "ground_missing", "2017/2226 art 19(4)", "A change of stay needs its ground: RD or ND to end it, another to extend it.")
	case !known:
		return law.BadField("ground", "unknown_ground", "2017/2226 art 19(4)", "There is no such ground.")
	case extension && ending:
		return law.BadField("ground", "ground_of_another_decision", "2017/2226 art 19(5)", "RD and ND are grounds to end a stay. Give the ground of the extension.")
	case !extension && !ending:
		return law.BadField("ground", "ground_of_another_decision", "2017/2226 art 19(4)", "A revocation or an annulment has the ground RD (return decision) or ND (other national decision).")
	case strings.TrimSpace(req.Place) == "":
		return law.BadField("place", "place_missing", cite, "Say where the decision was taken.")
	case req.Decided == 0:
		return law.BadField("decided", "decision_day_missing", cite, "Say on which day the decision was taken.")
	case req.Decided > a.begun:
		return law.BadField("decided", "date_in_the_future", cite, "The decision lies in the future.", "day", req.Decided.String(), "today", a.today.String())
	case req.Decided < rec.Entry.On:
		return law.BadField("decided", "decision_before_entry", cite, "The decision lies before the entry: it cannot be about this stay.", "entry", rec.Entry.On.String())
	case !extension && req.NewVisa != nil:
		return law.BadField("new_visa", "visa_without_extension", cite, "A new sticker comes with an extension only.")
	}
	return nil
}

// end checks a revocation or an annulment.
func (req *ChangeRequest) end(rec *record) ([]law.Reason, error) {
	const cite = law.Citation("2017/2226 art 19(1)")
	switch {
	case req.End == 0:
		return []law.Reason{{Code: "ends_on_decision", Cite: cite, Message: "The decision gives no new last day: the stay ends on the day of the decision.",
			Facts: law.Facts("decided", req.Decided.String())}}, nil
	case req.End < req.Decided:
		return nil, law.BadField("end", "end_before_decision", cite, "The new last day lies before the decision: days that were lawful stay lawful.",
			"end", req.End.String(), "decided", req.Decided.String())
	case rec.StayEnd != 0 && req.End > rec.StayEnd:
		return nil, law.BadField("end", "revocation_prolongs", cite, "The new last day lies after the end of the authorised stay. A revocation shortens a stay; to lengthen it, extend it.",
			"end", req.End.String(), "stay_end", rec.StayEnd.String())
	}
	return []law.Reason{{Code: "ends_on_new_day", Cite: cite, Message: "The stay ends on the day that the decision gives.", Facts: law.Facts("end", req.End.String())}}, nil
}

// extend checks an extension and completes the change.
func (req *ChangeRequest) extend(change *StayChange, rec *record) ([]law.Reason, error) {
	const cite = law.Citation("2017/2226 art 19(1)")
	ofVisa := slices.Contains(visaGrounds, req.Ground)
	switch {
	case req.End == 0:
		return nil, law.BadField("end", "end_missing", cite, "An extension needs the new last day of the stay.")
	case rec.StayEnd != 0 && req.End <= rec.StayEnd:
		return nil, law.BadField("end", "extension_does_not_prolong", cite, "The stay may last until that day already. An extension ends after the end in force.",
			"end", req.End.String(), "stay_end", rec.StayEnd.String())
	case ofVisa && rec.Visa == nil:
		return nil, law.BadField("ground", "ground_of_visa_extension", "810/2009 art 33",
			"This is a ground to extend a visa, and the traveller entered without one. Say exceptional circumstances, or bilateral agreement.")
	case !ofVisa && rec.Visa != nil:
		return nil, law.BadField("ground", "ground_without_visa", "2017/2226 art 60",
			"This is a ground to extend the stay of somebody who needs no visa. A visa is extended for force majeure, or for humanitarian or serious occupational or personal reasons.")
	case req.NewVisa != nil && rec.Visa == nil:
		return nil, law.BadField("new_visa", "no_visa_to_extend", "810/2009 art 33", "The traveller entered without a visa: there is no sticker to replace.")
	}
	if req.NewVisa != nil {
		v, err := readVisa(req.NewVisa)
		if err != nil {
			return nil, under("new_visa", trimVisa(err))
		}
		change.NewVisa = v
	}
	change.From = max(rec.StayEnd+1, rec.Entry.On)
	change.Bilateral = req.Ground == GroundBilateral
	change.OnlyHere = !ofVisa
	findings := []law.Reason{{Code: "stay_extended", Cite: cite, Message: "The extension replaces the end of the authorised stay.",
		Facts: law.Facts("from", change.From.String(), "end", change.End.String(), "ground", req.Ground)}}
	if req.Decided > rec.StayEnd {
		findings = append(findings, law.Reason{Code: "stay_had_ended", Cite: cite, Message: "The stay had ended when this was decided. The extension covers the days in between.",
			Facts: law.Facts("stay_end", rec.StayEnd.String(), "decided", req.Decided.String())})
	}
	if change.OnlyHere {
		findings = append(findings, law.Reason{Code: "extension_holds_here_only", Cite: "2017/2226 art 60",
			Message: "The extension holds in the deciding state alone: the traveller leaves over its own external border.", Facts: law.Facts("state", string(change.State))})
	}
	if change.Bilateral {
		f, err := req.inTime(rec, change.State)
		if err != nil {
			return nil, err
		}
		findings = append(findings, f)
	}
	return findings, nil
}

// inTime is the condition of an extension under a bilateral agreement: asked for
// by the last working day of the stay before it. Later, the authority may still
// take the days as lawful on credible proof that the person was in its state
// alone (Schengen Convention art 20(2a), inserted by art 60).
func (req *ChangeRequest) inTime(rec *record, state person.State) (law.Reason, error) {
	last, err := lastWorkingDay(state, rec.StayEnd)
	if err != nil {
		return law.Reason{}, err
	}
	facts := []string{"requested", orNone(req.Requested), "last_working_day", last.String()}
	switch {
	case req.Requested == 0:
		return law.Reason{}, law.BadField("requested", "request_day_missing", "2017/2226 art 60",
			"Say on which day the extension was asked for: by the last working day of the stay, or a proof is needed.", facts...)
	case req.Requested > req.Decided:
		return law.Reason{}, law.BadField("requested", "requested_after_decision", "2017/2226 art 60", "The request lies after the decision.", facts...)
	case req.Requested <= last:
		return law.Reason{Code: "requested_in_time", Cite: "2017/2226 art 60",
			Message: "The extension was asked for by the last working day of the stay in the deciding state.", Facts: law.Facts(facts...)}, nil
	case len(strings.TrimSpace(req.OnlyHere)) < shortestWhy:
		return law.Reason{}, law.BadField("presence_proved", "requested_late", "2017/2226 art 60",
			"The extension was asked for after the last working day of the stay. It needs credible proof that the person was in your state alone: say which.", facts...)
	}
	return law.Reason{Code: "late_on_proof", Cite: "2017/2226 art 60",
		Message: "The extension was asked for after the last working day of the stay, and is given on proof that the person was in the deciding state alone.",
		Facts:   law.Facts(append(facts, "proof", strings.TrimSpace(req.OnlyHere))...)}, nil
}

// lastWorkingDay is the last working day in the state that is not after a day
// (1182/71 art 2(2)). Before the table of holidays begins, weekends alone are
// left out.
func lastWorkingDay(state person.State, d law.Date) (law.Date, error) {
	for {
		works, err := law.WorkingDay(string(state), d)
		var before *law.NoLawError
		if errors.As(err, &before) {
			works, err = d.Weekday() != time.Saturday && d.Weekday() != time.Sunday, nil
		}
		if works || err != nil {
			return d, err
		}
		d--
	}
}

// trimVisa takes the member "visa" off a field that another member stands for.
func trimVisa(err error) error {
	if r, ok := err.(*law.Refusal); ok {
		moved := *r
		moved.Field = strings.TrimPrefix(r.Field, "visa.")
		return &moved
	}
	return err
}

// weighChanges tells a guard at exit of the decisions on the stay that ends: an
// extension that holds elsewhere alone, or a revocation, whose exit is entered in
// this record (art 19(6)).
func (c *checking) weighChanges(open *record) {
	if len(open.Changes) == 0 {
		return
	}
	last := &open.Changes[len(open.Changes)-1]
	if held := open.heldBy(); held != "" && held != c.point.State && c.judged.answer.End > last.From-1 && c.on >= last.From {
		c.finding(SecondLine, "", "extension_holds_elsewhere", "2017/2226 art 60",
			fmt.Sprintf("The stay was extended until %s in %s alone, to be left over its own external border.", last.End, held.Name()),
			"state", string(held), "end", last.End.String())
	}
	if last.Status != Extended {
		c.finding(Admit, "", "stay_was_ended_by_decision", "2017/2226 art 19(6)",
			fmt.Sprintf("The stay was %s on %s (%s). The exit is entered in its record.", last.Status, last.Decided, last.Ground),
			"decided", last.Decided.String(), "ground", last.Ground, "changes", strconv.Itoa(len(open.Changes)))
	}
}
