package bms

import (
	"embed"
	"io/fs"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/google/uuid"

	"limen/access"
	"limen/db"
	"limen/interop/bms/finger"
)

//go:embed sql/*.sql
var migrations embed.FS

// Schema returns the tables of the service and their distribution keys.
func Schema() db.Schema {
	files, err := fs.Sub(migrations, "sql")
	if err != nil {
		panic(err)
	}
	return db.Schema{Room: "bms", Files: files, Tables: []db.Table{
		{Name: "bms_template", Key: "record_ref", Why: "one record's templates lie in one shard, beside the record itself"},
		{Name: "bms_outcome", Key: "month", Why: "the report counts a month; the rows name no record"},
	}}
}

// Modality is a kind of biometric that the service compares.
type Modality string

// The modalities (2019/817 art 13(1)).
const (
	Finger Modality = "finger"
	Face   Modality = "face"
)

// The forms of templates, with their versions.
const (
	MinutiaeRecord = "iso-19794-2:2005" // one finger view
	FaceVector     = "limen-face-1"
)

// Unmeasured is the value of a quality that nobody measured.
const Unmeasured = -1

// Template is what the service keeps of one finger or face.
type Template struct {
	Modality  Modality
	Position  finger.Position // UnknownFinger for a face
	Algorithm string          // MinutiaeRecord or FaceVector
	Quality   int             // by the measure of the extractor, 0 to 100; or Unmeasured
	NFIQ2     int             // NFIQ 2 (ISO/IEC 29794-4) as the capture told it, 0 to 100; or Unmeasured
	// Synthetic marks what no person stands behind. Results over such templates
	// are labelled and never shown beside a limit of the law.
	Synthetic bool
	Bytes     []byte
}

// change is what galleries are told of a sample: what templates it has now.
type change struct {
	system    System
	key       sampleKey
	order     int64 // grows from a transaction to one that saw what it did
	templates []Template
	sealed    []kept // as they are in the store
}

// topic is where galleries of this process hear of changes.
const topic = "bms"

// changes counts what this process told, so that of two changes of a sample the
// later is known: who builds on a change has read it, so it was counted before.
var changes atomic.Int64

func tell(tx *db.Tx, told ...change) {
	for _, c := range told {
		c.order = changes.Add(1)
		tx.Notify(topic, c)
	}
}

// Enrol keeps the templates of a sample of a record (2019/817 art 13(1), (2)). n is
// the sample's number in the identity repository. That each has passed the quality
// check of art 13(3) is the caller's to see to: Service.Read says it.
func Enrol(p access.Pass, seal *Seal, system System, ref RecordRef, n int, templates []Template) error {
	tx, err := p.Tx()
	if err != nil || len(templates) == 0 {
		return err
	}
	for _, t := range templates {
		id := uuid.NewString()
		sealed, err := seal.Close(id, t.Bytes)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO bms_template (record_ref, system, n, position, modality, algorithm, quality, nfiq2, synthetic, template_id, sealed, enrolled_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, string(ref), string(system), n, int(t.Position), string(t.Modality),
			t.Algorithm, t.Quality, t.NFIQ2, t.Synthetic, id, sealed, tx.Now().UnixMicro()); err != nil {
			return err
		}
	}
	tell(tx, change{system: system, key: sampleKey{ref, n}, templates: templates})
	return nil
}

