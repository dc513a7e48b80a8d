package cir

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"limen/access"
	"limen/db"
	"limen/interop/bms"
	"limen/person"
)

//go:embed sql/*.sql
var migrations embed.FS

// Schema returns the tables of the repository and their distribution keys.
func Schema() db.Schema {
	files, err := fs.Sub(migrations, "sql")
	if err != nil {
		panic(err)
	}
	return db.Schema{Room: "cir", Files: files, Tables: []db.Table{
		{Name: "cir_dataset", Key: "record_ref", Why: "one record's data lie in one shard, beside the record itself"},
		{Name: "cir_identity", Key: "record_ref", Why: "as cir_dataset"},
		{Name: "cir_document", Key: "record_ref", Why: "as cir_dataset"},
		{Name: "cir_biometric", Key: "record_ref", Why: "as cir_dataset"},
		{Name: "cir_image", Key: "record_ref", Why: "as cir_dataset"},
		{Name: "cir_file", Key: "cir_file", Why: "lookup by the repository's own file number"},
		{Name: "cir_by_document", Key: "number", Why: "lookup by document number"},
		{Name: "cir_by_name", Key: "block", Why: "lookup by birth date, sex and nationality, then by name"},
	}}
}

// System is a source system whose data the repository holds.
type System = bms.System

// EES is the Entry/Exit System (2019/817 art 18(1)(a)).
const EES = bms.EES

// RecordRef is the reference of the actual record in its source system: for
// the EES the individual reference number of the file.
type RecordRef = bms.RecordRef

// FileNumber is the number of the repository's own individual file.
type FileNumber string

// Identity is what a person is called and was born as, according to one
// document (2017/2226 art 16(1)(a), 17(1)(a)).
type Identity struct {
	Name          person.Name
	Birth         person.PartialDate
	Sex           person.Sex
	Nationalities []person.State
}

// Biometric says that a biometric sample exists, and how it came to be. Its
// images, where they were handed over, lie sealed beside it.
type Biometric struct {
	Kind       string // "face", "fingerprints"
	Status     string // as the source system names it
	Source     string // "live", "chip", ""
	CapturedAt time.Time
}

// Dataset is everything of one record in the repository.
type Dataset struct {
	Ref        RecordRef
	System     System
	File       FileNumber
	Identities []Identity
	Documents  []person.Document
	Biometrics []Biometric
}

// NewFileNumber returns a fresh random number for an individual file.
func NewFileNumber() FileNumber { return FileNumber(uuid.NewString()) }

// Create mirrors a new record of a source system (2019/817 art 19(1)). Whether
// its documents stand in another record already is for the caller to look up
// first, in the same transaction.
func Create(p access.Pass, d Dataset) error {
	tx, err := p.Tx()
	if err != nil {
		return err
	}
	// Nothing here reads back what it wrote, so all of it may travel together.
	w := writer{tx: tx, ref: d.Ref, system: d.System, put: func(q string, args ...any) error {
		tx.Later(q, args...)
		return nil
	}}
	if err := w.file(d.File, tx.Now().UnixMicro()); err != nil {
		return err
	}
	for n, id := range d.Identities {
		if err := w.identity(n+1, id); err != nil {
			return err
		}
	}
	for n, doc := range d.Documents {
		if err := w.document(n+1, doc); err != nil {
			return err
		}
	}
	for n, b := range d.Biometrics {
		if err := w.biometric(n+1, b); err != nil {
			return err
		}
	}
	return nil
}

// writer writes the rows of one record. put is tx.Exec, or tx.Later where no
// later statement of the transaction needs to see the row.
type writer struct {
	tx     *db.Tx
	ref    RecordRef
	system System
	at     int64 // when the rows were made, microseconds UTC; 0 for now
	put    func(query string, args ...any) error
}

func (w writer) made() int64 {
	if w.at != 0 {
		return w.at
	}
	return w.tx.Now().UnixMicro()
}

func adder(tx *db.Tx, ref RecordRef, system System) writer {
	return writer{tx: tx, ref: ref, system: system, put: func(q string, args ...any) error {
		_, err := tx.Exec(q, args...)
		return err
	}}
}

