package ees

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// checking is a check under way.
type checking struct {
	register  *Register
	pass      access.Pass
	tx        *db.Tx
	req       CheckRequest
	out       Check
	kept      keptCheck
	point     *person.CrossingPoint
	at        time.Time
	on        law.Date
	traveller Traveller

	visaRule    person.Requirement
	nationality person.State
	found       *known
	others      []candidate
	weights     []Proposal
	judged      judgement
}

// candidate is a file that may be the traveller's.
type candidate struct {
	known *known
	score float64
	same  bool // the whole identity agrees
}

// judge asks the calculator about the stay: of the file found, or of a person
// without a history, and for each candidate should it be the one.
func (c *checking) judge() error {
	c.out.Candidates = []CandidateView{}
	for _, o := range c.others {
		j, err := c.judgeFile(o.known)
		if err != nil {
			return err
		}
		c.out.Candidates = append(c.out.Candidates, CandidateView{o.known.summary(), o.score, j.view()})
	}
	j, err := c.judgeFile(c.found)
	if err != nil {
		return err
	}
	c.judged = j
	c.out.Stay, c.out.Reasons = j.view(), j.reasons
	if c.found != nil {
		s := c.found.summary()
		c.out.File = &s
		c.kept.Family = c.kept.Family || c.found.file.FamilyMember
	}
	return nil
}

func (c *checking) judgeFile(k *known) (judgement, error) {
	family := c.req.FamilyMember || k != nil && k.file.FamilyMember
	if c.req.Direction == Entry && c.kept.VisaNeeded && c.kept.Visa == nil && !family {
		return withoutVisa(k, c.on, c.visaRule)
	}
	if c.req.Direction == Exit {
		stamps := c.kept.Stamps
		if e := k.entryByStamp(stamps, event{At: c.at, On: c.on}); e.day != 0 {
			k, stamps = k.stamped(e, c.kept.visaUsed()), e.rest
		}
		return judgePresence(k, c.on, c.at, c.kept.visaUsed(), stamps)
	}
	return judgeEntry(k, intendedStay{on: c.on, visa: c.kept.visaUsed(), family: family, days: c.req.IntendedDays, stamps: c.kept.Stamps,
		transit: c.kept.Transit != nil, at: c.at.In(c.point.Location()),
		partial: law.PartialState(string(c.point.State), c.on)})
}

// weigh turns what was found into findings and a proposal. A finding that
// refuses outweighs one that sends to second line, which outweighs none.
func (c *checking) weigh() error {
	c.out.Findings, c.out.ProposedReasons, c.out.ToTake = []law.Reason{}, []RefusalReason{}, []string{}
	c.out.Proposal = Admit
	c.weighIdentity()
	c.weighRestriction()
	c.weighBiometrics()
	c.weighStamps()
	c.weighSuspension()
	c.weighConsultation()
	if c.req.Direction == Entry {
		c.weighDocument()
		c.weighVisa()
		c.weighTransit()
		c.weighEtias()
		c.weighProgrammes()
		c.weighStay()
	} else {
		c.weighExit()
	}
	c.weighAtKiosk()
	if c.out.Reasons == nil {
		c.out.Reasons = []law.Reason{}
	}
	c.gravestFirst()
	return nil
}

// gravestFirst orders the findings by what they weigh.
func (c *checking) gravestFirst() {
	ordered := make([]law.Reason, 0, len(c.out.Findings))
	for _, weight := range []Proposal{Refuse, SecondLine, Admit} {
		for i, f := range c.out.Findings {
			if c.weights[i] == weight {
				ordered = append(ordered, f)
			}
		}
	}
	c.out.Findings = ordered
}

// newDocument tells whether the file found lacks the document shown.
func (c *checking) newDocument() bool {
	return !c.req.NoDocument && !slices.Contains(c.found.data.Documents, c.traveller.Document)
}

// finding adds a finding and lets it weigh on the proposal.
func (c *checking) finding(weight Proposal, letter RefusalReason, code law.Code, cite law.Citation, message string, facts ...string) {
	c.out.Findings = append(c.out.Findings, law.Reason{Code: code, Cite: cite, Message: message, Facts: law.Facts(facts...)})
	c.weights = append(c.weights, weight)
	if letter != "" && !slices.Contains(c.out.ProposedReasons, letter) {
		c.out.ProposedReasons = append(c.out.ProposedReasons, letter)
	}
	if weight == Refuse || weight == SecondLine && c.out.Proposal == Admit {
		c.out.Proposal = weight
	}
}

