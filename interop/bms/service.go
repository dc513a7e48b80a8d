package bms

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"limen/access"
	"limen/db"
	"limen/interop/bms/face"
	"limen/interop/bms/finger"
	"limen/law"
)

// Service compares samples with what is enrolled. Verification reads the store;
// identification looks through the galleries in memory and confirms in the store
// what it hands out, so that nothing erased is ever found.
type Service struct {
	engine *Engine
	seal   *Seal
	// synthetic marks every template that this service enrols, and refuses to
	// compare with those of people: a demonstration's.
	synthetic bool
	stop      func()

	fill sync.Mutex // one filling at a time

	mu        sync.Mutex
	changed   *sync.Cond
	queue     []change
	busy      bool  // changes are being put into galleries
	applied   int64 // changes put into galleries since the start
	heard     int64 // changes that came in
	galleries map[System]*gallery
	filling   map[System]*filling
	fillings  map[System]int   // how many have begun
	fault     map[System]error // why a gallery is not what it should be, until it is filled anew
	closed    bool
}

// filling is how far a gallery has been filled; nil in the map when it is whole.
type filling struct {
	begun     bool // what changes before is read from the store
	done, all int
	touched   map[sampleKey]bool // changed since the filling began: what the store said before is not put in
}

// Open opens the service over a store. Its galleries are empty until Fill.
func Open(store *db.Store, seal *Seal, engine *Engine, synthetic bool) *Service {
	s := &Service{engine: engine, seal: seal, synthetic: synthetic, galleries: map[System]*gallery{},
		filling: map[System]*filling{}, fillings: map[System]int{}, fault: map[System]error{}}
	s.changed = sync.NewCond(&s.mu)
	for _, system := range []System{EES, VIS} {
		s.galleries[system] = newGallery(engine)
		s.filling[system] = new(filling)
	}
	s.stop = store.Listen(topic, func(what any) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.queue, s.heard = append(s.queue, what.(change)), s.heard+1
		s.changed.Broadcast()
	})
	go s.follow()
	return s
}

// errClosed is what a service that was closed answers.
var errClosed = errors.New("bms: the matching service is closed")

// Close ends the service. What it holds in memory goes with it.
func (s *Service) Close() {
	s.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.changed.Broadcast()
}

// Seal is what the service's templates, and the images that they were made of, are
// sealed with.
func (s *Service) Seal() *Seal { return s.seal }

// Synthetic tells whether what is enrolled here has no person behind it.
func (s *Service) Synthetic() bool { return s.synthetic }

// follow brings the galleries up to date with what transactions have done, apart
// from the transactions, since making a template ready takes longer than writing it.
func (s *Service) follow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var order latest
	for {
		for len(s.queue) == 0 {
			if s.closed {
				return
			}
			s.changed.Wait()
		}
		heard := int64(len(s.queue))
		var some []change
		for _, c := range s.queue {
			f := s.filling[c.system]
			if !order.newer(c) || f != nil && !f.begun {
				continue
			}
			if some = append(some, c); f != nil {
				f.touched[c.key] = true
			}
		}
		s.queue, s.busy = nil, true
		s.mu.Unlock()
		fault := map[System]error{}
		for _, c := range some {
			if err := s.apply(c); err != nil {
				fault[c.system] = fmt.Errorf("bms: a template that was just enrolled cannot be read: %w", err)
			}
		}
		s.mu.Lock()
		maps.Copy(s.fault, fault)
		s.applied, s.busy = s.applied+heard, false
		s.changed.Broadcast()
	}
}

func (s *Service) apply(c change) error {
	templates := c.templates
	for _, k := range c.sealed {
		opened, err := s.seal.Open(k.id, k.Bytes)
		if err != nil {
			return err
		}
		k.Bytes = opened
		templates = append(templates, k.Template)
	}
	return s.put(c.system, c.key, templates)
}

// put makes a gallery have these templates of a sample: of people, or in a
// demonstration of nobody, and never both.
func (s *Service) put(system System, key sampleKey, templates []Template) error {
	return s.galleries[system].put(key, slices.DeleteFunc(slices.Clone(templates), func(t Template) bool { return t.Synthetic != s.synthetic }))
}

