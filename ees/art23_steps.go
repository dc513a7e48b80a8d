package ees

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"limen/access"
	"limen/interop/cir"
	"limen/law"
)

// StepRequest is what came of the step that a check asked for.
type StepRequest struct {
	Step         CheckState   `json:"step" maxLength:"40" example:"verify_face" doc:"The step this answers: next.step of the check."`
	Outcome      CheckEvent   `json:"outcome,omitempty" maxLength:"40" example:"face_match" doc:"What came of it, one of next.outcomes. Left out when a sample is sent: the system that compares says it."`
	File         FileRef      `json:"file,omitempty" maxLength:"40" doc:"With file_named: the file that is the traveller's."`
	Face         []byte       `json:"face,omitempty" doc:"Live facial image, base64."`
	Fingerprints []byte       `json:"fingerprints,omitempty" doc:"Four fingers of the right hand, or of the left, base64."`
	Letters      *SomeLetters `json:"letters,omitempty" doc:"For identify_alphanumeric: all or some of the data to search by."`
}

// SomeLetters are all or some of the data of an identity, or a document (art 27(1)).
type SomeLetters struct {
	Document    string `json:"document,omitempty" maxLength:"40" doc:"Document number, alone or with its issuer."`
	Issuer      string `json:"issuer,omitempty" maxLength:"3"`
	Surname     string `json:"surname,omitempty" maxLength:"128"`
	FirstNames  string `json:"first_names,omitempty" maxLength:"128"`
	BirthDate   string `json:"birth_date,omitempty" maxLength:"10"`
	Sex         string `json:"sex,omitempty" maxLength:"1"`
	Nationality string `json:"nationality,omitempty" maxLength:"3"`
}

// TakeStep takes a check on by one step: a verification one to one (art 23(2)),
// the naming of a candidate, a doubt. version is the last that the caller saw; 0
// asks for no check. Identification is another operation, see Identify.
func (r *Register) TakeStep(p access.Pass, checkID string, version int, req StepRequest) (Progress, error) {
	c, o, err := r.resume(p, checkID, version, req.Step)
	if err != nil {
		return Progress{}, err
	}
	if identifies(c.kept.state()) {
		return Progress{}, law.Refuse(law.Conflict, "step_of_identification", "2017/2226 art 27(1)",
			"The check stands at identification, which is an operation of its own. Send this step as identification.", "state", string(c.kept.state()))
	}
	e, err := c.verify(req)
	if err != nil {
		return Progress{}, err
	}
	if e == EventFileNamed {
		if err := c.name(req.File); err != nil {
			return Progress{}, err
		}
	}
	if err := c.take(e); err != nil {
		return Progress{}, err
	}
	c.learn(e)
	for _, step := range []func() error{c.judge, c.weigh} {
		if err := step(); err != nil {
			return Progress{}, err
		}
	}
	c.see()
	if err := c.keepStep(o); err != nil {
		return Progress{}, err
	}
	out, err := c.progress(o.version + 1)
	if err != nil {
		return Progress{}, err
	}
	return out, c.touched()
}

// verify is the event of a step: told by the guard, or by the system that
// compares the sample.
func (c *checking) verify(req StepRequest) (CheckEvent, error) {
	s := c.kept.state()
	if req.Outcome == EventGuardRecords || req.Outcome == EventGuardRefuses {
		return "", law.BadField("outcome", "decision_is_no_step", "2017/2226 art 14",
			"A decision is no step of the check: record the crossing or the refusal, naming the check.")
	}
	if ruleOf(s).Kind == KindReady && req.Outcome == EventDoubtRaised {
		return req.Outcome, nil
	}
	if ruleOf(s).Kind != KindAsking {
		return "", wrongTransition(s, req.Outcome)
	}
	if s == StateConsultVIS {
		return c.consultVIS(req)
	}
	sample, kind := req.Face, FaceSample
	if len(sample) == 0 {
		sample, kind = req.Fingerprints, FingersSample
	}
	if len(req.Face) > 0 && len(req.Fingerprints) > 0 {
		return "", law.BadField("fingerprints", "one_kind_at_a_time", "2017/2226 art 23(2)",
			"Verification compares the face or the fingerprints. Send one of them; the other follows if it fails.")
	}
	if len(sample) > 0 {
		return c.compare(s, kind, sample)
	}
	says, err := c.systemSays(req.Outcome)
	if err != nil {
		return "", err
	}
	if says {
		return "", law.BadField("outcome", "sample_needed", "2017/2226 art 23(2)",
			"The system that compares is connected: send the sample, and it says whether the traveller is verified.")
	}
	if req.Outcome == "" {
		return "", law.BadField("outcome", "outcome_missing", ruleOf(s).Cite, "Say what came of the step. "+ruleOf(s).Do)
	}
	return req.Outcome, nil
}

