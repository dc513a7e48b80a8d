package ees

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/interop/cir"
	"limen/law"
	"limen/person"
)

// decision is a guard's decision on a check under way: an entry, an exit or a
// refusal of entry.
type deciding struct {
	pass    access.Pass
	tx      *db.Tx
	home    FileRef
	checkID string // the part after the dot
	kept    keptCheck
	known   *known // nil: the file is new
	point   *person.CrossingPoint
	where   event
}

// decide opens the check that a decision names. A check decides once, within
// its time, for the state that made it.
func (r *Register) decide(p access.Pass, checkID string) (*deciding, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	home, id, ok := strings.Cut(checkID, ".")
	if !ok || len(checkID) > 80 {
		return nil, law.BadField("check_id", "unknown_check", "2017/2226 art 23", "This is not the name of a check. Check the traveller first.")
	}
	d := &deciding{pass: p, tx: tx, home: FileRef(home), checkID: id}
	var expires int64
	var state, body string
	var outcome outcomeRow
	err = tx.Row(`SELECT c.expires_at, c.state, c.body, o.kind, o.ref, o.n FROM ees_check c
		LEFT JOIN ees_outcome o ON o.home = c.home AND o.check_id = c.id
		WHERE c.home = $1 AND c.id = $2`, home, id).Scan(&expires, &state, &body, &outcome.kind, &outcome.ref, &outcome.n)
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
	if tx.Now().UnixMicro() > expires {
		return nil, law.Refuse(law.Conflict, "check_expired", "2017/2226 art 23",
			"This check is too old to decide on: the register may have moved on. Check the traveller again.",
			"expired_at", time.UnixMicro(expires).UTC().Format(time.RFC3339))
	}
	if err := json.Unmarshal([]byte(body), &d.kept); err != nil {
		return nil, fmt.Errorf("ees: check %s: %w", checkID, err)
	}
	if d.point, err = person.ParseCrossingPoint(d.kept.CrossingPoint); err != nil {
		return nil, err
	}
	d.where = event{At: d.kept.At, On: d.kept.On, BCP: d.point.Code, Authority: p.Principal().Authority.Name}
	return d, nil
}

// outcomeRow is what a check has led to; nil while it has led to nothing.
type outcomeRow struct {
	kind, ref *string
	n         *int
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
		return d.create(r)
	case len(res.Candidates) == 0:
		return law.BadField("file", "no_candidate", "2017/2226 art 23", "The check found no file. Leave this member out, or say new.")
	case chosen == "":
		return law.BadField("file", "candidates_undecided", "2017/2226 art 27(1)",
			"Other files may be this traveller's. Compare, then name the file, or say new.")
	case chosen == "new":
		return d.create(r)
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
	if res.File != nil && !res.NewDocument {
		return nil
	}
	// A document that the file does not have yet is added (EES-006).
	return cir.AddDocument(d.pass, cir.RecordRef(k.file.Ref), cir.EES, d.kept.Traveller.Document)
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
// reference was reserved by the check, so that doing it twice is impossible.
func (d *deciding) create(r *Register) error {
	t := &d.kept.Traveller
	birth, err := person.ParsePartialDate(t.BirthDate)
	if err != nil {
		return err
	}
	incomplete, err := madeInProgressivePeriod(d.where.On)
	if err != nil {
		return err
	}
	f := file{Ref: d.kept.NewRef, CIRFile: string(cir.NewFileNumber()), VisaRequired: d.kept.VisaNeeded, FamilyMember: d.kept.Family,
		Biometrics: BiometricsNotYet, CreatedAt: d.tx.Now(), CreatedBy: d.where.Authority, Incomplete: incomplete, LastEventOn: d.where.On, Version: 1}
	data := cir.Dataset{Ref: cir.RecordRef(f.Ref), System: cir.EES, File: cir.FileNumber(f.CIRFile),
		Identities: []cir.Identity{{Name: person.Name{Surname: t.Surname, FirstNames: t.FirstNames}, Birth: birth, Sex: t.Sex, Nationalities: t.Nationality}},
		Documents:  []person.Document{t.Document}}
	f.Biometrics = d.biometricsAfter(f.Biometrics)
	data.Biometrics = d.samples(f.Biometrics)
	if err := cir.Create(d.pass, data); err != nil {
		return err
	}
	insertFile(d.tx, f)
	d.pass.Subject(string(f.Ref))
	d.known = &known{file: f, data: data}
	return nil
}

// biometricsAfter is the state of a file's biometrics after what was taken now
// (arts 16(1)(d), 17(1)(c), 17(3)-(5)).
func (d *deciding) biometricsAfter(before BiometricState) BiometricState {
	b := d.kept.Biometrics
	if b == nil {
		return before
	}
	face := b.Face == "captured" || b.Face == "verified"
	switch {
	case b.Fingerprints == "temporarily_impossible" && !d.kept.UnderTwelve:
		return FingersTemporarilyNone
	case b.Fingerprints == "permanently_impossible":
		return FingersPermanentlyNone
	case b.Fingerprints == "captured" && !d.known.visaRequired(d.kept.VisaNeeded):
		return BiometricsComplete
	case face && before == BiometricsNotYet && d.kept.UnderTwelve:
		return FingersNotApplicableAge
	case face && before == BiometricsNotYet:
		return BiometricsFaceOnly
	}
	return before
}

func (k *known) visaRequired(needed bool) bool {
	if k != nil {
		return k.file.VisaRequired
	}
	return needed
}

// samples names the samples taken now. Fingerprints of a visa-required traveller
// are in the VIS and never stored here (EES-001).
func (d *deciding) samples(after BiometricState) []cir.Biometric {
	var bs []cir.Biometric
	if b := d.kept.Biometrics; b != nil {
		if b.Face == "captured" {
			bs = append(bs, cir.Biometric{Kind: "face", Status: "PRESENT", Source: "live", CapturedAt: d.where.At})
		}
		if b.Fingerprints == "captured" && after == BiometricsComplete {
			bs = append(bs, cir.Biometric{Kind: "fingerprints", Status: "PRESENT", Source: "live", CapturedAt: d.where.At})
		}
	}
	return bs
}

// finish moves the file to its next version and closes the check. Another
// decision on the file in between makes this one a conflict, and nothing of it
// remains.
func (d *deciding) finish(isNew bool, kind string, n int) error {
	if !isNew {
		f := d.known.file
		f.LastEventOn = max(f.LastEventOn, d.where.On)
		f.Biometrics = d.biometricsAfter(f.Biometrics)
		for _, b := range d.samples(f.Biometrics) {
			if err := cir.AddBiometric(d.pass, cir.RecordRef(f.Ref), cir.EES, b); err != nil {
				return err
			}
		}
		ok, err := touchFile(d.tx, f)
		if err != nil {
			return err
		}
		if !ok {
			return law.Refuse(law.Conflict, "file_changed", "2017/2226 art 23", "The file has changed meanwhile. Check the traveller again.")
		}
	}
	d.tx.Later(`INSERT INTO ees_outcome (home, check_id, at, kind, ref, n) VALUES ($1, $2, $3, $4, $5, $6)`,
		string(d.home), d.checkID, d.tx.Now().UnixMicro(), kind, string(d.known.file.Ref), n)
	return nil
}

func madeInProgressivePeriod(on law.Date) (bool, error) {
	phase, err := law.EESPhase.On(on)
	return phase == law.Progressive, err
}
