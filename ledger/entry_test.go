package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"limen/db"
	"limen/db/dbtest"
	"limen/law"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 123456000, time.UTC)

// The body has everything that 2017/2226 art 46(1) asks for, and reads back as it
// was written, values used to search excepted.
func TestArt46_1_BodyReadsBack(t *testing.T) {
	salt := []byte("0123456789abcdef")
	for i := range 20 {
		e := crossing(i)
		e.At = noon
		e.Portal = "ESP-2026/7"
		if i%2 == 1 {
			e.Facts = law.Facts("offence", `fraud "x"`, "urgency", "a life\n")
		}
		id := newID(noon, &[10]byte{byte(i)})
		body := string(e.appendBody(nil, id, salt, ""))
		if !json.Valid([]byte(body)) {
			t.Fatalf("not JSON: %s", body)
		}
		r := decode(id, "", salt, body)
		if r.Damaged != nil {
			t.Fatal(r.Damaged)
		}
		for _, s := range e.Searched {
			if !r.Proves(s.Category, s.Value) || r.Proves(s.Category, s.Value+"x") || r.Proves("other", s.Value) {
				t.Errorf("%s: the digest proves the wrong thing", s.Category)
			}
			if strings.Contains(body, s.Value) {
				t.Errorf("the body shows %q", s.Value)
			}
		}
		for j := range e.Searched {
			e.Searched[j].Value = ""
		}
		if d := cmp.Diff(e, r.Entry); d != "" {
			t.Errorf("entry %d: %s", i, d)
		}
		if again := string(e.appendBody(nil, id, salt, "")); i == 0 && len(again) != len(body) {
			t.Errorf("%d bytes, then %d", len(body), len(again))
		}
	}
}

