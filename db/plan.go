package db

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// PlanRow is one table of the plan of distribution.
type PlanRow struct {
	Room, Table string
	Key         string // distribution column; "" is a reference table
	Why         string
}

// Plan lists how the tables of the schemas, and db's own, spread over the nodes
// of a cluster: the reference tables first, as Distribute needs them.
func Plan(schemas []Schema) []PlanRow {
	var rows []PlanRow
	for _, s := range append([]Schema{ownSchema()}, schemas...) {
		for _, t := range s.Tables {
			rows = append(rows, PlanRow{s.Room, t.Name, t.Key, t.Why})
		}
	}
	slices.SortStableFunc(rows, func(a, b PlanRow) int {
		switch {
		case (a.Key == "") == (b.Key == ""):
			return 0
		case a.Key == "":
			return -1
		}
		return 1
	})
	return rows
}

// fact is one column's place in the catalogue of the database.
type fact struct {
	table  string
	kind   string // "column", "primary", "unique" or "foreign"
	name   string // of the index or foreign key
	column string // "" is an expression
	to     string // table that a foreign key leads to, and
	into   string // its column, "" for the one of its primary key
}

// constraint is a key of a table, column by column.
type constraint struct {
	kind    string
	columns []string
	to      string
	into    []string
}

// catalogueTable is a table as it stands in the database.
type catalogueTable struct {
	columns     []string
	constraints []constraint
}

func (t *catalogueTable) primary() []string {
	for _, c := range t.constraints {
		if c.kind == "primary" {
			return c.columns
		}
	}
	return nil
}

// CheckKeys compares the migrated database with the declarations of the
// schemas, and returns every breach of what a cluster needs:
//
//   - every table is declared, and every declared table and key exists;
//   - a distributed table has a primary key that begins with its distribution
//     key, and every unique index contains it;
//   - a foreign key of a distributed table leads to a reference table, or pairs
//     the distribution keys of both ends; one of a reference table leads to a
//     reference table.
func CheckKeys(ctx context.Context, s *Store, schemas []Schema) error {
	found, err := s.catalogue(ctx)
	if err != nil {
		return err
	}
	versions := map[string]bool{"schema_db": true}
	for _, schema := range schemas {
		versions["schema_"+schema.Room] = true
	}
	declared := make(map[string]PlanRow)
	var breaches []error
	breach := func(format string, args ...any) { breaches = append(breaches, fmt.Errorf(format, args...)) }
	for _, row := range Plan(schemas) {
		if other, twice := declared[row.Table]; twice {
			breach("%s: declared by %s and by %s", row.Table, other.Room, row.Room)
		}
		declared[row.Table] = row
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		row, ok := declared[name]
		switch {
		case versions[name]:
		case !ok:
			breach("%s: no room declares it", name)
		default:
			found[name].check(row, declared, found, breach)
		}
	}
	for _, row := range Plan(schemas) {
		if found[row.Table] == nil {
			breach("%s: declared by %s but not in the database", row.Table, row.Room)
		}
	}
	return errors.Join(breaches...)
}

func (t *catalogueTable) check(row PlanRow, declared map[string]PlanRow, found map[string]*catalogueTable, breach func(string, ...any)) {
	if row.Key != "" && !slices.Contains(t.columns, row.Key) {
		breach("%s: has no column %s to be distributed by", row.Table, row.Key)
		return
	}
	if t.primary() == nil {
		breach("%s: has no primary key", row.Table)
	}
	for _, c := range t.constraints {
		list := strings.Join(c.columns, ", ")
		switch {
		case c.kind == "primary" && row.Key != "" && c.columns[0] != row.Key:
			breach("%s: primary key (%s) does not begin with %s", row.Table, list, row.Key)
		case c.kind == "unique" && row.Key != "" && !slices.Contains(c.columns, row.Key):
			breach("%s: unique (%s) does not contain %s", row.Table, list, row.Key)
		case c.kind == "foreign":
			to, ok := declared[c.to]
			if !ok || to.Key == "" {
				continue // an undeclared table is a breach of its own
			}
			into := c.into
			if slices.Contains(into, "") {
				into = found[c.to].primary()
			}
			at := slices.Index(c.columns, row.Key)
			if row.Key == "" || at < 0 || at >= len(into) || into[at] != to.Key {
				breach("%s: foreign key (%s) to %s does not pair their distribution keys", row.Table, list, c.to)
			}
		}
	}
}

