package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"limen/db"
)

// sealing is one batch on its way into the tree.
type sealing struct {
	from    Checkpoint
	edge    *edge
	rows    []pendingRow
	strange int

	size  int64 // after the batch
	root  tlog.Hash
	note  string
	tiles []tileRow
}

type pendingRow struct {
	home, id   string
	commitment []byte
	code       []byte
}

// Integrate seals one batch of pending entries and returns how many. It may run
// at the same time in several processes: the one that finds the tree grown in
// the meantime starts over.
//
// Reading, hashing and signing are done on a snapshot; the write transaction only
// writes. If we stop before its commit, the next start finds the pending rows as they
// were; after it, the leaves and no pending rows. Nothing is sealed twice.
//
// Pending rows that the log did not write are left where they are and reported as
// ErrPending, beside the number sealed.
func (l *Log) Integrate(ctx context.Context) (int, error) {
	l.integrating.Lock()
	defer l.integrating.Unlock()
	for lost := int64(-1); ; {
		s, won, err := l.integrate(ctx)
		if err != nil {
			return 0, err
		}
		if !won && s.from.Size == lost {
			return 0, fmt.Errorf("%w: a checkpoint follows the one of size %d, and none is newer", ErrTampered, lost)
		}
		if !won {
			lost = s.from.Size
			continue
		}
		if s.strange > 0 {
			err = fmt.Errorf("%w: %d", ErrPending, s.strange)
		}
		return len(s.rows), err
	}
}

func (l *Log) integrate(ctx context.Context) (s sealing, won bool, err error) {
	err = l.store.Read(ctx, func(tx *db.Tx) error {
		s = sealing{}
		return l.gather(tx, &s)
	})
	if err != nil || len(s.rows) == 0 {
		return s, true, err
	}
	if err := l.at("gathered"); err != nil {
		return s, false, err
	}
	if err := s.grow(l.key); err != nil {
		return s, false, err
	}
	// Sealing goes on when the disk is nearly full: entries of reads still come in then.
	err = l.store.Reclaim(ctx, func(tx *db.Tx) (err error) {
		won, err = l.seal(tx, &s)
		return err
	})
	if table, taken := db.UniqueViolation(err); taken {
		err = fmt.Errorf("%w: %s has rows beyond the newest checkpoint (size %d)", ErrTampered, table, s.from.Size)
	}
	if err != nil || !won {
		return s, false, err
	}
	l.seen = Checkpoint{Origin: l.key.origin, Size: s.size, Root: s.root, Note: s.note}
	return s, true, l.at("committed")
}

func (l *Log) at(point string) error {
	if l.stop == nil {
		return nil
	}
	return l.stop(point)
}

// gather reads the head, the right edge of the tree and the next pending rows,
// and refuses to build on an edge that does not have the signed root.
func (l *Log) gather(tx *db.Tx, s *sealing) error {
	var err error
	if s.from, err = l.head(tx); err != nil {
		return err
	}
	if s.from.Size < l.seen.Size {
		return fmt.Errorf("%w: size %d, was %d", ErrRolledBack, s.from.Size, l.seen.Size)
	}
	if s.rows, err = l.nextPending(tx, s); err != nil || len(s.rows) == 0 {
		return err
	}
	s.edge, err = readEdge(tx, s.from.Size)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTampered, err)
	}
	if s.from.Size > 0 && s.edge.root() != s.from.Root {
		return fmt.Errorf("%w: the tiles do not give the root signed at size %d", ErrTampered, s.from.Size)
	}
	return nil
}

func readEdge(tx *db.Tx, size int64) (*edge, error) {
	var tiles [][]byte
	for _, t := range rightEdge(size) {
		var b []byte
		err := tx.Row(`SELECT hashes FROM ledger_tile WHERE n = $1 AND level = $2`, t.N, t.L).Scan(&b)
		if errors.Is(err, db.ErrNoRows) {
			return nil, fmt.Errorf("%w: level %d, number %d", errTile, t.L, t.N)
		}
		if err != nil {
			return nil, err
		}
		tiles = append(tiles, b)
	}
	return newEdge(size, tiles)
}

