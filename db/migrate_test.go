package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"limen/db"
	"limen/db/dbtest"
)

// TestMain lets the test binary serve as the other process of a test.
func TestMain(m *testing.M) {
	switch os.Getenv("LIMEN_DB_CHILD") {
	case "":
		os.Exit(m.Run())
	case "migrate":
		childMigrates()
	case "load":
		childWrites()
	case "stop":
		childStops()
	}
}

// child prepares to run this binary as another process on the database.
func child(t *testing.T, role, address string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "LIMEN_DB_CHILD="+role, "LIMEN_DB_ADDRESS="+address)
	cmd.Stderr = os.Stderr
	return cmd
}

// fresh returns the address of an empty database.
func fresh(t *testing.T, engine db.Engine) string {
	t.Helper()
	if engine == db.Postgres {
		return dbtest.Postgres(t)
	}
	return "sqlite:" + filepath.Join(t.TempDir(), "limen.db")
}

func eachEngine(t *testing.T, fn func(t *testing.T, engine db.Engine)) {
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) { fn(t, engine) })
	}
}

// slow is a schema of several steps, so that two processes overlap.
func slow() []db.Schema {
	files := fstest.MapFS{}
	var tables []db.Table
	for i := 1; i <= 12; i++ {
		name := fmt.Sprintf("step%d", i)
		files[fmt.Sprintf("%04d_%s.sql", i, name)] = &fstest.MapFile{Data: []byte(fmt.Sprintf(
			"-- +goose Up\nCREATE TABLE %s (pid TEXT NOT NULL PRIMARY KEY);\nINSERT INTO %s (pid) VALUES ('only once');\n", name, name))}
		tables = append(tables, db.Table{Name: name, Key: "pid"})
	}
	return []db.Schema{{Room: "slow", Files: files, Tables: tables}}
}

func childMigrates() {
	ctx := context.Background()
	s, err := db.Open(ctx, os.Getenv("LIMEN_DB_ADDRESS"), db.Options{})
	if err == nil {
		err = s.Migrate(ctx, slow())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
	s.Close()
}

// Processes that start at once migrate one after the other, and each step is
// done once.
func TestProcessesMigrateOneAfterTheOther(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, engine db.Engine) {
		address := fresh(t, engine)
		var children []*exec.Cmd
		for range 3 {
			cmd := child(t, "migrate", address)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			children = append(children, cmd)
		}
		for _, cmd := range children {
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		}
		s := dbtest.OpenAt(t, address, slow(), db.Options{})
		for _, table := range slow()[0].Tables {
			if n := count(t, s, table.Name); n != 1 {
				t.Errorf("%s: %d rows", table.Name, n)
			}
		}
		if err := db.CheckKeys(context.Background(), s, slow()); err != nil {
			t.Error(err)
		}
	})
}

func schema(room string, steps ...string) db.Schema {
	files := fstest.MapFS{}
	for i, s := range steps {
		files[fmt.Sprintf("%04d_step.sql", i+1)] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + s + "\n")}
	}
	return db.Schema{Room: room, Files: files}
}

// A program older than the database says so and changes nothing, also in rooms
// that it could have migrated.
func TestNewerDatabaseIsLeftAlone(t *testing.T) {
	eachEngine(t, func(t *testing.T, engine db.Engine) {
		ctx := context.Background()
		address := fresh(t, engine)
		const one, two = "CREATE TABLE one (a TEXT PRIMARY KEY);", "CREATE TABLE two (a TEXT PRIMARY KEY);"
		s := dbtest.OpenAt(t, address, []db.Schema{schema("visa", one, two)}, db.Options{})
		older := []db.Schema{schema("entry", "CREATE TABLE three (a TEXT PRIMARY KEY);"), schema("visa", one)}
		if err := s.Migrate(ctx, older); !errors.Is(err, db.ErrNewer) {
			t.Errorf("got %v", err)
		}
		err := s.Read(ctx, func(tx *db.Tx) error {
			var n int
			return tx.Row(`SELECT count(*) FROM three`).Scan(&n)
		})
		if err == nil {
			t.Error("another room was migrated")
		}
		if err := s.Migrate(ctx, []db.Schema{schema("visa", one, two)}); err != nil {
			t.Error(err)
		}
	})
}