// latest tells which changes come too late: a transaction is told of after its
// commit, and another that built on it may be told of first. It remembers the samples
// of so many changes, far more than can overtake one.
type latest struct {
	order map[sampleOf]int64
	ring  []sampleOf
	next  int
}

type sampleOf struct {
	system System
	key    sampleKey
}

const remembered = 1 << 16

func (l *latest) newer(c change) bool {
	k := sampleOf{c.system, c.key}
	last, known := l.order[k]
	switch {
	case known && last > c.order:
		return false
	case known:
	case len(l.ring) < remembered:
		l.ring = append(l.ring, k)
	default:
		delete(l.order, l.ring[l.next])
		l.ring[l.next] = k
		l.next = (l.next + 1) % remembered
	}
	if l.order == nil {
		l.order = map[sampleOf]int64{}
	}
	l.order[k] = c.order
	return true
}

// settled waits until what was committed before now is in the galleries.
func (s *Service) settled(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changed.Broadcast()
	})()
	for want := s.heard; s.applied < want && !s.closed && ctx.Err() == nil; {
		s.changed.Wait()
	}
	if s.closed {
		return errClosed
	}
	return ctx.Err()
}

// Read reads a sample. A refusal names the field that the sample came in and cites
// the article under which it is used.
func (s *Service) Read(m Modality, data []byte, field string, cite law.Citation) (*Sample, error) {
	r := reader{extract: s.engine.Extract, embed: s.engine.Embed, field: field, cite: cite}
	return r.read(m, data)
}

// Verdict is what one comparison came to.
type Verdict struct {
	Match     bool
	LLR       float64 // decimal logarithm of the likelihood ratio; 0 when nothing was compared
	Least     float64 // what a match needs
	Fingers   int     // fingers compared
	Faces     int     // faces compared
	Quality   int     // the worst of what was compared, or Unmeasured
	Synthetic bool
}

// Verify compares a sample with those of one record, one to one (2017/2226 arts
// 23(2), 26(1), 27(1)), in the transaction of the pass. Fingers are compared
// position by position; one that either side lacks adds nothing. With nothing in
// common to compare the verdict has no fingers and no faces, and is no match.
func (s *Service) Verify(p access.Pass, system System, ref RecordRef, sample *Sample, day law.Date) (Verdict, error) {
	tx, err := p.Tx()
	if err != nil {
		return Verdict{}, err
	}
	enrolled, err := read(tx, s.seal, `record_ref = $1 AND system = $2 AND modality = $3`, string(ref), string(system), string(sample.Modality))
	if err != nil {
		return Verdict{}, err
	}
	v := Verdict{Quality: Unmeasured, Synthetic: s.synthetic}
	probe := s.engine.probe(sample)
	// One record may have several samples, and the best of them counts.
	for from := 0; from < len(enrolled); {
		to := from
		for to < len(enrolled) && enrolled[to].n == enrolled[from].n {
			to++
		}
		one, err := s.compare(sample, probe, enrolled[from:to])
		if err != nil {
			return Verdict{}, err
		}
		if from = to; one.Fingers+one.Faces == 0 {
			continue
		}
		if one.Least, err = verifiesAt(one.Fingers, day); err != nil {
			return Verdict{}, err
		}
		if v.Fingers+v.Faces == 0 || one.LLR-one.Least > v.LLR-v.Least {
			one.Synthetic = v.Synthetic
			v = one
		}
	}
	compared := v.Fingers+v.Faces > 0
	v.Match = compared && v.LLR >= v.Least
	s.tell(p, Verification, []System{system}, v.Least, sample)
	switch {
	case v.Match:
		p.Tell("biometric_result", "match")
	case compared:
		p.Tell("biometric_result", "no_match")
	default:
		p.Tell("biometric_result", "nothing_to_compare")
	}
	return v, nil
}

