package desk

import (
	"context"
	"net/http"
	"strconv"

	"limen/access"
	"limen/ees"
	"limen/web"
)

type changeInput struct {
	web.Ground
	SeenVersion
	Record string `path:"record" maxLength:"60" doc:"Name of the record: the file's reference, a dot, the number of the stay."`
	Body   struct {
		ees.ChangeRequest
		Why
	}
}

type startInput struct {
	web.Ground
	SeenVersion
	Body struct {
		ees.StartRequest
		Why
	}
}

type rebuttalInput struct {
	web.Ground
	SeenVersion
	Body struct {
		ees.RebuttalRequest
		Why
	}
}

type excuseInput struct {
	web.Ground
	SeenVersion
	Record string `path:"record" maxLength:"60" doc:"Name of the record: the file's reference, a dot, the number of the stay."`
	Body   struct {
		ees.ExcuseRequest
		Why
	}
}

type programmeInput struct {
	web.Ground
	SeenVersion
	Ref  string `path:"ref" maxLength:"40" doc:"Individual reference number."`
	Body struct {
		ees.ProgrammeRequest
		Why
	}
}

// decided is a decision on a stay with the file's version in its ETag.
func decided(out *answer[ees.StayDecision], err error) (*answer[ees.StayDecision], error) {
	if err == nil {
		out.ETag = strconv.Quote(strconv.FormatInt(out.Body.Version, 10))
	}
	return out, err
}

// stayAPI registers the decisions on stays that are no crossing.
func (d *Desk) stayAPI(m *web.Mux) {
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/records/{record}/changes", Tag: tag, Op: ees.OpChangeStay, Article: "2017/2226 art 19",
		Summary: "Extend, revoke or annul a stay", Status: http.StatusCreated, Once: true,
		Description: "Enters the decision in the latest record of the file. An extension replaces the end of the stay and lifts its flag; a revocation or an annulment ends it on the day given, or on the day of the decision."},
		func(ctx context.Context, in *changeInput) (*answer[ees.StayDecision], error) {
			return decided(through(ctx, d, in.Body.over(in.Ground), ees.OpChangeStay, func(p access.Pass) (ees.StayDecision, error) {
				seen, err := in.seen()
				if err != nil {
					return ees.StayDecision{}, err
				}
				return d.Register.ChangeStay(p, in.Record, seen, in.Body.ChangeRequest)
			}))
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/starts-of-stay", Tag: tag, Op: ees.OpStartStay, Article: "2017/2226 art 14(8)",
		Summary: "Start a short stay after a permit", Status: http.StatusCreated, Once: true,
		Description: "For somebody who stays on after a residence permit or long-stay visa without a crossing. Makes the file if there is none."},
		func(ctx context.Context, in *startInput) (*answer[ees.StayDecision], error) {
			return decided(through(ctx, d, in.Body.over(in.Ground), ees.OpStartStay, func(p access.Pass) (ees.StayDecision, error) {
				seen, err := in.seenIf(in.Body.File != "")
				if err != nil {
					return ees.StayDecision{}, err
				}
				return d.Register.StartStay(p, seen, in.Body.StartRequest)
			}))
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/rebuttals", Tag: tag, Op: ees.OpRebut, Article: "2017/2226 art 20",
		Summary: "Record a proof against the presumption", Status: http.StatusCreated, Once: true,
		Description: "Completes a record, makes one, with a file if need be, or takes one out; works out anew everything that follows, and tells what differs."},
		func(ctx context.Context, in *rebuttalInput) (*answer[ees.StayDecision], error) {
			return decided(through(ctx, d, in.Body.over(in.Ground), ees.OpRebut, func(p access.Pass) (ees.StayDecision, error) {
				seen, err := in.seenIf(in.Body.File != "" || in.Body.RecordID != "")
				if err != nil {
					return ees.StayDecision{}, err
				}
				return d.Register.Rebut(p, seen, in.Body.RebuttalRequest)
			}))
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/records/{record}/excuses", Tag: tag, Op: ees.OpExcuseOverstay, Article: "2017/2226 art 35(5)",
		Summary: "Take a stay off the list of overstayers", Status: http.StatusCreated, Once: true,
		Description: "On proof of unforeseeable serious events, of a right to stay or of an error; or puts it back when the proof no longer holds."},
		func(ctx context.Context, in *excuseInput) (*answer[ees.StayDecision], error) {
			return decided(through(ctx, d, in.Body.over(in.Ground), ees.OpExcuseOverstay, func(p access.Pass) (ees.StayDecision, error) {
				seen, err := in.seen()
				if err != nil {
					return ees.StayDecision{}, err
				}
				return d.Register.ExcuseOverstay(p, in.Record, seen, in.Body.ExcuseRequest)
			}))
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/files/{ref}/programmes", Tag: tag, Op: ees.OpRecordProgramme, Article: "2017/2226 art 16(6)",
		Summary: "Record membership of a facilitation programme", Status: http.StatusCreated, Once: true,
		Description: "Grants, prolongs, reassesses or ends a membership of a programme of the own state."},
		func(ctx context.Context, in *programmeInput) (*answer[ees.Memberships], error) {
			out, err := through(ctx, d, in.Body.over(in.Ground), ees.OpRecordProgramme, func(p access.Pass) (ees.Memberships, error) {
				seen, err := in.seen()
				if err != nil {
					return ees.Memberships{}, err
				}
				return d.Register.RecordProgramme(p, ees.FileRef(in.Ref), seen, in.Body.ProgrammeRequest)
			})
			if err == nil {
				out.ETag = strconv.Quote(strconv.FormatInt(out.Body.Version, 10))
			}
			return out, err
		})
}

// withoutThem asks why biometrics that a ground of refusal asks for are not given.
func withoutThem() web.Field {
	return web.Field{Name: "without_biometrics", Label: "If biometrics asked for are missing", Options: []web.Option{
		{Value: "", Label: "They are given"}, {Value: "kiosk", Label: "They come from a kiosk"}, {Value: "suspension", Label: "They are suspended here"},
		{Value: "fallback", Label: "The systems are down"}, {Value: "impossible", Label: "They cannot be taken"}}}
}
