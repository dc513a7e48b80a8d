package person

import (
	"slices"

	"limen/law"
)

// Nationality returns the nationality that the people of s hold: s itself for a
// state, an entity or a status, the other code for a territory (GIB gives GBD,
// GUM gives USA). Hong Kong and Macao stay themselves, for the visa list names
// them. It is "" where nobody is a national: organisations, withdrawn codes,
// Antarctica, and Utopia.
func (s State) Nationality() State {
	r := s.row()
	switch {
	case visaList[s] != nil:
		return s
	case r.kind == KindTerritory:
		return r.nationalityOf
	}
	return ""
}

// Specimens says whether documents of Utopia are taken for real ones. Only a
// demonstration allows them.
type Specimens bool

// The two settings.
const (
	RefuseSpecimens Specimens = false
	AllowSpecimens  Specimens = true
)

// ParseNationality reads a nationality: any code that ParseState reads and that
// somebody can be a national of, with territories turned into the nationality
// of their people. Utopia is read if specimens are allowed. The error is a
// *law.Refusal with field "nationality" and code unknown_state, no_nationality
// or specimen_nationality.
func ParseNationality(s string, specimens Specimens) (State, error) {
	state, err := ParseState(s)
	if err != nil {
		refusal := err.(*law.Refusal)
		refusal.Field = "nationality"
		return "", refusal
	}
	if state == Utopia {
		if specimens {
			return Utopia, nil
		}
		return "", law.BadField("nationality", "specimen_nationality", "9303-3 s 5",
			"Utopia is the state of specimen documents; nobody is its national.")
	}
	if n := state.Nationality(); n != "" {
		return n, nil
	}
	return "", law.BadField("nationality", "no_nationality", "9303-3 s 5",
		"Nobody is a national of this: it is an organisation, a territory without people of its own or a withdrawn code.",
		"code", string(state), "name", state.Name())
}

// Nationalities is what a person holds, one or more, each once and in
// alphabetical order (2017/2226 art 16(1)(a)).
type Nationalities []State

// ParseNationalities reads at least one nationality; repeated ones are folded.
// The error is that of ParseNationality, or no_nationality_given.
func ParseNationalities(codes []string, specimens Specimens) (Nationalities, error) {
	if len(codes) == 0 {
		return nil, law.BadField("nationality", "no_nationality_given", "2017/2226 art 16(1)(a)",
			"At least one nationality is needed; XXX stands for an unspecified one.")
	}
	var ns Nationalities
	for _, c := range codes {
		n, err := ParseNationality(c, specimens)
		if err != nil {
			return nil, err
		}
		ns = append(ns, n)
	}
	slices.Sort(ns)
	return slices.Compact(ns), nil
}

// Has tells whether n is among the nationalities.
func (ns Nationalities) Has(n State) bool { return slices.Contains(ns, n) }

// ThirdCountry tells whether a holder of these nationalities is a third-country
// national on the day, and by which rule. One citizenship of the Union, or one
// that enjoys equivalent free movement, is enough not to be one (2017/2226 art
// 3(1)(6)). A list without free movement whose nationalities all have no row
// on the day is an error, a *law.NoLawError.
func (ns Nationalities) ThirdCountry(on law.Date) (bool, Requirement, error) {
	var last Requirement
	var missing error
	known := false
	for _, n := range ns {
		r, err := VisaRequirement(n, on)
		switch {
		case err != nil:
			missing = err
		case r.Rule == FreeMovement:
			return false, r, nil
		default:
			last, known = r, true
		}
	}
	if !known && missing != nil {
		return false, Requirement{}, missing
	}
	return true, last, nil
}
