package house

import (
	"context"
	"fmt"

	"limen/access"
	"limen/ees"
	"limen/law"
)

// rightsActs put right what is recorded, and answer the person: two files of one
// traveller are told apart, merged and parted, then the file is corrected,
// restricted, copied and marked for erasure.
func (p *play) rightsActs() []act {
	day := law.MustDate("2026-05-20")
	var refs [2]ees.FileRef
	var versions [2]int64
	var request ees.CaseView
	enter := func(i int, nationality, passport string) []act {
		var check ees.Check
		return []act{
			p.do(ees.OpCheck, access.BorderCheck, access.Border, func(pass access.Pass) (err error) {
				check, err = p.EES.Check(pass, ees.CheckRequest{Direction: ees.Entry, CrossingPoint: "FRCDG",
					Document: &ees.DocumentInput{Number: passport, Issuer: nationality, Expiry: law.MustDate("2033-01-01")},
					Identity: &ees.IdentityInput{Surname: "QUIROGA", FirstNames: "INES", BirthDate: "1981-03-04", Sex: "F", Nationalities: []string{nationality}}})
				return err
			}),
			p.do(ees.OpRecordCrossing, access.BorderCheck, access.Border, func(pass access.Pass) error {
				record, err := p.EES.RecordCrossing(pass, ees.CrossingRequest{CheckID: check.CheckID})
				refs[i], versions[i] = record.File, 1
				return err
			}),
		}
	}
	decide := func(op access.Op, fn func(access.Pass) error) act {
		return p.do(op, access.StayDecision, access.Immigration, fn)
	}
	ask := func(op access.Op, fn func(access.Pass) error) act {
		return p.do(op, access.RightsRequest, access.Immigration, fn)
	}
	apart := func(withdraw bool) act {
		return decide(ees.OpTellApart, func(pass access.Pass) error {
			_, err := p.EES.TellApart(pass, ees.ApartRequest{File: refs[0], Other: refs[1], Why: "two faces", Withdraw: withdraw})
			return err
		})
	}
	merge := decide(ees.OpMergeFiles, func(pass access.Pass) error {
		_, err := p.EES.MergeFiles(pass, ees.MergeRequest{Survivor: refs[0], Merged: refs[1], SurvivorVersion: 3, MergedVersion: 3, Why: "one face"})
		return err
	})
	refusedMerge := act{op: ees.OpMergeFiles, refused: "told_apart", run: decide(ees.OpMergeFiles, func(pass access.Pass) error {
		_, err := p.EES.MergeFiles(pass, ees.MergeRequest{Survivor: refs[0], Merged: refs[1], SurvivorVersion: 2, MergedVersion: 2, Why: "one face"})
		return err
	}).run}
	acts := append(enter(0, "ARG", "A1"), enter(1, "URY", "U1")...)
	return append(acts,
		apart(false), refusedMerge, apart(true), merge,
		decide(ees.OpUndoMerge, func(pass access.Pass) error {
			_, err := p.EES.UndoMerge(pass, ees.UndoMergeRequest{Survivor: refs[0], Merged: refs[1], Why: "two faces after all"}, 4)
			return err
		}),
		decide(ees.OpCorrect, func(pass access.Pass) error {
			_, err := p.EES.Correct(pass, ees.CorrectionRequest{File: refs[0], Why: "passport read again",
				Changes: []ees.Correction{{Of: "identity", N: 1, Field: "first_names", Old: "INES", New: "INÉS"}}}, 0)
			return err
		}),
		ask(ees.OpRestrict, func(pass access.Pass) error {
			_, err := p.EES.RestrictFile(pass, ees.RestrictRequest{File: refs[0], Why: "disputed"}, 0)
			return err
		}),
		ask(ees.OpExportFile, func(pass access.Pass) error {
			_, err := p.EES.ExportFile(pass, refs[0])
			return err
		}),
		ask(ees.OpOpenCase, func(pass access.Pass) (err error) {
			request, err = p.EES.OpenCase(pass, ees.CaseRequest{Kind: ees.PersonsRequest, Right: "access", File: refs[0], Dossier: "D-1"})
			return err
		}),
		ask(ees.OpReadCase, func(pass access.Pass) error {
			_, err := p.EES.ReadCase(pass, request.CaseID)
			return err
		}),
		ask(ees.OpStepCase, func(pass access.Pass) error {
			_, err := p.EES.StepCase(pass, ees.CaseStepRequest{CaseID: request.CaseID, Do: "confirm"}, 0)
			return err
		}),
		ask(ees.OpListCases, func(pass access.Pass) error {
			list, err := p.EES.ListCases(pass, ees.CaseQuery{Limit: 10})
			if err == nil && len(list.Cases) != 1 {
				err = fmt.Errorf("%d cases", len(list.Cases))
			}
			return err
		}),
		decide(ees.OpLeaveScope, func(pass access.Pass) error {
			_, err := p.EES.LeaveScope(pass, ees.LeaveRequest{File: refs[1], Ground: "residence_permit", On: day, Dossier: "N-1"}, 0)
			return err
		}),
		act{op: ees.OpLeaveScope, refused: "erasure_marked_already", run: func(ctx context.Context) error {
			return decide(ees.OpLeaveScope, func(pass access.Pass) error {
				_, err := p.EES.LeaveScope(pass, ees.LeaveRequest{File: refs[1], Ground: "residence_permit", On: day, Dossier: "N-1"}, 0)
				return err
			}).run(ctx)
		}},
	)
}
