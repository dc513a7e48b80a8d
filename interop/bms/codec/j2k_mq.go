package codec

// mqState is one row of the probability table (ISO/IEC 15444-1 table C.2) with
// the more probable symbol in the lowest bit of its index.
type mqState struct {
	qe       uint32
	next     uint8 // after the more probable symbol
	nextLess uint8 // after the less probable one
}

// mqRows is table C.2: Qe, NMPS, NLPS, SWITCH.
var mqRows = [47][4]uint16{
	{0x5601, 1, 1, 1}, {0x3401, 2, 6, 0}, {0x1801, 3, 9, 0}, {0x0ac1, 4, 12, 0}, {0x0521, 5, 29, 0}, {0x0221, 38, 33, 0},
	{0x5601, 7, 6, 1}, {0x5401, 8, 14, 0}, {0x4801, 9, 14, 0}, {0x3801, 10, 14, 0}, {0x3001, 11, 17, 0}, {0x2401, 12, 18, 0},
	{0x1c01, 13, 20, 0}, {0x1601, 29, 21, 0}, {0x5601, 15, 14, 1}, {0x5401, 16, 14, 0}, {0x5101, 17, 15, 0}, {0x4801, 18, 16, 0},
	{0x3801, 19, 17, 0}, {0x3401, 20, 18, 0}, {0x3001, 21, 19, 0}, {0x2801, 22, 19, 0}, {0x2401, 23, 20, 0}, {0x2201, 24, 21, 0},
	{0x1c01, 25, 22, 0}, {0x1801, 26, 23, 0}, {0x1601, 27, 24, 0}, {0x1401, 28, 25, 0}, {0x1201, 29, 26, 0}, {0x1101, 30, 27, 0},
	{0x0ac1, 31, 28, 0}, {0x09c1, 32, 29, 0}, {0x08a1, 33, 30, 0}, {0x0521, 34, 31, 0}, {0x0441, 35, 32, 0}, {0x02a1, 36, 33, 0},
	{0x0221, 37, 34, 0}, {0x0141, 38, 35, 0}, {0x0111, 39, 36, 0}, {0x0085, 40, 37, 0}, {0x0049, 41, 38, 0}, {0x0025, 42, 39, 0},
	{0x0015, 43, 40, 0}, {0x0009, 44, 41, 0}, {0x0005, 45, 42, 0}, {0x0001, 45, 43, 0}, {0x5601, 46, 46, 0},
}

var mqStates = func() (out [128]mqState) {
	for i, r := range mqRows {
		for mps := range uint16(2) {
			out[2*i+int(mps)] = mqState{uint32(r[0]), uint8(2*r[1] + mps), uint8(2*r[2] + (mps ^ r[3]))}
		}
	}
	return out
}()

// The contexts of the block coder (annex D): zero coding 0 to 8, sign 9 to 13,
// magnitude 14 to 16, run length, uniform.
const (
	ctxSign    = 9
	ctxMag     = 14
	ctxRun     = 17
	ctxUniform = 18
	contexts   = 19
)

// startContexts are the states that table D.7 begins with.
var startContexts = [contexts]uint8{0: 2 * 4, ctxRun: 2 * 3, ctxUniform: 2 * 46}

// mqDecoder is the arithmetic decoder of annex C. Behind its data it reads ones.
type mqDecoder struct {
	data []byte
	at   int
	c, a uint32
	ct   int
	cx   [contexts]uint8
}

func (d *mqDecoder) start(data []byte) {
	d.data, d.at = data, 0
	d.c = uint32(d.byteAt(0)) << 16
	d.byteIn()
	d.c <<= 7
	d.ct -= 7
	d.a = 0x8000
}

func (d *mqDecoder) byteAt(i int) byte {
	if i < len(d.data) {
		return d.data[i]
	}
	return 0xff
}

func (d *mqDecoder) byteIn() {
	next := d.byteAt(d.at + 1)
	switch {
	case d.byteAt(d.at) != 0xff:
		d.at++
		d.c += uint32(next) << 8
		d.ct = 8
	case next > 0x8f: // a marker, or the end
		d.c += 0xff00
		d.ct = 8
	default:
		d.at++
		d.c += uint32(next) << 9
		d.ct = 7
	}
}

// decode takes a decision in a context (figure C.15).
func (d *mqDecoder) decode(cx int) uint8 {
	i := d.cx[cx]
	s := &mqStates[i&127]
	bit := i & 1
	d.a -= s.qe
	if d.c>>16 >= s.qe {
		d.c -= s.qe << 16
		if d.a&0x8000 != 0 {
			return bit
		}
		if d.a < s.qe {
			bit ^= 1
			d.cx[cx] = s.nextLess
		} else {
			d.cx[cx] = s.next
		}
	} else {
		if d.a < s.qe {
			d.cx[cx] = s.next
		} else {
			bit ^= 1
			d.cx[cx] = s.nextLess
		}
		d.a = s.qe
	}
	for {
		if d.ct == 0 {
			d.byteIn()
		}
		d.a <<= 1
		d.c <<= 1
		d.ct--
		if d.a&0x8000 != 0 {
			return bit
		}
	}
}

// rawBits reads the bits of passes that bypass the arithmetic coder (D.6): after
// 0xff a byte has seven. Behind its data it reads ones.
type rawBits struct {
	data []byte
	at   int
	last byte
	n    int // bits of last that are left
}

func (r *rawBits) bit() uint8 {
	if r.n == 0 {
		r.n = 8
		if r.last == 0xff {
			r.n = 7
		}
		r.last = 0xff
		if r.at < len(r.data) {
			r.last = r.data[r.at]
			r.at++
		}
	}
	r.n--
	return r.last >> r.n & 1
}
