// Package ees is the Entry/Exit System of Regulation (EU) 2017/2226: checks at the
// border, entry/exit records, refusals of entry, the calculator of the
// authorised stay and the list of overstayers. Its rules stand in files named
// by their article; it decides and stores, and its desk talks.
package ees

import (
	"fmt"

	"limen/law"
	"limen/person"
)

// Exemption is a category of persons to whom the Regulation does not apply
// (2017/2226 art 2(3), 2016/399 art 6a(3)). The codes are this project's own;
// the citations stop at the paragraph, because which point names which category
// was not confirmed against the text.
type Exemption string

// ExemptionRow says what an exemption code means.
type ExemptionRow struct {
	Code  Exemption
	Title string
	Cite  law.Citation
}

// Exemptions lists the codes X01 to X18.
var Exemptions = []ExemptionRow{
	{"X01", "Family member of an EU citizen with a residence card under Directive 2004/38", "2017/2226 art 2(3)"},
	{"X02", "Family member of a third-country national with free movement, with a residence card or permit", "2017/2226 art 2(3)"},
	{"X03", "Holder of a residence permit", "2017/2226 art 2(3)"},
	{"X04", "Holder of a long-stay visa", "2017/2226 art 2(3)"},
	{"X05", "Intra-corporate transfer, student or researcher moving between Member States", "2017/2226 art 2(3)"},
	{"X06", "National of Andorra, Monaco or San Marino, or holder of a Vatican or Holy See passport", "2017/2226 art 2(3)"},
	{"X07", "Head of state, member of government or of a royal family, with spouse and official delegation", "2016/399 art 6a(3)"},
	{"X08", "Aircraft crew", "2016/399 art 6a(3)"},
	{"X09", "Seaman, including one who stays in the port of call", "2016/399 art 6a(3)"},
	{"X10", "Cross-border worker", "2016/399 art 6a(3)"},
	{"X11", "Rescue service, police, fire brigade or border guard", "2016/399 art 6a(3)"},
	{"X12", "Offshore worker", "2016/399 art 6a(3)"},
	{"X13", "Crew or passenger of a cruise ship who is not checked", "2016/399 art 6a(3)"},
	{"X14", "Person on a pleasure boat who is not checked", "2016/399 art 6a(3)"},
	{"X15", "Person allowed to cross outside crossing points or opening hours", "2016/399 art 6a(3)"},
	{"X16", "Holder of a local border traffic permit", "2016/399 art 6a(3)"},
	{"X17", "Crew of an international train", "2016/399 art 6a(3)"},
	{"X18", "Holder of a facilitated rail transit document, or of a facilitated transit document staying on the train", "2016/399 art 6a(3)"},
}

// ParseExemption reads a code X01 to X18.
func ParseExemption(s string) (ExemptionRow, error) {
	for _, x := range Exemptions {
		if string(x.Code) == s {
			return x, nil
		}
	}
	return ExemptionRow{}, law.BadField("exemption", "unknown_exemption", "2017/2226 art 2(3)",
		"There is no such exemption code. Use one of X01 to X18.")
}

// exemptByNationality returns X06 for nationals of the states that art 2(3)
// names. A person who also has another nationality is exempt all the same.
func exemptByNationality(nationalities []person.State) (ExemptionRow, bool) {
	for _, n := range nationalities {
		switch n {
		case "AND", "MCO", "SMR", "VAT":
			return Exemptions[5], true
		}
	}
	return ExemptionRow{}, false
}

// OutOfScope is the refusal to record somebody to whom the Regulation does not
// apply (EES-013).
func OutOfScope(x ExemptionRow) *law.Refusal {
	return law.Refuse(law.NotPermitted, "exempt_person", x.Cite,
		fmt.Sprintf("%s: this person is outside the Entry/Exit System, and no entry, exit or refusal is recorded. Let the person pass by the ordinary checks.", x.Title),
		"exemption", string(x.Code))
}

// NotThirdCountry is the refusal to record a citizen of the Union or of a state
// whose citizens move as freely (2017/2226 art 3(1)(6)).
func NotThirdCountry(n person.State) *law.Refusal {
	return law.Refuse(law.NotPermitted, "not_a_third_country_national", "2017/2226 art 3(1)(6)",
		fmt.Sprintf("%s is the nationality of a state with free movement: this person is not a third-country national and is not recorded.", n.Name()),
		"nationality", string(n))
}
