//go:build !amd64

package finger

// scan gives each block its score of the first comparison.
func scan(probe *coarseProbe, blocks []byte, scores []uint16) { scanPlain(probe, blocks, scores) }
