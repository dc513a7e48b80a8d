package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"limen/law"
)

// What a parameter prints of its rows can be written in a file and read back,
// value for value.
func TestDraftReadsWhatIsPrinted(t *testing.T) {
	known := law.Params()
	for _, p := range known {
		info := p.Describe()
		var b strings.Builder
		b.WriteString("parameters:\n- name: " + info.Name + "\n  unit: '" + info.Unit + "'\n  rows:\n")
		for _, r := range info.Rows {
			value := `"` + r.Value + `"`
			if info.Name == "ees.suspended_articles" { // citations have spaces of their own
				value = "[" + strings.ReplaceAll(strings.Trim(r.Value, "[]"), " 2017/", ", 2017/") + "]"
			}
			b.WriteString("  - from: " + r.From.String() + "\n    cite: " + string(r.Cite) + "\n    value: " + value + "\n")
		}
		got, err := readRows(strings.NewReader(b.String()), known)
		if err != nil {
			t.Errorf("%v\n%s", err, b.String())
			continue
		}
		again := got[0].Describe()
		for i, r := range again.Rows {
			if r.Value != info.Rows[i].Value || r.From != info.Rows[i].From || r.Cite != info.Rows[i].Cite {
				t.Errorf("%s: %+v was read as %+v", info.Name, info.Rows[i], r)
			}
		}
		if got[0].Param() != info.Name || len(again.Rows) != len(info.Rows) {
			t.Errorf("%s: %d rows for %d", info.Name, len(again.Rows), len(info.Rows))
		}
	}
}

const goodDraft = `- name: ees.stamps_count
  rows:
    - from: 2025-10-12
      value: true
      cite: 2017/2226 art 22(1)
`

