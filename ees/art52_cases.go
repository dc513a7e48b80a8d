package ees

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// CaseKind is a kind of case with time limits.
type CaseKind string

// The kinds of case.
const (
	PersonsRequest CaseKind = "request"       // what a person asked about their data (art 52)
	CorrectionCase CaseKind = "correction"    // evidence that another state's data are wrong (art 35(2))
	EarlyErasure   CaseKind = "early_erasure" // a person has left the scope (art 35(6))
)

// CaseStep is where a case stands.
type CaseStep string

// The steps.
const (
	CaseReceived  CaseStep = "received"  // a request came in
	CaseForwarded CaseStep = "forwarded" // the responsible state was contacted with it
	CaseChecked   CaseStep = "checked"   // accuracy and lawfulness were checked
	CaseDecided   CaseStep = "decided"   // the person was answered
	CaseEvidence  CaseStep = "evidence"  // there is evidence that another state's data are wrong
	CaseContacted CaseStep = "contacted" // the responsible state was contacted about it
	CaseMarked    CaseStep = "marked"    // the file is marked for early erasure
	CaseClosed    CaseStep = "closed"
)

// Rights of a person, as a request names them.
var personsRights = []string{"access", "rectification", "completion", "erasure", "restriction"}

// caseRow is a row of ees_case, with the file and the words from ees_by_case.
type caseRow struct {
	ID          string
	Kind        CaseKind
	Wanted      string
	Step        CaseStep
	Home        person.State // who opened it, and answers the person
	Desk        person.State // whose turn it is
	Responsible person.State // who entered the data
	BeganOn     law.Date
	DueOn       law.Date // 0 when nothing is to be done any more
	LatestOn    law.Date
	Dossier     string
	Steps       []CaseEvent
	Flags       caseFlags
	Version     int64

	File  FileRef // "" when the person has no file, or it was erased
	Words []CaseWords
}

// caseFlags is what a case remembers besides its step.
type caseFlags struct {
	HadFile      bool `json:"had_file,omitempty"`
	FingersTaken bool `json:"fingers,omitempty"` // fingerprints were asked for in justified doubt and are not erased yet
}

// CaseEvent is one step taken. It says nothing of the person.
type CaseEvent struct {
	Do        string       `json:"do"`
	On        law.Date     `json:"on" format:"date"`
	Authority string       `json:"authority"`
	State     person.State `json:"state"`
	Outcome   string       `json:"outcome,omitempty"`
}

// CaseWords is what was written at a step about the person. It goes with the file.
type CaseWords struct {
	Do    string `json:"do"`
	Words string `json:"words"`
}

// CaseRequest opens a case.
type CaseRequest struct {
	Kind       CaseKind `json:"kind" enum:"request,correction" doc:"request: what a person asks about their data (2017/2226 art 52). correction: evidence that data of another state are wrong (art 35(2))."`
	Right      string   `json:"right,omitempty" enum:"access,rectification,completion,erasure,restriction" doc:"For a request: which right."`
	File       FileRef  `json:"file,omitempty" maxLength:"40" doc:"Individual reference number; left out when the person has no file."`
	ReceivedOn law.Date `json:"received_on,omitempty" format:"date" doc:"Day on which the request or the evidence came in; today when left out."`
	Dossier    string   `json:"dossier" minLength:"1" maxLength:"80" doc:"Reference of the national dossier, which holds the correspondence and the person's address."`
	Words      string   `json:"words,omitempty" maxLength:"4000" doc:"What is asked for, or what the evidence is. Kept with the file and erased with it; nothing is kept when there is no file."`
}

// OpenCase opens a case: a person's request to any state (art 52), or evidence
// that another state's data are wrong (art 35(2)). Its limits run from the day of
// receipt.
func (r *Register) OpenCase(p access.Pass, req CaseRequest) (CaseView, error) {
	tx, err := p.Tx()
	if err != nil {
		return CaseView{}, err
	}
	today := law.DateIn(tx.Now(), time.UTC)
	if req.ReceivedOn == 0 {
		req.ReceivedOn = today
	}
	own := person.State(p.Principal().Authority.State)
	c := &caseRow{Kind: req.Kind, Home: own, Desk: own, Responsible: own, BeganOn: req.ReceivedOn, Dossier: strings.TrimSpace(req.Dossier)}
	switch {
	case req.ReceivedOn > today+1:
		return CaseView{}, law.BadField("received_on", "date_in_the_future", "2017/2226 art 52", "Nothing can have been received on a day to come.")
	case c.Dossier == "":
		return CaseView{}, law.BadField("dossier", "dossier_missing", "2017/2226 art 52", "Give the reference of your own dossier: it holds the correspondence.")
	case req.Kind == PersonsRequest:
		c.Step, c.Wanted = CaseReceived, req.Right
		if !slices.Contains(personsRights, req.Right) {
			return CaseView{}, law.BadField("right", "unknown_right", "2017/2226 art 52", "Say which right: "+strings.Join(personsRights, ", ")+".")
		}
	case req.Kind == CorrectionCase:
		c.Step, c.Wanted = CaseEvidence, "rectification"
		if req.File == "" {
			return CaseView{}, law.BadField("file", "file_missing", "2017/2226 art 35(2)", "Evidence is about recorded data: name the file.")
		}
	default:
		return CaseView{}, law.BadField("kind", "unknown_kind", "2017/2226 art 52", "Say request or correction. A person who has left the scope is recorded by an operation of its own.")
	}
	if req.File != "" {
		if err := p.Search(access.ByReference, string(req.File)); err != nil {
			return CaseView{}, err
		}
		k, err := r.openRecords(p, req.File)
		if err != nil {
			return CaseView{}, at("file", err)
		}
		p.Subject(string(req.File))
		c.File, c.Flags.HadFile = req.File, true
		if k.file.Responsible != "" {
			c.Responsible = k.file.Responsible
		}
	}
	if req.Kind == CorrectionCase && c.Responsible == own {
		return CaseView{}, law.BadField("file", "own_data", "2017/2226 art 35(1)", "Your own state entered these data. Correct them; there is nobody to contact.")
	}
	return c.start(p, tx, "open", req.Words, today)
}

