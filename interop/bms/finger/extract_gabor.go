package finger

import "math"

const (
	// Ridge periods in pixels that the filters are tuned to: children's to wide
	// adults'.
	leastPeriod, mostPeriod = 5.0, 14.0
	periodsPerPixel         = 2
	periods                 = int(mostPeriod-leastPeriod)*periodsPerPixel + 1
	// The envelope of the filter: deviation in pixels along the ridges, and in
	// periods across them.
	alongSigma, acrossSigma = 4.0, 0.42
	alongHalf, acrossHalf   = 9, 12 // pixels
)

// gabor is a complex Gabor filter in two halves, along the ridges and across
// them, which take 50 products a pixel in place of 500: Hong, Wan and Jain 1998,
// "Filtering", there as one real filter. The along half follows the curve of
// the ridges, because the across half reads pixels that were each smoothed by
// their own orientation.
type gabor struct {
	along [alongHalf + 1]float32
	// even has the mean removed: brightness is no ridge.
	even, odd [periods][acrossHalf + 1]float32
	half      [periods]int
}

var filter = newGabor()

// periodStep is the number of the tuned period nearest to one in pixels.
func periodStep(period float64) uint8 {
	period = min(max(period, leastPeriod), mostPeriod)
	return uint8(math.Round((period - leastPeriod) * periodsPerPixel))
}

// periodOf is the tuned period of a number.
func periodOf(wave uint8) float64 { return leastPeriod + float64(wave)/periodsPerPixel }

func newGabor() *gabor {
	g := new(gabor)
	bell := func(j int, sigma float64) float64 { return math.Exp(-float64(j*j) / (2 * sigma * sigma)) }
	sum := 0.0
	for j := -alongHalf; j <= alongHalf; j++ {
		sum += bell(j, alongSigma)
	}
	for j := range g.along {
		g.along[j] = float32(bell(j, alongSigma) / sum)
	}
	for p := range periods {
		period := periodOf(uint8(p))
		half, sigma := min(int(math.Round(1.2*period)), acrossHalf), acrossSigma*period
		g.half[p] = half
		sum, mean := 0.0, 0.0
		for j := -half; j <= half; j++ {
			sum += bell(j, sigma)
			mean += bell(j, sigma) * math.Cos(2*math.Pi*float64(j)/period)
		}
		for j := 0; j <= half; j++ {
			sin, cos := math.Sincos(2 * math.Pi * float64(j) / period)
			g.even[p][j] = float32(2 * bell(j, sigma) * (cos - mean/sum) / sum)
			g.odd[p][j] = float32(2 * bell(j, sigma) * sin / sum)
		}
	}
	return g
}

// tapOffsets are, for each orientation, the distances in the padded planes from
// a pixel to those along and across the ridges.
type tapOffsets struct {
	stride int
	along  [orientations][alongHalf + 1]int
	across [orientations][acrossHalf + 1]int
}

func (t *tapOffsets) lay(stride int) {
	if t.stride == stride {
		return
	}
	t.stride = stride
	for o := range orientations {
		sin, cos := math.Sincos(math.Pi * float64(o) / orientations)
		for j := range t.along[o] {
			t.along[o][j] = int(math.Round(sin*float64(j)))*stride + int(math.Round(cos*float64(j)))
		}
		for j := range t.across[o] {
			t.across[o][j] = int(math.Round(cos*float64(j)))*stride + int(math.Round(-sin*float64(j)))
		}
	}
}

// The filters below do the four pixels of a cell's row at a time; those of them
// beyond the right end are worked out from the padding and set to 0 again.

