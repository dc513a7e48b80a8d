package carrier

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"limen/access"
	"limen/db"
	"limen/db/dbtest"
	"limen/law"
	"limen/ledger"
	"limen/person"
)

// counter is the carriers' copy on a throw-away store: a door, a feed, and a
// clock that the test sets.
type counter struct {
	testing.TB
	clock *dbtest.Clock
	store *db.Store
	log   *ledger.Log
	door  *access.Door
	copy  *Copy
	feed  *Feed
}

var (
	schemas = []db.Schema{ledger.Schema(), access.Schema(), Schema()}
	secret  = bytes.Repeat([]byte{3}, 32)
	tokens  = must(NewTokenKey(bytes.Repeat([]byte{4}, 32)))
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// open opens a copy on the engine; it is fresh at 2026-11-01 08:00 UTC and it is
// an hour later, unless the test says otherwise.
func open(t testing.TB, engine db.Engine) *counter {
	t.Helper()
	clock := dbtest.NewClock(time.Date(2025, 10, 20, 9, 0, 0, 0, time.UTC))
	s := dbtest.Open(t, engine, schemas, db.Options{Clock: clock.Now})
	key, err := ledger.OpenKey(filepath.Join(t.TempDir(), "ledger.key"), "limen.test/carriers")
	if err != nil {
		t.Fatal(err)
	}
	log, err := ledger.Open(context.Background(), s, key, ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	door, err := access.NewDoor(s, log, append(Operations(), access.Operations()...), append(Grants(), access.Grants()...))
	if err != nil {
		t.Fatal(err)
	}
	receipts, err := NewReceiptKeys(clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{Secret: secret, Judge: judgeStays, Receipts: receipts})
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.Begin(context.Background(), door, tokens, Position{})
	if err != nil {
		t.Fatal(err)
	}
	return &counter{TB: t, clock: clock, store: s, log: log, door: door, copy: c, feed: f}
}

// onBoth runs a play on both engines, on 2026-11-01 at 09:00 UTC, after the
// period in which stamps count.
func onBoth(t *testing.T, play func(n *counter)) {
	t.Helper()
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			n := open(t, engine)
			n.at("2026-11-01 09:00")
			n.fresh()
			play(n)
		})
	}
}

func (n *counter) at(moment string) *counter {
	n.Helper()
	t, err := time.Parse("2006-01-02 15:04", moment)
	if err != nil {
		n.Fatal(err)
	}
	n.clock.Set(t)
	return n
}

// fresh marks the copy as complete an hour ago.
func (n *counter) fresh() *counter {
	n.Helper()
	if err := n.feed.MarkFresh(context.Background(), n.clock.Now().Add(-time.Hour)); err != nil {
		n.Fatal(err)
	}
	return n
}

func (n *counter) apply(extracts ...Extract) *counter {
	n.Helper()
	if _, err := n.feed.Apply(context.Background(), extracts, nil); err != nil {
		n.Fatal(err)
	}
	return n
}

var administrator = access.Principal{Officer: "administrator", Channel: "session", Authority: access.Authority{Kind: access.Administrator, State: "EUE", Name: "Central System"}}

func run[T any](n *counter, who access.Principal, op access.Op, fn func(access.Pass) (T, error)) (T, error) {
	return access.Run(context.Background(), n.door, access.Request{Principal: who, Op: op}, fn)
}

func someCarrier() RegistrationRequest {
	return RegistrationRequest{Name: "Invented Air", LegalForm: "Ltd", Address: "1 Runway, Somewhere", Contact: "Operations", Email: "ops@invented.example",
		Phone: "+00 1 234", States: []string{"FRA", "D"}}
}

// requested asks for a registration.
func (n *counter) requested() Registration {
	n.Helper()
	r, err := run(n, Applicant(), OpRequest, func(p access.Pass) (Registration, error) { return n.copy.Request(p, someCarrier()) })
	if err != nil {
		n.Fatal(err)
	}
	return r
}

func (n *counter) decide(id string, status Status, version int64) (Registration, error) {
	return run(n, administrator, OpDecide, func(p access.Pass) (Registration, error) {
		return n.copy.Decide(p, id, Decision{Status: status, Reason: "Looked at.", Version: version})
	})
}

// admitted is a carrier that may ask.
func (n *counter) admitted() access.Principal {
	n.Helper()
	r := n.requested()
	r, err := n.decide(r.ID, Admitted, r.Version)
	if err != nil {
		n.Fatal(err)
	}
	return agent(r.ID)
}

func agent(id string) access.Principal {
	return access.Principal{Officer: "check-in", Channel: "mtls", Authority: access.Authority{Kind: access.Carrier, State: "EUE", Name: id}}
}

func (n *counter) ask(who access.Principal, f Flight) (FlightAnswer, error) {
	return n.copy.Ask(context.Background(), n.door, access.Request{Principal: who, Op: OpAsk}, f)
}

func (n *counter) stay(s Stay) StayAnswer {
	n.Helper()
	a, err := n.tryStay(s)
	if err != nil {
		n.Fatal(err)
	}
	return a
}

func (n *counter) tryStay(s Stay) (StayAnswer, error) {
	return run(n, Visitor(), OpAskStay, func(p access.Pass) (StayAnswer, error) { return n.copy.AskStay(p, s) })
}

