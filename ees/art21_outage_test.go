package ees_test

import (
	"testing"
	"time"

	"limen/access"
	"limen/db"
	"limen/ees"
	"limen/law"
)

var operator = access.Principal{Officer: "operator", Channel: "session", Authority: access.Authority{Kind: access.Administrator, State: "EUE", Name: "eu-LISA"}}

func guardOf(state string) access.Principal {
	g := guard
	g.Authority.State = state
	return g
}

func (b *border) tryDeclare(who access.Principal, req ees.OutageRequest) (ees.OutageView, error) {
	return run(b, who, ees.OpDeclareOutage, func(p access.Pass) (ees.OutageView, error) { return b.register.DeclareOutage(p, req) })
}

func (b *border) declare(who access.Principal, req ees.OutageRequest) ees.OutageView {
	b.Helper()
	req.Cause = "line cut"
	v, err := b.tryDeclare(who, req)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func (b *border) tryEnd(who access.Principal, req ees.EndRequest) (ees.OutageView, error) {
	return run(b, who, ees.OpEndOutage, func(p access.Pass) (ees.OutageView, error) { return b.register.EndOutage(p, req) })
}

func (b *border) tryNotify(who access.Principal, req ees.NotifyRequest) (ees.OutageView, error) {
	return run(b, who, ees.OpNotifyOutage, func(p access.Pass) (ees.OutageView, error) { return b.register.NotifyOutage(p, req) })
}

func (b *border) outages(who access.Principal) []ees.OutageView {
	b.Helper()
	l, err := run(b, who, ees.OpListOutages, b.register.ListOutages)
	if err != nil {
		b.Fatal(err)
	}
	return l.Outages
}

func (b *border) moment(s string) *time.Time {
	b.Helper()
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		b.Fatal(err)
	}
	return &t
}

// EES-041: an outage is declared, has a clock, is told of, and ends; a state sees
// its own and the whole system's, and no other state's.
func TestArt21_OutageIsDeclaredToldAndEnded(t *testing.T) {
	onBoth(t, func(b *border) {
		french, portuguese := guardOf("FRA"), guardOf("PRT")
		b.at("2026-11-02 09:00")
		point := b.declare(french, ees.OutageRequest{Scope: ees.PointOutage, CrossingPoint: "FRCDG", From: b.moment("2026-11-02 08:30")})
		if !point.Running || point.Seconds != 1800 || point.CrossingPoint != "FRCDG" || len(point.Notices) != 1 || point.Notices[0].To != ees.Commission || point.Notices[0].ToldAt != nil {
			b.Fatalf("%+v", point)
		}
		central := b.declare(operator, ees.OutageRequest{Scope: ees.CentralOutage})
		if got := b.outages(french); len(got) != 2 {
			b.Fatalf("the state sees %+v", got)
		}
		if got := b.outages(portuguese); len(got) != 1 || got[0].ID != central.ID {
			b.Fatalf("another state sees %+v", got)
		}
		b.at("2026-11-02 10:00")
		told, err := b.tryNotify(french, ees.NotifyRequest{ID: point.ID, To: ees.Commission})
		if err != nil || told.Notices[0].ToldAt == nil || !told.Notices[0].ToldAt.Equal(b.clock.Now()) || told.Notices[0].ToldBy != "Police aux frontières" {
			b.Fatalf("%+v, %v", told, err)
		}
		_, err = b.tryNotify(french, ees.NotifyRequest{ID: point.ID, To: ees.Commission})
		refused(b.T, err, "already_told")
		_, err = b.tryNotify(french, ees.NotifyRequest{ID: point.ID, To: ees.MemberStates})
		refused(b.T, err, "nobody_to_tell")
		ended, err := b.tryEnd(french, ees.EndRequest{ID: point.ID, At: b.moment("2026-11-02 09:45")})
		if err != nil || ended.Running || ended.Seconds != 75*60 {
			b.Fatalf("%+v, %v", ended, err)
		}
		b.at("2026-11-03 10:00")
		for _, o := range b.outages(french) {
			if o.ID == point.ID && (o.Running || o.Seconds != 75*60 || o.Notices[0].ToldAt == nil) {
				b.Fatalf("after a day: %+v", o)
			}
		}
		b.declare(french, ees.OutageRequest{Scope: ees.PointOutage, CrossingPoint: "FRCDG"}) // another one may begin
	})
}

