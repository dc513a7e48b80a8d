package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"limen/db"
	"limen/db/dbtest"
)

// handBundle writes a bundle of n entries without a database, with a checkpoint
// every so many and one erased entry if n allows.
func handBundle(k *Key, n, every int) ([]byte, Checkpoint) {
	var b bytes.Buffer
	w := writeBundle(&b)
	random := rand.New(rand.NewChaCha8([32]byte{2}))
	type leaf struct {
		id, body         string
		salt, commitment []byte
	}
	leaves := make([]leaf, n)
	var levels [tileLevels][]tileRow
	var e edge
	var notes []Checkpoint
	filled := func(level int, n int64, hashes []tlog.Hash) {
		levels[level] = append(levels[level], tileRow{level, n, bytesOf(hashes)})
	}
	for i := range leaves {
		l := &leaves[i]
		l.salt = make([]byte, saltSize)
		for j := range l.salt {
			l.salt[j] = byte(random.Uint32())
		}
		entry := crossing(i)
		entry.At = noon
		l.id = newID(noon, &[10]byte{byte(i >> 16), byte(i >> 8), byte(i)})
		erases := ""
		if i == 20 {
			entry, erases = eraser, "10"
			entry.At, entry.Operation, entry.Outcome = noon, "ledger.erase", "done"
		}
		l.body = string(entry.appendBody(nil, l.id, l.salt, erases))
		c := commit(l.salt, l.body)
		l.commitment = c[:]
		e.add(leafHash(l.id, l.commitment), filled)
		if (i+1)%every == 0 || i+1 == n {
			note, err := signCheckpoint(k, e.n, e.root())
			if err != nil {
				panic(err)
			}
			notes = append(notes, Checkpoint{Size: e.n, Root: e.root(), Note: note})
		}
	}
	for _, r := range e.unfilled() {
		levels[r.level] = append(levels[r.level], r)
	}
	next := [tileLevels]int{}
	tile := func(level int) {
		r := levels[level][next[level]]
		next[level]++
		w.put(line{Kind: "tile", Level: level, N: r.n, Hashes: r.hashes})
	}
	w.put(line{Kind: "bundle", Format: bundleFormat, Origin: k.Origin(), Key: k.Public(), Size: int64(n)})
	prior := int64(0)
	for i, l := range leaves {
		if i%tileWidth == 0 {
			for level := 1; level < tileLevels && i > 0 && i%(1<<(8*(level+1))) == 0; level++ {
				tile(level)
			}
			tile(0)
		}
		out := line{Kind: "leaf", Seq: int64(i), ID: l.id, Commitment: l.commitment, Salt: l.salt, Body: &l.body}
		if i == 10 && n > 20 {
			out.Salt, out.Body, out.By = nil, nil, leaves[20].id
		}
		w.put(out)
		if len(notes) > 0 && notes[0].Size == int64(i+1) {
			w.put(line{Kind: "checkpoint", Prior: prior, Size: notes[0].Size, Note: notes[0].Note})
			prior = notes[0].Size
			if len(notes) > 1 {
				notes = notes[1:]
			}
		}
	}
	for level := 1; level < tileLevels; level++ {
		for next[level] < len(levels[level]) {
			tile(level)
		}
	}
	pending := leaves[0]
	w.put(line{Kind: "pending", ID: pending.id, Commitment: pending.commitment, Salt: pending.salt, Body: &pending.body})
	end := w.end
	end.Kind = "end"
	w.put(end)
	if err := w.flush(); err != nil {
		panic(err)
	}
	return b.Bytes(), notes[len(notes)-1]
}

func readLines(bundle []byte) (lines []line, err error) {
	r := readBundle(bytes.NewReader(bundle))
	for {
		var l line
		if err := r.next(&l); err != nil {
			return lines, err
		}
		lines = append(lines, l)
	}
}

