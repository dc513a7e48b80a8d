package db

import (
	"strconv"
	"strings"
)

// numbered rewrites the placeholders $1, $2 … to SQLite's ?1, ?2 …, outside
// strings, quoted names and comments. SQLite takes $1 too, but as a name whose
// number it assigns by first appearance.
func numbered(q string) string {
	if !strings.Contains(q, "$") {
		return q
	}
	b := []byte(q)
	for i := 0; i < len(b); {
		if n := quotedLength(q[i:]); n > 0 {
			i += n
			continue
		}
		if b[i] == '$' && i+1 < len(b) && b[i+1] >= '0' && b[i+1] <= '9' {
			b[i] = '?'
		}
		i++
	}
	return string(b)
}

// quotedLength returns the length of the string, quoted name or comment that q
// begins with, or 0. One that does not end reaches to the end of q.
func quotedLength(q string) int {
	end := func(from int, mark string) int {
		if i := strings.Index(q[from:], mark); i >= 0 {
			return from + i + len(mark)
		}
		return len(q)
	}
	switch {
	case q == "":
		return 0
	case q[0] == '\'' || q[0] == '"':
		// A doubled quote inside ends one string and begins the next, which
		// comes to the same.
		return end(1, q[:1])
	case strings.HasPrefix(q, "--"):
		return end(2, "\n")
	case strings.HasPrefix(q, "/*"):
		return end(2, "*/")
	}
	return 0
}

// insertInto writes an insert of n rows of cols.
func insertInto(table string, cols []string, n int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + table + " (" + strings.Join(cols, ", ") + ") VALUES ")
	arg := 0
	for r := range n {
		if r > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for c := range cols {
			if c > 0 {
				b.WriteString(", ")
			}
			arg++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(arg))
		}
		b.WriteByte(')')
	}
	return b.String()
}

// liteTypes are the types of PostgreSQL that a schema may use, in the terms of
// SQLite's STRICT tables, which know INTEGER, REAL, TEXT and BLOB.
var liteTypes = map[string]string{
	"BIGINT":    "INTEGER",
	"SMALLINT":  "INTEGER",
	"BOOLEAN":   "INTEGER",
	"BYTEA":     "BLOB",
	"DOUBLE":    "REAL", // DOUBLE PRECISION
	"PRECISION": "",
}

// inKey is the comment before a CREATE TABLE whose rows are short: SQLite then
// keeps them in the tree of their key alone. Otherwise each row is in a page by the
// order of its coming and again, with its key, in a page of the key's index, and
// both are read and written for it. Rows longer than some 200 bytes make that tree
// deep: they are better kept apart.
const inKey = "-- +limen rows in key"

// liteSchema rewrites a migration for SQLite: types as in liteTypes, and every
// CREATE TABLE made STRICT, so that SQLite refuses wrong types as PostgreSQL
// does, and WITHOUT ROWID behind inKey.
func liteSchema(ddl string) string {
	var out, word strings.Builder
	var words []string // of the statement so far
	last := byte(0)    // its last character that is not white space
	short := false     // inKey stands before it
	flush := func() {
		if word.Len() == 0 {
			return
		}
		w := word.String()
		word.Reset()
		upper := strings.ToUpper(w)
		words = append(words, upper)
		if to, ok := liteTypes[upper]; ok {
			w = to
		}
		out.WriteString(w)
	}
	for i := 0; i < len(ddl); {
		if n := quotedLength(ddl[i:]); n > 0 {
			flush()
			short = short || strings.TrimSpace(ddl[i:i+n]) == inKey
			out.WriteString(ddl[i : i+n])
			if ddl[i] != '-' && ddl[i] != '/' {
				last = ddl[i]
			}
			i += n
			continue
		}
		c := ddl[i]
		i++
		if c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80 {
			word.WriteByte(c)
			last = c
			continue
		}
		flush()
		if c == ';' {
			if last == ')' && len(words) > 1 && words[0] == "CREATE" && words[1] == "TABLE" {
				out.WriteString(" STRICT")
				if short {
					out.WriteString(", WITHOUT ROWID")
				}
			}
			words, short = words[:0], false
		}
		out.WriteByte(c)
		if c > ' ' {
			last = c
		}
	}
	flush()
	return out.String()
}
