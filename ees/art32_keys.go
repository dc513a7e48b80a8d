package ees

import (
	"strings"
	"time"

	"limen/access"
	"limen/interop/cir"
	"limen/law"
	"limen/person"
)

// LawEnforcementSearch is what a request searches with: fingerprints or a face
// to identify somebody unknown (art 32(4)), one or several of all of them for
// the travel history of somebody known (art 32(5)). Several keys narrow: what is
// found agrees with each.
type LawEnforcementSearch struct {
	Fingerprints *FingerprintKey `json:"fingerprints,omitempty" doc:"Fingerprints, taken or latent."`
	Face         *FaceKey        `json:"face,omitempty" doc:"A facial image."`
	Identity     *IdentityKey    `json:"identity,omitempty" doc:"Names, birth date, nationality, sex."`
	Document     *DocumentKey    `json:"document,omitempty" doc:"Travel document."`
	Visa         *VisaKey        `json:"visa,omitempty" doc:"Visa sticker and the last day of its validity."`
	Entry        *CrossingKey    `json:"entry,omitempty" doc:"An entry by day, time, crossing point and authority."`
	Exit         *CrossingKey    `json:"exit,omitempty" doc:"An exit by day, time and crossing point."`
}

// FingerprintKey is a container of fingerprints.
type FingerprintKey struct {
	Sample []byte `json:"sample" doc:"NIST container, base64; at most 384 KiB."`
	Latent bool   `json:"latent,omitempty" doc:"They were left at a scene and not taken from a person (2017/2226 art 32(4)(a))."`
}

// FaceKey is a facial image.
type FaceKey struct {
	Sample []byte `json:"sample" doc:"JPEG or JPEG 2000, base64; at most 384 KiB."`
}

// IdentityKey is all or some of an identity.
type IdentityKey struct {
	Surname     string `json:"surname" minLength:"1" maxLength:"128"`
	FirstNames  string `json:"first_names,omitempty" maxLength:"128"`
	BirthDate   string `json:"birth_date,omitempty" maxLength:"10" doc:"YYYY-MM-DD, YYYY-MM or YYYY."`
	Sex         string `json:"sex,omitempty" enum:"M,F,X"`
	Nationality string `json:"nationality,omitempty" maxLength:"3"`
}

// DocumentKey is a travel document.
type DocumentKey struct {
	Number string   `json:"number" minLength:"1" maxLength:"40"`
	Issuer string   `json:"issuer,omitempty" maxLength:"3"`
	Type   string   `json:"type,omitempty" maxLength:"2"`
	Expiry law.Date `json:"expiry,omitempty" format:"date"`
}

// VisaKey is a visa sticker.
type VisaKey struct {
	Number     string   `json:"number" minLength:"1" maxLength:"20"`
	Issuer     string   `json:"issuer,omitempty" maxLength:"3"`
	ValidUntil law.Date `json:"valid_until,omitempty" format:"date"`
}

// CrossingKey is one end of a stay.
type CrossingKey struct {
	On            law.Date   `json:"on" format:"date" doc:"Civil day at the crossing point."`
	CrossingPoint string     `json:"crossing_point" minLength:"1" maxLength:"8" example:"FRCDG"`
	At            *time.Time `json:"at,omitempty" doc:"Time, to the minute."`
	Authority     string     `json:"authority,omitempty" maxLength:"200" doc:"Authority that authorised the entry."`
}

// maxSample bounds a biometric sample, in bytes.
const maxSample = 384 << 10

// latentKind stands beside fingerprints among the kinds of keys of a request.
const latentKind = "latent"

func (s *LawEnforcementSearch) empty() bool { return *s == LawEnforcementSearch{} }

// kinds names what the request searches with, as the log and the report do.
func (s *LawEnforcementSearch) kinds() string {
	var kinds []string
	add := func(given bool, kind string) {
		if given {
			kinds = append(kinds, kind)
		}
	}
	add(s.Fingerprints != nil, string(access.ByFingers))
	add(s.Fingerprints != nil && s.Fingerprints.Latent, latentKind)
	add(s.Face != nil, string(access.ByFace))
	add(s.Identity != nil, string(access.ByIdentity))
	add(s.Document != nil, string(access.ByDocument))
	add(s.Visa != nil, string(access.ByVisa))
	add(s.Entry != nil || s.Exit != nil, string(access.ByCrossing))
	return strings.Join(kinds, " ")
}

// searchKeys is a search that was read: values in the form of the register.
type searchKeys struct {
	fingers  *FingerprintKey
	face     *FaceKey
	identity *identitySought
	document *person.Document // zero members were not given
	visa     *VisaOnRecord    // likewise
	entry    *crossingSought
	exit     *crossingSought
}

// identitySought is an identity of which only the name must be known.
type identitySought struct {
	id    cir.Identity
	whole bool // birth date, sex and nationality are all given
	found bool // the name alone led to the files
}

type crossingSought struct {
	on        law.Date
	bcp       string
	from, to  time.Time // the minute; zero when no time was given
	authority string
}

