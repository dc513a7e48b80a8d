package finger

import (
	"cmp"
	"math"
	"slices"
)

const (
	// lanes is how many minutiae of a print have a cylinder in a comparison.
	lanes = 32
	// maxPoints is how many minutiae of a print are compared at all.
	maxPoints = 64
)

// Print is a template made ready to be compared. The zero Print has no minutiae
// and is like nothing.
type Print struct {
	points [maxPoints]point // those with a cylinder first
	n      int
	code   [lanes]cylinder
	coded  int // cylinders: code[i] is of points[i]
	around hull
}

// Minutiae is how many minutiae of the template take part.
func (p *Print) Minutiae() int { return p.n }

// Coder makes templates ready to be compared. It is safe for use by several
// goroutines, and two coders with the same parameters make the same prints.
type Coder struct{ shape *shape }

// NewCoder returns a coder with the parameters.
func NewCoder(p CylinderParams) *Coder { return &Coder{shape: newShape(p)} }

// Encode makes p the print of t, which passes Check. Of more than 64 minutiae
// the best are taken, and of equal quality those nearest to their middle. It
// keeps nothing of t and allocates nothing.
func (c *Coder) Encode(p *Print, t *Template) {
	*p = Print{}
	var all [MaxMinutiae]point
	n := scaled(&all, t)
	p.n = choose(p, t, all[:n])
	points := p.points[:p.n]
	p.around.set(points)

	// The cylinders with the fewest bits tell most: they are where minutiae are
	// neither crowded nor doubled, and on the development sets they lose least.
	var codes [maxPoints]cylinder
	var order [maxPoints]int
	for i := range points {
		codes[i] = c.shape.cylinder(points, p.around, i)
		order[i] = i
	}
	slices.SortStableFunc(order[:p.n], func(a, b int) int {
		// None at all wraps round to the end.
		return cmp.Compare(codes[a].ones-1, codes[b].ones-1)
	})
	before := p.points
	for to, from := range order[:p.n] {
		p.points[to] = before[from]
		if to < lanes && codes[from].ones > 0 {
			p.code[to] = codes[from]
			p.coded++
		}
	}
}

// scaled turns the minutiae to the frame of the comparison.
func scaled(all *[MaxMinutiae]point, t *Template) int {
	n := min(len(t.Minutiae), MaxMinutiae)
	for i, m := range t.Minutiae[:n] {
		// At 50 pixels per centimetre the largest image would pass 15 bits.
		x := (int(m.X)*Resolution500 + int(t.ResX)/2) / int(t.ResX)
		y := (int(m.Y)*Resolution500 + int(t.ResY)/2) / int(t.ResY)
		all[i] = point{x: int16(min(x, math.MaxInt16)), y: int16(-min(y, math.MaxInt16)), angle: m.Angle}
	}
	return n
}

// choose puts the minutiae that take part into p and returns how many.
func choose(p *Print, t *Template, all []point) int {
	if len(all) <= maxPoints {
		return copy(p.points[:], all)
	}
	var mx, my int
	for _, q := range all {
		mx += int(q.x)
		my += int(q.y)
	}
	mx, my = mx/len(all), my/len(all)
	var order [MaxMinutiae]int
	for i := range all {
		order[i] = i
	}
	away := func(i int) int {
		dx, dy := int(all[i].x)-mx, int(all[i].y)-my
		return dx*dx + dy*dy
	}
	slices.SortStableFunc(order[:len(all)], func(a, b int) int {
		if d := cmp.Compare(t.Minutiae[b].Quality, t.Minutiae[a].Quality); d != 0 {
			return d
		}
		return cmp.Compare(away(a), away(b))
	})
	for i, from := range order[:maxPoints] {
		p.points[i] = all[from]
	}
	return maxPoints
}
