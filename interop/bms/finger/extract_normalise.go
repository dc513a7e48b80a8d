package finger

import "math"

func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

func (x *Extractor) load(img Image, scale float64) {
	x.w, x.h = int(math.Round(float64(img.Width)*scale)), int(math.Round(float64(img.Height)*scale))
	n := x.w * x.h
	x.stride = x.w + 2*pad
	x.gw, x.gh = (x.w+cell-1)/cell, (x.h+cell-1)/cell
	x.grey = grow(x.grey, n)
	planes := x.stride * (x.h + 2*pad)
	x.norm, x.line, x.re, x.im = grow(x.norm, planes), grow(x.line, planes), grow(x.re, planes), grow(x.im, planes)
	cells := x.gw * x.gh
	x.mask, x.flow, x.orient, x.wave = grow(x.mask, cells), grow(x.flow, cells), grow(x.orient, cells), grow(x.wave, cells)
	x.clarity, x.tmp = grow(x.clarity, cells), grow(x.tmp, cells)
	x.cs1, x.cs2, x.cs3, x.cs4, x.std = grow(x.cs1, cells), grow(x.cs2, cells), grow(x.cs3, cells), grow(x.cs4, cells), grow(x.std, cells)
	x.sums, x.squa = grow(x.sums, (x.w+1)*(x.h+1)), grow(x.squa, (x.w+1)*(x.h+1))
	if scale == 1 {
		copy(x.grey, img.Pix)
		return
	}
	resample(x.grey, x.w, x.h, img)
}

// at is the index of a pixel in the padded planes.
func (x *Extractor) at(px, py int) int { return (py+pad)*x.stride + px + pad }

const (
	window = 9   // pixels: half the side of the window of the local mean, about two periods in all
	noise  = 6.0 // grey levels: the contrast below which nothing is lifted
	clipAt = 2.0 // standard deviations
)

func (x *Extractor) normalise() {
	w1 := x.w + 1
	for y := range x.h {
		var s uint32
		var q uint64
		row := x.grey[y*x.w : (y+1)*x.w]
		above, here := y*w1+1, (y+1)*w1+1
		for i, g := range row {
			s += uint32(g)
			q += uint64(g) * uint64(g)
			x.sums[here+i] = x.sums[above+i] + s
			x.squa[here+i] = x.squa[above+i] + q
		}
	}
	for y := range x.h {
		y0, y1 := max(y-window, 0)*w1, min(y+window+1, x.h)*w1
		out := x.norm[x.at(0, y):]
		for i := range x.w {
			x0, x1 := max(i-window, 0), min(i+window+1, x.w)
			n := float32((x1-x0)*(y1-y0)) / float32(w1)
			s := float32(x.sums[y1+x1] - x.sums[y1+x0] - x.sums[y0+x1] + x.sums[y0+x0])
			q := float32(x.squa[y1+x1] - x.squa[y1+x0] - x.squa[y0+x1] + x.squa[y0+x0])
			mean := s / n
			dev := float32(math.Sqrt(float64(max(q/n-mean*mean, 0))))
			v := (mean - float32(x.grey[y*x.w+i])) / (dev + noise)
			out[i] = min(max(v, -clipAt), clipAt)
			if i%cell == cell/2 && y%cell == cell/2 {
				x.std[(y/cell)*x.gw+i/cell] = dev
			}
		}
	}
	x.segment()
}

// segment marks the cells with ridges: contrast near that of the print.
func (x *Extractor) segment() {
	var hist [129]int
	for _, d := range x.std {
		hist[int(min(d, 128))]++
	}
	// 90th percentile
	n, p := 0, 0
	for p = 128; p > 0; p-- {
		n += hist[p]
		if n*10 >= len(x.std) {
			break
		}
	}
	limit := max(float32(p)*0.25, 4)
	for i, d := range x.std {
		x.mask[i] = d >= limit
	}
}

// blur smooths a plane of cells by a binomial run several times.
func (x *Extractor) blur(a, tmp []float32, rounds int) {
	for range rounds {
		for y := range x.gh {
			r, o := a[y*x.gw:(y+1)*x.gw], tmp[y*x.gw:(y+1)*x.gw]
			last := len(r) - 1
			for i := range r {
				o[i] = 0.25*r[max(i-1, 0)] + 0.5*r[i] + 0.25*r[min(i+1, last)]
			}
		}
		for y := range x.gh {
			u, r, d := tmp[max(y-1, 0)*x.gw:], tmp[y*x.gw:], tmp[min(y+1, x.gh-1)*x.gw:]
			o := a[y*x.gw : (y+1)*x.gw]
			for i := range o {
				o[i] = 0.25*u[i] + 0.5*r[i] + 0.25*d[i]
			}
		}
	}
}
