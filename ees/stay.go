package ees

import (
	"strconv"

	"limen/law"
	"limen/person"
)

// StayView is what the calculator answers, as it is sent.
type StayView struct {
	LastDay          *law.Date `json:"last_day" format:"date" doc:"Last day of the authorised stay; null when none is possible or none is computed."`
	DaysRemaining    int       `json:"days_remaining" doc:"Days of presence still lawful from the reference day on, that day included, when staying without a break, so that old days leaving the 180-day window count (EES-017). The command 'limen stay' prints another figure under this name: 90 less the days used."`
	DaysUsed         int       `json:"days_used" doc:"Days of stay recorded in the 180 days ending on the reference day."`
	OverstayDays     int       `json:"overstay_days" doc:"Days from the one after the last day to the reference day, of the stay in question; 0 when there is no overstay."`
	EntriesExhausted bool      `json:"entries_exhausted" doc:"No entry is left on the visa (2017/2226 art 11(2)(a))."`
	Rule             law.Code  `json:"rule" doc:"The rule that set the end of the stay."`
	Computed         bool      `json:"computed" doc:"false for a family member, whose stay is not calculated (2017/2226 art 2(4))."`
	Incomplete       bool      `json:"incomplete" doc:"The window reaches into the progressive period, whose records may be incomplete (2025/1534 art 6(1))."`
}

// judgement is a stay judged: the calculator's answer and its chain of reasons.
type judgement struct {
	answer  Answer
	reasons []law.Reason
}

// intendedStay is what a check asks the calculator about an entry.
type intendedStay struct {
	on     law.Date
	visa   *VisaOnRecord
	family bool
	days   int // days intended, 0 when not said
	stamps []StampInput
}

// judgeEntry asks what an entry on that day would allow.
func judgeEntry(records []record, in intendedStay) (judgement, error) {
	h, q := entryQuestion(records, in)
	return judge(h, q)
}

func entryQuestion(records []record, in intendedStay) (*History, Question) {
	h := history(records, in.stamps)
	q := Question{On: in.on, Intended: Stay{Entry: in.on, Family: in.family}}
	if in.visa != nil {
		q.Intended.Visa = h.visa(in.visa)
	}
	if in.days > 0 {
		q.Intended.Exit = in.on + law.Date(in.days) - 1
	}
	return &h.History, q
}

// judgePresence asks about the stay that covers a day: inland, or at exit.
func judgePresence(records []record, on law.Date, stamps []StampInput) (judgement, error) {
	h := history(records, stamps)
	return judge(&h.History, Question{On: on})
}

func judge(h *History, q Question) (judgement, error) {
	answer, reasons, _, err := Explain(h, q)
	return judgement{answer, reasons}, err
}

func (j judgement) view() StayView {
	a := j.answer
	v := StayView{DaysRemaining: a.Remaining, DaysUsed: a.DaysUsed, OverstayDays: a.OverstayDays,
		EntriesExhausted: a.EntriesExhausted, Rule: a.Rule, Computed: a.Rule != RuleFamilyMember, Incomplete: a.Incomplete}
	if a.End != 0 && a.End >= a.Start {
		end := a.End
		v.LastDay = &end
	}
	return v
}

// stayNow is the stay on a day, for somebody inside, or an entry on that day for
// somebody outside.
func (k *known) stayNow(today law.Date) (StayView, error) {
	j, err := judgePresence(k.records, today, nil)
	if err == nil && j.answer.Rule == RuleAbsent {
		j, err = judgeEntry(k.records, intendedStay{on: today, family: k.file.FamilyMember})
	}
	if err != nil {
		return StayView{}, err
	}
	return j.view(), nil
}

// builtHistory is a calculator's history with the visas it was built from.
type builtHistory struct {
	History
	keys []string
}

// history turns records into what the calculator reads. A stay that a later
// entry followed without an exit lasts, as the law presumes (2016/399 art 12),
// until that entry: whoever can show otherwise rebuts it, and the record gets
// its exit.
func history(records []record, stamps []StampInput) *builtHistory {
	h := new(builtHistory)
	h.Stays = make([]Stay, 0, len(records)+1)
	for i := range records {
		r := &records[i]
		s := Stay{Entry: r.Entry.On, Exit: r.Exit.On, Family: r.FamilyMember}
		if s.Entry == 0 {
			s.Entry = s.Exit // an exit whose entry is not known counts for its own day
		}
		if r.EndedWithoutExit && s.Exit == 0 && i+1 < len(records) {
			s.Exit = max(s.Entry, records[i+1].Entry.On)
		}
		if r.Visa != nil {
			s.Visa = h.visa(r.Visa)
		}
		h.Stays = append(h.Stays, s)
	}
	for _, s := range stamps {
		h.Stamps = append(h.Stamps, Stay{Entry: s.Entry, Exit: s.Exit})
	}
	return h
}

// visa returns the place of a visa in the history, counted from 1, adding it
// when it is new. Only the first record on a visa holds its days and entries
// (EES-009).
func (h *builtHistory) visa(v *VisaOnRecord) int32 {
	key := v.key()
	for i, k := range h.keys {
		if k == key {
			return int32(i + 1)
		}
	}
	c := Visa{ValidFrom: v.ValidFrom, ValidUntil: v.ValidTo, Days: max(1, v.Days), Entries: v.Entries, Limited: v.Type == person.VisaLTV}
	for i, s := range v.LTVStates {
		if i > 0 {
			c.States += " "
		}
		c.States += string(s)
	}
	h.Visas = append(h.Visas, c)
	h.keys = append(h.keys, key)
	return int32(len(h.Visas))
}

// key tells visas apart: by sticker, or where none was typed by their validity.
func (v *VisaOnRecord) key() string {
	return string(v.Issuer) + "|" + string(v.Sticker) + "|" + strconv.Itoa(int(v.ValidFrom)) + "|" + strconv.Itoa(int(v.ValidTo))
}

// onlyFirst drops the days and entries of a visa that an earlier record of the
// file already holds (EES-009).
func (v *VisaOnRecord) onlyFirst(records []record) *VisaOnRecord {
	if v == nil {
		return nil
	}
	for i := range records {
		if w := records[i].Visa; w != nil && w.key() == v.key() && w.Days > 0 {
			later := *v
			later.Days, later.Entries = 0, 0
			return &later
		}
	}
	return v
}
