package db

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// room watches how much may still be written, for Options.MaxBytes and
// Options.ReserveBytes. It belongs to the writer.
type room struct {
	log       *slog.Logger
	path      string
	reserve   int64
	pageBytes int64
	maxPages  int64 // 0: no limit
	asked     time.Time
	free      int64 // of the file system, when last asked
	short     bool
}

// diskInterval is how often the file system is asked for its free room.
const diskInterval = time.Second

func newRoom(l *link, path string, log *slog.Logger, o Options) (room, error) {
	r := room{log: log, path: path, reserve: o.ReserveBytes}
	ctx := context.Background()
	if err := l.row(ctx, "PRAGMA page_size", nil, []any{&r.pageBytes}); err != nil {
		return r, err
	}
	if o.MaxBytes == 0 {
		return r, nil
	}
	// The limit belongs to the link and not to the file. SQLite does not set it
	// below the present size, and answers with what it has set.
	q := fmt.Sprintf("PRAGMA max_page_count = %d", max(o.MaxBytes/r.pageBytes, 1))
	return r, l.row(ctx, q, nil, []any{&r.maxPages})
}

// check returns ErrFull when the room left has shrunk to the reserve.
func (r *room) check(l *link) error {
	if r.reserve == 0 {
		return nil
	}
	left, err := r.left(l)
	if err != nil {
		return err
	}
	if short := left < r.reserve; short != r.short {
		r.short = short
		if short {
			r.log.Warn("room is short: writes are refused, logged reads and erasure go on", "left", left, "reserve", r.reserve)
		} else {
			r.log.Info("there is room again", "left", left, "reserve", r.reserve)
		}
	}
	if r.short {
		return fmt.Errorf("%w: %d bytes left, %d kept in reserve", ErrFull, left, r.reserve)
	}
	return nil
}

// left is the room under the file's limit or on the file system, whichever is
// less.
func (r *room) left(l *link) (int64, error) {
	if now := time.Now(); r.asked.IsZero() || now.Sub(r.asked) >= diskInterval {
		free, err := freeBytes(r.path)
		if err != nil {
			return 0, fmt.Errorf("db: free room: %w", err)
		}
		r.asked, r.free = now, free
	}
	if r.maxPages == 0 {
		return r.free, nil
	}
	ctx := context.Background()
	var pages, unused int64
	if err := l.row(ctx, "PRAGMA page_count", nil, []any{&pages}); err != nil {
		return 0, err
	}
	if err := l.row(ctx, "PRAGMA freelist_count", nil, []any{&unused}); err != nil {
		return 0, err
	}
	return min(r.free, (r.maxPages-pages+unused)*r.pageBytes), nil
}
