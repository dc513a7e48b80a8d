package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"limen/db"
)

// ExportOptions narrow a bundle. A bundle always runs to the newest checkpoint, for
// what erases an entry comes after it.
type ExportOptions struct {
	// From is the size of a checkpoint: entries before it are left out. A supervisor
	// who holds that checkpoint asks from there, and passes it as
	// VerifyOptions.Trusted. 0 is the whole log.
	From int64
}

// ErrNoCheckpoint is the answer to an export from a size that was never signed.
var ErrNoCheckpoint = errors.New("ledger: no checkpoint of that size")

// portionTiles is how much is read in one snapshot: so many level-0 tiles with
// their leaves. A long snapshot would keep the database from tidying up behind it.
const portionTiles = 4

const (
	pendingPage = 1024
	lastTile    = maxSize >> tileHeight
)

// Export writes the log as a bundle (see the format in bundle.go) for VerifyBundle. It
// reads in short snapshots and does not stand in the way of writers. It exports
// what is there, right or wrong: judging is the verifier's. Its own errors are
// those of the database and of w.
//
// The bundle has the bodies: it is personal data of everybody in it.
func (l *Log) Export(ctx context.Context, w io.Writer, o ExportOptions) error {
	x := &exporter{l: l, out: writeBundle(w), size: math.MinInt64, prior: math.MinInt64}
	if err := l.store.Read(ctx, func(tx *db.Tx) error { return x.begin(tx, o.From) }); err != nil {
		return err
	}
	for !x.done {
		if err := l.store.Read(ctx, x.portion); err != nil {
			return err
		}
	}
	// A late commit may have an identifier a little older than the first leaf of a
	// partial bundle: its time without the random part lets it in.
	after := ""
	if o.From > 0 && len(x.firstID) == idSize {
		after = x.firstID[:11]
	}
	for more := true; more; {
		err := l.store.Read(ctx, func(tx *db.Tx) (err error) {
			after, more, err = x.strays(tx, after)
			return err
		})
		if err != nil {
			return err
		}
	}
	subject, id := "", ""
	for more := o.From == 0; more; {
		err := l.store.Read(ctx, func(tx *db.Tx) (err error) {
			subject, id, more, err = x.subjects(tx, subject, id)
			return err
		})
		if err != nil {
			return err
		}
	}
	end := x.out.end
	end.Kind = "end"
	x.out.put(end)
	return x.out.flush()
}

type exporter struct {
	l   *Log
	out *bundleWriter

	next    int64             // leaf
	tiles   [tileLevels]int64 // next tile of each level
	size    int64             // last checkpoint written: its size and prior
	prior   int64
	firstID string
	done    bool
	tail    bool // the last portion has begun to be written
}

func (x *exporter) begin(tx *db.Tx, from int64) error {
	head := line{Kind: "bundle", Format: bundleFormat, Origin: x.l.key.origin, Key: x.l.Public(), From: from}
	if err := tx.Row(`SELECT coalesce(max(size), 0) FROM ledger_checkpoint WHERE size >= 0 AND size <= $1`, maxSize).Scan(&head.Size); err != nil {
		return err
	}
	if from == 0 {
		x.out.put(head)
		return x.out.err
	}
	start := line{Kind: "start", Size: from}
	err := tx.Row(`SELECT note FROM ledger_checkpoint WHERE size = $1`, from).Scan(&start.Note)
	if errors.Is(err, db.ErrNoRows) {
		return fmt.Errorf("%w: %d", ErrNoCheckpoint, from)
	}
	if err != nil {
		return err
	}
	e, err := readEdge(tx, from)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTampered, err)
	}
	for _, t := range e.unfilled() {
		start.Tiles = append(start.Tiles, t.hashes)
	}
	x.next, x.size, x.prior = from, from, math.MaxInt64
	for level := range x.tiles {
		x.tiles[level] = from >> (uint(level+1) * tileHeight)
	}
	x.out.put(head)
	x.out.put(start)
	return x.out.err
}

// event is a line and its place: all lines are sorted by the leaf they come before.
type event struct {
	at   int64
	rank int // at the same place: filled tiles, checkpoints, the next level-0 tile, the leaf
	line line
}