// start stores a new case.
func (c *caseRow) start(p access.Pass, tx *db.Tx, do, words string, today law.Date) (CaseView, error) {
	c.ID, c.Version = uuid.NewString(), 1
	c.note(p, do, "", words, today)
	if err := c.setDue(today); err != nil {
		return CaseView{}, err
	}
	steps, flags, all, err := c.texts()
	if err != nil {
		return CaseView{}, err
	}
	tx.Later(`INSERT INTO ees_case (id, kind, wanted, step, home, desk, responsible, began_on, due_on, latest_on, dossier, steps, flags, version, closed_on)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		c.ID, string(c.Kind), c.Wanted, string(c.Step), string(c.Home), string(c.Desk), string(c.Responsible), c.BeganOn, c.DueOn, c.LatestOn,
		c.Dossier, steps, flags, c.Version, c.closedOn())
	if c.File != "" {
		tx.Later(`INSERT INTO ees_by_case (id, ref, words) VALUES ($1, $2, $3)`, c.ID, string(c.File), all)
	}
	return c.view(person.State(p.Principal().Authority.State), today, words)
}

// save stores a case that was known, at its next version.
func (c *caseRow) save(tx *db.Tx) error {
	steps, flags, words, err := c.texts()
	if err != nil {
		return err
	}
	n, err := tx.Exec(`UPDATE ees_case SET step = $1, desk = $2, due_on = $3, latest_on = $4, steps = $5, flags = $6, version = $7, closed_on = $8 WHERE id = $9 AND version = $10`,
		string(c.Step), string(c.Desk), c.DueOn, c.LatestOn, steps, flags, c.Version+1, c.closedOn(), c.ID, c.Version)
	if err != nil {
		return err
	}
	if n != 1 {
		return caseChanged()
	}
	c.Version++
	if c.File != "" {
		_, err = tx.Exec(`UPDATE ees_by_case SET words = $1 WHERE id = $2 AND ref = $3`, words, c.ID, string(c.File))
	}
	return err
}

func caseChanged() *law.Refusal {
	return law.Refuse(law.Conflict, "case_changed", "2017/2226 art 52", "Somebody else has taken a step in this case. Read it again.")
}

func (c *caseRow) texts() (steps, flags, words string, err error) {
	s, err := json.Marshal(c.Steps)
	if err != nil {
		return "", "", "", err
	}
	f, err := json.Marshal(c.Flags)
	if err != nil {
		return "", "", "", err
	}
	w, err := json.Marshal(c.Words)
	return string(s), string(f), string(w), err
}

// note adds what was done to the case; words about the person only where there
// is a file with which they are erased.
func (c *caseRow) note(p access.Pass, do, outcome, words string, today law.Date) {
	who := p.Principal().Authority
	c.Steps = append(c.Steps, CaseEvent{Do: do, On: today, Authority: who.Name, State: person.State(who.State), Outcome: outcome})
	if words = strings.TrimSpace(words); words != "" && c.File != "" {
		c.Words = append(c.Words, CaseWords{do, words})
	}
}

// on is the day of the latest step of that name; 0 when there was none.
func (c *caseRow) on(do string) law.Date {
	for _, e := range slices.Backward(c.Steps) {
		if e.Do == do {
			return e.On
		}
	}
	return 0
}

// setDue works out the next limit: the last day by the calendar, and that day
// moved to the next working day of whoever must act (1182/71 art 3(4)).
func (c *caseRow) setDue(today law.Date) error {
	after := func(p *law.Param[law.Period], from law.Date) (law.Date, error) {
		period, err := periodOn(p, from)
		return period.After(from), err
	}
	var err error
	c.DueOn = 0
	switch c.Step {
	case CaseReceived:
		switch {
		case c.Wanted == "access":
			c.DueOn, err = after(&replyWithin, c.BeganOn)
		case c.Responsible != c.Home:
			c.DueOn, err = after(&forwardWithin, c.BeganOn)
		default:
			c.DueOn, err = after(&checkWithin, c.BeganOn)
		}
	case CaseForwarded:
		c.DueOn, err = after(&checkWithin, c.on("forward"))
	case CaseChecked:
		c.DueOn, err = after(&replyWithin, c.BeganOn)
	case CaseDecided:
		c.DueOn, err = after(&recordWithin, today)
	case CaseEvidence:
		c.DueOn, err = after(&contactWithin, c.BeganOn)
	case CaseContacted:
		c.DueOn, err = after(&responsibleAnswers, c.on("contact"))
	case CaseMarked:
		var n int
		if n, err = law.EarlyErasure.On(max(c.BeganOn, law.EESStart())); err == nil {
			c.DueOn, err = law.AddWorkingDays(string(c.Home), max(c.BeganOn, law.EESStart()), n)
		}
	}
	if err != nil || c.DueOn == 0 {
		c.LatestOn = 0
		return err
	}
	c.LatestOn, err = law.NextWorkingDay(string(c.Desk), max(c.DueOn, law.EESStart()))
	return err
}

// closedOn is the day of the last step of a closed case; 0 before.
func (c *caseRow) closedOn() law.Date {
	if c.Step != CaseClosed {
		return 0
	}
	return c.Steps[len(c.Steps)-1].On
}

// purgeCases takes away cases whose time is over, with what was written in them.
func purgeCases(tx *db.Tx) (int, error) {
	today := law.DateIn(tx.Now(), time.UTC)
	period, err := periodOn(&keepCases, today)
	if err != nil {
		return 0, err
	}
	// The first day that is still kept: period.After(closed) >= today.
	ids, err := texts(tx, `SELECT id FROM ees_case WHERE closed_on < $1 ORDER BY closed_on, id LIMIT $2`, period.Before(today), purgeStep)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		tx.Later(`DELETE FROM ees_by_case WHERE id = $1`, id)
		tx.Later(`DELETE FROM ees_case WHERE id = $1`, id)
	}
	return len(ids), nil
}

// replyBy is the last day to answer the person; 0 for cases that nobody asked
// for.
func (c *caseRow) replyBy() (law.Date, error) {
	if c.Kind != PersonsRequest {
		return 0, nil
	}
	period, err := periodOn(&replyWithin, c.BeganOn)
	return period.After(c.BeganOn), err
}

const caseColumns = `c.id, c.kind, c.wanted, c.step, c.home, c.desk, c.responsible, c.began_on, c.due_on, c.latest_on, c.dossier, c.steps, c.flags, c.version`

// caseFields are where caseColumns are scanned to.
type caseFields struct {
	c                                                 caseRow
	kind, step, home, desk, responsible, steps, flags string
}

func (f *caseFields) fields() []any {
	return []any{&f.c.ID, &f.kind, &f.c.Wanted, &f.step, &f.home, &f.desk, &f.responsible, &f.c.BeganOn, &f.c.DueOn, &f.c.LatestOn, &f.c.Dossier, &f.steps, &f.flags, &f.c.Version}
}

func (f *caseFields) row() (*caseRow, error) {
	c := f.c
	c.Kind, c.Step, c.Home, c.Desk, c.Responsible = CaseKind(f.kind), CaseStep(f.step), person.State(f.home), person.State(f.desk), person.State(f.responsible)
	if err := json.Unmarshal([]byte(f.steps), &c.Steps); err != nil {
		return nil, fmt.Errorf("ees: case %s: %w", c.ID, err)
	}
	if err := json.Unmarshal([]byte(f.flags), &c.Flags); err != nil {
		return nil, fmt.Errorf("ees: case %s: %w", c.ID, err)
	}
	return &c, nil
}

// readCase reads a case for one of the states that it concerns.
func readCase(p access.Pass, id string) (*caseRow, *db.Tx, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, nil, err
	}
	var f caseFields
	var ref, words *string
	err = tx.Row(`SELECT `+caseColumns+`, b.ref, b.words FROM ees_case c LEFT JOIN ees_by_case b ON b.id = c.id WHERE c.id = $1`, id).Scan(append(f.fields(), &ref, &words)...)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil, noSuchCase()
	}
	if err != nil {
		return nil, nil, err
	}
	c, err := f.row()
	if err != nil {
		return nil, nil, err
	}
	own := person.State(p.Principal().Authority.State)
	if own != c.Home && own != c.Desk && (own != c.Responsible || !slices.ContainsFunc(c.Steps, func(e CaseEvent) bool { return e.State == own })) {
		return nil, nil, noSuchCase()
	}
	if ref != nil {
		c.File = FileRef(*ref)
		p.Subject(*ref)
		if err := json.Unmarshal([]byte(*words), &c.Words); err != nil {
			return nil, nil, fmt.Errorf("ees: words of case %s: %w", c.ID, err)
		}
	}
	return c, tx, nil
}

func noSuchCase() *law.Refusal {
	return law.Refuse(law.NotFound, "no_such_case", "2017/2226 art 52", "There is no such case of your state. Look it up in the list of cases.")
}
