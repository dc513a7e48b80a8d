package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"limen/interop/bms/codec"
	"limen/interop/bms/finger"
)

// bmsCmd works on images and templates in files: no store, nobody's register.
type bmsCmd struct {
	Extract bmsExtractCmd `cmd:"" help:"Find the minutiae of prints and write them as ISO/IEC 19794-2:2005 records."`
	Decode  bmsDecodeCmd  `cmd:"" help:"Show what is in a file: WSQ, JPEG 2000, JPEG, PNG, ANSI/NIST-ITL, minutiae records."`
}

// largestFile bounds what a command reads whole.
const largestFile = 64 << 20

func readWhole(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, largestFile+1))
	if err == nil && len(b) > largestFile {
		err = fmt.Errorf("%s: more than %d megabytes", path, largestFile>>20)
	}
	return b, err
}

type bmsExtractCmd struct {
	Images []string `arg:"" type:"existingfile" help:"Images of one finger each: WSQ, JPEG 2000, JPEG, PNG, or ANSI/NIST-ITL of which the first image is taken."`
	Out    string   `short:"o" type:"existingdir" default:"." help:"Folder for the records, named as the images with .iso."`
	PPI    int      `default:"0" help:"Resolution in pixels per inch of images that do not say theirs; 500 when left out."`
	Finger int      `default:"0" help:"Finger position to write, 1 to 5 the right hand from the thumb, 6 to 10 the left; 0 for unknown."`
}

// extracted is what extract says of an image, a line each.
type extracted struct {
	Image     string `json:"image"`
	Record    string `json:"record,omitempty"`
	Minutiae  int    `json:"minutiae"`
	Quality   int    `json:"quality"`
	PPI       int    `json:"ppi"`
	PPISource string `json:"ppi_source"` // "file", "option", "assumed"
	Error     string `json:"error,omitempty"`
}

func (c *bmsExtractCmd) Run(ctx context.Context, s streams) error {
	if c.Finger < 0 || c.Finger > 10 {
		return fmt.Errorf("--finger %d: positions are 1 to 10, or 0", c.Finger)
	}
	lines := json.NewEncoder(s.out)
	failed := 0
	for _, path := range c.Images {
		if err := ctx.Err(); err != nil {
			return err
		}
		line := extracted{Image: path}
		t, err := printOf(path, c.PPI, &line)
		if err == nil {
			t.Position = finger.Position(c.Finger)
			var record []byte
			if record, err = finger.WriteISO([]finger.Template{t}); err == nil {
				line.Record = filepath.Join(c.Out, strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))+".iso")
				err = os.WriteFile(line.Record, record, 0o644)
			}
		}
		if err != nil {
			line.Error, line.Record = err.Error(), ""
			failed++
		}
		if err := lines.Encode(line); err != nil {
			return err
		}
	}
	if failed > 0 {
		fmt.Fprintf(s.err, "%d of %d images gave no record.\n", failed, len(c.Images))
		return errSaid
	}
	return nil
}

// printOf reads an image and finds its minutiae.
func printOf(path string, ppi int, line *extracted) (finger.Template, error) {
	data, err := readWhole(path)
	if err != nil {
		return finger.Template{}, err
	}
	img, err := codec.Decode(data)
	if err != nil {
		return finger.Template{}, err
	}
	line.PPI, line.PPISource = img.PPI, "file"
	if img.PPI == 0 {
		line.PPI, line.PPISource = ppi, "option"
	}
	if line.PPI == 0 {
		line.PPI, line.PPISource = 500, "assumed"
	}
	t, _, err := new(finger.Extractor).Extract(finger.Image{Pix: img.Pix, Width: img.Width, Height: img.Height, PPI: float64(line.PPI)})
	line.Minutiae, line.Quality = len(t.Minutiae), int(t.Quality)
	return t, err
}

type bmsDecodeCmd struct {
	File string `arg:"" type:"existingfile" help:"The file."`
	PNG  string `short:"o" name:"png" help:"Write the image here as PNG; of a file with several, the first."`
}

// decoded is what decode says of a file.
type decoded struct {
	File     string          `json:"file"`
	Format   string          `json:"format"`
	Width    int             `json:"width,omitempty"`
	Height   int             `json:"height,omitempty"`
	PPI      int             `json:"ppi,omitempty"`
	PNG      string          `json:"png,omitempty"`
	Minutiae []decodedFinger `json:"fingers,omitempty"`
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

func (c *bmsDecodeCmd) Run(s streams) error {
	data, err := readWhole(c.File)
	if err != nil {
		return err
	}
	out := decoded{File: c.File}
	if bytes.HasPrefix(data, []byte("FMR\x00")) {
		if c.PNG != "" {
			return fmt.Errorf("%s: a minutiae record has no image", c.File)
		}
		if out.Format, out.Minutiae, err = decodeMinutiae(data); err != nil {
			return err
		}
	} else {
		img, err := codec.Decode(data)
		if err != nil {
			return err
		}
		out.Format, out.Width, out.Height, out.PPI = string(img.Format), img.Width, img.Height, img.PPI
		if c.PNG != "" {
			var b bytes.Buffer
			if err := png.Encode(&b, &image.Gray{Pix: img.Pix, Stride: img.Width, Rect: image.Rect(0, 0, img.Width, img.Height)}); err != nil {
				return err
			}
			if err := os.WriteFile(c.PNG, b.Bytes(), 0o644); err != nil {
				return err
			}
			out.PNG = c.PNG
		}
	}
	e := json.NewEncoder(s.out)
	e.SetIndent("", "  ")
	return e.Encode(out)
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
