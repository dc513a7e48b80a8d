package ees_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"limen/access"
	"limen/db"
	"limen/ees"
	"limen/law"
)

// caseworker is an immigration officer in France.
var caseworker = access.Principal{Officer: "officer", Channel: "session", Authority: access.Authority{Kind: access.Immigration, State: "FRA", Name: "Préfecture de police"}}

// of is an immigration officer of another state.
func of(state string) access.Principal {
	who := caseworker
	who.Authority.State, who.Authority.Name = state, "Immigration "+state
	return who
}

// refusedWith asserts that err is a refusal with this code.
func (b *border) refusedWith(err error, code law.Code) {
	b.Helper()
	var refusal *law.Refusal
	if !errors.As(err, &refusal) || refusal.Code != code {
		b.Errorf("%v; want the refusal %s", err, code)
	}
}

func (b *border) tryMerge(survivor, merged ees.FileRef) (ees.MergeView, error) {
	b.Helper()
	req := ees.MergeRequest{Survivor: survivor, Merged: merged, Why: "same face, same birth place, two passports"}
	req.SurvivorVersion, req.MergedVersion = b.file(survivor).Version, b.file(merged).Version
	return run(b, caseworker, ees.OpMergeFiles, func(p access.Pass) (ees.MergeView, error) { return b.register.MergeFiles(p, req) })
}

