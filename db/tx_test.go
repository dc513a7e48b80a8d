package db_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"limen/db"
	"limen/db/dbtest"
	"limen/law"
)

type code string

// Every kind of argument comes back as it went, on both engines.
func TestValuesComeBackAsTheyWent(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		type row struct {
			pid   code
			n     uint16
			name  *string
			photo []byte
			alive bool
			score sql.Null[float64]
		}
		name, odd := "Zażółć 'gęślą' \"jaźń\"", ""
		want := []row{
			{"a", 0, &name, []byte{0, 1, 255}, true, sql.Null[float64]{V: -0.5, Valid: true}},
			{"b", math.MaxUint16, &odd, []byte{}, false, sql.Null[float64]{V: 3, Valid: true}},
			{"c", 2, nil, nil, true, sql.Null[float64]{}},
		}
		var got []row
		err := s.Write(context.Background(), func(tx *db.Tx) error {
			for _, r := range want {
				n, err := tx.Exec(`INSERT INTO person (score, alive, photo, name, n, pid) VALUES ($6, $5, $4, $3, $2, $1)`,
					r.pid, r.n, r.name, r.photo, r.alive, r.score)
				if err != nil {
					return err
				}
				if n != 1 {
					return fmt.Errorf("%d rows", n)
				}
			}
			rows, err := tx.Query(`SELECT pid, n, name, photo, alive, score FROM person ORDER BY pid`)
			if err != nil {
				return err
			}
			got = nil
			for rows.Next() {
				var r row
				if err := rows.Scan(&r.pid, &r.n, &r.name, &r.photo, &r.alive, &r.score); err != nil {
					return err
				}
				got = append(got, r)
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(row{})); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Dates are text, sums and counts are numbers, and each fits the same
// destinations on both engines.
func TestScanAgreesOnBothEngines(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		ctx := context.Background()
		day := law.MakeDate(2026, 4, 10)
		err := s.Write(ctx, func(tx *db.Tx) error {
			for n := range 3 {
				if _, err := tx.Exec(`INSERT INTO person (pid, n, name, alive) VALUES ($1, $2, $3, $4)`, "a", n, day, n > 0); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		fits := func(q string, dest any, want any) {
			t.Helper()
			err := s.Read(ctx, func(tx *db.Tx) error { return tx.Row(q).Scan(dest) })
			if err != nil {
				t.Errorf("%s: %v", q, err)
			} else if got := deref(dest); got != want {
				t.Errorf("%s: %v, want %v", q, got, want)
			}
		}
		fits(`SELECT name FROM person WHERE n = 1`, new(law.Date), day)
		fits(`SELECT name FROM person WHERE n = 1`, new(string), "2026-04-10")
		fits(`SELECT name FROM person WHERE n = 1`, new(code), code("2026-04-10"))
		fits(`SELECT sum(n) FROM person`, new(int64), int64(3))
		fits(`SELECT sum(n) FROM person`, new(int), 3)
		fits(`SELECT sum(n) FROM person`, new(uint8), uint8(3))
		fits(`SELECT count(*) FROM person`, new(int32), int32(3))
		fits(`SELECT count(*) FROM person WHERE alive`, new(int), 2)
		fits(`SELECT alive FROM person WHERE n = 0`, new(bool), false)
		fits(`SELECT max(n) FROM person WHERE n > 7`, new(sql.NullInt64), sql.NullInt64{})
		fits(`SELECT avg(n) FROM person WHERE n > 0`, new(float64), 1.5)
		fits(`SELECT CAST(n AS INTEGER) FROM person WHERE n = 1`, new(int64), int64(1))
		fits(`SELECT CAST(n AS SMALLINT) FROM person WHERE n = 1`, new(int64), int64(1))
		fits(`SELECT CAST(1.5 AS REAL) FROM person WHERE n = 1`, new(float64), 1.5)
		fits(`SELECT n FROM person WHERE n = 1`, new(float64), 1.0)
		fits(`SELECT pid FROM person WHERE n = 1`, new(any), any("a"))

		refused := func(q string, dest any) {
			t.Helper()
			err := s.Read(ctx, func(tx *db.Tx) error { return tx.Row(q).Scan(dest) })
			if err == nil {
				t.Errorf("%s into %T: %v", q, dest, deref(dest))
			}
		}
		refused(`SELECT max(n) FROM person WHERE n > 7`, new(int64)) // NULL
		refused(`SELECT score FROM person WHERE n = 1`, new(string)) // NULL
		refused(`SELECT name FROM person WHERE n = 1`, new(int64))
		refused(`SELECT n FROM person WHERE n = 1`, new(string))
		refused(`SELECT n FROM person WHERE n = 1`, new(time.Time))
		refused(`SELECT n, pid FROM person WHERE n = 1`, new(int64))
		refused(`SELECT n + 300 FROM person WHERE n = 1`, new(int8))
	})
}

func deref(p any) any {
	switch p := p.(type) {
	case *law.Date:
		return *p
	case *string:
		return *p
	case *code:
		return *p
	case *int64:
		return *p
	case *int:
		return *p
	case *int32:
		return *p
	case *uint8:
		return *p
	case *bool:
		return *p
	case *float64:
		return *p
	case *sql.NullInt64:
		return *p
	case *any:
		return *p
	}
	return fmt.Sprintf("%T", p)
}

// What one engine would store changed is refused on both.
func TestArgumentsThatCannotBeStored(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		for _, bad := range []any{
			"nul\x00", "not utf-8 \xff", math.NaN(), uint64(math.MaxUint64), time.Now(), struct{}{}, []string{"a"},
		} {
			err := s.Write(context.Background(), func(tx *db.Tx) error {
				_, err := tx.Exec(`INSERT INTO country (code, name) VALUES ($1, $2)`, "X", bad)
				return err
			})
			var got string
			if err == nil {
				s.Read(context.Background(), func(tx *db.Tx) error { return tx.Row(`SELECT name FROM country`).Scan(&got) })
				t.Fatalf("%T was stored as %q", bad, got)
			}
		}
	})
}

// Errors end in logs, so they name the statement and never a value.
func TestErrorsCarryNoValues(t *testing.T) {
	const secret = "SECRETVALUE"
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		ctx := context.Background()
		fill := func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO document (number, pid) VALUES ($1, 'x')`, secret)
			return err
		}
		if err := s.Write(ctx, fill); err != nil {
			t.Fatal(err)
		}
		for _, q := range []string{
			`INSERT INTO document (number, pid) VALUES ($1, 'x')`,                 // a key that exists
			`INSERT INTO person (pid, n, alive) VALUES ('a', $1, TRUE)`,           // text for a number
			`INSERT INTO person (pid, n, name, alive) VALUES ('a', -1, $1, TRUE)`, // a check
			`INSERT INTO person (pid, n, name) VALUES ('a', 1, $1)`,               // a missing value
			`INSERT INTO person (pid, photo) VALUES ($1)`,                         // not SQL
			`UPDATE nothing SET x = $1`,
		} {
			err := s.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(q, secret)
				return err
			})
			switch {
			case err == nil:
				t.Errorf("%s: no error", q)
			case strings.Contains(err.Error(), secret), strings.Contains(fmt.Sprintf("%+v", err), secret):
				t.Errorf("%s: %v", q, err)
			case !strings.Contains(err.Error(), strings.Fields(q)[2]):
				t.Errorf("the error does not name its statement: %v", err)
			}
		}
	})
}

// A failed statement ends the transaction on both engines, also when the
// function goes on as if nothing had happened.
func TestFailedStatementEndsTheTransaction(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		var second error
		err := s.Write(context.Background(), func(tx *db.Tx) error {
			if err := insert(tx, "a", 1); err != nil {
				return err
			}
			insert(tx, "a", 1)
			second = insert(tx, "a", 2)
			return nil
		})
		table, ok := db.UniqueViolation(err)
		if !ok || table != "person" {
			t.Errorf("got %v", err)
		}
		if second == nil {
			t.Error("a statement after the failure was run")
		}
		if n := count(t, s, "person"); n != 0 {
			t.Errorf("%d persons", n)
		}
	})
}

// ErrNoRows is an answer and not a failure.
func TestNoRowsGoesOn(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		err := s.Write(context.Background(), func(tx *db.Tx) error {
			var name string
			if err := tx.Row(`SELECT name FROM person WHERE pid = $1`, "a").Scan(&name); !errors.Is(err, db.ErrNoRows) {
				t.Errorf("got %v", err)
			}
			return insert(tx, "a", 1)
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, s, "person"); n != 1 {
			t.Fatalf("%d persons", n)
		}
	})
}

// Observe and Read do not write, whichever way it is tried.
func TestSnapshotsDoNotWrite(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		ctx := context.Background()
		for name, open := range map[string]func(context.Context, func(*db.Tx) error) error{"observe": s.Observe, "read": s.Read} {
			tries := map[string]func(*db.Tx) error{
				"exec": func(tx *db.Tx) error { _, err := tx.Exec(`DELETE FROM person`); return err },
				"bulk": func(tx *db.Tx) error { return tx.Bulk("country", []string{"code"}, [][]any{{"A"}}) },
				"ignored": func(tx *db.Tx) error {
					tx.Exec(`DELETE FROM person`)
					return nil
				},
			}
			if name == "read" {
				tries["later"] = func(tx *db.Tx) error { tx.Later(`DELETE FROM person`); return nil }
				tries["returning"] = func(tx *db.Tx) error {
					var c string
					return tx.Row(`INSERT INTO country (code, name) VALUES ('A', 'a') RETURNING code`).Scan(&c)
				}
			}
			for way, try := range tries {
				if err := open(ctx, try); !errors.Is(err, db.ErrReadOnly) {
					t.Errorf("%s in %s: %v", way, name, err)
				}
			}
		}
	})
}

// A Tx is of no use outside its function, and holds one result set at a time,
// on SQLite as on PostgreSQL.
func TestTxDiscipline(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		ctx := context.Background()
		var kept *db.Tx
		var open *db.Rows
		err := s.Write(ctx, func(tx *db.Tx) (err error) {
			kept = tx
			for n := range 3 {
				if err := insert(tx, "a", n); err != nil {
					return err
				}
			}
			open, err = tx.Query(`SELECT n FROM person`)
			open.Next()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := kept.Exec(`DELETE FROM person`); !errors.Is(err, db.ErrClosed) {
			t.Errorf("exec: %v", err)
		}
		var n int
		if err := kept.Row(`SELECT 1`).Scan(&n); !errors.Is(err, db.ErrClosed) {
			t.Errorf("row: %v", err)
		}
		if open.Next() || !errors.Is(open.Scan(&n), db.ErrClosed) {
			t.Error("rows outlive their transaction")
		}
		err = s.Write(ctx, func(tx *db.Tx) error {
			rows, err := tx.Query(`SELECT n FROM person`)
			if err != nil {
				return err
			}
			rows.Next()
			return insert(tx, "b", 1)
		})
		if err == nil || !strings.Contains(err.Error(), "open Rows") {
			t.Errorf("statement between rows: %v", err)
		}
		err = s.Write(ctx, func(tx *db.Tx) error {
			return s.Write(tx.Context(), func(*db.Tx) error { return nil })
		})
		if err == nil || !strings.Contains(err.Error(), "inside a transaction") {
			t.Errorf("nested: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Write(ctx, func(*db.Tx) error { return nil }); !errors.Is(err, db.ErrClosed) {
			t.Errorf("closed store: %v", err)
		}
	})
}

// Queued statements run in their order, after everything else, unseen by the
// transaction, and their failure is the transaction's.
func TestLater(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		ctx := context.Background()
		err := s.Write(ctx, func(tx *db.Tx) error {
			tx.Later(`UPDATE country SET name = name || 'b' WHERE code = $1`, "X")
			tx.Later(`UPDATE country SET name = name || 'c' WHERE code = $1`, "X")
			_, err := tx.Exec(`INSERT INTO country (code, name) VALUES ('X', 'a')`)
			if err != nil {
				return err
			}
			var name string
			if err := tx.Row(`SELECT name FROM country`).Scan(&name); err != nil || name != "a" {
				t.Errorf("%q %v", name, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var name string
		err = s.Observe(ctx, func(tx *db.Tx) error {
			tx.Later(`INSERT INTO country (code, name) VALUES ('Y', '')`)
			tx.Later(`INSERT INTO country (code, name) VALUES ('X', '')`)
			return tx.Row(`SELECT name FROM country WHERE code = 'X'`).Scan(&name)
		})
		if table, ok := db.UniqueViolation(err); !ok || table != "country" {
			t.Errorf("got %v", err)
		}
		if name != "abc" {
			t.Errorf("got %q", name)
		}
		if n := count(t, s, "country"); n != 1 {
			t.Errorf("%d countries", n)
		}
	})
}

// Bulk takes few rows and many, and a broken key leaves none of them.
func TestBulk(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		ctx := context.Background()
		cols := []string{"pid", "n", "name", "photo", "alive", "score"}
		make := func(pid string, n int) (rows [][]any) {
			for i := range n {
				rows = append(rows, []any{code(pid), i, nil, []byte{1}, i%2 == 0, float32(i)})
			}
			return rows
		}
		for pid, n := range map[string]int{"none": 0, "few": 3, "many": 1000} {
			if err := s.Write(ctx, func(tx *db.Tx) error { return tx.Bulk("person", cols, make(pid, n)) }); err != nil {
				t.Fatal(err)
			}
		}
		for pid, n := range map[string]int{"one": 10, "two": 500} {
			err := s.Write(ctx, func(tx *db.Tx) error { return tx.Bulk("person", cols, append(make(pid, n), make(pid, 1)...)) })
			if table, ok := db.UniqueViolation(err); !ok || table != "person" {
				t.Errorf("got %v", err)
			}
		}
		if n := count(t, s, "person"); n != 1003 {
			t.Errorf("%d persons", n)
		}
	})
}

// What SQLite takes in silence and PostgreSQL refuses, or sees otherwise.
func TestSilentDifferencesAreClosed(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		ctx := context.Background()
		err := s.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(`INSERT INTO country VALUES ('X', 'abc')`); return err })
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, s, `country WHERE name LIKE 'A%'`); n != 0 {
			t.Error("LIKE ignores case")
		}
		for _, q := range []string{
			`SELECT "nmae" FROM country`,
			`SELECT code FROM country; SELECT code FROM country`,
			`SELECT code FROM country WHERE code = $2`,
		} {
			var c string
			if err := s.Read(ctx, func(tx *db.Tx) error { return tx.Row(q).Scan(&c) }); err == nil {
				t.Errorf("%s: no error", q)
			}
		}
	})
}

// Values of many sizes come back whole, large ones and those on the edge of
// what a statement keeps room for, in any order.
func TestLargeValues(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		ctx := context.Background()
		sizes := []int{1 << 20, 1, 64 << 10, 0, 64<<10 - 1, 64<<10 + 1, 200, 3 << 20, 255, 256, 257}
		make := func(n int) []byte { return bytes.Repeat([]byte{byte(n), byte(n >> 8), 'x'}, n/3+1)[:n] }
		err := s.Write(ctx, func(tx *db.Tx) error {
			for i, n := range sizes {
				name := strings.Repeat("ż", n/2)
				if _, err := tx.Exec(`INSERT INTO person (pid, n, name, photo, alive) VALUES ($1, $2, $3, $4, TRUE)`, "a", i, name, make(n)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Read(ctx, func(tx *db.Tx) error {
			rows, err := tx.Query(`SELECT n, name, photo FROM person ORDER BY n DESC`)
			if err != nil {
				return err
			}
			for rows.Next() {
				var i int
				var name string
				var photo []byte
				if err := rows.Scan(&i, &name, &photo); err != nil {
					return err
				}
				if name != strings.Repeat("ż", sizes[i]/2) || !bytes.Equal(photo, make(sizes[i])) {
					t.Errorf("%d bytes came back as %d and %d", sizes[i], len(name), len(photo))
				}
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// More different statements than are kept prepared still run, also within one
// transaction and with an open result set.
func TestManyStatements(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		for range 2 {
			err := s.Write(context.Background(), func(tx *db.Tx) error {
				for i := range 700 {
					var n, got int
					if err := tx.Row(fmt.Sprintf(`SELECT count(*), CAST($1 AS BIGINT) FROM person WHERE n = %d`, i), i).Scan(&n, &got); err != nil || got != i {
						return fmt.Errorf("%d: %d %v", i, got, err)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

// The table of a broken key is found, also when its index is on an expression.
func TestUniqueViolationNamesTheTable(t *testing.T) {
	schemas := append(register[:1:1], schema("extra", `CREATE UNIQUE INDEX country_folded ON country (lower(name));`))
	dbtest.Each(t, schemas, func(t *testing.T, s *db.Store) {
		for _, c := range []struct{ q, table string }{
			{`INSERT INTO country VALUES ('X', 'abc'), ('X', 'def')`, "country"},
			{`INSERT INTO country VALUES ('X', 'abc'), ('Y', 'ABC')`, "country"},
			{`INSERT INTO person (pid, n, alive) VALUES ('a', 1, TRUE), ('a', 1, TRUE)`, "person"},
			{`INSERT INTO person (pid, n, alive) VALUES ('a', -1, TRUE)`, ""},
		} {
			err := s.Write(context.Background(), func(tx *db.Tx) error { _, err := tx.Exec(c.q); return err })
			if table, ok := db.UniqueViolation(err); table != c.table || ok != (c.table != "") {
				t.Errorf("%s: %q %v: %v", c.q, table, ok, err)
			}
		}
		if _, ok := db.UniqueViolation(nil); ok {
			t.Error("nil is no violation")
		}
	})
}
