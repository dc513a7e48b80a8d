package ees

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/interop/cir"
	"limen/law"
	"limen/person"
)

// The operations of the extraction for the copy that carriers and travellers ask
// (art 13(5)).
const (
	OpExtract      access.Op = "ees.extract_for_carriers"
	OpForgetSent   access.Op = "ees.forget_extracted"
	OpExtractAgain access.Op = "ees.extract_all_again"
)

func carrierOperations() []access.Operation {
	return []access.Operation{
		{Op: OpExtract, System: "ees", Title: "extract changed files for the carriers' copy", Cite: "2017/2226 art 13(5)"},
		{Op: OpForgetSent, System: "ees", Title: "take note that the carriers' copy has an extract", Cite: "2017/2226 art 13(5)", Writes: true, Erases: true},
		{Op: OpExtractAgain, System: "ees", Title: "have every file extracted again", Cite: "2017/2226 art 13(5)", Writes: true},
	}
}

func carrierGrants() []access.Grant {
	return []access.Grant{
		{Kind: access.Duty, Purpose: access.CarrierCopy, Op: OpExtract, Cite: "2017/2226 art 13(5)",
			Returns: []access.Category{access.FileExistence, access.IdentityData, access.DocumentData, access.EntryRecords}},
		{Kind: access.Duty, Purpose: access.CarrierCopy, Op: OpForgetSent, Cite: "2017/2226 art 13(5)"},
		{Kind: access.Duty, Purpose: access.CarrierCopy, Op: OpExtractAgain, Cite: "2017/2226 art 13(5)"},
	}
}

// Extract is what one file gives to the copy: the least that a carrier's and a
// traveller's question need.
type Extract struct {
	Ref          FileRef
	Gone         bool // the file was erased
	Identities   []cir.Identity
	Documents    []person.Document
	VisaRequired bool
	Withheld     bool // family members, whose stay is not calculated, and files whose processing is restricted
	Visas        []ExtractedVisa
	Permits      []Permit
	Etias        *Etias
	History      []byte // for JudgeExtracted alone
}

// ExtractedVisa is a visa of the file with what became of it.
type ExtractedVisa struct {
	VisaOnRecord
	Used     int // entries recorded on it
	Revoked  bool
	Annulled bool
}

// Changed is a row of the queue of changed files: one version of one.
type Changed struct {
	Ref     FileRef
	Version int64
}

// ExtractStep is one bounded step of the extraction.
type ExtractStep struct {
	At       time.Time // moment of the snapshot it was read from
	Extracts []Extract
	Taken    []Changed // to be forgotten once the copy has the extracts
	Next     FileRef   // go on after this file; "" when the queue was read to its end
}

// MaxExtract is the greatest number of queued changes that one step reads.
const MaxExtract = 1000

// ExtractForCarriers reads the next changed files behind one, in the order of
// their references, as they are now. It reads a snapshot and holds no writer. If
// we stop before the copy has committed, the queue still holds the changes and
// the next run extracts them again, which is harmless: an extract is the whole
// of a file.
//
// The log entry says how many files left, and not which: a row of the log for
// each file in each night would be a second register. What the copy holds of a
// file follows from the file itself.
func (r *Register) ExtractForCarriers(p access.Pass, after FileRef, limit int) (ExtractStep, error) {
	tx, err := p.Tx()
	if err != nil {
		return ExtractStep{}, err
	}
	if limit < 1 || limit > MaxExtract {
		return ExtractStep{}, law.BadField("limit", "step_size", "2017/2226 art 13(5)", "A step reads 1 to 1000 changes.")
	}
	step := ExtractStep{At: tx.Now()}
	if step.Taken, err = queued(tx, after, limit); err != nil {
		return ExtractStep{}, err
	}
	if len(step.Taken) == limit {
		step.Next = step.Taken[limit-1].Ref
	}
	var refs []FileRef
	for _, c := range step.Taken {
		if len(refs) == 0 || refs[len(refs)-1] != c.Ref {
			refs = append(refs, c.Ref)
		}
	}
	if step.Extracts, err = extracts(p, tx, refs); err != nil {
		return ExtractStep{}, err
	}
	return step, p.Send(access.FileExistence, access.IdentityData, access.DocumentData, access.EntryRecords)
}

