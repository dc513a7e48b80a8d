package ees_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"limen/access"
	"limen/db"
	"limen/ees"
	"limen/law"
)

func (b *border) tryRebut(version int64, req ees.RebuttalRequest) (ees.StayDecision, error) {
	return run(b, officer("FRA"), ees.OpRebut, func(p access.Pass) (ees.StayDecision, error) { return b.register.Rebut(p, version, req) })
}

func (b *border) rebut(req ees.RebuttalRequest) ees.StayDecision {
	b.Helper()
	done, err := b.tryRebut(0, req)
	if err != nil {
		b.Fatal(err)
	}
	return done
}

func proved(on string) *ees.ProvedCrossing { return &ees.ProvedCrossing{On: day(on)} }

// amendments are the lines of a file's own history, as "kind: note" with what
// stood there before.
func (b *border) amendments(ref ees.FileRef) (lines []string) {
	b.Helper()
	err := b.store.Read(context.Background(), func(tx *db.Tx) error {
		lines = nil
		rows, err := tx.Query(`SELECT kind, note, body FROM ees_amendment WHERE ref = $1 ORDER BY n`, string(ref))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var kind, note, body string
			if err := rows.Scan(&kind, &note, &body); err != nil {
				return err
			}
			lines = append(lines, kind+": "+note+" "+body)
		}
		return rows.Err()
	})
	if err != nil {
		b.Fatal(err)
	}
	return lines
}

// EES-030, E31, E32: no exit, flagged; tickets prove the exit; the flag goes, the
// next entry is worked out on what is proved, and what stood before is kept.
func TestArt20_2_ProofCompletesARecord(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2026-01-10 08:00", anna())
		if n := b.at("2026-05-01 08:00").flag(); n != 1 {
			b.Fatalf("flagged %d", n)
		}
		if o := b.overstayers(ees.OverstayerQuery{}).Overstayers[0]; o.Since != day("2026-04-10") || o.Days != 22 {
			b.Fatalf("%+v", o)
		}
		b.check(anna())
		done := b.rebut(ees.RebuttalRequest{RecordID: entry.RecordID, Kind: ees.ProofTicket, Note: "boarding pass AF 342", Exit: proved("2026-02-10")})
		if !differs(done, "overstay_class", "NO_EXIT", "") || !differs(done, "overstay_from", "2026-04-10", "") || done.Record.State != "CLOSED" || done.Record.OverstayDays != 0 {
			b.Fatalf("%+v", done)
		}
		r := b.file(entry.File).Records[0]
		if r.ExitOrigin != ees.Rebuttal || r.Origin != ees.Online || r.Proof == nil || r.Proof.Kind != "transport_ticket" || r.Proof.Note != "boarding pass AF 342" || r.Exit.At != nil {
			b.Fatalf("%+v", r)
		}
		if l := b.overstayers(ees.OverstayerQuery{}); len(l.Overstayers) != 0 {
			b.Fatalf("%+v", l)
		}
		c := b.check(anna())
		if c.Stay.DaysRemaining != 58 || *c.Stay.LastDay != day("2026-06-27") || c.Proposal != ees.Admit {
			b.Fatalf("%s %+v %+v", c.Proposal, c.Stay, c.Findings)
		}
		lines := b.amendments(entry.File)
		if len(lines) != 1 || !strings.HasPrefix(lines[0], "presumption_rebutted: transport_ticket: boarding pass AF 342") || !strings.Contains(lines[0], "NO_EXIT") {
			b.Fatalf("%q", lines)
		}
	})
}

// EES-030: a proof that comes after the next entry works that entry out anew, and
// the answer says so.
func TestArt20_2_WhatFollowsIsWorkedOutAnew(t *testing.T) {
	onBoth(t, func(b *border) {
		first := b.enter("2026-01-10 08:00", anna())
		b.at("2026-05-01 08:00")
		second, err := b.tryCross(ees.CrossingRequest{CheckID: b.check(anna()).CheckID, Despite: "humanitarian: father in hospital"})
		if err != nil || *second.StayEnd != day("2026-04-30") {
			b.Fatalf("%+v, %v", second.StayEnd, err)
		}
		done := b.rebut(ees.RebuttalRequest{RecordID: first.RecordID, Kind: ees.ProofAbroad, Exit: proved("2026-02-10")})
		if !differs(done, "stay_end", "2026-04-30", "2026-06-27") || done.Record.EndedWithoutExit {
			b.Fatalf("%+v", done)
		}
	})
}

