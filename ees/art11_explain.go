package ees

import (
	"fmt"
	"strconv"
	"time"

	"limen/law"
)

// DayVerdict is one line of the day-by-day table behind a count.
type DayVerdict struct {
	Day     law.Date     `json:"day" doc:"Civil day."`
	Stay    int          `json:"stay" doc:"Number of the first stay given that covers the day, from 1; stamps follow the stays; 0 when none does."`
	Counted bool         `json:"counted" doc:"Whether the day counts in the period."`
	Used    int          `json:"n" doc:"Days that count in the period ending on this day."`
	Lawful  bool         `json:"lawful" doc:"Whether presence on the day was allowed."`
	Why     law.Code     `json:"why" doc:"What decided about the day."`
	Cite    law.Citation `json:"article" doc:"Where that stands."`
}

// What decides about one day of the table. WhyMessage has the sentence.
const (
	WhyAbsent       law.Code = "absent"
	WhyCounted      law.Code = "counted"
	WhyOverLimit    law.Code = "over_limit"
	WhyExpired      law.Code = "visa_expired"
	WhyNotYetValid  law.Code = "visa_not_yet_valid"
	WhyVisaDays     law.Code = "visa_days_used_up"
	WhyVisaEntries  law.Code = "visa_entries_used_up"
	WhyDecision     law.Code = "after_decision"
	WhyPermit       law.Code = "under_permit"
	WhyElsewhere    law.Code = "other_territory"
	WhyFamily       law.Code = "family_member"
	WhyTransit      law.Code = "facilitated_transit"
	WhyLimitedVisa  law.Code = "limited_visa_day"
	WhyExtensionDay law.Code = "extension_day"
)

// WhyMessage returns the sentence for a code of the day-by-day table and where
// its rule stands.
func WhyMessage(code law.Code) (message string, cite law.Citation) {
	return whyUnder(code, presentLimit())
}

// whyUnder is WhyMessage where the limit is the one counted by.
func whyUnder(code law.Code, limit StayLimit) (message string, cite law.Citation) {
	switch code {
	case WhyCounted:
		return "A day of stay. It counts.", "2016/399 art 6(2)"
	case WhyOverLimit:
		return fmt.Sprintf("More than %d days of stay in the %d days up to and including this day.", limit.Days, limit.Period), "2016/399 art 6(1)"
	case WhyExpired:
		return "The visa was no longer valid on this day.", "2017/2226 art 16(2)(d)"
	case WhyNotYetValid:
		return "The visa is not valid yet on this day.", "2017/2226 art 16(2)(d)"
	case WhyVisaDays:
		return "The days of stay that the visa allows were used up.", "2017/2226 art 16(2)(e)"
	case WhyVisaEntries:
		return "The entries that the visa allows were used up.", "2017/2226 art 11(2)(a)"
	case WhyDecision:
		return "An authority's decision had set an earlier end.", "2017/2226 art 19(1)"
	case WhyPermit:
		return "A day under a residence permit or a long-stay visa. It does not count.", "2016/399 art 6(2)"
	case WhyElsewhere:
		return "A day in a state that did not share the common period. It does not count here.", "2016/399 art 6(1a)"
	case WhyFamily:
		return "A day as a family member with free movement. It is not counted.", "2017/2226 art 2(4)"
	case WhyTransit:
		return "A day of facilitated transit, which is measured in hours.", "2017/2226 annex II"
	case WhyLimitedVisa:
		return "A day on a visa with limited territorial validity. It does not count.", "2017/2226 art 11(6)"
	case WhyExtensionDay:
		return "A day by which the stay was extended. It does not count.", "2017/2226 art 19(1)"
	}
	return "No stay on this day.", "2016/399 art 6(1)"
}

