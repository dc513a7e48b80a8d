package ees

import (
	"slices"
	"strings"

	"limen/law"
	"limen/person"
)

// readEtias checks what a guard's own system sent of a travel authorisation.
func readEtias(in *Etias) (*Etias, error) {
	if in == nil {
		return nil, nil
	}
	const cite = law.Citation("2017/2226 art 17(2)")
	e := Etias{Number: strings.TrimSpace(in.Number), ValidTo: in.ValidTo}
	switch {
	case e.Number == "" || len(e.Number) > 40:
		return nil, law.BadField("etias.number", "authorisation_unnamed", cite, "Give the number of the application, at most 40 characters.")
	case e.ValidTo == 0:
		return nil, law.BadField("etias.valid_until", "authorisation_date_missing", cite, "Give the last day of the travel authorisation.")
	}
	for _, s := range in.LTVStates {
		state, err := person.ParseState(string(s))
		if err != nil {
			return nil, at("etias.ltv_states", err)
		}
		e.LTVStates = append(e.LTVStates, state)
	}
	return &e, nil
}

// askEtias gets the travel authorisation of a visa-exempt traveller at entry
// (art 8a, EES-012): from the travel authorisation system where it is connected,
// until then from what the guard's own system sent.
func (c *checking) askEtias() error {
	if c.req.Direction != Entry || c.kept.VisaNeeded || c.kept.Transit != nil || c.kept.Family {
		if c.kept.Etias != nil {
			return law.BadField("etias", "no_authorisation_here", "2017/2226 art 17(2)",
				"A travel authorisation is kept at the entry of a visa-exempt traveller only. Leave this member out.")
		}
		return nil
	}
	if c.register.Authorisations == nil {
		if c.kept.Etias != nil {
			c.kept.AskedEtias = "not_connected"
		}
		return nil
	}
	held, found, err := c.register.Authorisations.AuthorisationFor(c.tx.Context(), c.pass, c.traveller.Document)
	if err != nil {
		return err
	}
	if c.kept.Etias = nil; found {
		c.kept.Etias = &held
		c.kept.AskedEtias = "found"
		return nil
	}
	c.kept.AskedEtias = "not_found"
	return nil
}

// weighEtias looks at the authorisation that is there. That there is none is no
// finding: from which day one is needed is not known to the system.
func (c *checking) weighEtias() {
	e := c.kept.Etias
	switch {
	case e == nil:
	case e.ValidTo < c.on:
		c.finding(SecondLine, "", "travel_authorisation_expired", "2016/399 art 6(1)(b)", "The travel authorisation has expired.", "valid_until", e.ValidTo.String())
	case len(e.LTVStates) > 0 && !slices.Contains(e.LTVStates, c.point.State):
		c.finding(SecondLine, "", "travel_authorisation_of_other_territory", "2016/399 art 6(1)(b)", "The travel authorisation is limited to other states.", "states", joinStates(e.LTVStates))
	}
}

// weighNationalVisa looks at a national short-stay visa of a state that does not
// apply the acquis in full: it holds in such states alone (art 16(2)(g)).
func (c *checking) weighNationalVisa(visa *VisaOnRecord) {
	if visa.National && !law.PartialState(string(c.point.State), c.on) {
		c.finding(Refuse, "C", "national_visa_of_partial_state", "2017/2226 art 16(2)(g)",
			"This national visa holds in states that do not apply the acquis in full, and not here.", "issuer", string(visa.Issuer))
	}
}

// weighDecided tells of an earlier stay that an authority ended.
func (c *checking) weighDecided() {
	for i := len(c.found.records) - 1; i >= 0; i-- {
		if n := len(c.found.records[i].Changes); n > 0 && c.found.records[i].Changes[n-1].Status != Extended {
			ch := &c.found.records[i].Changes[n-1]
			c.finding(Admit, "", "earlier_stay_ended_by_decision", "2017/2226 art 19(1)", "An authority ended an earlier stay by decision.",
				"status", string(ch.Status), "ground", ch.Ground, "decided", ch.Decided.String(), "state", string(ch.State))
			return
		}
	}
}
