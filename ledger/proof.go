package ledger

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"limen/db"
)

// Proof shows, with the log's verifier key alone, that one entry is in the log:
// the leaf, its path to the root, and the signed root. With body and salt it also
// shows what the entry says; without them (erased) only that it was there.
type Proof struct {
	ID         string   `json:"id"`
	Sequence   int64    `json:"sequence"`
	Commitment string   `json:"commitment"`       // base64
	Path       []string `json:"path"`             // base64, RFC 6962 audit path from the leaf up
	Checkpoint string   `json:"checkpoint"`       // signed note
	Salt       string   `json:"salt,omitempty"`   // base64
	Body       string   `json:"body,omitempty"`   // JSON text, the bytes committed to
	Erasure    string   `json:"erased,omitempty"` // the entry that erased this one
}

// Proof makes the proof of an entry under the newest checkpoint. It fails with
// ErrNotSealed while the entry is pending and with ErrNotFound when there is none.
// The body is personal data: the caller answers for who receives it.
func (l *Log) Proof(ctx context.Context, id string) (Proof, error) {
	var p Proof
	err := l.store.Read(ctx, func(tx *db.Tx) (err error) {
		p, err = l.prove(tx, id)
		return err
	})
	return p, err
}

func (l *Log) prove(tx *db.Tx, id string) (Proof, error) {
	leaves, err := leavesOf(tx, []string{id})
	if err != nil {
		return Proof{}, err
	}
	leaf, ok := leaves[id]
	if !ok {
		if _, err := l.Entry(tx, id); err != nil {
			return Proof{}, err
		}
		return Proof{}, fmt.Errorf("%w: %s", ErrNotSealed, id)
	}
	head, err := l.head(tx)
	if err != nil {
		return Proof{}, err
	}
	if leaf.seq >= head.Size {
		return Proof{}, fmt.Errorf("%w: entry %s has number %d, the newest checkpoint has size %d", ErrTampered, id, leaf.seq, head.Size)
	}
	// The reader checks every tile against the signed root, so a wrong tile cannot
	// give a wrong proof, only none.
	path, err := tlog.ProveRecord(head.Size, leaf.seq, tlog.TileHashReader(tlog.Tree{N: head.Size, Hash: head.Root}, tiles{tx}))
	if err != nil {
		return Proof{}, fmt.Errorf("%w: proof of entry %s: %w", ErrTampered, id, err)
	}
	p := Proof{ID: id, Sequence: leaf.seq, Commitment: b64(leaf.commitment), Checkpoint: head.Note}
	for _, h := range path {
		p.Path = append(p.Path, h.String())
	}
	var salt []byte
	err = tx.Row(`SELECT salt, body FROM ledger_entry WHERE id = $1`, id).Scan(&salt, &p.Body)
	if err == nil {
		p.Salt = b64(salt)
	} else if errors.Is(err, db.ErrNoRows) {
		err = tx.Row(`SELECT erasure FROM ledger_erased WHERE tile = $1 AND n = $2`,
			leaf.seq>>tileHeight, leaf.seq&(tileWidth-1)).Scan(&p.Erasure)
	}
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return Proof{}, err
	}
	return p, nil
}

// ErrProof is the answer to a proof that does not hold.
var ErrProof = errors.New("ledger: the proof does not hold")

// CheckProof verifies a proof offline. It returns the checkpoint that the proof
// stands on; the caller may compare it with one it holds.
func CheckProof(p Proof, verifierKeys string) (Checkpoint, error) {
	known, err := ParseVerifiers(verifierKeys)
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := OpenCheckpoint(p.Checkpoint, known)
	if err != nil {
		return c, err
	}
	commitment, err := base64.StdEncoding.DecodeString(p.Commitment)
	if err != nil || len(commitment) != hashSize || len(p.Path) > 64 {
		return c, fmt.Errorf("%w: malformed", ErrProof)
	}
	if _, ok := idTime(p.ID); !ok || p.Sequence < 0 || p.Sequence >= c.Size {
		return c, fmt.Errorf("%w: malformed", ErrProof)
	}
	var path tlog.RecordProof
	for _, text := range p.Path {
		h, err := tlog.ParseHash(text)
		if err != nil {
			return c, fmt.Errorf("%w: malformed", ErrProof)
		}
		path = append(path, h)
	}
	if err := tlog.CheckRecord(path, c.Size, c.Root, p.Sequence, leafHash(p.ID, commitment)); err != nil {
		return c, fmt.Errorf("%w: entry %s is not number %d of the signed tree", ErrProof, p.ID, p.Sequence)
	}
	if p.Body != "" || p.Salt != "" {
		salt, err := base64.StdEncoding.DecodeString(p.Salt)
		if err != nil || [hashSize]byte(commitment) != commit(salt, p.Body) {
			return c, fmt.Errorf("%w: the body of entry %s is not the one logged", ErrProof, p.ID)
		}
	}
	return c, nil
}

// Record reads the body of a proof that CheckProof has accepted.
func (p Proof) Record() Record {
	salt, _ := base64.StdEncoding.DecodeString(p.Salt)
	return decode(p.ID, "", salt, p.Body)
}

// tiles reads tiles for tlog within one transaction.
type tiles struct{ tx *db.Tx }

func (tiles) Height() int { return tileHeight }

func (r tiles) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	var got [][]byte
	for _, t := range want {
		var b []byte
		if err := r.tx.Row(`SELECT hashes FROM ledger_tile WHERE n = $1 AND level = $2`, t.N, t.L).Scan(&b); err != nil {
			return nil, fmt.Errorf("tile of level %d, number %d: %w", t.L, t.N, err)
		}
		if len(b) < t.W*hashSize {
			return nil, fmt.Errorf("%w: level %d, number %d", errTile, t.L, t.N)
		}
		got = append(got, b[:t.W*hashSize])
	}
	return got, nil
}

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}
