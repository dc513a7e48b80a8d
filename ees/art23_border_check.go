package ees

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"limen/access"
	"limen/interop/cir"
	"limen/law"
	"limen/person"
)

// Direction is the way a traveller crosses.
type Direction string

// The directions.
const (
	Entry Direction = "entry"
	Exit  Direction = "exit"
)

// Proposal is what the findings of a check amount to. It never decides: the
// guard does (2016/399 art 14, 2016/679 art 22).
type Proposal string

// The proposals.
const (
	Admit      Proposal = "admit"
	Refuse     Proposal = "refuse"
	SecondLine Proposal = "second_line"
)

// CheckRequest is a traveller at the border.
type CheckRequest struct {
	Direction     Direction      `json:"direction" enum:"entry,exit" doc:"entry or exit."`
	CrossingPoint string         `json:"crossing_point" minLength:"5" maxLength:"8" example:"FRCDG" doc:"Code of the border crossing point."`
	At            *time.Time     `json:"at,omitempty" doc:"Moment of the crossing, when it is not now: data kept in a buffer during an outage (2017/2226 art 21). Then origin is needed."`
	Origin        Origin         `json:"origin,omitempty" enum:"ONLINE,NUI_BUFFER,LOCAL_BUFFER,MANUAL" doc:"How the data come in; ONLINE when left out."`
	MRZ           []string       `json:"mrz,omitempty" maxItems:"3" nullable:"false" example:"[\"P<TURYILMAZ<<AYSE<<<<<<<<<<<<<<<<<<<<<<<<<<<\",\"U123456784TUR9004034F3105205<<<<<<<<<<<<<<<8\"]" doc:"Lines of the machine readable zone of the travel document, top to bottom."`
	Document      *DocumentInput `json:"document,omitempty" doc:"The travel document, when the zone was not read."`
	Identity      *IdentityInput `json:"identity,omitempty" doc:"The identity, when the zone was not read."`
	Visa          *VisaInput     `json:"visa,omitempty" doc:"The visa shown, for nationals who need one."`
	Transit       *TransitInput  `json:"transit,omitempty" doc:"The facilitated transit document on which the traveller crosses (2017/2226 annex II)."`
	Etias         *Etias         `json:"etias,omitempty" doc:"The travel authorisation as the guard's own system got it, while the register is not connected to that system (2017/2226 art 17(2))."`
	IntendedDays  int            `json:"intended_days,omitempty" minimum:"0" maximum:"3650" doc:"Days the traveller means to stay, both ends counted."`
	Exemption     string         `json:"exemption,omitempty" maxLength:"3" doc:"Exemption code X01 to X18, when the guard finds that one applies."`
	VisaSettled   bool           `json:"visa_exempt,omitempty" doc:"The guard found that this traveller needs no visa, where that depends on residence or document."`
	NoDocument    bool           `json:"no_document,omitempty" doc:"The traveller has no travel document: only an identity is typed, and entry can only be refused."`
	FamilyMember  bool           `json:"family_member,omitempty" doc:"Family member of an EU citizen without a residence card (2017/2226 art 2(1)(b)): recorded, never counted."`
	Stamps        []StampInput   `json:"stamps,omitempty" maxItems:"100" nullable:"false" doc:"Stays shown by stamps in the document, while 2017/2226 art 22(1) applies; at exit an entry from before the start of operations at any time (art 22(2))."`
	Biometrics    *Biometrics    `json:"biometrics,omitempty" doc:"What became of the biometrics at this check."`
}

// StampInput is a stay shown by stamps.
type StampInput struct {
	State person.State `json:"state,omitempty" maxLength:"3" doc:"State that stamped, when it can be read: days before its accession do not count."`
	Entry law.Date     `json:"entry" format:"date" doc:"Day of the entry stamp."`
	Exit  law.Date     `json:"exit,omitempty" format:"date" doc:"Day of the exit stamp; left out while there is none."`
}

// Step is one search of the order that art 23 and art 27 prescribe.
type Step struct {
	Step    string       `json:"step" doc:"document, identity, biometric_verification, identification, vis, vis_identification, vis_consultation or etias."`
	Outcome string       `json:"outcome" doc:"found, not_found, several, other_person, verified, failed, not_connected or not_needed."`
	Cite    law.Citation `json:"article" doc:"The article that prescribes the step."`
}

