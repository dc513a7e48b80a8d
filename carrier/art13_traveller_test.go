package carrier

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"limen/access"
	"limen/law"
	"limen/person"
)

// asking is a question about a document, with or without dates.
func asking(issuer, number string, dates ...string) Stay {
	s := Stay{Document: StayDocument{Type: "P", Number: number, Issuer: issuer}, Destination: "ESP"}
	if len(dates) > 0 {
		s.Entry = dayOf(dates[0])
	}
	if len(dates) > 1 {
		s.Exit = dayOf(dates[1])
	}
	return s
}

// wantDays compares an answer; days below 0 stand for "not available".
func wantDays(t *testing.T, what string, a StayAnswer, answer TravellerAnswer, days int) {
	t.Helper()
	got := -1
	if a.Days != nil {
		got = *a.Days
	}
	if a.Answer != answer || got != days {
		t.Errorf("%s: %s, %d days; want %s, %d", what, a.Answer, got, answer, days)
	}
}

// The table of answers to travellers, row by row. EES-046.
func TestArt15_EverySituationHasItsAnswer(t *testing.T) {
	stayed := recorded("2026-09-01", "2026-10-15") // 45 days
	limited := visa(0, 0)
	limited.Type, limited.States = person.VisaLTV, []person.State{"ESP", "PRT"}
	elsewhere := limited
	elsewhere.States = []person.State{"FRA"}
	national := visa(0, 0)
	national.National = true
	status := func(s VisaStatus) Visa { v := visa(0, 0); v.Status = s; return v }
	cases := []struct {
		name   string
		file   Extract
		change func(*Extract)
		ask    Stay
		answer TravellerAnswer
		days   int
	}{
		{"days suffice", anna(), func(e *Extract) { e.History = stayed }, asking("CAN", "CA884411", "2026-11-10", "2026-12-24"), StayOK, 45},
		{"longer than what is left", anna(), func(e *Extract) { e.History = stayed }, asking("CAN", "CA884411", "2026-11-10", "2026-12-25"), StayNotOK, 0},
		{"no intended dates: from today", anna(), func(e *Extract) { e.History = stayed }, asking("CAN", "CA884411"), StayOK, 45},
		{"none left", anna(), func(e *Extract) { e.History = recorded("2026-07-20", "2026-10-17") }, asking("CAN", "CA884411", "2026-11-10"), StayNotOK, 0},
		{"visa-exempt without entries", anna(), nil, asking("CAN", "CA884411", "2026-11-10"), StayOK, 90},
		{"visa-exempt without entries, too long", anna(), nil, asking("CAN", "CA884411", "2026-11-10", "2027-02-08"), StayNotOK, 0},

		{"no visa", mehmet(), nil, asking("TUR", "U7788990", "2026-11-10"), StayNotOK, 0},
		{"no visa any more, days left", mehmet(), func(e *Extract) { e.History = stayed }, asking("TUR", "U7788990", "2026-11-10"), StayNotOK, 0},
		{"no entries: days capped by the visa's end", mehmet(), visas(visa(0, 0)), asking("TUR", "U7788990", "2026-12-06"), StayOK, 10},
		{"no entries: days capped by the visa's days", mehmet(), visas(visa(0, 0)), asking("TUR", "U7788990", "2026-11-10"), StayOK, 30},
		{"expired visa", mehmet(), visas(visa(0, 0)), asking("TUR", "U7788990", "2026-12-16"), StayNotOK, 0},
		{"revoked visa", mehmet(), visas(status(VisaRevoked)), asking("TUR", "U7788990", "2026-11-10"), StayNotOK, 0},
		{"annulled visa", mehmet(), visas(status(VisaAnnulled)), asking("TUR", "U7788990", "2026-11-10"), StayNotOK, 0},
		{"used up visa", mehmet(), visas(visa(1, 1)), asking("TUR", "U7788990", "2026-11-10"), StayNotOK, 0},
		{"territory that does not match", mehmet(), visas(elsewhere), asking("TUR", "U7788990", "2026-11-10"), StayNotOK, 0},
		{"territory that matches", mehmet(), visas(limited), asking("TUR", "U7788990", "2026-11-10"), StayOK, 30},
		{"a national visa gives no common stay", mehmet(), visas(national), asking("TUR", "U7788990", "2026-11-10"), StayNotOK, 0},

		{"citizens of the Union", anna(), nil, asking("FRA", "12AB34567", "2026-11-10"), StayNotAvailable, -1},
		{"the list does not decide", anna(), nil, asking("NRU", "N1234567", "2026-11-10"), StayNotAvailable, -1},
	}
	onBoth(t, func(n *counter) {
		for _, c := range cases {
			e := c.file
			if c.change != nil {
				c.change(&e)
			}
			n.apply(e)
			a := n.stay(c.ask)
			wantDays(t, c.name, a, c.answer, c.days)
			if a.Note != "" || a.AsOf.IsZero() {
				t.Errorf("%s: %+v", c.name, a)
			}
			from, basis := day("2026-11-01"), FromQuestion
			if c.ask.Entry != nil {
				from, basis = *c.ask.Entry, FromEntry
			}
			if a.From != from || a.Basis != basis {
				t.Errorf("%s: computed from %s (%s)", c.name, a.From, a.Basis)
			}
		}
	})
}

