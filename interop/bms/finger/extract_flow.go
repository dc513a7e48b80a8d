package finger

import "math"

// gradientFlow estimates the ridge orientation from the structure tensor.
func (x *Extractor) gradientFlow(plane []float32, first bool) {
	a, b, c, e := x.cs1, x.cs2, x.cs3, x.cs4
	clear(a)
	clear(b)
	clear(c)
	clear(e)
	for y := range x.h {
		g := (y / cell) * x.gw
		base := x.at(0, y)
		up, row, down := plane[base-x.stride-1:][:x.w+2], plane[base-1:][:x.w+2], plane[base+x.stride-1:][:x.w+2]
		for cx := range x.gw {
			if !x.mask[g+cx] {
				continue
			}
			var sa, sb, sc, se float32
			for i := cx * cell; i < min((cx+1)*cell, x.w); i++ {
				// Sobel
				dx := (up[i+2] - up[i]) + 2*(row[i+2]-row[i]) + (down[i+2] - down[i])
				dy := (down[i] - up[i]) + 2*(down[i+1]-up[i+1]) + (down[i+2] - up[i+2])
				dx, dy = dx/8, dy/8
				sa += dx*dx - dy*dy
				sb += 2 * dx * dy
				sc += dx*dx + dy*dy
				se += row[i+1] * row[i+1]
			}
			a[g+cx] += sa
			b[g+cx] += sb
			c[g+cx] += sc
			e[g+cx] += se
		}
	}
	tmp := x.line
	if first {
		x.blur(a, tmp, 8)
		x.blur(b, tmp, 8)
		x.blur(c, tmp, 8)
	} else {
		x.blur(a, tmp, 5)
		x.blur(b, tmp, 5)
		x.blur(c, tmp, 5)
	}
	for i := range x.flow {
		// The ridge runs across the gradient: half a turn of the doubled angle.
		n := c[i] + 1e-6
		x.flow[i] = vec{-a[i] / n, -b[i] / n}
		x.orient[i] = orientationStep(x.flow[i])
	}
	clear(x.line)
}

// orientationStep is the orientation of a doubled-angle vector in steps of the
// half turn.
func orientationStep(v vec) uint8 {
	t := math.Atan2(float64(v.y), float64(v.x)) / (2 * math.Pi) * orientations
	return uint8(int(math.Round(t)+orientations) % orientations)
}

// firstWave takes the usual ridge period everywhere.
func (x *Extractor) firstWave() {
	for i := range x.wave {
		x.wave[i] = waveStep(usualPeriod)
	}
}

func (x *Extractor) refineFlow() {
	x.gradientFlow(x.re, false)
	c, e := x.cs3, x.cs4
	x.blur(e, x.line, 5)
	x.blur(c, x.line, 8)
	x.blur(e, x.line, 8)
	for i := range c {
		p := usualPeriod
		if e[i] > 1e-6 {
			s := math.Sqrt(float64(c[i] / e[i]))
			p = 2 * math.Pi / math.Asin(min(s, 0.99))
		}
		x.wave[i] = waveStep(p)
	}
	clear(x.line)
}
