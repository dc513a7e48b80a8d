package ledger

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// onCheckpoint compares a signed root with the trees, and lets it decide between the
// witnesses.
func (v *verifier) onCheckpoint(l *line) {
	v.checkFilled()
	switch {
	case l.Prior > v.last:
		v.find(RemovedCheckpoint, -1, "", "the checkpoint that leads from size %d to %d was removed", v.last, l.Prior)
	case l.Prior < v.last:
		v.find(ForkedCheckpoint, -1, "", "the checkpoint of size %d claims to follow size %d, where another one does", l.Size, l.Prior)
	}
	c, err := v.open(l.Note)
	if err != nil {
		v.last = max(v.last, min(l.Size, maxSize))
		return
	}
	v.last = max(v.last, c.Size)
	if c.Size != l.Size {
		v.find(ChangedCheckpoint, -1, "", "a checkpoint is filed under size %d and signed for %d", l.Size, c.Size)
		return
	}
	if c.Size < v.seq {
		v.find(ChangedCheckpoint, -1, "", "the checkpoint of size %d stands out of place", c.Size)
		return
	}
	v.advance(c.Size, Truncated)
	if v.broken {
		v.blind++
		return
	}
	diffs, lost := v.trees.diffs, v.trees.lost
	if truth, ok := v.trees.settle(c.Root); ok {
		v.explain(diffs, truth)
		v.report.More += lost
		v.hold(c)
		return
	}
	if places, ok := v.trees.sorted(c.Root); ok {
		v.find(Reordered, places[0], "", "entries %s were put in another order, and leaf rows and tiles made to fit: sorted by identifier they have the signed root",
			formatSeqs(places))
		v.undecided(diffs)
		v.hold(c)
		return
	}
	f := failure{size: c.Size, since: v.good}
	if w := v.trees.window; len(w) > 0 {
		f.first, f.last = w[0].id, w[len(w)-1].id
	}
	if len(v.failed) < v.o.Findings {
		v.failed = append(v.failed, f)
	} else {
		v.report.More++
	}
}

// hold records a checkpoint that is met. Those between the last good one and it,
// which were not met, were signed for another tree.
func (v *verifier) hold(c Checkpoint) {
	for _, f := range v.failed {
		v.forked(f)
	}
	v.failed = v.failed[:0]
	v.good = c.Size
	v.report.Checkpoints++
	v.report.Size, v.report.Root, v.report.Checkpoint = c.Size, c.Root.String(), c.Note
}

func (v *verifier) forked(f failure) {
	if f.size == f.since {
		v.find(ForkedCheckpoint, -1, "", "there are two signed checkpoints of size %d, for different trees", f.size)
		return
	}
	v.find(ForkedCheckpoint, -1, "", "the checkpoint of size %d is signed for another tree than the ones before and after it", f.size)
}

// onUpperTile compares a tile of level 1 or above with the trees. It agrees when it
// is what one of the witnesses gives.
func (v *verifier) onUpperTile(l *line) {
	if v.broken {
		return
	}
	if l.Level < 0 || l.Level >= tileLevels {
		v.find(ChangedTile, -1, "", "there is no tile level %d", l.Level)
		return
	}
	var given [][]tlog.Hash
	kept := v.filled[l.Level][:0]
	for _, t := range v.filled[l.Level] {
		if t.n == l.N {
			given = append(given, t.hashes)
		} else {
			kept = append(kept, t)
		}
	}
	v.filled[l.Level] = kept
	if given == nil {
		at := v.seq >> (uint(l.Level) * tileHeight)
		if l.N != at>>tileHeight || at&(tileWidth-1) == 0 || v.upper[l.Level] {
			v.find(ChangedTile, -1, "", "tile %d of level %d belongs to no place in the tree", l.N, l.Level)
			return
		}
		v.upper[l.Level] = true
		for _, e := range []*edge{v.trees.rows, v.trees.tiles, v.trees.votes} {
			given = append(given, e.tiles[l.Level])
		}
	}
	hashes := hashesOf(l.Hashes[:min(len(l.Hashes), tileWidth*hashSize)])
	if len(hashes) != len(given[0]) || len(l.Hashes)%hashSize != 0 {
		v.find(ChangedTile, -1, "", "tile %d of level %d has %d hashes, not %d", l.N, l.Level, len(l.Hashes)/hashSize, len(given[0]))
	}
	for i, h := range hashes {
		if i < len(given[0]) && !slices.ContainsFunc(given, func(g []tlog.Hash) bool { return g[i] == h }) {
			width := int64(1) << (uint(l.Level) * tileHeight)
			from := (l.N<<tileHeight + int64(i)) * width
			if len(v.doubts) < v.o.Findings {
				v.doubts = append(v.doubts, span{from, from + width, l.Level, l.N, i})
			} else {
				v.report.More++
			}
		}
	}
}

