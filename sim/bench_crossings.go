package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"text/tabwriter"
	"time"

	"limen/access"
	"limen/ees"
	"limen/ledger"
)

// CrossingsOptions of BenchCrossings. Zero values take what stands beside them.
type CrossingsOptions struct {
	BenchOptions
	Stores   []string      // SQLiteStore, PostgresStore, or addresses of empty PostgreSQL databases: SQLiteStore
	Clients  int           // booths at work at one time: 32
	Duration time.Duration // of all rounds on one store: 30 s
	Rounds   int           // in each, rooms and floor take turns: 5
	Files    int           // in the register: 10 000
	New      int           // per cent of the crossings that are first registrations: 5; negative for none
	HTTPS    bool          // over the network interface as well
}

func (o *CrossingsOptions) defaults() {
	if len(o.Stores) == 0 {
		o.Stores = []string{SQLiteStore}
	}
	set := func(n *int, value int) {
		if *n == 0 {
			*n = value
		}
	}
	set(&o.Clients, 32)
	set(&o.Rounds, 5)
	set(&o.Files, 10_000)
	set(&o.New, 5)
	if o.Duration <= 0 {
		o.Duration = 30 * time.Second
	}
	o.New = max(0, o.New)
}

// CrossingsReport is how many border transactions a second a house carries out.
type CrossingsReport struct {
	Machine Machine          `json:"machine"`
	Seed    uint64           `json:"seed"`
	Clients int              `json:"clients"`
	New     int              `json:"first_registrations_percent"`
	Stores  []StoreCrossings `json:"stores"`
}

// StoreCrossings is the part of one store.
type StoreCrossings struct {
	Store   string         `json:"store"` // engine and version
	Disk    string         `json:"disk"`  // of the folder for stores
	Files   int            `json:"files"`
	Rounds  int            `json:"rounds"`
	Seconds float64        `json:"seconds_of_each"` // measured for each way
	Ways    []CrossingsWay `json:"ways"`            // floor first
}

// CrossingsWay is one way to carry out border transactions: the floor, through
// the threshold in this process, or over HTTPS.
type CrossingsWay struct {
	Way       string  `json:"way"`
	PerSecond float64 `json:"per_second"`      // border transactions: a check and a crossing each
	Ratio     float64 `json:"ratio_to_floor"`  // median over the rounds
	Worst     float64 `json:"ratio_of_worst"`  // round
	Best      float64 `json:"ratio_of_best"`   // round
	Both      Latency `json:"both"`            // check and crossing together
	Check     Latency `json:"check"`           //
	Crossing  Latency `json:"crossing"`        //
	Done      int     `json:"done"`            //
	Errors    int     `json:"errors"`          //
	Error     string  `json:"error,omitempty"` // the first of them
	Backlog   int64   `json:"unsealed"`        // log entries not sealed at the end of a round, the most
	Group     float64 `json:"jobs_per_commit"` // mean
	Retries   int64   `json:"retries"`
}

// The ways.
const (
	wayFloor   = "floor"
	wayProcess = "in process"
	wayHTTPS   = "https"
)

// BenchCrossings measures border transactions: known travellers enter and leave
// in turn, and a share is registered for the first time. Beside every figure
// stands that of the floor, measured in the same rounds on the same store.
func BenchCrossings(ctx context.Context, w io.Writer, o CrossingsOptions) (CrossingsReport, error) {
	o.defaults()
	report := CrossingsReport{Machine: ThisMachine(), Seed: o.Seed, Clients: o.Clients, New: o.New}
	for _, store := range o.Stores {
		s, err := o.store(ctx, store)
		if err != nil {
			return report, fmt.Errorf("%s: %w", store, err)
		}
		report.Stores = append(report.Stores, s)
	}
	return report, printed(w, o.BenchOptions, report, report.text)
}

// store measures one store.
func (o CrossingsOptions) store(ctx context.Context, store string) (out StoreCrossings, err error) {
	b, err := o.openBench(ctx, store, o.Files, 1, true)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	out = StoreCrossings{Store: b.engine(ctx), Disk: disk(b.dir), Files: o.Files, Rounds: o.Rounds}
	m, err := o.prepare(ctx, b)
	if err != nil {
		return out, err
	}
	defer m.stop()
	slice := o.Duration / time.Duration(o.Rounds*len(m.ways))
	out.Seconds = (slice * time.Duration(o.Rounds)).Seconds()
	for round := range o.Rounds {
		rates := map[string]float64{}
		for k := range m.ways {
			way := m.ways[(round+k)%len(m.ways)] // each goes first in its turn
			o.tell("\r%s: round %d of %d, %s        ", b.name, round+1, o.Rounds, way.name)
			rates[way.name] = m.round(ctx, way, slice)
			if err := ctx.Err(); err != nil {
				return out, err
			}
		}
		for _, way := range m.ways {
			way.ratios = append(way.ratios, rates[way.name]/rates[wayFloor])
		}
	}
	o.tell("\n")
	for _, way := range m.ways {
		out.Ways = append(out.Ways, way.figures())
	}
	return out, nil
}

