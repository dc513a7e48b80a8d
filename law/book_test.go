package law

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

func tiers() *Param[int] {
	return &Param[int]{Name: "test.tiers", Unit: "days", Rows: []Row[int]{
		{From: MustDate("2020-01-01"), Value: 1, Cite: "2017/2226 art 11"},
		{From: MustDate("2025-01-01"), Value: 2, Cite: "2025/1534 art 5"},
	}}
}

// Under a book with a day each parameter is read on that day, whatever the day
// of the event; under rows of its own on the day of the event; under both, the
// book's rows on the book's day. The table itself never moves.
func TestBookReplacesTheDayAndTheRows(t *testing.T) {
	p := tiers()
	rows, err := p.Amend(Row[int]{From: MustDate("2019-01-01"), Value: 7, Cite: "2017/2226 art 11"}, Row[int]{From: MustDate("2026-01-01"), Value: 8, Cite: "2017/2226 art 11"})
	if err != nil {
		t.Fatal(err)
	}
	book := func(asOf string, a ...Amendment) *Book {
		t.Helper()
		day := Date(0)
		if asOf != "" {
			day = MustDate(asOf)
		}
		b, err := NewBook(day, a...)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		name string
		book *Book
		on   string
		want int // 0: no law
	}{
		{"the law in force", nil, "2026-05-01", 2},
		{"the law in force, before", nil, "2024-12-31", 1},
		{"the law of an earlier day", book("2024-12-31"), "2026-05-01", 1},
		{"the law of a later day", book("2025-01-01"), "2021-05-01", 2},
		{"the day before the first law", book("2019-12-31"), "2026-05-01", 0},
		{"an event before the first law", book("2020-01-01"), "2010-05-01", 1},
		{"other rows", book("", rows), "2025-06-01", 7},
		{"other rows, later", book("", rows), "2026-01-01", 8},
		{"other rows on another day", book("2026-03-01", rows), "2020-06-01", 8},
		{"before the other rows", book("", rows), "2018-12-31", 0},
	} {
		got, err := p.Under(c.book, MustDate(c.on))
		var none *NoLawError
		if c.want == 0 && !errors.As(err, &none) || c.want != 0 && err != nil || got != c.want {
			t.Errorf("%s: %d, %v; want %d", c.name, got, err, c.want)
		}
		row, rowErr := p.RowUnder(c.book, MustDate(c.on))
		if row.Value != got || (rowErr == nil) != (err == nil) {
			t.Errorf("%s: the row says %d, %v", c.name, row.Value, rowErr)
		}
	}
	if !reflect.DeepEqual(p, tiers()) {
		t.Error("reading under a book changed the table")
	}
	if b := book("2026-03-01", rows); b.AsOf() != MustDate("2026-03-01") || !b.Amends("test.tiers") || b.Amends("test.other") || (*Book)(nil).AsOf() != 0 || (*Book)(nil).Amends("test.tiers") {
		t.Error("a book does not say what it is")
	}
	if _, err := NewBook(0, rows, rows); !isRefusal(err, "amended_twice") {
		t.Errorf("amended twice: %v", err)
	}
	if _, err := NewBook(MaxDate + 1); !isRefusal(err, "no_day") {
		t.Errorf("a day outside the calendar: %v", err)
	}
}

// One process answers under many laws at one time, and nobody sees another's.
func TestBooksAreReadTogether(t *testing.T) {
	p := tiers()
	day := MustDate("2026-01-01")
	var wg sync.WaitGroup
	for n := range 8 {
		a, err := p.Amend(Row[int]{From: MustDate("2020-01-01"), Value: n, Cite: "2017/2226 art 11"})
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewBook(0, a)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for range 1000 {
				if got, err := p.Under(b, day); got != n || err != nil {
					t.Errorf("%d, %v under the book of %d", got, err, n)
					return
				}
				if got, _ := p.On(day); got != 2 {
					t.Errorf("%d in force", got)
					return
				}
			}
		})
	}
	wg.Wait()
}

// That there was no law is told as a refusal with the first day and the place;
// anything else is left as it is.
func TestNoLawIsARefusal(t *testing.T) {
	_, err := tiers().On(MustDate("2019-12-31"))
	var r *Refusal
	if !errors.As(AsRefusal(err), &r) || r.Code != "no_law_on_day" || r.Kind != NotPermitted || r.Cite != "2017/2226 art 11" || !strings.Contains(r.Message, "2020-01-01") {
		t.Errorf("%v", AsRefusal(err))
	}
	if other := errors.New("other"); AsRefusal(other) != other || AsRefusal(nil) != nil {
		t.Error("another error was changed")
	}
}

// The calendar of the start follows the rows of a book.
func TestStartUnderABook(t *testing.T) {
	if EESStartUnder(nil) != EESStart() || ProgressiveLastDayUnder(nil) != ProgressiveLastDay() {
		t.Error("the law in force differs from itself")
	}
	for _, c := range []struct {
		rows        []Row[Phase]
		start, last Date
	}{
		{[]Row[Phase]{{From: MustDate("2026-01-01"), Value: Progressive, Cite: "2025/1534 art 4(1)"}, {From: MustDate("2026-02-01"), Value: Full, Cite: "2017/2226 art 22"}}, MustDate("2026-01-01"), MustDate("2026-01-31")},
		{[]Row[Phase]{{From: MustDate("2026-01-01"), Value: Full, Cite: "2017/2226 art 22"}}, MustDate("2026-01-01"), MustDate("2025-12-31")},
		{[]Row[Phase]{{From: MustDate("2026-01-01"), Value: Progressive, Cite: "2025/1534 art 4(1)"}}, MustDate("2026-01-01"), MaxDate},
	} {
		a, err := EESPhase.Amend(c.rows...)
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewBook(0, a)
		if err != nil {
			t.Fatal(err)
		}
		if start, last := EESStartUnder(b), ProgressiveLastDayUnder(b); start != c.start || last != c.last {
			t.Errorf("%s to %s, want %s to %s", start, last, c.start, c.last)
		}
	}
}

