package carrier

import (
	"context"
	"strings"
	"testing"
	"time"

	"limen/access"
	"limen/law"
)

func (n *counter) watch() int {
	n.Helper()
	written, err := n.copy.Watch(context.Background(), n.door)
	if err != nil {
		n.Fatal(err)
	}
	return written
}

func (n *counter) notices(who access.Principal, q NoticeQuery) []Notice {
	n.Helper()
	if q.Limit == 0 {
		q.Limit = 50
	}
	list, err := run(n, who, OpNotices, func(p access.Pass) ([]Notice, error) { return n.copy.Notices(p, q) })
	if err != nil {
		n.Fatal(err)
	}
	return list
}

func (n *counter) report(who access.Principal, in NoticeReport) (Notice, error) {
	return run(n, who, OpReport, func(p access.Pass) (Notice, error) { return n.copy.Report(p, in) })
}

func (n *counter) declare(in NoticeReport) (Notice, error) {
	return run(n, administrator, OpDeclare, func(p access.Pass) (Notice, error) { return n.copy.Declare(p, in) })
}

func (n *counter) end(who access.Principal, id string, until time.Time, version int64) (Notice, error) {
	op := OpReport
	if who.Authority.Kind == access.Administrator {
		op = OpDeclare
	}
	return run(n, who, op, func(p access.Pass) (Notice, error) {
		return n.copy.End(p, id, NoticeEnd{Until: until, Version: version})
	})
}

func moment16(s string) time.Time { return must(time.Parse("2006-01-02 15:04", s)).UTC() }

// Art 13a(1): the service finds out by itself that it does not answer, keeps the
// moment from which it did not, and ends the notice when it answers again; once,
// however often it looks. Every carrier is told.
func TestArt13a_1_TheServiceTellsOfItsOwnFailure(t *testing.T) {
	onBoth(t, func(n *counter) {
		who := n.admitted()
		if n.watch() != 0 || len(n.notices(who, NoticeQuery{})) != 0 {
			t.Fatal("a service that answers tells of a failure")
		}
		for n.clock.Now().Before(moment16("2026-11-03 08:00").Add(5 * time.Minute)) {
			n.clock.Advance(5 * time.Minute)
			n.watch()
		}
		if _, err := n.ask(who, flightAt(n.clock.Now())); err == nil {
			t.Fatal("a copy of two days answers")
		} else {
			wantRefusal(t, err, "copy_too_old")
		}
		n.watch()
		list := n.notices(who, NoticeQuery{Lasting: true})
		if len(list) != 1 || list[0].Kind != ServiceFailure || !list[0].Automatic || list[0].Carrier != "" || list[0].Until != nil ||
			!list[0].From.Equal(moment16("2026-11-03 08:00")) {
			t.Fatalf("%+v", list)
		}
		// An administrator does not end what the service sees, nor a carrier.
		for _, p := range []access.Principal{administrator, who} {
			_, err := n.end(p, list[0].ID, n.clock.Now(), list[0].Version)
			wantRefusal(t, err, map[access.Kind]law.Code{access.Administrator: "notice_automatic", access.Carrier: "notice_of_another"}[p.Authority.Kind])
		}
		n.clock.Advance(5 * time.Minute)
		n.fresh()
		over := n.clock.Now()
		if n.watch() != 1 || n.watch() != 0 {
			t.Error("the end is not told once")
		}
		list = n.notices(who, NoticeQuery{})
		if len(list) != 1 || list[0].Until == nil || !list[0].Until.Equal(over) || len(n.notices(who, NoticeQuery{Lasting: true})) != 0 {
			t.Errorf("%+v", list)
		}
		if _, err := n.ask(who, flightAt(n.clock.Now())); err != nil {
			t.Errorf("it answers again: %v", err)
		}
	})
}

func flightAt(now time.Time) Flight {
	f := flight(passengerAnna())
	f.Departure, f.Arrival = now.Add(time.Hour), law.DateIn(now.Add(time.Hour), time.UTC)
	return f
}

// Art 13a(1): a time in which nothing ran is told once it is over; a copy that was
// never filled has not failed.
func TestArt13a_1_ATimeOfSilenceIsTold(t *testing.T) {
	n := open(t, "sqlite")
	n.at("2026-11-01 09:00")
	if n.watch() != 0 || len(n.notices(administrator, NoticeQuery{})) != 0 {
		t.Fatal("a copy that was never filled has failed")
	}
	n.fresh()
	n.watch()
	n.at("2026-11-01 09:14")
	if n.watch() != 0 {
		t.Error("a restart is a failure")
	}
	n.at("2026-11-01 11:00")
	if n.watch() != 1 {
		t.Error("a time of silence is not told")
	}
	list := n.notices(administrator, NoticeQuery{})
	if len(list) != 1 || !list[0].From.Equal(moment16("2026-11-01 09:14")) || list[0].Until == nil || !list[0].Until.Equal(n.clock.Now()) || !list[0].Automatic {
		t.Errorf("%+v", list)
	}
}

