// Package face compares facial images as vectors that an embedder has made of
// them: quantised to bytes, scanned exactly, several probes in one pass over the
// gallery.
//
// No embedder is part of this program, since every model brings its own licence
// and weights: whoever runs one hands over vectors, each with the model's name,
// and vectors of different models are never compared.
package face

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Dimensions is the length of a vector.
const Dimensions = 512

// Model names the embedder that made a vector, with its version. Vectors of
// different models have nothing to say to each other.
type Model string

// maxModel bounds a model's name, bytes.
const maxModel = 64

// Vector is a facial image as its embedder placed it: a direction in a space of
// 512 dimensions, of which each coordinate is Q[i]·Scale and whose length is 1
// but for rounding. The cosine of the angle between two vectors of one model is
// their likeness, from -1 to 1.
type Vector struct {
	Model Model
	Scale float32
	Q     [Dimensions]int8
}

// The errors of vectors that cannot be used.
var (
	ErrDimensions = errors.New("a facial vector has 512 numbers")
	ErrNotANumber = errors.New("a facial vector holds a number that is none, or an infinite one")
	ErrNoLength   = errors.New("a facial vector of length zero points nowhere")
	ErrModel      = errors.New("the model of a facial vector is named in 1 to 64 bytes")
	ErrTemplate   = errors.New("not a facial template of this program")
)

// Quantise brings an embedder's output, of any length but zero, to unit length
// and rounds each coordinate to one of 255 steps. Over random directions the
// cosine of two quantised vectors departs from that of the originals by less
// than 0.002.
func Quantise(model Model, v []float32) (Vector, error) {
	if len(model) == 0 || len(model) > maxModel {
		return Vector{}, ErrModel
	}
	if len(v) != Dimensions {
		return Vector{}, ErrDimensions
	}
	var sum, top float64
	for _, x := range v {
		f := float64(x)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return Vector{}, ErrNotANumber
		}
		sum += f * f
		top = max(top, math.Abs(f))
	}
	length := math.Sqrt(sum)
	if length == 0 || top/length == 0 {
		return Vector{}, ErrNoLength
	}
	q := Vector{Model: model, Scale: float32(top / length / 127)}
	for i, x := range v {
		q.Q[i] = int8(math.Round(float64(x) / top * 127))
	}
	return q, nil
}

// Cosine is the likeness of two vectors of one model.
func (v *Vector) Cosine(w *Vector) (float32, error) {
	if v.Model != w.Model {
		return 0, fmt.Errorf("vectors of %q and %q cannot be compared", v.Model, w.Model)
	}
	return v.Scale * (float32(dot(&v.Q, &w.Q)) * w.Scale), nil
}

func dot(a, b *[Dimensions]int8) int32 {
	var sum int32
	for i, x := range a {
		sum += int32(x) * int32(b[i])
	}
	return sum
}

// The stored form of a vector: four bytes of magic with the version of the form,
// the length of the model's name and the name, the scale as the four bytes of an
// IEEE 754 number, most significant first, and the 512 coordinates.
const magic = "LFV\x01"

// MarshalBinary gives the stored form.
func (v *Vector) MarshalBinary() ([]byte, error) {
	if len(v.Model) == 0 || len(v.Model) > maxModel {
		return nil, ErrModel
	}
	b := make([]byte, 0, len(magic)+1+len(v.Model)+4+Dimensions)
	b = append(b, magic...)
	b = append(b, byte(len(v.Model)))
	b = append(b, v.Model...)
	b = binary.BigEndian.AppendUint32(b, math.Float32bits(v.Scale))
	for _, q := range v.Q {
		b = append(b, byte(q))
	}
	return b, nil
}

// UnmarshalBinary reads the stored form. What is not exactly that is ErrTemplate.
func (v *Vector) UnmarshalBinary(b []byte) error {
	if len(b) < len(magic)+1 || string(b[:len(magic)]) != magic {
		return ErrTemplate
	}
	n := int(b[len(magic)])
	b = b[len(magic)+1:]
	if n == 0 || n > maxModel || len(b) != n+4+Dimensions {
		return ErrTemplate
	}
	scale := math.Float32frombits(binary.BigEndian.Uint32(b[n:]))
	// The largest coordinate of a unit vector is between 1/√512 and 1.
	if !(scale > 0 && scale <= 1.0/127) {
		return ErrTemplate
	}
	v.Model, v.Scale = Model(b[:n]), scale
	for i, q := range b[n+4:] {
		v.Q[i] = int8(q)
		if v.Q[i] == -128 {
			return ErrTemplate
		}
	}
	return nil
}
