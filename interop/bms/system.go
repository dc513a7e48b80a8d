package bms

// System is a source system whose templates the service holds.
type System string

// The source systems (2019/817 art 13(1), 2019/818 art 13(1)). Those that are not
// built yet have a place here so that their templates lie apart from the first.
const (
	EES System = "EES" // 2017/2226
	VIS System = "VIS" // 767/2008
)

// RecordRef is the reference of the actual record in its source system (2019/817
// art 13(2)): for the EES the individual reference number of the file.
type RecordRef string
