package nui

import (
	"errors"
	"time"

	"limen/law"
	"limen/person"
)

// What can be said of the scope without the register.
const (
	InScope    = "in_scope"
	OutOfScope = "out_of_scope"
	Unknown    = "unknown" // the nationality could not be read
)

// LocalAnswer is what a guard can be told while the Central System cannot be
// reached: what the document says, and whom the Regulation concerns. No stay is
// calculated: days that other states have recorded are not known here.
type LocalAnswer struct {
	Document *person.Document `json:"document"`
	Scope    string           `json:"scope"`
	Visa     string           `json:"visa,omitempty"` // required, exempt, conditional, …
	Stay     string           `json:"stay"`           // always not_available
	Reasons  []law.Reason     `json:"reasons"`
}

// local reads the document and the scope on the day at the crossing point.
func local(e *event, now time.Time) LocalAnswer {
	a := LocalAnswer{Scope: Unknown, Stay: "not_available", Reasons: []law.Reason{}}
	on := e.point.LocalDate(now)
	if e.At != nil {
		on = e.point.LocalDate(*e.At)
	}
	say := func(code law.Code, cite law.Citation, message string) {
		a.Reasons = append(a.Reasons, law.Reason{Code: code, Cite: cite, Message: message})
	}
	var nationalities []person.State
	if len(e.MRZ) > 0 {
		zone := person.ParseMRZ(e.MRZ)
		if doc, err := zone.Document(on); err == nil {
			a.Document = &doc
			if doc.Expiry != 0 && doc.Expiry < on {
				say("document_expired", "2016/399 art 6(1)(a)", "The travel document has expired: it does not entitle to cross the border.")
			}
		} else {
			var r *law.Refusal
			if errors.As(err, &r) {
				a.Reasons = append(a.Reasons, r.Reason)
			}
		}
		if s, err := person.ParseState(zone.Fields.Nationality); err == nil {
			nationalities = append(nationalities, s)
		}
	}
	if e.Identity != nil {
		for _, text := range e.Identity.Nationalities {
			if s, err := person.ParseState(text); err == nil {
				nationalities = append(nationalities, s)
			}
		}
	}
	for _, s := range nationalities {
		rule, err := person.VisaRequirement(s, on)
		if err != nil {
			continue
		}
		if rule.Rule == person.FreeMovement {
			a.Scope = OutOfScope
			a.Reasons = []law.Reason{{Code: "not_a_third_country_national", Cite: "2017/2226 art 3(1)(6)",
				Message: "The Entry/Exit System does not record nationals of states with free movement. Let the traveller pass; nothing is kept.", Facts: law.Facts("nationality", string(s))}}
			return a
		}
		if a.Scope == Unknown {
			a.Scope, a.Visa = InScope, string(rule.Rule)
			a.Reasons = append(a.Reasons, rule.Reason())
			if rule.Rule == person.VisaRequired {
				say("verify_in_vis", "2016/399 art 9(3a)", "The identity of a visa holder may be verified in the Visa Information System directly.")
			}
		}
	}
	say("stay_not_available", "2017/2226 art 21(1)", "The register cannot be asked: no stay is calculated. Judge by the stamps and the document; what you decide is recorded later.")
	return a
}
