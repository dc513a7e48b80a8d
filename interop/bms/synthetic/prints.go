// Package synthetic invents fingerprints and faces without a person behind them,
// to load a matching service and to test it. What it makes tells speed, memory and
// how a search grows; it tells nothing of accuracy on people, and nothing measured
// with it may stand beside a limit of the law. Every line of output about it says
// SYNTHETIC, with Generator and the seed.
package synthetic

import (
	"math"
	"math/rand/v2"

	"limen/interop/bms/finger"
)

// Generator names this generator and its version.
//
// Version 2 draws its scores of mates near those of public sets, as docs/biometrics.md
// tells; its scores of strangers stay below theirs.
const Generator = "limen-synthetic-2"

// The window that an impression shows, pixels at 500 per inch: an optical sensor's.
const (
	width  = 388
	height = 374
)

// Master is an invented finger: all of its minutiae, in a frame whose origin is the
// middle of the fingertip, x to the right and y up, in pixels at 500 per inch.
type Master struct {
	flow   flow
	points []point
}

type point struct {
	x, y, angle float64 // angle in radians, counter-clockwise from x
	kind        finger.Kind
}

// flow is the direction of the ridges. With cores and deltas it is the model of
// B. Sherlock and D. Monro, "A model for interpreting fingerprint topology",
// Pattern Recognition 26(7), 1993; an arch has neither.
type flow struct {
	cores, deltas []complex128
	arch          float64
}

// at is the direction of the ridge at a place, 0 to π.
func (f *flow) at(x, y float64) float64 {
	if len(f.cores) == 0 {
		return math.Mod(math.Atan(max(0, f.arch-0.004*math.Abs(y))*math.Cos(math.Pi*(x/180+0.5)))+math.Pi, math.Pi)
	}
	z, turn := complex(x, y), 0.0
	for _, c := range f.cores {
		turn += math.Atan2(imag(z-c), real(z-c))
	}
	for _, d := range f.deltas {
		turn -= math.Atan2(imag(z-d), real(z-d))
	}
	return math.Mod(turn/2+3*math.Pi, math.Pi)
}

// The shares of patterns, about those of people (65, 28 and 7 percent), and what
// stands between minutiae.
const (
	loops     = 0.65
	whorls    = 0.28
	meanCount = 40 // minutiae of a whole finger: an impression then shows about as many as extractors find in one
	fewest    = 18
	oneWay    = 0.8 // of the minutiae on one side of a finger, those that point one way along the ridges
	apart     = 9.0 // pixels between two minutiae at least
	halfWide  = 165.0
	halfHigh  = 210.0
)

// NewMaster invents a finger.
func NewMaster(rng *rand.Rand) *Master {
	m := new(Master)
	somewhere := func(x, y, by float64) complex128 {
		return complex(x+by*rng.NormFloat64(), y+by*rng.NormFloat64())
	}
	switch kind := rng.Float64(); {
	case kind < loops:
		side := float64(1 - 2*rng.IntN(2))
		m.flow.cores = []complex128{somewhere(0, 30, 12)}
		m.flow.deltas = []complex128{somewhere(side*110, -100, 18)}
	case kind < loops+whorls:
		gap := 25 + 35*rng.Float64()
		m.flow.cores = []complex128{somewhere(0, 20+gap/2, 10), somewhere(0, 20-gap/2, 10)}
		m.flow.deltas = []complex128{somewhere(-120, -110, 18), somewhere(120, -110, 18)}
	default:
		m.flow.arch = 0.5 + rng.Float64()
	}
	want := max(fewest, int(meanCount+10*rng.NormFloat64()))
	for tries := 0; len(m.points) < want && tries < 40*want; tries++ {
		x, y := halfWide*(2*rng.Float64()-1), halfHigh*(2*rng.Float64()-1)
		if x*x/(halfWide*halfWide)+y*y/(halfHigh*halfHigh) > 1 || m.crowded(x, y) {
			continue
		}
		p := point{x: x, y: y, angle: m.flow.at(x, y), kind: finger.Ending}
		if (x > 0) != (rng.Float64() < oneWay) {
			p.angle += math.Pi
		}
		if rng.IntN(2) == 0 {
			p.kind = finger.Bifurcation
		}
		m.points = append(m.points, p)
	}
	return m
}

func (m *Master) crowded(x, y float64) bool {
	for _, p := range m.points {
		if (p.x-x)*(p.x-x)+(p.y-y)*(p.y-y) < apart*apart {
			return true
		}
	}
	return false
}

// Care is how well an impression is taken, 0 (carelessly) to 1. Persons differ in
// it, and all fingers of a person have about the same: otherwise adding fingers up
// would look better than it is.
type Care float64

// Impression presses the finger once: turned, moved, stretched by the skin, seen
// through the window, with minutiae lost and others invented.
func (m *Master) Impression(rng *rand.Rand, care Care) finger.Template {
	poor := 1 - float64(care)
	turn := 0.16 * rng.NormFloat64() * (0.5 + poor)
	dx, dy := 22*rng.NormFloat64()*(0.5+poor), 28*rng.NormFloat64()*(0.5+poor)
	sin, cos := math.Sincos(turn)
	// A smooth displacement: one wave across and one along, the skin's own.
	ax, ay := (1+5*poor)*rng.NormFloat64(), (1+5*poor)*rng.NormFloat64()
	px, py := 2*math.Pi*rng.Float64(), 2*math.Pi*rng.Float64()
	t := finger.Template{Width: width, Height: height, ResX: finger.Resolution500, ResY: finger.Resolution500, Quality: uint8(20 + 70*care)}
	put := func(p point) {
		sx := p.x + ax*math.Sin(p.y/70+px)
		sy := p.y + ay*math.Sin(p.x/70+py)
		x, y := width/2+cos*sx-sin*sy+dx, height/2-(sin*sx+cos*sy+dy)
		if x < 0 || y < 0 || x >= width-1 || y >= height-1 || len(t.Minutiae) == finger.MaxMinutiae {
			return
		}
		angle := math.Mod((p.angle+turn)/(2*math.Pi)*256+512, 256)
		t.Minutiae = append(t.Minutiae, finger.Minutia{X: uint16(x + 0.5), Y: uint16(y + 0.5), Angle: uint8(int(angle+0.5) % 256), Kind: p.kind})
	}
	lost, invented := 0.06+0.29*poor, 0.06+0.29*poor
	for _, p := range m.points {
		if rng.Float64() < lost {
			continue
		}
		p.x += 1.4 * rng.NormFloat64()
		p.y += 1.4 * rng.NormFloat64()
		p.angle += 0.09 * rng.NormFloat64()
		if rng.Float64() < 0.15 {
			p.kind = finger.Ending + finger.Bifurcation - p.kind // an ending taken for a fork, or a fork for an ending
		}
		put(p)
	}
	for range int(invented * float64(len(m.points)) * (0.5 + rng.Float64())) {
		x, y := halfWide*(2*rng.Float64()-1), halfHigh*(2*rng.Float64()-1)
		put(point{x: x, y: y, angle: m.flow.at(x, y) + math.Pi*float64(rng.IntN(2)) + 0.1*rng.NormFloat64(), kind: finger.Ending})
	}
	return t
}
