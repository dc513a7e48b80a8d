package ees

import "limen/law"

// Which source prevails when a record and a stamp give different entries.
const (
	RecordPrevails law.Code = "record_prevails"
	StampPrevails  law.Code = "stamp_prevails"
	CaseByCase     law.Code = "case_by_case" // the authority weighs both
)

// PrevailingEntry decides between the recorded and the stamped day of entry of
// one stay, either of which may be zero when that source is silent; biometrics
// says whether the file holds biometric data. The stamp prevails for an entry
// before the start of operations (2017/2226 art 22(2), EES-044). In the
// progressive period a stamp serves where nothing is recorded, a file with
// biometrics prevails over a stamp, and otherwise the authority decides
// (2025/1534 art 5(3)): entry is then zero.
func PrevailingEntry(recorded, stamped law.Date, biometrics bool) (entry law.Date, why law.Reason) {
	facts := law.Facts("recorded", orNone(recorded), "stamped", orNone(stamped))
	reason := func(code law.Code, cite law.Citation, message string) law.Reason {
		return law.Reason{Code: code, Cite: cite, Message: message, Facts: facts}
	}
	switch {
	case stamped == 0:
		return recorded, reason(RecordPrevails, "2017/2226 art 16(2)", "There is no stamp: the record counts.")
	case stamped < law.EESStart():
		return stamped, reason(StampPrevails, "2017/2226 art 22(2)", "The entry was before the System started: the stamp counts.")
	case recorded == 0 && stamped < law.ProgressiveLastDay()+1:
		return stamped, reason(StampPrevails, "2025/1534 art 5(3)", "Nothing was recorded at this entry while the System was being introduced: the stamp counts.")
	case recorded == 0:
		return stamped, reason(StampPrevails, "2017/2226 art 22(1)", "Nothing was recorded at this entry: the stamp is what shows it.")
	case recorded == stamped || stamped >= law.ProgressiveLastDay()+1:
		return recorded, reason(RecordPrevails, "2017/2226 art 16(2)", "The entry was recorded while the System was in full operation: the record counts.")
	case biometrics:
		return recorded, reason(RecordPrevails, "2025/1534 art 5(3)", "The file holds biometric data: the record counts before the stamp.")
	}
	return 0, reason(CaseByCase, "2025/1534 art 5(3)", "Record and stamp differ and the file holds no biometric data: decide on this case which is right.")
}

// orNone prints a day for a list of facts.
func orNone(d law.Date) string {
	if d == 0 {
		return "none"
	}
	return d.String()
}