// measuring is one store under measurement.
type measuring struct {
	options CrossingsOptions
	bench   *benchHouse
	floor   *floor
	clients []*client
	ways    []*way
	stops   []func()
}

func (m *measuring) stop() {
	for i := len(m.stops) - 1; i >= 0; i-- {
		m.stops[i]()
	}
}

// way collects what one way did.
type way struct {
	name    string
	pair    func(ctx context.Context, c *client, s *subject, first bool) (check, crossing time.Duration, err error)
	backlog func(context.Context) int64 // not sealed now
	settle  func(context.Context)

	ratios         []float64
	checks, enters []time.Duration
	both           []time.Duration
	elapsed        time.Duration
	errors         int
	first          error
	most           int64
	jobs, groups   int64
	retries        int64
}

// client is one booth with travellers of its own.
type client struct {
	r         *rand.Rand
	subjects  []*subject
	newcomers func() (*subject, error)
	new       int
}

// prepare draws the travellers, copies what the floor writes, starts the sealing
// of both logs and the server.
func (o CrossingsOptions) prepare(ctx context.Context, b *benchHouse) (*measuring, error) {
	m := &measuring{options: o, bench: b}
	subjects, err := b.subjects(o.Seed, min(o.Files, 40_000))
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	count := 0
	newcomers := func() (*subject, error) {
		mu.Lock()
		i := count
		count++
		mu.Unlock()
		return newcomer(o.Seed, i, b.today)
	}
	var strangers []*subject
	for range sampled {
		s, err := newcomers()
		if err != nil {
			return nil, err
		}
		strangers = append(strangers, s)
	}
	if m.floor, err = capture(ctx, b, subjects, strangers); err != nil {
		return nil, err
	}
	for i := range o.Clients {
		c := &client{r: stream(o.Seed, streamBench, 5000+i), newcomers: newcomers, new: o.New}
		for k := i; k < len(subjects); k += o.Clients {
			c.subjects = append(c.subjects, subjects[k])
		}
		if len(c.subjects) == 0 {
			return nil, fmt.Errorf("sim: %d files are too few for %d clients", o.Files, o.Clients)
		}
		m.clients = append(m.clients, c)
	}
	m.stops = append(m.stops, sealing(ctx, func(ctx context.Context) { b.Log.Run(ctx, benchSealEvery, nil) }),
		sealing(ctx, func(ctx context.Context) {
			if err := m.floor.seal(ctx, benchSealEvery); err != nil {
				o.tell("\nsealing the floor: %v\n", err)
			}
		}))
	m.ways = []*way{
		{name: wayFloor, pair: func(ctx context.Context, c *client, s *subject, first bool) (time.Duration, time.Duration, error) {
			return m.floor.pair(ctx, c.r, s, first)
		}, backlog: func(context.Context) int64 { return m.floor.backlog.Load() }, settle: m.floor.settled},
		{name: wayProcess, pair: m.inProcess, backlog: m.unsealed, settle: m.sealed},
	}
	if !o.HTTPS {
		return m, nil
	}
	remote, stop, err := b.serve(ctx, o.Clients)
	if err != nil {
		m.stop()
		return nil, err
	}
	m.stops = append(m.stops, stop)
	m.ways = append(m.ways, &way{name: wayHTTPS, pair: remote.pair, backlog: m.unsealed, settle: m.sealed})
	return m, nil
}

// benchSealEvery is how often the log is sealed at least, as the house does it.
const benchSealEvery = 500 * time.Millisecond

func (m *measuring) unsealed(ctx context.Context) int64 {
	state, err := m.bench.Log.Pending(ctx)
	if err != nil {
		return -1
	}
	return state.Entries
}

// sealed waits until the log is sealed.
func (m *measuring) sealed(ctx context.Context) {
	for m.unsealed(ctx) > 0 && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
}

// inProcess carries out a border transaction through the threshold.
func (m *measuring) inProcess(ctx context.Context, c *client, s *subject, _ bool) (check, crossing time.Duration, err error) {
	q := s.request(c.r)
	start := time.Now()
	answer, err := m.bench.check(ctx, q, nil)
	if err != nil {
		return 0, 0, err
	}
	middle := time.Now()
	if _, err = m.bench.cross(ctx, decision(&answer), nil); err == nil {
		s.rooms.inside = !s.rooms.inside
	}
	return middle.Sub(start), time.Since(middle), err
}

