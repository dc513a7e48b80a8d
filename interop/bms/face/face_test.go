package face

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

func random(rng *rand.Rand) []float32 {
	v := make([]float32, Dimensions)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}

func vector(t testing.TB, v []float32) Vector {
	t.Helper()
	q, err := Quantise("test-1", v)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return ab / math.Sqrt(aa*bb)
}

// towards is a vector at about the given cosine of v.
func towards(rng *rand.Rand, v []float32, c float64) []float32 {
	w := random(rng)
	length := func(x []float32) float64 { return math.Sqrt(cosineless(x)) }
	out := make([]float32, Dimensions)
	for i := range out {
		out[i] = float32(c*float64(v[i])/length(v) + math.Sqrt(1-c*c)*float64(w[i])/length(w))
	}
	return out
}

func cosineless(x []float32) (sum float64) {
	for _, f := range x {
		sum += float64(f) * float64(f)
	}
	return sum
}

// The likeness of quantised vectors is that of the originals, whatever length
// the embedder gave them.
func TestQuantiseKeepsTheCosine(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		a := random(rng)
		b := towards(rng, a, rng.Float64()*2-1)
		long := make([]float32, Dimensions)
		for i := range b {
			long[i] = b[i] * 1000
		}
		qa, qb := vector(t, a), vector(t, long)
		got, err := qa.Cosine(&qb)
		if err != nil {
			t.Fatal(err)
		}
		if want := cosine(a, b); math.Abs(float64(got)-want) > 0.002 {
			t.Fatalf("cosine %v, quantised %v", want, got)
		}
	}
}

func TestQuantiseRefuses(t *testing.T) {
	good := random(rand.New(rand.NewPCG(2, 2)))
	bad := func(i int, f float64) []float32 { v := slices.Clone(good); v[i] = float32(f); return v }
	for name, c := range map[string]struct {
		model Model
		v     []float32
		want  error
	}{
		"short":     {"m", good[:511], ErrDimensions},
		"long":      {"m", append(slices.Clone(good), 1), ErrDimensions},
		"zero":      {"m", make([]float32, Dimensions), ErrNoLength},
		"NaN":       {"m", bad(3, math.NaN()), ErrNotANumber},
		"infinite":  {"m", bad(4, math.Inf(-1)), ErrNotANumber},
		"no model":  {"", good, ErrModel},
		"long name": {Model(bytes.Repeat([]byte("m"), 65)), good, ErrModel},
	} {
		if _, err := Quantise(c.model, c.v); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestStoredForm(t *testing.T) {
	v := vector(t, random(rand.New(rand.NewPCG(3, 3))))
	b, err := v.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var w Vector
	if err := w.UnmarshalBinary(b); err != nil || w != v {
		t.Fatalf("read back %v: another vector", err)
	}
	for n := range b {
		if err := new(Vector).UnmarshalBinary(b[:n]); !errors.Is(err, ErrTemplate) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	if err := w.UnmarshalBinary(append(b, 0)); !errors.Is(err, ErrTemplate) {
		t.Fatalf("one byte more: %v", err)
	}
}

func FuzzStoredForm(f *testing.F) {
	v := vector(f, random(rand.New(rand.NewPCG(4, 4))))
	b, _ := v.MarshalBinary()
	f.Add(b)
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		var v Vector
		if v.UnmarshalBinary(b) != nil {
			return
		}
		again, err := v.MarshalBinary()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("written anew as something else (%v)", err)
		}
		if c, err := v.Cosine(&v); err != nil || math.IsNaN(float64(c)) || math.IsInf(float64(c), 0) {
			t.Fatalf("cosine %v, %v", c, err)
		}
	})
}

