package codec

import (
	"math"
	"strconv"
)

// imageFormats are the compression algorithms of ANSI/NIST-ITL 1-2011 table 15
// that we decode, by their names.
var imageFormats = map[string]Format{"WSQ20": WSQ, "JPEGB": JPEG, "JP2": JP2, "JP2L": JP2L, "PNG": PNG, "NONE": Raw}

// binaryFormats are their numbers in a record of type 4; 3 is lossless JPEG, which
// we do not decode.
var binaryFormats = []string{"NONE", "WSQ20", "JPEGB", "JPEGL", "JP2", "JP2L", "PNG"}

// HasImage says whether the record holds an image that Image can be asked for:
// types 4, 10, 13, 14, 15 and 17.
func (r *Record) HasImage() bool {
	switch r.Type {
	case 4:
		return true
	case 10, 13, 14, 15, 17:
		_, ok := r.Field(fieldData)
		return ok
	}
	return false
}

// Image decodes the image of record i within the limits. The resolution is what
// the record says; where it says none, what the image says.
func (f *ANSINISTFile) Image(i int, l Limits) (Image, error) {
	r := &f.Records[i]
	if !r.HasImage() {
		return Image{}, unsupported(ANSINIST, "no image in a record of type %d", r.Type)
	}
	if r.Type == 4 {
		return f.binaryImage(r, l)
	}
	width, ok1 := r.number(6)
	height, ok2 := r.number(7)
	if !ok1 || !ok2 {
		return Image{}, damaged(ANSINIST, "size of the image in a record of type %d", r.Type)
	}
	if bits := r.Text(12); r.Type >= 13 && r.Type <= 15 && bits != "" && bits != "8" {
		return Image{}, unsupported(ANSINIST, "%s bits a pixel", bits)
	}
	data, _ := r.Field(fieldData)
	m, err := l.recordImage(r.Text(11), data, width, height)
	if err != nil {
		return Image{}, err
	}
	if ppi := r.resolution(); ppi > 0 {
		m.PPI = ppi
	}
	return m, nil
}

// resolution gives pixels per inch across by the scale units and the pixels per
// unit, 0 when the record knows none.
func (r *Record) resolution() int {
	pixels, ok := r.number(9)
	if !ok || pixels > math.MaxUint16 {
		return 0
	}
	switch r.Text(8) {
	case "1":
		return pixels
	case "2": // per centimetre
		return perInch(pixels * 100)
	}
	return 0
}

// recordImage decodes an image of a record, which must be what the record says.
func (l Limits) recordImage(compression string, data []byte, width, height int) (Image, error) {
	format, ok := imageFormats[compression]
	if !ok {
		return Image{}, unsupported(ANSINIST, "compression %.20q", compression)
	}
	if err := l.check(ANSINIST, width, height); err != nil {
		return Image{}, err
	}
	if format == Raw {
		if len(data) != width*height {
			return Image{}, damaged(Raw, "%d bytes for %d by %d pixels", len(data), width, height)
		}
		return Image{Pix: append([]byte(nil), data...), Width: width, Height: height, Format: Raw}, nil
	}
	if found := Sniff(data); found != format && !(found == JP2 && format == JP2L) {
		return Image{}, damaged(ANSINIST, "the record says %s, the image is of format %s", format, found)
	}
	m, err := l.Decode(data)
	if err != nil {
		return Image{}, err
	}
	if m.Width != width || m.Height != height {
		return Image{}, damaged(ANSINIST, "the record says %d by %d, the image is %d by %d", width, height, m.Width, m.Height)
	}
	return m, nil
}

// binaryImage decodes the image of a record of type 4 (ANSI/NIST-ITL 1-2011
// section 8.4): length, IDC, impression, six finger positions, resolution, width,
// height, compression, data.
func (f *ANSINISTFile) binaryImage(r *Record, l Limits) (Image, error) {
	c := cursor{b: r.Binary, at: 5}
	c.take(1 + 6)
	native := c.u8()
	width, height, compression := c.u16(), c.u16(), c.u8()
	data := c.take(c.left())
	if c.short || compression >= len(binaryFormats) {
		return Image{}, damaged(ANSINIST, "head of a record of type 4")
	}
	m, err := l.recordImage(binaryFormats[compression], data, width, height)
	if err != nil {
		return Image{}, err
	}
	// 1.011 is the native resolution, 1.012 the nominal one, in pixels per
	// millimetre; a transaction may leave the nominal one at 500 per inch.
	field := 12
	if native == 1 {
		field = 11
	}
	perMillimetre, err := strconv.ParseFloat(f.Records[0].Text(field), 64)
	switch {
	case err == nil && perMillimetre > 0 && perMillimetre < 1000:
		m.PPI = int(math.Round(perMillimetre * 25.4))
	case native == 0:
		m.PPI = 500
	}
	return m, nil
}

// FingerPosition gives the finger, or the slap, that a record of type 4, 13 or 14
// is of (table 8), 0 when it does not say.
func (r *Record) FingerPosition() int {
	switch {
	case r.Type == 4 && len(r.Binary) > 6:
		return int(r.Binary[6])
	case r.Type == 13 || r.Type == 14:
		if items := r.Items(13); len(items) > 0 {
			if n, err := strconv.Atoi(items[0][0]); err == nil && n > 0 {
				return n
			}
		}
	}
	return 0
}

// decodeANSINIST gives the first image of a transaction.
func (l Limits) decodeANSINIST(data []byte) (Image, error) {
	f, err := ParseANSINIST(data)
	if err != nil {
		return Image{}, err
	}
	for i := range f.Records {
		if f.Records[i].HasImage() {
			return f.Image(i, l)
		}
	}
	return Image{}, unsupported(ANSINIST, "no image in %d records", len(f.Records))
}
