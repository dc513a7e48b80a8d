package codec

import "math"

// headerBits reads the bits of a packet header (ISO/IEC 15444-1 B.10.1): after a
// byte 0xff the next has seven.
type headerBits struct {
	b     []byte
	at    int
	last  byte
	n     int
	short bool
}

func (r *headerBits) bit() int {
	if r.n == 0 {
		r.n = 8
		if r.last == 0xff {
			r.n = 7
		}
		r.last = 0
		if r.at >= len(r.b) {
			r.short = true
			return 0
		}
		r.last = r.b[r.at]
		r.at++
	}
	r.n--
	return int(r.last >> r.n & 1)
}

func (r *headerBits) bits(n int) int {
	v := 0
	for range n {
		v = v<<1 | r.bit()
	}
	return v
}

// align ends the header on a byte, and behind a stuffed one.
func (r *headerBits) align() {
	if r.last == 0xff {
		r.at++
	}
	r.n, r.last = 0, 0
}

// tagTree codes a matrix of small numbers, each level the least of four below
// (B.10.2).
type tagTree struct {
	w     int
	nodes []tagNode
}

type tagNode struct {
	parent int32 // -1 at the root
	value  int32 // once known
	low    int32 // it is not less
}

func newTagTree(w, h int) tagTree {
	t := tagTree{w: w}
	for base := 0; ; {
		next := base + w*h
		for y := range h {
			for x := range w {
				t.nodes = append(t.nodes, tagNode{int32(next + y/2*((w+1)/2) + x/2), math.MaxInt32, 0})
			}
		}
		if w*h <= 1 {
			t.nodes[len(t.nodes)-1].parent = -1
			return t
		}
		base, w, h = next, (w+1)/2, (h+1)/2
	}
}

// below reads whether the leaf's value is below the threshold.
func (t *tagTree) below(leaf int, threshold int32, in *headerBits) bool {
	var path [32]int32
	n := 0
	for i := int32(leaf); i >= 0; i = t.nodes[i].parent {
		path[n] = i
		n++
	}
	low := int32(0)
	for n--; n >= 0; n-- {
		node := &t.nodes[path[n]]
		node.low = max(node.low, low)
		for node.low < threshold && node.low < node.value {
			if in.bit() != 0 {
				node.value = node.low
			} else {
				node.low++
			}
		}
		low = node.low
	}
	return t.nodes[leaf].value < threshold
}

// passCount reads the number of passes that a block gets (table B.4).
func passCount(in *headerBits) int {
	switch {
	case in.bit() == 0:
		return 1
	case in.bit() == 0:
		return 2
	}
	if n := in.bits(2); n < 3 {
		return 3 + n
	}
	if n := in.bits(5); n < 31 {
		return 6 + n
	}
	return 37 + in.bits(7)
}

// segmentEnd gives the pass, counted from the block's first, before which the
// codeword segment with the given pass ends (D.4.2, D.6).
func segmentEnd(pass, style int) int {
	switch {
	case style&styleTermAll != 0:
		return pass + 1
	case style&styleBypass == 0:
		return math.MaxInt
	case pass < bypassFrom:
		return bypassFrom
	case pass%3 == 0:
		return pass + 1
	}
	return pass - pass%3 + 3
}

// chunk is what a packet has of one codeword segment of a block.
type chunk struct {
	block   *codeBlock
	segment int
	length  int
}

// packet reads one packet: the contribution of one layer to one precinct.
func (d *tileDecoder) packet(p *precinct, layer int) error {
	if d.style.sop && len(d.data) >= 6 && d.data[0] == j2kSOP>>8 && d.data[1] == j2kSOP&0xff {
		d.data = d.data[6:]
	}
	in := headerBits{b: d.data}
	d.chunks = d.chunks[:0]
	if in.bit() != 0 {
		for i := range p.bands {
			if err := d.bandHeader(&p.bands[i], p.style, layer, &in); err != nil {
				return err
			}
		}
	}
	in.align()
	if in.short || in.at > len(d.data) {
		return damaged(JP2, "ends within a packet header")
	}
	d.data = d.data[in.at:]
	if d.style.eph && len(d.data) >= 2 && d.data[0] == j2kEPH>>8 && d.data[1] == j2kEPH&0xff {
		d.data = d.data[2:]
	}
	for _, c := range d.chunks {
		if c.length > len(d.data) {
			return damaged(JP2, "ends within a packet")
		}
		s := &c.block.segments[c.segment]
		s.data = append(s.data, d.data[:c.length]...)
		d.data = d.data[c.length:]
	}
	return nil
}

// bandHeader reads what a packet header says of the code-blocks of one band (B.10).
func (d *tileDecoder) bandHeader(b *precinctBand, style, layer int, in *headerBits) error {
	d.visits += len(b.blocks)
	if d.visits > maxVisits {
		return tooLarge(JP2, "more than %d code-blocks in packets", maxVisits)
	}
	for i := range b.blocks {
		blk := &b.blocks[i]
		if blk.passes > 0 {
			if in.bit() == 0 {
				continue
			}
		} else {
			if !b.inclusion.below(i, int32(layer+1), in) {
				continue
			}
			zero := 0
			for !b.zeroPlanes.below(i, int32(zero+1), in) {
				zero++
				if zero > b.planes || in.short {
					return damaged(JP2, "block with no plane left")
				}
			}
			blk.planes = b.planes - zero
			blk.lengthBits = 3
		}
		n := passCount(in)
		if blk.passes+n > max(3*blk.planes-2, 0) {
			return damaged(JP2, "%d passes for %d planes", blk.passes+n, blk.planes)
		}
		if d.passes -= n * blk.w() * blk.h(); d.passes < 0 {
			return tooLarge(JP2, "more coding passes than an image of its depth has")
		}
		for in.bit() != 0 {
			blk.lengthBits++
			if blk.lengthBits > 24 || in.short {
				return damaged(JP2, "length of a code-block")
			}
		}
		for n > 0 {
			last := len(blk.segments) - 1
			if last < 0 || blk.passes >= blk.segments[last].end {
				blk.segments = append(blk.segments, segment{end: segmentEnd(blk.passes, style)})
				last++
			}
			s := &blk.segments[last]
			k := min(n, s.end-blk.passes)
			bits := blk.lengthBits
			for v := k; v > 1; v >>= 1 {
				bits++
			}
			d.chunks = append(d.chunks, chunk{blk, last, in.bits(bits)})
			s.passes += k
			blk.passes += k
			n -= k
		}
		if in.short {
			return damaged(JP2, "ends within a packet header")
		}
	}
	return nil
}
