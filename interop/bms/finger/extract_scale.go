package finger

import "math"

// load fills grey with the image at 500 pixels per inch: each pixel is the mean
// of the image over a square of its own size or, where the image is coarser, of
// one pixel of the image, which is bilinear interpolation.
func (x *Extractor) load(img Image, scale float64) {
	if scale == 1 {
		copy(x.grey, img.Pix)
		return
	}
	columns, rows := overlaps(x.w, img.Width), overlaps(x.h, img.Height)
	for y, row := range rows {
		for i, column := range columns {
			var sum float32
			for dy, wy := range row.weights {
				line := img.Pix[(row.from+dy)*img.Width+column.from:]
				var part float32
				for dx, wx := range column.weights {
					part += wx * float32(line[dx])
				}
				sum += wy * part
			}
			x.grey[y*x.w+i] = uint8(sum + 0.5)
		}
	}
}

// overlap is what pixels of the source make one of the target: their weights
// sum to 1.
type overlap struct {
	from    int
	weights []float32
}

// overlaps works out, along one axis, the sources of each of to pixels that
// cover the same length as from pixels.
func overlaps(to, from int) []overlap {
	step := float64(from) / float64(to)
	side := max(step, 1)
	all := make([]overlap, to)
	for i := range all {
		middle := (float64(i) + 0.5) * step
		low, high := max(middle-side/2, 0), min(middle+side/2, float64(from))
		first := min(int(low), from-1)
		last := max(min(int(math.Ceil(high)), from), first+1)
		o := overlap{from: first, weights: make([]float32, last-first)}
		total := 0.0
		for k := range o.weights {
			total += max(min(high, float64(first+k+1))-max(low, float64(first+k)), 0)
		}
		for k := range o.weights {
			part := max(min(high, float64(first+k+1))-max(low, float64(first+k)), 0)
			o.weights[k] = float32(part / total)
		}
		all[i] = o
	}
	return all
}
