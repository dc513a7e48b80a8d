package finger

import (
	"cmp"
	"slices"
)

// Search is what a search is to do.
type Search struct {
	// Calibration adds up the fingers.
	Calibration Calibration
	// Fine is the part of the persons with a finger in common that get the fine
	// comparison, the best of the coarse one: 0.02 is the best 2 %. Who is like
	// the probe in nothing is not among them, except that 1 compares everybody
	// finely and loses nobody.
	Fine float64
	// FineAtLeast is how many get it in any case.
	FineAtLeast int
	// Keep is how many candidates are wanted at most.
	Keep int
	// Least is the score that a candidate must reach.
	Least float64
}

// Searcher is what one search writes on; one goroutine uses it at a time. It
// keeps its memory between searches: 4 bytes for each person of the shard.
type Searcher struct {
	fine    *Scratch
	probe   coarseProbe
	scores  [chunkSlots]uint16
	coarse  []uint32 // by person: sum over fingers, from 1; 0 of no common finger
	counts  []uint32 // how many persons have each sum
	persons []int32
	found   []Candidate
	mate    Print
}

// NewSearcher returns a searcher.
func NewSearcher() *Searcher { return &Searcher{fine: NewScratch()} }

// highestCoarse is above every sum of the coarse comparison.
const highestCoarse = (int(LeftLittle)+1)*lanes*(255-floor) + 2

// Search finds the persons of the shard whose prints are most like the probe's:
// the best first, of equal score the lowest key. What it returns stays good until
// the searcher's next search. The coarse comparison scans every print of the
// probe's fingers and leaves none out; the fine one compares the best of them and
// all that tie with the last.
func (w *Searcher) Search(s *Shard, probe *Hand, want Search) []Candidate {
	s.mu.RLock()
	defer s.mu.RUnlock()
	w.coarse = slices.Grow(w.coarse[:0], len(s.keys))[:len(s.keys)]
	clear(w.coarse)
	for position, p := range probe {
		if p != nil {
			w.scan(&s.drawer[position], p)
		}
	}
	w.choose(want)
	w.found = w.found[:0]
	for _, person := range w.persons {
		c := Candidate{Key: s.keys[person], Coarse: w.coarse[person] - 1}
		for position, p := range probe {
			if p == nil {
				continue
			}
			if w.load(&s.drawer[position], person) {
				c.Score += want.Calibration.LLR(w.fine.Compare(p, &w.mate))
				c.Fingers++
			}
		}
		if c.Score >= want.Least {
			w.found = append(w.found, c)
		}
	}
	rank(w.found)
	return w.found[:min(max(want.Keep, 0), len(w.found))]
}

func rank(c []Candidate) {
	slices.SortFunc(c, func(a, b Candidate) int {
		if d := cmp.Compare(b.Score, a.Score); d != 0 {
			return d
		}
		return cmp.Compare(a.Key, b.Key)
	})
}

// scan adds the coarse scores of one finger to the persons'.
func (w *Searcher) scan(d *drawer, p *Print) {
	w.probe.set(p)
	for i, c := range d.chunks {
		n := min(chunkSlots, d.used-i*chunkSlots)
		scan(&w.probe, c.blocks[:n*blockBytes], w.scores[:n])
		for j, score := range w.scores[:n] {
			if person := c.person[j]; person != 0 {
				w.coarse[person] = max(w.coarse[person], 1) + uint32(score)
			}
		}
	}
}

// choose gathers the persons that get the fine comparison.
func (w *Searcher) choose(want Search) {
	if w.counts == nil {
		w.counts = make([]uint32, highestCoarse)
	}
	clear(w.counts)
	common := 0
	for _, sum := range w.coarse {
		if sum > 0 {
			w.counts[sum]++
			common++
		}
	}
	wanted := max(int(want.Fine*float64(common)), want.FineAtLeast)
	// A sum of 1 is a finger in common and no likeness.
	lowest := uint32(2)
	if want.Fine >= 1 {
		lowest = 1
	}
	cut, chosen := uint32(highestCoarse), 0
	for cut > lowest && chosen < wanted {
		cut--
		chosen += int(w.counts[cut])
	}
	w.persons = w.persons[:0]
	for person, sum := range w.coarse {
		if sum >= cut && sum > 0 {
			w.persons = append(w.persons, int32(person))
		}
	}
}

// load makes mate the person's print in the drawer, if there is one.
func (w *Searcher) load(d *drawer, person int32) bool {
	if int(person) >= len(d.slotOf) || d.slotOf[person] == 0 {
		return false
	}
	c, i := d.at(d.slotOf[person] - 1)
	c.slots[i].print(&w.mate, c.blocks[i*blockBytes:(i+1)*blockBytes])
	return true
}
