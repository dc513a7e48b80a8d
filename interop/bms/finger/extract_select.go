package finger

import (
	"cmp"
	"math"
	"slices"
)

const (
	// Cells whose clarity is under this share of the clear cells' hold no
	// ridges, after the first look and after the second.
	firstClarity, secondClarity = 0.2, 0.3
	// noiseClarity is the least clarity of ridges at all. White noise has 0.015
	// to 0.035.
	noiseClarity = 0.06
	// clarityReach in cells: deviation of a Gaussian.
	clarityReach = 1.7
	// crumb is the share of the largest piece of the mask that another piece
	// must have to stay.
	crumb = 0.1
	// border in pixels: within it of the end of the ridges every ridge ends.
	border = 10
	// fullClarity counts as the best.
	fullClarity = 0.7
	// kindAt in ridge periods is how far on the kind of a minutia is read.
	kindAt = 0.55
)

// judge measures what share of each masked cell's contrast the filter answered
// to, and takes from the mask what is far less clear than the rest.
func (x *Extractor) judge(least float32) {
	answer, all := x.cells[0], x.cells[1]
	clear(answer)
	clear(all)
	for y := range x.h {
		for cx := range x.gw {
			p := x.at(cx*cell, y)
			var a, b float32
			for end := p + min(cell, x.w-cx*cell); p < end; p++ {
				a += x.re[p] * x.re[p]
				b += x.norm[p] * x.norm[p]
			}
			c := y/cell*x.gw + cx
			answer[c] += a
			all[c] += b
		}
	}
	x.blur(answer, clarityReach)
	x.blur(all, clarityReach)
	for c := range x.clarity {
		x.clarity[c] = min(answer[c]/(all[c]+1e-3), 1)
	}
	limit := max(least*percentile(x.clarity, x.mask, 0.8, 1), noiseClarity)
	for c, v := range x.clarity {
		x.mask[c] = x.mask[c] && v >= limit
	}
}

// dropCrumbs takes from the mask the pieces that are small beside the largest.
func (x *Extractor) dropCrumbs() {
	var pieces []int // cells of each piece
	clear(x.label)
	for c := range x.mask {
		if x.mask[c] && x.label[c] == 0 {
			pieces = append(pieces, x.flood(int32(c), int32(len(pieces)+1)))
		}
	}
	if len(pieces) == 0 {
		return
	}
	least := int(crumb * float64(slices.Max(pieces)))
	for c, piece := range x.label {
		if piece > 0 && pieces[piece-1] <= least {
			x.mask[c] = false
		}
	}
}

// flood labels the piece of the mask that a cell belongs to and counts its cells.
func (x *Extractor) flood(from, piece int32) int {
	x.queue = append(x.queue[:0], from)
	x.label[from] = piece
	for done := 0; done < len(x.queue); done++ {
		c := int(x.queue[done])
		cx, cy := c%x.gw, c/x.gw
		for _, next := range [4]struct {
			is bool
			c  int
		}{{cx > 0, c - 1}, {cx+1 < x.gw, c + 1}, {cy > 0, c - x.gw}, {cy+1 < x.gh, c + x.gw}} {
			if next.is && x.mask[next.c] && x.label[next.c] == 0 {
				x.label[next.c] = piece
				x.queue = append(x.queue, int32(next.c))
			}
		}
	}
	return len(x.queue)
}

// selected are the singularities that count as minutiae, the best first, in the
// template's frame.
func (x *Extractor) selected() []Minutia {
	kept := x.found[:0]
	for _, s := range x.found {
		if !s.undone && x.amidRidges(s) {
			clear := x.clarity[x.cellOf(int(s.x), int(s.y))] / fullClarity
			s.quality = uint8(1 + 99*min(clear, 1))
			kept = append(kept, s)
		}
	}
	slices.SortStableFunc(kept, func(a, b singularity) int { return cmp.Compare(b.quality, a.quality) })
	out := make([]Minutia, min(len(kept), MaxMinutiae))
	for i := range out {
		s := kept[i]
		out[i] = Minutia{
			X: uint16(s.x), Y: uint16(s.y), Kind: x.kindOf(s), Quality: s.quality,
			Angle: uint8(int(math.Round(-float64(s.toward)*128/math.Pi)) & 255),
		}
	}
	return out
}

// amidRidges says whether there are ridges all around a point.
func (x *Extractor) amidRidges(s singularity) bool {
	const points = 16
	for k := range points {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / points)
		px, py := int(s.x+border*float32(cos)), int(s.y+border*float32(sin))
		if px < 0 || py < 0 || px >= x.w || py >= x.h || !x.mask[x.cellOf(px, py)] {
			return false
		}
	}
	return true
}

// kindOf says whether the one line more is a ridge, which ends, or a valley,
// which parts two branches: the sign of the signal a little way on. Pressure
// turns one kind into the other, so little may rest on it.
func (x *Extractor) kindOf(s singularity) Kind {
	sin, cos := math.Sincos(float64(s.toward))
	far := kindAt * x.periodAt(s)
	px, py := int(math.Round(float64(s.x)+far*cos)), int(math.Round(float64(s.y)+far*sin))
	if px < 0 || py < 0 || px >= x.w || py >= x.h {
		return Other
	}
	if x.re[x.at(px, py)] > 0 {
		return Ending
	}
	return Bifurcation
}
