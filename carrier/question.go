package carrier

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"limen/law"
	"limen/person"
)

// Flight is one question of a carrier: the passengers of one transport, in one
// call (2022/1409). A ship or a coach asks in the same way.
type Flight struct {
	Transport string      `json:"transport" maxLength:"35" doc:"Flight number, or name and voyage of a ship, or line of a coach." example:"LM123"`
	From      string      `json:"from,omitempty" maxLength:"35" doc:"Place of departure." example:"YYZ"`
	Departure time.Time   `json:"departure" doc:"Moment of departure with its offset from UTC. A question is taken from 48 hours before."`
	Entry     Place       `json:"entry" doc:"Where the passengers will enter."`
	Arrival   law.Date    `json:"arrival" format:"date" doc:"Day of arrival at the place of entry."`
	People    []Passenger `json:"passengers" minItems:"1" maxItems:"1000" nullable:"false" doc:"At most 1000."`

	// Floating says that Departure is the local time of a place whose zone was not
	// told, read as if it were UTC. The question is then refused only when it is
	// too early in every zone of the world.
	Floating bool `json:"-"`
}

// Place is where the passengers will enter: a crossing point or at least the state.
type Place struct {
	State string `json:"state,omitempty" maxLength:"3" doc:"State of entry, if the crossing point is not named." example:"FRA"`
	Point string `json:"point,omitempty" maxLength:"5" doc:"Crossing point, by its code: two letters of the country and three of the place." example:"FRCDG"`
}

// Passenger is one traveller of a flight.
type Passenger struct {
	Reference   string        `json:"reference,omitempty" maxLength:"35" doc:"The carrier's own reference, repeated in the answer. It need not identify anybody."`
	Surname     string        `json:"surname" maxLength:"128" doc:"Surname as in the document."`
	FirstNames  string        `json:"first_names,omitempty" maxLength:"128" doc:"First names as in the document."`
	BirthDate   string        `json:"birth_date" maxLength:"10" doc:"YYYY-MM-DD, or YYYY-MM or YYYY when the document says no more." example:"1979-10-30"`
	Sex         string        `json:"sex" enum:"M,F,X" doc:"As in the document."`
	Nationality string        `json:"nationality" maxLength:"3" doc:"As in the document." example:"TUR"`
	Document    DocumentInput `json:"document"`
	Visa        string        `json:"visa,omitempty" maxLength:"40" doc:"Number of the visa sticker, if the carrier has it."`
	Exempt      bool          `json:"exempt,omitempty" doc:"The traveller is exempt: by nationality, status or another title."`
	Transit     bool          `json:"airport_transit,omitempty" doc:"Airport transit without entry."`
	TwoEntries  bool          `json:"two_entries,omitempty" doc:"The journey needs two entries."`
}

// DocumentInput is a travel document as it is typed or read.
type DocumentInput struct {
	Type   string   `json:"type" maxLength:"2" doc:"Document code: P, ID." example:"P"`
	Number string   `json:"number" maxLength:"40" doc:"Number as printed."`
	Issuer string   `json:"issuer" maxLength:"3" doc:"Issuing state, code as in the machine readable zone; Germany is D." example:"TUR"`
	Expiry law.Date `json:"expiry" format:"date" doc:"Last day of validity."`
}

// asked is a passenger, read.
type asked struct {
	document person.Document
	identity Identity
	visa     person.DocumentNumber
	exempt   bool
	transit  bool
	two      bool
	digest   []byte // the canonical question, for the receipt
}

// journey is a flight, read.
type journey struct {
	state   person.State
	arrival law.Date
	people  []asked
	head    []byte // the canonical question without its passengers
}

// floatingZones and floatingBehind are how far ahead of UTC, and behind it, a
// clock on earth can be.
const (
	floatingZones  = 14 * time.Hour
	floatingBehind = 12 * time.Hour
)