func (b *border) merge(survivor, merged ees.FileRef) ees.MergeView {
	b.Helper()
	v, err := b.tryMerge(survivor, merged)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func (b *border) tryUndo(survivor, merged ees.FileRef, later string) (ees.MergeView, error) {
	return run(b, caseworker, ees.OpUndoMerge, func(p access.Pass) (ees.MergeView, error) {
		return b.register.UndoMerge(p, ees.UndoMergeRequest{Survivor: survivor, Merged: merged, Why: "the fingerprints differ", Later: later}, 0)
	})
}

func (b *border) tellApart(file, other ees.FileRef, withdraw bool) (ees.ApartView, error) {
	return run(b, caseworker, ees.OpTellApart, func(p access.Pass) (ees.ApartView, error) {
		return b.register.TellApart(p, ees.ApartRequest{File: file, Other: other, Why: "two faces", Withdraw: withdraw})
	})
}

// rows reads every row of a file in every table, as text, without the columns
// that count versions.
func (b *border) rows(refs ...ees.FileRef) []string {
	b.Helper()
	tables := map[string]string{
		"ees_file": "ref, cir_file, visa_required, family_member, face, fingers, created_at, created_by, responsible, incomplete, fallback, without_biometrics, " +
			"programmes, permits, restricted, last_event_on, refused_first, refused_last, due_on, erase_by",
		"ees_record": "ref, n, entry_at, entry_on, entry_bcp, entry_authority, exit_at, exit_on, exit_bcp, exit_authority, family_member, visa, exit_visa, stay_end, " +
			"overstay_class, overstay_from, origin, incomplete, ended_on, despite, against, responsible, came_from",
		"ees_refusal":     "ref, n, refused_at, refused_on, bcp, authority, reasons, biometrics, visa, origin, responsible, came_from",
		"ees_by_visa":     "number, issuer, ref",
		"ees_not_same":    "ref, other, at, authority, state, why",
		"cir_dataset":     "record_ref, system, cir_file, created_at",
		"cir_file":        "cir_file, record_ref, system",
		"cir_identity":    "record_ref, system, n, surname, first_names, birth, sex, nationalities, created_at",
		"cir_document":    "record_ref, system, n, type, number, issuer, expiry, created_at",
		"cir_biometric":   "record_ref, system, n, kind, status, source, captured_at",
		"cir_by_document": "number, issuer, type, expiry, system, record_ref",
		"cir_by_name":     "block, name_key, record_ref, system, n, normal",
	}
	var all []string
	err := b.store.Read(b.Context(), func(tx *db.Tx) error {
		all = nil
		for table, columns := range tables {
			key := "ref"
			if strings.HasPrefix(table, "cir_") {
				key = "record_ref"
			}
			for _, ref := range refs {
				rows, err := tx.Query(`SELECT `+columns+` FROM `+table+` WHERE `+key+` = $1`, string(ref))
				if err != nil {
					return err
				}
				names := strings.Split(columns, ", ")
				for rows.Next() {
					values, into := make([]any, len(names)), make([]any, len(names))
					for i := range values {
						into[i] = &values[i]
					}
					if err := rows.Scan(into...); err != nil {
						rows.Close()
						return err
					}
					all = append(all, table+": "+fmt.Sprint(values...))
				}
				if err := rows.Err(); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// twoFiles makes two files of Anna, under two nationalities: entry under one
// passport in March, exit under the other in April, and a refusal in June.
func (b *border) twoFiles() (first, second ees.FileRef) {
	b.Helper()
	other := traveller("PELLETIER", "ANNA", "1988-02-11", "F", "USA", "US991122")
	first = b.enter("2026-10-10 09:00", anna()).File
	second = b.leave("2026-10-30 09:00", other).File
	b.at("2026-11-05 09:00")
	c := b.check(other)
	if _, err := b.tryRefuse(ees.RefusalRequest{CheckID: c.CheckID, Reasons: []ees.RefusalReason{"E"}}); err != nil {
		b.Fatal(err)
	}
	if first == second {
		b.Fatal("one file already")
	}
	return first, second
}

// One file holds everything afterwards: the entry of one is paired with the exit
// of the other, each record and refusal names where it came from, every document
// and name finds the one file, and the stay is judged on the whole (EES-007).
func TestArt35_1_MergeMakesOneFileOfTwo(t *testing.T) {
	onBoth(t, func(b *border) {
		first, second := b.twoFiles()
		v := b.merge(first, second)
		f := b.file(first)
		if len(f.Records) != 1 || f.Records[0].Entry == nil || f.Records[0].Exit == nil || f.Records[0].State != "CLOSED" {
			b.Errorf("records: %+v", f.Records)
		}
		if len(f.Refusals) != 1 || f.Refusals[0].File != first || len(f.Documents) != 2 || len(f.Identities) != 2 {
			b.Errorf("%d refusals, %d documents, %d identities", len(f.Refusals), len(f.Documents), len(f.Identities))
		}
		if v.Version != f.Version || v.UndoUntil == nil || v.UndoUntil.String() != "2027-05-05" {
			b.Errorf("%+v", v)
		}
		for _, who := range []ees.CheckRequest{anna(), traveller("PELLETIER", "ANNA", "1988-02-11", "F", "USA", "US991122")} {
			if c := b.check(who); c.File == nil || c.File.Ref != first {
				b.Errorf("%s finds %+v", who.Document.Number, c.File)
			}
		}
		if left := b.rows(second); len(left) != 0 {
			b.Errorf("left of the other file: %v", left)
		}
		// The reference that is gone leads on, and is not followed in silence.
		_, err := access.Run(b.Context(), b.door, access.Request{Principal: guard, Op: ees.OpReadFile, Purpose: access.BorderCheck},
			func(p access.Pass) (ees.FileView, error) { return b.register.ReadFile(p, second) })
		var refusal *law.Refusal
		if !errors.As(err, &refusal) || refusal.Code != "file_merged" || len(refusal.Facts) != 1 || refusal.Facts[0].Value != string(first) {
			b.Errorf("reading the old reference: %v", err)
		}
	})
}

// The days of both files count together: an entry that each file alone would
// allow in full is cut by the other's days (EES-030).
func TestArt35_1_MergeJudgesTheStaysAnew(t *testing.T) {
	onBoth(t, func(b *border) {
		other := traveller("PELLETIER", "ANNA", "1988-02-11", "F", "USA", "US991122")
		first := b.enter("2026-10-10 09:00", anna()).File
		b.leave("2026-12-18 09:00", anna()) // 70 days
		second := b.enter("2027-01-10 09:00", other).File
		b.at("2027-01-11 09:00")
		v := b.merge(first, second)
		f := b.file(first)
		last := f.Records[len(f.Records)-1]
		if last.StayEnd == nil || last.StayEnd.String() != "2027-01-29" {
			b.Errorf("the second stay ends %v", last.StayEnd)
		}
		if !slices.ContainsFunc(v.Differences, func(d ees.Difference) bool {
			return d.RecordID == last.RecordID && d.Field == "stay_end" && d.After == "2027-01-29"
		}) {
			b.Errorf("differences: %+v", v.Differences)
		}
	})
}

// Undoing restores both files row by row, with findings, visas and lookups.
func TestArt35_1_UndoRestoresBothFiles(t *testing.T) {
	onBoth(t, func(b *border) {
		first, second := b.twoFiles()
		third := b.enter("2026-11-06 09:00", traveller("PELLETIER", "ANNE", "1988-02-11", "F", "GBR", "GB551122")).File
		if _, err := b.tellApart(second, third, false); err != nil {
			b.Fatal(err)
		}
		before := b.rows(first, second, third)
		b.merge(first, second)
		if slices.Equal(before, b.rows(first, second, third)) {
			b.Error("the merge changed nothing")
		}
		b.at("2026-11-07 09:00")
		if _, err := b.tryUndo(first, second, ""); err != nil {
			b.Fatal(err)
		}
		after := b.rows(first, second, third)
		for _, row := range before {
			if !slices.Contains(after, row) {
				b.Errorf("lost: %s", row)
			}
		}
		for _, row := range after {
			if !slices.Contains(before, row) {
				b.Errorf("new: %s", row)
			}
		}
		if _, err := b.tryUndo(first, second, ""); err == nil {
			b.Error("undone twice")
		}
	})
}

// A crossing after the merge is somebody's: the undoing asks whose, and gives
// it to that file.
func TestArt35_1_UndoGivesLaterCrossingsToOneFile(t *testing.T) {
	onBoth(t, func(b *border) {
		first, second := b.twoFiles()
		b.merge(first, second)
		b.enter("2026-12-01 09:00", anna())
		_, err := b.tryUndo(first, second, "")
		b.refusedWith(err, "merge_undo_after_crossing")
		if _, err := b.tryUndo(first, second, "merged"); err != nil {
			b.Fatal(err)
		}
		one, two := b.file(first), b.file(second)
		if len(one.Records) != 1 || one.Records[0].Exit != nil || len(two.Records) != 2 || two.Records[1].Entry == nil || two.Records[1].Entry.On.String() != "2026-12-01" {
			b.Errorf("first %+v\nsecond %+v", one.Records, two.Records)
		}
		if len(two.Refusals) != 1 || len(one.Refusals) != 0 {
			b.Errorf("refusals: %d and %d", len(one.Refusals), len(two.Refusals))
		}
	})
}

// The copies that undoing needs go when their time is over, and undoing with
// them.
func TestArt35_1_UndoHasItsTime(t *testing.T) {
	onBoth(t, func(b *border) {
		first, second := b.twoFiles()
		b.merge(first, second)
		purge := func() int {
			n, err := b.register.PurgeChecks(b.Context(), b.door)
			if err != nil {
				b.Fatal(err)
			}
			return n
		}
		b.at("2027-05-05 12:00")
		purge()
		if n := purge(); n != 0 {
			b.Errorf("%d purged on the last day", n)
		}
		b.at("2027-05-06 12:00")
		if n := purge(); n != 1 {
			b.Errorf("%d copies purged on the day after", n)
		}
		_, err := b.tryUndo(first, second, "")
		b.refusedWith(err, "merge_undo_expired")
	})
}

// What must not be merged is not: on suspicion of fraud, with a version that
// somebody has not seen, with itself, and what was told apart.
func TestArt35_1_MergeIsRefused(t *testing.T) {
	onBoth(t, func(b *border) {
		first, second := b.twoFiles()
		try := func(change func(*ees.MergeRequest)) error {
			req := ees.MergeRequest{Survivor: first, Merged: second, Why: "same face", SurvivorVersion: b.file(first).Version, MergedVersion: b.file(second).Version}
			change(&req)
			_, err := run(b, caseworker, ees.OpMergeFiles, func(p access.Pass) (ees.MergeView, error) { return b.register.MergeFiles(p, req) })
			return err
		}
		before := b.rows(first, second)
		b.refusedWith(try(func(r *ees.MergeRequest) { r.SuspectedFraud = true }), "fraud_suspected")
		b.refusedWith(try(func(r *ees.MergeRequest) { r.SurvivorVersion++ }), "file_changed")
		b.refusedWith(try(func(r *ees.MergeRequest) { r.MergedVersion++ }), "file_changed")
		b.refusedWith(try(func(r *ees.MergeRequest) { r.Merged = first }), "same_file")
		b.refusedWith(try(func(r *ees.MergeRequest) { r.Why = "  x  " }), "reason_missing")
		b.refusedWith(try(func(r *ees.MergeRequest) { r.Merged = "nobody" }), "no_such_file")
		if !slices.Equal(before, b.rows(first, second)) {
			b.Error("a refused merge left something behind")
		}
		if _, err := b.tellApart(first, second, false); err != nil {
			b.Fatal(err)
		}
		b.refusedWith(try(func(*ees.MergeRequest) {}), "told_apart")
		_, err := b.tellApart(second, first, false)
		b.refusedWith(err, "already_told_apart")
		if _, err := b.tellApart(second, first, true); err != nil {
			b.Fatal(err)
		}
		if err := try(func(*ees.MergeRequest) {}); err != nil {
			b.Error(err)
		}
	})
}

// A candidate that was told apart is not put forward again; one that was not
// still is, and a withdrawn finding counts for nothing.
func TestArt27_1_ToldApartIsNotPutForwardAgain(t *testing.T) {
	onBoth(t, func(b *border) {
		first := b.enter("2026-10-10 09:00", anna()).File
		c := b.at("2026-10-11 09:00").check(traveller("PELETIER", "ANNA", "1988-02-11", "F", "CAN", "CA770011"))
		if len(c.Candidates) == 0 && c.File == nil {
			b.Fatal("the names are not alike")
		}
		if c.File != nil {
			b.Fatalf("the name counts as the same: %+v", c.File)
		}
		made, err := b.tryCross(ees.CrossingRequest{CheckID: c.CheckID, File: "new"})
		if err != nil {
			b.Fatal(err)
		}
		again := traveller("PELLETIER", "ANNA", "1988-02-11", "F", "CAN", "CA999000")
		if c := b.check(again); len(c.Candidates) != 2 || c.File != nil {
			b.Errorf("before the finding: %+v, %d candidates", c.File, len(c.Candidates))
		}
		if _, err := b.tellApart(first, made.File, false); err != nil {
			b.Fatal(err)
		}
		if c := b.check(again); c.File == nil || c.File.Ref != first || len(c.Candidates) != 0 {
			b.Errorf("after the finding: %+v, %d candidates", c.File, len(c.Candidates))
		}
		if _, err := b.tellApart(made.File, first, true); err != nil {
			b.Fatal(err)
		}
		if c := b.check(again); len(c.Candidates) != 2 {
			b.Errorf("after its withdrawal: %d candidates", len(c.Candidates))
		}
	})
}
