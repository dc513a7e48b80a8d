package ledger

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"limen/db"
	"limen/law"
)

// MaxErase is the number of entries that one erasure may remove: a step that holds
// the writer for a bounded time.
const MaxErase = 1000

// Erasure says which entries are to go, and by what right.
//
// 2017/2226 art 46(4) ties the end of a log entry to the data it speaks of: one
// year after their retention ended, unless a monitoring procedure that has
// begun needs it. The log knows neither; Keep asks.
type Erasure struct {
	// By is the log entry of the erasure: who, for which system, and in Grant the
	// article. Operation and Outcome are filled in when empty.
	By Entry

	IDs     []string  // these entries, or, when there are none given:
	Subject string    // the entries whose first subject is this file,
	Before  time.Time // and that are older than this,
	After   string    // going on after this identifier (Erased.Next),
	Limit   int       // examining at most so many: 256 when zero, never above MaxErase

	// Intact leaves entries that are not what was logged also when they are named in
	// IDs: a duty that names what is due does not judge evidence.
	Intact bool

	// Keep, when not nil, is asked for each entry; true leaves it. An entry may
	// have several subjects, and is due only when the last of them is.
	Keep func(Record) bool
}

// Erased is what an erasure did.
type Erased struct {
	Entries int    // erased
	Kept    int    // left because of Keep, or because erasures themselves stay
	Pending int    // left because no checkpoint covers them yet
	Damaged int    // left because they are not what was logged: evidence, until named in IDs
	Next    string // Erasure.After of the next step; empty when all were examined
	Receipt Receipt
}

// Erase removes the bodies, salts and digests of sealed entries and appends an entry
// that lists their sequence numbers. It needs a transaction of Write
// or, better, Reclaim. With nothing
// to erase it appends nothing. Erasing twice does nothing the second time.
//
// If we stop before the commit, the next start finds the entries; after it, the
// erasure and not the entries. Until the erasure is sealed itself, verification
// calls its entries erased with the erasure pending.
func (l *Log) Erase(tx *db.Tx, e Erasure) (Erased, error) {
	if _, err := e.By.Grant.Parse(); err != nil || e.By.Grant == "" {
		return Erased{}, law.BadField("article", "erasure_without_ground", "2017/2226 art 46(4)",
			"An erasure from the log names the article it is based on.")
	}
	if len(e.IDs) == 0 && e.Subject == "" && e.Before.IsZero() {
		return Erased{}, law.BadField("before", "erasure_without_bounds", "2017/2226 art 46(4)",
			"Say which entries are to be erased: by identifier, by subject, or before a moment.")
	}
	if e.Limit <= 0 {
		e.Limit = 256
	}
	e.Limit = min(e.Limit, MaxErase)
	if len(e.IDs) > MaxErase {
		return Erased{}, law.BadField("ids", "erasure_too_large", "2017/2226 art 46(4)",
			fmt.Sprintf("At most %d entries can be erased in one step.", MaxErase))
	}
	candidates, next, err := l.candidates(tx, e)
	if err != nil {
		return Erased{}, err
	}
	out := Erased{Next: next}
	ids := make([]string, len(candidates))
	for i, r := range candidates {
		ids[i] = r.ID
	}
	leaves, err := leavesOf(tx, ids)
	if err != nil {
		return Erased{}, err
	}
	var seqs []int64
	var due []Record
	for _, r := range candidates {
		leaf, sealed := leaves[r.ID]
		switch {
		case !sealed:
			out.Pending++
		case (len(e.IDs) == 0 || e.Intact) && !intact(r, leaf):
			out.Damaged++
		case r.Erases != "" || e.Keep != nil && e.Keep(r):
			out.Kept++
		default:
			seqs = append(seqs, leaf.seq)
			due = append(due, r)
		}
	}
	if len(due) == 0 {
		return out, nil
	}
	if e.By.Operation == "" {
		e.By.Operation = "ledger.erase"
	}
	if e.By.Outcome == "" {
		e.By.Outcome = "done"
	}
	e.By.Results = len(due)
	if out.Receipt, err = l.append(tx, e.By, formatSeqs(seqs)); err != nil {
		return Erased{}, err
	}
	for i, r := range due {
		tx.Later(`DELETE FROM ledger_entry WHERE home = $1 AND id = $2`, r.Home, r.ID)
		for _, s := range r.Entry.Subjects {
			if s != r.Home {
				tx.Later(`DELETE FROM ledger_subject WHERE subject = $1 AND id = $2`, s, r.ID)
			}
		}
		tx.Later(`INSERT INTO ledger_erased (tile, n, erasure) VALUES ($1, $2, $3)
			ON CONFLICT (tile, n) DO UPDATE SET erasure = excluded.erasure`,
			seqs[i]>>tileHeight, seqs[i]&(tileWidth-1), out.Receipt.ID)
	}
	out.Entries = len(due)
	return out, nil
}