// read checks each key and names the field at fault.
func (s *LawEnforcementSearch) read(today law.Date, specimens person.Specimens) (*searchKeys, error) {
	if s.empty() {
		return nil, law.BadField("search", "search_missing", "2017/2226 art 32", "Say what is to be searched with.")
	}
	k := &searchKeys{fingers: s.Fingerprints, face: s.Face}
	if f := s.Fingerprints; f != nil && (len(f.Sample) == 0 || len(f.Sample) > maxSample) {
		return nil, law.BadField("search.fingerprints.sample", "sample_size", "2017/2226 art 32(4)", "Send the fingerprints as one container of at most 384 KiB.")
	}
	if f := s.Face; f != nil && (len(f.Sample) == 0 || len(f.Sample) > maxSample) {
		return nil, law.BadField("search.face.sample", "sample_size", "2017/2226 art 32(4)", "Send one facial image of at most 384 KiB.")
	}
	var err error
	if s.Identity != nil {
		if k.identity, err = s.Identity.read(today, specimens); err != nil {
			return nil, err
		}
	}
	if s.Document != nil {
		if k.document, err = s.Document.read(); err != nil {
			return nil, err
		}
	}
	if s.Visa != nil {
		if k.visa, err = s.Visa.read(); err != nil {
			return nil, err
		}
	}
	if s.Entry != nil {
		if k.entry, err = s.Entry.read("search.entry", today); err != nil {
			return nil, err
		}
	}
	if s.Exit != nil {
		if s.Exit.Authority != "" {
			return nil, law.BadField("search.exit.authority", "key_not_listed", "2017/2226 art 32(5)(g)", "An exit is sought by day, time and crossing point. Leave the authority out.")
		}
		k.exit, err = s.Exit.read("search.exit", today)
	}
	return k, err
}

func (i *IdentityKey) read(today law.Date, specimens person.Specimens) (*identitySought, error) {
	var s identitySought
	var err error
	if s.id.Name, err = person.NewName(i.Surname, i.FirstNames); err != nil {
		return nil, under("search.identity", err)
	}
	given := 0
	if i.BirthDate != "" {
		given++
		if s.id.Birth, err = person.ParsePartialDate(i.BirthDate); err != nil {
			return nil, at("search.identity.birth_date", err)
		}
		if s.id.Birth.First() > today {
			return nil, law.BadField("search.identity.birth_date", "date_in_the_future", "2017/2226 art 32(5)", "The birth date is in the future.")
		}
	}
	if i.Sex != "" {
		given++
		if s.id.Sex, err = person.ParseSex(i.Sex); err != nil {
			return nil, at("search.identity.sex", err)
		}
	}
	if i.Nationality != "" {
		given++
		if s.id.Nationalities, err = person.ParseNationalities([]string{i.Nationality}, specimens); err != nil {
			return nil, at("search.identity.nationality", err)
		}
	}
	s.whole = given == 3
	if given == 0 && len(s.id.Name.Normal()) < 2 {
		return nil, law.BadField("search.identity.surname", "name_too_short", "2017/2226 art 32(5)", "One letter fits too many people. Give the surname, or add birth date, sex and nationality.")
	}
	return &s, nil
}

func (d *DocumentKey) read() (*person.Document, error) {
	doc := person.Document{Expiry: d.Expiry}
	var err error
	if doc.Number, err = person.ParseDocumentNumber(d.Number); err != nil {
		return nil, at("search.document.number", err)
	}
	if d.Issuer != "" {
		if doc.Issuer, err = person.ParseState(d.Issuer); err != nil {
			return nil, at("search.document.issuer", err)
		}
	}
	if d.Type != "" {
		if doc.Type, err = person.ParseDocumentType(d.Type); err != nil {
			return nil, at("search.document.type", err)
		}
	}
	return &doc, nil
}

func (v *VisaKey) read() (*VisaOnRecord, error) {
	visa := VisaOnRecord{ValidTo: v.ValidUntil}
	var err error
	if visa.Sticker, err = person.ParseDocumentNumber(v.Number); err != nil {
		return nil, at("search.visa.number", err)
	}
	if v.Issuer != "" {
		if visa.Issuer, err = person.ParseState(v.Issuer); err != nil {
			return nil, at("search.visa.issuer", err)
		}
	}
	return &visa, nil
}

func (c *CrossingKey) read(field string, today law.Date) (*crossingSought, error) {
	point, err := person.ParseCrossingPoint(c.CrossingPoint)
	if err != nil {
		return nil, at(field+".crossing_point", err)
	}
	switch {
	case c.On == 0:
		return nil, law.BadField(field+".on", "date_missing", "2017/2226 art 32(5)", "Give the day of the crossing.")
	case c.On > today+1:
		return nil, law.BadField(field+".on", "date_in_the_future", "2017/2226 art 32(5)", "The day of the crossing lies in the future.")
	case c.At != nil && point.LocalDate(*c.At) != c.On:
		return nil, law.BadField(field+".at", "another_day", "2017/2226 art 32(5)", "At the crossing point this time is on another day. Correct one of the two.",
			"day", point.LocalDate(*c.At).String())
	}
	s := &crossingSought{on: c.On, bcp: point.Code, authority: strings.TrimSpace(c.Authority)}
	if c.At != nil {
		s.from = c.At.UTC().Truncate(time.Minute)
		s.to = s.from.Add(time.Minute)
	}
	return s, nil
}
