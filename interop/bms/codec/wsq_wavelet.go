package codec

// The two-channel filter bank of WSQ. A signal of n samples stands interleaved,
// low-pass at the even positions, high-pass at the odd ones, and is continued by
// symmetry about both ends. Filters are symmetric with an odd number of taps.
//
// The arithmetic is that of single precision with every product and every sum
// rounded, low-pass products before high-pass ones and from left to right: the
// reference decoders compute so, and a pixel near a half would differ otherwise.
// The conversions float32(a*b) keep a compiler from joining product and sum.

// wsqFilters are a low-pass and a high-pass filter of odd length.
type wsqFilters struct{ low, high []float32 }

// The analysis filters of IAFIS-IC-0110 table 1 (type 1, the "9/7" pair of Cohen,
// Daubechies and Feauveau).
var wsqAnalysis = wsqFilters{
	low: []float32{0.03782845550699546, -0.02384946501938000, -0.11062440441842342, 0.37740285561265380,
		0.85269867900940344, 0.37740285561265380, -0.11062440441842342, -0.02384946501938000, 0.03782845550699546},
	high: []float32{0.06453888262893845, -0.04068941760955844, -0.41809227322221221, 0.78848561640566439,
		-0.41809227322221221, -0.04068941760955844, 0.06453888262893845},
}

// reconstruct turns the plane of coefficients into the image, in place.
func (t *wsqTree) reconstruct(plane []float32, width int, f wsqFilters) {
	tmp := make([]float32, len(plane))
	for i := len(t.splits) - 1; i >= 0; i-- {
		r := t.splits[i]
		joinColumns(tmp, plane, width, r, f)
		joinRows(plane, tmp, width, r, f)
	}
}

// taps is one sum of products: the filters' taps that meet an output position,
// low-pass first. at is relative to the position.
type taps struct {
	at   []int
	coef []float32
}

// synthesis gives the taps for the even and for the odd output positions.
func (f wsqFilters) synthesis() [2]taps {
	var out [2]taps
	for parity := range out {
		for band, filter := range [][]float32{f.low, f.high} {
			for i, c := range filter {
				if at := i - (len(filter)-1)/2; (parity+at)&1 == band {
					out[parity].at = append(out[parity].at, at)
					out[parity].coef = append(out[parity].coef, c)
				}
			}
		}
	}
	return out
}

// joinColumns filters each column of the region of src into the same place of
// dst, row after row.
func joinColumns(dst, src []float32, width int, r wsqRegion, f wsqFilters) {
	rows := func(p int) []float32 {
		p = mirror(p, r.h)
		y := p / 2
		first, _ := halves(r.h, r.mirrorY)
		if p&1 == 1 != r.mirrorY { // the second half as it lies
			y += first
		}
		at := (r.y+y)*width + r.x
		return src[at : at+r.w]
	}
	phase := f.synthesis()
	for n := range r.h {
		t := phase[n&1]
		at := (r.y+n)*width + r.x
		out := dst[at : at+r.w]
		switch len(t.at) {
		case 7:
			var in [7][]float32
			for i := range in {
				in[i] = rows(n + t.at[i])
			}
			sum7(out, &in, (*[7]float32)(t.coef))
		case 9:
			var in [9][]float32
			for i := range in {
				in[i] = rows(n + t.at[i])
			}
			sum9(out, &in, (*[9]float32)(t.coef))
		default:
			for i, a := range t.at {
				sumAny(out, rows(n+a), t.coef[i], i == 0)
			}
		}
	}
}

// sum7 and sum9 are the sums of the standard filters, without a loop over taps.
func sum7(out []float32, in *[7][]float32, c *[7]float32) {
	n := len(out)
	a0, a1, a2, a3, a4, a5, a6 := in[0][:n], in[1][:n], in[2][:n], in[3][:n], in[4][:n], in[5][:n], in[6][:n]
	for x := range n {
		v := float32(a0[x] * c[0])
		v += float32(a1[x] * c[1])
		v += float32(a2[x] * c[2])
		v += float32(a3[x] * c[3])
		v += float32(a4[x] * c[4])
		v += float32(a5[x] * c[5])
		v += float32(a6[x] * c[6])
		out[x] = v
	}
}

func sum9(out []float32, in *[9][]float32, c *[9]float32) {
	n := len(out)
	a0, a1, a2, a3, a4, a5, a6, a7, a8 := in[0][:n], in[1][:n], in[2][:n], in[3][:n], in[4][:n], in[5][:n], in[6][:n], in[7][:n], in[8][:n]
	for x := range n {
		v := float32(a0[x] * c[0])
		v += float32(a1[x] * c[1])
		v += float32(a2[x] * c[2])
		v += float32(a3[x] * c[3])
		v += float32(a4[x] * c[4])
		v += float32(a5[x] * c[5])
		v += float32(a6[x] * c[6])
		v += float32(a7[x] * c[7])
		v += float32(a8[x] * c[8])
		out[x] = v
	}
}

