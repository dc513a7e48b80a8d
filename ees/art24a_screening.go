package ees

import (
	"time"

	"limen/access"
	"limen/law"
)

// OpScreening answers an authority that screens a person.
const OpScreening access.Op = "ees.screening_facts"

// screeningFrom is the day from which screening authorities may ask.
var screeningFrom = law.Param[bool]{Name: "ees.screening", Rows: []law.Row[bool]{
	{From: law.MustDate("2025-10-12"), Value: false, Cite: "2024/1356 art 25", Note: "Not yet applicable."},
	{From: law.MustDate("2026-06-12"), Value: true, Cite: "2024/1356 art 25", Unconfirmed: true,
		Note: "The exact set of data for the security check of Articles 14 to 16 was not found in a text: as little as answers its question is sent."},
}}

// ScreeningFacts is what an authority that screens a person is told for the
// security check (art 24a, 2024/1356 art 15): whether the person is known, as an
// overstayer or refused on a ground of security or of false papers. No identity
// data go back: the authority has sent them.
type ScreeningFacts struct {
	Known             bool            `json:"known" doc:"An individual file is held."`
	Overstayer        bool            `json:"overstayer" doc:"Is on the list of overstayers."`
	RefusedOnSecurity bool            `json:"refused_on_security" doc:"Entry was refused on ground B, D, H or I."`
	Grounds           []RefusalReason `json:"grounds" nullable:"false" doc:"Those of the grounds B, D, H and I that were given."`
}

// ScreeningFacts answers a screening authority (art 24a).
func (r *Register) ScreeningFacts(p access.Pass, q PersonQuery) (ScreeningFacts, error) {
	tx, err := p.Tx()
	if err != nil {
		return ScreeningFacts{}, err
	}
	open, err := screeningFrom.On(law.DateIn(tx.Now(), time.UTC))
	if err != nil {
		return ScreeningFacts{}, err
	}
	if !open {
		return ScreeningFacts{}, law.Refuse(law.NotPermitted, "screening_not_yet", "2024/1356 art 25",
			"Screening authorities may consult the Entry/Exit System from 2026-06-12 on.")
	}
	files, err := r.filesOf(p, q)
	if err != nil {
		return ScreeningFacts{}, err
	}
	facts := ScreeningFacts{Known: len(files) > 0, Grounds: []RefusalReason{}}
	given := map[RefusalReason]bool{}
	for _, k := range files {
		for i := range k.records {
			facts.Overstayer = facts.Overstayer || k.records[i].Overstay != ""
		}
		refusals, err := readRefusals(tx, k.file.Ref)
		if err != nil {
			return ScreeningFacts{}, err
		}
		for _, refusal := range refusals {
			for _, reason := range refusal.Reasons {
				given[reason.Letter] = true
			}
		}
	}
	for _, letter := range []RefusalReason{"B", "D", "H", "I"} {
		if given[letter] {
			facts.Grounds = append(facts.Grounds, letter)
		}
	}
	facts.RefusedOnSecurity = len(facts.Grounds) > 0
	return facts, p.Send(access.FileExistence, access.ScreeningAnswer)
}