// AddDocument mirrors a further travel document of a known record (2017/2226
// art 14(2): several documents in one file). Adding one that the record already
// has changes nothing.
func AddDocument(p access.Pass, ref RecordRef, system System, doc person.Document) error {
	tx, err := p.Tx()
	if err != nil {
		return err
	}
	has, err := documents(tx, system, ref)
	if err != nil {
		return err
	}
	if slices.Contains(has, doc) {
		return nil
	}
	n, err := next(tx, "cir_document", ref, system)
	if err != nil {
		return err
	}
	return adder(tx, ref, system).document(n, doc)
}

// AddIdentity mirrors a further legitimate identity of a known record.
func AddIdentity(p access.Pass, ref RecordRef, system System, id Identity) error {
	tx, err := p.Tx()
	if err != nil {
		return err
	}
	n, err := next(tx, "cir_identity", ref, system)
	if err != nil {
		return err
	}
	return adder(tx, ref, system).identity(n, id)
}

// AddBiometric mirrors that a further sample was taken, and returns its number in
// the record.
func AddBiometric(p access.Pass, ref RecordRef, system System, b Biometric) (n int, err error) {
	tx, err := p.Tx()
	if err != nil {
		return 0, err
	}
	if n, err = next(tx, "cir_biometric", ref, system); err != nil {
		return 0, err
	}
	return n, adder(tx, ref, system).biometric(n, b)
}

func next(tx *db.Tx, table string, ref RecordRef, system System) (int, error) {
	var last int
	err := tx.Row(`SELECT COALESCE(MAX(n), 0) FROM `+table+` WHERE record_ref = $1 AND system = $2`,
		string(ref), string(system)).Scan(&last)
	return last + 1, err
}

func (w writer) identity(n int, id Identity) error {
	if err := w.put(`INSERT INTO cir_identity (record_ref, system, n, surname, first_names, birth, sex, nationalities, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		string(w.ref), string(w.system), n, id.Name.Surname, id.Name.FirstNames, id.Birth.String(), string(id.Sex),
		joinStates(id.Nationalities), w.made()); err != nil {
		return err
	}
	normal := id.Name.Normal()
	keys := person.NameKeys(normal)
	for _, block := range blocks(id) {
		for _, key := range keys {
			if err := w.put(`INSERT INTO cir_by_name (block, name_key, record_ref, system, n, normal)
				VALUES ($1, $2, $3, $4, $5, $6)`, block, key, string(w.ref), string(w.system), n, normal); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w writer) document(n int, doc person.Document) error {
	if err := w.put(`INSERT INTO cir_document (record_ref, system, n, type, number, issuer, expiry, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		string(w.ref), string(w.system), n, string(doc.Type), string(doc.Number), string(doc.Issuer), doc.Expiry.String(),
		w.made()); err != nil {
		return err
	}
	return w.put(`INSERT INTO cir_by_document (number, issuer, type, expiry, system, record_ref)
		VALUES ($1, $2, $3, $4, $5, $6)`,
		string(doc.Number), string(doc.Issuer), string(doc.Type), doc.Expiry.String(), string(w.system), string(w.ref))
}

func (w writer) biometric(n int, b Biometric) error {
	return w.put(`INSERT INTO cir_biometric (record_ref, system, n, kind, status, source, captured_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		string(w.ref), string(w.system), n, b.Kind, b.Status, b.Source, b.CapturedAt.UnixMicro())
}

// blocks returns what must be equal in a lookup by identity, once for each
// nationality: a person with two passports is found by either.
func blocks(id Identity) []string {
	bs := make([]string, 0, len(id.Nationalities))
	for _, n := range id.Nationalities {
		bs = append(bs, block(id.Birth, id.Sex, n))
	}
	return bs
}

func block(birth person.PartialDate, sex person.Sex, nationality person.State) string {
	return birth.String() + "|" + string(sex) + "|" + string(nationality)
}

func joinStates(states []person.State) string {
	var b strings.Builder
	for i, s := range states {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(s))
	}
	return b.String()
}

func splitStates(s string) []person.State {
	var states []person.State
	for _, w := range strings.Fields(s) {
		states = append(states, person.State(w))
	}
	return states
}
