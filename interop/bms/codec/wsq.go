package codec

import (
	"bytes"
	"math"
	"strconv"
)

// Markers of WSQ (IAFIS-IC-0110 table 4).
const (
	wsqSOI = 0xffa0 // start of image
	wsqEOI = 0xffa1 // end of image
	wsqSOF = 0xffa2 // start of frame
	wsqSOB = 0xffa3 // start of block
	wsqDTT = 0xffa4 // define transform table
	wsqDQT = 0xffa5 // define quantisation table
	wsqDHT = 0xffa6 // define Huffman tables
	wsqDRT = 0xffa7 // define restart interval
	wsqCOM = 0xffa8 // comment
)

// maxTaps bounds the filters of a transform table. The standard has 9 and 7.
const maxTaps = 31

// wsqFile is what has been read of a WSQ file so far.
type wsqFile struct {
	limits        Limits
	width, height int
	shift, scale  float32 // pixel = value*scale + shift
	ppi           int
	filters       wsqFilters // for the synthesis
	steps         *wsqSteps
	huffman       [8]*wsqCode
	tree          wsqTree
	coefficients  []int16 // of the coded bands, one after another
	coded         int     // how many there will be
}

// wsqSteps is the quantisation table: where in a bin its value lies, and each
// band's bin width and width of the bin around zero; 0 for a band that is not
// coded (IAFIS-IC-0110 section 3.3).
type wsqSteps struct {
	centre    float32
	bin, zero [64]float32
}

func (l Limits) decodeWSQ(data []byte) (Image, error) {
	f := wsqFile{limits: l}
	if err := f.read(data); err != nil {
		return Image{}, err
	}
	plane := f.dequantise()
	f.tree.reconstruct(plane, f.width, f.filters)
	img := Image{Width: f.width, Height: f.height, PPI: f.ppi, Format: WSQ, Pix: make([]byte, len(plane))}
	for i, v := range plane {
		v = float32(v*f.scale) + f.shift
		v += 0.5
		switch {
		case v > 255:
			img.Pix[i] = 255
		case v > 0: // not so for what is no number
			img.Pix[i] = byte(v)
		}
	}
	return img, nil
}

// read reads the segments up to the end of the image (IAFIS-IC-0110 section 4).
func (f *wsqFile) read(data []byte) error {
	c := cursor{b: data}
	if c.u16() != wsqSOI {
		return damaged(WSQ, "no start of image")
	}
	for range maxSegments {
		marker := c.u16()
		if c.short {
			return damaged(WSQ, "ends within its segments")
		}
		if marker == wsqEOI {
			if f.coefficients == nil || len(f.coefficients) != f.coded { // nil when there was no block
				return damaged(WSQ, "%d of %d coefficients", len(f.coefficients), f.coded)
			}
			return nil
		}
		if marker < wsqSOF || marker > wsqCOM {
			return damaged(WSQ, "marker %04x at byte %d", marker, c.at-2)
		}
		if marker == wsqDRT {
			return unsupported(WSQ, "restart intervals")
		}
		s := c.segment()
		if c.short {
			return damaged(WSQ, "segment %04x is cut off", marker)
		}
		var err error
		switch marker {
		case wsqCOM:
			f.comment(s.b)
		case wsqSOF:
			err = f.frame(&s)
		case wsqDTT:
			err = f.transform(&s)
		case wsqDQT:
			err = f.quantisation(&s)
		case wsqDHT:
			err = f.huffmanTables(&s)
		case wsqSOB:
			err = f.block(&s, &c)
		}
		if err != nil {
			return err
		}
		if s.short {
			return damaged(WSQ, "segment %04x is too short", marker)
		}
	}
	return tooLarge(WSQ, "more than %d segments", maxSegments)
}

// decimal reads a number of size bytes that is to be divided by ten as often as
// the byte before it says.
func decimal(c *cursor, size int) float32 {
	exponent := c.u8()
	v := float32(c.number(size))
	for range exponent {
		v /= 10
	}
	return v
}

// frame reads the frame header (IAFIS-IC-0110 section 4.2.1).
func (f *wsqFile) frame(s *cursor) error {
	if f.width != 0 {
		return damaged(WSQ, "two frame headers")
	}
	s.take(2) // black and white, of no use to the decoder
	f.height, f.width = s.u16(), s.u16()
	f.shift, f.scale = decimal(s, 2), decimal(s, 2)
	s.take(3) // encoder and software
	if s.short {
		return nil // told by the caller
	}
	if err := f.limits.check(WSQ, f.width, f.height); err != nil {
		return err
	}
	if min(f.width, f.height) < wsqMinSide {
		return unsupported(WSQ, "%d by %d pixels, at least %d a side", f.width, f.height, wsqMinSide)
	}
	f.tree = newWSQTree(f.width, f.height)
	return nil
}

