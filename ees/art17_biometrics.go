package ees

import (
	"limen/interop/cir"
	"limen/law"
)

// Biometrics says what became of the biometrics of a traveller at a check.
type Biometrics struct {
	Face         string `json:"face,omitempty" enum:"captured,chip,verified,mismatch,refused,not_taken" doc:"The facial image: captured live, read from the chip, verified against the file, …"`
	Fingerprints string `json:"fingerprints,omitempty" enum:"captured,verified,mismatch,refused,not_taken,temporarily_impossible,permanently_impossible" doc:"The fingerprints."`
	ChipMatched  string `json:"chip_matched,omitempty" enum:"matched,not_matched,not_done" doc:"What came of comparing the image of the chip with the live face, by machine (2017/2226 art 15(2)). The image of a chip is kept only when they match."`
	ChipReason   string `json:"chip_reason,omitempty" maxLength:"200" doc:"Why the image of the chip is kept instead of a live one."`
	Grey         bool   `json:"grey,omitempty" doc:"The facial image is grey: kept only when it comes from the chip."`
}

func (b *Biometrics) refused() bool {
	return b != nil && (b.Face == "refused" || b.Fingerprints == "refused")
}

func (b *Biometrics) mismatch() bool {
	return b != nil && (b.Face == "mismatch" || b.Fingerprints == "mismatch")
}

// events are the outcomes of verification that a booth sends along with a check,
// in an order in which the other kind is tried after a mismatch.
func (b *Biometrics) events() []CheckEvent {
	if b == nil {
		return nil
	}
	var matched, failed, impossible []CheckEvent
	switch b.Face {
	case "verified":
		matched = append(matched, EventFaceMatch)
	case "mismatch":
		failed = append(failed, EventFaceNoMatch)
	}
	switch b.Fingerprints {
	case "verified":
		matched = append(matched, EventFingersMatch)
	case "mismatch":
		failed = append(failed, EventFingersNoMatch)
	case "temporarily_impossible", "permanently_impossible":
		impossible = append(impossible, EventFingersImpossible)
	}
	if len(matched) > 0 {
		return append(failed, matched...)
	}
	return append(failed, impossible...)
}

// over puts what a decision says over what the check had: a kind that the
// decision does not mention stays as it was.
func (b *Biometrics) over(before *Biometrics) *Biometrics {
	if before == nil {
		return b
	}
	now := *b
	if now.Face == "" {
		now.Face, now.ChipMatched, now.ChipReason, now.Grey = before.Face, before.ChipMatched, before.ChipReason, before.Grey
	}
	if now.Fingerprints == "" {
		now.Fingerprints = before.Fingerprints
	}
	return &now
}

// faceSeen tells whether the face was compared or taken now.
func (b *Biometrics) faceSeen() bool {
	return b != nil && (b.Face == "captured" || b.Face == "verified" || b.Face == "chip" && b.ChipMatched == "matched")
}

// faceAfter is the state of a file's facial image after what was taken now.
func (k *keptCheck) faceAfter(before FaceState) FaceState {
	if k.stores("face") {
		return FacePresent
	}
	return before
}

// fingersAfter is the state of a file's fingerprints after what was taken now
// (arts 16(1), 17(1)(c), 17(3)-(5)).
func (k *keptCheck) fingersAfter(before FingersState) FingersState {
	switch {
	case k.stores("fingerprints"):
		return FingersPresent
	case k.VisaNeeded && before != FingersPresent:
		return FingersNotForVisa
	case k.UnderTwelve && before != FingersPresent:
		return FingersUnderTwelve
	case before == FingersPresent || before == FingersNever || k.Biometrics == nil:
	case k.Biometrics.Fingerprints == "permanently_impossible":
		return FingersNever
	case k.Biometrics.Fingerprints == "temporarily_impossible":
		return FingersTemporarilyNone
	}
	if before == FingersUnderTwelve || before == FingersNotForVisa {
		return FingersMissing // the reason for having none has gone
	}
	return before
}

// stores tells whether a sample that was taken now may enter the file: never by
// hand (art 21(2)), no fingerprints of a child (art 17(3)) nor of a visa-required
// traveller, whose fingerprints are in the VIS (art 16(1)), unless one who is not
// there is refused (art 18(2)(c)).
func (k *keptCheck) stores(kind string) bool {
	if k.Biometrics == nil || k.Origin == Manual {
		return false
	}
	if kind == "face" {
		return k.Biometrics.Face == "captured" || k.Biometrics.Face == "chip"
	}
	return k.Biometrics.Fingerprints == "captured" && !k.UnderTwelve && (!k.VisaNeeded || k.NotInVIS)
}

