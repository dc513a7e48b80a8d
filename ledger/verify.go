package ledger

import (
	"bytes"
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"limen/db"
)

// VerifyOptions say what the verifier holds besides the bundle.
type VerifyOptions struct {
	// Trusted is a checkpoint from earlier: the bundle must be a continuation of it.
	Trusted string
	// Receipts must all be found, in the tree or among the pending entries.
	Receipts []Receipt
	// Findings is how many are kept; the others are counted. 1000 when zero.
	Findings int
	// Progress, when not nil, is called about every 16384 leaves.
	Progress func(leaves, size int64)
}

// VerifyBundle checks a bundle offline, with the log's verifier keys alone: each
// signature, the root of each checkpoint against the leaves (and so that each
// continues the one before), the body of each entry or the lawful erasure that names
// it, and what the options hold. It reads once, and keeps one bit a leaf.
//
// The error is nil only when everything holds; ErrTampered when the report has
// findings; ErrBundle when the bundle could not be read to its end.
func VerifyBundle(r io.Reader, verifierKeys string, o VerifyOptions) (Report, error) {
	keys, err := parseKeys(verifierKeys)
	if err != nil {
		return Report{}, err
	}
	known := note.VerifierList(keys...)
	if o.Findings <= 0 {
		o.Findings = 1000
	}
	v := &verifier{in: readBundle(r), keys: keys, known: known, o: o, missing: map[tlog.Hash]int64{}, moved: map[tlog.Hash]int64{}, receipts: map[string]string{},
		gone: map[int64]string{}, pointed: map[int64]string{}, tiles: map[int64][]tlog.Hash{}, noTile: -1,
		erased: newBitset(), unseen: newBitset()}
	for _, r := range o.Receipts {
		v.receipts[r.Leaf] = r.ID
	}
	if o.Trusted != "" {
		c, err := OpenCheckpoint(o.Trusted, known)
		if err != nil {
			return Report{}, fmt.Errorf("trusted checkpoint: %w", err)
		}
		v.trusted = &c
	}
	if err := v.run(); err != nil {
		return v.report, err
	}
	return v.report, v.report.Err()
}

// Verify exports the log and verifies it in one go, and also checks what only the
// holder of the private key can: that the pending rows are the log's own.
func (l *Log) Verify(ctx context.Context, o VerifyOptions) (Report, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r, w := io.Pipe()
	go func() { w.CloseWithError(l.Export(ctx, w, ExportOptions{})) }()
	report, err := VerifyBundle(r, l.Public(), o)
	r.CloseWithError(io.ErrClosedPipe)
	if err != nil && (report.OK() || errors.Is(err, ErrBundle)) {
		return report, err
	}
	for after, more := "", true; more; {
		err := l.store.Read(ctx, func(tx *db.Tx) error {
			rows, err := tx.Query(`SELECT home, id, commitment, code FROM ledger_pending WHERE id > $1 ORDER BY id LIMIT $2`, after, strayWidth)
			if err != nil {
				return err
			}
			defer rows.Close()
			n := 0
			for ; rows.Next(); n++ {
				var p pendingRow
				if err := rows.Scan(&p.home, &p.id, &p.commitment, &p.code); err != nil {
					return err
				}
				after = p.id
				if !l.wrote(p) {
					report.Findings = append(report.Findings, Finding{ForgedPending, -1, clip(p.id),
						fmt.Sprintf("%s: its pending row was not written by this log", name(-1, p.id))})
				}
			}
			more = n == strayWidth
			return rows.Err()
		})
		if err != nil {
			return report, err
		}
	}
	return report, report.Err()
}

func (l *Log) wrote(p pendingRow) bool {
	code := pendingCode(l.key, p.home, p.id, p.commitment)
	return len(p.code) >= len(code) && hmac.Equal(p.code[:len(code)], code)
}

