package codec

import "math"

// j2kFile is a codestream: its main header and its tiles.
type j2kFile struct {
	size  j2kSize
	main  j2kTile
	tiles []j2kTile
	work  j2kWork
	luma  bool // the first component is the grey of three (sYCC)
}

// decodeJ2K decodes a codestream of ISO/IEC 15444-1 annex A into grey.
func (l Limits) decodeJ2K(data []byte, luma bool) (Image, error) {
	f := j2kFile{luma: luma}
	if err := f.read(data, l); err != nil {
		return Image{}, err
	}
	img := Image{Width: f.size.image.w(), Height: f.size.image.h(), Format: JP2L}
	img.Pix = make([]byte, img.Width*img.Height)
	var blocks blockDecoder
	for i := range f.tiles {
		lossless, err := f.decodeTile(i, &img, &blocks)
		if err != nil {
			return Image{}, err
		}
		if !lossless {
			img.Format = JP2
		}
	}
	return img, nil
}

// read reads the main header and takes the tile-parts apart.
func (f *j2kFile) read(data []byte, l Limits) error {
	c := cursor{b: data}
	if c.u16() != j2kSOC || c.u16() != j2kSIZ {
		return damaged(JP2, "no start of codestream")
	}
	s := c.segment()
	var err error
	if f.size, err = readSize(&s, l); err != nil {
		return err
	}
	f.tiles = make([]j2kTile, f.size.tiles)
	for _, depth := range f.size.depth {
		f.work.passes += passesOf(depth) * f.size.image.w() * f.size.image.h()
	}
	for range maxSegments + maxTiles {
		marker := c.u16()
		if marker == j2kEOC || c.left() == 0 {
			return nil
		}
		s := c.segment()
		if c.short {
			return damaged(JP2, "segment %04x is cut off", marker)
		}
		if marker == j2kSOT {
			err = f.tilePart(&s, &c)
		} else {
			err = f.header(&f.main, marker, &s)
		}
		if err != nil {
			return err
		}
	}
	return tooLarge(JP2, "more than %d segments", maxSegments+maxTiles)
}

// header reads a segment of the main header or of a tile-part's.
func (f *j2kFile) header(t *j2kTile, marker int, s *cursor) error {
	components := len(f.size.depth)
	if t.coding == nil {
		t.coding, t.quant = map[int]*j2kCoding{}, map[int]*j2kQuant{}
	}
	var err error
	switch marker {
	case j2kCOD:
		flags := s.u8()
		style := &j2kStyle{sop: flags&2 != 0, eph: flags&4 != 0, order: s.u8(), layers: s.u16(), mixed: s.u8() == 1}
		if style.order > orderCPRL || style.layers == 0 {
			return damaged(JP2, "progression %d of %d layers", style.order, style.layers)
		}
		t.style = style
		t.coding[-1], err = readCoding(s, flags&1 != 0)
	case j2kCOC, j2kQCC:
		n := s.u8() // of fewer than 257 components
		if n >= components {
			return damaged(JP2, "coding of component %d of %d", n, components)
		}
		if marker == j2kQCC {
			t.quant[n], err = readQuant(s)
		} else {
			t.coding[n], err = readCoding(s, s.u8()&1 != 0)
		}
	case j2kQCD:
		t.quant[-1], err = readQuant(s)
	case j2kRGN:
		return unsupported(JP2, "regions of interest")
	case j2kPOC:
		return unsupported(JP2, "changes of progression")
	case j2kPPM, j2kPPT:
		return unsupported(JP2, "packed packet headers")
	}
	return err
}

// tilePart reads a tile-part: its header's segments and its data (A.4.2).
func (f *j2kFile) tilePart(s, c *cursor) error {
	start := c.at - 12
	number, length := s.u16(), int(s.u32())
	if s.short || number >= len(f.tiles) {
		return damaged(JP2, "tile-part of tile %d of %d", number, len(f.tiles))
	}
	end := start + length
	if length == 0 { // the last one, up to the end of the codestream
		end = len(c.b)
		if end >= 2 && c.b[end-2] == j2kEOC>>8 && c.b[end-1] == j2kEOC&0xff {
			end -= 2
		}
	}
	if end < c.at+2 || end > len(c.b) {
		return damaged(JP2, "tile-part of %d bytes", length)
	}
	t := &f.tiles[number]
	t.seen = true
	part := cursor{b: c.b[:end], at: c.at}
	for range maxSegments {
		marker := part.u16()
		if marker == j2kSOD {
			t.data = append(t.data, part.take(part.left())...)
			c.at = end
			return nil
		}
		s := part.segment()
		if part.short {
			return damaged(JP2, "header of a tile-part is cut off")
		}
		if err := f.header(t, marker, &s); err != nil {
			return err
		}
	}
	return tooLarge(JP2, "more than %d segments", maxSegments)
}

