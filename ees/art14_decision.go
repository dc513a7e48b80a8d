package ees

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/interop/bms"
	"limen/interop/cir"
	"limen/law"
	"limen/person"
)

// deciding is a guard's decision on a check under way: an entry, an exit or a
// refusal of entry.
type deciding struct {
	pass    access.Pass
	tx      *db.Tx
	home    FileRef
	checkID string // the part after the dot
	kept    keptCheck
	service *bms.Service // has what was taken during the check; nil where nothing was
	known   *known
	isNew   bool // the file is made by this decision
	addID   *cir.Identity
	addDoc  bool
	point   *person.CrossingPoint
	where   event
}

// decide opens the check that a decision names. A check decides once, within
// its time, for the state that made it.
func (r *Register) decide(p access.Pass, checkID string) (*deciding, error) {
	o, err := loadCheck(p, checkID)
	if err != nil {
		return nil, err
	}
	d := &deciding{pass: p, tx: o.tx, home: o.home, checkID: o.id, kept: o.kept, point: o.point}
	d.where = event{At: d.kept.At, On: d.kept.On, BCP: d.point.Code, Authority: p.Principal().Authority.Name}
	if m, connected := r.Biometrics.(Matching); connected {
		d.service = m.Service
	}
	return d, nil
}

// openCheck is a check that waits for the guard, with the last step taken.
type openCheck struct {
	tx      *db.Tx
	home    FileRef
	id      string // the part after the dot
	expires time.Time
	version int // steps taken after the check was made
	kept    keptCheck
	point   *person.CrossingPoint
}

// loadCheck opens a check that is not decided and not expired, for the state
// that made it.
func loadCheck(p access.Pass, checkID string) (*openCheck, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	home, id, ok := strings.Cut(checkID, ".")
	if !ok || len(checkID) > 80 {
		return nil, law.BadField("check_id", "unknown_check", "2017/2226 art 23", "This is not the name of a check. Check the traveller first.")
	}
	o := &openCheck{tx: tx, home: FileRef(home), id: id}
	var expires int64
	var state, body string
	var step *int
	var stepBody *string
	var outcome outcomeRow
	err = tx.Row(`SELECT c.expires_at, c.state, c.body, o.kind, o.ref, o.n, s.n, s.body FROM ees_check c
		LEFT JOIN ees_outcome o ON o.home = c.home AND o.check_id = c.id
		LEFT JOIN ees_check_step s ON s.home = c.home AND s.check_id = c.id
		WHERE c.home = $1 AND c.id = $2 ORDER BY s.n DESC LIMIT 1`, home, id).
		Scan(&expires, &state, &body, &outcome.kind, &outcome.ref, &outcome.n, &step, &stepBody)
	if errors.Is(err, db.ErrNoRows) {
		if err := decidedBefore(tx, home, id); err != nil {
			return nil, err
		}
	}
	if errors.Is(err, db.ErrNoRows) || err == nil && state != p.Principal().Authority.State {
		return nil, law.BadField("check_id", "unknown_check", "2017/2226 art 23",
			"There is no such check, or it has been erased. Check the traveller again.")
	}
	if err != nil {
		return nil, err
	}
	if outcome.kind != nil {
		return nil, outcome.refusal()
	}
	o.expires = time.UnixMicro(expires).UTC()
	if tx.Now().After(o.expires) {
		return nil, law.Refuse(law.Conflict, "check_expired", "2017/2226 art 23",
			"This check is too old to decide on: the register may have moved on. Check the traveller again.",
			"expired_at", o.expires.Format(time.RFC3339))
	}
	if step != nil {
		o.version, body = *step, *stepBody
	}
	if err := json.Unmarshal([]byte(body), &o.kept); err != nil {
		return nil, fmt.Errorf("ees: check %s: %w", checkID, err)
	}
	o.point, err = person.ParseCrossingPoint(o.kept.CrossingPoint)
	return o, err
}

// outcomeRow is what a check has led to; nil while it has led to nothing.
type outcomeRow struct {
	kind, ref *string
	n         *int
}

// decidedBefore remembers what a check led to after the check itself was erased,
// so that a late repeat is told.
func decidedBefore(tx *db.Tx, home, id string) error {
	var o outcomeRow
	err := tx.Row(`SELECT kind, ref, n FROM ees_outcome WHERE home = $1 AND check_id = $2`, home, id).Scan(&o.kind, &o.ref, &o.n)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return o.refusal()
}

func (o outcomeRow) refusal() *law.Refusal {
	id := recordID(FileRef(*o.ref), *o.n)
	if *o.kind == "refusal" {
		id = refusalID(FileRef(*o.ref), *o.n)
	}
	return law.Refuse(law.Conflict, "check_already_decided", "2017/2226 art 16(2)",
		fmt.Sprintf("This check was already decided: %s %s. Nothing is recorded twice.", *o.kind, id), "outcome", *o.kind, "record", id)
}

