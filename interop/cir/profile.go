package cir

import (
	"fmt"
	"strings"

	"limen/access"
	"limen/person"
)

// MaxProfiles is the number of records that one Profiles reads.
const MaxProfiles = 1000

// Profile is what anonymised statistics are made of (2017/2226 art 63(1)(b)):
// nothing in it names a person, and the birth date ends with the year.
type Profile struct {
	Nationality    person.State // the first, when there are several
	Sex            person.Sex
	BirthYear      int
	DocumentType   person.DocumentType
	DocumentIssuer person.State // of the document recorded last
}

// Profiles returns the profiles of records of a system, as the first identity
// and the last document have them. A record without data in the repository is
// left out.
func Profiles(p access.Pass, system System, refs []RecordRef) (map[RecordRef]Profile, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	if len(refs) > MaxProfiles {
		return nil, fmt.Errorf("cir: profiles of %d records asked for, %d at most", len(refs), MaxProfiles)
	}
	if len(refs) == 0 {
		return map[RecordRef]Profile{}, nil
	}
	var marks strings.Builder
	args := []any{string(system)}
	for i, ref := range refs {
		if i > 0 {
			marks.WriteString(", ")
		}
		fmt.Fprintf(&marks, "$%d", i+2)
		args = append(args, string(ref))
	}
	profiles := make(map[RecordRef]Profile, len(refs))
	rows, err := tx.Query(`SELECT record_ref, birth, sex, nationalities FROM cir_identity
		WHERE system = $1 AND record_ref IN (`+marks.String()+`) ORDER BY record_ref, n DESC`, args...)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		var ref, birth, sex, nationalities string
		if err := rows.Scan(&ref, &birth, &sex, &nationalities); err != nil {
			rows.Close()
			return nil, err
		}
		born, err := person.ParsePartialDate(birth)
		if err != nil {
			rows.Close()
			return nil, fmt.Errorf("cir: birth date of %s: %w", ref, err)
		}
		year, _, _ := born.First().YMD()
		profile := Profile{Sex: person.Sex(sex), BirthYear: year}
		if states := splitStates(nationalities); len(states) > 0 {
			profile.Nationality = states[0]
		}
		profiles[RecordRef(ref)] = profile // the lowest number comes last
	}
	if err := rows.Close(); err != nil {
		return nil, err
	}
	if rows, err = tx.Query(`SELECT record_ref, type, issuer FROM cir_document
		WHERE system = $1 AND record_ref IN (`+marks.String()+`) ORDER BY record_ref, n`, args...); err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var ref, kind, issuer string
		if err := rows.Scan(&ref, &kind, &issuer); err != nil {
			return nil, err
		}
		if profile, ok := profiles[RecordRef(ref)]; ok {
			profile.DocumentType, profile.DocumentIssuer = person.DocumentType(kind), person.State(issuer)
			profiles[RecordRef(ref)] = profile
		}
	}
	return profiles, rows.Err()
}
