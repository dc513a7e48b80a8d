package ees

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"limen/db"
	"limen/law"
	"limen/person"
)

//go:embed sql/*.sql
var migrations embed.FS

// Schema returns the tables of the Entry/Exit System and their distribution keys.
func Schema() db.Schema {
	files, err := fs.Sub(migrations, "sql")
	if err != nil {
		panic(err)
	}
	const oneShard = "a crossing of a known traveller touches one file's rows in one shard"
	return db.Schema{Room: "ees", Files: files, Tables: []db.Table{
		{Name: "ees_file", Key: "ref", Why: oneShard},
		{Name: "ees_record", Key: "ref", Why: oneShard},
		{Name: "ees_refusal", Key: "ref", Why: oneShard},
		{Name: "ees_check", Key: "home", Why: "home is the file found, or the reference reserved for the new file"},
		{Name: "ees_outcome", Key: "home", Why: "as ees_check"},
		{Name: "ees_first", Key: "number", Why: "where two booths that register one document meet"},
	}}
}

// FileRef is the individual reference number of a file (2017/2226 art 16(2)).
type FileRef string

// Origin says how a record came into the system (arts 20, 21(3), 22(2)).
type Origin string

// The origins of a record.
const (
	Online      Origin = "ONLINE"
	NUIBuffer   Origin = "NUI_BUFFER"
	LocalBuffer Origin = "LOCAL_BUFFER"
	Manual      Origin = "MANUAL"
	Rebuttal    Origin = "REBUTTAL"
	Stamp       Origin = "STAMP"
)

// OverstayClass is the class of an entry in the list of overstayers (art 12,
// 2018/1548).
type OverstayClass string

// The classes of the list.
const (
	NoExit   OverstayClass = "NO_EXIT"  // the stay has expired and no exit is recorded
	Exceeded OverstayClass = "EXCEEDED" // the person left, but too late
)

// FaceState is the state of a file's facial image (arts 15, 16(1)(d)).
type FaceState string

// The states of a facial image.
const (
	FacePresent FaceState = "PRESENT"
	FaceMissing FaceState = "MISSING" // to be taken at the next crossing
)

// FingersState is the state of a file's fingerprints (art 17(1)(c), (3)-(5)).
type FingersState string

// The states of fingerprints, as section 3 of the specification names them.
const (
	FingersPresent         FingersState = "PRESENT"
	FingersMissing         FingersState = "MISSING"                  // to be taken at the next crossing
	FingersNotForVisa      FingersState = "IN_VIS"                   // of a visa-required traveller: never here (EES-001)
	FingersUnderTwelve     FingersState = "NOT_APPLICABLE_AGE"       // art 17(3)
	FingersNever           FingersState = "NOT_APPLICABLE_PERMANENT" // art 17(5)
	FingersTemporarilyNone FingersState = "TEMPORARILY_IMPOSSIBLE"   // art 17(4)
)

// file is a row of ees_file.
type file struct {
	Ref          FileRef
	CIRFile      string
	VisaRequired bool
	FamilyMember bool
	Face         FaceState
	Fingers      FingersState
	CreatedAt    time.Time
	CreatedBy    string
	Incomplete   bool
	LastEventOn  law.Date
	Version      int64
}

// event is one end of a stay: the entry or the exit.
type event struct {
	At        time.Time
	On        law.Date // civil day at the crossing point
	BCP       string   // code of the crossing point
	Authority string
}

// record is a row of ees_record: one stay.
type record struct {
	Ref          FileRef
	N            int
	Entry        event
	Exit         event // zero At: no exit recorded
	FamilyMember bool
	Visa         *VisaOnRecord // used on entry
	ExitVisa     *VisaOnRecord // shown at exit, when it was another (EES-011)
	StayEnd      law.Date      // last day of the authorised stay; zero: none is computed
	Overstay     OverstayClass
	OverstayFrom law.Date // first day of overstay
	Origin       Origin
	Incomplete   bool
	EndedOn      law.Date // day of the next entry, when no exit was recorded before it
	Despite      string   // why the traveller was admitted against the check's proposal
	Against      string   // the letters that the check proposed
	Version      int64
}

// VisaOnRecord is what a record keeps of the visa used (art 16(2)(d)-(g)).
type VisaOnRecord struct {
	Sticker   person.DocumentNumber `json:"number"`
	Issuer    person.State          `json:"issuer"`
	Type      person.VisaType       `json:"type"`
	ValidFrom law.Date              `json:"valid_from"`
	ValidTo   law.Date              `json:"valid_until"`
	Days      int                   `json:"days"`    // as on the sticker; first entry on that visa only (EES-009)
	Entries   int                   `json:"entries"` // 1, 2, or 0 for multiple; first entry on that visa only
	StayEnd   law.Date              `json:"stay_end"`
	LTVStates []person.State        `json:"ltv_states,omitempty"`
}

func (r *record) open() bool { return r.Exit.At.IsZero() && r.EndedOn == 0 }

const fileColumns = `ref, cir_file, visa_required, family_member, face, fingers, created_at, created_by, incomplete, last_event_on, version`

const recordColumns = `ref, n, entry_at, entry_on, entry_bcp, entry_authority, exit_at, exit_on, exit_bcp, exit_authority, ` +
	`family_member, visa, exit_visa, stay_end, overstay_class, overstay_from, origin, incomplete, ended_on, despite, against, version`

// fileAndRecords reads a file with its stays, the oldest first, in one question:
// on a server each question is a journey. The record's side is NULL where there
// is no stay.
var fileAndRecords = `SELECT ` + of("f", fileColumns) + `, ` + of("r", recordColumns) + `
	FROM ees_file f LEFT JOIN ees_record r ON r.ref = f.ref WHERE f.ref = $1 ORDER BY r.n`

