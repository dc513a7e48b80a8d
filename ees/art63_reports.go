package ees

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// OpReadStatistics reads the daily set and the reports made of it.
const OpReadStatistics access.Op = "ees.read_statistics"

func statisticsOperations() []access.Operation {
	return []access.Operation{
		{Op: OpExtractStatistics, System: "ees", Title: "make the daily set of anonymised data", Cite: "2017/2226 art 63(2)", Writes: true},
		{Op: OpReadStatistics, System: "ees", Title: "read anonymised statistics", Cite: "2017/2226 art 63(1)"},
	}
}

func statisticsGrants() []access.Grant {
	anonymous := []access.Category{access.AnonymousCounts}
	return []access.Grant{
		{Kind: access.Duty, Purpose: access.StatisticsReport, Op: OpExtractStatistics, Cite: "2017/2226 art 63(2)", Keys: []access.Key{access.ByCrossing}},
		{Kind: access.Statistics, Purpose: access.StatisticsReport, Op: OpReadStatistics, Cite: "2017/2226 art 63(1)", Returns: anonymous},
		{Kind: access.Frontex, Purpose: access.StatisticsReport, Op: OpReadStatistics, Cite: "2017/2226 art 63(1)", Returns: anonymous},
	}
}

// Smallest counts that leave the house.
var (
	reportSmallest = law.Param[int]{Name: "ees.report_smallest_count", Unit: "occurrences", Rows: []law.Row[int]{
		{From: law.MustDate("2025-10-12"), Value: 5, Cite: "2017/2226 art 63(1)", Unconfirmed: true,
			Note: "design choice: the data must not allow individual identification and the law gives no number; smaller counts are left out of reports, and of their sums"}}}
	reportRounding = law.Param[int]{Name: "ees.report_rounding", Unit: "occurrences", Rows: []law.Row[int]{
		{From: law.MustDate("2025-10-12"), Value: 5, Cite: "2017/2226 art 63(1)", Unconfirmed: true,
			Note: "design choice: counts in reports are rounded to the nearest multiple, so that a count that was left out cannot be worked out from the difference of two reports; 1 gives them as they are"}}}
	dailySmallest = law.Param[int]{Name: "ees.daily_smallest_count", Unit: "occurrences", Rows: []law.Row[int]{
		{From: law.MustDate("2025-10-12"), Value: 1, Cite: "2017/2226 art 63(1)", Unconfirmed: true,
			Note: "design choice: the daily set is for authorised staff and must be whole to be added up; a greater number leaves smaller counts out of it"}}}
)

// StatisticsQuery is a span of days, both included, and what narrows it.
type StatisticsQuery struct {
	From, To law.Date
	State    string // one state only; "" for all
}

func (q StatisticsQuery) check(p access.Pass) error {
	switch {
	case q.From == 0 || q.To == 0 || q.To < q.From:
		return law.BadField("to", "no_span", "2017/2226 art 63(2)", "Give the first and the last day, the first not after the last.")
	case p.Principal().Authority.Kind == access.Frontex && q.From <= law.ProgressiveLastDay():
		return law.Refuse(law.NotPermitted, "progressive_period", "2025/1534 art 6(2)",
			fmt.Sprintf("The European Border and Coast Guard Agency does not receive data of the progressive period. Ask for days from %s on.", law.ProgressiveLastDay()+1))
	}
	return nil
}