func (c *checking) weighIdentity() {
	switch {
	case c.kept.NotVerified:
		c.finding(SecondLine, "", "not_verified", "2017/2226 art 23(2)",
			"Neither the face nor the fingerprints show that the traveller is the person of the file that the document led to. Identify the traveller, in second line; a crossing names the file, or says new.")
	case c.kept.Query == documentOfAnother && len(c.others) > 0:
		c.finding(SecondLine, "", "document_of_another_identity", "2017/2226 art 23(2)",
			"This document is recorded for a person with other identity data. Compare the person with the file, in second line.")
	case len(c.others) > 0:
		c.finding(SecondLine, "", "possible_files", "2019/327 art 2",
			"Somebody with a like name and the same birth date, sex and nationality has a file. Decide whether it is this traveller's before recording.", "files", strconv.Itoa(len(c.others)))
	case c.found == nil && c.req.Direction == Entry:
		c.finding(Admit, "", "first_registration", "2017/2226 art 14(2)", "No file was found: a new individual file is made with your decision.")
	}
	if c.kept.TooMany {
		c.finding(SecondLine, "", "more_files_than_compared", "2019/327 art 2",
			"More persons share this name, birth date, sex and nationality than could be compared. Search for the file before recording.")
	}
	if c.found != nil && c.newDocument() {
		weight := Admit
		if c.kept.Query == foundByIdentity && !c.kept.Biometrics.faceSeen() {
			weight = SecondLine
		}
		c.finding(weight, "", "new_document", "2017/2226 art 14(2)",
			"The file was made with another document. Compare the face with the file: somebody else may have the same name and birth date. A new facial image is taken and the document is added.",
			"document", string(c.traveller.Document.Issuer)+" "+string(c.traveller.Document.Number))
	}
	if c.traveller.NameCut {
		c.finding(Admit, "", "name_cut", "9303-3 s 4.7", "The machine readable zone has no room for the whole name. Compare it with the printed page.")
	}
	if c.found != nil && c.found.file.Incomplete {
		c.finding(Admit, "", "incomplete_records", "2025/1534 art 6(1)", "Part of this file is from the progressive period: crossings may be missing.")
	}
}

// weighBiometrics says what to take, and what a refusal to give it means.
func (c *checking) weighBiometrics() {
	if c.found != nil {
		c.out.ToTake = c.kept.toTake(&c.found.file, c.newDocument())
	} else {
		c.out.ToTake = c.kept.toTake(nil, true)
	}
	if c.req.Direction == Exit && c.found == nil && c.found.entryByStamp(c.kept.Stamps, event{At: c.at, On: c.on}).day == 0 {
		c.out.ToTake = []string{}
	}
	if len(c.out.ToTake) > 0 {
		if mayWait, err := law.FilesWithoutBiometrics.On(c.on); err == nil && mayWait {
			c.finding(Admit, "", "biometrics_may_wait", "2025/1534 art 4(2)",
				"In these first sixty days a file may be made without biometrics: they are taken at the next crossing.")
		}
	}
	if c.kept.UnderTwelve {
		c.finding(Admit, "", "child_without_fingerprints", "2017/2226 art 17(3)", "The traveller is under twelve: no fingerprints are taken.")
	}
	c.out.Steps = c.steps()
	switch {
	case c.kept.Biometrics.refused() && c.req.Direction == Entry:
		c.finding(Refuse, "J", "biometrics_refused", "2017/2226 art 18(5)",
			"The traveller refuses to give biometrics. Entry is refused on ground J; read the face from the chip if the document has one.")
	case c.kept.Biometrics.refused():
		c.finding(SecondLine, "", "biometrics_refused", "2016/399 art 6a",
			"The traveller refuses to give biometrics at exit. The exit is recorded; refer to second line.")
	case c.kept.Biometrics.mismatch() && c.kept.verified():
		c.finding(Admit, "", "verified_by_the_other_kind", "2017/2226 art 23(2)",
			"One kind of biometrics did not match the file, the other did: the traveller is verified.")
	case c.kept.Biometrics.mismatch() && !c.kept.NotVerified:
		c.finding(SecondLine, "", "biometric_mismatch", "2017/2226 art 23(2)",
			"The biometrics do not match the file. Verify by the other kind, then identify in second line (art 27).")
	}
}

// askVIS replaces what the guard typed of a visa by what the Visa Information
// System holds, where that is connected (art 23(4)).
func (c *checking) askVIS() error {
	c.kept.AskedVIS = "not_connected"
	if c.register.Visas == nil || !c.kept.VisaNeeded || c.kept.Visa == nil || c.kept.Visa.National {
		return nil
	}
	held, found, err := c.register.Visas.VisaBySticker(c.tx.Context(), c.pass, c.kept.Visa.Sticker, c.kept.Visa.Issuer)
	switch {
	case err != nil:
		return err
	case found:
		c.kept.AskedVIS, c.kept.Visa = "found", &held
	default:
		c.kept.AskedVIS, c.kept.Visa = "not_found", nil
	}
	return nil
}

