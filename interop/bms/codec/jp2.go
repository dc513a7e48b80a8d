package codec

import (
	"bytes"
	"math"
)

// decodeJP2 decodes JPEG 2000: a bare codestream, or the boxes of a JP2 file
// (ISO/IEC 15444-1 annex I).
func (l Limits) decodeJP2(data []byte) (Image, error) {
	if bytes.HasPrefix(data, []byte{0xff, 0x4f}) {
		return l.decodeJ2K(data, false)
	}
	ppi, luma := 0, false
	c := cursor{b: data}
	for range maxSegments {
		if c.left() == 0 {
			return Image{}, damaged(JP2, "no codestream")
		}
		kind, body, ok := c.box()
		if !ok {
			return Image{}, damaged(JP2, "box is cut off")
		}
		switch kind {
		case "jp2h":
			var err error
			if ppi, luma, err = jp2Header(body); err != nil {
				return Image{}, err
			}
		case "jp2c":
			m, err := l.decodeJ2K(body, luma)
			m.PPI = ppi
			return m, err
		}
	}
	return Image{}, tooLarge(JP2, "more than %d boxes", maxSegments)
}

// box reads a box: its kind and its content (I.4).
func (c *cursor) box() (kind string, body []byte, ok bool) {
	length := int64(c.u32())
	kind = string(c.take(4))
	head := int64(8)
	if length == 1 {
		length = int64(c.u32())<<32 | int64(c.u32())
		head = 16
	}
	if length == 0 { // to the end
		length = head + int64(c.left())
	}
	if c.short || length < head || length-head > int64(c.left()) {
		return "", nil, false
	}
	return kind, c.take(int(length - head)), true
}

// jp2Header reads of the header box what we need: resolution, and whether the
// first component is the luma (I.5.3).
func jp2Header(data []byte) (ppi int, luma bool, err error) {
	c := cursor{b: data}
	for range maxSegments {
		if c.left() == 0 {
			break
		}
		kind, body, ok := c.box()
		if !ok {
			return 0, false, damaged(JP2, "header box is cut off")
		}
		s := cursor{b: body}
		switch kind {
		case "pclr":
			return 0, false, unsupported(JP2, "palettes")
		case "colr":
			method := s.u8()
			s.take(2)
			if method == 1 && s.u32() == 18 { // sYCC
				luma = true
			}
		case "res ":
			for s.left() > 0 {
				kind, body, ok := s.box()
				if !ok {
					return 0, false, damaged(JP2, "resolution box is cut off")
				}
				// The capture resolution comes before that of display.
				if kind == "resc" || kind == "resd" && ppi == 0 {
					ppi = jp2Resolution(body)
				}
			}
		}
	}
	return ppi, luma, nil
}

// jp2Resolution reads the horizontal resolution in pixels per metre (I.5.3.7.1).
func jp2Resolution(data []byte) int {
	s := cursor{b: data}
	s.take(4) // vertical
	numerator, denominator := s.u16(), s.u16()
	s.take(1)
	exponent := int(int8(s.u8()))
	if s.short || denominator == 0 {
		return 0
	}
	v := float64(numerator) / float64(denominator) * math.Pow10(exponent)
	if !(v >= 1 && v <= 1e6) {
		return 0
	}
	return perInch(int(math.Round(v)))
}
