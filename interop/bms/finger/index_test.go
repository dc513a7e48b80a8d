package finger

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// gallery is a shard of n invented persons with two or three fingers each, and
// their templates.
func gallery(t testing.TB, r *rand.Rand, n int) (*Shard, []map[Position]Template) {
	t.Helper()
	s, coder := NewShard(), NewCoder(PaperCylinders)
	persons := make([]map[Position]Template, n)
	for i := range persons {
		persons[i] = map[Position]Template{}
		var h Hand
		for _, p := range []Position{RightIndex, RightMiddle, LeftThumb} {
			if p == LeftThumb && i%2 == 0 {
				continue
			}
			persons[i][p] = someTemplate(r, 25+r.IntN(30))
			tmpl := persons[i][p]
			h[p] = new(Print)
			coder.Encode(h[p], &tmpl)
		}
		if err := s.Add(uint64(1000+i), &h); err != nil {
			t.Fatal(err)
		}
	}
	return s, persons
}

func handOf(person map[Position]Template, turn uint8) *Hand {
	coder := NewCoder(PaperCylinders)
	var h Hand
	for p, tmpl := range person {
		other := moved(tmpl, turn, 5, -7)
		h[p] = new(Print)
		coder.Encode(h[p], &other)
	}
	return &h
}

var anySearch = Search{Calibration: DevelopmentCalibration, Fine: 0.05, FineAtLeast: 3, Keep: 5, Least: -100}

// A person is found by another impression of the fingers, first, with the sum
// of the fingers' ratios; and never again once removed.
func TestSearchFindsThePerson(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 31))
	s, persons := gallery(t, r, 100)
	w := NewSearcher()
	for _, i := range []int{0, 17, 99} {
		probe := handOf(persons[i], 12)
		got := w.Search(s, probe, anySearch)
		if len(got) == 0 || got[0].Key != uint64(1000+i) || got[0].Fingers != len(persons[i]) {
			t.Fatalf("person %d: %+v", i, got)
		}
		// The sum is that of comparing finger by finger.
		sum := 0.0
		for position, tmpl := range persons[i] {
			var p Print
			NewCoder(PaperCylinders).Encode(&p, &tmpl)
			sum += anySearch.Calibration.LLR(NewScratch().Compare(probe[position], &p))
		}
		if d := sum - got[0].Score; d > 1e-9 || d < -1e-9 {
			t.Errorf("person %d: score %v, finger by finger %v", i, got[0].Score, sum)
		}
		if !s.Remove(uint64(1000 + i)) {
			t.Errorf("person %d was not there", i)
		}
		for _, c := range w.Search(s, probe, anySearch) {
			if c.Key == uint64(1000+i) {
				t.Errorf("person %d was found after removal", i)
			}
		}
	}
	if s.Remove(1000) || s.Persons() != 97 {
		t.Errorf("%d persons, or one removed twice", s.Persons())
	}
}

// Nothing of a removed person is left in the shard's memory.
func TestRemovedPrintsAreOverwritten(t *testing.T) {
	r := rand.New(rand.NewPCG(32, 32))
	s, _ := gallery(t, r, 20)
	for i := range 20 {
		s.Remove(uint64(1000 + i))
	}
	for p := range s.drawer {
		for _, c := range s.drawer[p].chunks {
			for i, b := range c.blocks {
				if b != 0 {
					t.Fatalf("finger %d: byte %d of the blocks is left", p, i)
				}
			}
			for i := range c.slots {
				if c.slots[i] != (slot{}) || c.person[i] != 0 {
					t.Fatalf("finger %d: slot %d is left", p, i)
				}
			}
		}
	}
	if slices.Max(s.keys) != 0 || s.Prints() != 0 {
		t.Error("keys or prints are left")
	}
}

