package finger

import (
	"encoding/binary"
	"fmt"
)

// MaxRecord is the longest minutiae record that is read, in bytes: ten fingers
// of three full views each stay below half of it.
const MaxRecord = 128 << 10

// RecordError says where and why a minutiae record is not one.
type RecordError struct {
	Format string // "ISO/IEC 19794-2:2005" or "ANSI INCITS 378-2004"
	Offset int    // of the byte at which reading stopped
	What   string
}

func (e *RecordError) Error() string {
	return fmt.Sprintf("finger: %s record, byte %d: %s", e.Format, e.Offset, e.What)
}

// qualityUnsaid and qualityFailed are what later editions write where no
// quality was worked out.
const (
	qualityUnsaid = 254
	qualityFailed = 255
)

// The two formats are one from the image size on; these are the lengths in
// bytes of the parts that they share.
const (
	viewHeader    = 4
	minutiaLength = 6
	blockLength   = 2
)

// cursor reads big-endian numbers and remembers the first failure.
type cursor struct {
	format string
	data   []byte
	at     int
	err    *RecordError
}

func (c *cursor) fail(format string, args ...any) {
	if c.err == nil {
		c.err = &RecordError{Format: c.format, Offset: c.at, What: fmt.Sprintf(format, args...)}
	}
}

// take returns the next n bytes, nil when they are not there.
func (c *cursor) take(n int, what string) []byte {
	if c.err != nil {
		return nil
	}
	if n > len(c.data)-c.at {
		c.fail("%s: the record ends", what)
		return nil
	}
	c.at += n
	return c.data[c.at-n : c.at]
}

func (c *cursor) u8(what string) uint8 {
	if b := c.take(1, what); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) u16(what string) uint16 {
	if b := c.take(2, what); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) u32(what string) uint32 {
	if b := c.take(4, what); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// magic reads the format identifier and the version, which both formats share.
func (c *cursor) magic() {
	if len(c.data) > MaxRecord {
		c.fail("%d bytes, at most %d are read", len(c.data), MaxRecord)
		return
	}
	if b := c.take(8, "format and version"); b != nil && string(b) != "FMR\x00 20\x00" {
		c.at = 0
		c.fail("does not begin with FMR and version 20")
	}
}

// views reads the rest of a record, from the image size on. The angle of a
// minutia is recorded in steps of one turn/turn.
func (c *cursor) views(turn int) []Template {
	shared := Template{
		Width: c.u16("image width"), Height: c.u16("image height"),
		ResX: c.u16("resolution"), ResY: c.u16("resolution"),
	}
	count := int(c.u8("number of views"))
	c.u8("reserved byte")
	if c.err == nil {
		if err := shared.Check(); err != nil {
			c.fail("%v", err)
		}
	}
	var out []Template
	for range count {
		view := c.view(shared, turn)
		if c.err != nil {
			return nil
		}
		out = append(out, view)
	}
	if c.err == nil && c.at != len(c.data) {
		c.fail("%d bytes after the last view", len(c.data)-c.at)
	}
	return out
}

func (c *cursor) view(t Template, turn int) Template {
	t.Position = Position(c.u8("finger position"))
	t.Impression = Impression(c.u8("impression") & 0x0f)
	t.Quality = c.quality()
	count := int(c.u8("number of minutiae"))
	// Nothing is kept for minutiae that the record has no room for.
	if c.err == nil && count*minutiaLength > len(c.data)-c.at {
		c.fail("%d minutiae: the record ends", count)
	}
	if c.err != nil {
		return Template{}
	}
	t.Minutiae = make([]Minutia, count)
	for i := range t.Minutiae {
		t.Minutiae[i] = c.minutia(turn)
	}
	if err := t.Check(); c.err == nil && err != nil {
		c.fail("%v", err)
	}
	// Extended data (ridge counts, cores and deltas, a vendor's own) is passed over.
	c.take(int(c.u16("length of extended data")), "extended data")
	return t
}

func (c *cursor) minutia(turn int) Minutia {
	x, y := c.u16("minutia"), c.u16("minutia")
	angle := int(c.u8("minutia"))
	if angle >= turn {
		c.fail("angle %d of %d", angle, turn)
	}
	return Minutia{
		X: x & 0x3fff, Y: y & 0x3fff, Kind: Kind(x >> 14),
		Angle:   uint8((angle*256 + turn/2) / turn), // 256 is 0
		Quality: c.quality(),
	}
}

func (c *cursor) quality() uint8 {
	q := c.u8("quality")
	if q == qualityUnsaid || q == qualityFailed {
		return 0
	}
	return q
}
