package ees

import "limen/access"

// The operations of erasure.
const (
	OpEraseDue            access.Op = "ees.erase_due"
	OpForgetAnnouncements access.Op = "ees.forget_announcements"
	OpListAnnouncements   access.Op = "ees.list_announcements"
	OpEraseLogs           access.Op = "ees.erase_logs"
	OpHoldLogs            access.Op = "ees.hold_logs"
	OpReleaseLogs         access.Op = "ees.release_logs"
	OpListLogHolds        access.Op = "ees.list_log_holds"
)

func erasureOperations() []access.Operation {
	return []access.Operation{
		{Op: OpEraseDue, System: "ees", Title: "erase data whose retention period is over", Cite: "2017/2226 art 34(5)", Writes: true, Erases: true},
		{Op: OpForgetAnnouncements, System: "ees", Title: "erase the references in announcements of erasures", Cite: "2016/679 art 5(1)(e)", Writes: true, Erases: true},
		{Op: OpListAnnouncements, System: "ees", Title: "read what was erased and what will be", Cite: "2017/2226 art 35(7)"},
		{Op: OpEraseLogs, System: "ees", Title: "erase log entries about files that are gone", Cite: "2017/2226 art 46(4)", Writes: true, Erases: true},
		{Op: OpHoldLogs, System: "ees", Title: "hold the log entries about a file for a monitoring procedure", Cite: "2017/2226 art 46(4)", Writes: true},
		{Op: OpReleaseLogs, System: "ees", Title: "release the log entries about a file", Cite: "2017/2226 art 46(4)", Writes: true},
		{Op: OpListLogHolds, System: "ees", Title: "read which log entries are held", Cite: "2017/2226 art 46(4)"},
	}
}

func erasureGrants() []access.Grant {
	told := []access.Category{access.FileExistence}
	reference := []access.Key{access.ByReference}
	return []access.Grant{
		{Kind: access.Duty, Purpose: access.DataErasure, Op: OpEraseDue, Cite: "2017/2226 art 34(5)"},
		{Kind: access.Duty, Purpose: access.DataErasure, Op: OpForgetAnnouncements, Cite: "2016/679 art 5(1)(e)"},
		{Kind: access.Duty, Purpose: access.DataErasure, Op: OpEraseLogs, Cite: "2017/2226 art 46(4)"},
		{Kind: access.Border, Purpose: access.DataErasure, Op: OpListAnnouncements, Cite: "2017/2226 art 35(7)", Returns: told},
		{Kind: access.Immigration, Purpose: access.DataErasure, Op: OpListAnnouncements, Cite: "2017/2226 art 35(7)", Returns: told},
		{Kind: access.Visa, Purpose: access.DataErasure, Op: OpListAnnouncements, Cite: "2017/2226 art 35(7)", Returns: told},
		{Kind: access.Supervisor, Purpose: access.Oversight, Op: OpHoldLogs, Cite: "2017/2226 art 46(4)", Keys: reference},
		{Kind: access.Supervisor, Purpose: access.Oversight, Op: OpReleaseLogs, Cite: "2017/2226 art 46(4)", Keys: reference},
		{Kind: access.Supervisor, Purpose: access.Oversight, Op: OpListLogHolds, Cite: "2017/2226 art 46(4)", Returns: []access.Category{access.LogEntries}},
	}
}
