package ees

import (
	"fmt"
	"strconv"

	"limen/law"
	"limen/person"
)

// TransitDocument is a facilitated transit document as a record keeps it
// (2017/2226 annex II, 693/2003).
type TransitDocument struct {
	Number     person.DocumentNumber `json:"number" doc:"Number of the document."`
	Issuer     person.State          `json:"issuer" doc:"State that issued it."`
	ValidUntil law.Date              `json:"valid_until" format:"date" doc:"Last day of its validity."`
}

// TransitInput is a facilitated transit document shown at entry.
type TransitInput struct {
	Kind       string   `json:"kind,omitempty" enum:"FTD,FRTD" doc:"FTD when left out. The holder of a facilitated rail transit document is outside the system."`
	Number     string   `json:"number" minLength:"1" maxLength:"20" doc:"Number of the document."`
	Issuer     string   `json:"issuer" minLength:"1" maxLength:"3" doc:"Member State that issued it."`
	ValidUntil law.Date `json:"valid_until" format:"date" doc:"Last day of its validity."`
	OnBoard    bool     `json:"on_board,omitempty" doc:"The holder crosses by train and does not get off: outside the system."`
}

// readTransit checks a facilitated transit document. Who travels by rail on one,
// or on a rail document, is exempt (art 2(3), X18).
func readTransit(in *TransitInput, visa *VisaInput) (*TransitDocument, error) {
	if in == nil {
		return nil, nil
	}
	const cite = law.Citation("2017/2226 annex II")
	if in.Kind == "FRTD" || in.OnBoard {
		return nil, OutOfScope(Exemptions[len(Exemptions)-1])
	}
	if in.Kind != "" && in.Kind != "FTD" {
		return nil, law.BadField("transit.kind", "unknown_transit_document", cite, "Say FTD or FRTD.")
	}
	if visa != nil {
		return nil, law.BadField("transit", "transit_and_visa", cite, "Give the facilitated transit document or the visa, whichever this entry uses.")
	}
	d := &TransitDocument{ValidUntil: in.ValidUntil}
	var err error
	if d.Number, err = person.ParseDocumentNumber(in.Number); err != nil {
		return nil, at("transit.number", err)
	}
	if d.Issuer, err = person.ParseState(in.Issuer); err != nil {
		return nil, at("transit.issuer", err)
	}
	if d.ValidUntil == 0 {
		return nil, law.BadField("transit.valid_until", "transit_date_missing", cite, "Type the last day of the document's validity.")
	}
	return d, nil
}

// weighTransit says what a facilitated transit document means at entry.
func (c *checking) weighTransit() {
	d := c.kept.Transit
	if d == nil || c.req.Direction != Entry {
		return
	}
	if d.ValidUntil < c.on {
		c.finding(Refuse, "C", "transit_document_expired", "2017/2226 annex II", "The facilitated transit document has expired.", "valid_until", d.ValidUntil.String())
		return
	}
	ends := c.judged.answer.EndsAt
	c.finding(Admit, "", "facilitated_transit", "2017/2226 annex II",
		fmt.Sprintf("A facilitated transit is counted in hours: it ends on %s.", ends.In(c.point.Location()).Format("2006-01-02 at 15:04")),
		"ends_at", ends.UTC().Format("2006-01-02T15:04:05Z"))
}

// weighTransitExit tells how long a transit lasted too long, to the minute.
func (c *checking) weighTransitExit(open *record) {
	a := c.judged.answer
	if !open.Transit || a.EndsAt.IsZero() || !c.at.After(a.EndsAt) {
		return
	}
	over := int(c.at.Sub(a.EndsAt).Minutes())
	c.calculated(SecondLine, "", "overstay", "2017/2226 art 11(2)(c)",
		fmt.Sprintf("The transit ended on %s: it was exceeded by %d minutes.", a.EndsAt.In(c.point.Location()).Format("2006-01-02 at 15:04"), over),
		"ended_at", a.EndsAt.UTC().Format("2006-01-02T15:04:05Z"), "overstay_minutes", strconv.Itoa(over))
}