// FileSummary is a file as a check shows it.
type FileSummary struct {
	Ref          FileRef        `json:"ref" doc:"Individual reference number."`
	State        FileState      `json:"state" enum:"ACTIVE,ACTIVE_BIOMETRICS_PENDING" doc:"Pending: biometrics that the law asks for are still to be taken."`
	Surname      string         `json:"surname"`
	FirstNames   string         `json:"first_names"`
	BirthDate    string         `json:"birth_date"`
	Sex          person.Sex     `json:"sex"`
	Nationality  []person.State `json:"nationalities" nullable:"false"`
	VisaRequired bool           `json:"visa_required"`
	FamilyMember bool           `json:"family_member"`
	Face         FaceState      `json:"face,omitempty" doc:"State of the facial image: PRESENT or MISSING."`
	Fingers      FingersState   `json:"fingerprints,omitempty" doc:"State of the fingerprints: PRESENT, MISSING, IN_VIS, NOT_APPLICABLE_AGE, NOT_APPLICABLE_PERMANENT or TEMPORARILY_IMPOSSIBLE."`
	Inside       bool           `json:"inside" doc:"A stay is open: an entry without an exit."`
	LastEntry    *law.Date      `json:"last_entry" doc:"Day of the last entry recorded."`
	LastExit     *law.Date      `json:"last_exit" doc:"Day of the last exit recorded."`
	Version      int64          `json:"version" doc:"Grows with each change of the file."`
	Restricted   bool           `json:"restricted,omitempty" doc:"Its processing is restricted at the person's request (2016/679 art 18). Where the purpose does not allow to open it, nothing else is told."`
}

// CandidateView is a file that may or may not be this traveller's.
type CandidateView struct {
	File  FileSummary `json:"file"`
	Score float64     `json:"score" minimum:"0" maximum:"1" doc:"How near the names are; the other fields are equal."`
	Stay  StayView    `json:"stay" doc:"The stay, should this be the traveller's file."`
}

// Check is the answer to a border check.
type Check struct {
	CheckID         string          `json:"check_id" doc:"Names this check when the guard decides."`
	ExpiresAt       time.Time       `json:"expires_at" doc:"After this moment the check must be made again."`
	Direction       Direction       `json:"direction"`
	CrossingPoint   string          `json:"crossing_point"`
	On              law.Date        `json:"on" format:"date" doc:"Civil day at the crossing point."`
	Traveller       TravellerView   `json:"traveller" doc:"What was read."`
	File            *FileSummary    `json:"file" doc:"The traveller's individual file; null when none was found."`
	Candidates      []CandidateView `json:"candidates" nullable:"false" doc:"Files that may be this traveller's. With any here, the crossing names one of them, or says new."`
	Stay            StayView        `json:"stay" doc:"The stay of the file found, or of somebody without a history. While candidates are undecided, each has its own."`
	Findings        []law.Reason    `json:"findings" nullable:"false" doc:"What the guard must know, the gravest first."`
	Proposal        Proposal        `json:"proposal" enum:"admit,refuse,second_line"`
	ProposedReasons []RefusalReason `json:"proposed_reasons" nullable:"false" doc:"Letters of the refusal form that the findings support."`
	Reasons         []law.Reason    `json:"reasons" nullable:"false" doc:"The chain of rules behind the stay and the proposal."`
	Steps           []Step          `json:"steps" nullable:"false" doc:"The searches made, in the order of 2017/2226 arts 23 and 27."`
	ToTake          []string        `json:"to_take" nullable:"false" doc:"Biometrics still to be taken: face, fingerprints."`
	Progress        Progress        `json:"progress" doc:"Where the check stands in the order of searches, and what comes next."`
	AtKiosk         *KioskView      `json:"at_kiosk,omitempty" doc:"What the traveller's pre-enrolment at a kiosk brought, when the check takes one over (2016/399 art 8a)."`
}

