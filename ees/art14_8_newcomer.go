package ees

import (
	"github.com/google/uuid"

	"limen/access"
	"limen/law"
	"limen/person"
)

// Newcomer is somebody without a file for whom an authority makes one without a
// crossing (arts 14(8), 20(2)(a)): identity and document as at a check.
type Newcomer struct {
	MRZ         []string       `json:"mrz,omitempty" maxItems:"3" nullable:"false" doc:"Lines of the machine readable zone."`
	Document    *DocumentInput `json:"document,omitempty" doc:"The travel document, when the zone was not read."`
	Identity    *IdentityInput `json:"identity,omitempty" doc:"The identity, when the zone was not read."`
	VisaSettled bool           `json:"visa_exempt,omitempty" doc:"This person needs no visa, where that depends on residence or document."`
	Biometrics  *Biometrics    `json:"biometrics,omitempty" doc:"What was taken; what is left out is taken at the next crossing."`
	Compared    bool           `json:"compared,omitempty" doc:"The files that a search finds are those of other people."`
}

// begin makes a file for somebody, to be stored by commit. It fails with
// file_found when one may be there already.
func (r *Register) begin(p access.Pass, who Newcomer) (*amending, *keptCheck, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, nil, err
	}
	now := tx.Now()
	today, begun := civilDays(p)
	c := checking{register: r, pass: p, tx: tx, at: now, on: today, req: CheckRequest{Direction: Entry, MRZ: who.MRZ, Document: who.Document,
		Identity: who.Identity, VisaSettled: who.VisaSettled, Biometrics: who.Biometrics}}
	if err := c.readPerson(); err != nil {
		return nil, nil, under("person", err)
	}
	if err := c.scope(); err != nil {
		return nil, nil, err
	}
	kept := c.kept
	kept.At, kept.On, kept.Origin, kept.Traveller, kept.NewRef = now, today, Online, c.out.Traveller, FileRef(uuid.NewString())
	if who.Compared {
		kept.Candidates = []seenFile{{}}
	}
	d := &deciding{pass: p, tx: tx, kept: kept, where: event{At: now, On: today, Authority: p.Principal().Authority.Name}}
	if err := d.create(); err != nil {
		if refusal, ok := err.(*law.Refusal); ok && refusal.Code == "file_found_meanwhile" {
			return nil, nil, law.Refuse(law.Conflict, "file_found", "2017/2226 art 14(2)",
				"There is a file that may be this person's. Search for it and decide on that one; if it is another person's, say that you compared.")
		}
		return nil, nil, err
	}
	return &amending{pass: p, tx: tx, known: d.known, now: now, today: today, begun: begun, isNew: true}, &kept, nil
}

// either opens the file named, or makes one for a newcomer.
func (r *Register) either(p access.Pass, ref FileRef, version int64, who *Newcomer) (*amending, *keptCheck, error) {
	switch {
	case ref != "" && who != nil:
		return nil, nil, law.BadField("file", "two_persons", "2017/2226 art 14(2)", "Name the file, or give the person for whom one is made, not both.")
	case ref != "":
		a, err := r.amend(p, ref, version)
		return a, nil, err
	case who == nil:
		return nil, nil, law.BadField("file", "person_missing", "2017/2226 art 14(2)", "Name the file, or give the person for whom one is made.")
	}
	return r.begin(p, *who)
}

// incompleteBetween tells whether a stay reaches into the progressive period.
func incompleteBetween(days ...law.Date) bool {
	for _, d := range days {
		if d >= law.EESStart() && d <= law.ProgressiveLastDay() {
			return true
		}
	}
	return false
}

// responsibleState is the state of whoever decides.
func (a *amending) responsibleState() person.State {
	return person.State(a.pass.Principal().Authority.State)
}
