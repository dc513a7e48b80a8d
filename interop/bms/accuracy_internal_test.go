package bms

import (
	"math"
	"testing"
)

// The ends of the interval are where the counted errors stop being likely; values
// from the published tables of Clopper and Pearson.
func TestIntervalAgreesWithTables(t *testing.T) {
	for _, c := range []struct {
		errors, of int
		low, high  float64
	}{
		{0, 10, 0, 0.3085}, {1, 10, 0.0025, 0.4450}, {5, 10, 0.1871, 0.8129}, {10, 10, 0.6915, 1},
		{0, 300, 0, 0.01222}, {3, 100, 0.0062, 0.0852}, {0, 0, 0, 1},
	} {
		low, high := interval(c.errors, c.of)
		if math.Abs(low-c.low) > 0.0001 || math.Abs(high-c.high) > 0.0001 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", c.errors, c.of, low, high, c.low, c.high)
		}
	}
	// Where one formula takes over from the other nothing jumps.
	a, b := interval(999, 100000)
	c, d := interval(1000, 100000)
	if math.Abs(a-c) > 3e-5 || math.Abs(b-d) > 3e-5 {
		t.Errorf("a jump: %v to %v, then %v to %v", a, b, c, d)
	}
}
