package ees

import (
	"fmt"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/interop/cir"
	"limen/law"
	"limen/person"
)

// The amendments of a correction.
const (
	Corrected       AmendmentKind = "corrected"
	RefusalAnnulled AmendmentKind = "refusal_annulled"
)

const citeCorrect law.Citation = "2017/2226 art 35(1)"

// CorrectionRequest corrects what is recorded of one person.
type CorrectionRequest struct {
	File    FileRef      `json:"file" minLength:"1" maxLength:"40" doc:"Individual reference number."`
	Changes []Correction `json:"changes" minItems:"1" maxItems:"50" nullable:"false" doc:"What is corrected, field by field."`
	Why     string       `json:"why" minLength:"5" maxLength:"500" doc:"The evidence, or the decision on an appeal."`
	// Evidence is what lets another state than the responsible one correct.
	WithoutConsulting bool   `json:"without_consulting,omitempty" doc:"Another state than the one responsible: the data could be checked without asking it (2017/2226 art 35(2)). Else open a case of correction."`
	VisaChecked       bool   `json:"visa_checked,omitempty" doc:"For visa data: the Visa Information System was checked first by other means (2017/2226 art 35(3))."`
	Case              string `json:"case_id,omitempty" maxLength:"40" doc:"The case that this correction belongs to, if there is one."`
}

// Correction is one field, with what must stand there now.
type Correction struct {
	Of    string `json:"of" enum:"identity,document,record,refusal" doc:"What it is a field of."`
	N     int    `json:"n" minimum:"1" doc:"Which of them: its place in the file's list for an identity or a document, from 1; its number for a record or a refusal."`
	Field string `json:"field" maxLength:"40" doc:"identity: surname, first_names, birth_date, sex, nationalities. document: type, number, issuer, expiry. record: entry_at, entry_crossing_point, exit_at, exit_crossing_point, family_member, visa_number, visa_issuer, visa_type, visa_valid_from, visa_valid_until, visa_days, visa_entries. refusal: refused_at, crossing_point, reasons, annulled."`
	Old   string `json:"old" maxLength:"400" doc:"What stands there, as the file shows it; the correction is refused when something else does. Lists are separated by spaces, instants are RFC 3339."`
	New   string `json:"new" maxLength:"400" doc:"What is right."`
}

// CorrectionView tells what a correction did.
type CorrectionView struct {
	File        FileRef      `json:"file"`
	Version     int64        `json:"version"`
	State       person.State `json:"responsible_for_correction" doc:"The state that corrected, and answers for the correction from now on (2017/2226 art 35)."`
	Differences []Difference `json:"differences" nullable:"false" doc:"What the calculator says otherwise now."`
	Revisit     []Revisit    `json:"revisit" nullable:"false" doc:"Decisions taken on what was wrong that would be others now. Nothing changes them by itself: look at each."`
}

// Revisit is a decision at the border that would be another on the corrected
// history.
type Revisit struct {
	Decision string     `json:"decision" doc:"The record or the refusal."`
	On       law.Date   `json:"on" format:"date"`
	Was      string     `json:"was" enum:"refused,admitted"`
	Reason   law.Reason `json:"reason"`
}

// Correct puts right what is recorded of a person (art 35(1)-(3)): names,
// documents, crossings, refusals, visas, one field after the other, each with
// what stood there before. Every stay is judged anew, and every decision that
// rested on what was wrong is listed.
//
// The state that entered the data corrects them. Another one does where it can
// check them without asking, and says so; else it opens a case.
func (r *Register) Correct(p access.Pass, req CorrectionRequest, version int64) (CorrectionView, error) {
	tx, err := p.Tx()
	if err != nil {
		return CorrectionView{}, err
	}
	if len(strings.TrimSpace(req.Why)) < shortestWhy {
		return CorrectionView{}, law.BadField("why", "reason_missing", citeCorrect, "Say by what evidence the data are wrong.")
	}
	a, err := r.amend(p, req.File, version)
	if err != nil {
		return CorrectionView{}, err
	}
	c := correcting{register: r, pass: p, tx: tx, req: req, a: a, before: a.known.sameHistory()}
	if c.refusals, err = refusalRows(tx, req.File); err != nil {
		return CorrectionView{}, err
	}
	was, err := c.outcomes(c.before)
	if err != nil {
		return CorrectionView{}, err
	}
	for i := range req.Changes {
		if err := c.change(i); err != nil {
			return CorrectionView{}, err
		}
	}
	if err := c.sound(); err != nil {
		return CorrectionView{}, err
	}
	if err := c.write(); err != nil {
		return CorrectionView{}, err
	}
	v := CorrectionView{File: req.File, State: person.State(p.Principal().Authority.State)}
	if v.Differences, err = a.commit(); err != nil {
		return CorrectionView{}, err
	}
	now, err := c.outcomes(a.known)
	if err != nil {
		return CorrectionView{}, err
	}
	v.Revisit, v.Version = revisits(was, now), a.known.file.Version
	return v, p.Send(access.EntryRecords, access.RefusalRecords)
}

