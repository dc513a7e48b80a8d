package ees

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// CaseStepRequest is the next step of a case.
type CaseStepRequest struct {
	CaseID  string `json:"case_id" minLength:"1" maxLength:"40"`
	Do      string `json:"do" enum:"forward,check,confirm,refuse,withdraw,doubt_identity,fingerprints_erased,hand_over_record,contact,answer,corrected,erase,keep" doc:"What is done. The case says in 'next' what can be."`
	Outcome string `json:"outcome,omitempty" enum:"accurate,inaccurate,unlawful" doc:"For check and answer: what was found."`
	Words   string `json:"words,omitempty" maxLength:"4000" doc:"Reasons; needed for refuse, doubt_identity and keep."`
}

// move is one step that a case can take.
type move struct {
	kind    CaseKind
	from    CaseStep
	do      string
	to      CaseStep // where it leads; "" leaves the step as it is
	reasons bool     // words are needed
	finding bool     // an outcome is needed
	when    func(c *caseRow) bool
	act     func(s *stepping) error
}

// moves are the ways that a case can go. What is not here is refused.
var moves = []move{
	{kind: PersonsRequest, from: CaseReceived, do: "forward", to: CaseForwarded, when: func(c *caseRow) bool { return c.Wanted != "access" && c.Responsible != c.Home },
		act: func(s *stepping) error { s.c.Desk = s.c.Responsible; return nil }},
	{kind: PersonsRequest, from: CaseReceived, do: "check", to: CaseChecked, finding: true, when: func(c *caseRow) bool { return c.Wanted != "access" }},
	{kind: PersonsRequest, from: CaseForwarded, do: "check", to: CaseChecked, finding: true, act: func(s *stepping) error { s.c.Desk = s.c.Home; return nil }},
	{kind: PersonsRequest, from: CaseReceived, do: "confirm", to: CaseDecided, when: func(c *caseRow) bool { return c.Wanted == "access" }},
	{kind: PersonsRequest, from: CaseReceived, do: "refuse", to: CaseDecided, reasons: true, when: func(c *caseRow) bool { return c.Wanted == "access" }},
	{kind: PersonsRequest, from: CaseChecked, do: "confirm", to: CaseDecided, act: (*stepping).carryOut},
	{kind: PersonsRequest, from: CaseChecked, do: "refuse", to: CaseDecided, reasons: true},
	{kind: PersonsRequest, from: CaseReceived, do: "withdraw", to: CaseDecided},
	{kind: PersonsRequest, from: CaseChecked, do: "withdraw", to: CaseDecided},
	{kind: PersonsRequest, from: CaseReceived, do: "doubt_identity", reasons: true, when: noFingers, act: (*stepping).fingersTaken},
	{kind: PersonsRequest, from: CaseChecked, do: "doubt_identity", reasons: true, when: noFingers, act: (*stepping).fingersTaken},
	{kind: PersonsRequest, from: CaseReceived, do: "fingerprints_erased", when: hasFingers, act: (*stepping).fingersErased},
	{kind: PersonsRequest, from: CaseChecked, do: "fingerprints_erased", when: hasFingers, act: (*stepping).fingersErased},
	{kind: PersonsRequest, from: CaseDecided, do: "fingerprints_erased", when: hasFingers, act: (*stepping).fingersErased},
	{kind: PersonsRequest, from: CaseDecided, do: "hand_over_record", to: CaseClosed, when: noFingers},

	{kind: CorrectionCase, from: CaseEvidence, do: "contact", to: CaseContacted, act: func(s *stepping) error { s.c.Desk = s.c.Responsible; return nil }},
	{kind: CorrectionCase, from: CaseEvidence, do: "corrected", to: CaseClosed, act: (*stepping).wasCorrected},
	{kind: CorrectionCase, from: CaseContacted, do: "answer", to: CaseClosed, finding: true, act: (*stepping).answered},

	{kind: EarlyErasure, from: CaseMarked, do: "erase", to: CaseClosed, act: (*stepping).eraseNow},
	{kind: EarlyErasure, from: CaseMarked, do: "keep", to: CaseClosed, reasons: true, act: (*stepping).keepAfterAll},
}

func hasFingers(c *caseRow) bool { return c.Flags.FingersTaken }
func noFingers(c *caseRow) bool  { return !c.Flags.FingersTaken }

// next lists what a state can do in a case now.
func (c *caseRow) next(own person.State) []string {
	list := []string{}
	for _, m := range moves {
		if m.kind == c.Kind && m.from == c.Step && own == c.Desk && (m.when == nil || m.when(c)) {
			list = append(list, m.do)
		}
	}
	return list
}

// stepping is a step under way.
type stepping struct {
	register *Register
	pass     access.Pass
	tx       *db.Tx
	req      CaseStepRequest
	c        *caseRow
	today    law.Date
}

