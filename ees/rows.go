package ees

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"limen/db"
	"limen/law"
	"limen/person"
)

const fileColumns = `ref, cir_file, visa_required, family_member, face, fingers, created_at, created_by, responsible, incomplete, fallback, ` +
	`without_biometrics, programmes, permits, restricted, last_event_on, refused_first, refused_last, due_on, erase_by, version`

const recordColumns = `ref, n, entry_at, entry_on, entry_bcp, entry_authority, exit_at, exit_on, exit_bcp, exit_authority, ` +
	`family_member, visa, exit_visa, stay_end, ends_at, overstay_class, overstay_from, origin, incomplete, ended_on, despite, against, responsible, ` +
	`start_of_stay, transit, partial, etias, changes, stamps, proof, excused, noticed_on, exit_origin, came_from, transit_document, version`

// fileAndRecords reads a file with its stays in one question: on a server each
// question is a journey. The record's side is NULL where there is no stay.
var fileAndRecords = `SELECT ` + of("f", fileColumns) + `, ` + of("r", recordColumns) + `
	FROM ees_file f LEFT JOIN ees_record r ON r.ref = f.ref WHERE f.ref = $1 ORDER BY r.n`

// of puts the table's name before each column of a list.
func of(table, columns string) string {
	return table + "." + strings.ReplaceAll(columns, ", ", ", "+table+".")
}

// marks are the placeholders of so many columns.
func marks(columns string) string {
	var b strings.Builder
	for i := range strings.Count(columns, ",") + 1 {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1))
	}
	return b.String()
}

var (
	insertFileRow   = `INSERT INTO ees_file (` + fileColumns + `) VALUES (` + marks(fileColumns) + `)`
	insertRecordRow = `INSERT INTO ees_record (` + recordColumns + `) VALUES (` + marks(recordColumns) + `)`
)

// readFile returns a file and its stays, the earliest first; db.ErrNoRows when
// there is no such file.
func readFile(tx *db.Tx, ref FileRef) (f file, records []record, err error) {
	rows, err := tx.Query(fileAndRecords, string(ref))
	if err != nil {
		return file{}, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var fc fileColumnsRead
		var c recordColumnsRead
		if err := rows.Scan(append(fc.fields(), c.fields()...)...); err != nil {
			return file{}, nil, err
		}
		if f.Ref == "" {
			if f, err = fc.file(); err != nil {
				return file{}, nil, err
			}
		}
		if c.ref == nil {
			continue
		}
		stay, err := c.record()
		if err != nil {
			return file{}, nil, err
		}
		records = append(records, stay)
	}
	if err := rows.Err(); err != nil {
		return file{}, nil, err
	}
	if f.Ref == "" {
		return file{}, nil, db.ErrNoRows
	}
	inTime(records)
	return f, records, nil
}

// scanKnown reads files with their stays, from a question ordered by file. They
// have no data of the repository.
func scanKnown(rows *db.Rows) ([]*known, error) {
	defer rows.Close()
	var all []*known
	for rows.Next() {
		var fc fileColumnsRead
		var c recordColumnsRead
		if err := rows.Scan(append(fc.fields(), c.fields()...)...); err != nil {
			return nil, err
		}
		if len(all) == 0 || string(all[len(all)-1].file.Ref) != fc.ref {
			f, err := fc.file()
			if err != nil {
				return nil, err
			}
			all = append(all, &known{file: f})
		}
		if c.ref == nil {
			continue
		}
		stay, err := c.record()
		if err != nil {
			return nil, err
		}
		k := all[len(all)-1]
		k.records = append(k.records, stay)
	}
	for _, k := range all {
		inTime(k.records)
		k.before = slices.Clone(k.records)
	}
	return all, rows.Err()
}

// inTime orders records by when they began. Numbers say in which order they
// were made, which is another one after a buffer, a proof or a merge.
func inTime(records []record) {
	slices.SortStableFunc(records, func(a, b record) int { return a.began().Compare(b.began()) })
}

// fileColumnsRead is a row of ees_file as it is scanned.
type fileColumnsRead struct {
	f                               file
	ref, face, fingers, responsible string
	created                         int64
	programmes, permits, restricted *string
}

func (c *fileColumnsRead) fields() []any {
	f := &c.f
	return []any{&c.ref, &f.CIRFile, &f.VisaRequired, &f.FamilyMember, &c.face, &c.fingers, &c.created, &f.CreatedBy, &c.responsible, &f.Incomplete,
		&f.Fallback, &f.WithoutBiometrics, &c.programmes, &c.permits, &c.restricted, &f.LastEventOn, &f.RefusedFirst, &f.RefusedLast, &f.DueOn, &f.EraseBy, &f.Version}
}

