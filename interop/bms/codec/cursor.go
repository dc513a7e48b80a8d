package codec

// cursor reads big-endian numbers from the front of bytes. Past the end it gives
// zeros and remembers that it was short, so that a parser may read a whole
// segment and ask once.
type cursor struct {
	b     []byte
	at    int
	short bool
}

// take gives the next n bytes, nil when there are fewer.
func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.b)-c.at {
		c.short = true
		c.at = len(c.b)
		return nil
	}
	out := c.b[c.at : c.at+n : c.at+n]
	c.at += n
	return out
}

func (c *cursor) left() int { return len(c.b) - c.at }

// number reads n bytes, at most four.
func (c *cursor) number(n int) uint32 {
	var v uint32
	for _, x := range c.take(n) {
		v = v<<8 | uint32(x)
	}
	return v
}

func (c *cursor) u8() int     { return int(c.number(1)) }
func (c *cursor) u16() int    { return int(c.number(2)) }
func (c *cursor) u32() uint32 { return c.number(4) }

// segment reads a length of two bytes that counts itself and gives what it
// covers, as both WSQ and JPEG 2000 lay their marker segments out.
func (c *cursor) segment() cursor {
	n := c.u16()
	return cursor{b: c.take(n - 2)}
}

// put16 and put32 append big-endian numbers.
func put16(b []byte, v int) []byte { return append(b, byte(v>>8), byte(v)) }

func put32(b []byte, v uint32) []byte {
	return append(b, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}
