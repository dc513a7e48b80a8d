package bms

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
	"slices"
	"strconv"

	"limen/interop/bms/codec"
	"limen/interop/bms/finger"
)

// What samples may ask of the decoders: a rolled finger at 1000 pixels per inch (1.6
// by 1.5 inches), and a portrait of 12 megapixels. Less than the decoders' standard,
// since a file made to be slow costs about 3 microseconds a pixel.
var (
	fingerLimits = codec.Limits{Pixels: 2_500_000}
	faceLimits   = codec.Limits{Pixels: 12_000_000}
)

// Finger positions of ANSI/NIST-ITL 1-2011 table 8 beyond those of one finger.
const (
	plainRightThumb = 11
	plainLeftThumb  = 12
	firstSlap       = 13 // and beyond it slaps, palms, soles and parts of fingers
)

// piece is one finger of a transaction, not yet decoded.
type piece struct {
	record     int
	position   finger.Position
	impression finger.Impression
	nfiq2      int
}

// transaction reads the fingers of an ANSI/NIST-ITL file: the images of the record
// types 4, 13 and 14 that show one finger each. Palms, soles and faces are never made
// prints of (2019/817 art 13(1)). Slaps are not cut into fingers; beside single
// fingers they are passed over, since the fingers on them are there singly.
func (r *reader) transaction(data []byte) ([]Print, error) {
	f, err := codec.ParseANSINIST(data)
	if err != nil {
		return nil, r.undecoded(err)
	}
	var pieces, thumbs []piece
	others := false
	for i := range f.Records {
		rec := &f.Records[i]
		if rec.Type != 4 && rec.Type != 13 && rec.Type != 14 || !rec.HasImage() {
			others = others || rec.HasImage()
			continue
		}
		at := rec.FingerPosition()
		p := piece{record: i, position: finger.Position(at), impression: impressionOf(rec), nfiq2: nfiq2Of(rec)}
		switch {
		case at == plainRightThumb || at == plainLeftThumb:
			p.position = finger.RightThumb
			if at == plainLeftThumb {
				p.position = finger.LeftThumb
			}
			thumbs = append(thumbs, p)
		case at >= firstSlap && at != 255: // 255 of a record of type 4 says nothing
			others = true
		default:
			if at == 255 || severalFingers(rec) {
				p.position = finger.UnknownFinger
			}
			pieces = append(pieces, p)
		}
	}
	for _, p := range thumbs {
		if !slices.ContainsFunc(pieces, func(q piece) bool { return q.position == p.position }) {
			pieces = append(pieces, p)
		}
	}
	switch {
	case len(pieces) == 0 && others:
		return nil, r.bad("no_single_fingers", "The file has no image of a single finger. Slaps are not cut into fingers, and palms are not compared: send each finger by itself.")
	case len(pieces) == 0:
		return nil, r.bad("no_fingers", "The file has no fingerprints.")
	}
	// Before anything is decoded, which costs the most.
	prints := make([]Print, len(pieces))
	for i, p := range pieces {
		prints[i].Template.Position = p.position
	}
	if err := r.distinct(prints); err != nil {
		return nil, err
	}
	for i, p := range pieces {
		img, err := f.Image(p.record, fingerLimits)
		if err != nil {
			return nil, r.undecoded(err)
		}
		t, err := r.minutiaeOf(img)
		if err != nil {
			return nil, err
		}
		t.Position, t.Impression = p.position, p.impression
		picture, err := recordPicture(&f.Records[p.record], img)
		if err != nil {
			return nil, err
		}
		prints[i] = Print{Template: t, NFIQ2: p.nfiq2, Picture: picture}
	}
	return prints, nil
}

// severalFingers tells whether a record leaves open which finger it shows.
func severalFingers(r *codec.Record) bool {
	if r.Type == 4 {
		return len(r.Binary) > 7 && r.Binary[7] != 255 && r.Binary[7] != r.Binary[6] && r.Binary[7] != 0
	}
	return len(r.Items(13)) > 1
}

// impressionOf is how the print was taken (table 7); a latent one by any of its codes.
func impressionOf(r *codec.Record) finger.Impression {
	code := 0
	switch {
	case r.Type == 13:
		return finger.Latent
	case r.Type == 4 && len(r.Binary) > 5:
		code = int(r.Binary[5])
	case r.Type == 14:
		code, _ = strconv.Atoi(r.Text(3))
	}
	switch {
	case code >= 4 && code <= 7:
		return finger.Latent
	case code >= 0 && code <= 3 || code == int(finger.LiveSwipe):
		return finger.Impression(code)
	}
	return finger.LivePlain
}

