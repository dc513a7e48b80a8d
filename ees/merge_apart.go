package ees

import (
	"slices"
	"strings"

	"limen/access"
	"limen/db"
	"limen/law"
)

// The amendments of a finding that two files are different persons'.
const (
	ToldApart      AmendmentKind = "told_apart"
	ApartWithdrawn AmendmentKind = "told_apart_withdrawn"
)

// ApartRequest is an officer's finding that two files which look alike are
// different persons', or its withdrawal.
type ApartRequest struct {
	File  FileRef `json:"file" minLength:"1" maxLength:"40" doc:"Reference of one file."`
	Other FileRef `json:"other" minLength:"1" maxLength:"40" doc:"Reference of the other file."`
	// Versions as they were compared: whoever has seen an older file has not seen
	// whose crossings came since, or that it was merged.
	FileVersion  int64  `json:"file_version" minimum:"1" doc:"Version of the one file, as it was compared."`
	OtherVersion int64  `json:"other_version" minimum:"1" doc:"Version of the other file, as it was compared."`
	Why          string `json:"why" minLength:"5" maxLength:"500" doc:"How it was found."`
	Withdraw     bool   `json:"withdraw,omitempty" doc:"Withdraws the finding."`
}

// ApartView tells what is recorded now.
type ApartView struct {
	File  FileRef   `json:"file"`
	Apart []FileRef `json:"apart" nullable:"false" doc:"Files that are recorded as other persons'."`
}

// TellApart records that two files are different persons', so that later checks
// do not put one forward for the other again (spec 5.4), or withdraws it. The
// finding goes with either file.
func (r *Register) TellApart(p access.Pass, req ApartRequest) (ApartView, error) {
	tx, err := p.Tx()
	if err != nil {
		return ApartView{}, err
	}
	if req.File == req.Other {
		return ApartView{}, law.BadField("other", "same_file", citeMerge, "These are one file. Name the other one.")
	}
	if len(strings.TrimSpace(req.Why)) < shortestWhy {
		return ApartView{}, law.BadField("why", "reason_missing", citeMerge, "Say how it was found.")
	}
	kind := ToldApart
	if req.Withdraw {
		kind = ApartWithdrawn
	}
	var both [2]*amending
	if both[0], err = r.amend(p, req.File, req.FileVersion); err != nil {
		return ApartView{}, err
	}
	if both[1], err = r.amend(p, req.Other, req.OtherVersion); err != nil {
		return ApartView{}, at("other", err)
	}
	apart, err := apartFrom(tx, req.File)
	if err != nil {
		return ApartView{}, err
	}
	switch has := slices.Contains(apart, req.Other); {
	case has && !req.Withdraw:
		return ApartView{}, law.Refuse(law.Conflict, "already_told_apart", citeMerge, "The files are recorded as different persons' already.")
	case !has && req.Withdraw:
		return ApartView{}, law.Refuse(law.Conflict, "not_told_apart", citeMerge, "The files are not recorded as different persons'. There is nothing to withdraw.")
	}
	who := p.Principal().Authority
	row := apartRow{Other: req.Other, At: tx.Now().UnixMicro(), Authority: who.Name, State: who.State, Why: strings.TrimSpace(req.Why)}
	if req.Withdraw {
		apart = slices.DeleteFunc(apart, func(ref FileRef) bool { return ref == req.Other })
		withdrawApart(tx, req.File, req.Other)
	} else {
		apart = append(apart, req.Other)
		row.insert(tx, req.File)
	}
	for i, a := range both {
		other := []FileRef{req.Other, req.File}[i]
		a.did(amendment{kind: kind, cite: citeMerge, note: row.Why, body: map[string]string{"other": string(other)}})
		if _, err := a.commit(); err != nil {
			return ApartView{}, err
		}
	}
	return ApartView{req.File, apart}, p.Send(access.EntryRecords)
}

