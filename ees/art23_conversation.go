package ees

import (
	"slices"
	"time"

	"limen/law"
)

// queryOutcome is what the search by letters came to (art 23(2), 2019/327 art 2).
type queryOutcome string

const (
	foundByDocument   queryOutcome = "document"
	foundByIdentity   queryOutcome = "identity"
	documentOfAnother queryOutcome = "other_person"
	foundSeveral      queryOutcome = "several"
	foundNothing      queryOutcome = "nothing"
)

// PathStep is one step that a check has taken through the order of searches.
type PathStep struct {
	From  CheckState   `json:"from"`
	Event CheckEvent   `json:"event"`
	To    CheckState   `json:"to"`
	Cite  law.Citation `json:"article"`
	Why   string       `json:"why"`
}

// NextStep is what the booth must do now.
type NextStep struct {
	Step      CheckState   `json:"step" doc:"Name of the step, to be sent back with what came of it."`
	Kind      StateKind    `json:"kind" enum:"passing,asking,ready,decided" doc:"asking: the booth does the step. ready: the searches are over and the guard decides."`
	Do        string       `json:"do" doc:"What to do, in words."`
	Cite      law.Citation `json:"article"`
	Outcomes  []CheckEvent `json:"outcomes" nullable:"false" doc:"What may be told of this step."`
	Forbidden []law.Reason `json:"forbidden" nullable:"false" doc:"What must not be done here."`
	Connected bool         `json:"connected" doc:"The system that compares is connected: send the sample. Otherwise compare by eye and tell what came of it."`
}

// Progress is where a check stands in the order of searches of 2017/2226 arts 23
// and 27.
type Progress struct {
	CheckID    string        `json:"check_id"`
	ExpiresAt  time.Time     `json:"expires_at"`
	State      CheckState    `json:"state"`
	Version    int           `json:"version" doc:"Grows with each step; send it as If-Match."`
	Next       NextStep      `json:"next"`
	Path       []PathStep    `json:"path" nullable:"false" doc:"The way so far, each step with its article."`
	File       *FileSummary  `json:"file" doc:"The file found, unless verification failed."`
	Candidates []FileSummary `json:"candidates" nullable:"false" doc:"Files that may be the traveller's."`
}

// state is where the events so far have led.
func (k *keptCheck) state() CheckState {
	s := StateDocumentRead
	for _, e := range k.Events {
		if t, ok := transition(s, e); ok {
			s = t.To
		}
	}
	return s
}

func (k *keptCheck) path() []PathStep {
	s, way := StateDocumentRead, []PathStep{}
	for _, e := range k.Events {
		if t, ok := transition(s, e); ok {
			way = append(way, PathStep{t.From, t.On, t.To, t.Cite, t.Why})
			s = t.To
		}
	}
	return way
}

// on takes the event, and refuses one that the table does not have.
func (k *keptCheck) on(e CheckEvent) error {
	s := k.state()
	if _, ok := transition(s, e); !ok {
		return wrongTransition(s, e)
	}
	k.Events = append(slices.Clone(k.Events), e)
	return nil
}

func wrongTransition(s CheckState, e CheckEvent) *law.Refusal {
	r := ruleOf(s)
	return law.Refuse(law.Conflict, "no_such_outcome_here", r.Cite,
		"This cannot come of the step that the check stands at. "+r.Do, "state", string(s), "outcome", string(e))
}

func (k *keptCheck) been(events ...CheckEvent) bool {
	return slices.ContainsFunc(events, func(e CheckEvent) bool { return slices.Contains(k.Events, e) })
}

// biometricsUsed tells whether biometrics are part of this crossing at all:
// never when it was written by hand (art 21(2)), nor while they are suspended
// (2025/1534).
func (k *keptCheck) biometricsUsed() bool { return k.Origin != Manual && !k.Suspended }

