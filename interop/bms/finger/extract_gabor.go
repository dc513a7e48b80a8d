package finger

import "math"

const (
	usualPeriod = 9.0
	minPeriod   = 5.0
	maxPeriod   = 14.0
	periodStep  = 0.5
	periods     = int((maxPeriod-minPeriod)/periodStep) + 1
	alongHalf   = 8
	acrossHalf  = 12
	alongSigma  = 4.0
	acrossSigma = 0.42 // periods
)

type kernels struct {
	along      [2*alongHalf + 1]float32
	even       [periods][2*acrossHalf + 1]float32
	odd        [periods][2*acrossHalf + 1]float32
	half       [periods]int
	dirX, dirY [orientations]float32
}

var firstPeriods = [...]float64{6, 7.5, 9, 11, 13}

var gabor = makeKernels()

func waveStep(p float64) uint8 {
	p = min(max(p, minPeriod), maxPeriod)
	return uint8(math.Round((p - minPeriod) / periodStep))
}

func makeKernels() *kernels {
	k := new(kernels)
	sum := 0.0
	for j := -alongHalf; j <= alongHalf; j++ {
		sum += math.Exp(-float64(j*j) / (2 * alongSigma * alongSigma))
	}
	for j := -alongHalf; j <= alongHalf; j++ {
		k.along[j+alongHalf] = float32(math.Exp(-float64(j*j)/(2*alongSigma*alongSigma)) / sum)
	}
	for p := range periods {
		period := minPeriod + float64(p)*periodStep
		half := min(int(math.Round(1.2*period)), acrossHalf)
		k.half[p] = half
		s := acrossSigma * period
		var g, ge float64
		for j := -half; j <= half; j++ {
			w := math.Exp(-float64(j*j) / (2 * s * s))
			g += w
			ge += w * math.Cos(2*math.Pi*float64(j)/period)
		}
		for j := -half; j <= half; j++ {
			w := math.Exp(-float64(j*j) / (2 * s * s))
			ph := 2 * math.Pi * float64(j) / period
			k.even[p][j+acrossHalf] = float32(2 * w * (math.Cos(ph) - ge/g) / g)
			k.odd[p][j+acrossHalf] = float32(2 * w * math.Sin(ph) / g)
		}
	}
	for o := range orientations {
		s, c := math.Sincos(math.Pi * float64(o) / orientations)
		k.dirX[o], k.dirY[o] = float32(c), float32(s)
	}
	return k
}

// lay works out where the taps lie in planes of this stride.
func (x *Extractor) lay() {
	k := gabor
	for o := range orientations {
		for j := -alongHalf; j <= alongHalf; j++ {
			x.alongOff[o][j+alongHalf] = offset(k.dirX[o], k.dirY[o], j, x.stride)
		}
		for j := -acrossHalf; j <= acrossHalf; j++ {
			x.acrossOff[o][j+acrossHalf] = offset(-k.dirY[o], k.dirX[o], j, x.stride)
		}
	}
}

// along smooths norm along the ridges into line.
func (x *Extractor) along() {
	weights := &gabor.along
	for y := range x.h {
		g := (y / cell) * x.gw
		for cx := range x.gw {
			if !x.mask[g+cx] {
				continue
			}
			off := &x.alongOff[x.orient[g+cx]]
			for i := cx * cell; i < min((cx+1)*cell, x.w); i++ {
				p := x.at(i, y)
				var s float32
				for j, w := range weights {
					s += w * x.norm[p+off[j]]
				}
				x.line[p] = s
			}
		}
	}
}

// across is the complex ridge signal at index p of the plane line.
func (x *Extractor) across(p int, orient, wv uint8) (re, im float32) {
	off, half := &x.acrossOff[orient], gabor.half[wv]
	even, odd := &gabor.even[wv], &gabor.odd[wv]
	for j := acrossHalf - half; j <= acrossHalf+half; j++ {
		v := x.line[p+off[j]]
		re += even[j] * v
		im += odd[j] * v
	}
	return re, im
}

// demodulate fills re and im from line.
func (x *Extractor) demodulate() {
	clear(x.re)
	clear(x.im)
	for y := range x.h {
		g := (y / cell) * x.gw
		for cx := range x.gw {
			if !x.mask[g+cx] {
				continue
			}
			for i := cx * cell; i < min((cx+1)*cell, x.w); i++ {
				p := x.at(i, y)
				x.re[p], x.im[p] = x.across(p, x.orient[g+cx], x.wave[g+cx])
			}
		}
	}
}

func offset(dx, dy float32, j, stride int) int {
	return int(math.Round(float64(dy)*float64(j)))*stride + int(math.Round(float64(dx)*float64(j)))
}
