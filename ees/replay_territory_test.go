package ees_test

import (
	"testing"

	"limen/ees"
	"limen/law"
)

// amended is a book in which parameters of the calculator have these rows:
// name, first day, value.
func (b *border) amended(rows ...[3]string) *law.Book {
	b.Helper()
	var amendments []law.Amendment
	for _, row := range rows {
		for _, p := range ees.ReplayParams() {
			if p.Describe().Name != row[0] {
				continue
			}
			a, err := p.Draft([]law.DraftRow{{From: law.DraftText{Text: row[1]}, Value: law.DraftText{Text: row[2]}, Cite: law.DraftText{Text: "2016/399 art 6(1a)"}}})
			if err != nil {
				b.Fatal(err)
			}
			amendments = append(amendments, a)
		}
	}
	if len(amendments) != len(rows) {
		b.Fatalf("%d of %d parameters", len(amendments), len(rows))
	}
	book, err := law.NewBook(0, amendments...)
	if err != nil {
		b.Fatal(err)
	}
	return book
}

// Which states belong to the common area is law of a day like any other: were
// Romania no part of it, its stays would be none of the common period, recorded
// or shown by stamps, and neither is changed for the decision of the law in force.
func TestArt26_AccessionIsReadFromTheBook(t *testing.T) {
	onBoth(t, func(b *border) {
		inRomania := anna()
		inRomania.CrossingPoint = "ROOTP"
		b.enter("2026-05-01 08:00", inRomania)
		b.leave("2026-05-20 08:00", inRomania)
		stamped := anna()
		stamped.Stamps = []ees.StampInput{{State: "ROU", Entry: day("2026-04-11"), Exit: day("2026-04-20")}, {State: "FRA", Entry: day("2026-04-25"), Exit: day("2026-04-26")}}
		file := b.enter("2026-06-01 08:00", stamped).File
		b.leave("2026-06-10 08:00", anna())

		without := b.amended([3]string{"acquis.ROU", "2030-01-01", "air sea land"}, [3]string{"ees.states", "2025-10-12", "FRA D"})
		got := b.replay(file, without)
		if s := got.Stays[0]; s.Same || s.Under.Rule != ees.RuleElsewhere || s.Under.DaysUsed != 0 || s.Under.LastDay != nil || s.Then.Rule != ees.RuleExempt || s.Then.DaysUsed != 20 {
			b.Errorf("in Romania: %+v", s)
		}
		if s := got.Stays[1]; s.Then.DaysUsed != 42 || s.Under.DaysUsed != 12 || s.Under.Rule != ees.RuleExempt {
			b.Errorf("in France after it: %+v", s)
		}
		if s := b.replay(file, b.amended([3]string{"ees.count_ltv", "2013-10-18", "false"})).Stays[1]; !s.Same || s.Under.DaysUsed != 42 {
			b.Errorf("nothing said of states: %+v", s)
		}
		// The law of a day before the accession knows nothing of it.
		if from, ok := law.StaysCountFromUnder(b.underLaw("2024-03-30", ""), "ROU"); ok {
			b.Errorf("counts from %s", from)
		}
		if from, ok := law.StaysCountFromUnder(b.underLaw("2024-03-31", ""), "ROU"); !ok || from != day("2024-03-31") {
			b.Errorf("counts from %s, %v", from, ok)
		}
	})
}

// A state that would apply the acquis in part tests neither the days nor the
// entries of a visa (art 11(4), (5)).
func TestArt26_PartialStateIsReadFromTheBook(t *testing.T) {
	onBoth(t, func(b *border) {
		file := b.enter("2026-05-01 08:00", mehmetOnVisa()).File // 60 days, until 2026-07-31
		b.leave("2026-07-10 08:00", mehmetOnVisa())
		got := b.replay(file, b.amended([3]string{"ees.partial_states", "2025-10-12", "FRA"})).Stays[0]
		if got.Then.Rule != ees.RuleVisa || got.Then.LastDay.String() != "2026-06-29" || got.Then.OverstayDays != 11 {
			b.Errorf("in force: %+v", got.Then)
		}
		if got.Under.Rule != ees.RulePartial || got.Under.LastDay.String() != "2026-07-29" || got.Under.OverstayDays != 0 {
			b.Errorf("in part: %+v", got.Under)
		}
	})
}
