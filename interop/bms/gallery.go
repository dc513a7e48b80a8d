package bms

import (
	"cmp"
	"context"
	"math"
	"math/bits"
	"runtime"
	"slices"
	"sync"

	"limen/interop/bms/face"
	"limen/interop/bms/finger"
)

// gallery holds the templates of one source system in memory, ready to be compared
// with. It is a cache of the store and opens no other system's.
type gallery struct {
	engine *Engine

	mu      sync.RWMutex
	places  map[sampleKey]int // where a sample's fingers lie
	people  []sampleKey       // by place
	fingers []uint16          // by place: which positions, one bit each
	free    []int
	columns [11]finger.Column // by position
	faces   map[face.Model]*faces
}

// sampleKey names a sample of a record.
type sampleKey struct {
	ref RecordRef
	n   int
}

// faces are those of one model.
type faces struct {
	index *face.Index
	whose map[face.Slot]sampleKey
	slots map[sampleKey]face.Slot
	of    map[RecordRef][]face.Slot
}

func newGallery(e *Engine) *gallery {
	return &gallery{engine: e, places: map[sampleKey]int{}, faces: map[face.Model]*faces{}}
}

// empty overwrites and forgets everything.
func (g *gallery) empty() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for key := range g.places {
		g.drop(key)
	}
	for _, f := range g.faces {
		for key := range f.slots {
			g.drop(key)
		}
	}
}

// put makes the gallery have exactly these templates of a sample; with none, none.
func (g *gallery) put(key sampleKey, templates []Template) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.drop(key)
	place := -1
	for _, t := range templates {
		switch t.Modality {
		case Finger:
			views, err := finger.ReadISO(t.Bytes)
			if err != nil {
				return err
			}
			if place < 0 {
				place = g.place(key)
			}
			for i := range views {
				var p finger.Print
				g.engine.coder.Encode(&p, &views[i])
				g.columns[views[i].Position].Put(place, &p)
				g.fingers[place] |= 1 << views[i].Position
			}
		case Face:
			var v face.Vector
			if err := v.UnmarshalBinary(t.Bytes); err != nil {
				return err
			}
			f := g.faces[v.Model]
			if f == nil {
				f = &faces{index: face.NewIndex(v.Model), whose: map[face.Slot]sampleKey{}, slots: map[sampleKey]face.Slot{}, of: map[RecordRef][]face.Slot{}}
				g.faces[v.Model] = f
			}
			at, err := f.index.Add(&v)
			if err != nil {
				return err
			}
			f.whose[at], f.slots[key] = key, at
			f.of[key.ref] = append(f.of[key.ref], at)
		}
	}
	return nil
}

// place finds a free place for a sample's fingers.
func (g *gallery) place(key sampleKey) int {
	at := len(g.people)
	if n := len(g.free); n > 0 {
		at, g.free = g.free[n-1], g.free[:n-1]
		g.people[at] = key
	} else {
		g.people, g.fingers = append(g.people, key), append(g.fingers, 0)
	}
	g.places[key] = at
	return at
}

// drop overwrites what there is of a sample.
func (g *gallery) drop(key sampleKey) {
	if at, ok := g.places[key]; ok {
		for set := g.fingers[at]; set != 0; set &= set - 1 {
			g.columns[bits.TrailingZeros16(set)].Drop(at)
		}
		g.people[at], g.fingers[at] = sampleKey{}, 0
		g.free = append(g.free, at)
		delete(g.places, key)
	}
	for _, f := range g.faces {
		if at, ok := f.slots[key]; ok {
			f.index.Remove(at)
			delete(f.slots, key)
			delete(f.whose, at)
			f.of[key.ref] = slices.DeleteFunc(f.of[key.ref], func(s face.Slot) bool { return s == at })
			if len(f.of[key.ref]) == 0 {
				delete(f.of, key.ref)
			}
		}
	}
}

// size is how many samples there are.
func (g *gallery) size() int {
	g.mu.RLock()
	defer g.mu.RUnlock()
	all := len(g.places)
	for _, f := range g.faces {
		all += len(f.slots)
	}
	return all
}

// found is a sample that may be the probe's person's.
type found struct {
	key      sampleKey
	llr      float64 // of all that was compared, decimal logarithm of the likelihood ratio
	fingers  int     // how many were compared
	fromFace float64 // the part of llr that the face gave
}

