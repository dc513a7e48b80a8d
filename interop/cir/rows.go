package cir

import (
	"time"

	"limen/db"
	"limen/person"
)

// each runs a question about one record and hands over its rows.
func each(tx *db.Tx, query string, system System, ref RecordRef, row func(*db.Rows) error) error {
	rows, err := tx.Query(query, string(ref), string(system))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func numberedSamples(tx *db.Tx, system System, ref RecordRef) ([]movedSample, error) {
	var all []movedSample
	err := each(tx, `SELECT n, kind, status, source, captured_at FROM cir_biometric WHERE record_ref = $1 AND system = $2 ORDER BY n`,
		system, ref, func(rows *db.Rows) error {
			var m movedSample
			var at int64
			if err := rows.Scan(&m.From, &m.Sample.Kind, &m.Sample.Status, &m.Sample.Source, &at); err != nil {
				return err
			}
			m.Sample.CapturedAt = time.UnixMicro(at).UTC()
			all = append(all, m)
			return nil
		})
	return all, err
}

// file writes the row of a record and of its repository file.
func (w writer) file(number FileNumber, createdAt int64) error {
	if err := w.put(`INSERT INTO cir_dataset (record_ref, system, cir_file, created_at) VALUES ($1, $2, $3, $4)`,
		string(w.ref), string(w.system), string(number), createdAt); err != nil {
		return err
	}
	return w.put(`INSERT INTO cir_file (cir_file, record_ref, system) VALUES ($1, $2, $3)`, string(number), string(w.ref), string(w.system))
}

// removeAll takes away a record with everything it is looked up by.
func removeAll(tx *db.Tx, system System, ref RecordRef, all Absorbed) error {
	if err := removeRows(tx, system, ref, all); err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM cir_file WHERE cir_file = $1 AND record_ref = $2 AND system = $3`, string(all.File), string(ref), string(system)); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM cir_dataset WHERE record_ref = $1 AND system = $2`, string(ref), string(system))
	return err
}

// removeRows takes away some identities, documents and samples of a record, and
// what the first two are looked up by, row by row by their keys: the tables of
// the lookups have no way in by the record.
func removeRows(tx *db.Tx, system System, ref RecordRef, which Absorbed) error {
	for _, m := range which.Identities {
		for _, block := range blocks(m.Identity) {
			for _, key := range person.NameKeys(m.Identity.Name.Normal()) {
				if _, err := tx.Exec(`DELETE FROM cir_by_name WHERE block = $1 AND name_key = $2 AND record_ref = $3 AND system = $4 AND n = $5`,
					block, key, string(ref), string(system), m.From); err != nil {
					return err
				}
			}
		}
		if _, err := tx.Exec(`DELETE FROM cir_identity WHERE record_ref = $1 AND system = $2 AND n = $3`, string(ref), string(system), m.From); err != nil {
			return err
		}
	}
	for _, m := range which.Documents {
		d := m.Document
		if _, err := tx.Exec(`DELETE FROM cir_by_document WHERE number = $1 AND issuer = $2 AND type = $3 AND expiry = $4 AND system = $5 AND record_ref = $6`,
			string(d.Number), string(d.Issuer), string(d.Type), d.Expiry.String(), string(system), string(ref)); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM cir_document WHERE record_ref = $1 AND system = $2 AND n = $3`, string(ref), string(system), m.From); err != nil {
			return err
		}
	}
	for _, m := range which.Biometrics {
		if _, err := tx.Exec(`DELETE FROM cir_biometric WHERE record_ref = $1 AND system = $2 AND n = $3`, string(ref), string(system), m.From); err != nil {
			return err
		}
	}
	return nil
}
