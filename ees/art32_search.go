package ees

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"

	"limen/access"
	"limen/db"
	"limen/interop/cir"
	"limen/law"
	"limen/person"
)

// BiometricProbe is what biometrics are searched with, one to many.
type BiometricProbe struct {
	Fingerprints []byte
	Latent       bool // the fingerprints were left at a scene
	Face         []byte
}

// maxHits bounds what one request may be answered with. Access is to a specific
// case: a search that finds more is narrowed, and nothing of it is handed out.
const maxHits = 20

// SearchForRequest makes the search of a request and keeps what was found with
// it (arts 31(1), (2), 32). The legal conditions are looked at first. An urgent
// request is processed without them, and its verification falls due.
func (r *Register) SearchForRequest(p access.Pass, id string, version int64) (RequestReceipt, error) {
	q, o, tx, err := r.openRequest(p, id, version)
	if err != nil {
		return RequestReceipt{}, err
	}
	q.tell(p)
	keys, err := r.mayBeSearched(p, q, o, tx)
	if err != nil {
		return RequestReceipt{}, err
	}
	found, restricted, err := r.searchBy(p, tx, keys)
	if err != nil {
		return RequestReceipt{}, err
	}
	if err := q.keepResults(p, tx, found); err != nil {
		return RequestReceipt{}, err
	}
	q.Status, q.AnsweredAt, q.Hits, q.Restricted, q.AccessPoint = RequestAnswered, tx.Now(), len(found), restricted, o.name
	if q.KeepUntil, err = keepFrom(o.day); err != nil {
		return RequestReceipt{}, err
	}
	if q.Urgent {
		q.Status = RequestToVerify
		if q.VerifyBy, err = verifyBy(o); err != nil {
			return RequestReceipt{}, err
		}
	}
	p.Tell("files_found", strconv.Itoa(len(found)))
	if err := q.save(tx); err != nil {
		return RequestReceipt{}, err
	}
	received(tx, q, o)
	return q.receipt(tx.Now())
}

// mayBeSearched looks at the legal conditions of a search, and reads its keys.
func (r *Register) mayBeSearched(p access.Pass, q *leRequest, o office, tx *db.Tx) (*searchKeys, error) {
	switch {
	case q.ErasedOn != 0:
		return nil, q.gone()
	case q.Status == RequestApproved:
	case q.Status == RequestWaiting && q.Urgent:
		if o.kind != access.CentralAccessPoint {
			return nil, q.not("searched", RequestApproved)
		}
	default:
		return nil, q.not("searched", RequestApproved)
	}
	if err := independent(p, q); err != nil {
		return nil, err
	}
	if !q.Urgent {
		if err := q.mustMeet(tx.Now()); err != nil {
			return nil, err
		}
	}
	return q.Body.Search.read(o.day, r.Specimens)
}

// searchBy finds the files that agree with every key. The most selective key
// leads; the others are compared with what it found. A file whose processing is
// restricted is counted and not handed out (2016/679 art 18(2)).
func (r *Register) searchBy(p access.Pass, tx *db.Tx, k *searchKeys) (found []*known, restricted int, err error) {
	refs, more, err := r.lead(p, tx, k)
	if err != nil {
		return nil, 0, err
	}
	for _, ref := range refs {
		file, err := r.open(p, ref)
		var gone *law.Refusal
		if errors.As(err, &gone) && gone.Kind == law.NotFound {
			continue // erased since the matching service was told of it
		}
		if err != nil {
			return nil, 0, err
		}
		if ok, err := file.agrees(tx, k); err != nil {
			return nil, 0, err
		} else if !ok {
			continue
		}
		p.Subject(string(ref))
		if file.file.restrictedFor(p.Purpose()) {
			restricted++
			continue
		}
		found = append(found, file)
	}
	if more || len(found)+restricted > maxHits {
		return nil, 0, law.Refuse(law.TooMuch, "too_many_found", "2017/2226 art 32(1)(b)",
			"The search fits more files than one case can need. Nothing was handed out. Ask the unit to narrow it: birth date, nationality, document or time.")
	}
	return found, restricted, nil
}