func (c *checking) weighDocument() {
	doc := c.traveller.Document
	switch {
	case c.req.NoDocument:
		c.finding(Refuse, "A", "no_document", "2016/399 art 6(1)(a)", "The traveller has no travel document.")
	case doc.Expiry == 0:
	case doc.Expiry < c.on:
		c.finding(Refuse, "A", "document_expired", "2016/399 art 6(1)(a)",
			"The travel document has expired: it does not entitle to cross the border.", "expiry", doc.Expiry.String(), "day", c.on.String())
	case c.req.IntendedDays > 0 && (law.Period{Months: 3}).After(c.on+law.Date(c.req.IntendedDays)-1) > doc.Expiry:
		c.finding(Admit, "", "document_expires_soon", "2016/399 art 6(1)(a)",
			"The document is valid for less than three months after the intended departure. This may be waived in a justified emergency.",
			"expiry", doc.Expiry.String())
	}
}

func (c *checking) weighVisa() {
	if c.visaRule.Rule == person.VisaDepends {
		c.finding(Admit, "", "visa_conditional", c.visaRule.Cite,
			"Whether this nationality needs a visa depends on residence and issuing state: "+c.visaRule.Note+".", "nationality", string(c.nationality))
	}
	visa, family := c.kept.Visa, c.kept.Family
	if !c.kept.VisaNeeded {
		return
	}
	switch {
	case visa == nil && c.visaRule.Rule == person.VisaRequired:
		c.finding(Refuse, "C", "visa_missing", c.visaRule.Cite,
			fmt.Sprintf("Nationals of %s need a visa, and none is shown.", c.nationality.Name()), "nationality", string(c.nationality))
		return
	case visa == nil:
		c.finding(SecondLine, "", "visa_to_be_settled", c.visaRule.Cite, "Settle whether this traveller needs a visa: show it, or say that none is needed, and check again.")
		return
	case visa.ValidTo < c.on:
		c.finding(Refuse, "C", "visa_expired", "2016/399 art 6(1)(b)", "The visa has expired.", "valid_until", visa.ValidTo.String())
	case visa.ValidFrom > c.on:
		c.finding(Refuse, "C", "visa_not_yet_valid", "2016/399 art 6(1)(b)", "The visa is not valid yet.", "valid_from", visa.ValidFrom.String())
	}
	c.weighNationalVisa(visa)
	if c.judged.answer.EntriesExhausted && !family {
		c.calculated(Refuse, "C", "entries_exhausted", "2017/2226 art 11(2)(a)", "The entries of this visa are used up.",
			"entries", strconv.Itoa(c.judged.answer.EntriesAllowed), "used", strconv.Itoa(c.judged.answer.EntriesUsed))
	}
	if visa.Type == person.VisaLTV && !slices.Contains(visa.LTVStates, c.point.State) {
		c.finding(Refuse, "C", "visa_of_other_territory", "810/2009 art 25(1)", "The visa is limited to other states.", "states", joinStates(visa.LTVStates))
	}
}

func (c *checking) weighStay() {
	a := c.judged.answer
	var open *record
	if c.found != nil {
		open = c.found.openStay()
	}
	if open != nil && c.justRecorded(open.Entry) {
		c.finding(SecondLine, "", "crossing_already_recorded", "2017/2226 art 16(2)",
			fmt.Sprintf("The entry of this traveller was recorded here at %s. Let the traveller pass: nothing more is to be recorded.", open.Entry.At.In(c.point.Location()).Format("15:04")))
	} else if open != nil {
		over := ""
		if open.StayEnd != 0 && c.on > open.StayEnd {
			over = fmt.Sprintf(" That stay ended on %s, %s ago.", open.StayEnd, daysInWords(int(c.on-open.StayEnd)))
		}
		c.presumed("entry_still_open", "2017/2226 art 20",
			fmt.Sprintf("An entry on %s at %s has no exit.%s Ask for proof of departure; recording this entry closes it as a stay without exit.", open.Entry.On, open.Entry.place(), over),
			"entry", open.Entry.On.String(), "crossing_point", open.Entry.BCP, "overstay_days", strconv.Itoa(max(0, int(c.on-max(open.StayEnd, open.Entry.On)))))
	}
	if a.Rule == RuleFamilyMember {
		c.finding(Admit, "", "family_member", "2017/2226 art 2(4)", "Family member of an EU citizen: recorded, no stay is calculated.")
		return
	}
	switch {
	case a.Remaining == 0 && a.Bound == BoundLimit:
		message, facts := "No day of short stay is left in this 180-day period.", []string{"days_used", strconv.Itoa(a.DaysUsed)}
		if from := c.firstEntry(); from != 0 {
			message += fmt.Sprintf(" An entry is possible again from %s on.", from)
			facts = append(facts, "first_entry", from.String())
		}
		c.calculated(Refuse, "F", "ninety_days_used", "2016/399 art 6(1)", message, facts...)
	case a.Remaining == 0 && a.Bound == BoundDays:
		c.calculated(Refuse, "F", "visa_days_used", "2017/2226 art 11(2)", "The days of stay of the visa are used up.")
	case c.req.IntendedDays > 0 && !a.Suffices && a.Remaining > 0:
		c.calculated(SecondLine, "", "intended_stay_too_long", "2016/399 art 6(1)",
			fmt.Sprintf("The traveller means to stay %d days; %d are possible, until %s.", c.req.IntendedDays, a.Remaining, a.End),
			"intended_days", strconv.Itoa(c.req.IntendedDays), "days_remaining", strconv.Itoa(a.Remaining))
	}
	if c.found != nil {
		c.weighDecided()
		if late := c.found.lastOverstay(); late != nil {
			c.finding(Admit, "", "earlier_overstay", "2017/2226 art 12",
				fmt.Sprintf("An earlier stay was exceeded, from %s. The flag alone decides nothing.", late.OverstayFrom), "from", late.OverstayFrom.String())
		}
	}
}

