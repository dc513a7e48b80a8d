package cir

import (
	"errors"
	"slices"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// Absorbed is everything of one record as it stood before another record took
// it over, and where it went: what Release needs to put it back.
type Absorbed struct {
	File       FileNumber    `json:"file"`
	CreatedAt  int64         `json:"at"` // microseconds UTC, as are those below
	Identities []movedRow    `json:"identities"`
	Documents  []movedRow    `json:"documents"`
	Biometrics []movedSample `json:"biometrics"`
}

// movedRow is an identity or a document with its number in both records; To is
// 0 for what the record that took over had already.
type movedRow struct {
	From     int             `json:"from"`
	To       int             `json:"to"`
	Identity Identity        `json:"identity,omitzero"`
	Document person.Document `json:"document,omitzero"`
	At       int64           `json:"at"`
}

type movedSample struct {
	From   int       `json:"from"`
	To     int       `json:"to"`
	Sample Biometric `json:"sample"`
}

// Absorb moves every identity, document and reference to a sample of the record
// from to the record into of the same system, and what they are looked up by
// with them, when the source system found that both are one person's (2019/817
// art 19(1): the repository's file follows the systems' own). What into has
// already is not written twice. Looked up by its number, the repository file of
// from leads to into afterwards. It fails with no_such_record.
//
// Rows are written anew and not changed, because the reference is the key by
// which they are distributed.
func Absorb(p access.Pass, system System, into, from RecordRef) (Absorbed, error) {
	tx, err := p.Tx()
	if err != nil {
		return Absorbed{}, err
	}
	kept, err := everything(tx, system, from)
	if err != nil {
		return Absorbed{}, err
	}
	own, err := everything(tx, system, into)
	if err != nil {
		return Absorbed{}, err
	}
	w := adder(tx, into, system)
	if err := removeAll(tx, system, from, kept); err != nil {
		return Absorbed{}, err
	}
	n := last(own.Identities)
	for i := range kept.Identities {
		m := &kept.Identities[i]
		if slices.ContainsFunc(own.Identities, func(o movedRow) bool { return o.Identity.equal(m.Identity) }) {
			continue
		}
		n++
		m.To, w.at = n, m.At
		if err := w.identity(n, m.Identity); err != nil {
			return Absorbed{}, err
		}
	}
	n = last(own.Documents)
	for i := range kept.Documents {
		m := &kept.Documents[i]
		if slices.ContainsFunc(own.Documents, func(o movedRow) bool { return o.Document == m.Document }) {
			continue
		}
		n++
		m.To, w.at = n, m.At
		if err := w.document(n, m.Document); err != nil {
			return Absorbed{}, err
		}
	}
	n = 0
	for _, s := range own.Biometrics {
		n = max(n, s.From)
	}
	for i := range kept.Biometrics {
		m := &kept.Biometrics[i]
		n++
		m.To = n
		if err := w.biometric(n, m.Sample); err != nil {
			return Absorbed{}, err
		}
		if err := moveSample(p, tx, system, from, m.From, into, n); err != nil {
			return Absorbed{}, err
		}
	}
	return kept, w.put(`INSERT INTO cir_file (cir_file, record_ref, system) VALUES ($1, $2, $3)`, string(kept.File), string(into), string(system))
}

// Release undoes Absorb: what came from the record goes back to it, row by row
// as it was. It fails with absorbed_data_changed when one of those rows is no
// longer what Absorb wrote, because then somebody has decided on it since.
func Release(p access.Pass, system System, into, from RecordRef, kept Absorbed) error {
	tx, err := p.Tx()
	if err != nil {
		return err
	}
	now, err := everything(tx, system, into)
	if err != nil {
		return err
	}
	var moved Absorbed
	for _, m := range kept.Identities {
		if m.To == 0 {
			continue
		}
		i := slices.IndexFunc(now.Identities, func(o movedRow) bool { return o.From == m.To && o.Identity.equal(m.Identity) })
		if i < 0 {
			return changedSince()
		}
		moved.Identities = append(moved.Identities, now.Identities[i])
	}
	for _, m := range kept.Documents {
		if m.To == 0 {
			continue
		}
		i := slices.IndexFunc(now.Documents, func(o movedRow) bool { return o.From == m.To && o.Document == m.Document })
		if i < 0 {
			return changedSince()
		}
		moved.Documents = append(moved.Documents, now.Documents[i])
	}
	for _, m := range kept.Biometrics {
		moved.Biometrics = append(moved.Biometrics, movedSample{From: m.To})
	}
	if err := removeRows(tx, system, into, moved); err != nil {
		return err
	}
	w := adder(tx, from, system)
	if err := w.file(kept.File, kept.CreatedAt); err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM cir_file WHERE cir_file = $1 AND record_ref = $2 AND system = $3`, string(kept.File), string(into), string(system)); err != nil {
		return err
	}
	for _, m := range kept.Identities {
		w.at = m.At
		if err := w.identity(m.From, m.Identity); err != nil {
			return err
		}
	}
	for _, m := range kept.Documents {
		w.at = m.At
		if err := w.document(m.From, m.Document); err != nil {
			return err
		}
	}
	for _, m := range kept.Biometrics {
		if err := w.biometric(m.From, m.Sample); err != nil {
			return err
		}
		if err := moveSample(p, tx, system, into, m.To, from, m.From); err != nil {
			return err
		}
	}
	return nil
}

func changedSince() *law.Refusal {
	return law.Refuse(law.Conflict, "absorbed_data_changed", "2019/817 art 19(1)",
		"An identity or document that the merge brought has been changed since. Correct the files by hand instead.")
}

// Size tells how many identities, documents and samples a record has, so that a
// system sees whether any came since it looked.
func Size(p access.Pass, system System, ref RecordRef) (int, error) {
	tx, err := p.Tx()
	if err != nil {
		return 0, err
	}
	all, err := everything(tx, system, ref)
	return len(all.Identities) + len(all.Documents) + len(all.Biometrics), err
}

// CorrectIdentity replaces the n-th identity of a record, from 1 in the order of
// Get, when the source system corrects it (2017/2226 art 35, 2019/817 art
// 19(1)).
func CorrectIdentity(p access.Pass, ref RecordRef, system System, n int, corrected Identity) error {
	return correct(p, ref, system, func(all Absorbed) ([]movedRow, bool) { return all.Identities, true }, n, movedRow{Identity: corrected})
}

// CorrectDocument replaces the n-th document of a record, as CorrectIdentity.
func CorrectDocument(p access.Pass, ref RecordRef, system System, n int, corrected person.Document) error {
	return correct(p, ref, system, func(all Absorbed) ([]movedRow, bool) { return all.Documents, false }, n, movedRow{Document: corrected})
}

func correct(p access.Pass, ref RecordRef, system System, of func(Absorbed) ([]movedRow, bool), n int, to movedRow) error {
	tx, err := p.Tx()
	if err != nil {
		return err
	}
	all, err := everything(tx, system, ref)
	if err != nil {
		return err
	}
	rows, isIdentity := of(all)
	if n < 1 || n > len(rows) {
		return noSuchRow()
	}
	was := rows[n-1]
	w := adder(tx, ref, system)
	w.at = was.At
	if isIdentity {
		if err := removeRows(tx, system, ref, Absorbed{Identities: []movedRow{was}}); err != nil {
			return err
		}
		return w.identity(was.From, to.Identity)
	}
	if slices.ContainsFunc(rows, func(o movedRow) bool { return o.From != was.From && o.Document == to.Document }) {
		return law.Refuse(law.Conflict, "document_already_in_file", "2017/2226 art 14(2)", "The file has this document already. Take the wrong one out instead of correcting it.")
	}
	if err := removeRows(tx, system, ref, Absorbed{Documents: []movedRow{was}}); err != nil {
		return err
	}
	return w.document(was.From, to.Document)
}

func noSuchRow() *law.Refusal {
	return law.Refuse(law.NotFound, "no_such_record", "2019/817 art 18(1)", "The identity repository has no such data. Read the file again.")
}

func (i Identity) equal(o Identity) bool {
	return i.Name == o.Name && i.Birth == o.Birth && i.Sex == o.Sex && slices.Equal(i.Nationalities, o.Nationalities)
}

func last(rows []movedRow) int {
	n := 0
	for _, r := range rows {
		n = max(n, r.From)
	}
	return n
}

// everything reads all rows of a record, with their numbers and moments.
func everything(tx *db.Tx, system System, ref RecordRef) (Absorbed, error) {
	var a Absorbed
	var file string
	err := tx.Row(`SELECT cir_file, created_at FROM cir_dataset WHERE record_ref = $1 AND system = $2`, string(ref), string(system)).Scan(&file, &a.CreatedAt)
	if errors.Is(err, db.ErrNoRows) {
		return a, noSuchRow()
	}
	if err != nil {
		return a, err
	}
	a.File = FileNumber(file)
	err = each(tx, `SELECT n, surname, first_names, birth, sex, nationalities, created_at FROM cir_identity WHERE record_ref = $1 AND system = $2 ORDER BY n`,
		system, ref, func(rows *db.Rows) error {
			var m movedRow
			var birth, sex, nations string
			id := &m.Identity
			if err := rows.Scan(&m.From, &id.Name.Surname, &id.Name.FirstNames, &birth, &sex, &nations, &m.At); err != nil {
				return err
			}
			id.Sex, id.Nationalities = person.Sex(sex), splitStates(nations)
			a.Identities = append(a.Identities, m)
			return a.Identities[len(a.Identities)-1].Identity.Birth.UnmarshalText([]byte(birth))
		})
	if err != nil {
		return a, err
	}
	err = each(tx, `SELECT n, type, number, issuer, expiry, created_at FROM cir_document WHERE record_ref = $1 AND system = $2 ORDER BY n`,
		system, ref, func(rows *db.Rows) error {
			var m movedRow
			var kind, number, issuer string
			if err := rows.Scan(&m.From, &kind, &number, &issuer, &m.Document.Expiry, &m.At); err != nil {
				return err
			}
			m.Document.Type, m.Document.Number, m.Document.Issuer = person.DocumentType(kind), person.DocumentNumber(number), person.State(issuer)
			a.Documents = append(a.Documents, m)
			return nil
		})
	if err != nil {
		return a, err
	}
	samples, err := numberedSamples(tx, system, ref)
	a.Biometrics = samples
	return a, err
}
