package finger

import (
	"image"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// realImages reads the prints of one set as images: SET/FINGER_IMPRESSION.png
// in the folder that LIMEN_FINGERPRINTS names, 8 bits grey, 500 per inch.
func realImages(t testing.TB, set string) (images []Image, names []string) {
	t.Helper()
	folder := os.Getenv("LIMEN_FINGERPRINTS")
	if folder == "" {
		t.Skip("LIMEN_FINGERPRINTS names no folder of fingerprints: extraction from real prints is not measured")
	}
	files, err := filepath.Glob(filepath.Join(folder, set, "*.png"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no prints of %s in %s: %v", set, folder, err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(name, err)
		}
		grey := image.NewGray(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
		draw.Draw(grey, grey.Bounds(), m, m.Bounds().Min, draw.Src)
		images = append(images, Image{Pix: grey.Pix, Width: grey.Rect.Dx(), Height: grey.Rect.Dy(), PPI: 500})
		names = append(names, strings.TrimSuffix(filepath.Base(name), ".png"))
	}
	return images, names
}

// From pixels to decision: every print of the development sets gives a template,
// and mates are missed no oftener than by the best open engine on its own
// minutiae. A low quality means a print that is missed.
func TestRealPrintsAreExtracted(t *testing.T) {
	for i, set := range developmentSets {
		images, names := realImages(t, set)
		coder := NewCoder(PaperCylinders)
		var x Extractor
		prints, quality, fingers := make([]Print, len(images)), make([]uint8, len(images)), make([]string, len(images))
		minutiae, failed := 0, 0
		for k, img := range images {
			got, q, err := x.Extract(img)
			if err != nil || len(got.Minutiae) < 5 {
				t.Errorf("%s/%s: %d minutiae, %v", set, names[k], len(got.Minutiae), err)
				failed++
			}
			coder.Encode(&prints[k], &got)
			minutiae += len(got.Minutiae)
			quality[k] = q.Score
			fingers[k], _, _ = strings.Cut(names[k], "_")
		}
		mated, nonMated := FVCPairs(fingers, true)
		same, other := scores(prints, mated), scores(prints, nonMated)
		v := Verify(set, same, other, failed, len(images))
		t.Logf("%s: %.1f minutiae a print, FTE %s, EER %.2f %%", set, float64(minutiae)/float64(len(images)), v.FTE, 100*v.EER)
		for _, p := range v.Points {
			t.Logf("  FMR %.3g %% (%s): FNMR %.2f %% (%s)", 100*p.FMR, p.FalseM, 100*p.FalseNM.Rate, p.FalseNM)
		}
		if limit := []float64{0.057, 0.075}[i]; v.Points[1].FalseNM.Rate >= limit {
			t.Errorf("%s: FNMR %.2f %% at FMR 0.1 %%, want under %.2f %%", set, 100*v.Points[1].FalseNM.Rate, 100*limit)
		}

		// The worse quality of a pair against its score.
		worse := make([]uint8, len(mated))
		for k, p := range mated {
			worse[k] = min(quality[p[0]], quality[p[1]])
		}
		order := slices.Clone(worse)
		slices.Sort(order)
		third, twoThirds := order[len(order)/3], order[2*len(order)/3]
		var low, high []float64
		for k, s := range same {
			if worse[k] < third {
				low = append(low, s)
			} else if worse[k] > twoThirds {
				high = append(high, s)
			}
		}
		slices.Sort(low)
		slices.Sort(high)
		all := slices.Clone(quality)
		slices.Sort(all)
		t.Logf("  quality %d to %d, median %d; mated scores: median %.3f under quality %d, %.3f over %d",
			all[0], all[len(all)-1], all[len(all)/2], low[len(low)/2], third, high[len(high)/2], twoThirds)
		if low[len(low)/2] >= high[len(high)/2] {
			t.Errorf("%s: prints of low quality compare no worse than those of high", set)
		}
	}
}

// Most minutiae that another engine found are found, near and alike in direction.
// That engine is no truth: it misses some and invents some.
func TestRealMinutiaeAgreeWithAnotherEngine(t *testing.T) {
	for _, set := range developmentSets {
		images, names := realImages(t, set)
		var x Extractor
		theirs, ours, both := 0, 0, 0
		for k, img := range images {
			data, err := os.ReadFile(filepath.Join(os.Getenv("LIMEN_FINGERPRINTS"), "reference", "iso19794-2", set, names[k]+".iso"))
			if err != nil {
				t.Fatal(err)
			}
			views, err := ReadISO(data)
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := x.Extract(img)
			if err != nil {
				t.Fatal(err)
			}
			taken := make([]bool, len(got.Minutiae))
			for _, w := range views[0].Minutiae {
				nearest, at := 8.0, -1
				for i, g := range got.Minutiae {
					d := math.Hypot(float64(w.X)-float64(g.X), float64(w.Y)-float64(g.Y))
					if turn := int(int8(w.Angle - g.Angle)); !taken[i] && d <= nearest && max(turn, -turn) <= 21 {
						nearest, at = d, i
					}
				}
				if at >= 0 {
					taken[at] = true
					both++
				}
			}
			theirs += len(views[0].Minutiae)
			ours += len(got.Minutiae)
		}
		t.Logf("%s: of %d minutiae %.1f %% found; of our %d, %.1f %% are not theirs", set, theirs, 100*float64(both)/float64(theirs), ours, 100*float64(ours-both)/float64(ours))
		if both*4 < theirs*3 {
			t.Errorf("%s: found %d of %d", set, both, theirs)
		}
	}
}
