package ees_test

import (
	"reflect"
	"testing"

	"limen/access"
	"limen/db"
	"limen/ees"
)

func (b *border) extractForCopy(after ees.FileRef, limit int) ees.ExtractStep {
	b.Helper()
	step, err := run(b, access.DutyPrincipal("carrier_extract"), ees.OpExtract, func(p access.Pass) (ees.ExtractStep, error) {
		return b.register.ExtractForCarriers(p, after, limit)
	})
	if err != nil {
		b.Fatal(err)
	}
	return step
}

func (b *border) forget(taken []ees.Changed) {
	b.Helper()
	if _, err := run(b, access.DutyPrincipal("carrier_extract"), ees.OpForgetSent, func(p access.Pass) (int, error) {
		return b.register.ForgetExtracted(p, taken, ees.CopyPosition{Filling: 1, Step: 1})
	}); err != nil {
		b.Fatal(err)
	}
}

func onVisa(who ees.CheckRequest, number string, entries int) ees.CheckRequest {
	who.Visa = &ees.VisaInput{Number: number, Issuer: "FRA", Type: "C", ValidFrom: day("2026-05-01"), ValidUntil: day("2026-12-31"), Days: 60, Entries: entries}
	return who
}

// What a file gives to the copy: documents, identities, the visas with the
// entries used on each, and a history that the calculator reads as it reads the
// records. EES-048.
func TestArt13_5_AnExtractIsTheLeastThatQuestionsNeed(t *testing.T) {
	onBoth(t, func(b *border) {
		first := b.enter("2026-05-02 09:00", onVisa(mehmet(), "FRA111", 2))
		b.leave("2026-05-11 09:00", onVisa(mehmet(), "FRA111", 2))
		b.enter("2026-06-01 09:00", onVisa(mehmet(), "FRA111", 2))
		b.leave("2026-06-05 09:00", onVisa(mehmet(), "FRA111", 2))
		b.enter("2026-07-01 09:00", onVisa(mehmet(), "FRA222", 0))
		b.leave("2026-07-03 09:00", onVisa(mehmet(), "FRA222", 0))
		step := b.extractForCopy("", 100)
		if len(step.Extracts) != 1 || len(step.Taken) != 6 || step.Next != "" {
			t.Fatalf("%d extracts of %d changes, next %q", len(step.Extracts), len(step.Taken), step.Next)
		}
		e := step.Extracts[0]
		if e.Ref != first.File || e.Gone || e.Withheld || !e.VisaRequired || len(e.Identities) != 1 || e.Identities[0].Name.Surname != "YILMAZ" ||
			len(e.Documents) != 1 || e.Documents[0].Number != "U7788990" || len(e.Visas) != 2 {
			t.Fatalf("%+v", e)
		}
		for i, want := range []struct {
			number        string
			entries, used int
		}{{"FRA111", 2, 2}, {"FRA222", 0, 1}} {
			v := e.Visas[i]
			if string(v.Sticker) != want.number || v.Entries != want.entries || v.Used != want.used || v.Days != 60 || v.Revoked || v.Annulled {
				t.Errorf("visa %d: %+v", i, v)
			}
		}
		// On 2026-07-10 the first visa has 45 of its 60 days left and no entry.
		for _, c := range []struct {
			visa     *ees.VisaOnRecord
			days     int
			suffices bool
		}{{&e.Visas[0].VisaOnRecord, 0, false}, {&e.Visas[1].VisaOnRecord, 57, true}, {nil, 72, true}} {
			v, err := ees.JudgeExtracted(e.History, ees.ExtractedQuestion{On: day("2026-07-10"), Visa: c.visa})
			if err != nil || v.Days != c.days || v.Suffices != c.suffices || v.Used != 18 || !v.Computed {
				t.Errorf("%+v: %+v %v", c.visa, v, err)
			}
		}
	})
}

