package ees

import "limen/access"

// The operations of law-enforcement access (chapter IV). Those who ask have
// none that searches: that is the access points' alone (EES-051).
const (
	OpRegisterDesignated access.Op = "ees.register_designated"
	OpListDesignated     access.Op = "ees.list_designated"
	OpSubmitRequest      access.Op = "ees.submit_request"
	OpListRequests       access.Op = "ees.list_requests"
	OpReadRequest        access.Op = "ees.read_request"
	OpDecideRequest      access.Op = "ees.decide_request"
	OpSearchForRequest   access.Op = "ees.search_for_request"
	OpReadOutcome        access.Op = "ees.read_outcome"
	OpVerifyUrgency      access.Op = "ees.verify_urgency"
	OpConfirmErasure     access.Op = "ees.confirm_erasure"
	OpKeepForCase        access.Op = "ees.keep_for_case"
	OpListConsents       access.Op = "ees.list_consents"
	OpDecideConsent      access.Op = "ees.decide_consent"
	OpEraseRequests      access.Op = "ees.erase_requests"
	OpReportRequests     access.Op = "ees.report_requests"
)

func policeOperations() []access.Operation {
	return []access.Operation{
		{Op: OpRegisterDesignated, System: "ees", Title: "list a designated authority, unit or access point", Cite: "2017/2226 art 29", Writes: true},
		{Op: OpListDesignated, System: "ees", Title: "read the list of designated authorities, units and access points", Cite: "2017/2226 art 29"},
		{Op: OpSubmitRequest, System: "ees", Title: "submit a reasoned request for access", Cite: "2017/2226 art 31(1)", Writes: true},
		{Op: OpListRequests, System: "ees", Title: "list reasoned requests", Cite: "2017/2226 art 31(1)"},
		{Op: OpReadRequest, System: "ees", Title: "read a reasoned request", Cite: "2017/2226 art 31(1)"},
		{Op: OpDecideRequest, System: "ees", Title: "verify a reasoned request", Cite: "2017/2226 art 31(1)", Writes: true},
		{Op: OpSearchForRequest, System: "ees", Title: "search for law enforcement", Cite: "2017/2226 art 32", Writes: true},
		{Op: OpReadOutcome, System: "ees", Title: "read what a law-enforcement search found", Cite: "2017/2226 art 32"},
		{Op: OpVerifyUrgency, System: "ees", Title: "verify an urgent access afterwards", Cite: "2017/2226 art 31(2)", Writes: true},
		{Op: OpConfirmErasure, System: "ees", Title: "confirm the erasure of what was accessed without justification", Cite: "2017/2226 art 31(3)", Writes: true},
		{Op: OpKeepForCase, System: "ees", Title: "keep what was found for an ongoing case", Cite: "2017/2226 art 58(5)", Writes: true},
		{Op: OpListConsents, System: "ees", Title: "list Europol's requests for consent", Cite: "2017/2226 art 33(4)"},
		{Op: OpDecideConsent, System: "ees", Title: "decide on Europol's use of data", Cite: "2017/2226 art 33(4)", Writes: true},
		{Op: OpEraseRequests, System: "ees", Title: "erase law-enforcement requests and results", Cite: "2017/2226 art 58(5)", Writes: true, Erases: true},
		{Op: OpReportRequests, System: "ees", Title: "count law-enforcement requests for the yearly report", Cite: "2017/2226 art 72"},
	}
}

var (
	// identifyKeys are the keys of article 32(4), historyKeys those of 32(5).
	identifyKeys = []access.Key{access.ByFingers, access.ByFace}
	historyKeys  = []access.Key{access.ByIdentity, access.ByDocument, access.ByVisa, access.ByFingers, access.ByFace, access.ByCrossing}
	fileData     = []access.Category{access.FileExistence, access.IdentityData, access.DocumentData, access.BiometricData}
	historyData  = []access.Category{access.FileExistence, access.IdentityData, access.DocumentData, access.BiometricData,
		access.EntryRecords, access.RefusalRecords}
)

func policeGrants() []access.Grant {
	list := []access.Grant{
		{Kind: access.Administrator, Purpose: access.SystemOperation, Op: OpRegisterDesignated, Cite: "2017/2226 art 29"},
		{Kind: access.Administrator, Purpose: access.SystemOperation, Op: OpListDesignated, Cite: "2017/2226 art 29"},
		{Kind: access.Duty, Purpose: access.DataErasure, Op: OpEraseRequests, Cite: "2017/2226 art 58(5)"},
		{Kind: access.CentralAccessPoint, Purpose: access.StatisticsReport, Op: OpReportRequests, Cite: "2017/2226 art 72"},
		{Kind: access.EuropolAccessPoint, Purpose: access.StatisticsReport, Op: OpReportRequests, Cite: "2017/2226 art 72"},
	}
	for _, purpose := range []access.Purpose{access.LawEnforcementIdentify, access.LawEnforcementHistory} {
		keys, data := identifyKeys, fileData
		if purpose == access.LawEnforcementHistory {
			keys, data = historyKeys, historyData
		}
		grant := func(kind access.Kind, g access.Grant) {
			g.Kind, g.Purpose = kind, purpose
			list = append(list, g)
		}
		for _, unit := range []access.Kind{access.OperatingUnit, access.EuropolUnit} {
			grant(unit, access.Grant{Op: OpSubmitRequest, Cite: "2017/2226 art 31(1)", Case: true})
			grant(unit, access.Grant{Op: OpListRequests, Cite: "2017/2226 art 31(1)"})
			grant(unit, access.Grant{Op: OpReadRequest, Cite: "2017/2226 art 31(1)"})
			grant(unit, access.Grant{Op: OpReadOutcome, Cite: "2017/2226 art 31(1)", Returns: data})
			grant(unit, access.Grant{Op: OpConfirmErasure, Cite: "2017/2226 art 31(3)"})
			grant(unit, access.Grant{Op: OpKeepForCase, Cite: "2017/2226 art 58(5)"})
		}
		for _, point := range []access.Kind{access.CentralAccessPoint, access.EuropolAccessPoint} {
			grant(point, access.Grant{Op: OpListRequests, Cite: "2017/2226 art 31(1)"})
			grant(point, access.Grant{Op: OpReadRequest, Cite: "2017/2226 art 31(1)"})
			grant(point, access.Grant{Op: OpDecideRequest, Cite: "2017/2226 art 31(1)"})
			grant(point, access.Grant{Op: OpSearchForRequest, Cite: "2017/2226 art 32", Keys: keys})
			grant(point, access.Grant{Op: OpReadOutcome, Cite: "2017/2226 art 32", Returns: data})
			grant(point, access.Grant{Op: OpConfirmErasure, Cite: "2017/2226 art 31(3)"})
		}
		grant(access.CentralAccessPoint, access.Grant{Op: OpVerifyUrgency, Cite: "2017/2226 art 31(2)"})
		grant(access.EuropolNational, access.Grant{Op: OpListConsents, Cite: "2017/2226 art 33(4)"})
		grant(access.EuropolNational, access.Grant{Op: OpDecideConsent, Cite: "2017/2226 art 33(4)"})
	}
	return list
}
