package ees

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"limen/access"
	"limen/db"
	"limen/interop/cir"
	"limen/law"
	"limen/person"
)

// OverstayerList is a page of the list of identified overstayers (art 12,
// 2018/1548): the longest overstay first.
type OverstayerList struct {
	On          law.Date     `json:"on" format:"date" doc:"The day the list was read on."`
	Overstayers []Overstayer `json:"overstayers" nullable:"false"`
	Restricted  int          `json:"restricted,omitempty" doc:"Entries of this page that are left out because the processing of their files is restricted (2016/679 art 18)."`
	Disregard   *law.Reason  `json:"disregard,omitempty" doc:"Why the list is to be disregarded on this day, where it is (2025/1534 art 5)."`
	Next        string       `json:"next,omitempty" doc:"Give this as 'after' to read on; absent on the last page."`
}

// Overstayer is one entry of the list.
type Overstayer struct {
	File        FileSummary      `json:"file"`
	RecordID    string           `json:"record_id"`
	Class       OverstayClass    `json:"class" enum:"NO_EXIT,EXCEEDED"`
	Entry       *EventView       `json:"entry"`
	StayEnd     law.Date         `json:"stay_end" format:"date"`
	Since       law.Date         `json:"since" format:"date" doc:"First day of overstay."`
	Days        int              `json:"days" doc:"Days of overstay up to the exit or today."`
	Document    *person.Document `json:"document" doc:"The document last recorded."`
	Nationality []person.State   `json:"nationalities" nullable:"false"`
}

// OverstayerQuery is one page asked for.
type OverstayerQuery struct {
	Class OverstayClass // "" for both
	After string        // the Next of the page before
	Limit int           // 1..200
}

// overstayCursor is where a page ended.
type overstayCursor struct {
	From law.Date `json:"f"`
	Ref  FileRef  `json:"r"`
	N    int      `json:"n"`
}

// ListOverstayers reads a page of the list by its own index: the cost grows
// with the page, not with the register.
func (r *Register) ListOverstayers(p access.Pass, q OverstayerQuery) (OverstayerList, error) {
	tx, err := p.Tx()
	if err != nil {
		return OverstayerList{}, err
	}
	if q.Limit < 1 || q.Limit > 200 {
		return OverstayerList{}, law.BadField("limit", "page_size", "2017/2226 art 12", "Ask for 1 to 200 entries at a time.")
	}
	if q.Class != "" && q.Class != NoExit && q.Class != Exceeded {
		return OverstayerList{}, law.BadField("class", "unknown_class", "2017/2226 art 12", "Say NO_EXIT or EXCEEDED, or leave it out for both.")
	}
	var from overstayCursor
	if q.After != "" {
		b, err := base64.RawURLEncoding.DecodeString(q.After)
		if err != nil || json.Unmarshal(b, &from) != nil || from.From == 0 {
			return OverstayerList{}, law.BadField("after", "unknown_page", "2017/2226 art 12", "Use the value of 'next' from the page before.")
		}
	}
	after := from.From.String()
	// The index goes by class: of both, the first of each are read and the first of
	// those are taken.
	const ofClass = `SELECT ` + recordColumns + ` FROM ees_record
		WHERE overstay_class = %s AND (overstay_from, ref, n) > ($1, $2, $3) ORDER BY overstay_from, ref, n LIMIT $4`
	statement := fmt.Sprintf(ofClass, "$5")
	args := []any{after, string(from.Ref), from.N, q.Limit + 1}
	if q.Class != "" {
		args = append(args, string(q.Class))
	} else {
		statement = fmt.Sprintf(`SELECT `+recordColumns+` FROM (SELECT * FROM (`+ofClass+`) a UNION ALL SELECT * FROM (`+ofClass+`) b) both_classes
			ORDER BY overstay_from, ref, n LIMIT $4`, "'NO_EXIT'", "'EXCEEDED'")
	}
	rows, err := tx.Query(statement, args...)
	if err != nil {
		return OverstayerList{}, err
	}
	records, err := scanRecords(rows)
	if err != nil {
		return OverstayerList{}, err
	}
	list := OverstayerList{On: civilDay(p), Overstayers: []Overstayer{}}
	if list.Disregard, err = listDisregarded(list.On); err != nil {
		return OverstayerList{}, err
	}
	if len(records) > q.Limit {
		records = records[:q.Limit]
		last := &records[q.Limit-1]
		b, err := json.Marshal(overstayCursor{last.OverstayFrom, last.Ref, last.N})
		if err != nil {
			return OverstayerList{}, err
		}
		list.Next = base64.RawURLEncoding.EncodeToString(b)
	}
	files, err := openAll(p, tx, records)
	if err != nil {
		return OverstayerList{}, err
	}
	for i := range records {
		k := files[records[i].Ref]
		if k == nil {
			return OverstayerList{}, fmt.Errorf("ees: record %s has no file", recordID(records[i].Ref, records[i].N))
		}
		p.Subject(string(k.file.Ref))
		if k.file.restrictedFor(p.Purpose()) {
			list.Restricted++
			continue
		}
		list.Overstayers = append(list.Overstayers, k.overstayer(&records[i], list.On))
	}
	return list, p.Send(access.OverstayList, access.IdentityData, access.DocumentData, access.EntryRecords)
}

