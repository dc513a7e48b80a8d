package ees

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// The operations of a failure (art 21) and of a partial suspension (2025/1534).
const (
	OpDeclareOutage  access.Op = "ees.declare_outage"
	OpEndOutage      access.Op = "ees.end_outage"
	OpListOutages    access.Op = "ees.list_outages"
	OpNotifyOutage   access.Op = "ees.notify_outage"
	OpSuspend        access.Op = "ees.suspend_biometrics"
	OpEndSuspension  access.Op = "ees.end_suspension"
	OpBackfill       access.Op = "ees.backfill"
	OpListBackfill   access.Op = "ees.list_backfill"
	OpSettleBackfill access.Op = "ees.settle_backfill"
	OpKeptUntil      access.Op = "ees.kept_until"
)

func outageOperations() []access.Operation {
	return []access.Operation{
		{Op: OpDeclareOutage, System: "ees", Title: "declare that crossings cannot be recorded", Cite: "2017/2226 art 21", Writes: true},
		{Op: OpEndOutage, System: "ees", Title: "declare that crossings can be recorded again", Cite: "2017/2226 art 21", Writes: true},
		{Op: OpListOutages, System: "ees", Title: "read the declared outages and suspensions", Cite: "2017/2226 art 21"},
		{Op: OpNotifyOutage, System: "ees", Title: "note who was told of an outage or a suspension", Cite: "2017/2226 art 21", Writes: true},
		{Op: OpSuspend, System: "ees", Title: "suspend biometrics at a crossing point", Cite: "2025/1534 art 4(5)", Writes: true},
		{Op: OpEndSuspension, System: "ees", Title: "end a suspension of biometrics", Cite: "2025/1534 art 4(5)", Writes: true},
		{Op: OpBackfill, System: "ees", Title: "record what was kept during an outage", Cite: "2017/2226 art 21(1)", Writes: true, Keyed: true},
		{Op: OpListBackfill, System: "ees", Title: "read what of an outage waits for second line", Cite: "2017/2226 art 21(1)"},
		{Op: OpSettleBackfill, System: "ees", Title: "settle what of an outage waits for second line", Cite: "2017/2226 art 21(1)", Writes: true, Keyed: true},
		{Op: OpKeptUntil, System: "ees", Title: "read until when a state may keep its own copy", Cite: "2017/2226 art 40(2)"},
	}
}

func outageGrants() []access.Grant {
	border := func(op access.Op, cite law.Citation, keys []access.Key, returns ...access.Category) access.Grant {
		return access.Grant{Kind: access.Border, Purpose: access.BorderCheck, Op: op, Cite: cite, Keys: keys, Returns: returns}
	}
	machine := func(op access.Op) access.Grant {
		return access.Grant{Kind: access.Administrator, Purpose: access.SystemOperation, Op: op, Cite: "2017/2226 art 21"}
	}
	return []access.Grant{
		border(OpDeclareOutage, "2017/2226 art 21", nil),
		border(OpEndOutage, "2017/2226 art 21", nil),
		border(OpListOutages, "2017/2226 art 21", nil),
		border(OpNotifyOutage, "2017/2226 art 21", nil),
		border(OpSuspend, "2025/1534 art 4(5)", nil),
		border(OpEndSuspension, "2025/1534 art 4(5)", nil),
		border(OpBackfill, "2017/2226 art 21(1)", identityAndDocument, wholeFile...),
		border(OpListBackfill, "2017/2226 art 21(1)", nil, access.IdentityData, access.DocumentData),
		border(OpSettleBackfill, "2017/2226 art 21(1)", identityAndDocument, wholeFile...),
		border(OpKeptUntil, "2017/2226 art 40(2)", identityAndDocument, access.FileExistence),
		machine(OpDeclareOutage), machine(OpEndOutage), machine(OpListOutages), machine(OpNotifyOutage),
	}
}

// OutageScope says what has failed.
type OutageScope string

// What can fail.
const (
	CentralOutage  OutageScope = "central"  // the Central System or the identity repository: for every state
	NationalOutage OutageScope = "national" // the national uniform interface, or the line to it, of one state
	PointOutage    OutageScope = "point"    // one crossing point
)