// correcting is a correction under way.
type correcting struct {
	register *Register
	pass     access.Pass
	tx       *db.Tx
	req      CorrectionRequest
	a        *amending
	before   *known
	refusals []refusalRow
	touched  map[int]bool
	ids      map[int]cir.Identity    // corrected, by place
	docs     map[int]person.Document // corrected, by place
	visas    map[int]bool            // records whose visa was corrected
}

// sameHistory is a copy of a file for what-if questions.
func (k *known) sameHistory() *known {
	return &known{file: k.file, data: k.data, records: append([]record(nil), k.records...)}
}

// change carries out the i-th correction.
func (c *correcting) change(i int) error {
	ch := c.req.Changes[i]
	place := fmt.Sprintf("changes[%d]", i)
	get, set, responsible, err := c.field(ch)
	if err != nil {
		return under(place, err)
	}
	if err := c.mayCorrect(responsible); err != nil {
		return under(place, err)
	}
	old, note := get(), amendment{kind: Corrected, cite: citeCorrect, note: strings.TrimSpace(c.req.Why)}
	switch {
	case old != ch.Old:
		return law.Refuse(law.Conflict, "other_value_stands_there", citeCorrect,
			"Something else stands in this field than you were shown: it may have been corrected already. Read the file again.",
			"field", ch.Of+"."+ch.Field, "n", fmt.Sprint(ch.N))
	case ch.New == ch.Old:
		return law.BadField(place+".new", "nothing_to_correct", citeCorrect, "The new value is the old one.")
	}
	if err := set(strings.TrimSpace(ch.New)); err != nil {
		return at(place+".new", err)
	}
	body := map[string]string{"of": ch.Of, "field": ch.Field, "n": fmt.Sprint(ch.N), "old": ch.Old, "new": ch.New}
	switch ch.Of {
	case "record":
		note.record = ch.N
	case "refusal":
		note.refusal = ch.N
		if ch.Field == "annulled" {
			// What a court set aside is not kept under another name.
			note.kind, note.cite, body = RefusalAnnulled, "2016/399 art 14(3)", map[string]string{"n": fmt.Sprint(ch.N)}
		}
	}
	if c.req.Case != "" {
		body["case"] = c.req.Case
	}
	note.body = body
	c.a.did(note)
	return nil
}

// mayCorrect holds art 35(1) and (2): the state that entered the data, or
// another one that could check them without asking.
func (c *correcting) mayCorrect(responsible person.State) error {
	own := person.State(c.pass.Principal().Authority.State)
	if responsible == own || responsible == "" || c.req.WithoutConsulting {
		return nil
	}
	return law.Refuse(law.NotPermitted, "other_state_responsible", "2017/2226 art 35(2)",
		fmt.Sprintf("%s entered these data. Correct them only if you could check them without asking it, and say so; else open a case of correction, which contacts it.", responsible.Name()),
		"responsible", string(responsible))
}

