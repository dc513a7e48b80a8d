package ees

import (
	"slices"
	"strings"

	"limen/access"
	"limen/law"
	"limen/person"
)

// LawEnforcementReport is what a state, or Europol, reports of a year by 30 June
// of the next (art 72(8)): counts, and no person.
type LawEnforcementReport struct {
	State person.State               `json:"state"`
	Year  int                        `json:"year"`
	Lines []LawEnforcementReportLine `json:"lines" nullable:"false"`
}

// LawEnforcementReportLine counts the requests of one purpose, offence and kind
// of search.
type LawEnforcementReportLine struct {
	Purpose     access.Purpose `json:"purpose"`
	Offence     OffenceRow     `json:"offence"`
	SearchedBy  []string       `json:"searched_by" nullable:"false"`
	Waived      string         `json:"comparison_waived" enum:",urgency,futile" doc:"Why the other states' systems were not searched first; empty when they were, or need not be."`
	Requests    int            `json:"requests"`
	Refused     int            `json:"refused"`
	Answered    int            `json:"answered"`
	WithHits    int            `json:"answered_with_hits"`
	Urgent      int            `json:"urgent"`
	Unjustified int            `json:"urgent_unjustified" doc:"Urgent accesses that the verification afterwards did not accept."`
}

// ReportRequests counts a year's requests of the office's state (art 72(8)). It
// reads rows without a person; a year in progress is counted as far as it went.
func (r *Register) ReportRequests(p access.Pass, year int) (LawEnforcementReport, error) {
	o, tx, err := listedOffice(p)
	if err != nil {
		return LawEnforcementReport{}, err
	}
	first, last := law.MakeDate(year, 1, 1), law.MakeDate(year, 12, 31)
	if start, _, _ := law.EESStart().YMD(); year < start || first > o.day {
		return LawEnforcementReport{}, law.BadField("year", "year_out_of_range", "2017/2226 art 72", "Give a year since the start of operations that has begun.")
	}
	rows, err := tx.Query(`SELECT purpose, offence, searched_by, waived, COUNT(*), SUM(CASE WHEN status = 'refused' THEN 1 ELSE 0 END),
			SUM(CASE WHEN answered_at IS NOT NULL THEN 1 ELSE 0 END), SUM(CASE WHEN hits > 0 THEN 1 ELSE 0 END),
			SUM(CASE WHEN urgent THEN 1 ELSE 0 END), SUM(CASE WHEN status = 'unjustified' THEN 1 ELSE 0 END)
		FROM ees_le_request WHERE state = $1 AND submitted_on BETWEEN $2 AND $3
		GROUP BY purpose, offence, searched_by, waived ORDER BY purpose, offence, searched_by, waived`, string(o.state), first, last)
	if err != nil {
		return LawEnforcementReport{}, err
	}
	defer rows.Close()
	report := LawEnforcementReport{State: o.state, Year: year, Lines: []LawEnforcementReportLine{}}
	for rows.Next() {
		var l LawEnforcementReportLine
		var purpose, code, by string
		if err := rows.Scan(&purpose, &code, &by, &l.Waived, &l.Requests, &l.Refused, &l.Answered, &l.WithHits, &l.Urgent, &l.Unjustified); err != nil {
			return LawEnforcementReport{}, err
		}
		l.Purpose, l.SearchedBy = access.Purpose(purpose), slices.Clone(strings.Fields(by))
		l.Offence, _ = offence(code)
		report.Lines = append(report.Lines, l)
	}
	return report, rows.Err()
}
