package ees

import (
	"fmt"
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
	res := &d.kept
	if res.Direction == Entry && res.Proposal == Refuse && req.Despite == "" {
		return RecordView{}, law.BadField("despite", "admission_against_findings", "2016/399 art 6(5)",
			"The check proposes refusal. To admit all the same, say why (humanitarian grounds, national interest, international obligations); to refuse, record a refusal of entry.",
			"proposed_reasons", joinLetters(res.Letters))
	}
	if d.kept.Biometrics.refused() && res.Direction == Entry && req.Despite == "" {
		return RecordView{}, law.BadField("biometrics", "biometrics_refused", "2017/2226 art 18(5)",
			"A traveller who refuses to give biometrics is refused entry on ground J.")
	}
	if err := r.settle(d, req.File); err != nil {
		return RecordView{}, err
	}
	var done record
	isNew := len(d.known.records) == 0 && d.known.file.Ref == d.kept.NewRef
	if res.Direction == Entry {
		done, err = d.enter()
	} else {
		done, err = d.leave()
	}
	if err != nil {
		return RecordView{}, err
	}
	if err := d.finish(isNew, string(res.Direction), done.N); err != nil {
		return RecordView{}, err
	}
	return done.view(res.On), p.Send(access.EntryRecords, access.StayResult)
}

// enter opens a new entry/exit record. An entry still open is never
// overwritten: its record ends without exit, and the presumption of art 20
// applies to it.
func (d *deciding) enter() (record, error) {
	k := d.known
	if open := k.openStay(); open != nil {
		if err := d.notTwice(open.Entry, "entry"); err != nil {
			return record{}, err
		}
		if d.where.At.Before(open.Entry.At) {
			return record{}, law.Refuse(law.Conflict, "out_of_order", "2017/2226 art 21(1)",
				"A later entry is already recorded. Put the records in order in second line.", "recorded", open.Entry.At.Format(time.RFC3339))
		}
		open.EndedWithoutExit = true
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
	answer, err := Calculate(entryQuestion(k.records, intendedStay{on: d.where.On, visa: d.kept.Visa, family: rec.FamilyMember, stamps: d.kept.Stamps}))
	if err != nil {
		return record{}, err
	}
	if answer.Rule != RuleFamilyMember {
		rec.StayEnd = max(answer.End, d.where.On-1)
	}
	if v := d.kept.Visa; v != nil && d.kept.VisaNeeded {
		used := *v.onlyFirst(k.records)
		used.StayEnd = rec.StayEnd
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
		return record{}, law.BadField("at", "exit_before_entry", "2017/2226 art 16(3)",
			fmt.Sprintf("The exit lies before the entry of %s at %s. Check the moment.", open.Entry.At.Format(time.RFC3339), open.Entry.BCP),
			"entry", open.Entry.At.Format(time.RFC3339), "exit", d.where.At.Format(time.RFC3339))
	}
	answer, err := Calculate(&history(k.records, d.kept.Stamps).History, Question{On: d.where.On})
	if err != nil {
		return record{}, err
	}
	open.Exit = d.where
	if v := d.kept.Visa; v != nil && d.kept.VisaNeeded && (open.Visa == nil || v.key() != open.Visa.key()) {
		used := *v.onlyFirst(k.records)
		used.StayEnd = open.StayEnd
		open.Visa = &used
	}
	if open.Overstay = ""; !open.FamilyMember && answer.OverstayDays > 0 {
		open.Overstay, open.OverstayFrom = Exceeded, answer.End+1
	} else {
		open.OverstayFrom = 0
	}
	return *open, updateRecord(d.tx, *open)
}

// notTwice refuses one crossing told twice: the same direction at the same
// crossing point within a short time.
func (d *deciding) notTwice(before event, what string) error {
	if before.At.IsZero() || before.BCP != d.where.BCP {
		return nil
	}
	window, err := sameCrossingWindow.On(d.where.On)
	if err != nil {
		return err
	}
	if gap := d.where.At.Sub(before.At); gap < window && gap > -window {
		return law.Refuse(law.Conflict, "crossing_already_recorded", "2017/2226 art 16(2)",
			fmt.Sprintf("The %s of this traveller was recorded here at %s. Nothing is recorded twice.", what, before.At.Format(time.RFC3339)),
			what, before.At.Format(time.RFC3339))
	}
	return nil
}

func (k *known) last() *record {
	if len(k.records) == 0 {
		return nil
	}
	return &k.records[len(k.records)-1]
}
