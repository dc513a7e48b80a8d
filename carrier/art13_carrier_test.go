package carrier

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// The table of replies before the revised Visa Information System, row by row,
// and what makes a visa or a passenger another one.
func TestArt13_3_EverySituationHasItsReply(t *testing.T) {
	used := func(v Visa, change func(*Visa)) Visa { change(&v); return v }
	cases := []struct {
		name   string
		file   func(*Extract)
		asked  func(*Passenger)
		unfed  bool
		answer Answer
	}{
		{name: "one entry, unused", file: visas(visa(1, 0)), answer: OK},
		{name: "one entry, used up", file: visas(visa(1, 1)), answer: NotOK},
		{name: "two entries, one used", file: visas(visa(2, 1)), answer: OK},
		{name: "two entries, both used", file: visas(visa(2, 2)), answer: NotOK},
		{name: "multiple entries, used often", file: visas(visa(0, 7)), answer: OK},
		{name: "expired the day before", file: visas(used(visa(1, 0), func(v *Visa) { v.ValidTo = day("2026-11-01") })), answer: NotOK},
		{name: "expires on the day", file: visas(used(visa(1, 0), func(v *Visa) { v.ValidTo = day("2026-11-02") })), answer: OK},
		{name: "not yet valid", file: visas(used(visa(1, 0), func(v *Visa) { v.ValidFrom = day("2026-11-03") })), answer: NotOK},
		{name: "expired by its status", file: visas(used(visa(1, 0), func(v *Visa) { v.Status = VisaExpired })), answer: NotOK},
		{name: "revoked", file: visas(used(visa(0, 0), func(v *Visa) { v.Status = VisaRevoked })), answer: NotOK},
		{name: "annulled", file: visas(used(visa(0, 0), func(v *Visa) { v.Status = VisaAnnulled })), answer: NotOK},
		{name: "needs a visa, none known", file: func(*Extract) {}, answer: NotOK},
		{name: "needs a visa, no file", unfed: true, answer: NotOK},
		{name: "an airport transit visa lets nobody enter", file: visas(used(visa(0, 0), func(v *Visa) { v.Type = person.VisaA })), answer: NotOK},
		{name: "limited territory is not looked at yet", file: visas(used(visa(1, 0), func(v *Visa) { v.Type, v.States = person.VisaLTV, []person.State{"ESP"} })), answer: OK},
		{name: "days used up are not looked at yet", file: func(e *Extract) {
			e.Visas, e.History = []Visa{visa(0, 1)}, recorded("2026-07-01", "2026-09-28")
		}, answer: OK},

		{name: "two entries needed, unused two-entry visa", file: visas(visa(2, 0)), asked: two, answer: OK},
		{name: "two entries needed, one of two used", file: visas(visa(2, 1)), asked: two, answer: NotOK},
		{name: "two entries needed, one-entry visa", file: visas(visa(1, 0)), asked: two, answer: NotOK},
		{name: "two entries needed, multiple-entry visa", file: visas(visa(0, 3)), asked: two, answer: OK},
		{name: "two entries needed, unused and revoked", file: visas(used(visa(2, 0), func(v *Visa) { v.Status = VisaRevoked })), asked: two, answer: NotOK},

		{name: "declared exempt", file: visas(visa(1, 1)), asked: func(p *Passenger) { p.Exempt = true }, answer: NotApplicable},
		{name: "airport transit", file: visas(visa(1, 1)), asked: func(p *Passenger) { p.Transit = true }, answer: NotApplicable},
		{name: "national short-stay visa", file: visas(used(visa(1, 0), func(v *Visa) { v.National = true })), answer: NotApplicable},

		{name: "the visa named", file: visas(visa(1, 0)), asked: func(p *Passenger) { p.Visa = "FRA 123-456" }, answer: OK},
		{name: "another visa named", file: visas(visa(1, 0)), asked: func(p *Passenger) { p.Visa = "FRA999999" }, answer: NotOK},
		{name: "one used up and one good", file: visas(visa(1, 1), used(visa(1, 0), func(v *Visa) { v.Number = "D5554443" })), answer: OK},

		{name: "somebody else's passport: birth date", file: visas(visa(1, 0)), asked: func(p *Passenger) { p.BirthDate = "1979-10-31" }, answer: NotOK},
		{name: "somebody else's passport: names", file: visas(visa(1, 0)), asked: func(p *Passenger) { p.Surname, p.FirstNames = "Demir", "Can" }, answer: NotOK},
		{name: "somebody else's passport: sex", file: visas(visa(1, 0)), asked: func(p *Passenger) { p.Sex = "F" }, answer: NotOK},
		{name: "somebody else's passport: nationality", file: visas(visa(1, 0)), asked: func(p *Passenger) { p.Nationality = "IND" }, answer: NotOK},
		{name: "another passport of the number", file: visas(visa(1, 0)), asked: func(p *Passenger) { p.Document.Expiry = day("2034-01-01") }, answer: NotOK},
		{name: "another issuer", file: visas(visa(1, 0)), asked: func(p *Passenger) { p.Document.Issuer = "AZE" }, answer: NotOK},
		{name: "sex not stated", file: visas(visa(1, 0)), asked: func(p *Passenger) { p.Sex = "X" }, answer: OK},
		{name: "first names left out", file: visas(visa(1, 0)), asked: func(p *Passenger) { p.FirstNames = "" }, answer: OK},
		{name: "withheld", file: func(e *Extract) { e.Visas, e.Withheld = []Visa{visa(1, 0)}, true }, answer: NotOK},
	}
	onBoth(t, func(n *counter) {
		who := n.admitted()
		for _, c := range cases {
			e, p := mehmet(), passengerMehmet()
			if c.file != nil {
				c.file(&e)
			}
			if c.asked != nil {
				c.asked(&p)
			}
			if c.unfed {
				if _, err := n.feed.Apply(context.Background(), nil, []Token{e.Token}); err != nil {
					n.Fatal(err)
				}
			} else {
				n.apply(e)
			}
			out, err := n.ask(who, flight(p))
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if len(out.Answers) != 1 || out.Answers[0] != (PassengerAnswer{"1", c.answer}) {
				t.Errorf("%s: %v; want %s", c.name, out.Answers, c.answer)
			}
			if want := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC); !out.AsOf.Equal(want) {
				t.Errorf("%s: complete as of %s; want %s", c.name, out.AsOf, want)
			}
		}
	})
}