func (b *benchHouse) knock(op access.Op, receipt *ledger.Receipt) access.Request {
	return access.Request{Principal: benchGuard, Op: op, Purpose: access.BorderCheck, Receipt: receipt}
}

// decision lets the traveller of a check cross. Few of a crowd are like another;
// those are taken for new.
func decision(c *ees.Check) ees.CrossingRequest {
	q := ees.CrossingRequest{CheckID: c.CheckID, Biometrics: &ees.Biometrics{Face: "verified"}}
	if c.File == nil {
		q.Biometrics = &ees.Biometrics{Face: "captured", Fingerprints: "captured"}
		if len(c.Candidates) > 0 {
			q.File = "new"
		}
	}
	if c.Proposal == ees.Refuse {
		q.Despite = "measurement"
	}
	return q
}

// round lets every client work one way for a while and returns the border
// transactions of a second.
func (m *measuring) round(ctx context.Context, way *way, slice time.Duration) float64 {
	before := m.bench.Store.Stats()
	start := time.Now()
	var all sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for _, c := range m.clients {
		all.Go(func() {
			var checks, enters, both []time.Duration
			var first error
			errs := 0
			for time.Since(start) < slice && ctx.Err() == nil {
				s, isNew, err := c.next()
				var check, crossing time.Duration
				if err == nil {
					check, crossing, err = way.pair(ctx, c, s, isNew)
				}
				if err != nil {
					if errs++; first == nil {
						first = err
					}
					continue
				}
				checks, enters, both = append(checks, check), append(enters, crossing), append(both, check+crossing)
			}
			mu.Lock()
			defer mu.Unlock()
			done += len(both)
			way.checks, way.enters, way.both = append(way.checks, checks...), append(way.enters, enters...), append(way.both, both...)
			if way.errors += errs; way.first == nil {
				way.first = first
			}
		})
	}
	all.Wait()
	elapsed := time.Since(start)
	way.most = max(way.most, way.backlog(ctx))
	after := m.bench.Store.Stats()
	way.elapsed += elapsed
	way.jobs, way.groups, way.retries = way.jobs+after.Jobs-before.Jobs, way.groups+after.Groups-before.Groups, way.retries+after.Retries-before.Retries
	way.settle(ctx)
	return float64(done) / elapsed.Seconds()
}

// next picks the traveller who comes to the booth now.
func (c *client) next() (s *subject, first bool, err error) {
	if chance(c.r, c.new) {
		s, err := c.newcomers()
		return s, true, err
	}
	return pick(c.r, c.subjects), false, nil
}

func (w *way) figures() CrossingsWay {
	f := CrossingsWay{Way: w.name, Ratio: median(w.ratios), Done: len(w.both), Errors: w.errors, Backlog: w.most, Retries: w.retries}
	for i, r := range w.ratios {
		if i == 0 || r < f.Worst {
			f.Worst = r
		}
		f.Best = max(f.Best, r)
	}
	f.PerSecond = float64(len(w.both)) / w.elapsed.Seconds()
	f.Both, f.Check, f.Crossing = latency(w.both), latency(w.checks), latency(w.enters)
	if w.groups > 0 {
		f.Group = float64(w.jobs) / float64(w.groups)
	}
	if w.first != nil {
		f.Error = w.first.Error()
	}
	return f
}

func (r CrossingsReport) text(t *tabwriter.Writer) {
	fmt.Fprintf(t, "Border transactions (a check and the crossing recorded), %d booths at work, %d %% first registrations; seed %d\n%s\n", r.Clients, r.New, r.Seed, r.Machine)
	for _, s := range r.Stores {
		fmt.Fprintf(t, "\n%s, %d files; %s; each way %.0f s in %d rounds by turns\n", s.Store, s.Files, s.Disk, s.Seconds, s.Rounds)
		fmt.Fprintln(t, "WAY\tPER SECOND\tOF FLOOR\tROUNDS\tP50 ms\tP95\tP99\tCHECK P50\tP95\tP99\tCROSSING P50\tP95\tP99\tJOBS/COMMIT\tUNSEALED\tRETRIES\tERRORS")
		for _, w := range s.Ways {
			fmt.Fprintf(t, "%s\t%.0f\t%.2f\t%.2f..%.2f\t%s\t%s\t%s\t%.1f\t%d\t%d\t%d\n", w.Way, w.PerSecond, w.Ratio, w.Worst, w.Best,
				w.Both.cells(), w.Check.cells(), w.Crossing.cells(), w.Group, w.Backlog, w.Retries, w.Errors)
			if w.Error != "" {
				fmt.Fprintf(t, "\tfirst error: %s\n", w.Error)
			}
		}
	}
	fmt.Fprintln(t, "\nThe floor writes the same rows into tables of the same shape, with the same transactions and no logic.")
}