// decodeTile decodes a tile into the image. It says whether nothing was lost by
// the wavelet.
func (f *j2kFile) decodeTile(number int, img *Image, blocks *blockDecoder) (lossless bool, err error) {
	t := &f.tiles[number]
	if !t.seen {
		return false, damaged(JP2, "tile %d is missing", number)
	}
	d := tileDecoder{style: t.style, data: t.data, j2kWork: &f.work}
	if d.style == nil {
		d.style = f.main.style
	}
	area := f.size.tile(number)
	lossless = true
	for i, depth := range f.size.depth {
		coding, quant := t.codingOf(i, &f.main), t.quantOf(i, &f.main)
		if d.style == nil || coding == nil || quant == nil {
			return false, damaged(JP2, "no coding style or no quantisation")
		}
		if err := d.component(i, area, depth, coding, quant); err != nil {
			return false, err
		}
		lossless = lossless && coding.reversible
	}
	if err := d.each(d.packet); err != nil {
		return false, err
	}
	if d.style.mixed && len(d.components) < 3 {
		return false, damaged(JP2, "transform of %d components", len(d.components))
	}
	components := 1
	if len(d.components) >= 3 && (d.style.mixed || !f.luma) {
		components = 3
	}
	d.samples(blocks, components)
	return lossless, f.grey(&d, area, img)
}

// codingOf and quantOf: a tile's word on a component, then on all, then the main
// header's (A.6).
func (t *j2kTile) codingOf(component int, main *j2kTile) *j2kCoding {
	return first(t.coding[component], t.coding[-1], main.coding[component], main.coding[-1])
}

func (t *j2kTile) quantOf(component int, main *j2kTile) *j2kQuant {
	return first(t.quant[component], t.quant[-1], main.quant[component], main.quant[-1])
}

func first[T any](all ...*T) *T {
	for _, v := range all {
		if v != nil {
			return v
		}
	}
	return nil
}

// grey undoes the component transform (annex G) and writes the tile.
func (f *j2kFile) grey(d *tileDecoder, area rect, img *Image) error {
	colour := len(d.components) >= 3 && !f.luma
	if d.style.mixed {
		for _, c := range d.components[1:3] {
			if c.coding.reversible != d.components[0].coding.reversible {
				return damaged(JP2, "transform of components with different wavelets")
			}
		}
	}
	w := area.w()
	value := func(c, at int) float64 {
		if p := &d.components[c]; p.coding.reversible {
			return float64(p.whole[at])
		}
		return float64(d.components[c].real[at])
	}
	for y := range area.h() {
		at := (area.y0-f.size.image.y0+y)*img.Width + area.x0 - f.size.image.x0
		out := img.Pix[at : at+w]
		if !colour && !d.style.mixed {
			f.greyRow(out, &d.components[0], y*w)
			continue
		}
		for x := range out {
			i := y*w + x
			a, b, c := value(0, i), value(1, i), value(2, i)
			if d.style.mixed && d.components[0].coding.reversible {
				green := a - math.Floor((b+c)/4)
				a, b, c = c+green, green, b+green
			} else if d.style.mixed {
				a, b, c = a+1.402*c, a-0.344136*b-0.714136*c, a+1.772*b
			}
			if !colour {
				out[x] = f.level(0, a)
				continue
			}
			// The weights of the standard library's grey, those of T.871.
			red, green, blue := int(f.level(0, a)), int(f.level(1, b)), int(f.level(2, c))
			out[x] = byte((19595*red + 38470*green + 7471*blue + 1<<15) >> 16)
		}
	}
	return nil
}

// greyRow writes a row of the first component, whose samples begin at the given
// place.
func (f *j2kFile) greyRow(out []byte, c *j2kComponent, at int) {
	switch {
	case !c.coding.reversible:
		for x, v := range c.real[at : at+len(out)] {
			out[x] = f.level(0, float64(v))
		}
	case f.size.depth[0] == 8:
		for x, v := range c.whole[at : at+len(out)] {
			out[x] = byte(min(max(v, -128), 127) + 128)
		}
	default:
		for x, v := range c.whole[at : at+len(out)] {
			out[x] = f.level(0, float64(v))
		}
	}
}

// level turns a sample of a component into a grey of eight bits (G.1).
func (f *j2kFile) level(component int, v float64) byte {
	depth := f.size.depth[component]
	top := float64(int(1)<<depth - 1)
	v = math.RoundToEven(v) + float64(int(1)<<(depth-1))
	if !(v > 0) {
		return 0
	}
	v = min(v, top)
	if depth != 8 {
		v = math.Round(v * 255 / top)
	}
	return byte(v)
}
