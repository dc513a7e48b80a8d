package house

import (
	"reflect"

	"limen/access"
	"limen/ees"
	"limen/law"
)

// stayActs are the decisions on stays, on a traveller of their own.
func (p *play) stayActs() []act {
	ben := ees.CheckRequest{Direction: ees.Entry, CrossingPoint: "FRCDG", Document: &ees.DocumentInput{Number: "C2", Issuer: "CAN", Expiry: law.MustDate("2033-01-01")},
		Identity: &ees.IdentityInput{Surname: "ROE", BirthDate: "1977-03-05", Sex: "M", Nationalities: []string{"CAN"}}}
	var check ees.Check
	var made ees.RecordView
	version := int64(1)
	decide := func(op access.Op, purpose access.Purpose, kind access.Kind, fn func(access.Pass) (ees.StayDecision, error)) act {
		return p.do(op, purpose, kind, func(pass access.Pass) error {
			done, err := fn(pass)
			version = done.Version
			return err
		})
	}
	extend := ees.ChangeRequest{Status: ees.Extended, Ground: ees.GroundExceptional, Decided: law.MustDate("2026-05-20"), Place: "Paris", End: law.MustDate("2026-09-30")}
	refused := decide(ees.OpChangeStay, access.StayDecision, access.Immigration, func(pass access.Pass) (ees.StayDecision, error) {
		return p.EES.ChangeStay(pass, made.RecordID, 99, extend)
	})
	refused.refused = "file_changed"
	return []act{
		p.do(ees.OpCheck, access.BorderCheck, access.Border, func(pass access.Pass) (err error) {
			check, err = p.EES.Check(pass, ben)
			return err
		}),
		p.do(ees.OpRecordCrossing, access.BorderCheck, access.Border, func(pass access.Pass) (err error) {
			made, err = p.EES.RecordCrossing(pass, ees.CrossingRequest{CheckID: check.CheckID})
			return err
		}),
		refused,
		decide(ees.OpChangeStay, access.StayDecision, access.Immigration, func(pass access.Pass) (ees.StayDecision, error) {
			return p.EES.ChangeStay(pass, made.RecordID, 1, extend)
		}),
		decide(ees.OpChangeStay, access.VisaExamination, access.Visa, func(pass access.Pass) (ees.StayDecision, error) {
			return p.EES.ChangeStay(pass, made.RecordID, version, ees.ChangeRequest{Status: ees.Revoked, Ground: ees.GroundReturnDecision, Decided: law.MustDate("2026-05-20"), Place: "Paris"})
		}),
		p.do(ees.OpRecordProgramme, access.BorderCheck, access.Border, func(pass access.Pass) error {
			done, err := p.EES.RecordProgramme(pass, made.File, version, ees.ProgrammeRequest{Programme: ees.Programme{Name: "Parafe", From: law.MustDate("2026-05-20"), Until: law.MustDate("2027-05-20")}})
			version = done.Version
			return err
		}),
		decide(ees.OpRebut, access.StayDecision, access.Immigration, func(pass access.Pass) (ees.StayDecision, error) {
			return p.EES.Rebut(pass, version, ees.RebuttalRequest{RecordID: made.RecordID, Kind: ees.ProofTicket, Exit: &ees.ProvedCrossing{On: law.MustDate("2026-05-20")}})
		}),
		decide(ees.OpRebut, access.BorderCheck, access.Border, func(pass access.Pass) (ees.StayDecision, error) {
			return p.EES.Rebut(pass, version, ees.RebuttalRequest{File: made.File, Kind: ees.ProofAbroad, Entry: &ees.ProvedCrossing{On: law.MustDate("2026-01-10")}, Exit: &ees.ProvedCrossing{On: law.MustDate("2026-05-19")}})
		}),
		decide(ees.OpExcuseOverstay, access.StayDecision, access.Immigration, func(pass access.Pass) (ees.StayDecision, error) {
			return p.EES.ExcuseOverstay(pass, string(made.File)+".2", version, ees.ExcuseRequest{Ground: ees.ExcusedByEvents, Note: "in hospital until May"})
		}),
		decide(ees.OpStartStay, access.StayDecision, access.Immigration, func(pass access.Pass) (ees.StayDecision, error) {
			return p.EES.StartStay(pass, 0, passSamples[reflect.TypeFor[ees.StartRequest]()].(ees.StartRequest))
		}),
	}
}

// sampleStart is a short stay after a residence permit, of somebody without a file.
var sampleStart = ees.StartRequest{Start: law.MustDate("2026-03-01"),
	Permit: ees.Permit{Kind: "residence_permit", Issuer: "FRA", From: law.MustDate("2024-03-01"), Until: law.MustDate("2026-02-28")},
	Person: &ees.Newcomer{Document: &ees.DocumentInput{Number: "C3", Issuer: "CAN", Expiry: law.MustDate("2033-01-01")},
		Identity: &ees.IdentityInput{Surname: "POE", BirthDate: "1966-03-05", Sex: "F", Nationalities: []string{"CAN"}}}}
