package law

import "strings"

// publicHolidays holds the public holidays of each state that operates the
// Entry/Exit System, as rules (see holidaysOf). 1182/71 art 2(1) takes those
// that the state itself has designated and sent to the Commission, which
// publishes them; that list was not at hand. Where it is in doubt whether a day
// is one, or where only a part of a state keeps it, it counts as a working day:
// a period in working days then ends rather too early than too late.
var publicHolidays = []*Param[[]string]{
	holidaysIn("AUT", holidayRow{"", "01-01 01-06 E+1 05-01 E+39 E+50 E+60 08-15 10-26 11-01 12-08 12-25 12-26", ""}),
	holidaysIn("BEL", holidayRow{"", "01-01 E+1 05-01 E+39 E+50 07-21 08-15 11-01 11-11 12-25", ""}),
	holidaysIn("BGR", holidayRow{"", "01-01+ 03-03+ O-2 O-1 O+0 O+1 05-01+ 05-06+ 05-24+ 09-06+ 09-22+ 12-24+ 12-25+ 12-26+", ""}),
	holidaysIn("CHE", holidayRow{"", "01-01 E+39 08-01 12-25", "Only what every canton keeps."}),
	holidaysIn("CZE", holidayRow{"", "01-01 E-2 E+1 05-01 05-08 07-05 07-06 09-28 10-28 11-17 12-24 12-25 12-26", ""}),
	holidaysIn("D", holidayRow{"", "01-01 E-2 E+1 05-01 E+39 E+50 10-03 12-25 12-26", "Only what every Land keeps."}),
	holidaysIn("DNK", holidayRow{"", "01-01 E-3 E-2 E+1 E+39 E+50 12-25 12-26", ""}),
	holidaysIn("ESP", holidayRow{"", "01-01 01-06 E-2 05-01 08-15 10-12 11-01 12-06 12-08 12-25", "Only what the whole state keeps."}),
	holidaysIn("EST", holidayRow{"", "01-01 02-24 E-2 05-01 06-23 06-24 08-20 12-24 12-25 12-26", ""}),
	holidaysIn("FIN", holidayRow{"", "01-01 01-06 E-2 E+1 05-01 E+39 06-20/Sat 10-31/Sat 12-06 12-25 12-26", ""}),
	holidaysIn("FRA", holidayRow{"", "01-01 E+1 05-01 05-08 E+39 E+50 07-14 08-15 11-01 11-11 12-25", ""}),
	holidaysIn("GRC", holidayRow{"", "01-01 01-06 O-48 03-25 O-2 O+1 05-01 O+50 08-15 10-28 12-25 12-26", "A decision may move 1 May."}),
	holidaysIn("HRV", holidayRow{"", "01-01 01-06 E+1 05-01 05-30 E+60 06-22 08-05 08-15 11-01 11-18 12-25 12-26", ""}),
	holidaysIn("HUN", holidayRow{"", "01-01 03-15 E-2 E+1 05-01 E+50 08-20 10-23 11-01 12-24 12-25 12-26", "Days that a decree exchanges are not moved."}),
	holidaysIn("ISL", holidayRow{"", "01-01 E-3 E-2 E+1 04-19/Thu 05-01 E+39 E+50 06-17 08-01/Mon 12-25 12-26", ""}),
	holidaysIn("ITA", holidayRow{"", "01-01 01-06 E+1 04-25 05-01 06-02 08-15 11-01 12-08 12-25 12-26", ""},
		holidayRow{"2026-01-01", "01-01 01-06 E+1 04-25 05-01 06-02 08-15 10-04 11-01 12-08 12-25 12-26", "With 4 October."}),
	holidaysIn("LIE", holidayRow{"", "01-01 01-06 E+1 05-01 E+39 E+50 E+60 08-15 09-08 11-01 12-08 12-25 12-26", ""}),
	holidaysIn("LTU", holidayRow{"", "01-01 02-16 03-11 E+1 05-01 06-24 07-06 08-15 11-01 11-02 12-24 12-25 12-26", ""}),
	holidaysIn("LUX", holidayRow{"", "01-01 E+1 05-01 05-09 E+39 E+50 06-23 08-15 11-01 12-25 12-26", ""}),
	holidaysIn("LVA", holidayRow{"", "01-01 E-2 E+1 05-01 05-04+ 06-23 06-24 11-18+ 12-24 12-25 12-26 12-31", "Days that a decree exchanges are not moved."}),
	holidaysIn("MLT", holidayRow{"", "01-01 02-10 03-19 03-31 E-2 05-01 06-07 06-29 08-15 09-08 09-21 12-08 12-13 12-25", ""}),
	holidaysIn("NLD", holidayRow{"", "01-01 E+1 04-27 05-05 E+39 E+50 12-25 12-26", "27 April falls on the 26th when it is a Sunday: no working day either."}),
	holidaysIn("NOR", holidayRow{"", "01-01 E-3 E-2 E+1 05-01 05-17 E+39 E+50 12-25 12-26", ""}),
	holidaysIn("POL", holidayRow{"", "01-01 01-06 E+1 05-01 05-03 E+60 08-15 11-01 11-11 12-24 12-25 12-26", ""}),
	holidaysIn("PRT", holidayRow{"", "01-01 E-2 04-25 05-01 E+60 06-10 08-15 10-05 11-01 12-01 12-08 12-25", ""}),
	holidaysIn("ROU", holidayRow{"", "01-01 01-02 01-06 01-07 01-24 O-2 O+1 05-01 06-01 O+50 08-15 11-30 12-01 12-25 12-26", ""}),
	holidaysIn("SVK", holidayRow{"", "01-01 01-06 E-2 E+1 05-01 05-08 07-05 08-29 09-15 11-01 12-24 12-25 12-26", ""},
		holidayRow{"2026-01-01", "01-01 01-06 E-2 E+1 05-01 07-05 08-29 11-01 12-24 12-25 12-26", "In 2026 people work on 8 May and 15 September."},
		holidayRow{"2027-01-01", "01-01 01-06 E-2 E+1 05-01 05-08 07-05 08-29 09-15 11-01 12-24 12-25 12-26", "8 May and 15 September again."}),
	holidaysIn("SVN", holidayRow{"", "01-01 01-02 02-08 E+1 04-27 05-01 05-02 06-25 08-15 10-31 11-01 12-25 12-26", ""}),
	holidaysIn("SWE", holidayRow{"", "01-01 01-06 E-2 E+1 05-01 E+39 06-06 06-20/Sat 10-31/Sat 12-25 12-26", ""}),
}

// holidayRow is the rules of a state from a day on, "" for the start of the
// Entry/Exit System, with what is to be said of them.
type holidayRow struct{ from, rules, note string }

func holidaysIn(state string, rows ...holidayRow) *Param[[]string] {
	p := &Param[[]string]{Name: "holidays." + state, Unit: "public holidays"}
	for _, r := range rows {
		from := eesStart
		if r.from != "" {
			from = MustDate(r.from)
		}
		note := "The list that the state sent to the Commission was not found."
		if r.note != "" {
			note += " " + r.note
		}
		p.Rows = append(p.Rows, Row[[]string]{From: from, Value: strings.Fields(r.rules), Cite: "1182/71 art 2(1)", Note: note, Unconfirmed: true})
	}
	return p
}

// holidaysByState finds the holidays of a state by its code.
var holidaysByState = func() map[string]*Param[[]string] {
	m := make(map[string]*Param[[]string], len(publicHolidays))
	for _, p := range publicHolidays {
		m[strings.TrimPrefix(p.Name, "holidays.")] = p
	}
	return m
}()
