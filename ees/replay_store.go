package ees

import (
	"context"
	"fmt"
	"iter"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
)

// OpReplay decides recorded stays again under another law, and writes nothing.
const OpReplay access.Op = "ees.replay"

func replayOperations() []access.Operation {
	return []access.Operation{{Op: OpReplay, System: "ees", Title: "decide recorded stays again under another law", Cite: "2017/2226 art 26"}}
}

// replayGrants: an immigration authority that verifies whether the conditions of
// stay were fulfilled may have one file decided again, and sees no more of it
// than the stays and what the calculator says of them. A rehearsal over all
// files is statistics: numbers leave, and references only when asked for.
func replayGrants() []access.Grant {
	return []access.Grant{
		{Kind: access.Immigration, Purpose: access.InlandCheck, Op: OpReplay, Cite: "2017/2226 art 26",
			Keys: []access.Key{access.ByReference}, Returns: []access.Category{access.EntryRecords, access.StayResult}},
		{Kind: access.Duty, Purpose: access.StatisticsReport, Op: OpReplay, Cite: "2017/2226 art 63", Returns: []access.Category{access.AnonymousCounts, access.FileExistence}},
	}
}

// FileReplay is what another law would have decided on the stays of a file.
type FileReplay struct {
	File  FileRef    `json:"file"`
	On    law.Date   `json:"on" format:"date" doc:"The day of the question: stays that go on are judged on it."`
	AsOf  law.Date   `json:"as_of" format:"date" doc:"The day whose law was asked about."`
	Stays []Replayed `json:"stays" nullable:"false" doc:"In order of entry. An exit without an entry is left out: nothing was decided on it."`
	Sum   Effect     `json:"sum"`
}

// ReplayFile decides every stay of a file again as the law of a day would have
// decided it, beside the decision under the law of the stay's own day. It
// changes nothing.
func (r *Register) ReplayFile(p access.Pass, ref FileRef, book *law.Book) (FileReplay, error) {
	if err := p.Search(access.ByReference, string(ref)); err != nil {
		return FileReplay{}, err
	}
	k, err := r.openRecords(p, ref)
	if err != nil {
		return FileReplay{}, err
	}
	if err := k.file.usable(p); err != nil {
		return FileReplay{}, err
	}
	tx, err := p.Tx()
	if err != nil {
		return FileReplay{}, err
	}
	p.Subject(string(ref))
	out := FileReplay{File: ref, On: civilDay(p), AsOf: book.AsOf()}
	if out.Stays, err = replay(tx.Context(), book, k.again(book, p.Now(), civilDay(p)), tellAll); err != nil {
		return FileReplay{}, err
	}
	out.Sum.count(out.Stays)
	return out, p.Send(access.EntryRecords, access.StayResult)
}

// again are the stays of a file, each with what came before it, as they were
// decided when they were recorded. A stay that goes on is judged now.
func (k *known) again(book *law.Book, now time.Time, today law.Date) iter.Seq[toReplay] {
	return func(yield func(toReplay) bool) {
		for i := range k.records {
			r := &k.records[i]
			if r.Entry.On == 0 {
				continue // an exit without an entry: nothing was decided
			}
			before := known{file: k.file, records: k.records[:i+1]}
			s := toReplay{Replayed{RecordID: recordID(r.Ref, r.N), Stay: i + 1, Entry: r.Entry.On, Exit: orNull(r.Exit.On), Recorded: orNull(r.StayEnd)},
				&before.history(nil).History, nil, Question{At: r.Exit.At, EnteredAt: r.enteredAt()}}
			if s.under = s.h; book.Territory() {
				s.under = &before.historyUnder(book, nil).History
			}
			s.q.On = s.h.Stays[len(s.h.Stays)-1].until(max(today, r.Entry.On))
			if r.open() {
				s.q.At = now
			}
			if !yield(s) {
				return
			}
		}
	}
}

// Rehearsal is how far a rehearsal over all files has come, and what it found.
type Rehearsal struct {
	Effect
	// After is the last file looked at: a rehearsal that was stopped goes on
	// after it.
	After FileRef
	// Changed names the records decided otherwise, when they were asked for.
	Changed []string
}

