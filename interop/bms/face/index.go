package face

import (
	"cmp"
	"math"
	"slices"
	"sync"
)

// slabRows is how many vectors lie together, 2 MB of them: a gallery grows and
// is written to slab by slab, so that a search is held up by no more than one.
const slabRows = 4096

// blockRows is how many rows are compared between two looks at the results,
// which then are still in the nearest cache.
const blockRows = 128

// Slot is the place of a vector in an index. It stays the vector's until that is
// removed.
type Slot uint32

// Hit is a vector of the gallery with its likeness to a probe.
type Hit struct {
	Slot   Slot
	Cosine float32
}

// Index holds the vectors of one model and compares probes with every one of
// them: the answer is exact, and its cost grows with the gallery. It is a cache of
// templates that are kept elsewhere. Many may search while others write.
type Index struct {
	model Model

	grow  sync.RWMutex // guards slabs, free and live
	slabs []*slab
	free  []Slot
	live  int
}

type slab struct {
	sync.RWMutex
	rows [slabRows][Dimensions]int8
	// scale is NaN where no vector lies: whatever is computed with it is no hit.
	scale [slabRows]float32
}

// NewIndex returns an empty index for vectors of a model.
func NewIndex(model Model) *Index { return &Index{model: model} }

// Len returns how many vectors there are.
func (x *Index) Len() int {
	x.grow.RLock()
	defer x.grow.RUnlock()
	return x.live
}

// Add puts a vector in and returns its place.
func (x *Index) Add(v *Vector) (Slot, error) {
	if v.Model != x.model {
		return 0, ErrModel
	}
	x.grow.Lock()
	if len(x.free) == 0 {
		s := new(slab)
		for i := range s.scale {
			s.scale[i] = float32(math.NaN())
		}
		first := Slot(len(x.slabs)) * slabRows
		for i := Slot(slabRows); i > 0; i-- {
			x.free = append(x.free, first+i-1)
		}
		x.slabs = append(x.slabs, s)
	}
	at := x.free[len(x.free)-1]
	x.free = x.free[:len(x.free)-1]
	x.live++
	s := x.slabs[at/slabRows]
	x.grow.Unlock()

	s.Lock()
	s.rows[at%slabRows] = v.Q
	s.scale[at%slabRows] = v.Scale
	s.Unlock()
	return at, nil
}

// Remove takes a vector out and overwrites its bytes at once. A place that holds
// none stays as it is.
func (x *Index) Remove(at Slot) {
	x.grow.Lock()
	defer x.grow.Unlock()
	if int(at/slabRows) >= len(x.slabs) {
		return
	}
	s := x.slabs[at/slabRows]
	s.Lock()
	defer s.Unlock()
	if s.scale[at%slabRows] != s.scale[at%slabRows] {
		return
	}
	s.rows[at%slabRows] = [Dimensions]int8{}
	s.scale[at%slabRows] = float32(math.NaN())
	x.free = append(x.free, at)
	x.live--
}

// Search returns, for each probe, the k vectors most like it among those with a
// cosine of at least floor, best first and the earlier place first where two are
// alike. Probes of another model are an error. Four probes cost little more than
// one.
func (x *Index) Search(probes []Vector, k int, floor float32) ([][]Hit, error) {
	for i := range probes {
		if probes[i].Model != x.model {
			return nil, ErrModel
		}
	}
	x.grow.RLock()
	slabs := slices.Clone(x.slabs)
	x.grow.RUnlock()

	hits := make([][]Hit, len(probes))
	for from := 0; from < len(probes); from += probesPerPass {
		some := probes[from:min(from+probesPerPass, len(probes))]
		for i, best := range pass(slabs, some, k, floor) {
			hits[from+i] = best.sorted()
		}
	}
	return hits, nil
}

// Likeness returns the cosine of a probe with the vectors in the given places;
// NaN for a place that holds none.
func (x *Index) Likeness(probe *Vector, at []Slot) ([]float32, error) {
	if probe.Model != x.model {
		return nil, ErrModel
	}
	x.grow.RLock()
	slabs := x.slabs
	x.grow.RUnlock()
	cosines := make([]float32, len(at))
	for i, a := range at {
		cosines[i] = float32(math.NaN())
		if int(a/slabRows) >= len(slabs) {
			continue
		}
		s := slabs[a/slabRows]
		s.RLock()
		cosines[i] = probe.Scale * (float32(dot(&probe.Q, &s.rows[a%slabRows])) * s.scale[a%slabRows])
		s.RUnlock()
	}
	return cosines, nil
}

// pass compares up to four probes with every row of the slabs.
func pass(slabs []*slab, some []Vector, k int, floor float32) []*top {
	p := new(probes)
	bests := make([]*top, len(some))
	for i := range some {
		p.set(i, &some[i])
		bests[i] = newTop(k, floor)
	}
	var dots [blockRows * probesPerPass]int32
	for n, s := range slabs {
		s.RLock()
		for from := 0; from < slabRows; from += blockRows {
			scan(s.rows[from:from+blockRows], p, len(some), dots[:])
			for i := range some {
				best, scale := bests[i], some[i].Scale
				for r := range blockRows {
					// Negated, so that the NaN of an empty place is left out too.
					cosine := scale * (float32(dots[r*probesPerPass+i]) * s.scale[from+r])
					if !(cosine >= best.least) {
						continue
					}
					best.offer(Hit{Slot(n*slabRows + from + r), cosine})
				}
			}
		}
		s.RUnlock()
	}
	return bests
}

// top keeps the best hits of a probe, the worst of them first.
type top struct {
	k     int
	least float32 // what a hit must reach
	hits  []Hit   // a heap, once there are k
}

func newTop(k int, floor float32) *top { return &top{k: k, least: floor, hits: make([]Hit, 0, k)} }

// worse orders hits: the less alike, and of two alike the later place.
func worse(a, b Hit) bool { return a.Cosine < b.Cosine || a.Cosine == b.Cosine && a.Slot > b.Slot }

func (t *top) offer(h Hit) {
	if len(t.hits) < t.k {
		t.hits = append(t.hits, h)
		if len(t.hits) == t.k {
			for i := t.k/2 - 1; i >= 0; i-- {
				t.sift(i)
			}
			t.least = max(t.least, t.hits[0].Cosine)
		}
		return
	}
	if t.k == 0 || !worse(t.hits[0], h) {
		return
	}
	t.hits[0] = h
	t.sift(0)
	t.least = max(t.least, t.hits[0].Cosine)
}

func (t *top) sift(i int) {
	for {
		child := 2*i + 1
		if child >= len(t.hits) {
			return
		}
		if child+1 < len(t.hits) && worse(t.hits[child+1], t.hits[child]) {
			child++
		}
		if !worse(t.hits[child], t.hits[i]) {
			return
		}
		t.hits[i], t.hits[child] = t.hits[child], t.hits[i]
		i = child
	}
}

func (t *top) sorted() []Hit {
	slices.SortFunc(t.hits, func(a, b Hit) int {
		return cmp.Or(-cmp.Compare(a.Cosine, b.Cosine), cmp.Compare(a.Slot, b.Slot))
	})
	return t.hits
}