// The machine's own instructions give what the plain program gives, to the bit,
// also at the ends of the range.
func TestScanIsScanPlain(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	rows := make([][Dimensions]int8, 67)
	var p probes
	for r := range rows {
		for i := range rows[r] {
			switch r % 3 {
			case 0:
				rows[r][i] = int8(rng.IntN(255) - 127)
			case 1:
				rows[r][i] = 127
			case 2:
				rows[r][i] = -127
			}
		}
	}
	for k := range p {
		for i := range p[k] {
			switch k {
			case 0:
				p[k][i] = 127
			case 1:
				p[k][i] = -127
			default:
				p[k][i] = int16(rng.IntN(255) - 127)
			}
		}
	}
	for used := 1; used <= probesPerPass; used++ {
		for n := range len(rows) + 1 {
			want := make([]int32, len(rows)*probesPerPass)
			got := make([]int32, len(rows)*probesPerPass)
			scanPlain(rows[:n], &p, used, want)
			scan(rows[:n], &p, used, got)
			for r := range n {
				for k := range used {
					if at := r*probesPerPass + k; got[at] != want[at] {
						t.Fatalf("%d probes, row %d, probe %d: %d, plainly %d", used, r, k, got[at], want[at])
					}
				}
			}
			if !slices.Equal(got[n*probesPerPass:], want[n*probesPerPass:]) {
				t.Fatal("written past the end")
			}
		}
	}
}

// gallery is an index of n random vectors with the vectors by place.
func gallery(t testing.TB, rng *rand.Rand, n int) (*Index, map[Slot]Vector) {
	x, by := NewIndex("test-1"), map[Slot]Vector{}
	for range n {
		v := vector(t, random(rng))
		at, err := x.Add(&v)
		if err != nil {
			t.Fatal(err)
		}
		by[at] = v
	}
	return x, by
}

// brute is the search as one would write it without caring for time.
func brute(by map[Slot]Vector, probe Vector, k int, floor float32) []Hit {
	var all []Hit
	for at, v := range by {
		if c, _ := probe.Cosine(&v); c >= floor {
			all = append(all, Hit{at, c})
		}
	}
	slices.SortFunc(all, func(a, b Hit) int {
		if worse(b, a) {
			return -1
		}
		return 1
	})
	return all[:min(k, len(all))]
}

func TestSearchIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	x, by := gallery(t, rng, slabRows+300)
	// Holes, and vectors that are exactly alike.
	for at := range by {
		if rng.IntN(10) == 0 {
			x.Remove(at)
			delete(by, at)
		}
	}
	twin := vector(t, random(rng))
	for range 5 {
		at, _ := x.Add(&twin)
		by[at] = twin
	}
	if x.Len() != len(by) {
		t.Fatalf("%d vectors, want %d", x.Len(), len(by))
	}
	var asked []Vector
	for range 6 {
		asked = append(asked, vector(t, random(rng)))
	}
	asked = append(asked, twin)
	for _, c := range []struct {
		k     int
		floor float32
	}{{1, -1}, {3, -1}, {50, -1}, {50, 0.1}, {10000, -1}, {0, -1}, {3, 0.999}} {
		hits, err := x.Search(asked, c.k, c.floor)
		if err != nil {
			t.Fatal(err)
		}
		for i, probe := range asked {
			if want := brute(by, probe, c.k, c.floor); !slices.Equal(hits[i], want) {
				t.Fatalf("k %d, floor %v, probe %d: %d hits, want %d", c.k, c.floor, i, len(hits[i]), len(want))
			}
		}
	}
	ats := []Slot{slabRows * 9}
	for at := range by {
		ats = append(ats, at)
	}
	got, err := x.Likeness(&twin, ats)
	if err != nil || got[0] == got[0] {
		t.Fatalf("a place that does not exist is like the probe: %v, %v", got[0], err)
	}
	for i, at := range ats[1:] {
		v := by[at]
		if want, _ := twin.Cosine(&v); got[i+1] != want {
			t.Fatalf("place %d: %v, want %v", at, got[i+1], want)
		}
	}
}

