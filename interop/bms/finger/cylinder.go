package finger

import "math"

// CylinderParams are the parameters of the minutia cylinder-code: R. Cappelli,
// M. Ferrara, D. Maltoni, "Minutia Cylinder-Code: A New Representation and
// Matching Technique for Fingerprint Recognition", IEEE TPAMI 32(12), 2010, in
// its binary form. A minutia is described by which minutiae stand around it, in
// its own frame: where (cells in a disc) and with what direction (sections of
// the turn). Lengths are in pixels at 500 per inch.
type CylinderParams struct {
	Radius   float64 // of the disc
	SigmaS   float64 // spread of a minutia's place
	SigmaD   float64 // spread of its direction, in radians
	Bit      float64 // sum of contributions above which a bit is set
	Hull     float64 // how far outside the hull of all minutiae a cell still counts
	MinCells float64 // part of the disc that must count, else there is no cylinder
	MinOther int     // other minutiae that must be near, else there is none
}

// PaperCylinders are the values of the paper. The number of cells is not among
// them: the layout of the gallery rests on it.
var PaperCylinders = CylinderParams{
	Radius: 70, SigmaS: 28.0 / 3, SigmaD: 2 * math.Pi / 9,
	Bit: 0.01, Hull: 50, MinCells: 0.75, MinOther: 2,
}

const (
	grid     = 8  // cells along the diameter of the disc
	cells    = 52 // of the 64 cells, those whose centre is in the disc
	sections = 5  // of the turn
)

// cylinder is the code of one minutia: word k has, for each cell, whether a
// minutia stands there with a direction in section k. Cells whose bit is not in
// the mask lie where the print was not seen.
type cylinder struct {
	word [sections]uint64
	mask uint64
	ones uint8 // bits set; 0 when there is no cylinder
}

// Lengths inside are in 64ths of a pixel, contributions whole numbers: a
// template gives the same code on every machine.
const (
	sub       = 64
	trigScale = 1 << 14
	sScale    = 1 << 20
	dScale    = 1 << 12
)

// shape is what the parameters come to, as tables.
type shape struct {
	params   CylinderParams
	cell     [cells][2]int64      // centres, in 64ths
	cos, sin [256]int64           // by angle, times trigScale
	place    []int64              // contribution by squared distance in pixels
	turned   [sections][256]int64 // contribution by difference of angles
	reach    int64                // squared, in pixels: whom a cylinder sees at all
	bit      int64
	minCells int
}

func newShape(p CylinderParams) *shape {
	s := &shape{params: p, bit: int64(p.Bit * sScale * dScale), minCells: int(math.Ceil(p.MinCells * cells))}
	n, step := 0, 2*p.Radius/grid
	for i := range grid {
		for j := range grid {
			u, v := (float64(i)-float64(grid-1)/2)*step, (float64(j)-float64(grid-1)/2)*step
			if u*u+v*v <= p.Radius*p.Radius {
				s.cell[n] = [2]int64{int64(math.Round(u * sub)), int64(math.Round(v * sub))}
				n++
			}
		}
	}
	for a := range 256 {
		rad := float64(a) * 2 * math.Pi / 256
		s.cos[a] = int64(math.Round(math.Cos(rad) * trigScale))
		s.sin[a] = int64(math.Round(math.Sin(rad) * trigScale))
	}
	far := 3 * p.SigmaS
	for d := range int(far*far) + 1 {
		g := math.Exp(-float64(d)/(2*p.SigmaS*p.SigmaS)) / (p.SigmaS * math.Sqrt(2*math.Pi))
		s.place = append(s.place, int64(math.Round(g*sScale)))
	}
	normal := func(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
	width := 2 * math.Pi / sections
	for k := range sections {
		for a := range 256 {
			middle := -math.Pi + (float64(k)+0.5)*width
			off := math.Remainder(middle-float64(a)*2*math.Pi/256, 2*math.Pi)
			area := normal((off+width/2)/p.SigmaD) - normal((off-width/2)/p.SigmaD)
			s.turned[k][a] = int64(math.Round(area * dScale))
		}
	}
	s.reach = int64((p.Radius + far) * (p.Radius + far))
	return s
}

// point is a minutia in the frame of the comparison: pixels at 500 per inch, X
// to the right and Y upwards, so that angles grow from X to Y.
type point struct {
	x, y  int16
	angle uint8
}

// cylinder works out the code of points[i]. The hull is that of all points.
func (s *shape) cylinder(points []point, around hull, i int) cylinder {
	var near [MaxMinutiae]point
	m, n := points[i], 0
	for j, o := range points {
		dx, dy := int64(o.x)-int64(m.x), int64(o.y)-int64(m.y)
		if j != i && dx*dx+dy*dy <= s.reach {
			near[n] = o
			n++
		}
	}
	if n < s.params.MinOther {
		return cylinder{}
	}
	var c cylinder
	seen, ones := 0, 0
	cos, sin := s.cos[m.angle], s.sin[m.angle]
	for cell, at := range s.cell {
		x := int64(m.x)*sub + (cos*at[0]-sin*at[1])/trigScale
		y := int64(m.y)*sub + (sin*at[0]+cos*at[1])/trigScale
		if !around.within(x, y, s.params.Hull) {
			continue
		}
		seen++
		c.mask |= 1 << cell
		var sum [sections]int64
		for _, o := range near[:n] {
			dx, dy := int64(o.x)*sub-x, int64(o.y)*sub-y
			d := (dx*dx + dy*dy) / (sub * sub)
			if d >= int64(len(s.place)) {
				continue
			}
			for k := range sections {
				sum[k] += s.place[d] * s.turned[k][m.angle-o.angle]
			}
		}
		for k := range sections {
			if sum[k] > s.bit {
				c.word[k] |= 1 << cell
				ones++
			}
		}
	}
	// A disc that is set nearly everywhere tells nothing, and its count must fit
	// a byte.
	if seen < s.minCells || ones == 0 || ones > 255 {
		return cylinder{}
	}
	c.ones = uint8(ones)
	return c
}
