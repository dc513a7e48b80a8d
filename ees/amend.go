package ees

import (
	"encoding/json"
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

// AmendmentKind says what an authority did to recorded data outside a crossing.
type AmendmentKind string

// amending is a decision of an authority on a known file that is no crossing: a
// change of stay, a proof, a correction, a merge. Rooms open it with
// Register.amend, change amending.known, and close it with commit, which judges
// every record anew.
type amending struct {
	pass  access.Pass
	tx    *db.Tx
	known *known
	now   time.Time
	// today is the civil day of the authority that decides, begun the latest that
	// has begun in its state: nothing after it can have happened there.
	today, begun law.Date
	notes        []amendment
	isNew        bool // the file is made by this decision
}

// amendment is one line of the file's own history: what was changed, by whom,
// by which article, and what stood there before.
type amendment struct {
	kind    AmendmentKind
	record  int // 0 when it is not about one record
	refusal int
	cite    law.Citation
	note    string
	body    any // what stood there before, or what is needed to undo it
}

// amend opens a file for such a decision. version is what the caller last saw
// (If-Match); 0 asks for no check. It fails with no_such_file and with
// file_changed.
func (r *Register) amend(p access.Pass, ref FileRef, version int64) (*amending, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	if err := p.Search(access.ByReference, string(ref)); err != nil {
		return nil, err
	}
	k, err := r.open(p, ref)
	if err != nil {
		return nil, err
	}
	if err := k.file.usable(p); err != nil {
		return nil, err
	}
	if version != 0 && version != k.file.Version {
		return nil, fileChanged(version, k.file.Version)
	}
	p.Subject(string(ref))
	today, begun := civilDays(p)
	return &amending{pass: p, tx: tx, known: k, now: tx.Now(), today: today, begun: begun}, nil
}

// civilDays are the civil days on which the caller asks or decides, by the zones
// of its state: the earlier, on which a stay is not over before it is over in all
// of that state, and the later, after which nothing has happened there yet. They
// differ around midnight in a state of several zones. Who belongs to no operating
// state is taken to stand where the day ends last.
func civilDays(p access.Pass) (today, begun law.Date) {
	zones := person.State(p.Principal().Authority.State).Locations()
	if len(zones) == 0 {
		zones = []*time.Location{person.WesternmostZone()}
	}
	for _, zone := range zones {
		day := law.DateIn(p.Now(), zone)
		if today == 0 || day < today {
			today = day
		}
		begun = max(begun, day)
	}
	return today, begun
}

// civilDay is the earlier of them.
func civilDay(p access.Pass) law.Date {
	today, _ := civilDays(p)
	return today
}

// fileChanged is the refusal of a decision on a file that has moved on.
func fileChanged(seen, now int64) *law.Refusal {
	return law.Refuse(law.Conflict, "file_changed", "2017/2226 art 35(1)",
		"The file has changed since it was read: somebody else has dealt with it. Read it again and decide on what it says now.",
		"seen", strconv.FormatInt(seen, 10), "now", strconv.FormatInt(now, 10))
}

// recordOf splits the name of a record into its file and its number.
func recordOf(id string) (FileRef, int, error) {
	ref, n, ok := strings.Cut(id, ".")
	number, err := strconv.Atoi(n)
	if !ok || err != nil || number < 1 || len(id) > 60 {
		return "", 0, law.BadField("record_id", "no_such_record", "2017/2226 art 16(2)", "This is not the name of an entry/exit record: the file's reference, a dot, the number of the stay.")
	}
	return FileRef(ref), number, nil
}

// record finds a record of the file by its number.
func (a *amending) record(n int) (*record, error) {
	if r := a.known.numbered(n); r != nil {
		return r, nil
	}
	return nil, law.Refuse(law.NotFound, "no_such_record", "2017/2226 art 16(2)",
		fmt.Sprintf("The file has no entry/exit record number %d. Read the file again.", n), "record", strconv.Itoa(n))
}

// did notes a change for the file's own history.
func (a *amending) did(n amendment) { a.notes = append(a.notes, n) }

// Difference is what a decision changed in what was worked out from the records
// (EES-030): the end of a stay, an overstay.
type Difference struct {
	RecordID string `json:"record_id"`
	Field    string `json:"field" enum:"stay_end,ends_at,overstay_class,overstay_from,record"`
	Before   string `json:"before" doc:"Empty when there was none."`
	After    string `json:"after" doc:"Empty when there is none now."`
}

// commit judges every record anew, stores what changed, and tells what differs
// from before.
func (a *amending) commit() ([]Difference, error) {
	k := a.known
	inTime(k.records)
	if err := k.judgeFrom(0, a.now); err != nil {
		return nil, err
	}
	due, err := k.dueOn()
	if err != nil {
		return nil, err
	}
	k.file.DueOn = due
	for i := range k.records {
		k.file.LastEventOn = max(k.file.LastEventOn, k.records[i].Entry.On, k.records[i].Exit.On)
	}
	if err := a.store(); err != nil {
		return nil, err
	}
	if err := k.writeRecords(a.tx); err != nil {
		return nil, err
	}
	if err := writeNotes(a.pass, a.tx, k.file.Ref, a.today, a.notes); err != nil {
		return nil, err
	}
	return k.differences(), nil
}

// store makes the file, or moves it to its next version.
func (a *amending) store() error {
	k := a.known
	if a.isNew {
		if err := insertFile(a.tx, k.file); err != nil {
			return err
		}
		return cir.Create(a.pass, k.data)
	}
	ok, err := touchFile(a.tx, k.file)
	if err == nil && !ok {
		err = fileChanged(k.file.Version, 0)
	}
	k.file.Version++
	return err
}

// writeNotes adds to a file's own history.
func writeNotes(p access.Pass, tx *db.Tx, ref FileRef, on law.Date, notes []amendment) error {
	if len(notes) == 0 {
		return nil
	}
	var last int
	if err := tx.Row(`SELECT COALESCE(MAX(n), 0) FROM ees_amendment WHERE ref = $1`, string(ref)).Scan(&last); err != nil {
		return err
	}
	who := p.Principal().Authority
	for i, n := range notes {
		body, err := json.Marshal(n.body)
		if err != nil {
			return err
		}
		tx.Later(`INSERT INTO ees_amendment (ref, n, at, made_on, kind, record, refusal, cite, authority, state, note, body)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			string(ref), last+1+i, tx.Now().UnixMicro(), on, string(n.kind), number(n.record), number(n.refusal),
			string(n.cite), who.Name, who.State, n.note, string(body))
	}
	return nil
}

func number(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

// differences lists what was worked out otherwise than is stored.
func (k *known) differences() []Difference {
	list := []Difference{}
	before := map[int]*record{}
	for i := range k.before {
		before[k.before[i].N] = &k.before[i]
	}
	for i := range k.records {
		r := &k.records[i]
		was, ok := before[r.N]
		delete(before, r.N)
		id := recordID(r.Ref, r.N)
		if !ok {
			list = append(list, Difference{id, "record", "", "made"})
			was = new(record)
		}
		for _, d := range []Difference{
			{id, "stay_end", orEmpty(was.StayEnd), orEmpty(r.StayEnd)},
			{id, "ends_at", orNoTime(was.EndsAt), orNoTime(r.EndsAt)},
			{id, "overstay_class", string(was.Overstay), string(r.Overstay)},
			{id, "overstay_from", orEmpty(was.OverstayFrom), orEmpty(r.OverstayFrom)},
		} {
			if d.Before != d.After {
				list = append(list, d)
			}
		}
	}
	for i := range k.before {
		if r := &k.before[i]; before[r.N] != nil {
			list = append(list, Difference{recordID(r.Ref, r.N), "record", "recorded", ""})
		}
	}
	return list
}

func orEmpty(d law.Date) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

func orNoTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
