package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"limen/db"
	"limen/db/dbtest"
)

// tampering is one thing done to the tables by hand, and what must be said of it.
type tampering struct {
	name string
	do   func(w *world)
	kind Kind
	at   int64    // sequence of the finding; -1: not looked at
	says []string // all of these stand in its message
	more []Kind   // other kinds that this may cause
	hold bool     // the verifier holds the early checkpoint and all receipts
}

// id stands in says for the identifier of an entry.
func idOf(seq int) string { return fmt.Sprintf("{%d}", seq) }

var tamperings = []tampering{
	{name: "entry: body changed", kind: ChangedBody, at: 130, says: []string{"entry 130", idOf(130)},
		do: func(w *world) {
			w.exec(`UPDATE ledger_entry SET body = replace(body, 'border_check', 'curiosity') WHERE id = $1`, w.ids[130])
		}},
	{name: "entry: salt changed", kind: ChangedBody, at: 0, says: []string{idOf(0)},
		do: func(w *world) {
			w.exec(`UPDATE ledger_entry SET salt = $1 WHERE id = $2`, make([]byte, saltSize), w.ids[0])
		}},
	{name: "entry: body made huge", kind: ChangedBody, at: 131, says: []string{idOf(131)},
		do: func(w *world) {
			w.exec(`UPDATE ledger_entry SET body = $1 WHERE id = $2`, strings.Repeat("x", 3<<20), w.ids[131])
		}},
	{name: "entry: removed", kind: RemovedEntry, at: 699, says: []string{"entry 699", idOf(699)}, more: []Kind{ChangedIndex},
		do: func(w *world) { w.exec(`DELETE FROM ledger_entry WHERE id = $1`, w.ids[699]) }},
	{name: "entry: two bodies swapped", kind: ChangedBody, at: 611, says: []string{idOf(611)}, more: []Kind{ChangedIndex},
		do: func(w *world) {
			a, b := w.entry(610), w.entry(611)
			w.exec(`UPDATE ledger_entry SET body = $1, salt = $2 WHERE id = $3`, a.body, a.salt, b.id)
			w.exec(`UPDATE ledger_entry SET body = $1, salt = $2 WHERE id = $3`, b.body, b.salt, a.id)
		}},
	{name: "entry: inserted", kind: InsertedEntry, at: -1, says: []string{"0000abcdefghijklmnopqrstuv"},
		do: func(w *world) {
			e := w.entry(3)
			e.id, e.home = "0000abcdefghijklmnopqrstuv", "file-001"
			w.put(e)
		}},
	{name: "entry: doubled under another home", kind: InsertedEntry, at: -1, says: []string{idOf(20)}, more: []Kind{ChangedIndex},
		do: func(w *world) { e := w.entry(20); e.home = "file-999"; w.put(e) }},
	{name: "entry: home changed", kind: ChangedIndex, at: 21, says: []string{idOf(21), "home"},
		do: func(w *world) { w.exec(`UPDATE ledger_entry SET home = 'file-998' WHERE id = $1`, w.ids[21]) }},
	{name: "entry: officer column changed", kind: ChangedIndex, at: 21, says: []string{idOf(21), "officer"},
		do: func(w *world) { w.exec(`UPDATE ledger_entry SET officer = 'other' WHERE id = $1`, w.ids[21]) }},
	{name: "entry: identifier changed", kind: RemovedEntry, at: 22, says: []string{idOf(22)}, more: []Kind{InsertedEntry, ChangedIndex},
		do: func(w *world) {
			w.exec(`UPDATE ledger_entry SET id = '0000abcdefghijklmnopqrstuv' WHERE id = $1`, w.ids[22])
		}},
	{name: "entry: erased one put back", kind: NotErased, at: 505, says: []string{"entry 505", "entry 700", idOf(700)}, more: []Kind{ChangedBody, ChangedIndex, ChangedLeaf},
		do: func(w *world) { e := w.entry(3); e.id = w.ids[505]; w.put(e) }},
	{name: "subject: row removed", kind: ChangedIndex, at: 13, says: []string{idOf(13)},
		do: func(w *world) { w.exec(`DELETE FROM ledger_subject WHERE id = $1 AND subject = 'file-014'`, w.ids[13]) }},
	{name: "subject: row inserted", kind: ChangedIndex, at: -1, says: []string{idOf(12)},
		do: func(w *world) { w.exec(insertSubject, "file-777", w.ids[12], "file-012") }},

	{name: "leaf: commitment changed", kind: ChangedLeaf, at: 255, says: []string{"entry 255", idOf(255), "its body is the one logged"},
		do: func(w *world) { w.setLeaf(255, leafCopy{w.ids[255], make([]byte, 32)}) }},
	{name: "leaf: commitment of an erased entry changed", kind: ChangedLeaf, at: 510, says: []string{idOf(510)},
		do: func(w *world) { w.setLeaf(510, leafCopy{w.ids[510], make([]byte, 32)}) }},
	{name: "leaf: identifier changed", kind: ChangedLeaf, at: 256, says: []string{"entry 256"}, more: []Kind{InsertedEntry, RemovedLeaf, RemovedEntry},
		do: func(w *world) {
			w.setLeaf(256, leafCopy{"0000abcdefghijklmnopqrstuv", w.leaf(256).commitment})
		}},
	{name: "leaf: row removed", kind: RemovedLeaf, at: 300, says: []string{"entry 300"}, more: []Kind{InsertedEntry},
		do: func(w *world) { w.exec(`DELETE FROM ledger_leaf WHERE tile = 1 AND n = 44`) }},
	{name: "leaf: row removed, entry tells which", kind: RemovedLeaf, at: 300, says: []string{idOf(300), "its entry is still there"}, more: []Kind{InsertedEntry},
		do: func(w *world) { w.exec(`DELETE FROM ledger_leaf WHERE tile = 1 AND n = 44`) }},
	{name: "leaf: last row removed", kind: RemovedLeaf, at: 700, says: []string{"entry 700"}, more: []Kind{RemovedEntry, InsertedEntry},
		do: func(w *world) { w.exec(`DELETE FROM ledger_leaf WHERE id = $1`, w.ids[700]) }},
	{name: "leaf: a whole tile of rows removed", kind: RemovedLeaf, at: 400, says: []string{"entry 400"}, more: []Kind{InsertedEntry, RemovedEntry},
		do: func(w *world) { w.exec(`DELETE FROM ledger_leaf WHERE tile = 1`) }},
	{name: "leaf: two rows swapped", kind: Reordered, at: 40, says: []string{"entries 40 and 41", idOf(41)},
		do: func(w *world) { w.swapLeaves(40, 41) }},
	{name: "leaf: two rows far apart swapped", kind: Reordered, at: 310, says: []string{"leaf row 310", idOf(402), "belongs at 402"}, more: []Kind{RemovedLeaf},
		do: func(w *world) { w.swapLeaves(310, 402) }},
	{name: "leaf: two rows of different tiles swapped", kind: Reordered, at: 600, says: []string{"leaf row 600", idOf(40), "belongs at 40"}, more: []Kind{ChangedBody},
		do: func(w *world) { w.swapLeaves(40, 600) }},
	{name: "leaf: one taken out, the rest moved up", kind: RemovedLeaf, at: 520, says: []string{"entry 520"}, more: []Kind{Reordered, InsertedEntry},
		do: func(w *world) {
			for s := int64(520); s < 700; s++ {
				w.setLeaf(s, w.leaf(s+1))
			}
			w.exec(`DELETE FROM ledger_leaf WHERE tile = 2 AND n = 188`)
		}},
	{name: "leaf: one put in, the rest moved down", kind: InsertedLeaf, at: 690, says: []string{"entry 690", "0000abcdefghijklmnopqrstuv"}, more: []Kind{Reordered, RemovedEntry, ChangedTile},
		do: func(w *world) {
			w.exec(`INSERT INTO ledger_leaf (tile, n, id, commitment) VALUES (2, 189, $1, $2)`, w.ids[700], w.leaf(700).commitment)
			for s := int64(700); s > 690; s-- {
				w.setLeaf(s, w.leaf(s-1))
			}
			w.setLeaf(690, leafCopy{"0000abcdefghijklmnopqrstuv", make([]byte, 32)})
		}},
	{name: "leaf: appended", kind: InsertedLeaf, at: 701, says: []string{"entry 701", "0000abcdefghijklmnopqrstuv"}, more: []Kind{ChangedTile, RemovedEntry},
		do: func(w *world) {
			w.exec(`INSERT INTO ledger_leaf (tile, n, id, commitment) VALUES (2, 189, $1, $2)`, "0000abcdefghijklmnopqrstuv", make([]byte, 32))
		}},
	{name: "leaf: second one for the same entry", kind: InsertedLeaf, at: -1, says: []string{idOf(9)}, more: []Kind{ChangedTile, InsertedLeaf},
		do: func(w *world) {
			w.exec(`INSERT INTO ledger_leaf (tile, n, id, commitment) VALUES (2, 189, $1, $2)`, w.ids[9], w.leaf(9).commitment)
		}},

	{name: "tile: hash changed", kind: ChangedTile, at: 70, says: []string{"entry 70", idOf(70)},
		do: func(w *world) { w.tile(0, 0, func(b []byte) []byte { b[70*hashSize+5] ^= 1; return b }) }},
	{name: "tile: hashes swapped", kind: ChangedTile, at: 71, says: []string{idOf(71)},
		do: func(w *world) {
			w.tile(0, 0, func(b []byte) []byte {
				x := slices.Clone(b[70*hashSize : 71*hashSize])
				copy(b[70*hashSize:], b[71*hashSize:72*hashSize])
				copy(b[71*hashSize:], x)
				return b
			})
		}},
	{name: "tile: removed", kind: ChangedTile, at: 256, says: []string{"tile 1"},
		do: func(w *world) { w.exec(`DELETE FROM ledger_tile WHERE level = 0 AND n = 1`) }},
	{name: "tile: cut", kind: ChangedTile, at: 356, says: []string{"tile 1", "entry 356"},
		do: func(w *world) { w.tile(0, 1, func(b []byte) []byte { return b[:100*hashSize] }) }},
	{name: "tile: lengthened", kind: ChangedTile, at: -1, says: []string{"tile 2", "beyond the log"},
		do: func(w *world) { w.tile(0, 2, func(b []byte) []byte { return append(b, make([]byte, hashSize)...) }) }},
	{name: "tile: odd length", kind: ChangedTile, at: -1, says: []string{"tile 2", "a length that no tile has"},
		do: func(w *world) { w.tile(0, 2, func(b []byte) []byte { return append(b, 1, 2, 3) }) }},
	{name: "tile: inserted", kind: ChangedTile, at: -1, says: []string{"tile 77"},
		do: func(w *world) {
			w.exec(`INSERT INTO ledger_tile (n, level, hashes) VALUES (77, 0, $1)`, make([]byte, 64))
		}},
	{name: "tile: inserted at a level that is not", kind: ChangedTile, at: -1, says: []string{"(0, 9)"},
		do: func(w *world) {
			w.exec(`INSERT INTO ledger_tile (n, level, hashes) VALUES (0, 9, $1)`, make([]byte, 64))
		}},
	{name: "tile: level 1 changed", kind: ChangedTile, at: -1, says: []string{"tile 0 of level 1", "entries 256 to 511"},
		do: func(w *world) { w.tile(1, 0, func(b []byte) []byte { b[40] ^= 1; return b }) }},
	{name: "tile: level 1 removed", kind: ChangedTile, at: -1, says: []string{"tile 0 of level 1 is missing"},
		do: func(w *world) { w.exec(`DELETE FROM ledger_tile WHERE level = 1`) }},

	{name: "body and leaf row made to fit", kind: ChangedBody, at: 130, says: []string{"entry 130", idOf(130), "fit each other"},
		do: func(w *world) { w.forgeBody(130) }},
	{name: "body, leaf row and tile made to fit", kind: ChangedTree, at: 100, says: []string{"entries 100 to 199", idOf(100), "narrow it to entries 100 to 199"},
		do: func(w *world) { w.forgeBody(130); w.retile(130) }},
	{name: "one made to fit in the last window", kind: ChangedTree, at: 700, says: []string{"entries 700 to 700", idOf(700)}, more: []Kind{RemovedEntry},
		do: func(w *world) {
			w.setLeaf(700, leafCopy{w.ids[700], make([]byte, 32)})
			w.retile(700)
			w.exec(`DELETE FROM ledger_entry WHERE id = $1`, w.ids[700])
		}},
	{name: "two leaf rows swapped and the tile made to fit", kind: Reordered, at: 340, says: []string{"340,345"},
		do: func(w *world) { w.swapLeaves(340, 345); w.retile(340); w.retile(345) }},
	{name: "a leaf row in one place, a tile in another", kind: ChangedTile, at: 150, says: []string{idOf(150)}, more: []Kind{ChangedLeaf},
		do: func(w *world) {
			w.setLeaf(140, leafCopy{w.ids[140], make([]byte, 32)})
			w.tile(0, 0, func(b []byte) []byte { b[150*hashSize] ^= 1; return b })
		}},

	{name: "checkpoint: text changed", kind: ForgedCheckpoint, at: -1, says: []string{"size 201"},
		do: func(w *world) {
			w.exec(`UPDATE ledger_checkpoint SET note = replace(note, $1, $2) WHERE size = 200`, "\n200\n", "\n201\n")
		}},
	{name: "checkpoint: signature gone", kind: ForgedCheckpoint, at: -1, says: []string{"malformed"},
		do: func(w *world) { w.exec(`UPDATE ledger_checkpoint SET note = 'none' WHERE size = 200`) }},
	{name: "checkpoint: one removed", kind: RemovedCheckpoint, at: -1, says: []string{"from size 200 to 300"},
		do: func(w *world) { w.exec(`DELETE FROM ledger_checkpoint WHERE size = 300`) }},
	{name: "checkpoint: newest removed", kind: InsertedLeaf, at: 700, says: []string{"entry 700", idOf(700), "no checkpoint covers"}, more: []Kind{ChangedTile},
		do: func(w *world) { w.exec(`DELETE FROM ledger_checkpoint WHERE prior = 700`) }},
	{name: "checkpoint: size column changed", kind: ChangedCheckpoint, at: -1, says: []string{"under size 250", "for 300"}, more: []Kind{ForkedCheckpoint},
		do: func(w *world) { w.exec(`UPDATE ledger_checkpoint SET size = 250 WHERE size = 300`) }},
	{name: "checkpoint: prior column changed", kind: RemovedCheckpoint, at: -1, says: []string{"from size 200 to 201"}, more: []Kind{ForkedCheckpoint},
		do: func(w *world) { w.exec(`UPDATE ledger_checkpoint SET prior = 201 WHERE size = 300`) }},
	{name: "checkpoint: two swapped", kind: ChangedCheckpoint, at: -1, says: []string{"under size 200", "for 300"}, more: []Kind{ForkedCheckpoint, ChangedCheckpoint, RemovedCheckpoint},
		do: func(w *world) {
			w.exec(`UPDATE ledger_checkpoint SET note = (SELECT note FROM ledger_checkpoint WHERE size = 300) WHERE size = 200`)
		}},
	{name: "checkpoint: inserted with another key", kind: WrongKey, at: -1, says: []string{"size 650"}, more: []Kind{RemovedCheckpoint, ForkedCheckpoint},
		do: func(w *world) { w.checkpoint(testKey(w.t, origin), 650, 650, 1) }},
	{name: "checkpoint: fork signed with the log's key", kind: ForkedCheckpoint, at: -1, says: []string{"size 300", "different trees"}, more: []Kind{RemovedCheckpoint},
		do: func(w *world) { w.checkpoint(w.l.key, 299, 300, 1) }},
	{name: "checkpoint: of another tree, signed with the log's key", kind: ForkedCheckpoint, at: -1, says: []string{"size 350"}, more: []Kind{RemovedCheckpoint},
		do: func(w *world) { w.checkpoint(w.l.key, 350, 350, 1) }},
	{name: "checkpoint: of a size that is not there", kind: Truncated, at: 701, says: []string{"entries 701 to 899"}, more: []Kind{RemovedCheckpoint},
		do: func(w *world) { w.checkpoint(w.l.key, 701, 900, 1) }},

	{name: "pending: body changed", kind: ChangedBody, at: -1, says: []string{idOf(-1)},
		do: func(w *world) {
			w.exec(`UPDATE ledger_entry SET body = replace(body, 'border_check', 'curiosity') WHERE id = $1`, w.all[700].ID)
		}},
	{name: "pending: entry removed", kind: RemovedEntry, at: -1, says: []string{idOf(-1)},
		do: func(w *world) { w.exec(`DELETE FROM ledger_entry WHERE id = $1`, w.all[700].ID) }},
	{name: "pending: row removed", kind: InsertedEntry, at: -1, says: []string{idOf(-1)},
		do: func(w *world) { w.exec(`DELETE FROM ledger_pending WHERE id = $1`, w.all[700].ID) }},
	{name: "pending: removed without a trace, but for the receipt", kind: LostReceipt, at: -1, says: []string{idOf(-1)}, hold: true,
		do: func(w *world) {
			w.exec(`DELETE FROM ledger_pending WHERE id = $1`, w.all[700].ID)
			w.exec(`DELETE FROM ledger_entry WHERE id = $1`, w.all[700].ID)
		}},

	{name: "erased: row removed", kind: ChangedIndex, at: 507, says: []string{idOf(507), "entry 700"},
		do: func(w *world) { w.exec(`DELETE FROM ledger_erased WHERE tile = 1 AND n = 251`) }},
	{name: "erased: row for an entry that is there", kind: ChangedIndex, at: 99, says: []string{idOf(99)},
		do: func(w *world) {
			w.exec(`INSERT INTO ledger_erased (tile, n, erasure) VALUES (0, 99, $1)`, w.ids[700])
		}},
	{name: "erased: row for no leaf", kind: ChangedIndex, at: -1, says: []string{"ledger_erased", "(2, 189)"},
		do: func(w *world) {
			w.exec(`INSERT INTO ledger_erased (tile, n, erasure) VALUES (2, 189, $1)`, w.ids[700])
		}},
	{name: "erased: an entry removed and called erased", kind: RemovedEntry, at: 99, says: []string{idOf(99)}, more: []Kind{ChangedIndex},
		do: func(w *world) {
			w.exec(`INSERT INTO ledger_erased (tile, n, erasure) VALUES (0, 99, $1)`, w.ids[700])
			w.exec(`DELETE FROM ledger_entry WHERE id = $1`, w.ids[99])
		}},
	{name: "erased: an entry removed, and a pending erasure made up", kind: ForgedPending, at: -1, says: []string{"0000abcdefghijklmnopqrstuv", "not signed"}, more: []Kind{RemovedEntry},
		do: func(w *world) {
			w.exec(`INSERT INTO ledger_erased (tile, n, erasure) VALUES (0, 99, '0000abcdefghijklmnopqrstuv')`)
			w.exec(`DELETE FROM ledger_entry WHERE id = $1`, w.ids[99])
			e := eraser
			e.At, e.Operation, e.Outcome = noon, "ledger.erase", "done"
			id := "0000abcdefghijklmnopqrstuv"
			body := string(e.appendBody(nil, id, []byte("salt"), "99"))
			c := commit([]byte("salt"), body)
			w.put(entryCopy{id, id, "duty", "ledger.erase", []byte("salt"), body})
			w.exec(insertPending, id, id, c[:], make([]byte, 96))
		}},
	{name: "erased: the erasure itself removed", kind: RemovedEntry, at: 700, says: []string{idOf(700)}, more: []Kind{RemovedEntry},
		do: func(w *world) { w.exec(`DELETE FROM ledger_entry WHERE id = $1`, w.ids[700]) }},

	{name: "tail cut, entries left", kind: InsertedEntry, at: -1, says: []string{idOf(650)}, more: []Kind{RemovedEntry},
		do: func(w *world) { w.truncate(600, false) }},
	{name: "tail cut without a trace, but for the checkpoint", kind: Truncated, at: -1, says: []string{"size 400", "ends at 300", "300 to 399"}, more: []Kind{LostReceipt}, hold: true,
		do: func(w *world) { w.truncate(300, true) }},
	{name: "tail cut without a trace, but for the receipts", kind: LostReceipt, at: -1, says: []string{idOf(650)}, hold: true, more: []Kind{RemovedEntry},
		do: func(w *world) { w.truncate(600, true) }},
	{name: "tree replaced and signed with another key", kind: WrongKey, at: -1, says: []string{"size 400", origin}, more: []Kind{ChangedIndex, NotErased, RemovedEntry},
		do: func(w *world) { w.rebuild(testKey(w.t, origin)) }},
	{name: "tree replaced and signed with the stolen key", kind: ForkedCheckpoint, at: -1, says: []string{"trusted checkpoint of size 400"}, more: []Kind{LostReceipt, FalseErasure, RemovedEntry, ChangedIndex, NotErased}, hold: true,
		do: func(w *world) { w.rebuild(w.l.key) }},
}