// The algorithm of NFIQ 2 among the registered ones: its owner, ISO/IEC JTC 1/SC 37,
// and its revisions 2.0 to 2.3 (ISO/IEC 29794-4).
const nfiq2Owner = 0x0101

var nfiq2Revisions = []int{0x21, 0x37, 0x38, 0x39}

// nfiq2Of is the NFIQ 2 value that a record of type 14 carries in its field 24:
// finger, value, owner of the algorithm in hexadecimal, algorithm. What other
// algorithms say, NFIQ 1 in field 22 among them, is of another scale.
func nfiq2Of(r *codec.Record) int {
	if r.Type != 14 {
		return Unmeasured
	}
	for _, q := range r.Items(24) {
		if len(q) != 4 {
			continue
		}
		at, err1 := strconv.Atoi(q[0])
		value, err2 := strconv.Atoi(q[1])
		owner, err3 := strconv.ParseUint(q[2], 16, 16)
		algorithm, err4 := strconv.Atoi(q[3])
		if err1 == nil && err2 == nil && err3 == nil && err4 == nil && at == r.FingerPosition() &&
			value >= 0 && value <= 100 && owner == nfiq2Owner && slices.Contains(nfiq2Revisions, algorithm) {
			return value
		}
	}
	return Unmeasured
}

// recordPicture is the image of a record as it came, without the record and what
// else the file tells of the person; pixels without a format become a PNG.
func recordPicture(r *codec.Record, img codec.Image) (*Picture, error) {
	if img.Format == codec.Raw {
		var b bytes.Buffer
		err := png.Encode(&b, &image.Gray{Pix: img.Pix, Stride: img.Width, Rect: image.Rect(0, 0, img.Width, img.Height)})
		return &Picture{mediaType(codec.PNG), b.Bytes()}, err
	}
	const head = 18 // of a record of type 4
	if r.Type == 4 {
		return &Picture{mediaType(img.Format), r.Binary[head:]}, nil
	}
	encoded, _ := r.Field(999)
	return &Picture{mediaType(img.Format), encoded}, nil
}

// portrait reads a facial image: of an ANSI/NIST-ITL file the first record of type 10
// that shows a face from the front; of a record of ISO/IEC 19794-5 its first image;
// else the image itself.
func (r *reader) portrait(data []byte) (codec.Image, *Picture, error) {
	switch codec.Sniff(data) {
	case codec.ANSINIST:
		f, err := codec.ParseANSINIST(data)
		if err != nil {
			return codec.Image{}, nil, r.undecoded(err)
		}
		for i := range f.Records {
			rec := &f.Records[i]
			if pose := rec.Text(20); rec.Type != 10 || !rec.HasImage() || rec.Text(3) != "FACE" || pose != "" && pose != "F" {
				continue
			}
			img, err := f.Image(i, faceLimits)
			if err != nil {
				return codec.Image{}, nil, r.undecoded(err)
			}
			picture, err := recordPicture(rec, img)
			return img, picture, err
		}
		return codec.Image{}, nil, r.bad("no_face", "The file has no image of a face from the front.")
	case codec.WSQ:
		return codec.Image{}, nil, r.bad("image_format_unknown", "WSQ is for fingerprints. Send the face as JPEG 2000, JPEG or PNG.")
	}
	img, err := faceLimits.Decode(data)
	if err != nil {
		return codec.Image{}, nil, r.undecoded(err)
	}
	if codec.Sniff(data) == codec.Face {
		data = faceImage(data)
	}
	return img, &Picture{mediaType(img.Format), data}, nil
}

// faceImage is the first image in a record of ISO/IEC 19794-5:2005 that was decoded,
// so that it has one: behind the heads of record and face, the face's feature points
// and the head of the image.
func faceImage(record []byte) []byte {
	const recordHead, faceHead, pointLength, imageHead = 14, 20, 8, 12
	face := record[recordHead:][:binary.BigEndian.Uint32(record[recordHead:])]
	points := int(binary.BigEndian.Uint16(face[4:]))
	return face[faceHead+pointLength*points+imageHead:]
}
