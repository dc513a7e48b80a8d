package ees

import (
	"slices"

	"limen/law"
)

// CheckState says where a border check stands in the order of searches that
// 2017/2226 arts 23 and 27 prescribe.
type CheckState string

// The states of a check.
const (
	StateDocumentRead         CheckState = "document_read"
	StateQueried              CheckState = "queried"
	StateHit                  CheckState = "hit"
	StateVerifyFace           CheckState = "verify_face"
	StateVerifyFingers        CheckState = "verify_fingers"
	StateVerifyFaceInstead    CheckState = "verify_face_instead"
	StateVerified             CheckState = "verified"
	StateByDocument           CheckState = "by_document"
	StateConsultVIS           CheckState = "consult_vis"
	StateConsulted            CheckState = "vis_consulted"
	StateNotFound             CheckState = "not_found"
	StateIdentifyFingers      CheckState = "identify_fingers"
	StateIdentifyVIS          CheckState = "identify_vis"
	StateIdentifyVISFingers   CheckState = "identify_vis_fingers"
	StateIdentifyAlphanumeric CheckState = "identify_alphanumeric"
	StateSearched             CheckState = "searched"
	StateSeveralCandidates    CheckState = "several_candidates"
	StateIdentified           CheckState = "identified"
	StateUnknown              CheckState = "unknown"
	StateDoubt                CheckState = "doubt"
	StateDecidedRecorded      CheckState = "decided_recorded"
	StateDecidedRefused       CheckState = "decided_refused"
)

// CheckEvent is what takes a check from one state to the next.
type CheckEvent string

// The events of a check.
const (
	EventAsked             CheckEvent = "asked"
	EventFileFound         CheckEvent = "file_found"
	EventCandidatesFound   CheckEvent = "candidates_found"
	EventNothingFound      CheckEvent = "nothing_found"
	EventCompareFace       CheckEvent = "compare_face"
	EventCompareFingers    CheckEvent = "compare_fingers"
	EventNothingToCompare  CheckEvent = "nothing_to_compare"
	EventWithoutBiometrics CheckEvent = "without_biometrics"
	EventFaceMatch         CheckEvent = "face_match"
	EventFaceNoMatch       CheckEvent = "face_no_match"
	EventFaceImpossible    CheckEvent = "face_impossible"
	EventFingersMatch      CheckEvent = "fingers_match"
	EventFingersNoMatch    CheckEvent = "fingers_no_match"
	EventFingersImpossible CheckEvent = "fingers_impossible"
	EventTakeFingers       CheckEvent = "take_fingers"
	EventNoFingers         CheckEvent = "no_fingers"
	EventIdentified        CheckEvent = "identified"
	EventNobodyIdentified  CheckEvent = "nobody_identified"
	EventSearchFailed      CheckEvent = "search_failed"
	EventNotConnected      CheckEvent = "not_connected"
	EventVISDue            CheckEvent = "vis_due"
	EventVISConfirmed      CheckEvent = "vis_confirmed"
	EventVISOtherPerson    CheckEvent = "vis_other_person"
	EventVISNothing        CheckEvent = "vis_nothing"
	EventNobodyKnown       CheckEvent = "nobody_known"
	EventNotTheHolder      CheckEvent = "not_the_holder"
	EventFileNamed         CheckEvent = "file_named"
	EventNoneOfThem        CheckEvent = "none_of_them"
	EventDoubtRaised       CheckEvent = "doubt_raised"
	EventGuardRecords      CheckEvent = "guard_records"
	EventGuardRefuses      CheckEvent = "guard_refuses"
)

// Transition is one row of the table: in this state, on this event, the check
// goes there, because this article says so.
type Transition struct {
	From CheckState
	On   CheckEvent
	To   CheckState
	Cite law.Citation
	Why  string
}

