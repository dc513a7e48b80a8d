package ees

import (
	"slices"
	"strings"

	"limen/access"
	"limen/law"
	"limen/person"
)

// How long a membership of a national facilitation programme may last, and how
// often it is looked at anew (2016/399 art 8d).
var (
	firstMembership = law.Param[law.Period]{Name: "ees.programme_first", Unit: "period", Rows: []law.Row[law.Period]{
		{From: law.MustDate("2025-10-12"), Value: law.Period{Years: 1}, Cite: "2016/399 art 8d", Note: "first grant, at most"}}}
	nextMembership = law.Param[law.Period]{Name: "ees.programme_next", Unit: "period", Rows: []law.Row[law.Period]{
		{From: law.MustDate("2025-10-12"), Value: law.Period{Years: 5}, Cite: "2016/399 art 8d", Note: "each later grant, at most"}}}
	membershipReview = law.Param[law.Period]{Name: "ees.programme_review", Unit: "period", Rows: []law.Row[law.Period]{
		{From: law.MustDate("2025-10-12"), Value: law.Period{Years: 1}, Cite: "2016/399 art 8d", Note: "between two reassessments"}}}
)

// ProgrammeRecorded is the kind of amendment that a membership leaves.
const ProgrammeRecorded AmendmentKind = "programme_recorded"

// ProgrammeRequest grants, prolongs, reassesses or ends a membership.
type ProgrammeRequest struct {
	Programme
	Withdraw bool `json:"withdraw,omitempty" doc:"The membership is taken away; only its name is read."`
}

// Memberships are those of a file.
type Memberships struct {
	File       FileRef     `json:"file"`
	Version    int64       `json:"version"`
	Programmes []Programme `json:"programmes" nullable:"false"`
}

// RecordProgramme records that somebody is a member of a facilitation programme
// of the own state (art 16(6)). A first membership lasts a year at most, a later
// one five, and each is looked at anew every year (2016/399 art 8d).
func (r *Register) RecordProgramme(p access.Pass, ref FileRef, version int64, req ProgrammeRequest) (Memberships, error) {
	const cite = law.Citation("2016/399 art 8d")
	a, err := r.amend(p, ref, version)
	if err != nil {
		return Memberships{}, err
	}
	k := a.known
	own := a.responsibleState()
	next := req.Programme
	if next.Name = strings.TrimSpace(next.Name); next.Name == "" {
		return Memberships{}, law.BadField("name", "programme_unnamed", "2017/2226 art 16(6)", "Name the programme.")
	}
	if next.State == "" {
		next.State = own
	}
	if next.State != own {
		return Memberships{}, law.BadField("state", "programme_of_another_state", "2017/2226 art 16(6)", "A state records memberships of its own programmes.", "state", string(next.State), "yours", string(own))
	}
	i := slices.IndexFunc(k.file.Programmes, func(held Programme) bool { return held.Name == next.Name && held.State == own })
	list := slices.Clone(k.file.Programmes)
	before := slices.Clone(list)
	switch {
	case req.Withdraw && i < 0:
		return Memberships{}, law.Refuse(law.NotFound, "no_such_membership", "2017/2226 art 16(6)", "The file has no membership of this programme.")
	case req.Withdraw:
		list = slices.Delete(list, i, i+1)
	default:
		if err := next.sound(a.today, i >= 0, list, i); err != nil {
			return Memberships{}, err
		}
		if i < 0 {
			list = append(list, next)
		} else {
			list[i] = next
		}
	}
	k.file.Programmes = list
	a.did(amendment{kind: ProgrammeRecorded, cite: cite, note: next.Name, body: struct{ Before []Programme }{before}})
	if _, err := a.commit(); err != nil {
		return Memberships{}, err
	}
	m := Memberships{File: ref, Version: k.file.Version, Programmes: append([]Programme{}, list...)}
	return m, p.Send(access.FileExistence)
}

// sound refuses a membership that lasts longer than it may, or that nobody has
// looked at for too long. held is the place of the one it follows.
func (next *Programme) sound(today law.Date, again bool, list []Programme, held int) error {
	const cite = law.Citation("2016/399 art 8d")
	switch {
	case next.From == 0 || next.Until == 0:
		return law.BadField("until", "membership_dates_missing", cite, "Give the first and the last day of the membership.")
	case next.Until < next.From:
		return law.BadField("until", "membership_ends_before_it_begins", cite, "The membership ends before it begins.")
	case next.Reassessed > today:
		return law.BadField("reassessed", "date_in_the_future", cite, "The reassessment lies in the future.")
	}
	longest, code, words := &firstMembership, law.Code("first_membership_too_long"), "A first membership lasts one year at most."
	if again {
		was := list[held]
		if was.From == next.From && was.Until == next.Until {
			return nil // a reassessment alone
		}
		if next.From > was.Until+1 {
			again = false // the membership had ended: a new one is a first one
		}
	}
	if again {
		longest, code, words = &nextMembership, "membership_too_long", "A membership is prolonged by five years at most."
	}
	limit, err := longest.On(today)
	if err != nil {
		return err
	}
	if last := limit.After(next.From); next.Until > last {
		return law.BadField("until", code, cite, words, "until", next.Until.String(), "at_most", last.String())
	}
	return nil
}

// weighProgrammes tells what a membership means at entry.
func (c *checking) weighProgrammes() {
	if c.found == nil {
		return
	}
	review, err := membershipReview.On(c.on)
	if err != nil {
		return
	}
	for _, m := range c.found.file.Programmes {
		if m.State != c.point.State || m.From > c.on || m.Until < c.on {
			continue
		}
		c.finding(Admit, "", "programme_member", "2016/399 art 8d",
			"Member of the facilitation programme "+m.Name+": purpose, means and conditions of stay need not be asked for.", "until", m.Until.String())
		if due := review.After(max(m.From, m.Reassessed)); c.on > due {
			c.finding(SecondLine, "", "programme_not_reassessed", "2016/399 art 8d",
				"The membership has not been reassessed for a year. Check as usual and tell the programme's authority.", "due", due.String(), "state", string(person.State(m.State)))
		}
	}
}