// How each engine tells the facts, the columns of a key in their order.
var catalogueQueries = map[Engine]string{
	SQLite: `
		WITH t AS (SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_')
		SELECT t.name AS tab, 'column' AS kind, '' AS name, x.name AS col, '' AS other, '' AS other_col, x.cid AS pos
			FROM t, pragma_table_xinfo(t.name) x
		UNION ALL
		SELECT t.name, 'primary', '', x.name, '', '', x.pk FROM t, pragma_table_info(t.name) x WHERE x.pk > 0
		UNION ALL
		SELECT t.name, 'unique', i.name, coalesce(x.name, ''), '', '', x.seqno
			FROM t, pragma_index_list(t.name) i, pragma_index_xinfo(i.name) x
			WHERE i."unique" = 1 AND i.origin <> 'pk' AND x.key = 1
		UNION ALL
		SELECT t.name, 'foreign', CAST(f.id AS TEXT), f."from", f."table", coalesce(f."to", ''), f.seq
			FROM t, pragma_foreign_key_list(t.name) f
		ORDER BY 1, 2, 3, 7`,
	Postgres: `
		WITH t AS (SELECT oid, relname::text AS name FROM pg_class
			WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = current_schema()::regnamespace)
		SELECT t.name AS tab, 'column' AS kind, '' AS name, a.attname::text AS col, '' AS other, '' AS other_col, a.attnum::bigint AS pos
			FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
		UNION ALL
		SELECT t.name, CASE WHEN i.indisprimary THEN 'primary' ELSE 'unique' END, x.relname::text, coalesce(a.attname::text, ''), '', '', k.pos
			FROM t JOIN pg_index i ON i.indrelid = t.oid AND i.indisunique JOIN pg_class x ON x.oid = i.indexrelid
			CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (num, pos)
			LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.num AND k.num > 0
			WHERE k.pos <= i.indnkeyatts
		UNION ALL
		SELECT t.name, 'foreign', f.conname::text, a.attname::text, o.relname::text, b.attname::text, k.pos
			FROM t JOIN pg_constraint f ON f.conrelid = t.oid AND f.contype = 'f' JOIN pg_class o ON o.oid = f.confrelid
			CROSS JOIN LATERAL unnest(f.conkey, f.confkey) WITH ORDINALITY AS k (num, other, pos)
			JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.num
			JOIN pg_attribute b ON b.attrelid = o.oid AND b.attnum = k.other
		ORDER BY 1, 2, 3, 7`,
}

// catalogue reads the tables that are in the database.
func (s *Store) catalogue(ctx context.Context) (map[string]*catalogueTable, error) {
	var tables map[string]*catalogueTable
	err := s.Read(ctx, func(tx *Tx) error {
		tables = make(map[string]*catalogueTable)
		rows, err := tx.Query(catalogueQueries[s.name])
		if err != nil {
			return err
		}
		var last fact
		for rows.Next() {
			var f fact
			var position int64
			if err := rows.Scan(&f.table, &f.kind, &f.name, &f.column, &f.to, &f.into, &position); err != nil {
				return err
			}
			t := tables[f.table]
			if t == nil {
				t = new(catalogueTable)
				tables[f.table] = t
			}
			if f.kind == "column" {
				t.columns = append(t.columns, f.column)
				continue
			}
			if f.table != last.table || f.kind != last.kind || f.name != last.name {
				t.constraints = append(t.constraints, constraint{kind: f.kind, to: f.to})
				last = f
			}
			c := &t.constraints[len(t.constraints)-1]
			c.columns = append(c.columns, f.column)
			c.into = append(c.into, f.into)
		}
		return rows.Err()
	})
	return tables, err
}

// Distribute makes the plan true on a PostgreSQL server with the citus
// extension: a table that is not distributed yet is, in the order of the plan,
// and the rest is left. It reports each step to log. On any other database it
// returns ErrNoCitus and changes nothing.
func Distribute(ctx context.Context, s *Store, schemas []Schema, log io.Writer) error {
	e, ok := s.engine.(*postgres)
	if !ok {
		return ErrNoCitus
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	var citus bool
	if err := e.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')`).Scan(&citus); err != nil {
		return e.fault(err, "look for citus")
	}
	if !citus {
		return ErrNoCitus
	}
	if err := CheckKeys(ctx, s, schemas); err != nil {
		return err
	}
	for _, row := range Plan(schemas) {
		var done bool
		q := `SELECT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = $1::text::regclass)`
		if err := e.pool.QueryRow(ctx, q, row.Table).Scan(&done); err != nil {
			return e.fault(err, q)
		}
		if done {
			fmt.Fprintf(log, "%s: already distributed\n", row.Table)
			continue
		}
		args := []any{row.Table}
		q = `SELECT create_reference_table($1::text::regclass)`
		how := "reference table on every node"
		if row.Key != "" {
			q = `SELECT create_distributed_table($1::text::regclass, $2::text)`
			how = "distributed by " + row.Key
			args = append(args, row.Key)
		}
		// If we stop here, the next run finds the tables before this one
		// distributed, and goes on with it.
		if _, err := e.pool.Exec(ctx, q, args...); err != nil {
			return e.fault(err, q)
		}
		fmt.Fprintf(log, "%s: %s\n", row.Table, how)
	}
	return nil
}
