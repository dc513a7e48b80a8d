package ledger

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"limen/db"
)

// world is a log with history: 700 entries under 7 checkpoints, 20 of them
// lawfully erased by number 700, 10 more pending.
type world struct {
	t     *testing.T
	s     *db.Store
	l     *Log
	ids   []string // by sequence
	all   []Receipt
	early Checkpoint // of size 400
	image map[string][][]any
	dirty map[string]bool // tables changed since restore
}

var columns = map[string][]string{
	"ledger_entry":      {"home", "id", "officer", "operation", "salt", "body"},
	"ledger_subject":    {"subject", "id", "home"},
	"ledger_pending":    {"home", "id", "commitment", "code"},
	"ledger_leaf":       {"tile", "n", "id", "commitment"},
	"ledger_tile":       {"n", "level", "hashes"},
	"ledger_checkpoint": {"prior", "size", "note"},
	"ledger_erased":     {"tile", "n", "erasure"},
}

const erasedFrom, erasedTo = 500, 520

func newWorld(t *testing.T, s *db.Store) *world {
	w := &world{t: t, s: s, l: open(t, s, Options{Batch: 100})}
	ctx := context.Background()
	w.all = fill(t, w.l, 400)
	integrateAll(t, w.l)
	var err error
	if w.early, err = w.l.Checkpoint(ctx); err != nil {
		t.Fatal(err)
	}
	w.all = append(w.all, fill(t, w.l, 300)...)
	integrateAll(t, w.l)
	w.ids = w.sealed()
	w.erase(w.ids[erasedFrom:erasedTo]...)
	integrateAll(t, w.l)
	w.all = append(w.all, fill(t, w.l, 10)...)
	w.ids = w.sealed()
	if len(w.ids) != 701 {
		t.Fatalf("%d leaves", len(w.ids))
	}
	w.image = w.copyOf()
	w.restore() // so that what is verified here is what each case begins with
	mustVerify(t, export(t, w.l, ExportOptions{}), w.l, VerifyOptions{Trusted: w.early.Note, Receipts: w.all})
	return w
}

func (w *world) sealed() (ids []string) {
	w.read(func(tx *db.Tx) error {
		ids = nil
		return each(tx, `SELECT id FROM ledger_leaf ORDER BY tile, n`, nil, func(id string) { ids = append(ids, id) })
	})
	return ids
}