// alongRidges fills line from norm where the mask is.
func (x *Extractor) alongRidges() {
	clear(x.line)
	x.eachMasked(func(p, c int) {
		off, weights := &x.taps.along[x.orient[c]], &filter.along
		in := (*[cell]float32)(x.norm[p:])
		v0, v1, v2, v3 := weights[0]*in[0], weights[0]*in[1], weights[0]*in[2], weights[0]*in[3]
		for j := 1; j < len(weights); j++ {
			a, b, w := (*[cell]float32)(x.norm[p+off[j]:]), (*[cell]float32)(x.norm[p-off[j]:]), weights[j]
			v0 += w * (a[0] + b[0])
			v1 += w * (a[1] + b[1])
			v2 += w * (a[2] + b[2])
			v3 += w * (a[3] + b[3])
		}
		*(*[cell]float32)(x.line[p:]) = [cell]float32{v0, v1, v2, v3}
	})
	x.clearBeyond(x.line)
}

// picture fills re from line where the mask is.
func (x *Extractor) picture() {
	clear(x.re)
	x.eachMasked(func(p, c int) {
		wave := x.wave[c]
		off, even := &x.taps.across[x.orient[c]], &filter.even[wave]
		in := (*[cell]float32)(x.line[p:])
		v0, v1, v2, v3 := even[0]*in[0], even[0]*in[1], even[0]*in[2], even[0]*in[3]
		for j := 1; j <= filter.half[wave] && j < len(off); j++ {
			a, b, w := (*[cell]float32)(x.line[p+off[j]:]), (*[cell]float32)(x.line[p-off[j]:]), even[j]
			v0 += w * (a[0] + b[0])
			v1 += w * (a[1] + b[1])
			v2 += w * (a[2] + b[2])
			v3 += w * (a[3] + b[3])
		}
		*(*[cell]float32)(x.re[p:]) = [cell]float32{v0, v1, v2, v3}
	})
	x.clearBeyond(x.re)
}

// demodulate fills re and im from line where the mask is.
func (x *Extractor) demodulate() {
	x.picture()
	clear(x.im)
	x.eachMasked(func(p, c int) {
		wave := x.wave[c]
		off, odd := &x.taps.across[x.orient[c]], &filter.odd[wave]
		var v0, v1, v2, v3 float32
		for j := 1; j <= filter.half[wave] && j < len(off); j++ {
			a, b, w := (*[cell]float32)(x.line[p+off[j]:]), (*[cell]float32)(x.line[p-off[j]:]), odd[j]
			v0 += w * (a[0] - b[0])
			v1 += w * (a[1] - b[1])
			v2 += w * (a[2] - b[2])
			v3 += w * (a[3] - b[3])
		}
		*(*[cell]float32)(x.im[p:]) = [cell]float32{v0, v1, v2, v3}
	})
	x.clearBeyond(x.im)
}

// eachMasked calls f for each row of pixels of each masked cell, with where its
// first pixel is in the padded planes and the cell.
func (x *Extractor) eachMasked(f func(p, c int)) {
	for y := range x.h {
		for cx, in := range x.mask[y/cell*x.gw:][:x.gw] {
			if in {
				f(x.at(cx*cell, y), y/cell*x.gw+cx)
			}
		}
	}
}

// clearBeyond sets to 0 what was written to the right of the image.
func (x *Extractor) clearBeyond(plane []float32) {
	if beyond := x.gw*cell - x.w; beyond > 0 {
		for y := range x.h {
			clear(plane[x.at(x.w, y):][:beyond])
		}
	}
}

// across is the ridge signal at index p of the padded planes, for a cell of this
// orientation and period: its phase falls by a turn from ridge to ridge in the
// sense of the orientation plus a quarter turn, and is 0 on a ridge.
func (x *Extractor) across(p int, orient, wave uint8) (re, im float32) {
	off, even, odd := &x.taps.across[orient], &filter.even[wave], &filter.odd[wave]
	re = even[0] * x.line[p]
	for j := 1; j <= filter.half[wave] && j < len(off); j++ {
		a, b := x.line[p+off[j]], x.line[p-off[j]]
		re += even[j] * (a + b)
		im += odd[j] * (a - b)
	}
	return re, im
}
