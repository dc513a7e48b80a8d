package finger

import (
	"errors"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"testing"
)

// drawing is a print of which every minutia is known: the grey of a pixel is the
// cosine of a phase that grows by a turn a ridge and by a turn around every
// minutia.
type drawing struct {
	width, height int     // pixels at 500 per inch
	period        float64 // of the ridges, pixels
	seed          uint64
	spirals       []spiral
	noise         float64 // deviation in grey levels
	gaps          bool    // the ridges are cut every 40 pixels
	negative      bool
}

// spiral is a minutia: sense 1 adds a ridge on one side of it, -1 on the other.
type spiral struct{ x, y, sense float64 }

// base is the phase without minutiae: arches that bulge in the middle.
func (d *drawing) base(x, y float64) float64 {
	w, h := float64(d.width), float64(d.height)
	dx, dy := (x-w/2)/(0.25*w), (y-h/2)/(0.3*h)
	return 2 * math.Pi / d.period * (y + 0.2*h*math.Exp(-(dx*dx+dy*dy)/2))
}

// phase leaves out the spiral of the given number.
func (d *drawing) phase(x, y float64, without int) float64 {
	p := d.base(x, y)
	for i, s := range d.spirals {
		if i != without {
			p += s.sense * math.Atan2(y-s.y, x-s.x)
		}
	}
	return p
}

// ridge is the cosine of the whole phase.
func (d *drawing) ridge(x, y float64) float64 {
	sin, cos := math.Sincos(d.base(x, y))
	z := complex(cos, sin)
	for _, s := range d.spirals {
		z *= complex(x-s.x, s.sense*(y-s.y))
	}
	if size := cmplx.Abs(z); size > 0 {
		return real(z) / size
	}
	return 0
}

// scatter puts n minutiae of both senses, a way from each other and the border.
func (d *drawing) scatter(n int) {
	r := rand.New(rand.NewPCG(d.seed, 7))
	for tries := 0; len(d.spirals) < n && tries < 1000*n; tries++ {
		s := spiral{x: 30 + r.Float64()*float64(d.width-60), y: 30 + r.Float64()*float64(d.height-60), sense: 1 - 2*float64(len(d.spirals)%2)}
		if !slices.ContainsFunc(d.spirals, func(o spiral) bool { return math.Hypot(o.x-s.x, o.y-s.y) < 34 }) {
			d.spirals = append(d.spirals, s)
		}
	}
}

// image draws it at a resolution.
func (d *drawing) image(ppi float64) Image {
	scale := ppi / 500
	m := Image{Width: int(math.Round(float64(d.width) * scale)), Height: int(math.Round(float64(d.height) * scale)), PPI: ppi}
	r := rand.New(rand.NewPCG(d.seed, 8))
	for py := range m.Height {
		for px := range m.Width {
			x, y := (float64(px)+0.5)/scale-0.5, (float64(py)+0.5)/scale-0.5
			ridge := d.ridge(x, y)
			if d.gaps && math.Mod(x, 40) < 3 {
				ridge = -1
			}
			if d.negative {
				ridge = -ridge
			}
			m.Pix = append(m.Pix, uint8(min(max(130-90*ridge+d.noise*r.NormFloat64(), 0), 255)))
		}
	}
	return m
}

// truth is what the drawing's minutiae are; kinds are Other where the line that
// begins there is between ridge and valley.
func (d *drawing) truth() []Minutia {
	var all []Minutia
	for i, s := range d.spirals {
		const e = 0.5
		gx := d.phase(s.x+e, s.y, i) - d.phase(s.x-e, s.y, i)
		gy := d.phase(s.x, s.y+e, i) - d.phase(s.x, s.y-e, i)
		toward := math.Atan2(-s.sense*gx, s.sense*gy) // across the gradient
		kind := Other
		switch c := math.Cos(d.phase(s.x, s.y, i) + s.sense*toward); {
		case c > 0.6:
			kind = Ending
		case c < -0.6:
			kind = Bifurcation
		}
		all = append(all, Minutia{X: uint16(s.x), Y: uint16(s.y), Kind: kind, Angle: uint8(int(math.Round(-toward*128/math.Pi)) & 255)})
	}
	return all
}

// agreement counts which of the wanted minutiae were found, within 6 pixels and
// 20 degrees, how many of those have the right kind, and how many have another.
func agreement(want, got []Minutia) (found, right, wrong int) {
	taken := make([]bool, len(got))
	for _, w := range want {
		for i, g := range got {
			far := math.Hypot(float64(w.X)-float64(g.X), float64(w.Y)-float64(g.Y))
			if turn := int(int8(w.Angle - g.Angle)); !taken[i] && far <= 6 && max(turn, -turn) <= 14 {
				taken[i] = true
				found++
				switch {
				case w.Kind == Other:
				case w.Kind == g.Kind:
					right++
				default:
					wrong++
				}
				break
			}
		}
	}
	return found, right, wrong
}

