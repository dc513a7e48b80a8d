package desk

import (
	"context"
	"net/http"

	"limen/access"
	"limen/ees"
	"limen/web"
)

type submitInput struct {
	web.Ground
	Body struct {
		ees.ReasonedRequest
		Why
	}
}

type requestInput struct {
	web.Ground
	Why
	ID string `path:"id" maxLength:"64" doc:"The request."`
}

type requestsInput struct {
	web.Ground
	Why
	Open  bool   `query:"open" doc:"Only requests that something is to be done about."`
	After string `query:"after" maxLength:"400" doc:"The value of 'next' of the page before."`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Requests on a page."`
}

type decisionInput struct {
	web.Ground
	LastSeen
	ID   string `path:"id" maxLength:"64" doc:"The request."`
	Body struct {
		ees.RequestDecision
		Why
	}
}

type requestStepInput struct {
	web.Ground
	LastSeen
	ID   string `path:"id" maxLength:"64" doc:"The request."`
	Body struct{ Why }
}

type verdictInput struct {
	web.Ground
	LastSeen
	ID   string `path:"id" maxLength:"64" doc:"The request."`
	Body struct {
		ees.UrgencyVerdict
		Why
	}
}

type caseMarkInput struct {
	web.Ground
	LastSeen
	ID   string `path:"id" maxLength:"64" doc:"The request."`
	Body struct {
		ees.CaseMark
		Why
	}
}

type consentInput struct {
	web.Ground
	ID   string `path:"id" maxLength:"64" doc:"Europol's request."`
	Body struct {
		ees.ConsentDecision
		Why
	}
}

type designationInput struct {
	web.Ground
	Body struct{ ees.Designation }
}

type reportYearInput struct {
	web.Ground
	Year int `path:"year" minimum:"2025" maximum:"2200" doc:"Calendar year."`
}

// policeBody is the size that a request may have: two samples in base64 and the
// grounds.
const policeBody = 2 << 20