// Everything done to the tables by hand is found, and the finding names the entry
// (EES-050: what is logged cannot be denied later).
func TestArt46_TamperingIsFoundAndNamed(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, s *db.Store) {
		w := newWorld(t, s)
		for _, x := range tamperings {
			t.Run(x.name, func(t *testing.T) {
				w.t = t
				w.restore()
				x.do(w)
				o := VerifyOptions{}
				if x.hold {
					o = VerifyOptions{Trusted: w.early.Note, Receipts: w.all}
				}
				r, err := VerifyBundle(bytes.NewReader(export(t, w.l, ExportOptions{})), w.l.Public(), o)
				if !errors.Is(err, ErrTampered) {
					t.Fatalf("not found: %v", err)
				}
				found := false
				for _, f := range r.Findings {
					if f.Kind != x.kind && !slices.Contains(x.more, f.Kind) {
						t.Errorf("says also: %s: %s", f.Kind, f.Message)
					}
					if f.Kind == x.kind && (x.at < 0 || f.Sequence == x.at) && w.saysAll(f.Message, x.says) {
						found = true
					}
				}
				if !found {
					for _, f := range r.Findings[:min(len(r.Findings), 12)] {
						t.Errorf("%s %d: %s", f.Kind, f.Sequence, f.Message)
					}
					t.Errorf("no finding %s says %q", x.kind, x.says)
				}
			})
		}
	})
}