// settle finds the file that the decision is about, or makes a new one: the one
// the check found, or the candidate the guard names, or new.
func (r *Register) settle(d *deciding, chosen string) error {
	res := &d.kept
	switch {
	case res.File != nil && (chosen == "" || chosen == string(res.File.Ref)):
		chosen = string(res.File.Ref)
	case res.File != nil:
		return law.BadField("file", "other_file", "2017/2226 art 23", "The check found another file. Leave this member out, or check again.")
	case len(res.Candidates) == 0 && (chosen == "" || chosen == "new"):
		return d.create()
	case len(res.Candidates) == 0:
		return law.BadField("file", "no_candidate", "2017/2226 art 23", "The check found no file. Leave this member out, or say new.")
	case chosen == "":
		return law.BadField("file", "candidates_undecided", "2017/2226 art 27(1)",
			"Other files may be this traveller's. Compare, then name the file, or say new.")
	case chosen == "new":
		return d.create()
	default:
		if seen(res, FileRef(chosen)) == 0 {
			return law.BadField("file", "no_candidate", "2017/2226 art 27(1)", "This file is none of the check's candidates. Name one of them, or say new.")
		}
	}
	k, err := r.openRecords(d.pass, FileRef(chosen))
	if err != nil {
		return err
	}
	d.known = k
	d.pass.Subject(chosen)
	if before := seen(res, k.file.Ref); before != k.file.Version {
		return law.Refuse(law.Conflict, "file_changed", "2017/2226 art 23",
			"The file has changed since this check: another booth may have dealt with the traveller. Check again.",
			"seen", fmt.Sprint(before), "now", fmt.Sprint(k.file.Version))
	}
	d.known.file.LastEventOn = max(k.file.LastEventOn, d.where.On)
	d.known.file.Face, d.known.file.Fingers = res.faceAfter(k.file.Face), res.fingersAfter(k.file.Fingers)
	if res.File == nil {
		// The guard found that the traveller is this person, under another
		// identity: legitimate ones live in one file (spec 3.1).
		if k.data, err = cir.Get(d.pass, cir.EES, cir.RecordRef(chosen)); err != nil {
			return err
		}
		identity, err := d.kept.Traveller.identity()
		if err != nil {
			return err
		}
		if !k.holds(identity) {
			d.addID = &identity
		}
	}
	d.addDoc = res.Traveller.Document.Number != "" && (res.File == nil || res.NewDocument)
	return nil
}

// write stores what the decision made of the file. A known file moves to its
// next version before anything else is written: whoever decides on it at the
// same time waits there, and then finds that it has moved on.
func (d *deciding) write() error {
	k := d.known
	due, err := k.dueOn()
	if err != nil {
		return err
	}
	k.file.DueOn = due
	d.dropStaged()
	if d.isNew {
		if err := insertFile(d.tx, k.file); err != nil {
			return err
		}
		if err := cir.Create(d.pass, k.data); err != nil {
			return err
		}
		if err := d.noteChip(); err != nil {
			return err
		}
		for i, b := range k.data.Biometrics {
			if err := d.keepSample(b.Kind, i+1); err != nil {
				return err
			}
		}
		return k.writeRecords(d.tx)
	}
	ok, err := touchFile(d.tx, k.file)
	if err != nil {
		return err
	}
	if !ok {
		return law.Refuse(law.Conflict, "file_changed", "2017/2226 art 23", "The file has changed meanwhile. Check the traveller again.")
	}
	ref := cir.RecordRef(k.file.Ref)
	if err := d.noteChip(); err != nil {
		return err
	}
	for _, b := range d.kept.samples() {
		n, err := cir.AddBiometric(d.pass, ref, cir.EES, b)
		if err != nil {
			return err
		}
		if err := d.keepSample(b.Kind, n); err != nil {
			return err
		}
	}
	if d.addID != nil {
		if err := cir.AddIdentity(d.pass, ref, cir.EES, *d.addID); err != nil {
			return err
		}
	}
	if d.addDoc {
		if err := cir.AddDocument(d.pass, ref, cir.EES, d.kept.Traveller.Document); err != nil {
			return err
		}
	}
	return k.writeRecords(d.tx)
}