func (w *world) erase(ids ...string) Erased {
	var out Erased
	err := w.s.Reclaim(context.Background(), func(tx *db.Tx) (err error) {
		out, err = w.l.Erase(tx, Erasure{By: Entry{System: "ees", Officer: "duty", Channel: "duty", Grant: "2017/2226 art 46(4)"}, IDs: ids})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) read(fn func(tx *db.Tx) error) {
	if err := w.s.Read(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) copyOf() map[string][][]any {
	image := map[string][][]any{}
	for table, cols := range columns {
		w.read(func(tx *db.Tx) error {
			rows, err := tx.Query("SELECT " + strings.Join(cols, ", ") + " FROM " + table)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				row := make([]any, len(cols))
				dest := make([]any, len(cols))
				for i := range row {
					dest[i] = &row[i]
				}
				if err := rows.Scan(dest...); err != nil {
					return err
				}
				for i := range row {
					if b, ok := row[i].([]byte); ok {
						row[i] = bytes.Clone(b)
					}
				}
				image[table] = append(image[table], row)
			}
			return rows.Err()
		})
	}
	return image
}

func (w *world) restore() {
	err := w.s.Write(context.Background(), func(tx *db.Tx) error {
		for table, cols := range columns {
			if w.dirty != nil && !w.dirty[table] {
				continue
			}
			if _, err := tx.Exec("DELETE FROM " + table); err != nil {
				return err
			}
			if err := tx.Bulk(table, cols, w.image[table]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.dirty = map[string]bool{}
	w.l.seen = Checkpoint{}
}

func (w *world) exec(q string, args ...any) {
	if w.try(q, args...) == 0 {
		w.t.Fatalf("%s: changed nothing", q)
	}
}

func (w *world) try(q string, args ...any) int64 {
	for table := range columns {
		if strings.Contains(q, table) {
			w.dirty[table] = true
		}
	}
	return execSQL(w.t, w.s, q, args...)
}

// integrate seals what is pending, with any log.
func (w *world) integrate(l *Log) (int, error) {
	for table := range columns {
		w.dirty[table] = true
	}
	return l.Integrate(context.Background())
}

func place(seq int64) (tile, n int64) { return seq >> tileHeight, seq & (tileWidth - 1) }

type leafCopy struct {
	id         string
	commitment []byte
}

func (w *world) leaf(seq int64) (c leafCopy) {
	tile, n := place(seq)
	w.read(func(tx *db.Tx) error {
		return tx.Row(`SELECT id, commitment FROM ledger_leaf WHERE tile = $1 AND n = $2`, tile, n).Scan(&c.id, &c.commitment)
	})
	return c
}

func (w *world) setLeaf(seq int64, c leafCopy) {
	tile, n := place(seq)
	w.exec(`UPDATE ledger_leaf SET id = $1, commitment = $2 WHERE tile = $3 AND n = $4`, c.id, c.commitment, tile, n)
}

func (w *world) swapLeaves(a, b int64) {
	x, y := w.leaf(a), w.leaf(b)
	w.setLeaf(a, y)
	w.setLeaf(b, x)
}

// tile changes the hashes of a tile row.
func (w *world) tile(level, n int64, change func([]byte) []byte) {
	var b []byte
	w.read(func(tx *db.Tx) error {
		return tx.Row(`SELECT hashes FROM ledger_tile WHERE n = $1 AND level = $2`, n, level).Scan(&b)
	})
	w.exec(`UPDATE ledger_tile SET hashes = $1 WHERE n = $2 AND level = $3`, change(bytes.Clone(b)), n, level)
}

// retile makes the level-0 tile of a leaf say what its leaf row says.
func (w *world) retile(seq int64) {
	tile, n := place(seq)
	c := w.leaf(seq)
	h := leafHash(c.id, c.commitment)
	w.tile(0, tile, func(b []byte) []byte { copy(b[n*hashSize:], h[:]); return b })
}

type entryCopy struct {
	home, id, officer, operation string
	salt                         []byte
	body                         string
}

func (w *world) entry(seq int64) (e entryCopy) {
	w.read(func(tx *db.Tx) error {
		return tx.Row(`SELECT home, id, officer, operation, salt, body FROM ledger_entry WHERE id = $1`, w.ids[seq]).
			Scan(&e.home, &e.id, &e.officer, &e.operation, &e.salt, &e.body)
	})
	return e
}

func (w *world) put(e entryCopy) {
	w.exec(insertEntry, e.home, e.id, e.officer, e.operation, e.salt, e.body)
}

// forgeBody changes a body and makes the leaf row fit.
func (w *world) forgeBody(seq int64) {
	e := w.entry(seq)
	e.body = strings.Replace(e.body, "officer-", "nobody-", 1)
	w.exec(`UPDATE ledger_entry SET body = $1, officer = $2 WHERE id = $3`, e.body, strings.Replace(e.officer, "officer-", "nobody-", 1), e.id)
	c := commit(e.salt, e.body)
	w.setLeaf(seq, leafCopy{e.id, c[:]})
}

// truncate removes everything behind size entries, as somebody would who knows the
// tables; entries too when clean.
func (w *world) truncate(size int64, clean bool) {
	tile, n := place(size)
	w.exec(`DELETE FROM ledger_checkpoint WHERE size > $1`, size)
	w.exec(`DELETE FROM ledger_leaf WHERE tile > $1 OR (tile = $1 AND n >= $2)`, tile, n)
	w.try(`DELETE FROM ledger_tile WHERE level = 0 AND n > $1`, tile)
	if n > 0 {
		w.tile(0, tile, func(b []byte) []byte { return b[:n*hashSize] })
	}
	w.tile(1, 0, func(b []byte) []byte { return b[:tile*hashSize] })
	w.exec(`DELETE FROM ledger_erased`)
	if clean {
		w.exec(`DELETE FROM ledger_pending`)
		w.exec(`DELETE FROM ledger_entry WHERE id >= $1`, w.ids[size])
		w.exec(`DELETE FROM ledger_subject WHERE id >= $1`, w.ids[size])
	}
}

// rebuild replaces the whole tree by one of the same entries without number 7,
// signed by k.
func (w *world) rebuild(k *Key) {
	for _, table := range []string{"ledger_leaf", "ledger_tile", "ledger_checkpoint", "ledger_pending"} {
		w.exec(`DELETE FROM ` + table)
	}
	var rows []entryCopy
	w.read(func(tx *db.Tx) error {
		rows = nil
		q, err := tx.Query(`SELECT home, id, salt, body FROM ledger_entry WHERE id <> $1 ORDER BY id`, w.ids[7])
		if err != nil {
			return err
		}
		defer q.Close()
		for q.Next() {
			var e entryCopy
			if err := q.Scan(&e.home, &e.id, &e.salt, &e.body); err != nil {
				return err
			}
			rows = append(rows, e)
		}
		return q.Err()
	})
	if err := w.s.Write(context.Background(), func(tx *db.Tx) error {
		for _, e := range rows {
			c := commit(e.salt, e.body)
			tx.Later(insertPending, e.home, e.id, c[:], pendingCode(k, e.home, e.id, c[:]))
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	w.exec(`DELETE FROM ledger_entry WHERE id = $1`, w.ids[7])
	w.exec(`DELETE FROM ledger_erased`)
	l, err := Open(context.Background(), w.s, k, Options{Batch: 400})
	if err != nil {
		w.t.Fatal(err)
	}
	for n := 1; n > 0; {
		if n, err = w.integrate(l); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) checkpoint(k *Key, prior, size int64, root byte) {
	note, err := signCheckpoint(k, size, [32]byte{root})
	if err != nil {
		w.t.Fatal(err)
	}
	w.exec(`INSERT INTO ledger_checkpoint (prior, size, note) VALUES ($1, $2, $3)`, prior, size, note)
}
