package codec

import (
	"math"
	"slices"
)

// j2kTile is what the headers say of one tile, and its data.
type j2kTile struct {
	seen   bool
	style  *j2kStyle
	coding map[int]*j2kCoding // by component, -1 for all
	quant  map[int]*j2kQuant
	data   []byte
}

// The parts of a tile, from ISO/IEC 15444-1 B.5 to B.9.
type (
	codeBlock struct {
		rect           // in the band
		planes     int // magnitude bits, once included
		passes     int // that packets have brought so far
		lengthBits int // Lblock
		segments   []segment
	}
	segment struct {
		passes int // it has
		end    int // the pass before which it ends
		data   []byte
	}
	precinctBand struct {
		band                  *j2kBand
		planes                int // of the band
		blocks                []codeBlock
		inclusion, zeroPlanes tagTree
	}
	precinct struct {
		component, resolution int
		x, y                  int // on the grid, for the orders by position
		style                 int // of its code-blocks
		bands                 []precinctBand
	}
	j2kBand struct {
		rect
		kind   int
		x, y   int // in the component's plane
		planes int
		step   float32 // of the quantisation
	}
	j2kComponent struct {
		rect
		coding      *j2kCoding
		resolutions []rect
		whole       []int32   // its samples after the reversible wavelet
		real        []float32 // or after the other
	}
)

// bytes is how much data the block has.
func (b *codeBlock) bytes() int {
	n := 0
	for _, s := range b.segments {
		n += len(s.data)
	}
	return n
}

// tileDecoder decodes one tile.
type tileDecoder struct {
	style      *j2kStyle
	components []j2kComponent
	precincts  []*precinct
	data       []byte
	chunks     []chunk
	*j2kWork
}

// j2kWork counts what an image costs besides its pixels.
type j2kWork struct {
	parts  int // precincts and code-blocks
	visits int // of code-blocks, in packet headers
	passes int // over a coefficient that may still come
}

func (w *j2kWork) need(parts int) error {
	w.parts += parts
	if parts > maxParts || w.parts > maxParts {
		return tooLarge(JP2, "more than %d precincts and code-blocks", maxParts)
	}
	return nil
}

// component lays a component of the tile out: resolutions, bands, precincts and
// code-blocks.
func (d *tileDecoder) component(number int, tile rect, depth int, coding *j2kCoding, quant *j2kQuant) error {
	if coding.reversible && quant.kind != 0 {
		return unsupported(JP2, "reversible wavelet with quantisation")
	}
	c := j2kComponent{rect: tile, coding: coding}
	for r := range coding.levels + 1 {
		c.resolutions = append(c.resolutions, tile.shifted(coding.levels-r))
	}
	for r, res := range c.resolutions {
		bands, err := c.bands(r, depth, quant)
		if err != nil {
			return err
		}
		if res.empty() {
			continue
		}
		px, py := coding.precinct[r][0], coding.precinct[r][1]
		x0, y0, x1, y1 := res.x0>>px, res.y0>>py, ceilShift(res.x1, px), ceilShift(res.y1, py)
		if err := d.need(max(x1-x0, (x1-x0)*(y1-y0))); err != nil {
			return err
		}
		up := coding.levels - r
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				p := &precinct{component: number, resolution: r, style: coding.style,
					x: max(tile.x0, x<<(px+up)), y: max(tile.y0, y<<(py+up))}
				for _, b := range bands {
					qx, qy := px, py
					if r > 0 {
						qx, qy = px-1, py-1
					}
					area := rect{x << qx, y << qy, (x + 1) << qx, (y + 1) << qy}.cut(b.rect)
					pb, err := d.precinctBand(b, area, min(coding.blockX, qx), min(coding.blockY, qy))
					if err != nil {
						return err
					}
					p.bands = append(p.bands, pb)
				}
				d.precincts = append(d.precincts, p)
			}
		}
	}
	d.components = append(d.components, c)
	return nil
}

// bands gives the bands of a resolution: the lowest, or three (B.5).
func (c *j2kComponent) bands(r, depth int, quant *j2kQuant) ([]*j2kBand, error) {
	kinds := []int{bandLL}
	level := c.coding.levels
	var below rect // the resolution whose size says where high-pass begins
	if r > 0 {
		kinds = []int{bandHL, bandLH, bandHH}
		level -= r - 1
		below = c.resolutions[r-1]
	}
	var out []*j2kBand
	for _, kind := range kinds {
		x, y := kind&1, kind>>1
		b := &j2kBand{kind: kind, x: x * below.w(), y: y * below.h()}
		if r == 0 {
			b.rect = c.resolutions[0]
		} else {
			half := 1 << (level - 1)
			b.rect = rect{c.x0 - x*half, c.y0 - y*half, c.x1 - x*half, c.y1 - y*half}.shifted(level)
		}
		n := 0
		if r > 0 {
			n = 3*(r-1) + kind
		}
		exponent, mantissa, ok := quant.band(n)
		if !ok {
			return nil, damaged(JP2, "no quantisation for band %d", n)
		}
		b.planes = quant.guard + exponent - 1
		if b.planes > maxPlanes {
			return nil, unsupported(JP2, "coefficients of %d bits", b.planes)
		}
		gain := x + y
		b.step = float32(math.Ldexp(1+float64(mantissa)/2048, depth+gain-exponent))
		out = append(out, b)
	}
	return out, nil
}

