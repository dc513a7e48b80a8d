package finger

const formatANSI = "ANSI INCITS 378-2004"

// ReadANSI reads a finger minutiae record of ANSI INCITS 378-2004: one template
// for each finger view, in their order. Angles, there in steps of two degrees,
// are rounded to 256ths of a turn. Every template passes Check. Extended data
// is passed over. An error is a *RecordError.
func ReadANSI(data []byte) ([]Template, error) {
	c := &cursor{format: formatANSI, data: data}
	c.magic()
	// Two bytes of length, or two zeros and four bytes.
	length := uint32(c.u16("record length"))
	if length == 0 {
		length = c.u32("record length")
	}
	if c.err == nil && uint64(length) != uint64(len(data)) {
		c.fail("says it has %d bytes and has %d", length, len(data))
	}
	c.u32("product identifier")
	c.u16("capture equipment")
	views := c.views(180)
	if c.err != nil {
		return nil, c.err
	}
	return views, nil
}
