package codec

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

// maxScans is how many scans a JPEG file may have: encoders make about ten.
const maxScans = 64

// decodeStill decodes JPEG and PNG with the standard library.
func (l Limits) decodeStill(data []byte, f Format) (Image, error) {
	config, decode := jpeg.DecodeConfig, jpeg.Decode
	resolution := jpegPPI
	if f == PNG {
		config, decode, resolution = png.DecodeConfig, png.Decode, pngPPI
	}
	// A progressive JPEG may go over all its blocks again and again.
	if n := bytes.Count(data, []byte{0xff, 0xda}); f == JPEG && n > maxScans {
		return Image{}, tooLarge(f, "%d scans", n)
	}
	c, err := config(bytes.NewReader(data))
	if err != nil {
		return Image{}, damaged(f, "%v", err)
	}
	if err := l.check(f, c.Width, c.Height); err != nil {
		return Image{}, err
	}
	m, err := decode(bytes.NewReader(data))
	if err != nil {
		return Image{}, damaged(f, "%v", err)
	}
	img := greyOf(m)
	img.Format, img.PPI = f, resolution(data)
	return img, nil
}

// greyOf turns any image of the standard library into grey.
func greyOf(m image.Image) Image {
	b := m.Bounds()
	out := Image{Width: b.Dx(), Height: b.Dy(), Pix: make([]byte, b.Dx()*b.Dy())}
	for y := range out.Height {
		row := out.Pix[y*out.Width : (y+1)*out.Width]
		switch m := m.(type) {
		case *image.Gray:
			copy(row, m.Pix[y*m.Stride:])
		case *image.YCbCr: // its luma is the grey
			copy(row, m.Y[y*m.YStride:y*m.YStride+out.Width])
		default:
			for x := range row {
				row[x] = color.GrayModel.Convert(m.At(b.Min.X+x, b.Min.Y+y)).(color.Gray).Y
			}
		}
	}
	return out
}

// jpegPPI reads the density of the JFIF header (ITU-T T.871 section 10.1).
func jpegPPI(data []byte) int {
	c := cursor{b: data, at: 2}
	for range maxSegments {
		marker := c.u16()
		s := c.segment()
		if c.short || marker == 0xffda {
			return 0
		}
		if marker != 0xffe0 || !bytes.HasPrefix(s.b, []byte("JFIF\x00")) {
			continue
		}
		s.take(7)
		unit, density := s.u8(), s.u16()
		switch unit {
		case 1:
			return density
		case 2:
			return perInch(density * 100)
		}
		return 0
	}
	return 0
}

// pngPPI reads the chunk pHYs (ISO/IEC 15948 section 11.3.5.3).
func pngPPI(data []byte) int {
	c := cursor{b: data, at: 8}
	for range maxSegments {
		length := c.u32()
		kind := string(c.take(4))
		if length > uint32(c.left()) || kind == "IDAT" {
			return 0
		}
		s := cursor{b: c.take(int(length))}
		c.take(4) // checksum
		if kind != "pHYs" {
			continue
		}
		x, _, unit := s.u32(), s.u32(), s.u8()
		if unit != 1 || x > 1e6 {
			return 0
		}
		return perInch(int(x))
	}
	return 0
}

// perInch turns pixels per metre into pixels per inch, 0.0254 metres, rounded.
func perInch(perMetre int) int { return (perMetre*254 + 5000) / 10000 }
