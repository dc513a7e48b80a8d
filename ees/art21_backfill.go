package ees

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// BackfillEvent is a crossing or refusal that was decided at the border while
// the register could not be reached, as it was kept in a buffer or on paper (art
// 21). Its members are those of a check, with what the guard decided.
type BackfillEvent struct {
	Key string `json:"key" minLength:"1" maxLength:"128" pattern:"^[!-~]+$" doc:"Names the event within its state, made where it was kept: told again, it is recognised."`
	CheckRequest
	Decision     string          `json:"decision" enum:"crossed,refused" doc:"What the guard decided."`
	Reasons      []RefusalReason `json:"reasons,omitempty" maxItems:"10" nullable:"false" doc:"Of a refusal: letters of the standard form."`
	InternalRisk bool            `json:"internal_security,omitempty" doc:"Ground I: the threat concerns internal security (2017/2226 art 18(4))."`
	AlertHasThem bool            `json:"alert_has_biometrics,omitempty" doc:"Ground H: the alert already has the biometrics (2017/2226 art 18(3))."`
	Despite      string          `json:"despite,omitempty" maxLength:"500" doc:"Why the traveller was admitted, where the guard noted it."`
	Authority    string          `json:"authority,omitempty" maxLength:"200" doc:"Office that decided; left out, the caller's."`
	Officer      string          `json:"officer" minLength:"1" maxLength:"128" doc:"Who decided."`
}

// BackfillOutcome is what became of an event.
type BackfillOutcome string

// The outcomes. Recorded, AlreadyRecorded and Refused are final; an event in
// second line waits for somebody; one that is told too early is told again.
const (
	Recorded        BackfillOutcome = "recorded"
	AlreadyRecorded BackfillOutcome = "already_recorded"
	InSecondLine    BackfillOutcome = "second_line"
	NotRecorded     BackfillOutcome = "refused"
	Later           BackfillOutcome = "later"
)

// BackfillResult is what became of one event.
type BackfillResult struct {
	Key       string          `json:"key"`
	Outcome   BackfillOutcome `json:"outcome" enum:"recorded,already_recorded,second_line,refused,later"`
	File      FileRef         `json:"file,omitempty"`
	Record    string          `json:"record,omitempty" doc:"Name of the record or refusal."`
	KeptUntil *law.Date       `json:"kept_until,omitempty" format:"date" doc:"Last day on which the system keeps the record as it stands: a national copy goes with it (2017/2226 art 40(2))."`
	Findings  []law.Reason    `json:"findings,omitempty" nullable:"false" doc:"What the register would have told the guard, and what is to be known of the event."`
	Problem   *law.Reason     `json:"problem,omitempty" doc:"Why it was not recorded."`
}

// Readable tells whether an event of an outage can be read, without asking the
// register anything: whoever types it from paper can still look there.
func (r *Register) Readable(e BackfillEvent) error {
	point, err := person.ParseCrossingPoint(e.CrossingPoint)
	if err != nil {
		return at("crossing_point", err)
	}
	if e.At == nil {
		return momentMissing()
	}
	if _, err := readTraveller(e.CheckRequest, point.LocalDate(*e.At), r.Specimens); err != nil {
		return err
	}
	_, err = readVisa(e.Visa)
	return err
}

func momentMissing() error {
	return law.BadField("at", "moment_missing", "2017/2226 art 21(1)", "Say when the traveller crossed or was refused.")
}

// decidedAway stands in a record that was admitted while nobody could ask.
const decidedAway = "Decided at the border during an outage, without the register."

// digest tells two events under one key apart.
func (e *BackfillEvent) digest() (text []byte, digest string, err error) {
	if text, err = json.Marshal(e); err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(text)
	return text, hex.EncodeToString(sum[:16]), nil
}

