package bms

// Reader reads samples with an engine and without a service.
func Reader(e *Engine) func(Modality, []byte) (*Sample, error) {
	r := reader{extract: e.Extract, embed: e.Embed, field: "sample", cite: "2019/817 art 13"}
	return r.read
}
