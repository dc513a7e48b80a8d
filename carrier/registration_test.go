package carrier

import (
	"context"
	"strings"
	"testing"

	"limen/access"
	"limen/law"
	"limen/ledger"
)

// A carrier asks for registration, an administrator decides with a reason, and
// only an admitted carrier may ask about passengers (2022/1409).
func TestRegister_OnlyAnAdmittedCarrierAsks(t *testing.T) {
	onBoth(t, func(n *counter) {
		r := n.requested()
		if r.Status != Requested || r.DecidedAt != nil || r.UsedOn != nil || len(r.ID) != 12 || len(r.States) != 2 || r.Authority().Kind != access.Carrier {
			t.Fatalf("%+v", r)
		}
		ask := func() error { _, err := n.ask(agent(r.ID), flight(passengerAnna())); return err }
		refused := func(status Status) {
			t.Helper()
			if got := wantRefusal(t, ask(), "carrier_not_admitted"); got.Kind != law.NotGranted || got.Facts[0].Value != string(status) || got.Message == "" {
				t.Errorf("%s: %+v", status, got)
			}
		}
		refused(Requested)
		wantRefusal(t, func() error { _, err := n.ask(agent("C2"), flight(passengerAnna())); return err }(), "carrier_not_registered")
		wantRefusal(t, func() error { _, err := n.ask(Applicant(), flight(passengerAnna())); return err }(), "carrier_not_registered")

		step := func(status Status) {
			t.Helper()
			var err error
			if r, err = n.decide(r.ID, status, r.Version); err != nil || r.Status != status || r.DecidedBy != "administrator" || r.Reason != "Looked at." {
				t.Fatalf("%+v %v", r, err)
			}
		}
		step(Admitted)
		if err := ask(); err != nil {
			t.Errorf("admitted: %v", err)
		}
		step(Suspended)
		refused(Suspended)
		step(Admitted)
		if err := ask(); err != nil {
			t.Errorf("the suspension was lifted: %v", err)
		}
		step(Deregistered)
		refused(Deregistered)

		// It asks anew under its own name, and is decided on again.
		again := someCarrier()
		again.Name = "Invented Air, renamed"
		r2, err := run(n, agent(r.ID), OpRequest, func(p access.Pass) (Registration, error) { return n.copy.Request(p, again) })
		if err != nil || r2.ID != r.ID || r2.Status != Requested || r2.Name != again.Name || r2.Reason != "" {
			t.Fatalf("%+v %v", r2, err)
		}
		_, err = run(n, agent(r.ID), OpRequest, func(p access.Pass) (Registration, error) { return n.copy.Request(p, again) })
		wantRefusal(t, err, "registration_stands")
		r = r2
		step(TurnedDown)
		refused(TurnedDown)
	})
}

// Decisions that are not open, without a reason, or on a registration that has
// changed since are refused.
func TestRegister_DecisionsAreGuarded(t *testing.T) {
	n := open(t, "sqlite")
	r := n.requested()
	_, err := n.decide(r.ID, Suspended, r.Version)
	wantRefusal(t, err, "decision_not_open")
	_, err = n.decide(r.ID, Admitted, r.Version+1)
	wantRefusal(t, err, "registration_changed")
	_, err = n.decide("C3", Admitted, 1)
	wantRefusal(t, err, "carrier_unknown")
	_, err = run(n, administrator, OpDecide, func(p access.Pass) (Registration, error) {
		return n.copy.Decide(p, r.ID, Decision{Status: Admitted, Reason: " ", Version: 1})
	})
	wantRefusal(t, err, "reason_missing")
	_, err = run(n, agent(r.ID), OpDecide, func(p access.Pass) (Registration, error) {
		return n.copy.Decide(p, r.ID, Decision{Status: Admitted, Reason: "I am good.", Version: 1})
	})
	wantRefusal(t, err, "not_granted")
	for field, change := range map[string]func(*RegistrationRequest){
		"name": func(r *RegistrationRequest) { r.Name = "" }, "legal_form": func(r *RegistrationRequest) { r.LegalForm = "x\n" + "y" },
		"address": func(r *RegistrationRequest) { r.Address = strings.Repeat("x", 501) }, "contact": func(r *RegistrationRequest) { r.Contact = "\x00" },
		"email": func(r *RegistrationRequest) { r.Email = "nobody" }, "phone": func(r *RegistrationRequest) { r.Phone = "" },
		"states": func(r *RegistrationRequest) { r.States = []string{"IRL"} },
	} {
		in := someCarrier()
		change(&in)
		_, err := run(n, Applicant(), OpRequest, func(p access.Pass) (Registration, error) { return n.copy.Request(p, in) })
		if got := wantRefusal(t, err, codeOf(err)); got.Field != field {
			t.Errorf("%s: refused at %q", field, got.Field)
		}
	}
	list, err := run(n, administrator, OpList, func(p access.Pass) ([]Registration, error) { return n.copy.Registrations(p, Requested, "", 10) })
	if err != nil || len(list) != 1 || list[0].ID != r.ID {
		t.Errorf("%+v %v", list, err)
	}
	list, err = run(n, administrator, OpList, func(p access.Pass) ([]Registration, error) { return n.copy.Registrations(p, "", r.ID, 10) })
	if err != nil || len(list) != 0 {
		t.Errorf("behind the last one: %+v %v", list, err)
	}
}

