package ees

import "limen/access"

// OpReadForProgramme reads a file for an application to a national facilitation
// programme.
const OpReadForProgramme access.Op = "ees.read_for_programme"

// ProgrammeFile is what the authority of a facilitation programme receives (art
// 25(2)): the file, all records, and the memberships. The calculator is not
// listed for it.
type ProgrammeFile struct {
	FileRecords
	Programmes []Programme `json:"programmes" nullable:"false" doc:"Memberships of national facilitation programmes (art 16(6))."`
}

// ReadForProgramme returns a file to the authority of a facilitation programme
// (art 25(2)).
func (r *Register) ReadForProgramme(p access.Pass, ref FileRef) (ProgrammeFile, error) {
	k, file, err := r.readRecords(p, ref)
	if err != nil {
		return ProgrammeFile{}, err
	}
	return ProgrammeFile{file, append([]Programme{}, k.file.Programmes...)}, nil
}