func (c *fileColumnsRead) file() (file, error) {
	f := c.f
	f.Ref, f.Face, f.Fingers, f.Responsible = FileRef(c.ref), FaceState(c.face), FingersState(c.fingers), person.State(c.responsible)
	f.CreatedAt = time.UnixMicro(c.created).UTC()
	err := unmarshal(c.programmes, &f.Programmes)
	if err == nil {
		err = unmarshal(c.permits, &f.Permits)
	}
	if err == nil {
		err = unmarshal(c.restricted, &f.Restricted)
	}
	if err != nil {
		return file{}, fmt.Errorf("ees: file %s: %w", f.Ref, err)
	}
	return f, nil
}

// recordColumnsRead is a row of ees_record as it is scanned, all of it NULL on
// the empty side of a join.
type recordColumnsRead struct {
	ref                                                 *string
	n, version                                          *int64
	entryAt, exitAt, endsAt                             *int64
	family, incomplete, startOfStay, transit, partial   *bool
	entryOn, exitOn, stayEnd, overstayFrom, endedOn     law.Date
	noticedOn                                           law.Date
	entryBCP, entryAuthority, exitBCP, exitAuthority    *string
	visa, exitVisa, class, origin, despite, against     *string
	responsible, etias, changes, stamps, proof, excused *string
	exitOrigin, cameFrom, transitDocument               *string
}

// fields are where recordColumns are scanned to.
func (c *recordColumnsRead) fields() []any {
	return []any{&c.ref, &c.n, &c.entryAt, &c.entryOn, &c.entryBCP, &c.entryAuthority, &c.exitAt, &c.exitOn, &c.exitBCP, &c.exitAuthority,
		&c.family, &c.visa, &c.exitVisa, &c.stayEnd, &c.endsAt, &c.class, &c.overstayFrom, &c.origin, &c.incomplete, &c.endedOn, &c.despite, &c.against, &c.responsible,
		&c.startOfStay, &c.transit, &c.partial, &c.etias, &c.changes, &c.stamps, &c.proof, &c.excused, &c.noticedOn, &c.exitOrigin, &c.cameFrom, &c.transitDocument, &c.version}
}

func (c *recordColumnsRead) record() (record, error) {
	r := record{Ref: FileRef(*c.ref), N: int(*c.n), FamilyMember: *c.family, StayEnd: c.stayEnd, EndsAt: instant(c.endsAt),
		Overstay: OverstayClass(text(c.class)), OverstayFrom: c.overstayFrom, Origin: Origin(text(c.origin)), Incomplete: *c.incomplete,
		EndedOn: c.endedOn, Despite: text(c.despite), Against: text(c.against), Responsible: person.State(text(c.responsible)),
		StartOfStay: *c.startOfStay, Transit: *c.transit, Partial: *c.partial, NoticedOn: c.noticedOn, ExitOrigin: Origin(text(c.exitOrigin)), CameFrom: text(c.cameFrom), Version: *c.version,
		Entry: event{instant(c.entryAt), c.entryOn, text(c.entryBCP), text(c.entryAuthority)},
		Exit:  event{instant(c.exitAt), c.exitOn, text(c.exitBCP), text(c.exitAuthority)}}
	for _, column := range []struct {
		text *string
		into any
	}{{c.visa, &r.Visa}, {c.exitVisa, &r.ExitVisa}, {c.etias, &r.Etias}, {c.changes, &r.Changes}, {c.stamps, &r.Stamps}, {c.proof, &r.Proof}, {c.excused, &r.Excused}, {c.transitDocument, &r.TransitDocument}} {
		if err := unmarshal(column.text, column.into); err != nil {
			return record{}, fmt.Errorf("ees: record %s.%d: %w", r.Ref, r.N, err)
		}
	}
	return r, nil
}

