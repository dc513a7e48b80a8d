package ees

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"limen/access"
	"limen/law"
	"limen/person"
)

// ProofKind is a kind of credible proof against the presumption (art 20(2)).
// The law names none exhaustively.
type ProofKind string

// The kinds of proof.
const (
	ProofTicket        ProofKind = "transport_ticket"
	ProofAbroad        ProofKind = "presence_abroad" // a stamp or an entry record of a third country
	ProofAccommodation ProofKind = "accommodation_abroad"
	ProofEmployment    ProofKind = "employment_abroad"
	ProofPermit        ProofKind = "permit" // a residence permit or long-stay visa, or its end
	ProofStamp         ProofKind = "stamp"  // a stamp of an operating state
	ProofOther         ProofKind = "other"  // any other credible proof, in words
)

var proofKinds = []ProofKind{ProofTicket, ProofAbroad, ProofAccommodation, ProofEmployment, ProofPermit, ProofStamp, ProofOther}

// Rebutted is the kind of amendment that a proof leaves.
const Rebutted AmendmentKind = "presumption_rebutted"

// ProvedCrossing is an entry or an exit that a proof shows.
type ProvedCrossing struct {
	On            law.Date   `json:"on" format:"date" doc:"Civil day of the crossing."`
	At            *time.Time `json:"at,omitempty" doc:"Its moment, when the proof shows it. Needed where another crossing is recorded on that day."`
	CrossingPoint string     `json:"crossing_point,omitempty" maxLength:"8" doc:"Code of the crossing point, when the proof shows it."`
}

// RebuttalRequest is a proof that an authority has accepted.
type RebuttalRequest struct {
	File     FileRef         `json:"file,omitempty" maxLength:"40" doc:"The person's file, when there is one."`
	Person   *Newcomer       `json:"person,omitempty" doc:"The person, when there is none: a file is made."`
	RecordID string          `json:"record_id,omitempty" maxLength:"60" doc:"The record that the proof completes or takes out; left out to make one."`
	Kind     ProofKind       `json:"kind" enum:"transport_ticket,presence_abroad,accommodation_abroad,employment_abroad,permit,stamp,other" doc:"What the proof is."`
	Note     string          `json:"note,omitempty" maxLength:"500" doc:"The proof in words; needed for other."`
	Entry    *ProvedCrossing `json:"entry,omitempty" doc:"The entry that the proof shows."`
	Exit     *ProvedCrossing `json:"exit,omitempty" doc:"The exit that the proof shows."`
	Remove   bool            `json:"remove,omitempty" doc:"The record should not be there: it is taken out."`
	Permit   *Permit         `json:"permit,omitempty" doc:"With kind permit: the permit or long-stay visa, whose days do not count."`
}

// Rebut records a proof against the presumption that a person does not fulfil
// the conditions of stay (art 20): it completes a record, makes one, with a file
// if need be, or takes one out. Everything that follows is worked out anew
// (EES-030), and the file keeps what stood there before.
func (r *Register) Rebut(p access.Pass, version int64, req RebuttalRequest) (StayDecision, error) {
	n := 0
	if _, err := p.Tx(); err == nil && req.RecordID != "" {
		ref, number, err := recordOf(req.RecordID)
		if err != nil {
			return StayDecision{}, err
		}
		if req.File != "" && req.File != ref {
			return StayDecision{}, law.BadField("file", "other_file", "2017/2226 art 20(2)", "The record belongs to another file. Leave this member out.")
		}
		req.File, n = ref, number
	}
	a, _, err := r.either(p, req.File, version, req.Person)
	if err != nil {
		return StayDecision{}, err
	}
	if err := req.sound(a, n); err != nil {
		return StayDecision{}, err
	}
	who := p.Principal().Authority
	proof := &ProofOnRecord{Kind: string(req.Kind), On: a.today, Authority: who.Name, State: person.State(who.State), Note: strings.TrimSpace(req.Note)}
	k := a.known
	var before *record
	if n != 0 {
		rec, err := a.record(n)
		if err != nil {
			return StayDecision{}, err
		}
		kept := *rec
		before = &kept
	}
	if req.Permit != nil {
		k.file.Permits = append(slices.Clone(k.file.Permits), *req.Permit)
	}
	var code law.Code
	switch {
	case req.Remove:
		code = "record_taken_out"
		k.records = slices.DeleteFunc(k.records, func(rec record) bool { return rec.N == n })
	case n != 0:
		code, err = "record_completed", req.complete(a, n, proof)
	case req.Entry != nil:
		code = "record_made"
		n, err = req.make(a, proof)
	default:
		code = "permit_recorded" // the days under it explain the presence
	}
	if err != nil {
		return StayDecision{}, err
	}
	if err := a.putInOrder(); err != nil {
		return StayDecision{}, err
	}
	note := string(req.Kind)
	if proof.Note != "" {
		note += ": " + proof.Note
	}
	a.did(amendment{kind: Rebutted, record: n, cite: "2017/2226 art 20(2)", note: note, body: struct{ Before *record }{before}})
	return a.answer(n, []law.Reason{{Code: code, Cite: "2017/2226 art 20(2)",
		Message: "The proof was accepted. Everything that follows was worked out anew.", Facts: law.Facts("proof", string(req.Kind))}})
}

