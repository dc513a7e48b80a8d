package law

import (
	"strings"
	"time"
)

// The dates and figures below concern more than one room. Those of one act
// alone stand in its room's params.go.

// Phase is a stage of the Entry/Exit System's life.
type Phase string

// The phases, in order.
const (
	// Progressive: the states register a growing share of crossings and stamp
	// every passport; the calculator and the list of overstayers do not decide.
	Progressive Phase = "progressive"
	// Transitional: everybody is registered; stamps of earlier stays are still
	// read and added (2017/2226 art 22).
	Transitional Phase = "transitional"
	// Full: the system stands alone.
	Full Phase = "full"
)

var (
	eesStart        = MustDate("2025-10-12") // day 1 of the 180 of the progressive period
	afterProgress   = eesStart + 180         // 2026-04-10
	afterTransition = MustDate("2026-10-07")
)

// EESPhase is the phase of the Entry/Exit System. It has no value before the
// system started.
var EESPhase = Param[Phase]{
	Name: "ees.phase",
	Rows: []Row[Phase]{
		{From: eesStart, Value: Progressive, Cite: "2025/1534 art 4(1)", Note: "180 days; the last is 2026-04-09."},
		{From: afterProgress, Value: Transitional, Cite: "2025/1534 art 5(13)", Note: "The transitional period of 2017/2226 art 22, moved; the last day is 2026-10-06."},
		{From: afterTransition, Value: Full, Cite: "2017/2226 art 22"},
	},
}

// EESStart returns the day on which the Entry/Exit System started.
func EESStart() Date { return EESPhase.Rows[0].From }

// ProgressiveLastDay returns the last day of the progressive period.
func ProgressiveLastDay() Date { return EESPhase.Rows[1].From - 1 }

// Switches and shares of the start of operations.
var (
	// StampEverybody: passports are stamped although the stay is registered.
	StampEverybody = Param[bool]{Name: "ees.stamp_everybody", Rows: []Row[bool]{
		{From: eesStart, Value: true, Cite: "2025/1534 art 5(2)"},
		{From: afterProgress, Value: false, Cite: "2025/1534 art 5(2)", Note: "Stamps remain for the cases of 2016/399 art 11."},
	}}
	// StampsCount: stays proved by stamps are added to the registered ones.
	StampsCount = Param[bool]{Name: "ees.stamps_count", Rows: []Row[bool]{
		{From: eesStart, Value: true, Cite: "2025/1534 art 5(3)", Note: "Stamp or record, as Article 5(3) orders them."},
		{From: afterProgress, Value: true, Cite: "2017/2226 art 22(1)", Note: "Period moved by 2025/1534 art 5(13)."},
		{From: afterTransition, Value: false, Cite: "2017/2226 art 22(1)", Note: "Article 22(2), for an entry before the start, has no end."},
	}}
	// CalculatorInUse: the calculator and the list of overstayers decide.
	CalculatorInUse = Param[bool]{Name: "ees.calculator_in_use", Rows: []Row[bool]{
		{From: eesStart, Value: false, Cite: "2025/1534 art 5", Note: "Both run and are disregarded."},
		{From: afterProgress, Value: true, Cite: "2017/2226 art 11"},
	}}
	// SuspendedArticles are the provisions that do not apply.
	SuspendedArticles = Param[[]Citation]{Name: "ees.suspended_articles", Rows: []Row[[]Citation]{
		{From: eesStart, Cite: "2025/1534 art 5", Value: []Citation{
			"2017/2226 art 11(3)", "2017/2226 art 12(1)", "2017/2226 art 12(2)", "2017/2226 art 13(1)",
			"2017/2226 art 13(2)", "2017/2226 art 20", "2017/2226 art 21"}},
		{From: afterProgress, Cite: "2025/1534 art 5", Value: []Citation{}},
	}}
	// FilesWithoutBiometrics: individual files may be created without biometrics.
	FilesWithoutBiometrics = Param[bool]{Name: "ees.files_without_biometrics", Rows: []Row[bool]{
		{From: eesStart, Value: true, Cite: "2025/1534 art 4(2)", Note: "The first 60 days; the last is 2025-12-10."},
		{From: eesStart + 60, Value: false, Cite: "2025/1534 art 4(2)"},
	}}
	// MinimumShare is the share of crossings that a state must register at least.
	MinimumShare = Param[int]{Name: "ees.minimum_share", Unit: "percent of crossings", Rows: []Row[int]{
		{From: eesStart, Value: 0, Cite: "2025/1534 art 4(2)", Note: "No share is set before day 30."},
		{From: eesStart + 29, Value: 10, Cite: "2025/1534 art 4(2)", Note: "Day 30."},
		{From: eesStart + 89, Value: 35, Cite: "2025/1534 art 4(3)", Note: "Day 90."},
		{From: eesStart + 149, Value: 50, Cite: "2025/1534 art 4", Note: "Day 150."},
		{From: eesStart + 169, Value: 100, Cite: "2025/1534 art 4", Note: "Day 170."},
	}}
	// BiometricPoints is the share of crossing points that must take biometrics.
	BiometricPoints = Param[int]{Name: "ees.biometric_points", Unit: "percent of crossing points", Rows: []Row[int]{
		{From: eesStart, Value: 0, Cite: "2025/1534 art 4(2)", Note: "No share is set before day 90."},
		{From: eesStart + 89, Value: 50, Cite: "2025/1534 art 4(3)", Note: "Day 90."},
		{From: eesStart + 149, Value: 100, Cite: "2025/1534 art 4", Note: "Day 150."},
	}}
	// PartialSuspension: at a crossing point, biometrics may be left out for a
	// limited time. It has no value before the end of the progressive period.
	PartialSuspension = Param[bool]{Name: "ees.partial_suspension", Rows: []Row[bool]{
		{From: afterProgress, Value: true, Cite: "2025/1534", Note: "90 days; the last is 2026-07-08."},
		{From: afterProgress + 90, Value: false, Cite: "2025/1534", Unconfirmed: true,
			Note: "Prolonged by 60 days, to 2026-09-06, if fewer than 80 % of files have biometrics; whether it was is not known."},
		{From: afterProgress + 150, Value: false, Cite: "2025/1534", Note: "Over in any case."},
	}}
	// PartialSuspensionTime is the longest that one suspension may last, and the
	// time within which the Commission and eu-LISA are told of it.
	PartialSuspensionTime = Param[time.Duration]{Name: "ees.partial_suspension_time", Unit: "time", Rows: []Row[time.Duration]{
		{From: afterProgress, Value: 6 * time.Hour, Cite: "2025/1534"},
	}}
)

