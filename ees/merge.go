package ees

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/interop/cir"
	"limen/law"
)

// The amendments of a merge.
const (
	FilesMerged AmendmentKind = "files_merged"
	MergeUndone AmendmentKind = "merge_undone"
)

// citeMerge carries the merging of files: no article says how two files of one
// person become one; that there is one file is art 14(2), that what is recorded
// must be right is art 35.
const citeMerge law.Citation = "2017/2226 art 35(1)"

// undoMerge is how long a merge can be undone, unless something in one of the
// files falls due before.
var undoMerge = law.Param[law.Period]{Name: "ees.undo_merge", Unit: "period", Rows: []law.Row[law.Period]{
	{From: law.EESStart(), Value: law.Period{Months: 6}, Cite: citeMerge, Unconfirmed: true,
		Note: "design choice: the law is silent on merging files"}}}

// MergeRequest is an officer's finding that two files are one person's.
type MergeRequest struct {
	Survivor        FileRef `json:"survivor" minLength:"1" maxLength:"40" doc:"Reference of the file that stays."`
	SurvivorVersion int64   `json:"survivor_version" minimum:"1" doc:"Version of the file that stays, as it was compared."`
	Merged          FileRef `json:"merged" minLength:"1" maxLength:"40" doc:"Reference of the file that becomes part of it."`
	MergedVersion   int64   `json:"merged_version" minimum:"1" doc:"Version of that file, as it was compared."`
	Why             string  `json:"why" minLength:"5" maxLength:"500" doc:"How it was found that both are one person's."`
	SuspectedFraud  bool    `json:"suspected_fraud,omitempty" doc:"There is a suspicion that the person uses a false identity. Then nothing is merged."`
}

// MergeView tells what a merge, or its undoing, did.
type MergeView struct {
	Survivor    FileRef      `json:"survivor"`
	Merged      FileRef      `json:"merged"`
	Version     int64        `json:"version" doc:"The version of the file that stays."`
	UndoUntil   *law.Date    `json:"undo_until" format:"date" doc:"Last day on which the merge can be undone; null after it was."`
	Differences []Difference `json:"differences" nullable:"false" doc:"What the calculator says otherwise now of the stays of the file that stays."`
}

// MergeFiles makes two files of one person one (spec 5.4; art 14(2) wants one):
// records, refusals, identities, documents and references to samples go to the
// survivor, with the name they had. The reference of the other file leads to the
// survivor from then on. Every stay is judged anew.
//
// Suspected fraud is no ground to merge: the files are kept apart, as evidence
// and because each identity has to be judged for itself.
func (r *Register) MergeFiles(p access.Pass, req MergeRequest) (MergeView, error) {
	switch tx, err := p.Tx(); {
	case err != nil:
		return MergeView{}, err
	case req.SuspectedFraud:
		return MergeView{}, law.Refuse(law.NotPermitted, "fraud_suspected", citeMerge,
			"Files are not merged where a false identity is suspected. Keep both as they are, and send the traveller to second line.")
	case req.Survivor == req.Merged:
		return MergeView{}, law.BadField("merged", "same_file", citeMerge, "These are one file already. Name the other one.")
	case len(strings.TrimSpace(req.Why)) < shortestWhy:
		return MergeView{}, law.BadField("why", "reason_missing", citeMerge, "Say how it was found that both files are one person's.")
	default:
		m := merging{register: r, pass: p, tx: tx, req: req}
		return m.merge()
	}
}

// merging is a merge under way.
type merging struct {
	register *Register
	pass     access.Pass
	tx       *db.Tx
	req      MergeRequest
	stays    *amending // the file that stays
	goes     *amending // the file that becomes part of it
	undo     mergeUndo
}

