package ees

import (
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// ConsentStatus is where the consent of a state stands (art 33(4)).
type ConsentStatus string

// The statuses of a consent. A decision is final; a new request asks anew.
const (
	ConsentAsked   ConsentStatus = "asked"
	ConsentGiven   ConsentStatus = "given"
	ConsentRefused ConsentStatus = "refused"
)

// ConsentView is what a Europol national unit sees of a request for consent: the
// offence and how much of its state's data was found, and no person.
type ConsentView struct {
	RequestID string         `json:"request_id"`
	Purpose   access.Purpose `json:"purpose"`
	Offence   string         `json:"offence" doc:"Code of the category."`
	Items     int            `json:"items" doc:"Files, records and refusals that authorities of this state entered."`
	Status    ConsentStatus  `json:"status" enum:"asked,given,refused"`
	AskedAt   time.Time      `json:"asked_at"`
	Why       string         `json:"reasons,omitempty"`
}

// ConsentList is the open and decided consents of a state.
type ConsentList struct {
	Consents []ConsentView `json:"consents" nullable:"false"`
}

// consent is a row of ees_le_consent.
type consent struct {
	origin person.State
	ConsentView
}

const consentColumns = `origin, id, purpose, offence, items, status, asked_at, why`

func readConsents(tx *db.Tx, query string, args ...any) ([]consent, error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []consent
	for rows.Next() {
		var c consent
		var origin, purpose, status string
		var asked int64
		var why *string
		if err := rows.Scan(&origin, &c.RequestID, &purpose, &c.Offence, &c.Items, &status, &asked, &why); err != nil {
			return nil, err
		}
		c.origin, c.Purpose, c.Status, c.AskedAt, c.Why = person.State(origin), access.Purpose(purpose), ConsentStatus(status), time.UnixMicro(asked).UTC(), text(why)
		list = append(list, c)
	}
	return list, rows.Err()
}

// askConsents asks each state that entered something of what Europol found.
func (q *leRequest) askConsents(tx *db.Tx, origins map[person.State]int) {
	for origin, items := range origins {
		tx.Later(`INSERT INTO ees_le_consent (origin, state, id, purpose, offence, items, status, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			string(origin), string(q.State), q.ID, string(q.Purpose), q.Offence, items, string(ConsentAsked), tx.Now().UnixMicro())
	}
}

// consents are those that the use of a request's data depends on: none for a
// Member State.
func (q *leRequest) consents(tx *db.Tx) ([]consent, error) {
	if q.State != europol {
		return nil, nil
	}
	return readConsents(tx, `SELECT `+consentColumns+` FROM ees_le_consent WHERE state = $1 AND id = $2 ORDER BY origin`, string(q.State), q.ID)
}

// usable tells whether data that a state entered may be used. Europol may use
// what the state has consented to, and nothing where nobody was asked.
func (q *leRequest) usable(consents []consent, origin person.State) bool {
	if q.State != europol {
		return true
	}
	for _, c := range consents {
		if c.origin == origin {
			return c.Status == ConsentGiven
		}
	}
	return false
}

func withheld(consents []consent) []Withheld {
	list := []Withheld{}
	for _, c := range consents {
		if c.Status != ConsentGiven {
			list = append(list, Withheld{c.origin, c.Items, c.Status})
		}
	}
	return list
}

// ListConsents lists what Europol asks the state of the national unit, the
// oldest first.
func (r *Register) ListConsents(p access.Pass) (ConsentList, error) {
	o, tx, err := listedOffice(p)
	if err != nil {
		return ConsentList{}, err
	}
	rows, err := readConsents(tx, `SELECT `+consentColumns+` FROM ees_le_consent WHERE origin = $1 AND purpose = $2 ORDER BY asked_at, id LIMIT 200`,
		string(o.state), string(p.Purpose()))
	if err != nil {
		return ConsentList{}, err
	}
	list := ConsentList{Consents: []ConsentView{}}
	for _, c := range rows {
		list.Consents = append(list.Consents, c.ConsentView)
	}
	return list, nil
}

// ConsentDecision is what the state decides.
type ConsentDecision struct {
	Consent bool   `json:"consent" doc:"Whether Europol may use the data."`
	Reasons string `json:"reasons,omitempty" maxLength:"2000" doc:"Why not; required where consent is refused."`
}

// DecideConsent gives or refuses the consent of the state that entered data (art
// 33(4)).
func (r *Register) DecideConsent(p access.Pass, id string, d ConsentDecision) (ConsentView, error) {
	o, tx, err := listedOffice(p)
	if err != nil {
		return ConsentView{}, err
	}
	d.Reasons = strings.TrimSpace(d.Reasons)
	if !d.Consent && d.Reasons == "" {
		return ConsentView{}, law.BadField("reasons", "reasons_missing", "2017/2226 art 33(4)", "Say why the data may not be used.")
	}
	list, err := readConsents(tx, `SELECT `+consentColumns+` FROM ees_le_consent WHERE origin = $1 AND state = $2 AND id = $3 AND purpose = $4`,
		string(o.state), string(europol), id, string(p.Purpose()))
	if err != nil {
		return ConsentView{}, err
	}
	if len(list) == 0 {
		return ConsentView{}, law.Refuse(law.NotFound, "no_such_request", "2017/2226 art 33(4)", "Europol has asked your state for no such consent, or what it concerned is erased.")
	}
	c := list[0]
	if c.Status != ConsentAsked {
		return ConsentView{}, law.Refuse(law.Conflict, "already_decided", "2017/2226 art 33(4)", "Your state has decided on this already.", "status", string(c.Status))
	}
	c.Status, c.Why = ConsentRefused, d.Reasons
	if d.Consent {
		c.Status = ConsentGiven
	}
	n, err := tx.Exec(`UPDATE ees_le_consent SET status = $1, why = $2, decided_at = $3, decided_by = $4 WHERE origin = $5 AND state = $6 AND id = $7 AND status = $8`,
		string(c.Status), nullable(c.Why), tx.Now().UnixMicro(), o.name, string(c.origin), string(europol), id, string(ConsentAsked))
	if err == nil && n != 1 {
		err = law.Refuse(law.Conflict, "already_decided", "2017/2226 art 33(4)", "Your state has decided on this already.")
	}
	p.Tell("request", id)
	p.Tell("consent", string(c.Status))
	p.Tell("decision_reasons", d.Reasons)
	return c.ConsentView, err
}
