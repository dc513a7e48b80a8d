package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"limen/access"
	"limen/db"
	"limen/ees"
	"limen/ledger"
)

// pair is a check and the crossing that it leads to, through the rooms.
func (b *benchHouse) pair(ctx context.Context, q ees.CheckRequest, checked, crossed *ledger.Receipt) (ees.Check, ees.RecordView, error) {
	check, err := b.check(ctx, q, checked)
	if err != nil {
		return check, ees.RecordView{}, err
	}
	view, err := b.cross(ctx, decision(&check), crossed)
	return check, view, err
}

func (b *benchHouse) check(ctx context.Context, q ees.CheckRequest, receipt *ledger.Receipt) (ees.Check, error) {
	return access.Run(ctx, b.Door, b.knock(ees.OpCheck, receipt), func(p access.Pass) (ees.Check, error) { return b.EES.Check(p, q) })
}

func (b *benchHouse) cross(ctx context.Context, q ees.CrossingRequest, receipt *ledger.Receipt) (ees.RecordView, error) {
	return access.Run(ctx, b.Door, b.knock(ees.OpRecordCrossing, receipt), func(p access.Pass) (ees.RecordView, error) { return b.EES.RecordCrossing(p, q) })
}

// sampled is how many transactions of each kind are copied.
const sampled = 24

// capture carries out some transactions through the rooms and reads back what
// they wrote. The log must not be sealed meanwhile.
func capture(ctx context.Context, b *benchHouse, subjects, newcomers []*subject) (*floor, error) {
	f := &floor{store: b.Store, pending: make(chan [2]string, 1<<16)}
	r := stream(b.crowd.seed, streamBench, 77)
	for _, s := range subjects {
		if len(f.entry) >= sampled && len(f.exit) >= sampled {
			break
		}
		into := &f.entry
		if s.rooms.inside {
			into = &f.exit
		}
		if len(*into) >= sampled {
			continue
		}
		rows, err := b.capture(ctx, r, s, false)
		if err != nil {
			return nil, err
		}
		*into = append(*into, rows)
	}
	for _, s := range newcomers[:min(sampled, len(newcomers))] {
		rows, err := b.capture(ctx, r, s, true)
		if err != nil {
			return nil, err
		}
		f.first = append(f.first, rows)
	}
	if len(f.entry) == 0 || len(f.exit) == 0 || len(f.first) == 0 {
		return nil, fmt.Errorf("sim: too few travellers to copy from: %d entries, %d exits", len(f.entry), len(f.exit))
	}
	return f, nil
}

// capture does one check and crossing and reads the rows.
func (b *benchHouse) capture(ctx context.Context, r *rand.Rand, s *subject, first bool) (borderRows, error) {
	var checked, crossed ledger.Receipt
	check, view, err := b.pair(ctx, s.request(r), &checked, &crossed)
	if err != nil {
		return borderRows{}, err
	}
	s.rooms.inside = !s.rooms.inside
	s.rooms.stays, s.rooms.version = s.rooms.stays+1, s.rooms.version+1
	home, id, _ := strings.Cut(check.CheckID, ".")
	_, n, _ := strings.Cut(view.RecordID, ".")
	out := borderRows{check: map[string][]any{}, crossing: map[string][][]any{}}
	err = b.Store.Read(ctx, func(tx *db.Tx) error {
		one := func(table, where string, args ...any) ([]any, error) {
			rows, err := rowsOf(tx, table, where, args...)
			if err == nil && len(rows) != 1 {
				err = fmt.Errorf("sim: %d rows of %s instead of one", len(rows), table)
			}
			if err != nil {
				return nil, err
			}
			return rows[0], nil
		}
		var err error
		if out.check["ees_check"], err = one("ees_check", "home = $1 AND id = $2", home, id); err != nil {
			return err
		}
		for _, t := range []string{"ledger_entry", "ledger_pending"} {
			if out.check[t], err = one(t, "id = $1", checked.ID); err != nil {
				return err
			}
			row, err := one(t, "id = $1", crossed.ID)
			if err != nil {
				return err
			}
			out.crossing[t] = [][]any{row}
		}
		if out.crossing["ees_outcome"], err = rowsOf(tx, "ees_outcome", "home = $1 AND check_id = $2", home, id); err != nil {
			return err
		}
		if out.crossing["ees_record"], err = rowsOf(tx, "ees_record", "ref = $1 AND n = CAST($2 AS BIGINT)", string(view.File), n); err != nil {
			return err
		}
		if out.crossing["ees_file"], err = rowsOf(tx, "ees_file", "ref = $1", string(view.File)); err != nil || !first {
			return err
		}
		file := out.crossing["ees_file"][0][place("ees_file", "cir_file")].(string)
		for table, where := range registrationTables {
			key := string(view.File)
			if table == "cir_file" {
				key = file
			}
			if out.crossing[table], err = rowsOf(tx, table, where, key); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// registrationTables are those that a first registration writes beside the
// room's own, and how a file's rows are found in them.
var registrationTables = map[string]string{
	"ees_by_visa": "ref = $1", "cir_dataset": "record_ref = $1", "cir_identity": "record_ref = $1", "cir_document": "record_ref = $1", "cir_biometric": "record_ref = $1",
	"cir_file": "cir_file = $1", "cir_by_document": "record_ref = $1", "cir_by_name": "record_ref = $1",
}

// floorColumns are the columns of the tables that the floor inserts into.
var floorColumns = func() map[string][]string {
	m := map[string][]string{
		"ees_check":      {"home", "id", "at", "expires_at", "authority", "state", "body"},
		"ees_outbox":     {"ref", "version"},
		"ees_outcome":    {"home", "check_id", "at", "kind", "ref", "n"},
		"ledger_entry":   {"home", "id", "officer", "operation", "salt", "body"},
		"ledger_pending": {"home", "id", "commitment", "code"},
	}
	for _, t := range loadTables {
		m[t.name] = t.columns
	}
	return m
}()

// floorInserts are the statements of the inserts, by table.
var floorInserts = func() map[string]string {
	m := map[string]string{}
	for table, columns := range floorColumns {
		marks := make([]string, len(columns))
		for i := range marks {
			marks[i] = fmt.Sprintf("$%d", i+1)
		}
		m[table] = "INSERT INTO " + floorPrefix + table + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")"
	}
	return m
}()

// rowsOf reads whole rows.
func rowsOf(tx *db.Tx, table, where string, args ...any) ([][]any, error) {
	columns := floorColumns[table]
	rows, err := tx.Query("SELECT "+strings.Join(columns, ", ")+" FROM "+table+" WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out [][]any
	for rows.Next() {
		values, dest := make([]any, len(columns)), make([]any, len(columns))
		for i := range dest {
			dest[i] = &values[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		for i, v := range values {
			switch v := v.(type) {
			case []byte:
				values[i] = append([]byte{}, v...)
			case string:
				values[i] = strings.Clone(v)
			}
		}
		out = append(out, values)
	}
	return out, rows.Err()
}
