package ees

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/interop/cir"
	"limen/law"
)

// UndoMergeRequest undoes a merge that was a mistake.
type UndoMergeRequest struct {
	Survivor FileRef `json:"survivor" minLength:"1" maxLength:"40" doc:"Reference of the file that stayed."`
	Merged   FileRef `json:"merged" minLength:"1" maxLength:"40" doc:"Reference that the other file had."`
	Why      string  `json:"why" minLength:"5" maxLength:"500" doc:"Why they are not one person's after all."`
	Later    string  `json:"later,omitempty" enum:"survivor,merged" doc:"Whose crossings those since the merge are. Needed when there are any."`
}

// UndoMerge parts two files that were merged by mistake, both as they were
// before. Crossings recorded since belong to one of the two persons: the officer
// says to whom. Anything else that was decided on the joined file since is left
// to correction by hand, because no rule says whose it is.
func (r *Register) UndoMerge(p access.Pass, req UndoMergeRequest, version int64) (MergeView, error) {
	tx, err := p.Tx()
	if err != nil {
		return MergeView{}, err
	}
	if len(strings.TrimSpace(req.Why)) < shortestWhy {
		return MergeView{}, law.BadField("why", "reason_missing", citeMerge, "Say why the files are not one person's.")
	}
	a, err := r.amend(p, req.Survivor, version)
	if err != nil {
		return MergeView{}, err
	}
	p.Subject(string(req.Merged))
	u := unmerging{pass: p, tx: tx, req: req, stays: a}
	if err := u.read(); err != nil {
		return MergeView{}, err
	}
	if err := u.whatCameLater(); err != nil {
		return MergeView{}, err
	}
	return u.part()
}

// unmerging is the undoing of a merge under way.
type unmerging struct {
	pass  access.Pass
	tx    *db.Tx
	req   UndoMergeRequest
	stays *amending
	undo  mergeUndo
	made  []record // recorded since the merge
	ended []record // stays of before that ended since
}

func (u *unmerging) read() error {
	var body *string
	var when int64
	err := u.tx.Row(`SELECT undo, at FROM ees_merged WHERE ref = $1 AND merged = $2`, string(u.req.Survivor), string(u.req.Merged)).Scan(&body, &when)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return law.BadField("merged", "not_merged", citeMerge, "No such file was merged into this one.")
	case err != nil:
		return err
	case body == nil:
		return law.Refuse(law.NotPermitted, "merge_undo_expired", citeMerge,
			"The copies that undoing needs have been erased: their time was over. Make a file for the other person and correct both.")
	}
	if err := json.Unmarshal([]byte(*body), &u.undo); err != nil {
		return fmt.Errorf("ees: merge of %s into %s: %w", u.req.Merged, u.req.Survivor, err)
	}
	var newer int
	if err := u.tx.Row(`SELECT COUNT(*) FROM ees_merged WHERE ref = $1 AND at > $2`, string(u.req.Survivor), when).Scan(&newer); err != nil {
		return err
	}
	if newer > 0 || u.undo.Survivor.File.Ref != u.req.Survivor {
		return law.Refuse(law.Conflict, "merge_undo_order", citeMerge, "Another file was merged into this one later. Undo that merge first.")
	}
	return nil
}

