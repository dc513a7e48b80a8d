package codec

// decodeFace gives the first image of a face record of ISO/IEC 19794-5:2005
// (section 5), as passports carry it in data group 2: a header, and for each face
// a block of 20 bytes, its feature points and the image's own 12 bytes.
func (l Limits) decodeFace(data []byte) (Image, error) {
	c := cursor{b: data}
	c.take(4) // "FAC" and zero
	version := string(c.take(4))
	length, faces := c.u32(), c.u16()
	switch {
	case c.short || uint64(length) > uint64(len(data)) || length < 14:
		return Image{}, damaged(Face, "record of %d bytes", length)
	case version != "010\x00":
		return Image{}, unsupported(Face, "version %q", version)
	case faces == 0:
		return Image{}, unsupported(Face, "no face")
	}
	block := c.u32()
	if block < 32 || uint64(block) > uint64(length)-14 {
		return Image{}, damaged(Face, "face of %d bytes", block)
	}
	s := cursor{b: c.take(int(block) - 4)}
	points := s.u16()
	s.take(14) // gender, colours, properties, expression, pose
	s.take(8 * points)
	s.take(1) // kind of portrait
	encoding := s.u8()
	width, height := s.u16(), s.u16()
	s.take(6) // colours, source, device, quality
	if s.short {
		return Image{}, damaged(Face, "face of %d bytes", block)
	}
	image := s.take(s.left())
	want := JPEG
	if encoding == 1 {
		want = JP2
	}
	if found := Sniff(image); encoding > 1 || found != want {
		return Image{}, damaged(Face, "image data of kind %d that begin as %s", encoding, found)
	}
	m, err := l.Decode(image)
	if err == nil && (m.Width != width || m.Height != height) {
		return Image{}, damaged(Face, "the record says %d by %d, the image is %d by %d", width, height, m.Width, m.Height)
	}
	return m, err
}
