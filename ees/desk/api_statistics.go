package desk

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/parquet-go/parquet-go"

	"limen/access"
	"limen/ees"
	"limen/web"
)

// SpanInput is the days of a question. Its name is in capitals because parameters
// of an embedded struct are read only where its type is exported.
type SpanInput struct {
	web.Ground
	From  web.Day `query:"from" required:"true" doc:"First day."`
	To    web.Day `query:"to" required:"true" doc:"Last day."`
	State string  `query:"state" maxLength:"3" doc:"One state only."`
}

func (in *SpanInput) query() ees.StatisticsQuery {
	return ees.StatisticsQuery{From: in.From.Date, To: in.To.Date, State: in.State}
}

type dailyInput struct {
	SpanInput
	After string `query:"after" maxLength:"200" doc:"The value of 'next' of the page before."`
}

// ReportInput names a report and its days.
type ReportInput struct {
	SpanInput
	Name string `path:"name" maxLength:"40" doc:"Name of the report: overstays, without_exit, refusals, changes, fingerprint_exemptions, crossings, nationalities."`
}

type exportInput struct {
	ReportInput
	Format string `query:"format" enum:"csv,parquet" default:"csv" doc:"csv or parquet."`
}

// statisticsAPI is what authorities entitled to statistics may read (2017/2226
// art 63).
func (d *Desk) statisticsAPI(m *web.Mux) {
	const tag = "Statistics"
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/statistics/daily", ID: "ees.daily_set", Tag: tag, Op: ees.OpReadStatistics,
		Article: "2017/2226 art 63(2)", Summary: "Read the daily set", Description: "Anonymised counts of each day, at most 31 days and 5000 rows at a time."},
		func(ctx context.Context, in *dailyInput) (*answer[ees.DailyPage], error) {
			return through(ctx, d, in.Ground, ees.OpReadStatistics, func(p access.Pass) (ees.DailyPage, error) {
				return d.Register.DailySet(p, in.query(), in.After)
			})
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/statistics/reports/{name}", ID: "ees.report", Tag: tag, Op: ees.OpReadStatistics,
		Article: "2017/2226 art 63(4)", Summary: "Read a report", Description: "A table of counts over the daily set, of a whole quarter or year that is over. Counts that are too small are left out, also of the sum; the others are rounded."},
		func(ctx context.Context, in *ReportInput) (*answer[ees.Report], error) {
			return d.report(ctx, in)
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/statistics/exports/reports/{name}", ID: "ees.export_report", Tag: tag, Op: ees.OpReadStatistics,
		Article: "2017/2226 art 63(4)", Summary: "Export a report", Description: "The same table as CSV or Parquet."},
		func(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
			report, err := d.report(ctx, &in.ReportInput)
			if err != nil {
				return nil, err
			}
			return sheet(in.Format, in.Name, reportTable(report.Body)), nil
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/statistics/exports/daily", ID: "ees.export_daily_set", Tag: tag, Op: ees.OpReadStatistics,
		Article: "2017/2226 art 63(2)", Summary: "Export the daily set", Description: "Up to 31 days as CSV or Parquet."},
		func(ctx context.Context, in *struct {
			SpanInput
			Format string `query:"format" enum:"csv,parquet" default:"csv" doc:"csv or parquet."`
		}) (*huma.StreamResponse, error) {
			cells, err := through(ctx, d, in.Ground, ees.OpReadStatistics, func(p access.Pass) ([]ees.Cell, error) { return d.whole(p, in.query()) })
			if err != nil {
				return nil, err
			}
			return sheet(in.Format, "daily", dailyTable(cells.Body)), nil
		})
}

func (d *Desk) report(ctx context.Context, in *ReportInput) (*answer[ees.Report], error) {
	return through(ctx, d, in.Ground, ees.OpReadStatistics, func(p access.Pass) (ees.Report, error) {
		return d.Register.Report(p, in.Name, in.query())
	})
}