// firstEntry is the first day on which somebody who is refused today could enter
// with everything else as it is; zero where that cannot be told.
func (c *checking) firstEntry() law.Date {
	h, q := c.found.entryQuestion(intendedStay{on: c.on, visa: c.kept.visaUsed(), stamps: c.kept.Stamps})
	from, err := FirstEntry(h, q.Intended, 1)
	if err != nil {
		return 0 // a stay is open: nobody can say when it ends
	}
	return from
}

// justRecorded tells whether an event at this crossing point is the crossing that
// is being checked, told twice.
func (c *checking) justRecorded(before event) bool {
	same, err := sameCrossing(before, event{At: c.at, On: c.on, BCP: c.point.Code})
	return same && err == nil
}

func (k *known) lastOverstay() *record {
	for i := len(k.records) - 1; i >= 0; i-- {
		if k.records[i].Overstay == Exceeded {
			return &k.records[i]
		}
	}
	return nil
}

func (c *checking) weighExit() {
	stamp := c.found.entryByStamp(c.kept.Stamps, event{At: c.at, On: c.on})
	if c.found != nil || len(c.others) == 0 {
		c.weighStamp(stamp)
	}
	if c.found == nil {
		c.weighOverstay(nil)
		if len(c.others) == 0 && stamp.day == 0 {
			c.presumed("no_file_at_exit", "2017/2226 art 20",
				"No file was found for this traveller: the stay is presumed unlawful until shown otherwise. Ask for proof of the entry; the exit is recorded all the same.")
		}
		return
	}
	open := c.found.openStay()
	if last := c.found.last(); open == nil && last != nil && c.justRecorded(last.Exit) {
		c.finding(SecondLine, "", "crossing_already_recorded", "2017/2226 art 16(2)",
			fmt.Sprintf("The exit of this traveller was recorded here at %s. Let the traveller pass: nothing more is to be recorded.", last.Exit.At.In(c.point.Location()).Format("15:04")))
		return
	}
	if open != nil && c.at.Before(open.Entry.At) {
		c.finding(SecondLine, "", "later_entry_recorded", "2017/2226 art 21(1)",
			fmt.Sprintf("A later entry, of %s at %s, is recorded already. The exit closes the stay before it, if there is one.", open.Entry.On, open.Entry.BCP))
	}
	if open == nil && stamp.day == 0 {
		c.presumed("exit_without_entry", "2017/2226 art 20",
			"No entry is open for this traveller. Ask for proof of the entry; the exit is recorded all the same.")
		return
	}
	if open != nil {
		c.weighChanges(open)
		c.weighTransitExit(open)
	}
	c.weighOverstay(open)
}

// weighOverstay tells of the days over the end of the stay that this exit closes
// (EES-027).
func (c *checking) weighOverstay(open *record) {
	a := c.judged.answer
	if a.OverstayDays <= 0 || open != nil && open.Transit {
		return
	}
	weight, excused := SecondLine, ""
	if open != nil && open.Excused != nil {
		weight, excused = Admit, " It was taken off the list of overstayers: "+open.Excused.Ground+"."
	}
	c.calculated(weight, "", "overstay", "2017/2226 art 11(2)(c)",
		fmt.Sprintf("The authorised stay ended on %s: overstay of %s.%s", a.End, daysInWords(a.OverstayDays), excused),
		"stay_end", a.End.String(), "overstay_days", strconv.Itoa(a.OverstayDays))
}

func daysInWords(n int) string {
	if n == 1 {
		return "1 day"
	}
	return strconv.Itoa(n) + " days"
}

func joinStates(states []person.State) string {
	s := ""
	for i, state := range states {
		if i > 0 {
			s += " "
		}
		s += string(state)
	}
	return s
}