// lead searches with the key that finds least, and records all keys.
func (r *Register) lead(p access.Pass, tx *db.Tx, k *searchKeys) (refs []FileRef, more bool, err error) {
	biometric := k.fingers != nil || k.face != nil
	byDocument := !biometric && k.document != nil
	byWhole := !biometric && !byDocument && k.visa == nil && k.identity != nil && k.identity.whole
	byName := !biometric && !byDocument && k.visa == nil && !byWhole && k.entry == nil && k.exit == nil
	for _, key := range []struct {
		given bool // and not recorded by the repository's own lookup
		key   access.Key
		value func() string
	}{
		// Whoever identifies records the biometric keys; nobody does where nobody is there.
		{k.fingers != nil && r.Identifier == nil, access.ByFingers, func() string { return digest(k.fingers.Sample) }},
		{k.face != nil && r.Identifier == nil, access.ByFace, func() string { return digest(k.face.Sample) }},
		{k.visa != nil, access.ByVisa, func() string { return string(k.visa.Issuer) + " " + string(k.visa.Sticker) }},
		{k.entry != nil, access.ByCrossing, func() string { return "entry " + k.entry.value() }},
		{k.exit != nil, access.ByCrossing, func() string { return "exit " + k.exit.value() }},
		{k.document != nil && !byDocument, access.ByDocument, func() string { return string(k.document.Issuer) + " " + string(k.document.Number) }},
		{k.identity != nil && !byWhole && !byName, access.ByIdentity, func() string { return k.identity.id.Name.Normal() }},
	} {
		if key.given {
			if err := p.Search(key.key, key.value()); err != nil {
				return nil, false, err
			}
		}
	}
	if biometric {
		if r.Identifier == nil {
			return nil, false, law.Refuse(law.Unavailable, "not_connected", "2019/817 art 12",
				"No biometric matching service is connected, so nobody can be searched for by fingerprints or face. Nothing was searched; the request stands as it was.")
		}
		refs, err = r.Identifier.Search(tx.Context(), p, k.probe())
		return refs, false, err
	}
	switch {
	case byDocument:
		found, err := cir.FindByDocument(p, cir.EES, k.document.Number, k.document.Issuer)
		return fileRefs(found, func(ref cir.RecordRef) FileRef { return FileRef(ref) }), false, err
	case k.visa != nil:
		return findSticker(tx, k.visa)
	case byWhole:
		found, more, err := cir.FindByIdentity(p, cir.EES, k.identity.id)
		return fileRefs(found, func(c cir.Candidate) FileRef { return FileRef(c.Ref) }), more, err
	case k.entry != nil:
		return findCrossing(tx, "entry", k.entry)
	case k.exit != nil:
		return findCrossing(tx, "exit", k.exit)
	}
	k.identity.found = true
	found, more, err := cir.FindBySurname(p, cir.EES, k.identity.id.Name, surnameLimit)
	return fileRefs(found, func(c cir.Candidate) FileRef { return FileRef(c.Ref) }), more, err
}

func (k *searchKeys) probe() (probe BiometricProbe) {
	if k.fingers != nil {
		probe.Fingerprints, probe.Latent = k.fingers.Sample, k.fingers.Latent
	}
	if k.face != nil {
		probe.Face = k.face.Sample
	}
	return probe
}

// digest names a sample in the log, as the matching service does.
func digest(sample []byte) string {
	sum := sha256.Sum256(sample)
	return hex.EncodeToString(sum[:])
}

func fileRefs[T any](found []T, ref func(T) FileRef) []FileRef {
	var refs []FileRef
	for _, f := range found {
		if r := ref(f); !slices.Contains(refs, r) {
			refs = append(refs, r)
		}
	}
	return refs
}

// findSticker finds the files in which a visa sticker was used.
func findSticker(tx *db.Tx, v *VisaOnRecord) (refs []FileRef, more bool, err error) {
	if v.Issuer == "" {
		return readRefs(tx, `SELECT DISTINCT ref FROM ees_by_visa WHERE number = $1 ORDER BY ref LIMIT $2`, string(v.Sticker), maxHits+1)
	}
	return readRefs(tx, `SELECT DISTINCT ref FROM ees_by_visa WHERE number = $1 AND issuer = $3 ORDER BY ref LIMIT $2`, string(v.Sticker), maxHits+1, string(v.Issuer))
}

// maxCrossings bounds the crossings of a day that are compared with the other
// keys of a search.
const maxCrossings = 500

