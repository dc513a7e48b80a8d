package carrier

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// receiptOf asks about n passengers and returns the answer.
func receiptOf(t *testing.T, n *counter, people int) (FlightAnswer, Flight, string) {
	t.Helper()
	who := n.admitted()
	f := flight()
	for i := range people {
		p := passengerAnna()
		p.Document.Number = "CA" + strings.Repeat("1", i%8+1) + "00"
		f.People = append(f.People, p)
	}
	out, err := n.ask(who, f)
	if err != nil {
		t.Fatal(err)
	}
	return out, f, who.Authority.Name
}

// A receipt verifies with the public key alone and says who asked, when, as of
// when the data were, and every answer; so does each leaf shown alone.
func TestReceipt_VerifiesOfflineWholeAndByPassenger(t *testing.T) {
	n := open(t, "sqlite")
	n.at("2026-11-01 09:00").fresh()
	for _, people := range []int{1, 2, 3, 7, 8, 13} {
		out, f, id := receiptOf(t, n, people)
		keys := n.copy.Receipts().Public()
		text, err := json.Marshal(out.Receipt)
		if err != nil {
			t.Fatal(err)
		}
		r, err := ReadReceipt(text)
		if err != nil {
			t.Fatal(err)
		}
		s, err := r.Verify(keys)
		if err != nil || s.Carrier != id || s.Passengers != people || !s.Asked.Equal(out.Asked) || !s.AsOf.Equal(out.AsOf) || len(s.Answers) != people {
			t.Fatalf("%d passengers: %+v %v", people, s, err)
		}
		for i := range people {
			one, err := r.Only(i)
			if err != nil {
				t.Fatal(err)
			}
			s, err := one.Verify(keys)
			if err != nil || s.First != i || len(s.Answers) != 1 || s.Answers[0] != out.Answers[i].Answer {
				t.Errorf("passenger %d of %d alone: %+v %v", i, people, s, err)
			}
			question, err := n.copy.CanonicalPassenger(f.People[i])
			if err != nil || !one.Leaves[0].Proves(question) {
				t.Errorf("passenger %d of %d: the leaf does not prove the question (%v)", i, people, err)
			}
			other, _ := n.copy.CanonicalPassenger(passengerMehmet())
			if one.Leaves[0].Proves(other) {
				t.Errorf("passenger %d of %d: the leaf proves another question", i, people)
			}
			one.Leaves[0].Salt = ""
			if _, err := one.Verify(keys); err != nil || one.Leaves[0].Proves(question) {
				t.Errorf("a leaf without its salt verifies and names nobody: %v", err)
			}
			moved := (i + 1) % people
			if one.Place = &moved; people > 1 {
				if _, err := one.Verify(keys); err == nil {
					t.Errorf("the leaf of passenger %d of %d verifies as that of %d", i, people, moved)
				}
			}
		}
	}
}