// policeAPI is law-enforcement access: who asks, who verifies and searches, who
// consents (2017/2226 chapter IV).
func (d *Desk) policeAPI(m *web.Mux) {
	const tag = "Law enforcement"
	const requests = "/api/ees/v1/law-enforcement/requests"
	web.Register(m, web.Operation{Method: http.MethodPost, Path: requests, Tag: tag, Op: ees.OpSubmitRequest, Article: "2017/2226 art 31(1)",
		Summary: "Submit a reasoned request", Status: http.StatusCreated, Once: true, MaxBody: policeBody,
		Description: "An operating unit asks its central access point. The purpose is identification or travel history, the case the national file number. The answer lists each condition of article 32; one that is not met yet does not turn the request away."},
		func(ctx context.Context, in *submitInput) (*answer[ees.RequestReceipt], error) {
			return versioned(through(ctx, d, in.Body.over(in.Ground), ees.OpSubmitRequest, func(p access.Pass) (ees.RequestReceipt, error) {
				return d.Register.SubmitRequest(p, in.Body.ReasonedRequest)
			}))
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: requests, Tag: tag, Op: ees.OpListRequests, Article: "2017/2226 art 31(1)",
		Summary: "List requests", Description: "A unit sees its own, an access point those of its state: the oldest first, with the due days of verifications and the erasures still to be confirmed."},
		func(ctx context.Context, in *requestsInput) (*answer[ees.RequestList], error) {
			return through(ctx, d, in.over(in.Ground), ees.OpListRequests, func(p access.Pass) (ees.RequestList, error) {
				return d.Register.ListRequests(p, ees.RequestQuery{Open: in.Open, After: in.After, Limit: in.Limit})
			})
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: requests + "/{id}", Tag: tag, Op: ees.OpReadRequest, Article: "2017/2226 art 31(1)",
		Summary: "Read a request", Description: "The request with its grounds, and each condition as it stands."},
		func(ctx context.Context, in *requestInput) (*answer[ees.RequestView], error) {
			out, err := through(ctx, d, in.over(in.Ground), ees.OpReadRequest, func(p access.Pass) (ees.RequestView, error) {
				return d.Register.ReadRequest(p, in.ID)
			})
			return tagged(out, err, func(v ees.RequestView) int64 { return v.Version })
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: requests + "/{id}/decision", Tag: tag, Op: ees.OpDecideRequest, Article: "2017/2226 art 31(1)",
		Summary: "Verify a request", Once: true, Description: "The access point approves or refuses. An approval needs every condition met at this moment."},
		func(ctx context.Context, in *decisionInput) (*answer[ees.RequestReceipt], error) {
			return step(ctx, d, in.Body.over(in.Ground), in.LastSeen, ees.OpDecideRequest, func(p access.Pass, version int64) (ees.RequestReceipt, error) {
				return d.Register.DecideRequest(p, in.ID, version, in.Body.RequestDecision)
			})
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: requests + "/{id}/search", Tag: tag, Op: ees.OpSearchForRequest, Article: "2017/2226 art 32",
		Summary: "Make the search of a request", Once: true, Description: "Searches with what the request names and keeps what is found with it. An urgent request is processed at once, and its verification falls due."},
		func(ctx context.Context, in *requestStepInput) (*answer[ees.RequestReceipt], error) {
			ctx = d.aheadOfSearch(ctx, in.Body.over(in.Ground), in.ID)
			return step(ctx, d, in.Body.over(in.Ground), in.LastSeen, ees.OpSearchForRequest, func(p access.Pass, version int64) (ees.RequestReceipt, error) {
				return d.Register.SearchForRequest(p, in.ID, version)
			})
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: requests + "/{id}/identity", ID: "ees.read_identity_outcome", Tag: tag, Op: ees.OpReadOutcome, Article: "2017/2226 art 32(4)",
		Summary: "Read what an identification found", Description: "The data of the individual file, and no journey."},
		func(ctx context.Context, in *requestInput) (*answer[ees.IdentityOutcome], error) {
			return through(ctx, d, in.over(in.Ground), ees.OpReadOutcome, func(p access.Pass) (ees.IdentityOutcome, error) {
				return d.Register.ReadIdentityOutcome(p, in.ID)
			})
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: requests + "/{id}/history", ID: "ees.read_history_outcome", Tag: tag, Op: ees.OpReadOutcome, Article: "2017/2226 art 32(5)",
		Summary: "Read a travel history that was found", Description: "The file, the records, the refusals and the changes of stay."},
		func(ctx context.Context, in *requestInput) (*answer[ees.HistoryOutcome], error) {
			return through(ctx, d, in.over(in.Ground), ees.OpReadOutcome, func(p access.Pass) (ees.HistoryOutcome, error) {
				return d.Register.ReadHistoryOutcome(p, in.ID)
			})
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: requests + "/{id}/verification", Tag: tag, Op: ees.OpVerifyUrgency, Article: "2017/2226 art 31(2)",
		Summary: "Verify an urgent access afterwards", Once: true, Description: "Within seven working days. Where the access was not justified, what was found is erased at once and every office that received it must confirm its own erasure."},
		func(ctx context.Context, in *verdictInput) (*answer[ees.RequestReceipt], error) {
			return step(ctx, d, in.Body.over(in.Ground), in.LastSeen, ees.OpVerifyUrgency, func(p access.Pass, version int64) (ees.RequestReceipt, error) {
				return d.Register.VerifyUrgency(p, in.ID, version, in.Body.UrgencyVerdict)
			})
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: requests + "/{id}/erasure", Tag: tag, Op: ees.OpConfirmErasure, Article: "2017/2226 art 31(3)",
		Summary: "Confirm an erasure", Once: true, Description: "The office has erased what it received of an access that was not justified."},
		func(ctx context.Context, in *requestStepInput) (*answer[ees.RequestReceipt], error) {
			return step(ctx, d, in.Body.over(in.Ground), LastSeen{}, ees.OpConfirmErasure, func(p access.Pass, _ int64) (ees.RequestReceipt, error) {
				return d.Register.ConfirmErasure(p, in.ID)
			})
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: requests + "/{id}/case", Tag: tag, Op: ees.OpKeepForCase, Article: "2017/2226 art 58(5)",
		Summary: "Keep what was found for an ongoing case", Once: true, Description: "With a reason and the day on which somebody looks whether the case still needs it."},
		func(ctx context.Context, in *caseMarkInput) (*answer[ees.RequestReceipt], error) {
			return step(ctx, d, in.Body.over(in.Ground), in.LastSeen, ees.OpKeepForCase, func(p access.Pass, version int64) (ees.RequestReceipt, error) {
				return d.Register.KeepForCase(p, in.ID, version, in.Body.CaseMark)
			})
		})
	d.policeListsAPI(m, tag)
}