func day(s string) law.Date { return law.MustDate(s) }

func dayOf(s string) *law.Date {
	d := law.MustDate(s)
	return &d
}

// recorded is a history as the test's judge reads it: entry, exit, entry, exit.
func recorded(days ...string) []byte {
	var h testHistory
	for i := 0; i < len(days); i += 2 {
		h.Stays = append(h.Stays, [2]string{days[i], days[i+1]})
	}
	return must(json.Marshal(h))
}

type testHistory struct {
	Stays [][2]string `json:"stays"`
}

// judgeStays counts 90 days in any 180 day by day, and takes a visa's end and
// days into account. The register's own calculator is plugged in by the house.
func judgeStays(history []byte, q StayQuestion) (StayVerdict, error) {
	var h testHistory
	if len(history) > 0 {
		if err := json.Unmarshal(history, &h); err != nil {
			return StayVerdict{}, err
		}
	}
	present := map[law.Date]bool{}
	for _, s := range h.Stays {
		for d := day(s[0]); d <= day(s[1]); d++ {
			present[d] = true
		}
	}
	used := func(on law.Date) (n int) {
		for d := on - 179; d <= on; d++ {
			if present[d] {
				n++
			}
		}
		return n
	}
	v := StayVerdict{Used: used(q.On), Computed: true}
	for d := q.On; v.Days < 90; d++ {
		present[d] = true
		if used(d) > 90 || q.Visa != nil && (d > q.Visa.ValidTo || v.Days == q.Visa.Days) {
			break
		}
		v.Days++
	}
	v.Suffices = v.Days > 0 && (q.Exit == 0 || q.Exit < q.On+law.Date(v.Days))
	return v, nil
}

// mehmet needs a visa, anna does not.
func mehmet() Extract {
	return Extract{Token: tokens.Token("file-mehmet"), VisaRequired: true,
		Documents:  []person.Document{{Type: "P", Number: "U7788990", Issuer: "TUR", Expiry: day("2033-01-01")}},
		Identities: []Identity{{Name: person.Name{Surname: "YILMAZ", FirstNames: "MEHMET"}, Birth: must(person.ParsePartialDate("1979-10-30")), Sex: "M", Nationalities: []person.State{"TUR"}}}}
}

func anna() Extract {
	return Extract{Token: tokens.Token("file-anna"),
		Documents:  []person.Document{{Type: "P", Number: "CA884411", Issuer: "CAN", Expiry: day("2033-01-01")}},
		Identities: []Identity{{Name: person.Name{Surname: "PELLETIER", FirstNames: "ANNA"}, Birth: must(person.ParsePartialDate("1988-02-11")), Sex: "F", Nationalities: []person.State{"CAN"}}}}
}

// visa is a short-stay visa valid in November 2026.
func visa(entries, used int) Visa {
	return Visa{Number: "FRA123456", Issuer: "FRA", Type: person.VisaC, ValidFrom: day("2026-10-15"), ValidTo: day("2026-12-15"), Entries: entries, Used: used,
		Days: 30, Status: VisaValid}
}

func passengerMehmet() Passenger {
	return Passenger{Reference: "1", Surname: "Yılmaz", FirstNames: "Mehmet", BirthDate: "1979-10-30", Sex: "M", Nationality: "TUR",
		Document: DocumentInput{Type: "P", Number: "U7788990", Issuer: "TUR", Expiry: day("2033-01-01")}}
}

func passengerAnna() Passenger {
	return Passenger{Reference: "2", Surname: "Pelletier", FirstNames: "Anna", BirthDate: "1988-02-11", Sex: "F", Nationality: "CAN",
		Document: DocumentInput{Type: "P", Number: "CA884411", Issuer: "CAN", Expiry: day("2033-01-01")}}
}

// flight leaves on 2026-11-02 at 12:00 UTC and enters in Paris.
func flight(people ...Passenger) Flight {
	return Flight{Transport: "LM123", From: "IST", Departure: time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC), Entry: Place{Point: "FRCDG"}, Arrival: day("2026-11-02"), People: people}
}

func wantRefusal(t testing.TB, err error, code law.Code) *law.Refusal {
	t.Helper()
	var r *law.Refusal
	if !errors.As(err, &r) || r.Code != code {
		t.Fatalf("%v; want the refusal %s", err, code)
	}
	return r
}

// entries reads the log of the copy.
func (n *counter) entries() []ledger.Record {
	n.Helper()
	var all []ledger.Record
	err := n.store.Read(context.Background(), func(tx *db.Tx) error {
		all = nil
		for next := ""; ; {
			page, err := n.log.Entries(tx, ledger.Filter{After: next, Limit: 1000})
			if err != nil {
				return err
			}
			all = append(all, page.Records...)
			if next = page.Next; next == "" {
				return nil
			}
		}
	})
	if err != nil {
		n.Fatal(err)
	}
	return all
}

// with sets a switch of the law for the test.
func with[T any](t testing.TB, p *law.Param[T], value T) {
	t.Helper()
	old := p.Rows
	p.Rows = []law.Row[T]{{From: day("2025-10-12"), Value: value, Cite: "2022/1409"}}
	t.Cleanup(func() { p.Rows = old })
}
