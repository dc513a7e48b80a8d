package ees_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"limen/access"
	"limen/db"
	"limen/ees"
	"limen/law"
)

// buffered is an event of an outage, kept under a key.
func buffered(key, moment string, direction ees.Direction, origin ees.Origin, who ees.CheckRequest) ees.BackfillEvent {
	t, err := time.Parse("2006-01-02 15:04", moment)
	if err != nil {
		panic(err)
	}
	who.Direction, who.Origin, who.At = direction, origin, &t
	if who.CrossingPoint == "" {
		who.CrossingPoint = "FRCDG"
	}
	return ees.BackfillEvent{Key: key, CheckRequest: who, Decision: "crossed", Officer: "guard 7"}
}

func (b *border) backfill(events ...ees.BackfillEvent) []ees.BackfillResult {
	b.Helper()
	report, err := b.register.BackfillAll(context.Background(), b.door, access.Request{Principal: guard}, events)
	if err != nil {
		b.Fatal(err)
	}
	return report.Results
}

func outcomes(results []ees.BackfillResult) (list []string) {
	for _, r := range results {
		s := r.Key + " " + string(r.Outcome)
		if r.Problem != nil {
			s += " " + string(r.Problem.Code)
		}
		list = append(list, s)
	}
	return list
}

func (b *border) wantOutcomes(results []ees.BackfillResult, want ...string) {
	b.Helper()
	if got := outcomes(results); !slices.Equal(got, want) {
		b.Fatalf("outcomes:\n%q, want\n%q", got, want)
	}
}

func noted(r ees.BackfillResult, code law.Code) bool {
	return slices.ContainsFunc(r.Findings, func(f law.Reason) bool { return f.Code == code })
}

// EES-041: a batch is recorded in the order of time, whatever order it came in,
// each event once, marked with where it was kept, one log entry each; told again
// it changes nothing.
func TestArt21_1_BackfillRecordsEachEventOnce(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-11-01 07:00").declare(guardOf("FRA"), ees.OutageRequest{Scope: ees.NationalOutage})
		b.at("2026-11-22 08:00")
		batch := []ees.BackfillEvent{
			buffered("x1", "2026-11-05 09:00", ees.Exit, ees.NUIBuffer, anna()),
			buffered("e2", "2026-11-10 09:00", ees.Entry, ees.LocalBuffer, anna()),
			buffered("e1", "2026-11-01 09:00", ees.Entry, ees.NUIBuffer, anna()),
		}
		var before, after int
		b.read(`SELECT COUNT(*) FROM ledger_pending`).into(&before)
		first := b.backfill(batch...)
		b.read(`SELECT COUNT(*) FROM ledger_pending`).into(&after)
		b.wantOutcomes(first, "e1 recorded", "x1 recorded", "e2 recorded")
		if after-before != 3 {
			b.Errorf("%d log entries, want one for each event", after-before)
		}
		if noted(first[0], "no_outage_declared") {
			b.Error("the outage was declared")
		}
		f := b.file(first[0].File)
		if len(f.Records) != 2 || f.Records[0].Exit.On != day("2026-11-05") || f.Records[0].Origin != ees.NUIBuffer || f.Records[1].Origin != ees.LocalBuffer || f.Records[1].Exit != nil {
			b.Fatalf("%+v", f.Records)
		}
		if first[0].Record != first[1].Record || *first[1].KeptUntil != day("2029-11-05") {
			b.Errorf("%+v", first[1])
		}
		again := b.backfill(batch...)
		b.wantOutcomes(again, "e1 already_recorded", "x1 already_recorded", "e2 already_recorded")
		if again[0].Record != first[0].Record || *again[0].KeptUntil != day("2029-11-05") || b.file(first[0].File).Version != f.Version {
			b.Errorf("telling again changed something: %+v", again[0])
		}
		other := buffered("e1", "2026-11-12 09:00", ees.Entry, ees.NUIBuffer, mehmet())
		b.wantOutcomes(b.backfill(other), "e1 refused event_key_reused")
		// Under another key the same crossing is known by where and when it was.
		twice := buffered("e1-again", "2026-11-01 09:10", ees.Entry, ees.LocalBuffer, anna())
		b.wantOutcomes(b.backfill(twice), "e1-again already_recorded crossing_already_recorded")
	})
}

