package finger

import (
	"encoding/binary"
	"fmt"
)

const formatISO = "ISO/IEC 19794-2:2005"

// ReadISO reads a finger minutiae record of ISO/IEC 19794-2:2005 (record
// format, clause 7): one template for each finger view, in their order. Every
// template passes Check. Extended data is passed over. An error is a
// *RecordError.
func ReadISO(data []byte) ([]Template, error) {
	c := &cursor{format: formatISO, data: data}
	c.magic()
	if length := c.u32("record length"); c.err == nil && uint64(length) != uint64(len(data)) {
		c.fail("says it has %d bytes and has %d", length, len(data))
	}
	c.u16("capture equipment")
	views := c.views(256)
	if c.err != nil {
		return nil, c.err
	}
	return views, nil
}

// ReadRecord reads a minutiae record of either format. They begin alike; a
// record is of ISO/IEC 19794-2 when its four bytes of length say how long it is.
func ReadRecord(data []byte) ([]Template, error) {
	if len(data) >= 12 && uint64(binary.BigEndian.Uint32(data[8:])) == uint64(len(data)) {
		return ReadISO(data)
	}
	return ReadANSI(data)
}

// WriteISO writes the templates as the views of one record, without extended
// data and with no capture equipment named. They must pass Check and be of one
// image size and resolution; at most 16 may be of one finger, and all of them
// together within MaxRecord.
func WriteISO(views []Template) ([]byte, error) {
	if len(views) == 0 || len(views) > 255 {
		return nil, fmt.Errorf("finger: %d views in a record, want 1 to 255", len(views))
	}
	length := 24
	for i := range views {
		length += viewHeader + minutiaLength*len(views[i].Minutiae) + blockLength
	}
	if length > MaxRecord {
		return nil, fmt.Errorf("finger: a record of %d bytes, at most %d", length, MaxRecord)
	}
	first := &views[0]
	out := make([]byte, 0, length)
	out = append(out, "FMR\x00 20\x00"...)
	out = binary.BigEndian.AppendUint32(out, uint32(length))
	for _, v := range [...]uint16{0, first.Width, first.Height, first.ResX, first.ResY} {
		out = binary.BigEndian.AppendUint16(out, v)
	}
	out = append(out, byte(len(views)), 0)
	var seen [LeftLittle + 1]byte // views of a finger so far
	for i := range views {
		t := &views[i]
		if err := t.Check(); err != nil {
			return nil, fmt.Errorf("view %d: %w", i, err)
		}
		if t.Width != first.Width || t.Height != first.Height || t.ResX != first.ResX || t.ResY != first.ResY {
			return nil, fmt.Errorf("finger: view %d is of another size or resolution than the first", i)
		}
		if seen[t.Position] > 15 || t.Impression > 15 {
			return nil, fmt.Errorf("finger: view %d: more than 16 views of finger %d, or impression %d", i, t.Position, t.Impression)
		}
		out = append(out, byte(t.Position), seen[t.Position]<<4|byte(t.Impression), t.Quality, byte(len(t.Minutiae)))
		seen[t.Position]++
		for _, m := range t.Minutiae {
			out = binary.BigEndian.AppendUint16(out, uint16(m.Kind)<<14|m.X)
			out = binary.BigEndian.AppendUint16(out, m.Y)
			out = append(out, m.Angle, m.Quality)
		}
		out = append(out, 0, 0)
	}
	return out, nil
}
