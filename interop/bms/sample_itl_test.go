package bms_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"testing"

	"limen/interop/bms"
	"limen/interop/bms/codec"
	"limen/interop/bms/face"
	"limen/interop/bms/finger"
	"limen/law"
)

// byWidth stands in the place of an extractor: the template says how wide the image
// was, so that a test sees which image became which finger.
func byWidth() *bms.Engine {
	e := bms.NewEngine(testFingers, testFaces)
	e.Extract = func(m finger.Image) (finger.Template, error) {
		t := finger.Template{Width: uint16(m.Width), Height: uint16(m.Height), ResX: 197, ResY: 197, Quality: 50}
		for i := range 12 {
			t.Minutiae = append(t.Minutiae, finger.Minutia{X: uint16(i), Y: uint16(i), Kind: finger.Ending})
		}
		return t, nil
	}
	return e
}

func grey(w, h int) codec.Image {
	m := codec.Image{Pix: make([]byte, w*h), Width: w, Height: h, PPI: 500}
	for i := range m.Pix {
		m.Pix[i] = byte(i*7 + i/w*3)
	}
	return m
}

func asWSQ(t testing.TB, w int) []byte {
	t.Helper()
	b, err := codec.EncodeWSQ(grey(w, 64), codec.WSQ15to1)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func asJPEG(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// itl is a transaction that is put together finger by finger.
type itl struct {
	testing.TB
	*codec.ANSINISTFile
}

func newITL(t testing.TB) itl {
	f := itl{t, codec.NewANSINIST(codec.ANSINISTHeader{Transaction: "EES", Date: "20261122", Destination: "EU", Origin: "XX", Control: "1"})}
	f.AddText(0, codec.Field{Number: 18, Value: []byte("SURNAME OF SOMEBODY")})
	return f
}

func (f itl) last() *codec.Record { return &f.Records[len(f.Records)-1] }

func (f itl) finger(position, width int, set ...codec.Field) itl {
	f.Helper()
	if err := f.AddFinger(len(f.Records), codec.Capture{Source: "XX", Date: "20261122", Finger: position}, asWSQ(f, width)); err != nil {
		f.Fatal(err)
	}
	for _, s := range set {
		f.last().Set(s.Number, s.Value)
	}
	return f
}

func (f itl) binary(position, impression, width int, compression byte, data []byte) itl {
	idc := len(f.Records)
	b := binary.BigEndian.AppendUint32(nil, uint32(18+len(data)))
	b = append(b, byte(idc), byte(impression), byte(position), 255, 255, 255, 255, 255, 0)
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, uint16(width)), 64)
	f.Records = append(f.Records, codec.Record{Type: 4, IDC: idc, Binary: append(append(b, compression), data...)})
	return f
}

func (f itl) as(kind int) itl {
	f.last().Type = kind
	return f
}

func (f itl) bytes() []byte {
	f.Helper()
	b, err := f.Bytes()
	if err != nil {
		f.Fatal(err)
	}
	return b
}

func quality(text string) codec.Field { return codec.Field{Number: 24, Value: []byte(text)} }

// 2022/2470, 2019/817 art 13: of an ANSI/NIST-ITL file every single finger is read,
// with its place on the hand and its NFIQ 2 value, and nothing else of the file is
// kept: no slap, no palm, no text.
func TestEveryFingerOfATransactionIsRead(t *testing.T) {
	raw := grey(80, 64).Pix
	file := newITL(t).
		finger(2, 70, quality("2\x1f61\x1f0101\x1f57")).
		finger(14, 90). // a slap
		finger(12, 71). // the left thumb, taken plain beside a slap
		finger(11, 74). // the right thumb plain, which is there rolled too
		finger(3, 72, quality("3\x1f40\x1f000F\x1f1\x1e3\x1f33\x1f0101\x1f33")).
		finger(4, 73, quality("4\x1f254\x1f0101\x1f57")).
		binary(1, 1, 80, 0, raw).
		binary(7, 0, 75, 1, asWSQ(t, 75)).
		finger(22, 91).as(15). // a palm
		bytes()
	s, err := bms.Reader(byWidth())(bms.Finger, file)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, p := range s.Prints {
		got += fmt.Sprintf("%d:%d:%d:%d:%s ", p.Template.Position, p.Template.Impression, p.Template.Width, p.NFIQ2, p.Picture.Format)
		if bytes.Contains(p.Picture.Bytes, []byte("SOMEBODY")) {
			t.Errorf("finger %d: its picture is the whole file", p.Template.Position)
		}
		m, err := codec.Decode(p.Picture.Bytes)
		if err != nil || m.Width != int(p.Template.Width) {
			t.Errorf("finger %d: its picture: %v", p.Template.Position, err)
		}
	}
	want := "2:0:70:61:image/x-wsq 3:0:72:33:image/x-wsq 4:0:73:-1:image/x-wsq 1:1:80:-1:image/png 7:0:75:-1:image/x-wsq 6:0:71:-1:image/x-wsq "
	if got != want {
		t.Errorf("read  %s\nwant %s", got, want)
	}
}