// portion reads the next leaves and what belongs to them in one snapshot, and
// writes them. It ends with a whole tile, or with the log: a tile that is still
// growing is written once, in the last portion. That one also writes the pending
// entries, so that an entry sealed in between cannot be missed.
func (x *exporter) portion(tx *db.Tx) error {
	if x.tail {
		return errors.New("ledger: the snapshot was lost while it was exported")
	}
	at, _, err := x.first(tx, x.next, x.size, x.prior)
	if err != nil {
		return err
	}
	end := (at>>tileHeight + portionTiles) << tileHeight // the leaf behind the portion
	_, more, err := x.first(tx, end, end, math.MaxInt64)
	if err != nil {
		return err
	}
	leaves, err := x.leaves(tx, at, end)
	if err != nil {
		return err
	}
	events, err := x.leafEvents(tx, leaves)
	if err != nil {
		return err
	}
	total, until := end, end
	if !more {
		total, until = at, math.MaxInt64
		if len(leaves) > 0 {
			total = leaves[len(leaves)-1].seq + 1
		}
	}
	tiles, err := x.tileEvents(tx, until, total)
	if err != nil {
		return err
	}
	checkpoints, err := x.checkpointEvents(tx, until)
	if err != nil {
		return err
	}
	events = append(append(events, tiles...), checkpoints...)
	slices.SortStableFunc(events, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.rank, b.rank))
	})
	x.tail = !more
	for _, e := range events {
		x.out.put(e.line)
		switch e.line.Kind {
		case "tile":
			x.tiles[e.line.Level] = e.line.N + 1
		case "checkpoint":
			x.size, x.prior = e.line.Size, e.line.Prior
		}
	}
	if x.firstID == "" && len(leaves) > 0 {
		x.firstID = leaves[0].id
	}
	x.next = end
	if x.tail {
		x.done = true
		if err := x.beyond(tx, total); err != nil {
			return err
		}
		if err := x.pending(tx); err != nil {
			return err
		}
	}
	return x.out.err
}

// first finds the place where the next row of the log lies, from leaf on and behind
// the checkpoint (size, prior), so that a log with rows missing is passed over in
// leaps. Without any it returns leaf.
func (x *exporter) first(tx *db.Tx, leaf, size, prior int64) (at int64, found bool, err error) {
	at = math.MaxInt64
	for _, q := range []struct {
		query string
		args  []any
		width uint
	}{
		{`SELECT tile FROM ledger_leaf WHERE tile >= $1 AND tile <= $2 ORDER BY tile LIMIT 1`,
			[]any{leaf >> tileHeight, lastTile}, tileHeight},
		{`SELECT n FROM ledger_tile WHERE n >= $1 AND n <= $2 AND level = 0 ORDER BY n LIMIT 1`,
			[]any{max(x.tiles[0], leaf>>tileHeight), lastTile}, tileHeight},
		{`SELECT size - 1 FROM ledger_checkpoint WHERE (size, prior) > ($1, $2) AND size <= $3 ORDER BY size, prior LIMIT 1`,
			[]any{size, prior, maxSize}, 0},
	} {
		var place int64
		err := tx.Row(q.query, q.args...).Scan(&place)
		if errors.Is(err, db.ErrNoRows) {
			continue
		}
		if err != nil {
			return 0, false, err
		}
		at, found = min(at, max(place<<q.width, leaf)), true
	}
	if !found {
		at = leaf
	}
	return at, found, nil
}

func (x *exporter) leaves(tx *db.Tx, from, end int64) ([]leafRow, error) {
	rows, err := tx.Query(`SELECT tile, n, id, commitment FROM ledger_leaf WHERE tile >= $1 AND tile < $2 ORDER BY tile, n`,
		from>>tileHeight, end>>tileHeight)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []leafRow
	for rows.Next() {
		var tile, n int64
		var r leafRow
		if err := rows.Scan(&tile, &n, &r.id, &r.commitment); err != nil {
			return nil, err
		}
		if n < 0 || n >= tileWidth {
			x.odd(InsertedLeaf, -1, r.id, fmt.Sprintf("ledger_leaf has a row (%d, %d), which is no place in the tree", tile, n))
		} else if r.seq = tile<<tileHeight + n; r.seq >= x.next {
			list = append(list, r)
		}
	}
	return list, rows.Err()
}

type entryRow struct {
	home, id, officer, operation string
	salt                         []byte
	body                         string
}

