package ees

import (
	"slices"

	"limen/access"
	"limen/law"
)

// GateRequest is a traveller at an e-gate.
type GateRequest struct {
	CheckRequest
	Gate     string `json:"gate" minLength:"1" maxLength:"60" doc:"Name of the gate."`
	Chip     *Chip  `json:"chip,omitempty" doc:"What was read of the chip."`
	Code     string `json:"code,omitempty" maxLength:"12" doc:"Code of a pre-enrolment that a guard has confirmed."`
	AtKiosk  bool   `json:"with_kiosk,omitempty" doc:"The gate and the kiosk are one: who was verified at the kiosk cannot have been exchanged on the way."`
	Verified string `json:"verified,omitempty" enum:"face,fingerprints" doc:"Which biometrics the gate verified, of the file or of the pre-enrolment."`
	Sample   []byte `json:"sample,omitempty" doc:"The sample of that kind, base64, where a matching service is connected: it says whether the traveller is verified, and not the gate."`
}

// GateResult is what a gate does: open, or refer to a guard.
type GateResult struct {
	Passed  bool         `json:"passed"`
	Record  *RecordView  `json:"record" doc:"The record written at passage; null when the traveller is referred."`
	CheckID string       `json:"check_id,omitempty" doc:"For a traveller who is referred: the check that the guard decides on."`
	Reasons []law.Reason `json:"reasons" nullable:"false" doc:"Why the traveller is referred to a guard."`
}

// PassGate lets a traveller through an e-gate, and writes and links the record at
// passage (2016/399 art 8b). It opens for somebody who is recorded, or whose
// pre-enrolment a guard has confirmed, when nothing speaks against it; otherwise
// it refers to a guard, with the reasons and a check to decide on.
func (r *Register) PassGate(p access.Pass, req GateRequest) (GateResult, error) {
	if _, err := p.Tx(); err != nil {
		return GateResult{}, err
	}
	if err := req.Chip.sound("2016/399 art 8b(1)"); err != nil {
		return GateResult{}, err
	}
	if req.At != nil || req.Origin != "" && req.Origin != Online || req.NoDocument || req.Biometrics != nil {
		return GateResult{}, law.BadField("origin", "gate_is_online", "2016/399 art 8b",
			"A gate serves travellers who stand in it with their document. Leave the moment, the origin and the biometrics out; say what was verified.")
	}
	if !req.AtKiosk && req.Verified == "" {
		return GateResult{}, law.BadField("verified", "gate_without_biometrics", "2016/399 art 8b(6)",
			"A gate that is apart from the kiosk verifies at least one of the traveller's biometrics again. Compare the face or the fingerprints, then let pass.")
	}
	kiosk, err := r.confirmedFor(p, req)
	if err != nil {
		return GateResult{}, err
	}
	look := req.CheckRequest
	look.Biometrics = req.outcome()
	c, err := r.lookFor(p, look)
	if err != nil {
		return GateResult{}, err
	}
	if err := c.compareAtGate(req); err != nil {
		return GateResult{}, err
	}
	reasons, err := c.atGate(req, kiosk)
	if err != nil {
		return GateResult{}, err
	}
	if len(reasons) > 0 {
		// The guard decides on this check, and takes what the gate did not.
		if err := c.keep(); err != nil {
			return GateResult{}, err
		}
		return GateResult{CheckID: c.out.CheckID, Reasons: reasons}, nil
	}
	if kiosk != nil {
		c.kept.Biometrics = kiosk.Request.Biometrics
		c.kept.Kiosk = &takenOver{Code: kiosk.Code, Confirmed: true}
	}
	home, id, err := c.reserve()
	if err != nil {
		return GateResult{}, err
	}
	if err := c.record(); err != nil {
		return GateResult{}, err
	}
	d := &deciding{pass: p, tx: c.tx, home: home, checkID: id, kept: c.kept, point: c.point,
		where: event{At: c.at, On: c.on, BCP: c.point.Code, Authority: p.Principal().Authority.Name}}
	made, err := r.record(d, CrossingRequest{})
	return GateResult{Passed: err == nil, Record: &made, Reasons: []law.Reason{}}, err
}