// Art 21: what cannot be declared, with the reason.
func TestArt21_OutageRefusals(t *testing.T) {
	onBoth(t, func(b *border) {
		french := guardOf("FRA")
		at := func(moment string, who access.Principal, code law.Code, req ees.OutageRequest) {
			b.Helper()
			if req.Cause == "" {
				req.Cause = "line cut"
			}
			_, err := b.at(moment).tryDeclare(who, req)
			refused(b.T, err, code)
		}
		// The last day of the progressive period, and the first day after it.
		at("2026-04-09 12:00", french, "article_suspended", ees.OutageRequest{Scope: ees.NationalOutage})
		at("2026-04-10 12:00", french, "article_suspended", ees.OutageRequest{Scope: ees.NationalOutage, From: b.moment("2026-04-09 12:00")})
		first := b.declare(french, ees.OutageRequest{Scope: ees.NationalOutage})
		at("2026-04-10 13:00", french, "outage_already_declared", ees.OutageRequest{Scope: ees.NationalOutage})
		b.declare(guardOf("PRT"), ees.OutageRequest{Scope: ees.NationalOutage}) // another scope
		at("2026-04-10 14:00", french, "central_outage_of_the_operator", ees.OutageRequest{Scope: ees.CentralOutage})
		at("2026-04-10 14:00", operator, "outage_of_a_state", ees.OutageRequest{Scope: ees.NationalOutage})
		at("2026-04-10 14:00", french, "foreign_crossing_point", ees.OutageRequest{Scope: ees.PointOutage, CrossingPoint: "PTLIS"})
		at("2026-04-10 14:00", french, "date_in_the_future", ees.OutageRequest{Scope: ees.PointOutage, CrossingPoint: "FRCDG", From: b.moment("2026-04-10 14:05")})
		at("2026-04-10 14:00", french, "cause_missing", ees.OutageRequest{Scope: ees.PointOutage, CrossingPoint: "FRCDG", Cause: "  "})
		at("2026-04-10 14:00", french, "unknown_scope", ees.OutageRequest{})
		_, err := b.tryEnd(french, ees.EndRequest{ID: first.ID, At: b.moment("2026-04-10 11:59")})
		refused(b.T, err, "end_before_begin")
		_, err = b.tryEnd(guardOf("PRT"), ees.EndRequest{ID: first.ID})
		refused(b.T, err, "no_such_outage")
		_, err = b.tryEnd(operator, ees.EndRequest{ID: first.ID})
		refused(b.T, err, "no_such_outage")
		if _, err = b.tryEnd(french, ees.EndRequest{ID: first.ID}); err != nil {
			b.Fatal(err)
		}
		_, err = b.tryEnd(french, ees.EndRequest{ID: first.ID})
		refused(b.T, err, "outage_already_ended")
	})
}

func (b *border) trySuspend(who access.Principal, req ees.SuspensionRequest) (ees.OutageView, error) {
	return run(b, who, ees.OpSuspend, func(p access.Pass) (ees.OutageView, error) { return b.register.Suspend(p, req) })
}

// 2025/1534 art 4(5): biometrics are paused for six hours at one crossing point and no
// longer; a file made meanwhile says that it has none, and they are taken at the
// next crossing.
func TestSuspension_PausesBiometricsForSixHours(t *testing.T) {
	onBoth(t, func(b *border) {
		portuguese := guardOf("PRT")
		here := anna()
		here.CrossingPoint = "PTLIS"
		elsewhere := anna()
		elsewhere.CrossingPoint = "PTOPO"
		b.at("2026-05-10 08:00")
		if c := b.check(here); found(c, "biometrics_suspended") || len(c.ToTake) != 2 {
			b.Fatalf("before: %v", c.ToTake)
		}
		s, err := b.trySuspend(portuguese, ees.SuspensionRequest{CrossingPoint: "PTLIS", Cause: "three hours of waiting"})
		if err != nil || s.Until == nil || s.Until.Sub(s.From) != 6*time.Hour || len(s.Notices) != 2 {
			b.Fatalf("%+v, %v", s, err)
		}
		for _, n := range s.Notices {
			if n.DueAt == nil || !n.DueAt.Equal(s.From.Add(6*time.Hour)) || n.Overdue {
				b.Errorf("%+v", n)
			}
		}
		_, err = b.trySuspend(portuguese, ees.SuspensionRequest{CrossingPoint: "PTLIS", Cause: "still waiting"})
		refused(b.T, err, "suspension_already_declared")
		if c := b.check(elsewhere); found(c, "biometrics_suspended") || len(c.ToTake) != 2 {
			b.Fatalf("another crossing point: %v", c.ToTake)
		}
		b.at("2026-05-10 13:59")
		c := b.check(here)
		if !found(c, "biometrics_suspended") || len(c.ToTake) != 0 {
			b.Fatalf("meanwhile: %v %v", c.ToTake, c.Findings)
		}
		r := b.cross(c)
		if f := b.file(r.File); f.Face != ees.FaceMissing || f.Fingers != ees.FingersMissing || !b.withoutBiometrics(r.File) {
			b.Fatalf("%+v", f.FileSummary)
		}
		b.at("2026-05-10 14:00")
		if c := b.check(here); found(c, "biometrics_suspended") {
			b.Fatal("still suspended after six hours")
		}
		if got := b.outages(portuguese); len(got) != 1 || got[0].Running || got[0].Seconds != 6*3600 {
			b.Fatalf("%+v", got)
		}
		if _, err := b.tryNotify(portuguese, ees.NotifyRequest{ID: s.ID, To: ees.EULisa}); err != nil {
			b.Fatal(err)
		}
		b.at("2026-05-10 14:01")
		for _, n := range b.outages(portuguese)[0].Notices {
			if n.Overdue != (n.To == ees.Commission) {
				b.Errorf("told in time or not: %+v", n)
			}
		}
		// The next crossing collects them.
		here.Direction, here.Biometrics = ees.Exit, &ees.Biometrics{Face: "captured", Fingerprints: "captured"}
		c = b.at("2026-05-20 10:00").check(here)
		if len(c.ToTake) != 2 {
			b.Fatalf("to take at exit: %v", c.ToTake)
		}
		b.cross(c)
		if f := b.file(r.File); f.Face != ees.FacePresent || f.Fingers != ees.FingersPresent {
			b.Fatalf("%+v", f.FileSummary)
		}
	})
}

