package finger

import (
	"math/rand/v2"
	"testing"
	"unsafe"
)

// The assembly knows where these stand.
func TestScanKnowsTheLayout(t *testing.T) {
	var g probeGroup
	if unsafe.Offsetof(g.norm) != 4224 || unsafe.Offsetof(g.angle) != 4232 || unsafe.Offsetof(g.half) != 4244 ||
		rows != 33 || windows != 3 || group != 4 || blockBytes-normOffset != 96 || turnOffset-normOffset != 64 {
		t.Error("the layout of block.go and that of scan_amd64.s differ")
	}
}

// someBlocks fills blocks and a probe with codes of every density, and with
// lanes that have none.
func someBlocks(r *rand.Rand, n int) (*coarseProbe, []byte) {
	dense := func() (p Print) {
		p.coded = r.IntN(lanes + 1)
		for i := range p.coded {
			p.points[i].angle = uint8(r.IntN(256))
			fill := r.IntN(5)
			ones := 0
			for k := range sections {
				w := r.Uint64()
				for range fill {
					if r.IntN(2) == 0 {
						w &= r.Uint64()
					} else {
						w |= r.Uint64()
					}
				}
				w &= 1<<cells - 1
				for ; w != 0 && ones < 255; w &= w - 1 {
					p.code[i].word[k] |= w & -w
					ones++
				}
			}
			p.code[i].ones = uint8(ones)
		}
		return p
	}
	probe := new(coarseProbe)
	p := dense()
	probe.set(&p)
	blocks := make([]byte, n*blockBytes)
	for i := range n {
		q := dense()
		if i%7 == 3 {
			q = p // the probe itself
		}
		setBlock(blocks[i*blockBytes:(i+1)*blockBytes], &q)
	}
	return probe, blocks
}

// Vectors and plain code give the same scores, whatever the number of blocks.
func TestVectorScanIsThePlainScan(t *testing.T) {
	if !hasAVX2() {
		t.Skip("this processor has no 32-byte vectors")
	}
	r := rand.New(rand.NewPCG(21, 21))
	for n := range 60 {
		probe, blocks := someBlocks(r, n)
		want, got := make([]uint16, n), make([]uint16, n)
		scanPlain(probe, blocks, want)
		scanVector(probe, blocks, got)
		for i := range want {
			if want[i] != got[i] {
				t.Fatalf("block %d of %d: plain %d, vectors %d", i, n, want[i], got[i])
			}
		}
	}
}

// Whatever the codes, the norms and the directions, those that no print gave
// included, both scans say the same.
func FuzzScan(f *testing.F) {
	f.Add(uint64(1), []byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, seed uint64, data []byte) {
		if !hasAVX2() {
			t.Skip()
		}
		probe, blocks := someBlocks(rand.New(rand.NewPCG(seed, 0)), 3)
		for i, b := range data {
			// Norms and directions; more bits than there are would pass a byte.
			at := normOffset + i%(blockBytes-normOffset)
			blocks[i/(blockBytes-normOffset)%3*blockBytes+at] ^= b
		}
		want, got := make([]uint16, 3), make([]uint16, 3)
		scanPlain(probe, blocks, want)
		scanVector(probe, blocks, got)
		for i := range want {
			if want[i] != got[i] {
				t.Fatalf("block %d: plain %d, vectors %d", i, want[i], got[i])
			}
		}
	})
}
