package finger

import (
	"math"
	"slices"
)

// Scratch is what a fine comparison writes on. One goroutine uses it at a time;
// a comparison with it allocates nothing.
type Scratch struct {
	tables     *relaxTables
	keys       [maxPoints * maxPoints]uint64
	pairBuffer [maxPoints]pair
	pairs      []pair
	matched    [maxPoints]pair
	fit        [lanes * lanes]float32
	now, next  [lanes]float32
	probe      side
	mate       side
	// The second print's minutiae as the overlay reads them.
	mateX, mateY, mateTurn [maxPoints]float32
}

// NewScratch returns a scratch.
func NewScratch() *Scratch { return &Scratch{tables: newRelaxTables()} }

// Compare says how much two prints look like the same finger: 0 for not at all,
// without an upper end. It is symmetric. The number means nothing by itself;
// Calibration turns it into a likelihood ratio.
func (s *Scratch) Compare(a, b *Print) float64 {
	if before(b, a) {
		a, b = b, a
	}
	s.choosePairs(a, b)
	if len(s.pairs) < 2 {
		return 0
	}
	s.relax(a, b)
	return float64(s.overlay(a, b)) * math.Sqrt(float64(s.relaxed(a, b)))
}

// before is some order of prints, so that a comparison does not depend on which
// is called the probe.
func before(a, b *Print) bool {
	if a.n != b.n {
		return a.n < b.n
	}
	for i := range a.n {
		if p, q := a.points[i], b.points[i]; p != q {
			if p.x != q.x {
				return p.x < q.x
			}
			if p.y != q.y {
				return p.y < q.y
			}
			return p.angle < q.angle
		}
	}
	return false
}

// A sort key is a number of [0, 4) that rises, then i and j: keys sort by value
// and, where values are equal, always in one order.
func sortKey(value float32, i, j int) uint64 {
	return uint64(math.Float32bits(max(value, 0)))<<16 | uint64(i)<<8 | uint64(j)
}

func keyValue(key uint64) float32 { return math.Float32frombits(uint32(key >> 16)) }

// greedy sorts the first n keys and takes each whose minutiae are both still
// free.
func (s *Scratch) greedy(out []pair, n int, worth func(uint64) float32) []pair {
	keys := s.keys[:n]
	slices.Sort(keys)
	var usedI, usedJ uint64
	for _, key := range keys {
		i, j := uint8(key>>8), uint8(key)
		if usedI>>i&1 != 0 || usedJ>>j&1 != 0 {
			continue
		}
		usedI |= 1 << i
		usedJ |= 1 << j
		out = append(out, pair{i: i, j: j, first: worth(key)})
	}
	return out
}

func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }

func abs32(x float32) float32 { return max(x, -x) }
