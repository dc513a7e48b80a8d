package carrier

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"limen/access"
	"limen/db"
	"limen/person"
)

// rows reads the whole table of documents.
func (n *counter) rows() (rows [][3]string) {
	n.Helper()
	err := n.store.Read(context.Background(), func(tx *db.Tx) error {
		rows = nil
		r, err := tx.Query(`SELECT doc, token, sealed FROM carrier_document ORDER BY token, doc`)
		if err != nil {
			return err
		}
		defer r.Close()
		for r.Next() {
			var doc, sealed []byte
			var token string
			if err := r.Scan(&doc, &token, &sealed); err != nil {
				return err
			}
			rows = append(rows, [3]string{string(doc), token, string(sealed)})
		}
		return r.Err()
	})
	if err != nil {
		n.Fatal(err)
	}
	return rows
}

// The feed replaces what the copy held of a file, whole: documents that the file
// no longer has go, and the same batch again changes no answer.
func TestArt13_5_TheFeedReplacesAFileWhole(t *testing.T) {
	onBoth(t, func(n *counter) {
		who := n.admitted()
		e := mehmet()
		second := e.Documents[0]
		second.Number = "U1112223"
		e.Documents = append(e.Documents, second)
		e.Visas = []Visa{visa(1, 0)}
		n.apply(e, anna())
		n.apply(e, anna())
		if got := len(n.rows()); got != 3 {
			t.Errorf("%d rows of two files with three documents", got)
		}
		p := passengerMehmet()
		p.Document.Number = "U1112223"
		answer := func() Answer {
			out, err := n.ask(who, flight(p))
			if err != nil {
				t.Fatal(err)
			}
			return out.Answers[0].Answer
		}
		if a := answer(); a != OK {
			t.Errorf("by the second passport: %s", a)
		}
		e.Visas = []Visa{visa(1, 1)}
		n.apply(e)
		if a := answer(); a != NotOK {
			t.Errorf("after the entry was used: %s", a)
		}
		e.Documents, e.Visas = e.Documents[:1], []Visa{visa(1, 0)}
		n.apply(e)
		if a := answer(); a != NotOK {
			t.Errorf("by a passport that the file no longer has: %s", a)
		}
		if _, err := n.feed.Apply(context.Background(), nil, []Token{e.Token, anna().Token, tokens.Token("never there")}); err != nil {
			t.Fatal(err)
		}
		if got := n.rows(); len(got) != 0 {
			t.Errorf("%d rows are left of files that are gone", len(got))
		}
	})
}

// A file that comes twice in one batch is applied as it comes last.
func TestArt13_5_TheLastExtractOfAFileCounts(t *testing.T) {
	n := open(t, "sqlite")
	n.at("2026-11-01 09:00").fresh()
	who := n.admitted()
	first, last := mehmet(), mehmet()
	first.Visas, last.Visas = []Visa{visa(1, 0)}, []Visa{visa(1, 1)}
	n.apply(first, anna(), last)
	out, err := n.ask(who, flight(passengerMehmet()))
	if err != nil || out.Answers[0].Answer != NotOK || len(n.rows()) != 2 {
		t.Errorf("%v %v, %d rows", out.Answers, err, len(n.rows()))
	}
}

// A feeder that another one has overtaken writes nothing more: neither what it
// read earlier nor that the copy is fresh.
func TestArt13_5_AnOvertakenFeederIsRefused(t *testing.T) {
	onBoth(t, func(n *counter) {
		ctx := context.Background()
		newer, err := n.copy.Begin(ctx, n.door, tokens, n.feed.Position())
		if err != nil {
			t.Fatal(err)
		}
		_, err = n.feed.Apply(ctx, []Extract{mehmet()}, nil)
		wantRefusal(t, err, "feed_overtaken")
		wantRefusal(t, n.feed.MarkFresh(ctx, n.clock.Now()), "feed_overtaken")
		if done, err := newer.Apply(ctx, []Extract{mehmet()}, nil); err != nil || done != 1 || len(n.rows()) != 1 {
			t.Errorf("%d done, %v", done, err)
		}
	})
}

