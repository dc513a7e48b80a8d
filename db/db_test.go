package db_test

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"

	"limen/db"
	"limen/db/dbtest"
)

// register is a small schema that the tests of this package share.
var register = []db.Schema{{
	Room: "register",
	Files: fstest.MapFS{"0001_register.sql": {Data: []byte(`-- +goose Up
CREATE TABLE person (
    pid   TEXT    NOT NULL,
    n     BIGINT  NOT NULL,
    name  TEXT,
    photo BYTEA,
    alive BOOLEAN NOT NULL,
    score DOUBLE PRECISION,
    PRIMARY KEY (pid, n),
    CHECK (n >= 0)
);
CREATE TABLE document (
    number TEXT NOT NULL PRIMARY KEY,
    pid    TEXT NOT NULL
);
CREATE TABLE country (
    code TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL
);
`)}},
	Tables: []db.Table{
		{Name: "person", Key: "pid", Why: "a file"},
		{Name: "document", Key: "number", Why: "looked up by number"},
		{Name: "country", Why: "few rows, joined everywhere"},
	},
}}

func insert(tx *db.Tx, pid string, n int) error {
	_, err := tx.Exec(`INSERT INTO person (pid, n, name, alive) VALUES ($1, $2, $3, $4)`, pid, n, "name of "+pid, true)
	return err
}

func count(t *testing.T, s *db.Store, table string) (n int) {
	t.Helper()
	err := s.Read(context.Background(), func(tx *db.Tx) error {
		return tx.Row(`SELECT count(*) FROM ` + table).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What one transaction writes another reads, and an error leaves nothing.
func TestWriteReadRollBack(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		ctx := context.Background()
		err := s.Write(ctx, func(tx *db.Tx) error {
			if err := insert(tx, "a", 1); err != nil {
				return err
			}
			tx.Later(`INSERT INTO document (number, pid) VALUES ($2, $1)`, "a", "D1")
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		wrong := errors.New("wrong")
		err = s.Write(ctx, func(tx *db.Tx) error {
			if err := insert(tx, "b", 1); err != nil {
				return err
			}
			return wrong
		})
		if err != wrong {
			t.Fatalf("got %v", err)
		}
		if n := count(t, s, "person"); n != 1 {
			t.Fatalf("%d persons", n)
		}
		var number, pid string
		err = s.Observe(ctx, func(tx *db.Tx) error {
			tx.Later(`INSERT INTO country (code, name) VALUES ($1, $2)`, "D", "Germany")
			return tx.Row(`SELECT number, pid FROM document`).Scan(&number, &pid)
		})
		if err != nil || number != "D1" || pid != "a" {
			t.Fatalf("%q %q %v", number, pid, err)
		}
		if n := count(t, s, "country"); n != 1 {
			t.Fatalf("%d countries", n)
		}
	})
}
