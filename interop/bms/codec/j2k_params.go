package codec

import "math"

// Markers of a JPEG 2000 codestream (ISO/IEC 15444-1 table A.2).
const (
	j2kSOC = 0xff4f // start of codestream
	j2kSIZ = 0xff51 // image and tile size
	j2kCOD = 0xff52 // coding style
	j2kCOC = 0xff53 // coding style of a component
	j2kQCD = 0xff5c // quantisation
	j2kQCC = 0xff5d // quantisation of a component
	j2kRGN = 0xff5e // region of interest
	j2kPOC = 0xff5f // progression order change
	j2kPPM = 0xff60 // packed packet headers, main
	j2kPPT = 0xff61 // packed packet headers, tile
	j2kSOT = 0xff90 // start of tile-part
	j2kSOP = 0xff91 // start of packet
	j2kEPH = 0xff92 // end of packet header
	j2kSOD = 0xff93 // start of data
	j2kEOC = 0xffd9 // end of codestream
)

// Bounds of what we decode; honest images of faces and fingers are far inside.
const (
	maxComponents = 4
	maxDepth      = 16 // bits a sample
	maxLevels     = 32
	maxTiles      = 4096
	maxParts      = 1 << 18 // precincts and code-blocks of an image
	maxVisits     = 1 << 24 // code-blocks looked at in all packet headers
)

// passesOf is how many coding passes a sample of a component may have on average.
// Noise takes three for each bit of depth and about seven more planes, those of
// the bands' gain and of a fine quantisation.
func passesOf(depth int) int { return 3*depth + 24 }

// rect is a rectangle of the reference grid, or of a band: x1 and y1 outside.
type rect struct{ x0, y0, x1, y1 int }

func (r rect) w() int      { return r.x1 - r.x0 }
func (r rect) h() int      { return r.y1 - r.y0 }
func (r rect) empty() bool { return r.x0 >= r.x1 || r.y0 >= r.y1 }

func ceilShift(v, n int) int { return (v + 1<<n - 1) >> n }

// shifted divides the corners by a power of two, rounded up.
func (r rect) shifted(n int) rect {
	return rect{ceilShift(r.x0, n), ceilShift(r.y0, n), ceilShift(r.x1, n), ceilShift(r.y1, n)}
}

func (r rect) cut(o rect) rect {
	return rect{max(r.x0, o.x0), max(r.y0, o.y0), min(r.x1, o.x1), min(r.y1, o.y1)}
}

// j2kSize is the marker segment SIZ (A.5.1).
type j2kSize struct {
	image        rect
	tileX, tileY int // origin of the tiles
	tileW, tileH int
	across       int // tiles in a row
	tiles        int
	depth        []int // of each component
}

func readSize(s *cursor, l Limits) (j2kSize, error) {
	var z j2kSize
	capabilities := s.u16()
	var n [8]uint32
	for i := range n {
		n[i] = s.u32()
	}
	components := s.u16()
	if s.short {
		return z, damaged(JP2, "SIZ is cut off")
	}
	for _, v := range n {
		if v > math.MaxInt32 {
			return z, tooLarge(JP2, "grid of %d", v)
		}
	}
	z.image = rect{int(n[2]), int(n[3]), int(n[0]), int(n[1])}
	z.tileW, z.tileH, z.tileX, z.tileY = int(n[4]), int(n[5]), int(n[6]), int(n[7])
	if err := l.check(JP2, z.image.w(), z.image.h()); err != nil {
		return z, err
	}
	if z.tileW == 0 || z.tileH == 0 || z.tileX > z.image.x0 || z.tileY > z.image.y0 ||
		z.tileX+z.tileW <= z.image.x0 || z.tileY+z.tileH <= z.image.y0 {
		return z, damaged(JP2, "tiles of %d by %d that do not meet the image", z.tileW, z.tileH)
	}
	z.across = (z.image.x1 - z.tileX + z.tileW - 1) / z.tileW
	z.tiles = z.across * ((z.image.y1 - z.tileY + z.tileH - 1) / z.tileH)
	switch {
	case z.tiles > maxTiles:
		return z, tooLarge(JP2, "%d tiles", z.tiles)
	case capabilities&0x4000 != 0:
		return z, unsupported(JP2, "high-throughput blocks (part 15)")
	case components == 0 || components > maxComponents:
		return z, unsupported(JP2, "%d components", components)
	}
	for range components {
		depth, dx, dy := s.u8(), s.u8(), s.u8()
		switch {
		case s.short:
			return z, damaged(JP2, "SIZ is cut off")
		case depth&0x80 != 0 || depth+1 > maxDepth:
			return z, unsupported(JP2, "samples of %d bits, or with a sign", depth&0x7f+1)
		case dx != 1 || dy != 1:
			return z, unsupported(JP2, "components of different sizes")
		}
		z.depth = append(z.depth, depth+1)
	}
	return z, nil
}