// verifier is the state of one reading.
type verifier struct {
	in      *bundleReader
	keys    []note.Verifier
	known   note.Verifiers
	o       VerifyOptions
	report  Report
	trusted *Checkpoint

	size   int64 // of the log when the export began
	seq    int64 // the next leaf
	trees  *witnesses
	broken bool // a leaf is unknown to every witness: no root can be rebuilt any more

	tiles  map[int64][]tlog.Hash    // level-0 tiles whose leaves are still to come
	noTile int64                    // the level-0 tile reported as missing last
	upper  [tileLevels]bool         // the unfilled tile of the level was there
	filled [tileLevels][]filledTile // upper tiles filled and not yet compared
	doubts []span                   // leaves below hashes of upper tiles that no witness has
	failed []failure                // checkpoints that no witness met, since the last that one did

	checkpoints int64 // lines read
	ended       bool
	last        int64               // size of the last checkpoint in the chain
	good        int64               // size of the last that held
	blind       int64               // checkpoints that could not be compared
	erased      bitset              // leaves without a body that no erasure has named yet
	unseen      bitset              // leaves without a row
	gone        map[int64]string    // the same: identifiers of those that nothing says to be erased
	pointed     map[int64]string    // and of those that ledger_erased says to be
	missing     map[tlog.Hash]int64 // true hashes of removed leaf rows
	moved       map[tlog.Hash]int64 // hashes of rows found out of place
	receipts    map[string]string   // leaf hash to identifier, still to be found
	odds        []line              // strays, to be named at the end
}

type filledTile struct {
	n      int64
	hashes []tlog.Hash
}

type failure struct {
	size, since int64
	first, last string // identifiers of the window
}

func (v *verifier) run() error {
	var l line
	if err := v.in.next(&l); err != nil {
		if err == io.EOF {
			return v.in.bad("empty")
		}
		return err
	}
	if l.Kind != "bundle" || l.Format != bundleFormat {
		return v.in.bad("it does not begin with \"" + bundleFormat + "\"")
	}
	if l.From < 0 || l.From > maxSize || l.Size < 0 {
		return v.in.bad("no size of a log")
	}
	v.report.Origin, v.report.From, v.size = l.Origin, l.From, l.Size
	v.seq, v.last, v.good = l.From, l.From, l.From
	v.trees = newWitnesses(&edge{})
	started := l.From == 0
	for {
		err := v.in.next(&l)
		if err == io.EOF && v.ended {
			v.finish()
			return nil
		}
		if err == io.EOF {
			return v.in.bad("the end is missing: the bundle was cut")
		}
		if err != nil {
			return err
		}
		if l.Seq > maxSize {
			return v.in.bad("no sequence number of a log")
		}
		if v.ended {
			return v.in.bad("there are lines behind the end")
		}
		if !started && l.Kind != "start" {
			return v.in.bad("a partial bundle needs its start")
		}
		switch l.Kind {
		case "start":
			if started {
				return v.in.bad("a start in the middle")
			}
			started = true
			if err := v.start(&l); err != nil {
				return err
			}
		case "tile":
			if l.Level == 0 {
				v.onTile(&l)
			} else {
				v.onUpperTile(&l)
			}
		case "leaf":
			v.onLeaf(&l)
		case "checkpoint":
			v.checkpoints++
			v.onCheckpoint(&l)
		case "pending":
			v.onPending(&l)
		case "odd":
			if len(v.odds) < v.o.Findings {
				v.odds = append(v.odds, l)
			} else {
				v.report.More++
			}
		case "end":
			if got := [3]int64{v.report.Leaves, v.checkpoints, v.report.Pending}; got != [3]int64{l.Leaves, l.Checkpoints, l.Pending} {
				return v.in.bad(fmt.Sprintf("the end counts %d leaves, %d checkpoints and %d pending entries, there were %d",
					l.Leaves, l.Checkpoints, l.Pending, got))
			}
			v.ended = true
		default:
			return v.in.bad("unknown kind " + clip(l.Kind))
		}
	}
}

func (v *verifier) start(l *line) error {
	c, err := v.open(l.Note)
	if err == nil && c.Size != v.seq {
		return v.in.bad("the start is of another size")
	}
	e, edgeErr := newEdge(v.seq, l.Tiles)
	if edgeErr != nil {
		return v.in.bad("the start lacks tiles")
	}
	v.trees = newWitnesses(e)
	if err == nil && e.root() != c.Root {
		v.find(ChangedTile, -1, "", "the tiles at the start of the bundle do not give the root signed at size %d", v.seq)
	}
	return nil
}