// FileState says how complete an individual file is.
type FileState string

// The states of a file. PRE_ENROLLED is the state of a traveller at a kiosk, who
// has no file before the guard's decision: see PreEnrolmentStatus.
const (
	FileActive  FileState = "ACTIVE"
	FilePending FileState = "ACTIVE_BIOMETRICS_PENDING" // biometrics are to be taken at the next crossing
)

// state tells whether the file still lacks biometrics that the law asks for:
// the face, and of somebody who needs no visa the fingerprints (arts 16(1), 17(1),
// 17(4), 21(3); 2025/1534 art 4(5)).
func (f *file) state() FileState {
	if f.Face == FaceMissing || f.Fingers == FingersMissing || f.Fingers == FingersTemporarilyNone {
		return FilePending
	}
	return FileActive
}

// samples names the samples that enter the repository now.
func (k *keptCheck) samples() []cir.Biometric {
	var bs []cir.Biometric
	if k.stores("face") {
		source := "live"
		if k.Biometrics.Face == "chip" {
			source = "chip"
		}
		bs = append(bs, cir.Biometric{Kind: "face", Status: "PRESENT", Source: source, CapturedAt: k.At})
	}
	if k.stores("fingerprints") {
		bs = append(bs, cir.Biometric{Kind: "fingerprints", Status: "PRESENT", Source: "live", CapturedAt: k.At})
	}
	return bs
}

// toTake lists what is to be taken now of a traveller with this file; nil for
// one without a file.
func (k *keptCheck) toTake(f *file, newDocument bool) []string {
	take := []string{}
	if f == nil || newDocument || f.Face == FaceMissing {
		take = append(take, "face")
	}
	if k.VisaNeeded || k.UnderTwelve {
		return take
	}
	if f == nil {
		return append(take, "fingerprints")
	}
	switch f.Fingers {
	case FingersMissing, FingersTemporarilyNone, FingersUnderTwelve, FingersNotForVisa:
		take = append(take, "fingerprints")
	}
	return take
}

// keepOnlyPermitted drops biometrics that none of a refusal's grounds allows to
// enter (art 18(2)-(5), EES-032 to EES-034): what may not be stored is not
// stored, even when a booth sends it.
func (k *keptCheck) keepOnlyPermitted(reasons []ReasonRow, req RefusalRequest) {
	if k.Biometrics == nil {
		return
	}
	face, chip, fingers := false, false, false
	for _, row := range reasons {
		rule := row.Biometrics
		if row.Letter == "H" && req.AlertHasThem || row.Letter == "I" && !req.InternalRisk {
			continue
		}
		face = face || rule.Face == "live"
		chip = chip || rule.Face == "chip"
		fingers = fingers || rule.Fingers != "none"
	}
	if chip { // ground J: nothing is taken live, whatever else is said
		face, fingers = false, false
	}
	kept := Biometrics{Face: "not_taken", Fingerprints: "not_taken", ChipMatched: k.Biometrics.ChipMatched, ChipReason: k.Biometrics.ChipReason, Grey: k.Biometrics.Grey}
	if face && k.Biometrics.Face == "captured" || (face || chip) && k.Biometrics.Face == "chip" {
		kept.Face = k.Biometrics.Face
	}
	if fingers {
		switch k.Biometrics.Fingerprints {
		case "captured", "temporarily_impossible", "permanently_impossible":
			kept.Fingerprints = k.Biometrics.Fingerprints
		}
	}
	k.Biometrics = &kept
}

// faceForNewDocument refuses to add a document to a known file without the face:
// a new document forces a new live image (art 14(2), EES-006), and joining two
// persons' travels by a name alone would be worse than a second look.
func faceForNewDocument(k *keptCheck) error {
	if k.Biometrics.faceSeen() || k.Origin == Manual || k.Suspended {
		return nil
	}
	return law.BadField("biometrics.face", "face_needed", "2017/2226 art 14(2)",
		"The file has no such document yet. Compare the face with the file and take a new facial image before recording: then say captured or verified.")
}
