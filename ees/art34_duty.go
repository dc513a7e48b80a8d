package ees

import (
	"context"
	"fmt"
	"slices"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// mostPerStep bounds what one step erases, so that its log entry, which lists all
// of it, stays within the size of an entry.
const mostPerStep = 800

// Retain erases what is due (art 34(5); EES-056..059, EES-061): whole files,
// records and refusals of files that stay, everywhere they are; and it warns the
// states of overstayers' data that will go in three months (art 34(3)). It reads
// the files by the day on which something of them falls due, in steps that each
// hold the store for a bounded time and have a log entry of their own.
//
// If we stop anywhere, what has committed is gone, and the next start finds the
// rest in front of the index. It returns how many files it dealt with.
func (r *Register) Retain(ctx context.Context, door *access.Door, progress func(total int)) (int, error) {
	return access.Steps(ctx, door, access.Request{Principal: access.DutyPrincipal("retention"), Op: OpEraseDue}, r.retainSome, progress)
}

// retainSome is one step of Retain.
func (r *Register) retainSome(p access.Pass) (int, error) {
	tx, err := p.Tx()
	if err != nil {
		return 0, err
	}
	d := &retaining{pass: p, tx: tx, on: law.DateIn(tx.Now(), time.UTC), today: law.DateIn(tx.Now(), person.WesternmostZone())}
	total := 0
	for total < p.StepSize() && d.done < mostPerStep {
		files, err := d.next(min(eraseWidth, p.StepSize()-total))
		if err != nil || len(files) == 0 {
			return total, err
		}
		if err := d.chunk(files); err != nil {
			return 0, err
		}
		if total += len(files); p.StepOver() {
			break
		}
	}
	return total, nil
}

// retaining is a step under way.
type retaining struct {
	pass  access.Pass
	tx    *db.Tx
	today law.Date // what was due until then is over everywhere
	on    law.Date // the day in the log's own zone
	done  int

	told  [][]any  // announcements of the chunk under way
	whole []ending // whose periods are over
	early []ending // marked by an authority
}

// next opens the files that are due first, in one question. What the step has
// dealt with is not due any more and is not found again.
func (d *retaining) next(most int) ([]*known, error) {
	rows, err := d.tx.Query(`SELECT `+of("f", fileColumns)+`, `+of("r", recordColumns)+`
		FROM (SELECT ref AS due_ref, due_on AS due_day FROM ees_file WHERE due_on <= $1 ORDER BY due_on, ref LIMIT $2) d
		JOIN ees_file f ON f.ref = d.due_ref LEFT JOIN ees_record r ON r.ref = f.ref
		ORDER BY f.ref, r.n`, d.today, most)
	if err != nil {
		return nil, err
	}
	return scanKnown(rows)
}

// chunk deals with some files.
func (d *retaining) chunk(files []*known) error {
	d.told, d.whole, d.early = nil, nil, nil
	for _, k := range files {
		if err := d.file(k); err != nil {
			return err
		}
	}
	if _, err := eraseFiles(d.pass, d.tx, d.whole, RetentionOver); err != nil {
		return err
	}
	if _, err := eraseFiles(d.pass, d.tx, d.early, MarkedEarly); err != nil {
		return err
	}
	d.done += len(d.whole) + len(d.early) + len(d.told)
	if len(d.told) > 0 {
		return announce(d.tx, d.told)
	}
	return nil
}

// file does what is due in one file.
func (d *retaining) file(k *known) error {
	all, err := k.clocks()
	if err != nil {
		return err
	}
	due := slices.DeleteFunc(all, func(c clock) bool { return c.on > d.today })
	if i := slices.IndexFunc(due, func(c clock) bool { return c.file }); i >= 0 {
		gone := ending{k.file.Ref, due[i].cite}
		if due[i].early {
			d.early = append(d.early, gone)
		} else {
			d.whole = append(d.whole, gone)
		}
		return nil
	}
	d.pass.Subject(string(k.file.Ref))
	var gone []record
	var visas []*VisaOnRecord
	for _, c := range due {
		switch {
		case c.notice:
			r := k.numbered(c.record)
			r.NoticedOn = d.on
			t, err := r.kept()
			if err != nil {
				return err
			}
			d.tell(k, ErasureAhead, c.record, t.until+1)
		case c.record != 0:
			r := *k.numbered(c.record)
			gone, visas = append(gone, r), append(visas, r.Visa, r.ExitVisa)
			d.pass.Destroyed("entry/exit record, "+string(c.cite), string(k.file.Ref), false)
			d.tell(k, RecordErased, c.record, 0)
		case c.refusal:
			shown, err := d.refusals(k, c)
			if err != nil {
				return err
			}
			visas = append(visas, shown...)
		}
	}
	return d.write(k, gone, visas)
}

// tell notes an announcement. A record that goes with its warning is announced
// as gone alone.
func (d *retaining) tell(k *known, kind AnnouncementKind, n int, due law.Date) {
	var on any
	if due > d.today {
		on = due
	} else if kind == ErasureAhead {
		return
	}
	d.told = append(d.told, []any{string(k.file.Ref), string(kind), n, d.tx.Now().UnixMicro(), d.on, string(RetentionOver), on})
}

// write stores what is left of a file, and its next day. visas are those of the
// records and refusals that go; some may be nil.
func (d *retaining) write(k *known, gone []record, visas []*VisaOnRecord) error {
	for i := range gone {
		n := gone[i].N
		k.records = slices.DeleteFunc(k.records, func(r record) bool { return r.N == n })
		if _, err := d.tx.Exec(`DELETE FROM ees_amendment WHERE ref = $1 AND record = $2`, string(k.file.Ref), n); err != nil {
			return err
		}
	}
	if err := d.stickers(k, visas); err != nil {
		return err
	}
	due, err := k.dueOn()
	if err != nil {
		return err
	}
	if due != 0 && due <= d.today {
		return fmt.Errorf("ees: file %s is still due on %s after what was due is done", k.file.Ref, due)
	}
	k.file.DueOn = due
	ok, err := touchFile(d.tx, k.file)
	if err != nil {
		return err
	}
	if !ok {
		return fileChanged(k.file.Version, 0) // the step is done again at the duty's next turn
	}
	return k.writeRecords(d.tx)
}

// refusals erases those refusals of a file whose time is over, and returns the
// visas shown at them.
func (d *retaining) refusals(k *known, c clock) (visas []*VisaOnRecord, err error) {
	end, err := k.fileEnd()
	if err != nil {
		return nil, err
	}
	all, err := d.readRefusals(k.file.Ref)
	if err != nil {
		return nil, err
	}
	ref := string(k.file.Ref)
	k.file.RefusedFirst, k.file.RefusedLast = 0, 0
	for _, f := range all {
		keep, err := periodOn(&law.KeepRefusal, f.on)
		if err != nil {
			return nil, err
		}
		if keep.After(f.on) >= d.today || end.takes && f.on == end.last {
			if k.file.RefusedFirst == 0 || f.on < k.file.RefusedFirst {
				k.file.RefusedFirst = f.on
			}
			k.file.RefusedLast = max(k.file.RefusedLast, f.on)
			continue
		}
		if _, err := d.tx.Exec(`DELETE FROM ees_refusal WHERE ref = $1 AND n = $2`, ref, f.n); err != nil {
			return nil, err
		}
		if _, err := d.tx.Exec(`DELETE FROM ees_amendment WHERE ref = $1 AND refusal = $2`, ref, f.n); err != nil {
			return nil, err
		}
		visas = append(visas, f.visa)
		d.pass.Destroyed("refusal record, "+string(c.cite), ref, false)
		d.tell(k, RefusalErased, f.n, 0)
	}
	return visas, nil
}

// refused is what the periods need of a refusal.
type refused struct {
	n    int
	on   law.Date
	visa *VisaOnRecord
}

func (d *retaining) readRefusals(ref FileRef) ([]refused, error) {
	rows, err := d.tx.Query(`SELECT n, refused_on, visa FROM ees_refusal WHERE ref = $1 ORDER BY n`, string(ref))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []refused
	for rows.Next() {
		var f refused
		var visa *string
		if err := rows.Scan(&f.n, &f.on, &visa); err != nil {
			return nil, err
		}
		if f.visa, err = visaFrom(visa); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, rows.Err()
}

// stickers takes away the lookup by visas that no record or refusal of the file
// names any more, and hands the days and entries of a visa, which stand in the
// first record on it (EES-009), to the next record on it: a visa outlives the
// record that it was first used on.
func (d *retaining) stickers(k *known, gone []*VisaOnRecord) error {
	lost := map[string]*VisaOnRecord{}
	for _, v := range gone {
		if v != nil && (lost[v.key()] == nil || lost[v.key()].Days == 0) {
			lost[v.key()] = v
		}
	}
	if len(lost) == 0 {
		return nil
	}
	for i := range k.records {
		r := &k.records[i]
		for _, at := range []**VisaOnRecord{&r.Visa, &r.ExitVisa} {
			if *at == nil {
				continue
			}
			key := (*at).key()
			if was := lost[key]; was != nil && was.Days != 0 && (*at).Days == 0 {
				v := **at // values behind pointers are shared
				v.Days, v.Entries = was.Days, was.Entries
				*at = &v
			}
			delete(lost, key)
		}
	}
	if len(lost) > 0 && k.file.RefusedFirst != 0 {
		kept, err := d.readRefusals(k.file.Ref)
		if err != nil {
			return err
		}
		for _, f := range kept {
			if f.visa != nil {
				delete(lost, f.visa.key())
			}
		}
	}
	for _, v := range lost {
		if _, err := d.tx.Exec(`DELETE FROM ees_by_visa WHERE number = $1 AND issuer = $2 AND ref = $3`,
			string(v.Sticker), string(v.Issuer), string(k.file.Ref)); err != nil {
			return err
		}
	}
	return nil
}
