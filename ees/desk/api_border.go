package desk

import (
	"context"
	"net/http"
	"strings"

	"limen/access"
	"limen/ees"
	"limen/web"
)

type checkPath struct {
	web.Ground
	Why
	ID string `path:"id" maxLength:"80" doc:"Name of the check."`
}

type stepInput struct {
	web.Ground
	LastSeen
	ID   string `path:"id" maxLength:"80" doc:"Name of the check."`
	Body ees.StepRequest
}

type preEnrolInput struct {
	web.Ground
	Body struct {
		ees.PreEnrolRequest
		Why
	}
}

type codePath struct {
	web.Ground
	Why
	Code string `path:"code" maxLength:"12" doc:"Code of the pre-enrolment."`
}

type kioskStepInput struct {
	web.Ground
	LastSeen
	Code string `path:"code" maxLength:"12" doc:"Code of the pre-enrolment."`
	Body ees.KioskStepRequest
}

type waitingInput struct {
	web.Ground
	Why
	CrossingPoint string `query:"crossing_point" required:"true" maxLength:"8" doc:"Crossing point of the booth."`
	Document      string `query:"document" maxLength:"40" doc:"Number of one traveller's document; with issuer."`
	Issuer        string `query:"issuer" maxLength:"3" doc:"State that issued it."`
}

type takeOverInput struct {
	web.Ground
	Code string `path:"code" maxLength:"12" doc:"Code of the pre-enrolment."`
	Body struct {
		CrossingPoint string `json:"crossing_point,omitempty" maxLength:"8" doc:"Crossing point of the booth."`
	}
}

type confirmInput struct {
	web.Ground
	LastSeen
	Code string `path:"code" maxLength:"12" doc:"Code of the pre-enrolment."`
	Body ees.Confirmed
}

type gateInput struct {
	web.Ground
	Body struct {
		ees.GateRequest
		Why
	}
}

// borderAPI registers the conversation of a check, and self-service.
func (d *Desk) borderAPI(m *web.Mux) {
	d.conversationAPI(m)
	d.sampleAPI(m)
	d.kioskAPI(m)
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/gates/passages", Tag: tag, Op: ees.OpPassGate, Article: "2016/399 art 8b",
		Summary: "Pass a traveller through an e-gate", Status: http.StatusCreated, Once: true, MaxBody: sampleBody,
		Description: "Opens for somebody who is recorded, or whose pre-enrolment a guard has confirmed, when nothing speaks against it, and writes the record at passage. Otherwise refers to a guard, with the reasons and a check to decide on."},
		func(ctx context.Context, in *gateInput) (*answer[ees.GateResult], error) {
			ctx = d.Register.ReadAhead(ctx, in.Body.GateRequest)
			return through(ctx, d, in.Body.over(in.Ground), ees.OpPassGate, func(p access.Pass) (ees.GateResult, error) {
				return d.Register.PassGate(p, in.Body.GateRequest)
			})
		})
}

func (d *Desk) conversationAPI(m *web.Mux) {
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/checks/{id}", Tag: tag, Op: ees.OpReadCheck, Article: "2017/2226 art 23",
		Summary: "Read a check that is under way", Description: "Where the check stands in the order of searches, what comes next, and the stay and the findings worked out anew."},
		func(ctx context.Context, in *checkPath) (*answer[ees.Check], error) {
			out, err := through(ctx, d, in.over(in.Ground), ees.OpReadCheck, func(p access.Pass) (ees.Check, error) {
				return d.Register.ReadCheck(p, in.ID)
			})
			return tagged(out, err, func(c ees.Check) int64 { return int64(c.Progress.Version) })
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/checks/{id}/steps", Tag: tag, Op: ees.OpTakeStep, Article: "2017/2226 art 23",
		Summary: "Answer the step that a check asks for", Once: true, MaxBody: sampleBody,
		Description: "Takes the check on: a verification by face or fingerprints, the naming of a candidate, a doubt. A step whose name begins with identify_ is an identification (2017/2226 art 27): it is carried out and logged for that purpose."},
		func(ctx context.Context, in *stepInput) (*answer[ees.Progress], error) {
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			out, err := d.step(ctx, in.Ground, in.ID, int(version), in.Body)
			return tagged(out, err, func(p ees.Progress) int64 { return int64(p.Version) })
		})
}

type sampleInput struct {
	web.Ground
	LastSeen
	ID   string `path:"id" maxLength:"80" doc:"Name of the check."`
	Body ees.SampleRequest
}

// sampleBody is the size that samples may have: images of ten fingers and a face,
// in base64.
const sampleBody = 24 << 20

func (d *Desk) sampleAPI(m *web.Mux) {
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/checks/{id}/samples", Tag: tag, Op: ees.OpTakeSample, Article: "2017/2226 art 14",
		Summary: "Take a traveller's biometrics", Status: http.StatusCreated, Once: true, MaxBody: sampleBody,
		Description: "What passes the quality check waits for the guard's decision, which keeps of it what the law allows; the answer says what is to be taken again, and why."},
		func(ctx context.Context, in *sampleInput) (*answer[ees.SampleTaken], error) {
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			out, err := through(d.Register.SampleAhead(ctx, in.Body), d, in.Ground, ees.OpTakeSample, func(p access.Pass) (ees.SampleTaken, error) {
				return d.Register.TakeSample(p, in.ID, int(version), in.Body)
			})
			return tagged(out, err, func(s ees.SampleTaken) int64 { return int64(s.Version) })
		})
}

