package finger

import (
	"math"
	"math/bits"
)

// Relaxation after Cappelli, Ferrara and Maltoni 2010, section 4: pairs of
// minutiae whose neighbourhoods look alike hold each other up when they also
// stand alike to each other. The parameters are the paper's; what differs is
// that a minutia is in one pair only.
const (
	rounds      = 5
	keep        = 0.5 // part of its worth that a pair keeps in a round
	spreadPlace = 5.0 // pixels of difference in distance, half worth
	steepPlace  = 1.6
	spreadTurn  = math.Pi / 12 // radians, half worth
	steepTurn   = 30.0
	minPairs    = 4 // best pairs that make the score, by the smaller print
	maxPairs    = 12
	pairsMiddle = 20.0
	pairsSteep  = 0.4
	maxTurn     = 64 // 256ths by which the two prints may be turned
	// minShared is how many cells both cylinders must have seen.
	minShared = 32
)

// pair says that minutia i of one print may be minutia j of the other.
type pair struct {
	i, j  uint8
	first float32 // likeness of their cylinders
	worth float32 // after relaxation
}

// relaxTables are the sigmoids of the paper at the steps at which they are asked.
type relaxTables struct {
	place [257]float32  // by difference of distances, in 16ths of a pixel
	turn  [129]float32  // by difference of directions, in 256ths of a turn
	along [1025]float32 // by 1 - cosine of it, in 4096ths
	cos   [256]float32
	sin   [256]float32
	like  [sections*cells + 1]float32 // square roots
}

func newRelaxTables() *relaxTables {
	z := func(v, middle, steep float64) float32 { return float32(1 / (1 + math.Exp(steep*(v-middle)))) }
	t := new(relaxTables)
	for i := range t.place {
		t.place[i] = z(float64(i)/16, spreadPlace, steepPlace)
	}
	for i := range t.turn {
		t.turn[i] = z(float64(i)*2*math.Pi/256, spreadTurn, steepTurn)
	}
	for i := range t.along {
		t.along[i] = z(math.Acos(1-float64(i)/4096), spreadTurn, steepTurn)
	}
	for i := range t.cos {
		t.cos[i] = float32(math.Cos(float64(i) * 2 * math.Pi / 256))
		t.sin[i] = float32(math.Sin(float64(i) * 2 * math.Pi / 256))
	}
	for i := range t.like {
		t.like[i] = float32(math.Sqrt(float64(i)))
	}
	return t
}

// apart is by how many 256ths of a turn two directions differ, 0 to 128.
func apart(a, b uint8) uint8 {
	d := a - b
	return min(d, -d)
}

// alike compares two cylinders where both were seen, 0 to 1.
func (t *relaxTables) alike(a, b *cylinder) float32 {
	mask := a.mask & b.mask
	if bits.OnesCount64(mask) < minShared {
		return 0
	}
	var differ, inA, inB int
	for k := range sections {
		x, y := a.word[k]&mask, b.word[k]&mask
		differ += bits.OnesCount64(x ^ y)
		inA += bits.OnesCount64(x)
		inB += bits.OnesCount64(y)
	}
	if inA+inB == 0 {
		return 0
	}
	return 1 - t.like[differ]/(t.like[inA]+t.like[inB])
}

// choosePairs puts the best pairs into the scratch, best first, each minutia in
// one at most.
func (s *Scratch) choosePairs(a, b *Print) {
	n := 0
	for i := range a.coded {
		for j := range b.coded {
			if apart(a.points[i].angle, b.points[j].angle) > maxTurn {
				continue
			}
			if like := s.tables.alike(&a.code[i], &b.code[j]); like > 0 {
				s.keys[n] = sortKey(1-like, i, j)
				n++
			}
		}
	}
	s.pairs = s.greedy(s.pairBuffer[:0], n, func(key uint64) float32 { return 1 - keyValue(key) })
}

// relax raises the worth of pairs that fit each other and lets the rest sink,
// then brings those to the front that sank least.
func (s *Scratch) relax(a, b *Print) {
	pairs, n := s.pairs, len(s.pairs)
	for t := range pairs {
		at, bt := a.points[pairs[t].i], b.points[pairs[t].j]
		for k := range t {
			ak, bk := a.points[pairs[k].i], b.points[pairs[k].j]
			s.fit[t*lanes+k], s.fit[k*lanes+t] = s.fits(at, ak, bt, bk)
		}
		s.fit[t*lanes+t] = 0
		s.now[t] = pairs[t].first
	}
	for range rounds {
		for t := range n {
			sum := float32(0)
			row := s.fit[t*lanes : t*lanes+n]
			for k, f := range row {
				sum += f * s.now[k]
			}
			s.next[t] = keep*s.now[t] + (1-keep)*sum/float32(n-1)
		}
		s.now, s.next = s.next, s.now
	}
	for t := range n {
		pairs[t].worth = s.now[t]
	}
	// Insertion sort: few pairs, and equal ones keep their order.
	for t := 1; t < n; t++ {
		p := pairs[t]
		k := t
		for ; k > 0 && pairs[k-1].worth*p.first < p.worth*pairs[k-1].first; k-- {
			pairs[k] = pairs[k-1]
		}
		pairs[k] = p
	}
}

// fits says how well the step from at to ak is the step from bt to bk: once with
// directions seen from at and bt, once from ak and bk.
func (s *Scratch) fits(at, ak, bt, bk point) (float32, float32) {
	ax, ay := float32(ak.x-at.x), float32(ak.y-at.y)
	bx, by := float32(bk.x-bt.x), float32(bk.y-bt.y)
	da, db := sqrt32(ax*ax+ay*ay), sqrt32(bx*bx+by*by)
	step := int(abs32(da-db) * 16)
	if step >= len(s.tables.place) || da == 0 || db == 0 {
		return 0, 0
	}
	// By how much each pair says that b is turned.
	turnT, turnK := bt.angle-at.angle, bk.angle-ak.angle
	between := s.tables.turn[apart(turnT, turnK)]
	if between < 1e-3 {
		return 0, 0
	}
	both := s.tables.place[step] * between
	length := da * db
	dot, cross := ax*bx+ay*by, ax*by-ay*bx
	at1 := (dot*s.tables.cos[turnT] + cross*s.tables.sin[turnT]) / length
	at2 := (dot*s.tables.cos[turnK] + cross*s.tables.sin[turnK]) / length
	return both * s.along(at1), both * s.along(at2)
}

func (s *Scratch) along(cos float32) float32 {
	i := int((1 - cos) * 4096)
	if i >= len(s.tables.along) {
		return 0
	}
	return s.tables.along[max(i, 0)]
}

// relaxed is the mean worth of the best pairs: how many these are rises with
// the smaller print.
func (s *Scratch) relaxed(a, b *Print) float32 {
	small := float64(min(a.n, b.n))
	want := minPairs + int(math.Round((maxPairs-minPairs)/(1+math.Exp(-pairsSteep*(small-pairsMiddle)))))
	sum := float32(0)
	for _, p := range s.pairs[:min(want, len(s.pairs))] {
		sum += p.worth
	}
	return sum / float32(want)
}