// What was removed is gone from memory and never found again.
func TestRemoveOverwrites(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	x, by := gallery(t, rng, 10)
	for at, v := range by {
		x.Remove(at)
		x.Remove(at)
		s := x.slabs[at/slabRows]
		if s.rows[at%slabRows] != [Dimensions]int8{} {
			t.Fatal("the bytes of a removed vector are still there")
		}
		if hits, _ := x.Search([]Vector{v}, 10, 0.9); len(hits[0]) != 0 {
			t.Fatal("a removed vector was found")
		}
	}
	x.Remove(slabRows * 7)
	if x.Len() != 0 {
		t.Fatalf("%d vectors left", x.Len())
	}
	v := vector(t, random(rng))
	if at, _ := x.Add(&v); at >= slabRows {
		t.Fatal("a free place was not used again")
	}
}

func TestModelsAreNotCompared(t *testing.T) {
	a := random(rand.New(rand.NewPCG(8, 8)))
	one := vector(t, a)
	other, _ := Quantise("test-2", a)
	x := NewIndex("test-1")
	if _, err := x.Add(&other); !errors.Is(err, ErrModel) {
		t.Errorf("put in: %v", err)
	}
	if _, err := x.Search([]Vector{one, other}, 1, -1); !errors.Is(err, ErrModel) {
		t.Errorf("searched: %v", err)
	}
	if _, err := one.Cosine(&other); err == nil {
		t.Error("compared")
	}
}

func TestSearchWhileOthersWrite(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	x, _ := gallery(t, rng, 100)
	stays := vector(t, random(rng))
	if _, err := x.Add(&stays); err != nil {
		t.Fatal(err)
	}
	var others sync.WaitGroup
	for n := range 3 {
		others.Go(func() {
			rng := rand.New(rand.NewPCG(10, uint64(n)))
			for range 200 {
				v, _ := Quantise("test-1", random(rng))
				at, _ := x.Add(&v)
				x.Remove(at)
			}
		})
	}
	for range 50 {
		hits, err := x.Search([]Vector{stays}, 1, 0.99)
		if err != nil || len(hits[0]) != 1 {
			t.Fatalf("%v, %v", hits, err)
		}
	}
	others.Wait()
}

func TestSearchAllocatesNothingPerComparison(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	x, _ := gallery(t, rng, 50)
	few, _ := gallery(t, rng, slabRows+50)
	probe := []Vector{vector(t, random(rng))}
	cost := func(x *Index) float64 { return testing.AllocsPerRun(20, func() { _, _ = x.Search(probe, 5, -1) }) }
	if a, b := cost(x), cost(few); b > a {
		t.Errorf("%v allocations over 50 vectors, %v over %d", a, b, slabRows+50)
	}
}

// Vectors per second against what the same run reads of memory, one core.
func BenchmarkScan(b *testing.B) {
	const slabs = 128 // 256 MB: far more than any cache holds
	all := make([]*slab, slabs)
	rng := rand.New(rand.NewPCG(12, 12))
	for i := range all {
		all[i] = new(slab)
		for r := range all[i].rows {
			all[i].scale[r] = 0.001
			for d := 0; d < Dimensions; d += 8 {
				u := rng.Uint64()
				for k := range 8 {
					all[i].rows[r][d+k] = int8(u >> (8 * k))
				}
			}
		}
	}
	some := make([]Vector, probesPerPass)
	for i := range some {
		some[i] = vector(b, random(rng))
	}
	run := func(name string, per float64, do func()) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				do()
			}
			perPass := b.Elapsed().Seconds() / float64(b.N)
			b.ReportMetric(per*slabs*slabRows/perPass/1e6, "Mvectors/s")
			b.ReportMetric(slabs*slabRows*Dimensions/perPass/1e9, "GB/s")
		})
	}
	var seen int64
	run("read", 1, func() {
		for _, s := range all {
			seen += readAll(s.rows[:])
		}
	})
	run("probes=1", 1, func() { pass(all, some[:1], 10, -1) })
	run("probes=4", 4, func() { pass(all, some, 10, -1) })
	var p probes
	for i := range some {
		p.set(i, &some[i])
	}
	dots := make([]int32, slabRows*probesPerPass)
	run("plain=1", 1.0/16, func() {
		for _, s := range all[:slabs/16] {
			scanPlain(s.rows[:], &p, 1, dots)
		}
	})
	if seen == 1 {
		b.Log(seen)
	}
}
