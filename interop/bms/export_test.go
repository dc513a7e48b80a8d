package bms

// Reader reads samples with an engine and without a service.
func Reader(e *Engine) func(Modality, []byte) (*Sample, error) {
	r := reader{extract: e.Extract, embed: e.Embed, field: "sample", cite: "2019/817 art 13"}
	return r.read
}

// NewOrder tells of changes of first samples whether they are newer than what was
// told before.
func NewOrder() func(System, RecordRef, int64) bool {
	var l latest
	return func(system System, ref RecordRef, order int64) bool {
		return l.newer(change{system: system, key: sampleKey{ref, 1}, order: order})
	}
}

// Held is how many records a service holds in memory.
func Held(s *Service, system System) int { return s.galleries[system].size() }
