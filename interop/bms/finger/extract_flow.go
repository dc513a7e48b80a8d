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
	tmp := x.tmp
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
}

// orientationStep is the orientation of a doubled-angle vector in steps of the
// half turn.
func orientationStep(v vec) uint8 {
	t := math.Atan2(float64(v.y), float64(v.x)) / (2 * math.Pi) * orientations
	return uint8(int(math.Round(t)+orientations) % orientations)
}

// firstWave chooses for each cell, of a few ridge periods, the one that answers
// best at the middles of the cells around. The plane line must be filled.
func (x *Extractor) firstWave() {
	best, power := x.cs1, x.cs2
	clear(best)
	for _, period := range firstPeriods {
		wv := waveStep(period)
		for cy := range x.gh {
			for cx := range x.gw {
				c := cy*x.gw + cx
				power[c] = 0
				if px, py := cx*cell+cell/2, cy*cell+cell/2; x.mask[c] && px < x.w && py < x.h {
					re, im := x.across(x.at(px, py), x.orient[c], wv)
					power[c] = re*re + im*im
				}
			}
		}
		x.blur(power, x.tmp, 8)
		for c, p := range power {
			if p > best[c] {
				best[c], x.wave[c] = p, wv
			}
		}
	}
}

func (x *Extractor) refineFlow() {
	x.gradientFlow(x.re, false)
	c, e := x.cs3, x.cs4
	x.blur(e, x.tmp, 5)
	x.blur(c, x.tmp, 8)
	x.blur(e, x.tmp, 8)
	for i := range c {
		p := usualPeriod
		if e[i] > 1e-6 {
			s := math.Sqrt(float64(c[i] / e[i]))
			p = 2 * math.Pi / math.Asin(min(s, 0.99))
		}
		x.wave[i] = waveStep(p)
	}
}

// soften puts the plane, smoothed by the binomial of five, into line.
func (x *Extractor) soften() {
	n := len(x.norm)
	src, mid, dst := x.norm, x.re, x.line
	for i := 2; i < n-2; i++ {
		mid[i] = (src[i-2] + src[i+2] + 4*(src[i-1]+src[i+1]) + 6*src[i]) * (1.0 / 16)
	}
	s := x.stride
	for i := 2 * s; i < n-2*s; i++ {
		dst[i] = (mid[i-2*s] + mid[i+2*s] + 4*(mid[i-s]+mid[i+s]) + 6*mid[i]) * (1.0 / 16)
	}
}

// judge measures how much of the local contrast is ridges and masks the rest.
func (x *Extractor) judge(limit float32) {
	a, b := x.cs1, x.cs2
	clear(a)
	clear(b)
	for y := range x.h {
		g := (y / cell) * x.gw
		base := x.at(0, y)
		for cx := range x.gw {
			var sa, sb float32
			for i := cx * cell; i < min((cx+1)*cell, x.w); i++ {
				p := base + i
				sa += x.re[p]*x.re[p] + x.im[p]*x.im[p]
				sb += x.norm[p] * x.norm[p]
			}
			a[g+cx] += sa
			b[g+cx] += sb
		}
	}
	x.blur(a, x.tmp, 6)
	x.blur(b, x.tmp, 6)
	for i := range a {
		x.clarity[i] = a[i] / (2*b[i] + 1e-3)
	}
	limit *= percentile(x.clarity, x.mask, 0.8)
	for i, c := range x.clarity {
		if c < limit {
			x.mask[i] = false
		}
	}
}

// percentile of the plane of values 0 to 1 over the masked cells.
func percentile(plane []float32, mask []bool, share float64) float32 {
	var hist [257]int
	n := 0
	for i, v := range plane {
		if mask[i] {
			hist[int(min(max(v, 0), 1)*256)]++
			n++
		}
	}
	k := int(share * float64(n))
	for i, h := range hist {
		if k -= h; k <= 0 {
			return float32(i) / 256
		}
	}
	return 1
}