// systemSays tells whether a match is for a connected system to find, and not for
// anybody to tell: of the fingerprints of a visa holder the Visa Information
// System, of everything else the matching service.
func (c *checking) systemSays(e CheckEvent) (bool, error) {
	switch e {
	case EventFaceMatch:
		return c.compares(FaceSample)
	case EventFingersMatch:
		return c.compares(FingersSample)
	}
	return false, nil
}

// compares tells whether a connected system compares samples of a kind with those
// of the file found: where that holds none of the kind, samples were taken
// elsewhere or never, and the guard compares by eye.
func (c *checking) compares(kind SampleKind) (bool, error) {
	switch {
	case c.inVIS(kind):
		return c.register.Visas != nil, nil
	case c.register.Biometrics == nil:
		return false, nil
	case c.found == nil:
		return true, nil
	}
	return c.register.Biometrics.Holds(c.pass, c.found.file.Ref, kind)
}

// inVIS tells whether the fingerprints of the file found are with the visa.
func (c *checking) inVIS(kind SampleKind) bool {
	return kind == FingersSample && c.found != nil && c.found.file.Fingers == FingersNotForVisa
}

// compare has a sample compared, one to one.
func (c *checking) compare(s CheckState, kind SampleKind, sample []byte) (CheckEvent, error) {
	if s == StateSeveralCandidates || c.found == nil {
		return "", law.BadField("file", "no_file_to_compare", "2017/2226 art 23(2)", "Name the file first; then the sample is compared with it.")
	}
	yes, no := EventFaceMatch, EventFaceNoMatch
	if kind == FingersSample {
		yes, no = EventFingersMatch, EventFingersNoMatch
	}
	if _, ok := transition(s, yes); !ok {
		return "", wrongTransition(s, yes)
	}
	verified := false
	compares, err := c.compares(kind)
	switch {
	case err != nil:
		return "", err
	case !compares && !c.inVIS(kind) && c.register.Biometrics != nil:
		return "", law.Refuse(law.Conflict, "no_templates", "2017/2226 art 23(2)",
			"The matching service has no such sample of this file. Compare by eye and say what came of it.", "sample", string(kind))
	case !compares:
		return "", law.Refuse(law.Conflict, "not_connected", "2017/2226 art 23(2)",
			"No system that compares such samples is connected. Compare by eye and say what came of it.", "sample", string(kind))
	case c.inVIS(kind) && c.kept.Visa == nil:
		return "", law.BadField("visa", "visa_missing", "2017/2226 art 23(2)", "The fingerprints of this traveller are with the visa. Show the visa, and check again.")
	case c.inVIS(kind):
		verified, err = c.register.Visas.VerifyFingers(c.tx.Context(), c.pass, c.kept.Visa.Sticker, c.kept.Visa.Issuer, sample)
	default:
		verified, err = c.register.Biometrics.Verify(c.tx.Context(), c.pass, c.found.file.Ref, kind, sample)
	}
	if err != nil || verified {
		return yes, err
	}
	return no, nil
}

// name makes the candidate that the guard named the file of the check.
func (c *checking) name(ref FileRef) error {
	i := slices.IndexFunc(c.others, func(o candidate) bool { return o.known.file.Ref == ref })
	if i < 0 {
		return law.BadField("file", "no_candidate", "2017/2226 art 27(1)", "This file is none of the check's candidates. Name one of them.")
	}
	c.found = c.others[i].known
	c.others = nil
	return nil
}

// learn keeps what the step says of the biometrics.
func (c *checking) learn(e CheckEvent) {
	b := Biometrics{}
	if c.kept.Biometrics != nil {
		b = *c.kept.Biometrics
	}
	switch e {
	case EventFaceMatch:
		if b.Face != "captured" { // a new image that waits is of the person who was verified
			b.Face = "verified"
		}
	case EventFaceNoMatch:
		b.Face = "mismatch"
	case EventFingersMatch:
		b.Fingerprints = "verified"
	case EventFingersNoMatch:
		b.Fingerprints = "mismatch"
	case EventNoneOfThem:
		c.others = nil
		return
	default:
		return
	}
	c.kept.Biometrics = &b
}

func identifies(s CheckState) bool {
	return s == StateIdentifyFingers || s == StateIdentifyAlphanumeric || s == StateIdentifyVIS || s == StateIdentifyVISFingers
}

