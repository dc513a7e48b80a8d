package ees

import (
	"limen/interop/cir"
	"limen/law"
	"limen/person"
)

// DocumentInput is a travel document as typed or read.
type DocumentInput struct {
	Type   string   `json:"type,omitempty" maxLength:"2" example:"P" doc:"Document code as in the machine readable zone: P, PD, ID. Passport (P) when left out."`
	Number string   `json:"number" minLength:"1" maxLength:"40" example:"X1234567" doc:"Document number."`
	Issuer string   `json:"issuer" minLength:"1" maxLength:"3" example:"TUR" doc:"Issuing state, code as in the machine readable zone; Germany is D."`
	Expiry law.Date `json:"expiry" format:"date" example:"2031-05-20" doc:"Last day of validity."`
}

// IdentityInput is an identity as typed or read.
type IdentityInput struct {
	Surname       string   `json:"surname" minLength:"1" maxLength:"128" example:"YILMAZ" doc:"Surname."`
	FirstNames    string   `json:"first_names,omitempty" maxLength:"128" example:"AYSE" doc:"First names; empty when the document has none."`
	BirthDate     string   `json:"birth_date" maxLength:"10" example:"1990-04-03" doc:"YYYY-MM-DD; YYYY-MM or YYYY when the day is not known."`
	Sex           string   `json:"sex" enum:"M,F,X" doc:"M, F, or X for unspecified."`
	Nationalities []string `json:"nationalities" minItems:"1" maxItems:"5" nullable:"false" example:"[\"TUR\"]" doc:"One or more nationalities, codes as in the machine readable zone."`
}

// VisaInput is a visa shown at the border.
type VisaInput struct {
	Number     string   `json:"number" minLength:"1" maxLength:"20" doc:"Sticker number."`
	Issuer     string   `json:"issuer" minLength:"1" maxLength:"3" doc:"Issuing Member State."`
	Type       string   `json:"type,omitempty" enum:"C,LTV" doc:"C for a uniform short-stay visa (when left out), LTV for limited territorial validity."`
	ValidFrom  law.Date `json:"valid_from" format:"date" doc:"First day of validity."`
	ValidUntil law.Date `json:"valid_until" format:"date" doc:"Last day of validity."`
	Days       int      `json:"duration_days" minimum:"1" maximum:"90" doc:"Days of stay allowed by the visa."`
	Entries    int      `json:"entries" minimum:"0" maximum:"2" doc:"1, 2, or 0 for multiple."`
	National   bool     `json:"national,omitempty" doc:"A national short-stay visa of a state that does not apply the acquis in full (2017/2226 art 16(2)(g))."`
	LTVStates  []string `json:"ltv_states,omitempty" maxItems:"29" nullable:"false" doc:"States that a visa with limited territorial validity is valid for; its issuer alone when left out."`
}

// Traveller is who stands at the border, as the document says.
type Traveller struct {
	Identity cir.Identity
	Document person.Document
	NameCut  bool // the machine readable zone had no room for the whole name
}

// readTraveller reads the machine readable zone, or the typed fields, on the
// civil day on. Every fault names its field and what to do.
func readTraveller(req CheckRequest, on law.Date, specimens person.Specimens) (Traveller, error) {
	mrz, doc, id := req.MRZ, req.Document, req.Identity
	switch {
	case req.NoDocument && (len(mrz) > 0 || doc != nil || req.Direction != Entry):
		return Traveller{}, law.BadField("no_document", "document_contradiction", "2016/399 art 6(1)(a)",
			"Say no_document for somebody without a travel document at entry, with the identity alone.")
	case req.NoDocument && id != nil:
		identity, err := readIdentity(*id, on, specimens)
		return Traveller{Identity: identity}, err
	case len(mrz) > 0 && (doc != nil || id != nil):
		return Traveller{}, law.BadField("mrz", "two_sources", "2016/399 art 8(3)",
			"Send the machine readable zone, or the document and identity fields, not both.")
	case len(mrz) > 0:
		return readZone(mrz, on, specimens)
	case doc == nil:
		return Traveller{}, law.BadField("document", "document_missing", "2016/399 art 6(1)(a)",
			"Read the machine readable zone of the travel document, or type its number, issuing state and expiry.")
	case id == nil:
		return Traveller{}, law.BadField("identity", "identity_missing", "2017/2226 art 23(2)",
			"Type the traveller's names, birth date, sex and nationality as in the document.")
	}
	var t Traveller
	var err error
	if t.Document, err = readDocument(*doc); err != nil {
		return Traveller{}, err
	}
	if t.Identity, err = readIdentity(*id, on, specimens); err != nil {
		return Traveller{}, err
	}
	return t, nil
}

func readZone(lines []string, on law.Date, specimens person.Specimens) (Traveller, error) {
	zone := person.ParseMRZ(lines)
	doc, err := zone.Document(on)
	if err != nil {
		return Traveller{}, err
	}
	birth, err := zone.BirthDate(on)
	if err != nil {
		return Traveller{}, err
	}
	nationality, err := person.ParseNationality(zone.Fields.Nationality, specimens)
	if err != nil {
		return Traveller{}, at("mrz.nationality", err)
	}
	sex, err := zone.Sex()
	if err != nil {
		return Traveller{}, err
	}
	t := Traveller{Document: doc, NameCut: zone.Fields.NameFillsField}
	t.Identity = cir.Identity{
		Name:  person.Name{Surname: zone.Fields.PrimaryIdentifier, FirstNames: zone.Fields.SecondaryIdentifier},
		Birth: birth, Sex: sex, Nationalities: []person.State{nationality},
	}
	return t, nil
}