// joinRows filters each row of the region of src into the same place of dst. The
// low-pass and the high-pass samples of a row stand apart, continued to both
// sides, so that a sum over neighbours is one over runs of both.
func joinRows(dst, src []float32, width int, r wsqRegion, f wsqFilters) {
	phase := f.synthesis()
	pad := max(len(f.low), len(f.high))/4 + 1 // samples of either kind
	n := r.w/2 + 1 + 2*pad
	bands := [2][]float32{make([]float32, n), make([]float32, n)}
	sums := make([]float32, r.w/2+1)
	first, _ := halves(r.w, r.mirrorX)
	for y := range r.h {
		at := (r.y+y)*width + r.x
		in, out := src[at:at+r.w], dst[at:at+r.w]
		low, high := in[:first], in[first:]
		if r.mirrorX {
			low, high = high, low
		}
		copy(bands[0][pad:], low)
		copy(bands[1][pad:], high)
		for i := 1; i <= 2*pad; i++ {
			for _, p := range [2]int{-i, r.w - 1 + i} {
				if q := p>>1 + pad; q >= 0 && q < n {
					m := mirror(p, r.w)
					bands[p&1][q] = bands[m&1][m>>1+pad]
				}
			}
		}
		for parity, t := range phase {
			// Output 2k+parity takes the sample at 2k+parity+at: band by parity.
			part := sums[:(r.w+1-parity)/2]
			run := func(i int) []float32 {
				p := parity + t.at[i]
				return bands[p&1][p>>1+pad:][:len(part)]
			}
			switch len(t.at) {
			case 7:
				sum7(part, &[7][]float32{run(0), run(1), run(2), run(3), run(4), run(5), run(6)}, (*[7]float32)(t.coef))
			case 9:
				sum9(part, &[9][]float32{run(0), run(1), run(2), run(3), run(4), run(5), run(6), run(7), run(8)}, (*[9]float32)(t.coef))
			default:
				for i, c := range t.coef {
					sumAny(part, run(i), c, i == 0)
				}
			}
			for k, v := range part {
				out[2*k+parity] = v
			}
		}
	}
}

// sumAny begins a sum, or adds to it.
func sumAny(out, in []float32, c float32, begin bool) {
	if begin {
		for x := range out {
			out[x] = float32(in[x] * c)
		}
		return
	}
	for x := range out {
		out[x] += float32(in[x] * c)
	}
}

// extend continues the signal of n samples at line[pad:] to both sides.
func extend(line []float32, pad, n int) {
	for i := 1; i <= pad; i++ {
		line[pad-i] = line[pad+mirror(-i, n)]
		line[pad+n-1+i] = line[pad+mirror(n-1+i, n)]
	}
}

// filterLine writes the sums for the positions start, start+step, ... of a line
// that stands extended by pad samples.
func filterLine(out, line []float32, start, step, pad int, t taps) {
	at, c := t.at, t.coef
	for n := start; n < len(out); n += step {
		p := line[n : n+2*pad+1]
		v := float32(p[pad+at[0]] * c[0])
		for i := 1; i < len(at); i++ {
			v += float32(p[pad+at[i]] * c[i])
		}
		out[n] = v
	}
}

// decompose turns the image into the plane of coefficients, in place.
func (t *wsqTree) decompose(plane []float32, width int, f wsqFilters) {
	tmp := make([]float32, len(plane))
	for _, r := range t.splits {
		splitRows(tmp, plane, width, r, f)
		splitColumns(plane, tmp, width, r, f)
	}
}

// analysis gives the taps around an even position, for the low-pass half, and
// around an odd one, for the high-pass half.
func (f wsqFilters) analysis() [2]taps {
	var out [2]taps
	for band, filter := range [][]float32{f.low, f.high} {
		for i, c := range filter {
			out[band].at = append(out[band].at, i-(len(filter)-1)/2)
			out[band].coef = append(out[band].coef, c)
		}
	}
	return out
}

func splitRows(dst, src []float32, width int, r wsqRegion, f wsqFilters) {
	phase := f.analysis()
	pad := max(len(f.low), len(f.high)) / 2
	line := make([]float32, r.w+2*pad)
	out := make([]float32, r.w)
	first, _ := halves(r.w, r.mirrorX)
	for y := range r.h {
		at := (r.y+y)*width + r.x
		copy(line[pad:], src[at:at+r.w])
		extend(line, pad, r.w)
		for parity, t := range phase {
			filterLine(out, line, parity, 2, pad, t)
		}
		low, high := dst[at:at+first], dst[at+first:at+r.w]
		if r.mirrorX {
			low, high = high, low
		}
		for i := range low {
			low[i] = out[2*i]
		}
		for i := range high {
			high[i] = out[2*i+1]
		}
	}
}

func splitColumns(dst, src []float32, width int, r wsqRegion, f wsqFilters) {
	phase := f.analysis()
	first, _ := halves(r.h, r.mirrorY)
	for n := range r.h {
		y := n / 2
		if n&1 == 1 != r.mirrorY {
			y += first
		}
		at := (r.y+y)*width + r.x
		out := dst[at : at+r.w]
		for i, a := range phase[n&1].at {
			from := (r.y+mirror(n+a, r.h))*width + r.x
			sumAny(out, src[from:from+r.w], phase[n&1].coef[i], i == 0)
		}
	}
}
