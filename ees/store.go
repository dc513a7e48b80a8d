package ees

import (
	"embed"
	"io/fs"
	"time"

	"limen/db"
	"limen/law"
	"limen/person"
)

//go:embed sql/*.sql
var migrations embed.FS

// Schema returns the tables of the Entry/Exit System and their distribution keys.
func Schema() db.Schema {
	files, err := fs.Sub(migrations, "sql")
	if err != nil {
		panic(err)
	}
	const oneShard = "a crossing of a known traveller touches one file's rows in one shard"
	return db.Schema{Room: "ees", Files: files, Tables: []db.Table{
		{Name: "ees_file", Key: "ref", Why: oneShard},
		{Name: "ees_record", Key: "ref", Why: oneShard},
		{Name: "ees_refusal", Key: "ref", Why: oneShard},
		{Name: "ees_check", Key: "home", Why: "home is the file found, or the reference reserved for the new file"},
		{Name: "ees_check_step", Key: "home", Why: "as ees_check"},
		{Name: "ees_sample", Key: "home", Why: "as ees_check"},
		{Name: "ees_preenrolment", Key: "code", Why: "found by the code that the traveller carries; a crossing point's list is short"},
		{Name: "ees_outcome", Key: "home", Why: "as ees_check"},
		{Name: "ees_first", Key: "number", Why: "where two booths that register one document meet"},
		{Name: "ees_outbox", Key: "ref", Why: oneShard},
		{Name: "ees_carrier_feed", Why: "one row: how far the carriers' copy is"},
		{Name: "ees_by_visa", Key: "number", Why: "lookup by visa sticker"},
		{Name: "ees_amendment", Key: "ref", Why: oneShard},
		{Name: "ees_announcement", Key: "ref", Why: "written in the shard of the erased file; the states read them by time, from all shards"},
		{Name: "ees_erased_count", Key: "told_on", Why: "a few rows for each day"},
		{Name: "ees_ended", Key: "ref", Why: oneShard},
		{Name: "ees_log_hold", Key: "ref", Why: oneShard},
		{Name: "ees_merged", Key: "ref", Why: oneShard},
		{Name: "ees_by_merged", Key: "merged", Why: "where a reference that is gone leads to"},
		{Name: "ees_not_same", Key: "ref", Why: oneShard},
		{Name: "ees_case", Key: "id", Why: "a case outlives the file it is about"},
		{Name: "ees_by_case", Key: "id", Why: "as ees_case"},
		{Name: "ees_outage", Key: "scope", Why: "one outage at a time for each scope: whoever declares second meets the row there"},
		{Name: "ees_suspension", Key: "point", Why: "asked by crossing point at every check"},
		{Name: "ees_backfill", Key: "state", Why: "looked up by the state that tells of an event, and the event's key there"},
		{Name: "ees_backfill_open", Key: "state", Why: "as ees_backfill"},
		{Name: "ees_daily", Key: "day", Why: "statistics of a day lie together"},
		{Name: "ees_daily_progress", Key: "day", Why: "as ees_daily"},
		{Name: "ees_daily_due", Key: "day", Why: "as ees_daily"},
		{Name: "ees_designated", Why: "the lists of designated offices: a few thousand rows that every law-enforcement request asks for"},
		{Name: "ees_le_request", Key: "state", Why: "an access point works on the requests of its own state"},
		{Name: "ees_le_result", Key: "state", Why: "as ees_le_request"},
		{Name: "ees_le_recipient", Key: "state", Why: "as ees_le_request"},
		{Name: "ees_le_consent", Key: "origin", Why: "a Europol national unit decides on what its own state entered"},
	}}
}

// FileRef is the individual reference number of a file (2017/2226 art 16(2)).
type FileRef string

// Origin says how a record came into the system (arts 20, 21(3), 22(2)).
type Origin string

// The origins of a record.
const (
	Online      Origin = "ONLINE"
	NUIBuffer   Origin = "NUI_BUFFER"
	LocalBuffer Origin = "LOCAL_BUFFER"
	Manual      Origin = "MANUAL"
	Rebuttal    Origin = "REBUTTAL"
	Stamp       Origin = "STAMP"
)

// OverstayClass is the class of an entry in the list of overstayers (art 12,
// 2018/1548).
type OverstayClass string