// intact tells whether an entry is what was sealed.
func intact(r Record, leaf leafRow) bool {
	c := commit(r.salt, r.body)
	return r.Damaged == nil && bytes.Equal(c[:], leaf.commitment)
}

func (l *Log) candidates(tx *db.Tx, e Erasure) (list []Record, next string, err error) {
	if len(e.IDs) > 0 {
		seen := map[string]bool{}
		err = eachIn(tx, `SELECT `+entryColumns+` FROM ledger_entry e WHERE e.id IN`, e.IDs, func(rows *db.Rows) error {
			var home, id, body string
			var salt []byte
			if err := rows.Scan(&home, &id, &salt, &body); err != nil {
				return err
			}
			if !seen[id] {
				seen[id] = true
				list = append(list, decode(id, home, salt, body))
			}
			return nil
		})
		return list, "", err
	}
	before := "~" // after every identifier
	if !e.Before.IsZero() {
		before = idFloor(e.Before)
	}
	if e.Subject != "" {
		list, err = l.records(tx, `SELECT `+entryColumns+` FROM ledger_entry e
			WHERE e.home = $1 AND e.id > $2 AND e.id < $3 ORDER BY e.id LIMIT $4`, e.Subject, e.After, before, e.Limit)
	} else {
		list, err = l.records(tx, `SELECT `+entryColumns+` FROM ledger_entry e
			WHERE e.id > $1 AND e.id < $2 ORDER BY e.id LIMIT $3`, e.After, before, e.Limit)
	}
	if len(list) == e.Limit {
		next = list[len(list)-1].ID
	}
	return list, next, err
}

// formatSeqs writes sequence numbers as sorted ranges: "12-15,20".
func formatSeqs(seqs []int64) string {
	seqs = slices.Clone(seqs)
	slices.Sort(seqs)
	var b []byte
	for i := 0; i < len(seqs); {
		j := i
		for j+1 < len(seqs) && seqs[j+1] == seqs[j]+1 {
			j++
		}
		if len(b) > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, seqs[i], 10)
		if j > i {
			b = append(b, '-')
			b = strconv.AppendInt(b, seqs[j], 10)
		}
		i = j + 1
	}
	return string(b)
}

// parseSeqs reads what formatSeqs wrote, and refuses anything else: numbers out of
// order, more than MaxErase of them, or not below limit.
func parseSeqs(text string, limit int64) ([]int64, error) {
	if text == "" {
		return nil, nil
	}
	var seqs []int64
	last := int64(-1)
	for _, part := range strings.Split(text, ",") {
		first, end, ranged := strings.Cut(part, "-")
		a, err := strconv.ParseInt(first, 10, 64)
		b := a
		if err == nil && ranged {
			b, err = strconv.ParseInt(end, 10, 64)
		}
		if err != nil || a <= last || b < a || b >= limit || b-a >= MaxErase || len(seqs)+int(b-a)+1 > MaxErase {
			return nil, fmt.Errorf("ledger: %.40q is no list of at most %d sequence numbers below %d", text, MaxErase, limit)
		}
		for ; a <= b; a++ {
			seqs = append(seqs, a)
		}
		last = b
	}
	return seqs, nil
}