// queued reads the queue. A step may end between two versions of a file: the
// next step then extracts it again.
func queued(tx *db.Tx, after FileRef, limit int) ([]Changed, error) {
	rows, err := tx.Query(`SELECT ref, version FROM ees_outbox WHERE ref > $1 ORDER BY ref, version LIMIT $2`, string(after), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Changed
	for rows.Next() {
		var ref string
		var c Changed
		if err := rows.Scan(&ref, &c.Version); err != nil {
			return nil, err
		}
		c.Ref = FileRef(ref)
		list = append(list, c)
	}
	return list, rows.Err()
}

// CopyPosition is how far the copy has been brought: which filling of it, a
// number drawn at its beginning, and the last step that it has. Zeros before the
// first.
type CopyPosition struct{ Filling, Step int64 }

const copyOfCarriers = "carriers"

// CopiedUpTo reads the position that the register noted last.
func (r *Register) CopiedUpTo(p access.Pass) (at CopyPosition, err error) {
	tx, err := p.Tx()
	if err != nil {
		return at, err
	}
	err = tx.Row(`SELECT filling, step FROM ees_carrier_feed WHERE name = $1`, copyOfCarriers).Scan(&at.Filling, &at.Step)
	if errors.Is(err, db.ErrNoRows) {
		err = nil
	}
	return at, err
}

// ForgetExtracted takes changes off the queue that the copy has, and notes how far
// the copy is. A version that came meanwhile has a row of its own, which stays.
// The position of one filling never goes back: a feeder that was overtaken may
// come late.
func (r *Register) ForgetExtracted(p access.Pass, taken []Changed, at CopyPosition) (int, error) {
	tx, err := p.Tx()
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(`INSERT INTO ees_carrier_feed (name, filling, step) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET filling = excluded.filling, step = excluded.step
		WHERE ees_carrier_feed.filling <> excluded.filling OR ees_carrier_feed.step < excluded.step`, copyOfCarriers, at.Filling, at.Step)
	if err != nil {
		return 0, err
	}
	for _, c := range taken {
		tx.Later(`DELETE FROM ees_outbox WHERE ref = $1 AND version = $2`, string(c.Ref), c.Version)
	}
	return len(taken), nil
}

// ExtractAllAgain puts the next files behind one on the queue, whether they have
// changed or not: for a copy that is filled for the first time, or was lost. It
// returns the last of them, "" at the end.
func (r *Register) ExtractAllAgain(p access.Pass, after FileRef) (FileRef, error) {
	tx, err := p.Tx()
	if err != nil {
		return "", err
	}
	rows, err := tx.Query(`SELECT ref, version FROM ees_file WHERE ref > $1 ORDER BY ref LIMIT $2`, string(after), MaxExtract)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	n, last := 0, FileRef("")
	for rows.Next() {
		var ref string
		var version int64
		if err := rows.Scan(&ref, &version); err != nil {
			return "", err
		}
		tx.Later(`INSERT INTO ees_outbox (ref, version) VALUES ($1, $2) ON CONFLICT (ref, version) DO NOTHING`, ref, version)
		n, last = n+1, FileRef(ref)
	}
	if err := rows.Err(); err != nil || n < MaxExtract {
		return "", err
	}
	return last, nil
}

// manyWidth is how many files one statement asks for; lists are padded to it.
const manyWidth = 100

var manyList = func() string {
	var b strings.Builder
	for i := range manyWidth {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1))
	}
	return "(" + b.String() + ")"
}()