func (w *world) saysAll(message string, says []string) bool {
	for _, s := range says {
		var seq int
		if n, _ := fmt.Sscanf(s, "{%d}", &seq); n == 1 {
			if seq < 0 {
				s = w.all[700].ID
			} else {
				s = w.ids[seq]
			}
		}
		if !strings.Contains(message, s) {
			return false
		}
	}
	return true
}

// What only the holder of the key can see: pending rows of somebody else's making.
// They are not sealed, and the log's own go on being.
func TestPendingRowsOfOthersAreNotSealed(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, s *db.Store) {
		w := newWorld(t, s)
		for _, x := range []struct {
			name string
			do   func() (id string)
		}{
			{"inserted", func() string {
				e := w.entry(3)
				e.id, e.home = "0000abcdefghijklmnopqrstuv", "file-001"
				w.put(e)
				c := commit(e.salt, e.body)
				w.exec(insertPending, e.home, e.id, c[:], make([]byte, 32))
				return e.id
			}},
			{"changed with its entry", func() string {
				e := entryCopy{id: w.all[700].ID}
				w.read(func(tx *db.Tx) error {
					return tx.Row(`SELECT home, salt, body FROM ledger_entry WHERE id = $1`, e.id).Scan(&e.home, &e.salt, &e.body)
				})
				e.body = strings.Replace(e.body, "border_check", "curiosity", 1)
				c := commit(e.salt, e.body)
				w.exec(`UPDATE ledger_entry SET body = $1 WHERE id = $2`, e.body, e.id)
				w.exec(`UPDATE ledger_pending SET commitment = $1 WHERE id = $2`, c[:], e.id)
				return e.id
			}},
			{"two swapped", func() string {
				for _, p := range [][2]string{{w.all[700].ID, "x"}, {w.all[701].ID, w.all[700].ID}, {"x", w.all[701].ID}} {
					w.exec(`UPDATE ledger_pending SET id = $2 WHERE id = $1`, p[0], p[1])
				}
				return w.all[700].ID
			}},
		} {
			t.Run(x.name, func(t *testing.T) {
				w.t = t
				w.restore()
				id := x.do()
				r, err := w.l.Verify(context.Background(), VerifyOptions{})
				if !errors.Is(err, ErrTampered) || !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Kind == ForgedPending && f.ID == id }) {
					t.Fatalf("%v: %+v", err, r.Findings)
				}
				for range 3 {
					if _, err := w.integrate(w.l); !errors.Is(err, ErrPending) {
						t.Fatalf("integrate: %v", err)
					}
				}
				if slices.Contains(w.sealed(), id) {
					t.Fatal("it was sealed")
				}
				if got := len(w.sealed()); got < 701+8 {
					t.Fatalf("only %d sealed: the others were held up", got)
				}
			})
		}
		t.Run("a sealed one put back", func(t *testing.T) {
			w.t = t
			w.restore()
			e := w.entry(33)
			c := commit(e.salt, e.body)
			w.exec(insertPending, e.home, e.id, c[:], pendingCode(w.l.key, e.home, e.id, c[:]))
			if n, err := w.integrate(w.l); n != 10 || !errors.Is(err, ErrPending) {
				t.Fatalf("%d, %v", n, err)
			}
		})
	})
}