// read checks a flight and refuses it as a whole if one field cannot be used:
// an answer to half a flight would be read as an answer to all of it.
func (c *Copy) read(f *Flight, now time.Time) (journey, error) {
	today := law.DateIn(now, time.UTC)
	most, err := FlightLimit.On(today)
	if err != nil {
		return journey{}, err
	}
	if len(f.People) == 0 {
		return journey{}, law.BadField("passengers", "passengers_missing", citeCarriers, "Name at least one passenger.")
	}
	if len(f.People) > most {
		return journey{}, law.Refuse(law.TooMuch, "too_many_passengers", citeCarriers,
			fmt.Sprintf("One question names at most %d passengers. Ask in parts.", most), "limit", strconv.Itoa(most))
	}
	if f.Departure.IsZero() {
		return journey{}, law.BadField("departure", "departure_missing", "2022/1409 art 3(4)", "Give the moment of departure.")
	}
	window, err := QueryWindow.On(today)
	if err != nil {
		return journey{}, err
	}
	from := f.Departure.Add(-window)
	if f.Floating {
		from = from.Add(-floatingZones)
	}
	if now.Before(from) {
		return journey{}, law.Refuse(law.NotPermitted, "query_too_early", "2022/1409 art 3(4)",
			"The departure is still too far away. Ask within the time before departure that the Regulation gives.",
			"window", window.String(), "from", from.UTC().Format(time.RFC3339))
	}
	after, err := QueryAfter.On(today)
	if err != nil {
		return journey{}, err
	}
	until := f.Departure.Add(after)
	if f.Floating {
		until = until.Add(floatingBehind)
	}
	if now.After(until) {
		return journey{}, law.Refuse(law.NotPermitted, "departure_passed", "2022/1409 art 3(4)",
			"The transport has left. Questions are for verifying before departure; ask with the new departure if it is late.",
			"until", until.UTC().Format(time.RFC3339))
	}
	j := journey{arrival: f.Arrival}
	if j.state, err = entryState(f.Entry, f.Arrival); err != nil {
		return journey{}, err
	}
	if f.Arrival == 0 {
		return journey{}, law.BadField("arrival", "arrival_missing", citeCarriers, "Give the day of arrival as YYYY-MM-DD.")
	}
	if departs := law.DateIn(f.Departure, time.UTC); f.Arrival < departs-1 || f.Arrival > departs+maxVoyage {
		return journey{}, law.BadField("arrival", "arrival_impossible", citeCarriers, "The day of arrival does not fit the departure.",
			"departure", departs.String(), "arrival", f.Arrival.String())
	}
	j.people = make([]asked, len(f.People))
	for i := range f.People {
		if j.people[i], err = c.passenger(&f.People[i], f.Arrival); err != nil {
			return journey{}, inPassenger(err, i)
		}
	}
	j.head, err = j.canonicalHead(f)
	return j, err
}

// canonicalHead writes a question without its passengers as a receipt commits to it.
func (j *journey) canonicalHead(f *Flight) ([]byte, error) {
	return json.Marshal(struct {
		Transport string       `json:"transport"`
		Departure string       `json:"departure"`
		State     person.State `json:"state"`
		Arrival   law.Date     `json:"arrival"`
	}{f.Transport, f.Departure.UTC().Format(time.RFC3339), j.state, f.Arrival})
}

// maxVoyage is how many days a voyage may last.
const maxVoyage = 60

