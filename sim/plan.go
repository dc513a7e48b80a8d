package sim

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"limen/ees"
	"limen/law"
)

// Plan is a population and all its travels, fixed by seed, number and end.
type Plan struct {
	Seed       uint64
	Until      time.Time
	Today      law.Date // civil day of Until, UTC
	Travellers []Traveller
	Trips      [][]Trip // of each traveller, in order

	traits    []trait
	waves     []wave
	crossings int
}

// trait is what is special about a traveller at the booth.
type trait struct {
	family bool
	hand   string // what became of the fingerprints at the first entry
}

// wave is the crossings of a few minutes. The house's clock stands at its end
// while they are recorded: all of them happened in the quarter of an hour before,
// within which a record counts as made online.
type wave struct {
	end       time.Time
	crossings []crossing
}

// crossing is one planned event.
type crossing struct {
	traveller, trip int
	direction       ees.Direction
	at              time.Time
}

// Times of day of the waves, UTC. At every crossing point of the area, from the
// Azores to Finland, the civil day of these hours is that of UTC.
const (
	firstWave = 4*time.Hour + 30*time.Minute
	waveHours = 16 * time.Hour
	waveSpan  = 11 * time.Minute
)

// crossingsInWave is how many crossings a wave has on average, once the
// population is large enough for more than two waves a day.
const crossingsInWave = 24

// backYears is how far back people remember: stays that began before the System
// did matter for what is lawful afterwards.
const backYears = 2

// passportsEach is the most passports that one traveller has.
const passportsEach = 4

// MakePlan draws the population. The telling travellers of Samples come first;
// there are as many more as it takes to make up the number.
func MakePlan(seed uint64, travellers int, until time.Time) (*Plan, error) {
	p := &Plan{Seed: seed, Until: until.UTC(), Today: law.DateIn(until, time.UTC)}
	if p.Today < law.EESStart() {
		return nil, fmt.Errorf("sim: the history would end on %s, before the Entry/Exit System began on %s", p.Today, law.EESStart())
	}
	stickers := 10_000_000
	serial := func() int { stickers++; return stickers }
	for i := range scripts {
		s := &scripts[i]
		t, err := s.traveller(i, p.Today)
		if err != nil {
			return nil, err
		}
		visa := s.visa.input(p.Today, 10_000_000+i)
		p.add(t, s.plannedTrips(p.Today, visa), trait{s.family, s.hand})
	}
	stickers += len(scripts)
	for h := 0; len(p.Travellers) < travellers; h++ {
		if err := p.addHousehold(h, travellers, serial); err != nil {
			return nil, err
		}
	}
	p.schedule()
	return p, nil
}

func (p *Plan) add(t Traveller, trips []Trip, special trait) {
	p.Travellers = append(p.Travellers, t)
	p.Trips = append(p.Trips, trips)
	p.traits = append(p.traits, special)
}

// addHousehold draws a household, its passports and its trips.
func (p *Plan) addHousehold(h, most int, serial func() int) error {
	from := (law.Period{Years: backYears}).Before(p.Today)
	r := stream(p.Seed, streamHousehold, h)
	n := drawNation(r)
	people := household(r, n, from)
	people = people[:min(len(people), most-len(p.Travellers))]
	special := trait{family: chance(r, 1) && len(people) == 1}

	j := journey{r: stream(p.Seed, streamTrips, h), nation: n, from: from, to: p.Today, visas: needsVisa(n.code, p.Today), family: special.family, serial: serial}
	j.habit = drawHabit(j.r, n, len(people))
	trips := j.draw()
	typed := chance(r, 2) && latin[n.group]
	for k, t := range people {
		t.Index, t.Household, t.typed = len(p.Travellers), h, typed
		if err := p.passports(r, &t, from); err != nil {
			return err
		}
		p.add(t, ownVisas(trips, k, serial), special)
	}
	return nil
}

// latin lists the groups whose printed names are in Latin letters: those that a
// guard can type.
var latin = func() map[string]bool {
	m := map[string]bool{}
	for name, g := range nameGroups {
		m[name] = !slices.ContainsFunc(g.surnames, func(s string) bool { return s[0] >= 0xCD }) // Cyrillic, Armenian, Georgian and Han begin there in UTF-8
	}
	return m
}()

