package ees

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// preEnrolmentLifetime is how long what a traveller entered at a kiosk waits for
// a guard.
var preEnrolmentLifetime = law.Param[time.Duration]{Name: "ees.pre_enrolment_lifetime", Unit: "duration", Rows: []law.Row[time.Duration]{
	{From: law.MustDate("2025-10-12"), Value: 4 * time.Hour, Cite: "2016/399 art 8a", Unconfirmed: true,
		Note: "design choice: the law sets no time; long enough for the queue of a full arrivals hall"}}}

// selfServiceAge is the age from which kiosks and gates serve a traveller.
var selfServiceAge = law.Param[int]{Name: "ees.self_service_age", Unit: "years", Rows: []law.Row[int]{
	{From: law.MustDate("2025-10-12"), Value: 12, Cite: "2016/399 art 8a", Unconfirmed: true,
		Note: "that self-service is not designed for children without fingerprints was not read as a number in the article"}}}

// Chip is what a self-service system read of the chip of the document. The
// system of the border authority states these facts and answers for them.
type Chip struct {
	Certificates string `json:"certificates,omitempty" enum:"valid,invalid,unchecked" doc:"What came of checking the chip against the whole chain of certificates."`
	FaceRead     bool   `json:"face_read,omitempty" doc:"The facial image of the chip could be read."`
}

// sound refuses self-service to a document without a chip that is authentic and
// shows a face (2016/399 arts 8a(1), 8b(1)).
func (c *Chip) sound(cite law.Citation) error {
	refuse := func(code law.Code, message string) error {
		return law.Refuse(law.NotPermitted, code, cite, message+" Send the traveller to a guard.")
	}
	switch {
	case c == nil:
		return refuse("chip_needed", "Self-service needs a travel document with a chip, and none was read.")
	case c.Certificates != "valid":
		return refuse("chip_not_authentic", "The authenticity of the chip was not confirmed with the whole chain of certificates.")
	case !c.FaceRead:
		return refuse("chip_face_unreadable", "The facial image of the chip could not be read.")
	}
	return nil
}

// KioskAnswer is a traveller's answer to a question on the conditions of entry.
type KioskAnswer struct {
	Question string `json:"question" enum:"purpose,accommodation,means,return_journey" doc:"Which question."`
	Answer   string `json:"answer" minLength:"1" maxLength:"200"`
}

// KioskQuestion is a question that a kiosk asks at entry (2016/399 art 8(3)).
type KioskQuestion struct {
	Code string       `json:"code"`
	Text string       `json:"text"`
	Cite law.Citation `json:"article"`
	// Member: not asked of members of a national facilitation programme, whose
	// purpose and means were examined before (2016/399 art 8d).
	Member bool `json:"skipped_for_members"`
}

// KioskQuestions lists what a kiosk asks.
var KioskQuestions = []KioskQuestion{
	{"purpose", "Why are you travelling?", "2016/399 art 6(1)(c)", true},
	{"accommodation", "Where will you stay?", "2016/399 art 6(1)(c)", true},
	{"means", "How do you pay for your stay?", "2016/399 art 6(1)(c)", true},
	{"return_journey", "When and how do you leave again?", "2016/399 art 6(1)(c)", true},
}

// SampleRef names a sample that the kiosk took and keeps for the booth.
type SampleRef struct {
	Kind    SampleKind `json:"kind" enum:"face,fingerprints"`
	Ref     string     `json:"ref" minLength:"1" maxLength:"120" doc:"Reference under which the booth fetches the sample from the kiosk's system."`
	TakenAt time.Time  `json:"taken_at"`
}

// PreEnrolRequest opens a pre-enrolment: the document on the reader.
type PreEnrolRequest struct {
	CheckRequest
	Kiosk string `json:"kiosk" minLength:"1" maxLength:"60" doc:"Name of the kiosk."`
	Chip  *Chip  `json:"chip,omitempty" doc:"What was read of the chip."`
}

