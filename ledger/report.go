package ledger

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"limen/law"
)

// Kind sorts findings. The names are stable.
type Kind string

// What verification can find.
const (
	ChangedBody       Kind = "changed_body"       // body or salt is not what was logged
	ChangedLeaf       Kind = "changed_leaf"       // a leaf row is not what was sealed
	ChangedTile       Kind = "changed_tile"       // a tile row is not what was sealed, or is missing
	RemovedEntry      Kind = "removed_entry"      // the entry is gone and no erasure names it
	RemovedLeaf       Kind = "removed_leaf"       // a leaf row is gone
	InsertedEntry     Kind = "inserted_entry"     // an entry that was never sealed nor is waiting to be
	InsertedLeaf      Kind = "inserted_leaf"      // a leaf that no checkpoint covers, or a second one
	Reordered         Kind = "reordered"          // entries stand in each other's place
	ForgedCheckpoint  Kind = "forged_checkpoint"  // the signature does not hold
	WrongKey          Kind = "wrong_key"          // signed with a key that is not this log's
	ForkedCheckpoint  Kind = "forked_checkpoint"  // signed, and of another tree than this
	RemovedCheckpoint Kind = "removed_checkpoint" // a link of the chain of checkpoints is gone
	ChangedCheckpoint Kind = "changed_checkpoint" // filed under numbers that its text does not say
	ChangedTree       Kind = "changed_tree"       // all witnesses agree, and none with the signed root
	Truncated         Kind = "truncated"          // the log ends before something that is known to be in it
	FalseErasure      Kind = "false_erasure"      // said to be erased by an entry that does not say so
	NotErased         Kind = "not_erased"         // an erasure names an entry that is still there
	ChangedIndex      Kind = "changed_index"      // a search column or table contradicts the log
	ForgedPending     Kind = "forged_pending"     // a pending row that the log did not write
	LostReceipt       Kind = "lost_receipt"       // the entry of a receipt is not in the log
)

// Finding is one thing that does not hold.
type Finding struct {
	Kind     Kind   `json:"kind"`
	Sequence int64  `json:"sequence"` // -1 when it concerns no sealed entry
	ID       string `json:"id,omitempty"`
	Message  string `json:"message"` // one sentence that names entry, row or checkpoint
}

// Report is the result of a verification.
type Report struct {
	Origin      string `json:"origin"`
	From        int64  `json:"from"` // entries before this were not in the bundle
	Size        int64  `json:"size"` // of the newest good checkpoint
	Root        string `json:"root"` // of the same, base64
	Checkpoint  string `json:"checkpoint"`
	Checkpoints int64  `json:"checkpoints"` // that hold
	Leaves      int64  `json:"leaves"`
	Entries     int64  `json:"entries"`  // with their body
	Erased      int64  `json:"erased"`   // lawfully, by an entry of the log
	Unsealed    int64  `json:"unsealed"` // of these: by an entry that is pending itself
	Pending     int64  `json:"pending"`  // entries under no checkpoint: not proved
	Receipts    int    `json:"receipts"` // found of those given

	// Erasures are the lawful ones, as many as VerifyOptions.Findings.
	Erasures []SealedErasure `json:"erasures,omitempty"`

	Findings []Finding `json:"findings"`
	More     int64     `json:"more"` // findings beyond VerifyOptions.Findings
}

// SealedErasure is an entry by which others were lawfully erased.
type SealedErasure struct {
	Sequence int64        `json:"sequence"` // -1 while it is pending
	ID       string       `json:"id"`
	Article  law.Citation `json:"article"`
	Erased   string       `json:"erased"` // sequence numbers: "12-15,20"
}

// OK tells whether everything holds.
func (r Report) OK() bool { return len(r.Findings) == 0 && r.More == 0 }

// Err is nil when everything holds, and otherwise an ErrTampered that repeats the
// first findings.
func (r Report) Err() error {
	if r.OK() {
		return nil
	}
	errs := []error{fmt.Errorf("%w: %d findings", ErrTampered, int64(len(r.Findings))+r.More)}
	for _, f := range r.Findings[:min(5, len(r.Findings))] {
		errs = append(errs, errors.New(f.Message))
	}
	return errors.Join(errs...)
}

func (v *verifier) find(kind Kind, seq int64, id, format string, args ...any) {
	if len(v.report.Findings) >= v.o.Findings {
		v.report.More++
		return
	}
	v.report.Findings = append(v.report.Findings, Finding{kind, seq, clip(id), fmt.Sprintf(format, args...)})
}

func name(seq int64, id string) string {
	switch {
	case id == "":
		return fmt.Sprintf("entry %d", seq)
	case seq < 0:
		return fmt.Sprintf("entry %s", clip(id))
	}
	return fmt.Sprintf("entry %d (%s)", seq, clip(id))
}

