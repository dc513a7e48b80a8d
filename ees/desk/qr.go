package desk

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// square is a two-dimensional code as a picture of vectors, which a page may
// carry inline: Size modules wide and high, the quiet zone included.
type square struct {
	Size int
	Path string // of the dark modules, for the attribute d of a path
}

// quiet is how many light modules stand around the code (ISO/IEC 18004).
const quiet = 4

// codeSquare draws a traveller's code, and nothing else of the traveller, with the
// most redundancy: it is read from a screen behind glass, or from a crumpled slip.
func codeSquare(code string) (square, error) {
	c, err := qr.Encode(code, qr.H, qr.AlphaNumeric)
	if err != nil {
		return square{}, fmt.Errorf("desk: a code as a picture: %w", err)
	}
	size := c.Bounds().Dx()
	dark := func(x, y int) bool {
		light, _, _, _ := c.At(x, y).RGBA()
		return light == 0
	}
	var d strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			run := 0
			for x+run < size && dark(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&d, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run, run)
				x += run
			}
		}
	}
	return square{Size: size + 2*quiet, Path: d.String()}, nil
}