// withoutBiometrics reads the mark of a file.
func (b *border) withoutBiometrics(ref ees.FileRef) bool {
	b.Helper()
	var mark bool
	b.read(`SELECT without_biometrics FROM ees_file WHERE ref = $1`, string(ref)).into(&mark)
	return mark
}

// read asks the store for one row, past the door.
func (b *border) read(query string, args ...any) reading { return reading{b, query, args} }

type reading struct {
	b     *border
	query string
	args  []any
}

func (r reading) into(dest ...any) {
	r.b.Helper()
	if err := r.b.store.Read(r.b.Context(), func(tx *db.Tx) error { return tx.Row(r.query, r.args...).Scan(dest...) }); err != nil {
		r.b.Fatal(err)
	}
}

// 2025/1534 art 4(5): suspension is for the dated period alone, and midnight at the
// crossing point ends it there: Lisbon is an hour behind Paris.
func TestSuspension_OnlyInItsPeriod(t *testing.T) {
	onBoth(t, func(b *border) {
		req := ees.SuspensionRequest{CrossingPoint: "PTLIS", Cause: "three hours of waiting"}
		portuguese := guardOf("PRT")
		_, err := b.at("2026-04-09 22:59").trySuspend(portuguese, req) // 23:59 in Lisbon
		refused(b.T, err, "suspension_not_allowed")
		s, err := b.at("2026-04-09 23:00").trySuspend(portuguese, req) // midnight
		if err != nil {
			b.Fatal(err)
		}
		_, err = run(b, guardOf("FRA"), ees.OpEndSuspension, func(p access.Pass) (ees.OutageView, error) {
			return b.register.EndSuspension(p, ees.EndRequest{ID: s.ID})
		})
		refused(b.T, err, "no_such_outage")
		b.at("2026-04-10 01:00")
		if _, err = run(b, portuguese, ees.OpEndSuspension, func(p access.Pass) (ees.OutageView, error) {
			return b.register.EndSuspension(p, ees.EndRequest{ID: s.ID})
		}); err != nil {
			b.Fatal(err)
		}
		here := anna()
		here.CrossingPoint = "PTLIS"
		if c := b.check(here); found(c, "biometrics_suspended") {
			b.Fatal("suspended after its end")
		}
		if _, err = b.trySuspend(portuguese, req); err != nil { // another case
			b.Fatal(err)
		}
		// The last evening: the case is cut at midnight in Lisbon, 23:00 UTC.
		s, err = b.at("2026-07-08 20:00").trySuspend(portuguese, req)
		if err != nil || !s.Until.Equal(*b.moment("2026-07-08 23:00")) {
			b.Fatalf("%+v, %v", s, err)
		}
		if c := b.at("2026-07-08 22:59").check(here); !found(c, "biometrics_suspended") {
			b.Fatal("not suspended a minute before midnight")
		}
		if c := b.at("2026-07-08 23:00").check(here); found(c, "biometrics_suspended") {
			b.Fatal("suspended after the last day")
		}
		_, err = b.trySuspend(portuguese, req)
		refused(b.T, err, "suspension_not_allowed")
		_, err = b.trySuspend(portuguese, ees.SuspensionRequest{CrossingPoint: "FRCDG", Cause: "waiting"})
		refused(b.T, err, "foreign_crossing_point")
		_, err = b.trySuspend(portuguese, ees.SuspensionRequest{CrossingPoint: "PTLIS", Cause: "waiting", From: b.moment("2026-07-08 22:00")})
		refused(b.T, err, "suspension_out_of_time")
	})
}