// How many samples go from the first comparison of fingers to the second, and how
// many faces are looked at together with them.
const (
	leastSecond  = 256
	secondShare  = 100 // one in so many
	mostSecond   = 20_000
	leastFaces   = 512
	facesPerPass = 1024
)

// search compares a probe with every sample: fingers by the first comparison, the
// best of them by the second; a face exactly with every face. What two modalities
// say of one record is added up. It returns the samples that reach least, the
// likeliest first and at most k. faceFirst leaves out who is not among the
// likeliest faces, which is fast and loses whoever's face failed.
func (g *gallery) search(ctx context.Context, probe *Probe, least float64, k int, faceFirst bool) ([]found, error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	byFace, err := g.lookAtFaces(probe)
	if err != nil {
		return nil, err
	}
	var places []int
	switch {
	case len(probe.fingers) == 0:
	case faceFirst && probe.face != nil:
		for key := range byFace {
			places = append(places, g.fingersOf(key.ref)...)
		}
	default:
		if places, err = g.likeliest(ctx, probe); err != nil {
			return nil, err
		}
		for key := range byFace {
			places = append(places, g.fingersOf(key.ref)...)
		}
	}
	slices.Sort(places)
	places = slices.Compact(places)
	hits, err := g.compareAll(ctx, probe, places)
	if err != nil {
		return nil, err
	}
	return g.fuse(probe, hits, byFace, least, k), nil
}

// fingersOf are the places of a record's fingers. A record has one or two samples.
func (g *gallery) fingersOf(ref RecordRef) (places []int) {
	for n := range maxSamples {
		if at, ok := g.places[sampleKey{ref, n}]; ok {
			places = append(places, at)
		}
	}
	return places
}

// maxSamples bounds the samples of a record that are looked for by number.
const maxSamples = 64

// lookAtFaces returns the likeliest faces with their likelihood ratios.
func (g *gallery) lookAtFaces(probe *Probe) (map[sampleKey]float64, error) {
	if probe.face == nil {
		return nil, nil
	}
	f, line := g.faces[probe.face.Model], g.engine.Faces[probe.face.Model]
	if f == nil || line.Slope == 0 {
		return nil, nil
	}
	hits, err := f.index.Search([]face.Vector{*probe.face}, max(leastFaces, f.index.Len()/facesPerPass), -1)
	if err != nil {
		return nil, err
	}
	likely := make(map[sampleKey]float64, len(hits[0]))
	for _, h := range hits[0] {
		likely[f.whose[h.Slot]] = line.LLR(float64(h.Cosine))
	}
	return likely, nil
}

// spread runs fn over ranges of n things at once, as many as there are cores.
func spread(ctx context.Context, n, step int, fn func(from, to int)) error {
	workers := runtime.GOMAXPROCS(0)
	each := (n/workers/step + 1) * step
	var all sync.WaitGroup
	for from := 0; from < n; from += each {
		all.Go(func() {
			for at := from; at < min(from+each, n); at += step {
				if ctx.Err() != nil {
					return
				}
				fn(at, min(at+step, from+each, n))
			}
		})
	}
	all.Wait()
	return ctx.Err()
}

// likeliest are the places whose fingers are most like the probe's by the first
// comparison.
func (g *gallery) likeliest(ctx context.Context, probe *Probe) ([]int, error) {
	sums := make([]uint16, len(g.people))
	if err := spread(ctx, len(sums), finger.Stride, func(from, to int) {
		part := sums[from:to]
		var one [finger.Stride]uint16
		for i := range probe.fingers {
			f := &probe.fingers[i]
			if f.position != finger.UnknownFinger {
				g.columns[f.position].AddLikeness(f.coarse, from, part)
				g.columns[finger.UnknownFinger].AddLikeness(f.coarse, from, part)
				continue
			}
			// Which finger it is is not known: the likest of each hand counts.
			for p := range g.columns {
				clear(one[:len(part)])
				g.columns[p].AddLikeness(f.coarse, from, one[:len(part)])
				for i, score := range one[:len(part)] {
					part[i] = max(part[i], score)
				}
			}
		}
	}); err != nil {
		return nil, err
	}
	want := min(max(leastSecond, len(g.places)/secondShare), mostSecond)
	return best(sums, want), nil
}

