package codec

// Symbols of WSQ's entropy code (IAFIS-IC-0110 table 6): 1 to 100 is a run of so
// many zeros; 107 to 254 the coefficient 180 lower; between them those that are
// followed by a number.
const (
	wsqLongestRun = 100
	wsqPlus8      = 101 // 8 bits follow: a positive coefficient
	wsqMinus8     = 102 // its negative
	wsqPlus16     = 103
	wsqMinus16    = 104
	wsqRun8       = 105 // 8 bits follow: a run of zeros
	wsqRun16      = 106
	wsqOrigin     = 180
)

// wsqBits reads bits up to a marker, taking out the zero that is stuffed after
// 0xff. At the end at stands on the marker, or behind the last byte.
type wsqBits struct {
	b   []byte
	at  int
	acc uint64 // the next n bits are its lowest
	n   int
}

// fill makes at least 32 bits ready, unless the data end.
func (r *wsqBits) fill() {
	for r.n <= 56 && r.at < len(r.b) {
		x := r.b[r.at]
		if x == 0xff {
			if r.at+1 >= len(r.b) || r.b[r.at+1] != 0 {
				return
			}
			r.at++
		}
		r.at++
		r.acc = r.acc<<8 | uint64(x)
		r.n += 8
	}
}

// peek16 gives the next 16 bits, ones behind the end.
func (r *wsqBits) peek16() int {
	if r.n >= 16 {
		return int(r.acc>>(r.n-16)) & 0xffff
	}
	missing := 16 - r.n
	return (int(r.acc)<<missing | (1<<missing - 1)) & 0xffff
}

// bits takes n bits; false when there are fewer.
func (r *wsqBits) bits(n int) (int, bool) {
	if n > r.n {
		return 0, false
	}
	r.n -= n
	return int(r.acc>>r.n) & (1<<n - 1), true
}

// wsqCode is a canonical Huffman code of up to 16 bits a symbol.
type wsqCode struct {
	short  [1 << 9]uint16 // by the next 9 bits: symbol<<8 | length, 0 when the code is longer
	end    [17]int        // first code, in 16 bits, beyond the codes of a length
	offset [17]int        // values[code>>(16-length) + offset]
	values []byte
}

// newWSQCode builds a code from the number of codes of each length (IAFIS-IC-0110
// annex B, as in ISO/IEC 10918-1 annex C).
func newWSQCode(lengths [16]byte, values []byte) (*wsqCode, bool) {
	c := &wsqCode{values: values}
	code, used := 0, 0
	for length := 1; length <= 16; length++ {
		n := int(lengths[length-1])
		c.offset[length] = used - code
		for i := range n {
			if length <= 9 && (code+i+1)<<(9-length) <= len(c.short) {
				for j := range 1 << (9 - length) {
					c.short[(code+i)<<(9-length)+j] = uint16(values[used+i])<<8 | uint16(length)
				}
			}
		}
		used += n
		code += n
		if code > 1<<length {
			return nil, false
		}
		c.end[length] = code << (16 - length)
		code <<= 1
	}
	return c, true
}

// next takes a symbol; false at the end of the block.
func (c *wsqCode) next(in *wsqBits) (int, bool) {
	if in.n < 32 {
		in.fill()
	}
	bits := in.peek16()
	if e := c.short[bits>>7]; e != 0 {
		if int(e&0xff) > in.n {
			return 0, false
		}
		in.n -= int(e & 0xff)
		return int(e >> 8), true
	}
	for length := 1; length <= 16; length++ {
		if bits < c.end[length] {
			if length > in.n {
				return 0, false
			}
			in.n -= length
			return int(c.values[bits>>(16-length)+c.offset[length]]), true
		}
	}
	return -1, in.n >= 16
}

// decode appends the coefficients of one block, until a marker. limit is how many
// the image has in all.
func (c *wsqCode) decode(out []int16, limit int, in *wsqBits) ([]int16, error) {
	for {
		symbol, ok := c.next(in)
		if !ok {
			if in.at >= len(in.b) {
				return nil, damaged(WSQ, "ends within a block")
			}
			return out, nil
		}
		size := 0
		switch symbol {
		case wsqPlus8, wsqMinus8, wsqRun8:
			size = 8
		case wsqPlus16, wsqMinus16, wsqRun16:
			size = 16
		}
		number, ok := in.bits(size)
		if !ok {
			return nil, damaged(WSQ, "ends within a number")
		}
		run := 0
		value := symbol - wsqOrigin
		switch {
		case symbol <= 0 || symbol > 254:
			return nil, damaged(WSQ, "invalid code at byte %d", in.at)
		case symbol <= wsqLongestRun:
			run = symbol
		case symbol == wsqRun8 || symbol == wsqRun16:
			run = number
		case symbol == wsqPlus8 || symbol == wsqPlus16:
			value = number
		case symbol == wsqMinus8 || symbol == wsqMinus16:
			value = -number
		}
		isRun := symbol <= wsqLongestRun || symbol == wsqRun8 || symbol == wsqRun16
		if !isRun {
			run = 1
		}
		if run > limit-len(out) {
			return nil, damaged(WSQ, "more than %d coefficients", limit)
		}
		if !isRun {
			out = append(out, int16(value))
			continue
		}
		out = append(out, make([]int16, run)...)
	}
}