// transform reads the analysis filters from their middle to the right, and makes
// the synthesis filters of them: each is the other's with alternating signs
// (IAFIS-IC-0110 section 4.2.2.1).
func (f *wsqFile) transform(s *cursor) error {
	low, high := s.u8(), s.u8()
	if low%2 == 0 || high%2 == 0 || low > maxTaps || high > maxTaps || (low-high)%4 == 0 {
		return unsupported(WSQ, "filters of %d and %d taps", low, high)
	}
	f.filters.high = synthesisFilter(s, low)
	f.filters.low = synthesisFilter(s, high)
	return nil
}

func synthesisFilter(s *cursor, n int) []float32 {
	out := make([]float32, n)
	for i := range n/2 + 1 {
		negative := s.u8() != 0
		v := decimal(s, 4)
		if negative != (i%2 == 1) {
			v = -v
		}
		out[n/2+i], out[n/2-i] = v, v
	}
	return out
}

func (f *wsqFile) quantisation(s *cursor) error {
	if f.coefficients != nil {
		return unsupported(WSQ, "quantisation that changes within the image")
	}
	steps := &wsqSteps{centre: decimal(s, 2)}
	for i := range steps.bin {
		steps.bin[i], steps.zero[i] = decimal(s, 2), decimal(s, 2)
	}
	f.steps = steps
	return nil
}

func (f *wsqFile) huffmanTables(s *cursor) error {
	for s.left() > 0 {
		id := s.u8()
		if id >= len(f.huffman) {
			return damaged(WSQ, "Huffman table %d", id)
		}
		var lengths [16]byte
		copy(lengths[:], s.take(16))
		n := 0
		for _, k := range lengths {
			n += int(k)
		}
		values := s.take(n)
		if s.short {
			return damaged(WSQ, "Huffman table %d is cut off", id)
		}
		code, ok := newWSQCode(lengths, values)
		if !ok {
			return damaged(WSQ, "Huffman table %d has more codes than there are", id)
		}
		f.huffman[id] = code
	}
	return nil
}

// block decodes the coefficients of one block; the data follow its header.
func (f *wsqFile) block(s, c *cursor) error {
	id := s.u8()
	switch {
	case f.width == 0 || f.steps == nil || f.filters.low == nil || f.filters.high == nil:
		return damaged(WSQ, "block before frame, transform or quantisation")
	case id >= len(f.huffman) || f.huffman[id] == nil:
		return damaged(WSQ, "block with Huffman table %d, which is not there", id)
	}
	if f.coefficients == nil {
		for i, r := range f.tree.bands {
			if f.steps.bin[i] != 0 {
				f.coded += r.w * r.h
			}
		}
		f.coefficients = make([]int16, 0, min(f.coded, 64*c.left()))
	}
	in := wsqBits{b: c.b, at: c.at}
	var err error
	f.coefficients, err = f.huffman[id].decode(f.coefficients, f.coded, &in)
	c.at = in.at
	return err
}

// dequantise lays the coefficients out as the plane of bands, each in the middle
// of its bin (IAFIS-IC-0110 section 3.3).
func (f *wsqFile) dequantise() []float32 {
	plane := make([]float32, f.width*f.height)
	in := f.coefficients
	for i, r := range f.tree.bands {
		bin, half := f.steps.bin[i], f.steps.zero[i]/2
		if bin == 0 {
			continue
		}
		for y := range r.h {
			at := (r.y+y)*f.width + r.x
			out := plane[at : at+r.w]
			for x := range out {
				switch v := float32(in[x]); {
				case v > 0:
					out[x] = float32(bin*(v-f.steps.centre)) + half
				case v < 0:
					out[x] = float32(bin*(v+f.steps.centre)) - half
				}
			}
			in = in[r.w:]
		}
	}
	return plane
}

// comment looks for the resolution in a comment of NIST's, lines of a name and a
// value: "PPI 500". -1 there stands for unknown.
func (f *wsqFile) comment(text []byte) {
	if !bytes.HasPrefix(text, []byte("NIST_COM")) {
		return
	}
	for line := range bytes.Lines(text) {
		value, ok := bytes.CutPrefix(line, []byte("PPI "))
		if !ok {
			continue
		}
		if n, err := strconv.Atoi(string(bytes.TrimSpace(value))); err == nil && n > 0 && n <= math.MaxUint16 {
			f.ppi = n
		}
	}
}