// No line of a bundle can be left out, doubled or moved, and no byte changed,
// without being noticed, but for what the exporter alone answers for.
func TestEveryChangeOfABundleIsNoticed(t *testing.T) {
	k := testKey(t, origin)
	bundle, head := handBundle(k, 300, 97)
	verify := func(b []byte) error {
		_, err := VerifyBundle(bytes.NewReader(b), k.Public(), VerifyOptions{Trusted: head.Note})
		return err
	}
	if err := verify(bundle); err != nil {
		t.Fatal(err)
	}
	text := bytes.SplitAfter(bundle, []byte("\n"))
	text = text[:len(text)-1]
	random := rand.New(rand.NewPCG(1, 2))
	for i := range text {
		if i%9 != 0 && i > 30 && i < len(text)-30 && bytes.Contains(text[i], []byte(`"leaf"`)) {
			continue // one leaf in seven is enough
		}
		if err := verify(bytes.Join(slices.Delete(slices.Clone(text), i, i+1), nil)); err == nil {
			t.Errorf("line %d was left out: %.80s", i+1, text[i])
		}
		if err := verify(bytes.Join(slices.Insert(slices.Clone(text), i, text[i]), nil)); err == nil {
			t.Errorf("line %d was doubled: %.80s", i+1, text[i])
		}
		j := random.IntN(len(text))
		swapped := slices.Clone(text)
		swapped[i], swapped[j] = swapped[j], swapped[i]
		if err := verify(bytes.Join(swapped, nil)); err == nil && i != j {
			t.Errorf("lines %d and %d were swapped: %.60s %.60s", i+1, j+1, text[i], text[j])
		}
		if err := verify(bytes.Join(text[:i], nil)); !errors.Is(err, ErrBundle) {
			t.Errorf("cut after line %d: %v", i, err)
		}
	}
	was, _ := readLines(bundle)
	for range 300 {
		at := len(text[0]) + random.IntN(len(bundle)-len(text[0]))
		changed := bytes.Clone(bundle)
		changed[at] ^= 1 << random.IntN(8)
		if now, _ := readLines(changed); reflect.DeepEqual(was, now) {
			continue // bits that base64 does not use, letters of a name
		}
		if err := verify(changed); err == nil {
			t.Errorf("byte %d was changed unnoticed: %.100q", at, changed[max(0, at-50):])
		}
	}
}

