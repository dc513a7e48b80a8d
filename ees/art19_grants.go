package ees

import "limen/access"

// The operations on stays that are no crossing.
const (
	OpChangeStay      access.Op = "ees.change_stay"
	OpStartStay       access.Op = "ees.start_stay"
	OpRebut           access.Op = "ees.rebut_presumption"
	OpExcuseOverstay  access.Op = "ees.excuse_overstay"
	OpRecordProgramme access.Op = "ees.record_programme"
)

func stayOperations() []access.Operation {
	return []access.Operation{
		{Op: OpChangeStay, System: "ees", Title: "extend, revoke or annul an authorised stay", Cite: "2017/2226 art 19(1)", Writes: true},
		{Op: OpStartStay, System: "ees", Title: "start a short stay that follows a permit", Cite: "2017/2226 art 14(8)", Writes: true},
		{Op: OpRebut, System: "ees", Title: "record a proof against the presumption of overstay", Cite: "2017/2226 art 20(2)", Writes: true},
		{Op: OpExcuseOverstay, System: "ees", Title: "take a stay off the list of overstayers, or put it back", Cite: "2017/2226 art 35(5)", Writes: true},
		{Op: OpRecordProgramme, System: "ees", Title: "record membership of a national facilitation programme", Cite: "2017/2226 art 16(6)", Writes: true},
	}
}

func stayGrants() []access.Grant {
	// Who decides on a stay gets its record back and nothing else.
	records := []access.Category{access.EntryRecords}
	return []access.Grant{
		{Kind: access.Immigration, Purpose: access.StayDecision, Op: OpChangeStay, Cite: "2017/2226 art 19(1)", Keys: identityAndDocument, Returns: records},
		{Kind: access.Visa, Purpose: access.VisaExamination, Op: OpChangeStay, Cite: "2017/2226 art 19(1)", Keys: identityAndDocument, Returns: records, Case: true},
		{Kind: access.Immigration, Purpose: access.StayDecision, Op: OpStartStay, Cite: "2017/2226 art 14(8)", Keys: identityAndDocument, Returns: records},
		{Kind: access.Immigration, Purpose: access.StayDecision, Op: OpRebut, Cite: "2017/2226 art 20(2)", Keys: identityAndDocument, Returns: records},
		{Kind: access.Border, Purpose: access.BorderCheck, Op: OpRebut, Cite: "2017/2226 art 20(2)", Keys: identityAndDocument, Returns: records},
		{Kind: access.Immigration, Purpose: access.StayDecision, Op: OpExcuseOverstay, Cite: "2017/2226 art 35(5)", Keys: identityAndDocument, Returns: records},
		{Kind: access.Border, Purpose: access.BorderCheck, Op: OpRecordProgramme, Cite: "2017/2226 art 16(6)", Keys: identityAndDocument, Returns: []access.Category{access.FileExistence}},
	}
}
