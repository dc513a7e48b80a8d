package ees

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// LawEnforcementIdentity is what a search to identify somebody unknown gives:
// the data of the individual file listed in articles 16(1), 16(6), 17(1) and
// 18(1), and nothing of where the person travelled (art 32(4)). Histories are
// another type, so that they cannot be sent in its place.
type LawEnforcementIdentity struct {
	File         FileRef           `json:"file"`
	EnteredBy    person.State      `json:"entered_by" doc:"State whose authority entered the data (2017/2226 art 3(1)(20))."`
	VisaRequired bool              `json:"visa_required"`
	Identities   []TravellerName   `json:"identities" nullable:"false"`
	Documents    []person.Document `json:"documents" nullable:"false"`
	Face         FaceState         `json:"face"`
	Fingers      FingersState      `json:"fingerprints"`
	Programmes   []Programme       `json:"programmes" nullable:"false" doc:"National facilitation programmes (2017/2226 art 16(6))."`
}

// LawEnforcementHistory is what a search for the travel history of somebody
// known gives: the file, the records, the refusals and the changes of stay of
// article 19 (art 32(5)). What the calculator would say today is no part of it.
type LawEnforcementHistory struct {
	File     FileRef                 `json:"file"`
	Person   *LawEnforcementIdentity `json:"person" doc:"null while the state that entered it has not consented."`
	Records  []HistoryRecord         `json:"records" nullable:"false"`
	Refusals []HistoryRefusal        `json:"refusals" nullable:"false"`
}

// HistoryRecord is an entry/exit record as law enforcement receives it.
type HistoryRecord struct {
	RecordID         string        `json:"record_id"`
	EnteredBy        person.State  `json:"entered_by"`
	Entry            *EventView    `json:"entry"`
	Exit             *EventView    `json:"exit"`
	FamilyMember     bool          `json:"family_member"`
	Visa             *VisaOnRecord `json:"visa"`
	ExitVisa         *VisaOnRecord `json:"exit_visa,omitempty"`
	Etias            *Etias        `json:"travel_authorisation,omitempty"`
	StayEnd          *law.Date     `json:"stay_end" format:"date"`
	OverstayClass    OverstayClass `json:"overstay_class,omitempty" enum:"NO_EXIT,EXCEEDED"`
	Changes          []StayChange  `json:"changes" nullable:"false" doc:"Revocations, annulments and extensions (2017/2226 art 19)."`
	Origin           Origin        `json:"origin"`
	Incomplete       bool          `json:"incomplete" doc:"Made in the progressive period: may be incomplete (2025/1534 art 6(1))."`
	EndedWithoutExit bool          `json:"ended_without_exit"`
}

// HistoryRefusal is a refusal of entry as law enforcement receives it.
type HistoryRefusal struct {
	RefusalID     string        `json:"refusal_id"`
	EnteredBy     person.State  `json:"entered_by"`
	RefusedAt     time.Time     `json:"refused_at"`
	On            law.Date      `json:"on" format:"date"`
	CrossingPoint string        `json:"crossing_point"`
	Authority     string        `json:"authority"`
	Reasons       []ReasonView  `json:"reasons" nullable:"false"`
	Visa          *VisaOnRecord `json:"visa"`
}

// Withheld says what Europol may not use yet, by the state that entered it.
type Withheld struct {
	State  person.State  `json:"state"`
	Items  int           `json:"items" doc:"Files, records and refusals."`
	Status ConsentStatus `json:"status" enum:"asked,given,refused"`
}

// IdentityOutcome is what the search of a request to identify somebody found.
type IdentityOutcome struct {
	RequestID  string                   `json:"request_id"`
	Answered   time.Time                `json:"answered_at"`
	Found      []LawEnforcementIdentity `json:"found" nullable:"false"`
	Withheld   []Withheld               `json:"withheld" nullable:"false" doc:"What Europol found and may not use, as its state of origin has not consented (2017/2226 art 33(4))."`
	Restricted int                      `json:"restricted,omitempty" doc:"Files that agree and are not handed out, because their processing is restricted (2016/679 art 18)."`
	KeepUntil  law.Date                 `json:"keep_until" format:"date" doc:"Last day on which it may be kept (2017/2226 art 58(5))."`
}

// HistoryOutcome is what the search of a request for a travel history found.
type HistoryOutcome struct {
	RequestID  string                  `json:"request_id"`
	Answered   time.Time               `json:"answered_at"`
	Found      []LawEnforcementHistory `json:"found" nullable:"false"`
	Withheld   []Withheld              `json:"withheld" nullable:"false" doc:"What Europol found and may not use, as its state of origin has not consented (2017/2226 art 33(4))."`
	Restricted int                     `json:"restricted,omitempty" doc:"Files that agree and are not handed out, because their processing is restricted (2016/679 art 18)."`
	KeepUntil  law.Date                `json:"keep_until" format:"date" doc:"Last day on which it may be kept (2017/2226 art 58(5))."`
}

