package sim

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"limen/ees"
	"limen/law"
	"limen/person"
)

func mustPoint(t testing.TB, code string) *person.CrossingPoint {
	t.Helper()
	p, err := person.ParseCrossingPoint(code)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustPlan(t testing.TB, seed uint64, travellers int) *Plan {
	t.Helper()
	p, err := MakePlan(seed, travellers, until)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSameSeedSamePopulation(t *testing.T) {
	a, b := mustPlan(t, 5, 600), mustPlan(t, 5, 600)
	if !reflect.DeepEqual(a, b) {
		t.Error("the same seed gave two populations")
	}
	c := mustPlan(t, 6, 600)
	if reflect.DeepEqual(a.Travellers[100].Name, c.Travellers[100].Name) && reflect.DeepEqual(a.Travellers[101].Name, c.Travellers[101].Name) {
		t.Error("another seed gave the same people")
	}
	// A larger population begins with the smaller one, household by household.
	d := mustPlan(t, 5, 1200)
	for i := range a.Travellers[:590] {
		if !reflect.DeepEqual(a.Travellers[i], d.Travellers[i]) {
			t.Fatalf("traveller %d is another person in a larger population", i)
		}
	}
}

// TestPassports holds that every zone can be read and says what it should.
func TestPassports(t *testing.T) {
	p := mustPlan(t, 11, 3000)
	seen := map[string]bool{}
	for i := range p.Travellers {
		tr := &p.Travellers[i]
		for _, pass := range tr.Passports {
			m := person.ParseMRZ(pass.MRZ)
			doc, err := m.Document(p.Today)
			birth, err2 := m.BirthDate(p.Today)
			if !m.Valid || len(m.Warnings) > 0 || err != nil || err2 != nil || doc != pass.Document || birth != person.BornOn(tr.Born) {
				t.Errorf("%s: %q: %v %v %v %v", tr.Name, pass.MRZ, m.Errors, m.Warnings, err, err2)
			}
			key := pass.Document.Key()
			if seen[key] {
				t.Errorf("two passports %s", key)
			}
			seen[key] = true
		}
		if len(tr.registered().Normal()) < 3 {
			t.Errorf("%s has no name in the zone", tr.Name)
		}
		for _, trip := range p.Trips[i] {
			pass := tr.passport(trip.Enter)
			if i >= len(scripts) && (pass.Document.Expiry < trip.Enter || pass.Issued > trip.Enter) {
				t.Errorf("%s enters on %s with a passport of %s to %s", tr.Name, trip.Enter, pass.Issued, pass.Document.Expiry)
			}
			if trip.Enter < tr.Born {
				t.Errorf("%s travels on %s, before the birth", tr.Name, trip.Enter)
			}
		}
	}
}

// TestTables holds the tables of this package against the law and the lists of
// package person.
func TestTables(t *testing.T) {
	today := law.DateIn(until, time.UTC)
	rule := func(n *nation, want person.VisaRule) {
		r, err := person.VisaRequirement(n.code, today)
		if err != nil || r.Rule != want {
			t.Errorf("%s: %v, %v, want %s", n.code, r.Rule, err, want)
		}
		if nameGroups[n.group] == nil {
			t.Errorf("%s: no names %q", n.code, n.group)
		}
		if n.byAir < 100 && len(n.near) == 0 || n.byAir == 100 && len(n.near) > 0 {
			t.Errorf("%s: %d%% by air and %d other crossing points", n.code, n.byAir, len(n.near))
		}
		for _, code := range n.near {
			if p := mustPoint(t, code); p.Kind == law.AirBorder {
				t.Errorf("%s: %s is an airport", n.code, code)
			}
		}
	}
	for i := range visaRequired {
		rule(&visaRequired[i], person.VisaRequired)
	}
	for i := range visaExempt {
		rule(&visaExempt[i], person.VisaExempt)
	}
	for _, h := range hubs {
		mustPoint(t, h.code)
	}
	for _, code := range sunAirports {
		mustPoint(t, code)
	}
	if len(nameGroups) < 20 {
		t.Errorf("%d groups of names", len(nameGroups))
	}
	for name, g := range nameGroups {
		if len(g.men) < 15 || len(g.women) < 15 || len(g.surnames) < 40 {
			t.Errorf("%s: %d men, %d women, %d surnames", name, len(g.men), len(g.women), len(g.surnames))
		}
		for _, list := range [][]string{g.men, g.women, g.surnames} {
			seen := map[string]bool{}
			for _, n := range list {
				if person.Transliterate(n, g.language) == "" || seen[n] {
					t.Errorf("%s: %q cannot be written in a zone, or stands twice", name, n)
				}
				seen[n] = true
			}
		}
	}
}

// TestTripsAreLawful asks the room's calculator about every stay of those who
// mean to keep the law, as if the register had seen all of them (EES-016, EES-017).
func TestTripsAreLawful(t *testing.T) {
	p := mustPlan(t, 13, 1500)
	lawful, late, open := 0, 0, 0
	for i := len(scripts); i < len(p.Travellers); i++ {
		var h ees.History
		numbers := map[string]int32{}
		for _, trip := range p.Trips[i] {
			if trip.TurnedDown != "" || trip.NoVisaShown {
				continue
			}
			s := ees.Stay{Entry: trip.Enter, Exit: trip.Leave}
			if v := trip.Visa; v != nil {
				if numbers[v.Number] == 0 {
					h.Visas = append(h.Visas, ees.Visa{ValidFrom: v.ValidFrom, ValidUntil: v.ValidUntil, Days: v.Days, Entries: v.Entries})
					numbers[v.Number] = int32(len(h.Visas))
				}
				s.Visa = numbers[v.Number]
			}
			h.Stays = append(h.Stays, s)
		}
		over := false
		for _, s := range h.Stays {
			if s.Exit == 0 {
				open++
				continue
			}
			a, err := ees.Calculate(&h, ees.Question{On: s.Exit})
			if err != nil {
				t.Fatal(err)
			}
			over = over || a.OverstayDays > 0
		}
		if over {
			late++
		} else {
			lawful++
		}
	}
	// Two in a hundred have the habit of overstaying; nobody else may.
	if late == 0 || late*100 > 4*(late+lawful) || open == 0 {
		t.Errorf("%d lawful, %d late, %d without an end", lawful, late, open)
	}
}

// TestCountAgainstCalculator compares the count of this package, day by day,
// with the room's calculator on histories of any kind (EES-014 to EES-019).
func TestCountAgainstCalculator(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := law.MustDate("2026-01-01")
		var past []span
		h := new(ees.History)
		var visas []*ees.VisaInput
		withVisas := rapid.Bool().Draw(t, "visas")
		for range rapid.IntRange(0, 8).Draw(t, "stays") {
			day += law.Date(rapid.IntRange(0, 60).Draw(t, "gap"))
			s := span{enter: day, leave: day + law.Date(rapid.IntRange(0, 70).Draw(t, "length"))}
			var number int32
			if withVisas {
				if len(visas) == 0 || rapid.IntRange(0, 2).Draw(t, "new visa") == 0 {
					visas = append(visas, anyVisa(t, day, len(visas)))
					v := visas[len(visas)-1]
					h.Visas = append(h.Visas, ees.Visa{ValidFrom: v.ValidFrom, ValidUntil: v.ValidUntil, Days: v.Days, Entries: v.Entries})
				}
				number = int32(len(visas))
				s.visa = visas[number-1]
			}
			question := ees.Question{On: day, Intended: ees.Stay{Entry: day, Visa: number}}
			a, err := ees.Calculate(h, question)
			if err != nil {
				t.Fatal(err)
			}
			end := max(lastLawful(past, s.visa, day), day-1)
			if used := presence(past, day).used(day); a.End != end || a.DaysUsed != used {
				t.Fatalf("entry on %s after %v: end %s and %d days here, %s and %d by the calculator", day, past, end, used, a.End, a.DaysUsed)
			}
			past = append(past, s)
			h.Stays = append(h.Stays, ees.Stay{Entry: s.enter, Exit: s.leave, Visa: number})
			day = s.leave
			if a, err = ees.Calculate(h, ees.Question{On: day}); err != nil {
				t.Fatal(err)
			}
			if over := max(0, int(day-end)); a.OverstayDays != over {
				t.Fatalf("exit on %s after %v: overstay of %d here, %d by the calculator", day, past, over, a.OverstayDays)
			}
		}
	})
}

func anyVisa(t *rapid.T, day law.Date, n int) *ees.VisaInput {
	from := day - law.Date(rapid.IntRange(0, 30).Draw(t, "from"))
	return &ees.VisaInput{Number: string(rune('A' + n)), Issuer: "FRA", ValidFrom: from, ValidUntil: day + law.Date(rapid.IntRange(0, 300).Draw(t, "validity")),
		Days: rapid.SampledFrom([]int{5, 15, 30, 90}).Draw(t, "days"), Entries: rapid.IntRange(0, 2).Draw(t, "entries")}
}