func (m *merging) merge() (MergeView, error) {
	var err error
	if m.stays, err = m.register.amend(m.pass, m.req.Survivor, m.req.SurvivorVersion); err != nil {
		return MergeView{}, err
	}
	if m.goes, err = m.register.amend(m.pass, m.req.Merged, m.req.MergedVersion); err != nil {
		return MergeView{}, at("merged", err)
	}
	if err := m.notToldApart(); err != nil {
		return MergeView{}, err
	}
	until, err := m.undoUntil()
	if err != nil {
		return MergeView{}, err
	}
	for _, step := range []func() error{m.keep, m.moveRecords, m.moveFile, m.moveRefusals, m.moveVisas, m.moveHistory, m.moveApart, m.moveCases, m.moveTombstones} {
		if err := step(); err != nil {
			return MergeView{}, err
		}
	}
	ref, gone := m.req.Survivor, m.req.Merged
	if m.undo.CIR, err = cir.Absorb(m.pass, cir.EES, cir.RecordRef(ref), cir.RecordRef(gone)); err != nil {
		return MergeView{}, err
	}
	m.stays.did(amendment{kind: FilesMerged, cite: citeMerge, note: strings.TrimSpace(m.req.Why), body: map[string]string{"merged": string(gone)}})
	differences, err := m.stays.commit()
	if err != nil {
		return MergeView{}, err
	}
	if err := m.bury(until); err != nil {
		return MergeView{}, err
	}
	return MergeView{Survivor: ref, Merged: gone, Version: m.stays.known.file.Version, UndoUntil: &until, Differences: differences},
		m.pass.Send(access.EntryRecords)
}