// A copy whose secret was lost is emptied and filled from the beginning.
func TestArt13_5_AnotherSecretEmptiesTheCopy(t *testing.T) {
	onBoth(t, func(n *counter) {
		n.apply(anna())
		again, err := n.copy.Begin(t.Context(), n.door, tokens, n.feed.Position())
		if err != nil || !again.Fresh.Equal(n.clock.Now().Add(-time.Hour)) || len(n.rows()) != 1 {
			t.Fatalf("%+v %v", again, err)
		}
		other, err := New(Options{Secret: bytes.Repeat([]byte{9}, 32), Judge: judgeStays, Receipts: n.copy.Receipts()})
		if err != nil {
			t.Fatal(err)
		}
		f, err := other.Begin(t.Context(), n.door, tokens, again.Position())
		if err != nil || !f.Fresh.IsZero() || len(n.rows()) != 0 {
			t.Errorf("%+v %v, %d rows", f, err, len(n.rows()))
		}
		_, err = n.tryStay(asking("CAN", "CA884411"))
		wantRefusal(t, err, "copy_empty")
		if _, err := f.Apply(t.Context(), []Extract{anna()}, nil); err != nil || f.MarkFresh(t.Context(), n.clock.Now()) != nil || len(n.rows()) != 1 {
			t.Fatal(err)
		}
		// Other tokens would leave the rows under the former ones for ever.
		f, err = other.Begin(t.Context(), n.door, must(NewTokenKey(bytes.Repeat([]byte{7}, 32))), f.Position())
		if err != nil || !f.Fresh.IsZero() || len(n.rows()) != 0 {
			t.Errorf("%+v %v, %d rows under former tokens", f, err, len(n.rows()))
		}
	})
}

