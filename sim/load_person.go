package sim

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"

	"limen/ees"
	"limen/law"
	"limen/person"
)

// crowd is a population for measuring: each of its members can be worked out
// alone, in any order, so that none has to be kept.
//
// Everything by which a member is filed rises with its number: references, birth
// date, document number within a nationality. Loading therefore appends to every
// table and index, which makes a million files a matter of minutes; what is
// measured afterwards touches members at random, so the order they were written
// in does not matter to it.
type crowd struct {
	seed    uint64
	size    int
	today   law.Date
	density int // 1, or how many times fewer birth dates there are than in life
}

// member is one of a crowd, with what the register holds.
type member struct {
	Traveller
	ref, cirFile string
	name         person.Name // as in the zone
	visa         *ees.VisaInput
	stays        []span
	ends         []law.Date // authorised end of each stay
	points       []string   // crossing point of each stay
}

// inside tells whether the last stay is open.
func (m *member) inside() bool { return m.stays[len(m.stays)-1].leave == 0 }

// birthBands are the ages of a crowd in years, the oldest first: a guess.
var birthBands = []struct{ from, to, weight float64 }{{88, 75, 4}, {75, 60, 14}, {60, 45, 22}, {45, 30, 30}, {30, 18, 20}, {18, 12, 5}, {12, 1, 5}}

const yearDays = 365.2425

// born is the birth date at a share 0..1 of the crowd, rising with it.
func (c *crowd) born(share float64) law.Date {
	if c.density > 1 {
		return c.today - 14_000 + law.Date(share*87*yearDays/float64(c.density))
	}
	for _, b := range birthBands {
		w := b.weight / 100
		if share < w {
			return c.today - law.Date((b.from-(b.from-b.to)*share/w)*yearDays)
		}
		share -= w
	}
	return c.today - 365
}

// member works out one of the crowd, 0 <= i < size.
func (c *crowd) member(i int) (*member, error) {
	r := stream(c.seed, streamLoad, i)
	n := drawNation(r)
	g := nameGroups[n.group]
	m := &member{ref: risingID(r, i, c.size), cirFile: risingID(r, i, c.size)}
	m.Index, m.Nation, m.Language, m.nation = i, n.code, g.language, n
	m.Born = c.born((float64(i) + 0.5) / float64(c.size))
	m.Sex = [2]person.Sex{person.Male, person.Female}[r.IntN(2)]
	surname := g.surname(r)
	if m.Sex == person.Female {
		surname = g.feminine(surname)
	}
	m.Name = person.Name{Surname: surname, FirstNames: g.given(r, m.Sex)}

	d := person.Document{Type: "P", Number: fillForm(n.passport, uint64(i)*max(1, formRoom(n.passport)/uint64(c.size))), Issuer: n.code, Expiry: c.today + law.Date(between(r, 400, 3000))}
	p := Passport{Document: d, Issued: c.today - 600}
	var err error
	if p.MRZ, err = composeZone(&m.Traveller, d); err != nil {
		return nil, fmt.Errorf("sim: member %d of the crowd: %w", i, err)
	}
	m.Passports = []Passport{p}
	m.name = m.registered()
	if needsVisa(n.code, c.today) {
		m.visa = &ees.VisaInput{Number: fmt.Sprintf("LIM%09d", i), Issuer: string(issuers[weighted(r, issuerWeights)].state), Type: string(person.VisaC),
			ValidFrom: c.today - law.Date(between(r, 170, 360)), ValidUntil: c.today + law.Date(between(r, 60, 700)), Days: 90}
	}
	m.travel(r, c.today)
	return m, nil
}

// travel gives the member one to three short stays of the last half-year; three
// members in ten are inside.
func (m *member) travel(r *rand.Rand, today law.Date) {
	stays := 1 + r.IntN(3)
	day := today - law.Date(between(r, 40*stays, 40*stays+40))
	for k := range stays {
		s := span{enter: max(day, law.EESStart()), visa: m.visa}
		s.leave = s.enter + law.Date(r.IntN(8))
		if k == stays-1 {
			s.enter = max(today-law.Date(between(r, 2, 12)), law.EESStart())
			if s.leave = today - 1; r.IntN(10) < 3 {
				s.leave = 0
			}
		}
		m.ends = append(m.ends, min(nearEnd(m.stays, s.enter), endOf(m.visa)))
		m.stays = append(m.stays, s)
		m.points = append(m.points, m.nation.crossingPoint(r))
		day = s.leave + law.Date(between(r, 10, 30))
	}
}

func endOf(v *ees.VisaInput) law.Date {
	if v == nil {
		return law.MaxDate
	}
	return v.ValidUntil
}

// nearEnd is limitEnd for stays that do not overlap, without a set of days.
func nearEnd(earlier []span, enter law.Date) law.Date {
	for k := law.Date(stayDays); k > 0; k-- {
		total := k
		for _, s := range earlier {
			total += max(0, min(s.leave, enter-1)-max(s.enter, enter+k-stayWindow)+1)
		}
		if total <= stayDays {
			return enter + k - 1
		}
	}
	return enter - 1
}

// risingID is an identifier in the form of a random UUID that rises with i.
func risingID(r *rand.Rand, i, size int) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64((float64(i)+r.Float64()/2)/float64(size)*float64(1<<63))<<1)
	binary.BigEndian.PutUint64(b[8:], r.Uint64())
	b[6], b[7] = 0x40|byte(r.IntN(16)), byte(r.IntN(256))
	b[8] = 0x80 | b[8]&0x3f
	return uuid.UUID(b).String()
}
