package desk

import (
	"context"
	"net/http"

	"limen/access"
	"limen/ees"
	"limen/web"
)

type outageInput struct {
	web.Ground
	Body struct {
		ees.OutageRequest
		Why
	}
}

type suspensionInput struct {
	web.Ground
	Body struct {
		ees.SuspensionRequest
		Why
	}
}

type endInput struct {
	web.Ground
	ID   string `path:"id" maxLength:"100" doc:"Name of the outage or suspension."`
	Body struct {
		ees.EndRequest
		Why
	}
}

type notifyInput struct {
	web.Ground
	ID   string `path:"id" maxLength:"100" doc:"Name of the outage or suspension."`
	Body struct {
		ees.NotifyRequest
		Why
	}
}

type listInput struct {
	web.Ground
	Why
}

type backfillInput struct {
	web.Ground
	Body struct {
		Events []ees.BackfillEvent `json:"events" minItems:"1" maxItems:"500" nullable:"false" doc:"What was kept, in any order."`
		Why
	}
}

type settleInput struct {
	web.Ground
	Key  string `path:"key" maxLength:"128" doc:"Key of the event."`
	Body struct {
		ees.SettleRequest
		Why
	}
}

type keptInput struct {
	web.Ground
	Body struct {
		Records []string `json:"records" minItems:"1" maxItems:"500" nullable:"false" doc:"Names of records and refusals that the state entered."`
		Why
	}
}

type keptList struct {
	Records []ees.KeptView `json:"records" nullable:"false"`
}

const outageTag = "Outages"

// outageAPI registers what concerns the failure of the system and what is told
// after it (art 21).
func (d *Desk) outageAPI(m *web.Mux) {
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/outages", Tag: outageTag, Op: ees.OpDeclareOutage, Article: "2017/2226 art 21",
		Summary: "Declare an outage", Status: http.StatusCreated, Once: true,
		Description: "A state declares that its interface or a crossing point cannot record; whoever runs the Central System, that the system cannot. From then on what is kept has a declared ground."},
		func(ctx context.Context, in *outageInput) (*answer[ees.OutageView], error) {
			return through(ctx, d, in.Body.over(in.Ground), ees.OpDeclareOutage, func(p access.Pass) (ees.OutageView, error) {
				return d.Register.DeclareOutage(p, in.Body.OutageRequest)
			})
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/outages", Tag: outageTag, Op: ees.OpListOutages, Article: "2017/2226 art 21",
		Summary: "Read the outages and suspensions", Description: "Those of the own state and of the whole system, the newest first, with who has to be told and what is overdue."},
		func(ctx context.Context, in *listInput) (*answer[ees.OutageList], error) {
			return through(ctx, d, in.over(in.Ground), ees.OpListOutages, d.Register.ListOutages)
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/outages/{id}/end", Tag: outageTag, Op: ees.OpEndOutage, Article: "2017/2226 art 21",
		Summary: "End an outage", Once: true},
		func(ctx context.Context, in *endInput) (*answer[ees.OutageView], error) {
			return through(ctx, d, in.Body.over(in.Ground), ees.OpEndOutage, func(p access.Pass) (ees.OutageView, error) {
				return d.Register.EndOutage(p, ees.EndRequest{ID: in.ID, At: in.Body.At})
			})
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/outages/{id}/notices", Tag: outageTag, Op: ees.OpNotifyOutage, Article: "2017/2226 art 21(2)",
		Summary: "Note who was told of an outage or suspension", Once: true},
		func(ctx context.Context, in *notifyInput) (*answer[ees.OutageView], error) {
			return through(ctx, d, in.Body.over(in.Ground), ees.OpNotifyOutage, func(p access.Pass) (ees.OutageView, error) {
				return d.Register.NotifyOutage(p, ees.NotifyRequest{ID: in.ID, To: in.Body.To, At: in.Body.At})
			})
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/suspensions", Tag: outageTag, Op: ees.OpSuspend, Article: "2025/1534 art 4(5)",
		Summary: "Suspend biometrics at a crossing point", Status: http.StatusCreated, Once: true,
		Description: "For at most six hours, in the time after the progressive start that the act allows. Checks made there meanwhile ask for no biometrics."},
		func(ctx context.Context, in *suspensionInput) (*answer[ees.OutageView], error) {
			return through(ctx, d, in.Body.over(in.Ground), ees.OpSuspend, func(p access.Pass) (ees.OutageView, error) {
				return d.Register.Suspend(p, in.Body.SuspensionRequest)
			})
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/suspensions/{id}/end", Tag: outageTag, Op: ees.OpEndSuspension, Article: "2025/1534 art 4(5)",
		Summary: "End a suspension of biometrics before its time", Once: true},
		func(ctx context.Context, in *endInput) (*answer[ees.OutageView], error) {
			return through(ctx, d, in.Body.over(in.Ground), ees.OpEndSuspension, func(p access.Pass) (ees.OutageView, error) {
				return d.Register.EndSuspension(p, ees.EndRequest{ID: in.ID, At: in.Body.At})
			})
		})
	d.backfillAPI(m)
}

func (d *Desk) backfillAPI(m *web.Mux) {
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/backfills", Tag: outageTag, Op: ees.OpBackfill, Article: "2017/2226 art 21(1)",
		Summary: "Record what was kept during an outage", MaxBody: 4 << 20,
		Description: "Up to 500 crossings and refusals, each with its own key, its own transaction and its own answer. Sent again, what was recorded is recognised. What needs somebody to look goes to the work list of second line."},
		func(ctx context.Context, in *backfillInput) (*answer[ees.BackfillReport], error) {
			req, err := in.Body.over(in.Ground).Request(ctx, ees.OpBackfill)
			if err != nil {
				return nil, err
			}
			report, err := d.Register.BackfillAll(ctx, d.Door, req, in.Body.Events)
			if err != nil {
				return nil, err
			}
			return &answer[ees.BackfillReport]{Body: report}, nil
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/backfills/open", Tag: outageTag, Op: ees.OpListBackfill, Article: "2017/2226 art 21(1)",
		Summary: "Read what of an outage waits for second line"},
		func(ctx context.Context, in *listInput) (*answer[ees.BackfillWork], error) {
			return through(ctx, d, in.over(in.Ground), ees.OpListBackfill, d.Register.ListBackfill)
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/backfills/open/{key}", Tag: outageTag, Op: ees.OpSettleBackfill, Article: "2017/2226 art 21(1)",
		Summary: "Settle an event that waits for second line", Once: true,
		Description: "Records the event in the file that second line names, or in a new one; or finds, with a reason, that nothing is to be recorded."},
		func(ctx context.Context, in *settleInput) (*answer[ees.BackfillResult], error) {
			return through(ctx, d, in.Body.over(in.Ground), ees.OpSettleBackfill, func(p access.Pass) (ees.BackfillResult, error) {
				req := in.Body.SettleRequest
				req.Key = in.Key
				return d.Register.SettleBackfill(p, req)
			})
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/kept", Tag: outageTag, Op: ees.OpKeptUntil, Article: "2017/2226 art 40(2)",
		Summary: "Read until when a state may keep its own copies"},
		func(ctx context.Context, in *keptInput) (*answer[keptList], error) {
			return through(ctx, d, in.Body.over(in.Ground), ees.OpKeptUntil, func(p access.Pass) (keptList, error) {
				views, err := d.Register.KeptUntil(p, in.Body.Records)
				return keptList{views}, err
			})
		})
}
