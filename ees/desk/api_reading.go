package desk

import (
	"context"
	"net/http"

	"limen/access"
	"limen/ees"
	"limen/law"
	"limen/web"
)

type intendedInput struct {
	web.Ground
	Why
	Ref   string  `path:"ref" maxLength:"40" doc:"Individual reference number."`
	Entry web.Day `query:"entry" doc:"Intended day of entry."`
	Exit  web.Day `query:"exit" doc:"Intended day of exit."`
}

type personInput struct {
	web.Ground
	Body struct {
		ees.PersonQuery
		Why
	}
}

// readingAPI is what authorities other than the border's may read: one path and
// one type for each purpose (2017/2226 arts 24 to 27).
func (d *Desk) readingAPI(m *web.Mux) {
	const tag = "Other authorities"
	read(d, m, "/api/ees/v1/identification/files/{ref}", tag, ees.OpReadIdentified, "2017/2226 art 27(2)",
		"Read the file of a person who is being identified", "The file and all records, without the calculator.", d.Register.ReadIdentified)
	read(d, m, "/api/ees/v1/inland/files/{ref}", tag, ees.OpReadInland, "2017/2226 art 26(2)",
		"Read a file for a check within the territory", "The calculator's result, the file and all records.", d.Register.ReadInland)
	read(d, m, "/api/ees/v1/programmes/files/{ref}", tag, ees.OpReadForProgramme, "2017/2226 art 25(2)",
		"Read a file for a facilitation programme", "The file, all records and the memberships, without the calculator.", d.Register.ReadForProgramme)
	read(d, m, "/api/ees/v1/etias/files/{ref}", tag, ees.OpReadForEtias, "2017/2226 art 25b",
		"Read a file for the assessment of a travel authorisation", "The data of articles 16 to 18, to read only.", d.Register.ReadForEtias)
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/visas/files/{ref}", Tag: tag, Op: ees.OpReadForVisa, Article: "2017/2226 art 24(2)",
		Summary: "Read a file for a visa application", Description: "The file, all records, the stay today and, for intended dates, the longest stay possible on them."},
		func(ctx context.Context, in *intendedInput) (*answer[ees.VisaFile], error) {
			return through(ctx, d, in.over(in.Ground), ees.OpReadForVisa, func(p access.Pass) (ees.VisaFile, error) {
				return d.Register.ReadForVisa(p, ees.FileRef(in.Ref), ees.IntendedDates{Entry: in.Entry.Date, Exit: in.Exit.Date})
			})
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/etias/facts", Tag: tag, Op: ees.OpEtiasFacts, Article: "2017/2226 art 25a",
		Summary: "Answer the travel authorisation system", Description: "Whether an applicant is or was an overstayer, or was refused entry: three answers of yes or no."},
		func(ctx context.Context, in *personInput) (*answer[ees.EtiasFacts], error) {
			return through(ctx, d, in.Body.over(in.Ground), ees.OpEtiasFacts, func(p access.Pass) (ees.EtiasFacts, error) {
				return d.Register.EtiasFacts(p, in.Body.PersonQuery)
			})
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/screening/facts", Tag: tag, Op: ees.OpScreening, Article: "2017/2226 art 24a",
		Summary: "Answer a screening authority", Description: "What the security check of a screening needs to know of a person, and no data of the person."},
		func(ctx context.Context, in *personInput) (*answer[ees.ScreeningFacts], error) {
			return through(ctx, d, in.Body.over(in.Ground), ees.OpScreening, func(p access.Pass) (ees.ScreeningFacts, error) {
				return d.Register.ScreeningFacts(p, in.Body.PersonQuery)
			})
		})
}

// read registers the reading of a file by its reference for one purpose.
func read[T any](d *Desk, m *web.Mux, path, tag string, op access.Op, article law.Citation, summary, description string, fn func(access.Pass, ees.FileRef) (T, error)) {
	web.Register(m, web.Operation{Method: http.MethodGet, Path: path, Tag: tag, Op: op, Article: article, Summary: summary, Description: description},
		func(ctx context.Context, in *fileInput) (*answer[T], error) {
			return through(ctx, d, in.over(in.Ground), op, func(p access.Pass) (T, error) { return fn(p, ees.FileRef(in.Ref)) })
		})
}