// tile gives a tile's rectangle of the grid (B.3).
func (z *j2kSize) tile(i int) rect {
	x, y := z.tileX+i%z.across*z.tileW, z.tileY+i/z.across*z.tileH
	return rect{x, y, x + z.tileW, y + z.tileH}.cut(z.image)
}

// Progression orders (table A.16).
const (
	orderLRCP = iota
	orderRLCP
	orderRPCL
	orderPCRL
	orderCPRL
)

// j2kStyle is what COD says of the whole tile (A.6.1).
type j2kStyle struct {
	order, layers int
	mixed         bool // a component transform over the first three
	sop, eph      bool
}

// j2kCoding is what COD or COC says of a component.
type j2kCoding struct {
	levels         int
	blockX, blockY int // logarithms of a code-block's sides
	style          int
	reversible     bool
	precinct       [][2]int // logarithms of the sides, for each resolution
}

func readCoding(s *cursor, precincts bool) (*j2kCoding, error) {
	c := &j2kCoding{levels: s.u8(), blockX: s.u8() + 2, blockY: s.u8() + 2, style: s.u8()}
	transform := s.u8()
	c.reversible = transform == 1
	switch {
	case s.short:
		return nil, damaged(JP2, "coding style is cut off")
	case c.levels > maxLevels || c.blockX > 10 || c.blockY > 10 || c.blockX+c.blockY > 12 || transform > 1:
		return nil, damaged(JP2, "coding style of %d levels, blocks of 2^%d by 2^%d, transform %d", c.levels, c.blockX, c.blockY, transform)
	case c.style >= 64:
		return nil, unsupported(JP2, "code-block style %02x", c.style)
	}
	for r := range c.levels + 1 {
		size := 0xff
		if precincts {
			size = s.u8()
		}
		if r > 0 && (size&0xf == 0 || size>>4 == 0) && !s.short {
			return nil, damaged(JP2, "precincts of one sample")
		}
		c.precinct = append(c.precinct, [2]int{size & 0xf, size >> 4})
	}
	if s.short {
		return nil, damaged(JP2, "coding style is cut off")
	}
	return c, nil
}

// j2kQuant is what QCD or QCC says (A.6.4): for each band from the lowest up an
// exponent and a mantissa.
type j2kQuant struct {
	kind     int // 0 none, 1 derived from the lowest band, 2 each band its own
	guard    int
	exponent []int
	mantissa []int
}

func readQuant(s *cursor) (*j2kQuant, error) {
	first := s.u8()
	q := &j2kQuant{kind: first & 31, guard: first >> 5}
	if q.kind > 2 {
		return nil, damaged(JP2, "quantisation of kind %d", q.kind)
	}
	for s.left() > 0 {
		if q.kind == 0 {
			q.exponent, q.mantissa = append(q.exponent, s.u8()>>3), append(q.mantissa, 0)
			continue
		}
		v := s.u16()
		q.exponent, q.mantissa = append(q.exponent, v>>11), append(q.mantissa, v&0x7ff)
	}
	if s.short || len(q.exponent) == 0 || len(q.exponent) > 3*maxLevels+1 {
		return nil, damaged(JP2, "quantisation of %d bands", len(q.exponent))
	}
	return q, nil
}

// band gives the exponent and mantissa of a band: number 0 is the lowest, then
// three a resolution (E.1).
func (q *j2kQuant) band(n int) (exponent, mantissa int, ok bool) {
	if q.kind == 1 {
		exponent = q.exponent[0]
		if n > 0 {
			exponent -= (n - 1) / 3
		}
		return exponent, q.mantissa[0], exponent >= 0
	}
	if n >= len(q.exponent) {
		return 0, 0, false
	}
	return q.exponent[n], q.mantissa[n], true
}