// bury takes the other file away and leaves the tombstone.
func (m *merging) bury(until law.Date) error {
	ref, gone := string(m.req.Survivor), string(m.req.Merged)
	for _, table := range []string{"ees_record", "ees_refusal", "ees_amendment", "ees_by_visa", "ees_file"} {
		m.tx.Later(`DELETE FROM `+table+` WHERE ref = $1`, gone)
	}
	changed(m.tx, m.req.Merged, m.goes.known.file.Version+1)
	k := m.stays.known
	size, err := cir.Size(m.pass, cir.EES, cir.RecordRef(ref))
	if err != nil {
		return err
	}
	m.undo.After = afterMerge{Version: k.file.Version, Records: k.records, Refusals: len(m.undo.Survivor.Refusals) + len(m.undo.Merged.Refusals), Data: size}
	body, err := json.Marshal(m.undo)
	if err != nil {
		return err
	}
	who := m.pass.Principal().Authority
	m.tx.Later(`INSERT INTO ees_merged (ref, merged, at, authority, state, why, undo, undo_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		ref, gone, m.tx.Now().UnixMicro(), who.Name, who.State, strings.TrimSpace(m.req.Why), string(body), until)
	m.tx.Later(`INSERT INTO ees_by_merged (merged, ref) VALUES ($1, $2)`, gone, ref)
	return nil
}

// undoUntil is the last day of the copy that undoing needs: the day before
// anything in either file falls due, at the latest some months from now.
func (m *merging) undoUntil() (law.Date, error) {
	period, err := periodOn(&undoMerge, m.stays.today)
	if err != nil {
		return 0, err
	}
	until := period.After(m.stays.today)
	for _, k := range []*known{m.stays.known, m.goes.known} {
		due, err := k.dueOn()
		if err != nil {
			return 0, err
		}
		if due != 0 {
			until = min(until, due-1)
		}
	}
	return until, nil
}

// moveRecords brings the records over, each under a number of its own there and
// with the name it had, and pairs entries and exits of both files by time.
func (m *merging) moveRecords() error {
	k := m.stays.known
	m.undo.Records = map[int]int{}
	for _, rec := range m.goes.known.records {
		n := k.nextRecord()
		m.undo.Records[rec.N] = n
		rec.CameFrom, rec.Ref, rec.N, rec.Version = recordID(rec.Ref, rec.N), k.file.Ref, n, 0
		k.records = append(k.records, rec)
	}
	inTime(k.records)
	k.records = inOrder(k.records, k.nextRecord)
	return nil
}

// moveFile joins what stands on the files themselves.
func (m *merging) moveFile() error {
	f, g := &m.stays.known.file, &m.goes.known.file
	if f.Face == FaceMissing {
		f.Face = g.Face
	}
	if f.Fingers != FingersPresent && (g.Fingers == FingersPresent || f.Fingers == FingersMissing) {
		f.Fingers = g.Fingers
	}
	f.FamilyMember = f.FamilyMember || g.FamilyMember
	f.WithoutBiometrics = f.WithoutBiometrics && g.WithoutBiometrics
	f.Programmes = append(slices.Clone(f.Programmes), g.Programmes...)
	f.Permits = append(slices.Clone(f.Permits), g.Permits...)
	if f.Restricted == nil {
		f.Restricted = g.Restricted
	}
	if f.RefusedFirst == 0 || g.RefusedFirst != 0 && g.RefusedFirst < f.RefusedFirst {
		f.RefusedFirst = g.RefusedFirst
	}
	f.RefusedLast = max(f.RefusedLast, g.RefusedLast)
	f.LastEventOn = max(f.LastEventOn, g.LastEventOn)
	if f.EraseBy == 0 || g.EraseBy != 0 && g.EraseBy < f.EraseBy {
		f.EraseBy = g.EraseBy
	}
	return nil
}

func (m *merging) moveRefusals() error {
	n := 0
	for _, row := range m.undo.Survivor.Refusals {
		n = max(n, row.N)
	}
	m.undo.Refusals = map[int]int{}
	for _, row := range m.undo.Merged.Refusals {
		n++
		m.undo.Refusals[row.N] = n
		from := refusalID(m.req.Merged, row.N)
		row.CameFrom, row.N = &from, n
		row.insert(m.tx, m.req.Survivor)
	}
	return nil
}

func (m *merging) moveVisas() error {
	for _, v := range m.undo.Merged.Visas {
		m.tx.Later(`INSERT INTO ees_by_visa (number, issuer, ref) VALUES ($1, $2, $3) ON CONFLICT (number, issuer, ref) DO NOTHING`, v[0], v[1], string(m.req.Survivor))
	}
	return nil
}

// moveHistory brings the other file's amendments over, about the records and
// refusals by their new numbers.
func (m *merging) moveHistory() error {
	n := 0
	for _, row := range m.undo.Survivor.Amendments {
		n = max(n, row.N)
	}
	for _, row := range m.undo.Merged.Amendments {
		n++
		m.undo.Amendments = append(m.undo.Amendments, n)
		row.N = n
		if row.Record != nil {
			row.Record = renumbered(m.undo.Records, *row.Record)
		}
		if row.Refusal != nil {
			row.Refusal = renumbered(m.undo.Refusals, *row.Refusal)
		}
		if err := row.insert(m.tx, m.req.Survivor); err != nil {
			return err
		}
	}
	return nil
}

func renumbered(to map[int]int, n int) *int {
	if now, ok := to[n]; ok {
		return &now
	}
	return nil
}

// moveTombstones makes references that led to the other file lead to the
// survivor, so that none leads to a tombstone.
func (m *merging) moveTombstones() error {
	ref, gone := string(m.req.Survivor), string(m.req.Merged)
	earlier, err := texts(m.tx, `SELECT merged FROM ees_by_merged WHERE ref = $1 ORDER BY merged`, gone)
	if err != nil {
		return err
	}
	m.undo.Tombstones = earlier
	for _, old := range earlier {
		m.tx.Later(`UPDATE ees_by_merged SET ref = $1 WHERE merged = $2`, ref, old)
		m.tx.Later(`INSERT INTO ees_merged (ref, merged, at, authority, state, why, undo, undo_until)
			SELECT $1, merged, at, authority, state, why, undo, undo_until FROM ees_merged WHERE ref = $2 AND merged = $3`, ref, gone, old)
		m.tx.Later(`DELETE FROM ees_merged WHERE ref = $1 AND merged = $2`, gone, old)
	}
	return nil
}

// gone says what became of a file that is not there: a merge left its reference
// behind, or there never was one.
//
// The answer names the file that stays and does not open it: whoever asked has
// to ask for that file, under the version and the purpose that they then have,
// and the log shows whose file was read.
func gone(tx *db.Tx, ref FileRef) error {
	var now string
	err := tx.Row(`SELECT ref FROM ees_by_merged WHERE merged = $1`, string(ref)).Scan(&now)
	if errors.Is(err, db.ErrNoRows) {
		return noSuchFile()
	}
	if err != nil {
		return err
	}
	return law.Refuse(law.NotFound, "file_merged", "2017/2226 art 14(2)",
		"This file was found to be the same person's as another and is part of it now. Use the other reference from now on.",
		"file", now)
}

// texts reads one column.
func texts(tx *db.Tx, query string, args ...any) ([]string, error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// purgeUndo takes away the copies that undoing a merge needs when their time is
// over.
func purgeUndo(tx *db.Tx) (int, error) {
	rows, err := tx.Query(`SELECT ref, merged FROM ees_merged WHERE undo IS NOT NULL AND undo_until < $1 ORDER BY undo_until, ref, merged LIMIT $2`,
		law.DateIn(tx.Now(), time.UTC), purgeStep)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var ref, merged string
		if err := rows.Scan(&ref, &merged); err != nil {
			return 0, err
		}
		tx.Later(`UPDATE ees_merged SET undo = NULL, undo_until = NULL WHERE ref = $1 AND merged = $2`, ref, merged)
		n++
	}
	return n, rows.Err()
}