// begin starts the check on its way, and feeds what the booth sent along, but for
// a match that a connected system has to find.
func (c *checking) begin() error {
	if err := c.walk(); err != nil {
		return err
	}
	for _, e := range c.kept.Biometrics.events() {
		if _, ok := transition(c.kept.state(), e); !ok {
			continue
		}
		if says, err := c.systemSays(e); err != nil {
			return err
		} else if says {
			continue
		}
		if err := c.take(e); err != nil {
			return err
		}
	}
	return nil
}

// take lets the event happen and goes on as far as the register can by itself.
func (c *checking) take(e CheckEvent) error {
	if err := c.kept.on(e); err != nil {
		return err
	}
	return c.walk()
}

// walk goes on until the booth or the guard is asked.
func (c *checking) walk() error {
	for {
		c.doubtTheFile()
		e := c.byItself()
		if e == "" {
			return nil
		}
		if err := c.kept.on(e); err != nil {
			return err
		}
	}
}

// byItself is the event that the register brings about in the present state; ""
// where somebody must do something first.
func (c *checking) byItself() CheckEvent {
	switch c.kept.state() {
	case StateDocumentRead:
		return EventAsked
	case StateQueried:
		switch {
		case c.found != nil:
			return EventFileFound
		case len(c.others) > 0:
			return EventCandidatesFound
		}
		return EventNothingFound
	case StateHit:
		return c.compareBy()
	case StateVerified, StateByDocument:
		if c.visDue() {
			return EventVISDue
		}
	case StateConsultVIS:
		return c.consultByItself()
	case StateNotFound:
		if c.kept.UnderTwelve || !c.kept.biometricsUsed() {
			return EventNoFingers
		}
		return EventTakeFingers
	case StateIdentifyFingers:
		if c.register.Biometrics == nil {
			return EventNotConnected
		}
	case StateIdentifyAlphanumeric:
		// All letters were searched with at the beginning, and nothing else has
		// come to light since.
		if last := c.kept.Events[len(c.kept.Events)-1]; last == EventNotConnected || last == EventNoFingers {
			return EventNothingFound
		}
	case StateIdentifyVIS:
		if c.register.Visas == nil {
			return EventNotConnected
		}
	case StateSearched:
		if c.kept.been(EventFileFound, EventFileNamed) {
			return EventNotTheHolder
		}
		return EventNobodyKnown
	}
	return ""
}

// compareBy says by which kind of biometrics the file found is verified: the
// face, or the fingerprints, which for a visa holder are in the VIS (art 23(2)).
func (c *checking) compareBy() CheckEvent {
	f := c.found.file
	switch {
	case !c.kept.biometricsUsed():
		return EventWithoutBiometrics
	case f.Face == FacePresent:
		return EventCompareFace
	case f.Fingers == FingersPresent || f.Fingers == FingersNotForVisa && c.register.Visas != nil:
		return EventCompareFingers
	}
	return EventNothingToCompare
}

// doubtTheFile makes the file found one of those that may be the traveller's as
// soon as the check has left verification without success: from then on the
// guard must name it to have it.
func (c *checking) doubtTheFile() {
	switch c.kept.state() {
	case StateIdentifyFingers, StateIdentifyAlphanumeric, StateIdentifyVIS, StateIdentifyVISFingers, StateSearched, StateDoubt:
		if c.found != nil {
			c.kept.NotVerified = true
			c.others = append(c.others, candidate{known: c.found})
			c.found = nil
		}
	}
}