// EES-041: an event outside every declared outage is recorded and says so.
func TestArt21_1_NoOutageDeclaredIsAFinding(t *testing.T) {
	onBoth(t, func(b *border) {
		o := b.at("2026-11-01 08:00").declare(guardOf("FRA"), ees.OutageRequest{Scope: ees.PointOutage, CrossingPoint: "FRORY"})
		b.at("2026-11-01 12:00")
		if _, err := b.tryEnd(guardOf("FRA"), ees.EndRequest{ID: o.ID}); err != nil {
			b.Fatal(err)
		}
		b.at("2026-11-02 08:00")
		there := func(key, moment string, direction ees.Direction, point string) ees.BackfillEvent {
			e := buffered(key, moment, direction, ees.LocalBuffer, anna())
			e.CrossingPoint = point
			return e
		}
		for _, c := range []struct {
			e    ees.BackfillEvent
			want bool
		}{
			{there("a", "2026-11-01 08:00", ees.Entry, "FRORY"), false},
			{there("b", "2026-11-01 12:00", ees.Exit, "FRORY"), false},
			{there("c", "2026-11-01 12:01", ees.Entry, "FRORY"), true},
			{there("d", "2026-11-01 14:00", ees.Exit, "FRCDG"), true},
		} {
			r := b.backfill(c.e)[0]
			if r.Outcome != ees.Recorded || noted(r, "no_outage_declared") != c.want {
				b.Errorf("%s: %s %+v", r.Key, r.Outcome, r.Findings)
			}
		}
	})
}

// EES-041, EES-028: the duty flags a stay whose exit lies in a buffer; the late
// exit takes the flag away.
func TestArt21_1_LateExitTakesTheFlagAway(t *testing.T) {
	onBoth(t, func(b *border) {
		entry := b.enter("2026-05-01 08:00", anna())
		b.at("2026-11-02 08:00")
		if n := b.flag(); n != 1 || b.file(entry.File).Records[0].OverstayClass != ees.NoExit {
			b.Fatalf("flagged %d", n)
		}
		b.wantOutcomes(b.backfill(buffered("x", "2026-05-20 08:00", ees.Exit, ees.NUIBuffer, anna())), "x recorded")
		if r := b.file(entry.File).Records[0]; r.OverstayClass != "" || r.State != "CLOSED" || r.OverstayDays != 0 {
			b.Fatalf("%+v", r)
		}
		if n := b.flag(); n != 0 {
			b.Fatalf("flagged again: %d", n)
		}
	})
}

// EES-042: what was written by hand brings no biometrics, whatever is sent with
// it; the file says that they are missing, and the next crossing takes them.
func TestArt21_3_ManualEntryCarriesNoBiometrics(t *testing.T) {
	onBoth(t, func(b *border) {
		b.at("2026-11-02 08:00")
		by := buffered("m", "2026-11-01 08:00", ees.Entry, ees.Manual, anna())
		by.Biometrics = &ees.Biometrics{Face: "captured", Fingerprints: "captured"}
		r := b.backfill(by)[0]
		if r.Outcome != ees.Recorded || !noted(r, "manual_without_biometrics") {
			b.Fatalf("%+v", r)
		}
		f := b.file(r.File)
		var fallback bool
		b.read(`SELECT fallback FROM ees_file WHERE ref = $1`, string(r.File)).into(&fallback)
		if f.Face != ees.FaceMissing || f.Fingers != ees.FingersMissing || !fallback || !b.withoutBiometrics(r.File) || f.Records[0].Origin != ees.Manual {
			b.Fatalf("%+v, fallback %v", f, fallback)
		}
		exit := anna()
		exit.Direction = ees.Exit
		c := b.check(exit)
		if !slices.Equal(c.ToTake, []string{"face", "fingerprints"}) {
			b.Fatalf("to take: %v", c.ToTake)
		}
		// A buffer keeps them: the same event from one brings them.
		buffered := buffered("n", "2026-11-01 09:00", ees.Entry, ees.LocalBuffer, mehmet())
		buffered.Visa = &ees.VisaInput{Number: "V100", Issuer: "FRA", ValidFrom: day("2026-10-01"), ValidUntil: day("2027-01-01"), Days: 30, Entries: 0}
		buffered.Biometrics = &ees.Biometrics{Face: "captured"}
		r = b.backfill(buffered)[0]
		if f := b.file(r.File); f.Face != ees.FacePresent || b.withoutBiometrics(r.File) {
			b.Fatalf("%+v", f.FileSummary)
		}
	})
}

