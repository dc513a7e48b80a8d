package ees_test

import (
	"strings"
	"testing"

	"limen/access"
	"limen/ees"
)

func (b *border) tryExcuse(id string, req ees.ExcuseRequest) (ees.StayDecision, error) {
	return run(b, officer("FRA"), ees.OpExcuseOverstay, func(p access.Pass) (ees.StayDecision, error) {
		return b.register.ExcuseOverstay(p, id, 0, req)
	})
}

// Removal from the list on proof, at once and for good; listed again when the
// proof no longer holds (EES-028).
func TestArt35_5_TakenOffTheListOnProof(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2026-05-01 08:00", anna())
		b.at("2026-08-01 08:00")
		excuse := ees.ExcuseRequest{Ground: ees.ExcusedByEvents, Note: "in hospital since July"}
		_, err := b.tryExcuse(entry.RecordID, excuse)
		refused(b.T, err, "not_listed")
		b.flag()
		_, err = b.tryExcuse(entry.RecordID, ees.ExcuseRequest{Ground: "because", Note: "in hospital"})
		refused(b.T, err, "unknown_ground")
		_, err = b.tryExcuse(entry.RecordID, ees.ExcuseRequest{Ground: ees.ExcusedByError, Note: " "})
		refused(b.T, err, "note_missing")
		_, err = b.tryExcuse(entry.RecordID, ees.ExcuseRequest{Withdraw: true, Note: "no such proof"})
		refused(b.T, err, "not_excused")
		done, err := b.tryExcuse(entry.RecordID, excuse)
		if err != nil || !differs(done, "overstay_class", "NO_EXIT", "") || done.Record.Excused == nil || done.Record.Excused.Ground != ees.ExcusedByEvents {
			b.Fatalf("%+v, %v", done, err)
		}
		if l := b.overstayers(ees.OverstayerQuery{}); len(l.Overstayers) != 0 || b.at("2026-08-02 08:00").flag() != 0 {
			b.Fatalf("listed all the same: %+v", l)
		}
		_, err = b.tryExcuse(entry.RecordID, excuse)
		refused(b.T, err, "not_listed")
		again, err := b.tryExcuse(entry.RecordID, ees.ExcuseRequest{Withdraw: true, Note: "the papers were false"})
		if err != nil || !differs(again, "overstay_class", "", "NO_EXIT") || !differs(again, "overstay_from", "", "2026-07-30") {
			b.Fatalf("%+v, %v", again, err)
		}
		if l := b.overstayers(ees.OverstayerQuery{}); len(l.Overstayers) != 1 {
			b.Fatalf("not listed again: %+v", l)
		}
		if lines := b.amendments(entry.File); len(lines) != 2 || !strings.Contains(lines[0], "serious_events: in hospital") || !strings.Contains(lines[1], "the papers were false") {
			b.Fatalf("%q", lines)
		}
	})
}

// Who was excused and leaves late is not listed; withdrawn after the exit, the
// stay is listed as exceeded.
func TestArt35_5_ExcusedAtExit(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2026-05-01 08:00", anna())
		b.at("2026-08-01 08:00").flag()
		if _, err := b.tryExcuse(entry.RecordID, ees.ExcuseRequest{Ground: ees.ExcusedByRight, Note: "asylum procedure"}); err != nil {
			b.Fatal(err)
		}
		who := anna()
		who.Direction = ees.Exit
		c := b.at("2026-08-10 08:00").check(who)
		if c.Proposal != ees.Admit || !found(c, "overstay") {
			b.Fatalf("%s %+v", c.Proposal, c.Findings)
		}
		if out := b.cross(c); out.OverstayClass != "" || out.OverstayDays != 12 {
			b.Fatalf("%+v", out)
		}
		done, err := b.tryExcuse(entry.RecordID, ees.ExcuseRequest{Withdraw: true, Note: "the procedure was another's"})
		if err != nil || done.Record.OverstayClass != ees.Exceeded {
			b.Fatalf("%+v, %v", done, err)
		}
	})
}
