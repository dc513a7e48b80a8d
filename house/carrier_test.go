package house

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"limen/access"
	"limen/carrier"
	"limen/db"
	"limen/db/dbtest"
	"limen/ees"
	"limen/law"
	"limen/person"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func (c *counterPlay) admit() carrier.Registration {
	c.t.Helper()
	ctx := context.Background()
	r, err := access.Run(ctx, c.Door, access.Request{Principal: carrier.Applicant(), Op: carrier.OpRequest}, func(p access.Pass) (carrier.Registration, error) {
		return c.Copy.Request(p, carrier.RegistrationRequest{Name: "Invented Air", LegalForm: "Ltd", Address: "Somewhere", Contact: "Ops", Email: "ops@invented.example",
			Phone: "1", States: []string{"FRA"}})
	})
	if err == nil {
		r, err = access.Run(ctx, c.Door, access.Request{Principal: as(access.Administrator), Op: carrier.OpDecide}, func(p access.Pass) (carrier.Registration, error) {
			return c.Copy.Decide(p, r.ID, carrier.Decision{Status: carrier.Admitted, Reason: "Known.", Version: r.Version})
		})
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *counterPlay) agent(r carrier.Registration) access.Principal {
	return access.Principal{Officer: "agent", Channel: "mtls", Authority: r.Authority()}
}

func aFlight(now time.Time) carrier.Flight {
	return carrier.Flight{Transport: "LM1", From: "IST", Departure: now.Add(time.Hour), Entry: carrier.Place{Point: "FRCDG"}, Arrival: law.DateIn(now.Add(time.Hour), time.UTC),
		People: []carrier.Passenger{{Surname: "Yilmaz", FirstNames: "Mehmet", BirthDate: "1979-10-30", Sex: "M", Nationality: "TUR",
			Document: carrier.DocumentInput{Type: "P", Number: "U7788990", Issuer: "TUR", Expiry: law.MustDate("2033-01-01")}}}}
}

func (c *counterPlay) askStay(entry law.Date, exit ...law.Date) (carrier.StayAnswer, error) {
	s := carrier.Stay{Document: carrier.StayDocument{Type: "P", Number: "CA884411", Issuer: "CAN"}, Destination: "FRA", Entry: &entry}
	if len(exit) > 0 {
		s.Exit = &exit[0]
	}
	return access.Run(context.Background(), c.Door, access.Request{Principal: carrier.Visitor(), Op: carrier.OpAskStay},
		func(p access.Pass) (carrier.StayAnswer, error) { return c.Copy.AskStay(p, s) })
}

func (c *counterPlay) answer(r carrier.Registration) carrier.Answer {
	c.t.Helper()
	out, err := c.Copy.Ask(context.Background(), c.Door, access.Request{Principal: c.agent(r), Op: carrier.OpAsk}, aFlight(c.clock.Now()))
	if err != nil {
		c.t.Fatal(err)
	}
	return out.Answers[0].Answer
}

func (p *play) traveller(surname, first, birth, sex, nationality, passport string) ees.CheckRequest {
	return ees.CheckRequest{CrossingPoint: "FRCDG",
		Document: &ees.DocumentInput{Type: "P", Number: passport, Issuer: nationality, Expiry: law.MustDate("2033-01-01")},
		Identity: &ees.IdentityInput{Surname: surname, FirstNames: first, BirthDate: birth, Sex: sex, Nationalities: []string{nationality}}}
}

// crosses checks a traveller and records the crossing.
func (p *play) crosses(moment string, direction ees.Direction, who ees.CheckRequest) ees.RecordView {
	p.t.Helper()
	at, err := time.Parse("2006-01-02 15:04", moment)
	if err != nil {
		p.t.Fatal(err)
	}
	p.clock.Set(at)
	who.Direction = direction
	ctx := context.Background()
	check, err := access.Run(ctx, p.Door, access.Request{Principal: as(access.Border), Op: ees.OpCheck}, func(pass access.Pass) (ees.Check, error) { return p.EES.Check(pass, who) })
	if err != nil {
		p.t.Fatal(err)
	}
	r, err := access.Run(ctx, p.Door, access.Request{Principal: as(access.Border), Op: ees.OpRecordCrossing}, func(pass access.Pass) (ees.RecordView, error) {
		return p.EES.RecordCrossing(pass, ees.CrossingRequest{CheckID: check.CheckID})
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

func (p *play) feeds(c *counterPlay, want int) {
	p.t.Helper()
	if n, err := p.FeedCarriers(context.Background(), c.CarrierHouse, nil); err != nil || n != want {
		p.t.Fatalf("%d files fed, %v; want %d", n, err, want)
	}
}

// onBothHouses plays in a register and its copy, on each engine, by one clock.
func onBothHouses(t *testing.T, fn func(p *play, c *counterPlay)) {
	t.Helper()
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			clock := dbtest.NewClock(time.Date(2025, 10, 20, 0, 0, 0, 0, time.UTC))
			address := "sqlite:" + filepath.Join(t.TempDir(), "limen.db")
			if engine == db.Postgres {
				address = dbtest.Postgres(t)
			}
			h, err := Open(t.Context(), Options{Store: address, Data: t.TempDir(), Clock: clock.Now, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			p := &play{h, t, clock}
			t.Cleanup(func() { h.Close() })
			fn(p, openCarrier(t, engine, clock))
		})
	}
}

// From a crossing at a booth to an answer at a check-in desk: the entry uses up
// the visa, the next feed brings it to the copy, and the carrier is told.
func TestArt13_FromTheBoothToTheCounter(t *testing.T) {
	onBothHouses(t, func(p *play, c *counterPlay) {
		mehmet := p.traveller("YILMAZ", "MEHMET", "1979-10-30", "M", "TUR", "U7788990")
		mehmet.Visa = &ees.VisaInput{Number: "FRA123456", Issuer: "FRA", Type: "C", ValidFrom: law.MustDate("2026-10-01"), ValidUntil: law.MustDate("2026-12-31"), Days: 30, Entries: 2}
		p.crosses("2026-10-10 09:00", ees.Entry, mehmet)
		p.crosses("2026-10-14 09:00", ees.Exit, mehmet)
		p.feeds(c, 1)
		r := c.admit()
		if a := c.answer(r); a != carrier.OK {
			t.Errorf("one of two entries used: %s", a)
		}
		p.crosses("2026-10-15 09:00", ees.Entry, mehmet)
		if a := c.answer(r); a != carrier.OK {
			t.Errorf("before the copy is fed it cannot know: %s", a)
		}
		p.feeds(c, 1)
		if a := c.answer(r); a != carrier.NotOK {
			t.Errorf("both entries used: %s", a)
		}
		p.feeds(c, 0) // nothing has changed
	})
}

// EES-046 over the register's own calculator, with the worked example E33: 75
// days from 2026-01-20, and 20 days asked for from 2026-06-01.
func TestArt13_1_E33_FromTheRegisterToTheTraveller(t *testing.T) {
	onBothHouses(t, func(p *play, c *counterPlay) {
		anna := p.traveller("PELLETIER", "ANNA", "1988-02-11", "F", "CAN", "CA884411")
		p.crosses("2026-01-20 09:00", ees.Entry, anna)
		p.crosses("2026-04-04 09:00", ees.Exit, anna)
		c.clock.Set(time.Date(2026, 5, 20, 9, 0, 0, 0, time.UTC))
		p.feeds(c, 1)
		for _, ask := range []struct {
			exit   string
			answer carrier.TravellerAnswer
			days   int
		}{{"2026-06-20", carrier.StayNotOK, 0}, {"2026-06-15", carrier.StayOK, 15}} {
			a, err := c.askStay(law.MustDate("2026-06-01"), law.MustDate(ask.exit))
			if err != nil || a.Answer != ask.answer || a.Days == nil || *a.Days != ask.days {
				text, _ := json.Marshal(a)
				t.Errorf("until %s: %s %v", ask.exit, text, err)
			}
		}
		// Inside, without dates: what is left of the stay under way.
		p.crosses("2026-06-01 09:00", ees.Entry, anna)
		p.crosses("2026-06-03 09:00", ees.Exit, anna)
		p.crosses("2026-06-10 09:00", ees.Entry, anna)
		p.feeds(c, 1)
		s := carrier.Stay{Document: carrier.StayDocument{Type: "P", Number: "CA884411", Issuer: "CAN"}, Destination: "FRA"}
		a, err := access.Run(t.Context(), c.Door, access.Request{Principal: carrier.Visitor(), Op: carrier.OpAskStay},
			func(pass access.Pass) (carrier.StayAnswer, error) { return c.Copy.AskStay(pass, s) })
		if err != nil || a.Answer != carrier.StayOK || *a.Days != 12 {
			t.Errorf("inside on the fourth of fifteen days: %+v %v", a, err)
		}
	})
}

// EES-048: questions from the web never reach the register. Its store is closed
// and its file deleted, and the copy goes on answering; the copy's house has no
// member by which it could reach another.
func TestArt13_5_TheWebDoesNotReachTheRegister(t *testing.T) {
	clock := dbtest.NewClock(time.Date(2025, 10, 20, 0, 0, 0, 0, time.UTC))
	dir := t.TempDir()
	h, err := Open(t.Context(), Options{Store: "sqlite:" + filepath.Join(dir, "limen.db"), Data: dir, Clock: clock.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	p, c := &play{h, t, clock}, openCarrier(t, db.SQLite, clock)
	mehmet := p.traveller("YILMAZ", "MEHMET", "1979-10-30", "M", "TUR", "U7788990")
	mehmet.Visa = &ees.VisaInput{Number: "FRA123456", Issuer: "FRA", Type: "C", ValidFrom: law.MustDate("2026-10-01"), ValidUntil: law.MustDate("2026-12-31"), Days: 30, Entries: 1}
	p.crosses("2026-10-20 09:00", ees.Entry, mehmet)
	p.feeds(c, 1)
	r := c.admit()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if a := c.answer(r); a != carrier.NotOK {
		t.Errorf("without the register: %s", a)
	}
	if a, err := c.askStay(law.MustDate("2026-11-10")); err != nil || a.Answer != carrier.StayOK {
		t.Errorf("without the register: %+v %v", a, err)
	}
	if _, err := h.FeedCarriers(t.Context(), c.CarrierHouse, nil); err == nil {
		t.Error("a register that is gone feeds the copy")
	}
	// What stands in the copy's packages cannot name the register, not even by
	// way of another package.
	reached := source(t).reaches("carrier", "carrier/desk")
	if i := slices.IndexFunc(reached, func(pkg string) bool {
		return pkg == "ees" || strings.HasPrefix(pkg, "ees/") || pkg == "house" || strings.HasPrefix(pkg, "interop")
	}); i >= 0 {
		t.Errorf("the copy's packages import %s", reached[i])
	}
}

// Stopping between the copy's commit and the queue's: the same extracts come
// again, and the copy is as it was.
func TestArt13_5_AStopSendsTheSameAgain(t *testing.T) {
	onBothHouses(t, func(p *play, c *counterPlay) {
		mehmet := p.traveller("YILMAZ", "MEHMET", "1979-10-30", "M", "TUR", "U7788990")
		mehmet.Visa = &ees.VisaInput{Number: "FRA123456", Issuer: "FRA", Type: "C", ValidFrom: law.MustDate("2026-10-01"), ValidUntil: law.MustDate("2026-12-31"), Days: 30, Entries: 1}
		p.crosses("2026-10-20 09:00", ees.Entry, mehmet)
		p.feeds(c, 1)
		r := c.admit()
		p.crosses("2026-10-21 09:00", ees.Exit, mehmet)
		// The copy has the step, and the queue still holds it.
		step, err := access.Run(t.Context(), p.Door, access.Request{Principal: extractor, Op: ees.OpExtract},
			func(pass access.Pass) (ees.ExtractStep, error) { return p.EES.ExtractForCarriers(pass, "", 10) })
		if err != nil || len(step.Taken) != 1 || len(step.Extracts) != 1 {
			t.Fatal(step, err)
		}
		tokens, err := carrier.NewTokenKey(must(secretFile(filepath.Join(p.options.Data, "carrier-tokens.key"))))
		if err != nil {
			t.Fatal(err)
		}
		feed, err := c.Copy.Begin(t.Context(), c.Door, tokens, carrier.Position(p.copiedUpTo()))
		if err != nil {
			t.Fatal(err)
		}
		extracts, gone := forCopy(tokens, step.Extracts)
		if _, err := feed.Apply(t.Context(), extracts, gone); err != nil {
			t.Fatal(err)
		}
		p.feeds(c, 1)
		p.feeds(c, 0)
		if a := c.answer(r); a != carrier.NotOK {
			t.Errorf("after the same extract twice: %s", a)
		}
	})
}

func (p *play) copiedUpTo() ees.CopyPosition {
	p.t.Helper()
	at, err := access.Run(context.Background(), p.Door, access.Request{Principal: extractor, Op: ees.OpExtract}, p.EES.CopiedUpTo)
	if err != nil {
		p.t.Fatal(err)
	}
	return at
}

// A copy, or a register, that comes back from a backup is not called complete with
// what is missing from it: the changes since are on no queue any more, so it is
// filled again. Without that, a visa that was used up would be told OK.
func TestArt13_5_ABackupIsFilledAgain(t *testing.T) {
	tables := []string{"carrier_document", "carrier_mark"}
	onBothHouses(t, func(p *play, c *counterPlay) {
		keep := func() { // as a backup of the copy
			for _, table := range tables {
				c.writes(`DROP TABLE IF EXISTS kept_` + table)
				c.writes(`CREATE TABLE kept_` + table + ` AS SELECT * FROM ` + table)
			}
		}
		restore := func() {
			for _, table := range tables {
				c.writes(`DELETE FROM ` + table)
				c.writes(`INSERT INTO ` + table + ` SELECT * FROM kept_` + table)
			}
		}
		mehmet := p.traveller("YILMAZ", "MEHMET", "1979-10-30", "M", "TUR", "U7788990")
		mehmet.Visa = &ees.VisaInput{Number: "FRA123456", Issuer: "FRA", Type: "C", ValidFrom: law.MustDate("2026-10-01"), ValidUntil: law.MustDate("2026-12-31"), Days: 30, Entries: 2}
		p.crosses("2026-10-20 09:00", ees.Entry, mehmet)
		p.feeds(c, 1)
		r := c.admit()
		if a := c.answer(r); a != carrier.OK {
			t.Fatalf("one entry of two is used: %s", a)
		}
		before := p.copiedUpTo()
		p.feeds(c, 0)
		if p.copiedUpTo() != before {
			t.Error("a feed without changes is noted")
		}
		keep()
		p.crosses("2026-10-21 09:00", ees.Exit, mehmet)
		p.crosses("2026-10-22 09:00", ees.Entry, mehmet)
		p.feeds(c, 1)
		if a := c.answer(r); a != carrier.NotOK {
			t.Fatalf("both entries are used: %s", a)
		}
		restore()
		p.feeds(c, 1)
		if a := c.answer(r); a != carrier.NotOK {
			t.Errorf("from a backup of the copy: %s", a)
		}
		// The register comes back from its backup: whoever came since is gone.
		noted := p.copiedUpTo()
		p.crosses("2026-10-23 09:00", ees.Entry, p.traveller("PELLETIER", "ANNA", "1988-02-11", "F", "CAN", "CA884411"))
		p.feeds(c, 1)
		p.writes(`UPDATE ees_carrier_feed SET step = $1`, noted.Step)
		p.writes(`DELETE FROM ees_record WHERE ref IN (SELECT ref FROM ees_file WHERE visa_required = FALSE)`)
		p.writes(`DELETE FROM ees_file WHERE visa_required = FALSE`)
		p.feeds(c, 1)
		n := 0
		if err := c.Store.Read(t.Context(), func(tx *db.Tx) error { return tx.Row(`SELECT count(*) FROM carrier_document`).Scan(&n) }); err != nil || n != 1 {
			t.Errorf("%d documents, %v: what the register no longer has is still in the copy", n, err)
		}
		if p.copiedUpTo().Filling == noted.Filling {
			t.Error("the copy was not filled again")
		}
		p.feeds(c, 0)
	})
}

func (c *counterPlay) writes(statement string, args ...any) { c.asPlay().writes(statement, args...) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A register that was there before its copy fills it with every file; one that is
// gone from the register goes from the copy.
func TestArt13_5_ACopyIsFilledFromTheBeginning(t *testing.T) {
	onBothHouses(t, func(p *play, c *counterPlay) {
		anna := p.traveller("PELLETIER", "ANNA", "1988-02-11", "F", "CAN", "CA884411")
		mehmet := p.traveller("YILMAZ", "MEHMET", "1979-10-30", "M", "TUR", "U7788990")
		mehmet.Visa = &ees.VisaInput{Number: "FRA123456", Issuer: "FRA", Type: "C", ValidFrom: law.MustDate("2026-10-01"), ValidUntil: law.MustDate("2026-12-31"), Days: 30, Entries: 2}
		p.crosses("2026-10-20 09:00", ees.Entry, anna)
		file := p.crosses("2026-10-20 10:00", ees.Entry, mehmet).File
		p.writes(`DELETE FROM ees_outbox`)
		p.feeds(c, 2)
		r := c.admit()
		if a := c.answer(r); a != carrier.OK {
			t.Errorf("%s", a)
		}
		// As an erasure leaves it.
		p.writes(`DELETE FROM ees_record WHERE ref = $1`, string(file))
		p.writes(`DELETE FROM ees_file WHERE ref = $1`, string(file))
		p.writes(`INSERT INTO ees_outbox (ref, version) VALUES ($1, 99)`, string(file))
		p.feeds(c, 1)
		if a := c.answer(r); a != carrier.NotOK {
			t.Errorf("of a file that was erased: %s", a)
		}
	})
}

func (p *play) writes(statement string, args ...any) {
	p.t.Helper()
	err := p.Store.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(statement, args...)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// The words of the register become the copy's: revoked and annulled visas, a
// limited visa without states, permits and authorisations.
func TestArt13_5_ExtractsBecomeTheCopysOwn(t *testing.T) {
	for _, c := range []struct {
		in     ees.ExtractedVisa
		status carrier.VisaStatus
		states []person.State
	}{
		{ees.ExtractedVisa{VisaOnRecord: ees.VisaOnRecord{Type: person.VisaC}}, carrier.VisaValid, nil},
		{ees.ExtractedVisa{Revoked: true}, carrier.VisaRevoked, nil},
		{ees.ExtractedVisa{Annulled: true}, carrier.VisaAnnulled, nil},
		{ees.ExtractedVisa{VisaOnRecord: ees.VisaOnRecord{Type: person.VisaLTV, Issuer: "FRA"}}, carrier.VisaValid, []person.State{"FRA"}},
		{ees.ExtractedVisa{VisaOnRecord: ees.VisaOnRecord{Type: person.VisaLTV, Issuer: "FRA", LTVStates: []person.State{"ESP"}}}, carrier.VisaValid, []person.State{"ESP"}},
	} {
		if v := visaForCopy(c.in); v.Status != c.status || !slices.Equal(v.States, c.states) {
			t.Errorf("%+v becomes %+v", c.in, v)
		}
	}
	extracts, gone := forCopy(must(carrier.NewTokenKey(make([]byte, 32))), []ees.Extract{{Ref: "a", Gone: true},
		{Ref: "b", Withheld: true, Permits: []ees.Permit{{From: 1, Until: 2}}, Etias: &ees.Etias{ValidTo: 3}}})
	if len(gone) != 1 || len(extracts) != 1 || extracts[0].Token == gone[0] || !extracts[0].Withheld || len(extracts[0].Permits) != 1 || extracts[0].Authorisation.ValidTo != 3 {
		t.Errorf("%+v %+v", extracts, gone)
	}
}

// reaches lists the packages of ours that these import, directly or not, tests
// aside.
func (t *sourceTree) reaches(pkgs ...string) []string {
	reached := slices.Clone(pkgs)
	for i := 0; i < len(reached); i++ {
		for _, f := range t.files {
			if f.pkg != reached[i] || f.test {
				continue
			}
			for _, imported := range f.imports() {
				if folder, ours := strings.CutPrefix(imported, "limen/"); ours && !slices.Contains(reached, folder) {
					reached = append(reached, folder)
				}
			}
		}
	}
	return reached
}
