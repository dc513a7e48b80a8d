package ees

import "limen/access"

// OpReadInland reads a file for a check within the territory.
const OpReadInland access.Op = "ees.read_inland"

// InlandFile is what an immigration authority receives for a check within the
// territory (art 26(2), (3)): what the calculator says, the file, all records.
type InlandFile struct {
	FileRecords
	Stay StayView `json:"stay" doc:"The stay today: what is left of it, or how long it has been exceeded."`
}

// ReadInland returns a file to an immigration authority that checks whether the
// conditions of entry or stay are fulfilled (art 26).
func (r *Register) ReadInland(p access.Pass, ref FileRef) (InlandFile, error) {
	k, file, err := r.readRecords(p, ref)
	if err != nil {
		return InlandFile{}, err
	}
	stay, err := k.stayFor(p)
	return InlandFile{file, stay}, err
}
