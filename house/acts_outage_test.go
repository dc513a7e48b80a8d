package house

import (
	"fmt"
	"reflect"
	"time"

	"limen/access"
	"limen/ees"
)

// outageActs are the real functions behind an outage and what is told after it.
func (p *play) outageActs() []act {
	event := ees.BackfillEvent{Key: "conformance", CheckRequest: passSamples[reflect.TypeFor[ees.CheckRequest]()].(ees.CheckRequest), Decision: "crossed", Officer: "guard"}
	at := p.clock.Now().Add(-48 * time.Hour)
	event.At, event.Origin, event.Document = &at, ees.NUIBuffer, &ees.DocumentInput{Number: "BUFFERED1", Issuer: "CAN", Expiry: event.Document.Expiry}
	event.Identity = &ees.IdentityInput{Surname: "LATECOMER", BirthDate: "1977-03-05", Sex: "F", Nationalities: []string{"CAN"}}
	unread := event
	unread.Key, unread.Identity = "unread", nil
	var outage, suspension ees.OutageView
	var record string
	border := func(op access.Op, fn func(access.Pass) error) act {
		return p.do(op, access.BorderCheck, access.Border, fn)
	}
	tell := func(e ees.BackfillEvent, want ees.BackfillOutcome) act {
		return border(ees.OpBackfill, func(pass access.Pass) error {
			r, err := p.EES.Backfill(pass, e)
			if err == nil && r.Outcome != want {
				err = fmt.Errorf("told with the outcome %s, %+v", r.Outcome, r.Problem)
			}
			if r.Record != "" {
				record = r.Record
			}
			return err
		})
	}
	return []act{
		p.do(ees.OpDeclareOutage, access.SystemOperation, access.Administrator, func(pass access.Pass) (err error) {
			outage, err = p.EES.DeclareOutage(pass, ees.OutageRequest{Scope: ees.CentralOutage, Cause: "conformance"})
			return err
		}),
		border(ees.OpListOutages, func(pass access.Pass) error {
			list, err := p.EES.ListOutages(pass)
			if err == nil && len(list.Outages) != 1 {
				err = fmt.Errorf("%d outages", len(list.Outages))
			}
			return err
		}),
		border(ees.OpSuspend, func(pass access.Pass) (err error) {
			suspension, err = p.EES.Suspend(pass, ees.SuspensionRequest{CrossingPoint: "FRORY", Cause: "conformance"})
			return err
		}),
		border(ees.OpNotifyOutage, func(pass access.Pass) error {
			_, err := p.EES.NotifyOutage(pass, ees.NotifyRequest{ID: suspension.ID, To: ees.EULisa})
			return err
		}),
		border(ees.OpEndSuspension, func(pass access.Pass) error {
			_, err := p.EES.EndSuspension(pass, ees.EndRequest{ID: suspension.ID})
			return err
		}),
		border(ees.OpDeclareOutage, func(pass access.Pass) (err error) {
			outage, err = p.EES.DeclareOutage(pass, ees.OutageRequest{Scope: ees.NationalOutage, Cause: "conformance"})
			return err
		}),
		border(ees.OpEndOutage, func(pass access.Pass) error {
			_, err := p.EES.EndOutage(pass, ees.EndRequest{ID: outage.ID})
			return err
		}),
		tell(event, ees.Recorded), tell(event, ees.AlreadyRecorded), tell(unread, ees.InSecondLine),
		border(ees.OpListBackfill, func(pass access.Pass) error {
			work, err := p.EES.ListBackfill(pass)
			if err == nil && len(work.Open) != 1 {
				err = fmt.Errorf("%d events wait", len(work.Open))
			}
			return err
		}),
		border(ees.OpSettleBackfill, func(pass access.Pass) error {
			_, err := p.EES.SettleBackfill(pass, ees.SettleRequest{Key: "unread", Action: "discard", Why: "conformance"})
			return err
		}),
		border(ees.OpKeptUntil, func(pass access.Pass) error {
			views, err := p.EES.KeptUntil(pass, []string{record})
			if err == nil && (len(views) != 1 || views[0].KeptUntil == nil) {
				err = fmt.Errorf("kept until %+v", views)
			}
			return err
		}),
	}
}