func extracted(t testing.TB, img Image) (Template, Quality) {
	t.Helper()
	var x Extractor
	got, q, err := x.Extract(img)
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Check(); err != nil {
		t.Fatal(err)
	}
	return got, q
}

// What was drawn is found, where it is, pointing where it points and of its
// kind, and little else; at every resolution, and under noise.
func TestExtractFindsWhatWasDrawn(t *testing.T) {
	for _, c := range []struct {
		name               string
		period, noise, ppi float64
	}{
		{"usual", 9, 0, 500},
		{"noise", 9, 40, 500},
		{"child", 6, 10, 500},
		{"wide", 12, 10, 500},
		{"1000 per inch", 9, 10, 1000},
		{"569 per inch", 9, 10, 569},
		{"300 per inch", 9, 10, 300},
	} {
		t.Run(c.name, func(t *testing.T) {
			var drawn, found, right, wrong, all int
			for seed := range uint64(3) {
				d := drawing{width: 260, height: 280, period: c.period, noise: c.noise, seed: seed}
				d.scatter(24)
				got, _ := extracted(t, d.image(c.ppi))
				if got.ResX != Resolution500 || got.Width != 260 || got.Height != 280 {
					t.Fatalf("%d x %d at %d per cm", got.Width, got.Height, got.ResX)
				}
				f, r, w := agreement(d.truth(), got.Minutiae)
				drawn, found, right, wrong, all = drawn+len(d.spirals), found+f, right+r, wrong+w, all+len(got.Minutiae)
			}
			t.Logf("%d drawn, %d found, %d others, kinds %d right, %d wrong", drawn, found, all-found, right, wrong)
			if found*100 < drawn*90 {
				t.Errorf("found %d of %d", found, drawn)
			}
			if (all-found)*100 > drawn*7 {
				t.Errorf("%d that nobody drew, beside %d", all-found, drawn)
			}
			if wrong*10 > right {
				t.Errorf("%d kinds wrong, %d right", wrong, right)
			}
		})
	}
}

// A ridge that is cut and goes on has no minutiae, and neither has a print of
// whole ridges.
func TestExtractJoinsBrokenRidges(t *testing.T) {
	for _, gaps := range []bool{false, true} {
		d := drawing{width: 260, height: 280, period: 9, noise: 5, gaps: gaps}
		if got, _ := extracted(t, d.image(500)); len(got.Minutiae) != 0 {
			t.Errorf("gaps %v: %d minutiae", gaps, len(got.Minutiae))
		}
	}
}

// Swapping ridges and valleys keeps places and angles and swaps kinds, as the
// definition of the angle has it.
func TestExtractTakesRidgesAndValleysAlike(t *testing.T) {
	d := drawing{width: 260, height: 280, period: 9}
	d.scatter(24)
	got, _ := extracted(t, d.image(500))
	d.negative = true
	other, _ := extracted(t, d.image(500))
	for i := range other.Minutiae {
		other.Minutiae[i].Kind = 3 - other.Minutiae[i].Kind
	}
	if found, _, wrong := agreement(got.Minutiae, other.Minutiae); found < len(got.Minutiae)-1 || wrong > 1 {
		t.Errorf("of %d minutiae the negative has %d, %d of the same kind", len(got.Minutiae), found, wrong)
	}
}

// A quarter turn of the image turns the template.
func TestExtractTurnsWithTheImage(t *testing.T) {
	d := drawing{width: 260, height: 280, period: 9, noise: 10}
	d.scatter(24)
	img := d.image(500)
	turned := Image{Width: img.Height, Height: img.Width, PPI: 500, Pix: make([]uint8, len(img.Pix))}
	for y := range turned.Height { // counter-clockwise as seen
		for x := range turned.Width {
			turned.Pix[y*turned.Width+x] = img.Pix[x*img.Width+img.Width-1-y]
		}
	}
	straight, _ := extracted(t, img)
	got, _ := extracted(t, turned)
	var want []Minutia
	for _, m := range straight.Minutiae {
		want = append(want, Minutia{X: m.Y, Y: uint16(img.Width-1) - m.X, Angle: m.Angle + 64, Kind: m.Kind})
	}
	if found, _, _ := agreement(want, got.Minutiae); found*100 < 93*len(want) || len(got.Minutiae) > len(want)+3 {
		t.Errorf("of %d minutiae %d turned, in %d", len(want), found, len(got.Minutiae))
	}
}

