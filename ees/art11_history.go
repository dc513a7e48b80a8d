package ees

import (
	"time"

	"limen/law"
)

// Never is the day after the last day of the calendar: a stay whose days count
// from Never does not count at all.
const Never = law.MaxDate + 1

// Bounds on the work for one person, far above any real history.
const (
	MaxStays          = 10_000 // stays in a history
	MaxStaysExplained = 2_000  // of them in the period that Explain tells day by day
)

// Stay is one stay in the territory. Entry and exit are civil days in the zone
// of the crossing point, and both are days of stay (2016/399 art 6(2)). Where a
// short stay follows a permit without a crossing, Entry is the day on which it
// starts (2017/2226 art 14(8)).
type Stay struct {
	Entry law.Date
	Exit  law.Date // zero while the person is still present or no exit is recorded
	// CountsFrom is the first day on which days in the state of the stay belong
	// to the common period: the day from which it operates the System, Never
	// for a state that does not, zero when that was always so.
	CountsFrom law.Date
	Visa       int32 // visa used on entry, as its place in History.Visas counted from 1; 0 for none
	Family     bool  // family member of a person with free movement, without a residence card (art 2(1)(b))
	Transit    bool  // facilitated transit document, with or without rail (annex II)
	Partial    bool  // entered in a state that operates the System but does not yet apply the acquis in full
	Changes    []Change
}

// ChangeStatus is what a decision did to a stay (2017/2226 art 19(1)(a)).
type ChangeStatus string

// The three statuses of the article.
const (
	Revoked  ChangeStatus = "revoked"
	Annulled ChangeStatus = "annulled"
	Extended ChangeStatus = "extended"
)

// Change is a decision on the authorised stay (2017/2226 art 19). Changes of a
// stay apply in the order of their list: the later one is the status in force.
type Change struct {
	Status    ChangeStatus
	Decided   law.Date // day of the decision
	From      law.Date // Extended: first day of the period added
	End       law.Date // new expiry date; for Revoked and Annulled zero when the decision gives none
	Ground    string   // as recorded: RD, ND, force majeure, ...
	Bilateral bool     // extension under a bilateral agreement (CISA art 20(2)(b), 2017/2226 art 19(2))
	State     string   // state in which alone the extension holds; "" where it holds everywhere
}

// Visa is a short-stay visa as the calculator reads it.
type Visa struct {
	ValidFrom, ValidUntil law.Date
	Days                  int    // duration of stay, 1..90
	Entries               int    // entries allowed; 0 for multiple
	Limited               bool   // limited territorial validity (810/2009 art 25(1)(b))
	States                string // where a limited visa holds, for the answer
}

// Span is an interval of days, both included; a zero Until leaves it open.
type Span struct{ From, Until law.Date }

// History is all that the calculator knows about a person. Stays may come in
// any order and overlap. To ask about a state outside the common period, which
// has a period of its own (2016/399 art 6(1a)), give the stays in that state
// alone.
type History struct {
	Stays   []Stay
	Visas   []Visa
	Permits []Span // time under a residence permit or long-stay visa, which does not count (2016/399 art 6(2))
	Stamps  []Stay // stays known from stamps alone; they count as long as 2017/2226 art 22(1) says
}

// Question is what is asked about a History.
type Question struct {
	// On is the day of the check. The stay that covers it is judged; on the day
	// of exit that is the stay just ending.
	On law.Date
	// Intended is an entry not on record, at the booth or planned: it is judged
	// on its day of entry. Its Exit is the intended exit and may be zero. A zero
	// Entry means that no entry is intended.
	Intended Stay
	// At and EnteredAt are the instants of the question and of the entry. They
	// are read for a facilitated transit only, which is counted in hours;
	// EnteredAt carries the zone of the crossing point.
	At, EnteredAt time.Time
}

// Rules that decide on the end of a stay; the first that applies does.
const (
	RuleFamilyMember law.Code = "family_member" // no calculation
	RuleTransit      law.Code = "facilitated_transit"
	RuleRevoked      law.Code = "revoked" // or annulled
	RuleExtended     law.Code = "extended"
	RuleLimited      law.Code = "limited_visa"       // limited territorial validity
	RulePartial      law.Code = "partial_state_visa" // visa holder in a state not applying the acquis in full
	RuleVisa         law.Code = "short_stay_visa"
	RuleExempt       law.Code = "visa_exempt"
	RuleAbsent       law.Code = "absent"          // nobody present and no entry intended: days only
	RulePermit       law.Code = "permit"          // under a permit on the day: not a short stay
	RuleElsewhere    law.Code = "other_territory" // in a state outside the common period
)

// What sets the last day under a rule.
const (
	BoundLimit    law.Code = "limit"         // 90 days in the period
	BoundValidity law.Code = "visa_validity" // last day of the visa
	BoundDays     law.Code = "visa_days"     // duration of stay of the visa
	BoundEntries  law.Code = "visa_entries"  // no entry left
	BoundNotYet   law.Code = "visa_not_yet_valid"
	BoundDecision law.Code = "decision" // revocation, annulment or extension
	BoundHours    law.Code = "hours"    // facilitated transit
)

// Answer is the calculator's answer (2017/2226 art 11(2)).
type Answer struct {
	Day   law.Date // the day judged: On, or the intended entry
	Rule  law.Code // rule that decided
	Bound law.Code // what set the end; "" when there is none
	// Start is the first day of the short stay judged: its entry, or later
	// where a permit or a state's accession came first.
	Start law.Date
	// End is the authorised end, the last lawful day; the day before Start when
	// the entry is not possible; zero when the rule sets no end.
	End    law.Date
	EndsAt time.Time // facilitated transit only: the instant of the end
	// VisaEnd is the last day that the visa of the stay allows, and the next
	// visa after it, whatever the days of the period (art 16(2)(d), EES-010);
	// zero without a visa.
	VisaEnd law.Date
	// MaximumStay is the length of the lawful stay in days, Start and End
	// included, days under a permit left out.
	MaximumStay int
	// DaysUsed is n(Day): recorded days that count in the period ending on Day.
	DaysUsed int
	// Remaining is the number of days of presence still lawful from Day on, Day
	// included, when staying without a break. Old days that leave the period
	// meanwhile are given back, so it can exceed 90 - DaysUsed (EES-017).
	// Count.DaysUnused is the other figure.
	Remaining int
	// OverstayDays is the number of days from the one after End to Day, days
	// under a permit left out; 0 when there is no overstay.
	OverstayDays int
	Expired      bool // the authorised stay is over on Day, or for a transit at the instant At
	// EntriesUsed and EntriesAllowed are about the visa of the stay judged;
	// EntriesAllowed is 0 when no entries are counted.
	EntriesUsed, EntriesAllowed int
	EntriesExhausted            bool   // no entry left: one more entry on the visa is not possible
	Suffices                    bool   // the stay may run to the intended exit, or begin where no exit is given
	OnlyIn                      string // states to which a limited visa or an extension confines the stay
	StampsCounted               bool   // stamps were part of the count
	Incomplete                  bool   // the period reaches into the time of possibly incomplete records
}

// FlagDay is the day on which the stay becomes an overstay if no exit is
// recorded (2017/2226 art 12(1)); zero when the rule sets no end.
func (a Answer) FlagDay() law.Date {
	if a.End == 0 {
		return 0
	}
	return a.End + 1
}

// DaysAfter is the number of lawful days left after Day: one less than
// Remaining while Day is lawful.
func (a Answer) DaysAfter() int { return max(0, a.Remaining-1) }
