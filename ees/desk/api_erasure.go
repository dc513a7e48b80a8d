package desk

import (
	"context"
	"net/http"

	"limen/access"
	"limen/ees"
	"limen/web"
)

type announcementsInput struct {
	web.Ground
	Why
	After string `query:"after" maxLength:"400" doc:"The value of 'next' of the page before, now or days ago."`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"200" doc:"Announcements on a page."`
}

type logHoldInput struct {
	web.Ground
	Body struct {
		ees.LogHold
		Why
	}
}

type logHoldsInput struct {
	web.Ground
	Why
}

// erasureAPI registers what the states are told of erasures, and the holds of the
// supervisors.
func (d *Desk) erasureAPI(m *web.Mux) {
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/announcements", Tag: tag, Op: ees.OpListAnnouncements, Article: "2017/2226 art 35(7)",
		Summary:     "Read what was erased and what will be",
		Description: "The oldest first. A state reads on from where it was and erases its own copies. An announcement names the file for thirty days."},
		func(ctx context.Context, in *announcementsInput) (*answer[ees.AnnouncementList], error) {
			return through(ctx, d, in.over(in.Ground), ees.OpListAnnouncements, func(p access.Pass) (ees.AnnouncementList, error) {
				return d.Register.ListAnnouncements(p, ees.AnnouncementQuery{After: in.After, Limit: in.Limit})
			})
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/log-holds", Tag: tag, Op: ees.OpListLogHolds, Article: "2017/2226 art 46(4)",
		Summary: "Read which log entries are held", Description: "The monitoring procedures that need log entries about a file beyond their time."},
		func(ctx context.Context, in *logHoldsInput) (*answer[ees.LogHoldList], error) {
			return through(ctx, d, in.over(in.Ground), ees.OpListLogHolds, func(p access.Pass) (ees.LogHoldList, error) { return d.Register.ListLogHolds(p) })
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/log-holds", Tag: tag, Op: ees.OpHoldLogs, Article: "2017/2226 art 46(4)",
		Summary: "Hold the log entries about a file", Status: http.StatusCreated, Once: true,
		Description: "For a monitoring procedure that has begun. The entries stay until the hold is released, also when the file is gone."},
		func(ctx context.Context, in *logHoldInput) (*answer[ees.LogHoldView], error) {
			return through(ctx, d, in.Body.over(in.Ground), ees.OpHoldLogs, func(p access.Pass) (ees.LogHoldView, error) {
				return d.Register.HoldLogs(p, in.Body.LogHold)
			})
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/log-holds/release", Tag: tag, Op: ees.OpReleaseLogs, Article: "2017/2226 art 46(4)",
		Summary: "Release the log entries about a file", Once: true,
		Description: "When the monitoring procedure has ended. What has become due meanwhile is erased at the next turn of the duty."},
		func(ctx context.Context, in *logHoldInput) (*answer[ees.LogHold], error) {
			return through(ctx, d, in.Body.over(in.Ground), ees.OpReleaseLogs, func(p access.Pass) (ees.LogHold, error) {
				return d.Register.ReleaseLogs(p, in.Body.LogHold)
			})
		})
}