// Transitions is the order of searches as data. Whatever is not here is not
// possible. A failed verification by one kind of biometrics leads to the other
// (EES-036), both failed or no hit lead to identification (EES-038), and every
// way ends where the guard decides. No way comes back to a state it has left.
var Transitions = []Transition{
	{StateDocumentRead, EventAsked, StateQueried, "2017/2226 art 23(2)", "The register was searched by travel document and by identity."},

	{StateQueried, EventFileFound, StateHit, "2017/2226 art 23(2)", "One file is recorded for this traveller."},
	{StateQueried, EventCandidatesFound, StateSeveralCandidates, "2019/327 art 2", "Files that may be this traveller's were found."},
	{StateQueried, EventNothingFound, StateNotFound, "2017/2226 art 23(4)", "No data of the traveller were found."},

	{StateHit, EventCompareFace, StateVerifyFace, "2017/2226 art 23(2)", "The file has a facial image to compare with the live face."},
	{StateHit, EventCompareFingers, StateVerifyFingers, "2017/2226 art 23(2)", "The file has no facial image: fingerprints are compared."},
	{StateHit, EventNothingToCompare, StateByDocument, "2017/2226 art 23(2)", "The file has no biometrics to compare."},
	{StateHit, EventWithoutBiometrics, StateByDocument, "2017/2226 art 21(2)", "No biometrics are used for this crossing."},

	{StateVerifyFace, EventFaceMatch, StateVerified, "2017/2226 art 23(2)", "The live face is the face of the file."},
	{StateVerifyFace, EventFingersMatch, StateVerified, "2017/2226 art 23(2)", "The fingerprints are those on record."},
	{StateVerifyFace, EventFaceNoMatch, StateVerifyFingers, "2017/2226 art 23(2)", "The face does not match: fingerprints are compared."},
	{StateVerifyFace, EventFaceImpossible, StateVerifyFingers, "2017/2226 art 23(2)", "The face cannot be compared: fingerprints are."},
	{StateVerifyFace, EventFingersNoMatch, StateVerifyFaceInstead, "2017/2226 art 23(2)", "The fingerprints do not match: the face is compared."},
	{StateVerifyFace, EventFingersImpossible, StateVerifyFaceInstead, "2017/2226 art 23(2)", "The fingerprints cannot be compared: the face is."},
	{StateVerifyFace, EventDoubtRaised, StateIdentifyFingers, "2017/2226 art 23(4)", "There are doubts as to who the traveller is."},

	{StateVerifyFingers, EventFingersMatch, StateVerified, "2017/2226 art 23(2)", "The fingerprints are those on record."},
	{StateVerifyFingers, EventFingersNoMatch, StateIdentifyFingers, "2017/2226 art 27(1)", "Neither face nor fingerprints verified the traveller."},
	{StateVerifyFingers, EventFingersImpossible, StateIdentifyAlphanumeric, "2017/2226 art 27(1)", "The fingerprints cannot be used."},
	{StateVerifyFingers, EventDoubtRaised, StateIdentifyFingers, "2017/2226 art 23(4)", "There are doubts as to who the traveller is."},

	{StateVerifyFaceInstead, EventFaceMatch, StateVerified, "2017/2226 art 23(2)", "The live face is the face of the file."},
	{StateVerifyFaceInstead, EventFaceNoMatch, StateIdentifyFingers, "2017/2226 art 27(1)", "Neither fingerprints nor face verified the traveller."},
	{StateVerifyFaceInstead, EventFaceImpossible, StateIdentifyFingers, "2017/2226 art 27(1)", "Neither fingerprints nor face verified the traveller."},
	{StateVerifyFaceInstead, EventDoubtRaised, StateIdentifyFingers, "2017/2226 art 23(4)", "There are doubts as to who the traveller is."},

	{StateNotFound, EventTakeFingers, StateIdentifyFingers, "2017/2226 art 27(1)", "Somebody who is not found by letters may be recorded under another identity."},
	{StateNotFound, EventNoFingers, StateIdentifyAlphanumeric, "2017/2226 art 27(1)", "There are no fingerprints to search with."},

	{StateSeveralCandidates, EventFileNamed, StateHit, "2017/2226 art 23(2)", "The guard named the file to compare with."},
	{StateSeveralCandidates, EventNoneOfThem, StateNotFound, "2017/2226 art 27(1)", "The guard found that none of the files is the traveller's."},

	{StateIdentifyFingers, EventIdentified, StateIdentified, "2017/2226 art 27(1)", "The fingerprints are those of a file."},
	{StateIdentifyFingers, EventNobodyIdentified, StateIdentifyVIS, "2017/2226 art 27(1)", "No file has these fingerprints: the Visa Information System is consulted."},
	{StateIdentifyFingers, EventFingersImpossible, StateIdentifyAlphanumeric, "2017/2226 art 27(1)", "The fingerprints cannot be used: the search is by letters."},
	{StateIdentifyFingers, EventSearchFailed, StateIdentifyAlphanumeric, "2017/2226 art 27(1)", "The search by fingerprints failed: the search is by letters."},
	{StateIdentifyFingers, EventNotConnected, StateIdentifyAlphanumeric, "2017/2226 art 27(1)", "No matching service is connected: the search is by letters."},

	{StateIdentifyAlphanumeric, EventCandidatesFound, StateIdentified, "2017/2226 art 27(1)", "Files were found by all or some of the letters."},
	{StateIdentifyAlphanumeric, EventNothingFound, StateIdentifyVIS, "2017/2226 art 27(1)", "No file was found by letters: the Visa Information System is consulted."},

	{StateIdentifyVIS, EventVISConfirmed, StateSearched, "2017/2226 art 23(4)", "The Visa Information System knows the traveller under this identity."},
	{StateIdentifyVIS, EventVISOtherPerson, StateIdentifyVISFingers, "2017/2226 art 27(1)", "The visa is another person's: identification in the Visa Information System follows."},
	{StateIdentifyVIS, EventVISNothing, StateIdentifyVISFingers, "2017/2226 art 27(1)", "The Visa Information System has no such visa or person: identification by fingerprints follows."},
	{StateIdentifyVIS, EventSearchFailed, StateIdentifyVISFingers, "2017/2226 art 27(1)", "The Visa Information System did not answer."},
	{StateIdentifyVIS, EventFingersImpossible, StateSearched, "2017/2226 art 27(1)", "There are no fingerprints to compare with those of the visa."},
	{StateIdentifyVIS, EventNotConnected, StateSearched, "2017/2226 art 23(4)", "The Visa Information System is not connected: nobody was asked."},

	{StateIdentifyVISFingers, EventVISConfirmed, StateSearched, "767/2008 art 20", "The Visa Information System knows the traveller under this identity."},
	{StateIdentifyVISFingers, EventVISOtherPerson, StateDoubt, "767/2008 art 20", "The Visa Information System knows the traveller under another identity."},
	{StateIdentifyVISFingers, EventVISNothing, StateSearched, "767/2008 art 20", "The Visa Information System does not know the traveller."},
	{StateIdentifyVISFingers, EventSearchFailed, StateSearched, "767/2008 art 20", "The Visa Information System did not answer."},
	{StateIdentifyVISFingers, EventFingersImpossible, StateSearched, "767/2008 art 20", "There are no fingerprints to search with."},

	{StateSearched, EventNobodyKnown, StateUnknown, "2017/2226 art 14(2)", "The searches are over: the traveller is not recorded."},
	{StateSearched, EventNotTheHolder, StateDoubt, "2017/2226 art 23(4)", "The searches are over: the traveller is not the person of the file that the document led to."},

	{StateVerified, EventVISDue, StateConsultVIS, "2017/2226 art 23(5)", firstInFull},
	{StateByDocument, EventVISDue, StateConsultVIS, "2017/2226 art 23(5)", firstInFull},
	{StateConsultVIS, EventVISConfirmed, StateConsulted, "2017/2226 art 23(5)", "The Visa Information System holds the visa, and the fingerprints are its holder's."},
	{StateConsultVIS, EventVISOtherPerson, StateConsulted, "2017/2226 art 23(5)", "The fingerprints are not those of the visa's holder."},
	{StateConsultVIS, EventVISNothing, StateConsulted, "2017/2226 art 23(5)", "There is no visa in the Visa Information System to compare with."},
	{StateConsultVIS, EventFingersImpossible, StateConsulted, "2017/2226 art 23(5)", "There are no fingerprints to compare with those of the visa."},
	{StateConsultVIS, EventSearchFailed, StateConsulted, "2017/2226 art 23(5)", "The Visa Information System did not answer."},
	{StateConsultVIS, EventNotConnected, StateConsulted, "2017/2226 art 23(5)", "The Visa Information System is not connected: nobody was asked."},
	{StateConsultVIS, EventDoubtRaised, StateIdentifyFingers, "2017/2226 art 23(4)", "There are doubts as to who the traveller is."},
	{StateConsulted, EventDoubtRaised, StateIdentifyFingers, "2017/2226 art 23(4)", "There are doubts as to who the traveller is."},

	{StateVerified, EventDoubtRaised, StateIdentifyFingers, "2017/2226 art 23(4)", "There are doubts as to who the traveller is."},
	{StateByDocument, EventDoubtRaised, StateIdentifyFingers, "2017/2226 art 23(4)", "There are doubts as to who the traveller is."},
	{StateIdentified, EventDoubtRaised, StateDoubt, "2017/2226 art 27(1)", "Who the traveller is remains in doubt."},
	{StateUnknown, EventDoubtRaised, StateDoubt, "2017/2226 art 27(1)", "Who the traveller is remains in doubt."},

	{StateVerifyFace, EventGuardRecords, StateDecidedRecorded, "2016/399 art 8(1)", "The guard decided before the verification was over, and answers for it."},
	{StateVerifyFace, EventGuardRefuses, StateDecidedRefused, "2016/399 art 14(2)", "The guard refused entry."},
	{StateVerifyFingers, EventGuardRecords, StateDecidedRecorded, "2016/399 art 8(1)", "The guard decided before the verification was over, and answers for it."},
	{StateVerifyFingers, EventGuardRefuses, StateDecidedRefused, "2016/399 art 14(2)", "The guard refused entry."},
	{StateVerifyFaceInstead, EventGuardRecords, StateDecidedRecorded, "2016/399 art 8(1)", "The guard decided before the verification was over, and answers for it."},
	{StateVerifyFaceInstead, EventGuardRefuses, StateDecidedRefused, "2016/399 art 14(2)", "The guard refused entry."},
	{StateIdentifyFingers, EventGuardRecords, StateDecidedRecorded, "2016/399 art 8(1)", "The guard decided before the identification was over, and answers for it."},
	{StateIdentifyFingers, EventGuardRefuses, StateDecidedRefused, "2016/399 art 14(2)", "The guard refused entry."},
	{StateIdentifyAlphanumeric, EventGuardRecords, StateDecidedRecorded, "2016/399 art 8(1)", "The guard decided before the identification was over, and answers for it."},
	{StateIdentifyAlphanumeric, EventGuardRefuses, StateDecidedRefused, "2016/399 art 14(2)", "The guard refused entry."},
	{StateIdentifyVIS, EventGuardRecords, StateDecidedRecorded, "2016/399 art 8(1)", "The guard decided before the identification was over, and answers for it."},
	{StateIdentifyVIS, EventGuardRefuses, StateDecidedRefused, "2016/399 art 14(2)", "The guard refused entry."},
	{StateIdentifyVISFingers, EventGuardRecords, StateDecidedRecorded, "2016/399 art 8(1)", "The guard decided before the identification was over, and answers for it."},
	{StateIdentifyVISFingers, EventGuardRefuses, StateDecidedRefused, "2016/399 art 14(2)", "The guard refused entry."},
	{StateSeveralCandidates, EventGuardRecords, StateDecidedRecorded, "2017/2226 art 14(2)", "The guard named the file, or none, with the decision."},
	{StateSeveralCandidates, EventGuardRefuses, StateDecidedRefused, "2016/399 art 14(2)", "The guard refused entry."},
	{StateVerified, EventGuardRecords, StateDecidedRecorded, "2017/2226 art 14(1)", "The guard recorded the crossing."},
	{StateVerified, EventGuardRefuses, StateDecidedRefused, "2016/399 art 14(2)", "The guard refused entry."},
	{StateConsultVIS, EventGuardRecords, StateDecidedRecorded, "2016/399 art 8(1)", "The guard decided before the Visa Information System was consulted, and answers for it."},
	{StateConsultVIS, EventGuardRefuses, StateDecidedRefused, "2016/399 art 14(2)", "The guard refused entry."},
	{StateConsulted, EventGuardRecords, StateDecidedRecorded, "2017/2226 art 14(1)", "The guard recorded the crossing."},
	{StateConsulted, EventGuardRefuses, StateDecidedRefused, "2016/399 art 14(2)", "The guard refused entry."},
	{StateByDocument, EventGuardRecords, StateDecidedRecorded, "2017/2226 art 14(1)", "The guard recorded the crossing."},
	{StateByDocument, EventGuardRefuses, StateDecidedRefused, "2016/399 art 14(2)", "The guard refused entry."},
	{StateIdentified, EventGuardRecords, StateDecidedRecorded, "2017/2226 art 14(2)", "The guard named the file, or none, with the decision."},
	{StateIdentified, EventGuardRefuses, StateDecidedRefused, "2016/399 art 14(2)", "The guard refused entry."},
	{StateUnknown, EventGuardRecords, StateDecidedRecorded, "2017/2226 art 14(2)", "The guard recorded the crossing; a file is made."},
	{StateUnknown, EventGuardRefuses, StateDecidedRefused, "2016/399 art 14(2)", "The guard refused entry."},
	{StateDoubt, EventGuardRecords, StateDecidedRecorded, "2016/399 art 8(1)", "The guard decided in second line."},
	{StateDoubt, EventGuardRefuses, StateDecidedRefused, "2016/399 art 14(2)", "The guard refused entry."},
}

