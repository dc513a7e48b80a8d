package ees_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"limen/access"
	"limen/db"
	"limen/db/dbtest"
	"limen/ees"
	"limen/law"
	"limen/ledger"
	"limen/person"
)

// newBorder is a central system of its own, on SQLite.
func newBorder(t *testing.T, from time.Time) *border {
	t.Helper()
	clock := dbtest.NewClock(from)
	s := dbtest.Open(t, db.SQLite, schemas, db.Options{Clock: clock.Now})
	key, err := ledger.OpenKey(filepath.Join(t.TempDir(), "ledger.key"), "limen.test/log")
	if err != nil {
		t.Fatal(err)
	}
	log, err := ledger.Open(t.Context(), s, key, ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	door, err := access.NewDoor(s, log, append(ees.Operations(), access.Operations()...), append(ees.Grants(), access.Grants()...))
	if err != nil {
		t.Fatal(err)
	}
	return &border{T: t, guard: guard, clock: clock, store: s, door: door, log: log, register: &ees.Register{}}
}

// journey is one event of somebody's history.
type journey struct {
	who     int
	at      time.Time
	event   ees.BackfillEvent
	told    time.Time // when the register hears of it
	offline bool
}

// drawHistory invents travellers and what they do, most of it in an order that
// makes sense. Crossings of one person lie hours apart.
func drawHistory(rng *rand.Rand, from time.Time) []journey {
	points := []string{"FRCDG", "PTLIS", "DEFRA", "FRORY"}
	var all []journey
	for who := range 1 + rng.IntN(3) {
		visaNeeded := rng.IntN(2) == 0
		nationality := "CAN"
		if visaNeeded {
			nationality = "TUR"
		}
		req := traveller(fmt.Sprintf("%c%c%cOVA", 'A'+who, 'K'+who, 'R'+who), "NINA", fmt.Sprintf("198%d-0%d-11", who, who+1), "F", nationality, fmt.Sprintf("%s%06d", nationality, who))
		at, inside := from, false
		for n := range 2 + rng.IntN(8) {
			at = at.Add(3*time.Hour + time.Duration(rng.IntN(50*24*60))*time.Minute)
			e := ees.BackfillEvent{Key: fmt.Sprintf("%d-%d", who, n), CheckRequest: req, Decision: "crossed", Officer: "guard"}
			e.CrossingPoint, e.Direction = points[rng.IntN(len(points))], ees.Entry
			if inside != (rng.IntN(8) == 0) {
				e.Direction = ees.Exit
			}
			inside = e.Direction == ees.Entry
			if visaNeeded {
				sticker := min(n/4, 1)
				e.Visa = &ees.VisaInput{Number: fmt.Sprintf("V%d%d", who, sticker), Issuer: "FRA", ValidFrom: day("2026-04-01"), ValidUntil: day("2027-03-31"), Days: 20 + 40*sticker, Entries: 2 * sticker}
			}
			if e.Direction == ees.Entry && rng.IntN(10) == 0 {
				e.Decision, e.Reasons, inside = "refused", []ees.RefusalReason{"E"}, false
			}
			e.Origin = []ees.Origin{ees.NUIBuffer, ees.LocalBuffer, ees.Manual}[rng.IntN(3)]
			moment := at
			e.At = &moment
			all = append(all, journey{who: who, at: at, event: e, told: at})
		}
	}
	return all
}

// online tells an event as it happens.
func (b *border) online(e ees.BackfillEvent) {
	b.Helper()
	b.clock.Set(*e.At)
	req := e.CheckRequest
	req.At, req.Origin = nil, ""
	c := b.check(req)
	var err error
	if e.Decision == "refused" {
		_, err = b.tryRefuse(ees.RefusalRequest{CheckID: c.CheckID, Reasons: e.Reasons})
	} else {
		crossing := ees.CrossingRequest{CheckID: c.CheckID}
		if c.Proposal == ees.Refuse {
			crossing.Despite = "admitted by the guard"
		}
		_, err = b.tryCross(crossing)
	}
	if err != nil {
		b.Fatalf("%s at %s: %v", e.Key, e.At, err)
	}
}

// content is everything in the register that does not say how it came there, by
// traveller: events, ends, flags, visas, refusals and the day on which something
// falls due.
func (b *border) content(history []journey) map[int]string {
	b.Helper()
	all := map[int]string{}
	for _, j := range history {
		if all[j.who] != "" {
			continue
		}
		found, err := access.Run(b.Context(), b.door, access.Request{Principal: guard, Op: ees.OpSearchFiles, Purpose: access.BorderCheck},
			func(p access.Pass) (ees.FileList, error) {
				return b.register.SearchFiles(p, ees.FileQuery{Document: j.event.Document.Number, Issuer: j.event.Document.Issuer, On: law.MustDate("2026-04-10")})
			})
		if err != nil || len(found.Files) != 1 {
			b.Fatalf("traveller %d has %d files, %v", j.who, len(found.Files), err)
		}
		f := b.file(found.Files[0].Ref)
		type line struct {
			EntryAt, ExitAt string
			Entry, Exit     string
			End             string
			Class           ees.OverstayClass
			Days            int
			State           string
			NoExit          bool
			Visa, ExitVisa  *ees.VisaOnRecord
		}
		var lines []line
		for _, r := range f.Records {
			l := line{Class: r.OverstayClass, Days: r.OverstayDays, State: r.State, NoExit: r.EndedWithoutExit, Visa: r.Visa}
			if r.Entry != nil {
				// Of an exit without an entry the visa says nothing about a stay, and it is
				// lost when the exit was first taken for that of another stay on the same visa.
				l.ExitVisa = r.ExitVisa
				l.EntryAt, l.Entry = r.Entry.At.String(), r.Entry.On.String()+r.Entry.CrossingPoint
			}
			if r.Exit != nil {
				l.ExitAt, l.Exit = r.Exit.At.String(), r.Exit.On.String()+r.Exit.CrossingPoint
			}
			if r.StayEnd != nil {
				l.End = r.StayEnd.String()
			}
			lines = append(lines, l)
		}
		var refusals []string
		for _, r := range f.Refusals {
			refusals = append(refusals, r.RefusedAt.String()+r.CrossingPoint)
		}
		slices.Sort(refusals)
		var due, last law.Date
		b.read(`SELECT due_on, last_event_on FROM ees_file WHERE ref = $1`, string(f.Ref)).into(&due, &last)
		text, err := json.MarshalIndent(map[string]any{"records": lines, "refusals": refusals, "due": due.String(), "last": last.String(), "stay": f.Stay}, "", " ")
		if err != nil {
			b.Fatal(err)
		}
		all[j.who] = string(text)
	}
	return all
}

// EES-041: whatever an outage does to the order in which the register hears of
// things, and however often it hears of them, it comes to say the same as if it
// had heard of each when it happened.
func TestArt21_1_AnyOrderLeadsToTheSameRegister(t *testing.T) {
	from := time.Date(2026, 4, 10, 1, 0, 0, 0, time.UTC)
	for seed := range uint64(42) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 21))
			history := drawHistory(rng, from)
			slices.SortStableFunc(history, func(a, b journey) int { return a.at.Compare(b.at) })
			end := history[len(history)-1].at.AddDate(0, 8, 0)
			straight := newBorder(t, from)
			for _, j := range history {
				straight.online(j.event)
			}
			straight.clock.Set(end)
			straight.flag()

			late := slices.Clone(history)
			for i := range late {
				if rng.IntN(5) < 3 {
					late[i].offline = true
					// Buffers come back in bulk, a few times in all.
					late[i].told = late[i].at.Truncate(60 * 24 * time.Hour).Add(time.Duration(60+rng.IntN(3)*30) * 24 * time.Hour)
				}
			}
			slices.SortStableFunc(late, func(a, b journey) int { return a.told.Compare(b.told) })
			outage := newBorder(t, from)
			order := slices.Clone(late)
			for len(late) > 0 {
				if !late[0].offline {
					outage.online(late[0].event)
					late = late[1:]
					continue
				}
				n := 1
				for n < len(late) && late[n].offline && late[n].told.Equal(late[0].told) {
					n++
				}
				outage.clock.Set(late[0].told)
				if rng.IntN(2) == 0 {
					outage.flag()
				}
				outage.deliver(rng, late[:n])
				late = late[n:]
			}
			outage.clock.Set(end)
			outage.flag()
			want, got := straight.content(history), outage.content(history)
			for who := range want {
				if got[who] != want[who] {
					for _, j := range order {
						if j.who == who {
							t.Logf("%s at %s %s %s %s, told %s", j.event.Key, j.at.Format("2006-01-02 15:04"), j.event.Direction, j.event.Decision, j.event.CrossingPoint, j.told.Format("2006-01-02 15:04"))
						}
					}
					t.Fatalf("traveller %d: told late:\n%s\ntold at once:\n%s", who, got[who], want[who])
				}
			}
		})
	}
}

