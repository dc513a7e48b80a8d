package db

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// The folder in memory keeps the rules of fs.FS.
func TestFolder(t *testing.T) {
	if err := fstest.TestFS(folder{"0001_a.sql": []byte("a"), "0002_b.sql": nil}, "0001_a.sql", "0002_b.sql"); err != nil {
		t.Fatal(err)
	}
}

// Placeholders are rewritten where they are placeholders.
func TestNumbered(t *testing.T) {
	for in, want := range map[string]string{
		`SELECT 1`:                            `SELECT 1`,
		`a = $2 AND b = $1`:                   `a = ?2 AND b = ?1`,
		`a = '$1' AND b = $1`:                 `a = '$1' AND b = ?1`,
		`a = 'it''s $1' AND "b$1" = $12`:      `a = 'it''s $1' AND "b$1" = ?12`,
		"a = $1 -- not $2\nAND b = $2":        "a = ?1 -- not $2\nAND b = ?2",
		`/* $1 */ a = $1 /* $2`:               `/* $1 */ a = ?1 /* $2`,
		`a = 'open $1`:                        `a = 'open $1`,
		`cost = '5$' || $1`:                   `cost = '5$' || ?1`,
		`$`:                                   `$`,
		`$x = $1`:                             `$x = ?1`,
		`a = $1::text`:                        `a = ?1::text`,
		`"quoted ""name"" $1" = $1 AND c='"'`: `"quoted ""name"" $1" = ?1 AND c='"'`,
	} {
		if got := numbered(in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

// Types and tables are rewritten for SQLite, and nothing else.
func TestLiteSchema(t *testing.T) {
	for in, want := range map[string]string{
		"CREATE TABLE a (b BIGINT, c BYTEA, d BOOLEAN);":                                "CREATE TABLE a (b INTEGER, c BLOB, d INTEGER) STRICT;",
		"create table if not exists a (\n b bigint\n)\n;":                               "create table if not exists a (\n b INTEGER\n)\n STRICT;",
		"CREATE TABLE a (b DOUBLE PRECISION, c SMALLINT);":                              "CREATE TABLE a (b REAL , c INTEGER) STRICT;",
		"CREATE TABLE a (b TEXT); -- ends );\n":                                         "CREATE TABLE a (b TEXT) STRICT; -- ends );\n",
		"CREATE TABLE a (b TEXT) -- so\n;":                                              "CREATE TABLE a (b TEXT) -- so\n STRICT;",
		"CREATE TABLE a (b TEXT DEFAULT 'BIGINT);');":                                   "CREATE TABLE a (b TEXT DEFAULT 'BIGINT);') STRICT;",
		"CREATE INDEX i ON a (b);":                                                      "CREATE INDEX i ON a (b);",
		"INSERT INTO a VALUES (1);\nCREATE TABLE b (c BIGINT);":                         "INSERT INTO a VALUES (1);\nCREATE TABLE b (c INTEGER) STRICT;",
		"-- +goose Up\nCREATE TABLE a (bigint_column BIGINT);":                          "-- +goose Up\nCREATE TABLE a (bigint_column INTEGER) STRICT;",
		"CREATE TABLE a AS SELECT 1 AS b;":                                              "CREATE TABLE a AS SELECT 1 AS b;",
		"ALTER TABLE a ADD COLUMN b BYTEA;":                                             "ALTER TABLE a ADD COLUMN b BLOB;",
		inKey + "\nCREATE TABLE a (b TEXT, PRIMARY KEY (b));\nCREATE TABLE c (d TEXT);": inKey + "\nCREATE TABLE a (b TEXT, PRIMARY KEY (b)) STRICT, WITHOUT ROWID;\nCREATE TABLE c (d TEXT) STRICT;",
		inKey + "\nDROP TABLE c;\nCREATE TABLE a (b TEXT);":                             inKey + "\nDROP TABLE c;\nCREATE TABLE a (b TEXT) STRICT;",
		"CREATE TABLE a (\n    pid TEXT PRIMARY KEY CHECK (pid <> '')\n);":              "CREATE TABLE a (\n    pid TEXT PRIMARY KEY CHECK (pid <> '')\n) STRICT;",
	} {
		if got := liteSchema(in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

// quoted removes strings, names and comments, by another way than the code.
var quoted = regexp.MustCompile(`(?s)'[^']*(?:'|$)|"[^"]*(?:"|$)|--[^\n]*(?:\n|$)|/\*.*?(?:\*/|$)`)

func FuzzNumbered(f *testing.F) {
	for _, seed := range []string{"a = $1", "'$1' $2", "-- $1\n$2", "/* */$3", `"$1"$2`, "$", "$$1", "''$1", "/$1*", "-$1-"} {
		f.Add(seed)
	}
	placeholder := regexp.MustCompile(`\$([0-9])`)
	f.Fuzz(func(t *testing.T, q string) {
		got := numbered(q)
		if len(got) != len(q) || strings.Join(quoted.FindAllString(got, -1), "") != strings.Join(quoted.FindAllString(q, -1), "") {
			t.Fatalf("%q became %q", q, got)
		}
		rest := quoted.Split(got, -1)
		for i, part := range quoted.Split(q, -1) {
			if want := placeholder.ReplaceAllString(part, "?$1"); rest[i] != want {
				t.Fatalf("%q: %q, want %q", q, rest[i], want)
			}
		}
	})
}
