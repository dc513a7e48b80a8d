package carrier

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// Answer is what a carrier is told of a passenger, and all that it is told: no
// reason, and not whether there is a file (2022/1409).
type Answer string

// The answers.
const (
	OK            Answer = "OK"
	NotOK         Answer = "NOT OK"
	NotApplicable Answer = "NOT APPLICABLE"
)

// FlightAnswer answers a flight: one answer for each passenger, in order.
type FlightAnswer struct {
	AsOf    time.Time         `json:"as_of" doc:"Moment as of which the service's data are complete."`
	Asked   time.Time         `json:"asked_at" doc:"Moment of the answer."`
	Answers []PassengerAnswer `json:"answers" nullable:"false" doc:"One for each passenger, in the order of the question."`
	Receipt Receipt           `json:"receipt" doc:"Signed statement of what was asked and answered. Keep it: it proves that you asked."`
}

// PassengerAnswer is the answer about one passenger.
type PassengerAnswer struct {
	Reference string `json:"reference,omitempty" doc:"As the carrier gave it."`
	Answer    Answer `json:"answer" enum:"OK,NOT OK,NOT APPLICABLE" doc:"No decision on entry: that is the border guard's."`
}

// askStep is how many passengers one transaction looks up: its log entry names
// each by salted digests and must not grow beyond what an entry holds.
const askStep = 400

// Ask answers a carrier about the passengers of a flight (art 13(3)). req is the
// carrier's knock; its operation must be OpAsk. The whole flight is read before
// anything is looked up, so a refusal means that nothing was.
//
// Refusals: of the fields, "query_too_early" (EES-047), "carrier_not_registered",
// "carrier_not_admitted", "copy_empty", "copy_too_old".
func (c *Copy) Ask(ctx context.Context, door *access.Door, req access.Request, f Flight) (FlightAnswer, error) {
	out := FlightAnswer{Answers: make([]PassengerAnswer, 0, len(f.People))}
	var j journey
	for at := 0; at == 0 || at < len(f.People); at += askStep {
		part, err := access.Run(ctx, door, req, func(p access.Pass) (partial, error) { return c.askSome(p, &f, at) })
		if err != nil {
			return FlightAnswer{}, err
		}
		j = part.journey
		if at == 0 || part.asOf.Before(out.AsOf) {
			out.AsOf = part.asOf
		}
		out.Asked = part.asked
		for i, a := range part.answers {
			out.Answers = append(out.Answers, PassengerAnswer{f.People[at+i].Reference, a})
		}
	}
	var err error
	out.Receipt, err = c.receipts.issue(req.Principal.Authority.Name, &j, &out)
	return out, err
}

// partial is the answer to a part of a flight.
type partial struct {
	journey     journey
	asOf, asked time.Time
	answers     []Answer
}

// askSome reads the flight and answers one step of its passengers.
func (c *Copy) askSome(p access.Pass, f *Flight, from int) (partial, error) {
	tx, err := p.Tx()
	if err != nil {
		return partial{}, err
	}
	if err := useRegistration(tx, p.Principal()); err != nil {
		return partial{}, err
	}
	out := partial{asked: tx.Now()}
	if out.journey, err = c.read(f, tx.Now()); err != nil {
		return partial{}, err
	}
	if out.asOf, err = asOf(tx); err != nil {
		return partial{}, err
	}
	step := out.journey.people[from:min(from+askStep, len(out.journey.people))]
	openers := make([]opener, len(step))
	for i := range step {
		a := &step[i]
		openers[i] = c.keys.of(a.document)
		if err := p.Search(access.ByDocument, a.document.Key()); err != nil {
			return partial{}, err
		}
		if err := p.Search(access.ByIdentity, string(a.digest)); err != nil {
			return partial{}, err
		}
		if a.visa != "" {
			if err := p.Search(access.ByVisa, string(a.visa)); err != nil {
				return partial{}, err
			}
		}
	}
	found, err := lookUp(tx, openers)
	if err != nil {
		return partial{}, err
	}
	rules, err := rulesOn(out.journey.arrival)
	if err != nil {
		return partial{}, err
	}
	for i := range step {
		a, err := c.reply(&step[i], &openers[i], found[i], &out.journey, rules)
		if err != nil {
			return partial{}, err
		}
		out.answers = append(out.answers, a)
	}
	return out, p.Send(access.CarrierAnswer)
}