// Backfill records one event of an outage (art 21(1), (3); EES-041, EES-042). An
// event that was told before changes nothing. What the register cannot record
// without somebody looking, because others may be the same person or a field
// cannot be read, goes to the work list of second line in the same transaction:
// the answer says so, and it is not an error. What the Regulation does not concern
// is refused and not kept.
//
// An event outside every declared outage is recorded as well. A crossing that
// happened is a fact on which a stay is counted, and leaving it out would harm the
// traveller for an omission of the authority; the omission itself is a finding,
// no_outage_declared, kept with the event.
func (r *Register) Backfill(p access.Pass, e BackfillEvent) (BackfillResult, error) {
	tx, err := p.Tx()
	if err != nil {
		return BackfillResult{}, err
	}
	body, digest, err := e.digest()
	if err != nil {
		return BackfillResult{}, err
	}
	if before, found, err := r.toldBefore(p, tx, e.Key, digest); found || err != nil {
		return before, err
	}
	result, err := r.tell(p, tx, e, digest, "", false)
	var refusal *law.Refusal
	switch {
	case err == nil || !errors.As(err, &refusal):
		return result, err
	case refusal.Code == "file_changed" || refusal.Code == "file_found_meanwhile":
		return BackfillResult{}, err // the register has moved on: told again, it is found
	case refusal.Code == "crossing_already_recorded":
		return BackfillResult{Key: e.Key, Outcome: AlreadyRecorded, Problem: &refusal.Reason}, nil
	case refusal.Kind == law.NotPermitted || refusal.Kind == law.NotGranted:
		return BackfillResult{Key: e.Key, Outcome: NotRecorded, Problem: &refusal.Reason}, nil
	}
	return park(p, tx, e, body, digest, refusal.Reason)
}

// toldBefore looks an event up by its key.
func (r *Register) toldBefore(p access.Pass, tx *db.Tx, key, digest string) (BackfillResult, bool, error) {
	if key == "" || len(key) > 128 {
		return BackfillResult{}, false, law.BadField("key", "event_key_missing", "2017/2226 art 21(1)", "An event of an outage carries a key of 1 to 128 characters.")
	}
	state := p.Principal().Authority.State
	result := BackfillResult{Key: key}
	var kind, ref, was string
	var n int
	err := tx.Row(`SELECT kind, ref, n, digest FROM ees_backfill WHERE state = $1 AND event = $2`, state, key).Scan(&kind, &ref, &n, &was)
	if errors.Is(err, db.ErrNoRows) {
		kind = "second_line"
		err = tx.Row(`SELECT digest FROM ees_backfill_open WHERE state = $1 AND event = $2`, state, key).Scan(&was)
	}
	switch {
	case errors.Is(err, db.ErrNoRows):
		return result, false, nil
	case err != nil:
		return result, true, err
	case was != digest:
		result.Outcome = NotRecorded
		result.Problem = &law.Reason{Code: "event_key_reused", Cite: "2017/2226 art 21(1)", Message: "Another event was told under this key. Give this one a key of its own."}
		return result, true, nil
	}
	switch kind {
	case "second_line":
		result.Outcome = InSecondLine
	case "discarded":
		result.Outcome = NotRecorded
		result.Problem = &law.Reason{Code: "event_discarded", Cite: "2017/2226 art 21(1)", Message: "Second line looked at this event and did not record it."}
	case "refusal":
		result.Outcome, result.File, result.Record = AlreadyRecorded, FileRef(ref), refusalID(FileRef(ref), n)
	default:
		result.Outcome, result.File, result.Record = AlreadyRecorded, FileRef(ref), recordID(FileRef(ref), n)
	}
	if result.File != "" {
		p.Subject(ref)
		until, err := r.kept(tx, result.Record)
		if err != nil {
			return result, true, err
		}
		result.KeptUntil = until.KeptUntil
	}
	return result, true, nil
}

