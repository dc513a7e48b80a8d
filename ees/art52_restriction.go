package ees

import (
	"slices"
	"strings"
	"time"

	"limen/access"
	"limen/law"
	"limen/person"
)

// The amendments of a restriction.
const (
	FileRestricted  AmendmentKind = "restricted"
	RestrictionLift AmendmentKind = "restriction_lifted"
)

const citeRestrict law.Citation = "2016/679 art 18(2)"

// despiteRestriction are the purposes for which a restricted file is still
// opened: checks at the border and who somebody is there, and decisions on
// stays, for reasons of important public interest of the Union; the person's own
// rights; and the duties of storing, flagging and erasing (2016/679 art 18(2)).
var despiteRestriction = []access.Purpose{access.BorderCheck, access.Identification, access.StayDecision, access.RightsRequest,
	access.OverstayerDetection, access.DataErasure}

// restrictedFor tells whether the file's restriction keeps it from this purpose.
func (f *file) restrictedFor(purpose access.Purpose) bool {
	return f.Restricted != nil && !slices.Contains(despiteRestriction, purpose)
}

// usable refuses to open a restricted file for a purpose that the restriction
// stands against.
func (f *file) usable(p access.Pass) error {
	if !f.restrictedFor(p.Purpose()) {
		return nil
	}
	p.Subject(string(f.Ref))
	return law.Refuse(law.NotPermitted, "file_restricted", citeRestrict,
		"The processing of this file is restricted at its person's request: it is stored, and opened for border checks, for decisions on stays and for the person's own rights. Ask the authority that restricted it.",
		"since", f.Restricted.On.String(), "by", f.Restricted.By, "state", string(f.Restricted.State))
}

// RestrictRequest restricts the processing of a file, or lifts that.
type RestrictRequest struct {
	File FileRef `json:"file" minLength:"1" maxLength:"40" doc:"Individual reference number."`
	Lift bool    `json:"lift,omitempty" doc:"Lifts the restriction; the person has to be told before (2016/679 art 18(3))."`
	Told bool    `json:"person_told,omitempty" doc:"For lift: the person was told."`
	Why  string  `json:"why" minLength:"5" maxLength:"500" doc:"The ground of 2016/679 art 18(1), or why it is over."`
}

// RestrictView tells how the file stands now.
type RestrictView struct {
	File        FileRef      `json:"file"`
	Restriction *Restriction `json:"restriction" doc:"null when the processing is not restricted."`
	Version     int64        `json:"version"`
}

// RestrictFile restricts the processing of a file, as while its accuracy is
// disputed, or lifts the restriction (art 52, 2016/679 art 18).
func (r *Register) RestrictFile(p access.Pass, req RestrictRequest, version int64) (RestrictView, error) {
	tx, err := p.Tx()
	if err != nil {
		return RestrictView{}, err
	}
	why := strings.TrimSpace(req.Why)
	if len(why) < shortestWhy {
		return RestrictView{}, law.BadField("why", "reason_missing", citeRestrict, "Say on what ground.")
	}
	a, err := r.amend(p, req.File, version)
	if err != nil {
		return RestrictView{}, err
	}
	f := &a.known.file
	who := p.Principal().Authority
	note := amendment{kind: FileRestricted, cite: "2016/679 art 18(1)", note: why}
	switch {
	case !req.Lift && f.Restricted != nil:
		return RestrictView{}, law.Refuse(law.Conflict, "restricted_already", citeRestrict, "The file is restricted already.", "since", f.Restricted.On.String())
	case req.Lift && f.Restricted == nil:
		return RestrictView{}, law.Refuse(law.Conflict, "not_restricted", citeRestrict, "The file is not restricted: there is nothing to lift.")
	case req.Lift && !req.Told:
		return RestrictView{}, law.BadField("person_told", "person_not_told", "2016/679 art 18(3)", "Tell the person before the restriction is lifted, and say so.")
	case req.Lift:
		note.kind, note.cite, note.body = RestrictionLift, "2016/679 art 18(3)", f.Restricted
		f.Restricted = nil
	default:
		f.Restricted = &Restriction{On: law.DateIn(tx.Now(), time.UTC), By: who.Name, State: person.State(who.State), Why: why}
	}
	a.did(note)
	if _, err := a.commit(); err != nil {
		return RestrictView{}, err
	}
	return RestrictView{req.File, f.Restricted, f.Version}, p.Send(access.EntryRecords)
}

// weighRestriction tells the guard that the file is restricted. It proposes
// nothing: the check goes on.
func (c *checking) weighRestriction() {
	if c.found == nil || c.found.file.Restricted == nil {
		return
	}
	by := c.found.file.Restricted
	c.finding(Admit, "", "file_restricted", citeRestrict,
		"The person disputes data of this file, and its processing is restricted: use it for this check only, and do not rest a refusal on it alone without hearing the person.",
		"since", by.On.String(), "by", by.By, "state", string(by.State))
}
