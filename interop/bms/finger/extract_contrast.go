package finger

import "math"

const (
	// window is half the side in pixels of the square over which brightness and
	// contrast are evened: two ridge periods in all.
	window = 9
	// noiseFloor in grey levels is added to the contrast, so that the grain of
	// empty paper is not lifted to that of ridges.
	noiseFloor = 6
	// clip is the most standard deviations that a pixel counts for: dirt is
	// not more than ridge.
	clip = 2
	// Cells whose contrast is under this share of the strong cells' contrast,
	// or under so many grey levels, hold no ridges.
	leastContrast, leastLevels = 0.25, 4
)

// evenContrast fills norm: dark positive, mean 0 and deviation near 1 in every
// window. It is the normalisation of L. Hong, Y. Wan and A. K. Jain, "Fingerprint
// image enhancement: algorithm and performance evaluation", IEEE PAMI 20(8),
// 1998 ("Normalization"), taken locally. It
// leaves the contrast in grey levels of each cell's middle in cells[0].
func (x *Extractor) evenContrast() {
	w1 := x.w + 1
	for y := range x.h {
		var s uint32
		var q uint64
		above, here := y*w1+1, (y+1)*w1+1
		for i, g := range x.grey[y*x.w : (y+1)*x.w] {
			s += uint32(g)
			q += uint64(g) * uint64(g)
			x.sum[here+i] = x.sum[above+i] + s
			x.square[here+i] = x.square[above+i] + q
		}
	}
	contrast := x.cells[0]
	for y := range x.h {
		y0, y1 := max(y-window, 0), min(y+window+1, x.h)
		s0, s1 := x.sum[y0*w1:(y0+1)*w1], x.sum[y1*w1:(y1+1)*w1]
		q0, q1 := x.square[y0*w1:(y0+1)*w1], x.square[y1*w1:(y1+1)*w1]
		grey, out := x.grey[y*x.w:(y+1)*x.w], x.norm[x.at(0, y):]
		for i, g := range grey {
			i0, i1 := max(i-window, 0), min(i+window+1, x.w)
			n := float32((i1 - i0) * (y1 - y0))
			mean := float32(s1[i1]-s1[i0]-s0[i1]+s0[i0]) / n
			power := float32(q1[i1]-q1[i0]-q0[i1]+q0[i0]) / n
			dev := sqrt32(max(power-mean*mean, 0))
			out[i] = min(max((mean-float32(g))/(dev+noiseFloor), -clip), clip)
			if i%cell == cell/2 && y%cell == cell/2 {
				contrast[x.cellOf(i, y)] = dev
			}
		}
	}
}

// hasContrast masks the cells that differ from empty background.
func (x *Extractor) hasContrast() {
	contrast := x.cells[0]
	for i := range x.mask {
		x.mask[i] = true
	}
	limit := max(leastContrast*percentile(contrast, x.mask, 0.9, 128), leastLevels)
	for i, dev := range contrast {
		x.mask[i] = dev >= limit
	}
}

// percentile is the value that the given share of the masked cells stays
// under, to 1/256 of top. Values beyond 0 to top count as those.
func percentile(plane []float32, mask []bool, share, top float32) float32 {
	var histogram [257]int
	n := 0
	for i, v := range plane {
		if mask[i] {
			histogram[int(min(max(v/top, 0), 1)*256)]++
			n++
		}
	}
	left := int(share * float32(n))
	for i, count := range histogram {
		if left -= count; left < 0 {
			return float32(i) * top / 256
		}
	}
	return top
}

// soften puts norm, smoothed by the binomial of five both ways, into line: what
// is finer than a ridge must not turn the first orientations.
func (x *Extractor) soften() {
	n, s := len(x.norm), x.stride
	in, mid, out := x.norm, x.re, x.line
	for i := 2; i < n-2; i++ {
		mid[i] = (in[i-2] + in[i+2] + 4*(in[i-1]+in[i+1]) + 6*in[i]) * (1.0 / 16)
	}
	for i := 2 * s; i < n-2*s; i++ {
		out[i] = (mid[i-2*s] + mid[i+2*s] + 4*(mid[i-s]+mid[i+s]) + 6*mid[i]) * (1.0 / 16)
	}
}

// blur smooths a plane of cells by a Gaussian of the given deviation in cells,
// at most 6; outside, the border goes on.
func (x *Extractor) blur(plane []float32, sigma float64) {
	var weights [16]float32
	half := min(int(math.Ceil(2.5*sigma)), len(weights)-1)
	total := 0.0
	for k := range half + 1 {
		v := math.Exp(-float64(k*k) / (2 * sigma * sigma))
		weights[k] = float32(v)
		total += 2 * v
	}
	total -= 1
	for k := range weights {
		weights[k] /= float32(total)
	}
	mid := x.cells[4]
	for y := range x.gh {
		in, out := plane[y*x.gw:(y+1)*x.gw], mid[y*x.gw:(y+1)*x.gw]
		last := len(in) - 1
		for i := range in {
			v := weights[0] * in[i]
			if i >= half && i+half <= last {
				for k := 1; k <= half; k++ {
					v += weights[k] * (in[i-k] + in[i+k])
				}
			} else {
				for k := 1; k <= half; k++ {
					v += weights[k] * (in[max(i-k, 0)] + in[min(i+k, last)])
				}
			}
			out[i] = v
		}
	}
	for y := range x.gh {
		out := plane[y*x.gw : (y+1)*x.gw]
		here := mid[y*x.gw:]
		for i := range out {
			out[i] = weights[0] * here[i]
		}
		for k := 1; k <= half; k++ {
			w := weights[k]
			up, down := mid[max(y-k, 0)*x.gw:][:len(out)], mid[min(y+k, x.gh-1)*x.gw:][:len(out)]
			for i := range out {
				out[i] += w * (up[i] + down[i])
			}
		}
	}
}
