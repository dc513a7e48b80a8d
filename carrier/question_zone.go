package carrier

import (
	"limen/law"
	"limen/person"
)

// FromZone reads a passenger from the machine readable zone of the document, as a
// reader at the check-in types it. today gives the century of two digits.
func FromZone(lines []string, today law.Date) (Passenger, error) {
	zone := person.ParseMRZ(lines)
	document, err := zone.Document(today)
	if err != nil {
		return Passenger{}, err
	}
	birth, err := zone.BirthDate(today)
	if err != nil {
		return Passenger{}, err
	}
	sex, err := zone.Sex()
	if err != nil {
		return Passenger{}, err
	}
	return Passenger{Surname: zone.Fields.PrimaryIdentifier, FirstNames: zone.Fields.SecondaryIdentifier, BirthDate: birth.String(), Sex: string(sex),
		Nationality: zone.Fields.Nationality,
		Document:    DocumentInput{Type: string(document.Type), Number: string(document.Number), Issuer: string(document.Issuer), Expiry: document.Expiry}}, nil
}
