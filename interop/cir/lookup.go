package cir

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// Candidate is a record that a lookup by identity found.
type Candidate struct {
	Ref    RecordRef
	System System
	N      int     // which of the record's identities matched, from 1
	Score  float64 // 0..1, of the names; the other fields are equal
	Same   bool    // the names count as the same under 2019/327 art 2
}

// Bounds of a lookup by identity. They keep the cost of one search independent
// of the size of the register.
const (
	// maxPerSearch bounds the rows read for the name keys within a block.
	maxPerSearch = 4000
	// maxBlock bounds the rows read when a block is searched whole, because no
	// name key agreed: a block this small holds some hundred persons.
	maxBlock = 600
	// maxOfDocument bounds the records that one document number is looked up in.
	maxOfDocument = 50
	// MaxCandidates bounds the candidates handed out.
	MaxCandidates = 20
)

// FindByDocument returns the records of the system that hold a document with
// this number and issuer, or of any issuer when that is "", whatever its type
// and expiry. The caller compares the rest: 2019/327 art 2 wants the other
// fields exactly.
func FindByDocument(p access.Pass, system System, number person.DocumentNumber, issuer person.State) ([]RecordRef, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	if err := p.Search(access.ByDocument, string(issuer)+" "+string(number)); err != nil {
		return nil, err
	}
	query, args := `SELECT record_ref FROM cir_by_document WHERE number = $1 AND system = $2 LIMIT $3`,
		[]any{string(number), string(system), maxOfDocument}
	if issuer != "" {
		query, args = `SELECT record_ref FROM cir_by_document WHERE number = $1 AND system = $2 AND issuer = $4 LIMIT $3`, append(args, string(issuer))
	}
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var refs []RecordRef
	for rows.Next() {
		var ref string
		if err := rows.Scan(&ref); err != nil {
			return nil, err
		}
		if !slices.Contains(refs, RecordRef(ref)) {
			refs = append(refs, RecordRef(ref))
		}
	}
	return refs, rows.Err()
}

// FindByIdentity returns the records of the system whose birth date, sex and
// one nationality are equal and whose names match inexactly (2019/327 art 2,
// EES-035), best first, at most MaxCandidates; more says that there were others,
// or that not every name could be compared.
//
// A record is looked up by the keys of its name components within the block of
// those equal fields. Where no key agrees, as after an error in each component,
// the block is read whole if it is small. Nothing is ever scanned that grows
// with the register.
func FindByIdentity(p access.Pass, system System, id Identity) (found []Candidate, more bool, err error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, false, err
	}
	normal := id.Name.Normal()
	if err := p.Search(access.ByIdentity, normal+" "+id.Birth.String()+" "+string(id.Sex)+" "+joinStates(id.Nationalities)); err != nil {
		return nil, false, err
	}
	search := newSearch(tx, system, func(stored string) (float64, person.Verdict) { return person.CompareNormal(normal, stored) })
	keys := person.NameKeys(normal)
	if len(keys) > 0 {
		query := byKeys(len(keys))
		for _, b := range blocks(id) {
			args := []any{b, string(system), maxPerSearch + 1}
			for _, key := range keys {
				args = append(args, key)
			}
			if err := search.read(maxPerSearch, query, args...); err != nil {
				return nil, false, err
			}
		}
	}
	if len(search.found) == 0 {
		for _, b := range blocks(id) {
			if err := search.read(maxBlock, `SELECT record_ref, n, normal FROM cir_by_name
				WHERE block = $1 AND system = $2 ORDER BY name_key, record_ref, n LIMIT $3`, b, string(system), maxBlock); err != nil {
				return nil, false, err
			}
		}
	}
	found = search.best()
	return found, search.more, nil
}

// byKeys is the lookup by so many name keys within a block, in one question.
func byKeys(n int) string {
	var q strings.Builder
	q.WriteString(`SELECT record_ref, n, normal FROM cir_by_name WHERE block = $1 AND system = $2 AND name_key IN (`)
	for i := range n {
		if i > 0 {
			q.WriteString(", ")
		}
		q.WriteString("$" + strconv.Itoa(4+i))
	}
	q.WriteString(`) ORDER BY name_key, record_ref, n LIMIT $3`)
	return q.String()
}

type identityRef struct {
	ref RecordRef
	n   int
}

