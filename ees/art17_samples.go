package ees

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"limen/access"
	"limen/interop/bms"
	"limen/interop/cir"
	"limen/law"
)

// OpTakeSample takes a traveller's face or fingerprints during a check.
const OpTakeSample access.Op = "ees.take_sample"

func sampleOperations() []access.Operation {
	return []access.Operation{{Op: OpTakeSample, System: "ees", Title: "take a traveller's biometrics", Cite: "2017/2226 art 14"}}
}

func sampleGrants() []access.Grant {
	return []access.Grant{{Kind: access.Border, Purpose: access.BorderCheck, Op: OpTakeSample, Cite: "2017/2226 art 14", Returns: wholeFile}}
}

// SampleRequest is what a booth captured.
type SampleRequest struct {
	Face         []byte `json:"face,omitempty" doc:"Live facial image, base64."`
	Fingerprints []byte `json:"fingerprints,omitempty" doc:"Four fingers of the right hand, or of the left, base64."`
}

// SampleTaken is what became of a sample.
type SampleTaken struct {
	Version int          `json:"version" doc:"Version of the check after it; send it as If-Match."`
	Staged  []SampleKind `json:"staged" nullable:"false" doc:"Of which kinds something waits for the decision."`
	Again   []bms.Retake `json:"again" nullable:"false" doc:"What did not pass the quality check and is to be taken again, and why."`
}

// stagedSample is what is sealed until the decision.
type stagedSample struct {
	Images    []cir.Image
	Templates []bms.Template
}

// TakeSample takes a traveller's face or fingerprints (arts 15 to 17; EES-008): what
// passes the quality check waits, sealed, for the guard's decision, which keeps of it
// what the law allows. A finger that is taken again replaces what was taken before.
func (r *Register) TakeSample(p access.Pass, checkID string, version int, req SampleRequest) (SampleTaken, error) {
	c, o, err := r.resume(p, checkID, version, "")
	if err != nil {
		return SampleTaken{}, err
	}
	m, connected := r.Biometrics.(Matching)
	switch {
	case !connected:
		return SampleTaken{}, law.Refuse(law.Conflict, "not_connected", "2019/817 art 12",
			"No biometric matching service is connected. Keep the samples where they were taken, and say that they were.")
	case len(req.Face)+len(req.Fingerprints) == 0:
		return SampleTaken{}, law.BadField("fingerprints", "sample_empty", "2017/2226 art 17(1)", "Send the face, the fingerprints, or both.")
	}
	b := Biometrics{}
	if c.kept.Biometrics != nil {
		b = *c.kept.Biometrics
	}
	out := SampleTaken{Version: o.version + 1, Again: []bms.Retake{}}
	for _, s := range []struct {
		kind SampleKind
		data []byte
		mark *string
	}{{FaceSample, req.Face, &b.Face}, {FingersSample, req.Fingerprints, &b.Fingerprints}} {
		if len(s.data) == 0 {
			continue
		}
		if err := c.mayTake(s.kind); err != nil {
			return SampleTaken{}, err
		}
		staged, again, err := m.gate(c, s.kind, s.data)
		if err != nil {
			return SampleTaken{}, err
		}
		out.Again = append(out.Again, again...)
		if len(staged.Images)+len(staged.Templates) == 0 {
			continue
		}
		if err := c.stage(o, m.Service.Seal(), s.kind, staged); err != nil {
			return SampleTaken{}, err
		}
		*s.mark = "captured"
	}
	c.kept.Biometrics = &b
	out.Staged = slices.Clone(c.kept.Staged)
	if out.Staged == nil {
		out.Staged = []SampleKind{}
	}
	if err := c.keepStep(o); err != nil {
		return SampleTaken{}, err
	}
	return out, c.touched()
}

// mayTake refuses a sample that no decision on this check could keep.
func (c *checking) mayTake(kind SampleKind) error {
	no := func(code law.Code, cite law.Citation, message string) error {
		return law.Refuse(law.NotPermitted, code, cite, message, "sample", string(kind))
	}
	switch {
	case c.kept.Origin == Manual:
		return no("no_biometrics_by_hand", "2017/2226 art 21(2)", "What was written by hand has no biometrics. They are taken at the next crossing.")
	case c.kept.Suspended:
		return no("biometrics_suspended", "2025/1534 art 4", "Biometrics are suspended at this crossing point. Take none until the suspension has ended.")
	case kind == FaceSample:
	case c.kept.UnderTwelve:
		return no("no_fingerprints_of_a_child", "2017/2226 art 17(3)", "No fingerprints are taken of a child under twelve.")
	case c.kept.VisaNeeded:
		return nil // a refusal of somebody who is not in the Visa Information System keeps them (art 18(2)(c))
	}
	if c.found == nil || slices.Contains(c.kept.toTake(&c.found.file, c.newDocument()), string(kind)) {
		return nil
	}
	return no("sample_not_needed", "2017/2226 art 23(2)", "The file has what it needs of this kind. Verify the traveller instead; nothing is taken twice.")
}

