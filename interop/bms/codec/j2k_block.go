package codec

// Code-block styles (ISO/IEC 15444-1 table A.19).
const (
	styleBypass   = 1 << 0 // raw bits for the lower planes
	styleReset    = 1 << 1 // contexts begin anew with every pass
	styleTermAll  = 1 << 2 // every pass is a codeword segment of its own
	styleCausal   = 1 << 3 // contexts do not look into the next stripe
	stylePredict  = 1 << 4 // predictable termination: nothing changes for a decoder
	styleSegments = 1 << 5 // a symbol after every cleanup pass
)

// bypassFrom is the first pass that may be raw (table D.9).
const bypassFrom = 10

// The state of a coefficient: which of its neighbours are significant, which of
// the four nearest are negative, and what has been done with itself.
const (
	west = 1 << iota
	east
	north
	south
	northWest
	northEast
	southWest
	southEast
	westNegative
	eastNegative
	northNegative
	southNegative
	significant
	visited // in this plane
	refined // at least once
	around  = 0xff
	below   = south | southWest | southEast | southNegative
)

// The kinds of band.
const (
	bandLL = iota
	bandHL // high-pass across
	bandLH // high-pass down
	bandHH
)

// zeroContexts is table D.1: the context of a coefficient's significance by its
// neighbours, for each kind of band.
var zeroContexts = func() (out [4][256]uint8) {
	for i := range 256 {
		h, v := i&1+i>>1&1, i>>2&1+i>>3&1
		d := i>>4&1 + i>>5&1 + i>>6&1 + i>>7&1
		out[bandLL][i] = zeroContext(h, v, d)
		out[bandLH][i] = zeroContext(h, v, d)
		out[bandHL][i] = zeroContext(v, h, d)
		out[bandHH][i] = diagonalContext(h+v, d)
	}
	return out
}()

func zeroContext(h, v, d int) uint8 {
	switch {
	case h == 2:
		return 8
	case h == 1 && v > 0:
		return 7
	case h == 1 && d > 0:
		return 6
	case h == 1:
		return 5
	case v > 0:
		return uint8(2 + v)
	}
	return uint8(min(d, 2))
}

func diagonalContext(hv, d int) uint8 {
	switch {
	case d >= 3:
		return 8
	case d == 2:
		return uint8(6 + min(hv, 1))
	case d == 1:
		return uint8(3 + min(hv, 2))
	}
	return uint8(min(hv, 2))
}

// signContexts is tables D.2 and D.3: by the four nearest neighbours, the context
// and in the highest bit whether the decision is to be turned over.
var signContexts = func() (out [256]uint8) {
	side := func(sig, neg int) int { return sig - 2*(sig&neg) }
	for i := range out {
		h := side(i&1, i>>4&1) + side(i>>1&1, i>>5&1)
		v := side(i>>2&1, i>>6&1) + side(i>>3&1, i>>7&1)
		h, v = max(-1, min(1, h)), max(-1, min(1, v))
		flip := uint8(0)
		if h < 0 || h == 0 && v < 0 {
			h, v, flip = -h, -v, 0x80
		}
		out[i] = uint8(ctxSign+3*h+v) | flip
		if h == 0 {
			out[i] = uint8(ctxSign+v) | flip
		}
	}
	return out
}()

// negative marks the sign in blockDecoder.value.
const negative = 1 << 31

// maxPlanes is how many magnitude bits a coefficient may have here.
const maxPlanes = 28

// blockDecoder decodes the bit planes of one code-block at a time (annex D).
type blockDecoder struct {
	mq     mqDecoder
	raw    rawBits
	isRaw  bool
	w, h   int
	stride int
	flags  []uint16 // with a border of one all around
	value  []uint32 // sign and twice the magnitude, in the middle of what is known of it
	zero   *[256]uint8
	causal bool
}

// decode decodes the passes of a block of w by h coefficients, whose highest
// plane is planes-1, into b.value.
func (b *blockDecoder) decode(blk *codeBlock, kind, style int) {
	b.w, b.h = blk.x1-blk.x0, blk.y1-blk.y0
	b.stride = b.w + 2
	b.flags = cleared(b.flags, b.stride*(b.h+2))
	b.value = cleared(b.value, b.w*b.h)
	b.zero = &zeroContexts[kind]
	b.causal = style&styleCausal != 0
	b.mq.cx = startContexts
	pass := 0
	for _, s := range blk.segments {
		b.isRaw = style&styleBypass != 0 && pass >= bypassFrom && pass%3 != 0
		if b.isRaw {
			b.raw = rawBits{data: s.data}
		} else {
			b.mq.start(s.data)
		}
		for range s.passes {
			plane := blk.planes - 1 - (pass+2)/3
			switch pass % 3 {
			case 0:
				b.cleanup(plane)
				if style&styleSegments != 0 {
					for range 4 {
						b.mq.decode(ctxUniform)
					}
				}
			case 1:
				b.significance(plane)
			case 2:
				b.refinement(plane)
			}
			if style&styleReset != 0 {
				b.mq.cx = startContexts
			}
			pass++
		}
	}
}

