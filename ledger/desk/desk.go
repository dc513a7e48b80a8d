// Package desk is where supervisory authorities meet the log: entries, the
// newest checkpoint, a proof for one entry, and the whole log as a bundle that
// verifies offline.
package desk

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"limen/access"
	"limen/law"
	"limen/ledger"
	"limen/web"
)

// Desk serves the log to the supervisory authorities (2017/2226 arts 46, 55, 56).
type Desk struct {
	Door *access.Door
	Log  *ledger.Log
}

type entriesInput struct {
	web.Ground
	Subject   string    `query:"subject" maxLength:"64" doc:"File whose entries are asked for."`
	Officer   string    `query:"officer" maxLength:"128" doc:"Officer whose entries are asked for."`
	Operation string    `query:"operation" maxLength:"64" doc:"Operation, as ees.check."`
	From      time.Time `query:"from" doc:"First moment."`
	To        time.Time `query:"to" doc:"Moment after the last."`
	After     string    `query:"after" maxLength:"200" doc:"The value of 'next' of the page before."`
	Limit     int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Entries on a page."`
}

// EntryView is a log entry as it is sent: what was searched by is named by its
// kind, never by its value.
type EntryView struct {
	ID            string       `json:"id"`
	At            time.Time    `json:"at"`
	System        string       `json:"system"`
	Operation     string       `json:"operation"`
	Purpose       string       `json:"purpose"`
	Case          string       `json:"case,omitempty"`
	Authority     string       `json:"authority"`
	AuthorityKind string       `json:"authority_kind"`
	State         string       `json:"state"`
	Officer       string       `json:"officer"`
	Channel       string       `json:"channel"`
	Article       law.Citation `json:"article" doc:"The article that permits the operation, or would have to."`
	Outcome       string       `json:"outcome" doc:"done, refused, fault or replayed."`
	Refusal       law.Code     `json:"refusal,omitempty"`
	SearchedBy    []string     `json:"searched_by" nullable:"false" doc:"Kinds of data used to search."`
	Sent          []string     `json:"sent" nullable:"false" doc:"Categories of data sent."`
	Results       int          `json:"results"`
	Subjects      []string     `json:"subjects" nullable:"false" doc:"Files concerned."`
	Facts         []law.Fact   `json:"facts,omitempty" nullable:"false" doc:"What an act wants shown beside the rest: of a law-enforcement access the offence, the requesting authority, the officials, the reasons and the urgency (2017/2226 art 59(2))."`
}

type pageOutput struct {
	Body struct {
		Entries []EntryView `json:"entries" nullable:"false"`
		Next    string      `json:"next,omitempty" doc:"Give this as 'after' to read on; absent on the last page."`
	}
}

func view(r ledger.Record) EntryView {
	e := r.Entry
	v := EntryView{ID: r.ID, At: e.At, System: e.System, Operation: e.Operation, Purpose: e.Purpose, Case: e.Case, Authority: e.Authority,
		AuthorityKind: e.AuthorityKind, State: e.State, Officer: e.Officer, Channel: e.Channel, Article: e.Grant, Outcome: e.Outcome,
		Refusal: e.Refusal, SearchedBy: []string{}, Sent: []string{}, Results: e.Results, Subjects: []string{}, Facts: e.Facts}
	for _, s := range e.Searched {
		v.SearchedBy = append(v.SearchedBy, s.Category)
	}
	v.Sent = append(v.Sent, e.Sent...)
	v.Subjects = append(v.Subjects, e.Subjects...)
	return v
}

type checkpointOutput struct {
	Body struct {
		Checkpoint string `json:"checkpoint" doc:"The newest signed checkpoint, a C2SP signed note. Keep it: a later log must continue it."`
		Size       int64  `json:"size" doc:"Entries under it."`
		Keys       string `json:"verifier_keys" doc:"Public keys that verify it, one a line."`
		Pending    int64  `json:"pending" doc:"Entries not yet under a checkpoint."`
	}
}

type proofInput struct {
	web.Ground
	ID string `path:"id" maxLength:"64" doc:"Identifier of the log entry."`
}

type proofOutput struct{ Body ledger.Proof }

const tag = "Log"

