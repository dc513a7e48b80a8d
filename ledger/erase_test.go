package ledger

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"limen/db"
	"limen/db/dbtest"
	"limen/law"
)

var eraser = Entry{System: "ees", Officer: "duty", Channel: "duty", Grant: "2017/2226 art 46(4)"}

func erase(t *testing.T, l *Log, e Erasure) (Erased, error) {
	t.Helper()
	e.By = eraser
	var out Erased
	err := l.store.Reclaim(context.Background(), func(tx *db.Tx) (err error) { out, err = l.Erase(tx, e); return err })
	return out, err
}

// Entries go one year after the data that they speak of (EES-063), and the log still
// verifies: it says by which entry they were erased.
func TestArt46_4_ErasedEntriesStillVerify(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, s *db.Store) {
		l := open(t, s, Options{})
		receipts := fill(t, l, 300)
		integrateAll(t, l)
		trusted, err := l.Checkpoint(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		pending := fill(t, l, 3)

		out, err := erase(t, l, Erasure{IDs: []string{receipts[10].ID, receipts[13].ID, receipts[11].ID, receipts[10].ID, pending[0].ID, "nothing"}})
		if err != nil || out.Entries != 3 || out.Pending != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		if again, err := erase(t, l, Erasure{IDs: []string{receipts[10].ID}}); err != nil || again.Entries != 0 || again.Receipt.ID != "" {
			t.Fatalf("again: %+v, %v", again, err)
		}
		// Before the erasure is sealed and after it.
		for _, unsealed := range []int64{3, 0} {
			r := mustVerify(t, export(t, l, ExportOptions{}), l, VerifyOptions{Trusted: trusted.Note, Receipts: append(receipts, out.Receipt)})
			if r.Erased != 3 || r.Unsealed != unsealed || len(r.Erasures) != 1 ||
				r.Erasures[0].ID != out.Receipt.ID || r.Erasures[0].Erased != "10-11,13" || r.Erasures[0].Article != eraser.Grant {
				t.Fatalf("%+v", r)
			}
			integrateAll(t, l)
		}
		err = s.Read(context.Background(), func(tx *db.Tx) error {
			r, err := l.Entry(tx, out.Receipt.ID)
			if err != nil || r.Erases != "10-11,13" || r.Entry.Grant != eraser.Grant || r.Entry.Results != 3 {
				t.Errorf("the erasure: %+v, %v", r, err)
			}
			if _, err := l.Entry(tx, receipts[10].ID); !errors.Is(err, ErrNotFound) {
				t.Errorf("an erased entry: %v", err)
			}
			var n int
			if err := tx.Row(`SELECT count(*) FROM ledger_subject WHERE id = $1`, receipts[13].ID).Scan(&n); err != nil || n != 0 {
				t.Errorf("%d rows of further subjects are left (%v)", n, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		p, err := l.Proof(context.Background(), receipts[10].ID)
		if err != nil || p.Body != "" || p.Salt != "" || p.Erasure != out.Receipt.ID {
			t.Fatalf("proof of an erased entry: %+v, %v", p, err)
		}
		if _, err := CheckProof(p, l.Public()); err != nil {
			t.Fatal(err)
		}
		// A supervisor who comes with an old checkpoint sees the later erasure too.
		part := mustVerify(t, export(t, l, ExportOptions{From: trusted.Size}), l, VerifyOptions{Trusted: trusted.Note})
		if part.Leaves != 4 {
			t.Fatalf("%+v", part)
		}

		// The rest in bounded steps, up to a moment, but for what is still needed.
		limit, _ := idTime(receipts[200].ID)
		total, kept := 0, 0
		for e := (Erasure{Before: limit, Limit: 40, Keep: func(r Record) bool { return r.ID == receipts[20].ID }}); ; {
			out, err := erase(t, l, e)
			if err != nil || out.Entries > 40 {
				t.Fatalf("%+v, %v", out, err)
			}
			total += out.Entries
			kept += out.Kept
			if e.After = out.Next; out.Next == "" {
				break
			}
		}
		if total != 200-3-1 || kept != 1 {
			t.Fatalf("%d erased, %d kept", total, kept)
		}
		out, err = erase(t, l, Erasure{Subject: "file-020"})
		if err != nil || out.Entries != 3 { // numbers 20, 220 and 270
			t.Fatalf("%+v, %v", out, err)
		}
		integrateAll(t, l)
		r := mustVerify(t, export(t, l, ExportOptions{}), l, VerifyOptions{Trusted: trusted.Note, Receipts: receipts})
		if r.Erased != 3+196+3 || r.Unsealed != 0 {
			t.Fatalf("%+v", r)
		}
	})
}

func TestArt46_4_ErasureNeedsGroundAndBounds(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, s *db.Store) {
		l := open(t, s, Options{})
		receipts := fill(t, l, 5)
		integrateAll(t, l)
		for code, e := range map[law.Code]Erasure{
			"erasure_without_ground": {IDs: []string{receipts[0].ID}},
			"erasure_without_bounds": {By: eraser},
			"erasure_too_large":      {By: eraser, IDs: make([]string, MaxErase+1)},
		} {
			err := s.Write(context.Background(), func(tx *db.Tx) error { _, err := l.Erase(tx, e); return err })
			var refusal *law.Refusal
			if !errors.As(err, &refusal) || refusal.Code != code || refusal.Field == "" {
				t.Errorf("%s: %v", code, err)
			}
		}
		// What was changed is evidence: a general erasure leaves it, a named one does not.
		execSQL(t, s, `UPDATE ledger_entry SET body = replace(body, 'border_check', 'curiosity') WHERE id = $1`, receipts[2].ID)
		after, _ := idTime(receipts[4].ID)
		out, err := erase(t, l, Erasure{Before: after})
		if err != nil || out.Entries != 3 || out.Damaged != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		if out, err = erase(t, l, Erasure{IDs: []string{receipts[2].ID}}); err != nil || out.Entries != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		// An erasure is not erased.
		integrateAll(t, l)
		if out, err = erase(t, l, Erasure{IDs: []string{out.Receipt.ID}}); err != nil || out.Entries != 0 || out.Kept != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
	})
}

// An erasure that names no article does not make a removal lawful.
func TestArt46_4_ErasureWithoutArticleIsFound(t *testing.T) {
	s := dbtest.Open(t, db.SQLite, schemas, db.Options{})
	l := open(t, s, Options{})
	receipts := fill(t, l, 5)
	integrateAll(t, l)
	for _, x := range []struct{ grant, list string }{{"", "1"}, {"2017/2226 art 46(4)", "1,1"}, {"2017/2226 art 46(4)", "0-9999999"}, {"2017/2226 art 46(4)", "99"}} {
		err := s.Write(context.Background(), func(tx *db.Tx) error {
			_, err := l.append(tx, Entry{Operation: "ledger.erase", Outcome: "done", Grant: law.Citation(x.grant)}, x.list)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	execSQL(t, s, `DELETE FROM ledger_entry WHERE id = $1`, receipts[1].ID)
	integrateAll(t, l)
	r, err := VerifyBundle(bytes.NewReader(export(t, l, ExportOptions{})), l.Public(), VerifyOptions{})
	kinds := map[Kind]int{}
	for _, f := range r.Findings {
		kinds[f.Kind]++
	}
	if !errors.Is(err, ErrTampered) || kinds[FalseErasure] != 4 || kinds[RemovedEntry] != 1 {
		t.Fatalf("%v %v", err, kinds)
	}
}

func TestSequenceListsReadBack(t *testing.T) {
	for text, seqs := range map[string][]int64{"": nil, "0": {0}, "3-5,9": {5, 9, 3, 4}, "1,3": {3, 1}} {
		if got := formatSeqs(seqs); got != text {
			t.Errorf("%v: %q", seqs, got)
		}
		got, err := parseSeqs(text, 10)
		slices.Sort(seqs)
		if err != nil || !slices.Equal(got, seqs) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, bad := range []string{"10", "-1", "3-2", "2,1", "1-1-1", "1,", "x", "1-", "0-9223372036854775807"} {
		if got, err := parseSeqs(bad, 10); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}

func FuzzParseSeqs(f *testing.F) {
	f.Add("1-3,7")
	f.Fuzz(func(t *testing.T, text string) {
		seqs, err := parseSeqs(text, math.MaxInt64)
		if len(seqs) > MaxErase || err == nil && !slices.IsSorted(seqs) {
			t.Fatalf("%d sequence numbers", len(seqs))
		}
		if again, err2 := parseSeqs(formatSeqs(seqs), math.MaxInt64); err == nil && (err2 != nil || !slices.Equal(again, seqs)) {
			t.Fatalf("%q reads as %v, then %v", text, seqs, again)
		}
	})
}
