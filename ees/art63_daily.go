package ees

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"limen/access"
	"limen/db"
	"limen/interop/cir"
	"limen/law"
	"limen/person"
)

// OpExtractStatistics fills the daily set of anonymised data.
const OpExtractStatistics access.Op = "ees.extract_statistics"

// dailySetCloses is how long a day's set is still put right: later its records
// begin to be erased, and a set made again would lack them.
var dailySetCloses = law.Param[int]{Name: "ees.daily_set_closes", Unit: "days", Rows: []law.Row[int]{
	{From: law.MustDate("2025-10-12"), Value: 90, Cite: "2017/2226 art 63(2)", Unconfirmed: true,
		Note: "design choice: the law asks for a daily extraction and is silent on what is told late; no record is erased so early"}}}

// dailyPhases are the events of a day in the order of their extraction.
var dailyPhases = []string{"entry", "start_of_stay", "exit", "exit_proved", "refusal", "overstay", "change"}

// dailyStep is how many events one step reads at most.
const dailyStep = 400

// Cell is one row of the daily set: what may be told of an event (art 63(1)), and
// how often it occurred on the day.
type Cell struct {
	Day            law.Date `json:"day" format:"date"`
	Event          string   `json:"event" enum:"entry,start_of_stay,exit,refusal,overstay,change"`
	State          string   `json:"state" doc:"State of the crossing point, or of the authority."`
	CrossingPoint  string   `json:"crossing_point"`
	Border         string   `json:"border" enum:"air,sea,land," doc:"Kind of border."`
	Status         string   `json:"status" enum:"visa_required,visa_exempt,family_member,transit"`
	Nationality    string   `json:"nationality"`
	Sex            string   `json:"sex"`
	BirthYear      int      `json:"birth_year" doc:"The year and no more (2017/2226 art 63(1)(b))."`
	DocumentType   string   `json:"document_type"`
	DocumentIssuer string   `json:"document_issuer"`
	VisaIssuer     string   `json:"visa_issuer"`
	Fingerprints   string   `json:"fingerprints" doc:"State of the fingerprints, which tells exemptions by age and for physical reasons."`
	Reason         string   `json:"reason" doc:"Letters of a refusal, or status and ground of a change of stay."`
	EntryOn        law.Date `json:"entry_on,omitempty" format:"date" doc:"Of an exit or an overstay: the day of entry."`
	EntryPoint     string   `json:"entry_point" doc:"Of an exit or an overstay: the crossing point of entry."`
	StayDays       int      `json:"stay_days" doc:"Of an exit: length of the stay, both ends counted."`
	OverDays       int      `json:"over_days" doc:"Of an exit: days of overstay."`
	N              int      `json:"n" doc:"How often."`
}

const dailyColumns = `day, cell, event, state, bcp, border, status, nationality, sex, birth_year, document_type, document_issuer, visa_issuer, ` +
	`fingers, reason, entry_on, entry_bcp, stay_days, over_days, n`

// digest names the combination, whatever its count.
func (c Cell) digest() (string, error) {
	c.N = 0
	b, err := json.Marshal(c)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16]), err
}

// occurrence is one event of a day before it becomes anonymous.
type occurrence struct {
	cell Cell
	ref  FileRef
	n    int
	bcp  string
}

// dailyCursor is where the extraction of a phase stopped.
type dailyCursor struct {
	BCP string  `json:"b,omitempty"`
	Ref FileRef `json:"r,omitempty"`
	N   int     `json:"n,omitempty"`
}

// ExtractStatistics makes the daily set of every day that is over everywhere and
// has none yet, or has to be made again (art 63(2)). It goes by steps of one
// transaction: if we stop anywhere, the next start goes on there, and no event is
// counted twice. It returns how many events it counted.
func (r *Register) ExtractStatistics(ctx context.Context, door *access.Door, progress func(total int)) (int, error) {
	total := 0
	req := access.Request{Principal: access.DutyPrincipal("extract_statistics"), Op: OpExtractStatistics, Case: "art 63(2)"}
	err := access.StepsOf(ctx, door, req, r.extractSome, func(step DailyStep) bool {
		if total += step.Events; step.More && progress != nil {
			progress(total)
		}
		return step.More
	})
	return total, err
}

// DailyStep is what one step of the extraction did.
type DailyStep struct {
	Events int  // counted
	More   bool // there may be more to do
}

