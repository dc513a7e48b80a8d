package bms

import (
	"math"

	"limen/law"
)

// start is the day on which the EES, the first system with templates, began.
var start = law.MustDate("2025-10-12")

// VerificationFMR is the rate of false matches, one to one, at which a verification
// decides.
var VerificationFMR = law.Param[float64]{Name: "bms.verification_fmr", Unit: "false matches per comparison of different persons", Rows: []law.Row[float64]{
	{From: start, Value: 0.0005, Cite: "2019/329", Unconfirmed: true, Note: "0.05 %, from a summary of the decision's annex"}}}

// IdentificationFPIR is the rate of searches for somebody unknown that may return
// anybody.
var IdentificationFPIR = law.Param[float64]{Name: "bms.identification_fpir", Unit: "searches with a false candidate, of those for somebody unknown", Rows: []law.Row[float64]{
	{From: start, Value: 0.001, Cite: "2019/329", Unconfirmed: true, Note: "0.1 %, from a summary of the decision's annex"}}}

// MaxCandidates is how many candidates a search hands to an officer at most.
var MaxCandidates = law.Param[int]{Name: "bms.max_candidates", Unit: "records per search", Rows: []law.Row[int]{
	{From: start, Value: 10, Cite: "2019/817 art 13", Unconfirmed: true, Note: "design choice: what an officer can compare with care"}}}

// LeastFingerQuality is the quality below which a print is not made a template, by
// the extractor's own measure.
var LeastFingerQuality = law.Param[int]{Name: "bms.least_finger_quality", Unit: "0 to 100, by the extractor's measure", Rows: []law.Row[int]{
	{From: start, Value: 10, Cite: "2019/817 art 13(3)", Unconfirmed: true, Note: "the thresholds of the quality check are in specifications that are not public"}}}

// LeastNFIQ2 is the NFIQ 2 value below which a print is not made a template, where
// the capture told one.
var LeastNFIQ2 = law.Param[int]{Name: "bms.least_nfiq2", Unit: "0 to 100, NFIQ 2", Rows: []law.Row[int]{
	{From: start, Value: 15, Cite: "2019/329", Unconfirmed: true, Note: "NFIQ 2 is prescribed; its threshold is in specifications that are not public"}}}

// LeastMinutiae is how few minutiae a print may have and still be a template.
var LeastMinutiae = law.Param[int]{Name: "bms.least_minutiae", Unit: "minutiae", Rows: []law.Row[int]{
	{From: start, Value: 8, Cite: "2019/817 art 13(3)", Unconfirmed: true, Note: "design choice: with fewer, different fingers look alike"}}}

// FNMRLimit and the limits below are what the Decision asks to be reached; the
// monthly report shows them beside what was counted.
var (
	FingerFNMRLimit = law.Param[float64]{Name: "bms.limit_fnmr_fingers", Unit: "share", Rows: []law.Row[float64]{
		{From: start, Value: 0.005, Cite: "2019/329", Unconfirmed: true, Note: "0.5 % at a false match rate of 0.05 %, from a summary of the decision's annex"}}}
	FaceFNMRLimit = law.Param[float64]{Name: "bms.limit_fnmr_face", Unit: "share", Rows: []law.Row[float64]{
		{From: start, Value: 0.01, Cite: "2019/329", Unconfirmed: true, Note: "1 % at a false match rate of 0.05 %, from a summary of the decision's annex"}}}
	FingerFNIRLimit = law.Param[float64]{Name: "bms.limit_fnir_fingers", Unit: "share", Rows: []law.Row[float64]{
		{From: start, Value: 0.015, Cite: "2019/329", Unconfirmed: true, Note: "1.5 % at a false positive identification rate of 0.1 %, from a summary of the decision's annex"}}}
	BothFNIRLimit = law.Param[float64]{Name: "bms.limit_fnir_fingers_and_face", Unit: "share", Rows: []law.Row[float64]{
		{From: start, Value: 0.01, Cite: "2019/329", Unconfirmed: true, Note: "1 % at a false positive identification rate of 0.1 %, from a summary of the decision's annex"}}}
)

// Params lists the dated parameters of this room.
func Params() []law.Dated {
	return []law.Dated{&VerificationFMR, &IdentificationFPIR, &MaxCandidates, &LeastFingerQuality, &LeastNFIQ2, &LeastMinutiae,
		&FingerFNMRLimit, &FaceFNMRLimit, &FingerFNIRLimit, &BothFNIRLimit}
}

// A calibrated likelihood ratio says how much more often a score comes of the same
// person than of two: whatever its distribution, two persons reach a ratio of r
// with a probability of at most 1/r. So a rate of false matches fixes a threshold.

// verifiesAt is the likelihood ratio, as a decimal logarithm, from which one
// comparison is a match.
func verifiesAt(fmr float64) float64 { return -math.Log10(fmr) }

// identifiesAt is the same for a candidate among so many records: the chance of a
// false one grows with each that is looked at.
func identifiesAt(fpir float64, records int) float64 {
	return math.Log10(float64(max(records, 1))) - math.Log10(fpir)
}
