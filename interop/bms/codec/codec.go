package codec

import (
	"bytes"
	"fmt"
)

// Format names how an image was encoded, in the words of ANSI/NIST-ITL 1-2011
// table 15 where it has one.
type Format string

const (
	NoFormat Format = "image" // nothing known yet
	WSQ      Format = "WSQ20" // IAFIS-IC-0110 version 2.0 and later
	JPEG     Format = "JPEGB"
	JP2      Format = "JP2"  // JPEG 2000, either wavelet, boxed or bare
	JP2L     Format = "JP2L" // JPEG 2000 with the reversible wavelet in every tile
	PNG      Format = "PNG"
	Raw      Format = "NONE" // one byte a pixel, no header
	ANSINIST Format = "ANSI/NIST-ITL"
	Face     Format = "ISO 19794-5"
)

// Image is a grey image: one byte a pixel, rows from the top, black 0.
type Image struct {
	Pix           []byte // Width*Height bytes
	Width, Height int
	PPI           int    // pixels per inch across, 0 when the file does not say
	Format        Format // how the pixels were encoded; inside a record, the image's own format
}

// Limits bound what an image may ask for before it is refused with ErrTooLarge.
type Limits struct {
	// Pixels is the largest width times height. Decoding takes at most about 25
	// bytes a pixel and 60 megabytes, and on one core about 0.04 microseconds a
	// pixel for WSQ and 0.2 for lossless JPEG 2000. A JPEG 2000 file made to be
	// slow takes up to about 1 microsecond for each of three components: give less
	// than Standard to whoever is not trusted and needs less.
	Pixels int
}

// Standard is enough for four fingers at 1000 pixels per inch (3.2 by 3.0
// inches, 9.6 million pixels) and for a whole palm at 500.
var Standard = Limits{Pixels: 16_000_000}

const (
	// maxSide is the longest width or height: two bytes say it in WSQ and in
	// ANSI/NIST-ITL's binary records.
	maxSide = 65535
	// maxSegments is how many marker segments, boxes or records one image may
	// have: honest files have fewer than forty.
	maxSegments = 1024
)

func (l Limits) check(f Format, width, height int) error {
	switch {
	case width <= 0 || height <= 0:
		return damaged(f, "size %d by %d", width, height)
	case width > maxSide || height > maxSide || width*height > l.Pixels:
		return tooLarge(f, "%d by %d pixels, at most %d", width, height, l.Pixels)
	}
	return nil
}

// Decode decodes an image within the Standard limits. See Limits.Decode.
func Decode(data []byte) (Image, error) { return Standard.Decode(data) }

// Decode recognises the format by the first bytes and decodes. Colour becomes
// grey by the luma of ITU-T T.871 section 7, as in JPEG files. Of an ANSI/NIST
// file it gives the first image, with the resolution that its record states. An
// error is an *Error.
func (l Limits) Decode(data []byte) (Image, error) {
	f := Sniff(data)
	switch f {
	case WSQ:
		return l.decodeWSQ(data)
	case JP2:
		return l.decodeJP2(data)
	case JPEG, PNG:
		return l.decodeStill(data, f)
	case ANSINIST:
		return l.decodeANSINIST(data)
	case Face:
		return l.decodeFace(data)
	}
	return Image{}, &Error{NoFormat, ErrUnknown, fmt.Sprintf("%d bytes that begin as no format we know", len(data))}
}

// signatures are the first bytes of each format.
var signatures = []struct {
	begins string
	format Format
}{
	{"\xff\xa0\xff", WSQ},
	{"\xff\x4f\xff\x51", JP2},
	{"\x00\x00\x00\x0cjP  \r\n\x87\n", JP2},
	{"\xff\xd8\xff", JPEG},
	{"\x89PNG\r\n\x1a\n", PNG},
	{"1.01:", ANSINIST},
	{"1.001:", ANSINIST},
	{"FAC\x00", Face},
}

// Sniff tells the format by the first bytes alone, NoFormat when it knows none.
// It tells JPEG 2000 of either wavelet as JP2.
func Sniff(data []byte) Format {
	for _, s := range signatures {
		if bytes.HasPrefix(data, []byte(s.begins)) {
			return s.format
		}
	}
	return NoFormat
}