// extracts reads many files at once, with the columns that the copy needs and no
// others.
func extracts(p access.Pass, tx *db.Tx, refs []FileRef) ([]Extract, error) {
	files := make(map[FileRef]*known, len(refs))
	records := make([]cir.RecordRef, len(refs))
	for i, ref := range refs {
		records[i] = cir.RecordRef(ref)
	}
	for rest := refs; len(rest) > 0; {
		part := rest[:min(manyWidth, len(rest))]
		rest = rest[len(part):]
		args := make([]any, manyWidth)
		for i := range args {
			args[i] = string(part[min(i, len(part)-1)])
		}
		if err := extractFiles(tx, args, files); err != nil {
			return nil, err
		}
		if err := extractRecords(tx, args, files); err != nil {
			return nil, err
		}
	}
	data, err := cir.Extract(p, cir.EES, records)
	if err != nil {
		return nil, err
	}
	list := make([]Extract, 0, len(refs))
	for _, ref := range refs {
		k := files[ref]
		d := data[cir.RecordRef(ref)]
		if k == nil || d == nil {
			list = append(list, Extract{Ref: ref, Gone: true})
			continue
		}
		k.data = *d
		e, err := k.extract()
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

func extractFiles(tx *db.Tx, args []any, files map[FileRef]*known) error {
	rows, err := tx.Query(`SELECT ref, visa_required, family_member, permits, restricted FROM ees_file WHERE ref IN `+manyList, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	list := make([]known, manyWidth) // at most one for each key
	var permits, restricted *string
	for n := 0; rows.Next(); n++ {
		k := &list[n]
		if err := rows.Scan(&k.file.Ref, &k.file.VisaRequired, &k.file.FamilyMember, &permits, &restricted); err != nil {
			return err
		}
		if err := errors.Join(unmarshal(permits, &k.file.Permits), unmarshal(restricted, &k.file.Restricted)); err != nil {
			return fmt.Errorf("ees: file %s: %w", k.file.Ref, err)
		}
		files[k.file.Ref] = k
	}
	return rows.Err()
}

func extractRecords(tx *db.Tx, args []any, files map[FileRef]*known) error {
	rows, err := tx.Query(`SELECT ref, n, entry_at, entry_on, exit_at, exit_on, ended_on, family_member, start_of_stay, transit, partial, visa, exit_visa, etias, changes, stamps
		FROM ees_record WHERE ref IN `+manyList+` ORDER BY ref, n`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	// The rows of a file stand together: they are read into one list, of which each
	// file gets its part.
	all := make([]record, 0, 4*manyWidth)
	var entryAt, exitAt *int64
	var visa, exitVisa, etias, changes, stamps *string
	for rows.Next() {
		all = append(all, record{})
		r := &all[len(all)-1]
		if err := rows.Scan(&r.Ref, &r.N, &entryAt, &r.Entry.On, &exitAt, &r.Exit.On, &r.EndedOn, &r.FamilyMember, &r.StartOfStay, &r.Transit, &r.Partial,
			&visa, &exitVisa, &etias, &changes, &stamps); err != nil {
			return err
		}
		r.Entry.At, r.Exit.At = instant(entryAt), instant(exitAt)
		if err := errors.Join(unmarshal(visa, &r.Visa), unmarshal(exitVisa, &r.ExitVisa), unmarshal(etias, &r.Etias), unmarshal(changes, &r.Changes),
			unmarshal(stamps, &r.Stamps)); err != nil {
			return fmt.Errorf("ees: record %s.%d: %w", r.Ref, r.N, err)
		}
	}
	for from, to := 0, 0; to < len(all); from = to {
		for to++; to < len(all) && all[to].Ref == all[from].Ref; to++ {
		}
		if k := files[all[from].Ref]; k != nil {
			k.records = all[from:to:to]
		}
	}
	return rows.Err()
}

// extract is the file as the copy is given it.
func (k *known) extract() (Extract, error) {
	inTime(k.records)
	e := Extract{Ref: k.file.Ref, Identities: k.data.Identities, Documents: k.data.Documents, VisaRequired: k.file.VisaRequired,
		Withheld: k.file.FamilyMember || k.file.Restricted != nil}
	if e.Withheld {
		return e, nil
	}
	e.Visas, e.Permits = k.visas(), k.file.Permits
	for i := range k.records {
		if k.records[i].Etias != nil {
			e.Etias = k.records[i].Etias
		}
	}
	var err error
	e.History, err = k.history(nil).forCopy()
	return e, err
}

// visas are the visas of the file, each with the entries recorded on it and with
// what a decision on a stay made of it. Entries into states that apply the acquis
// in part use none up (art 11(5)).
func (k *known) visas() []ExtractedVisa {
	var list []ExtractedVisa
	place := map[string]int{}
	add := func(v *VisaOnRecord) *ExtractedVisa {
		i, ok := place[v.key()]
		if !ok {
			i = len(list)
			place[v.key()] = i
			list = append(list, ExtractedVisa{VisaOnRecord: *v})
		} else if v.Days > 0 && list[i].Days == 0 {
			// Days and entries stand in the first record on the visa (EES-009).
			list[i].VisaOnRecord = *v
		}
		return &list[i]
	}
	for i := range k.records {
		r := &k.records[i]
		var on *ExtractedVisa
		if r.Visa != nil {
			on = add(r.Visa)
			if r.Entry.On != 0 && !r.StartOfStay && !r.Partial {
				on.Used++
			}
		}
		for c := range r.Changes {
			ch := &r.Changes[c]
			if on != nil {
				on.Revoked, on.Annulled = ch.Status == Revoked, ch.Status == Annulled
			}
			if ch.NewVisa != nil {
				add(ch.NewVisa)
				on = nil // decisions behind it concern the new visa
				if at, ok := place[ch.NewVisa.key()]; ok {
					on = &list[at]
				}
			}
		}
		if r.ExitVisa != nil {
			add(r.ExitVisa)
		}
	}
	return list
}
