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

func BenchmarkVectorWSQ(b *testing.B) {
	data := readFile(b, vectors(b, "codec/wsq/fvc2002*.wsq")[0])
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}
