package carrier

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
)

// Feed is the one-way way in. Only the feeder that began last may write: one
// that was overtaken is refused, so that what it read earlier never replaces
// what another read later.
type Feed struct {
	// Fresh is the moment as of which the copy was complete when the feed began;
	// zero for a copy that has to be filled from the beginning.
	Fresh time.Time

	copy  *Copy
	door  *access.Door
	epoch int64
	at    Position
	wrote bool // since the copy was called complete
}

// Position is how far the copy has been brought: which filling of it, and the last
// step that it has. Whoever holds the register notes it beside the changes that it
// forgets, so that both sides can be compared.
type Position struct{ Filling, Step int64 }

// Position is where the copy stands now.
func (f *Feed) Position() Position { return f.at }

// feeder is who writes the copy.
var feeder = access.DutyPrincipal("carrier_feed")

// Begin opens the feed and closes every other. tokens are those that the files
// come with; last is the position that the register noted last.
//
// The copy goes on where it stands: there, or one step behind, which it has and
// the register has not noted. Anywhere else, one of the two came back from a
// backup, and changes would be missing that are on no queue any more. Then, and
// when another secret has sealed the rows or other tokens name them, they are
// erased and the copy is filled from the beginning.
func (c *Copy) Begin(ctx context.Context, door *access.Door, tokens TokenKey, last Position) (*Feed, error) {
	f := &Feed{copy: c, door: door}
	_, err := access.Run(ctx, door, access.Request{Principal: feeder, Op: OpFeed}, func(p access.Pass) (bool, error) {
		tx, err := p.Tx()
		if err != nil {
			return false, err
		}
		sealed, _, err := mark(tx, keyMark)
		if err != nil {
			return false, err
		}
		if f.at, err = position(tx); err != nil {
			return false, err
		}
		ahead := f.at.Step - last.Step
		if own := c.keys.number(tokens); sealed != own || f.at.Filling == 0 || f.at.Filling != last.Filling || ahead < 0 || ahead > 1 {
			if err := f.empty(tx, own); err != nil {
				return false, err
			}
		}
		if f.epoch, _, err = mark(tx, feedMark); err != nil {
			return false, err
		}
		f.epoch++
		if err := setMark(tx, feedMark, f.epoch, tx.Now()); err != nil {
			return false, err
		}
		marked, fresh, err := mark(tx, freshMark)
		f.Fresh, f.wrote = fresh, fresh.IsZero() || marked != f.at.Step
		return true, err
	})
	return f, err
}

// empty erases the copy and begins a new filling.
func (f *Feed) empty(tx *db.Tx, sealed int64) error {
	if _, err := tx.Exec(`DELETE FROM carrier_document`); err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM carrier_mark WHERE name = $1`, freshMark); err != nil {
		return err
	}
	if err := setMark(tx, keyMark, sealed, tx.Now()); err != nil {
		return err
	}
	var random [8]byte
	rand.Read(random[:])
	f.at = Position{Filling: int64(binary.BigEndian.Uint64(random[:])>>1 | 1)}
	if err := setMark(tx, fillingMark, f.at.Filling, tx.Now()); err != nil {
		return err
	}
	return setMark(tx, stepMark, 0, tx.Now())
}

// position reads where the copy stands.
func position(tx *db.Tx) (at Position, err error) {
	if at.Filling, _, err = mark(tx, fillingMark); err != nil {
		return at, err
	}
	at.Step, _, err = mark(tx, stepMark)
	return at, err
}

// mark reads a row of carrier_mark; zeros when there is none.
func mark(tx *db.Tx, name string) (n int64, at time.Time, err error) {
	var micros int64
	err = tx.Row(`SELECT n, at FROM carrier_mark WHERE name = $1`, name).Scan(&n, &micros)
	if errors.Is(err, db.ErrNoRows) {
		return 0, time.Time{}, nil
	}
	return n, time.UnixMicro(micros).UTC(), err
}

func setMark(tx *db.Tx, name string, n int64, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO carrier_mark (name, n, at) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET n = excluded.n, at = excluded.at`, name, n, at.UnixMicro())
	return err
}

// feedStep is how many files one transaction replaces: it holds the writer for
// some tens of milliseconds at most.
const feedStep = 1000

// Apply replaces what the copy holds of the files in extracts and removes the
// files in gone. It is idempotent: the same batch again changes nothing that an
// answer shows. It works in steps, one transaction and one log entry each, and
// returns how many files are done.
//
// If we stop between two steps, the copy holds the first ones; whoever feeds it
// sends the whole batch again, because it forgets a file only after Apply
// returned. A feeder that was overtaken gets the refusal "feed_overtaken".
func (f *Feed) Apply(ctx context.Context, extracts []Extract, gone []Token) (int, error) {
	done := 0
	next := f.prepare(extracts, gone)
	for next != nil {
		step := <-next
		if step.err != nil {
			return done, step.err
		}
		// The next step is digested and sealed while this one is written.
		next = f.prepare(step.extracts, step.gone)
		last := next == nil
		_, err := access.Run(ctx, f.door, access.Request{Principal: feeder, Op: OpFeed}, func(p access.Pass) (int, error) {
			return len(step.tokens), f.replace(p, step.tokens, step.rows, last)
		})
		if err != nil {
			return done, err
		}
		if f.wrote = true; last {
			f.at.Step++
		}
		done += step.files
	}
	return done, nil
}

