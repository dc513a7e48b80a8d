package ees

import (
	"slices"

	"limen/access"
	"limen/law"
)

// takenOver is what a check keeps of the pre-enrolment it takes over.
type takenOver struct {
	Code      string   `json:"code"`
	ToConfirm []string `json:"confirm"`
	Confirmed bool     `json:"confirmed,omitempty"` // a guard has confirmed it before
	Version   int64    `json:"v"`
	Shown     KioskView
}

func (t *takenOver) view() *KioskView {
	if t == nil {
		return nil
	}
	v := t.Shown
	return &v
}

// Confirmed says what the guard has verified of a pre-enrolment (2016/399
// art 8a(4)(b)): that the document used at the kiosk is the one the traveller
// holds, that the live face is the one taken there, and of a visa-exempt
// traveller that the live fingerprints are those taken there.
type Confirmed struct {
	Document     bool `json:"document"`
	Face         bool `json:"face"`
	Fingerprints bool `json:"fingerprints"`
}

func (c *Confirmed) has(kind string) bool {
	return c != nil && (kind == "document" && c.Document || kind == "face" && c.Face || kind == "fingerprints" && c.Fingerprints)
}

// missing lists what is not confirmed yet.
func (c *Confirmed) missing(want []string) []string {
	return slices.DeleteFunc(slices.Clone(want), c.has)
}

func unconfirmed(missing []string) *law.Refusal {
	return law.BadField("confirmed", "pre_enrolment_unconfirmed", "2016/399 art 8a(4)",
		"What the kiosk took becomes final only when you have verified it: the document in the traveller's hand, the live face, and the live fingerprints of a visa-exempt traveller. If something does not agree, send to second line.",
		"missing", joinWords(missing))
}

func joinWords(words []string) string {
	s := ""
	for i, w := range words {
		if i > 0 {
			s += " "
		}
		s += w
	}
	return s
}

// TakeOver makes the guard's check from a pre-enrolment: everything that was
// captured comes along, and only what is missing is asked for. A pre-enrolment
// that a kiosk did not finish is taken over as far as it got. The check leaves it
// as it is; the decision uses it.
func (r *Register) TakeOver(p access.Pass, code, crossingPoint string) (Check, error) {
	e, err := readPreEnrolment(p, code)
	if err != nil {
		return Check{}, err
	}
	if e.Status == KioskUsed {
		return Check{}, preEnrolmentUsed()
	}
	if crossingPoint != "" && crossingPoint != e.BCP {
		return Check{}, law.Refuse(law.Conflict, "other_crossing_point", "2016/399 art 8a",
			"The traveller used a kiosk of another crossing point. Check the traveller as usual.", "kiosk_at", e.BCP, "booth_at", crossingPoint)
	}
	c, err := r.lookFor(p, e.Request.CheckRequest)
	if err != nil {
		return Check{}, err
	}
	c.kept.Kiosk = &takenOver{Code: e.Code, ToConfirm: e.toConfirm(), Confirmed: e.Status == KioskConfirmed, Version: e.Version, Shown: e.view()}
	if err := c.weigh(); err != nil {
		return Check{}, err
	}
	if err := c.keep(); err != nil {
		return Check{}, err
	}
	c.out.AtKiosk = c.kept.Kiosk.view()
	return c.out, p.Send(access.DocumentData)
}

// weighAtKiosk takes into the guard's check what the kiosk took and what it
// found: through every step of it, so that nothing is taken twice and no doubt of
// the kiosk's gets lost.
func (c *checking) weighAtKiosk() {
	k := c.kept.Kiosk
	if k == nil {
		return
	}
	c.out.ToTake = stillToTake(c.out.ToTake, k.Shown.Biometrics)
	for _, reason := range k.Shown.Reasons {
		known := slices.ContainsFunc(c.out.Findings, func(f law.Reason) bool { return f.Code == reason.Code })
		settled := reason.Code == "not_compared_with_the_file" && c.kept.verified()
		if !known && !settled {
			c.finding(SecondLine, "", reason.Code, reason.Cite, "At the kiosk: "+reason.Message)
		}
	}
}

func preEnrolmentUsed() *law.Refusal {
	return law.Refuse(law.Conflict, "pre_enrolment_used", "2016/399 art 8a(4)",
		"This pre-enrolment has led to a decision already. It is used once; check the traveller as usual.")
}

// confirmKiosk asks that a crossing on a pre-enrolment has been verified by the
// guard, and uses it up (EES-039).
func (d *deciding) confirmKiosk(said *Confirmed) error {
	k := d.kept.Kiosk
	if k == nil {
		return nil
	}
	if !k.Confirmed {
		if missing := said.missing(k.ToConfirm); len(missing) > 0 {
			return unconfirmed(missing)
		}
	}
	return d.useKiosk()
}

// refuseKiosk uses a pre-enrolment up with a refusal: what the guard did not
// verify of it is not kept.
func (d *deciding) refuseKiosk(said *Confirmed) error {
	k := d.kept.Kiosk
	if k == nil {
		return nil
	}
	if b := d.kept.Biometrics; b != nil && !k.Confirmed {
		now := *b
		if now.Face == "captured" && !said.has("face") {
			now.Face = "not_taken"
		}
		if now.Fingerprints == "captured" && !said.has("fingerprints") {
			now.Fingerprints = "not_taken"
		}
		d.kept.Biometrics = &now
	}
	return d.useKiosk()
}

// useKiosk marks the pre-enrolment as used. Of two booths that decide on one,
// the second finds that it is.
func (d *deciding) useKiosk() error {
	n, err := d.tx.Exec(`UPDATE ees_preenrolment SET status = 'USED', version = version + 1 WHERE code = $1 AND status <> 'USED'`, d.kept.Kiosk.Code)
	if err == nil && n == 0 {
		return preEnrolmentUsed()
	}
	return err
}

// ConfirmPreEnrolment is the guard's confirmation of a pre-enrolment for
// somebody who then passes an e-gate (2016/399 arts 8a(4), 8b): the gate writes
// the file and the record when the traveller passes.
func (r *Register) ConfirmPreEnrolment(p access.Pass, code string, version int64, said Confirmed) (KioskView, error) {
	e, err := readPreEnrolment(p, code)
	if err != nil {
		return KioskView{}, err
	}
	switch {
	case version != 0 && version != e.Version:
		return KioskView{}, preEnrolmentMoved()
	case e.Status == KioskUsed:
		return KioskView{}, preEnrolmentUsed()
	case e.Status != PreEnrolled:
		return KioskView{}, law.Refuse(law.Conflict, "not_for_the_gate", "2016/399 art 8b",
			"Only a pre-enrolment that is complete and raised no doubt is confirmed for the e-gate. Take this one over at the booth.", "status", string(e.Status))
	}
	if missing := said.missing(e.toConfirm()); len(missing) > 0 {
		return KioskView{}, unconfirmed(missing)
	}
	e.Status = KioskConfirmed
	if err := e.store(p); err != nil {
		return KioskView{}, err
	}
	return e.view(), p.Send(access.FileExistence, access.IdentityData, access.DocumentData, access.BiometricData)
}
