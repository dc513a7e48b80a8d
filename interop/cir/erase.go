package cir

import (
	"strconv"
	"strings"

	"limen/access"
	"limen/db"
	"limen/interop/bms"
	"limen/person"
)

// Erase takes away everything that the repository holds of records of a system,
// with what they are looked up by, when the system erases its own data
// (2017/2226 arts 34(5), 35(6); EES-061). It returns how many rows went, and the
// documents that stood in them, so that the system can clear what it keeps by
// document. A record that is not there is no error: erasing twice does nothing the
// second time.
func Erase(p access.Pass, system System, refs ...RecordRef) (rows int64, documents []DocumentName, err error) {
	tx, err := p.Tx()
	if err != nil || len(refs) == 0 {
		return 0, nil, err
	}
	for len(refs) > 0 {
		part := refs[:min(listWidth, len(refs))]
		refs = refs[len(part):]
		n, names, err := erasePart(p, tx, system, part)
		if err != nil {
			return rows, documents, err
		}
		rows, documents = rows+n, append(documents, names...)
	}
	return rows, documents, nil
}

// DocumentName is what a document is looked up by.
type DocumentName struct {
	Number person.DocumentNumber
	Issuer person.State
}

// listWidth is how many records one statement names.
const listWidth = 64

// ways are how records are found.
type ways struct {
	names     [][3]string // block, key, reference
	identity  []identityRow
	documents [][3]string // number, issuer, reference
	files     [][2]string // number, reference
}

type identityRow struct {
	ref, block string
	keys       int
}

func erasePart(p access.Pass, tx *db.Tx, system System, refs []RecordRef) (int64, []DocumentName, error) {
	w, err := waysTo(tx, system, refs)
	if err != nil {
		return 0, nil, err
	}
	total := int64(0)
	run := func(q string, args ...any) (int64, error) {
		n, err := tx.Exec(q, args...)
		total += n
		return n, err
	}
	if err := w.eraseNames(run, system); err != nil {
		return 0, nil, err
	}
	for _, list := range []struct {
		table, columns string
		width          int
		values         []any
	}{
		{"cir_by_document", "number, issuer, record_ref", 3, flat(w.documents)},
		{"cir_file", "cir_file, record_ref", 2, flat2(w.files)},
	} {
		if _, err := eraseTuples(run, list.table, list.columns, list.width, list.values, system); err != nil {
			return 0, nil, err
		}
	}
	marks, args := inList(refs, system)
	for _, table := range []string{"cir_identity", "cir_document", "cir_image", "cir_biometric", "cir_dataset"} {
		if _, err := run(`DELETE FROM `+table+` WHERE system = $1 AND record_ref IN (`+marks+`)`, args...); err != nil {
			return 0, nil, err
		}
	}
	templates, err := bms.Erase(p, system, "", refs...)
	if err != nil {
		return 0, nil, err
	}
	total += templates
	names := make([]DocumentName, len(w.documents))
	for i, d := range w.documents {
		names[i] = DocumentName{person.DocumentNumber(d[0]), person.State(d[1])}
	}
	return total, names, nil
}

// waysTo reads what the records are looked up by.
func waysTo(tx *db.Tx, system System, refs []RecordRef) (ways, error) {
	var w ways
	marks, args := inList(refs, system)
	rows, err := tx.Query(`SELECT '1' AS what, record_ref, cir_file AS a, '' AS b, '' AS c, '' AS d, '' AS e FROM cir_dataset WHERE system = $1 AND record_ref IN (`+marks+`)
		UNION ALL SELECT '2', record_ref, surname, first_names, birth, sex, nationalities FROM cir_identity WHERE system = $1 AND record_ref IN (`+marks+`)
		UNION ALL SELECT '3', record_ref, number, issuer, '', '', '' FROM cir_document WHERE system = $1 AND record_ref IN (`+marks+`)`, args...)
	if err != nil {
		return w, err
	}
	defer rows.Close()
	for rows.Next() {
		var what, ref, a, b, c, d, e string
		if err := rows.Scan(&what, &ref, &a, &b, &c, &d, &e); err != nil {
			return w, err
		}
		switch what {
		case "1":
			w.files = append(w.files, [2]string{a, ref})
		case "3":
			w.documents = append(w.documents, [3]string{a, b, ref})
		default:
			keys := person.NameKeys(person.Name{Surname: a, FirstNames: b}.Normal())
			for _, nation := range strings.Fields(e) {
				block := c + "|" + d + "|" + nation
				w.identity = append(w.identity, identityRow{ref, block, len(keys)})
				for _, key := range keys {
					w.names = append(w.names, [3]string{block, key, ref})
				}
			}
		}
	}
	return w, rows.Err()
}

// eraseNames erases the rows of the lookup by name. They are found by their keys;
// should the keys have been made by other rules than today's, fewer rows go than
// there are identities' keys, and the blocks are gone through whole: nothing of
// the person may remain.
func (w *ways) eraseNames(run func(string, ...any) (int64, error), system System) error {
	n, err := eraseTuples(run, "cir_by_name", "block, name_key, record_ref", 3, flat(w.names), system)
	if err != nil {
		return err
	}
	want := 0
	for _, id := range w.identity {
		want += id.keys
	}
	if n >= int64(want) && want > 0 {
		return nil
	}
	for _, id := range w.identity {
		if _, err := run(`DELETE FROM cir_by_name WHERE block = $1 AND record_ref = $2 AND system = $3`, id.block, id.ref, string(system)); err != nil {
			return err
		}
	}
	return nil
}

// eraseTuples deletes rows by a list of keys, some at a time: the list is padded
// with its last key, so that there are few statements to prepare.
func eraseTuples(run func(string, ...any) (int64, error), table, columns string, width int, values []any, system System) (int64, error) {
	total := int64(0)
	for len(values) > 0 {
		part := values[:min(len(values), listWidth*width)]
		values = values[len(part):]
		rows := padded(len(part) / width)
		args := make([]any, 0, rows*width+1)
		args = append(append(args, string(system)), part...)
		for len(args) < rows*width+1 {
			args = append(args, part[len(part)-width:]...)
		}
		n, err := run(`DELETE FROM `+table+` WHERE system = $1 AND (`+columns+`) IN (`+tuples(rows, width)+`)`, args...)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// padded is the length that a list is brought to: 1, 8 or listWidth.
func padded(n int) int {
	switch {
	case n <= 1:
		return 1
	case n <= 8:
		return 8
	}
	return listWidth
}

// tuples are so many rows of placeholders from $2 on.
func tuples(rows, width int) string {
	var b strings.Builder
	b.WriteString("VALUES ")
	for i := range rows * width {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%width == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+2))
	}
	return b.String() + ")"
}

// inList are the placeholders from $2 on and the arguments, the system first.
func inList(refs []RecordRef, system System) (string, []any) {
	n := padded(len(refs))
	var b strings.Builder
	args := []any{string(system)}
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+2))
		args = append(args, string(refs[min(i, len(refs)-1)]))
	}
	return b.String(), args
}

func flat(rows [][3]string) []any {
	list := make([]any, 0, 3*len(rows))
	for _, r := range rows {
		list = append(list, r[0], r[1], r[2])
	}
	return list
}

func flat2(rows [][2]string) []any {
	list := make([]any, 0, 2*len(rows))
	for _, r := range rows {
		list = append(list, r[0], r[1])
	}
	return list
}
