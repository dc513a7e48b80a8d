package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"limen/db"
	"limen/db/dbtest"
)

var schemas = []db.Schema{Schema()}

const origin = "ledger.test/ees"

// fixed keys and numbers make every run of the tests the same.
func testKey(t testing.TB, name string) *Key {
	t.Helper()
	k, err := NewKey(name)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func open(t testing.TB, s *db.Store, o Options) *Log {
	t.Helper()
	if o.Random == nil {
		o.Random = rand.NewChaCha8([32]byte{1})
	}
	l, err := Open(context.Background(), s, testKey(t, origin), o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func crossing(i int) Entry {
	e := Entry{
		System: "ees", Operation: "ees.record_entry", Purpose: "border_check", Authority: "Grenzübergang Kapitan Andreevo",
		AuthorityKind: "border", State: "BGR", Officer: fmt.Sprintf("officer-%d", i%7), Channel: "mtls",
		Grant: "2017/2226 art 23(2)", Outcome: "done", Results: 1, Sent: []string{"file", "records"},
		Searched: []Searched{{"document", fmt.Sprintf("P%07d", i)}, {"name", "ERIKSSON<<ANNA"}},
		Subjects: []string{fmt.Sprintf("file-%03d", i%50)},
	}
	switch i % 10 {
	case 3: // a search that hit three files
		e.Operation = "ees.search"
		e.Subjects = []string{fmt.Sprintf("file-%03d", i%50), fmt.Sprintf("file-%03d", (i+1)%50), fmt.Sprintf("file-%03d", (i+2)%50)}
		e.Results = 3
	case 5: // one that hit none
		e.Subjects, e.Results, e.Sent = nil, 0, nil
	case 7:
		e.Outcome, e.Refusal, e.Case = "refused", "not_granted", `a "quoted" \ case`
	}
	return e
}

func fill(t testing.TB, l *Log, n int) []Receipt {
	t.Helper()
	var all []Receipt
	for i := 0; i < n; {
		var some []Receipt
		err := l.store.Write(context.Background(), func(tx *db.Tx) error {
			some = some[:0]
			for j := i; j < min(i+100, n); j++ {
				e := crossing(j)
				e.At = tx.Now().Add(time.Duration(j) * time.Microsecond)
				r, err := l.Append(tx, e)
				if err != nil {
					return err
				}
				some = append(some, r)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, some...)
		i += len(some)
	}
	return all
}

func integrateAll(t testing.TB, l *Log) {
	t.Helper()
	for {
		n, err := l.Integrate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func export(t testing.TB, l *Log, o ExportOptions) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := l.Export(context.Background(), &b, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func execSQL(t testing.TB, s *db.Store, q string, args ...any) int64 {
	t.Helper()
	var n int64
	err := s.Write(context.Background(), func(tx *db.Tx) (err error) {
		n, err = tx.Exec(q, args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return n
}

func mustVerify(t testing.TB, bundle []byte, l *Log, o VerifyOptions) Report {
	t.Helper()
	r, err := VerifyBundle(bytes.NewReader(bundle), l.Public(), o)
	if err != nil {
		t.Fatalf("verify: %v\n%+v", err, r)
	}
	return r
}

// Every operation leaves an entry that the bundle proves (2017/2226 art 46(1)),
// from the whole log, from a checkpoint on, and one by one.
func TestArt46_1_WhatIsLoggedVerifies(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, s *db.Store) {
		l := open(t, s, Options{})
		receipts := fill(t, l, 700)
		integrateAll(t, l)
		early, err := l.Checkpoint(context.Background())
		if err != nil || early.Size != 700 {
			t.Fatalf("checkpoint %+v, %v", early, err)
		}
		receipts = append(receipts, fill(t, l, 200)...)
		integrateAll(t, l)
		receipts = append(receipts, fill(t, l, 5)...)

		bundle := export(t, l, ExportOptions{})
		r := mustVerify(t, bundle, l, VerifyOptions{Trusted: early.Note, Receipts: receipts})
		if r.Leaves != 900 || r.Entries != 900 || r.Size != 900 || r.Pending != 5 || r.Checkpoints != 4 || r.Receipts != 905 {
			t.Fatalf("%+v", r)
		}
		part := export(t, l, ExportOptions{From: 700})
		r = mustVerify(t, part, l, VerifyOptions{Trusted: early.Note, Receipts: receipts[700:]})
		if r.Leaves != 200 || r.From != 700 || r.Size != 900 || r.Receipts != 205 {
			t.Fatalf("%+v", r)
		}
		for _, size := range []int64{256, 512, 900} {
			r = mustVerify(t, export(t, l, ExportOptions{From: size}), l, VerifyOptions{Receipts: receipts[size:]})
			if r.Leaves != 900-size || r.Pending != 5 {
				t.Fatalf("from %d: %+v", size, r)
			}
		}
		if err := l.Export(context.Background(), &bytes.Buffer{}, ExportOptions{From: 701}); !errors.Is(err, ErrNoCheckpoint) {
			t.Fatalf("a size never signed: %v", err)
		}
		if r, err := l.Verify(context.Background(), VerifyOptions{}); err != nil || r.Entries != 900 {
			t.Fatalf("%v %+v", err, r)
		}
		for _, i := range []int{0, 1, 255, 256, 699, 899} {
			p, err := l.Proof(context.Background(), receipts[i].ID)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := CheckProof(p, l.Public()); err != nil {
				t.Fatalf("entry %d: %v", i, err)
			}
			if got := p.Record(); got.Damaged != nil || !got.Proves("document", fmt.Sprintf("P%07d", i%700)) {
				t.Fatalf("entry %d: %+v", i, got)
			}
		}
		if _, err := l.Proof(context.Background(), receipts[904].ID); !errors.Is(err, ErrNotSealed) {
			t.Fatalf("a pending entry: %v", err)
		}
		if _, err := l.Proof(context.Background(), "nothing"); !errors.Is(err, ErrNotFound) {
			t.Fatalf("no entry: %v", err)
		}
	})
}
