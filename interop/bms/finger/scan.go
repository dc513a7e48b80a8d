package finger

import "math/bits"

func likeliest(probe *coarseProbe, word [sections]uint64, norm uint32, angle uint8) uint8 {
	best := uint32(0)
	for g := range probe.groups[:probe.used] {
		group4 := &probe.groups[g]
		for at := range group {
			if apart(group4.angle[at], angle) > group4.turn {
				continue
			}
			mine := &probe.word[g*group+at]
			common := bits.OnesCount64(mine[0]&word[0]) + bits.OnesCount64(mine[1]&word[1]) +
				bits.OnesCount64(mine[2]&word[2]) + bits.OnesCount64(mine[3]&word[3]) + bits.OnesCount64(mine[4]&word[4])
			like := uint32(common) << 8 * norm >> 16 * uint32(group4.norm[at]) >> 16
			best = max(best, like)
		}
	}
	return uint8(min(best, 255))
}
