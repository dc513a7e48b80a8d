package ees

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"limen/access"
	"limen/db"
	"limen/interop/cir"
	"limen/law"
	"limen/person"
)

// EventView is one end of a stay as it is sent.
type EventView struct {
	At            *time.Time `json:"at" doc:"Instant, UTC; null when only the day is known."`
	On            law.Date   `json:"on" format:"date" doc:"Civil day at the crossing point."`
	CrossingPoint string     `json:"crossing_point" doc:"Empty for a stay that began without a crossing (2017/2226 art 14(8))."`
	Authority     string     `json:"authority"`
}

func (e event) view() *EventView {
	if e.On == 0 {
		return nil
	}
	v := &EventView{On: e.On, CrossingPoint: e.BCP, Authority: e.Authority}
	if !e.At.IsZero() {
		at := e.At
		v.At = &at
	}
	return v
}

// RecordView is an entry/exit record as it is sent.
type RecordView struct {
	RecordID         string           `json:"record_id" doc:"The file's reference, a dot, the number of the stay."`
	File             FileRef          `json:"file"`
	State            string           `json:"state" enum:"OPEN,CLOSED,OVERSTAY" doc:"OVERSTAY: the stay has ended and no exit is recorded."`
	Entry            *EventView       `json:"entry" doc:"null when the stay began without a crossing that was recorded."`
	Exit             *EventView       `json:"exit" doc:"null while there is none."`
	FamilyMember     bool             `json:"family_member"`
	Visa             *VisaOnRecord    `json:"visa" doc:"The visa used; null for a visa-exempt traveller."`
	StayEnd          *law.Date        `json:"stay_end" format:"date" doc:"Last day of the authorised stay; null when none is computed."`
	OverstayClass    OverstayClass    `json:"overstay_class,omitempty" enum:"NO_EXIT,EXCEEDED"`
	OverstayDays     int              `json:"overstay_days" doc:"Days after the end of the authorised stay, up to the exit or today."`
	Origin           Origin           `json:"origin"`
	Incomplete       bool             `json:"incomplete" doc:"Made in the progressive period: may be incomplete (2025/1534 art 6(1))."`
	EndedWithoutExit bool             `json:"ended_without_exit" doc:"A later entry was recorded and no exit before it."`
	ExitVisa         *VisaOnRecord    `json:"exit_visa,omitempty" doc:"The visa shown at exit, when it was another than at entry (2017/2226 art 16(3))."`
	ExitOrigin       Origin           `json:"exit_origin,omitempty" doc:"How the exit came in."`
	StartOfStay      bool             `json:"start_of_stay,omitempty" doc:"The stay began without a crossing: the entry's day is its first day, its authority recorded it (2017/2226 art 14(8))."`
	Transit          *TransitDocument `json:"transit,omitempty" doc:"The facilitated transit document used: the stay is counted in hours (2017/2226 annex II)."`
	EndsAt           *time.Time       `json:"ends_at,omitempty" doc:"Instant at which a stay counted in hours ends, UTC."`
	Partial          bool             `json:"partial_state,omitempty" doc:"Entered in a state that does not apply the acquis in full (2017/2226 art 11(4))."`
	Etias            *Etias           `json:"etias,omitempty" doc:"The travel authorisation of a visa-exempt traveller (2017/2226 art 17(2))."`
	Changes          []StayChange     `json:"changes,omitempty" nullable:"false" doc:"Decisions on the stay, in their order: the last is in force (2017/2226 art 19)."`
	Stamps           []StampInput     `json:"stamps,omitempty" nullable:"false" doc:"Stays that stamps showed at this crossing (2017/2226 art 22(1))."`
	Proof            *ProofOnRecord   `json:"proof,omitempty" doc:"By what proof the record came to be as it is (2017/2226 art 20(2))."`
	Excused          *Excuse          `json:"excused,omitempty" doc:"Why the stay is not on the list of overstayers (2017/2226 art 35(5))."`
	Despite          string           `json:"despite,omitempty" doc:"Why the traveller was admitted although the findings proposed refusal."`
	Against          string           `json:"against,omitempty" doc:"The grounds that were proposed then."`
}

