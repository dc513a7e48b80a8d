package ees

import (
	"slices"

	"limen/access"
)

// The operations of the Entry/Exit System.
const (
	OpCheck           access.Op = "ees.check"
	OpRecordCrossing  access.Op = "ees.record_crossing"
	OpRecordRefusal   access.Op = "ees.record_refusal"
	OpReadFile        access.Op = "ees.read_file"
	OpSearchFiles     access.Op = "ees.search_files"
	OpListOverstayers access.Op = "ees.list_overstayers"
	OpFlagOverstayers access.Op = "ees.flag_overstayers"
	OpPurgeChecks     access.Op = "ees.purge_checks"
)

// Operations lists what the Entry/Exit System can do, each with the article
// that would have to permit it to anybody who may not.
func Operations() []access.Operation {
	return slices.Concat(
		borderOperations(),
		erasureOperations(),
		stayOperations(),
		rightsOperations(),
		outageOperations(),
		conversationOperations(),
		sampleOperations(),
		readingOperations(),
		carrierOperations(),
		statisticsOperations(),
		replayOperations(),
		policeOperations(),
	)
}

// Grants lists who may do what in the Entry/Exit System, row by row of the
// access rules. Rows of the rules that the system cannot yet serve with exactly
// the data they allow are absent, so they are refused: DIVERGENCES.md names them.
func Grants() []access.Grant {
	return slices.Concat(
		borderGrants(),
		erasureGrants(),
		stayGrants(),
		rightsGrants(),
		outageGrants(),
		conversationGrants(),
		sampleGrants(),
		readingGrants(),
		carrierGrants(),
		statisticsGrants(),
		replayGrants(),
		policeGrants(),
	)
}

func borderOperations() []access.Operation {
	return []access.Operation{
		{Op: OpCheck, System: "ees", Title: "check a traveller at the border", Cite: "2017/2226 art 23"},
		{Op: OpRecordCrossing, System: "ees", Title: "record an entry or exit", Cite: "2017/2226 art 14", Writes: true, Keyed: true},
		{Op: OpRecordRefusal, System: "ees", Title: "record a refusal of entry", Cite: "2017/2226 art 18(1)", Writes: true, Keyed: true},
		{Op: OpReadFile, System: "ees", Title: "read an individual file", Cite: "2017/2226 art 9(2)"},
		{Op: OpSearchFiles, System: "ees", Title: "search for individual files", Cite: "2017/2226 art 9(2)"},
		{Op: OpListOverstayers, System: "ees", Title: "read the list of overstayers", Cite: "2017/2226 art 12"},
		{Op: OpFlagOverstayers, System: "ees", Title: "flag stays that ended without an exit", Cite: "2017/2226 art 12(1)", Writes: true, Keyed: true},
		{Op: OpPurgeChecks, System: "ees", Title: "erase checks that have expired", Cite: "2016/679 art 5(1)(e)", Writes: true, Erases: true},
	}
}

var (
	identityAndDocument = []access.Key{access.ByIdentity, access.ByDocument, access.ByReference}
	wholeFile           = []access.Category{access.FileExistence, access.IdentityData, access.DocumentData, access.BiometricData,
		access.EntryRecords, access.RefusalRecords, access.StayResult}
)

func borderGrants() []access.Grant {
	return []access.Grant{
		{Kind: access.Border, Purpose: access.BorderCheck, Op: OpCheck, Cite: "2017/2226 art 23", Keys: identityAndDocument, Returns: wholeFile},
		{Kind: access.Border, Purpose: access.BorderCheck, Op: OpRecordCrossing, Cite: "2017/2226 art 14", Keys: identityAndDocument, Returns: wholeFile},
		{Kind: access.Border, Purpose: access.BorderCheck, Op: OpRecordRefusal, Cite: "2017/2226 art 18(1)", Keys: identityAndDocument, Returns: wholeFile},
		{Kind: access.Border, Purpose: access.BorderCheck, Op: OpReadFile, Cite: "2017/2226 art 23", Keys: identityAndDocument, Returns: wholeFile},
		{Kind: access.Border, Purpose: access.BorderCheck, Op: OpSearchFiles, Cite: "2017/2226 art 23", Keys: identityAndDocument, Returns: wholeFile},
		{Kind: access.Border, Purpose: access.BorderCheck, Op: OpListOverstayers, Cite: "2017/2226 art 12", Returns: []access.Category{access.OverstayList, access.IdentityData, access.DocumentData, access.EntryRecords}},
		{Kind: access.Duty, Purpose: access.OverstayerDetection, Op: OpFlagOverstayers, Cite: "2017/2226 art 12(1)"},
		{Kind: access.Duty, Purpose: access.DataErasure, Op: OpPurgeChecks, Cite: "2016/679 art 5(1)(e)"},
	}
}