func visas(list ...Visa) func(*Extract) { return func(e *Extract) { e.Visas = list } }

func two(p *Passenger) { p.TwoEntries = true }

// Who needs no visa is not applicable, whatever the copy holds: nationals of the
// list's second annex, citizens of the Union, and those of whom the list does not
// decide and of whom nothing is known.
func TestArt13_3_WhoNeedsNoVisaIsNotApplicable(t *testing.T) {
	onBoth(t, func(n *counter) {
		who := n.admitted()
		n.apply(anna())
		union := passengerAnna()
		union.Nationality, union.Document.Issuer, union.Document.Number = "FRA", "FRA", "12AB34567"
		depends := passengerAnna()
		depends.Nationality, depends.Document.Issuer = "NRU", "NRU"
		for _, p := range []Passenger{passengerAnna(), union, depends} {
			out, err := n.ask(who, flight(p))
			if err != nil || out.Answers[0].Answer != NotApplicable {
				t.Errorf("%s: %v %v", p.Nationality, out.Answers, err)
			}
		}
	})
}

// The rows that come with the revised Visa Information System are behind a dated
// switch: days left, territory, long-stay visas, permits, transit visas.
func TestArt13_3_RevisedRowsAreBehindASwitch(t *testing.T) {
	change := func(fn func(*Visa)) Visa { v := visa(0, 0); fn(&v); return v }
	cases := []struct {
		name       string
		file       func(*Extract)
		asked      func(*Passenger)
		now, later Answer
	}{
		{"no day left", func(e *Extract) { e.Visas, e.History = []Visa{visa(0, 1)}, recorded("2026-07-01", "2026-09-28") }, nil, OK, NotOK},
		{"a day left", func(e *Extract) { e.Visas, e.History = []Visa{visa(0, 1)}, recorded("2026-07-01", "2026-09-27") }, nil, OK, OK},
		{"other territory", visas(change(func(v *Visa) { v.Type, v.States = person.VisaLTV, []person.State{"ESP"} })), nil, OK, NotOK},
		{"own territory", visas(change(func(v *Visa) { v.Type, v.States = person.VisaLTV, []person.State{"FRA"} })), nil, OK, OK},
		{"long-stay visa", visas(change(func(v *Visa) { v.Type = person.VisaD })), nil, NotOK, OK},
		{"permit", func(e *Extract) { e.Permits = []Permit{{From: day("2026-01-01"), State: VisaValid}} }, nil, NotOK, OK},
		{"permit that has ended", func(e *Extract) { e.Permits = []Permit{{From: day("2026-01-01"), Until: day("2026-11-01")}} }, nil, NotOK, NotOK},
		{"transit with a transit visa", visas(change(func(v *Visa) { v.Type = person.VisaA })), transits, NotApplicable, OK},
		{"transit with a revoked one", visas(change(func(v *Visa) { v.Type, v.Status = person.VisaA, VisaRevoked })), transits, NotApplicable, NotOK},
		{"transit without a visa known", func(*Extract) {}, transits, NotApplicable, NotApplicable},
	}
	for _, revised := range []bool{false, true} {
		t.Run(fmt.Sprint(revised), func(t *testing.T) {
			with(t, &RevisedVIS, revised)
			onBoth(t, func(n *counter) {
				who := n.admitted()
				for _, c := range cases {
					e, p := mehmet(), passengerMehmet()
					c.file(&e)
					if c.asked != nil {
						c.asked(&p)
					}
					n.apply(e)
					want := c.now
					if revised {
						want = c.later
					}
					out, err := n.ask(who, flight(p))
					if err != nil || out.Answers[0].Answer != want {
						t.Errorf("%s: %v %v; want %s", c.name, out.Answers, err, want)
					}
				}
			})
		})
	}
}