// A latent print says so, and one that may be of several fingers is of none.
func TestLatentPrintsOfATransaction(t *testing.T) {
	read := bms.Reader(byWidth())
	for name, file := range map[string]itl{
		"type 13":                  newITL(t).finger(2, 70).as(13),
		"type 14, a latent lift":   newITL(t).finger(2, 70, codec.Field{Number: 3, Value: []byte("7")}),
		"type 4, a latent tracing": newITL(t).binary(2, 5, 70, 1, asWSQ(t, 70)),
	} {
		s, err := read(bms.Finger, file.bytes())
		if err != nil || len(s.Prints) != 1 || s.Prints[0].Template.Impression != finger.Latent || s.Prints[0].Template.Position != finger.RightIndex {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	s, err := read(bms.Finger, newITL(t).finger(2, 70, codec.Field{Number: 13, Value: []byte("2\x1e7")}).as(13).bytes())
	if err != nil || s.Prints[0].Template.Position != finger.UnknownFinger {
		t.Errorf("of one of two fingers: %+v, %v", s, err)
	}
}

// 2019/817 art 13(1): no palm, no slap and no face is made a print of, and
// no file costs more than its ten fingers may.
func TestTransactionsThatAreRefused(t *testing.T) {
	read := bms.Reader(byWidth())
	many := newITL(t)
	for i := range 11 {
		many.finger(i%10+1, 70)
	}
	portrait := newITL(t)
	if err := portrait.AddFace(1, codec.Capture{Source: "XX", Date: "20261122"}, asJPEG(t, 60, 80)); err != nil {
		t.Fatal(err)
	}
	tattoo := newITL(t)
	if err := tattoo.AddFace(1, codec.Capture{Source: "XX", Date: "20261122", FaceType: "TATTOO"}, asJPEG(t, 60, 80)); err != nil {
		t.Fatal(err)
	}
	big := newITL(t).binary(2, 0, 60000, 0, make([]byte, 60000*64))
	var wide bytes.Buffer
	if err := png.Encode(&wide, image.NewGray(image.Rect(0, 0, 2000, 1500))); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		modality bms.Modality
		data     []byte
		code     law.Code
	}{
		"a palm":                 {bms.Finger, newITL(t).finger(22, 70).as(15).bytes(), "no_single_fingers"},
		"a palm as a finger":     {bms.Finger, newITL(t).finger(22, 70).bytes(), "no_single_fingers"},
		"slaps":                  {bms.Finger, newITL(t).finger(13, 70).finger(14, 71).bytes(), "no_single_fingers"},
		"a face as fingers":      {bms.Finger, portrait.bytes(), "no_single_fingers"},
		"text":                   {bms.Finger, newITL(t).bytes(), "no_fingers"},
		"eleven":                 {bms.Finger, many.bytes(), "too_many_fingers"},
		"one twice":              {bms.Finger, newITL(t).finger(2, 70).finger(2, 71).bytes(), "finger_twice"},
		"unnamed ones":           {bms.Finger, newITL(t).finger(0, 70).finger(2, 71).bytes(), "finger_unnamed"},
		"a cut file":             {bms.Finger, newITL(t).finger(2, 70).bytes()[:300], "image_unreadable"},
		"a huge finger":          {bms.Finger, big.bytes(), "image_too_large"},
		"a huge finger alone":    {bms.Finger, wide.Bytes(), "image_too_large"},
		"fingers as a face":      {bms.Face, newITL(t).finger(2, 70).bytes(), "no_face"},
		"a tattoo as a face":     {bms.Face, tattoo.bytes(), "no_face"},
		"a print as a face":      {bms.Face, asWSQ(t, 70), "image_format_unknown"},
		"a file inside a bundle": {bms.Finger, []byte(fmt.Sprintf(`{"fingers":[{"position":2,"image":%q}]}`, base(portrait.bytes()))), "image_format_unknown"},
		"more behind a bundle":   {bms.Finger, []byte(`{"fingers":[]}}`), "bundle_unreadable"},
	} {
		_, err := read(c.modality, c.data)
		var r *law.Refusal
		if !errors.As(err, &r) || r.Code != c.code || r.Field == "" {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

// embedder stands in the place of a facial model and tells what it was shown.
type embedder struct{ seen *codec.Image }

func (e embedder) Embed(m codec.Image) (face.Vector, int, error) {
	*e.seen = m
	v, err := face.Quantise("a-model", make512(1))
	return v, 70, err
}

// A face is read out of the record that carries it, and its picture is the image
// alone.
func TestFacesOutOfRecords(t *testing.T) {
	jpg := asJPEG(t, 60, 80)
	file := newITL(t).finger(2, 70)
	for _, pose := range []string{"L", "F"} { // a profile first
		img := jpg
		if pose == "L" {
			img = asJPEG(t, 61, 80)
		}
		if err := file.AddFace(len(file.Records), codec.Capture{Source: "XX", Date: "20261122"}, img); err != nil {
			t.Fatal(err)
		}
		file.last().Set(20, []byte(pose))
	}
	// ISO/IEC 19794-5:2005 with one feature point.
	block := 20 + 8 + 12 + len(jpg)
	fac := append([]byte("FAC\x00010\x00"), 0, 0, 0, 0, 0, 1)
	binary.BigEndian.PutUint32(fac[8:], uint32(14+block))
	fac = binary.BigEndian.AppendUint32(fac, uint32(block))
	fac = append(append(fac, 0, 1), make([]byte, 14+8)...)
	fac = append(fac, 1, 0, 0, 60, 0, 80, 0, 0, 0, 0, 0, 0)
	fac = append(fac, jpg...)
	for name, data := range map[string][]byte{"the image": jpg, "type 10": file.bytes(), "19794-5": fac} {
		var seen codec.Image
		e := byWidth()
		e.Embed = embedder{&seen}
		s, err := bms.Reader(e)(bms.Face, data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if seen.Width != 60 || s.Face.Quality != 70 || s.Face.Picture.Format != "image/jpeg" || !bytes.Equal(s.Face.Picture.Bytes, jpg) {
			t.Errorf("%s: shown %d wide, picture %s of %d bytes, want %d", name, seen.Width, s.Face.Picture.Format, len(s.Face.Picture.Bytes), len(jpg))
		}
	}
}

// 2019/817 art 13(3): a print that the extractor found useless is not taken for one
// of unknown quality.
func TestArt13_3_QualityOfNothingIsNotUnknown(t *testing.T) {
	e := byWidth()
	good := e.Extract
	e.Extract = func(m finger.Image) (finger.Template, error) {
		p, err := good(m)
		p.Quality = 0
		return p, err
	}
	s, err := bms.Reader(e)(bms.Finger, asWSQ(t, 70))
	if err != nil {
		t.Fatal(err)
	}
	if pass, again, err := s.Gate(today, false); err != nil || len(pass) != 0 || len(again) != 1 || again[0].Reason.Code != "quality_too_low" {
		t.Errorf("an image of quality 0: %v, %v, %v", pass, again, err)
	}
	s.Prints[0].Picture = nil // as a record of minutiae: 0 says that nobody measured
	if pass, _, err := s.Gate(today, false); err != nil || len(pass) != 1 || pass[0].Quality != bms.Unmeasured {
		t.Errorf("minutiae without a quality: %v, %v", pass, err)
	}
}
