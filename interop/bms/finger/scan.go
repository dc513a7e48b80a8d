package finger

import "math/bits"

// scanPlain is the first comparison. A print's score is by what the cylinder in
// each lane of its block is more like the most like of the probe's than the
// floor, summed over lanes, in the window where that is most. Likeness is common
// bits over the geometric mean of set bits, in whole 255ths that every other
// version of the scan must give exactly.
func scanPlain(probe *coarseProbe, blocks []byte, scores []uint16) {
	for n := range scores {
		block := blocks[n*blockBytes : (n+1)*blockBytes]
		var sum [windows]uint16
		for lane := range lanes {
			at := normPlace(lane)
			norm := uint32(block[at]) | uint32(block[at+1])<<8
			if norm == 0 {
				continue
			}
			best := probe.likeliest(blockLane(block, lane), norm, block[turnOffset+lane])
			for w := range windows {
				sum[w] += uint16(max(best[w], floor) - floor)
			}
		}
		scores[n] = max(sum[0], sum[1], sum[2])
	}
}

// likeliest is, by window, the likeness of a cylinder to the most like of the
// probe's.
func (c *coarseProbe) likeliest(other packed, norm uint32, angle uint8) (best [windows]uint32) {
	for i := range c.groups[:c.used] {
		g := &c.groups[i]
		for at := range group {
			turned := int(int8(angle - g.angle[0][at]))
			w := 0
			switch {
			case turned > 3*windowHalf+1 || turned < -3*windowHalf-1:
				continue
			case turned > windowHalf:
				w = 1
			case turned < -windowHalf:
				w = 2
			}
			mine := &c.bits[i*group+at]
			common := bits.OnesCount64(mine[0]&other[0]) + bits.OnesCount64(mine[1]&other[1]) +
				bits.OnesCount64(mine[2]&other[2]) + bits.OnesCount64(mine[3]&other[3]) + bits.OnesCount64(mine[4]&other[4])
			like := uint32(common) << 8 * norm >> 16 * uint32(g.norm[at]) >> 16
			best[w] = max(best[w], min(like, 255))
		}
	}
	return best
}
