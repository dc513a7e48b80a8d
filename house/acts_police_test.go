package house

import (
	"context"
	"fmt"

	"limen/access"
	"limen/ees"
	"limen/law"
	"limen/person"
)

// policeActs are the real functions behind law-enforcement access, on a file
// that the acts at the border left.
func (p *play) policeActs() []act {
	const purpose = access.LawEnforcementHistory
	var id, urgent, europol string
	designate := func(kind ees.DesignatedKind, state person.State, name, authority string) act {
		return p.do(ees.OpRegisterDesignated, access.SystemOperation, access.Administrator, func(pass access.Pass) error {
			_, err := p.EES.RegisterDesignated(pass, ees.Designation{Kind: kind, State: state, Name: name, Authority: authority, From: law.MustDate("2026-01-01")})
			return err
		})
	}
	// officials of one office, as the door and the list know it.
	by := func(op access.Op, kind access.Kind, state, name string, fn func(access.Pass) error) act {
		return act{op: op, run: func(ctx context.Context) error {
			who := access.Principal{Officer: access.Officer(name), Channel: "session", Authority: access.Authority{Kind: kind, State: state, Name: name}}
			_, err := access.Run(ctx, p.Door, access.Request{Principal: who, Op: op, Purpose: purpose, Case: "1"}, func(pass access.Pass) (int, error) { return 0, fn(pass) })
			return err
		}}
	}
	unit := func(op access.Op, fn func(access.Pass) error) act {
		return by(op, access.OperatingUnit, "FRA", "Unit", fn)
	}
	point := func(op access.Op, fn func(access.Pass) error) act {
		return by(op, access.CentralAccessPoint, "FRA", "Point", fn)
	}
	ask := func(danger string, id *string) func(access.Pass) error {
		return func(pass access.Pass) error {
			r, err := p.EES.SubmitRequest(pass, ees.ReasonedRequest{Offence: ees.OffenceInput{Category: "terrorist_act", Description: "Attack"}, Necessity: "x", Proportionality: "x",
				Grounds: "x", OrderedBy: "chief", Danger: danger, Search: ees.LawEnforcementSearch{Document: &ees.DocumentKey{Number: "C1", Issuer: "CAN"}}})
			*id = r.RequestID
			return err
		}
	}
	approve := func(id *string) func(access.Pass) error {
		return func(pass access.Pass) error {
			_, err := p.EES.DecideRequest(pass, *id, 1, ees.RequestDecision{Approve: true})
			return err
		}
	}
	search := func(id *string) func(access.Pass) error {
		return func(pass access.Pass) error {
			r, err := p.EES.SearchForRequest(pass, *id, 0)
			if err == nil && *r.Hits != 1 {
				err = fmt.Errorf("found %d files", *r.Hits)
			}
			return err
		}
	}
	unlisted := unit(ees.OpSubmitRequest, ask("", &id))
	unlisted.refused = "not_designated"
	early := point(ees.OpSearchForRequest, search(&id))
	early.refused = "wrong_status"
	return []act{
		unlisted,
		designate(ees.DesignatedAuthority, "FRA", "Police", ""),
		designate(ees.ListedUnit, "FRA", "Unit", "Police"),
		designate(ees.ListedAccessPoint, "FRA", "Point", ""),
		designate(ees.ListedEuropolUnit, "EUE", "Europol", ""),
		designate(ees.ListedEuropolPoint, "EUE", "Europol point", ""),
		designate(ees.ListedNationalUnit, "FRA", "Liaison", ""),
		p.do(ees.OpListDesignated, access.SystemOperation, access.Administrator, func(pass access.Pass) error {
			_, err := p.EES.ListDesignated(pass)
			return err
		}),
		unit(ees.OpSubmitRequest, ask("", &id)),
		early,
		point(ees.OpListRequests, func(pass access.Pass) error {
			list, err := p.EES.ListRequests(pass, ees.RequestQuery{Open: true, Limit: 10})
			if err == nil && len(list.Requests) != 1 {
				err = fmt.Errorf("%d requests are open", len(list.Requests))
			}
			return err
		}),
		point(ees.OpReadRequest, func(pass access.Pass) error {
			_, err := p.EES.ReadRequest(pass, id)
			return err
		}),
		point(ees.OpDecideRequest, approve(&id)),
		point(ees.OpSearchForRequest, search(&id)),
		unit(ees.OpReadOutcome, func(pass access.Pass) error {
			_, err := p.EES.ReadHistoryOutcome(pass, id)
			return err
		}),
		unit(ees.OpKeepForCase, func(pass access.Pass) error {
			_, err := p.EES.KeepForCase(pass, id, 0, ees.CaseMark{Reasons: "the trial", Review: law.MustDate("2026-12-01")})
			return err
		}),
		unit(ees.OpSubmitRequest, ask("a life", &urgent)),
		point(ees.OpSearchForRequest, search(&urgent)),
		point(ees.OpVerifyUrgency, func(pass access.Pass) error {
			_, err := p.EES.VerifyUrgency(pass, urgent, 0, ees.UrgencyVerdict{Reasons: "nobody was in danger"})
			return err
		}),
		point(ees.OpConfirmErasure, func(pass access.Pass) error {
			_, err := p.EES.ConfirmErasure(pass, urgent)
			return err
		}),
		by(ees.OpSubmitRequest, access.EuropolUnit, "EUE", "Europol", ask("", &europol)),
		by(ees.OpDecideRequest, access.EuropolAccessPoint, "EUE", "Europol point", approve(&europol)),
		by(ees.OpSearchForRequest, access.EuropolAccessPoint, "EUE", "Europol point", search(&europol)),
		by(ees.OpListConsents, access.EuropolNational, "FRA", "Liaison", func(pass access.Pass) error {
			list, err := p.EES.ListConsents(pass)
			if err == nil && len(list.Consents) != 1 {
				err = fmt.Errorf("%d consents are asked", len(list.Consents))
			}
			return err
		}),
		by(ees.OpDecideConsent, access.EuropolNational, "FRA", "Liaison", func(pass access.Pass) error {
			_, err := p.EES.DecideConsent(pass, europol, ees.ConsentDecision{Consent: true})
			return err
		}),
		{op: ees.OpReportRequests, run: func(ctx context.Context) error {
			who := access.Principal{Officer: "x", Channel: "session", Authority: access.Authority{Kind: access.CentralAccessPoint, State: "FRA", Name: "Point"}}
			_, err := access.Run(ctx, p.Door, access.Request{Principal: who, Op: ees.OpReportRequests}, func(pass access.Pass) (int, error) {
				report, err := p.EES.ReportRequests(pass, 2026)
				if err == nil && len(report.Lines) != 2 {
					err = fmt.Errorf("%d lines", len(report.Lines))
				}
				return 0, err
			})
			return err
		}},
		{op: ees.OpEraseRequests, run: func(ctx context.Context) error {
			_, err := p.RunDuty(ctx, "requests", nil)
			return err
		}},
	}
}