// The worked example of the specification: 75 days from 2026-01-20 to 2026-04-04,
// and a stay of 20 days intended from 2026-06-01, of which 15 are possible.
// EES-046.
func TestArt15_E33_IntendedStayTooLong(t *testing.T) {
	n := open(t, "sqlite")
	n.at("2026-05-20 10:00").fresh()
	e := anna()
	e.History = recorded("2026-01-20", "2026-04-04")
	n.apply(e)
	wantDays(t, "20 days", n.stay(asking("CAN", "CA884411", "2026-06-01", "2026-06-20")), StayNotOK, 0)
	wantDays(t, "15 days", n.stay(asking("CAN", "CA884411", "2026-06-01", "2026-06-15")), StayOK, 15)
}

// While stamps count (until 2026-10-06), who has no entries on record is told OK
// without days, and that earlier stays are not known.
func TestArt15_WithoutDataInTheTransitionalPeriodDaysAreNotAvailable(t *testing.T) {
	n := open(t, "sqlite")
	n.at("2026-05-20 10:00").fresh()
	n.apply(anna())
	for _, document := range []string{"CA884411", "XX000001"} {
		a := n.stay(asking("CAN", document, "2026-10-06"))
		wantDays(t, document, a, StayOK, -1)
		if a.Note != NoteEarlierStays {
			t.Errorf("%s: note %q", document, a.Note)
		}
		a = n.stay(asking("CAN", document, "2026-10-07"))
		wantDays(t, document+" after the period", a, StayOK, 90)
		if a.Note != "" {
			t.Errorf("%s: note %q", document, a.Note)
		}
	}
	// Over the progressive period the article is suspended.
	n = open(t, "sqlite")
	n.at("2026-04-09 10:00").fresh()
	wantDays(t, "progressive period", n.stay(asking("CAN", "CA884411")), StayNotAvailable, -1)
}

// With a travel authorisation required, days end with it, and without one there
// is no stay.
func TestArt15_DaysEndWithTheAuthorisation(t *testing.T) {
	with(t, &AuthorisationRequired, true)
	onBoth(t, func(n *counter) {
		e := anna()
		e.Authorisation = &Authorisation{ValidTo: day("2026-11-19")}
		n.apply(e)
		wantDays(t, "capped", n.stay(asking("CAN", "CA884411", "2026-11-10")), StayOK, 10)
		wantDays(t, "too long", n.stay(asking("CAN", "CA884411", "2026-11-10", "2026-11-20")), StayNotOK, 0)
		wantDays(t, "expired", n.stay(asking("CAN", "CA884411", "2026-11-20")), StayNotOK, 0)
		wantDays(t, "none", n.stay(asking("CAN", "XX000001", "2026-11-10")), StayNotOK, 0)
		e.Authorisation.States = []person.State{"FRA"}
		n.apply(e)
		wantDays(t, "other territory", n.stay(asking("CAN", "CA884411", "2026-11-10")), StayNotOK, 0)
	})
}

// No existence oracle (EES-046): a document that is not known, one whose holder
// is withheld and one whose holder has no stay and no visa give the same bytes,
// by the same steps, and leave the same log entry but for its digests. Visa-exempt
// and visa-required, in the transitional period and after it.
func TestArt13_1_AnswersDoNotTellWhoIsKnown(t *testing.T) {
	for _, moment := range []string{"2026-05-20 10:00", "2026-11-01 09:00"} {
		for _, issuer := range []string{"CAN", "TUR", "NRU", "FRA"} {
			n := open(t, "sqlite")
			n.at(moment).fresh()
			silent := func(number string, change func(*Extract)) Extract {
				e := anna()
				e.Token = tokens.Token(number)
				e.Documents = []person.Document{{Type: "P", Number: person.DocumentNumber(number), Issuer: person.State(issuer), Expiry: day("2033-01-01")}}
				change(&e)
				return e
			}
			n.apply(
				silent("B0000001", func(e *Extract) { e.VisaRequired = issuer == "TUR" }),
				silent("B0000002", func(e *Extract) { e.VisaRequired = issuer != "TUR" }), // the file sees it otherwise
				silent("B0000003", func(e *Extract) { e.History = recorded("2024-01-01", "2024-03-20") }),
				silent("B0000004", func(e *Extract) {
					e.Withheld, e.History, e.Visas = true, recorded("2026-04-20", "2026-05-10"), []Visa{visa(1, 1)}
				}),
				silent("B0000005", func(e *Extract) { e.Withheld, e.VisaRequired = true, true }),
			)
			var answers [][]byte
			var steps [][]string
			var shapes []string
			for i := range 6 { // B0000000 is not known
				var way []string
				reached = func(step string) { way = append(way, step) }
				n.clock.Advance(time.Second)
				a := n.stay(asking(issuer, fmt.Sprintf("B%07d", i)))
				reached = func(string) {}
				b, err := json.Marshal(a)
				if err != nil {
					t.Fatal(err)
				}
				e := n.entries()[0].Entry
				e.At = time.Time{}
				e.Searched[0].Value = ""
				answers, steps, shapes = append(answers, b), append(steps, way), append(shapes, fmt.Sprintf("%+v", e))
			}
			for i := range answers {
				if !bytes.Equal(answers[i], answers[0]) {
					t.Errorf("%s, %s, B%07d: %s; of an unknown document %s", moment, issuer, i, answers[i], answers[0])
				}
				if !slices.Equal(steps[i], steps[0]) {
					t.Errorf("%s, %s, B%07d: steps %q; of an unknown document %q", moment, issuer, i, steps[i], steps[0])
				}
				if shapes[i] != shapes[0] {
					t.Errorf("%s, %s, B%07d: log entry %s; of an unknown document %s", moment, issuer, i, shapes[i], shapes[0])
				}
			}
			if len(steps[0]) != 3 {
				t.Errorf("an answer takes the steps %q; want the moment, one lookup and one unsealing", steps[0])
			}
		}
	}
}

