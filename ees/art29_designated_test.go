package ees_test

import (
	"testing"

	"limen/access"
	"limen/ees"
	"limen/law"
	"limen/person"
)

// Only units and access points that are listed today take part; a unit falls
// with its designated authority. EES-051.
func TestArt29_5_OnlyListedOfficesTakePart(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		b.at("2026-06-01 10:00")
		stranger := staffOf(access.OperatingUnit, "FRA", "Brigade inconnue", "x")
		_, err := b.trySubmit(stranger, history())
		if r := b.refusedAs(err, "not_designated"); r.Kind != law.NotPermitted || r.Cite != "2017/2226 art 29(5)" {
			t.Errorf("%+v", r)
		}
		// The same name in another state is another office.
		abroad := staffOf(access.OperatingUnit, "D", unit.Authority.Name, "x")
		_, err = b.trySubmit(abroad, history())
		b.refusedAs(err, "not_designated")
		r := b.submit(unit, history())
		_, err = b.tryDecide(staffOf(access.CentralAccessPoint, "FRA", "Autre point", "x"), r.RequestID, 0, ees.RequestDecision{Approve: true})
		if r := b.refusedAs(err, "not_designated"); r.Cite != "2017/2226 art 29(4)" {
			t.Errorf("%+v", r)
		}
		// The last day of the listing is still one; the next is not.
		until := ees.Designation{Kind: ees.ListedUnit, State: "FRA", Name: unit.Authority.Name, Authority: "Police nationale", From: day("2026-01-01"), Until: day("2026-06-02")}
		if err := b.tryList(until); err != nil {
			t.Fatal(err)
		}
		b.at("2026-06-02 23:59").submit(unit, history())
		b.at("2026-06-03 00:00")
		_, err = b.trySubmit(unit, history())
		b.refusedAs(err, "not_designated")
		until.Until = 0
		if err := b.tryList(until); err != nil {
			t.Fatal(err)
		}
		b.submit(unit, history())
		if err := b.tryList(ees.Designation{Kind: ees.DesignatedAuthority, State: "FRA", Name: "Police nationale", From: day("2026-01-01"), Until: day("2026-06-02")}); err != nil {
			t.Fatal(err)
		}
		_, err = b.trySubmit(unit, history())
		b.refusedAs(err, "not_designated")
	})
}

// at keeps the play's own type.
func (b *police) at(moment string) *police {
	b.Helper()
	b.border.at(moment)
	return b
}

// What cannot be listed is refused with its field, and nothing is stored. An
// access point is separate from those who ask it (art 29(3)).
func TestArt29_3_AccessPointIsSeparate(t *testing.T) {
	onBothWithPolice(t, func(b *police) {
		listed := b.count(`SELECT COUNT(*) FROM ees_designated`)
		from := day("2026-01-01")
		for _, c := range []struct {
			d     ees.Designation
			code  law.Code
			field string
		}{
			{ees.Designation{Kind: "office", State: "FRA", Name: "X", From: from}, "unknown_kind", "kind"},
			{ees.Designation{Kind: ees.ListedAccessPoint, State: "EUE", Name: "X", From: from}, "state_of_designation", "state"},
			{ees.Designation{Kind: ees.ListedEuropolPoint, State: "FRA", Name: "X", From: from}, "state_of_designation", "state"},
			{ees.Designation{Kind: ees.ListedAccessPoint, State: "IRL", Name: "X", From: from}, "state_of_designation", "state"},
			{ees.Designation{Kind: ees.ListedAccessPoint, State: "FRA", Name: "  ", From: from}, "name_missing", "name"},
			{ees.Designation{Kind: ees.ListedAccessPoint, State: "FRA", Name: "X"}, "date_missing", "from"},
			{ees.Designation{Kind: ees.ListedAccessPoint, State: "FRA", Name: "X", From: from, Until: from - 1}, "ends_before_it_begins", "until"},
			{ees.Designation{Kind: ees.ListedAccessPoint, State: "FRA", Name: "X", Authority: "Y", From: from}, "authority_of_unit", "authority"},
			{ees.Designation{Kind: ees.ListedUnit, State: "FRA", Name: "X", From: from}, "authority_of_unit", "authority"},
			{ees.Designation{Kind: ees.ListedUnit, State: "FRA", Name: "X", Authority: "Nobody", From: from}, "authority_not_listed", "authority"},
			{ees.Designation{Kind: ees.ListedUnit, State: "FRA", Name: point.Authority.Name, Authority: "Police nationale", From: from}, "not_independent", "name"},
			{ees.Designation{Kind: ees.ListedAccessPoint, State: "FRA", Name: unit.Authority.Name, From: from}, "not_independent", "name"},
			{ees.Designation{Kind: ees.ListedEuropolUnit, State: "EUE", Name: euPoint.Authority.Name, From: from}, "not_independent", "name"},
		} {
			if r := b.refusedAs(b.tryList(c.d), c.code); r.Field != c.field {
				t.Errorf("%s at %q, want %q", c.code, r.Field, c.field)
			}
		}
		if n := b.count(`SELECT COUNT(*) FROM ees_designated`); n != listed {
			t.Errorf("%d lines, want %d", n, listed)
		}
		list, err := run(b.border, keeper, ees.OpListDesignated, func(p access.Pass) (ees.Designations, error) { return b.register.ListDesignated(p) })
		if err != nil || len(list.Listed) != listed || list.Listed[0].State != person.State("D") {
			t.Errorf("%+v, %v", list, err)
		}
		// Whoever submitted or ordered a request does not verify it.
		b.at("2026-06-01 10:00")
		for _, officer := range []access.Officer{"brigadier", "commissaire"} {
			r := b.submit(unit, history())
			same := point
			same.Officer = officer
			_, err = b.tryDecide(same, r.RequestID, 0, ees.RequestDecision{Approve: true})
			b.refusedAs(err, "not_independent")
		}
	})
}