// tell carries an event through the steps of a check and of a decision, at once.
// chosen is the file that second line names, or new; looked says that somebody has
// compared.
func (r *Register) tell(p access.Pass, tx *db.Tx, e BackfillEvent, digest, chosen string, looked bool) (BackfillResult, error) {
	var extra []law.Reason
	if e.At == nil {
		return BackfillResult{}, momentMissing()
	}
	if e.Origin != NUIBuffer && e.Origin != LocalBuffer && e.Origin != Manual {
		return BackfillResult{}, law.BadField("origin", "unknown_origin", "2017/2226 art 21(3)", "Say where the event was kept: NUI_BUFFER, LOCAL_BUFFER or MANUAL.")
	}
	if e.Origin == Manual && e.Biometrics != nil {
		// What was written by hand has none, whatever is said of it (EES-042).
		e.Biometrics = nil
		extra = append(extra, law.Reason{Code: "manual_without_biometrics", Cite: "2017/2226 art 21(2)", Message: "What is written by hand carries no biometrics: those sent were left out."})
	}
	if e.Decision != "crossed" && e.Decision != "refused" {
		return BackfillResult{}, law.BadField("decision", "unknown_decision", "2017/2226 art 21(1)", "Say crossed or refused.")
	}
	c := checking{register: r, pass: p, tx: tx, req: e.CheckRequest}
	for _, step := range []func() error{c.readPlace, c.readSuspension, c.readPerson, c.scope, c.askVIS, c.search} {
		if err := step(); err != nil {
			return BackfillResult{}, err
		}
	}
	if c.kept.Query == foundByIdentity && chosen == "new" {
		// Second line has found that this is another person of the same identity.
		c.others, c.found, c.kept.Query = []candidate{{known: c.found, score: 1, same: true}}, nil, foundSeveral
	}
	if !looked {
		if err := c.needsSomebody(); err != nil {
			return BackfillResult{}, err
		}
	}
	for _, step := range []func() error{c.settleStamps, c.askEtias, c.judge, c.weigh, c.note} {
		if err := step(); err != nil {
			return BackfillResult{}, err
		}
	}
	declared, err := outageDeclared(tx, c.point, c.at)
	if err != nil {
		return BackfillResult{}, err
	}
	if !declared {
		extra = append(extra, law.Reason{Code: "no_outage_declared", Cite: "2017/2226 art 21(1)", Message: "No outage was declared for this moment and crossing point. The event is recorded; say why it could not be recorded when it happened.",
			Facts: law.Facts("at", c.at.Format(time.RFC3339), "crossing_point", c.point.Code)})
	}
	where := event{At: c.at, On: c.on, BCP: c.point.Code, Authority: e.Authority}
	if strings.TrimSpace(where.Authority) == "" {
		where.Authority = p.Principal().Authority.Name
	}
	d := &deciding{pass: p, tx: tx, home: c.kept.NewRef, kept: c.kept, point: c.point, where: where}
	result := BackfillResult{Key: e.Key, Outcome: Recorded, Findings: append(extra, c.out.Findings...)}
	kind, n, until, err := r.carryOut(d, e, chosen)
	if err != nil {
		return BackfillResult{}, err
	}
	ref := d.known.file.Ref
	result.File, result.Record, result.KeptUntil = ref, recordID(ref, n), &until
	if kind == "refusal" {
		result.Record = refusalID(ref, n)
	}
	codes := make([]string, len(result.Findings))
	for i, f := range result.Findings {
		codes[i] = string(f.Code)
	}
	tx.Later(`INSERT INTO ees_backfill (state, event, at, kind, ref, n, officer, findings, digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		p.Principal().Authority.State, e.Key, tx.Now().UnixMicro(), kind, string(ref), n, e.Officer, strings.Join(codes, " "), digest)
	return result, p.Send(access.FileExistence)
}

// carryOut records what the guard decided and tells until when it is kept.
func (r *Register) carryOut(d *deciding, e BackfillEvent, chosen string) (kind string, n int, until law.Date, err error) {
	if e.Decision == "refused" {
		req := RefusalRequest{File: chosen, Reasons: e.Reasons, WithoutThem: "fallback", InternalRisk: e.InternalRisk, AlertHasThem: e.AlertHasThem}
		reasons, err := parseReasons(e.Reasons)
		if err != nil {
			return "", 0, 0, err
		}
		if e.Direction != Entry {
			return "", 0, 0, law.BadField("decision", "refusal_at_exit", "2017/2226 art 18(1)", "Entry can be refused to somebody who enters only.")
		}
		n, _, err := r.refuse(d, reasons, req)
		if err != nil {
			return "", 0, 0, err
		}
		keep, err := periodOn(&law.KeepRefusal, d.where.On)
		return "refusal", n, keep.After(d.where.On), err
	}
	if err := r.settle(d, chosen); err != nil {
		return "", 0, 0, err
	}
	var done record
	if d.kept.Direction == Entry {
		despite := strings.TrimSpace(e.Despite)
		if d.kept.Proposal == Refuse && len(despite) < shortestWhy {
			despite = decidedAway
		}
		done, err = d.enter(despite)
		var against *law.Refusal
		if errors.As(err, &against) && against.Code == "admission_against_findings" {
			// The file that second line named speaks against the entry, which has
			// happened all the same.
			return "", 0, 0, law.BadField("despite", against.Code, against.Cite, against.Message)
		}
	} else {
		done, err = d.leave("")
	}
	if err != nil {
		return "", 0, 0, err
	}
	if err := d.write(); err != nil {
		return "", 0, 0, err
	}
	kept, err := done.kept()
	return string(d.kept.Direction), done.N, kept.until, err
}

// needsSomebody refuses to go on where the register cannot tell by itself whose
// crossing it was: second line compares.
func (c *checking) needsSomebody() error {
	for _, o := range c.others {
		c.pass.Subject(string(o.known.file.Ref))
	}
	switch {
	case c.kept.TooMany:
		return law.Refuse(law.Conflict, "more_files_than_compared", "2019/327 art 2", "More persons share this name, birth date, sex and nationality than could be compared.")
	case c.kept.Query == documentOfAnother:
		return law.Refuse(law.Conflict, "document_of_another_identity", "2017/2226 art 23(2)", "This document is recorded for a person with other identity data.")
	case len(c.others) > 0:
		return law.Refuse(law.Conflict, "possible_files", "2017/2226 art 27(1)", "Other files may be this traveller's.")
	case c.kept.Query == foundByIdentity && !c.req.NoDocument && c.newDocument():
		c.pass.Subject(string(c.found.file.Ref))
		return law.Refuse(law.Conflict, "new_document", "2017/2226 art 14(2)", "The file of somebody with this identity was made with another document: somebody has to say whether it is the same person.")
	}
	return nil
}

// park puts an event on the work list of second line. It is kept no longer than
// its record would be.
func park(p access.Pass, tx *db.Tx, e BackfillEvent, body []byte, digest string, why law.Reason) (BackfillResult, error) {
	when := tx.Now()
	if e.At != nil && e.At.Before(when) {
		when = *e.At
	}
	keep, err := periodOn(&law.KeepRecord, law.DateIn(when, time.UTC))
	if err != nil {
		return BackfillResult{}, err
	}
	erase := (keep.After(law.DateIn(when, time.UTC)) + 1).Start(time.UTC)
	tx.Later(`INSERT INTO ees_backfill_open (state, event, event_at, received_at, erase_at, code, cite, message, body, digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		p.Principal().Authority.State, e.Key, when.UnixMicro(), tx.Now().UnixMicro(), erase.UnixMicro(), string(why.Code), string(why.Cite), why.Message, string(body), digest)
	return BackfillResult{Key: e.Key, Outcome: InSecondLine, Problem: &why}, nil
}

// BackfillReport is what became of a batch, in the order in which it was told.
type BackfillReport struct {
	Results []BackfillResult `json:"results" nullable:"false" doc:"One for each event, the earliest event first."`
}

// backfillAttempts is how often an event is told to a register that moves on
// under it.
const backfillAttempts = 4

// BackfillAll records a batch, the earliest event first, whatever order it came
// in. Each event has its own transaction and its own log entry, so what was
// recorded stays recorded when a later one is not; if we stop anywhere, the
// caller tells the batch again and what was recorded is recognised. An event that
// could not be recorded for want of room or time is answered with "later". It
// fails as a whole only where the caller may not do this at all.
func (r *Register) BackfillAll(ctx context.Context, door *access.Door, as access.Request, events []BackfillEvent) (BackfillReport, error) {
	report := BackfillReport{Results: []BackfillResult{}}
	if len(events) == 0 || len(events) > 500 {
		return report, law.BadField("events", "batch_size", "2017/2226 art 21(1)", "Tell 1 to 500 events at a time.")
	}
	inOrderOfTime := slices.Clone(events)
	slices.SortStableFunc(inOrderOfTime, func(a, b BackfillEvent) int { return a.moment().Compare(b.moment()) })
	as.Op, as.Once = OpBackfill, nil
	for _, e := range inOrderOfTime {
		result, err := r.backfillOne(ctx, door, as, e)
		if err != nil {
			return report, err
		}
		report.Results = append(report.Results, result)
	}
	return report, nil
}

func (e *BackfillEvent) moment() time.Time {
	if e.At == nil {
		return time.Time{}
	}
	return *e.At
}

func (r *Register) backfillOne(ctx context.Context, door *access.Door, as access.Request, e BackfillEvent) (BackfillResult, error) {
	for attempt := 1; ; attempt++ {
		result, err := access.Run(ctx, door, as, func(p access.Pass) (BackfillResult, error) { return r.Backfill(p, e) })
		var refusal *law.Refusal
		switch {
		case err == nil:
			return result, nil
		case errors.Is(err, db.ErrFull) || errors.Is(err, db.ErrBusy):
			return BackfillResult{Key: e.Key, Outcome: Later, Problem: &law.Reason{Code: "register_busy", Cite: "2017/2226 art 21(1)", Message: "The register has no room or time for it now. Tell it again later."}}, nil
		case !errors.As(err, &refusal) || refusal.Kind == law.NotGranted || refusal.Kind == law.Unauthenticated:
			return result, err
		case refusal.Kind != law.Conflict:
			return BackfillResult{Key: e.Key, Outcome: NotRecorded, Problem: &refusal.Reason}, nil
		case attempt == backfillAttempts:
			return BackfillResult{Key: e.Key, Outcome: Later, Problem: &refusal.Reason}, nil
		}
	}
}

// KeptView is until when the system keeps a record.
type KeptView struct {
	Record    string    `json:"record"`
	KeptUntil *law.Date `json:"kept_until" format:"date" doc:"Last day; null when the system does not keep it, or not of this state: a copy of it goes now."`
}

// KeptUntil tells a state until when it may keep its own copies of what it
// entered: never longer than the system does (art 40(2), EES-064). An exit makes
// the time shorter, and an erasure before its time ends it, so a state asks again
// and again.
func (r *Register) KeptUntil(p access.Pass, records []string) ([]KeptView, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	if len(records) == 0 || len(records) > 500 {
		return nil, law.BadField("records", "batch_size", "2017/2226 art 40(2)", "Ask for 1 to 500 records at a time.")
	}
	views := make([]KeptView, 0, len(records))
	for _, id := range records {
		ref, _, _ := strings.Cut(id, ".")
		if err := p.Search(access.ByReference, ref); err != nil {
			return nil, err
		}
		v, err := r.kept(tx, id)
		if err != nil {
			return nil, err
		}
		if v.responsible != p.Principal().Authority.State {
			v.KeptUntil = nil
		}
		if v.KeptUntil != nil {
			p.Subject(ref)
		}
		views = append(views, v.KeptView)
	}
	return views, p.Send(access.FileExistence)
}

type keptRecord struct {
	KeptView
	responsible string
}

// kept reads until when a record or refusal is kept.
func (r *Register) kept(tx *db.Tx, id string) (keptRecord, error) {
	v := keptRecord{KeptView: KeptView{Record: id}}
	ref, number, ok := strings.Cut(id, ".")
	if !ok || len(id) > 80 {
		return v, nil
	}
	var n int
	if isRefusal := strings.HasPrefix(number, "R"); isRefusal {
		if _, err := fmt.Sscanf(number, "R%d", &n); err != nil {
			return v, nil
		}
		var on law.Date
		err := tx.Row(`SELECT refused_on, responsible FROM ees_refusal WHERE ref = $1 AND n = $2`, ref, n).Scan(&on, &v.responsible)
		if errors.Is(err, db.ErrNoRows) {
			return v, nil
		}
		if err != nil {
			return v, err
		}
		keep, err := periodOn(&law.KeepRefusal, on)
		until := keep.After(on)
		v.KeptUntil = &until
		return v, err
	}
	if _, err := fmt.Sscanf(number, "%d", &n); err != nil {
		return v, nil
	}
	rows, err := tx.Query(`SELECT `+recordColumns+` FROM ees_record WHERE ref = $1 AND n = $2`, ref, n)
	if err != nil {
		return v, err
	}
	records, err := scanRecords(rows)
	if err != nil || len(records) == 0 {
		return v, err
	}
	kept, err := records[0].kept()
	v.KeptUntil, v.responsible = &kept.until, string(records[0].Responsible)
	return v, err
}