// lookUp reads the rows of each document. The number of statements follows from
// the number of documents alone.
func lookUp(tx *db.Tx, openers []opener) ([][][]byte, error) {
	places := make(map[string][]int, len(openers))
	keys := make([]any, len(openers))
	for i := range openers {
		keys[i] = openers[i].doc
		places[string(openers[i].doc)] = append(places[string(openers[i].doc)], i)
	}
	found := make([][][]byte, len(openers))
	for len(keys) > 0 {
		n := min(inWidth, len(keys))
		err := eachIn(tx, `SELECT doc, sealed FROM carrier_document WHERE doc IN `, keys[:n], func(scan func(...any) error) error {
			var doc, sealed []byte
			if err := scan(&doc, &sealed); err != nil {
				return err
			}
			for _, i := range places[string(doc)] {
				if !slices.ContainsFunc(found[i], func(b []byte) bool { return string(b) == string(sealed) }) {
					found[i] = append(found[i], sealed)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		keys = keys[n:]
	}
	return found, nil
}

// rules are the switches in force on the day of arrival.
type rules struct{ revised, twoOnMultiple bool }

func rulesOn(day law.Date) (r rules, err error) {
	if r.revised, err = RevisedVIS.On(day); err != nil {
		return r, err
	}
	r.twoOnMultiple, err = TwoEntriesOnMultiple.On(day)
	return r, err
}

// reply works out the answer about one passenger.
func (c *Copy) reply(a *asked, o *opener, rows [][]byte, j *journey, r rules) (Answer, error) {
	var files []known
	for _, sealed := range rows {
		k, err := unseal(o, sealed)
		if err != nil {
			return "", err
		}
		if !k.Withheld && k.concerns(a, o) {
			files = append(files, k)
		}
	}
	if a.exempt {
		return NotApplicable, nil
	}
	if a.transit {
		if !r.revised {
			return NotApplicable, nil
		}
		return transit(a, files, j), nil
	}
	need, err := c.visaNeeded(a, files, j.arrival)
	if err != nil || !need {
		return NotApplicable, err
	}
	best := NotOK
	for i := range files {
		if r.revised && files[i].permitted(j.arrival) {
			return OK, nil
		}
		answer, err := c.visaAnswer(a, &files[i], j, r)
		if err != nil {
			return "", err
		}
		best = better(best, answer)
	}
	return best, nil
}

// better prefers the answer that lets the traveller board: each usable visa is
// enough by itself.
func better(a, b Answer) Answer {
	order := []Answer{NotOK, NotApplicable, OK}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// unseal opens and reads a row.
func unseal(o *opener, sealed []byte) (k known, err error) {
	reached("unseal")
	plain, err := o.open(sealed)
	if err == nil {
		err = json.Unmarshal(plain, &k)
	}
	if err != nil {
		return known{}, wrong("row of the copy", err)
	}
	return k, nil
}

// concerns tells whether the row is the passenger's: the document's expiry, the
// birth date and a nationality are equal, and the names or the surname. A sex
// that either side does not state is no difference. Somebody else who travels on
// a document is not told what its holder may do.
func (k *known) concerns(a *asked, o *opener) bool {
	if k.Expiry != a.document.Expiry {
		return false
	}
	tagger := o.tagger()
	own := tagger.tags(a.identity)
	unspecified := tagger.tag("sex", string(person.Unspecified))
	return slices.ContainsFunc(k.People, func(t tags) bool {
		return t.Birth == own.Birth && (t.Names == own.Names || t.Surname == own.Surname) &&
			(t.Sex == own.Sex || t.Sex == unspecified || own.Sex == unspecified) &&
			slices.Contains(t.Nationalities, own.Nationalities[0])
	})
}

// visaNeeded tells whether the passenger needs a visa: as the file says, or by
// nationality. Where the list leaves it to the document or the residence, an
// unknown traveller is not applicable: the carrier looks at the papers.
func (c *Copy) visaNeeded(a *asked, files []known, on law.Date) (bool, error) {
	nationality := a.identity.Nationalities[0]
	if nationality == person.Utopia && bool(c.specimens) {
		return len(files) == 0 || files[0].VisaRequired, nil
	}
	rule, err := person.VisaRequirement(nationality, on)
	if err != nil {
		return false, err
	}
	switch rule.Rule {
	case person.FreeMovement, person.NotNationality:
		return false, nil
	case person.VisaExempt:
		// A file may hold the other nationality of somebody who is exempt by the
		// one that travels.
		return false, nil
	case person.VisaDepends:
		return slices.ContainsFunc(files, func(k known) bool { return k.VisaRequired }), nil
	}
	return true, nil
}

// visaAnswer is the table of 2022/1409 for a traveller who needs a visa.
func (c *Copy) visaAnswer(a *asked, k *known, j *journey, r rules) (Answer, error) {
	best := NotOK
	for i := range k.Visas {
		v := &k.Visas[i]
		if a.visa != "" && v.Number != a.visa {
			continue
		}
		answer, err := c.oneVisa(a, k, v, j, r)
		if err != nil {
			return "", err
		}
		best = better(best, answer)
	}
	return best, nil
}

func (c *Copy) oneVisa(a *asked, k *known, v *Visa, j *journey, r rules) (Answer, error) {
	if !v.validOn(j.arrival) {
		return NotOK, nil
	}
	if v.National {
		return NotApplicable, nil
	}
	switch v.Type {
	case person.VisaC, person.VisaLTV:
	case person.VisaD:
		if r.revised {
			return OK, nil
		}
		return NotOK, nil
	default:
		return NotOK, nil // an airport transit visa lets nobody enter
	}
	if !v.entriesFor(a.two, r) {
		return NotOK, nil
	}
	if !r.revised {
		return OK, nil
	}
	if v.Type == person.VisaLTV && !slices.Contains(v.States, j.state) {
		return NotOK, nil
	}
	days, err := c.judge(k.History, StayQuestion{On: j.arrival, Visa: v, Partial: law.PartialState(string(j.state), j.arrival)})
	if err != nil {
		return "", wrong("judge", err)
	}
	if days.Days < 1 {
		return NotOK, nil
	}
	return OK, nil
}

// validOn tells whether the visa is valid on the day, by its status and dates.
func (v *Visa) validOn(day law.Date) bool {
	return (v.Status == VisaValid || v.Status == "") && v.ValidFrom <= day && day <= v.ValidTo
}

// entriesFor tells whether the entries left are enough for the journey.
func (v *Visa) entriesFor(two bool, r rules) bool {
	if v.Entries == 0 {
		return !two || r.twoOnMultiple
	}
	if two {
		return v.Entries == 2 && v.Used == 0
	}
	return v.Used < v.Entries
}

// permitted tells whether a residence permit or long-stay visa covers the day.
func (k *known) permitted(day law.Date) bool {
	return slices.ContainsFunc(k.Permits, func(p Permit) bool {
		return (p.State == VisaValid || p.State == "") && p.From <= day && (p.Until == 0 || day <= p.Until)
	})
}

// transit answers about an airport transit, from the revised Visa Information
// System on: whose visas are known is told whether one is valid; whether the
// nationality needs one at all is the carrier's to know.
func transit(a *asked, files []known, j *journey) Answer {
	answer := NotApplicable
	for i := range files {
		if files[i].permitted(j.arrival) {
			return OK
		}
		for v := range files[i].Visas {
			visa := &files[i].Visas[v]
			if a.visa != "" && visa.Number != a.visa {
				continue
			}
			if visa.validOn(j.arrival) {
				return OK
			}
			answer = NotOK
		}
	}
	return answer
}
