package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"limen/interop/bms/codec"
	"limen/interop/bms/finger"
)

// bmsCmd works on images and templates in files: no store, nobody's register.
type bmsCmd struct {
	Extract  bmsExtractCmd  `cmd:"" help:"Find the minutiae of prints and write them as ISO/IEC 19794-2:2005 records."`
	Match    bmsMatchCmd    `cmd:"" help:"Compare two prints, or two persons' fingers, and decide."`
	Identify bmsIdentifyCmd `cmd:"" help:"Look for prints in a folder of prints."`
	Evaluate bmsEvaluateCmd `cmd:"" help:"Measure how well the prints of a folder are told apart."`
	Decode   bmsDecodeCmd   `cmd:"" help:"Show what is in a file: WSQ, JPEG 2000, JPEG, PNG, ANSI/NIST-ITL, records of minutiae and of faces."`
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
	line.PPI, line.PPISource = resolution(img.PPI, ppi)
	t, _, err := new(finger.Extractor).Extract(finger.Image{Pix: img.Pix, Width: img.Width, Height: img.Height, PPI: float64(line.PPI)})
	line.Minutiae, line.Quality = len(t.Minutiae), int(t.Quality)
	return t, err
}