// The integrator does not build on what it would not sign.
func TestIntegrationRefusesADamagedTree(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, s *db.Store) {
		w := newWorld(t, s)
		for _, x := range []struct {
			name string
			do   func()
			want error
		}{
			{"edge changed", func() { w.tile(0, 2, func(b []byte) []byte { b[0] ^= 1; return b }) }, ErrTampered},
			{"edge removed", func() { w.exec(`DELETE FROM ledger_tile WHERE level = 1`) }, ErrTampered},
			{"checkpoint forged", func() {
				w.exec(`UPDATE ledger_checkpoint SET note = replace(note, $1, $2) WHERE prior = 700`, "\n701\n", "\n700\n")
			}, ErrSignature},
			{"signed by another", func() { w.exec(`DELETE FROM ledger_checkpoint`); w.checkpoint(testKey(w.t, origin), 700, 701, 0) }, ErrWrongKey},
			{"leaf beyond", func() {
				w.exec(`INSERT INTO ledger_leaf (tile, n, id, commitment) VALUES (2, 189, $1, $2)`, "0000abcdefghijklmnopqrstuv", make([]byte, 32))
			}, ErrTampered},
			{"checkpoint in the way", func() { w.checkpoint(w.l.key, 701, 650, 1) }, ErrTampered},
			{"rolled back", func() { w.l.seen.Size = 701; w.truncate(600, false) }, ErrRolledBack},
		} {
			t.Run(x.name, func(t *testing.T) {
				w.t = t
				w.restore()
				x.do()
				before := w.sealed()
				if n, err := w.integrate(w.l); n != 0 || !errors.Is(err, x.want) {
					t.Fatalf("%d, %v", n, err)
				}
				if !slices.Equal(before, w.sealed()) {
					t.Fatal("it has sealed all the same")
				}
			})
		}
	})
}

