package ees

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"limen/law"
)

// The sentences of the reasons. They are short, say one thing each, and name
// days in the form of the documents.

func countReason(used int, limit StayLimit, day law.Date) law.Reason {
	from := max(day-law.Date(limit.Period)+1, law.MinDate)
	return law.Reason{Code: "days_used", Cite: "2016/399 art 6(1)",
		Message: fmt.Sprintf("%s of stay in the %d days from %s to %s. The limit is %d. Days of entry and exit both count.", daysWord(used), limit.Period, from, day, limit.Days),
		Facts:   law.Facts("period_from", from.String(), "period_to", day.String(), "days_used", strconv.Itoa(used), "limit", strconv.Itoa(limit.Days))}
}

// lastDayReason says how long the stay may last, and why that can be more than
// the days unused.
func lastDayReason(last, day law.Date, length, unused int) law.Reason {
	message := fmt.Sprintf("Staying without a break from %s is allowed until %s, %s in all.", day, last, daysWord(length))
	if length > unused {
		message += " Older days leave the period meanwhile and are given back."
	}
	return law.Reason{Code: "last_day", Cite: "2016/399 art 6(1)", Message: message,
		Facts: law.Facts("from", day.String(), "last_day", last.String(), "days", strconv.Itoa(length))}
}

// overstayReason names the days of the table that were not allowed.
func overstayReason(overstay int, table []DayVerdict) law.Reason {
	if overstay == 0 {
		return law.Reason{Code: "no_overstay", Cite: "2017/2226 art 11(2)(c)", Message: "Every day of stay in the period was allowed."}
	}
	var spans []string
	for k := 0; k < len(table); k++ {
		if table[k].Lawful {
			continue
		}
		end := k
		for end+1 < len(table) && !table[end+1].Lawful && table[end+1].Why == table[k].Why {
			end++
		}
		span := table[k].Day.String()
		if end > k {
			span += " to " + table[end].Day.String()
		}
		spans = append(spans, span+" ("+string(table[k].Why)+")")
		k = end
	}
	verb := "were"
	if overstay == 1 {
		verb = "was"
	}
	return law.Reason{Code: "overstay", Cite: "2017/2226 art 11(2)(c)",
		Message: fmt.Sprintf("%s of stay %s not allowed.", daysWord(overstay), verb),
		Facts:   law.Facts("overstay_days", strconv.Itoa(overstay), "days", strings.Join(spans, ", "))}
}

// ruleReason says which rule decides on the end of the stay.
func (c *calculation) ruleReason(a *Answer, q *Question) law.Reason {
	r := law.Reason{Code: a.Rule}
	switch a.Rule {
	case RuleFamilyMember:
		r.Cite, r.Message = "2017/2226 art 2(4)", "The traveller is a family member with free movement. The length of stay is not calculated."
	case RuleTransit:
		r.Cite, r.Message = "2017/2226 annex II", fmt.Sprintf("This is a facilitated transit. It ends at %s.", a.EndsAt.Format(time.RFC3339))
	case RulePermit:
		r.Cite, r.Message = "2016/399 art 6(2)", "On this day the stay rests on a residence permit or a long-stay visa. It is not a short stay."
	case RuleElsewhere:
		r.Cite, r.Message = "2016/399 art 6(1a)", "This state does not share the common period. Days there are counted apart."
	case RuleAbsent:
		r.Cite, r.Message = "2017/2226 art 11(1)", "No stay is recorded on this day."
	case RuleRevoked, RuleExtended:
		ch := c.decided(q)
		r.Cite = "2017/2226 art 19(1)"
		r.Facts = law.Facts("decided", orNone(ch.Decided))
		if ch.Ground != "" {
			r.Facts = append(r.Facts, law.Fact{Name: "ground", Value: ch.Ground})
		}
		if ch.State != "" {
			r.Facts = append(r.Facts, law.Fact{Name: "state", Value: ch.State})
		}
		switch {
		case a.Rule == RuleRevoked && ch.End == 0:
			r.Message = fmt.Sprintf("The stay was %s and no later end was given. It ends on the day of the decision at the latest.", ch.Status)
		case a.Rule == RuleRevoked:
			r.Message = fmt.Sprintf("The stay was %s. The decision sets its end.", ch.Status)
		case ch.Bilateral:
			r.Cite, r.Message = "2017/2226 art 19(2)", "The stay was extended under an agreement between two states. The extension sets its end."
		default:
			r.Message = "The stay was extended. The extension sets its end."
		}
		if a.OnlyIn != "" {
			r.Message += " It holds only in " + a.OnlyIn + ", and the exit must be over that state's external border."
		}
	case RuleLimited:
		r.Cite, r.Message = "2017/2226 art 11(6)", "The visa has limited territorial validity. It alone sets the end, whatever the days used before."
		if a.OnlyIn != "" {
			r.Message += " It holds only in " + a.OnlyIn + "."
		}
	case RulePartial:
		r.Cite, r.Message = "2017/2226 art 11(4)", "In this state only "+c.limit.String()+" and the validity of the visa are looked at, not its days and entries."
	case RuleVisa:
		r.Cite, r.Message = "2017/2226 art 11(2)", "The earliest of three ends applies: "+c.limit.String()+", the validity of the visa, the days of stay on the visa."
	default:
		r.Cite, r.Message = "2016/399 art 6(1)", "The traveller needs no visa. The limit is "+c.limit.String()+"."
	}
	return r
}