func scanRecords(rows *db.Rows) ([]record, error) {
	defer rows.Close()
	var records []record
	for rows.Next() {
		var c recordColumnsRead
		if err := rows.Scan(c.fields()...); err != nil {
			return nil, err
		}
		r, err := c.record()
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, rows.Err()
}

func insertFile(tx *db.Tx, f file) error {
	programmes, permits, restricted, err := f.texts()
	if err != nil {
		return err
	}
	tx.Later(insertFileRow, string(f.Ref), f.CIRFile, f.VisaRequired, f.FamilyMember, string(f.Face), string(f.Fingers), f.CreatedAt.UnixMicro(), f.CreatedBy,
		string(f.Responsible), f.Incomplete, f.Fallback, f.WithoutBiometrics, programmes, permits, restricted, f.LastEventOn, f.RefusedFirst, f.RefusedLast, f.DueOn, f.EraseBy, f.Version)
	changed(tx, f.Ref, f.Version)
	return nil
}

func (f *file) texts() (programmes, permits, restricted any, err error) {
	if programmes, err = column(f.Programmes, len(f.Programmes) > 0); err == nil {
		if permits, err = column(f.Permits, len(f.Permits) > 0); err == nil {
			restricted, err = column(f.Restricted, f.Restricted != nil)
		}
	}
	return programmes, permits, restricted, err
}

// touchFile moves the file to its next version. It comes before everything else
// that a decision writes: whoever decides on the file at the same time waits for
// this row, and then finds that the file has moved on (false).
func touchFile(tx *db.Tx, f file) (bool, error) {
	programmes, permits, restricted, err := f.texts()
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(`UPDATE ees_file SET face = $1, fingers = $2, last_event_on = $3, version = $4, visa_required = $5, family_member = $6,
			programmes = $7, permits = $8, restricted = $9, refused_first = $10, refused_last = $11, due_on = $12, fallback = $13, without_biometrics = $14, erase_by = $15
		WHERE ref = $16 AND version = $17`,
		string(f.Face), string(f.Fingers), f.LastEventOn, f.Version+1, f.VisaRequired, f.FamilyMember, programmes, permits, restricted,
		f.RefusedFirst, f.RefusedLast, f.DueOn, f.Fallback, f.WithoutBiometrics, f.EraseBy, string(f.Ref), f.Version)
	if n == 1 {
		changed(tx, f.Ref, f.Version+1)
	}
	return n == 1, err
}

// changed tells the copy of the carriers that a file has moved on (art 13(5)).
// Each version has a row of its own: a copy that takes away what it has read
// cannot take away what came meanwhile.
func changed(tx *db.Tx, ref FileRef, version int64) {
	tx.Later(`INSERT INTO ees_outbox (ref, version) VALUES ($1, $2) ON CONFLICT (ref, version) DO NOTHING`, string(ref), version)
}

// values are a record's columns in the order of recordColumns.
func (r *record) values() ([]any, error) {
	texts := make([]any, 8)
	for i, c := range []struct {
		v     any
		given bool
	}{{r.Visa, r.Visa != nil}, {r.ExitVisa, r.ExitVisa != nil}, {r.Etias, r.Etias != nil}, {r.Changes, len(r.Changes) > 0},
		{r.Stamps, len(r.Stamps) > 0}, {r.Proof, r.Proof != nil}, {r.Excused, r.Excused != nil},
		{r.TransitDocument, r.TransitDocument != nil}} {
		var err error
		if texts[i], err = column(c.v, c.given); err != nil {
			return nil, err
		}
	}
	return []any{string(r.Ref), r.N, micros(r.Entry.At), r.Entry.On, nullable(r.Entry.BCP), nullable(r.Entry.Authority),
		micros(r.Exit.At), r.Exit.On, nullable(r.Exit.BCP), nullable(r.Exit.Authority),
		r.FamilyMember, texts[0], texts[1], r.StayEnd, micros(r.EndsAt), nullable(string(r.Overstay)), r.OverstayFrom, string(r.Origin), r.Incomplete, r.EndedOn,
		nullable(r.Despite), nullable(r.Against), string(r.Responsible), r.StartOfStay, r.Transit, r.Partial, texts[2], texts[3], texts[4], texts[5], texts[6],
		r.NoticedOn, nullable(string(r.ExitOrigin)), nullable(r.CameFrom), texts[7], r.Version}, nil
}

func insertRecord(tx *db.Tx, r record) error {
	r.Version = max(r.Version, 1)
	values, err := r.values()
	if err != nil {
		return err
	}
	tx.Later(insertRecordRow, values...)
	for _, v := range []*VisaOnRecord{r.Visa, r.ExitVisa} {
		findByVisa(tx, r.Ref, v)
	}
	return nil
}

// updateRow is the update of every column that may change, by key.
var updateRow = `UPDATE ees_record SET ` + settings(recordColumns, 2) + ` WHERE ref = $1 AND n = $2`

// settings are the assignments of an update, from the columns after the key.
func settings(columns string, key int) string {
	var set strings.Builder
	for i, c := range strings.Split(columns, ", ") {
		if i < key {
			continue
		}
		if i > key {
			set.WriteString(", ")
		}
		set.WriteString(c + " = $" + strconv.Itoa(i+1))
	}
	return set.String()
}

// updateRecord writes the record's next version.
func updateRecord(tx *db.Tx, r record) error {
	r.Version++
	values, err := r.values()
	if err != nil {
		return err
	}
	tx.Later(updateRow, values...)
	findByVisa(tx, r.Ref, r.ExitVisa)
	return nil
}

// findByVisa lets a file be found by the sticker of a visa used in it.
func findByVisa(tx *db.Tx, ref FileRef, v *VisaOnRecord) {
	if v != nil {
		tx.Later(`INSERT INTO ees_by_visa (number, issuer, ref) VALUES ($1, $2, $3) ON CONFLICT (number, issuer, ref) DO NOTHING`,
			string(v.Sticker), string(v.Issuer), string(ref))
	}
}

// column is a value as JSON text, or NULL when it is not given.
func column(v any, given bool) (any, error) {
	if !given {
		return nil, nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

func unmarshal(text *string, into any) error {
	if text == nil {
		return nil
	}
	return json.Unmarshal([]byte(*text), into)
}

func visaColumn(v *VisaOnRecord) (any, error) { return column(v, v != nil) }

func instant(micros *int64) time.Time {
	if micros == nil {
		return time.Time{}
	}
	return time.UnixMicro(*micros).UTC()
}

func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}
