package ees

import (
	"strings"

	"limen/law"
)

// sound refuses biometrics that may not be taken as they were: the image of a
// chip without an electronic comparison with the live face (art 15(2), EES-005)
// or without the reason for not taking a live one, and a grey image that is not
// from a chip (2019/329: live images are enrolled in colour). The image of a
// chip needs no comparison when the traveller refuses to give biometrics:
// art 18(5) has it read for ground J.
func (b *Biometrics) sound() error {
	switch {
	case b == nil:
		return nil
	case b.Face == "chip" && b.Fingerprints != "refused" && b.ChipMatched != "matched":
		return law.BadField("biometrics.chip_matched", "chip_not_matched", "2017/2226 art 15(2)",
			"The image of the chip is kept only after the machine has compared it with the live face and found them to match. Compare first; if they do not match, send to second line.",
			"chip_matched", orNotDone(b.ChipMatched))
	case b.Face == "chip" && b.Fingerprints != "refused" && strings.TrimSpace(b.ChipReason) == "":
		return law.BadField("biometrics.chip_reason", "chip_reason_missing", "2017/2226 art 15(2)",
			"The image of the chip replaces a live image only by exception. Say why no live image of the needed quality could be taken.")
	case b.Grey && b.Face == "captured":
		return law.BadField("biometrics.grey", "grey_live_image", "2019/329",
			"A live image is kept in colour. A grey one serves for comparing, and may be kept only when it comes from the chip. Take the image again.")
	}
	return nil
}

func orNotDone(s string) string {
	if s == "" {
		return "not_done"
	}
	return s
}

// faceFromChip is the line of a file's own history that says that its facial
// image was taken from a chip, and why (art 15(2)); the yearly report on such
// images counts these (art 15(3)).
const faceFromChip AmendmentKind = "face_from_chip"

// noteChip writes that line, when the decision keeps the image of a chip.
func (d *deciding) noteChip() error {
	b := d.kept.Biometrics
	if b == nil || b.Face != "chip" || !d.kept.stores("face") {
		return nil
	}
	why := strings.TrimSpace(b.ChipReason)
	if why == "" {
		why = "the traveller refused to give biometrics"
	}
	return writeNotes(d.pass, d.tx, d.known.file.Ref, d.where.On,
		[]amendment{{kind: faceFromChip, cite: "2017/2226 art 15(2)", note: why, body: b}})
}