// However persons come into a shard and go, and into however many shards they are
// dealt, a search that compares everybody finely says the same.
func TestOrderAndShardsDoNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(33, 33))
	whole, persons := gallery(t, r, 60)
	coder := NewCoder(PaperCylinders)
	parts := []*Shard{NewShard(), NewShard(), NewShard()}
	for _, i := range r.Perm(60) {
		var h Hand
		for p, tmpl := range persons[i] {
			h[p] = new(Print)
			coder.Encode(h[p], &tmpl)
		}
		part := parts[i%3]
		for _, key := range []uint64{7, uint64(1000 + i)} {
			if err := part.Add(key, &h); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, part := range parts {
		part.Remove(7)
	}
	want := anySearch
	want.Fine, want.Keep = 1, 25
	probe := handOf(persons[4], 3)
	one := slices.Clone(NewSearcher().Search(whole, probe, want))
	var lists [][]Candidate
	for _, part := range parts {
		lists = append(lists, NewSearcher().Search(part, probe, want))
	}
	if many := Merge(25, lists...); !slices.Equal(one, many) {
		t.Errorf("one shard\n%+v\nthree\n%+v", one, many)
	}
}

// The same key again replaces: one person, the new prints alone.
func TestAddingAgainReplaces(t *testing.T) {
	r := rand.New(rand.NewPCG(34, 34))
	s, persons := gallery(t, r, 3)
	if err := s.Add(1000, handOf(persons[1], 0)); err != nil {
		t.Fatal(err)
	}
	got := NewSearcher().Search(s, handOf(persons[0], 0), anySearch)
	if s.Persons() != 3 || s.Prints() != 3+3+2 {
		t.Errorf("%d persons, %d prints", s.Persons(), s.Prints())
	}
	for _, c := range got {
		if c.Key == 1000 && c.Score > 2 {
			t.Errorf("the replaced prints are still found: %+v", c)
		}
	}
	if err := s.Add(5, &Hand{}); err == nil {
		t.Error("a person without prints was added")
	}
}

// A probe whose fingers nobody has finds nobody; a search of nothing neither.
func TestSearchWithoutCommonFingers(t *testing.T) {
	r := rand.New(rand.NewPCG(35, 35))
	s, persons := gallery(t, r, 5)
	var h Hand
	h[LeftLittle] = handOf(persons[0], 0)[RightIndex]
	if got := NewSearcher().Search(s, &h, anySearch); len(got) != 0 {
		t.Errorf("found %+v", got)
	}
	if got := NewSearcher().Search(NewShard(), handOf(persons[0], 0), anySearch); len(got) != 0 {
		t.Errorf("found %+v in an empty shard", got)
	}
}

// A print without a cylinder is like nobody: it finds nobody by the coarse
// comparison, and does not send everybody to the fine one.
func TestEmptyProbeComparesNobodyFinely(t *testing.T) {
	r := rand.New(rand.NewPCG(39, 39))
	s, _ := gallery(t, r, 20)
	p := anyPrint(r, 2)
	var h Hand
	h[RightIndex] = &p
	w := NewSearcher()
	if got := w.Search(s, &h, anySearch); len(got) != 0 || len(w.persons) != 0 {
		t.Errorf("%d compared, %+v", len(w.persons), got)
	}
	all := anySearch
	all.Fine, all.Keep = 1, 30
	if got := w.Search(s, &h, all); len(got) != 20 {
		t.Errorf("%d of 20 compared when all were wanted", len(got))
	}
}

// A print comes out of the gallery as it went in.
func TestGalleryGivesPrintsBack(t *testing.T) {
	r := rand.New(rand.NewPCG(37, 37))
	for n := range 80 {
		want, got := anyPrint(r, n), Print{}
		block := make([]byte, blockBytes)
		setBlock(block, &want)
		var s slot
		s.set(&want)
		s.print(&got, block)
		got.around, want.around = hull{n: got.around.n}, hull{n: want.around.n}
		if got != want {
			t.Fatalf("%d minutiae: %+v, want %+v", n, got, want)
		}
	}
}

// Searches go on while persons come and go, and never see half of one.
func TestShardIsUsedSideBySide(t *testing.T) {
	r := rand.New(rand.NewPCG(38, 38))
	s, persons := gallery(t, r, 30)
	steady, changing := handOf(persons[5], 6), handOf(persons[6], 0)
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			w := NewSearcher()
			for range 20 {
				got := w.Search(s, steady, anySearch)
				if len(got) == 0 || got[0].Key != 1005 || got[0].Fingers != 3 {
					t.Errorf("%+v", got)
				}
			}
		})
	}
	wait.Go(func() {
		for range 50 {
			s.Remove(1006)
			if err := s.Add(1006, changing); err != nil {
				t.Error(err)
			}
		}
	})
	wait.Wait()
}

func TestSearchAllocatesNothingAgain(t *testing.T) {
	r := rand.New(rand.NewPCG(36, 36))
	s, persons := gallery(t, r, 50)
	w, probe := NewSearcher(), handOf(persons[3], 9)
	w.Search(s, probe, anySearch)
	if n := testing.AllocsPerRun(5, func() { w.Search(s, probe, anySearch) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
