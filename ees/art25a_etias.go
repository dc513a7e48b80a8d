package ees

import (
	"slices"
	"time"

	"limen/access"
	"limen/interop/cir"
	"limen/law"
)

// The operations of the travel authorisation system and of its units.
const (
	OpEtiasFacts   access.Op = "ees.etias_facts"
	OpReadForEtias access.Op = "ees.read_for_etias"
)

// PersonQuery is an identity and the document that goes with it, as another
// system sends them (annex III).
type PersonQuery struct {
	Identity IdentityInput `json:"identity"`
	Document DocumentInput `json:"document"`
}

// EtiasFacts is all that the travel authorisation system is told of an applicant
// (arts 8b, 25a; 2018/1240 art 20(2)(g), (h)): three answers of yes or no. No
// date, no reference and no record goes with them, and somebody without a file
// gets the same answer as one whose file says nothing.
type EtiasFacts struct {
	Overstayer    bool `json:"overstayer" doc:"Is on the list of overstayers with no exit recorded (2018/1240 art 20(2)(g))."`
	HasOverstayed bool `json:"has_overstayed" doc:"A stay in a record still kept was exceeded (2018/1240 art 20(2)(g))."`
	Refused       bool `json:"refused" doc:"A refusal of entry is recorded (2018/1240 art 20(2)(h))."`
}

// EtiasFacts answers the travel authorisation system on an applicant (art 25a).
func (r *Register) EtiasFacts(p access.Pass, q PersonQuery) (EtiasFacts, error) {
	files, err := r.filesOf(p, q)
	if err != nil {
		return EtiasFacts{}, err
	}
	var facts EtiasFacts
	for _, k := range files {
		facts.Refused = facts.Refused || k.file.RefusedLast != 0
		for i := range k.records {
			facts.Overstayer = facts.Overstayer || k.records[i].Overstay == NoExit
			facts.HasOverstayed = facts.HasOverstayed || k.records[i].Overstay == Exceeded
		}
	}
	return facts, p.Send(access.EtiasAnswer)
}

// filesOf finds the files of a person by the document and by the identity, those
// that fit both as 2019/327 art 2 has it. Their references go to the log and no
// further.
func (r *Register) filesOf(p access.Pass, q PersonQuery) ([]*known, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	today := law.DateIn(tx.Now(), time.UTC)
	doc, err := readDocument(q.Document)
	if err != nil {
		return nil, err
	}
	identity, err := readIdentity(q.Identity, today, r.Specimens)
	if err != nil {
		return nil, err
	}
	refs, err := cir.FindByDocument(p, cir.EES, doc.Number, doc.Issuer)
	if err != nil {
		return nil, err
	}
	matches, _, err := cir.FindByIdentity(p, cir.EES, identity)
	if err != nil {
		return nil, err
	}
	for _, m := range matches {
		if m.Same && !slices.Contains(refs, m.Ref) {
			refs = append(refs, m.Ref)
		}
	}
	var files []*known
	for _, ref := range refs {
		k, err := r.open(p, FileRef(ref))
		if err != nil {
			return nil, err
		}
		if k.holds(identity) {
			if err := k.file.usable(p); err != nil {
				return nil, err
			}
			p.Subject(string(ref))
			files = append(files, k)
		}
	}
	return files, nil
}

// EtiasNationalFile is what the national unit that assesses an application
// receives (art 25b): the data of articles 16 to 18, to read only.
type EtiasNationalFile struct {
	FileRecords
}

// ReadForEtias returns a file to an ETIAS National Unit (art 25b).
func (r *Register) ReadForEtias(p access.Pass, ref FileRef) (EtiasNationalFile, error) {
	_, file, err := r.readRecords(p, ref)
	return EtiasNationalFile{file}, err
}
