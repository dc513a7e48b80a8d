package carrier

import (
	"encoding/json"
	"strings"

	"limen/law"
	"limen/person"
)

// Extract is all that one file gives to the copy: the least that a carrier's
// and a traveller's question need (2017/2226 art 13(5)). It is never stored as
// it is; see [Feed].
type Extract struct {
	Token      Token
	Documents  []person.Document // in the order in which they were recorded
	Identities []Identity
	// VisaRequired says that the traveller needs a visa, as the file has it.
	VisaRequired bool
	// Withheld keeps the person's stays and visas out of every answer: somebody
	// whose stay is not calculated (art 2(4)), or whose data the law withholds.
	Withheld      bool
	Visas         []Visa
	Permits       []Permit
	Authorisation *Authorisation
	// History is the stays in a form that only the judge reads.
	History []byte
}

// Identity is what a carrier's question is compared with.
type Identity struct {
	Name          person.Name
	Birth         person.PartialDate
	Sex           person.Sex
	Nationalities []person.State
}

// VisaStatus is what became of a visa.
type VisaStatus string

// The statuses of a visa in the copy. A visa expires by its dates as well.
const (
	VisaValid    VisaStatus = "valid"
	VisaRevoked  VisaStatus = "revoked"
	VisaAnnulled VisaStatus = "annulled"
	VisaExpired  VisaStatus = "expired"
)

// Visa is a visa as the copy knows it.
type Visa struct {
	Number    person.DocumentNumber `json:"n"`
	Issuer    person.State          `json:"i"`
	Type      person.VisaType       `json:"t"`
	ValidFrom law.Date              `json:"f"`
	ValidTo   law.Date              `json:"u"`
	Entries   int                   `json:"e"` // allowed; 0 for multiple
	Used      int                   `json:"x"` // entries recorded on it
	Days      int                   `json:"d"` // of stay
	Status    VisaStatus            `json:"s"`
	States    []person.State        `json:"l,omitempty"` // where a visa with limited territorial validity holds
	National  bool                  `json:"c,omitempty"` // national short-stay visa of a state applying the acquis in part (art 16(2)(g))
}

// Permit is a residence permit or a long-stay visa, which the revised Visa
// Information System tells of.
type Permit struct {
	From  law.Date   `json:"f"`
	Until law.Date   `json:"u"` // zero: without end
	State VisaStatus `json:"s"`
}

// Authorisation is a travel authorisation (2018/1240).
type Authorisation struct {
	ValidTo law.Date       `json:"u"`
	States  []person.State `json:"l,omitempty"` // where one with limited territorial validity holds
}

// known is what a row holds, sealed.
type known struct {
	Type          person.DocumentType `json:"t"`
	Expiry        law.Date            `json:"e"`
	People        []tags              `json:"p,omitempty"`
	VisaRequired  bool                `json:"r,omitempty"`
	Withheld      bool                `json:"w,omitempty"`
	Visas         []Visa              `json:"v,omitempty"`
	Permits       []Permit            `json:"m,omitempty"`
	Authorisation *Authorisation      `json:"a,omitempty"`
	History       []byte              `json:"h,omitempty"`
}

// tags are the parts of an identity as keyed digests: the copy needs equality
// and nothing else.
type tags struct {
	Names         string   `json:"n"`
	Surname       string   `json:"s"`
	Birth         string   `json:"b"`
	Sex           string   `json:"x"`
	Nationalities []string `json:"c"`
}

// nameLetters is how many letters of a name are compared. Machine readable zones
// cut long names, the shortest zone after 30 characters with its fillers; whoever
// reads a name from a zone must still meet the name as printed. With document,
// birth date and nationality beside it, twenty letters tell people apart.
const nameLetters = 20

// letters brings a name to the letters that are compared.
func letters(n person.Name) string {
	s := strings.ReplaceAll(n.Normal(), " ", "")
	return s[:min(len(s), nameLetters)]
}

func (t tagger) tags(id Identity) tags {
	out := tags{Names: t.tag("names", letters(id.Name)), Surname: t.tag("surname", letters(person.Name{Surname: id.Name.Surname})),
		Birth: t.tag("birth", id.Birth.String()), Sex: t.tag("sex", string(id.Sex))}
	for _, n := range id.Nationalities {
		out.Nationalities = append(out.Nationalities, t.tag("nationality", string(n)))
	}
	return out
}

// rows makes the rows of a file, one for each document.
func (c *Copy) rows(e *Extract) ([][]any, error) {
	k := known{VisaRequired: e.VisaRequired, Withheld: e.Withheld}
	if !e.Withheld {
		k.Visas, k.Permits, k.Authorisation, k.History = e.Visas, e.Permits, e.Authorisation, e.History
	}
	var rows [][]any
	seen := map[string]bool{}
	for i := len(e.Documents) - 1; i >= 0; i-- {
		d := &e.Documents[i]
		o := c.keys.of(*d)
		if seen[string(o.doc)] {
			// The same kind, issuer and number with another expiry: the copy
			// keeps the one recorded last, with which the list ends.
			continue
		}
		seen[string(o.doc)] = true
		k.Type, k.Expiry, k.People = d.Type, d.Expiry, nil
		tagger := o.tagger()
		for _, id := range e.Identities {
			k.People = append(k.People, tagger.tags(id))
		}
		plain, err := json.Marshal(&k)
		if err != nil {
			return nil, wrong("extract", err)
		}
		sealed, err := o.close(plain)
		if err != nil {
			return nil, wrong("extract", err)
		}
		rows = append(rows, []any{o.doc, string(e.Token), sealed})
	}
	return rows, nil
}
