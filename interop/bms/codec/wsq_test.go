package codec

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

// A ridge image comes back from WSQ with the error that its rate allows, whatever
// the parity of its sides (IAFIS-IC-0110 annex C; the bounds are what these
// images measure, a little widened).
func TestWSQRoundTrip(t *testing.T) {
	for _, c := range []struct {
		width, height int
		rate          float64
		rms           float64 // at most, in greys
		bytes         int     // at most
	}{
		{256, 256, WSQ15to1, 8, 7500},
		{256, 256, WSQ5to1, 6, 20000},
		{255, 301, WSQ15to1, 8, 8000},
		{388, 374, WSQ15to1, 8, 13000},
		{65, 79, WSQ5to1, 20, 2600}, // far below what the rate control was made for,
		{64, 64, WSQ5to1, 10, 2500},
		{300, 67, WSQ5to1, 20, 7000},
	} {
		source := ridges(c.width, c.height, uint64(c.width))
		file, err := EncodeWSQ(source, c.rate)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(file)
		if err != nil {
			t.Fatalf("%d by %d: %v", c.width, c.height, err)
		}
		rms := rootMeanSquare(t, source, got)
		t.Logf("%d by %d at %v: %d bytes, error %.2f", c.width, c.height, c.rate, len(file), rms)
		if rms > c.rms || len(file) > c.bytes {
			t.Errorf("%d by %d at %v: %d bytes, error %.2f", c.width, c.height, c.rate, len(file), rms)
		}
		if got.PPI != 500 || got.Format != WSQ {
			t.Errorf("%d ppi, %s", got.PPI, got.Format)
		}
	}
}

// The reference encoder and decoder of NIST make the same bytes and the same
// pixels of the images in testdata.
func TestWSQReference(t *testing.T) {
	for name, rate := range map[string]float64{"even": WSQ15to1, "odd": WSQ5to1} {
		file := readFile(t, "testdata/wsq/"+name+".wsq")
		got, err := Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		if d, n := difference(t, got, decodeFile(t, "testdata/wsq/"+name+".decoded.png")); n != 0 {
			t.Errorf("%s: %d pixels differ, by up to %d", name, n, d)
		}
		source := decodeFile(t, "testdata/wsq/"+name+".png")
		source.PPI = 500
		encoded, err := EncodeWSQ(source, rate)
		if err != nil || !bytes.Equal(encoded, file) {
			t.Errorf("%s: encoded otherwise (%v)", name, err)
		}
	}
}

// An image of one grey has no coefficients at all and keeps its grey.
func TestWSQFlatImage(t *testing.T) {
	for _, grey := range []byte{0, 1, 200, 255} {
		source := Image{Pix: bytes.Repeat([]byte{grey}, 64*64), Width: 64, Height: 64}
		file, err := EncodeWSQ(source, WSQ15to1)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Pix, source.Pix) || got.PPI != 0 {
			t.Errorf("grey %d came back as %d, %d ppi", grey, got.Pix[0], got.PPI)
		}
	}
}

// The loops for filters of nine and seven taps compute what the loop for any
// filter computes, to the bit.
func TestWSQStandardFiltersAgreeWithAnyFilter(t *testing.T) {
	m := ridges(101, 90, 3)
	plane, _, _ := centred(m.Pix)
	tree := newWSQTree(m.Width, m.Height)
	tree.decompose(plane, m.Width, wsqAnalysis)
	synthesis := wsqFilters{low: slices.Clone(wsqAnalysis.high), high: slices.Clone(wsqAnalysis.low)}
	for i := range synthesis.low {
		if (i-3)%2 != 0 {
			synthesis.low[i] = -synthesis.low[i]
		}
	}
	for i := range synthesis.high {
		if (i-4)%2 != 0 {
			synthesis.high[i] = -synthesis.high[i]
		}
	}
	// The same filters with two taps of zero at each end.
	zero := []float32{0, 0}
	longer := wsqFilters{low: slices.Concat(zero, synthesis.low, zero), high: slices.Concat(zero, synthesis.high, zero)}
	want := slices.Clone(plane)
	tree.reconstruct(plane, m.Width, synthesis)
	tree.reconstruct(want, m.Width, longer)
	if !slices.Equal(plane, want) {
		t.Error("the two ways differ")
	}
}