// TravellerView is what was read from the document.
type TravellerView struct {
	Surname     string          `json:"surname"`
	FirstNames  string          `json:"first_names"`
	BirthDate   string          `json:"birth_date"`
	Sex         person.Sex      `json:"sex"`
	Nationality []person.State  `json:"nationalities" nullable:"false"`
	Document    person.Document `json:"document"`
	NameCut     bool            `json:"name_cut" doc:"The machine readable zone had no room for the whole name."`
}

// keptCheck is what a check leaves behind for the decision: what the decision
// needs and no more.
type keptCheck struct {
	Direction     Direction        `json:"dir"`
	CrossingPoint string           `json:"bcp"`
	At            time.Time        `json:"at"`
	On            law.Date         `json:"on"`
	Origin        Origin           `json:"origin"`
	Proposal      Proposal         `json:"proposal"`
	Letters       []RefusalReason  `json:"letters,omitempty"`
	Traveller     TravellerView    `json:"who"`
	File          *seenFile        `json:"file,omitempty"`
	NewDocument   bool             `json:"new_doc,omitempty"` // the file found does not have this document
	Candidates    []seenFile       `json:"candidates,omitempty"`
	Visa          *VisaOnRecord    `json:"visa,omitempty"`
	VisaNeeded    bool             `json:"visa_needed,omitempty"`
	VisaNational  bool             `json:"visa_national,omitempty"` // of a nationality that needs a visa, be it that this entry does not
	NotInVIS      bool             `json:"-"`                       // a refusal says so (art 18(2)(c))
	Transit       *TransitDocument `json:"transit,omitempty"`
	Etias         *Etias           `json:"etias,omitempty"`
	Family        bool             `json:"family,omitempty"`
	Stamps        []StampInput     `json:"stamps,omitempty"`
	Biometrics    *Biometrics      `json:"biometrics,omitempty"`
	UnderTwelve   bool             `json:"under_twelve,omitempty"`
	NewRef        FileRef          `json:"new_ref"`
	Staged        []SampleKind     `json:"staged,omitempty"`    // of these samples were taken that wait for the decision
	Suspended     bool             `json:"suspended,omitempty"` // biometrics were suspended at the crossing point (2025/1534)
	Events        []CheckEvent     `json:"ev,omitempty"`        // the way through the order of searches so far
	Query         queryOutcome     `json:"query,omitempty"`     // what the search by letters came to
	AskedVIS      string           `json:"vis,omitempty"`       // what came of asking about the visa
	AskedEtias    string           `json:"etias_asked,omitempty"`
	TooMany       bool             `json:"more,omitempty"`   // not every file could be compared
	IntendedDays  int              `json:"days,omitempty"`   //
	NotVerified   bool             `json:"failed,omitempty"` // the file that the document led to is not this person's, as far as is known
	Kiosk         *takenOver       `json:"kiosk,omitempty"`  // the pre-enrolment that this check takes over
	VisaSettled   bool             `json:"no_visa_needed,omitempty"`
	StampsWeighed []law.Reason     `json:"weighed,omitempty"` // what came of weighing stamps against records
}

// seenFile is a file as the check saw it.
type seenFile struct {
	Ref     FileRef `json:"ref"`
	Version int64   `json:"v"`
	Score   float64 `json:"s,omitempty"`
}

// Check reads the traveller's document, searches in the prescribed order, works
// out the stay and proposes what to do (2017/2226 art 23). It changes nothing in
// the register: it leaves a note of itself, which the guard's decision names.
func (r *Register) Check(p access.Pass, req CheckRequest) (Check, error) {
	tx, err := p.Tx()
	if err != nil {
		return Check{}, err
	}
	c := checking{register: r, pass: p, tx: tx, req: req}
	if err := c.look(); err != nil {
		return Check{}, err
	}
	if err := c.keep(); err != nil {
		return Check{}, err
	}
	return c.out, nil
}