// rehearseStep is how many files one step of a rehearsal reads.
const rehearseStep = 200

// Rehearse decides the stays of every file again under the book, from the one
// after a reference on, and counts what would differ. Each step is one
// transaction with its own log entry; nothing is written beside the log. With
// list the references of the records decided otherwise are handed out, and the
// log says so. Files whose processing is restricted are left out (art 52,
// 2016/679 art 18) and counted as skipped. It may be stopped anywhere: what is
// returned with the error says how far it came.
func (r *Register) Rehearse(ctx context.Context, door *access.Door, book *law.Book, after FileRef, list bool, progress func(Rehearsal)) (Rehearsal, error) {
	sum := Rehearsal{After: after}
	req := access.Request{Principal: access.DutyPrincipal("replay"), Op: OpReplay}
	err := access.StepsOf(ctx, door, req, func(p access.Pass) (Rehearsal, error) { return r.RehearseStep(p, book, sum.After, list) }, func(step Rehearsal) bool {
		if step.After == "" {
			return false
		}
		sum.Add(step.Effect)
		sum.After, sum.Changed = step.After, append(sum.Changed, step.Changed...)
		if progress != nil {
			progress(sum)
		}
		return true
	})
	return sum, err
}

// RehearseStep is one step of Rehearse, over the files after a reference; its
// After is empty when no file was left.
func (r *Register) RehearseStep(p access.Pass, book *law.Book, after FileRef, list bool) (Rehearsal, error) {
	tx, err := p.Tx()
	if err != nil {
		return Rehearsal{}, err
	}
	files, err := readFilesAfter(tx, after, rehearseStep)
	if err != nil {
		return Rehearsal{}, err
	}
	var step Rehearsal
	for i := range files {
		k := &files[i]
		step.After = k.file.Ref
		p.Subject(string(k.file.Ref))
		if k.file.Restricted != nil {
			step.Skipped++
			continue
		}
		stays, err := replay(tx.Context(), book, k.again(book, p.Now(), civilDay(p)), tellNothing)
		if refusal, ok := err.(*law.Refusal); ok && refusal.Kind == law.TooMuch {
			step.Skipped++
			continue
		}
		if err != nil {
			return Rehearsal{}, fmt.Errorf("file %s: %w", k.file.Ref, err)
		}
		step.count(stays)
		for j := range stays {
			if list && !stays[j].Same {
				step.Changed = append(step.Changed, stays[j].RecordID)
			}
		}
	}
	if len(step.Changed) > 0 {
		if err := p.Send(access.FileExistence); err != nil {
			return Rehearsal{}, err
		}
	}
	return step, p.Send(access.AnonymousCounts)
}

// readFilesAfter reads the next files in order of their references, with their
// stays.
func readFilesAfter(tx *db.Tx, after FileRef, limit int) ([]known, error) {
	rows, err := tx.Query(filesAndRecords, string(after), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var files []known
	for rows.Next() {
		var fc fileColumnsRead
		var c recordColumnsRead
		if err := rows.Scan(append(fc.fields(), c.fields()...)...); err != nil {
			return nil, err
		}
		if n := len(files); n == 0 || string(files[n-1].file.Ref) != fc.ref {
			f, err := fc.file()
			if err != nil {
				return nil, err
			}
			files = append(files, known{file: f})
		}
		if c.ref == nil {
			continue
		}
		stay, err := c.record()
		if err != nil {
			return nil, err
		}
		k := &files[len(files)-1]
		k.records = append(k.records, stay)
	}
	for i := range files {
		inTime(files[i].records)
	}
	return files, rows.Err()
}

var filesAndRecords = `SELECT ` + of("f", fileColumns) + `, ` + of("r", recordColumns) + `
	FROM (SELECT * FROM ees_file WHERE ref > $1 ORDER BY ref LIMIT $2) f LEFT JOIN ees_record r ON r.ref = f.ref ORDER BY f.ref, r.n`
