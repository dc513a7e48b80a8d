package finger

import "math"

// clopperPearson is the exact interval of a share with tail in each tail.
func clopperPearson(errors, trials int, tail float64) (low, high float64) {
	k, n := float64(errors), float64(trials)
	low, high = 0, 1
	if errors > 0 {
		low = solve(func(p float64) bool { return incompleteBeta(k, n-k+1, p) < tail })
	}
	if errors < trials {
		high = solve(func(p float64) bool { return 1-incompleteBeta(k+1, n-k, p) > tail })
	}
	return low, high
}

// solve finds the end of the part of [0, 1] in which it holds, from 0 on.
func solve(holds func(float64) bool) float64 {
	low, high := 0.0, 1.0
	for range 60 {
		if middle := (low + high) / 2; holds(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// incompleteBeta is the regularised incomplete beta function I_x(a, b), by its
// continued fraction (DLMF 8.17.22, evaluated after Lentz).
func incompleteBeta(a, b, x float64) float64 {
	if x <= 0 {
		return 0
	}
	if x >= 1 {
		return 1
	}
	if x > (a+1)/(a+b+2) {
		return 1 - incompleteBeta(b, a, 1-x)
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab-la-lb+a*math.Log(x)+b*math.Log1p(-x)) / a
	const tiny = 1e-300
	f, c, d := 1.0, 1.0, 0.0
	for i := range 10000 {
		m := float64(i / 2)
		var step float64
		switch {
		case i == 0:
			step = 1
		case i%2 == 0:
			step = m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		default:
			step = -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		}
		d = 1 + step*d
		if math.Abs(d) < tiny {
			d = tiny
		}
		c = 1 + step/c
		if math.Abs(c) < tiny {
			c = tiny
		}
		d = 1 / d
		f *= c * d
		if math.Abs(1-c*d) < 1e-12 {
			break
		}
	}
	return front * (f - 1)
}
