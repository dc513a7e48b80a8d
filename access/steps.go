package access

import "context"

// Steps carries out long work of a duty step by step, each behind the door with a
// log entry of its own, until a step has nothing left to do. A step does at most
// Pass.StepSize things, and ends when Pass.StepOver says so; what it has done
// commits, and the next one goes on. Between two steps others go first. It returns
// how much all steps have done, also beside an error; progress, when not nil, is
// told after each.
//
// If we stop anywhere, what the committed steps did stands, and the next start
// finds the rest still due.
func Steps(ctx context.Context, d *Door, req Request, step func(Pass) (int, error), progress func(total int)) (int, error) {
	total := 0
	err := StepsOf(ctx, d, req, step, func(n int) bool {
		if total += n; n > 0 && progress != nil {
			progress(total)
		}
		return n > 0
	})
	return total, err
}

// StepsOf is Steps for work whose steps answer more than a number. done is told
// what each step came to, once it has committed, and says whether there is more.
func StepsOf[T any](ctx context.Context, d *Door, req Request, step func(Pass) (T, error), done func(T) (more bool)) error {
	pace := d.store.Pace()
	for {
		v, err := Run(ctx, d, req, func(p Pass) (T, error) {
			pace.Begin(p.tx)
			p.size = pace.Size()
			return step(p)
		})
		if err != nil || !done(v) {
			return err
		}
		pace.Rest(ctx)
	}
}

// StepOver tells a step of long work that it has held the store for long enough.
func (p Pass) StepOver() bool { return p.passage == nil || p.tx.Over() }

// StepSize is how many things a step of long work does at most; 1 outside Steps.
func (p Pass) StepSize() int {
	if p.passage == nil || p.size < 1 {
		return 1
	}
	return p.size
}