type nameSearch struct {
	tx      *db.Tx
	system  System
	compare func(stored string) (score float64, v person.Verdict)
	seen    map[identityRef]bool
	found   []Candidate
	more    bool // not everything was read, or kept
}

func newSearch(tx *db.Tx, system System, compare func(stored string) (float64, person.Verdict)) *nameSearch {
	return &nameSearch{tx: tx, system: system, compare: compare, seen: map[identityRef]bool{}}
}

// read compares the rows of a query, the first limit of them.
func (s *nameSearch) read(limit int, query string, args ...any) error {
	rows, err := s.tx.Query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var ref, normal string
		var n int
		if err := rows.Scan(&ref, &n, &normal); err != nil {
			return err
		}
		if limit--; limit < 0 {
			s.more = true
			break
		}
		at := identityRef{RecordRef(ref), n}
		if s.seen[at] {
			continue
		}
		s.seen[at] = true
		score, verdict := s.compare(normal)
		if verdict == person.Different {
			continue
		}
		s.found = append(s.found, Candidate{Ref: at.ref, System: s.system, N: n, Score: score, Same: verdict == person.Same})
	}
	return rows.Err()
}

func (s *nameSearch) best() []Candidate {
	for i := range s.found {
		s.found[i].Score = math.Round(s.found[i].Score*1000) / 1000 // more digits say nothing
	}
	slices.SortStableFunc(s.found, func(a, b Candidate) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return strings.Compare(string(a.Ref), string(b.Ref))
	})
	// Several identities of one record are one candidate, by its best.
	out := s.found[:0]
	for _, c := range s.found {
		if !slices.ContainsFunc(out, func(o Candidate) bool { return o.Ref == c.Ref }) {
			out = append(out, c)
		}
	}
	if len(out) > MaxCandidates {
		out, s.more = out[:MaxCandidates], true
	}
	return out
}

// FindBySurname returns records by name alone, for a search without a full
// identity (2017/2226 art 27(1): "all or some" of the data). It reads at most
// limit rows of the commonest key and says when there were more, so that the
// officer is asked for a birth date rather than given a random part.
func FindBySurname(p access.Pass, system System, name person.Name, limit int) (found []Candidate, more bool, err error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, false, err
	}
	normal := name.Normal()
	if err := p.Search(access.ByIdentity, normal); err != nil {
		return nil, false, err
	}
	keys := person.NameKeys(normal)
	if len(keys) == 0 {
		return nil, false, law.BadField("surname", "name_without_letters", "2019/327 art 2",
			"Give a name with at least one letter.")
	}
	search := newSearch(tx, system, func(stored string) (float64, person.Verdict) { return contains(stored, normal) })
	if err := search.read(limit, `SELECT record_ref, n, normal FROM cir_by_name WHERE name_key = $1 AND system = $2 ORDER BY name_key, block LIMIT $3`,
		keys[0], string(system), limit+1); err != nil {
		return nil, false, err
	}
	found = search.best()
	return found, search.more, nil
}

// contains tells whether every component of the name sought is, inexactly, one
// of the stored name's, and how near the worst of them is: similar at the most,
// for part of a name is never the same name.
func contains(stored, sought string) (score float64, v person.Verdict) {
	score = 1
	components := strings.Fields(stored)
	for _, want := range strings.Fields(sought) {
		best := 0.0
		for _, have := range components {
			if min(len(want), len(have)) < 2 && want != have {
				continue // an initial stands for any name: not in a search by name alone
			}
			if s, verdict := person.CompareNormal(want, have); verdict != person.Different {
				best = max(best, s)
			}
		}
		if best == 0 {
			return 0, person.Different
		}
		score = min(score, best)
	}
	return score, person.Similar
}

// Get returns the identities and documents of one record. Its biometrics are
// read apart, by whoever compares them.
func Get(p access.Pass, system System, ref RecordRef) (Dataset, error) {
	tx, err := p.Tx()
	if err != nil {
		return Dataset{}, err
	}
	all, err := read(tx, system, []RecordRef{ref})
	if err != nil {
		return Dataset{}, err
	}
	d, ok := all[ref]
	if !ok || len(d.Identities) == 0 {
		return Dataset{}, db.ErrNoRows
	}
	return *d, nil
}

