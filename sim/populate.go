package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"limen/access"
	"limen/db"
	"limen/ees"
	"limen/house"
)

// Options say what history to write.
type Options struct {
	Seed       uint64
	Travellers int       // at least as many as there are Samples
	Until      time.Time // where the history ends; the zero time is refused
	Clock      *Clock    // the clock that the house was opened with
	// State is a file, beside the house's keys, that remembers which history is
	// being written. A second start goes on with that one, whatever these
	// Options say. "" writes none: then the store must be empty.
	State string
	// Progress is told how many crossings are done, of how many; nil for none.
	Progress func(done, total int)
	// Clerks is the number of crossings under way at one time: 64 when 0. On
	// SQLite they share a flush of the disk.
	Clerks int
}

// Report is what Populate did.
type Report struct {
	Travellers  int
	Crossings   int // entries and exits recorded by this call
	Refusals    int
	Overstayers int // flagged by this call
	Replies     int // answers that the auditor compared
	Mismatches  []Mismatch
	Resumed     bool // an earlier call had begun
	Done        bool // an earlier call had finished: nothing was written
	Until       time.Time
	Samples     []Sample
}

// ErrNotEmpty is the answer to a store that holds files which no Populate with
// the same state file has written.
var ErrNotEmpty = errors.New("sim: the store already holds files that are not of this history; give an empty store")

// ErrOtherPlan is the answer to a history that another version of this program
// began and did not finish.
var ErrOtherPlan = errors.New("sim: this history was begun by another version of the program, which had other travellers in mind; begin anew with an empty store")

// Populate writes the history of a population into a house, through its
// threshold: each crossing is a check by a border authority of the state of the
// crossing point, and that authority's decision, at the moment of the crossing
// by the house's clock. Everybody's crossings happen in their order. Afterwards
// overstayers are flagged, old checks erased, the log sealed, and the clock runs.
//
// If we stop anywhere, the next call with the same State goes on: waves of
// crossings that are recorded are skipped, the one under way is compared
// crossing by crossing with the register, and the rest follows.
func Populate(ctx context.Context, h *house.House, o Options) (Report, error) {
	if o.Until.IsZero() || o.Clock == nil {
		return Report{}, errors.New("sim: say until when, and hand in the clock that the house was opened with")
	}
	s, err := openState(&o)
	if err != nil {
		return Report{}, err
	}
	plan, err := MakePlan(s.Seed, s.Travellers, s.Until)
	if err != nil {
		return Report{}, err
	}
	if digest := plan.digest(); s.Plan == "" {
		s.Plan = digest
	} else if s.Plan != digest && !s.Finished {
		return Report{}, ErrOtherPlan
	}
	p := &populating{house: h, plan: plan, options: o, auditor: newAuditor(len(plan.Travellers)), refs: make([]ees.FileRef, len(plan.Travellers))}
	p.report = Report{Travellers: len(plan.Travellers), Until: plan.Until, Done: s.Finished}
	if p.report.Samples, err = Samples(plan.Today); err != nil {
		return Report{}, err
	}
	if s.Finished {
		o.Clock.Hold(plan.Until)
		o.Clock.Run()
		return p.report, nil
	}
	if err := p.findBeginning(ctx, s.begun); err != nil {
		return p.report, err
	}
	if err := s.write(o.State); err != nil {
		return p.report, err
	}
	if err := p.run(ctx); err != nil {
		return p.report, err
	}
	s.Finished = true
	if err := s.write(o.State); err != nil {
		return p.report, err
	}
	o.Clock.Run()
	return p.report, nil
}

// state is the content of the state file.
type state struct {
	Seed       uint64    `json:"seed"`
	Travellers int       `json:"travellers"`
	Until      time.Time `json:"until"`
	Plan       string    `json:"plan"` // digest of the plan that this makes
	Finished   bool      `json:"finished"`

	begun bool
}