// Taking off what was read leaves what came meanwhile; a step ends where it is
// told to, and goes on behind; an erased file is told as gone.
func TestArt13_5_TheQueueForgetsWhatWasTaken(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-05-02 09:00", anna())
		b.enter("2026-05-02 10:00", onVisa(mehmet(), "FRA111", 2))
		step := b.extractForCopy("", 1)
		if len(step.Extracts) != 1 || step.Next != step.Extracts[0].Ref {
			t.Fatalf("%+v", step)
		}
		next := b.extractForCopy(step.Next, 10)
		if len(next.Extracts) != 1 || next.Extracts[0].Ref == step.Extracts[0].Ref || next.Next != "" {
			t.Fatalf("%+v", next)
		}
		b.leave("2026-05-03 09:00", anna())
		b.forget(step.Taken)
		b.forget(next.Taken)
		left := b.extractForCopy("", 10)
		if len(left.Extracts) != 1 || len(left.Taken) != 1 || left.Extracts[0].Identities[0].Name.Surname != "PELLETIER" {
			t.Fatalf("what came meanwhile: %+v", left)
		}
		b.forget(left.Taken)
		if again := b.extractForCopy("", 10); len(again.Taken) != 0 {
			t.Errorf("%+v", again)
		}
		if _, err := run(b, access.DutyPrincipal("carrier_extract"), ees.OpExtractAgain, func(p access.Pass) (ees.FileRef, error) {
			return b.register.ExtractAllAgain(p, "")
		}); err != nil {
			t.Fatal(err)
		}
		if all := b.extractForCopy("", 10); len(all.Extracts) != 2 {
			t.Errorf("all again: %+v", all)
		}
		if err := b.store.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`DELETE FROM ees_file WHERE ref = $1`, string(step.Extracts[0].Ref))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		gone := 0
		for _, e := range b.extractForCopy("", 10).Extracts {
			if e.Gone {
				gone++
				if !reflect.DeepEqual(e, ees.Extract{Ref: step.Extracts[0].Ref, Gone: true}) {
					t.Errorf("of an erased file: %+v", e)
				}
			}
		}
		if gone != 1 {
			t.Errorf("%d files are gone", gone)
		}
	})
}

// Family members, whose stay is not calculated, and files whose processing is
// restricted give documents and identities and nothing to judge by.
func TestArt13_5_WithheldFilesGiveNothingToJudge(t *testing.T) {
	onBoth(t, func(b *border) {
		who := anna()
		who.FamilyMember = true
		family := b.enter("2026-05-02 09:00", who).File
		restricted := b.enter("2026-05-02 10:00", onVisa(mehmet(), "FRA111", 2)).File
		if err := b.store.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE ees_file SET restricted = $1 WHERE ref = $2`, `{"on":"2026-05-02","by":"x","state":"FRA","why":"y"}`, string(restricted))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		step := b.extractForCopy("", 10)
		if len(step.Extracts) != 2 || family == restricted {
			t.Fatalf("%+v", step)
		}
		for _, e := range step.Extracts {
			if !e.Withheld || len(e.History) != 0 || len(e.Visas) != 0 || e.Etias != nil || len(e.Documents) != 1 {
				t.Errorf("%s: %+v", e.Ref, e)
			}
		}
	})
}

// Whoever was never recorded has 90 days; and a history that was written by
// nobody is a fault, not an answer.
func TestArt13_1_AnEmptyHistoryIsThatOfAStranger(t *testing.T) {
	v, err := ees.JudgeExtracted(nil, ees.ExtractedQuestion{On: day("2026-11-01"), Present: true})
	if err != nil || v != (ees.ExtractedVerdict{Days: 90, Suffices: true, Computed: true}) {
		t.Errorf("%+v %v", v, err)
	}
	if _, err := ees.JudgeExtracted([]byte(`{"s":`), ees.ExtractedQuestion{On: day("2026-11-01")}); err == nil {
		t.Error("a broken history is judged")
	}
}

// A file that is erased goes from the copy as well: the erasure itself puts it on
// the queue.
func TestArt13_5_AnErasureReachesTheCopy(t *testing.T) {
	onBoth(t, func(b *border) {
		file := b.enter("2026-04-10 09:00", anna()).File
		b.forget(b.extractForCopy("", 10).Taken)
		b.at("2026-05-04 09:00")
		b.leaveScope(guard, ees.LeaveRequest{File: file, Ground: "microstate", Of: "SMR", On: day("2026-05-01")})
		step := b.extractForCopy("", 10)
		if len(step.Extracts) != 1 || step.Extracts[0].Ref != file || !step.Extracts[0].Gone {
			t.Errorf("after the erasure: %+v", step)
		}
	})
}