// findCrossing finds the files with an entry or exit on a day at a crossing
// point, by the index of that day.
func findCrossing(tx *db.Tx, end string, c *crossingSought) (refs []FileRef, more bool, err error) {
	query := `SELECT DISTINCT ref FROM ees_record WHERE ` + end + `_on = $1 AND ` + end + `_bcp = $2`
	args := []any{c.on, c.bcp}
	if !c.from.IsZero() {
		query += ` AND ` + end + `_at >= $3 AND ` + end + `_at < $4`
		args = append(args, c.from.UnixMicro(), c.to.UnixMicro())
	}
	query += ` ORDER BY ref LIMIT $` + strconv.Itoa(len(args)+1)
	refs, _, err = readRefs(tx, query, append(args, maxCrossings+1)...)
	return refs, len(refs) > maxCrossings, err
}

func readRefs(tx *db.Tx, query string, args ...any) (refs []FileRef, more bool, err error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, false, err
	}
	defer rows.Close()
	for rows.Next() {
		var ref string
		if err := rows.Scan(&ref); err != nil {
			return nil, false, err
		}
		refs = append(refs, FileRef(ref))
	}
	return refs, false, rows.Err()
}

// agrees tells whether the file agrees with every key that was given.
func (k *known) agrees(tx *db.Tx, s *searchKeys) (bool, error) {
	d := s.document
	switch {
	case s.fingers != nil && !k.servesFingers(),
		d != nil && !slices.ContainsFunc(k.data.Documents, func(own person.Document) bool {
			return own.Number == d.Number && (d.Issuer == "" || own.Issuer == d.Issuer) && (d.Type == "" || own.Type == d.Type) && (d.Expiry == 0 || own.Expiry == d.Expiry)
		}),
		s.identity != nil && !k.answersTo(s.identity),
		s.entry != nil && !slices.ContainsFunc(k.records, func(r record) bool { return r.Entry.is(s.entry) }),
		s.exit != nil && !slices.ContainsFunc(k.records, func(r record) bool { return r.Exit.is(s.exit) }):
		return false, nil
	case s.visa == nil:
		return true, nil
	}
	refusals, err := readRefusals(tx, k.file.Ref)
	if err != nil {
		return false, err
	}
	visas := make([]*VisaOnRecord, 0, len(refusals)+2*len(k.records))
	for i := range refusals {
		visas = append(visas, refusals[i].Visa)
	}
	for i := range k.records {
		visas = append(visas, k.records[i].Visa, k.records[i].ExitVisa)
	}
	return slices.ContainsFunc(visas, func(own *VisaOnRecord) bool {
		return own != nil && own.Sticker == s.visa.Sticker && (s.visa.Issuer == "" || own.Issuer == s.visa.Issuer) && (s.visa.ValidTo == 0 || own.ValidTo == s.visa.ValidTo)
	}), nil
}

// servesFingers tells whether the file's fingerprints may be searched: those of
// visa-exempt travellers and of holders of a facilitated transit document (art
// 32(4)(a)). Fingerprints of others that a refusal left are not.
func (k *known) servesFingers() bool {
	return !k.file.VisaRequired || slices.ContainsFunc(k.records, func(r record) bool { return r.Transit })
}

func (k *known) answersTo(s *identitySought) bool {
	if s.whole {
		return k.holds(s.id)
	}
	sought := s.id.Name.Normal()
	return slices.ContainsFunc(k.data.Identities, func(own cir.Identity) bool {
		if s.id.Birth != (person.PartialDate{}) && own.Birth != s.id.Birth || s.id.Sex != "" && own.Sex != s.id.Sex ||
			len(s.id.Nationalities) > 0 && !slices.Contains(own.Nationalities, s.id.Nationalities[0]) {
			return false
		}
		if s.found {
			return true // the name led to the file
		}
		name := own.Name
		if s.id.Name.FirstNames == "" {
			name.FirstNames = ""
		}
		_, verdict := person.CompareNormal(name.Normal(), sought)
		return verdict != person.Different
	})
}

func (e event) is(c *crossingSought) bool {
	return e.On == c.on && e.BCP == c.bcp && (c.from.IsZero() || !e.At.Before(c.from) && e.At.Before(c.to)) && (c.authority == "" || e.Authority == c.authority)
}

func (c *crossingSought) value() string {
	v := c.on.String() + " " + c.bcp
	if !c.from.IsZero() {
		v += " " + c.from.Format("15:04Z")
	}
	if c.authority != "" {
		v += " " + c.authority
	}
	return v
}