// field finds a field, its present value as text, how it is set, and the state
// that entered it.
func (c *correcting) field(ch Correction) (get func() string, set func(string) error, responsible person.State, err error) {
	k := c.a.known
	switch ch.Of {
	case "identity":
		if ch.N > len(k.data.Identities) {
			return nil, nil, "", noSuchField("n")
		}
		get, set = c.identityField(ch)
		responsible = k.file.Responsible
	case "document":
		if ch.N > len(k.data.Documents) {
			return nil, nil, "", noSuchField("n")
		}
		get, set = c.documentField(ch)
		responsible = k.file.Responsible
	case "record":
		rec, err := c.a.record(ch.N)
		if err != nil {
			return nil, nil, "", err
		}
		get, set = c.recordField(rec, ch)
		responsible = rec.Responsible
	case "refusal":
		for i := range c.refusals {
			if c.refusals[i].N == ch.N {
				get, set = c.refusalField(&c.refusals[i], ch)
				responsible = person.State(c.refusals[i].Responsible)
			}
		}
	}
	if get == nil {
		return nil, nil, "", noSuchField("field")
	}
	return get, set, responsible, nil
}

func noSuchField(member string) *law.Refusal {
	return law.BadField(member, "no_such_field", citeCorrect, "There is no such field to correct. Read the file again, and name the field as the description of this operation does.")
}

