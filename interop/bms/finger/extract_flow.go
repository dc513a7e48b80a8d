package finger

import "math"

const (
	// orientations is how many steps a half turn has.
	orientations = 64
	// How far in cells the first and the second look at the orientation reach:
	// deviation of a Gaussian.
	firstReach, secondReach = 2.0, 1.6
	// periodReach in cells: periods change more slowly.
	periodReach = 2.5
)

// orientBy sets the orientation of every masked cell from the structure tensor
// of a padded plane: A. M. Bazen and S. H. Gerez, "Systematic methods for the
// computation of the directional fields and singular points of fingerprints",
// IEEE PAMI 24(7), 2002 (averaged squared gradients). It leaves
// the gradient's power in cells[2] and the plane's in cells[3], neither blurred.
func (x *Extractor) orientBy(plane []float32, reach float64) {
	cosine, sine, slope, power := x.cells[0], x.cells[1], x.cells[2], x.cells[3]
	for _, c := range [][]float32{cosine, sine, slope, power} {
		clear(c)
	}
	for y := range x.h {
		base := x.at(-1, y)
		up, row, down := plane[base-x.stride:][:x.w+2], plane[base:][:x.w+2], plane[base+x.stride:][:x.w+2]
		for cx := range x.gw {
			c := y/cell*x.gw + cx
			if !x.mask[c] {
				continue
			}
			var a, b, s, p float32
			for i := cx * cell; i < min((cx+1)*cell, x.w); i++ {
				dx := (up[i+2] - up[i] + 2*(row[i+2]-row[i]) + down[i+2] - down[i]) * (1.0 / 8)
				dy := (down[i] - up[i] + 2*(down[i+1]-up[i+1]) + down[i+2] - up[i+2]) * (1.0 / 8)
				a += dx*dx - dy*dy
				b += 2 * dx * dy
				s += dx*dx + dy*dy
				p += row[i+1] * row[i+1]
			}
			cosine[c] += a
			sine[c] += b
			slope[c] += s
			power[c] += p
		}
	}
	x.blur(cosine, reach)
	x.blur(sine, reach)
	for c, in := range x.mask {
		if in {
			// Ridges run across the gradient: a half turn of the doubled angle.
			x.orient[c] = orientationStep(-cosine[c], -sine[c])
		}
	}
}

// orientationStep is the step of the orientation whose doubled angle has this
// cosine and sine.
func orientationStep(cosine, sine float32) uint8 {
	turn := math.Atan2(float64(sine), float64(cosine)) / (2 * math.Pi)
	return uint8(int(math.Round(turn*orientations)+orientations) % orientations)
}

// guessPeriods gives each masked cell, of a few ridge periods, the one that
// answers best at the middles of the cells around. line must be filled.
func (x *Extractor) guessPeriods() {
	best, power := x.cells[0], x.cells[1]
	clear(best)
	for _, period := range [...]float64{6, 7.5, 9, 11, 13} {
		wave := periodStep(period)
		clear(power)
		for cy := range x.gh {
			for cx := range x.gw {
				px, py := cx*cell+cell/2, cy*cell+cell/2
				if c := cy*x.gw + cx; x.mask[c] && px < x.w && py < x.h {
					re, im := x.across(x.at(px, py), x.orient[c], wave)
					power[c] = re*re + im*im
				}
			}
		}
		x.blur(power, periodReach)
		for c, p := range power {
			if p > best[c] {
				best[c], x.wave[c] = p, wave
			}
		}
	}
}

// refinePeriods sets the period of every cell from the filtered ridges, after
// orientBy(re): the power of an oscillation's slope is that of the oscillation
// times the square of the sine of its frequency, differences being taken over
// two pixels.
func (x *Extractor) refinePeriods() {
	slope, power := x.cells[2], x.cells[3]
	x.blur(slope, periodReach)
	x.blur(power, periodReach)
	for c, in := range x.mask {
		if in && power[c] > 0 {
			sine := math.Sqrt(float64(slope[c] / power[c]))
			x.wave[c] = periodStep(2 * math.Pi / math.Asin(min(max(sine, 0.01), 1)))
		}
	}
}
