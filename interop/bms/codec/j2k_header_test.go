package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
)

// segmentAt finds a marker segment of a codestream's main header: where it begins
// and where it ends.
func segmentAt(t *testing.T, file []byte, marker int) (from, to int) {
	t.Helper()
	from = bytes.Index(file, put16(nil, marker))
	if from < 0 {
		t.Fatalf("no segment %04x", marker)
	}
	return from, from + 2 + int(binary.BigEndian.Uint16(file[from+2:]))
}

// What is said of a component comes before what is said of all, and a tile's word
// before the main header's (ISO/IEC 15444-1 A.6): each file says something wrong
// where something else must be heard.
func TestJPEG2000WhoseWordHolds(t *testing.T) {
	file := jp2Files(t)["grey-lossless-bypass.j2k"]
	codFrom, codTo := segmentAt(t, file, j2kCOD)
	qcdFrom, qcdTo := segmentAt(t, file, j2kQCD)
	sotFrom, sotTo := segmentAt(t, file, j2kSOT)
	cod, qcd := file[codFrom:codTo], file[qcdFrom:qcdTo]
	// COC and QCC of component 0, with the words of COD and QCD.
	coc := putSegment(nil, j2kCOC, append([]byte{0, 0}, cod[9:]...))
	qcc := putSegment(nil, j2kQCC, append([]byte{0}, qcd[4:]...))
	wrongCOD, wrongQCD := slices.Clone(cod), slices.Clone(qcd)
	wrongCOD[9] = 0 // no levels
	wrongQCD[5] += 8
	wrongCOC := slices.Clone(coc)
	wrongCOC[6] = 0
	head, middle, rest := file[:codFrom], file[qcdTo:sotFrom], file[sotTo:]
	part := func(segments ...[]byte) []byte { // the tile-part with segments in its header
		all := slices.Concat(segments...)
		sot := slices.Clone(file[sotFrom:sotTo])
		binary.BigEndian.PutUint32(sot[6:], binary.BigEndian.Uint32(sot[6:])+uint32(len(all)))
		return slices.Concat(sot, all, rest)
	}
	endless := part()
	binary.BigEndian.PutUint32(endless[6:], 0)
	short := part()
	binary.BigEndian.PutUint32(short[6:], 12)
	long := part()
	binary.BigEndian.PutUint32(long[6:], 1<<31)
	otherTile := part()
	otherTile[5] = 1
	segment := func(marker int) []byte { return putSegment(nil, marker, make([]byte, 7)) }
	for _, c := range []struct {
		name string
		data []byte
		kind error
	}{
		{"as it is", slices.Concat(head, cod, qcd, middle, part()), nil},
		{"COC before COD", slices.Concat(head, wrongCOD, coc, qcd, middle, part()), nil},
		{"wherever it stands", slices.Concat(head, coc, wrongCOD, qcd, middle, part()), nil},
		{"QCC before QCD", slices.Concat(head, cod, wrongQCD, qcc, middle, part()), nil},
		{"a tile's COD and QCD", slices.Concat(head, wrongCOD, wrongQCD, middle, part(cod, qcd)), nil},
		{"a tile's COD before the main COC", slices.Concat(head, cod, wrongCOC, qcd, middle, part(cod)), nil},
		{"a tile's COC and QCC", slices.Concat(head, cod, wrongCOC, wrongQCD, middle, part(wrongCOD, coc, wrongQCD, qcc)), nil},
		{"up to the end", slices.Concat(head, cod, qcd, middle, endless), nil},
		{"without the end", slices.Concat(head, cod, qcd, middle, part())[:len(file)-2], nil},
		{"no COD", slices.Concat(head, qcd, middle, part()), ErrDamaged},
		{"no QCD", slices.Concat(head, cod, middle, part()), ErrDamaged},
		{"no tile", slices.Concat(head, cod, qcd, middle, []byte{0xff, 0xd9}), ErrDamaged},
		{"tile-part too short", slices.Concat(head, cod, qcd, middle, short), ErrDamaged},
		{"tile-part too long", slices.Concat(head, cod, qcd, middle, long), ErrDamaged},
		{"another tile", slices.Concat(head, cod, qcd, middle, otherTile), ErrDamaged},
		{"COC of component 9", slices.Concat(head, cod, bytes.Replace(coc, []byte{0xff, 0x53, 0, 9, 0}, []byte{0xff, 0x53, 0, 9, 9}, 1), qcd, middle, part()), ErrDamaged},
		{"region of interest", slices.Concat(head, cod, segment(j2kRGN), qcd, middle, part()), ErrUnsupported},
		{"change of progression", slices.Concat(head, cod, segment(j2kPOC), qcd, middle, part()), ErrUnsupported},
		{"packed headers", slices.Concat(head, cod, qcd, middle, part(segment(j2kPPT))), ErrUnsupported},
	} {
		m, err := Decode(c.data)
		if !errors.Is(err, c.kind) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if c.kind == nil && !bytes.Equal(m.Pix, expected(t, "grey").Pix) {
			t.Errorf("%s: other pixels", c.name)
		}
	}
}

// Derived quantisation: one exponent less for each level up (equation E-5).
func TestJPEG2000DerivedQuantisation(t *testing.T) {
	q := j2kQuant{kind: 1, exponent: []int{9}, mantissa: []int{5}}
	for n, want := range []int{9, 9, 9, 9, 8, 8, 8, 7} {
		if e, m, ok := q.band(n); e != want || m != 5 || !ok {
			t.Errorf("band %d: exponent %d, mantissa %d, %v", n, e, m, ok)
		}
	}
	if _, _, ok := q.band(40); ok {
		t.Error("an exponent below zero")
	}
}