// explain turns the disagreements of a window into findings, once it is known which
// hash the signed tree has at each place.
func (v *verifier) explain(diffs []diff, truth func(diff) tlog.Hash) {
	place := make(map[tlog.Hash]int64, len(diffs)) // where a true hash belongs
	held := make(map[tlog.Hash]int64, len(diffs))  // where a row holds a hash
	for _, d := range diffs {
		place[truth(d)] = d.seq
		if d.hasRow {
			held[d.row] = d.seq
		}
	}
	belongs := func(h tlog.Hash) (int64, bool) {
		if seq, ok := place[h]; ok {
			return seq, true
		}
		if seq, ok := v.missing[h]; ok {
			delete(v.missing, h)
			return seq, true
		}
		return v.searchTiles(h)
	}
	for i := 0; i < len(diffs); i++ {
		d, t := diffs[i], truth(diffs[i])
		who := name(d.seq, d.id)
		if d.hasTile && d.tile != t {
			v.find(ChangedTile, d.seq, d.id, "%s: its hash in the level-0 tile %d was changed; the leaf row has the signed one", who, d.seq>>tileHeight)
		}
		if !d.hasRow {
			v.miss(t, d.seq)
			if _, moved := held[t]; !moved {
				v.find(RemovedLeaf, d.seq, "", "entry %d: its leaf row was removed", d.seq)
			}
			continue
		}
		if d.row == t {
			if d.hasBody && d.body != t {
				v.find(ChangedBody, d.seq, d.id, "%s: the body or its salt was changed", who)
			}
			continue
		}
		if at, known := belongs(d.row); known && at != d.seq {
			i += v.displaced(diffs[i:], at, truth(d), held, belongs)
			continue
		}
		at, moved := held[t]
		switch {
		case moved:
			v.find(InsertedLeaf, d.seq, d.id, "%s: this leaf row was put in; what belongs at %d stands at %d", who, d.seq, at)
		case d.hasBody && d.body == t:
			v.find(ChangedLeaf, d.seq, d.id, "%s: its leaf row was changed; its body is the one logged", who)
		case d.hasBody && d.body == d.row:
			v.find(ChangedBody, d.seq, d.id, "%s: body and leaf row fit each other, and neither is what was sealed here", who)
		default:
			v.find(ChangedLeaf, d.seq, d.id, "%s: its leaf row was changed", who)
		}
		if !moved {
			v.miss(t, d.seq)
		}
	}
}

// displaced reports the leaf row of diffs[0], which holds what belongs at another
// place, and the rows behind it that were moved with it. It returns how many those
// were.
func (v *verifier) displaced(diffs []diff, at int64, truth tlog.Hash, held map[tlog.Hash]int64,
	belongs func(tlog.Hash) (int64, bool)) int {
	d := diffs[0]
	switch other, ok := held[truth]; {
	case ok && other == at && d.seq < at:
		v.find(Reordered, d.seq, d.id, "entries %d and %d stand in each other's place: leaf row %d holds %s, which belongs at %d",
			d.seq, at, d.seq, name(-1, d.id), at)
		return 0
	case ok && other == at:
		return 0 // told at the first of the two
	case !ok:
		v.miss(truth, d.seq)
		// What was moved down stands in a row still to come.
		if _, elsewhere := v.moved[truth]; !elsewhere && at > d.seq {
			v.find(RemovedLeaf, d.seq, "", "entry %d: no leaf row holds it any more; the row in its place holds %s", d.seq, name(at, d.id))
		}
	}
	n := 0
	for n+1 < len(diffs) && diffs[n+1].hasRow && diffs[n+1].seq == diffs[n].seq+1 {
		if next, known := belongs(diffs[n+1].row); !known || next-diffs[n+1].seq != at-d.seq {
			break
		}
		n++
	}
	for _, m := range diffs[:n+1] {
		if len(v.moved) < maxDiffs {
			v.moved[m.row] = m.seq
		}
	}
	if n == 0 {
		v.find(Reordered, d.seq, d.id, "leaf row %d holds %s, which belongs at %d", d.seq, name(-1, d.id), at)
	} else {
		v.find(Reordered, d.seq, d.id, "leaf rows %d to %d hold what belongs %+d places away (%s at %d, and so on)",
			d.seq, diffs[n].seq, at-d.seq, name(-1, d.id), at)
	}
	return n
}

// miss remembers a true hash that no row holds.
func (v *verifier) miss(h tlog.Hash, seq int64) {
	if len(v.missing) < maxDiffs {
		v.missing[h] = seq
	}
}

// searchTiles finds the place of a hash in the level-0 tiles at hand.
func (v *verifier) searchTiles(h tlog.Hash) (int64, bool) {
	for n, tile := range v.tiles {
		if i := slices.Index(tile, h); i >= 0 {
			return n<<tileHeight + int64(i), true
		}
	}
	return 0, false
}

// undecided reports disagreements that no signed root decides.
func (v *verifier) undecided(diffs []diff) {
	for _, d := range diffs {
		var says []string
		if d.hasTile && d.tile != d.row {
			says = append(says, "leaf row and tile disagree")
		}
		if d.hasBody && d.body != d.row {
			says = append(says, "leaf row and body disagree")
		}
		kind := ChangedLeaf
		if d.hasTile && d.tile == d.row {
			kind = ChangedBody
		}
		if !d.hasRow {
			kind, says = RemovedLeaf, []string{"its leaf row was removed"}
		}
		if len(says) > 0 {
			v.find(kind, d.seq, d.id, "%s: %s", name(d.seq, d.id), strings.Join(says, ", "))
		}
	}
}
