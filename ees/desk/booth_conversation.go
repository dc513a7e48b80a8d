package desk

import (
	"net/http"

	"limen/access"
	"limen/ees"
	"limen/web"
)

// conversationPages registers what follows a check at the booth, and the
// hand-off from the kiosks.
func (d *Desk) conversationPages(m *web.Mux) {
	m.Page("POST /ees/booth/step", d.stepAtBooth)
	m.Page("POST /ees/booth/take-over", d.takeOverAtBooth)
	m.Page("POST /ees/booth/confirm", d.confirmAtBooth)
	m.Page("GET /ees/waiting", d.waitingPage)
}

// eventWords says what may be told of a step, on a button.
var eventWords = map[ees.CheckEvent]string{
	ees.EventFaceMatch: "Face matches", ees.EventFaceNoMatch: "Face does not match", ees.EventFaceImpossible: "Face cannot be compared",
	ees.EventFingersMatch: "Fingerprints match", ees.EventFingersNoMatch: "Fingerprints do not match", ees.EventFingersImpossible: "Fingerprints impossible",
	ees.EventNoneOfThem: "None of these files", ees.EventDoubtRaised: "I doubt who this is", ees.EventSearchFailed: "The search failed",
}

// stateWords says where a check stands, in a heading.
var stateWords = map[ees.CheckState]string{
	ees.StateVerifyFace: "Verify the face", ees.StateVerifyFingers: "Verify the fingerprints", ees.StateVerifyFaceInstead: "Verify the face instead",
	ees.StateConsultVIS: "Consult the Visa Information System", ees.StateConsulted: "Visa Information System consulted",
	ees.StateVerified: "Verified", ees.StateByDocument: "Identity by document alone", ees.StateIdentifyFingers: "Identify by fingerprints",
	ees.StateIdentifyVIS: "Consult the Visa Information System", ees.StateIdentifyVISFingers: "Identify in the Visa Information System",
	ees.StateIdentifyAlphanumeric: "Identify by letters", ees.StateSeveralCandidates: "Several files are possible", ees.StateIdentified: "Found by identification",
	ees.StateUnknown: "Not recorded yet", ees.StateDoubt: "Identity in doubt", ees.StateDocumentRead: "Document read", ees.StateQueried: "Register searched",
	ees.StateHit: "File found", ees.StateNotFound: "No file found", ees.StateSearched: "Searches over", ees.StateDecidedRecorded: "Crossing recorded", ees.StateDecidedRefused: "Entry refused",
}

// told lists what a guard can tell by a button: never what a connected system
// finds out by itself, nor the decision.
func told(next ees.NextStep) []ees.CheckEvent {
	var list []ees.CheckEvent
	for _, e := range next.Outcomes {
		match := e == ees.EventFaceMatch || e == ees.EventFingersMatch
		if eventWords[e] == "" || match && next.Connected {
			continue
		}
		list = append(list, e)
	}
	return list
}

// stepAtBooth tells what came of a step and shows the check as it stands then.
func (d *Desk) stepAtBooth(w http.ResponseWriter, r *http.Request) error {
	id := r.PostFormValue("check_id")
	req := ees.StepRequest{Step: ees.CheckState(r.PostFormValue("step")), Outcome: ees.CheckEvent(r.PostFormValue("outcome")), File: ees.FileRef(r.PostFormValue("file"))}
	if _, err := d.step(r.Context(), web.Ground{}, id, 0, req); err != nil {
		return d.notDone(w, r, err)
	}
	check, err := through(r.Context(), d, web.Ground{}, ees.OpReadCheck, func(p access.Pass) (ees.Check, error) { return d.Register.ReadCheck(p, id) })
	if err != nil {
		return d.notDone(w, r, err)
	}
	return d.pages.check.Render(w, r, checkView(r, check.Body, nil))
}

// takeOverAtBooth makes the check from what the kiosk took.
func (d *Desk) takeOverAtBooth(w http.ResponseWriter, r *http.Request) error {
	return d.takeOver(w, r, r.PostFormValue("code"))
}

func (d *Desk) takeOver(w http.ResponseWriter, r *http.Request, code string) error {
	check, err := through(r.Context(), d, web.Ground{}, ees.OpTakeOver, func(p access.Pass) (ees.Check, error) {
		return d.Register.TakeOver(p, code, web.PostFrom(r.Context()))
	})
	if err != nil {
		return d.notDone(w, r, err)
	}
	return d.pages.check.Render(w, r, checkView(r, check.Body, nil))
}

// confirmAtBooth confirms a pre-enrolment, so that an e-gate opens.
func (d *Desk) confirmAtBooth(w http.ResponseWriter, r *http.Request) error {
	said := ees.Confirmed{}
	if c := typedConfirmed(r); c != nil {
		said = *c
	}
	done, err := through(r.Context(), d, web.Ground{}, ees.OpConfirmPreEnrol, func(p access.Pass) (ees.KioskView, error) {
		return d.Register.ConfirmPreEnrolment(p, r.PostFormValue("code"), 0, said)
	})
	if err != nil {
		return d.notDone(w, r, err)
	}
	return d.pages.done.Render(w, r, donePage{Kiosk: &done.Body, Again: "/ees/waiting"})
}

// typedConfirmed reads what the guard says to have verified of a pre-enrolment.
func typedConfirmed(r *http.Request) *ees.Confirmed {
	c := ees.Confirmed{Document: r.PostFormValue("confirmed.document") != "", Face: r.PostFormValue("confirmed.face") != "", Fingerprints: r.PostFormValue("confirmed.fingerprints") != ""}
	if c == (ees.Confirmed{}) {
		return nil
	}
	return &c
}

// waitingPage shows who waits at the guard's crossing point.
type waitingPage struct {
	Problem *web.Problem
	Post    string
	List    ees.WaitingList
	Code    web.Field
}

func (d *Desk) waitingPage(w http.ResponseWriter, r *http.Request) error {
	p := waitingPage{Post: web.PostFrom(r.Context()), Code: form(r).Code}
	p.Code.Required, p.Code.Autofocus, p.Code.Hint = true, true, "From the traveller's slip or screen, such as K7PM-2XQ4"
	if p.Post == "" {
		return d.pages.waiting.Render(w, r, p)
	}
	list, err := through(r.Context(), d, web.Ground{}, ees.OpListPreEnrol, func(pass access.Pass) (ees.WaitingList, error) {
		return d.Register.ListPreEnrolments(pass, ees.WaitingQuery{CrossingPoint: p.Post})
	})
	if err != nil {
		return err
	}
	p.List = list.Body
	return d.pages.waiting.Render(w, r, p)
}