// whole reads every page of the daily set of a span.
func (d *Desk) whole(p access.Pass, q ees.StatisticsQuery) ([]ees.Cell, error) {
	var cells []ees.Cell
	for after := ""; ; {
		page, err := d.Register.DailySet(p, q, after)
		if err != nil {
			return nil, err
		}
		cells = append(cells, page.Cells...)
		if after = page.Next; after == "" {
			return cells, nil
		}
	}
}

// table is an export: text columns, then numbers.
type table struct {
	text, numbers []string // names of the columns
	rows          []tableRow
}

type tableRow struct {
	text    []string
	numbers []int64
}

func reportTable(r ees.Report) table {
	t := table{text: r.Columns, numbers: []string{"n"}}
	for _, row := range r.Rows {
		t.rows = append(t.rows, tableRow{row.Values, []int64{int64(row.N)}})
	}
	return t
}

func dailyTable(cells []ees.Cell) table {
	t := table{text: []string{"day", "event", "state", "crossing_point", "border", "status", "nationality", "sex", "document_type", "document_issuer",
		"visa_issuer", "fingerprints", "reason", "entry_on", "entry_point"}, numbers: []string{"birth_year", "stay_days", "over_days", "n"}}
	for _, c := range cells {
		entry := ""
		if c.EntryOn != 0 {
			entry = c.EntryOn.String()
		}
		t.rows = append(t.rows, tableRow{[]string{c.Day.String(), c.Event, c.State, c.CrossingPoint, c.Border, c.Status, c.Nationality, c.Sex, c.DocumentType,
			c.DocumentIssuer, c.VisaIssuer, c.Fingerprints, c.Reason, entry, c.EntryPoint}, []int64{int64(c.BirthYear), int64(c.StayDays), int64(c.OverDays), int64(c.N)}})
	}
	return t
}

// sheet answers with a file.
func sheet(format, name string, t table) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(out huma.Context) {
		kind, write := "text/csv; charset=utf-8", t.csv
		if format == "parquet" {
			kind, write = "application/vnd.apache.parquet", t.parquet
		}
		out.SetHeader("Content-Type", kind)
		out.SetHeader("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name+"."+format))
		// A fault while writing breaks the connection: the reader sees that the
		// file is not whole, because Parquet ends with its index.
		if err := write(out.BodyWriter()); err != nil {
			panic(http.ErrAbortHandler)
		}
	}}
}

func (t table) csv(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(append(append([]string{}, t.text...), t.numbers...)); err != nil {
		return err
	}
	for _, r := range t.rows {
		line := append([]string{}, r.text...)
		for _, n := range r.numbers {
			line = append(line, strconv.FormatInt(n, 10))
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// parquet writes the columns by name: text as dictionaries, because few values
// stand in many rows.
func (t table) parquet(w io.Writer) error {
	group := parquet.Group{}
	for _, name := range t.text {
		group[name] = parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	}
	for _, name := range t.numbers {
		group[name] = parquet.Int(64)
	}
	schema := parquet.NewSchema("statistics", group)
	// The library orders the columns of a group by name.
	place := map[string]int{}
	for i, column := range schema.Columns() {
		place[column[0]] = i
	}
	out := parquet.NewGenericWriter[any](w, schema, parquet.Compression(&parquet.Snappy))
	for _, r := range t.rows {
		row := make(parquet.Row, len(t.text)+len(t.numbers))
		for i, v := range r.text {
			at := place[t.text[i]]
			row[at] = parquet.ByteArrayValue([]byte(v)).Level(0, 0, at)
		}
		for i, n := range r.numbers {
			at := place[t.numbers[i]]
			row[at] = parquet.Int64Value(n).Level(0, 0, at)
		}
		if _, err := out.WriteRows([]parquet.Row{row}); err != nil {
			return err
		}
	}
	return out.Close()
}
