package access

import "limen/law"

// Kind is the kind of an authority, as the acts tell them apart. What an
// authority may do follows from its kind alone, never from a person's rank.
type Kind string

// The kinds of authority of 2017/2226 art 9 and of the oversight bodies.
const (
	Border             Kind = "border"               // art 9(2), border checks
	Kiosk              Kind = "kiosk"                // art 14(5), a self-service system of a border authority, at which no guard sits
	Immigration        Kind = "immigration"          // art 9(2), checks inland and changes of stay
	Visa               Kind = "visa"                 // art 24
	Facilitation       Kind = "facilitation"         // art 25, national facilitation programmes
	EtiasCentral       Kind = "etias_central"        // art 25a, ETIAS Central System and Central Unit
	EtiasNational      Kind = "etias_national"       // art 25b
	Screening          Kind = "screening"            // art 24a
	OperatingUnit      Kind = "operating_unit"       // arts 29(5), 31: asks a central access point, searches nothing
	CentralAccessPoint Kind = "central_access_point" // arts 29, 31, 32
	EuropolUnit        Kind = "europol_unit"         // art 30(1), asks Europol's central access point
	EuropolAccessPoint Kind = "europol_access_point" // arts 30(2), 33
	EuropolNational    Kind = "europol_national"     // art 33(4), the Europol national unit of the state that entered data
	Police             Kind = "police"               // art 9(4), through the identity repository only
	Carrier            Kind = "carrier"              // art 13(3), through the carriers' copy only
	Traveller          Kind = "traveller"            // art 13(1), about the own stay, through the carriers' copy only
	Statistics         Kind = "statistics"           // art 63, anonymised only
	Frontex            Kind = "frontex"              // art 63, anonymised, not of the progressive period
	Supervisor         Kind = "supervisor"           // arts 55, 56
	Administrator      Kind = "administrator"        // runs the machine, sees no traveller
	Duty               Kind = "duty"                 // a batch duty of the system itself
)

// Kinds lists every kind of authority, for tests that enumerate the whole space.
var Kinds = []Kind{Border, Kiosk, Immigration, Visa, Facilitation, EtiasCentral, EtiasNational, Screening,
	OperatingUnit, CentralAccessPoint, EuropolUnit, EuropolAccessPoint, EuropolNational, Police, Carrier, Traveller, Statistics, Frontex, Supervisor, Administrator, Duty}

// Authority is an office of a state, of an agency or of the system itself.
type Authority struct {
	Kind  Kind   `json:"kind"`
	State string `json:"state"` // code as in the machine readable zone; "EUE" for agencies of the Union
	Name  string `json:"name"`  // "Bundespolizei, Flughafen Frankfurt"
}

// Officer names one person, system or duty within its authority.
type Officer string

// Principal is who stands at the door, after authentication.
type Principal struct {
	Officer   Officer
	Authority Authority
	Channel   string // how it was authenticated: "session", "token", "mtls", "duty"
	Only      []Op   // a scoped token's operations; nil does not narrow
}

// DutyPrincipal is the system carrying out one of its own duties, by name.
func DutyPrincipal(name string) Principal {
	return Principal{
		Officer:   Officer("duty:" + name),
		Authority: Authority{Kind: Duty, State: "EUE", Name: "Central System"},
		Channel:   "duty",
	}
}

// Purpose is why data are processed: the acts name the purposes, and a grant
// holds for one of them only.
type Purpose string