// The classes of the list.
const (
	NoExit   OverstayClass = "NO_EXIT"  // the stay has expired and no exit is recorded
	Exceeded OverstayClass = "EXCEEDED" // the person left, but too late
)

// FaceState is the state of a file's facial image (arts 15, 16(1)(d)).
type FaceState string

// The states of a facial image.
const (
	FacePresent FaceState = "PRESENT"
	FaceMissing FaceState = "MISSING" // to be taken at the next crossing
)

// FingersState is the state of a file's fingerprints (art 17(1)(c), (3)-(5)).
type FingersState string

// The states of fingerprints, as section 3 of the specification names them.
const (
	FingersPresent         FingersState = "PRESENT"
	FingersMissing         FingersState = "MISSING"                  // to be taken at the next crossing
	FingersNotForVisa      FingersState = "IN_VIS"                   // of a visa-required traveller: never here (EES-001)
	FingersUnderTwelve     FingersState = "NOT_APPLICABLE_AGE"       // art 17(3)
	FingersNever           FingersState = "NOT_APPLICABLE_PERMANENT" // art 17(5)
	FingersTemporarilyNone FingersState = "TEMPORARILY_IMPOSSIBLE"   // art 17(4)
)

// file is a row of ees_file.
type file struct {
	Ref               FileRef
	CIRFile           string
	VisaRequired      bool
	FamilyMember      bool
	Face              FaceState
	Fingers           FingersState
	CreatedAt         time.Time
	CreatedBy         string
	Responsible       person.State // whose authority entered the data (art 3(1)(20))
	Incomplete        bool         // made in the progressive period
	Fallback          bool         // made from a buffer or from paper (art 21(3))
	WithoutBiometrics bool         // made without any biometrics (2025/1534 arts 4(2), 4(5))
	Programmes        []Programme
	Permits           []Permit
	Restricted        *Restriction
	LastEventOn       law.Date
	RefusedFirst      law.Date // day of the oldest refusal kept
	RefusedLast       law.Date // day of the newest
	DueOn             law.Date // first day on which something falls due (art 34)
	EraseBy           law.Date // day on which the whole file goes early (art 35(6)); 0 when it does not
	Version           int64
}

// Programme is membership of a national facilitation programme (art 16(6),
// 2016/399 art 8d).
type Programme struct {
	Name       string       `json:"name" minLength:"1" maxLength:"128" doc:"Name of the programme."`
	State      person.State `json:"state" maxLength:"3" doc:"State that runs it."`
	From       law.Date     `json:"from" format:"date" doc:"First day of membership."`
	Until      law.Date     `json:"until" format:"date" doc:"Last day of membership."`
	Reassessed law.Date     `json:"reassessed,omitempty" format:"date" doc:"Day of the last yearly reassessment."`
}

// Permit is time under a residence permit or a long-stay visa, which does not
// count as short stay (2016/399 art 6(2), EES-019).
type Permit struct {
	Kind   string       `json:"kind" enum:"residence_permit,long_stay_visa"`
	Issuer person.State `json:"issuer" maxLength:"3"`
	From   law.Date     `json:"from" format:"date"`
	Until  law.Date     `json:"until" format:"date"`
}

// Restriction says that the processing of a file is restricted (art 52,
// 2016/679 art 18).
type Restriction struct {
	On    law.Date     `json:"on" format:"date"`
	By    string       `json:"by"`
	State person.State `json:"state"`
	Why   string       `json:"why"`
}

// event is one end of a stay: the entry or the exit.
type event struct {
	At        time.Time
	On        law.Date // civil day at the crossing point
	BCP       string   // code of the crossing point
	Authority string
}

// record is a row of ees_record: one stay.
type record struct {
	Ref             FileRef
	N               int   // names the record; says nothing about its place in time
	Entry           event // zero when only the exit was recorded
	Exit            event // zero while inside
	FamilyMember    bool
	Visa            *VisaOnRecord
	ExitVisa        *VisaOnRecord // the visa shown at exit, when it is another (art 16(3))
	StayEnd         law.Date      // last day of the authorised stay
	EndsAt          time.Time     // end of a stay counted in hours (annex II)
	Overstay        OverstayClass
	OverstayFrom    law.Date
	Origin          Origin
	Incomplete      bool
	EndedOn         law.Date     // day of the next entry, when no exit was recorded before it
	Despite         string       // why the traveller was admitted against the check's proposal
	Against         string       // the letters that the check proposed
	Responsible     person.State // whose authority entered the data
	StartOfStay     bool         // the stay began without a crossing: Entry.On is its first day, Entry.Authority who recorded it (art 14(8))
	Transit         bool         // on a facilitated transit document (annex II)
	TransitDocument *TransitDocument
	Partial         bool // entered in a state that does not apply the acquis in full (art 11(4))
	Etias           *Etias
	Changes         []StayChange
	Stamps          []StampInput // stays that stamps showed at this entry (art 22(1))
	Proof           *ProofOnRecord
	Excused         *Excuse // why the stay is not on the list of overstayers although it has ended (art 35(5))
	NoticedOn       law.Date
	ExitOrigin      Origin // how the exit came in
	CameFrom        string // record of another file that a merge brought here
	Version         int64
}

