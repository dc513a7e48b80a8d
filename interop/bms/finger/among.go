package finger

// Among compares the probe finely with these persons of the shard alone, as Search
// does with those that its coarse comparison chose. Keys that are not there are left
// out. What it returns stays good until the searcher's next search.
func (w *Searcher) Among(s *Shard, probe *Hand, keys []uint64, calibration Calibration) []Candidate {
	s.mu.RLock()
	defer s.mu.RUnlock()
	w.found = w.found[:0]
	for _, key := range keys {
		person, there := s.byKey[key]
		if !there {
			continue
		}
		c := Candidate{Key: key}
		for position, p := range probe {
			if p != nil && w.load(&s.drawer[position], person) {
				c.Score += calibration.LLR(w.fine.Compare(p, &w.mate))
				c.Fingers++
			}
		}
		if c.Fingers > 0 {
			w.found = append(w.found, c)
		}
	}
	rank(w.found)
	return w.found
}
