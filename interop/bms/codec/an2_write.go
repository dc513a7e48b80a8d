package codec

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
)

// ANSINISTVersion is field 1.002 of what we write: 1-2011 Update 2015.
const ANSINISTVersion = "0502"

// ANSINISTHeader is what the record of type 1 must say (ANSI/NIST-ITL 1-2011
// section 8.1).
type ANSINISTHeader struct {
	Transaction string // 1.004 TOT
	Date        string // 1.005 DAT, YYYYMMDD
	Destination string // 1.007 DAI
	Origin      string // 1.008 ORI
	Control     string // 1.009 TCN
}

// NewANSINIST begins a transaction. Resolutions stand in the records of its
// images, so 1.011 and 1.012 are 00.00.
func NewANSINIST(h ANSINISTHeader) *ANSINISTFile {
	r := Record{Type: 1}
	for _, f := range []struct {
		number int
		value  string
	}{
		{2, ANSINISTVersion}, {4, h.Transaction}, {5, h.Date}, {7, h.Destination}, {8, h.Origin}, {9, h.Control},
		{11, "00.00"}, {12, "00.00"},
	} {
		r.Set(f.number, []byte(f.value))
	}
	return &ANSINISTFile{Records: []Record{r}}
}

// Bytes writes the transaction, with every length, IDC and the content list as
// they are. A field that holds a separator it may not hold is an error.
func (f *ANSINISTFile) Bytes() ([]byte, error) {
	if len(f.Records) == 0 || f.Records[0].Type != 1 || len(f.Records) > maxRecords+1 {
		return nil, damaged(ANSINIST, "%d records, or the first is not of type 1", len(f.Records))
	}
	content := fmt.Appendf(nil, "1%c%d", sepUnit, len(f.Records)-1)
	for _, r := range f.Records[1:] {
		if r.Type < 2 || r.Type > 99 || r.IDC < 0 || r.IDC > 99 {
			return nil, damaged(ANSINIST, "record of type %d with IDC %d", r.Type, r.IDC)
		}
		content = fmt.Appendf(content, "%c%d%c%02d", sepRec, r.Type, sepUnit, r.IDC)
	}
	var out []byte
	for i, r := range f.Records {
		r.Fields = slices.Clone(r.Fields)
		if i == 0 {
			r.Set(fieldCNT, content)
		} else if !binaryRecord(r.Type) {
			r.Set(fieldIDC, fmt.Appendf(nil, "%02d", r.IDC))
		}
		var err error
		if out, err = r.append(out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// append appends the record.
func (r *Record) append(out []byte) ([]byte, error) {
	if binaryRecord(r.Type) {
		if len(r.Binary) < 5 || r.IDC != int(r.Binary[4]) {
			return nil, damaged(ANSINIST, "binary record of type %d with IDC %d", r.Type, r.IDC)
		}
		return append(out, r.Binary...), nil
	}
	var body []byte
	for i, f := range r.Fields {
		if f.Number == fieldLength {
			continue
		}
		forbidden := string([]byte{sepFile, sepGroup})
		if holdsData(r.Type, f.Number) {
			forbidden = ""
		}
		last := i == len(r.Fields)-1
		if f.Number < 1 || bytes.ContainsAny(f.Value, forbidden) || holdsData(r.Type, f.Number) && !last {
			return nil, damaged(ANSINIST, "field %d.%03d", r.Type, f.Number)
		}
		body = fmt.Appendf(body, "%c%d.%03d:", sepGroup, r.Type, f.Number)
		body = append(body, f.Value...)
	}
	body = append(body, sepFile)
	// The length counts its own digits.
	head := fmt.Sprintf("%d.%03d:", r.Type, fieldLength)
	length := len(head) + len(body)
	digits := len(strconv.Itoa(length))
	digits = len(strconv.Itoa(length + digits))
	out = fmt.Appendf(out, "%s%d", head, length+digits)
	return append(out, body...), nil
}

// AddText adds a record of type 2, with fields that the destination defines.
func (f *ANSINISTFile) AddText(idc int, fields ...Field) {
	r := Record{Type: 2, IDC: idc}
	for _, x := range fields {
		r.Set(x.Number, x.Value)
	}
	f.Records = append(f.Records, r)
}

// Capture is where and when an image of a record was taken, and of what.
type Capture struct {
	Source     string // SRC, the agency
	Date       string // YYYYMMDD
	Impression int    // of a finger: table 7; 0 live-scan plain
	Finger     int    // of a finger: table 8; 1 right thumb to 10 left little finger, 13 to 15 slaps
	FaceType   string // of a face: IMT, "FACE" when empty
}

// AddFinger adds a record of type 14 (section 8.14) with an encoded image and says
// of it what Decode finds: size, resolution and compression.
func (f *ANSINISTFile) AddFinger(idc int, c Capture, encoded []byte) error {
	r, err := imageRecord(14, idc, c, encoded)
	if err != nil {
		return err
	}
	r.Set(3, strconv.AppendInt(nil, int64(c.Impression), 10))
	r.Set(12, []byte("8"))
	r.Set(13, strconv.AppendInt(nil, int64(c.Finger), 10))
	f.Records = append(f.Records, r)
	return nil
}

// AddFace adds a record of type 10 (section 8.10) with an encoded image.
func (f *ANSINISTFile) AddFace(idc int, c Capture, encoded []byte) error {
	r, err := imageRecord(10, idc, c, encoded)
	if err != nil {
		return err
	}
	if c.FaceType == "" {
		c.FaceType = "FACE"
	}
	r.Set(3, []byte(c.FaceType))
	r.Set(12, []byte("UNK")) // the colour space is told by the image itself
	f.Records = append(f.Records, r)
	return nil
}

// imageRecord fills the fields that the types 10 and 14 share.
func imageRecord(kind, idc int, c Capture, encoded []byte) (Record, error) {
	m, err := Decode(encoded)
	if err != nil {
		return Record{}, err
	}
	if _, ok := imageFormats[string(m.Format)]; !ok || Sniff(encoded) == ANSINIST || Sniff(encoded) == Face {
		return Record{}, unsupported(ANSINIST, "an image of format %s in a record", m.Format)
	}
	r := Record{Type: kind, IDC: idc}
	unit, ppi := "1", m.PPI
	if ppi == 0 {
		unit, ppi = "0", 1 // unknown: pixels are as wide as high
	}
	number := func(n int) []byte { return strconv.AppendInt(nil, int64(n), 10) }
	r.Set(4, []byte(c.Source))
	r.Set(5, []byte(c.Date))
	r.Set(6, number(m.Width))
	r.Set(7, number(m.Height))
	r.Set(8, []byte(unit))
	r.Set(9, number(ppi))
	r.Set(10, number(ppi))
	r.Set(11, []byte(m.Format))
	r.Set(fieldData, encoded)
	return r, nil
}
