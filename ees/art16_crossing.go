package ees

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"limen/access"
	"limen/law"
	"limen/person"
)

// CrossingRequest is the guard's decision to let a traveller cross.
type CrossingRequest struct {
	CheckID    string      `json:"check_id" minLength:"1" maxLength:"80" doc:"The check that this decides."`
	File       string      `json:"file,omitempty" maxLength:"40" doc:"Where the check shows candidates: the reference of the traveller's file, or new."`
	Biometrics *Biometrics `json:"biometrics,omitempty" doc:"What became of the biometrics since the check."`
	Holds      string      `json:"entry_holds,omitempty" enum:"record,stamp" doc:"At exit, where record and stamp of an entry differ and the check leaves it to you (2025/1534 art 5(3)): which of them holds."`
	Despite    string      `json:"despite,omitempty" maxLength:"500" doc:"Why the traveller is admitted although the check proposes refusal (2016/399 art 6(5))."`
	Confirmed  *Confirmed  `json:"confirmed,omitempty" doc:"What the guard verified of a pre-enrolment that the check takes over (2016/399 art 8a(4))."`
}

// RecordCrossing records the entry or exit that the guard decided on (arts 14,
// 16, 17). It judges the stay anew, on the register as it stands now.
func (r *Register) RecordCrossing(p access.Pass, req CrossingRequest) (RecordView, error) {
	d, err := r.decide(p, req.CheckID)
	if err != nil {
		return RecordView{}, err
	}
	if req.Biometrics != nil {
		if err := req.Biometrics.sound(); err != nil {
			return RecordView{}, err
		}
		d.kept.Biometrics = req.Biometrics.over(d.kept.Biometrics)
	}
	return r.record(d, req)
}

// record records a crossing that was decided on.
func (r *Register) record(d *deciding, req CrossingRequest) (RecordView, error) {
	if err := d.confirmKiosk(req.Confirmed); err != nil {
		return RecordView{}, err
	}
	if d.kept.Direction == Entry {
		if d.kept.Biometrics.refused() && req.Despite == "" {
			return RecordView{}, law.BadField("biometrics", "biometrics_refused", "2017/2226 art 18(5)",
				"A traveller who refuses to give biometrics is refused entry on ground J.")
		}
		if err := d.against(d.kept.Proposal, d.kept.Letters, req.Despite); err != nil {
			return RecordView{}, err
		}
	}
	if d.kept.File != nil && d.kept.NewDocument {
		if err := faceForNewDocument(&d.kept); err != nil {
			return RecordView{}, err
		}
	}
	if err := r.settle(d, req.File); err != nil {
		return RecordView{}, err
	}
	var done record
	var err error
	if d.kept.Direction == Entry {
		done, err = d.enter(req.Despite)
	} else {
		done, err = d.leave(req.Holds)
	}
	if err != nil {
		return RecordView{}, err
	}
	if err := d.write(); err != nil {
		return RecordView{}, err
	}
	d.finish(string(d.kept.Direction), done.N)
	return done.view(d.kept.On), d.pass.Send(access.EntryRecords, access.StayResult)
}

// against refuses to record an entry that the findings speak against, unless
// the guard says why it is admitted (2016/399 art 6(5)).
func (d *deciding) against(proposal Proposal, letters []RefusalReason, despite string) error {
	if proposal != Refuse || len(strings.TrimSpace(despite)) >= shortestWhy {
		return nil
	}
	return law.BadField("despite", "admission_against_findings", "2016/399 art 6(5)",
		"The findings propose refusal. To admit all the same, say why (humanitarian grounds, national interest, international obligations); to refuse, record a refusal of entry.",
		"proposed_reasons", joinLetters(letters))
}

// shortestWhy is the length of the shortest reason for admitting somebody
// against the findings that says anything.
const shortestWhy = 5

