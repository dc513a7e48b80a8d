package ees

import (
	"strconv"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/interop/cir"
	"limen/law"
)

// EraseGround is why a file is erased whole.
type EraseGround string

// The grounds of an erasure.
const (
	RetentionOver  EraseGround = "retention_over"  // its periods are over (art 34)
	Naturalised    EraseGround = "nationality"     // the person became a national of a Member State (art 35(6))
	LeftScope      EraseGround = "left_scope"      // residence permit, long-stay visa or card (arts 2(3), 35(6))
	MicroState     EraseGround = "microstate"      // national of Andorra, Monaco, San Marino or the Vatican (arts 2(3), 35(6))
	MarkedEarly    EraseGround = "early"           // marked by an authority, and the day has come (arts 35, 52)
	ErasureRequest EraseGround = "erasure_request" // unlawfully recorded, or inaccurate, at the person's request (art 52)
)

// Cite is the provision that an erasure on this ground rests on.
func (g EraseGround) Cite() law.Citation {
	switch g {
	case RetentionOver:
		return "2017/2226 art 34"
	case ErasureRequest:
		return "2017/2226 art 52"
	case MarkedEarly:
		return "2017/2226 art 35"
	}
	return "2017/2226 art 35(6)"
}

// AnnouncementKind says what the states are told.
type AnnouncementKind string

// The kinds of announcement.
const (
	FileErased    AnnouncementKind = "file_erased"    // everything of the file is gone (art 35(7))
	RecordErased  AnnouncementKind = "record_erased"  // one entry/exit record is gone, the file stays (art 35(7))
	RefusalErased AnnouncementKind = "refusal_erased" // one refusal record is gone, the file stays (art 35(7))
	ErasureAhead  AnnouncementKind = "erasure_ahead"  // an overstayer's data will go in three months (art 34(3))
)

// eraseFile erases a file everywhere, in the caller's transaction: the register,
// the list of overstayers that its records make up, the identity repository, and
// every lookup (arts 34(5), 35(6), (7); EES-061). It leaves behind:
//
//   - an announcement to the states, which names the file for a bounded time;
//   - a row by which the carriers' copy learns that the file is gone;
//   - a note that the file has ended, by which the log entries about it are
//     erased a year later (art 46(4));
//   - in the log entry of this operation, what went and by which article, under a
//     digest of the reference: signed, and naming nobody.
//
// It fails with no_such_file. Who decides on the file at the same time meets it at
// the file's row: one of the two comes second, and finds the file gone or changed.
// Statements that the caller queued with tx.Later run after the erasure: they must
// not write rows of this file.
//
// The operation must be one with Writes or Erases; with Erases it goes on when
// the store is full.
func (r *Register) eraseFile(p access.Pass, ref FileRef, ground EraseGround) error {
	tx, err := p.Tx()
	if err != nil {
		return err
	}
	rows, err := eraseFiles(p, tx, []ending{{ref, ground.Cite()}}, ground)
	if err == nil && rows == 0 {
		return noSuchFile()
	}
	return err
}

// ending is a file that is to go, by which provision.
type ending struct {
	ref  FileRef
	cite law.Citation
}

// eraseWidth is how many files one statement erases.
const eraseWidth = 64

// eraseFiles erases up to eraseWidth files and returns how many rows went; zero
// when none of them was there. A file that is not there is passed over.
func eraseFiles(p access.Pass, tx *db.Tx, files []ending, ground EraseGround) (rows int64, err error) {
	if len(files) == 0 {
		return 0, nil
	}
	cites := make(map[FileRef]law.Citation, len(files))
	refs := make([]FileRef, len(files))
	for i, f := range files {
		refs[i], cites[f.ref] = f.ref, f.cite
	}
	refs, versions, err := stillThere(tx, refs)
	if err != nil || len(refs) == 0 {
		return 0, err
	}
	for _, ref := range refs {
		p.Destroyed("file, "+string(cites[ref]), string(ref), true)
	}
	marks, args := refList(refs)
	merged, err := mergedInto(tx, marks, args)
	if err != nil {
		return 0, err
	}
	// The file's row first: whoever decides on the file waits there.
	for i := len(erasable) - 1; i >= 0; i-- {
		t := erasable[i]
		n, err := tx.Exec(`DELETE FROM `+t.table+` WHERE `+t.column+` IN (`+marks+`)`, args...)
		if err != nil {
			return rows, err
		}
		rows += n
	}
	records := make([]cir.RecordRef, len(refs))
	for i, ref := range refs {
		records[i] = cir.RecordRef(ref)
	}
	n, documents, err := cir.Erase(p, cir.EES, records...)
	if err != nil {
		return rows, err
	}
	if err := forgetFirst(tx, documents); err != nil {
		return rows, err
	}
	return rows + n, leaveWord(tx, refs, versions, merged, ground)
}