// open verifies a signature and reports what is wrong with it.
func (v *verifier) open(signed string) (Checkpoint, error) {
	c, err := OpenCheckpoint(signed, v.known)
	if err == nil && (v.report.Origin != c.Origin || v.trusted != nil && v.trusted.Origin != c.Origin) {
		err = fmt.Errorf("%w: it is of the log %q", ErrWrongKey, clip(c.Origin))
	}
	if err != nil {
		kind := ForgedCheckpoint
		if errors.Is(err, ErrWrongKey) {
			kind = WrongKey
		}
		v.find(kind, -1, "", "checkpoint of size %d: %v", c.Size, err)
	}
	return c, err
}

const (
	maxSize  = 1 << 56
	maxTiles = 1024 // level-0 tiles held for leaves to come: in a log as written there is one
)

func (v *verifier) onTile(l *line) {
	v.checkFilled()
	if _, twice := v.tiles[l.N]; twice || l.N < v.seq>>tileHeight || l.N > maxSize>>tileHeight || len(v.tiles) >= maxTiles {
		v.find(ChangedTile, -1, "", "level-0 tile %d belongs to no place in the tree", l.N)
		return
	}
	if len(l.Hashes)%hashSize != 0 || len(l.Hashes) > tileWidth*hashSize {
		v.find(ChangedTile, -1, "", "level-0 tile %d has a length that no tile has", l.N)
	}
	v.tiles[l.N] = hashesOf(l.Hashes[:min(len(l.Hashes), tileWidth*hashSize)])
}

// hashInTile is what the level-0 tile says of leaf seq.
func (v *verifier) hashInTile(seq int64) (h tlog.Hash, ok bool) {
	tile := v.tiles[seq>>tileHeight]
	if i := seq & (tileWidth - 1); i < int64(len(tile)) {
		return tile[i], true
	}
	return h, false
}

// advance passes over leaves that have no row.
func (v *verifier) advance(to int64, kind Kind) {
	for v.seq < to {
		if h, ok := v.hashInTile(v.seq); ok {
			v.unseen.set(v.seq)
			v.push(diff{seq: v.seq, tile: h, hasTile: true})
			continue
		}
		v.find(kind, v.seq, "", "entries %d to %d: their leaf rows are gone, and tiles with them; no root behind them can be rebuilt", v.seq, to-1)
		v.broken = true
		v.seq = to
		for n := range v.tiles {
			if n < to>>tileHeight {
				delete(v.tiles, n)
			}
		}
	}
}

// push takes the next leaf into the trees.
func (v *verifier) push(d diff) {
	v.checkTrusted()
	if !v.broken {
		v.trees.add(d, func(level int, n int64, hashes []tlog.Hash) {
			if level > 0 {
				v.filled[level] = append(v.filled[level], filledTile{n, append([]tlog.Hash(nil), hashes...)})
			}
		})
	}
	for _, h := range []struct {
		hash tlog.Hash
		ok   bool
	}{{d.row, d.hasRow}, {d.tile, d.hasTile && d.tile != d.row}} {
		if len(v.receipts) > 0 && h.ok {
			if _, asked := v.receipts[h.hash.String()]; asked {
				delete(v.receipts, h.hash.String())
				v.report.Receipts++
			}
		}
	}
	v.seq++
	if v.seq&(tileWidth-1) == 0 {
		delete(v.tiles, v.seq>>tileHeight-2) // one is kept, to look up where a row came from
	}
	if v.o.Progress != nil && v.seq&0x3fff == 0 {
		v.o.Progress(v.seq, max(v.size, v.seq))
	}
}

func (v *verifier) checkTrusted() {
	if v.trusted == nil || v.trusted.Size != v.seq || v.broken {
		return
	}
	if v.seq > 0 && !v.trees.meets(v.trusted.Root) {
		v.find(ForkedCheckpoint, -1, "", "the log is no continuation of the trusted checkpoint of size %d: the first %d entries are not the same",
			v.trusted.Size, v.trusted.Size)
	}
	v.trusted = &Checkpoint{Origin: v.trusted.Origin, Size: -1}
}