// Whatever is changed in a receipt, it does not verify.
func TestReceipt_EveryChangeShows(t *testing.T) {
	n := open(t, "sqlite")
	n.at("2026-11-01 09:00").fresh()
	out, _, id := receiptOf(t, n, 5)
	keys := n.copy.Receipts().Public()
	other, err := NewReceiptKeys(n.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*Receipt){
		"an answer":            func(r *Receipt) { r.Leaves[2].Answer = OK },
		"a question":           func(r *Receipt) { r.Leaves[2].Question = r.Leaves[1].Question },
		"the order":            func(r *Receipt) { r.Leaves[0], r.Leaves[1] = r.Leaves[1], r.Leaves[0] },
		"a passenger left out": func(r *Receipt) { r.Leaves = r.Leaves[:4] },
		"a passenger more":     func(r *Receipt) { r.Leaves = append(r.Leaves, r.Leaves[0]) },
		"the carrier":          func(r *Receipt) { r.Statement = strings.Replace(r.Statement, id, "CANOTHERONE2", 1) },
		"the moment": func(r *Receipt) {
			r.Statement = strings.Replace(r.Statement, "asked 2026-11-01", "asked 2026-11-02", 1)
		},
		"the number":           func(r *Receipt) { r.Statement = strings.Replace(r.Statement, "passengers 5", "passengers 6", 1) },
		"the root":             func(r *Receipt) { r.Statement = strings.Replace(r.Statement, "root ", "root 00", 1) },
		"the statement's end":  func(r *Receipt) { r.Statement += "more\n" },
		"the statement's form": func(r *Receipt) { r.Statement = strings.Replace(r.Statement, "limen-", "", 1) },
		"the signature":        func(r *Receipt) { r.Signature = strings.Replace(r.Signature, r.Signature[:4], "AAAA", 1) },
		"another key": func(r *Receipt) {
			r.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(other.current().private, []byte(r.Statement)))
		},
		"a place without a path": func(r *Receipt) { zero := 0; r.Place = &zero },
	} {
		r := out.Receipt
		r.Leaves = append([]Leaf(nil), r.Leaves...)
		change(&r)
		if _, err := r.Verify(keys); !errors.Is(err, ErrReceipt) {
			t.Errorf("%s was changed, and it verifies: %v", what, err)
		}
	}
	if _, err := out.Receipt.Verify(other.Public()); !errors.Is(err, ErrReceipt) {
		t.Errorf("with another's keys: %v", err)
	}
	// A list of keys that calls another key by this one's name helps nobody.
	forged := other.Public()
	forged[0].ID = keys[0].ID
	r := out.Receipt
	r.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(other.current().private, []byte(r.Statement)))
	if _, err := r.Verify(forged); !errors.Is(err, ErrReceipt) {
		t.Errorf("with a key under a false name: %v", err)
	}
}

// Keys are rotated: the new one signs, and what the old one signed still
// verifies by the published list. The file is the owner's alone.
func TestReceipt_KeysRotate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "receipt.key")
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	old, err := OpenReceiptKeys(path, first)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info.Mode(), err)
	}
	added, err := RotateReceiptKeys(path, first.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	both, err := OpenReceiptKeys(path, first)
	if err != nil {
		t.Fatal(err)
	}
	list := both.Public()
	if len(list) != 2 || list[0].ID != old.current().id || both.current().id != added.ID || list[0].Until == nil || !list[0].Until.Equal(added.From) || list[1].Until != nil {
		t.Fatalf("%+v", list)
	}
	text, err := json.Marshal(PublicKeyList{list})
	if err != nil {
		t.Fatal(err)
	}
	published, err := ReadPublicKeys(string(text))
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("message")
	if !published[0].verifies(message, ed25519.Sign(old.current().private, message)) || !published[1].verifies(message, ed25519.Sign(both.current().private, message)) {
		t.Error("the published keys do not verify")
	}
	one, err := ReadPublicKeys(list[1].Public + "\n")
	if err != nil || one[0].ID != added.ID {
		t.Errorf("%+v %v", one, err)
	}
	if _, err := ReadPublicKeys("nothing"); err == nil {
		t.Error("nothing is read as a key")
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenReceiptKeys(path, first); err == nil {
		t.Error("a key that others can read is taken")
	}
}

func FuzzReceipt(f *testing.F) {
	keys := must(NewReceiptKeys(time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)))
	j := journey{people: []asked{{digest: []byte("a")}, {digest: []byte("b")}}}
	r := must(keys.issue("CINVENTED234", &j, &FlightAnswer{Answers: []PassengerAnswer{{Answer: OK}, {Answer: NotOK}}}))
	f.Add(must(json.Marshal(r)))
	f.Add(must(json.Marshal(must(r.Only(1)))))
	f.Add([]byte(`{"statement":"limen-carrier-receipt 1\n","place":-1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := ReadReceipt(b)
		if err != nil {
			return
		}
		s, err := got.Verify(keys.Public())
		if err == nil && (got.Statement != r.Statement || len(s.Answers) == 0) {
			t.Errorf("what nobody signed verifies: %s", b)
		}
	})
}