// RefusalView is a refusal of entry record as it is sent.
type RefusalView struct {
	RefusalID     string        `json:"refusal_id"`
	File          FileRef       `json:"file"`
	RefusedAt     time.Time     `json:"refused_at"`
	On            law.Date      `json:"on" format:"date"`
	CrossingPoint string        `json:"crossing_point"`
	Authority     string        `json:"authority"`
	Reasons       []ReasonView  `json:"reasons" nullable:"false"`
	Visa          *VisaOnRecord `json:"visa"`
	Origin        Origin        `json:"origin"`
}

// ReasonView is one ground of a refusal with its biometric rule.
type ReasonView struct {
	Letter     RefusalReason `json:"letter"`
	Title      string        `json:"title"`
	Biometrics string        `json:"biometrics" doc:"Which biometrics the ground asks for when the person has none on file."`
	Article    law.Citation  `json:"article"`
}

// FileRecords is an individual file with its entry/exit and refusal records (arts
// 16 to 18), without anything that is worked out from them. What an authority
// receives is a type of its own around it, one for each purpose, so that what a
// purpose does not allow has no place to be sent in.
type FileRecords struct {
	FileSummary
	CIRFile    string            `json:"cir_file" doc:"Number of the individual file in the common identity repository."`
	CreatedAt  time.Time         `json:"created_at"`
	CreatedBy  string            `json:"created_by"`
	Incomplete bool              `json:"incomplete" doc:"Made in the progressive period: may be incomplete (2025/1534 art 6(1))."`
	NoSamples  bool              `json:"created_without_biometrics" doc:"The file was made without any biometrics: in the first sixty days (2025/1534 art 4), in a suspension, or from paper."`
	Identities []TravellerName   `json:"identities" nullable:"false"`
	Documents  []person.Document `json:"documents" nullable:"false"`
	Records    []RecordView      `json:"records" nullable:"false"`
	Refusals   []RefusalView     `json:"refusals" nullable:"false"`
}

// FileView is what a border authority receives at a check (art 23(3)).
type FileView struct {
	FileRecords
	Programmes []Programme `json:"programmes,omitempty" nullable:"false" doc:"Memberships of national facilitation programmes (2017/2226 art 16(6))."`
	Permits    []Permit    `json:"permits,omitempty" nullable:"false" doc:"Residence permits and long-stay visas whose days do not count."`
	Stay       StayView    `json:"stay" doc:"The stay today."`
}

// TravellerName is one identity of a file.
type TravellerName struct {
	Surname     string         `json:"surname"`
	FirstNames  string         `json:"first_names"`
	BirthDate   string         `json:"birth_date"`
	Sex         person.Sex     `json:"sex"`
	Nationality []person.State `json:"nationalities" nullable:"false"`
}

// ReadFile returns one individual file with all its records and the stay today
// to a border authority (art 23(3)).
func (r *Register) ReadFile(p access.Pass, ref FileRef) (FileView, error) {
	k, file, err := r.readRecords(p, ref)
	if err != nil {
		return FileView{}, err
	}
	stay, err := k.stayFor(p)
	return FileView{file, k.file.Programmes, k.file.Permits, stay}, err
}

// readRecords reads a file by its reference, with its records, and says that
// they are sent.
func (r *Register) readRecords(p access.Pass, ref FileRef) (*known, FileRecords, error) {
	if err := p.Search(access.ByReference, string(ref)); err != nil {
		return nil, FileRecords{}, err
	}
	k, err := r.open(p, ref)
	if err != nil {
		return nil, FileRecords{}, err
	}
	if err := k.file.usable(p); err != nil {
		return nil, FileRecords{}, err
	}
	tx, err := p.Tx()
	if err != nil {
		return nil, FileRecords{}, err
	}
	today := civilDay(p)
	v := FileRecords{FileSummary: k.summary(), CIRFile: k.file.CIRFile, CreatedAt: k.file.CreatedAt, CreatedBy: k.file.CreatedBy,
		Incomplete: k.file.Incomplete, NoSamples: k.file.WithoutBiometrics, Documents: slices.Clone(k.data.Documents), Records: []RecordView{}}
	for _, id := range k.data.Identities {
		v.Identities = append(v.Identities, TravellerName{id.Name.Surname, id.Name.FirstNames, id.Birth.String(), id.Sex, id.Nationalities})
	}
	for i := range k.records {
		v.Records = append(v.Records, k.records[i].view(today))
	}
	if v.Refusals, err = readRefusals(tx, ref); err != nil {
		return nil, FileRecords{}, err
	}
	p.Subject(string(ref))
	return k, v, p.Send(access.FileExistence, access.IdentityData, access.DocumentData, access.BiometricData, access.EntryRecords, access.RefusalRecords)
}

