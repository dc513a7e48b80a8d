package finger

import "math"

// A block is a print as the first comparison scans it: 32 cylinders side by
// side, one to a byte lane, so that one instruction works on all of them. Four
// bits of every cylinder make half a row: the low half of the bytes, then the
// high. Section k's word gives the halves 13k to 13k+12, lowest bits first; the
// last high half is empty. Then come, to each lane, the reciprocal of the square
// root of its count of bits, and its direction.
const (
	halves     = sections * cells / 4
	rows       = (halves + 1) / 2
	rowBytes   = lanes
	normOffset = rows * rowBytes
	turnOffset = normOffset + 2*lanes
	blockBytes = turnOffset + lanes
)

// normPlace is where a lane's reciprocal stands: in the order in which the bytes
// of a vector of 32 become two vectors of 16 numbers, half by half.
func normPlace(lane int) int {
	half, quarter, rest := lane/16, lane%16/8, lane%8
	return normOffset + 2*(quarter*16+half*8+rest)
}

// reciprocal of the square root of a count of bits, in 65536ths; 0 of none.
func reciprocal(ones uint8) uint16 {
	if ones == 0 {
		return 0
	}
	return uint16(min(math.Round(65536/math.Sqrt(float64(ones))), 65535))
}

func (c *cylinder) half(h int) byte {
	return byte(c.word[h/(cells/4)]>>(4*(h%(cells/4)))) & 0x0f
}

// setBlock writes the print into a block.
func setBlock(block []byte, p *Print) {
	clear(block)
	for lane := range p.coded {
		c := &p.code[lane]
		for h := range halves {
			block[h/2*rowBytes+lane] |= c.half(h) << (4 * (h % 2))
		}
		r := reciprocal(c.ones)
		at := normPlace(lane)
		block[at], block[at+1] = byte(r), byte(r>>8)
		block[turnOffset+lane] = p.points[lane].angle
	}
}

// packed is a cylinder's bits in the order of a block's rows, the last word
// nearly empty.
type packed [(rows + 7) / 8]uint64

// blockLane reads lane i's cylinder back.
func blockLane(block []byte, lane int) (w packed) {
	for r := range rows {
		w[r/8] |= uint64(block[r*rowBytes+lane]) << (8 * (r % 8))
	}
	return w
}

// words are the sections of a packed cylinder.
func (w *packed) words() (out [sections]uint64) {
	for k := range sections {
		from, shift := k*cells/64, k*cells%64
		out[k] = w[from] >> shift
		if shift+cells > 64 {
			out[k] |= w[from+1] << (64 - shift)
		}
		out[k] &= 1<<cells - 1
	}
	return out
}

// group is how many cylinders of the probe are held against a block at a time.
const group = 4

// probeGroup is what the scan needs of four cylinders of the probe. Row by row
// and half by half it has 16 counts: how many bits each value of four bits has in
// common with the probe's four. The assembly knows this layout.
type probeGroup struct {
	count [rows][group][2][16]byte
	norm  [group]uint16
	angle [windows][group]uint8 // directions, turned to the middle of each window
	half  uint8                 // 256ths by which a direction may differ from that
	_     [7]byte
}

// coarseProbe is a print as the one that is searched for.
type coarseProbe struct {
	groups [lanes / group]probeGroup
	used   int // groups with a cylinder
	bits   [lanes]packed
}

func (c *coarseProbe) set(p *Print) {
	*c = coarseProbe{used: (p.coded + group - 1) / group}
	for i := range p.coded {
		code := &p.code[i]
		g, at := &c.groups[i/group], i%group
		for h := range halves {
			mine := code.half(h)
			c.bits[i][h/16] |= uint64(mine) << (4 * (h % 16))
			for v := range byte(16) {
				both := mine & v
				g.count[h/2][at][h%2][v] = both&1 + both>>1&1 + both>>2&1 + both>>3
			}
		}
		g.norm[at] = reciprocal(code.ones)
		g.half = windowHalf
		for w := range windows {
			g.angle[w][at] = p.points[i].angle + windowShift[w]
		}
	}
}

// The prints of a finger are turned against each other by one angle, so the
// likenesses that count together are those of one window of angles: to either
// side and upright, together 60 degrees each way.
const (
	windows    = 3
	windowHalf = 14 // 256ths of a turn
)

var windowShift = [windows]uint8{0, 2*windowHalf + 1, 256 - 2*windowHalf - 1}

// floor is the likeness, of 255, from which a lane's best counts for its print.
// Between 80 and 110 it hardly matters.
const floor = 100