// ownVisas gives the k-th member of a household visas of its own.
func ownVisas(trips []Trip, k int, serial func() int) []Trip {
	if k == 0 {
		return trips
	}
	own := slices.Clone(trips)
	var before, after *ees.VisaInput
	for i := range own {
		if own[i].Visa == nil {
			continue
		}
		if own[i].Visa != before {
			before = own[i].Visa
			v := *before
			v.Number = fmt.Sprintf("%s%08d", issuerPrefix(v.Issuer), serial())
			after = &v
		}
		own[i].Visa = after
	}
	return own
}

// passports issues the passports that the traveller carries from a day to the
// end of the history: the next one in the last months of the one before.
func (p *Plan) passports(r *rand.Rand, t *Traveller, from law.Date) error {
	years := passportYears(t.Born, from)
	issued := from - law.Date(r.IntN(years*365-60)) - 30
	for k := range uint64(passportsEach) {
		expiry := (law.Period{Years: passportYears(t.Born, issued)}).After(issued) - 1
		if err := t.issue(uint64(t.Index)*passportsEach+k, issued, expiry); err != nil {
			return err
		}
		if issued = expiry - law.Date(between(r, 30, 200)); issued > p.Today {
			break
		}
	}
	return nil
}

// schedule puts the crossings that the register would see into waves.
func (p *Plan) schedule() {
	start := law.EESStart()
	events := make([][]event, len(p.Travellers))
	total := 0
	for i := range events {
		events[i] = p.events(i, start)
		total += len(events[i])
	}
	// A small population crosses in few bursts a day, so that the crossings of a
	// burst share the flush of the disk.
	perDay := min(40, max(2, total/int(p.Today-start+1)/crossingsInWave))
	waves := map[law.Date][]wave{}
	for i, events := range events {
		for len(events) > 0 {
			day := events[0].day
			same := 1
			for same < len(events) && events[same].day == day {
				same++
			}
			if waves[day] == nil {
				waves[day] = p.dayWaves(day, perDay)
			}
			// People of one household cross together.
			r := stream(p.Seed, streamCrossing, p.Travellers[i].Household<<12+int(day-start))
			first := r.IntN(max(1, perDay-same+1))
			if perDay == 2 && same == 1 {
				first = int(day) % 2 // one burst a day will do
			}
			for k, e := range events[:min(same, perDay)] {
				w := &waves[day][first+k]
				at := w.end.Add(-time.Duration(r.Int64N(int64(waveSpan)))).Add(time.Duration(i%4) * -11 * time.Second).Truncate(time.Second)
				w.crossings = append(w.crossings, crossing{i, e.trip, e.direction, at})
			}
			events = events[same:]
		}
	}
	for _, ws := range waves {
		for _, w := range ws {
			if len(w.crossings) > 0 && !w.end.After(p.Until) {
				p.waves = append(p.waves, w)
				p.crossings += len(w.crossings)
			}
		}
	}
	slices.SortFunc(p.waves, func(a, b wave) int { return a.end.Compare(b.end) })
}

// digest tells one plan from another.
func (p *Plan) digest() string {
	h := sha256.New()
	for _, w := range p.waves {
		for _, c := range w.crossings {
			t := &p.Travellers[c.traveller]
			fmt.Fprintln(h, t.Passports[0].MRZ, c.direction, c.at.Unix(), p.Trips[c.traveller][c.trip].In)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// event is a crossing on a day, without its hour.
type event struct {
	day       law.Date
	trip      int
	direction ees.Direction
}

// events are the traveller's crossings within the time of the System, in order.
func (p *Plan) events(i int, start law.Date) []event {
	var events []event
	for k, t := range p.Trips[i] {
		if t.Enter >= start && t.Enter <= p.Today {
			events = append(events, event{t.Enter, k, ees.Entry})
		}
		if t.Leave >= start && t.Leave <= p.Today && !t.Unseen && t.TurnedDown == "" && !t.NoVisaShown {
			events = append(events, event{t.Leave, k, ees.Exit})
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.day, b.day) })
	return events
}

// dayWaves are the empty waves of a day.
func (p *Plan) dayWaves(day law.Date, n int) []wave {
	y, m, d := day.YMD()
	midnight := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	r := stream(p.Seed, streamCrossing, -1-int(day))
	slot := waveHours / time.Duration(n)
	ws := make([]wave, n)
	for i := range ws {
		// Half a slot stays free between two waves, so that they do not overlap.
		ws[i].end = midnight.Add(firstWave + time.Duration(i)*slot + time.Duration(r.Int64N(int64(slot/2)))).Truncate(time.Second)
	}
	return ws
}