// enter opens a new entry/exit record. An entry still open is never
// overwritten: its record ends without exit, and the presumption of art 20
// applies to it.
func (d *deciding) enter(despite string) (record, error) {
	k := d.known
	if err := d.notTwice(); err != nil {
		return record{}, err
	}
	rec := record{Ref: k.file.Ref, N: k.nextRecord(), Entry: d.where, FamilyMember: d.kept.Family || k.file.FamilyMember,
		Origin: d.kept.Origin, Responsible: d.responsible(), Stamps: d.kept.Stamps, Partial: law.PartialState(string(d.point.State), d.where.On)}
	rec.Visa = d.kept.visaUsed()
	rec.Transit, rec.TransitDocument, rec.Etias = d.kept.Transit != nil, d.kept.Transit, d.kept.Etias
	var err error
	if rec.Incomplete, err = madeInProgressivePeriod(d.where.On); err != nil {
		return record{}, err
	}
	at := k.put(rec)
	if err := k.judgeFrom(at-1, d.tx.Now()); err != nil {
		return record{}, err
	}
	made := k.numbered(rec.N)
	letters := d.kept.Letters
	if d.kept.File == nil && !d.isNew && made.StayEnd < d.where.On && made.StayEnd != 0 {
		// The check could not weigh the stay of a file that the guard named
		// only now.
		letters = append(letters, "F")
		exhausted, err := d.entriesExhausted()
		if err != nil {
			return record{}, err
		}
		if exhausted {
			letters = append(letters, "C")
		}
		if err := d.against(Refuse, letters, despite); err != nil {
			return record{}, err
		}
	}
	if despite != "" {
		made.Despite, made.Against = strings.TrimSpace(despite), joinLetters(letters)
	}
	return *made, nil
}

// entriesExhausted tells whether the visa had no entry left for this one.
func (d *deciding) entriesExhausted() (bool, error) {
	past := known{file: d.known.file, records: d.known.before}
	a, err := Calculate(past.entryQuestion(intendedStay{on: d.where.On, visa: d.kept.visaUsed(), family: d.kept.Family, stamps: d.kept.Stamps}))
	return a.EntriesExhausted, err
}

// leave closes the record of the stay; where there is none it records the exit
// alone, with the presumption of art 20.
func (d *deciding) leave(holds string) (record, error) {
	k := d.known
	if err := d.notTwice(); err != nil {
		return record{}, err
	}
	stamp := k.entryByStamp(d.kept.Stamps, d.where)
	if day, err := stamp.holding(holds); err != nil {
		return record{}, err
	} else if day != 0 {
		return d.leaveByStamp(stamp)
	} else if stamp.day != 0 {
		d.kept.Stamps = stamp.rest // the record holds, and the stamp shows no other stay
	}
	i := k.openAt(d.where)
	if last := k.last(); i < 0 && d.kept.Origin == Online && last != nil && last.hasEntry() && last.open() {
		return record{}, law.BadField("at", "exit_before_entry", "2017/2226 art 16(3)",
			fmt.Sprintf("The exit lies before the entry of %s at %s. Check the moment; if it is told late from a buffer, say so.", last.Entry.At.Format(time.RFC3339), last.Entry.BCP),
			"entry", last.Entry.At.Format(time.RFC3339), "exit", d.where.At.Format(time.RFC3339))
	}
	if i < 0 {
		return d.exitAlone()
	}
	r := &k.records[i]
	r.Exit, r.ExitOrigin, r.EndedOn = d.where, d.kept.Origin, 0
	if v := d.kept.visaUsed(); v != nil && (r.Visa == nil || v.key() != r.Visa.key()) {
		r.ExitVisa = v
	}
	r.Stamps = mergeStamps(r.Stamps, d.kept.Stamps)
	return *r, k.judgeFrom(i, d.tx.Now())
}

// exitAlone records an exit that closes no stay as it is recorded now: nothing
// was recorded before it, or the stay has another exit. The exit is put where it
// belongs among the others.
func (d *deciding) exitAlone() (record, error) {
	k := d.known
	incomplete, err := madeInProgressivePeriod(d.where.On)
	if err != nil {
		return record{}, err
	}
	n := k.nextRecord()
	at := k.put(record{Ref: k.file.Ref, N: n, Exit: d.where, ExitVisa: d.kept.visaUsed(), FamilyMember: d.kept.Family || k.file.FamilyMember,
		Origin: d.kept.Origin, ExitOrigin: d.kept.Origin, Incomplete: incomplete, Responsible: d.responsible()})
	if err := k.judgeFrom(at-1, d.tx.Now()); err != nil {
		return record{}, err
	}
	for i := range k.records {
		if k.records[i].Exit == d.where {
			return k.records[i], nil
		}
	}
	return record{}, fmt.Errorf("ees: the exit at %s was lost among the records of %s", d.where.At, k.file.Ref)
}

