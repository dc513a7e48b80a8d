package db

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"time"
)

// Once is an idempotency key: the holder (the authority whose request it is),
// the key it chose, and the digest of the request's content.
type Once struct {
	Holder, Key string
	Digest      [32]byte
}

const onceTable = "db_once"

//go:embed sql/*.sql
var ownFiles embed.FS

// ownSchema is migrated before all others.
func ownSchema() Schema {
	return Schema{
		Room:  "db",
		Files: ownFiles,
		Tables: []Table{{
			Name: onceTable, Key: "holder",
			Why: "a request that is sent twice is answered twice and carried out once",
		}},
	}
}

// Replay looks for the answer that was kept for the same key. found is false
// when the request is new; ErrOnceMismatch means that the key was used for a
// request with another digest.
func (tx *Tx) Replay(o Once) (answer []byte, found bool, err error) {
	var digest []byte
	err = tx.Row(`SELECT digest, answer FROM db_once WHERE holder = $1 AND key = $2`, o.Holder, o.Key).Scan(&digest, &answer)
	switch {
	case errors.Is(err, ErrNoRows):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	case !bytes.Equal(digest, o.Digest[:]):
		return nil, false, ErrOnceMismatch
	}
	return answer, true, nil
}

// Keep stores the answer for Replay, in this transaction. If another
// transaction has kept one meanwhile, this one rolls back and runs again, and
// its Replay finds the answer.
func (tx *Tx) Keep(o Once, answer []byte) {
	if answer == nil {
		answer = []byte{}
	}
	tx.Later(`INSERT INTO db_once (holder, key, digest, answer, at) VALUES ($1, $2, $3, $4, $5)`,
		o.Holder, o.Key, o.Digest[:], answer, tx.Now().UnixMicro())
}

// PurgeOnce removes at most limit kept answers from before the given moment,
// oldest first, and returns how many. Call it until it returns less than limit.
func (s *Store) PurgeOnce(ctx context.Context, before time.Time, limit int) (int, error) {
	if limit < 1 {
		return 0, fmt.Errorf("db: limit %d", limit)
	}
	n := 0
	err := s.Reclaim(ctx, func(tx *Tx) error {
		n = 0
		rows, err := tx.Query(`SELECT holder, key FROM db_once WHERE at < $1 ORDER BY at LIMIT $2`, before.UnixMicro(), limit)
		if err != nil {
			return err
		}
		for rows.Next() {
			var holder, key string
			if err := rows.Scan(&holder, &key); err != nil {
				return err
			}
			// By key, so that each delete stays in one shard.
			tx.Later(`DELETE FROM db_once WHERE holder = $1 AND key = $2`, holder, key)
			n++
		}
		return rows.Err()
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
