package house

import (
	"context"
	"fmt"
	"io"
	"reflect"

	"limen/access"
	"limen/ees"
	"limen/law"
	"limen/ledger"
)

// do is the act of somebody of a kind of authority, for a purpose.
func (p *play) do(op access.Op, purpose access.Purpose, kind access.Kind, fn func(access.Pass) error) act {
	return act{op: op, run: func(ctx context.Context) error {
		_, err := access.Run(ctx, p.Door, access.Request{Principal: as(kind), Op: op, Purpose: purpose, Case: "1"},
			func(pass access.Pass) (int, error) { return 0, fn(pass) })
		return err
	}}
}

// borderActs are the real functions behind the operations at the border, in an
// order in which each finds what the one before left.
func (p *play) borderActs() []act {
	anna := passSamples[reflect.TypeFor[ees.CheckRequest]()].(ees.CheckRequest)
	var check ees.Check
	var ref ees.FileRef
	look := p.do(ees.OpCheck, access.BorderCheck, access.Border, func(pass access.Pass) (err error) {
		check, err = p.EES.Check(pass, anna)
		return err
	})
	return []act{
		look,
		p.do(ees.OpRecordCrossing, access.BorderCheck, access.Border, func(pass access.Pass) error {
			record, err := p.EES.RecordCrossing(pass, ees.CrossingRequest{CheckID: check.CheckID})
			ref = record.File
			return err
		}),
		{op: ees.OpRecordCrossing, refused: "check_already_decided", run: func(ctx context.Context) error {
			_, err := access.Run(ctx, p.Door, access.Request{Principal: as(access.Border), Op: ees.OpRecordCrossing},
				func(pass access.Pass) (ees.RecordView, error) {
					return p.EES.RecordCrossing(pass, ees.CrossingRequest{CheckID: check.CheckID})
				})
			return err
		}},
		p.do(ees.OpReadFile, access.BorderCheck, access.Border, func(pass access.Pass) error {
			_, err := p.EES.ReadFile(pass, ref)
			return err
		}),
		{op: ees.OpReadFile, refused: "no_such_file", run: func(ctx context.Context) error {
			_, err := access.Run(ctx, p.Door, access.Request{Principal: as(access.Border), Op: ees.OpReadFile, Purpose: access.BorderCheck},
				func(pass access.Pass) (ees.FileView, error) { return p.EES.ReadFile(pass, "nobody") })
			return err
		}},
		p.do(ees.OpSearchFiles, access.FacilitationProgramme, access.Facilitation, func(pass access.Pass) error {
			found, err := p.EES.SearchFiles(pass, ees.FileQuery{Document: "C1", Issuer: "CAN", On: law.MustDate("2026-05-20")})
			if err == nil && len(found.Files) != 1 {
				err = fmt.Errorf("found %d files", len(found.Files))
			}
			return err
		}),
		look,
		p.do(ees.OpRecordRefusal, access.BorderCheck, access.Border, func(pass access.Pass) error {
			_, err := p.EES.RecordRefusal(pass, ees.RefusalRequest{CheckID: check.CheckID, Reasons: []ees.RefusalReason{"E"}})
			return err
		}),
		{op: ees.OpFlagOverstayers, run: func(ctx context.Context) error {
			_, err := p.RunDuty(ctx, "overstayers", nil)
			return err
		}},
		p.do(ees.OpListOverstayers, access.BorderCheck, access.Border, func(pass access.Pass) error {
			_, err := p.EES.ListOverstayers(pass, ees.OverstayerQuery{Limit: 10})
			return err
		}),
		{op: ees.OpPurgeChecks, run: func(ctx context.Context) error {
			_, err := p.RunDuty(ctx, "checks", nil)
			return err
		}},
		{op: access.OpExportLog, run: func(ctx context.Context) error {
			return p.ExportLog(ctx, access.OpExportLog, io.Discard, ledger.ExportOptions{})
		}},
	}
}

