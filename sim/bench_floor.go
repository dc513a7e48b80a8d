package sim

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"limen/db"
)

// floor is what a border transaction writes, without any of its thought: the
// same rows with the same bytes, into tables of the same shape with the same
// indexes and as many rows, in as many transactions of the same store. Nothing
// is read, searched, counted, hashed or decided. What the log's sealing writes is
// written behind it, in the same batches. The rooms cannot be faster than this on
// the same store, and how near they come is what their logic costs.
type floor struct {
	store   *db.Store
	entry   []borderRows // of known travellers who enter
	exit    []borderRows
	first   []borderRows // first registrations
	pending chan [2]string
	backlog atomic.Int64
}

// borderRows is what one check and one crossing left behind, by table.
type borderRows struct {
	check    map[string][]any
	crossing map[string][][]any
}

// columnAt is the place of each column in the captured rows, by table and name.
var columnAt = func() map[string]int {
	m := map[string]int{}
	for table, columns := range floorColumns {
		for i, c := range columns {
			m[table+"."+c] = i
		}
	}
	return m
}()

// with returns a copy of a table's row with some of its columns replaced: name,
// value, name, value.
func with(table string, row []any, pairs ...any) []any {
	out := append([]any{}, row...)
	for i := 0; i+1 < len(pairs); i += 2 {
		out[place(table, pairs[i].(string))] = pairs[i+1]
	}
	return out
}

// place is where a column stands. A column that is not there is a mistake in
// this file, and stops the program.
func place(table, column string) int {
	i, ok := columnAt[table+"."+column]
	if !ok {
		panic("sim: " + table + " has no column " + column)
	}
	return i
}

// pair writes what a check and a crossing of the subject would. A newcomer is
// given a file.
func (f *floor) pair(ctx context.Context, r *rand.Rand, s *subject, first bool) (check, crossing time.Duration, err error) {
	templates := f.entry
	switch {
	case first:
		templates = f.first
	case s.floor.inside:
		templates = f.exit
	}
	rows := &templates[r.IntN(len(templates))]
	home, id := s.ref, uuid.NewString()
	if first {
		home = uuid.NewString()
	}
	start := time.Now()
	about := home
	if first {
		about = "" // nobody is known yet: the entry stands by itself
	}
	if err := f.check(ctx, rows, home, about, id); err != nil {
		return 0, 0, err
	}
	middle := time.Now()
	if first {
		err = f.register(ctx, rows, home, id)
	} else {
		err = f.cross(ctx, rows, s, id)
	}
	return middle.Sub(start), time.Since(middle), err
}

func (f *floor) insert(tx *db.Tx, table string, row []any) { tx.Later(floorInserts[table], row...) }

// log writes a log entry and its pending row.
func (f *floor) log(tx *db.Tx, entry, pending []any, home string) string {
	id := floorID(tx.Now())
	home = cmp.Or(home, id)
	f.insert(tx, "ledger_entry", with("ledger_entry", entry, "home", home, "id", id))
	f.insert(tx, "ledger_pending", with("ledger_pending", pending, "home", home, "id", id))
	return id
}

func (f *floor) check(ctx context.Context, rows *borderRows, home, about, id string) error {
	var entry string
	err := f.store.WriteByKey(ctx, func(tx *db.Tx) error {
		now := tx.Now()
		f.insert(tx, "ees_check", with("ees_check", rows.check["ees_check"], "home", home, "id", id, "at", now.UnixMicro(),
			"expires_at", now.Add(30*time.Minute).UnixMicro()))
		entry = f.log(tx, rows.check["ledger_entry"], rows.check["ledger_pending"], about)
		return nil
	})
	f.logged(cmp.Or(about, entry), entry, err)
	return err
}

func (f *floor) logged(home, entry string, err error) {
	if err == nil {
		f.backlog.Add(1)
		f.pending <- [2]string{home, entry}
	}
}

// cross writes the crossing of a known traveller: the statements are those of
// the room, on the floor's tables.
func (f *floor) cross(ctx context.Context, rows *borderRows, s *subject, id string) error {
	var entry string
	err := f.store.WriteByKey(ctx, func(tx *db.Tx) error {
		record := rows.crossing["ees_record"][0]
		fileOf := func(column string) any { return rows.crossing["ees_file"][0][place("ees_file", column)] }
		changed, err := tx.Exec(`UPDATE floor_ees_file SET face = $1, fingers = $2, last_event_on = $3, version = $4, visa_required = $5, family_member = $6,
				programmes = $7, permits = $8, restricted = $9, refused_first = $10, refused_last = $11, due_on = $12, fallback = $13, without_biometrics = $14
			WHERE ref = $15 AND version = $16`,
			fileOf("face"), fileOf("fingers"), fileOf("last_event_on"), s.floor.version+1, fileOf("visa_required"), fileOf("family_member"),
			fileOf("programmes"), fileOf("permits"), fileOf("restricted"), fileOf("refused_first"), fileOf("refused_last"), fileOf("due_on"),
			fileOf("fallback"), fileOf("without_biometrics"), s.ref, s.floor.version)
		if err != nil {
			return err
		}
		if changed != 1 {
			return fmt.Errorf("sim: the floor has lost file %s", s.ref)
		}
		n := s.floor.stays
		if s.floor.inside {
			tx.Later(floorUpdate, with("ees_record", record, "ref", s.ref, "n", n)...)
		} else {
			n++
			f.insert(tx, "ees_record", with("ees_record", record, "ref", s.ref, "n", n))
		}
		f.insert(tx, "ees_outbox", []any{s.ref, s.floor.version + 1})
		f.insert(tx, "ees_outcome", with("ees_outcome", rows.crossing["ees_outcome"][0], "home", s.ref, "check_id", id, "at", tx.Now().UnixMicro(), "ref", s.ref, "n", n))
		entry = f.log(tx, rows.crossing["ledger_entry"][0], rows.crossing["ledger_pending"][0], s.ref)
		return nil
	})
	f.logged(s.ref, entry, err)
	if err == nil {
		s.floor.version++
		if s.floor.inside = !s.floor.inside; s.floor.inside {
			s.floor.stays++
		}
	}
	return err
}