// openAll opens the files of a page in few questions, however many there are.
func openAll(p access.Pass, tx *db.Tx, records []record) (map[FileRef]*known, error) {
	files := make(map[FileRef]*known, len(records))
	var refs []FileRef
	for i := range records {
		if _, ok := files[records[i].Ref]; !ok {
			files[records[i].Ref] = nil
			refs = append(refs, records[i].Ref)
		}
	}
	for len(refs) > 0 {
		part := refs[:min(eraseWidth, len(refs))]
		refs = refs[len(part):]
		marks, args := refList(part)
		rows, err := tx.Query(`SELECT `+of("f", fileColumns)+`, `+of("r", recordColumns)+`
			FROM ees_file f LEFT JOIN ees_record r ON r.ref = f.ref WHERE f.ref IN (`+marks+`) ORDER BY f.ref, r.n`, args...)
		if err != nil {
			return nil, err
		}
		opened, err := scanKnown(rows)
		if err != nil {
			return nil, err
		}
		keys := make([]cir.RecordRef, len(part))
		for i, ref := range part {
			keys[i] = cir.RecordRef(ref)
		}
		data, err := cir.GetAll(p, cir.EES, keys)
		if err != nil {
			return nil, err
		}
		for _, k := range opened {
			k.data = data[cir.RecordRef(k.file.Ref)]
			files[k.file.Ref] = k
		}
	}
	return files, nil
}

// overstayer is an entry of the list.
func (k *known) overstayer(rec *record, on law.Date) Overstayer {
	v := rec.view(on)
	o := Overstayer{File: k.summary(), RecordID: v.RecordID, Class: rec.Overstay, Entry: v.Entry, StayEnd: rec.StayEnd,
		Since: rec.OverstayFrom, Days: v.OverstayDays}
	o.Nationality = o.File.Nationality
	o.File.Face, o.File.Fingers = "", "" // the list tells nothing of biometrics
	if n := len(k.data.Documents); n > 0 {
		o.Document = &k.data.Documents[n-1]
	}
	return o
}

// purgeStep is how many rows of each kind one step of PurgeChecks erases.
const purgeStep = 200

// PurgeChecks erases checks that have expired, in bounded steps.
func (r *Register) PurgeChecks(ctx context.Context, door *access.Door) (int, error) {
	return access.Steps(ctx, door, access.Request{Principal: access.DutyPrincipal("purge_checks"), Op: OpPurgeChecks}, purgeSome, nil)
}

// outcomeLife is how long a decided check is remembered, so that a late repeat
// is told what became of it.
const outcomeLife = 48 * time.Hour

func purgeSome(p access.Pass) (int, error) {
	tx, err := p.Tx()
	if err != nil {
		return 0, err
	}
	checks, err := purgeBy(tx, `SELECT home, id FROM ees_check WHERE expires_at < $1 ORDER BY expires_at LIMIT $2`,
		`DELETE FROM ees_check WHERE home = $1 AND id = $2`, tx.Now())
	if err != nil {
		return 0, err
	}
	outcomes, err := purgeBy(tx, `SELECT home, check_id FROM ees_outcome WHERE at < $1 ORDER BY at LIMIT $2`,
		`DELETE FROM ees_outcome WHERE home = $1 AND check_id = $2`, tx.Now().Add(-outcomeLife))
	if err != nil {
		return 0, err
	}
	firsts, err := purgeBy(tx, `SELECT number, issuer FROM ees_first WHERE at < $1 ORDER BY at LIMIT $2`,
		`DELETE FROM ees_first WHERE number = $1 AND issuer = $2`, tx.Now().Add(-outcomeLife))
	if err != nil {
		return 0, err
	}
	copies, err := purgeUndo(tx)
	if err != nil {
		return 0, err
	}
	cases, err := purgeCases(tx)
	if err != nil {
		return 0, err
	}
	unsettled, err := purgeBy(tx, `SELECT state, event FROM ees_backfill_open WHERE erase_at < $1 ORDER BY erase_at LIMIT $2`,
		`DELETE FROM ees_backfill_open WHERE state = $1 AND event = $2`, tx.Now())
	if err != nil {
		return 0, err
	}
	// Steps go by the key of their check; a step of a check that has several is
	// deleted with the first.
	steps, err := purgeBy(tx, `SELECT home, check_id FROM ees_check_step WHERE expires_at < $1 ORDER BY expires_at LIMIT $2`,
		`DELETE FROM ees_check_step WHERE home = $1 AND check_id = $2`, tx.Now())
	if err != nil {
		return 0, err
	}
	if err != nil {
		return 0, err
	}
	samples, err := purgeBy(tx, `SELECT home, check_id FROM ees_sample WHERE expires_at < $1 ORDER BY expires_at LIMIT $2`,
		`DELETE FROM ees_sample WHERE home = $1 AND check_id = $2`, tx.Now())
	if err != nil {
		return 0, err
	}
	enrolled, err := purgeBy(tx, `SELECT code, bcp FROM ees_preenrolment WHERE expires_at < $1 ORDER BY expires_at LIMIT $2`,
		`DELETE FROM ees_preenrolment WHERE code = $1 AND bcp = $2`, tx.Now())
	return checks + outcomes + firsts + copies + cases + unsettled + steps + samples + enrolled, err
}

// purgeBy deletes one step's worth of rows, by their keys.
func purgeBy(tx *db.Tx, find, remove string, before time.Time) (int, error) {
	rows, err := tx.Query(find, before.UnixMicro(), purgeStep)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var home, id string
		if err := rows.Scan(&home, &id); err != nil {
			return 0, err
		}
		tx.Later(remove, home, id)
		n++
	}
	return n, rows.Err()
}
