package ees

import "limen/law"

// asksForBiometrics tells whether a ground asks for biometrics of somebody who
// has none on file (art 18(2)-(5)); ground J takes what the chip gives and asks
// for nothing.
func (row *ReasonRow) asksForBiometrics(req RefusalRequest) bool {
	return row.Biometrics.Face == "live" && !(row.Letter == "H" && req.AlertHasThem) && !(row.Letter == "I" && !req.InternalRisk)
}

// biometricsGiven refuses to record a refusal of entry without the biometrics
// that its grounds ask for, when none are on file, unless the booth says why
// (EES-032). A refusal on ground J asks for none, whatever else is said; nor does
// one told afterwards that was written by hand (art 21(2)).
func (d *deciding) biometricsGiven(reasons []ReasonRow, req RefusalRequest) error {
	switch req.WithoutThem {
	case "", "kiosk", "suspension", "fallback", "impossible":
	default:
		return law.BadField("without_biometrics", "unknown_cause", "2017/2226 art 18(2)", "Say kiosk, suspension, fallback or impossible.")
	}
	if req.WithoutThem != "" || d.kept.Origin == Manual || d.kept.Suspended {
		return nil
	}
	if without, err := law.FilesWithoutBiometrics.On(d.where.On); err != nil || without {
		return err
	}
	asked := law.Citation("")
	for i := range reasons {
		if reasons[i].Letter == "J" {
			return nil
		}
		if asked == "" && reasons[i].asksForBiometrics(req) {
			asked = reasons[i].Biometrics.Cite
		}
	}
	if asked == "" {
		return nil
	}
	f := &d.known.file
	if f.Face == FaceMissing {
		return law.BadField("biometrics.face", "face_asked_for", asked,
			"This ground asks for a facial image, and none is on file. Take it now, or say why it cannot be taken.")
	}
	if f.Fingers == FingersMissing || f.Fingers == FingersNotForVisa && req.NotInVIS && !d.kept.UnderTwelve {
		return law.BadField("biometrics.fingerprints", "fingerprints_asked_for", asked,
			"This ground asks for fingerprints, and none are on file. Take them now, or say why they cannot be taken.")
	}
	return nil
}
