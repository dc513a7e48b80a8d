package carrier

import "limen/law"

// Judge answers what a history means for a stay (2017/2226 art 11). The house
// plugs in the register's calculator, a pure function; the copy does not know
// how a history is written. An empty history is that of somebody who was never
// recorded. A failure is a fault of the copy's data.
type Judge func(history []byte, q StayQuestion) (StayVerdict, error)

// StayQuestion is a stay that somebody asks about.
type StayQuestion struct {
	On   law.Date // day of the intended entry, or the day of the question
	Exit law.Date // intended exit; zero when none was given
	// Present says that no entry is intended: whoever is inside asks about the
	// stay under way, whoever is not about an entry on the day.
	Present bool
	Visa    *Visa // the visa that the stay would rest on; nil for none
	Partial bool  // the destination applies the acquis in part
}

// StayVerdict is the judge's answer.
type StayVerdict struct {
	Days     int  // lawful days from the day on, that day included, without a break; 0 when none is
	Used     int  // recorded days that count in the period ending on the day
	Suffices bool // the stay may run to the intended exit, or begin where none was given
	Computed bool // false where no stay is calculated
}
