package finger

import "math"

// The overlay lays one print on the other and counts minutiae that fall
// together, against those that could have: where both prints were taken.
const (
	seedPairs  = 6    // of the relaxed pairs, that place the first overlay
	overlays   = 3    // first by those, then by one pair alone, the best and the next
	firstPlace = 20.0 // pixels by which two minutiae may miss each other at first
	lastPlace  = 18.0 // after a fit, less 2 after each further one
	fits       = 3
	firstTurn  = 21.0 // 256ths of a turn by which their directions may
	lastTurn   = 18.0
	// armLength is the distance in pixels at which a direction weighs as much in
	// a fit as a place.
	armLength = 20.0
	margin    = 8.0 // pixels around the hull that still count as taken
	// single weighs the evidence of the overlap: see overlay.
	single = 1.0
)

// motion turns and moves a print onto another.
type motion struct{ cos, sin, dx, dy float32 }

func (m motion) back() motion {
	return motion{cos: m.cos, sin: -m.sin, dx: -m.cos*m.dx - m.sin*m.dy, dy: m.sin*m.dx - m.cos*m.dy}
}

func (m motion) place(p point) (float32, float32) {
	x, y := float32(p.x), float32(p.y)
	return m.cos*x - m.sin*y + m.dx, m.sin*x + m.cos*y + m.dy
}

// side is a hull as half-planes: nx*x + ny*y >= c inside.
type side struct {
	nx, ny, c [2 * maxPoints]float32
	n         int
}

func (s *side) set(h *hull) {
	s.n = h.n
	if h.n < 3 {
		s.n = 0
		return
	}
	for i := range h.n {
		a, b := h.corner[i], h.corner[(i+1)%h.n]
		dx, dy := float32(b.x-a.x), float32(b.y-a.y)
		length := sqrt32(dx*dx + dy*dy)
		s.nx[i], s.ny[i] = -dy/length, dx/length
		s.c[i] = s.nx[i]*float32(a.x) + s.ny[i]*float32(a.y) - margin
	}
}

// holds counts the points that lie inside once moved.
func (s *side) holds(points []point, m motion) int {
	n := 0
	for _, p := range points {
		x, y := m.place(p)
		in := true
		for i := range s.n {
			if s.nx[i]*x+s.ny[i]*y < s.c[i] {
				in = false
				break
			}
		}
		if in {
			n++
		}
	}
	return n
}

// overlay is the evidence of the best overlay: the square of the closeness of
// its matched minutiae, over the geometric mean of how many there were to match.
func (s *Scratch) overlay(a, b *Print) float32 {
	var best float32
	var bestMotion motion
	for j, q := range b.points[:b.n] {
		s.mateX[j], s.mateY[j], s.mateTurn[j] = float32(q.x), float32(q.y), float32(q.angle)
	}
	top := s.pairs[:min(seedPairs, len(s.pairs))]
	for try := range min(overlays, len(top)) {
		var m motion
		if try == 0 {
			m = s.place(a, b, top, false)
		} else {
			m = s.place(a, b, top[try:try+1], true)
		}
		matched, close := s.match(a, b, m, firstPlace, firstTurn)
		for round := 0; round < fits && len(matched) >= 3; round++ {
			m = s.place(a, b, matched, false)
			matched, close = s.match(a, b, m, lastPlace-2*float32(round), lastTurn)
		}
		if close > best {
			best, bestMotion = close, m
		}
	}
	if best == 0 {
		return 0
	}
	s.probe.set(&a.around)
	s.mate.set(&b.around)
	inB := s.mate.holds(a.points[:a.n], bestMotion)
	inA := s.probe.holds(b.points[:b.n], bestMotion.back())
	return best * best / sqrt32(float32(inA*inB)+single)
}

// place finds the motion that brings the pairs together with the least squares,
// places and directions weighed by the worth of a pair, or all the same.
func (s *Scratch) place(a, b *Print, pairs []pair, equal bool) motion {
	var sum, ax, ay, bx, by float32
	for _, p := range pairs {
		w := p.worth
		if equal {
			w = 1
		}
		sum += w
		ax += w * float32(a.points[p.i].x)
		ay += w * float32(a.points[p.i].y)
		bx += w * float32(b.points[p.j].x)
		by += w * float32(b.points[p.j].y)
	}
	if sum == 0 {
		return motion{cos: 1}
	}
	ax, ay, bx, by = ax/sum, ay/sum, bx/sum, by/sum
	var cos, sin float32
	for _, p := range pairs {
		w := p.worth
		if equal {
			w = 1
		}
		x, y := float32(a.points[p.i].x)-ax, float32(a.points[p.i].y)-ay
		u, v := float32(b.points[p.j].x)-bx, float32(b.points[p.j].y)-by
		turned := b.points[p.j].angle - a.points[p.i].angle
		cos += w * (x*u + y*v + armLength*armLength*s.tables.cos[turned])
		sin += w * (x*v - y*u + armLength*armLength*s.tables.sin[turned])
	}
	length := sqrt32(cos*cos + sin*sin)
	if length == 0 {
		return motion{cos: 1}
	}
	cos, sin = cos/length, sin/length
	return motion{cos: cos, sin: sin, dx: bx - cos*ax + sin*ay, dy: by - sin*ax - cos*ay}
}

// match pairs the minutiae that fall together, closest first. The worth of a
// pair is its closeness, 2 for together and the same direction down to 0; the
// sum of them comes second.
func (s *Scratch) match(a, b *Print, m motion, place, turned float32) ([]pair, float32) {
	rotation := float32(math.Atan2(float64(m.sin), float64(m.cos)) * 256 / (2 * math.Pi))
	n, far := 0, place*place
	mateX := s.mateX[:b.n]
	mateY, mateTurn := s.mateY[:len(mateX)], s.mateTurn[:len(mateX)]
	for i, p := range a.points[:a.n] {
		x, y := m.place(p)
		direction := float32(p.angle) + rotation
		for j := range mateX {
			dx, dy := x-mateX[j], y-mateY[j]
			d := dx*dx + dy*dy
			if d > far {
				continue
			}
			off := direction - mateTurn[j]
			if off > 128 {
				off -= 256
			}
			if off < -128 {
				off += 256
			}
			if off = abs32(off); off > turned {
				continue
			}
			s.keys[n] = sortKey(sqrt32(d)/place+off/turned, i, j)
			n++
		}
	}
	matched := s.greedy(s.matched[:0], n, func(key uint64) float32 { return 2 - keyValue(key) })
	sum := float32(0)
	for i := range matched {
		matched[i].worth = matched[i].first
		sum += matched[i].worth
	}
	return matched, sum
}
