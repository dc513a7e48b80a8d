package finger

import "math/bits"

// scanPlain is the first comparison: of the cylinder in each lane of a block the
// likeness to the most like of the probe's, by what it has above the floor,
// summed. Likeness is common bits over the geometric mean of set bits, in whole
// 255ths that every other version of the scan must give exactly.
func scanPlain(probe *coarseProbe, blocks []byte, scores []uint16) {
	for n := range scores {
		block := blocks[n*blockBytes : (n+1)*blockBytes]
		sum := uint16(0)
		for lane := range lanes {
			at := normPlace(lane)
			norm := uint32(block[at]) | uint32(block[at+1])<<8
			if norm == 0 {
				continue
			}
			best := probe.likeliest(blockLane(block, lane), norm, block[turnOffset+lane])
			sum += uint16(max(best, floor) - floor)
		}
		scores[n] = sum
	}
}

// likeliest is the likeness of a cylinder to the most like of the probe's.
func (c *coarseProbe) likeliest(other packed, norm uint32, angle uint8) uint8 {
	best := uint32(0)
	for i := range c.groups[:c.used] {
		g := &c.groups[i]
		for at := range group {
			if apart(g.angle[at], angle) > g.turn {
				continue
			}
			mine := &c.bits[i*group+at]
			common := bits.OnesCount64(mine[0]&other[0]) + bits.OnesCount64(mine[1]&other[1]) +
				bits.OnesCount64(mine[2]&other[2]) + bits.OnesCount64(mine[3]&other[3]) + bits.OnesCount64(mine[4]&other[4])
			like := uint32(common) << 8 * norm >> 16 * uint32(g.norm[at]) >> 16
			best = max(best, like)
		}
	}
	return uint8(min(best, 255))
}
