package ees

import (
	"fmt"
	"slices"
	"time"

	"limen/access"
	"limen/law"
	"limen/person"
)

// The amendments of an early erasure.
const (
	MarkedForErasure AmendmentKind = "marked_for_erasure"
	MarkTakenOff     AmendmentKind = "mark_taken_off"
)

const citeEarly law.Citation = "2017/2226 art 35(6)"

// LeaveRequest says that a person is not in the scope any more.
type LeaveRequest struct {
	File    FileRef  `json:"file" minLength:"1" maxLength:"40" doc:"Individual reference number."`
	Ground  string   `json:"ground" enum:"nationality,residence_permit,long_stay_visa,residence_card,microstate" doc:"nationality: of a state that operates the system or of another Member State. residence_card: of a family member. microstate: nationality of Andorra, Monaco or San Marino, or a passport of the Vatican or the Holy See."`
	Of      string   `json:"of,omitempty" maxLength:"3" doc:"For microstate: which one, AND, MCO, SMR or VAT."`
	On      law.Date `json:"on" format:"date" doc:"Day on which the nationality was acquired, or the permit, visa or card issued."`
	Dossier string   `json:"dossier" minLength:"1" maxLength:"80" doc:"Reference of your dossier with the proof."`
}

// Grounds of early erasure, with what the state that says so must be.
var leavingGrounds = []string{"nationality", "residence_permit", "long_stay_visa", "residence_card", "microstate"}

// LeaveScope marks a file for early erasure: its person has acquired the
// nationality of a Member State, or holds a permit, a long-stay visa or a card,
// and is not in the scope any more (art 35(6), EES-060). The state of the
// nationality, or that issued the document, says so; it erases within five
// working days, in a step of the case that this opens, and what nobody did by
// then is erased on the last of them.
//
// A national of Andorra, Monaco, San Marino or the Vatican tells the state that
// they enter next, which erases without delay: the file goes at once.
func (r *Register) LeaveScope(p access.Pass, req LeaveRequest, version int64) (CaseView, error) {
	tx, err := p.Tx()
	if err != nil {
		return CaseView{}, err
	}
	today := law.DateIn(tx.Now(), time.UTC)
	switch {
	case !slices.Contains(leavingGrounds, req.Ground):
		return CaseView{}, law.BadField("ground", "unknown_ground", citeEarly, "Say why the person is not in the scope any more.")
	case req.Ground == "microstate" && !slices.Contains([]string{"AND", "MCO", "SMR", "VAT"}, req.Of):
		return CaseView{}, law.BadField("of", "not_a_microstate", citeEarly, "Say of which state: AND, MCO, SMR or VAT.")
	case req.On == 0:
		return CaseView{}, law.BadField("on", "date_missing", citeEarly, "Give the day of the nationality, permit, visa or card.")
	case req.On > today+1:
		return CaseView{}, law.BadField("on", "date_in_the_future", citeEarly, "That day is still to come: the person is in the scope until then.")
	case req.Dossier == "":
		return CaseView{}, law.BadField("dossier", "dossier_missing", citeEarly, "Give the reference of your dossier with the proof.")
	}
	a, err := r.amend(p, req.File, version)
	if err != nil {
		return CaseView{}, err
	}
	if a.known.file.EraseBy != 0 {
		return CaseView{}, law.Refuse(law.Conflict, "erasure_marked_already", citeEarly,
			fmt.Sprintf("The file is marked for erasure already, by %s.", a.known.file.EraseBy), "erase_by", a.known.file.EraseBy.String())
	}
	own := person.State(p.Principal().Authority.State)
	c := &caseRow{Kind: EarlyErasure, Wanted: req.Ground, Step: CaseMarked, Home: own, Desk: own, Responsible: a.known.file.Responsible, BeganOn: req.On,
		Dossier: req.Dossier, File: req.File, Flags: caseFlags{HadFile: true}}
	// Five working days count from when the person left the scope; of what is
	// told later, nothing is left of them.
	n, err := law.EarlyErasure.On(max(req.On, law.EESStart()))
	if err != nil {
		return CaseView{}, err
	}
	due, err := law.AddWorkingDays(string(own), max(req.On, law.EESStart()), n)
	if err != nil {
		return CaseView{}, err
	}
	a.known.file.EraseBy = max(due, today)
	if req.Ground == "microstate" {
		if err := r.eraseFile(p, req.File, MicroState); err != nil {
			return CaseView{}, err
		}
		c.File, c.Step = "", CaseClosed
		v, err := c.start(p, tx, "erase", "", today)
		if err != nil {
			return CaseView{}, err
		}
		return v, p.Send(access.EntryRecords)
	}
	a.did(amendment{kind: MarkedForErasure, cite: citeEarly, body: map[string]string{"ground": req.Ground}})
	if _, err := a.commit(); err != nil {
		return CaseView{}, err
	}
	v, err := c.start(p, tx, "mark", "", today)
	if err != nil {
		return CaseView{}, err
	}
	return v, p.Send(access.EntryRecords)
}

// eraseNow erases the file of the case; the case stays, without its person.
func (s *stepping) eraseNow() error {
	if s.c.File == "" {
		return nil
	}
	ref := s.c.File
	s.c.File, s.c.Words = "", nil
	return s.register.eraseFile(s.pass, ref, groundOf(s.c.Wanted))
}

func groundOf(wanted string) EraseGround {
	if wanted == "nationality" {
		return Naturalised
	}
	return LeftScope
}

// keepAfterAll takes the mark off: the proof was wrong.
func (s *stepping) keepAfterAll() error {
	if s.c.File == "" {
		return law.Refuse(law.Conflict, "file_erased_already", citeEarly, "The file has been erased: nothing is left to keep.")
	}
	return s.change(func(a *amending) { a.known.file.EraseBy = 0 }, amendment{kind: MarkTakenOff, cite: citeEarly, note: s.req.Words})
}