// forgetFirst clears the rows by which two booths meet that register one document:
// who comes back after an erasure is registered anew, and no document number stays.
func forgetFirst(tx *db.Tx, documents []cir.DocumentName) error {
	for len(documents) > 0 {
		part := documents[:min(eraseWidth, len(documents))]
		documents = documents[len(part):]
		args := make([]any, 0, 2*eraseWidth)
		for i := range listLength(len(part)) {
			d := part[min(i, len(part)-1)]
			args = append(args, string(d.Number), string(d.Issuer))
		}
		if _, err := tx.Exec(forgetStatements[len(args)], args...); err != nil {
			return err
		}
	}
	return nil
}

// forgetStatements are the statements of forgetFirst by their number of arguments.
var forgetStatements = func() map[int]string {
	all := map[int]string{}
	for _, n := range []int{1, 8, eraseWidth} {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString("($" + strconv.Itoa(2*i+1) + ", $" + strconv.Itoa(2*i+2) + ")")
		}
		all[2*n] = `DELETE FROM ees_first WHERE (number, issuer) IN (VALUES ` + b.String() + `)`
	}
	return all
}()

// stillThere returns those of the files that exist, with their versions.
func stillThere(tx *db.Tx, refs []FileRef) (there []FileRef, versions []int64, err error) {
	marks, args := refList(refs)
	rows, err := tx.Query(`SELECT ref, version FROM ees_file WHERE ref IN (`+marks+`) ORDER BY ref`, args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var ref string
		var version int64
		if err := rows.Scan(&ref, &version); err != nil {
			return nil, nil, err
		}
		there, versions = append(there, FileRef(ref)), append(versions, version)
	}
	return there, versions, rows.Err()
}

// mergedInto finds the references that led to these files: log entries speak of
// them too, and end with the file.
func mergedInto(tx *db.Tx, marks string, args []any) ([]string, error) {
	rows, err := tx.Query(`SELECT merged FROM ees_by_merged WHERE ref IN (`+marks+`) ORDER BY merged`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var merged []string
	for rows.Next() {
		var ref string
		if err := rows.Scan(&ref); err != nil {
			return nil, err
		}
		merged = append(merged, ref)
	}
	return merged, rows.Err()
}

// leaveWord writes what stays behind of files that are gone.
func leaveWord(tx *db.Tx, refs []FileRef, versions []int64, merged []string, ground EraseGround) error {
	now := tx.Now()
	today := law.DateIn(now, time.UTC)
	logs, err := law.KeepLogs.On(max(today, law.EESStart()))
	if err != nil {
		return err
	}
	var told, ended, outbox [][]any
	for i, ref := range refs {
		told = append(told, []any{string(ref), string(FileErased), 0, now.UnixMicro(), today, string(ground), nil})
		ended = append(ended, []any{string(ref), today, now.UnixMicro(), string(ground), logs.After(today) + 1})
		outbox = append(outbox, []any{string(ref), versions[i] + 1})
	}
	for _, ref := range merged {
		ended = append(ended, []any{ref, today, now.UnixMicro(), string(ground), logs.After(today) + 1})
	}
	if err := announce(tx, told); err != nil {
		return err
	}
	if err := tx.Bulk("ees_ended", []string{"ref", "ended_on", "at", "ground", "logs_due_on"}, ended); err != nil {
		return err
	}
	return tx.Bulk("ees_outbox", []string{"ref", "version"}, outbox)
}

// announce tells the states: rows of reference, kind, record or refusal, moment,
// day, ground and the day on which something will go.
func announce(tx *db.Tx, rows [][]any) error {
	return tx.Bulk("ees_announcement", []string{"ref", "kind", "record", "at", "told_on", "ground", "due_on"}, rows)
}

// refList are the placeholders and arguments of a list of files. It is padded
// with the last one, so that there are few statements to prepare.
func refList(refs []FileRef) (marks string, args []any) {
	var b strings.Builder
	for i := range listLength(len(refs)) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1))
		args = append(args, string(refs[min(i, len(refs)-1)]))
	}
	return b.String(), args
}

// listLength is the length that a list is brought to: 1, 8 or eraseWidth.
func listLength(n int) int {
	switch {
	case n <= 1:
		return 1
	case n <= 8:
		return 8
	}
	return eraseWidth
}