func transits(p *Passenger) { p.Transit = true }

// EES-047: the first moment at which a carrier may ask is 48 hours before
// departure; a question before that is refused with its article and looks nothing
// up.
func TestArt3_4_NotEarlierThan48HoursBeforeDeparture(t *testing.T) {
	onBoth(t, func(n *counter) {
		who := n.admitted()
		n.clock.Advance(time.Minute)
		f := flight(passengerMehmet())
		f.Departure = n.clock.Now().Add(48*time.Hour + time.Microsecond)
		f.Arrival = law.DateIn(f.Departure, time.UTC)
		before := len(n.entries())
		_, err := n.ask(who, f)
		r := wantRefusal(t, err, "query_too_early")
		if r.Cite != "2022/1409 art 3(4)" || r.Kind != law.NotPermitted {
			t.Errorf("refused by %s as %v", r.Cite, r.Kind)
		}
		if e := n.entries(); len(e) != before+1 || e[0].Entry.Outcome != "refused" || len(e[0].Entry.Searched) != 0 {
			t.Errorf("the log holds %d more entries: %+v", len(e)-before, e[0].Entry)
		}
		f.Departure = n.clock.Now().Add(48 * time.Hour)
		if _, err := n.ask(who, f); err != nil {
			t.Errorf("48 hours before departure: %v", err)
		}
		// A local time whose zone is not known is refused only when it is too
		// early everywhere.
		f.Floating, f.Departure = true, n.clock.Now().Add(62*time.Hour)
		f.Arrival = law.DateIn(f.Departure, time.UTC)
		if _, err := n.ask(who, f); err != nil {
			t.Errorf("local time, 48 hours in the easternmost zone: %v", err)
		}
		f.Departure = f.Departure.Add(time.Minute)
		_, err = n.ask(who, f)
		wantRefusal(t, err, "query_too_early")
	})
}