// whatCameLater finds the crossings since the merge, and refuses where something
// else was decided since.
func (u *unmerging) whatCameLater() error {
	k := u.stays.known
	for i := range k.records {
		now := k.records[i]
		j := slices.IndexFunc(u.undo.After.Records, func(r record) bool { return r.N == now.N })
		if j < 0 {
			u.made = append(u.made, now)
			continue
		}
		was := u.undo.After.Records[j]
		if was.Exit.On == 0 && now.Exit.On != 0 {
			u.ended = append(u.ended, now)
			was.Exit, was.ExitVisa, was.ExitOrigin, was.Stamps = now.Exit, now.ExitVisa, now.ExitOrigin, now.Stamps
		}
		same, err := sameFacts(was, now)
		if err != nil {
			return err
		}
		if !same {
			return decidedSince("record", recordID(now.Ref, now.N))
		}
	}
	if len(k.records)-len(u.made) != len(u.undo.After.Records) {
		return decidedSince("record", "taken away")
	}
	refusals, err := refusalRows(u.tx, k.file.Ref)
	if err != nil {
		return err
	}
	size, err := cir.Size(u.pass, cir.EES, cir.RecordRef(k.file.Ref))
	if err != nil {
		return err
	}
	if len(refusals) != u.undo.After.Refusals {
		return decidedSince("refusals", "changed")
	}
	if size != u.undo.After.Data {
		return decidedSince("identities, documents or biometrics", "changed")
	}
	if len(u.made)+len(u.ended) > 0 && u.req.Later == "" {
		first := append(slices.Clone(u.made), u.ended...)[0]
		return law.Refuse(law.Conflict, "merge_undo_after_crossing", citeMerge,
			"The traveller has crossed since the files were merged. Say whose crossings those are, the survivor's or the merged file's, in the member later.",
			"record", recordID(first.Ref, first.N))
	}
	return nil
}

func decidedSince(what, which string) *law.Refusal {
	return law.Refuse(law.Conflict, "merge_undo_after_change", citeMerge,
		"Something was decided on the joined file since the merge, and nothing says to whom of the two persons it belongs. Correct the files by hand.",
		what, which)
}

// sameFacts tells whether two records are stored alike but for what is worked
// out from them.
func sameFacts(a, b record) (bool, error) {
	x, y := a.facts(), b.facts()
	one, err := x.values()
	if err != nil {
		return false, err
	}
	two, err := y.values()
	return reflect.DeepEqual(one, two), err
}

// facts is a record without what is worked out from it.
func (r record) facts() record {
	r.StayEnd, r.EndsAt, r.Overstay, r.OverstayFrom, r.EndedOn, r.NoticedOn, r.Version = 0, time.Time{}, "", 0, 0, 0, 0
	for _, v := range []**VisaOnRecord{&r.Visa, &r.ExitVisa} {
		if *v != nil {
			visa := **v
			visa.StayEnd = 0
			*v = &visa
		}
	}
	return r
}

// part writes both files as they were, and what came later into one of them.
func (u *unmerging) part() (MergeView, error) {
	ref, gone := u.req.Survivor, u.req.Merged
	k := u.stays.known
	version := k.file.Version
	if err := cir.Release(u.pass, cir.EES, cir.RecordRef(ref), cir.RecordRef(gone), u.undo.CIR); err != nil {
		return MergeView{}, err
	}
	back := &known{file: u.undo.Merged.File, records: slices.Clone(u.undo.Merged.Records)}
	k.file, k.records = u.undo.Survivor.File, slices.Clone(u.undo.Survivor.Records)
	k.file.Version = version
	if u.req.Later == "merged" {
		if err := u.giveLater(back, u.undo.Records); err != nil {
			return MergeView{}, err
		}
	} else if err := u.giveLater(k, nil); err != nil {
		return MergeView{}, err
	}
	for _, n := range u.undo.Refusals {
		u.tx.Later(`DELETE FROM ees_refusal WHERE ref = $1 AND n = $2`, string(ref), n)
	}
	for _, n := range u.undo.Amendments {
		if _, err := u.tx.Exec(`DELETE FROM ees_amendment WHERE ref = $1 AND n = $2`, string(ref), n); err != nil {
			return MergeView{}, err
		}
	}
	for _, v := range u.undo.Merged.Visas {
		if !slices.Contains(u.undo.Survivor.Visas, v) {
			u.tx.Later(`DELETE FROM ees_by_visa WHERE number = $1 AND issuer = $2 AND ref = $3`, v[0], v[1], string(ref))
		}
	}
	u.stays.did(amendment{kind: MergeUndone, cite: citeMerge, note: strings.TrimSpace(u.req.Why), body: map[string]string{"merged": string(gone)}})
	differences, err := u.stays.commit()
	if err != nil {
		return MergeView{}, err
	}
	if err := u.raise(back); err != nil {
		return MergeView{}, err
	}
	return MergeView{Survivor: ref, Merged: gone, Version: k.file.Version, Differences: differences}, u.pass.Send(access.EntryRecords)
}