// step takes a check on, as verification or as identification.
func (d *Desk) step(ctx context.Context, g web.Ground, id string, version int, req ees.StepRequest) (*answer[ees.Progress], error) {
	if strings.HasPrefix(string(req.Step), "identify_") {
		return through(ctx, d, g, ees.OpIdentify, func(p access.Pass) (ees.Progress, error) {
			return d.Register.Identify(p, id, version, req)
		})
	}
	return through(ctx, d, g, ees.OpTakeStep, func(p access.Pass) (ees.Progress, error) {
		return d.Register.TakeStep(p, id, version, req)
	})
}

func (d *Desk) kioskAPI(m *web.Mux) {
	version := func(v ees.KioskView) int64 { return v.Version }
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/pre-enrolments", Tag: tag, Op: ees.OpPreEnrol, Article: "2016/399 art 8a",
		Summary: "Begin a pre-enrolment at a kiosk", Status: http.StatusCreated, Once: true,
		Description: "Reads the document, asks that its chip is authentic and shows a face, and looks the traveller up. Nothing is in the register before the guard decides."},
		func(ctx context.Context, in *preEnrolInput) (*answer[ees.KioskView], error) {
			out, err := through(ctx, d, in.Body.over(in.Ground), ees.OpPreEnrol, func(p access.Pass) (ees.KioskView, error) {
				return d.Register.PreEnrol(p, in.Body.PreEnrolRequest)
			})
			return tagged(out, err, version)
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/pre-enrolments/{code}/steps", ID: "ees.continue_pre_enrolment", Tag: tag, Op: ees.OpPreEnrol, Article: "2016/399 art 8a",
		Summary: "Go on with a pre-enrolment", Once: true,
		Description: "Adds the face, the fingerprints, answers; says that the traveller is done. A kiosk that comes back after a fault goes on with the code."},
		func(ctx context.Context, in *kioskStepInput) (*answer[ees.KioskView], error) {
			n, err := in.version()
			if err != nil {
				return nil, err
			}
			out, err := through(ctx, d, in.Ground, ees.OpPreEnrol, func(p access.Pass) (ees.KioskView, error) {
				return d.Register.ContinuePreEnrolment(p, in.Code, n, in.Body)
			})
			return tagged(out, err, version)
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/pre-enrolments/{code}", Tag: tag, Op: ees.OpReadPreEnrol, Article: "2016/399 art 8a",
		Summary: "Read a pre-enrolment"},
		func(ctx context.Context, in *codePath) (*answer[ees.KioskView], error) {
			out, err := through(ctx, d, in.over(in.Ground), ees.OpReadPreEnrol, func(p access.Pass) (ees.KioskView, error) {
				return d.Register.ReadPreEnrolment(p, in.Code)
			})
			return tagged(out, err, version)
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/pre-enrolments", Tag: tag, Op: ees.OpListPreEnrol, Article: "2016/399 art 8a",
		Summary: "List who waits for a guard", Description: "The pre-enrolled travellers at a crossing point, the longest waiting first; or one traveller by document."},
		func(ctx context.Context, in *waitingInput) (*answer[ees.WaitingList], error) {
			return through(ctx, d, in.over(in.Ground), ees.OpListPreEnrol, func(p access.Pass) (ees.WaitingList, error) {
				return d.Register.ListPreEnrolments(p, ees.WaitingQuery{CrossingPoint: in.CrossingPoint, Document: in.Document, Issuer: in.Issuer})
			})
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/pre-enrolments/{code}/check", Tag: tag, Op: ees.OpTakeOver, Article: "2016/399 art 8a(4)",
		Summary: "Take a pre-enrolment over at a booth", Status: http.StatusCreated, Once: true,
		Description: "Makes the guard's check from what the kiosk took; only what is missing is asked for. The crossing then says what the guard verified."},
		func(ctx context.Context, in *takeOverInput) (*answer[ees.Check], error) {
			return through(ctx, d, in.Ground, ees.OpTakeOver, func(p access.Pass) (ees.Check, error) {
				return d.Register.TakeOver(p, in.Code, in.Body.CrossingPoint)
			})
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/pre-enrolments/{code}/confirmation", Tag: tag, Op: ees.OpConfirmPreEnrol, Article: "2016/399 art 8a(4)",
		Summary: "Confirm a pre-enrolment for the e-gate", Once: true,
		Description: "The guard has verified the document, the live face and the live fingerprints. An e-gate of the crossing point may then let the traveller pass."},
		func(ctx context.Context, in *confirmInput) (*answer[ees.KioskView], error) {
			n, err := in.version()
			if err != nil {
				return nil, err
			}
			out, err := through(ctx, d, in.Ground, ees.OpConfirmPreEnrol, func(p access.Pass) (ees.KioskView, error) {
				return d.Register.ConfirmPreEnrolment(p, in.Code, n, in.Body)
			})
			return tagged(out, err, version)
		})
}
