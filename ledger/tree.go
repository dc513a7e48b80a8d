package ledger

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	tileLevels = 8 // 2^64 leaves
)

// edge is the growing right edge of a Merkle tree: all that is needed to add
// leaves and to know the root. Integration, verification and the start of a
// partial bundle share it.
//
// Adding a leaf costs one node hash on average. The same merges yield the tiles:
// a subtree of 256 leaves is one hash of a level-1 tile, and so on.
type edge struct {
	n     int64
	peaks []tlog.Hash // one per set bit of n, largest subtree first
	tiles [tileLevels][]tlog.Hash
}

// tileRow is a tile as stored: up to 256 hashes of one level.
type tileRow struct {
	level  int
	n      int64
	hashes []byte
}

// add appends a leaf hash. full, when not nil, is called with each tile that
// becomes complete; it must not keep the slice.
func (e *edge) add(leaf tlog.Hash, full func(level int, n int64, hashes []tlog.Hash)) {
	e.tiles[0] = append(e.tiles[0], leaf)
	cur, height := leaf, 0
	for m := e.n; m&1 == 1; m >>= 1 {
		last := len(e.peaks) - 1
		cur = node(e.peaks[last], cur)
		e.peaks = e.peaks[:last]
		height++
		if height%tileHeight == 0 && height/tileHeight < tileLevels {
			level := height / tileHeight
			if full != nil {
				full(level-1, e.n>>(uint(level)*tileHeight), e.tiles[level-1])
			}
			e.tiles[level-1] = e.tiles[level-1][:0]
			e.tiles[level] = append(e.tiles[level], cur)
		}
	}
	e.peaks = append(e.peaks, cur)
	e.n++
}

// root returns the RFC 6962 hash of the tree so far.
func (e *edge) root() tlog.Hash {
	if e.n == 0 {
		return sha256.Sum256(nil)
	}
	r := e.peaks[len(e.peaks)-1]
	for i := len(e.peaks) - 2; i >= 0; i-- {
		r = node(e.peaks[i], r)
	}
	return r
}

func (e *edge) clone() *edge {
	c := &edge{n: e.n, peaks: slices.Clone(e.peaks)}
	for i := range e.tiles {
		c.tiles[i] = slices.Clone(e.tiles[i])
	}
	return c
}

// rightEdge lists the tiles that a tree of size n has begun and not filled:
// (level, n, width).
func rightEdge(size int64) []tlog.Tile {
	var ts []tlog.Tile
	for l := 0; l < tileLevels && size>>(uint(l)*tileHeight) > 0; l++ {
		at := size >> (uint(l) * tileHeight)
		if w := int(at & (tileWidth - 1)); w > 0 {
			ts = append(ts, tlog.Tile{H: tileHeight, L: l, N: at >> tileHeight, W: w})
		}
	}
	return ts
}

var errTile = errors.New("ledger: a tile is missing or too short")

// newEdge rebuilds the edge of a tree from its unfilled tiles, in the order of
// rightEdge. The caller compares the root with a signed one.
func newEdge(size int64, tiles [][]byte) (*edge, error) {
	want := rightEdge(size)
	if size < 0 || len(tiles) != len(want) {
		return nil, errTile
	}
	e := &edge{n: size}
	for i, t := range want {
		if len(tiles[i]) < t.W*hashSize {
			return nil, fmt.Errorf("%w: level %d, number %d", errTile, t.L, t.N)
		}
		e.tiles[t.L] = hashesOf(tiles[i][:t.W*hashSize])
	}
	for i := len(want) - 1; i >= 0; i-- {
		rest := e.tiles[want[i].L]
		for len(rest) > 0 {
			k := 1 << (bits.Len(uint(len(rest))) - 1)
			e.peaks = append(e.peaks, fold(rest[:k]))
			rest = rest[k:]
		}
	}
	return e, nil
}

// fold hashes a complete subtree of 1, 2, 4, ... 256 nodes.
func fold(hs []tlog.Hash) tlog.Hash {
	if len(hs) == 1 {
		return hs[0]
	}
	return node(fold(hs[:len(hs)/2]), fold(hs[len(hs)/2:]))
}

func node(left, right tlog.Hash) tlog.Hash {
	var b [1 + 2*hashSize]byte
	b[0] = 1 // RFC 6962 s 2.1: domain of inner nodes
	copy(b[1:], left[:])
	copy(b[1+hashSize:], right[:])
	return sha256.Sum256(b[:])
}

func hashesOf(b []byte) []tlog.Hash {
	hs := make([]tlog.Hash, len(b)/hashSize)
	for i := range hs {
		copy(hs[i][:], b[i*hashSize:])
	}
	return hs
}

func bytesOf(hs []tlog.Hash) []byte {
	b := make([]byte, 0, len(hs)*hashSize)
	for i := range hs {
		b = append(b, hs[i][:]...)
	}
	return b
}

// unfilled returns the tiles at the edge as rows.
func (e *edge) unfilled() []tileRow {
	var rows []tileRow
	for _, t := range rightEdge(e.n) {
		rows = append(rows, tileRow{t.L, t.N, bytesOf(e.tiles[t.L])})
	}
	return rows
}