// cleared gives n zeros, in the old memory when there is enough.
func cleared[T uint16 | uint32](old []T, n int) []T {
	if cap(old) < n {
		return make([]T, n)
	}
	old = old[:n]
	clear(old)
	return old
}

// seen is what a coefficient's flags say in its stripe: in the last row of a
// stripe a causal context does not see the row below.
func (b *blockDecoder) seen(flags uint16, y int) uint16 {
	if b.causal && y&3 == 3 {
		return flags &^ below
	}
	return flags
}

// becomes makes the coefficient significant: takes its sign, tells the neighbours.
func (b *blockDecoder) becomes(at, x, y, plane int) {
	var sign uint8
	if b.isRaw {
		sign = b.raw.bit()
	} else {
		f := b.seen(b.flags[at], y)
		sc := signContexts[f&0xf|f>>4&0xf0]
		sign = b.mq.decode(int(sc&0x7f)) ^ sc>>7
	}
	v := uint32(3) << plane // 1.5 times the plane, twice
	f := b.flags
	up, down := f[at-b.stride-1:at-b.stride+2], f[at+b.stride-1:at+b.stride+2]
	up[0] |= southEast
	up[1] |= south
	up[2] |= southWest
	f[at-1] |= east
	f[at+1] |= west
	down[0] |= northEast
	down[1] |= north
	down[2] |= northWest
	if sign != 0 {
		v |= negative
		up[1] |= southNegative
		f[at-1] |= eastNegative
		f[at+1] |= westNegative
		down[1] |= northNegative
	}
	f[at] |= significant
	b.value[y*b.w+x] = v
}

// significance is the first pass of a plane: what has significant neighbours (D.3.1).
func (b *blockDecoder) significance(plane int) {
	for top := 0; top < b.h; top += 4 {
		bottom := min(top+4, b.h)
		for x := range b.w {
			at := (top+1)*b.stride + x + 1
			for y := top; y < bottom; y, at = y+1, at+b.stride {
				f := b.flags[at]
				if f&significant != 0 || f&around == 0 {
					continue
				}
				f = b.seen(f, y)
				if f&around == 0 {
					continue
				}
				var bit uint8
				if b.isRaw {
					bit = b.raw.bit()
				} else {
					bit = b.mq.decode(int(b.zero[f&around]))
				}
				if bit != 0 {
					b.becomes(at, x, y, plane)
				}
				b.flags[at] |= visited
			}
		}
	}
}

// refinement is the second pass: the next bit of what was significant (D.3.3).
func (b *blockDecoder) refinement(plane int) {
	for top := 0; top < b.h; top += 4 {
		bottom := min(top+4, b.h)
		for x := range b.w {
			at := (top+1)*b.stride + x + 1
			for y := top; y < bottom; y, at = y+1, at+b.stride {
				f := b.flags[at]
				if f&(significant|visited) != significant {
					continue
				}
				var bit uint8
				switch {
				case b.isRaw:
					bit = b.raw.bit()
				case f&refined != 0:
					bit = b.mq.decode(ctxMag + 2)
				case b.seen(f, y)&around != 0:
					bit = b.mq.decode(ctxMag + 1)
				default:
					bit = b.mq.decode(ctxMag)
				}
				if bit != 0 {
					b.value[y*b.w+x] += 1 << plane
				} else {
					b.value[y*b.w+x] -= 1 << plane
				}
				b.flags[at] |= refined
			}
		}
	}
}

// cleanup is the last pass: what is left, whole columns of zeros at once (D.3.4).
func (b *blockDecoder) cleanup(plane int) {
	for top := 0; top < b.h; top += 4 {
		bottom := min(top+4, b.h)
		for x := range b.w {
			at := (top+1)*b.stride + x + 1
			y := top
			first := false // the column's run ended on a significant coefficient
			if bottom-top == 4 {
				s := b.stride
				all := b.flags[at] | b.flags[at+s] | b.flags[at+2*s] | b.seen(b.flags[at+3*s], top+3)
				if all&(around|significant|visited) == 0 {
					if b.mq.decode(ctxRun) == 0 {
						continue
					}
					n := int(b.mq.decode(ctxUniform)) << 1
					n |= int(b.mq.decode(ctxUniform))
					y += n
					at += n * s
					first = true
				}
			}
			for ; y < bottom; y, at = y+1, at+b.stride {
				f := b.flags[at]
				if f&(significant|visited) == 0 {
					if first || b.mq.decode(int(b.zero[b.seen(f, y)&around])) != 0 {
						b.becomes(at, x, y, plane)
					}
				}
				first = false
				b.flags[at] &^= visited
			}
		}
	}
}
