package ledger

import (
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// witnesses rebuild the tree from what each of them says a leaf is: the leaf rows,
// the level-0 tiles, and the vote of the two and the body. While they agree there is one
// tree; where they part it becomes three, and the next signed root decides who is
// right. From then on there is one again.
type witnesses struct {
	rows, tiles, votes *edge
	// base is the tree at the last root that one of them met, window what came since.
	base   *edge
	window []windowRow
	whole  bool // the window is complete: no leaf unknown, not too long
	diffs  []diff
	lost   int64 // diffs not kept
}

type windowRow struct {
	id   string
	hash tlog.Hash
}

// diff is a leaf on which not all agree.
type diff struct {
	seq                      int64
	id                       string
	row, tile, body          tlog.Hash
	hasRow, hasTile, hasBody bool
}

const (
	maxWindow = 4096
	maxDiffs  = 8192
)

func newWitnesses(e *edge) *witnesses {
	return &witnesses{rows: e, tiles: e, votes: e, base: e.clone(), whole: true}
}

// add takes the next leaf. filled is called with upper tiles as they fill.
func (w *witnesses) add(d diff, filled func(level int, n int64, hashes []tlog.Hash)) {
	row, tile := d.row, d.tile
	if !d.hasRow {
		row = tile
	}
	if !d.hasTile {
		tile = row
	}
	vote := tile
	if d.hasBody && d.body == row {
		vote = row
	}
	if row != tile || d.hasRow != d.hasTile || d.hasBody && d.body != row {
		if len(w.diffs) < maxDiffs {
			w.diffs = append(w.diffs, d)
		} else {
			w.lost++
		}
	}
	if w.rows == w.tiles && row != tile {
		w.tiles, w.votes = w.rows.clone(), w.rows.clone()
	}
	w.rows.add(row, filled)
	if w.tiles != w.rows {
		w.tiles.add(tile, filled)
		w.votes.add(vote, filled)
	}
	if len(w.window) < maxWindow {
		w.window = append(w.window, windowRow{d.id, row})
	} else {
		w.whole = false
	}
}

// meets tells whether one of the trees has this root.
func (w *witnesses) meets(root tlog.Hash) bool {
	return w.rows.root() == root || w.tiles != w.rows && (w.tiles.root() == root || w.votes.root() == root)
}

// settle decides the window by a signed root. On success it returns a function
// that gives the true hash of a leaf on which they disagreed.
func (w *witnesses) settle(root tlog.Hash) (truth func(diff) tlog.Hash, ok bool) {
	fromRow := func(d diff) tlog.Hash {
		if d.hasRow {
			return d.row
		}
		return d.tile
	}
	fromTile := func(d diff) tlog.Hash {
		if d.hasTile {
			return d.tile
		}
		return d.row
	}
	switch root {
	case w.rows.root():
		w.restart(w.rows)
		return fromRow, true
	case w.tiles.root():
		w.restart(w.tiles)
		return fromTile, true
	case w.votes.root():
		w.restart(w.votes)
		return func(d diff) tlog.Hash {
			if d.hasBody && d.hasRow && d.body == d.row {
				return d.row
			}
			return fromTile(d)
		}, true
	}
	return nil, false
}

func (w *witnesses) restart(e *edge) {
	w.rows, w.tiles, w.votes = e, e, e
	w.base = e.clone()
	w.window, w.whole = w.window[:0], true
	w.diffs, w.lost = w.diffs[:0], 0
}

// sorted tries the one explanation that every witness may have been made to hide:
// entries of one batch put in another order. A batch is sealed in the order of the
// identifiers, so the sorted window has the signed root. It returns the places of
// entries out of order, and goes on with the tree as it was signed.
func (w *witnesses) sorted(root tlog.Hash) (places []int64, ok bool) {
	if !w.whole || len(w.window) < 2 {
		return nil, false
	}
	order := slices.Clone(w.window)
	slices.SortStableFunc(order, func(a, b windowRow) int {
		if a.id < b.id {
			return -1
		} else if a.id > b.id {
			return 1
		}
		return 0
	})
	e := w.base.clone()
	for i, r := range order {
		if r != w.window[i] {
			places = append(places, w.base.n+int64(i))
		}
		e.add(r.hash, nil)
	}
	if e.root() != root {
		return nil, false
	}
	w.restart(e)
	return places, true
}
