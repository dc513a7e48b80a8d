package person

import (
	_ "embed"

	"limen/law"
)

// VisaRule is what the visa list says of a nationality, for stays of at most 90
// days in any 180.
type VisaRule string

// The rules.
const (
	VisaExempt     VisaRule = "exempt"            // 2018/1806 annex II
	VisaRequired   VisaRule = "required"          // 2018/1806 annex I
	VisaDepends    VisaRule = "conditional"       // on residence, issuer or date of the document: see the note
	FreeMovement   VisaRule = "free_movement"     // citizens of the Union, the European Economic Area and Switzerland
	NotNationality VisaRule = "not_a_nationality" // organisations, territories, withdrawn codes, specimens
)

// Requirement is the visa rule of one nationality on one day.
type Requirement struct {
	Nationality State
	Rule        VisaRule
	From        law.Date     // first day of the row; zero for NotNationality
	Cite        law.Citation // annex and part, or article
	Note        string       // biometric passports, agreements, documents that are left out
	Unconfirmed bool         // the rule or its day was not found in a source text; the note says what
}

// Reason renders the requirement as a step of a decision's reasons, with code
// visa_exempt, visa_required, visa_conditional, visa_free_movement or
// visa_not_a_nationality.
func (r Requirement) Reason() law.Reason {
	facts := []string{"nationality", string(r.Nationality), "since", r.From.String()}
	if r.Note != "" {
		facts = append(facts, "note", r.Note)
	}
	if r.Unconfirmed {
		facts = append(facts, "unconfirmed", "yes")
	}
	return law.Reason{Code: law.Code("visa_" + r.Rule), Cite: r.Cite, Message: visaMessages[r.Rule], Facts: law.Facts(facts...)}
}

var visaMessages = map[VisaRule]string{
	VisaExempt:     "Nationals need no visa for a short stay.",
	VisaRequired:   "Nationals need a visa for a short stay.",
	VisaDepends:    "Whether a visa is needed depends on the document and the country of residence.",
	FreeMovement:   "Nationals enjoy free movement and are not third-country nationals.",
	NotNationality: "Nobody is a national of this code.",
}

//go:embed visa_list.tsv
var visaListTSV string

// visaList is visa_list.tsv: the dated rows of each nationality. A table that
// cannot be read is a bug and stops the program.
var visaList = readVisaList(visaListTSV)

func readVisaList(tsv string) map[State]*law.Param[VisaRule] {
	list := map[State]*law.Param[VisaRule]{}
	for _, c := range tableRows("visa_list.tsv", tsv, "code from rule cite unconfirmed note") {
		n := State(c[0])
		if list[n] == nil {
			list[n] = &law.Param[VisaRule]{Name: "visa_list." + c[0]}
		}
		list[n].Rows = append(list[n].Rows, law.Row[VisaRule]{
			From: law.MustDate(c[1]), Value: VisaRule(c[2]), Cite: law.Citation(c[3]), Unconfirmed: c[4] != "", Note: c[5],
		})
	}
	return list
}

// VisaRequirement returns the visa rule of a nationality on a day. For a code
// that nobody is a national of, the rule is NotNationality on every day: turn a
// territory into a nationality with State.Nationality first. Before the first
// row of a nationality there is no answer but a *law.NoLawError; a code that
// is not known is a *law.Refusal with code unknown_state.
//
// The list is that of Regulation (EU) 2018/1806 as far as it was read: see the
// heading of visa_list.tsv.
func VisaRequirement(n State, on law.Date) (Requirement, error) {
	rows := visaList[n]
	if rows == nil {
		if !KnownState(n) {
			_, err := ParseState(string(n))
			if err == nil {
				err = law.BadField("state", "unknown_state", "9303-3 s 5", "The code is not in its printed form.", "code", clip(string(n)))
			}
			return Requirement{}, err
		}
		return Requirement{Nationality: n, Rule: NotNationality, Cite: "9303-3 s 5", Note: notNationalityNote(n)}, nil
	}
	row, err := rows.RowOn(on)
	if err != nil {
		return Requirement{}, err
	}
	return Requirement{Nationality: n, Rule: row.Value, From: row.From, Cite: row.Cite, Note: row.Note, Unconfirmed: row.Unconfirmed}, nil
}

func notNationalityNote(n State) string {
	switch n.Kind() {
	case KindTerritory:
		if of := n.Nationality(); of != "" {
			return "a territory; its people are nationals of " + string(of)
		}
		return "a territory without nationals of its own"
	case KindOrganisation:
		return "an organisation; its documents do not show a nationality (2018/1806 art 6 lets states exempt some holders)"
	case KindSpecimen:
		return "specimen documents only"
	default:
		return "stands on old documents only"
	}
}

// Params lists the dated rows of this package: the reading of expiry dates, and
// the visa rule of each nationality, in alphabetical order.
func Params() []law.Dated {
	list := []law.Dated{&ExpiryYearsAhead}
	for _, s := range states.order {
		if p := visaList[s]; p != nil {
			list = append(list, p)
		}
	}
	return list
}