// aheadOfSearch makes the search by biometrics of a request before the operation
// that keeps what was found, as the access point that may read the request. Where
// that is refused, the operation itself says why.
func (d *Desk) aheadOfSearch(ctx context.Context, g web.Ground, id string) context.Context {
	if d.Register.Identifier == nil {
		return ctx
	}
	req, err := g.Request(ctx, ees.OpReadRequest)
	if err != nil {
		return ctx
	}
	req.Once = nil // the key is the search's
	look, err := access.Run(ctx, d.Door, req, func(p access.Pass) (func(context.Context) context.Context, error) {
		return d.Register.AheadOfSearch(p, id)
	})
	if err != nil || look == nil {
		return ctx
	}
	return look(ctx)
}

// policeListsAPI is what stands around the requests: the lists of offices,
// Europol's consents, the yearly report.
func (d *Desk) policeListsAPI(m *web.Mux, tag string) {
	const consents = "/api/ees/v1/law-enforcement/consents"
	web.Register(m, web.Operation{Method: http.MethodGet, Path: consents, Tag: tag, Op: ees.OpListConsents, Article: "2017/2226 art 33(4)",
		Summary: "List Europol's requests for consent", Description: "What Europol found of this state's data, in numbers, the oldest first."},
		func(ctx context.Context, in *struct {
			web.Ground
			Why
		}) (*answer[ees.ConsentList], error) {
			return through(ctx, d, in.over(in.Ground), ees.OpListConsents, d.Register.ListConsents)
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: consents + "/{id}", Tag: tag, Op: ees.OpDecideConsent, Article: "2017/2226 art 33(4)",
		Summary: "Give or refuse consent", Once: true, Description: "Europol may use what this state entered, or may not. The decision is final for this request."},
		func(ctx context.Context, in *consentInput) (*answer[ees.ConsentView], error) {
			return through(ctx, d, in.Body.over(in.Ground), ees.OpDecideConsent, func(p access.Pass) (ees.ConsentView, error) {
				return d.Register.DecideConsent(p, in.ID, in.Body.ConsentDecision)
			})
		})
	const designated = "/api/ees/v1/law-enforcement/designated"
	web.Register(m, web.Operation{Method: http.MethodGet, Path: designated, Tag: tag, Op: ees.OpListDesignated, Article: "2017/2226 art 29",
		Summary: "Read the lists of designated offices"},
		func(ctx context.Context, in *web.Ground) (*answer[ees.Designations], error) {
			return through(ctx, d, *in, ees.OpListDesignated, d.Register.ListDesignated)
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: designated, Tag: tag, Op: ees.OpRegisterDesignated, Article: "2017/2226 art 29",
		Summary: "List a designated office", Once: true, Description: "Designated authorities, operating units, access points, Europol's offices and national units; the same kind and name again changes the line."},
		func(ctx context.Context, in *designationInput) (*answer[ees.Designation], error) {
			return through(ctx, d, in.Ground, ees.OpRegisterDesignated, func(p access.Pass) (ees.Designation, error) {
				return d.Register.RegisterDesignated(p, in.Body.Designation)
			})
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/law-enforcement/reports/{year}", Tag: tag, Op: ees.OpReportRequests, Article: "2017/2226 art 72",
		Summary: "Count a year's requests", Description: "For the yearly report by 30 June: by purpose, offence and kind of search, with hits and urgent cases. Counts alone."},
		func(ctx context.Context, in *reportYearInput) (*answer[ees.LawEnforcementReport], error) {
			return through(ctx, d, in.Ground, ees.OpReportRequests, func(p access.Pass) (ees.LawEnforcementReport, error) {
				return d.Register.ReportRequests(p, in.Year)
			})
		})
}

// step carries out a step of a request and gives its new version as the ETag.
func step(ctx context.Context, d *Desk, g web.Ground, v LastSeen, op access.Op, fn func(access.Pass, int64) (ees.RequestReceipt, error)) (*answer[ees.RequestReceipt], error) {
	version, err := v.version()
	if err != nil {
		return nil, err
	}
	return versioned(through(ctx, d, g, op, func(p access.Pass) (ees.RequestReceipt, error) { return fn(p, version) }))
}

func versioned(out *answer[ees.RequestReceipt], err error) (*answer[ees.RequestReceipt], error) {
	return tagged(out, err, func(r ees.RequestReceipt) int64 { return r.Version })
}