// An image without ridges gives no minutiae and quality 0, and is no error.
func TestExtractOfNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, grey := range map[string]func(x, y int) uint8{
		"white": func(int, int) uint8 { return 255 },
		"black": func(int, int) uint8 { return 0 },
		"noise": func(int, int) uint8 { return uint8(r.IntN(256)) },
		"grain": func(int, int) uint8 { return uint8(240 + r.IntN(6)) },
		"ramp":  func(x, _ int) uint8 { return uint8(x) },
	} {
		img := Image{Width: 256, Height: 200, PPI: 500}
		for y := range img.Height {
			for x := range img.Width {
				img.Pix = append(img.Pix, grey(x, y))
			}
		}
		if got, q := extracted(t, img); len(got.Minutiae) != 0 || q.Score != 0 || got.Quality != 0 {
			t.Errorf("%s: %d minutiae, %+v", name, len(got.Minutiae), q)
		}
	}
}

func TestExtractRefuses(t *testing.T) {
	pix := make([]uint8, 100*100)
	above := uint8(101)
	for _, c := range []struct {
		img  Image
		want error
	}{
		{Image{}, ErrImageSize},
		{Image{Pix: pix, Width: -100, Height: -100, PPI: 500}, ErrImageSize},
		{Image{Width: math.MaxInt, Height: 2, PPI: 500}, ErrImageSize},
		{Image{Pix: pix, Width: 100, Height: 101, PPI: 500}, ErrImageShape},
		{Image{Pix: pix, Width: 100, Height: 100}, ErrImageResolution},
		{Image{Pix: pix, Width: 100, Height: 100, PPI: math.NaN()}, ErrImageResolution},
		{Image{Pix: pix, Width: 100, Height: 100, PPI: math.Inf(1)}, ErrImageResolution},
		{Image{Pix: pix, Width: 100, Height: 100, PPI: 96}, ErrImageResolution},
		{Image{Pix: pix, Width: 100, Height: 100, PPI: 2000}, ErrImageSize},
		{Image{Pix: make([]uint8, 1000*1000), Width: 1000, Height: 1000, PPI: 300}, ErrImageSize},
		{Image{Pix: pix, Width: 100, Height: 100, PPI: 500, NFIQ2: &above}, ErrImageNFIQ2},
	} {
		var x Extractor
		if _, _, err := x.Extract(c.img); !errors.Is(err, c.want) {
			t.Errorf("%d x %d at %g: %v, want %v", c.img.Width, c.img.Height, c.img.PPI, err, c.want)
		}
	}
}

// What an extractor saw before does not show in what it finds, and it takes
// memory for its answer alone.
func TestExtractorIsUsedAgain(t *testing.T) {
	d := drawing{width: 260, height: 280, period: 9, noise: 20}
	d.scatter(24)
	img := d.image(500)
	want, quality := extracted(t, img)
	var x Extractor
	for _, before := range []Image{
		{Pix: make([]uint8, 400*400), Width: 400, Height: 400, PPI: 500},
		(&drawing{width: 200, height: 350, period: 7, noise: 60, seed: 9}).image(500), img,
	} {
		if _, _, err := x.Extract(before); err != nil {
			t.Fatal(err)
		}
		got, q, err := x.Extract(img)
		if err != nil || !slices.Equal(got.Minutiae, want.Minutiae) || q != quality {
			t.Errorf("another answer after %d x %d: %v", before.Width, before.Height, err)
		}
	}
	if n := testing.AllocsPerRun(3, func() { x.Extract(img) }); n > 6 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzExtract hands over any pixels: no panic, and what comes out is a template.
func FuzzExtract(f *testing.F) {
	d := drawing{width: 64, height: 60, period: 9, spirals: []spiral{{30, 30, 1}}}
	img := d.image(500)
	f.Add(img.Pix, uint16(img.Width), 500.0)
	f.Add(img.Pix, uint16(img.Width), 700.0)
	f.Add([]byte{}, uint16(0), 0.0)
	f.Add(slices.Repeat([]byte{0, 255, 3}, 2000), uint16(75), 250.0)
	var x Extractor
	f.Fuzz(func(t *testing.T, pix []byte, width uint16, ppi float64) {
		img := Image{Pix: pix, Width: int(width), PPI: ppi}
		if width > 0 {
			img.Height = len(pix) / int(width)
			img.Pix = pix[:img.Width*img.Height]
		}
		got, q, err := x.Extract(img)
		if err != nil {
			return
		}
		if err := got.Check(); err != nil {
			t.Error(err)
		}
		if q.Score > 100 || q.Clarity < 0 || q.Clarity > 1 || math.IsNaN(q.Clarity) || q.Area < 0 || q.Worth > float64(len(got.Minutiae)) {
			t.Errorf("%+v", q)
		}
	})
}
