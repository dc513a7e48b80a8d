package codec

import (
	"math"
	"math/rand/v2"
	"testing"
)

// ridges draws an image that a codec meets as it meets a fingerprint: dark and
// light ridges about nine pixels apart around a core, on paper, with noise.
// SYNTHETIC: no finger stands behind it.
func ridges(width, height int, seed uint64) Image {
	r := rand.New(rand.NewPCG(seed, 1))
	m := Image{Pix: make([]byte, width*height), Width: width, Height: height, PPI: 500, Format: Raw}
	cx, cy := float64(width)*(0.4+0.2*r.Float64()), float64(height)*(0.4+0.2*r.Float64())
	period := 8 + 2*r.Float64()
	bend := 0.3 + r.Float64()
	for y := range height {
		for x := range width {
			dx, dy := float64(x)-cx, (float64(y)-cy)*0.8
			distance := math.Hypot(dx, dy)
			edge := math.Hypot(dx/float64(width), dy/float64(height))
			wave := math.Sin(2*math.Pi*distance/period + bend*math.Sin(dx/40+float64(seed%7)))
			grey := 235.0
			if edge < 0.42 {
				grey = 130 + 90*wave
			}
			m.Pix[y*width+x] = byte(min(max(grey+6*r.NormFloat64(), 0), 255))
		}
	}
	return m
}

// rootMeanSquare is the error between two images in greys.
func rootMeanSquare(t testing.TB, a, b Image) float64 {
	difference(t, a, b)
	sum := 0.0
	for i := range a.Pix {
		d := float64(a.Pix[i]) - float64(b.Pix[i])
		sum += d * d
	}
	return math.Sqrt(sum / float64(len(a.Pix)))
}