// sound refuses a proof that shows nothing, or of somebody to whom the
// presumption does not apply.
func (req *RebuttalRequest) sound(a *amending, n int) error {
	const cite = law.Citation("2017/2226 art 20(2)")
	k := a.known
	if by, suspended := law.Suspended(cite, a.today); suspended {
		return law.Refuse(law.NotPermitted, "article_suspended", by,
			"In the progressive period nothing is presumed from a missing entry or exit, so nothing is rebutted: Article 20 is suspended. What is recorded wrongly is corrected (art 35).", "day", a.today.String())
	}
	switch {
	case !slices.Contains(proofKinds, req.Kind):
		return law.BadField("kind", "unknown_proof", cite, "Say what the proof is: one of the kinds, or other with a note.")
	case req.Kind == ProofOther && len(strings.TrimSpace(req.Note)) < shortestWhy:
		return law.BadField("note", "proof_unnamed", cite, "Say in words what the proof is.")
	case k.file.FamilyMember || n != 0 && k.numbered(n) != nil && k.numbered(n).FamilyMember:
		return law.Refuse(law.NotPermitted, "not_presumed", "2017/2226 art 20(1)",
			"The presumption does not apply to family members with a right of free movement: there is nothing to rebut.")
	case req.Permit != nil && req.Kind != ProofPermit:
		return law.BadField("permit", "permit_without_proof", cite, "A permit comes with the kind permit.")
	case req.Remove && n == 0:
		return law.BadField("record_id", "record_missing", cite, "Name the record that is to be taken out.")
	case req.Remove && (req.Entry != nil || req.Exit != nil):
		return law.BadField("remove", "proof_contradiction", cite, "A record that is taken out gets no entry and no exit.")
	case !req.Remove && n != 0 && req.Entry == nil && req.Exit == nil:
		return law.BadField("exit", "nothing_proved", cite, "Give the entry or the exit that the proof shows, or say that the record is taken out.")
	case n == 0 && req.Entry == nil && (req.Exit != nil || req.Permit == nil):
		return law.BadField("entry", "entry_missing", cite, "A stay that is not recorded needs the day of entry that the proof shows.")
	}
	if req.Permit != nil {
		if err := req.Permit.sound(); err != nil {
			return err
		}
	}
	for _, held := range k.file.Permits {
		if held.From <= a.today && held.Until >= a.today {
			return law.Refuse(law.NotPermitted, "not_presumed", "2017/2226 art 20(1)",
				"The person holds a residence permit or a long-stay visa: the presumption does not apply.", "until", held.Until.String())
		}
	}
	return nil
}

