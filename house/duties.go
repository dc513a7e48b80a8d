package house

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"limen/db"
	"limen/law"
	"limen/ledger"
)

// Duty is work that the law, or good order, makes due again and again. It runs
// in bounded steps, and may be stopped and started anywhere.
type Duty struct {
	Name  string
	Title string
	Cite  law.Citation
	Every time.Duration
	Run   func(ctx context.Context, progress func(done int)) (done int, err error)
}

// IntegrateDuty is the name of the duty that brings entries under a checkpoint.
const IntegrateDuty = "integrate"

// integrateEvery bounds how long an entry may wait to come under a checkpoint.
const integrateEvery = 500 * time.Millisecond

// answersKept is how long an answer is kept under its idempotency key.
const answersKept = 24 * time.Hour

// Duties lists the duties of the house.
func (h *House) Duties() []Duty {
	return []Duty{
		{IntegrateDuty, "bring log entries under a signed checkpoint", "2017/2226 art 46", integrateEvery,
			func(ctx context.Context, progress func(int)) (int, error) {
				return repeat(progress, func() (int, error) { return h.Log.Integrate(ctx) })
			}},
		{"overstayers", "flag stays that ended without an exit", "2017/2226 art 12(1)", time.Hour,
			func(ctx context.Context, progress func(int)) (int, error) {
				return h.EES.FlagOverstayers(ctx, h.Door, progress)
			}},
		{"retention", "erase data whose retention period is over, and warn of what will be", "2017/2226 art 34(5)", time.Hour,
			func(ctx context.Context, progress func(int)) (int, error) {
				return h.EES.Retain(ctx, h.Door, progress)
			}},
		{"announcements", "erase the references in announcements of erasures", "2016/679 art 5(1)(e)", time.Hour,
			func(ctx context.Context, progress func(int)) (int, error) {
				return h.EES.ForgetAnnouncements(ctx, h.Door, progress)
			}},
		{"logs", "erase log entries about files that are gone for a year", "2017/2226 art 46(4)", time.Hour,
			func(ctx context.Context, progress func(int)) (int, error) {
				return h.EES.EraseLogs(ctx, h.Door, h.Log, progress)
			}},
		{"scrub", "overwrite what erased rows have left in the database's files", "2017/2226 art 34(5)", 24 * time.Hour,
			func(ctx context.Context, progress func(int)) (int, error) { return 0, h.scrub(ctx) }},
		{"statistics", "make the daily sets of anonymised data", "2017/2226 art 63(2)", time.Hour,
			func(ctx context.Context, progress func(int)) (int, error) {
				return h.EES.ExtractStatistics(ctx, h.Door, progress)
			}},
		{"checks", "erase checks that have expired", "2016/679 art 5(1)(e)", time.Hour,
			func(ctx context.Context, progress func(int)) (int, error) { return h.EES.PurgeChecks(ctx, h.Door) }},
		{"requests", "erase law-enforcement requests and results whose time has ended", "2017/2226 art 58(5)", time.Hour,
			func(ctx context.Context, progress func(int)) (int, error) {
				return h.EES.EraseRequests(ctx, h.Door, progress)
			}},
		{"answers", "erase answers kept for repeated requests", "2016/679 art 5(1)(e)", time.Hour,
			func(ctx context.Context, progress func(int)) (int, error) {
				return repeat(progress, func() (int, error) {
					return h.Store.PurgeOnce(ctx, h.Store.Now().Add(-answersKept), 500)
				})
			}},
		{"sessions", "erase sessions and tokens that have ended, and log how many refusals were only counted", "2016/679 art 5(1)(e)", time.Minute,
			func(ctx context.Context, progress func(int)) (int, error) { return h.Identities.Purge(ctx) }},
	}
}

// scrub cleans the database's files, in every table of every room. A reader that
// is in the way is no fault: the next turn comes.
func (h *House) scrub(ctx context.Context) error {
	var tables []string
	for _, schema := range Schemas() {
		for _, t := range schema.Tables {
			tables = append(tables, t.Name)
		}
	}
	if err := h.Store.Scrub(ctx, tables...); !errors.Is(err, db.ErrBusy) {
		return err
	}
	return nil
}

// repeat carries out steps until one has nothing left to do.
func repeat(progress func(int), step func() (int, error)) (int, error) {
	total := 0
	for {
		n, err := step()
		total += n
		if err != nil || n == 0 {
			return total, err
		}
		if progress != nil {
			progress(total)
		}
	}
}

// RunDuty carries out one duty by name.
func (h *House) RunDuty(ctx context.Context, name string, progress func(done int)) (int, error) {
	return runDuty(ctx, h.Duties(), name, progress)
}

// RunDuties carries out every duty at its interval until ctx ends. A duty that
// fails is reported and tried again at its next turn.
func (h *House) RunDuties(ctx context.Context) { runDuties(ctx, h.Duties(), h.Log, h.slog) }

func runDuty(ctx context.Context, duties []Duty, name string, progress func(done int)) (int, error) {
	names := ""
	for _, d := range duties {
		if d.Name == name {
			return d.Run(ctx, progress)
		}
		names += " " + d.Name
	}
	return 0, fmt.Errorf("there is no duty %q; the duties are:%s", name, names)
}

func runDuties(ctx context.Context, duties []Duty, log *ledger.Log, to *slog.Logger) {
	var all sync.WaitGroup
	for _, d := range duties {
		all.Go(func() {
			if d.Name == IntegrateDuty {
				log.Run(ctx, d.Every, func(_ int, err error) { report(ctx, to, d, 0, err) })
				return
			}
			turn := time.NewTicker(d.Every)
			defer turn.Stop()
			for {
				n, err := d.Run(ctx, nil)
				report(ctx, to, d, n, err)
				select {
				case <-ctx.Done():
					return
				case <-turn.C:
				}
			}
		})
	}
	all.Wait()
}

func report(ctx context.Context, to *slog.Logger, d Duty, n int, err error) {
	switch {
	case err != nil && !errors.Is(err, context.Canceled):
		to.ErrorContext(ctx, "duty failed", "duty", d.Name, "error", err)
	case n > 0:
		to.InfoContext(ctx, "duty done", "duty", d.Name, "done", n)
	}
}
