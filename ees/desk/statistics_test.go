package desk

import (
	"bytes"
	"encoding/csv"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// Art 63(4): CSV and Parquet hold the same table, and a reader of either finds
// every value under its name.
func TestArt63_4_ExportsHoldTheSameTable(t *testing.T) {
	in := table{text: []string{"state", "ground"}, numbers: []string{"n", "birth_year"}, rows: []tableRow{
		{[]string{"FRA", "E"}, []int64{7, 1988}}, {[]string{"D", `quoted "G", and more`}, []int64{12, 0}}}}
	var text, columns bytes.Buffer
	if err := in.csv(&text); err != nil {
		t.Fatal(err)
	}
	if err := in.parquet(&columns); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&text).ReadAll()
	if err != nil || len(lines) != 3 || lines[0][3] != "birth_year" || lines[1][0] != "FRA" || lines[1][3] != "1988" || lines[2][1] != `quoted "G", and more` {
		t.Errorf("%v, %v", lines, err)
	}
	type row struct {
		State     string `parquet:"state"`
		Ground    string `parquet:"ground"`
		N         int64  `parquet:"n"`
		BirthYear int64  `parquet:"birth_year"`
	}
	rows, err := parquet.Read[row](bytes.NewReader(columns.Bytes()), int64(columns.Len()))
	if err != nil || len(rows) != 2 || rows[0] != (row{"FRA", "E", 7, 1988}) || rows[1] != (row{"D", `quoted "G", and more`, 12, 0}) {
		t.Errorf("%+v, %v", rows, err)
	}
}