// sound refuses what no correction can make: two identical documents, an exit
// before its entry, an event in the future.
func (c *correcting) sound() error {
	for i := range c.a.known.records {
		r := &c.a.known.records[i]
		for _, e := range []event{r.Entry, r.Exit} {
			if e.At.After(c.a.now) || e.On > c.a.today+1 {
				return law.BadField("changes", "date_in_the_future", citeCorrect, "A crossing cannot lie in the future.", "record", recordID(r.Ref, r.N))
			}
		}
		if r.hasEntry() && r.Exit.On != 0 && r.Exit.when().Before(r.began()) {
			return law.BadField("changes", "exit_before_entry", citeCorrect, "The exit would lie before the entry. Correct both.", "record", recordID(r.Ref, r.N))
		}
		for _, v := range []*VisaOnRecord{r.Visa} {
			if c.visas[r.N] && v.ValidTo < v.ValidFrom {
				return law.BadField("changes", "visa_ends_before_it_begins", citeCorrect, "The visa's last day would lie before its first. Correct both.", "record", recordID(r.Ref, r.N))
			}
		}
		if c.visas[r.N] {
			if err := c.askVIS(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// askVIS checks corrected visa data in the Visa Information System first (art
// 35(3)): what that holds is corrected there.
func (c *correcting) askVIS(r *record) error {
	const cite = "2017/2226 art 35(3)"
	if c.register.Visas == nil {
		if c.req.VisaChecked {
			return nil
		}
		return law.BadField("visa_checked", "visa_not_checked", cite,
			"Visa data are checked in the Visa Information System first, which is not connected here. Check there and say so.")
	}
	v, found, err := c.register.Visas.VisaBySticker(c.tx.Context(), c.pass, r.Visa.Sticker, r.Visa.Issuer)
	switch {
	case err != nil:
		return err
	case !found:
		return law.Refuse(law.NotPermitted, "visa_not_found", cite, "The Visa Information System has no visa with this number and issuer. Correct the data there first, or look at the sticker again.")
	case v.ValidFrom != r.Visa.ValidFrom || v.ValidTo != r.Visa.ValidTo || v.Type != r.Visa.Type ||
		r.Visa.Days != 0 && (v.Days != r.Visa.Days || v.Entries != r.Visa.Entries):
		return law.Refuse(law.NotPermitted, "visa_recorded_otherwise", cite,
			"The Visa Information System says otherwise. If it is wrong, it is corrected there first; if it is right, correct to what it says.")
	}
	return nil
}

// write stores what was corrected outside the records, which commit stores.
func (c *correcting) write() error {
	ref, k := cir.RecordRef(c.req.File), c.a.known
	for n, id := range c.ids {
		if err := cir.CorrectIdentity(c.pass, ref, cir.EES, n, id); err != nil {
			return err
		}
	}
	for n, doc := range c.docs {
		if err := cir.CorrectDocument(c.pass, ref, cir.EES, n, doc); err != nil {
			return err
		}
	}
	k.file.RefusedFirst, k.file.RefusedLast = 0, 0
	for i := range c.refusals {
		row := &c.refusals[i]
		if row.N < 0 {
			c.tx.Later(`DELETE FROM ees_refusal WHERE ref = $1 AND n = $2`, string(k.file.Ref), -row.N)
			continue
		}
		if c.touched[row.N] {
			row.update(c.tx, k.file.Ref)
		}
		if k.file.RefusedFirst == 0 || row.On < k.file.RefusedFirst {
			k.file.RefusedFirst = row.On
		}
		k.file.RefusedLast = max(k.file.RefusedLast, row.On)
	}
	inTime(k.records)
	k.records = inOrder(k.records, k.nextRecord)
	k.file.LastEventOn = k.file.RefusedLast
	if len(k.records) == 0 && k.file.RefusedLast == 0 {
		// Nothing is left that the file could be kept for.
		k.file.EraseBy, k.file.LastEventOn = c.a.today, c.a.today
	}
	return nil
}

// outcome is what a decision would be on a history.
type outcome struct {
	Revisit
	possible bool // the entry would have had a day of stay, and an entry on the visa
}

// outcomes judges every entry and every refusal for lack of days (ground F) on
// the history of that moment.
func (c *correcting) outcomes(k *known) ([]outcome, error) {
	var all []outcome
	ask := func(on law.Date, at time.Time, visa *VisaOnRecord, family bool) (bool, judgement, error) {
		past := known{file: k.file}
		for i := range k.records {
			if k.records[i].began().Before(at) {
				r := k.records[i]
				if r.Exit.On != 0 && r.Exit.when().After(at) {
					r.Exit, r.EndedOn = event{}, on
				}
				past.records = append(past.records, r)
			}
		}
		j, err := judgeEntry(&past, intendedStay{on: on, visa: visa, family: family})
		return family || j.answer.End >= on && !j.answer.EntriesExhausted, j, err
	}
	add := func(id string, on law.Date, was string, possible bool, j judgement) {
		o := outcome{Revisit{Decision: id, On: on, Was: was}, possible}
		o.Reason = law.Reason{Code: "entry_possible_then", Cite: "2016/399 art 6(1)", Facts: law.Facts("days_used", fmt.Sprint(j.answer.DaysUsed), "days", fmt.Sprint(j.answer.Remaining)),
			Message: "On what is recorded now, days of stay were left on that day: the refusal for lack of them rested on wrong data. Tell the person."}
		if !possible {
			o.Reason = law.Reason{Code: "entry_not_possible_then", Cite: "2016/399 art 6(1)", Facts: law.Facts("days_used", fmt.Sprint(j.answer.DaysUsed)),
				Message: "On what is recorded now, no day of stay or no entry on the visa was left on that day. It is no fault of the person's: the authority admitted on what it was shown."}
		}
		all = append(all, o)
	}
	for i := range k.records {
		r := &k.records[i]
		if !r.hasEntry() || r.StartOfStay || r.Transit || r.Despite != "" {
			continue
		}
		possible, j, err := ask(r.Entry.On, r.began(), r.Visa, r.FamilyMember)
		if err != nil {
			return nil, err
		}
		add(recordID(r.Ref, r.N), r.Entry.On, "admitted", possible, j)
	}
	for i := range c.refusals {
		row := &c.refusals[i]
		if row.N < 0 || !strings.Contains(" "+row.Reasons+" ", " F ") {
			continue
		}
		visa, err := visaFrom(row.Visa)
		if err != nil {
			return nil, err
		}
		possible, j, err := ask(row.On, time.UnixMicro(row.At).UTC(), visa, k.file.FamilyMember)
		if err != nil {
			return nil, err
		}
		add(refusalID(k.file.Ref, row.N), row.On, "refused", possible, j)
	}
	return all, nil
}

// revisits lists the decisions that agreed with what was recorded before and do
// not with what is recorded now.
func revisits(was, now []outcome) []Revisit {
	list := []Revisit{}
	before := map[string]bool{}
	for _, o := range was {
		before[o.Decision] = o.possible
	}
	for _, o := range now {
		if then, known := before[o.Decision]; known && then != o.possible && o.possible == (o.Was == "refused") {
			list = append(list, o.Revisit)
		}
	}
	return list
}