// nextPending returns the oldest pending rows that are this log's own and not yet in
// the tree. A row whose code is wrong was not written by Append; one that has a
// leaf already was put back by somebody.
func (l *Log) nextPending(tx *db.Tx, s *sealing) ([]pendingRow, error) {
	rows, err := tx.Query(`SELECT home, id, commitment, code FROM ledger_pending ORDER BY id LIMIT $1`, l.batch+len(l.strange))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	strange := map[string]struct{}{}
	var ours []pendingRow
	var ids []string
	for rows.Next() {
		var p pendingRow
		if err := rows.Scan(&p.home, &p.id, &p.commitment, &p.code); err != nil {
			return nil, err
		}
		if !l.wrote(p) {
			strange[p.home+" "+p.id] = struct{}{}
			continue
		}
		ours = append(ours, p)
		ids = append(ids, p.id)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	rows.Close()
	sealed, err := leavesOf(tx, ids)
	if err != nil {
		return nil, err
	}
	kept := ours[:0]
	for _, p := range ours {
		if _, twice := sealed[p.id]; twice {
			strange[p.home+" "+p.id] = struct{}{}
		} else if len(kept) < l.batch {
			kept = append(kept, p)
		}
	}
	l.strange, s.strange = strange, len(strange)
	return kept, nil
}

// grow computes the new tiles, root and signature. It touches no database.
func (s *sealing) grow(k *Key) (err error) {
	s.size = s.from.Size + int64(len(s.rows))
	for _, p := range s.rows {
		s.edge.add(leafHash(p.id, p.commitment), func(level int, n int64, hashes []tlog.Hash) {
			s.tiles = append(s.tiles, tileRow{level, n, bytesOf(hashes)})
		})
	}
	s.root = s.edge.root()
	for _, t := range s.edge.unfilled() {
		// An unfilled tile that did not grow is in place already.
		if s.from.Size>>(uint(t.level)*tileHeight) != s.size>>(uint(t.level)*tileHeight) {
			s.tiles = append(s.tiles, t)
		}
	}
	s.note, err = signCheckpoint(k, s.size, s.root)
	return err
}

// seal writes the batch. The checkpoint goes first: its key is the old size, so of
// two integrators that grow the same tree one finds the key taken.
func (l *Log) seal(tx *db.Tx, s *sealing) (won bool, err error) {
	n, err := tx.Exec(`INSERT INTO ledger_checkpoint (prior, size, note) VALUES ($1, $2, $3) ON CONFLICT (prior) DO NOTHING`,
		s.from.Size, s.size, s.note)
	if err != nil || n == 0 {
		return false, err
	}
	leaves := make([][]any, len(s.rows))
	for i, p := range s.rows {
		seq := s.from.Size + int64(i)
		leaves[i] = []any{seq >> tileHeight, seq & (tileWidth - 1), p.id, p.commitment}
	}
	if err := tx.Bulk("ledger_leaf", []string{"tile", "n", "id", "commitment"}, leaves); err != nil {
		return false, err
	}
	if err := l.at("leaves written"); err != nil {
		return false, err
	}
	for _, t := range s.tiles {
		tx.Later(`INSERT INTO ledger_tile (n, level, hashes) VALUES ($1, $2, $3)
			ON CONFLICT (n, level) DO UPDATE SET hashes = excluded.hashes`, t.n, t.level, t.hashes)
	}
	for _, p := range s.rows {
		tx.Later(`DELETE FROM ledger_pending WHERE home = $1 AND id = $2`, p.home, p.id)
	}
	return true, nil
}

// wakePause lets the transactions commit whose entries filled a batch.
const wakePause = 20 * time.Millisecond

// Run integrates every so often, and sooner when a batch is full, until ctx ends. A
// second is a good interval: it is the time in which an entry could vanish. report,
// when not nil, is told of each round that did something or failed.
func (l *Log) Run(ctx context.Context, every time.Duration, report func(sealed int, err error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-l.wake:
			pause := time.NewTimer(wakePause)
			select {
			case <-ctx.Done():
			case <-pause.C:
			}
			pause.Stop()
		}
		for ctx.Err() == nil {
			n, err := l.Integrate(ctx)
			if report != nil && (n > 0 || err != nil && ctx.Err() == nil) {
				report(n, err)
			}
			if n < l.batch {
				break
			}
		}
	}
}