// span is what one hash of an upper tile covers, where no witness agrees with it.
type span struct {
	from, to int64
	level    int
	n        int64
	place    int
}

// checkFilled reports upper tiles that were filled and did not follow.
func (v *verifier) checkFilled() {
	for level := range v.filled {
		for i, t := range v.filled[level] {
			if i == 0 || t.n != v.filled[level][i-1].n {
				v.find(ChangedTile, -1, "", "tile %d of level %d is missing", t.n, level)
			}
		}
		v.filled[level] = v.filled[level][:0]
	}
}

// finish draws the conclusions that need the whole bundle.
func (v *verifier) finish() {
	v.checkFilled()
	v.finishTrees()
	v.finishTiles()
	v.finishErased()
	for _, l := range v.odds {
		v.odd(&l)
	}
	for _, leaf := range slices.Sorted(maps.Keys(v.receipts)) {
		v.find(LostReceipt, -1, v.receipts[leaf], "the log does not have the entry of receipt %s (leaf %s)%s",
			clip(v.receipts[leaf]), clip(leaf), v.fromWhere())
	}
}

func (v *verifier) fromWhere() string {
	if v.report.From > 0 {
		return fmt.Sprintf(" from number %d on", v.report.From)
	}
	return ""
}

func (v *verifier) finishTrees() {
	var first *failure
	later := int64(0)
	for i, f := range v.failed {
		switch {
		case f.size == f.since: // the good one has the same size
			v.forked(f)
		case first == nil:
			first = &v.failed[i]
		default:
			later++
		}
	}
	if first != nil {
		where := fmt.Sprintf("entries %d to %d (%s to %s)", first.since, first.size-1, clip(first.first), clip(first.last))
		var narrow []string
		for _, d := range v.doubts {
			if a, b := max(d.from, first.since), min(d.to, first.size); a < b {
				narrow = append(narrow, fmt.Sprintf("%d to %d", a, b-1))
			}
		}
		message := where + fmt.Sprintf(": one or more were changed, and body, leaf row and tile made to fit: the root signed at size %d is not met", first.size)
		if len(narrow) > 0 {
			message += "; the tiles above narrow it to entries " + strings.Join(narrow, ", ")
		}
		if later > 0 {
			message += fmt.Sprintf("; so %d later checkpoints cannot be met either", later)
		}
		v.find(ChangedTree, first.since, first.first, "%s", message)
	}
	if v.blind > 0 {
		v.find(Truncated, -1, "", "%d checkpoints could not be compared, because leaves before them are unknown", v.blind)
	}
	v.undecided(v.trees.diffs)
	v.report.More += v.trees.lost
	if v.seq > v.last && !v.broken {
		for i := v.last; i < v.seq; i++ {
			id := ""
			if at := i - v.trees.base.n; at >= 0 && at < int64(len(v.trees.window)) {
				id = v.trees.window[at].id
			}
			v.find(InsertedLeaf, i, id, "%s: a leaf row that no checkpoint covers", name(i, id))
		}
	}
	v.checkTrusted()
	if t := v.trusted; t != nil && t.Size >= 0 {
		switch {
		case t.Size > v.seq:
			v.find(Truncated, -1, "", "the trusted checkpoint has size %d, the log ends at %d: entries %d to %d are gone", t.Size, v.seq, v.seq, t.Size-1)
		case t.Size < v.report.From:
			v.find(Truncated, -1, "", "the bundle begins at %d, after the trusted checkpoint of size %d: it cannot be compared", v.report.From, t.Size)
		default:
			v.find(Truncated, -1, "", "the trusted checkpoint of size %d could not be compared, because leaves before it are unknown", t.Size)
		}
	}
}

