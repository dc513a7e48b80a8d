// Package desk is where the Entry/Exit System meets people and programs: its
// JSON operations and its pages. It speaks HTTP and HTML; the room ees decides.
package desk

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"limen/access"
	"limen/ees"
	"limen/law"
	"limen/web"
)

// Desk serves the Entry/Exit System.
type Desk struct {
	Door     *access.Door
	Register *ees.Register

	pages  pages
	police policePages
}

// Why is the ground of a request, told in the query or in the body; the headers
// Limen-Purpose and Limen-Case say the same.
type Why struct {
	Purpose access.Purpose `json:"purpose,omitempty" query:"purpose" maxLength:"64" doc:"Why data are processed. May be left out when the authority has this operation for one purpose only."`
	Case    string         `json:"case,omitempty" query:"case" maxLength:"200" doc:"Reference of the case, where the law asks for one."`
}

// over takes what the request itself says before what its headers say.
func (w Why) over(g web.Ground) web.Ground {
	if w.Purpose != "" {
		g.Purpose = w.Purpose
	}
	if w.Case != "" {
		g.Case = w.Case
	}
	return g
}

type checkInput struct {
	web.Ground
	Body struct {
		ees.CheckRequest
		Why
	}
}

type crossingInput struct {
	web.Ground
	Body struct {
		ees.CrossingRequest
		Why
	}
}

type refusalInput struct {
	web.Ground
	Body struct {
		ees.RefusalRequest
		Why
	}
}

type fileInput struct {
	web.Ground
	Why
	Ref string `path:"ref" maxLength:"40" doc:"Individual reference number."`
}

type searchInput struct {
	web.Ground
	Why
	Document    string `query:"document" maxLength:"40" doc:"Document number; with issuer."`
	Issuer      string `query:"issuer" maxLength:"3" doc:"State that issued the document."`
	Surname     string `query:"surname" maxLength:"128" doc:"Surname; alone, or with the other fields of an identity."`
	FirstNames  string `query:"first_names" maxLength:"128" doc:"First names."`
	BirthDate   string `query:"birth_date" maxLength:"10" doc:"YYYY-MM-DD, YYYY-MM or YYYY."`
	Sex         string `query:"sex" maxLength:"1" doc:"M, F or X."`
	Nationality string `query:"nationality" maxLength:"3" doc:"One nationality."`
	Visa        string `query:"visa" maxLength:"20" doc:"Number of a visa sticker, for visa authorities."`
	VisaIssuer  string `query:"visa_issuer" maxLength:"3" doc:"State that issued the visa."`
}

type overstayersInput struct {
	web.Ground
	Why
	Class string `query:"class" enum:"NO_EXIT,EXCEEDED" doc:"One class only."`
	After string `query:"after" maxLength:"400" doc:"The value of 'next' of the page before."`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Entries on a page."`
}