// What was logged years ago must verify for ever: the forms never change. The
// hashes were computed apart from this program.
func TestFormsAreStable(t *testing.T) {
	e := crossing(3)
	e.At, e.Portal, e.Case, e.Refusal = noon, "ESP-1", "c", "r"
	salt := []byte("0123456789abcdef")
	id := newID(noon, &[10]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	body := string(e.appendBody(nil, id, salt, "1-2"))
	if want := `{"id":"1j0rgrnlci0041061050o3gh45","at":"2026-11-22T12:00:00.123456Z","system":"ees","operation":"ees.search",` +
		`"purpose":"border_check","case":"c","authority":"Grenzübergang Kapitan Andreevo","kind":"border","state":"BGR",` +
		`"officer":"officer-3","channel":"mtls","article":"2017/2226 art 23(2)","outcome":"done","refusal":"r",` +
		`"searched":[["document","iOr9+zsbJJnX57pCq6p1cpYs1Oai5ZrV90Cym0dDLIc"],["name","TZisoTnxWvVHj8sriPa81qz9CDsRgURgoPo80apxK8M"]],` +
		`"sent":["file","records"],"results":3,"subjects":["file-003","file-004","file-005"],"portal":"ESP-1","erases":"1-2"}`; body != want {
		t.Errorf("the body is now\n%s\nit was\n%s", body, want)
	}
	c := commit(salt, body)
	if got := leafHash(id, c[:]).String(); got != "NqHtX3QdHQIeww4gXHjZRhvBry9oX14hya6efEB8iXo=" {
		t.Errorf("the leaf hash is now %s", got)
	}
}

// Digests of the same value in two entries differ: nobody can ask which entries
// searched it.
func TestSearchDigestsDoNotLinkEntries(t *testing.T) {
	a := searchDigest([]byte("salt-of-entry-01"), "document", "P1")
	b := searchDigest([]byte("salt-of-entry-02"), "document", "P1")
	if a == b {
		t.Fatal("the same digest under two salts")
	}
	if searchDigest([]byte("s"), "ab", "c") == searchDigest([]byte("s"), "a", "bc") {
		t.Fatal("category and value run together")
	}
}

func TestHostileTextStaysInItsField(t *testing.T) {
	for _, s := range []string{`"`, `\`, "\x00\x1f\n", "\xff\xfe", `","outcome":"done`, "\u2028", `","erases":"1-5`, strings.Repeat("é", maxText)} {
		e := Entry{At: noon, Operation: "op", Outcome: "refused", Case: s, Officer: clean(s), Subjects: distinct([]string{s}), Facts: law.Facts(s, s)}
		id := newID(noon, &[10]byte{})
		r := decode(id, "", nil, string(e.appendBody(nil, id, nil, "")))
		if r.Damaged != nil || r.Entry.Outcome != "refused" || r.Erases != "" || len(r.Entry.Subjects) != 1 {
			t.Errorf("%q: %+v", s, r)
		}
		if r.Entry.Officer != e.Officer || r.Entry.Subjects[0] != e.Subjects[0] {
			t.Errorf("%q: column and body differ", s)
		}
		if len(s) > maxText && len(r.Entry.Case) != maxText-1 && len(r.Entry.Case) != maxText {
			t.Errorf("%d bytes are kept of %d", len(r.Entry.Case), len(s))
		}
	}
}

func TestIdentifiersSortByTime(t *testing.T) {
	last := ""
	for i := range 2000 {
		at := noon.Add(time.Duration(i*i) * time.Microsecond)
		id := newID(at, &[10]byte{byte(255 - i%256), byte(i)})
		if got, ok := idTime(id); !ok || !got.Equal(at) {
			t.Fatalf("%s is of %s, not %s", id, got, at)
		}
		if i > 0 && id <= last || id < idFloor(at) || id >= idFloor(at.Add(time.Microsecond)) {
			t.Fatalf("%s does not come after %s", id, last)
		}
		last = id
	}
	seen := map[string]bool{}
	for i := range 256 {
		for j := range 10 {
			var r [10]byte
			r[j] = byte(i)
			seen[newID(noon, &r)] = true
		}
	}
	// Of the eighty bits five are not used: four of the ninth byte, one of the tenth.
	if len(seen) != 8*255+15+127+1 {
		t.Fatalf("only %d different identifiers", len(seen))
	}
	for _, bad := range []string{"", "x", strings.Repeat("w", 26), strings.Repeat("A", 26), strings.Repeat("0", 27)} {
		if _, ok := idTime(bad); ok {
			t.Errorf("%q was read", bad)
		}
	}
}

// Our hashes are those of RFC 6962, as the Go checksum database computes them.
func TestHashesAreRFC6962(t *testing.T) {
	var e edge
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		var hs []tlog.Hash
		for _, i := range at {
			hs = append(hs, stored[i])
		}
		return hs, nil
	})
	got := map[string][]byte{}
	for i := range int64(1200) {
		id := newID(noon, &[10]byte{byte(i), byte(i >> 8)})
		c := commit([]byte("salt"), id)
		data := appendFrame(appendFrame(appendFrame(nil, leafDomain), id), c[:])
		if tlog.RecordHash(data) != leafHash(id, c[:]) {
			t.Fatal("leaf hash")
		}
		hs, err := tlog.StoredHashes(i, data, read)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hs...)
		e.add(leafHash(id, c[:]), func(level int, n int64, hashes []tlog.Hash) {
			got[fmt.Sprint(level, n)] = bytesOf(hashes)
		})
		root, err := tlog.TreeHash(i+1, read)
		if err != nil || root != e.root() {
			t.Fatalf("root of %d: %v", i+1, err)
		}
		if i%97 == 0 {
			var tiles [][]byte
			for _, r := range e.unfilled() {
				tiles = append(tiles, r.hashes)
			}
			again, err := newEdge(i+1, tiles)
			if err != nil || again.root() != root {
				t.Fatalf("edge of %d: %v", i+1, err)
			}
			e = *again
		}
	}
	for _, r := range e.unfilled() {
		got[fmt.Sprint(r.level, r.n)] = r.hashes
	}
	for _, tile := range tlog.NewTiles(tileHeight, 0, 1200) {
		want, err := tlog.ReadTileData(tile, read)
		if err != nil || !bytes.Equal(want, got[fmt.Sprint(tile.L, tile.N)]) {
			t.Errorf("tile %v: %v", tile, err)
		}
	}
	if empty, _ := tlog.TreeHash(0, nil); (&edge{}).root() != empty {
		t.Error("root of the empty tree")
	}
}

// An operation that cannot be logged does not take place (EES-050).
func TestArt46_NoOperationWithoutItsEntry(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, s *db.Store) {
		l := open(t, s, Options{})
		for _, e := range []Entry{
			{Outcome: "done"}, {Operation: "x"},
			{Operation: "x", Outcome: "done", At: time.Unix(-5, 0)},
			{Operation: "x", Outcome: "done", Sent: slices.Repeat([]string{strings.Repeat("y", 4000)}, 40)},
		} {
			err := s.Write(context.Background(), func(tx *db.Tx) error { _, err := l.Append(tx, e); return err })
			if !errors.Is(err, ErrEntry) {
				t.Errorf("%.40s: %v", fmt.Sprint(e), err)
			}
		}
		// Hostile text is logged, not refused: a refused attempt must leave its entry.
		var r Receipt
		err := s.Observe(context.Background(), func(tx *db.Tx) (err error) {
			r, err = l.Append(tx, Entry{Operation: "x\x00\xff", Outcome: "refused", Officer: "o\x00", Subjects: []string{"", "a\x00", "a\x00", "b"}, Case: strings.Repeat("c", 1<<20)})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		integrateAll(t, l)
		mustVerify(t, export(t, l, ExportOptions{}), l, VerifyOptions{Receipts: []Receipt{r}})
	})
}

// No value used for a search is anywhere in the database.
func TestArt46_SearchValuesAreNotStored(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, s *db.Store) {
		w := newWorld(t, s)
		for table, rows := range w.image {
			text := fmt.Sprintf("%q", rows)
			for _, value := range []string{"ERIKSSON", "P0000012"} {
				if strings.Contains(text, value) {
					t.Errorf("%s holds %s", table, value)
				}
			}
		}
	})
}

// The tables keep to the rules that let them spread over machines.
func TestTablesSpread(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, s *db.Store) {
		if err := db.CheckKeys(context.Background(), s, schemas); err != nil {
			t.Fatal(err)
		}
	})
}

// A supervisor finds entries by person, officer, operation and time (2017/2226
// arts 55 and 56), page by page, newest first.
func TestArt56_EntriesAreFound(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, s *db.Store) {
		l := open(t, s, Options{})
		receipts := fill(t, l, 300)
		if _, err := l.Integrate(context.Background()); err != nil { // the last 44 stay pending
			t.Fatal(err)
		}
		middle, _ := idTime(receipts[150].ID)
		for _, x := range []struct {
			name string
			f    Filter
			want func(i int, e Entry) bool
		}{
			{"all", Filter{}, func(int, Entry) bool { return true }},
			{"first or further subject", Filter{Subject: "file-004"}, func(i int, e Entry) bool { return slices.Contains(e.Subjects, "file-004") }},
			{"officer", Filter{Officer: "officer-2"}, func(i int, e Entry) bool { return e.Officer == "officer-2" }},
			{"operation", Filter{Operation: "ees.search"}, func(i int, e Entry) bool { return e.Operation == "ees.search" }},
			{"from", Filter{From: middle}, func(i int, e Entry) bool { return i >= 150 }},
			{"to", Filter{To: middle}, func(i int, e Entry) bool { return i < 150 }},
			{"subject, officer and time", Filter{Subject: "file-004", Officer: "officer-5", From: middle}, func(i int, e Entry) bool {
				return slices.Contains(e.Subjects, "file-004") && e.Officer == "officer-5" && i >= 150
			}},
			{"nobody", Filter{Subject: "file-9"}, func(int, Entry) bool { return false }},
		} {
			var want []string
			for i := 299; i >= 0; i-- {
				if x.want(i, crossing(i)) {
					want = append(want, receipts[i].ID)
				}
			}
			var got []string
			f := x.f
			f.Limit = 7
			for {
				var p Page
				if err := s.Observe(context.Background(), func(tx *db.Tx) (err error) { p, err = l.Entries(tx, f); return err }); err != nil {
					t.Fatal(err)
				}
				for _, r := range p.Records {
					if r.Damaged != nil {
						t.Fatal(r.Damaged)
					}
					got = append(got, r.ID)
				}
				if len(p.Records) > 7 {
					t.Fatalf("%d on a page", len(p.Records))
				}
				if f.After = p.Next; p.Next == "" {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %d entries, want %d", x.name, len(got), len(want))
			}
		}
		state, err := l.Pending(context.Background())
		if err != nil || state.Entries != 44 || state.Oldest.IsZero() {
			t.Errorf("pending: %+v, %v", state, err)
		}
	})
}
