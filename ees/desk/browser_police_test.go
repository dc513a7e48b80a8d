package desk_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"limen/access"
	"limen/ees"
	"limen/law"
)

// An official of the access point verifies a request, searches, and finds an
// urgent access unjustified, with the keyboard alone.
func TestRequests_WithTheKeyboardAlone(t *testing.T) {
	d := browse(t, "verifier", access.AccessPointOfficer, "Point d'accès central", "")
	b, h := d.Browser, d.house

	act := func(kind access.Kind, state, name string, op access.Op, purpose access.Purpose, fn func(access.Pass) error) {
		t.Helper()
		who := access.Principal{Officer: "x", Channel: "session", Authority: access.Authority{Kind: kind, State: state, Name: name}}
		if _, err := access.Run(context.Background(), h.Door, access.Request{Principal: who, Op: op, Purpose: purpose, Case: "PN-2026-0042"},
			func(p access.Pass) (int, error) { return 0, fn(p) }); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range []ees.Designation{{Kind: ees.DesignatedAuthority, Name: "Police nationale"}, {Kind: ees.ListedUnit, Name: "Brigade criminelle", Authority: "Police nationale"},
		{Kind: ees.ListedAccessPoint, Name: "Point d'accès central"}} {
		l.State, l.From = "FRA", law.MustDate("2026-01-01")
		act(access.Administrator, "FRA", "Operations", ees.OpRegisterDesignated, access.SystemOperation, func(p access.Pass) error {
			_, err := h.EES.RegisterDesignated(p, l)
			return err
		})
	}
	var check ees.Check
	act(access.Border, "FRA", "PAF", ees.OpCheck, access.BorderCheck, func(p access.Pass) (err error) {
		check, err = h.EES.Check(p, ees.CheckRequest{Direction: ees.Entry, CrossingPoint: "FRCDG", MRZ: []string{"P<CANPELLETIER<<ANNA<<<<<<<<<<<<<<<<<<<<<<<<", "CA88441104CAN8802118F3301018<<<<<<<<<<<<<<<8"}})
		return err
	})
	act(access.Border, "FRA", "PAF", ees.OpRecordCrossing, access.BorderCheck, func(p access.Pass) error {
		_, err := h.EES.RecordCrossing(p, ees.CrossingRequest{CheckID: check.CheckID})
		return err
	})
	d.clock.Advance(24 * time.Hour)
	ask := func(change func(*ees.ReasonedRequest)) {
		in := ees.ReasonedRequest{Offence: ees.OffenceInput{Category: "kidnapping", Description: "Abduction of a minor on 1 November", MaxYears: 20}, Necessity: "Her journeys show where the child was taken",
			Proportionality: "One person, three weeks", Grounds: "A witness saw her at the border", OrderedBy: "commissaire",
			Search: ees.LawEnforcementSearch{Document: &ees.DocumentKey{Number: "CA8844110", Issuer: "CAN"}}}
		change(&in)
		act(access.OperatingUnit, "FRA", "Brigade criminelle", ees.OpSubmitRequest, access.LawEnforcementHistory, func(p access.Pass) error {
			_, err := h.EES.SubmitRequest(p, in)
			return err
		})
	}
	ask(func(*ees.ReasonedRequest) {})

	d.goTo("/ees/requests", "table")
	b.Focused("table a")
	shot(b, "requests")
	b.Type("\r")
	b.Until(`document.body.innerText.includes("Every condition is met")`)
	shot(b, "request")
	b.Focused("button")
	b.Type("\r")
	b.Until(`document.body.innerText.includes("Now make the search")`)
	b.Focused("button")
	b.Type("\r")
	b.Until(`document.body.innerText.includes("The search was made")`)
	shot(b, "request-answered")
	b.Click("a.button")
	b.Until(`document.body.innerText.includes("PELLETIER")`)
	shot(b, "request-outcome")

	// A request that lacks its grounds cannot be approved.
	ask(func(in *ees.ReasonedRequest) { in.Grounds = "" })
	b.Open("/ees/requests")
	b.Focused("table a")
	b.Type("\r")
	b.Until(`document.body.innerText.includes("A condition is not met")`)
	shot(b, "request-not-met")
	if text := b.Text("main"); strings.Contains(text, "Approve") || !strings.Contains(text, "32(1)(c)") {
		t.Errorf("the page says %q", text)
	}
	b.Eval(`document.querySelector("#reasons").focus()`)
	b.Type("No grounds are given")
	b.Click("button.danger")
	b.Until(`document.body.innerText.includes("The unit sees your reasons")`)

	// An urgent one is searched at once, and found unjustified afterwards.
	ask(func(in *ees.ReasonedRequest) { in.Danger = "The child will be harmed tonight" })
	b.Open("/ees/requests")
	b.Focused("table a")
	b.Type("\r")
	b.Until(`document.body.innerText.includes("a life in danger")`)
	shot(b, "request-urgent")
	b.Focused("button")
	b.Type("\r")
	b.Until(`document.body.innerText.includes("Verify afterwards by 2026-11-13")`)
	d.clock.Advance(11 * 24 * time.Hour)
	d.goTo("/ees/requests", "table")
	b.Until(`document.body.innerText.includes("Overdue since 2026-11-13")`)
	shot(b, "requests-overdue")
	b.Focused("table a")
	b.Type("\r")
	b.Wait("#reasons")
	b.Eval(`document.querySelector("#reasons").focus()`)
	b.Type("Nobody was in danger")
	shot(b, "request-verify")
	b.Click("button.danger")
	b.Until(`document.body.innerText.includes("have not confirmed their erasure")`)
	shot(b, "request-unjustified")
	b.Click("section button")
	b.Until(`document.body.innerText.includes("Every office has confirmed")`)
	if complaints := b.Complaints(); len(complaints) > 0 {
		t.Fatalf("the browser complained: %v", complaints)
	}
}