// giveLater gives a file the crossings since the merge. numbers are those that
// its records had in the joined file; nil when they kept theirs.
func (u *unmerging) giveLater(k *known, numbers map[int]int) error {
	for _, now := range u.ended {
		i := slices.IndexFunc(k.records, func(r record) bool {
			n, moved := numbers[r.N]
			return r.Exit.On == 0 && (moved && n == now.N || numbers == nil && r.N == now.N)
		})
		if i < 0 {
			return law.Refuse(law.Conflict, "merge_undo_other_stay", citeMerge,
				"An exit since the merge closed a stay of the other file. Give the later crossings to that file, or correct the exit first.", "record", recordID(now.Ref, now.N))
		}
		r := &k.records[i]
		r.Exit, r.ExitVisa, r.ExitOrigin, r.Stamps, r.EndedOn = now.Exit, now.ExitVisa, now.ExitOrigin, now.Stamps, 0
	}
	for _, now := range u.made {
		now.CameFrom = recordID(now.Ref, now.N)
		now.Ref, now.N, now.Version = k.file.Ref, k.nextRecord(), 0
		k.records = append(k.records, now)
	}
	if len(u.made) > 0 {
		inTime(k.records)
		k.records = inOrder(k.records, k.nextRecord)
	}
	return nil
}

// raise writes the other file anew.
func (u *unmerging) raise(k *known) error {
	ref, gone := string(u.req.Survivor), string(u.req.Merged)
	if err := k.judgeFrom(0, u.stays.now); err != nil {
		return err
	}
	for i := range k.records {
		k.file.LastEventOn = max(k.file.LastEventOn, k.records[i].Entry.On, k.records[i].Exit.On)
	}
	var err error
	if k.file.DueOn, err = k.dueOn(); err != nil {
		return err
	}
	k.file.Version += 2 // the one after the version under which it went
	if err := insertFile(u.tx, k.file); err != nil {
		return err
	}
	for _, rec := range k.records {
		if err := insertRecord(u.tx, rec); err != nil {
			return err
		}
	}
	for _, row := range u.undo.Merged.Refusals {
		row.insert(u.tx, u.req.Merged)
	}
	for _, v := range u.undo.Merged.Visas {
		u.tx.Later(`INSERT INTO ees_by_visa (number, issuer, ref) VALUES ($1, $2, $3) ON CONFLICT (number, issuer, ref) DO NOTHING`, v[0], v[1], gone)
	}
	for _, row := range u.undo.Merged.Amendments {
		if err := row.insert(u.tx, u.req.Merged); err != nil {
			return err
		}
	}
	note := amendment{kind: MergeUndone, cite: citeMerge, note: strings.TrimSpace(u.req.Why), body: map[string]string{"survivor": ref}}
	if err := writeNotes(u.pass, u.tx, k.file.Ref, u.stays.today, []amendment{note}); err != nil {
		return err
	}
	for _, row := range u.undo.Apart {
		row.part(u.tx, u.req.Survivor, u.req.Merged)
	}
	for _, id := range u.undo.Cases {
		u.tx.Later(`UPDATE ees_by_case SET ref = $1 WHERE id = $2 AND ref = $3`, gone, id, ref)
	}
	u.tx.Later(`DELETE FROM ees_merged WHERE ref = $1 AND merged = $2`, ref, gone)
	u.tx.Later(`DELETE FROM ees_by_merged WHERE merged = $1`, gone)
	for _, old := range u.undo.Tombstones {
		u.tx.Later(`UPDATE ees_by_merged SET ref = $1 WHERE merged = $2`, gone, old)
		u.tx.Later(`INSERT INTO ees_merged (ref, merged, at, authority, state, why, undo, undo_until)
			SELECT $1, merged, at, authority, state, why, undo, undo_until FROM ees_merged WHERE ref = $2 AND merged = $3`, gone, ref, old)
		u.tx.Later(`DELETE FROM ees_merged WHERE ref = $1 AND merged = $2`, ref, old)
	}
	return nil
}
