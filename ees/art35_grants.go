package ees

import "limen/access"

// The operations on what is recorded wrongly, and on what persons ask about
// their data (arts 35, 52).
const (
	OpMergeFiles access.Op = "ees.merge_files"
	OpUndoMerge  access.Op = "ees.undo_merge"
	OpTellApart  access.Op = "ees.tell_apart"
	OpCorrect    access.Op = "ees.correct"
	OpLeaveScope access.Op = "ees.leave_scope"
	OpExportFile access.Op = "ees.export_file"
	OpRestrict   access.Op = "ees.restrict_file"
	OpOpenCase   access.Op = "ees.open_case"
	OpStepCase   access.Op = "ees.step_case"
	OpReadCase   access.Op = "ees.read_case"
	OpListCases  access.Op = "ees.list_cases"
)

func rightsOperations() []access.Operation {
	return []access.Operation{
		{Op: OpMergeFiles, System: "ees", Title: "make two files of one person one", Cite: "2017/2226 art 35(1)", Writes: true},
		{Op: OpUndoMerge, System: "ees", Title: "part two files that were merged by mistake", Cite: "2017/2226 art 35(1)", Writes: true},
		{Op: OpTellApart, System: "ees", Title: "record that two files are different persons'", Cite: "2017/2226 art 35(1)", Writes: true},
		{Op: OpCorrect, System: "ees", Title: "correct what is recorded", Cite: "2017/2226 art 35(1)", Writes: true},
		{Op: OpLeaveScope, System: "ees", Title: "mark a file for erasure because its person has left the scope", Cite: "2017/2226 art 35(6)", Writes: true},
		{Op: OpExportFile, System: "ees", Title: "give a person a copy of their data", Cite: "2017/2226 art 52(1)"},
		{Op: OpRestrict, System: "ees", Title: "restrict the processing of a file, or lift that", Cite: "2017/2226 art 52(1)", Writes: true},
		{Op: OpOpenCase, System: "ees", Title: "open a case on recorded data", Cite: "2017/2226 art 52(1)", Writes: true},
		{Op: OpStepCase, System: "ees", Title: "take the next step in a case", Cite: "2017/2226 art 52(2)", Writes: true},
		{Op: OpReadCase, System: "ees", Title: "read a case on recorded data", Cite: "2017/2226 art 52"},
		{Op: OpListCases, System: "ees", Title: "list the cases with a time limit", Cite: "2017/2226 art 52"},
	}
}

// rightsGrants lets border authorities put right what they recorded, under their
// right to amend (art 14), and immigration authorities under theirs (art 35).
// Requests of persons go to immigration authorities (art 52(1) leaves open which
// of the competent authorities takes them).
func rightsGrants() []access.Grant {
	records := []access.Category{access.EntryRecords, access.RefusalRecords}
	grants := []access.Grant{
		{Kind: access.Immigration, Purpose: access.RightsRequest, Op: OpExportFile, Cite: "2017/2226 art 52(1)", Keys: identityAndDocument, Returns: wholeFile},
		{Kind: access.Immigration, Purpose: access.RightsRequest, Op: OpSearchFiles, Cite: "2017/2226 art 52(1)", Keys: identityAndDocument, Returns: wholeFile},
		{Kind: access.Immigration, Purpose: access.RightsRequest, Op: OpReadCase, Cite: "2017/2226 art 52", Keys: identityAndDocument, Returns: records},
		{Kind: access.Immigration, Purpose: access.RightsRequest, Op: OpListCases, Cite: "2017/2226 art 52", Keys: identityAndDocument, Returns: records},
		{Kind: access.Immigration, Purpose: access.RightsRequest, Op: OpOpenCase, Cite: "2017/2226 art 52(1)", Keys: identityAndDocument, Returns: records},
		{Kind: access.Immigration, Purpose: access.RightsRequest, Op: OpStepCase, Cite: "2017/2226 art 52(2)", Keys: identityAndDocument, Returns: records},
		{Kind: access.Immigration, Purpose: access.RightsRequest, Op: OpRestrict, Cite: "2017/2226 art 52(1)", Keys: identityAndDocument, Returns: records},
	}
	for _, op := range []access.Op{OpMergeFiles, OpUndoMerge, OpTellApart, OpCorrect} {
		grants = append(grants,
			access.Grant{Kind: access.Border, Purpose: access.BorderCheck, Op: op, Cite: "2017/2226 art 14", Keys: identityAndDocument, Returns: records},
			access.Grant{Kind: access.Immigration, Purpose: access.StayDecision, Op: op, Cite: "2017/2226 art 35(1)", Keys: identityAndDocument, Returns: records})
	}
	return append(grants,
		access.Grant{Kind: access.Border, Purpose: access.BorderCheck, Op: OpLeaveScope, Cite: "2017/2226 art 14", Keys: identityAndDocument, Returns: records},
		access.Grant{Kind: access.Immigration, Purpose: access.StayDecision, Op: OpLeaveScope, Cite: "2017/2226 art 35(6)", Keys: identityAndDocument, Returns: records})
}