// Rows that are no place in a tree are found, however far out they lie, and do not
// keep the rest of the log from being exported.
func TestRowsOutsideOfTheTree(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, s *db.Store) {
		l := open(t, s, Options{})
		fill(t, l, 10)
		integrateAll(t, l)
		for _, x := range []struct {
			kind           Kind
			insert, remove string
			args           []any
		}{
			{InsertedLeaf, `INSERT INTO ledger_leaf (tile, n, id, commitment) VALUES ($1, $2, 'x', $3)`, `DELETE FROM ledger_leaf WHERE id = 'x'`, []any{0, 999, []byte{1}}},
			{InsertedLeaf, `INSERT INTO ledger_leaf (tile, n, id, commitment) VALUES ($1, $2, 'x', $3)`, `DELETE FROM ledger_leaf WHERE id = 'x'`, []any{0, -1, []byte{1}}},
			{InsertedLeaf, `INSERT INTO ledger_leaf (tile, n, id, commitment) VALUES ($1, $2, 'x', $3)`, `DELETE FROM ledger_leaf WHERE id = 'x'`, []any{-1, 0, []byte{1}}},
			{InsertedLeaf, `INSERT INTO ledger_leaf (tile, n, id, commitment) VALUES ($1, $2, 'x', $3)`, `DELETE FROM ledger_leaf WHERE id = 'x'`, []any{math.MaxInt64, 0, []byte{1}}},
			{RemovedLeaf, `INSERT INTO ledger_leaf (tile, n, id, commitment) VALUES ($1, $2, 'x', $3)`, `DELETE FROM ledger_leaf WHERE id = 'x'`, []any{1 << 40, 7, []byte{1}}},
			{ChangedTile, `INSERT INTO ledger_tile (n, level, hashes) VALUES ($1, $2, $3)`, `DELETE FROM ledger_tile WHERE n <> 0`, []any{math.MaxInt64, 0, []byte{1}}},
			{ChangedTile, `INSERT INTO ledger_tile (n, level, hashes) VALUES ($1, $2, $3)`, `DELETE FROM ledger_tile WHERE n <> 0`, []any{1 << 40, 3, []byte{1}}},
			{ChangedTile, `INSERT INTO ledger_tile (n, level, hashes) VALUES ($1, $2, $3)`, `DELETE FROM ledger_tile WHERE n <> 0`, []any{-1, 0, []byte{1}}},
			{ForkedCheckpoint, `INSERT INTO ledger_checkpoint (prior, size, note) VALUES ($1, $2, 'x')`, `DELETE FROM ledger_checkpoint WHERE note = 'x'`, []any{10, math.MaxInt64}},
			{ForgedCheckpoint, `INSERT INTO ledger_checkpoint (prior, size, note) VALUES ($1, $2, 'x')`, `DELETE FROM ledger_checkpoint WHERE note = 'x'`, []any{10, 1 << 50}},
			{ForgedCheckpoint, `INSERT INTO ledger_checkpoint (prior, size, note) VALUES ($1, $2, 'x')`, `DELETE FROM ledger_checkpoint WHERE note = 'x'`, []any{-5, -7}},
			{ChangedIndex, `INSERT INTO ledger_erased (tile, n, erasure) VALUES ($1, $2, 'x')`, `DELETE FROM ledger_erased`, []any{-5, 300}},
		} {
			execSQL(t, s, x.insert, x.args...)
			r, err := l.Verify(context.Background(), VerifyOptions{})
			if !errors.Is(err, ErrTampered) || r.Entries != 10 || !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Kind == x.kind }) {
				t.Errorf("%s %v: %v %+v", x.insert, x.args, err, r.Findings)
			}
			execSQL(t, s, x.remove)
		}
		execSQL(t, s, `UPDATE ledger_leaf SET commitment = $1`, []byte{1, 2})
		if _, err := erase(t, l, Erasure{Before: noon.AddDate(50, 0, 0)}); err != nil {
			t.Fatal(err)
		}
		if r, err := l.Verify(context.Background(), VerifyOptions{}); !errors.Is(err, ErrTampered) || len(r.Findings) < 10 {
			t.Errorf("%v %+v", err, r)
		}
	})
}
