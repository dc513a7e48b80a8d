package ees

import "limen/access"

// OpReadIdentified reads the file of somebody who is being identified.
const OpReadIdentified access.Op = "ees.read_identified"

// IdentifiedFile is what border and immigration authorities receive of somebody
// whom they identify (art 27(2)): the file and all records, and not what the
// calculator would say.
type IdentifiedFile struct {
	FileRecords
}

// ReadIdentified returns a file to an authority that identifies a person (art
// 27(2)).
func (r *Register) ReadIdentified(p access.Pass, ref FileRef) (IdentifiedFile, error) {
	_, file, err := r.readRecords(p, ref)
	return IdentifiedFile{file}, err
}
