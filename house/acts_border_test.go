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
