package ees

import (
	"fmt"
	"slices"
	"strings"

	"limen/law"
)

// RefusalReason is a letter of the standard form for refusing entry at the
// border (2016/399 annex V part B).
type RefusalReason string

// BiometricRule says which biometrics a refusal must enter when the person has
// no file with biometrics yet (2017/2226 art 18(2)-(5)).
type BiometricRule struct {
	Face         string // "none", "live", "chip"
	Fingers      string // "none", "visa_exempt_or_not_in_vis"
	OnlyIf       string // condition in words, "" when there is none
	Cite         law.Citation
	Requirements []string // requirement numbers of the specification
}

// ReasonRow is one ground for refusing entry.
type ReasonRow struct {
	Letter      RefusalReason
	Title       string
	Unconfirmed bool // wording not checked against the annex
	Biometrics  BiometricRule
}

var noBiometrics = BiometricRule{Face: "none", Fingers: "none", Cite: "2017/2226 art 18(1)"}

// RefusalReasons lists the grounds A to J.
var RefusalReasons = []ReasonRow{
	{"A", "No valid travel document", true, noBiometrics},
	{"B", "False, counterfeit or forged travel document", true,
		BiometricRule{"live", "visa_exempt_or_not_in_vis", "", "2017/2226 art 18(2)", []string{"EES-032"}}},
	{"C", "No valid visa, travel authorisation or residence permit", true, noBiometrics},
	{"D", "False, counterfeit or forged visa or residence permit", true,
		BiometricRule{"live", "visa_exempt_or_not_in_vis", "", "2017/2226 art 18(2)", []string{"EES-032"}}},
	{"E", "No papers justifying the purpose and conditions of stay", true, noBiometrics},
	{"F", "Already stayed 90 days in the 180-day period", true, noBiometrics},
	{"G", "Insufficient means of subsistence", true, noBiometrics},
	{"H", "Alert for the purpose of refusing entry", true,
		BiometricRule{"live", "visa_exempt_or_not_in_vis", "unless the alert in the Schengen Information System already has the biometrics", "2017/2226 art 18(3)", []string{"EES-032"}}},
	{"I", "Threat to public policy, internal security, public health or international relations", true,
		BiometricRule{"live", "visa_exempt_or_not_in_vis", "only when the threat concerns internal security, including elements of public policy", "2017/2226 art 18(4)", []string{"EES-033"}}},
	{"J", "Refused to give biometrics for the file or for the check", false,
		BiometricRule{"chip", "none", "the face is read from the chip of an electronic travel document; nothing is taken live", "2017/2226 art 18(5)", []string{"EES-034"}}},
}

// Row returns the row of a letter.
func (r RefusalReason) Row() (ReasonRow, bool) {
	for _, row := range RefusalReasons {
		if row.Letter == r {
			return row, true
		}
	}
	return ReasonRow{}, false
}

// parseReasons checks the letters of a refusal: at least one, each known, none
// twice, in the order of the form.
func parseReasons(letters []RefusalReason) ([]ReasonRow, error) {
	if len(letters) == 0 {
		return nil, law.BadField("reasons", "reason_missing", "2016/399 art 14(2)",
			"A refusal of entry states at least one reason, A to J.")
	}
	var rows []ReasonRow
	for i, l := range letters {
		row, ok := l.Row()
		if !ok {
			return nil, law.BadField(fmt.Sprintf("reasons[%d]", i), "unknown_reason", "2016/399 annex V part B",
				"There is no such reason. The standard form has A to J.")
		}
		if slices.ContainsFunc(rows, func(r ReasonRow) bool { return r.Letter == l }) {
			return nil, law.BadField(fmt.Sprintf("reasons[%d]", i), "reason_twice", "2016/399 annex V part B",
				"This reason is given twice. Name each reason once.")
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b ReasonRow) int { return strings.Compare(string(a.Letter), string(b.Letter)) })
	return rows, nil
}
