package ees

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"limen/access"
	"limen/law"
)

// RefusalRequest is the guard's decision to refuse entry.
type RefusalRequest struct {
	CheckID      string          `json:"check_id" minLength:"1" maxLength:"80" doc:"The check that this decides."`
	File         string          `json:"file,omitempty" maxLength:"40" doc:"Where the check shows candidates: the reference of the traveller's file, or new."`
	Reasons      []RefusalReason `json:"reasons" minItems:"1" maxItems:"10" nullable:"false" example:"[\"C\"]" doc:"Letters of the standard form, A to J."`
	Biometrics   *Biometrics     `json:"biometrics,omitempty" doc:"What became of the biometrics."`
	InternalRisk bool            `json:"internal_security,omitempty" doc:"Ground I: the threat concerns internal security (2017/2226 art 18(4))."`
	NotInVIS     bool            `json:"not_in_vis,omitempty" doc:"The visa-required traveller is not registered in the Visa Information System: fingerprints are taken too (2017/2226 art 18(2)(c))."`
	WithoutThem  string          `json:"without_biometrics,omitempty" enum:"kiosk,suspension,fallback,impossible" doc:"Why biometrics that a ground asks for are not given: they come from a kiosk, they are suspended, the systems are down, or they cannot be taken."`
	Confirmed    *Confirmed      `json:"confirmed,omitempty" doc:"What the guard verified of a pre-enrolment that the check takes over: only that is kept."`
	AlertHasThem bool            `json:"alert_has_biometrics,omitempty" doc:"Ground H: the alert already has the biometrics (2017/2226 art 18(3))."`
}

// RecordRefusal records a refusal of entry, apart from any entry/exit record,
// and creates the individual file if there is none (art 18(1),(6); EES-031).
func (r *Register) RecordRefusal(p access.Pass, req RefusalRequest) (RefusalView, error) {
	reasons, err := parseReasons(req.Reasons)
	if err != nil {
		return RefusalView{}, err
	}
	d, err := r.decide(p, req.CheckID)
	if err != nil {
		return RefusalView{}, err
	}
	if d.kept.Direction != Entry {
		return RefusalView{}, law.BadField("check_id", "refusal_at_exit", "2017/2226 art 18(1)",
			"The check is of an exit. Entry can be refused to somebody who enters only.")
	}
	if req.Biometrics != nil {
		if !slices.Contains(req.Reasons, "J") { // ground J has the chip read without a live face
			if err := req.Biometrics.sound(); err != nil {
				return RefusalView{}, err
			}
		}
		d.kept.Biometrics = req.Biometrics.over(d.kept.Biometrics)
	}
	if err := d.refuseKiosk(req.Confirmed); err != nil {
		return RefusalView{}, err
	}
	n, v, err := r.refuse(d, reasons, req)
	if err != nil {
		return RefusalView{}, err
	}
	d.finish("refusal", n)
	return v, p.Send(access.RefusalRecords)
}

// refuse stores the refusal that was decided, and returns its number.
func (r *Register) refuse(d *deciding, reasons []ReasonRow, req RefusalRequest) (int, RefusalView, error) {
	d.kept.NotInVIS = req.NotInVIS
	d.kept.keepOnlyPermitted(reasons, req)
	if err := r.settle(d, req.File); err != nil {
		return 0, RefusalView{}, err
	}
	if err := d.biometricsGiven(reasons, req); err != nil {
		return 0, RefusalView{}, err
	}
	n, err := d.nextRefusal()
	if err != nil {
		return 0, RefusalView{}, err
	}
	f := &d.known.file
	if f.RefusedFirst == 0 || d.where.On < f.RefusedFirst {
		f.RefusedFirst = d.where.On
	}
	f.RefusedLast = max(f.RefusedLast, d.where.On)
	if err := d.write(); err != nil {
		return 0, RefusalView{}, err
	}
	letters := make([]string, len(reasons))
	for i, row := range reasons {
		letters[i] = string(row.Letter)
	}
	visa, err := visaColumn(d.kept.Visa)
	if err != nil {
		return 0, RefusalView{}, err
	}
	taken, err := json.Marshal(d.kept.Biometrics)
	if err != nil {
		return 0, RefusalView{}, err
	}
	d.tx.Later(`INSERT INTO ees_refusal (ref, n, refused_at, refused_on, bcp, authority, reasons, biometrics, visa, origin, responsible)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		string(d.known.file.Ref), n, d.where.At.UnixMicro(), d.where.On, d.where.BCP, d.where.Authority,
		strings.Join(letters, " "), string(taken), visa, string(d.kept.Origin), string(d.responsible()))
	findByVisa(d.tx, d.known.file.Ref, d.kept.Visa)
	if err := tellDays(d.tx, d.where.On); err != nil {
		return 0, RefusalView{}, err
	}
	v := RefusalView{RefusalID: refusalID(d.known.file.Ref, n), File: d.known.file.Ref, RefusedAt: d.where.At, On: d.where.On,
		CrossingPoint: d.where.BCP, Authority: d.where.Authority, Visa: d.kept.Visa, Origin: d.kept.Origin}
	if v.Reasons, err = reasonViews(strings.Join(letters, " ")); err != nil {
		return 0, RefusalView{}, err
	}
	return n, v, nil
}

func (d *deciding) nextRefusal() (int, error) {
	var last int
	err := d.tx.Row(`SELECT COALESCE(MAX(n), 0) FROM ees_refusal WHERE ref = $1`, string(d.known.file.Ref)).Scan(&last)
	return last + 1, err
}

func refusalID(ref FileRef, n int) string { return fmt.Sprintf("%s.R%d", ref, n) }

func reasonViews(letters string) ([]ReasonView, error) {
	views := []ReasonView{}
	for _, l := range strings.Fields(letters) {
		row, ok := RefusalReason(l).Row()
		if !ok {
			return nil, fmt.Errorf("ees: refusal with the unknown reason %q", l)
		}
		views = append(views, ReasonView{Letter: row.Letter, Title: row.Title, Biometrics: row.Biometrics.words(), Article: row.Biometrics.Cite})
	}
	return views, nil
}

// words says the rule as a guard reads it.
func (b BiometricRule) words() string {
	switch {
	case b.Face == "none":
		return "none"
	case b.Face == "chip":
		return b.OnlyIf
	}
	s := "live face; fingerprints of a visa-exempt traveller, or of one who is not in the VIS"
	if b.OnlyIf != "" {
		s += "; " + b.OnlyIf
	}
	return s
}

func visaFrom(column *string) (*VisaOnRecord, error) {
	if column == nil {
		return nil, nil
	}
	v := new(VisaOnRecord)
	return v, json.Unmarshal([]byte(*column), v)
}