// checkPeriod holds reports to the periods that the law publishes: a quarter (art
// 63(4)) or a year (art 63(5)) that is over. Of spans at will, two that differ by
// a day would tell what happened on it, however small the count. The first period
// begins with the operations, and what follows the progressive period may be asked
// for alone.
func (q StatisticsQuery) checkPeriod(today law.Date) error {
	year, month, _ := q.To.YMD()
	quarter := law.MakeDate(year, (month-1)/3*3+1, 1)
	begins := []law.Date{quarter}
	if month == 12 {
		begins = append(begins, law.MakeDate(year, 1, 1))
	}
	for _, later := range []law.Date{law.EESStart(), law.ProgressiveLastDay() + 1} {
		if begins[len(begins)-1] < later && later <= q.To {
			begins = append(begins, later)
		}
	}
	if _, next, first := (q.To + 1).YMD(); first != 1 || next%3 != 1 || !slices.Contains(begins, q.From) {
		return law.BadField("to", "no_reporting_period", "2017/2226 art 63(4)", "Ask for a whole quarter or a whole year of the calendar. Reports on other spans could tell of single persons.")
	}
	if q.To >= today {
		return law.BadField("to", "period_not_over", "2017/2226 art 63(4)", "This period is not over. Ask for one that has ended.", "today", today.String())
	}
	return nil
}

// DailyPage is a page of the daily set.
type DailyPage struct {
	Cells    []Cell `json:"cells" nullable:"false"`
	Next     string `json:"next,omitempty" doc:"Give this as 'after' to read on; absent on the last page."`
	Smallest int    `json:"smallest_count" doc:"Smaller counts are left out."`
}

// longestDaily and dailyPageSize bound one page of the daily set.
const (
	longestDaily  = 31
	dailyPageSize = 5000
)

// DailySet reads a page of the daily set (art 63(1), (2)).
func (r *Register) DailySet(p access.Pass, q StatisticsQuery, after string) (DailyPage, error) {
	tx, err := p.Tx()
	if err != nil {
		return DailyPage{}, err
	}
	if err := q.check(p); err != nil {
		return DailyPage{}, err
	}
	if q.To-q.From >= longestDaily {
		return DailyPage{}, law.BadField("to", "span_too_long", "2017/2226 art 63(2)", fmt.Sprintf("Ask for at most %d days at a time.", longestDaily))
	}
	from := struct {
		Day  law.Date `json:"d"`
		Cell string   `json:"c"`
	}{q.From - 1, "~"}
	if after != "" {
		b, err := base64.RawURLEncoding.DecodeString(after)
		if err != nil || json.Unmarshal(b, &from) != nil {
			return DailyPage{}, law.BadField("after", "unknown_page", "2017/2226 art 63", "Use the value of 'next' from the page before.")
		}
	}
	page := DailyPage{Cells: []Cell{}}
	if page.Smallest, err = dailySmallest.On(q.To); err != nil {
		return DailyPage{}, err
	}
	rows, err := tx.Query(`SELECT `+dailyColumns+` FROM ees_daily WHERE (day, cell) > ($1, $2) AND day <= $3 ORDER BY day, cell LIMIT $4`,
		from.Day.String(), from.Cell, q.To, dailyPageSize+1)
	if err != nil {
		return DailyPage{}, err
	}
	defer rows.Close()
	read := 0
	for rows.Next() {
		var c Cell
		var name string
		if err := rows.Scan(&c.Day, &name, &c.Event, &c.State, &c.CrossingPoint, &c.Border, &c.Status, &c.Nationality, &c.Sex, &c.BirthYear, &c.DocumentType,
			&c.DocumentIssuer, &c.VisaIssuer, &c.Fingerprints, &c.Reason, &c.EntryOn, &c.EntryPoint, &c.StayDays, &c.OverDays, &c.N); err != nil {
			return DailyPage{}, err
		}
		if read++; read > dailyPageSize {
			b, err := json.Marshal(from)
			if err != nil {
				return DailyPage{}, err
			}
			page.Next = base64.RawURLEncoding.EncodeToString(b)
			break
		}
		from.Day, from.Cell = c.Day, name
		if c.N >= page.Smallest && (q.State == "" || c.State == q.State) {
			page.Cells = append(page.Cells, c)
		}
	}
	if err := rows.Err(); err != nil {
		return DailyPage{}, err
	}
	return page, p.Send(access.AnonymousCounts)
}

