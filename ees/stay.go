package ees

import (
	"time"

	"limen/law"
	"limen/person"
)

// StayView is what the calculator answers, as it is sent.
type StayView struct {
	LastDay          *law.Date  `json:"last_day" format:"date" doc:"Last day of the authorised stay; null when none is possible or none is computed."`
	DaysRemaining    int        `json:"days_remaining" doc:"Days of presence still lawful from the reference day on, that day included, when staying without a break, so that old days leaving the 180-day window count (EES-017). The command 'limen stay' prints another figure under this name: 90 less the days used."`
	DaysUsed         int        `json:"days_used" doc:"Days of stay recorded in the 180 days ending on the reference day."`
	OverstayDays     int        `json:"overstay_days" doc:"Days from the one after the last day to the reference day, of the stay in question; 0 when there is no overstay."`
	EntriesExhausted bool       `json:"entries_exhausted" doc:"No entry is left on the visa (2017/2226 art 11(2)(a))."`
	MaximumStay      int        `json:"maximum_stay" doc:"Length of the authorised stay in days, its first and its last day included (2017/2226 art 11(2))."`
	Suffices         bool       `json:"suffices" doc:"The stay may last as long as intended, or begin where nothing was said."`
	EndsAt           *time.Time `json:"ends_at,omitempty" doc:"Instant at which a stay counted in hours ends, UTC (2017/2226 annex II)."`
	OnlyIn           string     `json:"only_in,omitempty" doc:"States to which a visa or an extension confines the stay."`
	Rule             law.Code   `json:"rule" doc:"The rule that set the end of the stay."`
	Computed         bool       `json:"computed" doc:"false where no stay is calculated: for a family member (2017/2226 art 2(4)), and for a visa-required person outside, whose visa is not known."`
	Incomplete       bool       `json:"incomplete" doc:"The window reaches into the progressive period, whose records may be incomplete (2025/1534 art 6(1))."`
	Disregarded      bool       `json:"disregarded" doc:"The day lies in the progressive period: the calculator's answer is shown and decides nothing (2025/1534 art 5)."`
}

// judgement is a stay judged: the calculator's answer and its chain of reasons.
type judgement struct {
	answer      Answer
	reasons     []law.Reason
	disregarded *law.Reason // why the answer decides nothing; nil when it decides
}

// intendedStay is what a check asks the calculator about an entry.
type intendedStay struct {
	on     law.Date
	visa   *VisaOnRecord
	family bool
	days   int // days intended, 0 when not said
	stamps []StampInput
	// transit is an entry on a facilitated transit document, counted in hours
	// from at, which carries the zone of the crossing point (annex II).
	transit bool
	at      time.Time
	partial bool // into a state that does not apply the acquis in full
}

// judgeEntry asks what an entry on that day would allow.
func judgeEntry(k *known, in intendedStay) (judgement, error) {
	h, q := k.entryQuestion(in)
	return judge(h, q)
}

func (k *known) entryQuestion(in intendedStay) (*History, Question) {
	h := k.history(in.stamps)
	q := Question{On: in.on, Intended: Stay{Entry: in.on, Family: in.family, Transit: in.transit, Partial: in.partial}}
	if in.transit {
		q.At, q.EnteredAt = in.at, in.at
	}
	if in.visa != nil {
		q.Intended.Visa = h.visa(in.visa)
	}
	if in.days > 0 {
		q.Intended.Exit = in.on + law.Date(in.days) - 1
	}
	return &h.History, q
}

// judgePresence asks about the stay that covers a day: inland, or at exit with
// the visa then shown.
func judgePresence(k *known, on law.Date, at time.Time, visa *VisaOnRecord, stamps []StampInput) (judgement, error) {
	h := k.history(stamps)
	if visa != nil {
		h.visa(visa) // a further visa goes on where the one used on entry ends (E28)
	}
	q := Question{On: on, At: at}
	if open := k.openStay(); open != nil {
		q.EnteredAt = open.enteredAt()
	}
	return judge(&h.History, q)
}

func judge(h *History, q Question) (judgement, error) {
	answer, reasons, _, err := Explain(h, q)
	if err != nil {
		return judgement{}, err
	}
	j := judgement{answer: answer, reasons: reasons}
	if j.disregarded, err = calculatorDisregarded(nil, answer.Day); j.disregarded != nil {
		j.reasons = append(j.reasons, *j.disregarded)
	}
	return j, err
}

// RuleVisaMissing is the rule of an entry that needs a visa and has none: no day
// is lawful, whatever the common period leaves.
const RuleVisaMissing law.Code = "visa_missing"

// withoutVisa judges the entry of somebody who needs a visa and shows none.
func withoutVisa(k *known, on law.Date, rule person.Requirement) (judgement, error) {
	h, q := k.entryQuestion(intendedStay{on: on})
	answer, reasons, _, err := Explain(h, q)
	if err != nil {
		return judgement{}, err
	}
	told := []law.Reason{{Code: RuleVisaMissing, Cite: rule.Cite, Message: "Without the visa that this nationality needs, no day of stay is lawful.",
		Facts: law.Facts("nationality", string(rule.Nationality))}}
	for _, r := range reasons {
		if r.Code == "days_used" {
			told = append(told, r)
		}
	}
	return judgement{answer: Answer{Day: on, Rule: RuleVisaMissing, DaysUsed: answer.DaysUsed, Incomplete: answer.Incomplete}, reasons: told}, nil
}

func (j judgement) view() StayView {
	a := j.answer
	v := StayView{DaysRemaining: a.Remaining, DaysUsed: a.DaysUsed, OverstayDays: a.OverstayDays,
		EntriesExhausted: a.EntriesExhausted, Rule: a.Rule, Computed: a.Rule != RuleFamilyMember, Incomplete: a.Incomplete, Disregarded: j.disregarded != nil}
	v.MaximumStay, v.Suffices, v.OnlyIn = a.MaximumStay, a.Suffices, a.OnlyIn
	if a.End != 0 && a.End >= a.Start {
		end := a.End
		v.LastDay = &end
	}
	if !a.EndsAt.IsZero() {
		ends := a.EndsAt.UTC()
		v.EndsAt = &ends
	}
	return v
}

// stayNow is the stay on a day, for somebody inside, or an entry on that day for
// somebody outside.
func (k *known) stayNow(today law.Date) (StayView, error) {
	j, err := judgePresence(k, today, time.Time{}, nil, nil)
	if err == nil && j.answer.Rule == RuleAbsent && k.file.VisaRequired && !k.file.FamilyMember {
		// What a visa would allow is not known without it: the days used are all
		// there is to say.
		return StayView{DaysUsed: j.answer.DaysUsed, Rule: j.answer.Rule, Incomplete: j.answer.Incomplete, Disregarded: j.disregarded != nil}, nil
	}
	if err == nil && j.answer.Rule == RuleAbsent {
		j, err = judgeEntry(k, intendedStay{on: today, family: k.file.FamilyMember})
	}
	if err != nil {
		return StayView{}, err
	}
	return j.view(), nil
}

// visaUsed is the visa that this crossing uses; nil for somebody who needs none.
func (k *keptCheck) visaUsed() *VisaOnRecord {
	if !k.VisaNeeded {
		return nil
	}
	return k.Visa
}