// Every field that cannot be used is refused by its name, and the flight with it.
func TestArt13_3_FieldsAreRefusedByName(t *testing.T) {
	n := open(t, db.SQLite)
	n.at("2026-11-01 09:00").fresh()
	who := n.admitted()
	for field, change := range map[string]func(*Flight){
		"passengers":                    func(f *Flight) { f.People = nil },
		"departure":                     func(f *Flight) { f.Departure = time.Time{} },
		"arrival":                       func(f *Flight) { f.Arrival = day("2026-10-31") },
		"entry":                         func(f *Flight) { f.Entry = Place{} },
		"entry.point":                   func(f *Flight) { f.Entry = Place{Point: "FRXXX"} },
		"entry.state":                   func(f *Flight) { f.Entry = Place{Point: "FRCDG", State: "D"} },
		"passengers[1].surname":         func(f *Flight) { f.People[1].Surname = "" },
		"passengers[1].first_names":     func(f *Flight) { f.People[1].FirstNames = "A\x01" },
		"passengers[1].birth_date":      func(f *Flight) { f.People[1].BirthDate = "1979-13-01" },
		"passengers[1].sex":             func(f *Flight) { f.People[1].Sex = "W" },
		"passengers[1].nationality":     func(f *Flight) { f.People[1].Nationality = "EUE" },
		"passengers[1].document.type":   func(f *Flight) { f.People[1].Document.Type = "V" },
		"passengers[1].document.number": func(f *Flight) { f.People[1].Document.Number = "?" },
		"passengers[1].document.issuer": func(f *Flight) { f.People[1].Document.Issuer = "QQQ" },
		"passengers[1].document.expiry": func(f *Flight) { f.People[1].Document.Expiry = 0 },
		"passengers[1].visa":            func(f *Flight) { f.People[1].Visa = strings.Repeat("A", 21) },
	} {
		f := flight(passengerMehmet(), passengerAnna())
		change(&f)
		_, err := n.ask(who, f)
		if r := wantRefusal(t, err, codeOf(err)); r.Field != field || r.Kind != law.BadInput {
			t.Errorf("%s: refused at %q as %v: %v", field, r.Field, r.Kind, err)
		}
	}
	f := flight(passengerMehmet())
	f.Entry = Place{State: "IRL"}
	_, err := n.ask(who, f)
	wantRefusal(t, err, "entry_elsewhere")
	f = flight()
	for range 1001 {
		f.People = append(f.People, passengerAnna())
	}
	_, err = n.ask(who, f)
	wantRefusal(t, err, "too_many_passengers")
}

func codeOf(err error) law.Code {
	if r, ok := err.(*law.Refusal); ok {
		return r.Code
	}
	return "no refusal"
}

// A whole flight is answered in order, whatever the number of steps it takes, and
// with as many statements as the number of passengers asks for: one lookup for
// each fifty.
func TestArt13_3_AWholeFlightIsAnsweredInOrder(t *testing.T) {
	onBoth(t, func(n *counter) {
		who := n.admitted()
		var f Flight = flight()
		var extracts []Extract
		for i := range askStep + 30 {
			e, p := mehmet(), passengerMehmet()
			number := fmt.Sprintf("U%07d", i)
			e.Token, e.Documents[0].Number, e.Visas = tokens.Token(number), person.DocumentNumber(number), []Visa{visa(1, i%2)}
			p.Document.Number, p.Reference = number, number
			if i%5 != 0 {
				extracts = append(extracts, e)
			}
			f.People = append(f.People, p)
		}
		n.apply(extracts...)
		lookups := 0
		reached = func(step string) {
			if strings.HasPrefix(step, "SELECT doc, sealed") {
				lookups++
			}
		}
		defer func() { reached = func(string) {} }()
		out, err := n.ask(who, f)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range out.Answers {
			want := OK
			if i%2 == 1 || i%5 == 0 {
				want = NotOK
			}
			if a.Answer != want || a.Reference != f.People[i].Reference {
				t.Fatalf("passenger %d: %v; want %s", i, a, want)
			}
		}
		if want := askStep/50 + 1; len(out.Answers) != len(f.People) || lookups != want {
			t.Errorf("%d answers to %d passengers, %d lookups; want %d", len(out.Answers), len(f.People), lookups, want)
		}
	})
}