func openState(o *Options) (*state, error) {
	s := &state{Seed: o.Seed, Travellers: o.Travellers, Until: o.Until.UTC()}
	if o.State == "" {
		return s, nil
	}
	b, err := os.ReadFile(o.State)
	if errors.Is(err, fs.ErrNotExist) {
		return s, os.MkdirAll(filepath.Dir(o.State), 0o700)
	}
	if err == nil {
		err = json.Unmarshal(b, s)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.State, err)
	}
	s.begun = true
	return s, nil
}

func (s *state) write(path string) error {
	if path == "" {
		return nil
	}
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return replaceFile(path, append(b, '\n'))
}

// populating is a Populate under way.
type populating struct {
	house   *house.House
	plan    *Plan
	options Options
	auditor *Auditor
	refs    []ees.FileRef // of each traveller, once known to this process

	first   int  // wave to begin with
	looking bool // that wave may be recorded in part

	mu     sync.Mutex
	report Report
}

// findBeginning finds the first wave that is not recorded.
func (p *populating) findBeginning(ctx context.Context, begun bool) error {
	var files, last int64
	err := p.house.Store.Read(ctx, func(tx *db.Tx) error {
		// How many there are and when the last decision fell; nobody's data.
		if err := tx.Row(`SELECT count(*) FROM ees_file`).Scan(&files); err != nil {
			return err
		}
		return tx.Row(`SELECT COALESCE(MAX(at), 0) FROM ees_outcome`).Scan(&last)
	})
	if err != nil {
		return err
	}
	if files == 0 {
		return nil
	}
	if !begun {
		return ErrNotEmpty
	}
	p.report.Resumed = true
	moment := time.UnixMicro(last).UTC()
	p.first = len(p.plan.waves) // all are recorded, and the old outcomes erased
	for i := range p.plan.waves {
		if last != 0 && !p.plan.waves[i].end.After(moment) {
			p.first, p.looking = i, true
		}
	}
	p.options.Clock.Hold(moment)
	return nil
}

// run writes the waves one after the other, and does the duties that are due in
// the end.
func (p *populating) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sealed := make(chan struct{})
	go func() { // the log is sealed as in production, behind the crossings
		defer close(sealed)
		p.house.Log.Run(ctx, sealEvery, nil)
	}()
	defer func() { cancel(); <-sealed }()

	done := 0
	for i := range p.plan.waves {
		w := &p.plan.waves[i]
		switch {
		case i < p.first:
			for k := range w.crossings {
				p.remember(&w.crossings[k])
			}
		default:
			p.options.Clock.Hold(w.end)
			if err := p.wave(ctx, w, p.looking && i == p.first); err != nil {
				return err
			}
		}
		done += len(w.crossings)
		if p.options.Progress != nil {
			p.options.Progress(done, p.plan.crossings)
		}
	}
	p.options.Clock.Hold(p.plan.Until)
	return p.duties(ctx)
}

const sealEvery = 200 * time.Millisecond

func (p *populating) duties(ctx context.Context) error {
	var err error
	if p.report.Overstayers, err = p.house.EES.FlagOverstayers(ctx, p.house.Door, nil); err != nil {
		return err
	}
	if _, err = p.house.EES.PurgeChecks(ctx, p.house.Door); err != nil {
		return err
	}
	for {
		if n, err := p.house.Log.Integrate(ctx); err != nil || n == 0 {
			p.report.Replies, p.report.Mismatches = p.auditor.Replies()
			return err
		}
	}
}

// wave carries out the crossings of one wave at the same time.
func (p *populating) wave(ctx context.Context, w *wave, looking bool) error {
	clerks := p.options.Clerks
	if clerks <= 0 {
		clerks = 64
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	free := make(chan struct{}, clerks)
	for i := range w.crossings {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			if ctx.Err() != nil {
				return
			}
			if err := p.cross(ctx, &w.crossings[i], looking); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// principal is the border authority of a state, at work.
func principal(state string, officer int) access.Principal {
	return access.Principal{
		Officer:   access.Officer(fmt.Sprintf("%s-%04d", state, 1000+officer)),
		Authority: access.Authority{Kind: access.Border, State: state, Name: "Border police " + stateName(state)},
		Channel:   "mtls",
	}
}
