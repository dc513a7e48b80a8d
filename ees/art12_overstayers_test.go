package ees_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"limen/access"
	"limen/ees"
)

func (b *border) overstayers(q ees.OverstayerQuery) ees.OverstayerList {
	b.Helper()
	if q.Limit == 0 {
		q.Limit = 50
	}
	l, err := run(b, guard, ees.OpListOverstayers, func(p access.Pass) (ees.OverstayerList, error) { return b.register.ListOverstayers(p, q) })
	if err != nil {
		b.Fatal(err)
	}
	return l
}

func (b *border) flag() int {
	b.Helper()
	n, err := b.register.FlagOverstayers(context.Background(), b.door, nil)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// EES-028, E31: a stay without exit is flagged the day after it ended, after
// midnight in the westernmost zone, and listed as NO_EXIT; a late exit moves it
// to EXCEEDED.
func TestArt12_1_StayWithoutExitIsFlagged(t *testing.T) {
	onBoth(t, func(b *border) {
		b.enter("2026-05-01 08:00", anna()) // authorised until 2026-07-29
		if n := b.at("2026-07-29 23:30").flag(); n != 0 {
			b.Fatalf("flagged %d on the last lawful day", n)
		}
		if n := b.at("2026-07-29 23:59").flag(); n != 0 {
			b.Fatalf("flagged %d before midnight", n)
		}
		if n := b.at("2026-07-30 00:30").flag(); n != 1 {
			b.Fatalf("flagged %d after midnight in the Azores", n)
		}
		l := b.overstayers(ees.OverstayerQuery{})
		if len(l.Overstayers) != 1 || l.Overstayers[0].Class != ees.NoExit || l.Overstayers[0].Since != day("2026-07-30") || l.Overstayers[0].File.Surname != "PELLETIER" {
			b.Fatalf("%+v", l)
		}
		b.leave("2026-08-02 08:00", anna())
		l = b.overstayers(ees.OverstayerQuery{})
		if len(l.Overstayers) != 1 || l.Overstayers[0].Class != ees.Exceeded || l.Overstayers[0].Days != 4 {
			b.Fatalf("%+v", l)
		}
		if n := b.at("2026-09-01 00:30").flag(); n != 0 {
			b.Fatalf("flagged %d again", n)
		}
	})
}

// EES-014: a family member is recorded, never counted, flagged or listed.
func TestArt2_4_FamilyMemberIsNeverListed(t *testing.T) {
	onBoth(t, func(b *border) {
		req := anna()
		req.FamilyMember = true
		r := b.enter("2026-05-01 08:00", req)
		if r.StayEnd != nil || !r.FamilyMember {
			b.Fatalf("%+v", r)
		}
		if n := b.at("2027-05-01 08:00").flag(); n != 0 {
			b.Fatalf("flagged %d", n)
		}
		req.Direction = ees.Exit
		if c := b.check(req); c.Stay.Computed || c.Stay.OverstayDays != 0 {
			b.Fatalf("%+v", c.Stay)
		}
	})
}

// The list is read by pages, the longest overstay first, and the duty goes on
// after any number of steps.
func TestArt12_PagesOfTheList(t *testing.T) {
	onBoth(t, func(b *border) {
		const people = 7
		for i := range people {
			who := traveller(fmt.Sprintf("OVER%c", 'A'+i), "JOHN", fmt.Sprintf("19%02d-03-04", 60+i), "M", "USA", fmt.Sprintf("US%d", i))
			b.enter(fmt.Sprintf("2026-03-%02d 08:00", 20-i), who)
		}
		if n := b.at("2026-10-01 08:00").flag(); n != people {
			b.Fatalf("flagged %d", n)
		}
		var since []string
		q := ees.OverstayerQuery{Limit: 3}
		for pages := 0; pages < 5; pages++ {
			l := b.overstayers(q)
			for _, o := range l.Overstayers {
				since = append(since, o.Since.String())
			}
			if q.After = l.Next; q.After == "" {
				break
			}
		}
		if len(since) != people || !slices.IsSorted(since) {
			b.Fatalf("%v", since)
		}
		if l := b.overstayers(ees.OverstayerQuery{Class: ees.Exceeded}); len(l.Overstayers) != 0 {
			b.Fatalf("%+v", l)
		}
	})
}