// leafEvents joins leaves with their entries, and looks at what the tree cannot
// show: whether the search columns say the same as the body.
func (x *exporter) leafEvents(tx *db.Tx, leaves []leafRow) ([]event, error) {
	if len(leaves) == 0 {
		return nil, nil
	}
	ids := make([]string, len(leaves))
	for i, r := range leaves {
		ids[i] = r.id
	}
	entries := map[string]entryRow{}
	err := eachIn(tx, `SELECT home, id, officer, operation, salt, body FROM ledger_entry WHERE id IN`, ids, func(rows *db.Rows) error {
		var r entryRow
		if err := rows.Scan(&r.home, &r.id, &r.officer, &r.operation, &r.salt, &r.body); err != nil {
			return err
		}
		if old, twice := entries[r.id]; twice && old.home != r.home {
			x.odd(InsertedEntry, -1, r.id, "there are two rows with this identifier")
		}
		entries[r.id] = r
		return nil
	})
	if err != nil {
		return nil, err
	}
	erased, err := x.erased(tx, leaves[0].seq, leaves[len(leaves)-1].seq)
	if err != nil {
		return nil, err
	}
	events := make([]event, 0, len(leaves)+16)
	for _, r := range leaves {
		l := line{Kind: "leaf", Seq: r.seq, ID: r.id, Commitment: r.commitment, By: erased[r.seq]}
		if e, ok := entries[r.id]; ok {
			l.Salt, l.Body = e.salt, &e.body
			if err := x.columns(tx, r.seq, e); err != nil {
				return nil, err
			}
		}
		events = append(events, event{r.seq, 3, l})
	}
	return events, nil
}

func (x *exporter) erased(tx *db.Tx, first, last int64) (map[int64]string, error) {
	rows, err := tx.Query(`SELECT tile, n, erasure FROM ledger_erased WHERE tile >= $1 AND tile <= $2`,
		first>>tileHeight, last>>tileHeight)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	by := map[int64]string{}
	for rows.Next() {
		var tile, n int64
		var erasure string
		if err := rows.Scan(&tile, &n, &erasure); err != nil {
			return nil, err
		}
		by[tile<<tileHeight+n] = erasure
	}
	return by, rows.Err()
}

// tileEvents reads the tiles that begin (level 0) or are filled (above) before the
// leaf until, and all that are left when it is the last portion.
func (x *exporter) tileEvents(tx *db.Tx, until, total int64) ([]event, error) {
	var events []event
	for level := range tileLevels {
		shift := uint(level+1) * tileHeight
		end := int64(math.MaxInt64)
		if until < math.MaxInt64 {
			end = until >> shift
		}
		if end <= x.tiles[level] {
			continue
		}
		rows, err := tx.Query(`SELECT n, hashes FROM ledger_tile WHERE n >= $1 AND n < $2 AND level = $3 ORDER BY n`,
			x.tiles[level], min(end, lastTile+1), level)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			l := line{Kind: "tile", Level: level}
			if err := rows.Scan(&l.N, &l.Hashes); err != nil {
				rows.Close()
				return nil, err
			}
			e := event{math.MaxInt64, 0, l} // an unfilled tile stands at the end
			switch {
			case level == 0:
				e.at, e.rank = l.N<<shift, 2
			case l.N < total>>shift:
				e.at = (l.N + 1) << shift
			}
			events = append(events, e)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
	}
	return events, nil
}

func (x *exporter) checkpointEvents(tx *db.Tx, until int64) ([]event, error) {
	rows, err := tx.Query(`SELECT size, prior, note FROM ledger_checkpoint WHERE (size, prior) > ($1, $2) AND size < $3
		ORDER BY size, prior`, x.size, x.prior, min(until, maxSize+1))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var events []event
	for rows.Next() {
		l := line{Kind: "checkpoint"}
		if err := rows.Scan(&l.Size, &l.Prior, &l.Note); err != nil {
			return nil, err
		}
		events = append(events, event{l.Size, 1, l})
	}
	return events, rows.Err()
}

func (x *exporter) pending(tx *db.Tx) error {
	for after, more := "", true; more; {
		var list []line
		rows, err := tx.Query(`SELECT p.id, p.commitment, p.code, e.salt, e.body FROM ledger_pending p
			LEFT JOIN ledger_entry e ON e.home = p.home AND e.id = p.id WHERE p.id > $1 ORDER BY p.id LIMIT $2`, after, pendingPage)
		if err != nil {
			return err
		}
		for rows.Next() {
			l := line{Kind: "pending"}
			var code []byte
			if err := rows.Scan(&l.ID, &l.Commitment, &code, &l.Salt, &l.Body); err != nil {
				rows.Close()
				return err
			}
			// The code itself stays here: it shows something to the key's holder only.
			l.Signature = code[min(hashSize, len(code)):]
			list = append(list, l)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		for _, l := range list {
			x.out.put(l)
		}
		if more = len(list) == pendingPage; more {
			after = list[len(list)-1].ID
		}
	}
	return x.out.err
}