// feeding is one step: what it writes, and what is left behind it.
type feeding struct {
	files    int
	tokens   []string
	rows     [][]any
	extracts []Extract
	gone     []Token
	err      error
}

// prepare makes the next step beside whoever calls it; nil when nothing is left.
func (f *Feed) prepare(extracts []Extract, gone []Token) <-chan feeding {
	if len(extracts)+len(gone) == 0 {
		return nil
	}
	ready := make(chan feeding, 1)
	go func() { ready <- f.step(extracts, gone) }()
	return ready
}

func (f *Feed) step(extracts []Extract, gone []Token) feeding {
	own := extracts[:min(feedStep, len(extracts))]
	away := gone[:min(feedStep-len(own), len(gone))]
	s := feeding{files: len(own) + len(away), tokens: make([]string, 0, len(own)+len(away)), extracts: extracts[len(own):], gone: gone[len(away):]}
	latest := make(map[Token]int, len(own))
	for i := range own {
		latest[own[i].Token] = i
	}
	for i := range own {
		if latest[own[i].Token] != i {
			continue // the same file comes again behind
		}
		rows, err := f.copy.rows(&own[i])
		if err != nil {
			s.err = err
			return s
		}
		s.rows = append(s.rows, rows...)
		s.tokens = append(s.tokens, string(own[i].Token))
	}
	for _, t := range away {
		s.tokens = append(s.tokens, string(t))
	}
	return s
}

// replace writes one step; the last of a batch moves the copy's position.
func (f *Feed) replace(p access.Pass, tokens []string, rows [][]any, last bool) error {
	tx, err := p.Tx()
	if err != nil {
		return err
	}
	if err := f.mayWrite(tx); err != nil {
		return err
	}
	for rest := tokens; len(rest) > 0; {
		part := rest[:min(inWidth, len(rest))]
		rest = rest[len(part):]
		if _, err := tx.Exec(`DELETE FROM carrier_document WHERE token IN `+inList, padded(textArgs(part))...); err != nil {
			return err
		}
	}
	if err := tx.Bulk("carrier_document", []string{"doc", "token", "sealed"}, rows); err != nil || !last {
		return err
	}
	return setMark(tx, stepMark, f.at.Step+1, tx.Now())
}

// mayWrite refuses a feeder that another one has overtaken.
func (f *Feed) mayWrite(tx *db.Tx) error {
	n, _, err := mark(tx, feedMark)
	if err == nil && n != f.epoch {
		err = law.Refuse(law.Conflict, "feed_overtaken", citeCopy, "Another feeder has begun since. Begin again and read the register anew.",
			"began", fmt.Sprint(f.epoch), "now", fmt.Sprint(n))
	}
	return err
}

// MarkFresh says that the copy holds everything that the register held at the
// moment. Every answer carries it. It never goes back. It counts as a step when
// anything was written since the last time.
func (f *Feed) MarkFresh(ctx context.Context, at time.Time) error {
	_, err := access.Run(ctx, f.door, access.Request{Principal: feeder, Op: OpFeed}, func(p access.Pass) (bool, error) {
		tx, err := p.Tx()
		if err != nil {
			return false, err
		}
		if err := f.mayWrite(tx); err != nil {
			return false, err
		}
		_, was, err := mark(tx, freshMark)
		if err != nil || !f.wrote && !at.After(was) {
			return false, err
		}
		if at.Before(was) {
			at = was
		}
		step := f.at.Step
		if f.wrote {
			step++
			if err := setMark(tx, stepMark, step, tx.Now()); err != nil {
				return false, err
			}
		}
		return true, setMark(tx, freshMark, step, at)
	})
	if err == nil && f.wrote {
		f.wrote, f.at.Step = false, f.at.Step+1
	}
	return err
}

// reached is called at every statement and every unsealing on the way to an
// answer. The tests count them: the way must not depend on what is found.
var reached = func(step string) {}

// inWidth is how many keys one statement asks for. Lists of more than one are
// padded to it, so that there are two statements, and which of them and how often
// depends on nothing but how many keys are asked for.
const inWidth = 50

var inList = func() string {
	var b strings.Builder
	for i := range inWidth {
		fmt.Fprintf(&b, ", $%d", i+1)
	}
	return "(" + b.String()[2:] + ")"
}()

func textArgs(list []string) []any {
	args := make([]any, len(list))
	for i, s := range list {
		args[i] = s
	}
	return args
}

// padded repeats the last of 1 to inWidth keys until there are as many.
func padded(keys []any) []any {
	args := make([]any, inWidth)
	for i := range args {
		args[i] = keys[min(i, len(keys)-1)]
	}
	return args
}

// eachIn runs one statement with 1 to inWidth keys and scans every row.
func eachIn(tx *db.Tx, statement string, keys []any, scan func(func(...any) error) error) error {
	reached(statement)
	list, args := "($1)", keys
	if len(keys) > 1 {
		list, args = inList, padded(keys)
	}
	rows, err := tx.Query(statement+list, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