// stayFor works out the stay today, for a purpose that includes the calculator.
func (k *known) stayFor(p access.Pass) (StayView, error) {
	if err := p.Send(access.StayResult); err != nil {
		return StayView{}, err
	}
	return k.stayNow(civilDay(p))
}

func (r *record) view(today law.Date) RecordView {
	v := RecordView{RecordID: recordID(r.Ref, r.N), File: r.Ref, State: "CLOSED", FamilyMember: r.FamilyMember, Visa: r.Visa,
		OverstayClass: r.Overstay, Origin: r.Origin, Incomplete: r.Incomplete, EndedWithoutExit: r.EndedOn != 0, ExitVisa: r.ExitVisa, Despite: r.Despite, Against: r.Against}
	v.ExitOrigin, v.StartOfStay, v.Transit, v.Partial, v.Etias = r.ExitOrigin, r.StartOfStay, r.TransitDocument, r.Partial, r.Etias
	v.Changes, v.Stamps, v.Proof, v.Excused = r.Changes, r.Stamps, r.Proof, r.Excused
	if !r.EndsAt.IsZero() {
		ends := r.EndsAt
		v.EndsAt = &ends
	}
	v.Entry, v.Exit = r.Entry.view(), r.Exit.view()
	until := r.Exit.On
	switch {
	case v.Exit != nil:
	case r.EndedOn != 0:
		until = r.EndedOn
	default:
		until, v.State = today, "OPEN"
	}
	if r.StayEnd != 0 {
		end := r.StayEnd
		v.StayEnd = &end
		if until > end {
			v.OverstayDays = int(until - end)
			if r.open() {
				v.State = "OVERSTAY"
			}
		}
	}
	if r.Overstay == NoExit {
		v.State = "OVERSTAY" // also of a transit whose hours ran out today
	}
	return v
}

func recordID(ref FileRef, n int) string { return string(ref) + "." + strconv.Itoa(n) }

// FileQuery is a search for files by document or by identity.
type FileQuery struct {
	Document    string   // number
	Issuer      string   // issuing state
	Surname     string   // with the rest of an identity, or alone
	FirstNames  string   //
	BirthDate   string   // YYYY-MM-DD, YYYY-MM or YYYY
	Sex         string   // M, F, X
	Nationality string   // code
	Visa        string   // number of a visa sticker
	VisaIssuer  string   // state that issued it
	On          law.Date // the day asked on
}

// FileList is what a search found.
type FileList struct {
	Files []FileMatch `json:"files" nullable:"false"`
	More  bool        `json:"more" doc:"There were more than can be shown: add the birth date, sex and nationality."`
}

// FileMatch is one file that a search found.
type FileMatch struct {
	FileSummary
	Score float64 `json:"score" doc:"How near the names are, 0 to 1; 1 for a search by document."`
}

// surnameLimit bounds the index rows that a search by name alone may read.
const surnameLimit = 5000

// SearchFiles finds files by travel document, or by identity: names inexactly,
// the other fields exactly (2019/327 art 2, EES-035).
func (r *Register) SearchFiles(p access.Pass, q FileQuery) (FileList, error) {
	list := FileList{Files: []FileMatch{}}
	found, more, err := r.find(p, q)
	if err != nil {
		return FileList{}, err
	}
	list.More = more
	for _, c := range found {
		k, err := r.open(p, FileRef(c.Ref))
		if err != nil {
			return FileList{}, err
		}
		p.Subject(string(c.Ref))
		if k.file.restrictedFor(p.Purpose()) {
			// That there is a file is told: silence would say that nobody is known.
			list.Files = append(list.Files, FileMatch{FileSummary: FileSummary{Ref: k.file.Ref, Restricted: true, Nationality: []person.State{}}})
			continue
		}
		list.Files = append(list.Files, FileMatch{k.summary(), c.Score})
	}
	if len(list.Files) == 0 {
		return list, p.Send(access.FileExistence)
	}
	return list, p.Send(access.FileExistence, access.IdentityData, access.BiometricData, access.EntryRecords)
}

