package ees

import (
	"slices"

	"limen/access"
	"limen/law"
)

// readingOperations are what authorities other than the border's may do: to find
// files and to read them, each purpose with an answer of its own type.
func readingOperations() []access.Operation {
	return []access.Operation{
		{Op: OpReadIdentified, System: "ees", Title: "read the file of a person who is being identified", Cite: "2017/2226 art 27(2)"},
		{Op: OpReadInland, System: "ees", Title: "read a file for a check within the territory", Cite: "2017/2226 art 26"},
		{Op: OpReadForVisa, System: "ees", Title: "read a file for a visa application", Cite: "2017/2226 art 24"},
		{Op: OpReadForProgramme, System: "ees", Title: "read a file for a facilitation programme", Cite: "2017/2226 art 25"},
		{Op: OpEtiasFacts, System: "ees", Title: "answer the travel authorisation system", Cite: "2017/2226 art 25a"},
		{Op: OpReadForEtias, System: "ees", Title: "read a file for the assessment of a travel authorisation", Cite: "2017/2226 art 25b"},
		{Op: OpScreening, System: "ees", Title: "answer a screening authority", Cite: "2017/2226 art 24a"},
	}
}

var (
	withFingers = []access.Key{access.ByIdentity, access.ByDocument, access.ByReference, access.ByFingers, access.ByFingersFace}
	// withoutCalculator: identification, the programmes' authorities and the
	// ETIAS National Units read the file and the records; the calculator is not
	// listed for them (arts 25, 25b, 27).
	withoutCalculator = []access.Category{access.FileExistence, access.IdentityData, access.DocumentData, access.BiometricData,
		access.EntryRecords, access.RefusalRecords}
	listCategories = []access.Category{access.OverstayList, access.IdentityData, access.DocumentData, access.EntryRecords}
)

// reader is one line of the access rules as it is granted: who, why, by which
// article, with which keys, receiving what, by which reading operation.
type reader struct {
	kind    access.Kind
	purpose access.Purpose
	cite    law.Citation
	op      access.Op
	keys    []access.Key
	returns []access.Category
	ofCase  bool // a reference to the case is asked for
}

// readingGrants are the lines of articles 24 to 27: each authority searches by
// its keys and reads by the operation of its purpose.
func readingGrants() []access.Grant {
	withVisa := slices.Concat(withFingers, []access.Key{access.ByVisa})
	var grants []access.Grant
	for _, r := range []reader{
		{access.Border, access.Identification, "2017/2226 art 27", OpReadIdentified, withFingers, withoutCalculator, false},
		{access.Immigration, access.Identification, "2017/2226 art 27", OpReadIdentified, withFingers, withoutCalculator, false},
		{access.Immigration, access.InlandCheck, "2017/2226 art 26", OpReadInland, identityAndDocument, wholeFile, false},
		{access.Visa, access.VisaExamination, "2017/2226 art 24", OpReadForVisa, withVisa, wholeFile, true},
		{access.Visa, access.VisaPartialState, "2017/2226 art 24(4)", OpReadForVisa, withVisa, wholeFile, true},
		{access.Facilitation, access.FacilitationProgramme, "2017/2226 art 25", OpReadForProgramme, withFingers, withoutCalculator, true},
		{access.EtiasNational, access.EtiasNationalReview, "2017/2226 art 25b", OpReadForEtias, identityAndDocument, withoutCalculator, true},
	} {
		for _, op := range []access.Op{OpSearchFiles, r.op} {
			grants = append(grants, access.Grant{Kind: r.kind, Purpose: r.purpose, Op: op, Cite: r.cite, Keys: r.keys, Returns: r.returns, Case: r.ofCase})
		}
	}
	return append(grants,
		access.Grant{Kind: access.Immigration, Purpose: access.InlandCheck, Op: OpListOverstayers, Cite: "2017/2226 art 12", Returns: listCategories},
		access.Grant{Kind: access.Visa, Purpose: access.VisaExamination, Op: OpListOverstayers, Cite: "2017/2226 art 12", Returns: listCategories},
		access.Grant{Kind: access.EtiasCentral, Purpose: access.EtiasExamination, Op: OpEtiasFacts, Cite: "2017/2226 art 25a", Keys: identityAndDocument,
			Returns: []access.Category{access.EtiasAnswer}, Case: true},
		access.Grant{Kind: access.Screening, Purpose: access.ScreeningCheck, Op: OpScreening, Cite: "2017/2226 art 24a", Keys: identityAndDocument,
			Returns: []access.Category{access.FileExistence, access.ScreeningAnswer}, Case: true},
	)
}
