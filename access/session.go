package access

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/alexedwards/scs/v2"

	"limen/db"
)

// touchAfter is how long a session may be read before its last use is written
// down: a page view costs no write.
const touchAfter = 2 * time.Minute

// SessionStore returns the store of browser sessions, for the session manager
// of the web toolkit, which hands it hashed tokens. The store decides by its
// own clock when a session has ended: after IdleTimeout without use, or
// Lifetime after it was first stored, whichever comes first. The end that the
// manager computes from the wall clock is set aside.
func (i *Identities) SessionStore() scs.CtxStore { return sessions{i} }

type sessions struct{ *Identities }

// tokenLongest is more than any hashed session token.
const tokenLongest = 128

// FindCtx implements scs.CtxStore.
func (s sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	if token == "" || len(token) > tokenLongest {
		return nil, false, nil
	}
	var data []byte
	var created, touched, expires int64
	var now time.Time
	err := s.store.Read(ctx, func(tx *db.Tx) error {
		now = tx.Now()
		return tx.Row(`SELECT data, created_at, touched_at, expires_at FROM access_session WHERE token = $1`, token).
			Scan(&data, &created, &touched, &expires)
	})
	if errors.Is(err, db.ErrNoRows) || err == nil && expires <= now.UnixMicro() {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("access: session: %w", err)
	}
	if now.Sub(moment(touched)) >= touchAfter {
		err := s.store.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE access_session SET touched_at = $1, expires_at = $2 WHERE token = $3 AND touched_at < $1 AND expires_at > $1`,
				tx.Now().UnixMicro(), s.sessionEnd(created, tx.Now()), token)
			return err
		})
		if err != nil {
			// The session is good until its old end; a full disk does not sign people out.
			slog.WarnContext(ctx, "access: use of a session could not be noted", "err", err)
		}
	}
	return data, true, nil
}

// CommitCtx implements scs.CtxStore.
func (s sessions) CommitCtx(ctx context.Context, token string, data []byte, _ time.Time) error {
	if token == "" || len(token) > tokenLongest {
		return errors.New("access: session token of a length that no manager makes")
	}
	err := s.store.Write(ctx, func(tx *db.Tx) error {
		now := tx.Now()
		created := now.UnixMicro()
		err := tx.Row(`SELECT created_at FROM access_session WHERE token = $1`, token).Scan(&created)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		_, err = tx.Exec(`INSERT INTO access_session (token, data, created_at, touched_at, expires_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, touched_at = excluded.touched_at, expires_at = excluded.expires_at`,
			token, data, created, now.UnixMicro(), s.sessionEnd(created, now))
		return err
	})
	if err != nil {
		return fmt.Errorf("access: session: %w", err)
	}
	return nil
}

// DeleteCtx implements scs.CtxStore.
func (s sessions) DeleteCtx(ctx context.Context, token string) error {
	err := s.store.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM access_session WHERE token = $1`, token)
		return err
	})
	if err != nil {
		return fmt.Errorf("access: session: %w", err)
	}
	return nil
}

// sessionEnd is when a session first stored at created and used at now ends.
func (s sessions) sessionEnd(created int64, now time.Time) int64 {
	return min(moment(created).Add(s.o.Lifetime).UnixMicro(), now.Add(s.o.IdleTimeout).UnixMicro())
}

// Find implements scs.Store; the manager calls FindCtx.
func (s sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit implements scs.Store; the manager calls CommitCtx.
func (s sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete implements scs.Store; the manager calls DeleteCtx.
func (s sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
