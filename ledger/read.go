package ledger

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"limen/db"
)

// Filter chooses entries for a supervisor (2017/2226 arts 55 and 56). Empty
// fields do not narrow. Subject and Officer are lookups by index; without either the
// entries are walked by time.
type Filter struct {
	Subject   string // file reference
	Officer   string
	Operation string
	From, To  time.Time // From is included, To is not
	After     string    // Page.Next of the page before
	Limit     int       // 1 to 1000; 100 when zero
}

// Page is a list of entries, newest first.
type Page struct {
	Records []Record
	Next    string // Filter.After of the next page; empty at the end
}

const entryColumns = `e.home, e.id, e.salt, e.body`

// Entries reads the log. Reading it is itself an operation to log, so the caller
// brings the transaction of the pass. Entries not yet sealed are in it, erased
// ones are not.
func (l *Log) Entries(tx *db.Tx, f Filter) (Page, error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	f.Limit = min(f.Limit, 1000)
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	// conditions on the identifier, which is the time, come from the table that
	// leads: table is "e", or "s" where the index of subjects leads.
	where := func(table string) string {
		var c strings.Builder
		if f.After != "" {
			c.WriteString(" AND " + table + ".id < " + arg(f.After))
		}
		if !f.From.IsZero() {
			c.WriteString(" AND " + table + ".id >= " + arg(idFloor(f.From)))
		}
		if !f.To.IsZero() {
			c.WriteString(" AND " + table + ".id < " + arg(idFloor(f.To)))
		}
		if f.Officer != "" {
			c.WriteString(" AND e.officer = " + arg(f.Officer))
		}
		if f.Operation != "" {
			c.WriteString(" AND e.operation = " + arg(f.Operation))
		}
		return c.String()
	}
	var q string
	if f.Subject == "" {
		q = `SELECT ` + entryColumns + ` FROM ledger_entry e WHERE TRUE` + where("e")
	} else {
		q = `SELECT ` + entryColumns + ` FROM ledger_entry e WHERE e.home = ` + arg(f.Subject) + where("e") +
			` UNION ALL SELECT ` + entryColumns + ` FROM ledger_subject s JOIN ledger_entry e ON e.home = s.home AND e.id = s.id` +
			` WHERE s.subject = ` + arg(f.Subject) + where("s")
	}
	q += ` ORDER BY id DESC LIMIT ` + arg(f.Limit+1)
	records, err := l.records(tx, q, args...)
	if err != nil {
		return Page{}, err
	}
	p := Page{Records: records}
	if len(p.Records) > f.Limit {
		p.Records = p.Records[:f.Limit]
		p.Next = p.Records[f.Limit-1].ID
	}
	return p, nil
}

func (l *Log) records(tx *db.Tx, q string, args ...any) ([]Record, error) {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Record
	for rows.Next() {
		var home, id, body string
		var salt []byte
		if err := rows.Scan(&home, &id, &salt, &body); err != nil {
			return nil, err
		}
		list = append(list, decode(id, home, salt, body))
	}
	return list, rows.Err()
}

// Entry reads one entry. An erased one is ErrNotFound; Proof still knows it.
func (l *Log) Entry(tx *db.Tx, id string) (Record, error) {
	list, err := l.records(tx, `SELECT `+entryColumns+` FROM ledger_entry e WHERE e.id = $1`, id)
	if err != nil {
		return Record{}, err
	}
	if len(list) == 0 {
		return Record{}, fmt.Errorf("%w: %q", ErrNotFound, id)
	}
	return list[0], nil
}

// inWidth is the number of identifiers asked for in one statement. The list is
// padded, so that there is one statement to prepare and not one per length.
const inWidth = 64

var inList = func() string {
	var b strings.Builder
	for i := 1; i <= inWidth; i++ {
		if i > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "$%d", i)
	}
	return b.String()
}()

// eachIn runs q + "(list)" over ids in portions and scans every row.
func eachIn(tx *db.Tx, q string, ids []string, scan func(*db.Rows) error) error {
	for len(ids) > 0 {
		part := ids[:min(inWidth, len(ids))]
		ids = ids[len(part):]
		args := make([]any, inWidth)
		for i := range args {
			args[i] = part[min(i, len(part)-1)]
		}
		rows, err := tx.Query(q+" ("+inList+")", args...)
		if err != nil {
			return err
		}
		for rows.Next() {
			if err := scan(rows); err != nil {
				rows.Close()
				return err
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
	}
	return nil
}

// leafRow is a leaf as stored.
type leafRow struct {
	seq        int64
	id         string
	commitment []byte
}

// leavesOf finds the leaves of entries. Entries not yet sealed are missing in it.
func leavesOf(tx *db.Tx, ids []string) (map[string]leafRow, error) {
	found := map[string]leafRow{}
	err := eachIn(tx, `SELECT tile, n, id, commitment FROM ledger_leaf WHERE id IN`, ids, func(rows *db.Rows) error {
		var tile, n int64
		var r leafRow
		if err := rows.Scan(&tile, &n, &r.id, &r.commitment); err != nil {
			return err
		}
		r.seq = tile<<tileHeight + n
		found[r.id] = r
		return nil
	})
	return found, err
}
