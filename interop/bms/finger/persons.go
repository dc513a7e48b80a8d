package finger

// InventedPersons makes persons out of single fingers, to see what several
// fingers together reach where no set has several fingers of one person: each
// takes so many fingers in a row, round the list, and no two that are compared
// share one. Impression i of a person is impression i of each of its fingers.
// llr gives the ratio of two prints; impressions[f] are the prints of finger f.
//
// It flatters: a person's fingers are alike in quality, invented ones are not.
func InventedPersons(impressions [][]int, fingers int, llr func(a, b int) float64) (mated, nonMated []float64) {
	n := len(impressions)
	if fingers < 1 || fingers > n {
		return nil, nil
	}
	sum := func(p, q, i, j int) (float64, bool) {
		total := 0.0
		for f := range fingers {
			a, b := impressions[(p+f)%n], impressions[(q+f)%n]
			if i >= len(a) || j >= len(b) {
				return 0, false
			}
			total += llr(a[i], b[j])
		}
		return total, true
	}
	for p := range n {
		for q := p; q < n; q++ {
			apart := min(q-p, n-q+p)
			if apart != 0 && apart < fingers {
				continue
			}
			for i := range impressions[p] {
				for j := range impressions[q] {
					if p == q && i >= j {
						continue
					}
					score, whole := sum(p, q, i, j)
					switch {
					case !whole:
					case p == q:
						mated = append(mated, score)
					default:
						nonMated = append(nonMated, score)
					}
				}
			}
		}
	}
	return mated, nonMated
}