// steps lists the searches made, in the order of arts 23 and 27.
func (c *checking) steps() []Step {
	var list []Step
	add := func(name, outcome string, cite law.Citation) { list = append(list, Step{name, outcome, cite}) }
	switch c.kept.Query {
	case foundByDocument:
		add("document", "found", "2017/2226 art 23(2)")
		add("identity", "not_needed", "2017/2226 art 23(2)")
	case foundByIdentity:
		add("document", "not_found", "2017/2226 art 23(2)")
		add("identity", "found", "2019/327 art 2")
	case documentOfAnother:
		add("document", "other_person", "2017/2226 art 23(2)")
		add("identity", "several", "2019/327 art 2")
	case foundSeveral:
		add("document", "not_found", "2017/2226 art 23(2)")
		add("identity", "several", "2019/327 art 2")
	default:
		add("document", "not_found", "2017/2226 art 23(2)")
		add("identity", "not_found", "2019/327 art 2")
	}
	if c.kept.VisaNeeded {
		add("vis", c.kept.AskedVIS, "2017/2226 art 23(4)")
	}
	if c.kept.AskedEtias != "" {
		add("etias", c.kept.AskedEtias, "2017/2226 art 8a")
	}
	switch {
	case c.kept.been(EventFaceMatch, EventFingersMatch):
		add("biometric_verification", "verified", "2017/2226 art 23(2)")
	case c.kept.NotVerified || c.kept.been(EventFaceNoMatch, EventFingersNoMatch):
		add("biometric_verification", "failed", "2017/2226 art 23(2)")
	case c.register.Biometrics == nil:
		add("biometric_verification", "not_connected", "2017/2226 art 23(2)")
	default:
		add("biometric_verification", "not_needed", "2017/2226 art 23(2)")
	}
	for _, s := range c.kept.path() {
		switch {
		case s.From == StateConsultVIS && outcomeWords[s.Event] != "":
			add("vis_consultation", outcomeWords[s.Event], s.Cite)
		case s.From == StateIdentifyFingers && s.Event != EventGuardRecords && s.Event != EventGuardRefuses:
			add("identification", outcomeWords[s.Event], s.Cite)
		case (s.From == StateIdentifyVIS || s.From == StateIdentifyVISFingers) && s.Event != EventGuardRecords && s.Event != EventGuardRefuses:
			add("vis_identification", outcomeWords[s.Event], s.Cite)
		}
	}
	return list
}

// outcomeWords are the outcomes of a search in the words of Step.
var outcomeWords = map[CheckEvent]string{
	EventIdentified: "found", EventNobodyIdentified: "not_found", EventSearchFailed: "failed", EventNotConnected: "not_connected",
	EventFingersImpossible: "failed", EventVISConfirmed: "found", EventVISOtherPerson: "other_person", EventVISNothing: "not_found",
}

// progress is what the booth is told of the way.
func (c *checking) progress(version int) (Progress, error) {
	s := c.kept.state()
	rule := ruleOf(s)
	p := Progress{CheckID: c.out.CheckID, ExpiresAt: c.out.ExpiresAt, State: s, Version: version, Path: c.kept.path(), Candidates: []FileSummary{},
		Next: NextStep{Step: s, Kind: rule.Kind, Do: rule.Do, Cite: rule.Cite, Outcomes: s.outcomes(), Forbidden: slices.Clone(rule.Forbidden)}}
	if p.Next.Forbidden == nil {
		p.Next.Forbidden = []law.Reason{}
	}
	var err error
	switch s {
	case StateVerifyFace, StateVerifyFaceInstead:
		p.Next.Connected, err = c.compares(FaceSample)
	case StateVerifyFingers:
		p.Next.Connected, err = c.compares(FingersSample)
	case StateIdentifyFingers:
		p.Next.Connected = c.register.Biometrics != nil
	case StateConsultVIS, StateIdentifyVIS, StateIdentifyVISFingers:
		p.Next.Connected = c.register.Visas != nil
	case StateIdentifyAlphanumeric:
		p.Next.Connected = true
	}
	if s == StateVerifyFingers && c.inVIS(FingersSample) {
		p.Next.Do = "Take the four fingers of the right hand, or of the left, and compare them with those of the visa, in the Visa Information System."
	}
	if c.found != nil {
		f := c.found.summary()
		p.File = &f
	}
	for _, o := range c.others {
		p.Candidates = append(p.Candidates, o.known.summary())
	}
	return p, err
}
