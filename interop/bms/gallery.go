package bms

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"
	"sync"

	"limen/interop/bms/face"
	"limen/interop/bms/finger"
)

// shards is into how many pieces a gallery's fingers are divided: they are searched
// side by side, and who adds or removes holds up one of them.
const shards = 16

// gallery holds the templates of one source system in memory, ready to be compared
// with. It is a cache of the store and opens no other system's. Of each sample it
// holds the fingers under one key and the face under another.
type gallery struct {
	engine *Engine

	mu    sync.RWMutex
	keys  map[sampleKey]uint64 // of samples with fingers
	whose map[uint64]sampleKey
	last  uint64
	of    map[RecordRef][]uint64 // the samples of a record that have fingers
	held  map[RecordRef]int      // how many fingers' and faces' keys a record has
	hands [shards]*finger.Shard
	faces map[face.Model]*faces
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
	g := &gallery{engine: e, keys: map[sampleKey]uint64{}, whose: map[uint64]sampleKey{}, of: map[RecordRef][]uint64{}, held: map[RecordRef]int{}, faces: map[face.Model]*faces{}}
	for i := range g.hands {
		g.hands[i] = finger.NewShard()
	}
	return g
}

// put makes the gallery have exactly these templates of a sample; with none, none.
// What it had is overwritten before it returns.
func (g *gallery) put(key sampleKey, templates []Template) error {
	var hand finger.Hand
	var vectors []face.Vector
	for _, t := range templates {
		switch t.Modality {
		case Finger:
			views, err := finger.ReadISO(t.Bytes)
			if err != nil {
				return err
			}
			for i := range views {
				hand[views[i].Position] = new(finger.Print)
				g.engine.coder.Encode(hand[views[i].Position], &views[i])
			}
		case Face:
			var v face.Vector
			if err := v.UnmarshalBinary(t.Bytes); err != nil {
				return err
			}
			vectors = append(vectors, v)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.drop(key)
	if hand != (finger.Hand{}) {
		g.last++
		if err := g.hands[g.last%shards].Add(g.last, &hand); err != nil {
			return err
		}
		g.keys[key], g.whose[g.last] = g.last, key
		g.of[key.ref] = append(g.of[key.ref], g.last)
		g.held[key.ref]++
	}
	for i := range vectors {
		v := &vectors[i]
		f := g.faces[v.Model]
		if f == nil {
			f = &faces{index: face.NewIndex(v.Model), whose: map[face.Slot]sampleKey{}, slots: map[sampleKey]face.Slot{}, of: map[RecordRef][]face.Slot{}}
			g.faces[v.Model] = f
		}
		f.drop(g, key) // a sample has one face of a model
		at, err := f.index.Add(v)
		if err != nil {
			return err
		}
		f.whose[at], f.slots[key] = key, at
		f.of[key.ref] = append(f.of[key.ref], at)
		g.held[key.ref]++
	}
	return nil
}

// drop overwrites what there is of a sample.
func (g *gallery) drop(key sampleKey) {
	if n, ok := g.keys[key]; ok {
		g.hands[n%shards].Remove(n)
		delete(g.keys, key)
		delete(g.whose, n)
		g.of[key.ref] = without(g.of[key.ref], n)
		if g.of[key.ref] == nil {
			delete(g.of, key.ref)
		}
		g.less(key.ref)
	}
	for _, f := range g.faces {
		f.drop(g, key)
	}
}

func (f *faces) drop(g *gallery, key sampleKey) {
	at, ok := f.slots[key]
	if !ok {
		return
	}
	f.index.Remove(at)
	delete(f.slots, key)
	delete(f.whose, at)
	if f.of[key.ref] = without(f.of[key.ref], at); f.of[key.ref] == nil {
		delete(f.of, key.ref)
	}
	g.less(key.ref)
}

func (g *gallery) less(ref RecordRef) {
	if g.held[ref]--; g.held[ref] == 0 {
		delete(g.held, ref)
	}
}

// without takes an element out; nil when none is left.
func without[E comparable](list []E, gone E) []E {
	list = slices.DeleteFunc(list, func(e E) bool { return e == gone })
	if len(list) == 0 {
		return nil
	}
	return list
}

// empty overwrites and forgets everything.
func (g *gallery) empty() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for key := range g.keys {
		g.drop(key)
	}
	for _, f := range g.faces {
		for key := range f.slots {
			g.drop(key)
		}
	}
}

// size is how many records there are.
func (g *gallery) size() int {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return len(g.held)
}

// found is a record that may be the probe's person's.
type found struct {
	key      sampleKey
	llr      float64 // of all that was compared, decimal logarithm of the likelihood ratio
	fingers  int     // how many were compared
	withFace bool
}

// How many samples go from the coarse comparison of fingers to the fine one, and
// how many of the likeliest faces are looked at together with them.
const (
	fineShare   = 0.01
	fineAtLeast = 256
	mostFaces   = 512
)

// search compares a probe with every sample: fingers by the coarse comparison, the
// best of them by the fine one; a face exactly with every face. What both say of a
// record is added up. It returns the records that reach least, the likeliest first
// and at most k. faceFirst leaves out who is not among the likeliest faces, which is
// fast and loses whoever's face failed; where no face can be compared it does not.
func (g *gallery) search(ctx context.Context, probe *Probe, least float64, k int, faceFirst bool) ([]found, error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	byFace, err := g.likeliestFaces(probe)
	if err != nil {
		return nil, err
	}
	var among []uint64
	for key := range byFace {
		among = append(among, g.of[key.ref]...)
	}
	slices.Sort(among)
	hands := map[uint64]finger.Candidate{}
	if len(probe.hands) > 0 && !(faceFirst && len(byFace) > 0) {
		if err := g.everyHand(ctx, probe, hands); err != nil {
			return nil, err
		}
	}
	if len(probe.hands) > 0 && len(among) > 0 {
		if err := g.handsOf(ctx, probe, among, hands); err != nil {
			return nil, err
		}
	}
	return g.fuse(probe, hands, byFace, least, k), nil
}

// likeliestFaces returns the likeliest faces with their likelihood ratios.
func (g *gallery) likeliestFaces(probe *Probe) (map[sampleKey]float64, error) {
	if probe.face == nil {
		return nil, nil
	}
	f, line := g.faces[probe.face.Model], g.engine.Faces[probe.face.Model]
	if f == nil || line.Slope == 0 {
		return nil, nil
	}
	hits, err := f.index.Search([]face.Vector{*probe.face}, mostFaces, -1)
	if err != nil {
		return nil, err
	}
	likely := make(map[sampleKey]float64, len(hits[0]))
	for _, h := range hits[0] {
		likely[f.whose[h.Slot]] = line.LLR(float64(h.Cosine))
	}
	return likely, nil
}

// eachShard runs fn for every shard, as many at once as there are cores.
func (g *gallery) eachShard(ctx context.Context, fn func(shard int, w *finger.Searcher)) error {
	next := make(chan int, shards)
	for i := range shards {
		next <- i
	}
	close(next)
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), shards) {
		all.Go(func() {
			w := g.engine.searchers.Get().(*finger.Searcher)
			defer g.engine.searchers.Put(w)
			for i := range next {
				if ctx.Err() != nil {
					return
				}
				fn(i, w)
			}
		})
	}
	all.Wait()
	return ctx.Err()
}