// Suspended tells whether a provision does not apply on a day, with the place
// that suspends it: because it is named by SuspendedArticles, or because what it
// is part of is. Before the system started nothing is suspended.
func Suspended(cite Citation, day Date) (by Citation, is bool) {
	row, err := SuspendedArticles.RowOn(day)
	if err != nil {
		return "", false
	}
	for _, s := range row.Value {
		if rest, ok := strings.CutPrefix(string(cite), string(s)); ok && (rest == "" || rest[0] == '(') {
			return row.Cite, true
		}
	}
	return "", false
}

// kept builds a retention parameter with one row, from the start of operations.
func kept(name string, p Period, cite Citation, note string) Param[Period] {
	return Param[Period]{Name: "retention." + name, Unit: "period", Rows: []Row[Period]{{From: eesStart, Value: p, Cite: cite, Note: note}}}
}

// How long the Entry/Exit System keeps data.
var (
	// KeepRecord runs from the exit.
	KeepRecord = kept("record", Period{Years: 3}, "2017/2226 art 34(1)", "From the exit.")
	// KeepRefusal runs from the refusal.
	KeepRefusal = kept("refusal", Period{Years: 3}, "2017/2226 art 34(1)", "From the refusal.")
	// KeepFile runs from the last exit or refusal, if no entry follows.
	KeepFile = kept("file", Period{Years: 3, Days: 1}, "2017/2226 art 34(2)", "From the last exit or refusal; each new entry starts it again.")
	// KeepNoExit runs from the end of the authorised stay of somebody who never left.
	KeepNoExit = kept("no_exit", Period{Years: 5}, "2017/2226 art 34(3)", "From the end of the authorised stay. No extra day.")
	// KeepFamily runs from the exit of a family member; it is a maximum.
	KeepFamily = kept("family", Period{Years: 1}, "2017/2226 art 34(4)", "From the exit, at most.")
	// KeepFamilyNoExit runs from the last entry of a family member who never left.
	KeepFamilyNoExit = kept("family_no_exit", Period{Years: 5}, "2017/2226 art 34(4)", "From the last entry.")
	// ErasureNotice is how long before the erasure of an overstayer's data the states are told.
	ErasureNotice = kept("erasure_notice", Period{Months: 3}, "2017/2226 art 34(3)", "Before the data of somebody who never left are erased.")
	// KeepLogs runs from the end of the retention of the data that the log is about.
	KeepLogs = kept("logs", Period{Years: 1}, "2017/2226 art 46", "After the period of Article 34, unless a monitoring procedure runs.")
	// KeepCarrierLogs runs from the query.
	KeepCarrierLogs = kept("carrier_logs", Period{Years: 2}, "2017/2226 art 13(4)", "From the query.")
	// KeepLawEnforcement runs from the retrieval, for data and records of searches.
	KeepLawEnforcement = kept("law_enforcement", Period{Days: 30}, "2017/2226 art 58(5)", "From the retrieval, unless a case needs them.")
	// EarlyErasure is the time to erase the data of somebody who leaves the scope.
	EarlyErasure = Param[int]{Name: "retention.early_erasure", Unit: "working days", Rows: []Row[int]{
		{From: eesStart, Value: 5, Cite: "2017/2226 art 35(6)", Note: "From acquiring the nationality, permit, visa or card."},
	}}
)

// Params lists every parameter of this package, for listings and tests.
func Params() []Dated {
	list := []Dated{
		&EESStates, &PartialStates, &SeparateStates,
		&EESPhase, &StampEverybody, &StampsCount, &CalculatorInUse, &SuspendedArticles, &FilesWithoutBiometrics,
		&MinimumShare, &BiometricPoints, &PartialSuspension, &PartialSuspensionTime,
		&KeepRecord, &KeepRefusal, &KeepFile, &KeepNoExit, &KeepFamily, &KeepFamilyNoExit, &ErasureNotice,
		&KeepLogs, &KeepCarrierLogs, &KeepLawEnforcement, &EarlyErasure,
	}
	for _, p := range acquis {
		list = append(list, p)
	}
	for _, p := range publicHolidays {
		list = append(list, p)
	}
	return list
}