func (r *Register) find(p access.Pass, q FileQuery) ([]cir.Candidate, bool, error) {
	switch {
	case q.Document != "" && q.Surname != "":
		return nil, false, law.BadField("document", "two_keys", "2017/2226 art 23(2)", "Search by document or by name, not by both at once.")
	case q.Visa != "" && (q.Document != "" || q.Surname != ""):
		return nil, false, law.BadField("visa", "two_keys", "2017/2226 art 24(2)", "Search by visa sticker, by document or by name: one at a time.")
	case q.Visa != "":
		found, err := r.findByVisa(p, q.Visa, q.VisaIssuer)
		return found, false, err
	case q.Document != "":
		return r.findByDocument(p, q)
	case q.Surname == "":
		return nil, false, law.BadField("surname", "search_key_missing", "2017/2226 art 23(2)", "Give a document number or a surname to search by.")
	}
	name, err := person.NewName(q.Surname, q.FirstNames)
	if err != nil {
		return nil, false, err
	}
	if q.BirthDate == "" && q.Sex == "" && q.Nationality == "" {
		if len(name.Normal()) < 2 {
			return nil, false, law.BadField("surname", "name_too_short", "2017/2226 art 27(1)",
				"One letter fits too many people. Type the surname, or add birth date, sex and nationality.")
		}
		return cir.FindBySurname(p, cir.EES, name, surnameLimit)
	}
	id, err := readIdentity(IdentityInput{Surname: q.Surname, FirstNames: q.FirstNames, BirthDate: q.BirthDate, Sex: q.Sex,
		Nationalities: []string{q.Nationality}}, q.On, r.Specimens)
	if err != nil {
		return nil, false, unnest(err)
	}
	return cir.FindByIdentity(p, cir.EES, id)
}

func (r *Register) findByDocument(p access.Pass, q FileQuery) ([]cir.Candidate, bool, error) {
	number, err := person.ParseDocumentNumber(q.Document)
	if err != nil {
		return nil, false, at("document", err)
	}
	var issuer person.State
	if q.Issuer != "" {
		if issuer, err = person.ParseState(q.Issuer); err != nil {
			return nil, false, at("issuer", err)
		}
	}
	refs, err := cir.FindByDocument(p, cir.EES, number, issuer)
	if err != nil {
		return nil, false, err
	}
	found := make([]cir.Candidate, len(refs))
	for i, ref := range refs {
		found[i] = cir.Candidate{Ref: ref, System: cir.EES, Score: 1}
	}
	return found, false, nil
}

// unnest names the query parameter instead of the member of a request body.
func unnest(err error) error {
	var refusal *law.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	fields := map[string]string{"identity.surname": "surname", "identity.first_names": "first_names",
		"identity.birth_date": "birth_date", "identity.sex": "sex", "identity.nationalities": "nationality"}
	if f, ok := fields[refusal.Field]; ok {
		return at(f, err)
	}
	return err
}

func readRefusals(tx *db.Tx, ref FileRef) ([]RefusalView, error) {
	rows, err := tx.Query(`SELECT n, refused_at, refused_on, bcp, authority, reasons, visa, origin FROM ees_refusal WHERE ref = $1 ORDER BY n`, string(ref))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	views := []RefusalView{}
	for rows.Next() {
		v := RefusalView{File: ref}
		var n int
		var at int64
		var letters, origin string
		var visa *string
		if err := rows.Scan(&n, &at, &v.On, &v.CrossingPoint, &v.Authority, &letters, &visa, &origin); err != nil {
			return nil, err
		}
		v.RefusalID, v.RefusedAt, v.Origin = fmt.Sprintf("%s.R%d", ref, n), time.UnixMicro(at).UTC(), Origin(origin)
		if v.Reasons, err = reasonViews(letters); err != nil {
			return nil, err
		}
		if v.Visa, err = visaFrom(visa); err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, rows.Err()
}