// EES-041: nothing is lost and nothing is guessed. One bad event does not hold
// back the others; what needs somebody waits on the list, and is recorded once.
func TestArt21_1_SecondLineSettlesWhatNobodyCanTell(t *testing.T) {
	onBoth(t, func(b *border) {
		first := b.enter("2026-10-20 08:00", anna())
		b.leave("2026-10-21 08:00", anna())
		b.at("2026-11-02 08:00")
		renewed := buffered("renewed", "2026-11-01 10:00", ees.Entry, ees.NUIBuffer, anna())
		renewed.Document.Number = "CA999999"
		slip := buffered("slip", "2026-11-01 11:00", ees.Entry, ees.NUIBuffer, mehmet())
		slip.Visa = &ees.VisaInput{Number: "V100", Issuer: "FRA", ValidFrom: day("2026-10-01"), ValidUntil: day("2027-01-01"), Days: 30}
		slip.Identity.BirthDate = "1979-13-40"
		european := buffered("european", "2026-11-01 12:00", ees.Entry, ees.NUIBuffer, traveller("ROSSI", "ADA", "1990-01-01", "F", "ITA", "IT1"))
		abroad := buffered("abroad", "2026-11-01 13:00", ees.Entry, ees.NUIBuffer, traveller("LOPEZ", "EVA", "1990-01-01", "F", "ARG", "AR1"))
		abroad.CrossingPoint = "PTLIS"
		fine := buffered("fine", "2026-11-01 14:00", ees.Entry, ees.NUIBuffer, traveller("LOPEZ", "EVA", "1990-01-01", "F", "ARG", "AR1"))
		batch := []ees.BackfillEvent{renewed, slip, european, abroad, fine}
		b.wantOutcomes(b.backfill(batch...), "renewed second_line new_document", "slip second_line birth_date_form",
			"european refused not_a_third_country_national", "abroad refused foreign_crossing_point", "fine recorded")
		b.wantOutcomes(b.backfill(renewed, slip), "renewed second_line", "slip second_line")
		work := b.work(guardOf("FRA"))
		if len(work.Open) != 2 || work.Open[0].Key != "renewed" || work.Open[0].Why.Code != "new_document" || work.Open[0].Event.Document.Number != "CA999999" {
			b.Fatalf("%+v", work)
		}
		if w := b.work(guardOf("PRT")); len(w.Open) != 0 {
			b.Fatalf("another state reads %+v", w)
		}
		_, err := b.settle(guardOf("PRT"), ees.SettleRequest{Key: "renewed", Action: "record"})
		refused(b.T, err, "no_such_event")
		r, err := b.settle(guardOf("FRA"), ees.SettleRequest{Key: "renewed", Action: "record", File: string(first.File), Event: withFace(renewed)})
		if err != nil || r.Outcome != ees.Recorded || r.File != first.File || len(b.file(first.File).Documents) != 2 {
			b.Fatalf("%+v, %v", r, err)
		}
		_, err = b.settle(guardOf("FRA"), ees.SettleRequest{Key: "renewed", Action: "record"})
		refused(b.T, err, "no_such_event")
		_, err = b.settle(guardOf("FRA"), ees.SettleRequest{Key: "slip", Action: "discard", Why: " "})
		refused(b.T, err, "reason_missing")
		slip.Identity = mehmet().Identity
		if r, err = b.settle(guardOf("FRA"), ees.SettleRequest{Key: "slip", Action: "record", Event: &slip}); err != nil || r.Outcome != ees.Recorded {
			b.Fatalf("%+v, %v", r, err)
		}
		slip.Identity = &ees.IdentityInput{Surname: "YILMAZ", FirstNames: "MEHMET", BirthDate: "1979-13-40", Sex: "M", Nationalities: []string{"TUR"}}
		b.wantOutcomes(b.backfill(renewed, slip), "renewed already_recorded", "slip already_recorded")
		if w := b.work(guardOf("FRA")); len(w.Open) != 0 {
			b.Fatalf("left: %+v", w)
		}
	})
}

// Art 27(1): two persons with one name, birth date, sex and nationality. Second
// line finds that it is another one; discarding needs a reason and is remembered.
func TestArt21_1_SecondLineFindsAnotherPerson(t *testing.T) {
	onBoth(t, func(b *border) {
		first := b.enter("2026-10-20 08:00", anna())
		b.at("2026-11-02 08:00")
		namesake := buffered("namesake", "2026-11-01 10:00", ees.Entry, ees.NUIBuffer, anna())
		namesake.Document.Number = "CA777777"
		b.wantOutcomes(b.backfill(namesake), "namesake second_line new_document")
		r, err := b.settle(guardOf("FRA"), ees.SettleRequest{Key: "namesake", Action: "record", File: "new"})
		if err != nil || r.File == first.File || len(b.file(first.File).Records) != 1 {
			b.Fatalf("%+v, %v", r, err)
		}
		namesake.Key, namesake.Document.Number = "mistake", "CA777778"
		b.wantOutcomes(b.backfill(namesake), "mistake second_line possible_files")
		if _, err := b.settle(guardOf("FRA"), ees.SettleRequest{Key: "mistake", Action: "discard", Why: "typed twice"}); err != nil {
			b.Fatal(err)
		}
		b.wantOutcomes(b.backfill(namesake), "mistake refused event_discarded")
	})
}

func withFace(e ees.BackfillEvent) *ees.BackfillEvent {
	e.Biometrics = &ees.Biometrics{Face: "verified"}
	return &e
}