// precinctBand lays out the code-blocks of a band in a precinct.
func (d *tileDecoder) precinctBand(b *j2kBand, area rect, bx, by int) (precinctBand, error) {
	p := precinctBand{band: b, planes: b.planes}
	if area.empty() {
		return p, nil
	}
	x0, y0, x1, y1 := area.x0>>bx, area.y0>>by, ceilShift(area.x1, bx), ceilShift(area.y1, by)
	w, h := x1-x0, y1-y0
	if err := d.need(max(w, w*h)); err != nil {
		return p, err
	}
	p.blocks = make([]codeBlock, 0, w*h)
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			p.blocks = append(p.blocks, codeBlock{rect: rect{x << bx, y << by, (x + 1) << bx, (y + 1) << by}.cut(area)})
		}
	}
	p.inclusion, p.zeroPlanes = newTagTree(w, h), newTagTree(w, h)
	return p, nil
}

// each does something with every packet, in the order of the progression (B.12).
func (d *tileDecoder) each(packet func(p *precinct, layer int) error) error {
	key := func(p *precinct) [4]int {
		switch d.style.order {
		case orderRPCL:
			return [4]int{p.resolution, p.y, p.x, p.component}
		case orderPCRL:
			return [4]int{p.y, p.x, p.component, p.resolution}
		case orderCPRL:
			return [4]int{p.component, p.y, p.x, p.resolution}
		}
		return [4]int{p.resolution, p.component}
	}
	slices.SortStableFunc(d.precincts, func(a, b *precinct) int {
		ka, kb := key(a), key(b)
		return slices.Compare(ka[:], kb[:])
	})
	// All of it by layers, or a resolution by layers, or a precinct by layers.
	same := func(a, b *precinct) bool {
		switch d.style.order {
		case orderLRCP:
			return true
		case orderRLCP:
			return a.resolution == b.resolution
		}
		return a == b
	}
	for from := 0; from < len(d.precincts); {
		to := from + 1
		for to < len(d.precincts) && same(d.precincts[from], d.precincts[to]) {
			to++
		}
		for layer := range d.style.layers {
			for _, p := range d.precincts[from:to] {
				if err := packet(p, layer); err != nil {
					return err
				}
			}
		}
		from = to
	}
	return nil
}

// samples decodes the code-blocks of the first components and runs the wavelet.
func (d *tileDecoder) samples(blocks *blockDecoder, components int) {
	wanted := d.components[:components]
	for i := range wanted {
		c := &wanted[i]
		if c.coding.reversible {
			c.whole = make([]int32, c.w()*c.h())
		} else {
			c.real = make([]float32, c.w()*c.h())
		}
	}
	for _, p := range d.precincts {
		if p.component >= components {
			continue // transparency: its packets had to be read, no more
		}
		c := &wanted[p.component]
		for i := range p.bands {
			band := p.bands[i].band
			for j := range p.bands[i].blocks {
				blk := &p.bands[i].blocks[j]
				if blk.bytes() == 0 {
					continue // nothing but ones behind the end: every decision is the probable one, zero
				}
				blocks.decode(blk, band.kind, p.style)
				at := (band.y+blk.y0-band.y0)*c.w() + band.x + blk.x0 - band.x0
				c.put(blocks, at, band.step)
			}
		}
	}
	for i := range wanted {
		c := &wanted[i]
		if c.coding.reversible {
			reversible.synthesise(c.whole, c.w(), c.resolutions)
		} else {
			irreversible.synthesise(c.real, c.w(), c.resolutions)
		}
	}
}

// put writes a decoded block into the plane.
func (c *j2kComponent) put(b *blockDecoder, at int, step float32) {
	for y := range b.h {
		in := b.value[y*b.w : (y+1)*b.w]
		if c.coding.reversible {
			out := c.whole[at : at+b.w]
			for x, v := range in {
				n := int32(v&^negative) >> 1
				if v&negative != 0 {
					n = -n
				}
				out[x] = n
			}
		} else {
			out := c.real[at : at+b.w]
			for x, v := range in {
				n := float32(v&^negative) * 0.5 * step
				if v&negative != 0 {
					n = -n
				}
				out[x] = n
			}
		}
		at += c.w()
	}
}