// EES-030: a proof makes a record, with its file, with the origin REBUTTAL; and
// another takes one out, which opens the stay that it had ended.
func TestArt20_2_ProofMakesARecordAndTakesOneOut(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-05-20 08:00")
		made := b.rebut(ees.RebuttalRequest{Person: newcomer(anna()), Kind: ees.ProofStamp, Entry: proved("2026-05-01")})
		if made.Record.Origin != ees.Rebuttal || *made.Record.StayEnd != day("2026-07-29") || made.Record.State != "OPEN" || !differs(made, "record", "", "made") {
			b.Fatalf("%+v", made)
		}
		ref := made.Record.File
		_, err := b.tryRebut(0, ees.RebuttalRequest{Person: newcomer(anna()), Kind: ees.ProofStamp, Entry: proved("2026-05-01")})
		refused(b.T, err, "file_found")
		second := b.rebut(ees.RebuttalRequest{File: ref, Kind: ees.ProofTicket, Entry: proved("2026-05-10")})
		if f := b.file(ref); len(f.Records) != 2 || !f.Records[0].EndedWithoutExit {
			b.Fatalf("%+v", f.Records)
		}
		out := b.rebut(ees.RebuttalRequest{RecordID: second.Record.RecordID, Kind: ees.ProofOther, Note: "the ticket was her sister's", Remove: true})
		if out.Record != nil || !differs(out, "record", "recorded", "") {
			b.Fatalf("%+v", out)
		}
		if f := b.file(ref); len(f.Records) != 1 || f.Records[0].EndedWithoutExit || f.Records[0].State != "OPEN" {
			b.Fatalf("%+v", f.Records)
		}
	})
}

// An exit recorded alone gets the entry that a proof shows, and its overstay.
func TestArt20_2_ProofOfTheEntry(t *testing.T) {
	onBoth(t, func(b *border) {
		out := b.leave("2026-08-10 08:00", anna())
		if out.Entry != nil {
			b.Fatalf("%+v", out)
		}
		done := b.rebut(ees.RebuttalRequest{RecordID: out.RecordID, Kind: ees.ProofStamp, Entry: proved("2026-05-01")})
		if r := done.Record; r.Entry.On != day("2026-05-01") || *r.StayEnd != day("2026-07-29") || r.OverstayClass != ees.Exceeded || r.OverstayDays != 12 || r.Origin != ees.Rebuttal || r.ExitOrigin != ees.Online {
			b.Fatalf("%+v", r)
		}
	})
}

// A permit explains the presence: its days do not count any more, and the flag
// goes.
func TestArt20_2_ProofByPermit(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2026-01-10 08:00", anna())
		b.at("2026-05-01 08:00").flag()
		held := permit("residence_permit", "2026-02-01", "2026-04-20")
		done := b.rebut(ees.RebuttalRequest{File: entry.File, Kind: ees.ProofPermit, Permit: &held})
		// 22 days before it, 68 after it.
		if !differs(done, "overstay_class", "NO_EXIT", "") || !differs(done, "stay_end", "2026-04-09", "2026-06-27") {
			b.Fatalf("%+v", done.Differences)
		}
		still := permit("residence_permit", "2026-04-25", "2027-04-20")
		b.rebut(ees.RebuttalRequest{File: entry.File, Kind: ees.ProofPermit, Permit: &still})
		_, err := b.tryRebut(0, ees.RebuttalRequest{RecordID: entry.RecordID, Kind: ees.ProofTicket, Exit: proved("2026-02-10")})
		refused(b.T, err, "not_presumed")
	})
}

