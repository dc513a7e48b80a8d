// Package desk is where the accuracy of biometric matching in operation is asked
// for.
package desk

import (
	"context"
	"net/http"

	"limen/access"
	"limen/interop/bms"
	"limen/web"
)

// Desk answers for the shared biometric matching service.
type Desk struct {
	Door *access.Door
}

type monthInput struct {
	web.Ground
	Month     string `query:"month" maxLength:"7" example:"2026-05" doc:"Year and month."`
	Synthetic bool   `query:"synthetic" doc:"Ask for the comparisons of templates without a person behind them, which are counted apart."`
}

type reportOutput struct {
	Body bms.AccuracyReport
}

// API adds the operations of the desk.
func (d *Desk) API(m *web.Mux) {
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/bms/v1/accuracy", Tag: "Biometric matching", Op: bms.OpAccuracy, Article: "2019/329 art 1",
		Summary:     "Read the accuracy of a month",
		Description: "False non-match and false negative rates of the comparisons whose truth an officer found, by age band, sex and quality, each with its 95 % interval; beside the limits of the law where they hold."},
		func(ctx context.Context, in *monthInput) (*reportOutput, error) {
			request, err := in.Request(ctx, bms.OpAccuracy)
			if err != nil {
				return nil, err
			}
			out, err := access.Run(ctx, d.Door, request, func(p access.Pass) (bms.AccuracyReport, error) {
				return bms.Accuracy(p, in.Month, in.Synthetic)
			})
			return &reportOutput{out}, err
		})
}