// A bundle that claims what it does not have is refused, and costs no more than
// its own length.
func TestHostileBundlesStaySmall(t *testing.T) {
	k := testKey(t, origin)
	head := `{"k":"bundle","format":"limen-ledger-bundle/1","origin":"` + origin + `","size":5}` + "\n"
	body := `"c":"AAAA","salt":"AAAA","body":"x"`
	for _, text := range []string{
		"", "\n", "{}", "null\n", `{"k":"end"}`, head, head + head, head + `{"k":"what"}`,
		`{"k":"bundle","format":"limen-ledger-bundle/2"}`,
		`{"k":"bundle","format":"limen-ledger-bundle/1","from":-5}`,
		`{"k":"bundle","format":"limen-ledger-bundle/1","from":7}` + "\n" + `{"k":"start","size":7,"note":"x","tiles":["AAAA"]}`,
		head + `{"k":"leaf","s":36028797018963968,` + body + "}\n" + `{"k":"leaf","s":72057594037927935,"id":"x"}` + "\n" + `{"k":"end","leaves":2}`,
		head + `{"k":"leaf","s":9223372036854775807}`,
		head + `{"k":"leaf","s":-3,` + body + "}\n" + `{"k":"end","leaves":1}`,
		head + `{"k":"tile","n":9223372036854775807,"h":"AAAA"}` + "\n" + `{"k":"tile","n":-1}` + "\n" + `{"k":"end"}`,
		head + `{"k":"tile","l":-1,"n":1}` + "\n" + `{"k":"tile","l":99,"n":1}` + "\n" + `{"k":"end"}`,
		head + `{"k":"checkpoint","size":9223372036854775807,"prior":-9223372036854775808,"note":"` + strings.Repeat("x", 100) + `"}` + "\n" + `{"k":"end","checkpoints":1}`,
		head + `{"k":"odd","what":"` + strings.Repeat("y", 1000) + `","s":-9,"text":"z"}` + "\n" + `{"k":"end"}`,
		head + `{"k":"leaf","s":0,"body":"` + strings.Repeat("x", maxLine) + `"}`,
		head + `{"k":"leaf","s":0,` + body + `}` + "\n" + `{"k":"end","leaves":1}`,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := VerifyBundle(strings.NewReader(text), k.Public(), VerifyOptions{})
		runtime.ReadMemStats(&after)
		if err == nil && text != head+`{"k":"end"}` {
			t.Errorf("accepted: %.150s", text)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 6<<20 {
			t.Errorf("%d bytes were used for %.150s", used, text)
		}
	}
}

// What is kept while reading does not grow with the bundle, one bit a leaf aside.
func TestVerificationMemoryIsBounded(t *testing.T) {
	k := testKey(t, origin)
	bundle, _ := handBundle(k, 20000, 256)
	most := uint64(0)
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	base := m.HeapAlloc
	_, err := VerifyBundle(bytes.NewReader(bundle), k.Public(), VerifyOptions{Progress: func(leaves, size int64) {
		runtime.GC()
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapAlloc)
		if size != 20000 {
			t.Errorf("progress says %d of %d", leaves, size)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if most == 0 || most > base+2<<20 {
		t.Fatalf("%d bytes are held, for a bundle of %d", int64(most)-int64(base), len(bundle))
	}
}

// A proof holds for its own entry, under the log's own key, and for nothing else.
func TestProofsOfAnythingElseFail(t *testing.T) {
	s := dbtest.Open(t, db.SQLite, schemas, db.Options{})
	l := open(t, s, Options{})
	receipts := fill(t, l, 300)
	integrateAll(t, l)
	good, err := l.Proof(context.Background(), receipts[77].ID)
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.Proof(context.Background(), receipts[78].ID)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(p *Proof){
		"sequence":   func(p *Proof) { p.Sequence++ },
		"identifier": func(p *Proof) { p.ID = other.ID },
		"commitment": func(p *Proof) { p.Commitment = other.Commitment },
		"path":       func(p *Proof) { p.Path = other.Path },
		"no path":    func(p *Proof) { p.Path = nil },
		"long path":  func(p *Proof) { p.Path = slices.Repeat(p.Path, 20) },
		"body":       func(p *Proof) { p.Body = other.Body },
		"salt":       func(p *Proof) { p.Salt = other.Salt },
		"negative":   func(p *Proof) { p.Sequence = -1 },
		"beyond":     func(p *Proof) { p.Sequence = 300 },
		"empty":      func(p *Proof) { *p = Proof{Checkpoint: p.Checkpoint} },
	} {
		p := good
		change(&p)
		if _, err := CheckProof(p, l.Public()); !errors.Is(err, ErrProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := CheckProof(good, testKey(t, origin).Public()); !errors.Is(err, ErrWrongKey) {
		t.Errorf("another key: %v", err)
	}
	execSQL(t, s, `UPDATE ledger_tile SET hashes = $1 WHERE level = 0 AND n = 0`, make([]byte, tileWidth*hashSize))
	if _, err := l.Proof(context.Background(), receipts[77].ID); !errors.Is(err, ErrTampered) {
		t.Errorf("from a damaged tile: %v", err)
	}
}

func FuzzVerifyBundle(f *testing.F) {
	k := testKey(f, origin)
	bundle, head := handBundle(k, 3, 2)
	f.Add(bundle)
	f.Add([]byte(strings.ReplaceAll(string(bundle), `"s":1`, `"s":2`)))
	f.Add([]byte(fmt.Sprintf(`{"k":"bundle","format":"limen-ledger-bundle/1","origin":%q,"from":3}`+"\n"+`{"k":"start","size":3,"note":%q,"tiles":["AAAA"]}`, origin, head.Note)))
	was, _ := readLines(bundle)
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := VerifyBundle(bytes.NewReader(b), k.Public(), VerifyOptions{Trusted: head.Note, Receipts: []Receipt{{ID: "x", Leaf: "y"}}})
		if err == nil {
			t.Fatalf("the receipt of no entry was found: %+v", r)
		}
		r, err = VerifyBundle(bytes.NewReader(b), k.Public(), VerifyOptions{Trusted: head.Note})
		if err == nil && r.Size != head.Size {
			now, _ := readLines(b)
			t.Fatalf("another log was accepted: %+v\n%v\n%v", r, was, now)
		}
	})
}

// The fast reader of leaf lines agrees with encoding/json wherever it does not
// leave the line to it.
func FuzzParseLeaf(f *testing.F) {
	k := testKey(f, origin)
	bundle, _ := handBundle(k, 23, 9)
	for _, text := range bytes.SplitAfter(bundle, []byte("\n")) {
		f.Add(bytes.TrimSuffix(text, []byte("\n")))
	}
	f.Add([]byte(`{"k":"leaf","s":07}`))
	f.Add([]byte(`{"k":"leaf","c":"AA=="}`))
	f.Add([]byte(`{"k":"leaf","body":"\u00e9"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var fast, slow line
		if !fast.parseLeaf(text) {
			return
		}
		if err := json.Unmarshal(text, &slow); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if len(fast.Commitment) == 0 && len(slow.Commitment) == 0 {
			fast.Commitment, slow.Commitment = nil, nil
		}
		if len(fast.Salt) == 0 && len(slow.Salt) == 0 {
			fast.Salt, slow.Salt = nil, nil
		}
		if !reflect.DeepEqual(fast, slow) {
			t.Fatalf("%q: %+v and %+v", text, fast, slow)
		}
	})
}

func FuzzDecode(f *testing.F) {
	e := crossing(3)
	e.At = noon
	id := newID(noon, &[10]byte{})
	f.Add(string(e.appendBody(nil, id, nil, "1-2")))
	f.Add(`{"id":"` + id + `","searched":[["a"],["b","c"],["d","e","f"]]}`)
	f.Fuzz(func(t *testing.T, body string) {
		r := decode(id, "", nil, body)
		r.Proves("document", "x")
		if len(r.digests) != len(r.Entry.Searched) {
			t.Fatal("categories and digests differ in number")
		}
	})
}