// Report is a table of counts. A count that is too small is left out, and left
// out of the sum as well, so that it cannot be worked out from the others; the
// others are rounded, so that it cannot be worked out from two reports either, as
// those of a state and of all, or of a quarter and its year.
type Report struct {
	Name     string       `json:"name"`
	Title    string       `json:"title"`
	Article  law.Citation `json:"article"`
	From     law.Date     `json:"from" format:"date"`
	To       law.Date     `json:"to" format:"date"`
	Columns  []string     `json:"columns" nullable:"false" doc:"Names of what the counts are told apart by."`
	Rows     []ReportRow  `json:"rows" nullable:"false"`
	Total    int          `json:"total" doc:"Sum of the counts shown."`
	LeftOut  int          `json:"left_out" doc:"Rows left out because their count is too small."`
	Smallest int          `json:"smallest_count" doc:"Smaller counts are left out."`

	RoundedTo int `json:"rounded_to" doc:"Counts are rounded to the nearest multiple of this."`
}

// ReportRow is one count with its values, in the order of the columns.
type ReportRow struct {
	Values []string `json:"values" nullable:"false"`
	N      int      `json:"n"`
}

// reportKind is a report as SQL over the daily set, and what is done with the
// values of a row before rows that say the same are added up.
type reportKind struct {
	name, title string
	cite        law.Citation
	columns     []string
	from        string // columns and condition of the question
	where       string
	refine      func(values []string) [][]string // nil leaves them
}

// reportKinds are the publications of art 63(4) and the annual report of a state
// (art 63(5)).
var reportKinds = []reportKind{
	{"overstays", "Stays that were exceeded, by nationality, age, sex, length and crossing point of entry", "2017/2226 art 63(4)",
		[]string{"nationality", "age", "sex", "days_over", "entry_point"}, "nationality, birth_year, sex, over_days, entry_bcp, day",
		"event = 'exit' AND over_days > 0", func(v []string) [][]string {
			return [][]string{{v[0], ageOf(v[1], v[5]), v[2], lengthOf(v[3]), v[4]}}
		}},
	{"without_exit", "Stays that ended without an exit, by nationality, age, sex and crossing point of entry", "2017/2226 art 63(4)",
		[]string{"nationality", "age", "sex", "entry_point"}, "nationality, birth_year, sex, entry_bcp, day",
		"event = 'overstay'", func(v []string) [][]string { return [][]string{{v[0], ageOf(v[1], v[4]), v[2], v[3]}} }},
	{"refusals", "Refusals of entry, by nationality, kind of border and ground; a refusal on several grounds counts under each", "2017/2226 art 63(4)",
		[]string{"nationality", "border", "ground"}, "nationality, border, reason",
		"event = 'refusal'", func(v []string) [][]string {
			var each [][]string
			for _, letter := range strings.Fields(v[2]) {
				each = append(each, []string{v[0], v[1], letter})
			}
			return each
		}},
	{"changes", "Stays extended, revoked and annulled, by state, with the ground", "2017/2226 art 63(4)",
		[]string{"state", "change"}, "state, reason", "event = 'change'", nil},
	{"fingerprint_exemptions", "Entries of persons exempt from giving fingerprints, by reason and state", "2017/2226 art 63(4)",
		[]string{"state", "fingerprints"}, "state, fingers",
		"event = 'entry' AND fingers IN ('NOT_APPLICABLE_AGE', 'NOT_APPLICABLE_PERMANENT', 'TEMPORARILY_IMPOSSIBLE')", nil},
	{"crossings", "Entries, exits and refusals, by state, kind of border, month and status", "2017/2226 art 63(5)",
		[]string{"state", "event", "border", "month", "status"}, "state, event, border, day, status",
		"event IN ('entry', 'exit', 'refusal')", func(v []string) [][]string { return [][]string{{v[0], v[1], v[2], v[3][:7], v[4]}} }},
	{"nationalities", "Entries and exits, by nationality and status", "2017/2226 art 63(5)",
		[]string{"nationality", "status", "event"}, "nationality, status, event", "event IN ('entry', 'exit')", nil},
}

