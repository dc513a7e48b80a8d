package codec

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// jp2Files are the files of testdata, by name.
func jp2Files(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/jpeg2000/*.j*")
	if err != nil || len(names) != 15 {
		t.Fatalf("%d files (%v)", len(names), err)
	}
	out := map[string][]byte{}
	for _, name := range names {
		if out[filepath.Base(name)], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// expected is the image that a file of testdata was made of.
func expected(t testing.TB, name string) Image {
	t.Helper()
	m := decodeFile(t, "testdata/jpeg2000/red.png")
	green, blue := decodeFile(t, "testdata/jpeg2000/green.png"), decodeFile(t, "testdata/jpeg2000/blue.png")
	for i, v := range m.Pix {
		switch {
		case strings.HasPrefix(name, "colour"):
			m.Pix[i] = byte((19595*int(v) + 38470*int(green.Pix[i]) + 7471*int(blue.Pix[i]) + 1<<15) >> 16)
		case strings.HasPrefix(name, "twelvebits"):
			m.Pix[i] = byte(((int(v)<<4|int(green.Pix[i])>>4)*255 + 2047) / 4095)
		}
	}
	return m
}

// Every progression, tiles and offsets, precincts, layers, tile-parts, each style
// of code-block, both wavelets, colour and twelve bits: exact where nothing was
// lost, near where something was (ISO/IEC 15444-1 annexes A to G).
func TestJPEG2000(t *testing.T) {
	for name, data := range jp2Files(t) {
		got, err := Decode(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := expected(t, name)
		if strings.Contains(name, "lossless") {
			if d, n := difference(t, got, want); n != 0 || got.Format != JP2L {
				t.Errorf("%s: %d pixels differ, by up to %d, %s", name, n, d, got.Format)
			}
			continue
		}
		if rms := rootMeanSquare(t, got, want); rms > 16 || rms == 0 || got.Format != JP2 {
			t.Errorf("%s: error of %.2f greys, %s", name, rms, got.Format)
		}
	}
}

// The boxes around a codestream: resolution, in either place; lengths of eight
// bytes and up to the end; what we cannot show is refused (annex I).
func TestJP2Boxes(t *testing.T) {
	code := jp2Files(t)["grey-lossless-bypass.j2k"]
	box := func(kind string, content ...byte) []byte {
		return append(append(put32(nil, uint32(len(content)+8)), kind...), content...)
	}
	begin := append(box("jP  ", '\r', '\n', 0x87, '\n'), box("ftyp", []byte("jp2 \x00\x00\x00\x00jp2 ")...)...)
	// 500 pixels per inch are 19685 per metre: 19685/1, and 300: 118110/10 = 11811 as 11811e0.
	capture := box("resc", 0x4c, 0xe5, 0, 1, 0x4c, 0xe5, 0, 1, 0, 0)
	display := box("resd", 0x2e, 0x23, 0, 1, 0x2e, 0x23, 0, 1, 0, 0)
	grey := box("colr", 1, 0, 0, 0, 0, 0, 17)
	header := func(content ...[]byte) []byte { return box("jp2h", slices.Concat(content...)...) }
	toTheEnd := append([]byte("\x00\x00\x00\x00jp2c"), code...)
	long := slices.Concat([]byte("\x00\x00\x00\x01jp2c\x00\x00\x00\x00"), put32(nil, uint32(len(code)+16)), code)
	for _, c := range []struct {
		name string
		data []byte
		ppi  int
		kind error
	}{
		{"no resolution", slices.Concat(begin, header(grey), toTheEnd), 0, nil},
		{"capture", slices.Concat(begin, header(grey, box("res ", capture...)), long), 500, nil},
		{"display", slices.Concat(begin, header(grey, box("res ", display...)), toTheEnd), 300, nil},
		{"both", slices.Concat(begin, header(grey, box("res ", append(capture, display...)...)), toTheEnd), 500, nil},
		{"both, the other first", slices.Concat(begin, header(grey, box("res ", append(slices.Clone(display), capture...)...)), toTheEnd), 500, nil},
		{"palette", slices.Concat(begin, header(grey, box("pclr", 0, 1, 1, 7, 0)), toTheEnd), 0, ErrUnsupported},
		{"no codestream", slices.Concat(begin, header(grey)), 0, ErrDamaged},
		{"box too long", slices.Concat(begin, put32(nil, 1000), []byte("jp2c"), code[:40]), 0, ErrDamaged},
		{"box too short", slices.Concat(begin, put32(nil, 7), []byte("jp2c"), code), 0, ErrDamaged},
	} {
		m, err := Decode(c.data)
		if !errors.Is(err, c.kind) || m.PPI != c.ppi && err == nil {
			t.Errorf("%s: %d ppi, %v", c.name, m.PPI, err)
		}
	}
}

// A codestream that is cut short is refused wherever it is cut, the end marker
// apart; one with a byte changed is decoded or refused.
func TestJPEG2000Damage(t *testing.T) {
	for name, file := range jp2Files(t) {
		for n := 0; n < len(file)-2; n += 1 + len(file)/25 {
			if _, err := Decode(file[:n]); err == nil {
				t.Errorf("%s: decoded the first %d of %d bytes", name, n, len(file))
			}
			changed := slices.Clone(file)
			changed[n] ^= 0x55
			checkDecode(t, changed)
		}
	}
}

// What a header asks for is refused before it is allocated.
func TestJPEG2000Limits(t *testing.T) {
	file := jp2Files(t)["grey-lossless-bypass.j2k"]
	for _, c := range []struct {
		name string
		at   int
		put  []byte
		kind error
	}{
		{"65536 pixels wide", 8, []byte{0, 1, 0, 0}, ErrTooLarge},
		{"4 milliards of pixels", 8, []byte{0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff}, ErrTooLarge},
		{"past the grid", 8, []byte{0xff, 0xff, 0xff, 0xff}, ErrTooLarge},
		{"tiles of one pixel, image of 255 by 255", 8, []byte{0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1}, ErrTooLarge},
		{"tiles of nothing", 24, []byte{0, 0, 0, 0}, ErrDamaged},
		{"five components", 40, []byte{0, 5}, ErrUnsupported},
		{"signed", 42, []byte{0x87}, ErrUnsupported},
		{"subsampled", 43, []byte{2}, ErrUnsupported},
	} {
		changed := slices.Clone(file)
		copy(changed[c.at:], c.put)
		if _, err := Decode(changed); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func FuzzJPEG2000(f *testing.F) {
	for _, file := range jp2Files(f) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkDecode(t, data)
		checkDecode(t, append([]byte{0xff, 0x4f, 0xff, 0x51}, data...))
	})
}

func BenchmarkJPEG2000(b *testing.B) {
	for _, name := range []string{"grey-lossless-bypass.j2k", "grey-lossy.jp2"} {
		b.Run(name, func(b *testing.B) {
			file := jp2Files(b)[name]
			b.ReportAllocs()
			b.SetBytes(61 * 47)
			for b.Loop() {
				if _, err := Decode(file); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A code-block without a byte of data is all zeros in every style, so that it need
// not be decoded: behind the end stand ones, and ones are the probable decision.
func TestJPEG2000EmptyBlockIsZero(t *testing.T) {
	var d blockDecoder
	for _, style := range []int{0, styleBypass, styleReset, styleTermAll, styleCausal, styleSegments, 63} {
		for kind := range 4 {
			blk := codeBlock{rect: rect{0, 0, 37, 41}, planes: 20}
			for pass := 0; pass < 58; {
				end := min(segmentEnd(pass, style), 58)
				blk.segments = append(blk.segments, segment{passes: end - pass})
				pass = end
			}
			d.decode(&blk, kind, style)
			if slices.ContainsFunc(d.value, func(v uint32) bool { return v != 0 }) {
				t.Errorf("style %d, band %d", style, kind)
			}
		}
	}
}

// What an image may cost besides its pixels is counted, and has an end.
func TestJPEG2000Work(t *testing.T) {
	file := jp2Files(t)["grey-lossless-rlcp-layers.j2k"]
	for name, spend := range map[string]func(w *j2kWork){
		"parts":  func(w *j2kWork) { w.parts = maxParts - 10 },
		"visits": func(w *j2kWork) { w.visits = maxVisits - 10 },
		"passes": func(w *j2kWork) { w.passes = 1000 },
	} {
		var f j2kFile
		if err := f.read(file, Standard); err != nil {
			t.Fatal(err)
		}
		spend(&f.work)
		m := Image{Width: 61, Height: 47, Pix: make([]byte, 61*47)}
		if _, err := f.decodeTile(0, &m, &blockDecoder{}); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