// everyHand searches all hands and puts the likeliest into into.
func (g *gallery) everyHand(ctx context.Context, probe *Probe, into map[uint64]finger.Candidate) error {
	want := finger.Search{Calibration: g.engine.Fingers, Fine: fineShare, FineAtLeast: fineAtLeast / shards, Keep: math.MaxInt, Least: math.Inf(-1)}
	var mu sync.Mutex
	return g.eachShard(ctx, func(shard int, w *finger.Searcher) {
		for i := range probe.hands {
			some := w.Search(g.hands[shard], &probe.hands[i], want)
			mu.Lock()
			better(into, some)
			mu.Unlock()
		}
	})
}

// handsOf compares the hands of these samples.
func (g *gallery) handsOf(ctx context.Context, probe *Probe, keys []uint64, into map[uint64]finger.Candidate) error {
	var by [shards][]uint64
	for _, key := range keys {
		// Of a print of an unknown finger, which of the hands was compared is not known.
		if _, done := into[key]; !done || len(probe.hands) > 1 {
			by[key%shards] = append(by[key%shards], key)
		}
	}
	var mu sync.Mutex
	return g.eachShard(ctx, func(shard int, w *finger.Searcher) {
		for i := range probe.hands {
			some := w.Among(g.hands[shard], &probe.hands[i], by[shard], g.engine.Fingers)
			mu.Lock()
			better(into, some)
			mu.Unlock()
		}
	})
}

// better keeps the better of two results for one sample.
func better(into map[uint64]finger.Candidate, some []finger.Candidate) {
	for _, c := range some {
		if have, ok := into[c.Key]; !ok || c.Score > have.Score {
			into[c.Key] = c
		}
	}
}

// fuse adds up what fingers and faces say of each record, of whose samples the best
// count.
func (g *gallery) fuse(probe *Probe, hands map[uint64]finger.Candidate, byFace map[sampleKey]float64, least float64, k int) []found {
	records := map[RecordRef]found{}
	for key, c := range hands {
		h := found{key: g.whose[key], llr: c.Score - probe.chances, fingers: c.Fingers}
		if have, ok := records[h.key.ref]; !ok || h.llr > have.llr || h.llr == have.llr && h.key.n < have.key.n {
			records[h.key.ref] = h
		}
	}
	faces := map[RecordRef]found{}
	for key, llr := range byFace {
		h := found{key: key, llr: llr, withFace: true}
		if have, ok := faces[key.ref]; !ok || llr > have.llr || llr == have.llr && key.n < have.key.n {
			faces[key.ref] = h
		}
	}
	if probe.face != nil {
		for ref, h := range records {
			llr, ok := faces[ref].llr, faces[ref].withFace
			if !ok {
				llr, ok = g.faceOf(probe.face, ref)
			}
			if ok {
				h.llr, h.withFace = h.llr+llr, true
				records[ref] = h
			}
		}
		for ref, h := range faces {
			if _, ok := records[ref]; !ok {
				records[ref] = h
			}
		}
	}
	var all []found
	for _, h := range records {
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
