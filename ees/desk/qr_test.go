package desk

import (
	"fmt"
	"strings"
	"testing"
)

// The picture of a code has the three finders in their corners, light around it,
// and differs from the picture of another code (2016/399 art 8a).
func TestSBC8a_TheCodeAsAPicture(t *testing.T) {
	s, err := codeSquare("K7PM-2XQ4")
	if err != nil || s.Size != 21+2*quiet {
		t.Fatalf("%d modules, %v", s.Size, err)
	}
	dark := map[[2]int]bool{}
	for run := range strings.SplitSeq(strings.TrimSuffix(s.Path, "z"), "z") {
		var x, y, w, back int
		if _, err := fmt.Sscanf(run, "M%d %dh%dv1h-%d", &x, &y, &w, &back); err != nil || w != back || w < 1 {
			t.Fatalf("%q: %v", run, err)
		}
		for i := range w {
			if x+i < quiet || y < quiet || x+i >= s.Size-quiet || y >= s.Size-quiet {
				t.Fatalf("dark in the quiet zone at %d, %d", x+i, y)
			}
			dark[[2]int{x + i, y}] = true
		}
	}
	finder := [7]string{"#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"}
	for _, corner := range [][2]int{{quiet, quiet}, {quiet + 14, quiet}, {quiet, quiet + 14}} {
		for y, row := range finder {
			for x := range 7 {
				if dark[[2]int{corner[0] + x, corner[1] + y}] != (row[x] == '#') {
					t.Fatalf("the finder at %v is wrong at %d, %d", corner, x, y)
				}
			}
		}
	}
	if other, err := codeSquare("K7PM-2XQ5"); err != nil || other.Path == s.Path {
		t.Fatalf("two codes look alike: %v", err)
	}
}
