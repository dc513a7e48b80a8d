package finger

import "sync"

// batch is how many blocks go through all groups of the probe before the next:
// they stay in the nearest cache meanwhile.
const batch = 12

// cpuid and xgetbv are the instructions of these names.
func cpuid(leaf, sub uint32) (a, b, c, d uint32)
func xgetbv() (a, d uint32)

// scanGroup holds four cylinders of the probe against n blocks and raises the
// best likenesses of each lane: for each block 32 bytes to each window.
//
//go:noescape
func scanGroup(probe *probeGroup, blocks *byte, n int, best *byte)

// sumBest sums, for each of n blocks, what its lanes have above the floor, and
// gives the most of the windows' sums.
//
//go:noescape
func sumBest(best *byte, n int, floor byte, scores *uint16)

// hasAVX2 says whether processor and operating system offer 32-byte vectors.
var hasAVX2 = sync.OnceValue(func() bool {
	if highest, _, _, _ := cpuid(0, 0); highest < 7 {
		return false
	}
	const osxsave, avx, avx2, vectorState = 1 << 27, 1 << 28, 1 << 5, 6
	if _, _, c, _ := cpuid(1, 0); c&osxsave == 0 || c&avx == 0 {
		return false
	}
	if a, _ := xgetbv(); a&vectorState != vectorState {
		return false
	}
	_, b, _, _ := cpuid(7, 0)
	return b&avx2 != 0
})

// scan gives each block its score of the first comparison.
func scan(probe *coarseProbe, blocks []byte, scores []uint16) {
	if !hasAVX2() {
		scanPlain(probe, blocks, scores)
		return
	}
	scanVector(probe, blocks, scores)
}

func scanVector(probe *coarseProbe, blocks []byte, scores []uint16) {
	_ = blocks[:len(scores)*blockBytes]
	var best [batch * windows * lanes]byte
	for len(scores) > 0 {
		n := min(batch, len(scores))
		clear(best[:])
		for g := range probe.groups[:probe.used] {
			scanGroup(&probe.groups[g], &blocks[0], n, &best[0])
		}
		sumBest(&best[0], n, floor, &scores[0])
		blocks, scores = blocks[n*blockBytes:], scores[n:]
	}
}
