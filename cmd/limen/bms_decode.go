package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"limen/interop/bms/codec"
	"limen/interop/bms/finger"
)

type bmsDecodeCmd struct {
	File  string `arg:"" type:"existingfile" help:"The file."`
	PNG   string `short:"o" name:"png" type:"path" placeholder:"FILE" help:"Write an image of the file here as PNG."`
	Image int    `default:"1" placeholder:"N" help:"Which image to write, of a file with several."`
}

// Help is the command's long help.
func (bmsDecodeCmd) Help() string {
	return `Prints JSON. Of an ANSI/NIST-ITL file every record with its type, its text fields (by number: a text, or the
items of each subfield) and the image that it holds; images are numbered from 1, for --image. Angles of minutiae are 256ths of
a turn, counter-clockwise from the axis to the right. Ends with status 1 when an image in the file is damaged.`
}

// decoded is what decode says of a file.
type decoded struct {
	File     string          `json:"file"`
	Format   string          `json:"format"`
	Encoding string          `json:"encoding,omitempty"` // of the image in a record
	Width    int             `json:"width,omitempty"`
	Height   int             `json:"height,omitempty"`
	PPI      int             `json:"ppi,omitempty"`
	PNG      string          `json:"png,omitempty"`
	Minutiae []decodedFinger `json:"fingers,omitempty"`
	Records  []decodedRecord `json:"records,omitempty"`
}

// decodedRecord is a record of an ANSI/NIST-ITL file.
type decodedRecord struct {
	Type   int            `json:"type"`
	IDC    int            `json:"idc"`
	Bytes  int            `json:"bytes,omitempty"` // of a binary record
	Fields []decodedField `json:"fields,omitempty"`
	Image  *decodedImage  `json:"image,omitempty"`
}

type decodedField struct {
	Number string     `json:"number"`          // as 14.013
	Text   string     `json:"text,omitempty"`  // of a field with one item
	Items  [][]string `json:"items,omitempty"` // of one with several: subfields, each as its items
	Bytes  int        `json:"bytes,omitempty"` // of one that is no text, or more than decode shows
}

