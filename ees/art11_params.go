package ees

import (
	"errors"
	"fmt"

	"limen/law"
)

// StayLimit is the length of a short stay: so many days of stay in any period
// of so many days that ends on the day looked at (2016/399 art 6(1)).
type StayLimit struct {
	Days   int // days of stay allowed
	Period int // days of the period, the day looked at included; at most 192
}

// String prints the limit as people say it: "90 days in any 180".
func (l StayLimit) String() string { return fmt.Sprintf("%d days in any %d", l.Days, l.Period) }

// maxPeriod is the longest period that a presence can look back on from each
// day of the period before the day looked at.
const maxPeriod = heldDays / 2

// sound tells whether the calculator can count by the limit.
func (l StayLimit) sound() bool { return l.Days >= 1 && l.Days <= l.Period && l.Period <= maxPeriod }

// UnmarshalText implements encoding.TextUnmarshaler for the form of String, so
// that rows of the limit can be written in a file.
func (l *StayLimit) UnmarshalText(b []byte) error {
	var read StayLimit
	if n, err := fmt.Sscanf(string(b), "%d days in any %d", &read.Days, &read.Period); err != nil || n != 2 || read.String() != string(b) {
		return errors.New("the limit is written as \"90 days in any 180\"")
	}
	if !read.sound() {
		return fmt.Errorf("the days of stay are at least 1 and at most those of the period, and the period has at most %d days", maxPeriod)
	}
	*l = read
	return nil
}

// presentLimit is the limit of the latest row, for what does not depend on a day.
func presentLimit() StayLimit { return ShortStayLimit.Rows[len(ShortStayLimit.Rows)-1].Value }

// ShortStayLimit is the rule of 90 days in any 180-day period.
var ShortStayLimit = law.Param[StayLimit]{
	Name: "ees.short_stay_limit", Unit: "days of stay, days of the period",
	Rows: []law.Row[StayLimit]{{
		From: law.MustDate("2013-10-18"), Value: StayLimit{Days: 90, Period: 180}, Cite: "2016/399 art 6(1)",
		Note: "the counting by days has applied since this day, first through the Code's earlier text; before it the law counted three months from the first entry",
	}},
}

// ProgressiveDataIncomplete says whether records of the progressive period must
// still be treated as possibly incomplete.
var ProgressiveDataIncomplete = law.Param[bool]{
	Name: "ees.progressive_data_incomplete", Unit: "switch",
	Rows: []law.Row[bool]{
		{From: law.MustDate("2025-10-12"), Value: true, Cite: "2025/1534 art 6(1)"},
		{From: law.MustDate("2031-04-10"), Value: false, Cite: "2025/1534 art 6(1)", Unconfirmed: true,
			Note: "the end is known to be about this day only"},
	},
}

// CountLimitedDays says whether days on a visa with limited territorial
// validity count in the common period of later stays (countLTV).
var CountLimitedDays = law.Param[bool]{
	Name: "ees.count_ltv", Unit: "switch",
	Rows: []law.Row[bool]{{From: law.MustDate("2013-10-18"), Value: true, Cite: "2016/399 art 6(2)", Unconfirmed: true,
		Note: "the Code excludes residence permits and long-stay visas only; that nothing else is excluded was not found in a text"}},
}

// CountExtensionDays says whether the days by which a stay was extended count
// in the common period of later stays (countExtension).
var CountExtensionDays = law.Param[bool]{
	Name: "ees.count_extension", Unit: "switch",
	Rows: []law.Row[bool]{{From: law.MustDate("2013-10-18"), Value: true, Cite: "2016/399 art 6(2)", Unconfirmed: true,
		Note: "the Code excludes residence permits and long-stay visas only; that nothing else is excluded was not found in a text"}},
}

// CountTransitDays says whether days on a facilitated transit document count.
var CountTransitDays = law.Param[bool]{
	Name: "ees.count_transit", Unit: "switch",
	Rows: []law.Row[bool]{{From: law.MustDate("2013-10-18"), Value: true, Cite: "2016/399 art 6(2)", Unconfirmed: true,
		Note: "no text was found on transit under a facilitated transit document; every day of short stay is taken to count"}},
}

// CountFamilyDays says whether days recorded for a family member of a person
// with free movement count in later stays outside that right.
var CountFamilyDays = law.Param[bool]{
	Name: "ees.count_family", Unit: "switch",
	Rows: []law.Row[bool]{{From: law.MustDate("2013-10-18"), Value: false, Cite: "2017/2226 art 2(4)", Unconfirmed: true,
		Note: "the calculator does not apply to these stays, which rest on free movement and not on the short stay of the Code; that they leave later stays alone was not found in a text"}},
}

// LongMultipleEntryVisa is the validity in days above which the 90 days of a
// multiple-entry visa mean 90 in any 180-day period and not a sum over its
// validity. 0 turns the reading off.
var LongMultipleEntryVisa = law.Param[int]{
	Name: "ees.long_multiple_entry_visa", Unit: "days of validity",
	Rows: []law.Row[int]{{From: law.MustDate("2013-10-18"), Value: 180, Cite: "810/2009 art 24(2)", Unconfirmed: true,
		Note: "reading of the Visa Code Handbook, which was not at hand"}},
}

// RevocationEndsOnDecision says whether a stay revoked or annulled without a
// new expiry date ends on the day of the decision.
var RevocationEndsOnDecision = law.Param[bool]{
	Name: "ees.revocation_ends_on_decision", Unit: "switch",
	Rows: []law.Row[bool]{{From: law.MustDate("2013-10-18"), Value: true, Cite: "2017/2226 art 19(1)", Unconfirmed: true,
		Note: "design choice: the law asks for a new expiry date and is silent where none is given"}},
}

// FacilitatedTransitHours is how long a facilitated transit lasts from the
// instant of entry.
var FacilitatedTransitHours = law.Param[int]{
	Name: "ees.facilitated_transit_hours", Unit: "hours",
	Rows: []law.Row[int]{{From: law.MustDate("2003-07-01"), Value: 24, Cite: "693/2003", Unconfirmed: true,
		Note: "24 hours, and the first day of application, were taken from secondary sources"}},
}

// CalculatorParams lists the dated parameters of the stay calculation.
func CalculatorParams() []law.Dated {
	return []law.Dated{&ShortStayLimit, &ProgressiveDataIncomplete, &CountLimitedDays, &CountExtensionDays,
		&CountTransitDays, &CountFamilyDays, &LongMultipleEntryVisa, &RevocationEndsOnDecision, &FacilitatedTransitHours}
}

// ReplayParams lists the parameters that a stay is decided by: those that it
// makes sense to change in a rehearsal.
func ReplayParams() []law.Dated {
	return append(append(CalculatorParams(), &law.EESPhase, &law.StampsCount, &law.CalculatorInUse), law.TerritoryParams()...)
}