// best are the places of the greatest sums above nothing, about so many: all that
// equal the last are among them, so that the choice depends on no order.
func best(sums []uint16, want int) []int {
	var count [math.MaxUint16 + 1]int
	for _, s := range sums {
		count[s]++
	}
	least, n := 1, 0
	for s := math.MaxUint16; s >= 1; s-- {
		if n += count[s]; n >= want {
			least = s
			break
		}
	}
	places := make([]int, 0, min(n, len(sums)))
	for at, s := range sums {
		if int(s) >= least {
			places = append(places, at)
		}
	}
	return places
}

// compareAll makes the second comparison at each place.
func (g *gallery) compareAll(ctx context.Context, probe *Probe, places []int) ([]found, error) {
	hits := make([]found, len(places))
	err := spread(ctx, len(places), 32, func(from, to int) {
		scratch := g.engine.scratches.Get().(*finger.Scratch)
		defer g.engine.scratches.Put(scratch)
		var p finger.Print
		for i := from; i < to; i++ {
			hits[i] = found{key: g.people[places[i]]}
			for n := range probe.fingers {
				f := &probe.fingers[n]
				if llr, ok := g.compareFinger(scratch, &p, f, places[i]); ok {
					hits[i].llr += llr
					hits[i].fingers++
				}
			}
		}
	})
	return hits, err
}

// compareFinger compares one finger of a probe with the same one at a place; a
// finger that is not there adds nothing. One of which nobody knows which it is is
// compared with each, and having had so many chances is taken off.
func (g *gallery) compareFinger(scratch *finger.Scratch, p *finger.Print, f *probeFinger, place int) (llr float64, ok bool) {
	at := []finger.Position{f.position, finger.UnknownFinger}
	if f.position == finger.UnknownFinger {
		at = everyFinger[:]
	}
	chances := 0
	for _, position := range at {
		if g.fingers[place]&(1<<position) == 0 || !g.columns[position].Print(place, p) {
			continue
		}
		one := g.engine.Fingers.LLR(scratch.Compare(&f.print, p))
		if chances == 0 || one > llr {
			llr = one
		}
		chances++
	}
	if chances > 1 {
		llr -= math.Log10(float64(chances))
	}
	return llr, chances > 0
}

var everyFinger = [...]finger.Position{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}

// fuse adds up what fingers and faces say of each record.
func (g *gallery) fuse(probe *Probe, hits []found, byFace map[sampleKey]float64, least float64, k int) []found {
	one := map[RecordRef]found{}
	for _, h := range hits {
		if have, ok := one[h.key.ref]; !ok || h.llr > have.llr {
			one[h.key.ref] = h
		}
	}
	likeliest := map[RecordRef]float64{}
	from := map[RecordRef]sampleKey{}
	for key, llr := range byFace {
		if have, ok := likeliest[key.ref]; !ok || llr > have {
			likeliest[key.ref], from[key.ref] = llr, key
		}
	}
	if probe.face != nil {
		for ref, h := range one {
			llr, ok := likeliest[ref]
			if !ok {
				llr, ok = g.faceOf(probe.face, ref)
			}
			if ok {
				h.llr, h.fromFace = h.llr+llr, llr
				one[ref] = h
			}
		}
		for ref, llr := range likeliest {
			if _, ok := one[ref]; !ok {
				one[ref] = found{key: from[ref], llr: llr, fromFace: llr}
			}
		}
	}
	var all []found
	for _, h := range one {
		if h.llr >= least {
			all = append(all, h)
		}
	}
	slices.SortFunc(all, func(a, b found) int {
		return cmp.Or(-cmp.Compare(a.llr, b.llr), cmp.Compare(a.key.ref, b.key.ref))
	})
	return all[:min(k, len(all))]
}

// faceOf is the likelihood ratio of the likest face of a record.
func (g *gallery) faceOf(v *face.Vector, ref RecordRef) (llr float64, ok bool) {
	f, line := g.faces[v.Model], g.engine.Faces[v.Model]
	if f == nil || line.Slope == 0 || len(f.of[ref]) == 0 {
		return 0, false
	}
	cosines, err := f.index.Likeness(v, f.of[ref])
	if err != nil {
		return 0, false
	}
	return line.LLR(float64(slices.Max(cosines))), true
}
