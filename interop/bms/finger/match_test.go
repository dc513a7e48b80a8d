package finger

import (
	"math"
	"math/rand/v2"
	"testing"
)

// anyPrint is the print of n minutiae that stand at random.
func anyPrint(r *rand.Rand, n int) Print {
	t := someTemplate(r, n)
	var p Print
	NewCoder(PaperCylinders).Encode(&p, &t)
	return p
}

// moved turns a template about its middle and moves it.
func moved(t Template, turn uint8, dx, dy float64) Template {
	out := t
	out.Width, out.Height = 800, 800
	out.Minutiae = nil
	rad := float64(turn) * 2 * math.Pi / 256
	sin, cos := math.Sincos(rad)
	for _, m := range t.Minutiae {
		x, y := float64(m.X)-194, 187-float64(m.Y)
		m.X = uint16(math.Round(400 + cos*x - sin*y + dx))
		m.Y = uint16(math.Round(400 - (sin*x + cos*y) + dy))
		m.Angle += turn
		out.Minutiae = append(out.Minutiae, m)
	}
	return out
}

// A print that was turned and moved is still itself, and far from any other.
func TestTurnedPrintStaysItself(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	coder, scratch := NewCoder(PaperCylinders), NewScratch()
	for range 20 {
		first := someTemplate(r, 40)
		second := moved(first, uint8(r.IntN(80)-40), 30, -20)
		var a, b Print
		coder.Encode(&a, &first)
		coder.Encode(&b, &second)
		c := anyPrint(r, 40)
		same, other := scratch.Compare(&a, &b), scratch.Compare(&a, &c)
		if same < 10 || other > 2 {
			t.Errorf("itself %.2f, another %.2f", same, other)
		}
	}
}

// It does not matter which print is the probe, and neither is the order of the
// minutiae of a template that has no more than fit.
func TestComparisonIsSymmetric(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	scratch := NewScratch()
	for range 100 {
		a, b := anyPrint(r, r.IntN(90)), anyPrint(r, r.IntN(90))
		if x, y := scratch.Compare(&a, &b), scratch.Compare(&b, &a); x != y {
			t.Errorf("%v one way and %v the other", x, y)
		}
	}
}

// What is left of minutiae that stand in a heap, on a line or not at all is a
// comparison without a fault.
func TestOddPrintsCompare(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	heap, line := someTemplate(r, 200), someTemplate(r, 200)
	for i := range heap.Minutiae {
		heap.Minutiae[i].X, heap.Minutiae[i].Y = 100, 100
		line.Minutiae[i].X, line.Minutiae[i].Y = uint16(i), 50
	}
	coarse := someTemplate(r, 50)
	coarse.ResX, coarse.ResY, coarse.Width, coarse.Height = 50, 1000, 16384, 16384
	for i := range coarse.Minutiae {
		coarse.Minutiae[i].X, coarse.Minutiae[i].Y = 16383-uint16(i), 16383
	}
	templates := []Template{heap, line, coarse, someTemplate(r, 0), someTemplate(r, 1), someTemplate(r, 2), someTemplate(r, 255)}
	scratch, coder := NewScratch(), NewCoder(PaperCylinders)
	prints := make([]Print, len(templates))
	for i := range templates {
		coder.Encode(&prints[i], &templates[i])
	}
	for i := range prints {
		for j := range prints {
			if s := scratch.Compare(&prints[i], &prints[j]); math.IsNaN(s) || math.IsInf(s, 0) || s < 0 {
				t.Errorf("%d with %d: %v", i, j, s)
			}
		}
	}
}

func TestComparingAllocatesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 10))
	template := someTemplate(r, 45)
	a, b, scratch, coder := anyPrint(r, 45), anyPrint(r, 64), NewScratch(), NewCoder(PaperCylinders)
	if n := testing.AllocsPerRun(20, func() {
		coder.Encode(&a, &template)
		scratch.Compare(&a, &b)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The code of a minutia turns with it: the same surroundings, seen from another
// side, set the same bits but for rounding.
func TestCylinderTurnsWithItsMinutia(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	first := someTemplate(r, 32)
	second := moved(first, 64, 0, 0) // a quarter turn rounds nothing
	tables := newRelaxTables()
	var a, b Print
	coder := NewCoder(PaperCylinders)
	coder.Encode(&a, &first)
	coder.Encode(&b, &second)
	if a.coded == 0 || a.coded != b.coded {
		t.Fatalf("%d and %d cylinders", a.coded, b.coded)
	}
	for i := range a.coded {
		if like := tables.alike(&a.code[i], &b.code[i]); like < 0.9 {
			t.Errorf("cylinder %d: %.3f alike", i, like)
		}
	}
}

// Of any two templates that a record can hold, the comparison ends, is finite
// and the same both ways.
func FuzzCompare(f *testing.F) {
	r := rand.New(rand.NewPCG(14, 14))
	data, err := WriteISO([]Template{someTemplate(r, 20), someTemplate(r, 80)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	coder, scratch := NewCoder(PaperCylinders), NewScratch()
	var a, b Print
	f.Fuzz(func(t *testing.T, data []byte) {
		views, err := ReadISO(data)
		if err != nil || len(views) < 2 {
			return
		}
		coder.Encode(&a, &views[0])
		coder.Encode(&b, &views[1])
		x, y := scratch.Compare(&a, &b), scratch.Compare(&b, &a)
		if x != y || math.IsInf(x, 0) || !(x >= 0) {
			t.Fatalf("%v one way, %v the other", x, y)
		}
	})
}
