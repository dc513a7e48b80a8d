package synthetic

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"limen/interop/bms/finger"
)

// What is invented is a template that every reader takes, and the same seed invents
// the same.
func TestPersonsAreTemplatesAndRepeat(t *testing.T) {
	for n := range uint64(200) {
		a, b := NewPerson(1, n, RightHand), NewPerson(1, n, RightHand)
		prints := a.Prints(7)
		if len(prints) != 4 || !reflect.DeepEqual(prints, b.Prints(7)) {
			t.Fatalf("person %d: %d prints, or others the second time", n, len(prints))
		}
		for _, p := range prints {
			if err := p.Check(); err != nil || len(p.Minutiae) < 8 {
				t.Fatalf("person %d: %d minutiae, %v", n, len(p.Minutiae), err)
			}
			if _, err := finger.WriteISO([]finger.Template{p}); err != nil {
				t.Fatal(err)
			}
		}
		if reflect.DeepEqual(prints, a.Prints(8)) || reflect.DeepEqual(prints, NewPerson(1, n+1, RightHand).Prints(7)) {
			t.Fatalf("person %d: another occasion or another person gives the same prints", n)
		}
		if a.Face(3, 0.6) != b.Face(3, 0.6) {
			t.Fatalf("person %d: two faces", n)
		}
	}
}

// The cosines are those that the generator promises: captures of one person lie
// where they were asked for, those of two scatter about zero by 0.07.
func TestFacesScatterAsStated(t *testing.T) {
	var people []*Person
	for n := range uint64(60) {
		people = append(people, NewPerson(2, n, nil))
	}
	var sum, squares float64
	pairs := 0
	for i, p := range people {
		one := p.Face(1, 0.9999)
		two := p.Face(2, 0.6)
		if c, _ := one.Cosine(&two); math.Abs(float64(c)-0.6) > 0.25 {
			t.Errorf("person %d: captures at %.3f, asked for 0.6", i, c)
		}
		for _, q := range people[:i] {
			other := q.Face(1, 0.9999)
			c, _ := one.Cosine(&other)
			sum += float64(c)
			squares += float64(c) * float64(c)
			pairs++
		}
	}
	mean := sum / float64(pairs)
	if deviation := math.Sqrt(squares/float64(pairs) - mean*mean); math.Abs(mean) > 0.02 || math.Abs(deviation-0.075) > 0.015 {
		t.Errorf("cosines of two persons: mean %.3f, deviation %.3f", mean, deviation)
	}
}

// Directions follow the ridges: a random direction would flatter a matcher.
func TestMinutiaeLieAlongTheFlow(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 50 {
		m := NewMaster(rng)
		for i, p := range m.points {
			if off := math.Abs(math.Remainder(p.angle-m.flow.at(p.x, p.y), math.Pi)); off > 1e-9 {
				t.Fatalf("a minutia %v off the ridge", off)
			}
			for _, q := range m.points[:i] {
				if math.Hypot(p.x-q.x, p.y-q.y) < apart {
					t.Fatal("two minutiae nearer than any two ridges")
				}
			}
		}
	}
}