func (r *Register) extractSome(p access.Pass) (DailyStep, error) {
	tx, err := p.Tx()
	if err != nil {
		return DailyStep{}, err
	}
	day, phase, cursor, err := nextDaily(tx)
	if err != nil || day == 0 {
		return DailyStep{}, err
	}
	if phase == "" {
		// A day begins, perhaps anew: its old cells go first.
		tx.Later(`DELETE FROM ees_daily WHERE day = $1`, day)
		tx.Later(`DELETE FROM ees_daily_due WHERE day = $1`, day)
		return DailyStep{More: true}, keepDaily(tx, day, dailyPhases[0], dailyCursor{})
	}
	if err := p.Search(access.ByCrossing, day.String()+" "+phase+" "+cursor.BCP+" "+string(cursor.Ref)); err != nil {
		return DailyStep{}, err
	}
	most := min(dailyStep, p.StepSize())
	events, err := occurrences(tx, day, phase, cursor, most)
	if err != nil {
		return DailyStep{}, err
	}
	if err := countDaily(p, tx, events); err != nil {
		return DailyStep{}, err
	}
	if len(events) == most {
		last := events[len(events)-1]
		return DailyStep{len(events), true}, keepDaily(tx, day, phase, dailyCursor{last.bcp, last.ref, last.n})
	}
	return DailyStep{len(events), true}, keepDaily(tx, day, phaseAfter(phase), dailyCursor{})
}

// phaseAfter is the phase that follows; "done" after the last.
func phaseAfter(phase string) string {
	for i, p := range dailyPhases {
		if p == phase && i+1 < len(dailyPhases) {
			return dailyPhases[i+1]
		}
	}
	return "done"
}

func keepDaily(tx *db.Tx, day law.Date, phase string, cursor dailyCursor) error {
	after, err := json.Marshal(cursor)
	tx.Later(`INSERT INTO ees_daily_progress (day, phase, after) VALUES ($1, $2, $3)
		ON CONFLICT (day) DO UPDATE SET phase = excluded.phase, after = excluded.after`, day, phase, string(after))
	return err
}

// nextDaily finds the day to work on: one begun and not done, one that is due
// again, or the first with an event after the last day done. phase is empty when
// the day is to begin; day is zero when there is nothing to do.
func nextDaily(tx *db.Tx) (day law.Date, phase string, cursor dailyCursor, err error) {
	over := law.DateIn(tx.Now(), person.WesternmostZone()) - 1
	var after string
	err = tx.Row(`SELECT day, phase, after FROM ees_daily_progress WHERE phase <> 'done' ORDER BY day LIMIT 1`).Scan(&day, &phase, &after)
	if err == nil {
		return day, phase, cursor, json.Unmarshal([]byte(after), &cursor)
	}
	if !errors.Is(err, db.ErrNoRows) {
		return 0, "", cursor, err
	}
	last := law.EESStart() - 1
	if err := tx.Row(`SELECT day FROM ees_daily_progress ORDER BY day DESC LIMIT 1`).Scan(&last); err != nil && !errors.Is(err, db.ErrNoRows) {
		return 0, "", cursor, err
	}
	// Days after the last one done come by themselves.
	err = tx.Row(`SELECT day FROM ees_daily_due WHERE day <= $1 ORDER BY day LIMIT 1`, last).Scan(&day)
	if err == nil || !errors.Is(err, db.ErrNoRows) {
		return day, "", cursor, err
	}
	for _, q := range []string{`SELECT MIN(entry_on) FROM ees_record WHERE entry_on > $1`, `SELECT MIN(exit_on) FROM ees_record WHERE exit_on > $1`,
		`SELECT MIN(refused_on) FROM ees_refusal WHERE refused_on > $1`, `SELECT MIN(overstay_from) FROM ees_record WHERE overstay_class IS NOT NULL AND overstay_from > $1`,
		`SELECT MIN(made_on) FROM ees_amendment WHERE made_on > $1`} {
		var first law.Date
		if err := tx.Row(q, last).Scan(&first); err != nil {
			return 0, "", cursor, err
		}
		if first != 0 && first <= over && (day == 0 || first < day) {
			day = first
		}
	}
	return day, "", cursor, nil
}

// dailyQueries find the events of a day, phase by phase, each by its own index.
// A stay may begin, or end by a proof, at no crossing point: those come apart.
var dailyQueries = map[string]string{
	"entry": dailyRecords + `WHERE r.entry_on = $1 AND (r.entry_bcp > $5 OR r.entry_bcp = $5 AND (r.ref > $2 OR r.ref = $2 AND r.n > $3))
		ORDER BY r.entry_bcp, r.ref, r.n LIMIT $4`,
	"start_of_stay": dailyRecords + `WHERE r.entry_on = $1 AND r.entry_bcp IS NULL AND (r.ref > $2 OR r.ref = $2 AND r.n > $3)
		ORDER BY r.ref, r.n LIMIT $4`,
	"exit": dailyRecords + `WHERE r.exit_on = $1 AND (r.exit_bcp > $5 OR r.exit_bcp = $5 AND (r.ref > $2 OR r.ref = $2 AND r.n > $3))
		ORDER BY r.exit_bcp, r.ref, r.n LIMIT $4`,
	"exit_proved": dailyRecords + `WHERE r.exit_on = $1 AND r.exit_bcp IS NULL AND (r.ref > $2 OR r.ref = $2 AND r.n > $3)
		ORDER BY r.ref, r.n LIMIT $4`,
	"overstay": dailyRecords + `WHERE r.overstay_class IS NOT NULL AND r.overstay_from = $1 AND (r.ref > $2 OR r.ref = $2 AND r.n > $3)
		ORDER BY r.ref, r.n LIMIT $4`,
}

