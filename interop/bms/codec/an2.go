package codec

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// The separators of the traditional encoding (ANSI/NIST-ITL 1-2011 annex B.1).
const (
	sepFile  = 0x1c // FS: after a record
	sepGroup = 0x1d // GS: between fields
	sepRec   = 0x1e // RS: between subfields
	sepUnit  = 0x1f // US: between information items
)

// Fields that many record types have under one number.
const (
	fieldLength = 1
	fieldIDC    = 2
	fieldCNT    = 3   // of record type 1
	fieldData   = 999 // from type 10 on always the last, and any bytes
)

// Bounds of one transaction: the standard allows 999 records.
const (
	maxRecords = 999
	maxFields  = 1 << 16
)

// ANSINISTFile is a transaction in the traditional encoding of ANSI/NIST-ITL
// 1-2011 Update 2015: the record of type 1 first, then the others in the order
// of its content list.
type ANSINISTFile struct{ Records []Record }

// Record is one record. Types 3 to 8 are binary and have no fields here; all
// others are tagged. Types and fields that this package does not know are carried
// through as they came.
type Record struct {
	Type   int
	IDC    int // links records of a transaction; 0 to 99; of no meaning for type 1
	Fields []Field
	Binary []byte // of a binary record: all of it, length and IDC included
}

// Field is a field of a tagged record. Value holds the subfields between RS and
// the items between US. The length, the IDC and the content list are written
// anew by Bytes.
type Field struct {
	Number int
	Value  []byte
}

func binaryRecord(kind int) bool { return kind >= 3 && kind <= 8 }

// holdsData says whether the field is the data of an image or the like. In the
// types 2 and 9 the number 999 is an ordinary one, and others follow.
func holdsData(kind, number int) bool { return kind >= 10 && number == fieldData }

// Field gives the value of a field.
func (r *Record) Field(number int) ([]byte, bool) {
	for _, f := range r.Fields {
		if f.Number == number {
			return f.Value, true
		}
	}
	return nil, false
}

// Text gives the value of a field, "" when it is not there.
func (r *Record) Text(number int) string {
	v, _ := r.Field(number)
	return string(v)
}

// Items gives a field's subfields, each as its items.
func (r *Record) Items(number int) [][]string {
	v, ok := r.Field(number)
	if !ok {
		return nil
	}
	var out [][]string
	for _, sub := range strings.Split(string(v), string(rune(sepRec))) {
		out = append(out, strings.Split(sub, string(rune(sepUnit))))
	}
	return out
}

// Set puts a value into a field: into the first of that number, or a new one
// before the first with a higher number.
func (r *Record) Set(number int, value []byte) {
	at := len(r.Fields)
	for i, f := range r.Fields {
		if f.Number == number {
			r.Fields[i].Value = value
			return
		}
		if f.Number > number {
			at = min(at, i)
		}
	}
	r.Fields = slices.Insert(r.Fields, at, Field{number, value})
}

func (r *Record) number(field int) (int, bool) {
	n, err := strconv.Atoi(r.Text(field))
	return n, err == nil && n >= 0
}

// ParseANSINIST reads a transaction. The values share the memory of data.
func ParseANSINIST(data []byte) (*ANSINISTFile, error) {
	f := &ANSINISTFile{}
	fields := 0
	first, rest, err := taggedRecord(data, &fields)
	if err != nil {
		return nil, err
	}
	if first.Type != 1 {
		return nil, damaged(ANSINIST, "begins with a record of type %d", first.Type)
	}
	f.Records = append(f.Records, first)
	content := first.Items(fieldCNT)
	if len(content) > maxRecords+1 {
		return nil, tooLarge(ANSINIST, "%d records", len(content))
	}
	for i, item := range content {
		if i == 0 {
			continue // type 1 itself and the number of the others
		}
		if len(item) != 2 {
			return nil, damaged(ANSINIST, "content list")
		}
		kind, err1 := strconv.Atoi(item[0])
		idc, err2 := strconv.Atoi(item[1])
		if err1 != nil || err2 != nil || kind < 2 || kind > 99 || idc < 0 || idc > 99 {
			return nil, damaged(ANSINIST, "content list")
		}
		var r Record
		if binaryRecord(kind) {
			r, rest, err = readBinaryRecord(rest, kind)
		} else {
			r, rest, err = taggedRecord(rest, &fields)
		}
		if err != nil {
			return nil, err
		}
		if r.Type != kind || r.IDC != idc {
			return nil, damaged(ANSINIST, "record %d is of type %d with IDC %d, the content list says %d and %d", i+1, r.Type, r.IDC, kind, idc)
		}
		f.Records = append(f.Records, r)
	}
	if len(rest) != 0 {
		return nil, damaged(ANSINIST, "%d bytes after the last record", len(rest))
	}
	return f, nil
}

// tag reads a field's "type.number:".
func tag(data []byte) (kind, number, size int, ok bool) {
	end := bytes.IndexByte(data[:min(len(data), 16)], ':')
	if end < 0 {
		return 0, 0, 0, false
	}
	a, b, _ := strings.Cut(string(data[:end]), ".")
	kind, err1 := strconv.Atoi(a)
	number, err2 := strconv.Atoi(b)
	return kind, number, end + 1, err1 == nil && err2 == nil && kind > 0 && number > 0
}

// taggedRecord reads the record at the front of data (B.1.5).
func taggedRecord(data []byte, fields *int) (r Record, rest []byte, err error) {
	kind, number, size, ok := tag(data)
	end := bytes.IndexByte(data, sepGroup)
	if !ok || number != fieldLength || end < size || kind > 99 || binaryRecord(kind) {
		return r, nil, damaged(ANSINIST, "no record where one should begin")
	}
	length, err1 := strconv.Atoi(string(data[size:end]))
	if err1 != nil || length <= end || length > len(data) || data[length-1] != sepFile {
		return r, nil, damaged(ANSINIST, "length of a record of type %d", kind)
	}
	r.Type = kind
	for body := data[:length-1]; ; {
		k, n, size, ok := tag(body)
		if !ok || k != kind {
			return r, nil, damaged(ANSINIST, "field of a record of type %d", kind)
		}
		if *fields++; *fields > maxFields {
			return r, nil, tooLarge(ANSINIST, "more than %d fields", maxFields)
		}
		body = body[size:]
		end := bytes.IndexByte(body, sepGroup)
		if holdsData(kind, n) || end < 0 {
			r.Fields = append(r.Fields, Field{n, body})
			break
		}
		r.Fields = append(r.Fields, Field{n, body[:end]})
		body = body[end+1:]
	}
	if kind != 1 {
		if r.IDC, ok = r.number(fieldIDC); !ok {
			return r, nil, damaged(ANSINIST, "IDC of a record of type %d", kind)
		}
	}
	return r, data[length:], nil
}

// readBinaryRecord reads a record of the types 3 to 8: four bytes of length, one of
// IDC, and the rest.
func readBinaryRecord(data []byte, kind int) (r Record, rest []byte, err error) {
	c := cursor{b: data}
	length := c.u32()
	idc := c.u8()
	if c.short || length < 5 || uint64(length) > uint64(len(data)) {
		return r, nil, damaged(ANSINIST, "length of a record of type %d", kind)
	}
	return Record{Type: kind, IDC: idc, Binary: data[:length:length]}, data[length:], nil
}