// The purposes of 2017/2226, one for each row of its access rules.
const (
	BorderCheck            Purpose = "border_check"                   // arts 14, 23
	Identification         Purpose = "identification"                 // art 27
	InlandCheck            Purpose = "inland_check"                   // art 26
	StayDecision           Purpose = "stay_decision"                  // arts 19, 20, 35
	VisaExamination        Purpose = "visa_examination"               // art 24
	VisaPartialState       Purpose = "visa_partial_state"             // art 24(4)
	FacilitationProgramme  Purpose = "facilitation_programme"         // art 25
	EtiasExamination       Purpose = "etias_examination"              // arts 8b, 25a
	EtiasNationalReview    Purpose = "etias_national_review"          // art 25b
	ScreeningCheck         Purpose = "screening_check"                // art 24a
	LawEnforcementIdentify Purpose = "law_enforcement_identification" // art 32(2)
	LawEnforcementHistory  Purpose = "law_enforcement_travel_history" // art 32(3)
	PoliceIdentityCheck    Purpose = "police_identity_check"          // art 9(4)
	OverstayerDetection    Purpose = "overstayer_detection"           // art 12
	CarrierQuery           Purpose = "carrier_query"                  // art 13(3)
	TravellerQuery         Purpose = "traveller_query"                // art 13(1)
	CarrierRegistration    Purpose = "carrier_registration"           // 2022/1409: who may ask for art 13(3)
	CarrierCopy            Purpose = "carrier_copy"                   // art 13(5): the copy that web queries are answered from
	DataErasure            Purpose = "data_erasure"                   // art 34
	RightsRequest          Purpose = "rights_request"                 // arts 35, 52: what persons ask about their data
	StatisticsReport       Purpose = "statistics_report"              // art 63
	Oversight              Purpose = "oversight"                      // arts 46, 55, 56
	SystemOperation        Purpose = "system_operation"               // art 43: keeping it running
)

// Purposes lists every purpose, for tests that enumerate the whole space.
var Purposes = []Purpose{BorderCheck, Identification, InlandCheck, StayDecision, VisaExamination, VisaPartialState,
	FacilitationProgramme, EtiasExamination, EtiasNationalReview, ScreeningCheck, LawEnforcementIdentify,
	LawEnforcementHistory, PoliceIdentityCheck, OverstayerDetection, CarrierQuery, TravellerQuery, CarrierRegistration, CarrierCopy,
	DataErasure, RightsRequest, StatisticsReport, Oversight, SystemOperation}

// Op names an operation: the system, a dot, the act: "ees.record_crossing".
type Op string

// Operation describes an Op. Rooms list theirs in grants.go.
type Operation struct {
	Op     Op
	System string       // "ees"
	Title  string       // "record an entry or exit"
	Cite   law.Citation // the article that would have to permit it to anybody who may not
	Erases bool         // only takes away, so it goes on when the store is full
	Keyed  bool         // a write whose every conflict with another shows at a key that both write
	Writes bool         // decides on what it reads and changes the register; otherwise it only reads, and what it leaves behind depends on no other writer
}

// Key is what may be used to search, as in the access rules of each article.
type Key string

// The search keys of the access matrix.
const (
	ByIdentity    Key = "identity"              // names, birth date, nationality, sex
	ByDocument    Key = "travel_document"       // type, number, issuer, expiry
	ByVisa        Key = "visa_sticker"          // visa sticker number
	ByFingers     Key = "fingerprints"          // fingerprints
	ByFingersFace Key = "fingerprints_and_face" // both together
	ByFace        Key = "facial_image"          // face alone
	ByCrossing    Key = "crossing"              // entry or exit date, time, crossing point, authority
	ByReference   Key = "file_reference"        // the individual reference number, once known
)

// Category is a kind of data that is handed out, as the log names it.
type Category string

// The categories of data of the access matrix.
const (
	IdentityData    Category = "identity_data"
	DocumentData    Category = "travel_document_data"
	BiometricData   Category = "biometric_data"
	EntryRecords    Category = "entry_exit_records"
	RefusalRecords  Category = "refusal_records"
	StayResult      Category = "stay_calculation"
	OverstayList    Category = "overstayer_list"
	LogEntries      Category = "log_entries"
	FileExistence   Category = "existence_of_a_file"
	AnonymousCounts Category = "anonymous_counts" // art 63: counts of the daily set
	// Answers of yes or no about a person whose data the asker has sent.
	EtiasAnswer     Category = "etias_answer"      // 2018/1240 art 20(2)(g), (h)
	ScreeningAnswer Category = "screening_answer"  // 2024/1356 art 15
	CarrierAnswer   Category = "answer_to_carrier" // OK, NOT OK or NOT APPLICABLE (art 13(3))
)

// Grant is one row of the access rules: this kind of authority may carry out
// this operation for this purpose, searching by these keys and receiving these
// categories, because this article says so.
type Grant struct {
	Kind    Kind
	Purpose Purpose
	Op      Op
	Cite    law.Citation
	Keys    []Key
	Returns []Category
	Case    bool // a reference to the case is required
}