// outcome is the gate's verification as a check has it.
func (g GateRequest) outcome() *Biometrics {
	switch g.Verified {
	case "face":
		return &Biometrics{Face: "verified"}
	case "fingerprints":
		return &Biometrics{Fingerprints: "verified"}
	}
	return nil
}

func (g GateRequest) kind() SampleKind {
	if g.Verified == "fingerprints" {
		return FingersSample
	}
	return FaceSample
}

// compareAtGate has the gate's sample compared with the file, one to one, where a
// matching service is connected.
func (c *checking) compareAtGate(req GateRequest) error {
	if len(req.Sample) == 0 || c.found == nil || c.register.Biometrics == nil {
		return nil
	}
	if compares, err := c.compares(req.kind()); err != nil || !compares {
		return err
	}
	e, err := c.compare(c.kept.state(), req.kind(), req.Sample)
	if r, ok := err.(*law.Refusal); ok && r.Field != "" {
		return at("sample", err)
	}
	if err != nil {
		return err
	}
	return c.take(e)
}

// confirmedFor opens the pre-enrolment that the traveller brings; nil without one.
func (r *Register) confirmedFor(p access.Pass, req GateRequest) (*preEnrolment, error) {
	if req.Code == "" {
		return nil, nil
	}
	e, err := readPreEnrolment(p, req.Code)
	switch {
	case err != nil:
		return nil, err
	case e.Status == KioskUsed:
		return nil, preEnrolmentUsed()
	case e.BCP != req.CrossingPoint:
		return nil, law.Refuse(law.Conflict, "other_crossing_point", "2016/399 art 8b",
			"The traveller used a kiosk of another crossing point. Send the traveller to a guard.", "kiosk_at", e.BCP)
	}
	return e, nil
}

// atGate lists why the gate does not open.
func (c *checking) atGate(req GateRequest, kiosk *preEnrolment) ([]law.Reason, error) {
	reasons := c.grave()
	add := func(code law.Code, cite law.Citation, message string) {
		reasons = append(reasons, law.Reason{Code: code, Cite: cite, Message: message})
	}
	limit, err := selfServiceAge.On(c.on)
	if err != nil {
		return nil, err
	}
	if youngest, _ := c.traveller.Identity.Birth.Age(c.on); youngest < limit {
		add("self_service_not_for_children", "2016/399 art 8b", "Self-service is not for children.")
	}
	switch {
	case kiosk != nil && kiosk.Status != KioskConfirmed:
		add("pre_enrolment_unconfirmed", "2016/399 art 8a(4)", "No guard has confirmed the pre-enrolment yet.")
	case kiosk != nil && (kiosk.Who.Document.Number != c.traveller.Document.Number || kiosk.Who.Document.Issuer != c.traveller.Document.Issuer):
		add("other_document", "2016/399 art 8a(4)", "The document in the gate is not the one that was used at the kiosk.")
	case kiosk != nil && kiosk.Request.Direction != c.req.Direction:
		add("other_direction", "2016/399 art 8a(4)", "The pre-enrolment was confirmed for the other direction.")
	case kiosk != nil && !req.AtKiosk && !c.kept.verified() && !slices.Contains(kiosk.toConfirm(), req.Verified):
		add("not_verified_at_gate", "2016/399 art 8b(6)", "The gate verified biometrics that the kiosk did not take.")
	case kiosk == nil && c.found == nil:
		add("not_enrolled", "2016/399 art 8b(1)", "The traveller has no individual file, and no pre-enrolment that a guard has confirmed.")
	case kiosk == nil && !c.kept.verified():
		add("not_verified_at_gate", "2016/399 art 8b(6)", "The gate's verification does not show that the traveller is the person of the file.")
	}
	if c.kept.been(EventVISDue) && !c.kept.been(EventVISConfirmed) {
		add("vis_to_be_consulted", "2017/2226 art 23(5)", firstInFull+" The Visa Information System is to be consulted first.")
	}
	if kiosk == nil && c.found != nil && len(c.out.ToTake) > 0 {
		add("biometrics_missing", "2016/399 art 8b(1)", "The file lacks biometrics that are to be taken at this crossing.")
	}
	return reasons, nil
}
