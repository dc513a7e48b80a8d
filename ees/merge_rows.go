package ees

import (
	"limen/db"
	"limen/interop/cir"
	"limen/law"
)

// mergeUndo is what undoing a merge needs.
type mergeUndo struct {
	Survivor   fileRows     `json:"survivor"`
	Merged     fileRows     `json:"merged"`
	CIR        cir.Absorbed `json:"cir"`
	Records    map[int]int  `json:"records"` // number in the other file: number now
	Refusals   map[int]int  `json:"refusals"`
	Amendments []int        `json:"amendments"` // numbers now of those of the other file
	Apart      []apartRow   `json:"apart"`      // findings of difference of the other file
	Cases      []string     `json:"cases"`
	Tombstones []string     `json:"tombstones"`
	After      afterMerge   `json:"after"`
}

// afterMerge is how the merge left the file that stays, to see what came later.
type afterMerge struct {
	Version  int64    `json:"version"`
	Records  []record `json:"records"`
	Refusals int      `json:"refusals"`
	Data     int      `json:"data"` // identities, documents and samples
}

// fileRows are all rows of one file but those of the identity repository.
type fileRows struct {
	File       file           `json:"file"`
	Records    []record       `json:"records"`
	Refusals   []refusalRow   `json:"refusals"`
	Amendments []amendmentRow `json:"amendments"`
	Visas      [][2]string    `json:"visas"` // number, issuer
}

// keep copies both files as they are.
func (m *merging) keep() error {
	var err error
	if m.undo.Survivor, err = rowsOf(m.tx, m.stays.known); err != nil {
		return err
	}
	m.undo.Merged, err = rowsOf(m.tx, m.goes.known)
	return err
}

func rowsOf(tx *db.Tx, k *known) (fileRows, error) {
	rows := fileRows{File: k.file, Records: k.before}
	var err error
	if rows.Refusals, err = refusalRows(tx, k.file.Ref); err != nil {
		return fileRows{}, err
	}
	if rows.Amendments, err = amendmentRows(tx, k.file.Ref); err != nil {
		return fileRows{}, err
	}
	rows.Visas, err = visaRows(tx, k.file.Ref)
	return rows, err
}

// refusalRow is a row of ees_refusal as it is stored, without its file.
type refusalRow struct {
	N           int      `json:"n"`
	At          int64    `json:"at"`
	On          law.Date `json:"on"`
	BCP         string   `json:"bcp"`
	Authority   string   `json:"authority"`
	Reasons     string   `json:"reasons"`
	Biometrics  string   `json:"biometrics"`
	Visa        *string  `json:"visa"`
	Origin      string   `json:"origin"`
	Responsible string   `json:"responsible"`
	CameFrom    *string  `json:"came_from"`
}

func refusalRows(tx *db.Tx, ref FileRef) ([]refusalRow, error) {
	rows, err := tx.Query(`SELECT n, refused_at, refused_on, bcp, authority, reasons, biometrics, visa, origin, responsible, came_from
		FROM ees_refusal WHERE ref = $1 ORDER BY n`, string(ref))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []refusalRow
	for rows.Next() {
		var r refusalRow
		if err := rows.Scan(&r.N, &r.At, &r.On, &r.BCP, &r.Authority, &r.Reasons, &r.Biometrics, &r.Visa, &r.Origin, &r.Responsible, &r.CameFrom); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

func (r *refusalRow) insert(tx *db.Tx, ref FileRef) {
	tx.Later(`INSERT INTO ees_refusal (ref, n, refused_at, refused_on, bcp, authority, reasons, biometrics, visa, origin, responsible, came_from)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		string(ref), r.N, r.At, r.On, r.BCP, r.Authority, r.Reasons, r.Biometrics, optional(r.Visa), r.Origin, r.Responsible, optional(r.CameFrom))
}

// update writes the row of a refusal that was corrected.
func (r *refusalRow) update(tx *db.Tx, ref FileRef) {
	tx.Later(`UPDATE ees_refusal SET refused_at = $3, refused_on = $4, bcp = $5, reasons = $6, visa = $7 WHERE ref = $1 AND n = $2`,
		string(ref), r.N, r.At, r.On, r.BCP, r.Reasons, optional(r.Visa))
}

func optional[T any](v *T) any {
	if v == nil {
		return nil
	}
	return *v
}

// amendmentRow is a row of ees_amendment as it is stored, without its file.
type amendmentRow struct {
	N         int    `json:"n"`
	At        int64  `json:"at"`
	MadeOn    string `json:"made_on"`
	Kind      string `json:"kind"`
	Record    *int   `json:"record"`
	Refusal   *int   `json:"refusal"`
	Cite      string `json:"cite"`
	Authority string `json:"authority"`
	State     string `json:"state"`
	Note      string `json:"note"`
	Body      string `json:"body"`
}

func amendmentRows(tx *db.Tx, ref FileRef) ([]amendmentRow, error) {
	rows, err := tx.Query(`SELECT n, at, made_on, kind, record, refusal, cite, authority, state, note, body FROM ees_amendment WHERE ref = $1 ORDER BY n`, string(ref))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []amendmentRow
	for rows.Next() {
		var r amendmentRow
		if err := rows.Scan(&r.N, &r.At, &r.MadeOn, &r.Kind, &r.Record, &r.Refusal, &r.Cite, &r.Authority, &r.State, &r.Note, &r.Body); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// insert writes at once: the amendments that a commit adds are numbered after
// those that stand there.
func (r *amendmentRow) insert(tx *db.Tx, ref FileRef) error {
	_, err := tx.Exec(`INSERT INTO ees_amendment (ref, n, at, made_on, kind, record, refusal, cite, authority, state, note, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		string(ref), r.N, r.At, r.MadeOn, r.Kind, optional(r.Record), optional(r.Refusal), r.Cite, r.Authority, r.State, r.Note, r.Body)
	return err
}

func visaRows(tx *db.Tx, ref FileRef) ([][2]string, error) {
	rows, err := tx.Query(`SELECT number, issuer FROM ees_by_visa WHERE ref = $1 ORDER BY number, issuer`, string(ref))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all [][2]string
	for rows.Next() {
		var v [2]string
		if err := rows.Scan(&v[0], &v[1]); err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// moveCases makes the cases about the other file cases about the survivor.
func (m *merging) moveCases() error {
	var err error
	if m.undo.Cases, err = texts(m.tx, `SELECT id FROM ees_by_case WHERE ref = $1 ORDER BY id`, string(m.req.Merged)); err != nil {
		return err
	}
	for _, id := range m.undo.Cases {
		m.tx.Later(`UPDATE ees_by_case SET ref = $1 WHERE id = $2 AND ref = $3`, string(m.req.Survivor), id, string(m.req.Merged))
	}
	return nil
}
