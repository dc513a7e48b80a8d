package ees

import "limen/access"

// The operations of the conversation at the border and of self-service.
const (
	OpReadCheck       access.Op = "ees.read_check"
	OpTakeStep        access.Op = "ees.take_step"
	OpIdentify        access.Op = "ees.identify"
	OpPreEnrol        access.Op = "ees.pre_enrol"
	OpReadPreEnrol    access.Op = "ees.read_pre_enrolment"
	OpListPreEnrol    access.Op = "ees.list_pre_enrolments"
	OpTakeOver        access.Op = "ees.take_over"
	OpConfirmPreEnrol access.Op = "ees.confirm_pre_enrolment"
	OpPassGate        access.Op = "ees.pass_gate"
)

// conversationOperations are the steps of a check after it was made, and what a
// kiosk and a gate do.
func conversationOperations() []access.Operation {
	return []access.Operation{
		{Op: OpReadCheck, System: "ees", Title: "read a check that is under way", Cite: "2017/2226 art 23"},
		{Op: OpTakeStep, System: "ees", Title: "take a check on by one step", Cite: "2017/2226 art 23(2)"},
		{Op: OpIdentify, System: "ees", Title: "identify a traveller", Cite: "2017/2226 art 27(1)"},
		{Op: OpPreEnrol, System: "ees", Title: "pre-enrol a traveller at a kiosk", Cite: "2017/2226 art 14(5)", Writes: true, Keyed: true},
		{Op: OpReadPreEnrol, System: "ees", Title: "read a pre-enrolment", Cite: "2017/2226 art 14(5)"},
		{Op: OpListPreEnrol, System: "ees", Title: "list the pre-enrolled travellers at a crossing point", Cite: "2017/2226 art 14(5)"},
		{Op: OpTakeOver, System: "ees", Title: "take a pre-enrolment over at a booth", Cite: "2017/2226 art 23"},
		{Op: OpConfirmPreEnrol, System: "ees", Title: "confirm a pre-enrolment for the e-gate", Cite: "2017/2226 art 14(5)", Writes: true, Keyed: true},
		{Op: OpPassGate, System: "ees", Title: "pass a traveller through an e-gate", Cite: "2017/2226 art 14", Writes: true, Keyed: true},
	}
}

func conversationGrants() []access.Grant {
	// Identification searches by fingerprints, or fingerprints and face; never by
	// the face alone (EES-037).
	identify := append([]access.Key{access.ByFingers, access.ByFingersFace}, identityAndDocument...)
	atBorder := func(op access.Op) access.Grant {
		g := access.Grant{Kind: access.Border, Purpose: access.BorderCheck, Op: op, Keys: identityAndDocument, Returns: wholeFile}
		for _, o := range conversationOperations() {
			if o.Op == op {
				g.Cite = o.Cite
			}
		}
		return g
	}
	// A kiosk has these two operations and no other, and gets nothing of the stays.
	atKiosk := func(op access.Op) access.Grant {
		return access.Grant{Kind: access.Kiosk, Purpose: access.BorderCheck, Op: op, Cite: "2017/2226 art 14(5)", Keys: identityAndDocument,
			Returns: []access.Category{access.FileExistence, access.IdentityData, access.DocumentData, access.BiometricData}}
	}
	return []access.Grant{
		atBorder(OpReadCheck), atBorder(OpTakeStep), atBorder(OpReadPreEnrol), atBorder(OpListPreEnrol),
		atBorder(OpTakeOver), atBorder(OpConfirmPreEnrol), atBorder(OpPassGate),
		atKiosk(OpPreEnrol), atKiosk(OpReadPreEnrol),
		{Kind: access.Border, Purpose: access.Identification, Op: OpIdentify, Cite: "2017/2226 art 27(1)", Keys: identify, Returns: withoutCalculator},
	}
}