// resume opens a check that is under way, at the step that the caller answers.
func (r *Register) resume(p access.Pass, checkID string, version int, step CheckState) (*checking, *openCheck, error) {
	o, err := loadCheck(p, checkID)
	if err != nil {
		return nil, nil, err
	}
	s := o.kept.state()
	switch {
	case version != 0 && version != o.version:
		return nil, nil, law.Refuse(law.Conflict, "check_moved_on", "2017/2226 art 23",
			"The check has gone on since it was read: somebody else has taken a step. Read it again.",
			"seen", strconv.Itoa(version), "now", strconv.Itoa(o.version))
	case step != "" && step != s:
		return nil, nil, law.Refuse(law.Conflict, "other_step", ruleOf(s).Cite,
			"The check stands at another step. "+ruleOf(s).Do, "state", string(s), "answered", string(step))
	case o.version >= mostSteps:
		return nil, nil, law.Refuse(law.Conflict, "too_many_steps", "2017/2226 art 23", "This check has had more steps than the order of searches has. Decide on it, or check again.")
	}
	c, err := r.reopen(p, o)
	if err == nil {
		c.out.CheckID, c.out.ExpiresAt = checkID, o.expires
	}
	return c, o, err
}

// mostSteps bounds what one check may leave behind: no way through the table is
// nearly as long.
const mostSteps = 40

// reopen rebuilds a check from what it kept, on the files as they are now; a
// file that has changed since makes it stale.
func (r *Register) reopen(p access.Pass, o *openCheck) (*checking, error) {
	k := o.kept
	c := &checking{register: r, pass: p, tx: o.tx, kept: k, point: o.point, at: k.At, on: k.On}
	c.req = CheckRequest{Direction: k.Direction, CrossingPoint: k.CrossingPoint, IntendedDays: k.IntendedDays,
		FamilyMember: k.Family, VisaSettled: k.VisaSettled, NoDocument: k.Traveller.Document.Number == ""}
	c.out.Direction, c.out.CrossingPoint, c.out.On, c.out.Traveller = k.Direction, k.CrossingPoint, k.On, k.Traveller
	identity, err := k.Traveller.identity()
	if err != nil {
		return nil, err
	}
	c.traveller = Traveller{Identity: identity, Document: k.Traveller.Document, NameCut: k.Traveller.NameCut}
	if err := c.readVisaRule(); err != nil {
		return nil, err
	}
	fresh := func(seen seenFile) (*known, error) {
		f, err := r.open(p, seen.Ref)
		if err == nil && f.file.Version != seen.Version {
			return nil, law.Refuse(law.Conflict, "file_changed", "2017/2226 art 23",
				"The file has changed since this check: another booth may have dealt with the traveller. Check again.")
		}
		return f, err
	}
	if k.File != nil {
		if c.found, err = fresh(*k.File); err != nil {
			return nil, err
		}
	}
	for _, seen := range k.Candidates {
		f, err := fresh(seen)
		if err != nil {
			return nil, err
		}
		c.others = append(c.others, candidate{known: f, score: seen.Score, same: f.holds(identity)})
	}
	return c, nil
}

// keepStep stores the check as it is after a step. Whoever takes the same step
// at the same time meets this row, runs again, and finds that it is taken.
func (c *checking) keepStep(o *openCheck) error {
	body, err := json.Marshal(c.kept)
	if err != nil {
		return err
	}
	c.tx.Later(`INSERT INTO ees_check_step (home, check_id, n, at, expires_at, body) VALUES ($1, $2, $3, $4, $5, $6)`,
		string(o.home), o.id, o.version+1, c.tx.Now().UnixMicro(), o.expires.UnixMicro(), string(body))
	return nil
}

// touched tells the log whose data a step opened, without the calculator.
func (c *checking) touched() error {
	files := c.opened()
	if len(files) == 0 {
		return c.pass.Send(access.FileExistence)
	}
	for _, ref := range files {
		c.pass.Subject(string(ref))
	}
	return c.pass.Send(access.FileExistence, access.IdentityData, access.BiometricData, access.EntryRecords)
}

// ReadCheck shows a check that is under way, with the stay worked out anew.
func (r *Register) ReadCheck(p access.Pass, checkID string) (Check, error) {
	c, o, err := r.resume(p, checkID, 0, "")
	if err != nil {
		return Check{}, err
	}
	for _, step := range []func() error{c.judge, c.weigh, c.record} {
		if err := step(); err != nil {
			return Check{}, err
		}
	}
	if c.out.Progress, err = c.progress(o.version); err != nil {
		return Check{}, err
	}
	c.out.AtKiosk = c.kept.Kiosk.view()
	return c.out, nil
}

// sameIdentity tells whether two identities agree: birth date, sex and a
// nationality exactly, names inexactly (2019/327 art 2).
func sameIdentity(a, b cir.Identity) bool {
	return (&known{data: cir.Dataset{Identities: []cir.Identity{a}}}).holds(b)
}

// searchFailed turns a fault of a system that was asked into the outcome that
// the order of searches has for it; a refusal stays one.
func searchFailed(err error) bool {
	var refusal *law.Refusal
	return err != nil && !errors.As(err, &refusal)
}
