package desk

import (
	"context"
	"net/http"

	"limen/access"
	"limen/ees"
	"limen/web"
)

// decision is a request that changes something known.
type decision[T any] struct {
	web.Ground
	Why
	SeenVersion
	Body T
}

// simple is a request that changes nothing known, or names the versions itself.
type simple[T any] struct {
	web.Ground
	Why
	Body T
}

type casePath struct {
	web.Ground
	Why
	ID string `path:"id" maxLength:"40" doc:"Name of the case."`
}

type casesInput struct {
	web.Ground
	Why
	Overdue bool   `query:"overdue" doc:"Only those whose limit has passed."`
	After   string `query:"after" maxLength:"400" doc:"The value of 'next' of the page before."`
	Limit   int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Cases on a page."`
}

// decide registers an operation that changes something known.
func decide[In, Out any](d *Desk, m *web.Mux, o web.Operation, version func(Out) int64, fn func(access.Pass, In, int64) (Out, error)) {
	o.Method, o.Tag, o.Once = http.MethodPost, rightsTag, true
	web.Register(m, o, func(ctx context.Context, in *decision[In]) (*answer[Out], error) {
		seen, err := in.seen()
		if err != nil {
			return nil, err
		}
		a, err := through(ctx, d, in.over(in.Ground), o.Op, func(p access.Pass) (Out, error) { return fn(p, in.Body, seen) })
		return tagged(a, err, version)
	})
}

const rightsTag = "Corrections and rights of persons"

// rightsAPI is what is done about data that are wrong, and what persons ask about
// their data (2017/2226 arts 35, 52).
func (d *Desk) rightsAPI(m *web.Mux) {
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/merges", Tag: rightsTag, Op: ees.OpMergeFiles, Article: "2017/2226 art 35(1)",
		Summary: "Make two files of one person one", Status: http.StatusCreated, Once: true,
		Description: "Records, refusals, identities and documents go to the file that stays, with the names they had; every stay is judged anew. The other reference is answered with file_merged and the reference that stays. The versions of both files stand in the body."},
		func(ctx context.Context, in *simple[ees.MergeRequest]) (*answer[ees.MergeView], error) {
			a, err := through(ctx, d, in.over(in.Ground), ees.OpMergeFiles, func(p access.Pass) (ees.MergeView, error) { return d.Register.MergeFiles(p, in.Body) })
			return tagged(a, err, func(v ees.MergeView) int64 { return v.Version })
		})
	decide(d, m, web.Operation{Path: "/api/ees/v1/merges/undo", Op: ees.OpUndoMerge, Article: "2017/2226 art 35(1)", Summary: "Part two files that were merged by mistake",
		Description: "Both files are as they were. Crossings since go to the file that is named; whatever else was decided since is left to correction."},
		func(v ees.MergeView) int64 { return v.Version }, d.Register.UndoMerge)
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/apart", Tag: rightsTag, Op: ees.OpTellApart, Article: "2017/2226 art 35(1)",
		Summary: "Record that two files are different persons'", Once: true,
		Description: "Later checks do not put one forward for the other again. Can be withdrawn, and goes with either file."},
		func(ctx context.Context, in *simple[ees.ApartRequest]) (*answer[ees.ApartView], error) {
			return through(ctx, d, in.over(in.Ground), ees.OpTellApart, func(p access.Pass) (ees.ApartView, error) { return d.Register.TellApart(p, in.Body) })
		})
	decide(d, m, web.Operation{Path: "/api/ees/v1/corrections", Op: ees.OpCorrect, Article: "2017/2226 art 35(1)", Summary: "Correct what is recorded", Status: http.StatusCreated,
		Description: "Field by field, with what stands there now. Every stay is judged anew; decisions that rested on what was wrong are listed and change nothing by themselves."},
		func(v ees.CorrectionView) int64 { return v.Version }, d.Register.Correct)
	decide(d, m, web.Operation{Path: "/api/ees/v1/departures", Op: ees.OpLeaveScope, Article: "2017/2226 art 35(6)", Summary: "Say that a person has left the scope", Status: http.StatusCreated,
		Description: "Marks the file for erasure within five working days of the state that says so; at once for nationals of Andorra, Monaco, San Marino and the Vatican."},
		func(v ees.CaseView) int64 { return v.Version }, d.Register.LeaveScope)
	decide(d, m, web.Operation{Path: "/api/ees/v1/restrictions", Op: ees.OpRestrict, Article: "2017/2226 art 52(1)", Summary: "Restrict the processing of a file, or lift that",
		Description: "A restricted file is stored, and opened for border checks, decisions on stays and the person's own rights."},
		func(v ees.RestrictView) int64 { return v.Version }, d.Register.RestrictFile)
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/files/{ref}/copy", Tag: rightsTag, Op: ees.OpExportFile, Article: "2017/2226 art 52(1)",
		Summary: "Give a person a copy of their data", Description: "Everything recorded, what it is for, who may receive it and how long it is kept; also as text to print."},
		func(ctx context.Context, in *fileInput) (*answer[ees.PersonCopy], error) {
			return through(ctx, d, in.over(in.Ground), ees.OpExportFile, func(p access.Pass) (ees.PersonCopy, error) {
				return d.Register.ExportFile(p, ees.FileRef(in.Ref))
			})
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/cases", Tag: rightsTag, Op: ees.OpOpenCase, Article: "2017/2226 art 52(1)",
		Summary: "Open a case", Status: http.StatusCreated, Once: true, Description: "A person's request about their data, or evidence that another state's data are wrong. The answer says which limits run and what can be done."},
		func(ctx context.Context, in *simple[ees.CaseRequest]) (*answer[ees.CaseView], error) {
			a, err := through(ctx, d, in.over(in.Ground), ees.OpOpenCase, func(p access.Pass) (ees.CaseView, error) { return d.Register.OpenCase(p, in.Body) })
			return tagged(a, err, func(v ees.CaseView) int64 { return v.Version })
		})
	decide(d, m, web.Operation{Path: "/api/ees/v1/cases/steps", Op: ees.OpStepCase, Article: "2017/2226 art 52(2)", Summary: "Take the next step in a case",
		Description: "For the state whose turn it is. After the decision the answer has the letter to the person and the record for the supervisory authority. If-Match is the version of the case."},
		func(v ees.CaseView) int64 { return v.Version }, d.Register.StepCase)
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/cases/{id}", Tag: rightsTag, Op: ees.OpReadCase, Article: "2017/2226 art 52",
		Summary: "Read a case", Description: "For a state that it concerns: where it stands, by when what must be done, and what can be done."},
		func(ctx context.Context, in *casePath) (*answer[ees.CaseView], error) {
			a, err := through(ctx, d, in.over(in.Ground), ees.OpReadCase, func(p access.Pass) (ees.CaseView, error) { return d.Register.ReadCase(p, in.ID) })
			return tagged(a, err, func(v ees.CaseView) int64 { return v.Version })
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/cases", Tag: rightsTag, Op: ees.OpListCases, Article: "2017/2226 art 52",
		Summary: "List the cases with a time limit", Description: "The next due first: those whose turn is with the own state, and those of its own that wait for another. Names nobody."},
		func(ctx context.Context, in *casesInput) (*answer[ees.CaseList], error) {
			return through(ctx, d, in.over(in.Ground), ees.OpListCases, func(p access.Pass) (ees.CaseList, error) {
				return d.Register.ListCases(p, ees.CaseQuery{Overdue: in.Overdue, After: in.After, Limit: in.Limit})
			})
		})
}