// GetAll is Get for many records, some of them in each question. A record that is
// not there is missing in the answer.
func GetAll(p access.Pass, system System, refs []RecordRef) (map[RecordRef]Dataset, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	found := make(map[RecordRef]Dataset, len(refs))
	for len(refs) > 0 {
		part := refs[:min(listWidth, len(refs))]
		refs = refs[len(part):]
		all, err := read(tx, system, part)
		if err != nil {
			return nil, err
		}
		for ref, d := range all {
			found[ref] = *d
		}
	}
	return found, nil
}

// read reads up to listWidth records in one question.
func read(tx *db.Tx, system System, refs []RecordRef) (map[RecordRef]*Dataset, error) {
	_, args := inList(refs, system)
	rows, err := tx.Query(readStatements[len(args)-1], args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[RecordRef]*Dataset{}
	for rows.Next() {
		var what, of, a, b, c, e, f string
		var n int
		if err := rows.Scan(&what, &of, &n, &a, &b, &c, &e, &f); err != nil {
			return nil, err
		}
		ref := RecordRef(of)
		d := all[ref]
		if d == nil {
			d = &Dataset{Ref: ref, System: system}
			all[ref] = d
		}
		switch what {
		case "1 file":
			d.File = FileNumber(a)
		case "2 identity":
			birth, err := person.ParsePartialDate(c)
			if err != nil {
				return nil, fmt.Errorf("cir: identity %d of %s: %w", n, ref, err)
			}
			d.Identities = append(d.Identities, Identity{Name: person.Name{Surname: a, FirstNames: b}, Birth: birth,
				Sex: person.Sex(e), Nationalities: splitStates(f)})
		default:
			doc := person.Document{Type: person.DocumentType(a), Number: person.DocumentNumber(b), Issuer: person.State(c)}
			if err := doc.Expiry.UnmarshalText([]byte(e)); err != nil {
				return nil, fmt.Errorf("cir: document %d of %s: %w", n, ref, err)
			}
			d.Documents = append(d.Documents, doc)
		}
	}
	return all, rows.Err()
}

// identitiesAndDocuments reads all that a lookup shows in one question: on a
// server each question is a journey. (?) stands for the list of records.
const identitiesAndDocuments = `SELECT '1 file' AS what, record_ref, 0 AS n, cir_file AS a, '' AS b, '' AS c, '' AS e, '' AS f FROM cir_dataset WHERE system = $1 AND record_ref IN (?)
	UNION ALL SELECT '2 identity', record_ref, n, surname, first_names, birth, sex, nationalities FROM cir_identity WHERE system = $1 AND record_ref IN (?)
	UNION ALL SELECT '3 document', record_ref, n, type, number, issuer, expiry, '' FROM cir_document WHERE system = $1 AND record_ref IN (?)
	ORDER BY what, n`

// readStatements are identitiesAndDocuments by the length of the list.
var readStatements = func() map[int]string {
	all := map[int]string{}
	for _, n := range []int{1, 8, listWidth} {
		marks, _ := inList(make([]RecordRef, n), "")
		all[n] = strings.ReplaceAll(identitiesAndDocuments, "(?)", "("+marks+")")
	}
	return all
}()

func documents(tx *db.Tx, system System, ref RecordRef) ([]person.Document, error) {
	rows, err := tx.Query(`SELECT type, number, issuer, expiry FROM cir_document
		WHERE record_ref = $1 AND system = $2 ORDER BY n`, string(ref), string(system))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var docs []person.Document
	for rows.Next() {
		var kind, number, issuer string
		var expiry law.Date
		if err := rows.Scan(&kind, &number, &issuer, &expiry); err != nil {
			return nil, err
		}
		docs = append(docs, person.Document{Type: person.DocumentType(kind), Number: person.DocumentNumber(number),
			Issuer: person.State(issuer), Expiry: expiry})
	}
	return docs, rows.Err()
}

// Biometrics returns which samples of a record exist.
func Biometrics(p access.Pass, system System, ref RecordRef) ([]Biometric, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(`SELECT kind, status, source, captured_at FROM cir_biometric
		WHERE record_ref = $1 AND system = $2 ORDER BY n`, string(ref), string(system))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var bs []Biometric
	for rows.Next() {
		var b Biometric
		var at int64
		if err := rows.Scan(&b.Kind, &b.Status, &b.Source, &at); err != nil {
			return nil, err
		}
		b.CapturedAt = time.UnixMicro(at).UTC()
		bs = append(bs, b)
	}
	return bs, rows.Err()
}
