package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"limen/interop/bms/codec"
	"limen/interop/bms/finger"
	"limen/interop/bms/synthetic"
)

// hand writes the prints of an invented person as a record.
func hand(t *testing.T, path string, number, occasion uint64, fingers ...finger.Position) string {
	t.Helper()
	record, err := finger.WriteISO(synthetic.NewPerson(4, number, fingers).Prints(occasion))
	if err != nil {
		t.Fatal(err)
	}
	return file(t, path, record)
}

func file(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// drawnPrint is a picture of ridges, with minutiae where the phase turns. SYNTHETIC:
// no finger stands behind it.
func drawnPrint(t testing.TB, seed uint64) []byte {
	t.Helper()
	const width, height = 260, 300
	r := rand.New(rand.NewPCG(seed, 1))
	var turns [][3]float64
	for y := 40.0; y < height-30; y += 45 {
		for x := 40.0; x < width-30; x += 45 {
			turns = append(turns, [3]float64{x + 10*r.Float64(), y + 10*r.Float64(), float64(1 - 2*(len(turns)%2))})
		}
	}
	m := image.NewGray(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		x, y := float64(i%width), float64(i/width)
		phase := 2 * math.Pi / 9 * (y + 40*math.Exp(-((x-130)*(x-130)/8000+(y-150)*(y-150)/12000)))
		for _, s := range turns {
			phase += s[2] * math.Atan2(y-s[1], x-s[0])
		}
		m.Pix[i] = uint8(130 - 90*math.Cos(phase))
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// transaction is an ANSI/NIST-ITL file with a text, and an image of each finger.
func transaction(t testing.TB, fingers map[int][]byte) []byte {
	t.Helper()
	f := codec.NewANSINIST(codec.ANSINISTHeader{Transaction: "AMN", Date: "20260101", Destination: "D", Origin: "O", Control: "C"})
	f.AddText(0, codec.Field{Number: 3, Value: []byte("a\x1fb\x1ec")}, codec.Field{Number: 4, Value: []byte{0xff, 0xfe}})
	for at := 0; at <= 15; at++ {
		if img := fingers[at]; img != nil {
			if err := f.AddFinger(at, codec.Capture{Source: "S", Date: "20260101", Finger: at}, img); err != nil {
				t.Fatal(err)
			}
		}
	}
	data, err := f.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func said(run func(streams) error) (out, told string, err error) {
	var o, e bytes.Buffer
	err = run(streams{out: &o, err: &e})
	return o.String(), e.String(), err
}

// One person's fingers match and their ratios add up; two persons' do not, which is
// no error but a status of its own. What cannot be compared says why.
func TestBMSMatch(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	a := hand(t, at("a.iso"), 1, 1, synthetic.RightHand...)
	again := hand(t, at("again.iso"), 1, 2, synthetic.RightHand...)
	other := hand(t, at("other.iso"), 2, 1, synthetic.RightHand...)
	left := hand(t, at("left.iso"), 1, 1, finger.LeftIndex)
	drawn := file(t, at("drawn.png"), drawnPrint(t, 1))
	cards := file(t, at("cards.an2"), transaction(t, map[int][]byte{2: drawnPrint(t, 1), 3: drawnPrint(t, 2), 13: drawnPrint(t, 3)}))
	slap := file(t, at("slap.an2"), transaction(t, map[int][]byte{13: drawnPrint(t, 3)}))
	blank := file(t, at("blank.txt"), []byte("no print"))
	for _, c := range []struct {
		a, b     string
		fmr      float64
		fingers  int
		decision string
		err      string
	}{
		{a, again, 0, 4, "match", ""},
		{a, other, 0, 4, "no_match", "no match"},
		{a, other, 0.999999999, 4, "no_match", "no match"},
		{a, left, 0, 0, "", "no finger in common"},
		{drawn, drawn, 0, 1, "match", ""},
		{drawn, cards, 0, 1, "match", ""},
		{cards, cards, 0, 2, "match", ""},
		{slap, a, 0, 0, "", "cut slaps into fingers"},
		{a, blank, 0, 0, "", "blank.txt: image: unknown"},
		{a, again, 2, 0, "", "--fmr 2"},
		{a, again, math.NaN(), 0, "", "--fmr NaN"},
	} {
		out, _, err := said((&bmsMatchCmd{A: c.a, B: c.b, FMR: c.fmr}).Run)
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s, %s: %v, want %q", c.a, c.b, err, c.err)
		}
		if errors.Is(err, errNoMatch) != (c.decision == "no_match") {
			t.Errorf("%s, %s: decision %q ends with %v", c.a, c.b, c.decision, err)
		}
		if c.decision == "" {
			continue
		}
		var m matched
		if err := json.Unmarshal([]byte(out), &m); err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, f := range m.Fingers {
			sum += f.LLR
		}
		if m.Decision != c.decision || len(m.Fingers) != c.fingers || math.Abs(sum-m.LLR) > 1e-9 || (m.LLR >= m.Least) != (m.Decision == "match") {
			t.Errorf("%s, %s: %s", c.a, c.b, out)
		}
	}
}

// Of a finger taken several times the best counts. Trying a print on every finger
// costs what the chances are worth.
func TestBMSCompareCountsChances(t *testing.T) {
	r, err := printReaders(0)
	if err != nil {
		t.Fatal(err)
	}
	reader := r()
	read := func(number, occasion uint64, fingers ...finger.Position) []view {
		v, err := reader.read(hand(t, filepath.Join(t.TempDir(), "x.iso"), number, occasion, fingers...))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	k := finger.DevelopmentCalibration
	probe, mate := read(1, 1, finger.RightIndex), read(1, 2, finger.RightIndex)
	one, plain := compare(reader.scratch, k, probe, mate)
	stranger := read(2, 1, finger.RightIndex)
	twice, both := compare(reader.scratch, k, probe, append(stranger, mate...))
	if len(twice) != 1 || both != plain || twice[0].Score != one[0].Score {
		t.Errorf("beside a worse view of the same finger: %v, alone %v", twice, one)
	}
	loose := append([]view(nil), probe...)
	loose[0].position = finger.UnknownFinger
	hands := append(read(3, 1, finger.LeftThumb, finger.LeftRing, finger.LeftLittle), mate...)
	for _, way := range [][2][]view{{loose, hands}, {hands, loose}} {
		f, llr := compare(reader.scratch, k, way[0], way[1])
		if len(f) != 1 || math.Abs(llr-(plain-math.Log10(4))) > 1e-9 {
			t.Errorf("among four fingers %v %v, alone %v", f, llr, plain)
		}
	}
	if f, llr := compare(reader.scratch, k, probe, read(1, 1, finger.RightMiddle)); len(f) != 0 || llr != 0 {
		t.Errorf("different fingers: %v %v", f, llr)
	}
}

// Each probe gets a line: its person first, by the best impression and once; nobody
// for a stranger. What could not be read is named and fails the run.
func TestBMSIdentify(t *testing.T) {
	dir := t.TempDir()
	gallery := filepath.Join(dir, "gallery")
	if err := os.Mkdir(gallery, 0o700); err != nil {
		t.Fatal(err)
	}
	for n := range uint64(12) {
		for occasion := range uint64(2) {
			hand(t, filepath.Join(gallery, fmt.Sprintf("p%d_%d.iso", n, occasion+1)), n, occasion, synthetic.RightHand...)
		}
	}
	file(t, filepath.Join(gallery, "README.md"), []byte("words"))
	probe := hand(t, filepath.Join(dir, "probe.iso"), 5, 9, synthetic.RightHand...)
	stranger := hand(t, filepath.Join(dir, "stranger.iso"), 99, 9, synthetic.RightHand...)
	thumb := hand(t, filepath.Join(dir, "thumb.iso"), 5, 9, finger.LeftThumb)
	lines := func(out string) (all []identified) {
		for d := json.NewDecoder(strings.NewReader(out)); ; {
			var l identified
			if err := d.Decode(&l); err == io.EOF {
				return all
			} else if err != nil {
				t.Fatal(err)
			}
			all = append(all, l)
		}
	}
	run := func(ctx context.Context, c bmsIdentifyCmd) ([]identified, string, error) {
		c.Gallery = gallery
		out, told, err := said(func(s streams) error { return c.Run(ctx, s) })
		return lines(out), told, err
	}
	got, _, err := run(t.Context(), bmsIdentifyCmd{Probes: []string{probe, stranger}})
	if err != nil || len(got) != 2 || len(got[0].Candidates) != 1 || got[0].Candidates[0].Person != "p5" || got[0].Candidates[0].Fingers != 4 ||
		got[0].Gallery != 24 || got[0].Compared != 24 || len(got[1].Candidates) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if want := math.Log10(24) + 3; len(got) > 0 && math.Abs(got[0].Least-want) > 1e-9 {
		t.Errorf("threshold %v, want %v", got[0].Least, want)
	}
	got, _, err = run(t.Context(), bmsIdentifyCmd{Probes: []string{probe}, Below: true, Candidates: 3})
	if err != nil || len(got[0].Candidates) != 3 || got[0].Candidates[0].Below || !got[0].Candidates[1].Below || got[0].Candidates[1].Person == "p5" {
		t.Errorf("with those below: %+v, %v", got, err)
	}
	if got, _, err = run(t.Context(), bmsIdentifyCmd{Probes: []string{thumb, probe}}); !errors.Is(err, errSaid) || len(got) != 2 || got[0].Error == "" || got[1].Error != "" {
		t.Errorf("a finger that nobody has: %+v, %v", got, err)
	}
	file(t, filepath.Join(gallery, "p0_3.iso"), []byte("FMR\x00 20\x00 cut"))
	if got, told, err := run(t.Context(), bmsIdentifyCmd{Probes: []string{probe}}); !errors.Is(err, errSaid) || len(got) != 1 || got[0].Gallery != 24 || !strings.Contains(told, "p0_3.iso: not in the gallery") {
		t.Errorf("a damaged record: %+v, %q, %v", got, told, err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if got, told, err := run(stopped, bmsIdentifyCmd{Probes: []string{probe}}); !errors.Is(err, errSaid) || len(got) != 0 || !strings.Contains(told, "Stopped") {
		t.Errorf("stopped: %v, %q, %v", got, told, err)
	}
}

// The report counts the pairs of the protocol and the failures, and its calibration
// is taken where one is asked for.
func TestBMSEvaluate(t *testing.T) {
	dir := t.TempDir()
	const fingers, impressions = 6, 4
	for n := range uint64(fingers) {
		for occasion := range uint64(impressions) {
			hand(t, filepath.Join(dir, fmt.Sprintf("%d_%d.iso", 101+n, occasion+1)), n, occasion, finger.RightIndex)
		}
	}
	file(t, filepath.Join(dir, "101_2.iso"), []byte("FMR\x00 20\x00 cut"))
	file(t, filepath.Join(dir, "notes.txt"), []byte("words"))
	svg := filepath.Join(t.TempDir(), "det.svg")
	run := func(c bmsEvaluateCmd) (evaluated, string, error) {
		c.Dir = dir
		out, _, err := said(func(s streams) error { return c.Run(t.Context(), s) })
		var report evaluated
		if err == nil {
			if err := json.Unmarshal([]byte(out), &report); err != nil {
				t.Fatal(err)
			}
		}
		return report, out, err
	}
	report, out, err := run(bmsEvaluateCmd{SVG: svg, Calibrate: true, Label: "SYNTHETIC"})
	if err != nil {
		t.Fatal(err)
	}
	v := report.Verification
	// 24 prints, 276 pairs; the one that failed keeps its 3 mates, as missed, and not its 20 strangers.
	if v.Data != "SYNTHETIC" || v.Mated != 36 || v.NonMated != 240-20 || v.FTE.Errors != 1 || v.FTE.Trials != 24 || len(v.Points) != 4 || v.DET != nil {
		t.Errorf("verification %+v", v)
	}
	if p := v.Points[0]; p.FalseNM.Errors < 3 || p.FalseNM.Errors > 9 || p.FalseNM.High <= p.FalseNM.Rate || !p.Bound {
		t.Errorf("three pairs at least are missed, and few more: %+v", p)
	}
	if d := report.Decision; d.FMR != 0.0005 || d.FalseNonMatch.Trials != 36 || d.FalseNonMatch.Errors < 3 || d.FalseMatch.Trials != 220 {
		t.Errorf("decision %+v", d)
	}
	id := report.Identification
	if id == nil || id.Gallery != fingers || id.Mated != 18 || id.NonMated != 17 || id.Points[0].FalseNegative.Errors < 1 || id.Points[0].FalseNegative.Errors > 5 {
		t.Errorf("identification %+v", id)
	}
	if len(report.Failures) != 1 || filepath.Base(report.Failures[0].File) != "101_2.iso" || len(report.Others) != 1 || report.Fingers != fingers {
		t.Errorf("%+v", report)
	}
	if drawn, err := os.ReadFile(svg); err != nil || !bytes.HasPrefix(drawn, []byte("<svg")) || !bytes.Contains(drawn, []byte("SYNTHETIC")) {
		t.Errorf("the picture: %v", err)
	}
	k, err := readCalibration("report", []byte(out))
	if err != nil || k != *report.Fitted || *report.FittedCostBits > report.CostBits+1e-6 {
		t.Errorf("calibration %+v of %+v, %v, costs %v after %v", k, report.Fitted, err, *report.FittedCostBits, report.CostBits)
	}
	if report, _, err = run(bmsEvaluateCmd{FVC: true, DET: true}); err != nil || report.Verification.NonMated != 15 || len(report.Verification.DET) < 2 || report.Fitted != nil {
		t.Errorf("first impressions: %+v, %v", report.Verification, err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if out, told, err := said(func(s streams) error { return (&bmsEvaluateCmd{Dir: dir}).Run(stopped, s) }); !errors.Is(err, errSaid) || out != "" || !strings.Contains(told, "Stopped") {
		t.Errorf("stopped: %q, %q, %v", out, told, err)
	}
	for name, want := range map[string]string{"101_1.fmr": "are the same impression", "someone.iso": "not named finger_impression", "107_1.iso": "single fingers"} {
		fingers := []finger.Position{finger.RightIndex, finger.RightMiddle}
		path := hand(t, filepath.Join(dir, name), 50, 1, fingers...)
		if _, _, err := run(bmsEvaluateCmd{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("with %s: %v, want %q", name, err, want)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// Every record is shown, with texts as they are and images by number; what is damaged
// is said at its place.
func TestBMSDecodeTransaction(t *testing.T) {
	dir := t.TempDir()
	data := transaction(t, map[int][]byte{2: drawnPrint(t, 1), 13: drawnPrint(t, 2)})
	path, out2 := file(t, filepath.Join(dir, "x.an2"), data), filepath.Join(dir, "second.png")
	out, _, err := said((&bmsDecodeCmd{File: path, PNG: out2, Image: 2}).Run)
	if err != nil {
		t.Fatal(err)
	}
	var d decoded
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatal(err)
	}
	if len(d.Records) != 4 || d.Format != "ANSI/NIST-ITL" || d.Records[0].Type != 1 {
		t.Fatalf("%s", out)
	}
	text := d.Records[1].Fields
	if f := text[len(text)-2]; f.Number != "2.003" || fmt.Sprint(f.Items) != "[[a b] [c]]" {
		t.Errorf("%+v", f)
	}
	if f := text[len(text)-1]; f.Number != "2.004" || f.Bytes != 2 || f.Text != "" {
		t.Errorf("%+v", f)
	}
	if img := d.Records[3].Image; img == nil || img.Number != 2 || img.Finger != 13 || img.Format != "PNG" || img.Width != 260 || img.Height != 300 {
		t.Errorf("%s", out)
	}
	written, err := os.ReadFile(out2)
	if err != nil {
		t.Fatal(err)
	}
	want, err := codec.Decode(drawnPrint(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := codec.Decode(written); err != nil || !bytes.Equal(got.Pix, want.Pix) {
		t.Errorf("image 2 is another: %v", err)
	}
	if _, _, err := said((&bmsDecodeCmd{File: path, PNG: out2, Image: 3}).Run); err == nil || !strings.Contains(err.Error(), "images 1 to 2") {
		t.Errorf("image 3 of 2: %v", err)
	}
	at := bytes.Index(data, []byte("IDAT"))
	data[at+20] ^= 0xff
	out, told, err := said((&bmsDecodeCmd{File: file(t, filepath.Join(dir, "y.an2"), data), Image: 1}).Run)
	if !errors.Is(err, errSaid) || !strings.Contains(told, "1 of 2 images") || !strings.Contains(out, `"error": "PNG`) || !strings.Contains(out, `"number": 2`) {
		t.Errorf("damaged: %v %s %s", err, told, out)
	}
}

// Names say whose a print is.
func TestBMSPersonOf(t *testing.T) {
	for name, want := range map[string][2]string{
		"d/101_3.png": {"101", "3"}, "anna_maria.iso": {"anna_maria", ""}, "anna_maria_12.iso": {"anna_maria", "12"},
		"_1.iso": {"_1", ""}, "x_.iso": {"x_", ""}, "x": {"x", ""},
	} {
		if person, impression := personOf(name); person != want[0] || impression != want[1] {
			t.Errorf("%s is impression %q of %q", name, impression, person)
		}
	}
}

// Whatever a file of calibration holds, what is taken tells more of higher scores.
func FuzzReadCalibration(f *testing.F) {
	f.Add([]byte(`{"soft":1,"intercept":-3,"slope":4,"low":-1.5,"high":8}`))
	f.Add([]byte(`{"fitted_calibration":{"soft":1,"slope":4,"high":8}}`))
	f.Add([]byte(`{"fitted_calibration":null,"slope":-1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		k, err := readCalibration("x", data)
		if err == nil && !(k.LLR(0) <= k.LLR(1) && k.LLR(1) <= k.LLR(1000)) {
			t.Errorf("%+v", k)
		}
	})
}

// Whatever a transaction holds can be shown, and no more than so many images of it.
func FuzzDecodeTransaction(f *testing.F) {
	f.Add(transaction(f, nil))
	f.Add(transaction(f, map[int][]byte{2: drawnPrint(f, 1)}))
	f.Fuzz(func(t *testing.T, data []byte) {
		records, _, err := decodeTransaction(data, 1)
		if err != nil {
			return
		}
		if images, _ := imagesOf(records); images > mostImages {
			t.Errorf("%d images", images)
		}
		if _, err := json.Marshal(records); err != nil {
			t.Error(err)
		}
	})
}
