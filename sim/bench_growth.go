package sim

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
)

// GrowthOptions of BenchGrowth. The other options hold for each size.
type GrowthOptions struct {
	CrossingsOptions
	Sizes []int // files: 10 000, 100 000, 1 000 000
}

// GrowthReport is how border transactions change as the register grows.
type GrowthReport struct {
	Machine Machine      `json:"machine"`
	Seed    uint64       `json:"seed"`
	Clients int          `json:"clients"`
	Rows    []GrowthLine `json:"rows"`
}

// GrowthLine is one size on one store, one way.
type GrowthLine struct {
	Store  string       `json:"store"`
	Files  int          `json:"files"`
	Figure CrossingsWay `json:"figure"`
	Growth float64      `json:"p95_to_smallest"` // p95 of check and crossing together, against the smallest size
}

// BenchGrowth measures border transactions in registers of growing size.
func BenchGrowth(ctx context.Context, w io.Writer, o GrowthOptions) (GrowthReport, error) {
	o.defaults()
	if len(o.Sizes) == 0 {
		o.Sizes = []int{10_000, 100_000, 1_000_000}
	}
	report := GrowthReport{Machine: ThisMachine(), Seed: o.Seed, Clients: o.Clients}
	for _, store := range o.Stores {
		smallest := map[string]float64{}
		for _, size := range o.Sizes {
			o.Files = size
			s, err := o.store(ctx, store)
			if err != nil {
				return report, fmt.Errorf("%s with %d files: %w", store, size, err)
			}
			for _, f := range s.Ways {
				if smallest[f.Way] == 0 {
					smallest[f.Way] = f.Both.P95
				}
				report.Rows = append(report.Rows, GrowthLine{s.Store, size, f, f.Both.P95 / smallest[f.Way]})
			}
		}
	}
	return report, printed(w, o.BenchOptions, report, report.text)
}

func (r GrowthReport) text(t *tabwriter.Writer) {
	fmt.Fprintf(t, "Border transactions as the register grows, %d booths at work; seed %d\n%s\n\n", r.Clients, r.Seed, r.Machine)
	fmt.Fprintln(t, "STORE\tFILES\tWAY\tPER SECOND\tOF FLOOR\tP50 ms\tP95\tP99\tP95 TO SMALLEST\tERRORS")
	for _, l := range r.Rows {
		fmt.Fprintf(t, "%s\t%d\t%s\t%.0f\t%.2f\t%s\t%.2f\t%d\n", l.Store, l.Files, l.Figure.Way, l.Figure.PerSecond, l.Figure.Ratio, l.Figure.Both.cells(), l.Growth, l.Figure.Errors)
	}
}
