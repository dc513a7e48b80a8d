package finger

import "math"

// singular is a point about which the phase of the ridge signal turns once.
type singular struct {
	x, y     float32 // pixels
	dir      float32 // radians, y down, to the side with one ridge more
	kind     Kind
	strength float32
	dead     bool
}

// singularities finds the points where the phase turns.
func (x *Extractor) singularities() {
	x.found = x.found[:0]
	k := gabor
	for y := 0; y+1 < x.h; y++ {
		for i := 0; i+1 < x.w; i++ {
			c := (y/cell)*x.gw + i/cell
			if !x.mask[c] {
				continue
			}
			p := x.at(i, y)
			// quick test: both parts change sign
			a0, a1, a2, a3 := x.re[p], x.re[p+1], x.re[p+x.stride+1], x.re[p+x.stride]
			if (a0 > 0) == (a1 > 0) && (a0 > 0) == (a2 > 0) && (a0 > 0) == (a3 > 0) {
				continue
			}
			b0 := x.im[p]
			o0 := x.orient[c]
			b1 := x.turned(x.im[p+1], o0, i+1, y)
			b2 := x.turned(x.im[p+x.stride+1], o0, i+1, y+1)
			b3 := x.turned(x.im[p+x.stride], o0, i, y+1)
			n := crossing(a0, b0, a1, b1) + crossing(a1, b1, a2, b2) + crossing(a2, b2, a3, b3) + crossing(a3, b3, a0, b0)
			if n == 0 {
				continue
			}
			dir := math.Pi * float64(o0) / orientations
			if n > 0 {
				dir += math.Pi
			}
			s := singular{x: float32(i) + 0.5, y: float32(y) + 0.5, dir: float32(dir)}
			_ = k
			x.found = append(x.found, s)
		}
	}
}

// turned is the odd part at a pixel seen with the sense of orientation o0.
func (x *Extractor) turned(im float32, o0 uint8, px, py int) float32 {
	o := x.orient[(py/cell)*x.gw+px/cell]
	if d := int(o) - int(o0); d > orientations/2 || -d > orientations/2 {
		return -im
	}
	return im
}

// crossing counts how the step from one complex number to the next crosses the
// negative real axis: +1 counter-clockwise, -1 clockwise.
func crossing(ar, ai, br, bi float32) int {
	switch {
	case ai >= 0 && bi < 0:
		if ar*bi-ai*br > 0 {
			return 1
		}
	case ai < 0 && bi >= 0:
		if ar*bi-ai*br < 0 {
			return -1
		}
	}
	return 0
}

func (x *Extractor) minutiae() []Minutia {
	x.annihilate()
	var out []Minutia
	for _, s := range x.found {
		if s.dead {
			continue
		}
		if !x.inside(s, 10) {
			continue
		}
		if len(out) == MaxMinutiae {
			break
		}
		out = append(out, Minutia{X: uint16(s.x), Y: uint16(s.y), Angle: angleByte(-float64(s.dir)), Kind: x.kindOf(s)})
	}
	return out
}

func (x *Extractor) kindOf(s singular) Kind {
	px, py := int(s.x+5*float32(math.Cos(float64(s.dir)))), int(s.y+5*float32(math.Sin(float64(s.dir))))
	if px < 0 || py < 0 || px >= x.w || py >= x.h {
		return Other
	}
	if x.re[x.at(px, py)] > 0 {
		return Ending
	}
	return Bifurcation
}

func (x *Extractor) inside(s singular, margin float32) bool {
	for k := range 16 {
		sn, cs := math.Sincos(math.Pi * float64(k) / 8)
		px, py := int(s.x+margin*float32(cs)), int(s.y+margin*float32(sn))
		if px < 0 || py < 0 || px >= x.w || py >= x.h || !x.mask[(py/cell)*x.gw+px/cell] {
			return false
		}
	}
	return true
}

// annihilate removes pairs that undo each other.
func (x *Extractor) annihilate() {
	reach := tune("REACH", 7)
	for i := range x.found {
		a := &x.found[i]
		if a.dead {
			continue
		}
		best, at := float32(reach*reach), -1
		for j := i + 1; j < len(x.found); j++ {
			b := &x.found[j]
			if b.y-a.y > reach {
				break
			}
			if b.dead {
				continue
			}
			d := (a.x-b.x)*(a.x-b.x) + (a.y-b.y)*(a.y-b.y)
			if d < best && math.Cos(float64(a.dir-b.dir)) < 0 {
				best, at = d, j
			}
		}
		if at >= 0 {
			a.dead, x.found[at].dead = true, true
		}
	}
}

func angleByte(rad float64) uint8 {
	return uint8(int(math.Round(rad/(2*math.Pi)*256)) & 255)
}