// KioskStepRequest adds to a pre-enrolment what the traveller did next.
type KioskStepRequest struct {
	Biometrics *Biometrics   `json:"biometrics,omitempty" doc:"What was taken. A live face is compared with that of the chip: say so in chip_matched."`
	Samples    []SampleRef   `json:"samples,omitempty" maxItems:"8" nullable:"false"`
	Answers    []KioskAnswer `json:"answers,omitempty" maxItems:"8" nullable:"false"`
	Days       int           `json:"intended_days,omitempty" minimum:"0" maximum:"3650"`
	Alert      bool          `json:"alert,omitempty" doc:"A database that the kiosk's system consulted has something on the traveller."`
	Finish     bool          `json:"finish,omitempty" doc:"The traveller is done at the kiosk."`
}

// PreEnrolmentStatus says how far a pre-enrolment is.
type PreEnrolmentStatus string

// The states of a pre-enrolment.
const (
	KioskStarted   PreEnrolmentStatus = "STARTED"      // at the kiosk, or left there
	PreEnrolled    PreEnrolmentStatus = "PRE_ENROLLED" // waits for the guard
	KioskReferred  PreEnrolmentStatus = "REFERRED"     // waits for the guard, who must look into something
	KioskConfirmed PreEnrolmentStatus = "CONFIRMED"    // the guard has confirmed it: an e-gate may let the traveller pass
	KioskUsed      PreEnrolmentStatus = "USED"         // a decision has used it
)

// captured is what the row of a pre-enrolment keeps.
type captured struct {
	Request PreEnrolRequest `json:"req"`
	Samples []SampleRef     `json:"samples,omitempty"`
	Answers []KioskAnswer   `json:"answers,omitempty"`
	Alert   bool            `json:"alert,omitempty"`
	Done    bool            `json:"done,omitempty"`
	File    *FileSummary    `json:"file,omitempty"`
	Who     TravellerView   `json:"who"`
	Reasons []law.Reason    `json:"reasons,omitempty"`
	Todo    []string        `json:"todo,omitempty"`
	Asked   []KioskQuestion `json:"asked,omitempty"`
	Member  bool            `json:"member,omitempty"`
	Path    []PathStep      `json:"path,omitempty"`
}

// preEnrolment is a row of ees_preenrolment.
type preEnrolment struct {
	Code      string
	At        time.Time
	ExpiresAt time.Time
	State     string
	BCP       string
	Status    PreEnrolmentStatus
	Version   int64
	captured
}

// KioskView is a pre-enrolment as it is sent.
type KioskView struct {
	Code          string             `json:"code" doc:"What the traveller carries to the booth."`
	Status        PreEnrolmentStatus `json:"status" enum:"STARTED,PRE_ENROLLED,REFERRED,CONFIRMED,USED" doc:"PRE_ENROLLED and REFERRED wait for the guard: nothing is in the register before the guard decides."`
	Kiosk         string             `json:"kiosk"`
	Direction     Direction          `json:"direction"`
	CrossingPoint string             `json:"crossing_point"`
	At            time.Time          `json:"at"`
	ExpiresAt     time.Time          `json:"expires_at"`
	Version       int64              `json:"version"`
	Traveller     TravellerView      `json:"traveller"`
	File          *FileSummary       `json:"file" doc:"The traveller's file; null for somebody who is not recorded yet."`
	Biometrics    *Biometrics        `json:"biometrics" doc:"What the kiosk took."`
	Samples       []SampleRef        `json:"samples" nullable:"false"`
	Answers       []KioskAnswer      `json:"answers" nullable:"false"`
	Questions     []KioskQuestion    `json:"questions" nullable:"false" doc:"What is still to be asked."`
	Member        bool               `json:"member" doc:"Member of a national facilitation programme: purpose and means are not asked (2016/399 art 8d)."`
	ToTake        []string           `json:"to_take" nullable:"false" doc:"Biometrics still to be taken."`
	Reasons       []law.Reason       `json:"reasons" nullable:"false" doc:"Why the traveller is referred to a guard."`
	ToConfirm     []string           `json:"to_confirm" nullable:"false" doc:"What the guard verifies before the data become final: document, face, fingerprints (2016/399 art 8a(4))."`
	Path          []PathStep         `json:"path" nullable:"false" doc:"The searches made at the kiosk."`
}

