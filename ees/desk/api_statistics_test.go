package desk_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"limen/access"
	"limen/ees"
)

// fetch asks for a file and returns it with its type.
func (o *office) fetch(role access.Role, path string) (kind string, content []byte) {
	o.Helper()
	req, err := http.NewRequest("GET", o.server.URL+path, nil)
	if err != nil {
		o.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+o.tokens[role])
	res, err := o.server.Client().Do(req)
	if err != nil {
		o.Fatal(err)
	}
	defer res.Body.Close()
	if content, err = io.ReadAll(res.Body); err != nil || res.StatusCode != 200 {
		o.Fatalf("%s answered %d: %v %.300s", path, res.StatusCode, err, content)
	}
	return res.Header.Get("Content-Type"), content
}

// EES-065 over the API: the daily set and the reports, read, and exported as CSV
// and as Parquet, by who may and by nobody else.
func TestAPI_StatisticsAllTheWay(t *testing.T) {
	o := open(t)
	o.tokens[access.Statistician] = enlist(t, o.house, "statistician", access.Statistician, "EUE", "eu-LISA")
	for i := range 6 {
		mrz := fmt.Sprintf(`{"direction":"entry","crossing_point":"FRCDG","document":{"type":"P","number":"MX%d","issuer":"MEX","expiry":"2031-01-01"},
			"identity":{"surname":"GARCIA%c","first_names":"ANA","birth_date":"198%d-02-11","sex":"F","nationalities":["MEX"]}}`, i, 'A'+i, i)
		check := o.want(201, access.BorderGuard, "POST", "/api/ees/v1/checks", mrz)
		o.want(201, access.BorderGuard, "POST", "/api/ees/v1/crossings", map[string]any{"check_id": check["check_id"]})
	}
	o.clock.Set(time.Date(2027, 1, 2, 9, 0, 0, 0, time.UTC))
	if n, err := o.house.RunDuty(t.Context(), "statistics", nil); err != nil || n != 6 {
		t.Fatal(n, err)
	}
	var only []access.Op
	for _, g := range o.house.Door.Grants() {
		if g.Kind == access.Statistics {
			only = append(only, g.Op)
		}
	}
	var err error
	if o.tokens[access.Statistician], _, err = o.house.Identities.NewToken(t.Context(), "statistician", only, time.Hour, "later"); err != nil {
		t.Fatal(err)
	}
	const of = "/api/ees/v1/statistics"
	const quarter, days = "?from=2026-10-01&to=2026-12-31", "?from=2026-11-01&to=2026-11-30"
	daily := o.want(200, access.Statistician, "GET", of+"/daily"+days, nil)
	if cells := daily["cells"].([]any); len(cells) != 6 || cells[0].(map[string]any)["nationality"] != "MEX" {
		t.Fatalf("%v", daily)
	}
	if other := o.want(200, access.Statistician, "GET", of+"/daily"+days+"&state=ESP", nil); len(other["cells"].([]any)) != 0 {
		t.Fatalf("%v", other)
	}
	report := o.want(200, access.Statistician, "GET", of+"/reports/nationalities"+quarter, nil)
	if rows := report["rows"].([]any); len(rows) != 1 || rows[0].(map[string]any)["n"] != 5.0 || report["rounded_to"] != 5.0 {
		t.Fatalf("%v", report)
	}
	kind, sheet := o.fetch(access.Statistician, of+"/exports/reports/nationalities"+quarter+"&format=csv")
	lines, err := csv.NewReader(bytes.NewReader(sheet)).ReadAll()
	if err != nil || !strings.HasPrefix(kind, "text/csv") || len(lines) != 2 || strings.Join(lines[1], " ") != "MEX visa_exempt entry 5" {
		t.Errorf("%s %v %v", kind, lines, err)
	}
	type row struct {
		Day         string `parquet:"day"`
		Nationality string `parquet:"nationality"`
		BirthYear   int64  `parquet:"birth_year"`
		N           int64  `parquet:"n"`
	}
	kind, sheet = o.fetch(access.Statistician, of+"/exports/daily"+days+"&format=parquet")
	rows, err := parquet.Read[row](bytes.NewReader(sheet), int64(len(sheet)))
	if err != nil || kind != "application/vnd.apache.parquet" || len(rows) != 6 || rows[0].Day != "2026-11-02" || rows[0].Nationality != "MEX" || rows[0].N != 1 {
		t.Errorf("%s %+v %v", kind, rows, err)
	}
	for _, bad := range []string{"/daily", "/daily?from=2026-11-01&to=2026-12-31", "/reports/nationalities" + days, "/reports/weather" + quarter, "/exports/daily" + days + "&format=xml"} {
		o.want(422, access.Statistician, "GET", of+bad, nil)
	}
	guard, _, err := o.house.Identities.NewToken(t.Context(), "border-guard", []access.Op{ees.OpCheck}, time.Hour, "later")
	if err != nil {
		t.Fatal(err)
	}
	o.tokens[access.BorderGuard] = guard
	for _, path := range []string{"/daily" + days, "/reports/nationalities" + quarter, "/exports/daily" + days, "/exports/reports/nationalities" + quarter} {
		o.want(403, access.BorderGuard, "GET", of+path, nil)
	}
}
