package cir

import (
	"strconv"
	"strings"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// extractWidth is how many records one statement of Extract asks for. Lists are
// padded to it, so that there is one statement to prepare.
const extractWidth = 100

var extractList = func() string {
	var b strings.Builder
	for i := range extractWidth {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+2))
	}
	return " AND record_ref IN (" + b.String() + ")"
}()

// Extract reads identities and documents of many records at once, for a duty
// that goes through them: a few statements for each hundred, where Get takes some
// for each one. Biometrics and file numbers are not read. Records that are not
// there are missing in the answer.
func Extract(p access.Pass, system System, refs []RecordRef) (map[RecordRef]*Dataset, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	all := make(map[RecordRef]*Dataset, len(refs))
	of := func(ref string) *Dataset {
		d := all[RecordRef(ref)]
		if d == nil {
			d = &Dataset{Ref: RecordRef(ref), System: system}
			all[RecordRef(ref)] = d
		}
		return d
	}
	for len(refs) > 0 {
		part := refs[:min(extractWidth, len(refs))]
		refs = refs[len(part):]
		args := make([]any, 1, extractWidth+1)
		args[0] = string(system)
		for i := range extractWidth {
			args = append(args, string(part[min(i, len(part)-1)]))
		}
		err := eachRow(tx, `SELECT record_ref, surname, first_names, birth, sex, nationalities FROM cir_identity WHERE system = $1`+extractList+` ORDER BY record_ref, n`, args,
			func(rows *db.Rows) error {
				var ref, sex, nationalities string
				var id Identity
				if err := rows.Scan(&ref, &id.Name.Surname, &id.Name.FirstNames, &id.Birth, &sex, &nationalities); err != nil {
					return err
				}
				id.Sex, id.Nationalities = person.Sex(sex), splitStates(nationalities)
				d := of(ref)
				d.Identities = append(d.Identities, id)
				return nil
			})
		if err != nil {
			return nil, err
		}
		err = eachRow(tx, `SELECT record_ref, type, number, issuer, expiry FROM cir_document WHERE system = $1`+extractList+` ORDER BY record_ref, n`, args,
			func(rows *db.Rows) error {
				var ref, kind, number, issuer string
				var expiry law.Date
				if err := rows.Scan(&ref, &kind, &number, &issuer, &expiry); err != nil {
					return err
				}
				d := of(ref)
				d.Documents = append(d.Documents, person.Document{Type: person.DocumentType(kind), Number: person.DocumentNumber(number), Issuer: person.State(issuer), Expiry: expiry})
				return nil
			})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// eachRow runs a statement and hands over each row.
func eachRow(tx *db.Tx, statement string, args []any, scan func(*db.Rows) error) error {
	rows, err := tx.Query(statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