func (k *known) lawEnforcementIdentity() *LawEnforcementIdentity {
	v := &LawEnforcementIdentity{File: k.file.Ref, EnteredBy: k.file.Responsible, VisaRequired: k.file.VisaRequired, Identities: []TravellerName{},
		Documents: append([]person.Document{}, k.data.Documents...), Face: k.file.Face, Fingers: k.file.Fingers, Programmes: append([]Programme{}, k.file.Programmes...)}
	for _, id := range k.data.Identities {
		v.Identities = append(v.Identities, TravellerName{id.Name.Surname, id.Name.FirstNames, id.Birth.String(), id.Sex, id.Nationalities})
	}
	return v
}

func (k *known) lawEnforcementHistory(tx *db.Tx) (*LawEnforcementHistory, error) {
	v := &LawEnforcementHistory{File: k.file.Ref, Person: k.lawEnforcementIdentity(), Records: []HistoryRecord{}, Refusals: []HistoryRefusal{}}
	for i := range k.records {
		r := &k.records[i]
		h := HistoryRecord{RecordID: recordID(r.Ref, r.N), EnteredBy: r.Responsible, Entry: r.Entry.view(), Exit: r.Exit.view(), FamilyMember: r.FamilyMember,
			Visa: r.Visa, ExitVisa: r.ExitVisa, Etias: r.Etias, OverstayClass: r.Overstay, Changes: append([]StayChange{}, r.Changes...), Origin: r.Origin,
			Incomplete: r.Incomplete, EndedWithoutExit: r.EndedOn != 0}
		if r.StayEnd != 0 {
			end := r.StayEnd
			h.StayEnd = &end
		}
		v.Records = append(v.Records, h)
	}
	refusals, err := readRefusals(tx, k.file.Ref)
	if err != nil {
		return nil, err
	}
	by, err := refusalsEnteredBy(tx, k.file.Ref)
	if err != nil {
		return nil, err
	}
	for _, f := range refusals {
		v.Refusals = append(v.Refusals, HistoryRefusal{RefusalID: f.RefusalID, EnteredBy: by[f.RefusalID], RefusedAt: f.RefusedAt, On: f.On,
			CrossingPoint: f.CrossingPoint, Authority: f.Authority, Reasons: f.Reasons, Visa: f.Visa})
	}
	return v, nil
}

// refusalsEnteredBy are the states whose authorities refused entry, by the name
// of the refusal.
func refusalsEnteredBy(tx *db.Tx, ref FileRef) (map[string]person.State, error) {
	rows, err := tx.Query(`SELECT n, responsible FROM ees_refusal WHERE ref = $1`, string(ref))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	by := map[string]person.State{}
	for rows.Next() {
		var n int
		var state string
		if err := rows.Scan(&n, &state); err != nil {
			return nil, err
		}
		by[refusalID(ref, n)] = person.State(state)
	}
	return by, rows.Err()
}

// keepResults stores what a search found, in the type that its purpose allows,
// and asks for the consents that Europol needs.
func (q *leRequest) keepResults(p access.Pass, tx *db.Tx, found []*known) error {
	origins := map[person.State]int{}
	for n, k := range found {
		var body any
		if q.Purpose == access.LawEnforcementIdentify {
			body = k.lawEnforcementIdentity()
			origins[k.file.Responsible]++
		} else {
			h, err := k.lawEnforcementHistory(tx)
			if err != nil {
				return err
			}
			body = h
			h.countOrigins(origins)
		}
		text, err := column(body, true)
		if err != nil {
			return err
		}
		tx.Later(`INSERT INTO ees_le_result (state, id, n, body) VALUES ($1, $2, $3, $4)`, string(q.State), q.ID, n+1, text)
	}
	if q.State == europol {
		q.askConsents(tx, origins)
	}
	return nil
}

func (h *LawEnforcementHistory) countOrigins(origins map[person.State]int) {
	origins[h.Person.EnteredBy]++
	for i := range h.Records {
		origins[h.Records[i].EnteredBy]++
	}
	for i := range h.Refusals {
		origins[h.Refusals[i].EnteredBy]++
	}
}