func (v *verifier) onLeaf(l *line) {
	v.report.Leaves++
	v.checkFilled()
	if l.Seq < v.seq {
		v.find(InsertedLeaf, l.Seq, l.ID, "%s: a second leaf row, or one out of place", name(l.Seq, l.ID))
		return
	}
	v.advance(l.Seq, RemovedLeaf)
	d := diff{seq: l.Seq, id: l.ID, row: leafHash(l.ID, l.Commitment), hasRow: true}
	d.tile, d.hasTile = v.hashInTile(l.Seq)
	if n := l.Seq >> tileHeight; !d.hasTile && n != v.noTile {
		v.noTile = n
		v.find(ChangedTile, l.Seq, "", "the level-0 tile %d is missing, or ends before entry %d", n, l.Seq)
	}
	if l.Body == nil {
		v.erased.set(l.Seq)
		if l.By == "" {
			v.remember(v.gone, l)
		} else {
			v.remember(v.pointed, l)
		}
		v.push(d)
		return
	}
	v.report.Entries++
	commitment := commit(l.Salt, *l.Body)
	d.body, d.hasBody = d.row, true
	if !bytes.Equal(commitment[:], l.Commitment) {
		d.body = leafHash(l.ID, commitment[:])
	}
	v.push(d)
	if l.By != "" {
		v.find(ChangedIndex, l.Seq, l.ID, "%s: ledger_erased says that it was erased by %s, and it was not", name(l.Seq, l.ID), clip(l.By))
	}
	if d.body == d.row && strings.Contains(*l.Body, `"erases":"`) {
		v.onErasure(l, false)
	}
}

// remember keeps identifiers of entries that are gone, as many as can be reported.
func (v *verifier) remember(list map[int64]string, l *line) {
	if len(list) < v.o.Findings {
		list[l.Seq] = l.ID
	}
}

// onErasure strikes out what a sealed erasure names.
func (v *verifier) onErasure(l *line, pending bool) {
	r := decode(l.ID, "", l.Salt, *l.Body)
	seq := l.Seq
	if pending {
		seq = v.seq
	}
	seqs, err := parseSeqs(r.Erases, seq)
	if r.Damaged != nil || err != nil {
		v.find(FalseErasure, l.Seq, l.ID, "%s: an erasure that cannot be read", name(l.Seq, l.ID))
		return
	}
	if _, err := r.Entry.Grant.Parse(); err != nil {
		v.find(FalseErasure, l.Seq, l.ID, "%s: an erasure without an article to base it on", name(l.Seq, l.ID))
		return
	}
	if len(v.report.Erasures) < v.o.Findings {
		v.report.Erasures = append(v.report.Erasures, SealedErasure{l.Seq, clip(l.ID), r.Entry.Grant, r.Erases})
	}
	for _, s := range seqs {
		switch {
		case s < v.report.From:
		case v.erased.clear(s):
			v.report.Erased++
			if pending {
				v.report.Unsealed++
			}
			delete(v.pointed, s)
			if id, unlisted := v.gone[s]; unlisted {
				delete(v.gone, s)
				v.find(ChangedIndex, s, id, "%s was erased by %s, and ledger_erased does not say so", name(s, id), name(l.Seq, l.ID))
			}
		case v.broken || v.unseen.clear(s): // its leaf row is gone, and with it what could be said
		case seq < v.size && !pending:
			// An erasure made while the export ran may find its entries exported already.
			v.find(NotErased, s, "", "entry %d was erased by %s, and is still there", s, name(l.Seq, l.ID))
		}
	}
}

func (v *verifier) onPending(l *line) {
	v.report.Pending++
	if l.Body == nil {
		v.find(RemovedEntry, -1, l.ID, "%s: it is pending and its body was removed", name(-1, l.ID))
		return
	}
	commitment := commit(l.Salt, *l.Body)
	if !bytes.Equal(commitment[:], l.Commitment) {
		v.find(ChangedBody, -1, l.ID, "%s: it is pending and its body, salt or commitment was changed", name(-1, l.ID))
		return
	}
	leaf := leafHash(l.ID, l.Commitment)
	if _, asked := v.receipts[leaf.String()]; asked {
		delete(v.receipts, leaf.String())
		v.report.Receipts++
	}
	if !strings.Contains(*l.Body, `"erases":"`) {
		return
	}
	if !slices.ContainsFunc(v.keys, func(k note.Verifier) bool { return k.Verify(erasureText(leaf), l.Signature) }) {
		v.find(ForgedPending, -1, l.ID, "%s: a pending erasure that the log has not signed", name(-1, l.ID))
		return
	}
	l.Seq = -1
	v.onErasure(l, true)
}