// gate reads a sample and passes it through the quality check (2019/817 art 13(3)).
// Of fingers the images of those that passed are kept; a face is kept whole.
func (m Matching) gate(c *checking, kind SampleKind, data []byte) (out stagedSample, again []bms.Retake, err error) {
	sample, err := m.read(c.tx.Context(), kind, data, "2017/2226 art 17(1)")
	if err != nil {
		return out, nil, err
	}
	if out.Templates, again, err = sample.Gate(dayOf(c.pass), m.Service.Synthetic()); err != nil {
		return out, nil, err
	}
	for _, print := range sample.Prints {
		at := print.Template.Position
		if at == 0 {
			return out, nil, law.BadField(string(kind), "finger_unnamed", "2017/2226 art 17(1)", "Say which finger each print is of: what is kept must be named.")
		}
		if print.Picture != nil && slices.ContainsFunc(out.Templates, func(t bms.Template) bool { return t.Position == at }) {
			out.Images = append(out.Images, cir.Image{Position: int(at), Format: print.Picture.Format, Quality: print.NFIQ2, Bytes: print.Picture.Bytes})
		}
	}
	if f := sample.Face; f != nil && f.Picture != nil {
		out.Images = append(out.Images, cir.Image{Format: f.Picture.Format, Quality: f.Quality, Bytes: f.Picture.Bytes})
	}
	return out, again, nil
}

// stage keeps a sample, sealed, until the decision.
func (c *checking) stage(o *openCheck, seal *bms.Seal, kind SampleKind, s stagedSample) error {
	plain, err := json.Marshal(s)
	if err != nil {
		return err
	}
	id := uuid.NewString()
	sealed, err := seal.Close(id, plain)
	if err != nil {
		return err
	}
	if !slices.Contains(c.kept.Staged, kind) {
		c.kept.Staged = append(slices.Clone(c.kept.Staged), kind)
	}
	c.tx.Later(`INSERT INTO ees_sample (home, check_id, n, kind, expires_at, sample_id, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		string(o.home), o.id, o.version+1, string(kind), o.expires.UnixMicro(), id, sealed)
	return nil
}

// staged opens what waits of a kind; of what was taken several times the last.
func (d *deciding) staged(kind SampleKind) (all stagedSample, err error) {
	if d.service == nil || !slices.Contains(d.kept.Staged, kind) {
		return all, nil
	}
	rows, err := d.tx.Query(`SELECT sample_id, sealed FROM ees_sample WHERE home = $1 AND check_id = $2 AND kind = $3 ORDER BY n DESC`,
		string(d.home), d.checkID, string(kind))
	if err != nil {
		return all, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var sealed []byte
		if err := rows.Scan(&id, &sealed); err != nil {
			return all, err
		}
		plain, err := d.service.Seal().Open(id, sealed)
		if err != nil {
			return all, err
		}
		var s stagedSample
		if err := json.Unmarshal(plain, &s); err != nil {
			return all, err
		}
		// A finger comes from one capture: image and template belong together.
		later := func(at int) bool {
			return slices.ContainsFunc(all.Templates, func(t bms.Template) bool { return int(t.Position) == at }) ||
				slices.ContainsFunc(all.Images, func(i cir.Image) bool { return i.Position == at })
		}
		s.Images = slices.DeleteFunc(s.Images, func(i cir.Image) bool { return later(i.Position) })
		s.Templates = slices.DeleteFunc(s.Templates, func(t bms.Template) bool { return later(int(t.Position)) })
		all.Images, all.Templates = append(all.Images, s.Images...), append(all.Templates, s.Templates...)
	}
	return all, rows.Err()
}

// keepSample puts what waits of a kind into the file, as its n-th sample: the images
// into the identity repository, the templates into the matching service.
func (d *deciding) keepSample(kind string, n int) error {
	s, err := d.staged(SampleKind(kind))
	if err != nil || len(s.Images)+len(s.Templates) == 0 {
		return err
	}
	ref := string(d.known.file.Ref)
	if err := cir.AddImages(d.pass, d.service.Seal(), cir.RecordRef(ref), cir.EES, n, s.Images); err != nil {
		return err
	}
	return bms.Enrol(d.pass, d.service.Seal(), bms.EES, bms.RecordRef(ref), n, s.Templates)
}

// dropStaged takes away what waited: it is in the file, or may not be.
func (d *deciding) dropStaged() {
	if len(d.kept.Staged) > 0 {
		d.tx.Later(`DELETE FROM ees_sample WHERE home = $1 AND check_id = $2`, string(d.home), d.checkID)
	}
}

// SampleAhead reads a sample before the transaction in which it is kept.
func (r *Register) SampleAhead(ctx context.Context, req SampleRequest) context.Context {
	m, ok := r.Biometrics.(Matching)
	if !ok {
		return ctx
	}
	if len(req.Face) > 0 {
		ctx = m.readAhead(ctx, FaceSample, req.Face)
	}
	if len(req.Fingerprints) > 0 {
		ctx = m.readAhead(ctx, FingersSample, req.Fingerprints)
	}
	return ctx
}
