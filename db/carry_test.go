package db_test

import (
	"context"
	"os"
	"testing"
	"time"

	"limen/db"
	"limen/db/dbtest"
)

// What is committed comes from the write-ahead log into the file beside the writer,
// long before the writer would have to bring it over at a commit; and the log begins
// anew, so that it does not grow with what is written.
func TestLogIsBroughtIntoTheFile(t *testing.T) {
	s := dbtest.Open(t, db.SQLite, register, db.Options{})
	ctx := context.Background()
	var path string
	if err := s.Read(ctx, func(tx *db.Tx) error {
		return tx.Row(`SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&path)
	}); err != nil {
		t.Fatal(err)
	}
	size := func(path string) int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	const turns, rows = 6, 5000 // each turn is some 20 MB in the log, all together more than the writer's own bound of 64 MB
	for turn := range turns {
		err := s.Write(ctx, func(tx *db.Tx) error {
			for n := range rows {
				if err := insertPhoto(tx, "a", turn*rows+n); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		want := int64(turn+1) * rows * int64(len(photo))
		for begun := time.Now(); size(path) < want; time.Sleep(10 * time.Millisecond) {
			if time.Since(begun) > 20*time.Second {
				t.Fatalf("after turn %d the file has %d bytes and its log %d", turn, size(path), size(path+"-wal"))
			}
		}
		// The write that follows finds everything brought over, and begins the log.
		for range 20 {
			time.Sleep(10 * time.Millisecond)
			if err := s.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(`UPDATE person SET alive = alive WHERE n = 0`); return err }); err != nil {
				t.Fatal(err)
			}
		}
	}
	if grown := size(path + "-wal"); grown > 2*rows*8192 {
		t.Errorf("the log has grown to %d bytes", grown)
	}
}
