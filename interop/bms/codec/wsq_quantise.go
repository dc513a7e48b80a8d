package codec

import "math"

// least variance of a band that is worth coding, and the total of the four
// lowest from which on only the middle of each band is measured (IAFIS-IC-0110
// annex C).
const (
	wsqLeastVariance = 1.01
	wsqTotalVariance = 20000
)

// wsqShare is a band's share of the image's coefficients (IAFIS-IC-0110 annex C).
func wsqShare(band int) float32 {
	switch {
	case band < 4:
		return 1.0 / 1024
	case band < 51:
		return 1.0 / 256
	}
	return 1.0 / 16
}

// wsqWeight is the weight of a band's quantisation: the highest are kept coarser.
func wsqWeight(band int) float32 {
	if band < 52 {
		return 1
	}
	return [8]float32{1.32, 1.08, 1.42, 1.08, 1.32, 1.42, 1.08, 1.08}[band-52]
}

// bandVariance measures a band, whole or its middle (3/4 of its width, 7/16 of
// its height).
func bandVariance(plane []float32, width int, r wsqRegion, middle bool) float32 {
	if middle {
		r = wsqRegion{x: r.x + r.w/8, y: r.y + 9*r.h/32, w: 3 * r.w / 4, h: 7 * r.h / 16}
	}
	var sum, squares float32
	for y := range r.h {
		at := (r.y+y)*width + r.x
		for _, v := range plane[at : at+r.w] {
			sum += v
			squares += float32(v * v)
		}
	}
	n := r.w * r.h
	if n < 2 {
		return 0
	}
	mean := float32(sum*sum) / float32(n)
	return float32(float64(squares-mean) / (float64(n) - 1))
}

func variances(t *wsqTree, plane []float32, width int) [wsqBands]float32 {
	var out [wsqBands]float32
	var total float32
	for i := range 4 {
		out[i] = bandVariance(plane, width, t.bands[i], true)
		total += out[i]
	}
	for i := range out {
		if total < wsqTotalVariance || i >= 4 {
			out[i] = bandVariance(plane, width, t.bands[i], total >= wsqTotalVariance)
		}
	}
	return out
}

// newWSQSteps chooses the bins for a rate in bits per pixel: in proportion to
// each band's variance, without the bands that would get no bits (annex C). The
// numbers are rounded to single precision where the reference encoder rounds, so
// that the bins come out the same.
func newWSQSteps(t *wsqTree, plane []float32, width int, rate float32) *wsqSteps {
	variance := variances(t, plane, width)
	var relative, deviation [wsqBands]float32
	var bands []int
	for i, v := range variance {
		if !(v >= wsqLeastVariance) {
			continue
		}
		relative[i] = 1
		if i >= 4 {
			relative[i] = float32(10 / float64(wsqWeight(i)*float32(math.Log(float64(v)))))
		}
		deviation[i] = float32(math.Sqrt(float64(v)))
		bands = append(bands, i)
	}
	s := &wsqSteps{centre: 0.44}
	kept := append([]int(nil), bands...)
	var q float32
	for {
		var share float32
		product := float32(1)
		for _, i := range kept {
			share += wsqShare(i)
		}
		for _, i := range kept {
			product = float32(float64(product) * math.Pow(float64(deviation[i]/relative[i]), float64(wsqShare(i))))
		}
		q = float32(math.Pow(2, float64(rate/share)-1) / 2.5 / math.Pow(float64(product), 1/float64(share)))
		var next []int
		for _, i := range kept {
			if float64(relative[i]/q) < 5*float64(deviation[i]) {
				next = append(next, i)
			}
		}
		if len(next) == len(kept) || len(next) == 0 {
			break
		}
		kept = next
	}
	for _, i := range bands {
		bin := relative[i] / q
		zero := float32(1.2 * float64(bin))
		// A bin that two bytes cannot say belongs to a band without information.
		if bin > 0 && zero < 65535 {
			s.bin[i], s.zero[i] = bin, zero
		}
	}
	return s
}

// quantise gives the coefficients of bands from..to-1, those without a bin left
// out (section 3.3).
func (s *wsqSteps) quantise(t *wsqTree, plane []float32, width, from, to int) []int16 {
	var out []int16
	for i := from; i < to; i++ {
		r, bin, half := t.bands[i], s.bin[i], s.zero[i]/2
		if bin == 0 {
			continue
		}
		for y := range r.h {
			at := (r.y+y)*width + r.x
			for _, v := range plane[at : at+r.w] {
				q := 0.0
				switch {
				case v > half:
					q = float64((v-half)/bin) + 1
				case v < -half:
					q = float64((v+half)/bin) - 1
				}
				out = append(out, int16(min(max(q, -math.MaxInt16), math.MaxInt16)))
			}
		}
	}
	return out
}

// table writes the quantisation table of 64 bands (section 4.2.2.2).
func (s *wsqSteps) table() []byte {
	out := put16([]byte{2}, 44) // the bin centre, 0.44
	for i := range s.bin {
		out = putDecimal(out, s.bin[i])
		out = putDecimal(out, s.zero[i])
	}
	return out
}
