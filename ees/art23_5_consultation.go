package ees

import (
	"limen/law"
	"limen/person"
)

// visDue tells whether the Visa Information System is consulted for a file that
// is known already: it was made by a state that does not apply the acquis in
// full, on a national visa, and its holder comes for the first time since to the
// border of a state that does (art 23(5)). A file whose holder needs no visa now
// is not consulted about: there is none to consult by.
func (c *checking) visDue() bool {
	return c.found != nil && c.kept.VisaNeeded && !law.PartialState(string(c.point.State), c.on) &&
		c.found.madeOnNationalVisa() && !c.found.crossedInFull()
}

// madeOnNationalVisa tells whether the record that the file was made with rests
// on a national short-stay visa, at a crossing point of a partial state.
func (k *known) madeOnNationalVisa() bool {
	var first *record
	for i := range k.records {
		if first == nil || k.records[i].N < first.N {
			first = &k.records[i]
		}
	}
	return first != nil && first.Partial && first.Visa != nil && first.Visa.National
}

// crossedInFull tells whether a crossing is recorded at the border of a state
// that applied the acquis in full on that day.
func (k *known) crossedInFull() bool {
	for i := range k.records {
		for _, e := range []event{k.records[i].Entry, k.records[i].Exit} {
			if point, err := person.ParseCrossingPoint(e.BCP); err == nil && !law.PartialState(string(point.State), e.On) {
				return true
			}
		}
	}
	return false
}

// consultByItself is what comes of the consultation without the booth: nobody is
// connected, there is nothing to compare, or it has been compared already.
func (c *checking) consultByItself() CheckEvent {
	switch {
	case c.register.Visas == nil:
		return EventNotConnected
	case c.kept.Visa == nil || c.kept.Visa.National:
		return EventVISNothing
	case c.kept.been(EventFingersMatch) && c.found.file.Fingers == FingersNotForVisa:
		return EventVISConfirmed // verification was with the fingerprints of the visa
	case c.kept.UnderTwelve || !c.kept.biometricsUsed():
		return EventFingersImpossible
	}
	return ""
}

// consultVIS compares the fingerprints with those of the visa (art 23(5), by art
// 23(4)(a)).
func (c *checking) consultVIS(req StepRequest) (CheckEvent, error) {
	switch {
	case req.Outcome == EventFingersImpossible || req.Outcome == EventSearchFailed || req.Outcome == EventDoubtRaised:
		return req.Outcome, nil
	case req.Outcome != "":
		return "", law.BadField("outcome", "sample_needed", "2017/2226 art 23(5)",
			"The Visa Information System is connected: send the fingerprints, and it says whether they are those of the visa.", "outcome", string(req.Outcome))
	case len(req.Fingerprints) == 0:
		return "", law.BadField("fingerprints", "fingerprints_needed", "2017/2226 art 23(5)",
			"Take the four fingers of the right hand, or of the left, and send them; or say fingers_impossible.")
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

// verified tells whether the traveller was verified against the file, and nothing
// has come between since.
func (k *keptCheck) verified() bool {
	switch k.state() {
	case StateVerified:
		return true
	case StateConsultVIS, StateConsulted:
		return k.been(EventFaceMatch, EventFingersMatch)
	}
	return false
}

// weighConsultation tells what came of consulting the Visa Information System
// (art 23(5)).
func (c *checking) weighConsultation() {
	if s := c.kept.state(); s != StateConsultVIS && s != StateConsulted {
		return
	}
	switch {
	case c.kept.been(EventVISConfirmed), c.kept.been(EventFingersImpossible) && c.register.Visas != nil:
	case c.kept.been(EventVISOtherPerson):
		c.finding(SecondLine, "", "visa_of_another_person", "2017/2226 art 23(5)",
			"The Visa Information System has other fingerprints for this visa. Find out whose it is, in second line; where you doubt who this is, say so, and identification follows.")
	case c.kept.been(EventVISNothing) && c.kept.AskedVIS == "not_found":
		c.finding(SecondLine, "", "visa_not_in_vis", "2017/2226 art 23(5)", "The Visa Information System does not have the visa that is shown. Look into it in second line.")
	default:
		c.finding(Admit, "", "vis_to_be_consulted", "2017/2226 art 23(5)",
			"The file was made on a national visa of a state that does not apply the acquis in full, and this is the first crossing elsewhere: consult the Visa Information System.")
	}
}
