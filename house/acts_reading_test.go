package house

import (
	"fmt"

	"limen/access"
	"limen/ees"
	"limen/law"
)

// annaAsked is the traveller of the border's acts as another system asks for her.
var annaAsked = ees.PersonQuery{
	Identity: ees.IdentityInput{Surname: "DOE", BirthDate: "1988-02-11", Sex: "X", Nationalities: []string{"CAN"}},
	Document: ees.DocumentInput{Number: "C1", Issuer: "CAN", Expiry: law.MustDate("2033-01-01")},
}

// readingActs are the operations of the authorities of articles 24 to 27, on the
// file that the border's acts have left.
func (p *play) readingActs() []act {
	var ref ees.FileRef
	find := p.do(ees.OpSearchFiles, access.VisaExamination, access.Visa, func(pass access.Pass) error {
		found, err := p.EES.SearchFiles(pass, ees.FileQuery{Document: "C1", Issuer: "CAN", On: law.MustDate("2026-05-20")})
		if err != nil || len(found.Files) == 0 {
			return fmt.Errorf("found %d files: %w", len(found.Files), err)
		}
		ref = found.Files[0].Ref
		return nil
	})
	return []act{
		find,
		p.do(ees.OpReadIdentified, access.Identification, access.Border, func(pass access.Pass) error {
			_, err := p.EES.ReadIdentified(pass, ref)
			return err
		}),
		p.do(ees.OpReadInland, access.InlandCheck, access.Immigration, func(pass access.Pass) error {
			_, err := p.EES.ReadInland(pass, ref)
			return err
		}),
		p.do(ees.OpReadForVisa, access.VisaPartialState, access.Visa, func(pass access.Pass) error {
			_, err := p.EES.ReadForVisa(pass, ref, ees.IntendedDates{})
			return err
		}),
		p.do(ees.OpReadForProgramme, access.FacilitationProgramme, access.Facilitation, func(pass access.Pass) error {
			_, err := p.EES.ReadForProgramme(pass, ref)
			return err
		}),
		p.do(ees.OpReadForEtias, access.EtiasNationalReview, access.EtiasNational, func(pass access.Pass) error {
			_, err := p.EES.ReadForEtias(pass, ref)
			return err
		}),
		p.do(ees.OpEtiasFacts, access.EtiasExamination, access.EtiasCentral, func(pass access.Pass) error {
			facts, err := p.EES.EtiasFacts(pass, annaAsked)
			if err == nil && !facts.Refused {
				err = fmt.Errorf("the refusal is not told: %+v", facts)
			}
			return err
		}),
		// Screening begins weeks after the day of this play.
		{op: ees.OpScreening, refused: "screening_not_yet", run: p.do(ees.OpScreening, access.ScreeningCheck, access.Screening, func(pass access.Pass) error {
			_, err := p.EES.ScreeningFacts(pass, annaAsked)
			return err
		}).run},
	}
}
