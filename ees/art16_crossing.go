package ees

import (
	"fmt"
	"strings"
	"time"

	"limen/access"
	"limen/law"
)

// CrossingRequest is the guard's decision to let a traveller cross.
type CrossingRequest struct {
	CheckID    string      `json:"check_id" minLength:"1" maxLength:"80" doc:"The check that this decides."`
	File       string      `json:"file,omitempty" maxLength:"40" doc:"Where the check shows candidates: the reference of the traveller's file, or new."`
	Biometrics *Biometrics `json:"biometrics,omitempty" doc:"What became of the biometrics since the check."`
	Despite    string      `json:"despite,omitempty" maxLength:"500" doc:"Why the traveller is admitted although the check proposes refusal (2016/399 art 6(5))."`
}

// RecordCrossing records the entry or exit that the guard decided on (arts 14,
// 16, 17). It judges the stay anew, on the register as it stands now.
func (r *Register) RecordCrossing(p access.Pass, req CrossingRequest) (RecordView, error) {
	d, err := r.decide(p, req.CheckID)
	if err != nil {
		return RecordView{}, err
	}
	if req.Biometrics != nil {
		d.kept.Biometrics = req.Biometrics
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
	if d.kept.Direction == Entry {
		done, err = d.enter(req.Despite)
	} else {
		done, err = d.leave()
	}
	if err != nil {
		return RecordView{}, err
	}
	d.finish(string(d.kept.Direction), done.N)
	return done.view(d.kept.On), p.Send(access.EntryRecords, access.StayResult)
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
	if open := k.openStay(); open != nil {
		if err := d.notTwice(open.Entry, "entry"); err != nil {
			return record{}, err
		}
		if d.where.At.Before(open.Entry.At) {
			return record{}, law.Refuse(law.Conflict, "out_of_order", "2017/2226 art 21(1)",
				"A later entry is already recorded. Put the records in order in second line.", "recorded", open.Entry.At.Format(time.RFC3339))
		}
		open.EndedOn = d.where.On
		if open.StayEnd != 0 && d.where.On > open.StayEnd {
			open.Overstay, open.OverstayFrom = Exceeded, open.StayEnd+1
		}
		if err := updateRecord(d.tx, *open); err != nil {
			return record{}, err
		}
	}
	if last := k.last(); last != nil && !last.Exit.At.IsZero() && d.where.At.Before(last.Exit.At) {
		return record{}, law.Refuse(law.Conflict, "out_of_order", "2017/2226 art 21(1)",
			"A later exit is already recorded. Put the records in order in second line.", "recorded", last.Exit.At.Format(time.RFC3339))
	}
	rec := record{Ref: k.file.Ref, N: len(k.records) + 1, Entry: d.where, FamilyMember: d.kept.Family || k.file.FamilyMember,
		Origin: d.kept.Origin}
	answer, err := Calculate(entryQuestion(k.records, intendedStay{on: d.where.On, visa: d.kept.visaUsed(), family: rec.FamilyMember, stamps: d.kept.Stamps}))
	if err != nil {
		return record{}, err
	}
	if answer.Rule != RuleFamilyMember {
		rec.StayEnd = max(answer.End, d.where.On-1)
	}
	letters := d.kept.Letters
	if d.kept.File == nil && !d.isNew && rec.StayEnd < d.where.On && rec.StayEnd != 0 {
		// The check could not weigh the stay of a file that the guard named
		// only now.
		letters = append(letters, "F")
		if answer.EntriesExhausted {
			letters = append(letters, "C")
		}
		if err := d.against(Refuse, letters, despite); err != nil {
			return record{}, err
		}
	}
	if despite != "" {
		rec.Despite, rec.Against = strings.TrimSpace(despite), joinLetters(letters)
	}
	if v := d.kept.visaUsed(); v != nil {
		used := *v.onlyFirst(k.records)
		used.StayEnd = answer.VisaEnd
		rec.Visa = &used
	}
	if rec.Incomplete, err = madeInProgressivePeriod(d.where.On); err != nil {
		return record{}, err
	}
	return rec, insertRecord(d.tx, rec)
}

// leave closes the open record; where there is none it records the exit alone,
// with the presumption of art 20.
func (d *deciding) leave() (record, error) {
	k := d.known
	open := k.openStay()
	if open == nil {
		if last := k.last(); last != nil {
			if err := d.notTwice(last.Exit, "exit"); err != nil {
				return record{}, err
			}
		}
		incomplete, err := madeInProgressivePeriod(d.where.On)
		if err != nil {
			return record{}, err
		}
		rec := record{Ref: k.file.Ref, N: len(k.records) + 1, Exit: d.where, FamilyMember: d.kept.Family || k.file.FamilyMember,
			Origin: d.kept.Origin, Incomplete: incomplete}
		return rec, insertRecord(d.tx, rec)
	}
	if d.where.At.Before(open.Entry.At) || d.where.On < open.Entry.On {
		if late, ok, err := d.lateExit(); ok || err != nil {
			return late, err
		}
		return record{}, law.BadField("at", "exit_before_entry", "2017/2226 art 16(3)",
			fmt.Sprintf("The exit lies before the entry of %s at %s. Check the moment.", open.Entry.At.Format(time.RFC3339), open.Entry.BCP),
			"entry", open.Entry.At.Format(time.RFC3339), "exit", d.where.At.Format(time.RFC3339))
	}
	answer, err := Calculate(presenceQuestion(k.records, d.where.On, d.kept.visaUsed(), d.kept.Stamps))
	if err != nil {
		return record{}, err
	}
	open.Exit = d.where
	if !open.FamilyMember && answer.End != 0 {
		open.StayEnd = answer.End
	}
	if v := d.kept.visaUsed(); v != nil && (open.Visa == nil || v.key() != open.Visa.key()) {
		used := *v.onlyFirst(k.records)
		used.StayEnd = answer.VisaEnd
		open.ExitVisa = &used
	}
	if open.Overstay, open.OverstayFrom = "", 0; !open.FamilyMember && answer.OverstayDays > 0 {
		open.Overstay, open.OverstayFrom = Exceeded, answer.End+1
	}
	return *open, updateRecord(d.tx, *open)
}

// lateExit closes a stay that a later entry ended without exit, when the exit is
// told after that entry: data kept in a buffer come in their own order (art
// 21(1), EES-041). What rested on the presumption is judged anew.
func (d *deciding) lateExit() (record, bool, error) {
	for i := range d.known.records {
		r := &d.known.records[i]
		if r.EndedOn == 0 || !r.Exit.At.IsZero() || d.where.At.Before(r.Entry.At) || d.where.On > r.EndedOn ||
			i+1 < len(d.known.records) && d.where.At.After(d.known.records[i+1].Entry.At) {
			continue
		}
		r.EndedOn = 0
		answer, err := Calculate(presenceQuestion(d.known.records[:i+1], d.where.On, nil, d.kept.Stamps))
		if err != nil {
			return record{}, false, err
		}
		r.Exit, r.Overstay, r.OverstayFrom = d.where, "", 0
		if !r.FamilyMember && answer.OverstayDays > 0 {
			r.Overstay, r.OverstayFrom = Exceeded, answer.End+1
		}
		if err := updateRecord(d.tx, *r); err != nil {
			return record{}, false, err
		}
		return *r, true, d.judgeAnew(i + 1)
	}
	return record{}, false, nil
}

// judgeAnew recomputes the authorised stays from the n-th record on.
func (d *deciding) judgeAnew(n int) error {
	for i := n; i < len(d.known.records); i++ {
		r := &d.known.records[i]
		if r.FamilyMember || r.Entry.On == 0 {
			continue
		}
		until := r.Exit.On
		if until == 0 {
			until = r.Entry.On
		}
		answer, err := Calculate(presenceQuestion(d.known.records[:i+1], until, r.ExitVisa, nil))
		if err != nil {
			return err
		}
		r.StayEnd = answer.End
		if r.Overstay = ""; r.Exit.On > answer.End && answer.End != 0 {
			r.Overstay = Exceeded
		}
		if r.OverstayFrom = 0; r.Overstay != "" {
			r.OverstayFrom = answer.End + 1
		}
		if err := updateRecord(d.tx, *r); err != nil {
			return err
		}
	}
	return nil
}

// notTwice refuses one crossing told twice.
func (d *deciding) notTwice(before event, what string) error {
	same, err := sameCrossing(before, d.where)
	if err != nil || !same {
		return err
	}
	return law.Refuse(law.Conflict, "crossing_already_recorded", "2017/2226 art 16(2)",
		fmt.Sprintf("The %s of this traveller was recorded here at %s. Nothing is recorded twice.", what, before.At.Format(time.RFC3339)),
		what, before.At.Format(time.RFC3339))
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