// Move brings the templates of a sample to another record of the system, or to
// another number, when the systems' records are merged or parted. The rows are
// written anew, because the reference is the key by which they are distributed;
// what they are sealed with stays.
func Move(p access.Pass, system System, from RecordRef, n int, to RecordRef, m int) error {
	tx, err := p.Tx()
	if err != nil {
		return err
	}
	const which = `record_ref = $1 AND system = $2 AND n = $3`
	rows, err := read(tx, nil, which, string(from), string(system), n)
	if err != nil || len(rows) == 0 {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO bms_template (record_ref, system, n, position, modality, algorithm, quality, nfiq2, synthetic, template_id, sealed, enrolled_at)
		SELECT $1, system, $2, position, modality, algorithm, quality, nfiq2, synthetic, template_id, sealed, enrolled_at
		FROM bms_template WHERE record_ref = $3 AND system = $4 AND n = $5`, string(to), m, string(from), string(system), n); err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM bms_template WHERE `+which, string(from), string(system), n); err != nil {
		return err
	}
	tell(tx, change{system: system, key: sampleKey{from, n}}, change{system: system, key: sampleKey{to, m}, sealed: rows})
	return nil
}

// listWidth is how many records one statement names.
const listWidth = 64

// Erase takes away the templates of records when what they were made of is erased
// (2019/817 art 15); of one modality, or of all with "". It returns how many went.
func Erase(p access.Pass, system System, modality Modality, refs ...RecordRef) (int64, error) {
	tx, err := p.Tx()
	if err != nil {
		return 0, err
	}
	total := int64(0)
	for len(refs) > 0 {
		part := refs[:min(listWidth, len(refs))]
		refs = refs[len(part):]
		condition, args := named(system, modality, part)
		gone, err := samplesOf(tx, condition, args)
		if err != nil || len(gone) == 0 {
			if err != nil {
				return total, err
			}
			continue
		}
		n, err := tx.Exec(`DELETE FROM bms_template WHERE `+condition, args...)
		if err != nil {
			return total, err
		}
		total += n
		for _, key := range gone {
			tell(tx, change{system: system, key: key})
		}
	}
	return total, nil
}

// named is the condition of a statement about some records. The list has one of two
// lengths, so that there are few statements to prepare.
func named(system System, modality Modality, refs []RecordRef) (condition string, args []any) {
	args = []any{string(system), string(modality)}
	width := 1
	if len(refs) > 1 {
		width = listWidth
	}
	var marks strings.Builder
	for i := range width {
		if i > 0 {
			marks.WriteString(", ")
		}
		marks.WriteString("$" + strconv.Itoa(i+3))
		args = append(args, string(refs[min(i, len(refs)-1)]))
	}
	return `system = $1 AND ($2 = '' OR modality = $2) AND record_ref IN (` + marks.String() + `)`, args
}

func samplesOf(tx *db.Tx, condition string, args []any) (keys []sampleKey, err error) {
	rows, err := tx.Query(`SELECT DISTINCT record_ref, n FROM bms_template WHERE `+condition, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var ref string
		var n int
		if err := rows.Scan(&ref, &n); err != nil {
			return nil, err
		}
		keys = append(keys, sampleKey{RecordRef(ref), n})
	}
	return keys, rows.Err()
}

// kept is a template as it stands in the store.
type kept struct {
	Template
	ref RecordRef
	n   int
	id  string
}

// read reads and opens the templates that a condition names, the newest samples
// first. Without a seal it leaves them sealed.
func read(tx *db.Tx, seal *Seal, condition string, args ...any) ([]kept, error) {
	rows, err := tx.Query(`SELECT record_ref, n, position, modality, algorithm, quality, nfiq2, synthetic, template_id, sealed
		FROM bms_template WHERE `+condition+` ORDER BY record_ref, n DESC, position`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []kept
	for rows.Next() {
		var k kept
		var ref, modality string
		var position int
		if err := rows.Scan(&ref, &k.n, &position, &modality, &k.Algorithm, &k.Quality, &k.NFIQ2, &k.Synthetic, &k.id, &k.Bytes); err != nil {
			return nil, err
		}
		k.ref, k.Modality, k.Position = RecordRef(ref), Modality(modality), finger.Position(position)
		if seal != nil {
			if k.Bytes, err = seal.Open(k.id, k.Bytes); err != nil {
				return nil, err
			}
		}
		all = append(all, k)
	}
	return all, rows.Err()
}
