package ees

import (
	"slices"

	"limen/access"
	"limen/interop/cir"
	"limen/law"
)

// Identify takes a check on by one step of identification (art 27(1)), in the
// prescribed order: the register by fingerprints, or fingerprints and face; the
// Visa Information System; the register by all or some of the letters, where
// fingerprints cannot be used or the search failed. Never by the face alone
// (EES-037). What is found are candidates: the guard names the traveller's file
// with the decision.
func (r *Register) Identify(p access.Pass, checkID string, version int, req StepRequest) (Progress, error) {
	c, o, err := r.resume(p, checkID, version, req.Step)
	if err != nil {
		return Progress{}, err
	}
	s := c.kept.state()
	if !identifies(s) {
		return Progress{}, law.Refuse(law.Conflict, "no_identification_here", "2017/2226 art 27(1)",
			"The check does not stand at identification. "+ruleOf(s).Do, "state", string(s))
	}
	if len(req.Face) > 0 && len(req.Fingerprints) == 0 {
		return Progress{}, law.Refuse(law.NotPermitted, faceAlone.Code, faceAlone.Cite, faceAlone.Message)
	}
	e, err := c.seek(s, req)
	if err != nil {
		return Progress{}, err
	}
	if err := c.take(e); err != nil {
		return Progress{}, err
	}
	c.see()
	// Which stay the traveller has is worked out when the guard names the file.
	c.kept.Proposal, c.kept.Letters = o.kept.Proposal, o.kept.Letters
	if c.found == nil && len(c.others) > 0 && c.kept.Proposal == Admit {
		c.kept.Proposal = SecondLine
	}
	if err := c.keepStep(o); err != nil {
		return Progress{}, err
	}
	out, err := c.progress(o.version + 1)
	if err != nil {
		return Progress{}, err
	}
	return out, c.touched()
}

// seek carries out the search of a step of identification.
func (c *checking) seek(s CheckState, req StepRequest) (CheckEvent, error) {
	switch req.Outcome {
	case "":
	case EventFingersImpossible, EventSearchFailed:
		return req.Outcome, nil
	default:
		return "", law.BadField("outcome", "the_register_searches", "2017/2226 art 27(1)",
			"What an identification finds is not told: send what to search by. Only that fingerprints are impossible, or that the search failed, may be said.", "outcome", string(req.Outcome))
	}
	switch s {
	case StateIdentifyFingers:
		return c.seekByFingers(req)
	case StateIdentifyAlphanumeric:
		return c.seekByLetters(req)
	case StateIdentifyVIS:
		return c.seekVisa(req)
	}
	return c.seekInVIS(req)
}

func fingersNeeded() error {
	return law.BadField("fingerprints", "fingerprints_needed", "2017/2226 art 27(1)",
		"Take the four fingers of the right hand, or of the left, and send them; or say fingers_impossible.")
}

func (c *checking) seekByFingers(req StepRequest) (CheckEvent, error) {
	if len(req.Fingerprints) == 0 {
		return "", fingersNeeded()
	}
	if len(req.Face) == 0 {
		req.Face = nil
	}
	refs, err := c.register.Biometrics.Identify(c.tx.Context(), c.pass, req.Fingerprints, req.Face)
	switch {
	case searchFailed(err):
		return EventSearchFailed, nil
	case err != nil:
		return "", err
	case len(refs) == 0:
		return EventNobodyIdentified, nil
	}
	return EventIdentified, c.addCandidates(refs)
}

// addCandidates adds files to those that may be the traveller's.
func (c *checking) addCandidates(refs []FileRef) error {
	for _, ref := range refs {
		i := slices.IndexFunc(c.others, func(o candidate) bool { return o.known.file.Ref == ref })
		if i >= 0 {
			c.others[i].score = 1
			continue
		}
		k, err := c.register.open(c.pass, ref)
		if err != nil {
			return err
		}
		c.others = append(c.others, candidate{known: k, score: 1})
	}
	return nil
}

// seekByLetters searches by all or some of the letters; without any it says that
// there are none to search by.
func (c *checking) seekByLetters(req StepRequest) (CheckEvent, error) {
	if req.Letters == nil {
		return EventNothingFound, nil
	}
	l := req.Letters
	found, _, err := c.register.find(c.pass, FileQuery{Document: l.Document, Issuer: l.Issuer, Surname: l.Surname, FirstNames: l.FirstNames,
		BirthDate: l.BirthDate, Sex: l.Sex, Nationality: l.Nationality, On: c.on})
	if err != nil {
		return "", under("letters", err)
	}
	var refs []FileRef
	for _, f := range found[:min(len(found), mostCandidates)] {
		refs = append(refs, FileRef(f.Ref))
	}
	if len(refs) == 0 {
		return EventNothingFound, nil
	}
	return EventCandidatesFound, c.addCandidates(refs)
}

// mostCandidates bounds the files that a search by some of the letters shows.
const mostCandidates = 20

// seekVisa consults the Visa Information System first by the visa sticker, with
// the fingerprints of its holder, or for a traveller without visa by the data of
// earlier applications (767/2008 arts 18, 19a).
func (c *checking) seekVisa(req StepRequest) (CheckEvent, error) {
	if !c.kept.VisaNeeded {
		holder, found, err := c.register.Visas.SearchTraveller(c.tx.Context(), c.pass, c.traveller.Identity, c.traveller.Document)
		return c.heldBy(holder, found, err)
	}
	if c.kept.Visa == nil {
		return EventVISNothing, nil
	}
	if len(req.Fingerprints) == 0 {
		return "", fingersNeeded()
	}
	verified, err := c.register.Visas.VerifyFingers(c.tx.Context(), c.pass, c.kept.Visa.Sticker, c.kept.Visa.Issuer, req.Fingerprints)
	switch {
	case searchFailed(err):
		return EventSearchFailed, nil
	case err != nil:
		return "", err
	case verified:
		return EventVISConfirmed, nil
	}
	return EventVISOtherPerson, nil
}

// seekInVIS identifies in the Visa Information System by fingerprints (767/2008 art 20).
func (c *checking) seekInVIS(req StepRequest) (CheckEvent, error) {
	if len(req.Fingerprints) == 0 {
		return "", fingersNeeded()
	}
	holder, found, err := c.register.Visas.IdentifyFingers(c.tx.Context(), c.pass, req.Fingerprints)
	return c.heldBy(holder, found, err)
}

func (c *checking) heldBy(holder cir.Identity, found bool, err error) (CheckEvent, error) {
	switch {
	case searchFailed(err):
		return EventSearchFailed, nil
	case err != nil:
		return "", err
	case !found:
		return EventVISNothing, nil
	case sameIdentity(holder, c.traveller.Identity):
		return EventVISConfirmed, nil
	}
	return EventVISOtherPerson, nil
}