// deliver tells a buffer in batches, in any order, some events more than once,
// each by its own state.
func (b *border) deliver(rng *rand.Rand, kept []journey) {
	b.Helper()
	byState := map[person.State][]ees.BackfillEvent{}
	for _, j := range kept {
		point, err := person.ParseCrossingPoint(j.event.CrossingPoint)
		if err != nil {
			b.Fatal(err)
		}
		for range 1 + rng.IntN(2) {
			byState[point.State] = append(byState[point.State], j.event)
		}
	}
	states := []person.State{"FRA", "PRT", "D"}
	rng.Shuffle(len(states), func(i, j int) { states[i], states[j] = states[j], states[i] })
	for _, state := range states {
		events := byState[state]
		delete(byState, state)
		rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		for len(events) > 0 {
			n := 1 + rng.IntN(len(events))
			report, err := b.register.BackfillAll(context.Background(), b.door, access.Request{Principal: guardOf(string(state))}, events[:n])
			if err != nil {
				b.Fatal(err)
			}
			for _, r := range report.Results {
				if r.Outcome != ees.Recorded && r.Outcome != ees.AlreadyRecorded {
					b.Fatalf("%s: %s %+v", r.Key, r.Outcome, r.Problem)
				}
			}
			events = events[n:]
		}
	}
	for state := range byState {
		b.Fatalf("events of %s were not delivered", state)
	}
}
