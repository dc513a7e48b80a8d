package finger

import (
	"math/rand/v2"
	"testing"
)

func somePrint(r *rand.Rand, n int) *Print {
	t := someTemplate(r, n)
	p := new(Print)
	NewCoder(PaperCylinders).Encode(p, &t)
	return p
}

// A print comes out of a column as it went in, and its sum is what comparing it
// alone gives; a place that was emptied has neither.
func TestColumnKeepsPrintsWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 1))
	var c Column
	const places = slabPlaces + 40
	prints := map[int]*Print{}
	for range 90 {
		at := r.IntN(places)
		prints[at] = somePrint(r, 5+r.IntN(70))
		c.Put(at, prints[at])
	}
	gone := -1
	for at := range prints {
		gone = at
		break
	}
	c.Drop(gone)
	c.Drop(gone)
	c.Drop(slabPlaces * 50)
	delete(prints, gone)
	s := c.slabs[gone/slabPlaces]
	at := gone % slabPlaces
	for _, b := range s.blocks[at*blockBytes : (at+1)*blockBytes] {
		if b != 0 {
			t.Fatal("a dropped print's bytes are still there")
		}
	}
	if s.rest[at] != (rest{}) {
		t.Fatal("a dropped print's minutiae are still there")
	}
	asked := somePrint(r, 40)
	probe := NewProbe(asked)
	sums := make([]uint16, places)
	for i := range sums {
		sums[i] = 7
	}
	c.AddLikeness(probe, 0, sums[:Stride])
	c.AddLikeness(probe, Stride, sums[Stride:])
	var p Print
	for at := range places {
		want, score := prints[at], [1]uint16{}
		if got := c.Print(at, &p); got != (want != nil) {
			t.Fatalf("place %d: a print %v", at, got)
		}
		if want == nil {
			if sums[at] != 7 {
				t.Fatalf("place %d is empty and scores %d", at, sums[at]-7)
			}
			continue
		}
		if p != *want {
			t.Fatalf("place %d: another print than was put there", at)
		}
		var block [blockBytes]byte
		setBlock(block[:], want)
		scanPlain(&probe.coarse, block[:], score[:])
		if sums[at] != 7+score[0] {
			t.Fatalf("place %d scores %d, alone %d", at, sums[at]-7, score[0])
		}
	}
	if c.Print(slabPlaces*50, &p) {
		t.Error("a print where nothing was ever put")
	}
	if n := testing.AllocsPerRun(10, func() { c.AddLikeness(probe, 0, sums) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