// StepCase takes the next step in a case, for the state whose turn it is.
// version is the case's (If-Match); 0 asks for no check.
func (r *Register) StepCase(p access.Pass, req CaseStepRequest, version int64) (CaseView, error) {
	c, tx, err := readCase(p, req.CaseID)
	if err != nil {
		return CaseView{}, err
	}
	if version != 0 && version != c.Version {
		return CaseView{}, caseChanged()
	}
	own := person.State(p.Principal().Authority.State)
	s := &stepping{register: r, pass: p, tx: tx, req: req, c: c, today: law.DateIn(tx.Now(), time.UTC)}
	i := slices.IndexFunc(moves, func(m move) bool {
		return m.kind == c.Kind && m.from == c.Step && m.do == req.Do && (m.when == nil || m.when(c))
	})
	switch {
	case own != c.Desk:
		return CaseView{}, law.Refuse(law.NotPermitted, "not_your_turn", "2017/2226 art 52",
			fmt.Sprintf("It is the turn of %s in this case. Wait for its answer.", c.Desk.Name()), "desk", string(c.Desk))
	case i < 0:
		return CaseView{}, law.Refuse(law.Conflict, "step_out_of_order", "2017/2226 art 52",
			fmt.Sprintf("The case stands at %q. What can be done now: %s.", c.Step, cmp.Or(strings.Join(c.next(own), ", "), "nothing")), "step", string(c.Step), "do", req.Do)
	}
	m := moves[i]
	if m.reasons && len(strings.TrimSpace(req.Words)) < shortestWhy {
		return CaseView{}, law.BadField("words", "reason_missing", "2017/2226 art 52", "Give the reasons in words: the person, or the supervisory authority, will read them.")
	}
	if m.finding && !slices.Contains([]string{"accurate", "inaccurate", "unlawful"}, req.Outcome) {
		return CaseView{}, law.BadField("outcome", "outcome_missing", "2017/2226 art 52", "Say what the check found: accurate, inaccurate or unlawful.")
	}
	if !m.finding {
		req.Outcome = ""
	}
	if m.act != nil {
		if err := m.act(s); err != nil {
			return CaseView{}, err
		}
	}
	c.note(p, req.Do, req.Outcome, req.Words, s.today)
	if m.to != "" {
		c.Step = m.to
		if err := c.setDue(s.today); err != nil {
			return CaseView{}, err
		}
	}
	if err := c.save(tx); err != nil {
		return CaseView{}, err
	}
	v, err := c.view(own, s.today, req.Words)
	if err != nil {
		return CaseView{}, err
	}
	return v, p.Send(access.EntryRecords)
}

// fingersTaken: fingerprints are asked for only in justified doubt about who
// asks, and erased at once after the comparison. They are never stored here.
func (s *stepping) fingersTaken() error { s.c.Flags.FingersTaken = true; return nil }

func (s *stepping) fingersErased() error { s.c.Flags.FingersTaken = false; return nil }

// carryOut does what the person asked for, or finds that it was done.
func (s *stepping) carryOut() error {
	if s.c.File == "" {
		return nil
	}
	switch s.c.Wanted {
	case "rectification", "completion":
		return s.wasCorrected()
	case "erasure":
		if s.c.outcomeOf("check") == "accurate" {
			return law.Refuse(law.Conflict, "data_found_accurate", "2017/2226 art 52",
				"The check found the data accurate and lawful: there is no ground to erase them. Refuse with reasons, or have them checked again.")
		}
		return s.change(func(a *amending) { a.known.file.EraseBy = s.today }, amendment{kind: "erasure_granted", cite: "2017/2226 art 52"})
	case "restriction":
		return s.change(func(a *amending) {
			who := s.pass.Principal().Authority
			a.known.file.Restricted = &Restriction{On: s.today, By: who.Name, State: person.State(who.State), Why: s.c.ID}
		}, amendment{kind: FileRestricted, cite: citeRestrict})
	}
	return nil
}

func (c *caseRow) outcomeOf(do string) string {
	for _, e := range slices.Backward(c.Steps) {
		if e.Do == do {
			return e.Outcome
		}
	}
	return ""
}

// wasCorrected finds the correction that the case was about.
func (s *stepping) wasCorrected() error {
	if s.c.File == "" {
		return nil
	}
	var n int
	err := s.tx.Row(`SELECT COUNT(*) FROM ees_amendment WHERE ref = $1 AND kind IN ($2, $3) AND made_on >= $4`,
		string(s.c.File), string(Corrected), string(RefusalAnnulled), s.c.BeganOn).Scan(&n)
	if err != nil || n > 0 {
		return err
	}
	return law.Refuse(law.Conflict, "nothing_corrected_yet", "2017/2226 art 35(1)",
		"Nothing in the file was corrected since the case began. Correct the data first, then confirm.")
}

// answered is the answer of the responsible state: the data were right, or it
// has corrected them.
func (s *stepping) answered() error {
	s.c.Desk = s.c.Home
	if s.req.Outcome == "accurate" {
		return nil
	}
	return s.wasCorrected()
}

// change amends the file of the case.
func (s *stepping) change(how func(*amending), note amendment) error {
	a, err := s.register.amend(s.pass, s.c.File, 0)
	if err != nil {
		return err
	}
	how(a)
	note.body = map[string]string{"case": s.c.ID}
	a.did(note)
	_, err = a.commit()
	return err
}
