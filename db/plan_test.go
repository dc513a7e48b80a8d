package db_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"limen/db"
	"limen/db/dbtest"
)

// A schema that keeps the rules passes on both engines.
func TestCheckKeysAcceptsTheRegister(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		if err := db.CheckKeys(context.Background(), s, register); err != nil {
			t.Fatal(err)
		}
	})
}

// Every breach of the rules of distribution is found, on both engines, in the
// same words.
func TestCheckKeysFindsEveryBreach(t *testing.T) {
	schemas := []db.Schema{{
		Room: "bad",
		Files: fstest.MapFS{"0001_bad.sql": {Data: []byte(`-- +goose Up
CREATE TABLE good (pid TEXT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (pid, n));
CREATE TABLE late (n BIGINT NOT NULL, pid TEXT NOT NULL, PRIMARY KEY (n, pid));
CREATE TABLE loose (pid TEXT NOT NULL, code TEXT NOT NULL, PRIMARY KEY (pid), UNIQUE (code));
CREATE UNIQUE INDEX loose_lower ON loose (lower(code));
CREATE TABLE keyless (pid TEXT NOT NULL);
CREATE TABLE stray (pid TEXT NOT NULL PRIMARY KEY);
CREATE TABLE child (pid TEXT NOT NULL, n BIGINT NOT NULL, m BIGINT NOT NULL, own TEXT NOT NULL, PRIMARY KEY (pid, n, m),
    FOREIGN KEY (pid, n) REFERENCES good (pid, n), FOREIGN KEY (own, n) REFERENCES good (pid, n));
`)}},
		Tables: []db.Table{
			{Name: "good", Key: "pid"}, {Name: "late", Key: "pid"}, {Name: "loose", Key: "pid"},
			{Name: "keyless", Key: "id"}, {Name: "absent", Key: "pid"}, {Name: "child", Key: "pid"},
		},
	}}
	want := []string{
		"child: foreign key (own, n) to good does not pair their distribution keys",
		"keyless: has no column id to be distributed by",
		"late: primary key (n, pid) does not begin with pid",
		"loose: unique (code) does not contain pid",
		"loose: unique () does not contain pid",
		"stray: no room declares it",
		"absent: declared by bad but not in the database",
	}
	dbtest.Each(t, schemas, func(t *testing.T, s *db.Store) {
		err := db.CheckKeys(context.Background(), s, schemas)
		if err == nil {
			t.Fatal("no breach found")
		}
		got := strings.Split(err.Error(), "\n")
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("not found: %s", w)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d breaches, want %d:\n%s", len(got), len(want), err)
		}
	})
}

// Without the extension nothing is changed and the caller is told why.
func TestDistributeSaysThatCitusIsMissing(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		if err := db.Distribute(context.Background(), s, register, io.Discard); !errors.Is(err, db.ErrNoCitus) {
			t.Fatalf("got %v", err)
		}
	})
}

// stage plays the part of the citus extension, which is not packaged where the
// tests run: it records what it is asked to distribute. It shows the order and
// the arguments of the calls, not that citus accepts them.
const stage = `
CREATE SCHEMA stage;
CREATE TABLE stage.pg_dist_partition (logicalrelid regclass PRIMARY KEY, key text, n bigserial);
CREATE FUNCTION stage.create_reference_table(t regclass) RETURNS void LANGUAGE sql AS
	'INSERT INTO stage.pg_dist_partition (logicalrelid) VALUES (t)';
CREATE FUNCTION stage.create_distributed_table(t regclass, k text) RETURNS void LANGUAGE sql AS
	'INSERT INTO stage.pg_dist_partition (logicalrelid, key) VALUES (t, k)';
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
	VALUES (999999, 'citus', 10, 'stage'::regnamespace, false, '0');
`

// Reference tables go first, each table once, and a second run finds nothing
// left to do.
func TestDistribute(t *testing.T) {
	ctx := context.Background()
	address := dbtest.Postgres(t)
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, stage); err != nil {
		t.Fatal(err)
	}
	s := dbtest.OpenAt(t, address+"&search_path=public,stage", register, db.Options{})
	var first, second strings.Builder
	if err := db.Distribute(ctx, s, register, &first); err != nil {
		t.Fatal(err)
	}
	if err := db.Distribute(ctx, s, register, &second); err != nil {
		t.Fatal(err)
	}
	const want = "country: reference table on every node\ndb_once: distributed by holder\nperson: distributed by pid\ndocument: distributed by number\n"
	if first.String() != want {
		t.Errorf("got\n%s", first.String())
	}
	if n := strings.Count(second.String(), "already distributed"); n != 4 {
		t.Errorf("the second run says\n%s", second.String())
	}
	var calls string
	err = conn.QueryRow(ctx, `SELECT string_agg(logicalrelid::text || ':' || coalesce(key, ''), ' ' ORDER BY n) FROM stage.pg_dist_partition`).Scan(&calls)
	if err != nil || calls != "country: db_once:holder person:pid document:number" {
		t.Errorf("%q %v", calls, err)
	}
}
