package codec

import (
	"bytes"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"
)

// withPHYs puts the chunk pHYs behind the header of a PNG.
func withPHYs(file []byte, perMetre uint32, unit byte) []byte {
	body := append([]byte("pHYs"), put32(put32(nil, perMetre), perMetre)...)
	body = append(body, unit)
	chunk := append(put32(nil, 9), body...)
	return slices.Insert(slices.Clone(file), 33, put32(chunk, crc32.ChecksumIEEE(body))...)
}

// withJFIF puts a JFIF header behind the start of a JPEG.
func withJFIF(file []byte, unit byte, density int) []byte {
	app := append([]byte{0xff, 0xe0, 0, 16}, "JFIF\x00\x01\x02"...)
	app = append(put16(put16(append(app, unit), density), density), 0, 0)
	return slices.Insert(slices.Clone(file), 2, app...)
}

// PNG comes back exactly, JPEG nearly, with the resolution that the file states
// in whatever unit.
func TestStillImages(t *testing.T) {
	source := ridges(70, 50, 2)
	asPNG, asJPEG := asPNG(t, source), asJPEG(t, source)
	for _, c := range []struct {
		name string
		data []byte
		ppi  int
		want Format
	}{
		{"PNG", asPNG, 0, PNG},
		{"PNG, 19685 per metre", withPHYs(asPNG, 19685, 1), 500, PNG},
		{"PNG, 39370 per metre", withPHYs(asPNG, 39370, 1), 1000, PNG},
		{"PNG, aspect only", withPHYs(asPNG, 19685, 0), 0, PNG},
		{"PNG, absurd", withPHYs(asPNG, 1<<31, 1), 0, PNG},
		{"JPEG", asJPEG, 0, JPEG},
		{"JPEG per inch", withJFIF(asJPEG, 1, 500), 500, JPEG},
		{"JPEG per centimetre", withJFIF(asJPEG, 2, 197), 500, JPEG},
		{"JPEG, aspect only", withJFIF(asJPEG, 0, 1), 0, JPEG},
	} {
		m, err := Decode(c.data)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if m.PPI != c.ppi || m.Format != c.want {
			t.Errorf("%s: %d ppi, %s", c.name, m.PPI, m.Format)
		}
		if rms := rootMeanSquare(t, m, source); rms > 12 || c.want == PNG && rms != 0 {
			t.Errorf("%s: error of %.2f", c.name, rms)
		}
	}
}

// Colour becomes grey by its luma in every format alike.
func TestStillColour(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 8, 8))
	for i := range 64 {
		m.Set(i%8, i/8, color.RGBA{200, 100, 50, 255})
	}
	var p, j bytes.Buffer
	if err := errors.Join(png.Encode(&p, m), jpeg.Encode(&j, m, nil)); err != nil {
		t.Fatal(err)
	}
	for _, data := range [][]byte{p.Bytes(), j.Bytes()} {
		got, err := Decode(data)
		if err != nil || got.Pix[0] < 123 || got.Pix[0] > 125 { // 0.299*200 + 0.587*100 + 0.114*50 = 124.2
			t.Errorf("%s: grey %d, %v", got.Format, got.Pix[0], err)
		}
	}
}

// What is no image, too large an image, or endless scans, is refused by its kind.
func TestStillRefusals(t *testing.T) {
	file := asPNG(t, ridges(70, 50, 2))
	huge := slices.Clone(file)
	copy(huge[16:], []byte{0, 1, 0, 0, 0, 1, 0, 0})
	copy(huge[29:], put32(nil, crc32.ChecksumIEEE(huge[12:29])))
	jpg := asJPEG(t, ridges(70, 50, 2))
	for _, c := range []struct {
		name string
		data []byte
		kind error
	}{
		{"nothing", nil, ErrUnknown},
		{"text", []byte("GIF89a"), ErrUnknown},
		{"PNG without its data", file[:60], ErrDamaged},
		{"PNG of 65536 by 65536", huge, ErrTooLarge},
		{"JPEG without its data", jpg[:len(jpg)/2], ErrDamaged},
		{"JPEG of many scans", append(slices.Clone(jpg), bytes.Repeat([]byte{0xff, 0xda}, 100)...), ErrTooLarge},
	} {
		_, err := Decode(c.data)
		if !errors.Is(err, c.kind) || err != nil && err.Error() == "" {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	m := ridges(64, 64, 1)
	for _, file := range [][]byte{asPNG(f, m), withPHYs(asPNG(f, ridges(9, 9, 1)), 19685, 1), withJFIF(asJPEG(f, ridges(16, 16, 1)), 1, 500), asWSQ(f, m)} {
		f.Add(file)
	}
	f.Add([]byte("FAC\x00010\x00\x00\x00\x00\x40\x00\x01\x00\x00\x00\x32\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) { checkDecode(t, data) })
}