// conversationActs are the steps of a check after it was made, and a traveller at
// a kiosk and a gate. They come after borderActs, which leave anna on file.
func (p *play) conversationActs() []act {
	anna := passSamples[reflect.TypeFor[ees.CheckRequest]()].(ees.CheckRequest)
	chip := &ees.Chip{Certificates: "valid", FaceRead: true}
	var check ees.Check
	var kiosk ees.KioskView
	border := func(op access.Op, fn func(access.Pass) error) act {
		return p.do(op, access.BorderCheck, access.Border, fn)
	}
	goOn := func(req ees.KioskStepRequest) act {
		return p.do(ees.OpPreEnrol, access.BorderCheck, access.Kiosk, func(pass access.Pass) (err error) {
			kiosk, err = p.EES.ContinuePreEnrolment(pass, kiosk.Code, kiosk.Version, req)
			return err
		})
	}
	return []act{
		border(ees.OpCheck, func(pass access.Pass) (err error) {
			check, err = p.EES.Check(pass, anna)
			return err
		}),
		border(ees.OpTakeStep, func(pass access.Pass) error {
			_, err := p.EES.TakeStep(pass, check.CheckID, 0, ees.StepRequest{Step: check.Progress.State, Outcome: ees.EventDoubtRaised})
			return err
		}),
		{op: ees.OpTakeSample, refused: "not_connected", run: func(ctx context.Context) error {
			_, err := access.Run(ctx, p.Door, access.Request{Principal: as(access.Border), Op: ees.OpTakeSample}, func(pass access.Pass) (ees.SampleTaken, error) {
				return p.EES.TakeSample(pass, check.CheckID, 0, ees.SampleRequest{Face: []byte("f")})
			})
			return err
		}},
		border(ees.OpReadCheck, func(pass access.Pass) error {
			_, err := p.EES.ReadCheck(pass, check.CheckID)
			return err
		}),
		{op: ees.OpIdentify, refused: "no_identification_here", run: func(ctx context.Context) error {
			_, err := access.Run(ctx, p.Door, access.Request{Principal: as(access.Border), Op: ees.OpIdentify}, func(pass access.Pass) (ees.Progress, error) {
				return p.EES.Identify(pass, check.CheckID, 0, ees.StepRequest{})
			})
			return err
		}},
		p.do(ees.OpPreEnrol, access.BorderCheck, access.Kiosk, func(pass access.Pass) (err error) {
			kiosk, err = p.EES.PreEnrol(pass, ees.PreEnrolRequest{CheckRequest: passSamples[reflect.TypeFor[ees.PreEnrolRequest]()].(ees.PreEnrolRequest).CheckRequest, Kiosk: "k", Chip: chip})
			return err
		}),
		goOn(ees.KioskStepRequest{Biometrics: &ees.Biometrics{Face: "captured", ChipMatched: "matched", Fingerprints: "captured"}}),
		goOn(ees.KioskStepRequest{Answers: []ees.KioskAnswer{{Question: "purpose", Answer: "x"}, {Question: "accommodation", Answer: "x"}, {Question: "means", Answer: "x"}, {Question: "return_journey", Answer: "x"}}, Finish: true}),
		border(ees.OpReadPreEnrol, func(pass access.Pass) error {
			_, err := p.EES.ReadPreEnrolment(pass, kiosk.Code)
			return err
		}),
		border(ees.OpListPreEnrol, func(pass access.Pass) error {
			_, err := p.EES.ListPreEnrolments(pass, ees.WaitingQuery{CrossingPoint: "FRCDG"})
			return err
		}),
		border(ees.OpTakeOver, func(pass access.Pass) error {
			_, err := p.EES.TakeOver(pass, kiosk.Code, "FRCDG")
			return err
		}),
		border(ees.OpConfirmPreEnrol, func(pass access.Pass) error {
			_, err := p.EES.ConfirmPreEnrolment(pass, kiosk.Code, 0, ees.Confirmed{Document: true, Face: true, Fingerprints: true})
			return err
		}),
		border(ees.OpPassGate, func(pass access.Pass) error {
			gate := ees.GateRequest{CheckRequest: passSamples[reflect.TypeFor[ees.PreEnrolRequest]()].(ees.PreEnrolRequest).CheckRequest, Gate: "g", Chip: chip, Code: kiosk.Code, Verified: "face"}
			done, err := p.EES.PassGate(pass, gate)
			if err == nil && !done.Passed {
				err = fmt.Errorf("the gate did not open: %v", done.Reasons)
			}
			return err
		}),
	}
}
