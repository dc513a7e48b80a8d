package finger

import "testing"

// BenchmarkExtract takes a print of the size of a common sensor, ridges from
// edge to edge, by processor time.
func BenchmarkExtract(b *testing.B) {
	d := drawing{width: 388, height: 374, period: 9, noise: 20}
	d.scatter(50)
	img := d.image(500)
	var x Extractor
	perSecond(b, 1, "prints", func() {
		if _, _, err := x.Extract(img); err != nil {
			b.Fatal(err)
		}
	})
}
