package house

import (
	"context"

	"limen/access"
	"limen/ees"
)

// erasureActs are the real functions behind the operations of erasure. The duties
// find nothing due: each leaves the entry of its one step.
func (p *play) erasureActs() []act {
	duty := func(op access.Op, name string) act {
		return act{op: op, run: func(ctx context.Context) error {
			_, err := p.RunDuty(ctx, name, nil)
			return err
		}}
	}
	hold := ees.LogHold{File: "nobody", Procedure: "1"}
	release := p.do(ees.OpReleaseLogs, access.Oversight, access.Supervisor, func(pass access.Pass) error {
		_, err := p.EES.ReleaseLogs(pass, hold)
		return err
	})
	again := release
	again.refused = "no_such_hold"
	return []act{
		duty(ees.OpEraseDue, "retention"),
		duty(ees.OpForgetAnnouncements, "announcements"),
		duty(ees.OpEraseLogs, "logs"),
		p.do(ees.OpListAnnouncements, access.DataErasure, access.Immigration, func(pass access.Pass) error {
			_, err := p.EES.ListAnnouncements(pass, ees.AnnouncementQuery{Limit: 10})
			return err
		}),
		p.do(ees.OpHoldLogs, access.Oversight, access.Supervisor, func(pass access.Pass) error {
			_, err := p.EES.HoldLogs(pass, hold)
			return err
		}),
		p.do(ees.OpListLogHolds, access.Oversight, access.Supervisor, func(pass access.Pass) error {
			_, err := p.EES.ListLogHolds(pass)
			return err
		}),
		release,
		again,
	}
}