// ReportNames lists the reports that there are.
func ReportNames() []string {
	var names []string
	for _, k := range reportKinds {
		names = append(names, k.name)
	}
	return names
}

// Report adds up the daily set (art 63(4), (5)).
func (r *Register) Report(p access.Pass, name string, q StatisticsQuery) (Report, error) {
	tx, err := p.Tx()
	if err != nil {
		return Report{}, err
	}
	i := slices.IndexFunc(reportKinds, func(k reportKind) bool { return k.name == name })
	if i < 0 {
		return Report{}, law.BadField("name", "unknown_report", "2017/2226 art 63", "There is no such report. The reports are: "+strings.Join(ReportNames(), ", ")+".")
	}
	kind := reportKinds[i]
	if err := q.check(p); err != nil {
		return Report{}, err
	}
	if err := q.checkPeriod(law.DateIn(tx.Now(), person.WesternmostZone())); err != nil {
		return Report{}, err
	}
	out := Report{Name: kind.name, Title: kind.title, Article: kind.cite, From: q.From, To: q.To, Columns: kind.columns, Rows: []ReportRow{}}
	if out.Smallest, err = reportSmallest.On(q.To); err != nil {
		return Report{}, err
	}
	if out.RoundedTo, err = reportRounding.On(q.To); err != nil {
		return Report{}, err
	}
	counts, err := kind.counts(tx, q)
	if err != nil {
		return Report{}, err
	}
	for _, row := range counts {
		if row.N < out.Smallest {
			out.LeftOut++
			continue
		}
		if to := out.RoundedTo; to > 1 {
			row.N = (row.N + to/2) / to * to
		}
		out.Total += row.N
		out.Rows = append(out.Rows, row)
	}
	return out, p.Send(access.AnonymousCounts)
}

func (k reportKind) counts(tx *db.Tx, q StatisticsQuery) ([]ReportRow, error) {
	query, args := `SELECT `+k.from+`, SUM(n) FROM ees_daily WHERE `+k.where+` AND day >= $1 AND day <= $2`, []any{q.From, q.To}
	if q.State != "" {
		query, args = query+` AND state = $3`, append(args, q.State)
	}
	rows, err := tx.Query(query+` GROUP BY `+k.from, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	width := strings.Count(k.from, ",") + 1
	sums := map[string]*ReportRow{}
	for rows.Next() {
		values, into := make([]string, width), make([]any, width+1)
		var n int
		for i := range values {
			into[i] = &values[i]
		}
		into[width] = &n
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		each := [][]string{values}
		if k.refine != nil {
			each = k.refine(values)
		}
		for _, v := range each {
			key := strings.Join(v, "\x00")
			if sums[key] == nil {
				sums[key] = &ReportRow{Values: v}
			}
			sums[key].N += n
		}
	}
	var all []ReportRow
	for _, row := range sums {
		all = append(all, *row)
	}
	slices.SortFunc(all, func(a, b ReportRow) int { return slices.Compare(a.Values, b.Values) })
	return all, rows.Err()
}

// ageOf is the group of ages of somebody born in a year, on a day.
func ageOf(born, on string) string {
	b, _ := strconv.Atoi(born)
	year, _ := strconv.Atoi(on[:min(4, len(on))])
	for _, g := range [][2]int{{0, 11}, {12, 17}, {18, 34}, {35, 54}, {55, 69}} {
		if age := year - b; age >= g[0] && age <= g[1] {
			return fmt.Sprintf("%d-%d", g[0], g[1])
		}
	}
	return "70+"
}

// lengthOf puts a number of days of overstay into a class.
func lengthOf(days string) string {
	n, _ := strconv.Atoi(days)
	for _, class := range []struct {
		most int
		name string
	}{{1, "1"}, {7, "2-7"}, {30, "8-30"}, {90, "31-90"}, {365, "91-365"}} {
		if n <= class.most {
			return class.name
		}
	}
	return "366+"
}