// look does everything of a check but keeping it.
func (c *checking) look() error {
	for _, step := range []func() error{c.readPlace, c.readSuspension, c.readPerson, c.scope, c.askVIS, c.search, c.begin, c.settleStamps, c.askEtias, c.judge, c.weigh} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// readPlace finds the crossing point, the moment and the civil day there.
func (c *checking) readPlace() error {
	if c.req.Direction != Entry && c.req.Direction != Exit {
		return law.BadField("direction", "unknown_direction", "2017/2226 art 14", "Say entry or exit.")
	}
	var err error
	if c.point, err = readOwnPoint(c.pass, c.req.CrossingPoint, "check and record there"); err != nil {
		return err
	}
	if c.req.At == nil && c.req.Origin != "" && c.req.Origin != Online {
		return law.BadField("at", "moment_missing", "2017/2226 art 21(1)",
			"What comes from a buffer or from paper happened before: say when. A check that is made now has no other origin than ONLINE.")
	}
	c.at, c.kept.Origin = c.tx.Now(), Online
	if c.req.Origin != "" {
		c.kept.Origin = c.req.Origin
	}
	if c.req.At != nil {
		c.at = c.req.At.UTC().Truncate(time.Microsecond)
		if err := c.readMoment(); err != nil {
			return err
		}
	}
	c.on = c.point.LocalDate(c.at)
	if c.on < law.EESStart() {
		return law.BadField("at", "before_the_start", "2025/1534 art 1", "The Entry/Exit System was not in operation on that day.",
			"day", c.on.String())
	}
	return nil
}

// readMoment checks a crossing that is told afterwards.
func (c *checking) readMoment() error {
	now := c.tx.Now()
	switch {
	case c.at.After(now.Add(clockTolerance)):
		return law.BadField("at", "date_in_the_future", "2017/2226 art 16(2)(a)",
			"The moment of the crossing lies in the future. Check the clock of the booth.",
			"at", c.at.Format(time.RFC3339), "now", now.Format(time.RFC3339))
	case c.at.After(now):
		c.at = now
	case c.at.Before(now.Add(-onlineWindow)) && c.kept.Origin == Online:
		return law.BadField("origin", "late_without_origin", "2017/2226 art 21(1)",
			"A crossing told afterwards comes from a buffer or from paper: say NUI_BUFFER, LOCAL_BUFFER or MANUAL.",
			"at", c.at.Format(time.RFC3339))
	}
	return nil
}

// readPerson reads the document, the identity and the visa.
func (c *checking) readPerson() error {
	t, err := readTraveller(c.req, c.on, c.register.Specimens)
	if err != nil {
		return err
	}
	c.traveller = t
	if c.kept.Visa, err = readVisa(c.req.Visa); err != nil {
		return err
	}
	if v := c.kept.Visa; v != nil && v.National && !law.PartialState(string(v.Issuer), c.on) {
		return law.BadField("visa.national", "not_a_partial_state", "2017/2226 art 16(2)(g)",
			"The issuer applies the acquis in full: its short-stay visas are uniform. Leave this member out.", "issuer", string(v.Issuer))
	}
	if c.kept.Transit, err = readTransit(c.req.Transit, c.req.Visa); err != nil {
		return err
	}
	if c.kept.Etias, err = readEtias(c.req.Etias); err != nil {
		return err
	}
	c.kept.Stamps = c.req.Stamps
	if err := c.readStamps(); err != nil {
		return err
	}
	if err := c.req.Biometrics.sound(); err != nil {
		return err
	}
	c.kept.Biometrics, c.kept.Family, c.kept.IntendedDays = c.req.Biometrics, c.req.FamilyMember, c.req.IntendedDays
	c.kept.VisaSettled = c.req.VisaSettled
	youngest, _ := t.Identity.Birth.Age(c.on)
	limit, err := fingerprintAge.On(c.on)
	if err != nil {
		return err
	}
	c.kept.UnderTwelve = youngest < limit
	c.out.Traveller = TravellerView{
		Surname: t.Identity.Name.Surname, FirstNames: t.Identity.Name.FirstNames, BirthDate: t.Identity.Birth.String(),
		Sex: t.Identity.Sex, Nationality: t.Identity.Nationalities, Document: t.Document, NameCut: t.NameCut,
	}
	return nil
}

// scope turns away whom the Regulation does not concern (arts 2(3), 3(1)(6)),
// before anything is searched.
func (c *checking) scope() error {
	if c.req.Exemption != "" {
		x, err := ParseExemption(c.req.Exemption)
		if err != nil {
			return err
		}
		return OutOfScope(x)
	}
	if x, ok := exemptByNationality(c.traveller.Identity.Nationalities); ok {
		return OutOfScope(x)
	}
	return c.readVisaRule()
}

// readVisaRule finds the rule of the visa list that applies to the traveller.
func (c *checking) readVisaRule() error {
	for _, n := range c.traveller.Identity.Nationalities {
		rule, err := person.VisaRequirement(n, c.on)
		if err != nil {
			return at("identity.nationalities", err)
		}
		if rule.Rule == person.FreeMovement {
			return NotThirdCountry(n)
		}
		// The nationality of the document shown decides; without one, the first.
		if n == c.traveller.Document.Issuer || c.visaRule.Cite == "" {
			c.visaRule, c.nationality = rule, n
		}
	}
	c.kept.VisaNational = c.visaRule.Rule == person.VisaRequired || c.visaRule.Rule == person.VisaDepends && !c.req.VisaSettled
	c.kept.VisaNeeded = c.kept.VisaNational && c.kept.Transit == nil // annex II: the data of a visa-exempt traveller
	return nil
}

// search looks for the file: by document, then by identity (art 23(2),
// 2019/327 art 2). What the biometrics say comes on top.
func (c *checking) search() error {
	var refs []cir.RecordRef
	if !c.req.NoDocument {
		var err error
		if refs, err = cir.FindByDocument(c.pass, cir.EES, c.traveller.Document.Number, c.traveller.Document.Issuer); err != nil {
			return err
		}
	}
	for _, ref := range refs {
		k, err := c.register.open(c.pass, FileRef(ref))
		if err != nil {
			return err
		}
		if k.holds(c.traveller.Identity) {
			c.found, c.kept.Query = k, foundByDocument
			return nil
		}
		c.others = append(c.others, candidate{known: k, score: 0})
	}
	ofAnother := len(c.others) > 0
	matches, more, err := cir.FindByIdentity(c.pass, cir.EES, c.traveller.Identity)
	if err != nil {
		return err
	}
	c.kept.TooMany = more
	for _, m := range matches {
		if slices.ContainsFunc(c.others, func(o candidate) bool { return o.known.file.Ref == FileRef(m.Ref) }) {
			continue
		}
		k, err := c.register.open(c.pass, FileRef(m.Ref))
		if err != nil {
			return err
		}
		c.others = append(c.others, candidate{known: k, score: m.Score, same: m.Same && k.holds(c.traveller.Identity)})
	}
	// A match on name, birth, nationality and sex returns the file although
	// the document differs (2019/327 art 2), when it is the only one.
	if len(c.others) == 1 && c.others[0].same {
		c.found, c.others, c.kept.Query = c.others[0].known, nil, foundByIdentity
		return nil
	}
	// Files that an officer told apart from it are not put forward again.
	if c.found, err = c.settledBefore(); err != nil || c.found != nil {
		c.others, c.kept.Query = nil, foundByIdentity
		return err
	}
	switch {
	case ofAnother:
		c.kept.Query = documentOfAnother
	case len(c.others) > 0:
		c.kept.Query = foundSeveral
	default:
		c.kept.Query = foundNothing
	}
	return nil
}

// reserve gives the check its name and its time. Its rows lie with the file
// found, or with the reference that a new file would have.
func (c *checking) reserve() (home FileRef, id string, err error) {
	now := c.tx.Now()
	lifetime, err := checkLifetime.On(law.DateIn(now, time.UTC))
	if err != nil {
		return "", "", err
	}
	home, id = FileRef(uuid.NewString()), uuid.NewString()
	c.kept.NewRef = home
	if c.found != nil {
		home = c.found.file.Ref
	}
	c.out.CheckID = string(home) + "." + id
	c.out.ExpiresAt = now.Add(lifetime)
	c.out.Direction, c.out.CrossingPoint, c.out.On = c.req.Direction, c.point.Code, c.on
	c.see()
	c.out.Progress, err = c.progress(0)
	return home, id, err
}

// keep stores the check for the guard's decision, and records what is sent.
func (c *checking) keep() error {
	home, id, err := c.reserve()
	if err != nil {
		return err
	}
	if err := c.record(); err != nil {
		return err
	}
	body, err := json.Marshal(c.kept)
	if err != nil {
		return err
	}
	who := c.pass.Principal().Authority
	c.tx.Later(`INSERT INTO ees_check (home, id, at, expires_at, authority, state, body) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		string(home), id, c.tx.Now().UnixMicro(), c.out.ExpiresAt.UnixMicro(), who.Name, who.State, string(body))
	return nil
}

// note puts together what a decision needs that is taken at once, and records
// what is sent.
func (c *checking) note() error {
	c.kept.NewRef = FileRef(uuid.NewString())
	c.see()
	return c.record()
}

// see puts into the kept check what the check saw.
func (c *checking) see() {
	c.kept.Direction, c.kept.CrossingPoint, c.kept.At, c.kept.On = c.req.Direction, c.point.Code, c.at, c.on
	c.kept.Proposal, c.kept.Letters, c.kept.Traveller = c.out.Proposal, c.out.ProposedReasons, c.out.Traveller
	c.kept.File, c.kept.Candidates, c.kept.NewDocument = nil, nil, false
	if c.found != nil {
		c.kept.File = &seenFile{Ref: c.found.file.Ref, Version: c.found.file.Version}
		c.kept.NewDocument = c.newDocument()
	}
	for _, o := range c.others {
		c.kept.Candidates = append(c.kept.Candidates, seenFile{o.known.file.Ref, o.known.file.Version, o.score})
	}
}

// record tells the log whose data were opened and which kinds leave.
func (c *checking) record() error {
	files := c.opened()
	if len(files) == 0 {
		return c.pass.Send(access.FileExistence)
	}
	for _, ref := range files {
		c.pass.Subject(string(ref))
	}
	return c.pass.Send(access.FileExistence, access.IdentityData, access.BiometricData, access.StayResult, access.EntryRecords)
}

// opened lists the files that a check has opened.
func (c *checking) opened() []FileRef {
	var refs []FileRef
	if c.found != nil {
		refs = append(refs, c.found.file.Ref)
	}
	for _, o := range c.others {
		refs = append(refs, o.known.file.Ref)
	}
	return refs
}

func (c *checking) readStamps() error {
	if len(c.req.Stamps) == 0 {
		return nil
	}
	count, err := law.StampsCount.On(c.on)
	if err != nil {
		return err
	}
	if !count && !c.onlyBeforeTheStart() {
		return law.BadField("stamps", "stamps_no_longer_count", "2017/2226 art 22(1)",
			"Stamps are no longer an input of the calculator on this day: the transitional period has ended.", "day", c.on.String())
	}
	c.kept.Stamps = slices.Clone(c.req.Stamps)
	for i, s := range c.req.Stamps {
		field := "stamps[" + strconv.Itoa(i) + "]"
		if s.State != "" {
			state, err := person.ParseState(string(s.State))
			if err != nil {
				return at(field+".state", err)
			}
			c.kept.Stamps[i].State = state
			if counts, why := law.StaysCount(string(state), s.Entry); !counts && s.Entry != 0 {
				c.kept.StampsWeighed = append(c.kept.StampsWeighed, why)
			}
		}
		switch {
		case s.Entry == 0:
			return law.BadField(field+".entry", "stamp_date_missing", "2017/2226 art 22(1)", "Type the day of the entry stamp.")
		case s.Entry > c.on || s.Exit > c.on:
			return law.BadField(field, "date_in_the_future", "2017/2226 art 22(1)", "A stamp cannot lie in the future. Read it again.")
		case s.Exit != 0 && s.Exit < s.Entry:
			return law.BadField(field+".exit", "exit_before_entry", "2017/2226 art 22(1)", "The exit stamp lies before the entry stamp. Read them again.")
		}
	}
	return nil
}

func joinLetters(letters []RefusalReason) string {
	parts := make([]string, len(letters))
	for i, l := range letters {
		parts[i] = string(l)
	}
	return strings.Join(parts, " ")
}