// compare compares a sample with one that is enrolled.
func (s *Service) compare(sample *Sample, probe *Probe, enrolled []kept) (Verdict, error) {
	v := Verdict{Quality: Unmeasured}
	worst := func(q int) {
		if q != Unmeasured && (v.Quality == Unmeasured || q < v.Quality) {
			v.Quality = q
		}
	}
	var hand finger.Hand
	qualities := map[finger.Position]int{}
	for _, k := range enrolled {
		if k.Synthetic != s.synthetic {
			continue
		}
		switch k.Modality {
		case Face:
			var w face.Vector
			if err := w.UnmarshalBinary(k.Bytes); err != nil {
				return v, err
			}
			if probe.face == nil || w.Model != probe.face.Model {
				continue
			}
			cosine, err := probe.face.Cosine(&w)
			if err != nil {
				return v, err
			}
			if llr := s.engine.Faces[w.Model].LLR(float64(cosine)); v.Faces == 0 || llr > v.LLR {
				v.LLR, v.Faces = llr, 1
			}
			worst(k.Quality)
			worst(sample.Face.Quality)
		case Finger:
			if !probe.asks(k.Position) {
				continue
			}
			views, err := finger.ReadISO(k.Bytes)
			if err != nil {
				return v, err
			}
			for i := range views {
				at := views[i].Position
				hand[at], qualities[at] = new(finger.Print), k.Quality
				s.engine.coder.Encode(hand[at], &views[i])
			}
		}
	}
	if sample.Modality == Face {
		return v, nil
	}
	scratch := s.engine.scratches.Get().(*finger.Scratch)
	defer s.engine.scratches.Put(scratch)
	best := -1
	for i := range probe.hands {
		sum, n := 0.0, 0
		for position, print := range probe.hands[i] {
			if print != nil && hand[position] != nil {
				sum += s.engine.Fingers.LLR(scratch.Compare(print, hand[position]))
				n++
			}
		}
		if n > 0 && (best < 0 || sum-probe.chances > v.LLR) {
			v.LLR, v.Fingers, best = sum-probe.chances, n, i
		}
	}
	if best < 0 {
		return v, nil
	}
	for position, print := range probe.hands[best] {
		if print != nil && hand[position] != nil {
			worst(qualities[finger.Position(position)])
		}
	}
	for i := range sample.Prints {
		if at := sample.Prints[i].Template.Position; at == finger.UnknownFinger || hand[at] != nil {
			worst(sample.Prints[i].quality())
		}
	}
	return v, nil
}

// tell puts into the log what 2019/817 art 16 wants of a search: never the sample.
func (s *Service) tell(p access.Pass, task Task, scope []System, least float64, samples ...*Sample) {
	var names []string
	for _, system := range scope {
		names = append(names, string(system))
	}
	p.Tell("biometric_task", string(task))
	p.Tell("biometric_scope", strings.Join(names, " "))
	p.Tell("biometric_type", string(meansOf(samples)))
	p.Tell("biometric_threshold", strconv.FormatFloat(least, 'f', 2, 64))
	if s.synthetic {
		p.Tell("biometric_templates", "SYNTHETIC")
	}
}

// meansOf is what is compared with samples of one person.
func meansOf(samples []*Sample) Means {
	fingers, face := false, false
	for _, s := range samples {
		if s != nil {
			fingers, face = fingers || s.Modality == Finger, face || s.Modality == Face
		}
	}
	switch {
	case fingers && face:
		return ByBoth
	case face:
		return ByFace
	}
	return ByFingers
}

// Candidate is a record that may be of the person of a probe. An officer decides.
type Candidate struct {
	System  System
	Ref     RecordRef
	LLR     float64 // decimal logarithm of the likelihood ratio
	Fingers int     // fingers compared
	Face    bool    // a face was compared
}

// Search says what to look for and where.
type Search struct {
	Scope   []System // the systems that the legal basis of the search allows, and no other is opened
	Samples []*Sample
	Day     law.Date // of the parameters
	// FaceFirst leaves out who is not among the likeliest faces: fast, and it misses
	// whoever's face fails. The answer says so.
	FaceFirst bool
	// Explore answers with the likeliest records whether or not they reach the
	// threshold: for a latent print that an examiner compares (2017/2226 art 32(5)).
	Explore bool
}

// Finding is what a search came to, closed: Reveal opens it with a pass, which logs
// it. A search takes longer than a transaction may hold others up, so it is made
// before one; what nobody opens is known to nobody.
type Finding struct {
	service *Service
	search  Search
	least   float64
	most    int // candidates, of all systems together
	hits    map[System][]found
	records int
}

