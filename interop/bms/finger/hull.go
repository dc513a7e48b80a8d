package finger

import (
	"cmp"
	"slices"
)

// hull is the convex hull of points, counter-clockwise, without corners that lie
// on a side. It may be one point or two.
type hull struct {
	corner [2 * maxPoints]point
	n      int
}

// turn is twice the area of the triangle, positive when it goes counter-clockwise.
func turn(a, b, c point) int64 {
	return (int64(b.x)-int64(a.x))*(int64(c.y)-int64(a.y)) - (int64(b.y)-int64(a.y))*(int64(c.x)-int64(a.x))
}

// set makes h the hull of at most maxPoints points (A. M. Andrew's two chains).
func (h *hull) set(points []point) {
	var sorted [maxPoints]point
	all := sorted[:copy(sorted[:], points)]
	slices.SortFunc(all, func(a, b point) int {
		if a.x != b.x {
			return cmp.Compare(a.x, b.x)
		}
		return cmp.Compare(a.y, b.y)
	})
	all = slices.CompactFunc(all, func(a, b point) bool { return a.x == b.x && a.y == b.y })
	h.n = 0
	if len(all) < 3 {
		h.n = copy(h.corner[:], all)
		return
	}
	for chain := range 2 {
		start := h.n
		for _, p := range all {
			for h.n >= start+2 && turn(h.corner[h.n-2], h.corner[h.n-1], p) <= 0 {
				h.n--
			}
			h.corner[h.n] = p
			h.n++
		}
		h.n-- // the last of one chain is the first of the other
		if chain == 0 {
			slices.Reverse(all)
		}
	}
}

// within says whether the place, in 64ths of a pixel, is at most far pixels
// outside the hull.
func (h *hull) within(x, y int64, far float64) bool {
	limit := far * far * sub * sub
	inside := h.n > 2
	for i := range h.n {
		a, b := h.corner[i], h.corner[(i+1)%h.n]
		ax, ay := int64(a.x)*sub, int64(a.y)*sub
		dx, dy := int64(b.x)*sub-ax, int64(b.y)*sub-ay
		px, py := x-ax, y-ay
		side := dx*py - dy*px
		if side < 0 {
			inside = false
		}
		if px*px+py*py <= int64(limit) {
			return true
		}
		along, length := dx*px+dy*py, dx*dx+dy*dy
		if along > 0 && along < length && float64(side)*float64(side) <= limit*float64(length) {
			return true
		}
	}
	return inside
}