func (e *preEnrolment) view() KioskView {
	v := KioskView{Code: showCode(e.Code), Status: e.Status, Kiosk: e.Request.Kiosk, Direction: e.Request.Direction, CrossingPoint: e.BCP, At: e.At,
		ExpiresAt: e.ExpiresAt, Version: e.Version, Traveller: e.Who, File: e.File, Biometrics: e.Request.Biometrics, Member: e.Member,
		Samples: e.Samples, Answers: e.Answers, Questions: e.Asked, ToTake: e.Todo, Reasons: e.Reasons, ToConfirm: e.toConfirm(), Path: e.Path}
	if v.Samples == nil {
		v.Samples = []SampleRef{}
	}
	if v.Answers == nil {
		v.Answers = []KioskAnswer{}
	}
	if v.Questions == nil {
		v.Questions = []KioskQuestion{}
	}
	if v.ToTake == nil {
		v.ToTake = []string{}
	}
	if v.Reasons == nil {
		v.Reasons = []law.Reason{}
	}
	if v.Path == nil {
		v.Path = []PathStep{}
	}
	return v
}

// toConfirm is what the guard verifies: the document always, and of what was
// taken the live face and the fingerprints (2016/399 art 8a(4)(b)).
func (c *captured) toConfirm() []string {
	list := []string{"document"}
	if b := c.Request.Biometrics; b != nil {
		if b.Face == "captured" || b.Face == "chip" {
			list = append(list, "face")
		}
		if b.Fingerprints == "captured" {
			list = append(list, "fingerprints")
		}
	}
	return list
}