// Look looks for the records that a probe may be of, one to many, in memory. It is
// refused while a gallery of the scope is being filled, and where nothing of the
// samples can be compared: an answer from a part, or from nothing, would be taken for
// one from the whole.
func (s *Service) Look(ctx context.Context, search Search) (*Finding, error) {
	if err := s.settled(ctx); err != nil {
		return nil, err
	}
	fpir, err := IdentificationFPIR.On(search.Day)
	if err != nil {
		return nil, err
	}
	k, err := MaxCandidates.On(search.Day)
	if err != nil {
		return nil, err
	}
	search.Scope = slices.Compact(slices.Sorted(slices.Values(search.Scope)))
	if len(search.Scope) == 0 {
		return nil, errors.New("bms: a search names no system")
	}
	f := &Finding{service: s, search: search, most: k, hits: map[System][]found{}}
	fillings := make([]int, len(search.Scope))
	for i, system := range search.Scope {
		if fillings[i], err = s.whole(system); err != nil {
			return nil, err
		}
		f.records += s.galleries[system].size()
	}
	f.least = identifiesAt(fpir, f.records)
	least := f.least
	if search.Explore {
		least = math.Inf(-1)
	}
	probe := s.engine.probe(search.Samples...)
	if len(probe.hands) == 0 && probe.face == nil {
		return nil, law.Refuse(law.BadInput, "nothing_to_compare", "2019/817 art 14", "Nothing of the sample can be compared: it has no prints, and no vector of a face by a model in use. Search by the letters.")
	}
	f.search.FaceFirst = search.FaceFirst && probe.face != nil && len(probe.hands) > 0
	for i, system := range search.Scope {
		if f.hits[system], err = s.galleries[system].search(ctx, probe, least, k, f.search.FaceFirst); err != nil {
			return nil, err
		}
		// A filling anew that began meanwhile has emptied the gallery.
		if now, err := s.whole(system); err != nil {
			return nil, err
		} else if now != fillings[i] {
			return nil, stillFilling(system, new(filling))
		}
	}
	return f, nil
}

// whole refuses a gallery that is not filled, and tells which filling it has.
func (s *Service) whole(system System) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.galleries[system] == nil {
		return 0, fmt.Errorf("bms: no templates of the system %q are held", system)
	}
	if f := s.filling[system]; f != nil {
		return 0, stillFilling(system, f)
	}
	return s.fillings[system], s.fault[system]
}

func stillFilling(system System, f *filling) error {
	return law.Refuse(law.Unavailable, "gallery_filling", "2019/817 art 12", "The templates are being read into memory. Try again in a minute; until then use the letters.",
		"system", string(system), "done", strconv.Itoa(f.done), "of", strconv.Itoa(f.all))
}

// Reveal opens a finding: the search key is recorded with the digest of each
// sample, the scope, the threshold and how many candidates there are stand in the
// log, and the candidates that are enrolled at this moment are handed out, the
// likeliest first.
func (f *Finding) Reveal(p access.Pass) ([]Candidate, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	fingers, face := "", ""
	for _, s := range f.search.Samples {
		if s == nil {
			continue
		}
		if s.Modality == Face {
			face = s.Digest
		} else {
			fingers = s.Digest
		}
	}
	key, value := access.ByFingers, fingers
	switch {
	case fingers == "":
		key, value = access.ByFace, face
	case face != "":
		key, value = access.ByFingersFace, fingers+" "+face
	}
	if err := p.Search(key, value); err != nil {
		return nil, err
	}
	all := []Candidate{}
	for _, system := range f.search.Scope {
		for _, h := range f.hits[system] {
			var here int
			if err := tx.Row(`SELECT COUNT(*) FROM bms_template WHERE record_ref = $1 AND system = $2 AND n = $3`,
				string(h.key.ref), string(system), h.key.n).Scan(&here); err != nil {
				return nil, err
			}
			if here > 0 {
				all = append(all, Candidate{system, h.key.ref, h.llr, h.fingers, h.withFace})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Candidate) int {
		switch {
		case a.LLR > b.LLR:
			return -1
		case a.LLR < b.LLR:
			return 1
		}
		return 0
	})
	all = all[:min(f.most, len(all))]
	f.service.tell(p, Identification, f.search.Scope, f.least, f.search.Samples...)
	p.Tell("biometric_records", strconv.Itoa(f.records))
	p.Tell("biometric_candidates", strconv.Itoa(len(all)))
	if f.search.FaceFirst {
		p.Tell("biometric_method", "face_first")
	}
	return all, nil
}
