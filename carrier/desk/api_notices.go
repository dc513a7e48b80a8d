package desk

import (
	"context"
	"net/http"

	"limen/access"
	"limen/carrier"
	"limen/web"
)

type noticesInput struct {
	web.Ground
	Lasting bool   `query:"lasting" doc:"Only those that are not over."`
	Before  string `query:"before" maxLength:"40" doc:"Name of the last notice of the page before."`
	Limit   int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Notices on a page."`
}

type reportInput struct {
	web.Ground
	Body carrier.NoticeReport
}

type endInput struct {
	web.Ground
	ID   string `path:"id" maxLength:"40" doc:"Name of the notice."`
	Body carrier.NoticeEnd
}

type notices struct {
	Notices []carrier.Notice `json:"notices" nullable:"false"`
}

// noticesAPI registers what art 13a asks for when carriers cannot ask, and a
// carrier's own registration.
func (d *Desk) noticesAPI(m *web.Mux) {
	const cite = "2017/2226 art 13a"
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/carrier/v1/notices", Tag: tag, Op: carrier.OpNotices, Article: cite,
		Summary:     "Read when it was impossible to ask",
		Description: "The latest told first. A carrier reads the failures of the service and what it told itself; an administrator reads all. While a failure of the service lasts, carriers are exempt."},
		func(ctx context.Context, in *noticesInput) (*answer[notices], error) {
			list, err := d.Notices(ctx, in.Ground, carrier.NoticeQuery{Lasting: in.Lasting, Before: in.Before, Limit: in.Limit})
			return answered(notices{list}, err)
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/carrier/v1/notices", Tag: tag, Op: carrier.OpReport, Article: cite, Once: true,
		Summary: "Tell that it was impossible to ask", Status: http.StatusCreated,
		Description: "A carrier tells, also afterwards, that the service did not answer or that it could not ask itself, with the times and the transports that left. No passengers are named."},
		func(ctx context.Context, in *reportInput) (*answer[carrier.Notice], error) {
			return answered(d.Report(ctx, in.Ground, in.Body))
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/carrier/v1/notices/{id}/end", Tag: tag, Op: carrier.OpReport, ID: "carrier.end_impossibility", Article: cite, Once: true,
		Summary: "Tell that asking is possible again", Description: "For a carrier's own notices."},
		func(ctx context.Context, in *endInput) (*answer[carrier.Notice], error) {
			return answered(d.End(ctx, in.Ground, carrier.OpReport, in.ID, in.Body))
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/carrier/v1/failures", Tag: tag, Op: carrier.OpDeclare, Article: cite, Once: true,
		Summary: "Tell carriers of a failure", Status: http.StatusCreated,
		Description: "For an administrator: a failure that the service does not see of itself. Those that it sees it tells of by itself."},
		func(ctx context.Context, in *reportInput) (*answer[carrier.Notice], error) {
			return answered(d.Declare(ctx, in.Ground, in.Body))
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/carrier/v1/failures/{id}/end", Tag: tag, Op: carrier.OpDeclare, ID: "carrier.end_failure", Article: cite, Once: true,
		Summary: "Tell carriers that a failure is over", Description: "For an administrator, of a failure that one told of."},
		func(ctx context.Context, in *endInput) (*answer[carrier.Notice], error) {
			return answered(d.End(ctx, in.Ground, carrier.OpDeclare, in.ID, in.Body))
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/carrier/v1/registration", Tag: tag, Op: carrier.OpOwn, Article: register,
		Summary: "Read the own registration", Description: "How the registration of the carrier that asks stands, and why."},
		func(ctx context.Context, in *struct{ web.Ground }) (*answer[carrier.Registration], error) {
			return answered(d.Own(ctx, in.Ground))
		})
}

// Notices lists notices of times in which carriers could not ask (art 13a).
func (d *Desk) Notices(ctx context.Context, g web.Ground, q carrier.NoticeQuery) ([]carrier.Notice, error) {
	return through(ctx, d, g, carrier.OpNotices, func(p access.Pass) ([]carrier.Notice, error) { return d.Copy.Notices(p, q) })
}

// Report keeps what a carrier tells.
func (d *Desk) Report(ctx context.Context, g web.Ground, in carrier.NoticeReport) (carrier.Notice, error) {
	return through(ctx, d, g, carrier.OpReport, func(p access.Pass) (carrier.Notice, error) { return d.Copy.Report(p, in) })
}

// Declare keeps a failure that an administrator tells carriers of.
func (d *Desk) Declare(ctx context.Context, g web.Ground, in carrier.NoticeReport) (carrier.Notice, error) {
	return through(ctx, d, g, carrier.OpDeclare, func(p access.Pass) (carrier.Notice, error) { return d.Copy.Declare(p, in) })
}

// End says when what a notice tells of was over; op is OpReport for a carrier and
// OpDeclare for an administrator.
func (d *Desk) End(ctx context.Context, g web.Ground, op access.Op, id string, e carrier.NoticeEnd) (carrier.Notice, error) {
	return through(ctx, d, g, op, func(p access.Pass) (carrier.Notice, error) { return d.Copy.End(p, id, e) })
}

// Own reads the registration of the carrier that asks.
func (d *Desk) Own(ctx context.Context, g web.Ground) (carrier.Registration, error) {
	return through(ctx, d, g, carrier.OpOwn, d.Copy.Own)
}