// The answer has the shape that the law gives it and no member besides: neither
// names nor records.
func TestArt13_1_TheAnswerHoldsNothingElse(t *testing.T) {
	n := open(t, "sqlite")
	n.at("2026-11-01 09:00").fresh()
	e := anna()
	e.History = recorded("2026-09-01", "2026-10-15")
	n.apply(e)
	b, err := json.Marshal(n.stay(asking("CAN", "CA884411", "2026-11-10")))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"answer":"OK","days":45,"from":"2026-11-10","basis":"intended_entry","note":"","as_of":"2026-11-01T08:00:00Z"}`
	if string(b) != want {
		t.Errorf("%s; want %s", b, want)
	}
}

// A destination that applies the acquis in part looks at the common period alone.
func TestArt15_APartialStateLooksAtTheCommonPeriodAlone(t *testing.T) {
	with(t, &law.PartialStates, []string{"ESP"})
	n := open(t, "sqlite")
	n.at("2026-11-01 09:00").fresh()
	e := mehmet()
	e.History = recorded("2026-09-01", "2026-10-15")
	n.apply(e)
	wantDays(t, "no visa asked for", n.stay(asking("TUR", "U7788990", "2026-11-10")), StayOK, 45)
}

// The day of a question without dates is told in Central European Time.
func TestArt15_TheDayOfTheQuestionIsCentralEuropean(t *testing.T) {
	n := open(t, "sqlite")
	n.at("2026-10-31 23:30").fresh()
	if a := n.stay(asking("CAN", "CA884411")); a.From != day("2026-11-01") || a.Basis != FromQuestion {
		t.Errorf("computed from %s, %s", a.From, a.Basis)
	}
}

// Questions that cannot be read are refused by the field, before anything is
// looked up.
func TestArt15_FieldsAreRefusedByName(t *testing.T) {
	n := open(t, "sqlite")
	n.at("2026-11-01 09:00").fresh()
	for field, change := range map[string]func(*Stay){
		"document.type":   func(s *Stay) { s.Document.Type = "Z" },
		"document.number": func(s *Stay) { s.Document.Number = "" },
		"document.issuer": func(s *Stay) { s.Document.Issuer = "QQQ" },
		"destination":     func(s *Stay) { s.Destination = "CAN" },
		"entry":           func(s *Stay) { s.Entry = dayOf("2026-10-31") },
		"exit":            func(s *Stay) { s.Exit = dayOf("2026-10-31") },
	} {
		s := asking("CAN", "CA884411", "2026-11-10", "2026-11-20")
		change(&s)
		looked := false
		reached = func(string) { looked = true }
		_, err := n.tryStay(s)
		reached = func(string) {}
		if r := wantRefusal(t, err, codeOf(err)); r.Field != field || looked {
			t.Errorf("%s: refused at %q; looked up: %t", field, r.Field, looked)
		}
	}
}

// A pass for another operation's purpose has no search by document: the traveller
// alone asks this way.
func TestArt13_1_OnlyTravellersAskAboutAStay(t *testing.T) {
	n := open(t, "sqlite")
	n.at("2026-11-01 09:00").fresh()
	_, err := access.Run(context.Background(), n.door, access.Request{Principal: agent("C1"), Op: OpAskStay},
		func(p access.Pass) (StayAnswer, error) { return n.copy.AskStay(p, asking("CAN", "CA884411")) })
	wantRefusal(t, err, "not_granted")
}
