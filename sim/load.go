package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"limen/db"
	"limen/ees"
	"limen/house"
	"limen/interop/cir"
	"limen/law"
	"limen/ledger"
	"limen/person"
)

// LoadOptions say what crowd to load.
type LoadOptions struct {
	Seed     uint64
	Files    int
	Today    law.Date // the day on which the crowd's last stays are recent
	Density  int      // see NamesOptions; 0 is 1
	Floor    bool     // fill the tables of the floor as well
	Batch    int      // members of one transaction; 0 is 10 000
	Progress func(done, total int)
}

// ErrNotBench is the answer to a store that Load did not begin on when it was
// empty.
var ErrNotBench = errors.New("sim: this store was not made for measuring: Load writes past the threshold, and only into a store that was empty when it began")

// Load fills a store of its own with individual files, for measuring and for
// nothing else. It writes into the rooms' tables in bulk, past the threshold: no
// check, no log entry. So it refuses every store that is not its own: it begins
// only where there is no file, no log entry and no account, and leaves a mark by
// which it knows the store again.
//
// If we stop anywhere, the mark says how many members are there, for it commits
// with them; the next call with the same options goes on behind those.
func Load(ctx context.Context, h *house.House, o LoadOptions) error {
	o.Density = max(1, o.Density)
	if o.Batch <= 0 {
		o.Batch = 10_000
	}
	mark, err := takeMark(ctx, h.Store, o)
	if err != nil {
		return err
	}
	l := loader{store: h.Store, options: o, crowd: &crowd{seed: o.Seed, size: o.Files, today: o.Today, density: o.Density}}
	return l.run(ctx, mark)
}

// benchSchema is the tables that measuring needs beside the rooms' own: the mark,
// and the tables of the floor, which are the rooms' tables under other names.
func benchSchema(dir string) (db.Schema, error) {
	s := db.Schema{Room: "bench", Files: os.DirFS(dir), Tables: []db.Table{{Name: "bench_mark", Why: "one row"}}}
	const mark = `-- +goose Up
CREATE TABLE bench_mark (seed BIGINT NOT NULL, files BIGINT NOT NULL, today TEXT NOT NULL, density BIGINT NOT NULL, floor BOOLEAN NOT NULL, done BIGINT NOT NULL, PRIMARY KEY (seed));
`
	if err := os.WriteFile(filepath.Join(dir, "0001_mark.sql"), []byte(mark), 0o600); err != nil {
		return s, err
	}
	n := 1
	for _, room := range []db.Schema{ledger.Schema(), cir.Schema(), ees.Schema()} {
		texts, err := migrations(room.Files)
		if err != nil {
			return s, err
		}
		for _, text := range texts {
			n++
			ddl := namesOfTables.ReplaceAllString(text, "${1}"+floorPrefix+"$2")
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d_floor_%s.sql", n, room.Room)), []byte(ddl), 0o600); err != nil {
				return s, err
			}
		}
		for _, t := range room.Tables {
			s.Tables = append(s.Tables, db.Table{Name: floorPrefix + t.Name, Key: t.Key, Why: t.Why})
		}
	}
	return s, nil
}

// floorPrefix begins the names of the tables of the floor, and of their indexes.
const floorPrefix = "floor_"

var namesOfTables = regexp.MustCompile(`\b((?:CREATE|ALTER) TABLE |(?:CREATE (?:UNIQUE )?|DROP )INDEX |ON )((?:ees|cir|ledger)_[a-z_]+)`)

// migrations reads the SQL files of a room in their order.
func migrations(files fs.FS) ([]string, error) {
	names, err := fs.Glob(files, "*.sql")
	if err == nil && len(names) == 0 {
		names, err = fs.Glob(files, "sql/*.sql")
	}
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var texts []string
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		if !strings.HasSuffix(name, ".pg.sql") {
			texts = append(texts, string(b))
		}
	}
	return texts, nil
}