// Art 13a(1), (3): a carrier tells, also afterwards, what kept it from asking; it
// reads its own notices and those of the service, and the administrator reads all.
func TestArt13a_3_ACarrierTellsThatItCouldNotAsk(t *testing.T) {
	onBoth(t, func(n *counter) {
		one, other := n.admitted(), n.admitted()
		until := moment16("2026-11-01 08:30")
		met, err := n.report(one, NoticeReport{Kind: FailureMet, From: moment16("2026-11-01 07:00"), Until: &until, Transports: []string{" LM123 2026-11-01 "}, Words: "No answer by HTTPS."})
		if err != nil || met.Carrier != one.Authority.Name || met.Automatic || len(met.Transports) != 1 || met.Transports[0] != "LM123 2026-11-01" || met.Version != 1 {
			t.Fatalf("%+v %v", met, err)
		}
		n.clock.Advance(time.Minute)
		unable, err := n.report(other, NoticeReport{Kind: CarrierUnable, From: moment16("2026-11-01 08:45"), Words: "Our line is cut."})
		if err != nil || unable.Until != nil {
			t.Fatalf("%+v %v", unable, err)
		}
		n.clock.Advance(time.Minute)
		told, err := n.declare(NoticeReport{Kind: CarrierUnable, From: moment16("2026-11-01 08:00"), Words: "The network of the agency is down."})
		if err != nil || told.Kind != ServiceFailure || told.Carrier != "" || told.Automatic {
			t.Fatalf("%+v %v", told, err)
		}
		ids := func(list []Notice) string {
			var s []string
			for _, x := range list {
				s = append(s, map[string]string{met.ID: "met", unable.ID: "unable", told.ID: "told"}[x.ID])
			}
			return strings.Join(s, " ")
		}
		for _, c := range []struct {
			who  access.Principal
			q    NoticeQuery
			want string
		}{{one, NoticeQuery{}, "told met"}, {other, NoticeQuery{}, "told unable"}, {administrator, NoticeQuery{}, "told unable met"},
			{administrator, NoticeQuery{Lasting: true}, "told unable"}, {administrator, NoticeQuery{Limit: 1, Before: told.ID}, "unable"}} {
			if got := ids(n.notices(c.who, c.q)); got != c.want {
				t.Errorf("%s, %+v: %s; want %s", c.who.Authority.Name, c.q, got, c.want)
			}
		}
		now := n.clock.Now()
		end := func(who access.Principal, of Notice, at time.Time, version int64) error {
			_, err := n.end(who, of.ID, at, version)
			return err
		}
		wantRefusal(t, end(one, unable, now, 1), "notice_unknown") // as if it did not exist
		wantRefusal(t, end(administrator, unable, now, 1), "notice_of_another")
		wantRefusal(t, end(one, told, now, 1), "notice_of_another")
		wantRefusal(t, end(other, unable, now, 2), "notice_changed")
		wantRefusal(t, end(other, unable, now.Add(time.Second), 1), "until_ahead")
		wantRefusal(t, end(other, unable, unable.From.Add(-time.Second), 1), "until_before_from")
		wantRefusal(t, end(one, met, now, 1), "notice_ended")
		if err := end(other, unable, now, 1); err != nil {
			t.Error(err)
		}
		if err := end(administrator, told, now, 1); err != nil {
			t.Error(err)
		}
		if left := n.notices(administrator, NoticeQuery{Lasting: true}); len(left) != 0 {
			t.Errorf("%+v", left)
		}
	})
}

// Bad notices are refused by field, and nobody tells who is not registered.
func TestArt13a_3_BadNoticesAreRefused(t *testing.T) {
	n := open(t, "sqlite")
	n.at("2026-11-01 09:00").fresh()
	who := n.admitted()
	good := NoticeReport{Kind: FailureMet, From: moment16("2026-11-01 08:00"), Words: "x"}
	late := n.clock.Now().Add(time.Second)
	for code, change := range map[law.Code]func(*NoticeReport){
		"words_missing":       func(r *NoticeReport) { r.Words = " " },
		"from_missing":        func(r *NoticeReport) { r.From = time.Time{} },
		"from_ahead":          func(r *NoticeReport) { r.From = late },
		"from_too_old":        func(r *NoticeReport) { r.From = n.clock.Now().Add(-31 * 24 * time.Hour) },
		"until_ahead":         func(r *NoticeReport) { r.Until = &late },
		"until_before_from":   func(r *NoticeReport) { u := r.From.Add(-time.Second); r.Until = &u },
		"too_many_transports": func(r *NoticeReport) { r.Transports = make([]string, 201) },
		"transport_form":      func(r *NoticeReport) { r.Transports = []string{"LM\x011"} },
		"notice_kind":         func(r *NoticeReport) { r.Kind = ServiceFailure },
	} {
		in := good
		change(&in)
		_, err := n.report(who, in)
		if r := wantRefusal(t, err, code); r.Field == "" {
			t.Errorf("%s names no field", code)
		}
	}
	_, err := n.report(agent("C9"), good)
	wantRefusal(t, err, "carrier_unknown")
	_, err = run(n, agent("C9"), OpNotices, func(p access.Pass) ([]Notice, error) { return n.copy.Notices(p, NoticeQuery{Limit: 1}) })
	wantRefusal(t, err, "carrier_unknown")
}

// Art 13(4): notices go with the logs, two years after they ended; those that last
// stay.
func TestArt13a_NoticesGoWithTheLogs(t *testing.T) {
	n := open(t, "sqlite")
	n.at("2026-11-01 09:00").fresh()
	until := moment16("2026-11-01 08:30")
	if _, err := n.declare(NoticeReport{From: moment16("2026-11-01 08:00"), Until: &until, Words: "over"}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.declare(NoticeReport{From: moment16("2026-11-01 08:00"), Words: "lasts"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at   string
		want int
	}{{"2028-11-01 12:00", 2}, {"2028-11-02 12:00", 1}} {
		n.at(c.at)
		if _, err := EraseLogs(context.Background(), n.door, n.log); err != nil {
			t.Fatal(err)
		}
		if list := n.notices(administrator, NoticeQuery{}); len(list) != c.want {
			t.Errorf("%s: %d notices are left; want %d", c.at, len(list), c.want)
		}
	}
}