// firstInFull is why the Visa Information System is consulted for a file that is
// known (art 23(5)).
const firstInFull = "The file was made on a national visa by a state that does not apply the acquis in full, and this is its first crossing elsewhere."

// transition finds the row for an event in a state.
func transition(from CheckState, on CheckEvent) (Transition, bool) {
	i := slices.IndexFunc(Transitions, func(t Transition) bool { return t.From == from && t.On == on })
	if i < 0 {
		return Transition{}, false
	}
	return Transitions[i], true
}

// StateKind says who moves a check on from a state.
type StateKind string

// The kinds of state.
const (
	KindPassing StateKind = "passing" // the register goes on by itself
	KindAsking  StateKind = "asking"  // the booth does the step and tells what came of it
	KindReady   StateKind = "ready"   // the searches are over: the guard decides
	KindDecided StateKind = "decided"
)

// StateRule says what a state means at the booth.
type StateRule struct {
	State     CheckState
	Kind      StateKind
	Do        string // what the booth must do, as a guard reads it
	Cite      law.Citation
	Forbidden []law.Reason
}

// faceAlone is forbidden wherever somebody is sought among many: border and
// immigration authorities search by fingerprints, or by fingerprints with the
// face (EES-037).
var faceAlone = law.Reason{Code: "face_alone_identifies_nobody", Cite: "2017/2226 art 27(1)",
	Message: "Do not search by the facial image alone. Take fingerprints, or fingerprints together with the face."}

