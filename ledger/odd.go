package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"limen/db"
)

// What the tree cannot show the exporter looks for in the tables: rows that belong
// to nothing, and search columns that say something else than the entry. It can
// only be seen here, so it goes into the bundle as "odd" lines.

func (x *exporter) odd(kind Kind, seq int64, id, text string) {
	x.out.put(line{Kind: "odd", What: string(kind), Seq: seq, ID: clip(id), Text: text})
}

// columns compares the search columns with the body. Within a body no text can
// look like a field, because its quotes are escaped; so fields are looked for as
// they are written.
func (x *exporter) columns(tx *db.Tx, seq int64, e entryRow) error {
	if !strings.HasPrefix(e.body, `{"id":"`+e.id+`"`) {
		return nil // not the body of this entry: the commitment will not fit either
	}
	for _, c := range [][2]string{{"officer", e.officer}, {"operation", e.operation}} {
		field := appendField(make([]byte, 0, 64), c[0], c[1])
		if c[1] == "" && !strings.Contains(e.body, `,"`+c[0]+`":`) || c[1] != "" && strings.Contains(e.body, string(field)) {
			continue
		}
		x.odd(ChangedIndex, seq, e.id, fmt.Sprintf("column %s says %q, and the body does not", c[0], clip(c[1])))
	}
	_, list, found := strings.Cut(e.body, `,"subjects":`)
	var subjects []string
	if found {
		first := string(appendString(make([]byte, 0, 64), e.home))
		if strings.HasPrefix(list, "["+first+"]") {
			return nil
		}
		if json.NewDecoder(strings.NewReader(list)).Decode(&subjects) != nil {
			return nil
		}
	}
	home := e.id
	if len(subjects) > 0 {
		home = subjects[0]
	}
	if e.home != home {
		x.odd(ChangedIndex, seq, e.id, fmt.Sprintf("column home says %q, the body says %q", clip(e.home), clip(home)))
	}
	for _, s := range subjects[min(1, len(subjects)):] {
		var n int
		if err := tx.Row(`SELECT count(*) FROM ledger_subject WHERE subject = $1 AND id = $2 AND home = $3`, s, e.id, e.home).Scan(&n); err != nil {
			return err
		}
		if n == 0 {
			x.odd(ChangedIndex, seq, e.id, "ledger_subject lacks one of its subjects")
		}
	}
	return nil
}

// beyond reports rows that lie outside of the tree.
func (x *exporter) beyond(tx *db.Tx, total int64) error {
	tile, n := total>>tileHeight, total&(tileWidth-1)
	return errors.Join(
		x.outside(tx, InsertedLeaf, "ledger_leaf", `SELECT tile, n FROM ledger_leaf WHERE tile < 0 OR tile > $1 LIMIT 100`, lastTile),
		x.outside(tx, ChangedTile, "ledger_tile", `SELECT n, level FROM ledger_tile
			WHERE level < 0 OR level >= $1 OR n < 0 OR n > $2 LIMIT 100`, tileLevels, lastTile),
		x.outside(tx, ForkedCheckpoint, "ledger_checkpoint", `SELECT prior, size FROM ledger_checkpoint WHERE size > $1 LIMIT 100`, maxSize),
		x.outside(tx, ChangedIndex, "ledger_erased", `SELECT tile, n FROM ledger_erased
			WHERE (tile, n) >= ($1, $2) OR tile < 0 OR n < 0 OR n > 255 LIMIT 100`, tile, n))
}

func (x *exporter) outside(tx *db.Tx, kind Kind, table, q string, args ...any) error {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var a, b int64
		if err := rows.Scan(&a, &b); err != nil {
			return err
		}
		x.odd(kind, -1, "", fmt.Sprintf("%s has a row (%d, %d) that belongs to no place in the tree", table, a, b))
	}
	return rows.Err()
}

const strayWidth = 4096 // rows examined in one snapshot

// strays looks for entries that have neither a leaf nor a pending row, and for
// leaves with the same identifier, in the next range of identifiers.
func (x *exporter) strays(tx *db.Tx, after string) (next string, more bool, err error) {
	entries := map[string]bool{}
	n := 0
	err = each(tx, `SELECT id FROM ledger_entry WHERE id > $1 ORDER BY id LIMIT $2`, []any{after, strayWidth}, func(id string) {
		entries[id] = true
		next = id
		n++
	})
	if err != nil || n == 0 {
		return "", false, err
	}
	last := ""
	err = each(tx, `SELECT id FROM ledger_leaf WHERE id > $1 AND id <= $2 ORDER BY id`, []any{after, next}, func(id string) {
		if id == last {
			x.odd(InsertedLeaf, -1, id, "it has two leaves")
		}
		last = id
		delete(entries, id)
	})
	if err != nil {
		return "", false, err
	}
	err = each(tx, `SELECT id FROM ledger_pending WHERE id > $1 AND id <= $2`, []any{after, next}, func(id string) { delete(entries, id) })
	if err != nil {
		return "", false, err
	}
	for _, id := range slices.Sorted(maps.Keys(entries)) {
		l := line{Kind: "odd", What: string(InsertedEntry), Seq: -1, ID: id, Text: "the entry has neither a leaf nor a pending row"}
		if err := tx.Row(`SELECT salt, body FROM ledger_entry WHERE id = $1`, id).Scan(&l.Salt, &l.Body); err != nil {
			return "", false, err
		}
		x.out.put(l)
	}
	return next, n == strayWidth, x.out.err
}

// subjects looks for rows of ledger_subject that name no entry, or an entry that
// does not speak of the subject.
func (x *exporter) subjects(tx *db.Tx, subject, id string) (string, string, bool, error) {
	rows, err := tx.Query(`SELECT s.subject, s.id, coalesce(e.body, '') FROM ledger_subject s
		LEFT JOIN ledger_entry e ON e.home = s.home AND e.id = s.id
		WHERE (s.subject, s.id) > ($1, $2) ORDER BY s.subject, s.id LIMIT $3`, subject, id, strayWidth)
	if err != nil {
		return "", "", false, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var body string
		if err := rows.Scan(&subject, &id, &body); err != nil {
			return "", "", false, err
		}
		n++
		if !strings.Contains(body, string(appendString(nil, subject))) {
			x.odd(ChangedIndex, -1, id, "ledger_subject has a row for a subject that the entry does not name")
		}
	}
	return subject, id, n == strayWidth, errors.Join(rows.Err(), x.out.err)
}

// each runs a query for identifiers.
func each(tx *db.Tx, q string, args []any, see func(id string)) error {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		see(id)
	}
	return rows.Err()
}