func entryState(p Place, on law.Date) (person.State, error) {
	var state person.State
	switch {
	case p.Point != "":
		point, err := person.ParseCrossingPoint(p.Point)
		if err != nil {
			return "", atField(err, "entry.point")
		}
		state = point.State
		if p.State != "" {
			if named, err := person.ParseState(p.State); err != nil || named != state {
				return "", law.BadField("entry.state", "entry_contradiction", citeCarriers,
					"The crossing point belongs to another state. Give one of the two.", "point", point.Code, "state_of_point", string(state))
			}
		}
	case p.State != "":
		var err error
		if state, err = person.ParseState(p.State); err != nil {
			return "", atField(err, "entry.state")
		}
	default:
		return "", law.BadField("entry", "entry_missing", citeCarriers, "Name the crossing point or the state of entry.")
	}
	if on != 0 && !law.OperatesEES(string(state), on) {
		return "", law.BadField("entry", "entry_elsewhere", "2017/2226 art 66", "This state does not operate the Entry/Exit System: there is nothing to verify.",
			"state", string(state))
	}
	return state, nil
}

func (c *Copy) passenger(p *Passenger, arrival law.Date) (asked, error) {
	var a asked
	var err error
	if a.identity.Name, err = person.NewName(p.Surname, p.FirstNames); err != nil {
		var r *law.Refusal
		if errors.As(err, &r) && r.Field == "firstNames" {
			err = atField(err, "first_names")
		}
		return a, err
	}
	if a.identity.Birth, err = person.ParsePartialDate(p.BirthDate); err != nil {
		return a, err
	}
	if a.identity.Sex, err = person.ParseSex(p.Sex); err != nil {
		return a, err
	}
	nationality, err := person.ParseNationality(p.Nationality, c.specimens)
	if err != nil {
		return a, err
	}
	a.identity.Nationalities = []person.State{nationality}
	if a.document, err = readDocument(p.Document.Type, p.Document.Number, p.Document.Issuer); err != nil {
		return a, err
	}
	if a.document.Expiry = p.Document.Expiry; a.document.Expiry == 0 {
		return a, law.BadField("document.expiry", "document_expiry_missing", citeCarriers, "Give the last day of validity of the document.")
	}
	if p.Visa != "" {
		if a.visa, err = person.ParseDocumentNumber(p.Visa); err != nil {
			return a, atField(err, "visa")
		}
	}
	a.exempt, a.transit, a.two = p.Exempt, p.Transit, p.TwoEntries
	a.digest, err = json.Marshal(canonical{a.identity.Name.Normal(), a.identity.Birth.String(), a.identity.Sex, nationality, a.document, a.visa,
		a.exempt, a.transit, a.two})
	return a, err
}

// canonical is a passenger as a receipt commits to it: the same words whatever
// format the question came in.
type canonical struct {
	Name        string                `json:"name"`
	Birth       string                `json:"birth_date"`
	Sex         person.Sex            `json:"sex"`
	Nationality person.State          `json:"nationality"`
	Document    person.Document       `json:"document"`
	Visa        person.DocumentNumber `json:"visa"`
	Exempt      bool                  `json:"exempt"`
	Transit     bool                  `json:"airport_transit"`
	TwoEntries  bool                  `json:"two_entries"`
}

// readDocument reads what names a document; refusals name the field.
func readDocument(kind, number, issuer string) (d person.Document, err error) {
	if d.Type, err = person.ParseDocumentType(kind); err != nil {
		return d, atField(err, "document.type")
	}
	if d.Kind() == person.Visa {
		return d, law.BadField("document.type", "document_is_visa", citeCarriers, "A visa is no travel document. Give the passport that carries it.")
	}
	if d.Number, err = person.ParseDocumentNumber(number); err != nil {
		return d, atField(err, "document.number")
	}
	if d.Issuer, err = person.ParseState(issuer); err != nil {
		return d, atField(err, "document.issuer")
	}
	return d, nil
}

// atField names the field of a refusal.
func atField(err error, field string) error {
	var r *law.Refusal
	if !errors.As(err, &r) {
		return err
	}
	named := *r
	named.Field = field
	return &named
}

// inPassenger puts a refusal's field into the list of passengers.
func inPassenger(err error, i int) error {
	var r *law.Refusal
	if !errors.As(err, &r) {
		return err
	}
	return atField(err, fmt.Sprintf("passengers[%d].%s", i, r.Field))
}