// mergeStamps keeps the stamps shown at entry beside those shown at exit.
func mergeStamps(before, now []StampInput) []StampInput {
	all := slices.Clone(before)
	for _, s := range now {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// responsible is the state of the authority that enters the data.
func (d *deciding) responsible() person.State {
	return person.State(d.pass.Principal().Authority.State)
}

// place names where an event was recorded: a crossing point, or an authority.
func (e event) place() string { return cmp.Or(e.BCP, e.Authority) }

// put adds a record and brings all of them into the order of time. It returns
// the place from which something may have changed.
func (k *known) put(rec record) int {
	last := k.last()
	k.records = append(k.records, rec)
	if last != nil && !last.latest().Before(rec.began()) || !rec.hasEntry() {
		k.records = inOrder(k.records, k.nextRecord)
		return 0
	}
	if last != nil && last.open() {
		last.EndedOn = rec.Entry.On
		k.records[len(k.records)-2] = *last
	}
	return len(k.records) - 1
}

// latest is the instant of the last event of the record.
func (r *record) latest() time.Time {
	if r.Exit.On != 0 {
		return r.Exit.when()
	}
	return r.began()
}

// nextRecord is a number that no record of the file has or had.
func (k *known) nextRecord() int {
	n := 0
	for _, records := range [][]record{k.before, k.records} {
		for i := range records {
			n = max(n, records[i].N)
		}
	}
	return n + 1
}

// numbered returns the record with this number; nil when there is none.
func (k *known) numbered(n int) *record {
	for i := range k.records {
		if k.records[i].N == n {
			return &k.records[i]
		}
	}
	return nil
}

// openAt is the place of the record that an exit closes: the last to have begun
// before it, when it has no exit and no other record begins in between; -1 when
// there is none. An exit on the day of an entry that is known by its day alone
// comes after it.
func (k *known) openAt(exit event) int {
	for i := len(k.records) - 1; i >= 0; i-- {
		r := &k.records[i]
		if r.began().After(exit.At) {
			continue
		}
		if r.hasEntry() && r.Exit.On == 0 {
			return i
		}
		return -1
	}
	return -1
}

// notTwice refuses one crossing told twice. Somebody who crossed the other way
// in between has crossed again.
func (d *deciding) notTwice() error {
	records := d.known.records
	for i := range records {
		before, what := records[i].Entry, "entry"
		if d.kept.Direction == Exit {
			before, what = records[i].Exit, "exit"
		}
		same, err := sameCrossing(before, d.where)
		if err != nil {
			return err
		}
		if same && !d.crossedBetween(before.At, d.where.At) {
			return law.Refuse(law.Conflict, "crossing_already_recorded", "2017/2226 art 16(2)",
				fmt.Sprintf("The %s of this traveller was recorded here at %s. Nothing is recorded twice.", what, before.At.Format(time.RFC3339)),
				what, before.At.Format(time.RFC3339))
		}
	}
	return nil
}

// crossedBetween tells whether a crossing the other way is recorded between two
// moments.
func (d *deciding) crossedBetween(a, b time.Time) bool {
	if b.Before(a) {
		a, b = b, a
	}
	return slices.ContainsFunc(d.known.records, func(r record) bool {
		other := r.Exit.At
		if d.kept.Direction == Exit {
			other = r.Entry.At
		}
		return other.After(a) && other.Before(b)
	})
}

// sameCrossing tells whether two events in one direction are one crossing told
// twice: at the same crossing point within a short time.
func sameCrossing(before, now event) (bool, error) {
	if before.At.IsZero() || before.BCP != now.BCP {
		return false, nil
	}
	window, err := sameCrossingWindow.On(now.On)
	gap := now.At.Sub(before.At)
	return gap < window && gap > -window, err
}

func (k *known) last() *record {
	if len(k.records) == 0 {
		return nil
	}
	return &k.records[len(k.records)-1]
}