// Addressee is who has to be told.
type Addressee string

// The addressees of art 21(2) and of 2025/1534.
const (
	Commission   Addressee = "commission"
	EULisa       Addressee = "eu_lisa"
	MemberStates Addressee = "member_states"
)

// OutageRequest declares that crossings cannot be recorded.
type OutageRequest struct {
	Scope         OutageScope `json:"scope" enum:"central,national,point" doc:"What has failed."`
	CrossingPoint string      `json:"crossing_point,omitempty" maxLength:"8" doc:"With scope point: its code."`
	Cause         string      `json:"cause" minLength:"3" maxLength:"500" doc:"What happened, as far as it is known."`
	From          *time.Time  `json:"from,omitempty" doc:"When it began; left out, now."`
}

// OutageView is a declared outage or suspension as it is sent.
type OutageView struct {
	ID            string       `json:"id" doc:"Names it when it is ended."`
	Kind          string       `json:"kind" enum:"outage,suspension"`
	Scope         OutageScope  `json:"scope" enum:"central,national,point"`
	State         person.State `json:"state" doc:"State that it concerns; EUE for the whole system."`
	CrossingPoint string       `json:"crossing_point,omitempty"`
	Cause         string       `json:"cause"`
	From          time.Time    `json:"from"`
	Until         *time.Time   `json:"until" doc:"When it ended or, of a suspension, ends by itself; null while an outage lasts."`
	Running       bool         `json:"running"`
	DeclaredBy    string       `json:"declared_by"`
	Seconds       int64        `json:"seconds" doc:"How long it has lasted, or lasted."`
	Notices       []NoticeView `json:"notices" nullable:"false" doc:"Who has to be told, and who was told when."`
}

// NoticeView is one notification owed.
type NoticeView struct {
	To      Addressee  `json:"to" enum:"commission,eu_lisa,member_states"`
	DueAt   *time.Time `json:"due_at" doc:"When it has to be told at the latest; null: as soon as possible."`
	ToldAt  *time.Time `json:"told_at" doc:"null while nobody has noted that it was told."`
	ToldBy  string     `json:"told_by,omitempty"`
	Overdue bool       `json:"overdue"`
}

// notice is a notification owed, as it is stored.
type notice struct {
	To     Addressee `json:"to"`
	DueAt  int64     `json:"due,omitempty"`
	ToldAt int64     `json:"told,omitempty"`
	ToldBy string    `json:"by,omitempty"`
}

// outageRow is a row of ees_outage or ees_suspension.
type outageRow struct {
	suspension bool
	key, id    string // scope of an outage, crossing point of a suspension
	state      string
	cause      string
	began      time.Time
	ended      time.Time // zero while it lasts
	authority  string
	notices    []notice
}

func (o *outageRow) name() string {
	if o.suspension {
		return "suspension." + o.key + "." + o.id
	}
	return o.key + "." + o.id
}

func (o *outageRow) view(now time.Time) OutageView {
	kind, rest, _ := strings.Cut(o.key, ".")
	v := OutageView{ID: o.name(), Kind: "outage", Scope: OutageScope(kind), State: person.State(o.state), Cause: o.cause, From: o.began,
		DeclaredBy: o.authority, Notices: []NoticeView{}, Running: o.ended.IsZero() || now.Before(o.ended)}
	switch {
	case o.suspension:
		v.Kind, v.Scope, v.CrossingPoint = "suspension", PointOutage, o.key
	case v.Scope == PointOutage:
		v.CrossingPoint = rest
	}
	lasts := now
	if !o.ended.IsZero() {
		end := o.ended
		v.Until = &end
		if end.Before(now) {
			lasts = end
		}
	}
	v.Seconds = int64(max(0, lasts.Sub(o.began)) / time.Second)
	for _, n := range o.notices {
		w := NoticeView{To: n.To, ToldBy: n.ToldBy}
		told := now
		if n.ToldAt != 0 {
			told = time.UnixMicro(n.ToldAt).UTC()
			w.ToldAt = &told
		}
		if n.DueAt != 0 {
			due := time.UnixMicro(n.DueAt).UTC()
			w.DueAt, w.Overdue = &due, told.After(due)
		}
		v.Notices = append(v.Notices, w)
	}
	return v
}

