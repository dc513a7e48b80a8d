package synthetic

import (
	"math"
	"math/rand/v2"

	"limen/interop/bms/face"
	"limen/interop/bms/finger"
)

// FaceModel is the name of the embedder that invented faces claim.
const FaceModel face.Model = "synthetic-face-1"

// Faces lie in 160 strong and 352 weak dimensions: the cosines of two persons then
// scatter about zero by 0.07, as those of published embedders do.
const (
	strongDimensions = 160
	weak             = 0.2
)

// Person is an invented person, who can be captured again and again.
type Person struct {
	care  Care
	hands map[finger.Position]*Master
	face  []float32
}

// RightHand are the four fingers that a border takes of a traveller.
var RightHand = []finger.Position{finger.RightIndex, finger.RightMiddle, finger.RightRing, finger.RightLittle}

// NewPerson invents a person with these fingers. The same seed and number give the
// same person.
func NewPerson(seed, number uint64, fingers []finger.Position) *Person {
	rng := rand.New(rand.NewPCG(seed, number))
	p := &Person{care: Care(max(0.05, min(0.95, 0.62+0.2*rng.NormFloat64()))), hands: map[finger.Position]*Master{}, face: direction(rng)}
	for _, f := range fingers {
		p.hands[f] = NewMaster(rng)
	}
	return p
}

func direction(rng *rand.Rand) []float32 {
	v := make([]float32, face.Dimensions)
	for i := range v {
		f := rng.NormFloat64()
		if i >= strongDimensions {
			f *= weak
		}
		v[i] = float32(f)
	}
	return v
}

// Prints captures the fingers of a person once. occasion tells captures apart: the
// same one gives the same prints.
func (p *Person) Prints(occasion uint64) []finger.Template {
	rng := rand.New(rand.NewPCG(occasion, math.Float64bits(float64(p.face[0]))))
	care := Care(max(0.02, min(0.98, float64(p.care)+0.1*rng.NormFloat64())))
	var all []finger.Template
	for position := finger.RightThumb; position <= finger.LeftLittle; position++ {
		m := p.hands[position]
		if m == nil {
			continue
		}
		t := m.Impression(rng, care)
		t.Position = position
		all = append(all, t)
	}
	return all
}

// Face captures the face of a person once, at about the given cosine of the true
// one; 0.6 is a good capture.
func (p *Person) Face(occasion uint64, cosine float64) face.Vector {
	rng := rand.New(rand.NewPCG(occasion, math.Float64bits(float64(p.face[1]))))
	noise := direction(rng)
	length := func(v []float32) float64 {
		sum := 0.0
		for _, f := range v {
			sum += float64(f) * float64(f)
		}
		return math.Sqrt(sum)
	}
	a, b := cosine/length(p.face), math.Sqrt(1-cosine*cosine)/length(noise)
	v := make([]float32, face.Dimensions)
	for i := range v {
		v[i] = float32(a)*p.face[i] + float32(b)*noise[i]
	}
	q, err := face.Quantise(FaceModel, v)
	if err != nil {
		panic(err) // a sum of two directions that is no direction
	}
	return q
}