type decodedImage struct {
	Number int    `json:"number"`
	Finger int    `json:"finger_position,omitempty"` // 11 and more: thumbs, slaps, palms
	Format string `json:"format,omitempty"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
	PPI    int    `json:"ppi,omitempty"`
	Error  string `json:"error,omitempty"`
}

type decodedFinger struct {
	Position   int               `json:"position"`
	Impression int               `json:"impression"`
	Width      int               `json:"width"`
	Height     int               `json:"height"`
	PerCM      int               `json:"pixels_per_cm"`
	Quality    int               `json:"quality"`
	Minutiae   []decodedMinutiae `json:"minutiae"`
}

type decodedMinutiae struct {
	X       int    `json:"x"`
	Y       int    `json:"y"`
	Angle   int    `json:"angle_256"` // counter-clockwise from the axis to the right
	Kind    string `json:"kind"`
	Quality int    `json:"quality"`
}

var kinds = []string{"other", "ending", "bifurcation"}

// Run shows what is in the file.
func (c *bmsDecodeCmd) Run(s streams) error {
	data, err := readWhole(c.File)
	if err != nil {
		return err
	}
	out := decoded{File: c.File}
	var wanted codec.Image // without pixels where there is none, or a damaged one
	images, broken := 0, 0
	switch f := codec.Sniff(data); {
	case bytes.HasPrefix(data, []byte(minutiaeMagic)):
		out.Format, out.Minutiae, err = decodeMinutiae(data)
	case f == codec.ANSINIST:
		out.Format = string(f)
		out.Records, wanted, err = decodeTransaction(data, c.Image)
		images, broken = imagesOf(out.Records)
	default:
		wanted, err = codec.Decode(data)
		out.Format, out.Width, out.Height, out.PPI = string(wanted.Format), wanted.Width, wanted.Height, wanted.PPI
		if f == codec.Face {
			out.Format, out.Encoding = string(f), string(wanted.Format)
		}
		images = 1
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.PNG != "" {
		if err := c.write(wanted, images); err != nil {
			return err
		}
		out.PNG = c.PNG
	}
	e := json.NewEncoder(s.out)
	e.SetIndent("", "  ")
	if err := e.Encode(out); err != nil {
		return err
	}
	if broken > 0 {
		fmt.Fprintf(s.err, "%d of %d images could not be decoded: see \"error\" at their records.\n", broken, images)
		return errSaid
	}
	return nil
}

func imagesOf(records []decodedRecord) (images, broken int) {
	for _, r := range records {
		if r.Image != nil {
			images++
			if r.Image.Error != "" {
				broken++
			}
		}
	}
	return images, broken
}

// write writes the image that was asked for as PNG.
func (c *bmsDecodeCmd) write(img codec.Image, images int) error {
	switch {
	case images == 0:
		return fmt.Errorf("%s: no image in it", c.File)
	case c.Image < 1 || c.Image > images:
		return fmt.Errorf("--image %d: the file has images 1 to %d", c.Image, images)
	case img.Pix == nil:
		return fmt.Errorf("--image %d: could not be decoded; leave --png out to see why", c.Image)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, &image.Gray{Pix: img.Pix, Stride: img.Width, Rect: image.Rect(0, 0, img.Width, img.Height)}); err != nil {
		return err
	}
	return os.WriteFile(c.PNG, b.Bytes(), 0o644)
}

const (
	// mostImages bounds the images of one transaction that are decoded: ten fingers,
	// slaps, palms and faces, several times over.
	mostImages = 100
	// longestField is how many bytes of a field are shown.
	longestField = 4096
)

// decodeTransaction shows every record, and gives the image of the wanted number
// where there is one that can be decoded.
func decodeTransaction(data []byte, number int) (records []decodedRecord, wanted codec.Image, err error) {
	f, err := codec.ParseANSINIST(data)
	if err != nil {
		return nil, wanted, err
	}
	images := 0
	for i := range f.Records {
		r := &f.Records[i]
		d := decodedRecord{Type: r.Type, IDC: r.IDC, Bytes: len(r.Binary)}
		for _, field := range r.Fields {
			d.Fields = append(d.Fields, decodeField(r, field))
		}
		if r.HasImage() {
			if images++; images > mostImages {
				return nil, wanted, fmt.Errorf("more than %d images", mostImages)
			}
			d.Image = &decodedImage{Number: images, Finger: r.FingerPosition()}
			img, err := f.Image(i, codec.Standard)
			if err != nil {
				d.Image.Error, img = err.Error(), codec.Image{}
			}
			d.Image.Format, d.Image.Width, d.Image.Height, d.Image.PPI = string(img.Format), img.Width, img.Height, img.PPI
			if images == number {
				wanted = img
			}
		}
		records = append(records, d)
	}
	return records, wanted, nil
}

// dataField holds an image or the like in records of type 10 and above.
const dataField = 999

func decodeField(r *codec.Record, f codec.Field) decodedField {
	d := decodedField{Number: fmt.Sprintf("%d.%03d", r.Type, f.Number)}
	if r.Type >= 10 && f.Number == dataField || len(f.Value) > longestField || !utf8.Valid(f.Value) {
		d.Bytes = len(f.Value)
		return d
	}
	const subfields, items = "\x1e", "\x1f"
	value := string(f.Value)
	if !strings.ContainsAny(value, subfields+items) {
		d.Text = value
		return d
	}
	for _, sub := range strings.Split(value, subfields) {
		d.Items = append(d.Items, strings.Split(sub, items))
	}
	return d
}

func decodeMinutiae(data []byte) (format string, fingers []decodedFinger, err error) {
	format = "ISO/IEC 19794-2:2005"
	views, err := finger.ReadISO(data)
	if err != nil {
		var other error
		if views, other = finger.ReadANSI(data); other != nil {
			return "", nil, err
		}
		format = "ANSI INCITS 378-2004"
	}
	for _, v := range views {
		f := decodedFinger{Position: int(v.Position), Impression: int(v.Impression), Width: int(v.Width), Height: int(v.Height),
			PerCM: int(v.ResX), Quality: int(v.Quality), Minutiae: []decodedMinutiae{}}
		for _, m := range v.Minutiae {
			f.Minutiae = append(f.Minutiae, decodedMinutiae{int(m.X), int(m.Y), int(m.Angle), kinds[min(int(m.Kind), 2)], int(m.Quality)})
		}
		fingers = append(fingers, f)
	}
	slices.SortStableFunc(fingers, func(a, b decodedFinger) int { return a.Position - b.Position })
	return format, fingers, nil
}