// floorUpdate is what an exit changes in a record: every column, by its key.
var floorUpdate = func() string {
	var set []string
	for i, c := range floorColumns["ees_record"] {
		if i > 1 {
			set = append(set, fmt.Sprintf("%s = $%d", c, i+1))
		}
	}
	return "UPDATE " + floorPrefix + "ees_record SET " + strings.Join(set, ", ") + " WHERE ref = $1 AND n = $2"
}()

// register writes a first registration.
func (f *floor) register(ctx context.Context, rows *borderRows, home, id string) error {
	var entry string
	file, number := uuid.NewString(), floorID(time.Now())[12:]
	err := f.store.WriteByKey(ctx, func(tx *db.Tx) error {
		for _, t := range loadTables {
			for _, row := range rows.crossing[t.name] {
				switch t.name {
				case "ees_file":
					row = with(t.name, row, "ref", home, "cir_file", file)
				case "ees_record", "ees_by_visa":
					row = with(t.name, row, "ref", home)
				case "cir_dataset", "cir_file":
					row = with(t.name, row, "record_ref", home, "cir_file", file)
				case "cir_by_document":
					row = with(t.name, row, "record_ref", home, "number", number[:len(row[place(t.name, "number")].(string))])
				default:
					row = with(t.name, row, "record_ref", home)
				}
				f.insert(tx, t.name, row)
			}
		}
		f.insert(tx, "ees_outbox", []any{home, 1})
		f.insert(tx, "ees_outcome", with("ees_outcome", rows.crossing["ees_outcome"][0], "home", home, "check_id", id, "at", tx.Now().UnixMicro(), "ref", home))
		entry = f.log(tx, rows.crossing["ledger_entry"][0], rows.crossing["ledger_pending"][0], home)
		return nil
	})
	f.logged(home, entry, err)
	return err
}

// floorID is an identifier of the form and order of a log entry's.
func floorID(at time.Time) string {
	const letters = "0123456789abcdefghijklmnopqrstuv"
	var b [26]byte
	micros := uint64(at.UnixMicro())
	for i := range 11 {
		b[i] = letters[micros>>(50-5*i)&31]
	}
	for i := 11; i < len(b); i++ {
		b[i] = letters[rand.IntN(32)]
	}
	return string(b[:])
}

// seal writes behind the crossings what sealing the log writes, until ctx ends.
func (f *floor) seal(ctx context.Context, every time.Duration) error {
	const most = 256
	seq := int64(0)
	tile := make([]byte, 32*most)
	note := strings.Repeat("n", 190)
	tick := time.NewTicker(every)
	defer tick.Stop()
	var batch [][2]string
	for {
		full := false
		select {
		case <-ctx.Done():
			return nil
		case p := <-f.pending:
			batch = append(batch, p)
			full = len(batch) == most
		case <-tick.C:
			full = len(batch) > 0
		}
		if !full {
			continue
		}
		err := f.store.WriteByKey(context.WithoutCancel(ctx), func(tx *db.Tx) error {
			if _, err := tx.Exec(`INSERT INTO floor_ledger_checkpoint (prior, size, note) VALUES ($1, $2, $3) ON CONFLICT (prior) DO NOTHING`,
				seq, seq+int64(len(batch)), note); err != nil {
				return err
			}
			leaves := make([][]any, len(batch))
			for i, p := range batch {
				at := seq + int64(i)
				leaves[i] = []any{at >> 8, at & 255, p[1], tile[:32]}
			}
			if err := tx.Bulk("floor_ledger_leaf", []string{"tile", "n", "id", "commitment"}, leaves); err != nil {
				return err
			}
			last := seq + int64(len(batch))
			for level, at := range []int64{last, last >> 8} {
				for t := (seq >> (8 * level)) >> 8; t <= at>>8; t++ {
					size := int64(256)
					if t == at>>8 {
						size = at & 255
					}
					if size > 0 {
						tx.Later(`INSERT INTO floor_ledger_tile (n, level, hashes) VALUES ($1, $2, $3)
							ON CONFLICT (n, level) DO UPDATE SET hashes = excluded.hashes`, t, level, tile[:32*size])
					}
				}
			}
			for _, p := range batch {
				tx.Later(`DELETE FROM floor_ledger_pending WHERE home = $1 AND id = $2`, p[0], p[1])
			}
			return nil
		})
		if err != nil {
			return err
		}
		seq += int64(len(batch))
		f.backlog.Add(-int64(len(batch)))
		batch = batch[:0]
	}
}

// settled waits until everything is sealed.
func (f *floor) settled(ctx context.Context) {
	for f.backlog.Load() > 0 && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
}

// sealing runs fn in the background and returns how to end it.
func sealing(ctx context.Context, fn func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { fn(ctx) })
	return func() { cancel(); done.Wait() }
}