// takeMark finds the mark of the store, or puts it on an empty one.
func takeMark(ctx context.Context, s *db.Store, o LoadOptions) (done int, err error) {
	marked := false
	var seed, files, density, there int64
	var today law.Date
	var floor bool
	readErr := s.Read(ctx, func(tx *db.Tx) error {
		return tx.Row(`SELECT seed, files, today, density, floor, done FROM bench_mark`).Scan(&seed, &files, &today, &density, &floor, &there)
	})
	marked = readErr == nil
	if marked {
		if uint64(seed) != o.Seed || int(files) != o.Files || today != o.Today || int(density) != o.Density || floor != o.Floor {
			return 0, fmt.Errorf("sim: this store holds another crowd: seed %d, %d files on %s, density %d", seed, files, today, density)
		}
		return int(there), nil
	}
	var rows int64
	err = s.Read(ctx, func(tx *db.Tx) error {
		return tx.Row(`SELECT (SELECT count(*) FROM ees_file) + (SELECT count(*) FROM ledger_entry) + (SELECT count(*) FROM access_account)`).Scan(&rows)
	})
	if err != nil {
		return 0, err
	}
	if rows != 0 {
		return 0, ErrNotBench
	}
	dir, err := os.MkdirTemp("", "limen-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	schema, err := benchSchema(dir)
	if err != nil {
		return 0, err
	}
	if err := s.Migrate(ctx, []db.Schema{schema}); err != nil {
		return 0, err
	}
	return 0, s.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO bench_mark (seed, files, today, density, floor, done) VALUES ($1, $2, $3, $4, $5, 0)`,
			int64(o.Seed), o.Files, o.Today, o.Density, o.Floor)
		return err
	})
}

// loader is a Load under way.
type loader struct {
	store   *db.Store
	options LoadOptions
	crowd   *crowd
}

// run writes batch after batch; while one is written, the next is worked out.
func (l *loader) run(ctx context.Context, done int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type ready struct {
		upTo  int
		batch batch
		err   error
	}
	batches := make(chan ready, 1)
	go func() {
		defer close(batches)
		for from := done; from < l.options.Files; from += l.options.Batch {
			r := ready{upTo: min(l.options.Files, from+l.options.Batch)}
			r.batch, r.err = l.batch(from, r.upTo)
			select {
			case batches <- r:
			case <-ctx.Done():
				return
			}
			if r.err != nil {
				return
			}
		}
	}()
	for r := range batches {
		if r.err != nil {
			return r.err
		}
		err := l.store.Write(ctx, func(tx *db.Tx) error {
			for _, t := range loadTables {
				if err := tx.Bulk(t.name, t.columns, r.batch[t.name]); err != nil {
					return err
				}
				if l.options.Floor {
					if err := tx.Bulk(floorPrefix+t.name, t.columns, r.batch[t.name]); err != nil {
						return err
					}
				}
			}
			// If we stop before the commit, the next start finds the mark of the
			// batch before.
			_, err := tx.Exec(`UPDATE bench_mark SET done = $1`, r.upTo)
			return err
		})
		if err != nil {
			return err
		}
		if l.options.Progress != nil {
			l.options.Progress(r.upTo, l.options.Files)
		}
	}
	if err := ctx.Err(); err != nil || l.store.Engine() != db.Postgres {
		return err
	}
	// A register that grew in its own time has been looked over by the server,
	// which plans its reads by what it saw.
	return l.store.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`ANALYZE`)
		return err
	})
}

// loadTables are the tables that a file has rows in, in the order of writing.
var loadTables = []struct {
	name    string
	columns []string
}{
	{"ees_file", []string{"ref", "cir_file", "visa_required", "family_member", "face", "fingers", "created_at", "created_by", "responsible", "incomplete", "fallback",
		"without_biometrics", "programmes", "permits", "restricted", "last_event_on", "refused_first", "refused_last", "due_on", "version"}},
	{"ees_by_visa", []string{"number", "issuer", "ref"}},
	{"ees_record", []string{"ref", "n", "entry_at", "entry_on", "entry_bcp", "entry_authority", "exit_at", "exit_on", "exit_bcp", "exit_authority",
		"family_member", "visa", "exit_visa", "stay_end", "ends_at", "overstay_class", "overstay_from", "origin", "incomplete", "ended_on", "despite", "against", "responsible",
		"start_of_stay", "transit", "partial", "etias", "changes", "stamps", "proof", "excused", "noticed_on", "exit_origin", "came_from", "version"}},
	{"cir_dataset", []string{"record_ref", "system", "cir_file", "created_at"}},
	{"cir_file", []string{"cir_file", "record_ref", "system"}},
	{"cir_identity", []string{"record_ref", "system", "n", "surname", "first_names", "birth", "sex", "nationalities", "created_at"}},
	{"cir_document", []string{"record_ref", "system", "n", "type", "number", "issuer", "expiry", "created_at"}},
	{"cir_biometric", []string{"record_ref", "system", "n", "kind", "status", "source", "captured_at"}},
	{"cir_by_document", []string{"number", "issuer", "type", "expiry", "system", "record_ref"}},
	{"cir_by_name", []string{"block", "name_key", "record_ref", "system", "n", "normal"}},
}

// batch is rows by table.
type batch map[string][][]any

func (l *loader) batch(from, to int) (batch, error) {
	b := batch{}
	for i := from; i < to; i++ {
		m, err := l.crowd.member(i)
		if err != nil {
			return nil, err
		}
		if err := b.add(m, l.crowd.today); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b batch) row(table string, values ...any) { b[table] = append(b[table], values) }

// add appends the rows of one file, as the rooms would have written them.
func (b batch) add(m *member, today law.Date) error {
	const system = string(cir.EES)
	created := m.stays[0].enter.Start(time.UTC).Add(9 * time.Hour).UnixMicro()
	fingers, last := ees.FingersNotForVisa, m.stays[len(m.stays)-1]
	adult, _ := person.BornOn(m.Born).Age(m.stays[0].enter)
	switch {
	case adult < 12:
		fingers = ees.FingersUnderTwelve
	case m.visa == nil:
		fingers = ees.FingersPresent
	}
	b.row("ees_file", m.ref, m.cirFile, m.visa != nil, false, string(ees.FacePresent), string(fingers), created, "Border police France", "FRA", false, false,
		false, nil, nil, nil, max(last.enter, last.leave), nil, nil, due(m), 1)
	if m.visa != nil {
		b.row("ees_by_visa", m.visa.Number, m.visa.Issuer, m.ref)
	}
	for k, s := range m.stays {
		if err := b.stay(m, k, s, today); err != nil {
			return err
		}
	}
	b.row("cir_dataset", m.ref, system, m.cirFile, created)
	b.row("cir_file", m.cirFile, m.ref, system)
	birth := person.BornOn(m.Born).String()
	b.row("cir_identity", m.ref, system, 1, m.name.Surname, m.name.FirstNames, birth, string(m.Sex), string(m.Nation), created)
	d := m.Passports[0].Document
	b.row("cir_document", m.ref, system, 1, string(d.Type), string(d.Number), string(d.Issuer), d.Expiry, created)
	b.row("cir_biometric", m.ref, system, 1, "face", "PRESENT", "live", created)
	if fingers == ees.FingersPresent {
		b.row("cir_biometric", m.ref, system, 2, "fingerprints", "PRESENT", "live", created)
	}
	b.row("cir_by_document", string(d.Number), string(d.Issuer), string(d.Type), d.Expiry, system, m.ref)
	normal := m.name.Normal()
	for _, key := range person.NameKeys(normal) {
		b.row("cir_by_name", birth+"|"+string(m.Sex)+"|"+string(m.Nation), key, m.ref, system, 1, normal)
	}
	return nil
}

// stay appends the row of the k-th stay.
func (b batch) stay(m *member, k int, s span, today law.Date) error {
	const authority = "Border police France"
	var visa, exitAt, exitOn, exitPoint, exitBy, exitOrigin any
	if m.visa != nil {
		v := ees.VisaOnRecord{Sticker: person.DocumentNumber(m.visa.Number), Issuer: person.State(m.visa.Issuer), Type: person.VisaC,
			ValidFrom: m.visa.ValidFrom, ValidTo: m.visa.ValidUntil, StayEnd: m.ends[k]}
		if k == 0 {
			v.Days, v.Entries = m.visa.Days, m.visa.Entries
		}
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		visa = string(text)
	}
	if s.leave != 0 {
		exitAt, exitOn = s.leave.Start(time.UTC).Add(17*time.Hour).UnixMicro(), s.leave
		exitPoint, exitBy, exitOrigin = m.points[k], authority, string(ees.Online)
	}
	b.row("ees_record", m.ref, k+1, s.enter.Start(time.UTC).Add(9*time.Hour).UnixMicro(), s.enter, m.points[k], authority, exitAt, exitOn, exitPoint, exitBy,
		false, visa, nil, m.ends[k], nil, nil, nil, string(ees.Online), s.enter <= law.ProgressiveLastDay(), nil, nil, nil, "FRA",
		false, false, false, nil, nil, nil, nil, nil, nil, exitOrigin, nil, 1)
	return nil
}

// due is the first day on which something of a file falls due: three years after
// the first exit, or the warning before the erasure of who never left (art 34).
func due(m *member) law.Date {
	var first law.Date
	for k, s := range m.stays {
		on := law.Period{Years: 3}.After(s.leave) + 1
		if s.leave == 0 {
			on = law.Period{Months: 3}.Before(law.Period{Years: 5}.After(m.ends[k]))
		}
		if first == 0 || on < first {
			first = on
		}
	}
	return first
}
