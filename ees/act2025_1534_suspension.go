package ees

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// SuspensionRequest pauses biometrics at one crossing point.
type SuspensionRequest struct {
	CrossingPoint string     `json:"crossing_point" minLength:"5" maxLength:"8"`
	Cause         string     `json:"cause" minLength:"3" maxLength:"500" doc:"The exceptional circumstances."`
	From          *time.Time `json:"from,omitempty" doc:"When it began, at most a quarter of an hour ago; left out, now."`
}

// Suspend pauses biometrics at a crossing point of the caller's state (2025/1534):
// for at most six hours, in the time after the progressive start in which the
// act allows it. The Commission and eu-LISA have to be told within the same six
// hours.
func (r *Register) Suspend(p access.Pass, req SuspensionRequest) (OutageView, error) {
	tx, err := p.Tx()
	if err != nil {
		return OutageView{}, err
	}
	point, err := readOwnPoint(p, req.CrossingPoint, "speak for it")
	if err != nil {
		return OutageView{}, err
	}
	now := tx.Now()
	o := outageRow{suspension: true, key: point.Code, id: uuid.NewString(), state: string(point.State), cause: strings.TrimSpace(req.Cause), began: now,
		authority: p.Principal().Authority.Name}
	if len(o.cause) < 3 {
		return OutageView{}, law.BadField("cause", "cause_missing", "2025/1534 art 4(5)", "Say which exceptional circumstances there are.")
	}
	if req.From != nil {
		o.began = req.From.UTC().Truncate(time.Microsecond)
	}
	if o.began.After(now.Add(clockTolerance)) || o.began.Before(now.Add(-onlineWindow)) {
		return OutageView{}, law.BadField("from", "suspension_out_of_time", "2025/1534 art 4(5)",
			"A suspension is declared when it begins: at most a quarter of an hour later, and never for the future.")
	}
	if !suspensionAllowed(point.LocalDate(o.began)) {
		return OutageView{}, law.Refuse(law.NotPermitted, "suspension_not_allowed", "2025/1534 art 4(5)",
			"Biometrics may not be suspended on this day: the time in which the act allows it is over, or has not begun.", "day", point.LocalDate(o.began).String())
	}
	longest, err := law.PartialSuspensionTime.On(point.LocalDate(o.began))
	if err != nil {
		return OutageView{}, err
	}
	o.ended = o.began.Add(longest)
	if last := point.LocalDate(o.ended); !suspensionAllowed(last) {
		o.ended = last.Start(point.Location()).UTC() // the time allowed ends with the day
	}
	running, err := suspensions(tx, point, o.began, o.ended)
	if err != nil {
		return OutageView{}, err
	}
	if running > 0 {
		return OutageView{}, law.Refuse(law.Conflict, "suspension_already_declared", "2025/1534 art 4(5)",
			"Biometrics are suspended here already. A new case can be declared when that one has ended.", "crossing_point", point.Code)
	}
	for _, a := range []Addressee{Commission, EULisa} {
		o.notices = append(o.notices, notice{To: a, DueAt: o.began.Add(longest).UnixMicro()})
	}
	notices, err := json.Marshal(o.notices)
	if err != nil {
		return OutageView{}, err
	}
	tx.Later(`INSERT INTO ees_suspension (point, id, state, cause, began_at, until_at, authority, officer, notices) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		o.key, o.id, o.state, o.cause, o.began.UnixMicro(), o.ended.UnixMicro(), o.authority, string(p.Principal().Officer), string(notices))
	return o.view(now), nil
}

// EndSuspension ends a suspension before its time.
func (r *Register) EndSuspension(p access.Pass, req EndRequest) (OutageView, error) {
	tx, err := p.Tx()
	if err != nil {
		return OutageView{}, err
	}
	o, err := findOutage(p, tx, req.ID)
	if err != nil {
		return OutageView{}, err
	}
	if !o.suspension {
		return OutageView{}, noSuchOutage()
	}
	end, err := o.endsAt(tx.Now(), req.At)
	if err != nil {
		return OutageView{}, err
	}
	tx.Later(`UPDATE ees_suspension SET ended_at = $1 WHERE point = $2 AND id = $3`, end.UnixMicro(), o.key, o.id)
	o.ended = end
	return o.view(tx.Now()), nil
}

// suspensionAllowed tells whether the act allows a suspension on a day. Before
// the time it speaks of there is no such law, and so no suspension.
func suspensionAllowed(day law.Date) bool {
	allowed, err := law.PartialSuspension.On(day)
	return err == nil && allowed
}

// suspensions counts those of a crossing point that overlap a span of time, the
// end left out.
func suspensions(tx *db.Tx, point *person.CrossingPoint, from, to time.Time) (int, error) {
	var n int
	err := tx.Row(`SELECT COUNT(*) FROM ees_suspension WHERE point = $1 AND until_at > $2 AND began_at < $3 AND (ended_at IS NULL OR ended_at > $2)`,
		point.Code, from.UnixMicro(), to.UnixMicro()).Scan(&n)
	return n, err
}

// biometricsSuspended tells whether biometrics are suspended at a crossing point
// at a moment: a case was declared, and neither ended nor ran out (2025/1534).
func (r *Register) biometricsSuspended(tx *db.Tx, point *person.CrossingPoint, at time.Time) (bool, error) {
	if !suspensionAllowed(point.LocalDate(at)) {
		return false, nil // no question to the store outside the time allowed
	}
	n, err := suspensions(tx, point, at, at.Add(time.Microsecond))
	return n > 0, err
}

// readSuspension takes note, in a check, of a suspension at its crossing point.
func (c *checking) readSuspension() (err error) {
	c.kept.Suspended, err = c.register.biometricsSuspended(c.tx, c.point, c.at)
	return err
}

// weighSuspension asks for nothing while biometrics are suspended; what is missing
// is taken at the next crossing.
func (c *checking) weighSuspension() {
	if !c.kept.Suspended {
		return
	}
	c.out.ToTake = []string{}
	c.finding(Admit, "", "biometrics_suspended", "2025/1534 art 4(5)",
		"Biometrics are suspended at this crossing point: take none. What is missing is taken at the next crossing.", "crossing_point", c.point.Code)
}
