package desk

import (
	"context"
	"net/http"

	"limen/access"
	"limen/ees"
	"limen/law"
	"limen/web"
)

type replayInput struct {
	web.Ground
	Why
	Ref  string `path:"ref" maxLength:"40" doc:"Individual reference number."`
	AsOf string `query:"as_of" required:"true" format:"date" maxLength:"10" doc:"The day whose law is asked about."`
}

// replayAPI registers what decides again.
func (d *Desk) replayAPI(m *web.Mux) {
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/files/{ref}/replay", Tag: tag, Op: ees.OpReplay, Article: "2017/2226 art 26",
		Summary: "Decide the stays of a file again", Description: "Each stay as the law in force on its day decides it, and as the law of another day would have: the same or not, with reasons. Changes nothing. A day before there was any law is refused, never answered by the nearest law."},
		func(ctx context.Context, in *replayInput) (*answer[ees.FileReplay], error) {
			day, err := law.ParseDate(in.AsOf)
			if err != nil {
				return nil, law.BadField("as_of", "bad_date", "", "Write the day whose law is asked about as 2026-05-01.")
			}
			book, err := law.NewBook(day)
			if err != nil {
				return nil, err
			}
			return through(ctx, d, in.over(in.Ground), ees.OpReplay, func(p access.Pass) (ees.FileReplay, error) {
				return d.Register.ReplayFile(p, ees.FileRef(in.Ref), book)
			})
		})
}