func (v *verifier) finishTiles() {
	for _, d := range v.doubts {
		inFailed := slices.ContainsFunc(v.failed, func(f failure) bool { return d.to > f.since })
		if !inFailed {
			v.find(ChangedTile, -1, "", "tile %d of level %d: hash %d, over entries %d to %d, was changed", d.n, d.level, d.place, d.from, d.to-1)
		}
	}
	for _, n := range slices.Sorted(maps.Keys(v.tiles)) {
		switch begin := n << tileHeight; {
		case begin+tileWidth <= v.seq:
		case begin >= v.seq:
			v.find(ChangedTile, -1, "", "level-0 tile %d lies beyond the log", n)
		case int64(len(v.tiles[n])) > v.seq-begin:
			v.find(ChangedTile, -1, "", "level-0 tile %d has hashes beyond the log", n)
		}
	}
	if v.broken {
		return
	}
	for _, t := range rightEdge(v.seq) {
		if t.L > 0 && !v.upper[t.L] && v.seq > v.report.From {
			v.find(ChangedTile, -1, "", "tile %d of level %d is missing", t.N, t.L)
		}
	}
}

func (v *verifier) finishErased() {
	v.erased.each(func(seq int64) {
		if id, ok := v.pointed[seq]; ok {
			v.find(RemovedEntry, seq, id, "%s was removed: ledger_erased calls it erased, and no erasure in the log names it", name(seq, id))
			return
		}
		id := v.gone[seq]
		v.find(RemovedEntry, seq, id, "%s was removed, and no erasure in the log names it", name(seq, id))
	})
}

// odd turns what the exporter saw into a finding.
func (v *verifier) odd(l *line) {
	if l.Body != nil {
		commitment := commit(l.Salt, *l.Body)
		if seq, ok := v.missing[leafHash(l.ID, commitment[:])]; ok {
			v.find(RemovedLeaf, seq, l.ID, "%s is the one whose leaf row was removed: its entry is still there", name(seq, l.ID))
			return
		}
	}
	kind := ChangedIndex
	switch k := Kind(l.What); k {
	case InsertedEntry, InsertedLeaf, ChangedTile, ForkedCheckpoint:
		kind = k
	}
	who := ""
	if l.ID != "" {
		who = name(l.Seq, l.ID) + ": "
	}
	v.find(kind, max(l.Seq, -1), l.ID, "%s%s", who, clipLong(l.Text))
}

func clipLong(s string) string { return s[:min(len(s), 400)] }

// bitset has one bit a leaf, in pages, so that memory goes with the leaves read
// and not with the numbers that they claim.
type bitset struct {
	pages map[int64]*[pageBits / 64]uint64
}

const pageBits = 1 << 15

func newBitset() bitset { return bitset{map[int64]*[pageBits / 64]uint64{}} }

func (b *bitset) set(i int64) {
	p := b.pages[i/pageBits]
	if p == nil {
		p = new([pageBits / 64]uint64)
		b.pages[i/pageBits] = p
	}
	p[i%pageBits/64] |= 1 << (i & 63)
}

// clear tells whether the bit was set.
func (b *bitset) clear(i int64) bool {
	p := b.pages[i/pageBits]
	if p == nil || p[i%pageBits/64]&(1<<(i&63)) == 0 {
		return false
	}
	p[i%pageBits/64] &^= 1 << (i & 63)
	return true
}

func (b *bitset) each(see func(int64)) {
	for _, n := range slices.Sorted(maps.Keys(b.pages)) {
		for w, bits := range b.pages[n] {
			for i := int64(0); bits != 0; i, bits = i+1, bits>>1 {
				if bits&1 == 1 {
					see(n*pageBits + int64(w)*64 + i)
				}
			}
		}
	}
}