// Etias is what the record of a visa-exempt traveller keeps of the travel
// authorisation (art 17(2), EES-012).
type Etias struct {
	Number    string         `json:"number" minLength:"1" maxLength:"40" doc:"Number of the application."`
	ValidTo   law.Date       `json:"valid_until" format:"date" doc:"Last day of validity of the travel authorisation."`
	LTVStates []person.State `json:"ltv_states,omitempty" doc:"States, where its validity is limited to some."`
}

// StayChange is a decision that changed an authorised stay (art 19(1)).
type StayChange struct {
	Status    ChangeStatus  `json:"status" enum:"revoked,annulled,extended"`
	Decided   law.Date      `json:"decided" format:"date" doc:"Day of the decision."`
	Authority string        `json:"authority" doc:"Authority that decided."`
	State     person.State  `json:"state"`
	Place     string        `json:"place,omitempty" doc:"Place of the decision."`
	From      law.Date      `json:"from,omitempty" format:"date" doc:"First day of the extension."`
	End       law.Date      `json:"end,omitempty" format:"date" doc:"New last day of the authorised stay."`
	Ground    string        `json:"ground"`
	Bilateral bool          `json:"bilateral,omitempty" doc:"Extension under a bilateral agreement (2017/2226 art 19(2)): it holds in the deciding state alone."`
	OnlyHere  bool          `json:"only_here,omitempty" doc:"The extension holds in the deciding state alone."`
	NewVisa   *VisaOnRecord `json:"new_visa,omitempty" doc:"The sticker issued with the extension."`
}

// ProofOnRecord says by what proof a record came to be as it is (art 20(2)).
type ProofOnRecord struct {
	Kind      string       `json:"kind"`
	On        law.Date     `json:"on" format:"date" doc:"Day on which it was accepted."`
	Authority string       `json:"authority"`
	State     person.State `json:"state"`
	Note      string       `json:"note,omitempty"`
}

// Excuse says why a stay that has ended is not on the list (art 35(5)).
type Excuse struct {
	Ground    string       `json:"ground" enum:"serious_events,right_to_stay,error"`
	On        law.Date     `json:"on" format:"date"`
	Authority string       `json:"authority"`
	State     person.State `json:"state"`
	Note      string       `json:"note,omitempty"`
}

// VisaOnRecord is what a record keeps of the visa used (art 16(2)(d)-(g)).
type VisaOnRecord struct {
	Sticker   person.DocumentNumber `json:"number"`
	Issuer    person.State          `json:"issuer"`
	Type      person.VisaType       `json:"type"`
	ValidFrom law.Date              `json:"valid_from"`
	ValidTo   law.Date              `json:"valid_until"`
	Days      int                   `json:"days"`    // as on the sticker; first entry on that visa only (EES-009)
	Entries   int                   `json:"entries"` // 1, 2, or 0 for multiple; first entry on that visa only
	StayEnd   law.Date              `json:"stay_end"`
	LTVStates []person.State        `json:"ltv_states,omitempty"`
	National  bool                  `json:"national,omitempty"` // national short-stay visa of a partial state (art 16(2)(g))
}

func (r *record) open() bool { return r.Exit.On == 0 && r.EndedOn == 0 }

// began is what orders the records of a file in time: the entry, or the exit
// where no entry is known. A stay that began without a crossing begins with its
// day.
func (r *record) began() time.Time {
	switch {
	case !r.Entry.At.IsZero():
		return r.Entry.At
	case r.Entry.On != 0:
		return r.Entry.On.Start(time.UTC)
	}
	return r.Exit.At
}