// A step that fails leaves nothing of itself and all steps before it, and can
// be mended.
func TestFailedStepLeavesNothing(t *testing.T) {
	eachEngine(t, func(t *testing.T, engine db.Engine) {
		ctx := context.Background()
		s := dbtest.OpenAt(t, fresh(t, engine), nil, db.Options{})
		const one = "CREATE TABLE one (a TEXT PRIMARY KEY);"
		err := s.Migrate(ctx, []db.Schema{schema("visa", one, "CREATE TABLE two (a TEXT PRIMARY KEY);\nCREATE TABLE one (a TEXT);")})
		if err == nil || !strings.Contains(err.Error(), "visa") {
			t.Fatalf("got %v", err)
		}
		if err := s.Migrate(ctx, []db.Schema{schema("visa", one, "CREATE TABLE two (a TEXT PRIMARY KEY);")}); err != nil {
			t.Error(err)
		}
		if count(t, s, "one")+count(t, s, "two") != 0 {
			t.Error("rows from nowhere")
		}
	})
}

// Migrating while others work neither fails nor disturbs them, and statements
// prepared before see the new columns.
func TestMigrateWhileOthersWork(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		ctx := context.Background()
		if err := s.Write(ctx, func(tx *db.Tx) error { return insert(tx, "a", 1) }); err != nil {
			t.Fatal(err)
		}
		stop, done := make(chan bool), make(chan error)
		go func() {
			for n := 2; ; n++ {
				select {
				case <-stop:
					done <- nil
					return
				default:
				}
				if err := s.Write(ctx, func(tx *db.Tx) error { return insert(tx, "a", n) }); err != nil {
					done <- err
					return
				}
			}
		}()
		more := append(register[:1:1], schema("more", "ALTER TABLE person ADD COLUMN eye TEXT;", "CREATE INDEX person_eye ON person (eye, pid);"))
		if err := s.Migrate(ctx, more); err != nil {
			t.Error(err)
		}
		close(stop)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if n := count(t, s, "person WHERE eye IS NULL"); n < 1 {
			t.Errorf("%d persons", n)
		}
	})
}

// A twin for PostgreSQL stands in for its file, and files may lie in a folder.
func TestTwinOfAMigration(t *testing.T) {
	eachEngine(t, func(t *testing.T, engine db.Engine) {
		s := dbtest.OpenAt(t, fresh(t, engine), []db.Schema{{Room: "twin", Files: fstest.MapFS{
			"sql/0001_a.sql":    {Data: []byte("-- +goose Up\nCREATE TABLE a (engine TEXT PRIMARY KEY);\nINSERT INTO a VALUES ('sqlite');\n")},
			"sql/0001_a.pg.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a (engine TEXT PRIMARY KEY);\nINSERT INTO a VALUES ('postgres');\n")},
		}}}, db.Options{})
		var got string
		err := s.Read(context.Background(), func(tx *db.Tx) error { return tx.Row(`SELECT engine FROM a`).Scan(&got) })
		if err != nil || got != string(engine) {
			t.Errorf("%q %v", got, err)
		}
	})
}

// Schemas that cannot be meant are refused.
func TestMigrateRefuses(t *testing.T) {
	s := dbtest.Open(t, db.SQLite, nil, db.Options{})
	const one = "CREATE TABLE one (a TEXT PRIMARY KEY);"
	for name, bad := range map[string][]db.Schema{
		"twice the same room": {schema("visa", one), schema("visa", one)},
		"db's own name":       {schema("db", one)},
		"a name to be quoted": {schema("visa desk", one)},
		"no files":            {{Room: "visa", Files: fstest.MapFS{}}},
	} {
		if err := s.Migrate(context.Background(), bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// STRICT tables refuse on SQLite what PostgreSQL refuses.
func TestTablesAreStrict(t *testing.T) {
	dbtest.Each(t, register, func(t *testing.T, s *db.Store) {
		for _, q := range []string{
			`INSERT INTO person (pid, n, alive) VALUES ('a', 'abc', TRUE)`,
			`INSERT INTO person (pid, n, photo, alive) VALUES ('a', 1, 17, TRUE)`,
			`INSERT INTO person (pid, n, alive) VALUES (NULL, 1, TRUE)`,
			`INSERT INTO person (pid, n, alive) VALUES ('a', -1, TRUE)`,
		} {
			err := s.Write(context.Background(), func(tx *db.Tx) error { _, err := tx.Exec(q); return err })
			if err == nil {
				t.Errorf("%s was taken", q)
			}
		}
	})
}
