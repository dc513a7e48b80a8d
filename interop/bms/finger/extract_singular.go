package finger

import "math"

// singularity is a point around which the phase of the ridge signal turns once.
type singularity struct {
	x, y float32 // pixels
	// toward is in radians, clockwise as seen from the axis to the right: along
	// the ridges to the side on which there is one ridge more.
	toward  float32
	undone  bool
	quality uint8 // 1 to 100
}

// findSingularities looks at every square of four pixels. The phase falls across
// the ridges, so on a way round the square, clockwise as seen, it turns back once
// for a ridge more on the side of the orientation and forward once for a ridge
// more on the other. Rows are taken from the top: the list is in order of y.
func (x *Extractor) findSingularities() {
	s := x.stride
	for y := 0; y+1 < x.h; y++ {
		for cx := range x.gw {
			c := y/cell*x.gw + cx
			if !x.mask[c] {
				continue
			}
			for px := cx * cell; px < min((cx+1)*cell, x.w-1); px++ {
				p := x.at(px, y)
				a, b, d, e := x.re[p], x.re[p+1], x.re[p+s+1], x.re[p+s]
				if up := a > 0; up == (b > 0) && up == (d > 0) && up == (e > 0) {
					continue // the real part has one sign: the phase cannot turn
				}
				o := x.orient[c]
				ai, bi, di, ei := x.im[p], x.seenFrom(o, px+1, y), x.seenFrom(o, px+1, y+1), x.seenFrom(o, px, y+1)
				turns := crossing(a, ai, b, bi) + crossing(b, bi, d, di) + crossing(d, di, e, ei) + crossing(e, ei, a, ai)
				if turns == 0 {
					continue
				}
				toward := math.Pi * float32(o) / orientations
				if turns > 0 {
					toward += math.Pi
				}
				x.found = append(x.found, singularity{x: float32(px) + 0.5, y: float32(y) + 0.5, toward: toward})
			}
		}
	}
}

// seenFrom is the imaginary part at a pixel, in the sense of orientation o: an
// orientation across the end of the half turn counts ridges the other way.
func (x *Extractor) seenFrom(o uint8, px, py int) float32 {
	im := x.im[x.at(px, py)]
	if d := int(x.orient[x.cellOf(px, py)]) - int(o); d > orientations/2 || d < -orientations/2 {
		return -im
	}
	return im
}

// crossing is how the shorter way from complex number a to b passes the
// negative real axis: 1 counter-clockwise, -1 clockwise, 0 not at all. Summed
// around a square it is how often the phase turns.
func crossing(ar, ai, br, bi float32) int {
	side := ar*bi - ai*br
	switch {
	case ai >= 0 && bi < 0 && side > 0:
		return 1
	case ai < 0 && bi >= 0 && side < 0:
		return -1
	}
	return 0
}

// pairReach is the distance in ridge periods within which two singularities of
// opposite sense are a gap, a bridge, a pore or a dot and no two minutiae.
const pairReach = 0.75

// periodAt is the ridge period in pixels at a singularity.
func (x *Extractor) periodAt(s singularity) float64 {
	return periodOf(x.wave[x.cellOf(int(s.x), int(s.y))])
}

// cancelPairs undoes nearest pairs of opposite sense. The list is in order of y.
func (x *Extractor) cancelPairs() {
	for i := range x.found {
		a := &x.found[i]
		if a.undone {
			continue
		}
		reach := pairReach * float32(x.periodAt(*a))
		nearest, other := reach*reach, -1
		for j := i + 1; j < len(x.found) && x.found[j].y-a.y <= reach; j++ {
			b := &x.found[j]
			dx, dy := a.x-b.x, a.y-b.y
			if d := dx*dx + dy*dy; !b.undone && d < nearest && math.Cos(float64(a.toward-b.toward)) < 0 {
				nearest, other = d, j
			}
		}
		if other >= 0 {
			a.undone, x.found[other].undone = true, true
		}
	}
}
