package codec

// wsqRegion is a rectangle of the coefficient plane. What lies in the right or
// lower half of a split holds high frequencies, whose spectrum stands mirrored:
// when it is split again its halves come in the other order, high before low.
type wsqRegion struct {
	x, y, w, h       int
	mirrorX, mirrorY bool
}

// halves gives the lengths of the two halves as they lie: the low one has the
// odd sample.
func halves(n int, mirrored bool) (first, second int) {
	if mirrored {
		return n / 2, n - n/2
	}
	return n - n/2, n / 2
}

// quarters splits a region: top left, top right, bottom left, bottom right.
func (r wsqRegion) quarters() [4]wsqRegion {
	w1, w2 := halves(r.w, r.mirrorX)
	h1, h2 := halves(r.h, r.mirrorY)
	return [4]wsqRegion{
		{r.x, r.y, w1, h1, false, false},
		{r.x + w1, r.y, w2, h1, true, false},
		{r.x, r.y + h1, w1, h2, false, true},
		{r.x + w1, r.y + h1, w2, h2, true, true},
	}
}

const (
	wsqBands   = 60 // bands that are coded; 60 to 63, the highest, never are
	wsqMinSide = 32 // below it a band would be empty
)

// wsqTree is the decomposition of an image (IAFIS-IC-0110 figure 7): the regions
// to split, in the order of the analysis, and the 60 coded bands.
type wsqTree struct {
	splits []wsqRegion
	bands  [wsqBands]wsqRegion
}

func newWSQTree(width, height int) wsqTree {
	var t wsqTree
	n := 0
	split := func(r wsqRegion) [4]wsqRegion {
		t.splits = append(t.splits, r)
		return r.quarters()
	}
	place := func(bands ...wsqRegion) {
		n += copy(t.bands[n:], bands)
	}
	whole := split(wsqRegion{w: width, h: height})
	low := split(whole[0])
	// Each of three quarters of the second level is split twice more, the lowest
	// of all once again.
	right, below := split(whole[1]), split(whole[2])
	lowest := split(low[0])
	for i, q := range lowest {
		parts := split(q)
		if i == 0 {
			deepest := split(parts[0])
			place(deepest[:]...)
			place(parts[1:]...)
			continue
		}
		place(parts[:]...)
	}
	for _, region := range low[1:3] {
		for _, q := range split(region) {
			parts := split(q)
			place(parts[:]...)
		}
	}
	place(low[3])
	place(right[:]...)
	place(below[:]...)
	return t
}

// mirror folds a position back into 0..n-1, by symmetry about both end samples
// (IAFIS-IC-0110 section 3.1.3). n is at least 2.
func mirror(p, n int) int {
	for p < 0 || p >= n {
		if p < 0 {
			p = -p
		}
		if p >= n {
			p = 2*(n-1) - p
		}
	}
	return p
}
