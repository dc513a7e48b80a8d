package db

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
)

// Bounds of a sweep: pages looked at in one question, and the number of pages
// from which on a page of another kind could begin like one of a table.
const (
	sweepWidth = 64
	maxSwept   = 1 << 25
)

var errTooLargeToSweep = errors.New("db: the file has more than 2^25 pages, whose kinds a sweep cannot tell apart")

// sweep overwrites what SQLite leaves behind in the unused middle of a page. Its
// secure_delete zeroes a row where the row was; but when it moves rows between
// neighbouring pages it writes the pages anew from their ends and lets the middle
// be, where copies of rows may stand that are erased later. So every page is
// looked at, on snapshots that nobody waits for, and those with something in their
// middle are looked at again by the writer, some at a time, and cleaned.
//
// If we stop anywhere, pages are as they were or cleaned.
func (s *Store) sweep(ctx context.Context) error {
	var pages int64
	err := s.Read(ctx, func(tx *Tx) error {
		return tx.Row(`SELECT page_count FROM pragma_page_count`).Scan(&pages)
	})
	if err != nil {
		return err
	}
	if pages >= maxSwept {
		return errTooLargeToSweep
	}
	pace := s.Pace()
	for first := int64(1); first <= pages; first += sweepWidth {
		var stale [][]any
		err := s.Read(ctx, func(tx *Tx) error {
			var err error
			stale, err = stalePages(tx, numbers(first, pages))
			return err
		})
		if err != nil || len(stale) == 0 {
			if err != nil {
				return err
			}
			continue
		}
		err = s.Reclaim(ctx, func(tx *Tx) error {
			pace.Begin(tx)
			again, err := stalePages(tx, stale)
			if err != nil {
				return err
			}
			for _, p := range again {
				if _, err := tx.Exec(`UPDATE sqlite_dbpage SET data = $2 WHERE pgno = $1`, p[0], p[1]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		pace.Rest(ctx)
	}
	return nil
}

// numbers are the pages from first on, at most sweepWidth.
func numbers(first, last int64) [][]any {
	var list [][]any
	for n := first; n <= last && n < first+sweepWidth; n++ {
		list = append(list, []any{n})
	}
	return list
}

// inSweep asks for pages by number: sqlite_dbpage finds equal numbers only.
var inSweep = func() string {
	var b bytes.Buffer
	for i := range sweepWidth {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	return `SELECT pgno, data FROM sqlite_dbpage WHERE pgno IN (` + b.String() + `)`
}()

// stalePages returns those of the pages that have something in their middle, as
// they ought to be: number and content.
func stalePages(tx *Tx, pages [][]any) ([][]any, error) {
	args := make([]any, sweepWidth)
	for i := range args {
		args[i] = pages[min(i, len(pages)-1)][0]
	}
	rows, err := tx.Query(inSweep, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var stale [][]any
	for rows.Next() {
		var n int64
		var data []byte
		if err := rows.Scan(&n, &data); err != nil {
			return nil, err
		}
		if wipeMiddle(data, n == 1) {
			stale = append(stale, []any{n, data})
		}
	}
	return stale, rows.Err()
}

// wipeMiddle zeroes what lies between the list of cells and the cells of a page of
// a table or index, and tells whether there was anything. A page that is not in
// every respect such a page is left alone (the file format, section 1.6, "B-tree
// Pages").
func wipeMiddle(page []byte, first bool) bool {
	head := 0
	if first {
		head = 100 // the header of the file
	}
	if len(page) < 512 || len(page) > 65536 {
		return false
	}
	list := head
	switch page[head] {
	case 2, 5: // inner pages of an index, of a table
		list += 12
	case 10, 13: // leaves
		list += 8
	default:
		return false
	}
	field := func(at int) int { return int(binary.BigEndian.Uint16(page[at:])) }
	cells, content := field(head+3), field(head+5)
	if content == 0 {
		content = 65536
	}
	end := list + 2*cells
	if free := field(head + 1); end > content || content > len(page) || free != 0 && free < content {
		return false
	}
	for at := list; at < end; at += 2 {
		if cell := field(at); cell < content || cell >= len(page) {
			return false
		}
	}
	middle := page[end:content]
	for _, b := range middle {
		if b != 0 {
			clear(middle)
			return true
		}
	}
	return false
}