// of puts the table's name before each column of a list.
func of(table, columns string) string {
	return table + "." + strings.ReplaceAll(columns, ", ", ", "+table+".")
}

// readFile returns a file and its stays; db.ErrNoRows when there is no such file.
func readFile(tx *db.Tx, ref FileRef) (f file, records []record, err error) {
	rows, err := tx.Query(fileAndRecords, string(ref))
	if err != nil {
		return file{}, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r, face, fingers string
		var created int64
		var c recordColumnsRead
		if err := rows.Scan(append([]any{&r, &f.CIRFile, &f.VisaRequired, &f.FamilyMember, &face, &fingers, &created, &f.CreatedBy, &f.Incomplete,
			&f.LastEventOn, &f.Version}, c.fields()...)...); err != nil {
			return file{}, nil, err
		}
		f.Ref, f.Face, f.Fingers, f.CreatedAt = FileRef(r), FaceState(face), FingersState(fingers), time.UnixMicro(created).UTC()
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
	return f, records, nil
}

// recordColumnsRead is a row of ees_record as it is scanned, all of it NULL on
// the empty side of a join.
type recordColumnsRead struct {
	ref                                              *string
	n, version                                       *int64
	entryAt, exitAt                                  *int64
	family, incomplete                               *bool
	entryOn, exitOn, stayEnd, overstayFrom, endedOn  law.Date
	entryBCP, entryAuthority, exitBCP, exitAuthority *string
	visa, exitVisa, class, origin, despite, against  *string
}

// fields are where recordColumns are scanned to.
func (c *recordColumnsRead) fields() []any {
	return []any{&c.ref, &c.n, &c.entryAt, &c.entryOn, &c.entryBCP, &c.entryAuthority, &c.exitAt, &c.exitOn, &c.exitBCP, &c.exitAuthority,
		&c.family, &c.visa, &c.exitVisa, &c.stayEnd, &c.class, &c.overstayFrom, &c.origin, &c.incomplete, &c.endedOn, &c.despite, &c.against, &c.version}
}

func (c *recordColumnsRead) record() (record, error) {
	r := record{Ref: FileRef(*c.ref), N: int(*c.n), FamilyMember: *c.family, StayEnd: c.stayEnd, Overstay: OverstayClass(text(c.class)), OverstayFrom: c.overstayFrom,
		Origin: Origin(text(c.origin)), Incomplete: *c.incomplete, EndedOn: c.endedOn, Despite: text(c.despite), Against: text(c.against), Version: *c.version,
		Entry: event{instant(c.entryAt), c.entryOn, text(c.entryBCP), text(c.entryAuthority)},
		Exit:  event{instant(c.exitAt), c.exitOn, text(c.exitBCP), text(c.exitAuthority)}}
	var err error
	if r.Visa, err = visaFrom(c.visa); err == nil {
		r.ExitVisa, err = visaFrom(c.exitVisa)
	}
	if err != nil {
		return record{}, fmt.Errorf("ees: visa of record %s.%d: %w", r.Ref, r.N, err)
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

func insertFile(tx *db.Tx, f file) {
	tx.Later(`INSERT INTO ees_file (`+fileColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		string(f.Ref), f.CIRFile, f.VisaRequired, f.FamilyMember, string(f.Face), string(f.Fingers), f.CreatedAt.UnixMicro(), f.CreatedBy,
		f.Incomplete, f.LastEventOn, f.Version)
}

// touchFile moves the file to its next version. It comes before everything else
// that a decision writes: whoever decides on the file at the same time waits for
// this row, and then finds that the file has moved on (false).
func touchFile(tx *db.Tx, f file) (bool, error) {
	n, err := tx.Exec(`UPDATE ees_file SET face = $1, fingers = $2, last_event_on = $3, version = $4 WHERE ref = $5 AND version = $6`,
		string(f.Face), string(f.Fingers), f.LastEventOn, f.Version+1, string(f.Ref), f.Version)
	return n == 1, err
}

func insertRecord(tx *db.Tx, r record) error {
	visa, err := visaColumn(r.Visa)
	if err != nil {
		return err
	}
	tx.Later(`INSERT INTO ees_record (`+recordColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
		string(r.Ref), r.N, column(r.Entry.At), r.Entry.On, nullable(r.Entry.BCP), nullable(r.Entry.Authority),
		column(r.Exit.At), r.Exit.On, nullable(r.Exit.BCP), nullable(r.Exit.Authority),
		r.FamilyMember, visa, nil, r.StayEnd, nullable(string(r.Overstay)), r.OverstayFrom, string(r.Origin), r.Incomplete, r.EndedOn,
		nullable(r.Despite), nullable(r.Against), 1)
	return nil
}

func updateRecord(tx *db.Tx, r record) error {
	exitVisa, err := visaColumn(r.ExitVisa)
	if err != nil {
		return err
	}
	tx.Later(`UPDATE ees_record SET exit_at = $1, exit_on = $2, exit_bcp = $3, exit_authority = $4, exit_visa = $5, stay_end = $6,
			overstay_class = $7, overstay_from = $8, ended_on = $9, version = $10
		WHERE ref = $11 AND n = $12`,
		column(r.Exit.At), r.Exit.On, nullable(r.Exit.BCP), nullable(r.Exit.Authority), exitVisa, r.StayEnd,
		nullable(string(r.Overstay)), r.OverstayFrom, r.EndedOn, r.Version+1, string(r.Ref), r.N)
	return nil
}

func visaColumn(v *VisaOnRecord) (any, error) {
	if v == nil {
		return nil, nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

func instant(micros *int64) time.Time {
	if micros == nil {
		return time.Time{}
	}
	return time.UnixMicro(*micros).UTC()
}

func column(t time.Time) any {
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
