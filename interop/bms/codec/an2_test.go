package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"
)

func asWSQ(t testing.TB, m Image) []byte {
	t.Helper()
	file, err := EncodeWSQ(m, WSQ15to1)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func asPNG(t testing.TB, m Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, &image.Gray{Pix: m.Pix, Stride: m.Width, Rect: image.Rect(0, 0, m.Width, m.Height)}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t testing.TB, m Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, &image.Gray{Pix: m.Pix, Stride: m.Width, Rect: image.Rect(0, 0, m.Width, m.Height)}, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// binaryFinger is a record of type 4.
func binaryFinger(idc, finger, native, width, height, compression int, data []byte) Record {
	b := put32(nil, uint32(18+len(data)))
	b = append(b, byte(idc), 0, byte(finger), 255, 255, 255, 255, 255, byte(native))
	b = put16(put16(b, width), height)
	return Record{Type: 4, IDC: idc, Binary: append(append(b, byte(compression)), data...)}
}

var header = ANSINISTHeader{Transaction: "EES", Date: "20261122", Destination: "EU", Origin: "XX", Control: "1"}

// example is a transaction with a record of each kind.
func example(t testing.TB) *ANSINISTFile {
	t.Helper()
	f := NewANSINIST(header)
	f.AddText(0, Field{3, []byte("SYNTHETIC")}, Field{2001, []byte("z")}, Field{999, []byte("y")}, Field{4, []byte{'a', sepUnit, 'b', sepRec, 'c'}})
	print := ridges(80, 72, 9)
	if err := f.AddFinger(1, Capture{Source: "XX", Date: "20261122", Finger: 2}, asWSQ(t, print)); err != nil {
		t.Fatal(err)
	}
	if err := f.AddFace(2, Capture{Source: "XX", Date: "20261122"}, asJPEG(t, ridges(40, 50, 4))); err != nil {
		t.Fatal(err)
	}
	f.Records = append(f.Records, binaryFinger(3, 7, 0, 80, 72, 1, asWSQ(t, print)),
		Record{Type: 7, IDC: 4, Binary: []byte{0, 0, 0, 8, 4, sepFile, sepGroup, 0}},
		Record{Type: 99, IDC: 5, Fields: []Field{{2, nil}, {100, []byte("?")}, {fieldData, []byte{sepFile, sepGroup, 0, sepFile}}}})
	return f
}

// Every record comes back as it was written, types and bytes that we know nothing
// of too, and writing what was read gives the same bytes (ANSI/NIST-ITL 1-2011
// annex B).
func TestANSINISTRoundTrip(t *testing.T) {
	f := example(t)
	file, err := f.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	wantStart := "1.001:139\x1d1.002:0502\x1d1.003:1\x1f6\x1e2\x1f00\x1e14\x1f01\x1e10\x1f02\x1e4\x1f03\x1e7\x1f04\x1e99\x1f05\x1d1.004:EES\x1d" +
		"1.005:20261122\x1d1.007:EU\x1d1.008:XX\x1d1.009:1\x1d1.011:00.00\x1d1.012:00.00\x1c2.001:63\x1d2.002:00\x1d2.003:SYNTHETIC\x1d2.004:a\x1fb\x1ec\x1d2.999:y\x1d2.2001:z\x1c14.001:"
	if !strings.HasPrefix(string(file), wantStart) {
		t.Errorf("begins %q", file[:min(len(file), len(wantStart))])
	}
	got, err := ParseANSINIST(file)
	if err != nil {
		t.Fatal(err)
	}
	again, err := got.Bytes()
	if err != nil || !bytes.Equal(again, file) {
		t.Errorf("written again it differs (%v)", err)
	}
	if items := got.Records[1].Items(4); len(items) != 2 || !slices.Equal(items[0], []string{"a", "b"}) || items[1][0] != "c" {
		t.Errorf("subfields %q", items)
	}
	if v, ok := got.Records[6].Field(fieldData); !ok || !bytes.Equal(v, []byte{sepFile, sepGroup, 0, sepFile}) {
		t.Errorf("data with separators came back as %q", v)
	}
	if got.Records[6].Text(100) != "?" || !bytes.Equal(got.Records[5].Binary, f.Records[5].Binary) {
		t.Error("an unknown record changed")
	}
	finger := got.Records[2]
	if finger.Text(6) != "80" || finger.Text(7) != "72" || finger.Text(8) != "1" || finger.Text(9) != "500" ||
		finger.Text(11) != "WSQ20" || finger.FingerPosition() != 2 || got.Records[4].FingerPosition() != 7 || got.Records[3].FingerPosition() != 0 {
		t.Errorf("finger %v", finger.Fields[:len(finger.Fields)-1])
	}
	if face := got.Records[3]; face.Text(3) != "FACE" || face.Text(11) != "JPEGB" || face.Text(8) != "0" {
		t.Errorf("face %v", face.Fields[:len(face.Fields)-1])
	}
}

// The length of a record counts its own digits, wherever the digits change.
func TestANSINISTLengths(t *testing.T) {
	for n := range 1100 {
		f := NewANSINIST(header)
		f.AddText(0, Field{3, bytes.Repeat([]byte{'x'}, n)})
		file, err := f.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseANSINIST(file); err != nil {
			t.Fatalf("%d: %v", n, err)
		}
	}
}

// Images of a record: each compression, the resolution of the record before that
// of the image, and what the record says must be so.
func TestANSINISTImages(t *testing.T) {
	print := ridges(80, 72, 9)
	wsq := asWSQ(t, print)
	decoded, err := Decode(wsq)
	if err != nil {
		t.Fatal(err)
	}
	j2k := jp2Files(t)["grey-lossless-bypass.j2k"]
	tagged := func(kind int, compression string, width, height, unit, perUnit string, data []byte) Record {
		r := Record{Type: kind, IDC: 1}
		for n, v := range map[int]string{6: width, 7: height, 8: unit, 9: perUnit, 11: compression} {
			r.Set(n, []byte(v))
		}
		r.Set(fieldData, data)
		return r
	}
	for _, c := range []struct {
		name   string
		record Record
		want   Image
		kind   error
	}{
		{"WSQ", tagged(14, "WSQ20", "80", "72", "1", "1000", wsq), Image{decoded.Pix, 80, 72, 1000, WSQ}, nil},
		{"per centimetre", tagged(14, "WSQ20", "80", "72", "2", "197", wsq), Image{decoded.Pix, 80, 72, 500, WSQ}, nil},
		{"aspect", tagged(14, "WSQ20", "80", "72", "0", "1", wsq), Image{decoded.Pix, 80, 72, 500, WSQ}, nil},
		{"PNG", tagged(13, "PNG", "80", "72", "1", "500", asPNG(t, print)), Image{print.Pix, 80, 72, 500, PNG}, nil},
		{"none", tagged(15, "NONE", "80", "72", "1", "500", print.Pix), Image{print.Pix, 80, 72, 500, Raw}, nil},
		{"JP2L", tagged(10, "JP2L", "61", "47", "1", "500", j2k), Image{expected(t, "grey").Pix, 61, 47, 500, JP2L}, nil},
		{"JP2", tagged(17, "JP2", "61", "47", "1", "500", j2k), Image{expected(t, "grey").Pix, 61, 47, 500, JP2L}, nil},
		{"type 4", binaryFinger(1, 1, 0, 80, 72, 1, wsq), Image{decoded.Pix, 80, 72, 500, WSQ}, nil},
		{"type 4, native", binaryFinger(1, 1, 1, 80, 72, 0, print.Pix), Image{print.Pix, 80, 72, 1000, Raw}, nil},
		{"none, too short", tagged(14, "NONE", "80", "72", "1", "500", print.Pix[1:]), Image{}, ErrDamaged},
		{"other size", tagged(14, "WSQ20", "81", "72", "1", "500", wsq), Image{}, ErrDamaged},
		{"other format", tagged(14, "JPEGB", "80", "72", "1", "500", wsq), Image{}, ErrDamaged},
		{"a record in a record", tagged(14, "WSQ20", "80", "72", "1", "500", []byte("1.001:")), Image{}, ErrDamaged},
		{"lossless JPEG", tagged(14, "JPEGL", "80", "72", "1", "500", wsq), Image{}, ErrUnsupported},
		{"lossless JPEG, type 4", binaryFinger(1, 1, 0, 80, 72, 3, wsq), Image{}, ErrUnsupported},
		{"no compression of type 4", binaryFinger(1, 1, 0, 80, 72, 9, wsq), Image{}, ErrDamaged},
		{"no size", tagged(14, "WSQ20", "", "72", "1", "500", wsq), Image{}, ErrDamaged},
		{"too large", tagged(14, "NONE", "60000", "60000", "1", "500", wsq), Image{}, ErrTooLarge},
		{"no image", tagged(98, "WSQ20", "80", "72", "1", "500", wsq), Image{}, ErrUnsupported},
	} {
		f := NewANSINIST(header)
		f.Records[0].Set(11, []byte("39.37"))
		f.Records = append(f.Records, c.record)
		file, err := f.Bytes()
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		got, err := Decode(file)
		if !errors.Is(err, c.kind) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !bytes.Equal(got.Pix, c.want.Pix) || got.PPI != c.want.PPI || got.Format != c.want.Format || got.Width != c.want.Width {
			t.Errorf("%s: %d by %d, %d ppi, %s", c.name, got.Width, got.Height, got.PPI, got.Format)
		}
	}
}

// A transaction that contradicts itself is refused, in reading and in writing.
func TestANSINISTRefusals(t *testing.T) {
	file, err := example(t).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{
		{"2.002:00", "2.002:01"},                   // IDC against the content list
		{"\x1e2\x1f00", "\x1e9\x1f00"},             // type against the content list
		{"2.001:63", "2.001:62"},                   // length
		{"2.001:63", "2.001:99999999"},             // length
		{"2.003:", "3.003:"},                       // a field of another type
		{"1.001:139", "x.001:138"},                 // no tag
		{"1\x1f6\x1e2\x1f00", "1\x1f6\x1e2\x1e00"}, // content list
		{"\x1e99\x1f05", "\x1e98\x1f05"},
	} {
		changed := bytes.Replace(file, []byte(c[0]), []byte(c[1]), 1)
		if bytes.Equal(changed, file) {
			t.Fatalf("%q is not in the file", c[0])
		}
		if _, err := ParseANSINIST(changed); !errors.Is(err, ErrDamaged) {
			t.Errorf("%q as %q: %v", c[0], c[1], err)
		}
	}
	for n := range file {
		if _, err := ParseANSINIST(file[:n]); err == nil {
			t.Fatalf("read the first %d of %d bytes", n, len(file))
		}
	}
	if _, err := ParseANSINIST(append(file, 0)); err == nil {
		t.Error("read what stands after the last record")
	}
	for name, spoil := range map[string]func(f *ANSINISTFile){
		"a separator":   func(f *ANSINISTFile) { f.Records[1].Set(3, []byte{sepGroup}) },
		"an IDC of 100": func(f *ANSINISTFile) { f.Records[1].IDC = 100 },
		"other IDC":     func(f *ANSINISTFile) { f.Records[5].IDC = 9 },
		"data first":    func(f *ANSINISTFile) { slices.Reverse(f.Records[2].Fields) },
		"no type 1":     func(f *ANSINISTFile) { f.Records = f.Records[1:] },
	} {
		f := example(t)
		spoil(f)
		if _, err := f.Bytes(); err == nil {
			t.Errorf("wrote %s", name)
		}
	}
	f := NewANSINIST(header)
	if err := f.AddFinger(1, Capture{}, []byte("no image")); err == nil {
		t.Error("added what is no image")
	}
	if err := f.AddFinger(1, Capture{}, file); err == nil {
		t.Error("added a transaction to a transaction")
	}
}

// The face record of a passport: the image inside, of either kind.
func TestFaceRecord(t *testing.T) {
	j2k := jp2Files(t)["grey-lossless-bypass.j2k"]
	record := func(kind byte, width, height, points int, image []byte) []byte {
		block := binary.BigEndian.AppendUint32(nil, uint32(32+8*points+len(image)))
		block = put16(block, points)
		block = append(block, make([]byte, 14+8*points)...)
		block = append(block, 1, kind)
		block = append(put16(put16(block, width), height), 1, 2, 0, 0, 0, 0)
		block = append(block, image...)
		out := []byte("FAC\x00010\x00")
		out = binary.BigEndian.AppendUint32(out, uint32(14+len(block)))
		return append(put16(out, 1), block...)
	}
	jpg := asJPEG(t, ridges(40, 50, 4))
	for _, c := range []struct {
		name string
		data []byte
		want Format
		kind error
	}{
		{"JPEG", record(0, 40, 50, 0, jpg), JPEG, nil},
		{"JPEG 2000, with feature points", record(1, 61, 47, 3, j2k), JP2L, nil},
		{"the other kind", record(1, 40, 50, 0, jpg), "", ErrDamaged},
		{"other size", record(0, 40, 51, 0, jpg), "", ErrDamaged},
		{"a face in a face", record(0, 40, 50, 0, record(0, 40, 50, 0, jpg)), "", ErrDamaged},
		{"cut off", record(0, 40, 50, 0, jpg)[:40], "", ErrDamaged},
		{"other version", bytes.Replace(record(0, 40, 50, 0, jpg), []byte("010"), []byte("030"), 1), "", ErrUnsupported},
	} {
		m, err := Decode(c.data)
		if !errors.Is(err, c.kind) || m.Format != c.want {
			t.Errorf("%s: %s, %v", c.name, m.Format, err)
		}
	}
}

func FuzzANSINIST(f *testing.F) {
	small := NewANSINIST(header)
	small.AddText(0, Field{3, []byte("SYNTHETIC")})
	small.Records = append(small.Records, binaryFinger(3, 7, 0, 4, 2, 0, make([]byte, 8)))
	for _, x := range []*ANSINISTFile{example(f), small} {
		file, err := x.Bytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkDecode(t, data)
		parsed, err := ParseANSINIST(data)
		if err != nil {
			return
		}
		// What can be read can be written, and then reads the same.
		file, err := parsed.Bytes()
		if err != nil {
			return
		}
		again, err := ParseANSINIST(file)
		if err != nil || len(again.Records) != len(parsed.Records) {
			t.Fatalf("what was written does not read: %v", err)
		}
		rewritten, err := again.Bytes()
		if err != nil || !bytes.Equal(rewritten, file) {
			t.Fatalf("written twice it differs (%v)", err)
		}
	})
}