func (b *border) work(who access.Principal) ees.BackfillWork {
	b.Helper()
	w, err := run(b, who, ees.OpListBackfill, b.register.ListBackfill)
	if err != nil {
		b.Fatal(err)
	}
	return w
}

func (b *border) settle(who access.Principal, req ees.SettleRequest) (ees.BackfillResult, error) {
	return run(b, who, ees.OpSettleBackfill, func(p access.Pass) (ees.BackfillResult, error) { return b.register.SettleBackfill(p, req) })
}

// An entry that happened is recorded although the register would have proposed
// refusal, and says so; a refusal told late is a refusal.
func TestArt21_1_WhatTheGuardDecidedStands(t *testing.T) {
	onBoth(t, func(b *border) {
		first := b.enter("2026-05-01 08:00", anna())
		b.leave("2026-07-29 08:00", anna())
		b.at("2026-08-05 08:00")
		r := b.backfill(buffered("e", "2026-08-01 08:00", ees.Entry, ees.NUIBuffer, anna()))[0]
		if r.Outcome != ees.Recorded || !noted(r, "ninety_days_used") {
			b.Fatalf("%+v", r)
		}
		if rec := b.file(first.File).Records[1]; rec.Against != "F" || rec.Despite == "" {
			b.Fatalf("%+v", rec)
		}
		no := buffered("r", "2026-08-02 08:00", ees.Entry, ees.LocalBuffer, traveller("LOPEZ", "EVA", "1990-01-01", "F", "ARG", "AR1"))
		no.Decision, no.Reasons = "refused", []ees.RefusalReason{"E"}
		r = b.backfill(no)[0]
		f := b.file(r.File)
		if r.Outcome != ees.Recorded || len(f.Refusals) != 1 || f.Refusals[0].Origin != ees.LocalBuffer || len(f.Records) != 0 || *r.KeptUntil != day("2029-08-02") {
			b.Fatalf("%+v %+v", r, f)
		}
		b.wantOutcomes(b.backfill(no), "r already_recorded")
		if f := b.file(r.File); len(f.Refusals) != 1 {
			b.Fatalf("%d refusals", len(f.Refusals))
		}
	})
}

// EES-064: a state is told until when it may keep its copies: of what it entered
// itself alone, shorter after the exit, and no longer once the record has gone.
func TestArt40_2_KeptUntil(t *testing.T) {
	onBoth(t, func(b *border) {
		kept := func(who access.Principal, records ...string) (days []string) {
			b.Helper()
			views, err := run(b, who, ees.OpKeptUntil, func(p access.Pass) ([]ees.KeptView, error) { return b.register.KeptUntil(p, records) })
			if err != nil {
				b.Fatal(err)
			}
			for _, v := range views {
				if v.KeptUntil == nil {
					days = append(days, "")
					continue
				}
				days = append(days, v.KeptUntil.String())
			}
			return days
		}
		r := b.enter("2026-05-01 08:00", anna()) // ends 2026-07-29
		if got := kept(guardOf("FRA"), r.RecordID, "nothing.1", "nonsense", string(r.File)+".R1"); !slices.Equal(got, []string{"2031-07-29", "", "", ""}) {
			b.Fatalf("%v", got)
		}
		if got := kept(guardOf("PRT"), r.RecordID); got[0] != "" {
			b.Fatalf("another state: %v", got)
		}
		b.leave("2026-05-20 08:00", anna())
		if got := kept(guardOf("FRA"), r.RecordID); got[0] != "2029-05-20" {
			b.Fatalf("after the exit: %v", got)
		}
		if err := b.store.Write(b.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`DELETE FROM ees_record WHERE ref = $1`, string(r.File))
			return err
		}); err != nil {
			b.Fatal(err)
		}
		if got := kept(guardOf("FRA"), r.RecordID); got[0] != "" {
			b.Fatalf("after the erasure: %v", got)
		}
	})
}

// An event on the work list is erased when its record would have to be.
func TestArt34_UnsettledEventIsErased(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-10-20 08:00", anna())
		b.at("2026-11-02 08:00")
		other := buffered("k", "2026-11-01 10:00", ees.Entry, ees.NUIBuffer, anna())
		other.Document.Number = "CA777777"
		b.backfill(other)
		for _, c := range []struct {
			moment string
			left   int
		}{{"2029-11-01 23:59", 1}, {"2029-11-02 00:01", 0}} {
			b.at(c.moment)
			if _, err := b.register.PurgeChecks(b.Context(), b.door); err != nil {
				b.Fatal(err)
			}
			if w := b.work(guardOf("FRA")); len(w.Open) != c.left {
				b.Errorf("%s: %d left", c.moment, len(w.Open))
			}
		}
	})
}
