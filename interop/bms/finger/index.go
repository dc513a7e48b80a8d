package finger

import (
	"errors"
	"slices"
	"sync"
)

// Hand holds the prints of one person by finger; nil where there is none. A
// finger is compared with the same finger alone, prints of an unknown finger
// with prints of an unknown finger.
type Hand [LeftLittle + 1]*Print

// Candidate is a person that a search found.
type Candidate struct {
	Key     uint64  // the person's, as added
	Score   float64 // sum of the fingers' likelihood ratios, as Calibration.LLR
	Fingers int     // that both sides had
	Coarse  uint32  // what the first comparison gave
}

// chunkSlots is how many prints lie in one piece of memory.
const chunkSlots = 1024

// slot is what the fine comparison needs of a print beside its block.
type slot struct {
	points   [maxPoints]point
	mask     [lanes]uint64
	ones     [lanes]uint8
	n, coded uint8
}

// chunk is memory of many prints, without a pointer to any.
type chunk struct {
	blocks [chunkSlots * blockBytes]byte
	slots  [chunkSlots]slot
	person [chunkSlots]int32 // in the order of the shard, from 1; 0 of a free slot
}

// drawer holds all prints of one finger.
type drawer struct {
	chunks []*chunk
	used   int     // slots ever taken
	free   []int32 // of these, those to take again
	slotOf []int32 // by person: slot from 1, 0 of none
}

// Shard is a gallery in memory: the prints of persons, searched exhaustively. It
// is a copy that can be built again from the templates. What is removed is
// overwritten at once. It is safe for use by several goroutines: searches go on
// side by side and hold off whoever adds or removes. A print takes 1.8 kB.
type Shard struct {
	mu     sync.RWMutex
	byKey  map[uint64]int32 // person, from 1
	keys   []uint64         // by person, of those in byKey
	free   []int32          // persons to take again
	drawer [LeftLittle + 1]drawer
}

// NewShard returns a shard without persons.
func NewShard() *Shard {
	return &Shard{byKey: map[uint64]int32{}, keys: make([]uint64, 1)}
}

// Persons is how many there are.
func (s *Shard) Persons() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.byKey)
}

// Prints is how many there are, of all persons.
func (s *Shard) Prints() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n := 0
	for i := range s.drawer {
		n += s.drawer[i].used - len(s.drawer[i].free)
	}
	return n
}

// Add puts a person into the gallery, in the place of what the key held before.
// It copies the prints. A hand without a print is refused: nothing could find it.
func (s *Shard) Add(key uint64, hand *Hand) error {
	if *hand == (Hand{}) {
		return errors.New("finger: a person without prints cannot be searched")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(key)
	var person int32
	if n := len(s.free); n > 0 {
		person, s.free = s.free[n-1], s.free[:n-1]
		s.keys[person] = key
	} else {
		person = int32(len(s.keys))
		s.keys = append(s.keys, key)
	}
	s.byKey[key] = person
	for position, p := range hand {
		if p != nil {
			s.drawer[position].add(person, p)
		}
	}
	return nil
}

// Remove takes a person out and overwrites every print with zeros before it
// returns. It says whether there was one.
func (s *Shard) Remove(key uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.remove(key)
}

func (s *Shard) remove(key uint64) bool {
	person, there := s.byKey[key]
	if !there {
		return false
	}
	for i := range s.drawer {
		s.drawer[i].remove(person)
	}
	delete(s.byKey, key)
	s.keys[person] = 0
	s.free = append(s.free, person)
	return true
}

func (d *drawer) at(n int32) (*chunk, int) { return d.chunks[n/chunkSlots], int(n % chunkSlots) }

func (d *drawer) add(person int32, p *Print) {
	var n int32
	if last := len(d.free) - 1; last >= 0 {
		n, d.free = d.free[last], d.free[:last]
	} else {
		n = int32(d.used)
		d.used++
		if int(n/chunkSlots) == len(d.chunks) {
			d.chunks = append(d.chunks, new(chunk))
		}
	}
	c, i := d.at(n)
	setBlock(c.blocks[i*blockBytes:(i+1)*blockBytes], p)
	c.slots[i].set(p)
	c.person[i] = person
	if grow := int(person) + 1 - len(d.slotOf); grow > 0 {
		d.slotOf = append(d.slotOf, make([]int32, grow)...)
	}
	d.slotOf[person] = n + 1
}

func (d *drawer) remove(person int32) {
	if int(person) >= len(d.slotOf) || d.slotOf[person] == 0 {
		return
	}
	n := d.slotOf[person] - 1
	c, i := d.at(n)
	clear(c.blocks[i*blockBytes : (i+1)*blockBytes])
	c.slots[i] = slot{}
	c.person[i] = 0
	d.slotOf[person] = 0
	d.free = append(d.free, n)
}

func (s *slot) set(p *Print) {
	s.points = p.points
	s.n, s.coded = uint8(p.n), uint8(p.coded)
	for i := range p.code {
		s.mask[i], s.ones[i] = p.code[i].mask, p.code[i].ones
	}
}

// print makes p the print that the slot and its block hold.
func (s *slot) print(p *Print, block []byte) {
	p.points, p.n, p.coded = s.points, int(s.n), int(s.coded)
	for i := range p.coded {
		lane := blockLane(block, i)
		p.code[i] = cylinder{word: lane.words(), mask: s.mask[i], ones: s.ones[i]}
	}
	p.around.set(p.points[:p.n])
}

// Merge brings the candidates of several shards into one list: the best first,
// of equal score the lowest key, at most k. Keys are taken to be in one shard
// each. Who got the fine comparison was decided in each shard for itself.
func Merge(k int, lists ...[]Candidate) []Candidate {
	out := slices.Concat(lists...)
	rank(out)
	return out[:min(max(k, 0), len(out))]
}
