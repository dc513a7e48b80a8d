package ees_test

import (
	"slices"
	"testing"

	"limen/ees"
)

// EES-009, EES-010, EES-022, EES-026, E25: a visa with two entries and 30 days.
func TestArt11_2_a_VisaEntriesAndDays(t *testing.T) {
	onBoth(t, func(b *border) {
		who := mehmet()
		who.Visa = &ees.VisaInput{Number: "FRA1234567", Issuer: "FRA", ValidFrom: day("2026-05-15"), ValidUntil: day("2026-08-31"), Days: 30, Entries: 2}
		first := b.enter("2026-06-01 08:00", who)
		if *first.StayEnd != day("2026-06-30") || first.Visa == nil || first.Visa.Days != 30 || first.Visa.Entries != 2 {
			b.Fatalf("%+v %+v", first, first.Visa)
		}
		b.leave("2026-06-10 08:00", who)
		second := b.enter("2026-07-01 08:00", who)
		if *second.StayEnd != day("2026-07-20") {
			b.Fatalf("second entry until %s", second.StayEnd)
		}
		if second.Visa.Days != 0 || second.Visa.Entries != 0 || second.Visa.StayEnd != day("2026-07-20") {
			b.Fatalf("days and entries belong to the first entry only: %+v", second.Visa)
		}
		b.leave("2026-07-10 08:00", who)
		third := b.at("2026-07-15 08:00").check(who)
		if third.Proposal != ees.Refuse || !found(third, "entries_exhausted") || !third.Stay.EntriesExhausted || !slices.Contains(third.ProposedReasons, "C") {
			b.Fatalf("%s %+v", third.Proposal, third.Findings)
		}
	})
}

// E24: the visa's validity bites.
func TestArt11_VisaValidityBites(t *testing.T) {
	onBoth(t, func(b *border) {
		who := mehmet()
		who.Visa = &ees.VisaInput{Number: "FRA7654321", Issuer: "FRA", ValidFrom: day("2026-06-01"), ValidUntil: day("2026-06-30"), Days: 15, Entries: 1}
		c := b.at("2026-06-20 08:00").check(who)
		if *c.Stay.LastDay != day("2026-06-30") || c.Stay.DaysRemaining != 11 {
			b.Fatalf("%+v", c.Stay)
		}
		if c := b.at("2026-07-01 08:00").check(who); c.Proposal != ees.Refuse || !found(c, "visa_expired") {
			b.Fatalf("%s %+v", c.Proposal, c.Findings)
		}
	})
}

// EES-017, E13: days_remaining is what the law means: old days leave the window
// during the stay, so that 60 days used leave 90 and not 30.
func TestArt11_DaysRemainingCountsDaysThatLeaveTheWindow(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-01-10 08:00", anna())
		b.leave("2026-03-10 08:00", anna())
		c := b.at("2026-06-15 08:00").check(anna())
		if c.Stay.DaysUsed != 60 || c.Stay.DaysRemaining != 90 || *c.Stay.LastDay != day("2026-09-12") {
			b.Fatalf("%+v", c.Stay)
		}
	})
}

// E07, ground F: after 90 days straight and 89 away no day is left.
func TestArt6_1_NinetyDaysUsed(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-01-01 08:00", anna())
		b.leave("2026-03-31 08:00", anna())
		c := b.at("2026-06-29 08:00").check(anna())
		if c.Proposal != ees.Refuse || !slices.Equal(c.ProposedReasons, []ees.RefusalReason{"F"}) || c.Stay.LastDay != nil || c.Stay.DaysRemaining != 0 {
			b.Fatalf("%s %v %+v", c.Proposal, c.ProposedReasons, c.Stay)
		}
		if c := b.at("2026-06-30 08:00").check(anna()); c.Proposal != ees.Admit || c.Stay.DaysRemaining != 90 {
			b.Fatalf("E06: %s %+v", c.Proposal, c.Stay)
		}
	})
}

// E23, EES-043: stays shown by stamps count while the transitional period lasts.
func TestArt22_1_StampsCount(t *testing.T) {
	onBoth(t, func(b *border) {
		req := anna()
		req.Stamps = []ees.StampInput{{Entry: day("2026-01-15"), Exit: day("2026-02-28")}}
		c := b.at("2026-04-20 08:00").check(req)
		if c.Stay.DaysRemaining != 45 || *c.Stay.LastDay != day("2026-06-03") {
			b.Fatalf("%+v", c.Stay)
		}
	})
}

// E34: the day is the local one: 23:30 in Lisbon is still July.
func TestArt16_LocalDayOfTheCrossingPoint(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-07-01 08:00", anna())
		req := anna()
		req.CrossingPoint, req.Direction = "PTLIS", ees.Exit
		if r := b.at("2026-07-31 22:30").cross(b.check(req)); r.Exit.On != day("2026-07-31") {
			b.Fatalf("exit on %s", r.Exit.On)
		}
	})
}

// Intending more days than there are sends to second line, with the figures.
func TestArt6_1_IntendedStayTooLong(t *testing.T) {
	onBoth(t, func(b *border) {
		req := anna()
		req.IntendedDays = 120
		c := b.at("2026-11-01 08:00").check(req)
		if c.Proposal != ees.SecondLine || !found(c, "intended_stay_too_long") {
			b.Fatalf("%s %+v", c.Proposal, c.Findings)
		}
	})
}
