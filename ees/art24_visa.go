package ees

import (
	"limen/access"
	"limen/interop/cir"
	"limen/law"
	"limen/person"
)

// OpReadForVisa reads a file for a visa application.
const OpReadForVisa access.Op = "ees.read_for_visa"

// VisaFile is what a visa authority receives for an application, or for a
// decision on a visa (art 24(2), (3)): the file, all records, and what the
// calculator says.
type VisaFile struct {
	FileRecords
	Stay     StayView      `json:"stay" doc:"The stay today."`
	Intended *IntendedView `json:"intended,omitempty" doc:"The longest stay possible on the intended dates, when these were given."`
}

// IntendedView is the longest stay that the history allows from an intended
// entry on, whatever a visa would add (art 11(2)(d)).
type IntendedView struct {
	Entry       law.Date     `json:"entry" format:"date"`
	Exit        *law.Date    `json:"exit" format:"date" doc:"Last day intended; null when none was given."`
	MaximumDays int          `json:"maximum_days" doc:"Days possible from the entry on; 0 when no entry is possible on that day."`
	LastDay     *law.Date    `json:"last_day" format:"date" doc:"Last day possible; null when there is none."`
	Suffices    bool         `json:"suffices" doc:"The days intended are possible."`
	Reasons     []law.Reason `json:"reasons" nullable:"false"`
}

// IntendedDates are the dates that an applicant means to travel on; a zero Entry
// asks nothing.
type IntendedDates struct{ Entry, Exit law.Date }

// ReadForVisa returns a file to a visa authority, with the longest stay possible
// on the dates intended (arts 24(2)-(4), 11(2)(d)).
func (r *Register) ReadForVisa(p access.Pass, ref FileRef, dates IntendedDates) (VisaFile, error) {
	k, file, err := r.readRecords(p, ref)
	if err != nil {
		return VisaFile{}, err
	}
	v := VisaFile{FileRecords: file}
	if v.Stay, err = k.stayFor(p); err != nil || dates == (IntendedDates{}) {
		return v, err
	}
	v.Intended, err = k.intended(dates)
	return v, err
}

func (k *known) intended(dates IntendedDates) (*IntendedView, error) {
	const cite = law.Citation("2017/2226 art 11(2)")
	switch {
	case dates.Entry == 0:
		return nil, law.BadField("entry", "no_day", cite, "Give the intended day of entry with the day of exit.")
	case dates.Exit != 0 && dates.Exit < dates.Entry:
		return nil, law.BadField("exit", "exit_before_entry", cite, "The intended exit lies before the intended entry.")
	}
	in := intendedStay{on: dates.Entry, family: k.file.FamilyMember}
	if dates.Exit != 0 {
		in.days = int(dates.Exit-dates.Entry) + 1
	}
	j, err := judgeEntry(k, in)
	if err != nil {
		return nil, err
	}
	v := &IntendedView{Entry: dates.Entry, MaximumDays: j.answer.MaximumStay, Suffices: j.answer.Suffices, Reasons: j.reasons, LastDay: j.view().LastDay}
	if dates.Exit != 0 {
		v.Exit = &dates.Exit
	}
	return v, nil
}

// findByVisa finds the files in which a visa was used, by its sticker (arts
// 24(2), 32(5)); of any issuer when that is empty.
func (r *Register) findByVisa(p access.Pass, sticker, issuer string) ([]cir.Candidate, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	number, err := person.ParseDocumentNumber(sticker)
	if err != nil {
		return nil, at("visa", err)
	}
	query, args := `SELECT ref FROM ees_by_visa WHERE number = $1 ORDER BY issuer, ref LIMIT $2`, []any{string(number), cir.MaxCandidates}
	if issuer != "" {
		state, err := person.ParseState(issuer)
		if err != nil {
			return nil, at("visa_issuer", err)
		}
		query, args = `SELECT ref FROM ees_by_visa WHERE number = $1 AND issuer = $3 ORDER BY ref LIMIT $2`, append(args, string(state))
	}
	if err := p.Search(access.ByVisa, issuer+" "+string(number)); err != nil {
		return nil, err
	}
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []cir.Candidate
	for rows.Next() {
		c := cir.Candidate{System: cir.EES, Score: 1}
		if err := rows.Scan(&c.Ref); err != nil {
			return nil, err
		}
		found = append(found, c)
	}
	return found, rows.Err()
}
