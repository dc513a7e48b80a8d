package codec

// sample is what a plane of a component holds: whole numbers for the reversible
// wavelet, fractions for the irreversible one.
type sample interface{ int32 | float32 }

// wavelet is a sequence of lifting steps (ISO/IEC 15444-1 F.3.8). Each changes
// the low-pass or the high-pass samples by their two neighbours of the other
// kind. A step works on runs of samples, along a row or of two rows.
type wavelet[T sample] struct {
	scale func(run []T, high bool) // first, when there is one
	steps []liftStep[T]
}

type liftStep[T sample] struct {
	high  bool // the high-pass samples change
	apply func(dst, a, b []T)
}

// reversible is the wavelet 5/3 (F.3.8.1).
var reversible = wavelet[int32]{steps: []liftStep[int32]{
	{false, func(dst, a, b []int32) {
		a, b = a[:len(dst)], b[:len(dst)]
		for i := range dst {
			dst[i] -= (a[i] + b[i] + 2) >> 2
		}
	}},
	{true, func(dst, a, b []int32) {
		a, b = a[:len(dst)], b[:len(dst)]
		for i := range dst {
			dst[i] += (a[i] + b[i]) >> 1
		}
	}},
}}

// The lifting parameters of table F.4.
const (
	liftAlpha = -1.586134342059924
	liftBeta  = -0.052980118572961
	liftGamma = 0.882911075530934
	liftDelta = 0.443506852043971
	liftK     = 1.230174104914001
)

// irreversible is the wavelet 9/7 (F.3.8.2).
var irreversible = wavelet[float32]{
	scale: func(run []float32, high bool) {
		k := float32(liftK)
		if high {
			k = 1 / k
		}
		for i := range run {
			run[i] *= k
		}
	},
	steps: []liftStep[float32]{
		{false, func(dst, a, b []float32) { lift(dst, a, b, liftDelta) }},
		{true, func(dst, a, b []float32) { lift(dst, a, b, liftGamma) }},
		{false, func(dst, a, b []float32) { lift(dst, a, b, liftBeta) }},
		{true, func(dst, a, b []float32) { lift(dst, a, b, liftAlpha) }},
	},
}

func lift(dst, a, b []float32, k float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] -= float32(k * float32(a[i]+b[i]))
	}
}

// synthesise puts the resolutions of a plane together in place, from the second
// lowest up (F.3). res are the resolutions' rectangles; on each, low-pass comes
// before high-pass.
func (wl *wavelet[T]) synthesise(plane []T, stride int, res []rect) {
	if len(res) < 2 {
		return
	}
	whole := res[len(res)-1]
	tmp := make([]T, whole.w()*whole.h())
	for _, r := range res[1:] {
		if r.empty() {
			continue
		}
		wl.rows(plane, stride, r, tmp[:r.w()])
		wl.columns(plane, stride, r, tmp)
	}
}

// lows is how many of the positions from..to-1 are even: those of low-pass samples.
func lows(from, to int) int { return (to+1)/2 - (from+1)/2 }

// neighbours says at which index of the other kind a sample's two neighbours
// stand; at an end both are the same, by symmetry.
func neighbours(i, others int, leads bool) (int, int) {
	a, b := i, i+1
	if leads {
		a, b = i-1, i
	}
	if a < 0 {
		a = b
	}
	if b >= others {
		b = a
	}
	return a, b
}

// rows does every row (HOR_SR).
func (wl *wavelet[T]) rows(plane []T, stride int, r rect, line []T) {
	n := lows(r.x0, r.x1)
	odd := r.x0 & 1
	for y := range r.h() {
		row := plane[y*stride : y*stride+r.w()]
		low, high := row[:n], row[n:]
		if len(row) == 1 {
			if odd == 1 {
				row[0] /= 2
			}
			continue
		}
		if wl.scale != nil {
			wl.scale(low, false)
			wl.scale(high, true)
		}
		for _, s := range wl.steps {
			dst, others, leads := low, high, odd == 0
			if s.high {
				dst, others, leads = high, low, odd == 1
			}
			// The runs without the ends, whose neighbours fall together.
			from, to := 0, min(len(dst), len(others)-1)
			if leads {
				from, to = 1, min(len(dst), len(others))
			}
			if to > from {
				a, b := neighbours(from, len(others), leads)
				s.apply(dst[from:to], others[a:a+to-from], others[b:b+to-from])
			}
			for i := range dst {
				if i == from && to > from {
					break
				}
				a, b := neighbours(i, len(others), leads)
				s.apply(dst[i:i+1], others[a:a+1], others[b:b+1])
			}
			for i := max(to, from); to > from && i < len(dst); i++ {
				a, b := neighbours(i, len(others), leads)
				s.apply(dst[i:i+1], others[a:a+1], others[b:b+1])
			}
		}
		for i, v := range low {
			line[2*i+odd] = v
		}
		for i, v := range high {
			line[2*i+1-odd] = v
		}
		copy(row, line)
	}
}

// columns does every column (VER_SR), a row at a time.
func (wl *wavelet[T]) columns(plane []T, stride int, r rect, tmp []T) {
	w, h := r.w(), r.h()
	n := lows(r.y0, r.y1)
	odd := r.y0 & 1
	row := func(high bool, i int) []T {
		if high {
			i += n
		}
		return plane[i*stride : i*stride+w]
	}
	if h == 1 {
		if odd == 1 {
			for i := range w {
				plane[i] /= 2
			}
		}
		return
	}
	if wl.scale != nil {
		for i := range h {
			wl.scale(plane[i*stride:i*stride+w], i >= n)
		}
	}
	for _, s := range wl.steps {
		count, others, leads := n, h-n, odd == 0
		if s.high {
			count, others, leads = h-n, n, odd == 1
		}
		for i := range count {
			a, b := neighbours(i, others, leads)
			s.apply(row(s.high, i), row(!s.high, a), row(!s.high, b))
		}
	}
	for i := range h {
		at := 2*i + odd
		if i >= n {
			at = 2*(i-n) + 1 - odd
		}
		copy(tmp[at*w:(at+1)*w], plane[i*stride:i*stride+w])
	}
	for y := range h {
		copy(plane[y*stride:y*stride+w], tmp[y*w:(y+1)*w])
	}
}