// ReadIdentityOutcome hands out what a request to identify somebody found (art
// 32(4)).
func (r *Register) ReadIdentityOutcome(p access.Pass, id string) (IdentityOutcome, error) {
	q, tx, consents, err := r.openOutcome(p, id, access.LawEnforcementIdentify)
	if err != nil {
		return IdentityOutcome{}, err
	}
	found, err := results[LawEnforcementIdentity](tx, q)
	if err != nil {
		return IdentityOutcome{}, err
	}
	out := IdentityOutcome{RequestID: q.ID, Answered: q.AnsweredAt, Found: []LawEnforcementIdentity{}, Withheld: withheld(consents), Restricted: q.Restricted, KeepUntil: q.KeepUntil}
	for _, f := range found {
		if held, err := restrictedNow(p, tx, f.File); err != nil {
			return IdentityOutcome{}, err
		} else if held {
			out.Restricted++
			continue
		}
		if q.usable(consents, f.EnteredBy) {
			out.Found = append(out.Found, f)
			p.Subject(string(f.File))
		}
	}
	return out, p.Send(access.FileExistence, access.IdentityData, access.DocumentData, access.BiometricData)
}

// ReadHistoryOutcome hands out what a request for a travel history found (art
// 32(5)).
func (r *Register) ReadHistoryOutcome(p access.Pass, id string) (HistoryOutcome, error) {
	q, tx, consents, err := r.openOutcome(p, id, access.LawEnforcementHistory)
	if err != nil {
		return HistoryOutcome{}, err
	}
	found, err := results[LawEnforcementHistory](tx, q)
	if err != nil {
		return HistoryOutcome{}, err
	}
	out := HistoryOutcome{RequestID: q.ID, Answered: q.AnsweredAt, Found: []LawEnforcementHistory{}, Withheld: withheld(consents), Restricted: q.Restricted, KeepUntil: q.KeepUntil}
	for _, f := range found {
		if held, err := restrictedNow(p, tx, f.File); err != nil {
			return HistoryOutcome{}, err
		} else if held {
			out.Restricted++
			continue
		}
		if f.Person != nil && !q.usable(consents, f.Person.EnteredBy) {
			f.Person = nil
		}
		f.Records = slices.DeleteFunc(f.Records, func(r HistoryRecord) bool { return !q.usable(consents, r.EnteredBy) })
		f.Refusals = slices.DeleteFunc(f.Refusals, func(r HistoryRefusal) bool { return !q.usable(consents, r.EnteredBy) })
		if f.Person != nil || len(f.Records)+len(f.Refusals) > 0 {
			out.Found = append(out.Found, f)
			p.Subject(string(f.File))
		}
	}
	return out, p.Send(access.FileExistence, access.IdentityData, access.DocumentData, access.BiometricData, access.EntryRecords, access.RefusalRecords)
}

// restrictedNow tells whether the processing of a file, or of the one that it has
// become part of, has been restricted since it was found. What is gone from the
// register is restricted no more.
func restrictedNow(p access.Pass, tx *db.Tx, ref FileRef) (bool, error) {
	var f file
	var restricted *string
	err := tx.Row(`SELECT restricted FROM ees_file WHERE ref = COALESCE((SELECT ref FROM ees_by_merged WHERE merged = $1), $1)`, string(ref)).Scan(&restricted)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	if err == nil {
		err = unmarshal(restricted, &f.Restricted)
	}
	return err == nil && f.restrictedFor(p.Purpose()), err
}

// openOutcome opens an answered request and notes who receives its data (art
// 31(3)).
func (r *Register) openOutcome(p access.Pass, id string, purpose access.Purpose) (*leRequest, *db.Tx, []consent, error) {
	q, o, tx, err := r.openRequest(p, id, 0)
	if err != nil {
		return nil, nil, nil, err
	}
	q.tell(p)
	switch {
	case q.Purpose != purpose:
		return nil, nil, nil, law.Refuse(law.NotPermitted, "other_purpose", "2017/2226 art 32", "This request was made for another purpose, which gives other data.", "purpose", string(q.Purpose))
	case q.KeepUntil == 0 || q.Status == RequestUnjustified:
		return nil, nil, nil, law.Refuse(law.NotFound, "outcome_erased", "2017/2226 art 58(5)", "What was found has been erased. If a case needs it, submit a new request.", "request", q.ID)
	case q.AnsweredAt.IsZero():
		return nil, nil, nil, q.not("read for its outcome", RequestAnswered)
	}
	received(tx, q, o)
	consents, err := q.consents(tx)
	return q, tx, consents, err
}

// results reads what was stored of a request, in the type of its purpose.
func results[T any](tx *db.Tx, q *leRequest) ([]T, error) {
	rows, err := tx.Query(`SELECT body FROM ees_le_result WHERE state = $1 AND id = $2 ORDER BY n`, string(q.State), q.ID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		var body string
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		var v T
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			return nil, fmt.Errorf("ees: result of %s: %w", q.ID, err)
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// received notes that an office has received what a request found.
func received(tx *db.Tx, q *leRequest, o office) {
	tx.Later(`INSERT INTO ees_le_recipient (state, id, kind, authority, received_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (state, id, kind, authority) DO NOTHING`, string(q.State), q.ID, string(o.kind), o.name, tx.Now().UnixMicro())
}