// complete gives a record the entry or the exit that it lacks. What is recorded
// already is no presumption: to change it is to correct it (art 35).
func (req *RebuttalRequest) complete(a *amending, n int, proof *ProofOnRecord) error {
	rec, err := a.record(n)
	if err != nil {
		return err
	}
	recorded := func(what string, on law.Date) error {
		return law.BadField(what, "already_recorded", "2017/2226 art 35(1)",
			fmt.Sprintf("The %s is recorded already. Somebody who finds it wrong corrects it; a proof completes what is missing.", what), what, on.String())
	}
	if req.Entry != nil {
		if rec.hasEntry() {
			return recorded("entry", rec.Entry.On)
		}
		if rec.Entry, err = req.Entry.event(a, "entry", proof.Authority); err != nil {
			return err
		}
		rec.Origin, rec.ExitOrigin = Rebuttal, cmp.Or(rec.ExitOrigin, rec.Origin)
		rec.Incomplete = rec.Incomplete || incompleteBetween(rec.Entry.On)
	}
	if req.Exit != nil {
		if rec.Exit.On != 0 {
			return recorded("exit", rec.Exit.On)
		}
		if rec.Exit, err = req.Exit.event(a, "exit", proof.Authority); err != nil {
			return err
		}
		rec.ExitOrigin, rec.EndedOn = Rebuttal, 0
	}
	rec.Proof = proof
	return rec.forwards()
}

// make adds the record of a stay that the proof alone shows.
func (req *RebuttalRequest) make(a *amending, proof *ProofOnRecord) (int, error) {
	k := a.known
	entry, err := req.Entry.event(a, "entry", proof.Authority)
	if err != nil {
		return 0, err
	}
	rec := record{Ref: k.file.Ref, N: k.nextRecord(), Entry: entry, Origin: Rebuttal, Responsible: a.responsibleState(), Proof: proof,
		Incomplete: incompleteBetween(entry.On)}
	if req.Exit != nil {
		if rec.Exit, err = req.Exit.event(a, "exit", proof.Authority); err != nil {
			return 0, err
		}
		rec.ExitOrigin = Rebuttal
	}
	if err := rec.forwards(); err != nil {
		return 0, err
	}
	if a.isNew {
		k.file.LastEventOn = max(rec.Entry.On, rec.Exit.On)
	}
	k.records = append(k.records, rec)
	return rec.N, nil
}

// forwards refuses a stay that ends before it begins.
func (r *record) forwards() error {
	if r.Exit.On == 0 || !r.hasEntry() || !r.began().After(r.Exit.when()) {
		return nil
	}
	return law.BadField("exit", "exit_before_entry", "2017/2226 art 20(2)", "The exit lies before the entry.",
		"entry", r.Entry.On.String(), "exit", r.Exit.On.String())
}

// event reads a proved crossing.
func (c *ProvedCrossing) event(a *amending, member, authority string) (event, error) {
	const cite = law.Citation("2017/2226 art 20(2)")
	e := event{On: c.On, Authority: authority}
	if c.CrossingPoint != "" {
		point, err := person.ParseCrossingPoint(c.CrossingPoint)
		if err != nil {
			return event{}, at(member+".crossing_point", err)
		}
		e.BCP = point.Code
		if c.At != nil {
			e.At = c.At.UTC().Truncate(time.Microsecond)
			if local := point.LocalDate(e.At); c.On == 0 {
				e.On = local
			} else if c.On != local {
				return event{}, law.BadField(member+".on", "day_of_another_moment", cite, "The day is not the one of this moment at the crossing point.", "day", local.String())
			}
		}
	} else if c.At != nil {
		return event{}, law.BadField(member+".crossing_point", "crossing_point_missing", cite, "A moment needs its crossing point: the day is counted in its zone.")
	}
	switch {
	case e.On == 0:
		return event{}, law.BadField(member+".on", "proved_day_missing", cite, "Give the day that the proof shows.")
	case e.At.IsZero() && e.On > a.begun || e.At.After(a.now):
		return event{}, law.BadField(member+".on", "date_in_the_future", cite, "The proof shows a day in the future.", "day", e.On.String())
	}
	return e, nil
}

// putInOrder brings the records into the order of time, and refuses a proof that
// would pair the crossings otherwise than it says.
func (a *amending) putInOrder() error {
	k := a.known
	proved := slices.Clone(k.records)
	k.records = inOrder(proved, k.nextRecord)
	for i := range proved {
		p := &proved[i]
		now := k.numbered(p.N)
		if now == nil || now.Entry != p.Entry || now.Exit != p.Exit {
			return law.Refuse(law.Conflict, "proof_contradicts_records", "2017/2226 art 20(2)",
				"With the other crossings of the file this order is not possible: one of them lies in between, or on the same day. Give the moment of the crossing, or correct the others first.",
				"record", recordID(p.Ref, p.N))
		}
	}
	return nil
}