// writeRecords stores the records that differ from what is stored.
func (k *known) writeRecords(tx *db.Tx) error {
	stored := make(map[int]*record, len(k.before))
	for i := range k.before {
		stored[k.before[i].N] = &k.before[i]
	}
	for i := range k.records {
		r := &k.records[i]
		was, ok := stored[r.N]
		delete(stored, r.N)
		var err error
		switch {
		case !ok:
			err = insertRecord(tx, *r)
		case !reflect.DeepEqual(was, r):
			err = updateRecord(tx, *r)
		default:
			continue
		}
		if err == nil {
			err = tellDaily(tx, was, r)
		}
		if err != nil {
			return err
		}
	}
	for n, was := range stored {
		if err := tellDaily(tx, was, nil); err != nil {
			return err
		}
		tx.Later(`DELETE FROM ees_record WHERE ref = $1 AND n = $2`, string(k.file.Ref), n)
	}
	return nil
}

// identity reads the identity back from what the check kept.
func (t *TravellerView) identity() (cir.Identity, error) {
	birth, err := person.ParsePartialDate(t.BirthDate)
	return cir.Identity{Name: person.Name{Surname: t.Surname, FirstNames: t.FirstNames}, Birth: birth, Sex: t.Sex, Nationalities: t.Nationality}, err
}

// seen is the version at which the check saw a file; 0 when it did not.
func seen(c *keptCheck, ref FileRef) int64 {
	if c.File != nil && c.File.Ref == ref {
		return c.File.Version
	}
	for _, o := range c.Candidates {
		if o.Ref == ref {
			return o.Version
		}
	}
	return 0
}

// create makes the individual file (arts 14(2), 16(1), 17(1), 18(1)). Its
// reference was reserved by the check, so that doing it twice is impossible;
// and whoever registered the same person meanwhile is found first.
func (d *deciding) create() error {
	t := &d.kept.Traveller
	identity, err := t.identity()
	if err != nil {
		return err
	}
	if len(d.kept.Candidates) == 0 {
		if err := d.stillUnknown(identity); err != nil {
			return err
		}
		if t.Document.Number != "" {
			// Whoever comes second meets this row, runs again, and finds the file.
			d.tx.Later(`INSERT INTO ees_first (number, issuer, at) VALUES ($1, $2, $3)`,
				string(t.Document.Number), string(t.Document.Issuer), d.tx.Now().UnixMicro())
		}
	}
	incomplete, err := madeInProgressivePeriod(d.where.On)
	if err != nil {
		return err
	}
	f := file{Ref: d.kept.NewRef, CIRFile: string(cir.NewFileNumber()), VisaRequired: d.kept.VisaNational, FamilyMember: d.kept.Family,
		Face: d.kept.faceAfter(FaceMissing), Fingers: d.kept.fingersAfter(FingersMissing), CreatedAt: d.tx.Now(), CreatedBy: d.where.Authority,
		Responsible: d.responsible(), Incomplete: incomplete, Fallback: d.kept.Origin != Online, LastEventOn: d.where.On, Version: 1}
	// The fingerprints of a visa-required traveller and of a child are never here:
	// without the face such a file has no biometrics either.
	f.WithoutBiometrics = f.Face == FaceMissing && f.Fingers != FingersPresent
	data := cir.Dataset{Ref: cir.RecordRef(f.Ref), System: cir.EES, File: cir.FileNumber(f.CIRFile),
		Identities: []cir.Identity{identity}, Biometrics: d.kept.samples()}
	if t.Document.Number != "" {
		data.Documents = []person.Document{t.Document}
	}
	d.pass.Subject(string(f.Ref))
	d.known, d.isNew = &known{file: f, data: data}, true
	return nil
}

// stillUnknown refuses a new file for somebody whom another booth has
// registered since the check.
func (d *deciding) stillUnknown(identity cir.Identity) error {
	doc := d.kept.Traveller.Document
	var refs []cir.RecordRef
	if doc.Number != "" {
		var err error
		if refs, err = cir.FindByDocument(d.pass, cir.EES, doc.Number, doc.Issuer); err != nil {
			return err
		}
	}
	found, _, err := cir.FindByIdentity(d.pass, cir.EES, identity)
	if err != nil {
		return err
	}
	if len(refs)+len(found) > 0 {
		return law.Refuse(law.Conflict, "file_found_meanwhile", "2017/2226 art 14(2)",
			"Since this check, a file was made that may be this traveller's. Check the traveller again: the file will be found.")
	}
	return nil
}

// finish closes the check: it has led to this, and leads to nothing else.
func (d *deciding) finish(kind string, n int) {
	d.tx.Later(`INSERT INTO ees_outcome (home, check_id, at, kind, ref, n) VALUES ($1, $2, $3, $4, $5, $6)`,
		string(d.home), d.checkID, d.tx.Now().UnixMicro(), kind, string(d.known.file.Ref), n)
}

func madeInProgressivePeriod(on law.Date) (bool, error) {
	phase, err := law.EESPhase.On(on)
	return phase == law.Progressive, err
}