// A carrier that leaves the service unused for a year is deregistered, on the day
// after the year and not before; a question starts the year again, and who was
// never there counts from the admission.
func TestRegister_AYearWithoutUseEndsTheRegistration(t *testing.T) {
	onBoth(t, func(n *counter) {
		used, never := n.admitted(), n.admitted()
		n.at("2026-12-24 12:00").fresh()
		f := flight(passengerAnna())
		f.Departure, f.Arrival = n.clock.Now(), day("2026-12-24")
		if _, err := n.ask(used, f); err != nil {
			t.Fatal(err)
		}
		duty := func(moment string, want int) {
			t.Helper()
			n.at(moment)
			if got, err := n.copy.DeregisterUnused(context.Background(), n.door); err != nil || got != want {
				t.Errorf("%s: %d ended, %v; want %d", moment, got, err, want)
			}
		}
		status := func(who access.Principal) Status {
			list, err := run(n, administrator, OpList, func(p access.Pass) ([]Registration, error) { return n.copy.Registrations(p, "", "", 200) })
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range list {
				if r.ID == who.Authority.Name {
					return r.Status
				}
			}
			return ""
		}
		duty("2027-11-01 23:59", 0)
		duty("2027-11-02 00:00", 1)
		if status(never) != Deregistered || status(used) != Admitted {
			t.Errorf("never used: %s, used: %s", status(never), status(used))
		}
		duty("2027-12-24 23:59", 0)
		duty("2027-12-25 00:00", 1)
		if status(used) != Deregistered {
			t.Errorf("used: %s", status(used))
		}
	})
}

// EES-049: the log of the copy lives exactly two years. An entry is there to the
// end of the last day and gone on the next, with proof that it was erased.
func TestArt13_4_LogsLiveExactlyTwoYears(t *testing.T) {
	onBoth(t, func(n *counter) {
		ctx := context.Background()
		who := n.admitted()
		n.at("2026-11-01 23:59")
		if _, err := n.ask(who, flight(passengerAnna())); err != nil {
			t.Fatal(err)
		}
		n.at("2026-11-02 00:00")
		if _, err := n.ask(who, flight(passengerAnna())); err != nil {
			t.Fatal(err)
		}
		seal := func() {
			t.Helper()
			for {
				k, err := n.log.Integrate(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if k == 0 {
					return
				}
			}
		}
		questions := func() (k int) {
			for _, r := range n.entries() {
				if r.Entry.Operation == string(OpAsk) {
					k++
				}
			}
			return k
		}
		seal()
		n.at("2028-11-01 23:59")
		if _, err := EraseLogs(ctx, n.door, n.log); err != nil || questions() != 2 {
			t.Errorf("on the last day: %d questions are left, %v", questions(), err)
		}
		n.at("2028-11-02 00:00")
		if _, err := EraseLogs(ctx, n.door, n.log); err != nil || questions() != 1 {
			t.Errorf("on the day after: %d questions are left, %v", questions(), err)
		}
		n.at("2028-11-03 00:00")
		if _, err := EraseLogs(ctx, n.door, n.log); err != nil || questions() != 0 {
			t.Errorf("two years after the second: %d questions are left, %v", questions(), err)
		}
		seal()
		report, err := n.log.Verify(ctx, ledger.VerifyOptions{})
		if err != nil || report.Erased < 3 {
			t.Errorf("the log does not verify after erasure: %+v, %v", report, err)
		}
	})
}

// Two years from the last day of February end on the last day of February.
func TestArt13_4_LogsOfALeapYear(t *testing.T) {
	n := open(t, "sqlite")
	n.at("2027-02-28 12:00").fresh()
	who := n.admitted()
	f := flight(passengerAnna())
	f.Departure, f.Arrival = n.clock.Now(), day("2027-02-28")
	if _, err := n.ask(who, f); err != nil {
		t.Fatal(err)
	}
	for {
		if k, err := n.log.Integrate(t.Context()); err != nil || k == 0 {
			break
		}
	}
	questions := func() (k int) {
		for _, r := range n.entries() {
			if r.Entry.Operation == string(OpAsk) {
				k++
			}
		}
		return k
	}
	for moment, want := range map[string]int{"2029-02-28 23:59": 1} {
		n.at(moment)
		if _, err := EraseLogs(t.Context(), n.door, n.log); err != nil || questions() != want {
			t.Errorf("%s: %d questions, %v", moment, questions(), err)
		}
	}
	n.at("2029-03-01 00:00")
	if _, err := EraseLogs(t.Context(), n.door, n.log); err != nil || questions() != 0 {
		t.Errorf("on the day after: %d questions, %v", questions(), err)
	}
}

// Accounts and certificates are made for carriers that there are, and the carrier
// reads how its registration stands and why, and not who decided.
func TestRegister_OnlyForThoseWhoAreThere(t *testing.T) {
	n := open(t, "sqlite")
	r := n.requested()
	there := func(id string) error {
		_, err := run(n, administrator, access.OpAddCert, func(p access.Pass) (int, error) { return 0, n.copy.Registered(p, id) })
		return err
	}
	if err := there(r.ID); err != nil {
		t.Error(err)
	}
	wantRefusal(t, there("C404"), "carrier_unknown")
	wantRefusal(t, there(applicantName), "carrier_unknown")
	if _, err := n.decide(r.ID, TurnedDown, r.Version); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, there(r.ID), "carrier_not_admitted")
	own, err := run(n, agent(r.ID), OpOwn, n.copy.Own)
	if err != nil || own.Status != TurnedDown || own.Reason != "Looked at." || own.DecidedBy != "" {
		t.Errorf("%+v %v", own, err)
	}
	one, err := run(n, administrator, OpList, func(p access.Pass) (Registration, error) { return n.copy.One(p, r.ID) })
	if err != nil || one.DecidedBy != "administrator" {
		t.Errorf("%+v %v", one, err)
	}
}
