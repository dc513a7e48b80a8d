package codec

import "fmt"

// Rates of EncodeWSQ, in bits per pixel of the standard's rate control (IAFIS-
// IC-0110 annex C). The rate steers the quantisation; what a file takes depends
// on the image.
const (
	WSQ15to1 = 0.75 // about fifteen to one, the rate for tenprint records
	WSQ5to1  = 2.25 // about five to one
)

// wsqMinEncoded is the shortest side that is encoded: a lowest band of one
// coefficient would have no variance and get no bits.
const wsqMinEncoded = 64

// EncodeWSQ encodes a grey image of at least 64 by 64 pixels. rate is in bits per
// pixel, above 0 and at most 8: WSQ15to1, WSQ5to1. The resolution, if known, goes
// into NIST's comment. The file says encoder 2, software 0.
func EncodeWSQ(m Image, rate float64) ([]byte, error) {
	if err := Standard.check(WSQ, m.Width, m.Height); err != nil {
		return nil, err
	}
	switch {
	case len(m.Pix) != m.Width*m.Height:
		return nil, damaged(WSQ, "%d pixels for %d by %d", len(m.Pix), m.Width, m.Height)
	case min(m.Width, m.Height) < wsqMinEncoded:
		return nil, unsupported(WSQ, "%d by %d pixels, at least %d a side", m.Width, m.Height, wsqMinEncoded)
	case !(rate > 0 && rate <= 8):
		return nil, unsupported(WSQ, "rate of %v bits per pixel", rate)
	}
	plane, shift, scale := centred(m.Pix)
	tree := newWSQTree(m.Width, m.Height)
	tree.decompose(plane, m.Width, wsqAnalysis)
	steps := newWSQSteps(&tree, plane, m.Width, float32(rate))

	out := put16(nil, wsqSOI)
	out = putSegment(out, wsqCOM, nistComment(m, rate))
	out = putSegment(out, wsqDTT, transformTable(wsqAnalysis))
	out = putSegment(out, wsqDQT, steps.table())
	frame := put16(put16([]byte{0, 255}, m.Height), m.Width)
	frame = putDecimal(frame, shift)
	frame = putDecimal(frame, scale)
	out = putSegment(out, wsqSOF, append(frame, 2, 0, 0))

	// Three blocks; the second and the third share a code (section 3.4).
	blocks := [3][]int16{
		steps.quantise(&tree, plane, m.Width, 0, 19),
		steps.quantise(&tree, plane, m.Width, 19, 52),
		steps.quantise(&tree, plane, m.Width, 52, wsqBands),
	}
	var code *wsqEncoder
	for i, block := range blocks {
		if i < 2 {
			code = newWSQEncoder(blocks[i : 1+2*i])
			out = putSegment(out, wsqDHT, append([]byte{byte(i)}, code.table()...))
		}
		out = putSegment(out, wsqSOB, []byte{byte(min(i, 1))})
		out = code.block(out, block)
	}
	return put16(out, wsqEOI), nil
}

// putSegment appends a marker, the length and the content.
func putSegment(out []byte, marker int, content []byte) []byte {
	return append(put16(put16(out, marker), len(content)+2), content...)
}

// centred moves the mean to 0 and scales so that the farthest grey is at 128
// (section 3.2). An image of one grey has scale 1.
func centred(pix []byte) (plane []float32, shift, scale float32) {
	sum, low, high := 0, byte(255), byte(0)
	for _, v := range pix {
		sum += int(v)
		low, high = min(low, v), max(high, v)
	}
	shift = float32(sum) / float32(len(pix))
	scale = max(shift-float32(low), float32(high)-shift) / 128
	if scale == 0 {
		scale = 1
	}
	plane = make([]float32, len(pix))
	for i, v := range pix {
		plane[i] = (float32(v) - shift) / scale
	}
	return plane, shift, scale
}

func nistComment(m Image, rate float64) []byte {
	ppi := m.PPI
	if ppi <= 0 {
		ppi = -1
	}
	return fmt.Appendf(nil, "NIST_COM 9\nPIX_WIDTH %d\nPIX_HEIGHT %d\nPIX_DEPTH 8\nPPI %d\nLOSSY 1\nCOLORSPACE GRAY\nCOMPRESSION WSQ\nWSQ_BITRATE %f",
		m.Width, m.Height, ppi, rate)
}

// putDecimal appends a positive number below 65535 as a power of ten and two
// bytes, with as many digits as fit.
func putDecimal(out []byte, v float32) []byte {
	exponent, mantissa := 0, v
	if v > 0 {
		for mantissa < 65535 {
			mantissa *= 10
			exponent++
		}
		exponent--
		mantissa = float32(float64(mantissa)/10 + 0.5)
	}
	return put16(append(out, byte(exponent)), int(mantissa))
}

// transformTable writes both filters from the middle to the right.
func transformTable(f wsqFilters) []byte {
	out := []byte{byte(len(f.low)), byte(len(f.high))}
	for _, filter := range [][]float32{f.low, f.high} {
		for _, v := range filter[len(filter)/2:] {
			sign := byte(0)
			if v < 0 {
				sign, v = 1, -v
			}
			exponent := -1
			for ; v < 1<<32; v = float32(float64(v) * 10) {
				exponent++
			}
			out = append(out, sign, byte(exponent))
			out = put32(out, uint32(float64(v)/10+0.5))
		}
	}
	return out
}
