package codec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vectors gives the files of a folder of sample data that match, and skips when
// the environment does not name one: fingerprints of real people are no part of
// this repository.
func vectors(t testing.TB, pattern string) []string {
	t.Helper()
	root := os.Getenv("LIMEN_FINGERPRINTS")
	if root == "" {
		t.Skip("LIMEN_FINGERPRINTS names no folder of sample fingerprints")
	}
	files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
	if err != nil || len(files) == 0 {
		t.Fatalf("no %s in %s (%v)", pattern, root, err)
	}
	return files
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decodeFile(t testing.TB, name string) Image {
	t.Helper()
	m, err := Decode(readFile(t, name))
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(name), err)
	}
	return m
}

// difference gives the largest difference of grey between two images and how
// many pixels differ.
func difference(t testing.TB, a, b Image) (largest, count int) {
	t.Helper()
	if a.Width != b.Width || a.Height != b.Height || len(a.Pix) != len(b.Pix) {
		t.Fatalf("%d by %d against %d by %d", a.Width, a.Height, b.Width, b.Height)
	}
	for i := range a.Pix {
		if d := max(int(a.Pix[i])-int(b.Pix[i]), int(b.Pix[i])-int(a.Pix[i])); d != 0 {
			largest = max(largest, d)
			count++
		}
	}
	return largest, count
}

// WSQ decodes to exactly the pixels of the reference decoder.
func TestVectorsWSQ(t *testing.T) {
	for _, name := range vectors(t, "codec/wsq/*.wsq") {
		got := decodeFile(t, name)
		want := decodeFile(t, strings.TrimSuffix(name, ".wsq")+".decoded.png")
		if d, n := difference(t, got, want); n != 0 {
			t.Errorf("%s: %d pixels differ, by up to %d", filepath.Base(name), n, d)
		}
		if got.PPI != 500 || got.Format != WSQ {
			t.Errorf("%s: %d ppi, %s", filepath.Base(name), got.PPI, got.Format)
		}
	}
}

// JPEG 2000 decodes to exactly the pixels where nothing was lost, and within one
// grey of another decoder where something was.
func TestVectorsJPEG2000(t *testing.T) {
	for _, name := range vectors(t, "codec/jp2/*.j[p2][2k]") {
		got := decodeFile(t, name)
		expected := strings.TrimSuffix(name, ".jp2") + ".decoded.png"
		d, n := difference(t, got, decodeFile(t, expected))
		t.Logf("%s: %d pixels differ, by up to %d, %s", filepath.Base(name), n, d, got.Format)
		lossless := strings.Contains(name, "lossless")
		if d > 1 || lossless && (d != 0 || got.Format != JP2L) {
			t.Errorf("%s: %d pixels differ, by up to %d, %s", filepath.Base(name), n, d, got.Format)
		}
	}
}

func BenchmarkVectorJPEG2000(b *testing.B) {
	for _, kind := range []string{"lossless.jp2", "lossy15.jp2"} {
		b.Run(kind, func(b *testing.B) {
			data := readFile(b, vectors(b, "codec/jp2/fvc2002*."+kind)[0])
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Decode(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVectorWSQ(b *testing.B) {
	data := readFile(b, vectors(b, "codec/wsq/fvc2002*.wsq")[0])
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

// The reference files of ANSI/NIST-ITL: every record is read, every image decoded
// with the record's resolution, and the file written again byte for byte.
func TestVectorsANSINIST(t *testing.T) {
	images := 0
	for _, name := range vectors(t, "an2/*.an2") {
		data := readFile(t, name)
		f, err := ParseANSINIST(data)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
			continue
		}
		for i := range f.Records {
			if !f.Records[i].HasImage() {
				continue
			}
			m, err := f.Image(i, Standard)
			if err != nil || m.PPI != 500 || m.Format != WSQ {
				t.Errorf("%s, record %d: %d ppi, %s, %v", filepath.Base(name), i+1, m.PPI, m.Format, err)
			}
			images++
		}
		again, err := f.Bytes()
		if err != nil || string(again) != string(data) {
			t.Errorf("%s written again differs (%v)", filepath.Base(name), err)
		}
	}
	if images != 11 {
		t.Errorf("%d images", images)
	}
}
