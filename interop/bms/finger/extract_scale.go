package finger

// resample fills dst (w x h) from the image: area means when it shrinks,
// bilinear when it grows.
func resample(dst []uint8, w, h int, img Image) {
	fx, fy := float64(img.Width)/float64(w), float64(img.Height)/float64(h)
	for y := range h {
		for i := range w {
			cx, cy := (float64(i)+0.5)*fx, (float64(y)+0.5)*fy
			dst[y*w+i] = sampleBox(img, cx, cy, max(fx, 1), max(fy, 1))
		}
	}
}

// sampleBox is the mean over a box of the given sides around a point, pixels
// taken as unit squares; a box of side 1 is bilinear interpolation.
func sampleBox(img Image, cx, cy, bw, bh float64) uint8 {
	x0, x1, y0, y1 := cx-bw/2, cx+bw/2, cy-bh/2, cy+bh/2
	sum, area := 0.0, 0.0
	for py := max(int(y0+1)-1, 0); py < img.Height && float64(py) < y1; py++ {
		wy := min(y1, float64(py+1)) - max(y0, float64(py))
		if wy <= 0 {
			continue
		}
		for px := max(int(x0+1)-1, 0); px < img.Width && float64(px) < x1; px++ {
			wx := min(x1, float64(px+1)) - max(x0, float64(px))
			if wx <= 0 {
				continue
			}
			sum += wx * wy * float64(img.Pix[py*img.Width+px])
			area += wx * wy
		}
	}
	if area <= 0 {
		return 255
	}
	return uint8(sum/area + 0.5)
}