// PreEnrol opens a pre-enrolment at a kiosk (2016/399 art 8a): the document and
// its chip are read, the traveller is looked for. Nothing of it is in the
// register before a guard has decided (art 14(5), EES-039).
func (r *Register) PreEnrol(p access.Pass, req PreEnrolRequest) (KioskView, error) {
	tx, err := p.Tx()
	if err != nil {
		return KioskView{}, err
	}
	if err := req.Chip.sound("2016/399 art 8a(1)"); err != nil {
		return KioskView{}, err
	}
	if req.At != nil || req.Origin != "" && req.Origin != Online || req.NoDocument {
		return KioskView{}, law.BadField("origin", "kiosk_is_online", "2016/399 art 8a(2)",
			"A kiosk serves travellers who stand at it with their document. Leave the moment and the origin out.")
	}
	now := tx.Now()
	lifetime, err := preEnrolmentLifetime.On(law.DateIn(now, time.UTC))
	if err != nil {
		return KioskView{}, err
	}
	e := &preEnrolment{Code: newCode(), At: now, ExpiresAt: now.Add(lifetime), State: p.Principal().Authority.State, Status: KioskStarted, Version: 1}
	e.Request = req
	if err := r.weighKiosk(p, e); err != nil {
		return KioskView{}, err
	}
	body, err := json.Marshal(e.captured)
	if err != nil {
		return KioskView{}, err
	}
	tx.Later(`INSERT INTO ees_preenrolment (code, at, expires_at, authority, state, bcp, number, issuer, status, version, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, e.Code, e.At.UnixMicro(), e.ExpiresAt.UnixMicro(), p.Principal().Authority.Name, e.State,
		e.BCP, string(e.Who.Document.Number), string(e.Who.Document.Issuer), string(e.Status), e.Version, string(body))
	return e.viewFor(p), nil
}

// ContinuePreEnrolment adds what the traveller did next at the kiosk. A kiosk
// that came back after a fault goes on with the code; version 0 asks for no check.
func (r *Register) ContinuePreEnrolment(p access.Pass, code string, version int64, req KioskStepRequest) (KioskView, error) {
	e, err := readPreEnrolment(p, code)
	if err != nil {
		return KioskView{}, err
	}
	switch {
	case version != 0 && version != e.Version:
		return KioskView{}, preEnrolmentMoved()
	case e.Status == KioskUsed:
		return KioskView{}, preEnrolmentUsed()
	case e.Done:
		return KioskView{}, law.Refuse(law.Conflict, "pre_enrolment_finished", "2016/399 art 8a(4)",
			"The traveller is done at the kiosk. What is still missing is taken by the guard.", "status", string(e.Status))
	}
	if req.Biometrics != nil {
		if err := req.Biometrics.sound(); err != nil {
			return KioskView{}, err
		}
		e.Request.Biometrics = req.Biometrics.over(e.Request.Biometrics)
	}
	e.Samples = append(e.Samples, req.Samples...)
	for _, a := range req.Answers {
		if !slices.ContainsFunc(KioskQuestions, func(q KioskQuestion) bool { return q.Code == a.Question }) {
			return KioskView{}, law.BadField("answers", "unknown_question", "2016/399 art 8(3)", "This is none of the questions. See the list of what is still to be asked.", "question", a.Question)
		}
		e.Answers = append(slices.DeleteFunc(e.Answers, func(o KioskAnswer) bool { return o.Question == a.Question }), a)
	}
	if req.Days > 0 {
		e.Request.IntendedDays = req.Days
	}
	e.Alert = e.Alert || req.Alert
	e.Done = req.Finish
	if err := r.weighKiosk(p, e); err != nil {
		return KioskView{}, err
	}
	if err := e.store(p); err != nil {
		return KioskView{}, err
	}
	return e.viewFor(p), nil
}

// store writes the pre-enrolment as its next version.
func (e *preEnrolment) store(p access.Pass) error {
	tx, err := p.Tx()
	if err != nil {
		return err
	}
	body, err := json.Marshal(e.captured)
	if err != nil {
		return err
	}
	n, err := tx.Exec(`UPDATE ees_preenrolment SET status = $1, version = version + 1, body = $2 WHERE code = $3 AND version = $4`,
		string(e.Status), string(body), e.Code, e.Version)
	switch {
	case err != nil:
		return err
	case n != 1:
		return preEnrolmentMoved()
	}
	e.Version++
	return nil
}

func preEnrolmentMoved() *law.Refusal {
	return law.Refuse(law.Conflict, "pre_enrolment_changed", "2016/399 art 8a",
		"The pre-enrolment has changed since it was read: the kiosk or a booth has gone on with it. Read it again.")
}

// weighKiosk looks the traveller up with everything that is known now, and says
// what is missing and what must be referred to a guard.
func (r *Register) weighKiosk(p access.Pass, e *preEnrolment) error {
	c, err := r.lookFor(p, e.Request.CheckRequest)
	if err != nil {
		return err
	}
	if err := oldEnough(c); err != nil {
		return err
	}
	e.BCP, e.Who, e.Path = c.point.Code, c.out.Traveller, c.kept.path()
	e.File, e.Reasons, e.Member = nil, nil, c.member()
	if c.found != nil {
		f := c.found.summary()
		e.File = &f
	}
	e.Todo, e.Asked = stillToTake(c.out.ToTake, e.Request.Biometrics), e.open(c)
	e.refer(c)
	if e.Done {
		e.Status = PreEnrolled
		if len(e.Reasons) > 0 {
			e.Status = KioskReferred
		}
	}
	for _, f := range c.opened() {
		p.Subject(string(f))
	}
	return p.Send(access.FileExistence, access.IdentityData, access.DocumentData, access.BiometricData)
}

// lookFor runs a check without keeping it.
func (r *Register) lookFor(p access.Pass, req CheckRequest) (*checking, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	c := &checking{register: r, pass: p, tx: tx, req: req}
	return c, c.look()
}

// oldEnough turns children to a guard.
func oldEnough(c *checking) error {
	limit, err := selfServiceAge.On(c.on)
	if err != nil {
		return err
	}
	if youngest, _ := c.traveller.Identity.Birth.Age(c.on); youngest < limit {
		return law.Refuse(law.NotPermitted, "self_service_not_for_children", "2016/399 art 8a",
			"Self-service is not for children under "+strconv.Itoa(limit)+". Send the traveller to a guard, with the family.", "age", strconv.Itoa(youngest))
	}
	return nil
}

// member tells whether the traveller is in a facilitation programme of the state
// of the crossing point on that day (2016/399 art 8d).
func (c *checking) member() bool {
	return c.found != nil && slices.ContainsFunc(c.found.file.Programmes, func(g Programme) bool {
		return g.State == c.point.State && g.From <= c.on && c.on <= g.Until
	})
}

// open lists the questions not yet answered. Whoever leaves is asked nothing.
func (e *preEnrolment) open(c *checking) []KioskQuestion {
	var list []KioskQuestion
	for _, q := range KioskQuestions {
		if c.req.Direction == Exit || q.Member && e.Member || slices.ContainsFunc(e.Answers, func(a KioskAnswer) bool { return a.Question == q.Code }) {
			continue
		}
		list = append(list, q)
	}
	return list
}

// refer collects why a guard must look into it: conditions that are not met,
// doubts, a threat (2016/399 arts 8a, 8b).
func (e *preEnrolment) refer(c *checking) {
	e.Reasons = c.grave()
	add := func(code law.Code, cite law.Citation, message string) {
		e.Reasons = append(e.Reasons, law.Reason{Code: code, Cite: cite, Message: message})
	}
	b := e.Request.Biometrics
	if b != nil && b.Face == "captured" && b.ChipMatched != "matched" {
		add("face_not_of_the_chip", "2016/399 art 8a(2)", "The live face was not found to be that of the chip.")
	}
	if e.Alert {
		add("alert", "2016/399 art 8(3)", "A database that was consulted has something on the traveller. Look there before anything else.")
	}
	if !e.Done {
		return
	}
	if b == nil || b.Face == "" || b.Face == "not_taken" {
		add("face_not_compared", "2016/399 art 8a(2)", "The kiosk did not compare the traveller's live face.")
	}
	if c.found != nil && c.kept.state() == StateVerifyFace && (b == nil || b.Face != "verified") {
		add("not_compared_with_the_file", "2016/399 art 8a(2)", "The kiosk did not compare the traveller with the individual file.")
	}
	for _, kind := range e.Todo {
		add("biometrics_missing", "2016/399 art 8a(4)", "The kiosk did not take: "+kind+".")
	}
	if len(e.Asked) > 0 {
		add("questions_open", "2016/399 art 8(3)", "Questions were left without an answer.")
	}
}

// grave lists the findings that ask for a guard's decision.
func (c *checking) grave() []law.Reason {
	return slices.Clone(c.out.Findings[:c.graveCount()])
}

// graveCount is how many findings weigh more than information; they stand first.
func (c *checking) graveCount() int {
	n := 0
	for _, w := range c.weights {
		if w != Admit {
			n++
		}
	}
	return n
}

// stillToTake is what of a list has not been taken.
func stillToTake(list []string, b *Biometrics) []string {
	left := []string{}
	for _, kind := range list {
		taken := b != nil && (kind == "face" && (b.Face == "captured" || b.Face == "chip") ||
			kind == "fingerprints" && (b.Fingerprints == "captured" || b.Fingerprints == "permanently_impossible"))
		if !taken {
			left = append(left, kind)
		}
	}
	return left
}

// readPreEnrolment opens a pre-enrolment that has not expired, for the state
// whose kiosk made it.
func readPreEnrolment(p access.Pass, code string) (*preEnrolment, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	code, err = ParseCode(code)
	if err != nil {
		return nil, err
	}
	e, err := scanPreEnrolment(tx.Row(preEnrolmentColumns+` WHERE code = $1`, code))
	if errors.Is(err, db.ErrNoRows) || err == nil && (e.State != p.Principal().Authority.State || tx.Now().After(e.ExpiresAt)) {
		return nil, law.Refuse(law.NotFound, "no_such_pre_enrolment", "2016/399 art 8a",
			"There is no such pre-enrolment, or it has expired. Check the traveller as usual.")
	}
	if err != nil {
		return nil, err
	}
	if e.File != nil {
		p.Subject(string(e.File.Ref))
	}
	return e, nil
}

const preEnrolmentColumns = `SELECT code, at, expires_at, state, bcp, status, version, body FROM ees_preenrolment`

func scanPreEnrolment(row interface{ Scan(...any) error }) (*preEnrolment, error) {
	e := new(preEnrolment)
	var at, expires int64
	var status, body string
	if err := row.Scan(&e.Code, &at, &expires, &e.State, &e.BCP, &status, &e.Version, &body); err != nil {
		return nil, err
	}
	e.At, e.ExpiresAt, e.Status = time.UnixMicro(at).UTC(), time.UnixMicro(expires).UTC(), PreEnrolmentStatus(status)
	return e, json.Unmarshal([]byte(body), &e.captured)
}

// ReadPreEnrolment shows a pre-enrolment by its code.
func (r *Register) ReadPreEnrolment(p access.Pass, code string) (KioskView, error) {
	e, err := readPreEnrolment(p, code)
	if err != nil {
		return KioskView{}, err
	}
	return e.viewFor(p), p.Send(access.FileExistence, access.IdentityData, access.DocumentData, access.BiometricData)
}

// WaitingQuery asks who waits at a crossing point.
type WaitingQuery struct {
	CrossingPoint string
	Document      string // number; finds one traveller
	Issuer        string
}

// WaitingList is who waits for a guard.
type WaitingList struct {
	Waiting []KioskView `json:"waiting" nullable:"false"`
	More    bool        `json:"more" doc:"More travellers wait than are shown."`
}

const waitingLimit = 50

// ListPreEnrolments lists who waits for a guard at a crossing point, the longest
// waiting first.
func (r *Register) ListPreEnrolments(p access.Pass, q WaitingQuery) (WaitingList, error) {
	tx, err := p.Tx()
	if err != nil {
		return WaitingList{}, err
	}
	point, err := readOwnPoint(p, q.CrossingPoint, "check and record there")
	if err != nil {
		return WaitingList{}, err
	}
	query, args := preEnrolmentColumns+` WHERE bcp = $1 AND expires_at >= $2 AND status <> 'USED' ORDER BY at, code LIMIT $3`,
		[]any{point.Code, tx.Now().UnixMicro(), waitingLimit + 1}
	if q.Document != "" {
		number, err := person.ParseDocumentNumber(q.Document)
		if err != nil {
			return WaitingList{}, at("document", err)
		}
		if err := p.Search(access.ByDocument, string(number)); err != nil {
			return WaitingList{}, err
		}
		query = preEnrolmentColumns + ` WHERE bcp = $1 AND expires_at >= $2 AND status <> 'USED' AND number = $4 AND issuer = $5 ORDER BY at, code LIMIT $3`
		args = append(args, string(number), strings.ToUpper(q.Issuer))
	}
	list := WaitingList{Waiting: []KioskView{}}
	rows, err := tx.Query(query, args...)
	if err != nil {
		return WaitingList{}, err
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scanPreEnrolment(rows)
		if err != nil {
			return WaitingList{}, err
		}
		if len(list.Waiting) == waitingLimit {
			list.More = true
			break
		}
		if e.File != nil {
			p.Subject(string(e.File.Ref))
		}
		list.Waiting = append(list.Waiting, e.view())
	}
	if err := rows.Err(); err != nil {
		return WaitingList{}, err
	}
	return list, p.Send(access.FileExistence, access.IdentityData, access.DocumentData, access.BiometricData)
}