// The same rows as YAML and as JSON are the same amendment.
func TestDraftForms(t *testing.T) {
	known := law.Params()
	for name, text := range map[string]string{
		"a list":          goodDraft,
		"one parameter":   "name: ees.stamps_count\nrows:\n- from: 2025-10-12\n  value: true\n  cite: 2017/2226 art 22(1)\n",
		"under a name":    "# why\n---\nparameters:\n" + goodDraft,
		"with quotes":     strings.ReplaceAll(strings.ReplaceAll(goodDraft, "true", `"true" # so`), "2017/2226 art 22(1)", "'2017/2226 art 22(1)'"),
		"with carriages":  strings.ReplaceAll(goodDraft, "\n", "\r\n"),
		"with a mark":     "\ufeff" + goodDraft,
		"JSON, tabs":      "{\n\t\"name\": \"ees.stamps_count\",\n\t\"rows\": [\n\t\t{\"from\": \"2025-10-12\", \"value\": true, \"cite\": \"2017\\/2226 art 22(1)\", \"note\": \"\\\\/ \\u00e9\"}\n\t]\n}\n",
		"JSON":            `{"parameters":[{"name":"ees.stamps_count","rows":[{"from":"2025-10-12","value":true,"cite":"2017/2226 art 22(1)"}]}]}`,
		"JSON, one alone": `{"name":"ees.stamps_count","rows":[{"from":"2025-10-12","value":"true","cite":"2017/2226 art 22(1)"}]}`,
	} {
		got, err := readRows(strings.NewReader(text), known)
		if err != nil || len(got) != 1 || len(got[0].Describe().Rows) != 1 || got[0].Describe().Rows[0].Value != "true" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// What cannot be read is refused with its line and its field.
func TestDraftRefusesByLineAndField(t *testing.T) {
	known := []law.Dated{&law.StampsCount, &law.PartialSuspensionTime, &law.KeepFile, &law.EESPhase, &law.SuspendedArticles, &law.MinimumShare}
	known = append(known, law.Params()[slices.IndexFunc(law.Params(), func(p law.Dated) bool { return p.Describe().Name == "acquis.AUT" })])
	change := func(old, new string) string { return strings.Replace(goodDraft, old, new, 1) }
	of := func(name, value string) string {
		return strings.Replace(strings.Replace(goodDraft, "ees.stamps_count", name, 1), "true", value, 1)
	}
	for _, c := range []struct {
		text, code, field string
		line              string
	}{
		{"", "no_parameter", "parameters", "Line 1"},
		{"# nothing\n", "no_parameter", "parameters", "Line 1"},
		{"[]", "no_parameter", "parameters", "Line 1"},
		{"just words", "no_members", "parameters[0]", "Line 1"},
		{change("stamps_count", "stamp_count"), "unknown_parameter", "name", "Line 1"},
		{goodDraft + goodDraft, "amended_twice", "name", "Line 6"},
		{change("true", "yes"), "bad_value", "ees.stamps_count.rows[0].value", "Line 4"},
		{change("2025-10-12", "2025-02-30"), "bad_date", "ees.stamps_count.rows[0].from", "Line 3"},
		{change("2017/2226 art", "2017/9999 art"), "bad_citation", "ees.stamps_count.rows[0].cite", "Line 5"},
		{change("      cite: 2017/2226 art 22(1)\n", ""), "missing_member", "ees.stamps_count.rows[0].cite", "Line 3"},
		{change("value", "values"), "unknown_member", "ees.stamps_count.rows[0].values", "Line 4"},
		{change("value: true", "from: 2025-10-12"), "member_twice", "from", "Line 4"},
		{goodDraft + "    - from: 2025-10-12\n      value: true\n      cite: 2017/2226 art 22(1)\n", "rows_out_of_order", "ees.stamps_count.rows[1].from", "Line 6"},
		{"name: ees.stamps_count\nrows: []\n", "no_rows", "ees.stamps_count.rows", "Line 2"},
		{"name: ees.stamps_count\nrows:\n", "missing_value", "rows", "Line 2"},
		{"name: ees.stamps_count\n", "missing_member", "parameters[0].rows", "Line 1"},
		{change("  rows", "   rows"), "bad_yaml", "file", "Line 2"},
		{change("  rows", "\trows"), "bad_yaml", "file", "Line 2"},
		{change("true", "{a: b}"), "no_text", "ees.stamps_count.rows[0].value", "Line 4"},
		{change("true", "&x true"), "bad_yaml", "file", "Line 4"},
		{change("true", `"true`), "bad_yaml", "file", "Line 4"},
		{change("true", `'true`), "bad_yaml", "file", "Line 4"},
		{change("true", "a: b"), "bad_yaml", "file", "Line 4"},
		{change("true", "[a"), "bad_yaml", "file", "Line 4"},
		{change("- name: ees.stamps_count", "-"), "missing_member", "parameters[0].name", "Line 2"},
		{change("true", "&x [*x]"), "bad_yaml", "file", "Line 4"},
		{goodDraft + "      note: *x\n", "bad_yaml", "file", "Line 6"},
		{change("true", "!!str true"), "bad_yaml", "file", "Line 4"},
		{change("true", "\n        <<: {a: b}"), "no_text", "ees.stamps_count.rows[0].value", "Line 5"},
		{goodDraft + "      <<: {note: a}\n", "unknown_member", "ees.stamps_count.rows[0].<<", "Line 6"},
		{goodDraft + "      ? [note]\n      : a\n", "bad_yaml", "file", "Line 6"},
		{goodDraft + "      note: {a: b}\n", "no_text", "ees.stamps_count.rows[0].note", "Line 6"},
		{change("true", "[]\n      value: []"), "member_twice", "value", "Line 5"},
		{change("true", "~"), "missing_value", "value", "Line 4"},
		{change("      cite", "     cite"), "bad_yaml", "file", "Line 5"},
		{goodDraft + "   - name: ees.phase\n", "bad_yaml", "file", "Line 6"},
		{goodDraft + "# \x01\n", "bad_yaml", "file", "Line 6"},
		{goodDraft + "# \xff\n", "bad_yaml", "file", "Line 6"},
		{goodDraft + "---\n", "bad_yaml", "file", "Line 6"},
		{goodDraft + "---\n" + goodDraft, "bad_yaml", "file", "Line 6"},
		{strings.Repeat("- ", 20) + "x", "bad_yaml", "file", "Line 1"},
		{strings.Repeat("[", 20), "bad_yaml", "file", "Line 1"},
		{strings.Repeat("[", 20) + strings.Repeat("]", 20), "bad_yaml", "file", "Line 1"},
		{"{\n\"name\": tru}", "missing_member", "parameters[0].rows", "Line 1"},
		{"{\"rows\": [\n{\"a\": 1,\n\"b\": 2},\n{\"c\": 3\n\"d\": 4}]}", "bad_yaml", "file", "Line 4"},
		{"{\n\"name\": null}", "missing_value", "name", "Line 2"},
		{"{\"name\":\"x\"}\n{}", "bad_yaml", "file", "Line 2"},
		{"{\"name\":\"x\",\n\"name\":\"x\"}", "member_twice", "name", "Line 2"},
		{of("ees.partial_suspension_time", "soon"), "bad_value", "ees.partial_suspension_time.rows[0].value", "Line 4"},
		{of("retention.file", "3 fortnights"), "bad_value", "retention.file.rows[0].value", "Line 4"},
		{of("retention.file", "1 day and 1 day"), "bad_value", "retention.file.rows[0].value", "Line 4"},
		{of("ees.phase", "late"), "bad_value", "ees.phase.rows[0].value", "Line 4"},
		{of("acquis.AUT", "[air, space]"), "bad_value", "acquis.AUT.rows[0].value", "Line 4"},
		{of("ees.suspended_articles", "[art 5]"), "bad_value", "ees.suspended_articles.rows[0].value", "Line 4"},
		{of("ees.minimum_share", "ten"), "bad_value", "ees.minimum_share.rows[0].value", "Line 4"},
		{of("ees.minimum_share", "''"), "bad_value", "ees.minimum_share.rows[0].value", "Line 4"},
		{of("ees.minimum_share", "\n      - a: b"), "no_text", "ees.minimum_share.rows[0].value", "Line 5"},
	} {
		_, err := readRows(strings.NewReader(c.text), known)
		var r *law.Refusal
		if !errors.As(err, &r) || string(r.Code) != c.code || r.Field != c.field || !strings.HasPrefix(r.Message, c.line+", ") {
			t.Errorf("%q: %v; want %s of %s in %s", c.text, err, c.code, c.field, c.line)
		}
	}
	if _, err := readRows(strings.NewReader(strings.Repeat(" ", maxRowsFile+1)), known); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("too long: %v", err)
	}
	_, err := readRows(strings.NewReader(change("ees.stamps_count", "ees.stamp_counts")), known)
	if err == nil || !strings.Contains(err.Error(), "Did you mean ees.stamps_count?") {
		t.Errorf("no suggestion: %v", err)
	}
	_, err = readRows(strings.NewReader(change("ees.stamps_count", "x")), known)
	if err == nil || !strings.Contains(err.Error(), "ees.stamps_count, ees.partial_suspension_time") {
		t.Errorf("no list: %v", err)
	}
}

// A draft is read with its value, typed.
func TestDraftIsTyped(t *testing.T) {
	text := strings.Replace(strings.Replace(goodDraft, "ees.stamps_count", "ees.partial_suspension_time", 1), "true", "90m", 1)
	got, err := readRows(strings.NewReader(text), law.Params())
	if err != nil {
		t.Fatal(err)
	}
	b, err := law.NewBook(0, got...)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := law.PartialSuspensionTime.Under(b, law.MustDate("2026-01-01")); d != 90*time.Minute || err != nil {
		t.Errorf("%v, %v", d, err)
	}
	if d, err := law.PartialSuspensionTime.On(law.MustDate("2026-05-01")); d != 6*time.Hour || err != nil {
		t.Errorf("in force: %v, %v", d, err)
	}
}

// No file of amendments makes the reader fail otherwise than by a refusal.
func FuzzReadRows(f *testing.F) {
	f.Add(goodDraft)
	f.Add("{\"parameters\":[{\"name\":\"ees.stamps_count\",\"rows\":[{\"from\":\"2025-10-12\",\"value\":true,\"cite\":\"2017/2226\"}]}]}")
	f.Add("%YAML 1.2\n---\na: &x [b, *x]\n? !!str c\n: |\n  d\n...\n---\n<<: *x # e\n")
	f.Add("a:\n- b: [c, d]\n  e: 'f'\n")
	known := law.Params()
	f.Fuzz(func(t *testing.T, text string) {
		got, err := readRows(strings.NewReader(text), known)
		var r *law.Refusal
		if err != nil && !errors.As(err, &r) {
			t.Fatalf("%q: %v", text, err)
		}
		for _, a := range got {
			for _, row := range a.Describe().Rows {
				if _, err := row.Cite.Parse(); err != nil || row.From == 0 {
					t.Fatalf("%q: %+v", text, row)
				}
			}
		}
	})
}