// outcome says what follows: the end, the entries left, the overstay.
func (c *calculation) outcome(a *Answer, q *Question, table []DayVerdict) (out []law.Reason) {
	if a.EntriesAllowed > 0 {
		message := fmt.Sprintf("Entries used on the visa: %d of %d.", a.EntriesUsed, a.EntriesAllowed)
		if a.EntriesExhausted {
			message += " No further entry is possible on it."
		}
		out = append(out, law.Reason{Code: "entries", Cite: "2017/2226 art 11(2)(a)", Message: message,
			Facts: law.Facts("entries_used", strconv.Itoa(a.EntriesUsed), "entries_allowed", strconv.Itoa(a.EntriesAllowed))})
	}
	switch {
	case a.End == 0:
		return out
	case a.End < a.Start:
		message, at := whyUnder(whyOf(a.Bound), c.limit)
		out = append(out, law.Reason{Code: "no_stay", Cite: at, Message: fmt.Sprintf("A stay beginning on %s is not allowed. %s", a.Start, message),
			Facts: law.Facts("day", a.Start.String(), "bound", string(a.Bound))})
	case a.Rule != RuleTransit:
		end := lastDayReason(a.End, a.Start, a.MaximumStay, c.limit.Days-c.used.usedBefore(c.limit))
		if a.Start != a.Day || a.Bound != BoundLimit {
			end.Message = fmt.Sprintf("The authorised stay runs from %s to %s, %s in all.", a.Start, a.End, daysWord(a.MaximumStay))
		}
		if a.Bound != BoundLimit {
			_, end.Cite = whyUnder(whyOf(a.Bound), c.limit)
		}
		end.Code = "authorised_end"
		end.Facts = append(end.Facts, law.Facts("bound", string(a.Bound), "remaining_days", strconv.Itoa(a.Remaining))...)
		out = append(out, end)
	}
	switch {
	case a.OverstayDays > 0:
		out = append(out, law.Reason{Code: "overstay", Cite: "2017/2226 art 11(2)(c)",
			Message: fmt.Sprintf("The stay is over its end by %s.", daysWord(a.OverstayDays)),
			Facts:   law.Facts("overstay_days", strconv.Itoa(a.OverstayDays), "from", (a.End + 1).String())})
	case a.Expired:
		out = append(out, law.Reason{Code: "overstay", Cite: "2017/2226 annex II", Message: "The transit has lasted longer than allowed."})
	case q.Intended.Exit != 0 && !a.Suffices && a.Remaining > 0:
		out = append(out, law.Reason{Code: "not_enough", Cite: "2017/2226 art 11(2)",
			Message: fmt.Sprintf("The intended exit on %s is after the last day allowed.", q.Intended.Exit),
			Facts:   law.Facts("intended_exit", q.Intended.Exit.String(), "last_day", a.End.String())})
	}
	return out
}

// decided returns the change that set the end of the stay judged.
func (c *calculation) decided(q *Question) Change {
	s := &q.Intended
	if s.Entry == 0 {
		s = &c.h.Stays[c.place]
	}
	return s.Changes[len(s.Changes)-1]
}

func daysWord(n int) string {
	if n == 1 {
		return "1 day"
	}
	return strconv.Itoa(n) + " days"
}

func entriesWord(n int) string {
	if n == 0 {
		return "multiple"
	}
	return strconv.Itoa(n)
}