// The copy answers only from data that are complete and recent.
func TestArt13_5_AnOldCopyDoesNotAnswer(t *testing.T) {
	n := open(t, db.SQLite)
	n.at("2026-11-01 09:00")
	who := n.admitted()
	_, err := n.ask(who, flight(passengerMehmet()))
	if r := wantRefusal(t, err, "copy_empty"); r.Kind != law.Unavailable {
		t.Errorf("refused as %v", r.Kind)
	}
	n.fresh() // as of 08:00
	n.at("2026-11-03 08:00")
	f := flight(passengerMehmet())
	f.Departure, f.Arrival = n.clock.Now(), day("2026-11-03")
	if _, err := n.ask(who, f); err != nil {
		t.Errorf("48 hours old: %v", err)
	}
	n.clock.Advance(time.Microsecond)
	_, err = n.ask(who, f)
	wantRefusal(t, err, "copy_too_old")
}

// What the copy tells a carrier is the word and the carrier's own reference: the
// log keeps what was asked with as digests, and names no file.
func TestArt13_4_AQuestionIsLoggedAndNamesNobody(t *testing.T) {
	onBoth(t, func(n *counter) {
		who := n.admitted()
		e := mehmet()
		e.Visas = []Visa{visa(1, 0)}
		n.apply(e)
		p := passengerMehmet()
		p.Visa = "FRA123456"
		n.clock.Advance(time.Minute)
		if _, err := n.ask(who, flight(p)); err != nil {
			t.Fatal(err)
		}
		entry := n.entries()[0]
		if entry.Entry.Operation != string(OpAsk) || entry.Entry.Grant != "2017/2226 art 13(3)" || entry.Entry.Purpose != string(access.CarrierQuery) ||
			entry.Entry.Authority != who.Authority.Name || len(entry.Entry.Sent) != 1 || entry.Entry.Sent[0] != "answer_to_carrier" || len(entry.Entry.Subjects) != 0 || entry.Entry.Results != 0 {
			t.Errorf("%+v", entry.Entry)
		}
		if !entry.Proves("travel_document", "passport:TUR:U7788990") || !entry.Proves("visa_sticker", "FRA123456") {
			t.Errorf("the log does not prove what was asked with: %+v", entry.Entry.Searched)
		}
	})
}

// 2022/1409 art 3(4): a transport that left more than a day ago is not asked
// about, whichever clock told its departure.
func TestArt13_3_NobodyAsksAboutATransportThatIsGone(t *testing.T) {
	n := open(t, "sqlite")
	n.at("2026-11-03 12:00").fresh()
	who := n.admitted()
	ask := func(floating bool) error {
		f := flight(passengerAnna()) // leaves on 2026-11-02 at 12:00
		f.Floating = floating
		_, err := n.ask(who, f)
		return err
	}
	if err := ask(false); err != nil {
		t.Errorf("a day later: %v", err)
	}
	n.clock.Advance(time.Second)
	wantRefusal(t, ask(false), "departure_passed")
	n.at("2026-11-04 00:00").fresh()
	if err := ask(true); err != nil {
		t.Errorf("where the clocks are twelve hours behind, it left a day ago: %v", err)
	}
	n.clock.Advance(time.Second)
	wantRefusal(t, ask(true), "departure_passed")
}