// ExplainCount is CountDays with its reasons and with the table of the days of
// the period that ends on the reference day, oldest first.
func ExplainCount(stays []Stay, visa *Visa, day law.Date) (Count, []law.Reason, []DayVerdict) {
	var t tally
	c := t.count(stays, visa, day)
	table := t.table(t.limit.Period)
	for i := range stays {
		cover(table, &stays[i], day, i+1)
	}
	for _, bad := range []struct {
		days *dayset
		why  law.Code
	}{{&t.overLimit, WhyOverLimit}, {&t.visaDays, WhyVisaDays}, {&t.visaEntries, WhyVisaEntries}, {&t.expired, WhyExpired}} {
		for k := range table {
			if bad.days.has(t.at(table[k].Day)) {
				table[k].Lawful, table[k].Why = false, bad.why
			}
		}
	}
	cite(table)

	reasons := []law.Reason{countReason(c.DaysUsed, t.limit, day)}
	if visa != nil {
		facts := law.Facts("valid_from", visa.ValidFrom.String(), "valid_until", visa.ValidUntil.String(),
			"duration_days", strconv.Itoa(visa.Days), "entries", entriesWord(visa.Entries))
		message := fmt.Sprintf("The visa is valid from %s to %s.", visa.ValidFrom, visa.ValidUntil)
		if visa.Days < t.limit.Days {
			facts = append(facts, law.Facts("visa_days_used", strconv.Itoa(t.spent))...)
			message = fmt.Sprintf("The visa allows %s of stay from %s to %s. Days used on it: %d.", daysWord(visa.Days), visa.ValidFrom, visa.ValidUntil, t.spent)
		}
		if visa.Entries > 0 {
			facts = append(facts, law.Facts("entries_used", strconv.Itoa(t.entries))...)
			message += fmt.Sprintf(" Entries used on it: %d of %d.", t.entries, visa.Entries)
		}
		reasons = append(reasons, law.Reason{Code: "visa", Cite: "2017/2226 art 16(2)(d)", Message: message, Facts: facts})
	}
	if c.LastDay == 0 {
		message, at := whyUnder(t.refused, t.limit)
		reasons = append(reasons, law.Reason{Code: "no_stay", Cite: at,
			Message: fmt.Sprintf("A stay on %s is not allowed. %s", day, message), Facts: law.Facts("day", day.String(), "why", string(t.refused))})
	} else {
		reasons = append(reasons, lastDayReason(c.LastDay, day, int(c.LastDay-day)+1, t.limit.Days-t.usedBefore(t.limit)))
	}
	return c, append(reasons, overstayReason(c.OverstayDays, table)), table
}

// Explain is Calculate with its reasons, in the order in which the rules were
// applied, and with the table of the days of the period that ends on the day
// judged, oldest first. A day is lawful when one of the stays that cover it
// allowed it.
func Explain(h *History, q Question) (Answer, []law.Reason, []DayVerdict, error) {
	return ExplainUnder(nil, h, q)
}

// ExplainUnder is Explain under a book of law, as CalculateUnder is Calculate.
func ExplainUnder(book *law.Book, h *History, q Question) (Answer, []law.Reason, []DayVerdict, error) {
	c := calculation{book: book}
	var a Answer
	if err := c.answer(h, &q, &a); err != nil {
		return Answer{}, nil, nil, err
	}
	if a.Rule == RuleFamilyMember {
		return a, []law.Reason{c.ruleReason(&a, &q)}, nil, nil
	}
	table, err := c.table()
	if err != nil {
		return Answer{}, nil, nil, err
	}
	reasons := []law.Reason{countReason(a.DaysUsed, c.limit, c.day)}
	for _, why := range []law.Code{WhyPermit, WhyElsewhere, WhyFamily, WhyTransit, WhyLimitedVisa, WhyExtensionDay} {
		n := 0
		for k := range table {
			if table[k].Why == why && !table[k].Counted {
				n++
			}
		}
		if n > 0 {
			message, at := WhyMessage(why)
			reasons = append(reasons, law.Reason{Code: why, Cite: at, Message: message, Facts: law.Facts("days_left_out", strconv.Itoa(n))})
		}
	}
	if a.StampsCounted {
		reasons = append(reasons, law.Reason{Code: "stamps_counted", Cite: "2017/2226 art 22(1)",
			Message: "Stays shown by stamps are counted beside the records in this period.", Facts: law.Facts("stamped_stays", strconv.Itoa(len(h.Stamps)))})
	}
	if a.Incomplete {
		reasons = append(reasons, law.Reason{Code: "possibly_incomplete", Cite: "2025/1534 art 6(1)",
			Message: "Part of the period falls in the time when not every crossing was recorded. Records may be missing."})
	}
	reasons = append(reasons, c.ruleReason(&a, &q))
	return a, append(reasons, c.outcome(&a, &q, table)...), table, nil
}

