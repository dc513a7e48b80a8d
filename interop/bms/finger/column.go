package finger

import "sync"

// slabPlaces is how many prints lie together: a column grows and is written to slab
// by slab, so that a search is held up by no more than one.
const slabPlaces = 1024

// Column holds one print at each of many places, as a gallery does for one finger
// of many people: about 1.7 kB a print, from which both comparisons work. It is a
// cache of templates that are kept elsewhere. Many may search while others write.
type Column struct {
	mu    sync.RWMutex // guards slabs
	slabs []*slab
}

type slab struct {
	sync.RWMutex
	blocks [slabPlaces * blockBytes]byte
	rest   [slabPlaces]rest
}

// rest is what a print has beside its block.
type rest struct {
	n, coded uint8
	ones     [lanes]uint8
	mask     [lanes]uint64
	xy       [maxPoints][2]int16
	angle    [maxPoints]uint8
}

// Probe is a print made ready to be searched for.
type Probe struct{ coarse coarseProbe }

// NewProbe makes a print ready to be searched for.
func NewProbe(p *Print) *Probe {
	var probe Probe
	probe.coarse.set(p)
	return &probe
}

// Put writes the print to a place, over what was there.
func (c *Column) Put(place int, p *Print) {
	s := c.slab(place/slabPlaces, true)
	s.Lock()
	defer s.Unlock()
	at := place % slabPlaces
	setBlock(s.blocks[at*blockBytes:(at+1)*blockBytes], p)
	r := rest{n: uint8(p.n), coded: uint8(p.coded)}
	for i := range p.coded {
		r.ones[i], r.mask[i] = p.code[i].ones, p.code[i].mask
	}
	for i, q := range p.points[:p.n] {
		r.xy[i], r.angle[i] = [2]int16{q.x, q.y}, q.angle
	}
	s.rest[at] = r
}

// Drop overwrites what is at a place at once. A place without a print stays so.
func (c *Column) Drop(place int) {
	s := c.slab(place/slabPlaces, false)
	if s == nil {
		return
	}
	s.Lock()
	defer s.Unlock()
	at := place % slabPlaces
	clear(s.blocks[at*blockBytes : (at+1)*blockBytes])
	s.rest[at] = rest{}
}

// slab returns the slab of a number, made when it is not there and grow says so.
func (c *Column) slab(n int, grow bool) *slab {
	c.mu.RLock()
	if n < len(c.slabs) {
		defer c.mu.RUnlock()
		return c.slabs[n]
	}
	c.mu.RUnlock()
	if !grow {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.slabs) <= n {
		c.slabs = append(c.slabs, new(slab))
	}
	return c.slabs[n]
}

// Stride is what AddLikeness may begin at multiples of.
const Stride = slabPlaces

// AddLikeness adds to the sum of each place from first on how like its print is to
// the probe by the first comparison, in whole numbers: at most 3680 for a finger,
// and 0 where no print lies. first is a multiple of Stride. It allocates nothing.
func (c *Column) AddLikeness(probe *Probe, first int, sums []uint16) {
	var scores [batch]uint16
	for from := 0; from < len(sums); from += slabPlaces {
		s := c.slab((first+from)/slabPlaces, false)
		if s == nil {
			return
		}
		part := sums[from:min(from+slabPlaces, len(sums))]
		s.RLock()
		for from := 0; from < len(part); from += batch {
			some := part[from:min(from+batch, len(part))]
			scan(&probe.coarse, s.blocks[from*blockBytes:(from+len(some))*blockBytes], scores[:len(some)])
			for i, score := range scores[:len(some)] {
				some[i] += score
			}
		}
		s.RUnlock()
	}
}

// Print makes p the print at a place and tells whether there is one.
func (c *Column) Print(place int, p *Print) bool {
	*p = Print{}
	s := c.slab(place/slabPlaces, false)
	if s == nil {
		return false
	}
	s.RLock()
	defer s.RUnlock()
	at := place % slabPlaces
	r := &s.rest[at]
	p.n, p.coded = int(r.n), int(r.coded)
	for i := range p.n {
		p.points[i] = point{x: r.xy[i][0], y: r.xy[i][1], angle: r.angle[i]}
	}
	block := s.blocks[at*blockBytes : (at+1)*blockBytes]
	for i := range p.coded {
		p.code[i] = cylinder{word: blockWords(block, i), mask: r.mask[i], ones: r.ones[i]}
	}
	p.around.set(p.points[:p.n])
	return p.n > 0
}