func isRefusal(err error, code Code) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Code == code
}

// What a parameter prints of its rows can be written in a file and read back,
// value for value.
func TestDraftReadsWhatIsPrinted(t *testing.T) {
	known := Params()
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
		got, err := ReadDraft(strings.NewReader(b.String()), known)
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
	known := Params()
	for name, text := range map[string]string{
		"a list":          goodDraft,
		"one parameter":   "name: ees.stamps_count\nrows:\n- from: 2025-10-12\n  value: true\n  cite: 2017/2226 art 22(1)\n",
		"under a name":    "# why\n---\nparameters:\n" + goodDraft,
		"with quotes":     strings.ReplaceAll(strings.ReplaceAll(goodDraft, "true", `"true" # so`), "2017/2226 art 22(1)", "'2017/2226 art 22(1)'"),
		"with carriages":  strings.ReplaceAll(goodDraft, "\n", "\r\n"),
		"with a mark":     "\ufeff" + goodDraft,
		"JSON":            `{"parameters":[{"name":"ees.stamps_count","rows":[{"from":"2025-10-12","value":true,"cite":"2017/2226 art 22(1)"}]}]}`,
		"JSON, one alone": `{"name":"ees.stamps_count","rows":[{"from":"2025-10-12","value":"true","cite":"2017/2226 art 22(1)"}]}`,
	} {
		got, err := ReadDraft(strings.NewReader(text), known)
		if err != nil || len(got) != 1 || len(got[0].Describe().Rows) != 1 || got[0].Describe().Rows[0].Value != "true" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// What cannot be read is refused with its line and its field.
func TestDraftRefusesByLineAndField(t *testing.T) {
	known := []Dated{&StampsCount, &PartialSuspensionTime, &KeepFile, &EESPhase, &EESStates, acquis[0], &SuspendedArticles, &MinimumShare}
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
		{change("true", "{a: b}"), "bad_yaml", "file", "Line 4"},
		{change("true", "&x true"), "bad_yaml", "file", "Line 4"},
		{change("true", `"true`), "bad_yaml", "file", "Line 4"},
		{change("true", `'true`), "bad_yaml", "file", "Line 4"},
		{change("true", "a: b"), "bad_yaml", "file", "Line 4"},
		{change("true", "[a"), "bad_yaml", "file", "Line 4"},
		{change("- name: ees.stamps_count", "-"), "bad_yaml", "file", "Line 1"},
		{"a: 1\nb: 1\nc: 1\nd: 1\ne: 1\nf: 1\ng: 1\nh: 1\ni: 1\n", "too_many_members", "file", "Line 9"},
		{goodDraft + "---\n", "bad_yaml", "file", "Line 6"},
		{strings.Repeat("- ", 20) + "x", "bad_yaml", "file", "Line 1"},
		{strings.Repeat("[", 20), "bad_json", "file", "Line 1"},
		{"{\n\"name\": tru}", "bad_json", "file", "Line 2"},
		{"{\n\"name\": null}", "bad_json", "file", "Line 2"},
		{"{\"name\":\"x\"}\n{}", "bad_json", "file", "Line 2"},
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
		_, err := ReadDraft(strings.NewReader(c.text), known)
		var r *Refusal
		if !errors.As(err, &r) || string(r.Code) != c.code || r.Field != c.field || !strings.HasPrefix(r.Message, c.line+", ") {
			t.Errorf("%q: %v; want %s of %s in %s", c.text, err, c.code, c.field, c.line)
		}
	}
	if _, err := ReadDraft(strings.NewReader(strings.Repeat(" ", MaxDraft+1)), known); !isRefusal(err, "draft_too_long") {
		t.Errorf("too long: %v", err)
	}
	_, err := ReadDraft(strings.NewReader(change("ees.stamps_count", "ees.stamp_counts")), known)
	if err == nil || !strings.Contains(err.Error(), "Did you mean ees.stamps_count?") {
		t.Errorf("no suggestion: %v", err)
	}
	_, err = ReadDraft(strings.NewReader(change("ees.stamps_count", "x")), known)
	if err == nil || !strings.Contains(err.Error(), "ees.stamps_count, ees.partial_suspension_time") {
		t.Errorf("no list: %v", err)
	}
}

// A draft is read with its value, typed.
func TestDraftIsTyped(t *testing.T) {
	text := strings.Replace(strings.Replace(goodDraft, "ees.stamps_count", "ees.partial_suspension_time", 1), "true", "90m", 1)
	got, err := ReadDraft(strings.NewReader(text), Params())
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewBook(0, got...)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := PartialSuspensionTime.Under(b, MustDate("2026-01-01")); d != 90*time.Minute || err != nil {
		t.Errorf("%v, %v", d, err)
	}
	if d, err := PartialSuspensionTime.On(MustDate("2026-05-01")); d != 6*time.Hour || err != nil {
		t.Errorf("in force: %v, %v", d, err)
	}
}

// No file of amendments makes the reader fail otherwise than by a refusal.
func FuzzReadDraft(f *testing.F) {
	f.Add(goodDraft)
	f.Add("{\"parameters\":[{\"name\":\"ees.stamps_count\",\"rows\":[{\"from\":\"2025-10-12\",\"value\":true,\"cite\":\"2017/2226\"}]}]}")
	f.Add("a:\n- b: [c, d]\n  e: 'f'\n")
	known := Params()
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ReadDraft(strings.NewReader(text), known)
		var r *Refusal
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