// table prepares the lines of the last period days with their sums, as far as
// the calendar goes back.
func (p *presence) table(period int) []DayVerdict {
	show := min(period, int(p.ref-law.MinDate)+1)
	lines := make([]DayVerdict, show)
	for k := range lines {
		i := heldDays - show + k
		lines[k] = DayVerdict{Day: p.day(i), Counted: p.days.has(i), Used: p.used(i, period), Lawful: true, Why: WhyAbsent}
		if lines[k].Counted {
			lines[k].Why = WhyCounted
		}
	}
	return lines
}

// cover writes the stay's number into the days that it covers first.
func cover(table []DayVerdict, s *Stay, until law.Date, number int) {
	first := max(0, int(s.Entry-table[0].Day))
	last := min(len(table)-1, int(s.until(until)-table[0].Day))
	if s.Entry > until {
		return
	}
	for k := first; k <= last; k++ {
		if table[k].Stay == 0 {
			table[k].Stay = number
		}
	}
}

// cite completes the lines with the articles of their verdicts.
func cite(table []DayVerdict) {
	for k := range table {
		_, table[k].Cite = WhyMessage(table[k].Why)
	}
}

// table judges each day of the period by the stays that cover it.
func (c *calculation) table() ([]DayVerdict, error) {
	table := c.used.table(c.limit.Period)
	judged, inPeriod := make([]bool, len(table)), 0
	judge := func(s *Stay, place, number int) error {
		if s.Entry > c.day || s.until(c.day) < table[0].Day {
			return nil
		}
		if inPeriod++; inPeriod > MaxStaysExplained {
			return law.Refuse(law.TooMuch, "too_many_stays", "2017/2226 art 11(2)",
				fmt.Sprintf("More than %d stays in one period cannot be explained day by day.", MaxStaysExplained))
		}
		cover(table, s, c.day, number)
		var d decision
		if !s.Transit {
			var err error
			if d, err = c.decide(s, place, time.Time{}); err != nil {
				return err
			}
		}
		for k := max(0, int(s.Entry-table[0].Day)); k < len(table) && table[k].Day <= s.until(c.day); k++ {
			line := &table[k]
			why, lawful := c.excluded(s, line.Day), true
			if why == "" && d.end != 0 && line.Day > d.end {
				why, lawful = whyOf(d.bound), false
			}
			if why == "" {
				why = WhyCounted
			}
			better := lawful && (!line.Lawful || why == WhyCounted)
			if !judged[k] || better {
				line.Why, line.Lawful, judged[k] = why, lawful, true
			}
		}
		return nil
	}
	for i := range c.h.Stays {
		if err := judge(&c.h.Stays[i], i, i+1); err != nil {
			return nil, err
		}
	}
	if c.stamps {
		for i := range c.h.Stamps {
			if err := judge(&c.h.Stamps[i], -1, len(c.h.Stays)+i+1); err != nil {
				return nil, err
			}
		}
	}
	for k := range table {
		if line := &table[k]; line.Stay == 0 && c.afterPermits(line.Day) != line.Day {
			line.Why = WhyPermit
		}
	}
	cite(table)
	return table, nil
}

// excluded names the rule that keeps a day of the stay out of the count.
func (c *calculation) excluded(s *Stay, day law.Date) law.Code {
	switch {
	case c.afterPermits(day) != day:
		return WhyPermit
	case day < s.CountsFrom:
		return WhyElsewhere
	case s.Family && !c.family:
		return WhyFamily
	case s.Transit && !c.transit:
		return WhyTransit
	case s.Visa > 0 && c.h.Visas[s.Visa-1].Limited && !c.limited:
		return WhyLimitedVisa
	}
	for _, ch := range s.Changes {
		if ch.Status == Extended && !c.extended && day >= ch.From && day <= ch.End {
			return WhyExtensionDay
		}
	}
	return ""
}

// whyOf turns what set an end into what is wrong with a day after it.
func whyOf(bound law.Code) law.Code {
	switch bound {
	case BoundValidity:
		return WhyExpired
	case BoundNotYet:
		return WhyNotYetValid
	case BoundDays:
		return WhyVisaDays
	case BoundEntries:
		return WhyVisaEntries
	case BoundDecision:
		return WhyDecision
	}
	return WhyOverLimit
}