// What proves nothing, or contradicts the records, is refused.
func TestArt20_2_WhatIsNoRebuttal(t *testing.T) {
	onBoth(t, func(b *border) {
		first := b.enter("2026-01-10 08:00", anna())
		b.at("2026-03-01 08:00").cross(b.check(anna()))
		last := b.leave("2026-03-20 08:00", anna())
		noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		early := time.Date(2026, 3, 1, 5, 0, 0, 0, time.UTC)
		b.at("2026-04-10 08:00") // the day on which article 20 begins to apply
		future := proved("2026-04-11")
		for name, c := range map[string]struct {
			req  ees.RebuttalRequest
			code law.Code
		}{
			"no kind":               {ees.RebuttalRequest{RecordID: first.RecordID, Exit: proved("2026-02-10")}, "unknown_proof"},
			"other without words":   {ees.RebuttalRequest{RecordID: first.RecordID, Kind: ees.ProofOther, Exit: proved("2026-02-10")}, "proof_unnamed"},
			"nothing proved":        {ees.RebuttalRequest{RecordID: first.RecordID, Kind: ees.ProofTicket}, "nothing_proved"},
			"no record to take out": {ees.RebuttalRequest{File: first.File, Kind: ees.ProofTicket, Remove: true}, "record_missing"},
			"taken out and proved":  {ees.RebuttalRequest{RecordID: first.RecordID, Kind: ees.ProofTicket, Remove: true, Exit: proved("2026-02-10")}, "proof_contradiction"},
			"an exit alone":         {ees.RebuttalRequest{File: first.File, Kind: ees.ProofTicket, Exit: proved("2026-02-10")}, "entry_missing"},
			"entry is there":        {ees.RebuttalRequest{RecordID: first.RecordID, Kind: ees.ProofTicket, Entry: proved("2026-01-09")}, "already_recorded"},
			"exit is there":         {ees.RebuttalRequest{RecordID: last.RecordID, Kind: ees.ProofTicket, Exit: proved("2026-03-19")}, "already_recorded"},
			"exit before entry":     {ees.RebuttalRequest{RecordID: first.RecordID, Kind: ees.ProofTicket, Exit: proved("2026-01-09")}, "exit_before_entry"},
			"exit after the next":   {ees.RebuttalRequest{RecordID: first.RecordID, Kind: ees.ProofTicket, Exit: proved("2026-03-02")}, "proof_contradicts_records"},
			"exit on the next's day": {ees.RebuttalRequest{RecordID: first.RecordID, Kind: ees.ProofTicket, Exit: proved("2026-03-01")},
				"proof_contradicts_records"},
			"and later that day": {ees.RebuttalRequest{RecordID: first.RecordID, Kind: ees.ProofTicket, Exit: &ees.ProvedCrossing{On: day("2026-03-01"), At: &noon, CrossingPoint: "FRCDG"}},
				"proof_contradicts_records"},
			"a moment nowhere":    {ees.RebuttalRequest{RecordID: first.RecordID, Kind: ees.ProofTicket, Exit: &ees.ProvedCrossing{On: day("2026-03-01"), At: &early}}, "crossing_point_missing"},
			"another day's":       {ees.RebuttalRequest{RecordID: first.RecordID, Kind: ees.ProofTicket, Exit: &ees.ProvedCrossing{On: day("2026-02-28"), At: &early, CrossingPoint: "FRCDG"}}, "day_of_another_moment"},
			"tomorrow":            {ees.RebuttalRequest{RecordID: first.RecordID, Kind: ees.ProofTicket, Exit: future}, "date_in_the_future"},
			"no day":              {ees.RebuttalRequest{RecordID: first.RecordID, Kind: ees.ProofTicket, Exit: &ees.ProvedCrossing{}}, "proved_day_missing"},
			"within another stay": {ees.RebuttalRequest{File: first.File, Kind: ees.ProofTicket, Entry: proved("2026-03-05"), Exit: proved("2026-03-06")}, "proof_contradicts_records"},
			"another file":        {ees.RebuttalRequest{RecordID: first.RecordID, File: "x", Kind: ees.ProofTicket}, "other_file"},
			"permit by ticket":    {ees.RebuttalRequest{File: first.File, Kind: ees.ProofTicket, Permit: &ees.Permit{}}, "permit_without_proof"},
		} {
			b.Log(name)
			_, err := b.tryRebut(0, c.req)
			refused(b.T, err, c.code)
		}
		_, err := b.tryRebut(1, ees.RebuttalRequest{RecordID: first.RecordID, Kind: ees.ProofTicket, Exit: proved("2026-02-10")})
		refused(b.T, err, "file_changed")
		// With its moment, an exit on the day of the next entry is possible.
		done := b.rebut(ees.RebuttalRequest{RecordID: first.RecordID, Kind: ees.ProofTicket, Exit: &ees.ProvedCrossing{At: &early, CrossingPoint: "FRCDG"}})
		if done.Record.Exit.On != day("2026-03-01") || done.Record.EndedWithoutExit {
			b.Fatalf("%+v", done.Record)
		}
		spouse := traveller("ROE", "JANE", "1980-01-01", "F", "USA", "US1")
		spouse.FamilyMember = true
		family := b.enter("2026-03-21 08:00", spouse)
		_, err = b.at("2026-03-22 08:00").tryRebut(0, ees.RebuttalRequest{RecordID: family.RecordID, Kind: ees.ProofTicket, Exit: proved("2026-03-21")})
		refused(b.T, err, "not_presumed")
	})
}