type answer[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

// through knocks at the door for a desk's operation.
func through[T any](ctx context.Context, d *Desk, g web.Ground, op access.Op, fn func(access.Pass) (T, error)) (*answer[T], error) {
	req, err := g.Request(ctx, op)
	if err != nil {
		return nil, err
	}
	v, err := access.Run(ctx, d.Door, req, fn)
	if err != nil {
		return nil, err
	}
	return &answer[T]{Body: v}, nil
}

const tag = "Entry/Exit System"

// API registers the operations under /api/ees/v1.
func (d *Desk) API(m *web.Mux) {
	d.replayAPI(m)
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/checks", Tag: tag, Op: ees.OpCheck, Article: "2017/2226 art 23",
		Summary: "Check a traveller at the border", Status: http.StatusCreated, Once: true,
		Description: "Reads the document, searches in the prescribed order, works out the stay and proposes what to do. Changes nothing in the register: the guard's decision names the check."},
		func(ctx context.Context, in *checkInput) (*answer[ees.Check], error) {
			return through(ctx, d, in.Body.over(in.Ground), ees.OpCheck, func(p access.Pass) (ees.Check, error) {
				return d.Register.Check(p, in.Body.CheckRequest)
			})
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/crossings", Tag: tag, Op: ees.OpRecordCrossing, Article: "2017/2226 art 16",
		Summary: "Record an entry or exit", Status: http.StatusCreated, Once: true,
		Description: "Records what the guard decided on a check. The stay is judged anew on the register as it stands; another booth's decision in between makes this a conflict."},
		func(ctx context.Context, in *crossingInput) (*answer[ees.RecordView], error) {
			return through(ctx, d, in.Body.over(in.Ground), ees.OpRecordCrossing, func(p access.Pass) (ees.RecordView, error) {
				return d.Register.RecordCrossing(p, in.Body.CrossingRequest)
			})
		})
	web.Register(m, web.Operation{Method: http.MethodPost, Path: "/api/ees/v1/refusals", Tag: tag, Op: ees.OpRecordRefusal, Article: "2017/2226 art 18",
		Summary: "Record a refusal of entry", Status: http.StatusCreated, Once: true,
		Description: "Records a refusal with its reasons, apart from any entry/exit record, and creates the individual file if there is none."},
		func(ctx context.Context, in *refusalInput) (*answer[ees.RefusalView], error) {
			return through(ctx, d, in.Body.over(in.Ground), ees.OpRecordRefusal, func(p access.Pass) (ees.RefusalView, error) {
				return d.Register.RecordRefusal(p, in.Body.RefusalRequest)
			})
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/files/{ref}", Tag: tag, Op: ees.OpReadFile, Article: "2017/2226 art 16",
		Summary: "Read an individual file", Description: "The file with its identities, documents, entry/exit records, refusals and, where the purpose allows, the stay today."},
		func(ctx context.Context, in *fileInput) (*answer[ees.FileView], error) {
			out, err := through(ctx, d, in.over(in.Ground), ees.OpReadFile, func(p access.Pass) (ees.FileView, error) {
				return d.Register.ReadFile(p, ees.FileRef(in.Ref))
			})
			if err == nil {
				out.ETag = strconv.Quote(strconv.FormatInt(out.Body.Version, 10))
			}
			return out, err
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/files", Tag: tag, Op: ees.OpSearchFiles, Article: "2017/2226 art 23(2)",
		Summary: "Search for individual files", Description: "By document number and issuing state, or by identity: names inexactly, birth date, sex and nationality exactly."},
		func(ctx context.Context, in *searchInput) (*answer[ees.FileList], error) {
			return through(ctx, d, in.over(in.Ground), ees.OpSearchFiles, func(p access.Pass) (ees.FileList, error) {
				return d.Register.SearchFiles(p, ees.FileQuery{Document: in.Document, Issuer: in.Issuer, Surname: in.Surname, FirstNames: in.FirstNames,
					BirthDate: in.BirthDate, Sex: in.Sex, Nationality: in.Nationality, Visa: in.Visa, VisaIssuer: in.VisaIssuer, On: law.DateIn(p.Now(), time.UTC)})
			})
		})
	web.Register(m, web.Operation{Method: http.MethodGet, Path: "/api/ees/v1/overstayers", Tag: tag, Op: ees.OpListOverstayers, Article: "2017/2226 art 12",
		Summary: "Read the list of overstayers", Description: "The longest overstay first, a page at a time."},
		func(ctx context.Context, in *overstayersInput) (*answer[ees.OverstayerList], error) {
			return through(ctx, d, in.over(in.Ground), ees.OpListOverstayers, func(p access.Pass) (ees.OverstayerList, error) {
				return d.Register.ListOverstayers(p, ees.OverstayerQuery{Class: ees.OverstayClass(in.Class), After: in.After, Limit: in.Limit})
			})
		})
	d.erasureAPI(m)
	d.stayAPI(m)
	d.outageAPI(m)
	d.borderAPI(m)
	d.readingAPI(m)
	d.statisticsAPI(m)
	d.rightsAPI(m)
	d.policeAPI(m)
}