func readDocument(in DocumentInput) (person.Document, error) {
	if in.Type == "" {
		in.Type = "P"
	}
	kind, err := person.ParseDocumentType(in.Type)
	if err != nil {
		return person.Document{}, at("document.type", err)
	}
	number, err := person.ParseDocumentNumber(in.Number)
	if err != nil {
		return person.Document{}, at("document.number", err)
	}
	issuer, err := person.ParseState(in.Issuer)
	if err != nil {
		return person.Document{}, at("document.issuer", err)
	}
	doc := person.Document{Type: kind, Number: number, Issuer: issuer, Expiry: in.Expiry}
	if faults := doc.Validate("document"); len(faults) > 0 {
		return person.Document{}, faults[0]
	}
	return doc, nil
}

func readIdentity(in IdentityInput, on law.Date, specimens person.Specimens) (cir.Identity, error) {
	name, err := person.NewName(in.Surname, in.FirstNames)
	if err != nil {
		return cir.Identity{}, under("identity", err)
	}
	birth, err := person.ParsePartialDate(in.BirthDate)
	if err != nil {
		return cir.Identity{}, at("identity.birth_date", err)
	}
	if birth.First() > on {
		return cir.Identity{}, law.BadField("identity.birth_date", "date_in_the_future", "2017/2226 art 16(1)",
			"The birth date is in the future. Read it from the document again.", "birth_date", birth.String(), "day", on.String())
	}
	sex, err := person.ParseSex(in.Sex)
	if err != nil {
		return cir.Identity{}, at("identity.sex", err)
	}
	id := cir.Identity{Name: name, Birth: birth, Sex: sex}
	if id.Nationalities, err = person.ParseNationalities(in.Nationalities, specimens); err != nil {
		return cir.Identity{}, at("identity.nationalities", err)
	}
	return id, nil
}

// readVisa checks the visa's own fields; whether it allows the crossing is the
// calculator's question.
func readVisa(in *VisaInput) (*VisaOnRecord, error) {
	if in == nil {
		return nil, nil
	}
	v := &VisaOnRecord{Type: person.VisaC, ValidFrom: in.ValidFrom, ValidTo: in.ValidUntil, Days: in.Days, Entries: in.Entries}
	switch {
	case v.ValidFrom == 0:
		return nil, law.BadField("visa.valid_from", "visa_date_missing", "2017/2226 art 16(2)(d)", "Type the first day of the visa's validity.")
	case v.ValidTo == 0:
		return nil, law.BadField("visa.valid_until", "visa_date_missing", "2017/2226 art 16(2)(d)", "Type the last day of the visa's validity.")
	case v.ValidTo < v.ValidFrom:
		return nil, law.BadField("visa.valid_until", "visa_ends_before_it_begins", "2017/2226 art 16(2)(d)",
			"The visa's last day lies before its first. Read the sticker again.")
	case v.Days < 1 || v.Days > 90:
		return nil, law.BadField("visa.duration_days", "visa_days", "2017/2226 art 16(2)(e)", "A short-stay visa allows 1 to 90 days.")
	case v.Entries < 0 || v.Entries > 2:
		return nil, law.BadField("visa.entries", "visa_entries", "2017/2226 art 16(2)(e)", "A visa has 1 or 2 entries, or 0 for multiple.")
	}
	if in.Type != "" {
		v.Type = person.VisaType(in.Type)
	}
	if v.Type != person.VisaC && v.Type != person.VisaLTV {
		return nil, law.BadField("visa.type", "visa_type", "2017/2226 art 2(3)",
			"Only short-stay visas (C, LTV) belong to the Entry/Exit System. A long-stay visa is exemption X04.")
	}
	if in.Number == "" || in.Issuer == "" {
		field := "visa.number"
		if in.Number != "" {
			field = "visa.issuer"
		}
		return nil, law.BadField(field, "visa_unnamed", "2017/2226 art 16(2)(d)",
			"Type the number of the visa sticker and the state that issued it: they tell one visa from another, so that its entries and days are counted once.")
	}
	var err error
	if v.Sticker, err = person.ParseDocumentNumber(in.Number); err != nil {
		return nil, at("visa.number", err)
	}
	if v.Issuer, err = person.ParseState(in.Issuer); err != nil {
		return nil, at("visa.issuer", err)
	}
	if v.National = in.National; v.National && v.Type != person.VisaC {
		return nil, law.BadField("visa.national", "national_visa_type", "2017/2226 art 16(2)(g)", "A national short-stay visa is not of limited territorial validity: leave the type out.")
	}
	for _, s := range in.LTVStates {
		state, err := person.ParseState(s)
		if err != nil {
			return nil, at("visa.ltv_states", err)
		}
		v.LTVStates = append(v.LTVStates, state)
	}
	if v.Type == person.VisaLTV && len(v.LTVStates) == 0 {
		v.LTVStates = []person.State{v.Issuer}
	}
	return v, nil
}

// at puts a refusal's fault at the field of the request where it was typed.
func at(field string, err error) error {
	if r, ok := err.(*law.Refusal); ok {
		moved := *r
		moved.Field = field
		return &moved
	}
	return err
}

// under puts a refusal's field below a member of the request.
func under(member string, err error) error {
	if r, ok := err.(*law.Refusal); ok && r.Field != "" {
		return at(member+"."+r.Field, err)
	}
	return at(member, err)
}
