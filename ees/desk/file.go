package desk

import (
	"context"
	"net/http"

	"limen/access"
	"limen/ees"
	"limen/web"
)

// filePage shows one file, with what the purpose lets the reader see.
type filePage struct {
	File    ees.FileRecords
	Stay    *ees.StayView // nil where the purpose does not include the calculator
	Purpose string
	Case    string
}

func (d *Desk) filePage(w http.ResponseWriter, r *http.Request) error {
	v := r.URL.Query().Get
	g := web.Ground{Purpose: access.Purpose(v("purpose")), Case: v("case")}
	page, err := d.readFor(r.Context(), g, ees.FileRef(r.PathValue("ref")))
	if err != nil {
		return err
	}
	page.Purpose, page.Case = v("purpose"), v("case")
	return d.pages.file.Render(w, r, page)
}

// readFor reads a file by the operation of the reader's purpose. Whoever has none
// is refused by the border's, and the attempt is logged.
func (d *Desk) readFor(ctx context.Context, g web.Ground, ref ees.FileRef) (filePage, error) {
	who, _ := web.PrincipalFrom(ctx)
	may := func(op access.Op) bool {
		_, ok := d.Door.Granted(who.Authority.Kind, g.Purpose, op)
		return ok
	}
	switch {
	case may(ees.OpReadInland):
		f, err := through(ctx, d, g, ees.OpReadInland, func(p access.Pass) (ees.InlandFile, error) { return d.Register.ReadInland(p, ref) })
		if err != nil {
			return filePage{}, err
		}
		return filePage{File: f.Body.FileRecords, Stay: &f.Body.Stay}, nil
	case may(ees.OpReadForVisa):
		f, err := through(ctx, d, g, ees.OpReadForVisa, func(p access.Pass) (ees.VisaFile, error) {
			return d.Register.ReadForVisa(p, ref, ees.IntendedDates{})
		})
		if err != nil {
			return filePage{}, err
		}
		return filePage{File: f.Body.FileRecords, Stay: &f.Body.Stay}, nil
	case may(ees.OpReadIdentified):
		f, err := through(ctx, d, g, ees.OpReadIdentified, func(p access.Pass) (ees.IdentifiedFile, error) { return d.Register.ReadIdentified(p, ref) })
		if err != nil {
			return filePage{}, err
		}
		return filePage{File: f.Body.FileRecords}, nil
	case may(ees.OpReadForProgramme):
		f, err := through(ctx, d, g, ees.OpReadForProgramme, func(p access.Pass) (ees.ProgrammeFile, error) { return d.Register.ReadForProgramme(p, ref) })
		if err != nil {
			return filePage{}, err
		}
		return filePage{File: f.Body.FileRecords}, nil
	case may(ees.OpReadForEtias):
		f, err := through(ctx, d, g, ees.OpReadForEtias, func(p access.Pass) (ees.EtiasNationalFile, error) { return d.Register.ReadForEtias(p, ref) })
		if err != nil {
			return filePage{}, err
		}
		return filePage{File: f.Body.FileRecords}, nil
	}
	f, err := through(ctx, d, g, ees.OpReadFile, func(p access.Pass) (ees.FileView, error) { return d.Register.ReadFile(p, ref) })
	if err != nil {
		return filePage{}, err
	}
	return filePage{File: f.Body.FileRecords, Stay: &f.Body.Stay}, nil
}