// apartRow is a row of ees_not_same, seen from one file.
type apartRow struct {
	Other     FileRef `json:"other"`
	At        int64   `json:"at"`
	Authority string  `json:"authority"`
	State     string  `json:"state"`
	Why       string  `json:"why"`
}

// insert records the finding under both files.
func (a *apartRow) insert(tx *db.Tx, ref FileRef) {
	for _, pair := range [][2]FileRef{{ref, a.Other}, {a.Other, ref}} {
		tx.Later(`INSERT INTO ees_not_same (ref, other, at, authority, state, why) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (ref, other) DO NOTHING`,
			string(pair[0]), string(pair[1]), a.At, a.Authority, a.State, a.Why)
	}
}

// part moves the finding back from the joined file to the other one.
func (a *apartRow) part(tx *db.Tx, from, to FileRef) {
	withdrawApart(tx, from, a.Other)
	a.insert(tx, to)
}

func withdrawApart(tx *db.Tx, a, b FileRef) {
	tx.Later(`DELETE FROM ees_not_same WHERE ref = $1 AND other = $2`, string(a), string(b))
	tx.Later(`DELETE FROM ees_not_same WHERE ref = $1 AND other = $2`, string(b), string(a))
}

// apartFrom lists the files that are recorded as other persons' than this one.
func apartFrom(tx *db.Tx, ref FileRef) ([]FileRef, error) {
	others, err := texts(tx, `SELECT other FROM ees_not_same WHERE ref = $1 ORDER BY other`, string(ref))
	list := make([]FileRef, len(others))
	for i, o := range others {
		list[i] = FileRef(o)
	}
	return list, err
}

// notToldApart refuses to merge what an officer found to be different persons.
func (m *merging) notToldApart() error {
	var n int
	err := m.tx.Row(`SELECT COUNT(*) FROM ees_not_same WHERE ref = $1 AND other = $2`, string(m.req.Survivor), string(m.req.Merged)).Scan(&n)
	if err != nil || n == 0 {
		return err
	}
	return law.Refuse(law.Conflict, "told_apart", citeMerge,
		"An officer found these to be two persons' files. Withdraw that finding first, if it was a mistake.")
}

// moveApart makes the findings about the other file findings about the survivor.
func (m *merging) moveApart() error {
	rows, err := m.tx.Query(`SELECT other, at, authority, state, why FROM ees_not_same WHERE ref = $1 ORDER BY other`, string(m.req.Merged))
	if err != nil {
		return err
	}
	defer rows.Close()
	var all []apartRow
	for rows.Next() {
		var a apartRow
		var other string
		if err := rows.Scan(&other, &a.At, &a.Authority, &a.State, &a.Why); err != nil {
			return err
		}
		a.Other = FileRef(other)
		all = append(all, a)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	own, err := apartFrom(m.tx, m.req.Survivor)
	if err != nil {
		return err
	}
	for _, a := range all {
		if slices.Contains(own, a.Other) {
			withdrawApart(m.tx, m.req.Merged, a.Other)
			continue
		}
		a.part(m.tx, m.req.Merged, m.req.Survivor)
		m.undo.Apart = append(m.undo.Apart, a)
	}
	return nil
}

// settledBefore finds the one candidate whose whole identity agrees when every other
// candidate is recorded as another person than it: then nothing is in doubt
// that an officer has not settled.
func (c *checking) settledBefore() (*known, error) {
	var one *known
	for _, o := range c.others {
		if o.same {
			if one != nil {
				return nil, nil
			}
			one = o.known
		}
	}
	if one == nil || len(c.others) < 2 {
		return nil, nil
	}
	apart, err := apartFrom(c.tx, one.file.Ref)
	if err != nil {
		return nil, err
	}
	for _, o := range c.others {
		if o.known != one && !slices.Contains(apart, o.known.file.Ref) {
			return nil, nil
		}
	}
	return one, nil
}