// DeclareOutage declares that crossings cannot be recorded as they happen (art
// 21): a state for its own interface or crossing points, the system's own
// administration for the Central System. From then on what is kept in a buffer
// or on paper has a declared ground.
func (r *Register) DeclareOutage(p access.Pass, req OutageRequest) (OutageView, error) {
	tx, err := p.Tx()
	if err != nil {
		return OutageView{}, err
	}
	now := tx.Now()
	o := outageRow{id: uuid.NewString(), cause: strings.TrimSpace(req.Cause), began: now, authority: p.Principal().Authority.Name}
	if len(o.cause) < 3 {
		return OutageView{}, law.BadField("cause", "cause_missing", "2017/2226 art 21", "Say what has failed, as far as it is known.")
	}
	if req.From != nil {
		o.began = req.From.UTC().Truncate(time.Microsecond)
	}
	if o.began.After(now.Add(clockTolerance)) {
		return OutageView{}, law.BadField("from", "date_in_the_future", "2017/2226 art 21", "An outage cannot begin in the future. Leave the moment out to say now.")
	}
	day := law.DateIn(o.began, time.UTC)
	to := []Addressee{Commission}
	own := p.Principal().Authority.State
	switch req.Scope {
	case CentralOutage:
		if p.Principal().Authority.Kind != access.Administrator {
			return OutageView{}, law.Refuse(law.NotPermitted, "central_outage_of_the_operator", "2017/2226 art 21",
				"Whoever runs the Central System declares its outage. Declare that of your national interface or crossing point, and tell eu-LISA.")
		}
		o.key, o.state, to = string(CentralOutage), "EUE", []Addressee{Commission, MemberStates}
	case NationalOutage:
		o.key, o.state = string(NationalOutage)+"."+own, own
	case PointOutage:
		point, err := readOwnPoint(p, req.CrossingPoint, "speak for it")
		if err != nil {
			return OutageView{}, err
		}
		o.key, o.state = string(PointOutage)+"."+point.Code, own
		day = point.LocalDate(o.began)
	default:
		return OutageView{}, law.BadField("scope", "unknown_scope", "2017/2226 art 21", "Say central, national or point.")
	}
	if p.Principal().Authority.Kind == access.Administrator && req.Scope != CentralOutage {
		return OutageView{}, law.Refuse(law.NotPermitted, "outage_of_a_state", "2017/2226 art 21", "The outage of an interface or a crossing point is declared by its state.")
	}
	if err := inForce("2017/2226 art 21", day); err != nil {
		return OutageView{}, err
	}
	var running string
	err = tx.Row(`SELECT id FROM ees_outage WHERE scope = $1 AND ended_at IS NULL`, o.key).Scan(&running)
	switch {
	case err == nil:
		return OutageView{}, law.Refuse(law.Conflict, "outage_already_declared", "2017/2226 art 21",
			"This outage is declared already. End it first if it is over.", "outage", o.key+"."+running)
	case !errors.Is(err, db.ErrNoRows):
		return OutageView{}, err
	}
	for _, a := range to {
		o.notices = append(o.notices, notice{To: a})
	}
	notices, err := json.Marshal(o.notices)
	if err != nil {
		return OutageView{}, err
	}
	tx.Later(`INSERT INTO ees_outage (scope, id, state, cause, began_at, declared_at, authority, officer, notices) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		o.key, o.id, o.state, o.cause, o.began.UnixMicro(), now.UnixMicro(), o.authority, string(p.Principal().Officer), string(notices))
	return o.view(now), nil
}

// inForce refuses what rests on an article that is suspended on the day
// (2025/1534 art 5).
func inForce(article law.Citation, day law.Date) error {
	suspended, err := law.SuspendedArticles.On(day)
	if err != nil {
		return law.BadField("from", "before_the_start", "2025/1534 art 1", "The Entry/Exit System was not in operation on that day.", "day", day.String())
	}
	for _, a := range suspended {
		if a == article {
			return law.Refuse(law.NotPermitted, "article_suspended", "2025/1534 art 5",
				fmt.Sprintf("%s does not apply on %s: during the progressive start there is nothing to declare. What was kept may be told afterwards all the same.", article, day),
				"article", string(article), "day", day.String())
		}
	}
	return nil
}

// EndRequest ends an outage or a suspension.
type EndRequest struct {
	ID string     `json:"-"`
	At *time.Time `json:"at,omitempty" doc:"When it ended; left out, now."`
}

// EndOutage declares that crossings are recorded again.
func (r *Register) EndOutage(p access.Pass, req EndRequest) (OutageView, error) {
	tx, err := p.Tx()
	if err != nil {
		return OutageView{}, err
	}
	o, err := findOutage(p, tx, req.ID)
	if err != nil {
		return OutageView{}, err
	}
	if o.suspension {
		return OutageView{}, noSuchOutage()
	}
	end, err := o.endsAt(tx.Now(), req.At)
	if err != nil {
		return OutageView{}, err
	}
	tx.Later(`UPDATE ees_outage SET ended_at = $1, ended_by = $2 WHERE scope = $3 AND id = $4`, end.UnixMicro(), p.Principal().Authority.Name, o.key, o.id)
	o.ended = end
	return o.view(tx.Now()), nil
}

// endsAt checks the end of something that is running.
func (o *outageRow) endsAt(now time.Time, at *time.Time) (time.Time, error) {
	if !o.ended.IsZero() && !o.ended.After(now) {
		return now, law.Refuse(law.Conflict, "outage_already_ended", "2017/2226 art 21", "This has ended already.", "ended_at", o.ended.Format(time.RFC3339))
	}
	end := now
	if at != nil {
		end = at.UTC().Truncate(time.Microsecond)
	}
	switch {
	case end.After(now.Add(clockTolerance)):
		return now, law.BadField("at", "date_in_the_future", "2017/2226 art 21", "It cannot end in the future. Leave the moment out to say now.")
	case end.Before(o.began):
		return now, law.BadField("at", "end_before_begin", "2017/2226 art 21", "It would end before it began. Check the moment.", "from", o.began.Format(time.RFC3339))
	}
	return end, nil
}

func noSuchOutage() *law.Refusal {
	return law.Refuse(law.NotFound, "no_such_outage", "2017/2226 art 21", "There is no such outage or suspension of yours. Read the list again.")
}

// findOutage reads an outage or suspension of the caller's own state, or of the
// system for its administration.
func findOutage(p access.Pass, tx *db.Tx, name string) (*outageRow, error) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 || len(name) > 100 {
		return nil, noSuchOutage()
	}
	o := &outageRow{key: name[:i], id: name[i+1:]}
	statement := `SELECT state, cause, began_at, ended_at, authority, notices FROM ees_outage WHERE scope = $1 AND id = $2`
	if point, ok := strings.CutPrefix(o.key, "suspension."); ok {
		o.suspension, o.key = true, point
		statement = `SELECT state, cause, began_at, COALESCE(ended_at, until_at), authority, notices FROM ees_suspension WHERE point = $1 AND id = $2`
	}
	var began int64
	var ended *int64
	var notices string
	err := tx.Row(statement, o.key, o.id).Scan(&o.state, &o.cause, &began, &ended, &o.authority, &notices)
	if errors.Is(err, db.ErrNoRows) || err == nil && !o.concerns(p) {
		return nil, noSuchOutage()
	}
	if err != nil {
		return nil, err
	}
	o.began, o.ended = time.UnixMicro(began).UTC(), instant(ended)
	return o, json.Unmarshal([]byte(notices), &o.notices)
}

// concerns tells whether the caller may speak of it: a state of its own, the
// administration of the system's.
func (o *outageRow) concerns(p access.Pass) bool {
	if p.Principal().Authority.Kind == access.Administrator {
		return o.state == "EUE"
	}
	return o.state == p.Principal().Authority.State
}

// NotifyRequest notes that somebody was told.
type NotifyRequest struct {
	ID string     `json:"-"`
	To Addressee  `json:"to" enum:"commission,eu_lisa,member_states" doc:"Who was told."`
	At *time.Time `json:"at,omitempty" doc:"When; left out, now."`
}

// NotifyOutage notes who was told of an outage or suspension, and when (art
// 21(2), 2025/1534). The first note stands.
func (r *Register) NotifyOutage(p access.Pass, req NotifyRequest) (OutageView, error) {
	tx, err := p.Tx()
	if err != nil {
		return OutageView{}, err
	}
	o, err := findOutage(p, tx, req.ID)
	if err != nil {
		return OutageView{}, err
	}
	now, told := tx.Now(), tx.Now()
	if req.At != nil {
		told = req.At.UTC().Truncate(time.Microsecond)
	}
	if told.After(now.Add(clockTolerance)) || told.Before(o.began) {
		return OutageView{}, law.BadField("at", "notice_out_of_time", "2017/2226 art 21(2)", "Nobody can have been told before it began, or in the future. Check the moment.")
	}
	place := -1
	for i, n := range o.notices {
		if n.To == req.To {
			place = i
		}
	}
	switch {
	case place < 0:
		return OutageView{}, law.BadField("to", "nobody_to_tell", "2017/2226 art 21(2)", "This addressee need not be told of it.", "to", string(req.To))
	case o.notices[place].ToldAt != 0:
		return OutageView{}, law.Refuse(law.Conflict, "already_told", "2017/2226 art 21(2)", "That they were told is noted already.")
	}
	o.notices[place].ToldAt, o.notices[place].ToldBy = told.UnixMicro(), p.Principal().Authority.Name
	b, err := json.Marshal(o.notices)
	if err != nil {
		return OutageView{}, err
	}
	statement := `UPDATE ees_outage SET notices = $1 WHERE scope = $2 AND id = $3`
	if o.suspension {
		statement = `UPDATE ees_suspension SET notices = $1 WHERE point = $2 AND id = $3`
	}
	tx.Later(statement, string(b), o.key, o.id)
	return o.view(now), nil
}

// OutageList is what was declared.
type OutageList struct {
	Outages []OutageView `json:"outages" nullable:"false" doc:"The newest first, at most 200."`
}

// ListOutages reads the outages and suspensions that concern the caller: a
// state's own and those of the whole system.
func (r *Register) ListOutages(p access.Pass) (OutageList, error) {
	tx, err := p.Tx()
	if err != nil {
		return OutageList{}, err
	}
	own := p.Principal().Authority.State
	list := OutageList{Outages: []OutageView{}}
	read := func(suspension bool, statement string, args ...any) error {
		rows, err := tx.Query(statement, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			o := outageRow{suspension: suspension}
			var began int64
			var ended *int64
			var notices string
			if err := rows.Scan(&o.key, &o.id, &o.state, &o.cause, &began, &ended, &o.authority, &notices); err != nil {
				return err
			}
			o.began, o.ended = time.UnixMicro(began).UTC(), instant(ended)
			if err := json.Unmarshal([]byte(notices), &o.notices); err != nil {
				return err
			}
			list.Outages = append(list.Outages, o.view(tx.Now()))
		}
		return rows.Err()
	}
	if err := read(true, `SELECT point, id, state, cause, began_at, COALESCE(ended_at, until_at), authority, notices FROM ees_suspension
		WHERE state = $1 ORDER BY began_at DESC, point, id LIMIT 100`, own); err != nil {
		return OutageList{}, err
	}
	return list, read(false, `SELECT scope, id, state, cause, began_at, ended_at, authority, notices FROM ees_outage
		WHERE state = $1 OR state = 'EUE' ORDER BY began_at DESC, scope, id LIMIT 100`, own)
}

// outageDeclared tells whether an outage was declared that covers a moment at a
// crossing point: of the point, of its state or of the whole system.
func outageDeclared(tx *db.Tx, point *person.CrossingPoint, at time.Time) (bool, error) {
	var n int
	err := tx.Row(`SELECT COUNT(*) FROM ees_outage WHERE scope IN ($1, $2, $3) AND began_at <= $4 AND (ended_at IS NULL OR ended_at >= $4)`,
		string(CentralOutage), string(NationalOutage)+"."+string(point.State), string(PointOutage)+"."+point.Code, at.UnixMicro()).Scan(&n)
	return n > 0, err
}