// API registers the operations under /api/log/v1.
func (d *Desk) API(m *web.Mux) {
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/log/v1/entries", Tag: tag, Op: access.OpReadLog, Article: "2017/2226 art 46",
		Summary: "Read log entries", Description: "By file, officer, operation or time, a page at a time."},
		func(ctx context.Context, in *entriesInput) (*pageOutput, error) {
			page, err := read(ctx, d, in.Ground, access.OpReadLog, in.Subject, func(p access.Pass) (ledger.Page, error) {
				tx, err := p.Tx()
				if err != nil {
					return ledger.Page{}, err
				}
				return d.Log.Entries(tx, ledger.Filter{Subject: in.Subject, Officer: in.Officer, Operation: in.Operation,
					From: in.From, To: in.To, After: in.After, Limit: in.Limit})
			})
			if err != nil {
				return nil, err
			}
			out := new(pageOutput)
			out.Body.Entries, out.Body.Next = []EntryView{}, page.Next
			for _, r := range page.Records {
				out.Body.Entries = append(out.Body.Entries, view(r))
			}
			return out, nil
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/log/v1/checkpoint", Tag: tag, Op: access.OpVerifyLog, Article: "2017/2226 art 46",
		Summary: "Read the newest checkpoint", Description: "The signed head of the tree. Whoever keeps it can show later that nothing before it was changed."},
		func(ctx context.Context, in *web.Ground) (*checkpointOutput, error) {
			out := new(checkpointOutput)
			if _, err := read(ctx, d, *in, access.OpVerifyLog, "", logged); err != nil {
				return nil, err
			}
			head, err := d.Log.Checkpoint(ctx)
			if err != nil {
				return nil, err
			}
			pending, err := d.Log.Pending(ctx)
			if err != nil {
				return nil, err
			}
			out.Body.Checkpoint, out.Body.Size, out.Body.Keys, out.Body.Pending = head.Note, head.Size, d.Log.Public(), pending.Entries
			return out, nil
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/log/v1/proofs/{id}", Tag: tag, Op: access.OpVerifyLog, ID: "ledger.prove", Article: "2017/2226 art 46",
		Summary: "Prove one log entry", Description: "The entry, its place in the tree and the checkpoint over it: verifies with the public key alone."},
		func(ctx context.Context, in *proofInput) (*proofOutput, error) {
			if _, err := read(ctx, d, in.Ground, access.OpVerifyLog, in.ID, logged); err != nil {
				return nil, err
			}
			proof, err := d.Log.Proof(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return &proofOutput{proof}, nil
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/log/v1/bundle", Tag: tag, Op: access.OpExportLog, Article: "2017/2226 art 46",
		Summary: "Export the log", Description: "The log as a bundle that the command 'limen verify' checks offline, with the public key alone."}, d.export)
}

// export streams the log once the door has opened and the export is logged.
func (d *Desk) export(ctx context.Context, in *bundleInput) (*huma.StreamResponse, error) {
	if _, err := read(ctx, d, in.Ground, access.OpExportLog, "", logged); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		out.SetHeader("Content-Type", "application/jsonl")
		out.SetHeader("Content-Disposition", `attachment; filename="limen-log.jsonl"`)
		if err := d.Log.Export(ctx, out.BodyWriter(), ledger.ExportOptions{From: in.From}); err != nil {
			// The answer has begun: cutting it short is the only way to say so,
			// and a bundle without its end does not verify.
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

type bundleInput struct {
	web.Ground
	From int64 `query:"from" minimum:"0" doc:"Size of a checkpoint that you hold: entries before it are left out."`
}

// logged is an operation whose work comes after the door has logged it.
func logged(access.Pass) (bool, error) { return true, nil }

// read knocks at the door for an operation on the log.
func read[T any](ctx context.Context, d *Desk, g web.Ground, op access.Op, key string, fn func(access.Pass) (T, error)) (T, error) {
	var none T
	req, err := g.Request(ctx, op)
	if err != nil {
		return none, err
	}
	return access.Run(ctx, d.Door, req, func(p access.Pass) (T, error) {
		if key != "" {
			if err := p.Search(access.ByReference, key); err != nil {
				return none, err
			}
		}
		v, err := fn(p)
		if err != nil {
			return none, err
		}
		return v, p.Send(access.LogEntries)
	})
}