// StateRules lists the states with what each asks for.
var StateRules = []StateRule{
	{StateDocumentRead, KindPassing, "", "2017/2226 art 23(2)", nil},
	{StateQueried, KindPassing, "", "2017/2226 art 23(2)", nil},
	{StateHit, KindPassing, "", "2017/2226 art 23(2)", nil},
	{StateNotFound, KindPassing, "", "2017/2226 art 23(4)", nil},
	{StateSearched, KindPassing, "", "2017/2226 art 27(1)", nil},
	{StateVerifyFace, KindAsking, "Take a live facial image and compare it with the file. Fingerprints may be compared instead.", "2017/2226 art 23(2)", nil},
	{StateVerifyFingers, KindAsking, "The face did not verify. Take the four fingers of the right hand, or of the left, and compare them with those on record.", "2017/2226 art 23(2)", nil},
	{StateVerifyFaceInstead, KindAsking, "The fingerprints did not verify. Take a live facial image and compare it with the file.", "2017/2226 art 23(2)", nil},
	{StateIdentifyFingers, KindAsking, "Search the register by fingerprints: take the four fingers of the right hand, or of the left; the face may be added.", "2017/2226 art 27(1)", []law.Reason{faceAlone}},
	{StateIdentifyAlphanumeric, KindAsking, "Search the register by all or some of the letters: other spellings, the surname alone, an earlier document.", "2017/2226 art 27(1)", []law.Reason{faceAlone}},
	{StateIdentifyVIS, KindAsking, "Consult the Visa Information System: by the visa sticker with the fingerprints, or for a traveller without visa by the data of an earlier application.", "2017/2226 art 27(1)", []law.Reason{faceAlone}},
	{StateIdentifyVISFingers, KindAsking, "Identify the traveller in the Visa Information System by the fingerprints.", "767/2008 art 20", []law.Reason{faceAlone}},
	{StateSeveralCandidates, KindAsking, "Compare the traveller with each file shown, and name the one that is the traveller's, or say that none is.", "2017/2226 art 23(2)", nil},
	{StateVerified, KindReady, "The traveller is the person of the file. Decide.", "2017/2226 art 23(3)", nil},
	{StateByDocument, KindReady, "The identity rests on the document and the data alone. Compare with care, take what the file lacks, and decide.", "2017/2226 art 23(2)", nil},
	{StateConsultVIS, KindAsking, "Consult the Visa Information System, once, for a file that was made on a national visa: take the four fingers of the right hand, or of the left, and have them compared with those of the visa.", "2017/2226 art 23(5)", nil},
	{StateConsulted, KindReady, "The Visa Information System was consulted: see the way so far for what came of it. Decide.", "2017/2226 art 23(5)", nil},
	{StateIdentified, KindReady, "Files were found by identification. Name the traveller's: a legitimate other identity joins the file. Where you suspect fraud, send to second line.", "2017/2226 art 27(1)", nil},
	{StateUnknown, KindReady, "Nobody knows this traveller. Take what a new file needs, and decide.", "2017/2226 art 14(2)", nil},
	{StateDoubt, KindReady, "Who this traveller is could not be established. Send to second line and decide there.", "2017/2226 art 23(4)", nil},
	{StateDecidedRecorded, KindDecided, "", "2017/2226 art 14", nil},
	{StateDecidedRefused, KindDecided, "", "2017/2226 art 18(1)", nil},
}

func ruleOf(s CheckState) StateRule {
	for _, r := range StateRules {
		if r.State == s {
			return r
		}
	}
	return StateRule{}
}

// outcomes lists what may be told in a state: the events of its rows.
func (s CheckState) outcomes() []CheckEvent {
	list := []CheckEvent{}
	for _, t := range Transitions {
		if t.From == s {
			list = append(list, t.On)
		}
	}
	return list
}
