package sim

import (
	"fmt"
	"math/rand/v2"

	"limen/ees"
	"limen/law"
	"limen/person"
)

// Traveller is a person who does not exist.
type Traveller struct {
	Index     int // place in the population, from 0
	Household int // people of one household travel together
	Nation    person.State
	Name      person.Name // as printed on the document's page
	Language  string      // for transliteration
	Born      law.Date
	Sex       person.Sex
	Passports []Passport // in the order of issue; the first is there from the beginning

	nation *nation
	typed  bool // first registered by hand, because the zone could not be read
}

// Passport is a travel document with its machine readable zone.
type Passport struct {
	Document person.Document
	Issued   law.Date
	MRZ      []string
}

// passport is the one carried on a day: the last issued by then.
func (t *Traveller) passport(day law.Date) *Passport {
	p := &t.Passports[0]
	for i := range t.Passports {
		if t.Passports[i].Issued <= day {
			p = &t.Passports[i]
		}
	}
	return p
}

// streams keep the draws of one thing apart from those of another, so that a
// change in how trips are drawn leaves the people as they were.
const (
	streamHousehold = 0x686f757365 << 20
	streamTrips     = 0x7472697073 << 20
	streamCrossing  = 0x63726f7373 << 20
	streamLoad      = 0x6c6f6164 << 20
	streamBench     = 0x62656e6368 << 20
)

// stream is the source of chance of one thing of one seed.
func stream(seed uint64, kind uint64, index int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, kind+uint64(index)))
}

// Ages of travellers in years, and how common they are; a guess.
var ages = []struct{ from, to, weight int }{{18, 29, 24}, {30, 44, 33}, {45, 59, 24}, {60, 74, 15}, {75, 88, 4}}

var ageWeights = func() []float64 {
	w := make([]float64, len(ages))
	for i := range ages {
		w[i] = float64(ages[i].weight)
	}
	return cumulate(w)
}()

// adultAge draws an age of 18 or more.
func adultAge(r *rand.Rand) int {
	a := ages[weighted(r, ageWeights)]
	return a.from + r.IntN(a.to-a.from+1)
}

// bornAt draws a birth date of somebody so old on a day.
func bornAt(r *rand.Rand, age int, on law.Date) law.Date {
	y, m, d := on.YMD()
	birthday := law.MakeDate(y-age, m, min(d, 28))
	return birthday - law.Date(r.IntN(365))
}

// household draws the people of one household: one adult; or two; or one or two
// with children. They share a nationality, and mostly a surname.
func household(r *rand.Rand, n *nation, on law.Date) []Traveller {
	g := nameGroups[n.group]
	surname := g.surname(r)
	sexes := [2]person.Sex{person.Male, person.Female}
	first := sexes[r.IntN(2)]
	age := adultAge(r)
	one := func(sex person.Sex, age int, surname string) Traveller {
		t := Traveller{Nation: n.code, Language: g.language, Sex: sex, Born: bornAt(r, age, on), nation: n}
		if sex == person.Female {
			surname = g.feminine(surname)
		}
		t.Name = person.Name{Surname: surname, FirstNames: g.given(r, sex)}
		if chance(r, 1) && age >= 18 {
			t.Sex = person.Unspecified
		}
		return t
	}
	people := []Traveller{one(first, age, surname)}
	size := r.IntN(100)
	if size < 62 {
		return people
	}
	partner := sexes[1]
	if first == person.Female {
		partner = sexes[0]
	}
	name := surname
	if chance(r, 25) {
		name = g.surname(r)
	}
	if size < 84 || age > 55 {
		return append(people, one(partner, max(18, age-5+r.IntN(11)), name))
	}
	if size < 95 {
		people = append(people, one(partner, max(18, age-5+r.IntN(11)), name))
	}
	for range 1 + r.IntN(2) {
		people = append(people, one(sexes[r.IntN(2)], r.IntN(min(17, max(1, age-17))), surname))
	}
	return people
}

// documentNumber is the number of the serial-th document in the nation's form.
// Two serials give two numbers, as long as there are no more than the form has.
func documentNumber(form string, serial uint64) person.DocumentNumber {
	// A prime that divides no room only puts the serials in another order.
	return fillForm(form, serial*73_856_093+104_729)
}

// formRoom is how many numbers a form has.
func formRoom(form string) uint64 {
	room := uint64(1)
	for _, c := range form {
		switch c {
		case '#':
			room *= 10
		case '@':
			room *= 26
		}
	}
	return room
}

// fillForm writes x, modulo the room of the form, in its digits and letters. The
// numbers rise with x.
func fillForm(form string, x uint64) person.DocumentNumber {
	x %= formRoom(form)
	b := []byte(form)
	for i := len(b) - 1; i >= 0; i-- {
		switch b[i] {
		case '#':
			b[i] = byte('0' + x%10)
			x /= 10
		case '@':
			b[i] = byte('A' + x%26)
			x /= 26
		}
	}
	return person.DocumentNumber(b)
}

// passportYears is how long a passport is valid: shorter for children.
func passportYears(born, issued law.Date) int {
	if age, _ := person.BornOn(born).Age(issued); age < 18 {
		return 5
	}
	return 10
}

// issue gives the traveller a passport. It fails when the zone cannot be
// composed, which is a mistake in the tables.
func (t *Traveller) issue(serial uint64, issued, expiry law.Date) error {
	form := "X########"
	if t.nation != nil {
		form = t.nation.passport
	}
	p := Passport{Issued: issued, Document: person.Document{Type: "P", Number: documentNumber(form, serial), Issuer: t.Nation, Expiry: expiry}}
	var err error
	if p.MRZ, err = composeZone(t, p.Document); err != nil {
		return fmt.Errorf("sim: passport of %s: %w", t.Name, err)
	}
	t.Passports = append(t.Passports, p)
	return nil
}

func composeZone(t *Traveller, d person.Document) ([]string, error) {
	return person.ComposeMRZ(person.TD3, person.MRZFields{
		DocumentCode: string(d.Type), IssuingState: string(d.Issuer), Nationality: string(t.Nation),
		PrimaryIdentifier: t.Name.Surname, SecondaryIdentifier: t.Name.FirstNames,
		DocumentNumber: string(d.Number), BirthDate: person.BornOn(t.Born).MRZ(), Sex: t.Sex.MRZ(),
		ExpiryDate: person.BornOn(d.Expiry).MRZ(),
	}, t.Language)
}

// registered is the name as the register reads it from the zone.
func (t *Traveller) registered() person.Name {
	m := person.ParseMRZ(t.Passports[0].MRZ)
	return person.Name{Surname: m.Fields.PrimaryIdentifier, FirstNames: m.Fields.SecondaryIdentifier}
}

// typedDocument and typedIdentity are what a guard types from the printed page.
func (t *Traveller) typedDocument(p *Passport) *ees.DocumentInput {
	d := p.Document
	return &ees.DocumentInput{Type: string(d.Type), Number: string(d.Number), Issuer: string(d.Issuer), Expiry: d.Expiry}
}

func (t *Traveller) typedIdentity() *ees.IdentityInput {
	return &ees.IdentityInput{Surname: t.Name.Surname, FirstNames: t.Name.FirstNames, BirthDate: t.Born.String(),
		Sex: string(t.Sex), Nationalities: []string{string(t.Nation)}}
}