// At the end of a block the last code is read whole and not one bit more: what
// stands behind counts as ones.
func TestWSQLastCodeOfABlock(t *testing.T) {
	all := []int16{0, 0, 1, -1, 2, -2, 3, -3, 4, -4, 5, 5, 5, 0, 0, 0, 300, -300, 90, -90, 0, 7, 7, 0, 6}
	for n := range len(all) + 1 {
		block := all[:n]
		e := newWSQEncoder([][]int16{all, block})
		code, ok := newWSQCode(e.lengths, e.values)
		if !ok {
			t.Fatal("no code")
		}
		bits := wsqBits{b: put16(e.block(nil, block), wsqEOI)}
		got, err := code.decode(nil, n, &bits)
		if err != nil || !slices.Equal(got, block) {
			t.Errorf("%v came back as %v (%v)", block, got, err)
		}
	}
}

// Every file cut short, and every file with a byte changed, is refused or
// decoded, never more than it says and never with a panic.
func TestWSQDamage(t *testing.T) {
	file, err := EncodeWSQ(ridges(64, 66, 1), WSQ15to1)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(file); n += 5 {
		if _, err := Decode(file[:n]); err == nil {
			t.Errorf("decoded the first %d of %d bytes", n, len(file))
		}
		changed := slices.Clone(file)
		changed[n] ^= 0x55
		checkDecode(t, changed)
	}
}

// What a header asks for is refused before it is allocated.
func TestWSQLimits(t *testing.T) {
	file, err := EncodeWSQ(ridges(64, 66, 1), WSQ15to1)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(file, []byte{0xff, 0xa2}) + 6
	copy(file[at:], []byte{0xff, 0xff, 0xff, 0xff})
	if _, err := Decode(file); !errors.Is(err, ErrTooLarge) {
		t.Errorf("65535 by 65535: %v", err)
	}
	copy(file[at:], []byte{0, 8, 0, 8})
	if _, err := Decode(file); !errors.Is(err, ErrUnsupported) {
		t.Errorf("8 by 8: %v", err)
	}
	if _, err := (Limits{Pixels: 100}).Decode(file); !errors.Is(err, ErrUnsupported) {
		t.Errorf("64 pixels of 100: %v", err)
	}
	for _, bad := range []float64{0, -1, 9} {
		if _, err := EncodeWSQ(ridges(64, 66, 1), bad); err == nil {
			t.Errorf("encoded at a rate of %v", bad)
		}
	}
}

// checkDecode decodes whatever bytes there are: an image that is whole, or an
// error of one of the four kinds.
func checkDecode(t testing.TB, data []byte) {
	t.Helper()
	m, err := (Limits{Pixels: 1 << 18}).Decode(data)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) || e.Kind == nil {
			t.Fatalf("an error of no kind: %v", err)
		}
		return
	}
	if m.Width <= 0 || m.Height <= 0 || len(m.Pix) != m.Width*m.Height || len(m.Pix) > 1<<18 || m.PPI < 0 {
		t.Fatalf("%d by %d, %d pixels, %d ppi", m.Width, m.Height, len(m.Pix), m.PPI)
	}
}

func FuzzWSQ(f *testing.F) {
	for i, size := range []int{64, 73} {
		file, err := EncodeWSQ(ridges(size, size+i, uint64(i)), WSQ15to1)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file[2:]) // the start of image is put in front again
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkDecode(t, append(put16(nil, wsqSOI), data...)) })
}

// BenchmarkWSQ decodes the size that the sample files have.
func BenchmarkWSQ(b *testing.B) {
	file, err := EncodeWSQ(ridges(388, 374, 1), WSQ15to1)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(file); err != nil {
			b.Fatal(err)
		}
	}
}
