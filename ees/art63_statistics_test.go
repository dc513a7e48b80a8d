package ees_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"limen/access"
	"limen/db"
	"limen/ees"
	"limen/law"
)

func (b *border) extract() int {
	b.Helper()
	n, err := b.register.ExtractStatistics(context.Background(), b.door, nil)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func (b *border) daily(from, to string) []ees.Cell {
	b.Helper()
	page, err := asking(b, access.Statistics, access.StatisticsReport, ees.OpReadStatistics, func(p access.Pass) (ees.DailyPage, error) {
		return b.register.DailySet(p, ees.StatisticsQuery{From: day(from), To: day(to)}, "")
	})
	if err != nil {
		b.Fatal(err)
	}
	return page.Cells
}

func (b *border) report(name, from, to string) ees.Report {
	b.Helper()
	r, err := asking(b, access.Statistics, access.StatisticsReport, ees.OpReadStatistics, func(p access.Pass) (ees.Report, error) {
		return b.register.Report(p, name, ees.StatisticsQuery{From: day(from), To: day(to)})
	})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// cell is a row of the daily set in short.
func cell(c ees.Cell) string {
	return fmt.Sprint(c.Event, " ", c.CrossingPoint, " ", c.Nationality, " ", c.Sex, " ", c.BirthYear, " ", c.Status, " ", c.Reason, " ", c.OverDays, " ×", c.N)
}

// EES-065: the daily set tells of a day what art 63(1) lists, as counts; of the
// birth date the year, no name, no document number, no reference.
func TestArt63_1_DailySet(t *testing.T) {
	onBoth(t, func(b *border) {
		twin := traveller("TREMBLAY", "JEANNE", "1988-09-30", "F", "CAN", "CA990055")
		a := b.enter("2026-05-01 09:00", anna()).File
		b.enter("2026-05-01 10:00", twin)
		b.enter("2026-05-01 11:00", func() ees.CheckRequest {
			r := mehmet()
			r.Visa = &ees.VisaInput{Number: "V100", Issuer: "FRA", ValidFrom: day("2026-05-01"), ValidUntil: day("2026-05-10"), Days: 10}
			return r
		}())
		if _, err := b.tryRefuse(ees.RefusalRequest{CheckID: b.at("2026-05-01 12:00").check(traveller("ROSSI", "LUCA", "2001-01-01", "M", "ARG", "AR1")).CheckID, Reasons: []ees.RefusalReason{"E", "G"}}); err != nil {
			b.Fatal(err)
		}
		if n := b.extract(); n != 0 {
			b.Fatalf("%d events of a day that is not over", n)
		}
		b.leave("2026-05-13 09:00", mehmet())
		b.at("2026-05-15 09:00")
		if n := b.extract(); n != 6 { // three entries, a refusal, an exit, an overstay from 05-11
			b.Errorf("%d events", n)
		}
		var got []string
		for _, c := range b.daily("2026-05-01", "2026-05-14") {
			got = append(got, cell(c))
		}
		slices.Sort(got)
		want := []string{
			"entry FRCDG CAN F 1988 visa_exempt  0 ×2",
			"entry FRCDG TUR M 1979 visa_required  0 ×1",
			"exit FRCDG TUR M 1979 visa_required  3 ×1",
			"overstay FRCDG TUR M 1979 visa_required  0 ×1",
			"refusal FRCDG ARG M 2001 visa_exempt E G 0 ×1",
		}
		if !slices.Equal(got, want) {
			b.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		all, err := json.Marshal(b.daily("2026-05-01", "2026-05-14"))
		if err != nil {
			b.Fatal(err)
		}
		for _, secret := range []string{"PELLETIER", "TREMBLAY", "YILMAZ", "1988-02-11", "1979-10-30", "CA884411", "V100", string(a)} {
			if strings.Contains(string(all), secret) {
				b.Errorf("the daily set holds %q", secret)
			}
		}
		if n := b.extract(); n != 0 {
			b.Errorf("%d events counted twice", n)
		}
	})
}

// Art 63(2): what is told late, or put right, puts the set of its day right, once;
// a set that is closed stays.
func TestArt63_2_LateEventsMakeTheDayAnew(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-05-01 09:00", anna())
		b.enter("2026-05-02 09:00", traveller("NGUYEN", "LINH", "1991-05-20", "F", "CAN", "CA990011"))
		b.at("2026-05-05 09:00").extract()
		late := b.clock.Now().AddDate(0, 0, -3) // 2026-05-02
		req := anna()
		req.Direction, req.At, req.Origin = ees.Exit, &late, ees.NUIBuffer
		b.cross(b.check(req))
		if n := b.extract(); n != 2 {
			b.Errorf("%d events in the day made anew, want its entry and the late exit", n)
		}
		cells := b.daily("2026-05-02", "2026-05-02")
		if len(cells) != 2 {
			b.Fatalf("%+v", cells)
		}
		for _, c := range cells {
			if c.N != 1 {
				b.Errorf("%s", cell(c))
			}
		}
		b.enter("2026-10-01 09:00", traveller("SILVA", "JOAO", "1971-05-20", "M", "BRA", "BR1")) // an ordinary day after it
		veryLate := b.at("2026-11-01 09:00").clock.Now().AddDate(0, 0, -91)
		req = traveller("NGUYEN", "LINH", "1991-05-20", "F", "CAN", "CA990011")
		req.Direction, req.At, req.Origin = ees.Exit, &veryLate, ees.NUIBuffer
		b.extract()
		b.cross(b.check(req))
		if n := b.extract(); n != 0 {
			b.Errorf("%d events in a set that is closed", n)
		}
	})
}

// Art 63(4): a report adds the sets of a quarter or year up; a count below the
// parameter is left out, and cannot be worked out from the sum, nor from reports
// on other spans.
func TestArt63_4_SmallCountsAreLeftOut(t *testing.T) {
	onBoth(t, func(b *border) {
		for i := range 6 {
			req := traveller("GARCIA", "ANA"+string(rune('A'+i)), fmt.Sprintf("198%d-02-11", i), "F", "MEX", fmt.Sprintf("MX%d", i))
			if _, err := b.tryRefuse(ees.RefusalRequest{CheckID: b.at(fmt.Sprintf("2026-05-0%d 09:00", i+1)).check(req).CheckID, Reasons: []ees.RefusalReason{"E"}}); err != nil {
				b.Fatal(err)
			}
		}
		for i := range 4 {
			req := traveller("SILVA", "JOAO"+string(rune('A'+i)), fmt.Sprintf("197%d-02-11", i), "M", "BRA", fmt.Sprintf("BR%d", i))
			if _, err := b.tryRefuse(ees.RefusalRequest{CheckID: b.at(fmt.Sprintf("2026-05-1%d 09:00", i+1)).check(req).CheckID, Reasons: []ees.RefusalReason{"E", "G"}}); err != nil {
				b.Fatal(err)
			}
		}
		b.at("2026-07-01 09:00").extract()
		r := b.report("refusals", "2026-04-01", "2026-06-30")
		if len(r.Rows) != 1 || !slices.Equal(r.Rows[0].Values, []string{"MEX", "air", "E"}) || r.Rows[0].N != 5 || r.Total != 5 || r.LeftOut != 2 || r.Smallest != 5 || r.RoundedTo != 5 {
			b.Errorf("%+v", r) // six, rounded
		}
		for _, name := range ees.ReportNames() {
			b.report(name, "2026-04-01", "2026-06-30")
		}
		for _, c := range []struct {
			name, from, to string
			code           law.Code
			kind           access.Kind
		}{
			{"weather", "2026-04-01", "2026-06-30", "unknown_report", access.Statistics},
			{"refusals", "2026-05-31", "2026-05-01", "no_span", access.Statistics},
			{"refusals", "2026-04-01", "2026-06-30", "progressive_period", access.Frontex},
			{"refusals", "2026-04-10", "2026-06-30", "", access.Frontex},
			{"refusals", "2026-04-01", "2026-06-30", "", access.Statistics},
			{"refusals", "2025-10-12", "2025-12-31", "", access.Statistics},
			{"refusals", "2025-10-01", "2025-12-31", "", access.Statistics},
			{"refusals", "2025-01-01", "2025-12-31", "", access.Statistics},
			// Two spans that differ by a day would tell of the day.
			{"refusals", "2026-05-01", "2026-06-30", "no_reporting_period", access.Statistics},
			{"refusals", "2026-04-01", "2026-06-29", "no_reporting_period", access.Statistics},
			{"refusals", "2026-01-01", "2026-06-30", "no_reporting_period", access.Statistics},
			{"refusals", "2026-06-30", "2026-06-30", "no_reporting_period", access.Statistics},
			{"refusals", "2025-11-01", "2025-12-31", "no_reporting_period", access.Statistics},
			{"refusals", "2026-07-01", "2026-09-30", "period_not_over", access.Statistics},
			{"refusals", "2026-01-01", "2026-12-31", "period_not_over", access.Statistics},
		} {
			_, err := asking(b, c.kind, access.StatisticsReport, ees.OpReadStatistics, func(p access.Pass) (ees.Report, error) {
				return b.register.Report(p, c.name, ees.StatisticsQuery{From: day(c.from), To: day(c.to)})
			})
			if c.code == "" {
				if err != nil {
					b.Error(err)
				}
				continue
			}
			refused(b.T, err, c.code)
		}
	})
}

// A stop between two steps loses nothing and counts nothing twice: the next start
// goes on.
func TestArt63_2_ExtractionGoesOn(t *testing.T) {
	onBoth(t, func(b *border) {
		for i := range 5 {
			b.enter(fmt.Sprintf("2026-05-0%d 09:00", i+1), traveller("KIM", "MIN"+string(rune('A'+i)), fmt.Sprintf("199%d-02-11", i), "F", "KOR", fmt.Sprintf("KR%d", i)))
		}
		b.at("2026-05-10 09:00")
		ctx, cancel := context.WithCancel(context.Background())
		steps := 0
		_, err := b.register.ExtractStatistics(ctx, b.door, func(int) {
			if steps++; steps == 3 {
				cancel()
			}
		})
		if err == nil {
			b.Fatal("not stopped")
		}
		b.extract()
		var total int
		if err := b.store.Read(context.Background(), func(tx *db.Tx) error { return tx.Row(`SELECT SUM(n) FROM ees_daily`).Scan(&total) }); err != nil {
			b.Fatal(err)
		}
		if total != 5 {
			b.Errorf("%d events counted, want 5", total)
		}
	})
}

// EES-065: a count that a report leaves out does not come back as the difference of
// two others: of all states and of each, or of a year and its quarters.
func TestArt63_4_DifferencesTellNothing(t *testing.T) {
	onBoth(t, func(b *border) {
		refuse := func(n, born int, day string) {
			for i := range n {
				b.refuse(fmt.Sprintf("%s %02d:00", day, 8+i), traveller("GARCIA", "ANA", fmt.Sprintf("%d-02-11", born+i), "F", "MEX", fmt.Sprintf("MX%d", born+i)))
			}
		}
		refuse(9, 1960, "2026-05-03")
		refuse(3, 1980, "2026-08-03")
		b.at("2027-01-02 09:00").extract()
		sum := func(from, to string) int { return b.report("refusals", from, to).Total }
		whole, spring, summer := sum("2026-01-01", "2026-12-31"), sum("2026-04-01", "2026-06-30"), sum("2026-07-01", "2026-09-30")
		if whole != 10 || spring != 10 || summer != 0 {
			b.Errorf("year %d, quarters %d and %d: of 12, 9 and 3 the difference must not tell 3", whole, spring, summer)
		}
	})
}
