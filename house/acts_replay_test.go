package house

import (
	"context"
	"fmt"

	"limen/access"
	"limen/ees"
	"limen/law"
)

// replayActs decide again what the acts at the border left: one file, and all of
// them in steps.
func (p *play) replayActs() []act {
	var ref ees.FileRef
	book, err := law.NewBook(law.MustDate("2026-05-01"))
	if err != nil {
		p.t.Fatal(err)
	}
	return []act{
		p.do(ees.OpSearchFiles, access.InlandCheck, access.Immigration, func(pass access.Pass) error {
			found, err := p.EES.SearchFiles(pass, ees.FileQuery{Document: "C1", Issuer: "CAN", On: law.MustDate("2026-05-20")})
			if err == nil && len(found.Files) == 1 {
				ref = found.Files[0].Ref
			}
			return err
		}),
		p.do(ees.OpReplay, access.InlandCheck, access.Immigration, func(pass access.Pass) error {
			again, err := p.EES.ReplayFile(pass, ref, book)
			if err == nil && len(again.Stays) != 1 {
				err = fmt.Errorf("%d stays were decided again", len(again.Stays))
			}
			return err
		}),
		{op: ees.OpReplay, refused: "no_such_file", run: func(ctx context.Context) error {
			_, err := access.Run(ctx, p.Door, access.Request{Principal: as(access.Immigration), Op: ees.OpReplay},
				func(pass access.Pass) (ees.FileReplay, error) { return p.EES.ReplayFile(pass, "nobody", book) })
			return err
		}},
		// The duty counts over all files and reaches no single one.
		{op: ees.OpReplay, refused: "key_not_granted", run: func(ctx context.Context) error {
			_, err := access.Run(ctx, p.Door, access.Request{Principal: as(access.Duty), Op: ees.OpReplay},
				func(pass access.Pass) (ees.FileReplay, error) { return p.EES.ReplayFile(pass, ref, book) })
			return err
		}},
		{op: ees.OpReplay, run: func(ctx context.Context) error {
			_, err := access.Run(ctx, p.Door, access.Request{Principal: access.DutyPrincipal("replay"), Op: ees.OpReplay},
				func(pass access.Pass) (ees.Rehearsal, error) { return p.EES.RehearseStep(pass, book, "", true) })
			return err
		}},
	}
}
