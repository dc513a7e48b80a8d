package ees

import (
	"slices"
	"strings"

	"limen/access"
	"limen/law"
	"limen/person"
)

// Grounds to take a stay off the list of overstayers (art 35(5)).
const (
	ExcusedByEvents = "serious_events" // unforeseeable and serious
	ExcusedByRight  = "right_to_stay"
	ExcusedByError  = "error"
)

// OverstayExcused and ExcuseWithdrawn are the kinds of amendment that these
// decisions leave.
const (
	OverstayExcused AmendmentKind = "overstay_excused"
	ExcuseWithdrawn AmendmentKind = "excuse_withdrawn"
)

// ExcuseRequest takes a stay off the list of overstayers, or puts it back.
type ExcuseRequest struct {
	Ground   string `json:"ground,omitempty" enum:"serious_events,right_to_stay,error" doc:"What the proof shows: unforeseeable and serious events, a right to stay, or an error."`
	Note     string `json:"note" minLength:"5" maxLength:"500" doc:"The proof in words, or why it no longer holds."`
	Withdraw bool   `json:"withdraw,omitempty" doc:"The proof no longer holds: the stay is listed again if it has ended."`
}

// ExcuseOverstay takes a stay off the list of overstayers at once when the
// person has proved unforeseeable serious events, a right to stay or an error
// (art 35(5)). What the calculator says of the stay is as before, and no duty
// flags it again until the excuse is withdrawn.
func (r *Register) ExcuseOverstay(p access.Pass, id string, version int64, req ExcuseRequest) (StayDecision, error) {
	const cite = law.Citation("2017/2226 art 35(5)")
	ref, n, err := recordOf(id)
	if _, noPass := p.Tx(); noPass != nil {
		return StayDecision{}, noPass
	}
	if err != nil {
		return StayDecision{}, err
	}
	a, err := r.amend(p, ref, version)
	if err != nil {
		return StayDecision{}, err
	}
	rec, err := a.record(n)
	if err != nil {
		return StayDecision{}, err
	}
	who := p.Principal().Authority
	note := strings.TrimSpace(req.Note)
	switch {
	case len(note) < shortestWhy:
		return StayDecision{}, law.BadField("note", "note_missing", cite, "Say in words what was proved, or why it no longer holds.")
	case req.Withdraw && rec.Excused == nil:
		return StayDecision{}, law.Refuse(law.Conflict, "not_excused", cite, "This stay was not taken off the list: there is nothing to withdraw.")
	case req.Withdraw:
		a.did(amendment{kind: ExcuseWithdrawn, record: n, cite: cite, note: note, body: rec.Excused})
		rec.Excused = nil
		if rec.open() {
			rec.Overstay = NoExit // listed again at once if it has ended, and not only by tonight's duty
		}
		return a.answer(n, []law.Reason{{Code: "excuse_withdrawn", Cite: cite, Message: "The proof no longer holds. The stay is on the list if it has ended."}})
	case !slices.Contains([]string{ExcusedByEvents, ExcusedByRight, ExcusedByError}, req.Ground):
		return StayDecision{}, law.BadField("ground", "unknown_ground", cite, "Say what the proof shows: serious_events, right_to_stay or error.")
	case rec.Excused != nil || rec.Overstay == "":
		return StayDecision{}, law.Refuse(law.Conflict, "not_listed", cite, "This stay is not on the list of overstayers. Read the file again.")
	}
	before := *rec
	rec.Excused = &Excuse{Ground: req.Ground, On: a.today, Authority: who.Name, State: person.State(who.State), Note: note}
	a.did(amendment{kind: OverstayExcused, record: n, cite: cite, note: req.Ground + ": " + note, body: before})
	return a.answer(n, []law.Reason{{Code: "taken_off_the_list", Cite: cite, Message: "The stay is off the list of overstayers. What was worked out of it stays as it is.",
		Facts: law.Facts("ground", req.Ground)}})
}