// The moment of the copy does not go back.
func TestArt13_5_TheMomentDoesNotGoBack(t *testing.T) {
	onBoth(t, func(n *counter) {
		if err := n.feed.MarkFresh(context.Background(), n.clock.Now().Add(-2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if a := n.stay(asking("CAN", "CA884411")); !a.AsOf.Equal(n.clock.Now().Add(-time.Hour)) {
			t.Errorf("as of %s", a.AsOf)
		}
	})
}

// Steps are bounded, each with its own log entry, and stopping between two leaves
// the first ones there; the whole batch again completes it.
func TestArt13_5_ABatchIsAppliedInSteps(t *testing.T) {
	onBoth(t, func(n *counter) {
		var batch []Extract
		for i := range 2*feedStep + 1 {
			e := mehmet()
			e.Token = tokens.Token(fmt.Sprint(i))
			e.Documents = []person.Document{{Type: "P", Number: person.DocumentNumber(fmt.Sprintf("U%07d", i)), Issuer: "TUR", Expiry: day("2033-01-01")}}
			batch = append(batch, e)
		}
		before := len(n.entries())
		if done, err := n.feed.Apply(context.Background(), batch[:feedStep], nil); err != nil || done != feedStep {
			t.Fatal(done, err)
		}
		if done, err := n.feed.Apply(context.Background(), batch, []Token{batch[0].Token}); err != nil || done != len(batch)+1 {
			t.Fatal(done, err)
		}
		if rows, entries := len(n.rows()), len(n.entries())-before; rows != 2*feedStep || entries != 4 {
			t.Errorf("%d rows, %d log entries", rows, entries)
		}
	})
}

// What stands in the database names nobody: neither the file's reference nor a
// name, a number or a date is in it, in any encoding that a search would find; and
// a row does not open with another secret, nor under another document's key.
func TestArt13_5_TheCopyHoldsNothingInClear(t *testing.T) {
	onBoth(t, func(n *counter) {
		e := mehmet()
		e.Visas, e.History = []Visa{visa(1, 0)}, recorded("2026-09-01", "2026-10-15")
		n.apply(e, anna())
		var all strings.Builder
		for _, row := range n.rows() {
			all.WriteString(row[0] + row[1] + row[2])
		}
		for _, clear := range []string{"file-mehmet", "YILMAZ", "MEHMET", "U7788990", "TUR", "1979", "2026-", "FRA123456"} {
			if strings.Contains(all.String(), clear) {
				t.Errorf("%q stands in the database", clear)
			}
		}
		rows := n.rows()
		for i := range rows {
			if len(rows[i][2]) != len(rows[0][2]) {
				t.Errorf("the length of a row tells of its history: %d and %d bytes", len(rows[i][2]), len(rows[0][2]))
			}
		}
		other, err := newKeys(bytes.Repeat([]byte{9}, 32))
		if err != nil {
			t.Fatal(err)
		}
		for name, o := range map[string]opener{"another secret": other.of(e.Documents[0]), "another document": n.copy.keys.of(anna().Documents[0])} {
			o.doc = n.copy.keys.of(e.Documents[0]).doc
			for _, row := range rows {
				if row[0] == string(o.doc) {
					if _, err := o.open([]byte(row[2])); err == nil {
						t.Errorf("a row opens with %s", name)
					}
				}
			}
		}
	})
}

// Equal parts of two people have different digests: nobody can count or match
// them without the documents.
func TestArt13_5_EqualPartsHaveDifferentDigests(t *testing.T) {
	k, err := newKeys(secret)
	if err != nil {
		t.Fatal(err)
	}
	first, second := k.of(mehmet().Documents[0]), k.of(anna().Documents[0])
	a, b := first.tagger(), second.tagger()
	if a.tag("sex", "M") == b.tag("sex", "M") || a.tag("sex", "M") == a.tag("names", "M") || a.tag("sex", "M") != a.tag("sex", "M") {
		t.Error("a digest does not depend on document, part and value alone")
	}
	if tokens.Token("a") == tokens.Token("b") || tokens.Token("a") != tokens.Token("a") || len(tokens.Token("a")) != 24 {
		t.Error("a token does not name one file")
	}
}

// Names meet however a carrier has them: printed, from a machine readable zone
// that was cut, with or without marks.
func TestArt13_3_NamesMeetAsPrintedAndAsRead(t *testing.T) {
	long := person.Name{Surname: "Papadopoulou-Konstantinidou", FirstNames: "Alexandra Ελένη"}
	for _, other := range []person.Name{{Surname: "PAPADOPOULOU KONSTANTINIDOU", FirstNames: "ALEXANDRA ELENI"}, {Surname: "PAPADOPOULOU KONSTANTINI"}} {
		if letters(long) != letters(other) {
			t.Errorf("%q and %q: %q and %q", long, other, letters(long), letters(other))
		}
	}
	if letters(person.Name{Surname: "YILMAZ", FirstNames: "CAN"}) == letters(person.Name{Surname: "YILMAZ", FirstNames: "CEM"}) {
		t.Error("two people have one name")
	}
}

// Whoever is not the feed does not write the copy.
func TestArt13_5_OnlyTheFeedWrites(t *testing.T) {
	n := open(t, "sqlite")
	for _, who := range []access.Principal{agent("C1"), Visitor(), administrator} {
		_, err := run(n, who, OpFeed, func(p access.Pass) (int, error) { return 0, nil })
		wantRefusal(t, err, "not_granted")
	}
}

func FuzzSealed(f *testing.F) {
	k := must(newKeys(secret))
	o := k.of(mehmet().Documents[0])
	f.Add(must(o.close([]byte(`{"t":"P"}`))), []byte("x"))
	f.Fuzz(func(t *testing.T, sealed, plain []byte) {
		if _, err := unseal(&o, sealed); err == nil && len(sealed) < padTo {
			t.Error("what nobody sealed opens")
		}
		again, err := o.close(plain)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := o.open(again); err != nil || !bytes.Equal(got, plain) || len(again)%padTo != 28 {
			t.Errorf("%q opens as %q (%v), sealed in %d bytes", plain, got, err, len(again))
		}
	})
}

// An extract survives the copy's own form.
func TestArt13_5_AnExtractSurvivesSealing(t *testing.T) {
	n := open(t, "sqlite")
	e := mehmet()
	e.Visas, e.History, e.Permits = []Visa{visa(2, 1)}, []byte{0, 1, 2}, []Permit{{From: day("2026-01-01"), State: VisaValid}}
	e.Authorisation = &Authorisation{ValidTo: day("2027-01-01")}
	rows, err := n.copy.rows(&e)
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	o := n.copy.keys.of(e.Documents[0])
	k, err := unseal(&o, rows[0][2].([]byte))
	if err != nil {
		t.Fatal(err)
	}
	want, _ := json.Marshal(e.Visas)
	got, _ := json.Marshal(k.Visas)
	if !bytes.Equal(got, want) || !bytes.Equal(k.History, e.History) || len(k.Permits) != 1 || k.Authorisation.ValidTo != day("2027-01-01") || !k.VisaRequired {
		t.Errorf("%+v", k)
	}
}