const dailyRecords = `SELECT r.ref, r.n, r.entry_on, r.entry_bcp, r.exit_on, r.exit_bcp, r.stay_end, r.family_member, r.transit, r.visa, r.responsible,
	f.visa_required, f.fingers FROM ees_record r JOIN ees_file f ON f.ref = r.ref `

func occurrences(tx *db.Tx, day law.Date, phase string, after dailyCursor, most int) ([]occurrence, error) {
	switch phase {
	case "refusal":
		return refusalsOf(tx, day, after, most)
	case "change":
		return changesOf(tx, day, after, most)
	}
	args := []any{day, string(after.Ref), after.N, most}
	if phase == "entry" || phase == "exit" {
		args = append(args, after.BCP)
	}
	rows, err := tx.Query(dailyQueries[phase], args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []occurrence
	for rows.Next() {
		var o occurrence
		var ref, fingers, responsible string
		var entryBCP, exitBCP, visa *string
		var entryOn, exitOn, stayEnd law.Date
		var family, transit, required bool
		if err := rows.Scan(&ref, &o.n, &entryOn, &entryBCP, &exitOn, &exitBCP, &stayEnd, &family, &transit, &visa, &responsible, &required, &fingers); err != nil {
			return nil, err
		}
		o.ref = FileRef(ref)
		o.bcp = text(entryBCP)
		o.cell = Cell{Day: day, Event: phase, State: responsible, Status: statusOf(required, family, transit), Fingerprints: fingers}
		switch phase {
		case "exit", "exit_proved":
			o.bcp, o.cell.Event = text(exitBCP), "exit"
			o.cell.EntryOn, o.cell.EntryPoint = entryOn, text(entryBCP)
			if entryOn != 0 {
				o.cell.StayDays = int(exitOn-entryOn) + 1
			}
			if stayEnd != 0 && exitOn > stayEnd {
				o.cell.OverDays = int(exitOn - stayEnd)
			}
		case "overstay":
			o.cell.EntryOn, o.cell.EntryPoint = entryOn, text(entryBCP)
		}
		if o.cell.VisaIssuer, err = issuerOf(visa); err != nil {
			return nil, fmt.Errorf("ees: visa of record %s.%d: %w", ref, o.n, err)
		}
		o.cell.place(o.bcp)
		found = append(found, o)
	}
	return found, rows.Err()
}

func refusalsOf(tx *db.Tx, day law.Date, after dailyCursor, most int) ([]occurrence, error) {
	rows, err := tx.Query(`SELECT r.ref, r.n, r.bcp, r.reasons, r.visa, f.visa_required, f.family_member, f.fingers FROM ees_refusal r JOIN ees_file f ON f.ref = r.ref
		WHERE r.refused_on = $1 AND (r.bcp > $2 OR r.bcp = $2 AND (r.ref > $3 OR r.ref = $3 AND r.n > $4)) ORDER BY r.bcp, r.ref, r.n LIMIT $5`,
		day, after.BCP, string(after.Ref), after.N, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []occurrence
	for rows.Next() {
		o := occurrence{cell: Cell{Day: day, Event: "refusal"}}
		var ref string
		var visa *string
		var required, family bool
		if err := rows.Scan(&ref, &o.n, &o.bcp, &o.cell.Reason, &visa, &required, &family, &o.cell.Fingerprints); err != nil {
			return nil, err
		}
		o.ref, o.cell.Status = FileRef(ref), statusOf(required, family, false)
		if o.cell.VisaIssuer, err = issuerOf(visa); err != nil {
			return nil, fmt.Errorf("ees: visa of refusal %s.R%d: %w", ref, o.n, err)
		}
		o.cell.place(o.bcp)
		found = append(found, o)
	}
	return found, rows.Err()
}

// changesOf finds the extensions, revocations and annulments of a day.
func changesOf(tx *db.Tx, day law.Date, after dailyCursor, most int) ([]occurrence, error) {
	rows, err := tx.Query(`SELECT a.ref, a.n, a.state, a.note, f.visa_required, f.family_member, f.fingers FROM ees_amendment a JOIN ees_file f ON f.ref = a.ref
		WHERE a.made_on = $1 AND a.kind = 'stay_changed' AND (a.ref > $2 OR a.ref = $2 AND a.n > $3) ORDER BY a.ref, a.n LIMIT $4`,
		day, string(after.Ref), after.N, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []occurrence
	for rows.Next() {
		o := occurrence{cell: Cell{Day: day, Event: "change"}}
		var ref string
		var required, family bool
		if err := rows.Scan(&ref, &o.n, &o.cell.State, &o.cell.Reason, &required, &family, &o.cell.Fingerprints); err != nil {
			return nil, err
		}
		o.ref, o.cell.Status = FileRef(ref), statusOf(required, family, false)
		found = append(found, o)
	}
	return found, rows.Err()
}

func statusOf(required, family, transit bool) string {
	switch {
	case family:
		return "family_member"
	case transit:
		return "transit"
	case required:
		return "visa_required"
	}
	return "visa_exempt"
}

func issuerOf(visa *string) (string, error) {
	var v *VisaOnRecord
	if err := unmarshal(visa, &v); err != nil || v == nil {
		return "", err
	}
	return string(v.Issuer), nil
}

// place fills in what the crossing point says.
func (c *Cell) place(bcp string) {
	c.CrossingPoint = bcp
	if point, err := person.ParseCrossingPoint(bcp); err == nil {
		c.Border, c.State = string(point.Kind), string(point.State)
	}
}

// countDaily makes events anonymous and adds them to the set.
func countDaily(p access.Pass, tx *db.Tx, events []occurrence) error {
	var refs []cir.RecordRef
	for _, o := range events {
		refs = append(refs, cir.RecordRef(o.ref))
	}
	profiles, err := cir.Profiles(p, cir.EES, refs)
	if err != nil {
		return err
	}
	counts := map[Cell]int{}
	var order []Cell
	for _, o := range events {
		profile := profiles[cir.RecordRef(o.ref)]
		c := o.cell
		c.Nationality, c.Sex, c.BirthYear = string(profile.Nationality), string(profile.Sex), profile.BirthYear
		c.DocumentType, c.DocumentIssuer = string(profile.DocumentType), string(profile.DocumentIssuer)
		if counts[c] == 0 {
			order = append(order, c)
		}
		counts[c]++
	}
	for _, c := range order {
		digest, err := c.digest()
		if err != nil {
			return err
		}
		tx.Later(`INSERT INTO ees_daily (`+dailyColumns+`) VALUES (`+marks(dailyColumns)+`)
			ON CONFLICT (day, cell) DO UPDATE SET n = ees_daily.n + excluded.n`,
			c.Day, digest, c.Event, c.State, c.CrossingPoint, c.Border, c.Status, c.Nationality, c.Sex, c.BirthYear, c.DocumentType, c.DocumentIssuer,
			c.VisaIssuer, c.Fingerprints, c.Reason, c.EntryOn, c.EntryPoint, c.StayDays, c.OverDays, counts[c])
	}
	return nil
}

// daysTouched lists the days of a record that a change concerns, as the daily
// sets see it: those of an end that is otherwise now, and of an overstay.
func daysTouched(was, now *record) []law.Date {
	var days []law.Date
	both := func(a, b law.Date) { days = append(days, a, b) }
	none := record{}
	if was == nil {
		was = &none
	}
	if now == nil {
		now = &none
	}
	if was.Entry != now.Entry || was.FamilyMember != now.FamilyMember {
		both(was.Entry.On, now.Entry.On)
	}
	if was.Exit != now.Exit || was.StayEnd != now.StayEnd || was.Entry != now.Entry {
		both(was.Exit.On, now.Exit.On)
	}
	if was.OverstayFrom != now.OverstayFrom {
		both(was.OverstayFrom, now.OverstayFrom)
	}
	return days
}

// tellDaily marks the days that a change concerns and that are over: their sets
// are made again, as long as they are not closed.
func tellDaily(tx *db.Tx, was, now *record) error {
	return tellDays(tx, daysTouched(was, now)...)
}

// tellDays marks days that are over, as long as their sets are not closed.
func tellDays(tx *db.Tx, days ...law.Date) error {
	today := law.DateIn(tx.Now(), time.UTC)
	closes, err := dailySetCloses.On(max(today, law.EESStart()))
	if err != nil {
		return err
	}
	for _, day := range days {
		if day != 0 && day < today && day >= today-law.Date(closes) {
			tx.Later(`INSERT INTO ees_daily_due (day) VALUES ($1) ON CONFLICT (day) DO NOTHING`, day)
		}
	}
	return nil
}
